//! Learned positional encodings `g̃·v`: the injective image of the sampled group element.

mod field;
mod invariant;
mod pair_table;
mod periodic;
mod smoothed;
mod table;

pub use field::{FieldConfig, FieldEncoding, FieldInit};
pub use invariant::{Invariant, Places, places_of};
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
    /// The sampled group elements of a batch, as index tensors; with the inputs where the encoding sees them.
    type Draw;
    /// Channels of the encoding.
    fn dim(&self) -> usize;
    /// `g̃·v`, or `e(x, g̃)`, for every element of the batch, `[B, N, dim]` (`[B, N, N, dim]` for pairs, `[B, dim, h, w]` for
    /// lattices).
    ///
    /// # Errors
    ///
    /// When the draw has the wrong shape or type.
    fn encode(&self, draw: &Self::Draw) -> Result<Tensor>;
}
