//! What can go wrong with data, and how it is said: what was found, where, and what was expected.

use std::fmt::Display;
use std::path::PathBuf;

pub(crate) use sympe_groups::shorten;

/// Why data could not be read, made or delivered.
///
/// ```
/// use sympe_data::formats::graph6;
/// let error = graph6::parse("C", 1).unwrap_err();
/// assert_eq!(error.to_string(), "line 1: graph6 data of 0 bytes, expected 1 byte for 4 vertices");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A line of a file does not say what it should.
    #[error("line {line}: {what}, expected {expected}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What was found.
        what: String,
        /// What should be there.
        expected: String,
    },
    /// A line of a file says what it may, but what this crate does not know.
    #[error("line {line}: {what}, expected {expected}")]
    Unsupported {
        /// The line, from 1.
        line: usize,
        /// What was found.
        what: String,
        /// What would be known.
        expected: String,
    },
    /// Bytes of a binary file do not say what they should.
    #[error("byte {offset}: {what}, expected {expected}")]
    Byte {
        /// The byte, from 0.
        offset: usize,
        /// What was found.
        what: String,
        /// What should be there.
        expected: String,
    },
    /// A named part of a file is not what it should be.
    #[error("'{name}': {what}, expected {expected}")]
    Field {
        /// Its name.
        name: String,
        /// What was found.
        what: String,
        /// What should be there.
        expected: String,
    },
    /// Something about this file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What about it.
        source: Box<DataError>,
    },
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A name means nothing.
    #[error(transparent)]
    UnknownName(#[from] sympe_groups::UnknownName),
    /// A parameter is outside its range.
    #[error("{what} is {got}, expected {expected}")]
    InvalidParameter {
        /// The parameter.
        what: &'static str,
        /// Its value.
        got: String,
        /// The values allowed.
        expected: &'static str,
    },
    /// An index is outside a data set.
    #[error("item {index} of a data set of {len}")]
    OutOfRange {
        /// The index.
        index: usize,
        /// The size.
        len: usize,
    },
    /// Canonicalizing an item failed.
    #[error("item {index}: {source}")]
    Canon {
        /// The index of the item.
        index: usize,
        /// The reason.
        source: sympe_canon::CanonError,
    },
    /// Conformers of different molecules.
    #[error("{} and {} are not the same molecule: no match of atoms keeps {matter}", molecules[0], molecules[1])]
    NotIsomorphic {
        /// Their names and formulas.
        molecules: [String; 2],
        /// What a match has to keep.
        matter: &'static str,
    },
    /// Conformers that could not be compared.
    #[error("{} and {}: {source}", names[0], names[1])]
    Conformers {
        /// Their names.
        names: [String; 2],
        /// The reason.
        source: sympe_canon::CanonError,
    },
    /// A loader thread panicked.
    #[error("a loader thread panicked: {0}")]
    Panic(String),
}

impl DataError {
    /// A syntax error.
    pub(crate) fn syntax(line: usize, what: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Syntax {
            line,
            what: what.into(),
            expected: expected.into(),
        }
    }

    /// Something right that is not known.
    pub(crate) fn unsupported(line: usize, what: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Unsupported {
            line,
            what: what.into(),
            expected: expected.into(),
        }
    }

    /// Whether the input may be right, and only this crate does not know what it says.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        match self {
            Self::Unsupported { .. } => true,
            Self::File { source, .. } => source.is_unsupported(),
            _ => false,
        }
    }

    /// The same error, of a text that starts after so many other lines.
    pub(crate) fn moved(mut self, lines: usize) -> Self {
        if let Self::Syntax { line, .. } | Self::Unsupported { line, .. } = &mut self {
            *line += lines;
        }
        self
    }

    /// An error in a binary file.
    pub(crate) fn byte(offset: usize, what: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Byte {
            offset,
            what: what.into(),
            expected: expected.into(),
        }
    }

    /// An error in a named part of a file.
    pub(crate) fn field(
        name: impl Into<String>,
        what: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Field {
            name: name.into(),
            what: what.into(),
            expected: expected.into(),
        }
    }

    /// An error of a parameter.
    pub(crate) fn invalid(what: &'static str, got: impl ToString, expected: &'static str) -> Self {
        Self::InvalidParameter {
            what,
            got: got.to_string(),
            expected,
        }
    }

    /// SMILES where places of atoms are needed.
    pub(crate) fn no_places() -> Self {
        Self::syntax(
            1,
            "SMILES, which have no positions",
            "XYZ, SDF, PDB or JSON with 'positions'",
        )
    }

    /// The same error, with the file it is about.
    #[must_use]
    pub fn in_file(self, path: impl Into<PathBuf>) -> Self {
        Self::File {
            path: path.into(),
            source: Box::new(self),
        }
    }
}

/// A number of things as an error message shows it: `1 bit`, `3 bits`.
pub(crate) fn count(number: impl Display, [one, several]: [&str; 2]) -> String {
    let number = number.to_string();
    let things = if number == "1" { one } else { several };
    format!("{number} {things}")
}
