//! Graphs to test with.

use proptest::prelude::*;
use sympe_canon::graph::ColoredGraph;

pub(crate) fn pairs(n: u32) -> Vec<(u32, u32)> {
    (0..n).flat_map(|v| (0..v).map(move |u| (u, v))).collect()
}

pub(crate) fn graph(n: usize, edges: impl IntoIterator<Item = (u32, u32)>) -> ColoredGraph {
    ColoredGraph::from_edges(n, false, edges).unwrap()
}

/// A graph of `sizes` vertices with any edges.
pub(crate) fn any_graph(sizes: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = ColoredGraph> {
    sizes.prop_flat_map(|n| {
        let pairs = pairs(n);
        proptest::collection::vec(any::<bool>(), pairs.len()).prop_map(move |keep| {
            let edges = pairs
                .iter()
                .zip(keep)
                .filter_map(|(&pair, keep)| keep.then_some(pair));
            graph(n as usize, edges)
        })
    })
}

/// All injective sequences of `length` of `0..n`.
pub(crate) fn arrangements(n: u32, length: usize) -> Vec<Vec<u32>> {
    (0..length).fold(vec![Vec::new()], |shorter, _| {
        shorter
            .into_iter()
            .flat_map(|sequence: Vec<u32>| {
                (0..n)
                    .filter(|v| !sequence.contains(v))
                    .map(|v| [&sequence[..], &[v]].concat())
                    .collect::<Vec<_>>()
            })
            .collect()
    })
}
