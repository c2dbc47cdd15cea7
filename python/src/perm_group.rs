//! Permutation groups.

use crate::errors::BudgetExhausted;
use crate::symmetries::{entries, rows, stream};
use num_bigint::BigUint;
use numpy::ndarray::{Array2, ArrayView2};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use sympe_canon::CanonError;
use sympe_canon::align::GroupAssignment;
use sympe_groups::{OrthogonalGroup, PermGroup, Permutation, Subgroup};

/// A permutation group.
#[pyclass(frozen, name = "Group", module = "sympe._core")]
pub(crate) struct Group(pub(crate) PermGroup);

/// A permutation from its images.
fn permutation(images: impl Iterator<Item = i64>) -> Result<Permutation, String> {
    let images: Vec<i64> = images.collect();
    let n = images.len();
    let small = images
        .iter()
        .map(|&v| u32::try_from(v).map_err(|_| v))
        .collect::<Result<Vec<u32>, i64>>()
        .map_err(|v| {
            format!(
                "has the image {v}, expected each of 0 to {} once",
                n.saturating_sub(1)
            )
        })?;
    Permutation::from_images(small).map_err(|error| error.to_string())
}

#[pymethods]
impl Group {
    #[new]
    fn new(py: Python<'_>, degree: usize, generators: PyReadonlyArray2<'_, i64>) -> PyResult<Self> {
        let generators = generators.as_array();
        py.detach(|| {
            let generators = generators.outer_iter().enumerate().map(|(i, row)| {
                permutation(row.iter().copied()).map_err(|text| format!("generator {i}: {text}"))
            });
            let generators = generators.collect::<Result<Vec<_>, String>>()?;
            PermGroup::new(degree, generators).map_err(|error| error.to_string())
        })
        .map(Self)
        .map_err(PyValueError::new_err)
    }

    fn degree(&self) -> usize {
        self.0.degree()
    }

    fn order(&self) -> BigUint {
        self.0.order()
    }

    fn log_order(&self) -> f64 {
        self.0.ln_order()
    }

    fn orbits<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let least: Vec<i64> = self
            .0
            .orbit_representatives()
            .into_iter()
            .map(i64::from)
            .collect();
        least.into_pyarray(py)
    }

    fn generators<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<i64>> {
        rows(self.0.degree(), self.0.generators()).into_pyarray(py)
    }

    fn contains(&self, images: PyReadonlyArray1<'_, i64>) -> PyResult<bool> {
        let g = permutation(images.as_array().iter().copied())
            .map_err(|text| PyValueError::new_err(format!("the permutation {text}")))?;
        Ok(self.0.contains(&g))
    }

    /// Uniform elements, `[count, degree]`; element `k` depends on `(seed, k)` alone.
    fn sample<'py>(&self, py: Python<'py>, count: usize, seed: u64) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let n = self.0.degree();
        let size = entries(count, n).ok_or_else(|| {
            PyValueError::new_err(format!("n is {count}, which are too many draws of {n} points"))
        })?;
        let drawn = py.detach(|| {
            let (mut all, mut images) = (Vec::with_capacity(size), vec![0; n]);
            for k in 0..count as u64 {
                self.0.sample_into(&mut images, &mut stream(seed, k, 0));
                all.extend(images.iter().map(|&v| i64::from(v)));
            }
            all
        });
        let drawn = Array2::from_shape_vec((count, n), drawn).expect("one image per draw and point");
        Ok(drawn.into_pyarray(py))
    }

    /// How the points of `a` go to those of `b`, `[degree, 3]` each, with the least root mean square distance: where they are, or
    /// moved by a rotation and a translation, and if wanted a reflection.
    #[expect(clippy::type_complexity, reason = "the parts of one Python object")]
    fn align<'py>(
        &self,
        py: Python<'py>,
        a: PyReadonlyArray2<'_, f64>,
        b: PyReadonlyArray2<'_, f64>,
        superpose: bool,
        reflect: bool,
        max_steps: Option<u64>,
    ) -> PyResult<(
        f64,
        Bound<'py, PyArray1<i64>>,
        Option<(Bound<'py, PyArray2<f64>>, Bound<'py, PyArray1<f64>>)>,
    )> {
        let (a, b) = (places(a.as_array()), places(b.as_array()));
        let found = py.detach(|| {
            let mut assignment = GroupAssignment::new(&self.0);
            if let Some(steps) = max_steps {
                assignment = assignment.with_budget(steps);
            }
            let motions = match reflect {
                true => OrthogonalGroup::full(),
                false => OrthogonalGroup::special(),
            };
            Ok(match superpose {
                true => {
                    let found = assignment.superpose(&a, &b, motions)?;
                    (found.rmsd, found.permutation, Some(found.motion))
                }
                false => {
                    let found = assignment.least_squares(&a, &b)?;
                    (found.loss, found.element, None)
                }
            })
        });
        let (rmsd, permutation, motion) = found.map_err(|error: CanonError| match error {
            CanonError::Undecided { .. } => BudgetExhausted::new_err(error.to_string()),
            error => PyValueError::new_err(error.to_string()),
        })?;
        let images: Vec<i64> = permutation.images().iter().map(|&v| i64::from(v)).collect();
        let motion = motion.map(|motion| {
            let matrix = motion.orthogonal().matrix();
            let rotation = Array2::from_shape_fn((3, 3), |place| matrix[place]);
            let translation = motion.translation().iter().copied().collect::<Vec<_>>();
            (rotation.into_pyarray(py), translation.into_pyarray(py))
        });
        Ok((rmsd, images.into_pyarray(py), motion))
    }
}

/// Places in space, one per row.
fn places(rows: ArrayView2<'_, f64>) -> Vec<[f64; 3]> {
    rows.outer_iter().map(|row| [row[0], row[1], row[2]]).collect()
}
