//! What a cloud looks like to the search: sites about a centre in units of the radius, the subspace they span, shells.
//!
//! Engine and clouds of the plane share one code: coordinates are padded by zeros to three.

use super::cloud::{About, PointCloud, Tolerance};
use crate::CanonError;
use nalgebra::{Matrix2, Matrix3, SymmetricEigen, Vector3};
use sympe_groups::UnionFind;

/// A cloud, prepared. All lengths but `radius` and `centre` are in units of the radius.
#[derive(Clone, Debug)]
pub(super) struct Sites {
    /// Dimension of what the sites span, seen from the center: 0 to `dim`.
    pub(super) rank: usize,
    pub(super) center: Vector3<f64>,
    pub(super) radius: f64,
    pub(super) tolerance: f64,
    /// Orthonormal columns: `rank` directions that span the sites, those orthogonal to them, padding.
    pub(super) basis: Matrix3<f64>,
    /// The largest distance of a site from what they span.
    pub(super) thickness: f64,
    /// Places in the basis; coordinates beyond the rank are zero.
    pub(super) at: Vec<Vector3<f64>>,
    /// The points of each site, by type and then by number: one, unless points coincide.
    pub(super) members: Vec<Vec<u32>>,
    /// The shell of each site: sites of one kind that have the same radius, up to a chain of tolerances.
    pub(super) shell: Vec<u32>,
    /// The sites of each shell; shells are sorted by kind, then by radius.
    pub(super) shells: Vec<Vec<u32>>,
}

impl Sites {
    pub(super) fn new<const D: usize>(
        cloud: &PointCloud<D>,
        about: About,
        tolerance: Tolerance,
    ) -> Result<Self, CanonError> {
        let (mut at, centre, radius, rounding) = normalized(cloud, about);
        let tolerance = match tolerance {
            Tolerance::Relative(value) => check(value)?,
            Tolerance::Absolute(value) => check(value)? / radius,
        };
        let tolerance = tolerance.max(rounding);
        let members = coincident(&at, cloud.types(), tolerance)?;
        let mean =
            |list: &Vec<u32>| list.iter().map(|&i| at[i as usize]).sum::<Vector3<f64>>() / list.len() as f64;
        at = members.iter().map(mean).collect();
        let (basis, rank, thickness) = span(&at, D, tolerance);
        for place in &mut at {
            *place = basis.tr_mul(place);
            place.iter_mut().skip(rank).for_each(|beyond| *beyond = 0.0);
        }
        let kinds: Vec<Vec<u32>> = members
            .iter()
            .map(|list| list.iter().map(|&i| cloud.types()[i as usize]).collect())
            .collect();
        let shells = shells(&at, &kinds, tolerance);
        let mut shell = vec![0; at.len()];
        for (index, sites) in shells.iter().enumerate() {
            sites.iter().for_each(|&site| shell[site as usize] = index as u32);
        }
        Ok(Self {
            rank,
            center: centre,
            radius,
            tolerance,
            basis,
            thickness,
            at,
            members,
            shell,
            shells,
        })
    }
}

fn check(tolerance: f64) -> Result<f64, CanonError> {
    if tolerance >= 0.0 && tolerance.is_finite() {
        return Ok(tolerance);
    }
    Err(CanonError::Tolerance {
        tolerance,
        reason: "is refused, expected a finite number that is not negative".into(),
    })
}

/// Places about the centre in units of the radius; centre and radius; how far rounding may have moved a place.
fn normalized<const D: usize>(
    cloud: &PointCloud<D>,
    about: About,
) -> (Vec<Vector3<f64>>, Vector3<f64>, f64, f64) {
    let padded = |place: &[f64; D]| Vector3::from_fn(|axis, _| place.get(axis).copied().unwrap_or(0.0));
    let unit = cloud.unit();
    let mut at: Vec<Vector3<f64>> = cloud
        .positions()
        .iter()
        .map(|place| padded(place) / unit)
        .collect();
    let centre = match about {
        About::Centroid => at.iter().sum::<Vector3<f64>>() / at.len() as f64,
        About::Origin => Vector3::zeros(),
    };
    at.iter_mut().for_each(|place| *place -= centre);
    let radius = at.iter().map(Vector3::norm).fold(0.0, f64::max);
    let rounding = 16.0 * f64::EPSILON;
    // Points that differ by what rounding leaves of a common place are at it.
    if radius <= rounding {
        at.iter_mut().for_each(|place| *place = Vector3::zeros());
        return (at, centre * unit, unit, rounding);
    }
    at.iter_mut().for_each(|place| *place /= radius);
    (at, centre * unit, radius * unit, rounding / radius)
}

/// Groups of points closer than the tolerance, each sorted by type and number.
fn coincident(at: &[Vector3<f64>], types: &[u32], tolerance: f64) -> Result<Vec<Vec<u32>>, CanonError> {
    let mut order: Vec<usize> = (0..at.len()).collect();
    order.sort_by(|&i, &j| at[i].x.total_cmp(&at[j].x));
    let mut union = UnionFind::new(at.len());
    for (k, &i) in order.iter().enumerate() {
        let near = order[k + 1..]
            .iter()
            .take_while(|&&j| at[j].x - at[i].x <= tolerance);
        for &j in near {
            if (at[j] - at[i]).norm() <= tolerance {
                union.join(i as u32, j as u32);
            }
        }
    }
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); at.len()];
    for (i, root) in (0..).zip(union.into_representatives()) {
        groups[root as usize].push(i);
    }
    groups.retain(|group| !group.is_empty());
    for group in &mut groups {
        group.sort_by_key(|&i| (types[i as usize], i));
        for (k, &i) in group.iter().enumerate() {
            let apart = group[..k]
                .iter()
                .find(|&&j| (at[i as usize] - at[j as usize]).norm() > 2.0 * tolerance);
            if let Some(&j) = apart {
                return Err(CanonError::Tolerance {
                    tolerance,
                    reason: format!(
                        "of the radius joins points {} and {} by others between them, expected one below the distance of neighbours",
                        i.min(j),
                        i.max(j)
                    ),
                });
            }
        }
    }
    Ok(groups)
}

/// Orthonormal columns of which the first ones span the places, how many these are, and the largest distance from the span.
///
/// A direction counts if the mirror across it moves some place by more than the tolerance: that is a matter of extent, not of
/// whether moments of inertia are equal.
fn span(at: &[Vector3<f64>], dim: usize, tolerance: f64) -> (Matrix3<f64>, usize, f64) {
    let moments: Matrix3<f64> = at.iter().map(|place| place * place.transpose()).sum();
    let mut axes: Vec<(f64, Vector3<f64>)> = if dim == 3 {
        let eigen = SymmetricEigen::new(moments);
        (0..3)
            .map(|k| (eigen.eigenvalues[k], eigen.eigenvectors.column(k).into_owned()))
            .collect()
    } else {
        let eigen = SymmetricEigen::new(Matrix2::from(moments.fixed_view::<2, 2>(0, 0)));
        let padded = |k: usize| Vector3::new(eigen.eigenvectors[(0, k)], eigen.eigenvectors[(1, k)], 0.0);
        (0..2).map(|k| (eigen.eigenvalues[k], padded(k))).collect()
    };
    axes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let beyond = |place: &Vector3<f64>, rank: usize| {
        axes[rank..]
            .iter()
            .map(|(_, axis)| axis.dot(place).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    let thickness = |rank: usize| at.iter().map(|place| beyond(place, rank)).fold(0.0, f64::max);
    let rank = (0..dim)
        .find(|&rank| 2.0 * thickness(rank) <= tolerance)
        .unwrap_or(dim);
    if rank == dim {
        return (Matrix3::identity(), rank, 0.0);
    }
    let column = |k: usize| axes.get(k).map_or(Vector3::z(), |(_, axis)| *axis);
    (
        Matrix3::from_columns(&[column(0), column(1), column(2)]),
        rank,
        thickness(rank),
    )
}

/// Sites of one kind whose radii follow each other by at most the tolerance: an isometry within it leaves no shell.
fn shells(at: &[Vector3<f64>], kinds: &[Vec<u32>], tolerance: f64) -> Vec<Vec<u32>> {
    let mut order: Vec<(&Vec<u32>, f64, u32)> = (at.iter().zip(kinds).zip(0..))
        .map(|((place, kind), site)| (kind, place.norm(), site))
        .collect();
    order.sort_by(|a, b| a.0.cmp(b.0).then(a.1.total_cmp(&b.1)));
    let same = |a: &(&Vec<u32>, f64, u32), b: &(&Vec<u32>, f64, u32)| a.0 == b.0 && b.1 - a.1 <= tolerance;
    order
        .chunk_by(same)
        .map(|shell| shell.iter().map(|&(_, _, site)| site).collect())
        .collect()
}
