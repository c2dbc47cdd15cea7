//! Statistics of one graph as a vector: histograms and means that do not depend on labels.
//!
//! They follow the published evaluations bin by bin, so that figures compare. Spectra cost O(n³), the others time in
//! proportion to small subgraphs.

use super::check_simple;
use super::graphlets::{ORBITS, orbit_counts};
use super::mmd::{Distance, Kernel, squared_mmd};
use super::spectrum::laplacian_counts;
use crate::DataError;
use rayon::prelude::*;
use sympe_canon::graph::ColoredGraph;

sympe_groups::named! {
    "statistic"
    /// A statistic of a graph, and the kernel that compares it, as in the evaluation of Liao et al. (*GRAN*, 2019) and
    /// Martinkus et al. (*SPECTRE*, 2022).
    ///
    /// ```
    /// use sympe_canon::graph::ColoredGraph;
    /// use sympe_data::graph_metrics::Descriptor;
    /// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
    /// assert_eq!(Descriptor::Degree.of(&path)?, [0.0, 2.0 / 3.0, 1.0 / 3.0]);
    /// assert_eq!(Descriptor::Clustering.of(&path)?[0], 1.0);
    /// assert_eq!(Descriptor::Orbits.of(&path)?[..3], [4.0 / 3.0, 2.0 / 3.0, 1.0 / 3.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub enum Descriptor {
        /// The share of vertices of each degree, from 0.
        Degree = "degree",
        /// The share of vertices with local clustering coefficient in each of 100 bins on [0, 1].
        ///
        /// The coefficient is the share of pairs of neighbours that are adjacent, 0 below two neighbours.
        Clustering = "clustering",
        /// The share of eigenvalues of the normalized Laplacian in each of 200 bins on [−10⁻⁵, 2].
        ///
        /// The Laplacian is `I − D^(−½) A D^(−½)`, with a row of zeros for an isolated vertex. O(n³).
        Spectrum = "spectrum",
        /// The mean over vertices of each count of [`orbit_counts`].
        Orbits = "orbits",
    }
}

impl Descriptor {
    /// The statistic of a graph; empty or zeros for a graph without vertices. Colours are ignored.
    ///
    /// # Errors
    ///
    /// When the graph is directed or has self-loops.
    pub fn of(self, graph: &ColoredGraph) -> Result<Vec<f64>, DataError> {
        check_simple(graph)?;
        let vertices = 0..graph.n() as u32;
        Ok(match self {
            Self::Degree => {
                let mut counts = Vec::new();
                for degree in vertices.map(|v| graph.degree(v)) {
                    if counts.len() <= degree {
                        counts.resize(degree + 1, 0);
                    }
                    counts[degree] += 1;
                }
                shares(&counts)
            }
            Self::Clustering => shares(&histogram(vertices.map(|v| clustering(graph, v)), 100, 0.0, 1.0)),
            Self::Spectrum => shares(&spectrum(graph, 200, -1e-5, 2.0)),
            Self::Orbits => {
                let counts = orbit_counts(graph)?;
                let mean = |orbit| {
                    let total: u64 = counts.iter().map(|of_vertex| of_vertex[orbit]).sum();
                    total as f64 / counts.len().max(1) as f64
                };
                (0..ORBITS).map(mean).collect()
            }
        })
    }

    /// The kernel of the published comparisons: σ = 1, for clustering 0.1, for orbits 30. Under
    /// [`Distance::EarthMover`], bins of the clustering histogram are 0.01 apart, others 1, and orbit counts, which are no
    /// distribution, have the Euclidean distance.
    #[must_use]
    pub fn kernel(self, distance: Distance) -> Kernel {
        let (sigma, spacing) = match self {
            Self::Degree | Self::Spectrum => (1.0, 1.0),
            Self::Clustering => (0.1, 0.01),
            Self::Orbits => (30.0, 1.0),
        };
        let distance = match (self, distance) {
            (Self::Orbits, Distance::EarthMover) => Distance::Euclidean,
            (_, distance) => distance,
        };
        Kernel {
            distance,
            sigma,
            spacing,
        }
    }
}

/// The squared maximum mean discrepancy of a statistic between reference and generated graphs, with the published
/// [`kernel`](Descriptor::kernel). Statistics are computed in all threads.
///
/// # Errors
///
/// When there is nothing to compare, or a graph is directed or has self-loops.
pub fn compare(
    descriptor: Descriptor,
    reference: &[ColoredGraph],
    generated: &[ColoredGraph],
    distance: Distance,
) -> Result<f64, DataError> {
    let describe = |graphs: &[ColoredGraph]| {
        let vectors = graphs.par_iter().map(|graph| descriptor.of(graph));
        vectors.collect::<Result<Vec<_>, _>>()
    };
    squared_mmd(
        &describe(reference)?,
        &describe(generated)?,
        descriptor.kernel(distance),
    )
}

fn shares(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|&count| count as f64 / total).collect()
}

/// The local clustering coefficient.
fn clustering(graph: &ColoredGraph, v: u32) -> f64 {
    let neighbors = graph.neighbors(v);
    let pairs = neighbors.len() * neighbors.len().saturating_sub(1) / 2;
    if pairs == 0 {
        return 0.0;
    }
    let adjacent = |&u: &u32| {
        neighbors
            .iter()
            .filter(|&&w| u < w && graph.has_edge(u, w))
            .count()
    };
    let closed: usize = neighbors.iter().map(adjacent).sum();
    closed as f64 / pairs as f64
}

/// How many eigenvalues of the normalized Laplacian lie in each bin. They lie in [0, 2]: rounding must not drop the 2 of a bipartite
/// graph, so the first and the last bin have all that is beyond.
fn spectrum(graph: &ColoredGraph, bins: usize, low: f64, high: f64) -> Vec<u64> {
    let ends: Vec<f64> = (1..bins).map(|bin| end(bin, bins, low, high)).collect();
    let below = laplacian_counts(graph, &ends);
    let (firsts, lasts) = (
        [&[0], &below[..]].concat(),
        [&below[..], &[graph.n() as u64]].concat(),
    );
    // Rounding may not make a bin less than empty.
    lasts
        .iter()
        .zip(firsts)
        .map(|(last, first)| last.saturating_sub(first))
        .collect()
}

/// Counts in bins of equal width, each without its upper end but the last; values outside are dropped. The ends are those
/// of `numpy.histogram`, so that values on an end fall into the same bin.
fn histogram(values: impl IntoIterator<Item = f64>, bins: usize, low: f64, high: f64) -> Vec<u64> {
    let step = (high - low) / bins as f64;
    let end = |bin| end(bin, bins, low, high);
    let mut counts = vec![0; bins];
    for value in values {
        if !(low..=high).contains(&value) {
            continue;
        }
        let mut bin = (((value - low) / step) as usize).min(bins - 1);
        if value < end(bin) {
            bin -= 1;
        } else if bin + 1 < bins && value >= end(bin + 1) {
            bin += 1;
        }
        counts[bin] += 1;
    }
    counts
}

/// The lower end of a bin, or the upper end of the last one.
fn end(bin: usize, bins: usize, low: f64, high: f64) -> f64 {
    if bin == bins {
        high
    } else {
        low + bin as f64 * ((high - low) / bins as f64)
    }
}
