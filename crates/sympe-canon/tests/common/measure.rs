//! What benches time, and how they print orders.

use rand::rngs::ChaCha8Rng;
use std::hint::black_box;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, GraphSymmetry, SymmetrySearch};

/// What a user of the inversion kernel asks of a graph: form, orbits, exact order, one draw. Returns the order.
pub(crate) fn form_orbits_order_draw(
    x: &ColoredGraph,
    symmetry: &mut GraphSymmetry,
    rng: &mut ChaCha8Rng,
) -> Result<impl ToString + use<>, CanonError> {
    SymmetrySearch::default().run_into(x, symmetry)?;
    black_box(symmetry.form());
    black_box(symmetry.group().orbit_representatives());
    black_box(symmetry.group().sample(rng));
    Ok(black_box(symmetry.order()))
}

/// The decimal logarithm of a positive number written in decimal digits.
pub(crate) fn log10(digits: &str) -> f64 {
    let leading = digits.len().min(15);
    let mantissa: f64 = digits[..leading].parse().expect("decimal digits");
    mantissa.log10() + (digits.len() - leading) as f64
}
