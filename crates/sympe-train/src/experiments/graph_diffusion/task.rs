//! Graph diffusion as an experiment.

use super::comparison;
use super::config::{DrawScope, GraphDiffusionConfig, LastStep, LimitKind, SamplingConfig};
use super::data::{self, CleanSamples, DiffusionBatch, Preparation};
use super::figures;
use super::model::GraphDiffusion;
use super::ranks::{KeptClean, Ranks};
use crate::TrainError;
use crate::comparison::{Axis, Column};
use crate::domain::Graphs;
use crate::report::Block;
use crate::task::{Generated, Loss, Metrics, Part, Request, SampleStore, Setup, Splits, Task};
use candle_core::Tensor;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;
use sympe_data::DataError;
use sympe_data::diffusion::{CategoricalGraph, CosineSchedule, Limit, MoleculeClasses, NodeCounts, Process};
use sympe_data::formats::Format;
use sympe_data::molecule::Molecule;
use sympe_inspect::terminal::{read_graphs, read_molecules};
use sympe_nn::models::{DenoiserChannels, GraphTransformer};

/// How many graphs all sizes together count for that no training graph has.
const UNSEEN_SIZES: f64 = 0.01;
/// How many graphs of each size the shared limit counts for in limits by rank.
const SHARED_LIMIT: f64 = 1.0;

/// Training graphs that limits by rank are estimated from, at most: more change no digit that matters, and canonicalizing them makes
/// every start slower.
const SURVEYED: usize = 1 << 18;

/// The largest number of nodes in the data.
fn largest(splits: &Splits<CategoricalGraph>) -> Result<usize, DataError> {
    let mut n_max = 0;
    for part in Part::ALL.map(|part| splits.part(part)) {
        let sizes = (0..part.len()).into_par_iter().map(|index| Ok::<_, DataError>(part.get(index)?.n()));
        n_max = n_max.max(sizes.try_reduce(|| 0, |a, b| Ok(a.max(b)))?);
    }
    Ok(n_max)
}

impl Task for GraphDiffusion {
    const NAME: &'static str = "graph-diffusion";
    const ABOUT: &'static str = "Generate molecules or graphs by denoising";
    const COLUMNS: &'static [Column] = &[
        Column::new("nll", "NLL, nats", 2),
        Column::new("nll_unlabelled", "NLL unlabelled", 2),
        Column::new("nll_published", "NLL as published", 2),
        Column::new("validity", "validity", 3),
        Column::new("uniqueness", "uniqueness", 3),
        Column::new("novelty", "novelty", 3),
        Column::new("in_train", "in train", 3),
        Column::new("in_held_out", "in held-out", 3),
        Column::new("atom_stability", "atom stability", 4),
        Column::new("molecule_stability", "molecule stability", 3),
        Column::new("internal_diversity", "IntDiv", 3),
        Column::new("nearest_similarity", "SNN", 3),
        Column::new("fragment_similarity", "Frag", 4),
        Column::new("scaffold_similarity", "Scaf", 3),
        Column::new("scaffold_novelty", "scaffold novelty", 3),
        Column::new("valid_unique_novel", "V.U.N.", 3),
        Column::new("cycle", "cycle", 3),
        Column::new("two_cycles", "two cycles", 3),
        Column::new("share_distance", "distance of shares", 3),
        Column::new("last_step", "last step", 2),
    ];
    const GENERATES: bool = true;
    type Config = GraphDiffusionConfig;
    type Sample = CategoricalGraph;
    type Kept = KeptClean;
    type Host = Preparation;

    fn splits(config: &GraphDiffusionConfig) -> Result<Splits<CategoricalGraph>, TrainError> {
        data::load(&config.data)
    }

    /// A process and a denoiser for graphs as large as those of the data.
    fn new(setup: Setup<'_, Self>) -> Result<Self, TrainError> {
        let Setup { config, splits, params, clock } = setup;
        let train = splits.part(Part::Train);
        let n_max = largest(splits)?;
        let counts = train.over(|graphs| NodeCounts::of(graphs))??;
        let molecules = splits.info().classes.as_ref().map(MoleculeClasses::from_names).transpose()?;
        let classes = molecules.as_ref().map_or((1, 2), MoleculeClasses::counts);
        let ranks = Ranks::new(config.data.kernel(config.process.kernel), n_max, clock);
        let limit = match config.process.limit {
            LimitKind::Marginal => train.over(|graphs| Limit::marginal(graphs, classes.0, classes.1))??,
            LimitKind::Uniform => Limit::uniform(classes.0, classes.1)?,
            LimitKind::Absorbing => Limit::absorbing(classes.0, classes.1)?,
            LimitKind::ByRank => {
                let shared = train.over(|graphs| Limit::marginal(graphs, classes.0, classes.1))??;
                ranks.place_all(&train.spread(SURVEYED), config.data.seed, |placed| shared.by_rank(placed, SHARED_LIMIT))??
            }
        };
        let process = Arc::new(Process::new(CosineSchedule::new(config.process.steps)?, limit));
        let noisy = process.limit().classes();
        let breaking = config.breaking;
        let features = config.features.of(n_max, molecules.as_ref());
        let seen = [noisy.0 + features.node_names().len(), noisy.1 + features.pair_names().len()];
        let graphs = Graphs::new(n_max, config.data.kernel(breaking.kernel))
            .with_channels(breaking.dim, breaking.edge_dim)
            .with_table(breaking.table)
            .with_learned(breaking.learned, seen);
        let (draws, encoders) = (breaking.kind).start(graphs, &params.at("breaking"), clock)?;
        let dims = encoders.dims();
        let mut host = Preparation::new(process, features, draws).with_coupling(breaking.coupled);
        let names = breaking.scope == DrawScope::Trajectory;
        if names || config.process.limit == LimitKind::ByRank {
            host = host.with_ranks(ranks, names);
        }
        let [features, walks, globals] = host.widths();
        let channels = DenoiserChannels {
            nodes: noisy.0 + features + dims[0],
            edges: noisy.1 + walks + dims[1],
            globals,
            node_classes: classes.0,
            edge_classes: classes.1,
        };
        Ok(Self {
            model: GraphTransformer::new(config.model, channels, &params.at("denoiser"))?,
            counts: counts.smoothed(n_max, UNSEEN_SIZES),
            splits: Arc::clone(splits),
            molecules,
            host,
            encoders,
            device: params.device().clone(),
            config: config.clone(),
        })
    }

    fn host(&self) -> &Preparation {
        &self.host
    }

    /// Cross-entropy of the clean classes.
    fn loss(&self, batch: &DiffusionBatch, _: u64) -> Result<Loss, TrainError> {
        let (count, n) = (batch.sizes.len(), batch.n);
        let mut input = self.input(batch)?;
        input.dropout = (self.config.model.dropout > 0.0).then_some(batch.seed);
        let nodes = Tensor::from_slice(&batch.targets[0], (count, n), &self.device)?;
        let edges = Tensor::from_slice(&batch.targets[1], (count, n, n), &self.device)?;
        let output = self.model.forward(&input)?;
        let weight = self.config.process.edge_weight;
        let [(nodes, count), (edges, pairs)] = output.losses(&nodes, &edges, &input.mask, weight)?;
        Ok(Loss::over(nodes, count).and(Loss::over(edges, pairs)))
    }

    fn judge(&self, samples: &CleanSamples, draw: u64) -> Result<Metrics, TrainError> {
        let [proper, published, unlabelled] = self.nll(samples, draw)?;
        let mut metrics = vec![
            ("nll", proper),
            ("nll_published", published),
            ("nll_unlabelled", unlabelled),
        ];
        if samples.are_test() {
            let (sampling, count) = (self.config.sampling, self.config.evaluation.samples);
            let last_step = self.takes_last_step(sampling)?;
            let graphs = self.sample_ending(sampling, last_step, count, draw, &mut (), &mut |_| ())?;
            metrics.extend(self.quality(&graphs)?);
            if sampling.last_step == LastStep::Auto {
                metrics.push(("last_step", f64::from(u8::from(last_step))));
            }
        }
        Ok(metrics)
    }

    fn weigh(&self, samples: &CleanSamples, count: usize, draw: u64) -> Result<Metrics, TrainError> {
        let [proper, unlabelled] = self.weighted_nll(samples, count, draw)?;
        Ok(vec![("nll", proper), ("nll_unlabelled", unlabelled)])
    }

    fn axes() -> Vec<Axis<GraphDiffusionConfig>> {
        comparison::axes()
    }

    fn tuned() -> Option<Axis<GraphDiffusionConfig>> {
        Some(comparison::scale())
    }

    fn context(config: &GraphDiffusionConfig) -> Vec<(&'static str, String)> {
        vec![("data", config.data.kind.to_string())]
    }

    fn read(&self, file: &Path, format: Option<Format>) -> Result<Vec<CategoricalGraph>, TrainError> {
        let Some(classes) = &self.molecules else {
            let graphs = read_graphs(file, format)?;
            let graphs = graphs.iter().map(CategoricalGraph::from_colored_graph);
            let graphs = graphs.collect::<Result<Vec<_>, _>>()?;
            self.fit(&graphs)?;
            return Ok(graphs);
        };
        if let Some(format) = format {
            let message = "is a format of graphs, expected a file of molecules (SMILES lines or SDF)";
            return Err(TrainError::config(format!("--format {format}"), message));
        }
        let present = |molecule: &Molecule| {
            let molecule = molecule.without_charges();
            classes.encode(&if self.config.data.hydrogens {
                molecule.with_hydrogens()
            } else {
                molecule.without_hydrogens()
            })
        };
        let molecules = read_molecules(file, classes.elements())?;
        let graphs = molecules.iter().map(present).collect::<Result<Vec<_>, _>>()?;
        self.fit(&graphs)?;
        Ok(graphs)
    }

    fn figures(runs: &[(String, &Self)]) -> Result<Vec<Block>, TrainError> {
        figures::figures(runs)
    }

    fn details(rows: &[(String, Vec<&Self>)]) -> Result<Vec<Block>, TrainError> {
        figures::by_steps(rows)
    }

    fn generate(
        &self,
        request: &Request,
        store: &mut dyn SampleStore,
        done: &mut dyn FnMut(f64),
    ) -> Result<Generated, TrainError> {
        let configured = self.config.sampling;
        let sampling = SamplingConfig {
            steps: request.steps.unwrap_or(configured.steps),
            spacing: request.spacing.unwrap_or(configured.spacing),
            ..configured
        };
        let last_step = self.takes_last_step(sampling)?;
        let graphs = self.sample_ending(sampling, last_step, request.count, request.draw, store, done)?;
        Ok(Generated {
            count: request.count,
            files: self.files(&graphs)?,
            metrics: self.quality(&graphs)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::Row;
    use crate::config::Layers;
    use crate::harness::Trained;
    use candle_core::Device;
    use sympe_data::Collate;
    use sympe_data::key::{Purpose, stream};
    use sympe_data::molecule::smiles;

    /// Probabilities of the classes of each node of methane, and of the pairs of the carbon (node 0) and each hydrogen.
    fn methane(method: &Row<GraphDiffusionConfig>) -> Result<[Vec<Vec<f32>>; 2], TrainError> {
        let mut layers = Layers::default();
        layers.preset::<GraphDiffusionConfig>("smoke")?;
        let experiment = Trained::<GraphDiffusion>::new(method.of(&layers.resolve()?), &Device::Cpu)?;
        let methane = MoleculeClasses::QM9.encode(&smiles::parse("C", 1)?.with_hydrogens())?;
        let mut rng = stream(0, 0, 0, Purpose::Evaluate);
        let noisy = experiment.task().host.prepare(methane, 4, None, 0, &mut rng)?;
        let predicted = experiment.task().predict(vec![noisy])?.remove(0);
        let rows = |values: &[f32], classes: usize| values.chunks(classes).map(<[f32]>::to_vec).collect();
        let nodes: Vec<Vec<f32>> = rows(&predicted.nodes, 5);
        let pairs: Vec<Vec<f32>> = rows(&predicted.edges, 4);
        Ok([nodes[1..].to_vec(), pairs[1..5].to_vec()])
    }

    #[test]
    fn the_hydrogens_of_methane_are_told_apart_by_breaking_only() -> Result<(), TrainError> {
        let spread = |rows: &[Vec<f32>]| {
            let differences = (rows.iter().flatten().zip(rows[0].iter().cycle())).map(|(a, b)| (a - b).abs());
            differences.fold(0.0, f32::max)
        };
        for row in &GraphDiffusion::axes()[0].rows {
            let [nodes, pairs] = methane(row)?;
            let (nodes, pairs) = (spread(&nodes), spread(&pairs));
            if matches!(row.name, "none" | "random-walk" | "rrwp" | "rrwp-features" | "absorbing" | "by-rank") {
                assert!(nodes < 1e-6 && pairs < 1e-6, "{row:?}: {nodes}, {pairs}");
            } else {
                assert!(nodes > 1e-4 && pairs > 1e-4, "{row:?}: {nodes}, {pairs}");
            }
        }
        Ok(())
    }

    #[test]
    fn draws_of_noisy_graphs_lead_back_to_one_canonical_form() -> Result<(), TrainError> {
        let mut layers = Layers::default();
        layers.preset::<GraphDiffusionConfig>("smoke")?;
        let experiment = Trained::<GraphDiffusion>::new(layers.resolve()?, &Device::Cpu)?;
        let mut rng = stream(1, 0, 0, Purpose::Evaluate);
        for t in 0..=experiment.task().process().steps() {
            let z = experiment.task().process().prior(7, &mut rng);
            // The form that the draw leads to: classes at their ranks.
            let mut forms = Vec::new();
            for _ in 0..6 {
                let noisy = experiment.task().host.prepare(z.clone(), t, None, 0, &mut rng)?;
                let batch = experiment.task().host.collate(vec![noisy])?;
                let mut form = vec![vec![0; 8]; 7];
                for (i, &a) in batch.drawn.places.iter().enumerate() {
                    form[a as usize][7] = z.nodes()[i];
                    for (j, &b) in batch.drawn.places.iter().enumerate() {
                        form[a as usize][b as usize] = z.edge(i, j);
                    }
                }
                forms.push(form);
            }
            assert!(forms.iter().all(|form| *form == forms[0]), "{z:?}");
        }
        Ok(())
    }
}
