//! Draws from kernels of graphs that come back every epoch, and the kernels as an axis of comparisons.

use super::get_or_try_init;
use super::input::HasGraph;
use crate::comparison::{Axis, Row};
use rand::Rng;
use std::fmt;
use std::sync::{Arc, OnceLock};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_canon::relaxed::{Budgeted, DepthFirstOrder, RefinementOrder, SmoothExact};
use sympe_canon::{CanonError, Canonicalized, Canonicalizer, InversionKernel};
use sympe_data::kernel::{Kernel, Rule};
use sympe_groups::{PermGroup, Permutation, Subgroup};
use sympe_inspect::terminal::note;

/// The axis of a comparison over all kernels, for configurations whose breaking draws from one: `get` says from which.
pub fn kernel_axis<C: Clone>(
    get: impl Fn(&C) -> Option<Kernel> + Send + Sync + 'static,
    set: impl Fn(&mut C, Kernel) + Clone + Send + Sync + 'static,
) -> Axis<C> {
    let row = |kernel: Kernel| {
        let set = set.clone();
        Row::new(kernel.name(), kernel.about(), move |config| set(config, kernel))
    };
    let current = move |config: &C| get(config).map(|kernel| kernel.to_string());
    Axis::new("kernel", "kernels", "Kernels of SymPE", current).with_rows(Kernel::ALL.into_iter().map(row))
}

type Exact = Arc<dyn Canonicalizer<ColoredGraph, Stabilizer = PermGroup>>;

/// Draws from a kernel.
#[derive(Clone)]
pub(super) enum Sampler {
    /// The deterministic half is done once per graph and kept.
    Exact(Exact),
    /// There is nothing to keep.
    Relaxed(Arc<dyn InversionKernel<ColoredGraph, Group = Permutation>>),
    /// Nothing is kept: whether a graph exceeds the budget is found out at each draw, or the law would not be the same at each.
    Budgeted(Budgeted<SmoothExact<DepthFirstOrder>, RefinementOrder>),
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact(_) => "Exact",
            Self::Relaxed(_) => "Relaxed",
            Self::Budgeted(_) => "Budgeted",
        })
    }
}

impl Sampler {
    pub(super) fn new(kernel: Kernel) -> Self {
        match kernel.rule() {
            Rule::Exact(None) => Self::Exact(Arc::new(SymmetrySearch::default())),
            Rule::Exact(Some(order)) => Self::Exact(Arc::new(SmoothExact::new(order))),
            Rule::Relaxed(order) => Self::Relaxed(Arc::new(order)),
            Rule::Budgeted(kernel) => Self::Budgeted(kernel),
        }
    }

    pub(super) fn draw(
        &self,
        input: &dyn HasGraph,
        kept: &OnceLock<Canonicalized<PermGroup>>,
        rng: &mut dyn Rng,
    ) -> Result<Permutation, CanonError> {
        match self {
            Self::Relaxed(kernel) => kernel.draw(&input.graph(), rng),
            Self::Budgeted(kernel) => {
                let (draw, exceeded) = kernel.draw_within(&input.graph(), rng)?;
                if let Some(error) = exceeded {
                    note(format_args!(
                        "warning: a draw by refinement instead of an exact one: {error}"
                    ));
                }
                Ok(draw)
            }
            Self::Exact(canonicalizer) => Ok(canonicalized(canonicalizer, input, kept)?.sample(rng)),
        }
    }

    /// What an exact kernel draws from; `None` for relaxed ones.
    pub(super) fn coset<'a>(
        &self,
        input: &dyn HasGraph,
        kept: &'a OnceLock<Canonicalized<PermGroup>>,
    ) -> Result<Option<&'a Canonicalized<PermGroup>>, CanonError> {
        match self {
            Self::Relaxed(_) | Self::Budgeted(_) => Ok(None),
            Self::Exact(canonicalizer) => canonicalized(canonicalizer, input, kept).map(Some),
        }
    }

    /// The entropy of the law of draws, where it has a closed form.
    pub(super) fn entropy(
        &self,
        input: &dyn HasGraph,
        kept: &OnceLock<Canonicalized<PermGroup>>,
    ) -> Result<Option<f64>, CanonError> {
        match self {
            Self::Relaxed(kernel) => kernel.entropy(&input.graph()),
            Self::Budgeted(_) => Ok(None),
            Self::Exact(canonicalizer) => Ok(Some(
                canonicalized(canonicalizer, input, kept)?.stabilizer.ln_order(),
            )),
        }
    }
}

/// What canonicalizing yields, done once.
fn canonicalized<'a>(
    canonicalizer: &Exact,
    input: &dyn HasGraph,
    kept: &'a OnceLock<Canonicalized<PermGroup>>,
) -> Result<&'a Canonicalized<PermGroup>, CanonError> {
    get_or_try_init(kept, || canonicalizer.canonicalize(&input.graph()))
}
