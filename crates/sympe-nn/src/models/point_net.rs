//! The E(3)-equivariant network of clouds of points.

use super::backbone::Backbone;
use super::points::{PointChannels, PointInput, PointOutput};
use crate::layers::{Linear, Mlp, PointGeometry, PointLayer};
use crate::params::{Init, Params};
use candle_core::{D, Result, Tensor};
use serde::{Deserialize, Serialize};

/// The sizes of a [`PointNet`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PointNetConfig {
    /// Scalar channels.
    pub hidden: usize,
    /// Vector channels.
    pub vectors: usize,
    /// Layers.
    pub layers: usize,
    /// Functions through which distances are seen.
    pub radial: usize,
    /// The largest distance that they tell from others, in the unit of the positions.
    pub reach: f64,
}

impl Default for PointNetConfig {
    fn default() -> Self {
        Self {
            hidden: 32,
            vectors: 12,
            layers: 3,
            radial: 8,
            reach: 4.0,
        }
    }
}

/// A network on clouds of points that commutes with all motions of E(3), mirrors included, and with permutations of points:
/// [layers](PointLayer) of scalar and vector channels between all pairs of points.
///
/// Vectors of the input, such as an encoding `g̃·v` by frames or noise, join the vector channels, whose products are scalars: so the
/// network sees where each point is relative to them.
///
/// ```text
/// y_i = Σ_c (W_oc·MLP(h_i)_o) V_ic
/// ```
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::{Backbone, PointChannels, PointInput, PointNet, PointNetConfig};
/// use sympe_nn::params::ParamStore;
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let channels = PointChannels { features: 1, vectors: 0, vector_outputs: 1, scalar_outputs: 2 };
/// let net = PointNet::new(PointNetConfig::default(), channels, &store.root())?;
/// let positions = Tensor::new(&[[[1f32, 0.0, 0.0], [-1.0, 0.0, 0.0]]], &Device::Cpu)?;
/// let ones = Tensor::ones((1, 2), DType::F32, &Device::Cpu)?;
/// let output = net.forward_t(&PointInput::new(positions, ones.unsqueeze(2)?, ones)?, false)?;
/// // Curie's principle: an answer has the symmetry of the cloud, so vectors are along the line.
/// let [first, second] = [0, 1].map(|i| output.vectors.flatten(0, 2).unwrap().get(i).unwrap().to_vec1::<f32>().unwrap());
/// assert_eq!(first[1..], [0.0, 0.0]);
/// assert!((first[0] + second[0]).abs() < 1e-6);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PointNet {
    config: PointNetConfig,
    channels: PointChannels,
    features: Linear,
    vectors: Linear,
    layers: Vec<PointLayer>,
    /// Gates of vector outputs, and scalar outputs.
    head: Mlp,
    directions: Linear,
}

impl PointNet {
    /// A network of these sizes for these channels.
    ///
    /// # Errors
    ///
    /// When the names are taken, or sizes are 0.
    pub fn new(config: PointNetConfig, channels: PointChannels, params: &Params<'_>) -> Result<Self> {
        let PointNetConfig {
            hidden,
            vectors,
            layers,
            radial,
            ..
        } = config;
        let outputs = channels.vector_outputs;
        let layer = |k: usize| PointLayer::new(hidden, vectors, radial, &params.at("layers").at(k));
        let linear = |inputs, outputs, name: &str| {
            Linear::without_bias(inputs, outputs, Init::Xavier(1.0), &params.at(name))
        };
        Ok(Self {
            config,
            channels,
            features: Linear::new(channels.features, hidden, &params.at("features"))?,
            vectors: linear(1 + channels.vectors, vectors, "vectors")?,
            layers: (0..layers).map(layer).collect::<Result<_>>()?,
            head: Mlp::new(
                hidden,
                hidden,
                outputs + channels.scalar_outputs,
                &params.at("head"),
            )?,
            directions: linear(vectors, outputs, "directions")?,
        })
    }
}

impl Backbone for PointNet {
    type Input = PointInput;
    type Output = PointOutput;

    fn forward_t(&self, input: &PointInput, _: bool) -> Result<PointOutput> {
        self.channels.check(input)?;
        let positions = input.centered()?;
        let mask = input.mask.unsqueeze(2)?;
        let geometry = PointGeometry::new(&positions, &input.mask, self.config.radial, self.config.reach)?;
        let own = positions.unsqueeze(2)?;
        let vectors = match &input.vectors {
            Some(vectors) => Tensor::cat(&[&own, vectors], 2)?,
            None => own,
        };
        let mut v = self.vectors.forward(&vectors.transpose(2, 3)?.contiguous()?)?;
        let mut h = self.features.forward(&input.features)?;
        for layer in &self.layers {
            (h, v) = layer.forward(&h, &v, &geometry)?;
        }
        let outputs = self.channels.vector_outputs;
        let head = self.head.forward(&h)?.broadcast_mul(&mask)?;
        let gates = head.narrow(D::Minus1, 0, outputs)?.unsqueeze(2)?;
        let vectors = self.directions.forward(&v)?.broadcast_mul(&gates)?;
        Ok(PointOutput {
            vectors: vectors.transpose(2, 3)?.contiguous()?,
            scalars: head.narrow(D::Minus1, outputs, self.channels.scalar_outputs)?,
        })
    }
}
