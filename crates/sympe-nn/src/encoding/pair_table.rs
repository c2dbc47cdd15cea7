//! A learned table for pairs of nodes: entry `(i, j)` gets `v[g̃⁻¹(i), g̃⁻¹(j)]`.

use super::{PositionalEncoding, TableConfig};
use crate::params::Params;
use candle_core::{Result, Tensor};

/// The learned `v` of edge features: a table `n_max × n_max × D`.
///
/// The draw is the tensor of ranks of [`TableEncoding`](super::TableEncoding), `[B, N]` (`u32`), `n_max` for padding;
/// pairs with padding encode to zeros and receive no gradient.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::encoding::{PairTableEncoding, PositionalEncoding, TableConfig};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let table = PairTableEncoding::new(3, 4, TableConfig::default(), &store.root())?;
/// let ranks = Tensor::new(&[[2u32, 0, 3]], &Device::Cpu)?;
/// let encoding = table.encode(&ranks)?;
/// assert_eq!(encoding.dims(), [1, 3, 3, 4]);
/// assert_eq!(encoding.get(0)?.get(0)?.get(2)?.to_vec1::<f32>()?, [0.0; 4]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PairTableEncoding {
    /// `[n_max², D]`.
    table: Tensor,
    n_max: usize,
}

impl PairTableEncoding {
    /// A table for graphs of up to `n_max` nodes, as parameter `pair_table`; row `n_max·a + b` is the pair `(a, b)`.
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn new(n_max: usize, dim: usize, config: TableConfig, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            table: params.with_values(
                "pair_table",
                &config.start("pair_table", n_max * n_max, dim, params)?,
            )?,
            n_max,
        })
    }

    /// The largest number of nodes.
    #[must_use]
    pub fn n_max(&self) -> usize {
        self.n_max
    }
}

impl PositionalEncoding for PairTableEncoding {
    type Draw = Tensor;

    fn dim(&self) -> usize {
        self.table.dims()[1]
    }

    fn encode(&self, ranks: &Tensor) -> Result<Tensor> {
        let (batch, n) = ranks.dims2()?;
        let (m, dim) = (self.n_max, self.dim());
        // A border of zeros, so that the rank n_max of padding names a row like any other; indices stay on the device.
        let bordered = self
            .table
            .reshape((m, m, dim))?
            .pad_with_zeros(0, 0, 1)?
            .pad_with_zeros(1, 0, 1)?
            .reshape(((m + 1) * (m + 1), dim))?;
        let side = Tensor::full(m as u32 + 1, (1, 1), ranks.device())?;
        let index = ranks
            .broadcast_mul(&side)?
            .unsqueeze(2)?
            .broadcast_add(&ranks.unsqueeze(1)?)?;
        bordered
            .index_select(&index.flatten_all()?, 0)?
            .reshape((batch, n, n, dim))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{equivariance_error, gradient_error, max_difference, uncovered_parameters};
    use crate::params::ParamStore;
    use candle_core::{DType, Device};
    use sympe_groups::{PermGroup, Permutation};

    fn case() -> Result<(ParamStore, PairTableEncoding)> {
        let store = ParamStore::new(3, DType::F64, &Device::Cpu);
        let table = PairTableEncoding::new(4, 2, TableConfig::default(), &store.root())?;
        Ok((store, table))
    }

    #[test]
    fn entries_are_those_of_the_table_and_padding_is_zero() -> Result<()> {
        let (store, table) = case()?;
        let values = store.snapshot()?["pair_table"].to_vec2::<f64>()?;
        let ranks = [[2u32, 0, 3, 1], [1, 4, 0, 4]];
        let encoding = table.encode(&Tensor::new(&ranks, &Device::Cpu)?)?;
        for (b, row) in ranks.iter().enumerate() {
            for (i, &a) in row.iter().enumerate() {
                for (j, &c) in row.iter().enumerate() {
                    let got = encoding.get(b)?.get(i)?.get(j)?.to_vec1::<f64>()?;
                    if a == 4 || c == 4 {
                        assert_eq!(got, [0.0; 2]);
                    } else {
                        assert_eq!(got, values[(a * 4 + c) as usize]);
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn relabelling_the_draw_relabels_the_encoding() -> Result<()> {
        // k·g̃ has ranks (k·g̃)⁻¹(k(i)) = g̃⁻¹(i): ranks move like node features, the encoding like pair features.
        let (_, table) = case()?;
        let ranks = Tensor::new(&[[2u32, 0, 3, 4]], &Device::Cpu)?;
        let elements: Vec<Permutation> = PermGroup::symmetric(4).elements().collect();
        let encode = |x: &[Tensor]| table.encode(&x[0]);
        assert_eq!(
            equivariance_error(encode, std::slice::from_ref(&ranks), &[&[1]], &[1, 2], &elements)?,
            0.0
        );
        let moved = crate::check::permute(&ranks, &elements[1], 1)?;
        assert!(max_difference(&table.encode(&ranks)?, &table.encode(&moved)?)? > 0.0);
        Ok(())
    }

    #[test]
    fn gradients_reach_every_entry_that_was_used() -> Result<()> {
        let (store, table) = case()?;
        let ranks = Tensor::new(&[[2u32, 0, 3, 1], [1, 4, 0, 4]], &Device::Cpu)?;
        let loss = || table.encode(&ranks)?.sqr()?.sum_all();
        assert!(uncovered_parameters(&store, &loss()?)?.is_empty());
        assert!(gradient_error(&store, loss, 32)? < 1e-6);
        Ok(())
    }

    #[test]
    fn ranks_that_name_no_row_are_an_error() -> Result<()> {
        let (_, table) = case()?;
        assert!(table.encode(&Tensor::new(&[[9u32, 0]], &Device::Cpu)?).is_err());
        assert!(table.encode(&Tensor::new(&[0u32, 1], &Device::Cpu)?).is_err());
        Ok(())
    }
}
