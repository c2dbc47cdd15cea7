//! What can go wrong with a run.

use std::path::{Path, PathBuf};

/// Why a run could not be configured, started, continued or read.
///
/// ```
/// use sympe_train::{TrainError, config::Layers};
/// let error = Layers::default().set("epochs").unwrap_err();
/// assert_eq!(error.to_string(), "--set epochs: expected key=value");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A configuration does not say what it should.
    #[error("{origin}: {message}")]
    Config {
        /// Where it comes from: a file or a flag.
        origin: String,
        /// What is wrong and what was expected.
        message: String,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// What would be started there is there already.
    #[error("{path}: holds a {what} already: continue it with --resume {path}", path = path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
        /// A run, or a session of several.
        what: &'static str,
    },
    /// Another process works in the folder.
    #[error("{}: is in use by {holder}", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Which one, and what it was started as.
        holder: String,
    },
    /// The folder holds something else than what was asked for.
    #[error("{}: {message}", path.display())]
    Differs {
        /// The folder.
        path: PathBuf,
        /// What it holds, and what was asked for.
        message: String,
    },
    /// A run of another experiment than the one expected.
    #[error("{}: is a run of {found}, expected one of {expected}", path.display())]
    WrongExperiment {
        /// The folder of the run.
        path: PathBuf,
        /// The experiment of the run.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Nothing is there of what was asked for.
    #[error("{}: {message}", path.display())]
    Missing {
        /// Where it was expected.
        path: PathBuf,
        /// What is missing, and how to get it.
        message: String,
    },
    /// The run has not come to its end.
    #[error("{path}: has not finished: continue it with --resume {path}", path = path.display())]
    Unfinished {
        /// The folder of the run.
        path: PathBuf,
    },
    /// A file of a run is not what it should be.
    #[error("{}: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
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
    /// A process of several that train together has ended before the others.
    #[error("process {rank} of {size} is gone: what is left is the last checkpoint, continue with --resume")]
    Lost {
        /// Which one.
        rank: usize,
        /// Of how many.
        size: usize,
    },
    /// A file, a data set or the output failed.
    #[error(transparent)]
    Inspect(#[from] sympe_inspect::InspectError),
    /// Data could not be read or made.
    #[error(transparent)]
    Data(#[from] sympe_data::DataError),
    /// A graph could not be canonicalized.
    #[error(transparent)]
    Canon(#[from] sympe_canon::CanonError),
    /// The device is not to be had.
    #[error(transparent)]
    Device(#[from] sympe_nn::device::DeviceError),
    /// A tensor operation failed.
    #[error("{}", first_line(.0))]
    Tensor(#[from] candle_core::Error),
}

/// The first line of an error of Candle, which appends a backtrace when one is asked for.
pub(crate) fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

impl TrainError {
    /// An error of the configuration from `origin`.
    pub fn config(origin: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Config {
            origin: origin.into(),
            message: message.into(),
        }
    }

    /// For `map_err`: an I/O error of this file.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    /// The folder holds something else than what was asked for.
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
