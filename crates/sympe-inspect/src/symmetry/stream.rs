//! Work on the graphs of an input, as many at once as there are cores, in memory for a few thousand of them.

use crate::InspectError;
use crate::terminal::note;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use std::io::IsTerminal;
use sympe_canon::graph::{GraphSymmetry, SymmetrySearch};
use sympe_data::DataError;
use sympe_data::formats::{FileGraph, Graphs, Record};

/// Graphs in flight: enough for all cores, few enough to print as we go.
const CHUNK: usize = 1024;
/// Bytes of text in flight, beyond which no further graph is taken.
const BYTES: usize = 1 << 22;
/// Errors that are printed one by one.
const SHOWN: usize = 20;

/// How many graphs there were.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) total: usize,
    failed: usize,
}

impl Counts {
    /// Refuses failures.
    pub(crate) fn check(self) -> Result<(), InspectError> {
        match self.failed {
            0 => Ok(()),
            failed => Err(InspectError::Incomplete {
                failed,
                total: self.total,
                what: "graphs",
            }),
        }
    }
}

/// What goes wrong with a graph.
enum Failure {
    /// Its text; the error names file and line.
    Reading(DataError),
    /// What is done with it.
    Graph(InspectError),
}

/// Runs `work` on the symmetry of each graph, in all threads, and hands what it makes of it to `take`, in order; both are given the
/// number of the graph, from 0. What is wrong with a graph, in its file or from either of them, is printed and counted, and
/// the others are done; what is wrong with the output ends it.
pub(crate) fn each<T: Send>(
    graphs: &mut Graphs,
    search: &SymmetrySearch,
    is_quiet: bool,
    work: impl Fn(usize, FileGraph, &GraphSymmetry) -> Result<T, InspectError> + Sync,
    mut take: impl FnMut(usize, T) -> Result<(), InspectError>,
) -> Result<Counts, InspectError> {
    let (mut counts, bar) = (Counts::default(), bar(is_quiet));
    let name = graphs.name().to_owned();
    let mut records: Vec<Record> = Vec::new();
    loop {
        let mut waiting = 0;
        while records.len() < CHUNK && waiting < BYTES {
            let Some(record) = graphs.next() else { break };
            waiting += record.waiting();
            records.push(record);
        }
        if records.is_empty() {
            break;
        }
        let first = counts.total;
        let done: Vec<Result<T, Failure>> = records
            .par_drain(..)
            .enumerate()
            .map_init(GraphSymmetry::default, |symmetry, (offset, record)| {
                let read = record.read().map_err(Failure::Reading)?;
                let found = search.run_into(&read.graph, symmetry);
                found.map_err(|error| Failure::Graph(error.into()))?;
                work(first + offset, read, symmetry).map_err(Failure::Graph)
            })
            .collect();
        for (number, done) in (first..).zip(done) {
            counts.total += 1;
            let text = match done.and_then(|done| take(number, done).map_err(Failure::Graph)) {
                Ok(()) => continue,
                Err(Failure::Graph(error @ InspectError::Output(_))) => return Err(error),
                Err(Failure::Graph(error)) => format!("{}, graph {}: {error}", name.display(), number + 1),
                Err(Failure::Reading(error)) => error.to_string(),
            };
            counts.failed += 1;
            if counts.failed <= SHOWN {
                bar.suspend(|| note(format_args!("error: {text}")));
            }
        }
        bar.set_position(counts.total as u64);
    }
    bar.finish_and_clear();
    for passed_over in graphs.notes() {
        note(format_args!("note: {}: {passed_over}", name.display()));
    }
    if counts.failed > SHOWN {
        note(format_args!("error: {} more", counts.failed - SHOWN));
    }
    if counts.total == 0 {
        let message = "no graphs".to_owned();
        return Err(InspectError::Missing { path: name, message });
    }
    Ok(counts)
}

/// A counter on a terminal, unless results go there line by line.
fn bar(is_quiet: bool) -> ProgressBar {
    let has_terminal = std::io::stderr().is_terminal() && (is_quiet || !std::io::stdout().is_terminal());
    if !has_terminal {
        return ProgressBar::hidden();
    }
    let style = "{spinner} {human_pos} graphs, {per_sec}, {elapsed}";
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template(style).expect("a constant template"));
    bar
}
