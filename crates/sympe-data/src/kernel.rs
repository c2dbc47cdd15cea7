//! Inversion kernels of graphs by name, as configurations, flags and Python choose them.

use crate::molecule::Element;
use std::fmt;
use sympe_canon::graph::SymmetrySearch;
use sympe_canon::relaxed::{
    BreadthFirstOrder, Budgeted, ByColor, DepthFirstOrder, OrbitRanks, RefinementOrder, SmoothExact,
    SpectralOrder, Start, VertexOrder, WalkOrder,
};

sympe_groups::named! {
    serde "kernel"
    /// An inversion kernel of graphs.
    ///
    /// ```
    /// use sympe_data::kernel::Kernel;
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
        /// Exact, depth-first, where a search of 1000 nodes is enough; else as `refinement`.
        ExactWithinBudget = "exact-within-budget",
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

/// How a [`Kernel`] draws.
pub enum Rule {
    /// Uniformly on the coset of the stabilizer. The order, if there is one, arranges the vertices of the canonical form
    /// ([`SmoothExact`]).
    Exact(Option<Box<dyn VertexOrder>>),
    /// By the order, whose ties are broken at random.
    Relaxed(Box<dyn VertexOrder>),
    /// Exact within a budget, by refinement beyond it.
    Budgeted(Budgeted<SmoothExact<DepthFirstOrder>, RefinementOrder>),
}

/// Search-tree nodes of [`Kernel::ExactWithinBudget`]: milliseconds. Molecules take fewer than ten.
const BUDGET: u64 = 1000;

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact(None) => "Exact",
            Self::Exact(Some(_)) => "Exact, in an order",
            Self::Relaxed(_) => "Relaxed",
            Self::Budgeted(_) => "Exact within a budget",
        })
    }
}

impl Kernel {
    /// What the name stands for.
    ///
    /// ```
    /// use rand::{SeedableRng, rngs::ChaCha8Rng};
    /// use sympe_canon::InversionKernel;
    /// use sympe_canon::graph::ColoredGraph;
    /// use sympe_data::kernel::{Kernel, Rule};
    /// let star = ColoredGraph::from_edges(4, false, [(2, 0), (2, 1), (2, 3)])?;
    /// let Rule::Relaxed(order) = Kernel::BreadthFirst.rule() else { unreachable!() };
    /// let draw = order.draw(&star, &mut ChaCha8Rng::seed_from_u64(0))?;
    /// assert_eq!(draw.apply(0), 2); // the hub, then its arms in any order
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    #[must_use]
    pub fn rule(self) -> Rule {
        fn exact(order: impl VertexOrder + 'static) -> Rule {
            Rule::Exact(Some(Box::new(order)))
        }
        fn relaxed(order: impl VertexOrder + 'static) -> Rule {
            Rule::Relaxed(Box::new(order))
        }
        match self {
            Self::Exact => Rule::Exact(None),
            Self::ExactRefinement => exact(RefinementOrder::default()),
            Self::ExactWalks => exact(WalkOrder::default()),
            Self::ExactBreadthFirst => exact(BreadthFirstOrder),
            Self::ExactDepthFirst => exact(DepthFirstOrder::default()),
            Self::ExactHeavyDepthFirst => exact(ByColor {
                order: DepthFirstOrder::default(),
                key: |color| u32::from(color == Element::H as u32),
            }),
            Self::ExactSpectral => exact(SpectralOrder::default()),
            Self::ExactWithinBudget => Rule::Budgeted(Budgeted {
                exact: SmoothExact {
                    order: DepthFirstOrder::default(),
                    search: SymmetrySearch { budget: BUDGET },
                },
                relaxed: RefinementOrder::default(),
            }),
            Self::Refinement => relaxed(RefinementOrder::default()),
            Self::BreadthFirst => relaxed(BreadthFirstOrder),
            Self::DepthFirst => relaxed(DepthFirstOrder::default()),
            Self::RandomDepthFirst => relaxed(DepthFirstOrder {
                start: Start::Anywhere,
            }),
            Self::Spectral => relaxed(SpectralOrder::default()),
            Self::Orbits => relaxed(OrbitRanks::default()),
        }
    }
}
