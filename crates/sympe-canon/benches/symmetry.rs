//! Canonical form, labelling and group of single graphs and of batches, and draws.

use divan::Bencher;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_canon::lattice::{LatticeField, LatticeSymmetry};
use sympe_canon::points::{PointCloud, PointSearch};
use sympe_canon::relaxed::{
    DepthFirstOrder, RefinementOrder, SmoothExact, SpectralOrder, Start, VertexOrder,
};
use sympe_canon::{Canonicalized, Canonicalizer, InversionKernel};

fn main() {
    divan::main();
}

fn erdos_renyi(n: u32, degree: f64, seed: u64) -> ColoredGraph {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let p = degree / f64::from(n - 1);
    let edges = (0..n)
        .flat_map(|v| (0..v).map(move |u| (u, v)))
        .filter(|_| rng.random_bool(p));
    ColoredGraph::from_edges(n as usize, false, edges.collect::<Vec<_>>()).expect("a simple graph")
}

fn hypercube(d: u32) -> ColoredGraph {
    let edges = (0..1u32 << d)
        .flat_map(|u| (0..d).map(move |bit| (u, u ^ 1 << bit)))
        .filter(|(u, v)| u < v);
    ColoredGraph::from_edges(1 << d, false, edges).expect("a simple graph")
}

/// The graphs of the autoencoder: 7 to 16 nodes, p = 1/4.
fn small() -> Vec<ColoredGraph> {
    (0..100)
        .map(|i| erdos_renyi(7 + i % 10, 0.25 * f64::from(6 + i % 10), u64::from(i)))
        .collect()
}

#[divan::bench(args = [16, 100, 1000])]
fn random_graph(bencher: Bencher<'_, '_>, n: u32) {
    let graph = erdos_renyi(n, 4.0, 1);
    bencher.bench(|| SymmetrySearch::default().run(&graph));
}

#[divan::bench(args = [3, 5, 8])]
fn hypercubes(bencher: Bencher<'_, '_>, d: u32) {
    let graph = hypercube(d);
    bencher.bench(|| SymmetrySearch::default().run(&graph));
}

#[divan::bench]
fn hundred_small_graphs(bencher: Bencher<'_, '_>) {
    let graphs = small();
    bencher.bench(|| {
        graphs
            .iter()
            .map(|graph| SymmetrySearch::default().run(graph))
            .filter(Result::is_ok)
            .count()
    });
}

#[divan::bench]
fn hundred_draws_from_kept_canonicalizations(bencher: Bencher<'_, '_>) {
    let kept: Vec<Canonicalized<_>> = small()
        .iter()
        .map(|graph| {
            SymmetrySearch::default()
                .canonicalize(graph)
                .expect("within budget")
        })
        .collect();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    bencher.bench_local(|| {
        kept.iter()
            .map(|canonicalized| canonicalized.sample(&mut rng).degree())
            .sum::<usize>()
    });
}

const ORDERS: [&str; 3] = ["refinement", "spectral", "random depth-first"];

#[divan::bench(args = ORDERS)]
fn hundred_draws_of_relaxed_kernels(bencher: Bencher<'_, '_>, order: &str) {
    let order: Box<dyn VertexOrder> = match order {
        "refinement" => Box::new(RefinementOrder::default()),
        "spectral" => Box::new(SpectralOrder::default()),
        _ => Box::new(DepthFirstOrder {
            start: Start::Anywhere,
        }),
    };
    let graphs = small();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    bencher.bench_local(|| {
        graphs
            .iter()
            .map(|graph| order.draw(graph, &mut rng))
            .filter(Result::is_ok)
            .count()
    });
}

#[divan::bench]
fn hundred_smooth_canonicalizations(bencher: Bencher<'_, '_>) {
    let graphs = small();
    let smooth = SmoothExact::new(SpectralOrder::default());
    bencher.bench(|| {
        graphs
            .iter()
            .map(|graph| smooth.canonicalize(graph))
            .filter(Result::is_ok)
            .count()
    });
}

/// Couplings and fields of one torus, with a value for each bond and site: uniform, or random.
fn torus(side: u32, random: bool) -> LatticeField<i64> {
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(side));
    let mut values = || {
        let value = |_| if random { rng.random_range(-9..=9) } else { 1 };
        (0..side * side).map(value).collect::<Vec<i64>>()
    };
    LatticeField::new(side, side)
        .with_bonds(values(), values())
        .and_then(|field| field.with_odd_sites(values()))
        .expect("a value for each")
}

#[divan::bench(args = [8, 16, 64, 256], consts = [false, true])]
fn couplings_on_a_torus<const RANDOM: bool>(bencher: Bencher<'_, '_>, side: u32) {
    let field = torus(side, RANDOM);
    let group = format!("p4m({side}x{side})").parse().expect("a name of a group");
    let symmetry = LatticeSymmetry::new(group);
    bencher.bench(|| {
        symmetry
            .canonicalize(&field)
            .map(|found| found.stabilizer.order())
    });
}

/// Places of a ring, and the same below, turned or not.
fn prism(n: u32, turned: f64) -> Vec<[f64; 3]> {
    let corner = |k: u32, z: f64, start: f64| {
        let angle = start + std::f64::consts::TAU * f64::from(k) / f64::from(n);
        [angle.cos(), angle.sin(), z]
    };
    (0..n)
        .flat_map(|k| [corner(k, 0.6, 0.0), corner(k, -0.6, turned)])
        .collect()
}

/// The sixty carbons of buckminsterfullerene: even permutations of three kinds of coordinates, with all signs.
fn fullerene() -> Vec<[f64; 3]> {
    let golden = (1.0 + 5f64.sqrt()) / 2.0;
    let kinds = [
        [0.0, 1.0, 3.0 * golden],
        [1.0, 2.0 + golden, 2.0 * golden],
        [golden, 2.0, 2.0 * golden + 1.0],
    ];
    let mut places: Vec<[f64; 3]> = Vec::new();
    for [x, y, z] in kinds {
        for signs in 0..8u8 {
            let sign = |bit: u8, value: f64| if signs >> bit & 1 == 1 { -value } else { value };
            let (x, y, z) = (sign(0, x), sign(1, y), sign(2, z));
            places.extend([[x, y, z], [y, z, x], [z, x, y]]);
        }
    }
    places.sort_by(|a, b| a.partial_cmp(b).expect("finite"));
    places.dedup();
    places
}

/// A cloud of 20 points with 40 isometries, and one with none.
#[divan::bench(consts = [false, true])]
fn cloud_of_20<const RANDOM: bool>(bencher: Bencher<'_, '_>) {
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let positions = if RANDOM {
        (0..20)
            .map(|_| [(); 3].map(|()| rng.random_range(-1.0..1.0)))
            .collect()
    } else {
        prism(10, 0.0)
    };
    let cloud = PointCloud::of_one_type(positions).expect("finite");
    bencher.bench(|| PointSearch::default().run(&cloud).map(|found| found.symbol()));
}

#[divan::bench]
fn cloud_of_60(bencher: Bencher<'_, '_>) {
    let cloud = PointCloud::of_one_type(fullerene()).expect("finite");
    assert_eq!(cloud.len(), 60);
    bencher.bench(|| PointSearch::default().run(&cloud).map(|found| found.symbol()));
}
