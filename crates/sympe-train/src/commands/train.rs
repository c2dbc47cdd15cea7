//! `train`: one experiment, without breaking and with it, side by side.

use super::{
    ConfigArgs, ExperimentName, PlaceArgs, complete, data_of, dispatch, experiment_of, finished, print, warn,
};
use crate::TrainError;
use crate::config::to_toml;
use crate::experiment::Experiment;
use crate::observe::ProgressBars;
use crate::report::{Block, Curve, Report, Table, curves, short_names};
use crate::run;
use crate::session::{Outcome, Session, resume_one};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};
use sympe_nn::device::DeviceSpec;

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// What to train
    #[arg(value_enum, default_value = "graph-autoencoder")]
    experiment: ExperimentName,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    place: PlaceArgs,
    /// Train only the configured run, not the one without breaking beside it
    #[arg(long)]
    only: bool,
    /// Continue an interrupted run or session from its last checkpoint
    #[arg(long, value_name = "RUN", conflicts_with_all = ["preset", "config", "set", "name", "only"])]
    resume: Option<PathBuf>,
}

pub(super) fn train(args: TrainArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    let experiment = match &args.resume {
        Some(folder) => experiment_of(folder)?,
        None => args.experiment,
    };
    dispatch!(experiment, session(&args, output))
}

fn session<E: Experiment>(args: &TrainArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    let bars = ProgressBars::new();
    let place = &args.place;
    let (folder, session) = match &args.resume {
        Some(folder) if run::config_file(folder).exists() => {
            // One run that stands alone, or was picked out of a session.
            let before = run::read_info(folder)?.device.parse()?;
            let device = place.device(Some(before), &bars)?;
            let outcome = resume_one::<E>(folder, device, &bars)?;
            return results::<E>(folder, &[outcome], device, &bars, output);
        }
        Some(folder) => {
            let mut session: Session<E::Config> = Session::read(folder)?;
            session.device = place.device(Some(session.device), &bars)?;
            (folder.clone(), session)
        }
        None => {
            let config: E::Config = args.config.resolve()?;
            let baseline = if args.only { None } else { E::baseline(&config) };
            let device = place.device(None, &bars)?;
            let session = Session::new::<E>(device, baseline.into_iter().chain([config]));
            let folder = place.folder(E::NAME, "train")?;
            if run::session_file(&folder).exists() {
                let message = format!(
                    "holds a session already: continue it with --resume {}",
                    folder.display()
                );
                return Err(TrainError::damaged(&folder, message));
            }
            session.write(&folder)?;
            bars.line(&format!("runs in {}", folder.display()));
            (folder, session)
        }
    };
    let ended = session.run::<E>(&folder, place.jobs(session.device), &bars)?;
    let to_do = format!("continue with --resume {}", folder.display());
    let outcomes = finished(&session, ended, &to_do, &bars);
    results::<E>(&folder, &outcomes, session.device, &bars, output)?;
    complete(&session, &outcomes)
}

/// Prints the table and writes the report.
fn results<E: Experiment>(
    folder: &Path,
    outcomes: &[Outcome<E::Config>],
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
    let report = warn(bars, report::<E>(folder, outcomes, table, device, bars));
    printed?;
    if let Some(path) = report {
        print(output, format_args!("report: {}", path.display()))?;
    }
    Ok(())
}

/// One row per run.
pub(super) fn table<C>(outcomes: &[Outcome<C>]) -> Table {
    let names: Vec<String> = outcomes
        .first()
        .map_or(Vec::new(), |o| o.results.test.keys().cloned().collect());
    let head = ["run", "parameters", "epochs"].map(str::to_owned).into_iter();
    let metrics = names
        .iter()
        .map(|name| format!("test {}", name.replace('_', " ")));
    let head = head
        .chain(metrics)
        .chain(["breaking, % of time".to_owned()])
        .collect();
    let row = |outcome: &Outcome<C>| {
        let results = &outcome.results;
        let mut cells = vec![
            outcome.name.clone(),
            results.parameters.to_string(),
            results.epochs.to_string(),
        ];
        cells.extend(names.iter().map(|name| format!("{:.4}", results.test[name])));
        cells.push(format!("{:.2}", 100.0 * outcome.breaking_share));
        cells
    };
    Table {
        head,
        rows: outcomes.iter().map(row).collect(),
    }
}

/// The names of runs in as few words as tell them apart.
fn short_run_names<C>(outcomes: &[Outcome<C>]) -> Vec<String> {
    let names: Vec<&str> = outcomes.iter().map(|outcome| outcome.name.as_str()).collect();
    short_names(&names)
}

/// Validation metrics of all runs, one figure per metric.
pub(super) fn learning_curves<C>(outcomes: &[Outcome<C>]) -> Result<Vec<Block>, TrainError> {
    let names: Vec<String> = outcomes
        .first()
        .map_or(Vec::new(), |o| o.results.test.keys().cloned().collect());
    let runs = short_run_names(outcomes);
    let mut blocks = Vec::new();
    for name in ["train_loss".to_owned()].into_iter().chain(names) {
        let mut found = Vec::new();
        for (outcome, run) in outcomes.iter().zip(&runs) {
            let lines = run::read_lines(&run::metrics_file(&outcome.folder))?;
            let point = |line: &serde_json::Map<String, serde_json::Value>| {
                Some((line.get("epoch")?.as_f64()? + 1.0, line.get(&name)?.as_f64()?))
            };
            found.push(Curve {
                name: run.clone(),
                points: lines.iter().filter_map(point).collect(),
            });
        }
        // Some metrics are those of the test set only.
        if found.iter().all(|curve| curve.points.is_empty()) {
            continue;
        }
        let title = match name.as_str() {
            "train_loss" => "training loss".to_owned(),
            name => format!("validation {}", name.replace('_', " ")),
        };
        let svg = curves(&title, "epoch", &title, &found);
        blocks.push(Block::Figure(
            format!("curve-{}", name.replace('_', "-")),
            title,
            svg,
        ));
    }
    Ok(blocks)
}

fn report<E: Experiment>(
    folder: &Path,
    outcomes: &[Outcome<E::Config>],
    mut table: Table,
    device: DeviceSpec,
    bars: &ProgressBars,
) -> Result<PathBuf, TrainError> {
    let device = device.open()?;
    let mut runs = Vec::new();
    let names = short_run_names(outcomes);
    for ((outcome, name), row) in outcomes.iter().zip(names).zip(&mut table.rows) {
        row[0].clone_from(&name);
        if let Some(experiment) = warn(bars, run::load::<E>(&outcome.folder, &device)) {
            runs.push((name, experiment));
        }
    }
    let settings = outcomes
        .iter()
        .map(|outcome| Block::Listing(outcome.name.clone(), to_toml(&outcome.config)));
    Report::new(format!("sympe: {}", E::NAME))
        .with("Results", [Block::Text(data_of(outcomes)), Block::Table(table)])
        .with("Predictions", E::figures(&runs)?)
        .with("Learning curves", learning_curves(outcomes)?)
        .with("Configuration", settings)
        .write(folder)
}
