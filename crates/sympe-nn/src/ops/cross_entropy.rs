//! Cross-entropy of categorical targets.

use super::fallback;
use candle_core::{DType, Result, Tensor};

/// `Σ w·(ln Σ_c e^l_c − l_target)` over all entries, a scalar in nats: `logits` `[…, C]`, `targets` `[…]` (`u32`, below
/// `C`), `weight` `[…]`. Gradients flow to the logits only.
///
/// # Errors
///
/// When the shapes do not fit, or a target is not a class.
pub fn cross_entropy_sum(logits: &Tensor, targets: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let Some((&classes, leading)) = logits.dims().split_last() else {
        candle_core::bail!("cross_entropy_sum: logits are a scalar, expected classes as last dimension")
    };
    if targets.dims() != leading || weight.dims() != leading || targets.dtype() != DType::U32 {
        candle_core::bail!(
            "cross_entropy_sum: targets {:?} ({:?}) and weight {:?} do not fit logits {:?}: expected {leading:?}, U32",
            targets.dims(),
            targets.dtype(),
            weight.dims(),
            logits.dims()
        );
    }
    if targets.elem_count() > 0 {
        let largest = targets.flatten_all()?.max(0)?.to_scalar::<u32>()?;
        if largest as usize >= classes {
            candle_core::bail!("cross_entropy_sum: target {largest} is not one of {classes} classes");
        }
    }
    fallback::cross_entropy_sum(logits, targets, &weight.detach())
}
