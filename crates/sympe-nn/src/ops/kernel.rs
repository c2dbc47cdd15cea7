//! The one place with `unsafe`: calls into the `gemm` crate and into functions compiled for AVX2. Measured on the
//! training step of `benches/step.rs`, the two together are what makes the fused operations faster than plain tensors.
#![allow(unsafe_code)]

use super::edge_attention::{self, Query, QueryGradients};
use super::winograd::{self, LANES, Place};

/// A strided view of a matrix.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) data: &'a [f32],
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix with `columns` columns.
    pub(super) fn rows(data: &'a [f32], columns: usize) -> Self {
        Self {
            data,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// The transpose.
    pub(super) fn t(self) -> Self {
        Self {
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    fn holds(self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.data.len()
    }
}

/// `c = a·b`, or `c += a·b`, with `c` row-major `m × n`, `a` `m × k`, `b` `k × n`; on the calling thread.
///
/// # Panics
///
/// When a slice is too short for its shape.
pub(super) fn gemm(
    m: usize,
    n: usize,
    k: usize,
    c: &mut [f32],
    accumulate: bool,
    a: Matrix<'_>,
    b: Matrix<'_>,
) {
    assert!(
        c.len() >= m * n && a.holds(m, k) && b.holds(k, n),
        "matrix product out of bounds"
    );
    let stride = |s: usize| isize::try_from(s).expect("slices are shorter than isize::MAX");
    // SAFETY: the assertion above proves that every index below the shapes lies in its slice, and `c` is borrowed
    // mutably, so that it overlaps neither `a` nor `b`.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            stride(n),
            accumulate,
            a.data.as_ptr(),
            stride(a.column_stride),
            stride(a.row_stride),
            b.data.as_ptr(),
            stride(b.column_stride),
            stride(b.row_stride),
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// `e^x` with a relative error below 2e-7; saturates outside ±87. Branch-free, so that loops over it vectorise.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5·2²³: adding it rounds to an integer, found in the low mantissa bits
    let x = x.clamp(-87.0, 87.0);
    let shifted = fma(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    // x − n·ln 2 in two steps (Cody–Waite), then a minimax polynomial on ±ln 2 / 2.
    let r = fma(n, 2.121_944_4e-4, fma(n, -0.693_359_4, x));
    let mut p = 1.987_569_1e-4;
    for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5] {
        p = fma(p, r, c);
    }
    let y = fma(p, r * r, r) + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    y * f32::from_bits(exponent)
}

/// `a·b + c` with one rounding: the same bits on every CPU, one instruction on those of the last ten years.
#[inline(always)]
fn fma(a: f32, b: f32, c: f32) -> f32 {
    a.mul_add(b, c)
}

#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Compiles a function twice, for any CPU and for AVX2, and picks at run time.
macro_rules! vectorised {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $body:block)*) => {$(
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        pub(super) fn $name($($arg: $type),*) {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn portable($($arg: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx2($($arg: $type),*) {
                    portable($($arg),*)
                }
                if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                    // SAFETY: the CPU has the features that the function is compiled for.
                    return unsafe { avx2($($arg),*) };
                }
            }
            portable($($arg),*)
        }
    )*};
}

vectorised! {
    fn winograd_input(x: &[f32], place: Place, v: &mut [f32], packed: &mut Vec<[f32; LANES]>) {
        winograd::input(x, place, v, packed);
    }

    fn winograd_input_adjoint(v: &[f32], place: Place, x: &mut [f32], packed: &mut Vec<[f32; LANES]>) {
        winograd::input_adjoint(v, place, x, packed);
    }

    fn winograd_output(m: &[f32], place: Place, bias: &[f32], y: &mut [f32], packed: &mut Vec<[f32; LANES]>) {
        winograd::output(m, place, bias, y, packed);
    }

    fn winograd_output_adjoint(g: &[f32], place: Place, m: &mut [f32], packed: &mut Vec<[f32; LANES]>) {
        winograd::output_adjoint(g, place, m, packed);
    }

    fn winograd_filter(f: &[f32], outputs: usize, inputs: usize, u: &mut [f32]) {
        winograd::filter(f, outputs, inputs, u);
    }

    fn winograd_filter_adjoint(du: &[f32], outputs: usize, inputs: usize, df: &mut [f32]) {
        winograd::filter_adjoint(du, outputs, inputs, df);
    }
}

vectorised! {
    fn edge_scores(query: Query<'_>, film: &mut [f32], mixed: &mut [f32], maximum: &mut [f32]) {
        edge_attention::scores(query, film, mixed, maximum);
    }

    fn edge_values(query: Query<'_>, scores: &[f32], saved: &mut [f32], nodes: &mut [f32]) {
        edge_attention::values(query, scores, saved, nodes);
    }

    fn edge_scores_adjoint(
        query: Query<'_>,
        saved: &[f32],
        g: &[f32],
        film: &mut [f32],
        mixed: &mut [f32],
        d: QueryGradients<'_>,
    ) {
        edge_attention::adjoint(query, saved, g, film, mixed, d);
    }
}

vectorised! {
    /// `x ← (x − mean)/√(variance + ε)` in each of `inverse.len()` rows; `inverse` gets the factors.
    fn normalise(x: &mut [f32], epsilon: f32, inverse: &mut [f32]) {
        let n = x.len() / inverse.len().max(1);
        for (x, inverse) in x.chunks_exact_mut(n.max(1)).zip(inverse) {
            let mean = sum(n, |i| x[i]) / n as f32;
            let variance = sum(n, |i| (x[i] - mean) * (x[i] - mean)) / n as f32;
            *inverse = 1.0 / (variance + epsilon).sqrt();
            for x in x {
                *x = (*x - mean) * *inverse;
            }
        }
    }

    /// `y = x·gain + bias` in each row.
    fn affine(x: &[f32], gain: &[f32], bias: &[f32], y: &mut [f32]) {
        let n = gain.len();
        let bias = &bias[..n];
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            for i in 0..n {
                y[i] = x[i] * gain[i] + bias[i];
            }
        }
    }

    /// The gradient `dx` of what was normalised to `normal`, given the gradient `g` of the norm's result; adds to the
    /// gradients of gain and bias.
    fn norm_backward(
        normal: &[f32], inverse: &[f32], gain: &[f32], g: &[f32], d_gain: &mut [f32], d_bias: &mut [f32], dx: &mut [f32],
    ) {
        let n = gain.len();
        let (d_gain, d_bias) = (&mut d_gain[..n], &mut d_bias[..n]);
        let rows = normal.chunks_exact(n).zip(g.chunks_exact(n)).zip(dx.chunks_exact_mut(n));
        for (((normal, g), dx), inverse) in rows.zip(inverse) {
            for i in 0..n {
                d_gain[i] += g[i] * normal[i];
                d_bias[i] += g[i];
            }
            let first = sum(n, |i| g[i] * gain[i]) / n as f32;
            let second = sum(n, |i| g[i] * gain[i] * normal[i]) / n as f32;
            for i in 0..n {
                dx[i] = inverse * (g[i] * gain[i] - first - normal[i] * second);
            }
        }
    }

    /// `v ← max(v + bias, 0)` in each row.
    fn bias_relu(v: &mut [f32], bias: &[f32]) {
        for row in v.chunks_exact_mut(bias.len()) {
            for (v, &b) in row.iter_mut().zip(bias) {
                *v = (*v + b).max(0.0);
            }
        }
    }

    /// `g ← g` where `h > 0`, else 0; adds the rows to `sum`.
    fn relu_chain(g: &mut [f32], h: &[f32], sum: &mut [f32]) {
        for (g, h) in g.chunks_exact_mut(sum.len()).zip(h.chunks_exact(sum.len())) {
            for ((g, &h), sum) in g.iter_mut().zip(h).zip(sum.iter_mut()) {
                *g = if h > 0.0 { *g } else { 0.0 };
                *sum += *g;
            }
        }
    }

    /// `x ← x·y`.
    fn multiply(x: &mut [f32], y: &[f32]) {
        for (x, &y) in x.iter_mut().zip(y) {
            *x *= y;
        }
    }

    /// Adds `x` to a running mean's sum, and updates the extremes.
    fn extremes(x: &[f32], sum: &mut [f32], minimum: &mut [f32], maximum: &mut [f32]) {
        let n = x.len();
        let (sum, minimum, maximum) = (&mut sum[..n], &mut minimum[..n], &mut maximum[..n]);
        for i in 0..n {
            sum[i] += x[i];
            minimum[i] = if x[i] < minimum[i] { x[i] } else { minimum[i] };
            maximum[i] = if x[i] > maximum[i] { x[i] } else { maximum[i] };
        }
    }

    /// `sum += (x − mean)²`.
    fn squared_deviations(x: &[f32], mean: &[f32], sum: &mut [f32]) {
        for ((&x, &mean), sum) in x.iter().zip(mean).zip(sum) {
            *sum += (x - mean) * (x - mean);
        }
    }

    /// Counts in `count` how often `x` equals `value`.
    fn count_equal(x: &[f32], value: &[f32], count: &mut [f32]) {
        for ((&x, &value), count) in x.iter().zip(value).zip(count) {
            *count += if x == value { 1.0 } else { 0.0 };
        }
    }

    /// `dx = a + d·(x − mean)`, and `low` where `x` is the minimum, and `high` where it is the maximum.
    fn statistics_backward(
        x: &[f32], a: &[f32], d: &[f32], mean: &[f32], low: &[f32], minimum: &[f32], high: &[f32], maximum: &[f32],
        dx: &mut [f32],
    ) {
        let n = dx.len();
        let (x, a, d, mean) = (&x[..n], &a[..n], &d[..n], &mean[..n]);
        let (low, minimum, high, maximum) = (&low[..n], &minimum[..n], &high[..n], &maximum[..n]);
        for i in 0..n {
            let at_minimum = if x[i] == minimum[i] { low[i] } else { 0.0 };
            let at_maximum = if x[i] == maximum[i] { high[i] } else { 0.0 };
            dx[i] = a[i] + d[i] * (x[i] - mean[i]) + at_minimum + at_maximum;
        }
    }
}

vectorised! {
    /// `y = silu(x)`.
    fn silu(x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = x * sigmoid(x);
        }
    }

    /// `dx = g·silu'(x)`.
    fn silu_backward(x: &[f32], g: &[f32], dx: &mut [f32]) {
        for ((dx, &x), &g) in dx.iter_mut().zip(x).zip(g) {
            let s = sigmoid(x);
            *dx = g * (s * (1.0 + x * (1.0 - s)));
        }
    }

    /// `s = silu(u)` with `u = a + b + α·wa + δ·wd`.
    fn pair_silu(a: &[f32], b: &[f32], alpha: f32, wa: &[f32], delta: f32, wd: &[f32], s: &mut [f32]) {
        let n = s.len();
        let (a, b, wa, wd) = (&a[..n], &b[..n], &wa[..n], &wd[..n]);
        for i in 0..n {
            let u = a[i] + b[i] + alpha * wa[i] + delta * wd[i];
            s[i] = u * sigmoid(u);
        }
    }

    /// As `pair_silu`, and `slope = silu'(u)`.
    fn pair_silu_slope(
        a: &[f32], b: &[f32], alpha: f32, wa: &[f32], delta: f32, wd: &[f32], s: &mut [f32], slope: &mut [f32],
    ) {
        let n = s.len();
        let (a, b, wa, wd, slope) = (&a[..n], &b[..n], &wa[..n], &wd[..n], &mut slope[..n]);
        for i in 0..n {
            let u = a[i] + b[i] + alpha * wa[i] + delta * wd[i];
            let sig = sigmoid(u);
            s[i] = u * sig;
            slope[i] = sig * (1.0 + u * (1.0 - sig));
        }
    }

    /// `v ← silu(v + bias)` in each row.
    fn bias_silu(v: &mut [f32], bias: &[f32]) {
        for row in v.chunks_exact_mut(bias.len()) {
            for (v, &b) in row.iter_mut().zip(bias) {
                let u = *v + b;
                *v = u * sigmoid(u);
            }
        }
    }

    /// As `bias_silu`, and `slope = silu'(v + bias)`.
    fn bias_silu_slope(v: &mut [f32], bias: &[f32], slope: &mut [f32]) {
        for (row, slopes) in v.chunks_exact_mut(bias.len()).zip(slope.chunks_exact_mut(bias.len())) {
            for ((v, slope), &b) in row.iter_mut().zip(slopes).zip(bias) {
                let u = *v + b;
                let sig = sigmoid(u);
                *v = u * sig;
                *slope = sig * (1.0 + u * (1.0 - sig));
            }
        }
    }

    /// `y += a·x`.
    fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y += a * x;
        }
    }

    /// `y = a·x`.
    fn scale(a: f32, x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = a * x;
        }
    }

    /// `g ← g·slope`, and `sum += g`.
    fn chain(g: &mut [f32], slope: &[f32], sum: &mut [f32]) {
        for ((g, &slope), sum) in g.iter_mut().zip(slope).zip(sum) {
            *g *= slope;
            *sum += *g;
        }
    }

    /// Adds `bias` to each row.
    fn add_bias(y: &mut [f32], bias: &[f32]) {
        for row in y.chunks_exact_mut(bias.len()) {
            for (y, &b) in row.iter_mut().zip(bias) {
                *y += b;
            }
        }
    }

    /// Adds the rows of `x` to `sum`.
    fn column_sum(x: &[f32], sum: &mut [f32]) {
        for row in x.chunks_exact(sum.len()) {
            for (sum, &x) in sum.iter_mut().zip(row) {
                *sum += x;
            }
        }
    }
}

/// `Σ f(i)` for `i < n`, in sixteen lanes.
#[inline(always)]
fn sum(n: usize, f: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0f32; 16];
    let whole = n / 16 * 16;
    for start in (0..whole).step_by(16) {
        for lane in 0..16 {
            lanes[lane] += f(start + lane);
        }
    }
    (whole..n).map(f).sum::<f32>() + lanes.iter().sum::<f32>()
}

/// The transpose of a matrix of `columns` columns: products read whole cache lines of it.
pub(super) fn transposed(x: &[f32], columns: usize) -> Vec<f32> {
    let mut y = Vec::with_capacity(x.len());
    for column in 0..columns {
        y.extend(x.iter().skip(column).step_by(columns));
    }
    y
}

/// `x·y`, summed in eight lanes.
pub(super) fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut lanes = [0f32; 8];
    let (x_chunks, y_chunks) = (x.chunks_exact(8), y.chunks_exact(8));
    let tail: f32 = x_chunks
        .remainder()
        .iter()
        .zip(y_chunks.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in x_chunks.zip(y_chunks) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    lanes.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_accurate() {
        for i in -8600..8600 {
            let x = i as f32 / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "exp({x})");
        }
    }

    #[test]
    fn gemm_multiplies_transposes_and_accumulates() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; // 2 × 3
        let b = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]; // 3 × 2
        let mut c = [0.0; 4];
        gemm(2, 2, 3, &mut c, false, Matrix::rows(&a, 3), Matrix::rows(&b, 2));
        assert_eq!(c, [4.0, 5.0, 10.0, 11.0]);
        gemm(
            2,
            2,
            3,
            &mut c,
            true,
            Matrix::rows(&b, 2).t(),
            Matrix::rows(&a, 3).t().t().t(),
        );
        assert_eq!(c, [8.0, 15.0, 15.0, 22.0]);
    }

    #[test]
    fn transposes() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; // 2 × 3
        assert_eq!(transposed(&x, 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(transposed(&transposed(&x, 3), 2), x);
        assert_eq!(transposed(&[], 3), [0.0; 0]);
    }

    #[test]
    #[should_panic(expected = "out of bounds")]
    fn gemm_checks_its_bounds() {
        gemm(
            2,
            2,
            2,
            &mut [0.0; 4],
            false,
            Matrix::rows(&[0.0; 3], 2),
            Matrix::rows(&[0.0; 4], 2),
        );
    }
}
