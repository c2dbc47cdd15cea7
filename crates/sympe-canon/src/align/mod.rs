//! Of the symmetric copies of an answer, the one nearest to a guess.
//!
//! | the stabilizer | the loss | |
//! |---|---|---|
//! | permutations of nodes, as a symmetry search finds them | any sum `Σ c(i, s(i))` over nodes | [`GroupAssignment::least`] |
//! | the same | distances in space, after the best motion | [`GroupAssignment::superpose`] |
//! | isometries of a cloud | squares of vectors at its points | [`points::Coupling`](crate::points::Coupling) |
//! | any group that can be listed | any order | [`Canonicalized::sample_least`](crate::Canonicalized::sample_least) |

mod assignment;
mod cell;
mod group;
mod problem;
mod search;
mod simplex;
mod superpose;
mod tree;

pub(crate) use assignment::least_assignment;
pub use group::GroupAssignment;
pub use superpose::Superposed;

/// An element of a stabilizer and the loss that it leaves: no other element leaves less.
///
/// ```
/// use sympe_canon::align::Aligned;
/// let nothing_moves = Aligned { element: 0, loss: 0.25 };
/// assert!(nothing_moves.loss < 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Aligned<G> {
    /// `s`.
    pub element: G,
    /// The loss of `s·y`.
    pub loss: f64,
}
