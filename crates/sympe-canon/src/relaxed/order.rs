//! The trait of vertex orders, the kernel of every order, and sorting by ranks.

use crate::graph::ColoredGraph;
use crate::{CanonError, InversionKernel};
use rand::Rng;
use sympe_groups::Permutation;

/// A rule that arranges the vertices of a graph, breaking ties by a given permutation.
///
/// Implement this one method to get a relaxed kernel (every order is an [`InversionKernel`]) and, wrapped in
/// [`SmoothExact`](super::SmoothExact), an exact one.
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

    /// The entropy of the relaxed kernel of this order in nats, ties broken uniformly: `None`, the default, where it is
    /// not known without enumeration. It is [`InversionKernel::entropy`] of every order.
    ///
    /// # Errors
    ///
    /// As [`arrange`](Self::arrange).
    fn tie_entropy(&self, _: &ColoredGraph) -> Result<Option<f64>, CanonError> {
        Ok(None)
    }
}

/// Orders chosen at run time: `Box<dyn VertexOrder>`, `&dyn VertexOrder`.
macro_rules! order_by_pointer {
    ($($pointer:ty),*) => {$(
        impl<O: VertexOrder + ?Sized> VertexOrder for $pointer {
            fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
                (**self).arrange(graph, ties)
            }

            fn tie_entropy(&self, graph: &ColoredGraph) -> Result<Option<f64>, CanonError> {
                (**self).tie_entropy(graph)
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

    fn entropy(&self, graph: &ColoredGraph) -> Result<Option<f64>, CanonError> {
        self.tie_entropy(graph)
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
pub(super) fn arrangement(vertices: Vec<u32>) -> Permutation {
    Permutation::from_images(vertices).expect("every vertex is arranged exactly once")
}
