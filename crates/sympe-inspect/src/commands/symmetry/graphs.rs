//! Graphs: described, written, sorted into classes.

use super::args::{SymmetryArgs, WRITTEN};
use super::networks::Networks;
use crate::InspectError;
use crate::processes::Processes;
use crate::symmetry::classes::{Classes, Fingerprint, OfClass};
use crate::symmetry::graphs::{Description, sample};
use crate::symmetry::stream::{Counts, Stream};
use crate::symmetry::summary::{Summary, Words};
use crate::terminal::print;
use serde::Serialize;
use serde_json::json;
use std::io::Write;
use sympe_canon::graph::{GraphSymmetry, SymmetrySearch};
use sympe_data::formats::{FileGraph, Format, Graphs};
use sympe_data::molecule::{Molecule, smiles};

pub(super) fn of_graphs(
    mut graphs: Graphs,
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
    processes: &dyn Processes,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    let graphs = &mut graphs;
    let stream = Stream {
        search: SymmetrySearch { budget: args.budget },
        is_quiet: args.is_summary() || args.count,
        processes,
    };
    if args.is_summary() {
        return summarize(graphs, &stream, args, networks, output);
    }
    let counts = match (args.canonical, args.count, args.json) {
        (_, true, as_json) => count_classes(graphs, &stream, args.unique, as_json, output),
        (Some(format), ..) => write_graphs(graphs, &stream, args.unique, Written::Canonical(format), output),
        (None, false, false) if args.unique => {
            let format = WRITTEN
                .into_iter()
                .find(|format| Some(*format) == graphs.format());
            write_graphs(graphs, &stream, true, Written::AsTheyStand(format), output)
        }
        _ => describe(graphs, &stream, args, networks, output),
    };
    counts?.check()
}

/// Prints what all graphs are together.
fn summarize(
    graphs: &mut Graphs,
    stream: &Stream<'_>,
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    if let Some(networks) = networks {
        return Err(InspectError::flag(
            networks.flag,
            "is for single graphs, expected none with --summary or --report",
        ));
    }
    let input = match graphs.format() {
        Some(_) => ["graph", "graphs"],
        None => ["molecule", "molecules"],
    };
    let mut summary = Summary::new(Words {
        input,
        parts: if graphs.format().is_some() {
            "nodes"
        } else {
            "atoms"
        },
        are_clouds: false,
    });
    let work = |_, read: FileGraph, symmetry: &GraphSymmetry| Ok(sample(&read.graph, symmetry)?);
    let counts = stream.each(graphs, work, |_, sample| {
        summary.add(sample);
        Ok(())
    })?;
    if stream.processes.is_first() {
        args.publish(&summary, output)?;
    }
    counts.check()
}

/// Prints orders, orbits, generators and the rest.
fn describe(
    graphs: &mut Graphs,
    stream: &Stream<'_>,
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
    output: &mut dyn Write,
) -> Result<Counts, InspectError> {
    let spreads = networks.map(|networks| (networks.load)()).transpose();
    let spreads = spreads.map_err(InspectError::Network)?;
    let has_networks = spreads.is_some();
    let mut classes = Classes::default();
    let work = |number, read: FileGraph, symmetry: &GraphSymmetry| {
        let class = args.unique.then(|| Fingerprint::of(symmetry.form()));
        let for_networks = has_networks.then(|| (read.graph.clone(), symmetry.orbits()));
        Ok((
            class,
            for_networks,
            Description::new(read, number, symmetry, args.options()),
        ))
    };
    stream.each_in_turn(
        graphs,
        work,
        |number, (class, for_networks, mut description)| {
            // Networks are asked one by one.
            if let (Some(spreads), Some((graph, orbits))) = (&spreads, &for_networks) {
                let found = spreads(graph, orbits, args.seed);
                description.orbit_spread = found.map_err(InspectError::Network)?;
            }
            Ok((class, description.text(number + 1, args.json)?))
        },
        |_, (class, text)| {
            if class.is_some_and(|class| !classes.insert(class)) {
                return Ok(());
            }
            print(output, text)
        },
    )
}

/// Which graph is written, and in which format: graph6 and digraph6 for canonical ones, and DIMACS for others, if none is given.
#[derive(Clone, Copy)]
enum Written {
    Canonical(Option<Format>),
    AsTheyStand(Option<Format>),
}

/// Writes the graphs, or the first of each class.
fn write_graphs(
    graphs: &mut Graphs,
    stream: &Stream<'_>,
    is_unique: bool,
    written: Written,
    output: &mut dyn Write,
) -> Result<Counts, InspectError> {
    let mut classes = Classes::default();
    let work = |_, read: FileGraph, symmetry: &GraphSymmetry| {
        let class = is_unique.then(|| Fingerprint::of(symmetry.form()));
        let text = match (written, read.record) {
            (Written::Canonical(None), Some(_)) => {
                Molecule::from_delocalized_graph(symmetry.form()).map(|molecule| smiles::write(&molecule))
            }
            (Written::AsTheyStand(_), Some(record)) => Ok(record),
            (Written::Canonical(format), _) => format.unwrap_or(Format::Graph6).write(symmetry.form()),
            // McKay's encodings may be mixed in a file, and a graph is written as what it is.
            (Written::AsTheyStand(Some(Format::Digraph6)), None) => Format::Graph6.write(&read.graph),
            (Written::AsTheyStand(format), None) => format.unwrap_or(Format::Dimacs).write(&read.graph),
        };
        Ok((class, text?))
    };
    stream.each(graphs, work, |_, (class, text)| {
        if class.is_some_and(|class| !classes.insert(class)) {
            return Ok(());
        }
        print(output, text.trim_end())
    })
}

/// A class of isomorphic graphs, as it is printed.
#[derive(Serialize)]
struct Class {
    graphs: u64,
    /// The number of the first of them, from 1.
    first: usize,
    canonical_form: String,
}

/// Prints the classes, or only how many there are.
fn count_classes(
    graphs: &mut Graphs,
    stream: &Stream<'_>,
    is_total_only: bool,
    as_json: bool,
    output: &mut dyn Write,
) -> Result<Counts, InspectError> {
    let (mut set, mut table) = (Classes::default(), OfClass::<Class>::default());
    let mut counted = 0u64;
    let work = |_, _, symmetry: &GraphSymmetry| {
        let form = (!is_total_only).then(|| symmetry.digest());
        Ok((Fingerprint::of(symmetry.form()), form))
    };
    let counts = stream.each(graphs, work, |number, (class, form)| {
        counted += 1;
        match form {
            None => {
                set.insert(class);
            }
            Some(canonical_form) => {
                let first = number + 1;
                let new = || Class {
                    graphs: 0,
                    first,
                    canonical_form,
                };
                table.entry(class).or_insert_with(new).graphs += 1;
            }
        }
        Ok(())
    })?;
    if !stream.processes.is_first() {
        return Ok(counts);
    }
    let classes = set.len().max(table.len());
    let mut table: Vec<Class> = table.into_values().collect();
    table.sort_unstable_by_key(|class| class.first);
    for class in table {
        if as_json {
            print(output, serde_json::to_string(&class).expect("a class is JSON"))?;
        } else {
            let Class {
                graphs,
                first,
                canonical_form,
            } = class;
            print(
                output,
                format_args!("{graphs:>9} as graph {first}, form {canonical_form}"),
            )?;
        }
    }
    if as_json {
        print(output, json!({"classes": classes, "graphs": counted}))?;
    } else {
        print(output, format_args!("{classes} classes of {counted} graphs"))?;
    }
    Ok(counts)
}
