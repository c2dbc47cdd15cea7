//! The second experiment: generate graphs by discrete denoising diffusion (DiGress), with a denoiser that can break the
//! symmetries of the noisy graph.
//!
//! The denoiser sees the noisy graph with its time, features, and an encoding `g̃·v` of nodes and pairs; `g̃` is drawn from the
//! kernel of the noisy graph with its classes as colours, anew at every step of training, evaluation and sampling.

mod comparison;
mod config;
mod data;
mod figures;
mod model;
mod sampling;
mod task;

pub use config::{
    DiffusionBreakingConfig, DiffusionData, DiffusionDataConfig, EvaluationConfig, FeaturesConfig,
    GraphDiffusionConfig, LimitKind, ProcessConfig,
};
pub use data::{DiffusionBatch, Noisy, Preparation};
pub use model::GraphDiffusion;
