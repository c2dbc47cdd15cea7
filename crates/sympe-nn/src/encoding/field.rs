//! A learned field for lattice groups: `g̃·v` is the transformed field.

use super::PositionalEncoding;
use crate::params::{Params, normal};
use candle_core::{Device, Result, Tensor};

/// The learned `v` of a torus: a field of `D` channels on its sites, on which every wallpaper group acts freely (for
/// generic values, on sides of at least three).
///
/// The draw is a tensor of site indices `[B, h·w]` (`u32`), row by row, as
/// [`PermutationRep::write_index`](sympe_groups::PermutationRep::write_index) gives it for `g̃`:
/// `(g̃·v)(r) = v(g̃⁻¹r)`.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::encoding::{FieldEncoding, PositionalEncoding};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let field = FieldEncoding::new([1, 3], 2, 1.0, &store.root())?;
/// let draw = Tensor::new(&[[0u32, 1, 2], [2, 0, 1]], &Device::Cpu)?; // the identity, and a step to the right
/// let encoding = field.encode(&draw)?;
/// assert_eq!(encoding.dims(), [2, 2, 1, 3]);
/// let rows = encoding.flatten_from(2)?.to_vec3::<f32>()?;
/// assert_eq!(rows[1][0][0], rows[0][0][2]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FieldEncoding {
    /// `[h·w, D]`
    values: Tensor,
    shape: [usize; 2],
}

impl FieldEncoding {
    /// A field of `dim` channels that starts normal with standard deviation `scale`, as parameter `field`.
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn new(shape: [usize; 2], dim: usize, scale: f64, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            values: params.with_values("field", &Self::start(shape, dim, scale, params)?)?,
            shape,
        })
    }

    /// The same field, but not a parameter: training leaves it as it started.
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn fixed(shape: [usize; 2], dim: usize, scale: f64, params: &Params<'_>) -> Result<Self> {
        let values = Self::start(shape, dim, scale, params)?;
        Ok(Self {
            values: values.to_dtype(params.dtype())?.to_device(params.device())?,
            shape,
        })
    }

    fn start(shape: [usize; 2], dim: usize, scale: f64, params: &Params<'_>) -> Result<Tensor> {
        let mut rng = params.rng("field");
        let sites = shape[0] * shape[1];
        let values = (0..sites * dim).map(|_| scale * normal(&mut rng)).collect();
        Tensor::from_vec(values, (sites, dim), &Device::Cpu)
    }

    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }
}

impl PositionalEncoding for FieldEncoding {
    type Draw = Tensor;

    fn dim(&self) -> usize {
        self.values.dims()[1]
    }

    /// `[B, D, h, w]`.
    fn encode(&self, draw: &Tensor) -> Result<Tensor> {
        let (batch, sites) = draw.dims2()?;
        let [h, w] = self.shape;
        if sites != h * w {
            candle_core::bail!(
                "a draw has {sites} indices, expected {} for {h} × {w} sites",
                h * w
            );
        }
        self.values
            .index_select(&draw.flatten_all()?, 0)?
            .reshape((batch, sites, self.dim()))?
            .transpose(1, 2)?
            .reshape((batch, self.dim(), h, w))
    }
}
