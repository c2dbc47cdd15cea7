//! Trains a small denoiser on all molecules of up to three heavy atoms and lets it invent some; half a minute on one core.

use sympe_data::molecule::smiles;
use sympe_nn::device::DeviceSpec;
use sympe_train::config::Layers;
use sympe_train::experiments::graph_diffusion::{GraphDiffusion, GraphDiffusionConfig};
use sympe_train::harness::Trained;
use sympe_train::run::RunInfo;
use sympe_train::trainer;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut layers = Layers::default();
    layers.preset::<GraphDiffusionConfig>("quick")?;
    for set in [
        "data.heavy-atoms=3",
        "process.steps=50",
        "evaluation.samples=100",
        "training.epochs=60",
        "training.batch-size=16",
    ] {
        layers.set(set)?;
    }
    let run = Trained::<GraphDiffusion>::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
    let folder = std::env::temp_dir().join(format!("sympe-molecules-{}", std::process::id()));
    let info = RunInfo::new(&run, DeviceSpec::Cpu);
    let results = trainer::train(&run, &folder, &info, &mut ())?;
    for (name, value) in &results.test {
        println!("{name}: {value:.3}");
    }
    let classes = run.task().molecule_classes().expect("the graphs are molecules");
    for graph in run.task().sample(12, 0, &mut |_| ())? {
        println!(
            "{}",
            classes
                .decode(&graph)?
                .as_ref()
                .map_or("None".to_owned(), smiles::write)
        );
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
