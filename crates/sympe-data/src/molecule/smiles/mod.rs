//! SMILES: a molecule as a line of text (Weininger, *SMILES, a chemical language*, 1988; opensmiles.org), read by the crate
//! `smiles-rs`.
//!
//! Read is all of OpenSMILES but what a [`Molecule`] cannot say: any atom (`*`) and quadruple bonds (`$`) are refused as
//! [unsupported](DataError::is_unsupported). Aromatic atoms get double bonds; stereo marks, isotopes and atom classes are
//! dropped and counted. Hydrogens of atoms without brackets follow from their valence ([`hydrogens_to_add`](super::hydrogens_to_add)).

mod bonds;
mod errors;
mod write;

pub use write::{write, write_canonical};

use super::kekule::{Marked, MarkedBond, kekulize};
use super::{Atom, BondOrder, Dropped, Element, Molecule, Records};
use crate::DataError;
use crate::error::shorten;
use smiles_rs::bond::Bond;
use smiles_rs::prelude::Smiles;

/// Parses one SMILES; `line_number` is for errors. Heavy atoms (and bracketed hydrogens) keep their order, hydrogens
/// that the text implies follow. What follows a blank, as a name or ChemAxon's extensions, is not part of a SMILES: give
/// the first word.
///
/// ```
/// use sympe_data::molecule::smiles;
/// let acetic_acid = smiles::parse("CC(=O)O", 1)?;
/// assert_eq!((acetic_acid.len(), acetic_acid.formula().as_str()), (8, "C2H4O2"));
/// // Aromatic rings get alternating bonds, or none where no atom has room for one.
/// assert_eq!(smiles::parse("c1cc[nH]c1", 1)?.identity()?, smiles::parse("C1=CC=CN1", 1)?.identity()?);
/// assert_eq!(smiles::parse("c1(=O)n(C)c(=O)n(C)c(=O)n1C", 1)?.formula(), "C6H9N3O3");
/// let error = smiles::parse("C1CC", 7).unwrap_err().to_string();
/// assert_eq!(error, "line 7: an open ring at character 4 of 'C1CC', expected the same ring number once more");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When the text is no SMILES, its aromatic rings have no Kekulé structure, or it says something that a [`Molecule`] cannot; the
/// error names the character.
pub fn parse(text: &str, line_number: usize) -> Result<Molecule, DataError> {
    Ok(read(text, line_number)?.0)
}

/// A molecule, and what of its text it does not have.
fn read(text: &str, line_number: usize) -> Result<(Molecule, Dropped), DataError> {
    let parsed = Smiles::from_str(text).or_else(|error| {
        // OpenSMILES has the ring number 1 as %01, too.
        let retried = text
            .contains("%0")
            .then(|| Smiles::from_str(&text.replace("%0", "")).ok());
        retried
            .flatten()
            .ok_or_else(|| errors::explain(&error, text, line_number))
    })?;
    bonds::check(text, line_number)?;
    let mut dropped = Dropped::default();
    let mut atoms = Vec::with_capacity(parsed.nodes().len());
    for atom in parsed.nodes() {
        dropped.isotopes |= atom.isotope_mass_number().is_some();
        dropped.stereo |= atom.chirality().is_some();
        dropped.classes |= atom.class() != 0;
        let element = atom.element().map(|element| u32::from(u8::from(element)));
        let element = element
            .and_then(Element::from_atomic_number)
            .expect("an element, no wildcard");
        atoms.push(Marked {
            atom: Atom {
                element,
                charge: atom.charge_value(),
            },
            is_aromatic: atom.aromatic(),
            hydrogens: atom.is_bracket_atom().then(|| u32::from(atom.hydrogen_count())),
        });
    }
    let mut bonds: Vec<MarkedBond> = Vec::new();
    for v in 0..atoms.len() {
        for edge in parsed
            .edges_for_node(v)
            .filter(|edge| edge.source().max(edge.target()) == v)
        {
            let order = match edge.bond() {
                _ if edge.is_aromatic() => None,
                Bond::Single => Some(BondOrder::Single),
                Bond::Up | Bond::Down => {
                    dropped.stereo = true;
                    Some(BondOrder::Single)
                }
                Bond::Double => Some(BondOrder::Double),
                Bond::Triple => Some(BondOrder::Triple),
                Bond::Quadruple => {
                    let what = format!("a quadruple bond in '{}'", shorten(text));
                    return Err(DataError::unsupported(line_number, what, "bonds up to triple"));
                }
            };
            bonds.push((edge.source().min(edge.target()) as u32, v as u32, order));
        }
    }
    let (bonds, hydrogens) = kekulize(&atoms, &bonds).map_err(|(v, what)| {
        let symbol = atoms[v as usize].atom.element;
        let what = format!("{what} ({symbol}, atom {} of '{}')", v + 1, shorten(text));
        DataError::syntax(line_number, what, "rings of alternating single and double bonds")
    })?;
    let wrong = |error: DataError| DataError::syntax(line_number, error.to_string(), "a molecule");
    let skeleton = Molecule::new(atoms.iter().map(|atom| atom.atom).collect(), bonds).map_err(wrong)?;
    Ok((skeleton.with_hydrogen_counts(&hydrogens), dropped))
}

/// Parses a text of one molecule per line: the first word of each line that has one. What follows (a name, ChemAxon's
/// extensions) is ignored. A line `None` is a sample that is no molecule. The first line may be the header of a table, whose
/// column `smiles`, in any case, or one that ends so, has the molecules; the header tells what parts the columns: commas, tabs,
/// semicolons or blanks.
///
/// ```
/// use sympe_data::molecule::smiles;
/// let records = smiles::parse_lines("id,Canonical_SMILES,mass\n1,CCO,46.1\n2,\"CC(=O)O\",60.1\n");
/// assert_eq!((records.good().count(), records.errors.len()), (2, 0));
/// ```
#[must_use]
pub fn parse_lines(text: &str) -> Records {
    let mut records = Records::default();
    let mut lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .peekable();
    let header = lines.next_if(|(_, line)| Header::of(line).is_some());
    let header = header.and_then(|(_, line)| Header::of(line));
    for (number, line) in lines {
        match word(line, header) {
            "None" => records.push(Ok(None)),
            _ => records.push_read(record(line, number, header)),
        }
    }
    records
}

/// Parses the molecule of a line.
pub(super) fn record(
    line: &str,
    number: usize,
    header: Option<Header>,
) -> Result<(Molecule, Dropped), DataError> {
    match word(line, header) {
        "" => Err(DataError::syntax(number, "no field for the molecule", "a SMILES")),
        "None" => Err(DataError::syntax(
            number,
            "'None', which is no molecule",
            "a SMILES",
        )),
        word => read(word, number),
    }
}

/// The word of a line that is its molecule.
fn word(line: &str, header: Option<Header>) -> &str {
    match header {
        Some(header) => header.field(line),
        None => line.split_whitespace().next().unwrap_or_default(),
    }
}

/// Where in its lines a table has its molecules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    delimiter: char,
    column: usize,
}

impl Header {
    pub(super) fn of(line: &str) -> Option<Self> {
        let names_molecules = |field: &str| {
            let field = unquoted(field).to_ascii_lowercase();
            field
                .strip_suffix("smiles")
                .is_some_and(|rest| rest.is_empty() || !rest.ends_with(char::is_alphabetic))
                || matches!(field.as_str(), "cansmiles" | "isosmiles")
        };
        [',', '\t', ';', ' '].into_iter().find_map(|delimiter| {
            let column = line.split(delimiter).position(names_molecules)?;
            Some(Self { delimiter, column })
        })
    }

    /// The field of a line that has its molecule; empty if the line is too short.
    fn field(self, line: &str) -> &str {
        unquoted(line.split(self.delimiter).nth(self.column).unwrap_or_default())
    }
}

/// A field of a table without its blanks and its quotation marks.
fn unquoted(field: &str) -> &str {
    field.trim().trim_matches('"')
}
