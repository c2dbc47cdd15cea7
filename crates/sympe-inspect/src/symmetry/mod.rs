//! What is symmetric in an input, and what draws from its inversion kernel make of it: a describer for each domain.

pub(crate) mod classes;
pub(crate) mod clouds;
pub(crate) mod fields;
pub(crate) mod graphs;
pub(crate) mod permutations;
pub(crate) mod stream;
pub(crate) mod summary;
mod text;

pub(crate) use text::Options;
