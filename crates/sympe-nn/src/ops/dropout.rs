//! Dropout whose masks are a function of a seed, a place and a position, so that nothing has to be stored.

use candle_core::{DType, Device, Result, Shape, Tensor};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// Inverted dropout (Srivastava et al. 2014): entries are zero with some probability and else divided by one minus it.
///
/// Entry `k` of a mask reads word `k` of the ChaCha8 stream of `(seed, place)`: the same on every device, for any number
/// of threads and in a resumed run.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::ops::Dropout;
/// let dropout = Dropout::new(0.25, 7, 0)?;
/// let y = dropout.apply(&Tensor::ones(1000, DType::F32, &Device::Cpu)?)?.to_vec1::<f32>()?;
/// assert!(y.iter().all(|&y| y == 0.0 || (y - 4.0 / 3.0).abs() < 1e-6));
/// assert!((200..300).contains(&y.iter().filter(|&&y| y == 0.0).count()));
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    probability: f64,
    seed: u64,
    place: u64,
}

impl Dropout {
    /// Dropout with a probability below 1; `seed` is new in each step, `place` tells the masks of a step apart.
    ///
    /// # Errors
    ///
    /// When the probability is not in `[0, 1)`.
    pub fn new(probability: f64, seed: u64, place: u64) -> Result<Self> {
        if !(0.0..1.0).contains(&probability) {
            candle_core::bail!("dropout of probability {probability}: expected 0 ≤ probability < 1");
        }
        Ok(Self {
            probability,
            seed,
            place,
        })
    }

    /// The mask: 0 or `1/(1 − probability)`.
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn mask(&self, shape: impl Into<Shape>, dtype: DType, device: &Device) -> Result<Tensor> {
        let shape = shape.into();
        let mut factors = vec![0f32; shape.elem_count()];
        self.factors(0, &mut factors);
        Tensor::from_vec(factors, shape, device)?.to_dtype(dtype)
    }

    /// `x` times the mask.
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        x * self.mask(x.shape(), x.dtype(), x.device())?
    }

    /// Entries `start..` of the mask.
    pub(super) fn factors(&self, start: usize, factors: &mut [f32]) {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.place.to_le_bytes());
        key[16..23].copy_from_slice(b"dropout"); // no stream of another purpose has this key
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_word_pos(start as u128);
        let threshold = (self.probability * 2f64.powi(32)) as u32;
        let kept = (1.0 / (1.0 - self.probability)) as f32;
        for factor in factors {
            *factor = if rng.next_u32() < threshold { 0.0 } else { kept };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_of_a_mask_is_that_part_of_the_whole() {
        let dropout = Dropout::new(0.3, 5, 2).unwrap();
        let mut whole = vec![0.0; 500];
        dropout.factors(0, &mut whole);
        for start in [0, 1, 15, 16, 63, 64, 65, 300] {
            let mut part = vec![0.0; 500 - start];
            dropout.factors(start, &mut part);
            assert_eq!(part, whole[start..], "from {start}");
        }
    }

    #[test]
    fn masks_never_change() {
        // Stored runs resume with these: a changed value breaks them.
        let mut factors = [0.0; 16];
        Dropout::new(0.5, 1, 2).unwrap().factors(0, &mut factors);
        let kept: Vec<usize> = (0..16).filter(|&k| factors[k] != 0.0).collect();
        assert_eq!(kept, [0, 6, 8, 11]);
    }

    #[test]
    fn seeds_and_places_give_other_masks_and_probabilities_are_checked() {
        let mask = |seed, place| {
            let mut factors = vec![0.0; 64];
            Dropout::new(0.5, seed, place).unwrap().factors(0, &mut factors);
            factors
        };
        assert_ne!(mask(1, 0), mask(2, 0));
        assert_ne!(mask(1, 0), mask(1, 1));
        for wrong in [-0.1, 1.0, f64::NAN] {
            let message = Dropout::new(wrong, 0, 0).unwrap_err().to_string();
            assert!(message.contains("expected 0 ≤ probability < 1"), "{message}");
        }
    }
}
