//! The laws of inversion kernels: by brute force over all small graphs, and by statistics with fixed seeds.

use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};
use std::collections::HashMap;
use sympe_canon::check::{
    LawViolation, check_inversion, check_kernel_equivariance, check_law_equivariance, check_order,
    check_uniformity, coset,
};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_canon::relaxed::{
    BreadthFirstOrder, ByColor, DepthFirstOrder, Haar, OrbitRanks, RefinementOrder, Signs, SmoothExact,
    SpectralOrder, Start, VertexOrder, WalkOrder, mean_displacement, refinement_ranks,
};
use sympe_canon::{CanonError, Canonicalized, Canonicalizer, Exact, InversionKernel};
use sympe_groups::{Action, Group, PermGroup, Permutation};

const DEPTH_FIRST: DepthFirstOrder = DepthFirstOrder { start: Start::Leaf };
const SPECTRAL: SpectralOrder = SpectralOrder {
    signs: Signs::Degrees,
};

const HIGH_COLORS_FIRST: ByColor<DepthFirstOrder> = ByColor {
    order: DEPTH_FIRST,
    key: |color| 9 - color,
};

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// All of `S_n`.
fn symmetric_group(n: usize) -> Vec<Permutation> {
    PermGroup::symmetric(n).elements().collect()
}

/// The graph whose edges are the set bits of `mask`, pairs in the order (0,1), (0,2), (1,2), (0,3), …
fn graph_of_mask(n: usize, mask: u32) -> ColoredGraph {
    let pairs = (0..n as u32).flat_map(|v| (0..v).map(move |u| (u, v)));
    let edges = pairs
        .enumerate()
        .filter(|(bit, _)| mask >> bit & 1 == 1)
        .map(|(_, pair)| pair);
    ColoredGraph::from_edges(n, false, edges).unwrap()
}

fn mask_of_graph(graph: &ColoredGraph) -> u32 {
    graph.edges().map(|(u, v, _)| 1 << (v * (v - 1) / 2 + u)).sum()
}

/// One graph per isomorphism class on `n` vertices, with the order of its automorphism group: by marking
/// whole orbits of `S_n`, so that nothing under test takes part.
fn classes(n: usize) -> Vec<(ColoredGraph, usize)> {
    let group = symmetric_group(n);
    let mut seen = vec![false; 1 << (n * n.saturating_sub(1) / 2)];
    let mut classes = Vec::new();
    for mask in 0..seen.len() {
        if !seen[mask] {
            let graph = graph_of_mask(n, mask as u32);
            let mut orbit = 0;
            for k in &group {
                orbit += usize::from(!std::mem::replace(
                    &mut seen[mask_of_graph(&k.act(&graph)) as usize],
                    true,
                ));
            }
            classes.push((graph, group.len() / orbit));
        }
    }
    classes
}

fn check_cosets<C>(canonicalizer: &C, max_n: usize)
where
    C: Canonicalizer<ColoredGraph, Stabilizer = PermGroup>,
{
    for n in 1..=max_n {
        for (graph, order) in classes(n) {
            for k in symmetric_group(n) {
                let size = check_kernel_equivariance(canonicalizer, &graph, &k).unwrap();
                assert_eq!(size, order, "order of the group of {graph:?}");
            }
        }
    }
}

#[test]
fn class_counts() {
    assert_eq!(
        [1, 2, 3, 4, 5, 6].map(|n| classes(n).len()),
        [1, 2, 4, 11, 34, 156]
    );
}

#[test]
fn cosets_of_every_small_graph_move_with_it() {
    check_cosets(&SymmetrySearch::default(), 6);
    check_cosets(&SmoothExact::<RefinementOrder>::default(), 6);
}

#[test]
fn cosets_of_smooth_orders_move_with_the_graph() {
    check_cosets(&SmoothExact::new(RefinementOrder { rounds: Some(0) }), 5);
    check_cosets(&SmoothExact::new(WalkOrder::default()), 5);
    check_cosets(&SmoothExact::new(BreadthFirstOrder), 5);
    check_cosets(&SmoothExact::new(DEPTH_FIRST), 5);
    check_cosets(&SmoothExact::new(SPECTRAL), 5);
    check_cosets(&SmoothExact::new(SpectralOrder { signs: Signs::Random }), 5);
    check_cosets(&SmoothExact::new(OrbitRanks::default()), 5);
}

/// Coloured, directed, disconnected, regular: one graph of each sort.
fn assorted_graphs() -> Vec<ColoredGraph> {
    let cycle = |n: u32| (0..n).map(move |v| (v, (v + 1) % n));
    let colored_path = ColoredGraph::from_edges(5, false, [(0, 1), (1, 2), (2, 3), (3, 4)]).unwrap();
    let petersen = (0..5).flat_map(|v| [(v, (v + 1) % 5), (v, v + 5), (v + 5, (v + 2) % 5 + 5)]);
    vec![
        colored_path.with_node_colors(vec![1, 0, 2, 0, 1]).unwrap(),
        ColoredGraph::from_colored_edges(6, false, cycle(6).map(|(u, v)| (u, v, u % 2))).unwrap(),
        ColoredGraph::from_edges(6, true, cycle(6)).unwrap(),
        ColoredGraph::from_edges(6, true, cycle(3).chain([(0, 3), (1, 4), (2, 5), (5, 5)])).unwrap(),
        ColoredGraph::from_edges(9, false, cycle(3).chain(cycle(3).map(|(u, v)| (u + 3, v + 3)))).unwrap(),
        ColoredGraph::from_edges(7, false, cycle(7)).unwrap(),
        ColoredGraph::from_edges(10, false, petersen).unwrap(),
        ColoredGraph::from_edges(
            16,
            false,
            (0..16)
                .flat_map(|v| [1, 2, 4, 8].map(|b| (v, v ^ b)))
                .filter(|(u, v)| u < v),
        )
        .unwrap(),
        random_graph(12, &mut rng(5)),
        ColoredGraph::from_edges(0, false, []).unwrap(),
    ]
}

fn random_graph(n: u32, rng: &mut ChaCha8Rng) -> ColoredGraph {
    let pairs = (0..n).flat_map(|v| (0..v).map(move |u| (u, v)));
    let edges: Vec<_> = pairs.filter(|_| rng.next_u32() < u32::MAX / 4).collect();
    ColoredGraph::from_edges(n as usize, false, edges).unwrap()
}

#[test]
fn each_draw_inverts_bit_for_bit() {
    let orders: [Box<dyn VertexOrder>; 5] = [
        Box::new(RefinementOrder::default()),
        Box::new(WalkOrder::default()),
        Box::new(BreadthFirstOrder),
        Box::new(DEPTH_FIRST),
        Box::new(SPECTRAL),
    ];
    let mut rng = rng(1);
    let small = (1..=5).flat_map(classes).map(|(graph, _)| graph);
    for graph in small.chain(assorted_graphs()) {
        let relabellings: Vec<_> = (0..10)
            .map(|_| Permutation::random(graph.n(), &mut rng))
            .collect();
        let search = SymmetrySearch::default();
        let form = check_inversion(&Exact(search.clone()), &graph, &relabellings, 20, &mut rng).unwrap();
        assert_eq!(&form, search.run(&graph).unwrap().form());
        for order in &orders {
            let smooth = Exact(SmoothExact::new(order.as_ref()));
            check_inversion(&smooth, &graph, &relabellings, 10, &mut rng).unwrap();
        }
    }
}

/// 10,000 draws for each small graph with symmetries.
fn assert_uniform<C>(canonicalizer: C)
where
    C: Canonicalizer<ColoredGraph, Stabilizer = PermGroup>,
{
    let mut rng = rng(2);
    let mut p_values = Vec::new();
    let kernel = Exact(canonicalizer);
    for (graph, order) in (2..=6).flat_map(classes).filter(|(_, order)| *order > 1) {
        let support = coset(&kernel.0.canonicalize(&graph).unwrap());
        assert_eq!(support.len(), order);
        let test = check_uniformity(&kernel, &graph, &support, 10_000, &mut rng).unwrap();
        p_values.push(test.p_value());
    }
    // 207 classes, of which 8 (on 6 vertices) are asymmetric. Under the law the least of 199 p-values is
    // below 10⁻⁵ once in 500 runs, and half of them, give or take 7, lie below 1/2.
    assert_eq!(p_values.len(), 199);
    assert!(p_values.iter().all(|&p| p > 1e-5), "{p_values:?}");
    let below = p_values.iter().filter(|&&p| p < 0.5).count();
    assert!(
        (72..=127).contains(&below),
        "{below} of 199 p-values are below 1/2"
    );
}

#[test]
fn draws_are_uniform_on_the_coset() {
    assert_uniform(SymmetrySearch::default());
    assert_uniform(SmoothExact::<RefinementOrder>::default());
}

/// Joint equivariance for every labelled graph on 4 and 5 vertices, every tie-breaking permutation, and
/// generators of `S_n`: by induction for all relabellings. Law 1 of the relaxed kernel follows exactly,
/// without statistics.
#[test]
fn orders_are_jointly_equivariant() {
    let orders: [Box<dyn VertexOrder>; 12] = [
        Box::new(Haar),
        Box::new(RefinementOrder::default()),
        Box::new(RefinementOrder { rounds: Some(1) }),
        Box::new(WalkOrder { steps: 2 }),
        Box::new(BreadthFirstOrder),
        Box::new(DEPTH_FIRST),
        Box::new(DepthFirstOrder { start: Start::Hub }),
        Box::new(DepthFirstOrder {
            start: Start::Anywhere,
        }),
        Box::new(OrbitRanks::default()),
        Box::new(SPECTRAL),
        Box::new(SpectralOrder { signs: Signs::Random }),
        Box::new(HIGH_COLORS_FIRST),
    ];
    for n in [4, 5] {
        let ties = symmetric_group(n);
        let cycle = Permutation::from_images((0..n as u32).map(|v| (v + 1) % n as u32).collect()).unwrap();
        let generators = [Permutation::parse("(0 1)", n).unwrap(), cycle];
        for mask in 0..1 << (n * (n - 1) / 2) {
            let graph = graph_of_mask(n, mask);
            for k in &generators {
                for t in ties.iter().step_by(if n == 5 { 7 } else { 1 }) {
                    orders
                        .iter()
                        .for_each(|order| check_order(order, &graph, k, t).unwrap());
                }
            }
        }
    }
    let mut rng = rng(3);
    for graph in assorted_graphs() {
        for _ in 0..50 {
            let [k, t] = [(); 2].map(|()| Permutation::random(graph.n(), &mut rng));
            orders
                .iter()
                .for_each(|order| check_order(order, &graph, &k, &t).unwrap());
        }
    }
}

/// Draws by the definition of a relaxed kernel, and the entropy of their law.
fn enumerated_entropy(order: &dyn VertexOrder, graph: &ColoredGraph) -> f64 {
    let mut counts = HashMap::new();
    let ties = symmetric_group(graph.n());
    for t in &ties {
        *counts.entry(order.arrange(graph, t).unwrap()).or_insert(0) += 1;
    }
    let share = |count: i32| f64::from(count) / ties.len() as f64;
    counts
        .values()
        .map(|&count| -share(count) * share(count).ln())
        .sum()
}

#[test]
fn entropies_are_those_of_the_enumerated_laws() {
    let known: [Box<dyn VertexOrder>; 5] = [
        Box::new(Haar),
        Box::new(RefinementOrder::default()),
        Box::new(RefinementOrder { rounds: Some(0) }),
        Box::new(WalkOrder::default()),
        Box::new(OrbitRanks::default()),
    ];
    let marked = |graph: &ColoredGraph| {
        let colors = (0..graph.n() as u32).map(|v| v % 2).collect();
        graph.clone().with_node_colors(colors).unwrap()
    };
    for graph in (1..=5)
        .flat_map(classes)
        .flat_map(|(graph, _)| [marked(&graph), graph])
    {
        let stabilizer = SymmetrySearch::default().canonicalize(&graph).unwrap().stabilizer;
        let exact = Exact(SmoothExact::new(HIGH_COLORS_FIRST))
            .entropy(&graph)
            .unwrap()
            .unwrap();
        assert!(
            (exact - (stabilizer.elements().count() as f64).ln()).abs() < 1e-12,
            "{graph:?}"
        );
        for order in &known {
            let entropy = order.entropy(&graph).unwrap().unwrap();
            let expected = enumerated_entropy(order, &graph);
            assert!(
                (entropy - expected).abs() < 1e-12,
                "{graph:?}: {entropy}, not {expected}"
            );
        }
        // Law 1 forbids less than the exact kernel has, also where nothing is said.
        for order in [&DEPTH_FIRST as &dyn VertexOrder, &HIGH_COLORS_FIRST] {
            assert_eq!(order.entropy(&graph).unwrap(), None);
            assert!(enumerated_entropy(order, &graph) >= exact - 1e-12, "{graph:?}");
        }
    }
}

#[test]
fn keys_of_colours_decide_before_the_order() {
    for graph in assorted_graphs() {
        let ties = Permutation::random(graph.n(), &mut rng(9));
        let plain = DEPTH_FIRST.arrange(&graph, &ties).unwrap();
        let sorted = HIGH_COLORS_FIRST.arrange(&graph, &ties).unwrap();
        let rank = plain.inverse();
        let key = |&v: &u32| (9 - graph.node_color(v), rank.apply(v));
        assert!(sorted.images().is_sorted_by_key(key), "{graph:?}");
    }
}

#[test]
fn relaxed_kernels_have_law_one() {
    let mut rng = rng(4);
    let graph = ColoredGraph::from_edges(4, false, [(0, 1), (1, 2), (2, 3)]).unwrap();
    let k = Permutation::parse("(0 2 1 3)", 4).unwrap();
    let kernels: [Box<dyn VertexOrder>; 6] = [
        Box::new(Haar),
        Box::new(RefinementOrder::default()),
        Box::new(BreadthFirstOrder),
        Box::new(DEPTH_FIRST),
        Box::new(SpectralOrder::default()),
        Box::new(OrbitRanks::default()),
    ];
    // Numbers of outcomes: 4!, 2!·2!, one per root (two of each), two directions, two orbits of two.
    for (kernel, outcomes) in kernels.iter().zip([24, 4, 2, 2, 2, 4]) {
        let test = check_law_equivariance(kernel, &graph, &k, 10_000, &mut rng).unwrap();
        assert_eq!(test.degrees, outcomes - 1);
        assert!(test.p_value() > 1e-4, "{test}");
    }
}

/// The law of refinement is uniform on all permutations that respect the ranks.
#[test]
fn refinement_draws_are_uniform_within_ties() {
    let graph = ColoredGraph::from_edges(6, false, [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5)]).unwrap();
    let ranks = refinement_ranks(&graph, None);
    assert_eq!(ranks, [3, 1, 0, 1, 3, 2]);
    let sorted = |g: &Permutation| g.images().is_sorted_by_key(|&v| ranks[v as usize]);
    let support: Vec<_> = symmetric_group(6).into_iter().filter(sorted).collect();
    assert_eq!(support.len(), 4);
    let test = check_uniformity(&RefinementOrder::default(), &graph, &support, 10_000, &mut rng(6)).unwrap();
    assert!(test.p_value() > 1e-4, "{test}");
}

/// A labelling taken as it comes: what "no canonicalization" would be. Not a kernel.
struct AsLabelled;

impl InversionKernel<ColoredGraph> for AsLabelled {
    type Group = Permutation;

    fn draw(&self, graph: &ColoredGraph, _: &mut dyn Rng) -> Result<Permutation, CanonError> {
        Ok(Permutation::identity(graph.n()))
    }
}

/// `h·s` instead of `s·h`: the wrong side.
struct WrongSide;

impl InversionKernel<ColoredGraph> for WrongSide {
    type Group = Permutation;

    fn draw(&self, graph: &ColoredGraph, rng: &mut dyn Rng) -> Result<Permutation, CanonError> {
        let Canonicalized { element, stabilizer } = SymmetrySearch::default().canonicalize(graph)?;
        Ok(element.compose(&stabilizer.sample(rng)))
    }
}

/// Always `h`: the draw of the stabilizer is forgotten.
struct NoDraw;

impl Canonicalizer<ColoredGraph> for NoDraw {
    type Stabilizer = PermGroup;

    fn canonicalize(&self, graph: &ColoredGraph) -> Result<Canonicalized<PermGroup>, CanonError> {
        let element = SymmetrySearch::default().canonicalize(graph)?.element;
        Ok(Canonicalized {
            element,
            stabilizer: PermGroup::trivial(graph.n()),
        })
    }
}

/// Ties broken by vertex number: not equivariant.
struct ByVertexNumber;

impl VertexOrder for ByVertexNumber {
    fn arrange(&self, graph: &ColoredGraph, _: &Permutation) -> Result<Permutation, CanonError> {
        RefinementOrder::default().arrange(graph, &Permutation::identity(graph.n()))
    }
}

#[test]
fn unlawful_kernels_are_caught() {
    let mut rng = rng(7);
    // 3-0-1, its centre at 0: the canonical form has it elsewhere or not, so try every relabelling.
    let graph = ColoredGraph::from_edges(4, false, [(3, 0), (0, 1)]).unwrap();
    let relabellings = symmetric_group(4);
    let search = SymmetrySearch::default();
    let k = &Permutation::parse("(0 2)(1 3)", 4).unwrap();

    let identity = check_inversion(&AsLabelled, &graph, &relabellings, 1, &mut rng).unwrap_err();
    assert!(matches!(identity, LawViolation::Inversion { .. }), "{identity}");
    assert!(
        check_law_equivariance(&AsLabelled, &graph, k, 1000, &mut rng)
            .unwrap()
            .p_value()
            < 1e-12
    );

    let side = check_inversion(&WrongSide, &graph, &relabellings, 20, &mut rng).unwrap_err();
    assert!(matches!(side, LawViolation::Inversion { .. }), "{side}");
    let caught = relabellings.iter().any(|k| {
        let moved = k.act(&graph);
        let support = coset(&search.canonicalize(&moved).unwrap());
        matches!(
            check_uniformity(&WrongSide, &moved, &support, 100, &mut rng),
            Err(LawViolation::OutsideSupport { support: 2, .. })
        )
    });
    assert!(caught, "h·s lies in the coset at every relabelling");

    // h alone inverts, but is neither equivariant nor uniform.
    check_inversion(&Exact(NoDraw), &graph, &relabellings, 1, &mut rng).unwrap();
    let coset_moves = relabellings
        .iter()
        .all(|k| check_kernel_equivariance(&NoDraw, &graph, k).is_ok());
    assert!(
        !coset_moves,
        "a labelling that ignores the stabilizer is equivariant"
    );
    let support = coset(&search.canonicalize(&graph).unwrap());
    assert!(
        check_uniformity(&Exact(NoDraw), &graph, &support, 100, &mut rng)
            .unwrap()
            .p_value()
            < 1e-12
    );

    let orders = relabellings
        .iter()
        .map(|k| check_order(&ByVertexNumber, &graph, k, &Permutation::identity(4)));
    assert!(
        orders
            .into_iter()
            .any(|result| matches!(result, Err(LawViolation::Order { .. })))
    );
}

/// How far vertices move when one pair of a random graph G(12, 1/4) is toggled; ties, if any, broken alike.
fn displacement(mut arrange: impl FnMut(&ColoredGraph, &Permutation) -> Permutation) -> f64 {
    let mut rng = rng(8);
    let graphs = 500;
    let mut total = 0.0;
    for _ in 0..graphs {
        let graph = random_graph(12, &mut rng);
        let ties = Permutation::random(12, &mut rng);
        let toggled = 1 << (rng.next_u32() % 66);
        let next = graph_of_wide_mask(12, wide_mask(&graph) ^ toggled);
        total += mean_displacement(&arrange(&graph, &ties), &arrange(&next, &ties));
    }
    total / f64::from(graphs)
}

fn wide_mask(graph: &ColoredGraph) -> u128 {
    graph.edges().map(|(u, v, _)| 1 << (v * (v - 1) / 2 + u)).sum()
}

fn graph_of_wide_mask(n: usize, mask: u128) -> ColoredGraph {
    let pairs = (0..n as u32).flat_map(|v| (0..v).map(move |u| (u, v)));
    let edges = pairs
        .enumerate()
        .filter(|(bit, _)| mask >> bit & 1 == 1)
        .map(|(_, pair)| pair);
    ColoredGraph::from_edges(n, false, edges).unwrap()
}

fn element<C>(canonicalizer: &C, graph: &ColoredGraph) -> Permutation
where
    C: Canonicalizer<ColoredGraph, Stabilizer = PermGroup>,
{
    canonicalizer.canonicalize(graph).unwrap().element
}

#[test]
fn smooth_orders_change_less_than_a_plain_canonical_labelling() {
    let plain = displacement(|graph, _| element(&SymmetrySearch::default(), graph));
    let refinement = displacement(|graph, ties| RefinementOrder::default().arrange(graph, ties).unwrap());
    let smooth = displacement(|graph, _| element(&SmoothExact::<RefinementOrder>::default(), graph));
    let walks = displacement(|graph, _| element(&SmoothExact::new(WalkOrder::default()), graph));
    println!("mean displacement, ranks 0..12, one edge toggled (unrelated orders: 3.97)");
    println!("plain {plain:.3}, refinement {refinement:.3}, exact {smooth:.3}, exact by walks {walks:.3}");
    assert!(refinement < 0.85 * plain, "{refinement} against {plain}");
    assert!(smooth < 0.85 * plain, "{smooth} against {plain}");
    assert!(walks < 0.85 * plain, "{walks} against {plain}");
}

/// Draws that are coupled to a mark of some vertices: by brute force over all graphs of four vertices and all marks.
#[test]
fn least_draws_are_uniform_among_the_least_and_over_all_answers() {
    const N: usize = 4;
    let mut rng = rng(11);
    for (graph, _) in classes(N) {
        let canonicalized = SymmetrySearch::default().canonicalize(&graph).unwrap();
        let coset: Vec<Permutation> = (canonicalized.stabilizer.elements())
            .map(|s| s.compose(&canonicalized.element))
            .collect();
        let mut weights = vec![0.0; coset.len()];
        for mask in 0..1 << N {
            let answer: Vec<bool> = (0..N).map(|i| mask >> i & 1 == 1).collect();
            let form = |g: &Permutation| g.inverse().act(&answer[..]);
            let least = coset.iter().map(form).min().unwrap();
            let wanted: Vec<usize> = (0..coset.len()).filter(|&k| form(&coset[k]) == least).collect();
            let mut counts = vec![0u32; coset.len()];
            for _ in 0..20 * wanted.len() {
                let drawn = canonicalized.sample_least(24, |g, k| form(g).cmp(&form(k)), &mut rng);
                let expected = (coset.len() as f64 / wanted.len() as f64).ln();
                assert!((drawn.divergence - expected).abs() < 1e-12);
                counts[coset.iter().position(|g| *g == drawn.element).unwrap()] += 1;
            }
            for (k, count) in counts.into_iter().enumerate() {
                assert!(
                    if wanted.contains(&k) {
                        count > 3
                    } else {
                        count == 0
                    },
                    "{mask}: {count}"
                );
            }
            wanted
                .iter()
                .for_each(|&k| weights[k] += 1.0 / wanted.len() as f64);
        }
        assert!(
            weights.iter().all(|weight| (weight - weights[0]).abs() < 1e-12),
            "{weights:?}"
        );
    }
    // Of a large coset as many are looked at as may be.
    let empty = ColoredGraph::from_edges(9, false, []).unwrap();
    let canonicalized = SymmetrySearch::default().canonicalize(&empty).unwrap();
    let place = |g: &Permutation| g.images()[0];
    let (mut looked_at, draws) = (0, 4000);
    for _ in 0..draws {
        let drawn = canonicalized.sample_least(4, |g, k| place(g).cmp(&place(k)), &mut rng);
        assert_eq!(drawn.divergence, 4f64.ln());
        looked_at += usize::from(place(&drawn.element) == 0);
    }
    // The least of four places among nine is the first with probability 1 − (8/9)⁴.
    let share = looked_at as f64 / f64::from(draws);
    assert!((share - (1.0 - (8.0f64 / 9.0).powi(4))).abs() < 0.03, "{share}");
}
