//! What a reader passes over, said once for each kind and counted.

use std::fmt;

/// Lines of a file that are read in another way than they may be meant: a repeated edge is one edge.
///
/// ```
/// use sympe_data::formats::dimacs;
/// let (_, notes) = dimacs::parse_with_notes("p edge 2 2\ne 1 2\ne 2 1\n");
/// let text = "line 3: edge 2 1 again (it is on line 2): it counts once";
/// assert_eq!(notes.iter().map(ToString::to_string).collect::<Vec<_>>(), [text]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    notes: Vec<Note>,
}

/// A kind of such lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    kind: &'static str,
    /// The first of these lines; 0 if it is about no line alone.
    pub line: usize,
    /// What is said about the first of them.
    pub what: String,
    /// How many there are.
    pub count: u64,
}

impl Notes {
    /// One more line of a kind; `what` is said about it if it is the first.
    pub(crate) fn add(&mut self, kind: &'static str, line: usize, what: impl FnOnce() -> String) {
        match self.notes.iter_mut().find(|note| note.kind == kind) {
            Some(note) => note.count += 1,
            None => self.notes.push(Note {
                kind,
                line,
                what: what(),
                count: 1,
            }),
        }
    }

    /// All kinds of other notes, after these.
    pub(crate) fn extend(&mut self, other: Self) {
        self.notes.extend(other.notes);
    }

    /// All kinds there are, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        f.write_str(&self.what)?;
        match self.count {
            1 => Ok(()),
            count => write!(f, " ({count} times)"),
        }
    }
}
