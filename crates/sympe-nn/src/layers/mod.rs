//! Equivariant layers on dense padded batches `[B, N, F]`; padded rows are zero.

mod egnn;
mod gnn;
mod linear;
mod radial_field;

pub use egnn::EgnnLayer;
pub use gnn::GnnLayer;
pub use linear::{Linear, Mlp};
pub use radial_field::RadialFieldLayer;
