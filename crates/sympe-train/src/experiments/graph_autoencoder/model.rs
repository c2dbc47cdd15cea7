//! The autoencoder with its encoding: embeddings, reconstructions, pictures.

use super::data::{GraphBatch, GraphEntry, GraphSamples, PadGraphs};
use crate::TrainError;
use crate::breakers::{Encoders, Seen};
use super::metrics::Reconstruction;
use crate::report::Picture;
use crate::task::{Part, Samples, Splits, evaluation_batches};
use crate::trainer::TEST_DRAW;
use candle_core::{Device, Tensor};
use std::sync::Arc;
use sympe_canon::graph::ColoredGraph;
use sympe_canon::relaxed::{BreadthFirstOrder, VertexOrder};
use sympe_groups::{Action, Group, Permutation};
use sympe_nn::learned::GraphView;
use sympe_nn::models::{Adjoin, Autoencoder, GraphClasses, GraphInput};

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
    /// Numbers of classes of nodes and of pairs; none for bare graphs.
    pub(super) classes: Option<[usize; 2]>,
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
        let mut input = GraphInput::new(adjacency, mask)?;
        if self.classes.is_some() {
            let [nodes, pairs] = &batch.classes;
            input = input.with_classes(GraphClasses {
                nodes: Tensor::from_slice(nodes, (count, n), &self.device)?,
                pairs: Tensor::from_slice(pairs, (count, n, n), &self.device)?,
            })?;
        }
        let view = || GraphView::of(&input, self.classes);
        let seen = Seen::Graphs {
            adjacency: Some(input.adjacency.clone()),
            view: self.encoders.draw_on_device().then(view).transpose()?,
        };
        let [encoding, of_pairs] = self.encoders.encode_in(&batch.drawn, &seen)?;
        if let Some(encoding) = encoding {
            input = input.adjoin(&encoding)?;
        }
        if let Some(encoding) = of_pairs {
            input = input.adjoin_pairs(&encoding)?;
        }
        Ok(input)
    }

    /// Batches of graphs in order, each with draw number `draw`.
    pub(super) fn batches(&self, entries: &[GraphEntry], draw: u64) -> Result<Vec<GraphBatch>, TrainError> {
        evaluation_batches(&self.host, entries, EVALUATION_BATCH, self.seed, draw)
    }

    pub(super) fn reconstruction(&self, samples: &GraphSamples, draw: u64) -> Result<Reconstruction, TrainError> {
        let mut metrics = Reconstruction::default();
        for batch in self.batches(samples.entries()?, draw)? {
            if self.classes.is_some() {
                self.add_classes(&batch, &mut metrics)?;
                continue;
            }
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

    /// Adds the graphs of a batch with classes to what is known of their reconstructions.
    fn add_classes(&self, batch: &GraphBatch, metrics: &mut Reconstruction) -> Result<(), TrainError> {
        let logits = self.model.class_logits(&self.encoded(batch)?)?;
        let [nodes, pairs] = [logits.nodes, logits.pairs.flatten(1, 2)?].map(|logits| logits.to_vec3::<f32>());
        let (nodes, pairs) = (nodes?, pairs?);
        let n = batch.n;
        for (b, &size) in batch.sizes.iter().enumerate() {
            let of_nodes = (0..size).map(|i| (&nodes[b][i][..], batch.classes[0][b * n + i]));
            let distinct = (0..size).flat_map(|i| (0..size).filter(move |&j| j != i).map(move |j| i * n + j));
            let of_pairs = distinct.map(|pair| (&pairs[b][pair][..], batch.classes[1][b * n * n + pair]));
            metrics.add_classes(of_nodes, of_pairs);
        }
        Ok(())
    }

    /// Whether each test graph is rebuilt without any wrong entry, with the draws of the test metrics.
    pub(super) fn exact(&self) -> Result<Vec<bool>, TrainError> {
        let test: GraphSamples = Samples::new(self.splits.part(Part::Test), Some(Part::Test));
        Ok(self.reconstruction(&test, TEST_DRAW)?.exact().to_vec())
    }

    /// Node embeddings `[n, K]` of each graph, with draw number `draw`.
    ///
    /// # Errors
    ///
    /// When the model cannot take a graph.
    pub fn embeddings(&self, graphs: &[ColoredGraph], draw: u64) -> Result<Vec<Tensor>, TrainError> {
        let mut found = Vec::new();
        fit(graphs, self.n_max(), self.classes).map_err(misfit)?;
        let samples: GraphSamples = Samples::of(graphs.iter().cloned());
        for batch in self.batches(samples.entries()?, draw)? {
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
                let graph = &*test.get(i * test.len() / count.min(test.len()))?;
                let order = BreadthFirstOrder.arrange(graph, &Permutation::identity(graph.n()))?;
                Ok(order.inverse().act(graph))
            })
            .collect::<Result<_, TrainError>>()?;
        let mut pictures = Vec::new();
        let chosen: GraphSamples = Samples::of(chosen);
        for batch in self.batches(chosen.entries()?, 0)? {
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

/// What the model cannot take: more nodes than the encoding has rows, and colours that kernels would see but the network not:
/// several of bare graphs, and those that stand for none of the classes of nodes and pairs.
pub(super) fn fit<'a>(
    graphs: impl IntoIterator<Item = &'a ColoredGraph>,
    n_max: usize,
    classes: Option<[usize; 2]>,
) -> Result<(), String> {
    for (index, graph) in graphs.into_iter().enumerate() {
        let colors: Vec<u32> = graph.edges().map(|(_, _, color)| color).collect();
        let strange = |colors: &[u32], classes: Option<usize>| match classes {
            Some(count) => colors.iter().any(|&color| color as usize >= count),
            None => colors.windows(2).any(|pair| pair[0] != pair[1]),
        };
        let found = |classes: Option<usize>| match classes {
            Some(_) => "another colour",
            None => "several colours",
        };
        let expected = |classes: Option<usize>| match classes {
            Some(count) => format!("colours from 0 to {}", count - 1),
            None => "one".to_owned(),
        };
        let [of_nodes, of_edges] = [classes.map(|[nodes, _]| nodes), classes.map(|[_, pairs]| pairs - 1)];
        let fault = if graph.n() > n_max {
            format!("has {} nodes, expected at most {n_max}", graph.n())
        } else if graph.is_directed() {
            "is directed, expected undirected".to_owned()
        } else if let Some((u, ..)) = graph.edges().find(|(u, v, _)| u == v) {
            format!("has a self-loop at vertex {u} (counted from 0), expected none")
        } else if strange(&colors, of_edges) {
            format!("has edges of {}, expected {}", found(of_edges), expected(of_edges))
        } else if strange(graph.node_colors(), of_nodes) {
            format!("has nodes of {}, expected {}", found(of_nodes), expected(of_nodes))
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
