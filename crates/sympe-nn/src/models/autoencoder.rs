//! The graph autoencoder: compress a graph into node embeddings, rebuild it from their distances.

use super::backbone::Backbone;
use super::graph::GraphInput;
use crate::layers::{EgnnLayer, GnnLayer, Linear, RadialFieldLayer};
use crate::ops;
use crate::params::{Init, Params};
use candle_core::{DType, Result, Tensor};
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

/// The autoencoder of Satorras et al. (2021), section 5.2: node embeddings `z`, logits `w·‖z_i − z_j‖² + b`.
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
    encoding_dim: usize,
    encoder: Encoder,
    w: Tensor,
    b: Tensor,
}

#[derive(Clone, Debug)]
enum Encoder {
    Gnn { layers: Vec<GnnLayer>, output: Linear },
    Egnn { layers: Vec<EgnnLayer> },
    RadialField { layers: Vec<RadialFieldLayer> },
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
        let AutoencoderConfig {
            network,
            hidden,
            layers,
            embedding,
            bias_gain,
        } = config;
        if !(bias_gain > 0.0 && bias_gain.is_finite()) {
            candle_core::bail!("the gain of the decoder's bias is {bias_gain}, expected a positive number");
        }
        if network.has_coordinates() && encoding_dim != 0 && encoding_dim != embedding {
            candle_core::bail!(
                "{network} uses the encoding as coordinates: it has {encoding_dim} channels, expected {embedding}"
            );
        }
        let encoder = params.at("encoder");
        let place = |layer: usize| encoder.at("layers").at(layer);
        // The first layer reads the input features directly, without a residual connection.
        let width = |layer: usize| match (layer, network) {
            (0, Network::Gnn) => 1 + encoding_dim,
            (0, _) => 1,
            _ => hidden,
        };
        let encoder = match network {
            Network::Gnn => Encoder::Gnn {
                layers: (0..layers)
                    .map(|layer| GnnLayer::new(width(layer), hidden, layer > 0, &place(layer)))
                    .collect::<Result<_>>()?,
                output: Linear::new(hidden, embedding, &encoder.at("output"))?,
            },
            Network::Egnn => Encoder::Egnn {
                layers: (0..layers)
                    .map(|layer| EgnnLayer::new(width(layer), hidden, layer > 0, &place(layer)))
                    .collect::<Result<_>>()?,
            },
            Network::RadialField => Encoder::RadialField {
                layers: (0..layers)
                    .map(|layer| RadialFieldLayer::new(hidden, &place(layer)))
                    .collect::<Result<_>>()?,
            },
        };
        let decoder = params.at("decoder");
        let (w, b) = if network.has_coordinates() {
            (
                decoder.get("w", 1, Init::Constant(-0.1))?,
                decoder.get("b", 1, Init::Constant(1.0 / bias_gain))?,
            )
        } else {
            let bound = 1.0 / (embedding as f64).sqrt();
            (
                decoder.get("w", embedding, Init::FanIn(embedding))?,
                decoder.get("b", 1, Init::Uniform(bound / bias_gain))?,
            )
        };
        Ok(Self {
            config,
            encoding_dim,
            encoder,
            w,
            b,
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
    /// When the encoding of the input is not of the dimension promised to [`new`](Self::new).
    pub fn embed(&self, input: &GraphInput) -> Result<Tensor> {
        let (batch, n) = input.mask.dims2()?;
        let got = input
            .encoding
            .as_ref()
            .map_or(Ok(0), |encoding| encoding.dim(2))?;
        if got != self.encoding_dim {
            candle_core::bail!(
                "the encoding has {got} channels, the model expects {}",
                self.encoding_dim
            );
        }
        let pairs = input.pairs()?;
        let mask = input.mask.unsqueeze(2)?;
        let (dtype, device) = (input.mask.dtype(), input.mask.device());
        let coordinates = || match &input.encoding {
            Some(encoding) => Ok(encoding.clone()),
            None => Tensor::zeros((batch, n, self.config.embedding), dtype, device),
        };
        let ones = || Tensor::ones((batch, n, 1), dtype, device);
        let z = match &self.encoder {
            Encoder::Gnn { layers, output } => {
                let mut h = match &input.encoding {
                    Some(encoding) => Tensor::cat(&[&ones()?, encoding], 2)?,
                    None => ones()?,
                };
                for layer in layers {
                    h = layer.forward(&h, &input.adjacency, &pairs)?;
                }
                output.forward(&h)?
            }
            Encoder::Egnn { layers } => {
                let mut h = ones()?;
                let mut x = coordinates()?;
                for layer in layers {
                    (h, x) = layer.forward(&h, &x, &input.adjacency, &pairs)?;
                    x = (x * (1.0 - SHRINK))?;
                }
                x
            }
            Encoder::RadialField { layers } => {
                let mut x = coordinates()?;
                for layer in layers {
                    x = layer.forward(&x, &input.adjacency, &pairs)?;
                }
                x
            }
        };
        z.broadcast_mul(&mask)
    }

    /// Logits of edges, `[B, N, N]`; diagonal and padding are meaningless.
    ///
    /// # Errors
    ///
    /// As [`embed`](Self::embed).
    pub fn logits(&self, input: &GraphInput) -> Result<Tensor> {
        let b = (&self.b * self.config.bias_gain)?;
        ops::distance_logits(&self.embed(input)?, &self.w, &b)
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
