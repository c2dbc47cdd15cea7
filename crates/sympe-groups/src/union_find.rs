//! Disjoint sets, for orbits.

pub(crate) struct UnionFind {
    parent: Vec<u32>,
}

impl UnionFind {
    pub(crate) fn new(len: usize) -> Self {
        Self::reusing(Vec::new(), len)
    }

    /// As [`new`](Self::new), in this memory.
    pub(crate) fn reusing(mut parent: Vec<u32>, len: usize) -> Self {
        assert!(
            u32::try_from(len).is_ok(),
            "{len} elements exceed the range of u32"
        );
        parent.clear();
        parent.extend(0..len as u32);
        Self { parent }
    }

    /// The least element of the set of `i`, with path halving.
    pub(crate) fn find(&mut self, mut i: usize) -> usize {
        while self.parent[i] as usize != i {
            self.parent[i] = self.parent[self.parent[i] as usize];
            i = self.parent[i] as usize;
        }
        i
    }

    /// Unites two sets under the lesser of their least elements.
    pub(crate) fn join(&mut self, i: usize, j: usize) {
        let (i, j) = (self.find(i), self.find(j));
        self.parent[i.max(j)] = i.min(j) as u32;
    }

    /// The least element of the set of each element.
    pub(crate) fn into_representatives(self) -> Vec<u32> {
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
    // Sizes at representatives, then positions of the classes there.
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
