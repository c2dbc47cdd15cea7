//! Pooling over fibres and sites, and couplings as fields.

use super::field::Fibre;
use candle_core::{Result, Tensor};
use sympe_groups::lattice::Wallpaper;

/// How to pool.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::layers::lattice::{Pool, site_pool};
/// let field = Tensor::new(&[[[[1f32, 3.0], [2.0, 6.0]]]], &Device::Cpu)?;
/// assert_eq!(site_pool(&field, Pool::Mean)?.to_vec2::<f32>()?, [[3.0]]);
/// assert_eq!(site_pool(&field, Pool::Max)?.to_vec2::<f32>()?, [[6.0]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pool {
    /// The mean.
    Mean,
    /// The maximum; where several values are equal to it, each receives the whole gradient.
    Max,
}

impl Pool {
    fn over(self, x: &Tensor, dim: usize) -> Result<Tensor> {
        match self {
            Self::Mean => x.mean(dim),
            Self::Max => x.max(dim),
        }
    }
}

/// Pools each fibre: `[B, C·S, h, w]` to scalars `[B, C, h, w]`, equivariantly.
///
/// # Errors
///
/// When the channels are no multiple of `S`.
pub fn fibre_pool(x: &Tensor, group: Wallpaper, fibre: Fibre, pool: Pool) -> Result<Tensor> {
    let (batch, channels, h, w) = x.dims4()?;
    let size = fibre.size(group);
    if channels % size != 0 {
        candle_core::bail!("fibre_pool: {channels} channels are no multiple of {size}, the size of a fibre");
    }
    let pooled = pool.over(&x.reshape((batch, channels / size, size, h * w))?, 2)?;
    pooled.reshape((batch, channels / size, h, w))
}

/// Pools all sites: `[B, C, h, w]` to `[B, C]`. Scalar channels become invariants.
///
/// # Errors
///
/// When `x` has not four dimensions.
pub fn site_pool(x: &Tensor, pool: Pool) -> Result<Tensor> {
    pool.over(&x.flatten_from(2)?, 2)
}

/// Values on bonds as a field of [`Fibre::Directions`]: `down` and `right` `[B, h, w]`, each from its site to the next;
/// returns `[B, 4, h, w]`, at each site the values on the bonds down, right, up and left of it. The point group then
/// permutes the four, with no shift by half a bond.
///
/// # Errors
///
/// When the shapes differ.
pub fn bonds_to_directions(down: &Tensor, right: &Tensor) -> Result<Tensor> {
    let (up, left) = (down.roll(1, 1)?, right.roll(1, 2)?);
    Tensor::stack(&[down, right, &up, &left], 1)
}
