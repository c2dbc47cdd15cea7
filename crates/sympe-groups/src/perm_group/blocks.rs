//! Transitivity, and blocks that a transitive group moves as wholes.

use super::PermGroup;
use crate::UnionFind;

impl PermGroup {
    /// Whether all points are in one orbit. A group on no point is.
    ///
    /// ```
    /// # use sympe_groups::PermGroup;
    /// assert!(PermGroup::symmetric(4).is_transitive() && !PermGroup::trivial(2).is_transitive());
    /// ```
    #[must_use]
    pub fn is_transitive(&self) -> bool {
        self.orbit_representatives().iter().all(|&least| least == 0)
    }

    /// The finest system of blocks in which two points are together, a representative for each point: blocks are disjoint and cover
    /// all points, and an element takes each block to a block. For a transitive group blocks have one size.
    ///
    /// Atkinson's method (*Math. Comp.* 29, 1975): images of points that are together are joined until nothing changes.
    /// O(degree · generators) joins.
    ///
    /// ```
    /// # use sympe_groups::{PermGroup, Permutation};
    /// let square = [Permutation::parse("(0 1 2 3)", 4)?, Permutation::parse("(1 3)", 4)?];
    /// let square = PermGroup::new(4, square.to_vec())?;
    /// assert_eq!(square.blocks_joining(0, 2), [0, 1, 0, 1]); // its diagonals
    /// assert_eq!(square.blocks_joining(0, 1), [0; 4]);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When a point is outside `0..degree`.
    #[must_use]
    pub fn blocks_joining(&self, a: u32, b: u32) -> Vec<u32> {
        let degree = self.degree();
        assert!((a.max(b) as usize) < degree, "points {a} and {b} of 0..{degree}");
        let mut blocks = UnionFind::new(degree);
        let mut joined = Vec::new();
        let join = |blocks: &mut UnionFind, joined: &mut Vec<(u32, u32)>, a: u32, b: u32| {
            if blocks.join(a, b).is_some() {
                joined.push((a, b));
            }
        };
        join(&mut blocks, &mut joined, a, b);
        // A block that is the join of pairs goes to the join of their images.
        while let Some((a, b)) = joined.pop() {
            for generator in self.generators() {
                join(&mut blocks, &mut joined, generator.apply(a), generator.apply(b));
            }
        }
        blocks.into_representatives()
    }

    /// Whether the group is transitive, and no blocks are moved as wholes but single points and all of them. Groups on at most two
    /// points that are transitive are primitive.
    ///
    /// ```
    /// # use sympe_groups::{PermGroup, Permutation};
    /// let cycle = |n: usize| PermGroup::new(n, vec![Permutation::from_cycles(n, &[&(0..n as u32).collect::<Vec<_>>()])?]);
    /// assert!(cycle(5)?.is_primitive() && !cycle(6)?.is_primitive());
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    #[must_use]
    pub fn is_primitive(&self) -> bool {
        if !self.is_transitive() {
            return false;
        }
        if self.degree() <= 2 {
            return true;
        }
        // Blocks that join 0 with points that its stabilizer exchanges are images of each other.
        let stabilizer = self.pointwise_stabilizer(&[0]);
        let mut others = stabilizer
            .orbits()
            .into_iter()
            .map(|orbit| orbit[0])
            .filter(|&point| point != 0);
        others.all(|other| self.blocks_joining(0, other).iter().all(|&least| least == 0))
    }
}

#[cfg(test)]
mod tests {
    use crate::{PermGroup, Permutation};

    fn group(degree: usize, generators: &[&str]) -> PermGroup {
        let generators = generators
            .iter()
            .map(|text| Permutation::parse(text, degree).unwrap());
        PermGroup::new(degree, generators.collect()).unwrap()
    }

    #[test]
    fn groups_of_textbooks_are_primitive_or_not() {
        // PSL(2, 7) on seven points; the dihedral group of a heptagon; the alternating group.
        assert!(group(7, &["(0 1 2 3 4 5 6)", "(1 2)(3 6)"]).is_primitive());
        assert!(group(7, &["(0 1 2 3 4 5 6)", "(1 6)(2 5)(3 4)"]).is_primitive());
        assert!(group(5, &["(0 1 2)", "(0 1 2 3 4)"]).is_primitive());
        // A wreath product; the group of a cube on its corners.
        assert!(!group(6, &["(0 1)", "(0 2 4)(1 3 5)"]).is_primitive());
        assert!(
            !group(
                8,
                &["(0 1 3 2)(4 5 7 6)", "(0 4)(1 5)(2 6)(3 7)", "(1 2 4)(3 6 5)"]
            )
            .is_primitive()
        );
        // Not transitive; on no point, on one and on two.
        assert!(!group(4, &["(0 1)(2 3)"]).is_primitive());
        assert!(PermGroup::trivial(0).is_primitive() && PermGroup::trivial(1).is_primitive());
        assert!(PermGroup::symmetric(2).is_primitive() && !PermGroup::trivial(2).is_primitive());
    }

    /// Every system of blocks, by listing all partitions that the generators keep.
    #[test]
    fn blocks_are_the_finest_that_are_kept() {
        for group in [
            group(6, &["(0 1 2 3 4 5)"]),
            group(6, &["(0 1)", "(0 2 4)(1 3 5)"]),
            group(6, &["(0 1 2)(3 4 5)", "(0 3)(1 4)"]),
        ] {
            let is_kept = |blocks: &[u32]| {
                group.generators().iter().all(|g| {
                    (0..6u32).all(|i| {
                        (0..6u32).all(|j| {
                            (blocks[i as usize] == blocks[j as usize])
                                == (blocks[g.apply(i) as usize] == blocks[g.apply(j) as usize])
                        })
                    })
                })
            };
            let systems: Vec<Vec<u32>> = (0..6u32.pow(6))
                .map(|code| (0..6).map(|i| code / 6u32.pow(i) % 6).collect::<Vec<u32>>())
                .filter(|blocks| is_kept(blocks))
                .collect();
            for b in 1..6 {
                let found = group.blocks_joining(0, b);
                assert!(is_kept(&found) && found[b as usize] == 0);
                // Whoever joins the two points joins all that are together.
                let joins = systems.iter().filter(|blocks| blocks[0] == blocks[b as usize]);
                for blocks in joins {
                    let together = |i: usize, j: usize| found[i] != found[j] || blocks[i] == blocks[j];
                    assert!(
                        (0..6).all(|i| (0..6).all(|j| together(i, j))),
                        "{found:?} and {blocks:?}"
                    );
                }
            }
        }
    }
}
