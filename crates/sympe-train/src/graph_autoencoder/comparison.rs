//! The settings of a comparison: networks × ways of breaking symmetry × kernels.

use super::{GraphAutoencoder, GraphAutoencoderConfig};
use crate::experiment::{Column, Comparison};
use crate::kernel::Kernel;
use clap::Args;
use sympe_nn::breaking::Breaking;
use sympe_nn::models::Network;

/// What to compare.
///
/// ```
/// use sympe_nn::breaking::Breaking;
/// use sympe_nn::models::Network;
/// use sympe_train::experiment::Comparison;
/// use sympe_train::graph_autoencoder::{GraphAutoencoderComparison, GraphAutoencoderConfig};
/// use sympe_train::kernel::Kernel;
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
    /// Kernels of SymPE; all with `all` (--help lists them)
    #[arg(
        long,
        value_parser = kernels,
        default_value = "exact,exact-refinement,exact-spectral,exact-depth-first,random-depth-first",
        long_help = kernels_help()
    )]
    pub kernels: Kernels,
}

/// Kernels of one flag: to clap one value, not one flag per kernel.
type Kernels = Vec<Kernel>;

fn kernels(text: &str) -> Result<Kernels, String> {
    match text {
        "all" => Ok(Kernel::ALL.to_vec()),
        names => names.split(',').map(str::parse).collect(),
    }
}

fn kernels_help() -> String {
    let lines: Vec<String> = Kernel::ALL
        .iter()
        .map(|kernel| format!("  {kernel:<20}{}", kernel.description()))
        .collect();
    format!(
        "Kernels of SymPE, separated by commas, or `all`:\n{}",
        lines.join("\n")
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_by_name_all_of_them_or_an_error_that_lists_them() {
        assert_eq!(kernels("exact,orbits"), Ok(vec![Kernel::Exact, Kernel::Orbits]));
        assert_eq!(kernels("all").unwrap(), Kernel::ALL);
        let message = kernels("exact,frames").unwrap_err();
        assert!(
            message.contains("'frames'") && message.contains("random-depth-first"),
            "{message}"
        );
    }

    #[test]
    fn help_and_readme_list_every_kernel() {
        let readme = include_str!("../../README.md");
        for kernel in Kernel::ALL {
            let row = format!("| `{kernel}` | {} |", kernel.description());
            assert!(readme.contains(&row), "crates/sympe-train/README.md lacks {row}");
            assert!(kernels_help().contains(kernel.description()));
        }
    }
}
