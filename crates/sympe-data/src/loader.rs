//! A deterministic parallel loader: batches arrive in order and do not depend on the number of threads.
//!
//! Threads claim the numbers of batches one after the other and prepare them; the iterator hands them out in order, keeping
//! those that come before their turn. A thread waits before a batch that is too far ahead, so at most `prefetch` batches
//! (or one per thread, if that is more) are ready or being prepared. Every random number comes from a stream of its own purpose
//! and index ([`crate::key`]), which is why threads cannot change a batch.

use crate::key::{Purpose, stream};
use crate::{BatchSource, Collate, DataError, Dataset, Transform};
use rand::Rng;
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use sympe_groups::uniform_below;

/// The options of a [`Loader`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoaderConfig {
    /// Items per batch.
    pub batch_size: usize,
    /// A new random order each epoch.
    pub shuffle: bool,
    /// How many items are mixed with each other, where that is less than all of them: runs of 1024 neighbours come in a random
    /// order, and within each window of so many items in it all are mixed. So items that are read from a disk are near each other; 0 mixes
    /// all.
    pub window: usize,
    /// Leave out a last batch that is not full.
    pub drop_last: bool,
    /// Threads that prepare batches; 0 prepares them in the caller's thread.
    pub threads: usize,
    /// Batches prepared ahead.
    pub prefetch: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Which part of every batch is loaded; all of it by default.
    pub share: Share,
}

/// A part of every batch: of `of` parts of neighbours, as equal as they can be, the one at `index`. The parts of a batch together are the
/// batch, item by item the same.
///
/// ```
/// use sympe_data::Share;
/// let parts: Vec<_> = (0..3).map(|index| Share { index, of: 3 }.range(8)).collect();
/// assert_eq!(parts, [0..2, 2..5, 5..8]);
/// assert_eq!(Share::default().range(8), 0..8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Which part, from 0.
    pub index: usize,
    /// How many there are.
    pub of: usize,
}

impl Default for Share {
    fn default() -> Self {
        Self { index: 0, of: 1 }
    }
}

impl Share {
    /// The part of a batch of `len` items. It is empty where there are fewer items than parts.
    #[must_use]
    pub fn range(self, len: usize) -> std::ops::Range<usize> {
        let at = |index: usize| (len as u128 * index as u128 / self.of as u128) as usize;
        at(self.index)..at(self.index + 1)
    }
}

impl Default for LoaderConfig {
    fn default() -> Self {
        Self {
            batch_size: 32,
            shuffle: true,
            window: 0,
            drop_last: false,
            threads: 1,
            prefetch: 8,
            seed: 0,
            share: Share::default(),
        }
    }
}

/// A loader: data set, random transform per item, collation, in its own threads.
///
/// The transform of item `index` in epoch `e` draws from the stream `(seed, e, index)`; the order of an epoch from the
/// stream `(seed, e)`. So batches depend on seed and epoch only.
///
/// ```
/// use rand::{Rng, RngExt};
/// use sympe_data::{BatchSource, DataError, InMemory, IntoVec, Loader, LoaderConfig};
///
/// let jitter = |x: f64, rng: &mut dyn Rng| Ok::<f64, DataError>(x + rng.random::<f64>());
/// let load = |threads| {
///     let config = LoaderConfig { batch_size: 3, threads, ..Default::default() };
///     let loader = Loader::new(InMemory::new(vec![0.0, 10.0, 20.0, 30.0]), jitter, IntoVec, config)?;
///     loader.epoch(0).collect::<Result<Vec<_>, _>>()
/// };
/// let batches = load(0)?;
/// assert_eq!(batches.len(), 2);
/// assert_eq!(batches, load(3)?);
/// # Ok::<(), DataError>(())
/// ```
#[derive(Debug)]
pub struct Loader<D, T, C> {
    parts: Arc<Parts<D, T, C>>,
}

#[derive(Debug)]
struct Parts<D, T, C> {
    dataset: D,
    transform: T,
    collate: C,
    config: LoaderConfig,
    /// Nanoseconds spent in the transform, over all threads.
    transform_nanos: AtomicU64,
}

impl<D, T, C> Loader<D, T, C>
where
    D: Dataset + 'static,
    T: Transform<D::Item> + 'static,
    C: Collate<T::Out> + 'static,
{
    /// A loader over `dataset`.
    ///
    /// # Errors
    ///
    /// When the batch size is 0, there are 2³² items or more, or the share is none.
    pub fn new(dataset: D, transform: T, collate: C, config: LoaderConfig) -> Result<Self, DataError> {
        if config.batch_size == 0 {
            return Err(DataError::invalid("batch size", "0", "at least 1"));
        }
        if u32::try_from(dataset.len()).is_err() {
            return Err(DataError::invalid(
                "number of items in an epoch",
                dataset.len(),
                "less than 2³²",
            ));
        }
        let Share { index, of } = config.share;
        if index >= of {
            return Err(DataError::invalid(
                "share of every batch",
                format!("{index} of {of}"),
                "an index below the number of shares",
            ));
        }
        let transform_nanos = AtomicU64::new(0);
        Ok(Self {
            parts: Arc::new(Parts {
                dataset,
                transform,
                collate,
                config,
                transform_nanos,
            }),
        })
    }

    /// Number of batches of an epoch.
    #[must_use]
    pub fn batches_per_epoch(&self) -> usize {
        let (len, size) = (self.parts.dataset.len(), self.parts.config.batch_size);
        if self.parts.config.drop_last {
            len / size
        } else {
            len.div_ceil(size)
        }
    }

    /// How many items of batch `batch` of an epoch are in this loader's [share](LoaderConfig::share). Where it is 0 the batch that is loaded
    /// is not empty all the same: it has one item, which counts for nothing.
    #[must_use]
    pub fn items_of(&self, batch: usize) -> usize {
        self.parts.config.share.range(self.parts.range(batch).len()).len()
    }

    /// The data set.
    #[must_use]
    pub fn dataset(&self) -> &D {
        &self.parts.dataset
    }

    /// Seconds spent in the transform so far, summed over threads.
    #[must_use]
    pub fn transform_seconds(&self) -> f64 {
        self.parts.transform_nanos.load(Ordering::Relaxed) as f64 * 1e-9
    }

    /// The batches of epoch `epoch` from batch `first` on, without preparing the ones before: for resuming.
    pub fn epoch_from(&self, epoch: u64, first: usize) -> Batches<C::Batch> {
        let order = Arc::new(self.parts.order(epoch));
        let end = self.batches_per_epoch();
        let parts = Arc::clone(&self.parts);
        let prepare = move |batch: usize| parts.prepare(&order, epoch, batch);
        Batches::start(
            first,
            end,
            self.parts.config.threads,
            self.parts.config.prefetch,
            Arc::new(prepare),
        )
    }
}

impl<D, T, C> BatchSource for Loader<D, T, C>
where
    D: Dataset + 'static,
    T: Transform<D::Item> + 'static,
    C: Collate<T::Out> + 'static,
{
    type Batch = C::Batch;

    fn epoch(&self, epoch: u64) -> Box<dyn Iterator<Item = Result<C::Batch, DataError>> + Send + '_> {
        Box::new(self.epoch_from(epoch, 0))
    }
}

impl<D, T, C> Parts<D, T, C>
where
    D: Dataset,
    T: Transform<D::Item>,
    C: Collate<T::Out>,
{
    /// The order of an epoch.
    fn order(&self, epoch: u64) -> Vec<u32> {
        let len = self.dataset.len() as u32;
        let LoaderConfig {
            shuffle,
            window,
            seed,
            ..
        } = self.config;
        let mixed = |mut order: Vec<u32>, index: u64| {
            shuffle_all(&mut order, &mut stream(seed, epoch, index, Purpose::Shuffle));
            order
        };
        if !shuffle {
            (0..len).collect()
        } else if window == 0 || window >= len as usize {
            mixed((0..len).collect(), 0)
        } else {
            let runs = mixed((0..len.div_ceil(RUN)).collect(), 0);
            let mut order: Vec<u32> = runs
                .into_iter()
                .flat_map(|run| run * RUN..len.min((run + 1).saturating_mul(RUN)))
                .collect();
            for (index, window) in order.chunks_mut(window).enumerate() {
                shuffle_all(
                    window,
                    &mut stream(seed, epoch, index as u64 + 1, Purpose::Shuffle),
                );
            }
            order
        }
    }

    /// Where the items of a batch are in the order of an epoch.
    fn range(&self, batch: usize) -> std::ops::Range<usize> {
        let (len, size) = (self.dataset.len(), self.config.batch_size);
        let start = (batch * size).min(len);
        start..(start + size).min(len)
    }

    fn prepare(&self, order: &[u32], epoch: u64, batch: usize) -> Result<C::Batch, DataError> {
        let whole = &order[self.range(batch)];
        let chosen = match &whole[self.config.share.range(whole.len())] {
            // No batch is empty, so that networks need not know of any.
            [] => &whole[..1],
            share => share,
        };
        let mut items = Vec::with_capacity(chosen.len());
        for &index in chosen {
            let item = self.dataset.get(index as usize)?;
            let mut rng = stream(self.config.seed, epoch, u64::from(index), Purpose::Transform);
            let start = Instant::now();
            let item = self.transform.apply(item, &mut rng);
            self.transform_nanos
                .fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
            items.push(item?);
        }
        self.collate.collate(items)
    }
}

/// Neighbours that stay near each other where a window of items is mixed.
const RUN: u32 = 1024;

/// A uniformly random order, by Fisher and Yates.
fn shuffle_all(order: &mut [u32], rng: &mut dyn Rng) {
    for i in (1..order.len()).rev() {
        order.swap(i, uniform_below(i as u32 + 1, rng) as usize);
    }
}

type Prepare<B> = Arc<dyn Fn(usize) -> Result<B, DataError> + Send + Sync>;

/// The rest of an epoch: an iterator over batches, prepared ahead by threads that end with it.
///
/// ```
/// use sympe_data::{DataError, InMemory, IntoVec, Loader, LoaderConfig};
/// let keep = |x: u8, _: &mut dyn rand::Rng| Ok::<u8, DataError>(x);
/// let config = LoaderConfig { batch_size: 2, ..Default::default() };
/// let loader = Loader::new(InMemory::new(vec![1, 2, 3]), keep, IntoVec, config)?;
/// let all: Vec<Vec<u8>> = loader.epoch_from(0, 0).collect::<Result<_, _>>()?;
/// let rest: Vec<Vec<u8>> = loader.epoch_from(0, 1).collect::<Result<_, _>>()?;
/// assert_eq!(rest, all[1..]);
/// # Ok::<(), DataError>(())
/// ```
pub struct Batches<B> {
    next: usize,
    end: usize,
    prepare: Prepare<B>,
    workers: Option<Workers<B>>,
}

struct Workers<B> {
    receiver: Option<Receiver<(usize, Result<B, DataError>)>>,
    /// Batches that arrived before their turn.
    early: BTreeMap<usize, Result<B, DataError>>,
    /// The first batch the workers may not start yet; it moves on by one for each batch that is handed out.
    window: Arc<(Mutex<usize>, Condvar)>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

fn lock(mutex: &Mutex<usize>) -> std::sync::MutexGuard<'_, usize> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn guarded<B>(prepare: &Prepare<B>, batch: usize) -> Result<B, DataError> {
    catch_unwind(AssertUnwindSafe(|| prepare(batch)))
        .unwrap_or_else(|panic| Err(DataError::Panic(text(&*panic))))
}

fn text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}

impl<B: Send + 'static> Batches<B> {
    fn start(first: usize, end: usize, threads: usize, prefetch: usize, prepare: Prepare<B>) -> Self {
        if threads == 0 || first >= end {
            return Self {
                next: first,
                end,
                prepare,
                workers: None,
            };
        }
        let ahead = prefetch.max(threads);
        let (sender, receiver) = sync_channel(ahead);
        let window = Arc::new((Mutex::new(first + ahead), Condvar::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let claim = Arc::new(AtomicUsize::new(first));
        let work = || {
            let (sender, prepare, claim) = (sender.clone(), Arc::clone(&prepare), Arc::clone(&claim));
            let (window, stop) = (Arc::clone(&window), Arc::clone(&stop));
            std::thread::spawn(move || {
                loop {
                    let batch = claim.fetch_add(1, Ordering::Relaxed);
                    if batch >= end {
                        return;
                    }
                    let mut limit = lock(&window.0);
                    while batch >= *limit && !stop.load(Ordering::Relaxed) {
                        limit = window.1.wait(limit).unwrap_or_else(PoisonError::into_inner);
                    }
                    drop(limit);
                    // A closed channel means that the epoch was dropped.
                    if stop.load(Ordering::Relaxed) || sender.send((batch, guarded(&prepare, batch))).is_err()
                    {
                        return;
                    }
                }
            })
        };
        let threads = (0..threads.min(end - first)).map(|_| work()).collect();
        let workers = Workers {
            receiver: Some(receiver),
            early: BTreeMap::new(),
            window,
            stop,
            threads,
        };
        Self {
            next: first,
            end,
            prepare,
            workers: Some(workers),
        }
    }
}

impl<B> Iterator for Batches<B> {
    type Item = Result<B, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let batch = self.next;
        self.next += 1;
        let Some(workers) = &mut self.workers else {
            return Some(guarded(&self.prepare, batch));
        };
        loop {
            if let Some(ready) = workers.early.remove(&batch) {
                *lock(&workers.window.0) += 1;
                workers.window.1.notify_all();
                return Some(ready);
            }
            match workers.receiver.as_ref().map(Receiver::recv) {
                Some(Ok((arrived, result))) => {
                    workers.early.insert(arrived, result);
                }
                // Every worker has gone without delivering: they only do that when told to stop.
                _ => return Some(Err(DataError::Panic("loader threads ended early".into()))),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next.min(self.end);
        (left, Some(left))
    }
}

impl<B> Drop for Batches<B> {
    fn drop(&mut self) {
        let Some(workers) = &mut self.workers else { return };
        // Under the lock, so that no worker misses it between its test and its wait.
        let limit = lock(&workers.window.0);
        workers.stop.store(true, Ordering::Relaxed);
        drop(limit);
        workers.window.1.notify_all();
        workers.receiver = None;
        for thread in workers.threads.drain(..) {
            // Panics were caught inside; there is nothing left to report.
            let _ = thread.join();
        }
    }
}

impl<B> std::fmt::Debug for Batches<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches")
            .field("next", &self.next)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
