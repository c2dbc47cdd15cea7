//! Disjoint sets, for orbits.

/// A partition of `0..len` into sets that are joined one pair after the other: the orbits of a group, from what its
/// generators do.
///
/// The representative of a set is its least element, so a partition has one description. The sets are a forest in
/// which parents are less than their children; `m` operations take time `O(m log len)` (path halving).
///
/// ```
/// use sympe_groups::UnionFind;
/// let mut orbits = UnionFind::new(5);
/// assert_eq!(orbits.join(4, 2), Some((2, 4)));
/// assert_eq!(orbits.join(2, 1), Some((1, 2)));
/// assert_eq!(orbits.join(1, 4), None); // one set already
/// assert_eq!(orbits.find(4), 1);
/// assert_eq!(orbits.into_representatives(), [0, 1, 1, 3, 1]);
/// ```
///
/// # References
///
/// R. E. Tarjan, J. van Leeuwen, "Worst-case analysis of set union algorithms", Journal of the ACM 31 (1984).
#[derive(Clone, Debug)]
pub struct UnionFind {
    /// The parent of each element; roots are their own.
    parent: Vec<u32>,
}

impl UnionFind {
    /// Each of `0..len` in a set of its own.
    ///
    /// # Panics
    ///
    /// When `len` exceeds the range of `u32`.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self::reusing(Vec::new(), len)
    }

    /// As [`new`](Self::new), in the memory of `parent`, whose contents are dropped.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    pub fn reusing(mut parent: Vec<u32>, len: usize) -> Self {
        assert!(
            u32::try_from(len).is_ok(),
            "{len} elements exceed the range of u32"
        );
        parent.clear();
        parent.extend(0..len as u32);
        Self { parent }
    }

    /// The least element of the set of `i`.
    ///
    /// # Panics
    ///
    /// When `i ≥ len`.
    #[inline]
    pub fn find(&mut self, mut i: u32) -> u32 {
        while self.parent[i as usize] != i {
            self.parent[i as usize] = self.parent[self.parent[i as usize] as usize];
            i = self.parent[i as usize];
        }
        i
    }

    /// Unites the sets of `i` and `j`. If they were two, returns their least elements: first that of the union, then
    /// the one that is no representative any more.
    ///
    /// # Panics
    ///
    /// When `i` or `j` is `≥ len`.
    #[inline]
    pub fn join(&mut self, i: u32, j: u32) -> Option<(u32, u32)> {
        let (i, j) = (self.find(i), self.find(j));
        let (least, other) = (i.min(j), i.max(j));
        self.parent[other as usize] = least;
        (least != other).then_some((least, other))
    }

    /// Unites what an element of the group maps to each other, given its images. Returns whether any sets were two.
    ///
    /// # Panics
    ///
    /// When an image is `≥ len`, or there are more than `len`.
    #[inline]
    pub fn join_images(&mut self, images: &[u32]) -> bool {
        let mut joined = false;
        for (i, &image) in (0u32..).zip(images) {
            // Those of one parent are joined already.
            let apart = i != image && self.parent[i as usize] != self.parent[image as usize];
            joined |= apart && self.join(i, image).is_some();
        }
        joined
    }

    /// The least element of the set of each element. Time linear in the number of elements.
    #[must_use]
    pub fn into_representatives(self) -> Vec<u32> {
        let mut least = self.parent;
        // A parent is less than its child, so it has been replaced already.
        for i in 0..least.len() {
            least[i] = least[least[i] as usize];
        }
        least
    }
}

/// The classes of elements with one representative, their least element: each sorted, in increasing order of it.
pub(crate) fn classes(representatives: &[u32]) -> Vec<Vec<u32>> {
    // At representatives: the sizes of their classes first, then the positions of the classes.
    let mut at = vec![0u32; representatives.len()];
    for &least in representatives {
        at[least as usize] += 1;
    }
    let mut classes: Vec<Vec<u32>> = Vec::with_capacity(at.iter().filter(|&&size| size > 0).count());
    for (i, &least) in (0u32..).zip(representatives) {
        if i == least {
            let size = std::mem::replace(&mut at[i as usize], classes.len() as u32);
            classes.push(Vec::with_capacity(size as usize));
        }
        classes[at[least as usize] as usize].push(i);
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sets_of_elements_are_the_orbits_of_what_they_generate() {
        let mut orbits = UnionFind::new(7);
        assert!(orbits.join_images(&[0, 2, 1, 3, 6, 5, 4]) && orbits.join_images(&[0, 1, 6, 3, 4, 5, 2]));
        assert!(!orbits.join_images(&[0, 4, 2, 3, 1, 5, 6]));
        assert_eq!(orbits.into_representatives(), [0, 1, 1, 3, 1, 5, 1]);
    }

    proptest! {
        #[test]
        fn sets_are_those_of_labels(pairs in proptest::collection::vec((0..20u32, 0..20u32), 0..30)) {
            let mut sets = UnionFind::reusing(vec![7; 3], 20);
            let mut labels: Vec<u32> = (0..20).collect();
            for (i, j) in pairs {
                let (a, b) = (labels[i as usize], labels[j as usize]);
                let (least, other) = (a.min(b), a.max(b));
                prop_assert_eq!(sets.join(i, j), (a != b).then_some((least, other)));
                labels.iter_mut().filter(|label| **label == other).for_each(|label| *label = least);
                prop_assert!((0..20).all(|k| sets.find(k) == labels[k as usize]));
            }
            prop_assert_eq!(sets.into_representatives(), labels.clone());
            let classes = classes(&labels);
            prop_assert!(classes.windows(2).all(|pair| pair[0][0] < pair[1][0]));
            for class in &classes {
                let of_label: Vec<u32> = (0..20).filter(|&k| labels[k as usize] == class[0]).collect();
                prop_assert_eq!(class, &of_label);
            }
            prop_assert_eq!(classes.iter().map(Vec::len).sum::<usize>(), 20);
        }
    }
}
