//! The variational bound of the negative log-likelihood of a graph: its terms given predictions of a network, and the noise
//! they are evaluated at, which is the same for every network. All in nats; O(n²) per noisy graph.

use super::{CategoricalGraph, Chain, NodeCounts, Prediction, Process, draw};
use crate::DataError;
use crate::key::{Purpose, stream};
use rand::{Rng, RngExt};

/// Which bound is reported.
///
/// ```
/// use sympe_data::diffusion::{Bound, CategoricalGraph, CosineSchedule, Limit, Process};
/// let process = Process::new(CosineSchedule::new(10)?, Limit::new(vec![1.0], vec![0.8, 0.2])?);
/// let edge = CategoricalGraph::new(vec![0; 2], vec![0, 1, 1, 0])?;
/// let [proper, published] = [Bound::Proper, Bound::Published].map(|bound| process.prior_kl(&edge, bound).unwrap());
/// assert_eq!(published, 2.0 * proper);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// An upper bound of `−ln p(x)` of the law that is sampled (labelled graphs, with the last step from `z_0` to `x`):
    /// each pair of nodes counts once, steps are [`Chain::mixture`].
    Proper,
    /// The figure that the code of DiGress reports: each pair counts twice, steps are [`Chain::plug_in`].
    Published,
}

impl Bound {
    fn edge_weight(self) -> f64 {
        match self {
            Self::Proper => 1.0,
            Self::Published => 2.0,
        }
    }

    fn step_law(self, chain: Chain<'_>, t: usize, prediction: &[f64], z: usize, out: &mut [f64]) {
        match self {
            Self::Proper => chain.mixture(t, prediction, z, out),
            Self::Published => chain.plug_in(t, prediction, z, out),
        }
    }
}

/// The terms of the negative log-likelihood of one graph, in nats.
///
/// ```
/// use sympe_data::diffusion::NllTerms;
/// let terms = NllTerms { node_count: 3.0, prior: 0.5, diffusion: 60.0, reconstruction: 0.25, ranks: 1.75, draws: 0.0 };
/// assert_eq!(terms.total(), 65.5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NllTerms {
    /// `−ln p(N)`.
    pub node_count: f64,
    /// `KL(q(z_T | x) ‖ p(z_T))`.
    pub prior: f64,
    /// `T · E_t KL(q(z_{t−1} | z_t, x) ‖ p(z_{t−1} | z_t))`, `t` uniform on `1..=T`.
    pub diffusion: f64,
    /// `−ln p(x | z_0)`.
    pub reconstruction: f64,
    /// `KL(κ(g̃ | x) ‖ uniform) = ln n! − H(κ(· | x))` where everything else is given the ranks of a trajectory, with `g̃`
    /// drawn from a kernel `κ` of `x`, and uniform where there is no `x`: what the ranks say of `x`, and the other
    /// terms leave out. 0 otherwise.
    pub ranks: f64,
    /// `Σ_t E KL(q(g̃_t | z_t, x) ‖ κ(g̃_t | z_t))` over the times `0..=T`, where a step is `E_κ p(z_{t−1} | z_t, g̃_t)` with a new
    /// draw `g̃_t` from a kernel of the noisy graph, and the terms above are given draws from another law `q` that knows `x`: what
    /// these draws say of `x`, and the other terms leave out. By Jensen's inequality, `−ln E_κ p ≤ E_q[−ln p] + KL(q ‖ κ)`. 0 for
    /// draws from the kernel itself.
    pub draws: f64,
}

impl NllTerms {
    /// The sum of the terms.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.node_count + self.prior + self.diffusion + self.reconstruction + self.ranks + self.draws
    }
}

/// The noisy graphs at which the likelihood of one graph is evaluated. They depend on the process, a seed and the index
/// of the graph only, so that all models are judged by the same noise (common random numbers): differences between
/// models then vary much less than their figures.
///
/// ```
/// use sympe_data::diffusion::{CategoricalGraph, CosineSchedule, EvaluationNoise, Limit, Process};
/// let process = Process::new(CosineSchedule::new(500)?, Limit::uniform(1, 2)?);
/// let x = CategoricalGraph::new(vec![0; 4], vec![0; 16])?;
/// let noise = EvaluationNoise::draw(&process, &x, 0, 17, 5)?;
/// assert_eq!(noise, EvaluationNoise::draw(&process, &x, 0, 17, 5)?);
/// // One time in each fifth of 1..=500.
/// assert!(noise.steps.iter().enumerate().all(|(k, (t, _))| (100 * k + 1..=100 * k + 100).contains(t)));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationNoise {
    /// `z_0`, from which `x` is reconstructed.
    pub start: CategoricalGraph,
    /// Times `t` in `1..=T`, increasing, with `z_t`.
    pub steps: Vec<(usize, CategoricalGraph)>,
}

impl EvaluationNoise {
    /// The noise for graph `index` of a data set, at `times` times. These are stratified: `t = 1 + ⌊T (k + u_k)/times⌋`, `u_k`
    /// uniform on [0, 1), so that the mean over them estimates that over all times, without bias.
    ///
    /// # Errors
    ///
    /// When `times` is 0, or a class of `x` does not exist.
    pub fn draw(
        process: &Process,
        x: &CategoricalGraph,
        seed: u64,
        index: u64,
        times: usize,
    ) -> Result<Self, DataError> {
        if times == 0 {
            return Err(DataError::invalid("number of times", times, "at least 1"));
        }
        let mut rng = stream(seed, 0, index, Purpose::Evaluate);
        let start = process.noise(x, 0, &mut rng)?;
        let steps = (0..times).map(|k| {
            let share = (k as f64 + rng.random::<f64>()) / times as f64;
            let t = (1 + (process.steps() as f64 * share) as usize).min(process.steps());
            Ok((t, process.noise(x, t, &mut rng)?))
        });
        let steps = steps.collect::<Result<_, DataError>>()?;
        Ok(Self { start, steps })
    }
}

impl Process {
    /// `KL(q(z_T | x) ‖ p(z_T))`, close to zero. Infinite if `x` has a class that the limit distribution excludes.
    ///
    /// # Errors
    ///
    /// When a class of `x` does not exist.
    pub fn prior_kl(&self, x: &CategoricalGraph, bound: Bound) -> Result<f64, DataError> {
        let t = self.steps();
        self.check(x, t)?;
        let kl = |chain: Chain<'_>, class: u8| -> f64 {
            (0..chain.classes())
                .map(|k| divergence(chain.marginal(t, class.into(), k), chain.limit[k]))
                .sum()
        };
        let n = x.n();
        let nodes = x.nodes().iter().enumerate();
        let nodes: f64 = nodes.map(|(i, &class)| kl(self.node(n, i), class)).sum();
        let edges: f64 = x.pairs().map(|(i, j)| kl(self.pair(n, i, j), x.edge(i, j))).sum();
        Ok(nodes + bound.edge_weight() * edges)
    }

    /// `KL(q(z_{t−1} | z_t, x) ‖ p(z_{t−1} | z_t))` given the prediction at `z_t`, for `t` in `1..=T`. O(n²).
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step); when `t` is 0, or `x` and `z` differ in size.
    pub fn step_kl(
        &self,
        x: &CategoricalGraph,
        z: &CategoricalGraph,
        t: usize,
        prediction: &Prediction<'_>,
        bound: Bound,
    ) -> Result<f64, DataError> {
        self.check_step(x, z, t)?;
        let [mut truth, mut model] = [(); 2].map(|()| vec![0.0; self.widest()]);
        self.sum_over(x, z, t, prediction, bound, |chain, class, z, prediction| {
            let d = chain.classes();
            chain.posterior(t, class, z, &mut truth[..d]);
            bound.step_law(chain, t, prediction, z, &mut model[..d]);
            truth[..d]
                .iter()
                .zip(&model)
                .map(|(&q, &p)| divergence(q, p))
                .sum()
        })
    }

    /// `−ln p(x | z_0)` given the prediction at `z` = `z_0`: that of each variable. Infinite where the prediction excludes `x`.
    ///
    /// It is the prediction of the class of `x`, but for variables whose noise [hides](super::Limit::absorbing) what was there: in the
    /// proper bound those that are in sight are certain, as the step at time 0 has it.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step); when `x` and `z` differ in size.
    pub fn reconstruction(
        &self,
        x: &CategoricalGraph,
        z: &CategoricalGraph,
        prediction: &Prediction<'_>,
        bound: Bound,
    ) -> Result<f64, DataError> {
        self.check(x, 0)?;
        check_sizes(x, z)?;
        self.sum_over(x, z, 0, prediction, bound, |chain, class, z, prediction| {
            let in_sight = bound == Bound::Proper && class == z && chain.limit[z] == 0.0;
            if in_sight { 0.0 } else { -prediction[class].ln() }
        })
    }

    /// The negative log-likelihood of a graph from the predictions at the noisy graphs: `start` at
    /// [`noise.start`](EvaluationNoise::start), `steps` at those of [`noise.steps`](EvaluationNoise::steps), in order.
    ///
    /// [`ranks`](NllTerms::ranks) and [`draws`](NllTerms::draws) are left to the caller, who knows the kernels.
    ///
    /// # Errors
    ///
    /// As [`step_kl`](Self::step_kl); when the numbers of predictions and noisy graphs differ, or are zero.
    pub fn nll(
        &self,
        x: &CategoricalGraph,
        counts: &NodeCounts,
        noise: &EvaluationNoise,
        start: &Prediction<'_>,
        steps: &[Prediction<'_>],
        bound: Bound,
    ) -> Result<NllTerms, DataError> {
        if steps.len() != noise.steps.len() || steps.is_empty() {
            let got = format!("{} for {} noisy graphs", steps.len(), noise.steps.len());
            return Err(DataError::invalid(
                "number of predictions",
                got,
                "one per noisy graph, and at least one",
            ));
        }
        let mut sum = 0.0;
        for ((t, z), prediction) in noise.steps.iter().zip(steps) {
            sum += self.step_kl(x, z, *t, prediction, bound)?;
        }
        Ok(NllTerms {
            node_count: -counts.ln_probability(x.n()),
            prior: self.prior_kl(x, bound)?,
            diffusion: self.steps() as f64 * sum / steps.len() as f64,
            reconstruction: self.reconstruction(x, &noise.start, start, bound)?,
            ranks: 0.0,
            draws: 0.0,
        })
    }

    /// `z_{t−1} ~ q(z_{t−1} | z_t, x)` for `t` in `1..=T`: a step of a trajectory that ends at `x`, each variable from
    /// [`Chain::posterior`]. O(n²).
    ///
    /// Trajectories from `z_T ~ q(z_T | x)` on estimate the likelihood without bias: `p(x)` is the mean of the ratio of what
    /// [sampling](Self::step) and what these steps give a whole trajectory, the product of [`prior_ratio`](Self::prior_ratio),
    /// [`step_ratio`](Self::step_ratio) and `p(x | z_0)`, and the logarithm of a mean over several is a bound that tightens with
    /// their number (Burda et al., *Importance weighted autoencoders*, ICLR 2016).
    ///
    /// ```
    /// use sympe_data::diffusion::{CategoricalGraph, CosineSchedule, Limit, Prediction, Process};
    /// let process = Process::new(CosineSchedule::new(10)?, Limit::uniform(1, 2)?);
    /// let x = CategoricalGraph::new(vec![0; 2], vec![0, 1, 1, 0])?;
    /// let mut rng = sympe_data::key::stream(0, 0, 0, sympe_data::key::Purpose::Evaluate);
    /// let (mut z, mut ln_ratio) = (process.noise(&x, 10, &mut rng)?, 0.0);
    /// // A "network" that knows the graph: its steps are those that lead to it.
    /// let knows = Prediction::new(2, &[1.0; 2], &[0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    /// for t in (1..=10).rev() {
    ///     let before = process.posterior_step(&x, &z, t, &mut rng)?;
    ///     ln_ratio += process.step_ratio(&x, &before, &z, t, &knows)?;
    ///     z = before;
    /// }
    /// assert!(ln_ratio.abs() < 1e-12);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When `t` is 0 or exceeds `T`, a class does not exist, or `x` and `z` differ in size.
    pub fn posterior_step(
        &self,
        x: &CategoricalGraph,
        z: &CategoricalGraph,
        t: usize,
        rng: &mut dyn Rng,
    ) -> Result<CategoricalGraph, DataError> {
        self.check_step(x, z, t)?;
        let n = x.n();
        let mut law = vec![0.0; self.widest()];
        let mut drawn = |chain: Chain<'_>, class: u8, z: u8| {
            let law = &mut law[..chain.classes()];
            chain.posterior(t, class.into(), z.into(), law);
            draw(law, &mut *rng) as u8
        };
        let nodes: Vec<u8> = (0..n)
            .map(|i| drawn(self.node(n, i), x.nodes()[i], z.nodes()[i]))
            .collect();
        CategoricalGraph::from_fn(
            n,
            |i| Ok(nodes[i]),
            |i, j| Ok(drawn(self.pair(n, i, j), x.edge(i, j), z.edge(i, j))),
        )
    }

    /// `ln p(z_T) − ln q(z_T | x)`. O(n²).
    ///
    /// # Errors
    ///
    /// When a class does not exist, or the graphs differ in size.
    pub fn prior_ratio(&self, x: &CategoricalGraph, z: &CategoricalGraph) -> Result<f64, DataError> {
        let t = self.steps();
        self.check_step(x, z, t)?;
        let n = x.n();
        let ratio = |chain: Chain<'_>, class: u8, z: u8| {
            (chain.limit[usize::from(z)] / chain.marginal(t, class.into(), z.into())).ln()
        };
        let nodes = (0..n).map(|i| ratio(self.node(n, i), x.nodes()[i], z.nodes()[i]));
        let pairs = x
            .pairs()
            .map(|(i, j)| ratio(self.pair(n, i, j), x.edge(i, j), z.edge(i, j)));
        Ok(nodes.sum::<f64>() + pairs.sum::<f64>())
    }

    /// `ln p(z_{t−1} | z_t) − ln q(z_{t−1} | z_t, x)` of `before` = `z_{t−1}`, given the prediction at `z` = `z_t`. The mean of its
    /// negative over [`posterior_step`](Self::posterior_step) is [`step_kl`](Self::step_kl). O(n²).
    ///
    /// # Errors
    ///
    /// As [`step_kl`](Self::step_kl).
    pub fn step_ratio(
        &self,
        x: &CategoricalGraph,
        before: &CategoricalGraph,
        z: &CategoricalGraph,
        t: usize,
        prediction: &Prediction<'_>,
    ) -> Result<f64, DataError> {
        self.check_step(x, before, t)?;
        self.check_step(x, z, t)?;
        let pairs = before.pairs().map(|(i, j)| before.edge(i, j));
        let mut classes = before.nodes().iter().copied().chain(pairs);
        let [mut truth, mut model] = [(); 2].map(|()| vec![0.0; self.widest()]);
        self.sum_over(
            x,
            z,
            t,
            prediction,
            Bound::Proper,
            |chain, class, z, prediction| {
                let before = usize::from(classes.next().expect("as many variables"));
                let d = chain.classes();
                chain.posterior(t, class, z, &mut truth[..d]);
                chain.mixture(t, prediction, z, &mut model[..d]);
                (model[before] / truth[before]).ln()
            },
        )
    }

    /// Refuses what is no step from `z` at time `t` to a graph before, for a clean graph `x`.
    fn check_step(&self, x: &CategoricalGraph, z: &CategoricalGraph, t: usize) -> Result<(), DataError> {
        if t == 0 {
            return Err(DataError::invalid(
                "diffusion time of a step",
                t,
                "at least 1: before time 0 is the clean graph",
            ));
        }
        self.check(x, t)?;
        self.check(z, t)?;
        check_sizes(x, z)
    }

    /// Sums a term `(chain, class of x, class of z, prediction)` over the variables of graphs that have been checked.
    fn sum_over(
        &self,
        x: &CategoricalGraph,
        z: &CategoricalGraph,
        t: usize,
        prediction: &Prediction<'_>,
        bound: Bound,
        mut term: impl FnMut(Chain<'_>, usize, usize, &[f64]) -> f64,
    ) -> Result<f64, DataError> {
        let pairs = x.pairs().map(|(i, j)| x.edge(i, j));
        let mut clean = x.nodes().iter().copied().chain(pairs);
        let mut sum = 0.0;
        self.visit(z, t, prediction, |variable| {
            let class = clean.next().expect("as many variables").into();
            let weight = if variable.is_edge {
                bound.edge_weight()
            } else {
                1.0
            };
            sum += weight * term(variable.chain, class, variable.class, variable.prediction);
        })?;
        Ok(sum)
    }
}

/// Refuses a noisy graph of another size than the clean one.
fn check_sizes(x: &CategoricalGraph, z: &CategoricalGraph) -> Result<(), DataError> {
    if x.n() != z.n() {
        let got = format!("{} nodes for a graph of {}", z.n(), x.n());
        return Err(DataError::invalid(
            "noisy graph",
            got,
            "as many nodes as the clean graph",
        ));
    }
    Ok(())
}

/// One term of a Kullback-Leibler divergence, `q ln(q/p)`.
fn divergence(q: f64, p: f64) -> f64 {
    if q == 0.0 { 0.0 } else { q * (q / p).ln() }
}
