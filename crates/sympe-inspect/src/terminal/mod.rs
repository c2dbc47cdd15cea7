//! What a program says: results on its output, progress and notes on standard error.

mod bars;
mod output;
mod stderr;

pub use bars::Bars;
pub use output::print;
pub use stderr::{Counted, note, read_graphs, read_molecules};
