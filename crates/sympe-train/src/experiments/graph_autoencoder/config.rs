//! The options of the experiment, and its presets.

use crate::breakers::{Breaking, Takes};
use crate::config::{Config, Preset, TrainingConfig, at_least_one, finite, positive, to_toml};
use crate::domain::{GraphEncoding, Graphs, Kernel};
use crate::datasets;
use crate::files::hex;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use sympe_data::molecule::{BondOrder, Element};
use sympe_data::published::{GENERATED, GeneratedFile};
use sympe_nn::encoding::{TableConfig, TableInit};
use sympe_nn::learned::LearnedConfig;
use sympe_nn::models::{AutoencoderConfig, Network};
use sympe_nn::optim::OptimizerConfig;

/// The options of the graph autoencoder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GraphAutoencoderConfig {
    /// The graphs.
    pub data: GraphDataConfig,
    /// The network.
    pub model: AutoencoderConfig,
    /// What breaks symmetry.
    pub breaking: BreakingConfig,
    /// Epochs, batches, seed.
    pub training: TrainingConfig,
    /// The update rule.
    pub optimizer: OptimizerConfig,
}

sympe_groups::named! {
    serde "kind of graphs"
    /// Which graphs.
    ///
    /// ```
    /// use sympe_train::experiments::graph_autoencoder::GraphData;
    /// assert_eq!(serde_json::to_string(&GraphData::Overfit).unwrap(), r#""overfit""#);
    /// ```
    #[derive(Default)]
    pub enum GraphData {
        /// The published Erdős–Rényi graphs; of a folder that lacks them, generated ones.
        #[default]
        Auto = "auto",
        /// The published Erdős–Rényi graphs.
        Published = "published",
        /// Erdős–Rényi graphs of the same law: 7 to 16 nodes, p = ¼.
        Generated = "generated",
        /// Two communities, fresh for every graph.
        Community = "community",
        /// Molecules of QM9, hydrogens explicit, without the elements and the bonds' orders: equal leaves at most atoms.
        Molecules = "molecules",
        /// The same molecules with their elements and the orders of their bonds, which are rebuilt, too.
        MoleculesWithClasses = "molecules-with-classes",
        /// Random cographs, in which some nodes have the same neighbours at every level.
        Cographs = "cographs",
        /// Uniform trees.
        Trees = "trees",
        /// Uniform cubic graphs; of degree 4 where the number of nodes is odd.
        Regular = "regular",
        /// 100 Erdős–Rényi graphs with p = ⅕, the same for training, validation and test.
        Overfit = "overfit",
    }
}

impl GraphData {
    /// The least number of nodes, where the largest is an option.
    #[must_use]
    pub fn least_nodes(self) -> Option<u32> {
        match self {
            Self::Generated | Self::Cographs | Self::Trees | Self::Regular => Some(7),
            Self::Auto | Self::Published | Self::Community | Self::Overfit => None,
            Self::Molecules | Self::MoleculesWithClasses => None,
        }
    }

    /// Numbers of classes of nodes and of pairs, no edge included, where graphs have any: the elements of QM9 and the orders of
    /// bonds.
    ///
    /// ```
    /// use sympe_train::experiments::graph_autoencoder::GraphData;
    /// assert_eq!(GraphData::MoleculesWithClasses.classes(), Some([5, 4]));
    /// assert_eq!(GraphData::Molecules.classes(), None);
    /// ```
    #[must_use]
    pub fn classes(self) -> Option<[usize; 2]> {
        let some = self == Self::MoleculesWithClasses;
        some.then_some([Element::QM9.len(), BondOrder::ALL.len() + 1])
    }

    fn is_molecules(self) -> bool {
        matches!(self, Self::Molecules | Self::MoleculesWithClasses)
    }
}

/// The options of the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GraphDataConfig {
    /// Which graphs.
    pub kind: GraphData,
    /// A folder with copies of the published graphs, empty to draw them from their published seeds; or that of QM9, empty for the
    /// usual one.
    pub folder: PathBuf,
    /// Nodes of the largest generated graphs, cographs, trees and regular graphs; the smallest have 7, and all sizes are equally
    /// frequent.
    pub max_nodes: u32,
    /// Training graphs, at most; 0 means all there are (5000 if they are generated).
    pub train: usize,
    /// Validation and test graphs each, at most; 0 means all there are (500 if they are generated).
    pub held_out: usize,
    /// Seed of generated graphs; the same for all runs of a comparison.
    #[serde(with = "crate::config::seed")]
    pub seed: u64,
}

/// As in the published graphs.
const MAX_NODES: u32 = 16;

impl Default for GraphDataConfig {
    fn default() -> Self {
        Self {
            kind: GraphData::Auto,
            folder: PathBuf::new(),
            max_nodes: MAX_NODES,
            train: 0,
            held_out: 0,
            seed: 1,
        }
    }
}

impl GraphDataConfig {
    /// See [`Config::pinned`].
    #[must_use]
    pub fn pinned(mut self) -> Self {
        if self.kind == GraphData::Auto {
            let absent = !self.folder.as_os_str().is_empty() && !self.folder.join(GENERATED[0].name).exists();
            self.kind = if absent { GraphData::Generated } else { GraphData::Published };
        }
        let unused = match self.kind {
            GraphData::Published => holds_the_published(&self.folder),
            kind => !kind.is_molecules(),
        };
        if unused {
            self.folder = PathBuf::new();
        } else if self.kind.is_molecules() && self.folder.as_os_str().is_empty() {
            self.folder = datasets::folder("qm9");
        }
        if !self.folder.as_os_str().is_empty() {
            // Without a current folder there is nothing to be absolute to; reading the files will say so.
            self.folder = std::path::absolute(&self.folder).unwrap_or(self.folder);
        }
        self
    }
}

/// Whether the folder has, bit for bit, what is drawn from the published seeds: then it makes no difference.
fn holds_the_published(folder: &Path) -> bool {
    let same = |file: &GeneratedFile| {
        fs::read(folder.join(file.name)).is_ok_and(|bytes| hex(&bytes) == file.sha256)
    };
    GENERATED.iter().filter(|file| file.name.starts_with("egnn_er025_")).all(same)
}

sympe_groups::named! {
    serde "encoding"
    /// What a draw becomes as channels of nodes.
    ///
    /// ```
    /// use sympe_nn::models::Network;
    /// use sympe_train::domain::GraphEncoding;
    /// use sympe_train::experiments::graph_autoencoder::EncodingChoice;
    /// assert_eq!(EncodingChoice::Auto.of(Network::Egnn), GraphEncoding::Smoothed);
    /// assert_eq!(EncodingChoice::Auto.of(Network::Gnn), GraphEncoding::Table);
    /// ```
    #[derive(Default)]
    pub enum EncodingChoice {
        /// What is best for the network: smoothed as coordinates, the table as features of nodes.
        #[default]
        Auto = "auto",
        /// One table for graphs of all sizes: each node gets the row of its rank.
        Table = "table",
        /// A table per size, the rows of each node and its neighbours averaged.
        Smoothed = "smoothed",
    }
}

impl EncodingChoice {
    /// What it stands for with this network.
    #[must_use]
    pub fn of(self, network: Network) -> GraphEncoding {
        match self {
            Self::Auto if network.has_coordinates() => GraphEncoding::Smoothed,
            Self::Auto | Self::Table => GraphEncoding::Table,
            Self::Smoothed => GraphEncoding::Smoothed,
        }
    }

    /// What runs have that were made before there was a choice.
    fn table() -> Self {
        Self::Table
    }
}

/// The options of the breaking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BreakingConfig {
    /// What breaks symmetry.
    pub kind: Breaking<Graphs>,
    /// The kernel that SymPE draws from.
    pub kernel: Kernel,
    /// Channels of the encoding in a GNN. Networks with coordinates use the dimension of the embedding.
    pub dim: usize,
    /// Channels of pairs of nodes, of the way that has any: `rrwp`. Runs that were made before there were any have none.
    #[serde(default = "no_pairs")]
    pub pair_dim: usize,
    /// What a draw becomes as channels of nodes.
    #[serde(default = "EncodingChoice::table")]
    pub encoding: EncodingChoice,
    /// Partial breaking: so many ranks are told apart by the learned object, which leaves the nodes of all others alike; 0 tells all
    /// apart.
    #[serde(default)]
    pub distinguished: usize,
    /// How the learned table starts; `scale` is also that of noise and of eigenvectors.
    pub table: TableConfig,
    /// The kernel of `learned`.
    pub learned: LearnedConfig,
}

/// What [`BreakingConfig::pair_dim`] is where it is not written.
fn no_pairs() -> usize {
    0
}

impl Default for BreakingConfig {
    fn default() -> Self {
        Self {
            kind: Breaking::default(),
            kernel: Kernel::default(),
            dim: 16,
            pair_dim: 8,
            encoding: EncodingChoice::default(),
            distinguished: 0,
            table: TableConfig::default(),
            learned: LearnedConfig::default(),
        }
    }
}

impl GraphAutoencoderConfig {
    /// What a draw becomes as channels of nodes.
    #[must_use]
    pub fn encoding(&self) -> GraphEncoding {
        self.breaking.encoding.of(self.model.network)
    }

    /// Channels of the encoding.
    #[must_use]
    pub fn encoding_dim(&self) -> usize {
        if self.model.network.has_coordinates() {
            self.model.embedding
        } else {
            self.breaking.dim
        }
    }

    /// Channels of pairs of nodes.
    #[must_use]
    pub fn pair_dim(&self) -> usize {
        match self.breaking.kind.takes() {
            Takes::Features { pairs: true } => self.breaking.pair_dim,
            _ => 0,
        }
    }
}

impl Config for GraphAutoencoderConfig {
    fn presets() -> &'static [Preset] {
        &[
            (
                "quick",
                "about five minutes on two cores; the default",
                "
                training = { epochs = 30, batch-size = 4 }
                optimizer = { learning-rate = 1e-3, warmup = 500, clip-norm = 10.0 }
                ",
            ),
            (
                "full",
                "the published number of graph presentations, 500 000, in small batches",
                "
                training = { epochs = 100, batch-size = 2, checkpoint-every = 5000 }
                optimizer = { learning-rate = 1e-3, warmup = 500, clip-norm = 10.0 }
                ",
            ),
            (
                "published",
                "the published setting: single graphs, Adam 1e-4, 100 epochs",
                "
                training = { epochs = 100, batch-size = 1, checkpoint-every = 5000 }
                optimizer = { learning-rate = 1e-4 }
                ",
            ),
            (
                "smoke",
                "seconds: a few small graphs, for tests",
                "
                data = { kind = 'generated', train = 24, held-out = 8 }
                model = { hidden = 8, layers = 2 }
                training = { epochs = 4, batch-size = 4, checkpoint-every = 2 }
                optimizer = { learning-rate = 2e-3, clip-norm = 10.0 }
                ",
            ),
        ]
    }

    fn training(&self) -> &TrainingConfig {
        &self.training
    }

    fn optimizer(&self) -> &OptimizerConfig {
        &self.optimizer
    }

    fn pinned(mut self) -> Self {
        self.data = self.data.pinned();
        self
    }

    fn data_key(&self) -> String {
        to_toml(&self.data)
    }

    fn validate(&self) -> Result<(), String> {
        self.training.validate(&self.optimizer)?;
        at_least_one([
            ("model.hidden", self.model.hidden),
            ("model.layers", self.model.layers),
            ("model.embedding", self.model.embedding),
            ("breaking.dim", self.breaking.dim),
            ("breaking.learned.hidden", self.breaking.learned.hidden),
        ])?;
        positive("breaking.learned.temperature", self.breaking.learned.temperature)?;
        positive("breaking.learned.gain", self.breaking.learned.gain)?;
        let nodes = self.data.max_nodes;
        match self.data.kind.least_nodes() {
            Some(least) if nodes < least => {
                return Err(format!("data.max-nodes is {nodes}, expected at least {least}"));
            }
            None if nodes != MAX_NODES => {
                let kind = self.data.kind;
                return Err(format!(
                    "data.max-nodes is {nodes}, but data.kind is {kind}, whose sizes are given"
                ));
            }
            _ => {}
        }
        positive("model.bias-gain", self.model.bias_gain)?;
        let network = self.model.network;
        if self.data.kind.classes().is_some() && !network.has_features() {
            return Err(format!(
                "model.network is {network}, which has no features of nodes, but data.kind is {}, whose nodes have classes: \
                 expected egnn or gnn",
                self.data.kind
            ));
        }
        let TableConfig { init, scale } = self.breaking.table;
        if init != TableInit::default() && self.encoding() == GraphEncoding::Smoothed {
            return Err(format!(
                "breaking.table.init is {init}, but the encoding is smoothed and starts as cosines: expected \
                 breaking.encoding=table beside it"
            ));
        }
        finite("breaking.table.scale", scale)
    }
}
