//! Likelihood bounds against sums over all labelled graphs of three nodes.

use super::config::{DrawScope, LimitKind};
use super::data::CleanSamples;
use super::model::{GraphDiffusion, Predicted};
use super::ranks::{Ranks, ln_labellings};
use super::{GraphDiffusionConfig, Preparation};
use crate::TrainError;
use crate::config::Layers;
use crate::domain::{Graphs, KeptGraph, Kernel};
use crate::harness::Trained;
use candle_core::{Device, Tensor};
use std::collections::{HashMap, HashSet};
use sympe_data::diffusion::{Bound, CategoricalGraph, Chain, Process};
use sympe_data::key::{Purpose, stream};
use sympe_groups::{Action, Group, PermGroup, Permutation};
use sympe_nn::params::normal;

const N: usize = 3;
const PAIRS: [(usize, usize); 3] = [(0, 1), (0, 2), (1, 2)];
const STEPS: usize = 2;
/// Numbers of classes of the variables: nodes, then pairs.
const CLASSES: [usize; 6] = [5, 5, 5, 4, 4, 4];
const STATES: usize = 8000;

fn graph(mut state: usize) -> CategoricalGraph {
    let digits = CLASSES.map(|base| {
        let digit = state % base;
        state /= base;
        digit as u8
    });
    let mut edges = vec![0; N * N];
    for ((i, j), class) in PAIRS.into_iter().zip(&digits[N..]) {
        (edges[i * N + j], edges[j * N + i]) = (*class, *class);
    }
    CategoricalGraph::new(digits[..N].to_vec(), edges).unwrap()
}

/// The classes of the variables.
fn variables(graph: &CategoricalGraph) -> Vec<usize> {
    let nodes = graph.nodes().iter().map(|&class| class.into());
    nodes.chain(PAIRS.map(|(i, j)| graph.edge(i, j).into())).collect()
}

fn index(graph: &CategoricalGraph) -> usize {
    let digits = variables(graph).into_iter().zip(CLASSES);
    digits.rev().fold(0, |state, (digit, base)| state * base + digit)
}

fn chain(process: &Process, variable: usize) -> Chain<'_> {
    match variable.checked_sub(N) {
        None => process.node(N, variable),
        Some(pair) => process.pair(N, PAIRS[pair].0, PAIRS[pair].1),
    }
}

/// Adds `mass` times the product of the laws of the variables.
fn spread(mass: f64, laws: &[Vec<f64>], out: &mut [f64]) {
    let mut table = vec![mass];
    for law in laws {
        table = law.iter().flat_map(|p| table.iter().map(move |q| q * p)).collect();
    }
    out.iter_mut().zip(table).for_each(|(out, p)| *out += p);
}

/// An experiment in two steps whose parameters are moved away from their start, so that predictions say something.
struct Model {
    trained: Trained<GraphDiffusion>,
    graphs: Vec<CategoricalGraph>,
    /// By noisy graph, the elements of the coset that a step draws from; the identity alone where it draws nothing.
    draws: Vec<Vec<Permutation>>,
    /// By time, noisy graph and draw.
    predicted: Vec<Vec<Vec<Predicted>>>,
}

impl Model {
    fn new(change: impl Fn(&mut GraphDiffusionConfig)) -> Result<Self, TrainError> {
        let mut layers = Layers::default();
        layers.preset::<GraphDiffusionConfig>("smoke")?;
        let mut config: GraphDiffusionConfig = layers.resolve()?;
        config.process.steps = STEPS;
        config.breaking.kind = "none".parse().unwrap();
        config.breaking.table.scale = 3.0;
        (config.evaluation.graphs, config.evaluation.times) = (0, STEPS);
        change(&mut config);
        let trained = Trained::<GraphDiffusion>::new(config, &Device::Cpu)?;
        let mut rng = stream(3, 0, 0, Purpose::Evaluate);
        for (_, var) in trained.store().vars() {
            let noise: Vec<f32> = (0..var.elem_count()).map(|_| 0.3 * normal(&mut rng) as f32).collect();
            var.set(&(var.as_tensor() + Tensor::from_vec(noise, var.shape(), &Device::Cpu)?)?)?;
        }
        let graphs: Vec<_> = (0..STATES).map(graph).collect();
        assert!(graphs.iter().enumerate().all(|(i, graph)| index(graph) == i));
        let breaking = trained.config().breaking;
        let draws_at_steps = breaking.kind.is_sympe() && breaking.scope == DrawScope::Step;
        let kernel = Graphs::new(N, breaking.kernel);
        let draws = |z: &CategoricalGraph| -> Result<Vec<Permutation>, TrainError> {
            if !draws_at_steps {
                return Ok(vec![Permutation::identity(N)]);
            }
            let kept = KeptGraph::default();
            let coset = kernel.coset(z, &kept).unwrap().expect("an exact kernel");
            Ok(coset.stabilizer.elements().map(|s| s.compose(&coset.element)).collect())
        };
        let draws = graphs.iter().map(draws).collect::<Result<Vec<_>, _>>()?;
        let predict = |t| -> Result<Vec<Vec<Predicted>>, TrainError> {
            let mut rng = stream(0, 0, 0, Purpose::Evaluate);
            let host: &Preparation = &trained.task().host;
            let mut noisy = Vec::new();
            for (z, draws) in graphs.iter().zip(&draws) {
                for draw in draws {
                    let mut one = host.prepare(z.clone(), t, None, 0, &mut rng)?;
                    if draws_at_steps {
                        one.drawn.places = draw.inverse().into_images();
                    }
                    noisy.push(one);
                }
            }
            let mut predicted = trained.task().predict(noisy)?.into_iter();
            Ok(draws.iter().map(|draws| predicted.by_ref().take(draws.len()).collect()).collect())
        };
        let predicted = (0..=STEPS).map(predict).collect::<Result<_, _>>()?;
        Ok(Self {
            trained,
            graphs,
            draws,
            predicted,
        })
    }

    fn process(&self) -> &Process {
        self.trained.task().process()
    }

    /// The normalized predictions of the variables, given a draw.
    fn laws(predicted: &Predicted) -> Vec<Vec<f64>> {
        let Predicted { nodes, edges, .. } = predicted;
        let scaled = |row: Vec<f64>| {
            let sum: f64 = row.iter().sum();
            row.into_iter().map(|p| p / sum).collect::<Vec<f64>>()
        };
        let node = |i: usize| scaled(nodes[5 * i..][..5].iter().map(|&p| p.into()).collect());
        let pair = |(i, j)| {
            let at = |i: usize, j: usize, k| f64::from(edges[4 * (i * N + j) + k]);
            scaled((0..4).map(|k| at(i, j, k) + at(j, i, k)).collect())
        };
        (0..N).map(node).chain(PAIRS.map(pair)).collect()
    }

    /// The law of what sampling ends with, before it is relabelled.
    fn sampled(&self) -> Vec<f64> {
        let mut law = vec![0.0; STATES];
        let process = self.process();
        let limits: Vec<Vec<f64>> = (0..2 * N)
            .map(|v| match v.checked_sub(N) {
                None => process.limit().node(N, v).to_vec(),
                Some(pair) => process.limit().pair(N, PAIRS[pair].0, PAIRS[pair].1).to_vec(),
            })
            .collect();
        spread(1.0, &limits, &mut law);
        for t in (0..=STEPS).rev() {
            let mut next = vec![0.0; STATES];
            for (z, mass) in law.into_iter().enumerate() {
                let draws = &self.predicted[t][z];
                for predicted in draws {
                    let mut laws = Self::laws(predicted);
                    if t > 0 {
                        for (v, (law, class)) in laws.iter_mut().zip(variables(&self.graphs[z])).enumerate() {
                            let prediction = law.clone();
                            chain(process, v).mixture(t, &prediction, class, law);
                        }
                    }
                    spread(mass / draws.len() as f64, &laws, &mut next);
                }
            }
            law = next;
        }
        law
    }

    /// Which of the draws for noisy graph `z` the bound of `x` takes, each as likely: all, or those under which the clean graph
    /// is least.
    fn taken(&self, x: &CategoricalGraph, z: usize) -> Vec<usize> {
        let all = 0..self.draws[z].len();
        if !self.trained.config().breaking.coupled {
            return all.collect();
        }
        let form = |draw: usize| variables(&self.draws[z][draw].inverse().act(x));
        let least = all.clone().map(form).min();
        all.filter(|&draw| Some(form(draw)) == least).collect()
    }

    /// The bound of `−ln p(x)` given that node `i` of `x` has rank `i`, by sums over all noisy graphs and draws.
    fn bound(&self, x: &CategoricalGraph) -> Result<f64, TrainError> {
        let process = self.process();
        let mut sum = process.prior_kl(x, Bound::Proper)?;
        for (t, predicted) in self.predicted.iter().enumerate() {
            let noise = variables(x).into_iter().enumerate().map(|(v, class)| {
                let chain = chain(process, v);
                (0..chain.classes()).map(|z| chain.marginal(t, class, z)).collect()
            });
            let mut weights = vec![0.0; STATES];
            spread(1.0, &noise.collect::<Vec<_>>(), &mut weights);
            for (z, weight) in weights.into_iter().enumerate() {
                let taken = self.taken(x, z);
                let share = 1.0 / taken.len() as f64;
                // The divergence of uniform laws on some draws and on all.
                sum += weight * (self.draws[z].len() as f64 * share).ln();
                for draw in taken {
                    let prediction = predicted[z][draw].get();
                    sum += weight
                        * share
                        * match t {
                            0 => process.reconstruction(x, &self.graphs[z], &prediction, Bound::Proper)?,
                            _ => process.step_kl(x, &self.graphs[z], t, &prediction, Bound::Proper)?,
                        };
                }
            }
        }
        Ok(sum)
    }
}

/// `Σ_x p(x) = 1` for the law of samples, `−ln p(x)` is below the bound, and the figure that is reported estimates it: without
/// ranks, with ranks that the denoiser knows, the noise knows, or both; from exact kernels and from relaxed ones; with draws of
/// the noisy graph at each step, uniform ones and such as are coupled to the clean graph.
#[test]
fn reported_likelihoods_are_bounds_of_the_law_of_samples() -> Result<(), TrainError> {
    let by_rank = |kernel: Kernel| {
        move |config: &mut GraphDiffusionConfig| {
            config.process.limit = LimitKind::ByRank;
            config.process.kernel = kernel;
        }
    };
    let names = |config: &mut GraphDiffusionConfig| {
        config.breaking.kind = "sympe".parse().unwrap();
        config.breaking.scope = DrawScope::Trajectory;
    };
    check("shared", true, |_| ())?;
    check("names", true, names)?;
    let at_steps = |coupled: bool| {
        move |config: &mut GraphDiffusionConfig| {
            config.breaking.kind = "sympe".parse().unwrap();
            config.breaking.coupled = coupled;
        }
    };
    check("at each step", true, at_steps(false))?;
    check("coupled", true, at_steps(true))?;
    check("by rank", true, by_rank(Kernel::ExactHeavyDepthFirst))?;
    check("by rank, names", true, |config| {
        by_rank(Kernel::ExactDepthFirst)(config);
        names(config);
    })?;
    // Its entropy is known; that of a visit is not, and counts as the least that it can be.
    check("by rank, refinement", true, by_rank(Kernel::Refinement))?;
    check("by rank, random visit", false, by_rank(Kernel::RandomDepthFirst))
}

/// With ranks from a kernel whose entropy `is_known`.
fn check(name: &str, is_known: bool, change: impl Fn(&mut GraphDiffusionConfig)) -> Result<(), TrainError> {
    let model = Model::new(change)?;
    let task = model.trained.task();
    let law = model.sampled();
    let relabelled: Vec<Permutation> = PermGroup::symmetric(N).elements().collect();
    let probability = |x: &CategoricalGraph| -> f64 {
        relabelled.iter().map(|g| law[index(&g.act(x))]).sum::<f64>() / relabelled.len() as f64
    };
    let total: f64 = model.graphs.iter().map(probability).sum();
    assert!((total - 1.0).abs() < 1e-9, "{name}: {total}");
    // The law given the ranks is another one, unless there are none.
    let differs = model.graphs.iter().zip(&law).any(|(x, p)| (probability(x) / p).ln().abs() > 0.05);
    assert_eq!(differs, task.host.ranks().is_some(), "{name}");
    for (nodes, [a, b, c]) in [
        (vec![0, 0, 0], [1, 1, 1]),
        (vec![0, 0, 2], [1, 0, 2]),
        (vec![1, 4, 3], [0, 0, 0]),
    ] {
        let x = CategoricalGraph::new(nodes, vec![0, a, b, a, 0, c, b, c, 0])?;
        let samples = CleanSamples::of(vec![x.clone(); 1000]);
        let entry = &samples.get(0)?;
        let labellings: HashSet<_> = relabelled.iter().map(|g| g.act(&x)).collect();
        let labels = (labellings.len() as f64).ln();
        assert!((ln_labellings(entry)? - labels).abs() < 1e-12);
        // The mean over the ranks, and the entropy of their law beyond that of Aut(x), by the shares of forms among many draws.
        const DRAWS: usize = 600;
        let (mut rng, mut counts) = (stream(5, 0, 0, Purpose::Evaluate), HashMap::new());
        for _ in 0..DRAWS {
            *counts.entry(task.host.place(entry, &mut rng)?).or_insert(0) += 1;
        }
        let (mut mean, mut entropy) = (0.0, 0.0);
        for (form, count) in counts {
            let share = f64::from(count) / DRAWS as f64;
            mean += share * model.bound(&form)?;
            entropy -= share * share.ln();
        }
        let divergence = task.host.ranks().map(|ranks| ranks.divergence(entry)).transpose()?;
        if let Some(divergence) = divergence {
            let expected = if is_known { labels - entropy } else { labels };
            assert!((divergence - expected).abs() < 0.02, "{name}, {x:?}: {divergence}, not {expected}");
        }
        let bound = mean + divergence.unwrap_or(0.0);
        let exact = -probability(&x).ln();
        assert!(exact <= bound + 0.02, "{name}, {x:?}: {exact} above {bound}");
        let size = task.node_counts().ln_probability(N);
        let [reported, _, unlabelled] = task.nll(&samples, 0)?.map(|nll| nll + size);
        assert!((reported - bound).abs() < 0.2, "{name}, {x:?}: {reported}, not {bound}");
        assert!((reported - unlabelled - labels).abs() < 1e-9);
        // Weighted trajectories: one of them gives the bound, more come closer to the likelihood.
        if task.host.ranks().is_none_or(Ranks::is_exact) {
            let few = CleanSamples::of(vec![x.clone(); 400]);
            let weighted = |count| -> Result<f64, TrainError> {
                let [proper, unlabelled] = task.weighted_nll(&few, count, 1)?.map(|nll| nll + size);
                assert!((proper - unlabelled - labels).abs() < 1e-9);
                Ok(proper)
            };
            let [one, many] = [weighted(1)?, weighted(16)?];
            assert!((one - bound).abs() < 0.4, "{name}, {x:?}: {one}, not {bound}");
            assert!(many > exact - 0.15 && many < bound + 0.15, "{name}, {x:?}: {many} of {exact}, {bound}");
            assert!(many - exact < 0.5 * (bound - exact) + 0.15, "{name}, {x:?}: {many} of {exact}, {bound}");
        } else {
            assert!(task.weighted_nll(&samples, 1, 0).unwrap_err().to_string().contains("an exact one"));
        }
    }
    Ok(())
}
