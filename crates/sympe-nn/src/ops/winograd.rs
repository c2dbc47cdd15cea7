//! Winograd's minimal filtering F(4×4, 3×3) on a torus (Lavin & Gray 2016): a 3 × 3 convolution as 36 matrix products
//! over 4 × 4 tiles, with a quarter of the multiplications.
//!
//! With `d` a 6 × 6 window of the image and `g` a filter, a tile of the output is
//!
//! ```text
//! Aᵀ·[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]·A
//! ```
//!
//! and the products `⊙`, summed over input channels, are for each of the 36 points a matrix product
//! `[tiles, inputs] × [inputs, outputs]`. This module has the four transforms around the products and their transposes,
//! for the backward pass; `Bᵀ`, `G` and `Aᵀ` act along one side after the other.
//!
//! A torus whose sides are multiples of four is tiled exactly, so there are no borders. Eight channels go through a
//! transform at once, one per lane of an AVX register. Numbers in between are
//! larger than the result, which costs accuracy: relative errors are up to 1e-5.

use super::vectorize::vectorize;

/// Side of an output tile.
pub(super) const TILE: usize = 4;
/// Positions of the transformed domain.
pub(super) const POINTS: usize = 36;
/// Channels that are transformed together.
pub(super) const LANES: usize = 8;

type Lanes = [f32; LANES];
const ZERO: Lanes = [0.0; LANES];

/// The transform of a 3-filter, `G`.
const FILTER: [[f32; 3]; 6] = [
    [0.25, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

#[inline(always)]
fn add(a: Lanes, b: Lanes) -> Lanes {
    std::array::from_fn(|k| a[k] + b[k])
}

#[inline(always)]
fn sub(a: Lanes, b: Lanes) -> Lanes {
    std::array::from_fn(|k| a[k] - b[k])
}

/// `a + s·b`.
#[inline(always)]
fn axpy(a: Lanes, s: f32, b: Lanes) -> Lanes {
    std::array::from_fn(|k| a[k] + s * b[k])
}

#[inline(always)]
fn scale(s: f32, a: Lanes) -> Lanes {
    a.map(|x| s * x)
}

/// `Bᵀ·d`: six inputs to six points.
#[inline(always)]
fn input_1d(d: [Lanes; 6]) -> [Lanes; 6] {
    let (a, b) = (axpy(d[4], -4.0, d[2]), axpy(d[3], -4.0, d[1]));
    let (c, e) = (sub(d[4], d[2]), scale(2.0, sub(d[3], d[1])));
    [
        add(axpy(scale(4.0, d[0]), -5.0, d[2]), d[4]),
        add(a, b),
        sub(a, b),
        add(c, e),
        sub(c, e),
        add(axpy(scale(4.0, d[1]), -5.0, d[3]), d[5]),
    ]
}

/// `B·v`, its transpose.
#[inline(always)]
fn input_adjoint_1d(v: [Lanes; 6]) -> [Lanes; 6] {
    let (sum, difference) = (add(v[3], v[4]), sub(v[3], v[4]));
    let inner = add(v[1], v[2]);
    [
        scale(4.0, v[0]),
        axpy(scale(-2.0, difference), 4.0, add(sub(v[2], v[1]), v[5])),
        sub(axpy(scale(-5.0, v[0]), -4.0, inner), sum),
        axpy(axpy(sub(v[1], v[2]), 2.0, difference), -5.0, v[5]),
        add(add(v[0], inner), sum),
        v[5],
    ]
}

/// `Aᵀ·m`: six points to four outputs.
#[inline(always)]
fn output_1d(m: [Lanes; 6]) -> [Lanes; 4] {
    let (s1, d1) = (add(m[1], m[2]), sub(m[1], m[2]));
    let (s2, d2) = (add(m[3], m[4]), sub(m[3], m[4]));
    [
        add(m[0], add(s1, s2)),
        axpy(d1, 2.0, d2),
        axpy(s1, 4.0, s2),
        add(axpy(d1, 8.0, d2), m[5]),
    ]
}

/// `A·y`, its transpose.
#[inline(always)]
fn output_adjoint_1d(y: [Lanes; 4]) -> [Lanes; 6] {
    let (even, odd) = (add(y[0], y[2]), add(y[1], y[3]));
    let (even2, odd2) = (axpy(y[0], 4.0, y[2]), axpy(scale(2.0, y[1]), 8.0, y[3]));
    [
        y[0],
        add(even, odd),
        sub(even, odd),
        add(even2, odd2),
        sub(even2, odd2),
        y[3],
    ]
}

#[inline(always)]
fn load(values: &[f32], at: usize) -> Lanes {
    values[at..at + LANES].try_into().expect("eight values")
}

#[inline(always)]
fn store(values: &mut [f32], at: usize, lanes: Lanes) {
    values[at..at + LANES].copy_from_slice(&lanes);
}

/// Eight channel planes to one plane of eight lanes.
#[inline(always)]
fn pack(planes: &[f32], packed: &mut [Lanes]) {
    let sites = packed.len();
    for (lane, plane) in planes.chunks_exact(sites).enumerate() {
        for (lanes, &value) in packed.iter_mut().zip(plane) {
            lanes[lane] = value;
        }
    }
}

#[inline(always)]
fn unpack(packed: &[Lanes], planes: &mut [f32]) {
    let sites = packed.len();
    for (lane, plane) in planes.chunks_exact_mut(sites).enumerate() {
        for (lanes, value) in packed.iter().zip(plane) {
            *value = lanes[lane];
        }
    }
}

/// Where an image stands among the rows of the transformed matrices `[36, rows, channels]`.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Rows and columns of the torus, multiples of [`TILE`].
    pub(super) shape: [usize; 2],
    /// Channels, a multiple of [`LANES`].
    pub(super) channels: usize,
    /// Tiles of all images.
    pub(super) rows: usize,
    /// The first tile of this image.
    pub(super) first: usize,
}

impl Place {
    #[inline(always)]
    fn at(&self, point: usize, tile: usize, channel: usize) -> usize {
        (point * self.rows + self.first + tile) * self.channels + channel
    }

    #[inline(always)]
    fn tiles(&self) -> [usize; 2] {
        self.shape.map(|side| side / TILE)
    }
}

vectorize! {
    /// An image `[channels, h, w]` to its tiles `v[point, row, channel]`; `packed` is scratch.
    pub(super) fn input(x: &[f32], place: Place, v: &mut [f32], packed: &mut Vec<Lanes>) {
        let [h, w] = place.shape;
        packed.resize(h * w, ZERO);
        for channel in (0..place.channels).step_by(LANES) {
            pack(&x[channel * h * w..][..LANES * h * w], packed);
            let [down, across] = place.tiles();
            for (i0, j0) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
                let mut half = [[ZERO; 6]; 6];
                for j in 0..6 {
                    let column = (j0 * TILE + j + w - 1) % w;
                    let values = std::array::from_fn(|i| packed[(i0 * TILE + i + h - 1) % h * w + column]);
                    for (i, value) in input_1d(values).into_iter().enumerate() {
                        half[i][j] = value;
                    }
                }
                for (i, row) in half.into_iter().enumerate() {
                    for (j, value) in input_1d(row).into_iter().enumerate() {
                        store(v, place.at(i * 6 + j, i0 * across + j0, channel), value);
                    }
                }
            }
        }
    }

    /// The transpose of [`input`]: gradients of tiles to gradients of the image, which it overwrites.
    pub(super) fn input_adjoint(v: &[f32], place: Place, x: &mut [f32], packed: &mut Vec<Lanes>) {
        let [h, w] = place.shape;
        packed.resize(h * w, ZERO);
        for channel in (0..place.channels).step_by(LANES) {
            packed.fill(ZERO);
            let [down, across] = place.tiles();
            for (i0, j0) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
                let mut half = [[ZERO; 6]; 6];
                for i in 0..6 {
                    let values = std::array::from_fn(|j| load(v, place.at(i * 6 + j, i0 * across + j0, channel)));
                    half[i] = input_adjoint_1d(values);
                }
                for j in 0..6 {
                    let column = (j0 * TILE + j + w - 1) % w;
                    let values = std::array::from_fn(|i| half[i][j]);
                    for (i, value) in input_adjoint_1d(values).into_iter().enumerate() {
                        let site = &mut packed[(i0 * TILE + i + h - 1) % h * w + column];
                        *site = add(*site, value);
                    }
                }
            }
            unpack(packed, &mut x[channel * h * w..][..LANES * h * w]);
        }
    }

    /// Products `m[point, row, channel]` to an image `[channels, h, w]`, with a bias per channel.
    pub(super) fn output(m: &[f32], place: Place, bias: &[f32], y: &mut [f32], packed: &mut Vec<Lanes>) {
        let [h, w] = place.shape;
        packed.resize(h * w, ZERO);
        for channel in (0..place.channels).step_by(LANES) {
            let bias = load(bias, channel);
            let [down, across] = place.tiles();
            for (i0, j0) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
                let mut half = [[ZERO; 4]; 6];
                for i in 0..6 {
                    let values = std::array::from_fn(|j| load(m, place.at(i * 6 + j, i0 * across + j0, channel)));
                    half[i] = output_1d(values);
                }
                for j in 0..4 {
                    let values = std::array::from_fn(|i| half[i][j]);
                    for (i, value) in output_1d(values).into_iter().enumerate() {
                        packed[(i0 * TILE + i) * w + j0 * TILE + j] = add(value, bias);
                    }
                }
            }
            unpack(packed, &mut y[channel * h * w..][..LANES * h * w]);
        }
    }

    /// The transpose of [`output`], without the bias.
    pub(super) fn output_adjoint(g: &[f32], place: Place, m: &mut [f32], packed: &mut Vec<Lanes>) {
        let [h, w] = place.shape;
        packed.resize(h * w, ZERO);
        for channel in (0..place.channels).step_by(LANES) {
            pack(&g[channel * h * w..][..LANES * h * w], packed);
            let [down, across] = place.tiles();
            for (i0, j0) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
                let mut half = [[ZERO; 4]; 6];
                for j in 0..4 {
                    let values = std::array::from_fn(|i| packed[(i0 * TILE + i) * w + j0 * TILE + j]);
                    for (i, value) in output_adjoint_1d(values).into_iter().enumerate() {
                        half[i][j] = value;
                    }
                }
                for (i, row) in half.into_iter().enumerate() {
                    for (j, value) in output_adjoint_1d(row).into_iter().enumerate() {
                        store(m, place.at(i * 6 + j, i0 * across + j0, channel), value);
                    }
                }
            }
        }
    }

    /// Filters `[outputs, inputs, 3, 3]` to `u[point, input, output]`.
    pub(super) fn filter(f: &[f32], outputs: usize, inputs: usize, u: &mut [f32]) {
        for i in 0..inputs {
            for o in 0..outputs {
                let g = &f[(o * inputs + i) * 9..][..9];
                let half = FILTER.map(|row| {
                    std::array::from_fn::<f32, 3, _>(|q| row[0] * g[q] + row[1] * g[3 + q] + row[2] * g[6 + q])
                });
                for (a, half) in half.iter().enumerate() {
                    for (b, row) in FILTER.iter().enumerate() {
                        let value = half[0] * row[0] + half[1] * row[1] + half[2] * row[2];
                        u[((a * 6 + b) * inputs + i) * outputs + o] = value;
                    }
                }
            }
        }
    }

    /// The transpose of [`filter`].
    pub(super) fn filter_adjoint(du: &[f32], outputs: usize, inputs: usize, df: &mut [f32]) {
        for i in 0..inputs {
            for o in 0..outputs {
                let at = |point: usize| du[(point * inputs + i) * outputs + o];
                adjoint_of_filter(at, &mut df[(o * inputs + i) * 9..][..9]);
            }
        }
    }
}

/// The gradient of one filter from those of its 36 points.
#[inline(always)]
fn adjoint_of_filter(du: impl Fn(usize) -> f32, df: &mut [f32]) {
    let mut half = [[0.0; 6]; 3];
    for b in 0..6 {
        for (a, row) in FILTER.iter().enumerate() {
            let value = du(a * 6 + b);
            for p in 0..3 {
                half[p][b] += row[p] * value;
            }
        }
    }
    for (p, half) in half.iter().enumerate() {
        for q in 0..3 {
            df[p * 3 + q] = (0..6).map(|b| half[b] * FILTER[b][q]).sum();
        }
    }
}
