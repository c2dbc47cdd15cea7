//! The checksums of the files of a run.
//!
//! `SHA256SUMS` has a line per file, as the program `sha256sum` writes it: `sha256sum -c SHA256SUMS` checks a run without this
//! program. The configuration and where the run comes from are listed when it starts; its metrics, results and best weights
//! just before the results are written, so that results without their checksum do not exist. Runs of earlier versions have
//! no such file and are opened unchecked. While a run is not finished, its checkpoint holds the checksum of its metrics.
//!
//! A file that is written again while others are not, as that of a session, holds its own checksum instead: its seal.

use crate::TrainError;
use crate::files::{hex, verify, write_atomic};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The name of the file.
pub(crate) const NAME: &str = "SHA256SUMS";

/// Checksums in hexadecimal by the path of the file in the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    sums: BTreeMap<String, String>,
}

/// The file of checksums of a run.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

impl Manifest {
    /// Notes the checksum of a file.
    pub(crate) fn insert(&mut self, name: &str, sha256: String) {
        self.sums.insert(name.to_owned(), sha256);
    }

    /// Whether the file has a checksum.
    pub(crate) fn lists(&self, name: &str) -> bool {
        self.sums.contains_key(name)
    }

    /// Writes the checksums into the folder of the run.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let line = |(name, sha256): (&String, &String)| format!("{sha256}  {name}\n");
        let text: String = self.sums.iter().map(line).collect();
        Ok(write_atomic(&file(folder), text.as_bytes())?)
    }

    /// The checksums of a run; none if it has no such file. Every name must be one of `known`.
    pub(crate) fn read(folder: &Path, known: &[&str]) -> Result<Option<Self>, TrainError> {
        let path = file(folder);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(TrainError::Io { path, source }),
            Ok(bytes) => bytes,
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut manifest = Self::default();
        for (index, line) in text.lines().enumerate() {
            let entry = line.split_once("  ");
            let Some((sha256, name)) =
                entry.filter(|(sha256, name)| is_digest(sha256) && known.contains(name))
            else {
                let message = format!(
                    "line {}: found '{}', expected a SHA-256, two blanks and one of {}",
                    index + 1,
                    line.escape_debug(),
                    known.join(", ")
                );
                return Err(TrainError::damaged(&path, message));
            };
            manifest.insert(name, sha256.to_owned());
        }
        Ok(Some(manifest))
    }

    /// An error unless the file is listed and what was listed.
    pub(crate) fn check(&self, folder: &Path, name: &str, bytes: &[u8]) -> Result<(), TrainError> {
        let Some(expected) = self.sums.get(name) else {
            return Err(TrainError::damaged(
                &file(folder),
                format!("has no checksum of {name}"),
            ));
        };
        let message = |error: TrainError| match error {
            TrainError::Damaged { path, message } => TrainError::Damaged {
                path,
                message: format!("{message} by {NAME}"),
            },
            error => error,
        };
        verify(&folder.join(name), bytes, &hex(bytes), expected).map_err(message)
    }
}

/// The key of the seal in an object.
const SEAL: &str = "seal";

/// An object of JSON as bytes, with its seal.
pub(crate) fn sealed(mut fields: Map<String, Value>) -> Vec<u8> {
    fields.insert(SEAL.to_owned(), seal(&fields).into());
    serde_json::to_vec_pretty(&fields).expect("an object is JSON")
}

/// The object of JSON in a file without its seal, which those of earlier versions do not have.
pub(crate) fn read_sealed(path: &Path) -> Result<Map<String, Value>, TrainError> {
    let bytes = fs::read(path).map_err(TrainError::io(path))?;
    let mut fields: Map<String, Value> =
        serde_json::from_slice(&bytes).map_err(|error| TrainError::damaged(path, error.to_string()))?;
    if let Some(expected) = fields.remove(SEAL) {
        verify(
            path,
            &bytes,
            &seal(&fields),
            expected.as_str().unwrap_or_default(),
        )?;
    }
    Ok(fields)
}

/// SHA-256 of an object, in the order of names.
fn seal(fields: &Map<String, Value>) -> String {
    hex(&serde_json::to_vec(fields).expect("an object is JSON"))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["config.toml", "run.json"];

    fn manifest() -> Manifest {
        let mut manifest = Manifest::default();
        manifest.insert("config.toml", hex(b"one"));
        manifest.insert("run.json", hex(b"two"));
        manifest
    }

    #[test]
    fn what_is_written_is_read_and_checks_the_files() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(folder.path(), &KNOWN).unwrap(), None);
        manifest().write(folder.path()).unwrap();
        let read = Manifest::read(folder.path(), &KNOWN).unwrap().unwrap();
        assert_eq!(read, manifest());
        read.check(folder.path(), "config.toml", b"one").unwrap();
        let message = read
            .check(folder.path(), "run.json", b"twq")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("run.json: is damaged: 3 bytes") && message.ends_with("by SHA256SUMS"),
            "{message}"
        );
    }

    #[test]
    fn every_flipped_bit_of_the_file_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        manifest().write(folder.path()).unwrap();
        let whole = fs::read(file(folder.path())).unwrap();
        for bit in 0..8 * whole.len() {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(file(folder.path()), &bytes).unwrap();
            let seen = match Manifest::read(folder.path(), &KNOWN) {
                Err(error) => error.to_string().contains(NAME),
                Ok(read) => [("config.toml", b"one"), ("run.json", b"two")]
                    .iter()
                    .any(|(name, bytes)| read.as_ref().unwrap().check(folder.path(), name, *bytes).is_err()),
            };
            assert!(seen, "bit {bit}");
        }
    }
}
