//! The stabilizer chain `G = G⁽⁰⁾ ≥ G⁽¹⁾ ≥ … ≥ 1` of a group with known strong generators, laid out flat so
//! that a uniform draw touches little memory and allocates nothing but its result.
//!
//! Level `i` holds the orbit of the base point `bᵢ` under the stabilizer `G⁽ⁱ⁾` of `b₀ … bᵢ₋₁`, and for each
//! orbit point `p` a transversal element `u_p ∈ G⁽ⁱ⁾` with `u_p(bᵢ) = p`. Every element of `G` is `u·u'·u''…`
//! with exactly one transversal element per level, so independent uniform choices give exactly the Haar law.
//!
//! A transversal is a Schreier tree whose edges carry permutations in cycle form: `u_p` is the product of the
//! edges from `p` to the root. Where the memory is affordable the tree is flattened to depth one (an explicit
//! transversal).

use crate::{Permutation, permutation::uniform_below};
use num_bigint::BigUint;
use rand::Rng;
use std::ops::Range;

/// Levels whose flattened transversal could need more words than this keep their Schreier tree…
const EXPLICIT_LEVEL_WORDS: usize = 1 << 20;
/// … and so do all levels once the chain has used this many.
const EXPLICIT_TOTAL_WORDS: usize = 1 << 22;

/// Set on the last point of each cycle in [`Chain::cycles`].
pub(crate) const CYCLE_END: u32 = 1 << 31;

#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    levels: Vec<Level>,
    nodes: Vec<Node>,
    /// Permutations in cycle form, the last point of a cycle marked by [`CYCLE_END`].
    cycles: Vec<u32>,
}

/// The nodes of one orbit, root first.
#[derive(Clone, Copy, Debug)]
struct Level {
    base: u32,
    start: u32,
    len: u32,
}

/// An orbit point `p`, with `u_p = cycles[edge] · u_parent`; the root is its own parent and its edge is
/// empty.
#[derive(Clone, Copy, Debug)]
struct Node {
    point: u32,
    parent: u32,
    edge: (u32, u32),
}

impl Level {
    fn nodes(self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

impl Chain {
    /// Builds orbits and transversals. `base` is extended where a generator fixes it; points that are not
    /// moved by the stabilizer of the earlier ones are left out. Returns the chain only: nothing is verified.
    ///
    /// Time `O(Σ support · levels)` at worst, with the flattening on top.
    pub(crate) fn new(degree: usize, base: &[u32], strong: &[Permutation]) -> Self {
        let mut chain = Self::default();
        let mut generators: Vec<Generator> = Vec::with_capacity(strong.len());
        let mut base = base.to_vec();
        for generator in strong {
            let Some(moved) = generator.first_moved() else {
                continue;
            };
            let depth = base
                .iter()
                .position(|&point| generator.apply(point) != point)
                .unwrap_or_else(|| {
                    base.push(moved);
                    base.len() - 1
                });
            let start = chain.cycles.len();
            push_cycles(generator, &mut chain.cycles);
            generators.push(Generator {
                depth,
                edge: (start as u32, chain.cycles.len() as u32),
            });
        }
        if generators.is_empty() {
            return chain;
        }
        let arcs = Arcs::new(degree, &generators, &chain.cycles);
        let mut scratch = Scratch {
            visited: vec![usize::MAX; degree],
            images: Vec::new(),
        };
        for (depth, &point) in base.iter().enumerate() {
            chain.push_level(depth, point, &arcs, &mut scratch);
        }
        chain
    }

    fn push_level(&mut self, depth: usize, base: u32, arcs: &Arcs, scratch: &mut Scratch) {
        let start = self.nodes.len();
        scratch.visited[base as usize] = depth;
        self.nodes.push(Node {
            point: base,
            parent: start as u32,
            edge: (0, 0),
        });
        let mut next = start;
        while next < self.nodes.len() {
            for arc in arcs
                .leaving(self.nodes[next].point)
                .iter()
                .take_while(|arc| arc.depth >= depth)
            {
                if std::mem::replace(&mut scratch.visited[arc.to as usize], depth) != depth {
                    self.nodes.push(Node {
                        point: arc.to,
                        parent: next as u32,
                        edge: arc.edge,
                    });
                }
            }
            next += 1;
        }
        let len = self.nodes.len() - start;
        if len == 1 {
            self.nodes.pop();
            return;
        }
        self.levels.push(Level {
            base,
            start: start as u32,
            len: len as u32,
        });
        let degree = scratch.visited.len();
        if len.saturating_mul(degree) <= EXPLICIT_LEVEL_WORDS && self.cycles.len() <= EXPLICIT_TOTAL_WORDS {
            self.flatten(start, &mut scratch.images, degree);
        }
    }

    /// Replaces each path to the root by one edge. Parents precede children, so a path has at most two edges.
    fn flatten(&mut self, start: usize, images: &mut Vec<u32>, degree: usize) {
        for node in start + 1..self.nodes.len() {
            let Node { parent, edge, .. } = self.nodes[node];
            if parent as usize == start {
                continue;
            }
            if images.is_empty() {
                *images = (0..degree as u32).collect();
            }
            let above = self.nodes[parent as usize].edge;
            self.nodes[node].edge = append_product(&mut self.cycles, edge, above, images);
            self.nodes[node].parent = start as u32;
        }
    }

    fn edge(&self, edge: (u32, u32)) -> &[u32] {
        &self.cycles[edge.0 as usize..edge.1 as usize]
    }

    /// Replaces `g` (as images) by `g·u_p`.
    #[inline]
    fn multiply_by_node(&self, images: &mut [u32], mut node: usize) {
        loop {
            let Node { parent, edge, .. } = self.nodes[node];
            multiply(images, self.edge(edge));
            if parent as usize == node {
                return;
            }
            node = parent as usize;
        }
    }

    /// Replaces `g` by `g·s` with `s` uniform in the group.
    #[inline]
    pub(crate) fn multiply_by_random(&self, images: &mut [u32], rng: &mut dyn Rng) {
        for level in &self.levels {
            self.multiply_by_node(images, (level.start + uniform_below(level.len, rng)) as usize);
        }
    }

    /// The base points of the levels kept.
    pub(crate) fn base(&self) -> impl Iterator<Item = u32> + '_ {
        self.levels.iter().map(|level| level.base)
    }

    pub(crate) fn orbit_sizes(&self) -> impl Iterator<Item = usize> + '_ {
        self.levels.iter().map(|level| level.len as usize)
    }

    pub(crate) fn order(&self) -> BigUint {
        product(self.orbit_sizes())
    }

    /// Whether `g` is a product of transversal elements: sifts `g`, turning one base point after the other
    /// into a fixed point.
    pub(crate) fn contains(&self, g: &Permutation) -> bool {
        let mut images = g.images().to_vec();
        for level in &self.levels {
            if images[level.base as usize] == level.base {
                continue;
            }
            let preimage = images.iter().position(|&image| image == level.base);
            let preimage = preimage.expect("every point has a preimage") as u32;
            let Some(node) = level.nodes().find(|&node| self.nodes[node].point == preimage) else {
                return false;
            };
            self.multiply_by_node(&mut images, node);
        }
        (0u32..).zip(&images).all(|(i, &image)| i == image)
    }

    /// Every element once, the identity first; the deepest level runs fastest.
    pub(crate) fn elements(&self, degree: usize) -> impl Iterator<Item = Permutation> + '_ {
        let mut choice = vec![0u32; self.levels.len()];
        // partial[l] = u⁽⁰⁾ … u⁽ˡ⁻¹⁾ for the current choice
        let mut partial = vec![crate::permutation::identity_images(degree); self.levels.len() + 1];
        let mut done = false;
        std::iter::from_fn(move || {
            if done {
                return None;
            }
            let element = Permutation::from_images_unchecked(partial.last()?.clone());
            let Some(turn) = (0..choice.len())
                .rev()
                .find(|&l| choice[l] + 1 < self.levels[l].len)
            else {
                done = true;
                return Some(element);
            };
            choice[turn] += 1;
            choice[turn + 1..].fill(0);
            for l in turn..choice.len() {
                let (before, after) = partial.split_at_mut(l + 1);
                after[0].copy_from_slice(&before[l]);
                self.multiply_by_node(&mut after[0], (self.levels[l].start + choice[l]) as usize);
            }
            Some(element)
        })
    }
}

pub(crate) fn product(factors: impl Iterator<Item = usize>) -> BigUint {
    // Multiplies machine words first: chains have many small levels.
    let (mut product, mut word) = (BigUint::from(1u32), 1u64);
    for factor in factors {
        word = word.checked_mul(factor as u64).unwrap_or_else(|| {
            product *= word;
            factor as u64
        });
    }
    product * word
}

struct Generator {
    /// Index of the first base point moved.
    depth: usize,
    edge: (u32, u32),
}

struct Scratch {
    /// The last level that met the point.
    visited: Vec<usize>,
    /// The identity, between uses.
    images: Vec<u32>,
}

/// `point → to` by a generator.
#[derive(Clone, Copy)]
struct Arc {
    to: u32,
    depth: usize,
    edge: (u32, u32),
}

/// The arcs leaving each point, deepest generator first, so that those of a level are a prefix.
struct Arcs {
    starts: Vec<u32>,
    arcs: Vec<Arc>,
}

impl Arcs {
    fn new(degree: usize, generators: &[Generator], cycles: &[u32]) -> Self {
        let cycles_of = |generator: &Generator| &cycles[generator.edge.0 as usize..generator.edge.1 as usize];
        let mut starts = vec![0u32; degree + 1];
        for &word in generators.iter().flat_map(cycles_of) {
            starts[(word & !CYCLE_END) as usize + 1] += 1;
        }
        for i in 0..degree {
            starts[i + 1] += starts[i];
        }
        let mut deepest_first: Vec<&Generator> = generators.iter().collect();
        deepest_first.sort_by_key(|generator| std::cmp::Reverse(generator.depth));
        let mut fill = starts.clone();
        let mut arcs = vec![
            Arc {
                to: 0,
                depth: 0,
                edge: (0, 0)
            };
            starts[degree] as usize
        ];
        for generator in deepest_first {
            let words = cycles_of(generator);
            let mut first = 0;
            for (i, &word) in words.iter().enumerate() {
                let end = word & CYCLE_END != 0;
                let to = words[if end { first } else { i + 1 }] & !CYCLE_END;
                let slot = &mut fill[(word & !CYCLE_END) as usize];
                arcs[*slot as usize] = Arc {
                    to,
                    depth: generator.depth,
                    edge: generator.edge,
                };
                *slot += 1;
                if end {
                    first = i + 1;
                }
            }
        }
        Self { starts, arcs }
    }

    fn leaving(&self, point: u32) -> &[Arc] {
        &self.arcs[self.starts[point as usize] as usize..self.starts[point as usize + 1] as usize]
    }
}

/// Calls `swap` for each transposition of `(p₀ p₁ … pₘ) = (p₀ p₁)(p₁ p₂)…`, cycle by cycle, left to right.
#[inline]
pub(crate) fn for_each_swap(cycles: &[u32], mut swap: impl FnMut(usize, usize)) {
    let mut previous = None;
    for &word in cycles {
        let point = (word & !CYCLE_END) as usize;
        if let Some(previous) = previous {
            swap(previous, point);
        }
        previous = (word & CYCLE_END == 0).then_some(point);
    }
}

/// Replaces `g` by `g·c`, `c` in cycle form: right multiplication by a transposition swaps two images.
#[inline]
pub(crate) fn multiply(images: &mut [u32], cycles: &[u32]) {
    for_each_swap(cycles, |p, q| images.swap(p, q));
}

fn push_cycles(permutation: &Permutation, cycles: &mut Vec<u32>) {
    let mut images = permutation.images().to_vec();
    for start in 0..images.len() as u32 {
        drain_cycle(&mut images, start, cycles);
    }
}

/// Appends the cycle form of `a·b`, both given by their ranges, in time linear in their supports. `images`
/// must be the identity, and is again on return.
pub(crate) fn append_product(
    cycles: &mut Vec<u32>,
    a: (u32, u32),
    b: (u32, u32),
    images: &mut [u32],
) -> (u32, u32) {
    let from = cycles.len() as u32;
    for factor in [a, b] {
        multiply(images, &cycles[factor.0 as usize..factor.1 as usize]);
    }
    for index in (a.0..a.1).chain(b.0..b.1) {
        drain_cycle(images, cycles[index as usize] & !CYCLE_END, cycles);
    }
    (from, cycles.len() as u32)
}

/// Appends the cycle of `images` through `start`, unless it is trivial, and makes its points fixed.
pub(crate) fn drain_cycle(images: &mut [u32], start: u32, cycles: &mut Vec<u32>) {
    let mut point = start;
    let mut next = images[start as usize];
    if next == start {
        return;
    }
    while next != start {
        cycles.push(point);
        images[point as usize] = point;
        point = next;
        next = images[point as usize];
    }
    images[point as usize] = point;
    cycles.push(point | CYCLE_END);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Group;

    #[test]
    fn products_of_cycle_forms_are_products() {
        let [a, b] = ["(0 3 1)(2 4)", "(0 5 2)(1 4)"].map(|text| Permutation::parse(text, 7).unwrap());
        let mut cycles = Vec::new();
        push_cycles(&a, &mut cycles);
        let middle = cycles.len() as u32;
        push_cycles(&b, &mut cycles);
        let end = cycles.len() as u32;
        let mut images: Vec<u32> = (0..7).collect();
        let (from, to) = append_product(&mut cycles, (0, middle), (middle, end), &mut images);
        assert!(
            images.iter().copied().eq(0..7),
            "the scratch is the identity again"
        );
        multiply(&mut images, &cycles[from as usize..to as usize]);
        assert_eq!(images, a.compose(&b).images());
    }

    #[test]
    fn flat_and_deep_transversals_agree() {
        let rotation = Permutation::from_images((0..40).map(|i| (i + 1) % 40).collect()).unwrap();
        let flat = Chain::new(40, &[0], &[rotation]);
        assert!(flat.nodes.iter().all(|node| node.parent == 0));
        // The same tree, each node's edge the generator itself.
        let mut deep = flat.clone();
        for (node, edge) in (1..40).zip(std::iter::repeat(flat.nodes[1].edge)) {
            deep.nodes[node].parent = node as u32 - 1;
            deep.nodes[node].edge = edge;
        }
        let elements: Vec<Permutation> = flat.elements(40).collect();
        assert_eq!(deep.elements(40).collect::<Vec<_>>(), elements);
        assert!(elements.iter().all(|g| deep.contains(g) && flat.contains(g)));
    }

    #[test]
    fn products_do_not_overflow() {
        assert_eq!(product([].into_iter()), 1u32.into());
        assert_eq!(
            product(std::iter::repeat_n(1 << 20, 10)),
            BigUint::from(1u32) << 200
        );
    }
}
