//! `evaluate`: metrics of finished runs.

use super::{dispatch, experiment_of, print};
use crate::TrainError;
use crate::experiment::{Experiment, Part};
use crate::report::Table;
use crate::run;
use crate::session::runs_in;
use clap::Args;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::PathBuf;
use sympe_data::formats;
use sympe_nn::device::DeviceSpec;

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// The folder of a run, or of a session of several
    run: PathBuf,
    /// The part of the data
    #[arg(long, value_enum, default_value = "test", conflicts_with = "file")]
    split: Part,
    /// Evaluate on the graphs of this file instead
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The format of the file: graph6, bits, edge-list or dimacs (default: by its content)
    #[arg(long, requires = "file")]
    format: Option<formats::Format>,
    /// Evaluations with independent draws; metrics are their means
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    draws: u64,
    /// One JSON object per run instead of a table
    #[arg(long)]
    json: bool,
    /// auto, cpu, cuda:N or metal
    #[arg(long, default_value = "auto")]
    device: DeviceSpec,
}

pub(super) fn evaluate(args: EvaluateArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    dispatch!(experiment_of(&args.run)?, metrics(&args, output))
}

fn metrics<E: Experiment>(args: &EvaluateArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    let device = args.device.open()?;
    let mut table = Table::default();
    for folder in runs_in::<E>(&args.run)? {
        let experiment: E = run::load(&folder, &device)?;
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
                    .map(|(name, value)| ((*name).to_owned(), json!(value))),
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
