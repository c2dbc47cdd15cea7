//! Message passing between all pairs of nodes.

use super::linear::Mlp;
use crate::ops::{self, Coordinates, PairMessage, PairMessageOutput};
use crate::params::{Init, Params};
use candle_core::{DType, Result, Tensor};

/// A message-passing layer: `m_ij = MLP([h_i, h_j, a_ij])`, `h_i ← [h_i +] MLP([h_i, Σ_j m_ij])`
/// (Satorras et al. 2021, the EGNN without coordinates).
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::{layers::GnnLayer, params::ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let layer = GnnLayer::new(16, 16, true, &store.root())?;
/// let h = Tensor::ones((1, 3, 16), DType::F32, &Device::Cpu)?;
/// let adjacency = Tensor::zeros((1, 3, 3), DType::F32, &Device::Cpu)?;
/// let pairs = Tensor::ones((1, 3, 3), DType::F32, &Device::Cpu)?;
/// assert_eq!(layer.forward(&h, &adjacency, &pairs)?.dims(), [1, 3, 16]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GnnLayer {
    edge: EdgeNetwork,
    node: Mlp,
    residual: bool,
}

impl GnnLayer {
    /// A layer from `inputs` to `hidden` features; `residual` needs the two to be equal.
    ///
    /// # Errors
    ///
    /// When the names are taken.
    pub fn new(inputs: usize, hidden: usize, residual: bool, params: &Params<'_>) -> Result<Self> {
        Self::with_attributes(inputs, 1, hidden, residual, params)
    }

    /// The same for pairs of so many attributes, at least one.
    ///
    /// # Errors
    ///
    /// When the names are taken.
    pub fn with_attributes(
        inputs: usize,
        attributes: usize,
        hidden: usize,
        residual: bool,
        params: &Params<'_>,
    ) -> Result<Self> {
        let fan_in = 2 * inputs + attributes;
        Ok(Self {
            edge: EdgeNetwork::new(inputs, attributes, hidden, fan_in, &params.at("edge"))?,
            node: Mlp::new(inputs + hidden, hidden, hidden, &params.at("node"))?,
            residual,
        })
    }

    /// `h` `[B, N, inputs]`, `adjacency` (the edge attribute) and `pairs` (1 where a pair counts) `[B, N, N]`; returns
    /// `[B, N, hidden]`. Several attributes are `[B, N, N, A]`.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    pub fn forward(&self, h: &Tensor, adjacency: &Tensor, pairs: &Tensor) -> Result<Tensor> {
        let messages = self.edge.messages(h, adjacency, pairs, None)?.messages;
        update(&self.node, h, &messages, self.residual)
    }
}

/// `[h +] MLP([h, messages])`.
pub(super) fn update(node: &Mlp, h: &Tensor, messages: &Tensor, residual: bool) -> Result<Tensor> {
    let new = node.forward(&Tensor::cat(&[h, messages], 2)?)?;
    if residual { h + new } else { Ok(new) }
}

/// The network of the messages. Its first layer is stored in parts — receiver, sender, attribute, distance — so that it
/// is applied per node, not per pair: `W[h_i, h_j] = W_a h_i + W_b h_j`.
#[derive(Clone, Debug)]
pub(super) struct EdgeNetwork {
    projection: Tensor,
    bias: Tensor,
    w_attribute: Tensor,
    w2: Tensor,
    b2: Tensor,
    hidden: usize,
}

impl EdgeNetwork {
    /// `fan_in` is that of the whole first layer, which decides how its parts start.
    pub(super) fn new(
        inputs: usize,
        attributes: usize,
        hidden: usize,
        fan_in: usize,
        params: &Params<'_>,
    ) -> Result<Self> {
        let init = Init::FanIn(fan_in);
        Ok(Self {
            projection: params.get("projection", (2 * hidden, inputs), init)?,
            bias: params.get("bias", hidden, init)?,
            w_attribute: match attributes {
                1 => params.get("attribute", hidden, init)?,
                _ => params.get("attribute", (attributes, hidden), init)?,
            },
            w2: params.get("second.weight", (hidden, hidden), Init::FanIn(hidden))?,
            b2: params.get("second.bias", hidden, Init::FanIn(hidden))?,
            hidden,
        })
    }

    pub(super) fn messages(
        &self,
        h: &Tensor,
        adjacency: &Tensor,
        pairs: &Tensor,
        coordinates: Option<Coordinates<'_>>,
    ) -> Result<PairMessageOutput> {
        let no_bias = Tensor::zeros(self.hidden, DType::F32, h.device())?.to_dtype(h.dtype())?;
        let bias = Tensor::cat(&[&self.bias, &no_bias], 0)?;
        let projected = ops::linear(h, &self.projection, Some(&bias))?;
        ops::pair_message(&PairMessage {
            projected: &projected,
            pair_weight: pairs,
            attribute: Some((adjacency, &self.w_attribute)),
            coordinates,
            w2: &self.w2,
            b2: &self.b2,
        })
    }
}
