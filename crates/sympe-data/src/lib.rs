//! Graphs and lattice fields in, batches out: file formats, random graphs, Ising models with their ground states, and a
//! parallel loader whose batches do not depend on its threads.
//!
//! ```
//! use rand::Rng;
//! use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
//! use sympe_canon::{Exact, InversionKernel};
//! use sympe_data::random_graphs::ErdosRenyi;
//! use sympe_data::{BatchSource, DataError, IntoVec, Loader, LoaderConfig};
//!
//! // Canonicalize and draw in the loader's threads, next to the training step.
//! let kernel = Exact(SymmetrySearch::default());
//! let draw = move |graph: ColoredGraph, rng: &mut dyn Rng| {
//!     let g = kernel.draw(&graph, rng).map_err(|source| DataError::Canon { index: 0, source })?;
//!     Ok::<_, DataError>((graph, g))
//! };
//! let graphs = ErdosRenyi::new(10, 7..=16, 0.25, 0)?;
//! let loader = Loader::new(graphs, draw, IntoVec, LoaderConfig { batch_size: 4, ..Default::default() })?;
//! assert_eq!(loader.epoch(0).count(), 3);
//! # Ok::<(), DataError>(())
//! ```
//!
//! # Nouns
//!
//! * [`Dataset`], [`Transform`], [`Collate`], [`BatchSource`]: the traits; [`Loader`] ties them together.
//! * [`input`]: the door of all files: pipes, packed files, every way to write text; [`archive`]: members of ZIP archives.
//! * [`formats`]: graph6, digraph6, sparse6, DIMACS, pairs, `n bits`, `n m i-j …`;
//!   Matrix Market, METIS, GraphML, GML, node-link JSON, dreadnaut, adjacency matrices, tables of edges.
//! * [`random_graphs`]; [`blind_pairs`] that colour refinement cannot tell apart; [`published`] ones, drawn from their seeds or
//!   read from a folder.
//! * [`formats::lattice`]: fields on a torus from JSON, NPY, text.
//! * [`molecule`]: molecules as coloured graphs; SMILES and SDF; QM9 and MOSES; all small molecules; metrics of generated ones;
//!   scaffolds, fragments, fingerprints, and the metrics of MOSES.
//! * [`diffusion`]: noise on graphs with classes of nodes and edges, denoising steps, likelihood bounds; no network.
//! * [`graph_metrics`]: discrepancies of graph statistics, planarity, valid-unique-novel.
//! * [`distortions`]: symmetric clouds and the variants that they turn into.
//! * [`ising`]: couplings, energies, phases; ground states in closed form, exactly and by annealing.
//! * [`kernel`]: inversion kernels of graphs by name.
//! * [`key`]: random streams by (seed, epoch, index, purpose), so that runs can be repeated and resumed.
//!
//! # Not here
//!
//! Tensors: a batch is whatever the [`Collate`] makes of its items.

#![forbid(unsafe_code)]

pub mod archive;
pub mod blind_pairs;
mod dataset;
pub mod diffusion;
pub mod distortions;
mod error;
pub mod formats;
pub mod graph_metrics;
pub mod input;
pub mod ising;
pub mod kernel;
pub mod key;
mod loader;
mod mersenne_twister;
pub mod molecule;
pub mod published;
pub mod random_graphs;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use dataset::{BatchSource, Collate, Dataset, InMemory, IntoVec, Transform, check_index};
pub use error::DataError;
pub use loader::{Batches, Loader, LoaderConfig, Share};
