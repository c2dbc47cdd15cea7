//! Pairs of graphs that colour refinement cannot tell apart, in unequal shares.

use crate::dataset::item_stream;
use crate::{DataError, Dataset};
use rand::RngExt;
use sympe_canon::graph::ColoredGraph;
use sympe_groups::{Action, Permutation, UnionFind};

/// A cycle of `n` vertices, or two cycles of `n/2`: all vertices have two neighbours, so that colour refinement, and with
/// it every network that passes messages, gives all of them the same colour in both (Xu et al., *How powerful are graph
/// neural networks?*, 2019). Which is which shows only in what is not local.
///
/// Sizes come in turn, [`SIZES`](Self::SIZES), kinds and labels at random: item `i` depends on the seed and `i` only. A
/// generator that is blind to the difference draws the two in shares of its own.
///
/// ```
/// use sympe_canon::relaxed::refinement_ranks;
/// use sympe_data::Dataset;
/// use sympe_data::blind_pairs::{BlindPairs, Kind};
///
/// let graphs = BlindPairs::new(400, 0.75, 1)?;
/// let kinds: Vec<_> = (0..400).map(|i| Kind::of(&graphs.get(i).unwrap()).unwrap()).collect();
/// let cycles = kinds.iter().filter(|kind| **kind == Kind::Cycle).count();
/// assert!((270..330).contains(&cycles));
/// assert!(refinement_ranks(&graphs.get(0)?, None).iter().all(|&rank| rank == 0));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BlindPairs {
    count: usize,
    cycles: f64,
    seed: u64,
}

/// Which of a pair a graph is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One cycle through all vertices.
    Cycle,
    /// Two cycles of half as many.
    TwoCycles,
}

impl BlindPairs {
    /// Numbers of vertices.
    pub const SIZES: [u32; 4] = [6, 8, 10, 12];

    /// `count` graphs, each one cycle with probability `cycles`.
    ///
    /// # Errors
    ///
    /// When `cycles` is no probability.
    pub fn new(count: usize, cycles: f64, seed: u64) -> Result<Self, DataError> {
        if !(0.0..=1.0).contains(&cycles) {
            let what = "share of single cycles";
            return Err(DataError::invalid(what, cycles, "a number between 0 and 1"));
        }
        Ok(Self { count, cycles, seed })
    }
}

impl Dataset for BlindPairs {
    type Item = ColoredGraph;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<ColoredGraph, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let n = Self::SIZES[index % Self::SIZES.len()];
        let length = if rng.random::<f64>() < self.cycles {
            n
        } else {
            n / 2
        };
        let after = |v: u32| v / length * length + (v + 1) % length;
        let graph = ColoredGraph::from_edges(n as usize, false, (0..n).map(|v| (v, after(v))))
            .map_err(|source| DataError::Canon { index, source })?;
        Ok(Permutation::random(n as usize, &mut rng).act(&graph))
    }
}

impl Kind {
    /// Which of a pair a graph is; `None` if it is neither. O(n).
    #[must_use]
    pub fn of(graph: &ColoredGraph) -> Option<Self> {
        let n = graph.n();
        let is_regular = (0..n as u32).all(|v| graph.degree(v) == 2 && !graph.has_edge(v, v));
        if graph.is_directed() || n < 6 || n % 2 == 1 || !is_regular {
            return None;
        }
        // Components of such a graph are cycles.
        let mut cycles = UnionFind::new(n);
        for (u, v, _) in graph.edges() {
            cycles.join(u, v);
        }
        let cycle_of = cycles.into_representatives();
        let first = cycle_of.iter().filter(|&&cycle| cycle == cycle_of[0]).count();
        let mut others = cycle_of.iter().filter(|&&cycle| cycle != cycle_of[0]);
        let second = others.next();
        match (
            first == n,
            2 * first == n && others.all(|cycle| Some(cycle) == second),
        ) {
            (true, _) => Some(Self::Cycle),
            (_, true) => Some(Self::TwoCycles),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(lengths: &[u32]) -> ColoredGraph {
        let (mut first, mut edges) = (0, Vec::new());
        for &length in lengths {
            edges.extend((0..length).map(|v| (first + v, first + (v + 1) % length)));
            first += length;
        }
        ColoredGraph::from_edges(first as usize, false, edges).unwrap()
    }

    #[test]
    fn kinds_are_those_of_the_lengths_of_cycles() {
        for (lengths, kind) in [
            (&[6][..], Some(Kind::Cycle)),
            (&[3, 3], Some(Kind::TwoCycles)),
            (&[12], Some(Kind::Cycle)),
            (&[6, 6], Some(Kind::TwoCycles)),
            (&[6, 3, 3], None),
            (&[8, 4], None),
            (&[4, 8], None),
            (&[7], None),
            (&[4], None),
        ] {
            assert_eq!(Kind::of(&cycles(lengths)), kind, "{lengths:?}");
        }
        let path = ColoredGraph::from_edges(6, false, (0..5).map(|v| (v, v + 1))).unwrap();
        assert_eq!(Kind::of(&path), None);
        assert_eq!(Kind::of(&ColoredGraph::from_edges(0, false, []).unwrap()), None);
    }

    #[test]
    fn items_are_of_both_kinds_and_of_all_sizes() {
        let graphs = BlindPairs::new(800, 0.25, 3).unwrap();
        let mut counts = [[0; 2]; 4];
        for index in 0..800 {
            let graph = graphs.get(index).unwrap();
            assert_eq!(graph, graphs.get(index).unwrap());
            counts[graph.n() / 2 - 3][Kind::of(&graph).unwrap() as usize] += 1;
        }
        // Standard deviation 6.
        assert!(
            counts
                .iter()
                .all(|[one, two]| one + two == 200 && (26..75).contains(one)),
            "{counts:?}"
        );
        assert!(BlindPairs::new(1, 1.5, 0).is_err());
    }
}
