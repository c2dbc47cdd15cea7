//! `compare`: every setting of an experiment, several seeds, one table.

use super::train::learning_curves;
use super::{ConfigArgs, PlaceArgs, complete, data_of, finished, print, warn};
use crate::TrainError;
use crate::checkpoint::write_atomic;
use crate::config::{Config, to_toml};
use crate::experiment::{Column, Comparison, Experiment, Options};
use crate::graph_autoencoder::GraphAutoencoderComparison;
use crate::graph_diffusion::GraphDiffusionComparison;
use crate::ising::IsingComparison;
use crate::observe::ProgressBars;
use crate::report::{Block, Report, Table};
use crate::session::{Outcome, Session};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::io::Write;

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    #[command(subcommand)]
    experiment: CompareExperiment,
}

#[derive(Debug, Subcommand)]
enum CompareExperiment {
    /// Graph autoencoders: networks × breakers × kernels × seeds
    GraphAutoencoder(SettingsArgs<GraphAutoencoderComparison>),
    /// Graph diffusion: methods × seeds
    GraphDiffusion(SettingsArgs<GraphDiffusionComparison>),
    /// Ground states of magnets: methods × seeds
    Ising(SettingsArgs<IsingComparison>),
}

#[derive(Debug, Args)]
struct SettingsArgs<C: Comparison> {
    #[command(flatten)]
    comparison: C,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    place: PlaceArgs,
    /// Runs of each setting
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// One JSON object per run and one per row of the table instead of the table
    #[arg(long)]
    json: bool,
}

pub(super) fn compare(args: CompareArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    match args.experiment {
        CompareExperiment::GraphAutoencoder(args) => table_of_runs(args, output),
        CompareExperiment::GraphDiffusion(args) => table_of_runs(args, output),
        CompareExperiment::Ising(args) => table_of_runs(args, output),
    }
}

/// The runs of one setting: they differ in the seed only.
struct Row<'a, C: Comparison> {
    runs: Vec<&'a Outcome<Options<C>>>,
}

fn table_of_runs<C: Comparison>(args: SettingsArgs<C>, output: &mut dyn Write) -> Result<(), TrainError> {
    let bars = ProgressBars::new();
    let base: Options<C> = args.config.resolve()?;
    let first_seed = base.training().seed;
    // What is named twice is trained once.
    let mut settings: Vec<Options<C>> = Vec::new();
    for setting in args.comparison.settings(&base) {
        if !settings.contains(&setting) {
            settings.push(setting);
        }
    }
    let with_seeds = settings.iter().flat_map(|setting| {
        (0..args.seeds).map(|seed| {
            let mut config = setting.clone();
            config.training_mut().seed = first_seed.wrapping_add(seed);
            config
        })
    });
    let session = Session::new::<C::Experiment>(args.place.device(None, &bars)?, with_seeds);
    let jobs = args.place.jobs(session.device);
    // One folder by default: what is there already is not trained again.
    let place = PlaceArgs {
        name: args.place.name.clone().or(Some("compare".to_owned())),
        ..args.place
    };
    let folder = place.folder(C::Experiment::NAME, "compare")?;
    session.join(&folder)?;
    bars.line(&format!("{} runs in {}", session.runs.len(), folder.display()));
    let ended = session.run::<C::Experiment>(&folder, jobs, &bars)?;
    let outcomes = finished(&session, ended, "repeat the command to continue", &bars);
    if outcomes.is_empty() {
        return complete(&session, &outcomes);
    }

    // Runs that failed are missing in their rows.
    let of_setting = |setting: &Options<C>| Row {
        runs: outcomes
            .iter()
            .filter(|run| {
                let mut config = run.config.clone();
                config.training_mut().seed = first_seed;
                config == *setting
            })
            .collect(),
    };
    let mut rows: Vec<Row<'_, C>> = settings.iter().map(of_setting).collect();
    rows.retain(|row| !row.runs.is_empty());
    let objects: Vec<Value> = outcomes
        .iter()
        .map(run_object::<C>)
        .chain(rows.iter().map(Row::object))
        .collect();
    let lines: String = objects.iter().map(|object| format!("{object}\n")).collect();
    let table = table(&rows);
    // The files also where nobody reads the output.
    let printed = if args.json {
        print(output, lines.trim_end())
    } else {
        print(
            output,
            format_args!("\n{}\n\n{}", data_of(&outcomes), table.markdown()),
        )
    };
    write_atomic(&folder.join("table.jsonl"), lines.as_bytes())?;
    write_atomic(&folder.join("table.md"), table.markdown().as_bytes())?;
    let report = Report::new(format!("sympe: comparison, {}", C::Experiment::NAME))
        .with(
            "Test results, mean ± standard deviation over seeds",
            [Block::Text(data_of(&outcomes)), Block::Table(table)],
        )
        .with(
            "Learning curves of the first seed",
            warn(&bars, curves_of_first_seed::<C>(&outcomes, first_seed)).unwrap_or_default(),
        )
        .with(
            "Base configuration",
            [Block::Listing("config.toml".into(), to_toml(&base))],
        )
        .write(&folder);
    if let Some(path) = warn(&bars, report) {
        bars.line(&format!("report: {}", path.display()));
    }
    printed?;
    complete(&session, &outcomes)
}

/// The value of the first label.
fn group<C: Comparison>(config: &Options<C>) -> String {
    C::labels(config)
        .into_iter()
        .next()
        .and_then(|(_, value)| value)
        .unwrap_or_default()
}

/// Learning curves, apart for each value of the first label.
fn curves_of_first_seed<C: Comparison>(
    outcomes: &[Outcome<Options<C>>],
    seed: u64,
) -> Result<Vec<Block>, TrainError> {
    let mut groups: Vec<(String, Vec<Outcome<Options<C>>>)> = Vec::new();
    for outcome in outcomes.iter().filter(|o| o.config.training().seed == seed) {
        let name = group::<C>(&outcome.config);
        match groups.iter_mut().find(|(group, _)| *group == name) {
            Some((_, outcomes)) => outcomes.push(outcome.clone()),
            None => groups.push((name, vec![outcome.clone()])),
        }
    }
    let mut blocks = Vec::new();
    for (group, outcomes) in groups {
        for block in learning_curves(&outcomes)? {
            blocks.push(match block {
                Block::Figure(name, caption, svg) => {
                    Block::Figure(format!("{group}-{name}"), format!("{group}: {caption}"), svg)
                }
                other => other,
            });
        }
    }
    Ok(blocks)
}

/// The columns there are values for: some data have fewer.
fn columns<C: Comparison>(run: &Outcome<Options<C>>) -> impl Iterator<Item = &'static Column> {
    C::COLUMNS
        .iter()
        .filter(|column| run.results.test.contains_key(column.metric))
}

/// The labels of a setting as the start of a JSON object.
fn labelled<C: Comparison>(config: &Options<C>) -> Map<String, Value> {
    let label = |(name, value): (&str, Option<String>)| (name.to_owned(), json!(value));
    C::labels(config).into_iter().map(label).collect()
}

fn run_object<C: Comparison>(run: &Outcome<Options<C>>) -> Value {
    let mut object = labelled::<C>(&run.config);
    for column in columns::<C>(run) {
        object.insert(column.metric.to_owned(), json!(run.results.test[column.metric]));
    }
    for (key, value) in [
        ("seed", json!(run.config.training().seed)),
        ("epochs", json!(run.results.epochs)),
        ("breaking_share", json!(run.breaking_share)),
        ("parameters", json!(run.results.parameters)),
        ("best_epoch", json!(run.results.best_epoch)),
    ] {
        object.insert(key.to_owned(), value);
    }
    object.into()
}

impl<C: Comparison> Row<'_, C> {
    fn config(&self) -> &Options<C> {
        &self.runs[0].config
    }

    /// Mean and sample standard deviation over the seeds.
    fn statistics(&self, value: impl Fn(&Outcome<Options<C>>) -> f64) -> (f64, f64) {
        let values: Vec<f64> = self.runs.iter().map(|run| value(run)).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (mean, (squares / (count - 1.0).max(1.0)).sqrt())
    }

    fn metric(&self, name: &str) -> (f64, f64) {
        self.statistics(|run| run.results.test[name])
    }

    fn object(&self) -> Value {
        let pair = |(mean, deviation): (f64, f64)| json!({"mean": mean, "sd": deviation});
        let mut object = labelled::<C>(self.config());
        for column in columns::<C>(self.runs[0]) {
            object.insert(column.metric.to_owned(), pair(self.metric(column.metric)));
        }
        for (key, value) in [
            ("row", json!(true)),
            ("seeds", json!(self.runs.len())),
            ("epochs", json!(self.runs[0].results.epochs)),
            ("breaking_share", pair(self.statistics(|run| run.breaking_share))),
        ] {
            object.insert(key.to_owned(), value);
        }
        object.into()
    }
}

fn table<C: Comparison>(rows: &[Row<'_, C>]) -> Table {
    let Some(first) = rows.first() else {
        return Table::default();
    };
    let labels = C::labels(first.config());
    let head = labels
        .iter()
        .map(|(name, _)| *name)
        .chain(["seeds"])
        .chain(columns::<C>(first.runs[0]).map(|column| column.heading))
        .chain(["breaking, % of time", "parameters"])
        .map(str::to_owned)
        .collect();
    let plus_minus =
        |(mean, deviation): (f64, f64), digits: usize| format!("{mean:.digits$} ± {deviation:.digits$}");
    let row = |row: &Row<'_, C>| {
        let labels = C::labels(row.config()).into_iter();
        let mut cells: Vec<String> = labels.map(|(_, value)| value.unwrap_or_default()).collect();
        cells.push(row.runs.len().to_string());
        for column in columns::<C>(first.runs[0]) {
            cells.push(plus_minus(row.metric(column.metric), column.digits));
        }
        cells.push(plus_minus(row.statistics(|run| 100.0 * run.breaking_share), 2));
        cells.push(row.runs[0].results.parameters.to_string());
        cells
    };
    Table {
        head,
        rows: rows.iter().map(row).collect(),
    }
}
