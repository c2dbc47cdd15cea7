//! Adjacency matrices: as text, and as NumPy arrays, one to a file or several in an archive.
//!
//! An entry that is not zero is an edge from its row to its column; on the diagonal, a loop. A symmetric matrix is an
//! undirected graph, any other a directed one. An entry is the number of parallel edges: colour 0 stands for 1, colour 1 for
//! 2, so that matrices of 0 and 1 have no colours. Entries that are no such numbers are colours by their ranks. If `weight` is
//! asked for, entries are colours as [`Reading`] says.
//!
//! Text has a row per line, entries separated by blanks, commas or semicolons; 0 and 1 may stand without. Blank lines separate
//! matrices, and lines that start with `#` are comments. A matrix may have the names of its vertices in a row before the others,
//! and in a column before the others too, as tables have that are written by pandas: the row starts with a comma, a semicolon or
//! a tab, or with a word that is no number.

use super::lattice::npy::{self, Array};
use super::matrix::{Entries, Triangles, Values};
use super::named::{Named, Names, Reading, exact_number};
use super::words::Words;
use crate::DataError;
use crate::error::{count, shorten};
use std::borrow::Cow;
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Parses every matrix of a text. O(length of the text · log).
///
/// ```
/// use sympe_data::formats::{Reading, adjacency};
/// let graphs = adjacency::parse("0 1 0\n1 0 2\n0 2 0\n\n01\n00\n", &Reading::default())?;
/// assert_eq!(graphs[0].graph.edge_color(1, 2), Some(1));
/// assert!(graphs[1].graph.is_directed());
/// assert_eq!(adjacency::write(&graphs[0].graph), "0 1 0\n1 0 2\n0 2 0\n");
/// let table = adjacency::parse(",Ada,Bob\nAda,0,1\nBob,1,0\n", &Reading::default())?;
/// assert_eq!(table[0].names.name(1), "Bob");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong: a row of another length than the first, something that is no finite number, a matrix that
/// is not square, or names of rows that are not those of columns.
pub fn parse(text: &str, reading: &Reading) -> Result<Vec<Named>, DataError> {
    Matrices::new(text.into(), reading)?.collect()
}

/// The matrices of a text, one after the other; whoever asks stops at the first error.
#[derive(Debug)]
pub(super) struct Matrices<'a> {
    text: Cow<'a, str>,
    /// Where the next line starts, and the number of the one before it.
    at: usize,
    line: usize,
    reading: Reading,
    has_any: bool,
}

impl<'a> Matrices<'a> {
    pub(super) fn new(text: Cow<'a, str>, reading: &Reading) -> Result<Self, DataError> {
        check(reading)?;
        Ok(Self {
            text,
            at: 0,
            line: 0,
            reading: reading.clone(),
            has_any: false,
        })
    }

    fn next_matrix(&mut self) -> Result<Option<Named>, DataError> {
        let mut open: Option<Block> = None;
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let whole = rest.lines().next().unwrap_or_default();
            self.at += rest.find('\n').map_or(rest.len(), |end| end + 1);
            self.line += 1;
            let (line, content) = (self.line, whole.trim());
            if content.starts_with('#') {
                continue;
            }
            if content.is_empty() {
                match open {
                    Some(block) => return block.close(&self.reading).map(Some),
                    None => continue,
                }
            }
            match &mut open {
                None if is_header(whole) => open = Some(Block::named(whole, line)?),
                None => open.insert(Block::new(line)).row(content, line)?,
                Some(block) => block.row(content, line)?,
            }
        }
        match open {
            Some(block) => block.close(&self.reading).map(Some),
            None if self.has_any => Ok(None),
            None => Err(DataError::syntax(1, "no rows", "rows of an adjacency matrix")),
        }
    }
}

impl Iterator for Matrices<'_> {
    type Item = Result<Named, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let matrix = self.next_matrix().transpose();
        self.has_any |= matrix.is_some();
        matrix
    }
}

/// Parses an array of NumPy, NPY: one matrix, or a stack of them along the first axis; or the arrays of an archive, NPZ.
///
/// # Errors
///
/// When the bytes are neither, or an array is of another shape than `(n, n)` or `(graphs, n, n)`, or an entry is not finite.
pub fn parse_npy(bytes: &[u8], reading: &Reading) -> Result<Vec<Named>, DataError> {
    check(reading)?;
    if !bytes.starts_with(npy::ARCHIVE) {
        return parse_array(bytes, reading);
    }
    let mut graphs = Vec::new();
    for (name, bytes) in npy::arrays(bytes)? {
        graphs.extend(parse_array(&bytes, reading).map_err(|error| error.in_file(name))?);
    }
    Ok(graphs)
}

fn parse_array(bytes: &[u8], reading: &Reading) -> Result<Vec<Named>, DataError> {
    let sides = |sides: &[u64]| {
        let (graphs, [rows, columns]) = match *sides {
            [rows, columns] => (1, [rows, columns]),
            [graphs, rows, columns] => (graphs, [rows, columns]),
            _ => return None,
        };
        let side = u32::try_from(rows).ok().filter(|_| rows == columns)?;
        // Without entries, no byte of the file stands for a graph.
        (side > 0 || graphs == 1).then_some((graphs, side))
    };
    let expected = "(n, n) or (graphs, n, n), with n below 2³², and not 0 if there are several graphs";
    let (array, (graphs, side)) = Array::parse(bytes, sides, expected)?;
    let n = u64::from(side);
    let mut read = Vec::new();
    for graph in 0..graphs {
        let mut entries = Entries::new(side, 0);
        for row in 0..side {
            for column in 0..side {
                let index = (graph * n + u64::from(row)) * n + u64::from(column);
                let value = f64::from(array.value(index)?);
                if value != 0.0 {
                    entries.push([row, column], value, 1);
                }
            }
        }
        read.push(close(entries, reading)?);
    }
    Ok(read)
}

fn check(reading: &Reading) -> Result<(), DataError> {
    reading.check_vertices(&[], "a matrix")?;
    reading.check_edges(&["weight"], "a matrix")
}

/// Whether a line names the vertices of a matrix.
fn is_header(line: &str) -> bool {
    let first = line.trim_end().split([',', ';', '\t']).next().unwrap_or_default();
    let word = first.split_whitespace().next().map(unquoted);
    // Without a word before the first separator, the column of names has none.
    word.map_or(line.contains([',', ';', '\t']), |word| {
        word.is_empty() || exact_number(word).is_none() && word.parse::<f64>().is_err()
    })
}

fn unquoted(word: &str) -> &str {
    word.trim().trim_matches('"')
}

/// The fields of a row: at commas, semicolons or tabs if there are any, and at blanks if not.
fn fields(line: &str) -> Vec<&str> {
    match line.find([',', ';', '\t']) {
        Some(at) => {
            let separator = line[at..].chars().next().unwrap_or(',');
            line.split(separator).map(unquoted).collect()
        }
        None => line.split_whitespace().map(unquoted).collect(),
    }
}

fn close(entries: Entries, reading: &Reading) -> Result<Named, DataError> {
    let first = u32::from(reading.edge_colors.is_none());
    Ok(Named {
        graph: entries.graph(Triangles::Both, Values::Colors { first }, reading)?,
        names: Names::From(0),
        unused: Vec::new(),
    })
}

/// Rows of equal length.
struct Block {
    /// The line of the first row.
    line: usize,
    rows: u32,
    columns: u32,
    entries: Entries,
    /// The names of the columns, and whether rows start with theirs; that shows in the first row.
    names: Option<(Words, Option<bool>)>,
}

impl Block {
    fn new(line: usize) -> Self {
        Self {
            line,
            rows: 0,
            columns: 0,
            entries: Entries::new(0, 0),
            names: None,
        }
    }

    /// A matrix after its row of names.
    fn named(header: &str, line: usize) -> Result<Self, DataError> {
        let all = fields(header);
        let corner = usize::from(all[0].is_empty());
        let names: Words = all[corner..].iter().copied().collect();
        if names.len() + corner != all.len() {
            let what = format!(
                "{} of which some are the same",
                count(all.len() - corner, ["name", "names"])
            );
            return Err(DataError::syntax(line, what, "a name for each vertex"));
        }
        let columns = names.len() as u32;
        let has_rows = (corner == 1).then_some(true);
        Ok(Self {
            names: Some((names, has_rows)),
            columns,
            ..Self::new(line)
        })
    }

    /// The entries of a row after its name, if rows have them.
    fn after_name<'a>(&mut self, content: &'a str, line: usize) -> Result<&'a str, DataError> {
        let Some((names, has_names)) = &mut self.names else {
            return Ok(content);
        };
        let all = fields(content);
        // A corner with a word makes the names one more than the columns.
        if has_names.is_none() && all.len() == names.len() && all[0].parse::<f64>().is_err() {
            *names = names.iter().skip(1).collect();
            self.columns -= 1;
            *has_names = Some(true);
        }
        if !*has_names.get_or_insert(all.len() == names.len() + 1) {
            return Ok(content);
        }
        // A row too many is refused by its number.
        if let Some(name) = names
            .iter()
            .nth(self.rows as usize)
            .filter(|&name| name != all[0])
        {
            let what = format!("a row of '{}'", shorten(all[0]));
            let expected = format!(
                "'{}', as the columns are named on line {}",
                shorten(name),
                self.line
            );
            return Err(DataError::syntax(line, what, expected));
        }
        match content.find([',', ';', '\t']) {
            Some(at) => Ok(&content[at + 1..]),
            None => Ok(content
                .trim_start()
                .split_once(char::is_whitespace)
                .map_or("", |(_, rest)| rest)),
        }
    }

    fn row(&mut self, content: &str, line: usize) -> Result<(), DataError> {
        let content = self.after_name(content, line)?;
        let mut columns = 0;
        let mut push = |value: f64| {
            if value != 0.0 {
                self.entries.push([self.rows, columns], value, line);
            }
            columns += 1;
        };
        if content.bytes().all(|byte| matches!(byte, b'0' | b'1')) {
            content.bytes().for_each(|byte| push(f64::from(byte - b'0')));
        } else {
            let mut words = content.split([',', ';']).peekable();
            while let Some(part) = words.next() {
                // A separator may end the line; elsewhere there is an entry on both sides of it.
                if part.trim().is_empty() && words.peek().is_some() {
                    return Err(DataError::syntax(line, "an empty entry", "a number"));
                }
                for word in part.split_whitespace() {
                    let fail = || DataError::syntax(line, format!("'{}'", shorten(word)), "a finite number");
                    push(exact_number(word).ok_or_else(fail)?);
                }
            }
        }
        if self.rows == 0 && self.names.is_none() {
            self.columns = columns;
        }
        if columns != self.columns {
            let what = count(columns, ["entry", "entries"]);
            let expected = format!("{} as on line {}", self.columns, self.line);
            return Err(DataError::syntax(line, what, expected));
        }
        if self.rows == self.columns {
            let expected = format!("a square matrix of {}", count(columns, ["column", "columns"]));
            return Err(DataError::syntax(line, "another row", expected));
        }
        self.rows += 1;
        Ok(())
    }

    fn close(mut self, reading: &Reading) -> Result<Named, DataError> {
        if self.rows != self.columns {
            let rows = count(self.rows, ["row", "rows"]);
            let what = format!("{rows} of {}", count(self.columns, ["entry", "entries"]));
            return Err(DataError::syntax(self.line, what, "a square matrix"));
        }
        self.entries.n = self.rows;
        let mut read = close(self.entries, reading)?;
        if let Some((names, _)) = self.names {
            read.names = Names::Words(names);
        }
        Ok(read)
    }
}

/// Writes the matrix of a graph as text: colour 0 as 1, colour 1 as 2. Colours of vertices are not part of it, and a graph
/// without vertices is an empty text.
#[must_use]
pub fn write(graph: &ColoredGraph) -> String {
    let n = graph.n() as u32;
    let mut text = String::new();
    for u in 0..n {
        for v in 0..n {
            let blank = if v == 0 { "" } else { " " };
            let entry = graph.edge_color(u, v).map_or(0, |color| u64::from(color) + 1);
            write!(text, "{blank}{entry}").expect("writing to a string cannot fail");
        }
        // A row of one entry as 10 would be two entries without a blank; a comma may end a row.
        text.push_str(if n == 1 { ",\n" } else { "\n" });
    }
    text
}
