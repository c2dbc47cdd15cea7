//! A tighter bound of the likelihood: whole trajectories, weighted by importance.

use super::data::{CleanSamples, Preparation};
use super::model::{EVALUATION_BATCH, GraphDiffusion, Predicted};
use super::ranks::{CleanEntry, ln_labellings};
use crate::TrainError;
use crate::task::evaluation_seed;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;
use std::sync::Arc;
use sympe_data::DataError;
use sympe_data::diffusion::{Bound, CategoricalGraph};
use sympe_data::key::{Purpose, stream};

/// A trajectory that leads from noise back to a clean graph.
struct Trajectory {
    /// The place of its graph in the data, for errors.
    index: usize,
    /// In the order of its ranks, if there are any.
    clean: Arc<CategoricalGraph>,
    z: CategoricalGraph,
    /// `ln` of what sampling gives it over what it was drawn with, up to its time.
    ln_weight: f64,
    rng: ChaCha8Rng,
}

impl GraphDiffusion {
    /// The negative log-likelihood per graph in nats, of labelled graphs and of graphs without labels, bounded by `count`
    /// trajectories of each: `E[−ln (1/K) Σ_k w_k]`, where a trajectory `(g̃, z_T, …, z_0)` is drawn from the noise of `x` backwards
    /// in time and `w` is its probability in sampling over that of this draw. With one trajectory it estimates the bound of
    /// [`nll`](Self::nll), with more it falls, towards `−ln p(x)` (Burda et al., ICLR 2016).
    ///
    /// Where noise or denoiser know ranks, the first half of the trajectories has those of the exact kernel and the rest uniform
    /// ones, each weighted by the mixture of both laws: so counts what comes out under other ranks than the canonical ones.
    ///
    /// Takes `count · (T + 1)` predictions for each graph.
    ///
    /// # Errors
    ///
    /// When `count` is 0; when ranks come from a relaxed kernel, whose draws have no known probability; those of the model.
    pub fn weighted_nll(
        &self,
        samples: &CleanSamples,
        count: usize,
        draw: u64,
    ) -> Result<[f64; 2], TrainError> {
        if count == 0 {
            return Err(TrainError::config("number of trajectories", "is 0, expected at least 1"));
        }
        if self.host.ranks().is_some_and(|ranks| !ranks.is_exact()) {
            let message = format!(
                "is {}, expected an exact one to weigh trajectories: the draws of others have no known probability",
                self.config.process.kernel
            );
            return Err(TrainError::config("process.kernel", message));
        }
        let entries = self.evaluated(samples)?;
        let seed = evaluation_seed(self.config.training.seed);
        let preparation = &self.host;
        let mut sums = [0.0; 2];
        for part in entries.chunks(EVALUATION_BATCH) {
            let numbered = part.iter().flat_map(|entry| (0..count).map(move |k| (entry, k)));
            let mut trajectories = numbered
                .collect::<Vec<_>>()
                .into_par_iter()
                .map(|(entry, k)| {
                    let rng = stream(seed, draw ^ ((k as u64 + 1) << 40), entry.index as u64, Purpose::Evaluate);
                    start(preparation, entry, [k, count], rng)
                })
                .collect::<Result<Vec<_>, DataError>>()?;
            for t in (0..=preparation.process().steps()).rev() {
                self.go_back(&mut trajectories, t)?;
            }
            for (entry, of_graph) in part.iter().zip(trajectories.chunks(count)) {
                let largest = of_graph.iter().map(|one| one.ln_weight).fold(f64::NEG_INFINITY, f64::max);
                let mean = of_graph.iter().map(|one| (one.ln_weight - largest).exp()).sum::<f64>() / count as f64;
                let proper = -largest - mean.ln() - self.counts.ln_probability(entry.sample.n());
                sums[0] += proper;
                sums[1] += proper - ln_labellings(entry)?;
            }
        }
        Ok(sums.map(|sum| sum / entries.len().max(1) as f64))
    }

    /// The steps of some trajectories from time `t` to the one before, and their weights.
    fn go_back(&self, trajectories: &mut [Trajectory], t: usize) -> Result<(), TrainError> {
        // Threads share these, not the parameters.
        let (preparation, process) = (&self.host, self.host.process());
        let prepare = |one: &mut Trajectory| {
            let clean = Some(Arc::clone(&one.clean));
            let noisy = preparation.prepare(one.z.clone(), t, clean, one.index, &mut one.rng)?;
            one.ln_weight -= noisy.divergence;
            Ok(noisy)
        };
        let noisy = trajectories.par_iter_mut().map(prepare).collect::<Result<Vec<_>, DataError>>()?;
        let predicted = self.predict(noisy)?;
        let step = |(one, predicted): (&mut Trajectory, &Predicted)| -> Result<(), DataError> {
            let prediction = predicted.get();
            if t == 0 {
                one.ln_weight -= process.reconstruction(&one.clean, &one.z, &prediction, Bound::Proper)?;
                return Ok(());
            }
            let before = process.posterior_step(&one.clean, &one.z, t, &mut one.rng)?;
            one.ln_weight += process.step_ratio(&one.clean, &before, &one.z, t, &prediction)?;
            one.z = before;
            Ok(())
        };
        Ok(trajectories.par_iter_mut().zip(&predicted).try_for_each(step)?)
    }
}

/// The noisy end of trajectory number `k` of `count`.
fn start(
    preparation: &Preparation,
    entry: &CleanEntry,
    [k, count]: [usize; 2],
    mut rng: ChaCha8Rng,
) -> Result<Trajectory, DataError> {
    let process = preparation.process();
    let (clean, ln_weight) = match preparation.ranks() {
        Some(ranks) => ranks.propose(entry, [k, count], &mut rng)?,
        None => (Arc::clone(&entry.sample), 0.0),
    };
    let z = process.noise(&clean, process.steps(), &mut rng)?;
    Ok(Trajectory {
        index: entry.index,
        ln_weight: ln_weight + process.prior_ratio(&clean, &z)?,
        clean,
        z,
        rng,
    })
}
