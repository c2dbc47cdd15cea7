//! Work on the graphs of an input, as many at once as there are cores in all processes, in memory for a few thousand of them.

use crate::InspectError;
use crate::processes::Processes;
use crate::terminal::note;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::IsTerminal;
use sympe_canon::graph::{GraphSymmetry, SymmetrySearch};
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

/// What is done with the graphs of an input: they are searched, by all threads of all processes.
pub(crate) struct Stream<'a> {
    pub(crate) search: SymmetrySearch,
    /// Whether nothing is printed before the end.
    pub(crate) is_quiet: bool,
    /// Each reads the input, and searches its share.
    pub(crate) processes: &'a dyn Processes,
}

impl Stream<'_> {
    /// Runs `work` on the symmetry of each graph, in all threads, and in the first process hands what it makes of it to `take`, in
    /// order; both are given the number of the graph, from 0. What is wrong with a graph, in its file or from either of them, is
    /// printed and counted there, and the others are done; what is wrong with the output ends it.
    pub(crate) fn each<T: Send + Serialize + DeserializeOwned>(
        &self,
        graphs: &mut Graphs,
        work: impl Fn(usize, FileGraph, &GraphSymmetry) -> Result<T, InspectError> + Sync,
        take: impl FnMut(usize, T) -> Result<(), InspectError>,
    ) -> Result<Counts, InspectError> {
        self.each_in_turn(graphs, work, |_, made| Ok(made), take)
    }

    /// The same; what `work` makes goes through `turn` before, graph by graph in each process.
    pub(crate) fn each_in_turn<M: Send, T: Serialize + DeserializeOwned>(
        &self,
        graphs: &mut Graphs,
        work: impl Fn(usize, FileGraph, &GraphSymmetry) -> Result<M, InspectError> + Sync,
        mut turn: impl FnMut(usize, M) -> Result<T, InspectError>,
        mut take: impl FnMut(usize, T) -> Result<(), InspectError>,
    ) -> Result<Counts, InspectError> {
        let (mut counts, bar) = (Counts::default(), self.bar());
        let name = graphs.name().to_owned();
        let failed =
            |number: usize, error: InspectError| format!("{}, graph {}: {error}", name.display(), number + 1);
        loop {
            let (first, records, next) = self.share(graphs, counts.total);
            let made: Vec<Result<M, String>> = records
                .into_par_iter()
                .enumerate()
                .map_init(GraphSymmetry::default, |symmetry, (offset, record)| {
                    let number = first + offset;
                    let read = record.read().map_err(|error| error.to_string())?;
                    let found = self.search.run_into(&read.graph, symmetry);
                    found.map_err(|error| failed(number, error.into()))?;
                    work(number, read, symmetry).map_err(|error| failed(number, error))
                })
                .collect();
            let done = (first..).zip(made).map(|(number, made)| {
                let done = turn(number, made?);
                done.map_err(|error| failed(number, error))
            });
            let shares = self.gathered((next, done.collect::<Vec<Result<T, String>>>()))?;
            if let Some(rank) = shares.iter().position(|(theirs, _)| *theirs != next) {
                let message = format!(
                    "process {rank} has read {} graphs where process 0 has read {next}: expected the same file",
                    shares[rank].0
                );
                return Err(InspectError::Process(message.into()));
            }
            let done = shares.into_iter().flat_map(|(_, done)| done);
            for (number, done) in (counts.total..).zip(done) {
                let text = match done.map(|done| take(number, done)) {
                    Ok(Ok(())) => continue,
                    Ok(Err(error @ InspectError::Output(_))) => return Err(error),
                    Ok(Err(error)) => failed(number, error),
                    Err(text) => text,
                };
                counts.failed += 1;
                if counts.failed <= SHOWN {
                    bar.suspend(|| note(format_args!("error: {text}")));
                }
            }
            if next == counts.total {
                break;
            }
            counts.total = next;
            bar.set_position(next as u64);
        }
        bar.finish_and_clear();
        for elsewhere in self.gathered(graphs.dropped())?.into_iter().skip(1) {
            graphs.add_dropped(elsewhere);
        }
        for passed_over in graphs.notes().into_iter().filter(|_| self.processes.is_first()) {
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

    /// The next graphs of this process, the number of the first of them, and how many have been read with those of the others.
    fn share(&self, graphs: &mut Graphs, mut read: usize) -> (usize, Vec<Record>, usize) {
        let mut share = (read, Vec::new());
        for rank in 0..self.processes.size() {
            let records = chunk(graphs);
            let first = read;
            read += records.len();
            if rank == self.processes.rank() {
                share = (first, records);
            }
        }
        (share.0, share.1, read)
    }

    /// In the first process the values of all, by rank; nothing in the others.
    fn gathered<V: Serialize + DeserializeOwned>(&self, value: V) -> Result<Vec<V>, InspectError> {
        if self.processes.size() == 1 {
            return Ok(vec![value]);
        }
        let message = serde_json::to_vec(&value).expect("what processes tell each other is JSON");
        let messages = self.processes.gather(message).map_err(InspectError::Process)?;
        let value = |message: &Vec<u8>| serde_json::from_slice(message);
        let values = messages.iter().map(value).collect::<Result<_, _>>();
        values.map_err(|error| InspectError::Process(error.into()))
    }

    /// A counter on a terminal, unless results go there line by line.
    fn bar(&self) -> ProgressBar {
        let has_terminal =
            std::io::stderr().is_terminal() && (self.is_quiet || !std::io::stdout().is_terminal());
        if !has_terminal || !self.processes.is_first() {
            return ProgressBar::hidden();
        }
        let style = "{spinner} {human_pos} graphs, {per_sec}, {elapsed}";
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template(style).expect("a constant template"));
        bar
    }
}

/// The next graphs: the same ones wherever the input is the same.
fn chunk(graphs: &mut Graphs) -> Vec<Record> {
    let (mut records, mut waiting) = (Vec::new(), 0);
    while records.len() < CHUNK && waiting < BYTES {
        let Some(record) = graphs.next() else { break };
        waiting += record.waiting();
        records.push(record);
    }
    records
}
