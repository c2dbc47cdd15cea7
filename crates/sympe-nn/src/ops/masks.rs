//! Masks of pairs from masks of nodes.

use candle_core::{Result, Tensor};

/// `[B, N, N]`, 1 for ordered pairs of real nodes, from a mask `[B, N]`; a node makes a pair with itself.
pub(crate) fn pairs(mask: &Tensor) -> Result<Tensor> {
    mask.unsqueeze(2)?.broadcast_mul(&mask.unsqueeze(1)?)
}

/// [`pairs`] of distinct nodes.
pub(crate) fn distinct_pairs(mask: &Tensor) -> Result<Tensor> {
    let apart = Tensor::eye(mask.dim(1)?, mask.dtype(), mask.device())?.affine(-1.0, 1.0)?;
    pairs(mask)?.broadcast_mul(&apart)
}
