//! Compares `sympe-canon` with nauty and Traces: answers and speed. See README.md.

mod brute_force;
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
}

fn main() -> ExitCode {
    let result = match Cli::parse() {
        Cli::Fuzz(args) => fuzz::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
