//! Loops over vectors of `f32`: norms, activations and their slopes, statistics, sums of columns.
//!
//! Each is one pass over its arguments, compiled for AVX2 where the CPU has it (see [`vectorize`](super::vectorize)).
//! Sums along a vector are taken in a fixed number of lanes, so that their bits do not depend on the CPU. Vectors that
//! go together have one length; matrices are row-major, and as wide as the vector that goes with their columns.
//!
//! The activations have an exponential of their own: one call into the mathematical library per entry takes longer than
//! the matrix products around it.

use super::vectorize::vectorize;

/// `e^x` with a relative error below 2e-7; saturates outside ±87. Branch-free, so that the compiler vectorizes loops
/// over it.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5·2²³: adding it rounds to an integer, found in the low mantissa bits
    let x = x.clamp(-87.0, 87.0);
    let shifted = fma(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    // The remainder x − n·ln 2 in two steps (Cody–Waite), then a minimax polynomial on ±ln 2 / 2.
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

/// `1/(1 + e^−x)`, 0 where it is [negligible](flushed).
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    flushed(1.0 / (1.0 + exp(-x)))
}

/// 0 instead of what is below 10⁻²⁰.
///
/// For tails of exponentials, which are factors of what follows them: of a unit that is off, or of a sample about which a network
/// is certain, all products of slopes and gradients would be subnormal numbers. Some CPUs take a hundred times longer to
/// multiply these, and no sum sees them.
#[inline(always)]
pub(super) fn flushed(x: f32) -> f32 {
    if x < 1e-20 { 0.0 } else { x }
}

vectorize! {
    /// `x ← (x − mean)/√(variance + ε)` in each of `inverse.len()` rows; `inverse` gets the factors.
    pub(super) fn normalize(x: &mut [f32], epsilon: f32, inverse: &mut [f32]) {
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
    pub(super) fn affine(x: &[f32], gain: &[f32], bias: &[f32], y: &mut [f32]) {
        let n = gain.len();
        let bias = &bias[..n];
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            for i in 0..n {
                y[i] = x[i] * gain[i] + bias[i];
            }
        }
    }

    /// The gradient `dx` of what was normalized to `normal`, given the gradient `g` of the norm's result; adds to the
    /// gradients of gain and bias.
    pub(super) fn norm_backward(
        normal: &[f32], inverse: &[f32], gain: &[f32], g: &[f32],
        d_gain: &mut [f32], d_bias: &mut [f32], dx: &mut [f32],
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
    pub(super) fn bias_relu(v: &mut [f32], bias: &[f32]) {
        for row in v.chunks_exact_mut(bias.len()) {
            for (v, &b) in row.iter_mut().zip(bias) {
                *v = (*v + b).max(0.0);
            }
        }
    }

    /// `g ← g` where `h > 0`, else 0; adds the rows to `sum`.
    pub(super) fn relu_chain(g: &mut [f32], h: &[f32], sum: &mut [f32]) {
        for (g, h) in g.chunks_exact_mut(sum.len()).zip(h.chunks_exact(sum.len())) {
            for ((g, &h), sum) in g.iter_mut().zip(h).zip(sum.iter_mut()) {
                *g = if h > 0.0 { *g } else { 0.0 };
                *sum += *g;
            }
        }
    }

    /// `x ← x·y`.
    pub(super) fn multiply(x: &mut [f32], y: &[f32]) {
        for (x, &y) in x.iter_mut().zip(y) {
            *x *= y;
        }
    }

    /// Adds `x` to a running mean's sum, and updates the extremes.
    pub(super) fn extremes(x: &[f32], sum: &mut [f32], minimum: &mut [f32], maximum: &mut [f32]) {
        let n = x.len();
        let (sum, minimum, maximum) = (&mut sum[..n], &mut minimum[..n], &mut maximum[..n]);
        for i in 0..n {
            sum[i] += x[i];
            minimum[i] = if x[i] < minimum[i] { x[i] } else { minimum[i] };
            maximum[i] = if x[i] > maximum[i] { x[i] } else { maximum[i] };
        }
    }

    /// `sum += (x − mean)²`.
    pub(super) fn squared_deviations(x: &[f32], mean: &[f32], sum: &mut [f32]) {
        for ((&x, &mean), sum) in x.iter().zip(mean).zip(sum) {
            *sum += (x - mean) * (x - mean);
        }
    }

    /// Counts in `count` how often `x` equals `value`.
    pub(super) fn count_equal(x: &[f32], value: &[f32], count: &mut [f32]) {
        for ((&x, &value), count) in x.iter().zip(value).zip(count) {
            *count += if x == value { 1.0 } else { 0.0 };
        }
    }

    /// `dx = a + d·(x − mean)`, and `low` where `x` is the minimum, and `high` where it is the maximum.
    pub(super) fn statistics_backward(
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

vectorize! {
    /// `y = silu(x)`.
    pub(super) fn silu(x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = x * sigmoid(x);
        }
    }

    /// `dx = g·silu'(x)`.
    pub(super) fn silu_backward(x: &[f32], g: &[f32], dx: &mut [f32]) {
        for ((dx, &x), &g) in dx.iter_mut().zip(x).zip(g) {
            let s = sigmoid(x);
            *dx = g * (s * (1.0 + x * (1.0 - s)));
        }
    }

    /// `s = silu(u)` with `u = a + b + α·wa + δ·wd`, for `terms` `[a, b, wa, wd]` and `factors` `[α, δ]`. They come in
    /// arrays because so few arguments go in registers, which counts where a call is made for every pair.
    pub(super) fn pair_silu(terms: &[&[f32]; 4], factors: [f32; 2], s: &mut [f32]) {
        let n = s.len();
        let ([a, b, wa, wd], [alpha, delta]) = (terms.map(|term| &term[..n]), factors);
        for i in 0..n {
            let u = a[i] + b[i] + alpha * wa[i] + delta * wd[i];
            s[i] = u * sigmoid(u);
        }
    }

    /// As `pair_silu`, and `slope = silu'(u)`.
    pub(super) fn pair_silu_slope(terms: &[&[f32]; 4], factors: [f32; 2], s: &mut [f32], slope: &mut [f32]) {
        let n = s.len();
        let ([a, b, wa, wd], [alpha, delta]) = (terms.map(|term| &term[..n]), factors);
        let slope = &mut slope[..n];
        for i in 0..n {
            let u = a[i] + b[i] + alpha * wa[i] + delta * wd[i];
            let sig = sigmoid(u);
            s[i] = u * sig;
            slope[i] = sig * (1.0 + u * (1.0 - sig));
        }
    }

    /// `v ← silu(v + bias)` in each row.
    pub(super) fn bias_silu(v: &mut [f32], bias: &[f32]) {
        for row in v.chunks_exact_mut(bias.len()) {
            for (v, &b) in row.iter_mut().zip(bias) {
                let u = *v + b;
                *v = u * sigmoid(u);
            }
        }
    }

    /// As `bias_silu`, and `slope = silu'(v + bias)`.
    pub(super) fn bias_silu_slope(v: &mut [f32], bias: &[f32], slope: &mut [f32]) {
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
    pub(super) fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y += a * x;
        }
    }

    /// `y = a·x`.
    pub(super) fn scale(a: f32, x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = a * x;
        }
    }

    /// `g ← g·slope`, and `sum += g`.
    pub(super) fn chain(g: &mut [f32], slope: &[f32], sum: &mut [f32]) {
        for ((g, &slope), sum) in g.iter_mut().zip(slope).zip(sum) {
            *g *= slope;
            *sum += *g;
        }
    }

    /// Adds `bias` to each row.
    pub(super) fn add_bias(y: &mut [f32], bias: &[f32]) {
        for row in y.chunks_exact_mut(bias.len()) {
            for (y, &b) in row.iter_mut().zip(bias) {
                *y += b;
            }
        }
    }

    /// Adds the rows of `x` to `sum`.
    pub(super) fn column_sum(x: &[f32], sum: &mut [f32]) {
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
    fn units_that_are_off_are_zero_and_not_nearly_so() {
        let x: Vec<f32> = (-1000..1000).map(|i| i as f32 / 5.0).collect();
        let mut y = vec![0.0; x.len()];
        silu(&x, &mut y);
        for (&x, &y) in x.iter().zip(&y) {
            // Also after small factors nothing is subnormal.
            for value in [1e-15 * y, 1e-15 * sigmoid(x)] {
                assert!(value == 0.0 || value.is_normal(), "{value:e} at {x}");
            }
            assert!(x < -60.0 || (sigmoid(x) > 0.0) == (x > -46.05), "{x}");
        }
        assert_eq!((sigmoid(-50.0), sigmoid(50.0)), (0.0, 1.0));
    }

    #[test]
    fn vectorized_loops_give_the_bits_of_plain_ones() {
        let x: Vec<f32> = (0..1003).map(|i| (i as f32 * 0.37).sin() * 9.0).collect();
        let mut y = vec![0.0; x.len()];
        silu(&x, &mut y);
        let mut z = y.clone();
        axpy(0.7, &x, &mut z);
        for ((x, y), z) in x.iter().zip(&y).zip(&z) {
            assert_eq!(y.to_bits(), (x * sigmoid(*x)).to_bits(), "silu({x})");
            assert_eq!(z.to_bits(), (y + 0.7 * x).to_bits(), "{y} + 0.7·{x}");
        }
    }
}
