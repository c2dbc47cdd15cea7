//! `n bits`: the number of vertices, then the upper triangle of the adjacency matrix, row by row, as `0` and `1`.

use super::line::{graph_error, number};
use crate::DataError;
use crate::error::{count, shorten};
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Parses one line; `line_number` is for errors. With fewer than two vertices there are no bits.
///
/// ```
/// use sympe_data::formats::bits;
/// let path = bits::parse("3 101", 1)?; // pairs 01, 02, 12
/// assert_eq!(path.neighbors(1), [0, 2]);
/// assert_eq!(bits::write(&path), "3 101");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the number of bits is not `n(n−1)/2`, or something is neither 0 nor 1.
pub fn parse(line: &str, line_number: usize) -> Result<ColoredGraph, DataError> {
    let mut words = line.split_whitespace();
    let n: u32 = number(words.next(), line_number, "a number of vertices")?;
    let bits = words.next().unwrap_or("");
    if let Some(extra) = words.next() {
        return Err(DataError::syntax(
            line_number,
            format!("'{}'", shorten(extra)),
            "the end of the line",
        ));
    }
    let pairs = u64::from(n) * u64::from(n.saturating_sub(1)) / 2;
    if bits.len() as u64 != pairs {
        let what = count(bits.len(), ["bit", "bits"]);
        return Err(DataError::syntax(
            line_number,
            what,
            format!(
                "{} for {}",
                count(pairs, ["bit", "bits"]),
                count(n, ["vertex", "vertices"])
            ),
        ));
    }
    if let Some(character) = bits.chars().find(|c| !matches!(c, '0' | '1')) {
        return Err(DataError::syntax(
            line_number,
            format!("bit {character:?}"),
            "0 or 1",
        ));
    }
    let pairs = (0..n).flat_map(|u| (u + 1..n).map(move |v| (u, v)));
    let edges = pairs
        .zip(bits.bytes())
        .filter(|(_, bit)| *bit == b'1')
        .map(|(pair, _)| pair);
    ColoredGraph::from_edges(n as usize, false, edges).map_err(|error| graph_error(&error, line_number))
}

/// Writes the structure of an undirected graph; colours and self-loops are not part of the format.
#[must_use]
pub fn write(graph: &ColoredGraph) -> String {
    let n = graph.n() as u32;
    let mut text = format!("{n}");
    if n > 1 {
        text.push(' ');
    }
    for u in 0..n {
        for v in u + 1..n {
            write!(text, "{}", u8::from(graph.has_edge(u, v))).expect("writing to a string cannot fail");
        }
    }
    text
}
