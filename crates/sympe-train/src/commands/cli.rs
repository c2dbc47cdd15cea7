//! What the command line says, and who does it.

use super::evaluate::EvaluateArgs;
use super::experiment::Experiment;
use super::help;
use super::sample::SampleArgs;
use super::symmetry::{self, ModelArgs};
use super::train::TrainArgs;
use crate::communicator::{self, Communicator, alone};
use crate::{TrainError, run};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use sympe_inspect::InspectError;
use sympe_inspect::commands::help::WIDTH;
use sympe_inspect::commands::{DataArgs, LeakageArgs, RmsdArgs, data, judge, leakage, rmsd};
use sympe_inspect::terminal::{Counted, note};

/// Train, compare and judge networks that break symmetry; find the symmetries of graphs and fields.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true, arg_required_else_help = true, max_term_width = WIDTH)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What a command is for is said by the documentation of its arguments.
#[derive(Debug, Subcommand)]
enum Command {
    Train(TrainArgs),
    /// Train every way of breaking symmetry on several seeds and print one table.
    ///
    /// Runs that are there already are not trained again: after an interruption, repeat the command.
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Compare,
    Evaluate(EvaluateArgs),
    Sample(SampleArgs),
    Symmetry(ModelArgs),
    Leakage(LeakageArgs),
    Rmsd(RmsdArgs),
    Data(DataArgs),
}

/// A parsed command line over some experiments.
///
/// ```
/// use sympe_train::commands::Cli;
/// use sympe_train::experiments;
/// # let folder = tempfile::tempdir().unwrap();
/// # let file = folder.path().join("square.txt");
/// # let file = file.to_str().unwrap();
/// std::fs::write(file, "4 4 0-1 1-2 2-3 0-3\n").unwrap();
/// let mut output = Vec::new();
/// Cli::parse_from(experiments::ALL, ["sympe-train", "symmetry", file, "--json"]).run(&mut output)?;
/// assert!(String::from_utf8(output).unwrap().contains(r#""order":"8""#));
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct Cli {
    experiments: &'static [Experiment],
    command: Command,
    /// Whether the command line says what to train, and not a default.
    names_experiment: bool,
    /// Of the subcommand of `compare`.
    compared: Option<(String, ArgMatches)>,
}

impl Cli {
    /// Parses a command line; its first word is the program as the user has called it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or the help that it asks for.
    pub fn try_parse_from<W: Into<OsString> + Clone>(
        experiments: &'static [Experiment],
        words: impl IntoIterator<Item = W>,
    ) -> Result<Self, clap::Error> {
        let words: Vec<W> = words.into_iter().collect();
        let program = words.first().cloned().map_or_else(OsString::new, Into::into);
        let command = command(&program.to_string_lossy(), experiments);
        let matches = command.try_get_matches_from(words)?;
        let compared = matches
            .subcommand_matches("compare")
            .and_then(ArgMatches::subcommand)
            .map(|(name, matches)| (name.to_owned(), matches.clone()));
        let trained = matches.subcommand_matches("train");
        let source = trained.and_then(|train| train.value_source("experiment"));
        Ok(Self {
            experiments,
            names_experiment: source == Some(ValueSource::CommandLine),
            command: Arguments::from_arg_matches(&matches)?.command,
            compared,
        })
    }

    /// The same; prints what is wrong, or the help that is asked for, and ends the program.
    pub fn parse_from<W: Into<OsString> + Clone>(
        experiments: &'static [Experiment],
        words: impl IntoIterator<Item = W>,
    ) -> Self {
        Self::try_parse_from(experiments, words).unwrap_or_else(|error| error.exit())
    }

    /// Runs the command; its results go to `output`, progress and warnings to standard error.
    ///
    /// # Errors
    ///
    /// Everything that can go wrong, by name; what was done until then is kept.
    pub fn run(self, output: &mut dyn Write) -> Result<(), TrainError> {
        self.run_among(&alone(), output)
    }

    /// The same in each of several processes. They train together, each with its share of every batch; of a comparison each trains runs
    /// of its own; of a file each searches the symmetries of some graphs; everything else is done by the first.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run); when another process is gone.
    pub fn run_among(self, world: &Arc<dyn Communicator>, output: &mut dyn Write) -> Result<(), TrainError> {
        let _counted = Counted;
        let named = |name: &str| self.experiments.iter().find(|one| one.name() == name);
        let of_run = |folder: &Path| {
            let name = run::experiment(folder)?;
            named(&name).ok_or_else(|| TrainError::WrongExperiment {
                path: folder.to_owned(),
                found: name.clone(),
                expected: names(self.experiments.iter()).join(", "),
            })
        };
        match self.command {
            Command::Train(args) => {
                let experiment = match &args.resume {
                    Some(folder) => {
                        let found = of_run(folder)?;
                        if self.names_experiment && found.name() != args.experiment {
                            return Err(TrainError::WrongExperiment {
                                path: folder.clone(),
                                found: found.name().to_owned(),
                                expected: args.experiment,
                            });
                        }
                        found
                    }
                    None => named(&args.experiment).expect("the command line lists the experiments"),
                };
                (experiment.train)(&args, world, output)
            }
            Command::Compare => {
                let (name, matches) = self.compared.as_ref().expect("a subcommand is required");
                let experiment = named(name).expect("the subcommands are the experiments");
                (experiment.compare)(matches, world, output)
            }
            Command::Symmetry(args) => symmetry::symmetry(&args, &**world, output),
            _ if !world.is_first() => Ok(()),
            Command::Evaluate(args) => match &args.run {
                Some(folder) => (of_run(folder)?.evaluate)(&args, output),
                None => Ok(judge(&args.samples, args.format, args.json, output)?),
            },
            Command::Sample(args) => {
                let experiment = of_run(&args.run)?;
                if !experiment.generates {
                    let generators = self.experiments.iter().filter(|one| one.generates);
                    return Err(TrainError::WrongExperiment {
                        path: args.run,
                        found: experiment.name().to_owned(),
                        expected: format!("{}: `evaluate` judges the others", names(generators).join(", ")),
                    });
                }
                (experiment.sample)(&args, output)
            }
            Command::Leakage(args) => Ok(leakage(&args, output)?),
            Command::Rmsd(args) => Ok(rmsd(&args, output)?),
            Command::Data(args) => Ok(data(args, output)?),
        }
    }
}

fn names<'a>(experiments: impl Iterator<Item = &'a Experiment>) -> Vec<&'static str> {
    experiments.map(Experiment::name).collect()
}

/// The command line of `program` over these experiments; the first is what is trained when none is named.
fn command(program: &str, experiments: &'static [Experiment]) -> clap::Command {
    let values = experiments
        .iter()
        .map(|one| PossibleValue::new(one.name()).help(one.about()));
    let values = PossibleValuesParser::new(values);
    let first = names(experiments.iter()).first().copied();
    let command = <Arguments as clap::CommandFactory>::command()
        .bin_name(program)
        .mut_subcommand("train", |train| {
            train.mut_arg("experiment", |arg| {
                arg.value_parser(values)
                    .required(first.is_none())
                    .default_values(first)
            })
        })
        .mut_subcommand("compare", |compare| {
            compare.subcommands(experiments.iter().map(|one| (one.compare_command)()))
        });
    help::complete(command, program, experiments)
}

/// Candle's own thread pool spins at its barriers; the fused operations bring their own parallelism.
const THREADS: &str = "CANDLE_NUM_THREADS";

/// This program again, with Candle's threads set: safe code cannot set a variable of its own process.
fn restarted() -> io::Result<ExitCode> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1)).env(THREADS, "1");
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command));
    #[cfg(not(unix))]
    Ok(command
        .status()?
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The main function of a program over these experiments, which its users call `program`.
pub fn main(program: &str, experiments: &'static [Experiment]) -> ExitCode {
    if std::env::var_os(THREADS).is_none() {
        match restarted() {
            Ok(code) => return code,
            Err(error) => note(format_args!("warning: {THREADS}=1 cannot be set: {error}")),
        }
    }
    let words = std::iter::once(program.into()).chain(std::env::args_os().skip(1));
    let cli = Cli::parse_from(experiments, words);
    let world = match communicator::world() {
        Ok(world) => world,
        Err(error) => {
            note(format_args!("error: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let mut output = io::stdout().lock();
    let result = cli
        .run_among(&world, &mut output)
        .and_then(|()| output.flush().map_err(|error| InspectError::Output(error).into()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough, as with `… | head`.
        Err(TrainError::Inspect(error)) if error.is_closed_pipe() => {
            world.abort();
            ExitCode::SUCCESS
        }
        Err(error) => {
            match world.size() {
                1 => note(format_args!("error: {error}")),
                _ => note(format_args!("error: process {}: {error}", world.rank())),
            }
            // What is incomplete has ended everywhere, and is printed.
            if !matches!(error, TrainError::Inspect(InspectError::Incomplete { .. })) {
                world.abort();
            }
            ExitCode::FAILURE
        }
    }
}
