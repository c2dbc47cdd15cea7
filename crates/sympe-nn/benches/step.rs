//! One training step of a small graph autoencoder, against PyTorch: CPU time, one thread each, measured in turns.
//!
//! 32 graphs of 16 nodes, four layers of width 64, distance decoder, AdamW, the same deterministic weights as
//! `torch_workloads.py a`, so that the losses of both can be compared to many digits. PyTorch's side needs
//! `SYMPE_TORCH`: a command that runs that script, such as `python3 torch_workloads.py`.

use candle_core::{Device, Result, Tensor, Var};
use cpu_time::ProcessTime;
use std::process::Command;
use std::time::Duration;
use sympe_nn::ops::{self, PairMessage};
use sympe_nn::optim::{Algorithm, Optimizer, OptimizerConfig, Schedule};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 32;
const NODES: usize = 16;
const HIDDEN: usize = 64;
const STEPS: usize = 40;
const ROUNDS: usize = 3;

/// The deterministic values of the script.
fn det(shape: &[usize], seed: usize, scale: f64) -> Result<Tensor> {
    let value = |i: usize| {
        let i = i as f64;
        ((i * 1.37 + seed as f64 * 0.71 + 0.5 * (i * 0.317).sin()).sin() * scale) as f32
    };
    Tensor::from_vec(
        (0..shape.iter().product()).map(value).collect(),
        shape,
        &Device::Cpu,
    )
}

#[derive(Default)]
struct Parameters(Vec<(String, Var)>);

impl Parameters {
    fn linear(&mut self, inputs: usize, outputs: usize) -> Result<(Tensor, Tensor)> {
        let weight = self.add(det(
            &[outputs, inputs],
            self.0.len(),
            1.0 / (inputs as f64).sqrt(),
        )?)?;
        let bias = self.add(det(&[outputs], self.0.len(), 0.1)?)?;
        Ok((weight, bias))
    }

    fn add(&mut self, values: Tensor) -> Result<Tensor> {
        let var = Var::from_tensor(&values)?;
        let tensor = var.as_tensor().clone();
        self.0.push((self.0.len().to_string(), var));
        Ok(tensor)
    }
}

type Affine = (Tensor, Tensor);

struct Workload {
    embed: Affine,
    layers: Vec<[Affine; 4]>,
    output: Affine,
    x: Tensor,
    adjacency: Tensor,
    pairs: Tensor,
}

impl Workload {
    fn new(parameters: &mut Parameters) -> Result<Self> {
        let embed = parameters.linear(8, HIDDEN)?;
        let mut layers = Vec::new();
        for _ in 0..4 {
            layers.push([
                parameters.linear(2 * HIDDEN, HIDDEN)?,
                parameters.linear(HIDDEN, HIDDEN)?,
                parameters.linear(2 * HIDDEN, HIDDEN)?,
                parameters.linear(HIDDEN, HIDDEN)?,
            ]);
        }
        let output = parameters.linear(HIDDEN, 16)?;
        let above = det(&[BATCH, NODES, NODES], 102, 1.0)?
            .flatten_all()?
            .to_vec1::<f32>()?;
        let at = |b: usize, i: usize, j: usize| above[(b * NODES + i) * NODES + j] > 0.3;
        let (mut adjacency, mut pairs) = (Vec::new(), Vec::new());
        for b in 0..BATCH {
            for (i, j) in (0..NODES).flat_map(|i| (0..NODES).map(move |j| (i, j))) {
                adjacency.push(f32::from(u8::from(i != j && (at(b, i, j) || at(b, j, i)))));
                pairs.push(f32::from(u8::from(i != j)));
            }
        }
        let shape = (BATCH, NODES, NODES);
        Ok(Self {
            embed,
            layers,
            output,
            x: det(&[BATCH, NODES, 8], 101, 1.0)?,
            adjacency: Tensor::from_vec(adjacency, shape, &Device::Cpu)?,
            pairs: Tensor::from_vec(pairs, shape, &Device::Cpu)?,
        })
    }

    fn loss(&self) -> Result<Tensor> {
        let linear = |x: &Tensor, (weight, bias): &Affine| ops::linear(x, weight, Some(bias));
        let mut h = linear(&self.x, &self.embed)?;
        for [first, second, node, last] in &self.layers {
            let (weight, bias) = first;
            let halves = [weight.narrow(1, 0, HIDDEN)?, weight.narrow(1, HIDDEN, HIDDEN)?];
            let bias = Tensor::cat(&[bias, &bias.zeros_like()?], 0)?;
            let messages = ops::pair_message(&PairMessage {
                projected: &ops::linear(&h, &Tensor::cat(&halves, 0)?, Some(&bias))?,
                pair_weight: &self.adjacency,
                attribute: None,
                coordinates: None,
                w2: &second.0,
                b2: &second.1,
            })?;
            let update = ops::silu(&linear(&Tensor::cat(&[&h, &messages.messages], 2)?, node)?)?;
            h = (h + linear(&update, last)?)?;
        }
        let z = linear(&h, &self.output)?;
        let (w, b) = (
            Tensor::new(&[-0.1f32], &Device::Cpu)?,
            Tensor::new(&[1f32], &Device::Cpu)?,
        );
        let logits = ops::distance_logits(&z, &w, &b)?;
        ops::bce_with_logits_sum(&logits, &self.adjacency, &self.pairs)?
            / (BATCH * NODES * (NODES - 1)) as f64
    }
}

/// CPU time of a step (median), and the losses before and after two steps.
fn ours() -> Result<(Duration, f32, f32)> {
    let mut parameters = Parameters::default();
    let workload = Workload::new(&mut parameters)?;
    let config = OptimizerConfig {
        algorithm: Algorithm::AdamW,
        learning_rate: 1e-3,
        weight_decay: 0.01,
        schedule: Schedule::Constant,
        ..Default::default()
    };
    let mut optimizer = Optimizer::new(parameters.0, config, STEPS as u64)?;
    let (mut times, mut losses) = (Vec::new(), Vec::new());
    for _ in 0..STEPS {
        let start = ProcessTime::now();
        let loss = workload.loss()?;
        optimizer.step(&loss.backward()?)?;
        losses.push(loss.to_scalar::<f32>()?);
        times.push(start.elapsed());
    }
    times.drain(..2);
    times.sort();
    Ok((times[times.len() / 2], losses[0], losses[2]))
}

/// Milliseconds and losses as the script prints them.
fn torch(command: &str) -> Option<(f64, f64, f64)> {
    let mut words = command.split_whitespace();
    let mut process = Command::new(words.next()?);
    let output = process
        .args(words)
        .args(["a", &STEPS.to_string()])
        .env("T", "1")
        .env("OMP_NUM_THREADS", "1")
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let json: serde_json::Value = serde_json::from_str(text.lines().last()?).ok()?;
    Some((json["cpu"].as_f64()?, json["l0"].as_f64()?, json["l2"].as_f64()?))
}

fn main() -> Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()
        .map_err(candle_core::Error::wrap)?;
    let command = std::env::var("SYMPE_TORCH").ok();
    println!(
        "one training step, {BATCH} graphs of {NODES} nodes, 4 layers of width {HIDDEN}; CPU time, one thread"
    );
    let (mut best, mut best_torch) = (f64::INFINITY, f64::INFINITY);
    for round in 1..=ROUNDS {
        let (time, first, third) = ours()?;
        let time = time.as_secs_f64() * 1e3;
        best = best.min(time);
        println!("round {round}: sympe   {time:7.2} ms, losses {first:.6}, {third:.6}");
        match command.as_deref().map(torch) {
            None => {}
            Some(None) => {
                println!("round {round}: PyTorch did not run: SYMPE_TORCH should start torch_workloads.py")
            }
            Some(Some((time, first, third))) => {
                best_torch = best_torch.min(time);
                println!("round {round}: PyTorch {time:7.2} ms, losses {first:.6}, {third:.6}");
            }
        }
    }
    match command {
        Some(_) if best_torch.is_finite() => {
            println!("best rounds: {:.2} of PyTorch's time", best / best_torch)
        }
        _ => println!("best round: {best:.2} ms; PyTorch was not measured (SYMPE_TORCH is not set)"),
    }
    Ok(())
}
