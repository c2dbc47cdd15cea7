//! graph6 (undirected) and digraph6 (directed, `&` first): McKay's printable encodings, one graph per line.

use super::line::graph_error;
use crate::DataError;
use crate::error::count;
use sympe_canon::graph::ColoredGraph;

/// Whether a word could be graph6: all bytes printable, `?` to `~`, after an optional header or `&`.
pub(super) fn looks_like(word: &str) -> bool {
    let data = strip_header(word);
    let data = data.strip_prefix('&').unwrap_or(data);
    !data.is_empty() && data.bytes().all(|byte| (63..=126).contains(&byte))
}

fn strip_header(line: &str) -> &str {
    line.strip_prefix(">>graph6<<")
        .or_else(|| line.strip_prefix(">>digraph6<<"))
        .unwrap_or(line)
}

/// Parses one line; `number` is its number, for errors.
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
    if let Some(character) = line.chars().find(|&c| !('?'..='~').contains(&c)) {
        let what = format!("character {character:?} in graph6 data");
        return Err(DataError::syntax(number, what, "characters from '?' to '~'"));
    }
    let bytes: Vec<u64> = line.bytes().map(|byte| u64::from(byte - 63)).collect();
    let (n, data) = read_size(&bytes, number)?;
    let bits = if directed {
        u128::from(n).pow(2)
    } else {
        u128::from(n) * u128::from(n.saturating_sub(1)) / 2
    };
    if data.len() as u128 != bits.div_ceil(6) {
        let what = format!("graph6 data of {}", count(data.len(), ["byte", "bytes"]));
        return Err(DataError::syntax(
            number,
            what,
            format!(
                "{} for {}",
                count(bits.div_ceil(6), ["byte", "bytes"]),
                count(n, ["vertex", "vertices"])
            ),
        ));
    }
    let bit = |index: usize| data[index / 6] >> (5 - index % 6) & 1 == 1;
    let mut edges = Vec::new();
    let n = n as u32;
    let mut index = 0;
    for v in 0..n {
        for u in 0..if directed { n } else { v } {
            if bit(index) {
                edges.push(if directed { (v, u) } else { (u, v) });
            }
            index += 1;
        }
    }
    ColoredGraph::from_edges(n as usize, directed, edges).map_err(|error| graph_error(&error, number))
}

/// The number of vertices, and what follows it.
fn read_size(bytes: &[u64], line: usize) -> Result<(u64, &[u64]), DataError> {
    let join = |digits: &[u64]| digits.iter().fold(0, |value, digit| value << 6 | digit);
    match bytes {
        [63, 63, rest @ ..] if rest.len() >= 6 => Ok((join(&rest[..6]), &rest[6..])),
        [63, rest @ ..] if rest.first() != Some(&63) && rest.len() >= 3 => Ok((join(&rest[..3]), &rest[3..])),
        [n, rest @ ..] if *n < 63 => Ok((*n, rest)),
        _ => Err(DataError::syntax(
            line,
            "a truncated graph6 size",
            "1, 4 or 8 bytes of it",
        )),
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
