//! How an equivariance error grows in the course of training.

use super::equivariance::Check;
use super::report::{Bound, Finding, Law};
use candle_core::{DType, Result};
use serde::Serialize;
use std::fmt;
use sympe_groups::Group;

/// The error after some steps of training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GrowthPoint {
    /// How many steps.
    pub step: u64,
    /// `max |f(g·x) − g·f(x)|`.
    pub error: f64,
    /// What rounding explains of it.
    pub rounding: f64,
    /// What is put down to rounding.
    pub limit: f64,
}

/// A series of equivariance errors, taken every so many steps of training with one [`Check`]: parameters are shared with the model
/// inside it.
///
/// Networks whose layers are equivariant to rounding only can lose it as weights grow, and so do those that get a frame or a rank wrong once
/// in a while. Beside each error is what rounding explains with the weights of that step.
///
/// ```
/// use candle_core::{D, DType, Device, Tensor};
/// use sympe_groups::PermGroup;
/// use sympe_nn::action::Permuted;
/// use sympe_nn::check::{Check, Growth};
/// use sympe_nn::params::{Init, ParamStore};
///
/// // A weight per node, all equal at first: symmetry is lost with the first step.
/// let store = ParamStore::new(0, DType::F64, &Device::Cpu);
/// let weights = store.root().get("weights", 3, Init::Constant(1.0))?;
/// let x = Tensor::new(&[0.5f64, 1.5, 2.5], &Device::Cpu)?;
/// let nodes = Permuted::dim(0);
/// let check = Check::new("a weight per node", PermGroup::symmetric(3).elements(), |x: &[Tensor]| &x[0] * &weights)
///     .input(&x, &nodes)
///     .output(&nodes);
/// let mut growth = Growth::default();
/// for step in 0..3u64 {
///     growth.record(step, &check)?;
///     let gradient = (&x * &weights)?.sqr()?.sum_all()?.backward()?;
///     let var = &store.vars()[0].1;
///     var.set(&(var.as_tensor() - (gradient.get(var).unwrap() * 0.01)?)?)?;
/// }
/// assert_eq!(growth.points()[0].error, 0.0);
/// assert!(growth.finding().ensure().unwrap_err().to_string().contains("growth of 'a weight per node' fails"));
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Growth {
    subject: String,
    points: Vec<GrowthPoint>,
    #[serde(skip)]
    of: Option<(DType, String)>,
}

impl Growth {
    /// Adds a point: the error with the parameters as they are.
    ///
    /// # Errors
    ///
    /// As [`Check::equivariance`].
    pub fn record<G: Group>(&mut self, step: u64, check: &Check<'_, G>) -> Result<()> {
        let worst = check.worst()?;
        self.subject.clone_from(&check.name);
        self.of = Some((worst.dtype, check.size()));
        self.points.push(GrowthPoint {
            step,
            error: worst.error,
            rounding: worst.rounding,
            limit: worst.limit,
        });
        Ok(())
    }

    /// The series.
    #[must_use]
    pub fn points(&self) -> &[GrowthPoint] {
        &self.points
    }

    /// The point that is worst in units of what is accepted, as a law; of an empty series an error that is not a number, which fails.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let badness = |point: &GrowthPoint| match point.error / point.limit {
            _ if point.error == 0.0 => 0.0,
            size if size.is_nan() => f64::INFINITY,
            size => size,
        };
        let worst = self
            .points
            .iter()
            .max_by(|a, b| badness(a).total_cmp(&badness(b)));
        let (Some(worst), Some(first), Some(last)) = (worst, self.points.first(), self.points.last()) else {
            return Finding::new(Law::Growth, &self.subject, f64::NAN, Bound::AtMost(0.0))
                .with_detail("no point was recorded");
        };
        let finding = Finding::new(
            Law::Growth,
            &self.subject,
            worst.error,
            Bound::AtMost(worst.limit),
        )
        .explained(worst.rounding)
        .with_detail(format!(
            "{:.1e} at step {} → {:.1e} at step {}, worst at step {}",
            first.error, first.step, last.error, last.step, worst.step
        ));
        match &self.of {
            Some((dtype, size)) => finding.of(*dtype, size),
            None => finding,
        }
    }
}

/// One line for each point.
impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>8}  {:<8}  {:<8}  {}",
            "step", "error", "rounding", self.subject
        )?;
        for point in &self.points {
            // A mark for each order of magnitude above rounding.
            let orders = (point.error / point.rounding).log10().max(0.0);
            let marks = if orders.is_finite() {
                orders.ceil() as usize
            } else {
                0
            };
            let line = format!(
                "{:>8}  {:<8.1e}  {:<8.1e}  {}",
                point.step,
                point.error,
                point.rounding,
                "+".repeat(marks)
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
