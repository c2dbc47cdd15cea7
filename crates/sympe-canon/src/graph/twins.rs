//! Twins: vertices that a transposition of the graph exchanges. They carry symmetric factors of the automorphism
//! group that need no search (49 % of sparse random graphs have them, and often no other symmetry).

use super::ColoredGraph;
use super::trace::mix;

/// Twin classes, each with its least vertex as representative.
pub(super) struct Twins {
    /// Classes, members increasing, by least member.
    pub(super) classes: Vec<Vec<u32>>,
}

impl Twins {
    /// Finds all twin classes: "the transposition (u v) is an automorphism" is an equivalence. O(m log m) expected.
    pub(super) fn find(graph: &ColoredGraph) -> Self {
        let n = graph.n();
        // A key per possible kind of twinship; twins share a key, and each match is verified.
        let mut keys: Vec<(u64, u32)> = Vec::with_capacity(n + graph.edge_count());
        let signature = |u: u32, color: u32, salt: u64| mix(mix(u64::from(u), u64::from(color)), salt);
        let (outward, inward) = (1, 2);
        for v in 0..n as u32 {
            let base = mix(
                u64::from(graph.node_color(v)),
                graph.edge_color(v, v).map_or(0, |c| u64::from(c) + 1),
            );
            let mut open = base;
            for (&u, &color) in graph.neighbors(v).iter().zip(graph.edge_colors_of(v)) {
                if u != v {
                    open = open.wrapping_add(signature(u, color, outward));
                }
            }
            if graph.is_directed() {
                for (&u, &color) in graph.in_neighbors(v).iter().zip(graph.in_edge_colors_of(v)) {
                    if u != v {
                        open = open.wrapping_add(signature(u, color, inward));
                    }
                }
            }
            keys.push((open, v));
            // Adjacent twins: adding v itself to its neighbourhood, by each colour it could be joined with.
            let mut colors: Vec<u32> = Vec::new();
            for (&u, &color) in graph.neighbors(v).iter().zip(graph.edge_colors_of(v)) {
                if u != v && !colors.contains(&color) && graph.edge_color(u, v) == Some(color) {
                    colors.push(color);
                    let mut closed = open.wrapping_add(signature(v, color, outward));
                    if graph.is_directed() {
                        closed = closed.wrapping_add(signature(v, color, inward));
                    }
                    keys.push((mix(closed, u64::from(color) + 1), v));
                }
            }
        }
        keys.sort_unstable();
        let mut class: Vec<u32> = (0..n as u32).collect();
        for group in keys.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            // Members are increasing; compare each with the representatives met in this group.
            let mut representatives: Vec<u32> = Vec::new();
            for &(_, v) in group {
                match representatives.iter().find(|&&r| are_twins(graph, r, v)) {
                    Some(&r) => {
                        let root = class[r as usize];
                        class[v as usize] = root.min(class[v as usize]);
                    }
                    None => representatives.push(v),
                }
            }
        }
        let mut classes: Vec<Vec<u32>> = vec![Vec::new(); n];
        for v in 0..n as u32 {
            classes[class[v as usize] as usize].push(v);
        }
        classes.retain(|members| !members.is_empty());
        Self { classes }
    }
}

/// Whether the transposition `(u v)` is an automorphism. O(degree).
fn are_twins(graph: &ColoredGraph, u: u32, v: u32) -> bool {
    let same_rows = |row_u: &[u32], color_u: &[u32], row_v: &[u32], color_v: &[u32]| {
        let rest = |row: &[u32], color: &[u32]| {
            let kept: Vec<(u32, u32)> = row
                .iter()
                .copied()
                .zip(color.iter().copied())
                .filter(|entry| entry.0 != u && entry.0 != v)
                .collect();
            kept
        };
        row_u.len() == row_v.len() && rest(row_u, color_u) == rest(row_v, color_v)
    };
    graph.node_color(u) == graph.node_color(v)
        && graph.edge_color(u, u) == graph.edge_color(v, v)
        && graph.edge_color(u, v) == graph.edge_color(v, u)
        && same_rows(
            graph.neighbors(u),
            graph.edge_colors_of(u),
            graph.neighbors(v),
            graph.edge_colors_of(v),
        )
        && (!graph.is_directed()
            || same_rows(
                graph.in_neighbors(u),
                graph.in_edge_colors_of(u),
                graph.in_neighbors(v),
                graph.in_edge_colors_of(v),
            ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_of_a_star_and_vertices_of_a_clique_are_twins() {
        let star = ColoredGraph::from_edges(5, false, [(0, 1), (0, 2), (0, 3), (0, 4)]).unwrap();
        assert_eq!(Twins::find(&star).classes, [vec![0], vec![1, 2, 3, 4]]);
        let clique = ColoredGraph::from_edges(3, false, [(0, 1), (0, 2), (1, 2)]).unwrap();
        assert_eq!(Twins::find(&clique).classes, [vec![0, 1, 2]]);
        let colored = ColoredGraph::from_colored_edges(3, false, [(0, 1, 0), (0, 2, 1)]).unwrap();
        assert_eq!(Twins::find(&colored).classes.len(), 3);
        let arc = ColoredGraph::from_edges(2, true, [(0, 1)]).unwrap();
        assert_eq!(Twins::find(&arc).classes.len(), 2);
    }
}
