//! What a comparison varies: networks, ways of breaking symmetry, kernels.

use super::GraphAutoencoderConfig;
use crate::breakers::Breaking;
use crate::comparison::{Axis, Row};
use crate::domain::{Graphs, Kernel};
use sympe_nn::models::Network;

pub(super) fn axes() -> Vec<Axis<GraphAutoencoderConfig>> {
    type Config = GraphAutoencoderConfig;
    let network = |(name, about, network)| {
        Row::new(name, about, move |config: &mut Config| config.model.network = network)
    };
    let networks = [
        ("gnn", "Message passing", Network::Gnn),
        ("egnn", "E(n)-equivariant message passing", Network::Egnn),
        ("radial-field", "Radial fields", Network::RadialField),
    ];
    let breaker = |kind: Breaking<Graphs>| {
        Row::new(kind.name(), kind.about(), move |config: &mut Config| {
            config.breaking.kind = kind;
        })
    };
    let kernel = |kernel: &Kernel| {
        let kernel = *kernel;
        Row::new(kernel.name(), kernel.description(), move |config: &mut Config| {
            config.breaking.kernel = kernel;
        })
    };
    vec![
        Axis {
            label: "network",
            flag: "networks",
            about: "Encoders",
            rows: networks.map(network).into(),
            default: &["gnn", "egnn"],
            current: |config| Some(config.model.network.to_string()),
        },
        Axis {
            label: "breaker",
            flag: "breakers",
            about: "Ways of breaking symmetry",
            rows: Breaking::all().map(breaker).collect(),
            default: &["none", "noise", "uniform", "laplacian", "random-walk", "sympe"],
            current: |config| Some(config.breaking.kind.to_string()),
        },
        Axis {
            label: "kernel",
            flag: "kernels",
            about: "Kernels of SymPE",
            rows: Kernel::ALL.iter().map(kernel).collect(),
            default: &[
                "exact",
                "exact-refinement",
                "exact-spectral",
                "exact-depth-first",
                "random-depth-first",
            ],
            // The other breakers draw from no kernel, or from the Haar kernel.
            current: |config| (config.breaking.kind.is_sympe()).then(|| config.breaking.kernel.to_string()),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_every_kernel() {
        let readme = include_str!("../../../README.md");
        for kernel in Kernel::ALL {
            let row = format!("| `{kernel}` | {} |", kernel.description());
            assert!(readme.contains(&row), "crates/sympe-train/README.md lacks {row}");
        }
    }
}
