//! The harness of every experiment: data that runs share, loader, parameters, evaluation, names.

use crate::TrainError;
use crate::clock::Clock;
use crate::communicator::{Communicator, alone};
use crate::comparison::{BASELINE, Setting};
use crate::config::{Config, Layers};
use crate::samples::Passes;
use crate::task::{BatchOf, DataInfo, Metrics, Part, SamplesOf, Setup, Splits, Task};
use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var};
use std::any::{Any, TypeId};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use sympe_data::formats::Format;
use sympe_data::{DataError, Loader, LoaderConfig, Share};
use sympe_nn::params::ParamStore;

/// Samples that are mixed with each other where they are read one by one: 2²⁰ of a hundred bytes are read ahead by any system.
const WINDOW: usize = 1 << 20;
/// Prepares batches of training samples, pass after pass.
type LoaderOf<T> =
    Loader<Passes<<T as Task>::Sample, <T as Task>::Kept>, <T as Task>::Host, <T as Task>::Host>;

/// Batches prepared ahead.
const PREFETCH: usize = 16;

/// An experiment of some configuration, ready to train.
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
/// use sympe_train::harness::Trained;
/// use sympe_train::task::Part;
///
/// let mut layers = Layers::default();
/// layers.preset::<GraphAutoencoderConfig>("smoke")?;
/// let run = Trained::<GraphAutoencoder>::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let metrics = run.evaluate(run.part(Part::Test), 0)?;
/// assert_eq!(metrics[0].0, "bce");
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub struct Trained<T: Task> {
    config: T::Config,
    splits: Arc<Splits<T::Sample>>,
    parts: [Arc<SamplesOf<T>>; 3],
    task: T,
    store: ParamStore,
    loader: LoaderOf<T>,
    clock: Clock,
    world: Arc<dyn Communicator>,
}

impl<T: Task> Trained<T> {
    /// Loads the data and builds the network, everything random by the configured seeds.
    ///
    /// # Errors
    ///
    /// When data are missing, or sizes do not fit together.
    pub fn new(config: T::Config, device: &Device) -> Result<Self, TrainError> {
        Self::among(config, device, alone())
    }

    /// The same in one of the processes of `world`, of which each is to have the same data and configuration. They train one network
    /// together: each makes the gradient of its share of every batch, and the sums are the same in all.
    ///
    /// # Errors
    ///
    /// When data are missing, or sizes do not fit together.
    pub fn among(
        config: T::Config,
        device: &Device,
        world: Arc<dyn Communicator>,
    ) -> Result<Self, TrainError> {
        let config = config.pinned();
        let splits = shared_splits::<T>(&config)?;
        let training = config.training();
        let store = ParamStore::new(training.seed, DType::F32, device);
        let clock = Clock::default();
        let task = T::new(Setup {
            config: &config,
            splits: &splits,
            params: store.root(),
            clock: &clock,
        })?;
        let parts = Part::ALL.map(|part| Arc::new(SamplesOf::<T>::new(splits.part(part), Some(part))));
        // Each pass has draws of its own: streams go by the position in the epoch.
        let dataset = Passes {
            samples: Arc::clone(&parts[0]),
            passes: config.passes(),
        };
        let options = LoaderConfig {
            batch_size: training.batch_size,
            shuffle: true,
            window: if splits.part(Part::Train).is_kept() {
                0
            } else {
                WINDOW
            },
            drop_last: false,
            threads: training.loader_threads,
            prefetch: PREFETCH,
            seed: training.seed,
            share: Share {
                index: world.rank(),
                of: world.size(),
            },
        };
        let loader = Loader::new(dataset, task.host().clone(), task.host().clone(), options)?;
        Ok(Self {
            config,
            splits,
            parts,
            task,
            store,
            loader,
            clock,
            world,
        })
    }

    /// The options.
    pub fn config(&self) -> &T::Config {
        &self.config
    }

    /// The network with its judgement.
    pub fn task(&self) -> &T {
        &self.task
    }

    /// The parameters.
    pub fn store(&self) -> &ParamStore {
        &self.store
    }

    /// Which data these are; a run is continued and evaluated on the same ones only.
    pub fn data(&self) -> &DataInfo {
        self.splits.info()
    }

    /// A part of the data.
    pub fn part(&self, part: Part) -> &SamplesOf<T> {
        &self.parts[part as usize]
    }

    /// The data in a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or does not fit the network.
    pub fn read(&self, file: &Path, format: Option<Format>) -> Result<SamplesOf<T>, TrainError> {
        Ok(SamplesOf::<T>::of(self.task.read(file, format)?))
    }

    /// Batches of an epoch.
    pub fn batches_per_epoch(&self) -> u64 {
        self.loader.batches_per_epoch() as u64
    }

    /// The processes that train this network.
    pub(crate) fn world(&self) -> &dyn Communicator {
        &*self.world
    }

    /// The batches of an epoch, from batch `first` on, or this process's shares of them: the same ones at every call.
    pub fn epoch(
        &self,
        epoch: u64,
        first: u64,
    ) -> impl Iterator<Item = Result<BatchOf<T>, DataError>> + use<T> {
        self.loader.epoch_from(epoch, first as usize)
    }

    /// The loss of a batch of this epoch, a scalar.
    ///
    /// # Errors
    ///
    /// Those of the network.
    pub fn loss(&self, batch: &BatchOf<T>, epoch: u64) -> Result<Tensor, TrainError> {
        Ok(self.task.loss(batch, epoch)?.value()?)
    }

    /// The loss of batch `number` of this epoch, of which this process has the share `batch`, and its gradients.
    ///
    /// # Errors
    ///
    /// Those of the network; when another process is gone.
    pub(crate) fn gradients(
        &self,
        batch: &BatchOf<T>,
        epoch: u64,
        number: u64,
    ) -> Result<(f64, GradStore), TrainError> {
        let loss = self.task.loss(batch, epoch)?;
        if self.world.size() == 1 {
            let value = loss.value()?;
            let gradients = value.backward()?;
            return Ok((f64::from(value.to_scalar::<f32>()?), gradients));
        }
        let samples = self.loader.items_of(number as usize);
        let mut totals = loss.counts(samples);
        self.world.sum(&mut totals)?;
        let value = loss.part_of(samples, &totals)?;
        let mut gradients = value.backward()?;
        let vars = self.store.vars();
        let mut sums = vec![value.to_scalar::<f32>()?];
        for (_, var) in &vars {
            append(&mut sums, var, gradients.get(var))?;
        }
        self.world.sum(&mut sums)?;
        let mut rest = &sums[1..];
        for (_, var) in &vars {
            let (sum, others) = rest.split_at(1 + var.elem_count());
            rest = others;
            // What has a gradient in no process has none.
            if sum[0] > 0.0 {
                let sum = Tensor::from_slice(&sum[1..], var.shape(), var.device())?;
                gradients.insert(var, sum.to_dtype(var.dtype())?);
            }
        }
        Ok((f64::from(sums[0]), gradients))
    }

    /// Metrics on `samples`, with random draws number `draw`.
    ///
    /// # Errors
    ///
    /// Those of the network.
    pub fn evaluate(&self, samples: &SamplesOf<T>, draw: u64) -> Result<Metrics, TrainError> {
        self.task.judge(samples, draw)
    }

    /// Bounds of likelihoods by `count` weighted draws of each sample, with random draws number `draw`.
    ///
    /// # Errors
    ///
    /// Those of the network; when the experiment has no likelihood.
    pub fn weigh(&self, samples: &SamplesOf<T>, count: usize, draw: u64) -> Result<Metrics, TrainError> {
        self.task.weigh(samples, count, draw)
    }

    /// Seconds spent so far on canonicalizing, drawing and encoding, over all threads.
    pub fn breaking_seconds(&self) -> f64 {
        self.clock.seconds()
    }
}

/// Appends whether there is a gradient, and its values, or as many zeros.
fn append(values: &mut Vec<f32>, var: &Var, gradient: Option<&Tensor>) -> Result<(), candle_core::Error> {
    match gradient {
        Some(gradient) => {
            let flat = gradient.flatten_all()?.to_dtype(DType::F32)?;
            values.push(1.0);
            values.extend(flat.to_device(&Device::Cpu)?.to_vec1::<f32>()?);
        }
        None => values.extend(std::iter::repeat_n(0.0, 1 + var.elem_count())),
    }
    Ok(())
}

/// The name of a run of this setting: what tells it from the others of a comparison, and the seed.
pub fn run_name<C: Config>(setting: &Setting<C>) -> String {
    let name = setting.name();
    let dash = if name.is_empty() { "" } else { "-" };
    format!("{name}{dash}seed{}", setting.config.training().seed)
}

/// The same run without symmetry breaking: the row [`BASELINE`] of the comparison. `None` if the configuration breaks none,
/// or the experiment has no such row.
pub fn baseline<T: Task>(config: &T::Config) -> Option<Setting<T::Config>> {
    let axes = T::axes();
    let row = (axes.iter().flat_map(|axis| &axis.rows)).find(|row| row.name == BASELINE)?;
    let unbroken = row.of(config);
    (unbroken != *config).then(|| Setting::current(&axes, unbroken))
}

/// The data of a configuration. The runs of a process whose data are the same share them.
fn shared_splits<T: Task>(config: &T::Config) -> Result<Arc<Splits<T::Sample>>, TrainError> {
    type Key = (TypeId, String);
    static LOADED: Mutex<Vec<(Key, Arc<dyn Any + Send + Sync>)>> = Mutex::new(Vec::new());
    let key = (TypeId::of::<T>(), config.data_key());
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = loaded.iter().find(|(other, _)| *other == key);
    if let Some(splits) = known.and_then(|(_, any)| Arc::clone(any).downcast().ok()) {
        return Ok(splits);
    }
    let splits = Arc::new(T::splits(config)?);
    loaded.push((key, Arc::clone(&splits) as Arc<dyn Any + Send + Sync>));
    Ok(splits)
}

/// Checks the laws of a task on one of its presets: every call gives the same batches and judgements, metrics keep their
/// names, and the row without breaking is one of the comparison.
///
/// # Errors
///
/// The law that does not hold, or what the task says.
pub fn check<T: Task>(preset: &str) -> Result<(), TrainError> {
    let mut layers = Layers::default();
    layers.preset::<T::Config>(preset)?;
    let config: T::Config = layers.resolve()?;
    let fail = |law: String| Err(TrainError::config(format!("laws of {}", T::NAME), law));
    let make = || Trained::<T>::new(config.clone(), &Device::Cpu);
    let (one, other) = (make()?, make()?);
    let loss = |run: &Trained<T>, first: u64| -> Result<f32, TrainError> {
        match run.epoch(1, first).next() {
            Some(batch) => Ok(run.loss(&batch?, 1)?.to_scalar()?),
            None => Ok(0.0),
        }
    };
    let last = one.batches_per_epoch() - 1;
    for first in [0, last] {
        let losses = [loss(&one, first)?, loss(&one, first)?, loss(&other, first)?];
        if losses.iter().any(|loss| loss.to_bits() != losses[0].to_bits()) {
            return fail(format!("batch {first} of an epoch has losses {losses:?}"));
        }
    }
    for part in [Part::Validation, Part::Test] {
        let judge = |run: &Trained<T>, draw| run.evaluate(run.part(part), draw);
        let first = judge(&one, 3)?;
        if first.is_empty() || first.iter().any(|(_, value)| value.is_nan()) {
            return fail(format!("metrics of the {} set are {first:?}", part.adjective()));
        }
        for again in [judge(&one, 3)?, judge(&other, 3)?] {
            if again != first {
                return fail(format!(
                    "{} metrics are {first:?}, then {again:?}",
                    part.adjective()
                ));
            }
        }
        if !judge(&one, 4)?
            .iter()
            .map(|(name, _)| name)
            .eq(first.iter().map(|(name, _)| name))
        {
            return fail(format!("names of {} metrics change", part.adjective()));
        }
    }
    let axes = T::axes();
    for axis in &axes {
        let names: Vec<&str> = axis.rows.iter().map(|row| row.name).collect();
        if let Some(name) = axis.default.iter().find(|name| !names.contains(name)) {
            return fail(format!(
                "the default {name} of --{} is none of its rows",
                axis.flag
            ));
        }
    }
    Ok(())
}
