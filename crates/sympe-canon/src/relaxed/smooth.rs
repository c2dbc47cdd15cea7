//! Exact kernels with a chosen order.

use super::order::VertexOrder;
use super::refinement::RefinementOrder;
use crate::graph::{ColoredGraph, SymmetrySearch};
use crate::{CanonError, Canonicalized, Canonicalizer};
use sympe_groups::{Action, Group, Permutation, Subgroup};

/// An exact canonicalizer whose canonical positions follow a smooth order: the order first, an exact search
/// within its ties.
///
/// With `h·o(x) = x` found by `search` and `a = order.arrange(o(x), e)`, the element is `h·a` and the new
/// form `a⁻¹·o(x)`. Since `a` depends on `o(x)` only, laws 1 and 2 hold **for any order**, whatever it rounds
/// or chooses; the stabilizer is the search's. The kernel is `Exact(SmoothExact::default())`.
///
/// ```
/// use sympe_canon::relaxed::{SmoothExact, WalkOrder};
/// use sympe_canon::{Canonicalizer, graph::ColoredGraph};
/// use sympe_groups::{Action, Group};
///
/// let path = |a, b, c| ColoredGraph::from_edges(3, false, [(a, b), (b, c)]);
/// let smooth = SmoothExact::new(WalkOrder { steps: 3 });
/// let form = |x: &ColoredGraph| smooth.canonicalize(x).map(|c| c.element.inverse().act(x));
/// assert_eq!(form(&path(0, 1, 2)?)?, path(1, 0, 2)?); // the middle vertex is at position 0
/// assert_eq!(form(&path(1, 2, 0)?)?, path(1, 0, 2)?);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SmoothExact<O = RefinementOrder, C = SymmetrySearch> {
    /// Which vertices come first.
    pub order: O,
    /// The exact canonicalizer: the stabilizer, and what the order leaves tied.
    pub search: C,
}

impl<O> SmoothExact<O> {
    /// The given order, exact by the default [`SymmetrySearch`].
    #[must_use]
    pub fn new(order: O) -> Self {
        Self {
            order,
            search: SymmetrySearch::default(),
        }
    }
}

impl<O, C, S> Canonicalizer<ColoredGraph> for SmoothExact<O, C>
where
    O: VertexOrder,
    C: Canonicalizer<ColoredGraph, Stabilizer = S>,
    S: Subgroup<Element = Permutation>,
{
    type Stabilizer = S;

    fn canonicalize(&self, graph: &ColoredGraph) -> Result<Canonicalized<S>, CanonError> {
        let Canonicalized { element, stabilizer } = self.search.canonicalize(graph)?;
        let form = element.inverse().act(graph);
        let arrangement = self.order.arrange(&form, &element.identity())?;
        Ok(Canonicalized {
            element: element.compose(&arrangement),
            stabilizer,
        })
    }
}

/// How far vertices move between two arrangements: the mean over vertices `v` of `|a⁻¹(v) − b⁻¹(v)|`.
///
/// The smoothness of an order is this figure for two graphs that differ in one edge. Two unrelated
/// arrangements of `n` vertices have `(n² − 1) / 3n` on average.
///
/// ```
/// use sympe_canon::relaxed::mean_displacement;
/// use sympe_groups::Permutation;
///
/// let moved = Permutation::from_images(vec![3, 0, 1, 2])?; // the last comes first, the others shift by one
/// assert_eq!(mean_displacement(&Permutation::identity(4), &moved), 1.5);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
///
/// # Panics
///
/// When the degrees differ.
#[must_use]
pub fn mean_displacement(a: &Permutation, b: &Permutation) -> f64 {
    assert_eq!(a.degree(), b.degree(), "arrangements of different degrees");
    let (rank_a, rank_b) = (a.inverse(), b.inverse());
    let total: u64 = rank_a
        .images()
        .iter()
        .zip(rank_b.images())
        .map(|(p, q)| u64::from(p.abs_diff(*q)))
        .sum();
    if a.degree() == 0 {
        0.0
    } else {
        total as f64 / a.degree() as f64
    }
}
