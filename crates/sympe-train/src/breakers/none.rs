//! No breaking.

use super::way::{Drawn, Takes, Way};
use crate::domain::Domain;
use rand::Rng;
use sympe_canon::CanonError;

/// The equivariant network alone.
#[derive(Debug)]
pub(super) struct Nothing;

impl<D: Domain> Way<D> for Nothing {
    fn name(&self) -> &'static str {
        "none"
    }

    fn about(&self) -> &'static str {
        "The equivariant network alone; Curie's principle binds"
    }

    fn takes(&self) -> Takes {
        Takes::Nothing
    }

    fn draw(&self, _: &D, _: &D::Input, _: &D::Kept, _: &mut dyn Rng) -> Result<Drawn, CanonError> {
        Ok(Drawn::default())
    }
}
