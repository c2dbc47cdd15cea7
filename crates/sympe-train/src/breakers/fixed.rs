//! A symmetry-breaking object that is not learned (Xie & Smidt 2024).

use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::Domain;
use rand::Rng;
use sympe_canon::CanonError;

/// An object that stays as it starts, at a place drawn from the kernel.
#[derive(Debug)]
pub(super) struct Fixed;

impl<D: Domain> Way<D> for Fixed {
    fn facts(&self) -> Facts {
        Facts {
            name: "fixed",
            about: "An object that stays as it starts, at a place drawn from the kernel",
            takes: Takes::Elements { learned: false },
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
