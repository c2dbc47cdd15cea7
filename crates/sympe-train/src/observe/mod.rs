//! Watching a run: events, and who listens.

mod event;
mod progress;
mod stderr;
mod tensorboard;

pub use event::{Event, Observer};
pub use progress::ProgressBars;
pub(crate) use stderr::{Counted, note};
pub use tensorboard::TensorBoard;
