//! The best superposition of two conformers over all symmetries of a molecule at once.
//!
//! About the centroids, `Σ|R·aᵢ − b_{s(i)}|² = Σ|a|² + Σ|b|² − 2⟨R, C_s⟩` with `C_s = Σ b_{s(i)}·aᵢᵀ`, which is to be made least over
//! rotations `R` and elements `s` of a group. For fixed `R` the best `s` splits along the factors of the group, and for fixed
//! `s` the best `R` has a closed form (Kabsch 1976): taking turns leads to a candidate.
//!
//! That none is better is proved by branch and bound over both. As long as the points whose images are chosen say little of the rotation,
//! the choices of a factor are the branches, and then cells of rotations, in which factors settle by themselves
//! ([`simplex`](super::simplex)). So the number of elements of the group does not matter, but the number of factors and how alike the
//! conformers are.

use super::cell::{Cell, Settled};
use super::group::GroupAssignment;
use super::problem::{Candidate, Choice, EQUAL, Open, Problem, fit};
use super::search::Search;
use super::simplex::Simplex;
use crate::CanonError;
use crate::points::unit;
use nalgebra::{Matrix3, Vector3, Vector4};
use std::rc::Rc;
use sympe_groups::{Euclidean, Orthogonal, OrthogonalGroup, Permutation};

/// Choices of a factor are the branches while there are no more factors than this, and rotations farther from the middle than that
/// angle are possible.
const FEW: usize = 3;
const WIDE: f64 = 1.0;
/// A smaller cell is not cut.
const SMALL: f64 = 1e-4;
/// Rounds of taking turns: each lowers the loss.
const ROUNDS: usize = 30;
/// Turns are taken where the loss is not larger than the best one by more than this factor.
const NEAR: f64 = 1.5;

/// A cube in six simplices along its diagonal.
const CUBE: [[usize; 4]; 6] = [
    [0, 1, 3, 7],
    [0, 1, 5, 7],
    [0, 2, 3, 7],
    [0, 2, 6, 7],
    [0, 4, 5, 7],
    [0, 4, 6, 7],
];
/// All quaternions, up to their signs, by the signs of their parts: of the corners 1, i, −i, j, −j, k, −k.
const ALL: [[usize; 4]; 8] = [
    [0, 1, 3, 5],
    [0, 1, 3, 6],
    [0, 1, 4, 5],
    [0, 1, 4, 6],
    [0, 2, 3, 5],
    [0, 2, 3, 6],
    [0, 2, 4, 5],
    [0, 2, 4, 6],
];

/// Two lists of points laid on each other, as well as a group of permutations allows.
///
/// ```
/// use sympe_canon::align::GroupAssignment;
/// use sympe_groups::{OrthogonalGroup, PermGroup};
/// let (a, b) = ([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]], [[0.0, 5.0, 0.0], [0.0, 7.0, 0.0]]);
/// let pair = GroupAssignment::new(&PermGroup::symmetric(2));
/// let found = pair.superpose(&a, &b, OrthogonalGroup::special())?;
/// assert!((found.rmsd - 0.5).abs() < 1e-12);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Superposed {
    /// `s`: point `i` is laid on point `s(i)`.
    pub permutation: Permutation,
    /// `M`, which lays the first list on the second one.
    pub motion: Euclidean<3>,
    /// The root of the mean of `|M·aᵢ − b_{s(i)}|²` over all points, in the unit of the places.
    pub rmsd: f64,
}

impl GroupAssignment {
    /// The element `s` and the motion `M` with the least `Σ|M·aᵢ − b_{s(i)}|²` over all points: of rotations and translations, and for
    /// [`OrthogonalGroup::full`] of reflections, too. The least over all elements of the group, however many.
    ///
    /// # Complexity
    ///
    /// Branch and bound over choices and rotations. Time does not follow the order of the group, but the number of its factors and how
    /// alike the two lists are: some hundred rotations are tried for conformers that differ by some twenty degrees in each torsion,
    /// thousands for those that have nothing in common; for each, the best element is found in all factors that are not settled yet. A
    /// group that leaves no points in their places, as all permutations of a list, makes it the problem of registering unlabelled
    /// points, which is hard.
    ///
    /// ```
    /// use sympe_canon::align::GroupAssignment;
    /// use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
    /// use sympe_groups::OrthogonalGroup;
    /// // A bent molecule ABC₂ with its two ends exchanged, and turned by a right angle.
    /// let graph = ColoredGraph::from_edges(4, false, [(0, 1), (1, 2), (1, 3)])?.with_node_colors(vec![0, 1, 2, 2])?;
    /// let group = SymmetrySearch::default().run(&graph)?.group().clone();
    /// let a = [[-1.0, 0.0, 0.0], [0.0; 3], [0.6, 0.8, 0.0], [0.6, -0.9, 0.1]];
    /// let b = [[0.0, -1.0, 0.0], [0.0; 3], [0.9, 0.6, 0.1], [-0.8, 0.6, 0.0]];
    /// let found = GroupAssignment::new(&group).superpose(&a, &b, OrthogonalGroup::special())?;
    /// assert!(found.rmsd < 1e-7);
    /// assert_eq!(found.permutation.to_string(), "(2 3)");
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there is not one finite place for each point of the group, no point at all, or the budget does not suffice.
    pub fn superpose(
        &self,
        a: &[[f64; 3]],
        b: &[[f64; 3]],
        group: OrthogonalGroup<3>,
    ) -> Result<Superposed, CanonError> {
        self.check(a, b)?;
        let unit = unit(a.iter().chain(b).flatten());
        let ((from, center), (to, other)) = (centered(a, unit), centered(b, unit));
        let mirrored = from.iter().map(|place| -place).collect();
        let sides = match group.is_special() {
            true => vec![from],
            false => vec![from, mirrored],
        };
        let mut problem = Problem::new(self, sides, to);
        let found = problem.solve()?;
        let left = problem.pairs(found.side, &found.images);
        let squares = left.map(|(place, image)| (found.rotation * place - image).norm_squared());
        let rmsd = (squares.sum::<f64>() / a.len() as f64).sqrt() * unit;
        let matrix = if found.side == 0 {
            found.rotation
        } else {
            -found.rotation
        };
        let orthogonal = Orthogonal::new(matrix).expect("a rotation, or one after the inversion");
        let translation = (other - matrix * center) * unit;
        Ok(Superposed {
            permutation: Permutation::from_images(found.images).expect("a product of permutations"),
            motion: Euclidean::new(orthogonal, translation).expect("means of finite places"),
            rmsd,
        })
    }
}

/// Places about their centroid, and the centroid, in a unit.
fn centered(places: &[[f64; 3]], unit: f64) -> (Vec<Vector3<f64>>, Vector3<f64>) {
    let places: Vec<Vector3<f64>> = places.iter().map(|&place| Vector3::from(place) / unit).collect();
    let center = places.iter().sum::<Vector3<f64>>() / places.len() as f64;
    (places.iter().map(|place| place - center).collect(), center)
}

/// Choices and rotations among which there may be something better.
enum Branch<'a> {
    Choices {
        choice: Choice<'a>,
        settled: Settled,
        cell: Cell,
    },
    Rotations(Simplex<'a>),
}

impl<'a> Problem<'a> {
    /// The best candidate, the most promising branches first.
    fn solve(&mut self) -> Result<Candidate, CanonError> {
        let mut stack: Vec<(f64, Branch<'a>)> = Vec::new();
        for side in 0..self.sides.len() {
            let open = |node| Open { node, done: 0 };
            let choice = Choice {
                side,
                images: (0..self.to.len() as u32).collect(),
                open: self.group.factors.iter().map(open).collect(),
            };
            stack.extend(self.chosen(choice, &Cell::all())?);
        }
        while let Some((_, branch)) = stack.pop() {
            let is_closed = match &branch {
                Branch::Choices { settled, cell, .. } => settled.below(cell) >= self.least(),
                Branch::Rotations(simplex) => simplex.is_below(self.most()),
            };
            if is_closed {
                continue;
            }
            let mut children = Vec::new();
            match branch {
                Branch::Choices { choice, cell, .. } if choice.open.len() <= FEW && cell.radius() > WIDE => {
                    for child in choice.children() {
                        children.extend(self.chosen(child, &cell)?);
                    }
                }
                Branch::Choices {
                    choice,
                    settled,
                    cell,
                } => {
                    // What was found since then may leave less of it.
                    let cell = settled.within(self.least(), &cell);
                    for simplex in self.covering(Rc::new(choice), &settled, &cell)? {
                        children.extend(self.tried(simplex)?);
                    }
                }
                Branch::Rotations(simplex) if simplex.length() > SMALL => {
                    for half in self.halves(&simplex)? {
                        children.extend(self.tried(half)?);
                    }
                }
                Branch::Rotations(simplex) => {
                    for simplex in self.chosen_in(&simplex)? {
                        children.extend(self.tried(simplex)?);
                    }
                }
            }
            children.sort_by(|a, b| b.0.total_cmp(&a.0));
            stack.extend(children);
        }
        Ok(self.best.take().expect("each side has a candidate"))
    }

    /// A branch of choices within a cell, or within a smaller one that they leave; its own candidate replaces the best one if it is better.
    fn chosen(&mut self, choice: Choice<'a>, cell: &Cell) -> Result<Option<(f64, Branch<'a>)>, CanonError> {
        let settled = self.settled(&choice);
        if settled.below(cell) >= self.least() {
            return Ok(None);
        }
        let cell = settled.within(self.least(), cell);
        self.candidate(&choice, cell.middle())?;
        let below = settled.below(&cell);
        Ok((!choice.open.is_empty()).then_some({
            let branch = Branch::Choices {
                choice,
                settled,
                cell,
            };
            (below, branch)
        }))
    }

    /// Simplices of all rotations of a cell.
    fn covering(
        &mut self,
        choice: Rc<Choice<'a>>,
        settled: &Settled,
        cell: &Cell,
    ) -> Result<Vec<Simplex<'a>>, CanonError> {
        match cell.corners() {
            Some(corners) => self.simplices(&choice, settled.correlation, &corners, &CUBE),
            None => {
                let corners: [Vector4<f64>; 7] = std::array::from_fn(|place| {
                    let (part, sign) = (place.div_ceil(2), if place % 2 == 1 { 1.0 } else { -1.0 });
                    Vector4::ith(part, if part == 0 { 1.0 } else { sign })
                });
                self.simplices(&choice, settled.correlation, &corners, &ALL)
            }
        }
    }

    /// A simplex, if there may be something better in it than the best candidate; what is best at its corners replaces that if it
    /// is better.
    fn tried(&mut self, simplex: Simplex<'a>) -> Result<Option<(f64, Branch<'a>)>, CanonError> {
        if simplex.is_below(self.most()) {
            return Ok(None);
        }
        // Where all is settled, it is the same at all corners.
        let corners = if simplex.is_settled() { 0..1 } else { 0..4 };
        for corner in corners {
            let correlation = simplex.at_corner(corner);
            let rotation = fit(&correlation);
            if self.loss(&rotation, &correlation) < self.least() {
                self.candidate(&simplex.among, rotation)?;
            }
        }
        let below = self.total - 2.0 * simplex.largest();
        Ok((!simplex.is_settled()).then_some((below, Branch::Rotations(simplex))))
    }

    /// What is best at a rotation, improved by turns: the best candidate, if it is better.
    fn candidate(&mut self, choice: &Choice<'a>, mut rotation: Matrix3<f64>) -> Result<(), CanonError> {
        let mut before = f64::INFINITY;
        for _ in 0..ROUNDS {
            let images = self.best_images(choice, &rotation)?;
            let correlation = self.correlation(choice.side, &images);
            rotation = fit(&correlation);
            let loss = self.loss(&rotation, &correlation);
            if loss < self.least() {
                let side = choice.side;
                self.best = Some(Candidate {
                    side,
                    images,
                    rotation,
                    loss,
                });
            }
            if choice.open.is_empty() || loss > NEAR * self.least() || before - loss <= EQUAL * self.total {
                break;
            }
            before = loss;
        }
        Ok(())
    }

    /// The best choices at a rotation.
    fn best_images(&mut self, choice: &Choice<'_>, rotation: &Matrix3<f64>) -> Result<Vec<u32>, CanonError> {
        let places = self.sides[choice.side].iter().map(|place| rotation * place);
        let places: Vec<Vector3<f64>> = places.collect();
        let cost = |i: u32, j: u32| -places[i as usize].dot(&self.to[j as usize]);
        let mut search = Search::resumed(choice.images.clone(), self.left, self.group.budget, cost);
        for open in &choice.open {
            search.settle(open.node, open.done)?;
        }
        let (images, left) = search.into_images();
        self.left = left;
        Ok(images)
    }
}
