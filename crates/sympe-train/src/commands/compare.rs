//! `compare`: every setting of an experiment, several seeds, one table.

use super::budget::budget;
use super::lines::{Line, table};
use super::outcomes::{complete, data_of, finished, warn};
use super::places::{ConfigArgs, PlaceArgs};
use super::tables::{write_listings, write_report};
use crate::communicator::Communicator;
use crate::comparison::{Axis, Row, Setting};
use crate::config::{Config, to_toml, with_seed};
use crate::files::write_atomic;
use crate::harness::run_name;
use crate::lock::Lock;
use crate::observe::ProgressBars;
use crate::report::{Block, Report};
use crate::session::{Outcome, Session};
use crate::task::Task;
use crate::{TrainError, run};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use sympe_inspect::terminal::print;
use sympe_nn::device::DeviceSpec;

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
    /// Choose the scale of each way of breaking on validation, by runs of the first seed
    ///
    /// 0.5, 1, 2 and 4 times the configured scale are tried for each setting; the best on validation is compared.
    #[arg(long)]
    tune: bool,
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

/// What is compared.
struct Plan<C> {
    base: C,
    axes: Vec<Axis<C>>,
    settings: Vec<Setting<C>>,
    /// What each setting may be tuned to; empty where nothing is tuned.
    choices: Vec<Vec<Setting<C>>>,
}

impl<C: Config> Plan<C> {
    fn new<T: Task<Config = C>>(args: &CompareArgs, matches: &ArgMatches) -> Result<Self, TrainError> {
        let base: C = args.config.resolve()?;
        let mut axes = T::axes();
        let rows: Vec<Vec<&Row<C>>> = axes.iter().map(|axis| chosen(axis, matches)).collect();
        let settings = Setting::all(&axes, &rows, &base);
        let mut choices = Vec::new();
        if args.tune {
            let Some(axis) = T::tuned() else {
                let message = format!("{} has no scale to tune", T::NAME);
                return Err(TrainError::config("--tune", message));
            };
            choices = settings.iter().map(|setting| setting.choices(&axis)).collect();
            axes.push(axis);
        }
        Ok(Self {
            base,
            axes,
            settings,
            choices,
        })
    }

    /// Every setting that may be trained.
    fn all(&self) -> Vec<Setting<C>> {
        match self.choices.is_empty() {
            true => self.settings.clone(),
            false => self.choices.concat(),
        }
    }

    /// Trains every choice with the first seed; the settings are those with the best validation metrics from then on.
    fn tune<T: Task<Config = C>>(
        &mut self,
        device: DeviceSpec,
        folder: &Path,
        jobs: usize,
        world: &Arc<dyn Communicator>,
        bars: &ProgressBars,
    ) -> Result<(), TrainError> {
        // Where there is one choice there is nothing to try.
        let tried = self.choices.iter().filter(|choices| choices.len() > 1).flatten();
        let session = Session::new::<T>(device, tried.cloned());
        announce(&session, "tuning: ", folder, world, bars)?;
        let Some(ended) = session.spread::<T>(folder, jobs, world, bars)? else {
            self.settle(world.share(Vec::new())?);
            return Ok(());
        };
        let outcomes = finished(&session, ended, AGAIN, bars);
        complete(&session, &outcomes)?;
        let validation = |choice: &Setting<C>| {
            let name = run_name(choice);
            let found = outcomes.iter().find(|outcome| outcome.name == name);
            // NaN is never the best.
            let value = found.map_or(f64::INFINITY, |outcome| outcome.results.validation);
            if value.is_nan() { f64::INFINITY } else { value }
        };
        let best = |choices: &Vec<Setting<C>>| {
            let of = |index: &usize| validation(&choices[*index]);
            let best = (0..choices.len()).min_by(|a, b| of(a).total_cmp(&of(b)));
            best.expect("an axis has rows")
        };
        let best = self.choices.iter().map(best).collect();
        self.settle(world.share(best)?);
        Ok(())
    }

    /// Of each setting's choices that with this index is compared.
    fn settle(&mut self, best: Vec<usize>) {
        self.settings = (self.choices.iter().zip(best))
            .map(|(choices, best)| choices[best].clone())
            .collect();
    }
}

/// Writes the session into the folder before any process trains a run of it. An error unless all processes have the same.
fn announce<C: Config>(
    session: &Session<C>,
    what: &str,
    folder: &Path,
    world: &Arc<dyn Communicator>,
    bars: &ProgressBars,
) -> Result<(), TrainError> {
    if world.is_first() {
        session.join(folder)?;
        let (count, folder) = (session.runs.len(), folder.display());
        bars.line(&format!("{what}{count} runs in {folder}"));
    }
    if world.share(session.clone())? == *session {
        return Ok(());
    }
    let message = "was started for other runs than process 0, expected the same command line for all";
    Err(TrainError::config(format!("process {}", world.rank()), message))
}

/// What helps where runs failed.
const AGAIN: &str = "repeat the command to continue";

/// The runs of a setting.
fn of_seeds<C: Config>(setting: &Setting<C>, seeds: u64) -> Vec<Setting<C>> {
    let first = setting.config.training().seed;
    let of_seed = |seed| Setting {
        config: with_seed(&setting.config, first.wrapping_add(seed)),
        values: setting.values.clone(),
    };
    (0..seeds).map(of_seed).collect()
}

/// Trains every setting and prints the table.
///
/// Several processes train runs of their own, and the first one looks at all of them.
pub(super) fn compare<T: Task>(
    matches: &ArgMatches,
    world: &Arc<dyn Communicator>,
    output: &mut dyn Write,
) -> Result<(), TrainError> {
    let args = CompareArgs::from_arg_matches(matches).expect("the command line has been parsed");
    let bars = ProgressBars::new();
    let mut plan = Plan::new::<T>(&args, matches)?;
    args.place.check()?;
    let device = args.place.device(None, &bars)?;
    // One folder by default: what is there already is not trained again.
    let place = PlaceArgs {
        name: args.place.name.or(Some("compare".to_owned())),
        ..args.place
    };
    let folder = place.named(T::NAME).expect("it has a name");
    let prepare = || {
        let all = Session::new::<T>(device, plan.all());
        all.try_out::<T>(Some(&folder))?;
        place.folder(T::NAME, "compare")?;
        Lock::take(&folder)
    };
    let _lock = world.is_first().then(prepare).transpose()?;
    let jobs = place.jobs(device, world.local_size());
    if args.tune {
        plan.tune::<T>(device, &folder, jobs, world, &bars)?;
    }
    let runs = plan
        .settings
        .iter()
        .flat_map(|setting| of_seeds(setting, args.seeds));
    let session = Session::new::<T>(device, runs);
    announce(&session, "", &folder, world, &bars)?;
    let Some(ended) = session.spread::<T>(&folder, jobs, world, &bars)? else {
        return Ok(());
    };
    let outcomes = finished(&session, ended, AGAIN, &bars);
    let lines = lines::<T>(&plan, &outcomes, args.seeds);
    if !lines.is_empty() {
        tell(&lines, &plan.base, &folder, device, args.json, &bars, output)?;
    }
    complete(&session, &outcomes)
}

/// The rows of the table. Runs that failed are missing in theirs.
fn lines<'a, T: Task>(
    plan: &Plan<T::Config>,
    outcomes: &'a [Outcome<T::Config>],
    seeds: u64,
) -> Vec<Line<'a, T>> {
    let references = Setting::references(&plan.axes, &plan.settings, &plan.base);
    let line = |(setting, reference): (&Setting<T::Config>, Option<usize>)| {
        let names: Vec<String> = of_seeds(setting, seeds).iter().map(run_name).collect();
        let context = T::context(&plan.base).into_iter();
        let context = context.map(|(name, value)| (name, Some(value)));
        let values = plan
            .axes
            .iter()
            .map(|axis| axis.label)
            .zip(setting.values.iter().cloned());
        Line {
            name: setting.name(),
            labels: context.chain(values).collect(),
            reference: reference.map(|index| plan.settings[index].name()),
            runs: outcomes.iter().filter(|run| names.contains(&run.name)).collect(),
        }
    };
    let lines = plan.settings.iter().zip(references).map(line);
    lines.filter(|line| !line.runs.is_empty()).collect()
}

/// Prints and writes the table and the report.
fn tell<T: Task>(
    lines: &[Line<'_, T>],
    base: &T::Config,
    folder: &Path,
    device: DeviceSpec,
    as_json: bool,
    bars: &ProgressBars,
    output: &mut dyn Write,
) -> Result<(), TrainError> {
    let of_runs = lines
        .iter()
        .flat_map(|line| line.runs.iter().map(|run| line.run_object(run)));
    let objects = of_runs.chain(lines.iter().map(|line| line.object(lines)));
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
    let mut report = Report::new(format!("sympe: comparison, {}", T::NAME))
        .with(heading, [Block::Text(data), Block::Table(table)]);
    let (figures, details) = warn(bars, looked_at(lines, device)).unwrap_or_default();
    if !figures.is_empty() {
        report = report.with("Predictions of the first seed", figures);
    }
    if !details.is_empty() {
        write_atomic(&folder.join("details.md"), markdown(&details).as_bytes())?;
        write_listings(&details, folder)?;
        report = report.with("In detail", details);
    }
    let (curves, points) = budget(lines, base);
    write_atomic(&folder.join("curves.jsonl"), points.as_bytes())?;
    let report = report.with("Learning curves, mean over seeds", curves).with(
        "Base configuration",
        [Block::Listing("config.toml".into(), to_toml(base))],
    );
    if let Some(path) = warn(bars, write_report(&report, folder)) {
        bars.line(&format!("report: {}", path.display()));
    }
    Ok(printed?)
}

/// What the experiment shows of the first network of each row, and what it says of all.
fn looked_at<T: Task>(
    lines: &[Line<'_, T>],
    device: DeviceSpec,
) -> Result<(Vec<Block>, Vec<Block>), TrainError> {
    let device = device.open()?;
    let load = |line: &Line<'_, T>| -> Result<_, TrainError> {
        let runs = line.runs.iter().map(|run| run::load::<T>(&run.folder, &device));
        Ok((line.name.clone(), runs.collect::<Result<Vec<_>, _>>()?))
    };
    let loaded = lines.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    let tasks: Vec<(String, Vec<&T>)> = (loaded.iter())
        .map(|(name, runs)| (name.clone(), runs.iter().map(|run| run.task()).collect()))
        .collect();
    let firsts = tasks
        .iter()
        .filter_map(|(name, runs)| Some((name.clone(), *runs.first()?)));
    let firsts: Vec<(String, &T)> = firsts.collect();
    Ok((T::figures(&firsts)?, T::details(&tasks)?))
}

/// Texts and tables.
fn markdown(blocks: &[Block]) -> String {
    let block = |block: &Block| match block {
        Block::Text(text) => Some(format!("{text}\n")),
        Block::Table(table) => Some(table.markdown()),
        Block::Figure(..) | Block::Listing(..) => None,
    };
    blocks.iter().filter_map(block).collect::<Vec<_>>().join("\n")
}
