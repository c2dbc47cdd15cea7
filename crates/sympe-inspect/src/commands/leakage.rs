//! `leakage`: graphs that are in a set of graphs twice, or in two of them.

use crate::InspectError;
use crate::symmetry::classes::{Fingerprint, OfClass};
use crate::symmetry::stream::Stream;
use crate::terminal::print;
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use sympe_canon::graph::{GraphSymmetry, SymmetrySearch};
use sympe_data::formats::{Content, Graphs};
use sympe_data::input;
use sympe_data::molecule::Hydrogens;

/// Isomorphic duplicates within and across files of graphs or of molecules, as a training, a validation and a test set.
///
/// Each graph that is isomorphic to an earlier one is listed with the first of its class. Graphs are numbered from 1 in each file.
/// Colours of vertices and edges, and directions, tell graphs apart; molecules are the same wherever their double bonds are
/// written, and without stereo marks and isotopes. Files may be in different formats, packed, or pipes.
#[derive(Debug, Args)]
pub struct LeakageArgs {
    /// Files of graphs or of molecules; - is the standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// One JSON object per duplicate and per pair of files, and nothing else
    #[arg(long)]
    json: bool,
    /// Only how many duplicates there are
    #[arg(long)]
    summary: bool,
    /// The format of all files (default: by their names or their contents)
    #[arg(long, hide_possible_values = true)]
    format: Option<Content>,
    /// Search-tree nodes before giving up on a graph
    #[arg(long, value_name = "NODES", default_value_t = SymmetrySearch::default().budget)]
    budget: u64,
}

/// A graph of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    file: usize,
    graph: usize,
}

/// A graph that is isomorphic to an earlier one.
#[derive(Serialize)]
struct Duplicate<'a> {
    file: &'a str,
    graph: usize,
    of_file: &'a str,
    of_graph: usize,
}

/// How many graphs of a file are isomorphic to one of another, or to an earlier one of the same.
#[derive(Serialize)]
struct Share<'a> {
    file: &'a str,
    graphs: usize,
    in_file: &'a str,
    duplicates: usize,
}

/// Prints the duplicates, and how many there are in each pair of files.
///
/// # Errors
///
/// When a file cannot be read, or some of its graphs fail, which are named on standard error while the others are answered.
pub fn leakage(args: &LeakageArgs, output: &mut dyn Write) -> Result<(), InspectError> {
    let names: Vec<String> = args.files.iter().map(|file| file.display().to_string()).collect();
    let stream = Stream {
        search: SymmetrySearch { budget: args.budget },
        is_quiet: args.summary,
        processes: &(),
    };
    // The first graph of each class in each file where it is.
    let mut first = OfClass::<Vec<Place>>::default();
    let mut outcome = Ok(());
    let mut shares = Vec::new();
    let mut are_molecules = None;
    for (file, path) in args.files.iter().enumerate() {
        let mut graphs = open(path, args.format)?;
        let are_these = graphs.format().is_none();
        if *are_molecules.get_or_insert(are_these) != are_these {
            let [these, those] = if are_these {
                ["molecules", "graphs"]
            } else {
                ["graphs", "molecules"]
            };
            return Err(InspectError::differs(
                path,
                format!("{these}, expected {those} as in {}", names[0]),
            ));
        }
        let work = |_, _, symmetry: &GraphSymmetry| Ok(Fingerprint::of(symmetry.form()));
        let mut duplicates = vec![0; file + 1];
        let counts = stream.each(&mut graphs, work, |number, class| {
            let here = Place {
                file,
                graph: number + 1,
            };
            let places = first.entry(class).or_default();
            if let Some(of) = places.first().filter(|_| !args.summary) {
                let duplicate = Duplicate {
                    file: &names[file],
                    graph: here.graph,
                    of_file: &names[of.file],
                    of_graph: of.graph,
                };
                write_duplicate(&duplicate, args.json, output)?;
            }
            for place in places.iter() {
                duplicates[place.file] += 1;
            }
            if places.last().is_none_or(|last| last.file != file) {
                places.push(here);
            }
            Ok(())
        })?;
        for (other, &duplicates) in duplicates.iter().enumerate() {
            shares.push(Share {
                file: &names[file],
                graphs: counts.total,
                in_file: &names[other],
                duplicates,
            });
        }
        outcome = outcome.and(counts.check());
    }
    for share in &shares {
        write_share(share, args.json, output)?;
    }
    outcome
}

/// The graphs of a file, or its molecules with all their hydrogens.
fn open(path: &Path, format: Option<Content>) -> Result<Graphs, InspectError> {
    let mut input = input::open(path)?;
    let content = match format {
        Some(content) => content,
        None => Content::of(&mut input)?,
    };
    match content {
        Content::Graphs(graphs) => Ok(Graphs::open(input, format.and(Some(graphs)))?),
        Content::Molecules(format) => Ok(Graphs::of_molecules(input, format, Hydrogens::Explicit)?),
        Content::Fields(_) => Err(InspectError::differs(
            path,
            "fields on a torus, expected graphs or molecules",
        )),
        Content::Clouds(_) => Err(InspectError::differs(
            path,
            "point clouds, expected graphs or molecules",
        )),
    }
}

fn write_duplicate(
    duplicate: &Duplicate<'_>,
    as_json: bool,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    if as_json {
        return print(
            output,
            serde_json::to_string(duplicate).expect("a duplicate is JSON"),
        );
    }
    let Duplicate {
        file,
        graph,
        of_file,
        of_graph,
    } = duplicate;
    print(
        output,
        format_args!("{file}, graph {graph} is isomorphic to {of_file}, graph {of_graph}"),
    )
}

fn write_share(share: &Share<'_>, as_json: bool, output: &mut dyn Write) -> Result<(), InspectError> {
    if as_json {
        return print(output, serde_json::to_string(share).expect("a share is JSON"));
    }
    let Share {
        file,
        graphs,
        in_file,
        duplicates,
    } = share;
    let place = if file == in_file {
        "earlier in the same file".to_owned()
    } else {
        format!("in {in_file}")
    };
    print(
        output,
        format_args!("{file}: {duplicates} of {graphs} graphs are {place}"),
    )
}
