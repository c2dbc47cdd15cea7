//! What the points whose images are chosen say of the rotation.
//!
//! They fit best by one rotation `R_F`, and at an angle θ about an axis `n` away they cost `4·sin²(θ/2)·Σ kᵢ·nᵢ²` more, along the
//! eigenvectors of `C·R_Fᵀ`, each `kᵢ` being the sum of the two other eigenvalues: little about the axis of a long molecule, more
//! about others. The other points cost at least what their radii differ by.

use super::problem::{Choice, Problem, fit};
use nalgebra::{Matrix3, Rotation3, UnitQuaternion, Vector3, Vector4};
use std::f64::consts::PI;

/// What rounding makes of angles.
const ROUNDING: f64 = 1e-7;

/// Rotations `exp(axes·x)·base` with coordinates of `x` up to the halves.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    base: Matrix3<f64>,
    axes: Matrix3<f64>,
    halves: Vector3<f64>,
}

impl Cell {
    /// All rotations.
    pub(super) fn all() -> Self {
        Self {
            base: Matrix3::identity(),
            axes: Matrix3::identity(),
            halves: Vector3::repeat(PI),
        }
    }

    pub(super) fn middle(&self) -> Matrix3<f64> {
        self.base
    }

    /// The largest angle from the middle: angles are at most lengths of rotation vectors.
    pub(super) fn radius(&self) -> f64 {
        self.halves.norm() + ROUNDING
    }

    /// Quaternions such that each rotation of the cell is that of a sum of some of them with factors that are not negative; corner
    /// `c` lies in the upper half of axis `i` if bit `i` of `c` is set. None for a cell of half turns or nearly so.
    pub(super) fn corners(&self) -> Option<[Vector4<f64>; 8]> {
        /// Its tangent is finite, and corners are not too far apart to be of use.
        const WIDE: f64 = 0.7 * PI;
        let radius = self.radius();
        if radius > WIDE {
            return None;
        }
        // A rotation by x is that of the quaternion (1, x·tan(|x|/2)/|x|), and the tangent grows faster than the angle.
        let halves = self.halves * ((radius / 2.0).tan() / radius);
        let base = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(self.base));
        Some(std::array::from_fn(|corner| {
            let sign = |axis: usize| if corner >> axis & 1 == 1 { 1.0 } else { -1.0 };
            let at = self.axes * Vector3::from_fn(|axis, _| sign(axis) * halves[axis]);
            let corner = nalgebra::Quaternion::new(1.0, at.x, at.y, at.z) * base.quaternion();
            Vector4::new(corner.w, corner.i, corner.j, corner.k).normalize()
        }))
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
        let between = Rotation3::from_matrix_unchecked(cell.base * self.best.transpose());
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
            halves: reach.map(|x| (x * stretch).min(most) + ROUNDING),
        }
    }
}

/// What is known of all choices that agree with those made.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// `Σ b·aᵀ` over the points whose images are chosen.
    pub(super) correlation: Matrix3<f64>,
    /// All points leave this at least.
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
        // Where it is no smaller, the other one is known to have them, too.
        let is_smaller = new.halves.product() < (1.0 + 1e-3) * cell.halves.product();
        if is_smaller { new } else { cell.clone() }
    }
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
            correlation,
            below: below - 2.0 * rotation.dot(&correlation),
            stiffness: Stiffness::new(&correlation, rotation),
        }
    }
}
