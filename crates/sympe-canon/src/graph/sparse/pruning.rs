//! Orbit pruning at the nodes of the first path.
//!
//! As long as the search is at a node of the first path, every automorphism known fixes the path up to there, so that
//! one candidate of each orbit of the known group is enough: what is below the others are images. `taken` marks the
//! roots of the orbits whose candidate has been taken.
//!
//! Invariants ([`OrbitPruning::invariants_hold`]): marks are at roots of orbits, and each is listed once in
//! `taken_roots` at least. When orbits are joined, the orbit is taken if either was.

use sympe_groups::UnionFind;

pub(super) struct OrbitPruning {
    /// Orbits of all automorphisms found.
    orbits: UnionFind,
    taken: Vec<bool>,
    taken_roots: Vec<u32>,
    /// The level of the node on the first path that the marks are for.
    level: usize,
}

impl OrbitPruning {
    /// For a graph of `n` vertices, before the first path has been found.
    pub(super) fn new(n: usize) -> Self {
        Self {
            orbits: UnionFind::new(n),
            taken: vec![false; n],
            taken_roots: Vec::new(),
            level: usize::MAX,
        }
    }

    /// The level of the node that orbits are taken at; `usize::MAX` before there is any.
    pub(super) fn level(&self) -> usize {
        self.level
    }

    /// Returns to the node on the first path at `level`, all of whose subtree at `first` has been searched.
    pub(super) fn begin_level(&mut self, level: usize, first: u32) {
        self.level = level;
        for root in self.taken_roots.drain(..) {
            self.taken[root as usize] = false;
        }
        let root = self.orbits.find(first);
        self.mark(root);
    }

    /// Takes the orbit of `v`. False if it has been taken already.
    pub(super) fn take(&mut self, v: u32) -> bool {
        let root = self.orbits.find(v);
        let new = !self.taken[root as usize];
        if new {
            self.mark(root);
        }
        new
    }

    /// Gives the orbit of `v` back, which has been taken but is not going to be searched yet.
    pub(super) fn give_back(&mut self, v: u32) {
        let root = self.orbits.find(v);
        self.taken[root as usize] = false;
    }

    /// Whether a vertex is in the orbit of one of the others.
    pub(super) fn is_like_one_of(&mut self, v: u32, others: &[u32]) -> bool {
        let root = self.orbits.find(v);
        others.iter().any(|&other| self.orbits.find(other) == root)
    }

    /// Joins orbits by an automorphism.
    pub(super) fn join(&mut self, images: &[u32]) {
        for (v, &image) in (0u32..).zip(images) {
            if v != image
                && let Some((root, other)) = self.orbits.join(v, image)
                && self.taken[other as usize]
                && !self.taken[root as usize]
            {
                self.mark(root);
            }
        }
    }

    fn mark(&mut self, root: u32) {
        self.taken[root as usize] = true;
        self.taken_roots.push(root);
    }

    /// Whether the marks that count are listed, so that the next level finds none.
    #[cfg(test)]
    fn invariants_hold(&mut self) -> bool {
        (0..self.taken.len() as u32).all(|v| !self.taken[v as usize] || self.taken_roots.contains(&v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_vertex_of_each_orbit_is_taken() {
        let mut pruning = OrbitPruning::new(6);
        pruning.begin_level(1, 3);
        assert_eq!(pruning.level(), 1);
        assert!(!pruning.take(3) && pruning.take(5) && !pruning.take(5));
        // The orbit of 5 was taken, and so is that of both.
        pruning.join(&[0, 1, 5, 3, 4, 2]);
        assert!(!pruning.take(2) && pruning.invariants_hold());
        assert!(pruning.is_like_one_of(2, &[0, 5]) && !pruning.is_like_one_of(4, &[0, 5]));
        pruning.give_back(5);
        assert!(pruning.take(2) && pruning.invariants_hold());
        pruning.begin_level(0, 2);
        assert!(!pruning.take(5) && pruning.take(3) && pruning.invariants_hold());
    }
}
