//! The settings of a comparison: networks × ways of breaking symmetry × kernels.

use super::{GraphAutoencoder, GraphAutoencoderConfig, Kernel};
use crate::experiment::{Column, Comparison};
use clap::Args;
use sympe_nn::breaking::Breaking;
use sympe_nn::models::Network;

/// What to compare.
///
/// ```
/// use sympe_nn::breaking::Breaking;
/// use sympe_nn::models::Network;
/// use sympe_train::experiment::Comparison;
/// use sympe_train::graph_autoencoder::{GraphAutoencoderComparison, GraphAutoencoderConfig, Kernel};
///
/// let comparison = GraphAutoencoderComparison {
///     networks: vec![Network::Gnn],
///     breakers: vec![Breaking::None, Breaking::Sympe],
///     kernels: vec![Kernel::Exact, Kernel::Spectral],
/// };
/// let rows = comparison.settings(&GraphAutoencoderConfig::default());
/// assert_eq!(rows.len(), 3); // none, and sympe with two kernels
/// ```
#[derive(Clone, Debug, PartialEq, Args)]
pub struct GraphAutoencoderComparison {
    /// Encoders: gnn, egnn, radial-field
    #[arg(long, value_delimiter = ',', default_value = "gnn,egnn")]
    pub networks: Vec<Network>,
    /// Ways of breaking symmetry: none, noise, uniform, laplacian, random-walk, sympe
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "none,noise,uniform,laplacian,random-walk,sympe"
    )]
    pub breakers: Vec<Breaking>,
    /// Kernels of SymPE; an unknown name lists them
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "exact,exact-refinement,exact-spectral,exact-depth-first,random-depth-first"
    )]
    pub kernels: Vec<Kernel>,
}

impl Comparison for GraphAutoencoderComparison {
    type Experiment = GraphAutoencoder;
    const COLUMNS: &'static [Column] = &[
        Column {
            metric: "bce",
            heading: "test BCE",
            digits: 3,
        },
        Column {
            metric: "error_percent",
            heading: "% error",
            digits: 4,
        },
        Column {
            metric: "f1",
            heading: "F1",
            digits: 4,
        },
    ];

    fn settings(&self, base: &GraphAutoencoderConfig) -> Vec<GraphAutoencoderConfig> {
        let mut settings = Vec::new();
        for &network in &self.networks {
            for &kind in &self.breakers {
                let kernels = if kind == Breaking::Sympe {
                    &self.kernels[..]
                } else {
                    &[base.breaking.kernel]
                };
                for &kernel in kernels {
                    let mut config = base.clone();
                    config.model.network = network;
                    config.breaking.kind = kind;
                    config.breaking.kernel = kernel;
                    settings.push(config);
                }
            }
        }
        settings
    }

    fn labels(config: &GraphAutoencoderConfig) -> Vec<(&'static str, Option<String>)> {
        let breaking = &config.breaking;
        // The other breakers draw from no kernel.
        let kernel = (breaking.kind == Breaking::Sympe).then(|| breaking.kernel.to_string());
        vec![
            ("network", Some(config.model.network.to_string())),
            ("breaker", Some(breaking.kind.to_string())),
            ("kernel", kernel),
        ]
    }
}
