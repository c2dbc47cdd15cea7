//! Coloured graphs, their canonical forms and automorphism groups.

mod colored_graph;
mod dense;
mod found;
mod layers;
mod planes;
mod rows;
mod sparse;
mod symmetry;
mod trace;
mod word;

pub use colored_graph::ColoredGraph;
pub use symmetry::{GraphSymmetry, SymmetrySearch};
