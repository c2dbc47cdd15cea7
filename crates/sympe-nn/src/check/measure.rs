//! How far tensors are apart, and how much of that rounding explains.

use candle_core::{DType, Result, Tensor};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// The largest absolute difference of two tensors of one shape; NaN where one of them is.
///
/// ```
/// use candle_core::{Device, Tensor};
/// let [a, b] = [[1f32, 2.0], [1.0, 5.0]].map(|x| Tensor::new(&x, &Device::Cpu).unwrap());
/// assert_eq!(sympe_nn::check::max_difference(&a, &b)?, 3.0);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the shapes differ.
pub fn max_difference(a: &Tensor, b: &Tensor) -> Result<f64> {
    if a.dims() != b.dims() {
        candle_core::bail!("max_difference: shapes {:?} and {:?} differ", a.dims(), b.dims());
    }
    let differences = values(a)?.into_iter().zip(values(b)?).map(|(a, b)| (a - b).abs());
    Ok(largest(differences))
}

/// All entries, row by row.
pub(super) fn values(x: &Tensor) -> Result<Vec<f64>> {
    x.to_dtype(DType::F64)?.flatten_all()?.to_vec1()
}

/// The largest of numbers that are not negative, 0 of none; NaN if one of them is.
pub(super) fn largest(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers
        .into_iter()
        .fold(0.0, |most, x| if x > most || x.is_nan() { x } else { most })
}

/// The largest absolute value.
pub(super) fn largest_entry(x: &Tensor) -> Result<f64> {
    Ok(largest(values(x)?.into_iter().map(f64::abs)))
}

/// The distance from 1 to the next number; 0 of integers, which are exact.
pub(super) fn epsilon(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => f64::EPSILON,
        DType::F32 => f64::from(f32::EPSILON),
        DType::F16 => 2f64.powi(-10),
        DType::BF16 => 2f64.powi(-7),
        _ => 0.0,
    }
}

/// What an error in an output is held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounding {
    /// What one rounding of the inputs does to the output, and at least one rounding of its largest entry.
    pub(super) explains: f64,
    /// Errors up to this are put down to rounding.
    pub(super) limit: f64,
}

/// How many single roundings may add up. In sound networks of a few layers it is one to ten.
const ROUNDINGS: f64 = 100.0;

impl Rounding {
    /// Of each output of a model at the given inputs: by moving entries that are no integers by one rounding, up or down, three times.
    ///
    /// Integers stay: they are masks, edges, classes and ranks. However large the response is, an error above `√ε` of the largest entry
    /// of inputs and outputs is never put down to rounding.
    pub(super) fn of(
        model: &dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>,
        inputs: &[Tensor],
        outputs: &[Tensor],
    ) -> Result<Vec<Self>> {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut responses = vec![0f64; outputs.len()];
        for _ in 0..3 {
            let moved = inputs
                .iter()
                .map(|x| rounded(x, &mut rng))
                .collect::<Result<Vec<_>>>()?;
            for (response, (y, moved)) in responses.iter_mut().zip(outputs.iter().zip(model(&moved)?)) {
                *response = response.max(max_difference(y, &moved)?);
            }
        }
        let sizes = inputs.iter().map(largest_entry).collect::<Result<Vec<_>>>()?;
        let of_inputs = largest(sizes);
        let of_output = |(y, response): (&Tensor, f64)| {
            let (epsilon, scale) = (epsilon(y.dtype()), largest_entry(y)?);
            let explains = response.max(epsilon * scale);
            Ok(Self {
                explains,
                limit: (ROUNDINGS * explains).min(epsilon.sqrt() * scale.max(of_inputs)),
            })
        };
        outputs.iter().zip(responses).map(of_output).collect()
    }
}

/// The tensor with every entry that is no integer moved by one rounding.
fn rounded(x: &Tensor, rng: &mut ChaCha8Rng) -> Result<Tensor> {
    let epsilon = epsilon(x.dtype());
    if epsilon == 0.0 {
        return Ok(x.clone());
    }
    let moved = values(x)?.into_iter().map(|value| match value.fract() == 0.0 {
        true => value,
        false => value * (1.0 + if rng.random() { epsilon } else { -epsilon }),
    });
    Tensor::from_vec(moved.collect(), x.shape(), x.device())?.to_dtype(x.dtype())
}

/// `2×7×7`; `scalar` of no dimension.
pub(super) fn size(x: &Tensor) -> String {
    let dims: Vec<String> = x.dims().iter().map(usize::to_string).collect();
    if dims.is_empty() {
        "scalar".to_owned()
    } else {
        dims.join("×")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn differences_do_not_lose_what_is_not_finite() -> Result<()> {
        let of = |x: [f64; 3]| Tensor::new(&x, &Device::Cpu);
        let finite = of([1.0, 2.0, 3.0])?;
        for bad in [[f64::NAN, 2.0, 3.0], [1.0, f64::NAN, 3.0], [1.0, 2.0, f64::NAN]] {
            assert!(max_difference(&of(bad)?, &finite)?.is_nan(), "{bad:?}");
        }
        assert_eq!(
            max_difference(&of([1.0, f64::INFINITY, 3.0])?, &finite)?,
            f64::INFINITY
        );
        let ranks = |x: [u32; 2]| Tensor::new(&x, &Device::Cpu);
        assert_eq!(max_difference(&ranks([0, 5])?, &ranks([3, 4])?)?, 3.0);
        let message = max_difference(&finite, &ranks([0, 1])?).unwrap_err().to_string();
        assert!(
            message.starts_with("max_difference: shapes [3] and [2] differ"),
            "{message}"
        );
        let empty = Tensor::zeros((0, 2), DType::F32, &Device::Cpu)?;
        assert_eq!(max_difference(&empty, &empty)?, 0.0);
        Ok(())
    }

    #[test]
    fn what_rounding_explains_grows_with_the_response_and_has_an_end() -> Result<()> {
        let x = Tensor::new(&[0.3f64, 1.0, -2.7], &Device::Cpu)?;
        let of = |model: &dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>| {
            let inputs = std::slice::from_ref(&x);
            Ok::<_, candle_core::Error>(Rounding::of(model, inputs, &model(inputs)?)?[0])
        };
        let plain = of(&|x| Ok(vec![x[0].clone()]))?;
        assert!(
            (plain.explains / (2.7 * f64::EPSILON) - 1.0).abs() < 1.0,
            "{plain:?}"
        );
        assert!(plain.limit < 1e-12);
        // A thousand times steeper at the same size, and a jump.
        let steep = of(&|x| Ok(vec![(&x[0] * 1e3)?.sin()?]))?;
        assert!(
            steep.explains > 30.0 * plain.explains && steep.limit > plain.limit,
            "{steep:?}"
        );
        let jump = of(&|x| Ok(vec![(&x[0] * 1e30)?.sin()?]))?;
        assert!(jump.explains > 1e-3 && jump.limit <= 2.7 * 1.5e-8, "{jump:?}");
        Ok(())
    }
}
