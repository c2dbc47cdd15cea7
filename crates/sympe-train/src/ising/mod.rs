//! The third experiment: given the couplings of a magnet, return one of its ground states.
//!
//! The loss is the energy of the answer; there are no labels. Uniform couplings look the same from every site, so an
//! equivariant network that breaks nothing can only answer with a uniform field.

mod comparison;
mod config;
mod data;
mod figures;

pub use comparison::{IsingComparison, Method};
pub use config::{CouplingLaw, FieldBreakingConfig, IsingConfig, IsingDataConfig, SpinRelaxation};
pub use data::{IsingBatch, IsingSamples};

use crate::TrainError;
use crate::experiment::{Experiment, Part, evaluation_seed};
use crate::report::Block;
use crate::run::DataInfo;
use candle_core::{DType, Device, Tensor};
use data::{DrawTransform, Entry, IsingSplits, Stack};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use sympe_canon::check::ChiSquare;
use sympe_canon::lattice::LatticeSymmetry;
use sympe_data::formats::{Format, lattice};
use sympe_data::ising::{Couplings, Phase};
use sympe_data::{DataError, InMemory, Loader, LoaderConfig};
use sympe_groups::lattice::LatticeGroup;
use sympe_nn::breaking::{Breaker, Draw};
use sympe_nn::models::{Adjoin, Backbone, LatticeInput, LatticeNet};
use sympe_nn::params::ParamStore;

type IsingLoader = Loader<InMemory<Arc<Entry>>, DrawTransform, Stack>;

/// The ground-state experiment, ready to train.
///
/// The loss is the energy, per site and in units of [`Couplings::scale`], of [spins that stand for ±1](SpinRelaxation)
/// made of the network's output. Ground states do not depend on that unit, so the network never sees it. At evaluation the sign of
/// the output is taken.
///
/// ```
/// use sympe_data::ising::Couplings;
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiment::Experiment;
/// use sympe_train::ising::{Ising, IsingConfig};
///
/// let mut layers = Layers::default();
/// layers.preset::<IsingConfig>("smoke")?;
/// let experiment = Ising::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let spins = experiment.spins(vec![Couplings::uniform([4, 4], 1.0, -1.0, 0.5)?], 0)?;
/// assert!(spins[0].iter().all(|spin| spin.abs() == 1));
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub struct Ising {
    config: IsingConfig,
    splits: Arc<IsingSplits>,
    transform: DrawTransform,
    loader: IsingLoader,
    store: ParamStore,
    breaker: Breaker,
    net: LatticeNet,
    device: Device,
    encode_nanos: AtomicU64,
}

/// Inputs per batch of an evaluation.
const EVALUATION_BATCH: usize = 64;
/// Draws per input when ground states are counted, and inputs per phase.
const COVERAGE_DRAWS: usize = 1000;
const COVERAGE_INPUTS: usize = 2;
/// An energy per site this close to that of a ground state is that of a ground state; couplings are of order 1.
const SOLVED: f64 = 1e-5;

impl Ising {
    fn shape(&self) -> [usize; 2] {
        [self.config.data.side as usize; 2]
    }

    fn loader(
        &self,
        dataset: InMemory<Arc<Entry>>,
        transform: DrawTransform,
    ) -> Result<IsingLoader, DataError> {
        let options = LoaderConfig {
            batch_size: EVALUATION_BATCH,
            shuffle: false,
            threads: 0,
            seed: evaluation_seed(self.config.training.seed),
            ..Default::default()
        };
        Loader::new(dataset, transform, Stack, options)
    }

    /// Couplings down and to the right, and the external field, each `[B, h, w]`.
    fn couplings(&self, batch: &IsingBatch) -> Result<[Tensor; 3], TrainError> {
        let ([h, w], count) = (self.shape(), batch.len());
        let field = |values: &[f32]| Tensor::from_slice(values, (count, h, w), &self.device);
        Ok([field(&batch.down)?, field(&batch.right)?, field(&batch.field)?])
    }

    /// The network's input with its encoding, and the signs `[B, 1, 1]` of the draws.
    fn input(
        &self,
        batch: &IsingBatch,
        [down, right, external]: &[Tensor; 3],
    ) -> Result<(LatticeInput, Tensor), TrainError> {
        let ([h, w], count) = (self.shape(), batch.len());
        let signs = Tensor::from_slice(&batch.signs, (count, 1, 1), &self.device)?;
        let input = LatticeInput::new(down, right, &external.broadcast_mul(&signs)?)?;
        let dim = self.config.breaking.dim;
        let start = Instant::now();
        let encoding = if batch.ranks.is_empty() {
            Some(Tensor::from_slice(
                &batch.features,
                (count, dim, h, w),
                &self.device,
            )?)
        } else {
            let ranks = Tensor::from_slice(&batch.ranks, (count, h * w), &self.device)?;
            self.breaker.encode(&Draw::Ranks(ranks))?
        };
        let input = match encoding {
            Some(encoding) => input.adjoin(&encoding)?,
            None => input,
        };
        let nanos = start.elapsed().as_nanos() as u64;
        self.encode_nanos.fetch_add(nanos, Ordering::Relaxed);
        Ok((input, signs))
    }

    /// The network's output `[B, h, w]`, the signs of the draws multiplied on.
    fn output(&self, batch: &IsingBatch, couplings: &[Tensor; 3], train: bool) -> Result<Tensor, TrainError> {
        let (input, signs) = self.input(batch, couplings)?;
        Ok(self.net.forward_t(&input, train)?.broadcast_mul(&signs)?)
    }

    /// `−1` or `+1` per site of each input, in order; draw number `draw`.
    fn answers(&self, dataset: InMemory<Arc<Entry>>, draw: u64) -> Result<Vec<Vec<i8>>, TrainError> {
        // Augmentation is for training.
        let transform = DrawTransform {
            augment: false,
            ..self.transform.clone()
        };
        let sign = |value: &f32| if *value < 0.0 { -1 } else { 1 };
        let mut answers = Vec::new();
        for batch in self.loader(dataset, transform)?.epoch_from(draw, 0) {
            let batch = batch?;
            let output = self.output(&batch, &self.couplings(&batch)?, false)?;
            let output = output.flatten_from(1)?.to_vec2::<f32>()?;
            answers.extend(
                output
                    .iter()
                    .map(|values| values.iter().map(sign).collect::<Vec<i8>>()),
            );
        }
        Ok(answers)
    }

    /// Inputs to evaluate on.
    ///
    /// # Errors
    ///
    /// When the torus is not the model's.
    pub fn samples(&self, couplings: Vec<Couplings>) -> Result<IsingSamples, TrainError> {
        let side = self.config.data.side;
        for (index, one) in couplings.iter().enumerate() {
            if one.shape() != [side; 2] {
                let [rows, columns] = one.shape();
                let message = format!(
                    "couplings {} live on {rows} × {columns} sites, expected {side} × {side}",
                    index + 1
                );
                return Err(TrainError::config("the couplings do not fit the model", message));
            }
        }
        Ok(IsingSamples::new(couplings, false))
    }

    /// An answer for each input, `−1` or `+1` per site, row by row; draw number `draw`.
    ///
    /// # Errors
    ///
    /// When the torus is not the model's.
    pub fn spins(&self, couplings: Vec<Couplings>, draw: u64) -> Result<Vec<Vec<i8>>, TrainError> {
        self.answers(self.samples(couplings)?.dataset(), draw)
    }

    /// Whether the degenerate ground states of the test inputs come out equally often: the least p-value of a
    /// chi-square test over [`COVERAGE_DRAWS`] draws, times the number of inputs (Bonferroni); 0 where one draw in a
    /// hundred is no ground state, 1 where nothing is degenerate.
    fn coverage(&self, samples: &IsingSamples, draw: u64) -> Result<f64, TrainError> {
        let references = samples.references()?;
        let mut chosen: Vec<(usize, Vec<Vec<i8>>)> = Vec::new();
        for phase in Phase::ALL {
            let of_phase = references
                .iter()
                .zip(samples.couplings())
                .enumerate()
                .filter(|(_, (reference, _))| reference.phase == Some(phase));
            for (index, (_, couplings)) in of_phase.take(COVERAGE_INPUTS) {
                let states = couplings.ground_states(COVERAGE_DRAWS)?;
                if states.len() > 1 {
                    chosen.push((index, states));
                }
            }
        }
        let mut least = 1f64;
        for (index, states) in &chosen {
            let numbers: HashMap<&[i8], usize> = states
                .iter()
                .enumerate()
                .map(|(i, s)| (s.as_slice(), i))
                .collect();
            let mut counts = vec![0u64; states.len()];
            for answer in self.answers(samples.repeated(*index, COVERAGE_DRAWS), draw)? {
                if let Some(&number) = numbers.get(answer.as_slice()) {
                    counts[number] += 1;
                }
            }
            let found: u64 = counts.iter().sum();
            let enough = found * 100 >= 99 * COVERAGE_DRAWS as u64;
            least = least.min(if enough {
                ChiSquare::uniform(&counts).p_value()
            } else {
                0.0
            });
        }
        Ok((least * chosen.len().max(1) as f64).min(1.0))
    }
}

/// Energy per site `[B]` of real spins `[B, h, w]`, for couplings and field of the same shape.
fn energy(down: &Tensor, right: &Tensor, field: &Tensor, spins: &Tensor) -> candle_core::Result<Tensor> {
    let bonds = ((down * spins.roll(-1, 1)?)? + (right * spins.roll(-1, 2)?)?)?;
    ((bonds + field)? * spins)?.flatten_from(1)?.mean(1)?.neg()
}

/// An output `[B, h, w]` divided by its root mean square over the sites: spherical spins.
///
/// Outputs small against 1/10 become smaller spins: a uniform output would otherwise be ±1 and have no gradient.
fn spherical(output: &Tensor) -> candle_core::Result<Tensor> {
    let square = output.flatten_from(1)?.sqr()?.mean_keepdim(1)?.unsqueeze(2)?;
    output.broadcast_div(&(square + 0.01)?.sqrt()?)
}

/// [Soft spins](SpinRelaxation::Soft) of spherical ones.
fn soft(spins: &Tensor, sharpness: f64) -> candle_core::Result<Tensor> {
    (spins * sharpness)?.tanh()? / sharpness.tanh()
}

/// The external field times `|m|`, `m` the mean of the spins: see [`SpinRelaxation::Spherical`].
fn through_ghost(field: &Tensor, spins: &Tensor) -> candle_core::Result<Tensor> {
    let m = spins.flatten_from(1)?.mean_keepdim(1)?.abs()?;
    field.broadcast_mul(&m.unsqueeze(2)?)
}

impl Experiment for Ising {
    const NAME: &'static str = "ising";
    type Config = IsingConfig;
    type Batch = IsingBatch;
    type Samples = IsingSamples;

    fn run_name(config: &IsingConfig) -> String {
        let method = Method::of(config).map_or_else(|| config.breaking.kind.to_string(), Method::name);
        format!("{method}-seed{}", config.training.seed)
    }

    fn baseline(config: &IsingConfig) -> Option<IsingConfig> {
        let baseline = Method::None.setting(config);
        (baseline != *config).then_some(baseline)
    }

    fn new(config: IsingConfig, device: &Device) -> Result<Self, TrainError> {
        let splits = IsingSplits::load(&config.data)?;
        let group: LatticeGroup = config
            .data
            .group()
            .map_err(|error| TrainError::config("data.side", error.to_string()))?;
        let store = ParamStore::new(config.training.seed, DType::F32, device);
        let root = store.root();
        let breaking = config.breaking;
        let shape = [config.data.side as usize; 2];
        let breaker = Breaker::on_lattice(
            breaking.kind,
            shape,
            breaking.dim,
            breaking.field,
            &root.at("breaking"),
        )?;
        // The external field is the first channel. What breaks nothing gets constant channels.
        let net = LatticeNet::new(config.model, shape, 1 + breaking.dim, &root.at("net"))?;
        let transform = DrawTransform {
            kind: breaking.kind,
            symmetry: LatticeSymmetry::new(group),
            dim: breaking.dim,
            scale: breaking.field.scale,
            augment: config.data.augment,
        };
        let options = LoaderConfig {
            batch_size: config.training.batch_size,
            shuffle: true,
            threads: config.training.loader_threads,
            prefetch: 16,
            seed: config.training.seed,
            ..Default::default()
        };
        Ok(Self {
            loader: Loader::new(splits.train.dataset(), transform.clone(), Stack, options)?,
            splits,
            transform,
            store,
            breaker,
            net,
            device: device.clone(),
            encode_nanos: AtomicU64::new(0),
            config,
        })
    }

    fn config(&self) -> &IsingConfig {
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
    ) -> Box<dyn Iterator<Item = Result<IsingBatch, DataError>> + Send + '_> {
        let sharpness = self.config.sharpness_of(epoch);
        let batches = self.loader.epoch_from(epoch, first as usize);
        Box::new(batches.map(move |batch| batch.map(|batch| IsingBatch { sharpness, ..batch })))
    }

    fn loss(&self, batch: &IsingBatch) -> Result<Tensor, TrainError> {
        let couplings = self.couplings(batch)?;
        let spins = spherical(&self.output(batch, &couplings, true)?)?;
        let [down, right, external] = &couplings;
        let energy = match batch.sharpness {
            Some(sharpness) => energy(down, right, external, &soft(&spins, sharpness)?)?,
            None => energy(down, right, &through_ghost(external, &spins)?, &spins)?,
        };
        Ok(energy.mean_all()?)
    }

    fn data(&self) -> DataInfo {
        self.splits.info.clone()
    }

    fn part(&self, part: Part) -> &IsingSamples {
        self.splits.part(part)
    }

    fn read(&self, file: &Path, format: Option<Format>) -> Result<IsingSamples, TrainError> {
        if let Some(format) = format {
            let message = "is a format of graphs, expected a file of couplings (JSON, NPY or text)";
            return Err(TrainError::config(format!("--format {format}"), message));
        }
        let (fields, _) = lattice::read(file, None)?;
        let couplings = fields
            .iter()
            .map(|named| Couplings::try_from(&named.field).map_err(|error| error.in_file(file)));
        self.samples(couplings.collect::<Result<_, _>>()?)
    }

    fn evaluate(&self, samples: &IsingSamples, draw: u64) -> Result<Vec<(&'static str, f64)>, TrainError> {
        let references = samples.references()?;
        let answers = self.answers(samples.dataset(), draw)?;
        let mut gaps = 0.0;
        // All inputs; ferromagnets, stripes, checkerboards: how many there are, and how many are solved.
        let mut counts = [[0u32; 2]; 4];
        for ((couplings, reference), answer) in samples.couplings().zip(references).zip(&answers) {
            let gap = couplings.energy(answer) - reference.energy;
            gaps += gap;
            let phase = reference.phase.map(|phase| match phase {
                Phase::Ferromagnet => 1,
                Phase::RowStripes | Phase::ColumnStripes => 2,
                Phase::Checkerboard => 3,
            });
            for row in [Some(0), phase].into_iter().flatten() {
                counts[row][0] += 1;
                counts[row][1] += u32::from(gap < SOLVED);
            }
        }
        let mut metrics = vec![("gap", gaps / samples.len().max(1) as f64)];
        let names = [
            "solved_percent",
            "ferromagnet_percent",
            "stripes_percent",
            "checkerboard_percent",
        ];
        for (name, [count, solved]) in names.into_iter().zip(counts) {
            if count > 0 {
                metrics.push((name, 100.0 * f64::from(solved) / f64::from(count)));
            }
        }
        if samples.coverage() {
            metrics.push(("coverage_p", self.coverage(samples, draw)?));
        }
        Ok(metrics)
    }

    fn breaking_seconds(&self) -> f64 {
        self.loader.transform_seconds() + self.encode_nanos.load(Ordering::Relaxed) as f64 * 1e-9
    }

    fn figures(runs: &[(String, Self)]) -> Result<Vec<Block>, TrainError> {
        figures::figures(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pure_patterns_are_their_own_soft_spins_at_any_sharpness_and_size() -> candle_core::Result<()> {
        let pattern = Tensor::new(&[[[1f32, -1.0], [-1.0, 1.0]]], &Device::Cpu)?;
        for size in [10.0, 1e4] {
            let spins = spherical(&(&pattern * size)?)?;
            for sharpness in [0.1, 1.5, 9.0] {
                let error = (soft(&spins, sharpness)? - &pattern)?.abs()?.max_all()?;
                assert!(error.to_scalar::<f32>()? < 1e-3, "{sharpness}, {size}");
            }
        }
        // Where nothing is decided, nothing is.
        let zero = spherical(&pattern.zeros_like()?)?;
        assert_eq!(zero.abs()?.max_all()?.to_scalar::<f32>()?, 0.0);
        Ok(())
    }

    /// What makes the loss unbiased: between two patterns the energy of spherical spins is linear in the weight of one.
    #[test]
    fn the_energy_of_spherical_spins_is_linear_between_patterns() -> Result<(), TrainError> {
        let values = [0.75f32, -1.25, 0.5];
        let shape = [4, 4];
        let couplings = Couplings::uniform(shape, values[0], values[1], values[2])?;
        let field = |values: &[f32]| Tensor::from_slice(values, (1, 4, 4), &Device::Cpu);
        let (down, right) = (field(couplings.down())?, field(couplings.right())?);
        for first in Phase::ALL {
            for second in Phase::ALL.into_iter().filter(|second| *second != first) {
                for weight in [0.0f64, 0.25, 0.5, 0.9, 1.0] {
                    let spins: Vec<f32> = (first.pattern(shape).iter())
                        .zip(second.pattern(shape))
                        .map(|(a, b)| {
                            (weight.sqrt() * f64::from(*a) + (1.0 - weight).sqrt() * f64::from(b)) as f32
                        })
                        .collect();
                    let spins = spherical(&(field(&spins)? * 100.0)?)?;
                    let external = through_ghost(&field(couplings.field())?, &spins)?;
                    let found = energy(&down, &right, &external, &spins)?.to_vec1::<f32>()?[0];
                    let expected = weight * first.energy(values) + (1.0 - weight) * second.energy(values);
                    assert!(
                        (f64::from(found) - expected).abs() < 1e-4,
                        "{first:?}, {second:?}, {weight}"
                    );
                }
            }
        }
        Ok(())
    }

    #[test]
    fn the_energy_is_that_of_the_couplings() -> Result<(), TrainError> {
        let couplings = Couplings::new(
            [2, 3],
            vec![0.5, -1.0, 2.0, 0.25, 1.5, -0.75],
            vec![1.0, 0.5, -2.0, 0.125, -1.0, 3.0],
            vec![0.5, 0.0, -1.0, 2.0, 0.25, -0.5],
        )?;
        let spins = [0.5f32, -1.0, 1.0, 0.25, -0.125, 0.75];
        let field = |values: &[f32]| Tensor::from_slice(values, (1, 2, 3), &Device::Cpu);
        let [down, right, external] = [couplings.down(), couplings.right(), couplings.field()];
        let energy = energy(&field(down)?, &field(right)?, &field(external)?, &field(&spins)?)?;
        let difference = f64::from(energy.to_vec1::<f32>()?[0]) - couplings.energy_of_real(&spins);
        assert!(difference.abs() < 1e-6);
        Ok(())
    }
}
