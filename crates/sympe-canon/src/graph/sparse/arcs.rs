//! The arcs of a graph as the refinement sees them.
//!
//! Both directions of a directed graph are listed at each vertex, without loops; an arc has a weight that stands for
//! its kind, which is a colour and a direction. The sum of the weights from a vertex into a cell identifies how many
//! arcs of each kind there are, so that refinement compares one number instead of a multiset.
//!
//! Invariants ([`Arcs::invariants_hold`]): lists are sorted by target within a direction; an arc from `u` to `v` is
//! matched by one from `v` to `u`; weights are positive, and equal for equal kinds.

use super::super::colored_graph::ColoredGraph;
use super::super::hash::mix;

/// Compressed sparse rows of arcs with weights.
pub(super) struct Arcs {
    starts: Vec<u32>,
    targets: Vec<u32>,
    /// Empty if all weights are one.
    weights: Vec<u64>,
    /// Weights are powers of `2^width`, so that a sum of them is a list of exact counts: true unless there are so
    /// many kinds and neighbours that the counts do not fit into 64 bits, and weights are hashes.
    pub(super) exact: bool,
    /// Sums of weights are exact counts, and less than 2³².
    pub(super) small: bool,
}

impl Arcs {
    /// The arcs of a graph. O(n + m log m).
    pub(super) fn of_graph(graph: &ColoredGraph) -> Self {
        let n = graph.n();
        let mut arcs = Self {
            starts: Vec::new(),
            targets: Vec::new(),
            weights: Vec::new(),
            exact: true,
            small: true,
        };
        if !graph.is_directed() && graph.only_edge_color().is_some() {
            let rows = graph.rows();
            if !graph.has_loops() {
                (arcs.starts, arcs.targets) = (rows.starts.clone(), rows.targets.clone());
                return arcs;
            }
            arcs.starts.push(0);
            for v in 0..n as u32 {
                arcs.targets
                    .extend(rows.targets[rows.range(v)].iter().filter(|&&u| u != v));
                arcs.starts.push(arcs.targets.len() as u32);
            }
            return arcs;
        }
        arcs.starts.reserve(n + 1);
        arcs.starts.push(0);
        let mut colors: Vec<u32> = graph.edges().map(|edge| edge.2).collect();
        colors.sort_unstable();
        colors.dedup();
        let directions = 1 + u64::from(graph.is_directed());
        let kinds = colors.len() as u64 * directions;
        let largest_degree = (0..n as u32)
            .map(|v| graph.degree(v).max(graph.in_neighbors(v).len()))
            .max()
            .unwrap_or(0);
        let width = u64::from(64 - (largest_degree as u64).leading_zeros());
        arcs.exact = kinds * width <= 64;
        arcs.small = kinds * width <= 32;
        let weight = |color: u32, inward: u64| {
            let kind = match colors.binary_search(&color) {
                Ok(index) => index as u64 * directions + inward,
                Err(_) => unreachable!("colours were collected from the edges"),
            };
            if arcs.exact {
                1 << (kind * width)
            } else {
                // The colour itself is hashed, not its index, so that the hash does not depend on which other colours
                // occur. Hashes have 39 bits, and are positive: sums of 2²⁴ of them do not overflow.
                (mix(u64::from(color), inward + 1) >> 25) + 1
            }
        };
        for v in 0..n as u32 {
            for (&u, &color) in graph.neighbors(v).iter().zip(graph.edge_colors_of(v)) {
                if u != v {
                    arcs.targets.push(u);
                    arcs.weights.push(weight(color, 0));
                }
            }
            if graph.is_directed() {
                for (&u, &color) in graph.in_neighbors(v).iter().zip(graph.in_edge_colors_of(v)) {
                    if u != v {
                        arcs.targets.push(u);
                        arcs.weights.push(weight(color, 1));
                    }
                }
            }
            arcs.starts.push(arcs.targets.len() as u32);
        }
        debug_assert_eq!(arcs.n(), n);
        arcs
    }

    /// The number of vertices.
    #[inline]
    pub(super) fn n(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of arcs at `v`, in both directions of a directed graph.
    #[inline]
    pub(super) fn degree(&self, v: u32) -> usize {
        self.range(v).len()
    }

    #[inline]
    fn range(&self, v: u32) -> std::ops::Range<usize> {
        self.starts[v as usize] as usize..self.starts[v as usize + 1] as usize
    }

    /// Whether all weights are one: true of undirected graphs with one colour of edges.
    #[inline]
    pub(super) fn unit(&self) -> bool {
        self.weights.is_empty()
    }

    /// Targets and weights of the arcs at `v`.
    #[inline]
    pub(super) fn of(&self, v: u32) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.range(v)
            .map(|index| (self.targets[index], self.weights.get(index).copied().unwrap_or(1)))
    }

    /// Targets of the arcs at `v`.
    #[inline]
    pub(super) fn targets_of(&self, v: u32) -> &[u32] {
        &self.targets[self.range(v)]
    }

    /// The number of arcs.
    pub(super) fn count(&self) -> usize {
        self.targets.len()
    }

    /// Whether arcs are positive, matched by arcs back, and without loops; and sorted, where there is one direction.
    /// O(m²) in the largest degree, for tests.
    #[cfg(test)]
    pub(super) fn invariants_hold(&self) -> bool {
        (0..self.n() as u32).all(|v| {
            self.of(v).all(|(u, weight)| {
                let there = |from: u32, to: u32| self.targets_of(from).iter().filter(|&&w| w == to).count();
                weight > 0 && u != v && there(v, u) == there(u, v)
            }) && (!self.unit() || self.targets_of(v).is_sorted())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

    #[test]
    fn sums_of_weights_identify_counts_of_kinds() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for round in 0..60 {
            let directed = round % 2 == 0;
            let colors = [1, 3, 1000][round % 3];
            let mut edges = Vec::new();
            for u in 0..12 {
                for v in 0..12 {
                    if (directed || u <= v) && rng.random_bool(0.6) {
                        edges.push((u, v, rng.random_range(0..colors)));
                    }
                }
            }
            let graph = ColoredGraph::from_colored_edges(12, directed, edges).unwrap();
            let arcs = Arcs::of_graph(&graph);
            assert!(arcs.invariants_hold());
            assert_eq!(arcs.exact, colors < 1000);
            let counts = |v: u32| {
                let mut kinds: Vec<(u32, bool)> = Vec::new();
                let out = graph.neighbors(v).iter().zip(graph.edge_colors_of(v));
                kinds.extend(out.filter(|(u, _)| **u != v).map(|(_, &color)| (color, false)));
                if directed {
                    let into = graph.in_neighbors(v).iter().zip(graph.in_edge_colors_of(v));
                    kinds.extend(into.filter(|(u, _)| **u != v).map(|(_, &color)| (color, true)));
                }
                kinds.sort_unstable();
                kinds
            };
            let sum = |v: u32| arcs.of(v).map(|arc| arc.1).sum::<u64>();
            for (u, v) in (0..12).flat_map(|u| (0..u).map(move |v| (u, v))) {
                assert_eq!(sum(u) == sum(v), counts(u) == counts(v));
            }
        }
    }
}
