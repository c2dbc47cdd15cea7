//! Batches of clouds of points, and what networks on them have in common.

use super::backbone::{Adjoin, Backbone};
use candle_core::{D, Result, Tensor};

/// A batch of clouds of points in space.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::{Adjoin, PointInput};
/// let positions = Tensor::new(&[[[0f32, 0.0, 1.0], [0.0, 0.0, -1.0]]], &Device::Cpu)?;
/// let ones = Tensor::ones((1, 2), DType::F32, &Device::Cpu)?;
/// let input = PointInput::new(positions, ones.unsqueeze(2)?, ones)?;
/// let turned = Tensor::eye(3, DType::F32, &Device::Cpu)?.unsqueeze(0)?; // three vectors, the same for all points
/// assert_eq!(input.adjoin(&turned)?.vectors.unwrap().dims(), [1, 2, 3, 3]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PointInput {
    /// `[B, N, 3]`; anything in padding.
    pub positions: Tensor,
    /// `[B, N, S]`: types as one-hot vectors, and what else is known of points and does not turn; zero in padding.
    pub features: Tensor,
    /// `[B, N]`, 1 for points.
    pub mask: Tensor,
    /// `[B, N, D, 3]`: vectors that turn with the cloud, among them what breaks symmetry, or `None`; zero in padding.
    pub vectors: Option<Tensor>,
}

impl PointInput {
    /// A batch without vectors.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    pub fn new(positions: Tensor, features: Tensor, mask: Tensor) -> Result<Self> {
        let (batch, n, dimension) = positions.dims3()?;
        let fits = features.rank() == 3 && features.dims()[..2] == [batch, n] && mask.dims() == [batch, n];
        if dimension != 3 || !fits {
            candle_core::bail!(
                "positions {:?}, features {:?} and mask {:?}, expected [B, N, 3], [B, N, S] and [B, N]",
                positions.dims(),
                features.dims(),
                mask.dims()
            );
        }
        Ok(Self {
            positions,
            features,
            mask,
            vectors: None,
        })
    }

    /// `[B, N, 3]`: positions about the centroid of each cloud, zero in padding.
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn centered(&self) -> Result<Tensor> {
        let mask = self.mask.unsqueeze(2)?;
        let count = self.mask.sum_keepdim(1)?.maximum(1.0)?.unsqueeze(2)?;
        let positions = self.positions.broadcast_mul(&mask)?;
        let center = positions.sum_keepdim(1)?.broadcast_div(&count)?;
        positions.broadcast_sub(&center)?.broadcast_mul(&mask)
    }

    /// `[B·M, …]`: the clouds about their centroids as they are seen from each of `M` frames `[B, M, 3, 3]` of each, `g⁻¹·x`,
    /// vectors included.
    ///
    /// # Errors
    ///
    /// When the frames are not of these clouds.
    pub fn seen_from(&self, frames: &Tensor) -> Result<Self> {
        let (batch, n) = self.mask.dims2()?;
        let (_, count, ..) = frames.dims4()?;
        if frames.dims() != [batch, count, 3, 3] {
            candle_core::bail!(
                "frames {:?} of {batch} clouds, expected [{batch}, M, 3, 3]",
                frames.dims()
            );
        }
        // Rows: (g⁻¹·x)ᵀ = xᵀ·g.
        let turned = |rows: &Tensor| -> Result<Tensor> {
            let rows = rows.unsqueeze(1)?.broadcast_as((batch, count, rows.dim(1)?, 3))?;
            rows.contiguous()?.matmul(frames)?.flatten(0, 1)
        };
        let repeated = |x: &Tensor| -> Result<Tensor> {
            let mut shape = x.dims().to_vec();
            shape.insert(1, count);
            x.unsqueeze(1)?.broadcast_as(shape)?.contiguous()?.flatten(0, 1)
        };
        let vectors = |vectors: &Tensor| -> Result<Tensor> {
            let channels = vectors.dim(2)?;
            turned(&vectors.flatten(1, 2)?)?.reshape((batch * count, n, channels, 3))
        };
        Ok(Self {
            positions: turned(&self.centered()?)?,
            features: repeated(&self.features)?,
            mask: repeated(&self.mask)?,
            vectors: self.vectors.as_ref().map(vectors).transpose()?,
        })
    }
}

/// Vectors for every point, `[B, N, D, 3]`, or for all points of a cloud together, `[B, D, 3]`.
impl Adjoin for PointInput {
    fn adjoin(&self, encoding: &Tensor) -> Result<Self> {
        let (batch, n) = self.mask.dims2()?;
        let channels = encoding.dim(D::Minus2)?;
        let vectors = match encoding.dims() {
            [b, _, 3] if *b == batch => {
                let everywhere = encoding.unsqueeze(1)?.broadcast_as((batch, n, channels, 3))?;
                everywhere.broadcast_mul(&self.mask.reshape((batch, n, 1, 1))?)?
            }
            [b, points, _, 3] if [*b, *points] == [batch, n] => encoding.clone(),
            dims => candle_core::bail!("vectors {dims:?}, expected [{batch}, D, 3] or [{batch}, {n}, D, 3]"),
        };
        let vectors = match &self.vectors {
            Some(before) => Tensor::cat(&[before, &vectors], 2)?,
            None => vectors,
        };
        Ok(Self {
            vectors: Some(vectors),
            ..self.clone()
        })
    }
}

/// What a network on points gives for each of them.
#[derive(Clone, Debug)]
pub struct PointOutput {
    /// `[B, N, O, 3]`, zero in padding: vectors, which turn with the cloud.
    pub vectors: Tensor,
    /// `[B, N, Q]`, zero in padding: scalars, which do not.
    pub scalars: Tensor,
}

/// How many channels a network on points takes and gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointChannels {
    /// Features `S` of a point that do not turn.
    pub features: usize,
    /// Vectors `D` of a point beside its position.
    pub vectors: usize,
    /// Vectors `O` that are asked for.
    pub vector_outputs: usize,
    /// Scalars `Q` that are asked for.
    pub scalar_outputs: usize,
}

impl PointChannels {
    /// Refuses another input than the network is for.
    pub(super) fn check(&self, input: &PointInput) -> Result<()> {
        let features = input.features.dim(2)?;
        let vectors = match &input.vectors {
            Some(vectors) => vectors.dim(2)?,
            None => 0,
        };
        if [features, vectors] != [self.features, self.vectors] {
            candle_core::bail!(
                "points have {features} features and {vectors} vectors, expected {} and {}",
                self.features,
                self.vectors
            );
        }
        Ok(())
    }
}

/// `Σ_m w_m·g_m·φ(g_m⁻¹·x)`, for frames `[B, M, 3, 3]` with weights `[B, M]`: any network on points, made equivariant by its frames.
///
/// | frames of `x` | it is |
/// |---|---|
/// | one draw from the inversion kernel | randomised canonicalization (Lawrence et al. 2025) |
/// | all elements of the coset `Stab(x)·h`, weights equal | the average over minimal frames (Puny et al. 2022) |
/// | weighted frames | their average (Dym, Lawrence & Siegel 2024) |
/// | one draw of a learned equivariant law | probabilistic symmetrisation (Kim et al. 2023) |
///
/// Law: moved by `k`, clouds with frames `k·g_m` have the outputs `k·y`, whatever `φ` is. Frames of weight 0 count for nothing,
/// so that clouds with fewer frames than others can be padded.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::{CoordinateNet, CoordinateNetConfig, PointChannels, PointInput, in_frames};
/// use sympe_nn::params::ParamStore;
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let channels = PointChannels { features: 1, vectors: 0, vector_outputs: 1, scalar_outputs: 0 };
/// let net = CoordinateNet::new(CoordinateNetConfig::default(), channels, &store.root())?;
/// let positions = Tensor::new(&[[[0f32, 0.0, 1.0], [0.0, 0.0, -1.0]]], &Device::Cpu)?;
/// let ones = Tensor::ones((1, 2), DType::F32, &Device::Cpu)?;
/// let input = PointInput::new(positions, ones.unsqueeze(2)?, ones.clone())?;
/// // Both of these frames, and so no vector along the axis that they exchange: the mean is symmetric.
/// let frames = Tensor::cat(&[Tensor::eye(3, DType::F32, &Device::Cpu)?, Tensor::eye(3, DType::F32, &Device::Cpu)?.neg()?], 0)?;
/// let output = in_frames(&net, &input, &frames.reshape((1, 2, 3, 3))?, &(ones / 2.0)?, false)?;
/// let sum = output.vectors.sum(1)?.abs()?.max_all()?.to_scalar::<f32>()?;
/// assert!(sum < 1e-6);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When frames, weights and clouds do not fit, and those of the network.
pub fn in_frames(
    net: &impl Backbone<Input = PointInput, Output = PointOutput>,
    input: &PointInput,
    frames: &Tensor,
    weights: &Tensor,
    train: bool,
) -> Result<PointOutput> {
    let (batch, n) = input.mask.dims2()?;
    let (_, count, ..) = frames.dims4()?;
    if weights.dims() != [batch, count] {
        candle_core::bail!(
            "weights {:?} of frames {:?}, expected [{batch}, {count}]",
            weights.dims(),
            frames.dims()
        );
    }
    let seen = net.forward_t(&input.seen_from(frames)?, train)?;
    let (outputs, scalars) = (seen.vectors.dim(2)?, seen.scalars.dim(2)?);
    // Rows: (g·y)ᵀ = yᵀ·gᵀ.
    let back = (seen.vectors.reshape((batch, count, n * outputs, 3))?)
        .matmul(&frames.transpose(2, 3)?.contiguous()?)?;
    let mean = |values: Tensor| {
        values
            .broadcast_mul(&weights.reshape((batch, count, 1, 1))?)?
            .sum(1)
    };
    let scalars = match scalars {
        0 => seen.scalars.narrow(0, 0, batch)?,
        width => mean(seen.scalars.reshape((batch, count, n, width))?)?,
    };
    Ok(PointOutput {
        vectors: mean(back)?.reshape((batch, n, outputs, 3))?,
        scalars,
    })
}
