//! What is best at the middle of a cell of rotations, and what can be saved elsewhere in it.
//!
//! # Bounds
//!
//! * Points whose images are chosen fit best by one rotation `R_F`, and at an angle θ about an axis `n` away they cost
//!   `4·sin²(θ/2)·Σ kᵢ·nᵢ²` more, along the eigenvectors of `C·R_Fᵀ`, each `kᵢ` being the sum of the two other eigenvalues: little about
//!   the axis of a long molecule, more about others. The other points cost at least what their radii differ by.
//! * With the choices `s₀` that are best in the middle `R₀`, the same holds for all points. Other choices in a factor, at an angle of
//!   which half has the sine t, save at most the greatest `2⟨R₀, C_s − C_{s₀}⟩ + 4·t·Σ|a′ᵢ|·|b_{s(i)} − b_{s₀(i)}|`. The `a′` are taken about
//!   the mean of the points that are permuted with `i`, which may be done because their steps add up to nothing: hydrogens of a
//!   methyl group are an ångström from their mean, wherever they are. A sum over points: its maximum over the factor is found
//!   exactly.

use super::problem::{Candidate, Choice, EQUAL, Open, Problem, fit};
use super::search::Search;
use super::tree::Node;
use crate::CanonError;
use nalgebra::{Matrix3, Rotation3, UnitQuaternion, Vector3};
use std::f64::consts::PI;

/// Rounds of taking turns: each lowers the loss.
const ROUNDS: usize = 30;
/// Turns are taken where the loss is not larger than the best one by more than this factor.
const NEAR: f64 = 1.5;
/// A cell is cut across the axes along which it is longer than this part of its longest.
const LONG: f64 = 0.7;
/// What rounding makes of angles.
const ROUNDING: f64 = 1e-7;

/// Rotations `exp(axes·x)·base` with coordinates of `x` as near to those of a middle as the halves say.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    base: Matrix3<f64>,
    axes: Matrix3<f64>,
    middle: Vector3<f64>,
    halves: Vector3<f64>,
}

impl Cell {
    /// All rotations.
    pub(super) fn all() -> Self {
        Self {
            base: Matrix3::identity(),
            axes: Matrix3::identity(),
            middle: Vector3::zeros(),
            halves: Vector3::repeat(PI),
        }
    }

    fn rotation(&self) -> Matrix3<f64> {
        Rotation3::from_scaled_axis(self.axes * self.middle).matrix() * self.base
    }

    /// The largest angle from the middle: angles are at most distances of rotation vectors.
    pub(super) fn radius(&self) -> f64 {
        self.halves.norm() + ROUNDING
    }

    /// Its parts, cut in two where it is long; rotation vectors longer than a half turn are others again.
    pub(super) fn parts(&self) -> Vec<Self> {
        let mut parts = vec![self.clone()];
        for axis in 0..3 {
            if self.halves[axis] < LONG * self.halves.max() {
                continue;
            }
            let half = self.halves[axis] / 2.0;
            parts = parts
                .into_iter()
                .flat_map(|part| {
                    [-half, half].map(|shift| {
                        let mut cut = part.clone();
                        cut.middle[axis] += shift;
                        cut.halves[axis] = half;
                        cut
                    })
                })
                .collect();
        }
        parts.retain(|part| part.middle.norm() - part.radius() <= PI);
        parts
    }
}

/// How a product `⟨R, C⟩` falls with the angle of `R` from the best rotation: about an axis `n`, by `2·sin²(θ/2)·Σ kᵢ·nᵢ²` along the
/// eigenvectors of the symmetric matrix `C·Rᵀ`.
#[derive(Clone, Debug)]
struct Stiffness {
    best: Matrix3<f64>,
    axes: Matrix3<f64>,
    /// Not negative, for the best rotation.
    values: Vector3<f64>,
}

impl Stiffness {
    fn new(correlation: &Matrix3<f64>, best: Matrix3<f64>) -> Self {
        let product = correlation * best.transpose();
        let eigen = ((product + product.transpose()) * 0.5).symmetric_eigen();
        let trace = eigen.eigenvalues.sum();
        Self {
            best,
            axes: eigen.eigenvectors,
            values: eigen.eigenvalues.map(|value| (trace - value).max(0.0)),
        }
    }

    /// The least that a loss is larger in a cell than at the best rotation.
    fn rise(&self, cell: &Cell) -> f64 {
        // The imaginary part of a quaternion is n·sin(θ/2); it moves by the chord of half the angle at most.
        let between = Rotation3::from_matrix_unchecked(cell.rotation() * self.best.transpose());
        let imaginary = self
            .axes
            .tr_mul(&UnitQuaternion::from_rotation_matrix(&between).imag());
        let chord = 2.0 * (cell.radius() / 4.0).min(PI / 4.0).sin();
        let away = imaginary.map(|x| (x.abs() - chord - ROUNDING).max(0.0));
        4.0 * self.values.dot(&away.component_mul(&away))
    }

    /// A cell of all rotations at which a loss is larger by at most a budget.
    fn within(&self, budget: f64) -> Cell {
        let reach = self.values.map(|value| {
            (budget.max(0.0) / (4.0 * value).max(f64::MIN_POSITIVE))
                .sqrt()
                .min(1.0)
        });
        let most = 2.0 * reach.norm().min(1.0).asin();
        // An angle is longer than twice its half's sine, the more so the larger it is.
        let stretch = if most > 0.0 {
            most / (most / 2.0).sin()
        } else {
            2.0
        };
        Cell {
            base: self.best,
            axes: self.axes,
            middle: Vector3::zeros(),
            halves: reach.map(|x| (x * stretch).min(most) + ROUNDING),
        }
    }
}

/// What is known of all choices that agree with those made.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// They leave this at least.
    below: f64,
    /// How much the points whose images are chosen cost away from the rotation that fits them.
    stiffness: Stiffness,
}

impl Settled {
    /// The least that is left in a cell.
    pub(super) fn below(&self, cell: &Cell) -> f64 {
        self.below + self.stiffness.rise(cell)
    }

    /// A cell that has all rotations of another one with which less than a loss may be left.
    pub(super) fn within(&self, loss: f64, cell: &Cell) -> Cell {
        let new = self.stiffness.within(loss - self.below);
        // Where it is no smaller, its middle is still the better place to begin.
        let is_smaller = new.halves.product() < (1.0 + 1e-3) * cell.halves.product();
        if is_smaller { new } else { cell.clone() }
    }
}

/// What is best at the middle of a cell.
pub(super) struct Middle {
    images: Vec<u32>,
    rotation: Matrix3<f64>,
    /// These choices leave no less anywhere in the cell.
    pub(super) below: f64,
}

impl Problem<'_> {
    /// What is known from the points whose images are chosen, and from the radii of the others.
    pub(super) fn settled(&self, choice: &Choice<'_>) -> Settled {
        let (from, to) = (&self.sides[choice.side], &self.to);
        let mut is_open = vec![false; to.len()];
        let mut below = 0.0;
        let radii = |places: &mut dyn Iterator<Item = &Vector3<f64>>| {
            let mut radii: Vec<f64> = places.map(Vector3::norm).collect();
            radii.sort_by(f64::total_cmp);
            radii
        };
        for open in &choice.open {
            let points = open.points();
            points.iter().for_each(|&point| is_open[point as usize] = true);
            // No rotation changes a radius, and sorted lists are matched best in order.
            let a = radii(&mut points.iter().map(|&point| &from[point as usize]));
            let b = radii(
                &mut points
                    .iter()
                    .map(|&point| &to[choice.images[point as usize] as usize]),
            );
            below += a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        }
        let mut correlation = Matrix3::zeros();
        let pairs = self.pairs(choice.side, &choice.images).zip(&is_open);
        for ((place, image), _) in pairs.filter(|(_, is_open)| !**is_open) {
            correlation += image * place.transpose();
            below += place.norm_squared() + image.norm_squared();
        }
        let rotation = fit(&correlation);
        Settled {
            below: below - 2.0 * rotation.dot(&correlation),
            stiffness: Stiffness::new(&correlation, rotation),
        }
    }

    /// The best choices for a rotation.
    fn best_at(&mut self, choice: &Choice<'_>, rotation: &Matrix3<f64>) -> Result<Vec<u32>, CanonError> {
        let places: Vec<Vector3<f64>> = self.sides[choice.side]
            .iter()
            .map(|place| rotation * place)
            .collect();
        let cost = |i: u32, j: u32| -2.0 * places[i as usize].dot(&self.to[j as usize]);
        let mut search = Search::resumed(choice.images.clone(), self.left, self.group.budget, cost);
        for open in &choice.open {
            search.settle(open.node, open.done)?;
        }
        let (images, left) = search.into_images();
        self.left = left;
        Ok(images)
    }

    /// What is best at the middle of a cell. It is improved by turns, and becomes the best candidate if it is.
    pub(super) fn candidate(&mut self, choice: &Choice<'_>, cell: &Cell) -> Result<Middle, CanonError> {
        let rotation = cell.rotation();
        let images = self.best_at(choice, &rotation)?;
        let correlation = self.correlation(choice.side, &images);
        let fitted = fit(&correlation);
        let loss = self.total - 2.0 * fitted.dot(&correlation);
        let more = Stiffness::new(&correlation, fitted).rise(cell);
        let mut found = Candidate {
            side: choice.side,
            images: images.clone(),
            rotation: fitted,
            loss,
        };
        for _ in 0..ROUNDS {
            let least = self.least();
            if found.loss < least {
                self.best = Some(found.clone());
            }
            if choice.open.is_empty() || found.loss > NEAR * least {
                break;
            }
            let images = self.best_at(choice, &found.rotation)?;
            if images == found.images {
                break;
            }
            let correlation = self.correlation(choice.side, &images);
            let rotation = fit(&correlation);
            let loss = self.total - 2.0 * rotation.dot(&correlation);
            if loss >= found.loss {
                break;
            }
            found = Candidate {
                side: choice.side,
                images,
                rotation,
                loss,
            };
        }
        Ok(Middle {
            images,
            rotation,
            below: loss + more,
        })
    }

    /// How much each of those that are open may save, at most, in a cell.
    pub(super) fn savings(
        &mut self,
        choice: &Choice<'_>,
        middle: &Middle,
        cell: &Cell,
    ) -> Result<Vec<f64>, CanonError> {
        let to = &self.to;
        let sine = (cell.radius().min(PI) / 2.0).sin();
        let places: Vec<Vector3<f64>> = self.sides[choice.side]
            .iter()
            .map(|place| middle.rotation * place)
            .collect();
        let mut before = vec![0; to.len()];
        for (point, &image) in (0u32..).zip(&middle.images) {
            before[image as usize] = point;
        }
        let mut saved = Vec::with_capacity(choice.open.len());
        for open in &choice.open {
            let sets = Sets::new(open, &places);
            let cost = |i: u32, j: u32| {
                let step = to[j as usize] - to[middle.images[i as usize] as usize];
                let arm = places[i as usize] - sets.mean(i, before[j as usize]);
                -2.0 * arm.dot(&step) - 4.0 * sine * arm.norm() * step.norm()
            };
            let mut search = Search::resumed(choice.images.clone(), self.left, self.group.budget, cost);
            let least = search.settle(open.node, open.done)?;
            self.left = search.into_images().1;
            // What rounding leaves is no saving.
            saved.push(if -least > EQUAL * self.total { -least } else { 0.0 });
        }
        Ok(saved)
    }
}

/// Sets of points that keep together, each in a larger one: as long as the bundle that has them keeps its place, what is inside permutes
/// them among themselves.
struct Sets {
    /// The mean of each set, the set around it, and how many there are around that.
    sets: Vec<(Vector3<f64>, usize, usize)>,
    /// The innermost set of each point.
    of: Vec<usize>,
}

impl Sets {
    fn new(open: &Open<'_>, places: &[Vector3<f64>]) -> Self {
        let mut sets = Self {
            sets: Vec::new(),
            of: vec![0; places.len()],
        };
        sets.push(open, 0, 0, places);
        sets
    }

    fn push(&mut self, open: &Open<'_>, around: usize, depth: usize, places: &[Vector3<f64>]) {
        let (points, set) = (open.points(), self.sets.len());
        let sum: Vector3<f64> = points.iter().map(|&point| places[point as usize]).sum();
        self.sets.push((sum / points.len() as f64, around, depth));
        points.iter().for_each(|&point| self.of[point as usize] = set);
        // Images under a chain may overlap in part; those of bundles do not.
        if let Node::Exchange(exchange) = open.node {
            for node in exchange.inside[open.done..].iter().flatten() {
                self.push(&Open { node, done: 0 }, set, depth + 1, places);
            }
        }
    }

    /// The mean of the innermost set that has two points.
    fn mean(&self, a: u32, b: u32) -> Vector3<f64> {
        let (mut a, mut b) = (self.of[a as usize], self.of[b as usize]);
        while a != b {
            let ((_, around_a, depth_a), (_, around_b, depth_b)) = (self.sets[a], self.sets[b]);
            if depth_a >= depth_b {
                a = around_a;
            } else {
                b = around_b;
            }
        }
        self.sets[a].0
    }
}
