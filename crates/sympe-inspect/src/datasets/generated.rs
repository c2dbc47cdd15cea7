//! Data sets that are drawn from published seeds, as files.

use crate::InspectError;
use crate::files::{hex, write_atomic};
use std::fs;
use std::path::Path;
use sympe_data::published::GeneratedFile;

/// Draws the graphs of a file and writes it into a folder, if its SHA-256 is the published one. A file of that name that is
/// there is replaced, once the new one is complete.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// use sympe_data::published::{GENERATED, Split, erdos_renyi, read_erdos_renyi};
/// for file in &GENERATED {
///     sympe_inspect::datasets::generate(file, folder)?;
/// }
/// assert_eq!(read_erdos_renyi(folder, Split::Test)?, erdos_renyi(Split::Test));
/// # Ok::<(), sympe_inspect::InspectError>(())
/// ```
///
/// # Errors
///
/// When the disk refuses; the error names the file.
pub fn generate(file: &GeneratedFile, folder: &Path) -> Result<(), InspectError> {
    let (path, text) = (folder.join(file.name), file.text());
    let found = hex(text.as_bytes());
    if found != file.sha256 {
        let message = format!(
            "not the published graphs: SHA-256 is {found}, expected {}",
            file.sha256
        );
        return Err(InspectError::damaged(&path, message));
    }
    fs::create_dir_all(folder).map_err(InspectError::io(folder))?;
    write_atomic(&path, text.as_bytes())
}
