//! Symmetry-breaking encodings and equivariant layers on Candle.

pub mod breaking;
pub mod check;
pub mod device;
pub mod encoding;
pub mod layers;
pub mod models;
pub mod ops;
pub mod optim;
pub mod params;
