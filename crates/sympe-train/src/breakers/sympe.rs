//! SymPE: a learned `v` at a place drawn from an inversion kernel, or from a relaxation of one (Lawrence et al. 2025).

use super::way::{Drawn, Takes, Way};
use crate::domain::Domain;
use rand::Rng;
use sympe_canon::CanonError;

/// A learned object at a place drawn from the kernel.
#[derive(Debug)]
pub(super) struct Sympe;

impl<D: Domain> Way<D> for Sympe {
    fn name(&self) -> &'static str {
        "sympe"
    }

    fn about(&self) -> &'static str {
        "A learned object at a place drawn from the kernel"
    }

    fn takes(&self) -> Takes {
        Takes::Elements { learned: true }
    }

    fn draw(
        &self,
        domain: &D,
        input: &D::Input,
        kept: &D::Kept,
        rng: &mut dyn Rng,
    ) -> Result<Drawn, CanonError> {
        Ok(Drawn::element(domain, &domain.draw(input, kept, rng)?))
    }
}
