//! Graphs to noisy batches: noise, features, draws, padding.

use super::config::{DiffusionData, DiffusionDataConfig};
use super::molecules;
use super::ranks::{CleanEntry, KeptClean, Ranks};
use crate::TrainError;
use crate::breakers::{Drawn, DrawnBatch, Draws};
use crate::datasets;
use crate::domain::{Graphs, HasGraph, Kernel, KeptGraph};
use crate::task::{Part, Sample, Samples, Splits, collect, part_seed};
use rand::{Rng, RngExt};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;
use sympe_canon::graph::ColoredGraph;
use sympe_data::blind_pairs::BlindPairs;
use sympe_data::diffusion::{CategoricalGraph, ExtraFeatures, Process, Spacing};
use sympe_data::molecule::Hydrogens;
use sympe_data::published::{Benchmark, Split, benchmark};
use sympe_data::random_graphs::{Community, Planar, StochasticBlockModel, Tree};
use sympe_data::{Collate, DataError, Transform};
use sympe_groups::Permutation;

/// Generated training graphs, and validation and test graphs each: as many as are published.
const GENERATED: [usize; 3] = [128, 32, 40];
/// Nodes of generated planar graphs and trees.
const NODES: u32 = 64;
/// Elements of a coset among which a coupled draw is the least, at most.
pub(super) const CANDIDATES: usize = 128;
/// The share of single cycles among blind pairs.
pub(super) const CYCLES: f64 = 0.75;

impl DiffusionDataConfig {
    /// See [`Config::pinned`](crate::config::Config::pinned).
    #[must_use]
    pub(super) fn pinned(mut self) -> Self {
        if self.folder.as_os_str().is_empty() {
            self.folder = match self.kind {
                DiffusionData::Qm9 => datasets::folder("qm9"),
                DiffusionData::Moses => datasets::folder("moses"),
                DiffusionData::Planar | DiffusionData::Sbm | DiffusionData::Tree => datasets::folder("graphs"),
                DiffusionData::SmallMolecules | DiffusionData::Community | DiffusionData::BlindPairs => {
                    return self.with_absolute_store();
                }
            };
        }
        // Without a current folder there is nothing to be absolute to; reading the files will say so.
        self.folder = std::path::absolute(&self.folder).unwrap_or(self.folder);
        self.with_absolute_store()
    }

    fn with_absolute_store(mut self) -> Self {
        if !self.store.as_os_str().is_empty() {
            self.store = std::path::absolute(&self.store).unwrap_or(self.store);
        }
        self
    }

    /// Whether hydrogens are atoms of their own.
    pub(super) fn presentation(&self) -> Hydrogens {
        if self.hydrogens {
            Hydrogens::Explicit
        } else {
            Hydrogens::Omitted
        }
    }

    /// A kernel without its rule for hydrogens where there are none: their colour is that of another element then.
    pub(super) fn kernel(&self, kernel: Kernel) -> Kernel {
        match kernel {
            Kernel::ExactHeavyDepthFirst if !self.hydrogens => Kernel::ExactDepthFirst,
            kernel => kernel,
        }
    }
}

impl HasGraph for CategoricalGraph {
    fn nodes(&self) -> usize {
        self.n()
    }

    /// Its classes are colours.
    fn graph(&self) -> Cow<'_, ColoredGraph> {
        Cow::Owned(self.to_colored_graph())
    }
}

impl Sample for CategoricalGraph {
    fn write_bytes(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.n() as u64).to_le_bytes());
        bytes.extend_from_slice(self.nodes());
        bytes.extend_from_slice(self.edges());
    }
}

/// The three parts of the data, what they are in words, and what the classes of molecules stand for.
pub(super) fn load(config: &DiffusionDataConfig) -> Result<Splits<CategoricalGraph>, TrainError> {
    let (parts, description) = match config.kind {
        DiffusionData::SmallMolecules | DiffusionData::Qm9 | DiffusionData::Moses => return molecules::load(config),
        DiffusionData::Planar => abstract_graphs(config, Some(Benchmark::Planar))?,
        DiffusionData::Sbm => abstract_graphs(config, Some(Benchmark::StochasticBlockModel))?,
        DiffusionData::Tree => abstract_graphs(config, Some(Benchmark::Tree))?,
        DiffusionData::Community | DiffusionData::BlindPairs => abstract_graphs(config, None)?,
    };
    let [mut train, validation, test] = parts;
    if config.train > 0 {
        train.truncate(config.train);
    }
    Splits::new(description, [train, validation, test])
}

type Parts = [Vec<CategoricalGraph>; 3];

/// Published graphs where their files are, generated ones of the same law otherwise, or where none are published.
fn abstract_graphs(
    config: &DiffusionDataConfig,
    published: Option<Benchmark>,
) -> Result<(Parts, String), TrainError> {
    let mut parts = [const { Vec::new() }; 3];
    let train = published.map(|name| config.folder.join(format!("{name}_train.txt")));
    if let (Some(name), Some(true)) = (published, train.map(|file| file.exists())) {
        for (part, split) in parts
            .iter_mut()
            .zip([Split::Train, Split::Validation, Split::Test])
        {
            *part = categorical(benchmark(&config.folder, name, split)?.items())?;
        }
        return Ok((parts, format!("published {} graphs", config.kind)));
    }
    let mut counts = GENERATED;
    if config.train > 0 {
        counts[0] = config.train;
    }
    for ((found, part), count) in parts.iter_mut().zip(Part::ALL).zip(counts) {
        let seed = part_seed(config.seed, part);
        let graphs = match config.kind {
            DiffusionData::Planar => collect(&Planar::new(count, NODES, seed)?)?,
            DiffusionData::Sbm => collect(&StochasticBlockModel::new(count, seed))?,
            DiffusionData::Tree => collect(&Tree::new(count, NODES, seed)?)?,
            DiffusionData::BlindPairs => collect(&BlindPairs::new(count, CYCLES, seed)?)?,
            _ => collect(&Community::new(count, seed))?,
        };
        *found = categorical(&graphs)?;
    }
    Ok((parts, format!("generated {} graphs", config.kind)))
}

fn categorical(graphs: &[ColoredGraph]) -> Result<Vec<CategoricalGraph>, DataError> {
    graphs.iter().map(CategoricalGraph::from_colored_graph).collect()
}

/// Clean graphs to train or to evaluate on.
pub(super) type CleanSamples = Samples<CategoricalGraph, KeptClean>;

/// A noisy graph with what the denoiser gets beside it.
#[derive(Debug)]
pub struct Noisy {
    z: CategoricalGraph,
    /// What it was; empty where nobody knows.
    clean: Option<Arc<CategoricalGraph>>,
    /// How far its time is on the way from 0 to `T`.
    time: f32,
    /// `[n, k]`, `[n, n, p]` and `[g]`.
    features: [Vec<f32>; 3],
    /// What breaks symmetry.
    pub(super) drawn: Drawn,
    /// `KL(q(g̃ | z_t, x) ‖ κ(g̃ | z_t))` of a draw that is coupled to the clean graph; 0 for others.
    pub(super) divergence: f64,
    /// The seed of dropout.
    seed: u64,
}

/// The host half: makes noisy graphs and what the denoiser gets beside them, and pads the graphs of a batch to the
/// largest of them.
#[derive(Clone, Debug)]
pub struct Preparation {
    process: Arc<Process>,
    features: ExtraFeatures,
    /// Draws come from the kernel of the noisy graph, which is seen once only: nothing is kept.
    draws: Draws<Graphs>,
    /// What draws the ranks of a trajectory, if there are any: node `i` of a graph then has rank `i`.
    ranks: Option<Ranks>,
    /// Whether the learned objects are read at the ranks of the trajectory, not drawn at each step.
    names: bool,
    /// Whether draws are coupled to the clean graph, where it is known.
    coupled: bool,
    /// Channels of features of nodes, of pairs, and of globals with the time.
    widths: [usize; 3],
}

impl Preparation {
    pub(super) fn new(
        process: Arc<Process>,
        features: ExtraFeatures,
        draws: Draws<Graphs>,
    ) -> Self {
        Self {
            process,
            widths: [
                features.node_names().len(),
                features.pair_names().len(),
                1 + features.graph_names().len(),
            ],
            features,
            draws,
            ranks: None,
            names: false,
            coupled: false,
        }
    }

    /// The same with draws that are `coupled` to the clean graph, where it is known.
    pub(super) fn with_coupling(self, coupled: bool) -> Self {
        Self { coupled, ..self }
    }

    /// The same with ranks of trajectories, at which learned objects are read if there are `names`.
    pub(super) fn with_ranks(self, ranks: Ranks, names: bool) -> Self {
        Self {
            ranks: Some(ranks),
            names,
            ..self
        }
    }

    /// The same for a process of as much noise in fewer steps.
    pub(super) fn respaced(&self, steps: usize, spacing: Spacing) -> Result<Self, DataError> {
        Ok(Self {
            process: Arc::new(self.process.respaced(steps, spacing)?),
            ..self.clone()
        })
    }

    /// What draws the ranks of a trajectory, if there are any.
    pub(super) fn ranks(&self) -> Option<&Ranks> {
        self.ranks.as_ref()
    }

    /// The clean graph as it is noised: in the order of ranks drawn for it, if there are any.
    pub(super) fn place(&self, entry: &CleanEntry, rng: &mut dyn Rng) -> Result<Arc<CategoricalGraph>, DataError> {
        match &self.ranks {
            Some(ranks) => ranks.place(entry, rng),
            None => Ok(Arc::clone(&entry.sample)),
        }
    }

    /// The process of noising.
    pub(super) fn process(&self) -> &Process {
        &self.process
    }

    /// The largest number of nodes.
    pub(super) fn n_max(&self) -> usize {
        self.draws.domain().n_max()
    }

    /// Channels of features of nodes, of pairs, and of globals with the time.
    pub(super) fn widths(&self) -> [usize; 3] {
        self.widths
    }

    /// Draws what the breaking needs for the noisy graph `z` of time `t`, `clean` before. `index` is for errors.
    pub(super) fn prepare(
        &self,
        z: CategoricalGraph,
        t: usize,
        clean: Option<Arc<CategoricalGraph>>,
        index: usize,
        rng: &mut dyn Rng,
    ) -> Result<Noisy, DataError> {
        let [nodes, pairs, globals] = self.widths;
        let n = z.n();
        let mut features = [
            vec![0.0; n * nodes],
            vec![0.0; n * n * pairs],
            vec![0.0; globals - 1],
        ];
        let [of_nodes, of_pairs, of_graph] = &mut features;
        let seen = self.process.limit().seen(&z);
        self.features.write(&seen, of_nodes, of_pairs, of_graph)?;
        let (drawn, divergence) = match &clean {
            _ if self.names => {
                let places = (0..n as u32).collect();
                (Drawn { places, ..Drawn::default() }, 0.0)
            }
            Some(clean) if self.coupled => {
                let compare = |g: &Permutation, k: &Permutation| compare_moved(clean, g, k);
                self.draws.draw_least(index, &z, CANDIDATES, compare, rng)?
            }
            _ => (self.draws.draw(index, &z, &KeptGraph::default(), rng)?, 0.0),
        };
        Ok(Noisy {
            time: self.process.schedule().progress(t),
            z,
            clean,
            features,
            drawn,
            divergence,
            seed: rng.next_u64(),
        })
    }
}

impl Transform<CleanEntry> for Preparation {
    type Out = Noisy;

    /// Noise of a uniformly random time from 0 to `T`.
    fn apply(&self, entry: CleanEntry, rng: &mut dyn Rng) -> Result<Noisy, DataError> {
        let t = rng.random_range(0..=self.process.steps());
        let clean = self.place(&entry, rng)?;
        let z = self.process.noise(&clean, t, rng)?;
        self.prepare(z, t, Some(clean), entry.index, rng)
    }
}

/// Compares `g⁻¹·x` and `k⁻¹·x`: the classes of nodes, then of pairs.
fn compare_moved(x: &CategoricalGraph, g: &Permutation, k: &Permutation) -> Ordering {
    let n = x.n();
    let [g, k] = [g, k].map(|element| |i: usize| element.images()[i] as usize);
    let nodes = (0..n).map(|i| x.nodes()[g(i)].cmp(&x.nodes()[k(i)]));
    let pairs = (0..n).flat_map(|j| (0..j).map(move |i| (i, j)));
    let pairs = pairs.map(|(i, j)| x.edge(g(i), g(j)).cmp(&x.edge(k(i), k(j))));
    nodes.chain(pairs).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// A padded batch on the host.
#[derive(Clone, Debug, Default)]
pub struct DiffusionBatch {
    /// Number of nodes of each graph.
    pub sizes: Vec<usize>,
    /// Nodes after padding.
    pub n: usize,
    /// `[B, N, F]`, one-hot classes and features.
    pub(super) nodes: Vec<f32>,
    /// `[B, N, N, E]`, one-hot classes and features.
    pub(super) edges: Vec<f32>,
    /// `[B, G]`.
    pub(super) globals: Vec<f32>,
    /// `[B, N]`.
    pub(super) mask: Vec<f32>,
    /// What breaks symmetry.
    pub(super) drawn: DrawnBatch,
    /// The clean classes, `[B, N]` and `[B, N, N]`; empty where nobody knows.
    pub(super) targets: [Vec<u32>; 2],
    /// The seed of dropout.
    pub(super) seed: u64,
}

impl Collate<Noisy> for Preparation {
    type Batch = DiffusionBatch;

    fn collate(&self, items: Vec<Noisy>) -> Result<DiffusionBatch, DataError> {
        // At least one row, padding if need be: there are no tensors without.
        let n = items.iter().map(|item| item.z.n()).max().unwrap_or(0).max(1);
        let count = items.len();
        let [features, pairs, _] = self.widths;
        let (node_classes, edge_classes) = self.process.limit().classes();
        let (width, edge_width) = (node_classes + features, edge_classes + pairs);
        let with_targets = items.iter().any(|item| item.clean.is_some());
        let mut batch = DiffusionBatch {
            sizes: items.iter().map(|item| item.z.n()).collect(),
            n,
            nodes: vec![0.0; count * n * width],
            edges: vec![0.0; count * n * n * edge_width],
            globals: Vec::new(),
            mask: vec![0.0; count * n],
            drawn: (self.draws).pad(n, items.iter().map(|item| (item.z.n(), &item.drawn))),
            targets: [
                vec![0; if with_targets { count * n } else { 0 }],
                vec![0; if with_targets { count * n * n } else { 0 }],
            ],
            seed: items.first().map_or(0, |item| item.seed),
        };
        for (b, item) in items.iter().enumerate() {
            let size = item.z.n();
            batch.mask[b * n..][..size].fill(1.0);
            batch.globals.push(item.time);
            batch.globals.extend(&item.features[2]);
            for i in 0..size {
                let row = b * n + i;
                let channels = &mut batch.nodes[row * width..][..width];
                channels[usize::from(item.z.nodes()[i])] = 1.0;
                channels[node_classes..].copy_from_slice(&item.features[0][i * features..][..features]);
                for j in (0..size).filter(|&j| j != i) {
                    let class = usize::from(item.z.edge(i, j));
                    let channels = &mut batch.edges[(row * n + j) * edge_width..][..edge_width];
                    channels[class] = 1.0;
                    channels[edge_classes..].copy_from_slice(&item.features[1][(i * size + j) * pairs..][..pairs]);
                }
            }
            let Some(clean) = &item.clean else { continue };
            for i in 0..size {
                batch.targets[0][b * n + i] = u32::from(clean.nodes()[i]);
                for j in 0..size {
                    batch.targets[1][(b * n + i) * n + j] = u32::from(clean.edge(i, j));
                }
            }
        }
        Ok(batch)
    }
}
