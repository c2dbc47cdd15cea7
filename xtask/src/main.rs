//! The project's commands. `cargo xtask train` trains, `cargo xtask check` runs what CI runs.
//!
//! This program only parses flags, picks cargo features from `--device` and starts other programs, so that it
//! builds in seconds. The work itself is in `sympe-train`.

#![forbid(unsafe_code)]

mod check;
mod run;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train an experiment (default: the graph autoencoder, without breaking and with SymPE) and write a report
    #[command(disable_help_flag = true)]
    Train(Forwarded),
    /// Train every breaker on several seeds and print one table
    #[command(disable_help_flag = true)]
    Compare(Forwarded),
    /// Metrics of a trained run, on a split or on a file; or of molecules or graphs that any program made
    #[command(disable_help_flag = true)]
    Evaluate(Forwarded),
    /// Draw molecules or graphs from trained runs of graph-diffusion
    #[command(disable_help_flag = true)]
    Sample(Forwarded),
    /// Order, orbits, generators, canonical form and inversion-kernel draws of the graphs in a file
    #[command(disable_help_flag = true)]
    Symmetry(Forwarded),
    /// Isomorphic duplicates within and across files of graphs: what a test set shares with the training set
    #[command(disable_help_flag = true)]
    Leakage(Forwarded),
    /// Download a data set and verify it, or import a local copy
    #[command(disable_help_flag = true)]
    Data(Forwarded),
    /// Run every benchmark (or those of one crate: `bench -p sympe-canon`); further arguments go to `cargo bench`
    #[command(disable_help_flag = true)]
    Bench(Forwarded),
    /// Run every example of the workspace
    Examples,
    /// Run everything CI runs that needs no program of its own; with names, only these steps
    Check {
        /// Steps to run (default: those from fmt to package, cheapest first)
        steps: Vec<check::Step>,
    },
}

/// Arguments passed on unread.
#[derive(clap::Args)]
struct Forwarded {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    args: Vec<OsString>,
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode> {
    match command {
        Command::Train(forwarded) => run::sympe_train("train", &forwarded.args),
        Command::Compare(forwarded) => run::sympe_train("compare", &forwarded.args),
        Command::Evaluate(forwarded) => run::sympe_train("evaluate", &forwarded.args),
        Command::Sample(forwarded) => run::sympe_train("sample", &forwarded.args),
        Command::Symmetry(forwarded) => run::sympe_train("symmetry", &forwarded.args),
        Command::Leakage(forwarded) => run::sympe_train("leakage", &forwarded.args),
        Command::Data(forwarded) => run::sympe_train("data", &forwarded.args),
        Command::Bench(forwarded) => run::cargo_bench(&forwarded.args),
        Command::Examples => check::examples().map(|()| ExitCode::SUCCESS),
        Command::Check { steps } => check::run(&steps).map(|()| ExitCode::SUCCESS),
    }
}
