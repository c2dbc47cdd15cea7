//! What is best at the middle of a cell of rotations, and what can be saved elsewhere in it.
//!
//! # Bounds
//!
//! * Points whose images are chosen fit best by one rotation `R_F`, and an angle θ away they cost at least `4·sin²(θ/2)·κ` more, κ being
//!   the sum of the two smaller eigenvalues of `C·R_Fᵀ`. The others cost at least what their radii differ by.
//! * With the choices `s₀` that are best in the middle `R₀`, the same holds for all points. Other choices in a factor, at an angle of
//!   which half has the sine t, save at most the greatest `2⟨R₀, C_s − C_{s₀}⟩ + 4·t·Σ|a′ᵢ|·|b_{s(i)} − b_{s₀(i)}|`. The `a′` are taken about
//!   the mean of the points that are permuted with `i`, which may be done because their steps add up to nothing: hydrogens of a
//!   methyl group are an ångström from their mean, wherever they are. A sum over points: its maximum over the factor is found
//!   exactly.

use super::search::Search;
use super::superpose::{Candidate, Choice, Open, Problem, fit};
use super::tree::Node;
use crate::CanonError;
use nalgebra::{Matrix3, Rotation3, Vector3};
use std::f64::consts::PI;

/// Rounds of taking turns: each lowers the loss.
const ROUNDS: usize = 30;
/// Turns are taken where the loss is not larger than the best one by more than this factor.
const NEAR: f64 = 1.5;
/// What rounding makes of angles.
const ROUNDING: f64 = 1e-7;

/// Rotations `exp(v)·base` with all coordinates of `v` as near to those of a middle as `half`.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    base: Matrix3<f64>,
    middle: Vector3<f64>,
    half: f64,
}

impl Cell {
    /// All rotations.
    pub(super) fn all(base: Matrix3<f64>) -> Self {
        let (middle, half) = (Vector3::zeros(), PI);
        Self { base, middle, half }
    }

    pub(super) fn half(&self) -> f64 {
        self.half
    }

    fn rotation(&self) -> Matrix3<f64> {
        Rotation3::from_scaled_axis(self.middle).matrix() * self.base
    }

    /// The largest angle from the middle: angles are at most distances of rotation vectors.
    fn radius(&self) -> f64 {
        3f64.sqrt() * self.half + ROUNDING
    }

    /// Its eight halves in all directions; rotation vectors longer than a half turn are others again.
    pub(super) fn parts(&self) -> impl Iterator<Item = Self> + '_ {
        let half = self.half / 2.0;
        let part = move |index: u32| {
            let shift = Vector3::from_fn(|axis, _| if index >> axis & 1 == 1 { half } else { -half });
            Self {
                base: self.base,
                middle: self.middle + shift,
                half,
            }
        };
        (0..8)
            .map(part)
            .filter(|part| part.middle.norm() - part.radius() <= PI)
    }
}

/// The angle between two rotations.
fn angle(a: &Matrix3<f64>, b: &Matrix3<f64>) -> f64 {
    // The distance of matrices is exact for small angles, where the cosine is not.
    let sine = (a - b).norm() / 8f64.sqrt();
    2.0 * sine.min(1.0).asin()
}

/// How much more it costs at least to be away from the best rotation by more than a cell's radius less than its middle is.
fn rise(stiffness: f64, from: f64, cell: &Cell) -> f64 {
    let away = (from - cell.radius()).max(0.0);
    4.0 * stiffness * (away / 2.0).sin().powi(2)
}

/// The sum of the two smaller eigenvalues of `C·Rᵀ`, which is symmetric for the best rotation.
fn stiffness(correlation: &Matrix3<f64>, rotation: &Matrix3<f64>) -> f64 {
    let product = correlation * rotation.transpose();
    let symmetric = (product + product.transpose()) * 0.5;
    (symmetric.trace() - symmetric.symmetric_eigenvalues().max()).max(0.0)
}

/// What is known of all choices that agree with those made.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// They leave this at least.
    below: f64,
    /// The rotation that fits the points whose images are chosen.
    rotation: Matrix3<f64>,
    stiffness: f64,
}

impl Settled {
    /// The least that is left in a cell.
    pub(super) fn below(&self, cell: &Cell) -> f64 {
        self.below + rise(self.stiffness, angle(&self.rotation, &cell.rotation()), cell)
    }

    /// A cell that has all rotations of another one with which less than a loss may be left.
    pub(super) fn within(&self, loss: f64, cell: &Cell) -> Cell {
        let squared = (loss - self.below) / (4.0 * self.stiffness).max(f64::MIN_POSITIVE);
        let half = if squared < 1.0 {
            2.0 * squared.max(0.0).sqrt().asin() + ROUNDING
        } else {
            PI
        };
        if half >= cell.half {
            return cell.clone();
        }
        Cell {
            half,
            ..Cell::all(self.rotation)
        }
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
            stiffness: stiffness(&correlation, &rotation),
            rotation,
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
        let more = rise(stiffness(&correlation, &fitted), angle(&fitted, &rotation), cell);
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
            saved.push(if -least > super::superpose::EQUAL * self.total {
                -least
            } else {
                0.0
            });
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
