//! Samples of a drawing that may be stopped: kept as they come, continued when the same is asked for again.

use crate::TrainError;
use crate::files::{append_line, truncate};
use crate::run::whole_lines;
use crate::task::{Request, SampleStore};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is drawn: samples are kept for the same drawing only, by the same program.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drawing {
    pub(super) version: String,
    pub(super) weights_sha256: String,
    pub(super) request: Request,
}

/// Samples that were drawn together, as lines of text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chunk {
    /// CRC-32C of the samples, one after the other.
    crc32c: u32,
    samples: Vec<String>,
}

impl Chunk {
    fn new(samples: Vec<String>) -> Self {
        let crc32c = Self::checksum(&samples);
        Self { crc32c, samples }
    }

    fn checksum(samples: &[String]) -> u32 {
        let add = |crc, sample: &String| crc32c::crc32c_append(crc, sample.as_bytes());
        samples.iter().fold(0, add)
    }
}

/// The file of the samples that have been drawn. Its first line is the [`Drawing`], each other line a [`Chunk`]; what follows the
/// first line that is not whole is drawn again.
pub(super) struct DrawnSamples {
    path: PathBuf,
    kept: Vec<String>,
}

impl DrawnSamples {
    /// What the folder holds of this drawing. Samples of another are removed.
    pub(super) fn open(folder: &Path, drawing: &Drawing) -> Result<Self, TrainError> {
        let path = folder.join("drawn.jsonl");
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            read => read.map_err(TrainError::io(&path))?,
        };
        let mut lines = bytes[..whole_lines(&bytes)].split_inclusive(|&byte| byte == b'\n');
        let first = lines.next();
        let (mut kept, mut length) = (Vec::new(), 0);
        if let Some(line) = first
            && serde_json::from_slice(line).is_ok_and(|found: Drawing| found == *drawing)
        {
            length = line.len();
            for line in lines {
                match serde_json::from_slice::<Chunk>(line) {
                    Ok(chunk) if chunk.crc32c == Chunk::checksum(&chunk.samples) => {
                        kept.extend(chunk.samples)
                    }
                    _ => break,
                }
                length += line.len();
            }
        }
        if length < bytes.len() {
            truncate(&path, length as u64)?;
        }
        if length == 0 {
            append_line(&path, drawing)?;
        }
        Ok(Self { path, kept })
    }

    /// How many samples there are.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Removes the file, when all samples are where they belong.
    pub(super) fn finish(self) -> Result<(), TrainError> {
        fs::remove_file(&self.path).map_err(TrainError::io(&self.path))
    }
}

impl SampleStore for DrawnSamples {
    fn kept(&mut self) -> Vec<String> {
        std::mem::take(&mut self.kept)
    }

    fn keep(&mut self, samples: &mut dyn Iterator<Item = String>) -> Result<(), TrainError> {
        append_line(&self.path, &Chunk::new(samples.collect())).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(draw: u64) -> Drawing {
        Drawing {
            version: "1".to_owned(),
            weights_sha256: "00".to_owned(),
            request: Request {
                count: 5,
                draw,
                ..Request::default()
            },
        }
    }

    fn texts<'a>(samples: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        samples.iter().map(|&text| text.to_owned())
    }

    #[test]
    fn what_was_kept_is_there_again_up_to_the_first_damage() {
        let folder = tempfile::tempdir().unwrap();
        let open = |draw| DrawnSamples::open(folder.path(), &drawing(draw)).unwrap();
        let mut store = open(0);
        assert_eq!(store.len(), 0);
        store.keep(&mut texts(&["a\"b", "c"])).unwrap();
        store.keep(&mut texts(&["d"])).unwrap();
        assert_eq!(open(0).kept(), ["a\"b", "c", "d"]);
        let path = folder.path().join("drawn.jsonl");
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            // A byte that is another one, and a file that was cut off.
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            for bytes in [&flipped[..], &whole[..at]] {
                fs::write(&path, bytes).unwrap();
                let mut store = open(0);
                let kept = store.kept();
                assert!(
                    texts(&["a\"b", "c", "d"])
                        .take(kept.len())
                        .eq(kept.iter().cloned())
                        && kept.len() != 1,
                    "byte {at}: {kept:?}"
                );
                store.keep(&mut texts(&["x"])).unwrap();
                assert_eq!(open(0).len(), kept.len() + 1);
            }
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(open(1).len(), 0);
        assert_eq!(open(0).len(), 0);
        open(0).finish().unwrap();
        assert!(!path.exists());
    }
}
