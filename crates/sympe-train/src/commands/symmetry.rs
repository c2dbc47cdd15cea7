//! `symmetry`: that of sympe-inspect, and what trained networks make of what is symmetric.

use crate::communicator::Communicator;
use crate::experiments::graph_autoencoder::GraphAutoencoder;
use crate::harness::Trained;
use crate::task::Task;
use crate::{TrainError, run, session};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::slice;
use sympe_canon::graph::ColoredGraph;
use sympe_inspect::commands::{Networks, Spreads, SymmetryArgs};
use sympe_inspect::{Cause, Processes};
use sympe_nn::check::orbit_spread;
use sympe_nn::device::DeviceSpec;

// What the command is for is said by the documentation of the flags that it takes in.
#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    #[command(flatten)]
    of_files: SymmetryArgs,
    /// Graphs: a trained run or session; show how far the embeddings of interchangeable nodes lie apart
    #[arg(long, value_name = "RUN")]
    model: Option<PathBuf>,
}

/// Processes as sympe-inspect knows them.
struct Among<'a>(&'a dyn Communicator);

impl Processes for Among<'_> {
    fn rank(&self) -> usize {
        self.0.rank()
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, Cause> {
        Ok(self.0.gather(message)?)
    }
}

pub(super) fn symmetry(
    args: &ModelArgs,
    world: &dyn Communicator,
    output: &mut dyn Write,
) -> Result<(), TrainError> {
    let load = || Ok(spreads(args.model.as_deref().expect("asked for models only"))?);
    let networks = args.model.is_some().then_some(Networks {
        flag: "--model",
        load: &load,
    });
    Ok(sympe_inspect::commands::symmetry(
        &args.of_files,
        networks,
        &Among(world),
        output,
    )?)
}

/// What the models of a run or session make of a graph, by name.
fn spreads(folder: &Path) -> Result<Spreads, TrainError> {
    let models = models(folder)?;
    Ok(Box::new(move |graph: &ColoredGraph, orbits, seed| {
        let of_model = |(name, model): &(String, Trained<GraphAutoencoder>)| {
            let z = model.task().embeddings(slice::from_ref(graph), seed)?;
            Ok((name.clone(), orbit_spread(&z[0], orbits)?))
        };
        models
            .iter()
            .map(of_model)
            .collect::<Result<_, TrainError>>()
            .map_err(Into::into)
    }))
}

/// The models of a run or session by name, on the CPU: graphs come one by one.
fn models(folder: &Path) -> Result<Vec<(String, Trained<GraphAutoencoder>)>, TrainError> {
    let found = run::experiment(folder)?;
    if found != GraphAutoencoder::NAME {
        return Err(TrainError::WrongExperiment {
            path: folder.to_owned(),
            found,
            expected: GraphAutoencoder::NAME.to_owned(),
        });
    }
    session::runs_in::<GraphAutoencoder>(folder)?
        .into_iter()
        .map(|folder| {
            let model = run::load::<GraphAutoencoder>(&folder, &DeviceSpec::Cpu.open()?)?;
            Ok((run::name(&folder), model))
        })
        .collect()
}
