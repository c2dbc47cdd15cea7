//! The options of the experiment, and its presets.

use crate::breakers::Breaking;
use crate::config::{Config, Preset, TrainingConfig, at_least_one, finite, positive, to_toml};
use crate::domain::{Graphs, Kernel};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;
use sympe_data::diffusion::{BondClasses, ExtraFeatures, MoleculeClasses, Spacing};
use sympe_nn::encoding::TableConfig;
use sympe_nn::learned::LearnedConfig;
use sympe_nn::models::GraphTransformerConfig;
use sympe_nn::optim::OptimizerConfig;

/// The options of graph diffusion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GraphDiffusionConfig {
    /// The graphs.
    pub data: DiffusionDataConfig,
    /// The noise.
    pub process: ProcessConfig,
    /// What the denoiser sees beside the classes.
    pub features: FeaturesConfig,
    /// The denoiser.
    pub model: GraphTransformerConfig,
    /// What breaks symmetry in the denoiser.
    pub breaking: DiffusionBreakingConfig,
    /// How samples are drawn.
    pub sampling: SamplingConfig,
    /// What is measured.
    pub evaluation: EvaluationConfig,
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
    /// use sympe_train::experiments::graph_diffusion::DiffusionData;
    /// assert_eq!(DiffusionData::SmallMolecules.to_string(), "small-molecules");
    /// assert!(DiffusionData::Qm9.is_molecules());
    /// ```
    #[derive(Default)]
    pub enum DiffusionData {
        /// All small molecular graphs of C, N, O, F; needs no file.
        #[default]
        SmallMolecules = "small-molecules",
        /// QM9, from its folder.
        Qm9 = "qm9",
        /// MOSES, from its folder.
        Moses = "moses",
        /// Delaunay triangulations of 64 points: the published ones if their files are in the folder, generated ones otherwise.
        Planar = "planar",
        /// Stochastic block models, published or generated.
        Sbm = "sbm",
        /// Trees of 64 vertices, published or generated.
        Tree = "tree",
        /// Two communities of 12 to 20 nodes, generated.
        Community = "community",
        /// A cycle, three times of four, or two of half the length, generated: alike to message passing.
        BlindPairs = "blind-pairs",
    }
}

impl DiffusionData {
    /// Whether the classes are elements and bonds.
    #[must_use]
    pub fn is_molecules(self) -> bool {
        matches!(self, Self::SmallMolecules | Self::Qm9 | Self::Moses)
    }
}

/// The options of the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DiffusionDataConfig {
    /// Which graphs.
    pub kind: DiffusionData,
    /// The folder of files; empty for the usual one.
    pub folder: PathBuf,
    /// A folder in which the graphs of molecules are prepared once, and read from one by one: for sets that do not fit into memory, and
    /// to start sooner. Empty to keep them in memory.
    pub store: PathBuf,
    /// Whether hydrogens are nodes of molecules.
    pub hydrogens: bool,
    /// What the classes of edges of molecules stand for.
    pub bonds: BondClasses,
    /// The largest number of heavy atoms of small molecules, from 3 to 7.
    pub heavy_atoms: usize,
    /// Training graphs, at most; 0 means all there are (128 if they are generated).
    pub train: usize,
    /// Passes over the training graphs in what counts as one epoch, so that small sets are not evaluated all the time.
    pub passes: usize,
    /// Seed of generated graphs; the same for all runs of a comparison.
    #[serde(with = "crate::config::seed")]
    pub seed: u64,
}

impl Default for DiffusionDataConfig {
    fn default() -> Self {
        Self {
            kind: DiffusionData::default(),
            folder: PathBuf::new(),
            store: PathBuf::new(),
            hydrogens: true,
            bonds: BondClasses::default(),
            heavy_atoms: 5,
            train: 0,
            passes: 1,
            seed: 1,
        }
    }
}

impl DiffusionDataConfig {
    /// Refuses what such graphs do not have.
    fn validate(&self) -> Result<(), String> {
        // There are too few smaller molecules for three parts.
        if !(3..=7).contains(&self.heavy_atoms) {
            return Err(format!(
                "data.heavy-atoms is {}, expected a number from 3 to 7",
                self.heavy_atoms
            ));
        }
        if !self.store.as_os_str().is_empty() && !self.kind.is_molecules() {
            return Err(format!(
                "data.store is '{}', expected none: {} graphs are few, and kept in memory",
                self.store.display(),
                self.kind
            ));
        }
        if self.bonds != BondClasses::default() && !self.kind.is_molecules() {
            return Err(format!(
                "data.bonds is {}, expected {}: {} graphs are no molecules",
                self.bonds,
                BondClasses::default(),
                self.kind
            ));
        }
        Ok(())
    }
}

sympe_groups::named! {
    serde "limit of noise"
    /// What noise converges to.
    #[derive(Default)]
    pub enum LimitKind {
        /// The shares of the classes in the training set.
        #[default]
        Marginal = "marginal",
        /// All classes equally.
        Uniform = "uniform",
        /// The shares at each rank of graphs in the order of `process.kernel`: the noise is broken, too.
        ByRank = "by-rank",
        /// A class of its own, which hides what was there (absorbing noise). Sampling starts where all is hidden.
        Absorbing = "absorbing",
    }
}

/// The options of the noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProcessConfig {
    /// Denoising steps `T`.
    pub steps: usize,
    /// What noise converges to.
    pub limit: LimitKind,
    /// The kernel of the clean graph from which the ranks of a trajectory are drawn, where there are any: with a limit by
    /// rank, or a breaking whose draws last a trajectory.
    pub kernel: Kernel,
    /// The weight of edges in the loss against that of nodes.
    pub edge_weight: f64,
}

impl Default for ProcessConfig {
    fn default() -> Self {
        Self {
            steps: 100,
            limit: LimitKind::default(),
            kernel: Kernel::ExactHeavyDepthFirst,
            edge_weight: 5.0,
        }
    }
}

/// The longest random walk among the features: each step is a channel of every pair of nodes.
const MAX_WALK: usize = 64;

/// Features of the noisy graph that the denoiser sees; see [`ExtraFeatures`](sympe_data::diffusion::ExtraFeatures).
///
/// All but eigenvectors are equal on orbits. The signs and bases of eigenvectors are arbitrary and break symmetries
/// in their own way, which a comparison must not credit to anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FeaturesConfig {
    /// Numbers of cycles.
    pub cycles: bool,
    /// Eigenvalues of the Laplacian.
    pub spectrum: bool,
    /// Eigenvectors of the Laplacian.
    pub eigenvectors: bool,
    /// Steps of random walks whose relative probabilities (RRWP) are told, of nodes and of pairs of nodes; 0 for none. Later work
    /// has them in the place of cycles and spectrum.
    pub rrwp: usize,
    /// Valencies, charges and weight of molecules.
    pub molecular: bool,
}

impl FeaturesConfig {
    /// What they are for graphs of up to `max_nodes` nodes, whose classes stand for these elements and bonds, if for any.
    pub(super) fn of(self, max_nodes: usize, classes: Option<&MoleculeClasses>) -> ExtraFeatures {
        ExtraFeatures {
            cycles: self.cycles,
            spectrum: self.spectrum,
            eigenvectors: self.eigenvectors,
            rrwp: self.rrwp,
            molecular: classes.filter(|_| self.molecular).cloned(),
            max_nodes,
        }
    }
}

impl Default for FeaturesConfig {
    fn default() -> Self {
        Self {
            cycles: true,
            spectrum: true,
            eigenvectors: false,
            rrwp: 0,
            molecular: true,
        }
    }
}

sympe_groups::named! {
    serde "scope of a draw"
    /// How long a draw of the breaking in the denoiser lasts.
    #[derive(Default)]
    pub enum DrawScope {
        /// A step: drawn from `breaking.kernel` of each noisy graph.
        #[default]
        Step = "step",
        /// A trajectory: the ranks drawn from `process.kernel` of the clean graph, in sampling uniformly.
        Trajectory = "trajectory",
    }
}

/// The options of the breaking in the denoiser.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DiffusionBreakingConfig {
    /// What breaks symmetry.
    pub kind: Breaking<Graphs>,
    /// How long a draw lasts.
    pub scope: DrawScope,
    /// Whether a draw for a noisy graph is coupled to the clean one where that is known, in training and in the bound: the one
    /// of its coset under which the clean graph, relabelled, is least. Sampling draws uniformly, as ever. The kernel is exact,
    /// and the limit of the noise shared.
    pub coupled: bool,
    /// The kernel that SymPE draws from at each step, given the noisy graph with its classes as colours.
    pub kernel: Kernel,
    /// Channels of the encoding of nodes.
    pub dim: usize,
    /// Channels of the encoding of pairs of nodes; 0 for nodes only.
    pub edge_dim: usize,
    /// How the learned tables start; `scale` is also that of noise.
    pub table: TableConfig,
    /// The kernel of `learned`, which sees the noisy graph with the features of nodes and pairs.
    pub learned: LearnedConfig,
}

impl Default for DiffusionBreakingConfig {
    fn default() -> Self {
        Self {
            kind: Breaking::default(),
            scope: DrawScope::default(),
            coupled: false,
            kernel: Kernel::default(),
            dim: 16,
            edge_dim: 4,
            // Small against the classes: what the draw says is noise until the network has learned to read it.
            table: TableConfig {
                scale: 0.3,
                ..TableConfig::default()
            },
            learned: LearnedConfig::default(),
        }
    }
}

sympe_groups::named! {
    /// Whether a step at time 0 ends the sampling, from `z_0` to `x`. In files `true` and `false` are booleans.
    ///
    /// ```
    /// use sympe_train::config::Layers;
    /// use sympe_train::experiments::graph_diffusion::{GraphDiffusionConfig, LastStep};
    /// let mut layers = Layers::default();
    /// layers.set("sampling.last-step=auto")?;
    /// let config: GraphDiffusionConfig = layers.resolve()?;
    /// assert_eq!(config.sampling.last_step, LastStep::Auto);
    /// # Ok::<(), sympe_train::TrainError>(())
    /// ```
    #[derive(Default)]
    pub enum LastStep {
        /// Sampling ends with `z_0`, as published.
        #[default]
        Never = "false",
        /// The step is taken, as the likelihood bound has it.
        Always = "true",
        /// Whichever is better on samples of their own, with the weights at hand.
        Auto = "auto",
    }
}

impl Serialize for LastStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Never => serializer.serialize_bool(false),
            Self::Always => serializer.serialize_bool(true),
            Self::Auto => serializer.serialize_str(self.name()),
        }
    }
}

impl<'de> Deserialize<'de> for LastStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = LastStep;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or \"auto\"")
            }

            fn visit_bool<E: de::Error>(self, taken: bool) -> Result<LastStep, E> {
                Ok(if taken { LastStep::Always } else { LastStep::Never })
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<LastStep, E> {
                match text {
                    "auto" => Ok(LastStep::Auto),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

/// How samples are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SamplingConfig {
    /// Denoising steps, at most `process.steps`, which 0 stands for.
    pub steps: usize,
    /// Which times these stop at, where they are fewer than those of training.
    pub spacing: Spacing,
    /// Whether a step at time 0 ends the sampling, from `z_0` to `x`, which the likelihood bound has. The published sampler
    /// stops at `z_0`. `auto` tries both, for the number of steps that is sampled with, on as many samples as
    /// `evaluation.samples`, 128 at most, with a random stream of their own; `last_step` among the results says what it was.
    pub last_step: LastStep,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EvaluationConfig {
    /// Held-out graphs whose likelihood is estimated, at most; 0 means all. Four times as many of the test set.
    pub graphs: usize,
    /// Times per graph at which it is estimated.
    pub times: usize,
    /// Samples that are drawn and judged at the end.
    pub samples: usize,
    /// Numbers of denoising steps, each at most `process.steps`, for which reports show how good samples of the trained networks
    /// are, as many as `samples` for each; none by default.
    pub steps: Vec<usize>,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self {
            graphs: 128,
            times: 8,
            samples: 500,
            steps: Vec::new(),
        }
    }
}

const PRESETS: &[Preset] = &[
        (
            "quick",
            "all molecules of up to 5 heavy atoms, hydrogens explicit; minutes on two cores",
            "
            process = { limit = 'by-rank' }
            model = { dropout = 0.0 }
            breaking = { kind = 'none' }
            sampling = { last-step = true }
            training = { epochs = 40, batch-size = 64 }
            optimizer = { learning-rate = 2e-3, warmup = 100, clip-norm = 1.0, average = 0.99 }
            ",
        ),
        (
            "qm9-small",
            "QM9 with hydrogens; hours on two cores",
            "
            data = { kind = 'qm9' }
            process = { steps = 200 }
            model = { layers = 4, dropout = 0.0 }
            breaking = { dim = 16, edge-dim = 4 }
            training = { epochs = 10, batch-size = 128 }
            optimizer = { learning-rate = 1e-3, warmup = 200, clip-norm = 1.0, average = 0.998 }
            ",
        ),
        (
            "qm9",
            "QM9 without hydrogens, as published; for a GPU",
            "
            data = { kind = 'qm9', hydrogens = false }
            process = { steps = 500 }
            model = { layers = 9, nodes = 256, edges = 64, globals = 64, heads = 8, mlp = [256, 128, 128], feed-forward = [256, 128, 128], dropout = 0.1 }
            evaluation = { graphs = 512, samples = 10000 }
            training = { epochs = 1000, batch-size = 1024, loader-threads = 8 }
            optimizer = { learning-rate = 2e-4, weight-decay = 1e-12 }
            ",
        ),
        (
            "qm9-h",
            "QM9 with hydrogens, as published; for a GPU",
            "
            data = { kind = 'qm9' }
            process = { steps = 500 }
            model = { layers = 7, nodes = 256, edges = 64, globals = 64, heads = 8, mlp = [256, 128, 128], feed-forward = [256, 128, 128], dropout = 0.1 }
            evaluation = { graphs = 512, samples = 10000 }
            training = { epochs = 2000, batch-size = 512, loader-threads = 8 }
            optimizer = { learning-rate = 2e-4, weight-decay = 1e-12 }
            ",
        ),
        (
            "moses-small",
            "MOSES, 400,000 training molecules once; an hour on two cores",
            "
            data = { kind = 'moses', hydrogens = false, bonds = 'delocalized', train = 400_000 }
            process = { steps = 200, limit = 'by-rank' }
            model = { dropout = 0.0 }
            breaking = { kind = 'none' }
            sampling = { last-step = true }
            evaluation = { samples = 2000 }
            training = { epochs = 1, batch-size = 128, checkpoint-every = 500 }
            optimizer = { learning-rate = 1e-3, warmup = 200, clip-norm = 1.0, average = 0.998 }
            ",
        ),
        (
            "moses",
            "MOSES, as published; for a GPU",
            "
            data = { kind = 'moses', hydrogens = false, bonds = 'delocalized' }
            process = { steps = 500 }
            model = { layers = 12, nodes = 256, edges = 64, globals = 128, heads = 8, mlp = [256, 128, 256], feed-forward = [256, 128, 256], dropout = 0.1 }
            evaluation = { graphs = 512, samples = 25000 }
            training = { epochs = 300, batch-size = 256, loader-threads = 8 }
            optimizer = { learning-rate = 2e-4, weight-decay = 1e-12 }
            ",
        ),
        (
            "planar",
            "planar graphs of 64 nodes, as published; for a GPU",
            "
            data = { kind = 'planar', passes = 500 }
            process = { steps = 1000 }
            features = { molecular = false }
            model = { layers = 10, nodes = 256, edges = 64, globals = 64, heads = 8, mlp = [128, 64, 128], feed-forward = [256, 64, 256], dropout = 0.1 }
            evaluation = { graphs = 0, samples = 40 }
            training = { epochs = 200, batch-size = 64, loader-threads = 4 }
            optimizer = { learning-rate = 2e-4, weight-decay = 1e-12 }
            ",
        ),
        (
            "sbm",
            "stochastic block models of 44 to 187 nodes, as published; for a GPU",
            "
            data = { kind = 'sbm', passes = 250 }
            process = { steps = 1000 }
            features = { molecular = false }
            model = { layers = 8, nodes = 256, edges = 64, globals = 64, heads = 8, mlp = [128, 64, 128], feed-forward = [256, 64, 256], dropout = 0.1 }
            evaluation = { graphs = 0, samples = 40 }
            training = { epochs = 200, batch-size = 12, loader-threads = 4 }
            optimizer = { learning-rate = 2e-4, weight-decay = 1e-12 }
            ",
        ),
        (
            "blind-pairs",
            "one cycle or two, which message passing cannot tell apart; minutes on two cores",
            "
            data = { kind = 'blind-pairs', train = 1000, passes = 5 }
            features = { cycles = false, spectrum = false, molecular = false }
            model = { layers = 4, dropout = 0.0 }
            sampling = { last-step = true }
            training = { epochs = 30, batch-size = 64 }
            optimizer = { learning-rate = 2e-3, warmup = 100, clip-norm = 1.0, average = 0.99 }
            ",
        ),
        (
            "smoke",
            "seconds: few small molecules, for tests",
            "
            data = { heavy-atoms = 3 }
            process = { steps = 8 }
            model = { layers = 1, nodes = 8, edges = 4, globals = 4, heads = 2, mlp = [8, 8, 8], feed-forward = [8, 8, 8], dropout = 0.1 }
            breaking = { dim = 4, edge-dim = 2 }
            evaluation = { graphs = 6, times = 2, samples = 12 }
            training = { epochs = 2, batch-size = 16, checkpoint-every = 2 }
            optimizer = { learning-rate = 5e-3, clip-norm = 1.0 }
            ",
        ),
    ];

impl Config for GraphDiffusionConfig {
    fn presets() -> &'static [Preset] {
        PRESETS
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
        // Passes over the data do not change them.
        to_toml(&DiffusionDataConfig {
            passes: 1,
            ..self.data.clone()
        })
    }

    fn passes(&self) -> usize {
        self.data.passes
    }

    fn validate(&self) -> Result<(), String> {
        self.training.validate(&self.optimizer)?;
        at_least_one([
            ("data.passes", self.data.passes),
            ("process.steps", self.process.steps),
            ("model.layers", self.model.layers),
            ("model.heads", self.model.heads),
            ("breaking.dim", self.breaking.dim),
            ("breaking.learned.hidden", self.breaking.learned.hidden),
            ("evaluation.times", self.evaluation.times),
            ("evaluation.samples", self.evaluation.samples),
        ])?;
        finite("breaking.table.scale", self.breaking.table.scale)?;
        positive("breaking.learned.temperature", self.breaking.learned.temperature)?;
        positive("breaking.learned.gain", self.breaking.learned.gain)?;
        if self.sampling.steps > self.process.steps {
            return Err(format!(
                "sampling.steps is {}, expected at most process.steps, {}",
                self.sampling.steps, self.process.steps
            ));
        }
        let allowed = 1..=self.process.steps;
        if let Some(steps) = self.evaluation.steps.iter().find(|steps| !allowed.contains(steps)) {
            return Err(format!(
                "evaluation.steps has {steps}, expected numbers from 1 to process.steps, {}",
                self.process.steps
            ));
        }
        let kind = self.breaking.kind;
        if self.breaking.scope == DrawScope::Trajectory && !matches!(kind.name(), "sympe" | "fixed") {
            return Err(format!(
                "breaking.scope is trajectory, expected step: {kind} draws from no kernel"
            ));
        }
        self.validate_coupling()?;
        if self.process.limit == LimitKind::Absorbing && self.sampling.last_step != LastStep::Always {
            return Err("sampling.last-step is not true, expected true: without the step at time 0 absorbing noise leaves some of a \
                        sample hidden"
                .to_owned());
        }
        self.data.validate()?;
        if self.features.rrwp > MAX_WALK {
            return Err(format!(
                "features.rrwp is {}, expected at most {MAX_WALK} steps of a random walk",
                self.features.rrwp
            ));
        }
        if self.features.molecular && !self.data.kind.is_molecules() {
            return Err(format!(
                "features.molecular is true, expected false: {} graphs are no molecules",
                self.data.kind
            ));
        }
        let model = &self.model;
        if !model.nodes.is_multiple_of(model.heads) {
            return Err(format!(
                "model.heads is {}, expected a divisor of model.nodes, {}",
                model.heads, model.nodes
            ));
        }
        if !(0.0..1.0).contains(&model.dropout) {
            return Err(format!(
                "model.dropout is {}, expected a number from 0 to below 1",
                model.dropout
            ));
        }
        if !(self.process.edge_weight >= 0.0 && self.process.edge_weight.is_finite()) {
            return Err(format!(
                "process.edge-weight is {}, expected a number that is not negative",
                self.process.edge_weight
            ));
        }
        Ok(())
    }
}

impl GraphDiffusionConfig {
    /// Refuses coupled draws where there are none to couple.
    fn validate_coupling(&self) -> Result<(), String> {
        let breaking = &self.breaking;
        if !breaking.coupled {
            return Ok(());
        }
        let fault = if !matches!(breaking.kind.name(), "sympe" | "fixed") {
            format!("{} draws from no kernel", breaking.kind)
        } else if breaking.scope == DrawScope::Trajectory {
            "the draws of a trajectory know no noisy graph".to_owned()
        } else if !Graphs::new(1, breaking.kernel).is_exact() {
            format!("the kernel {} is relaxed", breaking.kernel)
        } else if self.process.limit == LimitKind::ByRank {
            "noise by rank is not the same for all draws".to_owned()
        } else {
            return Ok(());
        };
        Err(format!("breaking.coupled is true, expected false: {fault}"))
    }
}
