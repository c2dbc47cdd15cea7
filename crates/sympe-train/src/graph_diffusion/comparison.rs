//! The settings of a comparison: ways of breaking symmetry in the denoiser.

use super::{GraphDiffusion, GraphDiffusionConfig};
use crate::experiment::{Column, Comparison, flag_name};
use clap::{Args, ValueEnum};
use sympe_nn::breaking::Breaking;

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// The equivariant denoiser alone; Curie's principle binds
    None,
    /// Independent normal channels of nodes and pairs, new at every step
    Noise,
    /// Learned tables of nodes and pairs at a uniformly random relabelling: the Haar kernel
    Uniform,
    /// A learned table of nodes, drawn from the kernel
    SympeNodes,
    /// Learned tables of nodes and of pairs, drawn from the kernel
    Sympe,
}

impl Method {
    /// The setting of this method; everything else is as in `base`.
    ///
    /// ```
    /// use sympe_train::graph_diffusion::{GraphDiffusionConfig, Method};
    /// let nodes = Method::SympeNodes.setting(&GraphDiffusionConfig::default());
    /// assert_eq!(Method::of(&nodes), Some(Method::SympeNodes));
    /// ```
    #[must_use]
    pub fn setting(self, base: &GraphDiffusionConfig) -> GraphDiffusionConfig {
        let mut config = base.clone();
        config.breaking.kind = match self {
            Self::None => Breaking::None,
            Self::Noise => Breaking::Noise,
            Self::Uniform => Breaking::Uniform,
            Self::SympeNodes | Self::Sympe => Breaking::Sympe,
        };
        if self == Self::SympeNodes {
            config.breaking.edge_dim = 0;
        }
        config
    }

    /// The method of a setting; `None` if it is a mixture.
    #[must_use]
    pub fn of(config: &GraphDiffusionConfig) -> Option<Self> {
        match (config.breaking.kind, config.breaking.edge_dim > 0) {
            (Breaking::None, _) => Some(Self::None),
            (Breaking::Noise, true) => Some(Self::Noise),
            (Breaking::Uniform, true) => Some(Self::Uniform),
            (Breaking::Sympe, false) => Some(Self::SympeNodes),
            (Breaking::Sympe, true) => Some(Self::Sympe),
            _ => None,
        }
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        flag_name(&self)
    }
}

/// What to compare.
///
/// ```
/// use sympe_train::experiment::Comparison;
/// use sympe_train::graph_diffusion::{GraphDiffusionComparison, GraphDiffusionConfig, Method};
/// let comparison = GraphDiffusionComparison { methods: vec![Method::None, Method::Sympe] };
/// assert_eq!(comparison.settings(&GraphDiffusionConfig::default()).len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct GraphDiffusionComparison {
    /// Ways of breaking symmetry
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "none,noise,uniform,sympe-nodes,sympe"
    )]
    pub methods: Vec<Method>,
}

const fn column(metric: &'static str, heading: &'static str, digits: usize) -> Column {
    Column {
        metric,
        heading,
        digits,
    }
}

impl Comparison for GraphDiffusionComparison {
    type Experiment = GraphDiffusion;
    const COLUMNS: &'static [Column] = &[
        column("nll", "NLL, nats", 2),
        column("nll_published", "NLL as published", 2),
        column("validity", "validity", 3),
        column("uniqueness", "uniqueness", 3),
        column("novelty", "novelty", 3),
        column("atom_stability", "atom stability", 4),
        column("molecule_stability", "molecule stability", 3),
        column("valid_unique_novel", "V.U.N.", 3),
    ];

    fn settings(&self, base: &GraphDiffusionConfig) -> Vec<GraphDiffusionConfig> {
        self.methods.iter().map(|method| method.setting(base)).collect()
    }

    fn labels(config: &GraphDiffusionConfig) -> Vec<(&'static str, Option<String>)> {
        // The other methods draw from no kernel.
        let kernel = (config.breaking.kind == Breaking::Sympe).then(|| config.breaking.kernel.to_string());
        vec![
            ("data", Some(config.data.kind.to_string())),
            ("method", Method::of(config).map(Method::name)),
            ("kernel", kernel),
        ]
    }
}
