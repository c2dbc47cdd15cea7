//! Layers on periodic lattices `[B, C·S, h, w]`, equivariant under a wallpaper group.
//!
//! A field has `C` channels, and in each of them, at every site, `S` numbers that the point group permutes: its
//! [`Fibre`]. Couplings are a field of [`Fibre::Directions`]; a function on the whole group is one of
//! [`Fibre::Regular`].

mod conv;
mod field;
mod norm;
mod pool;
mod relaxed;

pub use conv::{GroupConv, GroupConvConfig};
pub use field::{Fibre, FieldType, Location, transform};
pub use norm::FieldNorm;
pub use pool::{Pool, bonds_to_directions, fibre_pool, site_pool};
pub use relaxed::RelaxedGroupConv;
