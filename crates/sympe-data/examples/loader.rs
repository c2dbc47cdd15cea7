//! Batches of random graphs with a random vertex each: the same whatever the number of threads.

use rand::{Rng, RngExt};
use sympe_canon::graph::ColoredGraph;
use sympe_data::random_graphs::ErdosRenyi;
use sympe_data::{BatchSource, DataError, IntoVec, Loader, LoaderConfig};

fn main() -> Result<(), DataError> {
    let pick = |graph: ColoredGraph, rng: &mut dyn Rng| {
        let vertex = rng.random_range(0..graph.n() as u32);
        Ok::<_, DataError>((graph.n(), vertex, graph.degree(vertex)))
    };
    let batches = |threads| {
        let config = LoaderConfig {
            batch_size: 4,
            shuffle: true,
            threads,
            seed: 1,
            ..Default::default()
        };
        let loader = Loader::new(ErdosRenyi::new(12, 7..=16, 0.25, 0)?, pick, IntoVec, config)?;
        loader.epoch(0).collect::<Result<Vec<_>, _>>()
    };
    let one = batches(1)?;
    for batch in &one {
        println!("(vertices, chosen, its degree): {batch:?}");
    }
    assert_eq!(one, batches(4)?);
    println!("four threads give the same");
    Ok(())
}
