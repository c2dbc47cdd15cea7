//! Labelled point clouds.

use crate::CanonError;
use sympe_groups::{Action, Permutation};

/// Distances of coordinates beyond this may overflow.
const LARGEST: f64 = 1e300;

/// Points with types in `D` = 2 or 3 dimensions: a molecule in space, a pattern in the plane. What is symmetric in it is
/// found by [`PointSearch`](super::PointSearch).
///
/// Points may coincide; those of one place act as one site whose kind is the multiset of their types.
///
/// ```
/// use sympe_canon::points::PointCloud;
/// let water = PointCloud::new(vec![[0.0, 0.0, 0.12], [0.0, 0.76, -0.47], [0.0, -0.76, -0.47]], vec![8, 1, 1])?;
/// assert_eq!(water.len(), 3);
/// let error = PointCloud::new(vec![[0.0, f64::NAN]], vec![0]).unwrap_err();
/// assert_eq!(error.to_string(), "coordinate 1 of point 0 is NaN, expected a finite number up to 1e300");
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PointCloud<const D: usize> {
    positions: Vec<[f64; D]>,
    types: Vec<u32>,
}

impl<const D: usize> PointCloud<D> {
    /// A cloud of positions `[N, D]`, in any unit, and types `[N]`.
    ///
    /// # Errors
    ///
    /// When there is no point, not one type for each, or a coordinate that is not finite or beyond 10³⁰⁰.
    pub fn new(positions: Vec<[f64; D]>, types: Vec<u32>) -> Result<Self, CanonError> {
        const { assert!(D == 2 || D == 3, "clouds are of the plane or of space") }
        if positions.is_empty() {
            return Err(CanonError::NoPoints);
        }
        if types.len() != positions.len() {
            return Err(CanonError::WrongLength {
                what: "types of points",
                got: types.len(),
                want: positions.len(),
            });
        }
        check_finite(&positions)?;
        Ok(Self { positions, types })
    }

    /// A cloud of points of one type.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn of_one_type(positions: Vec<[f64; D]>) -> Result<Self, CanonError> {
        let types = vec![0; positions.len()];
        Self::new(positions, types)
    }

    /// The number of points, at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a cloud has points")]
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// The places, `[N, D]`.
    #[must_use]
    pub fn positions(&self) -> &[[f64; D]] {
        &self.positions
    }

    /// The types, `[N]`.
    #[must_use]
    pub fn types(&self) -> &[u32] {
        &self.types
    }

    /// The [unit](unit) of the places.
    pub(super) fn unit(&self) -> f64 {
        unit(self.positions.iter().flatten())
    }

    /// The same points in another order: point `i` becomes point `π(i)`.
    pub(super) fn renumbered(&self, permutation: &Permutation) -> Self {
        Self {
            positions: permutation.act(&self.positions[..]),
            types: permutation.act(&self.types[..]),
        }
    }

    /// The same points at other places.
    pub(super) fn moved(&self, to: impl FnMut(&[f64; D]) -> [f64; D]) -> Self {
        Self {
            positions: self.positions.iter().map(to).collect(),
            types: self.types.clone(),
        }
    }
}

/// Refuses a coordinate that is not finite, or of which distances may overflow.
pub(crate) fn check_finite<const D: usize>(places: &[[f64; D]]) -> Result<(), CanonError> {
    for (point, place) in places.iter().enumerate() {
        if let Some(axis) = place.iter().position(|x| !(-LARGEST..=LARGEST).contains(x)) {
            let value = place[axis];
            return Err(CanonError::NotFinite { point, axis, value });
        }
    }
    Ok(())
}

/// The largest coordinate in size, or 1 where all are 0: places are divided by it first, so that neither sums nor squares of
/// them overflow or vanish.
pub(crate) fn unit<'a>(coordinates: impl Iterator<Item = &'a f64>) -> f64 {
    let largest = coordinates.fold(0.0f64, |most, x| most.max(x.abs()));
    if largest > 0.0 { largest } else { 1.0 }
}

/// How far an isometry may leave a point from the point of its type that it is taken to.
///
/// ```
/// use sympe_canon::points::{PointCloud, PointSearch, Tolerance};
/// let nearly_square = PointCloud::of_one_type(vec![[1.0, 0.0], [0.0, 1.002], [-1.0, 0.0], [0.0, -1.0]])?;
/// let order = |tolerance| PointSearch { tolerance, ..PointSearch::default() }.run(&nearly_square).unwrap().order();
/// assert_eq!(order(Tolerance::Absolute(0.01)), Some(8));
/// assert_eq!(order(Tolerance::Relative(1e-4)), Some(2));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// In units of the radius: the largest distance of a point from the centre.
    Relative(f64),
    /// In the unit of the positions.
    Absolute(f64),
}

impl Default for Tolerance {
    /// Two thousandths of the radius: 6 mÅ for a molecule of 3 Å.
    fn default() -> Self {
        Self::Relative(2e-3)
    }
}

/// The point that isometries leave alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// The mean of all points: symmetries in E(d).
    #[default]
    Centroid,
    /// The origin: symmetries in O(d).
    Origin,
}
