//! Files that are whole or not there, and checksums in hexadecimal.

use crate::InspectError;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

/// SHA-256 in hexadecimal.
///
/// ```
/// assert!(sympe_inspect::files::hex(b"").starts_with("e3b0c44298fc1c14"));
/// ```
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

/// A digest in hexadecimal.
#[must_use]
pub fn to_hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// Writes a file and waits until it is on the disk.
///
/// # Errors
///
/// When the disk refuses; the error names the file.
pub fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), InspectError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(InspectError::io(path))
}

/// Writes a file under a temporary name and renames it: readers see the old one or the new one.
///
/// # Errors
///
/// When the disk refuses; the error names the file.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), InspectError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    write_synced(&temporary, bytes)?;
    fs::rename(&temporary, path).map_err(InspectError::io(path))
}
