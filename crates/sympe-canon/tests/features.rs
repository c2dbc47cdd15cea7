//! Cycle counts by brute force on every small graph, and the spectrum against the whole matrix.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use std::collections::HashSet;
use sympe_canon::CanonError;
use sympe_canon::features::{CycleCounts, cycle_counts, laplacian_spectrum};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_groups::{Action, Permutation, laws};

/// One graph of every isomorphism class on `0`, `1`, …, `n` vertices: those of one vertex less, with a vertex more.
fn classes(n: u32) -> Vec<Vec<ColoredGraph>> {
    let mut all = vec![vec![ColoredGraph::from_edges(0, false, []).unwrap()]];
    for v in 0..n {
        let mut forms = HashSet::new();
        for smaller in &all[v as usize] {
            for mask in 0..1u32 << v {
                let edges = smaller.edges().map(|(a, b, _)| (a, b));
                let more = (0..v).filter(|u| mask >> u & 1 == 1).map(|u| (u, v));
                let graph = ColoredGraph::from_edges(v as usize + 1, false, edges.chain(more)).unwrap();
                forms.insert(SymmetrySearch::default().run(&graph).unwrap().form().clone());
            }
        }
        all.push(forms.into_iter().collect());
    }
    all
}

/// Walks every simple cycle of three to six vertices, from its least vertex, in both directions.
fn brute_force(graph: &ColoredGraph) -> CycleCounts {
    fn extend(graph: &ColoredGraph, path: &mut Vec<u32>, counts: &mut CycleCounts) {
        let last = path[path.len() - 1];
        if path.len() >= 3 && graph.has_edge(last, path[0]) {
            counts.graph[path.len() - 3] += 1;
            if path.len() <= 5 {
                path.iter()
                    .for_each(|&v| counts.nodes[v as usize][path.len() - 3] += 1);
            }
        }
        if path.len() == 6 {
            return;
        }
        for &next in graph.neighbors(last) {
            if next > path[0] && !path.contains(&next) {
                path.push(next);
                extend(graph, path, counts);
                path.pop();
            }
        }
    }
    let mut counts = CycleCounts {
        nodes: vec![[0; 3]; graph.n()],
        graph: [0; 4],
    };
    for v in 0..graph.n() as u32 {
        extend(graph, &mut vec![v], &mut counts);
    }
    counts
        .nodes
        .iter_mut()
        .flatten()
        .chain(&mut counts.graph)
        .for_each(|count| *count /= 2);
    counts
}

#[test]
fn cycles_of_all_graphs_up_to_seven_vertices() {
    let classes = classes(7);
    // Number of graphs on n unlabelled vertices (OEIS A000088).
    let sizes: Vec<usize> = classes.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 1, 2, 4, 11, 34, 156, 1044]);
    for graph in classes.iter().flatten() {
        assert_eq!(cycle_counts(graph).unwrap(), brute_force(graph), "{graph:?}");
    }
}

#[test]
fn cycles_of_complete_graphs_are_counted_up_to_the_limit() {
    let complete = |n: u32| {
        let pairs = (0..n).flat_map(|v| (0..v).map(move |u| (u, v)));
        ColoredGraph::from_edges(n as usize, false, pairs).unwrap()
    };
    // n! / (n − k)! / 2k cycles.
    let expected = |n: u64, k: u64| (n - k + 1..=n).map(u128::from).product::<u128>() / u128::from(2 * k);
    for n in [8, 64, 1024] {
        let counts = cycle_counts(&complete(n as u32)).unwrap();
        for k in 3..=6 {
            assert_eq!(
                u128::from(counts.graph[k as usize - 3]),
                expected(n, k),
                "{k}-cycles of K{n}"
            );
        }
    }
    let error = cycle_counts(&ColoredGraph::from_edges(1025, false, []).unwrap()).unwrap_err();
    assert!(matches!(
        error,
        CanonError::TooLarge {
            n: 1025,
            limit: 1024,
            ..
        }
    ));
    assert_eq!(
        error.to_string(),
        "1025 vertices exceed the limit of 1024 of counting cycles"
    );
}

#[test]
fn direction_loops_and_colours_count_nothing() {
    let triangle = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2), (2, 0)]).unwrap();
    let same =
        ColoredGraph::from_colored_edges(3, true, [(0, 1, 4), (1, 0, 2), (1, 2, 0), (2, 2, 0), (0, 2, 0)])
            .unwrap();
    assert_eq!(cycle_counts(&triangle).unwrap(), cycle_counts(&same).unwrap());
    assert_eq!(laplacian_spectrum(&triangle, 0), laplacian_spectrum(&same, 0));
}

#[test]
fn graphs_without_vertices_or_edges_have_a_spectrum() {
    let spectrum = laplacian_spectrum(&ColoredGraph::from_edges(0, false, []).unwrap(), 2);
    assert_eq!(
        (
            spectrum.components,
            spectrum.eigenvalues.len(),
            spectrum.eigenvectors.len()
        ),
        (0, 0, 0)
    );
    let spectrum = laplacian_spectrum(&ColoredGraph::from_edges(2, false, []).unwrap(), 2);
    assert_eq!(
        (spectrum.components, spectrum.outside_largest),
        (2, vec![false; 2])
    );
    assert_eq!(spectrum.eigenvectors, [0.0; 4]);
}

fn graphs() -> impl Strategy<Value = ColoredGraph> {
    (1usize..=12, 0.0..0.6f64).prop_flat_map(|(n, density)| {
        prop::collection::vec(prop::bool::weighted(density), n * (n - 1) / 2).prop_map(move |bits| {
            let pairs = (0..n as u32).flat_map(|v| (0..v).map(move |u| (u, v)));
            let edges = pairs.zip(bits).filter(|(_, bit)| *bit).map(|(pair, _)| pair);
            ColoredGraph::from_edges(n, false, edges).unwrap()
        })
    })
}

proptest! {
    #[test]
    fn cycles_of_larger_graphs(graph in graphs()) {
        prop_assert_eq!(cycle_counts(&graph).unwrap(), brute_force(&graph));
    }

    #[test]
    fn spectrum_is_that_of_the_whole_matrix(graph in graphs(), dim in 0usize..4) {
        let n = graph.n();
        let spectrum = laplacian_spectrum(&graph, dim);
        let mut whole = DMatrix::<f64>::zeros(n, n);
        for (u, v, _) in graph.edges() {
            let (u, v) = (u as usize, v as usize);
            (whole[(u, v)], whole[(v, u)]) = (-1.0, -1.0);
            whole[(u, u)] += 1.0;
            whole[(v, v)] += 1.0;
        }
        let mut expected: Vec<f64> = whole.symmetric_eigenvalues().iter().copied().collect();
        expected.sort_by(f64::total_cmp);
        let got = [vec![0.0; spectrum.components], spectrum.eigenvalues.clone()].concat();
        prop_assert_eq!(got.len(), n);
        prop_assert!(got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9));
        let column = |k: usize| DVector::from_iterator(n, (0..n).map(|i| spectrum.eigenvectors[i * dim + k]));
        for k in 0..dim {
            let x = column(k);
            let Some(value) = spectrum.eigenvalues.get(k) else {
                prop_assert_eq!(x.norm(), 0.0);
                continue;
            };
            prop_assert!((&whole * &x - &x * *value).norm() < 1e-9);
            for l in 0..=k {
                prop_assert!((x.dot(&column(l)) - f64::from(k == l)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn counts_and_eigenvalues_are_equivariant((graph, k) in graphs().prop_flat_map(|graph| {
        let n = graph.n();
        (Just(graph), laws::permutation(n))
    })) {
        let moved: ColoredGraph = Permutation::act(&k, &graph);
        let (here, there) = (cycle_counts(&graph).unwrap(), cycle_counts(&moved).unwrap());
        prop_assert_eq!(here.graph, there.graph);
        prop_assert_eq!(k.act(&here.nodes[..]), there.nodes);
        let (here, there) = (laplacian_spectrum(&graph, 0), laplacian_spectrum(&moved, 0));
        prop_assert_eq!(here.components, there.components);
        prop_assert_eq!(k.act(&here.outside_largest[..]), there.outside_largest);
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9;
        prop_assert!(here.eigenvalues.iter().zip(&there.eigenvalues).all(close));
        // A vertex is outside the largest component if one of another is larger.
        let components = graph.components();
        for component in &components {
            let smaller = components.iter().any(|other| other.len() > component.len());
            prop_assert!(component.iter().all(|&v| here.outside_largest[v as usize] == smaller));
        }
    }
}
