//! The noise of one variable, a node or a pair of nodes: laws of a class given others, in closed form.
//!
//! What is written is a distribution: not negative, with sum 1, also where the limit distribution excludes classes.

use super::CosineSchedule;

/// The Markov chain that noises one variable of `d` classes: in step `t` it stays with probability `1 − β_t` and is drawn
/// from the limit distribution `m` otherwise, `Q_t = (1 − β_t) I + β_t 1 mᵀ`, so that `z_t` given `x` has the law
/// `Q̄_t = ᾱ_t I + (1 − ᾱ_t) 1 mᵀ` (*DiGress*, section 4.1). Before time 0 there is `x`, `Q̄_{−1} = I`.
///
/// Classes and times are indices: methods panic when a class is not below `d`, a time exceeds `T`, or a slice has not `d`
/// entries. Each takes O(d).
///
/// ```
/// use sympe_data::diffusion::{CosineSchedule, Limit, Process};
/// let process = Process::new(CosineSchedule::new(10)?, Limit::new(vec![0.7, 0.3], vec![1.0])?);
/// let nodes = process.nodes();
/// assert!((nodes.marginal(5, 0, 0) + nodes.marginal(5, 0, 1) - 1.0).abs() < 1e-15);
/// // Bayes: p(z_4 | z_5, x) = p(z_5 | z_4) p(z_4 | x) / p(z_5 | x).
/// let mut posterior = [0.0; 2];
/// nodes.posterior(5, 0, 1, &mut posterior);
/// let bayes = nodes.transition(5, 0, 1) * nodes.marginal(4, 0, 0) / nodes.marginal(5, 0, 1);
/// assert!((posterior[0] - bayes).abs() < 1e-15);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chain<'a> {
    pub(super) schedule: &'a CosineSchedule,
    pub(super) limit: &'a [f64],
}

impl Chain<'_> {
    /// `d`, the number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.limit.len()
    }

    /// `Q_t[from, to]`, the probability of class `to` at time `t` given class `from` before.
    #[must_use]
    pub fn transition(&self, t: usize, from: usize, to: usize) -> f64 {
        let beta = self.schedule.beta(t);
        stay_or_draw(1.0 - beta, from == to, self.limit[to])
    }

    /// `Q̄_t[x, z]`, the probability of class `z` at time `t` given class `x` at the start.
    #[must_use]
    pub fn marginal(&self, t: usize, x: usize, z: usize) -> f64 {
        stay_or_draw(self.schedule.alpha_bar(t), x == z, self.limit[z])
    }

    /// `q(z_{t−1} | z_t, x) ∝ (z_t Q_tᵀ) ⊙ (x Q̄_{t−1})` into `out`: the law of the class before step `t`. Where the limit
    /// distribution excludes `z_t ≠ x`, the variable stays at `z_t`.
    pub fn posterior(&self, t: usize, x: usize, z: usize, out: &mut [f64]) {
        let alpha_bar = self.schedule.alpha_bar_before(t);
        for k in 0..self.classes() {
            out[k] = self.transition(t, k, z) * stay_or_draw(alpha_bar, x == k, self.limit[k]);
        }
        if !normalize(out) {
            out[z] = 1.0;
        }
    }

    /// `p(z_{t−1} | z_t) = Σ_x p̂(x) q(z_{t−1} | z_t, x)` into `out`: the law of a denoising step given the probabilities
    /// `p̂` that a network predicts, which need not sum to 1.
    ///
    /// Values of `x` that cannot become `z_t` are left out. Where no mass is left, `p̂(x) ∝ Q̄_t[x, z_t]` takes its place.
    pub fn mixture(&self, t: usize, prediction: &[f64], z: usize, out: &mut [f64]) {
        // w_x ∝ p̂(x) / Q̄_t[x, z], scaled so that nothing is divided by what may vanish.
        let (same, other) = (
            self.marginal(t, z, z),
            (1.0 - self.schedule.alpha_bar(t)) * self.limit[z],
        );
        let weight = |x: usize| match (x == z, other > 0.0) {
            (true, true) => prediction[x] * (other / same),
            (false, false) => 0.0,
            _ => prediction[x],
        };
        let possible = |x: usize| f64::from(x == z || other > 0.0);
        let d = self.classes();
        let total: f64 = (0..d).map(weight).sum();
        let (total, empty) = if total > 0.0 {
            (total, false)
        } else {
            ((0..d).map(possible).sum(), true)
        };
        let alpha_bar = self.schedule.alpha_bar_before(t);
        for k in 0..d {
            let w = if empty { possible(k) } else { weight(k) };
            out[k] = self.transition(t, k, z) * (alpha_bar * w + (1.0 - alpha_bar) * self.limit[k] * total);
        }
        if !normalize(out) {
            out[z] = 1.0;
        }
    }

    /// `p(z_{t−1} | z_t) ∝ (z_t Q_tᵀ) ⊙ (p̂ Q̄_{t−1})` into `out`: the prediction in the place of `x`, as in the
    /// likelihoods of the code of DiGress, which is not the law of a denoising step.
    pub fn plug_in(&self, t: usize, prediction: &[f64], z: usize, out: &mut [f64]) {
        let total: f64 = prediction.iter().sum();
        let alpha_bar = self.schedule.alpha_bar_before(t);
        for k in 0..self.classes() {
            let before = alpha_bar * prediction[k] + (1.0 - alpha_bar) * self.limit[k] * total;
            out[k] = self.transition(t, k, z) * before;
        }
        if !normalize(out) {
            out[z] = 1.0;
        }
    }
}

/// The probability of a class if the variable stays with probability `stay`, and is drawn otherwise.
fn stay_or_draw(stay: f64, same: bool, limit: f64) -> f64 {
    f64::from(same) * stay + (1.0 - stay) * limit
}

/// Scales to sum 1; whether there is anything to scale.
pub(super) fn normalize(weights: &mut [f64]) -> bool {
    let total: f64 = weights.iter().sum();
    if total > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= total);
    }
    total > 0.0
}
