//! Exactness on every small graph, against brute force and against the counts of the literature.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, HashMap};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_groups::{Action, Permutation};

fn permutations(n: usize) -> Vec<Permutation> {
    fn extend(prefix: &mut Vec<u32>, n: usize, out: &mut Vec<Permutation>) {
        if prefix.len() == n {
            out.push(Permutation::from_images(prefix.clone()).unwrap());
            return;
        }
        for v in 0..n as u32 {
            if !prefix.contains(&v) {
                prefix.push(v);
                extend(prefix, n, out);
                prefix.pop();
            }
        }
    }
    let mut out = Vec::new();
    extend(&mut Vec::new(), n, &mut out);
    out
}

fn factorial(n: usize) -> u64 {
    (1..=n as u64).product()
}

fn pairs(n: u32) -> Vec<(u32, u32)> {
    (0..n).flat_map(|v| (0..v).map(move |u| (u, v))).collect()
}

fn order_of(graph: &ColoredGraph) -> u64 {
    u64::try_from(SymmetrySearch::default().run(graph).unwrap().order()).unwrap()
}

/// Canonicalizes every labelled object; returns forms with (how often met, group order).
fn classes(objects: impl Iterator<Item = ColoredGraph>) -> HashMap<ColoredGraph, (u64, u64)> {
    let mut forms = HashMap::new();
    for graph in objects {
        let symmetry = SymmetrySearch::default().run(&graph).unwrap();
        let order = u64::try_from(symmetry.order()).unwrap();
        let entry = forms.entry(symmetry.form().clone()).or_insert((0, order));
        assert_eq!(
            entry.1, order,
            "isomorphic graphs have isomorphic groups: {graph:?}"
        );
        entry.0 += 1;
    }
    forms
}

/// Orbit–stabilizer for every class: it was met n!/|Aut| times. Stronger than the sum over classes.
fn assert_orbit_stabilizer(n: usize, forms: &HashMap<ColoredGraph, (u64, u64)>) {
    for (form, (met, order)) in forms {
        assert_eq!(met * order, factorial(n), "{form:?}");
    }
}

#[test]
fn all_labelled_graphs_up_to_seven_vertices() {
    // Number of graphs on n unlabelled vertices (OEIS A000088).
    for (n, expected) in [1, 1, 2, 4, 11, 34, 156, 1044].into_iter().enumerate() {
        let pairs = pairs(n as u32);
        let graphs = (0..1u32 << pairs.len()).map(|bits| {
            let chosen = pairs
                .iter()
                .enumerate()
                .filter(|(i, _)| bits >> i & 1 == 1)
                .map(|(_, &pair)| pair);
            ColoredGraph::from_edges(n, false, chosen).unwrap()
        });
        let forms = classes(graphs);
        assert_eq!(forms.len(), expected, "n = {n}");
        assert_orbit_stabilizer(n, &forms);
        let total: u64 = forms.values().map(|(_, order)| factorial(n) / order).sum();
        assert_eq!(total, 1 << pairs.len());
        let all = permutations(n);
        forms
            .keys()
            .for_each(|form| assert_group_is_brute_force(form, &all));
    }
}

/// Order, membership, generators and orbits against all n! permutations.
fn assert_group_is_brute_force(graph: &ColoredGraph, all: &[Permutation]) {
    let symmetry = SymmetrySearch::default().run(graph).unwrap();
    let (inside, outside): (Vec<&Permutation>, Vec<_>) = all.iter().partition(|g| g.act(graph) == *graph);
    assert_eq!(symmetry.order(), inside.len().into(), "{graph:?}");
    assert!(inside.iter().all(|g| symmetry.group().contains(g)));
    assert!(!outside.iter().any(|g| symmetry.group().contains(g)));
    assert!(symmetry.generators().iter().all(|g| graph.has_automorphism(g)));
    let mut orbits: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for v in 0..graph.n() as u32 {
        let least = inside.iter().map(|g| g.apply(v)).min().unwrap();
        orbits.entry(least).or_default().push(v);
    }
    assert_eq!(symmetry.orbits(), orbits.into_values().collect::<Vec<_>>());
}

/// Every labelled object with `node_colors` node colours and `states` states per cell of the adjacency matrix.
fn colored(n: usize, directed: bool, loops: bool, node_colors: u32, states: u32) -> Vec<ColoredGraph> {
    let mut cells = Vec::new();
    for u in 0..n as u32 {
        for v in 0..n as u32 {
            if (u != v || loops) && (directed || u <= v) {
                cells.push((u, v));
            }
        }
    }
    let total = u64::from(node_colors).pow(n as u32) * u64::from(states).pow(cells.len() as u32);
    let object = |mut index: u64| {
        let mut digit = |base: u32| {
            let digit = (index % u64::from(base)) as u32;
            index /= u64::from(base);
            digit
        };
        let colors = (0..n).map(|_| digit(node_colors)).collect();
        let mut edges = Vec::new();
        for &(u, v) in &cells {
            let state = digit(states);
            if state > 0 {
                edges.push((u, v, state - 1));
            }
        }
        ColoredGraph::from_colored_edges(n, directed, edges)
            .unwrap()
            .with_node_colors(colors)
            .unwrap()
    };
    (0..total).map(object).collect()
}

/// Number of orbits of S_n by Burnside's lemma: the independent count.
fn burnside(n: usize, objects: &[ColoredGraph]) -> usize {
    let all = permutations(n);
    let fixed: usize = all
        .iter()
        .map(|g| objects.iter().filter(|x| g.act(*x) == **x).count())
        .sum();
    assert_eq!(fixed % all.len(), 0);
    fixed / all.len()
}

#[test]
fn all_small_coloured_graphs_and_digraphs() {
    // (n, directed, loops, node colours, states per pair)
    let cases = [
        (1, false, true, 3, 3),
        (2, false, true, 3, 4),
        (3, false, true, 2, 3),
        (3, false, false, 3, 4),
        (4, false, false, 2, 3),
        (4, false, true, 1, 2),
        (5, false, false, 2, 2),
        (1, true, true, 2, 3),
        (2, true, true, 2, 3),
        (3, true, false, 2, 3),
        (3, true, true, 1, 2),
        (4, true, false, 1, 2),
        (4, true, false, 2, 2),
    ];
    for (n, directed, loops, node_colors, states) in cases {
        let objects = colored(n, directed, loops, node_colors, states);
        let expected = burnside(n, &objects);
        let forms = classes(objects.into_iter());
        assert_eq!(
            forms.len(),
            expected,
            "{:?}",
            (n, directed, loops, node_colors, states)
        );
        assert_orbit_stabilizer(n, &forms);
        for (form, _) in forms {
            assert!(form.node_colors().is_sorted(), "forms are sorted by node colour");
        }
    }
}

#[test]
fn digraph_counts_of_the_literature() {
    // OEIS A000273 (no loops) and A000595 (loops allowed).
    for (n, expected) in [(1, 1), (2, 3), (3, 16), (4, 218)] {
        assert_eq!(classes(colored(n, true, false, 1, 2).into_iter()).len(), expected);
    }
    for (n, expected) in [(1, 2), (2, 10), (3, 104)] {
        assert_eq!(classes(colored(n, true, true, 1, 2).into_iter()).len(), expected);
    }
}

/// A symmetric digraph on `n` vertices, arcs in `colours` colours or missing, beside a rigid star whose arcs have
/// twelve colours of their own: more (colour, direction) kinds than exact counts hold in 64 bits, so the refinement
/// sums hashes.
fn beside_a_palette(n: u32, colours: u32, rng: &mut ChaCha8Rng) -> ColoredGraph {
    let mut arcs: Vec<_> = (0..12).map(|leaf| (n, n + 1 + leaf, 1000 + leaf)).collect();
    for (u, v) in pairs(n) {
        let colour = rng.random_range(0..=colours);
        if colour < colours {
            arcs.extend([(u, v, colour), (v, u, colour)]);
        }
    }
    ColoredGraph::from_colored_edges(n as usize + 13, true, arcs).unwrap()
}

#[test]
fn hashed_weights_find_the_same_classes_as_brute_force() {
    let lift = |g: &Permutation| {
        let images = g.images().iter().copied().chain(5..18).collect();
        Permutation::from_images(images).unwrap()
    };
    // The star is rigid and unlike the rest: automorphisms and isomorphisms permute the five vertices only.
    let all: Vec<Permutation> = permutations(5).iter().map(lift).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let objects: Vec<_> = (0..60)
        .map(|i| beside_a_palette(5, 1 + i % 3, &mut rng))
        .collect();
    let form = |graph: &ColoredGraph| SymmetrySearch::default().run(graph).unwrap().form().clone();
    let mut isomorphic_pairs = 0;
    for (index, graph) in objects.iter().enumerate() {
        assert_group_is_brute_force(graph, &all);
        for k in all.iter().step_by(7) {
            assert_eq!(form(&k.act(graph)), form(graph));
        }
        for other in &objects[..index] {
            let isomorphic = all.iter().any(|g| g.act(other) == *graph);
            assert_eq!(form(other) == form(graph), isomorphic, "{other:?} {graph:?}");
            isomorphic_pairs += usize::from(isomorphic);
        }
    }
    let symmetric = objects.iter().filter(|graph| order_of(graph) > 1).count();
    assert!(
        symmetric > 10 && isomorphic_pairs > 2,
        "{symmetric}, {isomorphic_pairs}"
    );
}

#[test]
fn groups_of_many_edge_colours_have_known_orders() {
    // The Cayley digraph of a cyclic group with one colour per difference: its group is the cyclic group.
    for n in [8u32, 17, 40] {
        let arcs = (0..n).flat_map(|u| {
            (0..n)
                .filter(move |&v| v != u)
                .map(move |v| (u, v, (v + n - u) % n * 1000))
        });
        let cayley = ColoredGraph::from_colored_edges(n as usize, true, arcs).unwrap();
        let symmetry = SymmetrySearch::default().run(&cayley).unwrap();
        assert_eq!(symmetry.order(), n.into());
        let k = Permutation::random(n as usize, &mut ChaCha8Rng::seed_from_u64(u64::from(n)));
        assert_eq!(
            SymmetrySearch::default().run(&k.act(&cayley)).unwrap().form(),
            symmetry.form()
        );
    }
}
