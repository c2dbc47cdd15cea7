//! Relaxed group convolution: symmetry that training may give up.

use super::conv::{GroupConv, GroupConvConfig};
use crate::ops::ConvMethod;
use crate::params::{Init, Params};
use candle_core::{Result, Tensor};

/// Relaxed group convolution (Wang et al. 2022, 2024): a sum over a bank of group convolutions, each with a free weight
/// for every element of the group it reads from,
///
/// ```text
/// y = Σ_l ψ_l ∗ (w_l ⊙ x),        w_l(t, r) for each member t of the fibre and each site r.
/// ```
///
/// The weights start at 1, where it is an equivariant convolution; training can make them differ, and then the map
/// prefers some places and orientations to others. It is deterministic: it breaks symmetry the same way for every
/// input, and is not equivariant, in law or otherwise. Here it is a baseline.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_groups::lattice::Wallpaper;
/// use sympe_nn::layers::lattice::{Fibre, GroupConvConfig, RelaxedGroupConv};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let config = GroupConvConfig::new(Wallpaper::P4m, Fibre::Scalar, Fibre::Regular, 3);
/// let layer = RelaxedGroupConv::new(config, 1, 2, 3, [4, 4], &store.root())?;
/// assert_eq!(layer.forward(&Tensor::ones((1, 1, 4, 4), DType::F32, &Device::Cpu)?)?.dims(), [1, 16, 4, 4]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RelaxedGroupConv {
    conv: GroupConv,
    weights: Tensor,
}

impl RelaxedGroupConv {
    /// A bank of `filters` convolutions on a torus of this shape.
    ///
    /// # Errors
    ///
    /// See [`GroupConv::new`].
    pub fn new(
        config: GroupConvConfig,
        inputs: usize,
        outputs: usize,
        filters: usize,
        [h, w]: [usize; 2],
        params: &Params<'_>,
    ) -> Result<Self> {
        let fibre = config.input.size(config.group);
        Ok(Self {
            conv: GroupConv::new(config, filters * inputs, outputs, params)?,
            weights: params.get("relaxation", (filters, 1, fibre, h, w), Init::Constant(1.0))?,
        })
    }

    /// Applies it, exactly.
    ///
    /// # Errors
    ///
    /// When `x` has the wrong number of channels, or lives on another torus.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.forward_with(x, ConvMethod::Exact)
    }

    /// Applies it with the given method.
    ///
    /// # Errors
    ///
    /// When `x` has the wrong number of channels, or lives on another torus.
    pub fn forward_with(&self, x: &Tensor, method: ConvMethod) -> Result<Tensor> {
        let (batch, channels, h, w) = x.dims4()?;
        let fibre = self.weights.dim(2)?;
        let x = x.reshape((batch, 1, channels / fibre, fibre, h * w))?;
        let weights = self.weights.flatten_from(3)?.unsqueeze(0)?;
        let weighted = x.broadcast_mul(&weights)?;
        let filters = self.weights.dim(0)?;
        self.conv
            .forward_with(&weighted.reshape((batch, filters * channels, h, w))?, method)
    }
}
