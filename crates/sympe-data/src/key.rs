//! Counter-based random streams: what is drawn depends on what it is drawn for, not on when or by which thread.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// What a stream is for, so that streams of different purposes never coincide.
///
/// ```
/// use rand::Rng;
/// use sympe_data::key::{Purpose, stream};
/// let draw = |purpose| stream(0, 0, 0, purpose).next_u64();
/// assert_ne!(draw(Purpose::Shuffle), draw(Purpose::Transform));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// The order of an epoch.
    Shuffle = 1,
    /// The random transform of an item.
    Transform = 2,
    /// Making an item of a generated data set.
    Generate = 3,
    /// Draws at evaluation.
    Evaluate = 4,
    /// A randomized search for an optimum.
    Search = 5,
    /// Draws for callers from another language.
    Foreign = 64,
}

/// The random stream of `(seed, epoch, index, purpose)`: ChaCha8 with the four as little-endian words of its key.
///
/// ```
/// use rand::Rng;
/// use sympe_data::key::{Purpose, stream};
/// let mut one = stream(7, 0, 12, Purpose::Transform);
/// let mut same = stream(7, 0, 12, Purpose::Transform);
/// let mut other = stream(7, 1, 12, Purpose::Transform);
/// let draw = one.next_u64();
/// assert_eq!(draw, same.next_u64());
/// assert_ne!(draw, other.next_u64());
/// ```
#[must_use]
pub fn stream(seed: u64, epoch: u64, index: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (word, value) in key.chunks_exact_mut(8).zip([seed, epoch, index, purpose as u64]) {
        word.copy_from_slice(&value.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_never_change() {
        // Stored runs resume with these: a changed value breaks them.
        let draw = stream(1, 2, 3, Purpose::Transform).next_u64();
        assert_eq!(draw, 10_524_200_955_395_800_979);
    }
}
