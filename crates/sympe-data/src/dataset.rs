//! The traits that data flows through: data set, transform, collate, batches. Items are asked for by index, from several
//! threads, and all randomness comes in from outside.

use crate::DataError;
use crate::key::{Purpose, stream};
use rand::Rng;
use rand::rngs::ChaCha8Rng;

/// Items by index.
///
/// ```
/// use sympe_data::{DataError, Dataset};
///
/// struct Squares;
///
/// impl Dataset for Squares {
///     type Item = usize;
///     fn len(&self) -> usize {
///         10
///     }
///     fn get(&self, index: usize) -> Result<usize, DataError> {
///         if index < 10 { Ok(index * index) } else { Err(DataError::OutOfRange { index, len: 10 }) }
///     }
/// }
/// assert_eq!(Squares.get(3)?, 9);
/// assert!(Squares.get(10).is_err() && !Squares.is_empty());
/// # Ok::<(), DataError>(())
/// ```
pub trait Dataset: Send + Sync {
    /// What an item is.
    type Item: Send;
    /// Number of items.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The item at `index`.
    ///
    /// # Errors
    ///
    /// When `index` is out of range, or the item cannot be read.
    fn get(&self, index: usize) -> Result<Self::Item, DataError>;
}

/// Refuses an index that is not below `len`.
///
/// ```
/// use sympe_data::check_index;
/// assert!(check_index(2, 3).is_ok());
/// assert_eq!(check_index(3, 3).unwrap_err().to_string(), "item 3 of a data set of 3");
/// ```
///
/// # Errors
///
/// [`DataError::OutOfRange`].
pub fn check_index(index: usize, len: usize) -> Result<(), DataError> {
    if index < len {
        return Ok(());
    }
    Err(DataError::OutOfRange { index, len })
}

/// The random stream that item `index` of `len` generated ones is drawn from: the same at every call.
///
/// # Errors
///
/// When `index` is not below `len`.
pub(crate) fn item_stream(seed: u64, index: usize, len: usize) -> Result<ChaCha8Rng, DataError> {
    check_index(index, len)?;
    Ok(stream(seed, 0, index as u64, Purpose::Generate))
}

/// A random map of items: canonicalize and draw, add noise, augment. It runs in loader threads.
///
/// ```
/// use rand::{Rng, RngExt, SeedableRng, rngs::ChaCha8Rng};
/// use sympe_data::{DataError, Transform};
/// let jitter = |x: f64, rng: &mut dyn Rng| Ok::<f64, DataError>(x + rng.random::<f64>());
/// assert!(jitter.apply(1.0, &mut ChaCha8Rng::seed_from_u64(0))? >= 1.0);
/// # Ok::<(), DataError>(())
/// ```
pub trait Transform<In>: Send + Sync {
    /// What becomes of an item.
    type Out: Send;
    /// Transforms an item; all randomness comes from `rng`.
    ///
    /// # Errors
    ///
    /// When the item is outside the domain.
    fn apply(&self, item: In, rng: &mut dyn Rng) -> Result<Self::Out, DataError>;
}

impl<In, Out: Send, F> Transform<In> for F
where
    F: Fn(In, &mut dyn Rng) -> Result<Out, DataError> + Send + Sync,
{
    type Out = Out;

    fn apply(&self, item: In, rng: &mut dyn Rng) -> Result<Out, DataError> {
        self(item, rng)
    }
}

/// Items to a batch.
///
/// ```
/// use sympe_data::{Collate, DataError};
/// struct Sum;
/// impl Collate<u32> for Sum {
///     type Batch = u32;
///     fn collate(&self, items: Vec<u32>) -> Result<u32, DataError> {
///         Ok(items.into_iter().sum())
///     }
/// }
/// assert_eq!(Sum.collate(vec![1, 2, 3])?, 6);
/// # Ok::<(), DataError>(())
/// ```
pub trait Collate<Item>: Send + Sync {
    /// What a batch is.
    type Batch: Send;
    /// Puts items together.
    ///
    /// # Errors
    ///
    /// When they do not fit together.
    fn collate(&self, items: Vec<Item>) -> Result<Self::Batch, DataError>;
}

/// Batches as they are.
///
/// ```
/// use sympe_data::{Collate, IntoVec};
/// assert_eq!(IntoVec.collate(vec![1, 2]).unwrap(), [1, 2]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct IntoVec;

impl<Item: Send> Collate<Item> for IntoVec {
    type Batch = Vec<Item>;

    fn collate(&self, items: Vec<Item>) -> Result<Vec<Item>, DataError> {
        Ok(items)
    }
}

/// The batches of an epoch, in order.
///
/// ```
/// use sympe_data::{BatchSource, DataError, InMemory, IntoVec, Loader, LoaderConfig};
/// let keep = |x: u8, _: &mut dyn rand::Rng| Ok::<u8, DataError>(x);
/// let config = LoaderConfig { batch_size: 2, ..Default::default() };
/// let loader = Loader::new(InMemory::new(vec![1, 2, 3]), keep, IntoVec, config)?;
/// let epoch = |number| loader.epoch(number).collect::<Result<Vec<_>, _>>();
/// assert_eq!(epoch(0)?, epoch(0)?);
/// # Ok::<(), DataError>(())
/// ```
pub trait BatchSource: Send + Sync {
    /// What a batch is.
    type Batch;
    /// The batches of epoch `epoch`, always the same ones.
    fn epoch(&self, epoch: u64) -> Box<dyn Iterator<Item = Result<Self::Batch, DataError>> + Send + '_>;
}

/// A data set in memory.
///
/// ```
/// use sympe_data::{Dataset, InMemory};
/// let letters = InMemory::new(vec!['a', 'b']);
/// assert_eq!(letters.len(), 2);
/// assert_eq!(letters.get(1)?, 'b');
/// assert_eq!(letters.get(2).unwrap_err().to_string(), "item 2 of a data set of 2");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InMemory<T> {
    items: Vec<T>,
}

impl<T> InMemory<T> {
    /// A data set of these items.
    #[must_use]
    pub fn new(items: Vec<T>) -> Self {
        Self { items }
    }

    /// The items.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }
}

impl<T: Clone + Send + Sync> Dataset for InMemory<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.items.len()
    }

    fn get(&self, index: usize) -> Result<T, DataError> {
        check_index(index, self.items.len())?;
        Ok(self.items[index].clone())
    }
}
