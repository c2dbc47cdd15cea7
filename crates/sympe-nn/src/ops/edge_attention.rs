//! Attention between all pairs of nodes, per channel and modulated by the edges: the inner loop of the graph
//! transformer.

use super::kernel::{self, Matrix, exp};
use super::{fallback, fused, slice, with_scratch, with_values};
use candle_core::{CpuStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::OnceLock;

/// What the attention is computed from. Query `i`, key `j`, all products per channel, with `D` channels:
///
/// ```text
/// [mul | add]_ij = W_film·edge_ij + b_film
/// y_ij    = scale·q_i·k_j·(1 + mul_ij) + add_ij
/// edges'  = W_out·(y_ij·(1 + edge mul) + edge add) + b_out
/// nodes'  = (Σ_j softmax_j(y_ij)·v_j)·(1 + node mul) + node add
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EdgeAttention<'a> {
    /// `[B, N, N, F]`.
    pub edges: &'a Tensor,
    /// `[q | k | v]`, `[B, N, 3D]`.
    pub qkv: &'a Tensor,
    /// `[edge mul | edge add | node mul | node add]`, `[B, 4D]`.
    pub globals: &'a Tensor,
    /// How edges modulate: `[2D, F]` and `[2D]`.
    pub film: (&'a Tensor, &'a Tensor),
    /// The map to new edges: `[O, D]` and `[O]`.
    pub output: (&'a Tensor, &'a Tensor),
    /// `[B, N]`, 1 for real nodes, constant. Pairs with others are skipped altogether.
    pub mask: &'a Tensor,
    /// Factor on `q·k`.
    pub scale: f64,
}

/// New features of pairs and nodes, zero in padding.
#[derive(Clone, Debug)]
pub struct EdgeAttentionOutput {
    /// `[B, N, N, O]`.
    pub edges: Tensor,
    /// `[B, N, D]`.
    pub nodes: Tensor,
}

/// The attention of a batch (Vignac et al. 2023, the node-edge block of DiGress). O(B·N²·D·(F + O)) time; the fused path
/// needs O(B·N²·(F + O) + B·N·D) memory, forward and backward, because it recomputes the scores instead of storing
/// them.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn edge_attention(input: &EdgeAttention<'_>) -> Result<EdgeAttentionOutput> {
    let (batch, n, columns, features) = input.edges.dims4()?;
    let width = input.film.1.elem_count() / 2;
    let outputs = input.output.1.elem_count();
    if columns != n
        || input.qkv.dims() != [batch, n, 3 * width]
        || input.globals.dims() != [batch, 4 * width]
        || input.film.0.dims() != [2 * width, features]
        || input.output.0.dims() != [outputs, width]
        || input.mask.dims() != [batch, n]
    {
        candle_core::bail!(
            "edge_attention: edges {:?}, qkv {:?}, globals {:?}, film {:?}, output {:?}, mask {:?} do not fit together",
            input.edges.dims(),
            input.qkv.dims(),
            input.globals.dims(),
            input.film.0.dims(),
            input.output.0.dims(),
            input.mask.dims()
        );
    }
    if !fused(input.edges) || width == 0 || outputs == 0 {
        return fallback::edge_attention(input);
    }
    // One packed vector, because a custom operation has at most three inputs; its gradient splits by itself.
    let packed = Tensor::cat(
        &[
            &input.film.0.flatten_all()?,
            input.film.1,
            &input.output.0.flatten_all()?,
            input.output.1,
            &input.globals.flatten_all()?,
        ],
        0,
    )?;
    let op = Fused {
        mask: input.mask.detach(),
        n,
        features,
        width,
        outputs,
        scale: input.scale as f32,
        saved: OnceLock::new(),
    };
    let qkv = input.qkv.contiguous()?;
    let out = input.edges.contiguous()?.apply_op3(&qkv, &packed, op)?;
    let part = |start, shape: Shape| out.apply_op1(Part { start, shape });
    Ok(EdgeAttentionOutput {
        edges: part(0, (batch, n, n, outputs).into())?,
        nodes: part(batch * n * n * outputs, (batch, n, width).into())?,
    })
}

/// Pairs per tile, at least one query: the buffers of a tile stay in the second-level cache.
const TILE: usize = 128;
/// Graphs per task of the backward pass; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 8;

/// A part of a vector, in some shape. Candle's own, by `narrow` and `reshape`, has twice as many passes over the whole
/// vector in its backward pass.
struct Part {
    start: usize,
    shape: Shape,
}

impl CustomOp1 for Part {
    fn name(&self) -> &'static str {
        "part"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let part = slice(storage, layout)?[self.start..][..self.shape.elem_count()].to_vec();
        Ok((CpuStorage::F32(part), self.shape.clone()))
    }

    fn bwd(&self, whole: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut gradient = vec![0f32; whole.elem_count()];
        with_values([grad], |[g]| {
            gradient[self.start..][..g.len()].copy_from_slice(g);
            Ok(())
        })?;
        Ok(Some(Tensor::from_vec(gradient, whole.shape(), whole.device())?))
    }
}

/// The output is `[edges | nodes]`, each for the whole batch.
struct Fused {
    mask: Tensor,
    n: usize,
    features: usize,
    width: usize,
    outputs: usize,
    scale: f32,
    /// Kept by the forward pass for the backward pass, three vectors per node: the average of values, the largest score,
    /// and the inverse of the sum of exponentials.
    saved: OnceLock<Vec<f32>>,
}

/// The packed parameters, or their gradient.
struct Parts {
    film: Range<usize>,
    film_bias: Range<usize>,
    output: Range<usize>,
    output_bias: Range<usize>,
    /// Those of all graphs.
    globals: Range<usize>,
}

impl Fused {
    fn parts(&self, batch: usize) -> Parts {
        let mut next = 0;
        let mut take = |len: usize| {
            next += len;
            next - len..next
        };
        Parts {
            film: take(2 * self.width * self.features),
            film_bias: take(2 * self.width),
            output: take(self.outputs * self.width),
            output_bias: take(self.outputs),
            globals: take(batch * 4 * self.width),
        }
    }

    /// Queries per tile when there are this many keys.
    fn block(keys: usize) -> usize {
        (TILE / keys.max(1)).max(1)
    }
}

/// What one query is computed from.
#[derive(Clone, Copy)]
pub(super) struct Query<'a> {
    q: &'a [f32],
    /// `[q | k | v]` of all nodes of the graph.
    qkv: &'a [f32],
    /// The nodes that count.
    keys: &'a [usize],
    scale: f32,
    /// `[mul | add]`.
    film_bias: &'a [f32],
    /// `[edge mul | edge add | node mul | node add]`.
    globals: &'a [f32],
}

/// Where the gradients of one query are added.
pub(super) struct QueryGradients<'a> {
    /// Of the query alone.
    q: &'a mut [f32],
    /// Keys and values of all nodes of the graph.
    qkv: &'a mut [f32],
    film_bias: &'a mut [f32],
    globals: &'a mut [f32],
}

/// Splits into parts of one length.
#[inline(always)]
fn split<const N: usize>(x: &[f32], width: usize) -> [&[f32]; N] {
    std::array::from_fn(|k| &x[k * width..][..width])
}

/// Turns rows `[mul | add]` of keys, without bias, into scores in the first half of each row; writes the modulated scores,
/// and the largest scores.
#[inline(always)]
pub(super) fn scores(query: Query<'_>, film: &mut [f32], mixed: &mut [f32], maximum: &mut [f32]) {
    let d = query.q.len();
    let [mul_bias, add_bias] = split(query.film_bias, d);
    let [edge_mul, edge_add] = split(query.globals, d);
    let (q, maximum) = (&query.q[..d], &mut maximum[..d]);
    maximum.fill(f32::NEG_INFINITY);
    let rows = film.chunks_exact_mut(2 * d).zip(mixed.chunks_exact_mut(d));
    for (&key, (film, mixed)) in query.keys.iter().zip(rows) {
        let k = &query.qkv[(3 * key + 1) * d..][..d];
        let (mul, add) = film.split_at_mut(d);
        let add = &add[..d];
        for c in 0..d {
            let y = q[c] * k[c] * query.scale * (1.0 + mul[c] + mul_bias[c]) + add[c] + add_bias[c];
            mul[c] = y;
            mixed[c] = y * (1.0 + edge_mul[c]) + edge_add[c];
            maximum[c] = if y > maximum[c] { y } else { maximum[c] };
        }
    }
}

/// Averages the values by the softmax of the scores. `saved` holds the largest scores in its second third.
#[inline(always)]
pub(super) fn values(query: Query<'_>, scores: &[f32], saved: &mut [f32], nodes: &mut [f32]) {
    let d = query.q.len();
    let (value, rest) = saved.split_at_mut(d);
    let (maximum, inverse) = rest.split_at_mut(d);
    let (maximum, inverse) = (&maximum[..d], &mut inverse[..d]);
    value.fill(0.0);
    inverse.fill(0.0);
    for (&key, scores) in query.keys.iter().zip(scores.chunks_exact(2 * d)) {
        let (v, scores) = (&query.qkv[(3 * key + 2) * d..][..d], &scores[..d]);
        for c in 0..d {
            let weight = exp(scores[c] - maximum[c]);
            inverse[c] += weight;
            value[c] += weight * v[c];
        }
    }
    let [_, _, node_mul, node_add] = split(query.globals, d);
    let nodes = &mut nodes[..d];
    for c in 0..d {
        inverse[c] = 1.0 / inverse[c];
        value[c] *= inverse[c];
        nodes[c] = value[c] * (1.0 + node_mul[c]) + node_add[c];
    }
}

/// The backward pass of one query. `g` is the gradient of its output; `film` holds rows `[mul | add]` without bias and
/// gets their gradient; `mixed` holds the gradient of the modulated scores and gets the modulated scores.
#[inline(always)]
pub(super) fn adjoint(
    query: Query<'_>,
    saved: &[f32],
    g: &[f32],
    film: &mut [f32],
    mixed: &mut [f32],
    gradients: QueryGradients<'_>,
) {
    let d = query.q.len();
    let [mul_bias, add_bias] = split(query.film_bias, d);
    let [edge_mul, edge_add, node_mul] = split(query.globals, d);
    let [value, maximum, inverse] = split(saved, d);
    let (q, g) = (&query.q[..d], &g[..d]);
    let d_q = &mut gradients.q[..d];
    let (d_mul_bias, d_add_bias) = gradients.film_bias.split_at_mut(d);
    let (d_mul_bias, d_add_bias) = (&mut d_mul_bias[..d], &mut d_add_bias[..d]);
    let (d_edge_mul, rest) = gradients.globals.split_at_mut(d);
    let (d_edge_add, rest) = rest.split_at_mut(d);
    let (d_node_mul, d_node_add) = rest.split_at_mut(d);
    let (d_edge_mul, d_edge_add) = (&mut d_edge_mul[..d], &mut d_edge_add[..d]);
    let (d_node_mul, d_node_add) = (&mut d_node_mul[..d], &mut d_node_add[..d]);
    for c in 0..d {
        d_node_mul[c] += g[c] * value[c];
        d_node_add[c] += g[c];
    }
    let rows = film.chunks_exact_mut(2 * d).zip(mixed.chunks_exact_mut(d));
    for (&key, (film, mixed)) in query.keys.iter().zip(rows) {
        let [_, k, v] = split(&query.qkv[3 * key * d..], d);
        let (mul, add) = film.split_at_mut(d);
        let (mul, add, mixed) = (&mut mul[..d], &mut add[..d], &mut mixed[..d]);
        let (d_k, d_v) = gradients.qkv[(3 * key + 1) * d..][..2 * d].split_at_mut(d);
        let (d_k, d_v) = (&mut d_k[..d], &mut d_v[..d]);
        for c in 0..d {
            let product = q[c] * k[c] * query.scale;
            let slope = 1.0 + mul[c] + mul_bias[c];
            let y = product * slope + add[c] + add_bias[c];
            let weight = exp(y - maximum[c]) * inverse[c] * (g[c] * (1.0 + node_mul[c]));
            let d_mixed = mixed[c];
            let d_y = d_mixed * (1.0 + edge_mul[c]) + weight * (v[c] - value[c]);
            mixed[c] = y * (1.0 + edge_mul[c]) + edge_add[c];
            d_edge_mul[c] += d_mixed * y;
            d_edge_add[c] += d_mixed;
            d_v[c] += weight;
            let d_product = d_y * slope * query.scale;
            d_q[c] += d_product * k[c];
            d_k[c] += d_product * q[c];
            mul[c] = d_y * product;
            add[c] = d_y;
            d_mul_bias[c] += d_y * product;
            d_add_bias[c] += d_y;
        }
    }
}

/// The nodes of a graph that count.
fn real(mask: &[f32]) -> Vec<usize> {
    (0..mask.len()).filter(|&i| mask[i] != 0.0).collect()
}

/// Copies the rows of pairs of `queries` and `keys` to consecutive rows.
fn gather(pairs: &[f32], width: usize, n: usize, queries: &[usize], keys: &[usize], rows: &mut [f32]) {
    let mut rows = rows.chunks_exact_mut(width);
    for &i in queries {
        for (&j, row) in keys.iter().zip(&mut rows) {
            row.copy_from_slice(&pairs[(i * n + j) * width..][..width]);
        }
    }
}

/// The inverse of [`gather`].
fn scatter(rows: &[f32], width: usize, n: usize, queries: &[usize], keys: &[usize], pairs: &mut [f32]) {
    let mut rows = rows.chunks_exact(width);
    for &i in queries {
        for (&j, row) in keys.iter().zip(&mut rows) {
            pairs[(i * n + j) * width..][..width].copy_from_slice(row);
        }
    }
}

impl CustomOp3 for Fused {
    fn name(&self) -> &'static str {
        "edge-attention"
    }

    fn cpu_fwd(
        &self,
        edges: &CpuStorage,
        edges_layout: &Layout,
        qkv: &CpuStorage,
        qkv_layout: &Layout,
        packed: &CpuStorage,
        packed_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (edges, qkv) = (slice(edges, edges_layout)?, slice(qkv, qkv_layout)?);
        let packed = slice(packed, packed_layout)?;
        let batch = edges_layout.dims()[0];
        let (n, f, d, o) = (self.n, self.features, self.width, self.outputs);
        let at = self.parts(batch);
        let mut out = vec![0f32; batch * (n * n * o + n * d)];
        let length = out.len();
        let (out_edges, out_nodes) = out.split_at_mut(batch * n * n * o);
        let mut saved = vec![0f32; batch * n * 3 * d];
        let film_weight = kernel::transposed(&packed[at.film.clone()], f);
        let output_weight = kernel::transposed(&packed[at.output.clone()], d);
        with_values([&self.mask], |[mask]| {
            out_edges
                .par_chunks_mut((n * n * o).max(1))
                .zip(out_nodes.par_chunks_mut((n * d).max(1)))
                .zip(saved.par_chunks_mut((n * 3 * d).max(1)))
                .enumerate()
                .for_each(|(index, ((out_edges, out_nodes), saved))| {
                    let keys = real(&mask[index * n..][..n]);
                    let (edges, qkv) = (
                        &edges[index * n * n * f..][..n * n * f],
                        &qkv[index * n * 3 * d..][..n * 3 * d],
                    );
                    let block = Self::block(keys.len());
                    let rows = block * keys.len();
                    with_scratch(rows * (f.max(o) + 3 * d), |scratch| {
                        let (pairs, rest) = scratch.split_at_mut(rows * f.max(o));
                        let (film, mixed) = rest.split_at_mut(rows * 2 * d);
                        for queries in keys.chunks(block) {
                            let rows = queries.len() * keys.len();
                            gather(edges, f, n, queries, &keys, pairs);
                            kernel::gemm(
                                rows,
                                2 * d,
                                f,
                                &mut film[..rows * 2 * d],
                                false,
                                Matrix::rows(pairs, f),
                                Matrix::rows(&film_weight, 2 * d),
                            );
                            for (&i, (film, mixed)) in queries.iter().zip(
                                film.chunks_exact_mut(keys.len() * 2 * d)
                                    .zip(mixed.chunks_exact_mut(keys.len() * d)),
                            ) {
                                let query = self.query(i, qkv, &keys, packed, &at, index);
                                let saved = &mut saved[i * 3 * d..][..3 * d];
                                kernel::edge_scores(query, film, mixed, &mut saved[d..2 * d]);
                                kernel::edge_values(query, film, saved, &mut out_nodes[i * d..][..d]);
                            }
                            let new = &mut pairs[..rows * o];
                            let output = Matrix::rows(&output_weight, o);
                            kernel::gemm(rows, o, d, new, false, Matrix::rows(mixed, d), output);
                            kernel::add_bias(new, &packed[at.output_bias.clone()]);
                            scatter(new, o, n, queries, &keys, out_edges);
                        }
                    });
                });
            Ok(())
        })?;
        // An operation runs once; a second time would save the same.
        self.saved.get_or_init(|| saved);
        Ok((CpuStorage::F32(out), length.into()))
    }

    fn bwd(
        &self,
        edges: &Tensor,
        qkv: &Tensor,
        packed: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (batch, n, d) = (edges.dim(0)?, self.n, self.width);
        let at = self.parts(batch);
        let mut d_edges = vec![0f32; edges.elem_count()];
        let mut d_qkv = vec![0f32; qkv.elem_count()];
        let mut d_packed = vec![0f32; packed.elem_count()];
        let (d_weights, d_globals) = d_packed.split_at_mut(at.globals.start);
        let Some(saved) = self.saved.get() else {
            candle_core::bail!("edge_attention: backward without forward")
        };
        with_values(
            [edges, qkv, packed, grad, &self.mask],
            |[edges, qkv, packed, grad, mask]| {
                let values = [edges, qkv, packed, grad, mask, saved];
                let film_weight = kernel::transposed(&packed[at.film.clone()], self.features);
                let partial: Vec<Vec<f32>> = d_edges
                    .par_chunks_mut((CHUNK * n * n * self.features).max(1))
                    .zip(d_qkv.par_chunks_mut((CHUNK * n * 3 * d).max(1)))
                    .zip(d_globals.par_chunks_mut(CHUNK * 4 * d))
                    .enumerate()
                    .map(|(chunk, ((d_edges, d_qkv), d_globals))| {
                        let mut d_weights = vec![0f32; at.globals.start];
                        for (offset, d_globals) in d_globals.chunks_exact_mut(4 * d).enumerate() {
                            self.backward_graph(
                                batch,
                                chunk * CHUNK + offset,
                                values,
                                &film_weight,
                                &mut d_edges[offset * n * n * self.features..][..n * n * self.features],
                                &mut d_qkv[offset * n * 3 * d..][..n * 3 * d],
                                &mut d_weights,
                                d_globals,
                            );
                        }
                        d_weights
                    })
                    .collect();
                for part in &partial {
                    kernel::axpy(1.0, part, d_weights);
                }
                Ok(())
            },
        )?;
        let device = edges.device();
        Ok((
            Some(Tensor::from_vec(d_edges, edges.shape(), device)?),
            Some(Tensor::from_vec(d_qkv, qkv.shape(), device)?),
            Some(Tensor::from_vec(d_packed, packed.shape(), device)?),
        ))
    }
}

impl Fused {
    fn query<'a>(
        &self,
        i: usize,
        qkv: &'a [f32],
        keys: &'a [usize],
        packed: &'a [f32],
        at: &Parts,
        graph: usize,
    ) -> Query<'a> {
        let d = self.width;
        Query {
            q: &qkv[i * 3 * d..][..d],
            qkv,
            keys,
            scale: self.scale,
            film_bias: &packed[at.film_bias.clone()],
            globals: &packed[at.globals.clone()][graph * 4 * d..][..4 * d],
        }
    }

    /// Adds the gradients of one graph. `values` are those of edges, qkv, packed, the gradient of the
    /// output, the mask, and what was saved; `film_transposed` is the transpose of the first weight.
    #[allow(clippy::too_many_arguments)]
    fn backward_graph(
        &self,
        batch: usize,
        index: usize,
        values: [&[f32]; 6],
        film_transposed: &[f32],
        d_edges: &mut [f32],
        d_qkv: &mut [f32],
        d_weights: &mut [f32],
        d_globals: &mut [f32],
    ) {
        let (n, f, d, o) = (self.n, self.features, self.width, self.outputs);
        let [edges, qkv, packed, grad, mask, saved] = values;
        let at = self.parts(batch);
        let keys = real(&mask[index * n..][..n]);
        let edges = &edges[index * n * n * f..][..n * n * f];
        let qkv = &qkv[index * n * 3 * d..][..n * 3 * d];
        let g_edges = &grad[index * n * n * o..][..n * n * o];
        let g_nodes = &grad[batch * n * n * o + index * n * d..][..n * d];
        let saved = &saved[index * n * 3 * d..][..n * 3 * d];
        let block = Self::block(keys.len());
        let rows = block * keys.len();
        let (d_film, rest) = d_weights.split_at_mut(at.film_bias.start);
        let (d_film_bias, rest) = rest.split_at_mut(2 * d);
        let (d_output, d_output_bias) = rest.split_at_mut(o * d);
        with_scratch(rows * (f + o + 3 * d) + d, |scratch| {
            let (d_q, rest) = scratch.split_at_mut(d);
            let (pairs, rest) = rest.split_at_mut(rows * f);
            let (g, rest) = rest.split_at_mut(rows * o);
            let (film, mixed) = rest.split_at_mut(rows * 2 * d);
            for queries in keys.chunks(block) {
                let rows = queries.len() * keys.len();
                gather(edges, f, n, queries, &keys, pairs);
                gather(g_edges, o, n, queries, &keys, g);
                let film_weight = Matrix::rows(&packed[at.film.clone()], f);
                let output_weight = Matrix::rows(&packed[at.output.clone()], d);
                let film = &mut film[..rows * 2 * d];
                let mixed = &mut mixed[..rows * d];
                kernel::gemm(
                    rows,
                    2 * d,
                    f,
                    film,
                    false,
                    Matrix::rows(pairs, f),
                    Matrix::rows(film_transposed, 2 * d),
                );
                kernel::gemm(rows, d, o, mixed, false, Matrix::rows(g, o), output_weight);
                for (&i, (film, mixed)) in queries.iter().zip(
                    film.chunks_exact_mut(keys.len() * 2 * d)
                        .zip(mixed.chunks_exact_mut(keys.len() * d)),
                ) {
                    d_q.fill(0.0);
                    let gradients = QueryGradients {
                        q: d_q,
                        qkv: d_qkv,
                        film_bias: d_film_bias,
                        globals: d_globals,
                    };
                    kernel::edge_scores_adjoint(
                        self.query(i, qkv, &keys, packed, &at, index),
                        &saved[i * 3 * d..][..3 * d],
                        &g_nodes[i * d..][..d],
                        film,
                        mixed,
                        gradients,
                    );
                    kernel::axpy(1.0, d_q, &mut d_qkv[i * 3 * d..][..d]);
                }
                let g = &g[..rows * o];
                kernel::gemm(
                    o,
                    d,
                    rows,
                    d_output,
                    true,
                    Matrix::rows(g, o).t(),
                    Matrix::rows(mixed, d),
                );
                kernel::column_sum(g, d_output_bias);
                let film = Matrix::rows(film, 2 * d);
                kernel::gemm(2 * d, f, rows, d_film, true, film.t(), Matrix::rows(pairs, f));
                let pairs = &mut pairs[..rows * f];
                kernel::gemm(rows, f, 2 * d, pairs, false, film, film_weight);
                scatter(pairs, f, n, queries, &keys, d_edges);
            }
        });
    }
}
