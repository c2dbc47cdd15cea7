//! Equivariant layers: on dense padded batches of graphs `[B, N, F]`, where padded rows are zero; and, in [`lattice`], on
//! tori.

mod egnn;
mod gnn;
pub mod lattice;
mod linear;
mod radial_field;

pub use egnn::EgnnLayer;
pub use gnn::GnnLayer;
pub use linear::{Linear, Mlp};
pub use radial_field::RadialFieldLayer;
