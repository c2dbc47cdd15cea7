//! Return probabilities of random walks as channels (Dwivedi et al. 2022).

use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::{Domain, Graphs, HasGraph, KeptGraph};
use rand::Rng;
use sympe_canon::CanonError;
use sympe_canon::features::return_probabilities;

/// Features that are equal on orbits: they add to what a network sees and break nothing.
#[derive(Debug)]
pub(super) struct RandomWalk;

impl Way<Graphs> for RandomWalk {
    fn facts(&self) -> Facts {
        Facts {
            name: "random-walk",
            about: "Return probabilities of random walks: equal on orbits, they break nothing",
            takes: Takes::Features { pairs: false },
        }
    }

    fn draw(
        &self,
        domain: &Graphs,
        input: &dyn HasGraph,
        kept: &KeptGraph,
        _: &mut dyn Rng,
    ) -> Result<Drawn, CanonError> {
        let features = (kept.features).get_or_init(|| return_probabilities(&input.graph(), domain.dim()));
        Ok(Drawn {
            features: features.clone(),
            ..Drawn::default()
        })
    }
}
