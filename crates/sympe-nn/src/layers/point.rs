//! Message passing on clouds of points, with scalar and vector channels.

use super::linear::{Linear, Mlp};
use crate::ops;
use crate::params::{Init, Params};
use candle_core::{D, Result, Tensor};

/// What messages between points see of where these are: the same for all layers.
///
/// Distances are smoothed, `d = √(r² + ε²)` with `ε = 10⁻³`, so that nothing jumps where points meet.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::layers::PointGeometry;
/// let positions = Tensor::new(&[[[0f32, 0.0, 0.0], [0.0, 0.0, 2.0]]], &Device::Cpu)?;
/// let mask = Tensor::new(&[[1f32, 1.0]], &Device::Cpu)?;
/// let geometry = PointGeometry::new(&positions, &mask, 8, 4.0)?;
/// assert_eq!(geometry.radial().dims(), [1, 2, 2, 8]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PointGeometry {
    /// `[B, N, N, K]`
    radial: Tensor,
    /// `[B, N, N, 3, 1]`: `(x_j − x_i)/(1 + d_ij)`
    directions: Tensor,
    /// `[B, N, N, 1]`: one over the number of neighbours, 0 for pairs that do not count.
    weights: Tensor,
}

/// Distances are never smaller, so that they have a gradient where points meet.
const SMOOTHING: f64 = 1e-3;

impl PointGeometry {
    /// Of positions `[B, N, 3]` with a mask `[B, N]`; distances are seen through `count` Gaussians whose centres are spread from 0
    /// to `reach`, in the unit of the positions.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit, or `count` is 0.
    pub fn new(positions: &Tensor, mask: &Tensor, count: usize, reach: f64) -> Result<Self> {
        let (batch, n, dimension) = positions.dims3()?;
        if dimension != 3 || mask.dims() != [batch, n] || count == 0 {
            candle_core::bail!(
                "positions {:?}, mask {:?} and {count} radial functions, expected [B, N, 3], [B, N] and at least 1",
                positions.dims(),
                mask.dims()
            );
        }
        let differences = positions.unsqueeze(1)?.broadcast_sub(&positions.unsqueeze(2)?)?;
        let distances = differences
            .sqr()?
            .sum_keepdim(3)?
            .affine(1.0, SMOOTHING * SMOOTHING)?
            .sqrt()?;
        let spacing = reach / (count.max(2) - 1) as f64;
        let centers: Vec<f64> = (0..count).map(|k| k as f64 * spacing).collect();
        let centers = Tensor::new(centers, positions.device())?.to_dtype(positions.dtype())?;
        let offsets = (distances.broadcast_sub(&centers)? / spacing)?;
        let pairs = ops::distinct_pairs(mask)?;
        let neighbours = pairs.sum_keepdim(2)?.maximum(1.0)?;
        Ok(Self {
            radial: (offsets.sqr()? * -0.5)?.exp()?,
            directions: differences.broadcast_div(&(distances + 1.0)?)?.unsqueeze(4)?,
            weights: pairs.broadcast_div(&neighbours)?.unsqueeze(3)?,
        })
    }

    /// The distances, `[B, N, N, K]`: each as seen through the Gaussians.
    #[must_use]
    pub fn radial(&self) -> &Tensor {
        &self.radial
    }
}

/// An E(3)-equivariant layer of scalars `h` and vectors `V`, in the line of PaiNN (Schütt, Unke & Gastegger 2021) and of geometric
/// vector perceptrons (Jing et al. 2021):
///
/// ```text
/// [m, a, b]_ij = MLP(h_j) ∘ W·radial(d_ij)
/// h_i ← h_i + mean_j m_ij
/// V_i ← V_i + mean_j (a_ij ∘ V_j + b_ij ∘ r_ij),       r_ij = (x_j − x_i)/(1 + d_ij)
/// [δ, γ] = MLP([h_i, ‖W′V_i‖, ⟨U V_i, W′V_i⟩])
/// h_i ← h_i + δ,   V_i ← V_i + γ ∘ U V_i
/// ```
///
/// There are no cross products, so mirrors commute with it, too.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::layers::{PointGeometry, PointLayer};
/// use sympe_nn::params::ParamStore;
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let layer = PointLayer::new(16, 4, 8, &store.root())?;
/// let positions = Tensor::new(&[[[0f32, 0.0, 0.0], [0.0, 0.0, 2.0]]], &Device::Cpu)?;
/// let mask = Tensor::new(&[[1f32, 1.0]], &Device::Cpu)?;
/// let geometry = PointGeometry::new(&positions, &mask, 8, 4.0)?;
/// let h = Tensor::ones((1, 2, 16), DType::F32, &Device::Cpu)?;
/// let v = Tensor::zeros((1, 2, 3, 4), DType::F32, &Device::Cpu)?;
/// let (h, v) = layer.forward(&h, &v, &geometry)?;
/// assert_eq!((h.dims(), v.dims()), (&[1, 2, 16][..], &[1, 2, 3, 4][..]));
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PointLayer {
    source: Mlp,
    filter: Linear,
    mix: Linear,
    update: Mlp,
    scalars: usize,
    vectors: usize,
}

impl PointLayer {
    /// A layer of so many scalar channels and vector channels, with messages that see distances through `radial` functions.
    ///
    /// # Errors
    ///
    /// When the names are taken.
    pub fn new(scalars: usize, vectors: usize, radial: usize, params: &Params<'_>) -> Result<Self> {
        let messages = scalars + 2 * vectors;
        let inputs = scalars + 2 * vectors;
        Ok(Self {
            source: Mlp::new(scalars, scalars, messages, &params.at("source"))?,
            filter: Linear::new(radial, messages, &params.at("filter"))?,
            mix: Linear::without_bias(vectors, 2 * vectors, Init::Xavier(1.0), &params.at("mix"))?,
            update: Mlp::new(inputs, scalars, scalars + vectors, &params.at("update"))?,
            scalars,
            vectors,
        })
    }

    /// Scalars `[B, N, F]` and vectors `[B, N, 3, C]`, the channels last.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    pub fn forward(&self, h: &Tensor, v: &Tensor, geometry: &PointGeometry) -> Result<(Tensor, Tensor)> {
        let (f, c) = (self.scalars, self.vectors);
        let filter = self
            .filter
            .forward(&geometry.radial)?
            .broadcast_mul(&geometry.weights)?;
        let messages = self.source.forward(h)?.unsqueeze(1)?.broadcast_mul(&filter)?;
        let h = (h + messages.narrow(3, 0, f)?.sum(2)?)?;
        let gate = |first: usize| messages.narrow(3, first, c)?.unsqueeze(3);
        let carried = gate(f)?.broadcast_mul(&v.unsqueeze(1)?)?;
        let directed = gate(f + c)?.broadcast_mul(&geometry.directions)?;
        let v = (v + (carried + directed)?.sum(2)?)?;

        let mixed = self.mix.forward(&v)?;
        let (u, w) = (mixed.narrow(3, 0, c)?, mixed.narrow(3, c, c)?);
        let products = (&u * &w)?.sum(2)?;
        // The root of a square has no slope at 0.
        let lengths = w.sqr()?.sum(2)?.affine(1.0, SMOOTHING * SMOOTHING)?.sqrt()?;
        let update = self
            .update
            .forward(&Tensor::cat(&[&h, &lengths, &products], D::Minus1)?)?;
        let h = (h + update.narrow(2, 0, f)?)?;
        let v = (v + u.broadcast_mul(&update.narrow(2, f, c)?.unsqueeze(2)?)?)?;
        Ok((h, v))
    }
}
