//! Models built from the layers, and the traits that hold them together.

mod autoencoder;
mod backbone;
mod coordinate_net;
mod graph;
mod graph_transformer;
mod lattice_net;
mod orbital;
mod point_net;
mod points;

pub use autoencoder::{Autoencoder, AutoencoderConfig, Channels, ClassLogits, Network};
pub use backbone::{Adjoin, Backbone};
pub use coordinate_net::{CoordinateNet, CoordinateNetConfig};
pub use graph::{GraphClasses, GraphInput};
pub use graph_transformer::{
    DenoiserChannels, DenoiserInput, DenoiserOutput, GraphTransformer, GraphTransformerConfig,
};
pub use lattice_net::{LatticeInput, LatticeNet, LatticeNetConfig};
pub use orbital::{OrbitalFeatures, OrbitalNet, OrbitalNetConfig};
pub use point_net::{PointNet, PointNetConfig};
pub use points::{PointChannels, PointInput, PointOutput, in_frames};
