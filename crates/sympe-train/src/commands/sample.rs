//! `sample`: graphs and molecules from trained runs.

use super::drawn::{Drawing, DrawnSamples};
use crate::TrainError;
use crate::files::{hex, write_atomic};
use crate::lock::Lock;
use crate::observe::ProgressBars;
use crate::run;
use crate::session::runs_in;
use crate::task::{Request, Task};
use clap::Args;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use sympe_data::diffusion::Spacing;
use sympe_inspect::terminal::print;
use sympe_nn::device::DeviceSpec;

/// Draw molecules or graphs from trained runs of graph-diffusion.
///
/// What is drawn is written in every format that can say it, with a picture of the first samples, and judged. A drawing that was stopped
/// goes on where it was when the same command is given again.
#[derive(Debug, Args)]
pub(super) struct SampleArgs {
    /// The folder of a run of graph-diffusion, or of a session of several
    pub(super) run: PathBuf,
    /// Samples of each run
    #[arg(short = 'n', long = "count", default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Number of the draw: the same number draws the same samples
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u64).range(..1 << 32))]
    draw: u64,
    /// Denoising steps, at most those of training (default: as configured)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    steps: Option<u32>,
    /// Which times fewer steps stop at, evenly spaced: time or log-snr (default: as configured)
    #[arg(long, value_name = "NAME")]
    spacing: Option<Spacing>,
    /// Where the files go (default: `samples` in the folder of the run); of several runs, each has a folder below
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// auto, cpu, cuda:N or metal
    #[arg(long, default_value = "auto")]
    device: DeviceSpec,
}

/// Draws from the runs in a folder, and writes and judges what comes out.
pub(super) fn sample<T: Task>(args: &SampleArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    let device = args.device.open()?;
    let bars = ProgressBars::new();
    let runs = runs_in::<T>(&args.run)?;
    for folder in &runs {
        let weights = run::weights_file(folder);
        let weights = fs::read(&weights).map_err(TrainError::io(&weights))?;
        let trained = run::load::<T>(folder, &device)?;
        for blemish in run::blemishes(folder) {
            bars.line(&format!("warning: {blemish}"));
        }
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
        let request = Request {
            count: args.count as usize,
            draw: (1 << 33) + args.draw,
            steps: args.steps.map(|steps| steps as usize),
            spacing: args.spacing,
        };
        let to = match &args.out {
            Some(out) if runs.len() > 1 => out.join(&name),
            Some(out) => out.clone(),
            None => folder.join("samples"),
        };
        fs::create_dir_all(&to).map_err(TrainError::io(&to))?;
        let _lock = Lock::take(&to)?;
        let drawing = Drawing {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            weights_sha256: hex(&weights),
            request,
        };
        let mut drawn = DrawnSamples::open(&to, &drawing)?;
        if drawn.len() > 0 {
            bars.line(&format!("{name}: {} samples are there from before", drawn.len()));
        }
        let generated = trained.task().generate(&request, &mut drawn, &mut progress)?;
        for (name, text) in generated.files {
            let path = to.join(name);
            write_atomic(&path, text.as_bytes())?;
            print(output, path.display())?;
        }
        drawn.finish()?;
        let words: Vec<String> = (generated.metrics.iter())
            .map(|(name, value)| format!("{} {value:.4}", name.replace('_', " ")))
            .collect();
        print(
            output,
            format_args!("{name}: {} samples, {}", generated.count, words.join(", ")),
        )?;
    }
    Ok(())
}
