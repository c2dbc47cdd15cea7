//! The stabilizer chain `G = G⁽⁰⁾ ≥ G⁽¹⁾ ≥ … ≥ 1` of a group with known strong generators, laid out flat in few
//! allocations, so that building one costs little and a uniform draw touches little memory.
//!
//! Level `i` holds the orbit of the base point `bᵢ` under the stabilizer `G⁽ⁱ⁾` of `b₀ … bᵢ₋₁`, and for each
//! orbit point `p` a transversal element `u_p ∈ G⁽ⁱ⁾` with `u_p(bᵢ) = p`. Every element of `G` is `u·u'·u''…`
//! with exactly one transversal element per level, so independent uniform choices give exactly the Haar law.
//!
//! A transversal is a Schreier tree whose edges carry permutations in cycle form: `u_p` is the product of the
//! edges from `p` to the root. For many draws it is made explicit where the memory is affordable: flattened to depth
//! one. No tree is kept in two cases: where all its edges are transpositions, the group contains every
//! transposition of two orbit points, and `u_p = (bᵢ p)` serves; where few points are moved, mostly by all `u_p`, their
//! images are tabled, so that a draw does not branch by what it draws.
//!
//! Where there are few points, and generators that move most of them, the edges hold all images instead: cycles cost
//! more to find, and to walk, than they save.
//!
//! The chain may be preceded by the levels of *parts* and followed by those of *twins*: symmetric groups of bundles of
//! points, of which the former move what follows as wholes, and the latter are moved as wholes by what precedes. The
//! elements are then the products `e·h·s`, again with one transversal element per level.

use crate::{
    Bundles, Permutation,
    permutation::{Digits, identity_images},
    union_find::UnionFind,
};
use num_bigint::BigUint;
use rand::Rng;
use std::{cell::Cell, cmp::Reverse, ops::Range};

/// Levels whose flattened transversal could need more words than this keep their Schreier tree…
const EXPLICIT_LEVEL_WORDS: usize = 1 << 20;
/// … and so do all levels once the chain has used this many.
const EXPLICIT_TOTAL_WORDS: usize = 1 << 22;

/// Transversals that move at most this many points may be tabled…
const TABLE_WIDTH: usize = 64;
/// … if they are at most this many times those that any generator moves.
const TABLE_PADDING: usize = 4;

/// Set on the last point of each cycle in [`Chain::words`].
pub(crate) const CYCLE_END: u32 = 1 << 31;

/// What images begin with, in the place of cycles: no cycle ends with its first point.
const IMAGES: u32 = u32::MAX;

/// Of more points images are never held.
const MAPPED: usize = 64;

#[derive(Clone, Debug)]
pub(crate) struct Chain {
    levels: Vec<Level>,
    nodes: Vec<Node>,
    /// The strong generators, each a length and that many words of cycle form (the last point of a cycle marked by
    /// [`CYCLE_END`]), or images; then what levels and nodes refer to.
    words: Vec<u32>,
    generator_words: u32,
    /// The levels that are the stabilizer chain; those before are of parts, those behind of twins.
    outer: (u32, u32),
    /// A base of the group without twins; kept only if there are parts.
    anchors: Vec<u32>,
    /// The product of the sizes of the levels; 0 when it exceeds 64 bits.
    order: u64,
}

/// That of the group with one element.
impl Default for Chain {
    fn default() -> Self {
        Self {
            levels: Vec::new(),
            nodes: Vec::new(),
            words: Vec::new(),
            generator_words: 0,
            outer: (0, 0),
            anchors: Vec::new(),
            order: 1,
        }
    }
}

/// One orbit of `len` points.
#[derive(Clone, Copy, Debug)]
struct Level {
    base: u32,
    start: u32,
    len: u32,
    /// The product of the sizes of this and the following levels that share a random word; 0 where they do.
    batch: u32,
    transversal: Transversal,
}

#[derive(Clone, Copy, Debug)]
enum Transversal {
    /// `u_p = (base p)`. The points are words from `start` on, root first, possibly with marks.
    Swaps,
    /// Words from `start` on: the points, root first; the `width` points that the `u_p` move; a row of their images
    /// for each `u_p`.
    Table { width: u32 },
    /// Nodes from `start` on, root first.
    Tree,
    /// Words from `start` on: the bundles from the one of the base point on. `u_p` exchanges the first with another.
    Bundles { width: u32 },
}

/// An orbit point `p`, with `u_p = words[edge] · u_parent`; the root is its own parent and its edge is
/// empty.
#[derive(Clone, Copy, Debug)]
struct Node {
    point: u32,
    parent: u32,
    edge: (u32, u32),
}

impl Level {
    fn range(&self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }

    /// The points of a bundle, at a level of parts or twins.
    fn width(&self) -> usize {
        match self.transversal {
            Transversal::Bundles { width } => width as usize,
            _ => 1,
        }
    }
}

fn range(edge: (u32, u32)) -> Range<usize> {
    edge.0 as usize..edge.1 as usize
}

impl Chain {
    /// Makes this the chain of the group with one element; memory is kept.
    pub(crate) fn clear(&mut self) {
        self.levels.clear();
        self.nodes.clear();
        self.words.clear();
        self.anchors.clear();
        (self.generator_words, self.outer, self.order) = (0, (0, 0), 1);
    }

    /// Whether the identity is the only element.
    pub(crate) fn is_trivial(&self) -> bool {
        self.levels.is_empty()
    }

    /// The points that a table moves, and their images under the given transversal element.
    #[inline]
    fn table_row(&self, level: &Level, width: u32, index: u32) -> (&[u32], &[u32]) {
        let points = (level.start + level.len) as usize;
        let row = points + (index as usize + 1) * width as usize;
        let width = width as usize;
        (&self.words[points..][..width], &self.words[row..][..width])
    }

    /// Replaces `g` (as images) by `g·u_p`, `p` the given point of the level.
    // Swaps inlined and the others not: the loop of a draw then runs in registers.
    #[inline(always)]
    fn multiply_by(&self, images: &mut [u32], level: &Level, index: u32) {
        match level.transversal {
            Transversal::Swaps => {
                let point = self.words[(level.start + index) as usize] & !CYCLE_END;
                images.swap(level.base as usize, point as usize);
            }
            Transversal::Table { width } => {
                let (points, row) = self.table_row(level, width, index);
                multiply_by_row(images, points, row);
            }
            Transversal::Tree => self.multiply_by_node(images, (level.start + index) as usize),
            Transversal::Bundles { width } => self.multiply_by_bundle(images, level, width, index),
        }
    }

    #[inline(never)]
    fn multiply_by_bundle(&self, images: &mut [u32], level: &Level, width: u32, index: u32) {
        swap_bundles(
            images,
            self.bundle(level, width, 0),
            self.bundle(level, width, index),
        );
    }

    fn bundle(&self, level: &Level, width: u32, index: u32) -> &[u32] {
        let start = (level.start + index * width) as usize;
        &self.words[start..start + width as usize]
    }

    #[inline(never)]
    fn multiply_by_node(&self, images: &mut [u32], mut node: usize) {
        loop {
            let Node { parent, edge, .. } = self.nodes[node];
            multiply(images, &self.words[range(edge)]);
            if parent as usize == node {
                return;
            }
            node = parent as usize;
        }
    }

    /// Replaces `g` by `g·s` with `s` uniform in the group.
    #[inline]
    pub(crate) fn multiply_by_random(&self, images: &mut [u32], rng: &mut dyn Rng) {
        let mut digits = Digits::default();
        for level in &self.levels {
            if level.batch != 0 {
                digits = Digits::draw(level.batch, rng);
            }
            self.multiply_by(images, level, digits.next_below(level.len));
        }
    }

    pub(crate) fn sizes(&self) -> impl Iterator<Item = usize> + '_ {
        self.levels.iter().map(|level| level.len as usize)
    }

    pub(crate) fn order(&self) -> BigUint {
        self.order_u64()
            .map_or_else(|| product(self.sizes()), BigUint::from)
    }

    pub(crate) fn order_u64(&self) -> Option<u64> {
        (self.order != 0).then_some(self.order)
    }

    /// The strong generators of the stabilizer chain, in cycle form or as images.
    fn generators(&self) -> impl Iterator<Item = &[u32]> + '_ {
        let mut rest = &self.words[..self.generator_words as usize];
        std::iter::from_fn(move || {
            let (&len, words) = rest.split_first()?;
            let (generator, after) = words.split_at(len as usize);
            rest = after;
            Some(generator)
        })
    }

    /// The classes of bundles among consecutive levels: the width of bundles, and their points.
    fn classes(&self, levels: Range<usize>) -> impl Iterator<Item = (usize, &[u32])> + '_ {
        let mut rest = &self.levels[levels];
        std::iter::from_fn(move || {
            // A class of k bundles has levels of k, k - 1, …, 2.
            let first = *rest.first()?;
            rest = &rest[first.len as usize - 1..];
            let width = first.width();
            let start = first.start as usize;
            Some((width, &self.words[start..start + first.len as usize * width]))
        })
    }

    fn parts(&self) -> impl Iterator<Item = (usize, &[u32])> + '_ {
        self.classes(0..self.outer.0 as usize)
    }

    fn twins(&self) -> impl Iterator<Item = (usize, &[u32])> + '_ {
        self.classes(self.outer.1 as usize..self.levels.len())
    }

    /// The words that the adjacent exchanges of all classes would take, written out.
    pub(crate) fn exchange_words(&self, degree: usize) -> usize {
        let exchanges = |(width, points): (usize, &[u32])| points.len() / width - 1;
        self.parts().chain(self.twins()).map(exchanges).sum::<usize>() * degree
    }

    /// Base and strong generators: those of the stabilizer chain, and exchanges of adjacent bundles.
    pub(crate) fn base_and_strong_generators(&self, degree: usize) -> (Vec<u32>, Vec<Permutation>) {
        let outer = &self.levels[self.outer.0 as usize..self.outer.1 as usize];
        let mut base = if self.outer.0 > 0 {
            self.anchors.clone()
        } else {
            outer.iter().map(|level| level.base).collect()
        };
        let mut in_base = vec![false; degree];
        for &point in &base {
            in_base[point as usize] = true;
        }
        let mut strong: Vec<Permutation> = Vec::new();
        for generator in self.generators() {
            strong.push(from_words(degree, generator));
        }
        for (width, points) in self.parts() {
            let bundles: Vec<&[u32]> = points.chunks(width).collect();
            strong.extend(bundles.windows(2).map(|pair| exchange(degree, pair[0], pair[1])));
        }
        for (width, points) in self.twins() {
            // A stabilizer in the rest of the group fixes all of a class or nothing of it: at most one bundle has a point
            // in the base so far, if twins are listed outermost first. From that bundle on, exchanges of adjacent ones
            // are strong.
            let mut bundles: Vec<&[u32]> = points.chunks(width).collect();
            let known = bundles
                .iter()
                .position(|bundle| bundle.iter().any(|&point| in_base[point as usize]));
            bundles[..=known.unwrap_or(0)].rotate_right(1);
            strong.extend(bundles.windows(2).map(|pair| exchange(degree, pair[0], pair[1])));
            let new = &bundles[usize::from(known.is_some())..bundles.len() - 1];
            for bundle in new {
                in_base[bundle[0] as usize] = true;
                base.push(bundle[0]);
            }
        }
        (base, strong)
    }

    /// The generators of the stabilizer chain, and for each class an exchange of two bundles and a cycle of all.
    pub(crate) fn few_generators(&self, degree: usize) -> Vec<Permutation> {
        let mut generators = Vec::new();
        for generator in self.generators() {
            generators.push(from_words(degree, generator));
        }
        for (width, points) in self.parts().chain(self.twins()) {
            let (first, rest) = points.split_at(width);
            generators.push(exchange(degree, first, &rest[..width]));
            if rest.len() > width {
                let mut images = identity_images(degree);
                let next = points[width..].iter().chain(first);
                for (&point, &image) in points.iter().zip(next) {
                    images[point as usize] = image;
                }
                generators.push(Permutation::from_images_unchecked(images));
            }
        }
        generators
    }

    /// Whether the first level says that all points are in one orbit.
    pub(crate) fn is_transitive(&self, degree: usize) -> bool {
        let spans = |level: &Level| level.len as usize == degree && level.width() == 1;
        self.levels.first().is_some_and(spans)
    }

    /// Joins each point to its images.
    pub(crate) fn join_orbits(&self, sets: &mut UnionFind) {
        for generator in self.generators() {
            match map_of(generator) {
                Some(map) => (0..).zip(map).for_each(|(p, &q)| sets.join(p, q as usize)),
                None => for_each_swap(generator, |p, q| sets.join(p, q)),
            }
        }
        for (width, points) in self.parts().chain(self.twins()) {
            for (&p, &q) in points.iter().zip(&points[width..]) {
                sets.join(p as usize, q as usize);
            }
        }
    }

    /// For each point the one that takes its place when all twins are identified.
    fn representatives(&self, degree: usize) -> Vec<u32> {
        let mut representative = identity_images(degree);
        for (width, points) in self.twins() {
            let (first, rest) = points.split_at(width);
            for bundle in rest.chunks(width) {
                for (&point, &kept) in bundle.iter().zip(first) {
                    representative[point as usize] = representative[kept as usize];
                }
            }
        }
        representative
    }

    /// Whether `g` is a product of transversal elements: sifts `g`, turning one base point, or bundle, after the other
    /// into a fixed one.
    pub(crate) fn contains(&self, g: &Permutation) -> bool {
        let degree = g.degree();
        let mut images = g.images().to_vec();
        let mut inverse = vec![0; degree];
        for (i, &image) in (0u32..).zip(&images) {
            inverse[image as usize] = i;
        }
        let has_twins = (self.outer.1 as usize) < self.levels.len();
        let representative = if has_twins {
            self.representatives(degree)
        } else {
            Vec::new()
        };
        // Of each point, the last class that held it, by its first level, and its bundle there.
        let has_classes = has_twins || self.outer.0 > 0;
        let mut place = vec![(NONE, 0); if has_classes { degree } else { 0 }];
        let mut class = 0;
        let mut class_end = 0;
        for (index, level) in self.levels.iter().enumerate() {
            if index < self.outer.0 as usize || index >= self.outer.1 as usize {
                let (width, start) = (level.width(), level.start as usize);
                if index >= class_end {
                    class = index as u32;
                    class_end = index + level.len as usize - 1;
                    let points = &self.words[start..start + level.len as usize * width];
                    for (bundle, points) in (0u32..).zip(points.chunks(width)) {
                        points
                            .iter()
                            .for_each(|&point| place[point as usize] = (class, bundle));
                    }
                }
                // The bundle that g maps to this one.
                let this = place[self.words[start] as usize].1;
                let (of, from) = place[inverse[self.words[start] as usize] as usize];
                let Some(offset) = from
                    .checked_sub(this)
                    .filter(|&offset| of == class && offset < level.len)
                else {
                    return false;
                };
                for t in 0..width {
                    let (p, q) = (
                        self.words[start + t],
                        self.words[start + offset as usize * width + t],
                    );
                    multiply_both(&mut images, &mut inverse, &[p, q | CYCLE_END]);
                }
                continue;
            }
            // g·u_p fixes the base point for p = g⁻¹(base); up to twins, which come later.
            let known = |point: u32| representative.get(point as usize).copied().unwrap_or(point);
            let preimage = known(inverse[level.base as usize]);
            if preimage == known(level.base) {
                continue;
            }
            let found = match level.transversal {
                Transversal::Tree => level
                    .range()
                    .position(|node| known(self.nodes[node].point) == preimage),
                _ => self.words[level.range()]
                    .iter()
                    .position(|&word| known(word & !CYCLE_END) == preimage),
            };
            let Some(index) = found else {
                return false;
            };
            match level.transversal {
                Transversal::Table { width } => {
                    self.multiply_by(&mut images, level, index as u32);
                    for &point in self.table_row(level, width, 0).0 {
                        inverse[images[point as usize] as usize] = point;
                    }
                }
                Transversal::Tree => {
                    let mut node = level.start as usize + index;
                    while node != level.start as usize {
                        let Node { parent, edge, .. } = self.nodes[node];
                        multiply_both(&mut images, &mut inverse, &self.words[range(edge)]);
                        node = parent as usize;
                    }
                }
                _ => {
                    let point = self.words[level.start as usize + index];
                    multiply_both(&mut images, &mut inverse, &[level.base, point | CYCLE_END]);
                }
            }
        }
        (0u32..).zip(&images).all(|(i, &image)| i == image)
    }

    /// Every element once, the identity first; the last level runs fastest.
    pub(crate) fn elements(&self, degree: usize) -> impl Iterator<Item = Permutation> + '_ {
        let mut choice = vec![0u32; self.levels.len()];
        // partial[l] = u⁽⁰⁾ … u⁽ˡ⁻¹⁾ for the current choice
        let mut partial = vec![identity_images(degree); self.levels.len() + 1];
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
                self.multiply_by(&mut after[0], &self.levels[l], choice[l]);
            }
            Some(element)
        })
    }
}

pub(crate) fn product(factors: impl Iterator<Item = usize>) -> BigUint {
    // Machine words first, because chains have many small levels; then as a balanced tree, because large factors of equal
    // size multiply fastest.
    let mut words = vec![1u64];
    for factor in factors {
        let last = words.len() - 1;
        match words[last].checked_mul(factor as u64) {
            Some(product) => words[last] = product,
            None => words.push(factor as u64),
        }
    }
    let mut factors: Vec<BigUint> = words.into_iter().map(BigUint::from).collect();
    while factors.len() > 1 {
        factors = factors.chunks(2).map(|pair| pair.iter().product()).collect();
    }
    factors.pop().unwrap_or_default()
}

/// Above this degree, and this many words, a thread gives the memory of a [`Builder`] back.
const KEPT_DEGREE: usize = 1 << 16;
const KEPT_WORDS: usize = 1 << 18;

const NONE: u32 = u32::MAX;

/// Generators that are at hand while a table is made.
const LOADED: usize = 4;

/// Builds chains. What it needs per point it keeps from one chain to the next, one builder per thread, so that the
/// cost does not depend on the degree; a builder that panics is lost.
#[derive(Default)]
pub(crate) struct Builder {
    degree: usize,
    /// Whether generators are images.
    mapped: bool,
    base: Vec<u32>,
    generators: Vec<Generator>,
    arcs: Vec<Arc>,
    levels: Vec<Level>,
    nodes: Vec<Node>,
    words: Vec<u32>,
    // Per point, and as said between uses; there may be more points than the degree.
    /// The identity.
    images: Vec<u32>,
    /// The identity; generators at work, while a table is made.
    loaded: [Vec<u32>; LOADED],
    /// Position in the base: [`NONE`].
    depths: Vec<u32>,
    /// First of the arcs that leave the point, deepest generator first, so that those of a level come first: [`NONE`].
    first_arc: Vec<u32>,
    /// How many generators move the point: 0.
    uses: Vec<u32>,
    /// No point.
    visited: Vec<bool>,
}

struct Generator {
    /// Index of the first base point moved.
    depth: u32,
    edge: (u32, u32),
}

/// An image of a point under a generator, in the list of the point.
struct Arc {
    to: u32,
    generator: u32,
    next: u32,
}

thread_local! {
    static BUILDER: Cell<Option<Box<Builder>>> = const { Cell::new(None) };
}

impl Builder {
    /// A builder without generators. Base points must be below `degree`.
    pub(crate) fn take(degree: usize, base: &[u32]) -> Box<Self> {
        // Taken out, not borrowed: the caller's iterators may build groups themselves.
        let mut builder = BUILDER.take().unwrap_or_default();
        (builder.degree, builder.mapped) = (degree, false);
        let known = builder.images.len();
        if known < degree {
            builder.images.extend(known as u32..degree as u32);
            builder.depths.resize(degree, NONE);
            builder.first_arc.resize(degree, NONE);
            builder.uses.resize(degree, 0);
            builder.visited.resize(degree, false);
        }
        for &point in base {
            builder.push_base(point);
        }
        builder
    }

    fn push_base(&mut self, point: u32) {
        let depth = &mut self.depths[point as usize];
        if *depth == NONE {
            *depth = self.base.len() as u32;
            self.base.push(point);
        }
    }

    /// Adds the generator with the given images, unless it is the identity.
    pub(crate) fn push_images(&mut self, images: &[u32]) {
        let start = self.words.len();
        self.words.push(0);
        self.images[..images.len()].copy_from_slice(images);
        for point in 0..images.len() as u32 {
            let closed = drain_cycle(&mut self.images, point, &mut self.words);
            debug_assert!(closed, "a permutation consists of cycles");
        }
        self.push_generator(start);
    }

    /// Adds the generator that maps `point` to `image` for each of the pairs, unless it is the identity.
    ///
    /// # Panics
    ///
    /// When a point lies outside the degree, or the pairs are no bijection; `index` names the generator.
    pub(crate) fn push_moves(&mut self, index: usize, moves: &[(u32, u32)]) {
        let start = self.words.len();
        self.words.push(0);
        let mut fixed = false;
        for &(point, image) in moves {
            if point.max(image) as usize >= self.degree {
                refuse(self.degree, index, moves);
            }
            let slot = &mut self.images[point as usize];
            if *slot != point {
                refuse(self.degree, index, moves);
            }
            *slot = image;
            fixed |= point == image;
        }
        if fixed
            && moves
                .iter()
                .any(|&(point, image)| image != self.images[point as usize])
        {
            refuse(self.degree, index, moves);
        }
        for &(point, _) in moves {
            if !drain_cycle(&mut self.images, point, &mut self.words) {
                refuse(self.degree, index, moves);
            }
        }
        self.push_generator(start);
    }

    /// Whether generators of so many points, `moved` by `count` of them in all, are better held as images.
    pub(crate) fn prefers_maps(degree: usize, moved: usize, count: usize) -> bool {
        degree <= MAPPED && 2 * moved >= count * degree
    }

    /// As [`push_moves`](Self::push_moves), of generators that are held as images; then all are.
    pub(crate) fn push_map(&mut self, index: usize, moves: &[(u32, u32)]) {
        self.mapped = true;
        let start = self.words.len();
        self.words.extend([self.degree as u32 + 1, IMAGES]);
        self.words.extend(0..self.degree as u32);
        let map = &mut self.words[start + 2..];
        let (mut points, mut images) = (0u64, 0u64);
        for &(point, image) in moves {
            let Some(slot) = map.get_mut(point as usize) else {
                refuse(self.degree, index, moves);
            };
            *slot = image;
            points ^= 1 << point;
            images ^= 1u64.checked_shl(image).unwrap_or_default();
        }
        // Each point once, the same ones as images.
        let listed = points.count_ones() as usize == moves.len();
        if !listed || points != images {
            refuse(self.degree, index, moves);
        }
        let moves_point = |point: &u32| map[*point as usize] != *point;
        let depth = match self.base.iter().position(moves_point) {
            Some(depth) => depth as u32,
            None => match (0..self.degree as u32).find(moves_point) {
                Some(least) => {
                    self.push_base(least);
                    self.depths[least as usize]
                }
                None => return self.words.truncate(start),
            },
        };
        self.generators.push(Generator {
            depth,
            edge: (start as u32 + 1, self.words.len() as u32),
        });
    }

    /// Takes note of the generator whose words begin at `start` with the place for their number.
    fn push_generator(&mut self, start: usize) {
        let (mut least, mut depth) = (NONE, NONE);
        for &word in &self.words[start + 1..] {
            let point = word & !CYCLE_END;
            least = least.min(point);
            depth = depth.min(self.depths[point as usize]);
            self.uses[point as usize] += 1;
        }
        if least == NONE {
            self.words.truncate(start);
            return;
        }
        if depth == NONE {
            self.push_base(least);
            depth = self.depths[least as usize];
        }
        self.words[start] = (self.words.len() - start - 1) as u32;
        self.generators.push(Generator {
            depth,
            edge: (start as u32 + 1, self.words.len() as u32),
        });
    }

    /// Orbits and transversals. The base is extended where a generator fixes it; points that are not moved by the
    /// stabilizer of the earlier ones are left out. Nothing is verified.
    ///
    /// Time `O(Σ support · levels)` at worst.
    pub(crate) fn finish(self: Box<Self>) -> Chain {
        let mut chain = Chain::default();
        self.finish_into(&mut chain);
        chain
    }

    /// As [`finish`](Self::finish), into a chain whose memory is reused.
    pub(crate) fn finish_into(mut self: Box<Self>, chain: &mut Chain) {
        let generator_words = self.words.len() as u32;
        // Each arc goes before those of its point: the generators that shall come first are last.
        self.generators
            .sort_unstable_by_key(|generator| (generator.depth, Reverse(generator.edge.0)));
        if !self.mapped {
            self.link_arcs();
        }
        let mut last = NONE;
        for index in 0..self.generators.len() {
            let depth = self.generators[index].depth;
            if depth == last {
                continue;
            }
            last = depth;
            if self.mapped {
                self.push_mapped_level(index);
                continue;
            }
            let generator = &self.generators[index];
            if self.is_lone_involution(generator) {
                let edge = generator.edge;
                self.push_pair(self.base[depth as usize], edge);
            } else {
                self.push_level(depth);
            }
        }
        self.put_chain(generator_words, (0, self.levels.len() as u32), chain);
        self.put_back();
    }

    /// Puts what has been built into `chain`, but for anchors.
    fn put_chain(&self, generator_words: u32, outer: (u32, u32), chain: &mut Chain) {
        chain.clear();
        chain.levels.extend_from_slice(&self.levels);
        chain.nodes.extend_from_slice(&self.nodes);
        chain.words.extend_from_slice(&self.words);
        (chain.generator_words, chain.outer) = (generator_words, outer);
        chain.complete();
    }

    fn put_back(mut self: Box<Self>) {
        let with_arcs = if self.mapped { &[] } else { &self.generators[..] };
        for generator in with_arcs {
            for point in points_of(&self.words[range(generator.edge)]) {
                self.first_arc[point as usize] = NONE;
                self.uses[point as usize] = 0;
            }
        }
        for &point in &self.base {
            self.depths[point as usize] = NONE;
        }
        self.base.clear();
        self.generators.clear();
        self.arcs.clear();
        self.levels.clear();
        self.nodes.clear();
        self.words.clear();
        let words = self.words.capacity() + self.nodes.capacity() + self.arcs.capacity();
        if self.images.len() <= KEPT_DEGREE && words <= KEPT_WORDS {
            BUILDER.set(Some(self));
        }
    }

    /// Whether the generator is of order two, moves few points, and no other generator moves any of them.
    fn is_lone_involution(&self, generator: &Generator) -> bool {
        let words = &self.words[range(generator.edge)];
        let lone_pair = |pair: &[u32]| {
            pair.iter()
                .all(|&word| self.uses[(word & !CYCLE_END) as usize] == 1)
                && pair.last().is_some_and(|&word| word & CYCLE_END != 0)
        };
        words.len() <= TABLE_WIDTH && words.chunks(2).all(lone_pair)
    }

    /// The level of two points of an involution that no other generator meets: what
    /// [`push_level`](Self::push_level) would find.
    fn push_pair(&mut self, base: u32, edge: (u32, u32)) {
        let width = edge.1 - edge.0;
        let (start, transversal) = if width == 2 {
            self.turn_swap(edge, base);
            (edge.0, Transversal::Swaps)
        } else {
            let start = self.words.len();
            self.words.extend([base, base]);
            // The points, their images under the identity, and their images: the other of each pair.
            for turn in [0, 0, 1] {
                for at in edge.0..edge.1 {
                    let other = edge.0 + ((at - edge.0) ^ turn);
                    self.words.push(self.words[other as usize] & !CYCLE_END);
                }
            }
            for at in range(edge).step_by(2) {
                let [a, b] = [self.words[at], self.words[at + 1] & !CYCLE_END];
                if a == base || b == base {
                    self.words[start + 1] = a ^ b ^ base;
                }
            }
            (start as u32, Transversal::Table { width })
        };
        self.levels.push(Level {
            base,
            start,
            len: 2,
            batch: 0,
            transversal,
        });
    }

    /// Makes the cycle of a transposition begin with the given one of its points.
    fn turn_swap(&mut self, edge: (u32, u32), first: u32) {
        if let [a, b] = &mut self.words[range(edge)]
            && *a != first
        {
            *b = *a | CYCLE_END;
            *a = first;
        }
    }

    fn link_arcs(&mut self) {
        for (index, generator) in (0u32..).zip(&self.generators) {
            if self.is_lone_involution(generator) {
                continue;
            }
            let mut first = generator.edge.0;
            for at in generator.edge.0..generator.edge.1 {
                let word = self.words[at as usize];
                let end = word & CYCLE_END != 0;
                let to = self.words[if end { first } else { at + 1 } as usize] & !CYCLE_END;
                if end {
                    first = at + 1;
                }
                let head = &mut self.first_arc[(word & !CYCLE_END) as usize];
                let next = std::mem::replace(head, self.arcs.len() as u32);
                self.arcs.push(Arc {
                    to,
                    generator: index,
                    next,
                });
            }
        }
    }

    /// The level of the generators from the given one on, which are images.
    fn push_mapped_level(&mut self, first: usize) {
        let start = self.nodes.len();
        let base = self.base[self.generators[first].depth as usize];
        self.nodes.push(Node {
            point: base,
            parent: start as u32,
            edge: (0, 0),
        });
        let mut visited = 1u64 << base;
        let mut next = start;
        while let Some(&Node { point, .. }) = self.nodes.get(next) {
            for generator in &self.generators[first..] {
                let to = self.words[(generator.edge.0 + 1 + point) as usize];
                if visited >> to & 1 == 0 {
                    visited |= 1 << to;
                    self.nodes.push(Node {
                        point: to,
                        parent: next as u32,
                        edge: generator.edge,
                    });
                }
            }
            next += 1;
        }
        self.levels.push(Level {
            base,
            start: start as u32,
            len: (self.nodes.len() - start) as u32,
            batch: 0,
            transversal: Transversal::Tree,
        });
    }

    fn push_level(&mut self, depth: u32) {
        let base = self.base[depth as usize];
        if let Some(level) = self
            .levels
            .last()
            .copied()
            .and_then(|last| self.within(last, base))
        {
            self.levels.push(level);
            return;
        }
        let start = self.nodes.len();
        self.visited[base as usize] = true;
        self.nodes.push(Node {
            point: base,
            parent: start as u32,
            edge: (0, 0),
        });
        // The most points that a generator in the tree moves.
        let mut most = 0;
        let mut next = start;
        while let Some(&Node { point, .. }) = self.nodes.get(next) {
            let mut at = self.first_arc[point as usize];
            while let Some(arc) = self.arcs.get(at as usize) {
                let generator = &self.generators[arc.generator as usize];
                if generator.depth < depth {
                    break;
                }
                if !std::mem::replace(&mut self.visited[arc.to as usize], true) {
                    most = most.max(range(generator.edge).len());
                    self.nodes.push(Node {
                        point: arc.to,
                        parent: next as u32,
                        edge: generator.edge,
                    });
                }
                at = arc.next;
            }
            next += 1;
        }
        for node in &self.nodes[start..] {
            self.visited[node.point as usize] = false;
        }
        let len = self.nodes.len() - start;
        let (start, transversal) = if most == 2 {
            (self.list_points(start), Transversal::Swaps)
        } else {
            (start as u32, Transversal::Tree)
        };
        self.levels.push(Level {
            base,
            start,
            len: len as u32,
            batch: 0,
            transversal,
        });
    }

    /// The level of `base` if it is a point of the swap level before: the stabilizer of one of its points permutes the
    /// others as it likes. They share their words.
    fn within(&mut self, last: Level, base: u32) -> Option<Level> {
        if !matches!(last.transversal, Transversal::Swaps) || last.len < 3 {
            return None;
        }
        let others = &mut self.words[last.range()][1..];
        let at = others.iter().position(|&point| point == base)?;
        others.swap(0, at);
        Some(Level {
            base,
            start: last.start + 1,
            len: last.len - 1,
            ..last
        })
    }

    /// Replaces the nodes from `start` on, whose edges are transpositions, by their points.
    fn list_points(&mut self, start: usize) -> u32 {
        let words = if let &[root, Node { edge, .. }] = &self.nodes[start..] {
            // The generator has them already.
            self.turn_swap(edge, root.point);
            edge.0
        } else {
            let words = self.words.len() as u32;
            self.words
                .extend(self.nodes[start..].iter().map(|node| node.point));
            words
        };
        self.nodes.truncate(start);
        words
    }

    /// Replaces the nodes from `start` on by a table, unless they move more points than `width`.
    fn table(&mut self, start: usize, width: usize) -> Option<(u32, Transversal)> {
        // Every point of the orbit is moved.
        if self.nodes.len() - start > width {
            return None;
        }
        let begin = self.words.len();
        self.words
            .extend(self.nodes[start..].iter().map(|node| node.point));
        let points = self.words.len();
        let mut last = (0, 0);
        for node in &self.nodes[start + 1..] {
            if self.words.len() - points > width {
                break;
            }
            // Generators often come in runs.
            if node.edge == std::mem::replace(&mut last, node.edge) {
                continue;
            }
            let map = map_of(&self.words[range(node.edge)]).is_some();
            let first = node.edge.0 as usize + usize::from(map);
            for at in first..node.edge.1 as usize {
                let point = self.words[at] & !CYCLE_END;
                if map && point as usize == at - first {
                    continue; // It stays.
                }
                if !std::mem::replace(&mut self.visited[point as usize], true) {
                    self.words.push(point);
                }
            }
        }
        for &point in &self.words[points..] {
            self.visited[point as usize] = false;
        }
        let moved = self.words.len() - points;
        if moved > width {
            self.words.truncate(begin);
            return None;
        }
        self.words.reserve(moved * (self.nodes.len() - start));
        self.words.extend_from_within(points..);
        // u_p = s·u_parent: the images of the row above, mapped by the generator s, which is loaded into images of its own.
        let mut loaded = [(0, 0); LOADED];
        let mut oldest = 0;
        for images in &mut self.loaded {
            let known = images.len();
            images.extend(known as u32..self.degree as u32);
        }
        for node in start + 1..self.nodes.len() {
            let Node { parent, edge, .. } = self.nodes[node];
            let slot = loaded.iter().position(|&other| other == edge).unwrap_or_else(|| {
                let slot = oldest;
                oldest = (slot + 1) % LOADED;
                unload(&mut self.loaded[slot], &self.words[range(loaded[slot])]);
                multiply(&mut self.loaded[slot], &self.words[range(edge)]);
                loaded[slot] = edge;
                slot
            });
            let above = points + (parent as usize - start + 1) * moved;
            let row = self.words.len();
            self.words.extend_from_within(above..above + moved);
            for image in &mut self.words[row..] {
                *image = self.loaded[slot][*image as usize];
            }
        }
        for (images, edge) in self.loaded.iter_mut().zip(loaded) {
            unload(images, &self.words[range(edge)]);
        }
        self.nodes.truncate(start);
        let width = moved as u32;
        Some((begin as u32, Transversal::Table { width }))
    }

    /// Makes the tree of the nodes from `start` on explicit: a table, or a tree of depth one, if the memory is affordable.
    fn explicit_transversal(&mut self, start: usize) -> (u32, Transversal) {
        let edges = self.nodes[start + 1..].iter().map(|node| range(node.edge).len());
        let fewest = edges.min().unwrap_or_default();
        if let Some(table) = self.table(start, TABLE_WIDTH.min(fewest * TABLE_PADDING)) {
            return table;
        }
        let len = self.nodes.len() - start;
        if len.saturating_mul(self.degree) <= EXPLICIT_LEVEL_WORDS && self.words.len() <= EXPLICIT_TOTAL_WORDS
        {
            self.flatten(start);
        }
        (start as u32, Transversal::Tree)
    }

    /// Replaces each path to the root by one edge. Parents precede children, so a path has at most two edges.
    fn flatten(&mut self, start: usize) {
        for node in start + 1..self.nodes.len() {
            let Node { parent, edge, .. } = self.nodes[node];
            if parent as usize == start {
                continue;
            }
            let above = self.nodes[parent as usize].edge;
            self.nodes[node].edge = append_product(&mut self.words, edge, above, &mut self.images);
            self.nodes[node].parent = start as u32;
        }
    }
}

impl Chain {
    /// The same chain with explicit transversals where the memory is affordable: for many draws. The same random words
    /// give the same elements. Time linear in the words that the transversals take.
    pub(crate) fn with_explicit_transversals(&self, degree: usize) -> Self {
        let mut builder = Builder::take(degree, &[]);
        builder.words.extend_from_slice(&self.words);
        for level in &self.levels {
            let mut level = *level;
            if let Transversal::Tree = level.transversal {
                let (old, new) = (level.start, builder.nodes.len() as u32);
                let moved_here = self.nodes[level.range()].iter().map(|&node| Node {
                    parent: node.parent - old + new,
                    ..node
                });
                builder.nodes.extend(moved_here);
                (level.start, level.transversal) = builder.explicit_transversal(new as usize);
            }
            builder.levels.push(level);
        }
        let mut chain = Self::default();
        builder.put_chain(self.generator_words, self.outer, &mut chain);
        chain.anchors.extend_from_slice(&self.anchors);
        builder.put_back();
        chain
    }

    /// Whether a transversal is a tree of more than one layer.
    pub(crate) fn has_deep_trees(&self) -> bool {
        let is_tree = |level: &Level| matches!(level.transversal, Transversal::Tree) && level.len > 2;
        self.levels.iter().any(is_tree)
    }

    /// Extends the group to that of the products `e·h·s` of exchanges of parts, elements of this group, and permutations of
    /// twins. The anchors are a base of the group without twins.
    pub(crate) fn extend_by_bundles(&mut self, parts: &Bundles, anchors: &[u32], twins: &Bundles) {
        if !parts.is_empty() {
            let before = self.levels.len();
            push_classes(parts, &mut self.levels, &mut self.words);
            let more = self.levels.len() - before;
            self.levels.rotate_right(more);
            self.outer = (self.outer.0 + more as u32, self.outer.1 + more as u32);
            self.anchors.clear();
            self.anchors.extend_from_slice(anchors);
        }
        push_classes(twins, &mut self.levels, &mut self.words);
        self.complete();
    }

    /// The order, and which levels share random words, from the levels.
    fn complete(&mut self) {
        // 0 from where the product exceeds 64 bits
        self.order = 1;
        let mut first = 0;
        for index in 0..self.levels.len() {
            let len = self.levels[index].len;
            self.order = self.order.checked_mul(u64::from(len)).unwrap_or(0);
            let shared = self.levels[first].batch.checked_mul(len);
            match shared {
                Some(product) if index != first => {
                    self.levels[index].batch = 0;
                    self.levels[first].batch = product;
                }
                _ => {
                    self.levels[index].batch = len;
                    first = index;
                }
            }
        }
    }

    /// The blocks of symmetric groups that this group has been extended by.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &[u32]> + '_ {
        self.twins().map(|(_, points)| points)
    }
}

/// Adds the levels of symmetric groups of bundles.
fn push_classes(bundles: &Bundles, levels: &mut Vec<Level>, words: &mut Vec<u32>) {
    for (width, points) in bundles.classes() {
        // Mostly they are single points: a division takes long.
        let count = if width == 1 {
            points.len()
        } else {
            points.len() / width
        };
        let (mut start, mut len) = (words.len() as u32, count as u32);
        words.extend_from_slice(points);
        let transversal = match width {
            1 => Transversal::Swaps,
            _ => Transversal::Bundles { width: width as u32 },
        };
        while len > 1 {
            levels.push(Level {
                base: words[start as usize],
                start,
                len,
                batch: 0,
                transversal,
            });
            (start, len) = (start + width as u32, len - 1);
        }
    }
}

/// The permutation that exchanges two bundles.
fn exchange(degree: usize, a: &[u32], b: &[u32]) -> Permutation {
    let mut images = identity_images(degree);
    swap_bundles(&mut images, a, b);
    Permutation::from_images_unchecked(images)
}

/// Replaces `g` by `g·e`, `e` the exchange of two bundles.
fn swap_bundles(images: &mut [u32], a: &[u32], b: &[u32]) {
    for (&p, &q) in a.iter().zip(b) {
        images.swap(p as usize, q as usize);
    }
}

/// Says what is wrong with the moves of a generator.
#[cold]
fn refuse(degree: usize, index: usize, moves: &[(u32, u32)]) -> ! {
    for (i, &(point, image)) in moves.iter().enumerate() {
        for moved in [point, image] {
            assert!(
                (moved as usize) < degree,
                "generator {index} names the point {moved}, expected points of 0..{degree}"
            );
        }
        assert!(
            moves[..i].iter().all(|earlier| earlier.0 != point),
            "generator {index} lists the point {point} twice"
        );
        assert!(
            moves[..i].iter().all(|earlier| earlier.1 != image),
            "generator {index} is no bijection: two of its points have the image {image}"
        );
    }
    let stray = moves
        .iter()
        .find(|(_, image)| moves.iter().all(|other| other.0 != *image));
    let (point, image) = stray.expect("moves were refused because they are no bijection of their points");
    panic!("generator {index} maps {point} to {image}, which is not among the points that it lists");
}

/// The images, if these words are such.
#[inline]
fn map_of(words: &[u32]) -> Option<&[u32]> {
    match words.split_first() {
        Some((&IMAGES, map)) => Some(map),
        _ => None,
    }
}

/// Calls `swap` for each transposition of `(p₀ p₁ … pₘ) = (p₀ p₁)(p₁ p₂)…`, cycle by cycle, left to right.
#[inline]
fn for_each_swap(cycles: &[u32], mut swap: impl FnMut(usize, usize)) {
    let mut previous = None;
    for &word in cycles {
        let point = (word & !CYCLE_END) as usize;
        if let Some(previous) = previous {
            swap(previous, point);
        }
        previous = (word & CYCLE_END == 0).then_some(point);
    }
}

/// Replaces `g` by `g·c`, `c` in cycle form, where the image of each point becomes that of the next in its cycle, or
/// given by its images.
#[inline]
pub(crate) fn multiply(images: &mut [u32], words: &[u32]) {
    if let Some(map) = map_of(words) {
        let mut held = [0; MAPPED];
        held[..map.len()].copy_from_slice(&images[..map.len()]);
        for (image, &next) in images.iter_mut().zip(map) {
            *image = held[next as usize % MAPPED];
        }
        return;
    }
    let mut words = words.iter();
    while let Some(&first) = words.next() {
        let mut point = first as usize;
        let held = images[point];
        for &word in words.by_ref() {
            let next = (word & !CYCLE_END) as usize;
            images[point] = images[next];
            point = next;
            if word & CYCLE_END != 0 {
                break;
            }
        }
        images[point] = held;
    }
}

/// The points that cycles, or images, name.
fn points_of(words: &[u32]) -> impl Iterator<Item = u32> + '_ {
    let points = map_of(words).unwrap_or(words);
    points.iter().map(|&word| word & !CYCLE_END)
}

/// Makes the points of a generator fixed.
fn unload(images: &mut [u32], words: &[u32]) {
    for point in points_of(words) {
        images[point as usize] = point;
    }
}

/// Replaces `g` by `g·u`, `u` given by the points it moves, at most [`TABLE_WIDTH`], and their images.
#[inline(always)]
fn multiply_by_row(images: &mut [u32], points: &[u32], row: &[u32]) {
    let mut held = [0; TABLE_WIDTH];
    for (held, &image) in held.iter_mut().zip(row) {
        *held = images[image as usize];
    }
    for (&held, &point) in held.iter().zip(points) {
        images[point as usize] = held;
    }
}

fn from_words(degree: usize, words: &[u32]) -> Permutation {
    let mut images = identity_images(degree);
    multiply(&mut images, words);
    Permutation::from_images_unchecked(images)
}

/// Replaces `g` by `g·c` and `g⁻¹` by its inverse.
#[inline]
pub(crate) fn multiply_both(images: &mut [u32], inverse: &mut [u32], words: &[u32]) {
    if map_of(words).is_some() {
        multiply(images, words);
        for (i, &image) in (0u32..).zip(&*images) {
            inverse[image as usize] = i;
        }
        return;
    }
    for_each_swap(words, |p, q| {
        images.swap(p, q);
        inverse[images[p] as usize] = p as u32;
        inverse[images[q] as usize] = q as u32;
    });
}

/// Appends the cycle form of `a·b`, both given by their ranges, in time linear in their supports, or in all points. `images`
/// must be the identity, and is again on return.
pub(crate) fn append_product(
    cycles: &mut Vec<u32>,
    a: (u32, u32),
    b: (u32, u32),
    images: &mut [u32],
) -> (u32, u32) {
    let from = cycles.len() as u32;
    for factor in [a, b] {
        multiply(images, &cycles[range(factor)]);
    }
    for factor in [a, b] {
        let skip = usize::from(map_of(&cycles[range(factor)]).is_some());
        for index in range(factor).skip(skip) {
            drain_cycle(images, cycles[index] & !CYCLE_END, cycles);
        }
    }
    (from, cycles.len() as u32)
}

/// Appends the cycle of `images` through `start`, unless it is trivial, and makes its points fixed. False when there is
/// no such cycle: the points that were made fixed lead to one that is fixed.
pub(crate) fn drain_cycle(images: &mut [u32], start: u32, cycles: &mut Vec<u32>) -> bool {
    let mut point = start;
    let mut next = images[start as usize];
    if next == start {
        return true;
    }
    while next != start {
        cycles.push(point);
        images[point as usize] = point;
        point = next;
        next = images[point as usize];
        if next == point {
            return false;
        }
    }
    images[point as usize] = point;
    cycles.push(point | CYCLE_END);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Group;
    use rand::{SeedableRng, rngs::ChaCha8Rng};

    #[test]
    fn products_of_cycle_forms_are_products() {
        let [a, b] = ["(0 3 1)(2 4)", "(0 5 2)(1 4)"].map(|text| Permutation::parse(text, 7).unwrap());
        let mut cycles = Vec::new();
        let [of_a, of_b] = [&a, &b].map(|g| {
            let (start, mut images) = (cycles.len() as u32, g.images().to_vec());
            assert!((0..7).all(|point| drain_cycle(&mut images, point, &mut cycles)));
            (start, cycles.len() as u32)
        });
        let mut images: Vec<u32> = (0..7).collect();
        let (from, to) = append_product(&mut cycles, of_a, of_b, &mut images);
        assert!(
            images.iter().copied().eq(0..7),
            "the scratch is the identity again"
        );
        multiply(&mut images, &cycles[from as usize..to as usize]);
        assert_eq!(images, a.compose(&b).images());
    }

    #[test]
    fn flat_and_deep_transversals_agree() {
        // 70 are more points than a table may have.
        for degree in [7usize, 70] {
            let rotation: Vec<u32> = (0..degree as u32).map(|i| (i + 1) % degree as u32).collect();
            let mut builder = Builder::take(degree, &[0]);
            builder.push_images(&rotation);
            let deep = builder.finish();
            assert!(deep.has_deep_trees());
            let flat = deep.with_explicit_transversals(degree);
            assert!(flat.nodes.iter().all(|node| node.parent == 0));
            let elements: Vec<Permutation> = flat.elements(degree).collect();
            assert_eq!(elements.len(), degree);
            assert_eq!(deep.elements(degree).collect::<Vec<_>>(), elements);
            assert!(elements.iter().all(|g| deep.contains(g) && flat.contains(g)));
            for seed in 0..10 {
                let draw = |chain: &Chain| {
                    let mut images = identity_images(degree);
                    chain.multiply_by_random(&mut images, &mut ChaCha8Rng::seed_from_u64(seed));
                    images
                };
                assert_eq!(draw(&deep), draw(&flat));
            }
        }
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
