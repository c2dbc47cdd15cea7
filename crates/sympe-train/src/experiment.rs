//! What an experiment must offer to be trained, compared and reported.

use crate::TrainError;
use crate::config::{Config, TrainingConfig};
use candle_core::{Device, Tensor};
use sympe_data::DataError;
use sympe_nn::optim::OptimizerConfig;
use sympe_nn::params::ParamStore;

/// A part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// What is trained on.
    Train,
    /// What chooses the epoch.
    Validation,
    /// What is reported.
    Test,
}

/// A square matrix and its prediction, for the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Rows and columns.
    pub n: usize,
    /// Entries from 0 to 1, row-major.
    pub target: Vec<f32>,
    /// Entries from 0 to 1, row-major.
    pub prediction: Vec<f32>,
}

/// An experiment: data, model, loss and metrics. The [`trainer`](crate::trainer) does the rest.
pub trait Experiment: Sized {
    /// Its name on the command line.
    const NAME: &'static str;
    /// Its options.
    type Config: Config;
    /// A batch on the host.
    type Batch: Send;

    /// A name for a run, of what differs between the runs of a comparison.
    fn run_name(config: &Self::Config) -> String;
    /// The same run without symmetry breaking; `None` if it breaks none.
    fn baseline(config: &Self::Config) -> Option<Self::Config>;

    /// Loads the data and builds the model, everything random by the configured seed.
    ///
    /// # Errors
    ///
    /// When data is missing, or sizes do not fit together.
    fn new(config: Self::Config, device: &Device) -> Result<Self, TrainError>;

    /// Its options.
    fn config(&self) -> &Self::Config;
    /// Epochs, batches, seed.
    fn training(&self) -> &TrainingConfig;
    /// The update rule.
    fn optimizer(&self) -> &OptimizerConfig;
    /// The parameters.
    fn store(&self) -> &ParamStore;
    /// Batches of an epoch.
    fn batches_per_epoch(&self) -> u64;

    /// The batches of an epoch, from batch `first` on: the same ones at every call.
    fn epoch(
        &self,
        epoch: u64,
        first: u64,
    ) -> Box<dyn Iterator<Item = Result<Self::Batch, DataError>> + Send + '_>;

    /// The loss to minimise, a scalar.
    ///
    /// # Errors
    ///
    /// Those of the model.
    fn loss(&self, batch: &Self::Batch) -> Result<Tensor, TrainError>;

    /// Metrics on a part of the data, with random draws number `draw`. The first metric chooses the epoch: lower is
    /// better.
    ///
    /// # Errors
    ///
    /// Those of the model.
    fn evaluate(&self, part: Part, draw: u64) -> Result<Vec<(&'static str, f64)>, TrainError>;

    /// Seconds spent so far on canonicalizing, drawing and encoding training batches, over all threads.
    fn breaking_seconds(&self) -> f64;

    /// Predictions to look at.
    ///
    /// # Errors
    ///
    /// Those of the model.
    fn pictures(&self, count: usize) -> Result<Vec<Picture>, TrainError>;
}
