//! Construction (with the order) and draws of the groups that a symmetry search yields for small graphs.

use divan::{Bencher, black_box};
use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};
use std::fmt;
use sympe_groups::{PermGroup, Permutation, Subgroup};

fn main() {
    divan::main();
}

/// A group by base and strong generators.
struct Case {
    name: &'static str,
    degree: usize,
    base: Vec<u32>,
    strong: Vec<Permutation>,
    /// The strong generators as moves.
    moves: Vec<Vec<(u32, u32)>>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Case {
    fn new(name: &'static str, degree: usize, generators: &[&str]) -> Self {
        let parse = |text: &&str| Permutation::parse(text, degree).expect("cycle notation");
        Self::of(name, degree, generators.iter().map(parse).collect())
    }

    fn of(name: &'static str, degree: usize, generators: Vec<Permutation>) -> Self {
        let group = PermGroup::new(degree, generators).expect("one degree");
        Self {
            name,
            degree,
            base: group.base().to_vec(),
            strong: group.strong_generators().to_vec(),
            moves: group.strong_generators().iter().map(moves).collect(),
        }
    }

    fn group(&self) -> PermGroup {
        PermGroup::from_strong_moves(self.degree, &self.base, self.moves.iter().map(Vec::as_slice))
    }

    fn group_of_permutations(&self) -> PermGroup {
        PermGroup::from_strong_generators(self.degree, self.base.clone(), self.strong.clone())
    }
}

fn moves(g: &Permutation) -> Vec<(u32, u32)> {
    let pairs = (0u32..).zip(g.images().iter().copied());
    pairs.filter(|(point, image)| point != image).collect()
}

/// The hypercube's reflection in one axis and all exchanges of neighbouring axes.
fn hypercube(d: u32) -> Vec<Permutation> {
    let of = |map: &dyn Fn(u32) -> u32| {
        Permutation::from_images((0..1 << d).map(map).collect()).expect("a bijection")
    };
    let exchange = |v: u32, bit: u32| {
        let differs = (v >> bit ^ v >> (bit + 1)) & 1;
        v ^ (differs << bit | differs << (bit + 1))
    };
    std::iter::once(of(&|v| v ^ 1))
        .chain((0..d - 1).map(|bit| of(&|v| exchange(v, bit))))
        .collect()
}

fn cases() -> Vec<Case> {
    vec![
        Case::new("trivial", 16, &[]),
        Case::new("one transposition", 16, &["(3 7)"]),
        Case::new(
            "five transpositions",
            16,
            &["(0 1)", "(2 9)", "(3 4)", "(5 12)", "(14 15)"],
        ),
        Case::new(
            "order 8",
            16,
            &["(0 1)(4 5)", "(2 3)(8 9)(10 11)", "(6 7)(12 13)"],
        ),
        Case::new(
            "12-gon",
            16,
            &["(0 1 2 3 4 5 6 7 8 9 10 11)", "(1 11)(2 10)(3 9)(4 8)(5 7)"],
        ),
        Case::new("S4 x S3", 16, &["(0 1)", "(1 2)", "(2 3)", "(10 11)", "(11 12)"]),
        Case::of("Q6", 64, hypercube(6)),
        Case::new("S16", 16, &["(0 1)", "(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)"]),
    ]
}

/// From boxed permutations, which a caller must make first.
#[divan::bench(args = cases())]
fn strong_generators(bencher: Bencher<'_, '_>, case: &Case) {
    bencher.bench(|| black_box(case.group_of_permutations()).order());
}

#[divan::bench(args = cases())]
fn strong_moves(bencher: Bencher<'_, '_>, case: &Case) {
    bencher.bench(|| case.group());
}

#[divan::bench(args = cases())]
fn strong_moves_and_order(bencher: Bencher<'_, '_>, case: &Case) {
    bencher.bench(|| black_box(case.group()).order());
}

/// Three blocks of two points and one of four.
#[divan::bench]
fn symmetric_blocks(bencher: Bencher<'_, '_>) {
    let blocks: [&[u32]; 4] = [&[0, 1], &[2, 9], &[3, 4], &[5, 6, 7, 8]];
    bencher.bench(|| {
        PermGroup::trivial(16)
            .extended_by_symmetric_blocks(black_box(blocks))
            .order()
    });
}

#[divan::bench(args = cases())]
fn samples(bencher: Bencher<'_, '_>, case: &Case) {
    let group = case.group();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    bencher.bench_local(|| group.sample(&mut rng as &mut dyn Rng));
}

#[divan::bench(args = cases())]
fn samples_into(bencher: Bencher<'_, '_>, case: &Case) {
    let (group, mut images) = (case.group(), vec![0; case.degree]);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    bencher.bench_local(|| group.sample_into(black_box(&mut images), &mut rng as &mut dyn Rng));
}

#[divan::bench(args = cases())]
fn coset_draws(bencher: Bencher<'_, '_>, case: &Case) {
    let group = case.group();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let h = Permutation::random(case.degree, &mut rng);
    bencher.bench_local(|| group.sample_coset(&h, &mut rng as &mut dyn Rng));
}

#[divan::bench(args = cases())]
fn orbits(bencher: Bencher<'_, '_>, case: &Case) {
    let group = case.group();
    bencher.bench_local(|| group.orbits());
}

#[divan::bench(args = cases())]
fn orbit_representatives(bencher: Bencher<'_, '_>, case: &Case) {
    let group = case.group();
    bencher.bench_local(|| group.orbit_representatives());
}
