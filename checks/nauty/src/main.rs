//! Compares `sympe-canon` with nauty and Traces: answers and speed. See README.md.

mod batches;
mod brute_force;
#[path = "../../../crates/sympe-canon/tests/common/mod.rs"]
mod common;
mod fuzz;
mod measure;
mod peers;
mod plain;
mod random;

use clap::Parser;
use std::process::ExitCode;

/// Compares sympe-canon with nauty and Traces: answers and speed
#[derive(Parser)]
enum Cli {
    /// Orders, orbits and isomorphism of random graphs, against nauty or brute force
    Fuzz(fuzz::Args),
    /// Time per graph on the batches of small graphs in ../shared/data/canon
    Batches(batches::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse() {
        Cli::Fuzz(args) => fuzz::run(&args),
        Cli::Batches(args) => batches::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
