//! Normalization of fields.

use super::field::Fibre;
use crate::params::{Init, Params};
use candle_core::{Result, Tensor};
use sympe_groups::lattice::Wallpaper;

/// Layer norm at every site, over all channels and their fibres, with gain and bias per channel: equivariant, since
/// the group only permutes what is averaged. `[B, C·S, h, w]`.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_groups::lattice::Wallpaper;
/// use sympe_nn::layers::lattice::{Fibre, FieldNorm};
/// use sympe_nn::params::ParamStore;
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let norm = FieldNorm::new(Wallpaper::P1, Fibre::Regular, 2, &store.root())?;
/// let y = norm.forward(&Tensor::new(&[[[[3f32]], [[5.0]]]], &Device::Cpu)?)?;
/// assert!((y.flatten_all()?.to_vec1::<f32>()?[1] - 1.0).abs() < 1e-4);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FieldNorm {
    fibre: usize,
    gain: Tensor,
    bias: Tensor,
}

/// Added to the variance.
const EPSILON: f64 = 1e-5;

impl FieldNorm {
    /// For fields of `channels` channels.
    ///
    /// # Errors
    ///
    /// When the names are taken.
    pub fn new(group: Wallpaper, fibre: Fibre, channels: usize, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            fibre: fibre.size(group),
            gain: params.get("gain", channels, Init::Constant(1.0))?,
            bias: params.get("bias", channels, Init::Constant(0.0))?,
        })
    }

    /// Applies it.
    ///
    /// # Errors
    ///
    /// When `x` has the wrong number of channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, channels, h, w) = x.dims4()?;
        let centred = x.broadcast_sub(&x.mean_keepdim(1)?)?;
        let variance = centred.sqr()?.mean_keepdim(1)?;
        let normal = centred.broadcast_div(&(variance + EPSILON)?.sqrt()?)?;
        let per_channel = |values: &Tensor| values.reshape((1, values.elem_count(), 1, 1));
        normal
            .reshape((batch, channels / self.fibre, self.fibre, h * w))?
            .broadcast_mul(&per_channel(&self.gain)?)?
            .broadcast_add(&per_channel(&self.bias)?)?
            .reshape((batch, channels, h, w))
    }
}
