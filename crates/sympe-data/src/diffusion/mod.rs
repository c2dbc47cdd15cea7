//! Discrete diffusion on graphs with categorical nodes and edges (Vignac et al., *DiGress*, ICLR 2023), the half without
//! a network: noise, posteriors, sampling steps given a prediction, and the terms of the likelihood bound.
//!
//! A [`CategoricalGraph`] of `n` nodes is `n + n(n − 1)/2` variables, noised independently: every node, and every edge of
//! the strict upper triangle, mirrored. A network sees a noisy graph and predicts the clean one, as probabilities of each
//! variable: a [`Prediction`]. [`ExtraFeatures`] help it. Times run from 0, hardly noisy, to the number of steps `T`, hardly anything but noise; `x`
//! is a clean graph, `z_t` a noisy one. Noise converges to one law shared by all nodes and one by all pairs, or to laws by
//! rank ([`Limit`]), which break the symmetry of `n` nodes without names once and for a whole trajectory.
//!
//! ```
//! use rand::{SeedableRng, rngs::ChaCha8Rng};
//! use sympe_data::diffusion::{CosineSchedule, Limit, MoleculeClasses, NodeCounts, Prediction, Process};
//! use sympe_data::molecule::smiles;
//!
//! let classes = MoleculeClasses::QM9;
//! let data = [classes.encode(&smiles::parse("CO", 1)?)?];
//! let process = Process::new(CosineSchedule::new(500)?, Limit::marginal(&data, 5, 4)?);
//! let mut rng = ChaCha8Rng::seed_from_u64(0);
//! let noisy = process.noise(&data[0], 250, &mut rng)?; // what a network is trained on
//!
//! // Sampling: from noise, one step after the other. This "network" knows nothing but the data's marginals.
//! let mut z = process.prior(NodeCounts::of(&data)?.sample(&mut rng), &mut rng);
//! let nodes: Vec<f32> = process.limit().nodes().iter().map(|&p| p as f32).collect::<Vec<_>>().repeat(6);
//! let edges: Vec<f32> = process.limit().edges().iter().map(|&p| p as f32).collect::<Vec<_>>().repeat(36);
//! for t in (1..=500).rev() {
//!     z = process.step(&z, t, &Prediction::new(6, &nodes, &edges), &mut rng)?;
//! }
//! let molecule = classes.decode(&z)?;
//! assert_eq!((noisy.n(), molecule.map(|molecule| molecule.len())), (6, Some(6)));
//! # Ok::<(), sympe_data::DataError>(())
//! ```

mod bound;
mod chain;
mod classes;
mod features;
mod graph;
mod limit;
mod process;
mod schedule;
mod store;

pub use bound::{Bound, EvaluationNoise, NllTerms};
pub use chain::Chain;
pub use classes::{BondClasses, MoleculeClasses};
pub use features::ExtraFeatures;
pub use graph::CategoricalGraph;
pub use limit::{Limit, NodeCounts};
pub use process::{Prediction, Process};
pub use schedule::{CosineSchedule, Spacing};
pub use store::{GraphStore, StoreTotals, StoreWriter};

use rand::{Rng, RngExt};

/// An index with probability proportional to its weight, by inversion of one uniform number. Weights are not negative,
/// and one is positive.
fn draw(weights: &[f64], rng: &mut dyn Rng) -> usize {
    let mut left = rng.random::<f64>() * weights.iter().sum::<f64>();
    let mut drawn = 0;
    for (index, &weight) in weights.iter().enumerate() {
        if weight > 0.0 {
            drawn = index;
            if left < weight {
                break;
            }
            left -= weight;
        }
    }
    drawn
}
