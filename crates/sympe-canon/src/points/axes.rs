//! Frames from principal axes: a relaxed kernel.

use super::cloud::PointCloud;
use crate::{CanonError, InversionKernel};
use nalgebra::{DMatrix, SMatrix, SVector, SymmetricEigen};
use rand::Rng;
use sympe_groups::{Orthogonal, OrthogonalGroup, Subgroup};

/// The axes of the second moments `Σ x·xᵀ` about the origin, longest first, in random directions: law 1 holds, law 2 does not.
///
/// Each axis points either way with the same probability. Where moments are equal to within `degeneracy` of their sum, any axes of
/// the space they share are as good, and Haar distributed ones are drawn; fixed ones, as eigenvectors of a library, would depend
/// on how the cloud is turned.
///
/// O(N) time. The entropy of a cloud without equal moments is `ln 2ᵈ` in O(d), whatever its symmetries.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::InversionKernel;
/// use sympe_canon::points::{PointCloud, PrincipalAxes};
/// use sympe_groups::{Action, Group, OrthogonalGroup};
/// let kernel = PrincipalAxes::new(OrthogonalGroup::full(), 1e-6);
/// let cloud = PointCloud::of_one_type(vec![[3.0, 4.0], [-3.0, -4.0], [0.4, -0.3]])?;
/// let form = kernel.draw(&cloud, &mut ChaCha8Rng::seed_from_u64(0))?.inverse().act(&cloud);
/// assert!((form.positions()[0][0].abs() - 5.0).abs() < 0.01);
/// assert!((kernel.entropy(&cloud)?.unwrap() - 4f64.ln()).abs() < 1e-12);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrincipalAxes<const D: usize> {
    group: OrthogonalGroup<D>,
    degeneracy: f64,
}

impl<const D: usize> PrincipalAxes<D> {
    /// The kernel of O(d), or of SO(d), with a bound on the difference of moments that are equal, as a part of their sum.
    #[must_use]
    pub fn new(group: OrthogonalGroup<D>, degeneracy: f64) -> Self {
        Self { group, degeneracy }
    }

    /// Axes by descending moment, and how many axes share a space of equal moments, one number for each.
    fn spaces(&self, cloud: &PointCloud<D>) -> (Vec<SVector<f64, D>>, Vec<usize>) {
        let unit = cloud.unit();
        let places = cloud
            .positions()
            .iter()
            .map(|place| SVector::<f64, D>::from(*place) / unit);
        let moments: SMatrix<f64, D, D> = places.map(|place| place * place.transpose()).sum();
        let eigen = SymmetricEigen::new(DMatrix::from_column_slice(D, D, moments.as_slice()));
        let mut axes: Vec<(f64, SVector<f64, D>)> = (0..D)
            .map(|k| {
                (
                    eigen.eigenvalues[k],
                    SVector::from_fn(|i, _| eigen.eigenvectors[(i, k)]),
                )
            })
            .collect();
        axes.sort_by(|a, b| b.0.total_cmp(&a.0));
        let bound = self.degeneracy * moments.trace();
        let spaces = axes.chunk_by(|a, b| a.0 - b.0 <= bound).map(<[_]>::len).collect();
        (axes.into_iter().map(|(_, axis)| axis).collect(), spaces)
    }
}

impl<const D: usize> InversionKernel<PointCloud<D>> for PrincipalAxes<D> {
    type Group = Orthogonal<D>;

    fn draw(&self, cloud: &PointCloud<D>, rng: &mut dyn Rng) -> Result<Orthogonal<D>, CanonError> {
        let (axes, spaces) = self.spaces(cloud);
        let mut within = SMatrix::<f64, D, D>::zeros();
        let mut first = 0;
        for size in spaces {
            let block = match size {
                1 => of_rows(&OrthogonalGroup::<1>::full().sample(rng)),
                2 => of_rows(&OrthogonalGroup::<2>::full().sample(rng)),
                _ => of_rows(&OrthogonalGroup::<D>::full().sample(rng)),
            };
            for (i, row) in block.iter().enumerate() {
                for (j, entry) in row.iter().enumerate() {
                    within[(first + i, first + j)] = *entry;
                }
            }
            first += size;
        }
        let mut frame = SMatrix::<f64, D, D>::from_columns(&axes) * within;
        let orthogonal = |frame| {
            Orthogonal::new(frame).map_err(|error| CanonError::Numerical {
                what: "the principal axes of a cloud",
                detail: error.to_string(),
            })
        };
        let drawn = orthogonal(frame)?;
        if self.group.contains(&drawn) {
            return Ok(drawn);
        }
        frame.column_mut(D - 1).neg_mut();
        orthogonal(frame)
    }

    fn entropy(&self, cloud: &PointCloud<D>) -> Result<Option<f64>, CanonError> {
        let (_, spaces) = self.spaces(cloud);
        let signs = if self.group.is_special() { D - 1 } else { D };
        Ok((spaces.len() == D).then_some(signs as f64 * std::f64::consts::LN_2))
    }
}

fn of_rows<const C: usize>(g: &Orthogonal<C>) -> Vec<Vec<f64>> {
    g.matrix()
        .row_iter()
        .map(|row| row.iter().copied().collect())
        .collect()
}
