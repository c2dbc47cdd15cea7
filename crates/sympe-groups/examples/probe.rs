//! x
use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};
use std::hint::black_box;
use sympe_groups::*;
fn best(mut f: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..1500 {
        let t = std::time::Instant::now();
        for _ in 0..1000 { f(); }
        best = best.min(t.elapsed().as_nanos() as f64 / 1000.0);
    }
    best
}
fn main() {
    let parse = |t: &str| Permutation::parse(t, 16).unwrap();
    let cases: Vec<(&str, Vec<Permutation>)> = vec![
        ("none", vec![]),
        ("one", vec![parse("(3 7)")]),
        ("five", ["(0 1)", "(2 9)", "(3 4)", "(5 12)", "(14 15)"].map(parse).to_vec()),
        ("gon", ["(0 1 2 3 4 5 6 7 8 9 10 11)", "(1 11)(2 10)(3 9)(4 8)(5 7)"].map(parse).to_vec()),
        ("eight", ["(0 1)(4 5)", "(2 3)(8 9)(10 11)", "(6 7)(12 13)"].map(parse).to_vec()),
        ("s4s3", ["(0 1)", "(1 2)", "(2 3)", "(10 11)", "(11 12)"].map(parse).to_vec()),
        ("s16", vec![parse("(0 1)"), parse("(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)")]),
    ];
    for (name, gens) in cases {
        let g = PermGroup::new(16, gens).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let moves: Vec<Vec<(u32, u32)>> = g.strong_generators().iter().map(|g| (0u32..).zip(g.images().iter().copied()).filter(|(a, b)| a != b).collect()).collect();
        let base = g.base().to_vec();
        let mut images = [0u32; 16];
        let into = best(|| g.sample_into(black_box(&mut images), &mut rng as &mut dyn Rng));
        let sample = best(|| { black_box(g.sample(&mut rng as &mut dyn Rng)); });
        let h = Permutation::random(16, &mut rng);
        let coset = best(|| { black_box(g.sample_coset(&h, &mut rng as &mut dyn Rng)); });
        let make = best(|| { black_box(PermGroup::from_strong_moves(16, black_box(&base), moves.iter().map(Vec::as_slice))); });
        let order = best(|| { black_box(black_box(PermGroup::from_strong_moves(16, black_box(&base), moves.iter().map(Vec::as_slice))).order()); });
        println!("{name:6} into {into:6.1} sample {sample:6.1} coset {coset:6.1} make {make:6.1} +order {order:6.1}");
    }
}
