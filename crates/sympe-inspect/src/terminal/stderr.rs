//! Lines on standard error, where warnings that repeat themselves are counted; and what readers say there.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use sympe_canon::graph::ColoredGraph;
use sympe_data::formats::{Format, Graphs};
use sympe_data::molecule::{self, Element, Molecule};
use sympe_data::{DataError, input};

/// Warnings of one kind that are written; those after them are counted.
const WRITTEN: u64 = 3;

static WARNINGS: Mutex<Warnings> = Mutex::new(Warnings::new());

/// Writes a line on standard error. Nobody listening there is no reason to stop: `eprintln!` would panic.
///
/// Of warnings, which are lines `warning: …` or `NAME: warning: …`, the first three of each kind are written.
pub fn note(text: impl std::fmt::Display) {
    let text = text.to_string();
    if is_wanted(&text) {
        write(&text);
    }
}

/// The graphs of a file, after saying what its reader has passed over.
///
/// # Errors
///
/// As [`sympe_data::formats::read`].
pub fn read_graphs(path: &Path, format: Option<Format>) -> Result<Vec<ColoredGraph>, DataError> {
    let mut graphs = Graphs::open(input::open(path)?, format)?;
    let read = graphs.by_ref().map(|record| Ok(record.read()?.graph)).collect();
    for passed_over in graphs.notes() {
        note(format_args!("note: {}: {passed_over}", path.display()));
    }
    read
}

/// The molecules of a file that are some, after saying which records are none and what its reader has passed over; all of them of
/// these elements, which classes of nodes stand for.
///
/// # Errors
///
/// As [`sympe_data::molecule::read`], and when a molecule has another element.
pub fn read_molecules(path: &Path, elements: &[Element]) -> Result<Vec<Molecule>, DataError> {
    let records = molecule::read(path)?;
    for error in &records.errors {
        note(format_args!("warning: {error}"));
    }
    if !records.dropped.is_empty() {
        note(format_args!(
            "note: {}: passed over: {}",
            path.display(),
            records.dropped
        ));
    }
    let molecules: Vec<Molecule> = records.good().cloned().collect();
    for (index, molecule) in molecules.iter().enumerate() {
        let mut found = molecule.atoms().iter().map(|atom| atom.element);
        // Hydrogens may be left out.
        if let Some(element) = found.find(|&element| element != Element::H && !elements.contains(&element)) {
            let known: Vec<&str> = elements.iter().map(|element| element.symbol()).collect();
            let unknown = DataError::Field {
                name: format!("molecule {}", index + 1),
                what: format!("the element {element}"),
                expected: format!("those of the data: {}", known.join(", ")),
            };
            return Err(unknown.in_file(path));
        }
    }
    Ok(molecules)
}

/// Whether a line is to be written; a warning is counted by asking.
pub(super) fn is_wanted(line: &str) -> bool {
    let mut warnings = WARNINGS.lock().unwrap_or_else(PoisonError::into_inner);
    warnings.admit(line)
}

fn write(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says, when it is dropped, how many warnings were counted and not written.
#[derive(Debug)]
pub struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        // The lock is not held while lines are written: standard error may be a pipe that nobody reads.
        let counts = WARNINGS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_counts();
        for line in counts {
            write(&line);
        }
    }
}

/// Warnings seen so far.
struct Warnings {
    /// By kind: the first of it, and how many there were.
    kinds: BTreeMap<String, (String, u64)>,
}

impl Warnings {
    const fn new() -> Self {
        Self {
            kinds: BTreeMap::new(),
        }
    }

    fn admit(&mut self, line: &str) -> bool {
        let Some(message) = message(line) else {
            return true;
        };
        let (_, count) = (self.kinds)
            .entry(kind(message))
            .or_insert_with(|| (message.to_owned(), 0));
        *count += 1;
        *count <= WRITTEN
    }

    /// Lines about what was not written; forgets all of it.
    fn take_counts(&mut self) -> Vec<String> {
        std::mem::take(&mut self.kinds)
            .into_values()
            .filter(|(_, count)| *count > WRITTEN)
            .map(|(first, count)| format!("warning: {} more like this: {first}", count - WRITTEN))
            .collect()
    }
}

/// What a warning says, without who says it.
fn message(line: &str) -> Option<&str> {
    let (before, message) = line.split_once("warning: ")?;
    (before.is_empty() || before.ends_with(": ")).then_some(message)
}

/// What warnings of one kind have in common: the words that are no places and no values. A word with a digit, a slash or
/// a backslash is one, and so is all that stands in quotation marks.
fn kind(message: &str) -> String {
    let mut unquoted = String::new();
    let mut closing = None;
    let mut before = ' ';
    for letter in message.chars() {
        match closing {
            Some(mark) if letter == mark => closing = None,
            Some(_) => {}
            // An apostrophe follows a letter.
            None if matches!(letter, '\'' | '"' | '`') && !before.is_alphanumeric() => closing = Some(letter),
            None => unquoted.push(letter),
        }
        before = letter;
    }
    let is_value =
        |word: &&str| word.contains(['/', '\\']) || word.contains(|letter: char| letter.is_numeric());
    let words: Vec<&str> = unquoted
        .split_whitespace()
        .filter(|word| !is_value(word))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_warnings_of_a_kind_are_written_and_the_others_counted() {
        let mut warnings = Warnings::new();
        let written: Vec<bool> = (1..=400)
            .map(|line| {
                warnings.admit(&format!(
                    "warning: a/b.smi:{line}: '{line}C', expected a molecule"
                ))
            })
            .collect();
        assert_eq!(written.iter().filter(|written| **written).count(), 3);
        assert!(written[..3].iter().all(|written| *written));
        // Another kind has a count of its own, whichever run it is of.
        for run in ["sympe", "noise", "none", "uniform"] {
            let expected = run != "uniform";
            assert_eq!(
                warnings.admit(&format!("{run}: warning: the disk is nearly full")),
                expected
            );
        }
        assert_eq!(
            warnings.take_counts(),
            [
                "warning: 397 more like this: a/b.smi:1: '1C', expected a molecule",
                "warning: 1 more like this: the disk is nearly full",
            ]
        );
        assert!(warnings.take_counts().is_empty());
        assert!(warnings.admit("warning: the disk is nearly full"));
    }

    #[test]
    fn what_is_no_warning_is_always_written() {
        let mut warnings = Warnings::new();
        for line in [
            "error: graph 7: too large",
            "no warning: none",
            "report: runs/report.html",
        ] {
            assert!((0..10).all(|_| warnings.admit(line)), "{line}");
        }
        assert!(warnings.take_counts().is_empty());
    }

    #[test]
    fn a_kind_has_no_values() {
        assert_eq!(
            kind("x.smi:12: 'C#C' isn't known, expected 4"),
            "isn't known, expected"
        );
        assert_eq!(kind("C:\\runs\\a cannot be read"), "cannot be read");
        assert_eq!(kind("option \"a b\" of `c d` is unused"), "option of is unused");
        assert_ne!(
            kind("the weights of last are damaged"),
            kind("the weights of last are missing")
        );
    }
}
