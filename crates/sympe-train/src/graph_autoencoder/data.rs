//! Graphs to batches: draws, features, padding.

use super::config::{GraphAutoencoderConfig, GraphData, GraphDataConfig};
use crate::TrainError;
use crate::checkpoint::hex;
use crate::experiment::collect;
use crate::kernel::{Kept, Sampler};
use crate::run::DataInfo;
use rand::{Rng, RngExt};
use std::sync::{Arc, OnceLock};
use sympe_canon::features::{laplacian_eigenvectors, return_probabilities};
use sympe_canon::graph::ColoredGraph;
use sympe_canon::relaxed::Haar;
use sympe_canon::{CanonError, InversionKernel};
use sympe_data::published::{self, Split};
use sympe_data::random_graphs::{Community, ErdosRenyi};
use sympe_data::{Collate, DataError, Dataset, InMemory, Transform};
use sympe_groups::{Group, Permutation};
use sympe_nn::breaking::Breaking;
use sympe_nn::params::normal;

/// The three parts of the data.
///
/// ```
/// use sympe_train::graph_autoencoder::{GraphData, GraphDataConfig, GraphSplits};
/// let config = GraphDataConfig { kind: GraphData::Community, train: 4, held_out: 2, ..Default::default() };
/// let splits = GraphSplits::load(&config)?;
/// assert_eq!((splits.train.len(), splits.validation.len(), splits.n_max() <= 20), (4, 2, true));
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct GraphSplits {
    /// What is trained on.
    pub train: Vec<ColoredGraph>,
    /// What chooses the epoch.
    pub validation: Vec<ColoredGraph>,
    /// What is reported.
    pub test: Vec<ColoredGraph>,
    /// Which graphs these are, in words.
    pub description: String,
}

impl GraphSplits {
    /// Loads or makes the graphs.
    ///
    /// # Errors
    ///
    /// When files are missing or wrong.
    pub fn load(config: &GraphDataConfig) -> Result<Self, TrainError> {
        let config = config.clone().pinned();
        let take = |graphs: &InMemory<ColoredGraph>, limit: usize| {
            let limit = if limit == 0 { graphs.len() } else { limit };
            graphs.items().iter().take(limit).cloned().collect::<Vec<_>>()
        };
        let or = |count: usize, default: usize| if count == 0 { default } else { count };
        let (train, held_out) = (or(config.train, 5000), or(config.held_out, 500));
        let erdos_renyi = |count, seed| collect(&ErdosRenyi::new(count, 7..=16, 0.25, seed)?);
        // Seeds of the three parts must differ, whatever the seed of the data is.
        let seed = |part: u64| config.seed.wrapping_mul(3).wrapping_add(part);
        Ok(match config.kind {
            // Pinned: `Auto` is one of the others.
            GraphData::Auto | GraphData::Published => Self {
                train: take(
                    &published::read_erdos_renyi(&config.folder, Split::Train)?,
                    config.train,
                ),
                validation: take(
                    &published::read_erdos_renyi(&config.folder, Split::Validation)?,
                    config.held_out,
                ),
                test: take(
                    &published::read_erdos_renyi(&config.folder, Split::Test)?,
                    config.held_out,
                ),
                description: "published Erdős–Rényi graphs, 7 to 16 nodes, p = 1/4".into(),
            },
            GraphData::Generated => Self {
                train: erdos_renyi(train, seed(0))?,
                validation: erdos_renyi(held_out, seed(1))?,
                test: erdos_renyi(held_out, seed(2))?,
                description: "generated Erdős–Rényi graphs, 7 to 16 nodes, p = 1/4".into(),
            },
            GraphData::Community => Self {
                train: collect(&Community::new(train, seed(0)))?,
                validation: collect(&Community::new(held_out, seed(1)))?,
                test: collect(&Community::new(held_out, seed(2)))?,
                description: "generated community graphs, 12 to 20 nodes".into(),
            },
            GraphData::Overfit => {
                let graphs = collect(&ErdosRenyi::new(or(config.train, 100), 7..=16, 0.2, seed(0))?)?;
                let description = "the same Erdős–Rényi graphs for training and test, p = 1/5".into();
                Self {
                    train: graphs.clone(),
                    validation: graphs.clone(),
                    test: graphs,
                    description,
                }
            }
        })
    }

    /// Which graphs these are: in words, and a digest of all of them with their order.
    #[must_use]
    pub fn info(&self) -> DataInfo {
        let mut bytes = Vec::new();
        for graphs in [&self.train, &self.validation, &self.test] {
            bytes.extend((graphs.len() as u64).to_le_bytes());
            for graph in graphs {
                bytes.extend((graph.n() as u64).to_le_bytes());
                bytes.extend((graph.edge_count() as u64).to_le_bytes());
                bytes.extend(
                    graph
                        .edges()
                        .flat_map(|(u, v, _)| [u, v])
                        .flat_map(u32::to_le_bytes),
                );
            }
        }
        DataInfo {
            description: self.description.clone(),
            sha256: hex(&bytes),
        }
    }

    /// The largest number of nodes.
    #[must_use]
    pub fn n_max(&self) -> usize {
        self.train
            .iter()
            .chain(&self.validation)
            .chain(&self.test)
            .map(ColoredGraph::n)
            .max()
            .unwrap_or(0)
    }
}

/// A graph and what is computed once for it.
#[derive(Debug)]
pub(crate) struct Entry {
    index: usize,
    pub(crate) graph: ColoredGraph,
    pub(crate) kept: Kept,
    /// Eigenvectors or return probabilities, `[n, D]`.
    features: OnceLock<Vec<f32>>,
}

/// Graphs, and what is computed once for each of them.
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiment::{Experiment, Part};
/// use sympe_train::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
/// let mut layers = Layers::default();
/// layers.preset::<GraphAutoencoderConfig>("smoke")?;
/// let experiment = GraphAutoencoder::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// assert_eq!(experiment.part(Part::Test).graphs().count(), 8);
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct GraphSamples {
    entries: InMemory<Arc<Entry>>,
}

impl GraphSamples {
    pub(crate) fn new(graphs: Vec<ColoredGraph>) -> Self {
        let entry = |(index, graph)| {
            Arc::new(Entry {
                index,
                graph,
                kept: Kept::default(),
                features: OnceLock::new(),
            })
        };
        Self {
            entries: InMemory::new(graphs.into_iter().enumerate().map(entry).collect()),
        }
    }

    /// The graphs.
    pub fn graphs(&self) -> impl Iterator<Item = &ColoredGraph> {
        self.entries.items().iter().map(|entry| &entry.graph)
    }

    /// For a loader; the entries are shared.
    pub(crate) fn entries(&self) -> InMemory<Arc<Entry>> {
        self.entries.clone()
    }
}

/// A graph with what was drawn for it.
#[derive(Debug)]
pub(crate) struct Drawn {
    entry: Arc<Entry>,
    /// `g̃⁻¹(i)` per node; empty unless the breaking needs it.
    ranks: Vec<u32>,
    /// `[n, D]`; empty unless the breaking needs them.
    features: Vec<f32>,
}

/// Draws what the breaking needs.
#[derive(Clone)]
pub(crate) struct DrawTransform {
    kind: Breaking,
    sampler: Sampler,
    dim: usize,
    scale: f64,
}

impl DrawTransform {
    pub(crate) fn new(config: &GraphAutoencoderConfig) -> Self {
        Self {
            kind: config.breaking.kind,
            sampler: config.breaking.kernel.sampler(),
            dim: config.encoding_dim(),
            scale: config.breaking.table.scale,
        }
    }

    fn permutation(&self, entry: &Entry, rng: &mut dyn Rng) -> Result<Permutation, CanonError> {
        match self.kind {
            Breaking::Uniform => Haar.draw(&entry.graph, rng),
            _ => self.sampler.draw(&entry.graph, &entry.kept, rng),
        }
    }
}

impl Transform<Arc<Entry>> for DrawTransform {
    type Out = Drawn;

    fn apply(&self, entry: Arc<Entry>, rng: &mut dyn Rng) -> Result<Drawn, DataError> {
        let n = entry.graph.n();
        let ranks = if self.kind.needs_ranks() {
            let draw = self.permutation(&entry, rng);
            let draw = draw.map_err(|source| DataError::Canon {
                index: entry.index,
                source,
            })?;
            draw.inverse().into_images()
        } else {
            Vec::new()
        };
        let scale = self.scale as f32;
        let features = match self.kind {
            Breaking::Noise => (0..n * self.dim).map(|_| scale * normal(rng) as f32).collect(),
            Breaking::Laplacian => {
                let vectors = entry
                    .features
                    .get_or_init(|| laplacian_eigenvectors(&entry.graph, self.dim));
                let signs: Vec<f32> = (0..self.dim)
                    .map(|_| if rng.random::<bool>() { scale } else { -scale })
                    .collect();
                vectors
                    .iter()
                    .enumerate()
                    .map(|(i, x)| x * signs[i % self.dim])
                    .collect()
            }
            Breaking::RandomWalk => entry
                .features
                .get_or_init(|| return_probabilities(&entry.graph, self.dim))
                .clone(),
            Breaking::None | Breaking::Uniform | Breaking::Fixed | Breaking::Sympe => Vec::new(),
        };
        Ok(Drawn {
            entry,
            ranks,
            features,
        })
    }
}

/// A padded batch on the host.
///
/// ```
/// let batch = sympe_train::graph_autoencoder::GraphBatch::default();
/// assert!(batch.sizes.is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct GraphBatch {
    /// Number of nodes of each graph.
    pub sizes: Vec<usize>,
    /// Nodes after padding.
    pub n: usize,
    /// `[B, N, N]`.
    pub(crate) adjacency: Vec<f32>,
    /// `[B, N]`.
    pub(crate) mask: Vec<f32>,
    /// `[B, N]`, `n_max` in padding; empty if not drawn.
    pub(crate) ranks: Vec<u32>,
    /// `[B, N, D]`, zero in padding; empty if not drawn.
    pub(crate) features: Vec<f32>,
}

/// Pads to the largest graph of the batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PadGraphs {
    pub(crate) n_max: usize,
    pub(crate) dim: usize,
}

impl Collate<Drawn> for PadGraphs {
    type Batch = GraphBatch;

    fn collate(&self, items: Vec<Drawn>) -> Result<GraphBatch, DataError> {
        // At least one row, padding if need be: there are no tensors without.
        let n = items
            .iter()
            .map(|item| item.entry.graph.n())
            .max()
            .unwrap_or(0)
            .max(1);
        let count = items.len();
        let with_ranks = items.iter().any(|item| !item.ranks.is_empty());
        let with_features = items.iter().any(|item| !item.features.is_empty());
        let mut batch = GraphBatch {
            sizes: items.iter().map(|item| item.entry.graph.n()).collect(),
            n,
            adjacency: vec![0.0; count * n * n],
            mask: vec![0.0; count * n],
            ranks: if with_ranks {
                vec![self.n_max as u32; count * n]
            } else {
                Vec::new()
            },
            features: if with_features {
                vec![0.0; count * n * self.dim]
            } else {
                Vec::new()
            },
        };
        for (b, item) in items.iter().enumerate() {
            let size = item.entry.graph.n();
            batch.mask[b * n..][..size].fill(1.0);
            for (u, v, _) in item.entry.graph.edges() {
                let (u, v) = (u as usize, v as usize);
                batch.adjacency[(b * n + u) * n + v] = 1.0;
                batch.adjacency[(b * n + v) * n + u] = 1.0;
            }
            if with_ranks {
                batch.ranks[b * n..][..size].copy_from_slice(&item.ranks);
            }
            if with_features {
                batch.features[b * n * self.dim..][..size * self.dim].copy_from_slice(&item.features);
            }
        }
        Ok(batch)
    }
}
