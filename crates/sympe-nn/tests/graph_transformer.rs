//! The graph transformer obeys the laws it is built for, at initialization and after training steps.

use candle_core::{DType, Device, Result, Tensor};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sympe_groups::Permutation;
use sympe_nn::check::{
    equivariance_error, gradient_error, max_difference, padding_error, permute, uncovered_parameters,
};
use sympe_nn::encoding::{PairTableEncoding, PositionalEncoding, TableConfig, TableEncoding};
use sympe_nn::models::{
    Adjoin, Backbone, DenoiserChannels, DenoiserInput, DenoiserOutput, GraphTransformer,
    GraphTransformerConfig,
};
use sympe_nn::optim::{Optimizer, OptimizerConfig};
use sympe_nn::params::{ParamStore, normal};

const NODES: usize = 6;
const SIZES: [usize; 3] = [6, 4, 1];
const NODE_CLASSES: usize = 3;
const EDGE_CLASSES: usize = 2;
const GLOBALS: usize = 2;
const ENCODING: usize = 2;

struct Case {
    store: ParamStore,
    model: GraphTransformer,
    tables: (TableEncoding, PairTableEncoding),
    /// Nodes, edges, mask, ranks: what moves with the nodes.
    inputs: [Tensor; 4],
    globals: Tensor,
    targets: [Tensor; 2],
}

/// A small model and three graphs, of six nodes, of four and of one.
fn case(dtype: DType, dropout: f64) -> Result<Case> {
    let store = ParamStore::new(1, dtype, &Device::Cpu);
    let root = store.root();
    let tables = (
        TableEncoding::new(NODES, ENCODING, TableConfig::default(), &root.at("nodes"))?,
        PairTableEncoding::symmetric(NODES, ENCODING, TableConfig::default(), &root.at("pairs"))?,
    );
    let config = GraphTransformerConfig {
        layers: 3,
        nodes: 20,
        edges: 9,
        globals: 7,
        heads: 4,
        mlp: [17, 16, 8],
        feed_forward: [16, 19, 6],
        dropout,
    };
    let channels = DenoiserChannels {
        nodes: NODE_CLASSES + ENCODING,
        edges: EDGE_CLASSES + ENCODING,
        globals: GLOBALS,
        node_classes: NODE_CLASSES,
        edge_classes: EDGE_CLASSES,
    };
    let model = GraphTransformer::new(config, channels, &root)?;
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let batch = SIZES.len();
    let mut nodes = vec![0f64; batch * NODES * NODE_CLASSES];
    let mut edges = vec![0f64; batch * NODES * NODES * EDGE_CLASSES];
    let mut mask = vec![0f64; batch * NODES];
    let mut ranks = vec![NODES as u32; batch * NODES];
    for (b, &size) in SIZES.iter().enumerate() {
        for i in 0..size {
            let row = b * NODES + i;
            mask[row] = 1.0;
            ranks[row] = ((5 * i + b) % size) as u32;
            nodes[row * NODE_CLASSES + rng.random_range(0..NODE_CLASSES)] = 1.0;
            for j in 0..i {
                let class = usize::from(rng.random_bool(0.4));
                for (i, j) in [(i, j), (j, i)] {
                    edges[((b * NODES + i) * NODES + j) * EDGE_CLASSES + class] = 1.0;
                }
            }
        }
    }
    let globals: Vec<f64> = (0..batch * GLOBALS).map(|_| normal(&mut rng)).collect();
    let mut edge_targets = vec![0u32; batch * NODES * NODES];
    for b in 0..batch {
        for (i, j) in (0..NODES).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let class = rng.random_range(0..EDGE_CLASSES as u32);
            edge_targets[(b * NODES + i) * NODES + j] = class;
            edge_targets[(b * NODES + j) * NODES + i] = class;
        }
    }
    let node_targets: Vec<u32> = (0..batch * NODES)
        .map(|_| rng.random_range(0..NODE_CLASSES as u32))
        .collect();
    let targets = [
        Tensor::from_vec(node_targets, (batch, NODES), &Device::Cpu)?,
        Tensor::from_vec(edge_targets, (batch, NODES, NODES), &Device::Cpu)?,
    ];
    let tensor =
        |values: Vec<f64>, shape: &[usize]| Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype);
    Ok(Case {
        inputs: [
            tensor(nodes, &[batch, NODES, NODE_CLASSES])?,
            tensor(edges, &[batch, NODES, NODES, EDGE_CLASSES])?,
            tensor(mask, &[batch, NODES])?,
            Tensor::from_vec(ranks, (batch, NODES), &Device::Cpu)?,
        ],
        globals: tensor(globals, &[batch, GLOBALS])?,
        store,
        model,
        tables,
        targets,
    })
}

/// Node axes of the inputs.
const AXES: [&[usize]; 4] = [&[1], &[1, 2], &[1], &[1]];

impl Case {
    fn input(&self, x: &[Tensor]) -> Result<DenoiserInput> {
        let globals = self.globals.narrow(0, 0, x[0].dim(0)?)?;
        DenoiserInput::new(x[0].clone(), x[1].clone(), globals, x[2].clone())?
            .adjoin(&self.tables.0.encode(&x[3])?)?
            .adjoin_edges(&self.tables.1.encode(&x[3])?)
    }

    fn output(&self, x: &[Tensor]) -> Result<DenoiserOutput> {
        self.model.forward(&self.input(x)?)
    }

    fn loss(&self) -> Result<Tensor> {
        let [nodes, edges] = &self.targets;
        self.output(&self.inputs)?
            .loss(nodes, edges, &self.inputs[2], 5.0)
    }

    fn train(&self, steps: u64) -> Result<()> {
        let config = OptimizerConfig {
            learning_rate: 3e-3,
            ..Default::default()
        };
        let mut optimizer = Optimizer::new(self.store.vars(), config, steps)?;
        for _ in 0..steps {
            optimizer.step(&self.loss()?.backward()?)?;
        }
        Ok(())
    }
}

fn tolerance(dtype: DType) -> f64 {
    if dtype == DType::F64 { 1e-10 } else { 1e-5 }
}

#[test]
fn outputs_move_with_the_nodes_before_and_after_training() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let elements: Vec<Permutation> = (0..10).map(|_| Permutation::random(NODES, &mut rng)).collect();
    for dtype in [DType::F32, DType::F64] {
        let case = case(dtype, 0.0)?;
        for steps in [0, 20] {
            case.train(steps)?;
            let nodes = |x: &[Tensor]| Ok(case.output(x)?.nodes);
            let edges = |x: &[Tensor]| Ok(case.output(x)?.edges);
            let error = equivariance_error(nodes, &case.inputs, &AXES, &[1], &elements)?.max(
                equivariance_error(edges, &case.inputs, &AXES, &[1, 2], &elements)?,
            );
            assert!(error < tolerance(dtype), "{dtype:?}, {steps} steps: {error}");
            // The check can fail: an encoding that stays where it is breaks the symmetry.
            let elements = [Permutation::parse("(0 1)", NODES).unwrap()];
            let whole = [0, 1, 2, 3].map(|k| case.inputs[k].narrow(0, 0, 1).unwrap());
            let fixed = |x: &[Tensor]| {
                let ranks = whole[3].clone();
                let x = [x[0].clone(), x[1].clone(), x[2].clone(), ranks];
                Ok(case.output(&x)?.nodes)
            };
            let error = equivariance_error(fixed, &whole, &AXES, &[1], &elements)?;
            assert!(error > 1e-2, "{error}");
        }
    }
    Ok(())
}

#[test]
fn outputs_depend_neither_on_padding_nor_on_the_rest_of_the_batch() -> Result<()> {
    for dtype in [DType::F32, DType::F64] {
        let case = case(dtype, 0.0)?;
        case.train(5)?;
        let fill = [0.0, 0.0, 0.0, NODES as f64];
        let nodes = |x: &[Tensor]| Ok(case.output(x)?.nodes);
        let edges = |x: &[Tensor]| Ok(case.output(x)?.edges);
        let error = padding_error(nodes, &case.inputs, &AXES, &[1], &fill, 3)?.max(padding_error(
            edges,
            &case.inputs,
            &AXES,
            &[1, 2],
            &fill,
            3,
        )?);
        assert!(error < tolerance(dtype), "{dtype:?}, padded: {error}");
        // Channels of padding may hold anything, too.
        let fill = [3.5, -2.0, 0.0, 0.0];
        let error = padding_error(nodes, &case.inputs, &AXES, &[1], &fill, 2)?;
        assert!(
            error < tolerance(dtype),
            "{dtype:?}, padded with garbage: {error}"
        );
        let all = case.output(&case.inputs)?;
        for (b, &size) in SIZES.iter().enumerate() {
            // Alone, and cut to its size.
            let mut alone = Vec::new();
            for (x, axes) in case.inputs.iter().zip(AXES) {
                let x = x.narrow(0, b, 1)?;
                alone.push(
                    axes.iter()
                        .try_fold(x, |x, &axis| x.narrow(axis, 0, size))?
                        .contiguous()?,
                );
            }
            let moved = Case {
                globals: case.globals.narrow(0, b, 1)?,
                store: ParamStore::new(0, dtype, &Device::Cpu),
                model: case.model.clone(),
                tables: case.tables.clone(),
                inputs: case.inputs.clone(),
                targets: case.targets.clone(),
            };
            let output = moved.output(&alone)?;
            let whole = all.nodes.get(b)?.narrow(0, 0, size)?;
            let error = max_difference(&output.nodes.get(0)?, &whole)?;
            let whole = all.edges.get(b)?.narrow(0, 0, size)?.narrow(1, 0, size)?;
            let error = error.max(max_difference(&output.edges.get(0)?, &whole)?);
            assert!(error < tolerance(dtype), "{dtype:?}, graph {b}: {error}");
        }
    }
    Ok(())
}

#[test]
fn outputs_are_symmetric_and_zero_where_there_is_nothing() -> Result<()> {
    let case = case(DType::F64, 0.0)?;
    let output = case.output(&case.inputs)?;
    assert_eq!(
        max_difference(&output.edges, &output.edges.transpose(1, 2)?.contiguous()?)?,
        0.0
    );
    let nodes = output.nodes.to_vec3::<f64>()?;
    for (b, &size) in SIZES.iter().enumerate() {
        let edges = output.edges.get(b)?.to_vec3::<f64>()?;
        for i in 0..NODES {
            assert_eq!(nodes[b][i].iter().any(|&x| x != 0.0), i < size);
            for j in 0..NODES {
                let there = i != j && i < size && j < size;
                assert_eq!(
                    edges[i][j].iter().any(|&x| x != 0.0),
                    there,
                    "graph {b}, pair ({i}, {j})"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn symmetric_graphs_get_symmetric_outputs_until_they_are_broken() -> Result<()> {
    let case = case(DType::F64, 0.0)?;
    case.train(5)?;
    // A hexagon of equal nodes; its turns and a reflection.
    let mut edges = vec![0f64; NODES * NODES * EDGE_CLASSES];
    for (i, j) in (0..NODES).flat_map(|i| (0..NODES).map(move |j| (i, j))) {
        let class = usize::from((i + 1) % NODES == j || (j + 1) % NODES == i);
        edges[(i * NODES + j) * EDGE_CLASSES + class] = f64::from(u8::from(i != j));
    }
    let ones = Tensor::ones((1, NODES, 1), DType::F64, &Device::Cpu)?;
    let input = DenoiserInput::new(
        ones.pad_with_zeros(2, 0, NODE_CLASSES - 1)?,
        Tensor::from_vec(edges, (1, NODES, NODES, EDGE_CLASSES), &Device::Cpu)?,
        case.globals.narrow(0, 0, 1)?,
        ones.squeeze(2)?,
    )?;
    let ranks = |ranks: [u32; NODES]| Tensor::new(&[ranks], &Device::Cpu);
    let (null, order) = (ranks([NODES as u32; NODES])?, ranks([0, 1, 2, 3, 4, 5])?);
    for (ranks, broken) in [(null, false), (order, true)] {
        let input = input
            .adjoin_nodes(&case.tables.0.encode(&ranks)?)?
            .adjoin_edges(&case.tables.1.encode(&ranks)?)?;
        let output = case.model.forward(&input)?;
        for text in ["(0 1 2 3 4 5)", "(1 5) (2 4)"] {
            let g = Permutation::parse(text, NODES).unwrap();
            let error = max_difference(&permute(&output.nodes, &g, 1)?, &output.nodes)?;
            let edges = permute(&permute(&output.edges, &g, 1)?, &g, 2)?;
            let edges_error = max_difference(&edges, &output.edges)?;
            if broken {
                assert!(
                    error > 1e-3 && edges_error > 1e-3,
                    "{text}: {error}, {edges_error}"
                );
            } else {
                assert!(error.max(edges_error) < 1e-10, "{text}: {error}, {edges_error}");
            }
        }
    }
    Ok(())
}

#[test]
fn every_parameter_receives_a_gradient() -> Result<()> {
    for dtype in [DType::F32, DType::F64] {
        let case = case(dtype, 0.0)?;
        let uncovered = uncovered_parameters(&case.store, &case.loss()?)?;
        assert!(uncovered.is_empty(), "{dtype:?}: {uncovered:?}");
    }
    Ok(())
}

#[test]
fn gradients_agree_with_finite_differences_with_and_without_dropout() -> Result<()> {
    for dropout in [None, Some(7)] {
        let case = case(DType::F64, 0.3)?;
        let loss = || {
            let mut input = case.input(&case.inputs)?;
            input.dropout = dropout;
            let [nodes, edges] = &case.targets;
            case.model
                .forward(&input)?
                .loss(nodes, edges, &case.inputs[2], 5.0)
        };
        let error = gradient_error(&case.store, loss, 3)?;
        assert!(error < 1e-4, "dropout {dropout:?}: relative error {error}");
    }
    Ok(())
}

#[test]
fn both_types_compute_the_same_network() -> Result<()> {
    let (single, double) = (case(DType::F32, 0.1)?, case(DType::F64, 0.1)?);
    for dropout in [None, Some(7)] {
        let logits = |case: &Case| -> Result<[Tensor; 2]> {
            let mut input = case.input(&case.inputs)?;
            input.dropout = dropout;
            let output = case.model.forward(&input)?;
            Ok([
                output.nodes.to_dtype(DType::F64)?,
                output.edges.to_dtype(DType::F64)?,
            ])
        };
        for (a, b) in logits(&single)?.iter().zip(&logits(&double)?) {
            let error = max_difference(a, b)?;
            assert!(error < 1e-5, "dropout {dropout:?}: {error}");
        }
    }
    Ok(())
}

#[test]
fn dropout_is_a_function_of_its_seed_and_off_in_evaluation() -> Result<()> {
    let case = case(DType::F32, 0.2)?;
    let nodes = |dropout: Option<u64>, train: bool| -> Result<Tensor> {
        let mut input = case.input(&case.inputs)?;
        input.dropout = dropout;
        Ok(case.model.forward_t(&input, train)?.nodes)
    };
    let difference = |a: (Option<u64>, bool), b: (Option<u64>, bool)| {
        max_difference(&nodes(a.0, a.1).unwrap(), &nodes(b.0, b.1).unwrap()).unwrap()
    };
    assert_eq!(difference((Some(1), true), (Some(1), true)), 0.0);
    assert_eq!(difference((Some(1), false), (None, true)), 0.0);
    assert!(difference((Some(1), true), (Some(2), true)) > 1e-3);
    assert!(difference((Some(1), true), (None, true)) > 1e-3);
    Ok(())
}

#[test]
fn training_lowers_the_loss() -> Result<()> {
    let case = case(DType::F32, 0.0)?;
    let before = case.loss()?.to_scalar::<f32>()?;
    case.train(100)?;
    let after = case.loss()?.to_scalar::<f32>()?;
    assert!(after < 0.5 * before, "{before} to {after}");
    Ok(())
}

#[test]
fn the_loss_is_a_mean_over_real_nodes_and_pairs() -> Result<()> {
    let case = case(DType::F64, 0.0)?;
    let output = case.output(&case.inputs)?;
    let [nodes, edges] = &case.targets;
    let entropy = |logits: &[f64], target: u32| {
        logits.iter().map(|l| l.exp()).sum::<f64>().ln() - logits[target as usize]
    };
    let (mut node_sum, mut edge_sum, mut node_count, mut edge_count) = (0.0, 0.0, 0.0, 0.0);
    let (node_logits, node_targets) = (output.nodes.to_vec3::<f64>()?, nodes.to_vec2::<u32>()?);
    let edge_targets = edges.to_vec3::<u32>()?;
    for (b, &size) in SIZES.iter().enumerate() {
        let edge_logits = output.edges.get(b)?.to_vec3::<f64>()?;
        for i in 0..size {
            node_sum += entropy(&node_logits[b][i], node_targets[b][i]);
            node_count += 1.0;
            for j in (0..size).filter(|&j| j != i) {
                edge_sum += entropy(&edge_logits[i][j], edge_targets[b][i][j]);
                edge_count += 1.0;
            }
        }
    }
    let expected = node_sum / node_count + 5.0 * edge_sum / edge_count;
    assert!((case.loss()?.to_scalar::<f64>()? - expected).abs() < 1e-12);
    // A batch of single nodes has no pairs.
    let single = [0, 1, 2, 3].map(|k| case.inputs[k].narrow(0, 2, 1).unwrap());
    let output = case.output(&single)?;
    let loss = output.loss(&nodes.narrow(0, 2, 1)?, &edges.narrow(0, 2, 1)?, &single[2], 5.0)?;
    assert!(loss.to_scalar::<f64>()?.is_finite());
    Ok(())
}

#[test]
fn published_sizes_have_about_the_published_number_of_parameters() -> Result<()> {
    let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    let channels = DenoiserChannels {
        nodes: 5,
        edges: 5,
        globals: 1,
        node_classes: 5,
        edge_classes: 5,
    };
    GraphTransformer::new(GraphTransformerConfig::QM9_HYDROGEN, channels, &store.root())?;
    // 4.65 M, without the last layer's update of globals, which leads nowhere.
    let count = store.count();
    assert!((4_400_000..4_700_000).contains(&count), "{count}");
    Ok(())
}

#[test]
fn configurations_round_trip_and_wrong_ones_are_named() -> Result<()> {
    let config = GraphTransformerConfig::PLANAR;
    let text = serde_json::to_string(&config).unwrap();
    assert!(text.contains("\"feed-forward\":[256,64,256]"), "{text}");
    assert_eq!(
        serde_json::from_str::<GraphTransformerConfig>(&text).unwrap(),
        config
    );
    let partial: GraphTransformerConfig = serde_json::from_str("{\"layers\":2}").unwrap();
    assert_eq!(partial.nodes, GraphTransformerConfig::default().nodes);
    assert!(serde_json::from_str::<GraphTransformerConfig>("{\"layer\":2}").is_err());
    let channels = DenoiserChannels {
        nodes: 3,
        edges: 2,
        globals: 1,
        node_classes: 3,
        edge_classes: 2,
    };
    let default = GraphTransformerConfig::default();
    let message = |config, channels| {
        let store = ParamStore::new(0, DType::F32, &Device::Cpu);
        let model = GraphTransformer::new(config, channels, &store.root());
        model.unwrap_err().to_string()
    };
    for (config, part) in [
        (GraphTransformerConfig { heads: 7, ..default }, "7 heads"),
        (
            GraphTransformerConfig {
                dropout: 1.0,
                ..default
            },
            "dropout 1",
        ),
        (GraphTransformerConfig { layers: 0, ..default }, "0 layers"),
        (
            GraphTransformerConfig {
                feed_forward: [4, 0, 4],
                ..default
            },
            "[4, 0, 4]",
        ),
    ] {
        let message = message(config, channels);
        assert!(message.contains(part), "{message}");
    }
    let many = DenoiserChannels {
        edge_classes: 3,
        ..channels
    };
    assert!(message(default, many).contains("edge_classes: 3"));
    let case = case(DType::F32, 0.0)?;
    let [nodes, edges, mask, _] = case.inputs.clone();
    let plain = DenoiserInput::new(nodes.clone(), edges.clone(), case.globals.clone(), mask.clone())?;
    let message = case.model.forward(&plain).unwrap_err().to_string();
    assert!(
        message.contains("[3, 2, 2]") && message.contains("[5, 4, 2]"),
        "{message}"
    );
    assert!(plain.adjoin_edges(&nodes.unsqueeze(3)?).is_err());
    assert!(plain.adjoin_nodes(&nodes.narrow(1, 0, 2)?).is_err());
    assert!(DenoiserInput::new(nodes, edges, mask.clone(), mask.narrow(0, 0, 1)?).is_err());
    Ok(())
}
