//! Connection tables V2000: numbers in fixed columns.

use super::{Lines, Table};
use crate::DataError;
use crate::error::shorten;
use std::collections::HashSet;

/// The number in columns `from..to` (from 0) of the line at `index`; blank is 0.
fn field(lines: &Lines<'_>, index: usize, from: usize, to: usize, expected: &str) -> Result<i64, DataError> {
    let line = lines.get(index, expected)?;
    let word = columns(line, from, to);
    if word.is_empty() {
        return Ok(0);
    }
    word.parse().map_err(|_| {
        let what = format!("'{}' in columns {} to {to}", shorten(word), from + 1);
        lines.error(index, what, expected)
    })
}

/// Columns `from..to` of a line, trimmed; as much as there is.
fn columns(line: &str, from: usize, to: usize) -> &str {
    let at = |column| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    line[at(from)..at(to)].trim()
}

/// The table whose counts line is at `counts_at`.
pub(super) fn parse(lines: &Lines<'_>, counts_at: usize) -> Result<Table, DataError> {
    let expected = "a counts line 'aaabbb … V2000' after three header lines";
    let counts = lines.get(counts_at, expected)?;
    let wrong = || lines.error(counts_at, format!("'{}'", shorten(counts)), expected);
    if columns(counts, 0, 6).is_empty() {
        return Err(wrong());
    }
    let count = |from, to| usize::try_from(field(lines, counts_at, from, to, expected)?).map_err(|_| wrong());
    let (n, m) = (count(0, 3)?, count(3, 6)?);
    let first_bond = counts_at + 1 + n;
    let mut table = Table::default();
    for index in counts_at + 1..first_bond {
        push_atom(&mut table, lines, index)?;
    }
    let mut seen = HashSet::new();
    for index in first_bond..first_bond + m {
        let expected = "a bond 'first second type'";
        let number = |from| field(lines, index, from, from + 3, expected);
        table.push_bond(lines, index, [number(0)?, number(3)?, number(6)?], &mut seen)?;
        table.dropped.stereo |= number(9)? != 0;
    }
    push_properties(&mut table, lines, first_bond + m)?;
    Ok(table)
}

/// An atom line: `x(10) y(10) z(10) aaa dd ccc …`.
fn push_atom(table: &mut Table, lines: &Lines<'_>, index: usize) -> Result<(), DataError> {
    let expected = "an atom 'x y z symbol'";
    let line = lines.get(index, expected)?;
    let mut place = [0.0; 3];
    for (axis, coordinate) in place.iter_mut().enumerate() {
        let word = columns(line, 10 * axis, 10 * axis + 10);
        *coordinate = word.parse().map_err(|_| {
            let what = format!("coordinate '{}'", shorten(word));
            lines.error(index, what, "three numbers in columns 1 to 30, then the element")
        })?;
    }
    table.push_atom(lines, index, columns(line, 31, 34), place)?;
    table.dropped.isotopes |= field(lines, index, 34, 36, "a mass difference")? != 0;
    // 4 is a doublet radical, which has no charge.
    let code = field(lines, index, 36, 39, "a charge code")?;
    table.dropped.radicals |= code == 4;
    let charge = match code {
        0 | 4 => 0,
        1..=7 => 4 - code,
        _ => return Err(lines.error(index, format!("charge code {code}"), "a charge code from 0 to 7")),
    };
    let last = table.atoms.len() - 1;
    table.set_charge(lines, index, last, charge)
}

/// The lines from `start` to `M  END`; charges go to the atoms.
fn push_properties(table: &mut Table, lines: &Lines<'_>, start: usize) -> Result<(), DataError> {
    let mut superseded = false;
    for index in start.. {
        let line = lines.get(index, "'M  END'")?;
        match line.get(..6) {
            Some("M  END") => return Ok(()),
            Some("M  ISO") => table.dropped.isotopes = true,
            Some("M  CHG" | "M  RAD") => {
                // By the specification, either kind supersedes all charges of the atom block.
                if !std::mem::replace(&mut superseded, true) {
                    table.atoms.iter_mut().for_each(|marked| marked.atom.charge = 0);
                }
                if line.starts_with("M  CHG") {
                    push_charges(table, lines, index)?;
                } else {
                    table.dropped.radicals = true;
                }
            }
            _ => {}
        }
    }
    unreachable!("an endless range ends at M  END or at the end of the record");
}

/// A line `M  CHGnn8 aaa vvv …`.
fn push_charges(table: &mut Table, lines: &Lines<'_>, index: usize) -> Result<(), DataError> {
    let expected = "'M  CHG', the number of pairs, and pairs of atom and charge";
    let count = field(lines, index, 6, 9, expected)?;
    if !(1..=8).contains(&count) {
        return Err(lines.error(index, format!("{count} pairs"), "1 to 8 pairs of atom and charge"));
    }
    for pair in 0..count as usize {
        let atom = field(lines, index, 9 + 8 * pair, 13 + 8 * pair, expected)?;
        let charge = field(lines, index, 13 + 8 * pair, 17 + 8 * pair, expected)?;
        let known = usize::try_from(atom - 1)
            .ok()
            .filter(|&atom| atom < table.atoms.len());
        let Some(known) = known else {
            let expected = format!("an atom from 1 to {}", table.atoms.len());
            return Err(lines.error(index, format!("atom {atom}"), &expected));
        };
        table.set_charge(lines, index, known, charge)?;
    }
    Ok(())
}
