//! Equivariant layers: on dense padded batches of graphs `[B, N, F]`, where padded rows are zero; on clouds of points; and,
//! in [`lattice`], on tori.

mod egnn;
mod gnn;
mod graph_transformer;
pub mod lattice;
mod linear;
mod point;
mod radial_field;

pub use egnn::EgnnLayer;
pub use gnn::GnnLayer;
pub use graph_transformer::{GraphStreams, GraphTransformerLayer, GraphTransformerWidths, LayerDropout};
pub use linear::{Linear, Mlp};
pub use point::{PointGeometry, PointLayer};
pub use radial_field::RadialFieldLayer;
