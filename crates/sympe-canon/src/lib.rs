//! Canonical forms, automorphism groups and inversion kernels of graphs.

pub mod check;
mod error;
pub mod graph;
mod kernel;
pub mod relaxed;

pub use error::CanonError;
pub use kernel::{Canonicalized, Canonicalizer, Exact, InversionKernel};
