//! The first experiment: compress a graph into node embeddings and rebuild it, with and without breaking its symmetry.

mod comparison;
mod config;
mod data;
mod kernel;

pub use comparison::Comparison;
pub use config::{BreakingConfig, GraphAutoencoderConfig, GraphData, GraphDataConfig};
pub use data::{GraphBatch, GraphSplits};
pub use kernel::Kernel;

use crate::TrainError;
use crate::config::TrainingConfig;
use crate::experiment::{Experiment, Part, Picture};
use crate::metrics::Reconstruction;
use candle_core::{DType, Device, Tensor};
use data::{DrawTransform, Entry, PadGraphs, entries};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use sympe_canon::graph::ColoredGraph;
use sympe_canon::relaxed::{BreadthFirstOrder, VertexOrder};
use sympe_data::{DataError, InMemory, Loader, LoaderConfig};
use sympe_groups::{Action, Group, Permutation};
use sympe_nn::breaking::{Breaker, Breaking, Draw};
use sympe_nn::models::{Adjoin, Autoencoder, GraphInput};
use sympe_nn::optim::OptimizerConfig;
use sympe_nn::params::ParamStore;

type GraphLoader = Loader<InMemory<Arc<Entry>>, DrawTransform, PadGraphs>;

/// The graph autoencoder, ready to train.
pub struct GraphAutoencoder {
    config: GraphAutoencoderConfig,
    splits: GraphSplits,
    train: GraphLoader,
    n_max: usize,
    store: ParamStore,
    breaker: Breaker,
    model: Autoencoder,
    device: Device,
    encode_nanos: AtomicU64,
}

/// Graphs per batch of an evaluation: enough to amortise, few enough to stay in cache.
const EVALUATION_BATCH: usize = 32;

impl GraphAutoencoder {
    /// A model for graphs of up to `n_max` nodes and the data of `config`.
    fn build(
        config: GraphAutoencoderConfig,
        device: &Device,
        splits: GraphSplits,
    ) -> Result<Self, TrainError> {
        let n_max = splits.n_max();
        let store = ParamStore::new(config.training.seed, DType::F32, device);
        let dim = config.encoding_dim();
        let root = store.root();
        let breaker = Breaker::new(
            config.breaking.kind,
            n_max,
            dim,
            config.breaking.table,
            &root.at("breaking"),
        )?;
        let model = Autoencoder::new(config.model, breaker.dim(), &root)?;
        let train = loader(
            &config,
            &splits.train,
            n_max,
            config.training.seed,
            config.training.batch_size,
            true,
        )?;
        Ok(Self {
            train,
            n_max,
            store,
            breaker,
            model,
            device: device.clone(),
            encode_nanos: AtomicU64::new(0),
            splits,
            config,
        })
    }

    /// The data.
    #[must_use]
    pub fn splits(&self) -> &GraphSplits {
        &self.splits
    }

    /// The largest graph the encoding has rows for.
    #[must_use]
    pub fn n_max(&self) -> usize {
        self.n_max
    }

    fn input(&self, batch: &GraphBatch) -> Result<(GraphInput, Draw), TrainError> {
        let (count, n, dim) = (batch.sizes.len(), batch.n, self.breaker.dim());
        let adjacency = Tensor::from_slice(&batch.adjacency, (count, n, n), &self.device)?;
        let mask = Tensor::from_slice(&batch.mask, (count, n), &self.device)?;
        let draw = if !batch.ranks.is_empty() {
            Draw::Ranks(Tensor::from_slice(&batch.ranks, (count, n), &self.device)?)
        } else if !batch.features.is_empty() {
            Draw::Features(Tensor::from_slice(
                &batch.features,
                (count, n, dim),
                &self.device,
            )?)
        } else {
            Draw::None
        };
        Ok((GraphInput::new(adjacency, mask)?, draw))
    }

    /// The input with its encoding.
    fn encoded(&self, batch: &GraphBatch) -> Result<GraphInput, TrainError> {
        let (input, draw) = self.input(batch)?;
        let start = Instant::now();
        let input = match self.breaker.encode(&draw)? {
            Some(encoding) => input.adjoin(&encoding)?,
            None => input,
        };
        self.encode_nanos
            .fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        Ok(input)
    }

    fn graphs(&self, part: Part) -> &[ColoredGraph] {
        match part {
            Part::Train => &self.splits.train,
            Part::Validation => &self.splits.validation,
            Part::Test => &self.splits.test,
        }
    }

    /// Batches of graphs in order, each with draw number `draw`.
    fn batches(&self, graphs: &[ColoredGraph], draw: u64) -> Result<Vec<GraphBatch>, TrainError> {
        if let Some(graph) = graphs.iter().find(|graph| graph.n() > self.n_max) {
            let message = format!("a graph has {} nodes, expected at most {}", graph.n(), self.n_max);
            return Err(TrainError::config("the graphs do not fit the model", message));
        }
        if graphs.iter().any(ColoredGraph::is_directed) {
            return Err(TrainError::config(
                "the graphs do not fit the model",
                "expected undirected graphs",
            ));
        }
        // A seed of its own, so that draws at evaluation are not those of training.
        let seed = self.config.training.seed ^ 0x5EED_0E7A_1BA7_C4E5;
        let loader = loader(&self.config, graphs, self.n_max, seed, EVALUATION_BATCH, false)?;
        Ok(loader.epoch_from(draw, 0).collect::<Result<_, _>>()?)
    }

    /// Metrics on any graphs, with draw number `draw`.
    ///
    /// # Errors
    ///
    /// When a graph is larger than the model takes.
    pub fn reconstruction(&self, graphs: &[ColoredGraph], draw: u64) -> Result<Reconstruction, TrainError> {
        let mut metrics = Reconstruction::default();
        for batch in self.batches(graphs, draw)? {
            let logits = self.model.logits(&self.encoded(&batch)?)?.to_vec3::<f32>()?;
            for (b, (&size, logits)) in batch.sizes.iter().zip(&logits).enumerate() {
                let (mut chosen, mut targets) = (Vec::new(), Vec::new());
                for i in 0..size {
                    for j in (0..size).filter(|&j| j != i) {
                        chosen.push(logits[i][j]);
                        targets.push(batch.adjacency[(b * batch.n + i) * batch.n + j]);
                    }
                }
                metrics.add_graph(&chosen, &targets);
            }
        }
        Ok(metrics)
    }

    /// Node embeddings `[n, K]` of each graph, with draw number `draw`.
    ///
    /// # Errors
    ///
    /// When a graph is larger than the model takes.
    pub fn embeddings(&self, graphs: &[ColoredGraph], draw: u64) -> Result<Vec<Tensor>, TrainError> {
        let mut found = Vec::new();
        for batch in self.batches(graphs, draw)? {
            let z = self.model.embed(&self.encoded(&batch)?)?;
            for (b, &size) in batch.sizes.iter().enumerate() {
                found.push(z.get(b)?.narrow(0, 0, size)?);
            }
        }
        Ok(found)
    }
}

fn loader(
    config: &GraphAutoencoderConfig,
    graphs: &[ColoredGraph],
    n_max: usize,
    seed: u64,
    batch_size: usize,
    training: bool,
) -> Result<GraphLoader, DataError> {
    let options = LoaderConfig {
        batch_size,
        shuffle: training,
        drop_last: false,
        threads: if training {
            config.training.loader_threads
        } else {
            0
        },
        prefetch: 16,
        seed,
    };
    let collate = PadGraphs {
        n_max,
        dim: config.encoding_dim(),
    };
    Loader::new(entries(graphs), DrawTransform::new(config), collate, options)
}

impl Experiment for GraphAutoencoder {
    const NAME: &'static str = "graph-autoencoder";
    type Config = GraphAutoencoderConfig;
    type Batch = GraphBatch;

    fn run_name(config: &GraphAutoencoderConfig) -> String {
        let kernel = match config.breaking.kind {
            Breaking::Sympe => format!("-{}", config.breaking.kernel),
            _ => String::new(),
        };
        format!(
            "{}-{}{kernel}-seed{}",
            config.model.network, config.breaking.kind, config.training.seed
        )
    }

    fn baseline(config: &GraphAutoencoderConfig) -> Option<GraphAutoencoderConfig> {
        let mut baseline = config.clone();
        baseline.breaking.kind = Breaking::None;
        (baseline != *config).then_some(baseline)
    }

    fn new(config: GraphAutoencoderConfig, device: &Device) -> Result<Self, TrainError> {
        let splits = GraphSplits::load(&config.data)?;
        for (name, graphs) in [
            ("training", &splits.train),
            ("validation", &splits.validation),
            ("test", &splits.test),
        ] {
            if graphs.is_empty() {
                return Err(TrainError::config("data", format!("there are no {name} graphs")));
            }
        }
        Self::build(config, device, splits)
    }

    fn config(&self) -> &GraphAutoencoderConfig {
        &self.config
    }

    fn training(&self) -> &TrainingConfig {
        &self.config.training
    }

    fn optimizer(&self) -> &OptimizerConfig {
        &self.config.optimizer
    }

    fn store(&self) -> &ParamStore {
        &self.store
    }

    fn batches_per_epoch(&self) -> u64 {
        self.train.batches_per_epoch() as u64
    }

    fn epoch(
        &self,
        epoch: u64,
        first: u64,
    ) -> Box<dyn Iterator<Item = Result<GraphBatch, DataError>> + Send + '_> {
        Box::new(self.train.epoch_from(epoch, first as usize))
    }

    fn loss(&self, batch: &GraphBatch) -> Result<Tensor, TrainError> {
        let input = self.encoded(batch)?;
        let logits = self.model.logits(&input)?;
        Ok((self.model.loss(&input, &logits)? / batch.sizes.len() as f64)?)
    }

    fn evaluate(&self, part: Part, draw: u64) -> Result<Vec<(&'static str, f64)>, TrainError> {
        Ok(self.reconstruction(self.graphs(part), draw)?.named())
    }

    fn breaking_seconds(&self) -> f64 {
        self.train.transform_seconds() + self.encode_nanos.load(Ordering::Relaxed) as f64 * 1e-9
    }

    fn pictures(&self, count: usize) -> Result<Vec<Picture>, TrainError> {
        // Spread over the sizes; nodes in breadth-first order, so that neighbours are near each other.
        let chosen: Vec<ColoredGraph> = (0..count.min(self.splits.test.len()))
            .map(|i| {
                let graph = &self.splits.test[i * self.splits.test.len() / count];
                let order = BreadthFirstOrder.arrange(graph, &Permutation::identity(graph.n()))?;
                Ok(order.inverse().act(graph))
            })
            .collect::<Result<_, TrainError>>()?;
        let mut pictures = Vec::new();
        for batch in self.batches(&chosen, 0)? {
            let probabilities = self.model.reconstruct(&self.encoded(&batch)?)?.to_vec3::<f32>()?;
            for (b, (&size, probabilities)) in batch.sizes.iter().zip(probabilities).enumerate() {
                let row = |i: usize| &batch.adjacency[(b * batch.n + i) * batch.n..][..size];
                pictures.push(Picture {
                    n: size,
                    target: (0..size).flat_map(|i| row(i).to_vec()).collect(),
                    prediction: probabilities
                        .iter()
                        .take(size)
                        .flat_map(|row| row[..size].to_vec())
                        .collect(),
                });
            }
        }
        Ok(pictures)
    }
}
