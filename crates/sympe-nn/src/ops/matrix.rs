//! Matrix products on slices, by the `gemm` crate: the one place with `unsafe`, because `gemm` takes pointers.
//!
//! A product `m × k` by `k × n` takes O(m·n·k) operations on the calling thread, so that results do not depend on the
//! number of threads. The order in which its sums are taken depends on the shapes and on the kind of CPU.
#![allow(unsafe_code)]

/// A strided view of a matrix.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    data: &'a [f32],
    row_stride: usize,
    column_stride: usize,
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

/// The transpose of a matrix of `columns` columns: products read whole cache lines of it.
pub(super) fn transposed(x: &[f32], columns: usize) -> Vec<f32> {
    let mut y = Vec::with_capacity(x.len());
    for column in 0..columns {
        y.extend(x.iter().skip(column).step_by(columns));
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

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
