//! Results go line by line to whoever reads them.

use crate::TrainError;
use std::fmt::Display;
use std::io::Write;

/// Writes a line of results.
pub(crate) fn print(output: &mut dyn Write, text: impl Display) -> Result<(), TrainError> {
    writeln!(output, "{text}").map_err(TrainError::Output)
}
