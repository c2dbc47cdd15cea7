//! `symmetry`: what is symmetric in the graphs or fields of a file, and what a draw from the inversion kernel makes of it.

use super::{ExperimentName, experiment_of, fields, print};
use crate::TrainError;
use crate::graph_autoencoder::GraphAutoencoder;
use crate::observe::note;
use crate::{run, session};
use clap::Args;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use sympe_canon::CanonError;
use sympe_canon::Canonicalized;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_data::formats;
use sympe_data::formats::lattice::LatticeFormat;
use sympe_data::key::{self, Purpose};
use sympe_groups::Permutation;
use sympe_groups::lattice::Wallpaper;
use sympe_nn::check::orbit_spread;
use sympe_nn::device::DeviceSpec;

/// Order, orbits, generators, canonical form and inversion-kernel draws of the graphs or lattice fields in a file.
///
/// Graphs: vertices are numbered as in the file: from 1 in DIMACS, from 0 in graph6 and the other formats; `first_vertex` says
/// which. `labelling` and `draws` are lists of images: the entry at position p is the vertex at position p of the
/// canonical form.
///
/// Fields of spins or couplings on a torus: one entry for each field and group, with its `name`, the `order` of its
/// stabilizer, and group elements as maps of (row, column). JSON and NPY files are fields; text is, with --group.
#[derive(Debug, Args)]
pub(super) struct SymmetryArgs {
    /// A file of graphs (graph6, text with one graph per line, DIMACS) or of fields on a torus (JSON, NPY, text)
    pub(super) file: PathBuf,
    /// One JSON object per graph, or per field and group, and nothing else
    #[arg(long)]
    pub(super) json: bool,
    /// Draws from the inversion kernel of each input
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(super) samples: u64,
    /// Seed of the draws
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Fields: wallpaper groups, any of p1, p2, pm, p2mm, p4, p4m (default: the largest that the torus has)
    #[arg(long, value_delimiter = ',', value_name = "GROUP")]
    pub(super) group: Vec<Wallpaper>,
    /// Fields: also under the spin flip, which negates values on sites
    #[arg(long)]
    pub(super) spin_flip: bool,
    /// Fields: values that round to the same multiple of this are equal (default: equal values are)
    #[arg(long)]
    pub(super) tolerance: Option<f64>,
    /// Graphs: the format of the file, graph6, bits, edge-list or dimacs (default: by its content)
    #[arg(long)]
    pub(super) format: Option<formats::Format>,
    /// Graphs: search-tree nodes before giving up
    #[arg(long, value_name = "NODES", default_value_t = SymmetrySearch::default().budget)]
    budget: u64,
    /// Graphs: a trained run or session; show how far the embeddings of interchangeable nodes lie apart
    #[arg(long, value_name = "RUN")]
    pub(super) model: Option<PathBuf>,
}

/// What is printed of a graph.
#[derive(Serialize)]
struct Description {
    n: usize,
    m: usize,
    directed: bool,
    order: String,
    ln_order: f64,
    first_vertex: u32,
    orbits: Vec<Vec<u32>>,
    generators: Vec<String>,
    canonical_form: String,
    labelling: Vec<u32>,
    draws: Vec<Vec<u32>>,
    /// For each model, the largest distance of embeddings within an orbit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    orbit_spread: BTreeMap<String, f64>,
}

/// Graphs in flight: enough for all cores, few enough to print as we go.
const CHUNK: usize = 256;

/// Whether the file holds fields on a torus.
fn holds_fields(args: &SymmetryArgs) -> bool {
    // A file that cannot be read is reported by whoever reads it next.
    let start = || {
        let mut start = Vec::new();
        let file = std::fs::File::open(&args.file).ok()?;
        file.take(4096).read_to_end(&mut start).ok()?;
        Some(start)
    };
    let fields_only = args.spin_flip || args.tolerance.is_some() || !args.group.is_empty();
    fields_only || start().is_some_and(|start| LatticeFormat::detect(&start) != LatticeFormat::Text)
}

pub(super) fn symmetry(args: SymmetryArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    if holds_fields(&args) {
        return fields::fields(&args, output);
    }
    let (graphs, format) = formats::read(&args.file, args.format)?;
    let models = args.model.as_deref().map(models).transpose()?.unwrap_or_default();
    let mut failed = 0;
    for (chunk, graphs_of_chunk) in graphs.chunks(CHUNK).enumerate() {
        let describe = |(offset, graph): (usize, &ColoredGraph)| {
            Description::new(graph, chunk * CHUNK + offset, format.first_vertex(), &args)
        };
        let described: Vec<_> = graphs_of_chunk.par_iter().enumerate().map(describe).collect();
        for ((offset, graph), described) in graphs_of_chunk.iter().enumerate().zip(described) {
            let number = chunk * CHUNK + offset + 1;
            let described = described.map_err(TrainError::from).and_then(|mut description| {
                let orbits = shift(&description.orbits, format.first_vertex().wrapping_neg());
                for (name, model) in &models {
                    let z = model.embeddings(std::slice::from_ref(graph), args.seed)?;
                    let spread = orbit_spread(&z[0], &orbits)?;
                    description.orbit_spread.insert(name.clone(), spread);
                }
                Ok(description)
            });
            match described {
                Err(error) => {
                    failed += 1;
                    note(format_args!(
                        "error: {}, graph {number}: {error}",
                        args.file.display()
                    ));
                }
                Ok(description) if args.json => {
                    print(
                        output,
                        serde_json::to_string(&description).expect("a description is JSON"),
                    )?;
                }
                Ok(description) => description.print(number, output)?,
            }
        }
    }
    match failed {
        0 => Ok(()),
        _ => Err(TrainError::Incomplete {
            failed,
            total: graphs.len(),
            what: "graphs",
        }),
    }
}

/// The models of a run or session by name, on the CPU: graphs come one by one.
fn models(folder: &Path) -> Result<Vec<(String, GraphAutoencoder)>, TrainError> {
    if experiment_of(folder)? != ExperimentName::GraphAutoencoder {
        return Err(TrainError::config(
            format!("--model {}", folder.display()),
            "expected a run of graph-autoencoder",
        ));
    }
    session::runs_in::<GraphAutoencoder>(folder)?
        .into_iter()
        .map(|folder| {
            let model = run::load::<GraphAutoencoder>(&folder, &DeviceSpec::Cpu.open()?)?;
            Ok((run::name(&folder), model))
        })
        .collect()
}

fn shift(lists: &[Vec<u32>], by: u32) -> Vec<Vec<u32>> {
    lists
        .iter()
        .map(|list| list.iter().map(|v| v.wrapping_add(by)).collect())
        .collect()
}

impl Description {
    fn new(
        graph: &ColoredGraph,
        index: usize,
        first_vertex: u32,
        args: &SymmetryArgs,
    ) -> Result<Self, CanonError> {
        let symmetry = SymmetrySearch { budget: args.budget }.run(graph)?;
        let images = |g: &Permutation| g.images().iter().map(|v| v + first_vertex).collect::<Vec<u32>>();
        let order = symmetry.order();
        let (n, m, directed) = (graph.n(), graph.edge_count(), graph.is_directed());
        let orbits = shift(&symmetry.orbits(), first_vertex);
        let generators = symmetry
            .generators()
            .iter()
            .map(|g| g.display_from(first_vertex).to_string())
            .collect();
        let (canonical_form, labelling) = (symmetry.digest(), images(symmetry.labelling()));
        let canonicalized = Canonicalized::from(symmetry);
        let mut rng = key::stream(args.seed, 0, index as u64, Purpose::Transform);
        Ok(Self {
            n,
            m,
            directed,
            ln_order: ln(&order.to_bytes_le()),
            order: order.to_string(),
            first_vertex,
            orbits,
            generators,
            canonical_form,
            labelling,
            draws: (0..args.samples)
                .map(|_| images(&canonicalized.sample(&mut rng)))
                .collect(),
            orbit_spread: BTreeMap::new(),
        })
    }

    fn print(&self, number: usize, output: &mut dyn Write) -> Result<(), TrainError> {
        let direction = if self.directed { "directed " } else { "" };
        let (n, m, first) = (self.n, self.m, self.first_vertex);
        print(
            output,
            format_args!("graph {number}: {n} vertices, {m} {direction}edges, numbered from {first}"),
        )?;
        print(
            output,
            format_args!("  order           {} (ln {:.6})", self.order, self.ln_order),
        )?;
        print(
            output,
            format_args!(
                "  orbits          {}",
                join(self.orbits.iter().map(|orbit| braces(orbit)))
            ),
        )?;
        print(
            output,
            format_args!("  generators      {}", join(self.generators.iter().cloned())),
        )?;
        print(output, format_args!("  canonical form  {}", self.canonical_form))?;
        print(output, format_args!("  labelling       {:?}", self.labelling))?;
        for draw in &self.draws {
            print(output, format_args!("  draw            {draw:?}"))?;
        }
        for (name, spread) in &self.orbit_spread {
            print(
                output,
                format_args!("  spread of embeddings within orbits, {name}: {spread:.3e}"),
            )?;
        }
        Ok(())
    }
}

fn braces(orbit: &[u32]) -> String {
    let names: Vec<String> = orbit.iter().map(ToString::to_string).collect();
    format!("{{{}}}", names.join(" "))
}

pub(super) fn join(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Natural logarithm of a positive integer of any size, little-endian.
fn ln(bytes: &[u8]) -> f64 {
    // The leading 8 bytes carry all the precision of an f64.
    let rest = bytes.len().saturating_sub(8);
    let head = bytes[rest..]
        .iter()
        .rev()
        .fold(0u64, |head, &byte| head << 8 | u64::from(byte));
    (head as f64).ln() + rest as f64 * 256f64.ln()
}

#[cfg(test)]
mod tests {
    use super::ln;

    #[test]
    fn logarithms_of_big_integers() {
        assert_eq!(ln(&[1]), 0.0);
        assert!((ln(&[120]) - 120f64.ln()).abs() < 1e-15);
        let mut power = vec![0; 200];
        power.push(1); // 256²⁰⁰
        assert!((ln(&power) - 200.0 * 256f64.ln()).abs() < 1e-9);
    }
}
