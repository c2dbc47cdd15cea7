//! The second experiment: generate graphs by discrete denoising diffusion (DiGress), with a denoiser that can break the
//! symmetries of the noisy graph.
//!
//! The denoiser sees the noisy graph with its time, features, and an encoding `g̃·v` of nodes and pairs; `g̃` is drawn from the
//! kernel of the noisy graph with its classes as colours, anew at every step of training, evaluation and sampling.
//!
//! Such a draw says nothing of the clean graph, unless it is coupled to it: in training, the draw of the coset under which the
//! clean graph, relabelled, is least. Given the noisy graph, clean graphs that its automorphisms exchange are equally likely, so
//! the mean of the coupled draws over all of them is the uniform draw that sampling makes. What the denoiser learns to read is
//! what the draws say of the clean graph, and the likelihood bound pays for it: `ln |Stab(z_t)|` less the logarithm of the number
//! of least draws, at each step.
//!
//! Or the noise itself is broken. Sampling starts from `n` places without names, whose stabilizer is all of `S_n`, so `g̃` is
//! drawn once for a trajectory: from the kernel of the clean graph in training, uniformly (the kernel of the `n` places) in
//! sampling. `v` is then the table of limit distributions by rank, noise converges to `g̃·v`, and the denoiser, which may stay
//! equivariant, tells nodes apart by their noise. All of it is equivariant in the graph and `g̃` jointly, so the program
//! works on `g̃⁻¹·x`, graphs whose node `i` has rank `i`, and relabels samples by `g̃` at the end.

mod comparison;
mod config;
mod data;
#[cfg(test)]
mod exhaustive;
mod figures;
mod model;
mod molecules;
mod ranks;
mod sampling;
mod task;
mod trajectories;

pub use config::{
    DiffusionBreakingConfig, DiffusionData, DiffusionDataConfig, DrawScope, EvaluationConfig, FeaturesConfig,
    GraphDiffusionConfig, LastStep, LimitKind, ProcessConfig, SamplingConfig,
};
pub use data::{DiffusionBatch, Noisy, Preparation};
pub use model::GraphDiffusion;
pub use ranks::KeptClean;
