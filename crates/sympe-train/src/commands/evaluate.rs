//! `evaluate`: metrics of finished runs, or of samples from anywhere.

use crate::report::Table;
use crate::session::runs_in;
use crate::task::{Part, Task};
use crate::{TrainError, number, run};
use clap::{ArgGroup, Args};
use serde_json::{Map, Value};
use std::io::Write;
use std::path::PathBuf;
use sympe_data::formats::Content;
use sympe_inspect::commands::JudgeArgs;
use sympe_inspect::terminal::{note, print};
use sympe_nn::device::DeviceSpec;

// What the command is for is said in `help.rs`: the flags of samples bring documentation of their own.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("of_file").args(["file", "samples"])))]
pub(super) struct EvaluateArgs {
    /// The folder of a run, or of a session of several
    #[arg(required_unless_present = "samples",
          conflicts_with_all = ["samples", "train", "hydrogens", "reference", "valid", "lenient"])]
    pub(super) run: Option<PathBuf>,
    #[command(flatten)]
    pub(super) samples: JudgeArgs,
    /// The part of the data
    #[arg(long, value_enum, default_value = "test", conflicts_with_all = ["file", "samples"])]
    split: Part,
    /// Evaluate on the graphs, molecules or couplings of this file instead
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The format of the file, one of those below (default: by its name or its content)
    #[arg(long, requires = "of_file", hide_possible_values = true)]
    pub(super) format: Option<Content>,
    /// Evaluations with independent draws; metrics are their means
    #[arg(long, default_value_t = 1, value_name = "N", conflicts_with = "samples",
          value_parser = clap::value_parser!(u64).range(1..))]
    draws: u64,
    /// Bound the likelihood of each graph by so many draws, weighted by importance, and print nothing else (graph-diffusion)
    ///
    /// A draw is a whole trajectory from noise, with ranks where there are any. The more of them, the tighter is the bound; with one it
    /// is an estimate of the usual one.
    #[arg(long, value_name = "K", conflicts_with = "samples", value_parser = clap::value_parser!(u32).range(1..))]
    weighted: Option<u32>,
    /// One JSON object, per run if it is about runs, instead of a table
    #[arg(long)]
    pub(super) json: bool,
    /// auto, cpu, cuda:N or metal
    #[arg(long, default_value = "auto", conflicts_with = "samples")]
    device: DeviceSpec,
}

/// Prints the metrics of the runs in a folder.
pub(super) fn evaluate<T: Task>(args: &EvaluateArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    let Some(run) = &args.run else {
        return Ok(());
    };
    let format = match args.format {
        None => None,
        Some(Content::Graphs(format)) => Some(format),
        Some(_) => {
            let message = "is no format of graphs, expected none: other files say what they are";
            return Err(TrainError::config("--format", message));
        }
    };
    let device = args.device.open()?;
    let mut table = Table::default();
    for folder in runs_in::<T>(run)? {
        let experiment = run::load::<T>(&folder, &device)?;
        for blemish in run::blemishes(&folder) {
            note(format_args!("warning: {blemish}"));
        }
        let of_file = args
            .file
            .as_deref()
            .map(|file| experiment.read(file, format))
            .transpose()?;
        let samples = of_file.as_ref().unwrap_or_else(|| experiment.part(args.split));
        let mut means: Vec<(&str, f64)> = Vec::new();
        for draw in 0..args.draws {
            // Apart from the draws of training's own evaluations.
            let draw_number = (1 << 33) + draw;
            let metrics = match args.weighted {
                Some(count) => experiment.weigh(samples, count as usize, draw_number)?,
                None => experiment.evaluate(samples, draw_number)?,
            };
            for (index, (name, value)) in metrics.into_iter().enumerate() {
                if draw == 0 {
                    means.push((name, 0.0));
                }
                means[index].1 += value / args.draws as f64;
            }
        }
        let run = run::name(&folder);
        if args.json {
            let mut object = Map::from_iter([("run".to_owned(), Value::from(run))]);
            object.extend(
                means
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), number::json(*value))),
            );
            print(output, Value::Object(object))?;
        } else {
            table.head = ["run"]
                .into_iter()
                .chain(means.iter().map(|(name, _)| *name))
                .map(str::to_owned)
                .collect();
            table.rows.push(
                [run]
                    .into_iter()
                    .chain(means.iter().map(|(_, value)| format!("{value:.4}")))
                    .collect(),
            );
        }
    }
    if !args.json {
        print(output, table.markdown().trim_end())?;
    }
    Ok(())
}
