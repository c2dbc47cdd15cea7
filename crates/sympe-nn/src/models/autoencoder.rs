//! The graph autoencoder: compress a graph into node embeddings, rebuild it from their distances.

use super::backbone::Backbone;
use super::graph::{GraphClasses, GraphInput};
use crate::layers::{EgnnLayer, GnnLayer, Linear, RadialFieldLayer};
use crate::ops;
use crate::params::{Init, Params};
use candle_core::{D, DType, Result, Tensor};
use serde::{Deserialize, Serialize};

sympe_groups::named! {
    serde "network"
    /// The encoder.
    ///
    /// ```
    /// use sympe_nn::models::Network;
    /// assert_eq!("radial-field".parse::<Network>()?, Network::RadialField);
    /// # Ok::<(), sympe_groups::UnknownName>(())
    /// ```
    #[derive(Default)]
    pub enum Network {
        /// Message passing.
        ///
        /// The encoding joins the node features.
        Gnn = "gnn",
        /// E(n)-equivariant message passing.
        ///
        /// The encoding is the initial coordinates.
        #[default]
        Egnn = "egnn",
        /// Radial fields.
        ///
        /// The encoding is the initial coordinates.
        RadialField = "radial-field",
    }
}

impl Network {
    /// Whether the encoding is used as coordinates, of the dimension of the embedding.
    #[must_use]
    pub fn has_coordinates(self) -> bool {
        self != Self::Gnn
    }

    /// Whether nodes have features beside coordinates, and so can have classes.
    #[must_use]
    pub fn has_features(self) -> bool {
        self != Self::RadialField
    }
}

/// The sizes of an [`Autoencoder`], and how its decoder learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AutoencoderConfig {
    /// The encoder.
    pub network: Network,
    /// Width `H` of its layers.
    pub hidden: usize,
    /// Number of its layers.
    pub layers: usize,
    /// Dimension `K` of the node embeddings.
    pub embedding: usize,
    /// The decoder's bias is `bias_gain · b̂` with the parameter `b̂`, so that an update rule whose steps have one size for all
    /// parameters (Adam) moves it that many times as fast. 1 is the published form, and what configurations that do not
    /// name it were made with.
    ///
    /// A decoder with coordinates starts at a bias of 1 and ends above 6. At a rate of 1e-3 that alone takes more steps than a
    /// short training has, whatever breaks symmetry.
    #[serde(default = "published_gain")]
    pub bias_gain: f64,
}

/// What [`AutoencoderConfig::bias_gain`] is where it is not written.
fn published_gain() -> f64 {
    1.0
}

impl Default for AutoencoderConfig {
    /// The published sizes: 4 layers of width 64, embeddings of dimension 8. The bias of the decoder learns ten times as fast as
    /// published.
    fn default() -> Self {
        Self {
            network: Network::default(),
            hidden: 64,
            layers: 4,
            embedding: 8,
            bias_gain: 10.0,
        }
    }
}

/// What an [`Autoencoder`] gets beside the adjacency. The default is nothing: bare graphs, unbroken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    /// Channels of the encoding of nodes, 0 for none. With coordinates, that number must be the dimension of the embedding.
    pub nodes: usize,
    /// Channels of the encoding of pairs, 0 for none.
    pub pairs: usize,
    /// How many classes nodes and pairs have, that of pairs without an edge included; `None` for bare graphs. What has classes is
    /// rebuilt with them.
    pub classes: Option<[usize; 2]>,
}

impl Channels {
    /// Attributes of an edge: one for each class but that of no edge, and the encoding.
    fn attributes(self) -> usize {
        self.pair_classes() - 1 + self.pairs
    }

    /// Features of a node: 1, or its class.
    fn features(self) -> usize {
        self.classes.map_or(1, |[nodes, _]| nodes)
    }

    fn pair_classes(self) -> usize {
        self.classes.map_or(2, |[_, pairs]| pairs)
    }
}

/// Logits of the classes that an [`Autoencoder`] rebuilds.
#[derive(Clone, Debug)]
pub struct ClassLogits {
    /// `[B, N, A]`; meaningless in padding.
    pub nodes: Tensor,
    /// `[B, N, N, C]`, those of class 0, no edge, being 0; meaningless on the diagonal and in padding.
    pub pairs: Tensor,
}

/// The autoencoder of Satorras et al. (2021), section 5.2: node embeddings `z`, logits `w·‖z_i − z_j‖² + b`.
///
/// With classes ([`Channels`]) the features of nodes are their classes as one-hot vectors instead of ones, those of pairs are
/// attributes of the messages instead of the adjacency, and both are rebuilt. The code of a node is its embedding and the logits of
/// its class:
///
/// ```text
/// pair {i, j} of class c ≥ 1    w_c·‖z_i − z_j‖² + b_c,  and 0 for no edge
/// node i                        W·h_i + a
/// ```
///
/// Two classes of pairs are the published decoder. More of them part the distances into intervals, as each class has an affine
/// function of one number and the largest wins: orders of bonds become lengths. That keeps the decoder invariant under all
/// isometries of the embedding. Classes of nodes cannot be read from distances, as all that is known of one node alone is where
/// it lies; they are read from the last features `h`, which isometries leave as they are.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::{Autoencoder, AutoencoderConfig, GraphInput, Network};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let config = AutoencoderConfig { network: Network::Gnn, ..Default::default() };
/// let model = Autoencoder::new(config, 0, &store.root())?;
/// let edge = Tensor::new(&[[[0f32, 1.0], [1.0, 0.0]]], &Device::Cpu)?;
/// let input = GraphInput::new(edge, Tensor::ones((1, 2), DType::F32, &Device::Cpu)?)?;
/// let z = model.embed(&input)?;
/// // Curie's principle: the two ends of an edge are interchangeable, so an unbroken network embeds them alike.
/// assert_eq!(z.get(0)?.get(0)?.to_vec1::<f32>()?, z.get(0)?.get(1)?.to_vec1::<f32>()?);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Autoencoder {
    config: AutoencoderConfig,
    channels: Channels,
    encoder: Encoder,
    w: Tensor,
    b: Tensor,
    node_head: Option<Linear>,
}

#[derive(Clone, Debug)]
enum Encoder {
    Gnn { layers: Vec<GnnLayer>, output: Linear },
    Egnn { layers: Vec<EgnnLayer> },
    RadialField { layers: Vec<RadialFieldLayer> },
}

impl Encoder {
    fn new(config: AutoencoderConfig, channels: Channels, params: &Params<'_>) -> Result<Self> {
        let AutoencoderConfig { network, hidden, .. } = config;
        let attributes = channels.attributes();
        let place = |layer: usize| params.at("layers").at(layer);
        // The first layer reads the input features directly, without a residual connection.
        let width = |layer: usize| match (layer, network) {
            (0, Network::Gnn) => channels.features() + channels.nodes,
            (0, _) => channels.features(),
            _ => hidden,
        };
        let layers = 0..config.layers;
        Ok(match network {
            Network::Gnn => Self::Gnn {
                layers: layers
                    .map(|k| GnnLayer::with_attributes(width(k), attributes, hidden, k > 0, &place(k)))
                    .collect::<Result<_>>()?,
                output: Linear::new(hidden, config.embedding, &params.at("output"))?,
            },
            Network::Egnn => Self::Egnn {
                layers: layers
                    .map(|k| EgnnLayer::with_attributes(width(k), attributes, hidden, k > 0, &place(k)))
                    .collect::<Result<_>>()?,
            },
            Network::RadialField => Self::RadialField {
                layers: layers
                    .map(|k| RadialFieldLayer::with_attributes(attributes, hidden, &place(k)))
                    .collect::<Result<_>>()?,
            },
        })
    }
}

/// After each EGNN layer coordinates shrink by this share, as in the published code.
const SHRINK: f64 = 1e-3;

impl Autoencoder {
    /// A model whose input has an encoding of `encoding_dim` channels, 0 for none. With coordinates, that dimension
    /// must be the embedding's.
    ///
    /// # Errors
    ///
    /// When the encoding does not fit the network, or the gain of the bias is not positive.
    pub fn new(config: AutoencoderConfig, encoding_dim: usize, params: &Params<'_>) -> Result<Self> {
        let channels = Channels {
            nodes: encoding_dim,
            ..Channels::default()
        };
        Self::with_channels(config, channels, params)
    }

    /// A model whose input has these channels.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use sympe_nn::models::{Autoencoder, AutoencoderConfig, Channels, GraphClasses, GraphInput};
    /// use sympe_nn::params::ParamStore;
    ///
    /// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    /// // Five elements; no bond, single, double and triple bonds.
    /// let channels = Channels { classes: Some([5, 4]), ..Channels::default() };
    /// let model = Autoencoder::with_channels(AutoencoderConfig::default(), channels, &store.root())?;
    /// let adjacency = Tensor::new(&[[[0f32, 1.0], [1.0, 0.0]]], &Device::Cpu)?;
    /// let input = GraphInput::new(adjacency, Tensor::ones((1, 2), DType::F32, &Device::Cpu)?)?;
    /// let nodes = Tensor::new(&[[0u32, 2]], &Device::Cpu)?;
    /// let pairs = Tensor::new(&[[[0u32, 2], [2, 0]]], &Device::Cpu)?;
    /// let input = input.with_classes(GraphClasses { nodes, pairs })?;
    /// let logits = model.class_logits(&input)?;
    /// assert_eq!((logits.nodes.dims(), logits.pairs.dims()), (&[1, 2, 5][..], &[1, 2, 2, 4][..]));
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); and when nodes have no class, pairs fewer than two, or the network no features of nodes to tell classes by.
    pub fn with_channels(config: AutoencoderConfig, channels: Channels, params: &Params<'_>) -> Result<Self> {
        let AutoencoderConfig {
            network,
            hidden,
            embedding,
            bias_gain,
            ..
        } = config;
        if !(bias_gain > 0.0 && bias_gain.is_finite()) {
            candle_core::bail!("the gain of the decoder's bias is {bias_gain}, expected a positive number");
        }
        let dim = channels.nodes;
        if network.has_coordinates() && dim != 0 && dim != embedding {
            candle_core::bail!(
                "{network} uses the encoding as coordinates: it has {dim} channels, expected {embedding}"
            );
        }
        if let Some([nodes, pairs]) = channels.classes
            && (nodes == 0 || pairs < 2 || !network.has_features())
        {
            candle_core::bail!(
                "{nodes} classes of nodes and {pairs} of pairs in {network}: expected 1 and 2 at least, and a network with \
                 features of nodes"
            );
        }
        let decoder = params.at("decoder");
        // One row of weights and one bias for each class of pairs but that of no edge.
        let edges = channels.pair_classes() - 1;
        let (w, b) = if network.has_coordinates() {
            (
                decoder.get("w", edges, Init::Constant(-0.1))?,
                decoder.get("b", edges, Init::Constant(1.0 / bias_gain))?,
            )
        } else {
            let bound = 1.0 / (embedding as f64).sqrt();
            (
                decoder.get("w", edges * embedding, Init::FanIn(embedding))?,
                decoder.get("b", edges, Init::Uniform(bound / bias_gain))?,
            )
        };
        let node_head = |[nodes, _]: [usize; 2]| Linear::new(hidden, nodes, &decoder.at("nodes"));
        Ok(Self {
            config,
            channels,
            encoder: Encoder::new(config, channels, &params.at("encoder"))?,
            w,
            b,
            node_head: channels.classes.map(node_head).transpose()?,
        })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> &AutoencoderConfig {
        &self.config
    }

    /// Node embeddings `[B, N, K]`, zero in padding.
    ///
    /// # Errors
    ///
    /// When the input has other channels than those promised to [`with_channels`](Self::with_channels).
    pub fn embed(&self, input: &GraphInput) -> Result<Tensor> {
        Ok(self.encode(input)?.0)
    }

    /// Embeddings, and the last features of nodes if the network has any.
    fn encode(&self, input: &GraphInput) -> Result<(Tensor, Option<Tensor>)> {
        self.check(input)?;
        let (batch, n) = input.mask.dims2()?;
        let pairs = input.pairs()?;
        let attributes = self.attributes(input)?;
        let (dtype, device) = (input.mask.dtype(), input.mask.device());
        let coordinates = || match &input.encoding {
            Some(encoding) => Ok(encoding.clone()),
            None => Tensor::zeros((batch, n, self.config.embedding), dtype, device),
        };
        let features = || match &input.classes {
            Some(classes) => ops::one_hot(&classes.nodes, self.channels.features(), dtype),
            None => Tensor::ones((batch, n, 1), dtype, device),
        };
        let (z, h) = match &self.encoder {
            Encoder::Gnn { layers, output } => {
                let mut h = match &input.encoding {
                    Some(encoding) => Tensor::cat(&[&features()?, encoding], 2)?,
                    None => features()?,
                };
                for layer in layers {
                    h = layer.forward(&h, &attributes, &pairs)?;
                }
                (output.forward(&h)?, Some(h))
            }
            Encoder::Egnn { layers } => {
                let mut h = features()?;
                let mut x = coordinates()?;
                for layer in layers {
                    (h, x) = layer.forward(&h, &x, &attributes, &pairs)?;
                    x = (x * (1.0 - SHRINK))?;
                }
                (x, Some(h))
            }
            Encoder::RadialField { layers } => {
                let mut x = coordinates()?;
                for layer in layers {
                    x = layer.forward(&x, &attributes, &pairs)?;
                }
                (x, None)
            }
        };
        Ok((z.broadcast_mul(&input.mask.unsqueeze(2)?)?, h))
    }

    /// Refuses an input with other channels than the model's.
    fn check(&self, input: &GraphInput) -> Result<()> {
        let dim = |encoding: &Option<Tensor>| {
            encoding
                .as_ref()
                .map_or(Ok(0), |encoding| encoding.dim(D::Minus1))
        };
        for (what, got, expected) in [
            ("encoding", dim(&input.encoding)?, self.channels.nodes),
            (
                "encoding of pairs",
                dim(&input.pair_encoding)?,
                self.channels.pairs,
            ),
        ] {
            if got != expected {
                candle_core::bail!("the {what} has {got} channels, the model expects {expected}");
            }
        }
        match (&input.classes, self.channels.classes) {
            (Some(_), None) => candle_core::bail!("the graphs have classes, the model expects bare ones"),
            (None, Some(_)) => candle_core::bail!("the graphs are bare, the model expects classes"),
            _ => Ok(()),
        }
    }

    /// The attributes of edges: `[B, N, N]` if it is one, or `[B, N, N, A]`.
    fn attributes(&self, input: &GraphInput) -> Result<Tensor> {
        let edges = match &input.classes {
            Some(classes) => {
                let all = ops::one_hot(
                    &classes.pairs,
                    self.channels.pair_classes(),
                    input.adjacency.dtype(),
                )?;
                all.narrow(3, 1, self.channels.pair_classes() - 1)?
            }
            None => input.adjacency.unsqueeze(3)?,
        };
        match &input.pair_encoding {
            Some(encoding) => Tensor::cat(&[&edges, encoding], 3),
            None if self.channels.attributes() == 1 => edges.squeeze(3),
            None => edges.contiguous(),
        }
    }

    /// Logits of the classes of pairs but that of no edge, each `[B, N, N]`.
    fn edge_logits(&self, z: &Tensor) -> Result<Vec<Tensor>> {
        let edges = self.channels.pair_classes() - 1;
        let width = self.w.elem_count() / edges;
        let b = (&self.b * self.config.bias_gain)?;
        (0..edges)
            .map(|class| {
                let w = self.w.narrow(0, class * width, width)?;
                ops::distance_logits(z, &w, &b.narrow(0, class, 1)?)
            })
            .collect()
    }

    /// Logits of edges, `[B, N, N]`; diagonal and padding are meaningless. With classes, the odds of some edge against none.
    ///
    /// # Errors
    ///
    /// As [`embed`](Self::embed).
    pub fn logits(&self, input: &GraphInput) -> Result<Tensor> {
        let edges = self.edge_logits(&self.embed(input)?)?;
        match &edges[..] {
            [edge] => Ok(edge.clone()),
            edges => Tensor::stack(edges, 3)?.log_sum_exp(3),
        }
    }

    /// Logits of the classes of nodes and pairs.
    ///
    /// # Errors
    ///
    /// As [`embed`](Self::embed), and when the model has no classes.
    pub fn class_logits(&self, input: &GraphInput) -> Result<ClassLogits> {
        let (z, h) = self.encode(input)?;
        let (Some(head), Some(h)) = (&self.node_head, h) else {
            candle_core::bail!("the model rebuilds bare graphs, expected one with classes");
        };
        let mut pairs = self.edge_logits(&z)?;
        pairs.insert(0, pairs[0].zeros_like()?);
        Ok(ClassLogits {
            nodes: head.forward(&h)?,
            pairs: Tensor::stack(&pairs, 3)?,
        })
    }

    /// Cross-entropy of the classes, summed over the real nodes and over the ordered pairs of distinct real nodes of all graphs, in
    /// nats: a scalar.
    ///
    /// # Errors
    ///
    /// When the input has no classes, one that the model does not know, or the shapes do not fit.
    pub fn class_loss(&self, input: &GraphInput, logits: &ClassLogits) -> Result<Tensor> {
        let Some(GraphClasses { nodes, pairs }) = &input.classes else {
            candle_core::bail!("the graphs are bare, expected classes");
        };
        let of_nodes = ops::cross_entropy_sum(&logits.nodes, nodes, &input.mask)?;
        of_nodes + ops::cross_entropy_sum(&logits.pairs, pairs, &input.pairs()?)?
    }

    /// Binary cross-entropy summed over the ordered pairs of distinct real nodes of all graphs, in nats: a scalar.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    pub fn loss(&self, input: &GraphInput, logits: &Tensor) -> Result<Tensor> {
        ops::bce_with_logits_sum(logits, &input.adjacency, &input.pairs()?)
    }

    /// Probabilities of edges, `[B, N, N]`, zero on the diagonal and in padding.
    ///
    /// # Errors
    ///
    /// As [`embed`](Self::embed).
    pub fn reconstruct(&self, input: &GraphInput) -> Result<Tensor> {
        let logits = self.logits(input)?.to_dtype(DType::F64)?;
        let probabilities = (logits.neg()?.exp()? + 1.0)?.recip()?;
        probabilities.to_dtype(input.mask.dtype())? * input.pairs()?
    }
}

impl Backbone for Autoencoder {
    type Input = GraphInput;
    type Output = Tensor;

    fn forward_t(&self, input: &GraphInput, _train: bool) -> Result<Tensor> {
        self.logits(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamStore;
    use candle_core::Device;

    /// Squared distances between embeddings, `z` `[B, N, K]` to `[B, N, N]`.
    fn squared_distances(z: &Tensor) -> Result<Tensor> {
        z.unsqueeze(2)?
            .broadcast_sub(&z.unsqueeze(1)?)?
            .sqr()?
            .sum(candle_core::D::Minus1)
    }

    #[test]
    fn parameter_counts_are_the_published_ones() -> Result<()> {
        for (network, expected) in [(Network::Gnn, 88_000), (Network::Egnn, 104_650)] {
            let store = ParamStore::new(0, DType::F32, &Device::Cpu);
            Autoencoder::new(
                AutoencoderConfig {
                    network,
                    ..Default::default()
                },
                0,
                &store.root(),
            )?;
            let count = store.count();
            assert!(count.abs_diff(expected) < 60, "{network}: {count} parameters");
        }
        Ok(())
    }

    #[test]
    fn the_gain_of_the_bias_changes_where_no_model_starts_but_how_far_a_step_goes() -> Result<()> {
        let adjacency = Tensor::new(&[[[0f64, 1.0], [1.0, 0.0]]], &Device::Cpu)?;
        let input = GraphInput::new(adjacency, Tensor::ones((1, 2), DType::F64, &Device::Cpu)?)?;
        for network in Network::ALL {
            let case = |bias_gain: f64| -> Result<[f64; 2]> {
                let store = ParamStore::new(5, DType::F64, &Device::Cpu);
                let config = AutoencoderConfig {
                    network,
                    bias_gain,
                    ..Default::default()
                };
                let model = Autoencoder::new(config, 0, &store.root())?;
                let logits = model.logits(&input)?;
                let gradients = model.loss(&input, &logits)?.backward()?;
                let (_, b) = (store.vars().into_iter())
                    .find(|(name, _)| name == "decoder.b")
                    .expect("a decoder has a bias");
                let slope = gradients.get(&b).expect("the bias has a gradient");
                Ok([
                    logits.get(0)?.get(0)?.get(1)?.to_scalar()?,
                    slope.get(0)?.to_scalar()?,
                ])
            };
            let ([before, slope], [after, steeper]) = (case(1.0)?, case(10.0)?);
            assert!((before - after).abs() < 1e-12, "{network}: {before}, {after}");
            assert!(
                (10.0 * slope - steeper).abs() < 1e-12,
                "{network}: {slope}, {steeper}"
            );
        }
        let store = ParamStore::new(5, DType::F64, &Device::Cpu);
        for bias_gain in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let config = AutoencoderConfig {
                bias_gain,
                ..Default::default()
            };
            let error = Autoencoder::new(config, 0, &store.root()).unwrap_err();
            assert!(
                error.to_string().contains("expected a positive number"),
                "{error}"
            );
        }
        Ok(())
    }

    #[test]
    fn the_logit_of_a_coordinate_model_is_the_distance_decoder() -> Result<()> {
        let store = ParamStore::new(3, DType::F64, &Device::Cpu);
        let model = Autoencoder::new(AutoencoderConfig::default(), 8, &store.root())?;
        let adjacency = Tensor::new(
            &[[[0f64, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]],
            &Device::Cpu,
        )?;
        let mut input = GraphInput::new(adjacency, Tensor::ones((1, 3), DType::F64, &Device::Cpu)?)?;
        let x: Vec<f64> = (0..24).map(|i| (i as f64 * 0.7).sin()).collect();
        input.encoding = Some(Tensor::from_vec(x, (1, 3, 8), &Device::Cpu)?);
        let expected = (squared_distances(&model.embed(&input)?)? * -0.1)?.affine(1.0, 1.0)?;
        let difference = (model.logits(&input)? - expected)?
            .abs()?
            .max_all()?
            .to_scalar::<f64>()?;
        assert!(difference < 1e-12, "{difference}");
        Ok(())
    }
}
