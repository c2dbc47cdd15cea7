//! Weighted frames: averages that are continuous where no canonical form is.

use super::cloud::PointCloud;
use crate::{CanonError, InversionKernel};
use nalgebra::{Matrix3, SMatrix, Vector3};
use rand::{Rng, RngExt};
use sympe_groups::{Action, Group, Orthogonal, OrthogonalGroup};

/// Finitely many frames of a cloud about the origin with weights, such that the average of a continuous function over them is
/// continuous in the cloud and does not depend on how the cloud is turned (Dym, Lawrence & Siegel, *Equivariant frames and the
/// impossibility of continuous canonicalization*, 2024).
///
/// In space a frame has one point on its first axis, and another one in the plane of the first two. The first point is chosen in
/// proportion to its distance from the origin, the second one to its distance from the first axis. So a frame has no weight where
/// it has no direction; and the cloud as seen from frames that a cloud on a line leaves open is the same in all. In O(d) each frame
/// has its mirror image with the same weight.
///
/// A draw of a frame by its weight is a relaxed kernel: law 1 holds, law 2 does not.
///
/// # Complexity
///
/// N² frames of N points in space, N in the plane, twice as many in O(d).
///
/// ```
/// use sympe_canon::points::{PointCloud, WeightedFrames};
/// use sympe_groups::{Action, Orthogonal, OrthogonalGroup};
/// let frames = WeightedFrames::new(OrthogonalGroup::<2>::special());
/// let cloud = PointCloud::of_one_type(vec![[2.0, 0.0], [0.0, 1.0]])?;
/// let turned = Orthogonal::<2>::rotation(0.3).unwrap().act(&cloud);
/// let cube = |cloud: &PointCloud<2>| cloud.positions().iter().map(|[x, _]| x.powi(3)).sum::<f64>();
/// // Two thirds of what the first point sees of itself, one third of what the second one does of itself.
/// assert!((frames.average(&cloud, cube) - (2.0 / 3.0 * 8.0 + 1.0 / 3.0 * 1.0)).abs() < 1e-12);
/// assert!((frames.average(&turned, cube) - frames.average(&cloud, cube)).abs() < 1e-12);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedFrames<const D: usize> {
    group: OrthogonalGroup<D>,
}

impl<const D: usize> WeightedFrames<D> {
    /// The frames in O(d), or in SO(d).
    #[must_use]
    pub fn new(group: OrthogonalGroup<D>) -> Self {
        Self { group }
    }

    /// Frames with weights, which are positive and add up to 1. Frames of `k·x` are those of `x` times `k` on the left, with the same
    /// weights.
    #[must_use]
    pub fn frames(&self, cloud: &PointCloud<D>) -> Vec<(f64, Orthogonal<D>)> {
        let unit = cloud.unit();
        let padded = |place: &[f64; D]| Vector3::from_fn(|axis, _| place.get(axis).map_or(0.0, |x| x / unit));
        let places: Vec<Vector3<f64>> = cloud.positions().iter().map(padded).collect();
        let mut frames = Vec::new();
        for (weight, axis) in directions(&places) {
            if D == 2 {
                frames.push((
                    weight,
                    Matrix3::from_columns(&[axis, Vector3::z().cross(&axis), Vector3::z()]),
                ));
                continue;
            }
            let across: Vec<Vector3<f64>> = places
                .iter()
                .map(|place| place - axis * axis.dot(place))
                .collect();
            for (share, second) in directions_across(&across, &axis) {
                frames.push((
                    weight * share,
                    Matrix3::from_columns(&[axis, second, axis.cross(&second)]),
                ));
            }
        }
        let of_space = |matrix: Matrix3<f64>| {
            Orthogonal::new(SMatrix::from_fn(|i, j| matrix[(i, j)])).expect("the axes are orthonormal")
        };
        if self.group.is_special() {
            return frames
                .into_iter()
                .map(|(weight, frame)| (weight, of_space(frame)))
                .collect();
        }
        let both = frames.into_iter().flat_map(|(weight, frame)| {
            let mut mirrored = frame;
            mirrored.column_mut(D - 1).neg_mut();
            [
                (weight / 2.0, of_space(frame)),
                (weight / 2.0, of_space(mirrored)),
            ]
        });
        both.collect()
    }

    /// The weighted mean of what `f` says of the cloud as seen from each frame: `Σ w·f(g⁻¹·x)`.
    pub fn average(&self, cloud: &PointCloud<D>, f: impl Fn(&PointCloud<D>) -> f64) -> f64 {
        let seen = |(weight, frame): (f64, Orthogonal<D>)| weight * f(&frame.inverse().act(cloud));
        self.frames(cloud).into_iter().map(seen).sum()
    }
}

/// Unit vectors along the places, with weights in proportion to their lengths; one of any direction if all are zero.
fn directions(places: &[Vector3<f64>]) -> Vec<(f64, Vector3<f64>)> {
    let total: f64 = places.iter().map(Vector3::norm).sum();
    if total == 0.0 {
        return vec![(1.0, Vector3::x())];
    }
    let long = places.iter().filter(|place| place.norm() > 0.0);
    long.map(|place| (place.norm() / total, place.normalize()))
        .collect()
}

/// As [`directions`], orthogonal to an axis. What rounding leaves of places on the axis has a direction that is not.
fn directions_across(across: &[Vector3<f64>], axis: &Vector3<f64>) -> Vec<(f64, Vector3<f64>)> {
    let is_zero = across.iter().all(|place| place.norm() <= 8.0 * f64::EPSILON);
    if !is_zero {
        let exact = |direction: Vector3<f64>| (direction - axis * axis.dot(&direction)).normalize();
        let all = directions(across)
            .into_iter()
            .filter(|(weight, _)| *weight > 1e-12);
        let all: Vec<(f64, Vector3<f64>)> = all
            .map(|(weight, direction)| (weight, exact(direction)))
            .collect();
        let total: f64 = all.iter().map(|(weight, _)| weight).sum();
        return all
            .into_iter()
            .map(|(weight, direction)| (weight / total, direction))
            .collect();
    }
    let away = Vector3::ith(axis.iamin(), 1.0);
    vec![(1.0, (away - axis * axis.dot(&away)).normalize())]
}

impl<const D: usize> InversionKernel<PointCloud<D>> for WeightedFrames<D> {
    type Group = Orthogonal<D>;

    fn draw(&self, cloud: &PointCloud<D>, rng: &mut dyn Rng) -> Result<Orthogonal<D>, CanonError> {
        let frames = self.frames(cloud);
        let mut left: f64 = rng.random();
        let chosen = frames.iter().find(|(weight, _)| {
            left -= weight;
            left < 0.0
        });
        Ok(chosen.or(frames.last()).expect("there is a frame").1)
    }
}
