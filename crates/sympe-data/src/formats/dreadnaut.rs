//! The input of dreadnaut: `n=5 $=1 g 2 3; 4. f=[1,2|3:5] x`.
//!
//! B. D. McKay, A. Piperno, *nauty and Traces User's Guide* (version 2.8), section 14. Of its commands, these make graphs: `n`,
//! the number of vertices; `$`, the number of the first vertex; `d`, directed or not; `g`, the edges, of which repeated ones
//! count once; `f`, the partition, whose cells are the colours of vertices from 0; `x`, which completes a graph, as does the
//! end of the file. Comments, strings, options of the search and commands that print are passed over.

use super::line::{check_size, graph_error};
use super::named::{Named, Names, Reading};
use crate::DataError;
use crate::error::shorten;
use std::borrow::Cow;
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Parses every graph. O(length of the text · log) per graph.
///
/// ```
/// use sympe_data::formats::{Reading, dreadnaut};
/// let graphs = dreadnaut::parse("n=3 $=1 g 2; 3. f=[2] x", &Reading::default())?;
/// assert_eq!(graphs[0].graph.neighbors(1), [0, 2]);
/// assert_eq!(graphs[0].graph.node_colors(), [1, 0, 1]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong: a command that changes graphs in another way or is unknown, a vertex that there is not, a
/// graph before its number of vertices.
pub fn parse(text: &str, reading: &Reading) -> Result<Vec<Named>, DataError> {
    Session::new(text.into(), reading)?.collect()
}

/// As many vertices and edges as any text may have.
const MOST_FREE: usize = 1 << 20;

/// What dreadnaut remembers from one command to the next: the graphs of a text, one after the other; whoever asks stops
/// at the first error.
#[derive(Debug)]
pub(super) struct Session<'a> {
    text: Cow<'a, str>,
    at: usize,
    line: usize,
    reading: Reading,
    n: Option<u32>,
    /// The number of the first vertex, and the one before it.
    first: u32,
    first_before: u32,
    directed: bool,
    /// The edges, once there is a graph.
    edges: Option<Vec<(u32, u32)>>,
    /// Ranges of vertices, their cells and lines.
    partition: Vec<(u32, u32, u32, usize)>,
    /// Vertices and edges of all graphs so far.
    spent: usize,
    /// Whether something has changed since the last complete graph.
    is_open: bool,
    /// A graph that is complete and was not handed over.
    complete: Option<Named>,
    /// Whether there was one.
    has_any: bool,
}

impl Iterator for Session<'_> {
    type Item = Result<Named, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_graph().transpose()
    }
}

impl<'a> Session<'a> {
    pub(super) fn new(text: Cow<'a, str>, reading: &Reading) -> Result<Self, DataError> {
        reading.check_vertices(&["partition"], "dreadnaut")?;
        reading.check_edges(&[], "dreadnaut")?;
        Ok(Self {
            text,
            at: 0,
            line: 1,
            reading: reading.clone(),
            n: None,
            first: 0,
            first_before: 0,
            directed: false,
            edges: None,
            partition: Vec::new(),
            spent: 0,
            is_open: false,
            complete: None,
            has_any: false,
        })
    }

    fn next_graph(&mut self) -> Result<Option<Named>, DataError> {
        while self.complete.is_none() && self.command()? {}
        if self.complete.is_none() && (self.is_open || !self.has_any) {
            self.complete()?;
        }
        Ok(self.complete.take())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        self.line += usize::from(byte == b'\n');
        Some(byte)
    }

    fn accept(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        if is_there {
            self.next();
        }
        is_there
    }

    /// Passes over blanks and separators.
    fn skip(&mut self, separators: &[u8]) {
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_whitespace() || separators.contains(&byte))
        {
            self.next();
        }
    }

    /// Passes over everything to this byte, which is passed as well.
    fn skip_to(&mut self, end: u8) -> bool {
        while let Some(byte) = self.next() {
            if byte == end {
                return true;
            }
        }
        false
    }

    /// What is here, for an error.
    fn here(&self) -> String {
        let rest = String::from_utf8_lossy(&self.text.as_bytes()[self.at..self.text.len().min(self.at + 4)]);
        match rest.chars().next() {
            None => "the end of the file".to_owned(),
            Some(character) => format!("{character:?}"),
        }
    }

    fn fail<T>(&self, expected: &str) -> Result<T, DataError> {
        Err(DataError::syntax(self.line, self.here(), expected))
    }

    /// A number, after blanks.
    fn number(&mut self, what: &str) -> Result<u32, DataError> {
        self.skip(&[]);
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        if digits.is_empty() {
            return self.fail(what);
        }
        digits
            .parse()
            .map_err(|_| DataError::syntax(self.line, format!("'{}'", shorten(digits)), what))
    }

    /// A number, after an equals sign that may be missing.
    fn parameter(&mut self, what: &str) -> Result<u32, DataError> {
        self.skip(b"=");
        self.number(what)
    }

    /// A vertex, from 0.
    fn vertex(&mut self, n: u32) -> Result<u32, DataError> {
        let line = self.line;
        let v = self.number("a vertex")?;
        match v.checked_sub(self.first) {
            Some(place) if place < n => Ok(place),
            _ => {
                let expected = match n.checked_sub(1) {
                    None => "no vertex, as there are none".to_owned(),
                    Some(last) => {
                        format!(
                            "one from {} to {}",
                            self.first,
                            u64::from(self.first) + u64::from(last)
                        )
                    }
                };
                Err(DataError::syntax(line, format!("vertex {v}"), expected))
            }
        }
    }

    /// The number of vertices, which has to be there before anything is said of them.
    fn known_n(&self) -> Result<u32, DataError> {
        self.n.map_or_else(
            || {
                Err(DataError::syntax(
                    self.line,
                    "no number of vertices",
                    "'n=…' before anything else",
                ))
            },
            Ok,
        )
    }

    /// One command; false at the end.
    fn command(&mut self) -> Result<bool, DataError> {
        self.skip(b",;");
        let Some(command) = self.peek() else {
            return Ok(false);
        };
        let expected = "a command n, $, d, g, f, x, or one that changes no graph";
        match command {
            b'!' => _ = self.skip_to(b'\n'),
            b'"' => {
                let line = self.line;
                self.next();
                if !self.skip_to(b'"') {
                    return Err(DataError::syntax(line, "a string without end", "'\"'"));
                }
            }
            b'q' => return Ok(false),
            b'+' | b'-' => {
                self.next();
                match self.peek() {
                    Some(b'd') => self.set_directed(command == b'+'),
                    Some(b'f') if command == b'-' => {
                        self.next();
                        (self.partition, self.is_open) = (Vec::new(), true);
                    }
                    Some(b'a' | b'c' | b'm' | b'p' | b'l') => _ = self.next(),
                    _ => return self.fail("an option a, c, d, l, m or p"),
                }
            }
            b'd' => self.set_directed(true),
            b'n' => {
                self.next();
                let n = self.parameter("a number of vertices")?;
                check_size(n, self.text.len(), self.line)?;
                (self.n, self.edges, self.partition, self.is_open) = (Some(n), None, Vec::new(), true);
            }
            b'$' => {
                self.next();
                if self.accept(b'$') {
                    self.first = self.first_before;
                } else {
                    let first = self.parameter("the number of the first vertex")?;
                    self.first_before = std::mem::replace(&mut self.first, first);
                }
            }
            b'g' => self.edges()?,
            b'f' => self.partition()?,
            b'x' => {
                self.next();
                if self.is_open {
                    self.complete()?;
                }
            }
            b'a' | b'c' | b'm' | b'p' | b'o' | b'b' | b'z' | b't' | b'v' | b'?' => _ = self.next(),
            b'k' => {
                self.next();
                self.parameter("the first value of an option")?;
                self.number("the second value of an option")?;
            }
            b'l' | b'w' | b'y' | b'K' => {
                self.next();
                self.parameter("the value of an option")?;
            }
            b'A' => {
                self.next();
                if !matches!(self.next(), Some(b'n' | b'd' | b's' | b't')) {
                    return self.fail("n, d, s or t after A");
                }
            }
            _ => return self.fail(expected),
        }
        Ok(true)
    }

    fn set_directed(&mut self, directed: bool) {
        self.next();
        self.is_open |= self.directed != directed;
        self.directed = directed;
    }

    /// What follows `g`.
    fn edges(&mut self) -> Result<(), DataError> {
        self.next();
        let n = self.known_n()?;
        let mut edges = Vec::new();
        let mut from = 0;
        let mut removed = false;
        while from < n || n == 0 {
            self.skip(b",");
            match self.peek() {
                None => break,
                Some(b'.') => {
                    self.next();
                    break;
                }
                Some(b'!') => _ = self.skip_to(b'\n'),
                Some(b'?') => _ = self.next(),
                Some(b';') => {
                    self.next();
                    from += 1;
                }
                Some(b'-') => {
                    self.next();
                    removed = true;
                }
                Some(byte) if byte.is_ascii_digit() => {
                    let v = self.vertex(n)?;
                    self.skip(b",");
                    if self.accept(b':') {
                        from = v;
                    } else if removed {
                        return Err(DataError::syntax(
                            self.line,
                            "an edge that is removed",
                            "edges to add",
                        ));
                    } else {
                        edges.push((from, v));
                    }
                }
                Some(_) => return self.fail("a vertex, ':', ';' or '.'"),
            }
        }
        (self.edges, self.is_open) = (Some(edges), true);
        Ok(())
    }

    /// What follows `f`.
    fn partition(&mut self) -> Result<(), DataError> {
        self.next();
        let n = self.known_n()?;
        (self.partition, self.is_open) = (Vec::new(), true);
        self.skip(b"=");
        if !self.accept(b'[') {
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                let (line, fixed) = (self.line, self.vertex(n)?);
                self.partition.push((fixed, fixed, 0, line));
            }
            return Ok(());
        }
        let (mut cell, mut is_empty) = (0, true);
        loop {
            self.skip(b",");
            match self.peek() {
                Some(b']') => {
                    self.next();
                    return Ok(());
                }
                Some(b'|') => {
                    self.next();
                    cell += u32::from(!is_empty);
                    is_empty = true;
                }
                _ => {
                    let (line, low) = (self.line, self.vertex(n)?);
                    self.skip(&[]);
                    let high = if self.accept(b':') { self.vertex(n)? } else { low };
                    if low > high {
                        let expected = "a range from a smaller vertex to a larger one";
                        return Err(DataError::syntax(line, "a range without vertices", expected));
                    }
                    self.partition.push((low, high, cell, line));
                    is_empty = false;
                }
            }
        }
    }

    /// The colours of all vertices; those in no cell are the last one.
    fn colors(&self, n: u32) -> Result<Vec<u32>, DataError> {
        let rest = self.partition.last().map_or(0, |(.., cell, _)| cell + 1);
        let mut colors = vec![rest; n as usize];
        for &(low, high, cell, line) in &self.partition {
            for v in low..=high {
                if colors[v as usize] != rest {
                    let what = format!("vertex {} again", u64::from(v) + u64::from(self.first));
                    return Err(DataError::syntax(line, what, "each vertex in one cell"));
                }
                colors[v as usize] = cell;
            }
        }
        Ok(colors)
    }

    fn complete(&mut self) -> Result<(), DataError> {
        let n = self.known_n()?;
        let Some(edges) = &self.edges else {
            return Err(DataError::syntax(self.line, "no graph", "its edges: 'g …'"));
        };
        // A graph costs as little text as a command x.
        self.spent += n as usize + edges.len();
        if self.spent > MOST_FREE && self.spent > 16 * self.text.len() {
            let what = format!(
                "{} vertices and edges in a text of {} bytes",
                self.spent,
                self.text.len()
            );
            return Err(DataError::syntax(
                self.line,
                what,
                "graphs in proportion to the text",
            ));
        }
        let directed = match (self.directed, self.reading.directed) {
            // Undirected is what dreadnaut is told by silence.
            (false, None) => false,
            (directed, _) => self.reading.direction(Some(directed), self.line)?,
        };
        let mut edges = edges.clone();
        if !directed {
            for (u, v) in &mut edges {
                (*u, *v) = (*u.min(v), *u.max(v));
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let graph = ColoredGraph::from_edges(n as usize, directed, edges);
        let colors = self.colors(n)?;
        let graph = graph.and_then(|graph| graph.with_node_colors(colors));
        self.complete = Some(Named {
            graph: graph.map_err(|error| graph_error(&error, self.line))?,
            names: Names::From(self.first),
            unused: Vec::new(),
        });
        (self.is_open, self.has_any) = (false, true);
        Ok(())
    }
}

/// Writes a graph, vertices from 0, with its colours of vertices as a partition in the order of colours; colours of edges are
/// not part of the format.
#[must_use]
pub fn write(graph: &ColoredGraph) -> String {
    let n = graph.n() as u32;
    let mut text = format!("n={n} $=0 {}g", if graph.is_directed() { "+d " } else { "-d " });
    for u in 0..n {
        write!(text, "\n{u} :").expect("writing to a string cannot fail");
        for v in graph
            .neighbors(u)
            .iter()
            .filter(|&&v| graph.is_directed() || u <= v)
        {
            write!(text, " {v}").expect("writing to a string cannot fail");
        }
        text.push(';');
    }
    text.push_str(if n == 0 { " .\n" } else { "\n" });
    let mut order: Vec<u32> = (0..n).collect();
    order.sort_by_key(|&v| graph.node_color(v));
    let cells = order.chunk_by(|&u, &v| graph.node_color(u) == graph.node_color(v));
    let cells: Vec<String> = cells
        .map(|cell| cell.iter().map(u32::to_string).collect::<Vec<_>>().join(","))
        .collect();
    if cells.len() > 1 {
        writeln!(text, "f=[{}]", cells.join("|")).expect("writing to a string cannot fail");
    }
    text
}
