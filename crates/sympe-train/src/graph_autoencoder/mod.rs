//! The first experiment: compress a graph into node embeddings and rebuild it, with and without breaking its symmetry.

mod comparison;
mod config;
mod data;

pub use comparison::GraphAutoencoderComparison;
pub use config::{BreakingConfig, GraphAutoencoderConfig, GraphData, GraphDataConfig};
pub use data::{GraphBatch, GraphSamples, GraphSplits};

use crate::TrainError;
use crate::config::Config;
use crate::experiment::{Experiment, Part, Splits, evaluation_seed};
use crate::metrics::Reconstruction;
use crate::report::{Block, Picture, matrices};
use crate::run::DataInfo;
use candle_core::{DType, Device, Tensor};
use data::{DrawTransform, Entry, PadGraphs};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use sympe_canon::graph::ColoredGraph;
use sympe_canon::relaxed::{BreadthFirstOrder, VertexOrder};
use sympe_data::formats::{self, Format};
use sympe_data::{DataError, InMemory, Loader, LoaderConfig};
use sympe_groups::{Action, Group, Permutation};
use sympe_nn::breaking::{Breaker, Breaking, Draw};
use sympe_nn::models::{Adjoin, Autoencoder, GraphInput};
use sympe_nn::params::ParamStore;

type GraphLoader = Loader<InMemory<Arc<Entry>>, DrawTransform, PadGraphs>;

/// The graph autoencoder, ready to train.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiment::Experiment;
/// use sympe_train::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
/// let mut layers = Layers::default();
/// layers.preset::<GraphAutoencoderConfig>("smoke")?;
/// let experiment = GraphAutoencoder::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let edge = ColoredGraph::from_edges(2, false, [(0, 1)])?;
/// assert_eq!(experiment.embeddings(&[edge], 0)?[0].dims()[0], 2);
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub struct GraphAutoencoder {
    config: GraphAutoencoderConfig,
    splits: Splits<GraphSamples>,
    loader: GraphLoader,
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
        let splits = Splits {
            info: splits.info(),
            train: GraphSamples::new(splits.train),
            validation: GraphSamples::new(splits.validation),
            test: GraphSamples::new(splits.test),
        };
        let loader = loader(
            &config,
            &splits.train,
            n_max,
            config.training.seed,
            config.training.batch_size,
            true,
        )?;
        Ok(Self {
            splits,
            loader,
            n_max,
            store,
            breaker,
            model,
            device: device.clone(),
            encode_nanos: AtomicU64::new(0),
            config,
        })
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

    /// Graphs to evaluate on.
    ///
    /// # Errors
    ///
    /// When the model cannot take a graph.
    pub fn samples(&self, graphs: Vec<ColoredGraph>) -> Result<GraphSamples, TrainError> {
        fit(&graphs, self.n_max)
            .map_err(|fault| TrainError::config("the graphs do not fit the model", fault))?;
        Ok(GraphSamples::new(graphs))
    }

    /// Batches of graphs in order, each with draw number `draw`.
    fn batches(&self, samples: &GraphSamples, draw: u64) -> Result<Vec<GraphBatch>, TrainError> {
        let seed = evaluation_seed(self.config.training.seed);
        let loader = loader(&self.config, samples, self.n_max, seed, EVALUATION_BATCH, false)?;
        Ok(loader.epoch_from(draw, 0).collect::<Result<_, _>>()?)
    }

    fn reconstruction(&self, samples: &GraphSamples, draw: u64) -> Result<Reconstruction, TrainError> {
        let mut metrics = Reconstruction::default();
        for batch in self.batches(samples, draw)? {
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
    /// When the model cannot take a graph.
    pub fn embeddings(&self, graphs: &[ColoredGraph], draw: u64) -> Result<Vec<Tensor>, TrainError> {
        let mut found = Vec::new();
        for batch in self.batches(&self.samples(graphs.to_vec())?, draw)? {
            let z = self.model.embed(&self.encoded(&batch)?)?;
            for (b, &size) in batch.sizes.iter().enumerate() {
                found.push(z.get(b)?.narrow(0, 0, size)?);
            }
        }
        Ok(found)
    }

    /// Test graphs and their reconstructions.
    fn pictures(&self, count: usize) -> Result<Vec<Picture>, TrainError> {
        // Spread over the sizes; nodes in breadth-first order, so that neighbours are near each other.
        let test: Vec<&ColoredGraph> = self.splits.test.graphs().collect();
        let chosen: Vec<ColoredGraph> = (0..count.min(test.len()))
            .map(|i| {
                let graph = test[i * test.len() / count.min(test.len())];
                let order = BreadthFirstOrder.arrange(graph, &Permutation::identity(graph.n()))?;
                Ok(order.inverse().act(graph))
            })
            .collect::<Result<_, TrainError>>()?;
        let mut pictures = Vec::new();
        for batch in self.batches(&GraphSamples::new(chosen), 0)? {
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

/// What the model cannot take: more nodes than the encoding has rows, and what kernels would see but the network not.
fn fit(graphs: &[ColoredGraph], n_max: usize) -> Result<(), String> {
    for (index, graph) in graphs.iter().enumerate() {
        let colors: Vec<u32> = graph.edges().map(|(_, _, color)| color).collect();
        let differ = |colors: &[u32]| colors.windows(2).any(|pair| pair[0] != pair[1]);
        let fault = if graph.n() > n_max {
            format!("has {} nodes, expected at most {n_max}", graph.n())
        } else if graph.is_directed() {
            "is directed, expected undirected".to_owned()
        } else if let Some((u, ..)) = graph.edges().find(|(u, v, _)| u == v) {
            format!("has a self-loop at vertex {u} (counted from 0), expected none")
        } else if differ(&colors) {
            "has edges of several colours, expected one".to_owned()
        } else if differ(graph.node_colors()) {
            "has nodes of several colours, expected one".to_owned()
        } else {
            continue;
        };
        return Err(format!("graph {} {fault}", index + 1));
    }
    Ok(())
}

fn loader(
    config: &GraphAutoencoderConfig,
    samples: &GraphSamples,
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
    Loader::new(samples.entries(), DrawTransform::new(config), collate, options)
}

impl Experiment for GraphAutoencoder {
    const NAME: &'static str = "graph-autoencoder";
    type Config = GraphAutoencoderConfig;
    type Batch = GraphBatch;
    type Samples = GraphSamples;

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
        let config = config.pinned();
        let splits = GraphSplits::load(&config.data)?;
        for (name, graphs) in [
            ("training", &splits.train),
            ("validation", &splits.validation),
            ("test", &splits.test),
        ] {
            if graphs.is_empty() {
                return Err(TrainError::config("data", format!("there are no {name} graphs")));
            }
            fit(graphs, usize::MAX).map_err(|fault| TrainError::config(format!("{name} data"), fault))?;
        }
        Self::build(config, device, splits)
    }

    fn config(&self) -> &GraphAutoencoderConfig {
        &self.config
    }

    fn store(&self) -> &ParamStore {
        &self.store
    }

    fn batches_per_epoch(&self) -> u64 {
        self.loader.batches_per_epoch() as u64
    }

    fn epoch(
        &self,
        epoch: u64,
        first: u64,
    ) -> Box<dyn Iterator<Item = Result<GraphBatch, DataError>> + Send + '_> {
        Box::new(self.loader.epoch_from(epoch, first as usize))
    }

    fn loss(&self, batch: &GraphBatch) -> Result<Tensor, TrainError> {
        let input = self.encoded(batch)?;
        let logits = self.model.logits(&input)?;
        Ok((self.model.loss(&input, &logits)? / batch.sizes.len() as f64)?)
    }

    fn data(&self) -> DataInfo {
        self.splits.info.clone()
    }

    fn part(&self, part: Part) -> &GraphSamples {
        self.splits.part(part)
    }

    fn read(&self, file: &Path, format: Option<Format>) -> Result<GraphSamples, TrainError> {
        self.samples(formats::read(file, format)?.0)
    }

    fn evaluate(&self, samples: &GraphSamples, draw: u64) -> Result<Vec<(&'static str, f64)>, TrainError> {
        Ok(self.reconstruction(samples, draw)?.named())
    }

    fn breaking_seconds(&self) -> f64 {
        self.loader.transform_seconds() + self.encode_nanos.load(Ordering::Relaxed) as f64 * 1e-9
    }

    fn figures(runs: &[(String, Self)]) -> Result<Vec<Block>, TrainError> {
        const COUNT: usize = 6;
        let pictures = runs
            .iter()
            .map(|(name, run)| Ok((name.clone(), run.pictures(COUNT)?)));
        let pictures = pictures.collect::<Result<Vec<_>, TrainError>>()?;
        let caption = "Test graphs: input, then for each run its reconstruction and the difference. Black is an \
                       edge; in differences, blue is missing and orange is too much.";
        Ok(vec![Block::Figure(
            "matrices".into(),
            caption.into(),
            matrices(&pictures),
        )])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    #[test]
    fn canonicalizations_of_held_out_graphs_are_kept_between_evaluations() {
        let mut layers = Layers::default();
        layers.preset::<GraphAutoencoderConfig>("smoke").unwrap();
        let experiment = GraphAutoencoder::new(layers.resolve().unwrap(), &Device::Cpu).unwrap();
        let validation = experiment.part(Part::Validation);
        let kept = || {
            let entries = validation.entries();
            let kept = |entry: &Arc<Entry>| entry.kept.get().map(std::ptr::from_ref);
            entries.items().iter().map(kept).collect::<Vec<_>>()
        };
        assert!(kept().iter().all(Option::is_none));
        experiment.evaluate(validation, 0).unwrap();
        let first = kept();
        assert!(first.iter().all(Option::is_some));
        experiment.evaluate(validation, 1).unwrap();
        assert_eq!(kept(), first);
    }
}
