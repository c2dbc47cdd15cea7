//! METIS, `.graph`: the neighbours of each vertex on a line of its own, vertices from 1.
//!
//! G. Karypis, *METIS 5.1.0 manual*, section 4.1.1. The first line is `n m [fmt [ncon]]`, `m` counts each edge once, and each
//! edge stands on the lines of both its ends; lines that start with `%` are comments, and an empty line is a vertex without
//! neighbours. The three digits of `fmt` announce sizes of vertices, `ncon` weights of each vertex, and weights of edges. The
//! attributes of vertices are `size` and `weight` (all weights together), that of edges is `weight`.

use super::line::{graph_error, number};
use super::matrix::{Entries, Triangles, Values};
use super::named::{Named, Names, Reading, colors};
use super::words::Words;
use crate::DataError;
use crate::error::{count, shorten};
use std::fmt::Write;
use std::str::SplitWhitespace;
use sympe_canon::graph::ColoredGraph;

/// Parses one graph. O(length of the text · log).
///
/// ```
/// use sympe_data::formats::{Reading, metis};
/// let path = metis::parse("% a path\n3 2\n2\n1 3\n2\n", &Reading::default())?.graph;
/// assert_eq!(path.neighbors(1), [0, 2]);
/// assert_eq!(metis::write(&path)?, "3 2\n2\n1 3\n2\n");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong: a vertex outside `1..=n`, a loop, an edge on the line of one of its ends only or with two
/// weights, or other numbers of lines or of edges than announced.
pub fn parse(text: &str, reading: &Reading) -> Result<Named, DataError> {
    reading.check_vertices(&["size", "weight"], "METIS")?;
    reading.check_edges(&["weight"], "METIS")?;
    reading.direction(Some(false), 1)?;
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let mut lines = lines.filter(|(_, line)| !line.trim_start().starts_with('%'));
    let Some((header_line, header)) = lines.find(|(_, line)| !line.trim().is_empty()) else {
        return Err(DataError::syntax(
            1,
            "no header",
            "'n m', the numbers of vertices and edges",
        ));
    };
    let header = Header::parse(header, header_line, reading)?;
    let mut entries = Entries::new(header.n, 1);
    let mut values = Words::default();
    let mut chosen = Vec::new();
    let mut v = 0;
    for (line, content) in lines {
        let mut words = content.split_whitespace();
        if v == header.n {
            if let Some(word) = words.next() {
                let expected = format!("the end after the lines of {}", count(v, ["vertex", "vertices"]));
                return Err(DataError::syntax(line, format!("'{}'", shorten(word)), expected));
            }
            continue;
        }
        let value = header.vertex(&mut words, reading, line)?;
        if reading.vertex_colors.is_some() {
            chosen.push(values.add(&value));
        }
        header.neighbors(v, &mut words, &mut entries, line)?;
        v += 1;
    }
    if v < header.n {
        let what = format!("{} after it", count(v, ["line", "lines"]));
        return Err(DataError::syntax(
            header_line,
            what,
            format!("{}, one per vertex", header.n),
        ));
    }
    if entries.len() as u64 != 2 * u64::from(header.m) {
        let what = format!("{} in all", count(entries.len(), ["neighbour", "neighbours"]));
        let expected = format!("two for each of {}", count(header.m, ["edge", "edges"]));
        return Err(DataError::syntax(header_line, what, expected));
    }
    let values_of_edges = match reading.edge_colors {
        Some(_) => Values::Colors { first: 0 },
        None => Values::Ignored,
    };
    let undirected = Reading {
        directed: Some(false),
        ..reading.clone()
    };
    let graph = entries.graph(Triangles::Both, values_of_edges, &undirected)?;
    let graph = if reading.vertex_colors.is_some() {
        let colors = colors(&values);
        let chosen = chosen.into_iter().map(|value| colors[value as usize]).collect();
        graph
            .with_node_colors(chosen)
            .map_err(|error| graph_error(&error, header_line))?
    } else {
        graph
    };
    Ok(Named {
        graph,
        names: Names::From(1),
        unused: header.unused(reading),
    })
}

/// The first line.
struct Header {
    n: u32,
    m: u32,
    has_sizes: bool,
    /// Weights of each vertex.
    weights: u32,
    has_edge_weights: bool,
}

impl Header {
    fn parse(content: &str, line: usize, reading: &Reading) -> Result<Self, DataError> {
        let mut words = content.split_whitespace();
        let n = number(words.next(), line, "a number of vertices")?;
        let m = number(words.next(), line, "a number of edges")?;
        let format = words.next().unwrap_or("0");
        let digits: Option<Vec<bool>> = format
            .bytes()
            .map(|byte| matches!(byte, b'0' | b'1').then_some(byte == b'1'))
            .collect();
        let Some(digits) = digits.filter(|digits| digits.len() <= 3) else {
            let what = format!("format '{}'", shorten(format));
            return Err(DataError::syntax(line, what, "up to three digits, each 0 or 1"));
        };
        let digit = |from_right: usize| digits.len() > from_right && digits[digits.len() - 1 - from_right];
        let weights = match words.next() {
            None => u32::from(digit(1)),
            word => number(word, line, "a number of weights of each vertex")?,
        };
        if let Some(word) = words.next() {
            return Err(DataError::syntax(
                line,
                format!("'{}'", shorten(word)),
                "the end of the line",
            ));
        }
        if digit(1) != (weights > 0) {
            let what = format!(
                "{} of each vertex with format '{format}'",
                count(weights, ["weight", "weights"])
            );
            let expected = "weights if the second digit from the right is 1";
            return Err(DataError::syntax(line, what, expected));
        }
        let header = Self {
            n,
            m,
            has_sizes: digit(2),
            weights,
            has_edge_weights: digit(0),
        };
        for (key, kind, there) in [
            (&reading.edge_colors, "edges", header.has_edge_weights),
            (
                &reading.vertex_colors,
                "vertices",
                match reading.vertex_colors.as_deref() {
                    Some("size") => header.has_sizes,
                    _ => header.weights > 0,
                },
            ),
        ] {
            if let Some(key) = key.as_ref().filter(|_| !there) {
                let what = format!("format '{format}', without '{key}' of {kind}");
                return Err(DataError::syntax(line, what, "a format with it"));
            }
        }
        Ok(header)
    }

    /// What precedes the neighbours of a vertex; its attribute that colours vertices, or nothing.
    fn vertex(
        &self,
        words: &mut SplitWhitespace<'_>,
        reading: &Reading,
        line: usize,
    ) -> Result<String, DataError> {
        let mut value = String::new();
        let chosen = reading.vertex_colors.as_deref();
        let sizes = u32::from(self.has_sizes);
        for index in 0..sizes.saturating_add(self.weights) {
            let (key, what) = match index < sizes {
                true => ("size", "the size of a vertex"),
                false => ("weight", "a weight of a vertex"),
            };
            let number: u32 = number(words.next(), line, what)?;
            if chosen == Some(key) {
                let blank = if value.is_empty() { "" } else { " " };
                write!(value, "{blank}{number}").expect("writing to a string cannot fail");
            }
        }
        Ok(value)
    }

    /// The neighbours of vertex `v`, from 0, and weights of its edges.
    fn neighbors(
        &self,
        v: u32,
        words: &mut SplitWhitespace<'_>,
        entries: &mut Entries,
        line: usize,
    ) -> Result<(), DataError> {
        while let Some(word) = words.next() {
            let u: u32 = number(Some(word), line, "a neighbour")?;
            if u == 0 || u > self.n || u == v + 1 {
                let expected = format!("another vertex from 1 to {}", self.n);
                return Err(DataError::syntax(
                    line,
                    format!("neighbour {u} of vertex {}", v + 1),
                    expected,
                ));
            }
            let weight: u32 = match self.has_edge_weights {
                true => number(words.next(), line, "the weight of an edge")?,
                false => 1,
            };
            entries.push([v, u - 1], f64::from(weight), line);
        }
        Ok(())
    }

    /// What a file with this header says and a graph leaves out.
    fn unused(&self, reading: &Reading) -> Vec<String> {
        let vertices = reading.vertex_colors.as_deref();
        let all = [
            (
                "edge weight",
                self.has_edge_weights && reading.edge_colors.is_none(),
            ),
            ("vertex size", self.has_sizes && vertices != Some("size")),
            ("vertex weight", self.weights > 0 && vertices != Some("weight")),
        ];
        let unused = all.into_iter().filter(|(_, unused)| *unused);
        unused.map(|(name, _)| name.to_owned()).collect()
    }
}

/// Writes the structure of an undirected graph without loops; colours are not part of it.
///
/// # Errors
///
/// When the graph is directed or has a loop, which the format cannot say.
pub fn write(graph: &ColoredGraph) -> Result<String, DataError> {
    let expected = "an undirected graph without loops, as METIS has";
    if graph.is_directed() {
        return Err(DataError::invalid("graph", "directed", expected));
    }
    if let Some((v, ..)) = graph.edges().find(|(u, v, _)| u == v) {
        return Err(DataError::invalid(
            "graph",
            format!("one with a loop at vertex {v}"),
            expected,
        ));
    }
    let mut text = format!("{} {}\n", graph.n(), graph.edge_count());
    for v in 0..graph.n() as u32 {
        let neighbors: Vec<String> = graph.neighbors(v).iter().map(|u| (u + 1).to_string()).collect();
        text.push_str(&neighbors.join(" "));
        text.push('\n');
    }
    Ok(text)
}
