//! The affine map `x·wᵀ + b` of the last dimension, `[…, I]` to `[…, O]`.
//!
//! Plain tensors give the same by a product and a broadcast sum, but the gradient of the bias then goes through
//! Candle's sum over leading dimensions, which divides indices for every entry and takes longer than the product. Here
//! it is a sum of rows, and the gradient of an input that is constant is not computed. O(rows·I·O). Rows are cut into
//! tasks of fixed size, and the gradient of the weight is one product, so results do not depend on the number of
//! threads.

use super::matrix::{Matrix, gemm, transposed};
use super::storage::{fused, slice, with_values};
use super::{fallback, vector};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// Rows per task; fixed, so that sums do not depend on the number of threads.
const ROWS: usize = 512;

/// `x·wᵀ + b` with `x` `[…, I]`, `w` `[O, I]`, `b` `[O]`; returns `[…, O]`.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn linear(x: &Tensor, w: &Tensor, b: Option<&Tensor>) -> Result<Tensor> {
    let (outputs, inputs) = w.dims2()?;
    if x.dims().last() != Some(&inputs) || b.is_some_and(|b| b.dims() != [outputs]) {
        candle_core::bail!(
            "linear: x {:?} and b {:?} do not fit w {:?}",
            x.shape(),
            b.map(Tensor::shape),
            w.shape()
        );
    }
    if !fused(x) {
        return fallback::linear(x, w, b);
    }
    let (x, w) = (x.contiguous()?, w.contiguous()?);
    match b {
        Some(b) => x.apply_op3(&w, &b.contiguous()?, Linear),
        None => x.apply_op3(&w, &Tensor::zeros(outputs, x.dtype(), x.device())?, Linear),
    }
}

struct Linear;

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, w, b) = (slice(x, x_layout)?, slice(w, w_layout)?, slice(b, b_layout)?);
        let (outputs, inputs) = w_layout.shape().dims2()?;
        let w = transposed(w, inputs);
        let mut y = vec![0.0; x.len() / inputs * outputs];
        y.par_chunks_mut(ROWS * outputs)
            .zip(x.par_chunks(ROWS * inputs))
            .for_each(|(y, x)| {
                let rows = x.len() / inputs;
                gemm(
                    rows,
                    outputs,
                    inputs,
                    y,
                    false,
                    Matrix::rows(x, inputs),
                    Matrix::rows(&w, outputs),
                );
                vector::add_bias(y, b);
            });
        let mut dims = x_layout.dims().to_vec();
        *dims.last_mut().expect("x has a last dimension") = outputs;
        Ok((CpuStorage::F32(y), dims.into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (outputs, inputs) = w.dims2()?;
        let device = x.device();
        with_values([x, w, grad], |[xs, ws, gs]| {
            let dx = if x.track_op() {
                let mut dx = vec![0.0; xs.len()];
                dx.par_chunks_mut(ROWS * inputs)
                    .zip(gs.par_chunks(ROWS * outputs))
                    .for_each(|(dx, g)| {
                        let rows = g.len() / outputs;
                        let (g, w) = (Matrix::rows(g, outputs), Matrix::rows(ws, inputs));
                        gemm(rows, inputs, outputs, dx, false, g, w);
                    });
                Some(Tensor::from_vec(dx, x.shape(), device)?)
            } else {
                None
            };
            let mut dw = vec![0.0; ws.len()];
            let rows = xs.len() / inputs;
            gemm(
                outputs,
                inputs,
                rows,
                &mut dw,
                false,
                Matrix::rows(gs, outputs).t(),
                Matrix::rows(xs, inputs),
            );
            let db = if b.track_op() {
                let mut db = vec![0.0; outputs];
                vector::column_sum(gs, &mut db);
                Some(Tensor::from_vec(db, b.shape(), device)?)
            } else {
                None
            };
            Ok((dx, Some(Tensor::from_vec(dw, (outputs, inputs), device)?), db))
        })
    }
}
