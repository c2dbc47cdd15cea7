//! What is to be laid on what, what is chosen so far, and what is known to be possible.

use super::group::GroupAssignment;
use super::tree::Node;
use crate::procrustes::procrustes;
use nalgebra::{Matrix3, Vector3};

/// Losses that differ by less than this, as a part of the largest possible one, are equal.
pub(super) const EQUAL: f64 = 1e-12;
/// The two lists, and what is known of the best match so far.
pub(super) struct Problem<'a> {
    pub(super) group: &'a GroupAssignment,
    /// The first list as it is, and as its mirror image.
    pub(super) sides: Vec<Vec<Vector3<f64>>>,
    pub(super) to: Vec<Vector3<f64>>,
    /// The sum of the squares of all places: the loss without any correlation.
    pub(super) total: f64,
    /// Steps that may still be taken.
    pub(super) left: u64,
    pub(super) best: Option<Candidate>,
}

/// A complete choice.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) side: usize,
    pub(super) images: Vec<u32>,
    pub(super) rotation: Matrix3<f64>,
    pub(super) loss: f64,
}

/// What is chosen so far.
#[derive(Clone)]
pub(super) struct Choice<'a> {
    pub(super) side: usize,
    /// The image of each point, as far as it is chosen.
    pub(super) images: Vec<u32>,
    /// Where there is something left to choose, of an exchange from a bundle on.
    pub(super) open: Vec<Open<'a>>,
}

#[derive(Clone, Copy)]
pub(super) struct Open<'a> {
    pub(super) node: &'a Node,
    pub(super) done: usize,
}

impl Open<'_> {
    pub(super) fn points(&self) -> &[u32] {
        match self.node {
            Node::Chain(chain) => chain.points(),
            Node::Exchange(exchange) => &exchange.points()[self.done * exchange.bundle(0).len()..],
        }
    }
}

impl<'a> Choice<'a> {
    /// The points whose images are not chosen.
    pub(super) fn points(&self) -> Vec<u32> {
        self.open.iter().flat_map(|open| open.points()).copied().collect()
    }

    /// What there is to choose next, in the factor of the most points: images of some of them, and what is left open then.
    pub(super) fn children(&self) -> Vec<Self> {
        let next = (0..self.open.len()).max_by_key(|&index| self.open[index].points().len());
        let mut others = self.open.clone();
        let Open { node, done } = others.swap_remove(next.expect("something is open"));
        let opened = |nodes: &'a [Node]| nodes.iter().map(|node| Open { node, done: 0 });
        match node {
            Node::Chain(chain) => {
                let points = chain.points();
                let child = |element: &Vec<u32>| {
                    let mut images = self.images.clone();
                    for (&point, &image) in points.iter().zip(element) {
                        images[point as usize] = self.images[points[image as usize] as usize];
                    }
                    Choice {
                        side: self.side,
                        images,
                        open: others.iter().copied().chain(opened(&chain.inside)).collect(),
                    }
                };
                chain.transversal.iter().map(child).collect()
            }
            Node::Exchange(exchange) => {
                let child = |other: usize| {
                    let mut images = self.images.clone();
                    for (&a, &b) in exchange.bundle(done).iter().zip(exchange.bundle(other)) {
                        images.swap(a as usize, b as usize);
                    }
                    let mut open: Vec<Open<'a>> = others
                        .iter()
                        .copied()
                        .chain(opened(&exchange.inside[done]))
                        .collect();
                    if done + 2 < exchange.len() {
                        let done = done + 1;
                        open.push(Open { node, done });
                    } else {
                        // Nothing is left for the last bundle but to go to the last place.
                        open.extend(opened(&exchange.inside[done + 1]));
                    }
                    Choice {
                        side: self.side,
                        images,
                        open,
                    }
                };
                (done..exchange.len()).map(child).collect()
            }
        }
    }
}

impl<'a> Problem<'a> {
    pub(super) fn new(
        group: &'a GroupAssignment,
        sides: Vec<Vec<Vector3<f64>>>,
        to: Vec<Vector3<f64>>,
    ) -> Self {
        let total = sides[0].iter().chain(&to).map(Vector3::norm_squared).sum();
        Self {
            group,
            sides,
            to,
            total,
            left: group.budget,
            best: None,
        }
    }

    /// The places of a side, each with the one that it is to be laid on.
    pub(super) fn pairs(
        &self,
        side: usize,
        images: &[u32],
    ) -> impl Iterator<Item = (&Vector3<f64>, &Vector3<f64>)> {
        let images = images.to_vec();
        self.sides[side]
            .iter()
            .zip(images)
            .map(|(place, image)| (place, &self.to[image as usize]))
    }

    pub(super) fn correlation(&self, side: usize, images: &[u32]) -> Matrix3<f64> {
        self.pairs(side, images)
            .map(|(place, image)| image * place.transpose())
            .sum()
    }

    /// What a rotation leaves of a correlation.
    pub(super) fn loss(&self, rotation: &Matrix3<f64>, correlation: &Matrix3<f64>) -> f64 {
        self.total - 2.0 * rotation.dot(correlation)
    }

    /// What is better than the best candidate has a larger product of rotation and correlation.
    pub(super) fn most(&self) -> f64 {
        (self.total - self.least()) / 2.0
    }

    /// What is better than the best candidate leaves less than this.
    pub(super) fn least(&self) -> f64 {
        self.best
            .as_ref()
            .map_or(f64::INFINITY, |best| best.loss - EQUAL * self.total)
    }
}

/// The rotation of which the product with a correlation is largest.
pub(super) fn fit(correlation: &Matrix3<f64>) -> Matrix3<f64> {
    procrustes(correlation, false).expect("sums of finite products")
}
