//! Learned positional encodings `g̃·v`: the injective image of the sampled group element.

mod field;
mod pair_table;
mod table;

pub use field::{FieldConfig, FieldEncoding, FieldInit};
pub use pair_table::PairTableEncoding;
pub use table::{TableConfig, TableEncoding, TableInit};

use candle_core::{Result, Tensor};

/// A learned vector `v` on which the group acts freely, and its transform `g̃·v`.
pub trait PositionalEncoding {
    /// The sampled group elements of a batch, as index tensors.
    type Draw;
    /// Channels of the encoding.
    fn dim(&self) -> usize;
    /// `g̃·v` for every element of the batch, `[B, N, dim]` (`[B, N, N, dim]` for pairs, `[B, dim, h, w]` for
    /// lattices).
    ///
    /// # Errors
    ///
    /// When the draw has the wrong shape or type.
    fn encode(&self, draw: &Self::Draw) -> Result<Tensor>;
}
