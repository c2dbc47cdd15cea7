//! The best superposition of two conformers over all symmetries of a molecule at once.
//!
//! About the centroids, `Σ|R·aᵢ − b_{s(i)}|² = Σ|a|² + Σ|b|² − 2⟨R, C_s⟩` with `C_s = Σ b_{s(i)}·aᵢᵀ`, which is to be made least over
//! rotations `R` and elements `s` of a group. For fixed `R` the best `s` splits along the factors of the group, and for fixed
//! `s` the best `R` has a closed form (Kabsch 1976): taking turns leads to a candidate.
//!
//! That none is better is proved by branch and bound over both: a branch is a part of the choices that make `s`, and a cell of rotations.
//! Where three factors or more may still change, the cell is cut across; where only few may, as one that is nearly undecided
//! between two choices, the choices of one of them are the branches. So the number of elements of the group does not matter, but
//! the number of factors and how alike the conformers are.

use super::cell::{Cell, Settled};
use super::group::GroupAssignment;
use super::problem::{Candidate, Choice, Open, Problem};
use super::tree::Node;
use crate::CanonError;
use crate::points::unit;
use nalgebra::Vector3;
use sympe_groups::{Euclidean, Orthogonal, OrthogonalGroup, Permutation};

/// A cell of rotations is cut if more factors than this may change in it.
const FEW: usize = 2;
/// A smaller cell is not cut.
const SMALL: f64 = 1e-4;

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
    /// Branch and bound over choices and rotations. Time does not follow the order of the group, but how alike the two lists are: few
    /// cells of rotations have to be looked at for conformers that differ by some twenty degrees in each torsion, thousands for those
    /// that have nothing in common. A group that leaves no points in their places, as all permutations of a list, makes it the
    /// problem of registering unlabelled points, which is hard.
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
struct Branch<'a> {
    choice: Choice<'a>,
    settled: Settled,
    cell: Cell,
    /// Nothing in it leaves less.
    below: f64,
    /// How much each of those that are open may save.
    savings: Vec<f64>,
}

impl<'a> Problem<'a> {
    /// The best candidate, the most promising branches first.
    fn solve(&mut self) -> Result<Candidate, CanonError> {
        let mut stack: Vec<Branch<'a>> = Vec::new();
        for side in 0..self.sides.len() {
            let choice = Choice {
                side,
                images: (0..self.to.len() as u32).collect(),
                open: self
                    .group
                    .factors
                    .iter()
                    .map(|node| Open { node, done: 0 })
                    .collect(),
            };
            stack.extend(self.chosen(choice, &Cell::all())?);
        }
        while let Some(branch) = stack.pop() {
            if branch.below >= self.least() {
                continue;
            }
            let changing = branch.savings.iter().filter(|&&saved| saved > 0.0).count();
            let mut children = Vec::new();
            if changing > FEW && branch.cell.radius() > SMALL {
                for cell in branch.cell.parts() {
                    children.extend(self.branch(branch.choice.clone(), branch.settled.clone(), cell)?);
                }
            } else {
                for choice in children_of(&branch) {
                    children.extend(self.chosen(choice, &branch.cell)?);
                }
            }
            children.sort_by(|a, b| b.below.total_cmp(&a.below));
            stack.extend(children);
        }
        Ok(self.best.take().expect("each side has a candidate"))
    }

    /// A branch of choices within a cell, or within a smaller one that they leave.
    fn chosen(&mut self, choice: Choice<'a>, cell: &Cell) -> Result<Option<Branch<'a>>, CanonError> {
        let settled = self.settled(&choice);
        if settled.below(cell) >= self.least() {
            return Ok(None);
        }
        let cell = settled.within(self.least(), cell);
        self.branch(choice, settled, cell)
    }

    /// A branch, if there may be something better in it than the best candidate; its own candidate replaces that if it is better.
    fn branch(
        &mut self,
        choice: Choice<'a>,
        settled: Settled,
        cell: Cell,
    ) -> Result<Option<Branch<'a>>, CanonError> {
        if settled.below(&cell) >= self.least() {
            return Ok(None);
        }
        let center = self.candidate(&choice, &cell)?;
        if choice.open.is_empty() {
            return Ok(None);
        }
        let savings = self.savings(&choice, &center, &cell)?;
        let below = center.below - savings.iter().sum::<f64>();
        Ok((below < self.least()).then_some(Branch {
            choice,
            settled,
            cell,
            below,
            savings,
        }))
    }
}

/// What there is to choose next: images of points, and what is left open then.
fn children_of<'a>(branch: &Branch<'a>) -> Vec<Choice<'a>> {
    let Branch { choice, savings, .. } = branch;
    let next = (0..savings.len()).max_by(|&a, &b| savings[a].total_cmp(&savings[b]));
    let mut others = choice.open.clone();
    let Open { node, done } = others.swap_remove(next.expect("something is open"));
    let opened = |nodes: &'a [Node]| nodes.iter().map(|node| Open { node, done: 0 });
    match node {
        Node::Chain(chain) => {
            let points = chain.points();
            let child = |element: &Vec<u32>| {
                let mut images = choice.images.clone();
                for (&point, &image) in points.iter().zip(element) {
                    images[point as usize] = choice.images[points[image as usize] as usize];
                }
                Choice {
                    side: choice.side,
                    images,
                    open: others.iter().copied().chain(opened(&chain.inside)).collect(),
                }
            };
            chain.transversal.iter().map(child).collect()
        }
        Node::Exchange(exchange) => {
            let child = |other: usize| {
                let mut images = choice.images.clone();
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
                    side: choice.side,
                    images,
                    open,
                }
            };
            (done..exchange.len()).map(child).collect()
        }
    }
}
