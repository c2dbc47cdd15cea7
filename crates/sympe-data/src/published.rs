//! The graphs of published comparisons, where a copy of them is at hand.

use crate::formats::{self, Format};
use crate::{DataError, InMemory};
use std::fmt;
use std::path::Path;
use sympe_canon::graph::ColoredGraph;

/// A part of a data set.
///
/// ```
/// use sympe_data::published::Split;
/// assert_eq!(Split::Validation.to_string(), "val");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// What is trained on.
    Train,
    /// What decides when to stop.
    Validation,
    /// What is reported.
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Validation => "val",
            Self::Test => "test",
        })
    }
}

/// The Erdős–Rényi graphs of Satorras et al. (2021): `egnn_er025_{train,val,test}.txt` in `folder`, 5000/500/500 graphs
/// of 7 to 16 nodes.
///
/// # Errors
///
/// When the file cannot be read; the error names it.
pub fn erdos_renyi(folder: &Path, split: Split) -> Result<InMemory<ColoredGraph>, DataError> {
    let path = folder.join(format!("egnn_er025_{split}.txt"));
    Ok(InMemory::new(formats::read(&path, Some(Format::Bits))?.0))
}

/// A benchmark of graph generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Benchmark {
    /// Delaunay triangulations of 64 points ([`Planar`](crate::random_graphs::Planar)).
    Planar,
    /// Stochastic block models ([`StochasticBlockModel`](crate::random_graphs::StochasticBlockModel)).
    StochasticBlockModel,
    /// Trees of 64 vertices ([`Tree`](crate::random_graphs::Tree)).
    Tree,
}

impl fmt::Display for Benchmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Planar => "planar",
            Self::StochasticBlockModel => "sbm",
            Self::Tree => "tree",
        })
    }
}

/// The graphs of a generation benchmark as published by Bergmeister et al. (2024): `{planar,sbm,tree}_{train,val,test}.txt`
/// in `folder`, 128/32/40 graphs.
///
/// ```
/// use sympe_data::published::{Benchmark, Split, benchmark};
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// std::fs::write(folder.join("tree_val.txt"), "3 2 0-1 1-2\n")?;
/// let trees = benchmark(folder, Benchmark::Tree, Split::Validation)?;
/// assert_eq!(trees.items()[0].edge_count(), 2);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the file cannot be read; the error names it.
pub fn benchmark(
    folder: &Path,
    benchmark: Benchmark,
    split: Split,
) -> Result<InMemory<ColoredGraph>, DataError> {
    let path = folder.join(format!("{benchmark}_{split}.txt"));
    Ok(InMemory::new(formats::read(&path, Some(Format::EdgeList))?.0))
}
