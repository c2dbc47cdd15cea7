//! What a comparison varies: ways of breaking symmetry in the denoiser.

use super::config::GraphDiffusionConfig;
use crate::breakers::Breaking;
use crate::comparison::{Axis, Row};
use crate::domain::{Graphs, Kernel};

pub(super) fn axes() -> Vec<Axis<GraphDiffusionConfig>> {
    type Config = GraphDiffusionConfig;
    let method = |kind: Breaking<Graphs>| {
        Row::new(kind.name(), kind.about(), move |config: &mut Config| {
            config.breaking.kind = kind;
        })
    };
    let nodes_only = Row::new(
        "sympe-nodes",
        "The same with a learned object of nodes alone, none of pairs",
        |config: &mut Config| {
            config.breaking.kind = Breaking::default();
            config.breaking.edge_dim = 0;
        },
    );
    let kernel = |kernel: &Kernel| {
        let kernel = *kernel;
        Row::new(kernel.name(), kernel.description(), move |config: &mut Config| {
            config.breaking.kernel = kernel;
        })
    };
    vec![
        Axis {
            label: "method",
            flag: "methods",
            about: "Ways of breaking symmetry",
            rows: Breaking::all().map(method).chain([nodes_only]).collect(),
            default: &["none", "noise", "uniform", "sympe-nodes", "sympe"],
            current: |config| Some(config.breaking.kind.to_string()),
        },
        Axis {
            label: "kernel",
            flag: "kernels",
            about: "Kernels of SymPE",
            rows: Kernel::ALL.iter().map(kernel).collect(),
            default: &[],
            // The other methods draw from no kernel, or from the Haar kernel.
            current: |config| (config.breaking.kind.is_sympe()).then(|| config.breaking.kernel.to_string()),
        },
    ]
}
