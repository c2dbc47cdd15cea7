//! What checks find, and the table of it.

use candle_core::{DType, Result};
use serde::Serialize;
use std::fmt;

sympe_groups::named! {
    serde "law"
    /// What a finding is about.
    ///
    /// ```
    /// use sympe_nn::check::Law;
    /// assert_eq!("curie".parse(), Ok(Law::Curie));
    /// assert_eq!(Law::Curie.about(), "Outputs are as symmetric as their inputs.");
    /// ```
    pub enum Law {
        /// Moved inputs give moved outputs.
        Equivariance = "equivariance",
        /// Outputs are as symmetric as their inputs.
        Curie = "curie",
        /// Outputs differ where a network that breaks nothing would have them equal.
        Breaking = "breaking",
        /// The law of what is drawn for a moved input is the moved law.
        Distribution = "distribution",
        /// Symmetrizing lowers the risk by the distance that it moves the predictor.
        Symmetrization = "symmetrization",
        /// Every parameter has a gradient that is finite and not zero.
        Gradients = "gradients",
        /// Gradients are those of finite differences.
        Differences = "differences",
        /// Equivariance holds in the course of training.
        Growth = "growth",
        /// What is in the padding changes nothing.
        Padding = "padding",
    }
}

/// What a number is held against.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// The law holds up to this.
    AtMost(f64),
    /// The law holds from this on.
    AtLeast(f64),
}

impl Bound {
    /// Whether the law holds; not of NaN.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

/// `at most 1.0e-12`.
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "at most {most:.1e}"),
            Self::AtLeast(least) => write!(f, "at least {least:.1e}"),
        }
    }
}

/// One law of one model: what was found, and what was expected.
///
/// ```
/// use candle_core::DType;
/// use sympe_nn::check::{Bound, Finding, Law};
/// let finding = Finding::new(Law::Padding, "my model", 0.25, Bound::AtMost(1e-6)).of(DType::F32, "2×7");
/// assert!(!finding.holds());
/// let message = finding.ensure().unwrap_err().to_string();
/// assert!(message.starts_with("padding of 'my model' fails: 2.5e-1, expected at most 1.0e-6 (f32, 2×7)"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The law.
    pub law: Law,
    /// The model.
    pub subject: String,
    /// Type of what was computed; empty where that means nothing.
    pub dtype: String,
    /// Size of the first input; empty where that means nothing.
    pub size: String,
    /// An error, a spread, a count or a probability, as the law has it.
    pub value: f64,
    /// What it should be.
    pub bound: Bound,
    /// The part of an error that rounding explains, where there is an estimate.
    pub rounding: Option<f64>,
    /// A witness, or more of what was found.
    pub detail: String,
}

impl Finding {
    /// A finding of one's own.
    #[must_use]
    pub fn new(law: Law, subject: impl Into<String>, value: f64, bound: Bound) -> Self {
        Self {
            law,
            subject: subject.into(),
            dtype: String::new(),
            size: String::new(),
            value,
            bound,
            rounding: None,
            detail: String::new(),
        }
    }

    /// The same with the type of what was computed and the size of the input.
    #[must_use]
    pub fn of(self, dtype: DType, size: impl Into<String>) -> Self {
        Self {
            dtype: dtype.as_str().to_owned(),
            size: size.into(),
            ..self
        }
    }

    /// The same with what rounding explains.
    #[must_use]
    pub fn explained(self, rounding: f64) -> Self {
        Self {
            rounding: Some(rounding),
            ..self
        }
    }

    /// The same with a witness.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }

    /// Whether the law holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.bound.holds(self.value)
    }

    /// By how many orders of magnitude an error exceeds what rounding explains; 0 if it does not, `None` without an estimate.
    #[must_use]
    pub fn orders_above_rounding(&self) -> Option<f64> {
        let rounding = self.rounding?;
        Some(if self.value <= rounding {
            0.0
        } else {
            (self.value / rounding).log10()
        })
    }

    /// What to say of a law that does not hold: the law, the model, what was found and expected, and a witness.
    fn violation(&self) -> String {
        let mut message = format!(
            "{} of '{}' fails: {:.1e}, expected {}",
            self.law, self.subject, self.value, self.bound
        );
        if !self.dtype.is_empty() {
            message += &format!(" ({}, {})", self.dtype, self.size);
        }
        if let Some(rounding) = self.rounding {
            message += &format!("; rounding explains {rounding:.1e}");
        }
        if !self.detail.is_empty() {
            message += &format!("; {}", self.detail);
        }
        message
    }

    /// Nothing if the law holds.
    ///
    /// # Errors
    ///
    /// When it does not: the law, the model, what was found and expected, and a witness.
    pub fn ensure(&self) -> Result<()> {
        if self.holds() {
            return Ok(());
        }
        candle_core::bail!("{}", self.violation())
    }
}

/// Findings, as a table for people and `Serialize` for programs.
///
/// ```
/// use candle_core::{D, DType, Device, Result, Tensor};
/// use sympe_groups::PermGroup;
/// use sympe_nn::action::Permuted;
/// use sympe_nn::check::{Check, Report};
///
/// let centred = |x: &[Tensor]| x[0].broadcast_sub(&x[0].mean_keepdim(D::Minus1)?);
/// let report = Report::over([DType::F32, DType::F64], [3, 5], |dtype, n| {
///     let x = Tensor::arange(0.25f64, 0.25 + n as f64, &Device::Cpu)?.unsqueeze(0)?.to_dtype(dtype)?;
///     let nodes = Permuted::dim(1);
///     Check::new("centred", PermGroup::symmetric(n).generators().to_vec(), centred)
///         .input(&x, &nodes)
///         .output(&nodes)
///         .equivariance()
/// })?;
/// assert_eq!(report.findings().len(), 4);
/// report.ensure()?;
/// assert!(report.to_string().starts_with("law           model    type  input"), "{report}");
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// The findings of a check for every numeric type and size.
    ///
    /// # Errors
    ///
    /// The first of the check.
    pub fn over(
        dtypes: impl IntoIterator<Item = DType>,
        sizes: impl IntoIterator<Item = usize> + Clone,
        check: impl Fn(DType, usize) -> Result<Finding>,
    ) -> Result<Self> {
        let mut report = Self::default();
        for dtype in dtypes {
            for size in sizes.clone() {
                report.push(check(dtype, size)?);
            }
        }
        Ok(report)
    }

    /// Adds a finding.
    pub fn push(&mut self, finding: impl Into<Finding>) {
        self.findings.push(finding.into());
    }

    /// Adds those of another report.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    /// All findings, in the order in which they were added.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Those of laws that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.holds())
    }

    /// Nothing if all laws hold.
    ///
    /// # Errors
    ///
    /// The first that does not, and how many others.
    pub fn ensure(&self) -> Result<()> {
        let mut failures = self.failures();
        let Some(first) = failures.next() else {
            return Ok(());
        };
        match failures.count() {
            0 => first.ensure(),
            more => candle_core::bail!(
                "{} (and {more} more of {} findings)",
                first.violation(),
                self.findings.len()
            ),
        }
    }
}

const HEAD: [&str; 8] = [
    "law", "model", "type", "input", "found", "expected", "rounding", "",
];

/// A witness is cut after so many characters in the table.
const WITNESS: usize = 60;

/// A table, one finding a line, what fails being marked and followed by its witness.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |finding: &Finding| {
            [
                finding.law.to_string(),
                finding.subject.clone(),
                finding.dtype.clone(),
                finding.size.clone(),
                format!("{:.1e}", finding.value),
                finding.bound.to_string(),
                finding
                    .rounding
                    .map_or(String::new(), |rounding| format!("{rounding:.1e}")),
                if finding.holds() { "holds" } else { "FAILS" }.to_owned(),
            ]
        };
        let mut lines = vec![HEAD.map(str::to_owned)];
        lines.extend(self.findings.iter().map(row));
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
        let widths: Vec<usize> = (0..HEAD.len()).map(|column| width(column).unwrap_or(0)).collect();
        for (i, line) in lines.iter().enumerate() {
            let cells = line
                .iter()
                .zip(&widths)
                .map(|(cell, &width)| format!("{cell:<width$}"));
            let mut text = cells.collect::<Vec<_>>().join("  ");
            let finding = i.checked_sub(1).map(|i| &self.findings[i]);
            if let Some(finding) = finding.filter(|finding| !finding.detail.is_empty()) {
                let cut: String = finding.detail.chars().take(WITNESS).collect();
                let dots = if cut.len() < finding.detail.len() {
                    "…"
                } else {
                    ""
                };
                text = format!("{}  {cut}{dots}", text.trim_end());
            }
            writeln!(f, "{}", text.trim_end())?;
        }
        Ok(())
    }
}
