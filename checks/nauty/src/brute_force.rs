//! Automorphisms and isomorphisms of graphs with at most six vertices, by trying all permutations.

use std::sync::LazyLock;
use sympe_canon::graph::ColoredGraph;

/// The greatest number of vertices.
pub(crate) const MAX: usize = 6;

/// All permutations of `0..n`, by `n`.
static PERMUTATIONS: LazyLock<[Vec<[u8; MAX]>; MAX + 1]> = LazyLock::new(|| {
    std::array::from_fn(|n| {
        let mut all = vec![[0; MAX]];
        for length in 1..=n {
            // The next number goes to any place, and what was there to the end.
            all = all
                .into_iter()
                .flat_map(|images| {
                    (0..length).map(move |place| {
                        let mut images = images;
                        images[length - 1] = length as u8 - 1;
                        images.swap(place, length - 1);
                        images
                    })
                })
                .collect();
        }
        all
    })
});

/// A graph as a matrix: 0 for no arc, else its colour plus one.
pub(crate) struct Matrix {
    n: usize,
    colors: [u32; MAX],
    arcs: [[u32; MAX]; MAX],
}

impl Matrix {
    /// The matrix of a graph with at most [`MAX`] vertices.
    pub(crate) fn new(x: &ColoredGraph) -> Self {
        let n = x.n();
        let mut matrix = Self {
            n,
            colors: [0; MAX],
            arcs: [[0; MAX]; MAX],
        };
        matrix.colors[..n].copy_from_slice(x.node_colors());
        for (u, v, color) in x.edges() {
            matrix.arcs[u as usize][v as usize] = color + 1;
            if !x.is_directed() {
                matrix.arcs[v as usize][u as usize] = color + 1;
            }
        }
        matrix
    }

    fn is_image(&self, other: &Self, g: &[u8; MAX]) -> bool {
        let g = |v: usize| usize::from(g[v]);
        (0..self.n).all(|v| {
            self.colors[v] == other.colors[g(v)]
                && (0..self.n).all(|u| self.arcs[v][u] == other.arcs[g(v)][g(u)])
        })
    }

    /// Whether `other` is this graph relabelled.
    pub(crate) fn is_isomorphic(&self, other: &Self) -> bool {
        self.n == other.n && PERMUTATIONS[self.n].iter().any(|g| self.is_image(other, g))
    }

    /// The number of automorphisms, and the least vertex in the orbit of each.
    pub(crate) fn automorphisms(&self) -> (u64, [i32; MAX]) {
        let mut order = 0;
        let mut least = std::array::from_fn(|v| v as i32);
        for g in PERMUTATIONS[self.n].iter().filter(|g| self.is_image(self, g)) {
            order += 1;
            for v in 0..self.n {
                least[v] = least[v].min(i32::from(g[v]));
            }
        }
        (order, least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::Nauty;
    use crate::random::Sketch;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;
    use std::collections::HashSet;

    #[test]
    fn all_permutations_are_there_once() {
        let mut factorial = 1;
        for n in 1..=MAX {
            factorial *= n;
            let distinct: HashSet<_> = PERMUTATIONS[n].iter().collect();
            assert_eq!(distinct.len(), factorial);
            for g in distinct {
                let mut images = g[..n].to_vec();
                images.sort_unstable();
                assert!(images.iter().copied().eq(0..n as u8), "{g:?}");
            }
        }
    }

    /// The two oracles agree: the reduction to undirected graphs without edge colours and loops keeps groups and
    /// isomorphism.
    #[test]
    fn nauty_agrees_with_brute_force() {
        let (mut sketch, mut varied) = (Sketch::default(), Sketch::default());
        let (mut one, mut other) = (Nauty::new(), Nauty::new());
        let (mut checked, mut isomorphic) = (0, 0);
        for seed in 0..50_000 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            sketch.draw(rng);
            let x = sketch.build();
            if x.n() > MAX {
                continue;
            }
            let (order, least) = Matrix::new(&x).automorphisms();
            assert!(
                one.run(&x).unwrap().agrees(&order.to_string()),
                "seed {seed}: {x:?}"
            );
            assert_eq!(one.orbits()[..x.n()], least[..x.n()], "seed {seed}: {x:?}");
            sketch.vary(&x, &mut varied, rng);
            let y = varied.build();
            other.run(&y).unwrap();
            let same = Matrix::new(&x).is_isomorphic(&Matrix::new(&y));
            assert_eq!(one.same_form(&other), same, "seed {seed}: {x:?}, {y:?}");
            checked += 1;
            isomorphic += u32::from(same);
        }
        assert!(checked > 10_000 && isomorphic > 1000 && checked - isomorphic > 1000);
    }
}
