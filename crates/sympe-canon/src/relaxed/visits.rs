//! Lexicographic breadth-first and depth-first visits as orders.

use super::order::{VertexOrder, arrangement, sort_by_ranks};
use super::refinement::refinement_ranks;
use crate::CanonError;
use crate::graph::ColoredGraph;
use std::cmp::{Ordering, Reverse};
use sympe_groups::Permutation;

/// Vertices as a lexicographic breadth-first visit meets them: hubs and their neighbourhoods first.
///
/// The visit starts at the first vertex of the stable refinement order, a hub. Next comes the vertex with the
/// **earliest** placed neighbour; ties are broken by its second, third, … earliest, then by the refinement
/// order, and `ties` at last. A new component starts at its first vertex in the refinement order. Arcs of
/// directed graphs count both ways.
///
/// # Complexity
///
/// `O(n (n + m))` after refinement.
///
/// # References
///
/// D. Rose, R. Tarjan, G. Lueker, "Algorithmic aspects of vertex elimination on graphs", SIAM J. Comput. 5
/// (1976).
///
/// ```
/// # use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::{InversionKernel, graph::ColoredGraph, relaxed::BreadthFirstOrder};
///
/// // A star with centre 2, one of whose arms is longer: 2-0, 2-1, 2-3-4.
/// let graph = ColoredGraph::from_edges(5, false, [(2, 0), (2, 1), (2, 3), (3, 4)])?;
/// let draw = BreadthFirstOrder.draw(&graph, &mut ChaCha8Rng::seed_from_u64(0))?;
/// assert_eq!((draw.apply(0), draw.apply(1), draw.apply(4)), (2, 3, 4));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreadthFirstOrder;

impl VertexOrder for BreadthFirstOrder {
    fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
        let preference = sort_by_ranks(&refinement_ranks(graph, None), ties);
        // A vertex with an earlier placed neighbour is greater, and so is one with more of them.
        Ok(visit(graph, preference.images(), |a, b| {
            a.iter().map(Reverse).cmp(b.iter().map(Reverse))
        }))
    }
}

/// Vertices as a lexicographic depth-first visit meets them: neighbours get near positions.
///
/// After the `start`, the next vertex is the one with the **latest** placed neighbour; ties are broken by its
/// second, third, … latest, then by the refinement order (from the `start` end), and `ties` at last. A new
/// component begins where that order says. Arcs of directed graphs count both ways.
///
/// Of the orders here it tells most about the edges from positions alone: edges lie along the path of the
/// visit.
///
/// # Complexity
///
/// `O(n (n + m))` after refinement.
///
/// # References
///
/// D. Corneil, R. Krueger, "A unified view of graph searching", SIAM J. Discrete Math. 22 (2008), section 3.
///
/// ```
/// # use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_canon::relaxed::{DepthFirstOrder, Start};
/// use sympe_canon::InversionKernel;
///
/// // A star with centre 2, one of whose arms is longer: 2-0, 2-1, 2-3-4.
/// let graph = ColoredGraph::from_edges(5, false, [(2, 0), (2, 1), (2, 3), (3, 4)])?;
/// let draw = DepthFirstOrder { start: Start::Hub }.draw(&graph, &mut ChaCha8Rng::seed_from_u64(0))?;
/// assert_eq!(draw.images()[..3], [2, 3, 4]); // down the long arm, then the others
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DepthFirstOrder {
    /// Which end of the refinement order the visit starts at, and prefers.
    pub start: Start,
}

/// Where [`DepthFirstOrder`] starts.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_canon::relaxed::{DepthFirstOrder, Start, VertexOrder};
/// use sympe_groups::Permutation;
///
/// let star = ColoredGraph::from_edges(4, false, [(2, 0), (2, 1), (2, 3)])?;
/// let first = |start| -> Result<u32, sympe_canon::CanonError> {
///     Ok(DepthFirstOrder { start }.arrange(&star, &Permutation::identity(4))?.apply(0))
/// };
/// assert_eq!(first(Start::Hub)?, 2);
/// assert_eq!(first(Start::Leaf)?, 0);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// At the vertex of highest degree. Smoother.
    Hub,
    /// At the vertex of lowest degree, isolated vertices first. Tells more about the edges.
    #[default]
    Leaf,
    /// At the first vertex of `ties`, and all preferences are those of `ties`: as a kernel, a uniformly random start
    /// and random turns. Much entropy, yet every draw follows the edges.
    Anywhere,
}

impl VertexOrder for DepthFirstOrder {
    fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
        let preference = match self.start {
            Start::Hub => sort_by_ranks(&refinement_ranks(graph, None), ties),
            Start::Leaf => {
                let ranks: Vec<_> = refinement_ranks(graph, None).into_iter().map(Reverse).collect();
                sort_by_ranks(&ranks, ties)
            }
            Start::Anywhere => ties.clone(),
        };
        Ok(visit(graph, preference.images(), |a, b| {
            a.iter().rev().cmp(b.iter().rev())
        }))
    }
}

/// Places one vertex after the other: the greatest by `compare`, of those the first by `preference`.
///
/// `compare` sees of each vertex the positions of its placed neighbours, ascending.
fn visit(
    graph: &ColoredGraph,
    preference: &[u32],
    compare: impl Fn(&[u32], &[u32]) -> Ordering,
) -> Permutation {
    let n = graph.n();
    let mut placed_neighbors: Vec<Vec<u32>> = vec![Vec::new(); n];
    let mut waiting = preference.to_vec();
    let mut placed = Vec::with_capacity(n);
    while !waiting.is_empty() {
        let mut next = 0;
        for i in 1..waiting.len() {
            let [challenger, champion] = [i, next].map(|i| &placed_neighbors[waiting[i] as usize]);
            if compare(challenger, champion).is_gt() {
                next = i;
            }
        }
        let v = waiting.remove(next);
        let position = placed.len() as u32;
        placed.push(v);
        for &u in graph.neighbors(v).iter().chain(graph.in_neighbors(v)) {
            let positions = &mut placed_neighbors[u as usize];
            if positions.last() != Some(&position) {
                positions.push(position); // once, though an edge may be listed in both directions
            }
        }
    }
    arrangement(placed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arranged(order: impl VertexOrder, graph: &ColoredGraph) -> Vec<u32> {
        order
            .arrange(graph, &Permutation::identity(graph.n()))
            .unwrap()
            .into_images()
    }

    #[test]
    fn visits_of_a_triangle_with_tails() {
        // Triangle 0, 1, 2; tails 0-3 and 1-4-5; an isolated vertex 6.
        let edges = [(0, 1), (1, 2), (0, 2), (0, 3), (1, 4), (4, 5)];
        let graph = ColoredGraph::from_edges(7, false, edges).unwrap();
        assert_eq!(arranged(BreadthFirstOrder, &graph), [1, 0, 2, 4, 3, 5, 6]);
        assert_eq!(
            arranged(DepthFirstOrder { start: Start::Hub }, &graph),
            [1, 0, 2, 3, 4, 5, 6]
        );
        assert_eq!(
            arranged(DepthFirstOrder { start: Start::Leaf }, &graph),
            [6, 5, 4, 1, 2, 0, 3]
        );
    }

    #[test]
    fn arcs_count_once_and_both_ways() {
        let both = ColoredGraph::from_edges(3, true, [(0, 1), (1, 0), (2, 0)]).unwrap();
        assert_eq!(arranged(DepthFirstOrder { start: Start::Hub }, &both).len(), 3);
        let against = ColoredGraph::from_edges(3, true, [(1, 0), (1, 2)]).unwrap();
        assert_eq!(arranged(BreadthFirstOrder, &against), [1, 0, 2]);
    }
}
