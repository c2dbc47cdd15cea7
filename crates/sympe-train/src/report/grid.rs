//! Grids of pictures, each with a caption below.

use super::layout::{Point, bounds};
use super::markup::{escape, svg};
use std::fmt::Write;

/// Side of the square of a picture, room for its caption, and margin inside the square, in pixels.
const SIDE: f64 = 170.0;
const CAPTION: f64 = 18.0;
const MARGIN: f64 = 14.0;
/// Pixels per edge, at most.
const SCALE: f64 = 30.0;

/// Pictures in rows of `columns`, drawn by `draw` into squares whose corner is the origin.
pub(super) fn grid<T>(items: &[(String, T)], columns: usize, draw: impl Fn(&mut String, &T)) -> String {
    let columns = columns.clamp(1, items.len().max(1));
    let mut content = String::new();
    for (index, (caption, item)) in items.iter().enumerate() {
        let (x, y) = (
            (index % columns) as f64 * SIDE,
            (index / columns) as f64 * (SIDE + CAPTION),
        );
        let _ = write!(content, "<g transform=\"translate({x} {y})\">");
        draw(&mut content, item);
        let (x, y, caption) = (SIDE / 2.0, SIDE + 10.0, escape(caption));
        let _ = writeln!(
            content,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"11\">{caption}</text></g>"
        );
    }
    let size = [
        columns as f64 * SIDE,
        items.len().div_ceil(columns) as f64 * (SIDE + CAPTION),
    ];
    let attributes = "text-anchor=\"middle\" stroke-linecap=\"round\" class=\"lines\"";
    svg(size, attributes, &content)
}

/// Points in units of edges, moved and scaled into the middle of a picture, `y` downwards, and the pixels per edge.
pub(super) fn fit(points: &[Point]) -> (Vec<Point>, f64) {
    if points.is_empty() {
        return (Vec::new(), SCALE);
    }
    let [low, high] = bounds(points.iter().copied());
    let extent = (high[0] - low[0]).max(high[1] - low[1]);
    let scale = SCALE.min((SIDE - 2.0 * MARGIN) / extent.max(1e-9));
    let place = |point: &Point| {
        let middle = [0, 1].map(|axis| scale * (point[axis] - (low[axis] + high[axis]) / 2.0));
        [SIDE / 2.0 + middle[0], SIDE / 2.0 - middle[1]]
    };
    (points.iter().map(place).collect(), scale)
}

/// A line between two points.
pub(super) fn line(svg: &mut String, [a, b]: [Point; 2], style: &str) {
    let _ = write!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" {style}/>",
        a[0], a[1], b[0], b[1]
    );
}
