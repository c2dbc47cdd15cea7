//! The second experiment: generate graphs by discrete denoising diffusion (DiGress), with a denoiser that can break the
//! symmetries of the noisy graph.
//!
//! The denoiser sees the noisy graph with its time, features, and an encoding `g̃·v` of nodes and pairs; `g̃` is drawn from the
//! kernel of the noisy graph with its classes as colours, anew at every step of training, evaluation and sampling.

mod comparison;
mod config;
mod data;
mod figures;
mod sampling;

pub use comparison::{GraphDiffusionComparison, Method};
pub use config::{
    DiffusionBreakingConfig, DiffusionData, DiffusionDataConfig, EvaluationConfig, FeaturesConfig,
    GraphDiffusionConfig, LimitKind, ProcessConfig,
};
pub use data::{DiffusionBatch, DiffusionSamples};

use crate::TrainError;
use crate::config::Config;
use crate::experiment::{Experiment, Part, evaluation_seed};
use crate::report::Block;
use crate::run::DataInfo;
use candle_core::{DType, Device, Tensor};
use data::{DiffusionSplits, Entry, Noisy, PadNoisy, Preparation};
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use sympe_data::diffusion::{
    Bound, CategoricalGraph, CosineSchedule, EvaluationNoise, Limit, NodeCounts, Prediction, Process,
};
use sympe_data::formats::{self, Format};
use sympe_data::key::{Purpose, stream};
use sympe_data::molecule;
use sympe_data::{Collate, DataError, InMemory, Loader, LoaderConfig};
use sympe_nn::breaking::{Breaker, Breaking, Draw};
use sympe_nn::encoding::{PairTableEncoding, PositionalEncoding};
use sympe_nn::models::{DenoiserChannels, DenoiserInput, GraphTransformer};
use sympe_nn::params::ParamStore;

type DiffusionLoader = Loader<InMemory<Arc<Entry>>, Preparation, PadNoisy>;

/// How many graphs all sizes together count for that no training graph has.
const UNSEEN_SIZES: f64 = 0.01;
/// Noisy graphs per batch of an evaluation.
const EVALUATION_BATCH: usize = 64;
/// Test graphs looked at for each validation graph.
const TEST_FACTOR: usize = 4;

/// Graph diffusion, ready to train.
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiment::Experiment;
/// use sympe_train::graph_diffusion::{GraphDiffusion, GraphDiffusionConfig};
///
/// let mut layers = Layers::default();
/// layers.preset::<GraphDiffusionConfig>("smoke")?;
/// let experiment = GraphDiffusion::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let graphs = experiment.sample(3, 0, &mut |_| ())?;
/// assert_eq!(graphs.len(), 3);
/// assert!(graphs[0].to_molecule().is_ok());
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub struct GraphDiffusion {
    config: GraphDiffusionConfig,
    splits: Arc<DiffusionSplits>,
    process: Arc<Process>,
    counts: NodeCounts,
    preparation: Preparation,
    collate: PadNoisy,
    loader: DiffusionLoader,
    store: ParamStore,
    breaker: Breaker,
    pairs: Option<PairTableEncoding>,
    model: GraphTransformer,
    device: Device,
    encode_nanos: AtomicU64,
}

/// Probabilities that the denoiser gives to the classes of one clean graph.
#[derive(Clone, Debug)]
pub(crate) struct Predicted {
    /// `[p, classes]` and `[p, p, classes]`, for `p` nodes after padding.
    nodes: Vec<f32>,
    edges: Vec<f32>,
    padded: usize,
}

impl Predicted {
    fn get(&self) -> Prediction<'_> {
        Prediction::new(self.padded, &self.nodes, &self.edges)
    }
}

impl GraphDiffusion {
    /// The process of noising.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The law of the number of nodes.
    #[must_use]
    pub fn node_counts(&self) -> &NodeCounts {
        &self.counts
    }

    /// The input of the denoiser, encodings included.
    fn input(&self, batch: &DiffusionBatch) -> Result<DenoiserInput, TrainError> {
        let (count, n) = (batch.sizes.len(), batch.n);
        let channels = self.model.channels();
        let nodes = channels.nodes - self.breaker.dim();
        let tensor = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &self.device);
        let mut input = DenoiserInput::new(
            tensor(&batch.nodes, &[count, n, nodes])?,
            tensor(&batch.edges, &[count, n, n, channels.edge_classes])?,
            tensor(&batch.globals, &[count, channels.globals])?,
            tensor(&batch.mask, &[count, n])?,
        )?;
        let start = Instant::now();
        let [of_nodes, of_pairs] = self.collate.noise;
        if !batch.ranks.is_empty() {
            let ranks = Tensor::from_slice(&batch.ranks, (count, n), &self.device)?;
            if let Some(pairs) = &self.pairs {
                input = input.adjoin_edges(&pairs.encode(&ranks)?)?;
            }
            if let Some(encoding) = self.breaker.encode(&Draw::Ranks(ranks))? {
                input = input.adjoin_nodes(&encoding)?;
            }
        } else if !batch.noise[0].is_empty() {
            input = input.adjoin_nodes(&tensor(&batch.noise[0], &[count, n, of_nodes])?)?;
            if of_pairs > 0 {
                input = input.adjoin_edges(&tensor(&batch.noise[1], &[count, n, n, of_pairs])?)?;
            }
        }
        let nanos = start.elapsed().as_nanos() as u64;
        self.encode_nanos.fetch_add(nanos, Ordering::Relaxed);
        Ok(input)
    }

    /// The classes of the clean graphs, as the denoiser sees it.
    fn predict(&self, noisy: Vec<Noisy>) -> Result<Vec<Predicted>, TrainError> {
        let mut found = Vec::with_capacity(noisy.len());
        let mut rest = noisy.into_iter();
        loop {
            let items: Vec<Noisy> = rest.by_ref().take(EVALUATION_BATCH).collect();
            if items.is_empty() {
                return Ok(found);
            }
            let batch = self.collate.collate(items)?;
            let output = self.model.forward(&self.input(&batch)?)?.probabilities()?;
            let values = |tensor: &Tensor| -> Result<Vec<f32>, TrainError> {
                let values = tensor.flatten_all()?.to_vec1::<f32>()?;
                // What a very sure network rounds to 0 must not make a likelihood infinite.
                Ok(values.into_iter().map(|p| p.max(f32::MIN_POSITIVE)).collect())
            };
            let (nodes, edges) = (values(&output.nodes)?, values(&output.edges)?);
            let padded = batch.n;
            let (of_nodes, of_edges) = (nodes.len() / batch.sizes.len(), edges.len() / batch.sizes.len());
            found.extend((0..batch.sizes.len()).map(|b| Predicted {
                nodes: nodes[b * of_nodes..][..of_nodes].to_vec(),
                edges: edges[b * of_edges..][..of_edges].to_vec(),
                padded,
            }));
        }
    }

    /// The negative log-likelihood per graph in nats, in both conventions, estimated with draw number `draw`. The noise
    /// and its times do not depend on the model.
    ///
    /// Each term takes one draw of the kernel; since the logarithm is concave, the proper bound stays one.
    ///
    /// # Errors
    ///
    /// Those of the model.
    pub fn nll(&self, samples: &DiffusionSamples, draw: u64) -> Result<[f64; 2], TrainError> {
        let config = self.config.evaluation;
        let wanted = config.graphs * if samples.test { TEST_FACTOR } else { 1 };
        let all = samples.entries.len();
        let count = if wanted == 0 { all } else { wanted.min(all) };
        let seed = evaluation_seed(self.config.training.seed);
        // The same noise for all models, whatever their seed.
        let noise_seed = evaluation_seed(self.config.data.seed);
        // Threads share these, not the parameters.
        let (process, counts, preparation) = (&self.process, &self.counts, &self.preparation);
        let mut sums = [0.0; 2];
        for part in (0..count).collect::<Vec<_>>().chunks(EVALUATION_BATCH) {
            // Spread over the data.
            let entries = part.iter().map(|i| &samples.entries[i * all / count]);
            let drawn = entries
                .collect::<Vec<_>>()
                .into_par_iter()
                .map(|entry| {
                    let index = entry.index as u64;
                    let noise =
                        EvaluationNoise::draw(process, &entry.graph, noise_seed, index, config.times)?;
                    let mut rng = stream(seed, draw, index, Purpose::Evaluate);
                    let at =
                        std::iter::once((0, &noise.start)).chain(noise.steps.iter().map(|(t, z)| (*t, z)));
                    let noisy = at
                        .map(|(t, z)| preparation.prepare(z.clone(), t, None, entry.index, &mut rng))
                        .collect::<Result<Vec<_>, DataError>>()?;
                    Ok((entry, noise, noisy))
                })
                .collect::<Result<Vec<_>, DataError>>()?;
            let (mut graphs, mut noisy) = (Vec::new(), Vec::new());
            for (entry, noise, prepared) in drawn {
                graphs.push((entry, noise));
                noisy.extend(prepared);
            }
            let predicted = self.predict(noisy)?;
            let terms = graphs
                .par_iter()
                .zip(predicted.par_chunks(config.times + 1))
                .map(|((entry, noise), predicted)| {
                    let steps: Vec<Prediction<'_>> = predicted[1..].iter().map(Predicted::get).collect();
                    let total = |bound| -> Result<f64, DataError> {
                        let start = predicted[0].get();
                        let terms = process.nll(&entry.graph, counts, noise, &start, &steps, bound)?;
                        Ok(terms.total())
                    };
                    Ok([total(Bound::Proper)?, total(Bound::Published)?])
                })
                .collect::<Result<Vec<_>, DataError>>()?;
            for term in terms {
                sums[0] += term[0];
                sums[1] += term[1];
            }
        }
        Ok(sums.map(|sum| sum / count.max(1) as f64))
    }

    /// Clean graphs to evaluate on.
    ///
    /// # Errors
    ///
    /// When the model cannot take a graph.
    pub fn samples(&self, graphs: Vec<CategoricalGraph>) -> Result<DiffusionSamples, TrainError> {
        let (n_max, (nodes, edges)) = (self.collate.n_max, self.collate.classes);
        for (index, graph) in graphs.iter().enumerate() {
            let beyond = |classes: &[u8], count: usize| classes.iter().any(|c| usize::from(*c) >= count);
            let fault = if graph.n() > n_max {
                format!("has {} nodes, expected at most {n_max}", graph.n())
            } else if graph.n() == 0 {
                "has no nodes".to_owned()
            } else if beyond(graph.nodes(), nodes) || beyond(graph.edges(), edges) {
                format!("has classes beyond the {nodes} of nodes and {edges} of edges")
            } else {
                continue;
            };
            return Err(TrainError::config(
                "the graphs do not fit the model",
                format!("graph {} {fault}", index + 1),
            ));
        }
        Ok(DiffusionSamples::new(graphs, false))
    }
}

impl Experiment for GraphDiffusion {
    const NAME: &'static str = "graph-diffusion";
    type Config = GraphDiffusionConfig;
    type Batch = DiffusionBatch;
    type Samples = DiffusionSamples;

    fn run_name(config: &GraphDiffusionConfig) -> String {
        let method = Method::of(config).map_or_else(|| config.breaking.kind.to_string(), Method::name);
        let kernel = match config.breaking.kind {
            Breaking::Sympe => format!("-{}", config.breaking.kernel),
            _ => String::new(),
        };
        format!("{method}{kernel}-seed{}", config.training.seed)
    }

    fn baseline(config: &GraphDiffusionConfig) -> Option<GraphDiffusionConfig> {
        let baseline = Method::None.setting(config);
        (baseline != *config).then_some(baseline)
    }

    fn new(config: GraphDiffusionConfig, device: &Device) -> Result<Self, TrainError> {
        let config = config.pinned();
        let splits = DiffusionSplits::load(&config.data)?;
        let (n_max, classes) = (splits.n_max(), config.data.classes());
        let limit = match config.process.limit {
            LimitKind::Marginal => Limit::marginal(splits.parts.train.graphs(), classes.0, classes.1)?,
            LimitKind::Uniform => Limit::uniform(classes.0, classes.1)?,
        };
        let process = Arc::new(Process::new(CosineSchedule::new(config.process.steps)?, limit));
        let breaking = config.breaking;
        let preparation = Preparation::new(Arc::clone(&process), config.features, breaking, n_max);
        let store = ParamStore::new(config.training.seed, DType::F32, device);
        let root = store.root();
        let params = root.at("breaking");
        let breaker = Breaker::new(breaking.kind, n_max, breaking.dim, breaking.table, &params)?;
        let edge_dim = if breaking.kind == Breaking::None {
            0
        } else {
            breaking.edge_dim
        };
        let pairs = (breaking.kind.needs_ranks() && edge_dim > 0)
            .then(|| PairTableEncoding::symmetric(n_max, edge_dim, breaking.table, &params))
            .transpose()?;
        let [features, globals] = preparation.widths();
        let channels = DenoiserChannels {
            nodes: classes.0 + features + breaker.dim(),
            edges: classes.1 + edge_dim,
            globals,
            node_classes: classes.0,
            edge_classes: classes.1,
        };
        let model = GraphTransformer::new(config.model, channels, &root.at("denoiser"))?;
        let collate = PadNoisy {
            n_max,
            classes,
            noise: [breaking.dim, edge_dim],
        };
        let options = LoaderConfig {
            batch_size: config.training.batch_size,
            shuffle: true,
            drop_last: false,
            threads: config.training.loader_threads,
            prefetch: 16,
            seed: config.training.seed,
        };
        // Each pass has noise of its own: streams go by the position in the epoch.
        let passes = std::iter::repeat_n(&splits.parts.train.entries, config.data.passes);
        let entries = InMemory::new(passes.flatten().cloned().collect());
        Ok(Self {
            loader: Loader::new(entries, preparation.clone(), collate, options)?,
            counts: NodeCounts::of(splits.parts.train.graphs())?.smoothed(n_max, UNSEEN_SIZES),
            splits,
            process,
            preparation,
            collate,
            store,
            breaker,
            pairs,
            model,
            device: device.clone(),
            encode_nanos: AtomicU64::new(0),
            config,
        })
    }

    fn config(&self) -> &GraphDiffusionConfig {
        &self.config
    }

    fn store(&self) -> &ParamStore {
        &self.store
    }

    fn batches_per_epoch(&self) -> u64 {
        self.loader.batches_per_epoch() as u64
    }

    fn epoch(
        &self,
        epoch: u64,
        first: u64,
    ) -> Box<dyn Iterator<Item = Result<DiffusionBatch, DataError>> + Send + '_> {
        Box::new(self.loader.epoch_from(epoch, first as usize))
    }

    /// Cross-entropy of the clean classes.
    fn loss(&self, batch: &DiffusionBatch) -> Result<Tensor, TrainError> {
        let (count, n) = (batch.sizes.len(), batch.n);
        let mut input = self.input(batch)?;
        input.dropout = (self.config.model.dropout > 0.0).then_some(batch.seed);
        let nodes = Tensor::from_slice(&batch.targets[0], (count, n), &self.device)?;
        let edges = Tensor::from_slice(&batch.targets[1], (count, n, n), &self.device)?;
        let output = self.model.forward(&input)?;
        Ok(output.loss(&nodes, &edges, &input.mask, self.config.process.edge_weight)?)
    }

    fn data(&self) -> DataInfo {
        self.splits.parts.info.clone()
    }

    fn part(&self, part: Part) -> &DiffusionSamples {
        self.splits.parts.part(part)
    }

    fn read(&self, file: &Path, format: Option<Format>) -> Result<DiffusionSamples, TrainError> {
        if !self.config.data.kind.is_molecules() {
            let graphs = formats::read(file, format)?.0;
            let graphs = graphs.iter().map(CategoricalGraph::from_colored_graph);
            return self.samples(graphs.collect::<Result<_, _>>()?);
        }
        if let Some(format) = format {
            let message = "is a format of graphs, expected a file of molecules (SMILES lines or SDF)";
            return Err(TrainError::config(format!("--format {format}"), message));
        }
        let records = molecule::read(file)?;
        let present = |molecule: &molecule::Molecule| {
            let molecule = molecule.without_charges();
            CategoricalGraph::from_molecule(&if self.config.data.hydrogens {
                molecule.with_hydrogens()
            } else {
                molecule.without_hydrogens()
            })
        };
        self.samples(records.good().map(present).collect())
    }

    fn evaluate(
        &self,
        samples: &DiffusionSamples,
        draw: u64,
    ) -> Result<Vec<(&'static str, f64)>, TrainError> {
        let [proper, published] = self.nll(samples, draw)?;
        let mut metrics = vec![("nll", proper), ("nll_published", published)];
        if samples.test {
            let graphs = self.sample(self.config.evaluation.samples, draw, &mut |_| ())?;
            metrics.extend(self.judge(&graphs)?);
        }
        Ok(metrics)
    }

    /// Without noising and features, which every way of breaking needs.
    fn breaking_seconds(&self) -> f64 {
        self.preparation.kernel_seconds() + self.encode_nanos.load(Ordering::Relaxed) as f64 * 1e-9
    }

    fn figures(runs: &[(String, Self)]) -> Result<Vec<Block>, TrainError> {
        figures::figures(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;
    use sympe_data::molecule::smiles;

    /// Probabilities of the classes of each node of methane, and of the pairs of the carbon (node 0) and each hydrogen.
    fn methane(method: Method) -> Result<[Vec<Vec<f32>>; 2], TrainError> {
        let mut layers = Layers::default();
        layers.preset::<GraphDiffusionConfig>("smoke")?;
        let experiment = GraphDiffusion::new(method.setting(&layers.resolve()?), &Device::Cpu)?;
        let methane = CategoricalGraph::from_molecule(&smiles::parse("C", 1)?.with_hydrogens());
        let mut rng = stream(0, 0, 0, Purpose::Evaluate);
        let noisy = experiment.preparation.prepare(methane, 4, None, 0, &mut rng)?;
        let predicted = experiment.predict(vec![noisy])?.remove(0);
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
        let [nodes, pairs] = methane(Method::None)?;
        assert!(spread(&nodes) < 1e-6 && spread(&pairs) < 1e-6);
        for method in [Method::Noise, Method::Uniform, Method::SympeNodes, Method::Sympe] {
            let [nodes, pairs] = methane(method)?;
            assert!(spread(&nodes) > 1e-4 && spread(&pairs) > 1e-4, "{method:?}");
        }
        Ok(())
    }

    #[test]
    fn draws_of_noisy_graphs_lead_back_to_one_canonical_form() -> Result<(), TrainError> {
        let mut layers = Layers::default();
        layers.preset::<GraphDiffusionConfig>("smoke")?;
        let experiment = GraphDiffusion::new(layers.resolve()?, &Device::Cpu)?;
        let mut rng = stream(1, 0, 0, Purpose::Evaluate);
        for t in 0..=experiment.process.steps() {
            let z = experiment.process.prior(7, &mut rng);
            // The form that the draw leads to: classes at their ranks.
            let mut forms = Vec::new();
            for _ in 0..6 {
                let noisy = experiment.preparation.prepare(z.clone(), t, None, 0, &mut rng)?;
                let batch = experiment.collate.collate(vec![noisy])?;
                let mut form = vec![vec![0; 8]; 7];
                for (i, &a) in batch.ranks.iter().enumerate() {
                    form[a as usize][7] = z.nodes()[i];
                    for (j, &b) in batch.ranks.iter().enumerate() {
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
