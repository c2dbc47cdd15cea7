//! The one error type of the crate.

/// What can go wrong when permutations and groups are built from outside data.
///
/// ```
/// use sympe_groups::{GroupError, Permutation};
///
/// let error = Permutation::from_images(vec![0, 2, 2]).unwrap_err();
/// assert_eq!(error, GroupError::RepeatedImage { index: 2, image: 2 });
/// assert_eq!(error.to_string(), "images[2] = 2 occurs twice: not a permutation");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// An image lies outside `0..degree`.
    #[error("images[{index}] = {image} is outside 0..{degree}")]
    ImageOutOfRange {
        /// Position in the list of images.
        index: usize,
        /// The value found there.
        image: u32,
        /// Length of the list.
        degree: usize,
    },
    /// Two points have the same image.
    #[error("images[{index}] = {image} occurs twice: not a permutation")]
    RepeatedImage {
        /// Position of the second occurrence.
        index: usize,
        /// The value that occurred before.
        image: u32,
    },
    /// A permutation of one degree was given where another was wanted.
    #[error("permutation {index} has degree {got}, expected {want}")]
    DegreeMismatch {
        /// Position in the list that was given.
        index: usize,
        /// Its degree.
        got: usize,
        /// The degree of the group.
        want: usize,
    },
    /// A point lies outside `0..degree`.
    #[error("point {point} is outside 0..{degree}")]
    PointOutOfRange {
        /// The point.
        point: u32,
        /// The degree of the group.
        degree: usize,
    },
    /// More points than a `u32` label with one spare bit can name.
    #[error("degree {got} exceeds the largest supported, {max}")]
    DegreeTooLarge {
        /// The degree asked for.
        got: usize,
        /// The largest possible one.
        max: usize,
    },
    /// Text that is not cycle notation.
    #[error("cycle notation {text:?}, byte {at}: {reason}")]
    Syntax {
        /// The text that was parsed.
        text: String,
        /// Byte offset of the offending token.
        at: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The name of a group, or its parameters, mean no group.
    #[error("group {text:?}: {reason}")]
    Name {
        /// The name.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Numbers that describe nothing of the kind that was asked for.
    #[error("{what}: {reason}")]
    Invalid {
        /// What was to be described.
        what: &'static str,
        /// What is wrong with the numbers.
        reason: String,
    },
}

impl GroupError {
    /// A name that is none of some.
    pub(crate) fn unknown(text: &str, names: &[&str]) -> Self {
        let (last, others) = names.split_last().expect("there are names");
        Self::Name {
            text: text.to_owned(),
            reason: format!("expected {} or {last}", others.join(", ")),
        }
    }
}
