//! The symmetric part of pair features.

use super::fallback;
use candle_core::{Result, Tensor};

/// `weight_ij·(x_ij + x_ji)/2`: `x` `[B, N, N, D]`, `weight` `[B, N, N]`, symmetric and constant.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn symmetric_part(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let (batch, n, columns, _) = x.dims4()?;
    if n != columns || weight.dims() != [batch, n, n] {
        candle_core::bail!(
            "symmetric_part: weight {:?} does not fit x {:?}",
            weight.dims(),
            x.dims()
        );
    }
    fallback::symmetric_part(x, &weight.detach())
}
