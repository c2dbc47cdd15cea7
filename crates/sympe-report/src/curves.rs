//! Learning curves, each with its name at its right end.

use crate::escape;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::data::float::pretty_print_float;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A learning curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name beside it.
    pub name: String,
    /// Epochs, the first of which is 1, or whatever the values are over; and values.
    pub points: Vec<(u32, f64)>,
}

impl Curve {
    fn visible(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.points.iter().copied().filter(|(_, y)| y.is_finite())
    }
}

/// A colour-blind safe palette (Okabe & Ito 2008).
const COLORS: [u32; 8] = [
    0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000, 0x8c8c8c,
];
/// Lengths of the dashes of the second eight curves, of the third eight, and so on; the first eight have none.
const DASHES: [u32; 3] = [0, 7, 2];

/// Width and least height of the rectangle of the curves, room to the left of it, and above and below it, in pixels.
const WIDTH: u32 = 350;
const HEIGHT: u32 = 240;
const LEFT: u32 = 66;
const ABOVE: u32 = 36;
const BELOW: u32 = 44;
/// Distance of names, and where they start to the right of the rectangle.
const LINE: i32 = 15;
const NAME: i32 = 42;
/// Width of a letter of a name, a wide one: a browser decides what it is.
const LETTER: f64 = 7.5;
/// On small screens a figure shrinks to this share, in which its letters are still legible, and no further.
const LEAST: f64 = 0.7;
/// Ticks on an axis, at most.
const TICKS: usize = 9;

/// Curves over epochs, the name of each at its right end; no two names overlap.
///
/// The vertical axis is logarithmic where values span a factor of ten and none is negative; zeros are then at the lower
/// edge. Values that are not finite are left out.
///
/// ```
/// use sympe_report::{Curve, curves};
/// let curve = Curve { name: "sympe".into(), points: vec![(1, 10.0), (2, 1.0)] };
/// let svg = curves("test error", &[curve]);
/// assert!(svg.starts_with("<svg") && svg.contains("sympe"));
/// ```
#[must_use]
pub fn curves(title: &str, curves: &[Curve]) -> String {
    curves_over(title, "epoch", curves)
}

/// The same over another number from 1 on, which is named below the axis.
///
/// ```
/// use sympe_report::{Curve, curves_over};
/// let curve = Curve { name: "sympe".into(), points: vec![(1250, 10.0), (2500, 1.0)] };
/// assert!(curves_over("test error", "training step", &[curve]).contains("training step"));
/// ```
#[must_use]
pub fn curves_over(title: &str, x: &str, curves: &[Curve]) -> String {
    let values = || curves.iter().flat_map(Curve::visible).map(|(_, y)| y);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let positive = values().filter(|&y| y > 0.0).fold(f64::INFINITY, f64::min);
    let last = (curves.iter().flat_map(Curve::visible))
        .map(|(epoch, _)| epoch)
        .max();
    let (labels, epochs) = ([title, x], 1..last.unwrap_or(2).max(2));
    let drawn = if low >= 0.0 && high > 10.0 * positive {
        let floor = if low == 0.0 { positive * 0.5 } else { low * 0.9 };
        let ticks = logarithmic_ticks(floor, high * 1.1);
        let axis = (floor..high * 1.1).log_scale();
        draw(labels, curves, (epochs, axis.with_key_points(ticks)), floor)
    } else {
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        // A constant curve needs a range around it.
        let margin = match high - low {
            0.0 if high == 0.0 => 1.0,
            0.0 => 0.1 * high.abs(),
            range => 0.05 * range,
        };
        draw(
            labels,
            curves,
            (epochs, low - margin..high + margin),
            f64::NEG_INFINITY,
        )
    };
    drawn.expect("drawing into a string cannot fail")
}

/// Percentages over a positive number, on a logarithmic axis with a tick at each number there is; otherwise as [`curves`].
///
/// ```
/// use sympe_report::{Curve, percentages};
/// let curve = Curve { name: "uniform".into(), points: vec![(2, 100.0), (8, 12.5), (128, 0.0)] };
/// let svg = percentages("solved, %", "index", &[curve]);
/// assert!(svg.contains("128") && svg.contains("index"));
/// ```
///
/// # Panics
///
/// When a point is at 0.
#[must_use]
pub fn percentages(title: &str, x: &str, curves: &[Curve]) -> String {
    let mut ticks: Vec<u32> = (curves.iter().flat_map(Curve::visible)).map(|(x, _)| x).collect();
    ticks.sort_unstable();
    ticks.dedup();
    assert_ne!(ticks.first(), Some(&0), "a logarithmic axis has no zero");
    let (first, last) = (*ticks.first().unwrap_or(&1), *ticks.last().unwrap_or(&2));
    let axis = (first..last.max(first + 1)).log_scale().with_key_points(ticks);
    let drawn = draw([title, x], curves, (axis, -5.0..105.0), f64::NEG_INFINITY);
    drawn.expect("drawing into a string cannot fail")
}

type Drawn<T> = Result<T, DrawingAreaErrorKind<std::io::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Pixel = (i32, i32);

/// The figure as SVG, with a title and what is below the horizontal axis. Values below `floor` are drawn at it.
fn draw<X, Y>([title, x]: [&str; 2], curves: &[Curve], axes: (X, Y), floor: f64) -> Drawn<String>
where
    X: AsRangedCoord<Value = u32>,
    X::CoordDescType: ValueFormatter<u32>,
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let letters = curves.iter().map(|curve| curve.name.chars().count()).max();
    let names = NAME as u32 + (LETTER * letters.unwrap_or(0) as f64).ceil() as u32;
    let width = LEFT + WIDTH + names;
    let height = HEIGHT.max(LINE as u32 * curves.len() as u32);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width, ABOVE + height + BELOW)).into_drawing_area();
        area.fill(&WHITE)?;
        let style = TextStyle::from(("sans-serif", 17, FontStyle::Bold));
        let style = style.pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(title, ((LEFT + WIDTH / 2) as i32, 10), style))?;
        let mut chart = ChartBuilder::on(&area)
            .margin_top(ABOVE)
            .margin_right(names)
            .x_label_area_size(BELOW)
            .y_label_area_size(LEFT)
            .build_cartesian_2d(axes.0, axes.1)?;
        // On a linear axis, zero is a tick up to rounding.
        let share = if floor > 0.0 { 0.0 } else { 1e-9 };
        let zero = share * (chart.y_range().end - chart.y_range().start);
        let label = |&y: &f64| pretty_print_float(if y.abs() < zero { 0.0 } else { y }, true);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(x)
            .x_labels(TICKS)
            .y_labels(TICKS)
            .y_label_formatter(&label)
            .label_style(("sans-serif", 16))
            .draw()?;
        let pixel = |(x, y): (u32, f64)| chart.backend_coord(&(x, y.max(floor)));
        let line = |curve: &Curve| curve.visible().map(pixel).collect();
        let lines: Vec<Vec<Pixel>> = curves.iter().map(line).collect();
        draw_names(&area, curves, &lines, height as i32)?;
        for (index, line) in lines.into_iter().enumerate() {
            draw_line(&area, line, index)?;
        }
        area.present()?;
    }
    let root = format!(
        "<svg class=\"lines curves\" style=\"min-width:{:.0}px\" role=\"img\" aria-label=\"{}\" ",
        LEAST * f64::from(width),
        escape(title)
    );
    Ok(svg.replacen("<svg ", &root, 1))
}

/// The name of each curve, a sample of its line before it, and a thin line from where it ends; one without points ends at the
/// lower edge.
fn draw_names(area: &Area<'_>, curves: &[Curve], lines: &[Vec<Pixel>], height: i32) -> Drawn<()> {
    let (right, top, bottom) = ((LEFT + WIDTH) as i32, ABOVE as i32, ABOVE as i32 + height);
    let (sample, name) = (right + NAME - 24, right + NAME);
    let end = |line: &Vec<Pixel>| line.last().map_or(bottom, |end| end.1);
    let ends: Vec<i32> = lines.iter().map(end).collect();
    let places = apart(&ends, LINE, [top + LINE / 2, bottom - LINE / 2]);
    let style = TextStyle::from(("sans-serif", 16)).pos(Pos::new(HPos::Left, VPos::Center));
    for (index, y) in places.into_iter().enumerate() {
        if let Some(&end) = lines[index].last() {
            let path = [end, (right, end.1), (sample, y)];
            area.draw(&PathElement::new(path, RGBColor(190, 190, 190)))?;
        }
        draw_line(area, vec![(sample, y), (name - 6, y)], index)?;
        area.draw(&Text::new(curves[index].name.as_str(), (name, y), style.clone()))?;
    }
    Ok(())
}

/// The line of the curve with this index.
fn draw_line(area: &Area<'_>, points: Vec<Pixel>, index: usize) -> Drawn<()> {
    let [_, red, green, blue] = COLORS[index % COLORS.len()].to_be_bytes();
    let style = RGBColor(red, green, blue).stroke_width(2);
    match (points.as_slice(), DASHES[index / COLORS.len() % DASHES.len()]) {
        ([], _) => Ok(()),
        // A line through one point is none.
        (&[point], _) => area.draw(&Circle::new(point, 3, style.filled())),
        (_, 0) => area.draw(&PathElement::new(points, style)),
        (_, dash) => area.draw(&DashedPathElement::new(points, dash, 4, style)),
    }
}

/// 1, 2 and 5 times powers of ten between two positive values or, where these are too many, powers of ten.
fn logarithmic_ticks(low: f64, high: f64) -> Vec<f64> {
    let [first, last] = [low, high].map(|value| value.log10().floor() as i32);
    let stride = (last - first) as usize / TICKS + 1;
    let ticks = |factors: &[f64]| -> Vec<f64> {
        let powers = (first..=last).step_by(stride).map(|power| 10f64.powi(power));
        let ticks = powers.flat_map(|power| factors.iter().map(move |factor| factor * power));
        ticks.filter(|tick| (low..=high).contains(tick)).collect()
    };
    let fine = ticks(&[1.0, 2.0, 5.0]);
    if fine.len() <= TICKS { fine } else { ticks(&[1.0]) }
}

/// Values near `wanted`, in the same order, at least `step` apart and within `bounds`, which have room for them. O(n log n).
fn apart(wanted: &[i32], step: i32, [top, bottom]: [i32; 2]) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&index| wanted[index]);
    let mut places = wanted.to_vec();
    let mut least = top;
    for &index in &order {
        places[index] = places[index].max(least);
        least = places[index] + step;
    }
    let mut most = bottom;
    for &index in order.iter().rev() {
        places[index] = places[index].min(most);
        most = places[index] - step;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_a_logarithmic_axis_are_few_and_round() {
        assert_eq!(logarithmic_ticks(0.9, 25.0), [1.0, 2.0, 5.0, 10.0, 20.0]);
        assert_eq!(logarithmic_ticks(1e-3, 1.0), [0.001, 0.01, 0.1, 1.0]);
        assert_eq!(logarithmic_ticks(1e-10, 2.0).len(), 6);
    }

    #[test]
    fn names_are_moved_apart_and_stay_in_order() {
        assert_eq!(apart(&[50, 10, 30], 10, [0, 100]), [50, 10, 30]);
        assert_eq!(apart(&[50, 50, 58], 10, [0, 100]), [50, 60, 70]);
        assert_eq!(apart(&[-5, 1, 100], 10, [0, 100]), [0, 10, 100]);
        assert_eq!(apart(&[99, 80, 99], 10, [0, 100]), [90, 80, 100]);
        assert_eq!(apart(&[99; 3], 10, [0, 20]), [0, 10, 20]);
    }
}
