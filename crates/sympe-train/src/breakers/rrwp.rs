//! Relative random-walk probabilities as channels of pairs of nodes (Ma et al. 2023).

use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::{Domain, Graphs, HasGraph, KeptGraph};
use rand::Rng;
use sympe_canon::CanonError;
use sympe_canon::features::{relative_walks, return_probabilities};

/// Features that are equal on orbits of nodes and of pairs: they add to what a network sees and break nothing. Those of nodes are
/// the return probabilities of [`RandomWalk`](super::random_walk::RandomWalk), and all there is where pairs have no channels.
#[derive(Debug)]
pub(super) struct Rrwp;

impl Way<Graphs> for Rrwp {
    fn facts(&self) -> Facts {
        Facts {
            name: "rrwp",
            about: "Probabilities of random walks, of nodes and of pairs: equal on orbits, they break nothing",
            takes: Takes::Features { pairs: true },
        }
    }

    fn draw(
        &self,
        domain: &Graphs,
        input: &dyn HasGraph,
        kept: &KeptGraph,
        _: &mut dyn Rng,
    ) -> Result<Drawn, CanonError> {
        let scale = domain.scale() as f32;
        let (nodes, pairs) = (&kept.features, &kept.pairs);
        let nodes = nodes.get_or_init(|| return_probabilities(&input.graph(), domain.dim()));
        let pairs = pairs.get_or_init(|| match domain.pair_dim() {
            0 => Vec::new(),
            dim => relative_walks(&input.graph(), dim),
        });
        let scaled = |features: &[f32]| features.iter().map(|x| scale * x).collect();
        Ok(Drawn {
            features: scaled(nodes),
            pairs: scaled(pairs),
            ..Drawn::default()
        })
    }
}
