//! GML, the Graph Modelling Language.
//!
//! M. Himsolt, *GML: A portable graph file format* (Universität Passau, 1997): keys and values, where a value is an integer, a
//! real number, a string or a list of keys and values in brackets. Each `graph` has lists `node`, with an integer `id`, and
//! `edge`, with `source` and `target`; `directed 1` gives edges a direction. Any other key of nodes and edges whose value is no
//! list can colour them. Vertices are called by their `label` if each has one of its own, and by their `id` otherwise. Lines that start with `#` are comments.

use super::named::{Collector, Named, Reading};
use crate::DataError;
use crate::error::shorten;
use std::borrow::Cow;
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Parses every graph. O(length of the text) expected time.
///
/// ```
/// use sympe_data::formats::{Reading, gml};
/// let text = r#"graph [ node [ id 7 kind "O" ] node [ id 9 kind "H" ] edge [ source 7 target 9 ] ]"#;
/// let reading = Reading { vertex_colors: Some("kind".into()), ..Reading::default() };
/// let graphs = gml::parse(text, &reading)?;
/// assert_eq!(graphs[0].graph.node_colors(), [1, 0]);
/// assert_eq!(graphs[0].names.name(1), "9");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// The first line that is wrong: a bracket that is not closed, a node without `id` or with that of another one, an edge without
/// ends or of a node that there is not.
pub fn parse(text: &str, reading: &Reading) -> Result<Vec<Named>, DataError> {
    let mut tokens = Tokens {
        rest: text,
        line: 1,
        at_line_start: true,
    };
    let mut collector = Collector::new(reading);
    while let Some(key) = tokens.key(false)? {
        let value = tokens.value(key)?;
        match (key.eq_ignore_ascii_case("graph"), value) {
            (true, Value::List) => graph(&mut tokens, &mut collector, reading)?,
            (true, Value::Scalar(word)) => {
                let what = format!("'graph {}'", shorten(&word));
                return Err(DataError::syntax(tokens.line, what, "'graph ['"));
            }
            (false, Value::List) => tokens.skip_list()?,
            (false, Value::Scalar(_)) => {}
        }
    }
    if collector.len() == 0 {
        return Err(DataError::syntax(1, "no 'graph ['", "a graph in GML"));
    }
    collector.finish()
}

/// What follows `graph [`.
fn graph(tokens: &mut Tokens<'_>, collector: &mut Collector<'_>, reading: &Reading) -> Result<(), DataError> {
    collector.open(false, tokens.line);
    let mut says = false;
    let start = tokens.line;
    while let Some(key) = tokens.key(true)? {
        let line = tokens.line;
        let value = tokens.value(key)?;
        let is = |word| key.eq_ignore_ascii_case(word);
        match value {
            Value::List if is("node") => {
                let [id, _, _, color, label] =
                    item(tokens, collector, "vertex", reading.vertex_colors.as_deref())?;
                let id = id.ok_or_else(|| DataError::syntax(line, "a node without 'id'", "one with it"))?;
                collector.vertex(&id, color.as_deref(), line)?;
                if let Some(label) = label {
                    collector.label(&label);
                }
            }
            Value::List if is("edge") => {
                let [_, source, target, color, _] =
                    item(tokens, collector, "edge", reading.edge_colors.as_deref())?;
                let (Some(source), Some(target)) = (source, target) else {
                    let expected = "one with 'source' and 'target'";
                    return Err(DataError::syntax(line, "an edge without its ends", expected));
                };
                collector.edge(&source, &target, color.as_deref(), line)?;
            }
            Value::List => tokens.skip_list()?,
            Value::Scalar(word) if is("directed") => {
                says = match word.as_ref() {
                    "0" => false,
                    "1" => true,
                    other => {
                        let what = format!("'directed {}'", shorten(other));
                        return Err(DataError::syntax(line, what, "0 or 1"));
                    }
                };
            }
            Value::Scalar(_) if is("node") || is("edge") => {
                return Err(DataError::syntax(
                    line,
                    format!("'{key}' that is no list"),
                    format!("'{key} ['"),
                ));
            }
            Value::Scalar(_) => {}
        }
    }
    collector.direct(says, start)
}

/// What follows `node [` or `edge [`: its `id`, `source`, `target`, the value of the chosen key, and its `label`.
fn item<'a>(
    tokens: &mut Tokens<'a>,
    collector: &mut Collector<'_>,
    kind: &str,
    chosen: Option<&str>,
) -> Result<[Option<Cow<'a, str>>; 5], DataError> {
    let ends: &[&str] = if kind == "vertex" {
        &["id"]
    } else {
        &["source", "target"]
    };
    let mut values = [const { None }; 5];
    while let Some(key) = tokens.key(true)? {
        let line = tokens.line;
        let value = tokens.value(key)?;
        let end = ends.iter().find(|end| key.eq_ignore_ascii_case(end));
        let place = ["id", "source", "target"]
            .iter()
            .position(|end_key| end.is_some_and(|end| end == end_key));
        let is_chosen = chosen == Some(key);
        if place.is_none() && !is_chosen && !["id", "label"].contains(&key) {
            collector.leave_out(kind, key);
        }
        let word = match value {
            Value::List if place.is_none() && !is_chosen => {
                tokens.skip_list()?;
                continue;
            }
            Value::List => {
                return Err(DataError::syntax(
                    line,
                    format!("'{key}' that is a list"),
                    "a number or a string",
                ));
            }
            Value::Scalar(word) => word,
        };
        if place.is_some() && word.parse::<i128>().is_err() {
            return Err(DataError::syntax(
                line,
                format!("'{key} {}'", shorten(&word)),
                "an integer",
            ));
        }
        let places = [place, is_chosen.then_some(3), (key == "label").then_some(4)];
        for place in places.into_iter().flatten() {
            if values[place].replace(word.clone()).is_some() {
                return Err(DataError::syntax(
                    line,
                    format!("'{key}' again"),
                    format!("one per {kind}"),
                ));
            }
        }
    }
    Ok(values)
}

enum Value<'a> {
    /// A bracket that opens.
    List,
    Scalar(Cow<'a, str>),
}

/// What is left of a text.
struct Tokens<'a> {
    rest: &'a str,
    line: usize,
    at_line_start: bool,
}

impl<'a> Tokens<'a> {
    /// Takes this many bytes.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.at_line_start = false;
        taken
    }

    /// Passes over blanks and comments.
    fn skip(&mut self) {
        loop {
            match self.rest.as_bytes().first() {
                Some(b'\n') => {
                    self.take(1);
                    self.line += 1;
                    self.at_line_start = true;
                }
                Some(byte) if byte.is_ascii_whitespace() => {
                    let at_line_start = self.at_line_start;
                    self.take(1);
                    self.at_line_start = at_line_start;
                }
                Some(b'#') if self.at_line_start => {
                    self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
                }
                _ => return,
            }
        }
    }

    fn here(&self) -> String {
        let word: String = self
            .rest
            .chars()
            .take_while(|c| !c.is_whitespace())
            .take(41)
            .collect();
        if word.is_empty() {
            "the end of the file".to_owned()
        } else {
            format!("'{}'", shorten(&word))
        }
    }

    /// A key; nothing at the end of a list, whose bracket is taken, or of the file.
    fn key(&mut self, in_list: bool) -> Result<Option<&'a str>, DataError> {
        self.skip();
        if in_list && self.rest.starts_with(']') {
            self.take(1);
            return Ok(None);
        }
        let is_key = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let length = self.rest.bytes().take_while(|&byte| is_key(byte)).count();
        if self
            .rest
            .starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        {
            return Ok(Some(self.take(length)));
        }
        if self.rest.is_empty() && !in_list {
            return Ok(None);
        }
        let expected = if in_list {
            "a key or ']'"
        } else {
            "a key of GML, as 'graph ['"
        };
        Err(DataError::syntax(self.line, self.here(), expected))
    }

    fn value(&mut self, key: &str) -> Result<Value<'a>, DataError> {
        self.skip();
        if self.rest.starts_with('[') {
            self.take(1);
            return Ok(Value::List);
        }
        if self.rest.starts_with('"') {
            let line = self.line;
            self.take(1);
            let Some(length) = self.rest.find('"') else {
                return Err(DataError::syntax(line, "a string without end", "'\"'"));
            };
            let string = self.take(length);
            self.line += string.matches('\n').count();
            self.take(1);
            return Ok(Value::Scalar(unescape(string)));
        }
        let length = self
            .rest
            .find(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"'));
        let word = &self.rest[..length.unwrap_or(self.rest.len())];
        // Rust reads infinities and NaN as floats too, in any case of letters, as other programs write them.
        if word.parse::<f64>().is_err() {
            let expected = format!("a number, a string or '[' after '{}'", shorten(key));
            return Err(DataError::syntax(self.line, self.here(), expected));
        }
        Ok(Value::Scalar(Cow::Borrowed(self.take(word.len()))))
    }

    /// Passes over a list whose bracket is open, and over all lists within.
    fn skip_list(&mut self) -> Result<(), DataError> {
        let mut depth = 1usize;
        while depth > 0 {
            match self.key(true)? {
                None => depth -= 1,
                Some(key) => depth += usize::from(matches!(self.value(key)?, Value::List)),
            }
        }
        Ok(())
    }
}

/// A string without its character references; what is no reference stays as it is.
fn unescape(string: &str) -> Cow<'_, str> {
    if !string.contains('&') {
        return Cow::Borrowed(string);
    }
    let mut plain = String::with_capacity(string.len());
    let mut rest = string;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        // No reference is longer than &#x10FFFF;, leading zeros aside.
        let end = rest.bytes().take(16).position(|byte| byte == b';');
        let reference = end.map(|end| &rest[1..end]);
        let character = reference.and_then(|name| match name {
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "lt" => Some('<'),
            "gt" => Some('>'),
            _ => match name.strip_prefix("#x") {
                Some(digits) => u32::from_str_radix(digits, 16).ok().and_then(char::from_u32),
                None => name.strip_prefix('#')?.parse().ok().and_then(char::from_u32),
            },
        });
        match (reference, character) {
            (Some(name), Some(character)) => {
                plain.push(character);
                rest = &rest[name.len() + 2..];
            }
            _ => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Writes a graph; colours that are not 0 everywhere are the attribute `color` of nodes or edges.
#[must_use]
pub fn write(graph: &ColoredGraph) -> String {
    let mut text = format!("graph [\n  directed {}\n", u8::from(graph.is_directed()));
    let color = |is_colored: bool, color: u32| {
        if is_colored {
            format!(" color {color}")
        } else {
            String::new()
        }
    };
    let has_colors = graph.node_colors().iter().any(|&color| color != 0);
    for (v, &value) in graph.node_colors().iter().enumerate() {
        writeln!(text, "  node [ id {v}{} ]", color(has_colors, value))
            .expect("writing to a string cannot fail");
    }
    let has_colors = graph.edges().any(|(.., color)| color != 0);
    for (u, v, value) in graph.edges() {
        let color = color(has_colors, value);
        writeln!(text, "  edge [ source {u} target {v}{color} ]").expect("writing to a string cannot fail");
    }
    text.push_str("]\n");
    text
}
