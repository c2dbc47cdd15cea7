//! Activations: `silu(x) = x·σ(x)` and `max(x, 0)`, element-wise, in one pass each way.
//!
//! Candle computes the slope of SiLU in six operations, each with a tensor of its own, and calls the mathematical
//! library for every exponential; here it is one vectorized loop. Nothing but the input is kept. O(entries).

use super::storage::{fused, slice, with_values};
use super::{fallback, vector};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

/// `silu(x) = x·σ(x)`, element-wise, any shape.
///
/// # Errors
///
/// None of its own; Candle's device errors.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    if fused(x) {
        x.contiguous()?.apply_op1(Activation::Silu)
    } else {
        fallback::silu(x)
    }
}

/// `max(x, 0)`, element-wise, any shape. Its slope at 0 is 0 (in the [`fallback`] it is 1).
///
/// # Errors
///
/// None of its own; Candle's device errors.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    if fused(x) {
        x.contiguous()?.apply_op1(Activation::Relu)
    } else {
        fallback::relu(x)
    }
}

enum Activation {
    Silu,
    Relu,
}

impl CustomOp1 for Activation {
    fn name(&self) -> &'static str {
        match self {
            Self::Silu => "silu",
            Self::Relu => "relu",
        }
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(storage, layout)?;
        let y = match self {
            Self::Silu => {
                let mut y = vec![0.0; x.len()];
                vector::silu(x, &mut y);
                y
            }
            Self::Relu => x.iter().map(|x| x.max(0.0)).collect(),
        };
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let dx = with_values([x, grad], |[x, g]| {
            Ok(match self {
                Self::Silu => {
                    let mut dx = vec![0.0; x.len()];
                    vector::silu_backward(x, g, &mut dx);
                    dx
                }
                Self::Relu => {
                    let slope = |(x, g): (&f32, &f32)| if *x > 0.0 { *g } else { 0.0 };
                    x.iter().zip(g).map(slope).collect()
                }
            })
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}
