//! The graph type of discrete diffusion: classes of nodes, and of pairs as a full matrix, which is how networks take them.
//! Invariant: the matrix is symmetric, with zeros on the diagonal.

use crate::DataError;
use crate::error::count;
use sympe_canon::graph::ColoredGraph;
use sympe_groups::{Action, Permutation};

/// A graph whose nodes and pairs of nodes have classes: `n` node classes and a row-major, symmetric `n × n` matrix of
/// edge classes with zero diagonal. Edge class 0 is no edge.
///
/// Equality is equality of labelled graphs. [`MoleculeClasses`](super::MoleculeClasses) makes them of molecules. A [`Permutation`] acts by relabelling: node `v` becomes `g(v)`.
///
/// ```
/// use sympe_data::diffusion::CategoricalGraph;
/// let path = CategoricalGraph::new(vec![0, 1, 0], vec![0, 1, 0, 1, 0, 2, 0, 2, 0])?;
/// assert_eq!((path.n(), path.edge(1, 2), path.edge(0, 2)), (3, 2, 0));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CategoricalGraph {
    nodes: Vec<u8>,
    edges: Vec<u8>,
}

impl CategoricalGraph {
    /// A graph from its node classes `[n]` and edge classes `[n, n]`.
    ///
    /// # Errors
    ///
    /// When the matrix is not `n × n`, not symmetric, or has an entry on the diagonal.
    pub fn new(nodes: Vec<u8>, edges: Vec<u8>) -> Result<Self, DataError> {
        let n = nodes.len();
        let wrong = |got: String, expected| Err(DataError::invalid("matrix of edge classes", got, expected));
        if edges.len() != n * n {
            return wrong(
                format!(
                    "{} for {}",
                    count(edges.len(), ["entry", "entries"]),
                    count(n, ["node", "nodes"])
                ),
                "one entry per pair of nodes, n × n",
            );
        }
        for i in 0..n {
            if edges[i * n + i] != 0 {
                return wrong(
                    format!("{} at ({i}, {i})", edges[i * n + i]),
                    "zeros on the diagonal",
                );
            }
            for j in 0..i {
                let (below, above) = (edges[i * n + j], edges[j * n + i]);
                if below != above {
                    let got = format!("{below} at ({i}, {j}) and {above} at ({j}, {i})");
                    return wrong(got, "a symmetric matrix");
                }
            }
        }
        Ok(Self { nodes, edges })
    }

    /// A graph from a function of each node, in order, and then of each pair `i < j`, in order of rows.
    pub(super) fn from_fn<E>(
        n: usize,
        node: impl FnMut(usize) -> Result<u8, E>,
        mut edge: impl FnMut(usize, usize) -> Result<u8, E>,
    ) -> Result<Self, E> {
        let nodes = (0..n).map(node).collect::<Result<_, E>>()?;
        let mut edges = vec![0; n * n];
        for i in 0..n {
            for j in i + 1..n {
                let class = edge(i, j)?;
                edges[i * n + j] = class;
                edges[j * n + i] = class;
            }
        }
        Ok(Self { nodes, edges })
    }

    /// Number of nodes.
    #[must_use]
    pub fn n(&self) -> usize {
        self.nodes.len()
    }

    /// The node classes, `[n]`.
    #[must_use]
    pub fn nodes(&self) -> &[u8] {
        &self.nodes
    }

    /// The edge classes, row-major `[n, n]`.
    #[must_use]
    pub fn edges(&self) -> &[u8] {
        &self.edges
    }

    /// The class of the pair `i`, `j`.
    ///
    /// # Panics
    ///
    /// When one is not a node.
    #[must_use]
    pub fn edge(&self, i: usize, j: usize) -> u8 {
        assert!(
            i < self.n() && j < self.n(),
            "nodes {i}, {j} of a graph of {}",
            self.n()
        );
        self.edges[i * self.n() + j]
    }

    /// The pairs `i < j`.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let n = self.n();
        (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
    }

    /// Refuses classes that do not exist.
    pub(super) fn check_classes(&self, node_classes: usize, edge_classes: usize) -> Result<(), DataError> {
        for (what, classes, count) in [
            ("node class", &self.nodes, node_classes),
            ("edge class", &self.edges, edge_classes),
        ] {
            if let Some(&class) = classes.iter().max().filter(|&&class| usize::from(class) >= count) {
                let got = format!("{class} where there are {count}");
                return Err(DataError::invalid(
                    what,
                    got,
                    "a class below the number of classes",
                ));
            }
        }
        Ok(())
    }

    /// Nodes of these classes, and no edges.
    pub(super) fn without_edges(nodes: Vec<u8>) -> Self {
        let edges = vec![0; nodes.len() * nodes.len()];
        Self { nodes, edges }
    }

    /// Makes a pair of this class.
    pub(super) fn set_edge(&mut self, i: usize, j: usize, class: u8) {
        let n = self.n();
        (self.edges[i * n + j], self.edges[j * n + i]) = (class, class);
    }

    /// Gives each node of class `c` the class `renumbered[c]`.
    pub(super) fn renumber_nodes(&mut self, renumbered: &[u8]) {
        self.nodes
            .iter_mut()
            .for_each(|class| *class = renumbered[usize::from(*class)]);
    }

    /// The graph whose classes are colours: that of a node its colour, that of an edge its colour plus 1. Plain graphs get
    /// one node class and two edge classes.
    ///
    /// # Errors
    ///
    /// When the graph is directed, has a self-loop, or has a node colour above 255 or an edge colour above 254.
    pub fn from_colored_graph(graph: &ColoredGraph) -> Result<Self, DataError> {
        let expected =
            "an undirected graph without self-loops, node colours up to 255, edge colours up to 254";
        let wrong = |got: String| DataError::invalid("graph to diffuse", got, expected);
        if graph.is_directed() {
            return Err(wrong("directed".to_owned()));
        }
        let n = graph.n();
        let nodes = graph
            .node_colors()
            .iter()
            .map(|&color| u8::try_from(color).map_err(|_| wrong(format!("one with node colour {color}"))));
        let nodes = nodes.collect::<Result<_, _>>()?;
        let mut edges = vec![0; n * n];
        for (u, v, color) in graph.edges() {
            if u == v {
                return Err(wrong(format!("one with a self-loop at node {u}")));
            }
            let class = color.checked_add(1).and_then(|class| u8::try_from(class).ok());
            let class = class.ok_or_else(|| wrong(format!("one with edge colour {color}")))?;
            edges[u as usize * n + v as usize] = class;
            edges[v as usize * n + u as usize] = class;
        }
        Ok(Self { nodes, edges })
    }

    /// The coloured graph, as symmetry breaking sees a noisy graph: the inverse of
    /// [`from_colored_graph`](Self::from_colored_graph). O(n²).
    #[must_use]
    pub fn to_colored_graph(&self) -> ColoredGraph {
        let edges = self.pairs().filter_map(|(i, j)| {
            let class = u32::from(self.edges[i * self.n() + j]);
            Some((i as u32, j as u32, class.checked_sub(1)?))
        });
        let colors = self.nodes.iter().map(|&class| u32::from(class)).collect();
        ColoredGraph::from_colored_edges(self.n(), false, edges)
            .and_then(|graph| graph.with_node_colors(colors))
            .expect("each pair once, one colour per node")
    }
}

impl Action<CategoricalGraph> for Permutation {
    /// Relabels: node `v` becomes `g(v)`. O(n²).
    ///
    /// # Panics
    ///
    /// When the degree is not the number of nodes.
    fn act(&self, graph: &CategoricalGraph) -> CategoricalGraph {
        let n = graph.n();
        assert_eq!(self.degree(), n, "degree of the permutation and number of nodes");
        let image = |v: usize| self.apply(v as u32) as usize;
        let (mut nodes, mut edges) = (vec![0; n], vec![0; n * n]);
        for i in 0..n {
            nodes[image(i)] = graph.nodes[i];
            for j in 0..n {
                edges[image(i) * n + image(j)] = graph.edges[i * n + j];
            }
        }
        CategoricalGraph { nodes, edges }
    }
}
