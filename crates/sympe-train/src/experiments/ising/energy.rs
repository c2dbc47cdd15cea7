//! Real numbers in the place of spins, and their energy.

use candle_core::Tensor;

/// Energy per site `[B]` of real spins `[B, h, w]`, for couplings and field of the same shape.
pub(super) fn energy(down: &Tensor, right: &Tensor, field: &Tensor, spins: &Tensor) -> candle_core::Result<Tensor> {
    let bonds = ((down * spins.roll(-1, 1)?)? + (right * spins.roll(-1, 2)?)?)?;
    ((bonds + field)? * spins)?.flatten_from(1)?.mean(1)?.neg()
}

/// An output `[B, h, w]` divided by its root mean square over the sites: spherical spins.
///
/// Outputs small against 1/10 become smaller spins: a uniform output would otherwise be ±1 and have no gradient.
pub(super) fn spherical(output: &Tensor) -> candle_core::Result<Tensor> {
    let square = output.flatten_from(1)?.sqr()?.mean_keepdim(1)?.unsqueeze(2)?;
    output.broadcast_div(&(square + 0.01)?.sqrt()?)
}

/// [Soft spins](super::SpinRelaxation::Soft) of spherical ones.
pub(super) fn soft(spins: &Tensor, sharpness: f64) -> candle_core::Result<Tensor> {
    (spins * sharpness)?.tanh()? / sharpness.tanh()
}

/// The external field times `|m|`, `m` the mean of the spins: see [`SpinRelaxation::Spherical`](super::SpinRelaxation::Spherical).
pub(super) fn through_ghost(field: &Tensor, spins: &Tensor) -> candle_core::Result<Tensor> {
    let m = spins.flatten_from(1)?.mean_keepdim(1)?.abs()?;
    field.broadcast_mul(&m.unsqueeze(2)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainError;
    use candle_core::Device;
    use sympe_data::ising::{Couplings, Phase};

    #[test]
    fn pure_patterns_are_their_own_soft_spins_at_any_sharpness_and_size() -> candle_core::Result<()> {
        let pattern = Tensor::new(&[[[1f32, -1.0], [-1.0, 1.0]]], &Device::Cpu)?;
        for size in [10.0, 1e4] {
            let spins = spherical(&(&pattern * size)?)?;
            for sharpness in [0.1, 1.5, 9.0] {
                let error = (soft(&spins, sharpness)? - &pattern)?.abs()?.max_all()?;
                assert!(error.to_scalar::<f32>()? < 1e-3, "{sharpness}, {size}");
            }
        }
        // Where nothing is decided, nothing is.
        let zero = spherical(&pattern.zeros_like()?)?;
        assert_eq!(zero.abs()?.max_all()?.to_scalar::<f32>()?, 0.0);
        Ok(())
    }

    /// What makes the loss unbiased: between two patterns the energy of spherical spins is linear in the weight of one.
    #[test]
    fn the_energy_of_spherical_spins_is_linear_between_patterns() -> Result<(), TrainError> {
        let values = [0.75f32, -1.25, 0.5];
        let shape = [4, 4];
        let couplings = Couplings::uniform(shape, values[0], values[1], values[2])?;
        let field = |values: &[f32]| Tensor::from_slice(values, (1, 4, 4), &Device::Cpu);
        let (down, right) = (field(couplings.down())?, field(couplings.right())?);
        for first in Phase::ALL {
            for second in Phase::ALL.into_iter().filter(|second| *second != first) {
                for weight in [0.0f64, 0.25, 0.5, 0.9, 1.0] {
                    let spins: Vec<f32> = (first.pattern(shape).iter())
                        .zip(second.pattern(shape))
                        .map(|(a, b)| {
                            (weight.sqrt() * f64::from(*a) + (1.0 - weight).sqrt() * f64::from(b)) as f32
                        })
                        .collect();
                    let spins = spherical(&(field(&spins)? * 100.0)?)?;
                    let external = through_ghost(&field(couplings.field())?, &spins)?;
                    let found = energy(&down, &right, &external, &spins)?.to_vec1::<f32>()?[0];
                    let expected = weight * first.energy(values) + (1.0 - weight) * second.energy(values);
                    assert!(
                        (f64::from(found) - expected).abs() < 1e-4,
                        "{first:?}, {second:?}, {weight}"
                    );
                }
            }
        }
        Ok(())
    }

    #[test]
    fn the_energy_is_that_of_the_couplings() -> Result<(), TrainError> {
        let couplings = Couplings::new(
            [2, 3],
            vec![0.5, -1.0, 2.0, 0.25, 1.5, -0.75],
            vec![1.0, 0.5, -2.0, 0.125, -1.0, 3.0],
            vec![0.5, 0.0, -1.0, 2.0, 0.25, -0.5],
        )?;
        let spins = [0.5f32, -1.0, 1.0, 0.25, -0.125, 0.75];
        let field = |values: &[f32]| Tensor::from_slice(values, (1, 2, 3), &Device::Cpu);
        let [down, right, external] = [couplings.down(), couplings.right(), couplings.field()];
        let energy = energy(&field(down)?, &field(right)?, &field(external)?, &field(&spins)?)?;
        let difference = f64::from(energy.to_vec1::<f32>()?[0]) - couplings.energy_of_real(&spins);
        assert!(difference.abs() < 1e-6);
        Ok(())
    }
}
