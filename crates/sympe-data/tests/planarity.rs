//! Planarity against another implementation, against minors, and by construction.

#[path = "common/graphs.rs"]
mod graphs;

use graphs::{any_graph, arrangements, graph, pairs};
use proptest::prelude::*;
use rand::RngExt;
use rustworkx_core::petgraph::graph::UnGraph;
use std::collections::HashSet;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_data::graph_metrics::is_planar;
use sympe_data::key::{Purpose, stream};
use sympe_groups::{Action, Group};

/// The implementation of rustworkx, after the same paper: an independent program.
fn is_planar_by_rustworkx(graph: &ColoredGraph) -> bool {
    let mut other = UnGraph::<(), ()>::default();
    let nodes: Vec<_> = (0..graph.n()).map(|_| other.add_node(())).collect();
    for (u, v, _) in graph.edges() {
        other.add_edge(nodes[u as usize], nodes[v as usize], ());
    }
    rustworkx_core::planar::is_planar(&other)
}

/// All graphs of a number of vertices up to isomorphism: each has one vertex more than another such graph.
fn all_graphs(n: u32) -> HashSet<ColoredGraph> {
    let Some(smaller) = n.checked_sub(1) else {
        return HashSet::from([graph(0, [])]);
    };
    let mut found = HashSet::new();
    for old in all_graphs(smaller) {
        for neighbors in 0u32..1 << smaller {
            let old_edges = old.edges().map(|(u, v, _)| (u, v));
            let new_edges = (0..smaller)
                .filter(|u| neighbors >> u & 1 == 1)
                .map(|u| (u, smaller));
            let new = graph(n as usize, old_edges.chain(new_edges));
            let labelling = SymmetrySearch::default().run(&new).unwrap().labelling().inverse();
            found.insert(labelling.act(&new));
        }
    }
    found
}

#[test]
fn every_graph_of_up_to_seven_vertices_is_planar_or_not_as_others_say() {
    // OEIS A000088 and A005470.
    for (n, count, planar) in [
        (1, 1, 1),
        (2, 2, 2),
        (3, 4, 4),
        (4, 11, 11),
        (5, 34, 33),
        (6, 156, 142),
        (7, 1044, 822),
    ] {
        let graphs = all_graphs(n);
        let (mut ours, mut minors) = (0, HashSet::new());
        for graph in &graphs {
            let found = is_planar(graph).unwrap();
            ours += usize::from(found);
            assert_eq!(found, is_planar_by_rustworkx(graph), "{graph:?}");
            minors.clear();
            assert_eq!(found, is_planar_by_minors(&rows(graph), &mut minors), "{graph:?}");
        }
        assert_eq!((graphs.len(), ours), (count, planar), "{n} vertices");
    }
}

#[test]
fn random_graphs_near_the_threshold_are_planar_or_not_as_rustworkx_says() {
    // Random graphs with half as many edges as vertices, and a few more, are planar or not with fair odds.
    let mut outcomes = [0; 2];
    for index in 0..3000 {
        let mut rng = stream(0, 0, index, Purpose::Generate);
        let n: u32 = rng.random_range(6..=150);
        let excess = f64::from(n).powf(2.0 / 3.0);
        let m = (f64::from(n) / 2.0 + excess * rng.random_range(0.8..2.4)) as usize;
        let mut edges = HashSet::new();
        while edges.len() < m.min(pairs(n).len()) {
            let (u, v) = (rng.random_range(0..n), rng.random_range(0..n));
            if u != v {
                edges.insert((u.min(v), u.max(v)));
            }
        }
        let graph = graph(n as usize, edges);
        let found = is_planar(&graph).unwrap();
        assert_eq!(found, is_planar_by_rustworkx(&graph), "{graph:?}");
        outcomes[usize::from(found)] += 1;
    }
    assert!(outcomes.iter().all(|&count| count > 750), "{outcomes:?}");
}

/// Whether a graph is planar by Wagner's theorem: no sequence of contractions leads to a graph that contains K₅ or K₃,₃.
/// Rows are bit masks.
fn is_planar_by_minors(rows: &[u32], seen: &mut HashSet<Vec<u32>>) -> bool {
    let adjacent = |u: usize, v: usize| rows[u] >> v & 1 == 1;
    let vertices = 0..rows.len() as u32;
    let five = arrangements(rows.len() as u32, if rows.len() >= 5 { 5 } else { 0 });
    let complete = |set: &Vec<u32>| {
        set.len() == 5
            && pairs(5)
                .iter()
                .all(|&(i, j)| adjacent(set[i as usize] as usize, set[j as usize] as usize))
    };
    if five.iter().filter(|set| set.is_sorted()).any(complete) {
        return false;
    }
    // Three vertices with three common neighbours.
    for u in vertices.clone() {
        for v in 0..u {
            for w in 0..v {
                if (rows[u as usize] & rows[v as usize] & rows[w as usize]).count_ones() >= 3 {
                    return false;
                }
            }
        }
    }
    for u in 0..rows.len() {
        for v in 0..u {
            if !adjacent(u, v) {
                continue;
            }
            // u joins v, and the last vertex takes the place of u.
            let last = rows.len() - 1;
            let mut smaller = rows.to_vec();
            smaller[v] = (smaller[v] | smaller[u]) & !(1 << u | 1 << v);
            for row in 0..rows.len() {
                let joined = smaller[v] >> row & 1;
                smaller[row] = smaller[row] & !(1 << u) & !(1 << v) | joined << v;
            }
            smaller[v] &= !(1 << v);
            smaller[u] = smaller[last];
            smaller.pop();
            for row in &mut smaller {
                *row = *row & !(1 << last | 1 << u) | (*row >> last & 1) << u;
            }
            if u < smaller.len() {
                smaller[u] &= !(1 << u);
            }
            if seen.insert(smaller.clone()) && !is_planar_by_minors(&smaller, seen) {
                return false;
            }
        }
    }
    true
}

fn rows(graph: &ColoredGraph) -> Vec<u32> {
    (0..graph.n() as u32)
        .map(|v| graph.neighbors(v).iter().fold(0, |row, &u| row | 1 << u))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn planar_graphs_are_those_without_forbidden_minors(graph in any_graph(6..=8)) {
        // Up to Euler's bound the search decides, beyond it the bound.
        prop_assert_eq!(is_planar(&graph)?, is_planar_by_minors(&rows(&graph), &mut HashSet::new()));
    }
}

#[test]
fn as_many_labelled_graphs_are_planar_as_there_should_be() {
    // OEIS A066537.
    for (n, planar) in [(1, 1), (2, 2), (3, 8), (4, 64), (5, 1023), (6, 32_071)] {
        let pairs = pairs(n);
        let count = (0u32..1 << pairs.len())
            .filter(|set| {
                let chosen = pairs.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
                is_planar(&graph(n as usize, chosen.map(|(_, &pair)| pair))).unwrap()
            })
            .count();
        assert_eq!(count, planar, "{n} vertices");
    }
}

/// A stacked triangulation: as many edges as a planar graph can have.
fn stacked(n: u32, mut choose: impl FnMut(usize) -> usize) -> Vec<(u32, u32)> {
    let mut edges = vec![(0, 1), (0, 2), (1, 2)];
    let mut faces = vec![[0, 1, 2], [0, 1, 2]];
    for v in 3..n {
        let [a, b, c] = faces.swap_remove(choose(faces.len()));
        faces.extend([[a, b, v], [a, c, v], [b, c, v]]);
        edges.extend([(a, v), (b, v), (c, v)]);
    }
    edges
}

/// The graph with every edge replaced by a path of `parts` edges.
fn subdivide(n: u32, edges: &[(u32, u32)], parts: u32) -> (u32, Vec<(u32, u32)>) {
    let (mut next, mut paths) = (n, Vec::new());
    for &(u, v) in edges {
        let mut from = u;
        for _ in 1..parts {
            paths.push((from, next));
            from = next;
            next += 1;
        }
        paths.push((from, v));
    }
    (next, paths)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn large_graphs_are_planar_or_not_as_they_were_made(
        n in 5u32..120, choices in proptest::collection::vec(any::<proptest::sample::Index>(), 120),
        keep in proptest::collection::vec(0..100u32, 360), percent in 50u32..=100, parts in 1u32..6, five in any::<bool>(),
        order in any::<u64>()
    ) {
        let mut choices = choices.into_iter();
        let all = stacked(n, |faces| choices.next().unwrap().index(faces));
        prop_assert!(is_planar(&graph(n as usize, all.iter().copied()))?);
        let edges: Vec<_> = all.into_iter().zip(keep).filter(|(_, k)| *k < percent).map(|(edge, _)| edge).collect();
        // Labels in another order, so that the search takes another course.
        let shuffle = |n: u32, edges: &[(u32, u32)]| {
            let mut labels: Vec<u32> = (0..n).collect();
            labels.sort_by_key(|&v| (u64::from(v) + 1).wrapping_mul(order | 1) >> 7);
            let position = |v: u32| labels.iter().position(|&label| label == v).unwrap() as u32;
            graph(n as usize, edges.iter().map(|&(u, v)| (position(u), position(v))))
        };
        prop_assert!(is_planar(&shuffle(n, &edges))?);
        // A forbidden graph with long edges, hung onto the planar one, vertex on vertex.
        let forbidden: Vec<(u32, u32)> = if five {
            pairs(5)
        } else {
            (0..3).flat_map(|u| (3..6).map(move |v| (u, v))).collect()
        };
        let (size, paths) = subdivide(6, &forbidden, parts);
        let shift = n - 1;
        let together: Vec<_> = edges.iter().copied().chain(paths.iter().map(|&(u, v)| (u + shift, v + shift))).collect();
        prop_assert!(!is_planar(&shuffle(shift + size, &together))?);
        // Without one of its paths it is planar again: K₅ and K₃,₃ are minimal.
        let fewer: Vec<_> = together.into_iter().filter(|&edge| edge != (paths[0].0 + shift, paths[0].1 + shift)).collect();
        prop_assert!(is_planar(&shuffle(shift + size, &fewer))?);
    }
}
