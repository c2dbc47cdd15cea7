//! The experiments: those of the paper, and one beyond it. Each is a folder here and a line in the registry.

use crate::commands::Experiment;

/// Declares the modules of experiments and lists them for the command line.
macro_rules! registry {
    ($($module:ident::$task:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// All experiments of this crate; the first is what is trained when none is named.
        pub static ALL: &[Experiment] = &[$(Experiment::of::<$module::$task>()),*];
    };
}

registry! {
    graph_autoencoder::GraphAutoencoder,
    graph_diffusion::GraphDiffusion,
    ising::Ising,
    point_cloud::Clouds,
}
