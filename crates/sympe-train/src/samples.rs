//! The data of a run: its parts, in memory or read one by one, and what a run keeps of each sample.

use crate::TrainError;
use crate::domain::get_or_try_init;
use crate::files::to_hex;
use crate::task::Part;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::{self, Debug};
use std::sync::{Arc, OnceLock};
use sympe_canon::graph::ColoredGraph;
use sympe_data::{DataError, Dataset, check_index};

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
        check_index(index, self.len())?;
        match &self.0 {
            Origin::Kept(samples) => Ok(Arc::clone(&samples[index])),
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
        over_all(self.iter(), f)
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

/// What `f` makes of items up to the first that is an error, which is returned instead.
pub(crate) fn over_all<T, R>(
    items: impl Iterator<Item = Result<T, DataError>>,
    f: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> Result<R, DataError> {
    let mut failed = None;
    let made = f(&mut items.map_while(|item| item.map_err(|error| failed = Some(error)).ok()));
    failed.map_or(Ok(made), Err)
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
        check_index(index, self.count)?;
        self.dataset.get((self.place)(index))
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
        check_index(index, self.len())?;
        self.samples.get(index % self.samples.len())
    }
}
