//! graph6 (undirected) and digraph6 (directed, `&` first): McKay's printable encodings, one graph per line.

use super::line::graph_error;
use crate::DataError;
use crate::error::count;
use sympe_canon::graph::ColoredGraph;

/// The encodings that may stand mixed in one file, and their headers.
pub(super) const HEADERS: [&str; 3] = [">>graph6<<", ">>digraph6<<", ">>sparse6<<"];

/// A line without the header that may stand before its graph.
pub(super) fn strip_header(line: &str) -> &str {
    let rest = HEADERS.iter().find_map(|header| line.strip_prefix(header));
    rest.unwrap_or(line).trim()
}

/// Whether a line is a graph in graph6 or digraph6, its length and its padding included; of a line that is cut off, whether it
/// could become one.
pub(super) fn is_graph(line: &str, is_whole: bool) -> bool {
    let data = strip_header(line);
    let (directed, data) = data.strip_prefix('&').map_or((false, data), |rest| (true, rest));
    if !data.bytes().all(|byte| (63..=126).contains(&byte)) {
        return false;
    }
    let Ok((n, data)) = read_size(data.as_bytes(), 1) else {
        return false;
    };
    let bits = pairs(n, directed);
    let (got, want) = (data.len() as u128, bits.div_ceil(6));
    if !is_whole {
        return got <= want;
    }
    let padding = data
        .last()
        .map_or(0, |last| (last - 63) & ((1 << (want * 6 - bits)) - 1));
    got == want && padding == 0
}

/// The bits of an adjacency matrix, or of its upper triangle.
fn pairs(n: u64, directed: bool) -> u128 {
    let n = u128::from(n);
    if directed {
        n * n
    } else {
        n * n.saturating_sub(1) / 2
    }
}

/// Parses one line; `number` is its number, for errors. O(length of the line + edges), and no memory but that of the edges.
///
/// ```
/// use sympe_data::formats::graph6;
/// let petersen = graph6::parse("IheA@GUAo", 1)?;
/// assert_eq!((petersen.n(), petersen.edge_count()), (10, 15));
/// assert_eq!(graph6::write(&petersen)?, "IheA@GUAo");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When a byte is outside the alphabet, or the length does not fit the number of vertices.
pub fn parse(line: &str, number: usize) -> Result<ColoredGraph, DataError> {
    let line = strip_header(line.trim());
    let (directed, line) = match line.strip_prefix('&') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    check_alphabet(line.as_bytes(), number, "graph6")?;
    let (n, data) = read_size(line.as_bytes(), number)?;
    let mut edges = Edges::new(n, directed);
    edges.check_length(data.len() as u64, number)?;
    edges.push(data);
    edges.graph(number)
}

/// The edges of a graph whose data come piece by piece.
struct Edges {
    n: u64,
    directed: bool,
    edges: Vec<(u32, u32)>,
    /// Bytes so far.
    length: u64,
    /// The row or column of the last edge, and its first bit.
    v: u64,
    start: u64,
}

impl Edges {
    fn new(n: u64, directed: bool) -> Self {
        Self {
            n,
            directed,
            edges: Vec::new(),
            length: 0,
            v: 0,
            start: 0,
        }
    }

    /// The next data in the alphabet.
    fn push(&mut self, data: &[u8]) {
        let (n, directed) = (self.n, self.directed);
        // Of digraph6 row v has n bits; of graph6 column v has v bits. The loops skip what has none.
        let length = |v: u64| if directed { n } else { v };
        let (mut v, mut start) = (self.v, self.start);
        for (index, &byte) in (self.length..).zip(data) {
            let mut bits = (byte - 63) << 2;
            while bits != 0 {
                let bit = 6 * index + u64::from(bits.leading_zeros());
                bits &= !(0x80 >> bits.leading_zeros());
                while v < n && bit >= start + length(v) {
                    start += length(v);
                    v += 1;
                }
                // What is left are bits of padding.
                if v < n {
                    let u = (bit - start) as u32;
                    let v = v as u32;
                    self.edges.push(if directed { (v, u) } else { (u, v) });
                }
            }
        }
        (self.v, self.start) = (v, start);
        self.length += data.len() as u64;
    }

    /// Refuses data of another length than the number of vertices says.
    fn check_length(&self, length: u64, number: usize) -> Result<(), DataError> {
        let bytes = pairs(self.n, self.directed).div_ceil(6);
        if u128::from(length) == bytes {
            return Ok(());
        }
        let what = format!("graph6 data of {}", count(length, ["byte", "bytes"]));
        let expected = format!(
            "{} for {}",
            count(bytes, ["byte", "bytes"]),
            count(self.n, ["vertex", "vertices"])
        );
        Err(DataError::syntax(number, what, expected))
    }

    fn graph(self, number: usize) -> Result<ColoredGraph, DataError> {
        ColoredGraph::from_edges(self.n as usize, self.directed, self.edges)
            .map_err(|error| graph_error(&error, number))
    }
}

/// A line that is parsed piece by piece as it is read, so that only its edges are in memory.
pub(super) struct LongLine {
    number: usize,
    edges: Edges,
    /// Whether blanks have ended the data.
    ended: bool,
}

impl LongLine {
    /// From the first piece of a line, which is longer than its header and its size.
    pub(super) fn new(piece: &[u8], number: usize) -> Result<Self, DataError> {
        let piece = piece.trim_ascii_start();
        let rest = HEADERS
            .iter()
            .find_map(|header| piece.strip_prefix(header.as_bytes()));
        let piece = rest.map_or(piece, <[u8]>::trim_ascii_start);
        let rest = piece.strip_prefix(b"&");
        let data = rest.unwrap_or(piece);
        check_alphabet(&data[..data.len().min(8)], number, "graph6")?;
        let (n, data) = read_size(data, number)?;
        let line = Self {
            number,
            edges: Edges::new(n, rest.is_some()),
            ended: false,
        };
        line.push(data)
    }

    /// With the next piece.
    pub(super) fn push(mut self, piece: &[u8]) -> Result<Self, DataError> {
        let data = piece.trim_ascii_end();
        let blank: &[u8] = if self.ended && !data.is_empty() { b" " } else { b"" };
        check_alphabet(blank, self.number, "graph6")?;
        check_alphabet(data, self.number, "graph6")?;
        self.ended |= data.len() < piece.len();
        self.edges.push(data);
        Ok(self)
    }

    /// After the last piece.
    pub(super) fn graph(self) -> Result<ColoredGraph, DataError> {
        self.edges.check_length(self.edges.length, self.number)?;
        self.edges.graph(self.number)
    }
}

/// Refuses what is no printable data of McKay's encodings.
pub(super) fn check_alphabet(data: &[u8], number: usize, format: &str) -> Result<(), DataError> {
    // A scan of bytes is quick; the character is looked for only when there is one to show.
    let Some(at) = data.iter().position(|byte| !(63..=126).contains(byte)) else {
        return Ok(());
    };
    let rest = String::from_utf8_lossy(&data[at..data.len().min(at + 4)]);
    let what = format!(
        "character {:?} in {format} data",
        rest.chars().next().unwrap_or_default()
    );
    Err(DataError::syntax(number, what, "characters from '?' to '~'"))
}

/// The number of vertices, and what follows it, of data in the alphabet.
pub(super) fn read_size(bytes: &[u8], line: usize) -> Result<(u64, &[u8]), DataError> {
    let join = |digits: &[u8]| {
        digits
            .iter()
            .fold(0, |value, digit| value << 6 | u64::from(digit - 63))
    };
    match bytes {
        [126, 126, rest @ ..] if rest.len() >= 6 => Ok((join(&rest[..6]), &rest[6..])),
        [126, rest @ ..] if rest.first() != Some(&126) && rest.len() >= 3 => {
            Ok((join(&rest[..3]), &rest[3..]))
        }
        [n, rest @ ..] if *n < 126 => Ok((u64::from(n - 63), rest)),
        _ => Err(DataError::syntax(
            line,
            "a truncated graph6 size",
            "1, 4 or 8 bytes of it",
        )),
    }
}

/// Writes a number of vertices.
pub(super) fn write_size(n: u64, text: &mut String) {
    let mut push = |value: u64| text.push(char::from((value & 63) as u8 + 63));
    if n < 63 {
        push(n);
    } else if n < 1 << 18 {
        push(63);
        (0..3).rev().for_each(|digit| push(n >> (6 * digit)));
    } else {
        push(63);
        push(63);
        (0..6).rev().for_each(|digit| push(n >> (6 * digit)));
    }
}

/// Writes a graph without colours.
///
/// # Errors
///
/// When the graph has colours, or is undirected with self-loops: graph6 cannot say that.
pub fn write(graph: &ColoredGraph) -> Result<String, DataError> {
    let loops = (0..graph.n() as u32).any(|v| graph.has_edge(v, v));
    let colors = graph.node_colors().iter().any(|&c| c != 0) || graph.edges().any(|edge| edge.2 != 0);
    if colors || (loops && !graph.is_directed()) {
        return Err(DataError::InvalidParameter {
            what: "graph to write as graph6",
            got: if colors {
                "coloured".into()
            } else {
                "one with self-loops".into()
            },
            expected: "a graph without colours (and without self-loops, unless directed)",
        });
    }
    let n = graph.n() as u64;
    let mut text = String::new();
    if graph.is_directed() {
        text.push('&');
    }
    write_size(n, &mut text);
    let mut push = |value: u64| text.push(char::from((value & 63) as u8 + 63));
    let (mut word, mut filled) = (0, 0);
    for v in 0..n as u32 {
        for u in 0..if graph.is_directed() { n as u32 } else { v } {
            word = word << 1 | u64::from(graph.has_edge(v, u));
            filled += 1;
            if filled == 6 {
                push(word);
                (word, filled) = (0, 0);
            }
        }
    }
    if filled > 0 {
        push(word << (6 - filled));
    }
    Ok(text)
}
