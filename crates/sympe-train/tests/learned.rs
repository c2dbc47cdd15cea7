//! Learned kernels as a way of breaking: the law of draws moves with the input, gradients reach the scorer, runs resume.

mod common;

use candle_core::{DType, Device, Result, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::sync::OnceLock;
use sympe_canon::graph::ColoredGraph;
use sympe_data::Dataset;
use sympe_data::ising::{Couplings, Disordered};
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
use sympe_groups::{Action, FiniteSubgroup, Group, Permutation, Subgroup};
use sympe_nn::check::{max_difference, permute, uncovered_parameters};
use sympe_nn::layers::lattice::{Fibre, FieldType, transform};
use sympe_nn::learned::{GraphView, LearnedConfig, Relaxation};
use sympe_nn::models::LatticeInput;
use sympe_nn::params::ParamStore;
use sympe_train::breakers::{Breaking, Drawn, Encoders, Seen};
use sympe_train::clock::Clock;
use sympe_train::domain::{GraphEncoding, Graphs, KeptGraph, Kernel, Torus};
use sympe_train::experiments::graph_autoencoder::GraphAutoencoder;
use sympe_train::experiments::graph_diffusion::GraphDiffusion;
use sympe_train::experiments::ising::Ising;
use sympe_train::task::Task;

fn learned<D: sympe_train::breakers::Breakable>() -> Breaking<D> {
    "learned".parse().unwrap()
}

/// Random and zero parameters.
fn stores() -> impl Iterator<Item = (ParamStore, bool)> {
    [false, true]
        .map(|zero| (ParamStore::new(3, DType::F32, &Device::Cpu), zero))
        .into_iter()
}

fn silence(store: &ParamStore) -> Result<()> {
    let of_kernel = |(name, _): &(String, _)| name.starts_with("kernel");
    (store.vars().iter().filter(|var| of_kernel(var))).try_for_each(|(_, var)| var.set(&var.zeros_like()?))
}

fn config(relaxation: Relaxation) -> LearnedConfig {
    LearnedConfig {
        relaxation,
        temperature: 0.5,
        gain: 1.0,
        hidden: 4,
        ..LearnedConfig::default()
    }
}

/// `[1, N, N]`, and the mask.
fn seen(graph: &ColoredGraph) -> Result<Seen> {
    let n = graph.n();
    let mut edges = vec![0f32; n * n];
    for (u, v, _) in graph.edges() {
        edges[u as usize * n + v as usize] = 1.0;
        edges[v as usize * n + u as usize] = 1.0;
    }
    let adjacency = Tensor::from_vec(edges, (1, n, n), &Device::Cpu)?;
    let mask = Tensor::ones((1, n), DType::F32, &Device::Cpu)?;
    Ok(Seen::Graphs {
        view: Some(GraphView::new(adjacency.clone(), mask)?),
        adjacency: Some(adjacency),
    })
}

#[test]
fn encodings_of_moved_graphs_and_noise_are_moved_encodings_for_any_parameters() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let edges: [&[(u32, u32)]; 4] = [
        &[],
        &[(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)],
        &[(0, 1), (0, 2), (0, 3), (0, 4), (4, 5)],
        &[(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (4, 0)],
    ];
    for (relaxation, encoding) in Relaxation::ALL
        .into_iter()
        .flat_map(|r| GraphEncoding::ALL.map(|e| (r, e)))
    {
        for (store, zero) in stores() {
            let graphs = Graphs::new(8, Kernel::default())
                .with_channels(4, if encoding == GraphEncoding::Table { 2 } else { 0 })
                .with_encoding(encoding)
                .with_learned(config(relaxation), [0, 1]);
            let (draws, encoders) = learned().start(graphs, &store.root(), &Clock::default())?;
            if zero {
                silence(&store)?;
            }
            let encode = |graph: &ColoredGraph, drawn: &Drawn| {
                let batch = draws.pad(graph.n(), [(graph.n(), drawn)].into_iter());
                encoders.encode_in(&batch, &seen(graph)?)
            };
            for edges in edges {
                let graph = ColoredGraph::from_edges(6, false, edges.iter().copied()).unwrap();
                for _ in 0..4 {
                    let drawn = draws.draw(0, &graph, &KeptGraph::default(), &mut rng).unwrap();
                    let k = Permutation::random(6, &mut rng);
                    let noise = Tensor::new(drawn.features.as_slice(), &Device::Cpu)?;
                    let moved = Drawn {
                        features: permute(&noise, &k, 0)?.to_vec1()?,
                        ..drawn.clone()
                    };
                    let [of_nodes, of_pairs] = encode(&graph, &drawn)?;
                    let [nodes_of_moved, pairs_of_moved] = encode(&k.act(&graph), &moved)?;
                    let expected = permute(&of_nodes.unwrap(), &k, 1)?;
                    let error = max_difference(&nodes_of_moved.unwrap(), &expected)?;
                    assert!(error < 1e-5, "{relaxation}, {encoding}, {zero}: {error}");
                    if let (Some(one), Some(other)) = (of_pairs, pairs_of_moved) {
                        let error = max_difference(&other, &permute(&permute(&one, &k, 1)?, &k, 2)?)?;
                        assert!(error < 1e-5, "{relaxation}, {encoding}, {zero}: {error}");
                    }
                }
            }
        }
    }
    Ok(())
}

fn lattice_input(couplings: &Couplings) -> Result<LatticeInput> {
    let [h, w] = couplings.shape().map(|side| side as usize);
    let field = |values: &[f32]| Tensor::from_slice(values, (1, h, w), &Device::Cpu);
    LatticeInput::new(
        &field(couplings.down())?,
        &field(couplings.right())?,
        &field(couplings.field())?,
    )
}

/// Channels and sign of a draw, in couplings.
fn channels(
    encoders: &Encoders,
    batch: &sympe_train::breakers::DrawnBatch,
    couplings: &Couplings,
) -> Result<(Tensor, f32)> {
    let ([encoding, _], signs) =
        encoders.encode_with_signs(batch, &Seen::Torus(lattice_input(couplings)?))?;
    Ok((encoding.unwrap(), signs.unwrap().to_vec1::<f32>()?[0]))
}

#[test]
fn fields_and_signs_move_with_couplings_and_noise_for_any_parameters() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let group = LatticeGroup::new(Wallpaper::P4m, 4, 4).unwrap().with_spin_flip();
    let elements: Vec<LatticeElement> = group.elements().collect();
    let magnets = [
        Disordered::new(1, [4, 4], 3).unwrap().get(0).unwrap(),
        Couplings::uniform([4, 4], 1.0, -0.5, 0.3).unwrap(),
        Couplings::uniform([4, 4], 0.0, 0.0, 0.0).unwrap(),
    ];
    for relaxation in Relaxation::ALL {
        for (store, zero) in stores() {
            let config = LearnedConfig {
                layers: 1,
                ..config(relaxation)
            };
            let torus = Torus::new(group.clone(), 3, Default::default()).with_learned(config);
            let (draws, encoders) = learned().start(torus, &store.root(), &Clock::default())?;
            if zero {
                silence(&store)?;
            }
            for couplings in &magnets {
                for _ in 0..4 {
                    let drawn = draws.draw(0, couplings, &OnceLock::new(), &mut rng).unwrap();
                    let k = group.sample(&mut rng);
                    let inverse = k.inverse();
                    let number = |g: &LatticeElement| elements.iter().position(|other| other == g).unwrap();
                    let noise = |g: &LatticeElement| drawn.features[number(&inverse.compose(g))];
                    let moved = Drawn {
                        features: elements.iter().map(noise).collect(),
                        ..drawn.clone()
                    };
                    let stack = |drawn: &Drawn| draws.stack([drawn].into_iter());
                    let (field, sign) = channels(&encoders, &stack(&drawn), couplings)?;
                    let (other, other_sign) = channels(&encoders, &stack(&moved), &k.act(couplings))?;
                    let sites = FieldType::on_sites(Wallpaper::P4m, Fibre::Scalar);
                    let error = max_difference(&other, &transform(&field, &k, sites)?)?;
                    let flipped = if k.flip { -sign } else { sign };
                    assert!(
                        error < 1e-5 && (other_sign - flipped).abs() < 1e-5,
                        "{relaxation}, {zero}: {error}"
                    );
                }
            }
        }
    }
    Ok(())
}

/// The network of the scores learns by the loss of the task, with either relaxation.
fn gradient_reaches_the_scorer<T: Task>(more: &[&str]) {
    for relaxation in Relaxation::NAMES {
        let relaxation = format!("breaking.learned.relaxation={relaxation}");
        let sets = [&["breaking.kind=learned", relaxation.as_str()], more].concat();
        let run = common::experiment::<T>(common::config(&sets));
        let batch = run.epoch(0, 0).next().unwrap().unwrap();
        let loss = run.loss(&batch, 0).unwrap();
        let uncovered = uncovered_parameters(run.store(), &loss).unwrap();
        let names = run.store().names();
        assert!(
            names
                .iter()
                .filter(|name| name.starts_with("breaking.kernel."))
                .count()
                > 3,
            "{names:?}"
        );
        assert!(
            uncovered.iter().all(|name| !name.starts_with("breaking.kernel")),
            "{sets:?}: {uncovered:?}"
        );
    }
}

#[test]
fn gradients_reach_the_scorer_in_every_experiment() {
    gradient_reaches_the_scorer::<GraphAutoencoder>(&[]);
    gradient_reaches_the_scorer::<GraphAutoencoder>(&["model.network=gnn"]);
    gradient_reaches_the_scorer::<GraphDiffusion>(&[]);
    gradient_reaches_the_scorer::<Ising>(&[]);
    gradient_reaches_the_scorer::<Ising>(&["data.spin-flip=true"]);
}

#[test]
fn runs_with_a_learned_kernel_train_and_resume_in_every_experiment() {
    let learned = ["breaking.kind=learned"];
    common::resumes_to_the_uninterrupted_run::<GraphAutoencoder>(&learned, &[5]);
    common::resumes_to_the_uninterrupted_run::<GraphDiffusion>(&learned, &[3]);
    common::resumes_to_the_uninterrupted_run::<Ising>(&learned, &[3]);
}

#[test]
fn options_out_of_range_are_named() {
    use sympe_train::experiments::graph_diffusion::GraphDiffusionConfig;
    use sympe_train::experiments::ising::IsingConfig;
    for (set, expected) in [
        (
            "breaking.learned.temperature=0",
            "breaking.learned.temperature is 0, expected a positive number",
        ),
        (
            "breaking.learned.gain=-1",
            "breaking.learned.gain is -1, expected a positive number",
        ),
        (
            "breaking.learned.hidden=0",
            "breaking.learned.hidden is 0, expected at least 1",
        ),
        ("breaking.learned.relaxation=hard", "unknown variant `hard`"),
    ] {
        for error in [
            common::config_error::<<GraphAutoencoder as Task>::Config>(set),
            common::config_error::<GraphDiffusionConfig>(set),
            common::config_error::<IsingConfig>(set),
        ] {
            assert!(error.contains(expected), "{error}");
        }
    }
}
