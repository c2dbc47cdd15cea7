//! A learned kernel of tori: an element of the wallpaper group by its score, and noise.

use super::{DrawModule, LearnedConfig, check_noise};
use crate::models::{Backbone, LatticeInput, LatticeNet, LatticeNetConfig};
use crate::params::Params;
use candle_core::{Result, Tensor};
use sympe_groups::lattice::LatticeGroup;

/// A learned kernel of a wallpaper group on a torus, perhaps with the spin flip: `P(g̃ = g) ∝ exp s(g)` with scores that an equivariant
/// network reads out on the group, `s(k·x)(k·g) = s(x)(g)`.
///
/// The draw is the element of the largest `s(g) + γ(g)` with independent Gumbel noise γ, `−ln(−ln U)` (Gumbel 1954); of elements that
/// rounding makes equal, that of the largest γ. The relaxation is the softmax of `(s + γ)/τ` (Jang et al. 2017; Maddison et al. 2017).
/// Elements `k` of the stabilizer of an input change no score, `s(k·g) = s(g)`, so that all of a coset `Stab(x)·g` are equally likely.
/// Every kernel that gives all elements a chance is of this form, with `s(g) = ln P(g)`, and the exact one is a limit of such.
///
/// Noise and weights are `[B, |G|]` in the order of [`LatticeGroup::elements`](sympe_groups::FiniteSubgroup::elements): flip, point
/// operation, row, column. Under the spin flip the scores of flipped elements are those of the input with its field reversed.
/// O(|G|) per input beside the network.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_groups::lattice::{LatticeGroup, Wallpaper};
/// use sympe_nn::learned::{DrawModule, LearnedConfig, LearnedElements};
/// use sympe_nn::models::LatticeInput;
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let group = LatticeGroup::new(Wallpaper::P4m, 4, 4).unwrap();
/// let config = LearnedConfig { hidden: 2, layers: 1, ..Default::default() };
/// let kernel = LearnedElements::new(&group, config, &store.root())?;
/// let ones = Tensor::ones((1, 4, 4), DType::F32, &Device::Cpu)?;
/// // All elements leave a uniform magnet as it is: noise alone decides.
/// let noise = Tensor::arange(0u32, 128, &Device::Cpu)?.to_dtype(DType::F32)?.unsqueeze(0)?;
/// let drawn = kernel.draw(&LatticeInput::new(&ones, &ones, &ones)?, &noise)?;
/// assert_eq!(drawn.to_vec1::<u32>()?, [127]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LearnedElements {
    net: LatticeNet,
    flips: bool,
    order: usize,
    config: LearnedConfig,
}

/// Side of the filters.
const KERNEL: usize = 3;

impl LearnedElements {
    /// For this group; couplings and field are the input.
    ///
    /// # Errors
    ///
    /// When the options are out of range, or the names are taken.
    pub fn new(group: &LatticeGroup, config: LearnedConfig, params: &Params<'_>) -> Result<Self> {
        config.check()?;
        let net = LatticeNetConfig {
            group: group.wallpaper(),
            channels: config.hidden,
            blocks: config.layers,
            kernel: KERNEL,
            relaxed: 0,
        };
        let shape = group.shape().map(|side| side as usize);
        Ok(Self {
            net: LatticeNet::on_group(net, shape, 1, params)?,
            flips: group.has_spin_flip(),
            order: group.order() as usize,
            config,
        })
    }

    /// The scores `[B, |G|]`.
    ///
    /// # Errors
    ///
    /// When the input lives on another torus, or has other channels on sites than the field.
    pub fn scores(&self, input: &LatticeInput) -> Result<Tensor> {
        let read =
            |input: &LatticeInput| self.net.forward_t(input, false)?.flatten_from(1)? * self.config.gain;
        let scores = read(input)?;
        if !self.flips {
            return Ok(scores);
        }
        let reversed = LatticeInput {
            directions: input.directions.clone(),
            sites: input.sites.neg()?,
        };
        Tensor::cat(&[&scores, &read(&reversed)?], 1)
    }

    /// Scores with noise.
    fn perturbed(&self, input: &LatticeInput, noise: &Tensor) -> Result<Tensor> {
        check_noise(noise, &[input.sites.dim(0)?, self.order])?;
        self.scores(input)? + noise
    }
}

/// The number `[B]` (`u32`) of the largest value of each row `[B, K]`; of equal ones, that of the largest noise.
fn largest(values: &Tensor, noise: &Tensor) -> Result<Tensor> {
    let best = values.broadcast_eq(&values.max_keepdim(1)?)?;
    let others = Tensor::full(f64::NEG_INFINITY, noise.dims(), noise.device())?.to_dtype(noise.dtype())?;
    best.where_cond(noise, &others)?.argmax(1)
}

impl DrawModule for LearnedElements {
    type Input = LatticeInput;

    /// Numbers of elements, `[B]`.
    fn draw(&self, input: &LatticeInput, noise: &Tensor) -> Result<Tensor> {
        largest(&self.perturbed(input, noise)?, noise)
    }

    /// Weights `[B, |G|]`, of sum 1.
    fn forward(&self, input: &LatticeInput, noise: &Tensor) -> Result<Tensor> {
        let perturbed = self.perturbed(input, noise)?;
        let top = perturbed.max_keepdim(1)?.detach();
        let raised = (perturbed.broadcast_sub(&top)? / self.config.temperature)?.exp()?;
        let soft = raised.broadcast_div(&raised.sum_keepdim(1)?)?;
        self.config.relaxation.of(soft, || {
            let numbers = Tensor::arange(0, self.order as u32, noise.device())?.unsqueeze(0)?;
            let drawn = largest(&perturbed, noise)?.unsqueeze(1)?;
            drawn.broadcast_eq(&numbers)?.to_dtype(noise.dtype())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn of_equal_values_noise_decides() -> Result<()> {
        let values = Tensor::new(&[[1e9f32, 1e9, -1.0], [0.0, 1.0, 0.5]], &Device::Cpu)?;
        let noise = Tensor::new(&[[0.1f32, 0.2, 3.0], [0.0, -5.0, 0.0]], &Device::Cpu)?;
        assert_eq!(largest(&values, &noise)?.to_vec1::<u32>()?, [1, 1]);
        assert_eq!(
            largest(&values.to_dtype(DType::F64)?, &noise.to_dtype(DType::F64)?)?.to_vec1::<u32>()?,
            [1, 1]
        );
        Ok(())
    }
}
