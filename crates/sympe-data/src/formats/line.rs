//! What the parsers of lines share: numbers, and errors of sizes and of graphs.

use crate::DataError;
use crate::error::shorten;
use std::str::FromStr;

/// A number within a line; `what` it stands for.
pub(super) fn number<T: FromStr>(word: Option<&str>, line: usize, what: &str) -> Result<T, DataError> {
    match word {
        None => Err(DataError::syntax(line, "the end of the line", what)),
        Some(word) => word
            .parse()
            .map_err(|_| DataError::syntax(line, format!("'{}'", shorten(word)), what)),
    }
}

/// Refuses a number of vertices out of all proportion to the text: isolated vertices cost no text, but a typing error
/// must not cost gigabytes.
pub(super) fn check_size(n: u32, text: usize, line: usize) -> Result<(), DataError> {
    const FREE: usize = 1 << 20;
    if n as usize > FREE && n as usize > 16 * text {
        let what = format!("{n} vertices in a text of {text} bytes");
        return Err(DataError::syntax(
            line,
            what,
            "a number of vertices in proportion to the text",
        ));
    }
    Ok(())
}

/// An error of the graph itself, as an error of its line.
pub(super) fn graph_error(error: &sympe_canon::CanonError, line: usize) -> DataError {
    DataError::syntax(line, error.to_string(), "a simple graph")
}
