//! Graphs under relabelling of their nodes.

use super::input::HasGraph;
use super::kernels::Sampler;
use super::{Domain, Encoding, Kernel};
use rand::Rng;
use std::sync::{Arc, OnceLock};
use sympe_canon::{CanonError, Canonicalized};
use sympe_groups::{Group, PermGroup, Permutation};
use sympe_nn::encoding::{PairTableEncoding, TableConfig, TableEncoding};
use sympe_nn::params::Params;

/// Graphs of up to `n_max` nodes, with encodings of nodes and perhaps of pairs of nodes: tables by rank.
///
/// ```
/// use sympe_train::domain::{Domain, Graphs, Kernel};
/// let graphs = Graphs::new(16, Kernel::default()).with_channels(8, 2);
/// assert_eq!((graphs.dim(), graphs.pair_dim()), (8, 2));
/// ```
#[derive(Clone, Debug)]
pub struct Graphs {
    n_max: usize,
    dim: usize,
    pair_dim: usize,
    table: TableConfig,
    sampler: Sampler,
}

impl Graphs {
    /// Graphs of up to `n_max` nodes whose draws come from `kernel`; one channel per node, none per pair.
    #[must_use]
    pub fn new(n_max: usize, kernel: Kernel) -> Self {
        Self {
            n_max,
            dim: 1,
            pair_dim: 0,
            table: TableConfig::default(),
            sampler: kernel.sampler(),
        }
    }

    /// The same with `dim` channels per node and `pair_dim` per pair.
    #[must_use]
    pub fn with_channels(self, dim: usize, pair_dim: usize) -> Self {
        Self {
            dim,
            pair_dim,
            ..self
        }
    }

    /// The same with tables that start like this.
    #[must_use]
    pub fn with_table(self, table: TableConfig) -> Self {
        Self { table, ..self }
    }

    /// The largest number of nodes; the place of padding in batches.
    #[must_use]
    pub fn n_max(&self) -> usize {
        self.n_max
    }

    /// Whether all draws of the kernel lead back to the same form of a graph.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self.sampler, Sampler::Exact(_))
    }

    /// The entropy of the kernel of a graph in nats; `None` where it has no closed form. See
    /// [`InversionKernel::entropy`](sympe_canon::InversionKernel::entropy).
    ///
    /// ```
    /// use sympe_canon::graph::ColoredGraph;
    /// use sympe_train::domain::{Graphs, KeptGraph, Kernel};
    /// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
    /// let entropy = |kernel| Graphs::new(3, kernel).entropy(&path, &KeptGraph::default());
    /// assert!((entropy(Kernel::Exact)?.unwrap() - 2f64.ln()).abs() < 1e-12);
    /// assert_eq!(entropy(Kernel::DepthFirst)?, None);
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the graph cannot be canonicalized.
    pub fn entropy(&self, input: &dyn HasGraph, kept: &KeptGraph) -> Result<Option<f64>, CanonError> {
        self.sampler.entropy(input, &kept.canonicalized)
    }
}

/// What is kept of a graph between draws.
#[derive(Debug, Default)]
pub struct KeptGraph {
    /// Its canonicalization by the kernel of its domain.
    pub(super) canonicalized: OnceLock<Canonicalized<PermGroup>>,
    /// Features `[n, D]` of a way of breaking that computes them once.
    pub(crate) features: OnceLock<Vec<f32>>,
}

impl KeptGraph {
    /// Whether the graph has been canonicalized.
    #[must_use]
    pub fn is_canonicalized(&self) -> bool {
        self.canonicalized.get().is_some()
    }
}

impl Domain for Graphs {
    type Input = dyn HasGraph;
    type Kept = KeptGraph;
    type Element = Permutation;
    const CHANNEL_AXIS: usize = 2;

    fn dim(&self) -> usize {
        self.dim
    }

    fn pair_dim(&self) -> usize {
        self.pair_dim
    }

    fn scale(&self) -> f64 {
        self.table.scale
    }

    fn places(&self, input: &dyn HasGraph) -> usize {
        input.nodes()
    }

    fn draw(
        &self,
        input: &dyn HasGraph,
        kept: &KeptGraph,
        rng: &mut dyn Rng,
    ) -> Result<Permutation, CanonError> {
        self.sampler.draw(input, &kept.canonicalized, rng)
    }

    fn haar(&self, input: &dyn HasGraph, rng: &mut dyn Rng) -> Permutation {
        Permutation::random(input.nodes(), rng)
    }

    fn write(&self, element: &Permutation, places: &mut Vec<u32>) -> f32 {
        places.extend(element.inverse().into_images());
        1.0
    }

    fn encoding(&self, params: &Params<'_>) -> candle_core::Result<Encoding> {
        Ok(Arc::new(TableEncoding::new(
            self.n_max, self.dim, self.table, params,
        )?))
    }

    fn pair_encoding(&self, params: &Params<'_>) -> candle_core::Result<Encoding> {
        Ok(Arc::new(PairTableEncoding::symmetric(
            self.n_max,
            self.pair_dim,
            self.table,
            params,
        )?))
    }
}
