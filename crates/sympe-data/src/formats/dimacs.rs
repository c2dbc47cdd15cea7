//! DIMACS: `p edge n m` and `e u v [colour]` (or `p arc n m` and `a u v [colour]`), `n v colour`, `c comment`.
//!
//! Vertices count from 1; without an `n` line a vertex has colour 0, without a colour an edge has colour 0. A file holds
//! any number of graphs, each from its own `p` line to the next.

use super::line::{check_size, graph_error, number};
use crate::DataError;
use crate::error::{count, shorten};
use std::collections::HashMap;
use std::fmt::Write;
use std::str::SplitWhitespace;
use sympe_canon::graph::ColoredGraph;

/// Parses every graph of a file. O(n + m) expected time per graph.
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
        match (kind, &mut open) {
            ("c", _) => continue,
            ("p", _) => {
                if let Some(graph) = open.take() {
                    graphs.push(graph.close()?);
                }
                open = Some(Open::new(&mut words, text.len(), line)?);
            }
            ("n", Some(graph)) => graph.color(&mut words, line)?,
            ("e" | "a", Some(graph)) => graph.edge(kind, &mut words, line)?,
            ("n" | "e" | "a", None) => {
                let what = format!("'{kind}' before any 'p' line");
                return Err(DataError::syntax(line, what, "'p edge n m'"));
            }
            _ => {
                let what = format!("'{}'", shorten(kind));
                let expected = "a line that starts with p, n, e, a or c";
                return Err(DataError::syntax(line, what, expected));
            }
        }
        if let Some(extra) = words.next() {
            let what = format!("'{}'", shorten(extra));
            return Err(DataError::syntax(line, what, "the end of the line"));
        }
    }
    if let Some(graph) = open {
        graphs.push(graph.close()?);
    }
    Ok(graphs)
}

/// A graph whose lines are being read.
struct Open {
    /// Its `p` line.
    line: usize,
    n: u32,
    m: u64,
    directed: bool,
    /// Vertex to its colour and line.
    colors: HashMap<u32, (u32, usize)>,
    /// Edge to its colour and line; undirected edges with the smaller vertex first.
    edges: HashMap<(u32, u32), (u32, usize)>,
}

impl Open {
    /// What follows `p`; `text` is the length of the whole text.
    fn new(words: &mut SplitWhitespace<'_>, text: usize, line: usize) -> Result<Self, DataError> {
        let directed = match words.next() {
            Some("edge" | "col") => false,
            Some("arc") => true,
            other => {
                let what = format!("problem '{}'", shorten(other.unwrap_or("")));
                return Err(DataError::syntax(line, what, "'edge' or 'arc'"));
            }
        };
        let n = number(words.next(), line, "a number of vertices")?;
        let m = number(words.next(), line, "a number of edges")?;
        check_size(n, text, line)?;
        Ok(Self {
            line,
            n,
            m,
            directed,
            colors: HashMap::new(),
            edges: HashMap::new(),
        })
    }

    /// What follows `n`.
    fn color(&mut self, words: &mut SplitWhitespace<'_>, line: usize) -> Result<(), DataError> {
        let v = self.vertex(words.next(), line)?;
        let color = number(words.next(), line, "a colour")?;
        if let Some((_, before)) = self.colors.insert(v, (color, line)) {
            let what = format!(
                "a second colour of vertex {} (the first is on line {before})",
                v + 1
            );
            return Err(DataError::syntax(line, what, "one colour per vertex"));
        }
        Ok(())
    }

    /// What follows `kind`, `e` or `a`.
    fn edge(&mut self, kind: &str, words: &mut SplitWhitespace<'_>, line: usize) -> Result<(), DataError> {
        let expected = if self.directed { "a" } else { "e" };
        if kind != expected {
            let what = format!("'{kind}' in a graph with 'p' on line {}", self.line);
            return Err(DataError::syntax(line, what, format!("'{expected} u v'")));
        }
        let (u, v) = (self.vertex(words.next(), line)?, self.vertex(words.next(), line)?);
        let color = match words.next() {
            None => 0,
            word => number(word, line, "an edge colour")?,
        };
        let key = if self.directed || u <= v { (u, v) } else { (v, u) };
        if let Some((_, before)) = self.edges.insert(key, (color, line)) {
            let what = format!("edge {} {} again (it is on line {before})", u + 1, v + 1);
            return Err(DataError::syntax(line, what, "each edge once"));
        }
        Ok(())
    }

    /// A vertex, from 0.
    fn vertex(&self, word: Option<&str>, line: usize) -> Result<u32, DataError> {
        let v: u32 = number(word, line, "a vertex")?;
        if v == 0 || v > self.n {
            let expected = format!("a vertex from 1 to {}", self.n);
            return Err(DataError::syntax(line, format!("vertex {v}"), expected));
        }
        Ok(v - 1)
    }

    /// The graph, once all its lines are read.
    fn close(self) -> Result<ColoredGraph, DataError> {
        if self.edges.len() as u64 != self.m {
            let follow = if self.edges.len() == 1 {
                "follows"
            } else {
                "follow"
            };
            let what = format!("{} {follow}", count(self.edges.len(), ["edge", "edges"]));
            let expected = format!("the {} announced", self.m);
            return Err(DataError::syntax(self.line, what, expected));
        }
        let mut colors = vec![0; self.n as usize];
        for (v, (color, _)) in self.colors {
            colors[v as usize] = color;
        }
        let edges = self.edges.into_iter().map(|((u, v), (color, _))| (u, v, color));
        ColoredGraph::from_colored_edges(self.n as usize, self.directed, edges)
            .and_then(|built| built.with_node_colors(colors))
            .map_err(|error| graph_error(&error, self.line))
    }
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
