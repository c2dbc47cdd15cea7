//! SymPE: a learned `v` at a place drawn from an inversion kernel, or from a relaxation of one (Lawrence et al. 2025).

use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::Domain;
use rand::Rng;
use sympe_canon::CanonError;

/// A learned object at a place drawn from the kernel.
#[derive(Debug)]
pub(super) struct Sympe;

impl<D: Domain> Way<D> for Sympe {
    fn facts(&self) -> Facts {
        Facts {
            name: "sympe",
            about: "A learned object at a place drawn from the kernel",
            takes: Takes::Elements { learned: true },
        }
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
