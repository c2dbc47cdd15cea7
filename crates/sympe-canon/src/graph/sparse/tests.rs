//! Both engines against each other, and invariance of the sparse one under relabelling.

use super::super::budget::Budget;
use super::super::colored_graph::ColoredGraph;
use super::super::dense;
use super::super::found::Found;
use super::super::trace::NoTrace;
use super::arcs::Arcs;
use super::partition::Partition;
use super::reduction::reduce;
use super::search::search;
use super::solve::solve;
use num_bigint::BigUint;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use std::collections::{BTreeSet, HashMap, HashSet};
use sympe_groups::{Action, PermGroup, Permutation};

/// Form and order by a search, from its order and group.
fn outcome(graph: &ColoredGraph, search: impl Fn(&mut Found)) -> (ColoredGraph, BigUint) {
    let mut found = Found::default();
    search(&mut found);
    let order = Permutation::from_images(found.order.clone()).unwrap();
    let mut form = ColoredGraph::empty();
    graph.move_back(&order, &mut form);
    let mut group = PermGroup::trivial(0);
    found.group_into(graph.n(), &mut group);
    assert!(group.generators().iter().all(|g| graph.has_automorphism(g)));
    (form, group.order())
}

/// As much as a search wants.
const ENDLESS: Budget = Budget {
    nodes: u64::MAX,
    stop: None,
};

/// By the dense engine, by the search of the sparse one alone, and by all of the sparse one.
fn outcomes(graph: &ColoredGraph) -> [(ColoredGraph, BigUint); 3] {
    let colors = graph.node_colors();
    [
        outcome(graph, |found| {
            dense::search(graph, colors, 0, &ENDLESS, found).unwrap().unwrap()
        }),
        outcome(graph, |found| {
            let arcs = Arcs::of_graph(graph);
            let mut partition = Partition::new(colors);
            partition.refine(&arcs, &mut NoTrace);
            search(graph, &arcs, partition, 0, &ENDLESS, found).unwrap()
        }),
        outcome(graph, |found| solve(graph, &ENDLESS, found).unwrap()),
    ]
}

#[test]
fn engines_agree_on_all_small_graphs() {
    let pairs: Vec<(u32, u32)> = (0..6).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
    let mut known: HashMap<ColoredGraph, [(ColoredGraph, BigUint); 3]> = HashMap::new();
    for mask in 0..1u32 << pairs.len() {
        let edges = pairs.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
        let graph = ColoredGraph::from_edges(6, false, edges.map(|(_, &pair)| pair)).unwrap();
        let found = outcomes(&graph);
        assert!(found.iter().all(|(_, order)| *order == found[0].1), "{graph:?}");
        assert_eq!(
            known.entry(found[0].0.clone()).or_insert(found.clone()),
            &found,
            "{graph:?}"
        );
    }
    assert_eq!(known.len(), 156);
    for engine in 1..3 {
        let forms: HashSet<&ColoredGraph> = known.values().map(|found| &found[engine].0).collect();
        assert_eq!(forms.len(), 156);
    }
}

#[test]
fn engines_do_not_look_at_the_numbering() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for round in 0..300 {
        let n = rng.random_range(17..100u32);
        let circulant = |step: u32| (0..n).map(move |v| (v, (v + step) % n));
        let edges: BTreeSet<(u32, u32)> = match round % 4 {
            // Of few symmetries, and one class to colour refinement, mostly: a cycle with a random matching.
            0 => {
                let matching = Permutation::random(n as usize / 2 * 2, &mut rng);
                let pairs = matching.images().chunks_exact(2).map(|pair| (pair[0], pair[1]));
                circulant(1).chain(pairs).collect()
            }
            1 => circulant(1).chain(circulant(rng.random_range(2..8))).collect(),
            2 => (1..n).map(|v| (rng.random_range(0..v), v)).collect(),
            _ => (0..n)
                .map(|_| (rng.random_range(0..n), rng.random_range(0..n)))
                .collect(),
        };
        let simple: BTreeSet<(u32, u32)> = edges
            .into_iter()
            .filter(|(u, v)| u != v)
            .map(|(u, v)| (u.min(v), u.max(v)))
            .collect();
        let graph = ColoredGraph::from_edges(n as usize, false, simple).unwrap();
        let found = outcomes(&graph);
        assert!(found.iter().all(|(_, order)| *order == found[0].1), "{graph:?}");
        for _ in 0..3 {
            let moved = Permutation::random(n as usize, &mut rng).act(&graph);
            assert_eq!(outcomes(&moved), found, "{graph:?}");
        }
    }
}

#[test]
fn latin_squares_with_a_few_switches_are_told_apart() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for round in 0..60 {
        let order = rng.random_range(4..12u32);
        let at = |row: u32, column: u32| (row * order + column) as usize;
        let mut square: Vec<u32> = (0..order * order)
            .map(|cell| (cell / order + cell % order) % order)
            .collect();
        for _ in 0..round % 6 {
            // Exchanges two rows along a cycle of columns.
            let (a, mut column) = (rng.random_range(1..order), rng.random_range(0..order));
            let first = square[at(a, column)];
            loop {
                square.swap(at(0, column), at(a, column));
                let entry = square[at(a, column)];
                if entry == first {
                    break;
                }
                let mut others = (0..order).filter(|&other| other != column);
                column = others.find(|&other| square[at(a, other)] == entry).unwrap();
            }
        }
        let agree = |u: u32, v: u32| {
            u / order == v / order || u % order == v % order || square[u as usize] == square[v as usize]
        };
        let pairs = (0..order * order).flat_map(|v| (0..v).map(move |u| (u, v)));
        let edges = pairs.filter(|&(u, v)| agree(u, v));
        let graph = ColoredGraph::from_edges(square.len(), false, edges).unwrap();
        let found = outcomes(&graph);
        assert!(found.iter().all(|(_, order)| *order == found[0].1), "{graph:?}");
        let moved = Permutation::random(square.len(), &mut rng).act(&graph);
        assert_eq!(outcomes(&moved), found, "{graph:?}");
    }
}

#[test]
fn large_cells_keep_few_candidates_and_the_same_form() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let n = 6000;
    let matching = Permutation::random(n as usize, &mut rng);
    let pairs = matching.images().chunks_exact(2).map(|pair| (pair[0], pair[1]));
    let edges: BTreeSet<(u32, u32)> = (0..n)
        .map(|v| (v, (v + 1) % n))
        .chain(pairs)
        .map(|(u, v)| (u.min(v), u.max(v)))
        .collect();
    let graph = ColoredGraph::from_edges(n as usize, false, edges).unwrap();
    let few = Budget {
        nodes: 100,
        stop: None,
    };
    let solved = |graph: &ColoredGraph| outcome(graph, |found| solve(graph, &few, found).unwrap());
    let found = solved(&graph);
    assert_eq!(found.1, 1u32.into());
    for _ in 0..3 {
        let moved = Permutation::random(n as usize, &mut rng).act(&graph);
        assert_eq!(solved(&moved), found);
    }
}

#[test]
fn trees_leave_nothing_to_search() {
    let graph = ColoredGraph::from_edges(200, false, (1..200).map(|v| (v / 3, v))).unwrap();
    let arcs = Arcs::of_graph(&graph);
    let mut partition = Partition::new(graph.node_colors());
    partition.refine(&arcs, &mut NoTrace);
    assert!(partition.open_cells().next().is_some());
    reduce(&arcs, &mut partition);
    assert_eq!(partition.open_cells().next(), None);
}
