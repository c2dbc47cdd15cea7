//! The symmetric part of pair features, `weight_ij·(x_ij + x_ji)/2`, `[B, N, N, D]` to the same.
//!
//! With symmetric weights the result is symmetric to the last bit, and zero wherever the weight is. In plain tensors it
//! is a transposed copy, a sum and two products; here it is one pass, O(B·N²·D), and the backward pass is the same map.

use super::fallback;
use super::storage::{fused, slice, with_values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

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
    let weight = weight.detach();
    if fused(x) {
        x.contiguous()?.apply_op1(Symmetric { weight })
    } else {
        fallback::symmetric_part(x, &weight)
    }
}

struct Symmetric {
    weight: Tensor,
}

impl Symmetric {
    fn apply(&self, x: &[f32], n: usize, width: usize) -> Result<Vec<f32>> {
        let mut y = vec![0f32; x.len()];
        let graph = (n * n * width).max(1);
        with_values([&self.weight], |[weight]| {
            y.par_chunks_mut(graph)
                .zip(x.par_chunks(graph))
                .zip(weight.par_chunks((n * n).max(1)))
                .for_each(|((y, x), weight)| apply_to_graph(x, weight, n, y));
            Ok(())
        })?;
        Ok(y)
    }
}

/// The symmetric part of one graph; `y` is zero before.
fn apply_to_graph(x: &[f32], weight: &[f32], n: usize, y: &mut [f32]) {
    let row = y.len() / weight.len();
    for (pair, y) in y.chunks_exact_mut(row).enumerate() {
        let half = 0.5 * weight[pair];
        if half != 0.0 {
            let (i, j) = (pair / n, pair % n);
            let (a, b) = (&x[pair * row..][..row], &x[(j * n + i) * row..][..row]);
            for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                *y = half * (a + b);
            }
        }
    }
}

impl CustomOp1 for Symmetric {
    fn name(&self) -> &'static str {
        "symmetric-part"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, n, _, width) = layout.shape().dims4()?;
        let y = self.apply(slice(storage, layout)?, n, width)?;
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    /// The map is its own adjoint, because the weight is symmetric.
    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (_, n, _, width) = x.dims4()?;
        let dx = with_values([grad], |[g]| self.apply(g, n, width))?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}
