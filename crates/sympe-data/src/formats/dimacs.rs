//! DIMACS: `p edge n m` and `e u v [colour]` (or `p arc n m` and `a u v [colour]`), `n v colour`, `c comment`.
//!
//! Vertices count from 1; without an `n` line a vertex has colour 0, without a colour an edge has colour 0. A file holds
//! any number of graphs, each from its own `p` line to the next.

use super::{number, shorten};
use crate::DataError;
use std::collections::HashMap;
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

struct Open {
    line: usize,
    n: u32,
    m: u64,
    directed: bool,
    colors: HashMap<u32, (u32, usize)>,
    /// Edge to its colour and line; undirected edges with the smaller vertex first.
    edges: HashMap<(u32, u32), (u32, usize)>,
}

/// Parses every graph of a file.
///
/// ```
/// use sympe_data::formats::dimacs;
/// let graphs = dimacs::parse("p edge 3 2\nn 1 8\ne 1 2 1\ne 1 3 1\np arc 2 1\na 1 2\n")?;
/// assert_eq!(graphs[0].node_colors(), [8, 0, 0]);
/// assert_eq!(graphs[0].edge_color(0, 2), Some(1));
/// assert!(graphs[1].is_directed());
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong: an unknown kind, a vertex outside `1..=n`, an edge or a colour given twice, or a number
/// of edges that is not the announced one.
pub fn parse(text: &str) -> Result<Vec<ColoredGraph>, DataError> {
    let mut graphs = Vec::new();
    let mut open: Option<Open> = None;
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        let mut words = content.split_whitespace();
        let Some(kind) = words.next() else { continue };
        match kind {
            "c" => continue,
            "p" => {
                if let Some(graph) = open.take() {
                    graphs.push(close(graph)?);
                }
                let directed = match words.next() {
                    Some("edge" | "col") => false,
                    Some("arc") => true,
                    other => {
                        let what = format!("problem '{}'", shorten(other.unwrap_or("")));
                        return Err(DataError::syntax(line, what, "'edge' or 'arc'"));
                    }
                };
                let n: u32 = number(words.next(), line, "a number of vertices")?;
                let m = number(words.next(), line, "a number of edges")?;
                super::check_size(n, text.len(), line)?;
                open = Some(Open {
                    line,
                    n,
                    m,
                    directed,
                    colors: HashMap::new(),
                    edges: HashMap::new(),
                });
            }
            "n" | "e" | "a" => {
                let Some(graph) = &mut open else {
                    return Err(DataError::syntax(
                        line,
                        format!("'{kind}' before any 'p' line"),
                        "'p edge n m'",
                    ));
                };
                if kind == "n" {
                    let v = vertex(words.next(), graph.n, line)?;
                    let color = number(words.next(), line, "a colour")?;
                    if let Some((_, before)) = graph.colors.insert(v, (color, line)) {
                        let what = format!(
                            "a second colour of vertex {} (the first is on line {before})",
                            v + 1
                        );
                        return Err(DataError::syntax(line, what, "one colour per vertex"));
                    }
                } else {
                    let expected = if graph.directed { "a" } else { "e" };
                    if kind != expected {
                        let what = format!("'{kind}' in a graph with 'p' on line {}", graph.line);
                        return Err(DataError::syntax(line, what, format!("'{expected} u v'")));
                    }
                    let (u, v) = (
                        vertex(words.next(), graph.n, line)?,
                        vertex(words.next(), graph.n, line)?,
                    );
                    let color = words
                        .next()
                        .map_or(Ok(0), |word| number(Some(word), line, "an edge colour"))?;
                    let key = if graph.directed || u <= v { (u, v) } else { (v, u) };
                    if let Some((_, before)) = graph.edges.insert(key, (color, line)) {
                        let what = format!("edge {} {} again (it is on line {before})", u + 1, v + 1);
                        return Err(DataError::syntax(line, what, "each edge once"));
                    }
                }
            }
            _ => {
                let what = format!("'{}'", shorten(kind));
                return Err(DataError::syntax(
                    line,
                    what,
                    "a line that starts with p, n, e, a or c",
                ));
            }
        }
        if let Some(extra) = words.next() {
            return Err(DataError::syntax(
                line,
                format!("'{}'", shorten(extra)),
                "the end of the line",
            ));
        }
    }
    if let Some(graph) = open.take() {
        graphs.push(close(graph)?);
    }
    Ok(graphs)
}

fn vertex(word: Option<&str>, n: u32, line: usize) -> Result<u32, DataError> {
    let v: u32 = number(word, line, "a vertex")?;
    if v == 0 || v > n {
        return Err(DataError::syntax(
            line,
            format!("vertex {v}"),
            format!("a vertex from 1 to {n}"),
        ));
    }
    Ok(v - 1)
}

fn close(graph: Open) -> Result<ColoredGraph, DataError> {
    if graph.edges.len() as u64 != graph.m {
        let what = format!("{} edges follow", graph.edges.len());
        return Err(DataError::syntax(
            graph.line,
            what,
            format!("the {} announced", graph.m),
        ));
    }
    let mut colors = vec![0; graph.n as usize];
    for (v, (color, _)) in graph.colors {
        colors[v as usize] = color;
    }
    let edges = graph.edges.into_iter().map(|((u, v), (color, _))| (u, v, color));
    ColoredGraph::from_colored_edges(graph.n as usize, graph.directed, edges)
        .and_then(|built| built.with_node_colors(colors))
        .map_err(|error| super::graph_error(&error, graph.line))
}

/// Writes a graph with all its colours.
#[must_use]
pub fn write(graph: &ColoredGraph) -> String {
    let (problem, edge) = if graph.is_directed() {
        ("arc", "a")
    } else {
        ("edge", "e")
    };
    let mut text = format!("p {problem} {} {}\n", graph.n(), graph.edge_count());
    let mut put = |line: String| writeln!(text, "{line}").expect("writing to a string cannot fail");
    for (v, &color) in graph
        .node_colors()
        .iter()
        .enumerate()
        .filter(|(_, color)| **color != 0)
    {
        put(format!("n {} {color}", v + 1));
    }
    for (u, v, color) in graph.edges() {
        let color = if color == 0 {
            String::new()
        } else {
            format!(" {color}")
        };
        put(format!("{edge} {} {}{color}", u + 1, v + 1));
    }
    text
}
