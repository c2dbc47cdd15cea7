//! Permutation groups for symmetry breaking: exact orders, membership, orbits and exactly uniform draws.
//!
//! ```
//! use rand::{SeedableRng, rngs::ChaCha8Rng};
//! use sympe_groups::{Action, PermGroup, Permutation};
//!
//! // A hexagon of atoms: one rotation and one reflection generate its twelve symmetries.
//! let rotation = Permutation::parse("(0 1 2 3 4 5)", 6)?;
//! let reflection = Permutation::parse("(1 5)(2 4)", 6)?;
//! let hexagon = PermGroup::new(6, vec![rotation.clone(), reflection])?;
//! assert_eq!(hexagon.order(), 12u32.into());
//! assert_eq!(hexagon.orbits(), [[0, 1, 2, 3, 4, 5]]);
//! assert_eq!(hexagon.orbitals().len(), 4); // pairs at distance 0, 1, 2, 3
//!
//! // A uniform symmetry, and what it does to labels: (g·x)[g(i)] = x[i].
//! let g = hexagon.sample(&mut ChaCha8Rng::seed_from_u64(0));
//! assert!(hexagon.contains(&g));
//! assert_eq!(rotation.act(&["a", "b", "c", "d", "e", "f"][..]), ["f", "a", "b", "c", "d", "e"]);
//! # Ok::<(), sympe_groups::GroupError>(())
//! ```
//!
//! # The nouns
//!
//! * [`Group`], [`Action`], [`Subgroup`], [`FiniteSubgroup`]: the traits, their laws written as equations;
//! * [`Permutation`]: an element of `S_n`, with cycle notation both ways;
//! * [`PermGroup`]: a group of permutations as base and strong generating set;
//! * [`Orthogonal`], [`Euclidean`]: rotations, rotoreflections and rigid motions, with exact Haar draws;
//! * [`PointGroup`], [`Rosette`]: the point groups of space and of the plane, by their symbols; [`MatrixGroup`]: any finite
//!   group of orthogonal matrices;
//! * [`finite`]: cyclic, dihedral and hyperoctahedral groups, products of groups, any group from generators;
//! * [`lattice::LatticeGroup`]: wallpaper groups on a torus, acting on sites, bonds and functions on the group;
//! * [`triangular::TriangularGroup`]: those of the triangular lattice;
//! * [`PermutationRep`], [`MatrixRep`]: the only bridge from group elements to tensors;
//! * [`UnionFind`]: orbits from generators, where no group is needed.
//!
//! # Conventions
//!
//! Left actions; `a.compose(&b)` applies `b` first; points are `0..degree`. Every result depends on its
//! arguments only: iteration orders are fixed, and randomness comes from the generator that is passed in.
//!
//! # Non-goals
//!
//! Abstract group theory (characters, presentations) and large groups of matrices: use a computer algebra system. Symmetries of graphs and point sets are found in `sympe-canon`.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `laws` | no | `laws`: checkers of the trait laws and proptest strategies, for your own groups; `statistics` |
//! | `statistics` | no | `ChiSquare`: the chi-square test, for judging draws |
//!
//! # References
//!
//! Á. Seress, *Permutation Group Algorithms*, Cambridge University Press, 2003.

#![forbid(unsafe_code)]

mod bundles;
#[cfg(feature = "statistics")]
mod chi_square;
mod error;
pub mod finite;
mod group;
pub mod lattice;
#[cfg(feature = "laws")]
pub mod laws;
mod matrix_group;
mod names;
mod orthogonal;
mod perm_group;
mod permutation;
pub mod point_group;
mod rep;
pub mod torus;
pub mod triangular;
mod union_find;

pub use bundles::Bundles;
#[cfg(feature = "statistics")]
pub use chi_square::ChiSquare;
pub use error::GroupError;
pub use group::{Action, FiniteSubgroup, Group, Subgroup};
pub use matrix_group::MatrixGroup;
pub use nalgebra;
pub use names::UnknownName;
#[doc(hidden)]
pub use names::shorten;
pub use orthogonal::{Centered, Euclidean, Orthogonal, OrthogonalGroup};
pub use perm_group::PermGroup;
pub use permutation::{Permutation, uniform_below};
pub use point_group::{AxialGroup, ClosedSubgroup, Family, PointGroup, Rosette};
pub use rep::{MatrixRep, PermutationRep};
pub use union_find::UnionFind;

/// The examples of the README, which must compile and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
