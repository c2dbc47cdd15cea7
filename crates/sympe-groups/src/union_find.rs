//! Disjoint sets, for orbits.

pub(crate) struct UnionFind {
    parent: Vec<u32>,
}

impl UnionFind {
    pub(crate) fn new(len: usize) -> Self {
        assert!(
            u32::try_from(len).is_ok(),
            "{len} elements exceed the range of u32"
        );
        Self {
            parent: (0..len as u32).collect(),
        }
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

    /// The sets, each sorted, in increasing order of least element.
    pub(crate) fn into_classes(mut self) -> Vec<Vec<u32>> {
        let mut class_of = vec![0; self.parent.len()];
        let mut classes: Vec<Vec<u32>> = Vec::new();
        for i in 0..self.parent.len() {
            let root = self.find(i);
            if root == i {
                class_of[i] = classes.len();
                classes.push(Vec::new());
            }
            classes[class_of[root]].push(i as u32);
        }
        classes
    }
}
