//! Processes that look into one file together, as far as this crate knows of them.

use crate::error::Cause;

/// Processes that share the graphs of a file: each looks at some of them, and the first prints what all have found. `()` is one
/// that is alone.
///
/// # Laws
///
/// * [`rank`](Self::rank) is below [`size`](Self::size), and different in each.
/// * What one hands to [`gather`](Self::gather) at its `k`th call is among what the first gets at its own `k`th call.
pub trait Processes: Sync {
    /// The number of this one, from 0.
    fn rank(&self) -> usize;

    /// Whether this is the one that prints.
    fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// How many there are.
    fn size(&self) -> usize;

    /// In the first process the messages of all, by rank; nothing in the others.
    ///
    /// # Errors
    ///
    /// When another one is gone.
    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, Cause>;
}

impl Processes for () {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, Cause> {
        Ok(vec![message])
    }
}
