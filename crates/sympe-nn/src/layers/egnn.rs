//! The E(n)-equivariant layer.

use super::gnn::{EdgeNetwork, update};
use super::linear::Mlp;
use crate::ops::Coordinates;
use crate::params::{Init, Params};
use candle_core::{Result, Tensor};

/// An E(n)-equivariant layer (Satorras, Hoogeboom & Welling 2021): messages see squared distances, coordinates move
/// along differences:
///
/// ```text
/// m_ij = MLP([h_i, h_j, ‖x_i − x_j‖², a_ij])
/// x_i ← x_i + mean_j clamp((x_i − x_j)·φ(m_ij), ±100)
/// h_i ← [h_i +] MLP([h_i, Σ_j m_ij])
/// ```
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::{layers::EgnnLayer, params::ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let layer = EgnnLayer::new(16, 16, true, &store.root())?;
/// let h = Tensor::ones((1, 3, 16), DType::F32, &Device::Cpu)?;
/// let x = Tensor::new(&[[[0f32, 0.0], [1.0, 0.0], [0.0, 2.0]]], &Device::Cpu)?;
/// let pairs = Tensor::ones((1, 3, 3), DType::F32, &Device::Cpu)?;
/// let (h, x) = layer.forward(&h, &x, &pairs, &pairs)?;
/// assert_eq!((h.dims(), x.dims()), (&[1, 3, 16][..], &[1, 3, 2][..]));
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EgnnLayer {
    edge: EdgeNetwork,
    node: Mlp,
    w_distance: Tensor,
    w3: Tensor,
    b3: Tensor,
    w4: Tensor,
    residual: bool,
}

/// Bound on each entry of a displacement, as in the published code.
const CLAMP: f64 = 100.0;

impl EgnnLayer {
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
        let fan_in = 2 * inputs + attributes + 1;
        let coordinate = params.at("coordinate");
        Ok(Self {
            edge: EdgeNetwork::new(inputs, attributes, hidden, fan_in, &params.at("edge"))?,
            node: Mlp::new(inputs + hidden, hidden, hidden, &params.at("node"))?,
            w_distance: params.at("edge").get("distance", hidden, Init::FanIn(fan_in))?,
            w3: coordinate.get("0.weight", (hidden, hidden), Init::FanIn(hidden))?,
            b3: coordinate.get("0.bias", hidden, Init::FanIn(hidden))?,
            w4: coordinate
                .get("1.weight", (1, hidden), Init::Xavier(1e-3))?
                .flatten_all()?,
            residual,
        })
    }

    /// `h` `[B, N, inputs]`, `x` `[B, N, K]`, `adjacency` (the edge attribute) and `pairs` `[B, N, N]`; returns the new `h` and
    /// `x`. Several attributes are `[B, N, N, A]`.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    pub fn forward(
        &self,
        h: &Tensor,
        x: &Tensor,
        adjacency: &Tensor,
        pairs: &Tensor,
    ) -> Result<(Tensor, Tensor)> {
        let coordinates = Coordinates {
            x,
            w_distance: &self.w_distance,
            w3: &self.w3,
            b3: &self.b3,
            w4: &self.w4,
            clamp: CLAMP,
        };
        let output = self.edge.messages(h, adjacency, pairs, Some(coordinates))?;
        let displacement = output.displacement.expect("coordinates were given");
        Ok((
            update(&self.node, h, &output.messages, self.residual)?,
            (x + displacement)?,
        ))
    }
}
