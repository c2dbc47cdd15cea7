//! What symmetry breaking costs as work grows: canonicalizing, drawing, encoding, and the training step of a network beside them.
//!
//! Random graphs of mean degree 4, of 10 to 500 nodes, and small ones in batches of 1 to 128; an autoencoder of four layers. What is
//! canonicalized once is kept, so that its share falls with every pass over the data. Times are CPU times of one thread, the least of
//! several rounds. Writes pictures into the folder that is named first, or beside other temporary files.

use cpu_time::ProcessTime;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_canon::relaxed::SmoothExact;
use sympe_canon::{Canonicalized, Canonicalizer, InversionKernel};
use sympe_data::kernel::{Kernel, Rule};
use sympe_data::random_graphs::ErdosRenyi;
use sympe_groups::{Group, PermGroup, Permutation};
use sympe_nn::device::DeviceSpec;
use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding};
use sympe_nn::models::{Adjoin, Autoencoder, AutoencoderConfig, GraphInput, Network};
use sympe_nn::optim::{Optimizer, OptimizerConfig};
use sympe_nn::params::ParamStore;
use sympe_train::report::{Curve, Table, curves_over};
use sympe_train::task::collect;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const SIZES: [u32; 6] = [10, 20, 50, 100, 200, 500];
const BATCHES: [u32; 5] = [1, 4, 16, 64, 128];
const KERNELS: [Kernel; 5] = [
    Kernel::Exact,
    Kernel::ExactDepthFirst,
    Kernel::ExactWithinBudget,
    Kernel::Refinement,
    Kernel::RandomDepthFirst,
];
const ROUNDS: usize = 5;
/// Channels of the encoding.
const DIM: usize = 8;
/// Passes over the data in which one canonicalization is used.
const PASSES: f64 = 10.0;

/// Microseconds of CPU time that `work` takes for each of `count` things, the least of some rounds.
fn micros(count: usize, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = ProcessTime::now();
        work()?;
        least = least.min(start.elapsed().as_secs_f64() * 1e6 / count as f64);
    }
    Ok(least)
}

fn graphs(count: usize, n: u32) -> Result<Vec<ColoredGraph>> {
    Ok(collect(&ErdosRenyi::new(count, n..=n, 4.0 / f64::from(n), 1)?)?)
}

/// Of a graph: canonicalizing, which is done once, and drawing, which is done at every pass.
fn kernel(kernel: Kernel, graphs: &[ColoredGraph]) -> Result<[f64; 2]> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let exact =
        |canonicalizer: &dyn Canonicalizer<ColoredGraph, Stabilizer = PermGroup>| -> Result<[f64; 2]> {
            let all = || -> Result<Vec<Canonicalized<PermGroup>>> {
                Ok(graphs
                    .iter()
                    .map(|graph| canonicalizer.canonicalize(graph))
                    .collect::<std::result::Result<_, _>>()?)
            };
            let canonicalize = micros(graphs.len(), || all().map(|all| drop(black_box(all))))?;
            let kept = all()?;
            let draw = micros(graphs.len(), || {
                kept.iter()
                    .for_each(|coset| drop(black_box(coset.sample(&mut ChaCha8Rng::seed_from_u64(0)))));
                Ok(())
            })?;
            Ok([canonicalize, draw])
        };
    let mut drawn = |kernel: &dyn InversionKernel<ColoredGraph, Group = Permutation>| {
        let draw = micros(graphs.len(), || {
            for graph in graphs {
                black_box(kernel.draw(graph, &mut rng)?);
            }
            Ok(())
        })?;
        Ok([0.0, draw])
    };
    match kernel.rule() {
        Rule::Exact(None) => exact(&SymmetrySearch::default()),
        Rule::Exact(Some(order)) => exact(&SmoothExact::new(order)),
        Rule::Relaxed(order) => drawn(&order),
        Rule::Budgeted(kernel) => drawn(&kernel),
    }
}

/// Of a graph in batches of these: encoding a draw, and the rest of a training step.
fn network(graphs: &[ColoredGraph]) -> Result<[f64; 2]> {
    let (count, n, device) = (graphs.len(), graphs[0].n(), DeviceSpec::Cpu.open()?);
    let store = ParamStore::new(0, candle_core::DType::F32, &device);
    let table = TableEncoding::new(n, DIM, TableConfig::default(), &store.root().at("breaking"))?;
    let config = AutoencoderConfig {
        network: Network::Gnn,
        ..AutoencoderConfig::default()
    };
    let model = Autoencoder::new(config, DIM, &store.root())?;
    let mut optimizer = Optimizer::new(store.vars(), OptimizerConfig::default(), 100)?;
    let mut adjacency = vec![0f32; count * n * n];
    for (graph, block) in graphs.iter().zip(adjacency.chunks_exact_mut(n * n)) {
        for (from, to, _) in graph.edges() {
            block[from as usize * n + to as usize] = 1.0;
            block[to as usize * n + from as usize] = 1.0;
        }
    }
    let adjacency = candle_core::Tensor::from_vec(adjacency, (count, n, n), &device)?;
    let mask = candle_core::Tensor::ones((count, n), candle_core::DType::F32, &device)?;
    let input = GraphInput::new(adjacency, mask)?;
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let ranks: Vec<u32> = (0..count)
        .flat_map(|_| Permutation::random(n, &mut rng).inverse().images().to_vec())
        .collect();
    let encode = || -> Result<candle_core::Tensor> {
        let ranks = candle_core::Tensor::from_slice(&ranks, (count, n), &device)?;
        Ok(table.encode(&ranks)?)
    };
    let encoding = micros(count, || encode().map(|encoding| drop(black_box(encoding))))?;
    let step = micros(count, || {
        let input = input.clone().adjoin(&encode()?)?;
        let loss = model.loss(&input, &model.logits(&input)?)?;
        optimizer.step(&loss.backward()?)?;
        Ok(())
    })?;
    Ok([encoding, (step - encoding).max(0.0)])
}

/// One line of the tables: what a kernel takes of a graph beside the network.
struct Line {
    kernel: Kernel,
    x: u32,
    /// Canonicalizing, drawing, encoding, network; microseconds of a graph.
    micros: [f64; 4],
}

impl Line {
    fn new(kernel_of: Kernel, x: u32, graphs: &[ColoredGraph], network: [f64; 2]) -> Result<Self> {
        let [canonicalize, draw] = kernel(kernel_of, graphs)?;
        let [encode, network] = network;
        Ok(Self {
            kernel: kernel_of,
            x,
            micros: [canonicalize, draw, encode, network],
        })
    }

    /// The share of breaking in percent: in the first pass, and over ten.
    fn shares(&self) -> [f64; 2] {
        let [canonicalize, draw, encode, network] = self.micros;
        [1.0, PASSES].map(|passes| {
            let breaking = canonicalize / passes + draw + encode;
            100.0 * breaking / (breaking + network)
        })
    }
}

fn table(x: &str, lines: &[Line]) -> Table {
    let head = [
        "kernel",
        x,
        "canonicalize, µs",
        "draw, µs",
        "encode, µs",
        "network, µs",
        "first pass, %",
        "of ten passes, %",
    ];
    let row = |line: &Line| {
        let mut row = vec![line.kernel.to_string(), line.x.to_string()];
        row.extend(line.micros.iter().map(|micros| format!("{micros:.1}")));
        row.extend(line.shares().map(|share| format!("{share:.2}")));
        row
    };
    Table {
        head: head.map(str::to_owned).to_vec(),
        rows: lines.iter().map(row).collect(),
    }
}

/// A curve per kernel.
fn picture(title: &str, x: &str, lines: &[Line], value: impl Fn(&Line) -> f64) -> String {
    let curve = |kernel: Kernel| Curve {
        name: kernel.to_string(),
        points: lines
            .iter()
            .filter(|line| line.kernel == kernel)
            .map(|line| (line.x, value(line)))
            .collect(),
    };
    curves_over(title, x, &KERNELS.map(curve))
}

fn main() -> Result<()> {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
    let folder = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let folder = folder.map_or_else(|| std::env::temp_dir().join("sympe-cost"), PathBuf::from);
    fs::create_dir_all(&folder)?;

    let mut by_size = Vec::new();
    for n in SIZES {
        // As many as give about the same number of pairs of nodes.
        let graphs = graphs((20_000 / (n * n) as usize).clamp(1, 64), n)?;
        let network = network(&graphs)?;
        for kernel in KERNELS {
            by_size.push(Line::new(kernel, n, &graphs, network)?);
        }
    }
    println!(
        "Graphs of so many nodes, microseconds of a graph:\n\n{}",
        table("nodes", &by_size).markdown()
    );
    let mut by_batch = Vec::new();
    for batch in BATCHES {
        let graphs = graphs(batch as usize, 20)?;
        let network = network(&graphs)?;
        for kernel in KERNELS {
            by_batch.push(Line::new(kernel, batch, &graphs, network)?);
        }
    }
    println!(
        "Batches of so many graphs of 20 nodes:\n\n{}",
        table("graphs", &by_batch).markdown()
    );

    let of_ten = "share of symmetry breaking in ten passes, percent";
    for (name, svg) in [
        (
            "time-by-size.svg",
            picture(
                "canonicalizing and drawing, microseconds of a graph",
                "nodes",
                &by_size,
                |line| line.micros[0] + line.micros[1],
            ),
        ),
        (
            "share-by-size.svg",
            picture(of_ten, "nodes", &by_size, |line| line.shares()[1]),
        ),
        (
            "share-by-batch.svg",
            picture(of_ten, "graphs in a batch, of 20 nodes", &by_batch, |line| {
                line.shares()[1]
            }),
        ),
    ] {
        let path = folder.join(name);
        fs::write(&path, svg)?;
        println!("{}", path.display());
    }
    Ok(())
}
