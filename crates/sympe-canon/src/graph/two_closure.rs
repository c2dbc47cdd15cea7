//! The 2-closure of a permutation group.

use super::colored_graph::ColoredGraph;
use super::symmetry::SymmetrySearch;
use crate::CanonError;
use sympe_groups::PermGroup;

/// Pairs of points are listed, so that a group of larger degree is refused.
const MOST_POINTS: usize = 4096;

impl SymmetrySearch {
    /// The 2-closure of a permutation group: all permutations that map each of its orbitals to itself, which is the
    /// largest group with the same orbitals.
    ///
    /// What a network sees of a group through features of pairs of nodes is its 2-closure: encodings that are constant on orbitals
    /// make it equivariant under exactly that. It is the automorphism group of the complete directed graph whose arcs are
    /// coloured by orbitals (Wielandt, *Permutation groups through invariant relations and invariant functions*, 1969).
    /// `O(degree² · generators)` and the search.
    ///
    /// ```
    /// use sympe_canon::graph::SymmetrySearch;
    /// use sympe_groups::PermGroup;
    /// let search = SymmetrySearch::default();
    /// // Pairs tell rotations of a polygon from its reflections, and even permutations from odd ones they do not.
    /// assert_eq!(search.two_closure(&PermGroup::cyclic(7))?, PermGroup::cyclic(7));
    /// assert_eq!(search.two_closure(&PermGroup::alternating(7))?, PermGroup::symmetric(7));
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CanonError::TooLarge`] for more than 4096 points, [`CanonError::BudgetExhausted`].
    pub fn two_closure(&self, group: &PermGroup) -> Result<PermGroup, CanonError> {
        let n = group.degree();
        if n > MOST_POINTS {
            return Err(CanonError::TooLarge {
                what: "the 2-closure of a group",
                n,
                limit: MOST_POINTS,
            });
        }
        let (mut orbits, mut pairs) = (vec![0; n], Vec::new());
        for (color, orbital) in (0u32..).zip(group.orbitals()) {
            match orbital[0] {
                (i, j) if i == j => orbital.iter().for_each(|&(i, _)| orbits[i as usize] = color),
                _ => pairs.push(orbital),
            }
        }
        // One class may go without arcs: the largest, for the sake of speed.
        pairs.sort_by_key(|orbital| std::cmp::Reverse(orbital.len()));
        let arcs = (0u32..).zip(pairs.iter().skip(1));
        let arcs = arcs.flat_map(|(color, orbital)| orbital.iter().map(move |&(i, j)| (i, j, color)));
        let graph = ColoredGraph::from_colored_edges(n, true, arcs)?.with_node_colors(orbits)?;
        Ok(self.run(&graph)?.group().clone())
    }
}
