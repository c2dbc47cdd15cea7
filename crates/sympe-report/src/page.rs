//! The page of a report.

use crate::escape;
use crate::table::Table;
use std::fmt::Write;

/// A part of a report.
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

impl Block {
    fn html(&self) -> String {
        let wide = |html: &str| format!("<div class=\"wide\" tabindex=\"0\">{html}</div>");
        match self {
            Self::Text(text) => format!("<p>{}</p>", escape(text)),
            Self::Table(table) => wide(&table.html()),
            Self::Listing(title, text) => {
                let (title, text) = (escape(title), escape(text));
                format!("<details><summary>{title}</summary><pre>{text}</pre></details>")
            }
            Self::Figure(_, caption, svg) => {
                let (svg, caption) = (wide(svg), escape(caption));
                format!("<figure>{svg}<figcaption>{caption}</figcaption></figure>")
            }
        }
    }
}

/// A report in the making.
///
/// ```
/// use sympe_report::{Block, Report};
/// let figure = Block::Figure("dot".into(), "A dot".into(), "<svg></svg>".into());
/// let report = Report::new("A <small> run").with("Results", [Block::Text("It worked.".into()), figure]);
/// let files = report.files();
/// assert_eq!([&files[0].0, &files[1].0], ["dot.svg", "report.html"]);
/// assert!(files[1].1.contains("A &lt;small&gt; run") && files[1].1.contains("<svg>"));
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

    /// Names and contents of its files: each figure as SVG, and at the end `report.html`, which needs none of the others.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let blocks = self.sections.iter().flat_map(|(_, blocks)| blocks);
        let mut files: Vec<(String, String)> = blocks
            .filter_map(|block| match block {
                Block::Figure(name, _, svg) => Some((format!("{name}.svg"), svg.clone())),
                _ => None,
            })
            .collect();
        files.push(("report.html".to_owned(), self.html()));
        files
    }

    fn html(&self) -> String {
        let (title, style) = (escape(&self.title), include_str!("style.css"));
        let mut body = format!("<h1>{title}</h1>\n");
        // A section without content, such as the figures of runs that could not be read, has no heading either.
        for (heading, blocks) in self.sections.iter().filter(|(_, blocks)| !blocks.is_empty()) {
            let _ = writeln!(body, "<h2>{}</h2>", escape(heading));
            for block in blocks {
                let _ = writeln!(body, "{}", block.html());
            }
        }
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\n\
             <style>\n{style}</style></head>\n<body>\n{body}</body></html>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_needs_no_other_file_and_frames_what_is_wide() {
        let table = Table::default();
        let figure = Block::Figure("curve".into(), "a < b".into(), "<svg></svg>".into());
        let report = Report::new("title")
            .with("first", [Block::Table(table), figure])
            .with("nothing", []);
        let page = report.html();
        assert_eq!(page.matches("<div class=\"wide\"").count(), 2);
        assert!(page.contains("<figcaption>a &lt; b</figcaption>") && !page.contains("nothing"));
        for outside in ["href", "src=", "url(", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
