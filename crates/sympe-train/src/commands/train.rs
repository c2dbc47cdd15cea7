//! `train`: one experiment, without breaking and with it, side by side.

use super::outcomes::{complete, data_of, finished, warn};
use super::places::{ConfigArgs, PlaceArgs};
use super::tables::{learning_curves, short_run_names, table, write_listings, write_report};
use crate::TrainError;
use crate::communicator::Communicator;
use crate::comparison::Setting;
use crate::config::to_toml;
use crate::harness;
use crate::lock::Lock;
use crate::observe::ProgressBars;
use crate::report::{Block, Report, Table};
use crate::run;
use crate::session::{Outcome, Session, resume_one};
use crate::task::Task;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sympe_inspect::terminal::print;
use sympe_nn::device::DeviceSpec;

/// Train an experiment, without breaking symmetry and with SymPE, and write a report.
///
/// A run is a folder with its configuration, metrics, checkpoints and weights. Both runs, a table and `report.html` go into a
/// folder `train-001`, `train-002`, … of their own below --runs-dir.
#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// What to train
    pub(super) experiment: String,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    place: PlaceArgs,
    /// Train only the configured run, not the one without breaking beside it
    #[arg(long)]
    only: bool,
    /// Continue an interrupted run or session from its last checkpoint
    #[arg(long, value_name = "RUN", conflicts_with_all = ["preset", "config", "set", "name", "only"])]
    pub(super) resume: Option<PathBuf>,
}

/// Trains, or continues what `--resume` names.
pub(super) fn train<T: Task>(
    args: &TrainArgs,
    world: &Arc<dyn Communicator>,
    output: &mut dyn Write,
) -> Result<(), TrainError> {
    if !world.is_first() {
        return Session::<T::Config>::assist::<T>(world);
    }
    let bars = ProgressBars::new();
    let place = &args.place;
    let (folder, session) = match &args.resume {
        Some(folder) if run::is_started(folder)? => {
            // One run that stands alone, or was picked out of a session.
            let before = run::read_info(folder)?.device.parse()?;
            let device = place.device(Some(before), &bars)?;
            let outcome = resume_one::<T>(folder, device, world, &bars)?;
            return results::<T>(folder, &[outcome], device, &bars, output);
        }
        Some(folder) => {
            let mut session: Session<T::Config> = Session::read(folder)?;
            session.device = place.device(Some(session.device), &bars)?;
            (folder.clone(), session)
        }
        None => {
            let config: T::Config = args.config.resolve()?;
            let baseline = if args.only {
                None
            } else {
                harness::baseline::<T>(&config)
            };
            place.check()?;
            let device = place.device(None, &bars)?;
            let configured = Setting::current(&T::axes(), config);
            let session = Session::new::<T>(device, baseline.into_iter().chain([configured]));
            if let Some(folder) = place
                .named(T::NAME)
                .filter(|folder| run::session_file(folder).exists())
            {
                // If a program works there, that is what to say.
                Lock::take(&folder)?;
                refuse_session(&folder)?;
            }
            session.try_out::<T>(None)?;
            (place.folder(T::NAME, "train")?, session)
        }
    };
    // Two programs may be started with the same name, or continue the same session.
    let _lock = Lock::take(&folder)?;
    if args.resume.is_none() {
        refuse_session(&folder)?;
        session.write(&folder)?;
        bars.line(&format!("runs in {}", folder.display()));
    }
    let ended = session.run::<T>(
        &folder,
        place.jobs(session.device, world.local_size()),
        world,
        &bars,
    )?;
    let to_do = format!("continue with --resume {}", folder.display());
    let outcomes = finished(&session, ended, &to_do, &bars);
    results::<T>(&folder, &outcomes, session.device, &bars, output)?;
    complete(&session, &outcomes)
}

/// An error if the folder holds a session.
fn refuse_session(folder: &Path) -> Result<(), TrainError> {
    if !run::session_file(folder).exists() {
        return Ok(());
    }
    Err(TrainError::Exists {
        path: folder.to_owned(),
        what: "session",
    })
}

/// Prints the table and writes the report.
fn results<T: Task>(
    folder: &Path,
    outcomes: &[Outcome<T::Config>],
    device: DeviceSpec,
    bars: &ProgressBars,
    output: &mut dyn Write,
) -> Result<(), TrainError> {
    if outcomes.is_empty() {
        return Ok(());
    }
    let table = table(outcomes);
    // The table first: a report that fails must not hide it. The report also where nobody reads the table.
    let printed = print(
        output,
        format_args!("\n{}\n\n{}", data_of(outcomes), table.markdown()),
    );
    let report = warn(bars, report::<T>(folder, outcomes, table, device, bars));
    printed?;
    if let Some(path) = report {
        print(output, format_args!("report: {}", path.display()))?;
    }
    Ok(())
}

fn report<T: Task>(
    folder: &Path,
    outcomes: &[Outcome<T::Config>],
    mut table: Table,
    device: DeviceSpec,
    bars: &ProgressBars,
) -> Result<PathBuf, TrainError> {
    let device = device.open()?;
    let mut runs = Vec::new();
    let names = short_run_names(outcomes);
    for ((outcome, name), row) in outcomes.iter().zip(names).zip(&mut table.rows) {
        row[0].clone_from(&name);
        if let Some(run) = warn(bars, run::load::<T>(&outcome.folder, &device)) {
            runs.push((name, run));
        }
    }
    let models: Vec<(String, &T)> = runs
        .iter()
        .map(|(name, run)| (name.clone(), run.task()))
        .collect();
    let rows: Vec<(String, Vec<&T>)> = (models.iter())
        .map(|(name, run)| (name.clone(), vec![*run]))
        .collect();
    let details = T::details(&rows)?;
    write_listings(&details, folder)?;
    let settings = outcomes
        .iter()
        .map(|outcome| Block::Listing(outcome.name.clone(), to_toml(&outcome.config)));
    let report = Report::new(format!("sympe: {}", T::NAME))
        .with("Results", [Block::Text(data_of(outcomes)), Block::Table(table)])
        .with("Predictions", T::figures(&models)?.into_iter().chain(details))
        .with("Learning curves", learning_curves(outcomes))
        .with("Configuration", settings);
    write_report(&report, folder)
}
