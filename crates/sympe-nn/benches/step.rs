//! Training steps against PyTorch, measured in turns: CPU time of one thread each, or with `threads=2` the time that passes with two.
//!
//! * `a`: a small graph autoencoder. 32 graphs of 16 nodes, four layers of width 64, distance decoder.
//! * `b`: the graph transformer of DiGress. 64 graphs of up to 20 nodes (of 9 nodes), two layers of 256 channels of
//!   nodes, 64 of edges and 64 of globals. As the script does, norms and pools go over padding too.
//! * `c`: group convolutions under p4m. 32 fields on 16 × 16 sites, three layers of 16 · 8 channels, 3 × 3 filters, once
//!   with the fast method and once with the exact one.
//!
//! All with AdamW and the same deterministic weights as `torch_workloads.py`, so that the losses can be compared to many
//! digits. Arguments choose among them, by name or words of the title. PyTorch's side needs `SYMPE_TORCH`: a command that
//! runs that script, such as `python3 torch_workloads.py`.

use candle_core::{DType, Device, Result, Tensor, Var};
use cpu_time::ProcessTime;
use std::process::Command;
use std::time::{Duration, Instant};
use sympe_nn::ops::{self, ConvMethod, EdgeAttention, FeedForward, Norm, PairMessage};
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

    fn norm(&mut self, width: usize) -> Result<(Tensor, Tensor)> {
        let gain = self.add(Tensor::ones(width, DType::F32, &Device::Cpu)?)?;
        let bias = self.add(Tensor::zeros(width, DType::F32, &Device::Cpu)?)?;
        Ok((gain, bias))
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

const GRAPHS: usize = 64;
/// Channels of nodes, edges, globals.
const X: usize = 256;
const E: usize = 64;
const Y: usize = 64;
const HEADS: usize = 4;
const NODE_CLASSES: usize = 16;
const EDGE_CLASSES: usize = 5;

struct TransformerLayer {
    q: Affine,
    k: Affine,
    v: Affine,
    edge_add: Affine,
    edge_mul: Affine,
    /// Globals to the factor and the term of edges, then of nodes.
    globals: [Affine; 4],
    /// Of globals, nodes, edges.
    pools: [Affine; 3],
    nodes_out: Affine,
    edges_out: Affine,
    globals_out: [Affine; 2],
    /// Of nodes, edges, globals: two linear layers, the norm before them and the norm after.
    blocks: [[Affine; 4]; 3],
}

impl TransformerLayer {
    fn new(parameters: &mut Parameters) -> Result<Self> {
        let p = parameters;
        Ok(Self {
            q: p.linear(X, X)?,
            k: p.linear(X, X)?,
            v: p.linear(X, X)?,
            edge_add: p.linear(E, X)?,
            edge_mul: p.linear(E, X)?,
            globals: [p.linear(Y, X)?, p.linear(Y, X)?, p.linear(Y, X)?, p.linear(Y, X)?],
            pools: [p.linear(Y, Y)?, p.linear(4 * X, Y)?, p.linear(4 * E, Y)?],
            nodes_out: p.linear(X, X)?,
            edges_out: p.linear(X, E)?,
            globals_out: [p.linear(Y, Y)?, p.linear(Y, Y)?],
            blocks: [
                [p.linear(X, 256)?, p.linear(256, X)?, p.norm(X)?, p.norm(X)?],
                [p.linear(E, 128)?, p.linear(128, E)?, p.norm(E)?, p.norm(E)?],
                [p.linear(Y, 128)?, p.linear(128, Y)?, p.norm(Y)?, p.norm(Y)?],
            ],
        })
    }
}

fn linear(x: &Tensor, (weight, bias): &Affine) -> Result<Tensor> {
    ops::linear(x, weight, Some(bias))
}

/// Several maps of one input as one.
fn stack(maps: &[&Affine]) -> Result<Affine> {
    let weights: Vec<_> = maps.iter().map(|map| &map.0).collect();
    let biases: Vec<_> = maps.iter().map(|map| &map.1).collect();
    Ok((Tensor::cat(&weights, 0)?, Tensor::cat(&biases, 0)?))
}

fn norm((gain, bias): &Affine) -> Norm<'_> {
    Norm {
        gain,
        bias,
        epsilon: 1e-5,
    }
}

struct Transformer {
    input: [Affine; 3],
    layers: Vec<TransformerLayer>,
    output: [Affine; 2],
    nodes: Tensor,
    edges: Tensor,
    globals: Tensor,
    mask: Tensor,
    pairs: Tensor,
    /// The mask for all channels of nodes.
    wide_mask: Tensor,
    targets: [Tensor; 2],
}

impl Transformer {
    fn new(parameters: &mut Parameters, n: usize) -> Result<Self> {
        let input = [
            parameters.linear(NODE_CLASSES, X)?,
            parameters.linear(EDGE_CLASSES, E)?,
            parameters.linear(12, Y)?,
        ];
        let layers = (0..2).map(|_| TransformerLayer::new(parameters));
        let layers = layers.collect::<Result<_>>()?;
        let size = |graph: usize| if n > 9 { 9 + 7 * graph % (n - 8) } else { 9 };
        let real = (0..GRAPHS).flat_map(|graph| (0..n).map(move |i| f32::from(u8::from(i < size(graph)))));
        let mask = Tensor::from_vec(real.collect(), (GRAPHS, n), &Device::Cpu)?;
        let classes = |count: usize, step: usize, classes: usize| -> Vec<u32> {
            (0..count).map(|k| (k * step % classes) as u32).collect()
        };
        let (nodes, edges) = (
            classes(GRAPHS * n, 7, NODE_CLASSES),
            classes(GRAPHS * n * n, 3, EDGE_CLASSES),
        );
        Ok(Self {
            input,
            layers,
            output: [
                parameters.linear(X, NODE_CLASSES)?,
                parameters.linear(E, EDGE_CLASSES)?,
            ],
            nodes: det(&[GRAPHS, n, NODE_CLASSES], 101, 1.0)?,
            edges: det(&[GRAPHS, n, n, EDGE_CLASSES], 102, 1.0)?,
            globals: det(&[GRAPHS, 12], 103, 1.0)?,
            pairs: mask.unsqueeze(2)?.broadcast_mul(&mask.unsqueeze(1)?)?,
            wide_mask: mask.unsqueeze(2)?.broadcast_as((GRAPHS, n, X))?.contiguous()?,
            mask,
            targets: [
                Tensor::from_vec(nodes, (GRAPHS, n), &Device::Cpu)?,
                Tensor::from_vec(edges, (GRAPHS, n, n), &Device::Cpu)?,
            ],
        })
    }

    fn loss(&self) -> Result<Tensor> {
        let [x, e, y] = &self.input;
        let mut x = (ops::relu(&linear(&self.nodes, x)?)? * &self.wide_mask)?;
        let mut e = ops::symmetric_part(&ops::relu(&linear(&self.edges, e)?)?, &self.pairs)?;
        let mut y = ops::relu(&linear(&self.globals, y)?)?;
        let (all, all_pairs) = (self.mask.ones_like()?, self.pairs.ones_like()?);
        for layer in &self.layers {
            let film = stack(&[&layer.edge_mul, &layer.edge_add])?;
            let globals = stack(&layer.globals.iter().collect::<Vec<_>>())?;
            let attended = ops::edge_attention(&EdgeAttention {
                edges: &e,
                qkv: &linear(&x, &stack(&[&layer.q, &layer.k, &layer.v])?)?,
                globals: &linear(&y, &globals)?,
                film: (&film.0, &film.1),
                output: (&layer.edges_out.0, &layer.edges_out.1),
                mask: &self.mask,
                scale: ((X / HEADS) as f64).sqrt().recip(),
            })?;
            let new_x = (linear(&attended.nodes, &layer.nodes_out)? * &self.wide_mask)?;
            let [from_y, from_x, from_e] = &layer.pools;
            let pooled_x = ops::pooled_statistics(&x, &all, 0.0)?;
            let pooled_e = ops::pooled_statistics(&e, &all_pairs, 0.0)?;
            let new_y = (linear(&y, from_y)? + linear(&pooled_x, from_x)?)?;
            let new_y = (new_y + linear(&pooled_e, from_e)?)?;
            let [first, second] = &layer.globals_out;
            let new_y = linear(&ops::relu(&linear(&new_y, first)?)?, second)?;
            let mut streams = [(x, new_x), (e, attended.edges), (y, new_y)].into_iter();
            let mut next = |[first, second, before, after]: &[Affine; 4]| -> Result<Tensor> {
                let (old, new) = streams.next().expect("three streams");
                let block = FeedForward {
                    first: (&first.0, &first.1),
                    second: (&second.0, &second.1),
                    norm: norm(after),
                    dropout: [None, None],
                };
                let sum = ops::residual_norm(&old, &new, &norm(before), None, None)?;
                ops::feed_forward(&sum, &block, None)
            };
            let [nodes, edges, globals] = &layer.blocks;
            (x, e, y) = (next(nodes)?, next(edges)?, next(globals)?);
        }
        let [nodes, edges] = &self.targets;
        let x = ops::cross_entropy_sum(&linear(&x, &self.output[0])?, nodes, &self.mask)?;
        let e = ops::symmetric_part(&linear(&e, &self.output[1])?, &all_pairs)?;
        let e = ops::cross_entropy_sum(&e, edges, &self.pairs)?;
        let count = |weight: &Tensor| weight.sum_all()?.to_scalar::<f32>();
        let (nodes, pairs) = (count(&self.mask)?, count(&self.pairs)?);
        (x / f64::from(nodes))? + (e * (5.0 / f64::from(pairs)))?
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

/// Time of a step (median), and the losses before and after two steps. The time is that of the CPU where there is one thread, and
/// the time that passes otherwise.
fn ours(workload: &Workload, threads: usize) -> Result<(Duration, f32, f32)> {
    let mut parameters = Parameters::default();
    let loss: Box<dyn Fn() -> Result<Tensor>> = match workload.model {
        Model::Autoencoder => {
            let model = Autoencoder::new(&mut parameters)?;
            Box::new(move || model.loss())
        }
        Model::Transformer(nodes) => {
            let model = Transformer::new(&mut parameters, nodes)?;
            Box::new(move || model.loss())
        }
        Model::Convolutions(method) => {
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
        let (start, cpu_start) = (Instant::now(), ProcessTime::now());
        let loss = loss()?;
        optimizer.step(&loss.backward()?)?;
        losses.push(loss.to_scalar::<f32>()?);
        times.push(match threads {
            1 => cpu_start.elapsed(),
            _ => start.elapsed(),
        });
    }
    times.drain(..2);
    times.sort();
    Ok((times[times.len() / 2], losses[0], losses[2]))
}

/// Milliseconds and losses as the script prints them.
fn torch(command: &str, workload: &Workload, threads: usize) -> Option<(f64, f64, f64)> {
    let (count, time) = (threads.to_string(), if threads == 1 { "cpu" } else { "med" });
    let mut words = command.split_whitespace();
    let mut process = Command::new(words.next()?);
    let output = process
        .args(words)
        .args([workload.name, &workload.steps.to_string()])
        .args(workload.arguments)
        .env("T", &count)
        .env("OMP_NUM_THREADS", &count)
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let json: serde_json::Value = serde_json::from_str(text.lines().last()?).ok()?;
    Some((json[time].as_f64()?, json["l0"].as_f64()?, json["l2"].as_f64()?))
}

struct Workload {
    /// As the script calls it.
    name: &'static str,
    /// Further arguments of the script.
    arguments: &'static [&'static str],
    title: &'static str,
    steps: usize,
    model: Model,
}

#[derive(Clone, Copy)]
enum Model {
    Autoencoder,
    /// Of graphs with up to so many nodes.
    Transformer(usize),
    Convolutions(ConvMethod),
}

const WORKLOADS: [Workload; 5] = [
    Workload {
        name: "a",
        arguments: &[],
        title: "graph autoencoder",
        steps: 40,
        model: Model::Autoencoder,
    },
    Workload {
        name: "b",
        arguments: &["N=20"],
        title: "graph transformer, up to 20 nodes",
        steps: 8,
        model: Model::Transformer(20),
    },
    Workload {
        name: "b",
        arguments: &["N=9"],
        title: "graph transformer, 9 nodes",
        steps: 16,
        model: Model::Transformer(9),
    },
    Workload {
        name: "c",
        arguments: &[],
        title: "group convolutions, fast method",
        steps: 10,
        model: Model::Convolutions(ConvMethod::Fast),
    },
    Workload {
        name: "c",
        arguments: &[],
        title: "group convolutions, exact method",
        steps: 10,
        model: Model::Convolutions(ConvMethod::Exact),
    },
];

/// The beginning of the word that asks for threads.
const THREADS_WORD: &str = "threads=";

/// Candle's own threads wait spinning, which would count as time; safe code cannot set a variable of its own process.
const THREADS: &str = "CANDLE_NUM_THREADS";

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let threads = match words.find_map(|word| word.strip_prefix(THREADS_WORD).map(str::to_owned)) {
        None => 1,
        Some(word) => match word.parse::<usize>() {
            Ok(threads) if threads > 0 => threads,
            _ => candle_core::bail!("{THREADS_WORD}{word}: expected a positive number"),
        },
    };
    if std::env::var_os(THREADS).is_none() {
        let program = std::env::current_exe()?;
        let status = Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(THREADS, threads.to_string())
            .status()?;
        std::process::exit(status.code().unwrap_or(1));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(candle_core::Error::wrap)?;
    let command = std::env::var("SYMPE_TORCH").ok();
    // Cargo passes --bench.
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-') && !word.starts_with(THREADS_WORD))
        .collect();
    let wanted = |workload: &&Workload| {
        let names = |word: &String| word == workload.name || workload.title.contains(word.as_str());
        chosen.is_empty() || chosen.iter().any(names)
    };
    for workload in WORKLOADS.iter().filter(wanted) {
        println!(
            "training step {}, {}; {}",
            workload.name,
            workload.title,
            match threads {
                1 => "CPU time, one thread".to_owned(),
                _ => format!("time that passes, {threads} threads"),
            }
        );
        let (mut best, mut best_torch) = (f64::INFINITY, f64::INFINITY);
        for round in 1..=ROUNDS {
            let (time, first, third) = ours(workload, threads)?;
            let time = time.as_secs_f64() * 1e3;
            best = best.min(time);
            println!("  round {round}: sympe   {time:7.2} ms, losses {first:.6}, {third:.6}");
            match command
                .as_deref()
                .map(|command| torch(command, workload, threads))
            {
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
