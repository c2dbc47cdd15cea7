//! Lines on standard error.

use std::io::Write;

/// Writes a line on standard error. Nobody listening there is no reason to stop: `eprintln!` would panic.
pub(crate) fn note(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
