//! The best element of a permutation group: equal to listing all, whatever the group is made of.

mod common;

use common::families;
use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sympe_canon::CanonError;
use sympe_canon::align::GroupAssignment;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_groups::nalgebra::{Matrix3, Vector3};
use sympe_groups::{Action, Group, OrthogonalGroup, PermGroup, Permutation, Subgroup};

fn group_of(n: usize, edges: &[(u32, u32)]) -> PermGroup {
    let graph = ColoredGraph::from_edges(n, false, edges.iter().copied()).unwrap();
    SymmetrySearch::default().run(&graph).unwrap().group().clone()
}

/// Graphs whose groups are made of parts, twins, nested twins, rings, and products of these.
fn small_groups() -> Vec<PermGroup> {
    let ring = |n: u32, from: u32| (0..n).map(move |i| (from + i, from + (i + 1) % n));
    let star = |leaves: u32, from: u32| (1..=leaves).map(move |i| (from, from + i));
    let mut groups = vec![
        PermGroup::trivial(3),
        PermGroup::symmetric(5),
        group_of(6, &ring(6, 0).collect::<Vec<_>>()),
        // Two rings, three paths and two points.
        group_of(
            14,
            &ring(3, 0)
                .chain(ring(3, 3))
                .chain([(6, 7), (8, 9), (10, 11)])
                .collect::<Vec<_>>(),
        ),
        // Three branches with three leaves each: 3!·3!³ elements.
        group_of(
            13,
            &star(3, 0)
                .chain((1..=3).flat_map(|i| (0..3).map(move |k| (i, 4 + 3 * (i - 1) + k))))
                .collect::<Vec<_>>(),
        ),
        // A ring with two leaves at each of four places.
        group_of(
            12,
            &ring(4, 0)
                .chain((0..4).flat_map(|i| [(i, 4 + 2 * i), (i, 5 + 2 * i)]))
                .collect::<Vec<_>>(),
        ),
        // Two stars, each with a ring of three at its centre's first leaf.
        group_of(
            12,
            &[
                (0, 1),
                (0, 2),
                (0, 3),
                (3, 4),
                (4, 5),
                (5, 3),
                (6, 7),
                (6, 8),
                (6, 9),
                (9, 10),
                (10, 11),
                (11, 9),
            ],
        ),
    ];
    let of = |degree, cycles: &[&str]| {
        let generators = cycles
            .iter()
            .map(|text| Permutation::parse(text, degree).unwrap());
        PermGroup::new(degree, generators.collect()).unwrap()
    };
    groups.push(of(6, &["(0 1 2 3 4 5)", "(0 1)"]));
    groups.push(of(6, &["(0 1 2)", "(0 1 2 3 4)"]));
    groups.push(of(8, &["(0 1 2 3)(4 5 6 7)", "(0 4)(1 5)(2 6)(3 7)"]));
    groups.push(of(9, &["(0 1 2)", "(0 3 6)(1 4 7)(2 5 8)", "(0 3)(1 4)(2 5)"]));
    groups.push(of(7, &["(0 1 2 3 4 5 6)", "(1 2)(3 6)"])); // 168 elements, no two factors
    groups.push(of(5, &["(0 1)(2 3)", "(0 1)"]));
    groups
}

proptest! {
    #[test]
    fn it_is_the_least_of_all(which in 0usize..13, seed in any::<u64>(), coarse in any::<bool>()) {
        let groups = small_groups();
        let group = &groups[which % groups.len()];
        let n = group.degree();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Coarse costs are often equal.
        let entry = |rng: &mut ChaCha8Rng| if coarse { f64::from(rng.random_range(-1i32..3)) } else { rng.random_range(-1.0..1.0) };
        let costs: Vec<f64> = (0..n * n).map(|_| entry(&mut rng)).collect();
        let sum = |g: &Permutation| (0..n).map(|i| costs[i * n + g.images()[i] as usize]).sum::<f64>();
        let found = GroupAssignment::new(group).least(|i, j| costs[i as usize * n + j as usize]).unwrap();
        prop_assert!(group.contains(&found.element), "{} is not in {group}", found.element);
        prop_assert!((sum(&found.element) - found.loss).abs() < 1e-12);
        let least = group.elements().map(|g| sum(&g)).fold(f64::INFINITY, f64::min);
        prop_assert!((found.loss - least).abs() < 1e-9, "{group}: {} is not {least}", found.loss);
    }

    /// Places that are random, or moved copies with some noise: the superposition is that of listing all elements.
    #[test]
    fn superpositions_are_the_best_of_all(which in 0usize..13, seed in any::<u64>(), noise in 0usize..4, is_full in any::<bool>()) {
        let groups = small_groups();
        let group = &groups[which % groups.len()];
        let n = group.degree();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let place = |rng: &mut ChaCha8Rng| Vector3::from_fn(|_, _| rng.random_range(-2.0..2.0));
        let a: Vec<Vector3<f64>> = (0..n).map(|_| place(&mut rng)).collect();
        let noise = [0.0, 0.05, 0.5, 10.0][noise];
        let (turn, s) = (OrthogonalGroup::<3>::full().sample(&mut rng), group.sample(&mut rng));
        let moved: Vec<Vector3<f64>> = a.iter().map(|x| turn.act(x) + Vector3::repeat(3.0) + place(&mut rng) * noise).collect();
        let b = s.act(&moved[..]);
        let of = if is_full { OrthogonalGroup::full() } else { OrthogonalGroup::special() };
        let lists = [&a, &b].map(|places| places.iter().map(|&place| place.into()).collect::<Vec<[f64; 3]>>());
        let found = GroupAssignment::new(group).superpose(&lists[0], &lists[1], of).unwrap();
        prop_assert!(group.contains(&found.permutation));
        prop_assert!(of.contains(found.motion.orthogonal()));
        let left = |g: &Permutation, x: &[Vector3<f64>]| {
            (0..n).map(|i| (x[i] - b[g.images()[i] as usize]).norm_squared()).sum::<f64>()
        };
        let laid: Vec<Vector3<f64>> = a.iter().map(|x| found.motion.act(x)).collect();
        let rmsd = (left(&found.permutation, &laid) / n as f64).sqrt();
        prop_assert!((rmsd - found.rmsd).abs() < 1e-9, "{rmsd} is not {}", found.rmsd);
        let least = group.elements().map(|g| kabsch(&a, &b, &g, is_full)).fold(f64::INFINITY, f64::min);
        prop_assert!((found.rmsd - least).abs() < 1e-6, "{group}, noise {noise}: {} is not {least}", found.rmsd);
    }
}

/// The root of the mean square after the best motion, by singular values.
fn kabsch(a: &[Vector3<f64>], b: &[Vector3<f64>], g: &Permutation, is_full: bool) -> f64 {
    let n = a.len() as f64;
    let center = |places: &[Vector3<f64>]| places.iter().sum::<Vector3<f64>>() / n;
    let (from, to) = (center(a), center(b));
    let pairs = || {
        a.iter()
            .zip(g.images())
            .map(|(x, &image)| (x - from, b[image as usize] - to))
    };
    let correlation: Matrix3<f64> = pairs().map(|(x, y)| y * x.transpose()).sum();
    let squares: f64 = pairs().map(|(x, y)| x.norm_squared() + y.norm_squared()).sum();
    let values = correlation.singular_values();
    let least = if !is_full && correlation.determinant() < 0.0 {
        -values[2]
    } else {
        values[2]
    };
    ((squares - 2.0 * (values[0] + values[1] + least)).max(0.0) / n).sqrt()
}

/// Trees, tori and random graphs of the battery: the element that was hidden is found, among up to 10¹⁰⁰ of them.
#[test]
fn a_hidden_element_of_a_large_group_is_found() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    // A tree of four generations of three: 3!⁴⁰ elements; a crowd of small rings; all permutations of sixty.
    let mut edges = Vec::new();
    for parent in 0u32..40 {
        (1..=3).for_each(|k| edges.push((parent, 3 * parent + k)));
    }
    let tree = group_of(121, &edges);
    let rings: Vec<(u32, u32)> = (0..20)
        .flat_map(|r| (0..5).map(move |i| (5 * r + i, 5 * r + (i + 1) % 5)))
        .collect();
    let cycles = [
        "(0 1)",
        &format!(
            "({})",
            (0..60).map(|i| i.to_string()).collect::<Vec<_>>().join(" ")
        ),
    ]
    .map(|text| Permutation::parse(text, 60).unwrap());
    for group in [
        tree,
        group_of(100, &rings),
        PermGroup::symmetric(60),
        PermGroup::new(60, cycles.to_vec()).unwrap(),
    ] {
        assert!(group.order().bits() > 100);
        let n = group.degree();
        let hidden = group.sample(&mut rng);
        let value: Vec<f64> = (0..n).map(|_| rng.random_range(-1.0..1.0)).collect();
        let target = hidden.act(&value[..]);
        let cost = |i: u32, j: u32| (value[i as usize] - target[j as usize]).powi(2);
        let found = GroupAssignment::new(&group).least(cost).unwrap();
        assert!(found.element == hidden, "{}", found.loss);
        let places: Vec<[f64; 3]> = (0..n)
            .map(|_| std::array::from_fn(|_| rng.random_range(-5.0..5.0)))
            .collect();
        let noise = |place: &[f64; 3], rng: &mut ChaCha8Rng| place.map(|x| x + rng.random_range(-0.05..0.05));
        let moved: Vec<[f64; 3]> = hidden
            .act(&places[..])
            .iter()
            .map(|place| noise(place, &mut rng))
            .collect();
        let found = GroupAssignment::new(&group)
            .superpose(&places, &moved, OrthogonalGroup::special())
            .unwrap();
        assert!(found.permutation == hidden && found.rmsd < 0.06, "{}", found.rmsd);
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let group = GroupAssignment::new(&PermGroup::symmetric(3));
    let error = group.least(|_, _| f64::NAN).unwrap_err();
    assert!(matches!(error, CanonError::Numerical { .. }), "{error}");
    let full = OrthogonalGroup::full();
    let error = group.superpose(&[[0.0; 3]; 3], &[[0.0; 3]; 2], full).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the second list of places has 2 entries, expected 3"
    );
    let error = group
        .superpose(&[[f64::INFINITY; 3]; 3], &[[0.0; 3]; 3], full)
        .unwrap_err();
    assert!(matches!(error, CanonError::NotFinite { .. }), "{error}");
    let none = GroupAssignment::new(&PermGroup::trivial(0));
    assert_eq!(none.least(|_, _| 1.0).unwrap().loss, 0.0);
    assert_eq!(none.superpose(&[], &[], full).unwrap_err(), CanonError::NoPoints);
    // A group without factors, and no choices to try.
    let petersen = SymmetrySearch::default()
        .run(&families::kneser(5, 2))
        .unwrap()
        .group()
        .clone();
    let error = GroupAssignment::new(&petersen)
        .with_budget(1)
        .least(|i, j| f64::from(i * j % 7))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the search for the best element of a group stopped after 1 steps (its budget) without a proof that there is none better"
    );
}

#[test]
fn places_of_any_scale_and_degenerate_ones() {
    let group = GroupAssignment::new(&PermGroup::symmetric(4));
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for scale in [1e-150, 1e-12, 1.0, 1e12, 1e150] {
        let line: Vec<[f64; 3]> = (0..4).map(|i| [f64::from(i) * scale, 0.0, 0.0]).collect();
        let plane: Vec<[f64; 3]> = (0..4)
            .map(|i| [f64::from(i) * scale, f64::from(i * i % 3) * scale, 0.0])
            .collect();
        let space: Vec<[f64; 3]> = (0..4)
            .map(|_| std::array::from_fn(|_| rng.random_range(-1.0..1.0) * scale))
            .collect();
        for places in [vec![[scale; 3]; 4], line, plane, space] {
            let turn = OrthogonalGroup::<3>::special().sample(&mut rng);
            let moved: Vec<[f64; 3]> = places
                .iter()
                .rev()
                .map(|&place| turn.act(&Vector3::from(place)).into())
                .collect();
            let found = group
                .superpose(&places, &moved, OrthogonalGroup::special())
                .unwrap();
            assert!(found.rmsd <= 1e-7 * scale, "{places:?}: {}", found.rmsd);
        }
    }
    let one = GroupAssignment::new(&PermGroup::trivial(1));
    assert_eq!(
        one.superpose(&[[1.0; 3]], &[[5.0; 3]], OrthogonalGroup::special())
            .unwrap()
            .rmsd,
        0.0
    );
    let s = group.least(|_, _| 0.0).unwrap().element;
    assert!(s.compose(&s.inverse()).is_identity());
}
