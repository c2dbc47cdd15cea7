//! A learned field that repeats: translations by its period are not broken.

use super::{FieldConfig, FieldEncoding, PositionalEncoding};
use crate::params::Params;
use candle_core::{Result, Tensor};

/// The learned `v` of a torus as a field of a given period: an encoding of cosets `g̃K`, `K` being the translations by whole periods.
///
/// It is a [`FieldEncoding`] of one cell, which starts as the waves of the cell and not as pieces of longer ones, and has the parameters of a
/// cell. For other subgroups see [`Invariant`](super::Invariant). A period of 1 is a constant, which breaks nothing; point operations act
/// freely on periods of at least 3.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::encoding::{FieldConfig, PeriodicField, PositionalEncoding};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let field = PeriodicField::new([1, 6], [1, 3], 2, FieldConfig::default(), &store.root())?;
/// assert_eq!(store.count(), 6);
/// let row = field.encode(&Tensor::arange(0u32, 6, &Device::Cpu)?.unsqueeze(0)?)?.get(0)?.get(0)?;
/// let row = row.flatten_all()?.to_vec1::<f32>()?;
/// assert_eq!(row[..3], row[3..]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PeriodicField {
    pub(super) cell: FieldEncoding,
    pub(super) shape: [usize; 2],
    /// `[h·w]` (`u32`): the site in the cell of each site.
    pub(super) site_in_cell: Tensor,
}

impl PeriodicField {
    /// A field of `dim` channels that repeats after `period` rows and columns, as parameter `field`.
    ///
    /// # Errors
    ///
    /// When the name is taken, or the periods do not divide the sides.
    pub fn new(
        shape: [usize; 2],
        period: [usize; 2],
        dim: usize,
        config: FieldConfig,
        params: &Params<'_>,
    ) -> Result<Self> {
        let ([h, w], [p, q]) = (shape, period);
        if p == 0 || q == 0 || !h.is_multiple_of(p) || !w.is_multiple_of(q) {
            candle_core::bail!(
                "a field of period {p} × {q} on {h} × {w} sites, expected divisors of the sides"
            );
        }
        let sites = (0..h * w).map(|site| (site / w % p * q + site % w % q) as u32);
        Ok(Self {
            cell: FieldEncoding::new(period, dim, config, params)?,
            shape,
            site_in_cell: Tensor::from_vec(sites.collect(), h * w, params.device())?,
        })
    }

    /// Rows and columns of a cell.
    #[must_use]
    pub fn period(&self) -> [usize; 2] {
        self.cell.shape()
    }
}

impl PositionalEncoding for PeriodicField {
    type Draw = Tensor;

    fn dim(&self) -> usize {
        self.cell.dim()
    }

    /// `[B, D, h, w]`.
    fn encode(&self, draw: &Tensor) -> Result<Tensor> {
        let (batch, sites) = draw.dims2()?;
        let ([h, w], [p, q], dim) = (self.shape, self.period(), self.dim());
        if sites != h * w {
            candle_core::bail!(
                "a draw has {sites} indices, expected {} for {h} × {w} sites",
                h * w
            );
        }
        // As many draws of a cell as there are cells: sites stay in their order.
        let cells = sites / (p * q);
        let places = self.site_in_cell.index_select(&draw.flatten_all()?, 0)?;
        self.cell
            .encode(&places.reshape((batch * cells, p * q))?)?
            .reshape((batch, cells, dim, p * q))?
            .transpose(1, 2)?
            .reshape((batch, dim, h, w))
    }
}
