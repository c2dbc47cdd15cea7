//! Panels of coloured cells: maps of a parameter plane, spins on a lattice.

use super::markup::{escape, svg};
use std::fmt::Write;

/// A rectangle of coloured cells, row by row from the top.
///
/// ```
/// let panel = sympe_train::report::Panel::new(2, |row, column| if row == column { [0; 3] } else { [255; 3] }, 2);
/// assert_eq!(panel.cells.len(), 4);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// Columns.
    pub columns: usize,
    /// The colours.
    pub cells: Vec<[u8; 3]>,
}

impl Panel {
    /// `rows × columns` cells, coloured by row and column.
    pub fn new(rows: usize, color: impl Fn(usize, usize) -> [u8; 3], columns: usize) -> Self {
        let cell = |index: usize| color(index / columns, index % columns);
        Self {
            columns,
            cells: (0..rows * columns).map(cell).collect(),
        }
    }

    /// Draws the panel into the square whose upper left corner is `[left, top]`.
    fn draw(&self, svg: &mut String, [left, top]: [f64; 2]) {
        let columns = self.columns.max(1);
        let lines = self.cells.len().div_ceil(columns).max(1);
        let cell = SIDE as f64 / lines.max(self.columns) as f64;
        for (line, cells) in self.cells.chunks(columns).enumerate() {
            let mut column = 0;
            // Neighbours of one colour are one rectangle.
            for run in cells.chunk_by(|one, other| one == other) {
                let [r, g, b] = run[0];
                if run[0] != [255; 3] {
                    let (x, y) = (left + cell * column as f64, top + cell * line as f64);
                    let width = cell * run.len() as f64;
                    let _ = write!(
                        svg,
                        "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{cell:.2}\" \
                         fill=\"#{r:02x}{g:02x}{b:02x}\"/>"
                    );
                }
                column += run.len();
            }
        }
        let (width, height) = (cell * self.columns as f64, cell * lines as f64);
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"none\" \
             stroke=\"#bbb\"/>"
        );
    }
}

/// A mixture of white (0) and a colour (1).
///
/// ```
/// use sympe_train::report::shade;
/// assert_eq!(shade([0, 114, 178], 0.0), [255, 255, 255]);
/// assert_eq!(shade([0, 114, 178], 7.0), [0, 114, 178]);
/// ```
#[must_use]
pub fn shade(color: [u8; 3], weight: f64) -> [u8; 3] {
    let weight = if weight.is_nan() {
        0.0
    } else {
        weight.clamp(0.0, 1.0)
    };
    color.map(|channel| (255.0 + (f64::from(channel) - 255.0) * weight).round() as u8)
}

/// Side of the square of a panel, in pixels, distance of columns, room for the headings, and for the title of a row.
const SIDE: usize = 112;
const STEP: usize = SIDE + 14;
const TOP: usize = 24;
const TITLE: usize = 18;
/// Width of a letter of a heading, a wide one.
const LETTER: usize = 7;

/// A table of panels as SVG: headings above, a title above each row.
///
/// ```
/// use sympe_train::report::{Panel, panels};
/// let panel = Panel::new(1, |_, _| [0, 114, 178], 1);
/// assert!(panels(&["spins".into()], &[("sympe".into(), vec![panel])]).starts_with("<svg"));
/// ```
#[must_use]
pub fn panels(headings: &[String], rows: &[(String, Vec<Panel>)]) -> String {
    // Headings never run into each other.
    let letters = headings.iter().map(|heading| heading.chars().count() + 1).max();
    let step = STEP.max(LETTER * letters.unwrap_or(0));
    let mut content = String::new();
    for (column, heading) in headings.iter().enumerate() {
        let (x, heading) = (column * step, escape(heading));
        let _ = writeln!(content, "<text x=\"{x}\" y=\"14\">{heading}</text>");
    }
    for (row, (title, panels)) in rows.iter().enumerate() {
        let y = TOP + row * (STEP + TITLE);
        let (base, title) = (y + 12, escape(title));
        let _ = writeln!(
            content,
            "<text x=\"0\" y=\"{base}\" font-weight=\"bold\">{title}</text>"
        );
        for (column, panel) in panels.iter().enumerate() {
            panel.draw(&mut content, [(column * step) as f64, (y + TITLE) as f64]);
        }
    }
    let size = [headings.len() * step, TOP + rows.len() * (STEP + TITLE)];
    svg(size, "font-size=\"11\" shape-rendering=\"crispEdges\"", &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbours_are_one_rectangle_and_long_headings_widen_columns() {
        let panel = Panel::new(
            2,
            |row, column| if row == 0 || column > 1 { [0; 3] } else { [255; 3] },
            3,
        );
        let svg = panels(&["a".into()], &[("row".into(), vec![panel.clone()])]);
        // Paper and frame; three black cells, one black cell.
        assert_eq!(svg.matches("<rect").count(), 2 + 2);
        let wide = panels(
            &["a".into(), "b".repeat(40)],
            &[("row".into(), vec![panel.clone(), panel])],
        );
        assert!(
            svg.contains("width=\"126\"") && wide.contains("width=\"574\""),
            "{wide}"
        );
    }
}
