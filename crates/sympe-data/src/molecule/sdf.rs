//! SDF with V2000 connection tables: several molecules with coordinates and properties (BIOVIA, *CTfile formats*).
//!
//! Read are atoms, bonds and charges (`M  CHG` lines, or else the atom block). Coordinates must be numbers but are
//! dropped; names, properties and radical marks are ignored. A file without hydrogens gives heavy-atom graphs:
//! [`Molecule::with_hydrogens`] adds what the valences imply. Aromatic bonds, isotopes and V3000 are refused.

use super::{Atom, BondOrder, MAX_CHARGE, Molecule, Records};
use crate::DataError;
use crate::error::shorten;
use std::collections::HashSet;

/// The end of a record.
const DELIMITER: &str = "$$$$";

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
            records.push(parsed.map(Some));
        }
        start += record.len() + 1;
    }
    records
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

    /// The number in columns `from..to` (from 0) of the line at `index`; blank is 0.
    fn field(&self, index: usize, from: usize, to: usize, expected: &str) -> Result<i64, DataError> {
        let line = self.get(index, expected)?;
        let word = columns(line, from, to);
        if word.is_empty() {
            return Ok(0);
        }
        word.parse().map_err(|_| {
            let what = format!("'{}' in columns {} to {to}", shorten(word), from + 1);
            self.error(index, what, expected)
        })
    }
}

/// Columns `from..to` of a line, trimmed; as much as there is.
fn columns(line: &str, from: usize, to: usize) -> &str {
    let at = |column| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    line[at(from)..at(to)].trim()
}

fn parse_record(lines: &Lines<'_>) -> Result<Molecule, DataError> {
    const COUNTS: usize = 3;
    let expected = "a counts line 'aaabbb … V2000' after three header lines";
    let counts = lines.get(COUNTS, expected)?;
    if counts.trim_end().ends_with("V3000") {
        return Err(lines.error(COUNTS, "a V3000 connection table", "V2000"));
    }
    if columns(counts, 0, 6).is_empty() {
        return Err(lines.error(COUNTS, format!("'{}'", shorten(counts)), expected));
    }
    let count = |from, to| {
        usize::try_from(lines.field(COUNTS, from, to, expected)?)
            .map_err(|_| lines.error(COUNTS, format!("'{}'", shorten(counts)), expected))
    };
    let (n, m) = (count(0, 3)?, count(3, 6)?);
    let first_bond = COUNTS + 1 + n;
    let mut atoms = (COUNTS + 1..first_bond)
        .map(|index| parse_atom(lines, index))
        .collect::<Result<Vec<_>, _>>()?;
    let (mut bonds, mut seen) = (Vec::new(), HashSet::new());
    for index in first_bond..first_bond + m {
        let (u, v, order) = parse_bond(lines, index, n)?;
        if !seen.insert((u.min(v), u.max(v))) {
            let what = format!("bond {} {} again", u + 1, v + 1);
            return Err(lines.error(index, what, "each bond once"));
        }
        bonds.push((u, v, order));
    }
    parse_properties(lines, first_bond + m, &mut atoms)?;
    Molecule::new(atoms, bonds).map_err(|error| lines.error(COUNTS, error.to_string(), "a molecule"))
}

/// An atom line: `x(10) y(10) z(10) aaa dd ccc …`.
fn parse_atom(lines: &Lines<'_>, index: usize) -> Result<Atom, DataError> {
    let expected = "an atom 'x y z symbol'";
    let line = lines.get(index, expected)?;
    for axis in 0..3 {
        let word = columns(line, 10 * axis, 10 * axis + 10);
        if word.parse::<f64>().is_err() {
            let what = format!("coordinate '{}'", shorten(word));
            return Err(lines.error(index, what, "three numbers in columns 1 to 30, then the element"));
        }
    }
    let symbol = columns(line, 31, 34);
    let element = symbol.parse().map_err(|_| {
        let what = format!("element '{}'", shorten(symbol));
        lines.error(index, what, "one of C, N, O, F, H in columns 32 to 34")
    })?;
    let isotope = lines.field(index, 34, 36, "a mass difference")?;
    if isotope != 0 {
        return Err(lines.error(index, format!("mass difference {isotope}"), "no isotopes"));
    }
    // 4 is a doublet radical, which has no charge.
    let code = lines.field(index, 36, 39, "a charge code")?;
    let charge = match code {
        0 | 4 => 0,
        1..=7 => (4 - code) as i8,
        _ => return Err(lines.error(index, format!("charge code {code}"), "a charge code from 0 to 7")),
    };
    Ok(Atom { element, charge })
}

/// A bond line: `111222ttt …`, atoms from 1.
fn parse_bond(lines: &Lines<'_>, index: usize, n: usize) -> Result<(u32, u32, BondOrder), DataError> {
    let expected = "a bond 'first second type'";
    let end = |from| {
        let atom = lines.field(index, from, from + 3, expected)?;
        if atom < 1 || atom > n as i64 {
            let expected = format!("an atom from 1 to {n}");
            return Err(lines.error(index, format!("atom {atom} of a bond"), &expected));
        }
        Ok(atom as u32 - 1)
    };
    let (u, v) = (end(0)?, end(3)?);
    if u == v {
        return Err(lines.error(
            index,
            format!("a bond of atom {} with itself", u + 1),
            "two atoms",
        ));
    }
    let order = lines.field(index, 6, 9, expected)?;
    let order = u32::try_from(order)
        .ok()
        .and_then(BondOrder::from_number)
        .ok_or_else(|| {
            let expected = "1, 2 or 3 (aromatic bonds as a Kekulé structure)";
            lines.error(index, format!("bond type {order}"), expected)
        })?;
    Ok((u, v, order))
}

/// The lines from `start` to `M  END`; charges go to the atoms.
fn parse_properties(lines: &Lines<'_>, start: usize, atoms: &mut [Atom]) -> Result<(), DataError> {
    let mut superseded = false;
    for index in start.. {
        let line = lines.get(index, "'M  END'")?;
        match line.get(..6) {
            Some("M  END") => return Ok(()),
            Some("M  ISO") => return Err(lines.error(index, "'M  ISO'", "no isotopes")),
            Some("M  CHG" | "M  RAD") => {
                // By the specification, either kind supersedes all charges of the atom block.
                if !std::mem::replace(&mut superseded, true) {
                    atoms.iter_mut().for_each(|atom| atom.charge = 0);
                }
                if line.starts_with("M  CHG") {
                    parse_charges(lines, index, atoms)?;
                }
            }
            _ => {}
        }
    }
    unreachable!("an endless range ends at M  END or at the end of the record");
}

/// A line `M  CHGnn8 aaa vvv …`.
fn parse_charges(lines: &Lines<'_>, index: usize, atoms: &mut [Atom]) -> Result<(), DataError> {
    let expected = "'M  CHG', the number of pairs, and pairs of atom and charge";
    let count = lines.field(index, 6, 9, expected)?;
    if !(1..=8).contains(&count) {
        return Err(lines.error(index, format!("{count} pairs"), "1 to 8 pairs of atom and charge"));
    }
    for pair in 0..count as usize {
        let atom = lines.field(index, 9 + 8 * pair, 13 + 8 * pair, expected)?;
        let charge = lines.field(index, 13 + 8 * pair, 17 + 8 * pair, expected)?;
        let known = usize::try_from(atom - 1).ok().filter(|&atom| atom < atoms.len());
        let Some(known) = known else {
            let expected = format!("an atom from 1 to {}", atoms.len());
            return Err(lines.error(index, format!("atom {atom}"), &expected));
        };
        if charge.abs() > i64::from(MAX_CHARGE) {
            return Err(lines.error(index, format!("charge {charge}"), "a charge from -15 to 15"));
        }
        atoms[known].charge = charge as i8;
    }
    Ok(())
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
