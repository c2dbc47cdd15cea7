//! What a comparison varies: ways of breaking symmetry in the denoiser, and kernels.

use super::config::GraphDiffusionConfig;
use crate::breakers::{Breaking, Takes};
use crate::comparison::{Axis, Row};
use crate::domain::Kernel;

pub(super) fn axes() -> Vec<Axis<GraphDiffusionConfig>> {
    type Config = GraphDiffusionConfig;
    let nodes_only = Row::new(
        "sympe-nodes",
        "SymPE with a learned object of nodes alone, none of pairs",
        |config: &mut Config| {
            config.breaking.kind = Breaking::default();
            config.breaking.edge_dim = 0;
        },
    );
    let methods = Breaking::axis(
        |config: &Config| config.breaking.kind,
        |config, kind| config.breaking.kind = kind,
    )
    .named("method", "methods", "Ways of breaking symmetry")
    .with_rows([nodes_only])
    .with_default(&["none", "noise", "uniform", "sympe-nodes", "sympe"]);
    // The other methods draw from no kernel, or from the Haar kernel.
    let kernels = Kernel::axis(
        |config: &Config| config.breaking.kind.is_sympe().then_some(config.breaking.kernel),
        |config, kernel| config.breaking.kernel = kernel,
    );
    vec![methods, kernels]
}

/// The scale of noise and of features, and of what learned tables start as.
pub(super) fn scale() -> Axis<GraphDiffusionConfig> {
    Axis::scale(
        |config: &GraphDiffusionConfig| {
            let breaks = config.breaking.kind.takes() != Takes::Nothing;
            breaks.then_some(config.breaking.table.scale)
        },
        |config, scale| config.breaking.table.scale = scale,
    )
}
