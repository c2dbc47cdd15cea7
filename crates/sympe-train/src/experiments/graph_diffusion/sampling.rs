//! Graphs from noise, and how good they are.

use super::config::{DiffusionData, LastStep, SamplingConfig};
use super::data::{CYCLES, Preparation};
use super::model::GraphDiffusion;
use crate::TrainError;
use crate::task::{Metrics, Part, SampleStore, Source, evaluation_seed};
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use sympe_canon::graph::ColoredGraph;
use sympe_data::DataError;
use sympe_data::blind_pairs::Kind;
use sympe_data::diffusion::{CategoricalGraph, MoleculeClasses};
use sympe_data::formats::graph6;
use sympe_data::graph_metrics::{
    Descriptor, Distance, ValidUniqueNovel, compare, is_block_model, is_connected, is_connected_planar,
    is_tree,
};
use sympe_data::key::{Purpose, stream};
use sympe_data::molecule::benchmark::{Distribution, KnownScaffolds};
use sympe_data::molecule::metrics::{KnownMolecules, MoleculeMetrics};
use sympe_data::molecule::{Molecule, sdf, smiles};
use sympe_groups::{Action, Permutation};

/// Samples that are drawn side by side.
const SIDE_BY_SIDE: usize = 256;
/// Samples in the picture of many.
const SHOWN: usize = 48;

/// Samples that decide on the last step, at most; their standard error is a few percent.
const TRIED: usize = 128;
/// The number of their draw: apart from those of training, tests and `sample`.
const TRIAL_DRAW: u64 = 1 << 35;

/// What samples of molecules are compared with.
struct Known {
    train: KnownMolecules,
    held_out: KnownMolecules,
    /// Of MOSES: the scaffolds of the training set, and its test set.
    moses: Option<(KnownScaffolds, Distribution)>,
}

/// Graphs on their way from noise, each with its random stream.
struct Trajectories {
    /// The index of the first of them, for errors.
    first: usize,
    graphs: Vec<CategoricalGraph>,
    streams: Vec<ChaCha8Rng>,
}

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
        self.sample_in(self.config.sampling, count, draw, done)
    }

    /// The same in other steps than those that are configured.
    pub(super) fn sample_in(
        &self,
        sampling: SamplingConfig,
        count: usize,
        draw: u64,
        done: &mut dyn FnMut(f64),
    ) -> Result<Vec<CategoricalGraph>, TrainError> {
        let last_step = self.takes_last_step(sampling)?;
        self.sample_ending(sampling, last_step, count, draw, &mut (), done)
    }

    /// The same, with the step at time 0 or without. Samples are kept in `store` as they come, and those that it has are not drawn
    /// again: such of the same count, or what is drawn side by side would not be the same.
    pub(super) fn sample_ending(
        &self,
        sampling: SamplingConfig,
        last_step: bool,
        count: usize,
        draw: u64,
        store: &mut dyn SampleStore,
        done: &mut dyn FnMut(f64),
    ) -> Result<Vec<CategoricalGraph>, TrainError> {
        let preparation = self.respaced(sampling)?;
        let times = usize::from(!last_step)..=preparation.process().steps();
        let steps = times.clone().count();
        let mut found = store.kept().iter().map(|line| parse_line(line)).collect::<Result<Vec<_>, _>>()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // A device is busy with one part.
        let workers = if self.device.is_cpu() { cores } else { 1 };
        while found.len() < count {
            let first = found.len();
            let parts = (first..count).step_by(SIDE_BY_SIDE).take(workers);
            let parts = parts.map(|start| start..count.min(start + SIDE_BY_SIDE));
            let (sender, stepped) = mpsc::channel();
            let drawn = std::thread::scope(|scope| {
                let draw = |part: Range<usize>| {
                    let (sender, preparation, times) = (sender.clone(), &preparation, times.clone().rev());
                    let each = part.len();
                    let told = move || {
                        // Nobody listens any more where another part has panicked.
                        let _ = sender.send(each);
                    };
                    scope.spawn(move || self.draw_part(preparation, part, draw, times, told))
                };
                let handles: Vec<_> = parts.map(draw).collect();
                drop(sender);
                let mut moved = 0;
                for samples in stepped {
                    moved += samples;
                    done((first as f64 + moved as f64 / steps as f64) / count as f64);
                }
                let joined = handles.into_iter().map(|handle| handle.join().unwrap_or_else(|panic| resume_unwind(panic)));
                joined.collect::<Vec<_>>()
            });
            for graphs in drawn {
                let graphs = graphs?;
                store.keep(&mut graphs.iter().map(json_line))?;
                found.extend(graphs);
            }
        }
        Ok(found)
    }

    /// Samples that are drawn side by side, in steps from these times; `told` hears of each step. They depend on nothing but their
    /// own streams and on which samples are drawn with them.
    fn draw_part(
        &self,
        preparation: &Preparation,
        part: Range<usize>,
        draw: u64,
        times: impl Iterator<Item = usize>,
        told: impl Fn(),
    ) -> Result<Vec<CategoricalGraph>, TrainError> {
        let mut trajectories = self.start(part, draw);
        for t in times {
            self.step(preparation, &mut trajectories, t)?;
            told();
        }
        let Trajectories { graphs, mut streams, .. } = trajectories;
        if preparation.ranks().is_none() {
            return Ok(graphs);
        }
        let relabelled = graphs.iter().zip(&mut streams);
        Ok(relabelled.map(|(graph, rng)| Permutation::random(graph.n(), rng).act(graph)).collect())
    }

    /// Whether sampling in these steps ends with one at time 0. Where it is to be found out, both ends of the same
    /// trajectories are judged, and the step is taken unless it does harm.
    pub(super) fn takes_last_step(&self, sampling: SamplingConfig) -> Result<bool, TrainError> {
        match sampling.last_step {
            LastStep::Never => return Ok(false),
            LastStep::Always => return Ok(true),
            LastStep::Auto => {}
        }
        let preparation = self.respaced(sampling)?;
        let mut trajectories = self.start(0..self.config.evaluation.samples.min(TRIED), TRIAL_DRAW);
        for t in (1..=preparation.process().steps()).rev() {
            self.step(&preparation, &mut trajectories, t)?;
        }
        let without = self.merit(&trajectories.graphs)?;
        self.step(&preparation, &mut trajectories, 0)?;
        Ok(self.merit(&trajectories.graphs)? >= without)
    }

    /// The host half with these steps.
    fn respaced(&self, sampling: SamplingConfig) -> Result<Preparation, TrainError> {
        Ok(match sampling.steps {
            0 => self.host.clone(),
            steps => self.host.respaced(steps, sampling.spacing)?,
        })
    }

    /// Sizes and noise of these samples.
    fn start(&self, samples: Range<usize>, draw: u64) -> Trajectories {
        let seed = evaluation_seed(self.config.training.seed);
        let first = samples.start;
        // Likelihoods count from 0 upwards, samples from the largest number downwards.
        let mut streams: Vec<ChaCha8Rng> =
            samples.map(|index| stream(seed, draw, !(index as u64), Purpose::Evaluate)).collect();
        let noise = |rng: &mut ChaCha8Rng| {
            let n = self.counts.sample(rng);
            self.process().prior(n, rng)
        };
        let graphs = streams.iter_mut().map(noise).collect();
        Trajectories { first, graphs, streams }
    }

    /// One denoising step of them all, from time `t`.
    fn step(
        &self,
        preparation: &Preparation,
        trajectories: &mut Trajectories,
        t: usize,
    ) -> Result<(), TrainError> {
        let Trajectories { first, graphs, streams } = trajectories;
        let noisy = graphs
            .par_iter()
            .zip(streams.par_iter_mut())
            .enumerate()
            .map(|(index, (z, rng))| preparation.prepare(z.clone(), t, None, *first + index, rng))
            .collect::<Result<Vec<_>, DataError>>()?;
        let predicted = self.predict(noisy)?;
        let process = preparation.process();
        *graphs = graphs
            .par_iter()
            .zip(streams)
            .zip(&predicted)
            .map(|((z, rng), predicted)| process.step(z, t, &predicted.get(), rng))
            .collect::<Result<Vec<_>, DataError>>()?;
        Ok(())
    }

    /// What samplers are chosen by, higher being better: the share of stable molecules, or of valid ones where hydrogens are
    /// left out; of valid, unique and novel graphs; for blind pairs the negative distance of their shares.
    fn merit(&self, graphs: &[CategoricalGraph]) -> Result<f64, TrainError> {
        let kind = self.config.data.kind;
        if !kind.is_molecules() && kind != DiffusionData::BlindPairs {
            let samples: Vec<ColoredGraph> = graphs.iter().map(CategoricalGraph::to_colored_graph).collect();
            return Ok(self.valid_unique_novel(&samples)?.share());
        }
        let metrics = self.quality(graphs)?;
        let value = |name| metrics.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let distance = value("share_distance").map(|distance| -distance);
        Ok(distance.or(value("molecule_stability")).or(value("validity")).expect("every kind of data has one"))
    }

    /// How good samples are: molecules by validity, uniqueness, novelty, stability and the shares that are whole molecules of
    /// the training set or of the other two, graphs by V.U.N. and squared MMDs to the test set, blind pairs by their shares.
    ///
    /// # Errors
    ///
    /// When a graph has classes that mean nothing here, or cannot be canonicalized.
    pub fn quality(&self, graphs: &[CategoricalGraph]) -> Result<Metrics, TrainError> {
        if let Some(classes) = &self.molecules {
            return self.quality_of_molecules(classes, graphs);
        }
        let samples: Vec<ColoredGraph> = graphs.iter().map(CategoricalGraph::to_colored_graph).collect();
        if self.config.data.kind == DiffusionData::BlindPairs {
            return Ok(blind_shares(&samples));
        }
        let found = self.valid_unique_novel(&samples)?;
        let test = self.colored(Part::Test)?;
        let share = |count: u64| count as f64 / found.samples.max(1) as f64;
        // The kernels that the benchmarks are published with.
        let distance = match self.config.data.kind {
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

    /// The metrics of molecules.
    fn quality_of_molecules(&self, classes: &MoleculeClasses, graphs: &[CategoricalGraph]) -> Result<Metrics, TrainError> {
        let molecules = graphs.iter().map(|graph| classes.decode(graph));
        let molecules = molecules.collect::<Result<Vec<_>, _>>()?;
        let known = self.known(classes)?;
        let Known { train, held_out, moses } = &*known;
        let metrics = MoleculeMetrics::of(&molecules, train)?;
        let share = |known: &KnownMolecules| -> Result<f64, DataError> {
            let is_known = |(index, molecule): (usize, &Option<Molecule>)| match molecule {
                None => Ok(0),
                Some(molecule) => (known.contains_whole(molecule).map(usize::from))
                    .map_err(|source| DataError::Canon { index, source }),
            };
            let found: usize = molecules.par_iter().enumerate().map(is_known).sum::<Result<_, _>>()?;
            Ok(found as f64 / graphs.len().max(1) as f64)
        };
        let mut named = vec![
            ("validity", metrics.validity()),
            ("relaxed_validity", metrics.relaxed_validity()),
            ("uniqueness", metrics.uniqueness()),
            ("novelty", metrics.novelty()),
            ("in_train", share(train)?),
            ("in_held_out", share(held_out)?),
        ];
        // Without hydrogens an atom's bonds say nothing about its stability.
        if self.config.data.hydrogens {
            named.push(("atom_stability", metrics.atom_stability()));
            named.push(("molecule_stability", metrics.molecule_stability()));
        }
        if let Some((scaffolds, test)) = moses {
            let samples = Distribution::of_samples(&molecules)?;
            let found = samples.compare(test);
            // What is not known, as without any valid sample, is no number.
            named.extend(
                [
                    ("internal_diversity", found.internal_diversity),
                    ("nearest_similarity", found.nearest_similarity),
                    ("fragment_similarity", found.fragment_similarity),
                    ("scaffold_similarity", found.scaffold_similarity),
                    ("scaffold_novelty", samples.scaffold_novelty(scaffolds)),
                ]
                .map(|(name, value)| (name, value.unwrap_or(f64::NAN))),
            );
        }
        Ok(named)
    }

    /// A part of the data as coloured graphs.
    fn colored(&self, part: Part) -> Result<Vec<ColoredGraph>, DataError> {
        (self.splits.part(part)).over(|graphs| graphs.map(|graph| graph.to_colored_graph()).collect())
    }

    /// How many of these graphs are what those of the data are, how many of them are different, and how many are not in the
    /// training set.
    fn valid_unique_novel(&self, samples: &[ColoredGraph]) -> Result<ValidUniqueNovel, TrainError> {
        let train = self.colored(Part::Train)?;
        let kind = self.config.data.kind;
        Ok(ValidUniqueNovel::of(samples, &train, |graph| match kind {
            DiffusionData::Planar => is_connected_planar(graph),
            DiffusionData::Tree => is_tree(graph),
            DiffusionData::Sbm => is_block_model(graph),
            _ => Ok(is_connected(graph)),
        })?)
    }

    /// The molecules of the data. The runs of a process whose data are the same share them.
    fn known(&self, classes: &MoleculeClasses) -> Result<Arc<Known>, TrainError> {
        static KNOWN: Mutex<Vec<(String, Arc<Known>)>> = Mutex::new(Vec::new());
        let mut kept = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = &self.splits.info().sha256;
        if let Some((_, known)) = kept.iter().find(|(other, _)| other == digest) {
            return Ok(Arc::clone(known));
        }
        let [train, validation, test] = Part::ALL.map(|part| self.splits.part(part));
        let molecule = |part: &Source<CategoricalGraph>, index| -> Result<Molecule, DataError> {
            Ok(classes.decode(&*part.get(index)?)?.expect("the graph of a molecule"))
        };
        let of_held_out = |index: usize| match index.checked_sub(validation.len()) {
            Some(index) => molecule(test, index),
            None => molecule(validation, index),
        };
        let is_moses = self.config.data.kind == DiffusionData::Moses;
        let known = Arc::new(Known {
            train: KnownMolecules::generate(train.len(), |index| molecule(train, index))?,
            held_out: KnownMolecules::generate(validation.len() + test.len(), of_held_out)?,
            moses: match is_moses {
                true => Some((
                    KnownScaffolds::generate(train.len(), |index| molecule(train, index))?,
                    Distribution::generate(validation.len(), |index| molecule(validation, index))?,
                )),
                false => None,
            },
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
        if let Some(classes) = &self.molecules {
            let molecules = graphs.iter().map(|graph| classes.decode(graph)).collect::<Result<Vec<_>, _>>()?;
            // A sample that is no molecule keeps its line, by the word that readers know.
            let smiles = |molecule: &Option<Molecule>| molecule.as_ref().map_or("None".to_owned(), smiles::write);
            files.push(("samples.smi", molecules.iter().map(|one| smiles(one) + "\n").collect()));
            let records = (molecules.iter().enumerate())
                .filter_map(|(i, one)| Some(sdf::write(one.as_ref()?, &(i + 1).to_string())));
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

/// `{"nodes": [class, …], "edges": [[u, v, class], …]}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    edges: Vec<[usize; 3]>,
    nodes: Vec<u8>,
}

/// A graph as a line.
fn json_line(graph: &CategoricalGraph) -> String {
    let pairs = (0..graph.n()).flat_map(|v| (0..v).map(move |u| (u, v)));
    let sample = Sample {
        edges: pairs
            .map(|(u, v)| [u, v, usize::from(graph.edge(u, v))])
            .filter(|[_, _, class]| *class > 0)
            .collect(),
        nodes: graph.nodes().to_vec(),
    };
    let line = serde_json::to_string(&sample).expect("a sample is JSON");
    format!("{line}\n")
}

/// The graph of a [`json_line`].
fn parse_line(line: &str) -> Result<CategoricalGraph, TrainError> {
    let wrong = |message: String| TrainError::config("a sample that was kept", message);
    let Sample { edges, nodes } = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
    let n = nodes.len();
    let mut classes = vec![0; n * n];
    for [u, v, class] in edges {
        let known = u8::try_from(class).ok().filter(|_| u < n && v < n);
        let known = known.ok_or_else(|| wrong(format!("has no edge {u}, {v} of class {class}")))?;
        (classes[u * n + v], classes[v * n + u]) = (known, known);
    }
    Ok(CategoricalGraph::new(nodes, classes)?)
}
