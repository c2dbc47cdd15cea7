//! Edges as a table with a header (CSV, TSV, or with semicolons): a line per edge, vertices by any names.
//!
//! Two columns are the ends of the edges: `source` and `target`, `from` and `to`, `src` and `dst`, `u` and `v`, `node1` and
//! `node2`, or `source_id` and `target_id`, in any case of letters. Any other column can colour the edges. Vertices are
//! numbered in the order in which they come; one without edges cannot be written. Fields are quoted as in RFC 4180.

use super::named::{Collector, Named, Reading};
use crate::DataError;
use crate::error::{count, shorten};
use ::csv::{ErrorKind, ReaderBuilder, StringRecord};

/// What the columns of the ends may be called.
pub(super) const ENDS: [[&str; 2]; 6] = [
    ["source", "target"],
    ["from", "to"],
    ["src", "dst"],
    ["u", "v"],
    ["node1", "node2"],
    ["source_id", "target_id"],
];

/// Parses a table. O(its length) expected time and memory.
///
/// ```
/// use sympe_data::formats::{Reading, csv};
/// let text = "source,target,kind\nAda,Bob,1\nBob,\"Eve, twice\",2\n";
/// let reading = Reading { edge_colors: Some("kind".into()), ..Reading::default() };
/// let path = csv::parse(text, &reading)?;
/// assert_eq!((path.graph.edge_color(1, 2), path.names.name(2).as_ref()), (Some(2), "Eve, twice"));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong: a header without two ends of edges or with several, an empty name, another number of
/// columns than in the header, an edge given twice.
pub fn parse(text: &str, reading: &Reading) -> Result<Named, DataError> {
    reading.check_vertices(&[], "a table of edges")?;
    let table = |delimiter: u8| {
        ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .trim(::csv::Trim::All)
            .from_reader(text.as_bytes())
    };
    let mut columns = None;
    for delimiter in [b',', b'\t', b';'] {
        let mut header = StringRecord::new();
        if !matches!(table(delimiter).read_record(&mut header), Ok(true)) {
            continue;
        }
        let line = line_of(&header);
        if let Some(found) = Columns::of(&header, reading, line)? {
            columns = Some((delimiter, found));
            break;
        }
    }
    let Some((delimiter, columns)) = columns else {
        let start = text.trim_start();
        let line = text[..text.len() - start.len()].matches('\n').count() + 1;
        let what = match start.lines().next() {
            None => "an empty table".to_owned(),
            Some(first) => format!("'{}'", shorten(first.trim())),
        };
        return Err(DataError::syntax(
            line,
            what,
            "a header with columns 'source' and 'target'",
        ));
    };
    let mut collector = Collector::new(reading);
    collector.open(true, 1);
    for (index, name) in columns.names.iter().enumerate() {
        if ![columns.source, columns.target].contains(&index) && Some(index) != columns.color {
            collector.leave_out("edge", name);
        }
    }
    let mut reader = table(delimiter);
    let mut row = StringRecord::new();
    let mut is_header = true;
    while reader.read_record(&mut row).map_err(|error| fail(&error))? {
        if std::mem::take(&mut is_header) {
            continue;
        }
        let line = line_of(&row);
        if row.len() != columns.names.len() {
            let what = count(row.len(), ["column", "columns"]);
            return Err(DataError::syntax(
                line,
                what,
                format!("{} as in the header", columns.names.len()),
            ));
        }
        for end in [columns.source, columns.target] {
            if row[end].is_empty() {
                let what = format!("an empty '{}'", shorten(&columns.names[end]));
                return Err(DataError::syntax(line, what, "the name of a vertex"));
            }
        }
        let color = columns.color.map(|color| &row[color]);
        collector.edge(&row[columns.source], &row[columns.target], color, line)?;
    }
    let mut graphs = collector.finish()?;
    Ok(graphs.remove(0))
}

fn line_of(record: &StringRecord) -> usize {
    record.position().map_or(1, |position| position.line() as usize)
}

fn fail(error: &::csv::Error) -> DataError {
    let line = error.position().map_or(1, |position| position.line() as usize);
    let what = match error.kind() {
        ErrorKind::Utf8 { .. } => "a field that is not UTF-8".to_owned(),
        other => format!("{other:?}"),
    };
    DataError::syntax(line, what, "a row of a table")
}

/// The columns that are used.
struct Columns {
    names: StringRecord,
    source: usize,
    target: usize,
    color: Option<usize>,
}

impl Columns {
    /// The columns, unless no two of them are the ends of edges.
    fn of(header: &StringRecord, reading: &Reading, line: usize) -> Result<Option<Self>, DataError> {
        let find = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
        let ends = ENDS.map(|[source, target]| find(source).zip(find(target)));
        let mut ends = ends.into_iter().flatten();
        let Some((source, target)) = ends.next() else {
            return Ok(None);
        };
        let expected = "one column for each end of the edges, and each name once";
        if let Some((other, _)) = ends.next() {
            let what = format!("columns '{}' and '{}'", &header[source], &header[other]);
            return Err(DataError::syntax(line, what, expected));
        }
        let chosen = reading.edge_colors.as_deref();
        for name in [Some(&header[source]), Some(&header[target]), chosen]
            .into_iter()
            .flatten()
        {
            if header
                .iter()
                .filter(|column| column.eq_ignore_ascii_case(name))
                .count()
                > 1
            {
                let what = format!("column '{}' twice", shorten(name));
                return Err(DataError::syntax(line, what, expected));
            }
        }
        let color = match chosen {
            None => None,
            Some(chosen) => Some(find(chosen).ok_or_else(|| {
                let what = format!("a header without '{}'", shorten(chosen));
                DataError::syntax(line, what, "the column that colours edges")
            })?),
        };
        Ok(Some(Self {
            names: header.clone(),
            source,
            target,
            color,
        }))
    }
}
