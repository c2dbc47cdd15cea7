//! Random graphs of the experiments as data sets: item `i` is drawn from its own stream, so it depends on the seed and `i`
//! only. Drawing costs O(n²), for trees and triangulations O(n log n).
//!
//! Erdős–Rényi graphs have few symmetries or none. [`Tree`]s have equal leaves, [`Cograph`]s twins at every level, and the spectrum of
//! [`Regular`] graphs says little of them.

use crate::dataset::item_stream;
use crate::{DataError, Dataset};
use delaunator::{Point, triangulate};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use std::collections::{BTreeSet, HashSet};
use std::ops::RangeInclusive;
use sympe_canon::graph::ColoredGraph;

/// A graph of the pairs `u < v` of `0..n` that `keep` keeps; it is asked in the order of rows.
pub(crate) fn from_pairs(n: u32, mut keep: impl FnMut(u32, u32) -> bool) -> ColoredGraph {
    let mut edges = Vec::new();
    for u in 0..n {
        for v in u + 1..n {
            if keep(u, v) {
                edges.push((u, v));
            }
        }
    }
    ColoredGraph::from_edges(n as usize, false, edges).expect("distinct pairs of vertices below n")
}

/// Refuses a number of vertices below `least`.
fn check_vertices(n: u32, least: u32, expected: &'static str) -> Result<(), DataError> {
    if n >= least {
        return Ok(());
    }
    Err(DataError::invalid("number of vertices", n, expected))
}

/// Refuses an empty range of sizes, and one that starts below `least`.
fn check_sizes(sizes: &RangeInclusive<u32>, least: u32, expected: &'static str) -> Result<(), DataError> {
    if sizes.is_empty() {
        let got = format!("{sizes:?}");
        return Err(DataError::invalid("range of sizes", got, "at least one size"));
    }
    check_vertices(*sizes.start(), least, expected)
}

/// The size of item `index` where all sizes come in turn.
fn size_of(sizes: &RangeInclusive<u32>, index: usize) -> u32 {
    let count = u64::from(sizes.end() - sizes.start()) + 1;
    sizes.start() + (index as u64 % count) as u32
}

/// Erdős–Rényi graphs `G(n, p)`, the sizes in turn, so that each occurs equally often. Item `i` depends on the seed and
/// `i` only.
///
/// ```
/// use sympe_data::{Dataset, random_graphs::ErdosRenyi};
/// let graphs = ErdosRenyi::new(100, 7..=16, 0.25, 1)?;
/// assert_eq!(graphs.get(0)?.n(), 7);
/// assert_eq!(graphs.get(13)?.n(), 10);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ErdosRenyi {
    count: usize,
    sizes: RangeInclusive<u32>,
    p: f64,
    seed: u64,
}

impl ErdosRenyi {
    /// `count` graphs with the given sizes and edge probability.
    ///
    /// # Errors
    ///
    /// When `p` is not a probability or `sizes` is empty.
    pub fn new(count: usize, sizes: RangeInclusive<u32>, p: f64, seed: u64) -> Result<Self, DataError> {
        if !(0.0..=1.0).contains(&p) {
            return Err(DataError::invalid(
                "edge probability",
                p,
                "a number between 0 and 1",
            ));
        }
        check_sizes(&sizes, 0, "at least 0")?;
        Ok(Self {
            count,
            sizes,
            p,
            seed,
        })
    }
}

impl Dataset for ErdosRenyi {
    type Item = ColoredGraph;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<ColoredGraph, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let n = size_of(&self.sizes, index);
        Ok(from_pairs(n, |_, _| rng.random::<f64>() < self.p))
    }
}

/// Two communities of 6 to 10 nodes: `G(c, 0.7)` inside, each cross pair with probability 0.01, and at least one cross
/// edge.
///
/// Inner graphs are fresh for every item. In the published set they came from fixed seeds, so that most test graphs were
/// also training graphs; this one is a test of generalisation.
///
/// ```
/// use sympe_data::{Dataset, random_graphs::Community};
/// let graphs = Community::new(500, 1);
/// assert!((12..=20).contains(&graphs.get(3)?.n()));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Community {
    count: usize,
    seed: u64,
}

impl Community {
    /// `count` graphs.
    #[must_use]
    pub fn new(count: usize, seed: u64) -> Self {
        Self { count, seed }
    }
}

impl Dataset for Community {
    type Item = ColoredGraph;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<ColoredGraph, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let rng: &mut dyn Rng = &mut rng;
        let (first, second) = (rng.random_range(6..=10u32), rng.random_range(6..=10u32));
        // Drawn in any case, so that the stream does not depend on whether it is needed.
        let bridge = (rng.random_range(0..first), first + rng.random_range(0..second));
        let mut crossing = 0;
        let n = first + second;
        let mut chosen = vec![false; (n * n) as usize];
        for u in 0..n {
            for v in u + 1..n {
                let across = (u < first) != (v < first);
                let keep = rng.random::<f64>() < if across { 0.01 } else { 0.7 };
                chosen[(u * n + v) as usize] = keep;
                crossing += u32::from(keep && across);
            }
        }
        if crossing == 0 {
            chosen[(bridge.0 * n + bridge.1) as usize] = true;
        }
        Ok(from_pairs(n, |u, v| chosen[(u * n + v) as usize]))
    }
}

/// Planar graphs: Delaunay triangulations of points drawn uniformly in the unit square, 64 in the published set (Martinkus
/// et al., *SPECTRE*, 2022).
///
/// ```
/// use sympe_data::{Dataset, graph_metrics::is_connected_planar, random_graphs::Planar};
/// let graphs = Planar::new(128, 64, 1)?;
/// assert!(is_connected_planar(&graphs.get(5)?)?);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Planar {
    count: usize,
    n: u32,
    seed: u64,
}

impl Planar {
    /// `count` graphs of `n` vertices.
    ///
    /// # Errors
    ///
    /// When `n` is less than 3: no triangle.
    pub fn new(count: usize, n: u32, seed: u64) -> Result<Self, DataError> {
        check_vertices(n, 3, "at least 3")?;
        Ok(Self { count, n, seed })
    }
}

impl Dataset for Planar {
    type Item = ColoredGraph;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<ColoredGraph, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let points: Vec<Point> = (0..self.n)
            .map(|_| Point {
                x: rng.random(),
                y: rng.random(),
            })
            .collect();
        let mut edges = HashSet::new();
        for triangle in triangulate(&points).triangles.chunks_exact(3) {
            for (&u, &v) in triangle.iter().zip(triangle.iter().cycle().skip(1)) {
                edges.insert((u.min(v) as u32, u.max(v) as u32));
            }
        }
        Ok(ColoredGraph::from_edges(self.n as usize, false, edges).expect("distinct pairs of points"))
    }
}

/// Stochastic block models: 2 to 5 communities of 20 to 40 vertices, pairs within one adjacent with probability 0.3, others
/// with 0.005 (Martinkus et al., *SPECTRE*, 2022). Like the published set, a few are not connected.
///
/// ```
/// use sympe_data::{Dataset, random_graphs::StochasticBlockModel};
/// let graphs = StochasticBlockModel::new(128, 1);
/// assert!((40..=200).contains(&graphs.get(3)?.n()));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StochasticBlockModel {
    count: usize,
    seed: u64,
}

impl StochasticBlockModel {
    /// `count` graphs.
    #[must_use]
    pub fn new(count: usize, seed: u64) -> Self {
        Self { count, seed }
    }
}

impl Dataset for StochasticBlockModel {
    type Item = ColoredGraph;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<ColoredGraph, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let communities = rng.random_range(2..=5u32);
        let mut community_of = Vec::new();
        for community in 0..communities {
            let size = rng.random_range(20..=40u32);
            community_of.extend((0..size).map(|_| community));
        }
        Ok(from_pairs(community_of.len() as u32, |u, v| {
            let together = community_of[u as usize] == community_of[v as usize];
            rng.random::<f64>() < if together { 0.3 } else { 0.005 }
        }))
    }
}

/// Trees drawn uniformly from all labelled trees, of 64 vertices in the published set (Bergmeister et al., *Efficient and
/// scalable graph generation through iterative local expansion*, 2024).
///
/// ```
/// use sympe_data::{Dataset, graph_metrics::is_tree, random_graphs::Tree};
/// let graphs = Tree::new(128, 64, 1)?;
/// assert!(is_tree(&graphs.get(5)?)?);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    count: usize,
    sizes: RangeInclusive<u32>,
    seed: u64,
}

impl Tree {
    /// `count` trees of `n` vertices.
    ///
    /// # Errors
    ///
    /// When `n` is 0.
    pub fn new(count: usize, n: u32, seed: u64) -> Result<Self, DataError> {
        Self::of_sizes(count, n..=n, seed)
    }

    /// `count` trees of these sizes in turn.
    ///
    /// ```
    /// use sympe_data::{Dataset, random_graphs::Tree};
    /// let graphs = Tree::of_sizes(100, 7..=16, 1)?;
    /// assert_eq!((graphs.get(9)?.n(), graphs.get(10)?.n()), (16, 7));
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When `sizes` is empty or starts at 0.
    pub fn of_sizes(count: usize, sizes: RangeInclusive<u32>, seed: u64) -> Result<Self, DataError> {
        check_sizes(&sizes, 1, "at least 1")?;
        Ok(Self { count, sizes, seed })
    }
}

impl Dataset for Tree {
    type Item = ColoredGraph;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<ColoredGraph, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let n = size_of(&self.sizes, index);
        // Prüfer's bijection: sequences of n − 2 vertices are the labelled trees, a vertex of degree d occurring d − 1 times.
        let sequence: Vec<u32> = (2..n).map(|_| rng.random_range(0..n)).collect();
        let mut missing = vec![1u32; n as usize];
        sequence.iter().for_each(|&v| missing[v as usize] += 1);
        let mut leaves: BTreeSet<u32> = (0..n).filter(|&v| missing[v as usize] == 1).collect();
        let mut edges = Vec::new();
        for v in sequence {
            let leaf = leaves.pop_first().expect("a tree has leaves");
            edges.push((leaf, v));
            missing[v as usize] -= 1;
            if missing[v as usize] == 1 {
                leaves.insert(v);
            }
        }
        // Two vertices are left, or the only one there is.
        if let (Some(u), Some(v)) = (leaves.pop_first(), leaves.pop_first()) {
            edges.push((u, v));
        }
        Ok(ColoredGraph::from_edges(n as usize, false, edges).expect("a leaf joins each vertex once"))
    }
}

/// Random cographs: the vertices are cut into two parts of uniformly random sizes, which are joined by all edges or by none
/// with probability ½ each, and so on within the parts, in a random numbering.
///
/// Every cograph of two vertices or more has twins, vertices with the same other neighbours, and so has what is left when one
/// of them is deleted.
///
/// ```
/// use sympe_data::{Dataset, random_graphs::Cograph};
/// let graphs = Cograph::new(100, 7..=16, 1)?;
/// let graph = graphs.get(4)?;
/// let twins = |u: u32, v: u32| (0..11).all(|w| w == u || w == v || graph.has_edge(u, w) == graph.has_edge(v, w));
/// assert!((0..11).any(|v| (0..v).any(|u| twins(u, v))));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cograph {
    count: usize,
    sizes: RangeInclusive<u32>,
    seed: u64,
}

impl Cograph {
    /// `count` graphs of these sizes in turn.
    ///
    /// # Errors
    ///
    /// When `sizes` is empty or starts at 0.
    pub fn new(count: usize, sizes: RangeInclusive<u32>, seed: u64) -> Result<Self, DataError> {
        check_sizes(&sizes, 1, "at least 1")?;
        Ok(Self { count, sizes, seed })
    }
}

impl Dataset for Cograph {
    type Item = ColoredGraph;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<ColoredGraph, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let n = size_of(&self.sizes, index);
        let mut vertices: Vec<u32> = (0..n).collect();
        vertices.shuffle(&mut rng);
        let (mut parts, mut edges) = (vec![&vertices[..]], Vec::new());
        while let Some(part) = parts.pop() {
            if part.len() < 2 {
                continue;
            }
            let (first, second) = part.split_at(rng.random_range(1..part.len()));
            if rng.random() {
                edges.extend(first.iter().flat_map(|&u| second.iter().map(move |&v| (u, v))));
            }
            parts.extend([first, second]);
        }
        Ok(ColoredGraph::from_edges(n as usize, false, edges).expect("two vertices are parted once"))
    }
}

/// Regular graphs drawn uniformly from all labelled ones: of degree 3, and of degree 4 where the number of vertices is odd.
///
/// Colour refinement tells none of their vertices apart, and connected ones have the constant vector as the only eigenvector
/// that is sure. Drawing takes about 50 times as long as the others of this size.
///
/// ```
/// use sympe_data::{Dataset, random_graphs::Regular};
/// let graphs = Regular::new(100, 7..=16, 1)?;
/// let degrees = |graph: &sympe_canon::graph::ColoredGraph| -> Vec<usize> {
///     let n = graph.n() as u32;
///     (0..n).map(|u| (0..n).filter(|&v| graph.has_edge(u, v)).count()).collect()
/// };
/// assert_eq!(degrees(&graphs.get(0)?), [4; 7]);
/// assert_eq!(degrees(&graphs.get(1)?), [3; 8]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Regular {
    count: usize,
    sizes: RangeInclusive<u32>,
    seed: u64,
}

impl Regular {
    /// `count` graphs of these sizes in turn.
    ///
    /// # Errors
    ///
    /// When `sizes` is empty or starts below 4.
    pub fn new(count: usize, sizes: RangeInclusive<u32>, seed: u64) -> Result<Self, DataError> {
        check_sizes(&sizes, 4, "at least 4")?;
        Ok(Self { count, sizes, seed })
    }
}

impl Dataset for Regular {
    type Item = ColoredGraph;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<ColoredGraph, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let n = size_of(&self.sizes, index);
        let degree = 3 + n % 2;
        let mut ends: Vec<u32> = (0..n).flat_map(|v| (0..degree).map(move |_| v)).collect();
        // The pairing model, conditioned on a simple graph: each of them comes from (degree!)ⁿ pairings.
        loop {
            ends.shuffle(&mut rng);
            let edges: HashSet<(u32, u32)> = (ends.chunks_exact(2))
                .map(|pair| (pair[0].min(pair[1]), pair[0].max(pair[1])))
                .filter(|(u, v)| u != v)
                .collect();
            if edges.len() == ends.len() / 2 {
                return Ok(ColoredGraph::from_edges(n as usize, false, edges).expect("distinct pairs"));
            }
        }
    }
}
