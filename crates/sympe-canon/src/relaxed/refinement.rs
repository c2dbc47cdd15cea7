//! Colour refinement as an order, compared from local to global.

use super::order::{VertexOrder, sort_by_ranks};
use crate::CanonError;
use crate::graph::ColoredGraph;
use crate::ranks::{dense_ranks, ln_arrangements};
use std::cmp::Reverse;
use sympe_groups::Permutation;

/// Vertices by invariants of growing radius, each of which only breaks the ties of the former.
///
/// * Round 0 ranks by node colour (ascending), then by degree, **hubs first** (out-degree, then in-degree).
/// * Round `r` orders the vertices that still tie by the ranks of their neighbours: the list of (rank after
///   round `r − 1`, edge colour) over all neighbours, sorted, compared lexicographically, so the vertex with
///   the better placed best neighbour comes first.
///
/// A round never reorders what a former one has told apart, so what is near decides before what is far.
/// Toggling one edge changes the degree of its two ends only; the others stay in their degree class, and
/// inside it those without a changed neighbour stay in their class of round 1, and so on: the order is
/// *smooth* (see [`mean_displacement`](super::mean_displacement)). Hubs come first, so that position 0 means
/// the same in graphs of all sizes, and vertices of degree 0 lie at the end, next to the padding of a batch.
///
/// `rounds: None` runs to the stable (1-WL) partition: the entropy is `Σ ln |cell|!`. `rounds: Some(0)` is
/// the plain degree order. As a kernel, ties are uniformly random; see [`refinement_ranks`] for the ranks.
///
/// ```
/// # use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::{InversionKernel, graph::ColoredGraph, relaxed::RefinementOrder};
///
/// // A path 0-1-2-3 and an isolated vertex 4.
/// let graph = ColoredGraph::from_edges(5, false, [(0, 1), (1, 2), (2, 3)])?;
/// let draw = RefinementOrder::default().draw(&graph, &mut ChaCha8Rng::seed_from_u64(0))?;
/// assert!([1, 2].contains(&draw.apply(0))); // inner vertices first, in random order
/// assert_eq!(draw.apply(4), 4);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
///
/// # References
///
/// B. Weisfeiler, A. Leman, "The reduction of a graph to canonical form" (1968), made an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefinementOrder {
    /// The number of rounds after round 0, at most; `None` until nothing changes.
    pub rounds: Option<usize>,
}

impl VertexOrder for RefinementOrder {
    fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
        Ok(sort_by_ranks(&refinement_ranks(graph, self.rounds), ties))
    }

    fn tie_entropy(&self, graph: &ColoredGraph) -> Result<Option<f64>, CanonError> {
        Ok(Some(ln_arrangements(&refinement_ranks(graph, self.rounds))))
    }
}

/// The classes of [`RefinementOrder`] as ranks `0, 1, …`: equal for vertices that tie, isomorphism-invariant.
///
/// # Complexity
///
/// `O(rounds · (n + m) log n)` time, `O(n + m)` space; at most `n` rounds.
///
/// ```
/// use sympe_canon::{graph::ColoredGraph, relaxed::refinement_ranks};
///
/// // A path 0-1-2-3-4: by degree the inner three tie; one round later the centre is first.
/// let path = ColoredGraph::from_edges(5, false, [(0, 1), (1, 2), (2, 3), (3, 4)])?;
/// assert_eq!(refinement_ranks(&path, Some(0)), [1, 0, 0, 0, 1]);
/// assert_eq!(refinement_ranks(&path, None), [2, 1, 0, 1, 2]);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[must_use]
pub fn refinement_ranks(graph: &ColoredGraph, rounds: Option<usize>) -> Vec<u32> {
    let n = graph.n();
    let round_zero = |v| {
        (
            graph.node_color(v),
            Reverse(graph.degree(v)),
            Reverse(graph.in_neighbors(v).len()),
        )
    };
    let (mut ranks, mut classes) = dense_ranks(n, |u, v| round_zero(u).cmp(&round_zero(v)));
    // One buffer of neighbourhood signatures; vertex v owns signatures[starts[v]..starts[v + 1]].
    let mut signatures: Vec<(u32, u32)> = Vec::new();
    let mut starts = vec![0; n + 1];
    for _ in 0..rounds.unwrap_or(n) {
        if classes == n {
            break;
        }
        signatures.clear();
        for v in 0..n as u32 {
            let out = graph.neighbors(v).iter().zip(graph.edge_colors_of(v));
            append_sorted(
                &mut signatures,
                out.map(|(&u, &color)| (ranks[u as usize], color)),
            );
            if graph.is_directed() {
                // Out-degrees tie since round 0, so in the comparison in-lists meet in-lists.
                let into = graph.in_neighbors(v).iter().zip(graph.in_edge_colors_of(v));
                append_sorted(
                    &mut signatures,
                    into.map(|(&u, &color)| (ranks[u as usize], color)),
                );
            }
            starts[v as usize + 1] = signatures.len();
        }
        let key = |v: u32| {
            let v = v as usize;
            (ranks[v], &signatures[starts[v]..starts[v + 1]])
        };
        let (refined, count) = dense_ranks(n, |u, v| key(u).cmp(&key(v)));
        if count == classes {
            break; // stable
        }
        (ranks, classes) = (refined, count);
    }
    ranks
}

fn append_sorted(signatures: &mut Vec<(u32, u32)>, entries: impl Iterator<Item = (u32, u32)>) {
    let start = signatures.len();
    signatures.extend(entries);
    signatures[start..].sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_before_degrees_and_edge_colours_after_neighbours() {
        let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)]).unwrap();
        let marked = path.with_node_colors(vec![0, 1, 0]).unwrap();
        assert_eq!(refinement_ranks(&marked, None), [0, 1, 0]);
        let bonds = ColoredGraph::from_colored_edges(3, false, [(0, 1, 5), (1, 2, 3)]).unwrap();
        assert_eq!(refinement_ranks(&bonds, None), [2, 0, 1]);
    }

    #[test]
    fn direction_counts() {
        let arc = ColoredGraph::from_edges(3, true, [(0, 1), (1, 2)]).unwrap();
        assert_eq!(refinement_ranks(&arc, None), [1, 0, 2]);
        // 0 -> 1 and 0 -> 2, 2 -> 3: what tells 1 from 3 is who points at them.
        let tree = ColoredGraph::from_edges(4, true, [(0, 1), (0, 2), (2, 3)]).unwrap();
        assert_eq!(refinement_ranks(&tree, None), [0, 2, 1, 3]);
    }

    #[test]
    fn rounds_only_refine() {
        let graph =
            ColoredGraph::from_edges(7, false, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (3, 6)]).unwrap();
        let mut former = refinement_ranks(&graph, Some(0));
        for rounds in 1..5 {
            let ranks = refinement_ranks(&graph, Some(rounds));
            for (u, v) in (0..7).flat_map(|u| (0..7).map(move |v| (u, v))) {
                assert!(
                    former[u] >= former[v] || ranks[u] < ranks[v],
                    "round {rounds} reorders {u} and {v}"
                );
            }
            former = ranks;
        }
        assert_eq!(former, refinement_ranks(&graph, None));
    }
}
