//! The process with its denoiser: predictions and the likelihood bound.

use super::config::GraphDiffusionConfig;
use super::data::{CleanSamples, DiffusionBatch, Noisy, Preparation};
use super::ranks::{CleanEntry, ln_labellings};
use crate::TrainError;
use crate::breakers::{Encoders, Seen};
use crate::task::{Splits, evaluation_seed};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use std::sync::Arc;
use sympe_data::diffusion::{
    Bound, CategoricalGraph, EvaluationNoise, MoleculeClasses, NllTerms, NodeCounts, Prediction, Process,
};
use sympe_data::key::{Purpose, stream};
use sympe_data::{Collate, DataError};
use sympe_nn::learned::GraphView;
use sympe_nn::models::{DenoiserInput, GraphTransformer};

/// Noisy graphs per batch of an evaluation.
pub(super) const EVALUATION_BATCH: usize = 64;
/// Test graphs looked at for each validation graph.
const TEST_FACTOR: usize = 4;

/// Graph diffusion: a process of noise and a denoiser.
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiments::graph_diffusion::{GraphDiffusion, GraphDiffusionConfig};
/// use sympe_train::harness::Trained;
///
/// let mut layers = Layers::default();
/// layers.preset::<GraphDiffusionConfig>("smoke")?;
/// let run = Trained::<GraphDiffusion>::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let graphs = run.task().sample(3, 0, &mut |_| ())?;
/// assert_eq!(graphs.len(), 3);
/// let classes = run.task().molecule_classes().expect("the graphs are molecules");
/// assert!(classes.decode(&graphs[0]).is_ok());
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub struct GraphDiffusion {
    pub(super) config: GraphDiffusionConfig,
    pub(super) splits: Arc<Splits<CategoricalGraph>>,
    /// What the classes of molecules stand for.
    pub(super) molecules: Option<MoleculeClasses>,
    pub(super) counts: NodeCounts,
    pub(super) host: Preparation,
    pub(super) encoders: Encoders,
    pub(super) model: GraphTransformer,
    pub(super) device: Device,
}

/// Probabilities that the denoiser gives to the classes of one clean graph.
#[derive(Clone, Debug)]
pub(crate) struct Predicted {
    /// `[p, classes]` and `[p, p, classes]`, for `p` nodes after padding.
    pub(super) nodes: Vec<f32>,
    pub(super) edges: Vec<f32>,
    padded: usize,
}

impl Predicted {
    pub(super) fn get(&self) -> Prediction<'_> {
        Prediction::new(self.padded, &self.nodes, &self.edges)
    }
}

impl GraphDiffusion {
    /// The process of noising.
    #[must_use]
    pub fn process(&self) -> &Process {
        self.host.process()
    }

    /// What the classes stand for where the graphs are molecules.
    #[must_use]
    pub fn molecule_classes(&self) -> Option<&MoleculeClasses> {
        self.molecules.as_ref()
    }

    /// The law of the number of nodes.
    #[must_use]
    pub fn node_counts(&self) -> &NodeCounts {
        &self.counts
    }

    /// The input of the denoiser, encodings included.
    pub(super) fn input(&self, batch: &DiffusionBatch) -> Result<DenoiserInput, TrainError> {
        let (count, n) = (batch.sizes.len(), batch.n);
        let channels = self.model.channels();
        let [of_nodes, of_pairs] = self.encoders.dims();
        let (nodes, edges) = (channels.nodes - of_nodes, channels.edges - of_pairs);
        let tensor = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &self.device);
        let mut input = DenoiserInput::new(
            tensor(&batch.nodes, &[count, n, nodes])?,
            tensor(&batch.edges, &[count, n, n, edges])?,
            tensor(&batch.globals, &[count, channels.globals])?,
            tensor(&batch.mask, &[count, n])?,
        )?;
        let seen = match self.encoders.draw_on_device() {
            true => {
                let view = GraphView::new(input.edges.clone(), input.mask.clone())?;
                Seen::Graphs {
                    adjacency: None,
                    view: Some(view.with_nodes(input.nodes.clone())?),
                }
            }
            false => Seen::Nothing,
        };
        let [of_nodes, of_pairs] = self.encoders.encode_in(&batch.drawn, &seen)?;
        if let Some(encoding) = of_pairs {
            input = input.adjoin_edges(&encoding)?;
        }
        if let Some(encoding) = of_nodes {
            input = input.adjoin_nodes(&encoding)?;
        }
        Ok(input)
    }

    /// The classes of the clean graphs, as the denoiser sees it.
    pub(super) fn predict(&self, noisy: Vec<Noisy>) -> Result<Vec<Predicted>, TrainError> {
        let mut found = Vec::with_capacity(noisy.len());
        let mut rest = noisy.into_iter();
        loop {
            let items: Vec<Noisy> = rest.by_ref().take(EVALUATION_BATCH).collect();
            if items.is_empty() {
                return Ok(found);
            }
            let batch = self.host.collate(items)?;
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

    /// The negative log-likelihood per graph in nats, estimated with draw number `draw`: of labelled graphs, properly and as
    /// published, and of graphs without labels, which is the proper one less `ln (n!/|Aut(x)|)`, the logarithm of the number
    /// of labelled graphs that are the same. The noise and its times do not depend on the model.
    ///
    /// Each term takes one draw of the kernel of its noisy graph, all terms of a graph the same ranks; since the logarithm is
    /// concave, the proper bound stays one. What draws that are coupled to the clean graph say of it is a term of its own.
    ///
    /// # Errors
    ///
    /// Those of the model.
    pub fn nll(&self, samples: &CleanSamples, draw: u64) -> Result<[f64; 3], TrainError> {
        let config = &self.config.evaluation;
        let evaluated = self.evaluated(samples)?;
        let seed = evaluation_seed(self.config.training.seed);
        // The same noise for all models, whatever their seed.
        let noise_seed = evaluation_seed(self.config.data.seed);
        // Threads share these, not the parameters.
        let (process, counts, preparation) = (self.host.process(), &self.counts, &self.host);
        let mut sums = [0.0; 3];
        for part in evaluated.chunks(EVALUATION_BATCH) {
            let drawn = part
                .par_iter()
                .map(|entry| {
                    let index = entry.index as u64;
                    let mut rng = stream(seed, draw, index, Purpose::Evaluate);
                    let clean = preparation.place(entry, &mut rng)?;
                    let noise = EvaluationNoise::draw(process, &clean, noise_seed, index, config.times)?;
                    let at =
                        std::iter::once((0, &noise.start)).chain(noise.steps.iter().map(|(t, z)| (*t, z)));
                    let noisy = at
                        .map(|(t, z)| {
                            let clean = Some(Arc::clone(&clean));
                            preparation.prepare(z.clone(), t, clean, entry.index, &mut rng)
                        })
                        .collect::<Result<Vec<_>, DataError>>()?;
                    let (start, steps) = noisy.split_first().expect("one at time 0");
                    let of_steps: f64 = steps.iter().map(|noisy| noisy.divergence).sum();
                    let mean = of_steps / steps.len() as f64;
                    let draws = start.divergence + process.steps() as f64 * mean;
                    Ok((entry, (clean, noise, draws), noisy))
                })
                .collect::<Result<Vec<_>, DataError>>()?;
            let (mut graphs, mut noisy) = (Vec::new(), Vec::new());
            for (entry, clean, prepared) in drawn {
                graphs.push((entry, clean));
                noisy.extend(prepared);
            }
            let predicted = self.predict(noisy)?;
            let terms = graphs
                .par_iter()
                .zip(predicted.par_chunks(config.times + 1))
                .map(|((entry, (clean, noise, draws)), predicted)| {
                    let steps: Vec<Prediction<'_>> = predicted[1..].iter().map(Predicted::get).collect();
                    let ranks = preparation.ranks().map_or(Ok(0.0), |ranks| ranks.divergence(entry))?;
                    let total = |bound| -> Result<f64, DataError> {
                        let start = predicted[0].get();
                        let terms = process.nll(clean, counts, noise, &start, &steps, bound)?;
                        let draws = *draws;
                        Ok(NllTerms { ranks, draws, ..terms }.total())
                    };
                    let proper = total(Bound::Proper)?;
                    Ok([proper, total(Bound::Published)?, proper - ln_labellings(entry)?])
                })
                .collect::<Result<Vec<_>, DataError>>()?;
            for term in terms {
                sums.iter_mut().zip(term).for_each(|(sum, term)| *sum += term);
            }
        }
        Ok(sums.map(|sum| sum / evaluated.len().max(1) as f64))
    }

    /// Those of some graphs whose likelihood is estimated, spread over the data.
    pub(super) fn evaluated(&self, samples: &CleanSamples) -> Result<Vec<CleanEntry>, DataError> {
        let factor = if samples.are_test() { TEST_FACTOR } else { 1 };
        let (wanted, all) = (self.config.evaluation.graphs * factor, samples.len());
        let count = if wanted == 0 { all } else { wanted.min(all) };
        (0..count).map(|i| samples.get(i * all / count)).collect()
    }

    /// Refuses what the denoiser cannot take.
    pub(super) fn fit(&self, graphs: &[CategoricalGraph]) -> Result<(), TrainError> {
        let (n_max, (nodes, edges)) = (self.host.n_max(), self.process().limit().clean_classes());
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
        Ok(())
    }
}
