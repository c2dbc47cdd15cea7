//! Curie's principle, on trained networks: without breaking, interchangeable nodes have equal embeddings; with SymPE
//! they have not.

use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_nn::check::orbit_spread;
use sympe_nn::device::DeviceSpec;
use sympe_train::config::Layers;
use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
use sympe_train::harness::Trained;
use sympe_train::run::RunInfo;
use sympe_train::trainer;

fn symmetric_graphs() -> Vec<(&'static str, ColoredGraph)> {
    let graph = |n, edges: Vec<(u32, u32)>| ColoredGraph::from_edges(n, false, edges).unwrap();
    let outer = (0..5).map(|i| (i, (i + 1) % 5));
    let spokes = (0..5).map(|i| (i, i + 5));
    let inner = (0..5).map(|i| (i + 5, (i + 2) % 5 + 5));
    let cube = (0..8u32)
        .flat_map(|v| [1, 2, 4].map(|bit| (v, v ^ bit)))
        .filter(|(u, v)| u < v);
    vec![
        ("Petersen", graph(10, outer.chain(spokes).chain(inner).collect())),
        ("cube", graph(8, cube.collect())),
        ("star", graph(7, (1..7).map(|leaf| (0, leaf)).collect())),
        (
            "two triangles",
            graph(6, vec![(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)]),
        ),
        ("path", graph(4, vec![(0, 1), (1, 2), (2, 3)])),
        ("empty", graph(5, vec![])),
    ]
}

fn trained(network: &str, breaking: &str) -> Trained<GraphAutoencoder> {
    let mut layers = Layers::default();
    layers.preset::<GraphAutoencoderConfig>("smoke").unwrap();
    layers.set(&format!("model.network={network}")).unwrap();
    layers.set(&format!("breaking.kind={breaking}")).unwrap();
    let experiment = Trained::new(layers.resolve().unwrap(), &DeviceSpec::Cpu.open().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let info = RunInfo::new(&experiment, DeviceSpec::Cpu);
    trainer::train(&experiment, folder.path(), &info, &mut ()).unwrap();
    experiment
}

/// The largest spread within an orbit, for each graph.
fn spreads(experiment: &Trained<GraphAutoencoder>) -> Vec<(&'static str, f64)> {
    let (names, graphs): (Vec<_>, Vec<_>) = symmetric_graphs().into_iter().unzip();
    let embeddings = experiment.task().embeddings(&graphs, 0).unwrap();
    let spread =
        |(graph, z)| orbit_spread(z, &SymmetrySearch::default().run(graph).unwrap().orbits()).unwrap();
    names
        .into_iter()
        .zip(graphs.iter().zip(&embeddings).map(spread))
        .collect()
}

#[test]
fn without_breaking_embeddings_are_equal_on_orbits_and_with_sympe_they_are_not() {
    for network in ["gnn", "egnn", "radial-field"] {
        for breaking in ["none", "random-walk"] {
            for (name, spread) in spreads(&trained(network, breaking)) {
                assert!(
                    spread < 1e-5,
                    "{network}, {breaking}, {name}: embeddings differ by {spread}"
                );
            }
        }
        for breaking in ["sympe", "uniform", "noise", "learned"] {
            for (name, spread) in spreads(&trained(network, breaking)) {
                assert!(
                    spread > 1e-3,
                    "{network}, {breaking}, {name}: embeddings differ by {spread} only"
                );
            }
        }
    }
}
