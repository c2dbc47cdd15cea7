//! Which canonical order is easiest to learn from? Two figures on random graphs G(12, 1/4), for every order:
//!
//! * *moves*: how many places a vertex moves, on average, when one edge is toggled (smoothness);
//! * *bits*: how uncertain the edges of an arranged graph stay, in bits, to someone who knows how often each
//!   pair of positions is joined. 66 pairs of an unordered random graph hold 66·H(1/4) = 53.5 bits; the order
//!   tells the rest. It is what a table encoding can know without looking at the graph.
//!
//! cargo run --release -p sympe-canon --example kernels

use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};
use std::{error::Error, time::Instant};
use sympe_canon::graph::ColoredGraph;
use sympe_canon::relaxed::*;
use sympe_canon::{CanonError, Canonicalizer};
use sympe_groups::{Action, Group, Permutation};

const N: u32 = 12;
const GRAPHS: u64 = 4000;
const PAIRS: usize = (N * (N - 1) / 2) as usize;

fn pairs() -> impl Iterator<Item = (u32, u32)> {
    (0..N).flat_map(|v| (0..v).map(move |u| (u, v)))
}

fn graph(joined: &[bool]) -> Result<ColoredGraph, CanonError> {
    let edges = pairs()
        .zip(joined)
        .filter(|(_, joined)| **joined)
        .map(|(pair, _)| pair);
    ColoredGraph::from_edges(N as usize, false, edges)
}

/// Moves, bits, and microseconds per graph.
fn measure(
    arrange: impl Fn(&ColoredGraph) -> Result<Permutation, CanonError>,
) -> Result<[f64; 3], CanonError> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let (mut moves, mut counts, mut nanos) = (0.0, [0_u64; PAIRS], 0);
    for _ in 0..GRAPHS {
        let mut joined = [(); PAIRS].map(|()| rng.next_u32() < u32::MAX / 4);
        let x = graph(&joined)?;
        let clock = Instant::now();
        let draw = arrange(&x)?;
        nanos += clock.elapsed().as_nanos();
        let arranged = draw.inverse().act(&x);
        pairs()
            .zip(&mut counts)
            .for_each(|((u, v), count)| *count += u64::from(arranged.has_edge(u, v)));

        let toggled = rng.next_u32() as usize % PAIRS;
        joined[toggled] = !joined[toggled];
        moves += mean_displacement(&draw, &arrange(&graph(&joined)?)?);
    }
    let graphs = GRAPHS as f64;
    let term = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    let bits = counts
        .iter()
        .map(|&count| count as f64 / graphs)
        .map(|p| term(p) + term(1.0 - p))
        .sum();
    Ok([moves / graphs, bits, nanos as f64 / graphs / 1e3])
}

fn main() -> Result<(), Box<dyn Error>> {
    let depth_first = |start| Box::new(DepthFirstOrder { start });
    let orders: [(&str, Box<dyn VertexOrder>); 9] = [
        ("plain labelling", Box::new(Haar)),
        ("orbit ranks", Box::new(OrbitRanks::default())),
        ("degree", Box::new(RefinementOrder { rounds: Some(0) })),
        ("refinement", Box::new(RefinementOrder::default())),
        ("walks", Box::new(WalkOrder::default())),
        ("breadth first", Box::new(BreadthFirstOrder)),
        ("depth first, hub", depth_first(Start::Hub)),
        ("depth first, leaf", depth_first(Start::Leaf)),
        (
            "spectral",
            Box::new(SpectralOrder {
                signs: Signs::Degrees,
            }),
        ),
    ];
    println!("order, exact within ties   moves   bits     µs");
    for (name, order) in orders {
        let smooth = SmoothExact::new(order);
        let [moves, bits, micros] = measure(|x| Ok(smooth.canonicalize(x)?.element))?;
        println!("{name:<24}{moves:8.2} {bits:6.1} {micros:6.1}");
    }
    Ok(())
}
