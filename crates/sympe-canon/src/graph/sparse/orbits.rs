//! Orbits of a growing group, as a forest.

/// Orbits of the elements joined so far. Invariant: the root of a tree is its least vertex, so that every parent is
/// at most its child. Finding a root and joining two trees take O(log n) amortized.
pub(super) struct Orbits(Vec<u32>);

impl Orbits {
    /// Each of `n` points in an orbit of its own.
    pub(super) fn new(n: usize) -> Self {
        Self((0..n as u32).collect())
    }

    /// The least point of the orbit of `v`.
    pub(super) fn find(&mut self, mut v: u32) -> u32 {
        while self.0[v as usize] != v {
            self.0[v as usize] = self.0[self.0[v as usize] as usize];
            v = self.0[v as usize];
        }
        v
    }

    /// Joins two orbits. If they are two, returns the root of both and the point that is no longer a root.
    pub(super) fn unite(&mut self, v: u32, w: u32) -> Option<(u32, u32)> {
        let (v, w) = (self.find(v), self.find(w));
        let (root, other) = (v.min(w), v.max(w));
        self.0[other as usize] = root;
        (root != other).then_some((root, other))
    }

    /// Joins orbits by an element, given by its images. Returns whether that joined any.
    pub(super) fn join(&mut self, element: &[u32]) -> bool {
        let mut joined = false;
        for (v, &image) in (0u32..).zip(element) {
            joined |= v != image && self.unite(v, image).is_some();
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_the_least_points_of_orbits() {
        let mut orbits = Orbits::new(7);
        assert!(orbits.join(&[0, 2, 1, 3, 6, 5, 4]) && orbits.join(&[0, 1, 6, 3, 4, 5, 2]));
        assert!(!orbits.join(&[0, 4, 2, 3, 1, 5, 6]));
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6].map(|v| orbits.find(v)),
            [0, 1, 1, 3, 1, 5, 1]
        );
        assert_eq!((orbits.unite(6, 0), orbits.unite(4, 0)), (Some((0, 1)), None));
        assert!((0u32..).zip(&orbits.0).all(|(v, &parent)| parent <= v));
    }
}
