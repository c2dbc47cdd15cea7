//! The share of a training step that symmetry breaking takes: canonicalizing, drawing, encoding.
//!
//! Of the quick presets of the autoencoder and of graph diffusion. Batches are prepared in the training thread, so that
//! shares are of the same second.

use std::time::Instant;
use sympe_nn::device::DeviceSpec;
use sympe_nn::optim::Optimizer;
use sympe_train::TrainError;
use sympe_train::config::{Config, Layers};
use sympe_train::datasets;
use sympe_train::domain::Kernel;
use sympe_train::experiments::graph_autoencoder::GraphAutoencoder;
use sympe_train::experiments::graph_diffusion::GraphDiffusion;
use sympe_train::harness::Trained;
use sympe_train::report::Table;
use sympe_train::task::Task;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Milliseconds per step, and the share of breaking in percent, over the first `steps` steps of an epoch.
fn epoch<T: Task>(
    experiment: &Trained<T>,
    optimizer: &mut Optimizer,
    number: u64,
    steps: usize,
) -> Result<(f64, f64), TrainError> {
    let (start, breaking) = (Instant::now(), experiment.breaking_seconds());
    let mut done = 0u32;
    for batch in experiment.epoch(number, 0).take(steps) {
        optimizer.step(&experiment.loss(&batch?, number)?.backward()?)?;
        done += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    let share = (experiment.breaking_seconds() - breaking) / seconds;
    Ok((1e3 * seconds / f64::from(done.max(1)), 100.0 * share))
}

/// The quick preset with these options; batches are prepared in the training thread.
fn start<T: Task>(options: &[&str]) -> Result<Trained<T>, TrainError> {
    let mut layers = Layers::default();
    layers.preset::<T::Config>("quick")?;
    for assignment in options.iter().chain(&["training.loader-threads=0"]) {
        layers.set(assignment)?;
    }
    Trained::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)
}

fn optimizer<T: Task>(experiment: &Trained<T>, steps: u64) -> Result<Optimizer, TrainError> {
    let config = *experiment.config().optimizer();
    Ok(Optimizer::new(experiment.store().vars(), config, steps)?)
}

fn table<const N: usize>(head: [&str; N]) -> Table {
    Table {
        head: head.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    }
}

fn main() -> Result<(), TrainError> {
    println!("{}", autoencoder()?.markdown());
    print!("{}", diffusion()?.markdown());
    Ok(())
}

/// Reconstruction steps of each network with each kernel; exact kernels canonicalize each graph once, in the first epoch.
fn autoencoder() -> Result<Table, TrainError> {
    let mut table = table([
        "network",
        "kernel",
        "step, ms",
        "first epoch, %",
        "later epochs, %",
    ]);
    for network in ["egnn", "gnn"] {
        for kernel in Kernel::ALL {
            let experiment: Trained<GraphAutoencoder> = start(&[
                "data.kind=generated",
                "data.train=240",
                "data.held-out=1",
                &format!("model.network={network}"),
                &format!("breaking.kernel={kernel}"),
            ])?;
            let mut optimizer = optimizer(&experiment, 2 * experiment.batches_per_epoch())?;
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
    Ok(table)
}

/// Denoising steps on molecules with hydrogens, 512 in a batch, where every step canonicalizes other graphs: of QM9 where
/// its folder is there, of all small molecules otherwise.
fn diffusion() -> Result<Table, TrainError> {
    const STEPS: usize = 4;
    let molecules = if datasets::holds_qm9(&datasets::folder("qm9")) {
        "data.kind=qm9"
    } else {
        "data.heavy-atoms=6"
    };
    let mut table = table(["denoiser, molecules", "kernel", "step, ms", "breaking, %"]);
    for kernel in [Kernel::Exact, Kernel::ExactDepthFirst, Kernel::RandomDepthFirst] {
        let experiment: Trained<GraphDiffusion> = start(&[
            molecules,
            "data.train=2048",
            "training.batch-size=512",
            &format!("breaking.kernel={kernel}"),
        ])?;
        let mut optimizer = optimizer(&experiment, STEPS as u64)?;
        let (step, share) = epoch(&experiment, &mut optimizer, 0, STEPS)?;
        table.rows.push(vec![
            experiment.data().description.clone(),
            kernel.to_string(),
            format!("{step:.0}"),
            format!("{share:.2}"),
        ]);
    }
    Ok(table)
}
