//! Training steps against PyTorch: CPU time, one thread each, measured in turns.
//!
//! * `a`: a small graph autoencoder. 32 graphs of 16 nodes, four layers of width 64, distance decoder.
//! * `c`: group convolutions under p4m. 32 fields on 16 × 16 sites, three layers of 16 · 8 channels, 3 × 3 filters,
//!   once with the fast method and once with the exact one.
//!
//! All with AdamW and the same deterministic weights as `torch_workloads.py`, so that the losses can be compared to many
//! digits. PyTorch's side needs `SYMPE_TORCH`: a command that runs that script, such as `python3 torch_workloads.py`.

use candle_core::{Device, Result, Tensor, Var};
use cpu_time::ProcessTime;
use std::process::Command;
use std::time::Duration;
use sympe_nn::ops::{self, ConvMethod, PairMessage};
use sympe_nn::optim::{Algorithm, Optimizer, OptimizerConfig, Schedule};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 32;
const NODES: usize = 16;
const HIDDEN: usize = 64;
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

struct Autoencoder {
    embed: Affine,
    layers: Vec<[Affine; 4]>,
    output: Affine,
    x: Tensor,
    adjacency: Tensor,
    pairs: Tensor,
}

impl Autoencoder {
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

/// Elements of the script's p4m: quarter turns, then a reflection of the columns; filters are 3 × 3.
const ELEMENTS: usize = 8;
const CHANNELS: usize = 16;
const SIDE: usize = 16;

/// The entries of a filter, moved by element `g` of the script: `moved[k]` is read from `filter[table[k]]`.
fn moved(filter: [usize; 9], g: usize) -> [usize; 9] {
    let turned = (0..g % 4).fold(filter, |x, _| {
        std::array::from_fn(|k| x[k % 3 * 3 + 2 - k / 3]) // counterclockwise, as numpy.rot90
    });
    if g < 4 {
        turned
    } else {
        std::array::from_fn(|k| turned[k / 3 * 3 + 2 - k % 3])
    }
}

/// The script's index into `[element, position]` for each `[output element, input element, position]`.
fn script_index() -> Vec<u32> {
    let identity: [usize; 9] = std::array::from_fn(|k| k);
    let tables: Vec<[usize; 9]> = (0..ELEMENTS).map(|g| moved(identity, g)).collect();
    let find = |table: [usize; 9]| tables.iter().position(|t| *t == table).expect("p4m is closed");
    let product = |g: usize, h: usize| find(moved(tables[h], g));
    let mut index = Vec::new();
    for g in 0..ELEMENTS {
        let inverse = (0..ELEMENTS).find(|&h| product(g, h) == 0).expect("an inverse");
        for h in 0..ELEMENTS {
            let from = product(inverse, h);
            index.extend(tables[g].map(|position| (from * 9 + position) as u32));
        }
    }
    index
}

struct Convolutions {
    layers: Vec<Affine>,
    head: Affine,
    x: Tensor,
    target: Tensor,
    index: Tensor,
    repeat: Tensor,
    method: ConvMethod,
}

impl Convolutions {
    fn new(parameters: &mut Parameters, method: ConvMethod) -> Result<Self> {
        let weights = (0..3).map(|layer| {
            let scale = 1.0 / ((CHANNELS * 72) as f64).sqrt();
            parameters.add(det(&[CHANNELS, CHANNELS, ELEMENTS * 9], layer, scale)?)
        });
        let weights = weights.collect::<Result<Vec<_>>>()?;
        let biases = (0..3).map(|layer| parameters.add(det(&[CHANNELS], 3 + layer, 0.1)?));
        let layers = weights.into_iter().zip(biases.collect::<Result<Vec<_>>>()?);
        let layers = layers.collect();
        let repeat: Vec<u32> = (0..(CHANNELS * ELEMENTS) as u32)
            .map(|c| c / ELEMENTS as u32)
            .collect();
        Ok(Self {
            layers,
            head: parameters.linear(CHANNELS, 1)?,
            x: det(&[BATCH, CHANNELS * ELEMENTS, SIDE, SIDE], 101, 1.0)?,
            target: det(&[BATCH], 102, 1.0)?,
            index: Tensor::new(script_index(), &Device::Cpu)?,
            repeat: Tensor::new(repeat, &Device::Cpu)?,
            method,
        })
    }

    fn loss(&self) -> Result<Tensor> {
        let mut h = self.x.clone();
        for (weight, bias) in &self.layers {
            let filter = weight
                .reshape((CHANNELS * CHANNELS, ELEMENTS * 9))?
                .index_select(&self.index, 1)?
                .reshape((CHANNELS, CHANNELS, ELEMENTS, ELEMENTS, 9))?
                .permute((0, 2, 1, 3, 4))?
                .reshape((CHANNELS * ELEMENTS, CHANNELS * ELEMENTS, 3, 3))?;
            let bias = bias.index_select(&self.repeat, 0)?;
            h = ops::relu(&ops::periodic_conv(
                &h,
                &filter,
                Some(&bias),
                [1, 1],
                self.method,
            )?)?;
        }
        let z = h.reshape((BATCH, CHANNELS, ()))?.mean(2)?;
        let output = ops::linear(&z, &self.head.0, Some(&self.head.1))?.squeeze(1)?;
        (output - &self.target)?.sqr()?.mean_all()
    }
}

/// CPU time of a step (median), and the losses before and after two steps.
fn ours(workload: &Workload) -> Result<(Duration, f32, f32)> {
    let mut parameters = Parameters::default();
    let loss: Box<dyn Fn() -> Result<Tensor>> = match workload.method {
        None => {
            let model = Autoencoder::new(&mut parameters)?;
            Box::new(move || model.loss())
        }
        Some(method) => {
            let model = Convolutions::new(&mut parameters, method)?;
            Box::new(move || model.loss())
        }
    };
    let config = OptimizerConfig {
        algorithm: Algorithm::AdamW,
        learning_rate: 1e-3,
        weight_decay: 0.01,
        schedule: Schedule::Constant,
        ..Default::default()
    };
    let mut optimizer = Optimizer::new(parameters.0, config, workload.steps as u64)?;
    let (mut times, mut losses) = (Vec::new(), Vec::new());
    for _ in 0..workload.steps {
        let start = ProcessTime::now();
        let loss = loss()?;
        optimizer.step(&loss.backward()?)?;
        losses.push(loss.to_scalar::<f32>()?);
        times.push(start.elapsed());
    }
    times.drain(..2);
    times.sort();
    Ok((times[times.len() / 2], losses[0], losses[2]))
}

/// Milliseconds and losses as the script prints them.
fn torch(command: &str, workload: &Workload) -> Option<(f64, f64, f64)> {
    let mut words = command.split_whitespace();
    let mut process = Command::new(words.next()?);
    let output = process
        .args(words)
        .args([workload.name, &workload.steps.to_string()])
        .env("T", "1")
        .env("OMP_NUM_THREADS", "1")
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let json: serde_json::Value = serde_json::from_str(text.lines().last()?).ok()?;
    Some((json["cpu"].as_f64()?, json["l0"].as_f64()?, json["l2"].as_f64()?))
}

struct Workload {
    /// As the script calls it.
    name: &'static str,
    title: &'static str,
    steps: usize,
    /// Of the convolutions, if it has any.
    method: Option<ConvMethod>,
}

const WORKLOADS: [Workload; 3] = [
    Workload {
        name: "a",
        title: "graph autoencoder",
        steps: 40,
        method: None,
    },
    Workload {
        name: "c",
        title: "group convolutions, fast method",
        steps: 10,
        method: Some(ConvMethod::Fast),
    },
    Workload {
        name: "c",
        title: "group convolutions, exact method",
        steps: 10,
        method: Some(ConvMethod::Exact),
    },
];

fn main() -> Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()
        .map_err(candle_core::Error::wrap)?;
    let command = std::env::var("SYMPE_TORCH").ok();
    for workload in &WORKLOADS {
        println!(
            "training step {}, {}; CPU time, one thread",
            workload.name, workload.title
        );
        let (mut best, mut best_torch) = (f64::INFINITY, f64::INFINITY);
        for round in 1..=ROUNDS {
            let (time, first, third) = ours(workload)?;
            let time = time.as_secs_f64() * 1e3;
            best = best.min(time);
            println!("  round {round}: sympe   {time:7.2} ms, losses {first:.6}, {third:.6}");
            match command.as_deref().map(|command| torch(command, workload)) {
                None => {}
                Some(None) => {
                    println!(
                        "  round {round}: PyTorch did not run: SYMPE_TORCH should start torch_workloads.py"
                    )
                }
                Some(Some((time, first, third))) => {
                    best_torch = best_torch.min(time);
                    println!("  round {round}: PyTorch {time:7.2} ms, losses {first:.6}, {third:.6}");
                }
            }
        }
        match command {
            Some(_) if best_torch.is_finite() => {
                println!("  best rounds: {:.2} of PyTorch's time", best / best_torch)
            }
            _ => println!("  best round: {best:.2} ms; PyTorch was not measured (SYMPE_TORCH is not set)"),
        }
    }
    Ok(())
}
