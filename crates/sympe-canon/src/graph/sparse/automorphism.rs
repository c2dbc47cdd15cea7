//! Automorphisms found, and the proof that a map is one.

use super::super::colored_graph::ColoredGraph;
use super::arcs::Arcs;
use sympe_groups::Permutation;

/// An automorphism that the search has found.
pub(super) struct Automorphism {
    images: Vec<u32>,
    /// Whether the vertex is the least of its cycle.
    least_in_cycle: Vec<bool>,
}

impl Automorphism {
    /// From its images.
    pub(super) fn new(images: Vec<u32>) -> Self {
        let n = images.len();
        let mut least_in_cycle = vec![true; n];
        for v in 0..n as u32 {
            if !least_in_cycle[v as usize] {
                continue;
            }
            let mut u = images[v as usize];
            while u != v {
                least_in_cycle[u as usize] = false;
                u = images[u as usize];
            }
        }
        Self {
            images,
            least_in_cycle,
        }
    }

    pub(super) fn images(&self) -> &[u32] {
        &self.images
    }

    /// The vertices moved, with their images.
    pub(super) fn moves(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let moves = (0u32..).zip(self.images.iter().copied());
        moves.filter(|&(v, image)| v != image)
    }

    /// Whether the automorphism fixes `path` and a power of it maps `v` to a lesser vertex, below which all leaves
    /// are images of those below `v`.
    pub(super) fn prunes(&self, v: u32, path: &[u32]) -> bool {
        !self.least_in_cycle[v as usize] && path.iter().all(|&p| self.images[p as usize] == p)
    }
}

/// Arcs are looked at from one end if at most one in so many vertices stays.
const MOST_OF: usize = 4;

/// They are not where vertices have fewer arcs in the mean: to find the ends takes longer.
const MANY_ARCS: usize = 8;

/// Checks whether maps are automorphisms. Its memory is zero between rows and between checks.
pub(super) struct Checker {
    /// Sums of the weights of arcs by target; zero between rows.
    sums: Vec<u64>,
    /// By target, the number of the last row that had an arc there, where arcs have no weights.
    row: Vec<u64>,
    rows: u64,
}

impl Checker {
    /// For graphs of `n` vertices.
    pub(super) fn new(n: usize) -> Self {
        Self {
            sums: vec![0; n],
            row: vec![0; n],
            rows: 0,
        }
    }

    /// Whether a permutation, given by its images, is an automorphism; it must respect colours of vertices and loops.
    /// O(n) and the arcs of the vertices that move.
    pub(super) fn is_automorphism(&mut self, images: &[u32], graph: &ColoredGraph, arcs: &Arcs) -> bool {
        debug_assert!(Permutation::from_images(images.to_vec()).is_ok());
        if !arcs.exact {
            return graph.is_fixed_by(images);
        }
        // Arcs between vertices that stay, stay; every other arc is met at an end that moves.
        if arcs.unit() {
            return self.maps_unit_rows(images, arcs);
        }
        let mut moved = (0u32..).zip(images).filter(|&(v, &image)| v != image);
        moved.all(|(v, &image)| self.maps_row(v, image, images, arcs))
    }

    /// Whether the arcs of all vertices go to those of their images, where arcs have no weights.
    fn maps_unit_rows(&mut self, images: &[u32], arcs: &Arcs) -> bool {
        // Slices of one length, which the loops keep in registers.
        let n = images.len();
        let row = &mut self.row[..n];
        let fixed = || (0u32..).zip(images).filter(|&(v, &image)| v == image).count();
        // Where few vertices stay, each arc is looked at from its greater end only: a bijective map that takes arcs to arcs takes
        // others to others, because there are as many.
        let from_one_end = arcs.count() >= MANY_ARCS * n && MOST_OF * fixed() <= n;
        for (v, &image) in (0u32..).zip(images) {
            if v == image && !from_one_end {
                continue;
            }
            let (mut from, to) = (arcs.targets_of(v), arcs.targets_of(image));
            if from.len() != to.len() {
                return false;
            }
            if from_one_end {
                from = &from[..from.partition_point(|&u| u < v)];
            }
            self.rows += 1;
            let mark = self.rows;
            to.iter().for_each(|&u| row[u as usize] = mark);
            // Without a branch for each arc: most rows are mapped as a whole.
            let missed = from
                .iter()
                .fold(0, |missed, &u| missed | (row[images[u as usize] as usize] ^ mark));
            if missed != 0 {
                return false;
            }
        }
        true
    }

    /// Whether the arcs of `v` go to those of `image`, where arcs have weights: sums by target have to cancel.
    fn maps_row(&mut self, v: u32, image: u32, images: &[u32], arcs: &Arcs) -> bool {
        if arcs.degree(v) != arcs.degree(image) {
            return false;
        }
        for (u, weight) in arcs.of(image) {
            self.sums[u as usize] += weight;
        }
        for (u, weight) in arcs.of(v) {
            let sum = &mut self.sums[images[u as usize] as usize];
            *sum = sum.wrapping_sub(weight);
        }
        let mut same = true;
        for &u in arcs.targets_of(image) {
            same &= std::mem::take(&mut self.sums[u as usize]) == 0;
        }
        for &u in arcs.targets_of(v) {
            same &= std::mem::take(&mut self.sums[images[u as usize] as usize]) == 0;
        }
        same
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
    use sympe_groups::Action;

    #[test]
    fn maps_are_automorphisms_where_they_fix_the_graph() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut found = [0, 0];
        for round in 0..3000usize {
            let directed = round % 2 == 0;
            let colors = [1, 2, 40][round % 3];
            let mut edges = Vec::new();
            for u in 0..5 {
                for v in 0..5 {
                    if u != v && (directed || u < v) && rng.random_bool(0.5) {
                        edges.push((u, v, rng.random_range(0..colors)));
                    }
                }
            }
            let graph = ColoredGraph::from_colored_edges(5, directed, edges).unwrap();
            let arcs = Arcs::of_graph(&graph);
            let mut checker = Checker::new(5);
            for _ in 0..5 {
                let g = Permutation::random(5, &mut rng);
                let expected = g.act(&graph) == graph;
                assert_eq!(checker.is_automorphism(g.images(), &graph, &arcs), expected);
                found[usize::from(expected)] += 1;
            }
        }
        assert!(found.iter().all(|&count| count > 100), "{found:?}");
    }

    #[test]
    fn an_automorphism_prunes_what_it_maps_to_lesser_vertices_where_it_fixes_the_path() {
        let g = Automorphism::new(vec![0, 4, 2, 1, 3]);
        let pruned = |path: &[u32]| (0..5).filter(|&v| g.prunes(v, path)).collect::<Vec<u32>>();
        assert_eq!(pruned(&[0, 2]), [3, 4]);
        assert!(pruned(&[1]).is_empty());
        assert_eq!(g.moves().collect::<Vec<_>>(), [(1, 4), (3, 1), (4, 3)]);
    }
}
