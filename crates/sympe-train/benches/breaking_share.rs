//! The share of a training step that symmetry breaking takes: canonicalizing, drawing, encoding.
//!
//! The default autoencoder and the quick preset, each network with each kernel. Batches are prepared in the training
//! thread, so that shares are of the same second. Exact kernels canonicalize each graph once: in the first epoch.

use std::time::Instant;
use sympe_nn::device::DeviceSpec;
use sympe_nn::optim::Optimizer;
use sympe_train::TrainError;
use sympe_train::config::{Config, Layers};
use sympe_train::datasets;
use sympe_train::experiment::Experiment;
use sympe_train::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
use sympe_train::graph_diffusion::{GraphDiffusion, GraphDiffusionConfig};
use sympe_train::kernel::Kernel;
use sympe_train::report::Table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Milliseconds per step, and the share of breaking in percent, over the first `steps` steps of an epoch.
fn epoch<E: Experiment>(
    experiment: &E,
    optimizer: &mut Optimizer,
    number: u64,
    steps: usize,
) -> Result<(f64, f64), TrainError> {
    let (start, breaking) = (Instant::now(), experiment.breaking_seconds());
    let mut done = 0u32;
    for batch in experiment.epoch(number, 0).take(steps) {
        optimizer.step(&experiment.loss(&batch?)?.backward()?)?;
        done += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    let share = (experiment.breaking_seconds() - breaking) / seconds;
    Ok((1e3 * seconds / f64::from(done.max(1)), 100.0 * share))
}

fn main() -> Result<(), TrainError> {
    let mut table = Table {
        head: [
            "network",
            "kernel",
            "step, ms",
            "first epoch, %",
            "later epochs, %",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: Vec::new(),
    };
    for network in ["egnn", "gnn"] {
        for kernel in Kernel::ALL {
            let mut layers = Layers::default();
            layers.preset::<GraphAutoencoderConfig>("quick")?;
            for assignment in [
                "data.kind=generated",
                "data.train=240",
                "data.held-out=1",
                "training.loader-threads=0",
                &format!("model.network={network}"),
                &format!("breaking.kernel={kernel}"),
            ] {
                layers.set(assignment)?;
            }
            let experiment = GraphAutoencoder::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
            let steps = 2 * experiment.batches_per_epoch();
            let config = *experiment.config().optimizer();
            let mut optimizer = Optimizer::new(experiment.store().vars(), config, steps)?;
            let (_, first) = epoch(&experiment, &mut optimizer, 0, usize::MAX)?;
            let (step, later) = epoch(&experiment, &mut optimizer, 1, usize::MAX)?;
            table.rows.push(vec![
                network.to_owned(),
                kernel.to_string(),
                format!("{step:.2}"),
                format!("{first:.2}"),
                format!("{later:.2}"),
            ]);
        }
    }
    println!("{}", table.markdown());
    print!("{}", diffusion()?.markdown());
    Ok(())
}

/// Denoising steps on molecules with hydrogens, 512 in a batch, where every step canonicalizes other graphs: of QM9 where
/// its folder is there, of all small molecules otherwise.
fn diffusion() -> Result<Table, TrainError> {
    let data = if datasets::holds_qm9(&datasets::folder("qm9")) {
        ["data.kind=qm9", "data.train=2048"]
    } else {
        ["data.heavy-atoms=6", "data.train=2048"]
    };
    let mut table = Table {
        head: ["denoiser, molecules", "kernel", "step, ms", "breaking, %"]
            .map(str::to_owned)
            .to_vec(),
        rows: Vec::new(),
    };
    for kernel in [Kernel::Exact, Kernel::ExactDepthFirst, Kernel::RandomDepthFirst] {
        let mut layers = Layers::default();
        layers.preset::<GraphDiffusionConfig>("quick")?;
        for assignment in data.into_iter().chain([
            "training.batch-size=512",
            "training.loader-threads=0",
            &format!("breaking.kernel={kernel}"),
        ]) {
            layers.set(assignment)?;
        }
        let experiment = GraphDiffusion::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
        let config = *experiment.config().optimizer();
        let mut optimizer = Optimizer::new(experiment.store().vars(), config, 4)?;
        let (step, share) = epoch(&experiment, &mut optimizer, 0, 4)?;
        table.rows.push(vec![
            experiment.data().description,
            kernel.to_string(),
            format!("{step:.0}"),
            format!("{share:.2}"),
        ]);
    }
    Ok(table)
}
