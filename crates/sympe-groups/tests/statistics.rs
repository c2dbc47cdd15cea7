//! Draws are uniform: chi-square over all elements with fixed seeds.

use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};
use sympe_groups::{PermGroup, Permutation, laws::check_uniform, uniform_below};

fn group(degree: usize, generators: &[&str]) -> PermGroup {
    let generators = generators
        .iter()
        .map(|text| Permutation::parse(text, degree).unwrap())
        .collect();
    PermGroup::new(degree, generators).unwrap()
}

#[test]
fn draws_are_uniform_over_the_elements() {
    let cases = [
        (PermGroup::trivial(3), 1),
        (PermGroup::symmetric(4), 24),
        (group(5, &["(0 1 2 3 4)", "(0 1)"]), 120), // S5, found to be symmetric
        (group(6, &["(0 1 2)", "(1 2 3 4 5)"]), 360), // A6
        (
            group(
                12,
                &["(0 1 2 3 4 5 6 7 8 9 10 11)", "(1 11)(2 10)(3 9)(4 8)(5 7)"],
            ),
            24,
        ),
        (group(6, &["(0 1)", "(0 2 4)(1 3 5)", "(0 2)(1 3)"]), 48), // S2 wr S3
        (group(8, &["(0 1)", "(2 3 4)", "(5 6)(2 3)", "(7 5)"]), 72), // C2 × a group on the rest
        (group(7, &["(0 1 2 3 4 5 6)", "(1 2)(3 6)"]), 168),        // PSL(3,2)
    ];
    for (seed, (group, order)) in (0..).zip(cases) {
        assert_eq!(group.order(), (order as u32).into(), "{group}");
        let draws = 200 * order;
        check_uniform(&group, draws, &mut ChaCha8Rng::seed_from_u64(seed))
            .unwrap_or_else(|e| panic!("{group}: {e}"));
    }
}

#[test]
fn random_permutations_are_uniform() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut counts = [[0usize; 6]; 6];
    for _ in 0..60_000 {
        let g = Permutation::random(6, &mut rng);
        (0..6).for_each(|i| counts[i][g.images()[i] as usize] += 1);
    }
    // Each of the 36 counts is binomial(60000, 1/6): standard deviation 91.
    assert!(
        counts
            .iter()
            .flatten()
            .all(|&count| count.abs_diff(10_000) < 5 * 91),
        "{counts:?}"
    );
}

#[test]
fn a_draw_from_a_large_group_moves_each_base_point_uniformly() {
    // Ten swapped pairs, exchanged among themselves: the image of point 0 is uniform on 20 points.
    let rotation: Vec<u32> = (0..20).map(|i| (i + 2) % 20).collect();
    let generators = ["(0 1)", "(0 2)(1 3)"]
        .map(|text| Permutation::parse(text, 20).unwrap())
        .into_iter();
    let rotation = Permutation::from_images(rotation).unwrap();
    let group = PermGroup::new(20, generators.chain([rotation]).collect()).unwrap();
    assert_eq!(group.order(), (3_628_800u64 * 1024).into());
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut counts = [0usize; 20];
    (0..40_000).for_each(|_| counts[group.sample(&mut rng).apply(0) as usize] += 1);
    assert!(
        counts.iter().all(|&count| count.abs_diff(2000) < 5 * 44),
        "{counts:?}"
    );
}

/// Yields the given words, then counts how many were asked for beyond them.
struct Script(Vec<u32>);

impl rand::TryRng for Script {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.0.remove(0))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("integers are drawn from single words")
    }
    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
        unreachable!("integers are drawn from single words")
    }
}

#[test]
fn integers_are_drawn_without_bias() {
    // 2³² = 3·1431655765 + 1, so exactly one word must be rejected: the one that makes the low half 0.
    let mut script = Script(vec![0, u32::MAX]);
    assert_eq!(uniform_below(3, &mut script), 2);
    assert!(script.0.is_empty(), "the word 0 must be rejected");
    // A power of two divides 2³²: no rejection.
    let mut script = Script(vec![0, 1]);
    assert_eq!(uniform_below(4, &mut script), 0);
    assert_eq!(script.next_u32(), 1);
}

#[test]
fn equal_seeds_give_equal_draws() {
    let group = group(7, &["(0 1 2 3 4 5 6)", "(1 2)(3 6)"]);
    let draw = || group.sample(&mut ChaCha8Rng::seed_from_u64(9));
    assert_eq!(draw(), draw());
}
