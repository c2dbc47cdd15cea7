//! `compare`: every way of breaking symmetry, several seeds, one table.

use super::train::learning_curves;
use super::{ConfigArgs, PlaceArgs, print, warn};
use crate::TrainError;
use crate::checkpoint::write_atomic;
use crate::config::to_toml;
use crate::experiment::Experiment;
use crate::graph_autoencoder::{Comparison, GraphAutoencoder, GraphAutoencoderConfig, Kernel};
use crate::observe::ProgressBars;
use crate::report::{Block, Report, Table};
use crate::session::{Outcome, Session};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::Write;
use sympe_nn::breaking::Breaking;
use sympe_nn::models::Network;

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    #[command(subcommand)]
    experiment: CompareExperiment,
}

#[derive(Debug, Subcommand)]
enum CompareExperiment {
    /// Graph autoencoders: networks × breakers × kernels × seeds
    GraphAutoencoder(GraphAutoencoderArgs),
}

#[derive(Debug, Args)]
struct GraphAutoencoderArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    place: PlaceArgs,
    /// Runs of each setting
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// gnn, egnn, radial-field
    #[arg(long, value_delimiter = ',', default_value = "gnn,egnn")]
    networks: Vec<Network>,
    /// none, noise, uniform, laplacian, random-walk, sympe
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "none,noise,uniform,laplacian,random-walk,sympe"
    )]
    breakers: Vec<Breaking>,
    /// Kernels of SymPE; an unknown name lists them
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "exact,exact-refinement,exact-spectral,exact-depth-first,random-depth-first"
    )]
    kernels: Vec<Kernel>,
    /// One JSON object per run and one per row of the table instead of the table
    #[arg(long)]
    json: bool,
}

pub(super) fn compare(args: CompareArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    match args.experiment {
        CompareExperiment::GraphAutoencoder(args) => graph_autoencoder(args, output),
    }
}

type Run = Outcome<GraphAutoencoderConfig>;

/// The runs of one row: they differ in the seed only.
struct Row<'a> {
    runs: Vec<&'a Run>,
}

fn graph_autoencoder(args: GraphAutoencoderArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    let bars = ProgressBars::new();
    let base: GraphAutoencoderConfig = args.config.resolve()?;
    let comparison = Comparison {
        networks: args.networks,
        breakers: args.breakers,
        kernels: args.kernels,
        seeds: args.seeds,
    };
    let session = Session::new::<GraphAutoencoder>(args.place.device, comparison.runs(&base));
    let jobs = args.place.jobs()?;
    // One folder by default: what is there already is not trained again.
    let place = PlaceArgs {
        name: args.place.name.clone().or(Some("compare".to_owned())),
        ..args.place
    };
    let folder = place.folder(GraphAutoencoder::NAME, "compare")?;
    session.write(&folder)?;
    bars.line(&format!("{} runs in {}", session.runs.len(), folder.display()));
    let outcomes = session.run::<GraphAutoencoder>(&folder, jobs, &bars)?;

    let rows: Vec<Row<'_>> = outcomes
        .chunks(comparison.seeds as usize)
        .map(|runs| Row {
            runs: runs.iter().collect(),
        })
        .collect();
    let objects: Vec<Value> = outcomes
        .iter()
        .map(run_object)
        .chain(rows.iter().map(Row::object))
        .collect();
    let lines: String = objects.iter().map(|object| format!("{object}\n")).collect();
    let table = table(&rows);
    if args.json {
        print(output, lines.trim_end())?;
    } else {
        print(output, format_args!("\n{}", table.markdown()))?;
    }
    write_atomic(&folder.join("table.jsonl"), lines.as_bytes())?;
    write_atomic(&folder.join("table.md"), table.markdown().as_bytes())?;
    let mut blocks = Vec::new();
    for network in &comparison.networks {
        let of_network = |run: &&Run| {
            run.config.model.network == *network && run.config.training.seed == base.training.seed
        };
        let first_seeds: Vec<Run> = outcomes.iter().filter(of_network).cloned().collect();
        for block in warn(&bars, learning_curves(&first_seeds)).unwrap_or_default() {
            blocks.push(match block {
                Block::Figure(name, caption, svg) => {
                    Block::Figure(format!("{network}-{name}"), format!("{network}: {caption}"), svg)
                }
                other => other,
            });
        }
    }
    let report = Report::new("sympe: comparison of graph autoencoders")
        .with(
            "Test results, mean ± standard deviation over seeds",
            [Block::Table(table)],
        )
        .with("Learning curves of the first seed", blocks)
        .with(
            "Base configuration",
            [Block::Listing("config.toml".into(), to_toml(&base))],
        )
        .write(&folder);
    if let Some(path) = warn(&bars, report) {
        bars.line(&format!("report: {}", path.display()));
    }
    Ok(())
}

/// The kernel, where the breaker draws from one.
fn kernel(config: &GraphAutoencoderConfig) -> Option<String> {
    (config.breaking.kind == Breaking::Sympe).then(|| config.breaking.kernel.to_string())
}

fn run_object(run: &Run) -> Value {
    json!({
        "network": run.config.model.network,
        "breaker": run.config.breaking.kind,
        "kernel": kernel(&run.config),
        "seed": run.config.training.seed,
        "epochs": run.results.epochs,
        "bce": run.results.test["bce"],
        "error_percent": run.results.test["error_percent"],
        "f1": run.results.test["f1"],
        "breaking_share": run.breaking_share,
        "parameters": run.results.parameters,
        "best_epoch": run.results.best_epoch,
    })
}

impl Row<'_> {
    /// Mean and sample standard deviation over the seeds.
    fn statistics(&self, value: impl Fn(&Run) -> f64) -> (f64, f64) {
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
        let config = &self.runs[0].config;
        let pair = |(mean, deviation): (f64, f64)| json!({"mean": mean, "sd": deviation});
        json!({
            "row": true,
            "network": config.model.network,
            "breaker": config.breaking.kind,
            "kernel": kernel(config),
            "seeds": self.runs.len(),
            "epochs": self.runs[0].results.epochs,
            "bce": pair(self.metric("bce")),
            "error_percent": pair(self.metric("error_percent")),
            "f1": pair(self.metric("f1")),
            "breaking_share": pair(self.statistics(|run| run.breaking_share)),
        })
    }
}

fn table(rows: &[Row<'_>]) -> Table {
    let head = [
        "network",
        "breaker",
        "kernel",
        "seeds",
        "test BCE",
        "% error",
        "F1",
        "breaking, % of time",
    ];
    let plus_minus =
        |(mean, deviation): (f64, f64), digits: usize| format!("{mean:.digits$} ± {deviation:.digits$}");
    let row = |row: &Row<'_>| {
        let config = &row.runs[0].config;
        let (share, deviation) = row.statistics(|run| run.breaking_share);
        vec![
            config.model.network.to_string(),
            config.breaking.kind.to_string(),
            kernel(config).unwrap_or_default(),
            row.runs.len().to_string(),
            plus_minus(row.metric("bce"), 3),
            plus_minus(row.metric("error_percent"), 4),
            plus_minus(row.metric("f1"), 4),
            plus_minus((100.0 * share, 100.0 * deviation), 2),
        ]
    };
    Table {
        head: head.map(str::to_owned).to_vec(),
        rows: rows.iter().map(row).collect(),
    }
}
