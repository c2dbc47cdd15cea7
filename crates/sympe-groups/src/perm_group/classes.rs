//! The levels of parts and of twins, and what a chain with them looks like from outside: base, generators, orbits.
//!
//! # Data
//!
//! A [`Class`] of `k` bundles is stored once, as words; its `k − 1` levels refer to them.
//!
//! # Invariants
//!
//! A class takes consecutive levels, of `k, k − 1, …, 2` bundles, the first of which holds all its points. Where classes
//! are nested, the outer one comes first.
//!
//! # Cost
//!
//! A class costs memory linear in the number of its points. Exchanges of its bundles, written out as permutations, take
//! `degree · (k − 1)` words.

use super::{
    chain::{Chain, Level, Transversal, swap_bundles},
    words::position,
};
use crate::{
    Bundles,
    permutation::{Permutation, identity_images},
    union_find::UnionFind,
};
use std::ops::Range;

/// Bundles of points that are permuted at will, the `i`-th point of one going to the `i`-th of another.
#[derive(Clone, Copy)]
pub(super) struct Class<'a> {
    /// The number of points in a bundle.
    pub(super) width: usize,
    /// The points, bundle by bundle.
    pub(super) points: &'a [u32],
}

impl<'a> Class<'a> {
    pub(super) fn bundles(self) -> impl DoubleEndedIterator<Item = &'a [u32]> + ExactSizeIterator {
        self.points.chunks(self.width)
    }

    /// Exchanges of adjacent ones among the given bundles.
    fn exchanges(bundles: &[&[u32]], degree: usize) -> impl Iterator<Item = Permutation> {
        bundles.windows(2).map(move |pair| {
            let mut images = identity_images(degree);
            swap_bundles(&mut images, pair[0], pair[1]);
            Permutation::from_images_unchecked(images)
        })
    }

    /// The cycle that takes each bundle to the next, and the last one to the first.
    fn rotation(self, degree: usize) -> Permutation {
        let mut images = identity_images(degree);
        let (first, rest) = self.points.split_at(self.width);
        for (&point, &image) in self.points.iter().zip(rest.iter().chain(first)) {
            images[point as usize] = image;
        }
        Permutation::from_images_unchecked(images)
    }
}

impl Chain {
    /// Extends the group to that of the products `e·h·s` of exchanges of parts, elements of this group, and
    /// permutations of twins. The anchors are a base of the group without twins.
    pub(crate) fn extend_by_bundles(&mut self, parts: &Bundles, anchors: &[u32], twins: &Bundles) {
        if !parts.is_empty() {
            let before = self.levels.len();
            push_classes(parts, &mut self.levels, &mut self.words);
            let more = self.levels.len() - before;
            self.levels.rotate_right(more);
            self.part_levels += more as u32;
            self.anchors.clear();
            self.anchors.extend_from_slice(anchors);
        }
        let before = self.levels.len();
        push_classes(twins, &mut self.levels, &mut self.words);
        self.twin_levels += (self.levels.len() - before) as u32;
        position(self.words.len());
        self.complete();
    }

    /// The classes that consecutive levels belong to.
    pub(super) fn classes(&self, levels: Range<usize>) -> impl Iterator<Item = Class<'_>> {
        let mut rest = &self.levels[levels];
        std::iter::from_fn(move || {
            let first = *rest.first()?;
            rest = &rest[first.len as usize - 1..];
            let (width, start) = (first.width(), first.start as usize);
            let points = &self.words[start..start + first.len as usize * width];
            Some(Class { width, points })
        })
    }

    /// The classes of parts, and those of twins.
    pub(crate) fn bundles(&self) -> [Bundles; 2] {
        let collected = |classes: &mut dyn Iterator<Item = Class<'_>>| {
            let mut bundles = Bundles::default();
            classes.for_each(|class| bundles.push_class(class.width, class.points.iter().copied()));
            bundles
        };
        [collected(&mut self.parts()), collected(&mut self.twins())]
    }

    /// Base and strong generators of the core alone.
    pub(crate) fn core_base_and_generators(&self, degree: usize) -> (Vec<u32>, Vec<Permutation>) {
        let base = self.levels[self.core()].iter().map(|level| level.base).collect();
        let generators = self.generators().map(|g| g.to_permutation(degree)).collect();
        (base, generators)
    }

    fn parts(&self) -> impl Iterator<Item = Class<'_>> {
        self.classes(0..self.core().start)
    }

    pub(super) fn twins(&self) -> impl Iterator<Item = Class<'_>> {
        self.classes(self.core().end..self.levels.len())
    }

    /// The points of the classes of twins, class by class.
    pub(crate) fn twin_points(&self) -> impl Iterator<Item = u32> {
        self.twins().flat_map(|class| class.points.iter().copied())
    }

    /// The words that exchanges of adjacent bundles of all classes would take, written out.
    pub(crate) fn exchange_words(&self, degree: usize) -> usize {
        let exchanges = |class: Class<'_>| class.bundles().len() - 1;
        self.parts().chain(self.twins()).map(exchanges).sum::<usize>() * degree
    }

    /// Base and strong generators: those of the core, and exchanges of adjacent bundles.
    pub(crate) fn base_and_strong_generators(&self, degree: usize) -> (Vec<u32>, Vec<Permutation>) {
        let (mut base, mut strong) = self.core_base_and_generators(degree);
        if self.part_levels > 0 {
            base.clone_from(&self.anchors);
        }
        let mut in_base = vec![false; degree];
        for &point in &base {
            in_base[point as usize] = true;
        }
        for class in self.parts() {
            let bundles: Vec<&[u32]> = class.bundles().collect();
            strong.extend(Class::exchanges(&bundles, degree));
        }
        for class in self.twins() {
            // What the rest of the group fixes of a class is all of it or nothing: at most one of its bundles has a point
            // in the base so far, because outer classes come first. Exchanges of adjacent bundles, that one first, are
            // strong.
            let mut bundles: Vec<&[u32]> = class.bundles().collect();
            let known = bundles
                .iter()
                .position(|bundle| bundle.iter().any(|&point| in_base[point as usize]));
            bundles[..=known.unwrap_or(0)].rotate_right(1);
            strong.extend(Class::exchanges(&bundles, degree));
            for bundle in &bundles[usize::from(known.is_some())..bundles.len() - 1] {
                in_base[bundle[0] as usize] = true;
                base.push(bundle[0]);
            }
        }
        (base, strong)
    }

    /// The strong generators of the core, and for each class an exchange of two bundles and a cycle of all.
    pub(crate) fn few_generators(&self, degree: usize) -> Vec<Permutation> {
        let mut generators: Vec<Permutation> = self.generators().map(|g| g.to_permutation(degree)).collect();
        for class in self.parts().chain(self.twins()) {
            let two: Vec<&[u32]> = class.bundles().take(2).collect();
            generators.extend(Class::exchanges(&two, degree));
            if class.bundles().len() > 2 {
                generators.push(class.rotation(degree));
            }
        }
        generators
    }

    /// Whether the first level says that all points are in one orbit. If not, they may be so nevertheless.
    pub(crate) fn is_seen_to_be_transitive(&self, degree: usize) -> bool {
        let spans = |level: &Level| level.len as usize == degree && level.width() == 1;
        self.levels.first().is_some_and(spans)
    }

    /// Joins each point to its images under generators.
    pub(crate) fn join_orbits(&self, orbits: &mut UnionFind) {
        for generator in self.generators() {
            generator.for_each_link(|p, q| {
                orbits.join(p, q);
            });
        }
        for Class { width, points } in self.parts().chain(self.twins()) {
            for (&p, &q) in points.iter().zip(&points[width..]) {
                orbits.join(p, q);
            }
        }
    }
}

/// Adds the levels of the symmetric groups of some classes.
fn push_classes(bundles: &Bundles, levels: &mut Vec<Level>, words: &mut Vec<u32>) {
    for (width, points) in bundles.classes() {
        // Most bundles are single points, and a division takes long.
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
            levels.push(Level::new(words[start as usize], start, len, transversal));
            (start, len) = (start + width as u32, len - 1);
        }
    }
}
