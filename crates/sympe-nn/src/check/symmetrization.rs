//! What joint symmetrization does to the risk of a predictor, exactly.

use super::equivariance::Check;
use super::measure::{epsilon, largest_entry};
use super::report::{Bound, Finding, Law};
use candle_core::{DType, Result, Tensor};
use serde::Serialize;
use sympe_groups::Group;

/// What joint symmetrization does to the risk of a predictor under squared loss.
///
/// `Q q(x, g̃) = 1/|G| Σ_h h⁻¹·q(h·x, h·g̃)` is the orthogonal projection of `q` onto the jointly equivariant
/// predictors. So for a law of `(x, g̃, y)` that `G` leaves invariant
///
/// ```text
/// E‖q − y‖² − E‖Q q − y‖² = E‖q − Q q‖²
/// ```
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::{PermGroup, Permutation};
/// use sympe_nn::action::Permuted;
/// use sympe_nn::check::{Check, permute};
/// let group = PermGroup::symmetric(2);
/// // The orbit of one input, as all of the law; the target doubles it, the predictor looks at one entry.
/// let law: Vec<_> = group
///     .elements()
///     .map(|h| {
///         let x = permute(&Tensor::new(&[1f64, 3.0], &Device::Cpu)?, &h, 0)?;
///         Ok((vec![x.clone()], vec![(x * 2.0)?]))
///     })
///     .collect::<candle_core::Result<_>>()?;
/// let one_entry = |x: &[Tensor]| x[0].get(0)?.broadcast_as(2);
/// let check = Check::new("one entry", group.elements(), one_entry).input(&law[0].0[0], Permuted::dim(0)).output(Permuted::dim(0));
/// let risks = check.symmetrization(&law)?;
/// assert_eq!((risks.plain, risks.symmetrized, risks.distance), (18.0, 16.0, 2.0));
/// risks.finding().ensure()?;
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SymmetrizationRisks {
    /// Name of the predictor.
    pub subject: String,
    /// `E‖q − y‖²`.
    pub plain: f64,
    /// `E‖Q q − y‖²`.
    pub symmetrized: f64,
    /// `E‖q − Q q‖²`.
    pub distance: f64,
    /// One rounding of the largest sum, in the type of the outputs.
    rounding: f64,
}

impl SymmetrizationRisks {
    /// `|plain − symmetrized − distance|`: zero to rounding when the law is invariant.
    #[must_use]
    pub fn identity_error(&self) -> f64 {
        (self.plain - self.symmetrized - self.distance).abs()
    }
}

impl SymmetrizationRisks {
    /// The identity as a law, with the gain beside it.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let bound = Bound::AtMost(1e2 * self.rounding);
        Finding::new(Law::Symmetrization, &self.subject, self.identity_error(), bound)
            .explained(self.rounding)
            .with_detail(format!("risk {:.4} → {:.4}", self.plain, self.symmetrized))
    }
}

/// Inputs (`x`, and the encoding `g̃·v` or `g̃` itself) and targets of one case.
type Case = (Vec<Tensor>, Vec<Tensor>);

impl<G: Group> Check<'_, G> {
    /// The three terms of [`SymmetrizationRisks`], as finite sums in `f64`.
    ///
    /// `law` lists inputs (`x` and the encoding `g̃·v` or `g̃` itself) and targets of equally likely cases; it must
    /// be invariant: with a case, all `h·` of it. The elements of the check must be all of a group, each once.
    ///
    /// # Errors
    ///
    /// Those of the model; shapes that do not fit; an empty `law` or group.
    ///
    /// # References
    ///
    /// B. Elesedy, S. Zaidi, "Provably strict generalisation benefit for equivariant models", ICML 2021.
    pub fn symmetrization(&self, law: &[Case]) -> Result<SymmetrizationRisks> {
        let group = self.some_elements()?;
        if law.is_empty() {
            candle_core::bail!(
                "check of '{}': a law of 0 cases, expected at least one",
                self.name
            );
        }
        let squares = |a: &[Tensor], b: &[Tensor]| -> Result<f64> {
            let mut sum = 0.0;
            for (a, b) in a.iter().zip(b) {
                let difference = (a - b.to_dtype(DType::F64)?)?;
                sum += difference.sqr()?.sum_all()?.to_scalar::<f64>()?;
            }
            Ok(sum / law.len() as f64)
        };
        let in_double = |tensors: Vec<Tensor>| -> Result<Vec<Tensor>> {
            tensors.iter().map(|y| y.to_dtype(DType::F64)).collect()
        };
        let mut risks = SymmetrizationRisks {
            subject: self.name.clone(),
            plain: 0.0,
            symmetrized: 0.0,
            distance: 0.0,
            rounding: 0.0,
        };
        for (inputs, targets) in law {
            let outputs = self.outputs(inputs)?;
            self.count(targets)?;
            let rounding = epsilon(outputs[0].dtype());
            let plain = in_double(outputs)?;
            let mut sums = plain.iter().map(Tensor::zeros_like).collect::<Result<Vec<_>>>()?;
            for h in group {
                let values = in_double(self.outputs(&self.move_inputs(h, inputs)?)?)?;
                for (sum, value) in sums.iter_mut().zip(self.move_outputs(&h.inverse(), &values)?) {
                    *sum = (&*sum + value)?;
                }
            }
            let mean = |sum: &Tensor| sum / group.len() as f64;
            let symmetrized = sums.iter().map(mean).collect::<Result<Vec<_>>>()?;
            risks.plain += squares(&plain, targets)?;
            risks.symmetrized += squares(&symmetrized, targets)?;
            risks.distance += squares(&plain, &symmetrized)?;
            for (y, target) in plain.iter().zip(targets) {
                let scale = largest_entry(y)?.max(largest_entry(target)?);
                risks.rounding = risks
                    .rounding
                    .max(rounding * scale * scale * y.elem_count() as f64);
            }
        }
        Ok(risks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Permuted;
    use crate::params::normal;
    use candle_core::Device;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;
    use sympe_groups::{PermGroup, Permutation};

    /// Features `[n]`, an encoding `[n, 2]` of `g̃`, an adjacency `[n, n]` and a target `[n]`, all of `S_n` applied:
    /// random values and a random predictor with no symmetry at all.
    fn risks(n: usize, elements: &[Permutation], law_of: &[Permutation]) -> Result<SymmetrizationRisks> {
        let mut rng = ChaCha8Rng::seed_from_u64(n as u64);
        let mut random = |shape: &[usize]| {
            let values: Vec<f64> = (0..shape.iter().product()).map(|_| normal(&mut rng)).collect();
            Tensor::from_vec(values, shape, &Device::Cpu)
        };
        let weight = random(&[n, n + 2 * n + n * n])?;
        let predictor = |x: &[Tensor]| {
            let flat = Tensor::cat(
                &[x[0].flatten_all()?, x[1].flatten_all()?, x[2].flatten_all()?],
                0,
            )?;
            weight.matmul(&flat.unsqueeze(1)?)?.squeeze(1)?.tanh()
        };
        let cases = (0..3)
            .map(|_| Ok(([random(&[n])?, random(&[n, 2])?, random(&[n, n])?], random(&[n])?)))
            .collect::<Result<Vec<_>>>()?;
        let nodes = Permuted::dim(0);
        let check = Check::new("tanh", elements.to_vec(), predictor)
            .input(&cases[0].0[0], &nodes)
            .input(&cases[0].0[1], &nodes)
            .input(&cases[0].0[2], Permuted::dims([0, 1]))
            .output(&nodes);
        let mut law = Vec::new();
        for (inputs, target) in &cases {
            for h in law_of {
                law.push((
                    check.move_inputs(h, inputs)?,
                    check.move_outputs(h, std::slice::from_ref(target))?,
                ));
            }
        }
        check.symmetrization(&law)
    }

    #[test]
    fn symmetrization_lowers_the_risk_by_its_distance_exactly() -> Result<()> {
        for n in [3, 4] {
            let group: Vec<Permutation> = PermGroup::symmetric(n).elements().collect();
            let found = risks(n, &group, &group)?;
            assert!(found.identity_error() < 1e-12, "{found:?}");
            assert!(found.finding().holds(), "{found:?}");
            assert!(
                found.distance > 0.1 && found.symmetrized < found.plain,
                "{found:?}"
            );
            // A law that is not invariant breaks the identity.
            let skewed = risks(n, &group, &group[..1])?;
            assert!(
                skewed.identity_error() > 1e-3 && !skewed.finding().holds(),
                "{skewed:?}"
            );
        }
        Ok(())
    }

    #[test]
    fn symmetrization_of_nothing_is_an_error() {
        let check = Check::new("nothing", [Permutation::identity(2)], |x: &[Tensor]| {
            Ok(x[0].clone())
        });
        let message = check.symmetrization(&[]).unwrap_err().to_string();
        assert!(message.contains("'nothing': a law of 0 cases"), "{message}");
    }
}
