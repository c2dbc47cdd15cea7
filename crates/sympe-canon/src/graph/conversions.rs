//! Graphs from dense matrices and from petgraph.

use super::colored_graph::ColoredGraph;
use crate::CanonError;
use petgraph::visit::{EdgeRef, GraphProp, IntoEdgeReferences, IntoNodeReferences, NodeIndexable, NodeRef};

impl ColoredGraph {
    /// A graph from a dense row-major `n × n` matrix: 0 means no edge, a value `c ≥ 1` an edge of colour `c − 1`.
    ///
    /// # Errors
    ///
    /// [`CanonError::WrongLength`]; [`CanonError::NotSymmetric`] for an undirected graph.
    ///
    /// ```
    /// use sympe_canon::graph::ColoredGraph;
    /// let edge = ColoredGraph::from_dense(2, false, &[0, 1, 1, 0])?;
    /// assert_eq!(edge, ColoredGraph::from_edges(2, false, [(0, 1)])?);
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    pub fn from_dense(n: usize, directed: bool, matrix: &[u32]) -> Result<Self, CanonError> {
        if matrix.len() != n * n {
            return Err(CanonError::WrongLength {
                what: "adjacency matrix",
                got: matrix.len(),
                want: n * n,
            });
        }
        let mut edges = Vec::new();
        for row in 0..n {
            for column in 0..n {
                let value = matrix[row * n + column];
                if !directed && value != matrix[column * n + row] {
                    return Err(CanonError::NotSymmetric { row, column });
                }
                if value != 0 && (directed || row <= column) {
                    edges.push((row as u32, column as u32, value - 1));
                }
            }
        }
        Self::from_colored_edges(n, directed, edges)
    }

    /// A graph from any petgraph graph; the closures give the colours. Vertex `i` is the `i`-th node of
    /// [`node_references`](IntoNodeReferences::node_references): the node's own index, unless nodes were removed from
    /// a `StableGraph`, whose gaps are closed.
    ///
    /// # Errors
    ///
    /// [`CanonError::DuplicateEdge`] for multigraphs, naming vertices of the new graph.
    ///
    /// ```
    /// use sympe_canon::graph::ColoredGraph;
    /// let triangle = petgraph::graph::UnGraph::<(), ()>::from_edges([(0, 1), (1, 2), (2, 0)]);
    /// let graph = ColoredGraph::from_petgraph(&triangle, |_| 0, |_| 0)?;
    /// assert_eq!((graph.n(), graph.edge_count()), (3, 3));
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    pub fn from_petgraph<G>(
        graph: G,
        mut node_color: impl FnMut(&G::NodeWeight) -> u32,
        mut edge_color: impl FnMut(&G::EdgeWeight) -> u32,
    ) -> Result<Self, CanonError>
    where
        G: IntoNodeReferences + IntoEdgeReferences + NodeIndexable + GraphProp,
    {
        let mut vertex_of = vec![u32::MAX; graph.node_bound()];
        let mut colors = Vec::new();
        for node in graph.node_references() {
            vertex_of[graph.to_index(node.id())] = colors.len() as u32;
            colors.push(node_color(node.weight()));
        }
        let edges = graph.edge_references().map(|edge| {
            let [source, target] = [edge.source(), edge.target()].map(|node| vertex_of[graph.to_index(node)]);
            (source, target, edge_color(edge.weight()))
        });
        Self::from_colored_edges(colors.len(), graph.is_directed(), edges.collect::<Vec<_>>())?
            .with_node_colors(colors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use petgraph::stable_graph::StableDiGraph;

    #[test]
    fn removed_nodes_leave_no_phantom_vertices() {
        let mut stable = StableDiGraph::<u32, u32>::new();
        let [a, b, c, d] = [4, 5, 6, 7].map(|color| stable.add_node(color));
        stable.extend_with_edges([(a, b, 1), (d, c, 2), (c, a, 3)]);
        stable.remove_node(b);
        let graph = ColoredGraph::from_petgraph(&stable, |&color| color, |&color| color).unwrap();
        let want = ColoredGraph::from_colored_edges(3, true, [(2, 1, 2), (1, 0, 3)]).unwrap();
        assert_eq!(graph, want.with_node_colors(vec![4, 6, 7]).unwrap());
    }
}
