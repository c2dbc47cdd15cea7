//! What an experiment is: data, a network, a loss, a judgement. All else is the [harness](crate::harness)'s.

use crate::TrainError;
use crate::clock::Clock;
use crate::comparison::{Axis, Column};
use crate::config::Config;
pub use crate::loss::Loss;
use crate::report::Block;
pub use crate::samples::{DataInfo, Entry, Sample, Samples, Source, Splits};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use sympe_data::diffusion::Spacing;
use sympe_data::formats::Format;
use sympe_data::{Collate, DataError, Dataset, InMemory, Loader, LoaderConfig, Transform};
use sympe_nn::params::Params;

sympe_groups::named! {
    clap "part of the data"
    /// A part of the data.
    ///
    /// ```
    /// use sympe_train::task::Part;
    /// assert_eq!("train".parse(), Ok(Part::Train));
    /// assert_eq!(Part::Train.adjective(), "training");
    /// ```
    pub enum Part {
        /// What is trained on.
        Train = "train",
        /// What chooses the epoch.
        Validation = "validation",
        /// What is reported.
        Test = "test",
    }
}

impl Part {
    /// What its data are called in a text.
    #[must_use]
    pub fn adjective(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Validation | Self::Test => self.name(),
        }
    }
}

/// The entry that the loader of an experiment hands on.
pub type EntryOf<T> = Arc<Entry<<T as Task>::Sample, <T as Task>::Kept>>;
/// Samples of an experiment.
pub type SamplesOf<T> = Samples<<T as Task>::Sample, <T as Task>::Kept>;
/// A batch of an experiment, on the host.
pub type BatchOf<T> = <<T as Task>::Host as Collate<DrawnOf<T>>>::Batch;
type DrawnOf<T> = <<T as Task>::Host as Transform<EntryOf<T>>>::Out;

/// What a model is made of.
#[derive(Debug)]
pub struct Setup<'a, T: Task> {
    /// The options.
    pub config: &'a T::Config,
    /// The data; keep what judgements and figures need.
    pub splits: &'a Arc<Splits<T::Sample>>,
    /// Where parameters are created; names the device, too.
    pub params: Params<'a>,
    /// Counts the time of symmetry breaking.
    pub clock: &'a Clock,
}

/// Which samples are to be generated.
///
/// ```
/// use sympe_train::task::Request;
/// let request = Request { count: 3, ..Request::default() };
/// assert_eq!((request.draw, request.steps, request.spacing), (0, None, None));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// How many.
    pub count: usize,
    /// Number of the random draws.
    pub draw: u64,
    /// In how many steps, where there are any; none for as many as are configured.
    pub steps: Option<usize>,
    /// How these are spaced; none for what is configured.
    pub spacing: Option<Spacing>,
}

/// Where samples are kept while further ones are drawn, each as a line of text, so that a drawing that was stopped goes on where
/// it was.
///
/// `()` keeps nothing:
///
/// ```
/// use sympe_train::task::SampleStore;
/// ().keep(&mut std::iter::once("a sample".to_owned()))?;
/// assert!(().kept().is_empty());
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub trait SampleStore {
    /// Those that an earlier drawing for the same [`Request`] kept before it was stopped, in their order.
    fn kept(&mut self) -> Vec<String>;

    /// Keeps those that come next; a store that keeps nothing leaves them unwritten.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    fn keep(&mut self, samples: &mut dyn Iterator<Item = String>) -> Result<(), TrainError>;
}

impl SampleStore for () {
    fn kept(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn keep(&mut self, _: &mut dyn Iterator<Item = String>) -> Result<(), TrainError> {
        Ok(())
    }
}

/// What a draw of samples gives: files by name, and metrics.
#[derive(Clone, Debug)]
pub struct Generated {
    /// How many samples there are.
    pub count: usize,
    /// Names and contents of files.
    pub files: Vec<(&'static str, String)>,
    /// How good the samples are.
    pub metrics: Metrics,
}

/// Metrics by name.
pub type Metrics = Vec<(&'static str, f64)>;

/// An experiment: what is trained on what, and how it is judged. The [harness](crate::harness::Trained) loads, trains,
/// resumes, compares and reports it.
///
/// A task is the network itself with what it needs to judge: made by [`new`](Self::new), it owns its layers, and
/// the harness owns the parameters.
///
/// # Laws
///
/// * Everything random comes from the configured seeds and the streams that are handed over: the same call gives the
///   same samples, the same batches, the same judgement. [`harness::check`](crate::harness::check) checks it.
/// * The first metric of [`judge`](Self::judge) chooses the epoch: lower is better. Names and order of the metrics of a
///   part do not change between calls.
/// * What is kept of an entry does not change what is drawn for it.
///
/// `examples/your-own-experiment` is a whole one outside this crate.
pub trait Task: Sized + 'static {
    /// Its name on the command line and in folders.
    const NAME: &'static str;
    /// What it does, in a few words, for the command line.
    const ABOUT: &'static str;
    /// The metrics in the table of a comparison.
    const COLUMNS: &'static [Column];
    /// Whether [`generate`](Self::generate) draws samples.
    const GENERATES: bool = false;
    /// Its options.
    type Config: Config;
    /// An input.
    type Sample: Sample;
    /// What a run keeps of a sample between draws: [`Domain::Kept`](crate::domain::Domain::Kept), or `()`.
    type Kept: Debug + Default + Send + Sync + 'static;
    /// The host half: draws for an entry, and puts what was drawn together, in the threads of the loader.
    type Host: Transform<EntryOf<Self>> + Collate<DrawnOf<Self>> + Clone + 'static;

    /// Loads or makes the data; everything random by the seed of the data.
    ///
    /// # Errors
    ///
    /// When data are missing, or not what the configuration says.
    fn splits(config: &Self::Config) -> Result<Splits<Self::Sample>, TrainError>;

    /// The network.
    ///
    /// # Errors
    ///
    /// When sizes do not fit together.
    fn new(setup: Setup<'_, Self>) -> Result<Self, TrainError>;

    /// The host half of this network.
    fn host(&self) -> &Self::Host;

    /// The loss to minimise in this epoch: a scalar, the mean over the samples of the batch, unless it says over what
    /// ([`Loss::over`]).
    ///
    /// # Errors
    ///
    /// Those of the network.
    fn loss(&self, batch: &BatchOf<Self>, epoch: u64) -> Result<Loss, TrainError>;

    /// Metrics on `samples`, with random draws number `draw`.
    ///
    /// # Errors
    ///
    /// Those of the network.
    fn judge(&self, samples: &SamplesOf<Self>, draw: u64) -> Result<Metrics, TrainError>;

    /// Bounds of likelihoods of `samples` by `count` draws of each, weighted by importance, with random draws number `draw`: the more
    /// draws, the tighter.
    ///
    /// # Errors
    ///
    /// Those of the network; when the experiment has no likelihood.
    fn weigh(&self, _: &SamplesOf<Self>, _count: usize, _draw: u64) -> Result<Metrics, TrainError> {
        Err(TrainError::config(
            Self::NAME,
            "has no likelihood to bound by weighted draws",
        ))
    }

    /// What `compare` varies: a table has a row for each combination. A row called `none` is the run without symmetry
    /// breaking that `train` puts beside the configured one.
    #[must_use]
    fn axes() -> Vec<Axis<Self::Config>> {
        Vec::new()
    }

    /// The one option of every way of breaking that `compare --tune` chooses on validation, each for itself: an axis whose rows
    /// are the choices ([`Axis::scale`]).
    #[must_use]
    fn tuned() -> Option<Axis<Self::Config>> {
        None
    }

    /// What all rows of a comparison have in common and its table says all the same: name and value.
    #[must_use]
    fn context(_: &Self::Config) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The samples in a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or does not fit the network.
    fn read(&self, file: &Path, _: Option<Format>) -> Result<Vec<Self::Sample>, TrainError> {
        let message = format!("{} reads no files, expected --split", Self::NAME);
        Err(TrainError::config(file.display().to_string(), message))
    }

    /// What to look at in the report: predictions of these runs by name, side by side.
    ///
    /// # Errors
    ///
    /// Those of the network.
    fn figures(_: &[(String, &Self)]) -> Result<Vec<Block>, TrainError> {
        Ok(Vec::new())
    }

    /// What means do not say, for reports: tables of settings by name, each with its runs, which differ in the seed only. Each
    /// listing becomes a file beside the report, too, which its title names.
    ///
    /// # Errors
    ///
    /// Those of the network.
    fn details(_: &[(String, Vec<&Self>)]) -> Result<Vec<Block>, TrainError> {
        Ok(Vec::new())
    }

    /// Draws samples of what the network generates, and keeps them in `store` as they come; those that it has are not drawn again.
    /// `done` hears of the share of the work that is done.
    ///
    /// # Errors
    ///
    /// Those of the network and of the store.
    fn generate(
        &self,
        _: &Request,
        _store: &mut dyn SampleStore,
        _done: &mut dyn FnMut(f64),
    ) -> Result<Generated, TrainError> {
        Err(TrainError::config(Self::NAME, "generates nothing"))
    }
}

/// The seed of evaluations of a run: their draws are not those of training.
#[must_use]
pub fn evaluation_seed(seed: u64) -> u64 {
    seed ^ 0x5EED_0E7A_1BA7_C4E5
}

/// All batches of `samples` in order, with draw number `draw` of the evaluations of the run of this seed.
///
/// # Errors
///
/// Those of the host half.
pub fn evaluation_batches<E, H>(
    host: &H,
    entries: &[E],
    size: usize,
    seed: u64,
    draw: u64,
) -> Result<Vec<H::Batch>, TrainError>
where
    E: Clone + Send + Sync + 'static,
    H: Transform<E> + Collate<<H as Transform<E>>::Out> + Clone + 'static,
    H::Batch: 'static,
{
    let options = LoaderConfig {
        batch_size: size,
        shuffle: false,
        threads: 0,
        seed: evaluation_seed(seed),
        ..LoaderConfig::default()
    };
    let loader = Loader::new(
        InMemory::new(entries.to_vec()),
        host.clone(),
        host.clone(),
        options,
    )?;
    Ok(loader.epoch_from(draw, 0).collect::<Result<_, _>>()?)
}

/// The seed of a part of generated data: those of the three parts differ, whatever the seed of the data is.
#[must_use]
pub fn part_seed(seed: u64, part: Part) -> u64 {
    seed.wrapping_mul(3).wrapping_add(part as u64)
}

/// Every item of a data set.
///
/// # Errors
///
/// Those of the data set.
pub fn collect<D: Dataset>(dataset: &D) -> Result<Vec<D::Item>, DataError> {
    (0..dataset.len()).map(|index| dataset.get(index)).collect()
}

#[cfg(test)]
mod tests {
    use super::Part;
    use clap::ValueEnum;

    #[test]
    fn parts_are_said_and_explained_on_the_command_line_as_elsewhere() {
        for part in Part::ALL {
            assert_eq!(<Part as ValueEnum>::from_str(part.name(), false), Ok(part));
            let value = part.to_possible_value().unwrap();
            assert_eq!(format!("{}.", value.get_help().unwrap()), part.about());
        }
    }
}
