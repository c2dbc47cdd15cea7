//! The models obey the laws they are built for, at initialization and after training steps.

use candle_core::{DType, Device, Result, Tensor};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;
use sympe_groups::Permutation;
use sympe_nn::breaking::{Breaker, Draw};
use sympe_nn::check::{
    equivariance_error, gradient_error, max_difference, padding_error, permute, uncovered_parameters,
};
use sympe_nn::encoding::{TableConfig, TableEncoding};
use sympe_nn::layers::EgnnLayer;
use sympe_nn::models::{
    Adjoin, Autoencoder, AutoencoderConfig, Channels, ClassLogits, GraphClasses, GraphInput, Network,
};
use sympe_nn::optim::{Optimizer, OptimizerConfig};
use sympe_nn::params::{ParamStore, normal};

const NETWORKS: [Network; 3] = [Network::Gnn, Network::Egnn, Network::RadialField];
const NODES: usize = 7;
const DIM: usize = 4;

struct Case {
    store: ParamStore,
    breaker: Breaker,
    model: Autoencoder,
    /// Adjacency, mask, encoding.
    inputs: [Tensor; 3],
}

/// A small model and two graphs, the second with two nodes fewer.
fn case(network: Network, dtype: DType) -> Result<Case> {
    let store = ParamStore::new(1, dtype, &Device::Cpu);
    let root = store.root();
    let table = TableEncoding::new(NODES, DIM, TableConfig::default(), &root.at("breaking"))?;
    let breaker = Breaker::encoding("sympe", Arc::new(table));
    let config = AutoencoderConfig {
        network,
        hidden: 8,
        layers: 3,
        embedding: DIM,
        ..Default::default()
    };
    let model = Autoencoder::new(config, DIM, &root)?;
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let sizes = [NODES, NODES - 2];
    let mut adjacency = vec![0f64; 2 * NODES * NODES];
    let mut mask = vec![0f64; 2 * NODES];
    let mut encoding = vec![0f64; 2 * NODES * DIM];
    for (b, &size) in sizes.iter().enumerate() {
        for i in 0..size {
            mask[b * NODES + i] = 1.0;
            for k in 0..DIM {
                encoding[(b * NODES + i) * DIM + k] = normal(&mut rng);
            }
            for j in 0..i {
                let edge = f64::from(u8::from(rng.random_bool(0.4)));
                adjacency[(b * NODES + i) * NODES + j] = edge;
                adjacency[(b * NODES + j) * NODES + i] = edge;
            }
        }
    }
    let tensor =
        |values: Vec<f64>, shape: &[usize]| Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype);
    let inputs = [
        tensor(adjacency, &[2, NODES, NODES])?,
        tensor(mask, &[2, NODES])?,
        tensor(encoding, &[2, NODES, DIM])?,
    ];
    Ok(Case {
        store,
        breaker,
        model,
        inputs,
    })
}

impl Case {
    fn input(inputs: &[Tensor]) -> Result<GraphInput> {
        GraphInput::new(inputs[0].clone(), inputs[1].clone())?.adjoin(&inputs[2])
    }

    /// The loss with an encoding from the learned table.
    fn loss(&self) -> Result<Tensor> {
        let ranks = Tensor::new(&[[3u32, 0, 6, 1, 5, 2, 4], [2, 4, 0, 1, 3, 7, 7]], &Device::Cpu)?;
        let encoding = self.breaker.encode(&Draw::Places(ranks))?.expect("SymPE encodes");
        let input = GraphInput::new(self.inputs[0].clone(), self.inputs[1].clone())?.adjoin(&encoding)?;
        self.model.loss(&input, &self.model.logits(&input)?)
    }

    fn train(&self, steps: u64) -> Result<()> {
        let config = OptimizerConfig {
            learning_rate: 1e-2,
            ..Default::default()
        };
        let mut optimizer = Optimizer::new(self.store.vars(), config, steps)?;
        for _ in 0..steps {
            optimizer.step(&self.loss()?.backward()?)?;
        }
        Ok(())
    }
}

#[test]
fn embeddings_move_with_the_nodes_before_and_after_training() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let elements: Vec<Permutation> = (0..10).map(|_| Permutation::random(NODES, &mut rng)).collect();
    for network in NETWORKS {
        for (dtype, tolerance) in [(DType::F32, 2e-5), (DType::F64, 1e-12)] {
            let case = case(network, dtype)?;
            for steps in [0, 20] {
                case.train(steps)?;
                let embed = |x: &[Tensor]| case.model.embed(&Case::input(x)?);
                let error = equivariance_error(embed, &case.inputs, &[&[1, 2], &[1], &[1]], &[1], &elements)?;
                assert!(error < tolerance, "{network}, {dtype:?}, {steps} steps: {error}");
                // The check can fail: the encoding does break the symmetry.
                let fixed = |x: &[Tensor]| {
                    let unmoved = [x[0].clone(), x[1].clone(), case.inputs[2].clone()];
                    case.model.embed(&Case::input(&unmoved)?)
                };
                let error = equivariance_error(fixed, &case.inputs, &[&[1, 2], &[1], &[1]], &[1], &elements)?;
                assert!(error > 1e-2, "{network}: {error}");
            }
        }
    }
    Ok(())
}

#[test]
fn results_do_not_depend_on_padding_or_on_what_it_holds() -> Result<()> {
    for network in NETWORKS {
        for dtype in [DType::F32, DType::F64] {
            let case = case(network, dtype)?;
            case.train(5)?;
            let axes: [&[usize]; 3] = [&[1, 2], &[1], &[1]];
            for (name, fill) in [("zeros", [0.0, 0.0, 0.0]), ("garbage", [1.0, 0.0, 3.5])] {
                let embed = |x: &[Tensor]| case.model.embed(&Case::input(x)?);
                let error = padding_error(embed, &case.inputs, &axes, &[1], &fill, 3)?;
                // Not zero: how a matrix product is cut into blocks depends on the number of rows.
                assert!(
                    error < 1e-6,
                    "{network}, {dtype:?}, embeddings, padded with {name}: {error}"
                );
                let loss = |x: &[Tensor]| {
                    let input = Case::input(x)?;
                    case.model.loss(&input, &case.model.logits(&input)?)
                };
                let error = padding_error(loss, &case.inputs, &axes, &[], &fill, 3)?;
                assert!(
                    error < 1e-4,
                    "{network}, {dtype:?}, loss, padded with {name}: {error}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn every_parameter_that_matters_receives_a_gradient() -> Result<()> {
    for network in NETWORKS {
        let case = case(network, DType::F32)?;
        let uncovered = uncovered_parameters(&case.store, &case.loss()?)?;
        match network {
            // Embeddings are the coordinates: what the last layer does to the features leads nowhere, as published.
            Network::Egnn => {
                assert!(!uncovered.is_empty());
                let last = |name: &String| name.starts_with("encoder.layers.2.node");
                assert!(uncovered.iter().all(last), "{uncovered:?}");
            }
            _ => assert!(uncovered.is_empty(), "{network}: {uncovered:?}"),
        }
    }
    Ok(())
}

#[test]
fn gradients_agree_with_finite_differences() -> Result<()> {
    for network in NETWORKS {
        let case = case(network, DType::F64)?;
        // Without the unused parameters of the last layer there is a gradient for each.
        let unused = |name: &String| network == Network::Egnn && name.starts_with("encoder.layers.2.node");
        let kept: Vec<String> = case
            .store
            .names()
            .into_iter()
            .filter(|name| !unused(name))
            .collect();
        assert!(kept.len() > 5);
        let loss = || {
            let mut loss = case.loss()?;
            for (name, var) in case.store.vars() {
                if unused(&name) {
                    loss = (loss + (var.as_tensor().sum_all()? * 1.0)?)?;
                }
            }
            Ok(loss)
        };
        let error = gradient_error(&case.store, loss, 3)?;
        assert!(error < 1e-5, "{network}: relative error {error}");
    }
    Ok(())
}

#[test]
fn egnn_coordinates_turn_with_their_input() -> Result<()> {
    let store = ParamStore::new(4, DType::F64, &Device::Cpu);
    let layer = EgnnLayer::new(5, 5, true, &store.root())?;
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut random = |shape: &[usize]| {
        let values: Vec<f64> = (0..shape.iter().product()).map(|_| normal(&mut rng)).collect();
        Tensor::from_vec(values, shape, &Device::Cpu)
    };
    let (h, x, shift) = (
        random(&[1, NODES, 5])?,
        random(&[1, NODES, 3])?,
        random(&[1, 1, 3])?,
    );
    // x ↦ Rx + t, R a turn about the third axis after a reflection of it.
    let (sin, cos) = 0.7f64.sin_cos();
    let r = Tensor::new(
        &[[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, -1.0]],
        &Device::Cpu,
    )?;
    let turn = |x: &Tensor| x.broadcast_matmul(&r)?.broadcast_add(&shift);
    let adjacency = Tensor::zeros((1, NODES, NODES), DType::F64, &Device::Cpu)?;
    let pairs = Tensor::eye(NODES, DType::F64, &Device::Cpu)?
        .affine(-1.0, 1.0)?
        .unsqueeze(0)?;
    let (features, moved) = layer.forward(&h, &x, &adjacency, &pairs)?;
    let (turned_features, turned) = layer.forward(&h, &turn(&x)?, &adjacency, &pairs)?;
    assert!(max_difference(&features, &turned_features)? < 1e-12);
    assert!(max_difference(&turn(&moved)?, &turned)? < 1e-12);
    // By little: the last layer of the coordinate network starts near zero.
    assert!(max_difference(&moved, &x)? > 1e-7, "the layer moves nothing");
    Ok(())
}

#[test]
fn the_encoding_moves_with_the_group_element() -> Result<()> {
    // (k·g̃)·v = k·(g̃·v): the ranks of k·g̃ are (k·g̃)⁻¹.
    let case = case(Network::Gnn, DType::F64)?;
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let encode = |g: &Permutation| -> Result<Tensor> {
        let ranks = Tensor::new(sympe_groups::Group::inverse(g).images(), &Device::Cpu)?.unsqueeze(0)?;
        Ok(case.breaker.encode(&Draw::Places(ranks))?.expect("SymPE encodes"))
    };
    for _ in 0..10 {
        let (k, g) = (
            Permutation::random(NODES, &mut rng),
            Permutation::random(NODES, &mut rng),
        );
        let product = encode(&sympe_groups::Group::compose(&k, &g))?;
        assert_eq!(max_difference(&product, &permute(&encode(&g)?, &k, 1)?)?, 0.0);
    }
    Ok(())
}

/// A small model of graphs with three classes of nodes and three of pairs, whose pairs have two channels more, and two graphs, the
/// second with two nodes fewer.
struct Classes {
    store: ParamStore,
    model: Autoencoder,
    /// Classes of nodes and of pairs, mask, encodings of nodes and of pairs.
    inputs: [Tensor; 5],
}

const AXES: [&[usize]; 5] = [&[1], &[1, 2], &[1], &[1], &[1, 2]];

impl Classes {
    fn new(network: Network, dtype: DType) -> Result<Self> {
        let store = ParamStore::new(1, dtype, &Device::Cpu);
        let config = AutoencoderConfig {
            network,
            hidden: 8,
            layers: 2,
            embedding: DIM,
            ..Default::default()
        };
        let channels = Channels {
            nodes: DIM,
            pairs: 2,
            classes: Some([3, 3]),
        };
        let model = Autoencoder::with_channels(config, channels, &store.root())?;
        let mut rng = ChaCha8Rng::seed_from_u64(12);
        let n = NODES;
        let [mut nodes, mut mask] = [(); 2].map(|()| vec![0f64; 2 * n]);
        let mut pairs = vec![0f64; 2 * n * n];
        let (mut encoding, mut of_pairs) = (vec![0f64; 2 * n * DIM], vec![0f64; 2 * n * n * 2]);
        for (b, size) in [n, n - 2].into_iter().enumerate() {
            for i in 0..size {
                mask[b * n + i] = 1.0;
                nodes[b * n + i] = f64::from(rng.random_range(0..3u8));
                encoding[(b * n + i) * DIM..][..DIM].fill_with(|| normal(&mut rng));
                for j in 0..i {
                    let class = f64::from(rng.random_range(0..3u8));
                    for (i, j) in [(i, j), (j, i)] {
                        pairs[(b * n + i) * n + j] = class;
                        of_pairs[((b * n + i) * n + j) * 2..][..2].fill_with(|| normal(&mut rng));
                    }
                }
            }
        }
        let tensor = |values: Vec<f64>, shape: &[usize]| {
            Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype)
        };
        Ok(Self {
            store,
            model,
            inputs: [
                tensor(nodes, &[2, n])?,
                tensor(pairs, &[2, n, n])?,
                tensor(mask, &[2, n])?,
                tensor(encoding, &[2, n, DIM])?,
                tensor(of_pairs, &[2, n, n, 2])?,
            ],
        })
    }

    fn input(inputs: &[Tensor]) -> Result<GraphInput> {
        let [nodes, pairs] = [&inputs[0], &inputs[1]].map(|classes| classes.to_dtype(DType::U32));
        let (nodes, pairs) = (nodes?, pairs?);
        let adjacency = pairs.ne(0u32)?.to_dtype(inputs[2].dtype())?;
        GraphInput::new(adjacency, inputs[2].clone())?
            .with_classes(GraphClasses { nodes, pairs })?
            .adjoin(&inputs[3])?
            .adjoin_pairs(&inputs[4])
    }

    fn loss(&self, inputs: &[Tensor]) -> Result<Tensor> {
        let input = Self::input(inputs)?;
        self.model.class_loss(&input, &self.model.class_logits(&input)?)
    }

    fn train(&self, steps: u64) -> Result<()> {
        let config = OptimizerConfig {
            learning_rate: 1e-2,
            ..Default::default()
        };
        let mut optimizer = Optimizer::new(self.store.vars(), config, steps)?;
        for _ in 0..steps {
            optimizer.step(&self.loss(&self.inputs)?.backward()?)?;
        }
        Ok(())
    }
}

#[test]
fn logits_of_classes_move_with_the_nodes_and_do_not_depend_on_padding() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let elements: Vec<Permutation> = (0..5).map(|_| Permutation::random(NODES, &mut rng)).collect();
    for network in [Network::Gnn, Network::Egnn] {
        let case = Classes::new(network, DType::F64)?;
        case.train(10)?;
        type Part = fn(ClassLogits) -> Tensor;
        let parts: [(Part, &[usize]); 2] = [(|logits| logits.nodes, &[1]), (|logits| logits.pairs, &[1, 2])];
        for (part, axes) in parts {
            // What stands in padding and on the diagonal is meaningless.
            let logits = |x: &[Tensor]| {
                let input = Classes::input(x)?;
                let weight = match axes.len() {
                    1 => input.mask.clone(),
                    _ => input.pairs()?,
                };
                part(case.model.class_logits(&input)?).broadcast_mul(&weight.unsqueeze(axes.len() + 1)?)
            };
            let error = equivariance_error(logits, &case.inputs, &AXES, axes, &elements)?;
            assert!(error < 1e-11, "{network}: {error}");
        }
        for fill in [[0.0; 5], [2.0, 0.0, 0.0, 3.5, -1.0]] {
            let error = padding_error(|x| case.loss(x), &case.inputs, &AXES, &[], &fill, 3)?;
            assert!(error < 1e-9, "{network}, padded with {fill:?}: {error}");
        }
    }
    Ok(())
}

#[test]
fn every_parameter_of_a_model_with_classes_has_its_gradient() -> Result<()> {
    for network in [Network::Gnn, Network::Egnn] {
        let case = Classes::new(network, DType::F64)?;
        let uncovered = uncovered_parameters(&case.store, &case.loss(&case.inputs)?)?;
        assert!(uncovered.is_empty(), "{network}: {uncovered:?}");
        let error = gradient_error(&case.store, || case.loss(&case.inputs), 3)?;
        assert!(error < 1e-5, "{network}: relative error {error}");
    }
    Ok(())
}

#[test]
fn the_loss_of_classes_falls_in_training_and_its_edges_are_the_bare_ones() -> Result<()> {
    for network in [Network::Gnn, Network::Egnn] {
        let case = Classes::new(network, DType::F32)?;
        let before = case.loss(&case.inputs)?.to_scalar::<f32>()?;
        case.train(60)?;
        let after = case.loss(&case.inputs)?.to_scalar::<f32>()?;
        assert!(after < 0.9 * before, "{network}: {before} to {after}");
        // The odds of some edge against none, of the same logits.
        let input = Classes::input(&case.inputs)?;
        let logits = case.model.class_logits(&input)?.pairs;
        let edges = logits.narrow(3, 1, 2)?.log_sum_exp(3)?;
        assert!(max_difference(&edges, &case.model.logits(&input)?)? < 1e-5);
    }
    Ok(())
}

#[test]
fn two_classes_of_pairs_and_one_of_nodes_are_a_bare_graph() -> Result<()> {
    for network in [Network::Gnn, Network::Egnn] {
        let bare = case(network, DType::F64)?;
        let channels = Channels {
            nodes: DIM,
            pairs: 0,
            classes: Some([1, 2]),
        };
        let store = ParamStore::new(1, DType::F64, &Device::Cpu);
        let model = Autoencoder::with_channels(*bare.model.config(), channels, &store.root())?;
        let input = Case::input(&bare.inputs)?;
        let classes = GraphClasses {
            nodes: input.mask.zeros_like()?.to_dtype(DType::U32)?,
            pairs: input.adjacency.to_dtype(DType::U32)?,
        };
        let expected = bare.model.logits(&input)?;
        let loss = bare.model.loss(&input, &expected)?;
        let input = input.with_classes(classes)?;
        assert!(max_difference(&model.logits(&input)?, &expected)? < 1e-12);
        let found = model.class_loss(&input, &model.class_logits(&input)?)?;
        assert!(max_difference(&found, &loss)? < 1e-9);
    }
    Ok(())
}

#[test]
fn inputs_of_another_kind_than_the_model_are_refused() -> Result<()> {
    let classes = Classes::new(Network::Egnn, DType::F32)?;
    let bare = case(Network::Egnn, DType::F32)?;
    let error = |found: Result<Tensor>| found.unwrap_err().to_string();
    let input = Classes::input(&classes.inputs)?;
    assert!(
        error(bare.model.embed(&input)).contains("encoding of pairs has 2 channels, the model expects 0")
    );
    let plain = Case::input(&bare.inputs)?.adjoin_pairs(&classes.inputs[4])?;
    assert!(error(classes.model.embed(&plain)).contains("the graphs are bare, the model expects classes"));
    assert!(bare.model.class_logits(&Case::input(&bare.inputs)?).is_err());
    let channels = Channels {
        classes: Some([3, 3]),
        ..Channels::default()
    };
    let config = AutoencoderConfig {
        network: Network::RadialField,
        ..Default::default()
    };
    let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    let error = Autoencoder::with_channels(config, channels, &store.root()).unwrap_err();
    assert!(
        error.to_string().contains("a network with features of nodes"),
        "{error}"
    );
    Ok(())
}
