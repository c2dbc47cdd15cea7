//! Permutation groups, made ready to be minimized over.

use super::Aligned;
use super::search::Search;
use super::tree::{self, Node};
use crate::CanonError;
use crate::points::{check_finite, unit};
use sympe_groups::{PermGroup, Permutation};

/// A permutation group, made ready to be minimized over: of a stabilizer of up to astronomically many elements the one that matches
/// nodes best.
///
/// # How
///
/// Along the stabilizer chain, by branch and bound. Where a stabilizer falls apart into factors that move different points, each is
/// minimized for itself; bundles of points that are permuted at will, as [`SymmetrySearch`](crate::graph::SymmetrySearch) finds
/// them, are assignment problems. So time grows with the sum of the factors, not with their product: three hydrogens in each of
/// twenty methyl groups are twenty problems of size three, and not 6²⁰ elements.
///
/// # Complexity
///
/// The order of the group does not matter where it is made of symmetric groups and of factors beside each other; a class of k
/// bundles costs O(k³) and k² times what is inside of one. A group without such structure may have to be listed: there is a
/// [budget](Self::with_budget).
///
/// ```
/// use sympe_canon::align::GroupAssignment;
/// use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
/// // A star: its four leaves are interchangeable. Of a prediction, leaf 3 is to be matched with what leaf 1 should be.
/// let star = ColoredGraph::from_edges(5, false, [(0, 1), (0, 2), (0, 3), (0, 4)])?;
/// let stabilizer = SymmetrySearch::default().run(&star)?.group().clone();
/// let (answer, guess) = ([0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.1, 0.0, 0.9, 0.0]);
/// let square = |i: u32, j: u32| f64::powi(guess[j as usize] - answer[i as usize], 2);
/// let aligned = GroupAssignment::new(&stabilizer).least(square)?;
/// assert_eq!(aligned.element.apply(1), 3);
/// assert!((aligned.loss - 0.02).abs() < 1e-12);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug)]
pub struct GroupAssignment {
    pub(super) degree: usize,
    pub(super) factors: Vec<Node>,
    pub(super) budget: u64,
}

impl GroupAssignment {
    /// Takes a group apart. The time is about that of listing its basic orbits with their transversals.
    #[must_use]
    pub fn new(group: &PermGroup) -> Self {
        Self {
            degree: group.degree(),
            factors: tree::factors(group),
            budget: 1 << 31,
        }
    }

    /// With another number of steps before giving up: 2³¹, which take some ten seconds, unless said otherwise. A step is a point whose
    /// image is tried.
    #[must_use]
    pub fn with_budget(self, budget: u64) -> Self {
        Self { budget, ..self }
    }

    /// The element `s` of the group with the least `Σ cost(i, s(i))` over all points, the cost of point `i` going to point `s(i)`. Costs
    /// may be negative.
    ///
    /// # Errors
    ///
    /// When costs are not finite, or the budget does not suffice.
    pub fn least(&self, cost: impl Fn(u32, u32) -> f64) -> Result<Aligned<Permutation>, CanonError> {
        let images = (0..self.degree as u32).collect();
        let mut search = Search::new(images, self.budget, &cost);
        let mut loss = 0.0;
        for factor in &self.factors {
            loss += search.settle(factor, 0)?;
        }
        let (images, _) = search.into_images();
        if loss.is_finite() {
            // Fixed points, too.
            loss = (0u32..)
                .zip(&images)
                .map(|(point, &image)| cost(point, image))
                .sum();
        }
        if !loss.is_finite() {
            return Err(CanonError::Numerical {
                what: "the search for the best element of a group",
                detail: format!("the least sum of costs is {loss}, expected finite costs"),
            });
        }
        let element = Permutation::from_images(images).expect("a product of permutations");
        Ok(Aligned { element, loss })
    }

    /// The element `s` with the least root mean square distance of `a[i]` from `b[s(i)]`, which is the loss: places are compared where they
    /// are. [`superpose`](Self::superpose) moves them first.
    ///
    /// ```
    /// use sympe_canon::align::GroupAssignment;
    /// use sympe_groups::PermGroup;
    /// let pair = GroupAssignment::new(&PermGroup::symmetric(2));
    /// let found = pair.least_squares(&[[0.0; 3], [1.0; 3]], &[[1.0; 3], [0.0; 3]])?;
    /// assert_eq!((found.loss, found.element.apply(0)), (0.0, 1));
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`superpose`](Self::superpose).
    pub fn least_squares(&self, a: &[[f64; 3]], b: &[[f64; 3]]) -> Result<Aligned<Permutation>, CanonError> {
        self.check(a, b)?;
        let unit = unit(a.iter().chain(b).flatten());
        let square = |i: u32, j: u32| {
            let axes = a[i as usize].iter().zip(&b[j as usize]);
            axes.map(|(x, y)| (x / unit - y / unit).powi(2)).sum()
        };
        let Aligned { element, loss } = self.least(square)?;
        let loss = (loss / a.len() as f64).sqrt() * unit;
        Ok(Aligned { element, loss })
    }

    /// Refuses places that are not finite, or not one for each point.
    pub(super) fn check(&self, a: &[[f64; 3]], b: &[[f64; 3]]) -> Result<(), CanonError> {
        for (what, places) in [("the first list of places", a), ("the second list of places", b)] {
            let (got, want) = (places.len(), self.degree);
            if got != want {
                return Err(CanonError::WrongLength { what, got, want });
            }
            check_finite(places)?;
        }
        if a.is_empty() {
            return Err(CanonError::NoPoints);
        }
        Ok(())
    }
}
