//! Matrices and their reconstructions.

use super::markup::{escape, svg};
use std::fmt::Write;

/// A square matrix and its prediction.
///
/// ```
/// let picture = sympe_train::report::Picture { n: 1, target: vec![1.0], prediction: vec![0.9] };
/// assert_eq!(picture.target.len(), picture.n * picture.n);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Rows and columns.
    pub n: usize,
    /// Entries from 0 to 1, row-major.
    pub target: Vec<f32>,
    /// Entries from 0 to 1, row-major.
    pub prediction: Vec<f32>,
}

/// Side of a matrix, in pixels, distance of matrices, and room for the headings.
const SIDE: usize = 112;
const STEP: usize = SIDE + 14;
const TOP: usize = 40;

/// One row per matrix: the target, then for each method its prediction and the difference.
///
/// Black is 1. In a difference, blue is what is missing and orange what is too much.
///
/// ```
/// use sympe_train::report::{Picture, matrices};
/// let picture = Picture { n: 1, target: vec![0.0], prediction: vec![0.5] };
/// assert!(matrices(&[("sympe".into(), vec![picture])]).starts_with("<svg"));
/// ```
#[must_use]
pub fn matrices(methods: &[(String, Vec<Picture>)]) -> String {
    let Some((_, first)) = methods.first() else {
        return String::new();
    };
    let mut content = String::new();
    let mut heading = |column: usize, y: usize, text: &str| {
        let (x, text) = (column * STEP, escape(text));
        let _ = writeln!(content, "<text x=\"{x}\" y=\"{y}\">{text}</text>");
    };
    heading(0, 32, "input");
    for (index, (name, _)) in methods.iter().enumerate() {
        heading(1 + 2 * index, 14, name);
        heading(1 + 2 * index, 32, "reconstruction");
        heading(2 + 2 * index, 32, "difference");
    }
    for (row, picture) in first.iter().enumerate() {
        draw(&mut content, [row, 0], picture.n, |i| gray(picture.target[i]));
        for (index, (_, pictures)) in methods.iter().enumerate() {
            let Some(picture) = pictures.get(row) else {
                continue;
            };
            let (n, column) = (picture.n, 1 + 2 * index);
            draw(&mut content, [row, column], n, |i| gray(picture.prediction[i]));
            draw(&mut content, [row, column + 1], n, |i| {
                signed(picture.prediction[i] - picture.target[i])
            });
        }
    }
    let size = [(1 + 2 * methods.len()) * STEP, TOP + first.len() * STEP];
    svg(size, "font-size=\"11\" shape-rendering=\"crispEdges\"", &content)
}

/// Draws an `n × n` matrix into a place of the table, entries coloured by their index.
fn draw(svg: &mut String, [row, column]: [usize; 2], n: usize, color: impl Fn(usize) -> String) {
    // Large graphs have small cells: every matrix fills its place.
    let cell = SIDE as f32 / n.max(1) as f32;
    let (x, y) = (column * STEP, TOP + row * STEP);
    for entry in 0..n * n {
        let fill = color(entry);
        if fill != "#ffffff" {
            let cx = x as f32 + cell * (entry % n) as f32;
            let cy = y as f32 + cell * (entry / n) as f32;
            let place = format!("x=\"{cx:.2}\" y=\"{cy:.2}\" width=\"{cell:.2}\" height=\"{cell:.2}\"");
            let _ = write!(svg, "<rect {place} fill=\"{fill}\"/>");
        }
    }
    let frame = format!("x=\"{x}\" y=\"{y}\" width=\"{SIDE}\" height=\"{SIDE}\"");
    let _ = writeln!(svg, "<rect {frame} fill=\"none\" stroke=\"#bbb\"/>");
}

/// 0 is white, 1 is black.
fn gray(value: f32) -> String {
    let level = (255.0 * (1.0 - value.clamp(0.0, 1.0))).round() as u8;
    format!("#{level:02x}{level:02x}{level:02x}")
}

/// 0 is white, 1 is orange, −1 is blue.
fn signed(value: f32) -> String {
    let toward = if value > 0.0 {
        [213.0, 94.0, 0.0]
    } else {
        [0.0, 114.0, 178.0]
    };
    let weight = value.abs().min(1.0);
    let level = |target: f32| (255.0 + (target - 255.0) * weight).round() as u8;
    format!(
        "#{:02x}{:02x}{:02x}",
        level(toward[0]),
        level(toward[1]),
        level(toward[2])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_entries_and_differences() {
        assert_eq!([gray(0.0), gray(1.0)], ["#ffffff", "#000000"]);
        assert_eq!(
            [signed(0.0), signed(1.0), signed(-1.0)],
            ["#ffffff", "#d55e00", "#0072b2"]
        );
    }
}
