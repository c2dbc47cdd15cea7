//! Files of molecules: which format they are in, and what they hold.

use super::{Records, sdf, smiles};
use crate::DataError;
use std::path::Path;

/// Whether a file of this name and text is SDF: its name ends in `.sdf`, `.sd` or `.mol`, or it has a line `M  END`.
///
/// ```
/// assert!(sympe_data::molecule::is_sdf("a.SDF".as_ref(), ""));
/// assert!(!sympe_data::molecule::is_sdf("a.smi".as_ref(), "CCO"));
/// ```
#[must_use]
pub fn is_sdf(path: &Path, text: &str) -> bool {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| extension == "sdf" || extension == "sd" || extension == "mol")
        || text.lines().any(|line| line.trim_end() == "M  END")
}

/// The molecules of a file: SDF if [`is_sdf`] says so, SMILES lines otherwise. Bytes that are not UTF-8 spoil their record only.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("samples.smi");
/// std::fs::write(&path, "C#N\nC#S\n")?;
/// let records = sympe_data::molecule::read(&path)?;
/// assert_eq!(records.good().count(), 1);
/// assert!(records.errors[0].to_string().starts_with(&format!("{}: line 2: ", path.display())));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the file cannot be read. What is wrong with single records is in [`Records::errors`], each naming file and line.
pub fn read(path: &Path) -> Result<Records, DataError> {
    let bytes = std::fs::read(path).map_err(|error| DataError::from(error).in_file(path))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut records = if is_sdf(path, &text) {
        sdf::parse(&text)
    } else {
        smiles::parse_lines(&text)
    };
    records.errors = records
        .errors
        .into_iter()
        .map(|error| error.in_file(path))
        .collect();
    Ok(records)
}
