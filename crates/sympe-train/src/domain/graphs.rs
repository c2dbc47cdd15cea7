//! Graphs under relabelling of their nodes.

use super::input::HasGraph;
use super::kernels::Sampler;
use super::{Domain, Kernel};
use rand::Rng;
use std::sync::{Arc, OnceLock};
use sympe_canon::{CanonError, Canonicalized};
use sympe_groups::{Group, PermGroup, Permutation};
use sympe_nn::breaking::Breaker;
use sympe_nn::encoding::{
    Invariant, PairTableEncoding, Places, PositionalEncoding, SmoothedEncoding, TableConfig, TableEncoding,
};
use sympe_nn::learned::LearnedConfig;
use sympe_nn::params::Params;

sympe_groups::named! {
    serde "encoding"
    /// What a draw becomes as channels of nodes.
    ///
    /// ```
    /// use sympe_train::domain::GraphEncoding;
    /// assert_eq!("smoothed".parse(), Ok(GraphEncoding::Smoothed));
    /// ```
    #[derive(Default)]
    pub enum GraphEncoding {
        /// One table for graphs of all sizes: each node gets the row of its rank.
        #[default]
        Table = "table",
        /// A table per size, the rows of each node and its neighbours averaged.
        Smoothed = "smoothed",
    }
}

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
    encoding: GraphEncoding,
    learned: LearnedConfig,
    /// Channels of nodes and attributes of pairs of the graphs themselves.
    input: [usize; 2],
    distinguished: usize,
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
            encoding: GraphEncoding::default(),
            learned: LearnedConfig::default(),
            input: [0, 1],
            distinguished: 0,
            sampler: Sampler::new(kernel),
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

    /// The same with this encoding of nodes. One that is smoothed sees the graph, and of how tables start keeps the scale.
    #[must_use]
    pub fn with_encoding(self, encoding: GraphEncoding) -> Self {
        Self { encoding, ..self }
    }

    /// The same with these options of a learned kernel, which sees so many channels of nodes and attributes of pairs in the graphs:
    /// none and one of bare graphs.
    #[must_use]
    pub fn with_learned(self, learned: LearnedConfig, input: [usize; 2]) -> Self {
        Self {
            learned,
            input,
            ..self
        }
    }

    /// The same with learned objects that tell apart the nodes of the first so many ranks and leave all others alike; 0 tells all ranks
    /// apart.
    #[must_use]
    pub fn with_distinguished(self, distinguished: usize) -> Self {
        Self {
            distinguished,
            ..self
        }
    }

    /// The options of a learned kernel, and the channels of nodes and of pairs that it sees.
    pub(crate) fn learned(&self) -> (LearnedConfig, [usize; 2]) {
        (self.learned, self.input)
    }

    /// An encoding that keeps what is not to be broken.
    fn keeping<E>(&self, encoding: E, params: &Params<'_>) -> candle_core::Result<Invariant<E>>
    where
        E: PositionalEncoding,
        E::Draw: Places,
    {
        let n = self.n_max;
        let told: Vec<u32> = (0..self.distinguished.min(n) as u32).collect();
        let others = PermGroup::symmetric(n).pointwise_stabilizer(&told);
        Invariant::new(encoding, n, others.generators(), params.device())
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

    /// The coset that an exact kernel draws from, done once per graph; `None` for relaxed kernels.
    pub(crate) fn coset<'a>(
        &self,
        input: &dyn HasGraph,
        kept: &'a KeptGraph,
    ) -> Result<Option<&'a Canonicalized<PermGroup>>, CanonError> {
        self.sampler.coset(input, &kept.canonicalized)
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
    /// Features `[n, n, E]` of a way of breaking that computes them once.
    pub(crate) pairs: OnceLock<Vec<f32>>,
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

    fn encoding(&self, name: &'static str, params: &Params<'_>) -> candle_core::Result<Breaker> {
        let (n_max, dim) = (self.n_max, self.dim);
        Ok(match self.encoding {
            GraphEncoding::Table => {
                let table = TableEncoding::new(n_max, dim, self.table, params)?;
                match self.distinguished {
                    0 => Breaker::encoding(name, Arc::new(table)),
                    _ => Breaker::encoding(name, Arc::new(self.keeping(table, params)?)),
                }
            }
            GraphEncoding::Smoothed => {
                let smoothed = SmoothedEncoding::new(n_max, dim, self.table.scale, params)?;
                match self.distinguished {
                    0 => Breaker::seeing(name, Arc::new(smoothed)),
                    _ => Breaker::seeing(name, Arc::new(self.keeping(smoothed, params)?)),
                }
            }
        })
    }

    fn pair_encoding(&self, name: &'static str, params: &Params<'_>) -> candle_core::Result<Breaker> {
        let table = PairTableEncoding::symmetric(self.n_max, self.pair_dim, self.table, params)?;
        Ok(match self.distinguished {
            0 => Breaker::encoding(name, Arc::new(table)),
            _ => Breaker::encoding(name, Arc::new(self.keeping(table, params)?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device, Tensor};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;
    use sympe_canon::graph::ColoredGraph;
    use sympe_groups::Action;
    use sympe_nn::breaking::Draw;
    use sympe_nn::check::{max_difference, permute};
    use sympe_nn::encoding::PlacesIn;
    use sympe_nn::params::ParamStore;

    /// Without edges, disconnected, with a degenerate spectrum, with twins, with colours of edges, with colours of nodes.
    fn inputs() -> Vec<ColoredGraph> {
        let cycle = [(0, 1, 0), (1, 2, 1), (2, 3, 0), (3, 4, 1), (4, 5, 0), (5, 0, 1)];
        let plain =
            |n, edges: &[(u32, u32)]| ColoredGraph::from_edges(n, false, edges.iter().copied()).unwrap();
        let star = plain(6, &[(0, 1), (0, 2), (0, 3), (0, 4), (4, 5)]);
        vec![
            plain(5, &[]),
            plain(7, &[(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]),
            plain(6, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0)]),
            star.clone(),
            ColoredGraph::from_colored_edges(6, false, cycle).unwrap(),
            star.with_node_colors(vec![0, 0, 1, 0, 1, 2]).unwrap(),
        ]
    }

    fn encode(breaker: &Breaker, graph: &ColoredGraph, places: Vec<u32>) -> Tensor {
        let n = graph.n();
        let places = Tensor::from_vec(places, (1, n), &Device::Cpu).unwrap();
        let mut edges = vec![0f64; n * n];
        for (u, v, _) in graph.edges() {
            edges[u as usize * n + v as usize] = 1.0;
            edges[v as usize * n + u as usize] = 1.0;
        }
        let adjacency = Tensor::from_vec(edges, (1, n, n), &Device::Cpu).unwrap();
        let draw = match breaker.sees_input() {
            true => Draw::PlacesIn(PlacesIn { places, adjacency }),
            false => Draw::Places(places),
        };
        breaker.encode(&draw).unwrap().unwrap()
    }

    /// `e(k·x, k·g̃) = k·e(x, g̃)`, and draws for `k·x` are those for `x`, moved by `k`.
    #[test]
    fn encodings_of_moved_graphs_and_draws_are_moved_encodings() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for encoding in GraphEncoding::ALL {
            let graphs = Graphs::new(8, Kernel::default())
                .with_channels(4, 0)
                .with_encoding(encoding);
            let store = ParamStore::new(0, DType::F64, &Device::Cpu);
            let breaker = graphs.encoding("sympe", &store.root()).unwrap();
            assert_eq!(breaker.sees_input(), encoding == GraphEncoding::Smoothed);
            let places = |g: &Permutation| {
                let mut places = Vec::new();
                graphs.write(g, &mut places);
                places
            };
            for x in inputs() {
                for _ in 0..5 {
                    let g = graphs.draw(&x, &KeptGraph::default(), &mut rng).unwrap();
                    let k = Permutation::random(x.n(), &mut rng);
                    let (kx, kg) = (k.act(&x), k.compose(&g));
                    let moved = permute(&encode(&breaker, &x, places(&g)), &k, 1).unwrap();
                    let error = max_difference(&encode(&breaker, &kx, places(&kg)), &moved).unwrap();
                    assert!(error < 1e-14, "{encoding}: {error}");
                    // Both lead back to one canonical form.
                    let other = graphs.draw(&kx, &KeptGraph::default(), &mut rng).unwrap();
                    assert_eq!(other.inverse().act(&kx), g.inverse().act(&x));
                }
            }
        }
    }

    #[test]
    fn a_smoothed_encoding_tells_twins_apart_that_are_not_adjacent() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let graphs = Graphs::new(8, Kernel::default())
            .with_channels(5, 0)
            .with_encoding(GraphEncoding::Smoothed);
        let store = ParamStore::new(0, DType::F64, &Device::Cpu);
        let breaker = graphs.encoding("sympe", &store.root()).unwrap();
        let twins =
            ColoredGraph::from_edges(6, false, [(0, 1), (0, 2), (0, 3), (4, 5), (4, 0), (5, 0)]).unwrap();
        let g = graphs.draw(&twins, &KeptGraph::default(), &mut rng).unwrap();
        let mut places = Vec::new();
        graphs.write(&g, &mut places);
        let rows = encode(&breaker, &twins, places).get(0).unwrap();
        let difference = |i, j| max_difference(&rows.get(i).unwrap(), &rows.get(j).unwrap()).unwrap();
        assert!(difference(1, 2) > 0.1 && difference(2, 3) > 0.1);
        assert!(difference(4, 5) < 1e-14);
    }
}
