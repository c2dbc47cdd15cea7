//! One network from one, two and four processes, which are threads here and take a share of every batch each: the learning curves lie on
//! each other. Draws them; half a minute on two cores.

use std::sync::Arc;
use std::thread;
use sympe_nn::device::DeviceSpec;
use sympe_train::TrainError;
use sympe_train::communicator::Threads;
use sympe_train::config::Layers;
use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
use sympe_train::harness::Trained;
use sympe_train::observe::{Event, Observer};
use sympe_train::report::{Curve, curves_over};
use sympe_train::run::RunInfo;
use sympe_train::trainer;

/// Keeps the loss of every eighth step.
struct Losses<'a>(&'a mut Vec<(u32, f64)>);

impl Observer for Losses<'_> {
    fn observe(&mut self, event: &Event<'_>) {
        if let Event::Step { step, loss, .. } = event
            && step % 8 == 0
        {
            self.0.push((*step as u32, *loss));
        }
    }
}

/// The losses of a run of so many processes, as the first of them has them.
fn train(config: &GraphAutoencoderConfig, processes: usize) -> Result<Vec<(u32, f64)>, TrainError> {
    let folder = std::env::temp_dir().join(format!("sympe-processes-{}-{processes}", std::process::id()));
    let one = |process| {
        let mut losses = Vec::new();
        let run =
            Trained::<GraphAutoencoder>::among(config.clone(), &DeviceSpec::Cpu.open()?, Arc::new(process))?;
        let info = RunInfo::new(&run, DeviceSpec::Cpu);
        trainer::train(&run, &folder, &info, &mut Losses(&mut losses))?;
        Ok::<_, TrainError>(losses)
    };
    let losses = thread::scope(|scope| {
        let all: Vec<_> = (Threads::new(processes).into_iter())
            .map(|process| scope.spawn(|| one(process)))
            .collect();
        let mut losses = all.into_iter().map(|one| one.join().expect("no process panics"));
        losses.next().expect("there is a first process")
    })?;
    // What is not there need not be removed.
    let _ = std::fs::remove_dir_all(&folder);
    Ok(losses)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut layers = Layers::default();
    layers.preset::<GraphAutoencoderConfig>("quick")?;
    for set in [
        "data.kind=generated",
        "data.train=800",
        "data.held-out=50",
        "training.epochs=4",
        "training.batch-size=16",
    ] {
        layers.set(set)?;
    }
    let config = layers.resolve()?;
    let mut curves: Vec<Curve> = Vec::new();
    for processes in [1, 2, 4] {
        let points = train(&config, processes)?;
        if let Some(one) = curves.first() {
            let differences = points.iter().zip(&one.points);
            let largest = differences
                .map(|((_, a), (_, b))| (a - b).abs() / b)
                .fold(0.0, f64::max);
            println!(
                "{processes} processes: losses of {} steps differ from those of one by up to {largest:.1e} of them",
                points.len()
            );
        }
        let name = format!("{processes} process{}", if processes > 1 { "es" } else { "" });
        curves.push(Curve { name, points });
    }
    let file = std::env::temp_dir().join("sympe-processes.svg");
    std::fs::write(&file, curves_over("training loss", "training step", &curves))?;
    println!("{}", file.display());
    Ok(())
}
