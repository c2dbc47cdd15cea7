//! Random distinct labels inside each automorphism orbit.

use super::order::{VertexOrder, sort_by_ranks};
use crate::CanonError;
use crate::graph::{ColoredGraph, SymmetrySearch};
use crate::ranks::ln_arrangements;
use sympe_groups::{Group, Permutation};

/// Automorphism orbits in canonical order, the vertices inside an orbit uniformly at random.
///
/// Between the exact kernel and refinement: it breaks only what symmetry forces to break, but draws each
/// orbit independently of the others, so law 2 fails where the group links orbits. The entropy is `Σ ln
/// |orbit|!`.
///
/// # References
///
/// Chen et al., "When GNNs meet symmetry in ILPs: an orbit-based feature augmentation approach", ICLR 2025
/// (arXiv 2501.14211).
///
/// ```
/// # use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::{InversionKernel, graph::ColoredGraph, relaxed::OrbitRanks};
///
/// let star = ColoredGraph::from_edges(4, false, [(0, 1), (0, 2), (0, 3)])?;
/// let rank_of_hub = |seed| -> Result<u32, sympe_canon::CanonError> {
///     let draw = OrbitRanks::default().draw(&star, &mut ChaCha8Rng::seed_from_u64(seed))?;
///     Ok((0..4).find(|&p| draw.apply(p) == 0).unwrap())
/// };
/// let first = rank_of_hub(0)?;
/// assert!(first == 0 || first == 3); // one end or the other, always the same
/// assert_eq!(rank_of_hub(1)?, first);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct OrbitRanks {
    /// The search that finds the orbits.
    pub search: SymmetrySearch,
}

impl OrbitRanks {
    /// For each vertex the first canonical position of its orbit.
    fn ranks(&self, graph: &ColoredGraph) -> Result<Vec<u32>, CanonError> {
        let symmetry = self.search.run(graph)?;
        let position_of = symmetry.labelling().inverse();
        let mut ranks = vec![0; graph.n()];
        for orbit in symmetry.orbits() {
            // The positions of an orbit are an orbit of the form, whichever labelling the search found.
            let first = orbit.iter().map(|&v| position_of.apply(v)).min();
            for &v in orbit.iter() {
                ranks[v as usize] = first.expect("orbits are not empty");
            }
        }
        Ok(ranks)
    }
}

impl VertexOrder for OrbitRanks {
    fn arrange(&self, graph: &ColoredGraph, ties: &Permutation) -> Result<Permutation, CanonError> {
        Ok(sort_by_ranks(&self.ranks(graph)?, ties))
    }

    fn tie_entropy(&self, graph: &ColoredGraph) -> Result<Option<f64>, CanonError> {
        Ok(Some(ln_arrangements(&self.ranks(graph)?)))
    }
}
