//! Statistics of sets, for pooling: mean, minimum, maximum and standard deviation of rows, `[B, …, D]` to `[B, 4D]`.
//!
//! Rows that do not count are never read. Each set is one task, and its rows are added up in order, so results do not
//! depend on the number of threads. Plain tensors need a dozen passes over the rows each way, and masks as wide as the
//! rows; here it is two passes each way, O(rows·D), with O(D) memory beside the gradient.

use super::storage::{fused, slice, split, split_mut, with_scratch, with_values};
use super::{fallback, vector};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// `[mean | minimum | maximum | standard deviation]` of the rows of each set that count: `x` `[B, …, D]`, `rows`
/// `[B, …]` with 1 for rows that count, to `[B, 4D]`.
///
/// The pooling of principal neighbourhood aggregation (Corso et al. 2020). The deviation is `√(variance + ε)` with the
/// unbiased variance (0 for one row); `ε > 0` keeps its slope finite where all rows are equal. Equal extreme rows share
/// the gradient of the extremum. The statistics of no rows are zero.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn pooled_statistics(x: &Tensor, rows: &Tensor, epsilon: f64) -> Result<Tensor> {
    if x.rank() < 3 || rows.dims() != &x.dims()[..x.rank() - 1] {
        candle_core::bail!(
            "pooled_statistics: rows {:?} do not fit x {:?}",
            rows.dims(),
            x.dims()
        );
    }
    let rows = rows.detach();
    if fused(x) && x.elem_count() > 0 {
        let epsilon = epsilon as f32;
        x.contiguous()?.apply_op1(Statistics { rows, epsilon })
    } else {
        fallback::pooled_statistics(x, &rows, epsilon)
    }
}

struct Statistics {
    rows: Tensor,
    epsilon: f32,
}

/// Sets, rows in each, width of a row.
fn sizes(dims: &[usize]) -> [usize; 3] {
    let last = dims.len() - 1;
    [dims[0], dims[1..last].iter().product(), dims[last]]
}

/// The rows of `x` that count.
fn counted<'a>(x: &'a [f32], rows: &'a [f32], width: usize) -> impl Iterator<Item = &'a [f32]> {
    let rows = x.chunks_exact(width).zip(rows);
    rows.filter(|(_, row)| **row != 0.0).map(|(x, _)| x)
}

impl CustomOp1 for Statistics {
    fn name(&self) -> &'static str {
        "pooled-statistics"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(storage, layout)?;
        let [batch, count, width] = sizes(layout.dims());
        let mut out = vec![0f32; batch * 4 * width];
        with_values([&self.rows], |[rows]| {
            out.par_chunks_mut((4 * width).max(1))
                .enumerate()
                .for_each(|(index, out)| {
                    let x = &x[index * count * width..][..count * width];
                    self.forward_set(x, &rows[index * count..][..count], out);
                });
            Ok(())
        })?;
        Ok((CpuStorage::F32(out), (batch, 4 * width).into()))
    }

    fn bwd(&self, x: &Tensor, statistics: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let [_, count, width] = sizes(x.dims());
        let mut dx = vec![0f32; x.elem_count()];
        with_values([x, &self.rows, statistics, grad], |[xs, rows, s, g]| {
            dx.par_chunks_mut((count * width).max(1))
                .enumerate()
                .for_each(|(index, dx)| {
                    let x = &xs[index * count * width..][..count * width];
                    let rows = &rows[index * count..][..count];
                    let [s, g] = [s, g].map(|all| &all[index * 4 * width..][..4 * width]);
                    backward_set(x, rows, s, g, dx);
                });
            Ok(())
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}

impl Statistics {
    /// The statistics of one set, `[4D]`, zero before.
    fn forward_set(&self, x: &[f32], rows: &[f32], out: &mut [f32]) {
        let number = rows.iter().filter(|row| **row != 0.0).count();
        if number == 0 {
            return;
        }
        let width = out.len() / 4;
        let [mean, minimum, maximum, deviation] = split_mut(out, [width; 4]);
        minimum.fill(f32::INFINITY);
        maximum.fill(f32::NEG_INFINITY);
        for x in counted(x, rows, width) {
            vector::extremes(x, mean, minimum, maximum);
        }
        mean.iter_mut().for_each(|mean| *mean /= number as f32);
        for x in counted(x, rows, width) {
            vector::squared_deviations(x, mean, deviation);
        }
        for deviation in deviation {
            *deviation = (*deviation / (number - 1).max(1) as f32 + self.epsilon).sqrt();
        }
    }
}

/// The gradient of one set from its statistics and their gradients, each `[4D]`; `dx` is zero before.
fn backward_set(x: &[f32], rows: &[f32], statistics: &[f32], g: &[f32], dx: &mut [f32]) {
    let width = statistics.len() / 4;
    let number = rows.iter().filter(|row| **row != 0.0).count();
    let [mean, minimum, maximum, deviation] = split(statistics, [width; 4]);
    let [g_mean, g_minimum, g_maximum, g_deviation] = split(g, [width; 4]);
    with_scratch(4 * width, |scratch| {
        let [low, high, each, slope] = split_mut(scratch, [width; 4]);
        low.fill(0.0);
        high.fill(0.0);
        for x in counted(x, rows, width) {
            vector::count_equal(x, minimum, low);
            vector::count_equal(x, maximum, high);
        }
        for c in 0..width {
            low[c] = g_minimum[c] / low[c];
            high[c] = g_maximum[c] / high[c];
            each[c] = g_mean[c] / number as f32;
            let denominator = deviation[c] * (number.max(2) - 1) as f32;
            // Without ε, equal rows have no slope: torch's convention.
            slope[c] = if denominator > 0.0 {
                g_deviation[c] / denominator
            } else {
                0.0
            };
        }
        let all = x.chunks_exact(width).zip(dx.chunks_exact_mut(width)).zip(rows);
        for ((x, dx), _) in all.filter(|(_, row)| **row != 0.0) {
            vector::statistics_backward(x, each, slope, mean, low, minimum, high, maximum, dx);
        }
    });
}
