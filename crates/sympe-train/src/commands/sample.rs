//! `sample`: graphs and molecules from trained runs.

use super::{ExperimentName, experiment_of, print};
use crate::TrainError;
use crate::checkpoint::write_atomic;
use crate::experiment::{Experiment, flag_name};
use crate::graph_diffusion::GraphDiffusion;
use crate::observe::ProgressBars;
use crate::run;
use crate::session::runs_in;
use clap::Args;
use serde_json::json;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use sympe_data::DataError;
use sympe_data::diffusion::CategoricalGraph;
use sympe_data::formats::graph6;
use sympe_data::molecule::{sdf, smiles};
use sympe_nn::device::DeviceSpec;

/// Samples in the picture.
const SHOWN: usize = 48;

#[derive(Debug, Args)]
pub(super) struct SampleArgs {
    /// The folder of a run of graph-diffusion, or of a session of several
    run: PathBuf,
    /// Samples of each run
    #[arg(short = 'n', long = "count", default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Number of the draw: the same number draws the same samples
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u64).range(..1 << 32))]
    draw: u64,
    /// Where the files go (default: `samples` in the folder of the run); of several runs, each has a folder below
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// auto, cpu, cuda:N or metal
    #[arg(long, default_value = "auto")]
    device: DeviceSpec,
}

pub(super) fn sample(args: SampleArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    let experiment = experiment_of(&args.run)?;
    if experiment != ExperimentName::GraphDiffusion {
        let message = format!(
            "is a run of {}, expected one of graph-diffusion: `evaluate` judges the others",
            flag_name(&experiment)
        );
        return Err(TrainError::damaged(&args.run, message));
    }
    let device = args.device.open()?;
    let bars = ProgressBars::new();
    let runs = runs_in::<GraphDiffusion>(&args.run)?;
    for folder in &runs {
        let experiment: GraphDiffusion = run::load(folder, &device)?;
        let name = run::name(folder);
        let mut tenths = 0;
        let mut progress = |share: f64| {
            let now = (10.0 * share) as u32;
            if now > tenths {
                tenths = now;
                bars.line(&format!("{name}: {}% of the denoising steps", 10 * tenths));
            }
        };
        // Apart from the draws of training's own evaluations.
        let graphs = experiment.sample(args.count as usize, (1 << 33) + args.draw, &mut progress)?;
        let to = match &args.out {
            Some(out) if runs.len() > 1 => out.join(&name),
            Some(out) => out.clone(),
            None => folder.join("samples"),
        };
        for file in write(&experiment, &graphs, &to)? {
            print(output, file.display())?;
        }
        let metrics = experiment.judge(&graphs)?;
        let words: Vec<String> = (metrics.iter())
            .map(|(name, value)| format!("{} {value:.4}", name.replace('_', " ")))
            .collect();
        print(
            output,
            format_args!("{name}: {} samples, {}", graphs.len(), words.join(", ")),
        )?;
    }
    Ok(())
}

/// Writes the samples in every format that can say them, and a picture.
fn write(
    experiment: &GraphDiffusion,
    graphs: &[CategoricalGraph],
    folder: &Path,
) -> Result<Vec<PathBuf>, TrainError> {
    fs::create_dir_all(folder).map_err(TrainError::io(folder))?;
    let mut files = vec![("samples.jsonl", graphs.iter().map(json_line).collect::<String>())];
    let lines = |texts: Result<Vec<String>, DataError>| texts.map(|texts| texts.concat());
    if experiment.config().data.kind.is_molecules() {
        let molecules = (graphs.iter().map(CategoricalGraph::to_molecule)).collect::<Result<Vec<_>, _>>()?;
        let smiles = molecules.iter().map(|one| format!("{}\n", smiles::write(one)));
        files.push(("samples.smi", smiles.collect()));
        let records = (molecules.iter().enumerate()).map(|(i, one)| sdf::write(one, &(i + 1).to_string()));
        files.push(("samples.sdf", lines(records.collect())?));
    } else {
        let texts = graphs
            .iter()
            .map(|graph| Ok(graph6::write(&graph.to_colored_graph())? + "\n"));
        files.push(("samples.g6", lines(texts.collect())?));
    }
    let shown = &graphs[..graphs.len().min(SHOWN)];
    files.push(("samples.svg", experiment.picture(shown)?));
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        write_atomic(&path, text.as_bytes())?;
        written.push(path);
    }
    Ok(written)
}

/// `{"nodes": [class, …], "edges": [[u, v, class], …]}`.
fn json_line(graph: &CategoricalGraph) -> String {
    let pairs = (0..graph.n()).flat_map(|v| (0..v).map(move |u| (u, v)));
    let edges: Vec<[usize; 3]> = pairs
        .map(|(u, v)| [u, v, usize::from(graph.edge(u, v))])
        .filter(|[_, _, class]| *class > 0)
        .collect();
    format!("{}\n", json!({"nodes": graph.nodes(), "edges": edges}))
}
