//! The report of a session: one HTML file that needs nothing else, and its figures as SVG files.

mod drawings;
mod figures;
mod layout;
mod panels;

pub use drawings::{graphs, molecules};
pub use figures::{Curve, Picture, curves, matrices};
pub use panels::{Panel, panels, shade};

use crate::TrainError;
use crate::files::write_atomic;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A table: a row of headings, then rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Headings.
    pub head: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// The table as Markdown, columns aligned.
    ///
    /// ```
    /// use sympe_train::report::Table;
    /// let table = Table { head: vec!["a".into(), "bb".into()], rows: vec![vec!["ccc".into(), "d".into()]] };
    /// assert_eq!(table.markdown(), "| a   | bb |\n|-----|----|\n| ccc | d  |\n");
    /// ```
    #[must_use]
    pub fn markdown(&self) -> String {
        let width = |column: usize| {
            let cells = self
                .rows
                .iter()
                .filter_map(|row| row.get(column))
                .chain(self.head.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let mut text = String::new();
        let mut line = |cells: &[String]| {
            for (cell, width) in cells.iter().zip(&widths) {
                write!(text, "| {cell:<width$} ").expect("writing to a string cannot fail");
            }
            text.push_str("|\n");
        };
        line(&self.head);
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        line(&rule);
        self.rows.iter().for_each(|row| line(row));
        // "| --- |" to "|-----|"
        let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let (rule, rows) = rest.split_once('\n').unwrap_or((rest, ""));
        format!("{head}\n{}\n{rows}", rule.replace(' ', "-"))
    }

    fn html(&self) -> String {
        let row = |cells: &[String], tag: &str| {
            let cells: String = cells
                .iter()
                .map(|cell| format!("<{tag}>{}</{tag}>", escape(cell)))
                .collect();
            format!("<tr>{cells}</tr>")
        };
        let rows: String = self.rows.iter().map(|cells| row(cells, "td")).collect();
        format!("<table>{}{rows}</table>", row(&self.head, "th"))
    }
}

/// A part of a report.
///
/// ```
/// use sympe_train::report::Block;
/// let block = Block::Listing("config.toml".into(), "epochs = 3".into());
/// assert!(matches!(block, Block::Listing(..)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A table.
    Table(Table),
    /// An SVG figure: its file name without extension, its caption, its content.
    Figure(String, String, String),
    /// Preformatted text that can be folded away: its title, its content.
    Listing(String, String),
}

/// A report in the making.
///
/// ```
/// use sympe_train::report::{Block, Report};
/// let folder = tempfile::tempdir().unwrap();
/// let report = Report::new("A <small> run").with("Results", [Block::Text("It worked.".into())]);
/// let path = report.write(folder.path())?;
/// assert!(std::fs::read_to_string(path).unwrap().contains("A &lt;small&gt; run"));
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    title: String,
    sections: Vec<(String, Vec<Block>)>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            sections: Vec::new(),
        }
    }

    /// The report with one more section.
    #[must_use]
    pub fn with(mut self, heading: impl Into<String>, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.sections.push((heading.into(), blocks.into_iter().collect()));
        self
    }

    /// Writes `report.html` and the figures; returns the path of the report.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, TrainError> {
        let mut body = format!("<h1>{}</h1>\n", escape(&self.title));
        for (heading, blocks) in &self.sections {
            let _ = writeln!(body, "<h2>{}</h2>", escape(heading));
            for block in blocks {
                let html = match block {
                    Block::Text(text) => format!("<p>{}</p>", escape(text)),
                    Block::Table(table) => table.html(),
                    Block::Listing(title, text) => {
                        let (title, text) = (escape(title), escape(text));
                        format!("<details><summary>{title}</summary><pre>{text}</pre></details>")
                    }
                    Block::Figure(name, caption, svg) => {
                        write_atomic(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
                        format!(
                            "<figure>{svg}<figcaption>{}</figcaption></figure>",
                            escape(caption)
                        )
                    }
                };
                let _ = writeln!(body, "{html}");
            }
        }
        let title = escape(&self.title);
        let page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n"
        );
        let path = folder.join("report.html");
        write_atomic(&path, page.as_bytes())?;
        Ok(path)
    }
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;\
    color:#222}h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}table{border-collapse:collapse}\
    th,td{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:right}th:first-child,\
    td:first-child{text-align:left}figure{margin:1rem 0}figcaption{color:#666}svg{max-width:100%;height:auto}\
    pre{background:#f6f6f6;padding:1rem;overflow:auto}";

/// Text as HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
