//! Text formats of graphs, and file formats of fields on a torus ([`lattice`]).
//!
//! Parsers never panic: an error names the line, what was found and what was expected. They take time in proportion to the
//! text, and no memory out of proportion to it. What is written is read back as the same graph.

pub mod adjacency;
pub mod bits;
pub mod csv;
pub mod dimacs;
pub mod dreadnaut;
pub mod edge_list;
pub mod gml;
pub mod graph6;
pub mod graphml;
pub mod lattice;
mod line;
mod matrix;
pub mod matrix_market;
pub mod metis;
mod named;
pub mod node_link;
mod words;

use crate::DataError;
use std::path::Path;
use sympe_canon::graph::ColoredGraph;

pub use named::{Named, Names, Reading};
pub use words::Words;

/// A text format.
///
/// ```
/// use sympe_data::formats::Format;
/// assert_eq!("graph6".parse::<Format>()?, Format::Graph6);
/// assert_eq!(Format::detect("# no"), None);
/// assert_eq!(Format::detect("4 3 0-1 1-2 2-3\n"), Some(Format::EdgeList));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// [`graph6`], one graph per line.
    Graph6,
    /// [`bits`], one graph per line.
    Bits,
    /// [`edge_list`], one graph per line.
    EdgeList,
    /// [`dimacs`], any number of graphs.
    Dimacs,
}

crate::names!(
    Format,
    "graph format",
    Graph6 = "graph6",
    Bits = "bits",
    EdgeList = "edge-list",
    Dimacs = "dimacs"
);

impl Format {
    /// The number that the format gives to the first vertex.
    #[must_use]
    pub fn first_vertex(self) -> u32 {
        u32::from(self == Self::Dimacs)
    }

    /// The format of a text, by its first line that is not empty.
    #[must_use]
    pub fn detect(text: &str) -> Option<Self> {
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        let mut words = line.split_whitespace();
        let (first, second, third) = (words.next()?, words.next(), words.next());
        let number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        match (first, second, third) {
            ("p" | "c", _, _) => Some(Self::Dimacs),
            (n, Some(m), _) if number(n) && number(m) => {
                // "n bits" and "n m edges" differ in the length of the second word: n(n−1)/2 bits of 0 and 1.
                let n: usize = n.parse().ok()?;
                let is_bits = third.is_none()
                    && m.bytes().all(|byte| byte <= b'1')
                    && n.checked_mul(n.saturating_sub(1)).map(|twice| twice / 2) == Some(m.len());
                // "2 0" and "2 1" are both; without a third word only "n 0" can be an edge list.
                Some(if is_bits { Self::Bits } else { Self::EdgeList })
            }
            ("0" | "1", None, None) => Some(Self::Bits),
            (word, None, None) if graph6::looks_like(word) => Some(Self::Graph6),
            _ => None,
        }
    }

    /// Parses every graph of a text.
    ///
    /// # Errors
    ///
    /// The first line that is wrong.
    pub fn parse(self, text: &str) -> Result<Vec<ColoredGraph>, DataError> {
        self.parse_each(text).into_iter().collect()
    }

    /// Parses every graph of a text, and says what is wrong with each that is bad. In DIMACS, where a graph has several
    /// lines, a bad line spoils the whole text: one error and no graph.
    ///
    /// ```
    /// use sympe_data::formats::Format;
    /// let graphs = Format::Bits.parse_each("3 101\n3 10\n2 1\n");
    /// assert_eq!(graphs.len(), 3);
    /// assert_eq!(graphs[1].as_ref().unwrap_err().to_string(), "line 2: 2 bits, expected 3 bits for 3 vertices");
    /// ```
    #[must_use]
    pub fn parse_each(self, text: &str) -> Vec<Result<ColoredGraph, DataError>> {
        let by_line = |parse: fn(&str, usize) -> Result<ColoredGraph, DataError>| {
            text.lines()
                .enumerate()
                .map(|(index, line)| (index + 1, line.trim()))
                .filter(|(_, line)| !line.is_empty())
                .map(|(number, line)| parse(line, number))
                .collect()
        };
        match self {
            Self::Graph6 => by_line(graph6::parse),
            Self::Bits => by_line(bits::parse),
            Self::EdgeList => by_line(edge_list::parse),
            Self::Dimacs => match dimacs::parse(text) {
                Ok(graphs) => graphs.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            },
        }
    }
}

/// The graphs of a file, and the format they are in.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("path.txt");
/// std::fs::write(&path, "3 101\n")?;
/// let (graphs, format) = sympe_data::formats::read(&path, None)?;
/// assert_eq!((graphs[0].edge_count(), format.to_string().as_str()), (2, "bits"));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the file cannot be read, is in no known format, or has a bad line; the error names the file.
pub fn read(path: &Path, format: Option<Format>) -> Result<(Vec<ColoredGraph>, Format), DataError> {
    let (graphs, format) = read_each(path, format)?;
    Ok((graphs.into_iter().collect::<Result<_, _>>()?, format))
}

/// As [`read`], with the bad graphs ([`Format::parse_each`]); their errors name file and line.
///
/// # Errors
///
/// When the file cannot be read or is in no known format; the error names the file.
pub fn read_each(
    path: &Path,
    format: Option<Format>,
) -> Result<(Vec<Result<ColoredGraph, DataError>>, Format), DataError> {
    let bytes = std::fs::read(path).map_err(|error| DataError::from(error).in_file(path))?;
    let text = decode(&bytes).map_err(|error| error.in_file(path))?;
    let format = match format.or_else(|| Format::detect(text)) {
        Some(format) => format,
        None => {
            let what = if text.trim().is_empty() {
                "an empty file"
            } else {
                "no known format"
            };
            let expected = "graph6, 'n bits', 'n m i-j …' or DIMACS ('p edge n m')";
            return Err(DataError::syntax(1, what, expected).in_file(path));
        }
    };
    let graphs = format.parse_each(text).into_iter();
    let graphs = graphs.map(|graph| graph.map_err(|error| error.in_file(path)));
    Ok((graphs.collect(), format))
}

/// The text of a file.
fn decode(bytes: &[u8]) -> Result<&str, DataError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        DataError::syntax(line, "bytes that are not UTF-8", "text")
    })
}
