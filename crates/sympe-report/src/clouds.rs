//! Clouds of points that move, as pictures.

use crate::graphs::{fit, grid, line};
use crate::layout::Point;
use std::fmt::Write;

/// Points of space and where they go, to be drawn by [`clouds`].
#[derive(Clone, Debug, PartialEq)]
pub struct MovedCloud {
    /// `[N, 3]`, in any unit: `x` to the right, `y` up, `z` obliquely towards the viewer.
    pub places: Vec<[f64; 3]>,
    /// `[N, 3]`: where each goes.
    pub moved: Vec<[f64; 3]>,
}

/// Clouds in rows of `columns`, each with a caption below: a grey dot where a point is, a blue one where it goes, a line between.
///
/// ```
/// use sympe_report::{MovedCloud, clouds};
/// let pair = MovedCloud { places: vec![[0.0; 3], [0.0, 1.0, 0.0]], moved: vec![[0.0; 3], [0.5, 1.0, 0.0]] };
/// let svg = clouds(&[("bent".into(), pair)], 4);
/// assert_eq!(svg.matches("<circle").count(), 4);
/// ```
///
/// # Panics
///
/// When a cloud has not as many places as points that move.
#[must_use]
pub fn clouds(items: &[(String, MovedCloud)], columns: usize) -> String {
    grid(items, columns, draw_cloud)
}

/// Clouds are of any size: so many edges of graphs make one fill its picture.
const LARGE: f64 = 100.0;

fn draw_cloud(svg: &mut String, cloud: &MovedCloud) {
    let count = cloud.places.len();
    assert_eq!(cloud.moved.len(), count, "points that move");
    let all = || cloud.places.iter().chain(&cloud.moved).copied();
    let largest = all().flatten().fold(0.0f64, |most, x| most.max(x.abs()));
    let unit = if largest > 0.0 { LARGE / largest } else { 1.0 };
    let seen = all().map(|[x, y, z]| Point::new(x - 0.4 * z, y - 0.3 * z) * unit);
    let (points, _) = fit(&seen.collect::<Vec<_>>());
    svg.push_str("<g stroke=\"#999\" stroke-width=\"1.2\">");
    for point in 0..count {
        line(svg, [points[point], points[count + point]], "");
    }
    for (color, points) in [("#bbb", &points[..count]), ("#0072b2", &points[count..])] {
        let _ = write!(svg, "</g><g fill=\"{color}\">");
        for Point { re: x, im: y } in points {
            let _ = write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>");
        }
    }
    svg.push_str("</g>");
}
