//! The distance decoder `Σ_k w_k (z_ik − z_jk)² + b`, `[B, N, K]` to `[B, N, N]`.
//!
//! Plain tensors need all differences, `[B, N, N, K]`, forward and backward. Here each unordered pair is computed once
//! and written twice, so the result is symmetric to the last bit: O(B·N²·K) time and no memory beside the result. One
//! thread does it, in the order of pairs.

use super::fallback;
use super::storage::{fused, slice, with_values};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

/// `Σ_k w_k (z_ik − z_jk)² + b` for all pairs: `z` `[B, N, K]`, `w` `[K]` or `[1]` (shared), `b` `[1]`; returns
/// `[B, N, N]`, symmetric, with `b` on the diagonal.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn distance_logits(z: &Tensor, w: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (_, _, k) = z.dims3()?;
    let weights = w.dims1()?;
    if (weights != k && weights != 1) || b.dims() != [1] {
        candle_core::bail!(
            "distance_logits: w {:?} and b {:?} do not fit z {:?}",
            w.shape(),
            b.shape(),
            z.shape()
        );
    }
    if fused(z) {
        z.contiguous()?
            .apply_op3(&w.contiguous()?, &b.contiguous()?, Distance)
    } else {
        fallback::distance_logits(z, w, b)
    }
}

struct Distance;

impl CustomOp3 for Distance {
    fn name(&self) -> &'static str {
        "distance-logits"
    }

    fn cpu_fwd(
        &self,
        z: &CpuStorage,
        z_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (batch, n, k) = z_layout.shape().dims3()?;
        let (z, w, b) = (slice(z, z_layout)?, slice(w, w_layout)?, slice(b, b_layout)?[0]);
        let mut out = vec![b; batch * n * n];
        for (z, out) in z
            .chunks_exact((n * k).max(1))
            .zip(out.chunks_exact_mut((n * n).max(1)))
        {
            for (i, j) in pairs(n) {
                let mut logit = b;
                for c in 0..k {
                    let difference = z[i * k + c] - z[j * k + c];
                    logit += w[c % w.len()] * difference * difference;
                }
                out[i * n + j] = logit;
                out[j * n + i] = logit;
            }
        }
        Ok((CpuStorage::F32(out), (batch, n, n).into()))
    }

    fn bwd(
        &self,
        z: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (batch, n, k) = z.dims3()?;
        let device = z.device();
        with_values([z, w, grad], |[zs, ws, gs]| {
            let mut dz = vec![0f32; zs.len()];
            let mut dw = vec![0f32; ws.len()];
            for graph in 0..batch {
                let (z, dz) = (&zs[graph * n * k..], &mut dz[graph * n * k..]);
                let g = &gs[graph * n * n..];
                for (i, j) in pairs(n) {
                    let g = g[i * n + j] + g[j * n + i];
                    for c in 0..k {
                        let difference = z[i * k + c] - z[j * k + c];
                        dw[c % ws.len()] += g * difference * difference;
                        let slope = 2.0 * ws[c % ws.len()] * g * difference;
                        dz[i * k + c] += slope;
                        dz[j * k + c] -= slope;
                    }
                }
            }
            let db = gs.iter().sum::<f32>();
            Ok((
                Some(Tensor::from_vec(dz, z.shape(), device)?),
                Some(Tensor::from_vec(dw, w.shape(), device)?),
                Some(Tensor::from_vec(vec![db], b.shape(), device)?),
            ))
        })
    }
}

/// Unordered pairs of distinct nodes, `j < i`.
fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(|i| (0..i).map(move |j| (i, j)))
}
