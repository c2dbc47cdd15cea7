//! Noise as extra channels (Sato et al. 2021; Abboud et al. 2021): new for every draw, and nothing to learn.

use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::Domain;
use rand::Rng;
use sympe_canon::CanonError;
use sympe_nn::params::normal;

/// Independent normal channels.
#[derive(Debug)]
pub(super) struct Noise;

impl<D: Domain> Way<D> for Noise {
    fn facts(&self) -> Facts {
        Facts {
            name: "noise",
            about: "Independent normal channels, new at every draw",
            takes: Takes::Features { pairs: true },
        }
    }

    fn draw(
        &self,
        domain: &D,
        input: &D::Input,
        _: &D::Kept,
        rng: &mut dyn Rng,
    ) -> Result<Drawn, CanonError> {
        let (n, scale, width) = (domain.places(input), domain.scale(), domain.pair_dim());
        let mut draw = || (scale * normal(rng)) as f32;
        let features = (0..n * domain.dim() * D::COMPONENTS).map(|_| draw()).collect();
        let mut pairs = vec![0.0; n * n * width];
        if width > 0 {
            for i in 0..n {
                for j in 0..i {
                    for channel in 0..width {
                        let value = draw();
                        pairs[(i * n + j) * width + channel] = value;
                        pairs[(j * n + i) * width + channel] = value;
                    }
                }
            }
        }
        Ok(Drawn {
            features,
            pairs,
            ..Drawn::default()
        })
    }
}
