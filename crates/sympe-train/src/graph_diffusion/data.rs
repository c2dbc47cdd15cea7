//! Graphs to noisy batches: noise, features, draws, padding.

use super::config::{DiffusionBreakingConfig, DiffusionData, DiffusionDataConfig, FeaturesConfig};
use crate::TrainError;
use crate::checkpoint::hex;
use crate::datasets;
use crate::experiment::{Shared, Splits, collect};
use crate::kernel::{Kept, Sampler};
use crate::run::DataInfo;
use rand::{Rng, RngExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use sympe_canon::graph::ColoredGraph;
use sympe_canon::relaxed::Haar;
use sympe_canon::{CanonError, InversionKernel};
use sympe_data::diffusion::{CategoricalGraph, ExtraFeatures, Process};
use sympe_data::molecule::metrics::KnownMolecules;
use sympe_data::molecule::{Element, Hydrogens, Molecule, SmallMolecules};
use sympe_data::published::{Benchmark, Split, benchmark};
use sympe_data::random_graphs::{Community, Planar, StochasticBlockModel, Tree};
use sympe_data::{Collate, DataError, Transform};
use sympe_groups::{Group, Permutation};
use sympe_nn::breaking::Breaking;
use sympe_nn::params::normal;

/// Generated training graphs, and validation and test graphs each: as many as are published.
const GENERATED: [usize; 3] = [128, 32, 40];
/// Nodes of generated planar graphs and trees.
const NODES: u32 = 64;

impl DiffusionDataConfig {
    /// See [`Config::pinned`](crate::config::Config::pinned).
    #[must_use]
    pub(super) fn pinned(mut self) -> Self {
        if self.folder.as_os_str().is_empty() {
            self.folder = match self.kind {
                DiffusionData::Qm9 => usual_folder("qm9"),
                DiffusionData::Planar | DiffusionData::Sbm | DiffusionData::Tree => usual_folder("graphs"),
                DiffusionData::SmallMolecules | DiffusionData::Community => return self,
            };
        }
        // Without a current folder there is nothing to be absolute to; reading the files will say so.
        self.folder = std::path::absolute(&self.folder).unwrap_or(self.folder);
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

    /// Numbers of classes of nodes and of edges.
    pub(super) fn classes(&self) -> (usize, usize) {
        match (self.kind.is_molecules(), self.hydrogens) {
            (true, true) => (Element::ALL.len(), 4),
            (true, false) => (Element::ALL.len() - 1, 4),
            (false, _) => (1, 2),
        }
    }
}

/// The folder of data sets, or else a copy beside the workspace.
fn usual_folder(name: &str) -> PathBuf {
    let (folder, beside) = (datasets::folder(name), PathBuf::from("../shared/data").join(name));
    if !folder.exists() && beside.exists() {
        beside
    } else {
        folder
    }
}

/// A clean graph.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) index: usize,
    pub(crate) graph: CategoricalGraph,
}

/// Clean graphs to evaluate on.
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiment::{Experiment, Part};
/// use sympe_train::graph_diffusion::{GraphDiffusion, GraphDiffusionConfig};
/// let mut layers = Layers::default();
/// layers.preset::<GraphDiffusionConfig>("smoke")?;
/// let experiment = GraphDiffusion::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// assert!(experiment.part(Part::Train).graphs().all(|graph| graph.n() <= 11)); // propane, at most
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct DiffusionSamples {
    pub(super) entries: Vec<Arc<Entry>>,
    /// Whether they are the test set: then the model is also sampled, and more graphs are looked at.
    pub(super) test: bool,
}

impl DiffusionSamples {
    pub(super) fn new(graphs: Vec<CategoricalGraph>, test: bool) -> Self {
        let entry = |(index, graph)| Arc::new(Entry { index, graph });
        Self {
            entries: graphs.into_iter().enumerate().map(entry).collect(),
            test,
        }
    }

    /// The graphs.
    pub fn graphs(&self) -> impl Iterator<Item = &CategoricalGraph> {
        self.entries.iter().map(|entry| &entry.graph)
    }
}

/// The data, and what is found out about it once.
#[derive(Debug)]
pub(super) struct DiffusionSplits {
    pub(super) parts: Splits<DiffusionSamples>,
    known: OnceLock<KnownMolecules>,
}

impl DiffusionSplits {
    /// The data of a configuration. Runs of one process share them.
    pub(super) fn load(config: &DiffusionDataConfig) -> Result<Arc<Self>, TrainError> {
        static LOADED: Shared<DiffusionDataConfig, DiffusionSplits> = Shared::new();
        let key = DiffusionDataConfig {
            passes: 1,
            ..config.clone().pinned()
        };
        LOADED.get(key, Self::make)
    }

    fn make(config: &DiffusionDataConfig) -> Result<Self, TrainError> {
        let hydrogens = config.presentation();
        let with = match hydrogens {
            Hydrogens::Explicit => "hydrogens explicit",
            Hydrogens::Omitted => "heavy atoms only",
        };
        let of_molecules = |molecules: &[Molecule]| -> Vec<CategoricalGraph> {
            let graph = |molecule: &Molecule| CategoricalGraph::from_molecule(&molecule.without_charges());
            molecules.iter().map(graph).collect()
        };
        let splits = [Split::Train, Split::Validation, Split::Test];
        let (parts, description) = match config.kind {
            DiffusionData::SmallMolecules => {
                let all = SmallMolecules::new(config.heavy_atoms)?;
                let parts = splits.map(|split| of_molecules(all.part(split, hydrogens).items()));
                let atoms = config.heavy_atoms;
                (
                    parts,
                    format!("all molecules of up to {atoms} heavy atoms, {with}"),
                )
            }
            DiffusionData::Qm9 => {
                let all = datasets::qm9(&config.folder)?;
                let mut parts = [const { Vec::new() }; 3];
                for (part, split) in parts.iter_mut().zip(splits) {
                    *part = of_molecules(all.part(split, hydrogens)?.items());
                }
                (parts, format!("QM9, {with}"))
            }
            DiffusionData::Planar => abstract_graphs(config, Some(Benchmark::Planar))?,
            DiffusionData::Sbm => abstract_graphs(config, Some(Benchmark::StochasticBlockModel))?,
            DiffusionData::Tree => abstract_graphs(config, Some(Benchmark::Tree))?,
            DiffusionData::Community => abstract_graphs(config, None)?,
        };
        let [mut train, validation, test] = parts;
        if config.train > 0 {
            train.truncate(config.train);
        }
        for (name, part) in [("training", &train), ("validation", &validation), ("test", &test)] {
            if part.is_empty() {
                return Err(TrainError::config("data", format!("there are no {name} graphs")));
            }
        }
        let mut bytes = Vec::new();
        for graphs in [&train, &validation, &test] {
            bytes.extend((graphs.len() as u64).to_le_bytes());
            for graph in graphs {
                bytes.extend((graph.n() as u64).to_le_bytes());
                bytes.extend_from_slice(graph.nodes());
                bytes.extend_from_slice(graph.edges());
            }
        }
        Ok(Self {
            parts: Splits {
                info: DataInfo {
                    description,
                    sha256: hex(&bytes),
                },
                train: DiffusionSamples::new(train, false),
                validation: DiffusionSamples::new(validation, false),
                test: DiffusionSamples::new(test, true),
            },
            known: OnceLock::new(),
        })
    }

    /// The largest number of nodes.
    pub(super) fn n_max(&self) -> usize {
        let Splits {
            train,
            validation,
            test,
            ..
        } = &self.parts;
        let parts = [train, validation, test];
        let graphs = parts.into_iter().flat_map(DiffusionSamples::graphs);
        graphs.map(CategoricalGraph::n).max().unwrap_or(0)
    }

    /// The molecules of the training set.
    pub(super) fn known(&self) -> Result<&KnownMolecules, TrainError> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let molecules =
            (self.parts.train.graphs().map(CategoricalGraph::to_molecule)).collect::<Result<Vec<_>, _>>()?;
        let known = KnownMolecules::new(&molecules)?;
        Ok(self.known.get_or_init(|| known))
    }
}

type Parts = [Vec<CategoricalGraph>; 3];

/// Published graphs where their files are, generated ones of the same law otherwise; communities are always generated.
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
    for (index, (part, count)) in parts.iter_mut().zip(counts).enumerate() {
        // Seeds of the three parts must differ, whatever the seed of the data is.
        let seed = config.seed.wrapping_mul(3).wrapping_add(index as u64);
        let graphs = match config.kind {
            DiffusionData::Planar => collect(&Planar::new(count, NODES, seed)?)?,
            DiffusionData::Sbm => collect(&StochasticBlockModel::new(count, seed))?,
            DiffusionData::Tree => collect(&Tree::new(count, NODES, seed)?)?,
            _ => collect(&Community::new(count, seed))?,
        };
        *part = categorical(&graphs)?;
    }
    Ok((parts, format!("generated {} graphs", config.kind)))
}

fn categorical(graphs: &[ColoredGraph]) -> Result<Vec<CategoricalGraph>, DataError> {
    graphs.iter().map(CategoricalGraph::from_colored_graph).collect()
}

/// A noisy graph with what the denoiser gets beside it.
#[derive(Debug)]
pub(crate) struct Noisy {
    z: CategoricalGraph,
    /// What it was; empty where nobody knows.
    clean: Option<Arc<Entry>>,
    /// `t/T`.
    time: f32,
    /// `[n, k]` and `[g]`.
    features: [Vec<f32>; 2],
    /// `g̃⁻¹(i)` per node; empty unless the breaking needs it.
    ranks: Vec<u32>,
    /// Noise for nodes `[n, D]` and for pairs `[n, n, E]`, symmetric; empty unless the breaking needs it.
    noise: [Vec<f32>; 2],
    /// The seed of dropout.
    seed: u64,
}

/// Makes noisy graphs, and what the denoiser gets beside them.
#[derive(Clone)]
pub(crate) struct Preparation {
    process: Arc<Process>,
    features: ExtraFeatures,
    breaking: DiffusionBreakingConfig,
    sampler: Sampler,
    /// Channels of features of nodes, and of globals with the time.
    widths: [usize; 2],
    /// Time spent on canonicalizing and drawing, over all threads.
    kernel_nanos: Arc<AtomicU64>,
}

impl Preparation {
    pub(super) fn new(
        process: Arc<Process>,
        features: FeaturesConfig,
        breaking: DiffusionBreakingConfig,
        n_max: usize,
    ) -> Self {
        let features = ExtraFeatures {
            cycles: features.cycles,
            spectrum: features.spectrum,
            eigenvectors: features.eigenvectors,
            molecular: features.molecular,
            max_nodes: n_max,
        };
        Self {
            process,
            widths: [features.node_names().len(), 1 + features.graph_names().len()],
            features,
            breaking,
            sampler: breaking.kernel.sampler(),
            kernel_nanos: Arc::default(),
        }
    }

    /// Channels of features of nodes, and of globals with the time.
    pub(super) fn widths(&self) -> [usize; 2] {
        self.widths
    }

    /// Seconds spent on canonicalizing and drawing.
    pub(super) fn kernel_seconds(&self) -> f64 {
        self.kernel_nanos.load(Ordering::Relaxed) as f64 * 1e-9
    }

    fn draw(&self, z: &CategoricalGraph, rng: &mut dyn Rng) -> Result<Permutation, CanonError> {
        let start = Instant::now();
        let graph = z.to_colored_graph();
        let draw = match self.breaking.kind {
            Breaking::Uniform => Haar.draw(&graph, rng),
            // The noisy graph is seen once only: nothing is kept.
            _ => self.sampler.draw(&graph, &Kept::default(), rng),
        };
        self.kernel_nanos
            .fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        draw
    }

    /// Draws what the breaking needs for the noisy graph `z` of time `t`. `index` is for errors.
    pub(super) fn prepare(
        &self,
        z: CategoricalGraph,
        t: usize,
        clean: Option<Arc<Entry>>,
        index: usize,
        rng: &mut dyn Rng,
    ) -> Result<Noisy, DataError> {
        let n = z.n();
        let [nodes, globals] = self.widths;
        let mut features = [vec![0.0; n * nodes], vec![0.0; globals - 1]];
        let [of_nodes, of_graph] = &mut features;
        self.features.write(&z, of_nodes, of_graph)?;
        let ranks = if self.breaking.kind.needs_ranks() {
            let draw = self.draw(&z, rng);
            let draw = draw.map_err(|source| DataError::Canon { index, source })?;
            draw.inverse().into_images()
        } else {
            Vec::new()
        };
        let mut noise = [Vec::new(), Vec::new()];
        if self.breaking.kind == Breaking::Noise {
            let (scale, width) = (self.breaking.table.scale, self.breaking.edge_dim);
            let mut draw = || (scale * normal(rng)) as f32;
            noise[0] = (0..n * self.breaking.dim).map(|_| draw()).collect();
            noise[1] = vec![0.0; n * n * width];
            for i in 0..n {
                for j in 0..i {
                    for channel in 0..width {
                        let value = draw();
                        noise[1][(i * n + j) * width + channel] = value;
                        noise[1][(j * n + i) * width + channel] = value;
                    }
                }
            }
        }
        Ok(Noisy {
            time: t as f32 / self.process.steps() as f32,
            z,
            clean,
            features,
            ranks,
            noise,
            seed: rng.next_u64(),
        })
    }
}

impl Transform<Arc<Entry>> for Preparation {
    type Out = Noisy;

    /// Noise of a uniformly random time from 0 to `T`.
    fn apply(&self, entry: Arc<Entry>, rng: &mut dyn Rng) -> Result<Noisy, DataError> {
        let t = rng.random_range(0..=self.process.steps());
        let z = self.process.noise(&entry.graph, t, rng)?;
        let index = entry.index;
        self.prepare(z, t, Some(entry), index, rng)
    }
}

/// A padded batch on the host.
///
/// ```
/// let batch = sympe_train::graph_diffusion::DiffusionBatch::default();
/// assert!(batch.sizes.is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct DiffusionBatch {
    /// Number of nodes of each graph.
    pub sizes: Vec<usize>,
    /// Nodes after padding.
    pub n: usize,
    /// `[B, N, F]`, one-hot classes and features.
    pub(super) nodes: Vec<f32>,
    /// `[B, N, N, classes]`, one-hot.
    pub(super) edges: Vec<f32>,
    /// `[B, G]`.
    pub(super) globals: Vec<f32>,
    /// `[B, N]`.
    pub(super) mask: Vec<f32>,
    /// `[B, N]`, `n_max` in padding; empty if not drawn.
    pub(super) ranks: Vec<u32>,
    /// `[B, N, D]` and `[B, N, N, E]`; empty if not drawn.
    pub(super) noise: [Vec<f32>; 2],
    /// The clean classes, `[B, N]` and `[B, N, N]`; empty where nobody knows.
    pub(super) targets: [Vec<u32>; 2],
    /// The seed of dropout.
    pub(super) seed: u64,
}

/// Pads to the largest graph of the batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PadNoisy {
    pub(super) n_max: usize,
    pub(super) classes: (usize, usize),
    /// Channels of the noise of nodes and of pairs.
    pub(super) noise: [usize; 2],
}

impl Collate<Noisy> for PadNoisy {
    type Batch = DiffusionBatch;

    fn collate(&self, items: Vec<Noisy>) -> Result<DiffusionBatch, DataError> {
        // At least one row, padding if need be: there are no tensors without.
        let n = items.iter().map(|item| item.z.n()).max().unwrap_or(0).max(1);
        let count = items.len();
        let features = items
            .first()
            .map_or(0, |item| item.features[0].len() / item.z.n().max(1));
        let (node_classes, edge_classes) = self.classes;
        let width = node_classes + features;
        let room = |wanted: bool, length: usize| vec![0.0; if wanted { length } else { 0 }];
        let with = |wanted: fn(&Noisy) -> bool| items.iter().any(wanted);
        let (with_ranks, with_targets) = (with(|i| !i.ranks.is_empty()), with(|i| i.clean.is_some()));
        let with_noise = [with(|i| !i.noise[0].is_empty()), with(|i| !i.noise[1].is_empty())];
        let mut batch = DiffusionBatch {
            sizes: items.iter().map(|item| item.z.n()).collect(),
            n,
            nodes: vec![0.0; count * n * width],
            edges: vec![0.0; count * n * n * edge_classes],
            globals: Vec::new(),
            mask: vec![0.0; count * n],
            ranks: vec![self.n_max as u32; if with_ranks { count * n } else { 0 }],
            noise: [
                room(with_noise[0], count * n * self.noise[0]),
                room(with_noise[1], count * n * n * self.noise[1]),
            ],
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
            batch.globals.extend(&item.features[1]);
            if with_ranks {
                batch.ranks[b * n..][..size].copy_from_slice(&item.ranks);
            }
            for i in 0..size {
                let row = b * n + i;
                let channels = &mut batch.nodes[row * width..][..width];
                channels[usize::from(item.z.nodes()[i])] = 1.0;
                channels[node_classes..].copy_from_slice(&item.features[0][i * features..][..features]);
                for j in (0..size).filter(|&j| j != i) {
                    let class = usize::from(item.z.edge(i, j));
                    batch.edges[(row * n + j) * edge_classes + class] = 1.0;
                }
                let [of_nodes, of_pairs] = self.noise;
                if with_noise[0] {
                    let values = &item.noise[0][i * of_nodes..][..of_nodes];
                    batch.noise[0][row * of_nodes..][..of_nodes].copy_from_slice(values);
                }
                if with_noise[1] {
                    let values = &item.noise[1][i * size * of_pairs..][..size * of_pairs];
                    batch.noise[1][row * n * of_pairs..][..size * of_pairs].copy_from_slice(values);
                }
            }
            let Some(clean) = &item.clean else { continue };
            for i in 0..size {
                batch.targets[0][b * n + i] = u32::from(clean.graph.nodes()[i]);
                for j in 0..size {
                    batch.targets[1][(b * n + i) * n + j] = u32::from(clean.graph.edge(i, j));
                }
            }
        }
        Ok(batch)
    }
}
