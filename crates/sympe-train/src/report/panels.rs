//! Panels of coloured cells: maps of a parameter plane, spins on a lattice.

use super::escape;
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

/// A table of panels as SVG: headings above, a title left of each row.
///
/// ```
/// use sympe_train::report::{Panel, panels};
/// let panel = Panel::new(1, |_, _| [0, 114, 178], 1);
/// assert!(panels(&["spins".into()], &[("sympe".into(), vec![panel])]).starts_with("<svg"));
/// ```
#[must_use]
pub fn panels(headings: &[String], rows: &[(String, Vec<Panel>)]) -> String {
    const SIDE: usize = 112;
    const STEP: usize = SIDE + 14;
    const TOP: usize = 24;
    const TITLE: usize = 18;
    let (width, height) = (headings.len() * STEP, TOP + rows.len() * (STEP + TITLE));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\" \
         shape-rendering=\"crispEdges\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (column, heading) in headings.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"14\">{}</text>",
            column * STEP,
            escape(heading)
        );
    }
    for (row, (title, panels)) in rows.iter().enumerate() {
        let y = TOP + row * (STEP + TITLE);
        let _ = writeln!(
            svg,
            "<text x=\"0\" y=\"{}\" font-weight=\"bold\">{}</text>",
            y + 12,
            escape(title)
        );
        for (column, panel) in panels.iter().enumerate() {
            let lines = panel.cells.len().div_ceil(panel.columns.max(1)).max(1);
            let cell = SIDE as f64 / lines.max(panel.columns) as f64;
            let (left, top) = ((column * STEP) as f64, (y + TITLE) as f64);
            for (line, cells) in panel.cells.chunks(panel.columns.max(1)).enumerate() {
                // Neighbours of one colour are one rectangle.
                let mut start = 0;
                while start < cells.len() {
                    let run = cells[start..].iter().take_while(|c| **c == cells[start]).count();
                    let [r, g, b] = cells[start];
                    if cells[start] != [255; 3] {
                        let (x, y) = (left + cell * start as f64, top + cell * line as f64);
                        let width = cell * run as f64;
                        let _ = write!(
                            svg,
                            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{cell:.2}\" \
                             fill=\"#{r:02x}{g:02x}{b:02x}\"/>"
                        );
                    }
                    start += run;
                }
            }
            let (width, height) = (cell * panel.columns as f64, cell * lines as f64);
            let _ = writeln!(
                svg,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"none\" \
                 stroke=\"#bbb\"/>"
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}
