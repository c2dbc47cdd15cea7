//! From strong generators to a stabilizer chain.
//!
//! # Data
//!
//! A [`ChainBuilder`] reads generators one by one, in cycle form or, where there are few points and generators move most
//! of them, as images. Each generator is listed with its depth: the index of the first base point that it moves. The
//! generators of depth `i` and more generate `G⁽ⁱ⁾`, so the orbit of base point `i` under them is the basic orbit.
//!
//! Orbits are searched breadth first. Of generators in cycle form, the images of a point are linked lists of arcs, so
//! that a search costs as much as the generators move, not as much as there are points; images are looked up.
//!
//! A thread keeps the memory of one builder from group to group ([`Scratch`]): small groups, of which there are many,
//! then cost no allocation but that of their chain.
//!
//! # Invariants
//!
//! * Strong generators are trusted, not verified: for other generators, the chain is one of a set of products.
//! * The base is extended where a generator fixes all of it; base points that the stabilizer of the earlier ones fixes
//!   make no level.
//! * Between two uses of a builder its scratch is at rest: `Scratch::assert_at_rest` checks that.
//!
//! # Cost
//!
//! Time `O(Σ support · levels)` at worst, and linear in the supports for generators with disjoint supports: an
//! involution whose points no other generator moves is a level without a search.

use super::{
    chain::{Chain, Level, MAX_TABLE_WIDTH, Node, Transversal},
    words::{Form, MAX_MAPPED, NONE, Span, append_cycle, ends_cycle, point_of, position},
};
use std::{cell::Cell, cmp::Reverse};

/// A thread drops a builder that has seen a larger degree: one large group shall not hold memory for good.
const KEPT_DEGREE: usize = 1 << 16;

/// A thread drops a builder that has made room for more words, nodes and arcs than this, for the same reason.
const KEPT_WORDS: usize = 1 << 18;

/// How many generators are loaded at once while a transversal is tabled. Trees mostly take turns with few.
pub(super) const LOADED: usize = 4;

/// Builds chains, one at a time: [`take`](Self::take) one, push generators, [`finish`](Self::finish). A builder that
/// panics is lost, and the next one starts with fresh memory.
#[derive(Default)]
pub(crate) struct ChainBuilder {
    pub(super) degree: usize,
    pub(super) form: Form,
    base: Vec<u32>,
    generators: Vec<Generator>,
    arcs: Vec<Arc>,
    pub(super) levels: Vec<Level>,
    pub(super) nodes: Vec<Node>,
    pub(super) words: Vec<u32>,
    pub(super) scratch: Scratch,
}

/// Tables with an entry per point, possibly of more points than the degree.
#[derive(Default)]
pub(super) struct Scratch {
    /// At rest the identity.
    pub(super) images: Vec<u32>,
    /// Generators at work while a transversal is tabled. At rest identities.
    pub(super) loaded: [Vec<u32>; LOADED],
    /// The index of the point in the base, or [`NONE`]. At rest, no point is in the base.
    depths: Vec<u32>,
    /// The first of the arcs that leave the point, or [`NONE`]. They are ordered by depth, deepest generator first, so
    /// that the arcs of a level are the first ones. At rest, there are no arcs.
    first_arc: Vec<u32>,
    /// How many generators in cycle form move the point. At rest 0.
    uses: Vec<u32>,
    /// Whether a search has met the point. At rest false.
    pub(super) visited: Vec<bool>,
}

struct Generator {
    /// The index of the first base point that it moves.
    depth: u32,
    span: Span,
}

/// The image of a point under a generator.
struct Arc {
    to: u32,
    /// The position of the generator among the builder's.
    generator: u32,
    /// The next arc that leaves the same point, or [`NONE`].
    next: u32,
}

thread_local! {
    static IDLE: Cell<Option<Box<ChainBuilder>>> = const { Cell::new(None) };
}

impl Scratch {
    fn grow(&mut self, degree: usize) {
        let known = self.images.len();
        if known < degree {
            self.images.extend(known as u32..degree as u32);
            self.depths.resize(degree, NONE);
            self.first_arc.resize(degree, NONE);
            self.uses.resize(degree, 0);
            self.visited.resize(degree, false);
        }
    }

    /// Panics unless the entries of the points below `degree` are what they shall be between two uses.
    #[cfg(any(test, debug_assertions))]
    fn assert_at_rest(&self, degree: usize) {
        let identities = self.loaded.iter().chain([&self.images]);
        for images in identities {
            assert!((0u32..).zip(images).take(degree).all(|(i, &image)| i == image));
        }
        assert!(self.depths.iter().take(degree).all(|&depth| depth == NONE));
        assert!(self.first_arc.iter().take(degree).all(|&arc| arc == NONE));
        assert!(self.uses.iter().take(degree).all(|&uses| uses == 0));
        assert!(self.visited.iter().take(degree).all(|&visited| !visited));
    }
}

impl ChainBuilder {
    /// A builder without generators. Base points must be below `degree`; the first time that a point is listed counts.
    pub(crate) fn take(degree: usize, base: &[u32]) -> Box<Self> {
        // Taken out, not borrowed: the caller's iterators may build groups themselves.
        let mut builder = IDLE.take().unwrap_or_default();
        (builder.degree, builder.form) = (degree, Form::Cycles);
        builder.scratch.grow(degree);
        for &point in base {
            builder.push_base(point);
        }
        builder
    }

    fn push_base(&mut self, point: u32) {
        let depth = &mut self.scratch.depths[point as usize];
        if *depth == NONE {
            *depth = self.base.len() as u32;
            self.base.push(point);
        }
    }

    /// Adds the generator with the given images, unless it is the identity.
    pub(crate) fn push_images(&mut self, images: &[u32]) {
        let start = self.words.len();
        self.words.push(0);
        let scratch = &mut self.scratch.images;
        scratch[..images.len()].copy_from_slice(images);
        for point in 0..images.len() as u32 {
            let closed = append_cycle(scratch, point, &mut self.words);
            debug_assert!(closed, "a permutation consists of cycles");
        }
        self.push_cycles(start);
    }

    /// Adds the generator that maps `point` to `image` for each of the pairs, unless it is the identity.
    ///
    /// # Panics
    ///
    /// When a point lies outside the degree, or the pairs are no bijection; `index` names the generator.
    pub(crate) fn push_moves(&mut self, index: usize, moves: &[(u32, u32)]) {
        let start = self.words.len();
        self.words.push(0);
        let images = &mut self.scratch.images;
        let mut fixed = false;
        for &(point, image) in moves {
            if point.max(image) as usize >= self.degree {
                refuse(self.degree, index, moves);
            }
            let slot = &mut images[point as usize];
            if *slot != point {
                refuse(self.degree, index, moves);
            }
            *slot = image;
            fixed |= point == image;
        }
        // A pair that fixes its point does not show that the point has been listed.
        let listed_once = |&(point, image): &(u32, u32)| image == images[point as usize];
        if fixed && !moves.iter().all(listed_once) {
            refuse(self.degree, index, moves);
        }
        for &(point, _) in moves {
            if !append_cycle(images, point, &mut self.words) {
                refuse(self.degree, index, moves);
            }
        }
        self.push_cycles(start);
    }

    /// Whether generators that together move `moved` points are better written as images.
    pub(crate) fn prefers_images(degree: usize, moved: usize, generators: usize) -> bool {
        degree <= MAX_MAPPED && 2 * moved >= generators * degree
    }

    /// As [`push_moves`](Self::push_moves), the generator being written as images. All others must be, too.
    pub(crate) fn push_moves_as_images(&mut self, index: usize, moves: &[(u32, u32)]) {
        self.form = Form::Images;
        let start = self.words.len();
        self.words.push(self.degree as u32);
        self.words.extend(0..self.degree as u32);
        let map = &mut self.words[start + 1..];
        // Sets of points, as bits; a point that is listed twice is missing.
        let (mut points, mut images) = (0u64, 0u64);
        for &(point, image) in moves {
            let Some(slot) = map.get_mut(point as usize) else {
                refuse(self.degree, index, moves);
            };
            *slot = image;
            points ^= 1 << point;
            images ^= 1u64.checked_shl(image).unwrap_or_default();
        }
        let listed_once = points.count_ones() as usize == moves.len();
        if !listed_once || points != images {
            refuse(self.degree, index, moves);
        }
        let moves_point = |point: &u32| map[*point as usize] != *point;
        let depth = match self.base.iter().position(moves_point) {
            Some(depth) => depth as u32,
            None => match (0..self.degree as u32).find(moves_point) {
                Some(least) => {
                    self.push_base(least);
                    self.scratch.depths[least as usize]
                }
                None => return self.words.truncate(start),
            },
        };
        self.push_generator(depth, start);
    }

    /// Adds the generator whose cycles have been appended after `start`, the place for their number.
    fn push_cycles(&mut self, start: usize) {
        let Scratch { depths, uses, .. } = &mut self.scratch;
        let (mut least, mut depth) = (NONE, NONE);
        for &word in &self.words[start + 1..] {
            let point = point_of(word);
            least = least.min(point);
            depth = depth.min(depths[point as usize]);
            uses[point as usize] += 1;
        }
        if least == NONE {
            return self.words.truncate(start);
        }
        if depth == NONE {
            self.push_base(least);
            depth = self.scratch.depths[least as usize];
        }
        self.words[start] = (self.words.len() - start - 1) as u32;
        self.push_generator(depth, start);
    }

    fn push_generator(&mut self, depth: u32, start: usize) {
        let (from, to) = (start as u32 + 1, self.words.len() as u32);
        let span = Span { from, to };
        self.generators.push(Generator { depth, span });
    }

    /// The chain of the generators. Nothing is verified.
    pub(crate) fn finish(self: Box<Self>) -> Chain {
        let mut chain = Chain::default();
        self.finish_into(&mut chain);
        chain
    }

    /// As [`finish`](Self::finish), into a chain whose memory is reused.
    pub(crate) fn finish_into(mut self: Box<Self>, chain: &mut Chain) {
        let generator_words = self.words.len() as u32;
        // An arc is put before those that leave the same point already: the generators that shall come first are last.
        self.generators
            .sort_unstable_by_key(|generator| (generator.depth, Reverse(generator.span.from)));
        if self.form == Form::Cycles {
            self.link_arcs();
        }
        let mut last = NONE;
        for index in 0..self.generators.len() {
            let generator = &self.generators[index];
            let (depth, span) = (generator.depth, generator.span);
            if depth == last {
                continue;
            }
            last = depth;
            let base = self.base[depth as usize];
            if self.form == Form::Images {
                self.push_orbit_of_images(base, index);
            } else if self.is_lone_involution(span) {
                self.push_pair(base, span);
            } else if let Some(level) = self.within_swaps(base) {
                self.levels.push(level);
            } else {
                self.push_orbit_of_cycles(base, depth);
            }
        }
        self.copy_into(generator_words, chain);
        self.put_back();
    }

    /// Copies what has been built into a chain without parts or twins.
    pub(super) fn copy_into(&self, generator_words: u32, chain: &mut Chain) {
        // Positions are 32 bits wide. They are all at most this one.
        position(self.words.len());
        chain.clear();
        chain.levels.extend_from_slice(&self.levels);
        chain.nodes.extend_from_slice(&self.nodes);
        chain.words.extend_from_slice(&self.words);
        (chain.form, chain.generator_words) = (self.form, generator_words);
        chain.complete();
    }

    /// Brings the scratch to rest, and keeps it for the next group of this thread.
    pub(super) fn put_back(mut self: Box<Self>) {
        if self.form == Form::Cycles {
            for generator in &self.generators {
                for &word in &self.words[generator.span.range()] {
                    self.scratch.first_arc[point_of(word) as usize] = NONE;
                    self.scratch.uses[point_of(word) as usize] = 0;
                }
            }
        }
        for &point in &self.base {
            self.scratch.depths[point as usize] = NONE;
        }
        #[cfg(debug_assertions)]
        self.scratch.assert_at_rest(self.degree.min(MAX_MAPPED));
        self.base.clear();
        self.generators.clear();
        self.arcs.clear();
        self.levels.clear();
        self.nodes.clear();
        self.words.clear();
        let words = self.words.capacity() + self.nodes.capacity() + self.arcs.capacity();
        if self.scratch.images.len() <= KEPT_DEGREE && words <= KEPT_WORDS {
            IDLE.set(Some(self));
        }
    }

    /// Whether the generator with these cycles is of order two, moves few points, and no other generator moves any of
    /// them.
    fn is_lone_involution(&self, span: Span) -> bool {
        let words = &self.words[span.range()];
        let lone_pair = |pair: &[u32]| {
            pair.iter()
                .all(|&word| self.scratch.uses[point_of(word) as usize] == 1)
                && pair.last().is_some_and(|&word| ends_cycle(word))
        };
        words.len() <= MAX_TABLE_WIDTH && words.chunks(2).all(lone_pair)
    }

    /// Links the images of each point under generators in cycle form, but for lone involutions, which need no search.
    fn link_arcs(&mut self) {
        for (index, generator) in (0u32..).zip(&self.generators) {
            if self.is_lone_involution(generator.span) {
                continue;
            }
            let mut first = generator.span.from;
            for at in generator.span.from..generator.span.to {
                let word = self.words[at as usize];
                let end = ends_cycle(word);
                let to = point_of(self.words[if end { first } else { at + 1 } as usize]);
                if end {
                    first = at + 1;
                }
                let head = &mut self.scratch.first_arc[point_of(word) as usize];
                let next = std::mem::replace(head, self.arcs.len() as u32);
                self.arcs.push(Arc {
                    to,
                    generator: index,
                    next,
                });
            }
        }
    }

    /// The level of the orbit of `base` under the generators from the given one on, which are images.
    fn push_orbit_of_images(&mut self, base: u32, first: usize) {
        let (words, generators) = (&self.words, &self.generators[first..]);
        let images = |point: u32| {
            generators.iter().map(move |generator| {
                let image = words[(generator.span.from + point) as usize];
                (image, generator.span)
            })
        };
        let mut visited = 0u64;
        let visit = |point: u32| {
            let is_new = visited >> point & 1 == 0;
            visited |= 1 << point;
            is_new
        };
        let start = grow_tree(&mut self.nodes, base, images, visit);
        self.push_tree(base, start);
    }

    /// The level of the orbit of `base` under the generators in cycle form that are of the given depth or deeper.
    fn push_orbit_of_cycles(&mut self, base: u32, depth: u32) {
        let (arcs, generators) = (&self.arcs, &self.generators);
        let Scratch {
            first_arc, visited, ..
        } = &mut self.scratch;
        let images = |point: u32| {
            let mut at = first_arc[point as usize];
            std::iter::from_fn(move || {
                let arc = arcs.get(at as usize)?;
                let generator = &generators[arc.generator as usize];
                if generator.depth < depth {
                    return None;
                }
                at = arc.next;
                Some((arc.to, generator.span))
            })
        };
        let visit = |point: u32| !std::mem::replace(&mut visited[point as usize], true);
        let start = grow_tree(&mut self.nodes, base, images, visit);
        let mut most_moved = 0;
        for node in &self.nodes[start..] {
            visited[node.point as usize] = false;
            most_moved = most_moved.max(node.edge.len());
        }
        if most_moved == 2 {
            self.push_swaps(base, start);
        } else {
            self.push_tree(base, start);
        }
    }

    fn push_tree(&mut self, base: u32, start: usize) {
        let len = (self.nodes.len() - start) as u32;
        self.levels
            .push(Level::new(base, start as u32, len, Transversal::Tree));
    }
}

/// Appends the Schreier tree of the orbit of `base`, breadth first: `images` yields the images of a point, each with the
/// generator that it is due to, and `visit` says whether a point is met for the first time. Returns where the tree
/// begins.
#[inline]
fn grow_tree<I: Iterator<Item = (u32, Span)>>(
    nodes: &mut Vec<Node>,
    base: u32,
    images: impl Fn(u32) -> I,
    mut visit: impl FnMut(u32) -> bool,
) -> usize {
    let start = nodes.len();
    visit(base);
    nodes.push(Node {
        point: base,
        parent: start as u32,
        edge: Span::default(),
    });
    let mut next = start;
    while let Some(&Node { point, .. }) = nodes.get(next) {
        for (image, edge) in images(point) {
            if visit(image) {
                nodes.push(Node {
                    point: image,
                    parent: next as u32,
                    edge,
                });
            }
        }
        next += 1;
    }
    start
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

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: usize = 9;

    /// The memory that this thread has kept.
    fn idle() -> Box<ChainBuilder> {
        IDLE.take().expect("a builder was given back")
    }

    #[test]
    fn builders_are_given_back_at_rest() {
        let rotation: Vec<(u32, u32)> = (0..9).map(|i| (i, (i + 1) % 9)).collect();
        let reflection: Vec<(u32, u32)> = (0..9).map(|i| (i, (9 - i) % 9)).collect();
        let lone = [(3, 4), (4, 3), (5, 6), (6, 5)];
        for generators in [
            &[&rotation[..], &reflection][..],
            &[&lone],
            &[&lone, &[(0, 1), (1, 0)]],
        ] {
            for push in [ChainBuilder::push_moves, ChainBuilder::push_moves_as_images] {
                let mut builder = ChainBuilder::take(KEPT, &[0, 3]);
                for (index, moves) in generators.iter().enumerate() {
                    push(&mut builder, index, moves);
                }
                let chain = builder.finish();
                chain.assert_invariants(KEPT);
                idle().scratch.assert_at_rest(KEPT);
                ChainBuilder::explicit(&chain, KEPT).assert_invariants(KEPT);
                idle().scratch.assert_at_rest(KEPT);
            }
        }
    }

    #[test]
    fn large_groups_keep_no_memory() {
        let mut builder = ChainBuilder::take(KEPT_DEGREE + 1, &[]);
        builder.push_moves(0, &[(0, 1), (1, 0)]);
        assert_eq!(builder.finish().order_u64(), Some(2));
        assert!(IDLE.take().is_none());
    }
}
