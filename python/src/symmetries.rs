//! What canonicalizing a batch of graphs finds.

use crate::batch::solve_all;
use crate::errors::Fault;
use crate::graphs::{Builder, Edges, Integers, Nodes};
use crate::perm_group::Group;
use crate::pool::{Limits, SMALL};
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1};
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use rand::rngs::ChaCha8Rng;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use sympe_canon::graph::{ColoredGraph, GraphSymmetry, StopFlag, SymmetrySearch};
use sympe_canon::{CanonError, InversionKernel};
use sympe_data::kernel::{Kernel, Rule};
use sympe_data::key::{self, Purpose};
use sympe_data::molecule::{Hydrogens, smiles};
use sympe_groups::{Action, Group as _, Permutation, Subgroup, UnknownName};

/// A thread takes so many graphs at a time, unless they are few.
const CHUNK: usize = 64;

/// Labellings, orbits, digests and groups of a batch of graphs.
#[pyclass(frozen, module = "sympe._core")]
pub(crate) struct Symmetries {
    found: Vec<Found>,
    /// Graph `b` has the nodes `ptr[b]..ptr[b + 1]`.
    ptr: Vec<usize>,
    max_nodes: u64,
}

/// What is found of one graph.
struct Found {
    symmetry: GraphSymmetry,
    digest: [u8; 32],
    orbits: Vec<u32>,
}

impl Found {
    fn new(symmetry: GraphSymmetry) -> Self {
        Self {
            digest: symmetry.digest_bytes(),
            orbits: symmetry.group().orbit_representatives(),
            symmetry,
        }
    }

    /// Ranks of the nodes, `count` draws one after the other; `images` is for reuse. After a stop the rest is zero.
    fn draw(
        &self,
        rule: &Rule,
        count: usize,
        streams: impl Fn(u64) -> ChaCha8Rng,
        images: &mut Vec<u32>,
        stop: &StopFlag,
    ) -> Result<Vec<i64>, CanonError> {
        let (h, form, group) = (
            self.symmetry.labelling(),
            self.symmetry.form(),
            self.symmetry.group(),
        );
        let n = form.n();
        let mut ranks = vec![0; count * n];
        if n == 0 {
            return Ok(ranks);
        }
        let arranged = match rule {
            Rule::Exact(Some(order)) => Some(h.compose(&order.arrange(form, &Permutation::identity(n))?)),
            _ => None,
        };
        let h = arranged.as_ref().unwrap_or(h);
        for (k, ranks) in (0..).zip(ranks.chunks_exact_mut(n)) {
            if stop.is_stopped() {
                break;
            }
            match rule {
                Rule::Exact(_) if group.is_trivial() => write_ranks(h.images(), ranks),
                Rule::Exact(_) => {
                    images.resize(n, 0);
                    group.sample_into(images, &mut streams(k));
                    for (rank, &v) in (0..).zip(h.images()) {
                        ranks[images[v as usize] as usize] = rank;
                    }
                }
                // Draws for the graph, `h` times its form, have the law of `h` times draws for the form.
                Rule::Relaxed(order) => {
                    let draw = order.draw(form, &mut streams(k))?;
                    write_ranks(h.compose(&draw).images(), ranks);
                }
                Rule::Budgeted(kernel) => {
                    let draw = kernel.draw(form, &mut streams(k))?;
                    write_ranks(h.compose(&draw).images(), ranks);
                }
            }
        }
        Ok(ranks)
    }
}

/// Canonicalizes the graph and keeps what is found.
fn search(graph: &ColoredGraph, max_nodes: u64, stop: &StopFlag) -> Result<Found, Fault> {
    let mut symmetry = GraphSymmetry::default();
    SymmetrySearch { budget: max_nodes }.run_into_until(graph, &mut symmetry, stop)?;
    Ok(Found::new(symmetry))
}

/// Graphs that a thread takes at once: few graphs may be large ones.
fn chunk(count: usize) -> usize {
    (count / 64).clamp(1, CHUNK)
}

impl Symmetries {
    fn new(found: Vec<Found>, max_nodes: u64) -> Self {
        let mut ptr = Vec::with_capacity(found.len() + 1);
        ptr.push(0);
        let mut end = 0;
        for found in &found {
            end += found.orbits.len();
            ptr.push(end);
        }
        Self {
            found,
            ptr,
            max_nodes,
        }
    }

    fn n(&self) -> usize {
        self.ptr[self.found.len()]
    }

    fn at(&self, graph: usize) -> PyResult<&Found> {
        self.found.get(graph).ok_or_else(|| {
            PyIndexError::new_err(format!(
                "there is no graph {graph} in a batch of {}",
                self.found.len()
            ))
        })
    }

    /// One value per node, from those of each graph.
    fn per_node<'py>(
        &self,
        py: Python<'py>,
        of: impl Fn(&Found, usize, &mut Vec<i64>),
    ) -> Bound<'py, PyArray1<i64>> {
        let mut all = Vec::with_capacity(self.n());
        for (found, &start) in self.found.iter().zip(&self.ptr) {
            of(found, start, &mut all);
        }
        all.into_pyarray(py)
    }
}

#[pymethods]
impl Symmetries {
    fn __len__(&self) -> usize {
        self.found.len()
    }

    fn ptr<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let ptr: Vec<i64> = self.ptr.iter().map(|&start| start as i64).collect();
        ptr.into_pyarray(py)
    }

    fn labelling<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.per_node(py, |found, start, all| {
            let images = found.symmetry.labelling().images();
            all.extend(images.iter().map(|&v| start as i64 + i64::from(v)));
        })
    }

    fn orbits<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.per_node(py, |found, start, all| {
            all.extend(found.orbits.iter().map(|&v| start as i64 + i64::from(v)));
        })
    }

    fn canonical_node_color<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.per_node(py, |found, _, all| {
            let colors = found.symmetry.form().node_colors();
            all.extend(colors.iter().map(|&color| i64::from(color)));
        })
    }

    /// Sources, targets and colours of all canonical forms, undirected edges in both directions.
    fn canonical_edges<'py>(
        &self,
        py: Python<'py>,
    ) -> (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray1<i64>>) {
        let (mut sources, mut targets, mut colors) = (Vec::new(), Vec::new(), Vec::new());
        for (found, &start) in self.found.iter().zip(&self.ptr) {
            let form = found.symmetry.form();
            for u in 0..form.n() as u32 {
                for (&v, &color) in form.neighbors(u).iter().zip(form.edge_colors_of(u)) {
                    sources.push(start as i64 + i64::from(u));
                    targets.push(start as i64 + i64::from(v));
                    colors.push(i64::from(color));
                }
            }
        }
        let count = sources.len();
        sources.extend(targets);
        let edges = Array2::from_shape_vec((2, count), sources).expect("as many sources as targets");
        (edges.into_pyarray(py), colors.into_pyarray(py))
    }

    fn digest<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<u8>> {
        let bytes: Vec<u8> = self.found.iter().flat_map(|found| found.digest).collect();
        let digests = Array2::from_shape_vec((self.found.len(), 32), bytes).expect("32 bytes each");
        digests.into_pyarray(py)
    }

    fn order<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let orders = self.found.iter().map(|found| {
            let group = found.symmetry.group();
            match group.order_u64() {
                Some(order) => Ok(order.into_pyobject(py)?.into_any()),
                None => Ok(group.order().into_pyobject(py)?.into_any()),
            }
        });
        PyList::new(py, orders.collect::<PyResult<Vec<_>>>()?)
    }

    fn log_order<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        let orders: Vec<f64> = self
            .found
            .iter()
            .map(|found| found.symmetry.group().ln_order())
            .collect();
        orders.into_pyarray(py)
    }

    fn generators<'py>(&self, py: Python<'py>, graph: usize) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let found = self.at(graph)?;
        Ok(rows(found.orbits.len(), found.symmetry.generators()).into_pyarray(py))
    }

    fn group(&self, graph: usize) -> PyResult<Group> {
        Ok(Group(self.at(graph)?.symmetry.group().clone()))
    }

    /// The first graph of each class of isomorphism, and the class of each graph, in order of first appearance.
    fn unique<'py>(&self, py: Python<'py>) -> (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>) {
        let (first, inverse) = py.detach(|| {
            let mut classes: HashMap<&[u8; 32], i64> = HashMap::new();
            let (mut first, mut inverse) = (Vec::new(), Vec::with_capacity(self.found.len()));
            for (i, found) in (0..).zip(&self.found) {
                inverse.push(match classes.entry(&found.digest) {
                    Entry::Occupied(class) => *class.get(),
                    Entry::Vacant(class) => {
                        first.push(i);
                        *class.insert(first.len() as i64 - 1)
                    }
                });
            }
            (first, inverse)
        });
        (first.into_pyarray(py), inverse.into_pyarray(py))
    }

    /// Ranks of all nodes in `count` draws from the kernel of this name. Draw `k` of graph `b` depends on `(seed, k, b)` alone.
    fn sample<'py>(
        &self,
        py: Python<'py>,
        count: usize,
        seed: u64,
        kernel: &str,
        threads: Option<usize>,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let kernel: Kernel = kernel
            .parse()
            .map_err(|error: UnknownName| PyValueError::new_err(error.to_string()))?;
        let (rule, n) = (kernel.rule(), self.n());
        let size = entries(count, n).ok_or_else(|| {
            PyValueError::new_err(format!("n is {count}, which are too many draws of {n} nodes"))
        })?;
        let limits = Limits::new(threads, timeout)?;
        let draw_all = |stop: &StopFlag| {
            let draw = |images: &mut Vec<u32>, b: usize| {
                let streams = |k| stream(seed, k, b as u64);
                Ok(self.found[b].draw(&rule, count, streams, images, stop)?)
            };
            solve_all(self.found.len(), chunk(self.found.len()), stop, Vec::new, draw)
        };
        // Arranging nodes takes up to the square of their number.
        let work = match rule {
            Rule::Exact(None) => size,
            _ => size.saturating_mul(n),
        };
        let drawn = match work <= SMALL {
            true => py.detach(|| draw_all(&StopFlag::default())),
            false => limits.run(py, draw_all)?,
        };
        let drawn = drawn.map_err(|(b, fault)| fault.into_exception("graph", b))?;
        let mut ranks = vec![0; size];
        for (drawn, place) in drawn.iter().zip(self.ptr.windows(2)) {
            let len = place[1] - place[0];
            for (k, row) in drawn.chunks_exact(len.max(1)).enumerate() {
                ranks[k * n + place[0]..][..len].copy_from_slice(row);
            }
        }
        let ranks = Array2::from_shape_vec((count, n), ranks).expect("one rank per draw and node");
        Ok(ranks.into_pyarray(py))
    }

    /// What [`restore`] takes.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let forms = || self.found.iter().map(|found| found.symmetry.form());
        let sizes: Vec<u32> = forms().map(|form| form.n() as u32).collect();
        let directed: Vec<bool> = forms().map(ColoredGraph::is_directed).collect();
        let counts: Vec<u64> = forms().map(|form| form.edge_count() as u64).collect();
        let colors: Vec<u32> = forms()
            .flat_map(|form| form.node_colors().iter().copied())
            .collect();
        let edges: Vec<u32> = forms()
            .flat_map(|form| form.edges().flat_map(|(u, v, color)| [u, v, color]))
            .collect();
        let labelling: Vec<u32> = self
            .found
            .iter()
            .flat_map(|found| found.symmetry.labelling().images().iter().copied())
            .collect();
        (
            self.max_nodes,
            sizes.into_pyarray(py),
            directed.into_pyarray(py),
            counts.into_pyarray(py),
            colors.into_pyarray(py),
            edges.into_pyarray(py),
            labelling.into_pyarray(py),
        )
            .into_pyobject(py)
    }
}

/// Permutations as rows.
pub(crate) fn rows(n: usize, permutations: &[Permutation]) -> Array2<i64> {
    let images = permutations.iter().flat_map(|g| g.images());
    let images = images.map(|&v| i64::from(v)).collect();
    Array2::from_shape_vec((permutations.len(), n), images).expect("permutations of n points")
}

/// The random stream of draw `k` of item `b`.
pub(crate) fn stream(seed: u64, k: u64, b: u64) -> ChaCha8Rng {
    key::stream(seed, k, b, Purpose::Foreign)
}

/// The number of entries of `count` draws of so many numbers each, if an array can hold them.
pub(crate) fn entries(count: usize, each: usize) -> Option<usize> {
    let size = each.checked_mul(count)?;
    (size <= isize::MAX as usize / size_of::<i64>()).then_some(size)
}

/// Writes the rank of each node: `nodes` are those of ranks 0, 1, ….
fn write_ranks(nodes: &[u32], ranks: &mut [i64]) {
    for (rank, &v) in (0..).zip(nodes) {
        ranks[v as usize] = rank;
    }
}

/// Canonicalizes graphs that are given as arrays: ends `[E]` and `[E]` of edges, the graph of each node `[N]`, colours.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "called from Python, by position in one place"
)]
pub(crate) fn canonicalize_arrays(
    py: Python<'_>,
    sources: Integers<'_>,
    targets: Integers<'_>,
    batch: Integers<'_>,
    num_graphs: Option<usize>,
    node_color: Option<Integers<'_>>,
    edge_color: Option<Integers<'_>>,
    directed: bool,
    threads: Option<usize>,
    max_nodes: u64,
    timeout: Option<f64>,
) -> PyResult<Symmetries> {
    let limits = Limits::new(threads, timeout)?;
    for (name, got, want) in [
        ("targets", targets.len(), sources.len()),
        (
            "node_color",
            node_color.as_ref().map_or(batch.len(), Integers::len),
            batch.len(),
        ),
        (
            "edge_color",
            edge_color.as_ref().map_or(sources.len(), Integers::len),
            sources.len(),
        ),
    ] {
        if got != want {
            return Err(PyValueError::new_err(format!(
                "{name} has {got} entries, expected {want}"
            )));
        }
    }
    if u32::try_from(batch.len()).is_err() || u32::try_from(sources.len()).is_err() {
        return Err(PyValueError::new_err(format!(
            "the batch has {} nodes and {} edges, expected less than 2^32 of both",
            batch.len(),
            sources.len()
        )));
    }
    if num_graphs.is_some_and(|count| u32::try_from(count).is_err()) {
        return Err(PyValueError::new_err(
            "num_graphs is too large, expected less than 2^32",
        ));
    }
    let ends = [sources.view(), targets.view()];
    let batch = batch.view();
    let node_color = node_color.as_ref().map(Integers::view);
    let edge_color = edge_color.as_ref().map(Integers::view);
    let found = limits.search(py, batch.len() + sources.len(), max_nodes, |stop, max_nodes| {
        let whole = |text| (usize::MAX, Fault::Value(text));
        let nodes = Nodes::new(batch, num_graphs).map_err(whole)?;
        let edges = Edges::new(ends, edge_color, batch, &nodes).map_err(whole)?;
        solve_all(
            nodes.count(),
            chunk(nodes.count()),
            stop,
            Builder::default,
            |builder, b| {
                let graph = builder.graph(b, &nodes, &edges, node_color, directed)?;
                search(&graph, max_nodes, stop)
            },
        )
    })?;
    found
        .map(|found| Symmetries::new(found, max_nodes))
        .map_err(|(b, fault)| fault.into_exception("graph", b))
}

/// Canonicalizes molecules that are given as SMILES.
#[pyfunction]
pub(crate) fn canonicalize_smiles(
    py: Python<'_>,
    molecules: Vec<String>,
    hydrogens: bool,
    threads: Option<usize>,
    max_nodes: u64,
    timeout: Option<f64>,
) -> PyResult<Symmetries> {
    let hydrogens = match hydrogens {
        true => Hydrogens::Explicit,
        false => Hydrogens::Omitted,
    };
    let size = molecules.iter().map(String::len).sum();
    let found = Limits::new(threads, timeout)?.search(py, size, max_nodes, |stop, max_nodes| {
        solve_all(
            molecules.len(),
            chunk(molecules.len()),
            stop,
            || (),
            |(), i| {
                let molecule = smiles::parse(&molecules[i], i + 1).map_err(|error| {
                    let text = error.to_string();
                    let line = format!("line {}: ", i + 1);
                    let text = text.strip_prefix(&line).unwrap_or(&text);
                    Fault::Value(format!("molecule {i}: {text}"))
                })?;
                search(&molecule.normal_graph(hydrogens), max_nodes, stop)
            },
        )
    })?;
    found
        .map(|found| Symmetries::new(found, max_nodes))
        .map_err(|(i, fault)| fault.into_exception("molecule", i))
}

/// Makes [`Symmetries`] from their state, by the same search of the same graphs.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "called by pickle")]
pub(crate) fn restore(
    py: Python<'_>,
    max_nodes: u64,
    sizes: PyReadonlyArray1<'_, u32>,
    directed: PyReadonlyArray1<'_, bool>,
    counts: PyReadonlyArray1<'_, u64>,
    colors: PyReadonlyArray1<'_, u32>,
    edges: PyReadonlyArray1<'_, u32>,
    labelling: PyReadonlyArray1<'_, u32>,
) -> PyResult<Symmetries> {
    let damaged = || PyValueError::new_err("the pickled symmetries are damaged");
    let (mut colors, mut labelling) = (colors.as_slice()?, labelling.as_slice()?);
    let mut edges = edges.as_slice()?;
    let mut graphs = Vec::new();
    let (sizes, directed, counts) = (sizes.as_slice()?, directed.as_slice()?, counts.as_slice()?);
    if sizes.len() != directed.len() || sizes.len() != counts.len() {
        return Err(damaged());
    }
    for ((&n, &directed), &count) in sizes.iter().zip(directed).zip(counts) {
        let (n, count) = (n as usize, count as usize);
        let own_colors = colors.split_off(..n).ok_or_else(damaged)?;
        let order = labelling.split_off(..n).ok_or_else(damaged)?;
        let own_edges = count
            .checked_mul(3)
            .and_then(|count| edges.split_off(..count))
            .ok_or_else(damaged)?;
        let own_edges = own_edges.chunks_exact(3).map(|edge| (edge[0], edge[1], edge[2]));
        let form = ColoredGraph::from_colored_edges(n, directed, own_edges)
            .and_then(|form| form.with_node_colors(own_colors.to_vec()))
            .map_err(|_| damaged())?;
        let h = Permutation::from_images(order.to_vec()).map_err(|_| damaged())?;
        graphs.push(h.act(&form));
    }
    let found = Limits::new(None, None)?.run(py, |stop| {
        let graphs = &graphs;
        solve_all(
            graphs.len(),
            chunk(graphs.len()),
            stop,
            || (),
            |(), b| search(&graphs[b], max_nodes, stop),
        )
    })?;
    found
        .map(|found| Symmetries::new(found, max_nodes))
        .map_err(|(b, fault)| fault.into_exception("graph", b))
}
