//! What can go wrong with a file that is looked into, or with a data set.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// Why something else than this crate failed.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why a file could not be looked into, or a data set not be had.
///
/// ```
/// let error = sympe_inspect::datasets::qm9("no/such/folder".as_ref()).unwrap_err();
/// assert!(error.to_string().starts_with("no/such/folder: QM9 is not there"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// A flag does not go with the others, or not with what the file holds.
    #[error("{flag}: {message}")]
    Flag {
        /// The flag.
        flag: String,
        /// What is wrong and what was expected.
        message: String,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A file or folder holds something else than what was asked for.
    #[error("{}: {message}", path.display())]
    Differs {
        /// The file or folder.
        path: PathBuf,
        /// What it holds, and what was expected.
        message: String,
    },
    /// Nothing is there of what was asked for.
    #[error("{}: {message}", path.display())]
    Missing {
        /// Where it was expected.
        path: PathBuf,
        /// What is missing.
        message: String,
    },
    /// A file of a data set is not what was published.
    #[error("{}: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Something could not be downloaded.
    #[error("{url}: {message}")]
    Download {
        /// From where.
        url: String,
        /// What is wrong.
        message: String,
    },
    /// What was printed could not be delivered.
    #[error("standard output: {0}")]
    Output(io::Error),
    /// Some parts of the work failed, and were reported; the rest is done.
    #[error("{failed} of {total} {what} failed")]
    Incomplete {
        /// How many.
        failed: usize,
        /// Of how many.
        total: usize,
        /// What they are.
        what: &'static str,
    },
    /// Data could not be read or made.
    #[error(transparent)]
    Data(#[from] sympe_data::DataError),
    /// A graph or field could not be canonicalized.
    #[error(transparent)]
    Canon(#[from] sympe_canon::CanonError),
    /// A network could not be asked.
    #[error("{0}")]
    Network(Cause),
    /// Another process is gone, or has read something else.
    #[error("{0}")]
    Process(Cause),
}

impl InspectError {
    /// For `map_err`: an I/O error of this file.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the reader of the output has seen enough, as with `… | head`, and left.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// A flag that does not go with the rest.
    pub(crate) fn flag(flag: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Flag {
            flag: flag.into(),
            message: message.into(),
        }
    }

    /// An error of this download.
    pub(crate) fn download(url: &str, message: impl Into<String>) -> Self {
        Self::Download {
            url: url.to_owned(),
            message: message.into(),
        }
    }

    /// The file or folder holds something else than what was asked for.
    pub(crate) fn differs(path: &Path, message: impl Into<String>) -> Self {
        Self::Differs {
            path: path.to_owned(),
            message: message.into(),
        }
    }

    /// Nothing is there of what was asked for.
    pub(crate) fn missing(path: &Path, message: impl Into<String>) -> Self {
        Self::Missing {
            path: path.to_owned(),
            message: message.into(),
        }
    }

    /// An error about the content of this file.
    pub(crate) fn damaged(path: &Path, message: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            message: message.into(),
        }
    }
}
