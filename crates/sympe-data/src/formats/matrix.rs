//! Graphs from the entries of a square matrix: what the readers of matrices share.

use super::line::graph_error;
use super::named::{Reading, number_colors, parallel};
use crate::DataError;
use std::collections::HashMap;
use sympe_canon::graph::ColoredGraph;

/// Entries other than zero of a square matrix, as they are read.
pub(super) struct Entries {
    /// Rows and columns.
    pub(super) n: u32,
    /// The number that the format gives to the first row, for errors.
    pub(super) first: u32,
    entries: Vec<Entry>,
    /// Distinct values, and the number of each by its bits.
    values: Vec<f64>,
    numbers: HashMap<u64, u32>,
}

struct Entry {
    row: u32,
    column: u32,
    value: u32,
    line: u32,
}

/// Which entries there are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Triangles {
    /// All.
    Both,
    /// Of two entries that mirror each other, one.
    One,
}

/// What the value of an entry means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Nothing.
    Ignored,
    /// A colour: the value itself, if all are integers from `first` to 2³² − 1 less `first`, and its rank otherwise.
    Colors {
        /// The value of colour 0.
        first: u32,
    },
}

impl Entries {
    pub(super) fn new(n: u32, first: u32) -> Self {
        Self {
            n,
            first,
            entries: Vec::new(),
            values: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// An entry, rows and columns from 0.
    pub(super) fn push(&mut self, [row, column]: [u32; 2], value: f64, line: usize) {
        let number = *self.numbers.entry((value + 0.0).to_bits()).or_insert_with(|| {
            self.values.push(value);
            self.values.len() as u32 - 1
        });
        self.entries.push(Entry {
            row,
            column,
            value: number,
            line: u32::try_from(line).unwrap_or(u32::MAX),
        });
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Distinct values.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// The graph. Without a word on direction it is undirected if the matrix is symmetric.
    pub(super) fn graph(
        mut self,
        triangles: Triangles,
        values: Values,
        reading: &Reading,
    ) -> Result<ColoredGraph, DataError> {
        let colors = match values {
            Values::Ignored => vec![0; self.values.len()],
            Values::Colors { first } => number_colors(&self.values, first),
        };
        for entry in &mut self.entries {
            entry.value = colors[entry.value as usize];
            if triangles == Triangles::One && entry.row > entry.column {
                std::mem::swap(&mut entry.row, &mut entry.column);
            }
        }
        let place = |entry: &Entry| (entry.row, entry.column);
        if !self.entries.is_sorted_by_key(place) {
            self.entries.sort_by_key(place);
        }
        self.merge(values, reading)?;
        let directed = match triangles {
            Triangles::One => reading.direction(Some(false), 1)?,
            Triangles::Both => match (reading.directed, self.asymmetry()) {
                (Some(false), Some(entry)) => {
                    let [row, column] =
                        [entry.row, entry.column].map(|v| u64::from(v) + u64::from(self.first));
                    let what = format!("entry ({row}, {column}) without its mirror image");
                    let expected = "a symmetric matrix, as an undirected graph has";
                    return Err(DataError::syntax(entry.line as usize, what, expected));
                }
                (Some(directed), _) => directed,
                (None, asymmetry) => asymmetry.is_some(),
            },
        };
        let edges = self
            .entries
            .iter()
            .filter(|entry| directed || entry.row <= entry.column);
        let edges = edges.map(|entry| (entry.row, entry.column, entry.value));
        ColoredGraph::from_colored_edges(self.n as usize, directed, edges)
            .map_err(|error| graph_error(&error, 1))
    }

    /// Makes one entry of several in the same place, or refuses them.
    fn merge(&mut self, values: Values, reading: &Reading) -> Result<(), DataError> {
        let same = |a: &Entry, b: &Entry| (a.row, a.column) == (b.row, b.column);
        let several = self.entries.windows(2).filter(|pair| same(&pair[0], &pair[1]));
        let Some(pair) = several.min_by_key(|pair| pair[1].line) else {
            return Ok(());
        };
        if !reading.multigraph || values != Values::Ignored {
            let [row, column] = [pair[1].row, pair[1].column].map(|v| u64::from(v) + u64::from(self.first));
            let what = format!("entry ({row}, {column}) again (it is on line {})", pair[0].line);
            return Err(DataError::syntax(pair[1].line as usize, what, parallel(reading)));
        }
        self.entries.dedup_by(|later, kept| {
            let same = same(later, kept);
            kept.value += u32::from(same);
            same
        });
        Ok(())
    }

    /// The first entry whose mirror image is not there or has another value.
    fn asymmetry(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| {
            let mirror = (entry.column, entry.row);
            let found = self
                .entries
                .binary_search_by_key(&mirror, |other| (other.row, other.column));
            !found.is_ok_and(|at| self.entries[at].value == entry.value)
        })
    }
}
