//! Elect a leader among identical nodes, with layers of `candle-nn`.
//!
//! The nodes carry equal features, so every permutation-equivariant network gives each the same score: its best loss is
//! ln N. With an encoding `g̃·v` beside the features the same network elects one of them, a random one at every draw.

use candle_core::{DType, Device, Module, Result, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_groups::{Group, Permutation};
use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding};
use sympe_nn::optim::{Optimizer, OptimizerConfig};
use sympe_nn::params::{Init, ParamStore, Params};

const BATCH: usize = 32;
const NODES: usize = 6;
const DIM: usize = 4;

/// A linear layer of `candle-nn` with seeded parameters.
fn linear(inputs: usize, outputs: usize, params: &Params<'_>) -> Result<candle_nn::Linear> {
    let init = Init::FanIn(inputs);
    let (weight, bias) = (
        params.get("weight", (outputs, inputs), init)?,
        params.get("bias", outputs, init)?,
    );
    Ok(candle_nn::Linear::new(weight, Some(bias)))
}

/// Scores `[B, N]` of nodes `[B, N, D]`: a network on sets, the same map for each node.
fn network(params: &Params<'_>) -> Result<impl Fn(&Tensor) -> Result<Tensor> + use<>> {
    let (first, second) = (
        linear(DIM, 16, &params.at("first"))?,
        linear(16, 1, &params.at("second"))?,
    );
    Ok(move |x: &Tensor| second.forward(&first.forward(x)?.tanh()?)?.squeeze(2))
}

/// Trains for 200 steps; returns the last loss.
fn train(broken: bool) -> Result<f32> {
    let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    let score = network(&store.root())?;
    let table = TableEncoding::new(NODES, DIM, TableConfig::default(), &store.root().at("v"))?;
    let config = OptimizerConfig {
        learning_rate: 1e-2,
        ..Default::default()
    };
    let mut optimizer = Optimizer::new(store.vars(), config, 200)?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut last = f32::NAN;
    for _ in 0..200 {
        // The stabilizer of a set of equal nodes is all of S_N: a draw is a uniform permutation. The leader is the node
        // that it puts first.
        let draws: Vec<Permutation> = (0..BATCH).map(|_| Permutation::random(NODES, &mut rng)).collect();
        let leaders: Vec<u32> = draws.iter().map(|g| g.apply(0)).collect();
        let ranks: Vec<u32> = draws.iter().flat_map(|g| g.inverse().into_images()).collect();
        let x = Tensor::ones((BATCH, NODES, DIM), DType::F32, &Device::Cpu)?;
        let x = match broken {
            true => (x + table.encode(&Tensor::from_vec(ranks, (BATCH, NODES), &Device::Cpu)?)?)?,
            false => x,
        };
        let loss = candle_nn::loss::cross_entropy(&score(&x)?, &Tensor::new(leaders, &Device::Cpu)?)?;
        optimizer.step(&loss.backward()?)?;
        last = loss.to_scalar()?;
    }
    Ok(last)
}

fn main() -> Result<()> {
    let (without, with) = (train(false)?, train(true)?);
    println!("ln {NODES} = {:.4}", (NODES as f64).ln());
    println!("loss without breaking: {without:.4}");
    println!("loss with SymPE:       {with:.4}");
    assert!((f64::from(without) - (NODES as f64).ln()).abs() < 1e-3 && with < 0.05);
    Ok(())
}
