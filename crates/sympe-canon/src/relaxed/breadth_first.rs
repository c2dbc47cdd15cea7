//! A breadth-first visit as an order.

use super::{VertexOrder, arrangement, refinement_ranks, sort_by_ranks};
use crate::CanonError;
use crate::graph::ColoredGraph;
use sympe_groups::{Group, Permutation};

/// Vertices as a breadth-first visit meets them: neighbours get near positions.
///
/// The visit starts at the first vertex of the (stable) refinement order, a hub, and takes the unvisited
/// neighbours of each vertex in refinement order; when a component is exhausted it goes on with the first
/// unvisited vertex. Arcs of directed graphs are walked both ways. Ties of the refinement order are broken by `ties`.
///
/// # Complexity
///
/// `O((n + m) log n)` after refinement.
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
        let n = graph.n();
        let preference = sort_by_ranks(&refinement_ranks(graph, None), ties);
        let rank_of = preference.inverse();
        let mut queue: Vec<u32> = Vec::with_capacity(n); // also the result: nothing is ever removed
        let mut visited = vec![false; n];
        for &root in preference.images() {
            if std::mem::replace(&mut visited[root as usize], true) {
                continue;
            }
            let mut head = queue.len();
            queue.push(root);
            while head < queue.len() {
                let v = queue[head];
                head += 1;
                let first_child = queue.len();
                for &u in graph.neighbors(v).iter().chain(graph.in_neighbors(v)) {
                    if !std::mem::replace(&mut visited[u as usize], true) {
                        queue.push(u);
                    }
                }
                queue[first_child..].sort_unstable_by_key(|&u| rank_of.apply(u));
            }
        }
        Ok(arrangement(queue))
    }
}
