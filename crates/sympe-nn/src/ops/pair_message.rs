//! Messages between all pairs of nodes: the inner loop of the GNN and EGNN layers, fused.

use super::kernel::{self, Matrix};
use super::{fallback, fused, slice, with_scratch, with_values};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::ops::Range;

/// The coordinate half of an EGNN message.
#[derive(Clone, Copy, Debug)]
pub struct Coordinates<'a> {
    /// Coordinates `[B, N, K]`.
    pub x: &'a Tensor,
    /// Weight of the squared distance in the first layer, `[H]`.
    pub w_distance: &'a Tensor,
    /// Second-to-last layer of the coordinate network, `[H, H]`.
    pub w3: &'a Tensor,
    /// Its bias, `[H]`.
    pub b3: &'a Tensor,
    /// Last layer of the coordinate network, `[H]`, without bias.
    pub w4: &'a Tensor,
    /// Bound on each entry of each displacement.
    pub clamp: f64,
}

/// What the messages are computed from. Receiver `i`, sender `j`:
///
/// ```text
/// u_ij = receive_i + send_j + attribute_ij·w_attribute + ‖x_i − x_j‖²·w_distance
/// m_ij = silu(W2·silu(u_ij) + b2)
/// messages_i     = Σ_j pair_weight_ij·m_ij
/// displacement_i = mean_j clamp((x_i − x_j)·(w4·silu(W3·m_ij + b3)))      over pairs with weight ≠ 0
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PairMessage<'a> {
    /// `[receive | send]`, `[B, N, 2H]`: the first layer applied to receivers and senders apart.
    pub projected: &'a Tensor,
    /// `[B, N, N]`, constant. Pairs of weight 0 (padding, diagonal) are skipped altogether.
    pub pair_weight: &'a Tensor,
    /// Edge attribute `[B, N, N]`, constant, and its weight in the first layer, `[H]`.
    pub attribute: Option<(&'a Tensor, &'a Tensor)>,
    /// Present in EGNN layers.
    pub coordinates: Option<Coordinates<'a>>,
    /// Second layer, `[H, H]`.
    pub w2: &'a Tensor,
    /// Its bias, `[H]`.
    pub b2: &'a Tensor,
}

/// Sums of messages, and mean displacements where there are coordinates.
#[derive(Clone, Debug)]
pub struct PairMessageOutput {
    /// `[B, N, H]`.
    pub messages: Tensor,
    /// `[B, N, K]`.
    pub displacement: Option<Tensor>,
}

/// Computes all pair messages of a batch. O(B·N²·H²) time; the fused path needs O(B·N·H) memory, forward and backward,
/// because it recomputes messages instead of storing them.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn pair_message(input: &PairMessage<'_>) -> Result<PairMessageOutput> {
    let (batch, n, twice) = input.projected.dims3()?;
    let hidden = twice / 2;
    if input.pair_weight.dims() != [batch, n, n]
        || input.w2.dims() != [hidden, hidden]
        || input.b2.dims() != [hidden]
        || input
            .attribute
            .is_some_and(|(a, w)| a.dims() != [batch, n, n] || w.dims() != [hidden])
        || input
            .coordinates
            .is_some_and(|c| c.x.dims3().map_or(true, |d| (d.0, d.1) != (batch, n)))
    {
        candle_core::bail!(
            "pair_message: projected {:?}, pair weight {:?}, w2 {:?}, b2 {:?} do not fit together",
            input.projected.shape(),
            input.pair_weight.shape(),
            input.w2.shape(),
            input.b2.shape()
        );
    }
    if !fused(input.projected) {
        return fallback::pair_message(input);
    }
    let device = input.projected.device();
    let zeros = Tensor::zeros(hidden, input.projected.dtype(), device)?;
    // One packed vector, because a custom operation has at most three inputs; its gradient splits by itself.
    let mut parts = vec![input.attribute.map_or(&zeros, |(_, w)| w).clone()];
    parts.push(input.coordinates.map_or(&zeros, |c| c.w_distance).clone());
    parts.extend([input.w2.flatten_all()?, input.b2.clone()]);
    if let Some(c) = input.coordinates {
        parts.extend([c.w3.flatten_all()?, c.b3.clone(), c.w4.flatten_all()?]);
    }
    let packed = Tensor::cat(&parts, 0)?;
    let k = input.coordinates.map_or(Ok(0), |c| c.x.dim(2))?;
    let x = match input.coordinates {
        Some(c) => c.x.contiguous()?,
        None => zeros,
    };
    let op = Fused {
        weight: input.pair_weight.detach(),
        attribute: input.attribute.map(|(a, _)| a.detach()),
        n,
        hidden,
        k,
        clamp: input.coordinates.map_or(0.0, |c| c.clamp as f32),
    };
    let out = input.projected.contiguous()?.apply_op3(&x, &packed, op)?;
    if k == 0 {
        return Ok(PairMessageOutput {
            messages: out,
            displacement: None,
        });
    }
    let displacement = out.narrow(2, hidden, k)?.contiguous()?;
    Ok(PairMessageOutput {
        messages: out.narrow(2, 0, hidden)?.contiguous()?,
        displacement: Some(displacement),
    })
}

/// Pairs per tile: the buffers of a tile stay in the second-level cache.
const TILE: usize = 128;
/// Graphs per task of the backward pass; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 4;

struct Fused {
    weight: Tensor,
    attribute: Option<Tensor>,
    n: usize,
    hidden: usize,
    k: usize,
    clamp: f32,
}

/// The packed parameters, or their gradient.
struct Parts {
    w_attribute: Range<usize>,
    w_distance: Range<usize>,
    w2: Range<usize>,
    b2: Range<usize>,
    w3: Range<usize>,
    b3: Range<usize>,
    w4: Range<usize>,
}

impl Fused {
    fn parts(&self) -> Parts {
        let h = self.hidden;
        let mut next = 0;
        let mut take = |len: usize| {
            next += len;
            next - len..next
        };
        let coordinate = |len: usize| if self.k > 0 { len } else { 0 };
        Parts {
            w_attribute: take(h),
            w_distance: take(h),
            w2: take(h * h),
            b2: take(h),
            w3: take(coordinate(h * h)),
            b3: take(coordinate(h)),
            w4: take(coordinate(h)),
        }
    }

    fn width(&self) -> usize {
        self.hidden + self.k
    }

    /// Calls `f` with the values of the constants (an empty attribute if there is none).
    fn with_constants<R>(&self, f: impl FnOnce(&[f32], &[f32]) -> Result<R>) -> Result<R> {
        match &self.attribute {
            Some(attribute) => with_values([&self.weight, attribute], |[w, a]| f(w, a)),
            None => with_values([&self.weight], |[w]| f(w, &[])),
        }
    }
}

/// One graph of the batch.
#[derive(Clone, Copy)]
struct Graph<'a> {
    projected: &'a [f32],
    x: &'a [f32],
    weight: &'a [f32],
    attribute: &'a [f32],
}

impl<'a> Graph<'a> {
    fn at(
        index: usize,
        op: &Fused,
        projected: &'a [f32],
        x: &'a [f32],
        weight: &'a [f32],
        a: &'a [f32],
    ) -> Self {
        fn part(values: &[f32], index: usize, len: usize) -> &[f32] {
            if values.is_empty() {
                values
            } else {
                &values[index * len..(index + 1) * len]
            }
        }
        let n = op.n;
        Self {
            projected: part(projected, index, n * 2 * op.hidden),
            x: if op.k == 0 { &[] } else { part(x, index, n * op.k) },
            weight: part(weight, index, n * n),
            attribute: part(a, index, n * n),
        }
    }

    fn receive(&self, i: usize, h: usize) -> &'a [f32] {
        &self.projected[i * 2 * h..][..h]
    }

    fn send(&self, j: usize, h: usize) -> &'a [f32] {
        &self.projected[j * 2 * h + h..][..h]
    }

    fn attribute(&self, pair: usize) -> f32 {
        if self.attribute.is_empty() {
            0.0
        } else {
            self.attribute[pair]
        }
    }

    fn squared_distance(&self, i: usize, j: usize, k: usize) -> f32 {
        self.x[i * k..][..k]
            .iter()
            .zip(&self.x[j * k..][..k])
            .map(|(a, b)| (a - b) * (a - b))
            .sum()
    }

    /// The pairs that count, as `(i, j)`, and how many each receiver has.
    fn pairs(&self, n: usize, pairs: &mut Vec<(u32, u32)>, count: &mut [f32]) {
        pairs.clear();
        for i in 0..n {
            let before = pairs.len();
            let row = &self.weight[i * n..][..n];
            pairs.extend(
                (0..n as u32)
                    .filter(|&j| row[j as usize] != 0.0)
                    .map(|j| (i as u32, j)),
            );
            count[i] = (pairs.len() - before) as f32;
        }
    }
}

impl CustomOp3 for Fused {
    fn name(&self) -> &'static str {
        "pair-message"
    }

    fn cpu_fwd(
        &self,
        projected: &CpuStorage,
        projected_layout: &Layout,
        x: &CpuStorage,
        x_layout: &Layout,
        packed: &CpuStorage,
        packed_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (projected, x) = (slice(projected, projected_layout)?, slice(x, x_layout)?);
        let packed = slice(packed, packed_layout)?;
        let batch = projected_layout.dims()[0];
        let (n, h, k) = (self.n, self.hidden, self.k);
        let at = self.parts();
        let mut out = vec![0.0; batch * n * self.width()];
        self.with_constants(|weight, attribute| {
            out.par_chunks_mut((n * self.width()).max(1))
                .enumerate()
                .for_each(|(index, out)| {
                    let graph = Graph::at(index, self, projected, x, weight, attribute);
                    let (mut pairs, mut count) = (Vec::with_capacity(n * n), vec![0.0; n]);
                    graph.pairs(n, &mut pairs, &mut count);
                    with_scratch(2 * TILE * h, |scratch| {
                        let (s, m) = scratch.split_at_mut(TILE * h);
                        for tile in pairs.chunks(TILE) {
                            for (row, &(i, j)) in tile.iter().enumerate() {
                                let (i, j) = (i as usize, j as usize);
                                kernel::pair_silu(
                                    graph.receive(i, h),
                                    graph.send(j, h),
                                    graph.attribute(i * n + j),
                                    &packed[at.w_attribute.clone()],
                                    if k > 0 {
                                        graph.squared_distance(i, j, k)
                                    } else {
                                        0.0
                                    },
                                    &packed[at.w_distance.clone()],
                                    &mut s[row * h..][..h],
                                );
                            }
                            let used = tile.len() * h;
                            let w2 = Matrix::rows(&packed[at.w2.clone()], h).t();
                            kernel::gemm(tile.len(), h, h, &mut m[..used], false, Matrix::rows(s, h), w2);
                            kernel::bias_silu(&mut m[..used], &packed[at.b2.clone()]);
                            for (row, &(i, j)) in tile.iter().enumerate() {
                                let (i, j) = (i as usize, j as usize);
                                let sum = &mut out[i * self.width()..][..h];
                                kernel::axpy(graph.weight[i * n + j], &m[row * h..][..h], sum);
                            }
                            if k == 0 {
                                continue;
                            }
                            // s is free again: it takes the hidden layer of the coordinate network.
                            let w3 = Matrix::rows(&packed[at.w3.clone()], h).t();
                            kernel::gemm(tile.len(), h, h, &mut s[..used], false, Matrix::rows(m, h), w3);
                            kernel::bias_silu(&mut s[..used], &packed[at.b3.clone()]);
                            for (row, &(i, j)) in tile.iter().enumerate() {
                                let (i, j) = (i as usize, j as usize);
                                let phi = kernel::dot(&s[row * h..][..h], &packed[at.w4.clone()]);
                                let displacement = &mut out[i * self.width() + h..][..k];
                                for c in 0..k {
                                    let step = (graph.x[i * k + c] - graph.x[j * k + c]) * phi;
                                    displacement[c] += step.clamp(-self.clamp, self.clamp) / count[i];
                                }
                            }
                        }
                    });
                });
            Ok(())
        })?;
        Ok((CpuStorage::F32(out), (batch, n, self.width()).into()))
    }

    fn bwd(
        &self,
        projected: &Tensor,
        x: &Tensor,
        packed: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (batch, n, h, k) = (projected.dim(0)?, self.n, self.hidden, self.k);
        let mut d_projected = vec![0f32; batch * n * 2 * h];
        let mut d_x = vec![0f32; batch * n * k];
        let d_packed = with_values([projected, x, packed, grad], |[p, xs, packed, g]| {
            self.with_constants(|weight, attribute| {
                // Without coordinates d_x is empty; chunks of one dummy keep the iterators aligned.
                let mut no_x = vec![[0f32; 1]; batch.div_ceil(CHUNK)];
                let x_chunks: Vec<&mut [f32]> = if k == 0 {
                    no_x.iter_mut().map(|dummy| &mut dummy[..0]).collect()
                } else {
                    d_x.chunks_mut(CHUNK * n * k).collect()
                };
                let partial: Vec<Vec<f32>> = d_projected
                    .par_chunks_mut((CHUNK * n * 2 * h).max(1))
                    .zip(x_chunks)
                    .enumerate()
                    .map(|(chunk, (d_projected, d_x))| {
                        let mut d_packed = vec![0f32; packed.len()];
                        for (offset, d_projected) in d_projected.chunks_mut(n * 2 * h).enumerate() {
                            let index = chunk * CHUNK + offset;
                            let graph = Graph::at(index, self, p, xs, weight, attribute);
                            let g = &g[index * n * self.width()..][..n * self.width()];
                            let d_x = if k == 0 {
                                &mut [][..]
                            } else {
                                &mut d_x[offset * n * k..][..n * k]
                            };
                            self.backward_graph(graph, packed, g, d_projected, d_x, &mut d_packed);
                        }
                        d_packed
                    })
                    .collect();
                let mut total = vec![0f32; packed.len()];
                for part in &partial {
                    kernel::axpy(1.0, part, &mut total);
                }
                Ok(total)
            })
        })?;
        let device = projected.device();
        let d_x = if k > 0 && x.track_op() {
            Some(Tensor::from_vec(d_x, x.shape(), device)?)
        } else {
            None
        };
        Ok((
            Some(Tensor::from_vec(d_projected, projected.shape(), device)?),
            d_x,
            Some(Tensor::from_vec(d_packed, packed.shape(), device)?),
        ))
    }
}

impl Fused {
    /// Adds the gradients of one graph.
    fn backward_graph(
        &self,
        graph: Graph<'_>,
        packed: &[f32],
        g: &[f32],
        d_projected: &mut [f32],
        d_x: &mut [f32],
        d_packed: &mut [f32],
    ) {
        let (n, h, k, width) = (self.n, self.hidden, self.k, self.width());
        let at = self.parts();
        let (mut pairs, mut count) = (Vec::with_capacity(n * n), vec![0.0; n]);
        graph.pairs(n, &mut pairs, &mut count);
        let layers = if k > 0 { 7 } else { 5 };
        with_scratch(layers * TILE * h, |scratch| {
            let (s, rest) = scratch.split_at_mut(TILE * h);
            let (s_slope, rest) = rest.split_at_mut(TILE * h);
            let (m, rest) = rest.split_at_mut(TILE * h);
            let (m_slope, rest) = rest.split_at_mut(TILE * h);
            let (dm, rest) = rest.split_at_mut(TILE * h);
            let (t, t_slope) = rest.split_at_mut(if k > 0 { TILE * h } else { 0 });
            for tile in pairs.chunks(TILE) {
                let rows = tile.len();
                let used = rows * h;
                // Recompute the tile.
                for (row, &(i, j)) in tile.iter().enumerate() {
                    let (i, j) = (i as usize, j as usize);
                    kernel::pair_silu_slope(
                        graph.receive(i, h),
                        graph.send(j, h),
                        graph.attribute(i * n + j),
                        &packed[at.w_attribute.clone()],
                        if k > 0 {
                            graph.squared_distance(i, j, k)
                        } else {
                            0.0
                        },
                        &packed[at.w_distance.clone()],
                        &mut s[row * h..][..h],
                        &mut s_slope[row * h..][..h],
                    );
                }
                let w2 = Matrix::rows(&packed[at.w2.clone()], h);
                kernel::gemm(rows, h, h, &mut m[..used], false, Matrix::rows(s, h), w2.t());
                kernel::bias_silu_slope(&mut m[..used], &packed[at.b2.clone()], &mut m_slope[..used]);
                // Gradient of the message: from the sum, and from the displacement through the coordinate network.
                for (row, &(i, j)) in tile.iter().enumerate() {
                    let (i, j) = (i as usize, j as usize);
                    kernel::scale(
                        graph.weight[i * n + j],
                        &g[i * width..][..h],
                        &mut dm[row * h..][..h],
                    );
                }
                if k > 0 {
                    let w3 = Matrix::rows(&packed[at.w3.clone()], h);
                    kernel::gemm(rows, h, h, &mut t[..used], false, Matrix::rows(m, h), w3.t());
                    kernel::bias_silu_slope(&mut t[..used], &packed[at.b3.clone()], &mut t_slope[..used]);
                    for (row, &(i, j)) in tile.iter().enumerate() {
                        let (i, j) = (i as usize, j as usize);
                        let t = &mut t[row * h..][..h];
                        let w4 = &packed[at.w4.clone()];
                        let phi = kernel::dot(t, w4);
                        let mut d_phi = 0.0;
                        for c in 0..k {
                            let difference = graph.x[i * k + c] - graph.x[j * k + c];
                            if (difference * phi).abs() <= self.clamp {
                                let d_step = g[i * width + h + c] / count[i];
                                d_phi += d_step * difference;
                                d_x[i * k + c] += d_step * phi;
                                d_x[j * k + c] -= d_step * phi;
                            }
                        }
                        kernel::axpy(d_phi, t, &mut d_packed[at.w4.clone()]);
                        // t becomes the gradient of its pre-activation.
                        kernel::scale(d_phi, w4, t);
                        kernel::chain(t, &t_slope[row * h..][..h], &mut d_packed[at.b3.clone()]);
                    }
                    let (t, d_w3) = (Matrix::rows(t, h), &mut d_packed[at.w3.clone()]);
                    kernel::gemm(h, h, rows, d_w3, true, t.t(), Matrix::rows(m, h));
                    kernel::gemm(rows, h, h, &mut dm[..used], true, t, w3);
                }
                for row in 0..rows {
                    let slope = &m_slope[row * h..][..h];
                    kernel::chain(&mut dm[row * h..][..h], slope, &mut d_packed[at.b2.clone()]);
                }
                kernel::gemm(
                    h,
                    h,
                    rows,
                    &mut d_packed[at.w2.clone()],
                    true,
                    Matrix::rows(dm, h).t(),
                    Matrix::rows(s, h),
                );
                // m is free: it takes the gradient of silu(u), then of u.
                kernel::gemm(rows, h, h, &mut m[..used], false, Matrix::rows(dm, h), w2);
                for (row, &(i, j)) in tile.iter().enumerate() {
                    let (i, j) = (i as usize, j as usize);
                    let du = &mut m[row * h..][..h];
                    kernel::chain(du, &s_slope[row * h..][..h], &mut d_projected[i * 2 * h..][..h]);
                    kernel::axpy(1.0, du, &mut d_projected[j * 2 * h + h..][..h]);
                    if !graph.attribute.is_empty() {
                        kernel::axpy(
                            graph.attribute(i * n + j),
                            du,
                            &mut d_packed[at.w_attribute.clone()],
                        );
                    }
                    if k > 0 {
                        let squared = graph.squared_distance(i, j, k);
                        kernel::axpy(squared, du, &mut d_packed[at.w_distance.clone()]);
                        let d_squared = 2.0 * kernel::dot(du, &packed[at.w_distance.clone()]);
                        for c in 0..k {
                            let step = d_squared * (graph.x[i * k + c] - graph.x[j * k + c]);
                            d_x[i * k + c] += step;
                            d_x[j * k + c] -= step;
                        }
                    }
                }
            }
        });
    }
}
