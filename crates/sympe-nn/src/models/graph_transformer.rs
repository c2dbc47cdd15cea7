//! The denoiser of discrete graph diffusion: a noisy graph in, logits of the clean one out.

use super::backbone::{Adjoin, Backbone};
use super::graph::fits_mask;
use crate::layers::{GraphStreams, GraphTransformerLayer, GraphTransformerWidths, LayerDropout, Linear};
use crate::ops;
use crate::params::Params;
use candle_core::{DType, Result, Tensor};
use serde::{Deserialize, Serialize};

/// A batch of graphs for a [`GraphTransformer`]. Encodings are further channels, after the others.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::{Adjoin, DenoiserInput};
/// let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu);
/// let mask = Tensor::ones((2, 3), DType::F32, &Device::Cpu)?;
/// let input = DenoiserInput::new(zeros(&[2, 3, 4])?, zeros(&[2, 3, 3, 2])?, zeros(&[2, 1])?, mask)?;
/// let input = input.adjoin(&zeros(&[2, 3, 5])?)?.adjoin_edges(&zeros(&[2, 3, 3, 1])?)?;
/// assert_eq!((input.nodes.dims(), input.edges.dims()), (&[2, 3, 9][..], &[2, 3, 3, 3][..]));
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DenoiserInput {
    /// `[B, N, F]`, zero in padding: one-hot classes, then features.
    pub nodes: Tensor,
    /// `[B, N, N, D]`, symmetric, zero on the diagonal and in padding: one-hot classes, then features.
    pub edges: Tensor,
    /// `[B, G]`: features of whole graphs, such as the time.
    pub globals: Tensor,
    /// `[B, N]`, 1 for real nodes.
    pub mask: Tensor,
    /// The seed of this step's dropout masks; `None` for no dropout.
    pub dropout: Option<u64>,
}

impl DenoiserInput {
    /// A batch without dropout.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit together.
    pub fn new(nodes: Tensor, edges: Tensor, globals: Tensor, mask: Tensor) -> Result<Self> {
        let (batch, n) = mask.dims2()?;
        let fit = nodes.dims3().is_ok_and(|(b, i, _)| (b, i) == (batch, n))
            && edges.dims4().is_ok_and(|(b, i, j, _)| (b, i, j) == (batch, n, n))
            && globals.dims2().is_ok_and(|(b, _)| b == batch);
        if !fit {
            candle_core::bail!(
                "nodes {:?}, edges {:?} and globals {:?} do not fit mask {:?}",
                nodes.dims(),
                edges.dims(),
                globals.dims(),
                mask.dims()
            );
        }
        Ok(Self {
            nodes,
            edges,
            globals,
            mask,
            dropout: None,
        })
    }

    /// The input with channels `[B, N, K]` appended to those of nodes.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    pub fn adjoin_nodes(&self, encoding: &Tensor) -> Result<Self> {
        fits_mask(encoding, &self.mask)?;
        Ok(Self {
            nodes: Tensor::cat(&[&self.nodes, encoding], 2)?,
            ..self.clone()
        })
    }

    /// The input with channels `[B, N, N, K]` appended to those of edges: symmetric, as from
    /// [`PairTableEncoding::symmetric`](crate::encoding::PairTableEncoding::symmetric).
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    pub fn adjoin_edges(&self, encoding: &Tensor) -> Result<Self> {
        let (batch, n, columns, _) = encoding.dims4()?;
        if n != columns || self.mask.dims() != [batch, n] {
            candle_core::bail!(
                "encoding {:?} of pairs does not fit mask {:?}",
                encoding.dims(),
                self.mask.dims()
            );
        }
        Ok(Self {
            edges: Tensor::cat(&[&self.edges, encoding], 3)?,
            ..self.clone()
        })
    }
}

impl Adjoin for DenoiserInput {
    /// As [`adjoin_nodes`](DenoiserInput::adjoin_nodes).
    fn adjoin(&self, encoding: &Tensor) -> Result<Self> {
        self.adjoin_nodes(encoding)
    }
}

/// Logits of the classes of the clean graph.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::DenoiserOutput;
/// let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu);
/// let output = DenoiserOutput { nodes: zeros(&[1, 2, 4])?, edges: zeros(&[1, 2, 2, 2])? };
/// let (nodes, edges) = (Tensor::zeros((1, 2), DType::U32, &Device::Cpu)?, Tensor::zeros((1, 2, 2), DType::U32, &Device::Cpu)?);
/// let mask = Tensor::ones((1, 2), DType::F32, &Device::Cpu)?;
/// let loss = output.loss(&nodes, &edges, &mask, 5.0)?.to_scalar::<f32>()?;
/// assert!((loss - (4f32.ln() + 5.0 * 2f32.ln())).abs() < 1e-6); // a guess among 4 and among 2 classes
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DenoiserOutput {
    /// `[B, N, node classes]`, zero in padding.
    pub nodes: Tensor,
    /// `[B, N, N, edge classes]`, symmetric, zero on the diagonal and in padding.
    pub edges: Tensor,
}

impl DenoiserOutput {
    /// `CE(nodes) + edge_weight·CE(edges)`, a scalar in nats: cross-entropies averaged over all real nodes, and over
    /// all ordered pairs of distinct real nodes, of the batch. Classes `nodes` `[B, N]` and `edges` `[B, N, N]` (`u32`)
    /// may be anything in padding. DiGress weighs edges by 5.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit, or a target is not a class.
    pub fn loss(&self, nodes: &Tensor, edges: &Tensor, mask: &Tensor, edge_weight: f64) -> Result<Tensor> {
        let [(nodes, _), (edges, _)] = self.losses(nodes, edges, mask, edge_weight)?;
        nodes + edges
    }

    /// The two terms of [`loss`](Self::loss), each with the number of nodes and of pairs that it is a mean over.
    ///
    /// # Errors
    ///
    /// Those of [`loss`](Self::loss).
    pub fn losses(
        &self,
        nodes: &Tensor,
        edges: &Tensor,
        mask: &Tensor,
        edge_weight: f64,
    ) -> Result<[(Tensor, f64); 2]> {
        let pairs = ops::distinct_pairs(mask)?;
        let mean = |logits: &Tensor, targets: &Tensor, weight: &Tensor| -> Result<(Tensor, f64)> {
            let sum = ops::cross_entropy_sum(logits, targets, weight)?;
            let count = count(weight)?;
            // A batch of single nodes has no pairs: their mean is taken to be zero.
            Ok(((sum / count.max(1.0))?, count))
        };
        let (of_edges, pairs) = mean(&self.edges, edges, &pairs)?;
        Ok([
            mean(&self.nodes, nodes, mask)?,
            ((of_edges * edge_weight)?, pairs),
        ])
    }

    /// The probabilities of the classes, in the place of their logits. Rows of padding and of the diagonal are uniform.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use sympe_nn::models::DenoiserOutput;
    /// let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu);
    /// let output = DenoiserOutput { nodes: zeros(&[1, 2, 4])?, edges: zeros(&[1, 2, 2, 2])? };
    /// assert_eq!(output.probabilities()?.edges.flatten_all()?.to_vec1::<f32>()?, [0.5; 8]);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn probabilities(&self) -> Result<Self> {
        let softmax = |logits: &Tensor| -> Result<Tensor> {
            let last = candle_core::D::Minus1;
            let weights = logits.broadcast_sub(&logits.max_keepdim(last)?)?.exp()?;
            weights.broadcast_div(&weights.sum_keepdim(last)?)
        };
        Ok(Self {
            nodes: softmax(&self.nodes)?,
            edges: softmax(&self.edges)?,
        })
    }
}

fn count(weight: &Tensor) -> Result<f64> {
    weight.sum_all()?.to_dtype(DType::F64)?.to_scalar()
}

/// The sizes of a [`GraphTransformer`]; triples are for nodes, edges, globals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GraphTransformerConfig {
    /// Number of layers.
    pub layers: usize,
    /// Channels of nodes.
    pub nodes: usize,
    /// Channels of edges.
    pub edges: usize,
    /// Channels of globals.
    pub globals: usize,
    /// Heads; must divide the channels of nodes.
    pub heads: usize,
    /// Hidden widths of the maps into the network and (nodes, edges) out of it.
    pub mlp: [usize; 3],
    /// Hidden widths of the feed-forward blocks.
    pub feed_forward: [usize; 3],
    /// Probability of dropout, in `[0, 1)`.
    pub dropout: f64,
}

impl GraphTransformerConfig {
    /// The published sizes for QM9 without hydrogen.
    pub const QM9: Self = Self {
        layers: 9,
        nodes: 256,
        edges: 64,
        globals: 64,
        heads: 8,
        mlp: [256, 128, 128],
        feed_forward: [256, 128, 128],
        dropout: 0.1,
    };
    /// The published sizes for QM9 with hydrogen.
    pub const QM9_HYDROGEN: Self = Self {
        layers: 7,
        ..Self::QM9
    };
    /// The published sizes for MOSES.
    pub const MOSES: Self = Self {
        layers: 12,
        globals: 128,
        mlp: [256, 128, 256],
        feed_forward: [256, 128, 256],
        ..Self::QM9
    };
    /// The published sizes for planar graphs.
    pub const PLANAR: Self = Self {
        layers: 10,
        mlp: [128, 64, 128],
        feed_forward: [256, 64, 256],
        ..Self::QM9
    };
    /// The published sizes for graphs of the stochastic block model.
    pub const SBM: Self = Self {
        layers: 8,
        ..Self::PLANAR
    };
}

impl Default for GraphTransformerConfig {
    /// Sizes for two cores: 3 layers of 64, 16 and 16 channels.
    fn default() -> Self {
        Self {
            layers: 3,
            nodes: 64,
            edges: 16,
            globals: 16,
            heads: 4,
            mlp: [64, 32, 32],
            feed_forward: [64, 32, 32],
            dropout: 0.1,
        }
    }
}

/// The channels that go in, encodings included, and the classes that come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenoiserChannels {
    /// `F`.
    pub nodes: usize,
    /// `D`.
    pub edges: usize,
    /// `G`.
    pub globals: usize,
    /// Classes of nodes: the first of the `F` channels are their one-hots.
    pub node_classes: usize,
    /// Classes of edges: the first of the `D` channels are their one-hots.
    pub edge_classes: usize,
}

/// The graph transformer of DiGress (Vignac et al. 2023), permutation equivariant: maps in, layers, maps out; the input
/// one-hots are added to the logits.
///
/// Outputs do not depend on padding or on the other graphs of a batch (without dropout), because statistics are pooled
/// over real nodes and pairs. The last layer does not update the globals, which nothing reads there.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::{DenoiserChannels, DenoiserInput, GraphTransformer, GraphTransformerConfig};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let channels = DenoiserChannels { nodes: 2, edges: 2, globals: 1, node_classes: 2, edge_classes: 2 };
/// let model = GraphTransformer::new(GraphTransformerConfig::default(), channels, &store.root())?;
/// // Curie's principle: two equal atoms with a bond get equal logits.
/// let nodes = Tensor::new(&[[[1f32, 0.0], [1.0, 0.0]]], &Device::Cpu)?;
/// let edges = Tensor::new(&[[[[0f32, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]]]], &Device::Cpu)?;
/// let ones = |shape| Tensor::ones(shape, DType::F32, &Device::Cpu);
/// let output = model.forward(&DenoiserInput::new(nodes, edges, ones((1, 1))?, ones((1, 2))?)?)?;
/// let logits = output.nodes.get(0)?.to_vec2::<f32>()?;
/// assert!((logits[0][0] - logits[1][0]).abs() < 1e-6);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GraphTransformer {
    config: GraphTransformerConfig,
    channels: DenoiserChannels,
    inputs: [Perceptron; 3],
    layers: Vec<GraphTransformerLayer>,
    outputs: [Perceptron; 2],
}

/// `Linear`, ReLU, `Linear`.
#[derive(Clone, Debug)]
struct Perceptron {
    first: Linear,
    second: Linear,
}

impl Perceptron {
    fn new(inputs: usize, hidden: usize, outputs: usize, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            first: Linear::new(inputs, hidden, &params.at("0"))?,
            second: Linear::new(hidden, outputs, &params.at("1"))?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.second.forward(&ops::relu(&self.first.forward(x)?)?)
    }
}

impl GraphTransformer {
    /// A network for inputs of these channels.
    ///
    /// # Errors
    ///
    /// When a size is 0, there are more classes than channels, the heads do not divide the channels of nodes, or the
    /// dropout is not in `[0, 1)`.
    pub fn new(
        config: GraphTransformerConfig,
        channels: DenoiserChannels,
        params: &Params<'_>,
    ) -> Result<Self> {
        let DenoiserChannels {
            nodes,
            edges,
            globals,
            node_classes,
            edge_classes,
        } = channels;
        let between = |classes: usize, channels: usize| (1..=channels).contains(&classes);
        if !between(node_classes, nodes) || !between(edge_classes, edges) || globals == 0 {
            candle_core::bail!(
                "a denoiser of {channels:?}: expected at least one global channel, and between one class and as many as \
                 there are channels"
            );
        }
        if config.layers == 0 || config.mlp.contains(&0) || !(0.0..1.0).contains(&config.dropout) {
            candle_core::bail!(
                "a graph transformer of {} layers, mlp {:?}, dropout {}: expected sizes above 0 and dropout in [0, 1)",
                config.layers,
                config.mlp,
                config.dropout
            );
        }
        let widths = GraphTransformerWidths {
            features: [config.nodes, config.edges, config.globals],
            feed_forward: config.feed_forward,
            heads: config.heads,
        };
        let [x, e, y] = widths.features;
        let (input, output) = (params.at("input"), params.at("output"));
        let layer = |layer: usize| {
            let params = params.at("layers").at(layer);
            GraphTransformerLayer::new(widths, layer + 1 < config.layers, &params)
        };
        Ok(Self {
            config,
            channels,
            layers: (0..config.layers).map(layer).collect::<Result<_>>()?,
            inputs: [
                Perceptron::new(nodes, config.mlp[0], x, &input.at("nodes"))?,
                Perceptron::new(edges, config.mlp[1], e, &input.at("edges"))?,
                Perceptron::new(globals, config.mlp[2], y, &input.at("globals"))?,
            ],
            outputs: [
                Perceptron::new(x, config.mlp[0], node_classes, &output.at("nodes"))?,
                Perceptron::new(e, config.mlp[1], edge_classes, &output.at("edges"))?,
            ],
        })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> &GraphTransformerConfig {
        &self.config
    }

    /// The channels it expects.
    #[must_use]
    pub fn channels(&self) -> &DenoiserChannels {
        &self.channels
    }

    /// Logits of the clean graph, with dropout if the input has a seed for it.
    ///
    /// # Errors
    ///
    /// When the input has other channels than promised to [`new`](Self::new).
    pub fn forward(&self, input: &DenoiserInput) -> Result<DenoiserOutput> {
        let got = [input.nodes.dim(2)?, input.edges.dim(3)?, input.globals.dim(1)?];
        let expected = [self.channels.nodes, self.channels.edges, self.channels.globals];
        if got != expected {
            candle_core::bail!(
                "the input has {got:?} channels of nodes, edges and globals, the model expects {expected:?}"
            );
        }
        let mask = &input.mask;
        let [nodes, edges, globals] = &self.inputs;
        let pairs = ops::pairs(mask)?;
        let column = mask.unsqueeze(2)?;
        let edges = ops::relu(&edges.forward(&input.edges)?)?;
        let mut streams = GraphStreams {
            nodes: ops::relu(&nodes.forward(&input.nodes)?)?.broadcast_mul(&column)?,
            edges: ops::symmetric_part(&edges, &pairs)?,
            globals: ops::relu(&globals.forward(&input.globals)?)?,
        };
        for (index, layer) in self.layers.iter().enumerate() {
            let dropout = input.dropout.filter(|_| self.config.dropout > 0.0);
            let dropout = dropout.map(|seed| LayerDropout {
                probability: self.config.dropout,
                seed,
                layer: index as u64,
            });
            streams = layer.forward(&streams, mask, dropout)?;
        }
        let [nodes, edges] = &self.outputs;
        let one_hot = |x: &Tensor, classes| x.narrow(candle_core::D::Minus1, 0, classes);
        let nodes = (nodes.forward(&streams.nodes)? + one_hot(&input.nodes, self.channels.node_classes)?)?;
        let edges = (edges.forward(&streams.edges)? + one_hot(&input.edges, self.channels.edge_classes)?)?;
        Ok(DenoiserOutput {
            nodes: nodes.broadcast_mul(&column)?,
            edges: ops::symmetric_part(&edges, &ops::distinct_pairs(mask)?)?,
        })
    }
}

impl Backbone for GraphTransformer {
    type Input = DenoiserInput;
    type Output = DenoiserOutput;

    fn forward_t(&self, input: &DenoiserInput, train: bool) -> Result<DenoiserOutput> {
        if train {
            self.forward(input)
        } else {
            self.forward(&DenoiserInput {
                dropout: None,
                ..input.clone()
            })
        }
    }
}
