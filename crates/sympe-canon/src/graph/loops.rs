//! Self-loops as part of the colours of vertices.
//!
//! Both engines search graphs without loops: a loop never joins two vertices, so it tells its vertex apart from others
//! exactly as a colour does. Here loops become colours, once for both.

use super::colored_graph::ColoredGraph;
use crate::ranks::dense_ranks;
use std::borrow::Cow;

/// Colours that tell apart what `colors` and the colours of loops do, in the order of `colors` first and of loops
/// second; vertices without a loop come before those with one. `colors` itself if there are no loops. O(n log n).
pub(super) fn colors_with_loops<'a>(graph: &ColoredGraph, colors: &'a [u32]) -> Cow<'a, [u32]> {
    if !graph.has_loops() {
        return Cow::Borrowed(colors);
    }
    let key = |v: u32| (colors[v as usize], graph.edge_color(v, v));
    Cow::Owned(dense_ranks(graph.n(), |u, v| key(u).cmp(&key(v))).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_split_classes_of_colours_and_leave_their_order() {
        let edges = [(0, 0, 4), (1, 1, 2), (3, 3, 4), (0, 2, 9)];
        let graph = ColoredGraph::from_colored_edges(5, false, edges).unwrap();
        let large = ColoredGraph::from_colored_edges(70, false, edges).unwrap();
        assert!(graph.has_loops() && large.has_loops());
        assert_eq!(*colors_with_loops(&graph, &[7, 7, 7, 5, 5]), [4, 3, 2, 1, 0]);
        let without = ColoredGraph::from_edges(3, true, [(0, 1)]).unwrap();
        let colors = [2, 9, 2];
        assert!(matches!(colors_with_loops(&without, &colors), Cow::Borrowed(same) if same == colors));
    }
}
