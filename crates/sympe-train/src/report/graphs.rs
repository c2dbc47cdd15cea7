//! Drawings of graphs.

use super::grid::{fit, grid, line};
use super::layout::{Targets, distance, layout};
use std::fmt::Write;
use sympe_canon::graph::ColoredGraph;

/// Graphs in rows of `columns`, each with a caption below: dots and lines, placed by stress majorization. Colours and
/// directions are not drawn. O(n²) memory, about 0.1 s for 64 vertices.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// let triangle = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2), (2, 0)])?;
/// let svg = sympe_train::report::graphs(&[("triangle".into(), triangle)], 4);
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
    let mut nearest: Vec<f64> = (0..points.len())
        .filter_map(|v| {
            let others = points.iter().enumerate().filter(|&(u, _)| u != v);
            others
                .map(|(_, &point)| distance(point, points[v]))
                .min_by(f64::total_cmp)
        })
        .collect();
    nearest.sort_by(f64::total_cmp);
    let close = nearest.get(nearest.len() / 4).copied().unwrap_or(scale);
    let radius = (0.16 * scale).min(0.4 * close).clamp(1.2, 4.0);
    let _ = write!(
        svg,
        "<g stroke=\"#777\" stroke-width=\"{:.2}\">",
        (0.25 * radius).max(0.3)
    );
    for (u, v, _) in graph.edges() {
        line(svg, [u, v].map(|end| points[end as usize]), "");
    }
    svg.push_str("</g><g fill=\"#0072b2\">");
    for [x, y] in points {
        let _ = write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>");
    }
    svg.push_str("</g>");
}
