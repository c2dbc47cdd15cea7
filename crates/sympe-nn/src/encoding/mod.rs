//! Learned positional encodings `g̃·v`: the injective image of the sampled group element.

mod field;
mod frame;
mod invariant;
mod orbit;
mod pair_table;
mod periodic;
mod smoothed;
mod table;

pub use field::{FieldConfig, FieldEncoding, FieldInit};
pub use frame::FrameEncoding;
pub use invariant::{Invariant, Places, places_of};
pub use orbit::OrbitEncoding;
pub use pair_table::PairTableEncoding;
pub use periodic::PeriodicField;
pub use smoothed::{PlacesIn, SmoothedEncoding};
pub use table::{TableConfig, TableEncoding, TableInit};

use candle_core::{Result, Tensor};

/// A learned vector `v` on which the group acts freely, and its transform `g̃·v`; or more generally an encoding `e(x, g̃)` that
/// sees the input `x`, too.
///
/// Law: `e(k·x, k·g̃) = k·e(x, g̃)` for every element `k`. `g̃·v` keeps it whatever `x` is;
/// [`equivariance_error`](crate::check::equivariance_error) measures it for both.
///
/// ```
/// use candle_core::{DType, Device, Result, Tensor};
/// use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding};
/// use sympe_nn::params::ParamStore;
///
/// fn width(encoding: &impl PositionalEncoding<Draw = Tensor>, draw: &Tensor) -> Result<usize> {
///     encoding.encode(draw)?.dim(candle_core::D::Minus1)
/// }
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let table = TableEncoding::new(3, 8, TableConfig::default(), &store.root())?;
/// assert_eq!(width(&table, &Tensor::new(&[[2u32, 0, 1]], &Device::Cpu)?)?, 8);
/// # Ok::<(), candle_core::Error>(())
/// ```
pub trait PositionalEncoding: std::fmt::Debug + Send + Sync {
    /// The sampled group elements of a batch, as index tensors or matrices; with the inputs where the encoding sees them. Tables take weights of
    /// places, too, from [learned kernels](crate::learned).
    type Draw;
    /// Channels of the encoding.
    fn dim(&self) -> usize;
    /// `g̃·v`, or `e(x, g̃)`, for every element of the batch, `[B, N, dim]` (`[B, N, N, dim]` for pairs, `[B, dim, h, w]` for
    /// lattices, `[B, dim, 3]` for clouds of points).
    ///
    /// # Errors
    ///
    /// When the draw has the wrong shape or type.
    fn encode(&self, draw: &Self::Draw) -> Result<Tensor>;
}

/// Whether a draw is given as weights `[B, N, n_max]` of the rows of a table, and not as places `[B, N]`; refuses weights of another
/// number of rows.
fn is_weighted(draw: &Tensor, n_max: usize) -> Result<bool> {
    match *draw.dims() {
        [_, _, rows] if rows != n_max => {
            candle_core::bail!("weights {:?} of places, expected {n_max} places", draw.dims())
        }
        [_, _, _] => Ok(true),
        _ => Ok(false),
    }
}

/// The means `[B, N, C]` of rows, by weights `[B, N, P]`: of one table `[P, C]`, or of one for each input, `[B, P, C]`.
fn weighted(weights: &Tensor, rows: &Tensor) -> Result<Tensor> {
    if rows.rank() == 3 {
        return weights.matmul(rows);
    }
    let (batch, n, places) = weights.dims3()?;
    (weights.reshape((batch * n, places))?.matmul(rows)?).reshape((batch, n, ()))
}
