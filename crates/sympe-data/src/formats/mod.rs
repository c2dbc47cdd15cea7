//! Text formats of graphs, and file formats of fields on a torus ([`lattice`]).
//!
//! Parsers never panic: an error names the line, what was found and what was expected. They take time in proportion to the
//! text, and no memory out of proportion to it. What is written is read back as the same graph.

pub mod adjacency;
pub mod bits;
mod cases;
pub mod clouds;
mod colors;
pub mod csv;
mod detect;
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
mod notes;
pub mod pairs;
pub mod sparse6;
mod stream;
mod words;

use crate::{DataError, input};
use std::path::Path;
use sympe_canon::graph::ColoredGraph;

pub use colors::VertexColors;
pub use detect::Content;
pub use named::{Named, Names, Reading};
pub use notes::{Note, Notes};
pub use stream::{FileGraph, Graphs, Record};
pub use words::Words;

sympe_groups::named! {
    "graph format"
    /// A text format.
    ///
    /// ```
    /// use sympe_data::formats::Format;
    /// assert_eq!("graph6".parse::<Format>()?, Format::Graph6);
    /// assert_eq!(Format::detect("# no"), None);
    /// assert_eq!(Format::detect("4 3 0-1 1-2 2-3\n"), Some(Format::EdgeList));
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    pub enum Format {
        /// [`graph6`], one graph per line; lines of the two next formats may stand among them.
        Graph6 = "graph6",
        /// digraph6, the same for directed graphs: [`graph6`].
        Digraph6 = "digraph6",
        /// [`sparse6`], one graph per line.
        Sparse6 = "sparse6",
        /// [`bits`], one graph per line.
        Bits = "bits",
        /// [`edge_list`], one graph per line.
        EdgeList = "edge-list",
        /// [`pairs`], one graph.
        Pairs = "pairs",
        /// [`dimacs`], any number of graphs.
        Dimacs = "dimacs",
        /// [`matrix_market`], one graph.
        MatrixMarket = "matrix-market",
        /// [`metis`], one graph.
        Metis = "metis",
        /// [`adjacency`] matrices, any number of graphs.
        Adjacency = "adjacency",
        /// [`csv`], one graph.
        Csv = "csv",
        /// [`gml`], any number of graphs.
        Gml = "gml",
        /// [`graphml`], any number of graphs.
        Graphml = "graphml",
        /// [`node_link`], any number of graphs.
        NodeLink = "node-link",
        /// [`dreadnaut`], any number of graphs.
        Dreadnaut = "dreadnaut",
    }
}

impl Format {
    /// What a file of graphs may be, for errors.
    const EXPECTED: &str = "graph6, digraph6, sparse6, DIMACS ('p edge n m'), pairs of vertices, 'n bits', 'n m i-j …', \
         Matrix Market, METIS, GML, GraphML, node-link JSON, dreadnaut, a table of edges or an adjacency matrix";

    /// The number that the format gives to the first vertex.
    #[must_use]
    pub fn first_vertex(self) -> u32 {
        u32::from(self == Self::Dimacs)
    }

    /// Whether it is one of McKay's encodings, which may be mixed.
    fn is_mckay(self) -> bool {
        matches!(self, Self::Graph6 | Self::Digraph6 | Self::Sparse6)
    }

    /// Whether its files may say more about vertices and edges than that they are there, so that [`Reading`] has a choice.
    fn has_attributes(self) -> bool {
        !self.is_mckay() && !matches!(self, Self::Bits | Self::EdgeList)
    }

    /// The format of a text of graphs; none if it is no text of graphs, or could be one in several formats.
    #[must_use]
    pub fn detect(text: &str) -> Option<Self> {
        Content::only_graphs(text)
    }

    /// Writes a graph as a line, or as several, without the end of the last.
    ///
    /// ```
    /// use sympe_data::formats::{Format, graph6};
    /// let path = graph6::parse("Bg", 1)?;
    /// assert_eq!(Format::EdgeList.write(&path)?, "3 2 0-1 1-2");
    /// assert!(Format::Digraph6.write(&path).is_err());
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the format cannot say all that the graph is: its direction, its colours, its self-loops.
    pub fn write(self, graph: &ColoredGraph) -> Result<String, DataError> {
        let is_colored =
            || graph.node_colors().iter().any(|&c| c != 0) || graph.edges().any(|edge| edge.2 != 0);
        let refuse = |got: &'static str, expected| Err(DataError::invalid("graph to write", got, expected));
        match self {
            Self::Digraph6 if !graph.is_directed() => refuse("undirected", "a directed graph for digraph6"),
            Self::Graph6 | Self::Digraph6 => graph6::write(graph),
            Self::Sparse6 => sparse6::write(graph),
            Self::Bits | Self::EdgeList if graph.is_directed() || is_colored() => {
                refuse("directed or coloured", "an undirected graph without colours")
            }
            Self::Bits if graph.edges().any(|(u, v, _)| u == v) => {
                refuse("one with self-loops", "a graph without self-loops")
            }
            Self::Bits => Ok(bits::write(graph)),
            Self::EdgeList => Ok(edge_list::write(graph)),
            Self::Pairs => refuse("one of several", "a format with several graphs to a file"),
            Self::Dimacs => Ok(dimacs::write(graph).trim_end().to_owned()),
            Self::Gml => Ok(gml::write(graph).trim_end().to_owned()),
            Self::Graphml => Ok(graphml::write(graph).trim_end().to_owned()),
            Self::NodeLink => Ok(node_link::write(graph).trim_end().to_owned()),
            Self::MatrixMarket | Self::Metis | Self::Adjacency | Self::Csv | Self::Dreadnaut => {
                refuse("in a format that is read only", "another format")
            }
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

    /// Parses every graph of a text, and says what is wrong with each that is bad.
    ///
    /// ```
    /// use sympe_data::formats::Format;
    /// let graphs = Format::Bits.parse_each("3 101\n3 10\n2 1\n");
    /// assert_eq!(graphs.len(), 3);
    /// assert_eq!(graphs[1].as_ref().unwrap_err().to_string(), "line 2: 2 bits, expected 3 bits for 3 vertices");
    /// ```
    #[must_use]
    pub fn parse_each(self, text: &str) -> Vec<Result<ColoredGraph, DataError>> {
        let without_name = |error| match error {
            DataError::File { source, .. } => *source,
            error => error,
        };
        let graphs = match Graphs::of_text(text, self) {
            Ok(graphs) => graphs,
            Err(error) => return vec![Err(without_name(error))],
        };
        let read = |record: Record| Ok(record.read().map_err(without_name)?.graph);
        graphs.map(read).collect()
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

/// As [`read`], with the bad graphs; their errors name file and line. [`Graphs`] also tells what is passed over.
///
/// # Errors
///
/// When the file cannot be read or is in no known format; the error names the file.
pub fn read_each(
    path: &Path,
    format: Option<Format>,
) -> Result<(Vec<Result<ColoredGraph, DataError>>, Format), DataError> {
    let graphs = Graphs::open(input::open(path)?, format)?;
    let format = graphs.format().expect("not a file of molecules");
    Ok((graphs.map(|record| Ok(record.read()?.graph)).collect(), format))
}
