//! How elements of a permutation group are written in machine words.
//!
//! # Data
//!
//! An [`Element`] is a slice of a longer list of words, named by a [`Span`] of it. All elements of one chain have the
//! same [`Form`]:
//!
//! * *cycles*: the points that are moved, cycle by cycle; `p₀ p₁ … pₘ` stands for `p₀ ↦ p₁ ↦ … ↦ pₘ ↦ p₀`, and a bit of
//!   the word of `pₘ` marks the end of the cycle;
//! * *images*: the images of the points `0, 1, …`, for degrees up to [`MAX_MAPPED`].
//!
//! # Invariants
//!
//! Cycles are disjoint and have two points at least. Images are a permutation of `0..degree`. In both forms, the empty
//! slice is the identity. `Element::assert_invariants` checks all of that.
//!
//! # Cost
//!
//! Multiplication takes time linear in the words. Cycles cost as much as an element moves, and are more expensive to
//! find and to walk than images, which cost as much as there are points.

use crate::permutation::{MAX_DEGREE, Permutation, identity_images};
use std::ops::Range;

/// The bit that marks the last point of a cycle. It is free, because points are below [`MAX_DEGREE`].
const CYCLE_END: u32 = 1 << 31;
const _: () = assert!(CYCLE_END as usize == MAX_DEGREE);

/// The largest degree of elements that are written as images: sets of their points are words of 64 bits, and a copy of
/// the images fits the stack.
pub(super) const MAX_MAPPED: usize = 64;

/// The entry of a table for which there is nothing to refer to. References are positions in lists of words, nodes,
/// arcs, generators or base points, all of them shorter ([`position`]).
pub(super) const NONE: u32 = u32::MAX;

/// The length of a list, as the position of what is appended next.
///
/// # Panics
///
/// When the list has grown beyond what 32 bits count.
#[inline]
pub(super) fn position(len: usize) -> u32 {
    match u32::try_from(len) {
        Ok(position) if position != NONE => position,
        _ => panic!("{len} words of generators exceed the range of 32 bits"),
    }
}

/// The words `from..to` of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) to: u32,
}

impl Span {
    #[inline]
    pub(super) fn range(self) -> Range<usize> {
        self.from as usize..self.to as usize
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        self.range().len()
    }
}

/// How many words transversals may take when the elements on the paths of a Schreier tree are multiplied out.
pub(super) struct Budget {
    /// The most words that a level may come to need.
    pub(super) per_level: usize,
    /// Nothing more is multiplied out once all of the chain has used this many words.
    pub(super) in_all: usize,
}

impl Budget {
    /// Whether a level that may come to need so many words is affordable.
    pub(super) fn allows(&self, level: usize, used: usize) -> bool {
        level <= self.per_level && used <= self.in_all
    }
}

/// The point that a word of a cycle names.
#[inline]
pub(super) fn point_of(word: u32) -> u32 {
    word & !CYCLE_END
}

/// Whether the word is the last one of its cycle.
#[inline]
pub(super) fn ends_cycle(word: u32) -> bool {
    word & CYCLE_END != 0
}

/// The cycle form of the transposition `(p q)`.
#[inline]
pub(super) fn transposition(p: u32, q: u32) -> [u32; 2] {
    [p, q | CYCLE_END]
}

/// What the words of an element are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    #[default]
    Cycles,
    Images,
}

impl Form {
    /// The element that these words of this form are.
    #[inline]
    pub(super) fn read(self, words: &[u32]) -> Element<'_> {
        match self {
            Self::Cycles => Element::Cycles(words),
            Self::Images => Element::Images(words),
        }
    }
}

/// An element, borrowed from the list of words that it is written in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Element<'a> {
    Cycles(&'a [u32]),
    Images(&'a [u32]),
}

impl Element<'_> {
    /// Replaces `g`, given by its images, by `g·c`, `c` this element: `g·c` maps `i` to `g(c(i))`.
    #[inline]
    pub(super) fn multiply(self, images: &mut [u32]) {
        match self {
            // The image of each point of a cycle becomes that of the next.
            Self::Cycles(words) => {
                let mut words = words.iter();
                while let Some(&first) = words.next() {
                    let mut point = first as usize;
                    let held = images[point];
                    for &word in words.by_ref() {
                        let next = point_of(word) as usize;
                        images[point] = images[next];
                        point = next;
                        if ends_cycle(word) {
                            break;
                        }
                    }
                    images[point] = held;
                }
            }
            Self::Images(map) => {
                let mut held = [0; MAX_MAPPED];
                held[..map.len()].copy_from_slice(&images[..map.len()]);
                for (image, &next) in images.iter_mut().zip(map) {
                    *image = held[next as usize % MAX_MAPPED];
                }
            }
        }
    }

    /// Replaces `g` by `g·c` and `g⁻¹` by `(g·c)⁻¹`, `c` this element, all of them given by images.
    #[inline]
    pub(super) fn multiply_with_inverse(self, images: &mut [u32], inverse: &mut [u32]) {
        match self {
            Self::Cycles(cycles) => for_each_transposition(cycles, |p, q| {
                let (p, q) = (p as usize, q as usize);
                images.swap(p, q);
                inverse[images[p] as usize] = p as u32;
                inverse[images[q] as usize] = q as u32;
            }),
            Self::Images(map) => {
                self.multiply(images);
                // The empty slice leaves all as it is.
                for (i, &image) in (0u32..).zip(&images[..map.len()]) {
                    inverse[image as usize] = i;
                }
            }
        }
    }

    /// Makes each point that the element names a fixed point of `images`.
    #[inline]
    pub(super) fn reset(self, images: &mut [u32]) {
        match self {
            Self::Cycles(cycles) => {
                for &word in cycles {
                    images[point_of(word) as usize] = point_of(word);
                }
            }
            Self::Images(map) => {
                for (i, image) in (0u32..).zip(&mut images[..map.len()]) {
                    *image = i;
                }
            }
        }
    }

    /// Calls `join` with pairs of points in the same orbit of the element, enough of them to connect each orbit.
    #[inline]
    pub(super) fn for_each_link(self, mut join: impl FnMut(u32, u32)) {
        match self {
            Self::Cycles(cycles) => for_each_transposition(cycles, join),
            Self::Images(map) => (0..).zip(map).for_each(|(point, &image)| join(point, image)),
        }
    }

    pub(super) fn to_permutation(self, degree: usize) -> Permutation {
        let mut images = identity_images(degree);
        self.multiply(&mut images);
        Permutation::from_images_unchecked(images)
    }

    /// Panics unless the words are an element of the given degree, as the documentation of this module says.
    #[cfg(any(test, debug_assertions))]
    pub(super) fn assert_invariants(self, degree: usize) {
        match self {
            Self::Cycles(words) => {
                let mut points: Vec<u32> = words.iter().copied().map(point_of).collect();
                points.sort_unstable();
                assert!(
                    points.windows(2).all(|pair| pair[0] < pair[1]),
                    "cycles are disjoint"
                );
                assert!(points.last().is_none_or(|&most| (most as usize) < degree));
                let cycles = words.split_inclusive(|&word| ends_cycle(word));
                for cycle in cycles {
                    assert!(cycle.len() >= 2, "cycles have two points at least");
                    assert!(cycle.last().copied().is_some_and(ends_cycle), "cycles end");
                }
            }
            Self::Images([]) => {}
            Self::Images(map) => {
                assert!(map.len() == degree && degree <= MAX_MAPPED, "one image per point");
                assert!(Permutation::from_images(map.to_vec()).is_ok());
            }
        }
    }
}

/// Calls `swap` with the points of each transposition of `(p₀ p₁ … pₘ) = (p₀ p₁)(p₁ p₂)…`, cycle by cycle, from left to
/// right.
#[inline]
fn for_each_transposition(cycles: &[u32], mut swap: impl FnMut(u32, u32)) {
    let mut previous = None;
    for &word in cycles {
        let point = point_of(word);
        if let Some(previous) = previous {
            swap(previous, point);
        }
        previous = (!ends_cycle(word)).then_some(point);
    }
}

/// Appends the cycle form of `a·b`, both given by their cycles in the same list. `images` must be the identity, and is
/// the identity again on return. Time linear in the points that `a` and `b` move.
pub(super) fn append_product(cycles: &mut Vec<u32>, a: Span, b: Span, images: &mut [u32]) -> Span {
    let from = position(cycles.len());
    for factor in [a, b] {
        Element::Cycles(&cycles[factor.range()]).multiply(images);
    }
    for factor in [a, b] {
        let mut rest = factor.range();
        // Most points belong to a cycle that has been appended already, and are fixed.
        let is_moved = |images: &[u32], word: u32| images[point_of(word) as usize] != point_of(word);
        while let Some(fixed) = cycles[rest.clone()]
            .iter()
            .position(|&word| is_moved(images, word))
        {
            let start = point_of(cycles[rest.start + fixed]);
            append_cycle(images, start, cycles);
            rest.start += fixed + 1;
        }
    }
    Span {
        from,
        to: position(cycles.len()),
    }
}

/// Moves the cycle of `images` through `start` to the end of `cycles`, unless it is trivial: its points become fixed.
///
/// False when `images` are no permutation, and `start` leads to a fixed point instead of back to itself; what has been
/// appended is then no cycle.
pub(super) fn append_cycle(images: &mut [u32], start: u32, cycles: &mut Vec<u32>) -> bool {
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

    fn parse(text: &str) -> Permutation {
        Permutation::parse(text, 7).unwrap()
    }

    fn append(g: &Permutation, cycles: &mut Vec<u32>) -> Span {
        let (from, mut images) = (cycles.len() as u32, g.images().to_vec());
        assert!((0..7).all(|point| append_cycle(&mut images, point, cycles)));
        assert_eq!(
            images,
            identity_images(7),
            "what is moved to the cycles becomes fixed"
        );
        Span {
            from,
            to: cycles.len() as u32,
        }
    }

    #[test]
    fn products_of_cycle_forms_are_products() {
        let (a, b) = (parse("(0 3 1)(2 4)"), parse("(0 5 2)(1 4)"));
        let mut cycles = Vec::new();
        let (of_a, of_b) = (append(&a, &mut cycles), append(&b, &mut cycles));
        let mut images = identity_images(7);
        let product = append_product(&mut cycles, of_a, of_b, &mut images);
        assert_eq!(images, identity_images(7), "the scratch is the identity again");
        let element = Element::Cycles(&cycles[product.range()]);
        element.assert_invariants(7);
        assert_eq!(element.to_permutation(7), a.compose(&b));
    }

    #[test]
    fn both_forms_are_the_same_element() {
        let (g, c) = (parse("(0 6 3)(1 4)"), parse("(0 5 2)(1 4 6)"));
        let mut cycles = Vec::new();
        append(&c, &mut cycles);
        let (product, mut links) = (g.compose(&c), [7, 7].map(crate::UnionFind::new));
        let forms = [Element::Cycles(&cycles), Element::Images(c.images())];
        for (element, orbits) in forms.into_iter().zip(&mut links) {
            element.assert_invariants(7);
            assert_eq!(element.to_permutation(7), c);
            let (mut images, mut inverse) = (g.images().to_vec(), g.inverse().into_images());
            element.multiply_with_inverse(&mut images, &mut inverse);
            assert_eq!(images, product.images());
            assert_eq!(inverse, product.inverse().images());
            let mut images = c.images().to_vec();
            element.reset(&mut images);
            assert_eq!(images, identity_images(7));
            element.for_each_link(|p, q| {
                orbits.join(p, q);
            });
        }
        let orbits = links.map(crate::UnionFind::into_representatives);
        assert_eq!(orbits, [[0, 1, 0, 3, 1, 0, 1]; 2]);
    }

    #[test]
    fn the_empty_slice_is_the_identity() {
        let g = parse("(0 6 3)(1 4)");
        for form in [Form::Cycles, Form::Images] {
            let (mut images, mut inverse) = (g.images().to_vec(), g.inverse().into_images());
            let element = form.read(&[]);
            element.assert_invariants(7);
            element.multiply_with_inverse(&mut images, &mut inverse);
            element.reset(&mut images);
            assert_eq!((&images[..], &inverse[..]), (g.images(), g.inverse().images()));
        }
    }

    #[test]
    fn what_leads_nowhere_is_no_cycle() {
        assert!(!append_cycle(&mut [1, 2, 2], 0, &mut Vec::new()));
        assert_eq!(transposition(3, 1).map(point_of), [3, 1]);
        assert_eq!(transposition(3, 1).map(ends_cycle), [false, true]);
    }
}
