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
    check_alphabet(line, number, "graph6")?;
    let (n, data) = read_size(line.as_bytes(), number)?;
    let bytes = pairs(n, directed).div_ceil(6);
    if data.len() as u128 != bytes {
        let what = format!("graph6 data of {}", count(data.len(), ["byte", "bytes"]));
        let expected = format!(
            "{} for {}",
            count(bytes, ["byte", "bytes"]),
            count(n, ["vertex", "vertices"])
        );
        return Err(DataError::syntax(number, what, expected));
    }
    // Of digraph6 row v has n bits; of graph6 column v has v bits. The loops skip what has none.
    let length = |v: u64| if directed { n } else { v };
    let mut edges = Vec::new();
    let (mut v, mut start) = (0, 0);
    for (index, &byte) in (0u64..).zip(data) {
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
                edges.push(if directed { (v, u) } else { (u, v) });
            }
        }
    }
    ColoredGraph::from_edges(n as usize, directed, edges).map_err(|error| graph_error(&error, number))
}

/// Refuses what is no printable data of McKay's encodings.
pub(super) fn check_alphabet(data: &str, number: usize, format: &str) -> Result<(), DataError> {
    // A scan of bytes is quick; the character is looked for only when there is one to show.
    if data.bytes().all(|byte| (63..=126).contains(&byte)) {
        return Ok(());
    }
    let character = data
        .chars()
        .find(|c| !('?'..='~').contains(c))
        .unwrap_or_default();
    let what = format!("character {character:?} in {format} data");
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
