//! Learning curves, each with its name at its right end.

use super::axis::Axis;
use super::markup::{escape, svg};
use std::fmt::Write;

/// A learning curve.
///
/// ```
/// let curve = sympe_train::report::Curve { name: "sympe".into(), points: vec![(1.0, 0.5)] };
/// assert_eq!(curve.points.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name beside it.
    pub name: String,
    /// Points `(x, y)`.
    pub points: Vec<(f64, f64)>,
}

impl Curve {
    fn visible(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let is_finite = |point: &(f64, f64)| point.0.is_finite() && point.1.is_finite();
        self.points.iter().copied().filter(is_finite)
    }
}

/// A colour-blind safe palette (Okabe & Ito 2008).
const COLORS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c8c8c",
];
/// Dashes of the first eight curves, of the next eight, and so on.
const DASHES: [&str; 3] = ["", " stroke-dasharray=\"6 3\"", " stroke-dasharray=\"2 3\""];

/// Left and upper edge of the rectangle of the curves, its width, and its least height, in pixels.
const LEFT: f64 = 74.0;
const TOP: f64 = 34.0;
const WIDTH: f64 = 350.0;
const HEIGHT: f64 = 240.0;
/// Room below it.
const BOTTOM: f64 = 46.0;
/// Distance of names, and where they start to the right of the rectangle.
const LINE: f64 = 15.0;
const NAME: f64 = 42.0;
/// Width of a letter of a name, a wide one: a browser decides what it is.
const LETTER: f64 = 7.5;
/// On small screens a figure shrinks to this share, in which its letters are still legible, and no further.
const LEAST: f64 = 0.7;

/// Curves over a common axis, the name of each at its right end; no two names overlap.
///
/// The `y` axis is logarithmic where values span a factor of ten and none is negative; zeros are then at the lower edge.
/// The `x` axis has whole numbers where all `x` are whole. Values that are not finite are left out.
///
/// ```
/// use sympe_train::report::{Curve, curves};
/// let curve = Curve { name: "sympe".into(), points: vec![(1.0, 10.0), (2.0, 1.0)] };
/// let svg = curves("test error", "epoch", "%", &[curve]);
/// assert!(svg.starts_with("<svg") && svg.contains(">sympe<"));
/// ```
#[must_use]
pub fn curves(title: &str, x: &str, y: &str, curves: &[Curve]) -> String {
    let plot = Plot::new(curves);
    let mut content = String::new();
    plot.frame(&mut content, title, x, y);
    let ends: Vec<f64> = curves.iter().map(|curve| plot.end(curve)).collect();
    let places = apart(&ends, LINE, [TOP + LINE / 2.0, TOP + plot.height - LINE / 2.0]);
    for (index, (curve, place)) in curves.iter().zip(places).enumerate() {
        let dash = DASHES[index / COLORS.len() % DASHES.len()];
        let style = format!("fill=\"none\" stroke=\"{}\"{dash}", COLORS[index % COLORS.len()]);
        plot.curve(&mut content, curve, place, &style);
    }
    let letters = curves.iter().map(|curve| curve.name.chars().count()).max();
    let names = LETTER * letters.unwrap_or(0) as f64;
    let size = [LEFT + WIDTH + NAME + names, TOP + plot.height + BOTTOM].map(f64::ceil);
    let attributes = format!(
        "font-size=\"13\" class=\"lines curves\" style=\"min-width:{:.0}px\" role=\"img\" aria-label=\"{}\"",
        LEAST * size[0],
        escape(title)
    );
    svg(size, &attributes, &content)
}

/// The rectangle of the curves and its axes.
struct Plot {
    x: Axis,
    /// Whether all `x` are whole numbers.
    is_whole: bool,
    y: Axis,
    height: f64,
}

impl Plot {
    fn new(curves: &[Curve]) -> Self {
        let points = || curves.iter().flat_map(Curve::visible);
        let (left, right) = points().fold((1.0, 2.0), |(left, right), (x, _)| (x.min(left), x.max(right)));
        Self {
            x: Axis::linear(left, right),
            is_whole: points().all(|(x, _)| x.fract() == 0.0),
            y: vertical(&points().map(|(_, y)| y).collect::<Vec<_>>()),
            height: HEIGHT.max(LINE * curves.len() as f64),
        }
    }

    fn at(&self, (x, y): (f64, f64)) -> [f64; 2] {
        [
            LEFT + WIDTH * self.x.share(x),
            TOP + self.height * (1.0 - self.y.share(y)),
        ]
    }

    /// How far down a curve ends; one without points at the lower edge.
    fn end(&self, curve: &Curve) -> f64 {
        let last = curve.visible().last();
        last.map_or(TOP + self.height, |point| self.at(point)[1])
    }

    /// Title, axes and ticks.
    fn frame(&self, content: &mut String, title: &str, x: &str, y: &str) {
        let (right, bottom) = (LEFT + WIDTH, TOP + self.height);
        let middle = [LEFT + WIDTH / 2.0, TOP + self.height / 2.0];
        let _ = writeln!(
            content,
            "<g fill=\"#222\" text-anchor=\"middle\">\
             <text x=\"{}\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{}</text>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            middle[0],
            escape(title),
            middle[0],
            bottom + 38.0,
            escape(x)
        );
        // The title often is what the axis shows.
        if y != title {
            let _ = writeln!(
                content,
                "<text transform=\"translate(14 {}) rotate(-90)\">{}</text>",
                middle[1],
                escape(y)
            );
        }
        for (value, text) in self.x.ticks(self.is_whole) {
            let x = LEFT + WIDTH * self.x.share(value);
            let _ = writeln!(
                content,
                "<path d=\"M{x:.1} {bottom}v5\" stroke=\"#888\"/><text x=\"{x:.1}\" y=\"{}\">{text}</text>",
                bottom + 19.0
            );
        }
        content.push_str("</g>\n<g fill=\"#222\" text-anchor=\"end\">");
        for (value, text) in self.y.ticks(false) {
            let y = TOP + self.height * (1.0 - self.y.share(value));
            let _ = writeln!(
                content,
                "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#e4e4e4\"/><text x=\"{}\" y=\"{:.1}\">{text}</text>",
                LEFT - 8.0,
                y + 4.5
            );
        }
        let _ = writeln!(
            content,
            "</g>\n<path d=\"M{LEFT} {TOP}V{bottom}H{right}\" fill=\"none\" stroke=\"#888\"/>"
        );
    }

    /// A curve, and a line from its end to its name, which is `place` down.
    fn curve(&self, content: &mut String, curve: &Curve, place: f64, style: &str) {
        let points: Vec<[f64; 2]> = curve.visible().map(|point| self.at(point)).collect();
        let right = LEFT + WIDTH;
        let (sample, name) = (right + NAME - 24.0, right + NAME);
        if let Some([x, y]) = points.last() {
            let _ = writeln!(
                content,
                "<path d=\"M{x:.1} {y:.1}H{right}L{sample} {place:.1}\" fill=\"none\" stroke=\"#999\" \
                 stroke-width=\"0.7\"/>"
            );
        }
        match points.as_slice() {
            // A line through one point is none.
            [[x, y]] => {
                let _ = writeln!(
                    content,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" {style} stroke-width=\"2\"/>"
                );
            }
            _ => {
                let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
                let points = points.join(" ");
                let _ = writeln!(
                    content,
                    "<polyline points=\"{points}\" {style} stroke-width=\"2\" stroke-linejoin=\"round\"/>"
                );
            }
        }
        let _ = writeln!(
            content,
            "<path d=\"M{sample} {place:.1}H{}\" {style} stroke-width=\"2\"/>\
             <text x=\"{name}\" y=\"{:.1}\" fill=\"#222\">{}</text>",
            name - 6.0,
            place + 4.5,
            escape(&curve.name)
        );
    }
}

/// The axis for these values.
fn vertical(values: &[f64]) -> Axis {
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    let low = least(&mut values.iter().copied());
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let positive = least(&mut values.iter().copied().filter(|&y| y > 0.0));
    if low >= 0.0 && high > 10.0 * positive {
        let floor = if low == 0.0 { positive * 0.5 } else { low * 0.9 };
        return Axis::logarithmic(floor, high * 1.1);
    }
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    // A constant curve needs a range around it.
    let margin = match high - low {
        0.0 if high == 0.0 => 1.0,
        0.0 => 0.1 * high.abs(),
        range => 0.05 * range,
    };
    Axis::linear(low - margin, high + margin)
}

/// Values near `wanted`, in the same order, at least `step` apart and within `bounds`; of all such values those with the least
/// sum of squared differences from `wanted`.
///
/// With `i·step` taken off the i-th in order, values `step` apart are values that do not fall: isotonic regression by pooling
/// adjacent violators (Barlow et al., *Statistical inference under order restrictions*, 1972). Between bounds it is the
/// regression without, cut off there. O(n log n).
fn apart(wanted: &[f64], step: f64, bounds: [f64; 2]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    // Sums and sizes of pools; their means rise.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (rank, &index) in order.iter().enumerate() {
        let mut pool = (wanted[index] - step * rank as f64, 1);
        while let Some(&(sum, count)) = pools.last()
            && sum / count as f64 >= pool.0 / pool.1 as f64
        {
            pool = (pool.0 + sum, pool.1 + count);
            pools.pop();
        }
        pools.push(pool);
    }
    let most = bounds[1] - step * wanted.len().saturating_sub(1) as f64;
    let means = pools
        .iter()
        .flat_map(|&(sum, count)| std::iter::repeat_n(sum / count as f64, count));
    let mut places = vec![0.0; wanted.len()];
    for ((rank, &index), mean) in order.iter().enumerate().zip(means) {
        places[index] = mean.min(most).max(bounds[0]) + step * rank as f64;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[f64]) -> String {
        let points = values
            .iter()
            .enumerate()
            .map(|(i, &y)| (i as f64 + 1.0, y))
            .collect();
        let name = String::new();
        curves("loss", "epoch", "loss", &[Curve { name, points }])
    }

    /// The vertices of the first curve: `x,y x,y …`.
    fn vertices(svg: &str) -> Vec<(f64, f64)> {
        let line = svg
            .lines()
            .find(|line| line.contains("<polyline") && line.contains("#0072b2"))
            .expect("a curve");
        let points = line.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        let number = |text: &str| text.parse::<f64>().unwrap();
        points
            .split_whitespace()
            .map(|point| point.split_once(',').unwrap())
            .map(|(x, y)| (number(x), number(y)))
            .collect()
    }

    #[test]
    fn one_point_is_a_dot_and_constant_curves_are_inside_the_figure() {
        let dots = |svg: &str| svg.matches("<circle").count();
        for constant in [0.0, 3.0, -2.0, 1e-12] {
            assert_eq!(dots(&drawn(&[constant])), 1, "{constant}");
            let curve = vertices(&drawn(&[constant; 3]));
            assert_eq!(curve.len(), 3, "{constant}");
            assert!(
                curve
                    .iter()
                    .all(|&(_, y)| (TOP + 1.0..TOP + HEIGHT - 1.0).contains(&y)),
                "{constant}: {curve:?}"
            );
        }
        assert_eq!(dots(&drawn(&[1.0, 2.0])), 0);
        assert!(drawn(&[]).starts_with("<svg") && drawn(&[f64::NAN]).starts_with("<svg"));
    }

    #[test]
    fn zeros_are_at_the_lower_edge_of_a_logarithmic_axis() {
        let curve = vertices(&drawn(&[100.0, 1.0, 0.0, 10.0]));
        assert_eq!(curve.len(), 4);
        assert_eq!(curve[2].1, TOP + HEIGHT);
        // Downwards is more; equal ratios are equal distances.
        assert!(curve[1].1 > curve[3].1 && curve[3].1 > curve[0].1);
        let steps = [curve[1].1 - curve[3].1, curve[3].1 - curve[0].1];
        assert!((steps[0] - steps[1]).abs() <= 0.2, "{steps:?}");
        assert_eq!(vertices(&drawn(&[-1.0, 0.0, 100.0])).len(), 3);
    }

    #[test]
    fn names_are_apart_in_the_order_of_the_ends_and_beside_the_curves() {
        let count = 30;
        let all: Vec<Curve> = (0..count)
            .map(|index| Curve {
                name: format!("run{index}"),
                // Ends are close, some the same, one is none.
                points: match index {
                    7 => vec![(1.0, f64::NAN)],
                    _ => vec![
                        (1.0, 5.0),
                        (f64::from(2 + index % 3), 1.0 + f64::from(index / 2) * 0.01),
                    ],
                },
            })
            .collect();
        let svg = curves("loss", "epoch", "loss", &all);
        let place = |index: i32| {
            let before = svg.split(&format!(">run{index}<")).next().unwrap();
            let text = before.rsplit("<text ").next().unwrap();
            ["x=\"", "y=\""].map(|name| {
                let value = text.split(name).nth(1).unwrap();
                value.split('"').next().unwrap().parse::<f64>().unwrap()
            })
        };
        let mut heights: Vec<f64> = (0..count).map(|index| place(index)[1]).collect();
        assert!((0..count).all(|index| place(index)[0] > LEFT + WIDTH));
        assert!(heights[29] < heights[1] && heights[0] < heights[7]);
        heights.sort_by(f64::total_cmp);
        assert!(heights.windows(2).all(|pair| pair[1] - pair[0] > LINE - 0.2));
        assert_eq!(svg.matches("<polyline").count(), count as usize);
    }

    #[test]
    fn values_are_moved_apart_as_little_as_possible() {
        let bounds = [0.0, 100.0];
        assert_eq!(apart(&[50.0, 10.0, 30.0], 10.0, bounds), [50.0, 10.0, 30.0]);
        // A pool spreads around its mean, and takes in whom it meets.
        assert_eq!(apart(&[50.0, 50.0], 10.0, bounds), [45.0, 55.0]);
        assert_eq!(
            apart(&[50.0, 50.0, 58.0], 10.0, bounds),
            [42.666666666666664, 52.666666666666664, 62.666666666666664]
        );
        assert_eq!(apart(&[0.0, 1.0, 100.0], 10.0, bounds), [0.0, 10.0, 100.0]);
        assert_eq!(apart(&[99.0, 99.5], 10.0, bounds), [90.0, 100.0]);
        assert!(apart(&[], 10.0, bounds).is_empty());
    }
}
