//! Panels of coloured cells: maps of a parameter plane, spins on a lattice, matrices and their reconstructions.

use crate::{escape, svg};
use std::fmt::Write;

/// Side of the square of a panel, and distance of panels, in pixels.
const SIDE: usize = 112;
const STEP: usize = SIDE + 14;
const ATTRIBUTES: &str = "font-size=\"11\" shape-rendering=\"crispEdges\"";

/// A rectangle of coloured cells, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    columns: usize,
    cells: Vec<[u8; 3]>,
}

impl Panel {
    /// `rows × columns` cells, coloured by row and column.
    pub fn new(rows: usize, color: impl Fn(usize, usize) -> [u8; 3], columns: usize) -> Self {
        let cell = |index: usize| color(index / columns, index % columns);
        let cells = (0..rows * columns).map(cell).collect();
        Self { columns, cells }
    }

    /// Draws the panel into the square whose upper left corner is `[left, top]`.
    fn draw(&self, svg: &mut String, corner: [usize; 2]) {
        let [left, top] = corner.map(|edge| edge as f64);
        let columns = self.columns.max(1);
        let lines = self.cells.len().div_ceil(columns).max(1);
        let cell = SIDE as f64 / lines.max(self.columns) as f64;
        for (line, cells) in self.cells.chunks(columns).enumerate() {
            let mut column = 0;
            // Neighbours of one colour are one rectangle.
            for run in cells.chunk_by(|one, other| one == other) {
                let [r, g, b] = run[0];
                let [x, y] = [left + cell * column as f64, top + cell * line as f64];
                if run[0] != [255; 3] {
                    let fill = format!("fill=\"#{r:02x}{g:02x}{b:02x}\"");
                    rectangle(svg, [x, y, cell * run.len() as f64, cell], &fill);
                }
                column += run.len();
            }
        }
        let frame = [left, top, cell * self.columns as f64, cell * lines as f64];
        rectangle(svg, frame, "fill=\"none\" stroke=\"#bbb\"");
    }
}

fn rectangle(svg: &mut String, [x, y, width, height]: [f64; 4], style: &str) {
    let size = format!("width=\"{width:.2}\" height=\"{height:.2}\"");
    let _ = writeln!(svg, "<rect x=\"{x:.2}\" y=\"{y:.2}\" {size} {style}/>");
}

/// A mixture of white (0) and a colour (1); weights outside are the nearer of the two, NaN is white.
#[must_use]
pub fn shade(color: [u8; 3], weight: f64) -> [u8; 3] {
    // The maximum of NaN and a number is the number.
    let weight = weight.clamp(0.0, 1.0).max(0.0);
    color.map(|channel| (255.0 + (f64::from(channel) - 255.0) * weight).round() as u8)
}

fn text(svg: &mut String, [x, y]: [usize; 2], style: &str, text: &str) {
    let text = escape(text);
    let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\"{style}>{text}</text>");
}

/// A table of panels as SVG: headings above, a title above each row.
#[must_use]
pub fn panels(headings: &[String], rows: &[(String, Vec<Panel>)]) -> String {
    /// Room for the headings, for the title of a row, and for a letter of a heading, a wide one.
    const TOP: usize = 24;
    const TITLE: usize = 18;
    const LETTER: usize = 7;
    // Headings never run into each other.
    let letters = headings.iter().map(|heading| heading.chars().count() + 1).max();
    let step = STEP.max(LETTER * letters.unwrap_or(0));
    let mut content = String::new();
    for (column, heading) in headings.iter().enumerate() {
        text(&mut content, [column * step, 14], "", heading);
    }
    for (row, (title, panels)) in rows.iter().enumerate() {
        let y = TOP + row * (STEP + TITLE);
        text(&mut content, [0, y + 12], " font-weight=\"bold\"", title);
        for (column, panel) in panels.iter().enumerate() {
            panel.draw(&mut content, [column * step, y + TITLE]);
        }
    }
    let size = [headings.len() * step, TOP + rows.len() * (STEP + TITLE)];
    svg(size, ATTRIBUTES, &content)
}

/// A square matrix and its prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Rows and columns.
    pub n: usize,
    /// Entries from 0 to 1, row-major.
    pub target: Vec<f32>,
    /// Entries from 0 to 1, row-major.
    pub prediction: Vec<f32>,
}

/// One row per matrix: the target, then for each method its prediction and the difference.
///
/// Black is 1. In a difference, blue is what is missing and orange what is too much.
#[must_use]
pub fn matrices(methods: &[(String, Vec<Picture>)]) -> String {
    const TOP: usize = 40;
    let Some((_, first)) = methods.first() else {
        return String::new();
    };
    let mut content = String::new();
    text(&mut content, [0, 32], "", "input");
    for (index, (name, _)) in methods.iter().enumerate() {
        let x = (1 + 2 * index) * STEP;
        text(&mut content, [x, 14], "", name);
        text(&mut content, [x, 32], "", "reconstruction");
        text(&mut content, [x + STEP, 32], "", "difference");
    }
    let gray = |value: f32| shade([0; 3], value.into());
    for row in 0..first.len() {
        let mut draw = |column: usize, n: usize, color: &dyn Fn(usize) -> [u8; 3]| {
            let panel = Panel::new(n, |i, j| color(i * n + j), n);
            panel.draw(&mut content, [column * STEP, TOP + row * STEP]);
        };
        draw(0, first[row].n, &|entry| gray(first[row].target[entry]));
        for (index, (_, pictures)) in methods.iter().enumerate() {
            if let Some(one) = pictures.get(row) {
                let difference = |entry: usize| signed(one.prediction[entry] - one.target[entry]);
                draw(1 + 2 * index, one.n, &|entry| gray(one.prediction[entry]));
                draw(2 + 2 * index, one.n, &difference);
            }
        }
    }
    let size = [(1 + 2 * methods.len()) * STEP, TOP + first.len() * STEP];
    svg(size, ATTRIBUTES, &content)
}

/// 0 is white, 1 is orange, −1 is blue.
fn signed(value: f32) -> [u8; 3] {
    let color = if value > 0.0 { [213, 94, 0] } else { [0, 114, 178] };
    shade(color, value.abs().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_gray_and_differences_blue_and_orange() {
        let colors = [[255; 3], [213, 94, 0], [0, 114, 178]];
        assert_eq!([0.0, 7.0, -1.0].map(signed), colors);
        assert_eq!(signed(f32::NAN), [255; 3]);
        let picture = Picture {
            n: 2,
            target: vec![1.0, 0.0, 0.0, 0.0],
            prediction: vec![0.5, 0.0, 0.0, 1.0],
        };
        let svg = matrices(&[("a".into(), vec![picture])]);
        // Paper, three frames, five cells.
        let parts = ["<rect", "#000000", "#808080", "#80b9d9", "#d55e00"];
        assert_eq!(
            parts.map(|part| svg.matches(part).count()),
            [1 + 3 + 5, 2, 1, 1, 1]
        );
    }

    #[test]
    fn equal_neighbours_are_one_rectangle_and_long_headings_widen_columns() {
        let is_black = |row, column| row == 0 || column > 1;
        let color = |row, column| if is_black(row, column) { [0; 3] } else { [255; 3] };
        let row = |count: usize| [("row".into(), vec![Panel::new(2, color, 3); count])];
        let svg = panels(&["a".into()], &row(1));
        // Paper and frame; three black cells, one black cell.
        assert_eq!(svg.matches("<rect").count(), 2 + 2);
        let wide = panels(&["a".into(), "b".repeat(40)], &row(2));
        assert!(svg.contains("width=\"126\"") && wide.contains("width=\"574\""));
    }
}
