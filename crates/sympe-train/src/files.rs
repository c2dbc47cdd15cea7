//! Files that are whole or not there, and their checksums.

use crate::TrainError;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

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

/// SHA-256 in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

/// A digest in hex.
pub(crate) fn to_hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// Writes a file and waits until it is on the disk.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(TrainError::io(path))
}

/// Writes a file under a temporary name and renames it: readers see the old one or the new one.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    write_synced(&temporary, bytes)?;
    fs::rename(&temporary, path).map_err(TrainError::io(path))
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
