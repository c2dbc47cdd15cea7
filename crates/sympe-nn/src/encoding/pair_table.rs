//! A learned table for pairs of nodes: entry `(i, j)` gets `v[g̃⁻¹(i), g̃⁻¹(j)]`.

use super::PositionalEncoding;
use crate::params::{Init, Params};
use candle_core::{Result, Tensor};

/// The learned `v` of edge features: a table `n_max × n_max × D`.
///
/// The draw is the tensor of ranks of [`TableEncoding`](super::TableEncoding); pairs with padding encode to zeros.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::encoding::{PairTableEncoding, PositionalEncoding};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let table = PairTableEncoding::new(3, 4, 1.0, &store.root())?;
/// let ranks = Tensor::new(&[[2u32, 0, 3]], &Device::Cpu)?;
/// let encoding = table.encode(&ranks)?;
/// assert_eq!(encoding.dims(), [1, 3, 3, 4]);
/// assert_eq!(encoding.get(0)?.get(0)?.get(2)?.to_vec1::<f32>()?, [0.0; 4]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PairTableEncoding {
    table: Tensor,
    null: Tensor,
    n_max: usize,
}

impl PairTableEncoding {
    /// A table for graphs of up to `n_max` nodes, normal entries of standard deviation `scale`, as parameter
    /// `pair_table`.
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn new(n_max: usize, dim: usize, scale: f64, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            table: params.get("pair_table", (n_max * n_max, dim), Init::Normal(scale))?,
            null: Tensor::zeros((1, dim), params.dtype(), params.device())?,
            n_max,
        })
    }
}

impl PositionalEncoding for PairTableEncoding {
    type Draw = Tensor;

    fn dim(&self) -> usize {
        self.table.dims()[1]
    }

    fn encode(&self, ranks: &Tensor) -> Result<Tensor> {
        let (batch, n) = ranks.dims2()?;
        let (n_max, null) = (self.n_max as u32, (self.n_max * self.n_max) as u32);
        let mut index = Vec::with_capacity(batch * n * n);
        for row in ranks.to_vec2::<u32>()? {
            for &i in &row {
                index.extend(row.iter().map(|&j| {
                    if i < n_max && j < n_max {
                        i * n_max + j
                    } else {
                        null
                    }
                }));
            }
        }
        let index = Tensor::from_vec(index, batch * n * n, ranks.device())?;
        let rows = Tensor::cat(&[&self.table, &self.null], 0)?;
        rows.index_select(&index, 0)?.reshape((batch, n, n, self.dim()))
    }
}
