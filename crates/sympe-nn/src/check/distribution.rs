//! The law of a model that draws: whether moving the input moves it.

use super::equivariance::{Check, Outputs};
use super::measure::values;
use super::report::{Bound, Finding, Law};
use candle_core::{Result, Tensor};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use sympe_groups::{Group, uniform_below};

/// Relabellings of the two samples for a p-value; the least one is one in so many and one more.
const RELABELLINGS: usize = 1999;

/// Below this p-value the law counts as broken: a sound model is called broken once in so many seeds.
const LEAST: f64 = 1e-3;

impl<G: Group> Check<'_, G> {
    /// Law 1 of a draw with all that follows it: `g⁻¹·f(g·x, g̃)` with `g̃` drawn for `g·x` has the law of `f(x, g̃)` with `g̃` drawn
    /// for `x`. `sample` draws, encodes and applies the network; it takes the place of the check's model.
    ///
    /// Two samples of `draws` outputs each, one at `x` and one at `g·x` for elements `g` drawn from those of the check, are compared by the
    /// energy distance (Székely & Rizzo 2004) of all outputs as one vector; the finding is the p-value of 1999 relabellings, and the law
    /// counts as broken below 0.001. `O(draws²)` distances. Enough draws tell any two laws apart; 200 tell normal numbers from those
    /// shifted by 0.6 standard deviations. With one seed the result is always the same.
    ///
    /// ```
    /// use candle_core::{Device, Tensor};
    /// use rand::Rng;
    /// use sympe_groups::{Group, PermGroup, Permutation};
    /// use sympe_nn::action::Permuted;
    /// use sympe_nn::check::Check;
    /// // Ranks of four equal nodes: a random order is as good as another, the first node's is not.
    /// let (x, group, nodes) = (Tensor::ones(4, candle_core::DType::F64, &Device::Cpu)?, PermGroup::symmetric(4), Permuted::dim(0));
    /// let check = Check::new("ranks", group.elements(), |x: &[Tensor]| Ok(x[0].clone())).input(&x, &nodes).output(&nodes);
    /// let ranks = |g: Permutation| Tensor::new(g.inverse().images(), &Device::Cpu);
    /// check.distribution(100, 0, |_, rng: &mut dyn Rng| ranks(Permutation::random(4, rng)))?.ensure()?;
    /// let fixed = check.distribution(100, 0, |_, _| ranks(Permutation::identity(4)))?;
    /// assert_eq!(fixed.value, 0.0005);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `sample`; actions that do not fit; no elements; fewer than two draws; outputs that are not finite.
    pub fn distribution<O: Outputs>(
        &self,
        draws: usize,
        seed: u64,
        sample: impl Fn(&[Tensor], &mut dyn Rng) -> Result<O>,
    ) -> Result<Finding> {
        if draws < 2 {
            candle_core::bail!("check of '{}': {draws} draws, expected at least 2", self.name);
        }
        let elements = self.some_elements()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut points = Vec::with_capacity(2 * draws);
        let mut dtype = None;
        for moved in [false, true] {
            for _ in 0..draws {
                let outputs = if moved {
                    let g = &elements[uniform_below(elements.len() as u32, &mut rng) as usize];
                    let at = self.move_inputs(g, &self.inputs)?;
                    let outputs = sample(&at, &mut rng)?.into_tensors();
                    self.count(&outputs)?;
                    self.move_outputs(&g.inverse(), &outputs)?
                } else {
                    sample(&self.inputs, &mut rng)?.into_tensors()
                };
                self.count(&outputs)?;
                dtype.get_or_insert(outputs[0].dtype());
                let mut point = Vec::new();
                for y in &outputs {
                    point.extend(values(y)?);
                }
                if let Some(value) = point.iter().find(|value| !value.is_finite()) {
                    candle_core::bail!(
                        "check of '{}': an output is {value}, expected finite numbers",
                        self.name
                    );
                }
                points.push(point);
            }
        }
        let p = p_value(&points, &mut rng);
        let finding = Finding::new(Law::Distribution, &self.name, p, Bound::AtLeast(LEAST))
            .of(dtype.expect("there are draws"), self.size());
        Ok(finding.with_detail(format!("p-value of {draws} draws each")))
    }
}

/// The share of relabellings of two halves whose energy distance is at least theirs, the halves themselves included.
fn p_value(points: &[Vec<f64>], rng: &mut ChaCha8Rng) -> f64 {
    let n = points.len();
    let mut distances = vec![0f64; n * n];
    for i in 0..n {
        for j in 0..i {
            let squares = points[i].iter().zip(&points[j]).map(|(a, b)| (a - b) * (a - b));
            let distance = squares.sum::<f64>().sqrt();
            distances[i * n + j] = distance;
            distances[j * n + i] = distance;
        }
    }
    // For halves of one size the energy distance is a decreasing function of the sum of distances within them.
    let within = |first: &[bool]| {
        let mut sum = 0.0;
        for i in 0..n {
            for j in 0..i {
                if first[i] == first[j] {
                    sum += distances[i * n + j];
                }
            }
        }
        sum
    };
    let mut first: Vec<bool> = (0..n).map(|i| i < n / 2).collect();
    let found = within(&first);
    // Sums of the same numbers in another order are no smaller ones.
    let tie = 1e-12 * distances.iter().sum::<f64>();
    let mut as_far = 1;
    for _ in 0..RELABELLINGS {
        for i in (1..n).rev() {
            first.swap(i, rng.random_range(0..=i));
        }
        as_far += usize::from(within(&first) <= found + tie);
    }
    as_far as f64 / (RELABELLINGS + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::normal;

    /// p-values of two samples of normal numbers, shifted against each other.
    fn p_values(shift: f64, seeds: u64) -> Vec<f64> {
        let of_seed = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let points: Vec<Vec<f64>> = (0..400)
                .map(|i| {
                    vec![
                        normal(&mut rng) + if i < 200 { 0.0 } else { shift },
                        normal(&mut rng),
                    ]
                })
                .collect();
            p_value(&points, &mut rng)
        };
        (0..seeds).map(of_seed).collect()
    }

    #[test]
    fn p_values_are_uniform_for_one_law_and_small_for_two() {
        let (same, shifted) = (p_values(0.0, 12), p_values(0.6, 4));
        assert!(same.iter().all(|&p| p > LEAST), "{same:?}");
        let mean = same.iter().sum::<f64>() / same.len() as f64;
        // Of twelve uniform numbers: three standard deviations are 0.25.
        assert!((mean - 0.5).abs() < 0.25, "{same:?}");
        assert!(shifted.iter().all(|&p| p < LEAST), "{shifted:?}");
    }
}
