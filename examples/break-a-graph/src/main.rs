//! End to end, without training: a symmetric graph, its automorphism group, a draw from the inversion kernel, and an
//! equivariant network that tells interchangeable nodes apart with the draw and cannot without it.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::sync::Arc;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_canon::{Canonicalized, InversionKernel};
use sympe_groups::{Action, Group};
use sympe_nn::breaking::{Breaker, Draw};
use sympe_nn::check::orbit_spread;
use sympe_nn::encoding::{TableConfig, TableEncoding};
use sympe_nn::models::{Adjoin, Autoencoder, AutoencoderConfig, GraphInput, Network};
use sympe_nn::params::ParamStore;

fn main() -> Result<()> {
    // The Petersen graph: outer cycle, spokes, inner star.
    let edges = (0..5).flat_map(|i| [(i, (i + 1) % 5), (i, i + 5), (i + 5, (i + 2) % 5 + 5)]);
    let graph = ColoredGraph::from_edges(10, false, edges)?;
    let symmetry = SymmetrySearch::default().run(&graph)?;
    println!(
        "automorphisms: {}, orbits: {:?}",
        symmetry.order(),
        symmetry.orbits()
    );

    // Canonicalize once, draw often: each draw maps canonical positions to vertices and inverts the graph.
    let (form, orbits) = (symmetry.form().clone(), symmetry.orbits());
    let canonicalized = Canonicalized::from(symmetry);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..3 {
        let g = canonicalized.sample(&mut rng);
        assert_eq!(g.inverse().act(&graph), form);
        println!("draw: {g}");
    }
    // The same in one call, when there is nothing to keep.
    let g = sympe_canon::Exact(SymmetrySearch::default()).draw(&graph, &mut rng)?;

    let device = Device::Cpu;
    let n = graph.n();
    let bits: Vec<f32> = (0..n as u32)
        .flat_map(|u| (0..n as u32).map(move |v| (u, v)))
        .map(|(u, v)| f32::from(graph.has_edge(u, v)))
        .collect();
    let input = GraphInput::new(
        Tensor::from_vec(bits, (1, n, n), &device)?,
        Tensor::ones((1, n), DType::F32, &device)?,
    )?;
    let config = AutoencoderConfig {
        network: Network::Gnn,
        ..Default::default()
    };
    for broken in [false, true] {
        let store = ParamStore::new(0, DType::F32, &device);
        let (breaker, draw) = if broken {
            let table = TableEncoding::new(n, 16, TableConfig::default(), &store.root().at("breaker"))?;
            let ranks = Tensor::new(g.inverse().images(), &device)?.unsqueeze(0)?;
            (Breaker::encoding("sympe", Arc::new(table)), Draw::Places(ranks))
        } else {
            (Breaker::none(), Draw::None)
        };
        let model = Autoencoder::new(config, breaker.dim(), &store.root())?;
        let input = match breaker.encode(&draw)? {
            Some(encoding) => input.adjoin(&encoding)?,
            None => input.clone(),
        };
        let spread = orbit_spread(&model.embed(&input)?.get(0)?, &orbits)?;
        let breaking = if broken { "sympe" } else { "none" };
        println!("breaking {breaking}: embeddings on one orbit differ by {spread:.1e}");
        assert_eq!(spread > 1e-3, broken);
    }
    Ok(())
}
