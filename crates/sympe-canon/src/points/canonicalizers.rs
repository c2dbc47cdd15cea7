//! Canonicalizers of clouds under O(d), SO(d), E(d), SE(d) and S_n × O(d).

use super::cloud::{About, PointCloud, Tolerance};
use super::relabelled::RelabelledStabilizer;
use super::symmetry::{PointSearch, PointSymmetry};
use crate::{CanonError, Canonicalized, Canonicalizer};
use nalgebra::SVector;
use sympe_groups::{Action, Centered, ClosedSubgroup, Euclidean, Orthogonal, OrthogonalGroup};

/// Turns every point about the origin.
impl<const D: usize> Action<PointCloud<D>> for Orthogonal<D> {
    fn act(&self, cloud: &PointCloud<D>) -> PointCloud<D> {
        cloud.moved(|place| self.act(&SVector::from(*place)).into())
    }
}

/// Moves every point.
impl<const D: usize> Action<PointCloud<D>> for Euclidean<D> {
    fn act(&self, cloud: &PointCloud<D>) -> PointCloud<D> {
        cloud.moved(|place| self.act(&SVector::from(*place)).into())
    }
}

/// The canonicalizer of clouds under O(d) or SO(d), about the origin. The order of points means nothing: clouds are equal if they
/// have the same points.
///
/// `o(x)` is the cloud in the one of its frames (a site of a small shell first, another one second) in which its coordinates come
/// first. It agrees to rounding for all clouds of an orbit, as sets of points. It is not continuous: it jumps where two shells or
/// two distances are a tolerance apart, and where a coordinate in a frame is between two steps of the tolerance.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::points::{OrthogonalSymmetry, PointCloud, Tolerance};
/// use sympe_canon::{Exact, InversionKernel};
/// use sympe_groups::{Action, Group, OrthogonalGroup};
/// let cloud = PointCloud::of_one_type(vec![[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])?;
/// let kernel = Exact(OrthogonalSymmetry::new(OrthogonalGroup::special(), Tolerance::default()));
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// // Four rotations are equally likely, and each takes the cloud to its form.
/// assert!((kernel.entropy(&cloud)?.unwrap() - 4f64.ln()).abs() < 1e-12);
/// let form = kernel.draw(&cloud, &mut rng)?.inverse().act(&cloud);
/// assert!(form.positions().iter().any(|[x, y]| (x - 1.0).abs() + y.abs() < 1e-12));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrthogonalSymmetry<const D: usize> {
    group: OrthogonalGroup<D>,
    tolerance: Tolerance,
}

impl<const D: usize> OrthogonalSymmetry<D> {
    /// The canonicalizer under `group`, to a tolerance.
    #[must_use]
    pub fn new(group: OrthogonalGroup<D>, tolerance: Tolerance) -> Self {
        Self { group, tolerance }
    }
}

impl<const D: usize> Canonicalizer<PointCloud<D>> for OrthogonalSymmetry<D> {
    type Stabilizer = ClosedSubgroup<D>;

    fn canonicalize(&self, cloud: &PointCloud<D>) -> Result<Canonicalized<ClosedSubgroup<D>>, CanonError> {
        let search = PointSearch {
            tolerance: self.tolerance,
            about: About::Origin,
        };
        let symmetry = search.run(cloud)?;
        Ok(Canonicalized {
            element: symmetry.frame(self.group),
            stabilizer: symmetry.stabilizer(self.group),
        })
    }
}

/// The canonicalizer of clouds under E(d) or SE(d): as [`OrthogonalSymmetry`], about the centroid, which the form has at the
/// origin.
///
/// ```
/// use sympe_canon::Canonicalizer;
/// use sympe_canon::points::{EuclideanSymmetry, PointCloud, Tolerance};
/// use sympe_groups::{Action, Group, OrthogonalGroup};
/// let pair = PointCloud::of_one_type(vec![[5.0, 2.0], [5.0, 4.0]])?;
/// let symmetry = EuclideanSymmetry::new(OrthogonalGroup::full(), Tolerance::default());
/// let canonicalized = symmetry.canonicalize(&pair)?;
/// let form = canonicalized.element.inverse().act(&pair);
/// assert!(form.positions().iter().all(|[x, y]| (x.abs() - 1.0).abs() + y.abs() < 1e-12));
/// assert_eq!(canonicalized.stabilizer.group().order(), Some(4));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EuclideanSymmetry<const D: usize> {
    group: OrthogonalGroup<D>,
    tolerance: Tolerance,
}

impl<const D: usize> EuclideanSymmetry<D> {
    /// The canonicalizer under the motions whose orthogonal parts are in `group`, to a tolerance.
    #[must_use]
    pub fn new(group: OrthogonalGroup<D>, tolerance: Tolerance) -> Self {
        Self { group, tolerance }
    }
}

impl<const D: usize> Canonicalizer<PointCloud<D>> for EuclideanSymmetry<D> {
    type Stabilizer = Centered<ClosedSubgroup<D>, D>;

    fn canonicalize(
        &self,
        cloud: &PointCloud<D>,
    ) -> Result<Canonicalized<Centered<ClosedSubgroup<D>, D>>, CanonError> {
        Ok(PointSearch::within(self.tolerance)
            .run(cloud)?
            .motions(self.group))
    }
}

impl<const D: usize> PointSymmetry<D> {
    /// What [`EuclideanSymmetry`] makes of a cloud whose symmetries are known already: no second search.
    ///
    /// ```
    /// use sympe_canon::points::{PointCloud, PointSearch};
    /// use sympe_groups::OrthogonalGroup;
    /// let pair = PointCloud::of_one_type(vec![[5.0, 2.0], [5.0, 4.0]])?;
    /// let found = PointSearch::default().run(&pair)?.motions(OrthogonalGroup::full());
    /// assert!((found.stabilizer.center().y - 3.0).abs() < 1e-12);
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    #[must_use]
    pub fn motions(&self, group: OrthogonalGroup<D>) -> Canonicalized<Centered<ClosedSubgroup<D>, D>> {
        let center = SVector::from(self.center());
        Canonicalized {
            element: Euclidean::new(self.frame(group), center).expect("the mean of finite places"),
            stabilizer: Centered::new(self.stabilizer(group), center).expect("the mean of finite places"),
        }
    }
}

/// The canonicalizer of clouds under S_n × O(d) or S_n × SO(d), about the origin: clouds are equal if their lists are.
///
/// `o(x)` has its coordinates in the canonical frame and its points sorted by site: kind, radius, coordinates. Where it jumps is
/// said of [`OrthogonalSymmetry`].
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::points::{PointCloud, RelabelledSymmetry, Tolerance};
/// use sympe_canon::{Exact, InversionKernel};
/// use sympe_groups::{Action, Group, OrthogonalGroup};
/// let kernel = Exact(RelabelledSymmetry::new(OrthogonalGroup::full(), Tolerance::default()));
/// let triangle = PointCloud::of_one_type(vec![[2.0, 0.0], [-1.0, 3f64.sqrt()], [-1.0, -3f64.sqrt()]])?;
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let [a, b] = [(); 2].map(|()| kernel.draw(&triangle, &mut rng).unwrap().inverse().act(&triangle));
/// let pairs = a.positions().iter().flatten().zip(b.positions().iter().flatten());
/// assert!(pairs.into_iter().all(|(x, y)| (x - y).abs() < 1e-12));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RelabelledSymmetry<const D: usize> {
    group: OrthogonalGroup<D>,
    tolerance: Tolerance,
}

impl<const D: usize> RelabelledSymmetry<D> {
    /// The canonicalizer under permutations and `group`, to a tolerance.
    #[must_use]
    pub fn new(group: OrthogonalGroup<D>, tolerance: Tolerance) -> Self {
        Self { group, tolerance }
    }
}

impl<const D: usize> Canonicalizer<PointCloud<D>> for RelabelledSymmetry<D> {
    type Stabilizer = RelabelledStabilizer<D>;

    fn canonicalize(
        &self,
        cloud: &PointCloud<D>,
    ) -> Result<Canonicalized<RelabelledStabilizer<D>>, CanonError> {
        let search = PointSearch {
            tolerance: self.tolerance,
            about: About::Origin,
        };
        let symmetry = search.run(cloud)?;
        let (orthogonal, permutation) = symmetry.ordered_frame(self.group);
        Ok(Canonicalized {
            element: (permutation, orthogonal),
            stabilizer: symmetry.relabelled_stabilizer(self.group),
        })
    }
}
