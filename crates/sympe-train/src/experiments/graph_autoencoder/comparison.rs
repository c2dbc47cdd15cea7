//! What a comparison varies: networks, ways of breaking symmetry, kernels.

use super::config::GraphAutoencoderConfig;
use super::config::EncodingChoice;
use crate::breakers::{Breaking, Takes};
use crate::comparison::{Axis, Row};
use crate::domain::kernel_axis;
use sympe_nn::learned::Relaxation;
use sympe_nn::models::Network;

pub(super) fn axes() -> Vec<Axis<GraphAutoencoderConfig>> {
    type Config = GraphAutoencoderConfig;
    let network = |network: Network| {
        let about = network.about().trim_end_matches('.');
        Row::new(network.name(), about, move |config: &mut Config| {
            config.model.network = network;
        })
    };
    let current = |config: &Config| Some(config.model.network.to_string());
    let networks = Axis::new("network", "networks", "Encoders", current)
        .with_rows(Network::ALL.into_iter().map(network))
        .with_default(&["gnn", "egnn"]);
    let sympe = |name, about, encoding| {
        Row::new(name, about, move |config: &mut Config| {
            config.breaking.kind = Breaking::default();
            config.breaking.encoding = encoding;
        })
    };
    let table = sympe(
        "sympe-table",
        "SymPE with one table for graphs of all sizes, whatever the network",
        EncodingChoice::Table,
    );
    let smoothed = sympe(
        "sympe-smoothed",
        "SymPE with tables averaged over neighbours, whatever the network",
        EncodingChoice::Smoothed,
    );
    let soft = Row::new(
        "learned-soft",
        "A learned kernel whose draws stay relaxed: encodings between the rows of the table",
        |config: &mut Config| {
            config.breaking.kind = "learned".parse().expect("a way of graphs");
            config.breaking.learned.relaxation = Relaxation::Soft;
        },
    );
    let breakers = Breaking::axis(
        |config: &Config| config.breaking.kind,
        |config, kind| config.breaking.kind = kind,
    )
    .with_rows([table, smoothed, soft])
    .with_default(&["none", "noise", "uniform", "laplacian", "random-walk", "learned", "sympe"]);
    // The other breakers draw from no kernel, or from the Haar kernel.
    let kernels = kernel_axis(
        |config: &Config| config.breaking.kind.is_sympe().then_some(config.breaking.kernel),
        |config, kernel| config.breaking.kernel = kernel,
    )
    .with_default(&[
        "exact",
        "exact-refinement",
        "exact-spectral",
        "exact-depth-first",
        "random-depth-first",
    ]);
    vec![networks, breakers, kernels]
}

/// The scale of what is broken with; where there is nothing, there is none.
pub(super) fn scale() -> Axis<GraphAutoencoderConfig> {
    Axis::scale(
        |config: &GraphAutoencoderConfig| {
            let breaks = config.breaking.kind.takes() != Takes::Nothing;
            breaks.then_some(config.breaking.table.scale)
        },
        |config, scale| config.breaking.table.scale = scale,
    )
}

#[cfg(test)]
mod tests {
    use crate::domain::Kernel;

    #[test]
    fn the_readme_lists_every_kernel() {
        let readme = include_str!("../../../README.md");
        for kernel in Kernel::ALL {
            let row = format!("| `{kernel}` | {} |", kernel.about());
            assert!(readme.contains(&row), "crates/sympe-train/README.md lacks {row}");
        }
    }
}
