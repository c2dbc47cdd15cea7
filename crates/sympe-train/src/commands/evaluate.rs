//! `evaluate`: metrics of finished runs, or of samples from anywhere.

use crate::report::Table;
use crate::session::runs_in;
use crate::task::{Part, Task};
use crate::{TrainError, number, run};
use clap::{ArgGroup, Args};
use serde_json::{Map, Value};
use std::io::Write;
use std::path::PathBuf;
use sympe_data::formats;
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
    /// The format of a file of graphs, one of those below (default: by its content)
    #[arg(long, requires = "of_file")]
    pub(super) format: Option<formats::Format>,
    /// Evaluations with independent draws; metrics are their means
    #[arg(long, default_value_t = 1, value_name = "N", conflicts_with = "samples",
          value_parser = clap::value_parser!(u64).range(1..))]
    draws: u64,
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
            .map(|file| experiment.read(file, args.format))
            .transpose()?;
        let samples = of_file.as_ref().unwrap_or_else(|| experiment.part(args.split));
        let mut means: Vec<(&str, f64)> = Vec::new();
        for draw in 0..args.draws {
            // Apart from the draws of training's own evaluations.
            for (index, (name, value)) in experiment
                .evaluate(samples, (1 << 33) + draw)?
                .into_iter()
                .enumerate()
            {
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
