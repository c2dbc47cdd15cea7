//! A pair of vertices on each line, separated by blanks, tabs, a comma or a semicolon: the edges of one undirected graph.
//!
//! Vertices may have any names. If the first line is `n m`, m lines follow and the names are numbers below n, or from 1 to n,
//! then it is no pair: there are n vertices, whether or not they have edges. Otherwise the vertices are those that are named: if
//! they are the numbers from 0 or 1 to the largest they keep them, and if not they are numbered in the order of their numbers,
//! or as they come. Repeated pairs, and pairs in both directions, count once, unless a multigraph or a directed graph is asked for.
//! A third word, a weight, is passed over, or is the colour of the edge if `weight` is asked for. Lines that start with `#` or
//! `%` are comments.

use super::line::{check_size, graph_error};
use super::named::{Reading, exact_number, number_colors, parallel};
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

/// A line with two words, and perhaps a weight. There may be as many as a fourth of the bytes of the text, so a line is
/// split again where its words are needed.
struct Pair<'a> {
    line: usize,
    content: &'a str,
}

impl<'a> Pair<'a> {
    fn ends(&self) -> [&'a str; 2] {
        let mut words = words(self.content);
        [(); 2].map(|()| words.next().unwrap_or_default())
    }

    /// The third word, if it is a number that can be told from others.
    fn weight(&self) -> Option<f64> {
        words(self.content).nth(2).and_then(exact_number)
    }
}

/// Parses one graph. O(length of the text · log).
///
/// ```
/// use sympe_data::formats::{Reading, pairs};
/// let plain = Reading::default();
/// let (star, _) = pairs::parse("# a star\n1 0\n2 0\n3 0\n", &plain)?;
/// assert_eq!((star.graph.n(), star.graph.degree(0), star.first), (4, 3, 0));
/// let (named, _) = pairs::parse("Ada,Bob\nBob,Eve\n", &plain)?;
/// assert_eq!(named.names, ["Ada", "Bob", "Eve"]);
/// // Five vertices and two edges.
/// let (isolated, _) = pairs::parse("5 2\n0 1\n1 2\n", &plain)?;
/// assert_eq!((isolated.graph.n(), isolated.graph.edge_count()), (5, 2));
/// let weights = Reading { edge_colors: Some("weight".into()), ..plain };
/// let (weighted, _) = pairs::parse("0 1 7\n1 2 5\n", &weights)?;
/// assert_eq!(weighted.graph.edge_color(1, 2), Some(5));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is not a pair, or lacks a weight that is asked for, or repeats a pair with another weight; or that there
/// is no pair.
pub fn parse(text: &str, reading: &Reading) -> Result<(Pairs, Notes), DataError> {
    reading.check_vertices(&[], "a list of pairs")?;
    reading.check_edges(&["weight"], "a list of pairs")?;
    let mut notes = Notes::default();
    let mut pairs = Vec::new();
    for (line, content) in content_lines(text) {
        let mut words = words(content);
        if words.nth(1).is_none() {
            let what = format!("'{}'", shorten(content));
            return Err(DataError::syntax(line, what, "a pair of vertices"));
        }
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
            if reading.edge_colors.is_none() {
                notes.add("weight", line, || {
                    format!("weight {} is passed over, as all weights are", shorten(weight))
                });
            }
        }
        pairs.push(Pair { line, content });
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
        .map(|pair| number_pair(pair.ends()))
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
                    graph: graph(n, pairs, ends, reading, &mut notes)?,
                    first: base,
                    names: Vec::new(),
                }
            }
            None => of_numbers(&pairs, &numbers, reading, &mut notes)?,
        },
        None => of_names(&pairs, reading, &mut notes)?,
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
fn of_numbers(
    pairs: &[Pair<'_>],
    numbers: &[[u32; 2]],
    reading: &Reading,
    notes: &mut Notes,
) -> Result<Pairs, DataError> {
    let mut named: Vec<u32> = numbers.iter().flatten().copied().collect();
    named.sort_unstable();
    named.dedup();
    let first = named[0];
    let is_row = first <= 1 && named[named.len() - 1] - first == named.len() as u32 - 1;
    let place = |v: u32| named.partition_point(|&other| other < v) as u32;
    let ends = numbers.iter().map(|ends| ends.map(place));
    let graph = graph(named.len() as u32, pairs, ends, reading, notes)?;
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
fn of_names(pairs: &[Pair<'_>], reading: &Reading, notes: &mut Notes) -> Result<Pairs, DataError> {
    let mut vertices = HashMap::new();
    let mut names = Vec::new();
    let mut vertex = |name: &str| {
        *vertices.entry(name.to_owned()).or_insert_with(|| {
            names.push(name.to_owned());
            names.len() as u32 - 1
        })
    };
    let ends: Vec<_> = pairs.iter().map(|pair| pair.ends().map(&mut vertex)).collect();
    let graph = graph(names.len() as u32, pairs, ends.into_iter(), reading, notes)?;
    Ok(Pairs {
        graph,
        first: 0,
        names,
    })
}

/// An edge that was read.
struct Edge {
    line: usize,
    weight: f64,
    /// Further pairs that say the same.
    further: u32,
}

/// The graph of these edges, each once or with its multiplicity.
fn graph(
    n: u32,
    pairs: &[Pair<'_>],
    ends: impl Iterator<Item = [u32; 2]>,
    reading: &Reading,
    notes: &mut Notes,
) -> Result<ColoredGraph, DataError> {
    let directed = reading.directed.unwrap_or(false);
    let mut edges: HashMap<(u32, u32), Edge> = HashMap::new();
    for (pair, [u, v]) in pairs.iter().zip(ends) {
        let line = pair.line;
        let name = || pair.ends().map(shorten).join(" ");
        let weight = match reading.edge_colors.is_some().then(|| pair.weight()) {
            None => 0.0,
            Some(Some(weight)) => weight,
            Some(None) => {
                let what = format!("pair {} without a weight", name());
                return Err(DataError::syntax(line, what, "a number after each pair"));
            }
        };
        let key = if directed || u <= v { (u, v) } else { (v, u) };
        match edges.get_mut(&key) {
            None => {
                edges.insert(
                    key,
                    Edge {
                        line,
                        weight,
                        further: 0,
                    },
                );
            }
            Some(edge) if edge.weight != weight || reading.multigraph && reading.edge_colors.is_some() => {
                let what = format!("pair {} again (it is on line {})", name(), edge.line);
                let same = "the same weight each time";
                let expected = if reading.multigraph {
                    parallel(reading)
                } else {
                    same
                };
                return Err(DataError::syntax(line, what, expected));
            }
            Some(edge) if reading.multigraph => edge.further += 1,
            Some(edge) => notes.add("pair", line, || {
                format!(
                    "pair {} again (it is on line {}): it counts once",
                    name(),
                    edge.line
                )
            }),
        }
    }
    let (keys, edges): (Vec<_>, Vec<_>) = edges.into_iter().unzip();
    let colors = if reading.edge_colors.is_some() {
        number_colors(&edges.iter().map(|edge| edge.weight).collect::<Vec<_>>(), 0)
    } else {
        edges.iter().map(|edge| edge.further).collect()
    };
    let edges = keys.into_iter().zip(colors).map(|((u, v), color)| (u, v, color));
    ColoredGraph::from_colored_edges(n as usize, directed, edges).map_err(|error| graph_error(&error, 1))
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
