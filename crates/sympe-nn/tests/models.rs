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
use sympe_nn::models::{Adjoin, Autoencoder, AutoencoderConfig, GraphInput, Network};
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
