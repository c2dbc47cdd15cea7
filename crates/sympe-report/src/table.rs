//! Tables, as Markdown and as HTML.

use crate::escape;
use std::fmt::Write;

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
    /// use sympe_report::Table;
    /// let table = Table { head: vec!["a".into(), "bb".into()], rows: vec![vec!["ccc".into(), "d".into()]] };
    /// assert_eq!(table.markdown(), "| a   | bb |\n|-----|----|\n| ccc | d  |\n");
    /// ```
    #[must_use]
    pub fn markdown(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let cells = cells.chain(self.head.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let line = |cells: &[String]| {
            let mut text = String::new();
            for (cell, width) in cells.iter().zip(&widths) {
                write!(text, "| {cell:<width$} ").expect("writing to a string cannot fail");
            }
            text + "|\n"
        };
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        // The rule has no spaces: "|-----|", not "| --- |".
        line(&self.head) + &line(&rule).replace(' ', "-") + &rows
    }

    /// The table as HTML. Columns of numbers are flush right.
    pub(crate) fn html(&self) -> String {
        let is_number =
            |text: &String| text.starts_with(|first: char| first.is_ascii_digit() || "+-−".contains(first));
        let is_numeric = |column: usize| self.rows.iter().all(|row| row.get(column).is_some_and(is_number));
        let class = |column| {
            if is_numeric(column) {
                " class=\"number\""
            } else {
                ""
            }
        };
        let classes: Vec<&str> = (0..self.head.len()).map(class).collect();
        let row = |cells: &[String], tag: &str| {
            let mut html = String::new();
            for (column, (cell, class)) in cells.iter().zip(&classes).enumerate() {
                let (tag, scope) = match (tag, column) {
                    ("th", _) => ("th", " scope=\"col\""),
                    (_, 0) => ("th", " scope=\"row\""),
                    _ => (tag, ""),
                };
                let _ = write!(html, "<{tag}{scope}{class}>{}</{tag}>", escape(cell));
            }
            format!("<tr>{html}</tr>\n")
        };
        let head = row(&self.head, "th");
        let rows: String = self.rows.iter().map(|cells| row(cells, "td")).collect();
        format!("<table>\n<thead>{head}</thead>\n<tbody>\n{rows}</tbody>\n</table>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_escapes_cells_and_knows_numbers() {
        let cells = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let table = Table {
            head: cells(["run", "error", "kernel"]),
            rows: vec![cells(["a & b", "1.0 ± 0.1", ""]), cells(["c", "−2", "4x4"])],
        };
        let html = table.html();
        for part in [
            "<th scope=\"row\">a &amp; b</th><td class=\"number\">1.0 ± 0.1</td><td></td>",
            "<th scope=\"col\" class=\"number\">error</th><th scope=\"col\">kernel</th>",
        ] {
            assert!(html.contains(part), "{html}");
        }
    }
}
