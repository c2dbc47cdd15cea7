//! The kernel of maximal entropy: it does not look at the input.

use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::Domain;
use rand::Rng;
use sympe_canon::CanonError;

/// A learned object at a uniformly random place: the Haar kernel.
#[derive(Debug)]
pub(super) struct Uniform;

impl<D: Domain> Way<D> for Uniform {
    fn facts(&self) -> Facts {
        Facts {
            name: "uniform",
            about: "A learned object at a uniformly random place: the Haar kernel",
            takes: Takes::Elements { learned: true },
        }
    }

    fn draw(
        &self,
        domain: &D,
        input: &D::Input,
        _: &D::Kept,
        rng: &mut dyn Rng,
    ) -> Result<Drawn, CanonError> {
        Ok(Drawn::element(domain, &domain.haar(input, rng)))
    }
}
