//! Canonical forms, automorphism groups and inversion kernels: what it takes to break a symmetry without bias.
//!
//! ```
//! use rand::SeedableRng;
//! use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
//! use sympe_canon::{Exact, InversionKernel};
//! use sympe_groups::{Action, Group};
//!
//! let cycle = ColoredGraph::from_edges(5, false, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)])?;
//! let symmetry = SymmetrySearch::default().run(&cycle)?;
//! assert_eq!(symmetry.order().to_string(), "10");
//!
//! // A draw tells the five interchangeable nodes apart, each labelling with the same probability.
//! let mut rng = rand::rngs::ChaCha8Rng::seed_from_u64(0);
//! let g = Exact(SymmetrySearch::default()).draw(&cycle, &mut rng)?;
//! // It inverts the graph to the canonical form of its isomorphism class.
//! assert_eq!(g.inverse().act(&cycle), *symmetry.form());
//! # Ok::<(), sympe_canon::CanonError>(())
//! ```
//!
//! # Nouns
//!
//! * [`Canonicalizer`] finds `h` with `h·o(x) = x` and the stabilizer of `x`: a [`Canonicalized`].
//! * [`InversionKernel`] draws `g̃`; [`Exact`] is uniform on the coset `Stab(x)·h`, [`relaxed`] kernels have more
//!   entropy.
//! * [`graph`]: coloured graphs and the search for their canonical forms; [`lattice`]: fields on a torus of the square or the
//!   triangular lattice; [`points`]: labelled point clouds; [`OrbitMinimum`]: anything, under a group that can be listed;
//!   [`align`]: of the symmetric copies of an answer, the one nearest to a guess;
//!   [`features`]: what rival breakers and networks are given, spectra and cycle counts; [`check`]: checkers for all
//!   the laws.
//!
//! # Not here
//!
//! Learned encodings of the draw (`sympe-nn`), isomorphism of weighted graphs up to a tolerance, subgraph search.
//!
//! # References
//!
//! Lawrence, Portilheiro, Zhang & Kaba, *Improving Equivariant Networks with Probabilistic Symmetry Breaking*, ICLR
//! 2025. McKay & Piperno, *Practical graph isomorphism II*, 2014.

#![forbid(unsafe_code)]

pub mod align;
pub mod check;
mod error;
pub mod features;
pub mod graph;
mod kernel;
pub mod lattice;
mod orbit_minimum;
pub mod points;
mod procrustes;
mod ranks;
pub mod relaxed;

pub use error::CanonError;
pub use kernel::{Canonicalized, Canonicalizer, Coupled, Exact, InversionKernel};
pub use orbit_minimum::OrbitMinimum;

/// The snippets of the README, which compile and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
