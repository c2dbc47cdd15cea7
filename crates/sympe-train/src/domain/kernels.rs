//! The kernels of graphs by name, and their draws for graphs that come back every epoch.

use super::get_or_try_init;
use super::input::HasGraph;
use crate::comparison::{Axis, Row};
use rand::Rng;
use std::fmt;
use std::sync::{Arc, OnceLock};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_canon::relaxed::{
    BreadthFirstOrder, ByColor, DepthFirstOrder, OrbitRanks, RefinementOrder, SmoothExact, SpectralOrder,
    Start, WalkOrder,
};
use sympe_canon::{CanonError, Canonicalized, Canonicalizer, InversionKernel};
use sympe_data::molecule::Element;
use sympe_groups::{PermGroup, Permutation, Subgroup};

sympe_groups::named! {
    serde "kernel"
    /// A kernel that SymPE draws from.
    ///
    /// ```
    /// use sympe_train::domain::Kernel;
    /// assert_eq!("exact-spectral".parse(), Ok(Kernel::ExactSpectral));
    /// ```
    #[derive(Default)]
    pub enum Kernel {
        /// Exact, in the search's own order.
        Exact = "exact",
        /// Exact, vertices in refinement order.
        ExactRefinement = "exact-refinement",
        /// Exact, vertices by numbers of walks.
        ExactWalks = "exact-walks",
        /// Exact, vertices in breadth-first order.
        ExactBreadthFirst = "exact-breadth-first",
        /// Exact, vertices in depth-first order.
        #[default]
        ExactDepthFirst = "exact-depth-first",
        /// Exact, vertices in depth-first order, those of colour 4, hydrogens, last.
        ExactHeavyDepthFirst = "exact-heavy-depth-first",
        /// Exact, vertices in spectral order.
        ExactSpectral = "exact-spectral",
        /// Relaxed: refinement order, ties at random.
        Refinement = "refinement",
        /// Relaxed: breadth-first order, ties at random.
        BreadthFirst = "breadth-first",
        /// Relaxed: depth-first order, ties at random.
        DepthFirst = "depth-first",
        /// Relaxed: depth-first from a random start with random turns.
        RandomDepthFirst = "random-depth-first",
        /// Relaxed: spectral order, signs and ties at random.
        Spectral = "spectral",
        /// Relaxed: orbits in canonical order, random within.
        Orbits = "orbits",
    }
}

impl Kernel {
    /// The axis of a comparison over all kernels, for configurations whose breaking draws from one: `get` says from which.
    pub fn axis<C: Clone>(
        get: impl Fn(&C) -> Option<Self> + Send + Sync + 'static,
        set: impl Fn(&mut C, Self) + Clone + Send + Sync + 'static,
    ) -> Axis<C> {
        let row = |kernel: Self| {
            let set = set.clone();
            Row::new(kernel.name(), kernel.about(), move |config| set(config, kernel))
        };
        let current = move |config: &C| get(config).map(|kernel| kernel.to_string());
        Axis::new("kernel", "kernels", "Kernels of SymPE", current).with_rows(Self::ALL.into_iter().map(row))
    }

    /// What draws.
    pub(super) fn sampler(self) -> Sampler {
        let exact = |canonicalizer: Exact| Sampler::Exact(canonicalizer);
        match self {
            Self::Exact => exact(Arc::new(SymmetrySearch::default())),
            Self::ExactRefinement => exact(Arc::new(SmoothExact::new(RefinementOrder::default()))),
            Self::ExactWalks => exact(Arc::new(SmoothExact::new(WalkOrder::default()))),
            Self::ExactBreadthFirst => exact(Arc::new(SmoothExact::new(BreadthFirstOrder))),
            Self::ExactDepthFirst => exact(Arc::new(SmoothExact::new(DepthFirstOrder::default()))),
            Self::ExactHeavyDepthFirst => exact(Arc::new(SmoothExact::new(ByColor {
                order: DepthFirstOrder::default(),
                key: |color| u32::from(color == Element::H as u32),
            }))),
            Self::ExactSpectral => exact(Arc::new(SmoothExact::new(SpectralOrder::default()))),
            Self::Refinement => Sampler::Relaxed(Arc::new(RefinementOrder::default())),
            Self::BreadthFirst => Sampler::Relaxed(Arc::new(BreadthFirstOrder)),
            Self::DepthFirst => Sampler::Relaxed(Arc::new(DepthFirstOrder::default())),
            Self::RandomDepthFirst => Sampler::Relaxed(Arc::new(DepthFirstOrder {
                start: Start::Anywhere,
            })),
            Self::Spectral => Sampler::Relaxed(Arc::new(SpectralOrder::default())),
            Self::Orbits => Sampler::Relaxed(Arc::new(OrbitRanks::default())),
        }
    }
}

type Exact = Arc<dyn Canonicalizer<ColoredGraph, Stabilizer = PermGroup>>;

/// Draws from a kernel.
#[derive(Clone)]
pub(super) enum Sampler {
    /// The deterministic half is done once per graph and kept.
    Exact(Exact),
    /// There is nothing to keep.
    Relaxed(Arc<dyn InversionKernel<ColoredGraph, Group = Permutation>>),
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact(_) => "Exact",
            Self::Relaxed(_) => "Relaxed",
        })
    }
}

impl Sampler {
    pub(super) fn draw(
        &self,
        input: &dyn HasGraph,
        kept: &OnceLock<Canonicalized<PermGroup>>,
        rng: &mut dyn Rng,
    ) -> Result<Permutation, CanonError> {
        match self {
            Self::Relaxed(kernel) => kernel.draw(&input.graph(), rng),
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
            Self::Relaxed(_) => Ok(None),
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
