//! Vertex orders, and the kernels they make: relaxed ones (law 1) and smooth exact ones (laws 1 and 2).
//!
//! A canonical labelling is free to put vertices in any order that is the same for isomorphic graphs. For
//! *learning* the orders differ: when the order changes little as one edge changes, what a network learns on
//! one graph holds for its neighbours too. So the order is a part one can choose.
//!
//! # One equation
//!
//! A [`VertexOrder`] arranges the vertices of a graph `x` and breaks every tie by a permutation `t`:
//!
//! ```text
//! arrange(k·x, k·t) = k·arrange(x, t)        for every relabelling k        (joint equivariance)
//! ```
//!
//! Both kernels follow from it:
//!
//! * **relaxed**, `g̃ = arrange(x, t)` with `t` uniform on `S_n`: law 1, because `k·t` is uniform too. Every
//!   order *is* this kernel ([`InversionKernel`] is implemented for all orders). It needs no search.
//! * **exact**, `g̃ = arrange(x, t)` with `t = s·h` drawn from an exact kernel: then `g̃ = t·arrange(o(x),
//!   e)`, so `g̃⁻¹·x = arrange(o(x), e)⁻¹·o(x)` is one point per orbit: laws 1 and 2. [`SmoothExact`]
//!   evaluates the right-hand side: it sorts the canonical form, where every choice, even of a rounding
//!   error, is the same for isomorphic graphs. It is a [`Canonicalizer`](crate::Canonicalizer); the kernel is
//!   `Exact(SmoothExact::default())`.
//!
//! A draw maps canonical position `p` to vertex `g̃(p)`; the rank of vertex `i` is `g̃⁻¹(i)`.
//!
//! # The orders
//!
//! | order | compares, in turn | cost | moves | bits |
//! |---|---|---|---|---|
//! | [`Haar`] | nothing: all vertices tie | `n` | 1.0 | 46.0 |
//! | [`OrbitRanks`] | automorphism orbits, in canonical order | one search | 1.0 | 46.0 |
//! | [`RefinementOrder`] | colour, degree, then neighbours' ranks, in rounds | `rounds · m log n` | 0.8 | 45.2 |
//! | [`WalkOrder`] | colour, then the number of walks of length 1, 2, … | `steps · m` | 0.8 | 45.3 |
//! | [`BreadthFirstOrder`] | a lexicographic breadth-first visit, from a hub | `n (n + m)` | 0.9 | 39.6 |
//! | [`DepthFirstOrder`] | a lexicographic depth-first visit, from a hub | `n (n + m)` | 1.2 | 36.8 |
//! | | … from a leaf | `n (n + m)` | 1.7 | 34.6 |
//! | [`SpectralOrder`] | Laplacian eigenvectors, Fiedler's first, signs by degrees | `n³` | 1.7 | 38.3 |
//!
//! An order has two merits, which conflict. *Moves*: by how many places a vertex moves, on average, when one
//! edge is toggled. *Bits*: how uncertain the edges stay to someone who knows only how often each pair of
//! positions is joined (53.5 in an unordered graph). Both on random graphs G(12, 1/4), inside
//! [`SmoothExact`]; with [`Haar`] that is the plain canonical labelling, which sorts by degree. `examples/kernels.rs` measures them.

mod orbits;
mod refinement;
mod smooth;
mod spectral;
mod visits;
mod walks;

pub use orbits::OrbitRanks;
pub use refinement::{RefinementOrder, refinement_ranks};
pub use smooth::{SmoothExact, mean_displacement};
pub use spectral::{Signs, SpectralOrder};
pub use visits::{BreadthFirstOrder, DepthFirstOrder, Start};
pub use walks::{WalkOrder, walk_ranks};

use crate::graph::ColoredGraph;
use crate::{CanonError, InversionKernel};
use rand::Rng;
use std::cmp::Ordering;
use sympe_groups::Permutation;

/// A rule that arranges the vertices of a graph, breaking ties by a given permutation.
///
/// Implement this one method to get a relaxed kernel (every order is an [`InversionKernel`]) and, wrapped in
/// [`SmoothExact`], an exact one.
///
/// # Laws
///
/// *joint equivariance*: `arrange(k·x, k·t) = k·arrange(x, t)` for every `k`, where `k·t` is the product;
/// [`check_order`](crate::check::check_order) tests it.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_canon::relaxed::{VertexOrder, sort_by_ranks};
/// use sympe_canon::{CanonError, InversionKernel};
/// use sympe_groups::Permutation;
///
/// /// Low degrees first.
/// struct LeavesFirst;
///
/// impl VertexOrder for LeavesFirst {
///     fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
///         let ranks: Vec<usize> = (0..graph.n() as u32).map(|v| graph.degree(v)).collect();
///         Ok(sort_by_ranks(&ranks, ties))
///     }
/// }
///
/// let star = ColoredGraph::from_edges(4, false, [(0, 1), (0, 2), (0, 3)])?;
/// let draw = LeavesFirst.draw(&star, &mut ChaCha8Rng::seed_from_u64(1))?;
/// assert_eq!(draw.apply(3), 0); // the hub comes last
/// # Ok::<(), CanonError>(())
/// ```
pub trait VertexOrder: Send + Sync {
    /// The vertices of `graph` in order: position `p` holds vertex `arrange(graph, ties)(p)`. Of two vertices
    /// the rule does not tell apart, the one at the earlier position of `ties` comes first.
    ///
    /// # Errors
    ///
    /// When the order rests on a search whose budget is exhausted.
    ///
    /// # Panics
    ///
    /// When the degree of `ties` is not `graph.n()`.
    fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError>;
}

/// Orders chosen at run time: `Box<dyn VertexOrder>`, `&dyn VertexOrder`.
macro_rules! order_by_pointer {
    ($($pointer:ty),*) => {$(
        impl<O: VertexOrder + ?Sized> VertexOrder for $pointer {
            fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
                (**self).arrange(graph, ties)
            }
        }
    )*};
}
order_by_pointer!(Box<O>, &O);

/// The relaxed kernel of an order: ties are broken uniformly at random. Law 1 holds, law 2 in general does
/// not.
impl<O: VertexOrder> InversionKernel<ColoredGraph> for O {
    type Group = Permutation;

    fn draw(&self, graph: &ColoredGraph, rng: &mut dyn Rng) -> Result<Permutation, CanonError> {
        self.arrange(graph, &Permutation::random(graph.n(), rng))
    }
}

/// The uniform law on all of `S_n`: the order that tells no vertices apart.
///
/// The entropy `ln n!` is the highest of all kernels; no look at the graph is taken.
///
/// ```
/// # use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::{InversionKernel, graph::ColoredGraph, relaxed::Haar};
///
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// assert_eq!(Haar.draw(&path, &mut ChaCha8Rng::seed_from_u64(0))?.degree(), 3);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Haar;

impl VertexOrder for Haar {
    fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
        assert_eq!(
            ties.degree(),
            graph.n(),
            "ties must permute the vertices of the graph"
        );
        Ok(ties.clone())
    }
}

/// The vertices by ascending `ranks[v]`, those of equal rank as `ties` has them.
///
/// If ranks are isomorphism invariants, this is a lawful [`VertexOrder`].
///
/// ```
/// use sympe_canon::relaxed::sort_by_ranks;
/// use sympe_groups::Permutation;
///
/// let ties = Permutation::from_images(vec![3, 2, 1, 0])?;
/// assert_eq!(sort_by_ranks(&[0, 1, 0, 1], &ties).images(), [2, 0, 3, 1]);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
///
/// # Panics
///
/// When there are not as many ranks as points in `ties`.
#[must_use]
pub fn sort_by_ranks<K: Ord>(ranks: &[K], ties: &Permutation) -> Permutation {
    assert_eq!(
        ranks.len(),
        ties.degree(),
        "ties must permute the ranked vertices"
    );
    let mut vertices = ties.images().to_vec();
    vertices.sort_by(|&u, &v| ranks[u as usize].cmp(&ranks[v as usize])); // stable: ties keep their order
    arrangement(vertices)
}

/// A sequence that holds every vertex once, as a permutation.
fn arrangement(vertices: Vec<u32>) -> Permutation {
    Permutation::from_images(vertices).expect("every vertex is arranged exactly once")
}

/// Dense ranks `0, 1, …` of the classes of equal keys, in ascending order of the keys.
pub(crate) fn dense_ranks(n: usize, compare: impl Fn(u32, u32) -> Ordering) -> (Vec<u32>, usize) {
    let mut sorted: Vec<u32> = (0..n as u32).collect();
    sorted.sort_unstable_by(|&u, &v| compare(u, v));
    let mut ranks = vec![0; n];
    let mut classes = usize::from(n > 0);
    for pair in sorted.windows(2) {
        classes += usize::from(compare(pair[0], pair[1]).is_ne());
        ranks[pair[1] as usize] = classes as u32 - 1;
    }
    (ranks, classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_ranks_count_the_smaller_classes() {
        let keys = [30, 10, 30, 20];
        assert_eq!(
            dense_ranks(4, |u, v| keys[u as usize].cmp(&keys[v as usize])),
            (vec![2, 0, 2, 1], 3)
        );
        assert_eq!(dense_ranks(0, |_, _| unreachable!()), (vec![], 0));
        assert_eq!(dense_ranks(1, |_, _| unreachable!()), (vec![0], 1));
    }
}
