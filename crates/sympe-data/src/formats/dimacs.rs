//! DIMACS: `p edge n m` and `e u v [colour]` (or `p arc n m` and `a u v [colour]`), `n v colour`, `c comment`.
//!
//! Vertices count from 1; without an `n` line a vertex has colour 0, without a colour an edge has colour 0. A file holds
//! any number of graphs, each from its own `p` line to the next.
//!
//! Files are read as people write them, which is how bliss reads them: repeated edges, and edges in both directions, count once;
//! of two colours of a vertex the last counts; `m` may be the number of edges or of lines, or half of either; further numbers
//! on the `p` line and the lines `d`, `v` and `x` of geometric graphs are passed over. [`Notes`] say so. `p col` is `p edge`;
//! `p sp` is `p arc`, and the lengths of its arcs are passed over, unless they are asked for as colours (`weight`).

use super::line::{check_size, graph_error, number};
use super::named::Reading;
use super::notes::Notes;
use crate::DataError;
use crate::error::{count, shorten};
use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::str::SplitWhitespace;
use sympe_canon::graph::ColoredGraph;

/// Parses every graph of a text. O(n + m) expected time per graph.
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
/// The first line that is wrong: an unknown kind, a vertex outside `1..=n`, an edge with two colours, or fewer edges than
/// announced. A text without any graph is wrong, too.
pub fn parse(text: &str) -> Result<Vec<ColoredGraph>, DataError> {
    parse_with_notes(text).0.into_iter().collect()
}

/// As [`parse`], with what is wrong with each graph and what was passed over. After a bad line, the next `p` line starts afresh.
#[must_use]
pub fn parse_with_notes(text: &str) -> (Vec<Result<ColoredGraph, DataError>>, Notes) {
    let mut reader = Reader::default();
    for (index, line) in text.lines().enumerate() {
        reader.line(line, index + 1);
    }
    reader.finish();
    (reader.graphs.into(), reader.notes)
}

/// Graphs from line after line.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The graphs that are finished, and what is wrong with the bad ones.
    pub(super) graphs: VecDeque<Result<ColoredGraph, DataError>>,
    pub(super) notes: Notes,
    open: Option<Open>,
    /// Whether a bad line was met after the last `p` line.
    skipping: bool,
    /// Whether there was any graph, or a bad line.
    any: bool,
    /// The length of the text so far.
    text: usize,
    /// The last line.
    last: usize,
    /// Whether lengths of arcs are their colours.
    weights: bool,
}

impl Reader {
    /// A reader of graphs with the colours that DIMACS has, and with lengths as colours if `weight` is asked for.
    pub(super) fn new(reading: &Reading) -> Result<Self, DataError> {
        reading.check_vertices(&[], "DIMACS")?;
        reading.check_edges(&["weight"], "DIMACS")?;
        if reading.multigraph || reading.directed.is_some() {
            let expected = "what the file says: 'p edge' or 'p arc', and each edge once";
            return Err(DataError::field(
                "DIMACS",
                "asked for as a multigraph or directed",
                expected,
            ));
        }
        Ok(Self {
            weights: reading.edge_colors.is_some(),
            ..Self::default()
        })
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, content: &str, line: usize) {
        self.text += content.len() + 1;
        self.last = line;
        let mut words = content.split_whitespace();
        let Some(kind) = words.next() else { return };
        if kind.starts_with('c') || (self.skipping && kind != "p") {
            return;
        }
        if kind == "p" {
            self.close();
        }
        self.any = true;
        let read = self.read(kind, &mut words, line);
        self.skipping = read.is_err();
        if let Err(error) = read {
            self.open = None;
            self.graphs.push_back(Err(error));
        }
    }

    /// After the last line.
    pub(super) fn finish(&mut self) {
        self.close();
        if !std::mem::replace(&mut self.any, true) {
            let error = DataError::syntax(self.last.max(1), "the end of the file", "a line 'p edge n m'");
            self.graphs.push_back(Err(error));
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.graphs.push_back(open.close(self.text, &mut self.notes));
        }
    }

    /// A line that is no comment.
    fn read(&mut self, kind: &str, words: &mut SplitWhitespace<'_>, line: usize) -> Result<(), DataError> {
        match (kind, &mut self.open) {
            ("p", _) => {
                self.open = Some(Open::new(words, line, self.weights, &mut self.notes)?);
                return Ok(());
            }
            ("d" | "v" | "x", _) => {
                let what = || format!("'{kind}' is passed over: it says where vertices lie");
                self.notes.add("geometry", line, what);
                return Ok(());
            }
            ("n", Some(graph)) => graph.color(words, line, &mut self.notes)?,
            ("e" | "a", Some(graph)) => graph.edge(kind, words, line, &mut self.notes)?,
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
        match words.next() {
            None => Ok(()),
            Some(extra) => {
                let what = format!("'{}'", shorten(extra));
                Err(DataError::syntax(line, what, "the end of the line"))
            }
        }
    }
}

/// A graph whose lines are being read.
#[derive(Debug)]
struct Open {
    /// Its `p` line.
    line: usize,
    n: u32,
    m: u64,
    directed: bool,
    /// Whether the number of an arc is a length that is passed over.
    lengths: bool,
    /// Lines of edges.
    lines: u64,
    /// Vertex to its colour and line.
    colors: HashMap<u32, (u32, usize)>,
    /// Edge to its colour and line; undirected edges with the smaller vertex first.
    edges: HashMap<(u32, u32), (u32, usize)>,
}

impl Open {
    /// What follows `p`.
    fn new(
        words: &mut SplitWhitespace<'_>,
        line: usize,
        weights: bool,
        notes: &mut Notes,
    ) -> Result<Self, DataError> {
        let (directed, lengths) = match words.next() {
            Some("edge" | "edges" | "col") => (false, false),
            Some("arc" | "arcs") => (true, false),
            Some("sp") => (true, !weights),
            other => {
                let what = format!("problem '{}'", shorten(other.unwrap_or("")));
                return Err(DataError::syntax(line, what, "'edge', 'col', 'arc' or 'sp'"));
            }
        };
        let n = number(words.next(), line, "a number of vertices")?;
        let m = number(words.next(), line, "a number of edges")?;
        if let Some(extra) = words.next() {
            if extra.parse::<f64>().is_err() {
                let what = format!("'{}'", shorten(extra));
                return Err(DataError::syntax(line, what, "the end of the line"));
            }
            let what = || format!("'{}' after n and m is passed over", shorten(extra));
            notes.add("problem", line, what);
        }
        Ok(Self {
            line,
            n,
            m,
            directed,
            lengths,
            lines: 0,
            colors: HashMap::new(),
            edges: HashMap::new(),
        })
    }

    /// What follows `n`.
    fn color(
        &mut self,
        words: &mut SplitWhitespace<'_>,
        line: usize,
        notes: &mut Notes,
    ) -> Result<(), DataError> {
        let v = self.vertex(words.next(), line)?;
        let color = number(words.next(), line, "a colour")?;
        if let Some((other, before)) = self.colors.insert(v, (color, line)) {
            let what = || {
                let v = v + 1;
                format!("colour {color} of vertex {v} counts, not {other} on line {before}")
            };
            notes.add("colour", line, what);
        }
        Ok(())
    }

    /// What follows `kind`, `e` or `a`.
    fn edge(
        &mut self,
        kind: &str,
        words: &mut SplitWhitespace<'_>,
        line: usize,
        notes: &mut Notes,
    ) -> Result<(), DataError> {
        let expected = if self.directed { "a" } else { "e" };
        if kind != expected {
            let what = format!("'{kind}' in a graph with 'p' on line {}", self.line);
            return Err(DataError::syntax(line, what, format!("'{expected} u v'")));
        }
        let (u, v) = (self.vertex(words.next(), line)?, self.vertex(words.next(), line)?);
        let color = match words.next() {
            None => 0,
            Some(length) if self.lengths => {
                let _: f64 = number(Some(length), line, "a length")?;
                let what = || format!("length {} is passed over, as all lengths are", shorten(length));
                notes.add("length", line, what);
                0
            }
            word => number(word, line, "an edge colour")?,
        };
        self.lines += 1;
        let key = if self.directed || u <= v { (u, v) } else { (v, u) };
        match self.edges.get(&key) {
            Some(&(other, before)) if other != color => {
                let what = format!("edge {} {} of colour {color}", u + 1, v + 1);
                let expected = format!("colour {other} as on line {before}");
                return Err(DataError::syntax(line, what, expected));
            }
            Some(&(_, before)) => {
                let what = || {
                    let (u, v) = (u + 1, v + 1);
                    format!("edge {u} {v} again (it is on line {before}): it counts once")
                };
                notes.add("edge", line, what);
            }
            None => {
                self.edges.insert(key, (color, line));
            }
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

    /// The graph, once all its lines are read; `text` is the length of the text until here.
    fn close(self, text: usize, notes: &mut Notes) -> Result<ColoredGraph, DataError> {
        check_size(self.n, text, self.line)?;
        let edges = self.edges.len() as u64;
        let follow = |count: u64| if count == 1 { "follows" } else { "follow" };
        if self.lines != self.m && edges != self.m {
            let (m, lines) = (self.m, self.lines);
            // Some files count an edge in both directions though they have it once.
            if lines < m && 2 * edges != m {
                let what = format!("{} {}", count(lines, ["edge", "edges"]), follow(lines));
                return Err(DataError::syntax(self.line, what, format!("the {m} announced")));
            }
            let what = || {
                let edges = count(edges, ["edge", "edges"]);
                format!("{m} edges are announced; there are {lines} lines with {edges}, which count")
            };
            notes.add("m", self.line, what);
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
