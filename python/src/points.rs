//! Point clouds in the plane and in space.

use crate::batch::solve_all;
use crate::errors::Fault;
use crate::graphs::{Integers, Nodes, View};
use crate::perm_group::Group;
use crate::pool::Limits;
use crate::symmetries::{entries, stream};
use numpy::ndarray::{Array2, Array3, Array4, ArrayView2};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArray3, PyArray4, PyReadonlyArray2};
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use sympe_canon::graph::StopFlag;
use sympe_canon::points::{PointCloud, PointSearch, PointSymmetry, Tolerance};
use sympe_groups::{Group as _, Orthogonal, OrthogonalGroup, Subgroup};

/// What is found of a batch of clouds.
#[pyclass(frozen, module = "sympe._core")]
pub(crate) struct Points {
    found: Found,
    ptr: Vec<usize>,
    rotations_only: bool,
}

/// By dimension.
enum Found {
    Plane(Vec<Cloud<2>>),
    Space(Vec<Cloud<3>>),
}

/// What is found of one cloud.
struct Cloud<const D: usize> {
    symmetry: PointSymmetry<D>,
    symbol: String,
    frame: Orthogonal<D>,
    orbits: Vec<u32>,
}

/// The same expression for both dimensions.
macro_rules! of_both {
    ($found:expr, $clouds:ident => $then:expr) => {
        match $found {
            Found::Plane($clouds) => $then,
            Found::Space($clouds) => $then,
        }
    };
}

/// The rows of a matrix.
fn rows<const D: usize>(matrix: &Orthogonal<D>) -> impl Iterator<Item = f64> + '_ {
    (0..D).flat_map(move |i| (0..D).map(move |j| matrix.matrix()[(i, j)]))
}

/// Group O(d), or SO(d).
fn group<const D: usize>(rotations_only: bool) -> OrthogonalGroup<D> {
    match rotations_only {
        true => OrthogonalGroup::special(),
        false => OrthogonalGroup::full(),
    }
}

impl<const D: usize> Cloud<D> {
    fn new(
        symmetry: PointSymmetry<D>,
        symbol: String,
        rotations_only: bool,
        stop: &StopFlag,
    ) -> Result<Self, Fault> {
        Ok(Self {
            frame: symmetry.frame_until(group(rotations_only), stop)?,
            orbits: symmetry.permutations().orbit_representatives(),
            symbol,
            symmetry,
        })
    }

    fn draw(&self, rotations_only: bool, rng: &mut dyn rand::Rng) -> Orthogonal<D> {
        let stabilizer = self.symmetry.stabilizer(group(rotations_only));
        stabilizer.sample(rng).compose(&self.frame)
    }
}

impl Points {
    fn dimension(&self) -> usize {
        match self.found {
            Found::Plane(_) => 2,
            Found::Space(_) => 3,
        }
    }

    fn count(&self) -> usize {
        self.ptr.len() - 1
    }
}

#[pymethods]
impl Points {
    fn __len__(&self) -> usize {
        self.count()
    }

    fn ptr<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let ptr: Vec<i64> = self.ptr.iter().map(|&start| start as i64).collect();
        ptr.into_pyarray(py)
    }

    fn symbol(&self) -> Vec<&str> {
        of_both!(&self.found, clouds => clouds.iter().map(|cloud| cloud.symbol.as_str()).collect())
    }

    fn order(&self) -> Vec<Option<u64>> {
        let of = |(all, proper)| if self.rotations_only { proper } else { all };
        of_both!(&self.found, clouds => clouds
            .iter()
            .map(|cloud| of((cloud.symmetry.order(), cloud.symmetry.proper_order())))
            .collect())
    }

    fn orbits<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let mut all = Vec::new();
        of_both!(&self.found, clouds => for (cloud, &start) in clouds.iter().zip(&self.ptr) {
            all.extend(cloud.orbits.iter().map(|&v| start as i64 + i64::from(v)));
        });
        all.into_pyarray(py)
    }

    fn residual<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        let all: Vec<f64> =
            of_both!(&self.found, clouds => clouds.iter().map(|cloud| cloud.symmetry.residual()).collect());
        all.into_pyarray(py)
    }

    fn center<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let all: Vec<f64> = of_both!(&self.found, clouds => clouds.iter().flat_map(|cloud| cloud.symmetry.center()).collect());
        let all = Array2::from_shape_vec((self.count(), self.dimension()), all);
        all.expect("a center per cloud").into_pyarray(py)
    }

    fn frame<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray3<f64>> {
        let all: Vec<f64> =
            of_both!(&self.found, clouds => clouds.iter().flat_map(|cloud| rows(&cloud.frame)).collect());
        let d = self.dimension();
        let all = Array3::from_shape_vec((self.count(), d, d), all);
        all.expect("a frame per cloud").into_pyarray(py)
    }

    fn symmetrized<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let all: Vec<f64> = of_both!(&self.found, clouds => clouds
            .iter()
            .flat_map(|cloud| cloud.symmetry.symmetrized().positions().to_vec())
            .flatten()
            .collect());
        let n = self.ptr[self.count()];
        let all = Array2::from_shape_vec((n, self.dimension()), all);
        all.expect("a place per point").into_pyarray(py)
    }

    fn group(&self, index: usize) -> PyResult<Group> {
        let group = of_both!(&self.found, clouds => clouds
            .get(index)
            .map(|cloud| Group(cloud.symmetry.permutations())));
        group.ok_or_else(|| {
            PyIndexError::new_err(format!(
                "there is no cloud {index} in a batch of {}",
                self.count()
            ))
        })
    }

    /// Frames, `[count, B, d, d]`.
    fn sample<'py>(&self, py: Python<'py>, count: usize, seed: u64) -> PyResult<Bound<'py, PyArray4<f64>>> {
        let (b, d) = (self.count(), self.dimension());
        entries(count, b * d * d)
            .ok_or_else(|| PyValueError::new_err(format!("n is {count}, which are too many draws")))?;
        let all = py.detach(|| {
            let mut all = Vec::new();
            for k in 0..count as u64 {
                of_both!(&self.found, clouds => for (i, cloud) in (0..).zip(clouds) {
                    all.extend(rows(&cloud.draw(self.rotations_only, &mut stream(seed, k, i))));
                });
            }
            all
        });
        let all = Array4::from_shape_vec((count, b, d, d), all).expect("a frame per draw and cloud");
        Ok(all.into_pyarray(py))
    }
}

/// Cloud `b` of a batch.
fn cloud<const D: usize>(
    positions: ArrayView2<'_, f64>,
    types: Option<View<'_>>,
    nodes: &Nodes,
    b: usize,
) -> Result<PointCloud<D>, Fault> {
    let range = nodes.of(b);
    let places = range
        .clone()
        .map(|i| std::array::from_fn(|axis| positions[[i, axis]]));
    let types = match types {
        None => vec![0; range.len()],
        Some(types) => {
            let types = range.map(|i| types.color(i, "types", "point"));
            types.collect::<Result<_, _>>()?
        }
    };
    Ok(PointCloud::new(places.collect(), types)?)
}

/// A batch that is searched, whatever its dimension.
struct Searched {
    limits: Limits,
    count: usize,
    rotations_only: bool,
}

impl Searched {
    /// All clouds, of which `search` gives symbol and symmetry.
    fn clouds<const D: usize>(
        &self,
        py: Python<'_>,
        search: impl Fn(usize, &StopFlag) -> Result<(String, PointSymmetry<D>), Fault> + Send + Sync,
    ) -> PyResult<Result<Vec<Cloud<D>>, (usize, Fault)>> {
        self.limits.run(py, |stop| {
            let solve = |(): &mut (), b| {
                let (symbol, symmetry) = search(b, stop)?;
                Cloud::new(symmetry, symbol, self.rotations_only, stop)
            };
            solve_all(self.count, 1, stop, || (), solve)
        })
    }
}

/// Finds the symmetries of clouds: positions `[N, d]`, types `[N]`, the cloud of each point `[N]`.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "called from Python, by position in one place"
)]
pub(crate) fn canonicalize_points(
    py: Python<'_>,
    positions: PyReadonlyArray2<'_, f64>,
    types: Option<Integers<'_>>,
    batch: Integers<'_>,
    num_clouds: Option<usize>,
    tolerance: f64,
    is_relative: bool,
    rotations_only: bool,
    threads: Option<usize>,
    timeout: Option<f64>,
) -> PyResult<Points> {
    let search = PointSearch::within(match is_relative {
        true => Tolerance::Relative(tolerance),
        false => Tolerance::Absolute(tolerance),
    });
    let positions = positions.as_array();
    let nodes = Nodes::new(batch.view(), num_clouds).map_err(PyValueError::new_err)?;
    let (nodes, types) = (&nodes, types.as_ref().map(Integers::view));
    let searched = Searched {
        limits: Limits::new(threads, timeout)?,
        count: nodes.count(),
        rotations_only,
    };
    let found = match positions.ncols() {
        2 => searched
            .clouds(py, |b, stop| {
                let symmetry = search.run_until(&cloud::<2>(positions, types, nodes, b)?, stop)?;
                Ok((symmetry.symbol().to_string(), symmetry))
            })?
            .map(Found::Plane),
        _ => searched
            .clouds(py, |b, stop| {
                let symmetry = search.run_until(&cloud::<3>(positions, types, nodes, b)?, stop)?;
                Ok((symmetry.symbol().to_string(), symmetry))
            })?
            .map(Found::Space),
    };
    Ok(Points {
        found: found.map_err(|(b, fault)| fault.into_exception("cloud", b))?,
        ptr: nodes.ptr.clone(),
        rotations_only,
    })
}
