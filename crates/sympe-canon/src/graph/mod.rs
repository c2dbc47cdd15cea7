//! Coloured graphs, their canonical forms and automorphism groups.
//!
//! [`ColoredGraph`] is the graph type, [`SymmetrySearch`] the search and [`GraphSymmetry`] what it finds. There are
//! two engines: the dense one, for graphs of at most 128 vertices and few colours of edges, and the sparse one for
//! all others. Both work by equitable refinement, then set aside what needs no search, divide what is left into
//! parts, and search these by individualization and refinement.

mod budget;
mod colored_graph;
mod conversions;
mod dense;
mod found;
mod hash;
mod layers;
mod loops;
mod planes;
mod rows;
mod sparse;
mod symmetry;
mod trace;
mod two_closure;
mod word;

pub use budget::StopFlag;
pub use colored_graph::ColoredGraph;
pub use symmetry::{GraphSymmetry, SymmetrySearch};
