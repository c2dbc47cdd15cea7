//! The generators: their laws, with fixed seeds.

use std::collections::HashSet;
use sympe_canon::graph::SymmetrySearch;
use sympe_data::Dataset;
use sympe_data::random_graphs::{Community, ErdosRenyi};

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

#[test]
fn communities_are_fresh_graphs_of_two_dense_halves() {
    let data = Community::new(300, 3);
    let mut forms = HashSet::new();
    let (mut inside, mut inside_pairs) = (0, 0);
    for index in 0..data.len() {
        let graph = data.get(index).unwrap();
        let n = graph.n();
        assert!((12..=20).contains(&n) && n % 2 == 0, "{n} nodes");
        let half = |v: u32| v as usize >= n / 2;
        let across = graph.edges().filter(|&(u, v, _)| half(u) != half(v)).count();
        assert!(across >= 1, "graph {index} has no edge between its halves");
        inside += graph.edge_count() - across;
        inside_pairs += n / 2 * (n / 2 - 1);
        forms.insert(SymmetrySearch::default().run(&graph).unwrap().digest());
    }
    assert!((inside as f64 / inside_pairs as f64 - 0.7).abs() < 0.02);
    assert!(forms.len() > 295, "only {} of 300 are different", forms.len());
}
