//! A learned law of frames.

use super::DrawModule;
use crate::models::{Adjoin, Backbone, PointChannels, PointInput, PointNet, PointNetConfig};
use crate::params::Params;
use candle_core::{D, Result, Tensor};

/// A learned kernel of O(3): frames of a cloud, drawn from a law that is equivariant for any parameters and that learns through the
/// frame (Kim, Nguyen, Suleymanzade, An & Hong, *Learning probabilistic symmetrization for architecture agnostic equivariance*, 2023).
///
/// A [`PointNet`] makes three vectors of the cloud and of independent normal vectors `z`, `D ≥ 3` at each point; the frame is their
/// orthonormalisation after Gram and Schmidt, in order:
///
/// ```text
/// v_k = mean_i net(x, z)_ik,   k = 1, 2, 3
/// m_k = v_k/√(1 + Σ_l ‖v_l‖²) + ε·mean_i z_ik
/// g̃   = [q_1 q_2 q_3],   q_k = m_k − Σ_{l<k} ⟨q_l, m_k⟩·q_l, at length 1
/// ```
///
/// Law 1: clouds and noise moved by `k` have the frame `k·g̃`, exactly, and the law of `z` is that of `k·z`. The noise that is
/// added (ε = 10⁻²) decides where the network's vectors are degenerate: those of parameters that are all zero have Haar
/// distributed frames.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::learned::{DrawModule, LearnedFrames};
/// use sympe_nn::models::{PointInput, PointNetConfig};
/// use sympe_nn::params::ParamStore;
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let draw = LearnedFrames::new(PointNetConfig::default(), 1, 3, &store.root())?;
/// let positions = Tensor::new(&[[[1f32, 0.0, 0.0], [-1.0, 0.0, 0.0]]], &Device::Cpu)?;
/// let ones = Tensor::ones((1, 2), DType::F32, &Device::Cpu)?;
/// let input = PointInput::new(positions, ones.unsqueeze(2)?, ones)?;
/// let eye = Tensor::eye(3, DType::F32, &Device::Cpu)?; // noise is drawn by the host
/// let noise = Tensor::stack(&[&eye, &(&eye * 0.5)?], 0)?.unsqueeze(0)?;
/// let g = draw.forward(&input, &noise)?.get(0)?;
/// let error = (g.matmul(&g.t()?)? - eye)?.abs()?.max_all()?.to_scalar::<f32>()?;
/// assert!(error < 1e-5);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LearnedFrames {
    net: PointNet,
    noise: usize,
}

/// What noise adds to the vectors of the network, whose lengths are at most 1 by then.
const EPSILON: f64 = 1e-2;

impl LearnedFrames {
    /// A law of frames for points of so many features, with so many vectors of noise at each.
    ///
    /// # Errors
    ///
    /// When there are fewer than three vectors of noise, or the names are taken.
    pub fn new(config: PointNetConfig, features: usize, noise: usize, params: &Params<'_>) -> Result<Self> {
        if noise < 3 {
            candle_core::bail!(
                "{noise} vectors of noise at each point, expected at least 3: as many as a frame has"
            );
        }
        let channels = PointChannels {
            features,
            vectors: noise,
            vector_outputs: 3,
            scalar_outputs: 0,
        };
        Ok(Self {
            net: PointNet::new(config, channels, params)?,
            noise,
        })
    }

    /// Vectors of noise at each point.
    #[must_use]
    pub fn noise(&self) -> usize {
        self.noise
    }
}

impl DrawModule for LearnedFrames {
    type Input = PointInput;

    fn draw(&self, input: &PointInput, noise: &Tensor) -> Result<Tensor> {
        Ok(self.forward(input, noise)?.detach())
    }

    /// Frames `[B, 3, 3]` of clouds without vectors, from noise `[B, N, D, 3]`, zero in padding.
    fn forward(&self, input: &PointInput, noise: &Tensor) -> Result<Tensor> {
        let output = self.net.forward_t(&input.adjoin(noise)?, false)?;
        let count = input.mask.sum_keepdim(1)?.maximum(1.0)?.unsqueeze(2)?;
        let mean = |vectors: &Tensor| vectors.sum(1)?.broadcast_div(&count);
        let vectors = mean(&output.vectors)?;
        let size = vectors.sqr()?.sum_keepdim((1, 2))?.affine(1.0, 1.0)?.sqrt()?;
        let noise = (mean(&noise.narrow(2, 0, 3)?)? * EPSILON)?;
        orthonormal(&(vectors.broadcast_div(&size)? + noise)?)
    }
}

/// Rows `[B, 3, 3]` to frames of which the columns are these rows, orthonormalised in order. Differentiable where the rows are
/// independent.
fn orthonormal(rows: &Tensor) -> Result<Tensor> {
    let mut basis: Vec<Tensor> = Vec::with_capacity(3);
    for k in 0..3 {
        let mut row = rows.narrow(1, k, 1)?;
        // The second time removes what rounding left.
        for _ in 0..2 {
            for known in &basis {
                let along = (known * &row)?.sum_keepdim(D::Minus1)?;
                row = (row - known.broadcast_mul(&along)?)?;
            }
        }
        let length = row.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
        basis.push(row.broadcast_div(&length)?);
    }
    Tensor::cat(&basis, 1)?.transpose(1, 2)?.contiguous()
}
