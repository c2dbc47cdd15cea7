//! What is timed, and means of ratios.

use rand::rngs::ChaCha8Rng;
use std::hint::black_box;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};

/// What a user of the inversion kernel asks of a graph: form, orbits, exact order, one draw. The order.
pub(crate) fn ours(x: &ColoredGraph, rng: &mut ChaCha8Rng) -> Result<impl ToString, CanonError> {
    let symmetry = SymmetrySearch::default().run(x)?;
    black_box(symmetry.form());
    black_box(symmetry.orbits());
    black_box(symmetry.group().sample(rng));
    Ok(black_box(symmetry.order()))
}

pub(crate) fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}
