//! The command line.

mod budget;
mod cli;
mod compare;
mod drawn;
mod evaluate;
mod experiment;
mod help;
mod lines;
mod outcomes;
mod places;
mod sample;
mod symmetry;
mod tables;
mod train;

pub use cli::{Cli, main};
pub use experiment::Experiment;
