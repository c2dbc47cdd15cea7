//! What a file of molecules holds: the good records, and what is wrong with the others.

use super::{Molecule, sdf, smiles};
use crate::DataError;
use std::path::Path;

/// The records of a file or a text, in order. A record that is wrong, or that says it is none, is `None`, so that it
/// counts as an invalid sample; `errors` says what is wrong.
///
/// ```
/// use sympe_data::molecule::smiles;
/// let records = smiles::parse_lines("CCO\nNone\nC(C\n");
/// assert_eq!(records.molecules.len(), 3);
/// assert_eq!(records.good().count(), 1);
/// assert_eq!(records.errors.len(), 1);
/// assert!(records.errors[0].to_string().starts_with("line 3: "));
/// ```
#[derive(Debug, Default)]
pub struct Records {
    /// One entry per record.
    pub molecules: Vec<Option<Molecule>>,
    /// What is wrong with the bad records, in order; each names its line.
    pub errors: Vec<DataError>,
}

impl Records {
    /// The molecules there are.
    pub fn good(&self) -> impl Iterator<Item = &Molecule> {
        self.molecules.iter().flatten()
    }

    /// One more record.
    pub(super) fn push(&mut self, record: Result<Option<Molecule>, DataError>) {
        self.molecules.push(match record {
            Ok(molecule) => molecule,
            Err(error) => {
                self.errors.push(error);
                None
            }
        });
    }
}

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
