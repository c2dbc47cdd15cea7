//! Noising and denoising of whole graphs: every node and every pair of nodes on its own, in the order of nodes and then of
//! rows, so that equal streams give equal graphs. O(n²) per step.

use super::chain::normalize;
use super::{CategoricalGraph, Chain, CosineSchedule, Limit, Spacing, draw};
use crate::DataError;
use rand::Rng;

/// What a network says about the clean graph: probabilities of the classes of each node, row-major `[n, dx]`, and of each
/// pair of nodes, `[n, n, de]`, where `n` is the number of nodes or, in a padded batch, more; `dx` and `de` are the numbers of
/// [classes of clean graphs](Limit::clean_classes).
///
/// Rows are scaled to sum 1; those of `(i, j)` and `(j, i)` are averaged first; the diagonal is not read.
///
/// ```
/// use sympe_data::diffusion::{CategoricalGraph, CosineSchedule, Limit, Prediction, Process};
/// let process = Process::new(CosineSchedule::new(10)?, Limit::uniform(1, 2)?);
/// let z = CategoricalGraph::new(vec![0; 2], vec![0; 4])?;
/// let mut rng = sympe_data::key::stream(0, 0, 0, sympe_data::key::Purpose::Transform);
/// // Rows of a batch padded to three nodes: an edge between the two, certainly.
/// let (nodes, mut edges) = ([1.0; 3], [0.0; 18]);
/// (edges[3], edges[7]) = (1.0, 1.0);
/// let clean = process.step(&z, 0, &Prediction::new(3, &nodes, &edges), &mut rng)?;
/// assert_eq!(clean.edge(0, 1), 1);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Prediction<'a> {
    padded: usize,
    nodes: &'a [f32],
    edges: &'a [f32],
}

impl<'a> Prediction<'a> {
    /// The rows of a graph in a batch of graphs of `padded` nodes. Sizes and values are checked where it is used.
    #[must_use]
    pub fn new(padded: usize, nodes: &'a [f32], edges: &'a [f32]) -> Self {
        Self { padded, nodes, edges }
    }

    fn check(&self, n: usize, dx: usize, de: usize) -> Result<(), DataError> {
        let wrong = |got| {
            Err(DataError::invalid(
                "prediction",
                got,
                "[n, dx] and [n, n, de] probabilities, n at least the graph's",
            ))
        };
        let p = self.padded;
        if p < n {
            return wrong(format!("one of {p} nodes for a graph of {n}"));
        }
        for (what, len, want) in [
            ("node", self.nodes.len(), p.saturating_mul(dx)),
            ("edge", self.edges.len(), p.saturating_mul(p).saturating_mul(de)),
        ] {
            if len != want {
                return wrong(format!(
                    "{len} {what} probabilities where {want} belong to {p} nodes"
                ));
            }
        }
        Ok(())
    }

    /// The distribution of node `i` into `out`; zeros where there is no mass.
    fn node(&self, i: usize, out: &mut [f64]) -> Result<(), DataError> {
        out.fill(0.0);
        add(&self.nodes[i * out.len()..], out, || format!("node {i}"))?;
        normalize(out);
        Ok(())
    }

    /// The distribution of the pair `i`, `j`, symmetrized.
    fn edge(&self, i: usize, j: usize, out: &mut [f64]) -> Result<(), DataError> {
        out.fill(0.0);
        for (i, j) in [(i, j), (j, i)] {
            let start = (i * self.padded + j) * out.len();
            add(&self.edges[start..], out, || format!("the pair ({i}, {j})"))?;
        }
        normalize(out);
        Ok(())
    }
}

/// Adds the probabilities at the start of `row`.
fn add(row: &[f32], out: &mut [f64], whose: impl Fn() -> String) -> Result<(), DataError> {
    for (out, &value) in out.iter_mut().zip(row) {
        if !(value >= 0.0 && value.is_finite()) {
            let got = format!("{value} for {}", whose());
            let expected = "a finite number that is not negative";
            return Err(DataError::invalid("predicted probability", got, expected));
        }
        *out += f64::from(value);
    }
    Ok(())
}

/// One variable of a graph, and what the prediction says about it.
pub(super) struct Variable<'a> {
    pub(super) chain: Chain<'a>,
    pub(super) class: usize,
    pub(super) prediction: &'a [f64],
    /// Whether it is an edge.
    pub(super) is_edge: bool,
}

/// The noise of graphs: every node and every pair of nodes is a [`Chain`] of its own, with the limit distribution of nodes
/// or edges.
///
/// With a limit [by rank](Limit::by_rank) node `i` of every graph, clean or noisy, is the node of rank `i`: for `g̃` drawn
/// from a kernel of the clean graph `x`, once for all times, what is noised and denoised is `g̃⁻¹·x`. The process of `x`
/// itself is this one relabelled by `g̃`, and an equivariant network does not notice. What is sampled has a law of graphs
/// with ranks; relabelled at random (`g̃` uniform) it is exchangeable.
///
/// One uniform number is drawn per variable: nodes in order, then pairs `i < j` by rows.
///
/// ```
/// use sympe_data::diffusion::{CategoricalGraph, CosineSchedule, Limit, Process};
/// let triangle = CategoricalGraph::new(vec![0; 3], vec![0, 1, 1, 1, 0, 1, 1, 1, 0])?;
/// let process = Process::new(CosineSchedule::new(1000)?, Limit::uniform(1, 2)?);
/// let mut rng = sympe_data::key::stream(0, 0, 0, sympe_data::key::Purpose::Transform);
/// assert_eq!(process.noise(&triangle, 0, &mut rng)?, triangle); // most likely
/// assert_eq!(process.noise(&triangle, 1000, &mut rng)?.n(), 3);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    schedule: CosineSchedule,
    limit: Limit,
}

impl Process {
    /// The process with a schedule and a limit distribution, which fixes the numbers of classes. With
    /// [absorbing noise](Limit::absorbing) the schedule is made [complete](CosineSchedule::complete), or what is left in sight at
    /// its end could not have been sampled; [sampling](Self::step) needs the step at time 0 then, because in `z_0` some may still be
    /// hidden.
    ///
    /// ```
    /// use sympe_data::diffusion::{CategoricalGraph, CosineSchedule, Limit, Process};
    /// let process = Process::new(CosineSchedule::new(10)?, Limit::absorbing(1, 2)?);
    /// let edge = CategoricalGraph::new(vec![0; 2], vec![0, 1, 1, 0])?;
    /// let mut rng = sympe_data::key::stream(0, 0, 0, sympe_data::key::Purpose::Transform);
    /// let noisy: Vec<u8> = (0..=10).map(|t| process.noise(&edge, t, &mut rng).map(|z| z.edge(0, 1))).collect::<Result<_, _>>()?;
    /// assert!(noisy.iter().all(|class| [1, 2].contains(class)) && noisy[10] == 2);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[must_use]
    pub fn new(schedule: CosineSchedule, limit: Limit) -> Self {
        let schedule = if limit.hides() {
            schedule.complete()
        } else {
            schedule
        };
        Self { schedule, limit }
    }

    /// The schedule.
    #[must_use]
    pub fn schedule(&self) -> &CosineSchedule {
        &self.schedule
    }

    /// The limit distribution.
    #[must_use]
    pub fn limit(&self) -> &Limit {
        &self.limit
    }

    /// `T`, the number of denoising steps.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.schedule.steps()
    }

    /// The same process in fewer steps: see [`CosineSchedule::respaced`].
    ///
    /// # Errors
    ///
    /// When there are none, or more steps than before.
    pub fn respaced(&self, steps: usize, spacing: Spacing) -> Result<Self, DataError> {
        Ok(Self {
            schedule: self.schedule.respaced(steps, spacing)?,
            limit: self.limit.clone(),
        })
    }

    /// The chain of node `i` of `n`; with a shared limit, [`nodes`](Self::nodes).
    ///
    /// # Panics
    ///
    /// When `i` is not below `n`.
    #[must_use]
    pub fn node(&self, n: usize, i: usize) -> Chain<'_> {
        Chain {
            schedule: &self.schedule,
            limit: self.limit.node(n, i),
        }
    }

    /// The chain of the pair `i < j` of `n` nodes; with a shared limit, [`edges`](Self::edges).
    ///
    /// # Panics
    ///
    /// When not `i < j < n`.
    #[must_use]
    pub fn pair(&self, n: usize, i: usize, j: usize) -> Chain<'_> {
        Chain {
            schedule: &self.schedule,
            limit: self.limit.pair(n, i, j),
        }
    }

    /// The chain of a node by the shared limit.
    #[must_use]
    pub fn nodes(&self) -> Chain<'_> {
        Chain {
            schedule: &self.schedule,
            limit: self.limit.nodes(),
        }
    }

    /// The chain of a pair of nodes by the shared limit.
    #[must_use]
    pub fn edges(&self) -> Chain<'_> {
        Chain {
            schedule: &self.schedule,
            limit: self.limit.edges(),
        }
    }

    /// `z_t ~ q(z_t | x)`, for `t` in `0..=T`. O(n²), a few microseconds for a molecule.
    ///
    /// # Errors
    ///
    /// When `t` exceeds `T`, or a class of `x` does not exist.
    pub fn noise(
        &self,
        x: &CategoricalGraph,
        t: usize,
        rng: &mut dyn Rng,
    ) -> Result<CategoricalGraph, DataError> {
        self.check(x, t)?;
        let n = x.n();
        let mut law = vec![0.0; self.widest()];
        let mut noisy = |chain: Chain<'_>, class: u8| {
            let law = &mut law[..chain.classes()];
            for (z, p) in law.iter_mut().enumerate() {
                *p = chain.marginal(t, class.into(), z);
            }
            draw(law, &mut *rng) as u8
        };
        let classes: Vec<u8> = x
            .nodes()
            .iter()
            .enumerate()
            .map(|(i, &class)| noisy(self.node(n, i), class))
            .collect();
        CategoricalGraph::from_fn(
            n,
            |i| Ok(classes[i]),
            |i, j| Ok(noisy(self.pair(n, i, j), x.edge(i, j))),
        )
    }

    /// A graph of `n` nodes of nothing but noise: `z_T`, where sampling starts.
    #[must_use]
    pub fn prior(&self, n: usize, rng: &mut dyn Rng) -> CategoricalGraph {
        let nodes: Vec<u8> = (0..n).map(|i| draw(self.limit.node(n, i), rng) as u8).collect();
        let drawn: Result<_, std::convert::Infallible> = CategoricalGraph::from_fn(
            n,
            |i| Ok(nodes[i]),
            |i, j| Ok(draw(self.limit.pair(n, i, j), rng) as u8),
        );
        let Ok(graph) = drawn;
        graph
    }

    /// One step of sampling: `z_{t−1} ~ p(z_{t−1} | z_t)`, each variable from [`Chain::mixture`] of its prediction.
    ///
    /// From `T` down to 1 the last one is `z_0`, which the published sampler takes for the sample. A step more, at time 0,
    /// draws `x` from the prediction itself, as the likelihood bound has it.
    ///
    /// # Errors
    ///
    /// When `t` exceeds `T`, a class of `z` does not exist, the prediction has not the sizes of the graph and the process,
    /// or a probability is negative or not finite.
    pub fn step(
        &self,
        z: &CategoricalGraph,
        t: usize,
        prediction: &Prediction<'_>,
        rng: &mut dyn Rng,
    ) -> Result<CategoricalGraph, DataError> {
        let mut drawn = Vec::with_capacity(z.n() * (z.n() + 1) / 2);
        let mut law = vec![0.0; self.widest()];
        self.visit(z, t, prediction, |variable| {
            let law = &mut law[..variable.chain.classes()];
            variable
                .chain
                .mixture(t, variable.prediction, variable.class, law);
            drawn.push(draw(law, rng) as u8);
        })?;
        let edges = drawn.split_off(z.n());
        let mut edges = edges.into_iter();
        CategoricalGraph::from_fn(
            z.n(),
            |i| Ok(drawn[i]),
            |_, _| Ok(edges.next().expect("one per pair")),
        )
    }

    /// Shows every variable of `z` with its prediction: nodes in order, then pairs by rows.
    pub(super) fn visit(
        &self,
        z: &CategoricalGraph,
        t: usize,
        prediction: &Prediction<'_>,
        mut visitor: impl FnMut(Variable<'_>),
    ) -> Result<(), DataError> {
        self.check(z, t)?;
        let n = z.n();
        let (all_nodes, all_edges) = self.limit.classes();
        let (dx, de) = self.limit.clean_classes();
        prediction.check(n, dx, de)?;
        // A class that hides is predicted of nothing.
        let mut row = vec![0.0; all_nodes];
        for (i, &class) in z.nodes().iter().enumerate() {
            prediction.node(i, &mut row[..dx])?;
            visitor(Variable {
                chain: self.node(n, i),
                class: class.into(),
                prediction: &row,
                is_edge: false,
            });
        }
        row.clear();
        row.resize(all_edges, 0.0);
        for (i, j) in z.pairs() {
            prediction.edge(i, j, &mut row[..de])?;
            visitor(Variable {
                chain: self.pair(n, i, j),
                class: z.edge(i, j).into(),
                prediction: &row,
                is_edge: true,
            });
        }
        Ok(())
    }

    /// The larger number of classes.
    pub(super) fn widest(&self) -> usize {
        let (nodes, edges) = self.limit.classes();
        nodes.max(edges)
    }

    pub(super) fn check(&self, graph: &CategoricalGraph, t: usize) -> Result<(), DataError> {
        if t > self.steps() {
            let got = format!("{t} of a process of {} steps", self.steps());
            return Err(DataError::invalid(
                "diffusion time",
                got,
                "a time from 0 to the number of steps",
            ));
        }
        let (nodes, edges) = self.limit.classes();
        graph.check_classes(nodes, edges)
    }
}
