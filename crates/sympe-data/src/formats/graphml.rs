//! GraphML.
//!
//! U. Brandes, M. Eiglsperger, I. Herman, M. Himsolt, M. S. Marshall, *GraphML Progress Report: Structural Layer Proposal*, Graph
//! Drawing 2001; <http://graphml.graphdrawing.org/specification.html>. The attributes of vertices and edges are its keys, by
//! their names or else their identifiers, with their defaults. Hyperedges, graphs within nodes, and graphs with edges of both
//! kinds of direction are refused; ports are left out.

use super::named::{Collector, Named, Reading};
use crate::DataError;
use crate::error::shorten;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::HashMap;
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Parses every graph. O(length of the text) expected time.
///
/// ```
/// use sympe_data::formats::{Reading, graphml};
/// let text = r#"<graphml>
///   <key id="d0" for="node" attr.name="kind" attr.type="string"><default>H</default></key>
///   <graph edgedefault="undirected">
///     <node id="a"><data key="d0">O</data></node> <node id="b"/>
///     <edge source="a" target="b"/>
///   </graph>
/// </graphml>"#;
/// let reading = Reading { vertex_colors: Some("kind".into()), ..Reading::default() };
/// let graphs = graphml::parse(text, &reading)?;
/// assert_eq!(graphs[0].graph.node_colors(), [1, 0]);
/// assert_eq!(graphs[0].names.name(1), "b");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong: no XML or no GraphML, a node without `id` or with that of another one, an edge without ends or
/// of a node that there is not, a key that there is not.
pub fn parse(text: &str, reading: &Reading) -> Result<Vec<Named>, DataError> {
    let mut reader = Reader::from_str(text);
    let mut document = Document {
        text,
        counted: 0,
        line: 1,
        reading,
        keys: HashMap::new(),
        chosen: [None, None],
        open: Vec::new(),
        is_done: false,
        directed: false,
        item: Item::default(),
        key: String::new(),
        value: None,
        collector: Collector::new(reading),
    };
    loop {
        document.count_lines(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                document.count_lines(reader.error_position());
                return Err(DataError::syntax(document.line, error.to_string(), "XML"));
            }
        };
        match event {
            Event::Start(tag) => document.start(&tag)?,
            Event::Empty(tag) => {
                document.start(&tag)?;
                document.end()?;
            }
            Event::End(_) => document.end()?,
            Event::Text(text) => document.put(&text.xml10_content())?,
            Event::CData(text) => document.put(&text.xml10_content())?,
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().ok().flatten().map(String::from);
                let known = character.or_else(|| resolve_predefined_entity(&name).map(str::to_owned));
                match known {
                    Some(known) => document.put(&known)?,
                    None if document.value.is_some() => {
                        let what = format!("'&{};'", shorten(&name));
                        return Err(DataError::syntax(document.line, what, "a known entity"));
                    }
                    None => {}
                }
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if !document.is_done {
        return Err(DataError::syntax(
            document.line,
            "the end of the file",
            "'</graphml>'",
        ));
    }
    if document.collector.len() == 0 {
        return Err(DataError::syntax(
            document.line,
            "no <graph>",
            "a graph in GraphML",
        ));
    }
    document.collector.finish()
}

/// An element that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Root,
    Key,
    Default,
    Graph,
    Node,
    Edge,
    Data,
    /// One that is passed over.
    Other,
}

/// A `<key>`.
struct Key {
    name: Option<String>,
    of_vertices: bool,
    of_edges: bool,
    default: Option<String>,
}

/// The key that is asked for.
struct Chosen {
    id: String,
    default: Option<String>,
}

/// A `<node>` or `<edge>` that is open.
#[derive(Default)]
struct Item {
    line: usize,
    id: String,
    target: String,
    color: Option<String>,
}

/// A document that is being read.
struct Document<'a> {
    text: &'a str,
    /// The bytes before the current line is known, and the line there.
    counted: usize,
    line: usize,
    reading: &'a Reading,
    keys: HashMap<String, Key>,
    /// The keys that colour vertices and edges.
    chosen: [Option<Chosen>; 2],
    open: Vec<Element>,
    /// Whether the root has been closed.
    is_done: bool,
    directed: bool,
    item: Item,
    /// The identifier of the key that is being read or that has a value here.
    key: String,
    /// The text of the element that is open, if it is of use.
    value: Option<String>,
    collector: Collector<'a>,
}

impl Document<'_> {
    fn count_lines(&mut self, position: u64) {
        let position = usize::try_from(position)
            .unwrap_or(usize::MAX)
            .min(self.text.len());
        if let Some(passed) = self.text.as_bytes().get(self.counted..position) {
            self.line += passed.iter().filter(|&&byte| byte == b'\n').count();
            self.counted = position;
        }
    }

    fn fail<T>(&self, what: impl Into<String>, expected: &str) -> Result<T, DataError> {
        Err(DataError::syntax(self.line, what, expected))
    }

    /// The values of these attributes of a tag.
    fn attributes<const N: usize>(
        &self,
        tag: &BytesStart<'_>,
        names: [&str; N],
    ) -> Result<[Option<String>; N], DataError> {
        let mut values = [const { None }; N];
        // Comparing all attributes with each other takes quadratic time: those that are of use are compared here.
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.or_else(|error| self.fail(error.to_string(), "XML"))?;
            let Some(place) = names.iter().position(|&name| attribute.key.as_ref() == name) else {
                continue;
            };
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.or_else(|error| self.fail(error.to_string(), "XML"))?;
            if values[place].replace(value.into_owned()).is_some() {
                return self.fail(format!("'{}' twice", names[place]), "each attribute once");
            }
        }
        Ok(values)
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), DataError> {
        let name = tag.local_name();
        let name = name.as_ref();
        let element = match (self.open.last().copied(), name) {
            (None, "graphml") if !self.is_done => Element::Root,
            (None, other) => return self.fail(format!("<{}>", shorten(other)), "one <graphml>"),
            (Some(Element::Root), "key") => self.start_key(tag)?,
            (Some(Element::Root), "graph") => self.start_graph(tag)?,
            (Some(Element::Key), "default") => {
                self.value = Some(String::new());
                Element::Default
            }
            (Some(Element::Graph), "node") => {
                let [id] = self.attributes(tag, ["id"])?;
                let Some(id) = id else {
                    return self.fail("a node without 'id'", "one with it");
                };
                self.item = Item {
                    line: self.line,
                    id,
                    ..Item::default()
                };
                Element::Node
            }
            (Some(Element::Graph), "edge") => self.start_edge(tag)?,
            (Some(Element::Node | Element::Edge), "data") => self.start_data(tag)?,
            (Some(Element::Graph), "hyperedge") => return self.fail("a hyperedge", "edges of two nodes"),
            (Some(Element::Node | Element::Edge | Element::Graph), "graph") => {
                return self.fail("a graph within a graph", "nodes without graphs of their own");
            }
            (Some(Element::Node), "port") => {
                self.collector.leave_out("vertex", "port");
                Element::Other
            }
            (Some(Element::Data | Element::Default), _) if self.value.is_some() => {
                return self.fail(format!("<{}> in a value", shorten(name)), "text");
            }
            (Some(_), _) => Element::Other,
        };
        self.open.push(element);
        Ok(())
    }

    fn start_key(&mut self, tag: &BytesStart<'_>) -> Result<Element, DataError> {
        if self.collector.len() > 0 {
            return self.fail("a <key> after a <graph>", "all keys before");
        }
        let [id, target, name] = self.attributes(tag, ["id", "for", "attr.name"])?;
        let Some(id) = id else {
            return self.fail("a key without 'id'", "one with it");
        };
        let target = target.unwrap_or_else(|| "all".to_owned());
        let key = Key {
            name,
            of_vertices: matches!(target.as_str(), "node" | "all"),
            of_edges: matches!(target.as_str(), "edge" | "all"),
            default: None,
        };
        self.key.clone_from(&id);
        if self.keys.insert(id, key).is_some() {
            return self.fail(format!("key '{}' again", shorten(&self.key)), "each key once");
        }
        Ok(Element::Key)
    }

    fn start_graph(&mut self, tag: &BytesStart<'_>) -> Result<Element, DataError> {
        let [direction] = self.attributes(tag, ["edgedefault"])?;
        self.directed = match direction.as_deref() {
            Some("directed") => true,
            Some("undirected") => false,
            other => {
                let what = format!("edgedefault '{}'", shorten(other.unwrap_or("")));
                return self.fail(what, "directed or undirected");
            }
        };
        self.chosen = [
            self.choose(self.reading.vertex_colors.as_deref(), "nodes", |key| {
                key.of_vertices
            })?,
            self.choose(self.reading.edge_colors.as_deref(), "edges", |key| key.of_edges)?,
        ];
        self.collector.open(false, self.line);
        self.collector.direct(self.directed, self.line)?;
        Ok(Element::Graph)
    }

    /// The identifier and default of the key that is asked for by name or else by identifier.
    fn choose(
        &self,
        asked: Option<&str>,
        kind: &str,
        fits: fn(&Key) -> bool,
    ) -> Result<Option<Chosen>, DataError> {
        let Some(asked) = asked else { return Ok(None) };
        let named = |(_, key): &(&String, &Key)| fits(key) && key.name.as_deref() == Some(asked);
        let mut named = self.keys.iter().filter(named);
        let by_id = || self.keys.get_key_value(asked).filter(|(_, key)| fits(key));
        let Some((id, key)) = named.next().or_else(by_id) else {
            let what = format!("no key '{}' of {kind}", shorten(asked));
            return self.fail(what, "the name of a key");
        };
        if named.next().is_some() {
            let what = format!("several keys '{}' of {kind}", shorten(asked));
            return self.fail(what, "the identifier of one of them");
        }
        Ok(Some(Chosen {
            id: id.clone(),
            default: key.default.clone(),
        }))
    }

    fn start_edge(&mut self, tag: &BytesStart<'_>) -> Result<Element, DataError> {
        let names = ["source", "target", "directed", "sourceport", "targetport"];
        let [source, target, directed, from_port, to_port] = self.attributes(tag, names)?;
        let (Some(source), Some(target)) = (source, target) else {
            return self.fail("an edge without its ends", "one with 'source' and 'target'");
        };
        match directed.as_deref() {
            None => {}
            Some("true" | "1") if self.directed => {}
            Some("false" | "0") if !self.directed => {}
            Some(other) => {
                let what = format!("an edge with directed=\"{}\"", shorten(other));
                return self.fail(
                    what,
                    "the direction of all edges of its graph, as 'edgedefault' says",
                );
            }
        }
        if from_port.is_some() || to_port.is_some() {
            self.collector.leave_out("edge", "port");
        }
        self.item = Item {
            line: self.line,
            id: source,
            target,
            color: None,
        };
        Ok(Element::Edge)
    }

    fn start_data(&mut self, tag: &BytesStart<'_>) -> Result<Element, DataError> {
        let [id] = self.attributes(tag, ["key"])?;
        let id = id.unwrap_or_default();
        let is_node = self.open.last() == Some(&Element::Node);
        let Some(key) = self
            .keys
            .get(&id)
            .filter(|key| if is_node { key.of_vertices } else { key.of_edges })
        else {
            let of = if is_node { "nodes" } else { "edges" };
            return self.fail(
                format!("data of key '{}'", shorten(&id)),
                &format!("a key of {of}"),
            );
        };
        let (kind, chosen) = match is_node {
            true => ("vertex", &self.chosen[0]),
            false => ("edge", &self.chosen[1]),
        };
        if chosen.as_ref().is_some_and(|chosen| chosen.id == id) {
            self.value = Some(String::new());
        } else {
            self.collector.leave_out(kind, key.name.as_ref().unwrap_or(&id));
        }
        Ok(Element::Data)
    }

    /// Text within the element that is open.
    fn put(&mut self, text: &str) -> Result<(), DataError> {
        if self.open.is_empty() && !text.trim().is_empty() {
            return self.fail(format!("'{}'", shorten(text.trim())), "one <graphml>");
        }
        if let Some(value) = &mut self.value {
            value.push_str(text);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), DataError> {
        let value = self.value.take().map(|value| value.trim().to_owned());
        let item = &mut self.item;
        match self.open.pop() {
            Some(Element::Root) => self.is_done = true,
            Some(Element::Default) => {
                if let Some(key) = self.keys.get_mut(&self.key) {
                    key.default = value;
                }
            }
            Some(Element::Data) if value.is_some() => {
                if std::mem::replace(&mut item.color, value).is_some() {
                    return self.fail("a second value of one key", "one");
                }
            }
            Some(Element::Node) => {
                let default = self.chosen[0].as_ref().and_then(|key| key.default.as_deref());
                self.collector
                    .vertex(&item.id, item.color.as_deref().or(default), item.line)?;
            }
            Some(Element::Edge) => {
                let default = self.chosen[1].as_ref().and_then(|key| key.default.as_deref());
                let color = item.color.as_deref().or(default);
                self.collector.edge(&item.id, &item.target, color, item.line)?;
            }
            Some(Element::Key | Element::Graph | Element::Data | Element::Other) | None => {}
        }
        Ok(())
    }
}

/// Writes a graph; colours that are not 0 everywhere are the key `color` of nodes or edges.
#[must_use]
pub fn write(graph: &ColoredGraph) -> String {
    const LINE: &str = "writing to a string cannot fail";
    let of_vertices = graph.node_colors().iter().any(|&color| color != 0);
    let of_edges = graph.edges().any(|(.., color)| color != 0);
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                    <graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
        .to_owned();
    for (is_there, id, kind) in [(of_vertices, "vc", "node"), (of_edges, "ec", "edge")] {
        if is_there {
            writeln!(
                text,
                "  <key id=\"{id}\" for=\"{kind}\" attr.name=\"color\" attr.type=\"long\"/>"
            )
            .expect(LINE);
        }
    }
    let direction = if graph.is_directed() {
        "directed"
    } else {
        "undirected"
    };
    writeln!(text, "  <graph edgedefault=\"{direction}\">").expect(LINE);
    for (v, color) in graph.node_colors().iter().enumerate() {
        match of_vertices {
            true => writeln!(
                text,
                "    <node id=\"{v}\"><data key=\"vc\">{color}</data></node>"
            )
            .expect(LINE),
            false => writeln!(text, "    <node id=\"{v}\"/>").expect(LINE),
        }
    }
    for (u, v, color) in graph.edges() {
        let data = match of_edges {
            true => format!("><data key=\"ec\">{color}</data></edge>"),
            false => "/>".to_owned(),
        };
        writeln!(text, "    <edge source=\"{u}\" target=\"{v}\"{data}").expect(LINE);
    }
    text.push_str("  </graph>\n</graphml>\n");
    text
}
