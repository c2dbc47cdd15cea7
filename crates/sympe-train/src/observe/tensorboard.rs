//! Writes what happens in a run for TensorBoard.

use super::event::{Event, Observer};
use crate::TrainError;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use sympe_inspect::terminal::note;
use sympe_report::tensorboard::{scalar, start};

/// Writes training loss, learning rate and metrics for TensorBoard.
///
/// ```
/// use sympe_train::observe::{Event, Observer, TensorBoard};
/// let folder = tempfile::tempdir().unwrap();
/// let mut board = TensorBoard::new(folder.path())?;
/// board.observe(&Event::Step { epoch: 0, step: 100, loss: 0.5, rate: 1e-3 });
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    writer: BufWriter<File>,
    path: PathBuf,
    failed: bool,
}

/// Steps between points of the training loss.
const EVERY: u64 = 50;

impl TensorBoard {
    /// A new event file in `folder`; TensorBoard reads all files of a folder together.
    ///
    /// # Errors
    ///
    /// When the file cannot be created.
    pub fn new(folder: &Path) -> Result<Self, TrainError> {
        let (now, id) = (now(), std::process::id());
        let name = format!("events.out.tfevents.{}.{id}.sympe", now.as_secs());
        let path = folder.join(name);
        let file = File::create(&path).map_err(TrainError::io(&path))?;
        let mut board = Self {
            writer: BufWriter::new(file),
            path,
            failed: false,
        };
        board.write(&start(now.as_secs_f64()));
        board.flush();
        Ok(board)
    }

    /// The event file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn scalar(&mut self, step: u64, tag: &str, value: f64) {
        self.write(&scalar(now().as_secs_f64(), step, tag, value));
    }

    fn write(&mut self, record: &[u8]) {
        self.attempt(|writer| writer.write_all(record));
    }

    fn flush(&mut self) {
        self.attempt(BufWriter::flush);
    }

    /// A full disk stops the curves, not the run; the run's own files report it.
    fn attempt(&mut self, write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) {
        if self.failed {
            return;
        }
        if let Err(error) = write(&mut self.writer) {
            note(format_args!(
                "warning: {}: {error}; no more events are written",
                self.path.display()
            ));
            self.failed = true;
        }
    }
}

impl Observer for TensorBoard {
    fn observe(&mut self, observed: &Event<'_>) {
        match *observed {
            Event::Step { step, loss, rate, .. } if step % EVERY == 0 => {
                self.scalar(step, "train/loss", loss);
                self.scalar(step, "train/learning_rate", rate);
            }
            Event::Epoch {
                step,
                train_loss,
                metrics,
                ..
            } => {
                self.scalar(step, "train/epoch_loss", train_loss);
                for &(name, value) in metrics {
                    self.scalar(step, &format!("validation/{name}"), value);
                }
                self.flush();
            }
            Event::Finished { results } => {
                for (name, &value) in &results.test {
                    self.scalar(results.steps, &format!("test/{name}"), value);
                }
                self.flush();
            }
            Event::Step { .. } | Event::Started { .. } | Event::Warning { .. } => {}
        }
    }
}

/// Since 1970.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_its_loss_and_its_metrics() {
        let folder = tempfile::tempdir().unwrap();
        let mut board = TensorBoard::new(folder.path()).unwrap();
        let metrics = [("bce", 1.5)];
        board.observe(&Event::Epoch {
            epoch: 0,
            step: 300,
            train_loss: 2.5,
            metrics: &metrics,
        });
        let written = std::fs::read(board.path()).unwrap();
        let curves = [("train/epoch_loss", 2.5), ("validation/bce", 1.5)];
        let lengths = curves.map(|(tag, value)| scalar(0.0, 300, tag, value).len());
        assert_eq!(written.len(), start(0.0).len() + lengths.iter().sum::<usize>());
        for (tag, value) in curves {
            let written = written.windows(tag.len() + 5);
            let expected = [tag.as_bytes(), &[0x15], &(value as f32).to_le_bytes()].concat();
            assert_eq!(written.filter(|part| *part == expected).count(), 1, "{tag}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_ends_the_curves_and_nothing_else() {
        let path = PathBuf::from("/dev/full");
        let mut board = TensorBoard {
            writer: BufWriter::new(File::options().write(true).open(&path).unwrap()),
            path,
            failed: false,
        };
        board.scalar(0, "fits the buffer", 1.0);
        assert!(!board.failed);
        // Larger than the buffer: this is written at once.
        board.write(&[0; 1 << 16]);
        assert!(board.failed);
        board.flush();
        // What is left in the buffer cannot be written either: dropping it must not complain.
        drop(board);
    }
}
