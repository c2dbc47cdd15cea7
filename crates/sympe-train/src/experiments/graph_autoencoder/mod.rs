//! The first experiment: compress a graph into node embeddings and rebuild it, with and without breaking its symmetry.

mod comparison;
mod config;
mod data;
mod metrics;
mod model;
mod task;

pub use config::{BreakingConfig, EncodingChoice, GraphAutoencoderConfig, GraphData, GraphDataConfig};
pub use data::{GraphBatch, PadGraphs};
pub use model::GraphAutoencoder;
