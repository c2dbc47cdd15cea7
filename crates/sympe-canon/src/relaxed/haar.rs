//! The order that tells no vertices apart.

use super::order::VertexOrder;
use crate::CanonError;
use crate::graph::ColoredGraph;
use crate::ranks::ln_arrangements;
use sympe_groups::Permutation;

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

    fn tie_entropy(&self, graph: &ColoredGraph) -> Result<Option<f64>, CanonError> {
        Ok(Some(ln_arrangements(&vec![0; graph.n()])))
    }
}
