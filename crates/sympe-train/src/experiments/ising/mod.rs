//! The third experiment: given the couplings of a magnet, return one of its ground states.
//!
//! The loss is the energy of the answer; there are no labels. Uniform couplings look the same from every site, so an
//! equivariant network that breaks nothing can only answer with a uniform field.

mod comparison;
mod config;
mod data;
mod energy;
mod figures;
mod model;
mod task;

pub use config::{CouplingLaw, FieldBreakingConfig, IsingConfig, IsingDataConfig, SpinRelaxation};
pub use data::{DrawnMagnet, IsingBatch, Magnet, Stack};
pub use model::Ising;
