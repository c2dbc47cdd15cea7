//! Masks of pairs from masks of nodes, and classes as vectors.

use candle_core::{DType, Result, Tensor};

/// `[B, N, N]`, 1 for ordered pairs of real nodes, from a mask `[B, N]`; a node makes a pair with itself.
pub(crate) fn pairs(mask: &Tensor) -> Result<Tensor> {
    mask.unsqueeze(2)?.broadcast_mul(&mask.unsqueeze(1)?)
}

/// [`pairs`] of distinct nodes.
pub(crate) fn distinct_pairs(mask: &Tensor) -> Result<Tensor> {
    let apart = Tensor::eye(mask.dim(1)?, mask.dtype(), mask.device())?.affine(-1.0, 1.0)?;
    pairs(mask)?.broadcast_mul(&apart)
}

/// Classes `[…]` as vectors `[…, count]`.
pub(crate) fn one_hot(classes: &Tensor, count: usize, dtype: DType) -> Result<Tensor> {
    let rows = Tensor::eye(count, dtype, classes.device())?.index_select(&classes.flatten_all()?, 0)?;
    let mut dims = classes.dims().to_vec();
    dims.push(count);
    rows.reshape(dims)
}
