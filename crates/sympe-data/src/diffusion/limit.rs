//! What noise converges to, and how many nodes there are: the laws that sampling starts from.

use super::chain::normalize;
use super::{CategoricalGraph, draw};
use crate::DataError;
use rand::Rng;
use std::borrow::{Borrow, Cow};

/// The distribution `m` of classes that noise converges to: one for nodes, one for edges (class 0 = no edge), shared by
/// all of them, or [one for every rank](Self::by_rank); or a class of its own that [hides](Self::absorbing) what was there.
///
/// ```
/// use sympe_data::diffusion::{CategoricalGraph, Limit};
/// let edge = CategoricalGraph::new(vec![0, 1, 1], vec![0, 0, 0, 0, 0, 1, 0, 1, 0])?;
/// let limit = Limit::marginal(&[edge], 2, 2)?;
/// assert_eq!((limit.nodes(), limit.edges()), (&[1.0 / 3.0, 2.0 / 3.0][..], &[2.0 / 3.0, 1.0 / 3.0][..]));
/// assert_eq!(Limit::uniform(1, 2)?.edges(), [0.5, 0.5]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    nodes: Vec<f64>,
    edges: Vec<f64>,
    /// By number of nodes; empty if the distributions are shared.
    by_rank: Vec<Option<Ranked>>,
    /// Whether the last class of nodes, and that of edges, hides what was there.
    hides: [bool; 2],
}

/// The distributions of graphs of `n` nodes.
#[derive(Clone, Debug, PartialEq)]
struct Ranked {
    /// `[n, dx]`.
    nodes: Vec<f64>,
    /// `[n, n, de]`, of which pairs `i < j` are used.
    pairs: Vec<f64>,
}

impl Limit {
    /// Given distributions, scaled to sum 1.
    ///
    /// # Errors
    ///
    /// When a list has no entries or more than 256, an entry is negative or not finite, or the sum is not positive.
    pub fn new(nodes: Vec<f64>, edges: Vec<f64>) -> Result<Self, DataError> {
        Ok(Self {
            nodes: normalized("limit distribution of nodes", nodes)?,
            edges: normalized("limit distribution of edges", edges)?,
            by_rank: Vec::new(),
            hides: [false; 2],
        })
    }

    /// Absorbing noise: a class beyond those of clean graphs, which hides what a node or an edge was, and which noise never leaves
    /// (Austin et al., *Structured denoising diffusion models in discrete state-spaces*, NeurIPS 2021). Where clean graphs have one
    /// class only there is nothing to hide, and no further class.
    ///
    /// ```
    /// use sympe_data::diffusion::Limit;
    /// let limit = Limit::absorbing(1, 2)?;
    /// assert_eq!((limit.nodes(), limit.edges()), (&[1.0][..], &[0.0, 0.0, 1.0][..]));
    /// assert_eq!(limit.clean_classes(), (1, 2));
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a number of classes is not from 1 to 255.
    pub fn absorbing(node_classes: usize, edge_classes: usize) -> Result<Self, DataError> {
        let hidden = |what, classes| -> Result<Vec<f64>, DataError> {
            match classes {
                1 => Ok(vec![1.0]),
                2..=255 => Ok([vec![0.0; classes], vec![1.0]].concat()),
                _ => Err(DataError::invalid(what, classes, "a number from 1 to 255")),
            }
        };
        let mut limit = Self::new(
            hidden("number of node classes", node_classes)?,
            hidden("number of edge classes", edge_classes)?,
        )?;
        limit.hides = [node_classes, edge_classes].map(|classes| classes > 1);
        Ok(limit)
    }

    /// All classes equally likely.
    ///
    /// # Errors
    ///
    /// When a number of classes is not from 1 to 256.
    pub fn uniform(node_classes: usize, edge_classes: usize) -> Result<Self, DataError> {
        Self::new(
            ones("number of node classes", node_classes)?,
            ones("number of edge classes", edge_classes)?,
        )
    }

    /// The shares of the classes among all nodes, and among all pairs of distinct nodes, of a data set (*DiGress*, section
    /// 4.1). Without pairs, no edge is certain.
    ///
    /// # Errors
    ///
    /// When there is no node, a class is beyond the number of classes, or such a number is not from 1 to 256.
    pub fn marginal(
        graphs: impl IntoIterator<Item: Borrow<CategoricalGraph>>,
        node_classes: usize,
        edge_classes: usize,
    ) -> Result<Self, DataError> {
        let mut nodes = ones("number of node classes", node_classes)?;
        let mut edges = ones("number of edge classes", edge_classes)?;
        nodes.fill(0.0);
        edges.fill(0.0);
        for graph in graphs {
            let graph: &CategoricalGraph = graph.borrow();
            graph.check_classes(node_classes, edge_classes)?;
            for &class in graph.nodes() {
                nodes[class as usize] += 1.0;
            }
            for (i, j) in graph.pairs() {
                edges[graph.edge(i, j) as usize] += 1.0;
            }
        }
        if nodes.iter().all(|&count| count == 0.0) {
            return Err(DataError::invalid(
                "number of nodes in a data set",
                0,
                "at least one node to estimate from",
            ));
        }
        if edges.iter().all(|&count| count == 0.0) {
            edges[0] = 1.0;
        }
        Self::new(nodes, edges)
    }

    /// The same with a distribution of its own for every node and every pair of nodes, by rank and number of nodes: the
    /// shares of the classes at these ranks among `graphs`, whose node `i` has rank `i`, and the shared distribution as
    /// `weight` graphs more of each size. Sizes that no graph has keep the shared one.
    ///
    /// So the noise itself tells the ranks apart, and what it converges to knows already what graphs in canonical order have
    /// in common. O(n²) memory for each size.
    ///
    /// ```
    /// use sympe_data::diffusion::{CategoricalGraph, Limit};
    /// // Stars whose hub has rank 0.
    /// let star = CategoricalGraph::new(vec![0; 3], vec![0, 1, 1, 1, 0, 0, 1, 0, 0])?;
    /// let limit = Limit::uniform(1, 2)?.by_rank([&star, &star, &star], 1.0)?;
    /// assert_eq!((limit.pair(3, 0, 2), limit.pair(3, 1, 2)), (&[0.125, 0.875][..], &[0.875, 0.125][..]));
    /// assert_eq!(limit.pair(4, 0, 2), [0.5, 0.5]);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a class of a graph does not exist, `weight` is not positive, so that classes that occur could be excluded, or this
    /// limit [hides](Self::hides) classes.
    pub fn by_rank(
        mut self,
        graphs: impl IntoIterator<Item: Borrow<CategoricalGraph>>,
        weight: f64,
    ) -> Result<Self, DataError> {
        if !(weight > 0.0 && weight.is_finite()) {
            let what = "weight of the shared limit distribution";
            return Err(DataError::invalid(what, weight, "a positive number"));
        }
        if self.hides() {
            let expected = "one that shows what clean graphs have";
            return Err(DataError::invalid(
                "limit to tell apart by rank",
                "one that hides classes",
                expected,
            ));
        }
        let (dx, de) = self.classes();
        let mut sizes: Vec<Option<Ranked>> = Vec::new();
        for graph in graphs {
            let graph: &CategoricalGraph = graph.borrow();
            graph.check_classes(dx, de)?;
            let n = graph.n();
            if sizes.len() <= n {
                sizes.resize(n + 1, None);
            }
            let start = |law: &[f64], count| law.iter().map(|p| p * weight).collect::<Vec<_>>().repeat(count);
            let counts = sizes[n].get_or_insert_with(|| Ranked {
                nodes: start(&self.nodes, n),
                pairs: start(&self.edges, n * n),
            });
            for (i, &class) in graph.nodes().iter().enumerate() {
                counts.nodes[i * dx + usize::from(class)] += 1.0;
            }
            for (i, j) in graph.pairs() {
                counts.pairs[(i * n + j) * de + usize::from(graph.edge(i, j))] += 1.0;
            }
        }
        for counts in sizes.iter_mut().flatten() {
            let laws = counts.nodes.chunks_mut(dx).chain(counts.pairs.chunks_mut(de));
            laws.for_each(|law| {
                normalize(law);
            });
        }
        self.by_rank = sizes;
        Ok(self)
    }

    /// The entropy in nats of a graph of `n` nodes whose classes have these distributions, each on its own: of pure noise. O(n²).
    ///
    /// The mean over graphs, whose limit [by rank](Self::by_rank) has the shares of exactly these, is the entropy of classes by rank:
    /// what remains unknown of a graph to someone who knows the ranks of its nodes. Of several exact kernels that whose draws leave
    /// least is the best for noise by rank, and this is known without any training (example `entropy_by_rank`).
    ///
    /// ```
    /// use sympe_data::diffusion::{CategoricalGraph, Limit};
    /// // Stars of three nodes: two of three pairs are edges, which a hub of rank 0 tells apart.
    /// let star = CategoricalGraph::new(vec![0; 3], vec![0, 1, 1, 1, 0, 0, 1, 0, 0])?;
    /// let shared = Limit::marginal([&star], 1, 2)?;
    /// let [p, q] = [2f64 / 3.0, 1.0 / 3.0];
    /// assert!((shared.entropy(3) + 3.0 * (p * p.ln() + q * q.ln())).abs() < 1e-12);
    /// assert!(shared.by_rank([&star], 1e-9)?.entropy(3) < 1e-6);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[must_use]
    pub fn entropy(&self, n: usize) -> f64 {
        let of = |law: &[f64]| -> f64 {
            let terms = law.iter().filter(|&&p| p > 0.0).map(|p| -p * p.ln());
            terms.sum()
        };
        let nodes: f64 = (0..n).map(|i| of(self.node(n, i))).sum();
        let pairs = (0..n).flat_map(|j| (0..j).map(move |i| (i, j)));
        nodes + pairs.map(|(i, j)| of(self.pair(n, i, j))).sum::<f64>()
    }

    /// Whether ranks have distributions of their own.
    #[must_use]
    pub fn is_by_rank(&self) -> bool {
        !self.by_rank.is_empty()
    }

    /// Whether noise hides what was there, in a class of its own.
    #[must_use]
    pub fn hides(&self) -> bool {
        self.hides.contains(&true)
    }

    /// The numbers of classes of nodes and of edges, those that hide included.
    #[must_use]
    pub fn classes(&self) -> (usize, usize) {
        (self.nodes.len(), self.edges.len())
    }

    /// The numbers of classes that nodes and edges of clean graphs have: all but those that hide.
    #[must_use]
    pub fn clean_classes(&self) -> (usize, usize) {
        let ((nodes, edges), hidden) = (self.classes(), self.hides.map(usize::from));
        (nodes - hidden[0], edges - hidden[1])
    }

    /// What of a noisy graph can be seen: hidden pairs are no edges, hidden nodes of class 0. O(n²) where classes hide.
    #[must_use]
    pub fn seen<'a>(&self, graph: &'a CategoricalGraph) -> Cow<'a, CategoricalGraph> {
        if !self.hides() {
            return Cow::Borrowed(graph);
        }
        let (nodes, edges) = self.clean_classes();
        let seen = |class: u8, count: usize| if usize::from(class) < count { class } else { 0 };
        let shown: Result<_, std::convert::Infallible> = CategoricalGraph::from_fn(
            graph.n(),
            |i| Ok(seen(graph.nodes()[i], nodes)),
            |i, j| Ok(seen(graph.edge(i, j), edges)),
        );
        let Ok(shown) = shown;
        Cow::Owned(shown)
    }

    /// The distribution of the node of rank `i` of `n`.
    ///
    /// # Panics
    ///
    /// When `i` is not below `n`.
    #[must_use]
    pub fn node(&self, n: usize, i: usize) -> &[f64] {
        assert!(i < n, "rank {i} of {n} nodes");
        let d = self.nodes.len();
        match self.by_rank.get(n) {
            Some(Some(ranked)) => &ranked.nodes[i * d..][..d],
            _ => &self.nodes,
        }
    }

    /// The distribution of the pair of ranks `i < j` of `n` nodes.
    ///
    /// # Panics
    ///
    /// When not `i < j < n`.
    #[must_use]
    pub fn pair(&self, n: usize, i: usize, j: usize) -> &[f64] {
        assert!(i < j && j < n, "pair of ranks {i}, {j} of {n} nodes");
        let d = self.edges.len();
        match self.by_rank.get(n) {
            Some(Some(ranked)) => &ranked.pairs[(i * n + j) * d..][..d],
            _ => &self.edges,
        }
    }

    /// The shared distribution of node classes.
    #[must_use]
    pub fn nodes(&self) -> &[f64] {
        &self.nodes
    }

    /// The shared distribution of edge classes, no edge first.
    #[must_use]
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }
}

fn ones(what: &'static str, classes: usize) -> Result<Vec<f64>, DataError> {
    if !(1..=256).contains(&classes) {
        return Err(DataError::invalid(what, classes, "a number from 1 to 256"));
    }
    Ok(vec![1.0; classes])
}

fn normalized(what: &'static str, mut weights: Vec<f64>) -> Result<Vec<f64>, DataError> {
    let total: f64 = weights.iter().sum();
    let proper = weights.iter().all(|&weight| weight >= 0.0) && total > 0.0 && total.is_finite();
    if !proper || weights.len() > 256 {
        let got = if weights.len() > 256 {
            format!("a list of {} weights", weights.len())
        } else {
            format!("{weights:?}")
        };
        return Err(DataError::invalid(
            what,
            got,
            "1 to 256 finite weights, none negative, one positive",
        ));
    }
    weights.iter_mut().for_each(|weight| *weight /= total);
    Ok(weights)
}

/// How many nodes the graphs of a data set have: the law `p(N)` of the sizes of samples.
///
/// ```
/// use sympe_data::diffusion::NodeCounts;
/// let counts = NodeCounts::new(vec![0, 3, 1])?; // three graphs of one node, one of two
/// assert_eq!(counts.ln_probability(2), 0.25f64.ln());
/// assert_eq!(counts.ln_probability(7), f64::NEG_INFINITY);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCounts {
    counts: Vec<u64>,
    weights: Vec<f64>,
}

impl NodeCounts {
    /// From the number of graphs of each size, from 0.
    ///
    /// # Errors
    ///
    /// When there is no graph.
    pub fn new(counts: Vec<u64>) -> Result<Self, DataError> {
        if counts.iter().all(|&count| count == 0) {
            return Err(DataError::invalid(
                "number of graphs",
                0,
                "at least one graph to count the nodes of",
            ));
        }
        let weights = counts.iter().map(|&count| count as f64).collect();
        Ok(Self { counts, weights })
    }

    /// The sizes of some graphs.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn of(graphs: impl IntoIterator<Item: Borrow<CategoricalGraph>>) -> Result<Self, DataError> {
        let mut counts = Vec::new();
        for graph in graphs {
            let graph: &CategoricalGraph = graph.borrow();
            if counts.len() <= graph.n() {
                counts.resize(graph.n() + 1, 0);
            }
            counts[graph.n()] += 1;
        }
        Self::new(counts)
    }

    /// The same law, as if there were `weight` graphs more whose sizes are spread equally over `1..=max`: sizes that
    /// do not occur become possible, so that no held-out graph has an infinite negative log-likelihood.
    ///
    /// ```
    /// use sympe_data::diffusion::NodeCounts;
    /// let counts = NodeCounts::new(vec![0, 0, 0, 3])?.smoothed(4, 1.0); // three triangles
    /// assert_eq!(counts.ln_probability(3), (3.25f64 / 4.0).ln());
    /// assert_eq!(counts.ln_probability(1), (0.25f64 / 4.0).ln());
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When `weight` is negative or no number.
    #[must_use]
    pub fn smoothed(mut self, max: usize, weight: f64) -> Self {
        assert!(weight >= 0.0, "weight {weight} is negative or no number");
        if self.weights.len() <= max {
            self.weights.resize(max + 1, 0.0);
        }
        for weight_of_size in &mut self.weights[1..=max] {
            *weight_of_size += weight / max as f64;
        }
        self
    }

    /// The number of graphs of each size, from 0.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The largest size that occurs.
    #[must_use]
    pub fn max(&self) -> usize {
        self.counts
            .iter()
            .rposition(|&count| count > 0)
            .expect("one graph")
    }

    /// A size, with its probability.
    pub fn sample(&self, rng: &mut dyn Rng) -> usize {
        draw(&self.weights, rng)
    }

    /// `ln p(N = n)`; minus infinity for a size that does not occur, unless the law is [smoothed](Self::smoothed).
    #[must_use]
    pub fn ln_probability(&self, n: usize) -> f64 {
        let total: f64 = self.weights.iter().sum();
        (self.weights.get(n).copied().unwrap_or(0.0) / total).ln()
    }
}
