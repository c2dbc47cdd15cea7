//! A pair of vertices on each line, separated by blanks, tabs, a comma or a semicolon: the edges of one undirected graph.
//!
//! Vertices may have any names. If the first line is `n m`, m lines follow and the names are numbers below n, or from 1 to n,
//! then it is no pair: there are n vertices, whether or not they have edges. Otherwise the vertices are those that are named: if
//! they are the numbers from 0 or 1 to the largest they keep them, and if not they are numbered in the order of their numbers,
//! or as they come. Repeated pairs, and pairs in both directions, count once. A third word, a weight, is passed over. Lines that
//! start with `#` or `%` are comments.

use super::line::{check_size, graph_error};
use super::notes::Notes;
use crate::DataError;
use crate::error::{count, shorten};
use std::collections::HashMap;
use sympe_canon::graph::ColoredGraph;

/// A graph whose vertices have numbers or names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs {
    /// The graph.
    pub graph: ColoredGraph,
    /// The number of the first vertex, if `names` is empty.
    pub first: u32,
    /// The names of the vertices, if they are not numbers that follow each other.
    pub names: Vec<String>,
}

/// What two words stand on a line.
struct Pair<'a> {
    line: usize,
    ends: [&'a str; 2],
}

/// Parses one graph. O(length of the text · log).
///
/// ```
/// use sympe_data::formats::pairs;
/// let (star, _) = pairs::parse("# a star\n1 0\n2 0\n3 0\n")?;
/// assert_eq!((star.graph.n(), star.graph.degree(0), star.first), (4, 3, 0));
/// let (named, _) = pairs::parse("Ada,Bob\nBob,Eve\n")?;
/// assert_eq!(named.names, ["Ada", "Bob", "Eve"]);
/// // Five vertices and two edges.
/// let (isolated, _) = pairs::parse("5 2\n0 1\n1 2\n")?;
/// assert_eq!((isolated.graph.n(), isolated.graph.edge_count()), (5, 2));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is not a pair; or that there is none.
pub fn parse(text: &str) -> Result<(Pairs, Notes), DataError> {
    let mut notes = Notes::default();
    let mut pairs = Vec::new();
    for (line, content) in content_lines(text) {
        let mut words = words(content);
        let (Some(u), Some(v)) = (words.next(), words.next()) else {
            let what = format!("'{}'", shorten(content));
            return Err(DataError::syntax(line, what, "a pair of vertices"));
        };
        if let Some(weight) = words.next() {
            let more = words.next().is_some();
            if more || weight.parse::<f64>().is_err() {
                let what = format!("'{}'", shorten(content));
                return Err(DataError::syntax(
                    line,
                    what,
                    "a pair of vertices, and at most a weight",
                ));
            }
            notes.add("weight", line, || {
                format!("weight {} is passed over, as all weights are", shorten(weight))
            });
        }
        pairs.push(Pair { line, ends: [u, v] });
    }
    let Some(first) = pairs.first() else {
        return Err(DataError::syntax(
            1,
            "no pairs",
            "a pair of vertices on each line",
        ));
    };
    let numbers = pairs
        .iter()
        .map(|pair| number_pair(pair.ends))
        .collect::<Option<Vec<_>>>();
    let read = match numbers {
        Some(numbers) => match header(&numbers) {
            Some((n, base)) => {
                notes.add("header", first.line, || {
                    let [n, m] = numbers[0];
                    format!("'{n} {m}' is no pair: {n} vertices, {m} lines follow")
                });
                check_size(n, text.len(), first.line)?;
                let (pairs, numbers) = (&pairs[1..], &numbers[1..]);
                let ends = numbers.iter().map(|ends| ends.map(|v| v - base));
                Pairs {
                    graph: graph(n, pairs, ends, &mut notes)?,
                    first: base,
                    names: Vec::new(),
                }
            }
            None => of_numbers(&pairs, &numbers, &mut notes)?,
        },
        None => of_names(&pairs, &mut notes)?,
    };
    Ok((read, notes))
}

/// The lines that are no comments, and their numbers.
fn content_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(text.lines().map(str::trim));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(['#', '%']))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .filter(|word| !word.is_empty())
}

fn number_pair(ends: [&str; 2]) -> Option<[u32; 2]> {
    let number = |word: &str| {
        word.parse()
            .ok()
            .filter(|_| word.bytes().all(|byte| byte.is_ascii_digit()))
    };
    Some([number(ends[0])?, number(ends[1])?])
}

/// The number of vertices and the number of the first one, if the first pair is `n m`.
fn header(numbers: &[[u32; 2]]) -> Option<(u32, u32)> {
    let ([n, m], rest) = (numbers[0], &numbers[1..]);
    if rest.len() != m as usize || m == 0 {
        return None;
    }
    let largest = rest.iter().flatten().copied().max()?;
    let smallest = rest.iter().flatten().copied().min()?;
    match () {
        () if largest < n => Some((n, 0)),
        () if largest == n && smallest > 0 => Some((n, 1)),
        () => None,
    }
}

/// The graph on the numbers that are named.
fn of_numbers(pairs: &[Pair<'_>], numbers: &[[u32; 2]], notes: &mut Notes) -> Result<Pairs, DataError> {
    let mut named: Vec<u32> = numbers.iter().flatten().copied().collect();
    named.sort_unstable();
    named.dedup();
    let first = named[0];
    let is_row = first <= 1 && named[named.len() - 1] - first == named.len() as u32 - 1;
    let place = |v: u32| named.partition_point(|&other| other < v) as u32;
    let ends = numbers.iter().map(|ends| ends.map(place));
    let graph = graph(named.len() as u32, pairs, ends, notes)?;
    if !is_row {
        notes.add("gap", pairs[0].line, || {
            let vertices = count(named.len(), ["vertex", "vertices"]);
            format!(
                "{vertices} from {first} to {}: those without a pair are left out",
                named[named.len() - 1]
            )
        });
    }
    Ok(Pairs {
        graph,
        first: if is_row { first } else { 0 },
        names: if is_row {
            Vec::new()
        } else {
            named.iter().map(ToString::to_string).collect()
        },
    })
}

/// The graph on the names there are.
fn of_names(pairs: &[Pair<'_>], notes: &mut Notes) -> Result<Pairs, DataError> {
    let mut vertices = HashMap::new();
    let mut names = Vec::new();
    let mut vertex = |name: &str| {
        *vertices.entry(name.to_owned()).or_insert_with(|| {
            names.push(name.to_owned());
            names.len() as u32 - 1
        })
    };
    let ends: Vec<_> = pairs.iter().map(|pair| pair.ends.map(&mut vertex)).collect();
    let graph = graph(names.len() as u32, pairs, ends.into_iter(), notes)?;
    Ok(Pairs {
        graph,
        first: 0,
        names,
    })
}

/// The graph of these edges, each once.
fn graph(
    n: u32,
    pairs: &[Pair<'_>],
    ends: impl Iterator<Item = [u32; 2]>,
    notes: &mut Notes,
) -> Result<ColoredGraph, DataError> {
    let mut lines = HashMap::new();
    for (pair, [u, v]) in pairs.iter().zip(ends) {
        let before = *lines.entry((u.min(v), u.max(v))).or_insert(pair.line);
        if before != pair.line {
            notes.add("pair", pair.line, || {
                let [u, v] = pair.ends;
                format!(
                    "pair {} {} again (it is on line {before}): it counts once",
                    shorten(u),
                    shorten(v)
                )
            });
        }
    }
    ColoredGraph::from_edges(n as usize, false, lines.into_keys()).map_err(|error| graph_error(&error, 1))
}

/// Whether every line is a pair of different numbers, and the numbers are those from 0 or 1 to the largest; or the first line is
/// `n m`. The last line is not looked at if the text is cut off.
pub(super) fn looks_like(text: &str, is_whole: bool) -> bool {
    let mut lines: Vec<&str> = content_lines(text).map(|(_, line)| line).collect();
    if !is_whole {
        lines.pop();
    }
    let numbers = |line: &&str| {
        let mut words = words(line);
        let pair = number_pair([words.next()?, words.next()?])?;
        words.next().is_none().then_some(pair)
    };
    let Some(numbers) = lines.iter().map(numbers).collect::<Option<Vec<_>>>() else {
        return false;
    };
    if numbers.is_empty() {
        return false;
    }
    if is_whole && header(&numbers).is_some() {
        return true;
    }
    let mut named: Vec<u32> = numbers.iter().flatten().copied().collect();
    named.sort_unstable();
    named.dedup();
    let is_row = named[0] <= 1 && named[named.len() - 1] - named[0] == named.len() as u32 - 1;
    // Of a text that is cut off the rest may fill the gaps.
    numbers.iter().all(|[u, v]| u != v) && (is_row || !is_whole)
}
