//! An order with colours put above it.

use super::order::{VertexOrder, arrangement};
use crate::CanonError;
use crate::graph::ColoredGraph;
use sympe_groups::Permutation;

/// An order, then sorted by a key of the colours of vertices: those of equal keys stay as the order has them.
///
/// Where colours mean more than neighbourhoods, they should decide first. In a molecule with explicit hydrogens, most
/// vertices are hydrogens, and a visit that meets them on its way puts heavy atoms at positions that depend on how many
/// there are; hydrogens last, the skeleton has the same positions in all molecules that share it.
///
/// The key sees the colour alone, so joint equivariance is that of the order.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_canon::relaxed::{ByColor, DepthFirstOrder, SmoothExact};
/// use sympe_canon::Canonicalizer;
/// use sympe_groups::{Action, Group};
///
/// // Methanol: C 0, O 2, and H 4, wherever they are.
/// let methanol = ColoredGraph::from_edges(6, false, [(3, 0), (3, 1), (3, 2), (3, 4), (4, 5)])?
///     .with_node_colors(vec![4, 4, 4, 0, 2, 4])?;
/// let hydrogens_last = ByColor { order: DepthFirstOrder::default(), key: |color| u32::from(color == 4) };
/// let h = SmoothExact::new(hydrogens_last).canonicalize(&methanol)?.element;
/// assert_eq!(h.inverse().act(&methanol).node_colors(), [2, 0, 4, 4, 4, 4]);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByColor<O, K = fn(u32) -> u32> {
    /// The order of vertices whose keys are equal.
    pub order: O,
    /// The key of a colour; low ones come first.
    pub key: K,
}

impl<O: VertexOrder, K: Fn(u32) -> u32 + Send + Sync> VertexOrder for ByColor<O, K> {
    fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
        let mut vertices = self.order.arrange(graph, ties)?.into_images();
        vertices.sort_by_key(|&v| (self.key)(graph.node_color(v))); // stable
        Ok(arrangement(vertices))
    }
}
