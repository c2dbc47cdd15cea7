//! Grids of pictures, each with a caption below; graphs as pictures.

use crate::layout::{Point, Targets, bounds, layout};
use crate::{escape, svg};
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Side of the square of a picture, room for its caption, and margin inside the square, in pixels.
const SIDE: f64 = 170.0;
const CAPTION: f64 = 18.0;
const MARGIN: f64 = 14.0;
/// Pixels per edge, at most.
const SCALE: f64 = 30.0;

/// Pictures in rows of `columns`, drawn by `draw` into squares whose corner is the origin.
pub(crate) fn grid<T>(items: &[(String, T)], columns: usize, draw: impl Fn(&mut String, &T)) -> String {
    let columns = columns.clamp(1, items.len().max(1));
    let mut content = String::new();
    for (index, (caption, item)) in items.iter().enumerate() {
        let x = (index % columns) as f64 * SIDE;
        let y = (index / columns) as f64 * (SIDE + CAPTION);
        let _ = write!(content, "<g transform=\"translate({x} {y})\">");
        draw(&mut content, item);
        let (x, y, caption) = (SIDE / 2.0, SIDE + 10.0, escape(caption));
        let place = format!("x=\"{x}\" y=\"{y}\" font-size=\"11\"");
        let _ = writeln!(content, "<text {place}>{caption}</text></g>");
    }
    let rows = items.len().div_ceil(columns);
    let size = [columns as f64 * SIDE, rows as f64 * (SIDE + CAPTION)];
    let attributes = "text-anchor=\"middle\" stroke-linecap=\"round\" class=\"lines\"";
    svg(size, attributes, &content)
}

/// Points in units of edges, moved and scaled into the middle of a picture, `y` downwards, and the pixels per edge.
pub(crate) fn fit(points: &[Point]) -> (Vec<Point>, f64) {
    if points.is_empty() {
        return (Vec::new(), SCALE);
    }
    let [low, high] = bounds(points.iter().copied());
    let extent = (high.re - low.re).max(high.im - low.im);
    let scale = SCALE.min((SIDE - 2.0 * MARGIN) / extent.max(1e-9));
    let middle = Point::new(SIDE / 2.0, SIDE / 2.0);
    let place = |point: &Point| middle + ((point - (low + high) / 2.0) * scale).conj();
    (points.iter().map(place).collect(), scale)
}

/// A line between two points.
pub(crate) fn line(svg: &mut String, [a, b]: [Point; 2], style: &str) {
    let _ = write!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" {style}/>",
        a.re, a.im, b.re, b.im
    );
}

/// Graphs in rows of `columns`, each with a caption below: dots and lines, placed by stress majorization. Colours and
/// directions are not drawn. O(n²) memory, about 0.1 s for 64 vertices.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// let triangle = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2), (2, 0)])?;
/// let svg = sympe_report::graphs(&[("triangle".into(), triangle)], 4);
/// assert_eq!(svg.matches("<circle").count(), 3);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[must_use]
pub fn graphs(items: &[(String, ColoredGraph)], columns: usize) -> String {
    grid(items, columns, draw_graph)
}

fn draw_graph(svg: &mut String, graph: &ColoredGraph) {
    let (points, scale) = fit(&layout(graph, Targets::new(graph), false));
    // Dots do not touch: two take most of the distance of close vertices.
    let apart = |u: usize, v: usize| (points[u] - points[v]).norm();
    let others = |v: usize| (0..points.len()).filter(move |&u| u != v);
    let least = |v: usize| others(v).map(|u| apart(u, v)).min_by(f64::total_cmp);
    let mut nearest: Vec<f64> = (0..points.len()).filter_map(least).collect();
    nearest.sort_by(f64::total_cmp);
    let close = nearest.get(nearest.len() / 4).copied().unwrap_or(scale);
    let radius = (0.16 * scale).min(0.4 * close).clamp(1.2, 4.0);
    let width = (0.25 * radius).max(0.3);
    let _ = write!(svg, "<g stroke=\"#777\" stroke-width=\"{width:.2}\">");
    for (u, v, _) in graph.edges() {
        line(svg, [u, v].map(|end| points[end as usize]), "");
    }
    svg.push_str("</g><g fill=\"#0072b2\">");
    for Point { re: x, im: y } in &points {
        let _ = write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>");
    }
    svg.push_str("</g>");
}
