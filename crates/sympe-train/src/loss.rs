//! What training minimises, as processes that share a batch can put it together.

use candle_core::{Result, Tensor};

/// The loss of a batch: a sum of means.
///
/// Where several processes share a batch, each has a part of it, and the loss is that of the whole: so a term says over how many
/// things its mean is, unless these are samples.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_train::task::Loss;
/// let mean = |value: f32| Tensor::new(value, &Device::Cpu);
/// // The mean over the samples of the batch, and one over seven of their nodes.
/// let loss = Loss::from(mean(2.0)?).and(Loss::over(mean(0.5)?, 7.0));
/// assert_eq!(loss.value()?.to_scalar::<f32>()?, 2.5);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Loss {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    mean: Tensor,
    /// Over how many things the mean is, if they are not samples.
    over: Option<f64>,
}

impl From<Tensor> for Loss {
    /// A mean over the samples of the batch.
    fn from(mean: Tensor) -> Self {
        Self {
            terms: vec![Term { mean, over: None }],
        }
    }
}

impl Loss {
    /// A mean over `count` things, which may be zero: then it is of nothing, and should be zero, too.
    #[must_use]
    pub fn over(mean: Tensor, count: f64) -> Self {
        Self {
            terms: vec![Term {
                mean,
                over: Some(count),
            }],
        }
    }

    /// The sum of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.terms.extend(other.terms);
        self
    }

    /// The value, a scalar.
    ///
    /// # Errors
    ///
    /// Candle's, when the terms are not of one shape.
    pub fn value(&self) -> Result<Tensor> {
        let (first, rest) = self.terms.split_first().expect("a loss has a term");
        rest.iter()
            .try_fold(first.mean.clone(), |sum, term| sum + &term.mean)
    }

    /// Over how much each term is a mean, in a part of a batch that has so many samples.
    pub(crate) fn counts(&self, samples: usize) -> Vec<f32> {
        let count = |term: &Term| match samples {
            0 => 0.0,
            _ => term.over.unwrap_or(samples as f64) as f32,
        };
        self.terms.iter().map(count).collect()
    }

    /// What this part of a batch adds to the loss of the whole, whose counts are `totals`.
    pub(crate) fn part_of(&self, samples: usize, totals: &[f32]) -> Result<Tensor> {
        let counts = self.counts(samples);
        let part = |((term, count), total): ((&Term, f32), &f32)| {
            let share = if *total > 0.0 { count / total } else { 0.0 };
            &term.mean * f64::from(share)
        };
        let parts = self.terms.iter().zip(counts).zip(totals).map(part);
        parts.reduce(|sum, part| sum? + part?).expect("a loss has a term")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn mean(value: f32) -> Tensor {
        Tensor::new(value, &Device::Cpu).unwrap()
    }

    #[test]
    fn parts_of_a_batch_add_up_to_its_loss() -> Result<()> {
        // Samples (3, 1 and a filler that counts for nothing) of means 1, 5 and 9; nodes 2, 6 of means 4, 8.
        let parts = [
            (3, Loss::from(mean(1.0)).and(Loss::over(mean(4.0), 2.0))),
            (1, Loss::from(mean(5.0)).and(Loss::over(mean(8.0), 6.0))),
            (0, Loss::from(mean(9.0)).and(Loss::over(mean(9.0), 3.0))),
        ];
        let mut totals = [0.0; 2];
        for (samples, loss) in &parts {
            for (total, count) in totals.iter_mut().zip(loss.counts(*samples)) {
                *total += count;
            }
        }
        assert_eq!(totals, [4.0, 8.0]);
        let mut sum = 0.0;
        for (samples, loss) in &parts {
            sum += loss.part_of(*samples, &totals)?.to_scalar::<f32>()?;
        }
        assert_eq!(sum, (3.0 + 5.0) / 4.0 + (8.0 + 48.0) / 8.0);
        Ok(())
    }

    #[test]
    fn a_mean_over_nothing_anywhere_adds_nothing() -> Result<()> {
        let loss = Loss::from(mean(1.0)).and(Loss::over(mean(0.0), 0.0));
        assert_eq!(loss.part_of(2, &[2.0, 0.0])?.to_scalar::<f32>()?, 1.0);
        Ok(())
    }
}
