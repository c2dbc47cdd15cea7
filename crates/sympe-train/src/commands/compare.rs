//! `compare`: every setting of an experiment, several seeds, one table.

use super::outcomes::{complete, data_of, finished, warn};
use super::places::{ConfigArgs, PlaceArgs};
use super::tables::{learning_curves, write_report};
use crate::comparison::{Axis, Column, Row, Setting};
use crate::config::{Config, to_toml, with_seed};
use crate::files::write_atomic;
use crate::harness::run_name;
use crate::lock::Lock;
use crate::observe::ProgressBars;
use crate::report::{Block, Report, Table};
use crate::session::{Outcome, Session};
use crate::task::Task;
use crate::{TrainError, number};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;
use sympe_inspect::terminal::print;

/// Chooses every row of an axis.
const EVERY: &str = "all";

#[derive(Debug, Args)]
struct CompareArgs {
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

/// The command line of the comparison of an experiment: a flag per axis, and those that all have.
pub(super) fn command<T: Task>() -> Command {
    let flags = T::axes().into_iter().map(|axis| {
        let rows = axis
            .rows
            .iter()
            .map(|row| PossibleValue::new(row.name).help(row.about));
        let rows = rows.chain([PossibleValue::new(EVERY).help("All of them")]);
        Arg::new(axis.flag)
            .long(axis.flag)
            .help(axis.about)
            .action(ArgAction::Append)
            .value_delimiter(',')
            .value_name("NAME")
            .default_values(axis.default)
            .value_parser(PossibleValuesParser::new(rows))
    });
    CompareArgs::augment_args(Command::new(T::NAME).about(T::ABOUT).args(flags))
}

/// The rows of an axis that the command line names.
fn chosen<'a, C: Clone>(axis: &'a Axis<C>, matches: &ArgMatches) -> Vec<&'a Row<C>> {
    let names: Vec<&String> = matches.get_many(axis.flag).unwrap_or_default().collect();
    if names.iter().any(|name| *name == EVERY) {
        return axis.rows.iter().collect();
    }
    let row = |name: &&String| axis.rows.iter().find(|row| row.name == name.as_str());
    names.iter().filter_map(row).collect()
}

/// The runs of one setting: they differ in the seed only.
struct Line<'a, T: Task> {
    /// What tells the rows apart, name and value, always with the same names.
    labels: Vec<(&'static str, Option<String>)>,
    /// Those that ended well, at least one.
    runs: Vec<&'a Outcome<T::Config>>,
}

/// Trains every setting and prints the table.
pub(super) fn compare<T: Task>(matches: &ArgMatches, output: &mut dyn Write) -> Result<(), TrainError> {
    let args = CompareArgs::from_arg_matches(matches).expect("the command line has been parsed");
    let bars = ProgressBars::new();
    let base: T::Config = args.config.resolve()?;
    let axes = T::axes();
    let rows: Vec<Vec<&Row<T::Config>>> = axes.iter().map(|axis| chosen(axis, matches)).collect();
    let settings = Setting::all(&axes, &rows, &base);
    let of_seeds = |setting: &Setting<T::Config>| -> Vec<Setting<T::Config>> {
        let of_seed = |seed| {
            let first = setting.config.training().seed;
            Setting {
                config: with_seed(&setting.config, first.wrapping_add(seed)),
                values: setting.values.clone(),
            }
        };
        (0..args.seeds).map(of_seed).collect()
    };
    args.place.check()?;
    let device = args.place.device(None, &bars)?;
    let session = Session::new::<T>(device, settings.iter().flat_map(of_seeds));
    let jobs = args.place.jobs(session.device);
    // One folder by default: what is there already is not trained again.
    let place = PlaceArgs {
        name: args.place.name.or(Some("compare".to_owned())),
        ..args.place
    };
    session.try_out::<T>(place.named(T::NAME).as_deref())?;
    let folder = place.folder(T::NAME, "compare")?;
    let _lock = Lock::take(&folder)?;
    session.join(&folder)?;
    bars.line(&format!("{} runs in {}", session.runs.len(), folder.display()));
    let ended = session.run::<T>(&folder, jobs, &bars)?;
    let outcomes = finished(&session, ended, "repeat the command to continue", &bars);
    let line = |setting: &Setting<T::Config>| {
        let names = of_seeds(setting).iter().map(run_name).collect::<Vec<_>>();
        let context = T::context(&base)
            .into_iter()
            .map(|(name, value)| (name, Some(value)));
        let values = setting.values.iter().cloned();
        Line::<T> {
            labels: context
                .chain(axes.iter().map(|axis| axis.label).zip(values))
                .collect(),
            runs: outcomes.iter().filter(|run| names.contains(&run.name)).collect(),
        }
    };
    // Runs that failed are missing in their rows.
    let mut lines: Vec<Line<'_, T>> = settings.iter().map(line).collect();
    lines.retain(|line| !line.runs.is_empty());
    if !lines.is_empty() {
        tell(&lines, &base, &folder, args.json, &bars, output)?;
    }
    complete(&session, &outcomes)
}

/// Prints and writes the table and the report.
fn tell<T: Task>(
    lines: &[Line<'_, T>],
    base: &T::Config,
    folder: &Path,
    as_json: bool,
    bars: &ProgressBars,
    output: &mut dyn Write,
) -> Result<(), TrainError> {
    let of_runs = lines
        .iter()
        .flat_map(|line| line.runs.iter().map(|run| line.run_object(run)));
    let objects = of_runs.chain(lines.iter().map(Line::object));
    let json: String = objects.map(|object| format!("{object}\n")).collect();
    let outcomes: Vec<Outcome<T::Config>> = lines
        .iter()
        .flat_map(|line| line.runs.iter().map(|run| (*run).clone()))
        .collect();
    let (data, table) = (data_of(&outcomes), table(lines));
    // The files also where nobody reads the output.
    let printed = if as_json {
        print(output, json.trim_end())
    } else {
        print(output, format_args!("\n{data}\n\n{}", table.markdown()))
    };
    write_atomic(&folder.join("table.jsonl"), json.as_bytes())?;
    write_atomic(&folder.join("table.md"), table.markdown().as_bytes())?;
    let heading = match lines.iter().any(|line| line.runs.len() > 1) {
        true => "Test results, mean ± standard deviation over seeds",
        false => "Test results of one seed",
    };
    let report = Report::new(format!("sympe: comparison, {}", T::NAME))
        .with(heading, [Block::Text(data), Block::Table(table)])
        .with(
            "Learning curves of the first seed",
            curves_of_first_seed(lines, base.training().seed),
        )
        .with(
            "Base configuration",
            [Block::Listing("config.toml".into(), to_toml(base))],
        );
    if let Some(path) = warn(bars, write_report(&report, folder)) {
        bars.line(&format!("report: {}", path.display()));
    }
    Ok(printed?)
}

/// Learning curves, apart for each value of the first label.
fn curves_of_first_seed<T: Task>(lines: &[Line<'_, T>], seed: u64) -> Vec<Block> {
    let mut groups: Vec<(&str, Vec<Outcome<T::Config>>)> = Vec::new();
    for line in lines {
        let first = line.labels.first().and_then(|(_, value)| value.as_deref());
        let name = first.unwrap_or_default();
        let of_seed = line.runs.iter().filter(|run| run.config.training().seed == seed);
        let of_seed = of_seed.map(|run| (*run).clone());
        match groups.iter_mut().find(|(group, _)| *group == name) {
            Some((_, outcomes)) => outcomes.extend(of_seed),
            None => groups.push((name, of_seed.collect())),
        }
    }
    let mut blocks = Vec::new();
    for (group, outcomes) in groups {
        for block in learning_curves(&outcomes) {
            blocks.push(match block {
                Block::Figure(name, caption, svg) => {
                    Block::Figure(format!("{group}-{name}"), format!("{group}: {caption}"), svg)
                }
                other => other,
            });
        }
    }
    blocks
}

impl<T: Task> Line<'_, T> {
    /// The columns there are values for: some data have fewer.
    fn columns(&self) -> impl Iterator<Item = &'static Column> {
        let known = &self.runs[0].results.test;
        T::COLUMNS
            .iter()
            .filter(|column| known.contains_key(column.metric))
    }

    /// The labels as the start of a JSON object.
    fn labelled(&self) -> Map<String, Value> {
        let label = |(name, value): &(&str, Option<String>)| ((*name).to_owned(), json!(value));
        self.labels.iter().map(label).collect()
    }

    fn run_object(&self, run: &Outcome<T::Config>) -> Value {
        let mut object = self.labelled();
        for column in self.columns() {
            object.insert(
                column.metric.to_owned(),
                number::json(run.results.test[column.metric]),
            );
        }
        for (key, value) in [
            ("seed", json!(run.config.training().seed)),
            ("epochs", json!(run.results.epochs)),
            ("breaking_share", number::json(run.breaking_share)),
            ("parameters", json!(run.results.parameters)),
            ("best_epoch", json!(run.results.best_epoch)),
        ] {
            object.insert(key.to_owned(), value);
        }
        object.into()
    }

    /// Mean and sample standard deviation over the seeds; one seed has no deviation, nor has what is not finite.
    fn statistics(&self, value: impl Fn(&Outcome<T::Config>) -> f64) -> (f64, Option<f64>) {
        let values: Vec<f64> = self.runs.iter().map(|run| value(run)).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (
            mean,
            (values.len() > 1 && mean.is_finite()).then(|| (squares / (count - 1.0)).sqrt()),
        )
    }

    fn metric(&self, name: &str) -> (f64, Option<f64>) {
        self.statistics(|run| run.results.test[name])
    }

    fn object(&self) -> Value {
        let pair = |(mean, deviation): (f64, Option<f64>)| json!({"mean": number::json(mean), "sd": deviation.map(number::json)});
        let mut object = self.labelled();
        for column in self.columns() {
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

fn table<T: Task>(lines: &[Line<'_, T>]) -> Table {
    let Some(first) = lines.first() else {
        return Table::default();
    };
    let head = (first.labels.iter().map(|(name, _)| *name))
        .chain(["seeds"])
        .chain(first.columns().map(|column| column.heading))
        .chain(["breaking, % of time", "parameters"])
        .map(str::to_owned)
        .collect();
    let plus_minus = |(mean, deviation): (f64, Option<f64>), digits: usize| match deviation {
        Some(deviation) => format!("{mean:.digits$} ± {deviation:.digits$}"),
        None => format!("{mean:.digits$}"),
    };
    let row = |line: &Line<'_, T>| {
        let labels = line.labels.iter();
        let mut cells: Vec<String> = labels
            .map(|(_, value)| value.clone().unwrap_or_default())
            .collect();
        cells.push(line.runs.len().to_string());
        for column in first.columns() {
            cells.push(plus_minus(line.metric(column.metric), column.digits));
        }
        cells.push(plus_minus(line.statistics(|run| 100.0 * run.breaking_share), 2));
        cells.push(line.runs[0].results.parameters.to_string());
        cells
    };
    Table {
        head,
        rows: lines.iter().map(row).collect(),
    }
}
