//! Laplacian eigenvectors as channels (Dwivedi et al. 2020).

use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::{Domain, Graphs, HasGraph, KeptGraph};
use rand::{Rng, RngExt};
use sympe_canon::CanonError;
use sympe_canon::features::laplacian_eigenvectors;

/// Eigenvectors of the Laplacian, those of the smallest eigenvalues above 0 first, with signs drawn anew.
#[derive(Debug)]
pub(super) struct Laplacian;

impl Way<Graphs> for Laplacian {
    fn facts(&self) -> Facts {
        Facts {
            name: "laplacian",
            about: "Laplacian eigenvectors with random signs",
            takes: Takes::Features { pairs: false },
        }
    }

    fn draw(
        &self,
        domain: &Graphs,
        input: &dyn HasGraph,
        kept: &KeptGraph,
        rng: &mut dyn Rng,
    ) -> Result<Drawn, CanonError> {
        let (dim, scale) = (domain.dim(), domain.scale() as f32);
        let vectors = (kept.features).get_or_init(|| laplacian_eigenvectors(&input.graph(), dim));
        let signs: Vec<f32> = (0..dim)
            .map(|_| if rng.random::<bool>() { scale } else { -scale })
            .collect();
        let signed = vectors.iter().zip(signs.iter().cycle());
        Ok(Drawn {
            features: signed.map(|(x, sign)| x * sign).collect(),
            ..Drawn::default()
        })
    }
}
