//! Learned kernels: group elements drawn by a network, from the input and from noise (the `h_φ` of Lawrence et al. 2025).
//!
//! The exact kernel draws on the host and has nothing to learn. Here the host draws nothing but noise, whose law no element of
//! the group changes, and an equivariant network on the device makes a group element of it: [`LearnedRanks`] for graphs,
//! [`LearnedElements`] for tori, [`LearnedFrames`] for clouds of points, whose frames depend on the parameters smoothly. A network of the same kind could do without a kernel, given the noise itself; what the kernel adds is
//! that everything random has the form `g̃·v`, one group element, so that a network that has learned to draw few of them has a law
//! of little entropy.
//!
//! A draw does not depend on the parameters smoothly, so what is trained is a relaxation of it, [`Relaxation`].

mod elements;
mod frames;
mod graph_view;
mod ranks;
mod scores;

pub use elements::LearnedElements;
pub use frames::LearnedFrames;
pub use graph_view::GraphView;
pub use ranks::{ranks, soft_ranks, weights_of_ranks, weights_of_soft_ranks};
pub use scores::LearnedRanks;

use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// A learned kernel: a group element for every input of a batch, made of the input and of noise.
///
/// Laws, of every element `k` of the group and for any parameters, to rounding:
///
/// * `draw(k·x, k·z) = k·draw(x, z)`, and `forward` likewise. Where the law of the noise is not changed by `k`, the draw for `k·x`
///   then has the law of the draw for `x`, moved by `k`: the kernel is equivariant (method, law 1). It need not lead all `k·x`
///   back to one form.
/// * `forward` stands for the draw in an encoding, and has gradients.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::learned::{DrawModule, GraphView, LearnedConfig, LearnedRanks};
/// use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let kernel = LearnedRanks::new(16, [0, 1], LearnedConfig::default(), &store.root().at("kernel"))?;
/// let table = TableEncoding::new(16, 8, TableConfig::default(), &store.root())?;
///
/// // The ends of an edge are interchangeable; noise says which comes first.
/// let edge = Tensor::new(&[[[0f32, 1.0], [1.0, 0.0]]], &Device::Cpu)?;
/// let input = GraphView::new(edge, Tensor::ones((1, 2), DType::F32, &Device::Cpu)?)?;
/// let noise = Tensor::new(&[[0.3f32, -1.2]], &Device::Cpu)?;
/// let ranks = kernel.draw(&input, &noise)?.to_vec2::<u32>()?;
/// assert!(ranks == [[0, 1]] || ranks == [[1, 0]]);
/// let encoding = table.encode(&kernel.forward(&input, &noise)?)?;
/// assert_eq!(encoding.dims(), [1, 2, 8]);
/// # Ok::<(), candle_core::Error>(())
/// ```
pub trait DrawModule: Debug + Send + Sync {
    /// A batch of what draws are made for.
    type Input;

    /// The group elements themselves, without a gradient: ranks `[B, N]` (`u32`, the number of rows in padding), numbers of elements
    /// `[B]` (`u32`), or matrices `[B, d, d]`.
    ///
    /// # Errors
    ///
    /// When input or noise have the wrong shape.
    fn draw(&self, input: &Self::Input, noise: &Tensor) -> Result<Tensor>;

    /// What stands for them in an encoding, differentiable in the parameters: weights `[B, N, rows]` of ranks, weights `[B, |G|]` of
    /// elements, or matrices `[B, d, d]`.
    ///
    /// # Errors
    ///
    /// When input or noise have the wrong shape.
    fn forward(&self, input: &Self::Input, noise: &Tensor) -> Result<Tensor>;
}

sympe_groups::named! {
    serde "relaxation of a draw"
    /// What a draw from a finite group is replaced by, so that its kernel can be trained.
    ///
    /// ```
    /// use sympe_nn::learned::Relaxation;
    /// assert_eq!("straight-through".parse(), Ok(Relaxation::StraightThrough));
    /// ```
    #[derive(Default)]
    pub enum Relaxation {
        /// A mean over group elements, in training and evaluation: encodings between those of the table.
        Soft = "soft",
        /// The drawn element, with the gradient of the mean (Bengio et al. 2013): what is learned is biased, what is drawn is exact.
        #[default]
        StraightThrough = "straight-through",
    }
}

impl Relaxation {
    /// The weights that encodings get, of `soft` ones and, where they are needed, those of the draw.
    fn of(self, soft: Tensor, hard: impl FnOnce() -> Result<Tensor>) -> Result<Tensor> {
        match self {
            Self::Soft => Ok(soft),
            Self::StraightThrough => {
                // A change of exactly zero, with the gradient of the soft weights.
                let change = (&soft - soft.detach())?;
                hard()? + change
            }
        }
    }
}

/// The options of a learned kernel.
///
/// ```
/// use sympe_nn::learned::{LearnedConfig, Relaxation};
/// let config = LearnedConfig { relaxation: Relaxation::Soft, ..Default::default() };
/// assert_eq!((config.hidden, config.layers), (16, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LearnedConfig {
    /// What a draw is replaced by in training.
    pub relaxation: Relaxation,
    /// τ: differences of scores that are small against it are not yet decided, in the relaxation; noise has a standard deviation
    /// of about 1.
    pub temperature: f64,
    /// Factor on the scores of the network, beside which noise is added. Small, the kernel starts uniform; large, it starts as what
    /// the network makes of the input before it has learned, a canonicalization of sorts with noise where that ties.
    pub gain: f64,
    /// Width of the network of the scores.
    pub hidden: usize,
    /// Its layers, or on tori its blocks.
    pub layers: usize,
}

impl Default for LearnedConfig {
    fn default() -> Self {
        Self {
            relaxation: Relaxation::default(),
            temperature: 2.0,
            gain: 50.0,
            hidden: 16,
            layers: 2,
        }
    }
}

impl LearnedConfig {
    fn check(&self) -> Result<()> {
        let Self { hidden, .. } = *self;
        for (what, value) in [("temperature", self.temperature), ("gain", self.gain)] {
            if !(value > 0.0 && value.is_finite()) {
                candle_core::bail!("the {what} of a learned kernel is {value}, expected a positive number");
            }
        }
        if hidden == 0 {
            candle_core::bail!("the width of a learned kernel is 0, expected at least 1");
        }
        Ok(())
    }
}

/// Refuses noise of another shape than the input's.
fn check_noise(noise: &Tensor, expected: &[usize]) -> Result<()> {
    if noise.dims() != expected {
        candle_core::bail!(
            "noise {:?} does not fit the input, expected {expected:?}",
            noise.dims()
        );
    }
    Ok(())
}
