//! `n m i-j i-j …`: numbers of vertices and edges, then the edges, vertices from 0.

use super::line::{check_size, graph_error, number};
use crate::DataError;
use crate::error::{count, shorten};
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Parses one line; `line_number` is for errors.
///
/// ```
/// use sympe_data::formats::edge_list;
/// let path = edge_list::parse("3 2 0-1 1-2", 1)?;
/// assert_eq!(path.neighbors(1), [0, 2]);
/// assert_eq!(edge_list::write(&path), "3 2 0-1 1-2");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When a number is wrong, or the edges are not as many as announced.
pub fn parse(line: &str, line_number: usize) -> Result<ColoredGraph, DataError> {
    let mut words = line.split_whitespace();
    let n: u32 = number(words.next(), line_number, "a number of vertices")?;
    let m: u64 = number(words.next(), line_number, "a number of edges")?;
    let mut edges = Vec::new();
    for word in words {
        let Some((u, v)) = word.split_once('-') else {
            return Err(DataError::syntax(
                line_number,
                format!("'{}'", shorten(word)),
                "an edge i-j",
            ));
        };
        let expected = "an edge i-j of two vertex numbers";
        edges.push((
            number(Some(u), line_number, expected)?,
            number(Some(v), line_number, expected)?,
        ));
    }
    if edges.len() as u64 != m {
        return Err(DataError::syntax(
            line_number,
            count(edges.len(), ["edge", "edges"]),
            count(m, ["edge", "edges"]),
        ));
    }
    check_size(n, line.len(), line_number)?;
    ColoredGraph::from_edges(n as usize, false, edges).map_err(|error| graph_error(&error, line_number))
}

/// Writes the structure of an undirected graph; colours are not part of the format.
#[must_use]
pub fn write(graph: &ColoredGraph) -> String {
    let mut text = format!("{} {}", graph.n(), graph.edge_count());
    for (u, v, _) in graph.edges() {
        write!(text, " {u}-{v}").expect("writing to a string cannot fail");
    }
    text
}
