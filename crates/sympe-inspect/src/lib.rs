//! What files of graphs, fields and molecules hold, without a network: symmetries, isomorphic duplicates, quality of samples.
//!
//! ```
//! use sympe_inspect::commands::Cli;
//! # let folder = tempfile::tempdir().unwrap();
//! # let file = folder.path().join("graphs.g6");
//! # let file = file.to_str().unwrap();
//! std::fs::write(file, "Bw\nBW\nBg\n").unwrap(); // a triangle, and a path in two labellings
//! let mut output = Vec::new();
//! Cli::parse_from(["sympe-inspect", "symmetry", file, "--unique", "--count"]).run(&mut output)?;
//! assert_eq!(output, b"2 classes of 3 graphs\n");
//! # Ok::<(), sympe_inspect::InspectError>(())
//! ```
//!
//! # The nouns
//!
//! * The [`commands`] `symmetry`, `leakage`, `evaluate --samples` and `data`: the program `sympe-inspect`, and flags that other
//!   programs take into a command line of their own, as sympe-train does.
//! * [`datasets`] are downloaded, imported or drawn from their seeds, verified and found again.
//! * [`files`] are whole or not there.
//! * [`Processes`] look into one file together, where somebody starts several.
//! * The [`terminal`] gets results, progress and notes; warnings that repeat themselves are counted.
//!
//! # Not here
//!
//! Symmetry search, formats and metrics: they are those of sympe-canon and sympe-data, for callers of a library. Networks and runs
//! are sympe-train's; this crate does not depend on Candle and compiles in a minute.
//!
//! # References
//!
//! Lawrence et al., *Improving equivariant networks with probabilistic symmetry breaking*, ICLR 2025 (draws from inversion
//! kernels); Martinkus et al., *SPECTRE*, ICML 2022 (figures of generated graphs); Vignac et al., *DiGress*, ICLR 2023 (of generated
//! molecules).

#![forbid(unsafe_code)]

pub mod commands;
pub mod datasets;
mod error;
pub mod files;
mod processes;
mod symmetry;
pub mod terminal;

pub use error::{Cause, InspectError};
pub use processes::Processes;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
