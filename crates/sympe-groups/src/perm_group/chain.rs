//! Stabilizer chains with transversals: what a permutation group is held as.
//!
//! # Data
//!
//! A chain `G = G⁽⁰⁾ ≥ G⁽¹⁾ ≥ … ≥ 1` is a list of levels. Level `i` holds a base point `bᵢ`, its basic orbit, which is its
//! orbit under `G⁽ⁱ⁾`, and a transversal: for each point `p` of the orbit an element `u_p ∈ G⁽ⁱ⁾` with `u_p(bᵢ) = p`.
//! `G⁽ⁱ⁺¹⁾` is the stabilizer of `bᵢ` in `G⁽ⁱ⁾`.
//!
//! Everything lies in three flat lists, so that a small group is built in few allocations and a draw touches little
//! memory: the levels; the nodes of Schreier trees; and words, which begin with the strong generators.
//!
//! A [`Transversal`] has one of four forms. A Schreier tree is what a search of the orbit finds: `u_p` is the product of
//! the generators on the path from `p` to the root. It is replaced where something better is at hand. If all generators
//! in the tree are transpositions, the group contains every transposition of two points of the orbit, and `u_p = (bᵢ p)`
//! serves. If few points are moved, the images of the moved points are tabled, so that a draw does not branch by what it
//! draws. Otherwise many draws pay for a tree of depth one, if memory allows.
//!
//! The chain may be preceded by levels of *parts* and followed by levels of *twins*: symmetric groups of bundles of
//! points, see [`Bundles`](crate::Bundles). The core between them moves each part within itself, and the bundles of
//! twins as wholes. Elements are the products `e·h·s` of an exchange of parts, an element of the core, and a permutation
//! of twins. Such levels are symmetric groups: a class of `k` bundles makes levels of `k, k − 1, …, 2` bundles.
//!
//! # Invariants
//!
//! * Each element of the group is `u·u′·u″…`, with exactly one element of the transversal of each level: independent
//!   uniform choices are exactly Haar distributed.
//! * Levels have at least two points. At a level of the core, `u_p` maps the base point to `p`, fixes the earlier base
//!   points of the core, and is the identity for the first point, the base point itself.
//! * In a tree, parents come before their children, and the root is its own parent.
//! * The order is the product of the sizes of the levels.
//! * Levels that share a random integer have sizes with a product below 2³², which bounds that integer.
//!
//! `Chain::assert_invariants` checks them; where debug assertions are on, for every small group.
//!
//! # Cost
//!
//! A draw takes, per level, time linear in the words of one element of the transversal (times the depth, in a tree), and
//! allocates nothing. The order is kept if it fits 64 bits.

use super::words::{Element, Form, Span, point_of};
use crate::permutation::{Digits, Permutation, identity_images};
use num_bigint::BigUint;
use rand::Rng;
use std::{num::NonZeroU32, ops::Range};

/// The largest number of points that the elements of a tabled transversal move.
pub(super) const MAX_TABLE_WIDTH: usize = 64;

/// A stabilizer chain; by default, that of the group with one element.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(super) levels: Vec<Level>,
    pub(super) nodes: Vec<Node>,
    /// The strong generators of the core, each preceded by its number of words; then what levels and nodes refer to.
    pub(super) words: Vec<u32>,
    /// The form of the elements among the words.
    pub(super) form: Form,
    /// How many of the words are strong generators.
    pub(super) generator_words: u32,
    /// How many of the levels, from the first one on, exchange parts.
    pub(super) part_levels: u32,
    /// How many of the levels, up to the last one, permute twins.
    pub(super) twin_levels: u32,
    /// A base of the group without twins, if there are parts: the base points of the core do not include one.
    pub(super) anchors: Vec<u32>,
    /// The order, unless it exceeds 64 bits.
    pub(super) order: Option<u64>,
}

/// A basic orbit of `len` points with its transversal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub(super) base: u32,
    /// Where the points or nodes begin, base point first.
    pub(super) start: u32,
    pub(super) len: u32,
    /// The bound of the random integer that this level draws: the product of its own size and of those of the following
    /// levels that draw none. They take their choices from the same integer, as its digits.
    pub(super) draw: Option<NonZeroU32>,
    pub(super) transversal: Transversal,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Transversal {
    /// `u_p` is the transposition `(base p)`. The points are words from the start on, possibly with marks of cycles.
    Swaps,
    /// Words from the start on: the points of the orbit; the `width` points that any `u_p` moves; for each `u_p`, the
    /// images of those.
    Table { width: u32 },
    /// Nodes from the start on, parents first.
    Tree,
    /// Words from the start on: bundles of `width` points. `u_p` exchanges the first bundle with another one.
    Bundles { width: u32 },
}

/// A node of a Schreier tree: `u_point = edge · u_parent`. The root is its own parent, and its edge is the identity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) point: u32,
    pub(super) parent: u32,
    pub(super) edge: Span,
}

impl Level {
    /// A level that [`Chain::complete`] has not seen yet.
    pub(super) fn new(base: u32, start: u32, len: u32, transversal: Transversal) -> Self {
        Self {
            base,
            start,
            len,
            draw: None,
            transversal,
        }
    }

    /// The places of the points, or nodes.
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }

    /// How many points are moved as one: those of a bundle, at a level of parts or twins.
    pub(super) fn width(&self) -> usize {
        match self.transversal {
            Transversal::Bundles { width } => width as usize,
            _ => 1,
        }
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            levels: Vec::new(),
            nodes: Vec::new(),
            words: Vec::new(),
            form: Form::Cycles,
            generator_words: 0,
            part_levels: 0,
            twin_levels: 0,
            anchors: Vec::new(),
            order: Some(1),
        }
    }
}

impl Chain {
    /// Makes this the chain of the group with one element; memory is kept.
    pub(crate) fn clear(&mut self) {
        self.levels.clear();
        self.nodes.clear();
        self.words.clear();
        self.anchors.clear();
        (self.form, self.generator_words) = (Form::Cycles, 0);
        (self.part_levels, self.twin_levels, self.order) = (0, 0, Some(1));
    }

    /// Whether the identity is the only element.
    pub(crate) fn is_trivial(&self) -> bool {
        self.levels.is_empty()
    }

    /// The levels between those of parts and those of twins.
    pub(super) fn core(&self) -> Range<usize> {
        self.part_levels as usize..self.levels.len() - self.twin_levels as usize
    }

    /// The element whose words are the given ones.
    #[inline]
    pub(super) fn element(&self, span: Span) -> Element<'_> {
        self.form.read(&self.words[span.range()])
    }

    /// The point with the given place in the orbit of a level; of a level of bundles, the first point of that bundle.
    pub(super) fn point(&self, level: &Level, index: u32) -> u32 {
        match level.transversal {
            Transversal::Tree => self.nodes[(level.start + index) as usize].point,
            _ => point_of(self.words[level.start as usize + index as usize * level.width()]),
        }
    }

    /// The points that a table moves, and their images under the element with the given place in the transversal.
    #[inline]
    pub(super) fn table_row(&self, level: &Level, width: u32, index: u32) -> (&[u32], &[u32]) {
        let points = (level.start + level.len) as usize;
        let row = points + (index as usize + 1) * width as usize;
        let width = width as usize;
        (&self.words[points..][..width], &self.words[row..][..width])
    }

    /// Replaces `g`, given by its images, by `g·u`, `u` the element with the given place in the transversal.
    // Swaps and tables are inlined and the others are not: the loop of a draw then runs in registers.
    #[inline(always)]
    pub(super) fn multiply_by(&self, images: &mut [u32], level: &Level, index: u32) {
        match level.transversal {
            Transversal::Swaps => {
                let point = point_of(self.words[(level.start + index) as usize]);
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
        let bundle = |index: u32| {
            let start = (level.start + index * width) as usize;
            &self.words[start..start + width as usize]
        };
        swap_bundles(images, bundle(0), bundle(index));
    }

    #[inline(never)]
    fn multiply_by_node(&self, images: &mut [u32], mut node: usize) {
        loop {
            let Node { parent, edge, .. } = self.nodes[node];
            self.element(edge).multiply(images);
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
            if let Some(bound) = level.draw {
                digits = Digits::draw(bound.get(), rng);
            }
            self.multiply_by(images, level, digits.next_below(level.len));
        }
    }

    /// The sizes of the levels, whose product is the order.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = usize> + '_ {
        self.levels.iter().map(|level| level.len as usize)
    }

    pub(crate) fn order(&self) -> BigUint {
        match self.order {
            Some(order) => order.into(),
            None => product(self.sizes()),
        }
    }

    /// The order, if it fits.
    pub(crate) fn order_u64(&self) -> Option<u64> {
        self.order
    }

    /// The strong generators of the core.
    pub(super) fn generators(&self) -> impl Iterator<Item = Element<'_>> {
        let mut rest = &self.words[..self.generator_words as usize];
        std::iter::from_fn(move || {
            let (&len, words) = rest.split_first()?;
            let (generator, after) = words.split_at(len as usize);
            rest = after;
            Some(self.form.read(generator))
        })
    }

    /// Finds the order, and which levels share random integers, once the levels are known.
    pub(super) fn complete(&mut self) {
        self.order = Some(1);
        let (mut first, mut bound) = (0, 1u32);
        for index in 0..self.levels.len() {
            let len = self.levels[index].len;
            self.order = self.order.and_then(|order| order.checked_mul(len.into()));
            match bound.checked_mul(len) {
                Some(product) if index > 0 => {
                    bound = product;
                    self.levels[index].draw = None;
                }
                _ => (first, bound) = (index, len),
            }
            self.levels[first].draw = NonZeroU32::new(bound);
        }
    }

    /// Every element once, the identity first; the choice at the last level changes fastest.
    pub(crate) fn elements(&self, degree: usize) -> impl Iterator<Item = Permutation> + '_ {
        let mut choice = vec![0u32; self.levels.len()];
        // At place `l`, the product of the choices at the levels before `l`.
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

    /// Panics unless the invariants of this module hold. Time `O(degree · Σ sizes)` at least.
    #[cfg(any(test, debug_assertions))]
    pub(super) fn assert_invariants(&self, degree: usize) {
        for generator in self.generators() {
            generator.assert_invariants(degree);
        }
        let core = self.core();
        let (mut integer, mut used) = (1, 1u64);
        for (index, level) in self.levels.iter().enumerate() {
            assert!(level.len >= 2, "levels have two points at least");
            if let Some(bound) = level.draw {
                assert_eq!(used, integer, "sizes of levels that share an integer");
                (integer, used) = (bound.get().into(), 1);
            }
            used *= u64::from(level.len);
            assert!(used <= integer, "a level finds no digit to take");
            let earlier = if core.contains(&index) {
                &self.levels[core.start..index]
            } else {
                &[]
            };
            let mut orbit = Vec::new();
            for choice in 0..level.len {
                if let Transversal::Tree = level.transversal {
                    let node = (level.start + choice) as usize;
                    let parent = self.nodes[node].parent as usize;
                    self.element(self.nodes[node].edge).assert_invariants(degree);
                    assert!(level.range().contains(&parent) && (parent < node || choice == 0));
                }
                let mut images = identity_images(degree);
                self.multiply_by(&mut images, level, choice);
                let point = self.point(level, choice);
                assert_eq!(images[level.base as usize], point, "u_p maps the base point to p");
                assert!(
                    earlier
                        .iter()
                        .all(|level| images[level.base as usize] == level.base)
                );
                let element = Permutation::from_images(images).expect("u_p is a permutation");
                assert_eq!(element.is_identity(), choice == 0);
                orbit.push(point);
            }
            orbit.sort_unstable();
            assert!(orbit.windows(2).all(|pair| pair[0] < pair[1]), "orbits are sets");
        }
        assert_eq!(used, integer, "sizes of levels that share an integer");
        let order = product(self.sizes());
        assert_eq!(self.order, u64::try_from(&order).ok());
    }
}

/// The product of the factors: machine words first, because chains have many small levels, then as a balanced tree,
/// because large factors of equal size multiply fastest.
pub(super) fn product(factors: impl Iterator<Item = usize>) -> BigUint {
    let (mut words, mut word) = (Vec::new(), 1u64);
    for factor in factors {
        match word.checked_mul(factor as u64) {
            Some(product) => word = product,
            None => words.push(std::mem::replace(&mut word, factor as u64)),
        }
    }
    words.push(word);
    let mut factors: Vec<BigUint> = words.into_iter().map(BigUint::from).collect();
    while factors.len() > 1 {
        factors = factors.chunks(2).map(|pair| pair.iter().product()).collect();
    }
    factors.pop().unwrap_or_default()
}

/// Replaces `g` by `g·u`, `u` given by the points it moves, at most [`MAX_TABLE_WIDTH`], and their images.
#[inline(always)]
fn multiply_by_row(images: &mut [u32], points: &[u32], row: &[u32]) {
    let mut held = [0; MAX_TABLE_WIDTH];
    for (held, &image) in held.iter_mut().zip(row) {
        *held = images[image as usize];
    }
    for (&held, &point) in held.iter().zip(points) {
        images[point as usize] = held;
    }
}

/// Replaces `g` by `g·e`, `e` the exchange of two bundles.
pub(super) fn swap_bundles(images: &mut [u32], a: &[u32], b: &[u32]) {
    for (&p, &q) in a.iter().zip(b) {
        images.swap(p as usize, q as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_do_not_overflow() {
        assert_eq!(product([].into_iter()), 1u32.into());
        assert_eq!(
            product(std::iter::repeat_n(1 << 20, 10)),
            BigUint::from(1u32) << 200
        );
    }
}
