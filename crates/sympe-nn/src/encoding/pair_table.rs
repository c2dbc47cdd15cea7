//! A learned table for pairs of nodes: entry `(i, j)` gets `v[g̃⁻¹(i), g̃⁻¹(j)]`.

use super::{PositionalEncoding, TableConfig, is_weighted, weighted};
use crate::params::Params;
use candle_core::{Result, Tensor};

/// The learned `v` of edge features: a table `n_max × n_max × D`.
///
/// The draw is the tensor of ranks of [`TableEncoding`](super::TableEncoding), `[B, N]` (`u32`), `n_max` for padding;
/// pairs with padding encode to zeros and receive no gradient. Weights of ranks `w` `[B, N, n_max]` give pair `(i, j)` the sum of
/// `w_ia·w_jb·v[a, b]`, in O(N·n_max·(N + n_max)·D).
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
    /// `[rows, D]`.
    table: Tensor,
    null: Tensor,
    /// Row of the table for each pair of ranks up to `n_max`, `[(n_max + 1)²]`; one past the last for zeros.
    rows: Tensor,
    n_max: usize,
    /// Whether the diagonal encodes to zeros.
    hollow: bool,
}

impl PairTableEncoding {
    /// A table for graphs of up to `n_max` nodes, as parameter `pair_table`; row `n_max·a + b` is the pair `(a, b)`.
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn new(n_max: usize, dim: usize, config: TableConfig, params: &Params<'_>) -> Result<Self> {
        let row = |a: usize, b: usize| Some(a * n_max + b);
        Self::with(n_max, n_max * n_max, row, dim, config, params)
    }

    /// A table for undirected graphs of up to `n_max` nodes: both orders of a pair share a row, and the diagonal encodes
    /// to zeros. Row `b·(b − 1)/2 + a` of the parameter `pair_table` is the pair of `a < b`.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use sympe_nn::encoding::{PairTableEncoding, PositionalEncoding, TableConfig};
    /// use sympe_nn::params::ParamStore;
    ///
    /// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    /// let table = PairTableEncoding::symmetric(3, 1, TableConfig::default(), &store.root())?;
    /// let encoding = table.encode(&Tensor::new(&[[2u32, 0, 1]], &Device::Cpu)?)?.squeeze(3)?.get(0)?;
    /// assert_eq!(encoding.to_vec2::<f32>()?, encoding.t()?.to_vec2::<f32>()?);
    /// assert_eq!(store.count(), 3);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn symmetric(n_max: usize, dim: usize, config: TableConfig, params: &Params<'_>) -> Result<Self> {
        let row = |a: usize, b: usize| {
            let (low, high) = (a.min(b), a.max(b));
            (low < high).then(|| high * (high - 1) / 2 + low)
        };
        let rows = n_max * n_max.saturating_sub(1) / 2;
        Self::with(n_max, rows, row, dim, config, params)
    }

    fn with(
        n_max: usize,
        count: usize,
        row: impl Fn(usize, usize) -> Option<usize>,
        dim: usize,
        config: TableConfig,
        params: &Params<'_>,
    ) -> Result<Self> {
        let start = config.start("pair_table", count, dim, params)?;
        // The rank n_max of padding names a row like any other: indices stay on the device.
        let side = n_max + 1;
        let rows = (0..side * side).map(|index| {
            let (a, b) = (index / side, index % side);
            let row = if a.max(b) < n_max { row(a, b) } else { None };
            row.unwrap_or(count) as u32
        });
        Ok(Self {
            table: params.with_values("pair_table", &start)?,
            null: Tensor::zeros((1, dim), params.dtype(), params.device())?,
            rows: Tensor::from_vec(rows.collect(), side * side, params.device())?,
            n_max,
            hollow: n_max > 0 && row(0, 0).is_none(),
        })
    }

    /// The largest number of nodes.
    #[must_use]
    pub fn n_max(&self) -> usize {
        self.n_max
    }

    /// Means by weights `[B, N, n_max]` of the ranks of both nodes, one after the other.
    fn encode_weighted(&self, weights: &Tensor) -> Result<Tensor> {
        let ((batch, n, places), dim) = (weights.dims3()?, self.dim());
        let rows = self.rows.reshape((places + 1, places + 1))?;
        let rows = rows.narrow(0, 0, places)?.narrow(1, 0, places)?.flatten_all()?;
        let table = Tensor::cat(&[&self.table, &self.null], 0)?.index_select(&rows, 0)?;
        let first = weighted(weights, &table.reshape((places, places * dim))?)?;
        // The rank of the second node comes first, for the product.
        let first = first
            .reshape((batch, n, places, dim))?
            .transpose(1, 2)?
            .contiguous()?;
        let both = weighted(weights, &first.reshape((batch, places, n * dim))?)?;
        let both = both.reshape((batch, n, n, dim))?.transpose(1, 2)?.contiguous()?;
        if !self.hollow {
            return Ok(both);
        }
        let apart = Tensor::eye(n, both.dtype(), both.device())?.affine(-1.0, 1.0)?;
        both.broadcast_mul(&apart.reshape((1, n, n, 1))?)
    }
}

impl PositionalEncoding for PairTableEncoding {
    type Draw = Tensor;

    fn dim(&self) -> usize {
        self.table.dims()[1]
    }

    fn encode(&self, ranks: &Tensor) -> Result<Tensor> {
        if is_weighted(ranks, self.n_max)? {
            return self.encode_weighted(ranks);
        }
        let (batch, n) = ranks.dims2()?;
        let side = Tensor::full(self.n_max as u32 + 1, (1, 1), ranks.device())?;
        let pairs = ranks
            .broadcast_mul(&side)?
            .unsqueeze(2)?
            .broadcast_add(&ranks.unsqueeze(1)?)?;
        let rows = self.rows.index_select(&pairs.flatten_all()?, 0)?;
        Tensor::cat(&[&self.table, &self.null], 0)?
            .index_select(&rows, 0)?
            .reshape((batch, n, n, self.dim()))
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
    fn symmetric_tables_have_one_row_per_unordered_pair() -> Result<()> {
        let store = ParamStore::new(3, DType::F64, &Device::Cpu);
        let table = PairTableEncoding::symmetric(4, 2, TableConfig::default(), &store.root())?;
        let values = store.snapshot()?["pair_table"].to_vec2::<f64>()?;
        let order = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)];
        assert_eq!(values.len(), order.len());
        let ranks = [[2u32, 0, 3, 1], [1, 4, 0, 4]];
        let encoding = table.encode(&Tensor::new(&ranks, &Device::Cpu)?)?;
        for (b, row) in ranks.iter().enumerate() {
            for (i, &a) in row.iter().enumerate() {
                for (j, &c) in row.iter().enumerate() {
                    let got = encoding.get(b)?.get(i)?.get(j)?.to_vec1::<f64>()?;
                    match order.iter().position(|&pair| pair == (a.min(c), a.max(c))) {
                        Some(row) => assert_eq!(got, values[row]),
                        None => assert_eq!(got, [0.0; 2], "({a}, {c})"),
                    }
                }
            }
        }
        assert!(uncovered_parameters(&store, &encoding.sqr()?.sum_all()?)?.is_empty());
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
