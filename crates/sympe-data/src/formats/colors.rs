//! Colours of vertices in a file of their own, beside graphs in any format.
//!
//! A line has the colours of one graph, vertex by vertex, separated by blanks, commas or semicolons. If each of several lines has
//! one word only, all of them are the colours of one graph, a vertex per line. Colours are integers or names: if all words of the
//! file are integers from 0 to 2³² − 1, each is its own colour; otherwise colours are the ranks of the words. Blank lines and
//! lines that start with `#` are passed over.

use super::named::colors;
use super::words::Words;
use crate::DataError;
use crate::error::count;
use crate::input::Input;
use std::path::PathBuf;
use sympe_canon::graph::ColoredGraph;

/// The colours of the vertices of each graph of another input.
///
/// ```
/// use sympe_data::formats::{Graphs, VertexColors};
/// use sympe_data::input::Input;
/// let input = |name: &str, text: &'static str| Input::new(name, text.as_bytes());
/// let colors = VertexColors::read(input("colours", "red red blue\n")?)?;
/// let mut graphs = Graphs::open(input("triangle", "Bw\n")?, None)?.with_vertex_colors(colors);
/// assert_eq!(graphs.next().unwrap().read()?.graph.node_colors(), [1, 1, 0]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VertexColors {
    source: PathBuf,
    /// The line where the colours of each graph start, and the colours.
    of_graphs: Vec<(usize, Vec<u32>)>,
}

impl VertexColors {
    /// Reads all colours of a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or has no colours; the error names the file.
    pub fn read(input: Input) -> Result<Self, DataError> {
        let source = input.name().to_owned();
        let text = input.read_to_text()?;
        let mut words = Words::default();
        let mut of_graphs: Vec<(usize, Vec<u32>)> = Vec::new();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let separate = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
            let of_line = line.split(separate).filter(|word| !word.is_empty());
            of_graphs.push((number, of_line.map(|word| words.add(word)).collect()));
        }
        let Some(&(first, _)) = of_graphs.first() else {
            let error = DataError::syntax(1, "no colours", "a colour for each vertex");
            return Err(error.in_file(source));
        };
        if of_graphs.len() > 1 && of_graphs.iter().all(|(_, colors)| colors.len() == 1) {
            let column = of_graphs.into_iter().flat_map(|(_, colors)| colors).collect();
            of_graphs = vec![(first, column)];
        }
        let colors = colors(&words);
        for (_, of_graph) in &mut of_graphs {
            of_graph
                .iter_mut()
                .for_each(|word| *word = colors[*word as usize]);
        }
        Ok(Self { source, of_graphs })
    }

    /// The graph with number `index`, from 0, in its colours.
    pub(super) fn paint(&self, graph: ColoredGraph, index: usize) -> Result<ColoredGraph, DataError> {
        let in_file = |error: DataError| error.in_file(&*self.source);
        let Some((line, colors)) = self.of_graphs.get(index) else {
            let graphs = count(self.of_graphs.len(), ["graph", "graphs"]);
            let last = self.of_graphs.last().map_or(1, |(line, _)| *line);
            let what = format!("colours of {graphs}");
            return Err(in_file(DataError::syntax(
                last,
                what,
                format!("those of graph {}, too", index + 1),
            )));
        };
        if colors.len() != graph.n() {
            let what = count(colors.len(), ["colour", "colours"]);
            let expected = format!("{}, as graph {} has vertices", graph.n(), index + 1);
            return Err(in_file(DataError::syntax(*line, what, expected)));
        }
        if graph.node_colors().iter().any(|&color| color != 0) {
            let what = format!("colours for graph {}, whose vertices have colours", index + 1);
            return Err(in_file(DataError::syntax(
                *line,
                what,
                "a graph without colours of vertices",
            )));
        }
        Ok(graph
            .with_node_colors(colors.clone())
            .expect("a colour per vertex"))
    }

    /// Refuses colours of more graphs than there are.
    pub(super) fn check_end(&self, graphs: usize) -> Result<(), DataError> {
        match self.of_graphs.get(graphs) {
            None => Ok(()),
            Some(&(line, _)) => {
                let what = format!("colours of graph {}", graphs + 1);
                let expected = format!(
                    "the end of the file, after {}",
                    count(graphs, ["graph", "graphs"])
                );
                Err(DataError::syntax(line, what, expected).in_file(&*self.source))
            }
        }
    }
}
