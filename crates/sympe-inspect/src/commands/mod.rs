//! The commands: their flags, and what they do.
//!
//! Other programs have them, too: they flatten the flags into a command line of their own.

mod cli;
mod data;
pub mod help;
mod judge;
mod leakage;
mod rmsd;
mod symmetry;

pub use cli::{Cli, main};
pub use data::{DataArgs, data};
pub use judge::{JudgeArgs, judge};
pub use leakage::{LeakageArgs, leakage};
pub use rmsd::{RmsdArgs, rmsd};
pub use symmetry::{Networks, Spreads, SymmetryArgs, symmetry};
