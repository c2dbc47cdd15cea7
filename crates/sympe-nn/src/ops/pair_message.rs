//! Messages between all pairs of nodes: the inner loop of the GNN and EGNN layers.
//!
//! For each pair (receiver `i`, sender `j`) of weight ≠ 0, a two-layer perceptron of `receive_i + send_j + …`, summed
//! over senders; with coordinates, a second perceptron of the message moves `x_i` along `x_i − x_j` (the formulas are
//! at [`PairMessage`]). `[B, N, 2H]` to `[B, N, H + K]`.
//!
//! In plain tensors each of its dozen steps is a tensor `[B, N, N, H]`, kept for the backward pass. Here pairs go
//! through in tiles whose buffers stay in the second-level cache, and the backward pass computes the tiles anew:
//! O(B·N²·H²) time and O(B·N·H) memory, and pairs that do not count cost nothing. Tiles and tasks have fixed sizes and
//! their sums are added in order, so results do not depend on the number of threads.

use super::arguments::{PairMessage, PairMessageOutput};
use super::matrix::{Matrix, gemm};
use super::storage::{fused, slice, split, split_mut, with_scratch, with_values};
use super::{fallback, vector};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// Computes all pair messages of a batch. O(B·N²·H²) time; the fused path needs O(B·N·H) memory, forward and backward,
/// because it recomputes messages instead of storing them.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn pair_message(input: &PairMessage<'_>) -> Result<PairMessageOutput> {
    let (batch, n, hidden) = check(input)?;
    if !fused(input.projected) {
        return fallback::pair_message(input);
    }
    let zeros = Tensor::zeros(hidden, input.projected.dtype(), input.projected.device())?;
    let k = input.coordinates.map_or(Ok(0), |c| c.x.dim(2))?;
    let x = match input.coordinates {
        Some(c) => c.x.contiguous()?,
        None => zeros.clone(),
    };
    let op = Fused {
        weight: input.pair_weight.detach(),
        attribute: input.attribute.map(|(a, _)| a.detach()),
        attributes: input.attribute.map_or(1, |(_, w)| w.elem_count() / hidden.max(1)),
        batch,
        n,
        hidden,
        k,
        clamp: input.coordinates.map_or(0.0, |c| c.clamp as f32),
    };
    let out = input
        .projected
        .contiguous()?
        .apply_op3(&x, &pack(input, &zeros)?, op)?;
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

/// `B`, `N` and `H`, if the shapes fit.
fn check(input: &PairMessage<'_>) -> Result<(usize, usize, usize)> {
    let (batch, n, twice) = input.projected.dims3()?;
    let hidden = twice / 2;
    if input.pair_weight.dims() != [batch, n, n]
        || input.w2.dims() != [hidden, hidden]
        || input.b2.dims() != [hidden]
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
    if let Some((attribute, w)) = input.attribute
        && !attributes_fit(attribute, w, [batch, n, hidden])
    {
        candle_core::bail!(
            "pair_message: attributes {:?} of weights {:?} do not fit {batch} graphs of {n} nodes, width {hidden}",
            attribute.dims(),
            w.dims()
        );
    }
    Ok((batch, n, hidden))
}

/// Whether attributes and their weights are `[B, N, N]` and `[H]`, or `[B, N, N, A]` and `[A, H]`.
fn attributes_fit(attribute: &Tensor, w: &Tensor, [batch, n, hidden]: [usize; 3]) -> bool {
    match *w.dims() {
        [width] => attribute.dims() == [batch, n, n] && width == hidden,
        [count, width] => attribute.dims() == [batch, n, n, count] && count > 0 && width == hidden,
        _ => false,
    }
}

/// The parameters in one vector, in the order of [`Parameters`], because a custom operation has at most three inputs;
/// the gradient of the vector splits by itself. `zeros` stands for a weight of the first layer that is missing.
fn pack(input: &PairMessage<'_>, zeros: &Tensor) -> Result<Tensor> {
    let mut parts = vec![
        input
            .attribute
            .map_or(Ok(zeros.clone()), |(_, w)| w.flatten_all())?,
    ];
    parts.push(input.coordinates.map_or(zeros, |c| c.w_distance).clone());
    parts.extend([input.w2.flatten_all()?, input.b2.clone()]);
    if let Some(c) = input.coordinates {
        parts.extend([c.w3.flatten_all()?, c.b3.clone(), c.w4.flatten_all()?]);
    }
    Tensor::cat(&parts, 0)
}

/// Pairs per tile: the buffers of a tile stay in the second-level cache.
const TILE: usize = 128;
/// Graphs per task of the backward pass; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 4;

/// The operation. Its output has rows `[messages | displacement]`.
struct Fused {
    weight: Tensor,
    attribute: Option<Tensor>,
    /// Attributes per pair; 1 without any, whose weights are zero then.
    attributes: usize,
    batch: usize,
    n: usize,
    hidden: usize,
    /// 0 without coordinates.
    k: usize,
    clamp: f32,
}

/// The parts of the packed parameters, or of their gradient; the last three are empty without coordinates.
struct Parameters<T> {
    w_attribute: T,
    w_distance: T,
    w2: T,
    b2: T,
    w3: T,
    b3: T,
    w4: T,
}

impl<T> From<[T; 7]> for Parameters<T> {
    fn from([w_attribute, w_distance, w2, b2, w3, b3, w4]: [T; 7]) -> Self {
        Self {
            w_attribute,
            w_distance,
            w2,
            b2,
            w3,
            b3,
            w4,
        }
    }
}

impl Fused {
    /// Lengths of the packed parameters.
    fn lengths(&self) -> [usize; 7] {
        let h = self.hidden;
        let coordinate = |length: usize| if self.k > 0 { length } else { 0 };
        [
            self.attributes * h,
            h,
            h * h,
            h,
            coordinate(h * h),
            coordinate(h),
            coordinate(h),
        ]
    }

    fn width(&self) -> usize {
        self.hidden + self.k
    }

    /// Room for the sum of several attributes' terms; empty where it takes none.
    fn attribute_sum(&self) -> Vec<f32> {
        vec![0.0; if self.attributes > 1 { self.hidden } else { 0 }]
    }

    /// Calls `f` with the values of the constants (an empty attribute if there is none).
    fn with_constants<R>(&self, f: impl FnOnce([&[f32]; 2]) -> Result<R>) -> Result<R> {
        match &self.attribute {
            Some(attribute) => with_values([&self.weight, attribute], f),
            None => with_values([&self.weight], |[w]| f([w, &[]])),
        }
    }

    /// Graph `index` of the batch: `inputs` are all projected nodes and coordinates, `constants` all weights and
    /// attributes of pairs.
    fn graph<'a>(&self, index: usize, inputs: [&'a [f32]; 2], constants: [&'a [f32]; 2]) -> Graph<'a> {
        let part = |values: &'a [f32], length: usize| {
            if values.is_empty() {
                values
            } else {
                &values[index * length..][..length]
            }
        };
        let n = self.n;
        let weight = part(constants[0], n * n);
        let (mut pairs, mut count) = (Vec::with_capacity(n * n), Vec::with_capacity(n));
        for i in 0..n {
            let (before, row) = (pairs.len(), &weight[i * n..][..n]);
            let counts = (0..n).filter(|&j| row[j] != 0.0);
            pairs.extend(counts.map(|j| (i as u32, j as u32)));
            count.push((pairs.len() - before) as f32);
        }
        Graph {
            n,
            hidden: self.hidden,
            k: self.k,
            projected: part(inputs[0], n * 2 * self.hidden),
            x: if self.k == 0 {
                &[]
            } else {
                part(inputs[1], n * self.k)
            },
            weight,
            attribute: part(constants[1], n * n * self.attributes),
            attributes: self.attributes,
            pairs,
            count,
        }
    }
}

/// One graph of the batch.
struct Graph<'a> {
    n: usize,
    hidden: usize,
    k: usize,
    projected: &'a [f32],
    x: &'a [f32],
    weight: &'a [f32],
    attribute: &'a [f32],
    attributes: usize,
    /// The pairs that count, `(i, j)`.
    pairs: Vec<(u32, u32)>,
    /// How many of them each receiver has.
    count: Vec<f32>,
}

impl<'a> Graph<'a> {
    fn receive(&self, i: usize) -> &'a [f32] {
        &self.projected[i * 2 * self.hidden..][..self.hidden]
    }

    fn send(&self, j: usize) -> &'a [f32] {
        &self.projected[(2 * j + 1) * self.hidden..][..self.hidden]
    }

    fn weight(&self, i: usize, j: usize) -> f32 {
        self.weight[i * self.n + j]
    }

    /// The attributes of a pair, none where there are none.
    fn attribute(&self, i: usize, j: usize) -> &'a [f32] {
        if self.attribute.is_empty() {
            return &[];
        }
        &self.attribute[(i * self.n + j) * self.attributes..][..self.attributes]
    }

    /// What the attributes of a pair add to the first layer, as a vector and a factor on it: of one attribute its weights and
    /// itself; of several their sum, which is put into `sum`.
    fn attribute_term<'b>(&self, w: &'b [f32], i: usize, j: usize, sum: &'b mut [f32]) -> (&'b [f32], f32) {
        match self.attribute(i, j) {
            [] => (w, 0.0),
            &[single] => (w, single),
            several => {
                sum.fill(0.0);
                for (&a, w) in several.iter().zip(w.chunks_exact(self.hidden)) {
                    // Classes are one-hot: most attributes are 0.
                    if a != 0.0 {
                        vector::axpy(a, w, sum);
                    }
                }
                (sum, 1.0)
            }
        }
    }

    /// `x_i − x_j`.
    fn difference(&self, i: usize, j: usize, c: usize) -> f32 {
        self.x[i * self.k + c] - self.x[j * self.k + c]
    }

    /// `‖x_i − x_j‖²`, 0 without coordinates.
    fn squared_distance(&self, i: usize, j: usize) -> f32 {
        if self.k == 0 {
            return 0.0;
        }
        let (a, b) = (&self.x[i * self.k..][..self.k], &self.x[j * self.k..][..self.k]);
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
    }
}

/// The pairs of a tile: row in the buffers, receiver, sender.
fn rows(tile: &[(u32, u32)]) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
    let pairs = tile.iter().enumerate();
    pairs.map(|(row, &(i, j))| (row, i as usize, j as usize))
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
        let inputs = [slice(projected, projected_layout)?, slice(x, x_layout)?];
        let parameters = split(slice(packed, packed_layout)?, self.lengths()).into();
        let size = self.n * self.width();
        let mut out = vec![0.0; self.batch * size];
        self.with_constants(|constants| {
            out.par_chunks_mut(size.max(1))
                .enumerate()
                .for_each(|(index, out)| {
                    self.forward_graph(&self.graph(index, inputs, constants), &parameters, out);
                });
            Ok(())
        })?;
        Ok((CpuStorage::F32(out), (self.batch, self.n, self.width()).into()))
    }

    fn bwd(
        &self,
        projected: &Tensor,
        x: &Tensor,
        packed: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (n, h, k, size) = (self.n, self.hidden, self.k, self.n * self.width());
        let mut d_projected = vec![0f32; self.batch * n * 2 * h];
        let mut d_x = vec![0f32; self.batch * n * k];
        let d_packed = with_values([projected, x, packed, grad], |[p, xs, packed, g]| {
            let parameters = split(packed, self.lengths()).into();
            self.with_constants(|constants| {
                let partial: Vec<Vec<f32>> = d_projected
                    .par_chunks_mut((CHUNK * n * 2 * h).max(1))
                    .zip(x_chunks(&mut d_x, CHUNK * n * k, self.batch.div_ceil(CHUNK)))
                    .enumerate()
                    .map(|(chunk, (d_projected, d_x))| {
                        let mut d_packed = vec![0f32; packed.len()];
                        for (offset, d_projected) in d_projected.chunks_mut(n * 2 * h).enumerate() {
                            let index = chunk * CHUNK + offset;
                            let graph = self.graph(index, [p, xs], constants);
                            let d_x = &mut d_x[offset * n * k..][..n * k];
                            let d = split_mut(&mut d_packed, self.lengths()).into();
                            let g = &g[index * size..][..size];
                            self.backward_graph(&graph, &parameters, g, Gradients::new(d_projected, d_x, d));
                        }
                        d_packed
                    })
                    .collect();
                let mut total = vec![0f32; packed.len()];
                for part in &partial {
                    vector::axpy(1.0, part, &mut total);
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

/// The gradient of the coordinates in `count` chunks, empty ones where there are no coordinates.
fn x_chunks(d_x: &mut [f32], size: usize, count: usize) -> Vec<&mut [f32]> {
    if d_x.is_empty() {
        return (0..count).map(|_| &mut [][..]).collect();
    }
    d_x.chunks_mut(size).collect()
}

/// The forward pass.
impl Fused {
    fn forward_graph(&self, graph: &Graph<'_>, parameters: &Parameters<&[f32]>, out: &mut [f32]) {
        with_scratch(2 * TILE * self.hidden, |scratch| {
            let (s, m) = scratch.split_at_mut(TILE * self.hidden);
            for tile in graph.pairs.chunks(TILE) {
                let used = tile.len() * self.hidden;
                self.forward_tile(graph, parameters, tile, [&mut s[..used], &mut m[..used]], out);
            }
        });
    }

    /// Adds what the pairs of a tile contribute; `s` and `m` are buffers with a row per pair.
    fn forward_tile(
        &self,
        graph: &Graph<'_>,
        p: &Parameters<&[f32]>,
        tile: &[(u32, u32)],
        [s, m]: [&mut [f32]; 2],
        out: &mut [f32],
    ) {
        let (h, k, width) = (self.hidden, self.k, self.width());
        let mut sum = self.attribute_sum();
        for (row, i, j) in rows(tile) {
            let (attribute, factor) = graph.attribute_term(p.w_attribute, i, j, &mut sum);
            let terms = [graph.receive(i), graph.send(j), attribute, p.w_distance];
            let factors = [factor, graph.squared_distance(i, j)];
            vector::pair_silu(&terms, factors, &mut s[row * h..][..h]);
        }
        let w2 = Matrix::rows(p.w2, h).t();
        gemm(tile.len(), h, h, m, false, Matrix::rows(s, h), w2);
        vector::bias_silu(m, p.b2);
        for (row, i, j) in rows(tile) {
            vector::axpy(graph.weight(i, j), &m[row * h..][..h], &mut out[i * width..][..h]);
        }
        if k == 0 {
            return;
        }
        // `s` is free again: it takes the hidden layer of the coordinate network.
        let w3 = Matrix::rows(p.w3, h).t();
        gemm(tile.len(), h, h, s, false, Matrix::rows(m, h), w3);
        vector::bias_silu(s, p.b3);
        for (row, i, j) in rows(tile) {
            let phi = vector::dot(&s[row * h..][..h], p.w4);
            let displacement = &mut out[i * width + h..][..k];
            for c in 0..k {
                let step = graph.difference(i, j, c) * phi;
                displacement[c] += step.clamp(-self.clamp, self.clamp) / graph.count[i];
            }
        }
    }
}

/// Where the gradients of one graph are added.
struct Gradients<'a> {
    projected: &'a mut [f32],
    x: &'a mut [f32],
    parameters: Parameters<&'a mut [f32]>,
}

impl<'a> Gradients<'a> {
    fn new(projected: &'a mut [f32], x: &'a mut [f32], parameters: Parameters<&'a mut [f32]>) -> Self {
        Self {
            projected,
            x,
            parameters,
        }
    }
}

/// The buffers of a tile in the backward pass, with a row per pair.
struct Buffers<'a> {
    /// `silu(u)` and its slope.
    s: [&'a mut [f32]; 2],
    /// The message and its slope.
    m: [&'a mut [f32]; 2],
    /// The gradient of the message.
    dm: &'a mut [f32],
    /// The hidden layer of the coordinate network and its slope; empty without coordinates.
    t: [&'a mut [f32]; 2],
}

/// The backward pass.
impl Fused {
    /// Adds the gradients of one graph; `g` is that of its rows of the output.
    fn backward_graph(
        &self,
        graph: &Graph<'_>,
        parameters: &Parameters<&[f32]>,
        g: &[f32],
        mut gradients: Gradients<'_>,
    ) {
        let layers = if self.k > 0 { 7 } else { 5 };
        with_scratch(layers * TILE * self.hidden, |scratch| {
            for tile in graph.pairs.chunks(TILE) {
                let used = tile.len() * self.hidden;
                let coordinates = if self.k > 0 { used } else { 0 };
                let lengths = [used, used, used, used, used, coordinates, coordinates];
                let [s, s_slope, m, m_slope, dm, t, t_slope] = split_mut(scratch, lengths);
                let mut buffers = Buffers {
                    s: [s, s_slope],
                    m: [m, m_slope],
                    dm,
                    t: [t, t_slope],
                };
                self.recompute_tile(graph, parameters, tile, &mut buffers);
                for (row, i, j) in rows(tile) {
                    let (h, width) = (self.hidden, self.width());
                    let dm = &mut buffers.dm[row * h..][..h];
                    vector::scale(graph.weight(i, j), &g[i * width..][..h], dm);
                }
                if self.k > 0 {
                    self.backward_displacement(graph, parameters, tile, g, &mut buffers, &mut gradients);
                }
                self.backward_message(graph, parameters, tile, &mut buffers, &mut gradients);
            }
        });
    }

    /// Computes messages and slopes of a tile anew.
    fn recompute_tile(
        &self,
        graph: &Graph<'_>,
        p: &Parameters<&[f32]>,
        tile: &[(u32, u32)],
        buffers: &mut Buffers<'_>,
    ) {
        let h = self.hidden;
        let ([s, s_slope], [m, m_slope]) = (&mut buffers.s, &mut buffers.m);
        let mut sum = self.attribute_sum();
        for (row, i, j) in rows(tile) {
            let (attribute, factor) = graph.attribute_term(p.w_attribute, i, j, &mut sum);
            let terms = [graph.receive(i), graph.send(j), attribute, p.w_distance];
            let factors = [factor, graph.squared_distance(i, j)];
            let (s, s_slope) = (&mut s[row * h..][..h], &mut s_slope[row * h..][..h]);
            vector::pair_silu_slope(&terms, factors, s, s_slope);
        }
        let w2 = Matrix::rows(p.w2, h).t();
        gemm(tile.len(), h, h, m, false, Matrix::rows(s, h), w2);
        vector::bias_silu_slope(m, p.b2, m_slope);
    }

    /// From the displacement, through the coordinate network, to the gradient of the message.
    fn backward_displacement(
        &self,
        graph: &Graph<'_>,
        p: &Parameters<&[f32]>,
        tile: &[(u32, u32)],
        g: &[f32],
        buffers: &mut Buffers<'_>,
        gradients: &mut Gradients<'_>,
    ) {
        let (h, k, width) = (self.hidden, self.k, self.width());
        let d = &mut gradients.parameters;
        let (m, [t, t_slope]) = (Matrix::rows(buffers.m[0], h), &mut buffers.t);
        let w3 = Matrix::rows(p.w3, h);
        gemm(tile.len(), h, h, t, false, m, w3.t());
        vector::bias_silu_slope(t, p.b3, t_slope);
        for (row, i, j) in rows(tile) {
            let t = &mut t[row * h..][..h];
            let phi = vector::dot(t, p.w4);
            let mut d_phi = 0.0;
            for c in 0..k {
                let difference = graph.difference(i, j, c);
                if (difference * phi).abs() <= self.clamp {
                    let d_step = g[i * width + h + c] / graph.count[i];
                    d_phi += d_step * difference;
                    gradients.x[i * k + c] += d_step * phi;
                    gradients.x[j * k + c] -= d_step * phi;
                }
            }
            vector::axpy(d_phi, t, d.w4);
            // `t` becomes the gradient of its pre-activation.
            vector::scale(d_phi, p.w4, t);
            vector::chain(t, &t_slope[row * h..][..h], d.b3);
        }
        let t = Matrix::rows(t, h);
        gemm(h, h, tile.len(), d.w3, true, t.t(), m);
        gemm(tile.len(), h, h, buffers.dm, true, t, w3);
    }

    /// From the gradient of the message to those of what it is computed from.
    fn backward_message(
        &self,
        graph: &Graph<'_>,
        p: &Parameters<&[f32]>,
        tile: &[(u32, u32)],
        buffers: &mut Buffers<'_>,
        gradients: &mut Gradients<'_>,
    ) {
        let (h, k) = (self.hidden, self.k);
        let d = &mut gradients.parameters;
        let ([s, s_slope], [m, m_slope], dm) = (&buffers.s, &mut buffers.m, &mut buffers.dm);
        for row in 0..tile.len() {
            let slope = &m_slope[row * h..][..h];
            vector::chain(&mut dm[row * h..][..h], slope, d.b2);
        }
        let dm = Matrix::rows(dm, h);
        gemm(h, h, tile.len(), d.w2, true, dm.t(), Matrix::rows(s, h));
        // `m` is free: it takes the gradient of silu(u), then of u.
        gemm(tile.len(), h, h, m, false, dm, Matrix::rows(p.w2, h));
        for (row, i, j) in rows(tile) {
            let du = &mut m[row * h..][..h];
            let receive = &mut gradients.projected[i * 2 * h..][..h];
            vector::chain(du, &s_slope[row * h..][..h], receive);
            vector::axpy(1.0, du, &mut gradients.projected[(2 * j + 1) * h..][..h]);
            for (&a, d_w) in (graph.attribute(i, j).iter()).zip(d.w_attribute.chunks_exact_mut(h)) {
                if a != 0.0 {
                    vector::axpy(a, du, d_w);
                }
            }
            if k > 0 {
                vector::axpy(graph.squared_distance(i, j), du, d.w_distance);
                let d_squared = 2.0 * vector::dot(du, p.w_distance);
                for c in 0..k {
                    let step = d_squared * graph.difference(i, j, c);
                    gradients.x[i * k + c] += step;
                    gradients.x[j * k + c] -= step;
                }
            }
        }
    }
}
