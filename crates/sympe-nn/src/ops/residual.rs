//! Residual connections with layer norm after them: `norm(x + dropout(δ))`, alone and with `δ` a perceptron of `x`.
//!
//! Rows `[…, D]` to rows `[…, D]`, each by itself; rows that do not count are not read, and come out zero. Candle's own
//! layer norm has no gradient, and one of plain tensors takes ten passes over the rows and keeps as many copies. Here
//! rows go through in tiles that stay in the second-level cache. O(rows·D) time for the norm, which computes everything
//! anew in the backward pass, and O(rows·D·H) for the perceptron, which saves its normalized rows and its hidden layer,
//! O(rows·(D + H)). Tiles and tasks have fixed sizes and their sums are added in order, so results do not depend on the
//! number of threads.

use super::arguments::{FeedForward, Norm};
use super::dropout::Dropout;
use super::matrix::{Matrix, gemm, transposed};
use super::storage::{fused, slice, split, split_mut, with_scratch, with_values};
use super::{fallback, vector};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::sync::OnceLock;

impl Norm<'_> {
    fn fits(&self, width: usize) -> bool {
        self.gain.dims() == [width] && self.bias.dims() == [width]
    }
}

/// `norm(x + dropout(delta))`, `[…, D]`. `rows`, of the shape of `x` without its last dimension, is 1 for rows that
/// count; others come out zero.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn residual_norm(
    x: &Tensor,
    delta: &Tensor,
    norm: &Norm<'_>,
    rows: Option<&Tensor>,
    dropout: Option<Dropout>,
) -> Result<Tensor> {
    let width = check_rows("residual_norm", x, rows)?;
    if delta.dims() != x.dims() || !norm.fits(width) {
        candle_core::bail!(
            "residual_norm: delta {:?} and a norm of {:?} do not fit x {:?}",
            delta.dims(),
            norm.gain.dims(),
            x.dims()
        );
    }
    if !fused(x) {
        return fallback::residual_norm(x, delta, norm, rows, dropout);
    }
    let op = ResidualNorm(Residual {
        width,
        epsilon: norm.epsilon as f32,
        rows: rows.map(Tensor::detach),
        dropout,
    });
    let packed = Tensor::cat(&[norm.gain, norm.bias], 0)?;
    x.contiguous()?.apply_op3(&delta.contiguous()?, &packed, op)
}

/// `norm(x + perceptron(x))`, `[…, D]`; `rows` as in [`residual_norm`].
///
/// # Errors
///
/// When the shapes do not fit.
pub fn feed_forward(x: &Tensor, block: &FeedForward<'_>, rows: Option<&Tensor>) -> Result<Tensor> {
    let width = check_rows("feed_forward", x, rows)?;
    let hidden = block.first.1.elem_count();
    if block.first.0.dims() != [hidden, width]
        || block.second.0.dims() != [width, hidden]
        || block.second.1.dims() != [width]
        || !block.norm.fits(width)
    {
        candle_core::bail!(
            "feed_forward: layers {:?} and {:?} and a norm of {:?} do not fit x {:?}",
            block.first.0.dims(),
            block.second.0.dims(),
            block.norm.gain.dims(),
            x.dims()
        );
    }
    if !fused(x) || hidden == 0 {
        return fallback::feed_forward(x, block, rows);
    }
    let [inner, outer] = block.dropout;
    let op = Block {
        hidden,
        inner,
        residual: Residual {
            width,
            epsilon: block.norm.epsilon as f32,
            rows: rows.map(Tensor::detach),
            dropout: outer,
        },
        saved: OnceLock::new(),
    };
    // One packed vector, because a custom operation has at most three inputs; its gradient splits by itself.
    let packed = Tensor::cat(
        &[
            block.norm.gain,
            block.norm.bias,
            &block.first.0.flatten_all()?,
            block.first.1,
            &block.second.0.flatten_all()?,
            block.second.1,
        ],
        0,
    )?;
    x.contiguous()?.apply_op2(&packed, op)
}

/// The last dimension of `x`.
fn check_rows(name: &str, x: &Tensor, rows: Option<&Tensor>) -> Result<usize> {
    match (x.dims().split_last(), rows) {
        (Some((&width, leading)), rows) if width > 0 && rows.is_none_or(|rows| rows.dims() == leading) => {
            Ok(width)
        }
        _ => candle_core::bail!(
            "{name}: rows {:?} do not fit x {:?}",
            rows.map(Tensor::dims),
            x.dims()
        ),
    }
}

/// Rows per tile: the buffers of a tile stay in the second-level cache.
const TILE: usize = 256;
/// Rows per task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 4 * TILE;

struct Residual {
    width: usize,
    epsilon: f32,
    rows: Option<Tensor>,
    dropout: Option<Dropout>,
}

impl Residual {
    /// Calls `f` with each chunk: its index, its rows that count, its first row and its part of `out`; in parallel,
    /// with the results in order.
    fn for_chunks<R: Send>(
        &self,
        out: &mut [f32],
        f: impl Fn(usize, &[usize], usize, &mut [f32]) -> R + Sync,
    ) -> Result<Vec<R>> {
        let mut run = |rows: Option<&[f32]>| {
            let chunks = out.par_chunks_mut(CHUNK * self.width).enumerate();
            let results = chunks.map(|(chunk, out)| {
                let start = chunk * CHUNK;
                let all = start..start + out.len() / self.width;
                let real: Vec<usize> = match rows {
                    Some(rows) => all.filter(|&row| rows[row] != 0.0).collect(),
                    None => all.collect(),
                };
                f(chunk, &real, start, out)
            });
            Ok(results.collect())
        };
        match &self.rows {
            Some(rows) => with_values([rows], |[rows]| run(Some(rows))),
            None => run(None),
        }
    }

    /// `x + dropout(delta)`, in place of `delta`, for the rows of a tile; `scratch` is of its size.
    fn add(&self, x: &[f32], rows: &[usize], delta: &mut [f32], scratch: &mut [f32]) {
        drop_rows(self.dropout, rows, self.width, delta, scratch);
        vector::axpy(1.0, x, delta);
    }
}

/// Multiplies rows by their dropout masks.
fn drop_rows(dropout: Option<Dropout>, rows: &[usize], width: usize, x: &mut [f32], scratch: &mut [f32]) {
    let Some(dropout) = dropout else { return };
    let mut done = 0;
    // Runs of consecutive rows: masks are cheap to draw in one go.
    for run in rows.chunk_by(|a, b| a + 1 == *b) {
        let part = done * width..(done + run.len()) * width;
        dropout.factors(run[0] * width, &mut scratch[part]);
        done += run.len();
    }
    vector::multiply(&mut x[..done * width], scratch);
}

/// Copies rows to consecutive ones.
fn gather(x: &[f32], width: usize, rows: &[usize], tile: &mut [f32]) {
    for (row, tile) in rows.iter().zip(tile.chunks_exact_mut(width)) {
        tile.copy_from_slice(&x[row * width..][..width]);
    }
}

/// The inverse of [`gather`], into a part that begins with row `start`.
fn scatter(tile: &[f32], width: usize, rows: &[usize], start: usize, out: &mut [f32]) {
    for (row, tile) in rows.iter().zip(tile.chunks_exact(width)) {
        out[(row - start) * width..][..width].copy_from_slice(tile);
    }
}

/// Sums vectors, in order.
fn total(partial: &[Vec<f32>], len: usize) -> Vec<f32> {
    let mut total = vec![0f32; len];
    for part in partial {
        vector::axpy(1.0, part, &mut total);
    }
    total
}

struct ResidualNorm(Residual);

impl CustomOp3 for ResidualNorm {
    fn name(&self) -> &'static str {
        "residual-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        delta: &CpuStorage,
        delta_layout: &Layout,
        packed: &CpuStorage,
        packed_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, delta) = (slice(x, x_layout)?, slice(delta, delta_layout)?);
        let width = self.0.width;
        let (gain, bias) = slice(packed, packed_layout)?.split_at(width);
        let mut y = vec![0f32; x.len()];
        self.0.for_chunks(&mut y, |_, rows, start, y| {
            with_scratch(3 * TILE * width, |scratch| {
                let [z, old, spare] = split_mut(scratch, [TILE * width; 3]);
                for rows in rows.chunks(TILE) {
                    let used = rows.len() * width;
                    gather(x, width, rows, old);
                    gather(delta, width, rows, z);
                    let (z, old) = (&mut z[..used], &mut old[..used]);
                    self.0.add(old, rows, z, spare);
                    vector::normalize(z, self.0.epsilon, &mut [0.0; TILE][..rows.len()]);
                    vector::affine(z, gain, bias, old);
                    scatter(old, width, rows, start, y);
                }
            });
        })?;
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        delta: &Tensor,
        packed: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let width = self.0.width;
        let mut dx = vec![0f32; x.elem_count()];
        let partial = with_values([x, delta, packed, grad], |[x, delta, packed, grad]| {
            self.0.for_chunks(&mut dx, |_, rows, start, dx| {
                let mut d_packed = vec![0f32; 2 * width];
                let (d_gain, d_bias) = d_packed.split_at_mut(width);
                with_scratch(3 * TILE * width, |scratch| {
                    let [z, old, g] = split_mut(scratch, [TILE * width; 3]);
                    for rows in rows.chunks(TILE) {
                        let used = rows.len() * width;
                        gather(x, width, rows, old);
                        gather(delta, width, rows, z);
                        self.0.add(&old[..used], rows, &mut z[..used], g);
                        gather(grad, width, rows, g);
                        let (z, g, old) = (&mut z[..used], &g[..used], &mut old[..used]);
                        let mut inverse = [0.0; TILE];
                        let inverse = &mut inverse[..rows.len()];
                        vector::normalize(z, self.0.epsilon, inverse);
                        vector::norm_backward(z, inverse, &packed[..width], g, d_gain, d_bias, old);
                        scatter(old, width, rows, start, dx);
                    }
                });
                d_packed
            })
        })?;
        let d_packed = total(&partial, 2 * width);
        let device = x.device();
        let dx = Tensor::from_vec(dx, x.shape(), device)?;
        let d_delta = match self.0.dropout {
            Some(dropout) => dropout.apply(&dx)?,
            None => dx.clone(),
        };
        Ok((
            Some(dx),
            Some(d_delta),
            Some(Tensor::from_vec(d_packed, packed.shape(), device)?),
        ))
    }
}

struct Block {
    hidden: usize,
    inner: Option<Dropout>,
    residual: Residual,
    /// Kept by the forward pass for the backward pass, for the rows of each chunk that count: the inverse deviation of
    /// each row, normalized rows, hidden layers.
    saved: OnceLock<Vec<Vec<f32>>>,
}

/// The parts of the packed parameters, or of their gradient.
struct Parameters<T> {
    gain: T,
    bias: T,
    w1: T,
    b1: T,
    w2: T,
    b2: T,
}

impl<T> From<[T; 6]> for Parameters<T> {
    fn from([gain, bias, w1, b1, w2, b2]: [T; 6]) -> Self {
        Self {
            gain,
            bias,
            w1,
            b1,
            w2,
            b2,
        }
    }
}

impl Block {
    /// Lengths of the packed parameters.
    fn lengths(&self) -> [usize; 6] {
        let (d, h) = (self.residual.width, self.hidden);
        [d, d, h * d, h, d * h, d]
    }

    /// Lengths of what is saved for `rows` rows.
    fn saved_lengths(&self, rows: usize) -> [usize; 3] {
        [rows, rows * self.residual.width, rows * self.hidden]
    }
}

impl CustomOp2 for Block {
    fn name(&self) -> &'static str {
        "feed-forward"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        packed: &CpuStorage,
        packed_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, packed) = (slice(x, x_layout)?, slice(packed, packed_layout)?);
        let (d, hidden) = (self.residual.width, self.hidden);
        let packed: Parameters<&[f32]> = split(packed, self.lengths()).into();
        let w1 = transposed(packed.w1, d);
        let w2 = transposed(packed.w2, hidden);
        let (w1, w2) = (Matrix::rows(&w1, hidden), Matrix::rows(&w2, d));
        let mut y = vec![0f32; x.len()];
        let saved = self.residual.for_chunks(&mut y, |_, rows, start, y| {
            let mut saved = vec![0f32; rows.len() * (1 + d + hidden)];
            let [inverse, normal, h] = split_mut(&mut saved, self.saved_lengths(rows.len()));
            with_scratch(TILE * (d + d.max(hidden)), |scratch| {
                let (old, spare) = scratch.split_at_mut(TILE * d);
                let tiles = rows.chunks(TILE).zip(inverse.chunks_mut(TILE));
                let saved = normal.chunks_mut(TILE * d).zip(h.chunks_mut(TILE * hidden));
                for ((rows, inverse), (z, h)) in tiles.zip(saved) {
                    let old = &mut old[..z.len()];
                    gather(x, d, rows, old);
                    gemm(rows.len(), hidden, d, h, false, Matrix::rows(old, d), w1);
                    vector::bias_relu(h, packed.b1);
                    drop_rows(self.inner, rows, hidden, h, spare);
                    gemm(rows.len(), d, hidden, z, false, Matrix::rows(h, hidden), w2);
                    vector::add_bias(z, packed.b2);
                    self.residual.add(old, rows, z, spare);
                    vector::normalize(z, self.residual.epsilon, inverse);
                    vector::affine(z, packed.gain, packed.bias, old);
                    scatter(old, d, rows, start, y);
                }
            });
            saved
        })?;
        // An operation runs once; a second time would save the same.
        self.saved.get_or_init(|| saved);
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        packed: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Some(saved) = self.saved.get() else {
            candle_core::bail!("feed_forward: backward without forward")
        };
        let mut dx = vec![0f32; x.elem_count()];
        let partial = with_values([x, packed, grad], |[x, packed, grad]| {
            let parameters = split(packed, self.lengths()).into();
            self.residual.for_chunks(&mut dx, |chunk, rows, start, dx| {
                let mut d_packed = vec![0f32; packed.len()];
                let saved = split(&saved[chunk], self.saved_lengths(rows.len()));
                self.backward_chunk([x, grad], &parameters, saved, rows, start, dx, &mut d_packed);
                d_packed
            })
        })?;
        let d_packed = total(&partial, packed.elem_count());
        Ok((
            Some(Tensor::from_vec(dx, x.shape(), x.device())?),
            Some(Tensor::from_vec(d_packed, packed.shape(), x.device())?),
        ))
    }
}

impl Block {
    #[allow(clippy::too_many_arguments)]
    fn backward_chunk(
        &self,
        [x, grad]: [&[f32]; 2],
        packed: &Parameters<&[f32]>,
        [inverse, normal, h]: [&[f32]; 3],
        rows: &[usize],
        start: usize,
        dx: &mut [f32],
        d_packed: &mut [f32],
    ) {
        let (width, hidden) = (self.residual.width, self.hidden);
        let (w1, w2) = (Matrix::rows(packed.w1, width), Matrix::rows(packed.w2, hidden));
        let d: Parameters<&mut [f32]> = split_mut(d_packed, self.lengths()).into();
        with_scratch(TILE * (3 * width + hidden + width.max(hidden)), |scratch| {
            let lengths = [width, width, width, hidden, width.max(hidden)].map(|width| TILE * width);
            let [old, z, g, dh, spare] = split_mut(scratch, lengths);
            let tiles = rows.chunks(TILE).zip(inverse.chunks(TILE));
            let saved = normal.chunks(TILE * width).zip(h.chunks(TILE * hidden));
            for ((rows, inverse), (normal, h)) in tiles.zip(saved) {
                let count = rows.len();
                gather(x, width, rows, old);
                gather(grad, width, rows, g);
                let (old, z, g) = (
                    &old[..normal.len()],
                    &mut z[..normal.len()],
                    &mut g[..normal.len()],
                );
                let dh = &mut dh[..h.len()];
                vector::norm_backward(normal, inverse, packed.gain, g, d.gain, d.bias, z);
                // `g` is free: it becomes the gradient of the perceptron's output; `z` stays that of the sum.
                g.copy_from_slice(z);
                drop_rows(self.residual.dropout, rows, width, g, spare);
                let delta = Matrix::rows(g, width);
                gemm(
                    width,
                    hidden,
                    count,
                    d.w2,
                    true,
                    delta.t(),
                    Matrix::rows(h, hidden),
                );
                vector::column_sum(g, d.b2);
                gemm(count, hidden, width, dh, false, delta, w2);
                drop_rows(self.inner, rows, hidden, dh, spare);
                vector::relu_chain(dh, h, d.b1);
                let inner = Matrix::rows(dh, hidden);
                gemm(
                    hidden,
                    width,
                    count,
                    d.w1,
                    true,
                    inner.t(),
                    Matrix::rows(old, width),
                );
                gemm(count, width, hidden, z, true, inner, w1);
                scatter(z, width, rows, start, dx);
            }
        });
    }
}
