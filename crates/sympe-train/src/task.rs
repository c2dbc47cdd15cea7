//! What an experiment is: data, a network, a loss, a judgement. All else is the [harness](crate::harness)'s.

use crate::TrainError;
use crate::clock::Clock;
use crate::comparison::{Axis, Column};
use crate::config::Config;
use crate::domain::get_or_try_init;
use crate::files::to_hex;
use crate::report::Block;
use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::{self, Debug};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use sympe_canon::graph::ColoredGraph;
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

/// Which data a run was made with.
///
/// ```
/// use sympe_train::task::DataInfo;
/// let data = DataInfo { description: "two triangles".into(), sha256: "6b86…".into(), classes: None };
/// assert!(data.description.contains("triangles"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataInfo {
    /// In words.
    pub description: String,
    /// SHA-256 of all of them, in hex.
    pub sha256: String,
    /// What the classes of nodes and of edges stand for, where they stand for something that was found in the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<[Vec<String>; 2]>,
}

/// An input of an experiment, with its answer where there is one.
pub trait Sample: Debug + Send + Sync + 'static {
    /// Appends everything that tells samples apart; the digest of the data is made of it.
    fn write_bytes(&self, bytes: &mut Vec<u8>);
}

impl Sample for ColoredGraph {
    /// Vertices and edges; colours where not all are 0.
    fn write_bytes(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.n() as u64).to_le_bytes());
        bytes.extend((self.edge_count() as u64).to_le_bytes());
        let ends = self.edges().flat_map(|(u, v, _)| [u, v]);
        bytes.extend(ends.flat_map(u32::to_le_bytes));
        let colors: Vec<u32> = (self.node_colors().iter().copied())
            .chain(self.edges().map(|(_, _, color)| color))
            .collect();
        if colors.iter().any(|&color| color != 0) {
            bytes.extend(colors.into_iter().flat_map(u32::to_le_bytes));
        }
    }
}

/// The three parts of the data, and which data these are. The runs of a process share them.
///
/// ```
/// use sympe_train::task::{Part, Sample, Splits};
/// #[derive(Debug)]
/// struct Number(u8);
/// impl Sample for Number {
///     fn write_bytes(&self, bytes: &mut Vec<u8>) {
///         bytes.push(self.0);
///     }
/// }
/// let splits = Splits::new("numbers", [vec![Number(1), Number(2)], vec![Number(3)], vec![Number(4)]])?;
/// assert_eq!(splits.part(Part::Train).len(), 2);
/// let empty = Splits::new("numbers", [vec![Number(1)], vec![], vec![Number(4)]]);
/// assert_eq!(empty.unwrap_err().to_string(), "data: there are no validation samples");
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct Splits<S: Send + Sync + 'static> {
    parts: [Source<S>; 3],
    info: DataInfo,
}

impl<S: Sample> Splits<S> {
    /// What is trained on, what chooses the epoch, what is reported; all of it is kept in memory.
    ///
    /// # Errors
    ///
    /// When a part is empty.
    pub fn new(description: impl Into<String>, parts: [Vec<S>; 3]) -> Result<Self, TrainError> {
        let (mut digest, mut bytes) = (Sha256::new(), Vec::new());
        for samples in &parts {
            digest.update((samples.len() as u64).to_le_bytes());
            for sample in samples {
                bytes.clear();
                sample.write_bytes(&mut bytes);
                digest.update(&bytes);
            }
        }
        let parts = parts.map(|samples| Source::kept(samples.into_iter().map(Arc::new)));
        Self::of(description, to_hex(&digest.finalize()), parts)
    }

    /// Parts that come from anywhere, and the SHA-256 of what tells them apart.
    ///
    /// # Errors
    ///
    /// When a part is empty.
    pub fn of(
        description: impl Into<String>,
        sha256: String,
        parts: [Source<S>; 3],
    ) -> Result<Self, TrainError> {
        for (part, samples) in Part::ALL.into_iter().zip(&parts) {
            if samples.is_empty() {
                let message = format!("there are no {} samples", part.adjective());
                return Err(TrainError::config("data", message));
            }
        }
        Ok(Self {
            parts,
            info: DataInfo {
                description: description.into(),
                sha256,
                classes: None,
            },
        })
    }

    /// The same with names of the classes of nodes and of edges, which are kept with runs.
    #[must_use]
    pub fn with_classes(mut self, names: [Vec<String>; 2]) -> Self {
        self.info.classes = Some(names);
        self
    }

    /// A part.
    #[must_use]
    pub fn part(&self, part: Part) -> &Source<S> {
        &self.parts[part as usize]
    }

    /// All samples, part by part; or why one cannot be read.
    pub fn all(&self) -> impl Iterator<Item = Result<Arc<S>, DataError>> {
        self.parts.iter().flat_map(Source::iter)
    }

    /// Which data these are.
    #[must_use]
    pub fn info(&self) -> &DataInfo {
        &self.info
    }
}

/// Where samples come from: they are in memory, or each is read when it is asked for. Clones share them.
///
/// ```
/// use std::sync::Arc;
/// use sympe_data::InMemory;
/// use sympe_train::task::Source;
/// let kept = Source::kept([1, 2, 3].map(Arc::new));
/// let read = Source::read(InMemory::new(vec![1, 2, 3]));
/// assert_eq!((*kept.get(2)?, *read.get(2)?, read.len()), (3, 3, 3));
/// assert_eq!(read.over(|all| all.map(|number| *number).sum::<i32>())?, 6);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
pub struct Source<S>(Origin<S>);

enum Origin<S> {
    Kept(Arc<[Arc<S>]>),
    Read(Arc<dyn Dataset<Item = S>>),
}

impl<S> Clone for Source<S> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Origin::Kept(samples) => Origin::Kept(Arc::clone(samples)),
            Origin::Read(dataset) => Origin::Read(Arc::clone(dataset)),
        })
    }
}

impl<S: Send + Sync + 'static> fmt::Debug for Source<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_kept() { "Kept" } else { "Read" };
        f.debug_struct(name)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl<S: Send + Sync + 'static> Source<S> {
    /// Samples in memory.
    #[must_use]
    pub fn kept(samples: impl IntoIterator<Item = Arc<S>>) -> Self {
        Self(Origin::Kept(samples.into_iter().collect()))
    }

    /// Samples that are read when they are asked for.
    #[must_use]
    pub fn read(dataset: impl Dataset<Item = S> + 'static) -> Self {
        Self(Origin::Read(Arc::new(dataset)))
    }

    /// Whether they are in memory.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(self.0, Origin::Kept(_))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Origin::Kept(samples) => samples.len(),
            Origin::Read(dataset) => dataset.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A sample.
    ///
    /// # Errors
    ///
    /// When there is none of this index, or it cannot be read.
    pub fn get(&self, index: usize) -> Result<Arc<S>, DataError> {
        let len = self.len();
        match &self.0 {
            Origin::Kept(samples) => samples
                .get(index)
                .cloned()
                .ok_or(DataError::OutOfRange { index, len }),
            Origin::Read(dataset) => dataset.get(index).map(Arc::new),
        }
    }

    /// The samples, in order.
    pub fn iter(&self) -> impl Iterator<Item = Result<Arc<S>, DataError>> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// What `f` makes of all samples, one after the other.
    ///
    /// # Errors
    ///
    /// When one cannot be read; what `f` made of those before it is dropped.
    pub fn over<R>(&self, f: impl FnOnce(&mut dyn Iterator<Item = Arc<S>>) -> R) -> Result<R, DataError> {
        let mut failed = None;
        let made = f(&mut self
            .iter()
            .map_while(|sample| sample.map_err(|error| failed = Some(error)).ok()));
        failed.map_or(Ok(made), Err)
    }

    /// The first `count` of them, or all if there are fewer.
    #[must_use]
    pub fn truncated(&self, count: usize) -> Self {
        self.chosen(count.min(self.len()), |index| index)
    }

    /// `count` of them, spread evenly, or all if there are fewer.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use sympe_train::task::Source;
    /// let numbers = Source::kept((0..10).map(Arc::new));
    /// let some: Vec<i32> = numbers.spread(3).iter().map(|number| Ok(*number?)).collect::<Result<_, sympe_data::DataError>>()?;
    /// assert_eq!(some, [0, 3, 6]);
    /// assert_eq!(numbers.spread(20).len(), 10);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[must_use]
    pub fn spread(&self, count: usize) -> Self {
        let (len, count) = (self.len(), count.min(self.len()));
        self.chosen(count, move |index| index * len / count)
    }

    /// `count` of them, by their places.
    fn chosen(&self, count: usize, place: impl Fn(usize) -> usize + Send + Sync + 'static) -> Self {
        match &self.0 {
            _ if count == self.len() => self.clone(),
            Origin::Kept(samples) => Self::kept((0..count).map(|index| Arc::clone(&samples[place(index)]))),
            Origin::Read(dataset) => {
                let dataset = Arc::clone(dataset);
                Self::read(Chosen {
                    dataset,
                    count,
                    place,
                })
            }
        }
    }
}

/// Some samples of a data set, by their places in it.
struct Chosen<S, F> {
    dataset: Arc<dyn Dataset<Item = S>>,
    count: usize,
    place: F,
}

impl<S: Send, F: Fn(usize) -> usize + Send + Sync> Dataset for Chosen<S, F> {
    type Item = S;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<S, DataError> {
        match index < self.count {
            true => self.dataset.get((self.place)(index)),
            false => Err(DataError::OutOfRange {
                index,
                len: self.count,
            }),
        }
    }
}

/// A sample in a run, with what the run finds out about it once and keeps.
#[derive(Debug)]
pub struct Entry<S, K> {
    /// Its place in its part or file, from 0.
    pub index: usize,
    /// The sample.
    pub sample: Arc<S>,
    /// What is kept of it; the default knows nothing.
    pub kept: K,
}

impl<S, K: Default> Entry<S, K> {
    fn new(index: usize, sample: Arc<S>) -> Arc<Self> {
        let kept = K::default();
        Arc::new(Self { index, sample, kept })
    }
}

/// The entries of a part, or of a file. Nothing is kept of samples that are not in memory: an entry is made anew each time.
#[derive(Debug)]
pub struct Samples<S: Send + Sync + 'static, K> {
    source: Source<S>,
    /// Of samples in memory from the start, of others once all of them are asked for.
    entries: OnceLock<Vec<Arc<Entry<S, K>>>>,
    part: Option<Part>,
}

impl<S: Send + Sync + 'static, K: Default> Samples<S, K> {
    /// Samples of this part, or of no part.
    pub fn new(source: &Source<S>, part: Option<Part>) -> Self {
        let entries = OnceLock::new();
        if let Origin::Kept(samples) = &source.0 {
            let made = samples
                .iter()
                .enumerate()
                .map(|(index, sample)| Entry::new(index, Arc::clone(sample)));
            entries.get_or_init(|| made.collect());
        }
        Self {
            source: source.clone(),
            entries,
            part,
        }
    }

    /// Samples that are no part of the data of a run.
    pub fn of(samples: impl IntoIterator<Item = S>) -> Self {
        Self::new(&Source::kept(samples.into_iter().map(Arc::new)), None)
    }

    /// Whether they are the test set: what is costly to judge is judged for it alone.
    #[must_use]
    pub fn are_test(&self) -> bool {
        self.part == Some(Part::Test)
    }

    /// An entry.
    ///
    /// # Errors
    ///
    /// When there is none of this index, or it cannot be read.
    pub fn get(&self, index: usize) -> Result<Arc<Entry<S, K>>, DataError> {
        let kept = self.entries.get().and_then(|entries| entries.get(index));
        match kept {
            Some(entry) => Ok(Arc::clone(entry)),
            None => Ok(Entry::new(index, self.source.get(index)?)),
        }
    }

    /// The entries, in order: all of them are in memory from then on.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub fn entries(&self) -> Result<&[Arc<Entry<S, K>>], DataError> {
        get_or_try_init(&self.entries, || {
            let entry = |(index, sample): (usize, Result<_, DataError>)| Ok(Entry::new(index, sample?));
            self.source.iter().enumerate().map(entry).collect()
        })
        .map(Vec::as_slice)
    }

    /// The samples, in order: all of them are in memory from then on.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub fn samples(&self) -> Result<impl ExactSizeIterator<Item = &S>, DataError> {
        Ok(self.entries()?.iter().map(|entry| &*entry.sample))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }
}

/// Entries of a part as often as it is passed over in an epoch, one pass after the other.
pub(crate) struct Passes<S: Send + Sync + 'static, K> {
    pub(crate) samples: Arc<Samples<S, K>>,
    pub(crate) passes: usize,
}

impl<S, K> Dataset for Passes<S, K>
where
    S: Send + Sync + 'static,
    K: Default + Send + Sync,
{
    type Item = Arc<Entry<S, K>>;

    fn len(&self) -> usize {
        self.passes * self.samples.len()
    }

    fn get(&self, index: usize) -> Result<Self::Item, DataError> {
        let len = self.samples.len();
        if index >= self.passes * len {
            return Err(DataError::OutOfRange {
                index,
                len: self.passes * len,
            });
        }
        self.samples.get(index % len)
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

    /// The loss to minimise in this epoch, a scalar.
    ///
    /// # Errors
    ///
    /// Those of the network.
    fn loss(&self, batch: &BatchOf<Self>, epoch: u64) -> Result<Tensor, TrainError>;

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
