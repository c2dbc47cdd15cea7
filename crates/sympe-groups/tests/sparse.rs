//! Groups from sparse generators and symmetric blocks, draws into slices and of cosets, against the dense forms.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
};
use sympe_groups::{
    Bundles, ChiSquare, Group, PermGroup, Permutation, Subgroup,
    laws::{check_finite_subgroup, check_subgroup, check_uniform, perm_group, permutation},
};

fn moves(g: &Permutation) -> Vec<(u32, u32)> {
    let pairs = (0u32..).zip(g.images().iter().copied());
    pairs.filter(|(point, image)| point != image).collect()
}

fn from_moves(degree: usize, base: &[u32], generators: &[Vec<(u32, u32)>]) -> PermGroup {
    PermGroup::from_strong_moves(degree, base, generators.iter().map(Vec::as_slice))
}

/// Acts on each of `copies` copies of the points as `g` does on one.
fn side_by_side(g: &Permutation, copies: usize) -> Permutation {
    let n = g.degree() as u32;
    let images = (0..n * copies as u32).map(|i| i / n * n + g.apply(i % n));
    Permutation::from_images(images.collect()).unwrap()
}

/// The same group, drawn from in the same way.
fn same(a: &PermGroup, b: &PermGroup, seed: u64) -> Result<(), TestCaseError> {
    prop_assert_eq!(a, b);
    prop_assert_eq!(a.base(), b.base());
    prop_assert_eq!(a.strong_generators(), b.strong_generators());
    prop_assert_eq!(a.orbits(), b.orbits());
    let draw = |group: &PermGroup| group.sample(&mut ChaCha8Rng::seed_from_u64(seed));
    prop_assert_eq!(draw(a), draw(b));
    Ok(())
}

/// Draws from both, by the same random words, before and after transversals are made explicit, are the members of both.
fn draws_are_members(a: &PermGroup, b: &PermGroup, seed: u64) -> Result<(), TestCaseError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..8 {
        prop_assert!(a.contains(&b.sample(&mut rng)));
        prop_assert!(b.contains(&a.sample(&mut rng)));
    }
    // Choices at the levels of a chain decide on the element: each is drawn once.
    if a.order() <= 5000u32.into() {
        let elements: HashSet<Permutation> = a.elements().collect();
        prop_assert_eq!(elements.len(), a.elements().count());
        prop_assert_eq!(elements, b.elements().collect::<HashSet<_>>());
    }
    Ok(())
}

/// Both draws of a coset, and draws into a slice, spend the generator in the same way.
fn draws_agree(group: &PermGroup, h: &Permutation, seed: u64) -> Result<(), TestCaseError> {
    let rng = || ChaCha8Rng::seed_from_u64(seed);
    let s = group.sample(&mut rng());
    let mut images = vec![u32::MAX; group.degree()];
    group.sample_into(&mut images, &mut rng());
    prop_assert_eq!(&images, s.images());
    prop_assert_eq!(group.sample_coset(h, &mut rng()), s.compose(h));
    Ok(())
}

fn representatives_agree(group: &PermGroup) -> Result<(), TestCaseError> {
    let least = group.orbit_representatives();
    for (point, &least) in (0u32..).zip(&least) {
        let orbit = group.orbit_of(point);
        prop_assert_eq!(orbit[0], least);
        prop_assert!(orbit.contains(&point));
        prop_assert!(group.orbits().contains(&orbit));
        let moves_within = |g: &Permutation| orbit.contains(&g.apply(point));
        prop_assert!(group.generators().iter().all(moves_within));
    }
    let mut distinct = least;
    distinct.sort_unstable();
    distinct.dedup();
    prop_assert_eq!(distinct.len(), group.orbits().len());
    Ok(())
}

proptest! {
    #[test]
    fn sparse_generators_make_the_same_group(
        group in (1..14usize).prop_flat_map(|n| perm_group(n, 0..=4)),
        turn in 0..14usize,
        fixed: bool,
        seed: u64,
    ) {
        let (degree, base) = (group.degree(), group.base());
        let mut generators: Vec<_> = group.strong_generators().iter().map(moves).collect();
        for pairs in &mut generators {
            // In any order, and fixed points do no harm.
            let turn = turn % pairs.len();
            pairs.rotate_left(turn);
            if let Some(point) = (0..degree as u32).find(|&i| pairs.iter().all(|pair| pair.0 != i)) && fixed {
                pairs.insert(turn, (point, point));
            }
        }
        generators.insert(turn % (generators.len() + 1), Vec::new());
        let sparse = from_moves(degree, base, &generators);
        prop_assert_eq!(&sparse, &group);
        let dense = PermGroup::from_strong_generators(degree, base.to_vec(), group.strong_generators().to_vec());
        prop_assert_eq!(sparse.base(), dense.base());
        prop_assert_eq!(sparse.strong_generators(), dense.strong_generators());
        prop_assert_eq!(sparse.orbits(), dense.orbits());
        draws_are_members(&sparse, &dense, seed)?;
        representatives_agree(&sparse)?;
        draws_agree(&sparse, &Permutation::random(degree, &mut ChaCha8Rng::seed_from_u64(!seed)), seed)?;
    }

    /// Side by side, transversals move too many points for tables and are no swaps: the other forms of a chain.
    #[test]
    fn all_forms_of_transversals_agree(group in perm_group(8, 1..=3), g in permutation(8), seed: u64) {
        let copies = |g: &Permutation| side_by_side(g, 10);
        let wide = PermGroup::new(80, group.generators().iter().map(copies).collect())?;
        prop_assert_eq!(wide.order(), group.order());
        prop_assert_eq!(wide.contains(&copies(&g)), group.contains(&g));
        let drawn = wide.sample(&mut ChaCha8Rng::seed_from_u64(seed));
        let one = Permutation::from_images(drawn.images()[..8].to_vec())?;
        prop_assert_eq!(&copies(&one), &drawn);
        prop_assert!(group.contains(&one));
        draws_agree(&wide, &Permutation::random(80, &mut ChaCha8Rng::seed_from_u64(!seed)), seed)?;
        check_subgroup(&wide, 3, &mut ChaCha8Rng::seed_from_u64(seed))?;
    }

    /// Three blocks of one size and one of another, in random places, with a group that permutes the three.
    #[test]
    fn blocks_extend_a_group(
        outer in perm_group(3, 0..=2),
        places in permutation(12),
        sizes in (1..4usize, 1..4usize),
        at in 0..3usize,
        seed: u64,
    ) {
        let (size, other) = sizes;
        let block = |i: usize| &places.images()[i * size..(i + 1) * size];
        let last = &places.images()[3 * size..][..other];
        let blocks = [block(0), block(1), block(2), last];
        let lift = |g: &Permutation| -> Vec<(u32, u32)> {
            let whole = |i: u32| block(i as usize).iter().copied().zip(block(g.apply(i) as usize).iter().copied());
            (0..3).flat_map(whole).collect()
        };
        // Any member serves as a base point for its block.
        let base: Vec<u32> = outer.base().iter().map(|&i| block(i as usize)[at % size]).collect();
        let lifted: Vec<_> = outer.strong_generators().iter().map(lift).collect();
        let plain = from_moves(12, &base, &lifted);
        let group = plain.clone().extended_by_symmetric_blocks(blocks);

        let swap = |pair: &[u32]| Permutation::from_cycles(12, &[pair]).unwrap();
        let swaps = blocks.iter().flat_map(|block| block.windows(2).map(swap));
        let all = PermGroup::new(12, plain.generators().iter().cloned().chain(swaps).collect())?;
        prop_assert_eq!(&group, &all);
        prop_assert_eq!(group.is_trivial(), all.is_trivial());
        prop_assert!((group.ln_order() - all.ln_order()).abs() < 1e-9);
        // Base and strong generators are what they claim to be.
        let trusted = PermGroup::from_strong_generators(12, group.base().to_vec(), group.strong_generators().to_vec());
        prop_assert_eq!(&trusted, &all);
        // Block by block comes to the same.
        let one_by_one = blocks.iter().fold(plain.clone(), |group, &block| group.extended_by_symmetric_blocks([block]));
        same(&one_by_one, &group, seed)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..10 {
            let g = Permutation::random(12, &mut rng);
            prop_assert_eq!(group.contains(&g), all.contains(&g));
            prop_assert!(group.contains(&all.sample(&mut rng)) && all.contains(&group.sample(&mut rng)));
        }
        representatives_agree(&group)?;
        draws_agree(&group, &Permutation::random(12, &mut rng), seed)?;
        if group.order() < 100u32.into() {
            check_finite_subgroup(&group)?;
        }
    }

    /// Three equal parts, each of them a pair of equal halves. A half is a square that turns or not; on each corner sit
    /// two branches with two leaves each, or fewer.
    #[test]
    fn bundles_within_bundles(places in permutation(180), turns: bool, branches in 1..3u32, leaves in 1..3u32, seed: u64) {
        let (mut parts, mut twins) = (Bundles::default(), Bundles::default());
        let corner = 1 + branches * (1 + leaves);
        let place = |point: u32| places.apply(point);
        let range = |from: u32, len: u32| (from..from + len).map(place);
        let half = 4 * corner;
        let n = 6 * half;
        parts.push_class(2 * half as usize, range(0, n));
        (0..3).for_each(|part| parts.push_class(half as usize, range(part * 2 * half, 2 * half)));
        let corners = || (0..24).map(|i| i * corner);
        for at in corners() {
            twins.push_class(1 + leaves as usize, range(at + 1, corner - 1));
        }
        for at in corners() {
            (0..branches).for_each(|i| twins.push_class(1, range(at + 2 + i * (1 + leaves), leaves)));
        }
        let turn = |half_at: u32| -> Vec<(u32, u32)> {
            (0..half).map(|i| (place(half_at + i), place(half_at + (i + corner) % half))).collect()
        };
        let anchors: Vec<u32> = (0..6).map(|i| place(i * half)).collect();
        let chain: Vec<_> = if turns { (0..6).map(|i| turn(i * half)).collect() } else { Vec::new() };
        let group = from_moves(180, &anchors, &chain).extended_by_bundles(&parts, &anchors, &twins);

        let count = |k: u32, each: u32| num_bigint::BigUint::from(each).pow(k);
        let order = count(1, 6) * count(3, 2) * count(6, if turns { 4 } else { 1 })
            * count(24, branches) * count(24 * branches, leaves);
        prop_assert_eq!(group.order(), order);
        let trusted = PermGroup::from_strong_generators(180, group.base().to_vec(), group.strong_generators().to_vec());
        prop_assert_eq!(trusted.order(), group.order());
        let all = PermGroup::new(180, group.generators().to_vec()).unwrap();
        prop_assert_eq!(all.order(), group.order());
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..3 {
            let (a, b) = (group.sample(&mut rng), all.sample(&mut rng));
            prop_assert!(all.contains(&a) && group.contains(&b) && group.contains(&a.compose(&b.inverse())));
            // Elements with two images exchanged hardly ever are.
            let mut images = a.images().to_vec();
            images.swap(rng.random_range(0..n) as usize, rng.random_range(0..n) as usize);
            let changed = Permutation::from_images(images).unwrap();
            prop_assert_eq!(group.contains(&changed), all.contains(&changed));
        }
        representatives_agree(&group)?;
    }
}

#[test]
fn draws_of_cosets_are_uniform() {
    let parse = |text| Permutation::parse(text, 12).unwrap();
    let swaps = ["(0 1)", "(2 3)", "(4 7)"].map(parse);
    let dihedral = ["(0 1 2 3 4 5 6 7 8 9 10 11)", "(1 11)(2 10)(3 9)(4 8)(5 7)"].map(parse);
    let involutions = ["(0 1)(4 5)", "(2 3)(8 9)(10 11)", "(6 7)(2 8)(3 9)"].map(parse);
    let groups = [
        PermGroup::trivial(12),
        PermGroup::new(12, swaps.to_vec()).unwrap(),
        PermGroup::new(12, dihedral.to_vec()).unwrap(),
        PermGroup::new(12, involutions.to_vec()).unwrap(),
        PermGroup::trivial(12).extended_by_symmetric_blocks([&[0, 3, 7, 8][..], &[1, 2], &[9]]),
        from_moves(12, &[0], &[vec![(0, 4), (4, 0), (1, 5), (5, 1), (2, 6), (6, 2)]])
            .extended_by_symmetric_blocks([&[0, 1, 2][..], &[4, 5, 6]]),
    ];
    for (seed, group) in (0..).zip(groups) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let h = Permutation::random(12, &mut rng);
        let coset: Vec<Permutation> = group.elements().map(|s| s.compose(&h)).collect();
        let mut counts = vec![0; coset.len()];
        for _ in 0..200 * coset.len() {
            let drawn = group.sample_coset(&h, &mut rng);
            counts[coset.iter().position(|g| *g == drawn).expect("in the coset")] += 1;
        }
        if coset.len() > 1 {
            let test = ChiSquare::uniform(&counts);
            assert!(test.p_value() > 3e-7, "{group}: {test:?}");
        }
        check_uniform(&group, 200 * coset.len(), &mut rng).unwrap_or_else(|e| panic!("{group}: {e}"));
    }
}

#[test]
fn large_groups_are_drawn_from_words_that_several_levels_share() {
    // 2⁴⁰·3!·5!: more than one word's worth. Each factor of a draw is uniform by itself, and pairs are independent.
    let pairs: Vec<Vec<u32>> = (0..40).map(|i| vec![2 * i, 2 * i + 1]).collect();
    let blocks = pairs
        .iter()
        .map(Vec::as_slice)
        .chain([&[80, 81, 82][..], &[83, 84, 85, 86, 87]]);
    let group = PermGroup::trivial(88).extended_by_symmetric_blocks(blocks);
    assert_eq!(group.order(), (720u64 << 40).into());
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let mut images = [0; 88];
    let (mut neighbours, mut far, mut last) = ([[0; 4]; 39], [[0; 4]; 39], [[0; 5]; 3]);
    for _ in 0..20_000 {
        group.sample_into(&mut images, &mut rng);
        let swapped = |pair: usize| usize::from(images[2 * pair] as usize != 2 * pair);
        for pair in 0..39 {
            neighbours[pair][2 * swapped(pair) + swapped(pair + 1)] += 1;
            far[pair][2 * swapped(pair) + swapped((pair + 17) % 40)] += 1;
        }
        for place in 0..3 {
            last[place][images[83 + place] as usize - 83] += 1;
        }
    }
    let counts = neighbours
        .iter()
        .chain(&far)
        .map(|c| &c[..])
        .chain(last.iter().map(|c| &c[..]));
    for counts in counts {
        let test = ChiSquare::uniform(counts);
        assert!(test.p_value() > 1e-8, "{test:?}");
    }
}

/// What a call panics with.
fn panic_of<T>(call: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).err().expect("a panic");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .expect("a message")
}

#[test]
fn bad_generators_are_named() {
    let refused = |generators: &[&[(u32, u32)]]| {
        panic_of(|| PermGroup::from_strong_moves(6, &[0], generators.iter().copied()))
    };
    let good: &[(u32, u32)] = &[(0, 1), (1, 0)];
    insta::assert_snapshot!(
        refused(&[good, &[(2, 6), (6, 2)]]),
        @"generator 1 names the point 6, expected points of 0..6"
    );
    insta::assert_snapshot!(
        refused(&[&[(2, 3), (3, 2), (2, 4)]]),
        @"generator 0 lists the point 2 twice"
    );
    insta::assert_snapshot!(
        refused(&[&[(2, 2), (2, 3), (3, 2)]]),
        @"generator 0 lists the point 2 twice"
    );
    insta::assert_snapshot!(
        refused(&[good, good, &[(2, 3), (3, 4), (4, 3)]]),
        @"generator 2 is no bijection: two of its points have the image 3"
    );
    insta::assert_snapshot!(
        refused(&[&[(2, 3), (4, 5), (5, 4)]]),
        @"generator 0 maps 2 to 3, which is not among the points that it lists"
    );
    let base = || PermGroup::from_strong_moves(6, &[7], [good]);
    insta::assert_snapshot!(panic_of(base), @"base point 7 is outside 0..6");
    let base = || PermGroup::from_strong_moves(6, &[7], []);
    insta::assert_snapshot!(panic_of(base), @"base point 7 is outside 0..6");
    let dense = || PermGroup::from_strong_generators(6, vec![], vec![Permutation::identity(5)]);
    insta::assert_snapshot!(panic_of(dense), @"strong generator 0 has degree 5, expected 6");
    let blocks = |blocks: &[&[u32]]| {
        panic_of(|| PermGroup::trivial(6).extended_by_symmetric_blocks(blocks.iter().copied()))
    };
    insta::assert_snapshot!(blocks(&[&[0, 1], &[5, 6]]), @"block point 6 is outside 0..6");
    insta::assert_snapshot!(blocks(&[&[0, 1], &[5, 1]]), @"point 1 lies in two blocks, or in one twice");
    insta::assert_snapshot!(blocks(&[&[0, 0]]), @"point 0 lies in two blocks, or in one twice");
    let twice = || {
        let once = PermGroup::trivial(6).extended_by_symmetric_blocks([&[0, 1][..]]);
        once.extended_by_symmetric_blocks([&[1, 2][..]])
    };
    insta::assert_snapshot!(panic_of(twice), @"point 1 lies in two blocks, or in one twice");
    let short = || PermGroup::trivial(6).sample_into(&mut [0; 5], &mut ChaCha8Rng::seed_from_u64(0));
    assert!(panic_of(short).contains("places for images"));
    let h = Permutation::identity(5);
    let coset = || PermGroup::trivial(6).sample_coset(&h, &mut ChaCha8Rng::seed_from_u64(0));
    assert!(panic_of(coset).contains("degrees of the group and of the coset"));

    // What was refused leaves no trace.
    let group = PermGroup::from_strong_moves(6, &[], [good, &[(2, 3), (3, 4), (4, 2)]]);
    assert_eq!(group.order(), 6u32.into());
    assert_eq!(group.to_string(), "⟨(0 1), (2 3 4)⟩");
}

#[test]
fn groups_may_be_built_while_another_is() {
    let swaps = [[(0, 1), (1, 0)], [(2, 3), (3, 2)]];
    let generators = swaps.iter().map(|swap| {
        let inner = PermGroup::from_strong_moves(9, &[], [&[(0, 8), (8, 0)][..]]);
        assert_eq!(inner.order(), 2u32.into());
        &swap[..]
    });
    assert_eq!(
        PermGroup::from_strong_moves(4, &[], generators).order(),
        4u32.into()
    );
}

#[test]
fn sizes_come_and_go() {
    // Large degrees give their memory back, and small ones find nothing of what was there before.
    for degree in [5, 1_000_000, 7, 70_000, 5] {
        let last = degree as u32 - 1;
        let cycle = [(0, 1), (1, last), (last, 0)];
        let group = PermGroup::from_strong_moves(degree, &[last], [&cycle[..], &[(2, 3), (3, 2)]]);
        assert_eq!(group.order(), 6u32.into());
        assert_eq!(group.orbit_representatives()[degree - 1], 0);
        assert_eq!(group.generators()[0].apply(1), last);
    }
}
