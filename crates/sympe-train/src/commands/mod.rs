//! The command line.

mod compare;
mod data;
mod evaluate;
mod fields;
mod sample;
mod samples;
mod symmetry;
mod train;

use crate::TrainError;
use crate::config::{Config, Layers};
use crate::observe::ProgressBars;
use crate::run;
use crate::session::{Outcome, Session};
use candle_core::DeviceLocation;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use sympe_nn::device::DeviceSpec;

/// Train, compare, evaluate; look at the symmetries of graphs.
///
/// ```
/// use clap::Parser;
/// use sympe_train::commands::Cli;
/// # let folder = tempfile::tempdir().unwrap();
/// # let file = folder.path().join("square.txt");
/// # let file = file.to_str().unwrap();
/// std::fs::write(file, "4 4 0-1 1-2 2-3 0-3\n").unwrap();
/// let mut output = Vec::new();
/// Cli::parse_from(["sympe-train", "symmetry", file, "--json"]).run(&mut output)?;
/// assert!(String::from_utf8(output).unwrap().contains(r#""order":"8""#));
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Debug, Parser)]
#[command(
    name = "sympe-train",
    bin_name = "cargo xtask",
    version,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train an experiment, without breaking and with SymPE, and write a report
    Train(train::TrainArgs),
    /// Train every way of breaking symmetry on several seeds and print one table
    Compare(compare::CompareArgs),
    /// Metrics of trained runs, on a split or on a file; or of molecules or graphs that any program made
    Evaluate(evaluate::EvaluateArgs),
    /// Draw molecules or graphs from trained runs of graph-diffusion
    Sample(sample::SampleArgs),
    /// Order, orbits, generators, canonical form and inversion-kernel draws of graphs or lattice fields in a file
    Symmetry(symmetry::SymmetryArgs),
    /// Download a data set and verify it, or import a local copy
    Data(data::DataArgs),
}

impl Cli {
    /// Runs the command; its results go to `output`, progress and warnings to standard error.
    ///
    /// # Errors
    ///
    /// Everything that can go wrong, by name; what was done until then is kept.
    pub fn run(self, output: &mut dyn Write) -> Result<(), TrainError> {
        match self.command {
            Command::Train(args) => train::train(args, output),
            Command::Compare(args) => compare::compare(args, output),
            Command::Evaluate(args) => evaluate::evaluate(args, output),
            Command::Sample(args) => sample::sample(args, output),
            Command::Symmetry(args) => symmetry::symmetry(args, output),
            Command::Data(args) => data::data(args, output),
        }
    }
}

/// What can be trained; `dispatch!` knows the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExperimentName {
    /// Compress a graph into node embeddings and rebuild it
    GraphAutoencoder,
    /// Generate molecules or graphs by denoising
    GraphDiffusion,
    /// Find ground states of magnets, all of them equally often
    Ising,
}

/// Calls a function that is generic over the experiment with the experiment of this name.
macro_rules! dispatch {
    ($name:expr, $function:ident($($argument:expr),*)) => {
        match $name {
            $crate::commands::ExperimentName::GraphAutoencoder => {
                $function::<$crate::graph_autoencoder::GraphAutoencoder>($($argument),*)
            }
            $crate::commands::ExperimentName::GraphDiffusion => {
                $function::<$crate::graph_diffusion::GraphDiffusion>($($argument),*)
            }
            $crate::commands::ExperimentName::Ising => $function::<$crate::ising::Ising>($($argument),*),
        }
    };
}
use dispatch;

/// Where a configuration comes from.
#[derive(Clone, Debug, Args)]
struct ConfigArgs {
    /// A preset of the experiment; an unknown name lists them
    #[arg(long, default_value = "quick")]
    preset: String,
    /// A TOML file, over the preset
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One option, over the file; any number of times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl ConfigArgs {
    fn resolve<C: Config>(&self) -> Result<C, TrainError> {
        let mut layers = Layers::default();
        layers.preset::<C>(&self.preset)?;
        if let Some(file) = &self.config {
            layers.file(file)?;
        }
        for assignment in &self.set {
            layers.set(assignment)?;
        }
        Ok(layers.resolve::<C>()?.pinned())
    }
}

/// Where runs are made.
#[derive(Clone, Debug, Args)]
struct PlaceArgs {
    /// auto, cpu, cuda:N or metal (default: auto; with --resume the device that the runs were started on)
    ///
    /// `auto` is the GPU that the program is built for, else the CPU; what is recorded is the device it stands for. Under
    /// `cargo xtask` this flag also chooses what is built, so name the GPU with --resume, too.
    #[arg(long)]
    device: Option<DeviceSpec>,
    /// Runs side by side (default: one per core, on a GPU one)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// The folder of all runs
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    runs_dir: PathBuf,
    /// The name of this session below the folder of its experiment
    #[arg(long)]
    name: Option<String>,
}

impl PlaceArgs {
    /// The device asked for, or that of `before`; never `auto`.
    fn device(&self, before: Option<DeviceSpec>, bars: &ProgressBars) -> Result<DeviceSpec, TrainError> {
        let concrete = |device: DeviceSpec| -> Result<DeviceSpec, TrainError> {
            Ok(match device.open()?.location() {
                DeviceLocation::Cpu => DeviceSpec::Cpu,
                DeviceLocation::Cuda { gpu_id } => DeviceSpec::Cuda(gpu_id),
                DeviceLocation::Metal { .. } => DeviceSpec::Metal,
            })
        };
        let asked = self.device.map(concrete).transpose()?;
        match (asked, before) {
            (Some(asked), Some(before)) if asked != before && before != DeviceSpec::Auto => {
                bars.line(&format!(
                    "warning: started on device {before}, continues on {asked}: results will not be the same bit for bit"
                ));
                Ok(asked)
            }
            (Some(asked), _) => Ok(asked),
            (None, before) => concrete(before.unwrap_or_default()),
        }
    }

    /// Runs side by side on this device.
    fn jobs(&self, device: DeviceSpec) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let default = if device == DeviceSpec::Cpu { cores } else { 1 };
        self.jobs.map_or(default, usize::from)
    }

    /// The named folder, or a new one: `train-001`, `train-002`, ….
    fn folder(&self, experiment: &str, prefix: &str) -> Result<PathBuf, TrainError> {
        let parent = self.runs_dir.join(experiment);
        if let Some(name) = &self.name {
            if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
                return Err(TrainError::config(
                    format!("--name {name}"),
                    "expected the name of a folder, not a path",
                ));
            }
            return Ok(parent.join(name));
        }
        fs::create_dir_all(&parent).map_err(TrainError::io(&parent))?;
        for number in 1.. {
            let folder = parent.join(format!("{prefix}-{number:03}"));
            // Creating it is the test whether it is free: two programs may ask at once.
            match fs::create_dir(&folder) {
                Ok(()) => return Ok(folder),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(TrainError::Io { path: folder, source }),
            }
        }
        unreachable!("the numbers do not end")
    }
}

/// The experiment of a run or session.
fn experiment_of(folder: &Path) -> Result<ExperimentName, TrainError> {
    #[derive(Deserialize)]
    struct Named {
        experiment: String,
    }
    let files = [run::info_file(folder), run::session_file(folder)];
    let Some(path) = files.iter().find(|path| path.exists()) else {
        let message = "is no run and no session of runs: it has neither run.json nor session.json";
        return Err(TrainError::damaged(folder, message));
    };
    let bytes = fs::read(path).map_err(TrainError::io(path))?;
    let named: Named =
        serde_json::from_slice(&bytes).map_err(|error| TrainError::damaged(path, error.to_string()))?;
    ExperimentName::from_str(&named.experiment, false)
        .map_err(|_| TrainError::damaged(path, format!("unknown experiment '{}'", named.experiment)))
}

/// Writes a line of results.
fn print(output: &mut dyn Write, text: impl std::fmt::Display) -> Result<(), TrainError> {
    writeln!(output, "{text}").map_err(TrainError::Output)
}

/// What the runs were made with, in words.
fn data_of<C>(outcomes: &[Outcome<C>]) -> String {
    let mut found: Vec<&str> = outcomes.iter().map(|outcome| outcome.data.as_str()).collect();
    found.dedup();
    format!("data: {}", found.join("; "))
}

/// The runs that ended well; the others are reported, with what to do.
fn finished<C: Config>(
    session: &Session<C>,
    ended: Vec<Result<Outcome<C>, TrainError>>,
    to_do: &str,
    bars: &ProgressBars,
) -> Vec<Outcome<C>> {
    let mut outcomes = Vec::new();
    for ((name, _), result) in session.runs.iter().zip(ended) {
        match result {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => bars.line(&format!("error: run {name}: {error}")),
        }
    }
    if outcomes.len() < session.runs.len() {
        bars.line(&format!("what is done is kept: {to_do}"));
    }
    outcomes
}

/// An error if some runs of the session did not end well.
fn complete<C>(session: &Session<C>, outcomes: &[Outcome<C>]) -> Result<(), TrainError> {
    match session.runs.len() - outcomes.len() {
        0 => Ok(()),
        failed => Err(TrainError::Incomplete {
            failed,
            total: session.runs.len(),
            what: "runs",
        }),
    }
}

/// What goes wrong after the work is done must not hide what was found.
fn warn<T>(bars: &ProgressBars, result: Result<T, TrainError>) -> Option<T> {
    result
        .map_err(|error| bars.line(&format!("warning: {error}")))
        .ok()
}
