//! Axes of figures: where values are, and round values as ticks.

/// Ticks on an axis, at most.
const TICKS: usize = 9;

/// An axis.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    is_logarithmic: bool,
}

impl Axis {
    /// From `low` to `high`, which is greater.
    pub(super) fn linear(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            is_logarithmic: false,
        }
    }

    /// From `low`, which is positive, to `high`, which is greater.
    pub(super) fn logarithmic(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            is_logarithmic: true,
        }
    }

    /// The share of the axis below a value; values outside are at the ends.
    pub(super) fn share(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        if self.is_logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// Round values with their texts. On a linear axis they are multiples of 1, 2 or 5 times a power of ten, where `whole`
    /// is set whole numbers; on a logarithmic one they are such numbers themselves, or only powers of ten.
    pub(super) fn ticks(&self, whole: bool) -> Vec<(f64, String)> {
        if self.is_logarithmic {
            self.logarithmic_ticks()
        } else {
            self.linear_ticks(whole)
        }
    }

    fn linear_ticks(&self, whole: bool) -> Vec<(f64, String)> {
        let least = (self.high - self.low) / (TICKS - 1) as f64;
        let power = least.log10().floor() as i32;
        let steps = [(1, power), (2, power), (5, power), (1, power + 1)];
        let (factor, power) = steps
            .into_iter()
            .find(|&(factor, power)| scaled(factor, power) >= least * (1.0 - 1e-9))
            .unwrap_or(steps[3]);
        let (factor, power) = if whole && power < 0 {
            (1, 0)
        } else {
            (factor, power)
        };
        let step = scaled(factor, power);
        // Ends that are ticks up to rounding are ticks.
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        let tick = |count: i64| {
            let value = count as f64 * step;
            (value, text(value, power))
        };
        (first..=last).map(tick).collect()
    }

    fn logarithmic_ticks(&self) -> Vec<(f64, String)> {
        let powers = self.low.log10().floor() as i32..=self.high.log10().floor() as i32;
        let inside = |(factor, power): (i64, i32)| {
            let value = scaled(factor, power);
            (self.low..=self.high)
                .contains(&value)
                .then(|| (value, text(value, power)))
        };
        let fine: Vec<_> = powers
            .clone()
            .flat_map(|power| [1, 2, 5].map(|factor| (factor, power)))
            .filter_map(inside)
            .collect();
        if fine.len() <= TICKS {
            return fine;
        }
        let coarse: Vec<_> = powers.map(|power| (1, power)).filter_map(inside).collect();
        let stride = coarse.len().div_ceil(TICKS);
        coarse.into_iter().step_by(stride.max(1)).collect()
    }
}

/// `factor · 10^power`, rounded once.
fn scaled(factor: i64, power: i32) -> f64 {
    if power < 0 {
        factor as f64 / 10f64.powi(-power)
    } else {
        factor as f64 * 10f64.powi(power)
    }
}

/// A value with as many digits as it takes to tell multiples of a power of ten apart.
fn text(value: f64, power: i32) -> String {
    let digits = |least: i32| usize::try_from(least).unwrap_or(0);
    let text = if value == 0.0 {
        "0".to_owned()
    } else if (1e-4..1e6).contains(&value.abs()) {
        format!("{value:.*}", digits(-power))
    } else {
        format!("{value:.*e}", digits(value.abs().log10().floor() as i32 - power))
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis, whole: bool) -> Vec<String> {
        axis.ticks(whole).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round() {
        for (low, high, expected) in [
            (1.0, 11.0, &["2", "4", "6", "8", "10"][..]),
            (0.0, 1.0, &["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            (-1.0, 1.0, &["−1.0", "−0.5", "0", "0.5", "1.0"]),
            (
                0.0012,
                0.0024,
                &[
                    "0.0012", "0.0014", "0.0016", "0.0018", "0.0020", "0.0022", "0.0024",
                ],
            ),
            (
                0.0,
                3e-7,
                &["0", "5e−8", "1.0e−7", "1.5e−7", "2.0e−7", "2.5e−7", "3.0e−7"],
            ),
            (
                1e7,
                1.3e7,
                &[
                    "1.00e7", "1.05e7", "1.10e7", "1.15e7", "1.20e7", "1.25e7", "1.30e7",
                ],
            ),
        ] {
            assert_eq!(texts(&Axis::linear(low, high), false), expected);
        }
        assert_eq!(
            texts(&Axis::logarithmic(0.9, 25.0), false),
            ["1", "2", "5", "10", "20"]
        );
        assert_eq!(
            texts(&Axis::logarithmic(1e-3, 1.0), false),
            ["0.001", "0.01", "0.1", "1"]
        );
        assert_eq!(
            texts(&Axis::logarithmic(1e-10, 2.0), false),
            ["1e−10", "1e−8", "1e−6", "0.0001", "0.01", "1"]
        );
    }

    #[test]
    fn whole_numbers_only_where_they_are_asked_for() {
        assert_eq!(texts(&Axis::linear(1.0, 2.0), true), ["1", "2"]);
        assert_eq!(texts(&Axis::linear(1.0, 3.0), true), ["1", "2", "3"]);
        assert_eq!(texts(&Axis::linear(1.0, 2.0), false)[1], "1.2");
        for epochs in 2..3000 {
            let ticks = Axis::linear(1.0, f64::from(epochs)).ticks(true);
            assert!((2..=TICKS).contains(&ticks.len()), "{epochs}: {ticks:?}");
            for (value, text) in ticks {
                assert_eq!(text, (value as i64).to_string());
                assert!((1.0..=f64::from(epochs)).contains(&value));
            }
        }
    }

    #[test]
    fn equal_differences_or_ratios_are_equal_distances() {
        let share = |axis: &Axis, values: [f64; 3]| values.map(|value| (100.0 * axis.share(value)).round());
        assert_eq!(
            share(&Axis::linear(-1.0, 3.0), [-1.0, 1.0, 7.0]),
            [0.0, 50.0, 100.0]
        );
        assert_eq!(
            share(&Axis::logarithmic(0.1, 1000.0), [0.0, 10.0, 1000.0]),
            [0.0, 50.0, 100.0]
        );
    }
}
