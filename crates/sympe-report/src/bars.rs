//! Numbers as bars, one below the other.

use crate::{escape, svg};
use std::fmt::Write;

/// Height of a line, of its bar, and the longest bar, in pixels.
const LINE: f64 = 20.0;
const BAR: f64 = 13.0;
const LONGEST: f64 = 320.0;
/// Width of a letter, a wide one.
const LETTER: f64 = 7.2;

/// Numbers as bars from the left, the name of each before it and the number behind it. Those that are not finite or negative have no
/// bar.
///
/// ```
/// let svg = sympe_report::bars(&[("1".into(), 318.0), ("2".into(), 159.0)]);
/// assert_eq!(svg.matches("<rect").count(), 3); // the paper, and two bars
/// assert!(svg.contains(">318<") && svg.contains("width=\"160.0\""));
/// ```
#[must_use]
pub fn bars(items: &[(String, f64)]) -> String {
    let letters = |text: &str| text.chars().count() as f64 * LETTER;
    let left = items.iter().map(|(name, _)| letters(name)).fold(0.0, f64::max) + 12.0;
    let drawn = |value: f64| if value.is_finite() { value.max(0.0) } else { 0.0 };
    let most = items.iter().map(|(_, value)| drawn(*value)).fold(0.0, f64::max);
    let (mut content, mut right) = (String::new(), 0.0f64);
    for (index, (name, value)) in items.iter().enumerate() {
        let top = index as f64 * LINE + 0.5 * (LINE - BAR);
        let width = if most > 0.0 {
            drawn(*value) / most * LONGEST
        } else {
            0.0
        };
        let (base, name) = (top + BAR - 2.0, escape(name));
        let number = if value.fract() == 0.0 {
            format!("{value}")
        } else {
            format!("{value:.3}")
        };
        let (ends, behind) = (left - 6.0, left + width + 6.0);
        let _ = writeln!(
            content,
            "<text x=\"{ends:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{name}</text>\
             <rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"#0072b2\"/>\
             <text x=\"{behind:.1}\" y=\"{base:.1}\">{number}</text>"
        );
        right = right.max(behind + letters(&number));
    }
    let size = [right.max(left).ceil() + 6.0, items.len() as f64 * LINE + 6.0];
    svg(size, "font-size=\"12\"", &content)
}

#[cfg(test)]
mod tests {
    use super::bars;

    #[test]
    fn nothing_and_numbers_that_are_none_are_drawn() {
        assert!(bars(&[]).starts_with("<svg"));
        let drawn = bars(&[("<a>".into(), f64::NAN), ("b".into(), -1.0), ("c".into(), 0.0)]);
        assert!(
            drawn.contains("&lt;a&gt;") && drawn.matches("width=\"0.0\"").count() == 3,
            "{drawn}"
        );
    }
}
