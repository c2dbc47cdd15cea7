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
    /// A file of a run is not what it should be.
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
    Output(std::io::Error),
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

/// Candle appends a backtrace when one is asked for; users of the program want the first line.
fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

impl TrainError {
    /// An error of the configuration from `origin`.
    pub(crate) fn config(origin: impl Into<String>, message: impl Into<String>) -> Self {
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

    /// An error of this download.
    pub(crate) fn download(url: &str, message: impl Into<String>) -> Self {
        Self::Download {
            url: url.to_owned(),
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
