//! The command line of the program.

use super::data::{DataArgs, data};
use super::help::{self, Pages};
use super::judge::{JudgeArgs, judge};
use super::leakage::{LeakageArgs, leakage};
use super::rmsd::{RmsdArgs, rmsd};
use super::symmetry::{SymmetryArgs, symmetry};
use crate::InspectError;
use crate::terminal::{Counted, note};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use sympe_data::formats::Content;

/// Find symmetries and duplicates in files of graphs and fields; judge molecules and graphs that any program made.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true, arg_required_else_help = true, max_term_width = help::WIDTH)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What a command is for is said by the documentation of its arguments.
#[derive(Debug, Subcommand)]
enum Command {
    Symmetry(SymmetryArgs),
    Leakage(LeakageArgs),
    Rmsd(RmsdArgs),
    Evaluate(EvaluateArgs),
    Data(DataArgs),
}

// Its documentation is that of the flags of samples.
#[derive(Debug, Args)]
struct EvaluateArgs {
    #[command(flatten)]
    samples: JudgeArgs,
    /// The format of the file, one of those below (default: by its name or its content)
    #[arg(long, hide_possible_values = true)]
    format: Option<Content>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// A parsed command line.
///
/// ```
/// use sympe_inspect::commands::Cli;
/// # let folder = tempfile::tempdir().unwrap();
/// # let file = folder.path().join("square.txt");
/// # let file = file.to_str().unwrap();
/// std::fs::write(file, "4 4 0-1 1-2 2-3 0-3\n").unwrap();
/// let mut output = Vec::new();
/// Cli::parse_from(["sympe-inspect", "symmetry", file, "--json"]).run(&mut output)?;
/// assert!(String::from_utf8(output).unwrap().contains(r#""order":"8""#));
/// # Ok::<(), sympe_inspect::InspectError>(())
/// ```
#[derive(Debug)]
pub struct Cli {
    command: Command,
}

impl Cli {
    /// Parses a command line; its first word is the program as the user has called it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or the help that it asks for.
    pub fn try_parse_from<W: Into<OsString> + Clone>(
        words: impl IntoIterator<Item = W>,
    ) -> Result<Self, clap::Error> {
        let matches = command().try_get_matches_from(words)?;
        let Arguments { command } = Arguments::from_arg_matches(&matches)?;
        Ok(Self { command })
    }

    /// The same; prints what is wrong, or the help that is asked for, and ends the program.
    pub fn parse_from<W: Into<OsString> + Clone>(words: impl IntoIterator<Item = W>) -> Self {
        Self::try_parse_from(words).unwrap_or_else(|error| error.exit())
    }

    /// Runs the command; its results go to `output`, progress and warnings to standard error.
    ///
    /// # Errors
    ///
    /// Everything that can go wrong, by name; what was done until then is kept.
    pub fn run(self, output: &mut dyn Write) -> Result<(), InspectError> {
        let _counted = Counted;
        match self.command {
            Command::Symmetry(args) => symmetry(&args, None, &(), output),
            Command::Leakage(args) => leakage(&args, output),
            Command::Rmsd(args) => rmsd(&args, output),
            Command::Evaluate(args) => judge(&args.samples, args.format, args.json, output),
            Command::Data(args) => data(args, output),
        }
    }
}

/// The name of the program.
const PROGRAM: &str = "sympe-inspect";

/// The command line with all of its help.
fn command() -> clap::Command {
    let pages = Pages { program: PROGRAM };
    let last = [
        "Which graphs of the test set are there twice",
        "leakage data/graphs/egnn_er025_test.txt",
    ];
    pages
        .start(Arguments::command().bin_name(PROGRAM))
        .mut_subcommand("symmetry", |symmetry| pages.symmetry(symmetry))
        .mut_subcommand("leakage", |leakage| pages.leakage(leakage))
        .mut_subcommand("rmsd", |rmsd| pages.rmsd(rmsd))
        .mut_subcommand("evaluate", |evaluate| {
            // Elsewhere a trained run may stand in its place.
            let evaluate = evaluate.mut_arg("samples", |samples| samples.required(true));
            pages.evaluate(evaluate)
        })
        .mut_subcommand("data", |data| pages.data(data, last))
}

/// The main function of the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(std::env::args_os());
    let mut output = io::stdout().lock();
    let result = cli
        .run(&mut output)
        .and_then(|()| output.flush().map_err(InspectError::Output));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            note(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
