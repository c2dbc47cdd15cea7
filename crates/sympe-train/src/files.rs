//! Files that are whole or not there, and their checksums.

use crate::TrainError;
use std::fs::{self, File};
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
