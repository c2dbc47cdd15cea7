//! The radial field: coordinates alone.

use super::linear::Linear;
use crate::ops;
use crate::params::{Init, Params};
use candle_core::{Result, Tensor};

/// Coordinates that move along differences, by a function of distance and edge attribute (Köhler et al. 2019):
/// `x_i ← x_i + mean_j clamp((x_i − x_j)·φ([‖x_i − x_j‖, a_ij]), ±100) − 1e-3·x_i`.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::{layers::RadialFieldLayer, params::ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let layer = RadialFieldLayer::new(16, &store.root())?;
/// let x = Tensor::new(&[[[0f32, 0.0], [1.0, 0.0], [0.0, 2.0]]], &Device::Cpu)?;
/// let pairs = Tensor::ones((1, 3, 3), DType::F32, &Device::Cpu)?;
/// assert_eq!(layer.forward(&x, &pairs, &pairs)?.dims(), [1, 3, 2]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RadialFieldLayer {
    first: Linear,
    second: Linear,
}

impl RadialFieldLayer {
    /// A layer with `hidden` units.
    ///
    /// # Errors
    ///
    /// When the names are taken.
    pub fn new(hidden: usize, params: &Params<'_>) -> Result<Self> {
        Self::with_attributes(1, hidden, params)
    }

    /// The same for pairs of so many attributes.
    ///
    /// # Errors
    ///
    /// When the names are taken.
    pub fn with_attributes(attributes: usize, hidden: usize, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            first: Linear::new(1 + attributes, hidden, &params.at("0"))?,
            second: Linear::without_bias(hidden, 1, Init::Xavier(1e-3), &params.at("1"))?,
        })
    }

    /// `x` `[B, N, K]`, `adjacency` (the edge attribute) and `pairs` `[B, N, N]`; returns `[B, N, K]`. Several attributes are
    /// `[B, N, N, A]`.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor, adjacency: &Tensor, pairs: &Tensor) -> Result<Tensor> {
        let difference = x.unsqueeze(2)?.broadcast_sub(&x.unsqueeze(1)?)?;
        // The root has an infinite slope at 0: coinciding points (the diagonal) get a constant instead.
        let squared = difference.sqr()?.sum(3)?;
        let apart = squared.gt(0.0)?;
        let distance = apart.where_cond(&squared, &squared.ones_like()?)?.sqrt()?;
        let distance = (distance * apart.to_dtype(x.dtype())?)?;
        let input = match adjacency.rank() {
            3 => Tensor::stack(&[&distance, adjacency], 3)?,
            _ => Tensor::cat(&[&distance.unsqueeze(3)?, adjacency], 3)?,
        };
        let phi = self.second.forward(&ops::silu(&self.first.forward(&input)?)?)?;
        let count = pairs.sum_keepdim(2)?.maximum(1.0)?;
        let steps = difference.broadcast_mul(&phi)?.clamp(-100.0, 100.0)?;
        let mean = steps
            .broadcast_mul(&pairs.unsqueeze(3)?)?
            .sum(2)?
            .broadcast_div(&count)?;
        (x * (1.0 - 1e-3))? + mean
    }
}
