//! Rigid motions, and groups that fix a point.

use super::{Orthogonal, finite_vector, write_entries, write_rows};
use crate::{Action, Group, GroupError, MatrixRep, Subgroup};
use nalgebra::SVector;
use rand::Rng;
use std::fmt;

/// An element `x ↦ R·x + t` of E(d), the isometries of Euclidean space; of SE(d) where `R` is proper.
///
/// # Equality
///
/// Orthogonal parts are equal as [`Orthogonal`] is, and no coordinate of the translations differs by more than
/// [`Orthogonal::TOLERANCE`] times the larger of 1 and the largest coordinate: choose units in which coordinates are of
/// order one.
///
/// ```
/// use sympe_groups::nalgebra::Vector2;
/// use sympe_groups::{Action, Euclidean, Group, Orthogonal};
/// // A half turn about (1, 0), and a translation: glide and turn do not commute.
/// let turn = Euclidean::about(Vector2::new(1.0, 0.0), Orthogonal::inversion())?;
/// let step = Euclidean::new(Orthogonal::default(), Vector2::new(0.0, 3.0))?;
/// assert_eq!(turn.act(&Vector2::new(1.0, 2.0)), Vector2::new(1.0, -2.0));
/// assert_eq!(turn.compose(&step), step.inverse().compose(&turn));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Euclidean<const D: usize> {
    orthogonal: Orthogonal<D>,
    translation: SVector<f64, D>,
}

impl<const D: usize> Euclidean<D> {
    /// `x ↦ R·x + t`.
    ///
    /// # Errors
    ///
    /// When the translation is not finite.
    pub fn new(orthogonal: Orthogonal<D>, translation: SVector<f64, D>) -> Result<Self, GroupError> {
        finite_vector("translation", &translation)?;
        Ok(Self {
            orthogonal,
            translation,
        })
    }

    /// `x ↦ R·(x − c) + c`, which fixes the point `c`.
    ///
    /// # Errors
    ///
    /// When the centre is not finite.
    pub fn about(center: SVector<f64, D>, orthogonal: Orthogonal<D>) -> Result<Self, GroupError> {
        Self::new(orthogonal, center - orthogonal.act(&center))
    }

    /// The orthogonal part `R`.
    #[must_use]
    pub fn orthogonal(&self) -> &Orthogonal<D> {
        &self.orthogonal
    }

    /// The translation `t`, which is where the origin goes.
    #[must_use]
    pub fn translation(&self) -> &SVector<f64, D> {
        &self.translation
    }

    /// Whether it preserves orientation: an element of SE(d).
    #[must_use]
    pub fn is_proper(&self) -> bool {
        self.orthogonal.is_proper()
    }
}

/// The identity.
impl<const D: usize> Default for Euclidean<D> {
    fn default() -> Self {
        Self {
            orthogonal: Orthogonal::default(),
            translation: SVector::zeros(),
        }
    }
}

/// The motion that turns about the origin.
impl<const D: usize> From<Orthogonal<D>> for Euclidean<D> {
    fn from(orthogonal: Orthogonal<D>) -> Self {
        Self {
            orthogonal,
            translation: SVector::zeros(),
        }
    }
}

impl<const D: usize> PartialEq for Euclidean<D> {
    fn eq(&self, other: &Self) -> bool {
        let scale = self.translation.amax().max(other.translation.amax()).max(1.0);
        self.orthogonal == other.orthogonal
            && (self.translation - other.translation).amax() <= Orthogonal::<D>::TOLERANCE * scale
    }
}

impl<const D: usize> Group for Euclidean<D> {
    fn identity(&self) -> Self {
        Self::default()
    }

    fn inverse(&self) -> Self {
        let orthogonal = self.orthogonal.inverse();
        Self {
            orthogonal,
            translation: -orthogonal.act(&self.translation),
        }
    }

    fn compose(&self, rhs: &Self) -> Self {
        // The product maps x to R(Sx + s) + t.
        Self {
            orthogonal: self.orthogonal.compose(&rhs.orthogonal),
            translation: self.act(&rhs.translation),
        }
    }
}

/// `R·x + t`.
impl<const D: usize> Action<SVector<f64, D>> for Euclidean<D> {
    fn act(&self, x: &SVector<f64, D>) -> SVector<f64, D> {
        self.orthogonal.act(x) + self.translation
    }
}

/// Every point moved, `[N, D]`.
impl<const D: usize> Action<[SVector<f64, D>]> for Euclidean<D> {
    fn act(&self, points: &[SVector<f64, D>]) -> Vec<SVector<f64, D>> {
        points.iter().map(|x| self.act(x)).collect()
    }
}

/// Every point moved, `[N, D]`.
impl<const D: usize> Action<[[f64; D]]> for Euclidean<D> {
    fn act(&self, points: &[[f64; D]]) -> Vec<[f64; D]> {
        let moved = |x: &[f64; D]| self.act(&SVector::from(*x)).into();
        points.iter().map(moved).collect()
    }
}

/// Homogeneous coordinates: `[[R, t], [0, 1]]`, of dimension `D + 1`.
impl<const D: usize> MatrixRep for Euclidean<D> {
    fn dim(&self) -> usize {
        D + 1
    }

    fn write_matrix(&self, out: &mut [f32]) {
        self.write_homogeneous(out, |entry| entry as f32);
    }

    fn write_matrix_f64(&self, out: &mut [f64]) {
        self.write_homogeneous(out, |entry| entry);
    }
}

impl<const D: usize> Euclidean<D> {
    fn write_homogeneous<T: Clone>(&self, out: &mut [T], rounded: impl Fn(f64) -> T) {
        out.fill(rounded(0.0));
        write_rows(self.orthogonal.matrix(), D + 1, out, &rounded);
        for row in 0..D {
            out[row * (D + 1) + D] = rounded(self.translation[row]);
        }
        out[(D + 1) * (D + 1) - 1] = rounded(1.0);
    }
}

/// The matrix and the translation: `[[0, -1], [1, 0]]·x + [1, 0]`.
impl<const D: usize> fmt::Display for Euclidean<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.orthogonal, f)?;
        f.write_str("·x + [")?;
        write_entries(self.translation.iter(), f)?;
        f.write_str("]")
    }
}

impl<const D: usize> fmt::Debug for Euclidean<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Euclidean({self})")
    }
}

/// A group of orthogonal transformations about a point `c` other than the origin: all `x ↦ R·(x − c) + c` with `R` in the
/// group. Every compact subgroup of E(d) is one.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_groups::nalgebra::Vector3;
/// use sympe_groups::{Action, Centered, OrthogonalGroup, Subgroup};
/// let center = Vector3::new(1.0, 2.0, 3.0);
/// let about = Centered::new(OrthogonalGroup::special(), center)?;
/// let g = about.sample(&mut ChaCha8Rng::seed_from_u64(0));
/// assert!((g.act(&center) - center).norm() < 1e-14 && about.contains(&g));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Centered<S, const D: usize> {
    group: S,
    center: SVector<f64, D>,
}

impl<S: Subgroup<Element = Orthogonal<D>>, const D: usize> Centered<S, D> {
    /// The group about `center`.
    ///
    /// # Errors
    ///
    /// When the centre is not finite.
    pub fn new(group: S, center: SVector<f64, D>) -> Result<Self, GroupError> {
        finite_vector("centre", &center)?;
        Ok(Self { group, center })
    }

    /// The group of orthogonal parts.
    pub fn group(&self) -> &S {
        &self.group
    }

    /// The point that is fixed.
    pub fn center(&self) -> &SVector<f64, D> {
        &self.center
    }

    /// The element with this orthogonal part.
    fn about(&self, orthogonal: Orthogonal<D>) -> Euclidean<D> {
        Euclidean {
            orthogonal,
            translation: self.center - orthogonal.act(&self.center),
        }
    }
}

impl<S: Subgroup<Element = Orthogonal<D>>, const D: usize> Subgroup for Centered<S, D> {
    type Element = Euclidean<D>;

    fn sample(&self, rng: &mut dyn Rng) -> Euclidean<D> {
        self.about(self.group.sample(rng))
    }

    fn contains(&self, g: &Euclidean<D>) -> bool {
        self.group.contains(&g.orthogonal) && self.about(g.orthogonal) == *g
    }

    fn ln_order(&self) -> f64 {
        self.group.ln_order()
    }
}
