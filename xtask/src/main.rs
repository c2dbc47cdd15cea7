//! The project's commands. `cargo xtask train` trains, `cargo xtask check` runs what CI runs.
//!
//! This program only parses flags, picks cargo features from `--device` and starts other programs, so that it
//! builds in seconds. The work itself is in `sympe-train`.

#![forbid(unsafe_code)]

mod check;
mod results;
mod run;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Shorter than 80 columns, as are the descriptions of the commands: nothing wraps them.
const EXAMPLES: &str = "\
Every COMMAND has a page of its own: cargo xtask COMMAND --help

Examples:
  # A graph autoencoder, without breaking and with SymPE; ends with a report
  cargo xtask train
  # Automorphism groups, orbits and canonical forms of graphs
  cargo xtask symmetry graphs.g6
  # Two of the checks that CI runs
  cargo xtask check fmt clippy";

/// Train, compare and judge networks that break symmetry; find symmetries.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = EXAMPLES
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train an experiment, without breaking symmetry and with SymPE
    #[command(disable_help_flag = true)]
    Train(Forwarded),
    /// Train every way of breaking on several seeds and print one table
    #[command(disable_help_flag = true)]
    Compare(Forwarded),
    /// Judge trained runs, or molecules or graphs that any program made
    #[command(disable_help_flag = true)]
    Evaluate(Forwarded),
    /// Draw molecules or graphs from trained runs
    #[command(disable_help_flag = true)]
    Sample(Forwarded),
    /// Find the symmetries of the graphs or fields in a file
    #[command(disable_help_flag = true)]
    Symmetry(Forwarded),
    /// Find isomorphic duplicates within and across files of graphs
    #[command(disable_help_flag = true)]
    Leakage(Forwarded),
    /// Symmetry-corrected distances of conformers, pair by pair
    #[command(disable_help_flag = true)]
    Rmsd(Forwarded),
    /// Download a data set and verify it, or import a local copy
    #[command(disable_help_flag = true)]
    Data(Forwarded),
    /// Run every benchmark, or what further arguments tell `cargo bench`
    #[command(disable_help_flag = true)]
    Bench(Forwarded),
    /// Make the tables of RESULTS.md again, and say first how long it takes
    Results(results::ResultsArgs),
    /// Run every example of the workspace
    Examples,
    /// Run what CI runs, or some steps of it
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
        Command::Rmsd(forwarded) => run::sympe_train("rmsd", &forwarded.args),
        Command::Data(forwarded) => run::sympe_train("data", &forwarded.args),
        Command::Bench(forwarded) => run::cargo_bench(&forwarded.args),
        Command::Results(args) => results::results(&args).map(|()| ExitCode::SUCCESS),
        Command::Examples => check::examples().map(|()| ExitCode::SUCCESS),
        Command::Check { steps } => check::run(&steps).map(|()| ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn help_fits_on_a_terminal_of_80_columns() {
        let mut command = Cli::command();
        command.build();
        let page = command.render_long_help().to_string();
        assert!(page.contains("Usage: cargo xtask <COMMAND>"), "{page}");
        let check = command.find_subcommand_mut("check").expect("a command");
        let check = check.render_long_help().to_string();
        for line in page.lines().chain(check.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
