//! The ranks of a trajectory: drawn from the kernel of the clean graph, and what they say of it.

use crate::clock::Clock;
use crate::domain::{Domain, Graphs, KeptGraph, Kernel, get_or_try_init};
use crate::samples::over_all;
use crate::task::{Entry, Source};
use rand::Rng;
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};
use sympe_canon::CanonError;
use sympe_canon::graph::SymmetrySearch;
use sympe_data::DataError;
use sympe_data::diffusion::CategoricalGraph;
use sympe_data::key::{Purpose, stream};
use sympe_groups::{Action, Group, Permutation, Subgroup};

/// Graphs that are placed at a time.
const AT_A_TIME: usize = 1 << 13;

/// What is kept of a clean graph between draws.
#[derive(Debug, Default)]
pub struct KeptClean {
    /// For the kernel of the process.
    graph: KeptGraph,
    /// `g̃⁻¹·x`, if it is the same for all draws.
    form: OnceLock<Arc<CategoricalGraph>>,
    /// `ln (n!/|Aut(x)|)`.
    ln_labellings: OnceLock<f64>,
}

/// A clean graph in a run.
pub(super) type CleanEntry = Arc<Entry<CategoricalGraph, KeptClean>>;

/// Draws the ranks of trajectories.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    graphs: Graphs,
    clock: Clock,
}

impl Ranks {
    /// Ranks of graphs of up to `n_max` nodes from this kernel; its time counts on `clock`.
    pub(super) fn new(kernel: Kernel, n_max: usize, clock: &Clock) -> Self {
        Self {
            graphs: Graphs::new(n_max, kernel),
            clock: clock.clone(),
        }
    }

    /// `g̃⁻¹·x`, the graph whose node `i` has rank `i`, for a new draw of `g̃`.
    pub(super) fn place(
        &self,
        entry: &Entry<CategoricalGraph, KeptClean>,
        rng: &mut dyn Rng,
    ) -> Result<Arc<CategoricalGraph>, DataError> {
        if let Some(form) = entry.kept.form.get() {
            return Ok(Arc::clone(form));
        }
        let index = entry.index;
        let draw = |rng: &mut dyn Rng| {
            let draw = || self.draw(&entry.sample, &entry.kept.graph, rng);
            (self.clock.time(draw)).map_err(|source| DataError::Canon { index, source })
        };
        if self.graphs.is_exact() {
            // Every draw leads here, and what is kept must not change what is drawn next.
            let form = draw(&mut stream(0, 0, 0, Purpose::Transform))?;
            return Ok(Arc::clone(entry.kept.form.get_or_init(|| Arc::new(form))));
        }
        Ok(Arc::new(draw(rng)?))
    }

    /// Whether the kernel is exact.
    pub(super) fn is_exact(&self) -> bool {
        self.graphs.is_exact()
    }

    /// Ranks number `k` of `count` for an estimate by importance, of an exact kernel: the first half are its own, the others are
    /// uniform. The graph in their order, and the logarithm of its weight: `1/n!` over the mean of the probabilities that the
    /// `count` draws give these ranks (the balance heuristic of Veach & Guibas, 1995).
    pub(super) fn propose(
        &self,
        entry: &Entry<CategoricalGraph, KeptClean>,
        [k, count]: [usize; 2],
        rng: &mut dyn Rng,
    ) -> Result<(Arc<CategoricalGraph>, f64), DataError> {
        let canonical = self.place(entry, rng)?;
        let exact = count.div_ceil(2);
        let placed = match k < exact {
            true => Arc::clone(&canonical),
            false => Arc::new(Permutation::random(entry.sample.n(), rng).act(&*entry.sample)),
        };
        let share = exact as f64 / count as f64;
        let of_exact = if placed == canonical { ln_labellings(entry)?.exp() } else { 0.0 };
        Ok((placed, -(share * of_exact + (1.0 - share)).ln()))
    }

    /// What `f` makes of one draw of `g̃⁻¹·x` for each graph of a data set, the same ones at every call with this seed. Some thousands
    /// are in memory at a time.
    pub(super) fn place_all<R>(
        &self,
        graphs: &Source<CategoricalGraph>,
        seed: u64,
        f: impl FnOnce(&mut dyn Iterator<Item = CategoricalGraph>) -> R,
    ) -> Result<R, DataError> {
        let place = |index: usize| {
            let mut rng = stream(seed, 0, index as u64, Purpose::Transform);
            self.draw(&*graphs.get(index)?, &KeptGraph::default(), &mut rng)
                .map_err(|source| DataError::Canon { index, source })
        };
        let count = graphs.len();
        let placed = (0..count).step_by(AT_A_TIME).flat_map(|first| {
            let indices = (first..count.min(first + AT_A_TIME)).into_par_iter();
            indices.map(place).collect::<Vec<_>>()
        });
        over_all(placed, f)
    }

    fn draw(
        &self,
        graph: &CategoricalGraph,
        kept: &KeptGraph,
        rng: &mut dyn Rng,
    ) -> Result<CategoricalGraph, CanonError> {
        Ok(self.graphs.draw(graph, kept, rng)?.inverse().act(graph))
    }

    /// `KL(κ(g̃ | x) ‖ uniform) = ln n! − H(κ(· | x))`. A kernel whose entropy has no closed form counts with `ln |Aut(x)|`,
    /// which it has at least: what this adds to a bound leaves it one.
    pub(super) fn divergence(&self, entry: &Entry<CategoricalGraph, KeptClean>) -> Result<f64, DataError> {
        let index = entry.index;
        let entropy = (self.graphs.entropy(&*entry.sample, &entry.kept.graph))
            .map_err(|source| DataError::Canon { index, source })?;
        match entropy {
            Some(entropy) => Ok(Permutation::ln_count(entry.sample.n()) - entropy),
            None => ln_labellings(entry),
        }
    }
}

/// `ln (n!/|Aut(x)|)`: the number of labelled graphs that are isomorphic to `x`, classes included.
pub(super) fn ln_labellings(entry: &Entry<CategoricalGraph, KeptClean>) -> Result<f64, DataError> {
    let index = entry.index;
    let known = get_or_try_init(&entry.kept.ln_labellings, || {
        let symmetry = SymmetrySearch::default().run(&entry.sample.to_colored_graph());
        let symmetry = symmetry.map_err(|source| DataError::Canon { index, source })?;
        Ok(Permutation::ln_count(entry.sample.n()) - symmetry.group().ln_order())
    });
    known.copied()
}
