//! Matrix Market, `.mtx`: a square matrix as the graph whose edges are its entries.
//!
//! R. F. Boisvert, R. Pozo, K. A. Remington, *The Matrix Market Exchange Formats: Initial Design*, NISTIR 5935 (1996):
//! `coordinate` and `array`; `pattern`, `integer` and `real`; `general` and `symmetric`. A `general` matrix is an undirected
//! graph if it is symmetric, and a directed one otherwise. The attribute of edges is `weight`, the value of an entry; entries
//! that are written and zero are no edges.

use super::line::{check_size, number};
use super::matrix::{Entries, Triangles, Values};
use super::named::{Named, Names, Reading, exact_number};
use crate::DataError;
use crate::error::{count, shorten};
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Parses one matrix. O(length of the text · log).
///
/// ```
/// use sympe_data::formats::{Reading, matrix_market};
/// let text = "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 2\n";
/// let path = matrix_market::parse(text, &Reading::default())?.graph;
/// assert_eq!(path.neighbors(1), [0, 2]);
/// assert_eq!(matrix_market::write(&path), text);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong: a header of another kind of matrix, a matrix that is not square, an entry outside it or given
/// twice, or a number of entries that is not the announced one.
pub fn parse(text: &str, reading: &Reading) -> Result<Named, DataError> {
    reading.check_vertices(&[], "a matrix")?;
    reading.check_edges(&["weight"], "a matrix")?;
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()));
    let header = Header::parse(lines.next().map_or("", |(_, line)| line))?;
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('%'));
    let Some((line, content)) = lines.next() else {
        let line = text.lines().count().max(1);
        return Err(DataError::syntax(line, "the end of the file", "a line of sizes"));
    };
    let (n, announced) = header.sizes(content, line)?;
    check_size(n, text.len(), line)?;
    let (entries, read) = header.entries(n, lines)?;
    if read != announced {
        let what = format!("{} of {announced}", count(read, ["entry", "entries"]));
        return Err(DataError::syntax(line, what, "as many as announced"));
    }
    let has_weights = entries.values().iter().any(|&value| value != 1.0);
    let (values, unused) = match (&reading.edge_colors, header.field) {
        (Some(key), Field::Pattern) => {
            let expected = "'integer' or 'real', for its weights";
            return Err(DataError::syntax(
                1,
                format!("a pattern, without '{key}'"),
                expected,
            ));
        }
        (Some(_), _) => (Values::Colors { first: 0 }, Vec::new()),
        (None, _) if has_weights => (Values::Ignored, vec!["edge weight".to_owned()]),
        (None, _) => (Values::Ignored, Vec::new()),
    };
    let triangles = if header.is_symmetric {
        Triangles::One
    } else {
        Triangles::Both
    };
    Ok(Named {
        graph: entries.graph(triangles, values, reading)?,
        names: Names::From(1),
        unused,
    })
}

fn vertex(word: Option<&str>, n: u32, line: usize) -> Result<u32, DataError> {
    let v: u32 = number(word, line, "a row and a column")?;
    if v == 0 || v > n {
        return Err(DataError::syntax(
            line,
            format!("row or column {v}"),
            format!("one from 1 to {n}"),
        ));
    }
    Ok(v - 1)
}

fn end(word: Option<&str>, line: usize) -> Result<(), DataError> {
    match word {
        None => Ok(()),
        Some(word) => Err(DataError::syntax(
            line,
            format!("'{}'", shorten(word)),
            "the end of the line",
        )),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Pattern,
    Integer,
    Real,
}

impl Field {
    fn value(self, word: Option<&str>, line: usize) -> Result<f64, DataError> {
        let expected = match self {
            Self::Integer => "an integer below 2⁵³",
            Self::Pattern | Self::Real => "a finite number",
        };
        let word = word.ok_or_else(|| DataError::syntax(line, "the end of the line", expected))?;
        let value = exact_number(word).filter(|value| self == Self::Real || value.fract() == 0.0);
        value.ok_or_else(|| DataError::syntax(line, format!("'{}'", shorten(word)), expected))
    }
}

/// The first line.
struct Header {
    is_array: bool,
    field: Field,
    is_symmetric: bool,
}

impl Header {
    fn parse(line: &str) -> Result<Self, DataError> {
        let fail =
            |word: &str, expected: &str| Err(DataError::syntax(1, format!("'{}'", shorten(word)), expected));
        let mut words = line.split_whitespace();
        let mut next = || words.next().unwrap_or("").to_ascii_lowercase();
        if !matches!(next().as_str(), "%%matrixmarket" | "%matrixmarket") {
            return fail(line, "'%%MatrixMarket matrix …'");
        }
        let object = next();
        if object != "matrix" {
            return fail(&object, "matrix");
        }
        let is_array = match next().as_str() {
            "coordinate" => false,
            "array" => true,
            other => return fail(other, "coordinate or array"),
        };
        let field = match next().as_str() {
            "pattern" if !is_array => Field::Pattern,
            "integer" => Field::Integer,
            "real" | "double" => Field::Real,
            other => return fail(other, "pattern (of coordinates), integer or real"),
        };
        let is_symmetric = match next().as_str() {
            "general" => false,
            "symmetric" => true,
            other => return fail(other, "general or symmetric"),
        };
        end(words.next(), 1)?;
        Ok(Self {
            is_array,
            field,
            is_symmetric,
        })
    }

    /// The number of rows and columns, and that of entries.
    fn sizes(&self, content: &str, line: usize) -> Result<(u32, u64), DataError> {
        let mut words = content.split_whitespace();
        let mut next = |what| number::<u64>(words.next(), line, what);
        let (rows, columns) = (next("a number of rows")?, next("a number of columns")?);
        if rows != columns {
            let what = format!("{rows} rows and {columns} columns");
            let expected = "a square matrix: rows and columns are vertices";
            return Err(DataError::syntax(line, what, expected));
        }
        let n = u32::try_from(rows)
            .map_err(|_| DataError::syntax(line, format!("{rows} rows"), "less than 2³² rows"))?;
        let announced = match (self.is_array, self.is_symmetric) {
            (false, _) => next("a number of entries")?,
            (true, false) => rows * rows,
            (true, true) => rows * (rows + 1) / 2,
        };
        end(words.next(), line)?;
        Ok((n, announced))
    }

    /// The entries that are not zero, and the number of all.
    fn entries<'a>(
        &self,
        n: u32,
        lines: impl Iterator<Item = (usize, &'a str)>,
    ) -> Result<(Entries, u64), DataError> {
        let mut entries = Entries::new(n, 1);
        let mut read = 0;
        // The place of the next entry of an array, column by column.
        let mut next = [0, 0];
        for (line, content) in lines {
            let mut words = content.split_whitespace();
            let place = if !self.is_array {
                [vertex(words.next(), n, line)?, vertex(words.next(), n, line)?]
            } else if next[1] == n {
                let expected = format!("the end of a matrix of {n} rows and columns");
                return Err(DataError::syntax(line, "another entry", expected));
            } else {
                let place = next;
                next[0] += 1;
                if next[0] == n {
                    next[1] += 1;
                    next[0] = if self.is_symmetric { next[1] } else { 0 };
                }
                place
            };
            let value = match self.field {
                Field::Pattern => 1.0,
                field => field.value(words.next(), line)?,
            };
            end(words.next(), line)?;
            read += 1;
            if value != 0.0 {
                entries.push(place, value, line);
            }
        }
        Ok((entries, read))
    }
}

/// Writes the structure as a pattern of coordinates; colours are not part of it.
#[must_use]
pub fn write(graph: &ColoredGraph) -> String {
    let symmetry = if graph.is_directed() {
        "general"
    } else {
        "symmetric"
    };
    let (n, m) = (graph.n(), graph.edge_count());
    let mut text = format!("%%MatrixMarket matrix coordinate pattern {symmetry}\n{n} {n} {m}\n");
    for (u, v, _) in graph.edges() {
        // Of a symmetric matrix, the lower triangle is written.
        let [row, column] = if graph.is_directed() { [u, v] } else { [v, u] };
        writeln!(text, "{} {}", row + 1, column + 1).expect("writing to a string cannot fail");
    }
    text
}
