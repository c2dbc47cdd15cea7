//! What `smiles-rs` lets pass: bonds that end in nothing, rings that start a branch or whose ends name different bonds.

use crate::DataError;
use crate::error::shorten;
use std::collections::HashMap;

/// Refuses such bonds in a text that `smiles-rs` has parsed.
pub(super) fn check(text: &str, line_number: usize) -> Result<(), DataError> {
    let error = |at: usize, what: &str, expected: &str| {
        let place = text[..at].chars().count() + 1;
        let what = format!("{what} at character {place} of '{}'", shorten(text));
        Err(DataError::syntax(line_number, what, expected))
    };
    // The order that the ring of a number was opened with, if it was given.
    let mut rings: HashMap<&str, Option<char>> = HashMap::new();
    let mut bond = None;
    let mut at = 0;
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        let mut next = at + 1;
        match byte {
            b'[' => {
                next = text[at..].find(']').map_or(text.len(), |length| at + length + 1);
                bond = None;
            }
            b'-' | b'=' | b'#' | b'$' | b':' | b'/' | b'\\' => bond = Some(char::from(byte)),
            b')' | b'.' if bond.is_some() => {
                return error(
                    at - 1,
                    &format!("bond '{}'", bond.unwrap_or_default()),
                    "an atom after it",
                );
            }
            b'0'..=b'9' | b'%' => {
                if at > 0 && bytes[at - 1] == b'(' {
                    return error(at, "a ring closure", "an atom before it");
                }
                next = end_of_ring_number(bytes, at);
                let number = text[at..next]
                    .trim_start_matches(['%', '(', '0'])
                    .trim_end_matches(')');
                // The marks of sides are single bonds.
                let bond = bond
                    .take()
                    .map(|bond| if bond == '/' || bond == '\\' { '-' } else { bond });
                match rings.remove(number) {
                    None => {
                        rings.insert(number, bond);
                    }
                    Some(Some(opened)) if bond.is_some_and(|bond| bond != opened) => {
                        return error(at, "a ring closure", "the same bond as where the ring opens");
                    }
                    Some(_) => {}
                }
            }
            _ => bond = None,
        }
        at = next;
    }
    Ok(())
}

/// Behind the ring number that starts at `at`: a digit, `%nn` or `%(n…)`.
fn end_of_ring_number(bytes: &[u8], at: usize) -> usize {
    let end = match (bytes[at], bytes.get(at + 1)) {
        (b'%', Some(b'(')) => bytes[at..]
            .iter()
            .position(|&byte| byte == b')')
            .map_or(bytes.len(), |length| at + length + 1),
        (b'%', _) => at + 3,
        _ => at + 1,
    };
    end.min(bytes.len())
}
