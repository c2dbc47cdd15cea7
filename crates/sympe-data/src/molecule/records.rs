//! What a file of molecules holds: the good records, and what is wrong with the others.

use super::Molecule;
use crate::DataError;

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
