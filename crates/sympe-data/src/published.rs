//! The graphs of the published autoencoder comparison, where a copy of them is at hand.

use crate::formats::{self, Format};
use crate::{DataError, InMemory};
use std::fmt;
use std::path::Path;
use sympe_canon::graph::ColoredGraph;

/// A part of a data set.
///
/// ```
/// use sympe_data::published::Split;
/// assert_eq!(Split::Validation.to_string(), "val");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// What is trained on.
    Train,
    /// What decides when to stop.
    Validation,
    /// What is reported.
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Validation => "val",
            Self::Test => "test",
        })
    }
}

/// The Erdős–Rényi graphs of Satorras et al. (2021): `egnn_er025_{train,val,test}.txt` in `folder`, 5000/500/500 graphs
/// of 7 to 16 nodes.
///
/// # Errors
///
/// When the file cannot be read; the error names it.
pub fn erdos_renyi(folder: &Path, split: Split) -> Result<InMemory<ColoredGraph>, DataError> {
    let path = folder.join(format!("egnn_er025_{split}.txt"));
    Ok(InMemory::new(formats::read(&path, Some(Format::Bits))?.0))
}
