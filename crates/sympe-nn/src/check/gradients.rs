//! Whether every parameter learns, and whether gradients are right.

use super::measure::largest;
use super::report::{Bound, Finding, Law};
use crate::params::ParamStore;
use candle_core::{DType, Result, Tensor, Var};
use serde::Serialize;

sympe_groups::named! {
    serde "coverage"
    /// What a loss says of one parameter.
    ///
    /// ```
    /// use sympe_nn::check::Coverage;
    /// assert_eq!(Coverage::Zero.to_string(), "zero");
    /// ```
    pub enum Coverage {
        /// A gradient that is finite and not zero.
        Covered = "covered",
        /// No gradient: the loss does not depend on it, or something cut the graph.
        Missing = "missing",
        /// A gradient of zeros.
        Zero = "zero",
        /// A gradient with an entry that is infinite or not a number.
        NotFinite = "not-finite",
    }
}

/// What a loss says of all parameters.
///
/// Candle has operations that cut the graph without an error; this finds them, in models of any kind: parameters are pairs of a name
/// and a [`Var`], as [`ParamStore::vars`] and the map inside `candle_nn::VarMap` have them.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_nn::check::{Coverage, Gradients};
/// use sympe_nn::params::{Init, ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let [used, dead, cut] = ["used", "dead", "cut"].map(|name| store.root().get(name, 2, Init::Constant(-1.0)).unwrap());
/// let loss = ((used.sqr()? + dead.relu()?)? + cut.detach())?.sum_all()?;
/// let gradients = Gradients::of("my model", store.vars(), &loss)?;
/// assert_eq!(gradients.uncovered().collect::<Vec<_>>(), [("cut", Coverage::Missing), ("dead", Coverage::Zero)]);
/// let message = gradients.finding().ensure().unwrap_err().to_string();
/// assert!(message.contains("cut: missing, dead: zero"), "{message}");
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gradients {
    /// Name of the model.
    pub subject: String,
    /// Each parameter with the Euclidean norm of its gradient, 0 where there is none.
    pub parameters: Vec<(String, Coverage, f64)>,
}

impl Gradients {
    /// Differentiates a loss.
    ///
    /// # Errors
    ///
    /// When `loss` is not a scalar that can be differentiated.
    pub fn of(
        subject: impl Into<String>,
        vars: impl IntoIterator<Item = (String, Var)>,
        loss: &Tensor,
    ) -> Result<Self> {
        if loss.elem_count() != 1 {
            candle_core::bail!("gradients: a loss of shape {:?}, expected a scalar", loss.dims());
        }
        let gradients = loss.backward()?;
        let of_parameter = |(name, var): (String, Var)| {
            let Some(gradient) = gradients.get(&var) else {
                return Ok((name, Coverage::Missing, 0.0));
            };
            let squares = gradient.to_dtype(DType::F64)?.sqr()?.sum_all()?;
            let norm = squares.to_scalar::<f64>()?.sqrt();
            let coverage = match norm {
                0.0 => Coverage::Zero,
                norm if norm.is_finite() => Coverage::Covered,
                _ => Coverage::NotFinite,
            };
            Ok((name, coverage, norm))
        };
        Ok(Self {
            subject: subject.into(),
            parameters: vars.into_iter().map(of_parameter).collect::<Result<_>>()?,
        })
    }

    /// The parameters that do not learn.
    pub fn uncovered(&self) -> impl Iterator<Item = (&str, Coverage)> {
        let of_parameter = self
            .parameters
            .iter()
            .map(|(name, coverage, _)| (name.as_str(), *coverage));
        of_parameter.filter(|(_, coverage)| *coverage != Coverage::Covered)
    }

    /// Their number as a law: none.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let uncovered: Vec<String> = self
            .uncovered()
            .map(|(name, coverage)| format!("{name}: {coverage}"))
            .collect();
        let count = uncovered.len() as f64;
        let finding = Finding::new(Law::Gradients, &self.subject, count, Bound::AtMost(0.0));
        finding.with_detail(match uncovered.is_empty() {
            true => format!("{} parameters", self.parameters.len()),
            false => uncovered.join(", "),
        })
    }
}

/// Names of the parameters that receive no gradient, or only zeros, or something that is not finite: [`Gradients`] in short.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_nn::check::uncovered_parameters;
/// use sympe_nn::params::{Init, ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let used = store.root().get("used", 2, Init::Constant(1.0))?;
/// let cut = store.root().get("cut", 2, Init::Constant(1.0))?.detach();
/// assert_eq!(uncovered_parameters(&store, &(used * cut)?.sum_all()?)?, ["cut"]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When `loss` is not a scalar that can be differentiated.
pub fn uncovered_parameters(store: &ParamStore, loss: &Tensor) -> Result<Vec<String>> {
    let gradients = Gradients::of("uncovered_parameters", store.vars(), loss)?;
    Ok(gradients.uncovered().map(|(name, _)| name.to_owned()).collect())
}

/// The largest relative error of the gradients of `loss` against central differences, at up to `entries` entries of
/// each parameter (at least one); NaN where a gradient or a difference is. Use it in `f64`.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_nn::check::gradient_error;
/// use sympe_nn::params::{Init, ParamStore};
/// let store = ParamStore::new(0, DType::F64, &Device::Cpu);
/// let w = store.root().get("w", 3, Init::Normal(1.0))?;
/// assert!(gradient_error(&store, || w.sqr()?.sum_all(), 3)? < 1e-6);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When a parameter gets no gradient.
pub fn gradient_error(store: &ParamStore, loss: impl Fn() -> Result<Tensor>, entries: usize) -> Result<f64> {
    let step = 1e-5;
    let gradients = loss()?.backward()?;
    let mut worst = 0f64;
    for (name, var) in store.vars() {
        let Some(gradient) = gradients.get(&var) else {
            candle_core::bail!("parameter '{name}' has no gradient")
        };
        let gradient = gradient.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
        let values = var.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
        let stride = values.len().div_ceil(entries.max(1)).max(1);
        for i in (0..values.len()).step_by(stride) {
            let at = |value: f64| -> Result<f64> {
                let mut moved = values.clone();
                moved[i] = value;
                var.set(&Tensor::from_vec(moved, var.shape(), var.device())?.to_dtype(var.dtype())?)?;
                loss()?.to_dtype(DType::F64)?.to_scalar()
            };
            let numeric = (at(values[i] + step)? - at(values[i] - step)?) / (2.0 * step);
            at(values[i])?;
            let size = numeric.abs().max(gradient[i].abs()).max(1e-3);
            worst = largest([worst, (numeric - gradient[i]).abs() / size]);
        }
    }
    Ok(worst)
}
