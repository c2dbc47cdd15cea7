//! Graphs of an input, one after the other, in memory for one of them.

use super::colors::VertexColors;
use super::dimacs;
use super::notes::{Note, Notes};
use super::{
    Content, Format, Named, Names, Reading, adjacency, bits, csv, dreadnaut, edge_list, gml, graph6, graphml,
    lattice, matrix_market, metis, node_link, pairs, sparse6,
};
use crate::DataError;
use crate::input::{Input, Lines};
use crate::molecule::{DroppedCounts, Hydrogens, MoleculeFormat, MoleculeLines, Molecules};
use std::io::Cursor;
use std::iter::Peekable;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use sympe_canon::graph::ColoredGraph;

/// A graph as it stands in its file, and what its vertices are called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileGraph {
    /// The graph.
    pub graph: ColoredGraph,
    /// The number that the file gives to the first vertex, if `names` is empty.
    pub first_vertex: u32,
    /// The names of the vertices, if they are not numbers that follow each other; of a molecule, its atoms as `C` and `O-`.
    pub names: Vec<String>,
    /// The lines of the file that are this graph, if it is a molecule.
    pub record: Option<String>,
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
    /// Colours from a file of their own, and the number of the graph.
    colors: Option<(Arc<VertexColors>, usize)>,
}

#[derive(Debug)]
enum Text {
    Line(String, Format),
    Molecule(MoleculeLines, Hydrogens, Arc<Mutex<DroppedCounts>>),
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
            Text::Molecule(lines, hydrogens, dropped) => of_molecule(&lines, hydrogens, &dropped),
        };
        let mut graph = graph.map_err(|error| in_file(error, &self.source))?;
        if let Some((colors, index)) = self.colors {
            graph.graph = colors.paint(graph.graph, index)?;
        }
        Ok(graph)
    }

    /// Bytes of text that wait to be parsed.
    #[must_use]
    pub fn waiting(&self) -> usize {
        match &self.text {
            Text::Line(text, _) => text.len(),
            Text::Molecule(lines, ..) => lines.text().len(),
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
    format: Option<Format>,
    source: Arc<Path>,
    reader: Reader,
    notes: Notes,
    colors: Option<Arc<VertexColors>>,
    /// Graphs until now.
    count: usize,
}

#[derive(Debug)]
enum Reader {
    /// A graph on each line; the graph on the line before, if it was sparse6.
    Lines(Lines, Option<ColoredGraph>),
    Dimacs(Lines, Box<dimacs::Reader>),
    Whole(std::vec::IntoIter<Result<FileGraph, DataError>>),
    Named(NamedGraphs),
    Molecules(Molecules, Hydrogens, Arc<Mutex<DroppedCounts>>),
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
        let mut notes = Notes::default();
        let format = match format {
            Some(format) => format,
            None => match Content::of(&mut input)? {
                Content::Graphs(Format::Pairs) if !is_named(&input) => {
                    let what = "two numbers a line are read as edges (--format pairs); a field on a torus needs --group";
                    notes.add("reading", 0, || what.to_owned());
                    Format::Pairs
                }
                Content::Graphs(format) => format,
                Content::Fields(_) => return Err(not_graphs(&input, "a field on a torus")),
                Content::Molecules(_) => return Err(not_graphs(&input, "molecules")),
                Content::Clouds(_) => return Err(not_graphs(&input, "point clouds")),
            },
        };
        let source: Arc<Path> = input.name().into();
        if !format.has_attributes() && *reading != Reading::default() {
            let expected = "a format with attributes: pairs with weights, DIMACS, Matrix Market, METIS, GML, GraphML, node-link \
                            JSON, dreadnaut, a table of edges or an adjacency matrix";
            let error = DataError::field(
                "attributes of vertices and edges",
                format!("asked of {format}"),
                expected,
            );
            return Err(error.in_file(&*source));
        }
        let reader = match format {
            Format::Graph6 | Format::Digraph6 | Format::Sparse6 | Format::Bits | Format::EdgeList => {
                Reader::Lines(input.into_lines()?, None)
            }
            Format::Dimacs => {
                let reader = dimacs::Reader::new(reading).map_err(|error| in_file(error, &source))?;
                Reader::Dimacs(input.into_lines()?, Box::new(reader))
            }
            Format::Pairs => {
                let parsed = pairs::parse(&input.read_to_text()?, reading);
                let graph = parsed.map(|(pairs, found)| {
                    notes.extend(found);
                    FileGraph {
                        graph: pairs.graph,
                        first_vertex: pairs.first,
                        names: pairs.names,
                        record: None,
                    }
                });
                Reader::Whole(vec![graph].into_iter())
            }
            _ => {
                let mut graphs =
                    named_graphs(input, format, reading).map_err(|error| in_file(error, &source))?;
                // What is wrong from the start is no such file.
                let unused = match graphs.peek() {
                    Some(Ok(first)) => first.unused.join(", "),
                    _ => String::new(),
                };
                if let Some(Err(error)) = graphs.next_if(Result::is_err) {
                    return Err(in_file(error, &source));
                }
                if !unused.is_empty() {
                    notes.add("unused", 1, || format!("passed over: {unused}"));
                }
                Reader::Named(graphs)
            }
        };
        Ok(Self {
            format: Some(format),
            source,
            reader,
            notes,
            colors: None,
            count: 0,
        })
    }

    /// The molecules of an input as graphs ([`normal_graph`](crate::molecule::Molecule::normal_graph)), with or without their
    /// hydrogens. SMILES and SDF imply hydrogens by the valences of the atoms; XYZ frames have those that they list.
    ///
    /// ```
    /// use sympe_canon::graph::SymmetrySearch;
    /// use sympe_data::formats::Graphs;
    /// use sympe_data::input::Input;
    /// use sympe_data::molecule::{Hydrogens, MoleculeFormat};
    /// for (hydrogens, order) in [(Hydrogens::Explicit, "6"), (Hydrogens::Omitted, "1")] {
    ///     let input = Input::new("methanol", "CO methanol\n".as_bytes())?;
    ///     let record = Graphs::of_molecules(input, MoleculeFormat::Smiles, hydrogens)?.next().unwrap();
    ///     let graph = record.read()?.graph;
    ///     assert_eq!(SymmetrySearch::default().run(&graph)?.order().to_string(), order);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it cannot be read. What is wrong with single molecules is said where they are read.
    pub fn of_molecules(
        input: Input,
        format: MoleculeFormat,
        hydrogens: Hydrogens,
    ) -> Result<Self, DataError> {
        let source: Arc<Path> = input.name().into();
        let molecules = Molecules::new(input.into_lines()?, format);
        Ok(Self {
            format: None,
            source,
            reader: Reader::Molecules(molecules, hydrogens, Arc::default()),
            notes: Notes::default(),
            colors: None,
            count: 0,
        })
    }

    /// The same graphs with colours of vertices from a file of their own. It has to have those of all graphs and no more; graphs with
    /// colours of vertices, as molecules, are refused.
    #[must_use]
    pub fn with_vertex_colors(mut self, colors: VertexColors) -> Self {
        self.colors = Some(Arc::new(colors));
        self
    }

    /// The graphs of a text in a format; errors call it `text`.
    pub(super) fn of_text(text: &str, format: Format) -> Result<Self, DataError> {
        Self::open(Input::new("text", Cursor::new(text.to_owned()))?, Some(format))
    }

    /// The format; none of molecules.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// What errors call the input.
    #[must_use]
    pub fn name(&self) -> &Path {
        &self.source
    }

    /// What was passed over until now.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = self.notes.clone();
        match &self.reader {
            Reader::Dimacs(_, reader) => notes.extend(reader.notes.clone()),
            Reader::Molecules(..) => {
                let dropped = self.dropped();
                if !dropped.is_empty() {
                    notes.add("dropped", 0, || format!("passed over: {dropped}"));
                }
            }
            _ => {}
        }
        notes.iter().cloned().collect()
    }

    /// What the molecules that were read said beyond their graphs; of graphs nothing is dropped.
    #[must_use]
    pub fn dropped(&self) -> DroppedCounts {
        match &self.reader {
            Reader::Molecules(_, _, dropped) => *dropped.lock().unwrap_or_else(PoisonError::into_inner),
            _ => DroppedCounts::default(),
        }
    }

    /// Counts among what was dropped what others, who have read other molecules of the input, have dropped.
    pub fn add_dropped(&self, elsewhere: DroppedCounts) {
        if let Reader::Molecules(_, _, dropped) = &self.reader {
            *dropped.lock().unwrap_or_else(PoisonError::into_inner) += elsewhere;
        }
    }

    fn first_vertex(&self) -> u32 {
        self.format.map_or(0, Format::first_vertex)
    }

    fn record(&self, line: usize, text: Text) -> Record {
        Record {
            source: self.source.clone(),
            line,
            first_vertex: self.first_vertex(),
            text,
            colors: None,
        }
    }

    fn read_record(&self, graph: Result<ColoredGraph, DataError>) -> Record {
        let graph = graph.map(|graph| FileGraph::numbered(graph, self.first_vertex()));
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

/// Graphs of a text that has to be there as a whole, made one after the other as far as the format allows.
type NamedGraphs = Peekable<OfText>;

#[derive(Debug)]
enum OfText {
    /// All of them, as the colours of one depend on the others or there is only one.
    Made(std::vec::IntoIter<Named>),
    Matrices(Box<adjacency::Matrices<'static>>),
    Dreadnaut(Box<dreadnaut::Session<'static>>),
}

impl Iterator for OfText {
    type Item = Result<Named, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match self {
            Self::Made(graphs) => graphs.next().map(Ok),
            Self::Matrices(graphs) => graphs.next(),
            Self::Dreadnaut(graphs) => graphs.next(),
        };
        // What follows an error cannot be told apart from its consequences.
        if matches!(next, Some(Err(_))) {
            *self = Self::Made(Vec::new().into_iter());
        }
        next
    }
}

fn named_graphs(mut input: Input, format: Format, reading: &Reading) -> Result<NamedGraphs, DataError> {
    let made = |graphs: Vec<Named>| OfText::Made(graphs.into_iter());
    if format == Format::Adjacency {
        let start = input.peek(lattice::npy::MAGIC.len())?;
        if start == lattice::npy::MAGIC || start.starts_with(lattice::npy::ARCHIVE) {
            let graphs = adjacency::parse_npy(&input.read_to_bytes()?, reading)?;
            return Ok(made(graphs).peekable());
        }
    }
    let text = input.read_to_text()?;
    let graphs = match format {
        Format::Adjacency => OfText::Matrices(Box::new(adjacency::Matrices::new(text.into(), reading)?)),
        Format::Dreadnaut => OfText::Dreadnaut(Box::new(dreadnaut::Session::new(text.into(), reading)?)),
        Format::MatrixMarket => made(vec![matrix_market::parse(&text, reading)?]),
        Format::Metis => made(vec![metis::parse(&text, reading)?]),
        Format::Csv => made(vec![csv::parse(&text, reading)?]),
        Format::Gml => made(gml::parse(&text, reading)?),
        Format::Graphml => made(graphml::parse(&text, reading)?),
        Format::NodeLink => made(node_link::parse(&text, reading)?),
        other => unreachable!("{other} is read line by line"),
    };
    Ok(graphs.peekable())
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
            record: None,
        }
    }
}

/// The graph of a molecule.
fn of_molecule(
    lines: &MoleculeLines,
    hydrogens: Hydrogens,
    counts: &Mutex<DroppedCounts>,
) -> Result<FileGraph, DataError> {
    let (molecule, dropped) = lines.read()?;
    if dropped != Default::default() {
        counts.lock().unwrap_or_else(PoisonError::into_inner).add(dropped);
    }
    let molecule = molecule.with_separated_charges();
    let is_node = |&v: &u32| hydrogens == Hydrogens::Explicit || !molecule.is_plain_hydrogen(v);
    let nodes = (0..molecule.len() as u32).filter(is_node);
    Ok(FileGraph {
        graph: molecule.delocalized_graph(hydrogens),
        first_vertex: 0,
        names: nodes.map(|v| molecule.atoms()[v as usize].to_string()).collect(),
        record: Some(lines.record()),
    })
}

/// Whether the name of an input says what it holds.
fn is_named(input: &Input) -> bool {
    input
        .extension()
        .is_some_and(|extension| Content::by_extension(&extension).is_some())
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
        let Some(colors) = self.colors.clone() else {
            return self.next_record();
        };
        match self.next_record() {
            Some(mut record) => {
                record.colors = Some((colors, self.count));
                self.count += 1;
                Some(record)
            }
            None => {
                self.colors = None;
                colors
                    .check_end(self.count)
                    .err()
                    .map(|error| self.read_record(Err(error)))
            }
        }
    }
}

impl Graphs {
    fn next_record(&mut self) -> Option<Record> {
        match &mut self.reader {
            Reader::Whole(graphs) => {
                let graph = graphs.next()?;
                Some(self.record(0, Text::Read(Box::new(graph))))
            }
            Reader::Named(graphs) => {
                let graph = graphs.next()?.map(FileGraph::from);
                Some(self.record(0, Text::Read(Box::new(graph))))
            }
            Reader::Lines(lines, before) => {
                let format = self.format.unwrap_or(Format::Graph6);
                if format.is_mckay()
                    && let Some(graph) = long_line(lines)
                {
                    *before = None;
                    return Some(self.read_record(graph));
                }
                let (line, text) = match next_line(lines)? {
                    Ok(line) => line,
                    Err(error) => return Some(self.read_record(Err(error))),
                };
                if !format.is_mckay() || !is_sparse6(&text) {
                    *before = None;
                    return Some(self.record(line, Text::Line(text, format)));
                }
                let graph = sparse6::parse(&text, line, before.as_ref());
                *before = graph.as_ref().ok().cloned();
                Some(self.read_record(graph))
            }
            Reader::Molecules(molecules, hydrogens, dropped) => {
                let (hydrogens, dropped) = (*hydrogens, Arc::clone(dropped));
                Some(match molecules.next()? {
                    Ok(lines) => self.record(0, Text::Molecule(lines, hydrogens, dropped)),
                    Err(error) => self.read_record(Err(error)),
                })
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
                        self.notes.extend(std::mem::take(&mut reader.notes));
                        let graphs: Vec<_> = reader.graphs.drain(..).collect();
                        let first_vertex = self.first_vertex();
                        let graphs: Vec<_> = graphs
                            .into_iter()
                            .map(|graph| graph.map(|graph| FileGraph::numbered(graph, first_vertex)))
                            .collect();
                        self.reader = Reader::Whole(graphs.into_iter());
                        return self.next_record();
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
            record: None,
        }
    }
}
