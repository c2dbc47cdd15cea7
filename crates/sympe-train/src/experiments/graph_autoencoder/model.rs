//! The autoencoder with its encoding: embeddings, reconstructions, pictures.

use super::data::{GraphBatch, GraphEntry, GraphSamples, PadGraphs};
use crate::TrainError;
use crate::breakers::Encoders;
use super::metrics::Reconstruction;
use crate::report::Picture;
use crate::task::{Part, Samples, Splits, evaluation_batches};
use crate::trainer::TEST_DRAW;
use candle_core::{Device, Tensor};
use std::sync::Arc;
use sympe_canon::graph::ColoredGraph;
use sympe_canon::relaxed::{BreadthFirstOrder, VertexOrder};
use sympe_groups::{Action, Group, Permutation};
use sympe_nn::models::{Adjoin, Autoencoder, GraphInput};

/// The graph autoencoder.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
/// use sympe_train::harness::Trained;
/// let mut layers = Layers::default();
/// layers.preset::<GraphAutoencoderConfig>("smoke")?;
/// let run = Trained::<GraphAutoencoder>::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let edge = ColoredGraph::from_edges(2, false, [(0, 1)])?;
/// assert_eq!(run.task().embeddings(&[edge], 0)?[0].dims()[0], 2);
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub struct GraphAutoencoder {
    pub(super) splits: Arc<Splits<ColoredGraph>>,
    pub(super) seed: u64,
    pub(super) host: PadGraphs,
    pub(super) encoders: Encoders,
    pub(super) model: Autoencoder,
    pub(super) device: Device,
}

/// Graphs per batch of an evaluation: enough to amortise, few enough to stay in cache.
const EVALUATION_BATCH: usize = 32;

impl GraphAutoencoder {
    /// The largest graph the encoding has rows for.
    #[must_use]
    pub fn n_max(&self) -> usize {
        self.host.draws.domain().n_max()
    }

    /// The input with its encoding.
    pub(super) fn encoded(&self, batch: &GraphBatch) -> Result<GraphInput, TrainError> {
        let (count, n) = (batch.sizes.len(), batch.n);
        let adjacency = Tensor::from_slice(&batch.adjacency, (count, n, n), &self.device)?;
        let mask = Tensor::from_slice(&batch.mask, (count, n), &self.device)?;
        let input = GraphInput::new(adjacency, mask)?;
        let [encoding, _] = self.encoders.encode_in(&batch.drawn, &input.adjacency)?;
        Ok(match encoding {
            Some(encoding) => input.adjoin(&encoding)?,
            None => input,
        })
    }

    /// Batches of graphs in order, each with draw number `draw`.
    pub(super) fn batches(&self, entries: &[GraphEntry], draw: u64) -> Result<Vec<GraphBatch>, TrainError> {
        evaluation_batches(&self.host, entries, EVALUATION_BATCH, self.seed, draw)
    }

    pub(super) fn reconstruction(&self, samples: &GraphSamples, draw: u64) -> Result<Reconstruction, TrainError> {
        let mut metrics = Reconstruction::default();
        for batch in self.batches(samples.entries(), draw)? {
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

    /// Whether each test graph is rebuilt without any wrong entry, with the draws of the test metrics.
    pub(super) fn exact(&self) -> Result<Vec<bool>, TrainError> {
        let test: GraphSamples = Samples::new(self.splits.part(Part::Test).iter().cloned(), Some(Part::Test));
        Ok(self.reconstruction(&test, TEST_DRAW)?.exact().to_vec())
    }

    /// Node embeddings `[n, K]` of each graph, with draw number `draw`.
    ///
    /// # Errors
    ///
    /// When the model cannot take a graph.
    pub fn embeddings(&self, graphs: &[ColoredGraph], draw: u64) -> Result<Vec<Tensor>, TrainError> {
        let mut found = Vec::new();
        fit(graphs, self.n_max()).map_err(misfit)?;
        let samples: GraphSamples = Samples::of(graphs.iter().cloned());
        for batch in self.batches(samples.entries(), draw)? {
            let z = self.model.embed(&self.encoded(&batch)?)?;
            for (b, &size) in batch.sizes.iter().enumerate() {
                found.push(z.get(b)?.narrow(0, 0, size)?);
            }
        }
        Ok(found)
    }

    /// Test graphs and their reconstructions.
    pub(super) fn pictures(&self, count: usize) -> Result<Vec<Picture>, TrainError> {
        // Spread over the sizes; nodes in breadth-first order, so that neighbours are near each other.
        let test = self.splits.part(Part::Test);
        let chosen: Vec<ColoredGraph> = (0..count.min(test.len()))
            .map(|i| {
                let graph = &*test[i * test.len() / count.min(test.len())];
                let order = BreadthFirstOrder.arrange(graph, &Permutation::identity(graph.n()))?;
                Ok(order.inverse().act(graph))
            })
            .collect::<Result<_, TrainError>>()?;
        let mut pictures = Vec::new();
        let chosen: GraphSamples = Samples::of(chosen);
        for batch in self.batches(chosen.entries(), 0)? {
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
pub(super) fn fit<'a>(graphs: impl IntoIterator<Item = &'a ColoredGraph>, n_max: usize) -> Result<(), String> {
    for (index, graph) in graphs.into_iter().enumerate() {
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

pub(super) fn misfit(fault: String) -> TrainError {
    TrainError::config("the graphs do not fit the model", fault)
}
