//! The network of clouds of points that reads coordinates as they are.

use super::backbone::Backbone;
use super::points::{PointChannels, PointInput, PointOutput};
use crate::layers::{GnnLayer, Mlp};
use crate::ops;
use crate::params::Params;
use candle_core::{D, Result, Tensor};
use serde::{Deserialize, Serialize};

/// The sizes of a [`CoordinateNet`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CoordinateNetConfig {
    /// Width of the layers.
    pub hidden: usize,
    /// Layers, at least 1.
    pub layers: usize,
}

impl Default for CoordinateNetConfig {
    fn default() -> Self {
        Self {
            hidden: 36,
            layers: 3,
        }
    }
}

/// A network on clouds of points that commutes with permutations of points and with translations, and with no rotation: messages
/// between all pairs of points ([`GnnLayer`]), which see coordinates and components of vectors as features. What makes it
/// equivariant is around it: [`in_frames`](super::in_frames).
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::{Backbone, CoordinateNet, CoordinateNetConfig, PointChannels, PointInput};
/// use sympe_nn::params::ParamStore;
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let channels = PointChannels { features: 1, vectors: 0, vector_outputs: 1, scalar_outputs: 2 };
/// let net = CoordinateNet::new(CoordinateNetConfig::default(), channels, &store.root())?;
/// let positions = Tensor::new(&[[[1f32, 0.0, 0.0], [-1.0, 0.0, 0.0]]], &Device::Cpu)?;
/// let ones = Tensor::ones((1, 2), DType::F32, &Device::Cpu)?;
/// let output = net.forward_t(&PointInput::new(positions, ones.unsqueeze(2)?, ones)?, false)?;
/// assert_eq!((output.vectors.dims(), output.scalars.dims()), (&[1, 2, 1, 3][..], &[1, 2, 2][..]));
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CoordinateNet {
    channels: PointChannels,
    layers: Vec<GnnLayer>,
    head: Mlp,
}

impl CoordinateNet {
    /// A network of these sizes for these channels.
    ///
    /// # Errors
    ///
    /// When the names are taken, or there is no layer.
    pub fn new(config: CoordinateNetConfig, channels: PointChannels, params: &Params<'_>) -> Result<Self> {
        let CoordinateNetConfig { hidden, layers } = config;
        if layers == 0 {
            candle_core::bail!("a network of coordinates of 0 layers, expected at least 1");
        }
        let inputs = channels.features + 3 + 3 * channels.vectors;
        let layer = |k: usize| {
            let width = if k == 0 { inputs } else { hidden };
            GnnLayer::new(width, hidden, k > 0, &params.at("layers").at(k))
        };
        let outputs = 3 * channels.vector_outputs + channels.scalar_outputs;
        Ok(Self {
            channels,
            layers: (0..layers).map(layer).collect::<Result<_>>()?,
            head: Mlp::new(hidden, hidden, outputs, &params.at("head"))?,
        })
    }
}

impl Backbone for CoordinateNet {
    type Input = PointInput;
    type Output = PointOutput;

    fn forward_t(&self, input: &PointInput, _: bool) -> Result<PointOutput> {
        self.channels.check(input)?;
        let positions = input.centered()?;
        let mut parts = vec![input.features.clone(), positions];
        if let Some(vectors) = &input.vectors {
            parts.push(vectors.flatten_from(2)?);
        }
        let pairs = ops::distinct_pairs(&input.mask)?;
        // Messages are sums; means do not grow with the number of points.
        let weights = pairs.broadcast_div(&pairs.sum_keepdim(2)?.maximum(1.0)?)?;
        let mut h = Tensor::cat(&parts, D::Minus1)?;
        for layer in &self.layers {
            h = layer.forward(&h, &pairs, &weights)?;
        }
        let output = self.head.forward(&h)?.broadcast_mul(&input.mask.unsqueeze(2)?)?;
        let (batch, n, width) = output.dims3()?;
        let vectors = 3 * self.channels.vector_outputs;
        Ok(PointOutput {
            vectors: output
                .narrow(2, 0, vectors)?
                .reshape((batch, n, self.channels.vector_outputs, 3))?,
            scalars: output.narrow(2, vectors, width - vectors)?,
        })
    }
}
