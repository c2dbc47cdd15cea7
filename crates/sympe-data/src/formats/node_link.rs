//! Node-link JSON, as networkx and D3 write it.
//!
//! An object, or a list of objects, with lists `nodes`, whose items have an `id`, and `links` or `edges`, whose items have a
//! `source` and a `target`; `directed` and `multigraph` may be there. Nodes without `id` are numbered from 0. An `id` is any
//! JSON: its name is the string, or the JSON itself if it is no string, or one that is JSON in turn. Any other key of nodes and
//! links whose value is a string, a number or a boolean can colour them.

use super::named::{Collector, Named, Reading};
use crate::DataError;
use crate::error::{count, shorten};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Parses every graph. O(length of the text) expected time.
///
/// ```
/// use sympe_data::formats::{Reading, node_link};
/// let text = r#"{"directed": false, "nodes": [{"id": "a", "kind": "O"}, {"id": "b", "kind": "H"}],
///                "links": [{"source": "a", "target": "b"}]}"#;
/// let reading = Reading { vertex_colors: Some("kind".into()), ..Reading::default() };
/// let graphs = node_link::parse(text, &reading)?;
/// assert_eq!(graphs[0].graph.node_colors(), [1, 0]);
/// assert_eq!(graphs[0].names.name(1), "b");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong: no JSON or no graph in this form, a node with the `id` of another one, a link without ends or of
/// a node that there is not.
pub fn parse(text: &str, reading: &Reading) -> Result<Vec<Named>, DataError> {
    let mut places = Places {
        text,
        counted: 0,
        line: 1,
    };
    let mut collector = Collector::new(reading);
    if text.trim_start().starts_with('[') {
        let graphs: Vec<&RawValue> = places.read(text)?;
        if graphs.is_empty() {
            return Err(DataError::syntax(1, "an empty list", "graphs in node-link JSON"));
        }
        for graph in graphs {
            read_graph(graph.get(), &mut places, &mut collector, reading)?;
        }
    } else {
        read_graph(text, &mut places, &mut collector, reading)?;
    }
    collector.finish()
}

/// A graph as it stands in the text.
#[derive(Deserialize)]
struct Graph<'a> {
    directed: Option<bool>,
    multigraph: Option<bool>,
    #[serde(borrow)]
    nodes: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    links: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    edges: Option<Vec<&'a RawValue>>,
}

type Item<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

fn read_graph<'a>(
    json: &'a str,
    places: &mut Places<'a>,
    collector: &mut Collector<'_>,
    reading: &Reading,
) -> Result<(), DataError> {
    let line = places.line_of(json);
    let fail = |what: &str, expected: &str| Err(DataError::syntax(line, what, expected));
    let graph: Graph<'a> = places.read(json)?;
    let nodes = match graph.nodes {
        Some(nodes) => nodes,
        None => return fail("an object without 'nodes'", "a graph in node-link JSON"),
    };
    let links = match (graph.links, graph.edges) {
        (Some(links), None) | (None, Some(links)) => links,
        (Some(_), Some(_)) => return fail("both 'links' and 'edges'", "one of them"),
        (None, None) => {
            return fail(
                "an object without 'links' and 'edges'",
                "a graph in node-link JSON",
            );
        }
    };
    collector.open(false, line);
    if let Some(directed) = graph.directed {
        collector.direct(directed, line)?;
    }
    let mut have_ids = None;
    for node in nodes {
        let line = places.line_of(node.get());
        let item: Item<'a> = places.read(node.get())?;
        let (id, color) = (
            item.get("id"),
            value(&item, reading.vertex_colors.as_deref(), line)?,
        );
        if *have_ids.get_or_insert(id.is_some()) != id.is_some() {
            let what = if id.is_some() {
                "a node with 'id'"
            } else {
                "a node without 'id'"
            };
            return Err(DataError::syntax(line, what, "all nodes like the first"));
        }
        let name = id.map_or_else(|| Cow::Owned(collector.n().to_string()), |id| name(id.get()));
        collector.vertex(&name, color.as_deref(), line)?;
        leave_out(
            collector,
            "vertex",
            &item,
            &["id", "name", "label"],
            reading.vertex_colors.as_deref(),
        );
    }
    let is_multigraph = graph.multigraph == Some(true);
    for link in links {
        let line = places.line_of(link.get());
        let item: Item<'a> = places.read(link.get())?;
        let (Some(source), Some(target)) = (item.get("source"), item.get("target")) else {
            let what = format!("a link with {}", count(item.len(), ["key", "keys"]));
            return Err(DataError::syntax(line, what, "'source' and 'target'"));
        };
        let color = value(&item, reading.edge_colors.as_deref(), line)?;
        collector.edge(&name(source.get()), &name(target.get()), color.as_deref(), line)?;
        let known: &[&str] = if is_multigraph {
            &["source", "target", "key"]
        } else {
            &["source", "target"]
        };
        leave_out(collector, "edge", &item, known, reading.edge_colors.as_deref());
    }
    Ok(())
}

fn leave_out(
    collector: &mut Collector<'_>,
    kind: &str,
    item: &Item<'_>,
    known: &[&str],
    chosen: Option<&str>,
) {
    for key in item
        .keys()
        .filter(|key| !known.contains(&key.as_ref()) && chosen != Some(key))
    {
        collector.leave_out(kind, key);
    }
}

/// The value of the key that is asked for.
fn value<'a>(item: &Item<'a>, chosen: Option<&str>, line: usize) -> Result<Option<Cow<'a, str>>, DataError> {
    let Some((key, value)) = chosen.and_then(|chosen| item.get_key_value(chosen)) else {
        return Ok(None);
    };
    match value.get().as_bytes().first() {
        Some(b'[' | b'{') => {
            let what = format!("'{}' that is a list or an object", shorten(key));
            Err(DataError::syntax(line, what, "a string, a number or a boolean"))
        }
        Some(b'n') => Ok(None),
        Some(b'"') => Ok(Some(string(value.get()))),
        _ => Ok(Some(Cow::Borrowed(value.get()))),
    }
}

/// What a string in JSON stands for.
fn string(json: &str) -> Cow<'_, str> {
    serde_json::from_str::<String>(json).map_or(Cow::Borrowed(json), Cow::Owned)
}

/// The name that an `id` is.
fn name(json: &str) -> Cow<'_, str> {
    match json.as_bytes().first() {
        Some(b'"') => {
            let string = string(json);
            // The string "0" is another node than the number 0.
            if serde_json::from_str::<IgnoredAny>(&string).is_ok() {
                Cow::Borrowed(json)
            } else {
                string
            }
        }
        Some(b'[' | b'{') => {
            let (mut in_string, mut is_escaped) = (false, false);
            let kept = json.chars().filter(|&character| {
                let is_quote = character == '"' && !is_escaped;
                is_escaped = character == '\\' && !is_escaped;
                in_string ^= is_quote;
                in_string || !character.is_ascii_whitespace()
            });
            Cow::Owned(kept.collect())
        }
        _ => Cow::Borrowed(json),
    }
}

/// Where parts of a text are.
struct Places<'a> {
    text: &'a str,
    /// A place whose line is known, and the line.
    counted: usize,
    line: usize,
}

impl<'a> Places<'a> {
    /// The line where a part of the text starts. O(its distance from the part asked for before).
    fn line_of(&mut self, part: &str) -> usize {
        let place = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let count = |from: usize, to: usize| {
            let passed = self.text.as_bytes().get(from..to).unwrap_or_default();
            passed.iter().filter(|&&byte| byte == b'\n').count()
        };
        self.line = self.line + count(self.counted, place) - count(place, self.counted);
        self.counted = place.min(self.text.len());
        self.line
    }

    /// Reads a part of the text.
    fn read<T: Deserialize<'a>>(&mut self, part: &'a str) -> Result<T, DataError> {
        serde_json::from_str(part).map_err(|error| {
            let line = self.line_of(part) + error.line().max(1) - 1;
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let (what, expected) = message
                .split_once(", expected ")
                .unwrap_or((message, "node-link JSON"));
            DataError::syntax(line, shorten(what), expected)
        })
    }
}

/// Writes a graph; colours that are not 0 everywhere are the key `color` of nodes or links.
#[must_use]
pub fn write(graph: &ColoredGraph) -> String {
    const LINE: &str = "writing to a string cannot fail";
    let of_vertices = graph.node_colors().iter().any(|&color| color != 0);
    let of_edges = graph.edges().any(|(.., color)| color != 0);
    let color = |is_there: bool, color: u32| {
        if is_there {
            format!(", \"color\": {color}")
        } else {
            String::new()
        }
    };
    let mut text = format!(
        "{{\"directed\": {}, \"multigraph\": false, \"nodes\": [",
        graph.is_directed()
    );
    let mut comma = "";
    for (v, &value) in graph.node_colors().iter().enumerate() {
        write!(text, "{comma}{{\"id\": {v}{}}}", color(of_vertices, value)).expect(LINE);
        comma = ", ";
    }
    text.push_str("], \"links\": [");
    comma = "";
    for (u, v, value) in graph.edges() {
        let color = color(of_edges, value);
        write!(text, "{comma}{{\"source\": {u}, \"target\": {v}{color}}}").expect(LINE);
        comma = ", ";
    }
    text.push_str("]}\n");
    text
}
