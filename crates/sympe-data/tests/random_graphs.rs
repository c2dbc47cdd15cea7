//! The generators: their laws, with fixed seeds.

use std::collections::{HashMap, HashSet};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_data::Dataset;
use sympe_data::graph_metrics::{is_connected_planar, is_tree};
use sympe_data::random_graphs::{
    Cograph, Community, ErdosRenyi, Planar, Regular, StochasticBlockModel, Tree,
};

#[test]
fn erdos_renyi_has_every_size_equally_often_and_the_right_density() {
    let data = ErdosRenyi::new(2000, 7..=16, 0.25, 1).unwrap();
    let (mut counts, mut edges, mut pairs) = ([0; 17], 0, 0);
    for index in 0..data.len() {
        let graph = data.get(index).unwrap();
        counts[graph.n()] += 1;
        edges += graph.edge_count();
        pairs += graph.n() * (graph.n() - 1) / 2;
        assert!((0..graph.n() as u32).all(|v| !graph.has_edge(v, v)));
    }
    assert_eq!(counts[7..], [200; 10]);
    // Five standard deviations of a binomial share.
    let tolerance = 5.0 * (0.25 * 0.75 / pairs as f64).sqrt();
    assert!((edges as f64 / pairs as f64 - 0.25).abs() < tolerance);
    assert_eq!(
        data.get(17).unwrap(),
        ErdosRenyi::new(2000, 7..=16, 0.25, 1).unwrap().get(17).unwrap()
    );
    assert_ne!(
        data.get(17).unwrap(),
        ErdosRenyi::new(2000, 7..=16, 0.25, 2).unwrap().get(17).unwrap()
    );
}

#[test]
fn the_edge_probability_may_be_zero_or_one() {
    for (p, edges) in [(0.0, 0), (1.0, 10)] {
        assert_eq!(
            ErdosRenyi::new(1, 5..=5, p, 0)
                .unwrap()
                .get(0)
                .unwrap()
                .edge_count(),
            edges
        );
    }
    let error = |p| ErdosRenyi::new(1, 5..=5, p, 0).unwrap_err().to_string();
    assert!(error(1.5).contains("1.5") && error(f64::NAN).contains("NaN"));
}

/// The number of edges across, for the split into two communities of 6 to 10 nodes that has the fewest.
fn sparsest_split(graph: &ColoredGraph) -> (usize, usize) {
    let n = graph.n();
    let across = |first: usize| {
        let edges = graph.edges();
        edges
            .filter(|&(u, v, _)| ((u as usize) < first) != ((v as usize) < first))
            .count()
    };
    let splits = (6..=10).filter(|first| (6..=10).contains(&(n - first)));
    splits
        .map(|first| (across(first), first))
        .min()
        .expect("12 to 20 nodes")
}

#[test]
fn communities_are_fresh_graphs_of_two_dense_halves() {
    let data = Community::new(300, 3);
    let (mut forms, mut sizes) = (HashSet::new(), HashSet::new());
    let (mut inside, mut inside_pairs, mut crossing) = (0, 0, 0);
    for index in 0..data.len() {
        let graph = data.get(index).unwrap();
        assert!((12..=20).contains(&graph.n()), "{} nodes", graph.n());
        let (across, first) = sparsest_split(&graph);
        let second = graph.n() - first;
        assert!(across >= 1, "graph {index} has no edge between its communities");
        inside += graph.edge_count() - across;
        inside_pairs += (first * (first - 1) + second * (second - 1)) / 2;
        crossing += across;
        sizes.insert((first, second));
        forms.insert(SymmetrySearch::default().run(&graph).unwrap().digest());
    }
    assert!((inside as f64 / inside_pairs as f64 - 0.7).abs() < 0.02);
    // 64 pairs on average: one edge where none is drawn (e^-0.64 of the graphs), 0.64 otherwise.
    assert!((crossing as f64 / 300.0 - 1.17).abs() < 0.15);
    assert_eq!(sizes.len(), 25, "both communities have any of five sizes");
    assert!(forms.len() > 295, "only {} of 300 are different", forms.len());
}

#[test]
fn planar_graphs_are_triangulations() {
    let data = Planar::new(40, 30, 7).unwrap();
    for index in 0..data.len() {
        let graph = data.get(index).unwrap();
        assert!(is_connected_planar(&graph).unwrap());
        // 3n − 3 − h edges with h points on the hull, of which there are at least three.
        assert!((60..=84).contains(&graph.edge_count()), "{}", graph.edge_count());
        // Every edge is in a triangle.
        assert!(
            graph
                .edges()
                .all(|(u, v, _)| graph.neighbors(u).iter().any(|&w| graph.has_edge(v, w)))
        );
    }
    assert_eq!(Planar::new(1, 3, 0).unwrap().get(0).unwrap().edge_count(), 3);
    let error = Planar::new(1, 2, 0).unwrap_err().to_string();
    assert_eq!(error, "number of vertices is 2, expected at least 3");
}

#[test]
fn trees_are_uniform() {
    // The 16 labelled trees of four vertices: χ² with 15 degrees of freedom, 0.1 % quantile 37.7.
    let data = Tree::new(3200, 4, 5).unwrap();
    let mut counts: HashMap<ColoredGraph, f64> = HashMap::new();
    for index in 0..data.len() {
        *counts.entry(data.get(index).unwrap()).or_default() += 1.0;
    }
    assert_eq!(counts.len(), 16);
    let chi_square: f64 = counts.values().map(|count| (count - 200.0).powi(2) / 200.0).sum();
    assert!(chi_square < 37.7, "{chi_square}");
    for n in 1..9 {
        let tree = Tree::new(1, n, 0).unwrap().get(0).unwrap();
        assert!(is_tree(&tree).unwrap() && tree.n() == n as usize);
    }
    assert!(Tree::new(1, 0, 0).is_err());
}

#[test]
fn trees_cographs_and_regular_graphs_have_every_size_in_turn_and_depend_on_seed_and_index() {
    fn check<D: Dataset<Item = ColoredGraph>>(make: impl Fn(u64) -> D, least: usize) {
        let [one, same, other] = [1, 1, 2].map(make);
        for index in 0..one.len() {
            let graph = one.get(index).unwrap();
            assert_eq!(graph.n(), least + index % 5);
            assert_eq!(graph, same.get(index).unwrap());
        }
        let differs = |index| one.get(index).unwrap() != other.get(index).unwrap();
        assert!((0..one.len()).any(differs));
        assert!(one.get(one.len()).is_err());
    }
    check(|seed| Tree::of_sizes(20, 4..=8, seed).unwrap(), 4);
    check(|seed| Cograph::new(20, 2..=6, seed).unwrap(), 2);
    check(|seed| Regular::new(20, 6..=10, seed).unwrap(), 6);
    #[allow(clippy::reversed_empty_ranges)]
    let empty = 8..=7;
    let errors = [
        Tree::of_sizes(1, empty.clone(), 0).unwrap_err(),
        Cograph::new(1, empty.clone(), 0).unwrap_err(),
        Regular::new(1, empty, 0).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            error.to_string(),
            "range of sizes is 8..=7, expected at least one size"
        );
    }
    let error = Regular::new(1, 3..=7, 0).unwrap_err().to_string();
    assert_eq!(error, "number of vertices is 3, expected at least 4");
    assert!(Cograph::new(1, 0..=7, 0).is_err());
}

#[test]
fn cographs_have_no_induced_path_of_four_and_every_one_of_four_vertices_occurs() {
    let data = Cograph::new(200, 7..=12, 3).unwrap();
    let (mut edges, mut pairs) = (0, 0);
    for index in 0..data.len() {
        let graph = data.get(index).unwrap();
        let n = graph.n() as u32;
        let edge = |u, v| graph.has_edge(u, v);
        for (u, v, _) in graph.edges().flat_map(|(u, v, c)| [(u, v, c), (v, u, c)]) {
            let ends = |w: u32, near: u32, far: u32| w != far && edge(w, near) && !edge(w, far);
            for a in (0..n).filter(|&a| ends(a, u, v)) {
                for b in (0..n).filter(|&b| ends(b, v, u) && b != a) {
                    assert!(edge(a, b), "graph {index} has the path {a}, {u}, {v}, {b}");
                }
            }
        }
        edges += graph.edge_count();
        pairs += graph.n() * (graph.n() - 1) / 2;
    }
    // Complements are as likely; the sizes of parts make the number of edges vary a lot.
    assert!((edges as f64 / pairs as f64 - 0.5).abs() < 0.1);
    // Of the 64 graphs of four vertices, 12 are paths of four.
    let small = Cograph::new(4000, 4..=4, 1).unwrap();
    let found: HashSet<ColoredGraph> = (0..small.len()).map(|index| small.get(index).unwrap()).collect();
    assert_eq!(found.len(), 52);
}

#[test]
fn regular_graphs_are_uniform() {
    // The 70 labelled cubic graphs of six vertices: χ² with 69 degrees of freedom, 0.1 % quantile 111.1.
    let data = Regular::new(7000, 6..=6, 5).unwrap();
    let mut counts: HashMap<ColoredGraph, f64> = HashMap::new();
    for index in 0..data.len() {
        *counts.entry(data.get(index).unwrap()).or_default() += 1.0;
    }
    assert_eq!(counts.len(), 70);
    let chi_square: f64 = counts.values().map(|count| (count - 100.0).powi(2) / 100.0).sum();
    assert!(chi_square < 111.1, "{chi_square}");
    for n in 4..=32 {
        let graph = Regular::new(1, n..=n, 0).unwrap().get(0).unwrap();
        let degree = 3 + n as usize % 2;
        assert!((0..n).all(|v| graph.neighbors(v).len() == degree), "{n} vertices");
    }
}

#[test]
fn stochastic_block_models_have_sizes_and_edges_of_their_law() {
    let data = StochasticBlockModel::new(400, 9);
    let (mut vertices, mut edges) = (Vec::new(), Vec::new());
    for index in 0..data.len() {
        let graph = data.get(index).unwrap();
        assert!((40..=200).contains(&graph.n()));
        vertices.push(graph.n() as f64);
        edges.push(graph.edge_count() as f64);
    }
    // k communities of E[s] = 30, E[s²] = 30² + 440/12: pairs within, k·E[s(s−1)/2]; across, k(k−1)/2·E[s]².
    let inside = 3.5 * (900.0 + 440.0 / 12.0 - 30.0) / 2.0;
    let across = (1.0 + 3.0 + 6.0 + 10.0) / 4.0 * 900.0;
    for (values, expected) in [(vertices, 3.5 * 30.0), (edges, 0.3 * inside + 0.005 * across)] {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        assert!(
            (mean - expected).abs() < 4.0 * (variance / n).sqrt(),
            "{mean}, expected {expected}"
        );
    }
}
