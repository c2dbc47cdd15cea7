//! The least sum of costs over a tree of choices, by branch and bound.

use super::assignment::least_assignment;
use super::tree::{Chain, Exchange, Node};
use crate::CanonError;

/// Minimizes sums `Σ cost(i, s(i))` over trees. Trees beside each other are minimized one after the other, exchanges of bundles are
/// assignment problems, and elements of a transversal are tried by ascending lower bound until none can be better.
pub(super) struct Search<C> {
    cost: C,
    /// The image of each point: of those below the node at hand, as far as it is chosen above.
    images: Vec<u32>,
    /// Steps that may still be taken.
    left: u64,
    budget: u64,
}

impl<C: Fn(u32, u32) -> f64> Search<C> {
    /// A search from a map of the points, that may take `budget` steps.
    pub(super) fn new(images: Vec<u32>, budget: u64, cost: C) -> Self {
        Self::resumed(images, budget, budget, cost)
    }

    /// The same, of a budget of which only a part is left.
    pub(super) fn resumed(images: Vec<u32>, left: u64, budget: u64, cost: C) -> Self {
        Self {
            cost,
            images,
            left,
            budget,
        }
    }

    /// The images that [`settle`](Self::settle) has left, and how much of the budget.
    pub(super) fn into_images(self) -> (Vec<u32>, u64) {
        (self.images, self.left)
    }

    /// Minimizes over a node, from the `done`-th bundle on if it is an exchange, and leaves the best images.
    pub(super) fn settle(&mut self, node: &Node, done: usize) -> Result<f64, CanonError> {
        self.least(node, done, f64::INFINITY, true)
    }

    /// The least sum over the points of a node, if it is below a bound; infinity if not. The best images are left or those that were
    /// there.
    fn least(&mut self, node: &Node, done: usize, bound: f64, is_kept: bool) -> Result<f64, CanonError> {
        match node {
            Node::Chain(chain) => self.least_of_chain(chain, bound, is_kept),
            Node::Exchange(exchange) => self.least_of_exchange(exchange, done, is_kept),
        }
    }

    /// Counts steps.
    fn step(&mut self, steps: usize) -> Result<(), CanonError> {
        self.left = self.left.checked_sub(steps as u64).ok_or(CanonError::Undecided {
            what: "the search for the best element of a group",
            steps: self.budget,
        })?;
        Ok(())
    }

    fn images_of(&self, points: &[u32]) -> Vec<u32> {
        points.iter().map(|&point| self.images[point as usize]).collect()
    }

    fn set(&mut self, points: &[u32], images: impl Iterator<Item = u32>) {
        for (&point, image) in points.iter().zip(images) {
            self.images[point as usize] = image;
        }
    }

    fn least_of_chain(&mut self, chain: &Chain, bound: f64, is_kept: bool) -> Result<f64, CanonError> {
        let points = chain.points();
        let before = self.images_of(points);
        let cost_of = |search: &Self, position: u32, image: u32| {
            (search.cost)(points[position as usize], before[image as usize])
        };
        // What is settled, and less than what is not can cost.
        let mut candidates: Vec<(f64, f64, usize)> = Vec::with_capacity(chain.transversal.len());
        for (index, element) in chain.transversal.iter().enumerate() {
            let settled = chain
                .settled
                .iter()
                .map(|&position| cost_of(self, position, element[position as usize]));
            let settled: f64 = settled.sum();
            let below: f64 = chain
                .inside
                .iter()
                .map(|node| {
                    let to = |point: u32| {
                        let position = points.binary_search(&point).expect("a point of the factor");
                        before[element[position] as usize]
                    };
                    self.below(node, &to)
                })
                .sum();
            candidates.push((settled + below, settled, index));
        }
        candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut least, mut best) = (bound, None);
        for (below, settled, index) in candidates {
            if below >= least {
                break;
            }
            self.step(points.len())?;
            self.set(
                points,
                chain.transversal[index]
                    .iter()
                    .map(|&image| before[image as usize]),
            );
            let mut sum = settled;
            for node in &chain.inside {
                sum += self.least(node, 0, f64::INFINITY, false)?;
                if sum >= least {
                    break;
                }
            }
            if sum < least || best.is_none() && !sum.is_finite() {
                (least, best) = (sum, Some(index));
            }
        }
        let Some(best) = best else {
            self.set(points, before.into_iter());
            return Ok(f64::INFINITY);
        };
        if is_kept {
            self.set(
                points,
                chain.transversal[best]
                    .iter()
                    .map(|&image| before[image as usize]),
            );
            for node in &chain.inside {
                self.least(node, 0, f64::INFINITY, true)?;
            }
        } else {
            self.set(points, before.into_iter());
        }
        Ok(least)
    }

    fn least_of_exchange(
        &mut self,
        exchange: &Exchange,
        done: usize,
        is_kept: bool,
    ) -> Result<f64, CanonError> {
        let n = exchange.len() - done;
        let points = &exchange.points()[done * exchange.bundle(0).len()..];
        let before = self.images_of(points);
        let width = exchange.bundle(0).len();
        // An assignment takes n³ steps, most of which are quick.
        self.step(n * n * (width + n / 4))?;
        let mut cost = Vec::with_capacity(n * n);
        for i in 0..n {
            let bundle = exchange.bundle(done + i);
            for j in 0..n {
                let to = &before[j * width..(j + 1) * width];
                let alone = exchange.alone[done + i].iter();
                let mut sum: f64 = alone
                    .map(|&place| (self.cost)(bundle[place as usize], to[place as usize]))
                    .sum();
                let inside = &exchange.inside[done + i];
                if !inside.is_empty() {
                    self.set(bundle, to.iter().copied());
                    for node in inside {
                        sum += self.least(node, 0, f64::INFINITY, false)?;
                    }
                }
                cost.push(sum);
            }
        }
        let columns = least_assignment(n, &cost);
        let least = columns
            .iter()
            .enumerate()
            .map(|(row, column)| cost[row * n + column])
            .sum();
        if is_kept {
            for (row, column) in columns.into_iter().enumerate() {
                self.set(
                    exchange.bundle(done + row),
                    before[column * width..].iter().copied(),
                );
                for node in &exchange.inside[done + row] {
                    self.least(node, 0, f64::INFINITY, true)?;
                }
            }
        } else {
            self.set(points, before.into_iter());
        }
        Ok(least)
    }

    /// A bound from below of the sum over a node, points being taken to images as they are before anything is chosen there: each point
    /// goes to the best image in its orbit.
    fn below(&self, node: &Node, to: &dyn Fn(u32) -> u32) -> f64 {
        let least = |point: u32, images: &[u32]| {
            images
                .iter()
                .map(|&image| (self.cost)(point, image))
                .fold(f64::INFINITY, f64::min)
        };
        match node {
            Node::Chain(chain) => chain
                .orbits
                .iter()
                .map(|orbit| {
                    let point = |position: &u32| chain.points()[*position as usize];
                    let images: Vec<u32> = orbit.iter().map(|position| to(point(position))).collect();
                    orbit
                        .iter()
                        .map(|position| least(point(position), &images))
                        .sum::<f64>()
                })
                .sum(),
            Node::Exchange(exchange) => {
                let width = exchange.bundle(0).len();
                let images: Vec<u32> = exchange.points().iter().map(|&point| to(point)).collect();
                let bundles = (0..exchange.len()).map(|i| {
                    let own = exchange.bundle(i);
                    let alone = exchange.alone[i].iter().map(|&place| {
                        let at = (0..exchange.len()).map(|j| images[j * width + place as usize]);
                        at.map(|image| (self.cost)(own[place as usize], image))
                            .fold(f64::INFINITY, f64::min)
                    });
                    let alone: f64 = alone.sum();
                    let inside = exchange.inside[i].iter().map(|node| {
                        node.points()
                            .iter()
                            .map(|&point| least(point, &images))
                            .sum::<f64>()
                    });
                    alone + inside.sum::<f64>()
                });
                bundles.sum()
            }
        }
    }
}
