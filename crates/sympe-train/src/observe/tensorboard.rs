//! TensorBoard event files: records of a length, a payload and their checksums; the payload is a small protocol buffer.

use super::event::{Event, Observer};
use super::stderr::note;
use crate::TrainError;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

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
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!(
            "events.out.tfevents.{}.{}.sympe",
            now.as_secs(),
            std::process::id()
        );
        let path = folder.join(name);
        let file = File::create(&path).map_err(TrainError::io(&path))?;
        let mut board = Self {
            writer: BufWriter::new(file),
            path,
            failed: false,
        };
        let mut version = Vec::new();
        bytes_field(&mut version, 3, b"brain.Event:2");
        board.write(&event(0, &version));
        board.flush();
        Ok(board)
    }

    /// The event file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn scalar(&mut self, step: u64, tag: &str, value: f64) {
        let mut entry = Vec::new();
        bytes_field(&mut entry, 1, tag.as_bytes());
        key(&mut entry, 2, 5);
        entry.extend_from_slice(&(value as f32).to_le_bytes());
        let mut summary = Vec::new();
        bytes_field(&mut summary, 1, &entry);
        let mut body = Vec::new();
        bytes_field(&mut body, 5, &summary);
        self.write(&event(step, &body));
    }

    fn write(&mut self, payload: &[u8]) {
        let length = (payload.len() as u64).to_le_bytes();
        let record = [&length[..], &masked_crc(&length), payload, &masked_crc(payload)].concat();
        self.attempt(|writer| writer.write_all(&record));
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

/// `Event { wall_time = 1, step = 2, … }`.
fn event(step: u64, body: &[u8]) -> Vec<u8> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64();
    let mut bytes = Vec::new();
    key(&mut bytes, 1, 1);
    bytes.extend_from_slice(&now.to_le_bytes());
    key(&mut bytes, 2, 0);
    varint(&mut bytes, step);
    bytes.extend_from_slice(body);
    bytes
}

fn key(bytes: &mut Vec<u8>, field: u64, wire: u64) {
    varint(bytes, field << 3 | wire);
}

fn bytes_field(bytes: &mut Vec<u8>, field: u64, content: &[u8]) {
    key(bytes, field, 2);
    varint(bytes, content.len() as u64);
    bytes.extend_from_slice(content);
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The rotated and shifted CRC-32C of the record format.
fn masked_crc(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(0xA282_EAD8)
        .to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads records back, checking both checksums.
    fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut rest = bytes;
        let mut records = Vec::new();
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            assert_eq!(rest[8..12], masked_crc(&rest[..8]));
            let payload = &rest[12..12 + length];
            assert_eq!(rest[12 + length..16 + length], masked_crc(payload));
            records.push(payload.to_vec());
            rest = &rest[16 + length..];
        }
        records
    }

    #[test]
    fn records_have_valid_checksums_and_hold_the_values() {
        let folder = tempfile::tempdir().unwrap();
        let mut board = TensorBoard::new(folder.path()).unwrap();
        let metrics = [("bce", 1.5)];
        board.observe(&Event::Epoch {
            epoch: 0,
            step: 300,
            train_loss: 2.5,
            metrics: &metrics,
        });
        let records = records(&std::fs::read(board.path()).unwrap());
        assert_eq!(records.len(), 3);
        assert!(records[0].ends_with(b"brain.Event:2"));
        // The step, 300, is a varint; the summary ends with tag and value.
        assert_eq!(records[1][9..12], [0x10, 0xAC, 0x02]);
        for (record, tag, value) in [
            (&records[1], "train/epoch_loss", 2.5f32),
            (&records[2], "validation/bce", 1.5),
        ] {
            let tail = [tag.as_bytes(), &[0x15], &value.to_le_bytes()].concat();
            assert!(record.ends_with(&tail), "{tag}");
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

    #[test]
    fn the_checksum_is_the_published_one() {
        // CRC-32C of "123456789" is 0xE3069283.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xE306_9283);
    }
}
