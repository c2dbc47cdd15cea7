//! SDF: several molecules with coordinates and properties, as connection tables V2000 or V3000 (BIOVIA, *CTfile formats*).
//!
//! Read are atoms, bonds and charges. Aromatic bonds get double bonds. A molecule has no coordinates; [`clouds`](crate::formats::clouds) are made of them; names,
//! properties are ignored; isotopes, radical and stereo marks are dropped and counted. A text without hydrogens
//! gives heavy-atom graphs: [`Molecule::with_hydrogens`] adds what the valences imply. Symbols and bonds of queries are
//! refused as [unsupported](DataError::is_unsupported).

mod v2000;
mod v3000;

use super::kekule::{Marked, MarkedBond, kekulize};
use super::{Atom, BondOrder, Dropped, Element, MAX_CHARGE, Molecule, Records};
use crate::DataError;
use crate::error::shorten;
use std::collections::HashSet;

/// The end of a record.
pub(super) const DELIMITER: &str = "$$$$";

/// Parses all records of a text. The end of the text ends the last record, so a single `.mol` is read too.
///
/// ```
/// use sympe_data::molecule::{sdf, smiles};
/// let cyanide = smiles::parse("[C-]#N", 1)?;
/// let text = sdf::write(&cyanide, "cyanide")? + "no name\n\n\n  1  0  0\n$$$$\n";
/// let records = sdf::parse(&text);
/// assert_eq!(records.molecules, [Some(cyanide), None]);
/// assert_eq!(
///     records.errors[0].to_string(),
///     "line 15: the end of the record, expected an atom 'x y z symbol'"
/// );
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[must_use]
pub fn parse(text: &str) -> Records {
    let mut records = Records::default();
    let lines: Vec<&str> = text.lines().collect();
    let mut start = 0;
    while start < lines.len() {
        let length = lines[start..]
            .iter()
            .position(|line| line.trim_end() == DELIMITER);
        let record = &lines[start..start + length.unwrap_or(lines.len() - start)];
        // What follows the last delimiter is a record only if it says something.
        if length.is_some() || record.iter().any(|line| !line.trim().is_empty()) {
            let parsed = parse_record(&Lines {
                lines: record,
                first: start + 1,
            });
            records.push_read(parsed);
        }
        start += record.len() + 1;
    }
    records
}

/// Parses one record, whose first line has the number `first`.
pub(super) fn record(text: &str, first: usize) -> Result<(Molecule, Dropped), DataError> {
    let lines: Vec<&str> = text.lines().collect();
    parse_record(&Lines { lines: &lines, first })
}

/// The lines of one record.
struct Lines<'a> {
    lines: &'a [&'a str],
    /// The number of the first, from 1.
    first: usize,
}

impl<'a> Lines<'a> {
    fn number(&self, index: usize) -> usize {
        self.first + index
    }

    /// The line at `index` of the record.
    fn get(&self, index: usize, expected: &str) -> Result<&'a str, DataError> {
        self.lines
            .get(index)
            .copied()
            .ok_or_else(|| DataError::syntax(self.number(index), "the end of the record", expected))
    }

    fn error(&self, index: usize, what: impl Into<String>, expected: &str) -> DataError {
        DataError::syntax(self.number(index), what, expected)
    }

    fn unsupported(&self, index: usize, what: impl Into<String>, expected: &str) -> DataError {
        DataError::unsupported(self.number(index), what, expected)
    }
}

/// The elements of a record and their places, of which the first line has the number `first`.
pub(super) fn places(text: &str, first: usize) -> Result<(Vec<Element>, Vec<[f64; 3]>), DataError> {
    let lines: Vec<&str> = text.lines().collect();
    let table = parse_table(&Lines { lines: &lines, first })?;
    let elements = table.atoms.iter().map(|marked| marked.atom.element);
    Ok((elements.collect(), table.places))
}

/// Where the counts line of a record is.
const COUNTS: usize = 3;

fn parse_table(lines: &Lines<'_>) -> Result<Table, DataError> {
    let expected = "a counts line 'aaabbb … V2000' after three header lines";
    let counts = lines.get(COUNTS, expected)?;
    if counts.trim_end().ends_with("V3000") {
        v3000::parse(lines, COUNTS + 1)
    } else {
        v2000::parse(lines, COUNTS)
    }
}

fn parse_record(lines: &Lines<'_>) -> Result<(Molecule, Dropped), DataError> {
    let mut table = parse_table(lines)?;
    for (atom, bond) in table
        .bonds
        .iter()
        .flat_map(|&(u, v, order)| [(u, order), (v, order)])
    {
        table.atoms[atom as usize].is_aromatic |= bond.is_none();
    }
    let (bonds, _) = kekulize(&table.atoms, &table.bonds).map_err(|(v, what)| {
        let what = format!("{what} (atom {})", v + 1);
        lines.error(
            COUNTS,
            what,
            "aromatic bonds in rings of alternating single and double bonds",
        )
    })?;
    let atoms = table.atoms.iter().map(|marked| marked.atom).collect();
    let molecule = Molecule::new(atoms, bonds);
    let molecule = molecule.map_err(|error| lines.error(COUNTS, error.to_string(), "a molecule"))?;
    Ok((molecule, table.dropped))
}

/// What a connection table says, of either version.
#[derive(Default)]
struct Table {
    atoms: Vec<Marked>,
    places: Vec<[f64; 3]>,
    bonds: Vec<MarkedBond>,
    dropped: Dropped,
}

impl Table {
    /// Adds the atom with this symbol at a place.
    fn push_atom(
        &mut self,
        lines: &Lines<'_>,
        index: usize,
        symbol: &str,
        place: [f64; 3],
    ) -> Result<(), DataError> {
        let (symbol, isotope) = match symbol {
            "D" | "T" => ("H", true),
            other => (other, false),
        };
        let element = symbol.parse().map_err(|_| {
            let what = format!("element '{}'", shorten(symbol));
            let expected = "the symbol of an element";
            // Symbols of queries: any atom, lists, groups.
            match symbol {
                "A" | "Q" | "X" | "M" | "L" | "LP" | "R" | "R#" | "*" | "AH" | "QH" | "XH" | "MH" | "Pol" => {
                    lines.unsupported(index, what, expected)
                }
                _ => lines.error(index, what, expected),
            }
        })?;
        self.dropped.isotopes |= isotope;
        self.places.push(place);
        self.atoms.push(Marked {
            atom: Atom { element, charge: 0 },
            is_aromatic: false,
            hydrogens: None,
        });
        Ok(())
    }

    fn set_charge(
        &mut self,
        lines: &Lines<'_>,
        index: usize,
        atom: usize,
        charge: i64,
    ) -> Result<(), DataError> {
        if charge.abs() > i64::from(MAX_CHARGE) {
            return Err(lines.unsupported(index, format!("charge {charge}"), "a charge from -15 to 15"));
        }
        self.atoms[atom].atom.charge = charge as i8;
        Ok(())
    }

    /// Adds a bond of atoms from 1; `seen` are the pairs there are.
    fn push_bond(
        &mut self,
        lines: &Lines<'_>,
        index: usize,
        [u, v, kind]: [i64; 3],
        seen: &mut HashSet<(u32, u32)>,
    ) -> Result<(), DataError> {
        let n = self.atoms.len();
        if let Some(atom) = [u, v].into_iter().find(|&atom| atom < 1 || atom > n as i64) {
            let expected = format!("an atom from 1 to {n}");
            return Err(lines.error(index, format!("atom {atom} of a bond"), &expected));
        }
        let (u, v) = (u as u32 - 1, v as u32 - 1);
        if u == v {
            let what = format!("a bond of atom {} with itself", u + 1);
            return Err(lines.error(index, what, "two atoms"));
        }
        let order = match kind {
            4 => None,
            1..=3 => BondOrder::from_number(kind as u32),
            5..=10 => {
                let expected = "1, 2, 3 or 4: single, double, triple or aromatic";
                return Err(lines.unsupported(index, format!("bond type {kind}"), expected));
            }
            _ => {
                let expected = "1, 2, 3 or 4: single, double, triple or aromatic";
                return Err(lines.error(index, format!("bond type {kind}"), expected));
            }
        };
        if !seen.insert((u.min(v), u.max(v))) {
            let what = format!("bond {} {} again", u + 1, v + 1);
            return Err(lines.error(index, what, "each bond once"));
        }
        self.bonds.push((u, v, order));
        Ok(())
    }
}

/// Writes one record, all coordinates 0; it reads back as the same molecule, atoms in the same order.
///
/// # Errors
///
/// When the molecule has more than 999 atoms or bonds, which V2000 cannot say, or the name has a line break or is the
/// delimiter `$$$$`.
pub fn write(molecule: &Molecule, name: &str) -> Result<String, DataError> {
    for (what, got) in [
        ("number of atoms to write as V2000", molecule.len()),
        ("number of bonds to write as V2000", molecule.bond_count()),
    ] {
        if got > 999 {
            return Err(DataError::invalid(what, got, "at most 999"));
        }
    }
    if name.contains(['\n', '\r']) || name.trim_end() == DELIMITER {
        return Err(DataError::invalid(
            "name of an SDF record",
            format!("{name:?}"),
            "one line that is not $$$$",
        ));
    }
    let mut text = String::new();
    let (n, m) = (molecule.len(), molecule.bond_count());
    text += &format!("{name}\n  sympe\n\n{n:3}{m:3}  0  0  0  0  0  0  0  0999 V2000\n");
    for atom in molecule.atoms() {
        let (zero, element) = (0.0, atom.element.to_string());
        text +=
            &format!("{zero:10.4}{zero:10.4}{zero:10.4} {element:3} 0  0  0  0  0  0  0  0  0  0  0  0\n");
    }
    for (u, v, order) in molecule.bonds() {
        text += &format!("{:3}{:3}{:3}  0  0  0  0\n", u + 1, v + 1, order as u32);
    }
    let charged: Vec<String> = (1..)
        .zip(molecule.atoms())
        .filter(|(_, atom)| atom.charge != 0)
        .map(|(number, atom)| format!(" {number:3} {:3}", atom.charge))
        .collect();
    for pairs in charged.chunks(8) {
        text += &format!("M  CHG{:3}{}\n", pairs.len(), pairs.concat());
    }
    text += &format!("M  END\n{DELIMITER}\n");
    Ok(text)
}
