//! Graphs of an input, one after the other, in memory for one of them.

use super::dimacs;
use super::notes::{Note, Notes};
use super::{
    Content, Format, Named, Names, Reading, adjacency, bits, csv, dreadnaut, edge_list, gml, graph6, graphml,
    lattice, matrix_market, metis, node_link, pairs, sparse6,
};
use crate::DataError;
use crate::input::{Input, Lines};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use sympe_canon::graph::ColoredGraph;

/// A graph as it stands in its file, and what its vertices are called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileGraph {
    /// The graph.
    pub graph: ColoredGraph,
    /// The number that the file gives to the first vertex, if `names` is empty.
    pub first_vertex: u32,
    /// The names of the vertices, if they are not numbers that follow each other.
    pub names: Vec<String>,
}

/// What stands for one graph in an input. Formats with a graph on each line are parsed when the graph is asked for, which may be
/// in another thread.
#[derive(Debug)]
pub struct Record {
    source: Arc<Path>,
    /// The line, or 0 if there are several.
    line: usize,
    first_vertex: u32,
    text: Text,
}

#[derive(Debug)]
enum Text {
    Line(String, Format),
    Read(Box<Result<FileGraph, DataError>>),
}

impl Record {
    /// The graph.
    ///
    /// # Errors
    ///
    /// What is wrong with it; the error names file and line.
    pub fn read(self) -> Result<FileGraph, DataError> {
        let Self {
            line, first_vertex, ..
        } = self;
        let graph = match self.text {
            Text::Read(graph) => *graph,
            Text::Line(text, format) => {
                let graph = match format {
                    Format::Bits => bits::parse(&text, line),
                    Format::EdgeList => edge_list::parse(&text, line),
                    _ => graph6::parse(&text, line),
                };
                graph.map(|graph| FileGraph::numbered(graph, first_vertex))
            }
        };
        graph.map_err(|error| in_file(error, &self.source))
    }

    /// Bytes of text that wait to be parsed.
    #[must_use]
    pub fn waiting(&self) -> usize {
        match &self.text {
            Text::Line(text, _) => text.len(),
            Text::Read(_) => 0,
        }
    }
}

/// The graphs of an input.
///
/// ```
/// use sympe_data::formats::Graphs;
/// use sympe_data::input::Input;
/// let input = Input::new("three", "Bw\nB\nBW\n".as_bytes())?;
/// let graphs: Vec<_> = Graphs::open(input, None)?.map(|record| record.read()).collect();
/// assert_eq!(graphs[2].as_ref().unwrap().graph.edge_count(), 2);
/// let error = graphs[1].as_ref().unwrap_err().to_string();
/// assert_eq!(error, "three: line 2: graph6 data of 0 bytes, expected 1 byte for 3 vertices");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Debug)]
pub struct Graphs {
    format: Format,
    source: Arc<Path>,
    reader: Reader,
    notes: Notes,
}

#[derive(Debug)]
enum Reader {
    /// A graph on each line; the graph on the line before, if it was sparse6.
    Lines(Lines, Option<ColoredGraph>),
    Dimacs(Lines, Box<dimacs::Reader>),
    Whole(std::vec::IntoIter<Result<FileGraph, DataError>>),
    Named(std::vec::IntoIter<Named>),
}

impl Graphs {
    /// The graphs of an input in this format, or in the one that its name or its content says.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or holds something else than graphs.
    pub fn open(input: Input, format: Option<Format>) -> Result<Self, DataError> {
        Self::open_as(input, format, &Reading::default())
    }

    /// As [`open`](Self::open); of formats with attributes, `reading` says which of them are colours.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_as(mut input: Input, format: Option<Format>, reading: &Reading) -> Result<Self, DataError> {
        let format = match format {
            Some(format) => format,
            None => match Content::of(&mut input)? {
                Content::Graphs(format) => format,
                Content::Fields => return Err(not_graphs(&input, "a field on a torus")),
                Content::Molecules => return Err(not_graphs(&input, "molecules")),
            },
        };
        let source: Arc<Path> = input.name().into();
        if !format.has_attributes() && *reading != Reading::default() {
            let expected = "a format with attributes: Matrix Market, METIS, GML, GraphML, node-link JSON, dreadnaut, a table \
                            of edges or an adjacency matrix";
            let error = DataError::field(
                "attributes of vertices and edges",
                format!("asked of {format}"),
                expected,
            );
            return Err(error.in_file(&*source));
        }
        let mut notes = Notes::default();
        let reader = match format {
            Format::Graph6 | Format::Digraph6 | Format::Sparse6 | Format::Bits | Format::EdgeList => {
                Reader::Lines(input.into_lines()?, None)
            }
            Format::Dimacs => Reader::Dimacs(input.into_lines()?, Box::default()),
            Format::Pairs => {
                let parsed = pairs::parse(&input.read_to_text()?);
                let graph = parsed.map(|(pairs, found)| {
                    notes = found;
                    FileGraph {
                        graph: pairs.graph,
                        first_vertex: pairs.first,
                        names: pairs.names,
                    }
                });
                Reader::Whole(vec![graph].into_iter())
            }
            _ => {
                let graphs = match parse_whole(input, format, reading) {
                    Ok(graphs) => graphs,
                    Err(error) => return Err(in_file(error, &source)),
                };
                if let Some(unused) = graphs
                    .first()
                    .map(|named| named.unused.join(", "))
                    .filter(|text| !text.is_empty())
                {
                    notes.add("unused", 1, || format!("passed over: {unused}"));
                }
                Reader::Named(graphs.into_iter())
            }
        };
        Ok(Self {
            format,
            source,
            reader,
            notes,
        })
    }

    /// The graphs of a text in a format; errors call it `text`.
    pub(super) fn of_text(text: &str, format: Format) -> Result<Self, DataError> {
        Self::open(Input::new("text", Cursor::new(text.to_owned()))?, Some(format))
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// What errors call the input.
    #[must_use]
    pub fn name(&self) -> &Path {
        &self.source
    }

    /// What was passed over until now.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        let of_reader = match &self.reader {
            Reader::Dimacs(_, reader) => Some(&reader.notes),
            _ => None,
        };
        self.notes
            .iter()
            .chain(of_reader.into_iter().flat_map(Notes::iter))
    }

    fn record(&self, line: usize, text: Text) -> Record {
        Record {
            source: self.source.clone(),
            line,
            first_vertex: self.format.first_vertex(),
            text,
        }
    }

    fn read_record(&self, graph: Result<ColoredGraph, DataError>) -> Record {
        let graph = graph.map(|graph| FileGraph::numbered(graph, self.format.first_vertex()));
        self.record(0, Text::Read(Box::new(graph)))
    }
}

/// An error with the name of the file, once.
fn in_file(error: DataError, source: &Path) -> DataError {
    match error {
        named @ DataError::File { .. } => named,
        error => error.in_file(source),
    }
}

/// The graphs of a text that has to be there as a whole.
fn parse_whole(input: Input, format: Format, reading: &Reading) -> Result<Vec<Named>, DataError> {
    if format == Format::Adjacency {
        let mut input = input;
        if input.peek(lattice::npy::MAGIC.len())? == lattice::npy::MAGIC {
            return adjacency::parse_npy(&input.read_to_bytes()?, reading);
        }
        return adjacency::parse(&input.read_to_text()?, reading);
    }
    let text = input.read_to_text()?;
    match format {
        Format::MatrixMarket => Ok(vec![matrix_market::parse(&text, reading)?]),
        Format::Metis => Ok(vec![metis::parse(&text, reading)?]),
        Format::Csv => Ok(vec![csv::parse(&text, reading)?]),
        Format::Gml => gml::parse(&text, reading),
        Format::Graphml => graphml::parse(&text, reading),
        Format::NodeLink => node_link::parse(&text, reading),
        Format::Dreadnaut => dreadnaut::parse(&text, reading),
        other => unreachable!("{other} is read line by line"),
    }
}

impl From<Named> for FileGraph {
    /// Names that are the numbers from 0 or from 1 on become numbers.
    fn from(named: Named) -> Self {
        let words = match named.names {
            Names::From(first) => return Self::numbered(named.graph, first),
            Names::Words(words) => words,
        };
        let is_row = |first: u32| {
            (first..)
                .zip(words.iter())
                .all(|(number, word)| word == number.to_string())
        };
        if let Some(first) = [0, 1].into_iter().find(|&first| is_row(first)) {
            return Self::numbered(named.graph, first);
        }
        Self {
            graph: named.graph,
            first_vertex: 0,
            names: words.iter().map(str::to_owned).collect(),
        }
    }
}

fn not_graphs(input: &Input, what: &str) -> DataError {
    DataError::syntax(1, what, "graphs").in_file(input.name())
}

/// The next line with something on it that is no header alone.
fn next_line(lines: &mut Lines) -> Option<Result<(usize, String), DataError>> {
    loop {
        match lines.next_owned()? {
            Ok((_, line)) if line.trim().is_empty() || graph6::HEADERS.contains(&line.trim()) => {}
            line => return Some(line),
        }
    }
}

/// Whether a line among those of McKay's encodings is sparse6.
fn is_sparse6(line: &str) -> bool {
    graph6::strip_header(line.trim()).starts_with([':', ';'])
}

/// The graph of the next line, if that is graph6 or digraph6 and so long that it had better not be in memory.
fn long_line(lines: &mut Lines) -> Option<Result<ColoredGraph, DataError>> {
    const LONG: usize = 1 << 20;
    let (number, start) = lines.peek_long(LONG)?;
    if is_sparse6(&String::from_utf8_lossy(&start[..64])) {
        return None;
    }
    let mut line = None;
    loop {
        let (piece, is_last) = match lines.next_piece(LONG)? {
            Ok(piece) => piece,
            Err(error) => return Some(Err(error)),
        };
        let read = match line {
            None => graph6::LongLine::new(piece, number),
            Some(Ok(line)) => graph6::LongLine::push(line, piece),
            Some(error) => error,
        };
        if is_last {
            return Some(read.and_then(graph6::LongLine::graph));
        }
        line = Some(read);
    }
}

impl Iterator for Graphs {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        match &mut self.reader {
            Reader::Whole(graphs) => {
                let graph = graphs.next()?;
                Some(self.record(0, Text::Read(Box::new(graph))))
            }
            Reader::Named(graphs) => {
                let graph = FileGraph::from(graphs.next()?);
                Some(self.record(0, Text::Read(Box::new(Ok(graph)))))
            }
            Reader::Lines(lines, before) => {
                if self.format.is_mckay()
                    && let Some(graph) = long_line(lines)
                {
                    *before = None;
                    return Some(self.read_record(graph));
                }
                let (line, text) = match next_line(lines)? {
                    Ok(line) => line,
                    Err(error) => return Some(self.read_record(Err(error))),
                };
                if !self.format.is_mckay() || !is_sparse6(&text) {
                    *before = None;
                    return Some(self.record(line, Text::Line(text, self.format)));
                }
                let graph = sparse6::parse(&text, line, before.as_ref());
                *before = graph.as_ref().ok().cloned();
                Some(self.read_record(graph))
            }
            Reader::Dimacs(lines, reader) => loop {
                if let Some(graph) = reader.graphs.pop_front() {
                    return Some(self.read_record(graph));
                }
                match lines.next_line() {
                    Some(Ok((number, line))) => reader.line(line, number),
                    Some(Err(error)) => reader.graphs.push_back(Err(error)),
                    None => {
                        reader.finish();
                        self.notes = std::mem::take(&mut reader.notes);
                        let graphs: Vec<_> = reader.graphs.drain(..).collect();
                        let first_vertex = self.format.first_vertex();
                        let graphs: Vec<_> = graphs
                            .into_iter()
                            .map(|graph| graph.map(|graph| FileGraph::numbered(graph, first_vertex)))
                            .collect();
                        self.reader = Reader::Whole(graphs.into_iter());
                        return self.next();
                    }
                }
            },
        }
    }
}

impl FileGraph {
    /// A graph whose first vertex has this number.
    fn numbered(graph: ColoredGraph, first_vertex: u32) -> Self {
        Self {
            graph,
            first_vertex,
            names: Vec::new(),
        }
    }
}
