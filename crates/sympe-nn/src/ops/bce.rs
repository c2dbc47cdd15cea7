//! Binary cross-entropy that is finite for every logit.
//!
//! Logits, targets and weights of one shape to the scalar `Σ w·(max(l, 0) − l·t + ln(1 + e^−|l|))`, whose gradient is
//! `w·(σ(l) − t)`. The sum is taken in `f64`, entry by entry. In plain tensors the loss is eight operations with a
//! tensor each, and so is its gradient; here both are one pass. O(entries).

use super::storage::{fused, slice, with_values};
use super::{fallback, vector};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

/// `Σ w·(max(l, 0) − l·t + ln(1 + e^−|l|))` over all entries, a scalar in nats. Gradients flow to the logits only.
///
/// # Errors
///
/// When the three shapes differ.
pub fn bce_with_logits_sum(logits: &Tensor, targets: &Tensor, weight: &Tensor) -> Result<Tensor> {
    if logits.dims() != targets.dims() || logits.dims() != weight.dims() {
        candle_core::bail!(
            "bce_with_logits_sum: logits {:?}, targets {:?} and weight {:?} must have one shape",
            logits.shape(),
            targets.shape(),
            weight.shape()
        );
    }
    let (targets, weight) = (targets.detach(), weight.detach());
    if fused(logits) {
        logits.contiguous()?.apply_op1(Bce { targets, weight })
    } else {
        fallback::bce_with_logits_sum(logits, &targets, &weight)
    }
}

struct Bce {
    targets: Tensor,
    weight: Tensor,
}

impl CustomOp1 for Bce {
    fn name(&self) -> &'static str {
        "bce-with-logits"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let logits = slice(storage, layout)?;
        let total = with_values([&self.targets, &self.weight], |[targets, weight]| {
            let mut total = 0f64;
            for ((&l, &t), &w) in logits.iter().zip(targets).zip(weight) {
                if w != 0.0 {
                    total += f64::from(w * (l.max(0.0) - l * t + (-l.abs()).exp().ln_1p()));
                }
            }
            Ok(total)
        })?;
        Ok((CpuStorage::F32(vec![total as f32]), ().into()))
    }

    fn bwd(&self, logits: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let scale = grad.to_scalar::<f32>()?;
        let dx = with_values(
            [logits, &self.targets, &self.weight],
            |[logits, targets, weight]| {
                let entries = logits.iter().zip(targets).zip(weight);
                Ok(entries
                    .map(|((&l, &t), &w)| scale * w * (vector::sigmoid(l) - t))
                    .collect::<Vec<_>>())
            },
        )?;
        Ok(Some(Tensor::from_vec(dx, logits.shape(), logits.device())?))
    }
}
