//! What a file of molecules holds: the good records, and what is wrong with the others.

use super::Molecule;
use crate::DataError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::AddAssign;

/// The records of a file or a text, in order. A record that is wrong, or that says it is none, is `None`, so that it
/// counts as an invalid sample; `errors` says what is wrong. A record that may be right but is not
/// [supported](DataError::is_unsupported) has an error only: it is no sample that could be judged.
///
/// ```
/// use sympe_data::molecule::smiles;
/// let records = smiles::parse_lines("C[C@H](F)O\nNone\nC(C\n*C\n");
/// assert_eq!((records.molecules.len(), records.errors.len()), (3, 2));
/// assert_eq!((records.good().count(), records.unsupported()), (1, 1));
/// assert!(records.errors[0].to_string().starts_with("line 3: "));
/// assert_eq!(records.dropped.to_string(), "stereo marks of 1 molecule");
/// ```
#[derive(Debug, Default)]
pub struct Records {
    /// One entry per record that is supported.
    pub molecules: Vec<Option<Molecule>>,
    /// What is wrong with the bad records, in order; each names its line.
    pub errors: Vec<DataError>,
    /// What the records say that molecules do not have.
    pub dropped: DroppedCounts,
}

impl Records {
    /// The molecules there are.
    pub fn good(&self) -> impl Iterator<Item = &Molecule> {
        self.molecules.iter().flatten()
    }

    /// Number of records that are not supported.
    #[must_use]
    pub fn unsupported(&self) -> usize {
        self.errors.iter().filter(|error| error.is_unsupported()).count()
    }

    /// One more record.
    pub(super) fn push(&mut self, record: Result<Option<Molecule>, DataError>) {
        match record {
            Ok(molecule) => self.molecules.push(molecule),
            Err(error) => {
                if !error.is_unsupported() {
                    self.molecules.push(None);
                }
                self.errors.push(error);
            }
        }
    }

    /// One more record, and what it loses.
    pub(super) fn push_read(&mut self, record: Result<(Molecule, Dropped), DataError>) {
        if let Ok((_, dropped)) = &record {
            self.dropped.add(*dropped);
        }
        self.push(record.map(|(molecule, _)| Some(molecule)));
    }

    /// Gives the molecules the hydrogens that their valences imply, if no molecule has any: a set that was written without.
    pub(super) fn complete_hydrogens(&mut self) {
        use super::Element;
        let has_hydrogen =
            |molecule: &Molecule| molecule.atoms().iter().any(|atom| atom.element == Element::H);
        if self.good().any(has_hydrogen) {
            return;
        }
        for molecule in self.molecules.iter_mut().flatten() {
            *molecule = molecule.with_hydrogens();
        }
    }
}

/// What a record says that its molecule does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(super) stereo: bool,
    pub(super) isotopes: bool,
    pub(super) classes: bool,
    pub(super) radicals: bool,
}

/// In how many records something was dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedCounts {
    /// Marks of chirality or of the sides of a double bond.
    pub stereo: u64,
    /// Isotopes.
    pub isotopes: u64,
    /// Classes of atoms: the numbers of atom maps.
    pub classes: u64,
    /// Marks of unpaired electrons.
    pub radicals: u64,
}

impl DroppedCounts {
    /// Whether nothing was dropped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn add(&mut self, dropped: Dropped) {
        self.stereo += u64::from(dropped.stereo);
        self.isotopes += u64::from(dropped.isotopes);
        self.classes += u64::from(dropped.classes);
        self.radicals += u64::from(dropped.radicals);
    }
}

impl AddAssign for DroppedCounts {
    fn add_assign(&mut self, other: Self) {
        self.stereo += other.stereo;
        self.isotopes += other.isotopes;
        self.classes += other.classes;
        self.radicals += other.radicals;
    }
}

impl fmt::Display for DroppedCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            ("stereo marks", self.stereo),
            ("isotopes", self.isotopes),
            ("atom classes", self.classes),
            ("radical marks", self.radicals),
        ];
        let said = counts.iter().filter(|(_, count)| *count > 0);
        let said = said.map(|(what, count)| {
            format!(
                "{what} of {}",
                crate::error::count(count, ["molecule", "molecules"])
            )
        });
        f.write_str(&said.collect::<Vec<_>>().join(", "))
    }
}
