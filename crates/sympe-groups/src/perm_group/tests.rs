//! Groups against the same groups held in another form, and the invariants of their chains.

use super::*;
use crate::{Group, Subgroup};

#[test]
fn blocks_held_as_such_are_the_group_of_the_transpositions() {
    // Three blocks {0, 4, 2}, {5, 3, 1}, {6, 7}; the first two are exchanged, members in order.
    let exchange = Permutation::parse("(0 5)(4 3)(2 1)", 9).unwrap();
    let blocks = [vec![0, 4, 2], vec![5, 3, 1], vec![6, 7]];
    let held = PermGroup::from_strong_generators(9, vec![0], vec![exchange])
        .extended_by_symmetric_blocks(blocks.iter().map(Vec::as_slice));
    let (base, strong) = (held.base().to_vec(), held.strong_generators().to_vec());
    let explicit = PermGroup::from_strong_generators(9, base, strong);
    assert_eq!(held, PermGroup::new(9, explicit.generators().to_vec()).unwrap());
    assert_eq!(held.order(), 144u32.into());
    assert_eq!(held.orbits(), explicit.orbits());
    assert!((held.ln_order() - explicit.ln_order()).abs() < 1e-12);
    assert!(!held.is_trivial());
    assert_eq!(held.elements().count(), 144);
    assert!(
        held.elements()
            .all(|g| held.contains(&g) && explicit.contains(&g))
    );
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut inside = 0;
    for _ in 0..2000 {
        let g = Permutation::random(9, &mut rng);
        assert_eq!(held.contains(&g), explicit.contains(&g), "{g}");
        // Random permutations are rarely elements; these always are.
        inside += usize::from(explicit.contains(&held.sample(&mut rng).compose(&explicit.sample(&mut rng))));
    }
    assert_eq!(inside, 2000);
    assert_eq!(held.pointwise_stabilizer(&[0]).order(), 24u32.into());
    #[cfg(feature = "laws")]
    crate::laws::check_uniform(&held, 144 * 100, &mut rng).unwrap();
}

#[test]
fn a_large_block_takes_little_memory_and_draws_uniformly() {
    let n = 20_000;
    let leaves: Vec<u32> = (1..n as u32).collect();
    let star = PermGroup::trivial(n).extended_by_symmetric_blocks([&leaves[..]]);
    assert_eq!(star.generators().len(), 2);
    assert_eq!(star.orbits().len(), 2);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let g = star.sample(&mut rng);
    assert!(star.contains(&g) && g.apply(0) == 0);
    assert!(!star.contains(&Permutation::from_cycles(n, &[&[0, 1]]).unwrap()));
}

#[test]
fn a_stabilizer_ends_even_when_the_generators_were_not_strong() {
    // (0 1 2 3) and (0 1) generate S₄, but the chain that trusts them finds less.
    let generators = ["(0 1 2 3)", "(0 1)"].map(|text| Permutation::parse(text, 4).unwrap());
    let group = PermGroup::from_strong_generators(4, vec![0], generators.to_vec());
    assert!(group.order() < 24u32.into());
    let stabilizer = group.pointwise_stabilizer(&[3]);
    assert!(stabilizer.elements().all(|g| g.apply(3) == 3));
    assert_eq!(stabilizer.order(), 6u32.into());
}

/// All that the documentation of the chain promises, and that elements of transversals are members.
fn assert_chains(group: &PermGroup) {
    let degree = group.degree();
    for chain in [&group.chain, group.explicit_chain()] {
        chain.assert_invariants(degree);
        for level in &chain.levels {
            for choice in 0..level.len {
                let mut images = identity_images(degree);
                chain.multiply_by(&mut images, level, choice);
                let element = Permutation::from_images(images).unwrap();
                assert!(group.contains(&element), "{group} and {element}");
            }
        }
    }
}

/// Acts on each of `copies` copies of the points as `g` does on one.
fn side_by_side(g: &Permutation, copies: usize) -> Permutation {
    let n = g.degree() as u32;
    let images = (0..n * copies as u32).map(|i| i / n * n + g.apply(i % n));
    Permutation::from_images(images.collect()).unwrap()
}

/// Two equal parts: each has the group on its first points, and a class of two bundles of three points, two of which may
/// change places.
fn in_two_parts(group: &PermGroup) -> PermGroup {
    let points = group.degree() as u32;
    let half = points + 6;
    let shifted = |g: &Permutation, from: u32| {
        let mut images: Vec<u32> = (0..2 * half).collect();
        let image = |point: u32| from + g.apply(point);
        (0..points).for_each(|point| images[(from + point) as usize] = image(point));
        Permutation::from_images(images).unwrap()
    };
    let (mut parts, mut twins) = (Bundles::default(), Bundles::default());
    parts.push_class(half as usize, 0..2 * half);
    let (mut anchors, mut strong) = (Vec::new(), Vec::new());
    for from in [0, half] {
        let bundles = from + points;
        twins.push_class(3, bundles..bundles + 6);
        twins.push_class(1, bundles + 1..bundles + 3);
        twins.push_class(1, bundles + 4..bundles + 6);
        anchors.extend(group.base().iter().map(|&point| from + point));
        anchors.push(bundles);
        strong.extend(group.strong_generators().iter().map(|g| shifted(g, from)));
    }
    let core = PermGroup::from_strong_generators(2 * half as usize, anchors.clone(), strong);
    core.extended_by_bundles(&parts, &anchors, &twins)
}

#[test]
fn chains_keep_their_invariants() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for round in 0..200 {
        let degree = 8 + round % 9;
        // Few cycles of random permutations, so that generators of all kinds occur.
        let few_cycles = |_| {
            let cycles = Permutation::random(degree, &mut rng).cycles();
            let few: Vec<&[u32]> = cycles.iter().take(1 + round % 2).map(Vec::as_slice).collect();
            Permutation::from_cycles(degree, &few).unwrap()
        };
        let group = PermGroup::new(degree, (0..round % 4).map(few_cycles).collect()).unwrap();
        assert_chains(&group);

        let moves = |g: &Permutation| (0u32..).zip(g.images().iter().copied()).collect::<Vec<_>>();
        let moves: Vec<Vec<(u32, u32)>> = group.strong_generators().iter().map(moves).collect();
        let of_images = PermGroup::from_strong_moves(degree, group.base(), moves.iter().map(Vec::as_slice));
        assert_chains(&of_images);
        assert_eq!(of_images, group);

        let copies = |g: &Permutation| side_by_side(g, 10);
        let wide = group.strong_generators().iter().map(copies).collect();
        assert_chains(&PermGroup::from_strong_generators(
            10 * degree,
            group.base().to_vec(),
            wide,
        ));

        let extended = in_two_parts(&group);
        assert_eq!(extended.order(), group.order().pow(2) * (2 * 8 * 8u32));
        assert_chains(&extended);
    }
}
