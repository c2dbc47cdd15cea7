//! What an experiment must offer to be trained, compared and reported.

use crate::TrainError;
use crate::config::Config;
use crate::report::Block;
use crate::run::DataInfo;
use candle_core::{Device, Tensor};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use sympe_data::formats::Format;
use sympe_data::{DataError, Dataset};
use sympe_nn::params::ParamStore;

/// A part of the data.
///
/// ```
/// use clap::ValueEnum;
/// use sympe_train::experiment::Part;
/// assert_eq!(Part::from_str("test", false), Ok(Part::Test));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// What is trained on.
    Train,
    /// What chooses the epoch.
    Validation,
    /// What is reported.
    Test,
}

/// The seed of evaluations of a run: their draws are not those of training.
pub(crate) fn evaluation_seed(seed: u64) -> u64 {
    seed ^ 0x5EED_0E7A_1BA7_C4E5
}

/// The name of a flag's value on the command line.
pub(crate) fn flag_name(value: &impl clap::ValueEnum) -> String {
    let value = value.to_possible_value().expect("no value is hidden");
    value.get_name().to_owned()
}

/// What the runs of one process share, by what it is made of: made once, then kept.
pub(crate) struct Shared<K, V>(Mutex<Vec<(K, Arc<V>)>>);

impl<K: PartialEq, V> Shared<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn get<E>(&self, key: K, make: impl FnOnce(&K) -> Result<V, E>) -> Result<Arc<V>, E> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, value)) = kept.iter().find(|(other, _)| *other == key) {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(make(&key)?);
        kept.push((key, Arc::clone(&value)));
        Ok(value)
    }
}

/// The three parts of the data of an experiment, and which data these are.
#[derive(Debug)]
pub(crate) struct Splits<S> {
    pub(crate) train: S,
    pub(crate) validation: S,
    pub(crate) test: S,
    pub(crate) info: DataInfo,
}

impl<S> Splits<S> {
    pub(crate) fn part(&self, part: Part) -> &S {
        match part {
            Part::Train => &self.train,
            Part::Validation => &self.validation,
            Part::Test => &self.test,
        }
    }
}

/// Every item of a data set.
pub(crate) fn collect<D: Dataset>(dataset: &D) -> Result<Vec<D::Item>, DataError> {
    (0..dataset.len()).map(|index| dataset.get(index)).collect()
}

/// An experiment: data, model, loss and metrics. The [`trainer`](crate::trainer) does the rest.
///
/// The command line finds it by two more lines: a variant of `ExperimentName` with its arm in `dispatch!`
/// (`commands/mod.rs`), and for `compare` a subcommand over its [`Comparison`] (`commands/compare.rs`).
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiment::{Experiment, Part};
/// use sympe_train::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
///
/// let mut layers = Layers::default();
/// layers.preset::<GraphAutoencoderConfig>("smoke")?;
/// let experiment = GraphAutoencoder::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let metrics = experiment.evaluate(experiment.part(Part::Test), 0)?;
/// assert_eq!(metrics[0].0, "bce");
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub trait Experiment: Sized {
    /// Its name on the command line.
    const NAME: &'static str;
    /// Its options.
    type Config: Config;
    /// A batch on the host.
    type Batch: Send;
    /// Data to evaluate on.
    type Samples;

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

    /// Which data these are; a run is continued and evaluated on the same ones only.
    fn data(&self) -> DataInfo;

    /// A part of the data.
    fn part(&self, part: Part) -> &Self::Samples;

    /// The data in a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or does not fit the model.
    fn read(&self, file: &Path, format: Option<Format>) -> Result<Self::Samples, TrainError>;

    /// Metrics on `samples`, with random draws number `draw`. The first metric chooses the epoch: lower is better.
    ///
    /// # Errors
    ///
    /// Those of the model.
    fn evaluate(&self, samples: &Self::Samples, draw: u64) -> Result<Vec<(&'static str, f64)>, TrainError>;

    /// Seconds spent so far on canonicalizing, drawing and encoding training batches, over all threads.
    fn breaking_seconds(&self) -> f64;

    /// What to look at in the report: predictions of these runs by name, side by side.
    ///
    /// # Errors
    ///
    /// Those of the model.
    fn figures(runs: &[(String, Self)]) -> Result<Vec<Block>, TrainError>;
}

/// A metric in the table of a comparison.
///
/// ```
/// use sympe_train::experiment::Comparison;
/// use sympe_train::graph_autoencoder::GraphAutoencoderComparison;
/// assert_eq!(GraphAutoencoderComparison::COLUMNS[0].metric, "bce");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in [`Experiment::evaluate`].
    pub metric: &'static str,
    /// Its heading.
    pub heading: &'static str,
    /// Digits after the point.
    pub digits: usize,
}

/// What `compare` varies in an experiment, as flags, and what it prints.
///
/// ```
/// use sympe_train::experiment::Comparison;
/// use sympe_train::graph_autoencoder::{GraphAutoencoderComparison, GraphAutoencoderConfig};
/// let labels = GraphAutoencoderComparison::labels(&GraphAutoencoderConfig::default());
/// assert_eq!(labels[0], ("network", Some("egnn".to_owned())));
/// ```
pub trait Comparison: clap::Args {
    /// What is trained.
    type Experiment: Experiment;
    /// The metrics of the table.
    const COLUMNS: &'static [Column];

    /// One configuration per row of the table; `compare` adds the seeds.
    fn settings(&self, base: &Options<Self>) -> Vec<Options<Self>>;

    /// What tells the rows apart, name and value, always with the same names. Rows equal in the first share a figure.
    fn labels(config: &Options<Self>) -> Vec<(&'static str, Option<String>)>;
}

/// The configuration of what is compared.
pub type Options<C> = <<C as Comparison>::Experiment as Experiment>::Config;
