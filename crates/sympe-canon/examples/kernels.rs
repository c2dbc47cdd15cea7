//! Which kernel is easiest to learn from? Figures of merit on random graphs G(12, 1/4), for every order, as a relaxed
//! kernel (ties at random) and as an exact one (ties by symmetry search):
//!
//! * *displacement*: how many places a vertex moves, on average, when one edge is toggled (smoothness);
//! * *position bits*: how uncertain the edges of an arranged graph stay, in bits, to someone who knows how often
//!   each pair of positions is joined. 66 pairs of an unordered random graph hold 66·H(1/4) = 53.5 bits; an order
//!   tells the rest. It is what a table encoding can know without looking at the graph;
//! * *entropy*: nats of randomness in a draw (relaxed: estimated from ties).
//!
//! cargo run --release -p sympe-canon --example kernels

use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};
use std::error::Error;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_canon::relaxed::{
    BreadthFirstOrder, Haar, OrbitRanks, RefinementOrder, Signs, SmoothExact, SpectralOrder, VertexOrder, WalkOrder,
    mean_displacement,
};
use sympe_canon::{CanonError, Canonicalizer};
use sympe_groups::{Action, Group, Permutation};

const N: u32 = 12;
const GRAPHS: u64 = 4000;
const PAIRS: usize = (N * (N - 1) / 2) as usize;

fn pairs() -> impl Iterator<Item = (u32, u32)> {
    (0..N).flat_map(|v| (0..v).map(move |u| (u, v)))
}

fn graph(bits: &[bool]) -> Result<ColoredGraph, CanonError> {
    ColoredGraph::from_edges(N as usize, false, pairs().zip(bits).filter(|(_, bit)| **bit).map(|(pair, _)| pair))
}

/// (displacement, position bits, microseconds per arrangement)
fn measure(
    arrange: impl Fn(&ColoredGraph, &Permutation) -> Result<Permutation, CanonError>,
) -> Result<[f64; 3], CanonError> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let (mut displacement, mut counts, mut nanos) = (0.0, [0_u64; PAIRS], 0);
    for _ in 0..GRAPHS {
        let mut bits = [(); PAIRS].map(|()| rng.next_u32() < u32::MAX / 4);
        let ties = Permutation::random(N as usize, &mut rng);
        let x = graph(&bits)?;
        let clock = std::time::Instant::now();
        let draw = arrange(&x, &ties)?;
        nanos += clock.elapsed().as_nanos();
        let arranged = draw.inverse().act(&x);
        pairs().zip(&mut counts).for_each(|((u, v), count)| *count += u64::from(arranged.has_edge(u, v)));

        let toggled = rng.next_u32() as usize % PAIRS;
        bits[toggled] = !bits[toggled];
        displacement += mean_displacement(&draw, &arrange(&graph(&bits)?, &ties)?);
    }
    let entropy = |p: f64| if p > 0.0 && p < 1.0 { -p * p.log2() - (1.0 - p) * (1.0 - p).log2() } else { 0.0 };
    let graphs = GRAPHS as f64;
    let bits = counts.iter().map(|&count| entropy(count as f64 / graphs)).sum();
    Ok([displacement / graphs, bits, nanos as f64 / graphs / 1e3])
}

fn main() -> Result<(), Box<dyn Error>> {
    let orders: [(&str, Box<dyn VertexOrder>); 9] = [
        ("haar / plain labelling", Box::new(Haar)),
        ("orbit ranks", Box::new(OrbitRanks::default())),
        ("degree", Box::new(RefinementOrder { rounds: Some(0) })),
        ("refinement, 1 round", Box::new(RefinementOrder { rounds: Some(1) })),
        ("refinement", Box::new(RefinementOrder::default())),
        ("walks", Box::new(WalkOrder::default())),
        ("breadth first", Box::new(BreadthFirstOrder)),
        ("spectral, random signs", Box::new(SpectralOrder { signs: Signs::Random })),
        ("spectral, degree signs", Box::new(SpectralOrder { signs: Signs::Degrees })),
    ];
    println!("                              relaxed                        exact");
    println!("order                      moves   bits     µs        moves   bits     µs");
    for (name, order) in orders {
        let relaxed = measure(|x, ties| order.arrange(x, ties))?;
        let smooth = SmoothExact { order, search: SymmetrySearch::default() };
        let exact = measure(|x, _| Ok(smooth.canonicalize(x)?.element))?;
        print!("{name:<24}");
        [relaxed, exact].iter().for_each(|[moves, bits, micros]| print!("{moves:8.2} {bits:6.1} {micros:6.1}     "));
        println!();
    }
    Ok(())
}
