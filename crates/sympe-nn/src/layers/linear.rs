//! Affine maps and two-layer perceptrons.

use crate::ops;
use crate::params::{Init, Params};
use candle_core::{Result, Tensor};

/// An affine map of the last dimension, `[…, I]` to `[…, O]`. Starts uniform on `±1/√I`, as PyTorch's.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::{layers::Linear, params::ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let linear = Linear::new(3, 5, &store.root())?;
/// assert_eq!(linear.forward(&Tensor::ones((2, 7, 3), DType::F32, &Device::Cpu)?)?.dims(), [2, 7, 5]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// A map with bias.
    ///
    /// # Errors
    ///
    /// When the names are taken.
    pub fn new(inputs: usize, outputs: usize, params: &Params<'_>) -> Result<Self> {
        let bias = Some(params.get("bias", outputs, Init::FanIn(inputs))?);
        Ok(Self {
            weight: params.get("weight", (outputs, inputs), Init::FanIn(inputs))?,
            bias,
        })
    }

    /// A map without bias.
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn without_bias(inputs: usize, outputs: usize, init: Init, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            weight: params.get("weight", (outputs, inputs), init)?,
            bias: None,
        })
    }

    /// Applies the map.
    ///
    /// # Errors
    ///
    /// When the last dimension is not the number of inputs.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::linear(x, &self.weight, self.bias.as_ref())
    }

    /// Matrix and bias of a map that has both.
    pub(super) fn parts(&self) -> (&Tensor, &Tensor) {
        (&self.weight, self.bias.as_ref().expect("made with a bias"))
    }

    /// The matrix `[O, I]`.
    #[must_use]
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }

    /// The bias `[O]`.
    #[must_use]
    pub fn bias(&self) -> Option<&Tensor> {
        self.bias.as_ref()
    }
}

/// `Linear`, SiLU, `Linear`.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::{layers::Mlp, params::ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let mlp = Mlp::new(3, 8, 1, &store.root())?;
/// assert_eq!(mlp.forward(&Tensor::ones((4, 3), DType::F32, &Device::Cpu)?)?.dims(), [4, 1]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mlp {
    first: Linear,
    second: Linear,
}

impl Mlp {
    /// A perceptron with one hidden layer.
    ///
    /// # Errors
    ///
    /// When the names are taken.
    pub fn new(inputs: usize, hidden: usize, outputs: usize, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            first: Linear::new(inputs, hidden, &params.at("0"))?,
            second: Linear::new(hidden, outputs, &params.at("1"))?,
        })
    }

    /// Applies it.
    ///
    /// # Errors
    ///
    /// When the last dimension is not the number of inputs.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.second.forward(&ops::silu(&self.first.forward(x)?)?)
    }
}
