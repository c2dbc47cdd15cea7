//! What is wrong with a SMILES, in the words of the errors of this crate.

use crate::DataError;
use crate::error::shorten;
use smiles_rs::{SmilesError, SmilesErrorWithSpan};

/// The error that `smiles-rs` gave for a text: what is at which character, and what should be.
pub(super) fn explain(error: &SmilesErrorWithSpan, text: &str, line: usize) -> DataError {
    let start = error.start().min(text.len());
    // Spans are bytes, and may begin within a character.
    let character = text.char_indices().take_while(|&(at, _)| at < start).count();
    let place = if start < text.len() {
        format!("at character {}", character + 1)
    } else {
        "at the end".to_owned()
    };
    let found = text.get(start..error.end().min(text.len())).unwrap_or_default();
    let found = if found.is_empty() {
        text.get(start..)
            .and_then(|rest| rest.chars().next())
            .map_or(String::new(), String::from)
    } else {
        found.to_owned()
    };
    let (what, expected) = words(error.smiles_error(), &shorten(&found));
    let what = format!("{what} {place} of '{}'", shorten(text));
    // Notations of other programs, which may well be right.
    let is_extension = ["->", "<-", "~", ">", "[#", "*", "$"]
        .iter()
        .any(|sign| text.contains(sign));
    let too_large = matches!(
        error.smiles_error(),
        SmilesError::ChargeOverflow(_)
            | SmilesError::ChargeUnderflow(_)
            | SmilesError::HydrogenCountOverflow(_)
            | SmilesError::RingNumberOverflow(_)
            | SmilesError::WildcardAtomNotAllowed
    );
    if is_extension || too_large || has_dot_in_branch(text) {
        DataError::unsupported(line, what, expected)
    } else {
        DataError::syntax(line, what, expected)
    }
}

/// Whether a fragment ends within a branch, as in `C(C.O)C`, which OpenSMILES allows and `smiles-rs` does not read.
fn has_dot_in_branch(text: &str) -> bool {
    let mut depth = 0i64;
    text.bytes().any(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        byte == b'.' && depth > 0
    })
}

/// What was found, and what was expected.
fn words(error: SmilesError, found: &str) -> (String, &'static str) {
    use SmilesError as E;
    let (what, expected) = match error {
        E::UnclosedRing => ("an open ring", "the same ring number once more"),
        E::UnclosedBranch => ("an open '('", "a ')' after it"),
        E::UnclosedBracket => ("an open '['", "a ']' after it"),
        E::UnexpectedRightParentheses => ("')'", "a '(' and an atom before it"),
        E::UnexpectedLeftParentheses => ("'('", "an atom before the branch"),
        E::EmptyBranch | E::InvalidBranch => ("a branch without an atom", "an atom in the branch"),
        E::SelfLoopEdge(_) => ("a ring closure", "a ring between two atoms"),
        E::DuplicateEdge(_, _) => (
            "a bond of two atoms that have one",
            "each pair of atoms bonded once",
        ),
        E::IncompleteBond(_) | E::InvalidBond => ("a bond", "an atom before and after it"),
        E::InvalidNonBondToken => ("'.'", "an atom before and after it"),
        E::InvalidRingNumber | E::UnexpectedPercent => (
            "a ring number",
            "a digit, or two digits or '(number)' after '%', between two atoms without a bond",
        ),
        E::RingNumberOverflow(_) => ("a ring number", "a smaller one"),
        E::ChargeOverflow(_) | E::ChargeUnderflow(_) => ("a charge", "a charge from -15 to 15"),
        E::HydrogenCountOverflow(_) => ("a count of hydrogens", "at most 15"),
        E::WildcardAtomNotAllowed => ("any atom, '*'", "an element"),
        E::InvalidHydrogenWithExplicitHydrogensFound => ("hydrogen with hydrogens", "hydrogen alone, as [H]"),
        E::UnexpectedEndOfString => ("nothing", "an atom"),
        _ => {
            let what = if found.is_empty() {
                "nothing".to_owned()
            } else {
                format!("'{found}'")
            };
            let expected = match error {
                E::InvalidAromaticElement(_) => "an aromatic B, C, N, O, P, S, As, Se or Te",
                E::ElementRequiresBrackets | E::InvalidUnbracketedAtom(_) => {
                    "brackets around all elements but B, C, N, O, P, S, F, Cl, Br, I"
                }
                E::InvalidChirality => "@, @@ or a class of chirality",
                E::InvalidIsotope => "an isotope",
                E::InvalidClass => "a number after ':'",
                E::MissingBracketElement
                | E::MissingElement
                | E::InvalidElementName(_)
                | E::ElementsRs(_) => "an element",
                _ => "an atom, a bond, a branch or a ring closure",
            };
            return (what, expected);
        }
    };
    (what.to_owned(), expected)
}
