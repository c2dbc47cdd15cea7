//! Membership by sifting: an element of the group becomes the identity when it is multiplied by one element of the
//! transversal after the other.
//!
//! # Data
//!
//! A [`Sift`] holds what is left of the permutation, with its inverse; and, if there are parts or twins, of each point
//! the class that held it last, and its bundle there.
//!
//! # Invariants
//!
//! After a level, what is left fixes the base point of that level, or, up to twins, which come later: maps it to where
//! twins can be. It belongs to the group exactly if `g` does.
//!
//! # Cost
//!
//! Time linear in the degree, in the sizes of the levels, and in the words of the elements that are multiplied by.

use super::{
    chain::{Chain, Level, Node, Transversal},
    words::point_of,
};
use crate::permutation::{Permutation, identity_images};
use std::ops::Range;

/// Where a point is in a class of bundles.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    class: u32,
    bundle: u32,
}

struct Sift<'a> {
    chain: &'a Chain,
    /// What is left.
    images: Vec<u32>,
    /// Its inverse.
    inverse: Vec<u32>,
    /// Of each point, its place in the last of the classes met that held it. Empty if there are no classes.
    places: Vec<Option<Place>>,
    /// How many classes have been met.
    classes: u32,
}

impl Chain {
    /// Whether `g` is a product of elements of the transversals.
    pub(crate) fn contains(&self, g: &Permutation) -> bool {
        let core = self.core();
        let mut sift = Sift::new(self, g);
        sift.fix_bundles(0..core.start)
            && sift.fix_base_points(core.clone())
            && sift.fix_bundles(core.end..self.levels.len())
            && (0u32..).zip(&sift.images).all(|(i, &image)| i == image)
    }

    /// For each point the one that takes its place when all twins are identified. Empty if there are no twins.
    fn representatives_of_twins(&self, degree: usize) -> Vec<u32> {
        if self.twin_levels == 0 {
            return Vec::new();
        }
        let mut representative = identity_images(degree);
        for class in self.twins() {
            let (first, rest) = class.points.split_at(class.width);
            for bundle in rest.chunks(class.width) {
                for (&point, &kept) in bundle.iter().zip(first) {
                    representative[point as usize] = representative[kept as usize];
                }
            }
        }
        representative
    }
}

impl<'a> Sift<'a> {
    fn new(chain: &'a Chain, g: &Permutation) -> Self {
        let degree = g.degree();
        let images = g.images().to_vec();
        let mut inverse = vec![0; degree];
        for (i, &image) in (0u32..).zip(&images) {
            inverse[image as usize] = i;
        }
        let has_classes = chain.core() != (0..chain.levels.len());
        Self {
            chain,
            images,
            inverse,
            places: vec![None; if has_classes { degree } else { 0 }],
            classes: 0,
        }
    }

    /// Takes each bundle of the classes at these levels to its own place. False if one is not where the others are.
    fn fix_bundles(&mut self, levels: Range<usize>) -> bool {
        for class in self.chain.classes(levels) {
            self.classes += 1;
            let of = self.classes;
            for (bundle, points) in (0u32..).zip(class.bundles()) {
                for &point in points {
                    self.places[point as usize] = Some(Place { class: of, bundle });
                }
            }
            for (this, points) in (0u32..).zip(class.bundles()) {
                let preimage = self.inverse[points[0] as usize];
                let from = match self.places[preimage as usize] {
                    Some(Place { class, bundle }) if class == of && bundle >= this => bundle,
                    _ => return false,
                };
                if from == this {
                    continue;
                }
                let others = &class.points[from as usize * class.width..];
                for (&p, &q) in points.iter().zip(others) {
                    self.multiply_by_transposition(p, q);
                }
            }
        }
        true
    }

    /// Takes each base point of the core to itself, up to twins. False if one is mapped to outside its basic orbit.
    fn fix_base_points(&mut self, levels: Range<usize>) -> bool {
        let representatives = self.chain.representatives_of_twins(self.images.len());
        let known = |point: u32| representatives.get(point as usize).copied().unwrap_or(point);
        for level in &self.chain.levels[levels] {
            // For the preimage p of the base point b, g·u_p maps b to itself.
            let preimage = known(self.inverse[level.base as usize]);
            if preimage == known(level.base) {
                continue;
            }
            let found = match level.transversal {
                Transversal::Tree => self.chain.nodes[level.range()]
                    .iter()
                    .position(|node| known(node.point) == preimage),
                _ => self.chain.words[level.range()]
                    .iter()
                    .position(|&word| known(point_of(word)) == preimage),
            };
            match found {
                Some(index) => self.multiply_by(level, index as u32),
                None => return false,
            }
        }
        true
    }

    /// Multiplies what is left by an element of the transversal of a level of the core.
    fn multiply_by(&mut self, level: &Level, index: u32) {
        match level.transversal {
            Transversal::Table { width } => {
                self.chain.multiply_by(&mut self.images, level, index);
                for &point in self.chain.table_row(level, width, 0).0 {
                    self.inverse[self.images[point as usize] as usize] = point;
                }
            }
            Transversal::Tree => {
                let mut node = (level.start + index) as usize;
                while node != level.start as usize {
                    let Node { parent, edge, .. } = self.chain.nodes[node];
                    let edge = self.chain.element(edge);
                    edge.multiply_with_inverse(&mut self.images, &mut self.inverse);
                    node = parent as usize;
                }
            }
            Transversal::Swaps | Transversal::Bundles { .. } => {
                self.multiply_by_transposition(level.base, self.chain.point(level, index));
            }
        }
    }

    #[inline]
    fn multiply_by_transposition(&mut self, p: u32, q: u32) {
        self.images.swap(p as usize, q as usize);
        self.inverse[self.images[p as usize] as usize] = p;
        self.inverse[self.images[q as usize] as usize] = q;
    }
}
