//! Learned kernels: draws move with input and noise for any parameters, what is trained is the relaxation that is stated.

use candle_core::{DType, Device, Result, Tensor};
use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use std::collections::HashMap;
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
use sympe_groups::{ChiSquare, FiniteSubgroup, Group, PermGroup, Permutation};
use sympe_nn::check::{
    equivariance_error, gradient_error, max_difference, padding_error, uncovered_parameters,
};
use sympe_nn::encoding::{
    FieldConfig, FieldEncoding, FieldInit, OrbitEncoding, PairTableEncoding, PlacesIn, PositionalEncoding,
    SmoothedEncoding, TableConfig, TableEncoding,
};
use sympe_nn::layers::lattice::{Fibre, FieldType, transform};
use sympe_nn::learned::{
    DrawModule, GraphView, LearnedConfig, LearnedElements, LearnedRanks, Relaxation, ranks, soft_ranks,
    weights_of_ranks, weights_of_soft_ranks,
};
use sympe_nn::models::LatticeInput;
use sympe_nn::params::{ParamStore, normal};

const CPU: Device = Device::Cpu;

fn tensor(shape: &[usize], rng: &mut dyn Rng) -> Tensor {
    let values: Vec<f64> = (0..shape.iter().product()).map(|_| normal(rng)).collect();
    Tensor::from_vec(values, shape, &CPU).unwrap()
}

fn row<T: candle_core::WithDType>(values: &[T]) -> Tensor {
    Tensor::from_slice(values, (1, values.len()), &CPU).unwrap()
}

/// All parameters zero.
fn silence(store: &ParamStore) -> Result<()> {
    (store.vars().iter()).try_for_each(|(_, var)| var.set(&var.zeros_like()?))
}

const CONFIGS: [LearnedConfig; 2] = {
    let soft = LearnedConfig {
        relaxation: Relaxation::Soft,
        temperature: 0.7,
        gain: 1.5,
        hidden: 5,
        layers: 2,
    };
    let straight = LearnedConfig {
        relaxation: Relaxation::StraightThrough,
        ..soft
    };
    [soft, straight]
};

proptest! {
    /// Against sorting, with many ties.
    #[test]
    fn ranks_are_those_of_sorting_by_score_then_noise_then_index(
        nodes in prop::collection::vec((0..3u8, 0..3u8, any::<bool>()), 1..9)
    ) {
        let column = |f: fn(&(u8, u8, bool)) -> f64| row(&nodes.iter().map(f).collect::<Vec<f64>>());
        let (scores, noise) = (column(|node| f64::from(node.0)), column(|node| f64::from(node.1)));
        let mask = column(|node| f64::from(u8::from(node.2)));
        let found = ranks(&scores, &noise, &mask, 99).unwrap().get(0).unwrap().to_vec1::<u32>().unwrap();
        let mut order: Vec<usize> = (0..nodes.len()).filter(|&i| nodes[i].2).collect();
        order.sort_by_key(|&i| (nodes[i].0, nodes[i].1, i));
        let mut expected = vec![99; nodes.len()];
        order.iter().enumerate().for_each(|(rank, &i)| expected[i] = rank as u32);
        prop_assert_eq!(found, expected);
    }

    /// Against the sum, and against sorting where the temperature is low.
    #[test]
    fn soft_ranks_are_sums_of_sigmoids_whose_mean_is_that_of_ranks(
        nodes in prop::collection::vec((-3.0..3.0f64, any::<bool>()), 1..9), temperature in 0.1..3.0f64
    ) {
        let values: Vec<f64> = nodes.iter().map(|node| node.0).collect();
        let mask: Vec<f64> = nodes.iter().map(|node| f64::from(u8::from(node.1))).collect();
        let soft = |temperature| -> Vec<f64> {
            soft_ranks(&row(&values), &row(&mask), temperature).unwrap().get(0).unwrap().to_vec1().unwrap()
        };
        let found = soft(temperature);
        for i in 0..nodes.len() {
            let others = (0..nodes.len()).filter(|&j| j != i && nodes[j].1);
            let sigmoid = |j: usize| 1.0 / (1.0 + ((values[j] - values[i]) / temperature).exp());
            let expected = if nodes[i].1 { others.map(sigmoid).sum() } else { 0.0 };
            prop_assert!((found[i] - expected).abs() < 1e-12);
        }
        let n = nodes.iter().filter(|node| node.1).count();
        prop_assert!((found.iter().sum::<f64>() - (n * n.saturating_sub(1)) as f64 / 2.0).abs() < 1e-12);
        let hard = ranks(&row(&values), &row(&values), &row(&mask), 0).unwrap();
        let hard: Vec<u32> = hard.get(0).unwrap().to_vec1().unwrap();
        let gap = values.iter().flat_map(|a| values.iter().map(move |b| (a - b).abs())).filter(|gap| *gap > 0.0);
        let gap = gap.fold(f64::INFINITY, f64::min);
        for (sharp, hard) in soft(gap.min(1.0) / 50.0).iter().zip(hard) {
            prop_assert!((sharp - f64::from(hard)).abs() < 1e-9);
        }
    }

    /// Two neighbouring rows of mean the rank.
    #[test]
    fn weights_of_soft_ranks_interpolate(soft in prop::collection::vec(0.0..1.0f64, 1..7), padding in 0..3usize) {
        let (n, more) = (soft.len(), soft.len() + padding);
        let mut places: Vec<f64> = soft.iter().map(|share| share * (n - 1) as f64).collect();
        let mut mask = vec![1.0; n];
        places.resize(more, 0.0);
        mask.resize(more, 0.0);
        let weights = weights_of_soft_ranks(&row(&places), &row(&mask), 9).unwrap();
        for (i, weights) in weights.get(0).unwrap().to_vec2::<f64>().unwrap().iter().enumerate() {
            let sum: f64 = weights.iter().sum();
            let mean: f64 = weights.iter().enumerate().map(|(rank, weight)| rank as f64 * weight).sum();
            let used: Vec<usize> = (0..9).filter(|&rank| weights[rank] != 0.0).collect();
            prop_assert!(weights.iter().all(|weight| (0.0..=1.0).contains(weight)));
            prop_assert!((sum - mask[i]).abs() < 1e-12 && (mean - places[i] * mask[i]).abs() < 1e-12);
            prop_assert!(used.last().copied().unwrap_or(0) < n);
            prop_assert!(used.len() <= 2 && (used.len() < 2 || used[1] == used[0] + 1));
        }
    }
}

/// Graphs of six nodes and fewer in one batch, with channels of nodes and two attributes of pairs: without edges, two triangles, a cycle,
/// a star with twins, a random one; three nodes with three of padding. Noise `[B, N]`.
fn graphs(channels: bool, rng: &mut dyn Rng) -> (GraphView, Tensor) {
    const N: usize = 6;
    let random: Vec<(usize, usize)> = (0..N)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .filter(|_| rng.random_bool(0.4))
        .collect();
    let cases: [(usize, &[(usize, usize)]); 6] = [
        (N, &[]),
        (N, &[(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]),
        (N, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0)]),
        (N, &[(0, 1), (0, 2), (0, 3), (0, 4), (4, 5)]),
        (N, &random),
        (3, &[(0, 1), (1, 2)]),
    ];
    let attributes = if channels { 2 } else { 1 };
    let mut pairs = vec![0f64; cases.len() * N * N * attributes];
    let mut mask = vec![0f64; cases.len() * N];
    for (b, (n, edges)) in cases.into_iter().enumerate() {
        mask[b * N..][..n].fill(1.0);
        for (k, &(i, j)) in edges.iter().enumerate() {
            for (i, j) in [(i, j), (j, i)] {
                pairs[((b * N + i) * N + j) * attributes + k % attributes] = 1.0;
            }
        }
    }
    let shape: &[usize] = if channels { &[6, N, N, 2] } else { &[6, N, N] };
    let pairs = Tensor::from_vec(pairs, shape, &CPU).unwrap();
    let mask = Tensor::from_vec(mask, (6, N), &CPU).unwrap();
    let noise = tensor(&[6, N], rng);
    let view = GraphView::new(pairs, mask.clone()).unwrap();
    if !channels {
        return (view, noise);
    }
    // Equal on orbits of the first graphs, which stay symmetric.
    let nodes = (tensor(&[6, 1, 3], rng).broadcast_mul(&mask.unsqueeze(2).unwrap())).unwrap();
    (view.with_nodes(nodes).unwrap(), noise)
}

/// The view of tensors: pairs, mask, and perhaps channels of nodes.
fn view(x: &[Tensor]) -> Result<GraphView> {
    let view = GraphView::new(x[0].clone(), x[1].clone())?;
    match x.get(2) {
        Some(nodes) => view.with_nodes(nodes.clone()),
        None => Ok(view),
    }
}

#[test]
fn ranks_move_with_graph_and_noise_for_random_and_zero_parameters() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (channels, config, zero) in [false, true]
        .into_iter()
        .flat_map(|channels| CONFIGS.map(|config| (channels, config)))
        .flat_map(|(channels, config)| [false, true].map(|zero| (channels, config, zero)))
    {
        let (graph, noise) = graphs(channels, &mut rng);
        let store = ParamStore::new(4, DType::F64, &CPU);
        let kernel = LearnedRanks::new(8, graph.channels(), config, &store.root())?;
        if zero {
            silence(&store)?;
        }
        let mut inputs = vec![noise, graph.pairs.clone(), graph.mask.clone()];
        inputs.extend(graph.nodes.clone());
        let axes: [&[usize]; 4] = [&[1], &[1, 2], &[1], &[1]];
        let axes = &axes[..inputs.len()];
        let elements: Vec<Permutation> = (0..40).map(|_| Permutation::random(6, &mut rng)).collect();
        // Ranks exactly, as numbers; weights to rounding.
        let draw = |x: &[Tensor]| kernel.draw(&view(&x[1..])?, &x[0])?.to_dtype(DType::F64);
        assert_eq!(equivariance_error(draw, &inputs, axes, &[1], &elements)?, 0.0);
        let forward = |x: &[Tensor]| kernel.forward(&view(&x[1..])?, &x[0]);
        assert!(equivariance_error(forward, &inputs, axes, &[1], &elements)? < 1e-12);
        let fill = [3.0, 0.0, 0.0, 7.0];
        assert!(padding_error(forward, &inputs, axes, &[1], &fill[..inputs.len()], 2)? < 1e-12);
        if zero {
            assert_eq!(
                max_difference(
                    &draw(&inputs)?,
                    &ranks(&inputs[0], &inputs[0], &inputs[2], 8)?.to_dtype(DType::F64)?
                )?,
                0.0
            );
        }
        // What is drawn is a relabelling of the real nodes, and straight-through weights are exactly it.
        let drawn = kernel.draw(&graph, &inputs[0])?;
        for (ranks, mask) in drawn.to_vec2::<u32>()?.iter().zip(inputs[2].to_vec2::<f64>()?) {
            let mut real: Vec<u32> = ranks
                .iter()
                .zip(&mask)
                .filter(|(_, m)| **m > 0.0)
                .map(|(r, _)| *r)
                .collect();
            real.sort_unstable();
            assert!(real.iter().copied().eq(0..real.len() as u32), "{ranks:?}");
            assert!(ranks.iter().zip(&mask).all(|(rank, m)| *m > 0.0 || *rank == 8));
        }
        if config.relaxation == Relaxation::StraightThrough {
            let weights = weights_of_ranks(&drawn, 8, DType::F64)?;
            assert_eq!(max_difference(&forward(&inputs)?, &weights)?, 0.0);
        }
    }
    Ok(())
}

/// In single precision, too, ranks of symmetric graphs move with the noise: no rounding decides.
#[test]
fn ranks_move_with_graph_and_noise_in_single_precision() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let (graph, noise) = graphs(true, &mut rng);
    let single = |x: &Tensor| x.to_dtype(DType::F32);
    let store = ParamStore::new(4, DType::F32, &CPU);
    let kernel = LearnedRanks::new(6, graph.channels(), LearnedConfig::default(), &store.root())?;
    let nodes = graph.nodes.as_ref().expect("there are channels");
    let inputs = [
        single(&noise)?,
        single(&graph.pairs)?,
        single(&graph.mask)?,
        single(nodes)?,
    ];
    let elements: Vec<Permutation> = (0..100).map(|_| Permutation::random(6, &mut rng)).collect();
    let draw = |x: &[Tensor]| kernel.draw(&view(&x[1..])?, &x[0])?.to_dtype(DType::F64);
    let axes: [&[usize]; 4] = [&[1], &[1, 2], &[1], &[1]];
    assert_eq!(equivariance_error(draw, &inputs, &axes, &[1], &elements)?, 0.0);
    Ok(())
}

/// Of a cycle of four nodes: `P(g̃) = P(k·g̃)` for its eight automorphisms, so all of a coset come equally often. With the network's
/// noise weighted up, cosets do not.
#[test]
fn automorphisms_change_no_probability_and_parameters_do() -> Result<()> {
    const DRAWS: usize = 12_000;
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let store = ParamStore::new(5, DType::F64, &CPU);
    let kernel = LearnedRanks::new(4, [0, 1], CONFIGS[1], &store.root())?;
    for (_, var) in store.vars() {
        var.set(&(var.as_tensor() * 3.0)?)?;
    }
    let cycle = [
        [0.0, 1.0, 0.0, 1.0],
        [1.0, 0.0, 1.0, 0.0],
        [0.0, 1.0, 0.0, 1.0],
        [1.0, 0.0, 1.0, 0.0f64],
    ];
    let pairs = Tensor::new(&cycle, &CPU)?.unsqueeze(0)?.repeat((DRAWS, 1, 1))?;
    let graph = GraphView::new(pairs, Tensor::ones((DRAWS, 4), DType::F64, &CPU)?)?;
    let mut counts: HashMap<Vec<u32>, u64> = HashMap::new();
    for ranks in kernel
        .draw(&graph, &tensor(&[DRAWS, 4], &mut rng))?
        .to_vec2::<u32>()?
    {
        *counts.entry(ranks).or_default() += 1;
    }
    // Who is opposite of the node of rank 0 tells the coset.
    let mut cosets: HashMap<u32, Vec<u64>> = HashMap::new();
    for g in PermGroup::symmetric(4).elements() {
        let ranks = g.inverse().into_images();
        let first = ranks.iter().position(|rank| *rank == 0).unwrap();
        let count = counts.get(&ranks).copied().unwrap_or(0);
        cosets.entry(ranks[(first + 2) % 4]).or_default().push(count);
    }
    let sizes: Vec<u64> = cosets.values().map(|counts| counts.iter().sum()).collect();
    for counts in cosets.values() {
        assert_eq!(counts.len(), 8);
        assert!(ChiSquare::uniform(counts).p_value() > 1e-4, "{counts:?}");
    }
    assert!(ChiSquare::uniform(&sizes).p_value() < 1e-6, "{sizes:?}");
    Ok(())
}

/// One-hot weights are places; any weights are the sums that they stand for.
#[test]
fn tables_read_by_weights_are_means_of_rows() -> Result<()> {
    const N: usize = 5;
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let store = ParamStore::new(1, DType::F64, &CPU);
    let root = store.root();
    let table = TableEncoding::new(N + 1, 3, TableConfig::default(), &root.at("table"))?;
    let smoothed = SmoothedEncoding::new(N + 1, 3, 1.0, &root.at("smoothed"))?;
    let ordered = PairTableEncoding::new(N + 1, 2, TableConfig::default(), &root.at("ordered"))?;
    let symmetric = PairTableEncoding::symmetric(N + 1, 2, TableConfig::default(), &root.at("symmetric"))?;
    let (graph, _) = graphs(false, &mut rng);
    let adjacency = graph
        .pairs
        .narrow(0, 2, 2)?
        .narrow(1, 0, N)?
        .narrow(2, 0, N)?
        .contiguous()?;
    let within = |places: &Tensor| {
        smoothed.encode(&PlacesIn {
            places: places.clone(),
            adjacency: adjacency.clone(),
        })
    };
    // The second graph has three nodes.
    let places = Tensor::new(&[[3u32, 0, 4, 1, 2], [2, 0, 1, 6, 6]], &CPU)?;
    let weights = weights_of_ranks(&places, N + 1, DType::F64)?;
    let error = |one: Tensor, other: Tensor| max_difference(&one, &other);
    assert_eq!(error(table.encode(&places)?, table.encode(&weights)?)?, 0.0);
    assert!(error(within(&places)?, within(&weights)?)? < 1e-15);
    for pairs in [&ordered, &symmetric] {
        assert_eq!(error(pairs.encode(&places)?, pairs.encode(&weights)?)?, 0.0);
    }

    let mask = Tensor::new(&[[1f64, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0, 0.0]], &CPU)?;
    let soft = soft_ranks(&tensor(&[2, N], &mut rng), &mask, 0.8)?;
    let weights = weights_of_soft_ranks(&soft, &mask, N + 1)?;
    let w: Vec<Vec<Vec<f64>>> = weights.to_vec3()?;
    let whole = |n: usize| Tensor::arange(0, n as u32, &CPU)?.unsqueeze(0);
    let rows: Vec<Vec<f64>> = table.encode(&whole(N + 1)?)?.get(0)?.to_vec2()?;
    let found: Vec<Vec<Vec<f64>>> = table.encode(&weights)?.to_vec3()?;
    for (b, i) in (0..2).flat_map(|b| (0..N).map(move |i| (b, i))) {
        for c in 0..3 {
            let expected: f64 = (0..=N).map(|p| w[b][i][p] * rows[p][c]).sum();
            assert!((found[b][i][c] - expected).abs() < 1e-12);
        }
    }
    for (pairs, hollow) in [(&ordered, false), (&symmetric, true)] {
        let rows: Vec<Vec<Vec<f64>>> = pairs.encode(&whole(N + 1)?)?.get(0)?.to_vec3()?;
        let found = pairs.encode(&weights)?;
        for (b, i, j) in (0..2).flat_map(|b| (0..N * N).map(move |at| (b, at / N, at % N))) {
            let found: Vec<f64> = found.get(b)?.get(i)?.get(j)?.to_vec1()?;
            for c in 0..2 {
                let all = (0..=N).flat_map(|p| (0..=N).map(move |q| (p, q)));
                let sum: f64 = all.map(|(p, q)| w[b][i][p] * w[b][j][q] * rows[p][q][c]).sum();
                let expected = if hollow && i == j { 0.0 } else { sum };
                assert!((found[c] - expected).abs() < 1e-12, "{b} {i} {j}");
            }
        }
    }
    let narrow = Tensor::zeros((2, N, N), DType::F64, &CPU)?;
    let message = table.encode(&narrow).unwrap_err().to_string();
    assert!(
        message.starts_with("weights [2, 5, 5] of places, expected 6 places"),
        "{message}"
    );
    Ok(())
}

/// A kernel and encodings of nodes and pairs that read its draw.
struct Case {
    store: ParamStore,
    kernel: LearnedRanks,
    table: TableEncoding,
    smoothed: SmoothedEncoding,
    pairs: PairTableEncoding,
    graph: GraphView,
    noise: Tensor,
    /// Weights of the encodings in a loss.
    cost: [Tensor; 3],
}

impl Case {
    fn new(relaxation: Relaxation) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let (graph, noise) = graphs(true, &mut rng);
        let store = ParamStore::new(8, DType::F64, &CPU);
        let root = store.root();
        let config = LearnedConfig {
            relaxation,
            ..CONFIGS[0]
        };
        let cost = [
            tensor(&[6, 6, 4], &mut rng),
            tensor(&[6, 6, 4], &mut rng),
            tensor(&[6, 6, 6, 2], &mut rng),
        ];
        Ok(Self {
            kernel: LearnedRanks::new(7, graph.channels(), config, &root.at("kernel"))?,
            table: TableEncoding::new(7, 4, TableConfig::default(), &root)?,
            smoothed: SmoothedEncoding::new(7, 4, 1.0, &root)?,
            pairs: PairTableEncoding::symmetric(7, 2, TableConfig::default(), &root)?,
            graph,
            noise,
            store,
            cost,
        })
    }

    /// Linear in the encoding of nodes, so that its gradient is the same wherever it is taken.
    fn linear(&self, draw: &Tensor) -> Result<Tensor> {
        let adjacency = self.graph.pairs.sum(3)?;
        let within = PlacesIn {
            places: draw.clone(),
            adjacency,
        };
        let [of_nodes, within_cost, _] = &self.cost;
        (self.table.encode(draw)? * of_nodes)?.sum_all()?
            + (self.smoothed.encode(&within)? * within_cost)?.sum_all()?
    }

    fn of_pairs(&self, draw: &Tensor) -> Result<Tensor> {
        (self.pairs.encode(draw)? * &self.cost[2])?.sum_all()
    }

    fn gradients(&self, loss: &Tensor) -> Result<HashMap<String, Tensor>> {
        let gradients = loss.backward()?;
        let of =
            |(name, var): (String, candle_core::Var)| gradients.get(&var).map(|found| (name, found.clone()));
        Ok(self.store.vars().into_iter().filter_map(of).collect())
    }
}

#[test]
fn gradients_of_soft_ranks_are_those_of_finite_differences_and_reach_every_parameter() -> Result<()> {
    let case = Case::new(Relaxation::Soft)?;
    let loss = || {
        let weights = case.kernel.forward(&case.graph, &case.noise)?;
        case.linear(&weights)?.sin()? + case.of_pairs(&weights)?.cos()?
    };
    assert!(uncovered_parameters(&case.store, &loss()?)?.is_empty());
    let error = gradient_error(&case.store, loss, 12)?;
    assert!(error < 1e-6, "{error}");
    Ok(())
}

/// Values are those of the draw. Gradients of the network are those of the relaxed objective, gradients of the tables those of the draw.
#[test]
fn straight_through_has_the_values_of_the_draw_and_the_slope_of_the_relaxation() -> Result<()> {
    let (straight, soft) = (
        Case::new(Relaxation::StraightThrough)?,
        Case::new(Relaxation::Soft)?,
    );
    let weights = straight.kernel.forward(&straight.graph, &straight.noise)?;
    let drawn = straight.kernel.draw(&straight.graph, &straight.noise)?;
    let (value, hard) = (straight.linear(&weights)?, straight.linear(&drawn)?);
    assert!(max_difference(&value, &hard)? < 1e-12);
    let of_pairs = max_difference(&straight.of_pairs(&weights)?, &straight.of_pairs(&drawn)?)?;
    assert!(of_pairs < 1e-12);

    let found = straight.gradients(&value)?;
    let relaxed = || soft.linear(&soft.kernel.forward(&soft.graph, &soft.noise)?);
    let (of_relaxed, of_draw) = (soft.gradients(&relaxed()?)?, straight.gradients(&hard)?);
    let mut count = 0;
    for (name, gradient) in &found {
        let expected = if name.starts_with("kernel") {
            &of_relaxed[name]
        } else {
            &of_draw[name]
        };
        assert!(max_difference(gradient, expected)? < 1e-12, "{name}");
        count += usize::from(name.starts_with("kernel"));
    }
    assert!(count > 10 && max_difference(&value, &relaxed()?)? > 0.1);
    let error = gradient_error(
        &soft.store,
        || relaxed()? + soft.of_pairs(&soft.kernel.forward(&soft.graph, &soft.noise)?),
        8,
    )?;
    assert!(error < 1e-6, "{error}");
    Ok(())
}

#[test]
fn what_does_not_fit_a_learned_kernel_is_an_error() -> Result<()> {
    let store = ParamStore::new(1, DType::F64, &CPU);
    let make =
        |config: LearnedConfig, name: &str| LearnedRanks::new(4, [0, 1], config, &store.root().at(name));
    let kernel = make(LearnedConfig::default(), "kernel")?;
    let (graph, noise) = graphs(false, &mut ChaCha8Rng::seed_from_u64(1));
    let message = |result: Result<Tensor>| result.unwrap_err().to_string();
    let found = message(kernel.draw(&graph, &noise));
    assert!(
        found.starts_with("graphs of 6 nodes with channels [0, 1]"),
        "{found}"
    );
    let found = message(kernel.draw(&graph, &noise.narrow(1, 0, 3)?));
    assert!(
        found.starts_with("noise [6, 3] does not fit the input, expected [6, 6]"),
        "{found}"
    );
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = make(
            LearnedConfig {
                temperature,
                ..Default::default()
            },
            "other",
        )
        .unwrap_err();
        assert!(
            error.to_string().contains("expected a positive number"),
            "{error}"
        );
    }
    assert!(
        make(
            LearnedConfig {
                hidden: 0,
                ..Default::default()
            },
            "narrow"
        )
        .is_err()
    );
    Ok(())
}

const SIDE: usize = 4;
const SMALL: LearnedConfig = LearnedConfig {
    relaxation: Relaxation::StraightThrough,
    temperature: 0.6,
    gain: 1.5,
    hidden: 2,
    layers: 1,
};

fn torus() -> (LatticeGroup, Vec<LatticeElement>) {
    let group = LatticeGroup::new(Wallpaper::P4m, SIDE as u32, SIDE as u32)
        .unwrap()
        .with_spin_flip();
    let elements = group.elements().collect();
    (group, elements)
}

/// `k·x`: couplings move, the field moves and changes its sign with the spins.
fn moved(input: &LatticeInput, k: &LatticeElement) -> Result<LatticeInput> {
    let of = |fibre| FieldType::on_sites(Wallpaper::P4m, fibre);
    let sites = transform(&input.sites, k, of(Fibre::Scalar))?;
    Ok(LatticeInput {
        directions: transform(&input.directions, k, of(Fibre::Directions))?,
        sites: if k.flip { sites.neg()? } else { sites },
    })
}

/// Random couplings, stripes, and a uniform magnet.
fn magnets(rng: &mut dyn Rng) -> Result<LatticeInput> {
    let field = |rng: &mut dyn Rng| -> Result<Tensor> {
        let random = tensor(&[1, SIDE, SIDE], rng);
        let stripes = tensor(&[1, SIDE, 1], rng).broadcast_as((1, SIDE, SIDE))?;
        let uniform = tensor(&[1, 1, 1], rng).broadcast_as((1, SIDE, SIDE))?;
        Tensor::cat(&[random, stripes.contiguous()?, uniform.contiguous()?], 0)
    };
    let (down, right) = (field(rng)?, field(rng)?);
    LatticeInput::new(&down, &right, &field(rng)?)
}

/// `k·z` for noise on the group, `(k·z)(g) = z(k⁻¹g)`.
fn moved_noise(noise: &Tensor, k: &LatticeElement, elements: &[LatticeElement]) -> Result<Tensor> {
    let inverse = k.inverse();
    let number = |g: &LatticeElement| elements.iter().position(|other| other == g).unwrap() as u32;
    let index: Vec<u32> = elements.iter().map(|g| number(&inverse.compose(g))).collect();
    noise.index_select(&Tensor::new(index, &CPU)?, 1)
}

#[test]
fn elements_move_with_magnet_and_noise_for_random_and_zero_parameters() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let (group, elements) = torus();
    for zero in [false, true] {
        let store = ParamStore::new(2, DType::F64, &CPU);
        let kernel = LearnedElements::new(&group, SMALL, &store.root())?;
        if zero {
            silence(&store)?;
        }
        let (input, noise) = (magnets(&mut rng)?, tensor(&[3, elements.len()], &mut rng));
        let drawn = kernel.draw(&input, &noise)?.to_vec1::<u32>()?;
        for k in elements.iter().step_by(5) {
            let again = kernel.draw(&moved(&input, k)?, &moved_noise(&noise, k, &elements)?)?;
            for (&before, after) in drawn.iter().zip(again.to_vec1::<u32>()?) {
                assert_eq!(k.compose(&elements[before as usize]), elements[after as usize]);
            }
        }
        let ordinary = noise.argmax(1)?.to_vec1::<u32>()?;
        assert_eq!(drawn == ordinary, zero);
    }
    Ok(())
}

#[test]
fn fields_read_by_weights_are_means_over_the_orbit_and_know_the_sign() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let (group, elements) = torus();
    let store = ParamStore::new(3, DType::F64, &CPU);
    let config = FieldConfig {
        init: FieldInit::Normal,
        ..Default::default()
    };
    let field = FieldEncoding::new([SIDE; 2], 3, config, &store.root())?;
    let orbit = OrbitEncoding::new(field.clone(), &group)?;
    let all: Vec<u32> = elements.iter().flat_map(index).collect();
    let all = field.encode(&Tensor::from_vec(all, (elements.len(), SIDE * SIDE), &CPU)?)?;
    let weights = tensor(&[2, elements.len()], &mut rng);
    let expected = weights.matmul(&all.flatten_from(1)?)?;
    assert!(max_difference(&orbit.encode(&weights)?.flatten_from(1)?, &expected)? < 1e-12);
    let signs = Tensor::new(
        elements
            .iter()
            .map(|g| if g.flip { -1f64 } else { 1.0 })
            .collect::<Vec<_>>(),
        &CPU,
    )?;
    let expected = weights.matmul(&signs.unsqueeze(1)?)?.squeeze(1)?;
    assert!(max_difference(&orbit.signs(&weights)?.unwrap(), &expected)? < 1e-12);
    // A single element.
    let one = Tensor::eye(elements.len(), DType::F64, &CPU)?;
    assert_eq!(max_difference(&orbit.encode(&one)?, &all)?, 0.0);
    let plain = LatticeGroup::new(Wallpaper::P4m, SIDE as u32, SIDE as u32).unwrap();
    let orbit = OrbitEncoding::new(field.clone(), &plain)?;
    assert!(orbit.signs(&weights.narrow(1, 0, 128)?)?.is_none());
    let message = orbit.encode(&weights).unwrap_err().to_string();
    assert!(
        message.starts_with("a draw has weights of 256 elements, expected 128"),
        "{message}"
    );
    let other = LatticeGroup::new(Wallpaper::P4m, 3, 3).unwrap();
    assert!(OrbitEncoding::new(field, &other).is_err());
    Ok(())
}

fn index(g: &LatticeElement) -> Vec<u32> {
    use sympe_groups::PermutationRep;
    let mut index = vec![0; SIDE * SIDE];
    g.write_index(&mut index);
    index
}

#[test]
fn gradients_on_the_group_are_those_of_finite_differences_and_straight_through_has_them() -> Result<()> {
    let (group, elements) = torus();
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let (input, noise) = (magnets(&mut rng)?, tensor(&[3, elements.len()], &mut rng));
    let cost = tensor(&[3, 2, SIDE, SIDE], &mut rng);
    let case = |relaxation| -> Result<_> {
        let store = ParamStore::new(3, DType::F64, &CPU);
        let kernel = LearnedElements::new(
            &group,
            LearnedConfig { relaxation, ..SMALL },
            &store.root().at("kernel"),
        )?;
        let field = FieldEncoding::new([SIDE; 2], 2, FieldConfig::default(), &store.root())?;
        Ok((store, kernel, OrbitEncoding::new(field, &group)?))
    };
    let (store, kernel, orbit) = case(Relaxation::Soft)?;
    let weights = || kernel.forward(&input, &noise);
    let signs = |weights: &Tensor| {
        orbit
            .signs(weights)?
            .expect("the group has the flip")
            .sqr()?
            .sum_all()
    };
    let linear = |orbit: &OrbitEncoding, weights: &Tensor| (orbit.encode(weights)? * &cost)?.sum_all();
    let loss = || linear(&orbit, &weights()?)?.sin()? + signs(&weights()?)?;
    assert!(uncovered_parameters(&store, &loss()?)?.is_empty());
    let error = gradient_error(&store, loss, 6)?;
    assert!(error < 1e-6, "{error}");

    let (other, straight, of_straight) = case(Relaxation::StraightThrough)?;
    let hard = straight.forward(&input, &noise)?;
    for (row, number) in hard
        .to_vec2::<f64>()?
        .iter()
        .zip(straight.draw(&input, &noise)?.to_vec1::<u32>()?)
    {
        assert!(
            row.iter()
                .enumerate()
                .all(|(g, weight)| *weight == f64::from(u8::from(g == number as usize)))
        );
    }
    let of_hard = linear(&of_straight, &hard)?.backward()?;
    let of_soft = linear(&orbit, &weights()?)?.backward()?;
    for ((name, one), (_, two)) in other
        .vars()
        .iter()
        .zip(store.vars())
        .filter(|((name, _), _)| name.starts_with("kernel"))
    {
        let (one, two) = (of_hard.get(one).expect(name), of_soft.get(&two).expect(name));
        assert!(max_difference(one, two)? < 1e-12, "{name}");
    }
    Ok(())
}

/// On a uniform magnet without field every element is in the stabilizer, and every draw equally likely.
#[test]
fn draws_on_the_group_are_uniform_on_cosets_of_the_stabilizer() -> Result<()> {
    const DRAWS: usize = 6400;
    let group = LatticeGroup::new(Wallpaper::P4m, 2, 2).unwrap().with_spin_flip();
    let store = ParamStore::new(2, DType::F32, &CPU);
    let kernel = LearnedElements::new(&group, SMALL, &store.root())?;
    let fill = |value: f32| Tensor::full(value, (DRAWS, 2, 2), &CPU);
    let input = LatticeInput::new(&fill(1.0)?, &fill(1.0)?, &fill(0.0)?)?;
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let gumbel: Vec<f32> = (0..DRAWS * 64)
        .map(|_| -(-(1.0 - rng.random::<f32>()).ln()).ln())
        .collect();
    let mut counts = [0u64; 64];
    for number in kernel
        .draw(&input, &Tensor::from_vec(gumbel, (DRAWS, 64), &CPU)?)?
        .to_vec1::<u32>()?
    {
        counts[number as usize] += 1;
    }
    assert!(ChiSquare::uniform(&counts).p_value() > 1e-4, "{counts:?}");
    Ok(())
}
