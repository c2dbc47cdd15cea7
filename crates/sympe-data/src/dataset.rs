//! The traits that data flows through: data set, transform, collate, batches.

use crate::DataError;
use rand::Rng;

/// Items by index.
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

/// A random map of items: canonicalize and draw, add noise, augment. It runs in loader threads.
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
        self.items.get(index).cloned().ok_or(DataError::OutOfRange {
            index,
            len: self.items.len(),
        })
    }
}
