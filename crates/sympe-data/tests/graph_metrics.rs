//! Statistics of graphs against brute force and closed forms, planarity against minors, published figures.

use proptest::prelude::*;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use sympe_canon::graph::ColoredGraph;
use sympe_data::graph_metrics::{
    Descriptor, Distance, Kernel, ORBITS, ValidUniqueNovel, compare, is_connected, is_connected_planar,
    is_planar, is_tree, orbit_counts, squared_mmd,
};
use sympe_data::published::{Benchmark, Split, benchmark};
use sympe_data::random_graphs::{Planar, StochasticBlockModel, Tree};
use sympe_data::{DataError, Dataset};
use sympe_groups::{Action, Permutation};

fn folder() -> Option<PathBuf> {
    let shared = std::env::var_os("SYMPE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/graphs");
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

fn pairs(n: u32) -> Vec<(u32, u32)> {
    (0..n).flat_map(|v| (0..v).map(move |u| (u, v))).collect()
}

fn graph(n: usize, edges: impl IntoIterator<Item = (u32, u32)>) -> ColoredGraph {
    ColoredGraph::from_edges(n, false, edges).unwrap()
}

/// A graph of `sizes` vertices with any edges.
fn any_graph(sizes: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = ColoredGraph> {
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

/// The graphlets, each with the orbit of each of its vertices.
fn graphlets() -> Vec<(ColoredGraph, &'static [usize])> {
    vec![
        (graph(2, [(0, 1)]), &[0, 0]),
        (graph(3, [(0, 1), (1, 2)]), &[1, 2, 1]),
        (graph(3, [(0, 1), (1, 2), (2, 0)]), &[3, 3, 3]),
        (graph(4, [(0, 1), (1, 2), (2, 3)]), &[4, 5, 5, 4]),
        (graph(4, [(0, 1), (0, 2), (0, 3)]), &[7, 6, 6, 6]),
        (graph(4, [(0, 1), (1, 2), (2, 3), (3, 0)]), &[8, 8, 8, 8]),
        (graph(4, [(0, 1), (1, 2), (2, 3), (3, 1)]), &[9, 11, 10, 10]),
        (
            graph(4, [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]),
            &[13, 12, 13, 12],
        ),
        (graph(4, pairs(4)), &[14, 14, 14, 14]),
    ]
}

/// All injective sequences of `length` of `0..n`.
fn arrangements(n: u32, length: usize) -> Vec<Vec<u32>> {
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

/// Orbit counts by trying all ways to lay each graphlet into the graph: each induced copy is found once per automorphism.
fn orbit_counts_by_brute_force(graph: &ColoredGraph) -> Vec<[u64; ORBITS]> {
    let mut copies: HashSet<(Vec<u32>, usize)> = HashSet::new();
    let mut counts = vec![[0; ORBITS]; graph.n()];
    for (index, (graphlet, orbits)) in graphlets().into_iter().enumerate() {
        for laid in arrangements(graph.n() as u32, graphlet.n()) {
            let fits = pairs(graphlet.n() as u32)
                .into_iter()
                .all(|(i, j)| graphlet.has_edge(i, j) == graph.has_edge(laid[i as usize], laid[j as usize]));
            let mut members = laid.clone();
            members.sort_unstable();
            if fits && copies.insert((members, index)) {
                for (&v, &orbit) in laid.iter().zip(orbits) {
                    counts[v as usize][orbit] += 1;
                }
            }
        }
    }
    counts
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
    fn orbit_counts_are_those_of_brute_force(graph in any_graph(0..=8)) {
        prop_assert_eq!(orbit_counts(&graph)?, orbit_counts_by_brute_force(&graph));
    }

    #[test]
    fn planar_graphs_are_those_without_forbidden_minors(graph in any_graph(6..=8)) {
        // Up to Euler's bound the search decides, beyond it the bound.
        prop_assert_eq!(is_planar(&graph)?, is_planar_by_minors(&rows(&graph), &mut HashSet::new()));
    }

    #[test]
    fn statistics_do_not_depend_on_labels(
        (graph, images) in any_graph(1..=9).prop_flat_map(|graph| {
            let images: Vec<u32> = (0..graph.n() as u32).collect();
            (Just(graph), Just(images).prop_shuffle())
        })
    ) {
        let moved = Permutation::from_images(images).unwrap().act(&graph);
        for descriptor in [Descriptor::Degree, Descriptor::Clustering, Descriptor::Orbits] {
            prop_assert_eq!(descriptor.of(&graph)?, descriptor.of(&moved)?);
        }
        prop_assert_eq!(is_planar(&graph)?, is_planar(&moved)?);
        prop_assert_eq!(is_connected(&graph), is_connected(&moved));
    }

    #[test]
    fn distances_are_metrics(vectors in proptest::array::uniform3(proptest::collection::vec(0.01..1.0, 1..6))) {
        // Earth is moved between histograms of equal sum.
        let [x, y, z] = vectors.map(|vector| {
            let total: f64 = vector.iter().sum();
            vector.into_iter().map(|value| value / total).collect::<Vec<_>>()
        });
        for distance in [Distance::TotalVariation, Distance::EarthMover, Distance::Euclidean] {
            let kernel = Kernel { distance, sigma: 0.5, spacing: 0.1 };
            let d = |x: &[f64], y: &[f64]| kernel.distance(x, y);
            prop_assert_eq!(d(&x, &x), 0.0);
            prop_assert!((d(&x, &y) - d(&y, &x)).abs() < 1e-12);
            prop_assert!(d(&x, &z) <= d(&x, &y) + d(&y, &z) + 1e-12);
            let padded = [&x[..], &[0.0, 0.0]].concat();
            prop_assert!((d(&x, &y) - d(&padded, &y)).abs() < 1e-12);
            prop_assert!((kernel.value(&x, &y) - (-d(&x, &y).powi(2) / (2.0 * 0.25)).exp()).abs() < 1e-15);
        }
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

#[test]
fn long_paths_and_cycles_do_not_overflow() {
    let n = 200_000u32;
    let cycle = graph(n as usize, (0..n).map(|v| (v, (v + 1) % n)));
    assert!(is_planar(&cycle).unwrap() && is_connected(&cycle) && !is_tree(&cycle).unwrap());
    assert_eq!(
        orbit_counts(&cycle).unwrap()[5],
        [2, 2, 1, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    );
}

#[test]
fn spectra_known_in_closed_form() {
    let complete = graph(5, pairs(5));
    let star = graph(5, (1..5).map(|v| (0, v)));
    let cycle = graph(6, (0..6).map(|v| (v, (v + 1) % 6)));
    let lonely = graph(3, [(0, 1)]);
    for (graph, eigenvalues) in [
        (complete, vec![0.0, 1.25, 1.25, 1.25, 1.25]),
        (star, vec![0.0, 1.0, 1.0, 1.0, 2.0]),
        (cycle, vec![0.0, 0.5, 0.5, 1.5, 1.5, 2.0]),
        (lonely, vec![0.0, 0.0, 2.0]),
    ] {
        let spectrum = Descriptor::Spectrum.of(&graph).unwrap();
        let n = graph.n() as f64;
        assert!((spectrum.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for value in &eigenvalues {
            // Within a bin of where it belongs: rounding may move it over an end.
            let bin = ((value + 1e-5) / 2.00001 * 200.0) as usize;
            let near: f64 = spectrum[bin.saturating_sub(1)..(bin + 2).min(200)].iter().sum();
            let expected = eigenvalues.iter().filter(|&other| other == value).count() as f64 / n;
            assert!((near - expected).abs() < 1e-12, "{value} of {eigenvalues:?}");
        }
    }
}

#[test]
fn clustering_by_hand() {
    // A triangle with a tail: coefficients 1, 1, 1/3, 0.
    let paw = graph(4, [(0, 1), (1, 2), (2, 0), (2, 3)]);
    let histogram = Descriptor::Clustering.of(&paw).unwrap();
    assert_eq!(
        (histogram.len(), histogram[0], histogram[33], histogram[99]),
        (100, 0.25, 0.25, 0.5)
    );
    assert_eq!(histogram.iter().sum::<f64>(), 1.0);
}

#[test]
fn graphs_without_vertices_have_statistics_and_directed_ones_are_refused() {
    let empty = graph(0, []);
    for descriptor in Descriptor::ALL {
        assert!(
            descriptor.of(&empty).unwrap().iter().all(|&value| value == 0.0),
            "{descriptor}"
        );
    }
    assert!(is_planar(&empty).unwrap() && !is_connected(&empty) && !is_tree(&empty).unwrap());
    let arc = ColoredGraph::from_edges(2, true, [(0, 1)]).unwrap();
    let looped = ColoredGraph::from_edges(2, false, [(0, 0)]).unwrap();
    for (graph, name) in [(arc, "directed"), (looped, "one with self-loops")] {
        let expected = format!("graph to measure is {name}, expected an undirected graph without self-loops");
        assert_eq!(is_planar(&graph).unwrap_err().to_string(), expected);
        assert_eq!(Descriptor::Degree.of(&graph).unwrap_err().to_string(), expected);
    }
    let error = compare(Descriptor::Degree, &[], &[empty], Distance::TotalVariation).unwrap_err();
    assert_eq!(
        error.to_string(),
        "reference is empty, expected at least one graph"
    );
}

#[test]
fn discrepancy_is_the_sum_over_all_pairs() {
    let kernel = Descriptor::Clustering.kernel(Distance::EarthMover);
    let one = [vec![1.0, 0.0, 0.0], vec![0.5, 0.5]];
    let other = [vec![0.0, 0.0, 0.0, 1.0], vec![0.2, 0.3, 0.5], vec![1.0]];
    let mean = |x: &[Vec<f64>], y: &[Vec<f64>]| {
        let mut sum = 0.0;
        for a in x {
            for b in y {
                sum += (-kernel.distance(a, b).powi(2) / (2.0 * kernel.sigma.powi(2))).exp();
            }
        }
        sum / (x.len() * y.len()) as f64
    };
    let expected = mean(&one, &one) + mean(&other, &other) - 2.0 * mean(&one, &other);
    assert!((squared_mmd(&one, &other, kernel).unwrap() - expected).abs() < 1e-15);
    // A bin is 0.01 wide: the way of all mass over three bins.
    assert!((kernel.distance(&one[0], &other[0]) - 0.03).abs() < 1e-15);
}

fn all(data: &impl Dataset<Item = ColoredGraph>) -> Vec<ColoredGraph> {
    let graphs = (0..data.len()).map(|index| data.get(index));
    graphs.collect::<Result<_, DataError>>().unwrap()
}

#[test]
fn published_graphs_are_what_they_are_called_and_figures_are_reproduced() {
    let Some(folder) = folder() else { return };
    let read = |kind, split| benchmark(&folder, kind, split).unwrap().items().to_vec();
    for split in [Split::Train, Split::Validation, Split::Test] {
        assert!(
            read(Benchmark::Planar, split)
                .iter()
                .all(|graph| is_connected_planar(graph).unwrap())
        );
        assert!(
            read(Benchmark::Tree, split)
                .iter()
                .all(|graph| is_tree(graph).unwrap())
        );
        assert!(
            read(Benchmark::StochasticBlockModel, split)
                .iter()
                .all(|graph| !is_planar(graph).unwrap())
        );
    }
    let (train, test) = (
        read(Benchmark::Planar, Split::Train),
        read(Benchmark::Planar, Split::Test),
    );
    assert_eq!((train.len(), test.len()), (128, 40));
    for (descriptor, published, digit) in [
        (Descriptor::Degree, 0.00019, 1e-5),
        (Descriptor::Clustering, 0.03102, 1e-5),
        (Descriptor::Spectrum, 0.00382, 1e-5),
    ] {
        let found = compare(descriptor, &test, &train, Distance::TotalVariation).unwrap();
        assert!(
            (found - published).abs() <= 0.5 * digit,
            "{descriptor}: {found}, published {published}"
        );
    }
    let orbits = compare(Descriptor::Orbits, &test, &train, Distance::TotalVariation).unwrap();
    assert!((0.0..0.01).contains(&orbits), "{orbits}");
    let found = ValidUniqueNovel::of(&test, &train, is_connected_planar).unwrap();
    assert_eq!(
        (found.valid, found.unique, found.novel, found.share()),
        (40, 40, 40, 1.0)
    );
}

#[test]
fn generated_graphs_are_like_the_published_ones() {
    let Some(folder) = folder() else { return };
    let made = [
        (Benchmark::Planar, all(&Planar::new(128, 64, 0).unwrap())),
        (
            Benchmark::StochasticBlockModel,
            all(&StochasticBlockModel::new(128, 0)),
        ),
        (Benchmark::Tree, all(&Tree::new(128, 64, 0).unwrap())),
    ];
    let mean = |graphs: &[ColoredGraph], of: fn(&ColoredGraph) -> usize| {
        graphs.iter().map(|graph| of(graph) as f64).sum::<f64>() / graphs.len() as f64
    };
    for (kind, made) in made {
        let train = benchmark(&folder, kind, Split::Train).unwrap().items().to_vec();
        let test = benchmark(&folder, kind, Split::Test).unwrap().items().to_vec();
        for descriptor in Descriptor::ALL {
            let ours = compare(descriptor, &test, &made, Distance::TotalVariation).unwrap();
            let theirs = compare(descriptor, &test, &train, Distance::TotalVariation).unwrap();
            println!("{kind} {descriptor}: generated {ours:.5}, published {theirs:.5}");
            assert!(
                ours <= 1.5 * theirs + 2e-3,
                "{kind} {descriptor}: {ours} against {theirs}"
            );
        }
        let tolerance = if kind == Benchmark::StochasticBlockModel {
            0.15
        } else {
            0.01
        };
        for of in [ColoredGraph::n, ColoredGraph::edge_count] {
            let ratio = mean(&made, of) / mean(&train, of);
            assert!((ratio - 1.0).abs() < tolerance, "{kind}: {ratio}");
        }
    }
}
