//! Valid, unique, novel: the share of generated graphs that are all three. Graphs are compared up to isomorphism, by the
//! digests of their canonical forms, one search per graph.

use super::{check_simple, is_planar};
use crate::DataError;
use std::collections::HashSet;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};

/// Whether a graph is connected, edges taken in both directions; the empty graph is not. O(n + m).
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_data::graph_metrics::is_connected;
/// assert!(is_connected(&ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?));
/// assert!(!is_connected(&ColoredGraph::from_edges(3, false, [(0, 1)])?));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[must_use]
pub fn is_connected(graph: &ColoredGraph) -> bool {
    if graph.n() == 0 {
        return false;
    }
    let mut seen = vec![false; graph.n()];
    seen[0] = true;
    let (mut stack, mut reached) = (vec![0], 0);
    while let Some(v) = stack.pop() {
        reached += 1;
        for &u in graph.neighbors(v).iter().chain(graph.in_neighbors(v)) {
            if !std::mem::replace(&mut seen[u as usize], true) {
                stack.push(u);
            }
        }
    }
    reached == graph.n()
}

/// Whether a graph is a valid sample of planar graphs: connected and planar.
///
/// # Errors
///
/// When the graph is directed or has self-loops.
pub fn is_connected_planar(graph: &ColoredGraph) -> Result<bool, DataError> {
    Ok(is_planar(graph)? && is_connected(graph))
}

/// Whether a graph is a tree: connected, with one edge less than vertices.
///
/// # Errors
///
/// When the graph is directed or has self-loops.
pub fn is_tree(graph: &ColoredGraph) -> Result<bool, DataError> {
    check_simple(graph)?;
    Ok(graph.edge_count() + 1 == graph.n() && is_connected(graph))
}

/// How many generated graphs are valid, unique and novel, up to isomorphism.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_data::graph_metrics::{ValidUniqueNovel, is_tree};
/// let graph = |edges: &[(u32, u32)]| ColoredGraph::from_edges(4, false, edges.iter().copied()).unwrap();
/// let (path, again) = (graph(&[(0, 1), (1, 2), (2, 3)]), graph(&[(1, 0), (0, 3), (3, 2)]));
/// let (claw, cycle) = (graph(&[(0, 1), (0, 2), (0, 3)]), graph(&[(0, 1), (1, 2), (2, 3), (3, 0)]));
/// let found = ValidUniqueNovel::of(&[path, again, claw.clone(), cycle], &[claw], is_tree)?;
/// assert_eq!((found.samples, found.valid, found.unique, found.novel), (4, 3, 3, 3));
/// assert_eq!((found.valid_unique_novel, found.share()), (1, 0.25));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidUniqueNovel {
    /// Generated graphs.
    pub samples: u64,
    /// Those that are valid.
    pub valid: u64,
    /// Isomorphism classes among all samples.
    pub unique: u64,
    /// Samples whose class is not in the training set.
    pub novel: u64,
    /// Classes that are valid and not in the training set.
    pub valid_unique_novel: u64,
}

impl ValidUniqueNovel {
    /// Judges samples by a training set and a criterion of validity.
    ///
    /// # Errors
    ///
    /// When a graph cannot be canonicalized (the error names its index) or the criterion fails.
    pub fn of(
        samples: &[ColoredGraph],
        train: &[ColoredGraph],
        mut is_valid: impl FnMut(&ColoredGraph) -> Result<bool, DataError>,
    ) -> Result<Self, DataError> {
        let digests = |graphs: &[ColoredGraph]| {
            let digest = |(index, graph)| match SymmetrySearch::default().run(graph) {
                Ok(symmetry) => Ok(symmetry.digest()),
                Err(source) => Err(DataError::Canon { index, source }),
            };
            graphs
                .iter()
                .enumerate()
                .map(digest)
                .collect::<Result<Vec<_>, _>>()
        };
        let known: HashSet<String> = digests(train)?.into_iter().collect();
        let mut found = Self {
            samples: samples.len() as u64,
            ..Self::default()
        };
        let mut classes = HashSet::new();
        for (graph, digest) in samples.iter().zip(digests(samples)?) {
            let (valid, novel) = (is_valid(graph)?, !known.contains(&digest));
            let first = classes.insert(digest);
            found.valid += u64::from(valid);
            found.unique += u64::from(first);
            found.novel += u64::from(novel);
            found.valid_unique_novel += u64::from(valid && first && novel);
        }
        Ok(found)
    }

    /// Valid, unique and novel per sample; 0 without samples.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.samples == 0 {
            0.0
        } else {
            self.valid_unique_novel as f64 / self.samples as f64
        }
    }
}
