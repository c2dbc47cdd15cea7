//! Errors of the crates as exceptions, with the same words.

use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use sympe_canon::CanonError;

create_exception!(
    sympe,
    BudgetExhausted,
    PyRuntimeError,
    "The search visited as many nodes as `max_nodes` allows.\n\nThe message says how far it came. The attribute `index` is that of the graph in its batch."
);

/// Why one item of a batch has no result.
pub(crate) enum Fault {
    /// Its data are not what they have to be.
    Value(String),
    /// What a search says.
    Canon(CanonError),
    /// It was not begun: an earlier item has a fault, or the call was stopped.
    Skipped,
}

impl From<CanonError> for Fault {
    fn from(error: CanonError) -> Self {
        Self::Canon(error)
    }
}

impl Fault {
    /// The exception for item `index`, called `what`.
    pub(crate) fn into_exception(self, what: &str, index: usize) -> PyErr {
        match self {
            Self::Canon(error @ CanonError::BudgetExhausted { .. }) => {
                let exception = BudgetExhausted::new_err(format!("{what} {index}: {error}"));
                Python::attach(|py| exception.value(py).setattr("index", index))
                    .map_or_else(|error| error, |()| exception)
            }
            Self::Canon(error) => PyValueError::new_err(format!("{what} {index}: {error}")),
            Self::Value(text) => PyValueError::new_err(text),
            Self::Skipped => PyRuntimeError::new_err(format!("{what} {index} was not searched")),
        }
    }
}
