//! Angles, axes, exponentials and logarithms in the plane and in space.

use super::{Euclidean, Orthogonal, finite, unit};
use crate::GroupError;
use nalgebra::{Matrix2, Matrix3, Rotation3, UnitQuaternion, Vector2, Vector3};

impl Orthogonal<2> {
    /// The rotation by `angle`, which is also the exponential of so(2). Multiples of a quarter turn are exact up to the
    /// rounding of the angle.
    ///
    /// ```
    /// # use sympe_groups::Orthogonal;
    /// let eighth = Orthogonal::<2>::rotation(std::f64::consts::FRAC_PI_4)?;
    /// assert_eq!(eighth.angle(), Some(std::f64::consts::FRAC_PI_4));
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the angle is not finite.
    pub fn rotation(angle: f64) -> Result<Self, GroupError> {
        finite("angle of a rotation", angle)?;
        Ok(Self::turn(angle.cos(), angle.sin()))
    }

    /// The rotation with this cosine and sine.
    pub(crate) fn turn(cosine: f64, sine: f64) -> Self {
        Self {
            matrix: Matrix2::new(cosine, -sine, sine, cosine),
            proper: true,
        }
    }

    /// The angle of a rotation in `(−π, π]`, which is its logarithm; none for a reflection.
    #[must_use]
    pub fn angle(&self) -> Option<f64> {
        self.proper
            .then(|| self.matrix[(1, 0)].atan2(self.matrix[(0, 0)]))
    }
}

impl Orthogonal<3> {
    /// The rotation about `axis`, of any positive length, by `angle`.
    ///
    /// ```
    /// use std::f64::consts::TAU;
    /// use sympe_groups::nalgebra::Vector3;
    /// use sympe_groups::{Action, Orthogonal};
    /// let third = Orthogonal::rotation_about(Vector3::new(1.0, 1.0, 1.0), TAU / 3.0)?;
    /// assert!((third.act(&Vector3::x()) - Vector3::y()).norm() < 1e-15);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the axis is zero or not finite, or the angle is not finite.
    pub fn rotation_about(axis: Vector3<f64>, angle: f64) -> Result<Self, GroupError> {
        finite("angle of a rotation", angle)?;
        Self::exp(unit("axis of a rotation", axis)? * angle)
    }

    /// The exponential of so(3): the rotation about `vector` by its length (Rodrigues).
    ///
    /// # Errors
    ///
    /// When a coordinate is not finite.
    pub fn exp(vector: Vector3<f64>) -> Result<Self, GroupError> {
        for &coordinate in &vector {
            finite("coordinate of a rotation vector", coordinate)?;
        }
        Ok(Self {
            matrix: Rotation3::new(vector).into_inner(),
            proper: true,
        })
    }

    /// The logarithm of a rotation: the vector along its axis whose length is the angle, in `[0, π]`; for a half turn one of
    /// the two. None for an improper element.
    ///
    /// ```
    /// # use sympe_groups::{Orthogonal, nalgebra::Vector3};
    /// let vector = Vector3::new(0.3, -2.0, 1.5);
    /// assert!((Orthogonal::exp(vector)?.log().unwrap() - vector).norm() < 1e-14);
    /// assert_eq!(Orthogonal::<3>::inversion().log(), None);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    #[must_use]
    pub fn log(&self) -> Option<Vector3<f64>> {
        // A quaternion gives small angles and those close to π to full precision, which the trace does not.
        let quaternion =
            || UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(self.matrix));
        self.proper.then(|| quaternion().scaled_axis())
    }
}

/// `(1 − cos θ)/θ²` and `(θ − sin θ)/θ³`.
fn coefficients(angle: f64) -> (f64, f64) {
    let half = if angle == 0.0 {
        1.0
    } else {
        (angle / 2.0).sin() / (angle / 2.0)
    };
    let square = angle * angle;
    let cubic = if angle.abs() < 0.1 {
        1.0 / 6.0 - square / 120.0 * (1.0 - square / 42.0 * (1.0 - square / 72.0))
    } else {
        (angle - angle.sin()) / (square * angle)
    };
    (half * half / 2.0, cubic)
}

/// The matrix of `x ↦ vector × x`.
fn cross(vector: Vector3<f64>) -> Matrix3<f64> {
    vector.cross_matrix()
}

impl Euclidean<2> {
    /// The exponential of se(2): where a motion leads in unit time that turns by `angle` and starts with `velocity` at the
    /// origin, both constant in the moving frame.
    ///
    /// ```
    /// use std::f64::consts::{FRAC_PI_2, PI};
    /// use sympe_groups::nalgebra::Vector2;
    /// use sympe_groups::{Action, Euclidean};
    /// // A quarter of a circle of radius 1 that starts to the right leads to (1, 1).
    /// let arc = Euclidean::<2>::exp(FRAC_PI_2, Vector2::new(FRAC_PI_2, 0.0))?;
    /// assert!((arc.act(&Vector2::zeros()) - Vector2::new(1.0, 1.0)).norm() < 1e-15);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a number is not finite.
    pub fn exp(angle: f64, velocity: Vector2<f64>) -> Result<Self, GroupError> {
        Self::new(
            Orthogonal::<2>::rotation(angle)?,
            left_jacobian2(angle) * velocity,
        )
    }

    /// The logarithm in se(2) of a proper motion: its angle in `(−π, π]`, and the velocity of [`exp`](Self::exp). None
    /// for an improper one.
    #[must_use]
    pub fn log(&self) -> Option<(f64, Vector2<f64>)> {
        let angle = self.orthogonal().angle()?;
        let jacobian = left_jacobian2(angle);
        // a·1 + b·J, whose inverse is (a·1 − b·J)/(a² + b²), never 0 for angles up to π.
        let norm = jacobian.column(0).norm_squared();
        Some((angle, jacobian.tr_mul(self.translation()) / norm))
    }
}

/// `∫₀¹ exp(s·angle) ds`.
fn left_jacobian2(angle: f64) -> Matrix2<f64> {
    let (square, cubic) = coefficients(angle);
    let (along, across) = (1.0 - cubic * angle * angle, square * angle);
    Matrix2::new(along, -across, across, along)
}

impl Euclidean<3> {
    /// The exponential of se(3): where a motion leads in unit time that turns by `vector` and starts with `velocity` at the
    /// origin, both constant in the moving frame: a screw.
    ///
    /// ```
    /// use std::f64::consts::TAU;
    /// use sympe_groups::nalgebra::Vector3;
    /// use sympe_groups::{Euclidean, Orthogonal};
    /// // One full turn of a screw of pitch 2.
    /// let screw = Euclidean::<3>::exp(Vector3::z() * TAU, Vector3::z() * 2.0)?;
    /// assert_eq!(screw, Euclidean::new(Orthogonal::default(), Vector3::z() * 2.0)?);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a number is not finite.
    pub fn exp(vector: Vector3<f64>, velocity: Vector3<f64>) -> Result<Self, GroupError> {
        let rotation = Orthogonal::exp(vector)?;
        let (square, cubic) = coefficients(vector.norm());
        let omega = cross(vector);
        let jacobian = Matrix3::identity() + omega * square + omega * omega * cubic;
        Self::new(rotation, jacobian * velocity)
    }

    /// The logarithm in se(3) of a proper motion: the rotation vector, of length at most π, and the velocity of
    /// [`exp`](Self::exp). None for an improper one.
    #[must_use]
    pub fn log(&self) -> Option<(Vector3<f64>, Vector3<f64>)> {
        let vector = self.orthogonal().log()?;
        let angle = vector.norm();
        let half = angle / 2.0;
        // (1 − (θ/2)·cot(θ/2))/θ², by its series where the difference would cancel.
        let coefficient = if angle < 0.1 {
            let square = angle * angle;
            1.0 / 12.0 + square / 720.0 * (1.0 + square / 42.0 * (1.0 + square / 40.0))
        } else {
            (1.0 - half * half.cos() / half.sin()) / (angle * angle)
        };
        let omega = cross(vector);
        let inverse: Matrix3<f64> = Matrix3::identity() - omega * 0.5 + omega * omega * coefficient;
        Some((vector, inverse * self.translation()))
    }
}
