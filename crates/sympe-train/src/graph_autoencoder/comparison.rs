//! The runs of a comparison: networks × ways of breaking symmetry × kernels × seeds.

use super::{GraphAutoencoderConfig, Kernel};
use sympe_nn::breaking::Breaking;
use sympe_nn::models::Network;

/// What to compare.
///
/// ```
/// use sympe_nn::breaking::Breaking;
/// use sympe_nn::models::Network;
/// use sympe_train::graph_autoencoder::{Comparison, GraphAutoencoderConfig, Kernel};
///
/// let comparison = Comparison {
///     networks: vec![Network::Gnn],
///     breakers: vec![Breaking::None, Breaking::Sympe],
///     kernels: vec![Kernel::Exact, Kernel::Spectral],
///     seeds: 2,
/// };
/// let runs = comparison.runs(&GraphAutoencoderConfig::default());
/// assert_eq!(runs.len(), 6); // (none, sympe with two kernels) × two seeds
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Encoders.
    pub networks: Vec<Network>,
    /// Ways of breaking symmetry.
    pub breakers: Vec<Breaking>,
    /// Kernels of [`Breaking::Sympe`].
    pub kernels: Vec<Kernel>,
    /// Runs of each: seeds from that of the base configuration on.
    pub seeds: u64,
}

impl Comparison {
    /// The configurations, those of one row of the table together. They differ from `base` in nothing else.
    #[must_use]
    pub fn runs(&self, base: &GraphAutoencoderConfig) -> Vec<GraphAutoencoderConfig> {
        let mut runs = Vec::new();
        for &network in &self.networks {
            for &kind in &self.breakers {
                let kernels = if kind == Breaking::Sympe {
                    &self.kernels[..]
                } else {
                    &[base.breaking.kernel]
                };
                for &kernel in kernels {
                    for seed in 0..self.seeds {
                        let mut config = base.clone();
                        config.model.network = network;
                        config.breaking.kind = kind;
                        config.breaking.kernel = kernel;
                        config.training.seed = base.training.seed.wrapping_add(seed);
                        runs.push(config);
                    }
                }
            }
        }
        runs
    }
}
