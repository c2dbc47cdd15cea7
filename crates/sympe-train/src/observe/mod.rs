//! Watching a run: events, and who listens.

mod event;
mod progress;
mod tensorboard;

pub use event::{Event, Observer};
pub use progress::ProgressBars;
pub use tensorboard::TensorBoard;
