//! Walk counts as an order.

use super::order::{VertexOrder, sort_by_ranks};
use crate::CanonError;
use crate::graph::ColoredGraph;
use crate::ranks::{dense_ranks, ln_arrangements};
use sympe_groups::Permutation;

/// Vertices by node colour, then by the number of walks of length 1, 2, …, `steps` that start there, **most
/// first**.
///
/// Length 1 counts neighbours (the degree), length 2 sums the neighbours' degrees, and so on: the sums of
/// what [`RefinementOrder`](super::RefinementOrder) compares entry by entry. Coarser, since sums forget, and
/// cheaper. Edge colours are not seen; in directed graphs walks along the arcs are compared first, then walks
/// against them.
///
/// ```
/// # use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::{InversionKernel, graph::ColoredGraph, relaxed::WalkOrder};
///
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// let draw = WalkOrder { steps: 2 }.draw(&path, &mut ChaCha8Rng::seed_from_u64(0))?;
/// assert_eq!(draw.apply(0), 1);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkOrder {
    /// The greatest length of walks that are counted.
    pub steps: usize,
}

impl Default for WalkOrder {
    /// Four steps, which tell as many vertices of a small random graph apart as refinement does.
    fn default() -> Self {
        Self { steps: 4 }
    }
}

impl VertexOrder for WalkOrder {
    fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
        Ok(sort_by_ranks(&walk_ranks(graph, self.steps), ties))
    }

    fn tie_entropy(&self, graph: &ColoredGraph) -> Result<Option<f64>, CanonError> {
        Ok(Some(ln_arrangements(&walk_ranks(graph, self.steps))))
    }
}

/// The classes of [`WalkOrder`] as ranks `0, 1, …`: equal for vertices that tie, isomorphism-invariant.
///
/// Counts saturate at `u128::MAX`, which cannot depend on the labelling.
///
/// # Complexity
///
/// `O(steps · (n + m) + n log n)` time, `O(steps · n)` space.
///
/// ```
/// use sympe_canon::{graph::ColoredGraph, relaxed::walk_ranks};
///
/// let path = ColoredGraph::from_edges(5, false, [(0, 1), (1, 2), (2, 3), (3, 4)])?;
/// assert_eq!(walk_ranks(&path, 2), [2, 1, 0, 1, 2]);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[must_use]
pub fn walk_ranks(graph: &ColoredGraph, steps: usize) -> Vec<u32> {
    let n = graph.n();
    let mut lengths = vec![walk_counts(n, steps, |v| graph.neighbors(v))];
    if graph.is_directed() {
        lengths.push(walk_counts(n, steps, |v| graph.in_neighbors(v)));
    }
    let compare = |u: u32, v: u32| {
        let by_color = graph.node_color(u).cmp(&graph.node_color(v));
        let counts = lengths.iter().flatten();
        counts.fold(by_color, |order, count| {
            order.then_with(|| count[v as usize].cmp(&count[u as usize]))
        })
    };
    dense_ranks(n, compare).0
}

/// `counts[k - 1][v]`: walks of length `k` from `v`.
fn walk_counts<'g>(n: usize, steps: usize, next: impl Fn(u32) -> &'g [u32]) -> Vec<Vec<u128>> {
    let longer = |shorter: &Vec<u128>| {
        let count = |v| {
            next(v)
                .iter()
                .fold(0, |sum: u128, &u| sum.saturating_add(shorter[u as usize]))
        };
        Some((0..n as u32).map(count).collect())
    };
    std::iter::successors(Some(vec![1; n]), longer)
        .skip(1)
        .take(steps)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_powers_of_the_degree_in_a_regular_graph_and_saturate() {
        let triangle = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2), (0, 2)]).unwrap();
        let counts = walk_counts(3, 200, |v| triangle.neighbors(v));
        assert_eq!(
            (counts[0][0], counts[9][1], counts[126][2]),
            (2, 1 << 10, 1 << 127)
        );
        assert_eq!(counts[199], [u128::MAX; 3]);
    }

    #[test]
    fn arcs_are_walked_along_then_against() {
        let path = ColoredGraph::from_edges(4, true, [(0, 1), (1, 2), (3, 2)]).unwrap();
        assert_eq!(walk_ranks(&path, 2), [0, 1, 3, 2]);
    }
}
