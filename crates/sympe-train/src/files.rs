//! Files that are whole or not there, and their checksums.

use crate::TrainError;
use serde::Serialize;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

pub(crate) use sympe_inspect::files::{hex, to_hex, write_atomic, write_synced};

/// An error about the file unless its SHA-256 is the expected one.
pub(crate) fn verify(path: &Path, bytes: &[u8], got: &str, expected: &str) -> Result<(), TrainError> {
    if got == expected {
        return Ok(());
    }
    let message = format!(
        "is damaged: {} bytes with SHA-256 {}, expected {}",
        bytes.len(),
        short(got),
        short(expected)
    );
    Err(TrainError::damaged(path, message))
}

/// The beginning of a digest, which may itself be damaged.
pub(crate) fn short(digest: &str) -> String {
    digest.chars().take(12).chain(['…']).collect()
}

/// Makes renames in a folder durable, where the system can.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), TrainError> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|file| file.sync_all())
            .map_err(TrainError::io(folder))?;
    }
    Ok(())
}

/// Removes a folder, if there is one.
pub(crate) fn remove(folder: &Path) -> Result<(), TrainError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(TrainError::Io {
            path: folder.to_owned(),
            source: error,
        }),
        _ => Ok(()),
    }
}

/// Cuts off what follows so many bytes.
pub(crate) fn truncate(path: &Path, length: u64) -> Result<(), TrainError> {
    OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.set_len(length).and_then(|()| file.sync_all()))
        .map_err(TrainError::io(path))
}

/// Appends a line of JSON and waits until it is on the disk; returns its bytes.
pub(crate) fn append_line(path: &Path, line: &impl Serialize) -> Result<Vec<u8>, TrainError> {
    let mut bytes = serde_json::to_vec(line).expect("a line is JSON");
    bytes.push(b'\n');
    let write = || {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(&bytes)?;
        file.sync_all()
    };
    write().map_err(TrainError::io(path))?;
    Ok(bytes)
}
