//! Pearson's chi-square statistic and its tail probability.

use std::fmt;

/// A chi-square test: how far counts lie from what a hypothesis expects.
///
/// ```
/// use sympe_groups::ChiSquare;
///
/// let die = ChiSquare::uniform(&[10, 9, 12, 8, 11, 10]);
/// assert_eq!((die.statistic, die.degrees), (1.0, 5));
/// assert!((die.p_value() - 0.9626).abs() < 1e-4);
/// ```
///
/// # References
///
/// W. Press et al., "Numerical Recipes", 3rd ed. (2007), sections 6.2 (incomplete gamma function) and 14.3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChiSquare {
    /// `Σ (observed − expected)² / expected`.
    pub statistic: f64,
    /// Degrees of freedom.
    pub degrees: usize,
}

impl ChiSquare {
    /// Counts against the uniform law on their cells. The test is sound from about five counts per cell.
    #[must_use]
    pub fn uniform(counts: &[u64]) -> Self {
        let total: u64 = counts.iter().sum();
        let expected = total as f64 / counts.len() as f64;
        let statistic = counts
            .iter()
            .map(|&count| (count as f64 - expected).powi(2) / expected)
            .sum();
        Self {
            statistic: if total == 0 { 0.0 } else { statistic },
            degrees: counts.len().saturating_sub(1),
        }
    }

    /// Two samples against the hypothesis of one law: `cells[i]` holds the counts of outcome `i` in both.
    ///
    /// Outcomes seen less than ten times in all are pooled into one cell: one by one they are too rare for
    /// the test.
    #[must_use]
    pub fn two_samples(cells: &[[u64; 2]]) -> Self {
        let (mut kept, mut rare) = (Vec::with_capacity(cells.len()), [0, 0]);
        for &[a, b] in cells {
            if a + b < 10 {
                rare = [rare[0] + a, rare[1] + b];
            } else {
                kept.push([a, b]);
            }
        }
        if rare != [0, 0] {
            kept.push(rare);
        }
        let totals = kept
            .iter()
            .fold([0, 0], |[a, b], cell| [a + cell[0], b + cell[1]]);
        let all = (totals[0] + totals[1]) as f64;
        let mut statistic = 0.0;
        for (cell, sample) in kept.iter().flat_map(|cell| [(cell, 0), (cell, 1)]) {
            let expected = (cell[0] + cell[1]) as f64 * totals[sample] as f64 / all;
            if expected > 0.0 {
                statistic += (cell[sample] as f64 - expected).powi(2) / expected;
            }
        }
        Self {
            statistic,
            degrees: kept.len().saturating_sub(1),
        }
    }

    /// The probability of a statistic at least as large, if the hypothesis holds; 1 without degrees of
    /// freedom.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        if self.degrees == 0 {
            1.0
        } else {
            upper_gamma(self.degrees as f64 / 2.0, self.statistic / 2.0)
        }
    }
}

impl fmt::Display for ChiSquare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.degrees == 1 { "" } else { "s" };
        write!(
            f,
            "chi-square {:.2} on {} degree{plural} of freedom, p = {:.3e}",
            self.statistic,
            self.degrees,
            self.p_value()
        )
    }
}

/// The regularized upper incomplete gamma function `Q(a, x) = Γ(a, x) / Γ(a)`, `a > 0`, to about 13 digits.
///
/// Below `x = a + 1` the series of `P = 1 − Q` converges fast, above it the continued fraction of `Q` does.
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON {
            k += 1.0;
            term *= x / k;
            sum += term;
        }
        return 1.0 - scale * sum;
    }
    // Lentz's method for 1/(x + 1 − a − 1(1 − a)/(x + 3 − a − …)). For x > a + 1 all denominators are
    // positive.
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (f64::INFINITY, 1.0 / b);
    let mut fraction = d;
    for i in 1..10_000 {
        let numerator = -f64::from(i) * (f64::from(i) - a);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < 4.0 * f64::EPSILON {
            break;
        }
    }
    scale * fraction
}

/// `ln Γ(a)` for `a > 0`: Stirling's series after the recurrence has lifted `a` to where it is exact.
fn ln_gamma(mut a: f64) -> f64 {
    let mut lifted = 1.0;
    while a < 15.0 {
        lifted *= a;
        a += 1.0;
    }
    let (r, r2) = (1.0 / a, 1.0 / (a * a));
    let series =
        r * (1.0 / 12.0 - r2 * (1.0 / 360.0 - r2 * (1.0 / 1260.0 - r2 * (1.0 / 1680.0 - r2 / 1188.0))));
    (a - 0.5) * a.ln() - a + 0.5 * std::f64::consts::TAU.ln() + series - lifted.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p_value(statistic: f64, degrees: usize) -> f64 {
        ChiSquare { statistic, degrees }.p_value()
    }

    #[test]
    fn ln_gamma_of_factorials_and_a_half() {
        let mut factorial = 0.0;
        for n in 1..40 {
            assert!(
                (ln_gamma(f64::from(n)) - factorial).abs() < 1e-13 * (1.0 + factorial),
                "{n}"
            );
            factorial += f64::from(n).ln();
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-14);
    }

    #[test]
    fn tail_for_even_degrees_is_a_poisson_sum() {
        // Q(k, x) = e^{-x} Σ_{j<k} x^j / j!
        for half in [1, 2, 5, 30, 180] {
            for statistic in [0.1, 1.0, 7.5, 2.0 * f64::from(half), 3.0 * f64::from(half) + 20.0] {
                let x = statistic / 2.0;
                let sum: f64 = (0..half)
                    .map(|j| (f64::from(j) * x.ln() - x - ln_gamma(f64::from(j) + 1.0)).exp())
                    .sum();
                let got = p_value(statistic, 2 * half as usize);
                assert!((got - sum).abs() < 1e-11, "Q({half}, {x}) = {got}, want {sum}");
            }
        }
    }

    #[test]
    fn tabulated_critical_values() {
        let five_percent = [
            (3.841_458_820_694_124, 1),
            (7.814_727_903_251_178, 3),
            (124.342_113_404_004_1, 100),
        ];
        for (statistic, degrees) in five_percent {
            assert!((p_value(statistic, degrees) - 0.05).abs() < 1e-12, "{degrees}");
        }
        assert!((p_value(10.827_566_170_662_733, 1) - 0.001).abs() < 1e-13);
        assert_eq!(p_value(0.0, 4), 1.0);
        assert_eq!(p_value(5.0, 0), 1.0);
    }

    #[test]
    fn two_samples_pool_rare_outcomes() {
        let test = ChiSquare::two_samples(&[[30, 20], [20, 30], [1, 0], [0, 1]]);
        assert_eq!((test.statistic, test.degrees), (4.0, 2));
        assert_eq!(ChiSquare::two_samples(&[[5, 5]]).degrees, 0);
        assert_eq!(
            test.to_string(),
            "chi-square 4.00 on 2 degrees of freedom, p = 1.353e-1"
        );
        let one = ChiSquare::uniform(&[10, 10]);
        assert_eq!(
            one.to_string(),
            "chi-square 0.00 on 1 degree of freedom, p = 1.000e0"
        );
    }
}
