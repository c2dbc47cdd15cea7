//! Graphs from noise, and how good they are.

use super::config::DiffusionData;
use super::data::CYCLES;
use super::model::GraphDiffusion;
use crate::TrainError;
use crate::task::{Metrics, Part, evaluation_seed};
use rayon::prelude::*;
use serde_json::json;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use sympe_canon::graph::ColoredGraph;
use sympe_data::DataError;
use sympe_data::blind_pairs::Kind;
use sympe_data::diffusion::CategoricalGraph;
use sympe_data::formats::graph6;
use sympe_data::graph_metrics::{
    Descriptor, Distance, ValidUniqueNovel, compare, is_block_model, is_connected, is_connected_planar,
    is_tree,
};
use sympe_data::key::{Purpose, stream};
use sympe_data::molecule::metrics::{KnownMolecules, MoleculeMetrics};
use sympe_data::molecule::{Molecule, sdf, smiles};
use sympe_groups::{Action, Permutation};

/// Samples that are drawn side by side.
const SIDE_BY_SIDE: usize = 256;
/// Samples in the picture of many.
const SHOWN: usize = 48;

impl GraphDiffusion {
    /// Draws `count` graphs: sizes from their histogram, classes from noise, then the denoising steps of `sampling`, each with
    /// a new draw of the kernel of the noisy graph, if the breaking has one. Where noise or denoiser know ranks, these are
    /// drawn uniformly: the finished graph is relabelled at random. `done` hears of every step: the share of the work
    /// that is done.
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
        self.sample_in(self.config.sampling.steps, count, draw, done)
    }

    /// The same in so many steps; 0 stands for those of training.
    pub(super) fn sample_in(
        &self,
        steps: usize,
        count: usize,
        draw: u64,
        done: &mut dyn FnMut(f64),
    ) -> Result<Vec<CategoricalGraph>, TrainError> {
        let seed = evaluation_seed(self.config.training.seed);
        // Threads share these, not the parameters.
        let preparation = &match steps {
            0 => self.host.clone(),
            _ => self.host.respaced(steps)?,
        };
        let process = preparation.process();
        let times = usize::from(!self.config.sampling.last_step)..=process.steps();
        let steps = times.clone().count();
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
            for (step, t) in times.clone().rev().enumerate() {
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
                let here = graphs.len() as f64 * (step + 1) as f64 / steps as f64;
                done((first as f64 + here) / count as f64);
            }
            if preparation.ranks().is_some() {
                let relabelled = graphs.iter().zip(&mut streams);
                graphs = relabelled.map(|(graph, rng)| Permutation::random(graph.n(), rng).act(graph)).collect();
            }
            found.extend(graphs);
        }
        Ok(found)
    }

    /// How good samples are: molecules by validity, uniqueness, novelty, stability and the shares that are whole molecules of
    /// the training set or of the other two, graphs by V.U.N. and squared MMDs to the test set, blind pairs by their shares.
    ///
    /// # Errors
    ///
    /// When a graph has classes that mean nothing here, or cannot be canonicalized.
    pub fn quality(&self, graphs: &[CategoricalGraph]) -> Result<Metrics, TrainError> {
        if self.config.data.kind.is_molecules() {
            let molecules = graphs.iter().map(|graph| graph.to_molecule().map(Some));
            let molecules = molecules.collect::<Result<Vec<_>, _>>()?;
            let known = self.known()?;
            let metrics = MoleculeMetrics::of(&molecules, &known.train)?;
            let identities = identities(molecules.iter().flatten())?;
            let share = |set: &HashSet<String>| {
                identities.iter().filter(|identity| set.contains(*identity)).count() as f64
                    / graphs.len().max(1) as f64
            };
            let mut named = vec![
                ("validity", metrics.validity()),
                ("relaxed_validity", metrics.relaxed_validity()),
                ("uniqueness", metrics.uniqueness()),
                ("novelty", metrics.novelty()),
                ("in_train", share(&known.whole[0])),
                ("in_held_out", share(&known.whole[1])),
            ];
            // Without hydrogens an atom's bonds say nothing about its stability.
            if self.config.data.hydrogens {
                named.push(("atom_stability", metrics.atom_stability()));
                named.push(("molecule_stability", metrics.molecule_stability()));
            }
            return Ok(named);
        }
        let samples: Vec<ColoredGraph> = graphs.iter().map(CategoricalGraph::to_colored_graph).collect();
        if self.config.data.kind == DiffusionData::BlindPairs {
            return Ok(blind_shares(&samples));
        }
        let of_part = |part: Part| (self.splits.part(part).iter()).map(|graph| graph.to_colored_graph());
        let train: Vec<ColoredGraph> = of_part(Part::Train).collect();
        let test: Vec<ColoredGraph> = of_part(Part::Test).collect();
        let kind = self.config.data.kind;
        let found = ValidUniqueNovel::of(&samples, &train, |graph| match kind {
            DiffusionData::Planar => is_connected_planar(graph),
            DiffusionData::Tree => is_tree(graph),
            DiffusionData::Sbm => is_block_model(graph),
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

    /// The molecules of the data. The runs of a process whose data are the same share them.
    fn known(&self) -> Result<Arc<Known>, TrainError> {
        static KNOWN: Mutex<Vec<(String, Arc<Known>)>> = Mutex::new(Vec::new());
        let mut kept = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = &self.splits.info().sha256;
        if let Some((_, known)) = kept.iter().find(|(other, _)| other == digest) {
            return Ok(Arc::clone(known));
        }
        let molecules = |part: Part| -> Result<Vec<Molecule>, DataError> {
            self.splits.part(part).iter().map(|graph| graph.to_molecule()).collect()
        };
        let [train, validation, test] = [
            molecules(Part::Train)?,
            molecules(Part::Validation)?,
            molecules(Part::Test)?,
        ];
        let whole = |parts: &[&[Molecule]]| -> Result<HashSet<String>, DataError> {
            Ok(identities(parts.iter().copied().flatten())?.into_iter().collect())
        };
        let known = Arc::new(Known {
            whole: [whole(&[&train])?, whole(&[&validation, &test])?],
            train: KnownMolecules::new(&train)?,
        });
        kept.push((digest.clone(), Arc::clone(&known)));
        Ok(known)
    }

    /// Graphs in every format that can say them, and a picture of the first of them: names and contents of files.
    pub(super) fn files(
        &self,
        graphs: &[CategoricalGraph],
    ) -> Result<Vec<(&'static str, String)>, TrainError> {
        let mut files = vec![("samples.jsonl", graphs.iter().map(json_line).collect::<String>())];
        let lines = |texts: Result<Vec<String>, DataError>| texts.map(|texts| texts.concat());
        if self.config.data.kind.is_molecules() {
            let molecules =
                (graphs.iter().map(CategoricalGraph::to_molecule)).collect::<Result<Vec<_>, _>>()?;
            let smiles = molecules.iter().map(|one| format!("{}\n", smiles::write(one)));
            files.push(("samples.smi", smiles.collect()));
            let records = (molecules.iter().enumerate()).map(|(i, one)| sdf::write(one, &(i + 1).to_string()));
            files.push(("samples.sdf", lines(records.collect())?));
        } else {
            let texts = graphs
                .iter()
                .map(|graph| Ok(graph6::write(&graph.to_colored_graph())? + "\n"));
            files.push(("samples.g6", lines(texts.collect())?));
        }
        files.push(("samples.svg", self.picture(&graphs[..graphs.len().min(SHOWN)])?));
        Ok(files)
    }
}

/// The shares of the two kinds of blind pairs among samples, and how far they and what is neither are from the shares of
/// the data, as a total variation distance.
fn blind_shares(samples: &[ColoredGraph]) -> Metrics {
    let share = |kind: Kind| {
        let found = samples.iter().filter(|graph| Kind::of(graph) == Some(kind)).count();
        found as f64 / samples.len().max(1) as f64
    };
    let (one, two) = (share(Kind::Cycle), share(Kind::TwoCycles));
    let neither = 1.0 - one - two;
    let distance = 0.5 * ((one - CYCLES).abs() + (two - (1.0 - CYCLES)).abs() + neither);
    vec![
        ("validity", one + two),
        ("cycle", one),
        ("two_cycles", two),
        ("share_distance", distance),
    ]
}

/// The molecules of a data set.
struct Known {
    /// Those of the training set, by their largest fragments.
    train: KnownMolecules,
    /// Identities of the whole ones: of the training set, and of the other two.
    whole: [HashSet<String>; 2],
}

/// What tells molecules apart.
fn identities<'a>(molecules: impl Iterator<Item = &'a Molecule>) -> Result<Vec<String>, DataError> {
    let molecules: Vec<&Molecule> = molecules.collect();
    let identity = |(index, molecule): (usize, &&Molecule)| {
        molecule
            .identity()
            .map_err(|source| DataError::Canon { index, source })
    };
    molecules.par_iter().enumerate().map(identity).collect()
}

/// `{"nodes": [class, …], "edges": [[u, v, class], …]}`.
fn json_line(graph: &CategoricalGraph) -> String {
    let pairs = (0..graph.n()).flat_map(|v| (0..v).map(move |u| (u, v)));
    let edges: Vec<[usize; 3]> = pairs
        .map(|(u, v)| [u, v, usize::from(graph.edge(u, v))])
        .filter(|[_, _, class]| *class > 0)
        .collect();
    format!("{}\n", json!({"nodes": graph.nodes(), "edges": edges}))
}
