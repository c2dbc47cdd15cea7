//! Results go line by line to whoever reads them.

use crate::InspectError;
use std::fmt::Display;
use std::io::Write;

/// Writes a line of results.
///
/// # Errors
///
/// When it cannot be delivered.
pub fn print(output: &mut dyn Write, text: impl Display) -> Result<(), InspectError> {
    writeln!(output, "{text}").map_err(InspectError::Output)
}
