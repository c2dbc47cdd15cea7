//! Graphs from arrays: all edges of a batch in one list, as PyTorch Geometric has them.

use crate::errors::Fault;
use numpy::ndarray::ArrayView1;
use numpy::{PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::prelude::*;
use std::ops::Range;
use sympe_canon::CanonError;
use sympe_canon::graph::ColoredGraph;

/// A list of integers as NumPy has it, any stride; the two types that are read without a copy.
#[derive(FromPyObject)]
pub(crate) enum Integers<'py> {
    /// `int64`.
    #[pyo3(transparent)]
    I64(PyReadonlyArray1<'py, i64>),
    /// `int32`.
    #[pyo3(transparent)]
    I32(PyReadonlyArray1<'py, i32>),
}

/// Its memory, readable without the interpreter. Values are read once each and checked when read, so that a thread that writes
/// to the array meanwhile can change what is found, and nothing else.
#[derive(Clone, Copy)]
pub(crate) enum View<'a> {
    I64(ArrayView1<'a, i64>),
    I32(ArrayView1<'a, i32>),
}

impl Integers<'_> {
    pub(crate) fn view(&self) -> View<'_> {
        match self {
            Self::I64(array) => View::I64(array.as_array()),
            Self::I32(array) => View::I32(array.as_array()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::I64(array) => array.len(),
            Self::I32(array) => array.len(),
        }
    }
}

impl View<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::I64(view) => view.len(),
            Self::I32(view) => view.len(),
        }
    }

    pub(crate) fn get(&self, i: usize) -> i64 {
        match self {
            Self::I64(view) => view[i],
            Self::I32(view) => view[i].into(),
        }
    }

    /// The colour at `i` of the list `name`, of one `what` each.
    pub(crate) fn color(&self, i: usize, name: &str, what: &str) -> Result<u32, Fault> {
        let color = self.get(i);
        u32::try_from(color).map_err(|_| {
            Fault::Value(format!(
                "{name} of {what} {i} is {color}, expected 0 to {}",
                u32::MAX
            ))
        })
    }
}

/// Which nodes belong to which graph: graph `b` has the nodes `ptr[b]..ptr[b + 1]`.
pub(crate) struct Nodes {
    pub(crate) ptr: Vec<usize>,
}

impl Nodes {
    /// From the graph of each node, `[N]`, which must be sorted; `count` graphs, or as many as there are nodes of.
    pub(crate) fn new(batch: View<'_>, count: Option<usize>) -> Result<Self, String> {
        let n = batch.len();
        let limit = count.map_or(i64::MAX, |count| i64::try_from(count).unwrap_or(i64::MAX));
        let mut ptr = Vec::with_capacity(count.unwrap_or_default().saturating_add(1).min(n + 1));
        let mut previous = -1;
        for i in 0..n {
            let graph = batch.get(i);
            if graph < previous.max(0) {
                return Err(match graph < 0 {
                    true => {
                        format!("batch of node {i} is {graph}, expected the index of a graph, at least 0")
                    }
                    false => format!(
                        "batch of node {i} is {graph} after {previous}, expected nodes sorted by graph"
                    ),
                });
            }
            if graph >= limit {
                return Err(format!(
                    "batch of node {i} is {graph}, expected less than num_graphs, which is {limit}"
                ));
            }
            // A graph index far beyond the number of nodes is a mistake, not so many empty graphs.
            if count.is_none() && graph - previous > n as i64 {
                return Err(format!(
                    "batch of node {i} is {graph} after {previous}, expected the index of the next graph; give num_graphs to have empty graphs"
                ));
            }
            for _ in previous..graph {
                ptr.push(i);
            }
            previous = graph;
        }
        match count {
            Some(count) => ptr.resize(count + 1, n),
            None => ptr.push(n),
        }
        Ok(Self { ptr })
    }

    pub(crate) fn count(&self) -> usize {
        self.ptr.len() - 1
    }

    pub(crate) fn of(&self, graph: usize) -> Range<usize> {
        self.ptr[graph]..self.ptr[graph + 1]
    }
}

/// The edges of a batch, by graph.
pub(crate) struct Edges<'a> {
    sources: View<'a>,
    targets: View<'a>,
    colors: Option<View<'a>>,
    /// Graph `b` has the edges from `starts[b]` to `starts[b + 1]`, by `order` if there is one.
    starts: Vec<usize>,
    /// The edges sorted by graph, unless they are sorted.
    order: Option<Vec<usize>>,
}

impl<'a> Edges<'a> {
    /// Sorts edges by graph. O(nodes + edges).
    pub(crate) fn new(
        [sources, targets]: [View<'a>; 2],
        colors: Option<View<'a>>,
        batch: View<'a>,
        nodes: &Nodes,
    ) -> Result<Self, String> {
        let (n, count) = (batch.len(), nodes.count());
        let mut starts = vec![0; count + 1];
        let mut is_sorted = true;
        let mut previous = 0;
        let mut graphs = Vec::new();
        for e in 0..sources.len() {
            let graph_of = |end: View<'_>| {
                let v = end.get(e);
                usize::try_from(v)
                    .ok()
                    .filter(|&v| v < n)
                    .map(|v| batch.get(v))
                    .ok_or(v)
            };
            let out_of_range = |v: i64| {
                let places = match n {
                    0 => "but there are no nodes".to_owned(),
                    _ => format!("expected 0 to {}", n - 1),
                };
                format!("edge_index of edge {e} names node {v}, {places}")
            };
            let [from, to] = [
                graph_of(sources).map_err(out_of_range)?,
                graph_of(targets).map_err(out_of_range)?,
            ];
            if from != to {
                return Err(format!(
                    "edge {e} joins node {} of graph {from} and node {} of graph {to}, expected nodes of one graph",
                    sources.get(e),
                    targets.get(e)
                ));
            }
            let graph = from as usize;
            if is_sorted && graph < previous {
                // From here on the graph of each edge is kept, and those so far are made up for.
                is_sorted = false;
                graphs.reserve(sources.len());
                for (b, &edges) in starts[1..].iter().enumerate() {
                    graphs.resize(graphs.len() + edges, b);
                }
            }
            if !is_sorted {
                graphs.push(graph);
            }
            previous = graph;
            *starts
                .get_mut(graph + 1)
                .ok_or("batch was written to while it was read")? += 1;
        }
        for b in 0..count {
            starts[b + 1] += starts[b];
        }
        let order = (!is_sorted).then(|| {
            let mut next = starts.clone();
            let mut order = vec![0; graphs.len()];
            for (e, &graph) in graphs.iter().enumerate() {
                order[next[graph]] = e;
                next[graph] += 1;
            }
            order
        });
        Ok(Self {
            sources,
            targets,
            colors,
            starts,
            order,
        })
    }
}

/// Up to so many nodes, pairs are looked up in a table.
const TABLE: usize = 64;

/// Memory for making graphs, for each thread.
#[derive(Default)]
pub(crate) struct Builder {
    edges: Vec<(u32, u32, u32)>,
    merged: Vec<(u32, u32, u32)>,
    /// The number of the arc from `u` to `v`, plus one, at `TABLE·u + v`. All zero between graphs.
    table: Vec<u32>,
    /// Arcs as `(lesser end, greater end, whether from the greater, number)`, where a table would be large.
    arcs: Vec<(u32, u32, bool, u32)>,
}

impl Builder {
    /// Graph `b`.
    pub(crate) fn graph(
        &mut self,
        b: usize,
        nodes: &Nodes,
        edges: &Edges<'_>,
        node_color: Option<View<'_>>,
        directed: bool,
    ) -> Result<ColoredGraph, Fault> {
        let range = nodes.of(b);
        let n = range.len();
        self.edges.clear();
        for at in edges.starts[b]..edges.starts[b + 1] {
            let e = edges.order.as_ref().map_or(at, |order| order[at]);
            let local = |v: i64| {
                u32::try_from(v - range.start as i64)
                    .ok()
                    .filter(|&v| (v as usize) < n)
                    .ok_or_else(|| Fault::Value("edge_index was written to while it was read".into()))
            };
            let (u, v) = (local(edges.sources.get(e))?, local(edges.targets.get(e))?);
            let color = match edges.colors {
                Some(colors) => colors.color(e, "edge_color", "edge")?,
                None => 0,
            };
            self.edges.push((u, v, color));
        }
        if !directed {
            self.merge_directions(b, range.start, n)?;
        }
        let graph = ColoredGraph::from_colored_edges(n, directed, self.edges.iter().copied());
        let graph = graph.map_err(|error| match error {
            CanonError::DuplicateEdge {
                source_vertex,
                target,
                ..
            } => twice(b, range.start, source_vertex, target),
            error => error.into(),
        })?;
        match node_color {
            None => Ok(graph),
            Some(colors) => {
                let colors = range.map(|i| colors.color(i, "node_color", "node"));
                Ok(graph.with_node_colors(colors.collect::<Result<_, _>>()?)?)
            }
        }
    }

    /// Makes one edge of two arcs that are each other's reverse.
    fn merge_directions(&mut self, b: usize, start: usize, n: usize) -> Result<(), Fault> {
        // Edges listed once, lesser node first, need no merging; one that is listed twice is found when the graph is made.
        if self.edges.iter().all(|&(u, v, _)| u <= v) {
            return Ok(());
        }
        self.merged.clear();
        let done = if n <= TABLE {
            self.table.resize(TABLE * TABLE, 0);
            let done = self.merge_by_table(b, start);
            for &(u, v, _) in &self.edges {
                self.table[place(u, v)] = 0;
            }
            done
        } else {
            self.merge_by_sorting(b, start)
        };
        std::mem::swap(&mut self.edges, &mut self.merged);
        done
    }

    fn merge_by_table(&mut self, b: usize, start: usize) -> Result<(), Fault> {
        for (e, &(u, v, _)) in (1..).zip(&self.edges) {
            if std::mem::replace(&mut self.table[place(u, v)], e) != 0 {
                return Err(twice(b, start, u, v));
            }
        }
        for &(u, v, color) in &self.edges {
            match self.table[place(v, u)] {
                reverse if u > v && reverse != 0 => {
                    let other = self.edges[reverse as usize - 1].2;
                    if other != color {
                        return Err(two_colors(b, start, [v, u], [other, color]));
                    }
                }
                _ => self.merged.push((u, v, color)),
            }
        }
        Ok(())
    }

    fn merge_by_sorting(&mut self, b: usize, start: usize) -> Result<(), Fault> {
        self.arcs.clear();
        let arcs = (0..).zip(&self.edges);
        self.arcs
            .extend(arcs.map(|(e, &(u, v, _))| (u.min(v), u.max(v), u > v, e)));
        self.arcs.sort_unstable();
        for arcs in self.arcs.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let edge = self.edges[arcs[0].3 as usize];
            match arcs {
                [_] => {}
                [there, back] if there.2 != back.2 => {
                    let other = self.edges[back.3 as usize].2;
                    if edge.2 != other {
                        return Err(two_colors(b, start, [edge.0, edge.1], [edge.2, other]));
                    }
                }
                _ => return Err(twice(b, start, edge.0, edge.1)),
            }
            self.merged.push(edge);
        }
        Ok(())
    }
}

/// The place of a pair of nodes in a table.
fn place(u: u32, v: u32) -> usize {
    u as usize * TABLE + v as usize
}

fn twice(b: usize, start: usize, u: u32, v: u32) -> Fault {
    let [u, v] = [u, v].map(|v| start + v as usize);
    Fault::Value(format!(
        "graph {b}: edge ({u}, {v}) is given twice; multiple edges are not supported"
    ))
}

fn two_colors(b: usize, start: usize, ends: [u32; 2], [there, back]: [u32; 2]) -> Fault {
    let [u, v] = ends.map(|v| start + v as usize);
    Fault::Value(format!(
        "graph {b}: edge ({u}, {v}) of an undirected graph has edge_color {there} in one direction and {back} in the other"
    ))
}
