//! Coloured graphs, their canonical forms and automorphism groups.

mod colored_graph;
mod dense;
mod partition;
mod parts;
mod search;
mod symmetry;
mod trace;
mod twins;

pub use colored_graph::ColoredGraph;
pub use symmetry::{GraphSymmetry, SymmetrySearch};
