//! Graphs from noise, and how good they are.

use super::{DiffusionData, GraphDiffusion};
use crate::TrainError;
use crate::experiment::evaluation_seed;
use rayon::prelude::*;
use sympe_canon::graph::ColoredGraph;
use sympe_data::DataError;
use sympe_data::diffusion::CategoricalGraph;
use sympe_data::graph_metrics::{
    Descriptor, Distance, ValidUniqueNovel, compare, is_connected, is_connected_planar, is_tree,
};
use sympe_data::key::{Purpose, stream};
use sympe_data::molecule::metrics::MoleculeMetrics;

/// Samples that are drawn side by side.
const SIDE_BY_SIDE: usize = 256;

impl GraphDiffusion {
    /// Draws `count` graphs: sizes from their histogram, classes from noise, then `T` denoising steps, each with a new
    /// draw of the kernel of the noisy graph. `done` hears of every step: the share of the work that is done.
    ///
    /// Sample `i` of draw number `draw` has a random stream of its own, so that more samples begin with the same ones.
    ///
    /// # Errors
    ///
    /// Those of the model.
    pub fn sample(
        &self,
        count: usize,
        draw: u64,
        done: &mut dyn FnMut(f64),
    ) -> Result<Vec<CategoricalGraph>, TrainError> {
        let seed = evaluation_seed(self.config.training.seed);
        // Threads share these, not the parameters.
        let (process, preparation) = (&self.process, &self.preparation);
        let steps = process.steps();
        let mut found = Vec::with_capacity(count);
        while found.len() < count {
            let first = found.len();
            let mut streams: Vec<_> = (first..count.min(first + SIDE_BY_SIDE))
                // Likelihoods count from 0 upwards, samples from the largest number downwards.
                .map(|index| stream(seed, draw, !(index as u64), Purpose::Evaluate))
                .collect();
            let mut graphs: Vec<CategoricalGraph> = streams
                .iter_mut()
                .map(|rng| {
                    let n = self.counts.sample(rng);
                    process.prior(n, rng)
                })
                .collect();
            for t in (1..=steps).rev() {
                let noisy = graphs
                    .par_iter()
                    .zip(&mut streams)
                    .enumerate()
                    .map(|(index, (z, rng))| preparation.prepare(z.clone(), t, None, first + index, rng))
                    .collect::<Result<Vec<_>, DataError>>()?;
                let predicted = self.predict(noisy)?;
                graphs = graphs
                    .par_iter()
                    .zip(&mut streams)
                    .zip(&predicted)
                    .map(|((z, rng), predicted)| process.step(z, t, &predicted.get(), rng))
                    .collect::<Result<Vec<_>, DataError>>()?;
                let here = graphs.len() as f64 * (steps - t + 1) as f64 / steps as f64;
                done((first as f64 + here) / count as f64);
            }
            found.extend(graphs);
        }
        Ok(found)
    }

    /// How good samples are: molecules by validity, uniqueness, novelty and stability, graphs by V.U.N. and squared MMDs to
    /// the test set.
    ///
    /// # Errors
    ///
    /// When a graph has classes that mean nothing here, or cannot be canonicalized.
    pub fn judge(&self, graphs: &[CategoricalGraph]) -> Result<Vec<(&'static str, f64)>, TrainError> {
        if self.config.data.kind.is_molecules() {
            let molecules = graphs.iter().map(|graph| graph.to_molecule().map(Some));
            let molecules = molecules.collect::<Result<Vec<_>, _>>()?;
            let metrics = MoleculeMetrics::of(&molecules, self.splits.known()?)?;
            let mut named = vec![
                ("validity", metrics.validity()),
                ("relaxed_validity", metrics.relaxed_validity()),
                ("uniqueness", metrics.uniqueness()),
                ("novelty", metrics.novelty()),
            ];
            // Without hydrogens an atom's bonds say nothing about its stability.
            if self.config.data.hydrogens {
                named.push(("atom_stability", metrics.atom_stability()));
                named.push(("molecule_stability", metrics.molecule_stability()));
            }
            return Ok(named);
        }
        let plain = |graph: &CategoricalGraph| graph.to_colored_graph();
        let samples: Vec<ColoredGraph> = graphs.iter().map(plain).collect();
        let train: Vec<ColoredGraph> = self.splits.parts.train.graphs().map(plain).collect();
        let test: Vec<ColoredGraph> = self.splits.parts.test.graphs().map(plain).collect();
        let kind = self.config.data.kind;
        let found = ValidUniqueNovel::of(&samples, &train, |graph| match kind {
            DiffusionData::Planar => is_connected_planar(graph),
            DiffusionData::Tree => is_tree(graph),
            _ => Ok(is_connected(graph)),
        })?;
        let share = |count: u64| count as f64 / found.samples.max(1) as f64;
        // The kernels that the benchmarks are published with.
        let distance = match kind {
            DiffusionData::Community => Distance::EarthMover,
            _ => Distance::TotalVariation,
        };
        let mmd = |descriptor| compare(descriptor, &test, &samples, distance);
        Ok(vec![
            ("validity", share(found.valid)),
            ("uniqueness", share(found.unique)),
            ("novelty", share(found.novel)),
            ("valid_unique_novel", found.share()),
            ("mmd_degree", mmd(Descriptor::Degree)?),
            ("mmd_clustering", mmd(Descriptor::Clustering)?),
            ("mmd_orbits", mmd(Descriptor::Orbits)?),
            ("mmd_spectrum", mmd(Descriptor::Spectrum)?),
        ])
    }
}
