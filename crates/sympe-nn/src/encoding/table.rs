//! A learned table for `S_n`: node `i` gets row `g̃⁻¹(i)`.

use super::{PositionalEncoding, is_weighted, weighted};
use crate::params::{Params, normal};
use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

sympe_groups::named! {
    serde "start of a table"
    /// How the rows of the table start.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding, TableInit};
    /// use sympe_nn::params::ParamStore;
    /// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    /// let config = TableConfig { init: TableInit::OneHot, scale: 2.0 };
    /// let table = TableEncoding::new(2, 2, config, &store.root())?;
    /// let encoding = table.encode(&Tensor::new(&[[1u32, 0]], &Device::Cpu)?)?;
    /// assert_eq!(encoding.get(0)?.to_vec2::<f32>()?, [[0.0, 2.0], [2.0, 0.0]]);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    #[derive(Default)]
    pub enum TableInit {
        /// Independent standard normal entries.
        #[default]
        Normal = "normal",
        /// Sines and cosines of the position, geometric frequencies: neighbouring positions start near each other.
        Sinusoidal = "sinusoidal",
        /// Row `p` is one at column `p mod D`: rows start orthogonal while `n_max ≤ D`.
        OneHot = "one-hot",
    }
}

/// The options of a [`TableEncoding`] or a [`PairTableEncoding`](super::PairTableEncoding).
///
/// ```
/// use sympe_nn::encoding::{TableConfig, TableInit};
/// let config = TableConfig { init: TableInit::OneHot, ..Default::default() };
/// assert_eq!(config.scale, 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableConfig {
    /// How rows start.
    pub init: TableInit,
    /// Factor on the initial values.
    pub scale: f64,
}

impl Default for TableConfig {
    fn default() -> Self {
        Self {
            init: TableInit::Normal,
            scale: 1.0,
        }
    }
}

impl TableConfig {
    /// Initial values of the parameter `name`: a table of `rows` rows and `dim` columns.
    pub(super) fn start(self, name: &str, rows: usize, dim: usize, params: &Params<'_>) -> Result<Tensor> {
        let mut rng = params.rng(name);
        let mut values = Vec::with_capacity(rows * dim);
        for position in 0..rows {
            for column in 0..dim {
                let value = match self.init {
                    TableInit::Normal => normal(&mut rng),
                    TableInit::OneHot => f64::from(u8::from(position % dim == column)),
                    TableInit::Sinusoidal => {
                        let frequency = (rows as f64).powf(-((column / 2) as f64) / (dim as f64 / 2.0));
                        let angle = position as f64 * frequency;
                        // √2: unit variance over a period, as the other choices have.
                        std::f64::consts::SQRT_2 * if column % 2 == 0 { angle.sin() } else { angle.cos() }
                    }
                };
                values.push(self.scale * value);
            }
        }
        Tensor::from_vec(values, (rows, dim), &candle_core::Device::Cpu)
    }
}

/// The learned `v` of graphs: a table of `n_max` rows; `(g̃·v)_i = v[g̃⁻¹(i)]`.
///
/// The draw is a tensor of ranks `[B, N]` (`u32`): `rank[i] = g̃⁻¹(i)`, and `n_max` for padding, which encodes to zeros
/// and receives no gradient. It can also be one of weights of ranks `[B, N, n_max]`, zero in padding, as
/// [`LearnedRanks`](crate::learned::LearnedRanks) makes them: node `i` gets the mean of the rows by its weights.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let table = TableEncoding::new(3, 8, TableConfig::default(), &store.root())?;
/// let ranks = Tensor::new(&[[2u32, 0, 1], [1, 0, 3]], &Device::Cpu)?; // the second graph has two nodes
/// let encoding = table.encode(&ranks)?;
/// assert_eq!(encoding.dims(), [2, 3, 8]);
/// assert_eq!(encoding.get(1)?.get(2)?.to_vec1::<f32>()?, [0.0; 8]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TableEncoding {
    table: Tensor,
    null: Tensor,
}

impl TableEncoding {
    /// A table for graphs of up to `n_max` nodes, as parameter `table`.
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn new(n_max: usize, dim: usize, config: TableConfig, params: &Params<'_>) -> Result<Self> {
        let table = params.with_values("table", &config.start("table", n_max, dim, params)?)?;
        Self::with(table, params)
    }

    fn with(table: Tensor, params: &Params<'_>) -> Result<Self> {
        let null = Tensor::zeros((1, table.dim(1)?), params.dtype(), params.device())?;
        Ok(Self { table, null })
    }

    /// Rows of the table.
    #[must_use]
    pub fn n_max(&self) -> usize {
        self.table.dims()[0]
    }
}

impl PositionalEncoding for TableEncoding {
    type Draw = Tensor;

    fn dim(&self) -> usize {
        self.table.dims()[1]
    }

    fn encode(&self, ranks: &Tensor) -> Result<Tensor> {
        if is_weighted(ranks, self.n_max())? {
            return weighted(ranks, &self.table);
        }
        let (batch, n) = ranks.dims2()?;
        let rows = Tensor::cat(&[&self.table, &self.null], 0)?;
        rows.index_select(&ranks.flatten_all()?, 0)?
            .reshape((batch, n, self.dim()))
    }
}
