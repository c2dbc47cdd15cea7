//! `train`: one experiment, without breaking and with it, side by side.

use super::{ConfigArgs, ExperimentName, PlaceArgs, dispatch, experiment_of, print, warn};
use crate::TrainError;
use crate::config::to_toml;
use crate::experiment::Experiment;
use crate::observe::ProgressBars;
use crate::report::{Block, Curve, Report, Table, curves};
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
    let (folder, outcomes) = match &args.resume {
        Some(folder) if run::config_file(folder).exists() => (
            folder.clone(),
            vec![resume_one::<E>(folder, args.place.device, &bars)?],
        ),
        Some(folder) => {
            let session: Session<E::Config> = Session::read(folder)?;
            (
                folder.clone(),
                session.run::<E>(folder, args.place.jobs()?, &bars)?,
            )
        }
        None => {
            let config: E::Config = args.config.resolve()?;
            let baseline = if args.only { None } else { E::baseline(&config) };
            let session = Session::new::<E>(args.place.device, baseline.into_iter().chain([config]));
            let jobs = args.place.jobs()?;
            let folder = args.place.folder(E::NAME, "train")?;
            if run::session_file(&folder).exists() {
                let message = format!(
                    "holds a session already: continue it with --resume {}",
                    folder.display()
                );
                return Err(TrainError::damaged(&folder, message));
            }
            session.write(&folder)?;
            bars.line(&format!("runs in {}", folder.display()));
            let outcomes = session.run::<E>(&folder, jobs, &bars);
            if outcomes.is_err() {
                bars.line(&format!(
                    "what is done is kept: continue with --resume {}",
                    folder.display()
                ));
            }
            (folder, outcomes?)
        }
    };
    let table = table(&outcomes);
    // The table first: a report that fails must not hide it.
    print(output, format_args!("\n{}", table.markdown()))?;
    let report = report::<E>(&folder, &outcomes, table, args.place.device, &bars);
    if let Some(path) = warn(&bars, report) {
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

/// Validation metrics of all runs, one figure per metric.
pub(super) fn learning_curves<C>(outcomes: &[Outcome<C>]) -> Result<Vec<Block>, TrainError> {
    let names: Vec<String> = outcomes
        .first()
        .map_or(Vec::new(), |o| o.results.test.keys().cloned().collect());
    let mut blocks = Vec::new();
    for name in ["train_loss".to_owned()].into_iter().chain(names) {
        let mut found = Vec::new();
        for outcome in outcomes {
            let lines = run::read_lines(&run::metrics_file(&outcome.folder))?;
            let point = |line: &serde_json::Map<String, serde_json::Value>| {
                Some((line.get("epoch")?.as_f64()? + 1.0, line.get(&name)?.as_f64()?))
            };
            found.push(Curve {
                name: outcome.name.clone(),
                points: lines.iter().filter_map(point).collect(),
            });
        }
        let title = match name.as_str() {
            "train_loss" => "training loss".to_owned(),
            name => format!("validation {}", name.replace('_', " ")),
        };
        let svg = curves(&title, "epoch", &title, &found)?;
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
    table: Table,
    device: DeviceSpec,
    bars: &ProgressBars,
) -> Result<PathBuf, TrainError> {
    let device = device.open()?;
    let mut runs = Vec::new();
    for outcome in outcomes {
        if let Some(experiment) = warn(bars, run::load::<E>(&outcome.folder, &device)) {
            runs.push((outcome.name.clone(), experiment));
        }
    }
    let settings = outcomes
        .iter()
        .map(|outcome| Block::Listing(outcome.name.clone(), to_toml(&outcome.config)));
    Report::new(format!("sympe: {}", E::NAME))
        .with("Results", [Block::Table(table)])
        .with("Predictions", E::figures(&runs)?)
        .with("Learning curves", learning_curves(outcomes)?)
        .with("Configuration", settings)
        .write(folder)
}
