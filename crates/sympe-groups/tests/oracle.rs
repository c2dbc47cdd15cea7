//! Against brute force on all that is small, and against known orders on what is not.

use num_bigint::BigUint;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use std::collections::{BTreeMap, BTreeSet};
use sympe_groups::{Group, GroupError, PermGroup, Permutation, Subgroup};

/// All products of the generators, by closure.
fn closure(degree: usize, generators: &[Permutation]) -> BTreeSet<Permutation> {
    let mut found = BTreeSet::from([Permutation::identity(degree)]);
    let mut fresh: Vec<Permutation> = found.iter().cloned().collect();
    while let Some(g) = fresh.pop() {
        for generator in generators {
            let product = generator.compose(&g);
            if found.insert(product.clone()) {
                fresh.push(product);
            }
        }
    }
    found
}

fn all_permutations(degree: usize) -> BTreeSet<Permutation> {
    PermGroup::symmetric(degree).elements().collect()
}

/// Some cycles of a random permutation, so that intransitive and imprimitive groups are common.
fn random_generator(degree: usize, rng: &mut ChaCha8Rng) -> Permutation {
    let full = Permutation::random(degree, rng);
    let cycles: Vec<Vec<u32>> = full.cycles().into_iter().filter(|_| rng.random()).collect();
    let cycles: Vec<&[u32]> = cycles.iter().map(Vec::as_slice).collect();
    Permutation::from_cycles(degree, &cycles).unwrap()
}

fn classes<T: Ord + Copy>(points: impl Iterator<Item = T>, orbit: impl Fn(T) -> BTreeSet<T>) -> Vec<Vec<T>> {
    let classes: BTreeMap<T, Vec<T>> = points
        .map(|point| orbit(point).into_iter().collect::<Vec<T>>())
        .map(|class| (class[0], class))
        .collect();
    classes.into_values().collect()
}

fn compare_with_brute_force(degree: usize, generators: Vec<Permutation>, rng: &mut ChaCha8Rng) {
    let elements = closure(degree, &generators);
    let group = PermGroup::new(degree, generators).unwrap();
    assert_eq!(group.order(), elements.len().into(), "{group}");
    assert!((group.ln_order() - (elements.len() as f64).ln()).abs() < 1e-9);
    assert_eq!(group.is_trivial(), elements.len() == 1);

    let listed: Vec<Permutation> = group.elements().collect();
    assert!(listed[0].is_identity());
    assert_eq!(listed.len(), elements.len(), "{group} lists an element twice");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), elements, "{group}");

    for _ in 0..20 {
        let g = Permutation::random(degree, rng);
        assert_eq!(group.contains(&g), elements.contains(&g), "{group} and {g}");
        assert!(elements.contains(&group.sample(rng)), "{group}");
    }
    assert!(elements.iter().all(|g| group.contains(g)), "{group}");

    let points = 0..degree as u32;
    let orbits = classes(points.clone(), |point| {
        elements.iter().map(|g| g.apply(point)).collect()
    });
    assert_eq!(group.orbits(), orbits, "{group}");
    for orbit in &orbits {
        assert!(
            orbit.iter().all(|&point| group.orbit_of(point) == *orbit),
            "{group}"
        );
    }
    let pairs = points.clone().flat_map(|i| points.clone().map(move |j| (i, j)));
    let orbitals = classes(pairs, |(i, j)| {
        elements.iter().map(|g| (g.apply(i), g.apply(j))).collect()
    });
    assert_eq!(group.orbitals(), orbitals, "{group}");

    // A base is fixed by the identity only, and each prefix has the strong generators it needs.
    for depth in 0..=group.base().len() {
        let prefix = &group.base()[..depth];
        let fixes = |g: &Permutation| prefix.iter().all(|&point| g.apply(point) == point);
        let fixing: Vec<Permutation> = group
            .strong_generators()
            .iter()
            .filter(|g| fixes(g))
            .cloned()
            .collect();
        let expected: BTreeSet<Permutation> = elements.iter().filter(|g| fixes(g)).cloned().collect();
        assert_eq!(
            closure(degree, &fixing),
            expected,
            "{group} at base prefix {prefix:?}"
        );
    }

    let fixed: Vec<u32> = (0..rng.random_range(0..=degree))
        .map(|_| rng.random_range(points.clone()))
        .collect();
    let stabilizer = group.pointwise_stabilizer(&fixed);
    let expected: BTreeSet<Permutation> = elements
        .iter()
        .filter(|g| fixed.iter().all(|&point| g.apply(point) == point))
        .cloned()
        .collect();
    assert_eq!(
        stabilizer.elements().collect::<BTreeSet<_>>(),
        expected,
        "stabilizer of {fixed:?} in {group}"
    );
}

#[test]
fn random_groups_agree_with_their_closure() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for round in 0..600 {
        let degree = 1 + round % 6;
        let generators = (0..rng.random_range(0..4))
            .map(|_| random_generator(degree, &mut rng))
            .collect();
        compare_with_brute_force(degree, generators, &mut rng);
    }
    for _ in 0..25 {
        let generators = (0..rng.random_range(1..4))
            .map(|_| random_generator(7, &mut rng))
            .collect();
        compare_with_brute_force(7, generators, &mut rng);
    }
}

#[test]
fn every_pair_of_permutations_of_four_points_generates_its_closure() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let all = all_permutations(4);
    for a in &all {
        for b in &all {
            compare_with_brute_force(4, vec![a.clone(), b.clone()], &mut rng);
        }
    }
}

fn parse_all(degree: usize, first: u32, texts: &[&str]) -> Vec<Permutation> {
    texts
        .iter()
        .map(|text| Permutation::parse_from(text, degree, first).unwrap())
        .collect()
}

fn rotation(degree: usize, by: usize) -> Permutation {
    Permutation::from_images((0..degree).map(|i| ((i + by) % degree) as u32).collect()).unwrap()
}

fn factorial(n: usize) -> BigUint {
    (1..=n).product()
}

fn order(degree: usize, generators: Vec<Permutation>) -> BigUint {
    PermGroup::new(degree, generators).unwrap().order()
}

#[test]
fn classical_families_have_their_orders() {
    for n in 2..70 {
        let swap = Permutation::from_cycles(n, &[&[0, 1]]).unwrap();
        let symmetric = PermGroup::new(n, vec![swap, rotation(n, 1)]).unwrap();
        assert_eq!(symmetric.order(), factorial(n), "S{n}");
        assert_eq!(symmetric, PermGroup::symmetric(n));
        assert_eq!(order(n, vec![rotation(n, 1)]), n.into(), "C{n}");
        if n > 2 {
            let reflection = Permutation::from_images((0..n as u32).rev().collect()).unwrap();
            assert_eq!(order(n, vec![rotation(n, 1), reflection]), (2 * n).into(), "D{n}");
            let three = Permutation::from_cycles(n, &[&[0, 1, 2]]).unwrap();
            // An even long cycle needs an odd length: n, or n − 1 on the points after the first.
            let long: Vec<u32> = (if n % 2 == 1 { 0 } else { 1 }..n as u32).collect();
            let long = Permutation::from_cycles(n, &[&long]).unwrap();
            let alternating = PermGroup::new(n, vec![three, long]).unwrap();
            assert_eq!(alternating.order(), factorial(n) / 2u32, "A{n}");
            assert!(!alternating.contains(&Permutation::from_cycles(n, &[&[0, 1]]).unwrap()));
        }
    }
}

/// Generators of `H wr S_copies`, the copies of `0..degree` laid side by side.
fn wreath(inner: &[Permutation], degree: usize, copies: usize) -> Vec<Permutation> {
    let total = degree * copies;
    let embed = |g: &Permutation| {
        let tail = degree as u32..total as u32;
        Permutation::from_images(g.images().iter().copied().chain(tail).collect()).unwrap()
    };
    let exchange = |copy: usize| {
        let mut images: Vec<u32> = (0..total as u32).collect();
        (0..degree).for_each(|i| images.swap(copy * degree + i, (copy + 1) * degree + i));
        Permutation::from_images(images).unwrap()
    };
    inner
        .iter()
        .map(embed)
        .chain((0..copies - 1).map(exchange))
        .collect()
}

/// Generators of a group on points, acting on the unordered pairs of points.
fn on_pairs(degree: usize, generators: &[Permutation]) -> Vec<Permutation> {
    let pairs: Vec<(u32, u32)> = (0..degree as u32)
        .flat_map(|i| (i + 1..degree as u32).map(move |j| (i, j)))
        .collect();
    let image = |g: &Permutation, (i, j): (u32, u32)| {
        let (i, j) = (g.apply(i), g.apply(j));
        pairs.binary_search(&(i.min(j), i.max(j))).unwrap() as u32
    };
    let induced = |g| Permutation::from_images(pairs.iter().map(|&pair| image(g, pair)).collect()).unwrap();
    generators.iter().map(induced).collect()
}

fn symmetric_generators(n: usize) -> Vec<Permutation> {
    vec![Permutation::from_cycles(n, &[&[0, 1]]).unwrap(), rotation(n, 1)]
}

#[test]
fn wreath_products_have_their_orders() {
    for (inner, copies) in [(2, 3), (2, 16), (3, 5), (4, 4), (5, 10), (8, 8)] {
        let generators = wreath(&symmetric_generators(inner), inner, copies);
        let expected = factorial(inner).pow(copies as u32) * factorial(copies);
        assert_eq!(
            order(inner * copies, generators),
            expected,
            "S{inner} wr S{copies}"
        );
    }
    let petersen = on_pairs(5, &symmetric_generators(5));
    let group = PermGroup::new(200, wreath(&petersen, 10, 20)).unwrap();
    let expected = BigUint::from(120u32).pow(20) * factorial(20);
    assert_eq!(group.order(), expected, "automorphisms of twenty Petersen graphs");

    // The same group from eight of its elements, drawn at random, and its point stabilizer. (It has three subgroups of
    // index 2: eight elements all lie in one of them once in 85 seeds.)
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let drawn = PermGroup::new(200, (0..8).map(|_| group.sample(&mut rng)).collect()).unwrap();
    assert_eq!(drawn, group);
    assert_eq!(drawn.pointwise_stabilizer(&[7]).order(), expected / 200u32);
}

#[test]
fn mathieu_groups_have_their_orders() {
    let m11 = ["(1 2 3 4 5 6 7 8 9 10 11)", "(3 7 11 8)(4 10 5 6)"];
    assert_eq!(order(11, parse_all(11, 1, &m11)), 7920u32.into());
    let m12 = [m11[0], m11[1], "(1 12)(2 11)(3 6)(4 8)(5 9)(7 10)"];
    assert_eq!(order(12, parse_all(12, 1, &m12)), 95_040u32.into());
    let m24 = [
        "(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23)",
        "(3 17 10 7 9)(4 13 14 19 5)(8 18 11 12 23)(15 20 22 21 16)",
        "(1 24)(2 23)(3 12)(4 16)(5 18)(6 10)(7 20)(8 14)(9 21)(11 17)(13 22)(15 19)",
    ];
    let m24 = PermGroup::new(24, parse_all(24, 1, &m24)).unwrap();
    assert_eq!(m24.order(), 244_823_040u32.into());
    // Five-fold transitive: the stabilizers are M23, M22, PSL(3,4), and so on.
    let orders = [244_823_040u32, 10_200_960, 443_520, 20_160, 960, 48];
    for (points, order) in (0..).zip(orders) {
        let fixed: Vec<u32> = (0..points).map(|i| 5 * i % 24).collect();
        assert_eq!(m24.pointwise_stabilizer(&fixed).order(), order.into());
    }
}

#[test]
fn the_cube_has_its_order() {
    let turns = [
        "(1 3 8 6)(2 5 7 4)(9 33 25 17)(10 34 26 18)(11 35 27 19)",
        "(9 11 16 14)(10 13 15 12)(1 17 41 40)(4 20 44 37)(6 22 46 35)",
        "(17 19 24 22)(18 21 23 20)(6 25 43 16)(7 28 42 13)(8 30 41 11)",
        "(25 27 32 30)(26 29 31 28)(3 38 43 19)(5 36 45 21)(8 33 48 24)",
        "(33 35 40 38)(34 37 39 36)(3 9 46 32)(2 12 47 29)(1 14 48 27)",
        "(41 43 48 46)(42 45 47 44)(14 22 30 38)(15 23 31 39)(16 24 32 40)",
    ];
    let cube = PermGroup::new(48, parse_all(48, 1, &turns)).unwrap();
    assert_eq!(cube.order().to_string(), "43252003274489856000");
    assert_eq!(cube.orbits().iter().map(Vec::len).collect::<Vec<_>>(), [24, 24]);
}

#[test]
fn large_degrees_are_handled() {
    // Symmetric, without and with a search; alternating by Jordan's theorem; symmetric acting on pairs.
    assert_eq!(PermGroup::symmetric(1000).order(), factorial(1000));
    assert_eq!(order(1000, symmetric_generators(1000)), factorial(1000));
    assert_eq!(order(780, on_pairs(40, &symmetric_generators(40))), factorial(40));

    // Too large for an explicit transversal: draws and membership walk the Schreier tree.
    let n = 1100;
    let cyclic = PermGroup::new(n, vec![rotation(n, 1)]).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for _ in 0..20 {
        let g = cyclic.sample(&mut rng);
        assert_eq!(g, rotation(n, g.apply(0) as usize));
        assert!(cyclic.contains(&g));
    }
    assert!(!cyclic.contains(&Permutation::from_cycles(n, &[&[0, 1]]).unwrap()));

    // Three hundred pairs of twins: one block each.
    let twins = |i: u32| Permutation::from_cycles(1000, &[&[3 * i, 3 * i + 1]]).unwrap();
    assert_eq!(
        order(1000, (0..300).map(twins).collect()),
        BigUint::from(2u32).pow(300)
    );
}

#[test]
fn trusted_generators_are_put_in_order() {
    // Fixed base points are dropped, a base that is too short is extended, identities are left out.
    let generators = parse_all(5, 0, &["()", "(0 1)", "(2 3)"]);
    let group = PermGroup::from_strong_generators(5, vec![4, 0], generators);
    assert_eq!(group.base(), [0, 2]);
    assert_eq!(group.strong_generators().len(), 2);
    assert_eq!(group.order(), 4u32.into());

    let full = parse_all(4, 0, &["(1 2)", "(0 1)", "(2 3)"]);
    let full = PermGroup::from_strong_generators(4, vec![0, 1, 2], full);
    assert_eq!(full, PermGroup::symmetric(4));
    assert_eq!(full.base(), [0, 1, 2]);
    assert_eq!(full.strong_generators().len(), 3);
    assert_eq!(
        PermGroup::from_strong_generators(3, vec![1, 2], vec![]),
        PermGroup::trivial(3)
    );
}

#[test]
fn degenerate_degrees_work() {
    for degree in [0, 1] {
        let groups = [
            PermGroup::trivial(degree),
            PermGroup::symmetric(degree),
            PermGroup::new(degree, vec![Permutation::identity(degree)]).unwrap(),
        ];
        for group in groups {
            assert_eq!(group.order(), 1u32.into());
            assert_eq!(group.elements().count(), 1);
            assert_eq!(group.orbits().len(), degree);
            assert_eq!(group.orbitals().len(), degree);
            assert!(group.contains(&Permutation::identity(degree)));
            assert!(group.base().is_empty());
        }
    }
    assert!(!PermGroup::symmetric(3).contains(&Permutation::identity(4)));
}

#[test]
fn displays_and_errors_read_well() {
    let square = PermGroup::new(4, parse_all(4, 0, &["(0 1 2 3)", "(1 3)"])).unwrap();
    insta::assert_snapshot!(square, @"⟨(0 1 2 3), (1 3)⟩");
    insta::assert_snapshot!(format!("{square:?}"), @"PermGroup(degree 4, order 8, ⟨(0 1 2 3), (1 3)⟩)");
    insta::assert_snapshot!(PermGroup::trivial(3), @"⟨⟩");
    insta::assert_snapshot!(PermGroup::symmetric(4), @"⟨(0 1), (0 1 2 3)⟩");
    insta::assert_snapshot!(format!("{:?}", rotation(3, 1)), @"Permutation[3](0 1 2)");
    insta::assert_snapshot!(rotation(12, 7).display_from(1), @"(1 8 3 10 5 12 7 2 9 4 11 6)");
    insta::assert_snapshot!(Permutation::identity(5), @"()");

    let error = |text| Permutation::parse(text, 5).unwrap_err();
    insta::assert_snapshot!(error("(0 1"), @r#"cycle notation "(0 1", byte 4: missing ')'"#);
    insta::assert_snapshot!(error("0 1"), @r#"cycle notation "0 1", byte 0: expected '('"#);
    insta::assert_snapshot!(
        error("(0 1)(1 2)"),
        @r#"cycle notation "(0 1)(1 2)", byte 6: point 1 occurs twice"#
    );
    insta::assert_snapshot!(error("(0 5)"), @r#"cycle notation "(0 5)", byte 3: point 5 is outside 0..5"#);
    insta::assert_snapshot!(error("(0 é)"), @r#"cycle notation "(0 é)", byte 3: expected a point or ')'"#);
    insta::assert_snapshot!(
        error(""),
        @r#"cycle notation "", byte 0: expected '(' (the identity is written '()')"#
    );
    insta::assert_snapshot!(
        error("(99999999999)"),
        @r#"cycle notation "(99999999999)", byte 1: number too large"#
    );
    let zero = Permutation::parse_from("(0 1)", 5, 1).unwrap_err();
    insta::assert_snapshot!(zero, @r#"cycle notation "(0 1)", byte 1: point 0 is outside 1..6"#);
    let images = |images: &[u32]| Permutation::from_images(images.to_vec()).unwrap_err();
    insta::assert_snapshot!(images(&[0, 3, 1]), @"images[1] = 3 is outside 0..3");
    insta::assert_snapshot!(images(&[1, 0, 1]), @"images[2] = 1 occurs twice: not a permutation");
    assert_eq!(
        PermGroup::new(4, vec![rotation(4, 1), rotation(3, 1)]).unwrap_err(),
        GroupError::DegreeMismatch {
            index: 1,
            got: 3,
            want: 4
        }
    );
    assert_eq!(
        Permutation::from_cycles(3, &[&[0, 3]]).unwrap_err(),
        GroupError::PointOutOfRange { point: 3, degree: 3 }
    );
}
