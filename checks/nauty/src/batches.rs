//! Time per graph on the batches of small graphs of `../shared/data/canon/batches`.

use crate::common::data;
use crate::common::measure::{Answers, form_orbits_order};
use crate::peers::{Input, Peer, Workspace};
use crate::plain::Plain;
use anyhow::{Result, anyhow, ensure};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use sympe_canon::graph::ColoredGraph;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only batches whose name contains this
    #[arg(default_value = "")]
    part: String,
    /// Rounds; the least time of each hundred graphs counts
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Leave a peer out
    #[arg(long, value_name = "PEER")]
    skip: Vec<Peer>,
}

/// Graphs timed at once: so few that other programs often leave them alone.
const CHUNK: usize = 100;

/// Prints a table.
///
/// # Errors
///
/// A wrong order, an error of a program, no such batch.
pub(crate) fn run(args: &Args) -> Result<()> {
    let Some(folder) = data::folder() else {
        return Ok(());
    };
    let peers: Vec<Peer> = Peer::ALL
        .into_iter()
        .filter(|peer| !args.skip.contains(peer))
        .collect();
    ensure!(!peers.is_empty(), "--skip leaves no peer");
    let wanted: Vec<_> = data::batches(&folder)
        .into_iter()
        // For peers only, in place of the edge-coloured molecules.
        .filter(|path| stem(path).contains(&args.part) && stem(path) != "qm9_edgecol_subdiv")
        .collect();
    ensure!(
        !wanted.is_empty(),
        "no batch in {} has {:?} in its name",
        folder.display(),
        args.part
    );
    print!("| µs per graph | graphs |");
    peers.iter().for_each(|peer| print!(" {peer} |"));
    println!(
        " ours | best peer / ours |\n|---|---|{}---|---|",
        "---|".repeat(peers.len())
    );
    let mut ratios = Vec::new();
    for path in wanted {
        let mut batch = Batch::read(&folder, &path, &peers)?;
        let (theirs, ours) = batch.time(args.rounds)?;
        let best = theirs.iter().copied().fold(f64::INFINITY, f64::min);
        print!("| {} | {} |", stem(&path), batch.graphs.len());
        theirs.iter().for_each(|micros| print!(" {micros:.2} |"));
        println!(" {ours:.2} | {:.2} |", best / ours);
        ratios.push(best / ours);
    }
    println!(
        "\nbest peer / ours, geometric mean: {:.2}",
        geometric_mean(&ratios)
    );
    Ok(())
}

pub(crate) fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

fn stem(path: &Path) -> &str {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default()
}

/// A batch in everyone's format.
struct Batch {
    graphs: Vec<ColoredGraph>,
    /// By peer.
    inputs: Vec<Vec<Input>>,
}

impl Batch {
    /// Reads a batch and compares all orders with the truth.
    fn read(folder: &Path, path: &Path, peers: &[Peer]) -> Result<Self> {
        let stem = stem(path);
        let graphs = data::batch(path);
        let subdivided = match stem {
            "qm9_edgecol" => Some(data::batch(&path.with_file_name("qm9_edgecol_subdiv.dimacs"))),
            _ => None,
        };
        let plain: Vec<Plain> = subdivided
            .as_ref()
            .unwrap_or(&graphs)
            .iter()
            .map(Plain::new)
            .collect();
        let mut batch = Self {
            graphs,
            inputs: peers
                .iter()
                .map(|&peer| plain.iter().map(|plain| Input::new(peer, plain)).collect())
                .collect(),
        };
        let (truth, _) = data::truth(folder, stem);
        ensure!(
            truth.len() == batch.graphs.len() && truth.len() == plain.len(),
            "{stem}: {} graphs, {} for peers, {} true orders",
            batch.graphs.len(),
            plain.len(),
            truth.len()
        );
        let mut answers = Answers::default();
        for (i, (graph, [order, ..])) in batch.graphs.iter().zip(&truth).enumerate() {
            let found = form_orbits_order(graph, &mut answers)?.to_string();
            ensure!(
                found == *order,
                "{stem} graph {i}: order {found}, should be {order}"
            );
        }
        for (peer, inputs) in peers.iter().zip(&mut batch.inputs) {
            let mut workspace = Workspace::default();
            for (i, (input, [order, ..])) in inputs.iter_mut().zip(&truth).enumerate() {
                let found = workspace
                    .run(input)
                    .map_err(|status| anyhow!("{peer}: error {status}"))?;
                ensure!(
                    found.agrees(order),
                    "{stem} graph {i}: {peer} says order {found:?}, should be {order}"
                );
            }
        }
        Ok(batch)
    }

    /// Microseconds per graph of every peer, and ours. They take turns batch by batch, so each runs with warm caches, as
    /// on many graphs.
    fn time(&mut self, rounds: u32) -> Result<(Vec<f64>, f64)> {
        let chunks = self.graphs.len().div_ceil(CHUNK);
        let mut theirs = vec![vec![Duration::MAX; chunks]; self.inputs.len()];
        let mut our = vec![Duration::MAX; chunks];
        let mut workspace = Workspace::default();
        let mut answers = Answers::default();
        for _ in 0..rounds {
            for (inputs, least) in self.inputs.iter_mut().zip(&mut theirs) {
                for (inputs, least) in inputs.chunks_mut(CHUNK).zip(least) {
                    let start = Instant::now();
                    for input in inputs {
                        black_box(workspace.run(input).map_err(|status| anyhow!("error {status}"))?);
                    }
                    *least = start.elapsed().min(*least);
                }
            }
            for (graphs, least) in self.graphs.chunks(CHUNK).zip(&mut our) {
                let start = Instant::now();
                for graph in graphs {
                    black_box(form_orbits_order(graph, &mut answers)?);
                }
                *least = start.elapsed().min(*least);
            }
        }
        let micros = |least: &Vec<Duration>| {
            least.iter().sum::<Duration>().as_secs_f64() * 1e6 / self.graphs.len() as f64
        };
        Ok((theirs.iter().map(micros).collect(), micros(&our)))
    }
}
