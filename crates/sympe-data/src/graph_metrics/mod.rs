//! How good generated graphs are: distances of their statistics from a reference, and validity, uniqueness, novelty.
//!
//! ```
//! use sympe_data::graph_metrics::{Descriptor, Distance, compare};
//! use sympe_data::random_graphs::ErdosRenyi;
//! use sympe_data::{DataError, Dataset};
//!
//! let graphs = |p, seed| {
//!     let data = ErdosRenyi::new(50, 12..=12, p, seed)?;
//!     (0..data.len()).map(|index| data.get(index)).collect::<Result<Vec<_>, DataError>>()
//! };
//! let reference = graphs(0.25, 0)?;
//! let alike = compare(Descriptor::Degree, &reference, &graphs(0.25, 1)?, Distance::TotalVariation)?;
//! let denser = compare(Descriptor::Degree, &reference, &graphs(0.5, 2)?, Distance::TotalVariation)?;
//! assert!(alike < 0.01 && denser > 0.1);
//! # Ok::<(), DataError>(())
//! ```

mod block_model;
mod descriptors;
mod graphlets;
mod mmd;
mod planarity;
mod spectrum;
mod vun;

pub use block_model::is_block_model;
pub use descriptors::{Descriptor, compare};
pub use graphlets::{ORBITS, orbit_counts};
pub use mmd::{Distance, Kernel, squared_mmd};
pub use planarity::is_planar;
pub use vun::{ValidUniqueNovel, is_connected, is_connected_planar, is_tree};

use crate::DataError;
use sympe_canon::graph::ColoredGraph;

/// Refuses what the statistics are not defined for.
///
/// # Errors
///
/// When the graph is directed or has self-loops.
pub fn check_simple(graph: &ColoredGraph) -> Result<(), DataError> {
    let wrong = if graph.is_directed() {
        "directed"
    } else if (0..graph.n() as u32).any(|v| graph.has_edge(v, v)) {
        "one with self-loops"
    } else {
        return Ok(());
    };
    Err(DataError::invalid(
        "graph to measure",
        wrong,
        "an undirected graph without self-loops",
    ))
}
