//! Compares `sympe-canon` with nauty and Traces: answers and speed. See README.md.

mod batches;
mod brute_force;
#[path = "../../../crates/sympe-canon/tests/common/mod.rs"]
mod common;
mod families;
mod fuzz;
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
    /// Time on families from the literature, each program in a process of its own
    Families(families::Args),
    /// One program on one graph, for `families`
    #[command(hide = true)]
    OneFamily(families::OneArgs),
}

fn main() -> ExitCode {
    let result = match Cli::parse() {
        Cli::Fuzz(args) => fuzz::run(&args),
        Cli::Batches(args) => batches::run(&args),
        Cli::Families(args) => families::run(&args),
        Cli::OneFamily(args) => families::run_one(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
