//! Orthogonal transformations and rigid motions, in double precision.
//!
//! | type | group | |
//! |---|---|---|
//! | [`Orthogonal`] | O(d) | rotations and rotoreflections about the origin |
//! | [`Euclidean`] | E(d) | `x ↦ R·x + t` |
//! | [`OrthogonalGroup`] | O(d) or SO(d) | to draw from |
//! | [`Centered`] | `c·S·c⁻¹` for `S ≤ O(d)` | what fixes a cloud of points about its centre |
//!
//! Everything works for any `D ≥ 1`; angles, exponentials and logarithms are those of the plane and of space. Angles are in
//! radians, and positive ones turn counterclockwise.

mod algebra;
mod euclidean;
mod haar;

pub use euclidean::{Centered, Euclidean};
pub use haar::OrthogonalGroup;
pub(crate) use haar::basis_from;

use crate::{Action, Group, GroupError, MatrixRep};
use nalgebra::{DMatrix, SMatrix, SVector};
use std::fmt;

/// An element of O(d): a rotation, or a rotation followed by a reflection.
///
/// # Equality
///
/// Two elements are equal when no entry differs by more than [`TOLERANCE`](Self::TOLERANCE), because products of floating
/// point numbers depend on their order. That is not transitive for elements which differ by about as much: compare
/// elements of a discrete group, or one element computed in two ways.
///
/// Products are projected back onto the orthogonal matrices, so that errors do not grow with their number.
///
/// ```
/// use std::f64::consts::FRAC_PI_2;
/// use sympe_groups::nalgebra::Vector2;
/// use sympe_groups::{Action, Group, Orthogonal};
///
/// let quarter = Orthogonal::<2>::rotation(FRAC_PI_2)?;
/// let mirror = Orthogonal::from_rows([[1.0, 0.0], [0.0, -1.0]])?;
/// assert_eq!(quarter.act(&Vector2::new(1.0, 0.0)).y, 1.0);
/// assert!(quarter.is_proper() && !mirror.is_proper());
///
/// // A mirror turns the sense of rotation round.
/// assert_eq!(mirror.compose(&quarter).compose(&mirror), quarter.inverse());
///
/// let error = Orthogonal::from_rows([[1.0, 0.1], [0.0, 1.0]]).unwrap_err();
/// assert_eq!(error.to_string(), "orthogonal matrix: the entries of MᵀM differ from the identity by 1.0e-1, at most 1.0e-6 expected");
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Orthogonal<const D: usize> {
    matrix: SMatrix<f64, D, D>,
    proper: bool,
}

impl<const D: usize> Orthogonal<D> {
    /// Entries of equal elements differ by at most this.
    pub const TOLERANCE: f64 = 1e-9;

    /// Entries of `MᵀM` of a matrix that [`new`](Self::new) takes differ from those of the identity by at most this.
    pub const INPUT_TOLERANCE: f64 = 1e-6;

    /// The orthogonal matrix nearest to `matrix`, which must be orthogonal to within
    /// [`INPUT_TOLERANCE`](Self::INPUT_TOLERANCE).
    ///
    /// # Errors
    ///
    /// When the matrix is not that close to an orthogonal one, or not finite.
    pub fn new(matrix: SMatrix<f64, D, D>) -> Result<Self, GroupError> {
        let fail = |reason: String| GroupError::Invalid {
            what: "orthogonal matrix",
            reason,
        };
        if let Some(entry) = matrix.iter().find(|entry| !entry.is_finite()) {
            return Err(fail(format!("an entry is {entry}, expected a finite number")));
        }
        let deviation = (matrix.tr_mul(&matrix) - SMatrix::<f64, D, D>::identity()).amax();
        if deviation > Self::INPUT_TOLERANCE {
            return Err(fail(format!(
                "the entries of MᵀM differ from the identity by {deviation:.1e}, at most {:.1e} expected",
                Self::INPUT_TOLERANCE
            )));
        }
        // Each step squares the deviation: 1e-6, 1e-12, below rounding.
        Ok(Self::near(projected(&projected(&matrix))))
    }

    /// As [`new`](Self::new), from the rows of the matrix.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn from_rows(rows: [[f64; D]; D]) -> Result<Self, GroupError> {
        Self::new(SMatrix::from_fn(|row, column| rows[row][column]))
    }

    /// A matrix that is orthogonal to rounding.
    pub(crate) fn near(matrix: SMatrix<f64, D, D>) -> Self {
        let m = |row: usize, column: usize| matrix[(row, column)];
        let minor = |i: usize, j: usize| m(1, i) * m(2, j) - m(1, j) * m(2, i);
        let determinant = match D {
            2 => m(0, 0) * m(1, 1) - m(0, 1) * m(1, 0),
            3 => m(0, 0) * minor(1, 2) - m(0, 1) * minor(0, 2) + m(0, 2) * minor(0, 1),
            _ => DMatrix::from_column_slice(D, D, matrix.as_slice()).determinant(),
        };
        Self {
            matrix,
            proper: determinant > 0.0,
        }
    }

    /// The inversion `x ↦ −x`; proper in even dimensions.
    #[must_use]
    pub fn inversion() -> Self {
        Self {
            matrix: -SMatrix::<f64, D, D>::identity(),
            proper: D.is_multiple_of(2),
        }
    }

    /// The reflection in the hyperplane through the origin that is normal to `normal`.
    ///
    /// ```
    /// # use sympe_groups::{Orthogonal, nalgebra::Vector3};
    /// let mirror = Orthogonal::reflection(Vector3::new(0.0, 0.0, 2.0))?;
    /// assert_eq!(mirror, Orthogonal::from_rows([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])?);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the normal is zero or not finite.
    pub fn reflection(normal: SVector<f64, D>) -> Result<Self, GroupError> {
        let unit = unit("normal of a reflection", normal)?;
        Ok(Self {
            matrix: SMatrix::identity() - unit * unit.transpose() * 2.0,
            proper: false,
        })
    }

    /// The matrix, acting on column vectors.
    #[must_use]
    pub fn matrix(&self) -> &SMatrix<f64, D, D> {
        &self.matrix
    }

    /// The determinant, 1 or −1.
    #[must_use]
    pub fn determinant(&self) -> f64 {
        if self.proper { 1.0 } else { -1.0 }
    }

    /// Whether it is a rotation: of determinant 1.
    #[must_use]
    pub fn is_proper(&self) -> bool {
        self.proper
    }

    /// The trace, which is the character of the vector representation.
    #[must_use]
    pub fn trace(&self) -> f64 {
        self.matrix.diagonal().sum()
    }
}

/// A Newton step towards the orthogonal polar factor.
fn projected<const D: usize>(matrix: &SMatrix<f64, D, D>) -> SMatrix<f64, D, D> {
    matrix * (SMatrix::<f64, D, D>::identity() * 3.0 - matrix.tr_mul(matrix)) * 0.5
}

/// The unit vector along `vector`, whatever its length.
pub(crate) fn unit<const D: usize>(
    what: &'static str,
    vector: SVector<f64, D>,
) -> Result<SVector<f64, D>, GroupError> {
    let largest = vector.amax();
    if !(largest > 0.0 && vector.iter().all(|x| x.is_finite())) {
        return Err(GroupError::Invalid {
            what,
            reason: format!("{:?} has no direction", vector.as_slice()),
        });
    }
    // Scaled first, because squares of very small and very large numbers are 0 or infinite.
    Ok((vector / largest).normalize())
}

/// An angle or a coordinate that must be finite.
fn finite(what: &'static str, value: f64) -> Result<(), GroupError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(GroupError::Invalid {
        what,
        reason: format!("{value}, expected a finite number"),
    })
}

/// A vector whose coordinates must be finite.
fn finite_vector<const D: usize>(what: &'static str, vector: &SVector<f64, D>) -> Result<(), GroupError> {
    vector.iter().try_for_each(|&coordinate| finite(what, coordinate))
}

/// The identity.
impl<const D: usize> Default for Orthogonal<D> {
    fn default() -> Self {
        Self {
            matrix: SMatrix::identity(),
            proper: true,
        }
    }
}

impl<const D: usize> PartialEq for Orthogonal<D> {
    fn eq(&self, other: &Self) -> bool {
        (self.matrix - other.matrix).amax() <= Self::TOLERANCE
    }
}

impl<const D: usize> Group for Orthogonal<D> {
    fn identity(&self) -> Self {
        Self::default()
    }

    fn inverse(&self) -> Self {
        Self {
            matrix: self.matrix.transpose(),
            ..*self
        }
    }

    fn compose(&self, rhs: &Self) -> Self {
        Self {
            matrix: projected(&(self.matrix * rhs.matrix)),
            proper: self.proper == rhs.proper,
        }
    }
}

/// `R·x`.
impl<const D: usize> Action<SVector<f64, D>> for Orthogonal<D> {
    fn act(&self, x: &SVector<f64, D>) -> SVector<f64, D> {
        self.matrix * x
    }
}

/// Every point turned, `[N, D]`.
impl<const D: usize> Action<[SVector<f64, D>]> for Orthogonal<D> {
    fn act(&self, points: &[SVector<f64, D>]) -> Vec<SVector<f64, D>> {
        points.iter().map(|x| self.act(x)).collect()
    }
}

/// Every point turned, `[N, D]`.
impl<const D: usize> Action<[[f64; D]]> for Orthogonal<D> {
    fn act(&self, points: &[[f64; D]]) -> Vec<[f64; D]> {
        let turned = |x: &[f64; D]| self.act(&SVector::from(*x)).into();
        points.iter().map(turned).collect()
    }
}

/// The vector representation, of dimension `D`.
impl<const D: usize> MatrixRep for Orthogonal<D> {
    fn dim(&self) -> usize {
        D
    }

    fn write_matrix(&self, out: &mut [f32]) {
        write_rows(&self.matrix, D, out, |entry| entry as f32);
    }

    fn write_matrix_f64(&self, out: &mut [f64]) {
        write_rows(&self.matrix, D, out, |entry| entry);
    }
}

/// Writes a matrix into the upper left of one with rows of `width` entries.
fn write_rows<T, const D: usize>(
    matrix: &SMatrix<f64, D, D>,
    width: usize,
    out: &mut [T],
    rounded: impl Fn(f64) -> T,
) {
    assert_eq!(
        out.len(),
        width * width,
        "matrix buffer of the wrong length for dimension {width}"
    );
    for (row, out) in out.chunks_exact_mut(width).take(D).enumerate() {
        for column in 0..D {
            out[column] = rounded(matrix[(row, column)]);
        }
    }
}

/// The rows: `[[0, -1], [1, 0]]`. A precision applies to every entry.
impl<const D: usize> fmt::Display for Orthogonal<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for row in 0..D {
            f.write_str(if row == 0 { "[" } else { ", [" })?;
            write_entries(self.matrix.row(row).iter(), f)?;
            f.write_str("]")?;
        }
        f.write_str("]")
    }
}

/// Numbers, separated by commas; zeros without a sign.
fn write_entries<'a>(entries: impl Iterator<Item = &'a f64>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, entry) in entries.enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        fmt::Display::fmt(&(entry + 0.0), f)?;
    }
    Ok(())
}

impl<const D: usize> fmt::Debug for Orthogonal<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Orthogonal{self}")
    }
}
