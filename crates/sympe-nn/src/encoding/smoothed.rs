//! A learned table for `S_n` that sees the graph: each node gets the mean of its own row and the sum of its neighbours'.

use super::{PositionalEncoding, is_weighted, weighted};
use crate::params::Params;
use candle_core::{DType, Device, Result, Tensor};
use std::f64::consts::{PI, SQRT_2};

/// Places drawn for a batch of graphs, with the graphs they were drawn for.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::encoding::PlacesIn;
/// let places = Tensor::new(&[[1u32, 0]], &Device::Cpu)?;
/// let adjacency = Tensor::ones((1, 2, 2), DType::F32, &Device::Cpu)?;
/// assert_eq!(PlacesIn { places, adjacency }.places.dims(), [1, 2]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PlacesIn {
    /// `[B, N]` (`u32`): `g̃⁻¹(i)` of each node, the largest number of nodes in padding; or weights of places, `[B, N, n_max]`, zero
    /// in padding and of sum 1 elsewhere.
    pub places: Tensor,
    /// `[B, N, N]`, zero diagonal, zero in padding.
    pub adjacency: Tensor,
}

/// The learned `v` of graphs as a table per number of nodes, smoothed over edges: `e(x, g̃) = ½(I + A)·v_n[g̃⁻¹]` for a graph
/// `x` of `n` nodes with adjacency matrix `A`.
///
/// Neighbours get like encodings whatever their ranks, so a network that reads encodings as coordinates starts with a sketch
/// of the graph. Twins (nodes with the same other neighbours) stay apart by half the difference of their own rows if they are
/// not adjacent. Adjacent ones get equal encodings, which is what a decoder of distances needs to find their edge; where they
/// must be told apart, use a [`TableEncoding`](super::TableEncoding). Parameters: `D·n(n + 1)/2` for graphs of up to `n`
/// nodes.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use candle_core::DType::F64;
/// use sympe_nn::check::equivariance_error;
/// use sympe_nn::encoding::{PlacesIn, PositionalEncoding, SmoothedEncoding};
/// use sympe_nn::params::ParamStore;
/// use sympe_groups::Permutation;
///
/// let store = ParamStore::new(0, F64, &Device::Cpu);
/// let encoding = SmoothedEncoding::new(3, 2, 1.0, &store.root())?;
/// let encode = |x: &[Tensor]| {
///     encoding.encode(&PlacesIn { places: x[0].clone(), adjacency: x[1].clone() })
/// };
/// // A path of three nodes: relabelling graph and draw relabels the encoding.
/// let ranks = Tensor::new(&[[1u32, 2, 0]], &Device::Cpu)?;
/// let path = Tensor::new(&[[[0f64, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]], &Device::Cpu)?;
/// let k = Permutation::parse("(0 1)", 3).unwrap();
/// assert_eq!(equivariance_error(encode, &[ranks, path], &[&[1], &[1, 2]], &[1], &[k])?, 0.0);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SmoothedEncoding {
    /// `[n_max(n_max + 1)/2, D]`: the tables of one node, two nodes, ….
    tables: Tensor,
    null: Tensor,
    /// `[n_max + 1, n_max + 1]` (`u32`): the row of each size and rank, one past the last for padding.
    rows: Tensor,
    n_max: usize,
}

impl SmoothedEncoding {
    /// Tables for graphs of up to `n_max` nodes, as parameter `smoothed`.
    ///
    /// They start as the first `dim` cosines of the rank `r`, `scale·√2·cos(πk(r + ½)/n)` for `k = 1, 2, …` below `n` and
    /// zero above: orthogonal columns of mean square `scale²`.
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn new(n_max: usize, dim: usize, scale: f64, params: &Params<'_>) -> Result<Self> {
        let mut values = Vec::with_capacity(n_max * (n_max + 1) / 2 * dim);
        for n in 1..=n_max {
            for rank in 0..n {
                for k in 1..=dim {
                    let angle = PI * k as f64 * (rank as f64 + 0.5) / n as f64;
                    values.push(if k < n { scale * SQRT_2 * angle.cos() } else { 0.0 });
                }
            }
        }
        let count = n_max * (n_max + 1) / 2;
        let start = Tensor::from_vec(values, (count, dim), &Device::Cpu)?;
        let row = |n: usize, rank: usize| match rank < n {
            true => (n * (n - 1) / 2 + rank) as u32,
            false => count as u32,
        };
        let rows = (0..=n_max).flat_map(|n| (0..=n_max).map(move |rank| row(n, rank)));
        Ok(Self {
            tables: params.with_values("smoothed", &start)?,
            null: Tensor::zeros((1, dim), params.dtype(), params.device())?,
            rows: Tensor::from_vec(rows.collect(), (n_max + 1, n_max + 1), params.device())?,
            n_max,
        })
    }

    /// The largest number of nodes.
    #[must_use]
    pub fn n_max(&self) -> usize {
        self.n_max
    }

    /// `v_n[g̃⁻¹]` before smoothing, `[B, N, D]`; zeros in padding.
    fn rows_of(&self, places: &Tensor) -> Result<Tensor> {
        let tables = Tensor::cat(&[&self.tables, &self.null], 0)?;
        let of = |rows: Tensor| tables.index_select(&rows.flatten_all()?, 0);
        if is_weighted(places, self.n_max)? {
            let sizes = places.detach().sum((1, 2))?.round()?.to_dtype(DType::U32)?;
            let rows = self
                .rows
                .index_select(&sizes, 0)?
                .narrow(1, 0, self.n_max)?
                .contiguous()?;
            let tables = of(rows)?.reshape((sizes.dim(0)?, self.n_max, self.dim()))?;
            return weighted(places, &tables);
        }
        let (batch, n) = places.dims2()?;
        let padding = Tensor::full(self.n_max as u32, (batch, n), places.device())?;
        let sizes = places.lt(&padding)?.to_dtype(DType::U32)?.sum(1)?;
        let of_size = self.rows.index_select(&sizes, 0)?;
        let rows = of_size.gather(&places.contiguous()?, 1)?;
        of(rows)?.reshape((batch, n, self.dim()))
    }
}

impl PositionalEncoding for SmoothedEncoding {
    type Draw = PlacesIn;

    fn dim(&self) -> usize {
        self.tables.dims()[1]
    }

    fn encode(&self, draw: &PlacesIn) -> Result<Tensor> {
        let [batch, n] = [draw.places.dim(0)?, draw.places.dim(1)?];
        if draw.adjacency.dims() != [batch, n, n] {
            candle_core::bail!(
                "places {:?} and adjacency {:?} do not fit",
                draw.places.dims(),
                draw.adjacency.dims()
            );
        }
        let own = self.rows_of(&draw.places)?;
        (&own + draw.adjacency.matmul(&own)?)? * 0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{
        equivariance_error, gradient_error, max_difference, padding_error, uncovered_parameters,
    };
    use crate::params::ParamStore;
    use sympe_groups::{PermGroup, Permutation};

    const N: usize = 5;

    fn case() -> Result<(ParamStore, SmoothedEncoding)> {
        let store = ParamStore::new(3, DType::F64, &Device::Cpu);
        let encoding = SmoothedEncoding::new(N + 1, 4, 0.5, &store.root())?;
        Ok((store, encoding))
    }

    /// `[1, N, N]`.
    fn adjacency(edges: &[(usize, usize)]) -> Result<Tensor> {
        let mut values = vec![0f64; N * N];
        for &(u, v) in edges {
            values[u * N + v] = 1.0;
            values[v * N + u] = 1.0;
        }
        Tensor::from_vec(values, (1, N, N), &Device::Cpu)
    }

    /// No edge, two components, a cycle (a degenerate spectrum), a star (twins), all edges.
    fn graphs() -> Result<Vec<Tensor>> {
        let all: Vec<(usize, usize)> = (0..N).flat_map(|u| (0..u).map(move |v| (u, v))).collect();
        [
            &[][..],
            &[(0, 1), (1, 2), (0, 2), (3, 4)],
            &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)],
            &[(0, 1), (0, 2), (0, 3), (0, 4)],
            &all,
        ]
        .map(adjacency)
        .into_iter()
        .collect()
    }

    fn encode(encoding: &SmoothedEncoding, x: &[Tensor]) -> Result<Tensor> {
        encoding.encode(&PlacesIn {
            places: x[0].clone(),
            adjacency: x[1].clone(),
        })
    }

    #[test]
    fn relabelling_graph_and_draw_relabels_the_encoding_and_padding_does_not_matter() -> Result<()> {
        let (_, encoding) = case()?;
        let elements: Vec<Permutation> = PermGroup::symmetric(N).elements().collect();
        let axes: [&[usize]; 2] = [&[1], &[1, 2]];
        for graph in graphs()? {
            let inputs = [Tensor::new(&[[3u32, 0, 4, 1, 2]], &Device::Cpu)?, graph];
            let f = |x: &[Tensor]| encode(&encoding, x);
            assert!(equivariance_error(f, &inputs, &axes, &[1], &elements)? < 1e-15);
            let fill = [(N + 1) as f64, 0.0];
            assert!(padding_error(f, &inputs, &axes, &[1], &fill, 2)? < 1e-15);
            // Another draw is another encoding, unless it exchanges adjacent twins only.
            let other = [
                Tensor::new(&[[1u32, 0, 4, 3, 2]], &Device::Cpu)?,
                inputs[1].clone(),
            ];
            let spread = max_difference(&f(&inputs)?, &f(&other)?)?;
            assert!(
                spread > 0.1 || inputs[1].sum_all()?.to_scalar::<f64>()? == 20.0,
                "{spread}"
            );
        }
        Ok(())
    }

    #[test]
    fn tables_start_as_orthogonal_cosines_of_their_size() -> Result<()> {
        let (_, encoding) = case()?;
        let empty = adjacency(&[])?;
        for n in 1..=N {
            let places: Vec<u32> = (0..N).map(|i| if i < n { i } else { N + 1 } as u32).collect();
            let places = Tensor::from_vec(places, (1, N), &Device::Cpu)?;
            let encoded = encode(&encoding, &[places, empty.clone()])?.get(0)?;
            // Half of a table of mean square ¼, as there are no neighbours.
            let gram = (encoded.t()?.matmul(&encoded)? * (16.0 / n as f64))?.to_vec2::<f64>()?;
            for (i, row) in gram.iter().enumerate() {
                for (j, value) in row.iter().enumerate() {
                    let expected = f64::from(u8::from(i == j && i + 1 < n));
                    assert!((value - expected).abs() < 1e-12, "{n} nodes: {i}, {j}: {value}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn gradients_are_those_of_finite_differences_and_reach_every_row() -> Result<()> {
        let (store, encoding) = case()?;
        // Graphs of every size up to N + 1 in one batch, padded.
        let n = N + 1;
        let places: Vec<u32> = (1..=n)
            .flat_map(|size| (0..n).map(move |i| if i < size { (size - 1 - i) as u32 } else { n as u32 }))
            .collect();
        let places = Tensor::from_vec(places, (n, n), &Device::Cpu)?;
        let edges: Vec<f64> = (1..=n)
            .flat_map(|size| (0..n * n).map(move |at| (size, at / n, at % n)))
            .map(|(size, i, j)| f64::from(u8::from(i.max(j) < size && i.abs_diff(j) == 1)))
            .collect();
        let edges = Tensor::from_vec(edges, (n, n, n), &Device::Cpu)?;
        let loss = || {
            encode(&encoding, &[places.clone(), edges.clone()])?
                .exp()?
                .sum_all()
        };
        assert!(uncovered_parameters(&store, &loss()?)?.is_empty());
        let every_entry = store.count();
        assert!(gradient_error(&store, loss, every_entry)? < 1e-6);
        Ok(())
    }

    #[test]
    fn draws_that_fit_no_table_or_no_graph_are_errors() -> Result<()> {
        let (_, encoding) = case()?;
        let graph = adjacency(&[(0, 1)])?;
        let beyond = Tensor::new(&[[7u32, 0, 1, 2, 3]], &Device::Cpu)?;
        assert!(encode(&encoding, &[beyond, graph.clone()]).is_err());
        let narrow = Tensor::new(&[[0u32, 1]], &Device::Cpu)?;
        let message = encode(&encoding, &[narrow, graph]).unwrap_err().to_string();
        assert!(
            message.starts_with("places [1, 2] and adjacency [1, 5, 5] do not fit"),
            "{message}"
        );
        Ok(())
    }
}
