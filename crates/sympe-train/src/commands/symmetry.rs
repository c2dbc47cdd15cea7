//! `symmetry`: what is symmetric in the graphs or fields of a file, and what a draw from the inversion kernel makes of it.

use crate::experiments::graph_autoencoder::GraphAutoencoder;
use crate::harness::Trained;
use crate::observe::note;
use crate::output::print;
use crate::symmetry::graphs::{Description, shift};
use crate::symmetry::{Options, fields};
use crate::task::Task;
use crate::{TrainError, run, session};
use clap::Args;
use rayon::prelude::*;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_data::formats;
use sympe_data::formats::lattice::{self, LatticeFormat};
use sympe_groups::GroupError;
use sympe_groups::lattice::{LatticeGroup, Wallpaper};
use sympe_nn::check::orbit_spread;
use sympe_nn::device::DeviceSpec;

/// Find the symmetries of the graphs or lattice fields in a file: order, orbits, generators, canonical form, draws from the
/// inversion kernel.
///
/// Graphs: vertices are numbered as in the file: from 1 in DIMACS, from 0 in graph6 and the other formats; `first_vertex` says
/// which. `labelling` and `draws` are lists of images: the entry at position p is the vertex at position p of the
/// canonical form.
///
/// Fields of spins or couplings on a torus: one entry for each field and group, with its `name`, the `order` of its
/// stabilizer, and group elements as maps of (row, column). JSON and NPY files are fields; text is, with --group.
#[derive(Debug, Args)]
pub(super) struct SymmetryArgs {
    /// A file of graphs or of fields on a torus, in one of the formats below
    file: PathBuf,
    /// One JSON object per graph, or per field and group, and nothing else
    #[arg(long)]
    json: bool,
    /// Draws from the inversion kernel of each input
    #[arg(long, default_value_t = 0, value_name = "N")]
    samples: u64,
    /// Seed of the draws
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Fields: wallpaper groups, any of p1, p2, pm, p2mm, p4, p4m (default: the largest that the torus has)
    #[arg(long, value_delimiter = ',', value_name = "GROUP")]
    group: Vec<Wallpaper>,
    /// Fields: also under the spin flip, which negates values on sites
    #[arg(long)]
    spin_flip: bool,
    /// Fields: values that round to the same multiple of this are equal (default: equal values are)
    #[arg(long)]
    tolerance: Option<f64>,
    /// Graphs: the format of the file, one of those below (default: by its content)
    #[arg(long)]
    format: Option<formats::Format>,
    /// Graphs: search-tree nodes before giving up
    #[arg(long, value_name = "NODES", default_value_t = SymmetrySearch::default().budget)]
    budget: u64,
    /// Graphs: a trained run or session; show how far the embeddings of interchangeable nodes lie apart
    #[arg(long, value_name = "RUN")]
    model: Option<PathBuf>,
}

impl SymmetryArgs {
    fn options(&self) -> Options {
        Options {
            samples: self.samples,
            seed: self.seed,
        }
    }
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

pub(super) fn symmetry(args: &SymmetryArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    if holds_fields(args) {
        of_fields(args, output)
    } else {
        of_graphs(args, output)
    }
}

fn of_graphs(args: &SymmetryArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    let (graphs, format) = formats::read(&args.file, args.format)?;
    let models = args.model.as_deref().map(models).transpose()?.unwrap_or_default();
    let mut failed = 0;
    for (chunk, graphs_of_chunk) in graphs.chunks(CHUNK).enumerate() {
        let describe = |(offset, graph): (usize, &ColoredGraph)| {
            let number = chunk * CHUNK + offset;
            Description::new(graph, number, format.first_vertex(), args.budget, args.options())
        };
        let described: Vec<_> = graphs_of_chunk.par_iter().enumerate().map(describe).collect();
        for ((offset, graph), described) in graphs_of_chunk.iter().enumerate().zip(described) {
            let number = chunk * CHUNK + offset + 1;
            let described = described.map_err(TrainError::from).and_then(|mut description| {
                let orbits = shift(&description.orbits, format.first_vertex().wrapping_neg());
                for (name, model) in &models {
                    let z = model.task().embeddings(std::slice::from_ref(graph), args.seed)?;
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
                Ok(description) => description.write(number, output)?,
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
fn models(folder: &Path) -> Result<Vec<(String, Trained<GraphAutoencoder>)>, TrainError> {
    let found = run::experiment(folder)?;
    if found != GraphAutoencoder::NAME {
        return Err(TrainError::WrongExperiment {
            path: folder.to_owned(),
            found,
            expected: GraphAutoencoder::NAME.to_owned(),
        });
    }
    session::runs_in::<GraphAutoencoder>(folder)?
        .into_iter()
        .map(|folder| {
            let model = run::load::<GraphAutoencoder>(&folder, &DeviceSpec::Cpu.open()?)?;
            Ok((run::name(&folder), model))
        })
        .collect()
}

/// The groups asked for, or the largest there is.
fn groups(args: &SymmetryArgs, [rows, columns]: [u32; 2]) -> Vec<Result<LatticeGroup, GroupError>> {
    let largest = if rows == columns {
        Wallpaper::P4m
    } else {
        Wallpaper::P2mm
    };
    let asked = if args.group.is_empty() {
        &[largest][..]
    } else {
        &args.group
    };
    let group = |&wallpaper: &Wallpaper| {
        let group = LatticeGroup::new(wallpaper, rows, columns)?;
        Ok(if args.spin_flip {
            group.with_spin_flip()
        } else {
            group
        })
    };
    asked.iter().map(group).collect()
}

fn of_fields(args: &SymmetryArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    if args.model.is_some() {
        let message = "is for graphs, expected none with a file of fields";
        return Err(TrainError::config("--model", message));
    }
    if let Some(format) = args.format {
        let message = "is a format of graphs, expected none with a file of fields";
        return Err(TrainError::config(format!("--format {format}"), message));
    }
    let (named_fields, _) = lattice::read(&args.file, None)?;
    let (mut described, mut failed) = (0, 0);
    for (index, named) in named_fields.iter().enumerate() {
        let name = format!("{}, {}", args.file.display(), named.name);
        for group in groups(args, named.field.shape()) {
            match group {
                // A group that this torus lacks is no failure beside one that it has.
                Err(error) => note(format_args!("left out: {name}: {error}")),
                Ok(group) => {
                    match fields::describe(named, group, index as u64, args.tolerance, args.options()) {
                        Err(error) => {
                            failed += 1;
                            note(format_args!("error: {name}: {error}"));
                        }
                        Ok(description) => {
                            described += 1;
                            description.write(args.json, output)?;
                        }
                    }
                }
            }
        }
    }
    if failed == 0 && described > 0 {
        return Ok(());
    }
    Err(TrainError::Incomplete {
        failed: failed.max(1),
        total: failed.max(1) + described,
        what: "fields",
    })
}
