//! Convolution on a torus: every site has all its neighbours.
//!
//! `[B, I, h, w]` and filters `[O, I, k, l]` to `[B, O, h, w]`, by one of two methods: a matrix of shifted copies of
//! the image and one product, O(B·O·I·k·l·h·w) for filters of any shape; or [`winograd`] with a quarter of the
//! products.
//!
//! In plain tensors the matrix of copies is built for the whole batch by a gather, and stays for the backward pass;
//! Candle's own convolution has no periodic borders and a slow backward pass. Here each task builds the matrix of one
//! image at a time and builds it again in the backward pass: O(I·k·l·h·w) memory per thread. Tasks have a fixed number
//! of images and their gradients are added in order, so results do not depend on the number of threads.

use super::fallback;
use super::matrix::{Matrix, gemm};
use super::storage::{fused, slice, with_values};
use super::winograd::{self, LANES, POINTS, Place, TILE};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// How a convolution is computed on the CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConvMethod {
    /// One matrix product per image: errors of single roundings, any shape.
    #[default]
    Exact,
    /// Winograd's F(4×4, 3×3) where it applies, [`Exact`](Self::Exact) elsewhere: two to three times faster, relative
    /// errors up to 1e-5. It applies to 3 × 3 filters centred on their middle, on tori whose sides are multiples of
    /// four, with numbers of channels that are multiples of eight.
    Fast,
}

/// Convolution (as networks mean it: correlation) on a torus, with `x` `[B, I, h, w]`, `filter` `[O, I, k, l]`, `bias`
/// `[O]`; returns `[B, O, h, w]`:
///
/// ```text
/// y[b, o, i, j] = bias[o] + Σ_{c, p, q} filter[o, c, p, q]·x[b, c, i + p − origin₀ mod h, j + q − origin₁ mod w]
/// ```
///
/// Filters may be of even size, and larger than the torus. O(B·O·I·k·l·h·w) operations.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::ops::{ConvMethod, periodic_conv};
/// let x = Tensor::new(&[[[[1f32, 2.0, 4.0]]]], &Device::Cpu)?;
/// let left_neighbour = Tensor::new(&[[[[1f32, 0.0, 0.0]]]], &Device::Cpu)?;
/// let y = periodic_conv(&x, &left_neighbour, None, [0, 1], ConvMethod::Exact)?;
/// assert_eq!(y.flatten_all()?.to_vec1::<f32>()?, [4.0, 1.0, 2.0]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the shapes do not fit, one of the sizes is 0, or the origin lies outside the filter.
pub fn periodic_conv(
    x: &Tensor,
    filter: &Tensor,
    bias: Option<&Tensor>,
    origin: [usize; 2],
    method: ConvMethod,
) -> Result<Tensor> {
    let (_, channels, h, w) = x.dims4()?;
    let (outputs, inputs, k, l) = filter.dims4()?;
    let sizes = [h, w, k, l, inputs, outputs];
    if channels != inputs || bias.is_some_and(|b| b.dims() != [outputs]) || sizes.contains(&0) {
        candle_core::bail!(
            "periodic_conv: x {:?} and bias {:?} do not fit filter {:?}",
            x.dims(),
            bias.map(Tensor::dims),
            filter.dims()
        );
    }
    if origin[0] >= k || origin[1] >= l {
        candle_core::bail!("periodic_conv: origin {origin:?} lies outside the {k} × {l} filter");
    }
    if !fused(x) {
        return fallback::periodic_conv(x, filter, bias, origin);
    }
    let bias = match bias {
        Some(bias) => bias.contiguous()?,
        None => Tensor::zeros(outputs, x.dtype(), x.device())?,
    };
    let (x, filter) = (x.contiguous()?, filter.contiguous()?);
    let tiles = [h, w].iter().all(|side| side.is_multiple_of(TILE))
        && [inputs, outputs].iter().all(|n| n.is_multiple_of(LANES));
    if method == ConvMethod::Fast && [k, l, origin[0], origin[1]] == [3, 3, 1, 1] && tiles {
        x.apply_op3(&filter, &bias, Winograd)
    } else {
        x.apply_op3(&filter, &bias, Columns { origin })
    }
}

/// The sizes of one convolution.
#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    inputs: usize,
    outputs: usize,
    shape: [usize; 2],
    filter: [usize; 2],
}

impl Sizes {
    fn new(x: &Shape, filter: &Shape) -> Result<Self> {
        let (batch, inputs, h, w) = x.dims4()?;
        let (outputs, _, k, l) = filter.dims4()?;
        Ok(Self {
            batch,
            inputs,
            outputs,
            shape: [h, w],
            filter: [k, l],
        })
    }

    fn sites(&self) -> usize {
        self.shape[0] * self.shape[1]
    }

    /// Rows of a matrix of columns: entries of a filter for one output.
    fn depth(&self) -> usize {
        self.inputs * self.filter[0] * self.filter[1]
    }

    fn output_shape(&self) -> Shape {
        (self.batch, self.outputs, self.shape[0], self.shape[1]).into()
    }
}

/// Images per task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 8;

/// Mutable images in chunks, or as many empty slices where no gradient is asked for.
fn chunks(images: &mut [f32], size: usize, batch: usize) -> Vec<&mut [f32]> {
    if images.is_empty() {
        return (0..batch.div_ceil(CHUNK)).map(|_| &mut [][..]).collect();
    }
    images.chunks_mut(CHUNK * size).collect()
}

/// Gradients of filter and bias by chunk, added up in order.
fn add_up(parts: Vec<(Vec<f32>, Vec<f32>)>, filter: usize, bias: usize) -> (Vec<f32>, Vec<f32>) {
    let mut total = (vec![0.0; filter], vec![0.0; bias]);
    for (df, db) in parts {
        for (total, part) in [(&mut total.0, df), (&mut total.1, db)] {
            total
                .iter_mut()
                .zip(part)
                .for_each(|(total, part)| *total += part);
        }
    }
    total
}

fn add_bias_gradient(db: &mut [f32], gradient: &[f32], sites: usize) {
    for image in gradient.chunks_exact(db.len() * sites) {
        for (db, plane) in db.iter_mut().zip(image.chunks_exact(sites)) {
            *db += plane.iter().sum::<f32>();
        }
    }
}

type Gradients = (Option<Tensor>, Option<Tensor>, Option<Tensor>);

/// Gradients as tensors; `dx` is empty where it was not asked for.
fn gradients(x: &Tensor, filter: &Tensor, dx: Vec<f32>, df: Vec<f32>, db: Vec<f32>) -> Result<Gradients> {
    let device = x.device();
    let dx = x
        .track_op()
        .then(|| Tensor::from_vec(dx, x.shape(), device))
        .transpose()?;
    let (df, bias) = (Tensor::from_vec(df, filter.shape(), device)?, db.len());
    Ok((dx, Some(df), Some(Tensor::from_vec(db, bias, device)?)))
}

/// A matrix of shifted copies of the image, `[I·k·l, h·w]`, and one matrix product.
struct Columns {
    origin: [usize; 2],
}

impl Columns {
    /// Calls `visit` with the places, in the matrix and in the image, of each piece of a row that stays in one piece.
    fn pieces(&self, sizes: &Sizes, mut visit: impl FnMut(usize, usize, usize)) {
        let ([h, w], [k, l]) = (sizes.shape, sizes.filter);
        let mut row = 0;
        for c in 0..sizes.inputs {
            for p in 0..k {
                for q in 0..l {
                    // Sizes may be smaller than the filter: reduce before subtracting.
                    let down = (p + h - self.origin[0] % h) % h;
                    let right = (q + w - self.origin[1] % w) % w;
                    for i in 0..h {
                        let to = row * h * w + i * w;
                        let from = c * h * w + (i + down) % h * w;
                        visit(to, from + right, w - right);
                        visit(to + w - right, from, right);
                    }
                    row += 1;
                }
            }
        }
    }

    fn gather(&self, x: &[f32], sizes: &Sizes, columns: &mut [f32]) {
        self.pieces(sizes, |to, from, length| {
            columns[to..to + length].copy_from_slice(&x[from..from + length]);
        });
    }

    /// The transpose of `gather`.
    fn scatter(&self, columns: &[f32], sizes: &Sizes, x: &mut [f32]) {
        self.pieces(sizes, |to, from, length| {
            let pairs = x[from..from + length].iter_mut().zip(&columns[to..to + length]);
            pairs.for_each(|(x, column)| *x += column);
        });
    }
}

impl CustomOp3 for Columns {
    fn name(&self) -> &'static str {
        "periodic-conv"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        f: &CpuStorage,
        f_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, f, b) = (slice(x, x_layout)?, slice(f, f_layout)?, slice(b, b_layout)?);
        let sizes = Sizes::new(x_layout.shape(), f_layout.shape())?;
        let (sites, depth) = (sizes.sites(), sizes.depth());
        let mut y = vec![0.0; sizes.batch * sizes.outputs * sites];
        y.par_chunks_mut(sizes.outputs * sites)
            .zip(x.par_chunks(sizes.inputs * sites))
            .for_each_init(
                || vec![0.0; depth * sites],
                |columns, (y, x)| {
                    self.gather(x, &sizes, columns);
                    for (plane, &bias) in y.chunks_exact_mut(sites).zip(b) {
                        plane.fill(bias);
                    }
                    let (f, columns) = (Matrix::rows(f, depth), Matrix::rows(columns, sites));
                    gemm(sizes.outputs, sites, depth, y, true, f, columns);
                },
            );
        Ok((CpuStorage::F32(y), sizes.output_shape()))
    }

    fn bwd(&self, x: &Tensor, f: &Tensor, _: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Gradients> {
        let sizes = Sizes::new(x.shape(), f.shape())?;
        let (sites, depth) = (sizes.sites(), sizes.depth());
        let (image, result) = (sizes.inputs * sites, sizes.outputs * sites);
        let (dx, df, db) = with_values([x, f, grad], |[xs, fs, gs]| {
            let mut dx = vec![0.0; if x.track_op() { xs.len() } else { 0 }];
            let parts = chunks(&mut dx, image, sizes.batch)
                .into_par_iter()
                .zip(xs.par_chunks(CHUNK * image))
                .zip(gs.par_chunks(CHUNK * result))
                .map(|((dx, xs), gs)| {
                    let mut columns = vec![0.0; depth * sites];
                    let (mut df, mut db) = (vec![0.0; sizes.outputs * depth], vec![0.0; sizes.outputs]);
                    add_bias_gradient(&mut db, gs, sites);
                    let mut images = dx.chunks_exact_mut(image);
                    for (x, g) in xs.chunks_exact(image).zip(gs.chunks_exact(result)) {
                        self.gather(x, &sizes, &mut columns);
                        let gradient = Matrix::rows(g, sites);
                        let transposed = Matrix::rows(&columns, sites).t();
                        gemm(sizes.outputs, depth, sites, &mut df, true, gradient, transposed);
                        if let Some(dx) = images.next() {
                            let filter = Matrix::rows(fs, depth).t();
                            gemm(depth, sites, sizes.outputs, &mut columns, false, filter, gradient);
                            self.scatter(&columns, &sizes, dx);
                        }
                    }
                    (df, db)
                })
                .collect();
            let (df, db) = add_up(parts, fs.len(), sizes.outputs);
            Ok((dx, df, db))
        })?;
        gradients(x, f, dx, df, db)
    }
}

/// Tiles, 36 matrix products, tiles: see [`winograd`].
struct Winograd;

/// The matrices of one task, and scratch.
struct Workspace {
    v: Vec<f32>,
    m: Vec<f32>,
    packed: Vec<[f32; LANES]>,
}

impl Workspace {
    fn new(sizes: &Sizes) -> Self {
        let rows = CHUNK.min(sizes.batch) * sizes.tiles();
        Self {
            v: vec![0.0; POINTS * rows * sizes.inputs],
            m: vec![0.0; POINTS * rows * sizes.outputs],
            packed: Vec::new(),
        }
    }
}

impl Sizes {
    fn tiles(&self) -> usize {
        self.sites() / (TILE * TILE)
    }

    /// Image `index` of a task of `images`, as tiles of so many channels.
    fn place(&self, channels: usize, images: usize, index: usize) -> Place {
        Place {
            shape: self.shape,
            channels,
            rows: images * self.tiles(),
            first: index * self.tiles(),
        }
    }
}

impl CustomOp3 for Winograd {
    fn name(&self) -> &'static str {
        "periodic-conv-winograd"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        f: &CpuStorage,
        f_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, f, b) = (slice(x, x_layout)?, slice(f, f_layout)?, slice(b, b_layout)?);
        let sizes = Sizes::new(x_layout.shape(), f_layout.shape())?;
        let (inputs, outputs, sites) = (sizes.inputs, sizes.outputs, sizes.sites());
        let mut u = vec![0.0; POINTS * inputs * outputs];
        winograd::filter(f, outputs, inputs, &mut u);
        let mut y = vec![0.0; sizes.batch * outputs * sites];
        y.par_chunks_mut(CHUNK * outputs * sites)
            .zip(x.par_chunks(CHUNK * inputs * sites))
            .for_each_init(
                || Workspace::new(&sizes),
                |Workspace { v, m, packed }, (y, x)| {
                    let images = y.len() / (outputs * sites);
                    let rows = images * sizes.tiles();
                    for (index, x) in x.chunks_exact(inputs * sites).enumerate() {
                        winograd::input(x, sizes.place(inputs, images, index), v, packed);
                    }
                    for point in 0..POINTS {
                        let v = Matrix::rows(&v[point * rows * inputs..], inputs);
                        let u = Matrix::rows(&u[point * inputs * outputs..], outputs);
                        let m = &mut m[point * rows * outputs..][..rows * outputs];
                        gemm(rows, outputs, inputs, m, false, v, u);
                    }
                    for (index, y) in y.chunks_exact_mut(outputs * sites).enumerate() {
                        winograd::output(m, sizes.place(outputs, images, index), b, y, packed);
                    }
                },
            );
        Ok((CpuStorage::F32(y), sizes.output_shape()))
    }

    fn bwd(&self, x: &Tensor, f: &Tensor, _: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Gradients> {
        let sizes = Sizes::new(x.shape(), f.shape())?;
        let (inputs, outputs, sites) = (sizes.inputs, sizes.outputs, sizes.sites());
        let (image, result) = (inputs * sites, outputs * sites);
        let (dx, df, db) = with_values([x, f, grad], |[xs, fs, gs]| {
            let mut u = vec![0.0; POINTS * inputs * outputs];
            winograd::filter(fs, outputs, inputs, &mut u);
            let mut dx = vec![0.0; if x.track_op() { xs.len() } else { 0 }];
            let parts = chunks(&mut dx, image, sizes.batch)
                .into_par_iter()
                .zip(xs.par_chunks(CHUNK * image))
                .zip(gs.par_chunks(CHUNK * result))
                .map_init(
                    || Workspace::new(&sizes),
                    |Workspace { v, m, packed }, ((dx, xs), gs)| {
                        let images = gs.len() / result;
                        let rows = images * sizes.tiles();
                        for (index, (x, g)) in xs.chunks_exact(image).zip(gs.chunks_exact(result)).enumerate()
                        {
                            winograd::input(x, sizes.place(inputs, images, index), v, packed);
                            let place = sizes.place(outputs, images, index);
                            winograd::output_adjoint(g, place, m, packed);
                        }
                        let (mut du, mut db) = (vec![0.0; u.len()], vec![0.0; outputs]);
                        add_bias_gradient(&mut db, gs, sites);
                        for point in 0..POINTS {
                            let size = inputs * outputs;
                            let m = Matrix::rows(&m[point * rows * outputs..], outputs);
                            let tiles = Matrix::rows(&v[point * rows * inputs..], inputs).t();
                            let du = &mut du[point * size..][..size];
                            gemm(inputs, outputs, rows, du, false, tiles, m);
                            if !dx.is_empty() {
                                let u = Matrix::rows(&u[point * size..], outputs).t();
                                let dv = &mut v[point * rows * inputs..][..rows * inputs];
                                gemm(rows, inputs, outputs, dv, false, m, u);
                            }
                        }
                        for (index, dx) in dx.chunks_exact_mut(image).enumerate() {
                            let place = sizes.place(inputs, images, index);
                            winograd::input_adjoint(v, place, dx, packed);
                        }
                        (du, db)
                    },
                )
                .collect();
            let (du, db) = add_up(parts, u.len(), outputs);
            let mut df = vec![0.0; fs.len()];
            winograd::filter_adjoint(&du, outputs, inputs, &mut df);
            Ok((dx, df, db))
        })?;
        gradients(x, f, dx, df, db)
    }
}
