//! Two small runs side by side from code, without and with SymPE, and their table: what `cargo xtask train` does.

use sympe_nn::device::DeviceSpec;
use sympe_train::TrainError;
use sympe_train::communicator::alone;
use sympe_train::comparison::Setting;
use sympe_train::config::Layers;
use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
use sympe_train::harness::baseline;
use sympe_train::observe::ProgressBars;
use sympe_train::session::Session;
use sympe_train::task::Task;

fn main() -> Result<(), TrainError> {
    let mut layers = Layers::default();
    layers.preset::<GraphAutoencoderConfig>("smoke")?;
    layers.set("data.train=400")?;
    layers.set("training.epochs=10")?;
    layers.set("model.network=gnn")?;
    let broken: GraphAutoencoderConfig = layers.resolve()?;
    let unbroken = baseline::<GraphAutoencoder>(&broken).expect("the configuration breaks symmetry");
    let broken = Setting::current(&GraphAutoencoder::axes(), broken);

    let folder = std::env::temp_dir().join(format!("sympe-two-runs-{}", std::process::id()));
    let session = Session::new::<GraphAutoencoder>(DeviceSpec::Cpu, [unbroken, broken]);
    session.write(&folder)?;
    for outcome in session.run::<GraphAutoencoder>(&folder, 2, &alone(), &ProgressBars::new())? {
        let outcome = outcome?;
        let test = &outcome.results.test;
        println!(
            "{}: BCE {:.2}, {:.2} % wrong",
            outcome.name, test["bce"], test["error_percent"]
        );
    }
    std::fs::remove_dir_all(&folder).map_err(|source| TrainError::Io { path: folder, source })
}
