//! No breaking.

use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::Domain;
use rand::Rng;
use sympe_canon::CanonError;

/// The equivariant network alone.
#[derive(Debug)]
pub(super) struct Nothing;

impl<D: Domain> Way<D> for Nothing {
    fn facts(&self) -> Facts {
        Facts {
            name: "none",
            about: "The equivariant network alone; Curie's principle binds",
            takes: Takes::Nothing,
        }
    }

    fn draw(&self, _: &D, _: &D::Input, _: &D::Kept, _: &mut dyn Rng) -> Result<Drawn, CanonError> {
        Ok(Drawn::default())
    }
}
