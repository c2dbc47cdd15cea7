//! The options of the experiment, and its presets.

use crate::breakers::Breaking;
use crate::config::{Config, Preset, TrainingConfig, at_least_one, finite, positive, to_toml};
use crate::domain::Points;
use serde::{Deserialize, Serialize};
use sympe_data::distortions::Parent;
use sympe_nn::models::{CoordinateNetConfig, PointNetConfig};
use sympe_nn::optim::OptimizerConfig;

/// The options of the point-cloud experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PointCloudConfig {
    /// The clouds.
    pub data: CloudDataConfig,
    /// The network.
    pub model: CloudModelConfig,
    /// What breaks symmetry.
    pub breaking: CloudBreakingConfig,
    /// Epochs, batches, seed.
    pub training: TrainingConfig,
    /// The update rule.
    pub optimizer: OptimizerConfig,
}

/// The options of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CloudDataConfig {
    /// What is distorted.
    pub parent: Parent,
    /// Training clouds.
    pub train: usize,
    /// Validation and test clouds each.
    pub held_out: usize,
    /// Seed of the clouds; the same for all runs of a comparison.
    #[serde(with = "crate::config::seed")]
    pub seed: u64,
}

impl Default for CloudDataConfig {
    fn default() -> Self {
        Self {
            parent: Parent::default(),
            train: 1024,
            held_out: 256,
            seed: 1,
        }
    }
}

sympe_groups::named! {
    serde "method"
    /// How a network on clouds gets its symmetry, and how it loses it.
    ///
    /// All but the first are [`CoordinateNet`](sympe_nn::models::CoordinateNet)s `φ`, read in frames `g`: `Σ w·g·φ(g⁻¹·x)`
    /// ([`in_frames`](sympe_nn::models::in_frames)).
    #[derive(Default)]
    pub enum Method {
        /// An equivariant network with vector channels; `breaking` says what breaks symmetry.
        #[default]
        Equivariant = "equivariant",
        /// One frame, drawn from the exact kernel.
        Canonicalized = "canonicalized",
        /// The mean over the frames of the exact kernel.
        FrameAveraging = "frame-averaging",
        /// The mean over weighted frames.
        WeightedFrames = "weighted-frames",
        /// One frame, drawn from a law that is learned.
        Symmetrisation = "symmetrisation",
        /// No frame: coordinates as they are, turned at random in training.
        Augmentation = "augmentation",
    }
}

/// The options of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CloudModelConfig {
    /// How it gets its symmetry.
    pub method: Method,
    /// The sizes of the equivariant network.
    pub equivariant: PointNetConfig,
    /// The sizes of the network that reads coordinates.
    pub coordinates: CoordinateNetConfig,
    /// The sizes of the network that draws frames from a law that is learned.
    pub frames: FrameNetConfig,
}

/// The sizes of the network of a learned law of frames.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FrameNetConfig {
    /// Scalar channels.
    pub hidden: usize,
    /// Vector channels.
    pub vectors: usize,
    /// Layers.
    pub layers: usize,
}

impl Default for FrameNetConfig {
    fn default() -> Self {
        Self {
            hidden: 16,
            vectors: 8,
            layers: 2,
        }
    }
}

impl FrameNetConfig {
    /// All of its sizes: distances are seen as by the equivariant network.
    pub(super) fn sizes(self, equivariant: PointNetConfig) -> PointNetConfig {
        PointNetConfig {
            hidden: self.hidden,
            vectors: self.vectors,
            layers: self.layers,
            ..equivariant
        }
    }
}

/// The options of the breaking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CloudBreakingConfig {
    /// What breaks symmetry of the equivariant network; SymPE draws from the exact kernel.
    pub kind: Breaking<Points>,
    /// Vectors of the encoding, or of noise at each point; at least 3.
    pub dim: usize,
    /// The length of learned vectors at the start, and the scale of noise.
    pub scale: f64,
}

impl Default for CloudBreakingConfig {
    fn default() -> Self {
        Self {
            kind: Breaking::default(),
            dim: 3,
            scale: 1.0,
        }
    }
}

impl Config for PointCloudConfig {
    fn presets() -> &'static [Preset] {
        &[
            (
                "quick",
                "one parent, a square unless data.parent says another; a minute on two cores",
                "
                training = { epochs = 30, batch-size = 32 }
                optimizer = { learning-rate = 3e-3, warmup = 50, clip-norm = 1.0 }
                ",
            ),
            (
                "smoke",
                "seconds: few clouds and a small network, for tests",
                "
                data = { train = 48, held-out = 16 }
                training = { epochs = 2, batch-size = 16, checkpoint-every = 2 }
                optimizer = { learning-rate = 3e-3, clip-norm = 1.0 }
                [model]
                equivariant = { hidden = 8, vectors = 4, layers = 2, radial = 4 }
                coordinates = { hidden = 8, layers = 2 }
                frames = { hidden = 4, vectors = 4, layers = 1 }
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

    fn data_key(&self) -> String {
        to_toml(&self.data)
    }

    fn validate(&self) -> Result<(), String> {
        self.training.validate(&self.optimizer)?;
        let (equivariant, frames) = (&self.model.equivariant, &self.model.frames);
        at_least_one([
            ("data.train", self.data.train),
            ("data.held-out", self.data.held_out),
            ("model.equivariant.hidden", equivariant.hidden),
            ("model.equivariant.vectors", equivariant.vectors),
            ("model.equivariant.radial", equivariant.radial),
            ("model.coordinates.hidden", self.model.coordinates.hidden),
            ("model.coordinates.layers", self.model.coordinates.layers),
            ("model.frames.hidden", frames.hidden),
            ("model.frames.vectors", frames.vectors),
        ])?;
        positive("model.equivariant.reach", equivariant.reach)?;
        if self.breaking.dim < 3 {
            return Err(format!(
                "breaking.dim is {}, expected at least 3: fewer vectors have a mirror that leaves them alone",
                self.breaking.dim
            ));
        }
        let (method, kind) = (self.model.method, self.breaking.kind);
        if method != Method::Equivariant && kind.name() != crate::comparison::BASELINE {
            return Err(format!(
                "breaking.kind is {kind}, expected none for model.method = {method}, which takes no encoding"
            ));
        }
        finite("breaking.scale", self.breaking.scale)
    }
}
