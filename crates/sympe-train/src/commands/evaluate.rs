//! `evaluate`: metrics of finished runs, or of samples from anywhere.

use super::judge::JudgeArgs;
use crate::observe::note;
use crate::output::print;
use crate::report::Table;
use crate::session::runs_in;
use crate::task::{Part, Task};
use crate::{TrainError, number, run};
use clap::{ArgGroup, Args};
use serde_json::{Map, Value};
use std::io::Write;
use std::path::PathBuf;
use sympe_data::formats;
use sympe_nn::device::DeviceSpec;

/// Judge trained runs, on a split or on a file; or molecules or graphs that any program made.
///
/// With --samples, a file of molecules (SMILES, one per line or in a table with a column `smiles`; SDF V2000 or V3000; XYZ,
/// whose bonds follow from distances) or of graphs (graph6, text with one graph per line, DIMACS) is judged, `-` being the
/// standard input. It holds molecules unless it says otherwise by its content, its name (`.g6`, `.graph6`) or a flag that
/// is for graphs. All figures are fractions of 1.
///
/// Every line or record that is not empty is a sample. A line `None` is an invalid one, and so is a record of molecules that is
/// none (`unreadable`, as RDKit has it). What may be right but is not known here, as any atom `*`, is `unsupported`, and a graph
/// that cannot be read `unreadable`: no figure is about them, and the exit code is 1 if they are more than 1 % (unless
/// --lenient). All are named on standard error with file and line. Stereo marks and isotopes are not compared.
///
/// Molecules are valid if the bond orders of every atom sum to at most its valence, C 4, N 3, O 2, F 1, H 1, those of RDKit
/// for other elements, changed by a charge; nitro and azide groups are valid without charges, too. `relaxed_validity` allows N
/// and O one bond more. Molecules are the same whichever Kekulé structure and charges of nitro groups they are written with.
/// `uniqueness` is different molecules per valid one, `novelty` those per different one that are not among the training
/// molecules, with or without their charges; of several fragments the largest counts. SDF and XYZ without any hydrogen get
/// those that valences imply. Stability is the share of atoms with exactly their valence, and of molecules that have only
/// such atoms; it needs hydrogens.
///
/// Graphs are valid by --valid; all shares are of the graphs that were read; `uniqueness` and `novelty` are up to isomorphism, `valid_unique_novel` is the
/// share that is all three. `mmd_…` are squared maximum mean discrepancies from the graphs of --reference.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("of_file").args(["file", "samples"])))]
pub(super) struct EvaluateArgs {
    /// The folder of a run, or of a session of several
    #[arg(required_unless_present = "samples")]
    pub(super) run: Option<PathBuf>,
    #[command(flatten)]
    pub(super) samples: JudgeArgs,
    /// The part of the data
    #[arg(long, value_enum, default_value = "test", conflicts_with = "file")]
    split: Part,
    /// Evaluate on the graphs, molecules or couplings of this file instead
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The format of a file of graphs, one of those below (default: by its content)
    #[arg(long, requires = "of_file")]
    pub(super) format: Option<formats::Format>,
    /// Evaluations with independent draws; metrics are their means
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    draws: u64,
    /// One JSON object, per run if it is about runs, instead of a table
    #[arg(long)]
    pub(super) json: bool,
    /// auto, cpu, cuda:N or metal
    #[arg(long, default_value = "auto")]
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
