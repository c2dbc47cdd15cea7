//! The orthogonal matrix that fits best: Procrustes' problem in space.

use nalgebra::{Matrix3, Vector3};

/// The orthogonal matrix `R`, a mirror image or not, of which `⟨R, correlation⟩` is largest: `correlation = Σ b·aᵀ` makes it the one
/// that takes places `a` to places `b` with the least squares (Kabsch 1976). None for what is not finite.
pub(crate) fn procrustes(correlation: &Matrix3<f64>, mirror: bool) -> Option<Matrix3<f64>> {
    if let Some(fitted) = polar(*correlation).filter(|fitted| (fitted.determinant() < 0.0) == mirror) {
        return Some(fitted);
    }
    // The nearest orthogonal matrix is of the other kind, or there are several.
    let scale = correlation.amax();
    if !scale.is_finite() {
        return None;
    }
    let svd = (correlation / if scale > 0.0 { scale } else { 1.0 }).svd(true, true);
    let (u, v_t) = (svd.u?, svd.v_t?);
    let mut signs = Vector3::repeat(1.0);
    if ((u * v_t).determinant() < 0.0) != mirror {
        signs[svd.singular_values.imin()] = -1.0;
    }
    Some(u * Matrix3::from_diagonal(&signs) * v_t)
}

/// The orthogonal polar factor by Newton's iteration, scaled (Higham 1986): a tenth of the time of a singular value
/// decomposition. None for a matrix that is singular or nearly so.
fn polar(matrix: Matrix3<f64>) -> Option<Matrix3<f64>> {
    const ROUNDS: usize = 20;
    // Below this, the inverse has too few digits.
    const FLAT: f64 = 1e-8;
    if matrix.determinant().abs() <= FLAT * matrix.norm().powi(3) {
        return None;
    }
    let mut x = matrix;
    for _ in 0..ROUNDS {
        let inverse = x.try_inverse()?.transpose();
        let scale = (inverse.norm_squared() / x.norm_squared()).sqrt().sqrt();
        let next = (x * scale + inverse / scale) * 0.5;
        let step = (next - x).amax();
        x = next;
        // What is left of the next step is the square of this one.
        if step < 1e-9 {
            let is_orthogonal = (x.tr_mul(&x) - Matrix3::identity()).amax() < 1e-14;
            return is_orthogonal.then_some(x);
        }
    }
    None
}
