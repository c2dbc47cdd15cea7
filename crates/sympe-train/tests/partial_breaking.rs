//! Partial breaking in the experiments: what the options keep is kept, from the draw to the trained network.

use candle_core::{DType, Device, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_canon::graph::ColoredGraph;
use sympe_groups::lattice::{LatticeGroup, Wallpaper};
use sympe_groups::{Group, Subgroup};
use sympe_nn::breaking::Draw;
use sympe_nn::check::{max_difference, orbit_spread};
use sympe_nn::device::DeviceSpec;
use sympe_nn::params::ParamStore;
use sympe_train::config::Layers;
use sympe_train::domain::{Domain, Torus};
use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
use sympe_train::experiments::ising::IsingConfig;
use sympe_train::harness::Trained;
use sympe_train::run::RunInfo;
use sympe_train::trainer;

#[test]
fn one_node_is_told_apart_and_the_others_stay_alike() {
    let graph = |n, edges: &[(u32, u32)]| ColoredGraph::from_edges(n, false, edges.iter().copied()).unwrap();
    let graphs = [graph(6, &[]), graph(5, &[])];
    for (network, encoding) in [("gnn", "table"), ("egnn", "smoothed")] {
        let mut layers = Layers::default();
        layers.preset::<GraphAutoencoderConfig>("smoke").unwrap();
        for set in [
            format!("model.network={network}"),
            format!("breaking.encoding={encoding}"),
            "breaking.distinguished=1".to_owned(),
        ] {
            layers.set(&set).unwrap();
        }
        let experiment: Trained<GraphAutoencoder> =
            Trained::new(layers.resolve().unwrap(), &DeviceSpec::Cpu.open().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let info = RunInfo::new(&experiment, DeviceSpec::Cpu);
        trainer::train(&experiment, folder.path(), &info, &mut ()).unwrap();
        for seed in 0..4 {
            for z in experiment.task().embeddings(&graphs, seed).unwrap() {
                let n = z.dim(0).unwrap() as u32;
                let alike = |a: u32, b: u32| orbit_spread(&z, &[vec![a, b]]).unwrap() < 1e-5;
                // The one that is like no other.
                let chosen: Vec<u32> = (0..n)
                    .filter(|&i| (0..n).all(|j| i == j || !alike(i, j)))
                    .collect();
                assert_eq!(chosen.len(), 1, "{network}: {z:?}");
                let others: Vec<u32> = (0..n).filter(|i| !chosen.contains(i)).collect();
                assert!(others.iter().all(|&i| alike(i, others[0])), "{network}");
            }
        }
    }
}

#[test]
fn translations_by_the_period_are_not_broken() {
    let group = LatticeGroup::new(Wallpaper::P4m, 8, 8).unwrap();
    let store = ParamStore::new(1, DType::F32, &Device::Cpu);
    let torus = Torus::new(group.clone(), 6, Default::default()).with_period(4);
    let breaker = torus.encoding("sympe", &store.root()).unwrap();
    let encode = |g: &_| {
        let mut places = Vec::new();
        torus.write(g, &mut places);
        let places = Tensor::from_vec(places, (1, 64), &Device::Cpu).unwrap();
        breaker.encode(&Draw::Places(places)).unwrap().unwrap()
    };
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..20 {
        let g = group.sample(&mut rng);
        let moved = |shift| {
            max_difference(
                &encode(&g),
                &encode(&g.compose(&group.identity().with_shift(shift))),
            )
            .unwrap()
        };
        assert_eq!([moved([4, 0]), moved([0, 4]), moved([4, 4])], [0.0; 3]);
        assert!(moved([1, 0]) > 0.1 && moved([2, 2]) > 0.1);
    }
}

#[test]
fn periods_that_do_not_fit_are_refused() {
    let mut layers = Layers::default();
    layers.preset::<IsingConfig>("smoke").unwrap();
    layers.set("breaking.period=3").unwrap();
    let error = layers.resolve::<IsingConfig>().unwrap_err().to_string();
    assert!(
        error.contains("breaking.period is 3, expected a divisor of data.side = 4"),
        "{error}"
    );
}
