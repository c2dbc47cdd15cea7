//! Laplacian eigenvectors as channels (Dwivedi et al. 2020).

use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::{Domain, Graphs, HasGraph, KeptGraph};
use rand::{Rng, RngExt};
use sympe_canon::CanonError;
use sympe_canon::features::{laplacian_eigenvectors, parting_eigenvectors};

/// Eigenvectors of the Laplacian after the first, with signs drawn anew.
#[derive(Debug)]
pub(super) enum Laplacian {
    /// Those of the smallest eigenvalues.
    Smallest,
    /// The last of them exchanged for such as part nodes that are equal otherwise.
    Parting,
}

impl Way<Graphs> for Laplacian {
    fn facts(&self) -> Facts {
        let (name, about) = match self {
            Self::Smallest => ("laplacian", "Laplacian eigenvectors with random signs"),
            Self::Parting => (
                "laplacian-parting",
                "The same, some exchanged for such as part nodes that are equal otherwise",
            ),
        };
        Facts {
            name,
            about,
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
        let vectors = (kept.features).get_or_init(|| match self {
            Self::Smallest => laplacian_eigenvectors(&input.graph(), dim),
            Self::Parting => parting_eigenvectors(&input.graph(), dim),
        });
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
