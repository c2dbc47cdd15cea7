//! The third experiment: given the couplings of a magnet, return one of its ground states.
//!
//! The loss is the energy of the answer; there are no labels. Uniform couplings look the same from every site, so an
//! equivariant network that breaks nothing can only answer with a uniform field.
//!
//! # When the kernel decides
//!
//! Let `f` be the network with its encoding, jointly equivariant: `f(h·x, h·g̃) = h·f(x, g̃)`. With `h = g̃⁻¹`,
//!
//! `f(x, g̃) = g̃·f(g̃⁻¹·x, e)`,
//!
//! and since the energy is invariant, `H(g·σ; g·x) = H(σ; x)`, the loss of the pair `(x, g̃)` is that of the *case*
//! `(g̃⁻¹·x, e)`: an input at which the learned object `v` is always in its own place. What a network has to learn are its cases.
//!
//! * A draw from the exact kernel has `g̃⁻¹·x = o(x)`: one case for each orbit of inputs.
//! * For a uniform draw `g̃⁻¹·x` is uniform on the orbit `G·x`: `[G : Stab(x)]` cases, each as often as the others.
//!
//! **The least loss is never above that of a uniform draw.** For a network with a given `v`, the expected loss of uniform draws is the
//! mean over all `h` in `G` of the expected loss of the exact kernel with `h⁻¹·v` in the place of `v`: each case `h·o(x)` with `v` is `o(x)`
//! with `h⁻¹·v`, moved by `h`. So one of these objects does no worse with the exact kernel, and better unless all of them do
//! equally well. An object that is not learned has as few cases at a place drawn from the exact kernel as a learned one, but
//! cannot move to the best of these places.
//!
//! **They must tie where the index is 1 or 2.** Index 1: both laws are the same, the Haar law. Uniform couplings
//! with `J_x ≠ J_y` have index 2: a uniform draw adds the magnet turned by 90°, which the data have anyway.
//!
//! **The exact kernel must win where a network can learn one case and not all of them.** A superlattice of cells of `k × k` sites
//! without symmetries has index `8k²`. Let couplings be ferromagnetic in plaquettes and antiferromagnetic between them: the
//! representative has its cell in one place, and `v = ξ`, the ground state itself, solves every input at every site on its
//! own, without a look at the couplings. Under a uniform draw the same `v` meets the cell in all places, and the spin at a site
//! has to be inferred from where the plaquettes are around it; a network that sees no wall of its plaquette cannot do it at
//! all, and training that stays in a local minimum does not.
//!
//! The theorem says nothing about training otherwise. Soft spins have local minima, and there the exact kernel alone gets out of them
//! (not for every cell). With spherical spins, whose energy has none for couplings without frustration, both
//! draws solve all plaquettes, and a uniform one is not slower: it sees `v` in every place beside the cell, good ones among
//! them. The figures are in the crate's RESULTS.md.
//!
//! **Without breaking** an answer is invariant under `Stab(x)` (Curie's principle). A plaquette lattice moved by one plaquette is
//! itself, and its ground state the other one, so no input is solved. Random cells of spins (Mattis couplings) are moved
//! to themselves by translations that keep `ξ`, too: there an equivariant network may answer without breaking, and mostly does.
//!
//! **Several orbits need ε.** Given `x`, `g̃ = s·γ` with `s` uniform in `Stab(x)`, and `f(x, s·γ) = s·f(x, γ)`: the answers are one orbit of
//! `Stab(x)`, each element as often as the others. Where ground states fall into several orbits (`±ξ` of random cells without the spin
//! flip in the group; frustrated magnets), the others never come out, unless independent noise ε is an input as well:
//! [`FieldBreakingConfig::noise`]. Noise is necessary and not sufficient: the energy is as low if ε is ignored. `orbits, %` is the share
//! of the orbits that come out, `coverage p` a test that the states of an orbit come out equally often, and `[G : Stab]` the mean index of
//! the test inputs.

mod classes;
mod comparison;
mod config;
mod coverage;
mod data;
mod energy;
mod figures;
mod model;
mod task;

pub use config::{CouplingLaw, FieldBreakingConfig, IsingConfig, IsingDataConfig, SpinRelaxation};
pub use data::{DrawnMagnet, IsingBatch, Magnet, Stack};
pub use model::Ising;
