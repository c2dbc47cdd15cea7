//! Attention between all pairs of nodes, per channel and modulated by the edges: the inner loop of the graph
//! transformer.
//!
//! Edges `[B, N, N, F]` and queries, keys, values `[B, N, 3D]` to new edges `[B, N, N, O]` and nodes `[B, N, D]` (the
//! formulas are at [`EdgeAttention`]). Padding is never read, and comes out zero.
//!
//! In plain tensors, scores, modulations and softmax are a dozen tensors `[B, N, N, D]` with `D` several times `F`.
//! Here pairs go through in tiles that stay in the second-level cache, and the backward pass computes the scores anew
//! from three vectors per node that the forward pass saves: O(B·N²·D·(F + O)) time, O(B·N²·(F + O) + B·N·D) memory.
//! Tiles and tasks have fixed sizes and their sums are added in order, so results do not depend on the number of
//! threads.

use super::arguments::{EdgeAttention, EdgeAttentionOutput};
use super::attention_query::{self, Query, QueryGradients};
use super::matrix::{Matrix, gemm, transposed};
use super::storage::{fused, slice, split, split_mut, with_scratch, with_values};
use super::{fallback, vector};
use candle_core::{CpuStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::sync::OnceLock;

/// The attention of a batch (Vignac et al. 2023, the node-edge block of DiGress). O(B·N²·D·(F + O)) time; the fused
/// path needs O(B·N²·(F + O) + B·N·D) memory, forward and backward, because it recomputes the scores instead of storing
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
        batch,
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

/// The operation. Its output is `[edges | nodes]`, each for the whole batch.
struct Fused {
    mask: Tensor,
    batch: usize,
    n: usize,
    features: usize,
    width: usize,
    outputs: usize,
    scale: f32,
    /// Kept by the forward pass for the backward pass, three vectors per node: the average of values, the largest
    /// score, and the inverse of the sum of exponentials.
    saved: OnceLock<Vec<f32>>,
}

/// The parts of the packed parameters, or of their gradient.
struct Parameters<T> {
    film: T,
    film_bias: T,
    output: T,
    output_bias: T,
    /// Those of all graphs.
    globals: T,
}

impl<T> From<[T; 5]> for Parameters<T> {
    fn from([film, film_bias, output, output_bias, globals]: [T; 5]) -> Self {
        Self {
            film,
            film_bias,
            output,
            output_bias,
            globals,
        }
    }
}

/// The inputs of one graph.
struct Graph<'a> {
    edges: &'a [f32],
    qkv: &'a [f32],
    film_bias: &'a [f32],
    globals: &'a [f32],
    /// The nodes that count.
    keys: Vec<usize>,
}

impl Fused {
    /// Lengths of the packed parameters, of which the globals are the last.
    fn lengths(&self) -> [usize; 5] {
        let (f, d, o) = (self.features, self.width, self.outputs);
        [2 * d * f, 2 * d, o * d, o, self.batch * 4 * d]
    }

    /// Queries per tile when there are this many keys.
    fn block(keys: usize) -> usize {
        (TILE / keys.max(1)).max(1)
    }

    /// Graph `index` of the batch: `inputs` are all edges, queries with keys and values, and masks.
    fn graph<'a>(
        &self,
        index: usize,
        [edges, qkv, mask]: [&'a [f32]; 3],
        parameters: &Parameters<&'a [f32]>,
    ) -> Graph<'a> {
        let (n, f, d) = (self.n, self.features, self.width);
        let mask = &mask[index * n..][..n];
        Graph {
            edges: &edges[index * n * n * f..][..n * n * f],
            qkv: &qkv[index * n * 3 * d..][..n * 3 * d],
            film_bias: parameters.film_bias,
            globals: &parameters.globals[index * 4 * d..][..4 * d],
            keys: (0..n).filter(|&i| mask[i] != 0.0).collect(),
        }
    }

    fn query<'a>(&self, i: usize, graph: &'a Graph<'_>) -> Query<'a> {
        Query {
            q: &graph.qkv[i * 3 * self.width..][..self.width],
            qkv: graph.qkv,
            keys: &graph.keys,
            scale: self.scale,
            film_bias: graph.film_bias,
            globals: graph.globals,
        }
    }
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
        let parameters: Parameters<&[f32]> = split(slice(packed, packed_layout)?, self.lengths()).into();
        let (batch, n, d, o) = (self.batch, self.n, self.width, self.outputs);
        let mut out = vec![0f32; batch * (n * n * o + n * d)];
        let length = out.len();
        let (out_edges, out_nodes) = out.split_at_mut(batch * n * n * o);
        let mut saved = vec![0f32; batch * n * 3 * d];
        let film_weight = transposed(parameters.film, self.features);
        let output_weight = transposed(parameters.output, d);
        let weights = [Matrix::rows(&film_weight, 2 * d), Matrix::rows(&output_weight, o)];
        with_values([&self.mask], |[mask]| {
            out_edges
                .par_chunks_mut((n * n * o).max(1))
                .zip(out_nodes.par_chunks_mut((n * d).max(1)))
                .zip(saved.par_chunks_mut((n * 3 * d).max(1)))
                .enumerate()
                .for_each(|(index, ((edges_out, nodes), saved))| {
                    let graph = self.graph(index, [edges, qkv, mask], &parameters);
                    let out = [edges_out, nodes, saved];
                    self.forward_graph(&graph, weights, parameters.output_bias, out);
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
        let (n, f, d) = (self.n, self.features, self.width);
        let mut d_edges = vec![0f32; edges.elem_count()];
        let mut d_qkv = vec![0f32; qkv.elem_count()];
        let mut d_packed = vec![0f32; packed.elem_count()];
        let [film, film_bias, output, output_bias, globals] = self.lengths();
        let weights = d_packed.len() - globals;
        let (d_weights, d_globals) = d_packed.split_at_mut(weights);
        let Some(saved) = self.saved.get() else {
            candle_core::bail!("edge_attention: backward without forward")
        };
        let tensors = [edges, qkv, packed, grad, &self.mask];
        with_values(tensors, |[edges, qkv, packed, grad, mask]| {
            let parameters: Parameters<&[f32]> = split(packed, self.lengths()).into();
            let film_transposed = transposed(parameters.film, f);
            let partial: Vec<Vec<f32>> = d_edges
                .par_chunks_mut((CHUNK * n * n * f).max(1))
                .zip(d_qkv.par_chunks_mut((CHUNK * n * 3 * d).max(1)))
                .zip(d_globals.par_chunks_mut(CHUNK * 4 * d))
                .enumerate()
                .map(|(chunk, ((d_edges, d_qkv), d_globals))| {
                    let mut d_weights = vec![0f32; weights];
                    for (offset, d_globals) in d_globals.chunks_exact_mut(4 * d).enumerate() {
                        let index = chunk * CHUNK + offset;
                        let graph = self.graph(index, [edges, qkv, mask], &parameters);
                        let lengths = [film, film_bias, output, output_bias];
                        let [d_film, d_film_bias, d_output, d_output_bias] =
                            split_mut(&mut d_weights, lengths);
                        let gradients = Gradients {
                            edges: &mut d_edges[offset * n * n * f..][..n * n * f],
                            qkv: &mut d_qkv[offset * n * 3 * d..][..n * 3 * d],
                            parameters: [d_film, d_film_bias, d_output, d_output_bias, d_globals].into(),
                        };
                        let known = self.known(index, saved, grad);
                        self.backward_graph(&graph, &parameters, &film_transposed, known, gradients);
                    }
                    d_weights
                })
                .collect();
            for part in &partial {
                vector::axpy(1.0, part, d_weights);
            }
            Ok(())
        })?;
        let device = edges.device();
        Ok((
            Some(Tensor::from_vec(d_edges, edges.shape(), device)?),
            Some(Tensor::from_vec(d_qkv, qkv.shape(), device)?),
            Some(Tensor::from_vec(d_packed, packed.shape(), device)?),
        ))
    }
}

/// The forward pass.
impl Fused {
    /// One graph: new edges, new nodes, and what is saved. `weights` are the two weights, transposed.
    fn forward_graph(
        &self,
        graph: &Graph<'_>,
        [film_weight, output_weight]: [Matrix<'_>; 2],
        output_bias: &[f32],
        [edges, nodes, saved]: [&mut [f32]; 3],
    ) {
        let (n, f, d, o) = (self.n, self.features, self.width, self.outputs);
        let keys = &graph.keys;
        let block = Self::block(keys.len());
        let rows = block * keys.len();
        with_scratch(rows * (f.max(o) + 3 * d), |scratch| {
            for queries in keys.chunks(block) {
                let rows = queries.len() * keys.len();
                let [pairs, film, mixed] = split_mut(scratch, [rows * f.max(o), rows * 2 * d, rows * d]);
                gather(graph.edges, f, n, queries, keys, pairs);
                gemm(rows, 2 * d, f, film, false, Matrix::rows(pairs, f), film_weight);
                let rows_of_keys = film
                    .chunks_exact_mut(keys.len() * 2 * d)
                    .zip(mixed.chunks_exact_mut(keys.len() * d));
                for (&i, (film, mixed)) in queries.iter().zip(rows_of_keys) {
                    let query = self.query(i, graph);
                    let saved = &mut saved[i * 3 * d..][..3 * d];
                    attention_query::scores(query, film, mixed, &mut saved[d..2 * d]);
                    attention_query::values(query, film, saved, &mut nodes[i * d..][..d]);
                }
                let new = &mut pairs[..rows * o];
                gemm(rows, o, d, new, false, Matrix::rows(mixed, d), output_weight);
                vector::add_bias(new, output_bias);
                scatter(new, o, n, queries, keys, edges);
            }
        });
    }
}

/// What the backward pass knows of one graph.
struct Known<'a> {
    /// By the forward pass.
    saved: &'a [f32],
    /// Gradients of new edges and nodes.
    edges: &'a [f32],
    nodes: &'a [f32],
}

/// Where the gradients of one graph are added (those of edges: written).
struct Gradients<'a> {
    edges: &'a mut [f32],
    qkv: &'a mut [f32],
    /// The globals are those of the graph.
    parameters: Parameters<&'a mut [f32]>,
}

/// The backward pass.
impl Fused {
    fn known<'a>(&self, index: usize, saved: &'a [f32], grad: &'a [f32]) -> Known<'a> {
        let (n, d, o) = (self.n, self.width, self.outputs);
        let (edges, nodes) = grad.split_at(self.batch * n * n * o);
        Known {
            saved: &saved[index * n * 3 * d..][..n * 3 * d],
            edges: &edges[index * n * n * o..][..n * n * o],
            nodes: &nodes[index * n * d..][..n * d],
        }
    }

    /// Adds the gradients of one graph. `film_transposed` is the transpose of the first weight.
    fn backward_graph(
        &self,
        graph: &Graph<'_>,
        parameters: &Parameters<&[f32]>,
        film_transposed: &[f32],
        known: Known<'_>,
        gradients: Gradients<'_>,
    ) {
        let (n, f, d, o) = (self.n, self.features, self.width, self.outputs);
        let film_transposed = Matrix::rows(film_transposed, 2 * d);
        let film_weight = Matrix::rows(parameters.film, f);
        let output_weight = Matrix::rows(parameters.output, d);
        let Gradients {
            edges: d_edges,
            qkv: d_qkv,
            parameters: mut d_parameters,
        } = gradients;
        let keys = &graph.keys;
        let block = Self::block(keys.len());
        let rows = block * keys.len();
        with_scratch(rows * (f + o + 3 * d) + d, |scratch| {
            for queries in keys.chunks(block) {
                let rows = queries.len() * keys.len();
                let lengths = [d, rows * f, rows * o, rows * 2 * d, rows * d];
                let [d_q, pairs, g, film, mixed] = split_mut(scratch, lengths);
                gather(graph.edges, f, n, queries, keys, pairs);
                gather(known.edges, o, n, queries, keys, g);
                gemm(
                    rows,
                    2 * d,
                    f,
                    film,
                    false,
                    Matrix::rows(pairs, f),
                    film_transposed,
                );
                gemm(rows, d, o, mixed, false, Matrix::rows(g, o), output_weight);
                let d_queries = [d_q, &mut *d_qkv];
                self.backward_queries(
                    graph,
                    queries,
                    &known,
                    [film, mixed],
                    d_queries,
                    &mut d_parameters,
                );
                let (gradient, mixed) = (Matrix::rows(g, o), Matrix::rows(mixed, d));
                gemm(o, d, rows, d_parameters.output, true, gradient.t(), mixed);
                vector::column_sum(g, d_parameters.output_bias);
                let film = Matrix::rows(film, 2 * d);
                let d_film = &mut *d_parameters.film;
                gemm(2 * d, f, rows, d_film, true, film.t(), Matrix::rows(pairs, f));
                gemm(rows, f, 2 * d, pairs, false, film, film_weight);
                scatter(pairs, f, n, queries, keys, d_edges);
            }
        });
    }

    /// The backward pass of the queries of a tile; rows are as in [`attention_query::adjoint`]. `d_q` is scratch.
    fn backward_queries(
        &self,
        graph: &Graph<'_>,
        queries: &[usize],
        known: &Known<'_>,
        [film, mixed]: [&mut [f32]; 2],
        [d_q, d_qkv]: [&mut [f32]; 2],
        d_parameters: &mut Parameters<&mut [f32]>,
    ) {
        let (d, keys) = (self.width, graph.keys.len());
        let rows = film
            .chunks_exact_mut(keys * 2 * d)
            .zip(mixed.chunks_exact_mut(keys * d));
        for (&i, (film, mixed)) in queries.iter().zip(rows) {
            d_q.fill(0.0);
            let gradients = QueryGradients {
                q: d_q,
                qkv: d_qkv,
                film_bias: d_parameters.film_bias,
                globals: d_parameters.globals,
            };
            let saved = &known.saved[i * 3 * d..][..3 * d];
            let g = &known.nodes[i * d..][..d];
            attention_query::adjoint(self.query(i, graph), saved, g, film, mixed, gradients);
            vector::axpy(1.0, d_q, &mut d_qkv[i * 3 * d..][..d]);
        }
    }
}
