//! Automorphisms found so far that fix a path: random elements of the group they generate, made to fix point after point.
//!
//! They need not generate all of the stabilizer: what they prune may be pruned (Seress, *Permutation Group Algorithms*,
//! 2003, section 4.3).

use super::super::trace::mix;
use std::borrow::Cow;

/// Elements that fix a path.
pub(super) struct Stabilizer<'a> {
    elements: Vec<Cow<'a, [u32]>>,
}

/// At least and at most so many elements are made, …
const LEAST: usize = 6;
const MOST: usize = 24;

/// … and in between they end with so many that join no orbits.
const IDLE: usize = 3;

/// Factors from one random element to the next.
const STEPS: usize = 5;

impl<'a> Stabilizer<'a> {
    pub(super) fn new(elements: impl Iterator<Item = &'a [u32]>) -> Self {
        Self {
            elements: elements.map(Cow::Borrowed).collect(),
        }
    }

    pub(super) fn is_trivial(&self) -> bool {
        self.elements.is_empty()
    }

    /// The orbits on `n` points: a representative for each.
    pub(super) fn orbits(&self, n: usize) -> Vec<u32> {
        let mut orbits = Orbits::new(n);
        for element in &self.elements {
            orbits.join(element);
        }
        (0..n as u32).map(|v| orbits.find(v)).collect()
    }

    /// Elements that fix `point`, too.
    pub(super) fn fixing(&self, point: u32, n: usize) -> Stabilizer<'static> {
        let mut fixing = Stabilizer { elements: Vec::new() };
        if self.is_trivial() {
            return fixing;
        }
        let inverses: Vec<Vec<u32>> = self.elements.iter().map(|element| inverse(element)).collect();
        // From each point of the orbit, the element that leads one step towards `point`.
        let mut towards = vec![u32::MAX; n];
        let mut orbit = vec![point];
        let mut head = 0;
        while head < orbit.len() {
            let v = orbit[head];
            head += 1;
            for (index, inverse) in (0u32..).zip(&inverses) {
                let u = inverse[v as usize];
                if u != point && towards[u as usize] == u32::MAX {
                    towards[u as usize] = index;
                    orbit.push(u);
                }
            }
        }
        let mut orbits = Orbits::new(n);
        for element in self.elements.iter().filter(|g| g[point as usize] == point) {
            orbits.join(element);
            fixing.elements.push(Cow::Owned(element.to_vec()));
        }
        let mut walk: Vec<u32> = (0..n as u32).collect();
        let (mut state, mut idle) = (u64::from(point), 0);
        for round in 0..MOST {
            let steps = if round == 0 {
                2 * self.elements.len()
            } else {
                STEPS
            };
            for _ in 0..steps {
                state = mix(state, round as u64 + 1);
                let index = (state >> 33) as usize % self.elements.len();
                let factor = match state & 1 {
                    0 => &self.elements[index],
                    _ => &inverses[index][..],
                };
                multiply(&mut walk, factor);
            }
            let mut element = walk.clone();
            while element[point as usize] != point {
                let step = towards[element[point as usize] as usize];
                multiply(&mut element, &self.elements[step as usize]);
            }
            idle = if orbits.join(&element) { 0 } else { idle + 1 };
            if (0u32..).zip(&element).any(|(v, &image)| v != image) {
                fixing.elements.push(Cow::Owned(element));
            }
            if round + 1 >= LEAST && idle >= IDLE {
                break;
            }
        }
        fixing
    }
}

/// Orbits of the elements joined so far: a forest, roots are least.
pub(super) struct Orbits(Vec<u32>);

impl Orbits {
    pub(super) fn new(n: usize) -> Self {
        Self((0..n as u32).collect())
    }

    pub(super) fn find(&mut self, mut v: u32) -> u32 {
        while self.0[v as usize] != v {
            self.0[v as usize] = self.0[self.0[v as usize] as usize];
            v = self.0[v as usize];
        }
        v
    }

    /// Joins two orbits, if they are two: the root of both, and the one that was a root before.
    pub(super) fn unite(&mut self, v: u32, w: u32) -> Option<(u32, u32)> {
        let (v, w) = (self.find(v), self.find(w));
        let (root, other) = (v.min(w), v.max(w));
        self.0[other as usize] = root;
        (root != other).then_some((root, other))
    }

    /// Whether that joins any.
    fn join(&mut self, element: &[u32]) -> bool {
        let mut joined = false;
        for (v, &image) in (0u32..).zip(element) {
            joined |= v != image && self.unite(v, image).is_some();
        }
        joined
    }
}

fn inverse(element: &[u32]) -> Vec<u32> {
    let mut inverse = vec![0; element.len()];
    for (v, &image) in (0u32..).zip(element) {
        inverse[image as usize] = v;
    }
    inverse
}

/// First `element`, then `factor`.
fn multiply(element: &mut [u32], factor: &[u32]) {
    for image in element {
        *image = factor[*image as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::ChaCha8Rng};
    use sympe_groups::{PermGroup, Permutation};

    #[test]
    fn elements_are_in_the_group_fix_the_path_and_join_no_more_than_its_orbits() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        // Turns and reflections of a cube of side 3 in 4 dimensions, and all permutations of 9 points.
        let digits = |v: u32| [v % 3, v / 3 % 3, v / 9 % 3, v / 27];
        let number = |d: [u32; 4]| d.iter().rev().fold(0, |number, digit| 3 * number + digit);
        let map =
            |of: &dyn Fn([u32; 4]) -> [u32; 4]| (0..81).map(|v| number(of(digits(v)))).collect::<Vec<u32>>();
        let cube = vec![
            map(&|[a, b, c, d]| [b, c, d, a]),
            map(&|[a, b, c, d]| [b, a, c, d]),
            map(&|[a, b, c, d]| [2 - a, b, c, d]),
        ];
        let symmetric = vec![
            (0..9).map(|v| (v + 1) % 9).collect::<Vec<u32>>(),
            vec![1, 0, 2, 3, 4, 5, 6, 7, 8],
        ];
        for generators in [cube, symmetric] {
            let n = generators[0].len();
            let permutations = generators
                .iter()
                .map(|images| Permutation::from_images(images.clone()).unwrap());
            let group = PermGroup::new(n, permutations.collect()).unwrap();
            let mut path = Vec::new();
            let mut fixing = Stabilizer::new(generators.iter().map(Vec::as_slice)).fixing(0, n);
            for point in Permutation::random(n, &mut rng).images().iter().copied().take(4) {
                path.push(if path.is_empty() { 0 } else { point });
                if path.len() > 1 {
                    fixing = fixing.fixing(point, n);
                }
                let orbits = fixing.orbits(n);
                let exact = group.pointwise_stabilizer(&path).orbit_representatives();
                for element in &fixing.elements {
                    let element = Permutation::from_images(element.to_vec()).unwrap();
                    assert!(group.contains(&element));
                    assert!(path.iter().all(|&point| element.apply(point) == point));
                }
                // At most; that they are these is likely only.
                assert!((0..n).all(|v| exact[orbits[v] as usize] == exact[v]));
                assert!(path.len() > 1 || !fixing.is_trivial());
            }
        }
    }
}
