//! How many eigenvalues of a symmetric matrix lie in each bin, without the eigenvalues: the matrix is made narrow by products of
//! blocks, then tridiagonal by rotations, and signs of Sturm's sequences count (Golub and Van Loan, *Matrix Computations*, 4th
//! ed., 2013, sections 5.2.3 and 8.4.1; Schwarz, *Tridiagonalization of a symmetric band matrix*, 1968).

use nalgebra::DMatrix;
use sympe_canon::graph::ColoredGraph;

/// Diagonals below the main one of the narrow matrix: enough for fast products, few enough for rotations.
const WIDTH: usize = 32;

/// How many eigenvalues of the normalized Laplacian are below each of the `ends`, up to rounding. O(n³).
pub(super) fn laplacian_counts(graph: &ColoredGraph, ends: &[f64]) -> Vec<u64> {
    let n = graph.n();
    let mut laplacian = DMatrix::zeros(n, n);
    for v in 0..n as u32 {
        for &u in graph.neighbors(v) {
            let product = (graph.degree(u) * graph.degree(v)) as f64;
            laplacian[(v as usize, u as usize)] = -1.0 / product.sqrt();
            laplacian[(v as usize, v as usize)] = 1.0;
        }
    }
    counts(laplacian, ends)
}

/// How many eigenvalues of a symmetric matrix are below each of the `ends`.
fn counts(mut matrix: DMatrix<f64>, ends: &[f64]) -> Vec<u64> {
    narrow(&mut matrix);
    let (diagonal, beside) = Band::new(&matrix).tridiagonal();
    ends.iter().map(|&end| below(&diagonal, &beside, end)).collect()
}

/// Makes all entries zero that are more than [`WIDTH`] below or above the diagonal, by orthogonal similarities.
fn narrow(a: &mut DMatrix<f64>) {
    let n = a.nrows();
    for start in (0..n).step_by(WIDTH) {
        let top = start + WIDTH;
        if top + 1 >= n {
            break;
        }
        let (m, k) = (n - top, WIDTH.min(n - top));
        let mut panel = a.view((top, start), (m, WIDTH)).into_owned();
        let (v, t) = reflections(&mut panel, k);
        a.view_mut((top, start), (m, WIDTH)).copy_from(&panel);
        a.view_mut((start, top), (WIDTH, m)).copy_from(&panel.transpose());
        // With Q = I − V T Vᵀ, QᵀAQ = A − V Wᵀ − W Vᵀ.
        let mut rest = a.view_mut((top, top), (m, m));
        let y = &rest * &v * &t;
        let s = t.transpose() * (v.transpose() * &y);
        let w = &y - &v * s * 0.5;
        rest.gemm(-1.0, &v, &w.transpose(), 1.0);
        rest.gemm(-1.0, &w, &v.transpose(), 1.0);
    }
}

/// Makes the first `k` columns of a panel upper triangular by reflections, whose product is `I − V T Vᵀ`; V and T.
fn reflections(panel: &mut DMatrix<f64>, k: usize) -> (DMatrix<f64>, DMatrix<f64>) {
    let m = panel.nrows();
    let (mut v, mut t) = (DMatrix::zeros(m, k), DMatrix::zeros(k, k));
    for j in 0..k {
        let column = panel.view((j, j), (m - j, 1)).into_owned();
        let norm = column.norm();
        // A column that is done is left alone.
        if column
            .view((1, 0), (m - j - 1, 1))
            .iter()
            .all(|&entry| entry == 0.0)
        {
            continue;
        }
        let mut reflector = column;
        reflector[0] += norm.copysign(reflector[0]);
        let beta = 2.0 / reflector.norm_squared();
        let mut columns = panel.view_mut((j, j), (m - j, WIDTH - j));
        let products = reflector.transpose() * &columns;
        columns.gemm(-beta, &reflector, &products, 1.0);
        columns.view_mut((1, 0), (m - j - 1, 1)).fill(0.0);
        v.view_mut((j, j), (m - j, 1)).copy_from(&reflector);
        let before = v.view((j, 0), (m - j, j)).transpose() * &reflector;
        let onto = t.view((0, 0), (j, j)) * before * -beta;
        t.view_mut((0, j), (j, 1)).copy_from(&onto);
        t[(j, j)] = beta;
    }
    (v, t)
}

/// The lower half of a symmetric matrix whose entries are near the diagonal, and one diagonal more.
struct Band {
    n: usize,
    /// `WIDTH + 2` entries of each column, from the diagonal down.
    entries: Vec<f64>,
}

impl Band {
    const HEIGHT: usize = WIDTH + 2;

    fn new(matrix: &DMatrix<f64>) -> Self {
        let n = matrix.nrows();
        let mut band = Self {
            n,
            entries: vec![0.0; n * Self::HEIGHT],
        };
        for column in 0..n {
            for row in column..n.min(column + WIDTH + 1) {
                *band.at(row, column) = matrix[(row, column)];
            }
        }
        band
    }

    /// The entry in this row and column, which is not to the right of the row.
    fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.entries[column * Self::HEIGHT + row - column]
    }

    /// The diagonal, and the entries below it, of a tridiagonal matrix with the same eigenvalues.
    fn tridiagonal(mut self) -> (Vec<f64>, Vec<f64>) {
        for column in 0..self.n.saturating_sub(2) {
            for row in (column + 2..self.n.min(column + WIDTH + 1)).rev() {
                // The rotation that makes an entry zero makes another one, `WIDTH` further down, that is not.
                let (mut row, mut column) = (row, column);
                while row < self.n && self.rotate_away(row, column) {
                    (row, column) = (row + WIDTH, row - 1);
                }
            }
        }
        let diagonal = (0..self.n).map(|v| *self.at(v, v)).collect();
        let beside = (1..self.n).map(|v| *self.at(v, v - 1)).collect();
        (diagonal, beside)
    }

    /// Makes an entry zero by a rotation of its row and the row above, and of these columns; false if it was zero.
    fn rotate_away(&mut self, row: usize, column: usize) -> bool {
        let (i, j) = (row - 1, row);
        let (x, y) = (*self.at(i, column), *self.at(j, column));
        if y == 0.0 {
            return false;
        }
        let length = x.hypot(y);
        let (c, s) = (x / length, y / length);
        let turn = |x: f64, y: f64| (c * x + s * y, c * y - s * x);
        for p in j.saturating_sub(WIDTH + 1)..i {
            let (x, y) = turn(*self.at(i, p), *self.at(j, p));
            (*self.at(i, p), *self.at(j, p)) = (x, y);
        }
        *self.at(j, column) = 0.0;
        for p in j + 1..self.n.min(i + Self::HEIGHT) {
            let (x, y) = turn(*self.at(p, i), *self.at(p, j));
            (*self.at(p, i), *self.at(p, j)) = (x, y);
        }
        let (d, e, f) = (*self.at(i, i), *self.at(j, i), *self.at(j, j));
        *self.at(i, i) = c * c * d + 2.0 * c * s * e + s * s * f;
        *self.at(j, j) = s * s * d - 2.0 * c * s * e + c * c * f;
        *self.at(j, i) = (c * c - s * s) * e + c * s * (f - d);
        true
    }
}

/// How many eigenvalues of a tridiagonal matrix are below `end`: the negative pivots of the matrix less `end`.
fn below(diagonal: &[f64], beside: &[f64], end: f64) -> u64 {
    let mut count = 0;
    let mut pivot = 1.0;
    for (v, &entry) in diagonal.iter().enumerate() {
        let square = if v == 0 {
            0.0
        } else {
            beside[v - 1] * beside[v - 1]
        };
        pivot = entry - end - square / pivot;
        if pivot == 0.0 {
            pivot = f64::MIN_POSITIVE.sqrt();
        }
        count += u64::from(pivot < 0.0);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dataset;
    use crate::key::{Purpose, stream};
    use crate::random_graphs::{ErdosRenyi, Planar, Tree};
    use rand::RngExt;

    /// As many eigenvalues below, but for those within rounding of an end.
    fn check(matrix: DMatrix<f64>) {
        let mut eigenvalues: Vec<f64> = matrix.clone().symmetric_eigenvalues().iter().copied().collect();
        eigenvalues.sort_by(f64::total_cmp);
        let ends: Vec<f64> = (0..=60).map(|step| -3.0 + 0.1 * f64::from(step) + 1e-4).collect();
        let found = counts(matrix, &ends);
        for (&end, count) in ends.iter().zip(found) {
            let [least, most] =
                [-1e-9, 1e-9].map(|by| eigenvalues.partition_point(|&value| value < end + by));
            assert!(
                (least as u64..=most as u64).contains(&count),
                "{count} below {end}: {least} to {most}"
            );
        }
    }

    #[test]
    fn counts_are_those_of_the_eigenvalues_of_any_matrix() {
        let mut rng = stream(4, 0, 0, Purpose::Generate);
        for n in [1, 2, 3, 31, 32, 33, 34, 35, 63, 64, 65, 66, 67, 97, 130] {
            let scale = 1.0 / (n as f64).sqrt().max(1.0);
            let mut matrix = DMatrix::from_fn(n, n, |_, _| rng.random_range(-2.0..2.0) * scale);
            matrix = (&matrix + matrix.transpose()) * 0.5;
            check(matrix);
        }
        // Much is zero, and eigenvalues repeat.
        check(DMatrix::identity(70, 70));
        check(DMatrix::zeros(70, 70));
        check(DMatrix::from_fn(80, 80, |row, column| {
            f64::from(u8::from(row + column == 79))
        }));
    }

    #[test]
    fn counts_are_those_of_the_eigenvalues_of_graphs() {
        let graphs = [
            ErdosRenyi::new(1, 90..=90, 0.1, 1).unwrap().get(0).unwrap(),
            ErdosRenyi::new(1, 50..=50, 0.02, 1).unwrap().get(0).unwrap(),
            Planar::new(1, 150, 1).unwrap().get(0).unwrap(),
            Tree::new(1, 120, 1).unwrap().get(0).unwrap(),
        ];
        for graph in graphs {
            let n = graph.n();
            let adjacency = DMatrix::from_fn(n, n, |u, v| {
                f64::from(u8::from(graph.has_edge(u as u32, v as u32)))
            });
            let scaled = DMatrix::from_fn(n, n, |u, v| {
                let product = (graph.degree(u as u32) * graph.degree(v as u32)).max(1) as f64;
                f64::from(u8::from(u == v && graph.degree(u as u32) > 0)) - adjacency[(u, v)] / product.sqrt()
            });
            let ends = [0.1234, 0.5678, 1.2345, 1.9];
            let found = laplacian_counts(&graph, &ends);
            let eigenvalues = scaled.symmetric_eigenvalues();
            for (end, count) in ends.into_iter().zip(found) {
                assert_eq!(
                    count,
                    eigenvalues.iter().filter(|&&value| value < end).count() as u64
                );
            }
        }
    }
}
