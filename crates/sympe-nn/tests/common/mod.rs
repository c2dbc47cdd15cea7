//! What tests of models share.

use candle_core::{DType, Device, Result, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_nn::params::normal;

/// Standard normal numbers.
pub(crate) fn random(shape: &[usize], dtype: DType, seed: u64) -> Result<Tensor> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<f64> = (0..shape.iter().product()).map(|_| normal(&mut rng)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype)
}
