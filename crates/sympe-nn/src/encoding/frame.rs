//! Learned vectors of space for O(3): `g̃·v` are the turned vectors.

use super::PositionalEncoding;
use crate::params::{Params, normal};
use candle_core::{Device, Result, Tensor};

/// The learned `v` of point clouds: `D` vectors of space, on which O(3) acts freely while they span it.
///
/// The draw is a tensor of orthogonal matrices `[B, 3, 3]`, as
/// [`MatrixRep::write_matrix`](sympe_groups::MatrixRep::write_matrix) gives them for `g̃`; the encoding is
/// `(g̃·v)_k = g̃·v_k`, `[B, D, 3]`, the same for all points of a cloud.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::encoding::{FrameEncoding, PositionalEncoding};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let vectors = FrameEncoding::new(4, 1.0, &store.root())?;
/// let identity = Tensor::eye(3, DType::F32, &Device::Cpu)?.unsqueeze(0)?;
/// let encoding = vectors.encode(&Tensor::cat(&[&identity, &identity.neg()?], 0)?)?;
/// assert_eq!(encoding.dims(), [2, 4, 3]);
/// let [v, inverted] = [0, 1].map(|b| encoding.get(b).unwrap().to_vec2::<f32>().unwrap());
/// assert_eq!(inverted[3][2], -v[3][2]);
/// assert!(FrameEncoding::new(2, 1.0, &store.root().at("plane")).is_err()); // a mirror moves no vector of a plane
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FrameEncoding {
    /// `[D, 3]`
    vectors: Tensor,
}

impl FrameEncoding {
    /// `dim` vectors, as parameter `frame`. The first three start as a random orthonormal basis times `scale`, the others as random
    /// vectors of that length.
    ///
    /// # Errors
    ///
    /// When there are fewer than three vectors, which some element other than the identity leaves alone, or the name is taken.
    pub fn new(dim: usize, scale: f64, params: &Params<'_>) -> Result<Self> {
        if dim < 3 {
            candle_core::bail!(
                "an encoding of {dim} vectors: expected at least 3, as fewer have a mirror that leaves them alone"
            );
        }
        let vectors = params.with_values("frame", &start(dim, scale, params)?)?;
        Ok(Self { vectors })
    }
}

/// Unit vectors times `scale`, each of three orthogonal to those before it.
fn start(dim: usize, scale: f64, params: &Params<'_>) -> Result<Tensor> {
    let mut rng = params.rng("frame");
    let mut vectors: Vec<[f64; 3]> = Vec::with_capacity(dim);
    while vectors.len() < dim {
        let mut vector = [(); 3].map(|()| normal(&mut rng));
        let basis = if vectors.len() < 3 { &vectors[..] } else { &[] };
        // The second time removes what rounding left.
        for _ in 0..2 {
            for other in basis {
                let along = dot(other, &vector);
                vector = std::array::from_fn(|axis| vector[axis] - along * other[axis]);
            }
        }
        let length = dot(&vector, &vector).sqrt();
        if length > 1e-3 {
            vectors.push(vector.map(|x| x / length));
        }
    }
    let values = vectors.into_iter().flatten().map(|x| scale * x).collect();
    Tensor::from_vec(values, (dim, 3), &Device::Cpu)
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

impl PositionalEncoding for FrameEncoding {
    type Draw = Tensor;

    fn dim(&self) -> usize {
        self.vectors.dims()[0]
    }

    fn encode(&self, frames: &Tensor) -> Result<Tensor> {
        let (_, 3, 3) = frames.dims3()? else {
            candle_core::bail!("frames {:?}, expected [B, 3, 3]", frames.dims())
        };
        // Rows: (g·v_k)ᵀ = v_kᵀ·gᵀ.
        self.vectors
            .broadcast_matmul(&frames.transpose(1, 2)?.contiguous()?)
    }
}
