//! Ways of breaking symmetry, by domain.
//!
//! A way is one file: what the host draws for an input and what the device makes of it. Most are written once for every
//! domain; some need what only graphs have. A configuration names a way of its domain, so what a domain lacks cannot be
//! named.

mod batch;
mod breaking;
mod fixed;
mod kernel;
mod laplacian;
mod learned;
mod noise;
mod none;
mod random_walk;
mod rrwp;
mod sympe;
mod uniform;
mod way;

pub use batch::{DrawnBatch, Encoders};
pub use breaking::{Breakable, Breaking, Draws};
pub use kernel::{LearnedKernel, Seen, WithEncodings};
pub use way::{Drawn, Facts, Takes, Way};

use crate::domain::{Graphs, Points, Torus};

impl Breakable for Graphs {
    const ALL: &'static [&'static dyn Way<Self>] = &[
        &none::Nothing,
        &noise::Noise,
        &uniform::Uniform,
        &laplacian::Laplacian::Smallest,
        &laplacian::Laplacian::Parting,
        &random_walk::RandomWalk,
        &rrwp::Rrwp,
        &fixed::Fixed,
        &learned::Learned,
        &sympe::Sympe,
    ];
}

impl Breakable for Torus {
    const ALL: &'static [&'static dyn Way<Self>] = &[
        &none::Nothing,
        &noise::Noise,
        &uniform::Uniform,
        &fixed::Fixed,
        &learned::Learned,
        &sympe::Sympe,
    ];
}

impl Breakable for Points {
    const ALL: &'static [&'static dyn Way<Self>] = &[
        &none::Nothing,
        &noise::Noise,
        &uniform::Uniform,
        &fixed::Fixed,
        &learned::Learned,
        &sympe::Sympe,
    ];
}
