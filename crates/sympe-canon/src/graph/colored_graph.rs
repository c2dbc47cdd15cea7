//! The graph type: coloured vertices and edges, directed or not.
//!
//! Data structures: a graph of at most 64 vertices and 8 colours of edges holds [`Planes`], a word per vertex, colour
//! and direction, from which the dense engine is loaded without a detour; every other graph holds [`Lists`],
//! compressed sparse rows.
//!
//! Invariants: the graph itself decides which of the two it holds, never how it was made, so that equal graphs are
//! equal member by member; lists of a graph that has planes are made when somebody asks for them, and take no part in
//! equality, order or hash.

use super::planes::{MOST_VERTICES, Planes};
use super::rows::{Direction, Lists, Rows};
use crate::CanonError;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;
use sympe_groups::{Action, Group, Permutation};

/// A graph with coloured nodes and edges, directed or not.
///
/// Vertices are `0..n`. Colours are numbers compared by value; without an explicit colour it is 0. Self-loops are
/// allowed, multiple edges are not. A [`Permutation`] acts by relabelling: vertex `v` becomes `g(v)`.
///
/// Equality is equality of labelled graphs, colours and direction included; the order is total and otherwise
/// arbitrary.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_groups::{Action, Permutation};
///
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// let moved = Permutation::parse("(0 1)", 3)?.act(&path);
/// assert_eq!(moved, ColoredGraph::from_edges(3, false, [(0, 1), (0, 2)])?);
/// assert_eq!(moved.neighbors(0), [1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ColoredGraph {
    directed: bool,
    node_colors: Vec<u32>,
    /// The edges as sets of vertices, if there are few vertices and few colours of edges.
    planes: Option<Planes>,
    /// The edges as lists: always if there are no planes, and otherwise once somebody has asked.
    lists: OnceLock<Box<Lists>>,
}

impl ColoredGraph {
    /// A graph from its edges, all of colour 0. An undirected edge is listed once, in either direction.
    ///
    /// # Errors
    ///
    /// [`CanonError::VertexOutOfRange`], [`CanonError::DuplicateEdge`].
    pub fn from_edges(
        n: usize,
        directed: bool,
        edges: impl IntoIterator<Item = (u32, u32)>,
    ) -> Result<Self, CanonError> {
        Self::from_colored_edges(n, directed, edges.into_iter().map(|(u, v)| (u, v, 0)))
    }

    /// A graph from its edges `(u, v, colour)`. An undirected edge is listed once, in either direction.
    ///
    /// # Errors
    ///
    /// [`CanonError::VertexOutOfRange`], [`CanonError::DuplicateEdge`].
    ///
    /// ```
    /// use sympe_canon::graph::ColoredGraph;
    /// let water = ColoredGraph::from_colored_edges(3, false, [(0, 1, 1), (0, 2, 1)])?.with_node_colors(vec![8, 1, 1])?;
    /// assert_eq!(water.edge_color(2, 0), Some(1));
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    pub fn from_colored_edges(
        n: usize,
        directed: bool,
        edges: impl IntoIterator<Item = (u32, u32, u32)>,
    ) -> Result<Self, CanonError> {
        // Each edge once: of a large graph there is no more than that beside its rows.
        let mut list = Vec::new();
        for (u, v, color) in edges {
            if let Some(vertex) = [u, v].into_iter().find(|&vertex| vertex as usize >= n) {
                return Err(CanonError::VertexOutOfRange { vertex, n });
            }
            list.push((u, v, color));
        }
        let node_colors = vec![0; n];
        let arcs = list.iter().flat_map(|&(u, v, color)| {
            let back = (!directed && u != v).then_some((v, u, color));
            std::iter::once((u, v, color)).chain(back)
        });
        if let Some(planes) = Planes::of_arcs(n, directed, arcs) {
            return Ok(Self {
                directed,
                node_colors,
                planes: Some(planes),
                lists: OnceLock::new(),
            });
        }
        let lists = if directed {
            let out = Rows::new(n, &list, Direction::Forth)?;
            Lists::new(out, Rows::new(n, &list, Direction::Back)?)
        } else {
            Lists::new(Rows::new(n, &list, Direction::Both)?, Rows::default())
        };
        Ok(Self {
            directed,
            node_colors,
            planes: None,
            lists: OnceLock::from(Box::new(lists)),
        })
    }

    /// The edges as lists.
    fn lists(&self) -> &Lists {
        self.lists.get_or_init(|| match &self.planes {
            Some(planes) => Box::new(planes.lists(self.directed)),
            None => unreachable!("a graph without planes is made from lists"),
        })
    }

    /// The rows by source, of an undirected graph in both directions.
    pub(super) fn rows(&self) -> &Rows {
        &self.lists().out
    }

    /// The edges as sets of vertices, if the graph is small.
    pub(super) fn planes(&self) -> Option<&Planes> {
        self.planes.as_ref()
    }

    /// What equality, order and hash look at: everything about the graph, once.
    fn key(&self) -> (bool, &[u32], Option<&Planes>, Option<&Lists>) {
        let lists = self.planes.is_none().then(|| self.lists());
        (self.directed, &self.node_colors, self.planes.as_ref(), lists)
    }

    /// The same graph with these node colours.
    ///
    /// # Errors
    ///
    /// [`CanonError::WrongLength`] unless there is one colour per vertex.
    pub fn with_node_colors(mut self, colors: Vec<u32>) -> Result<Self, CanonError> {
        if colors.len() != self.n() {
            return Err(CanonError::WrongLength {
                what: "node colours",
                got: colors.len(),
                want: self.n(),
            });
        }
        self.node_colors = colors;
        Ok(self)
    }

    /// Number of vertices.
    #[must_use]
    pub fn n(&self) -> usize {
        self.node_colors.len()
    }

    /// Number of edges (arcs of a directed graph), self-loops included.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        let vertices = 0..self.n() as u32;
        let arcs: usize = vertices.clone().map(|v| self.degree(v)).sum();
        if self.directed {
            return arcs;
        }
        let loops = vertices.filter(|&v| self.has_edge(v, v)).count();
        (arcs + loops) / 2
    }

    /// Whether edges have a direction.
    #[must_use]
    pub fn is_directed(&self) -> bool {
        self.directed
    }

    /// The colour of vertex `v`.
    ///
    /// # Panics
    ///
    /// When `v` is not a vertex; so do the other accessors.
    #[must_use]
    pub fn node_color(&self, v: u32) -> u32 {
        self.node_colors[v as usize]
    }

    /// The colours of all vertices.
    #[must_use]
    pub fn node_colors(&self) -> &[u32] {
        &self.node_colors
    }

    /// The (out-)neighbours of `v`, increasing.
    #[must_use]
    pub fn neighbors(&self, v: u32) -> &[u32] {
        let rows = &self.lists().out;
        &rows.targets[rows.range(v)]
    }

    /// Colours of the edges to [`neighbors`](Self::neighbors), in the same order.
    #[must_use]
    pub fn edge_colors_of(&self, v: u32) -> &[u32] {
        let rows = &self.lists().out;
        &rows.colors[rows.range(v)]
    }

    /// The vertices with an edge to `v`, increasing; the neighbours if the graph is undirected.
    #[must_use]
    pub fn in_neighbors(&self, v: u32) -> &[u32] {
        let rows = self.incoming_rows();
        &rows.targets[rows.range(v)]
    }

    /// Colours of the edges from [`in_neighbors`](Self::in_neighbors), in the same order.
    #[must_use]
    pub fn in_edge_colors_of(&self, v: u32) -> &[u32] {
        let rows = self.incoming_rows();
        &rows.colors[rows.range(v)]
    }

    /// The rows by target.
    fn incoming_rows(&self) -> &Rows {
        let lists = self.lists();
        if self.directed {
            &lists.incoming
        } else {
            &lists.out
        }
    }

    /// Number of (out-)neighbours of `v`; a self-loop counts once.
    #[must_use]
    pub fn degree(&self, v: u32) -> usize {
        match &self.planes {
            Some(planes) => planes.degree(v),
            None => self.lists().out.range(v).len(),
        }
    }

    /// The colour of the edge from `u` to `v`, if there is one. O(log degree).
    #[must_use]
    pub fn edge_color(&self, u: u32, v: u32) -> Option<u32> {
        if let Some(planes) = &self.planes {
            return planes.edge_color(u, v);
        }
        let position = self.neighbors(u).binary_search(&v).ok()?;
        Some(self.edge_colors_of(u)[position])
    }

    /// Whether there is an edge from `u` to `v`. O(log degree).
    #[must_use]
    pub fn has_edge(&self, u: u32, v: u32) -> bool {
        self.edge_color(u, v).is_some()
    }

    /// Whether the graph holds its edges as it has to, and these as they have to be.
    #[cfg(test)]
    fn invariants_hold(&self) -> bool {
        let mut colors: Vec<u32> = self.edges().map(|edge| edge.2).collect();
        colors.sort_unstable();
        colors.dedup();
        let is_small = self.n() <= MOST_VERTICES && colors.len() <= super::planes::MOST_COLORS;
        let lists = self.lists();
        is_small == self.planes.is_some()
            && self.planes.as_ref().is_none_or(Planes::invariants_hold)
            && [&lists.out, &lists.incoming]
                .iter()
                .all(|rows| rows.invariants_hold(self.n()))
            && self.directed != lists.incoming.starts.is_empty()
    }

    /// Whether any vertex is joined to itself.
    pub(super) fn has_loops(&self) -> bool {
        match &self.planes {
            Some(planes) => planes.have_loops(),
            None => self.lists().has_loops,
        }
    }

    /// Every edge once, as `(u, v, colour)`, in increasing order; `u ≤ v` if the graph is undirected.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        let small = self.planes.as_ref().map(Planes::edges);
        let large = self.planes.is_none().then(|| self.listed_edges());
        small.into_iter().flatten().chain(large.into_iter().flatten())
    }

    /// [`edges`](Self::edges) of the lists.
    fn listed_edges(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        (0..self.n() as u32).flat_map(move |u| {
            let colors = self.edge_colors_of(u).iter();
            self.neighbors(u)
                .iter()
                .zip(colors)
                .map(move |(&v, &color)| (u, v, color))
                .filter(|&(u, v, _)| self.directed || u <= v)
        })
    }

    /// The connected components, directions ignored: each sorted, by least vertex. O(n + m).
    ///
    /// ```
    /// use sympe_canon::graph::ColoredGraph;
    /// let graph = ColoredGraph::from_edges(4, true, [(3, 0), (1, 1)])?;
    /// assert_eq!(graph.components(), [vec![0, 3], vec![1], vec![2]]);
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    #[must_use]
    pub fn components(&self) -> Vec<Vec<u32>> {
        let mut seen = vec![false; self.n()];
        let mut components = Vec::new();
        for root in 0..self.n() {
            if std::mem::replace(&mut seen[root], true) {
                continue;
            }
            let mut component = vec![root as u32];
            let mut head = 0;
            while head < component.len() {
                let v = component[head];
                head += 1;
                for &u in self.neighbors(v).iter().chain(self.in_neighbors(v)) {
                    if !std::mem::replace(&mut seen[u as usize], true) {
                        component.push(u);
                    }
                }
            }
            component.sort_unstable();
            components.push(component);
        }
        components
    }

    /// The induced subgraph on `vertices` (increasing, distinct), numbered in this order, with these colours. `local`
    /// has a place for each vertex of the whole graph, all `u32::MAX` before and after. O(vertices and their edges).
    pub(super) fn induced(&self, vertices: &[u32], node_colors: Vec<u32>, local: &mut [u32]) -> Self {
        for (i, &v) in (0u32..).zip(vertices) {
            local[v as usize] = i;
        }
        let restrict = |rows: &Rows| {
            let mut kept = Rows::default();
            if rows.starts.is_empty() {
                return kept;
            }
            let most = vertices.iter().map(|&v| rows.range(v).len()).sum();
            kept.targets.reserve(most);
            kept.colors.reserve(most);
            kept.starts.reserve(vertices.len() + 1);
            kept.starts.push(0);
            for &v in vertices {
                for (target, color) in rows.local_arcs(v, local) {
                    kept.targets.push(target);
                    kept.colors.push(color);
                }
                kept.starts.push(kept.targets.len() as u32);
            }
            kept
        };
        let whole = self.lists();
        let mut arcs = Vec::with_capacity(4 * vertices.len());
        if vertices.len() <= MOST_VERTICES {
            for (i, &v) in (0u32..).zip(vertices) {
                arcs.extend(
                    whole
                        .out
                        .local_arcs(v, local)
                        .map(|(target, color)| (i, target, color)),
                );
            }
        }
        let planes = Planes::of_arcs(vertices.len(), self.directed, arcs.iter().copied());
        let lists = match planes {
            Some(_) => OnceLock::new(),
            None => OnceLock::from(Box::new(Lists::new(
                restrict(&whole.out),
                restrict(&whole.incoming),
            ))),
        };
        for &v in vertices {
            local[v as usize] = u32::MAX;
        }
        Self {
            directed: self.directed,
            planes,
            node_colors,
            lists,
        }
    }

    /// The undirected graph without vertices.
    pub(super) fn empty() -> Self {
        Self {
            directed: false,
            node_colors: Vec::new(),
            planes: Some(Planes::default()),
            lists: OnceLock::new(),
        }
    }

    /// Puts `h⁻¹·self` into `moved`. O(n + m); memory is reused.
    pub(super) fn move_back(&self, h: &Permutation, moved: &mut Self) {
        let order = h.images();
        moved.directed = self.directed;
        moved.node_colors.clear();
        moved
            .node_colors
            .extend(order.iter().map(|&v| self.node_colors[v as usize]));
        if let Some(planes) = &self.planes {
            if moved.lists.get().is_some() {
                moved.lists.take();
            }
            planes.relabel(order, moved.planes.get_or_insert_default());
        } else {
            let mut lists = moved.lists.take().unwrap_or_default();
            self.lists().relabel(self.directed, order, &mut lists);
            moved.planes = None;
            moved.lists = OnceLock::from(lists);
        }
    }

    /// The colour of all edges, loops included, if it is one.
    pub(super) fn only_edge_color(&self) -> Option<u32> {
        self.lists().only_color
    }

    /// Whether `g` maps the graph to itself, colours included. O(n + m log m).
    ///
    /// # Panics
    ///
    /// When the degree of `g` is not `n`.
    #[must_use]
    pub fn has_automorphism(&self, g: &Permutation) -> bool {
        assert_eq!(
            g.degree(),
            self.n(),
            "degree of the permutation and number of vertices"
        );
        self.is_fixed_by(g.images())
    }

    /// [`has_automorphism`](Self::has_automorphism) for a list of images, which must be a bijection.
    pub(super) fn is_fixed_by(&self, images: &[u32]) -> bool {
        let mut vertices = 0..self.n() as u32;
        if let Some(planes) = &self.planes {
            let keeps_color = |v| self.node_color(v) == self.node_color(images[v as usize]);
            return vertices.all(keeps_color) && planes.are_fixed_by(images);
        }
        vertices.all(|v| {
            let image = images[v as usize];
            self.node_color(v) == self.node_color(image)
                && self.degree(v) == self.degree(image)
                && self
                    .neighbors(v)
                    .iter()
                    .zip(self.edge_colors_of(v))
                    .all(|(&u, &color)| self.edge_color(image, images[u as usize]) == Some(color))
        })
    }
}

impl Action<ColoredGraph> for Permutation {
    /// Relabels: vertex `v` becomes `g(v)`. O(n + m).
    ///
    /// # Panics
    ///
    /// When the degree is not the number of vertices.
    fn act(&self, graph: &ColoredGraph) -> ColoredGraph {
        assert_eq!(
            self.degree(),
            graph.n(),
            "degree of the permutation and number of vertices"
        );
        let mut moved = ColoredGraph::empty();
        graph.move_back(&self.inverse(), &mut moved);
        moved
    }
}

impl PartialEq for ColoredGraph {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ColoredGraph {}

impl PartialOrd for ColoredGraph {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ColoredGraph {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for ColoredGraph {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Debug for ColoredGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColoredGraph")
            .field("directed", &self.directed)
            .field("node_colors", &self.node_colors)
            .field("edges", &self.edges().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
    use std::collections::{BTreeMap, HashSet};

    /// With words and without: to 64 vertices and 8 colours, and more of both.
    #[test]
    fn words_and_lists_say_what_the_edges_say() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        for round in 0..600 {
            let (directed, n) = (round % 2 == 1, rng.random_range(0..72u32));
            let colors = rng.random_range(1..11);
            let mut edges: BTreeMap<(u32, u32), u32> = BTreeMap::new();
            for _ in 0..rng.random_range(0..=3 * n) {
                let (u, v) = (rng.random_range(0..n), rng.random_range(0..n));
                let pair = if directed { (u, v) } else { (u.min(v), u.max(v)) };
                edges.insert(pair, rng.random_range(0..colors));
            }
            let build = |edges: &BTreeMap<(u32, u32), u32>| {
                let edges = edges.iter().map(|(&(u, v), &color)| (u, v, color));
                ColoredGraph::from_colored_edges(n as usize, directed, edges).unwrap()
            };
            let graph = build(&edges);
            let found = graph.edges().map(|(u, v, color)| ((u, v), color)).collect();
            assert_eq!(edges, found);
            assert!(graph.edges().eq(graph.listed_edges()));
            assert_eq!(graph.edge_count(), edges.len());
            let joined = |u: u32, v: u32| {
                let pair = if directed { (u, v) } else { (u.min(v), u.max(v)) };
                edges.get(&pair).copied()
            };
            for u in 0..n {
                let out: Vec<u32> = (0..n).filter(|&v| joined(u, v).is_some()).collect();
                let into: Vec<u32> = (0..n).filter(|&v| joined(v, u).is_some()).collect();
                assert_eq!((graph.neighbors(u), graph.in_neighbors(u)), (&out[..], &into[..]));
                assert_eq!(graph.degree(u), out.len());
                assert!((0..n).all(|v| graph.edge_color(u, v) == joined(u, v)));
            }
            let g = Permutation::random(n as usize, &mut rng);
            let moved = g.act(&graph);
            let image = |v: u32| g.images()[v as usize];
            let expected = edges.iter().map(|(&(u, v), &color)| {
                let (u, v) = (image(u), image(v));
                (if directed { (u, v) } else { (u.min(v), u.max(v)) }, color)
            });
            let expected = build(&expected.collect());
            assert_eq!(moved, expected);
            assert!(graph.invariants_hold() && moved.invariants_hold());
            assert_eq!(moved.cmp(&expected), Ordering::Equal);
            assert_eq!(HashSet::from([moved.clone(), expected]).len(), 1);
            assert_eq!(graph.has_automorphism(&g), moved == graph);
            assert!(graph.has_automorphism(&Permutation::identity(n as usize)));
            let mut back = ColoredGraph::empty();
            moved.move_back(&g, &mut back);
            assert_eq!(back, graph);
        }
    }

    #[test]
    fn accessors_refuse_what_is_no_vertex() {
        for (n, directed) in [(3, false), (3, true), (80, true)] {
            let edge = ColoredGraph::from_edges(n, directed, [(0, 1)]).unwrap();
            let outside = n as u32;
            let refused = |ask: &dyn Fn()| {
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask)).expect_err("it is no vertex");
            };
            refused(&|| _ = edge.degree(outside));
            refused(&|| _ = edge.edge_color(outside, 0));
            refused(&|| _ = edge.neighbors(outside));
            refused(&|| _ = edge.in_neighbors(outside));
            assert_eq!(edge.edge_color(0, outside), None);
        }
    }

    #[test]
    fn an_edge_listed_twice_is_named_in_graphs_of_any_size() {
        for n in [5, 80] {
            for (directed, again) in [(false, (3, 1)), (true, (1, 3))] {
                let error = ColoredGraph::from_edges(n, directed, [(1, 3), (2, 0), again]).unwrap_err();
                assert_eq!(
                    error.to_string(),
                    "edge (1, 3) is given twice; multiple edges are not supported"
                );
            }
        }
    }
}
