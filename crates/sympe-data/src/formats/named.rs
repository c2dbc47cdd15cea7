//! Graphs whose vertices have names: what of a file becomes the graph, and what the readers of such files share.

use super::line::graph_error;
use super::words::Words;
use crate::DataError;
use crate::error::shorten;
use std::borrow::Cow;
use std::collections::BTreeSet;
use sympe_canon::graph::ColoredGraph;

/// What of a file becomes part of its graphs. By default these are vertices and edges without colours, each edge once.
///
/// A colour is the value of an attribute. If all values of a file are integers from 0 to 2³² − 1, each is its own colour, so
/// that colours of different files can be compared; otherwise the colours are the ranks of the values in this file, ordered
/// as numbers if all are numbers, and as text if not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Whether edges have a direction, for files that do not say it (undirected by default). A file that says the opposite
    /// is refused.
    pub directed: Option<bool>,
    /// Whether edges may be parallel: then the colour of an edge is the number of further edges beside it, so that a graph
    /// without parallel edges is the same graph either way. Otherwise parallel edges are refused.
    pub multigraph: bool,
    /// The attribute that colours vertices.
    pub vertex_colors: Option<String>,
    /// The attribute that colours edges.
    pub edge_colors: Option<String>,
}

/// A graph from a file, and what its vertices are called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The graph.
    pub graph: ColoredGraph,
    /// The names of its vertices.
    pub names: Names,
    /// What the file says and the graph leaves out, as `edge weight` or `vertex label`: at most 16 of these, sorted.
    pub unused: Vec<String>,
}

/// The names of the vertices of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// Numbers, of which the first vertex has this one.
    From(u32),
    /// Words.
    Words(Words),
}

impl Names {
    /// The name of a vertex.
    ///
    /// # Panics
    ///
    /// When `v` is not a vertex, if names are words.
    #[must_use]
    pub fn name(&self, v: u32) -> Cow<'_, str> {
        match self {
            Self::From(first) => Cow::Owned((u64::from(*first) + u64::from(v)).to_string()),
            Self::Words(words) => Cow::Borrowed(words.get(v)),
        }
    }
}

impl Reading {
    /// Refuses an attribute as colour of vertices that a format does not have.
    pub(super) fn check_vertices(&self, there: &[&str], format: &str) -> Result<(), DataError> {
        check("vertices", self.vertex_colors.as_deref(), there, format)
    }

    /// Refuses an attribute as colour of edges that a format does not have.
    pub(super) fn check_edges(&self, there: &[&str], format: &str) -> Result<(), DataError> {
        check("edges", self.edge_colors.as_deref(), there, format)
    }

    /// Whether edges have a direction in a file that says `says` about it.
    pub(super) fn direction(&self, says: Option<bool>, line: usize) -> Result<bool, DataError> {
        let word = |directed: bool| {
            if directed {
                "a directed graph"
            } else {
                "an undirected graph"
            }
        };
        match (self.directed, says) {
            (Some(wanted), Some(says)) if wanted != says => Err(DataError::syntax(
                line,
                word(says),
                format!("{}, as asked for", word(wanted)),
            )),
            (wanted, says) => Ok(says.or(wanted).unwrap_or(false)),
        }
    }
}

fn check(kind: &str, chosen: Option<&str>, there: &[&str], format: &str) -> Result<(), DataError> {
    let Some(key) = chosen.filter(|key| !there.contains(key)) else {
        return Ok(());
    };
    let expected = match there {
        [] => format!("no attribute: {format} has none of {kind}"),
        there => format!("'{}', which {format} has", there.join("' or '")),
    };
    Err(DataError::field(
        shorten(key),
        format!("asked for as colour of {kind}"),
        expected,
    ))
}

/// Stands for no vertex and for no colour.
const NONE: u32 = u32::MAX;

/// Collects the graphs of a file, vertex by vertex and edge by edge, by names.
pub(super) struct Collector<'a> {
    reading: &'a Reading,
    vertex_values: Words,
    edge_values: Words,
    unused: BTreeSet<String>,
    graphs: Vec<Open>,
}

/// A graph whose lines are being read.
struct Open {
    directed: bool,
    /// Whether an edge makes the vertices that it names.
    implied: bool,
    /// The line where the graph starts.
    line: usize,
    /// Every name that occurs.
    words: Words,
    /// What is known of each name.
    vertices: Vec<Vertex>,
    /// Number of vertices.
    n: u32,
    /// What the file calls the vertices besides the names that edges use, as long as it is unique.
    labels: Words,
    edges: Vec<Edge>,
}

struct Vertex {
    /// Its place among the vertices, or [`NONE`] if only edges have named it.
    place: u32,
    /// Its value among the values of vertices, or [`NONE`].
    color: u32,
    /// The line that names it first.
    line: u32,
}

struct Edge {
    from: u32,
    to: u32,
    /// Its value among the values of edges, or [`NONE`].
    color: u32,
    line: u32,
}

impl<'a> Collector<'a> {
    pub(super) fn new(reading: &'a Reading) -> Self {
        Self {
            reading,
            vertex_values: Words::default(),
            edge_values: Words::default(),
            unused: BTreeSet::new(),
            graphs: Vec::new(),
        }
    }

    /// The next graph; with `implied`, an edge makes the vertices that it names.
    pub(super) fn open(&mut self, implied: bool, line: usize) {
        self.graphs.push(Open {
            directed: self.reading.directed.unwrap_or(false),
            implied,
            line,
            words: Words::default(),
            vertices: Vec::new(),
            n: 0,
            labels: Words::default(),
            edges: Vec::new(),
        });
    }

    /// The number of graphs.
    pub(super) fn len(&self) -> usize {
        self.graphs.len()
    }

    /// The number of vertices of the last graph.
    pub(super) fn n(&self) -> u32 {
        self.graphs.last().map_or(0, |graph| graph.n)
    }

    /// What the file says of the direction of edges in the last graph.
    pub(super) fn direct(&mut self, says: bool, line: usize) -> Result<(), DataError> {
        let directed = self.reading.direction(Some(says), line)?;
        if let Some(graph) = self.graphs.last_mut() {
            graph.directed = directed;
        }
        Ok(())
    }

    /// Something about vertices or edges that the graph leaves out.
    pub(super) fn leave_out(&mut self, kind: &str, key: &str) {
        if self.unused.len() < 16 {
            self.unused.insert(format!("{kind} {}", shorten(key)));
        }
    }

    /// A vertex of the last graph, with the value of the attribute that colours vertices.
    pub(super) fn vertex(&mut self, name: &str, color: Option<&str>, line: usize) -> Result<(), DataError> {
        let color = value(&mut self.vertex_values, &self.reading.vertex_colors, color).map_err(|key| {
            let what = format!("vertex '{}' without '{}'", shorten(name), shorten(key));
            DataError::syntax(line, what, "a value for each vertex")
        })?;
        let Some(graph) = self.graphs.last_mut() else {
            return Err(DataError::syntax(line, "a vertex", "a graph before it"));
        };
        let id = graph.id(name, line);
        let vertex = &mut graph.vertices[id as usize];
        if vertex.place != NONE {
            let what = format!("vertex '{}' again (it is on line {})", shorten(name), vertex.line);
            return Err(DataError::syntax(line, what, "each vertex once"));
        }
        (vertex.place, vertex.color) = (graph.n, color);
        graph.n += 1;
        Ok(())
    }

    /// A label of the last vertex. If all vertices of a graph have one, and no two the same, these are their names.
    pub(super) fn label(&mut self, label: &str) {
        if let Some(graph) = self.graphs.last_mut()
            && graph.labels.len() + 1 == graph.n as usize
        {
            graph.labels.add(label);
        }
    }

    /// An edge of the last graph, with the value of the attribute that colours edges.
    pub(super) fn edge(
        &mut self,
        from: &str,
        to: &str,
        color: Option<&str>,
        line: usize,
    ) -> Result<(), DataError> {
        let color = value(&mut self.edge_values, &self.reading.edge_colors, color).map_err(|key| {
            let ends = format!("'{}' – '{}'", shorten(from), shorten(to));
            let what = format!("edge {ends} without '{}'", shorten(key));
            DataError::syntax(line, what, "a value for each edge")
        })?;
        let Some(graph) = self.graphs.last_mut() else {
            return Err(DataError::syntax(line, "an edge", "a graph before it"));
        };
        let [from, to] = [from, to].map(|name| {
            let id = graph.id(name, line);
            let vertex = &mut graph.vertices[id as usize];
            if graph.implied && vertex.place == NONE {
                vertex.place = graph.n;
                graph.n += 1;
            }
            id
        });
        graph.edges.push(Edge {
            from,
            to,
            color,
            line: u32::try_from(line).unwrap_or(u32::MAX),
        });
        Ok(())
    }

    /// The graphs.
    pub(super) fn finish(self) -> Result<Vec<Named>, DataError> {
        let unused: Vec<String> = self.unused.into_iter().collect();
        let (vertex_colors, edge_colors) = (colors(&self.vertex_values), colors(&self.edge_values));
        drop((self.vertex_values, self.edge_values));
        let close = |graph: Open| {
            let (graph, words) = graph.close(self.reading, &vertex_colors, &edge_colors)?;
            Ok(Named {
                graph,
                names: Names::Words(words),
                unused: unused.clone(),
            })
        };
        self.graphs.into_iter().map(close).collect()
    }
}

/// The number of a value, if its attribute is asked for; an error with the attribute if it should be there and is not.
fn value<'k>(values: &mut Words, key: &'k Option<String>, value: Option<&str>) -> Result<u32, &'k str> {
    match (key, value) {
        (Some(_), Some(value)) => Ok(values.add(value)),
        (Some(key), None) => Err(key),
        (None, _) => Ok(NONE),
    }
}

impl Open {
    /// The number of a name.
    fn id(&mut self, name: &str, line: usize) -> u32 {
        let id = self.words.add(name);
        if id as usize == self.vertices.len() {
            self.vertices.push(Vertex {
                place: NONE,
                color: NONE,
                line: u32::try_from(line).unwrap_or(u32::MAX),
            });
        }
        id
    }

    fn close(
        mut self,
        reading: &Reading,
        vertex_colors: &[u32],
        edge_colors: &[u32],
    ) -> Result<(ColoredGraph, Words), DataError> {
        let unknown = (0u32..)
            .zip(&self.vertices)
            .find(|(_, vertex)| vertex.place == NONE);
        if let Some((id, vertex)) = unknown {
            let what = format!("an edge of '{}'", shorten(self.words.get(id)));
            return Err(DataError::syntax(
                vertex.line as usize,
                what,
                "a vertex of the graph",
            ));
        }
        let mut order = vec![0; self.vertices.len()];
        for (id, vertex) in (0u32..).zip(&self.vertices) {
            order[vertex.place as usize] = id;
        }
        let words = if order.is_sorted() {
            self.words
        } else {
            let mut words = Words::default();
            for &id in &order {
                words.add(self.words.get(id));
            }
            words
        };
        for edge in &mut self.edges {
            let ends = [edge.from, edge.to].map(|id| self.vertices[id as usize].place);
            let [u, v] = ends;
            [edge.from, edge.to] = if self.directed || u <= v { [u, v] } else { [v, u] };
            edge.color = edge_colors.get(edge.color as usize).copied().unwrap_or(0);
        }
        self.edges.sort_by_key(|edge| (edge.from, edge.to));
        let runs = self.edges.chunk_by(|a, b| (a.from, a.to) == (b.from, b.to));
        let several = runs.clone().filter(|run| run.len() > 1);
        if let Some(run) = several.min_by_key(|run| run[1].line)
            && (!reading.multigraph || reading.edge_colors.is_some())
        {
            let [first, second] = [&run[0], &run[1]];
            let [from, to] = [first.from, first.to].map(|v| shorten(words.get(v)));
            let what = format!("edge '{from}' – '{to}' again (it is on line {})", first.line);
            let expected = parallel(reading);
            return Err(DataError::syntax(second.line as usize, what, expected));
        }
        let edges = runs.map(|run| {
            let color = if reading.multigraph && reading.edge_colors.is_none() {
                u32::try_from(run.len() - 1).unwrap_or(u32::MAX)
            } else {
                run[0].color
            };
            (run[0].from, run[0].to, color)
        });
        let graph = ColoredGraph::from_colored_edges(order.len(), self.directed, edges);
        let color = |&id: &u32| {
            let color = self.vertices[id as usize].color;
            vertex_colors.get(color as usize).copied().unwrap_or(0)
        };
        let graph = graph.and_then(|graph| graph.with_node_colors(order.iter().map(color).collect()));
        let has_labels = !order.is_empty() && self.labels.len() == order.len();
        let names = if has_labels { self.labels } else { words };
        Ok((graph.map_err(|error| graph_error(&error, self.line))?, names))
    }
}

/// What is expected of edges where some are parallel.
pub(super) fn parallel(reading: &Reading) -> &'static str {
    if reading.multigraph {
        "each edge once: parallel edges are their number or have colours, not both"
    } else {
        "each edge once, unless a multigraph is asked for"
    }
}

/// The colour of each value.
pub(super) fn colors(values: &Words) -> Vec<u32> {
    let all = || (0..values.len() as u32).map(|id| values.get(id));
    let integers: Option<Vec<i64>> = all().map(|word| word.trim().parse().ok()).collect();
    if let Some(integers) = integers {
        return integer_colors(&integers, 0);
    }
    if let Some(numbers) = all().map(exact_number).collect::<Option<Vec<f64>>>() {
        return number_colors(&numbers, 0);
    }
    ranks(&all().collect::<Vec<_>>(), Ord::cmp)
}

/// A finite number that a float stands for without merging it with another integer.
pub(super) fn exact_number(word: &str) -> Option<f64> {
    const MOST: f64 = (1u64 << 53) as f64;
    let word = word.trim();
    let number: f64 = word.parse().ok().filter(|number: &f64| number.is_finite())?;
    let is_integer = word
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'));
    (!is_integer || number.abs() < MOST).then_some(number + 0.0)
}

/// Colours of numbers: the number less `first` if all are integers from `first` on that fit, and ranks otherwise.
pub(super) fn number_colors(numbers: &[f64], first: u32) -> Vec<u32> {
    let fits =
        |&number: &f64| number >= f64::from(first) && number <= f64::from(NONE) && number.fract() == 0.0;
    if numbers.iter().all(fits) {
        return numbers.iter().map(|&number| number as u32 - first).collect();
    }
    ranks(numbers, f64::total_cmp)
}

fn integer_colors(numbers: &[i64], first: u32) -> Vec<u32> {
    let own = |&number: &i64| u32::try_from(number).ok()?.checked_sub(first);
    match numbers.iter().map(own).collect() {
        Some(colors) => colors,
        None => ranks(numbers, Ord::cmp),
    }
}

/// The place of each value among the distinct ones, in order.
fn ranks<T: Copy>(values: &[T], order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Vec<u32> {
    let mut distinct = values.to_vec();
    distinct.sort_by(&order);
    distinct.dedup_by(|a, b| order(a, b).is_eq());
    let rank = |value: &T| distinct.partition_point(|other| order(other, value).is_lt()) as u32;
    values.iter().map(rank).collect()
}
