//! Plain text: rows of numbers, separated by whitespace.
//!
//! One block of rows is a field on sites. Blocks are separated by blank lines: two of them are bonds down and right,
//! three are bonds down and right, and a field on sites. Rows of the characters `+` and `-` stand for +1 and −1. Lines
//! that start with `#` are comments, as NumPy's `savetxt` writes them. A number stands for the nearest 64-bit float.

use super::{Finite, from_channels, shape};
use crate::DataError;
use crate::error::{count, shorten};
use sympe_canon::lattice::LatticeField;

/// Rows of equal length.
struct Block {
    /// The line of the first row.
    line: usize,
    rows: usize,
    columns: usize,
    values: Vec<Finite>,
}

/// Parses one field.
///
/// ```
/// use sympe_data::formats::lattice::text;
/// let spins = text::parse("+-+\n-+-\n")?;
/// assert_eq!(spins, text::parse("1 -1 1\n-1 1 -1\n")?);
/// let couplings = text::parse("# down\n1 2\n3 4\n\n# right\n0.5 0\n0 0.5\n")?;
/// assert_eq!(couplings.bond_channels().count(), 1);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong.
pub fn parse(text: &str) -> Result<LatticeField<Finite>, DataError> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        if line.is_empty() {
            open = false;
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let row = parse_row(line, number)?;
        if let (true, Some(block)) = (open, blocks.last_mut()) {
            check_row(&row, block, number)?;
            block.rows += 1;
            block.values.extend(row);
            continue;
        }
        open = true;
        if let Some(first) = blocks.first() {
            check_row(&row, first, number)?;
        }
        if blocks.len() == 3 {
            let expected = "1 block (sites), 2 (bonds down and right) or 3 (bonds down and right, sites)";
            return Err(DataError::syntax(number, "a fourth block", expected));
        }
        blocks.push(Block {
            line: number,
            rows: 1,
            columns: row.len(),
            values: row,
        });
    }
    let Some(first) = blocks.first() else {
        return Err(DataError::syntax(1, "no rows", "rows of numbers, or of + and -"));
    };
    if let Some(block) = blocks.iter().find(|block| block.rows != first.rows) {
        let what = format!("a block of {}", count(block.rows, ["row", "rows"]));
        return Err(DataError::syntax(
            block.line,
            what,
            format!("{} as in the first", count(first.rows, ["row", "rows"])),
        ));
    }
    let Some(shape) = shape(first.rows as u64, first.columns as u64) else {
        let what = format!("{} × {} sites", first.rows, first.columns);
        return Err(DataError::syntax(first.line, what, "less than 2³¹ sites"));
    };
    let channels = blocks.into_iter().map(|block| block.values).collect();
    Ok(from_channels(shape, channels))
}

fn check_row(row: &[Finite], block: &Block, number: usize) -> Result<(), DataError> {
    if row.len() == block.columns {
        return Ok(());
    }
    let what = count(row.len(), ["value", "values"]);
    Err(DataError::syntax(
        number,
        what,
        format!("{} as on line {}", block.columns, block.line),
    ))
}

fn parse_row(line: &str, number: usize) -> Result<Vec<Finite>, DataError> {
    let signs = line.chars().filter(|character| !character.is_whitespace());
    if signs.clone().all(|sign| matches!(sign, '+' | '-')) {
        return Ok(signs
            .map(|sign| Finite(if sign == '+' { 1.0 } else { -1.0 }))
            .collect());
    }
    let value = |word: &str| {
        let fail = |expected| DataError::syntax(number, format!("'{}'", shorten(word)), expected);
        let value = word.parse().map_err(|_| fail("a number"))?;
        Finite::checked(value).ok_or_else(|| fail("a finite number"))
    };
    line.split_whitespace().map(value).collect()
}
