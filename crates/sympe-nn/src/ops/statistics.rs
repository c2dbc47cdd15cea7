//! Statistics of sets, for pooling.

use super::{fallback, fused, kernel, slice, with_scratch, with_values};
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
                    let rows = &rows[index * count..][..count];
                    let number = rows.iter().filter(|row| **row != 0.0).count();
                    if number == 0 {
                        return;
                    }
                    let (mean, out) = out.split_at_mut(width);
                    let (minimum, out) = out.split_at_mut(width);
                    let (maximum, deviation) = out.split_at_mut(width);
                    minimum.fill(f32::INFINITY);
                    maximum.fill(f32::NEG_INFINITY);
                    for x in counted(x, rows, width) {
                        kernel::extremes(x, mean, minimum, maximum);
                    }
                    mean.iter_mut().for_each(|mean| *mean /= number as f32);
                    for x in counted(x, rows, width) {
                        kernel::squared_deviations(x, mean, deviation);
                    }
                    for deviation in deviation {
                        *deviation = (*deviation / (number - 1).max(1) as f32 + self.epsilon).sqrt();
                    }
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
                    let number = rows.iter().filter(|row| **row != 0.0).count();
                    let parts = [0, 1, 2, 3].map(|k| (index * 4 + k) * width);
                    let [mean, minimum, maximum, deviation] = parts.map(|start| &s[start..][..width]);
                    let [g_mean, g_minimum, g_maximum, g_deviation] = parts.map(|start| &g[start..][..width]);
                    with_scratch(4 * width, |scratch| {
                        let (low, scratch) = scratch.split_at_mut(width);
                        let (high, scratch) = scratch.split_at_mut(width);
                        let (each, slope) = scratch.split_at_mut(width);
                        low.fill(0.0);
                        high.fill(0.0);
                        for x in counted(x, rows, width) {
                            kernel::count_equal(x, minimum, low);
                            kernel::count_equal(x, maximum, high);
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
                            kernel::statistics_backward(
                                x, each, slope, mean, low, minimum, high, maximum, dx,
                            );
                        }
                    });
                });
            Ok(())
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}
