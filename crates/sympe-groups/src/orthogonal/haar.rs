//! O(d) and SO(d) as groups to draw from.

use super::Orthogonal;
use crate::{GroupError, Subgroup, names::shorten};
use nalgebra::{SMatrix, SVector};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use std::{f64::consts::LN_2, fmt, str::FromStr};

/// The orthogonal group O(d), or the special orthogonal group SO(d).
///
/// Draws are exactly Haar distributed, up to rounding: the Gram–Schmidt basis of a matrix of independent normal numbers,
/// whose law no rotation changes (Stewart, *SIAM J. Numer. Anal.* 17, 1980). `O(D³)`.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_groups::{OrthogonalGroup, Subgroup};
/// let rotations: OrthogonalGroup<3> = "SO(3)".parse()?;
/// let g = rotations.sample(&mut ChaCha8Rng::seed_from_u64(0));
/// assert!(g.is_proper() && OrthogonalGroup::<3>::full().contains(&g));
/// assert_eq!(rotations.ln_order(), f64::INFINITY);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrthogonalGroup<const D: usize> {
    special: bool,
}

impl<const D: usize> OrthogonalGroup<D> {
    /// O(d).
    #[must_use]
    pub fn full() -> Self {
        Self { special: false }
    }

    /// SO(d).
    #[must_use]
    pub fn special() -> Self {
        Self { special: true }
    }

    /// Whether it is SO(d).
    #[must_use]
    pub fn is_special(self) -> bool {
        self.special
    }
}

/// An orthonormal basis, Haar distributed among those whose first vector is the unit vector that is given, if one is.
pub(crate) fn basis_from<const D: usize>(
    first: Option<&SVector<f64, D>>,
    rng: &mut dyn Rng,
) -> SMatrix<f64, D, D> {
    let mut basis = SMatrix::<f64, D, D>::zeros();
    for k in 0..D {
        let column = match first {
            Some(first) if k == 0 => *first,
            _ => normal_beside(&basis, k, rng),
        };
        basis.set_column(k, &column);
    }
    basis
}

/// A uniformly distributed unit vector orthogonal to the first `k` columns.
fn normal_beside<const D: usize>(basis: &SMatrix<f64, D, D>, k: usize, rng: &mut dyn Rng) -> SVector<f64, D> {
    loop {
        let mut vector = SVector::from_fn(|_, _| StandardNormal.sample(rng));
        // The second time removes what rounding left of the earlier directions.
        for _ in 0..2 {
            for j in 0..k {
                vector -= basis.column(j) * basis.column(j).dot(&vector);
            }
        }
        if let Some(unit) = vector.try_normalize(0.0) {
            return unit;
        }
    }
}

impl<const D: usize> Subgroup for OrthogonalGroup<D> {
    type Element = Orthogonal<D>;

    fn sample(&self, rng: &mut dyn Rng) -> Orthogonal<D> {
        let mut drawn = Orthogonal::<D>::near(basis_from(None, rng));
        if self.special && !drawn.proper {
            drawn.matrix.column_mut(D - 1).neg_mut();
            drawn.proper = true;
        }
        drawn
    }

    fn contains(&self, g: &Orthogonal<D>) -> bool {
        g.is_proper() || !self.special
    }

    fn ln_order(&self) -> f64 {
        match (D, self.special) {
            (1, true) => 0.0,
            (1, false) => LN_2,
            _ => f64::INFINITY,
        }
    }
}

/// `O(3)`, `SO(2)`.
impl<const D: usize> fmt::Display for OrthogonalGroup<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}O({D})", if self.special { "S" } else { "" }))
    }
}

impl<const D: usize> FromStr for OrthogonalGroup<D> {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let groups = [Self::full(), Self::special()];
        let found = groups.into_iter().find(|group| group.to_string() == text);
        found.ok_or_else(|| GroupError::Name {
            text: shorten(text),
            reason: format!("expected {} or {}", groups[0], groups[1]),
        })
    }
}
