//! Connection tables V3000: words after `M  V30`, in blocks.

use super::{Lines, Table};
use crate::DataError;
use crate::error::shorten;
use std::collections::{HashMap, HashSet};

/// The words of one `M  V30` line, with the lines that continue it.
struct Statement {
    /// Where it starts in the record.
    index: usize,
    text: String,
}

/// The table whose first statement is at `start`.
pub(super) fn parse(lines: &Lines<'_>, start: usize) -> Result<Table, DataError> {
    let mut table = Table::default();
    // V3000 numbers atoms as it likes.
    let (mut places, mut seen) = (HashMap::new(), HashSet::new());
    let mut block = Vec::new();
    let mut index = start;
    let mut counts = None;
    while let Some(statement) = next(lines, &mut index)? {
        let words: Vec<&str> = statement.text.split_whitespace().collect();
        match (words.first().copied(), block.last().map(String::as_str)) {
            (Some("BEGIN"), _) => block.push(words.get(1..).unwrap_or_default().concat()),
            (Some("END"), _) => {
                block.pop();
            }
            (Some("COUNTS"), _) => {
                counts = Some((statement.index, numbers(lines, &statement, &words[1..], 2)?))
            }
            (Some(_), Some("ATOM")) => push_atom(&mut table, lines, &statement, &words, &mut places)?,
            (Some(_), Some("BOND")) => push_bond(&mut table, lines, &statement, &words, &places, &mut seen)?,
            _ => {}
        }
    }
    let Some((at, counts)) = counts else {
        return Err(lines.error(start, "no counts", "a line 'M  V30 COUNTS atoms bonds …'"));
    };
    let found = [table.atoms.len() as i64, table.bonds.len() as i64];
    if counts != found {
        let what = format!("{} atoms and {} bonds in the table", found[0], found[1]);
        let expected = format!("{} and {}, as COUNTS says", counts[0], counts[1]);
        return Err(lines.error(at, what, &expected));
    }
    Ok(table)
}

/// The next statement from `index` on, which moves behind it; `None` at `M  END`.
fn next(lines: &Lines<'_>, index: &mut usize) -> Result<Option<Statement>, DataError> {
    let expected = "'M  V30 …' or 'M  END'";
    loop {
        let first = *index;
        let line = lines.get(first, expected)?;
        *index += 1;
        if line.starts_with("M  END") {
            return Ok(None);
        }
        let Some(text) = line.strip_prefix("M  V30") else {
            // Other properties may stand between.
            if line.starts_with("M  ") || line.trim().is_empty() {
                continue;
            }
            return Err(lines.error(first, format!("'{}'", shorten(line)), expected));
        };
        let mut text = text.trim().to_owned();
        // A hyphen at the end continues the line.
        while text.ends_with('-') {
            text.pop();
            let more = lines.get(*index, "the line that continues the one before")?;
            let Some(more) = more.strip_prefix("M  V30") else {
                return Err(lines.error(
                    *index,
                    format!("'{}'", shorten(more)),
                    "'M  V30' and the rest of the line before",
                ));
            };
            text += more.trim();
            *index += 1;
        }
        return Ok(Some(Statement { index: first, text }));
    }
}

/// The first `count` of these words as numbers.
fn numbers(
    lines: &Lines<'_>,
    statement: &Statement,
    words: &[&str],
    count: usize,
) -> Result<Vec<i64>, DataError> {
    let number = |place: usize| {
        let word = words.get(place).copied().unwrap_or_default();
        word.parse::<i64>().map_err(|_| {
            let what = format!("'{}' in '{}'", shorten(word), shorten(&statement.text));
            lines.error(statement.index, what, "a number")
        })
    };
    (0..count).map(number).collect()
}

/// `index type x y z aamap [KEY=value …]`.
fn push_atom(
    table: &mut Table,
    lines: &Lines<'_>,
    statement: &Statement,
    words: &[&str],
    places: &mut HashMap<i64, i64>,
) -> Result<(), DataError> {
    let at = statement.index;
    let number = numbers(lines, statement, words, 1)?[0];
    let [symbol, coordinates @ ..] = &words[1..words.len().clamp(1, 5)] else {
        return Err(lines.error(
            at,
            format!("'{}'", shorten(&statement.text)),
            "an atom 'index symbol x y z map'",
        ));
    };
    let parsed: Result<Vec<f64>, _> = coordinates.iter().map(|word| word.parse()).collect();
    let place: Option<[f64; 3]> = parsed.ok().and_then(|parsed| parsed.try_into().ok());
    let Some(place) = place else {
        let what = format!("'{}'", shorten(&statement.text));
        return Err(lines.error(at, what, "three coordinates after the symbol"));
    };
    table.push_atom(lines, at, symbol, place)?;
    let place = table.atoms.len();
    if places.insert(number, place as i64).is_some() {
        return Err(lines.error(at, format!("atom {number} again"), "each atom once"));
    }
    for word in words.iter().skip(6) {
        match word.split_once('=') {
            Some(("CHG", charge)) => {
                let charge = numbers(lines, statement, &[charge], 1)?[0];
                table.set_charge(lines, at, place - 1, charge)?;
            }
            Some(("MASS", _)) => table.dropped.isotopes = true,
            Some(("CFG", _)) => table.dropped.stereo = true,
            Some(("RAD", _)) => table.dropped.radicals = true,
            _ => {}
        }
    }
    Ok(())
}

/// `index type atom1 atom2 [KEY=value …]`.
fn push_bond(
    table: &mut Table,
    lines: &Lines<'_>,
    statement: &Statement,
    words: &[&str],
    places: &HashMap<i64, i64>,
    seen: &mut HashSet<(u32, u32)>,
) -> Result<(), DataError> {
    let bond = numbers(lines, statement, words, 4)?;
    let place = |number: i64| {
        let unknown = || {
            lines.error(
                statement.index,
                format!("atom {number} of a bond"),
                "an atom of the table",
            )
        };
        places.get(&number).copied().ok_or_else(unknown)
    };
    let ends = [place(bond[2])?, place(bond[3])?];
    table.push_bond(lines, statement.index, [ends[0], ends[1], bond[1]], seen)?;
    table.dropped.stereo |= words.iter().skip(4).any(|word| word.starts_with("CFG="));
    Ok(())
}
