//! The Ising model on a torus: couplings, energies, ground states.
//!
//! Spins `σ ∈ {−1, +1}` on `rows × columns` sites have the energy
//!
//! `H(σ) = −Σ_r [J_down(r)·σ_r·σ_{r+down} + J_right(r)·σ_r·σ_{r+right}] − Σ_r h(r)·σ_r`,
//!
//! which is reported per site. Sites are numbered row by row; a bond belongs to the site it starts from and leads to the
//! next row (`down`) or to the next column (`right`). In the notation `J_x`, `J_y` of the literature `x` is `right` and
//! `y` is `down`. On a side of length 1 a bond joins a site to itself, on one of length 2 two bonds join the same two
//! sites: each counts as it stands.
//!
//! Bonds may reach further, to the next sites along the diagonals or to the second sites of both axes
//! ([`Couplings::with_bonds`]); each is one more term `−J·σσ'`.
//!
//! Symmetries of the lattice act on couplings and on spins, and keep the energy: `H(g·σ; g·J, g·h) = H(σ; J, h)`.
//!
//! ```
//! use sympe_data::Dataset;
//! use sympe_data::ising::{Annealer, Disordered, Uniform, exact};
//! use sympe_groups::{Action, Subgroup};
//! use sympe_groups::lattice::LatticeGroup;
//! use rand::{SeedableRng, rngs::ChaCha8Rng};
//!
//! // Uniform couplings: ground states in closed form.
//! let uniform = Uniform::published(1000, [6, 6], 0)?.get(3)?;
//! let spins = &uniform.ground_states(100)?[0];
//! assert!((uniform.energy(spins) - exact::transfer(&uniform)?.energy).abs() < 1e-9);
//!
//! // Disordered ones: exactly for small tori, by an annealer for large ones.
//! let disordered = Disordered::new(100, [6, 6], 0)?.get(5)?;
//! let ground = exact::transfer(&disordered)?;
//! assert_eq!(Annealer::default().run(&disordered)?.energy, ground.energy);
//!
//! let group: LatticeGroup = "p4m(6x6) x Z2".parse().unwrap();
//! let g = group.sample(&mut ChaCha8Rng::seed_from_u64(0));
//! let moved = g.act(&disordered).energy(&g.act(ground.spins.as_slice()));
//! assert!((moved - ground.energy).abs() < 1e-12);
//! # Ok::<(), sympe_data::DataError>(())
//! ```

mod anneal;
mod block;
mod couplings;
pub mod exact;
mod fixed;
mod generators;
mod magnets;
mod phase;
mod strip;
mod superlattice;
mod unfrustrated;

pub use anneal::Annealer;
pub use couplings::{Couplings, GroundState};
pub use generators::{BondLaw, Disordered, Uniform};
pub use magnets::{FullyFrustrated, KnownMagnet};
pub use phase::{OrderParameters, Phase};
pub use superlattice::{Pattern, Superlattice};
