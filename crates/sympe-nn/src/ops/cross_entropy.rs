//! Cross-entropy of categorical targets.
//!
//! Logits `[…, C]`, classes and weights `[…]` to the scalar `Σ w·(ln Σ_c e^l_c − l_target)`, whose gradient is
//! `w·(softmax(l) − one-hot)`. The largest logit is subtracted first, so that no logit overflows; the sum is taken in
//! `f64`, entry by entry. In plain tensors loss and gradient are a dozen operations with a tensor `[…, C]` each; here
//! both are one pass. O(entries·C).

use super::fallback;
use super::storage::{fused, slice, with_values};
use super::vector;
use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

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
    let weight = weight.detach();
    if fused(logits) {
        let targets = targets.flatten_all()?.to_vec1()?;
        logits.contiguous()?.apply_op1(CrossEntropy { targets, weight })
    } else {
        fallback::cross_entropy_sum(logits, targets, &weight)
    }
}

struct CrossEntropy {
    targets: Vec<u32>,
    weight: Tensor,
}

/// The largest of some logits, and `Σ e^(l − largest)`.
fn partition(logits: &[f32]) -> (f32, f32) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (largest, logits.iter().map(|l| (l - largest).exp()).sum())
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let logits = slice(storage, layout)?;
        let classes = logits.len().checked_div(self.targets.len()).unwrap_or(1);
        let total = with_values([&self.weight], |[weight]| {
            let mut total = 0f64;
            for ((logits, &target), &w) in logits.chunks_exact(classes).zip(&self.targets).zip(weight) {
                if w != 0.0 {
                    let (largest, sum) = partition(logits);
                    total += f64::from(w * (largest - logits[target as usize] + sum.ln()));
                }
            }
            Ok(total)
        })?;
        Ok((CpuStorage::F32(vec![total as f32]), ().into()))
    }

    fn bwd(&self, logits: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let scale = grad.to_scalar::<f32>()?;
        let dx = with_values([logits, &self.weight], |[logits, weight]| {
            let classes = logits.len().checked_div(self.targets.len()).unwrap_or(1);
            let mut dx = vec![0f32; logits.len()];
            for (index, (logits, dx)) in logits
                .chunks_exact(classes)
                .zip(dx.chunks_exact_mut(classes))
                .enumerate()
            {
                let w = scale * weight[index];
                if w != 0.0 {
                    let (largest, sum) = partition(logits);
                    for (dx, l) in dx.iter_mut().zip(logits) {
                        *dx = w * vector::flushed((l - largest).exp() / sum);
                    }
                    dx[self.targets[index] as usize] -= w;
                }
            }
            Ok(dx)
        })?;
        Ok(Some(Tensor::from_vec(dx, logits.shape(), logits.device())?))
    }
}
