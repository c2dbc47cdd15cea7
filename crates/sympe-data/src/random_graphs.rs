//! Random graphs of the experiments.

use crate::key::{Purpose, stream};
use crate::{DataError, Dataset};
use rand::{Rng, RngExt};
use std::ops::RangeInclusive;
use sympe_canon::graph::ColoredGraph;

/// A graph from the pairs of `0..n` that `keep` keeps.
fn from_pairs(n: u32, mut keep: impl FnMut(u32, u32) -> bool) -> ColoredGraph {
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
            return Err(DataError::InvalidParameter {
                what: "edge probability",
                got: p.to_string(),
                expected: "a number between 0 and 1",
            });
        }
        if sizes.is_empty() {
            return Err(DataError::InvalidParameter {
                what: "range of sizes",
                got: format!("{sizes:?}"),
                expected: "at least one size",
            });
        }
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
        if index >= self.count {
            return Err(DataError::OutOfRange {
                index,
                len: self.count,
            });
        }
        let mut rng = stream(self.seed, 0, index as u64, Purpose::Generate);
        let span = self.sizes.end() - self.sizes.start() + 1;
        let n = self.sizes.start() + (index % span as usize) as u32;
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
        if index >= self.count {
            return Err(DataError::OutOfRange {
                index,
                len: self.count,
            });
        }
        let mut rng = stream(self.seed, 0, index as u64, Purpose::Generate);
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
