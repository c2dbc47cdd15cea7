//! Fields on tori.

use crate::batch::solve_all;
use crate::errors::Fault;
use crate::pool::Limits;
use crate::symmetries::{entries, stream};
use numpy::ndarray::{Array2, Array3};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArray3, PyReadonlyArray3};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use sympe_canon::Canonicalized;
use sympe_canon::lattice::{LatticeField, LatticeSubgroup, LatticeSymmetry};
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
use sympe_groups::{FiniteSubgroup, Group, PermutationRep, UnionFind};

/// What is found of a batch of fields.
#[pyclass(frozen, module = "sympe._core")]
pub(crate) struct Fields {
    found: Vec<Canonicalized<LatticeSubgroup>>,
    shape: [u32; 2],
}

/// The site that an element takes to each, sites numbered row by row.
fn sources(g: &LatticeElement) -> Vec<u32> {
    let mut sources = vec![0; g.degree()];
    g.write_index(&mut sources);
    sources
}

impl Fields {
    fn sites(&self) -> usize {
        self.shape[0] as usize * self.shape[1] as usize
    }
}

#[pymethods]
impl Fields {
    /// The site at each canonical place, `[B, sites]`, and whether spins are flipped, `[B]`.
    fn labelling<'py>(&self, py: Python<'py>) -> (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray1<bool>>) {
        let elements = self.found.iter().map(|found| &found.element);
        let sites = elements
            .clone()
            .flat_map(|h| sources(&h.inverse()).into_iter().map(i64::from));
        let sites = Array2::from_shape_vec((self.found.len(), self.sites()), sites.collect());
        let flips: Vec<bool> = elements.map(|h| h.flip).collect();
        (
            sites.expect("each site once").into_pyarray(py),
            flips.into_pyarray(py),
        )
    }

    /// The least site of the orbit of each, `[B, sites]`.
    fn orbits<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<i64>> {
        let mut all = Vec::with_capacity(self.found.len() * self.sites());
        for found in &self.found {
            let mut sets = UnionFind::new(self.sites());
            for g in found.stabilizer.generators() {
                for (site, source) in (0..).zip(sources(g)) {
                    sets.join(site, source);
                }
            }
            all.extend(sets.into_representatives().into_iter().map(i64::from));
        }
        let all = Array2::from_shape_vec((self.found.len(), self.sites()), all);
        all.expect("each site once").into_pyarray(py)
    }

    fn order(&self) -> Vec<u64> {
        self.found.iter().map(|found| found.stabilizer.order()).collect()
    }

    /// Ranks of sites in draws, `[count, B, sites]`, and whether spins are flipped, `[count, B]`.
    #[expect(clippy::type_complexity, reason = "a pair of arrays")]
    fn sample<'py>(
        &self,
        py: Python<'py>,
        count: usize,
        seed: u64,
    ) -> PyResult<(Bound<'py, PyArray3<i64>>, Bound<'py, PyArray2<bool>>)> {
        let (b, sites) = (self.found.len(), self.sites());
        let size = entries(count, b * sites)
            .ok_or_else(|| PyValueError::new_err(format!("n is {count}, which are too many draws")))?;
        let (ranks, flips) = py.detach(|| {
            let (mut ranks, mut flips) = (vec![0; size], Vec::with_capacity(count * b));
            let mut rows = ranks.chunks_exact_mut(sites);
            for k in 0..count as u64 {
                for (i, (found, row)) in (0..).zip(self.found.iter().zip(&mut rows)) {
                    let g = found.sample(&mut stream(seed, k, i));
                    for (rank, place) in row.iter_mut().zip(sources(&g)) {
                        *rank = i64::from(place);
                    }
                    flips.push(g.flip);
                }
            }
            (ranks, flips)
        });
        let ranks = Array3::from_shape_vec((count, b, sites), ranks).expect("each site once");
        let flips = Array2::from_shape_vec((count, b), flips).expect("one flip per draw");
        Ok((ranks.into_pyarray(py), flips.into_pyarray(py)))
    }
}

/// Canonicalizes fields, `[B, channels, sites]`.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "called from Python, by position in one place"
)]
pub(crate) fn canonicalize_fields(
    py: Python<'_>,
    fields: PyReadonlyArray3<'_, i64>,
    rows: u32,
    columns: u32,
    group: &str,
    odd: Vec<bool>,
    spin_flip: bool,
    threads: Option<usize>,
    timeout: Option<f64>,
) -> PyResult<Fields> {
    let text = |error: sympe_groups::GroupError| PyValueError::new_err(error.to_string());
    let wallpaper: Wallpaper = group.parse().map_err(text)?;
    let mut group = LatticeGroup::new(wallpaper, rows, columns).map_err(text)?;
    if spin_flip {
        group = group.with_spin_flip();
    }
    let symmetry = LatticeSymmetry::new(group);
    let fields = fields.as_array();
    let found = Limits::new(threads, timeout)?.run(py, |stop| {
        solve_all(
            fields.shape()[0],
            1,
            stop,
            || (),
            |(), b| {
                let mut field = LatticeField::new(rows, columns);
                for (channel, &is_odd) in fields
                    .index_axis(numpy::ndarray::Axis(0), b)
                    .outer_iter()
                    .zip(&odd)
                {
                    let values = channel.to_vec();
                    field = match is_odd {
                        true => field.with_odd_sites(values)?,
                        false => field.with_sites(values)?,
                    };
                }
                Ok::<_, Fault>(symmetry.canonicalize_until(&field, stop)?)
            },
        )
    })?;
    found
        .map(|found| Fields {
            found,
            shape: [rows, columns],
        })
        .map_err(|(b, fault)| fault.into_exception("field", b))
}
