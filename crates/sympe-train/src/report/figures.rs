//! The figures of a report, as SVG.

use super::escape;
use crate::TrainError;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use std::fmt::Write;
use std::ops::Range;

/// A learning curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// Points `(x, y)`.
    pub points: Vec<(f64, f64)>,
}

/// A colour-blind safe palette (Okabe & Ito 2008).
const COLORS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
    RGBColor(140, 140, 140),
];

/// Curves over a common axis, logarithmic in `y` where they span a factor of ten; values that are not positive are left
/// out.
///
/// ```
/// use sympe_train::report::{Curve, curves};
/// let curve = Curve { name: "sympe".into(), points: vec![(1.0, 10.0), (2.0, 1.0)] };
/// assert!(curves("test error", "epoch", "%", &[curve])?.starts_with("<svg"));
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
///
/// # Errors
///
/// When the figure cannot be drawn.
pub fn curves(title: &str, x: &str, y: &str, curves: &[Curve]) -> Result<String, TrainError> {
    let points = || curves.iter().flat_map(|c| &c.points).copied().filter(visible);
    let (low, high) = points().fold((f64::INFINITY, 0.0), |(low, high), (_, y)| {
        (y.min(low), y.max(high))
    });
    let (low, high) = if low < high { (low, high) } else { (0.1, 10.0) };
    let (left, right) = points().fold((1.0, 2.0), |(left, right), (x, _)| (x.min(left), x.max(right)));
    let axes = Axes {
        title,
        x,
        y,
        range: left..right,
    };
    let mut svg = String::new();
    let drawn = if high > 10.0 * low {
        axes.draw(&mut svg, (low * 0.9..high * 1.1).log_scale(), curves)
    } else {
        let margin = 0.05 * (high - low);
        axes.draw(&mut svg, low - margin..high + margin, curves)
    };
    drawn.map_err(|error| TrainError::config(format!("figure '{title}'"), error.to_string()))?;
    Ok(svg)
}

/// Whether a logarithmic axis can show a point.
fn visible(point: &(f64, f64)) -> bool {
    point.1 > 0.0 && point.1.is_finite()
}

struct Axes<'a> {
    title: &'a str,
    x: &'a str,
    y: &'a str,
    range: Range<f64>,
}

impl Axes<'_> {
    fn draw<Y>(&self, svg: &mut String, y: Y, curves: &[Curve]) -> Result<(), Box<dyn std::error::Error>>
    where
        Y: AsRangedCoord<Value = f64>,
        Y::CoordDescType: ValueFormatter<f64>,
    {
        let area = SVGBackend::with_string(svg, (860, 420)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 18))
            .margin(10)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(self.range.clone(), y)?;
        chart
            .configure_mesh()
            .x_desc(self.x)
            .y_desc(self.y)
            .light_line_style(WHITE.mix(0.0))
            .draw()?;
        for (index, curve) in curves.iter().enumerate() {
            let color = COLORS[index % COLORS.len()];
            chart
                .draw_series(LineSeries::new(
                    curve.points.iter().copied().filter(visible),
                    color.stroke_width(2),
                ))?
                .label(curve.name.as_str())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.8))
            .border_style(RGBColor(200, 200, 200))
            .draw()?;
        area.present()?;
        Ok(())
    }
}

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
    const SIDE: usize = 112;
    const STEP: usize = SIDE + 14;
    const TOP: usize = 40;
    let Some((_, first)) = methods.first() else {
        return String::new();
    };
    let (width, height) = ((1 + 2 * methods.len()) * STEP, TOP + first.len() * STEP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\" \
         shape-rendering=\"crispEdges\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let mut heading = |column: usize, y: usize, text: &str| {
        let x = column * STEP;
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\">{}</text>", escape(text));
    };
    heading(0, 32, "input");
    for (index, (name, _)) in methods.iter().enumerate() {
        heading(1 + 2 * index, 14, name);
        heading(1 + 2 * index, 32, "reconstruction");
        heading(2 + 2 * index, 32, "difference");
    }
    let matrix = |row: usize, column: usize, n: usize, color: &dyn Fn(usize) -> String| {
        // Large graphs have small cells: every matrix fills its place.
        let cell = SIDE as f32 / n.max(1) as f32;
        let (x, y) = (column * STEP, TOP + row * STEP);
        let mut text = String::new();
        for entry in 0..n * n {
            let fill = color(entry);
            if fill != "#ffffff" {
                let (cx, cy) = (
                    x as f32 + cell * (entry % n) as f32,
                    y as f32 + cell * (entry / n) as f32,
                );
                let place = format!("x=\"{cx:.2}\" y=\"{cy:.2}\" width=\"{cell:.2}\" height=\"{cell:.2}\"");
                let _ = write!(text, "<rect {place} fill=\"{fill}\"/>");
            }
        }
        let frame = format!("x=\"{x}\" y=\"{y}\" width=\"{SIDE}\" height=\"{SIDE}\"");
        text + &format!("<rect {frame} fill=\"none\" stroke=\"#bbb\"/>\n")
    };
    for (row, picture) in first.iter().enumerate() {
        svg.push_str(&matrix(row, 0, picture.n, &|i| gray(picture.target[i])));
        for (index, (_, pictures)) in methods.iter().enumerate() {
            let Some(picture) = pictures.get(row) else {
                continue;
            };
            svg.push_str(&matrix(row, 1 + 2 * index, picture.n, &|i| {
                gray(picture.prediction[i])
            }));
            let difference = |i: usize| signed(picture.prediction[i] - picture.target[i]);
            svg.push_str(&matrix(row, 2 + 2 * index, picture.n, &difference));
        }
    }
    svg.push_str("</svg>\n");
    svg
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
