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
