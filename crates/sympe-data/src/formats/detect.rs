//! What a file holds, by its name and by its content.
//!
//! Content decides by its structure, not by its first byte: the lines of the beginning have to be what the format allows. What
//! fits two formats is refused, and both are named.

use super::clouds::CloudFormat;
use super::lattice::LatticeFormat;
use super::{Format, Reading, bits, csv, edge_list, graph6, lattice, metis, pairs, sparse6};
use crate::DataError;
use crate::error::shorten;
use crate::input::Input;
use crate::molecule::MoleculeFormat;
use std::str::FromStr;
use sympe_groups::UnknownName;

/// What a file holds, and in which format. The names of all formats say it, too.
///
/// ```
/// use sympe_data::formats::{Content, Format};
/// use sympe_data::molecule::MoleculeFormat;
/// assert_eq!("dimacs".parse::<Content>()?, Content::Graphs(Format::Dimacs));
/// assert_eq!("sdf".parse::<Content>()?, Content::Molecules(MoleculeFormat::Sdf));
/// assert!(Content::names().any(|name| name == "npy") && "gif".parse::<Content>().is_err());
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Graphs in a format.
    Graphs(Format),
    /// Fields on a torus: [`lattice`].
    Fields(LatticeFormat),
    /// Molecules: [`crate::molecule`].
    Molecules(MoleculeFormat),
    /// Point clouds: [`clouds`](super::clouds).
    Clouds(CloudFormat),
}

impl FromStr for Content {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        let graphs = || name.parse().map(Self::Graphs).ok();
        let fields = || name.parse().map(Self::Fields).ok();
        let molecules = || name.parse().map(Self::Molecules).ok();
        let clouds = || name.parse().map(Self::Clouds).ok();
        graphs()
            .or_else(molecules)
            .or_else(fields)
            .or_else(clouds)
            .ok_or_else(|| {
                DataError::from(UnknownName {
                    what: "format",
                    text: name.to_owned(),
                    names: Self::names().collect(),
                })
            })
    }
}

/// What is looked at of a content.
const SAMPLE: usize = 1 << 16;

impl Content {
    /// The names of all formats: those of graphs, of molecules, of fields and of point clouds.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let names = Format::NAMES.into_iter().chain(MoleculeFormat::NAMES);
        names.chain(LatticeFormat::NAMES).chain(CloudFormat::NAMES)
    }

    /// What a file holds, by its name or else by its content; nothing is taken of it.
    ///
    /// ```
    /// use sympe_data::formats::{Content, Format};
    /// use sympe_data::input::Input;
    /// let of = |name: &str, text: &'static str| Content::of(&mut Input::new(name, text.as_bytes())?);
    /// assert_eq!(of("standard input", "0 1\n1 2\n2 3\n")?, Content::Graphs(Format::Pairs));
    /// assert_eq!(of("methanol.smi", "CO\n")?, "smiles".parse()?);
    /// let refused = of("standard input", "CO\n").unwrap_err().to_string();
    /// assert!(refused.contains("graph6 (--format graph6)") && refused.contains("SMILES"), "{refused}");
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it cannot be read, is in no known format or fits several; the error names the file and the candidates.
    pub fn of(input: &mut Input) -> Result<Self, DataError> {
        let start = input.peek(lattice::npy::MAGIC.len())?;
        let is_npy = start == lattice::npy::MAGIC || start.starts_with(lattice::npy::ARCHIVE);
        let named = input
            .extension()
            .and_then(|extension| Self::by_extension(&extension));
        if is_npy {
            return Ok(Self::Fields(LatticeFormat::Npy));
        }
        let (sample, is_whole) = input.peek_text(SAMPLE)?;
        if sample.trim().is_empty() && is_whole {
            let error = DataError::syntax(1, "an empty file", Format::EXPECTED);
            return Err(error.in_file(input.name()));
        }
        match named {
            // The name of a file of molecules may be wrong about their format.
            Some(Self::Molecules(_)) => {
                let extension = input.extension();
                Ok(Self::Molecules(MoleculeFormat::of_named(
                    extension.as_deref(),
                    &sample,
                )))
            }
            Some(content) => Ok(content),
            None => Self::by_content(&sample, is_whole).map_err(|error| error.in_file(input.name())),
        }
    }

    /// What files with this extension, in small letters, hold; none if it says nothing.
    #[must_use]
    pub fn by_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "g6" | "graph6" => Self::Graphs(Format::Graph6),
            "d6" | "digraph6" => Self::Graphs(Format::Digraph6),
            "s6" | "sparse6" => Self::Graphs(Format::Sparse6),
            "dimacs" | "col" | "clq" | "dim" => Self::Graphs(Format::Dimacs),
            "bits" => Self::Graphs(Format::Bits),
            "mtx" => Self::Graphs(Format::MatrixMarket),
            "graph" | "metis" => Self::Graphs(Format::Metis),
            "adj" => Self::Graphs(Format::Adjacency),
            "gml" => Self::Graphs(Format::Gml),
            "graphml" => Self::Graphs(Format::Graphml),
            "pdb" | "ent" => Self::Clouds(CloudFormat::Pdb),
            "dre" => Self::Graphs(Format::Dreadnaut),
            "el" | "edges" | "edgelist" | "pairs" => Self::Graphs(Format::Pairs),
            _ => return MoleculeFormat::of_extension(extension).map(Self::Molecules),
        })
    }

    /// The one format of graphs that a whole text fits, whatever else it may be.
    pub(super) fn only_graphs(text: &str) -> Option<Format> {
        let lines = filled_lines(text);
        let graphs = |content| match content {
            Self::Graphs(format) => Some(format),
            _ => None,
        };
        if let Some(content) = by_signature(&lines, None) {
            return graphs(content);
        }
        let candidates = candidates(text, &lines, None, true);
        let mut formats = candidates.into_iter().filter_map(graphs);
        formats.next().filter(|_| formats.next().is_none())
    }

    /// What a text holds, of which this is the beginning or the whole.
    pub(super) fn by_content(sample: &str, is_whole: bool) -> Result<Self, DataError> {
        let mut lines = filled_lines(sample);
        let cut_off = if is_whole { None } else { lines.pop() };
        if let Some(content) = by_signature(&lines, cut_off) {
            return Ok(content);
        }
        let candidates = candidates(sample, &lines, cut_off, is_whole);
        match candidates[..] {
            [content] => Ok(content),
            [] => Err(unknown(&lines, cut_off)),
            _ => Err(ambiguous(&candidates, &lines)),
        }
    }
}

/// The lines that are not blank, without the blanks around them.
fn filled_lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

/// Formats whose beginning cannot be that of another.
fn by_signature(lines: &[&str], cut_off: Option<&str>) -> Option<Content> {
    let first = lines.first().copied().or(cut_off)?;
    if graph6::HEADERS.iter().any(|header| first.starts_with(header)) {
        return Some(Content::Graphs(match first.as_bytes()[2] {
            b'g' => Format::Graph6,
            b'd' => Format::Digraph6,
            _ => Format::Sparse6,
        }));
    }
    let graphs = |format| Some(Content::Graphs(format));
    if first.starts_with("%%MatrixMarket") {
        return graphs(Format::MatrixMarket);
    }
    let has = |what: &str| {
        lines
            .iter()
            .copied()
            .chain(cut_off)
            .any(|line| line.contains(what))
    };
    if first.starts_with('<') && has("<graphml") {
        return graphs(Format::Graphml);
    }
    if first.starts_with(['{', '[']) && has("\"nodes\"") {
        return graphs(Format::NodeLink);
    }
    if first.starts_with(['{', '[']) && has("\"positions\"") {
        return Some(Content::Clouds(CloudFormat::Json));
    }
    if is_gml(lines) {
        return graphs(Format::Gml);
    }
    if is_table(first) {
        return graphs(Format::Csv);
    }
    if is_named_matrix(lines) {
        return graphs(Format::Adjacency);
    }
    if first
        .strip_prefix("n=")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        return graphs(Format::Dreadnaut);
    }
    let is_mol =
        |line: &&str| line.starts_with("M  END") || line.ends_with("V2000") || line.ends_with("V3000");
    if lines.iter().any(is_mol) {
        return Some(Content::Molecules(MoleculeFormat::Sdf));
    }
    let kind = |line: &&str| {
        line.split_whitespace()
            .next()
            .is_some_and(|word| word == "p" || word == "c")
    };
    if kind(&first) {
        return Some(Content::Graphs(Format::Dimacs));
    }
    let is_xyz = first.parse::<u32>().is_ok() && lines.get(2).is_some_and(|line| is_atom(line));
    is_xyz.then_some(Content::Molecules(MoleculeFormat::Xyz))
}

/// Whether lines begin with the pairs of keys and values of GML, and one of the first keys is a graph.
fn is_gml(lines: &[&str]) -> bool {
    let mut words = lines
        .iter()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split_whitespace())
        .take(64);
    let is_key = |word: &str| word.starts_with(|c: char| c.is_ascii_alphabetic());
    let Some(first) = words.next().filter(|word| is_key(word)) else {
        return false;
    };
    let mut before = first;
    for word in words {
        if before == "graph" && word.starts_with('[') {
            return true;
        }
        before = word;
    }
    before.starts_with("graph[")
}

/// Whether a line is the header of a table of edges.
fn is_table(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let columns: Vec<&str> = lower
        .split([',', ';', '\t'])
        .map(|column| column.trim().trim_matches('"'))
        .collect();
    csv::ENDS
        .iter()
        .any(|ends| ends.iter().all(|end| columns.contains(end)))
}

/// Whether lines begin as a matrix with the names of its vertices: the corner is empty, and the first row starts with the first name.
fn is_named_matrix(lines: &[&str]) -> bool {
    let [header, row, ..] = lines else { return false };
    let fields = |line: &str| -> Vec<String> {
        let fields = line
            .split([',', ';'])
            .map(|field| field.trim().trim_matches('"').to_owned());
        fields.collect()
    };
    let (header, row) = (fields(header), fields(row));
    header.len() > 1 && header[0].is_empty() && row.len() == header.len() && row[0] == header[1]
}

/// Whether a line is an element and three coordinates.
fn is_atom(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let element = words.next().unwrap_or("");
    let is_element = element.len() <= 3 && element.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_element
        && words
            .by_ref()
            .take(3)
            .filter(|word| word.parse::<f64>().is_ok())
            .count()
            == 3
}

/// All that a text may hold.
fn candidates(sample: &str, lines: &[&str], cut_off: Option<&str>, is_whole: bool) -> Vec<Content> {
    let mut candidates = Vec::new();
    let first = lines.first().copied().or(cut_off).unwrap_or("");
    // A line that is bad must not hide what the others are; the first one and half of them have to be good.
    let most = |is_graph: fn(&str) -> bool| {
        let good = lines.iter().filter(|line| is_graph(line)).count();
        lines.first().is_some_and(|line| is_graph(line)) && 2 * good > lines.len()
    };
    let alone = lines.is_empty();
    if most(|line| graph6::is_graph(line, true)) || alone && graph6::is_graph(first, false) {
        let format = if first.starts_with('&') {
            Format::Digraph6
        } else {
            Format::Graph6
        };
        candidates.push(Content::Graphs(format));
    } else if most(sparse6::is_graph) || alone && sparse6::is_graph(first) {
        candidates.push(Content::Graphs(Format::Sparse6));
    }
    if most(is_smiles) {
        candidates.push(Content::Molecules(MoleculeFormat::Smiles));
    }
    // "2 0" is both, and the same graph.
    let is_edge_list = lines.iter().any(|line| line.contains('-')) || lines.len() == 1;
    if most(|line| bits::parse(line, 1).is_ok()) {
        candidates.push(Content::Graphs(Format::Bits));
    } else if is_edge_list && most(|line| edge_list::parse(line, 1).is_ok())
        || alone && begins_edge_list(first)
    {
        candidates.push(Content::Graphs(Format::EdgeList));
    }
    if is_whole && lines.len() > 1 && metis::parse(sample, &Reading::default()).is_ok() {
        candidates.push(Content::Graphs(Format::Metis));
    }
    // Of two pairs nobody can tell whether they are a field of two rows and two columns.
    if pairs::looks_like(sample, is_whole) {
        candidates.push(Content::Graphs(Format::Pairs));
        if lines.len() <= 2 {
            candidates.push(Content::Fields(LatticeFormat::Text));
        }
    }
    if candidates.is_empty() && first.starts_with(['{', '[']) {
        candidates.push(Content::Fields(LatticeFormat::Json));
    }
    candidates
}

/// Whether a line that is cut off begins as `n m i-j` does.
fn begins_edge_list(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let number = |word: Option<&str>| word.is_some_and(|word| word.parse::<u64>().is_ok());
    let pair = |word: &str| {
        word.split_once('-')
            .is_some_and(|(u, v)| number(Some(u)) && number(Some(v)))
    };
    number(words.next()) && number(words.next()) && words.next().is_some_and(pair)
}

/// Whether a line may be SMILES, for all that its characters say, with or without a name after it.
fn is_smiles(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    let mut open = false;
    let mut rest = word;
    let mut atoms = 0;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '[' if !open => open = true,
            ']' if open => {
                open = false;
                atoms += 1;
            }
            _ if open => {
                if !(character.is_ascii_alphanumeric() || "@+-:*".contains(character)) {
                    return false;
                }
            }
            'C' | 'B' => {
                atoms += 1;
                length += usize::from(rest[1..].starts_with(if character == 'C' { 'l' } else { 'r' }));
            }
            'N' | 'O' | 'P' | 'S' | 'F' | 'I' | 'b' | 'c' | 'n' | 'o' | 'p' | 's' | '*' => atoms += 1,
            _ if character.is_ascii_digit() || r"()=#$:/\-.%~".contains(character) => {}
            _ => return false,
        }
        rest = &rest[length..];
    }
    atoms > 0 && !open
}

/// How a user says that a file holds this.
fn choice(content: Content) -> String {
    match content {
        Content::Graphs(format) => format!("{format} (--format {format})"),
        Content::Fields(_) => "a field on a torus (--group)".to_owned(),
        Content::Molecules(_) => "SMILES (--format smiles)".to_owned(),
        Content::Clouds(format) => format!("point clouds (--format {format})"),
    }
}

fn ambiguous(candidates: &[Content], lines: &[&str]) -> DataError {
    let choices: Vec<String> = candidates.iter().map(|&content| choice(content)).collect();
    let first = lines.first().map_or(String::new(), |line| shorten(line));
    let what = format!("'{first}', which fits {}", choices.join(" and "));
    DataError::syntax(1, what, "one format: say which")
}

fn unknown(lines: &[&str], cut_off: Option<&str>) -> DataError {
    let line = lines.first().copied().or(cut_off).unwrap_or("");
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let numbers = |line: &&str| line.split_whitespace().all(is_number);
    if !lines.is_empty() && lines.iter().all(numbers) {
        let what = format!("rows of numbers, '{}' first", shorten(line));
        let columns: Vec<usize> = lines.iter().map(|line| line.split_whitespace().count()).collect();
        let all = |wanted: usize| columns.iter().all(|&columns| columns == wanted);
        let choices = [
            (all(2), "edges (--format pairs), or "),
            (all(3), "edges and their weights (--format pairs), or "),
            (all(lines.len()), "an adjacency matrix (--format adjacency), or "),
        ];
        let choices: String = choices
            .iter()
            .filter(|(fits, _)| *fits)
            .map(|(_, choice)| *choice)
            .collect();
        let expected = format!("to hear what they are: {choices}a field on a torus (--group)");
        return DataError::syntax(1, what, expected);
    }
    if lines
        .iter()
        .all(|line| line.bytes().all(|byte| b"+- \t".contains(&byte)))
        && !lines.is_empty()
    {
        return DataError::syntax(
            1,
            "rows of + and -",
            "to hear that they are a field on a torus (--group)",
        );
    }
    DataError::syntax(
        1,
        format!("no known format: '{}'", shorten(line)),
        Format::EXPECTED,
    )
}
