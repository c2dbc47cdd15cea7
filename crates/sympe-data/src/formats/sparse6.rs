//! sparse6: McKay's printable encoding of undirected graphs with few edges, one graph per line, `:` first. A line with `;` first
//! lists the edges in which a graph differs from the one before it.
//!
//! B. D. McKay, *Description of graph6, sparse6 and digraph6 encodings*, `formats.txt` of nauty.

use super::graph6::{check_alphabet, read_size, strip_header, write_size};
use super::line::{check_size, graph_error};
use crate::DataError;
use std::collections::BTreeSet;
use sympe_canon::graph::ColoredGraph;

/// Whether a line is sparse6; of a line that is cut off, whether it could become that.
pub(super) fn is_graph(line: &str) -> bool {
    let rest = strip_header(line);
    let rest = rest.strip_prefix(':').or_else(|| rest.strip_prefix(';'));
    rest.is_some_and(|rest| rest.bytes().all(|byte| (63..=126).contains(&byte)))
}

/// Parses one line; `number` is its number, for errors, and `before` the graph on the line before it, if there is one.
/// O(length of the line · log), and for a line that starts with `;` also the size of the graph before it.
///
/// ```
/// use sympe_data::formats::sparse6;
/// let graph = sparse6::parse(":Fa@x^", 1, None)?;
/// assert_eq!(graph.edges().map(|(u, v, _)| (u, v)).collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2), (5, 6)]);
/// assert_eq!(sparse6::write(&graph)?, ":Fa@x^");
/// // Without the edges of the triangle.
/// let pair = sparse6::parse(";a@~", 2, Some(&graph))?;
/// assert_eq!(pair.edges().collect::<Vec<_>>(), [(5, 6, 0)]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When a byte is outside the alphabet, edges are parallel, or a line that starts with `;` comes after none.
pub fn parse(line: &str, number: usize, before: Option<&ColoredGraph>) -> Result<ColoredGraph, DataError> {
    let line = strip_header(line.trim());
    let (is_difference, data) = match (line.strip_prefix(':'), line.strip_prefix(';')) {
        (Some(data), _) => (false, data),
        (None, Some(data)) => (true, data),
        (None, None) => return Err(DataError::syntax(number, "no sparse6 data", "':' first, or ';'")),
    };
    check_alphabet(data.as_bytes(), number, "sparse6")?;
    if !is_difference {
        let (n, data) = read_size(data.as_bytes(), number)?;
        let n = u32::try_from(n)
            .map_err(|_| DataError::syntax(number, format!("{n} vertices"), "fewer than 2³² vertices"))?;
        check_size(n, line.len(), number)?;
        let edges = edges(n, data);
        return ColoredGraph::from_edges(n as usize, false, edges)
            .map_err(|error| graph_error(&error, number));
    }
    let expected = "an undirected graph on the line before it";
    let before = before.filter(|graph| !graph.is_directed());
    let before =
        before.ok_or_else(|| DataError::syntax(number, "a line with ';' that follows none", expected))?;
    let mut all: BTreeSet<(u32, u32)> = before.edges().map(|(u, v, _)| (u, v)).collect();
    for edge in edges(before.n() as u32, data.as_bytes()) {
        if !all.remove(&edge) {
            all.insert(edge);
        }
    }
    ColoredGraph::from_edges(before.n(), false, all).map_err(|error| graph_error(&error, number))
}

/// Bits of a vertex.
fn width(n: u32) -> u32 {
    u32::BITS - n.saturating_sub(1).leading_zeros()
}

/// The edges that data in the alphabet list, the smaller vertex first; `v` is the current vertex, a bit tells whether it becomes
/// the next one, and the number after it is the other end or, if it is larger than `v`, the new `v`.
fn edges(n: u32, data: &[u8]) -> Vec<(u32, u32)> {
    let k = width(n) as usize;
    let bit = |index: usize| u64::from((data[index / 6] - 63) >> (5 - index % 6) & 1);
    let (mut edges, mut v, mut at) = (Vec::new(), 0u64, 0);
    while at + 1 + k <= 6 * data.len() {
        v += bit(at);
        let x = (at + 1..=at + k).fold(0, |x, index| x << 1 | bit(index));
        at += 1 + k;
        if x >= u64::from(n) || v >= u64::from(n) {
            break;
        }
        if x > v {
            v = x;
        } else {
            edges.push((x as u32, v as u32));
        }
    }
    edges
}

/// Writes a graph without colours.
///
/// # Errors
///
/// When the graph is directed or has colours: sparse6 cannot say that.
pub fn write(graph: &ColoredGraph) -> Result<String, DataError> {
    let colors = graph.node_colors().iter().any(|&c| c != 0) || graph.edges().any(|edge| edge.2 != 0);
    if colors || graph.is_directed() {
        let got = if colors { "coloured" } else { "directed" };
        return Err(DataError::invalid(
            "graph to write as sparse6",
            got,
            "an undirected graph without colours",
        ));
    }
    let n = graph.n() as u32;
    let k = width(n);
    let mut text = String::from(":");
    write_size(u64::from(n), &mut text);
    let mut bits = Bits::default();
    let mut current = 0;
    for v in 0..n {
        for &u in graph.neighbors(v).iter().take_while(|&&u| u <= v) {
            bits.put(u32::from(v != current), 1);
            if v > current + 1 {
                bits.put(v, k);
                bits.put(0, 1);
            }
            bits.put(u, k);
            current = v;
        }
    }
    // Ones are read as no edge, unless n is 2ᵏ and the next vertex is the last: then a zero comes first.
    let free = bits.free();
    let zero_first = free > k && u64::from(n) == 1 << k && current + 2 == n;
    bits.put((1 << (free - u32::from(zero_first))) - 1, free);
    text.push_str(&bits.text);
    Ok(text)
}

/// Bits, six to a character.
#[derive(Default)]
struct Bits {
    text: String,
    word: u8,
    filled: u32,
}

impl Bits {
    /// The lowest `count` bits of a value, the highest of them first.
    fn put(&mut self, value: u32, count: u32) {
        for index in (0..count).rev() {
            self.word = self.word << 1 | (value >> index & 1) as u8;
            self.filled += 1;
            if self.filled == 6 {
                self.text.push(char::from(self.word + 63));
                (self.word, self.filled) = (0, 0);
            }
        }
    }

    /// Bits that the last character lacks.
    fn free(&self) -> u32 {
        (6 - self.filled) % 6
    }
}
