//! Several runs of one experiment, side by side.

use crate::communicator::Communicator;
use crate::comparison::Setting;
use crate::config::{Config, to_toml, with_seed};
use crate::files::write_atomic;
use crate::harness::{self, Trained};
use crate::lock::Lock;
use crate::observe::{Observer, ProgressBars, TensorBoard};
use crate::run::{self, Results, RunInfo};
use crate::task::Task;
use crate::{TrainError, communicator, manifest, trainer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use sympe_nn::device::DeviceSpec;

/// The runs of a folder: written before the first of them starts, so that what a kill interrupts can be continued.
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::comparison::Setting;
/// use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
/// use sympe_train::session::Session;
/// use sympe_train::task::Task;
///
/// let setting = Setting::current(&GraphAutoencoder::axes(), GraphAutoencoderConfig::default());
/// let session = Session::new::<GraphAutoencoder>(DeviceSpec::Cpu, [setting]);
/// assert_eq!(session.runs[0].0, "egnn-sympe-exact-depth-first-seed0");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session<C> {
    /// The experiment.
    pub experiment: String,
    /// Where its tensors are.
    pub device: DeviceSpec,
    /// Name and configuration of each run; the name is that of its folder.
    pub runs: Vec<(String, C)>,
}

/// A finished run.
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::communicator::alone;
/// use sympe_train::comparison::Setting;
/// use sympe_train::config::Layers;
/// use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
/// use sympe_train::observe::ProgressBars;
/// use sympe_train::session::Session;
/// use sympe_train::task::Task;
///
/// let mut layers = Layers::default();
/// layers.preset::<GraphAutoencoderConfig>("smoke")?;
/// let setting = Setting::current(&GraphAutoencoder::axes(), layers.resolve()?);
/// let session = Session::new::<GraphAutoencoder>(DeviceSpec::Cpu, [setting]);
/// let folder = tempfile::tempdir().unwrap();
/// session.write(folder.path())?;
/// for outcome in session.run::<GraphAutoencoder>(folder.path(), 1, &alone(), &ProgressBars::new())? {
///     assert!(outcome?.results.test["bce"].is_finite());
/// }
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Outcome<C> {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its configuration.
    pub config: C,
    /// Its data, in words.
    pub data: String,
    /// What it found.
    pub results: Results,
    /// Share of the training time that symmetry breaking took; NaN where the file of the timings is damaged.
    pub breaking_share: f64,
}

/// How the runs of a session ended, in their order: each well or with its own error.
pub type Ended<C> = Vec<Result<Outcome<C>, TrainError>>;

/// Deep backward passes recurse; 64 MiB take any model of these experiments.
const STACK: usize = 64 << 20;

impl<C: Config> Session<C> {
    /// A session of these runs, their configurations pinned.
    pub fn new<T: Task<Config = C>>(
        device: DeviceSpec,
        settings: impl IntoIterator<Item = Setting<C>>,
    ) -> Self {
        let run = |setting: Setting<C>| (harness::run_name(&setting), setting.config.pinned());
        Self {
            experiment: T::NAME.to_owned(),
            device,
            runs: settings.into_iter().map(run).collect(),
        }
    }

    /// Writes the session into its folder.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), TrainError> {
        fs::create_dir_all(folder).map_err(TrainError::io(folder))?;
        let Value::Object(fields) = serde_json::to_value(self).expect("a session is JSON") else {
            unreachable!("a session is an object");
        };
        Ok(write_atomic(
            &run::session_file(folder),
            &manifest::sealed(fields),
        )?)
    }

    /// Writes the session over the one that the folder may have; the runs of that one stay in it, before those that are new.
    ///
    /// # Errors
    ///
    /// When a run there has the name of one of these and another configuration; nothing is written then. When the folder
    /// cannot be read or written.
    pub fn join(&self, folder: &Path) -> Result<(), TrainError> {
        let mut joined = self.clone();
        if run::session_file(folder).exists() {
            let before = Self::read(folder)?;
            if before.device != self.device {
                let message = format!(
                    "holds runs on device {}, asked for is {}: choose another --name",
                    before.device, self.device
                );
                return Err(TrainError::differs(folder, message));
            }
            for (name, found) in &before.runs {
                if let Some((_, wanted)) = self.runs.iter().find(|(known, _)| known == name) {
                    same(&folder.join(name), found, wanted)?;
                }
            }
            // In the order in which they are started.
            let is_new = |(name, _): &(String, C)| before.runs.iter().all(|(known, _)| known != name);
            let new = self.runs.iter().filter(|run| is_new(run)).cloned();
            joined.runs = before.runs.iter().cloned().chain(new).collect();
        }
        joined.write(folder)
    }

    /// Reads the session of a folder.
    ///
    /// # Errors
    ///
    /// When there is none, or it is damaged.
    pub fn read(folder: &Path) -> Result<Self, TrainError> {
        let path = run::session_file(folder);
        let fields = manifest::read_sealed(&path)?;
        serde_json::from_value(fields.into()).map_err(|error| TrainError::damaged(&path, error.to_string()))
    }

    /// Loads the data and builds the network of every run that differs from the ones before in more than its seed, and keeps
    /// nothing of it but the data: what is refused is refused before anything is written. Runs that have finished in `folder`
    /// are left out.
    ///
    /// # Errors
    ///
    /// When data are missing, or sizes do not fit together.
    pub fn try_out<T: Task<Config = C>>(&self, folder: Option<&Path>) -> Result<(), TrainError> {
        let device = self.device.open()?;
        let mut tried: Vec<C> = Vec::new();
        for (name, config) in &self.runs {
            if folder.is_some_and(|folder| run::results_file(&folder.join(name)).exists()) {
                continue;
            }
            let unseeded = with_seed(config, 0);
            if tried.contains(&unseeded) {
                continue;
            }
            tried.push(unseeded);
            let build = || trainer::total_steps(&Trained::<T>::new(config.clone(), &device)?);
            let built = pool(0)?.install(|| catch_unwind(AssertUnwindSafe(build)));
            built.map_err(|_| TrainError::config("configuration", "these sizes cannot be built"))??;
        }
        Ok(())
    }

    /// The runs of this session that have no folder, although the session file names them before one that has: they were started
    /// before it, and have been taken away.
    fn missing(&self, folder: &Path) -> Result<Vec<&str>, TrainError> {
        if !run::session_file(folder).exists() {
            return Ok(Vec::new());
        }
        let named: Vec<String> = Self::read(folder)?
            .runs
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let last = named
            .iter()
            .rposition(|name| folder.join(name).exists())
            .unwrap_or(0);
        let is_missing =
            |name: &str| named[..last].iter().any(|known| known == name) && !folder.join(name).exists();
        Ok((self.runs.iter().map(|(name, _)| name.as_str()))
            .filter(|name| is_missing(name))
            .collect())
    }

    /// Trains what is not trained yet, `jobs` runs at a time, and continues what was interrupted; in the order of
    /// `runs`, each ended well or with its own error.
    ///
    /// Where `world` has several processes, all of them train one run after the other together, the first with the folder, the others
    /// by [`assist`](Self::assist).
    ///
    /// # Errors
    ///
    /// When threads cannot be started, or the session file of the folder is damaged; with several processes the error of the first run
    /// that fails.
    pub fn run<T: Task<Config = C>>(
        &self,
        folder: &Path,
        jobs: usize,
        world: &Arc<dyn Communicator>,
        bars: &ProgressBars,
    ) -> Result<Ended<C>, TrainError> {
        for name in self.missing(folder)? {
            bars.line(&format!(
                "{name}: note: the session names it, but its folder is not there: it is trained from the beginning"
            ));
        }
        let one =
            |name: &str, config: &C| one::<T>(name, config, &folder.join(name), self.device, world, bars);
        if world.size() > 1 {
            world.share(Some(self.clone()))?;
            let together = || self.runs.iter().map(|(name, config)| one(name, config).map(Ok));
            return pool_among(&**world)?.install(|| together().collect());
        }
        let jobs = jobs.clamp(1, self.runs.len().max(1));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let queue = Mutex::new(self.runs.iter().enumerate());
        let done = Mutex::new(Vec::new());
        let work = || -> Result<(), TrainError> {
            pool((cores / jobs).max(1))?.install(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(|e| e.into_inner()).next();
                    let Some((index, (name, config))) = next else {
                        return;
                    };
                    let result = one(name, config);
                    done.lock()
                        .unwrap_or_else(|e| e.into_inner())
                        .push((index, result));
                }
            });
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            Ok::<(), TrainError>(())
        })?;

        let mut done = done.into_inner().unwrap_or_else(|e| e.into_inner());
        done.sort_by_key(|(index, _)| *index);
        Ok(done.into_iter().map(|(_, result)| result).collect())
    }
}

impl<C: Config> Session<C> {
    /// Trains with the first process of `world` what that one [runs](Self::run), or [resumes](resume_one); nothing is written here.
    ///
    /// # Errors
    ///
    /// Those of training here; when another process is gone.
    pub fn assist<T: Task<Config = C>>(world: &Arc<dyn Communicator>) -> Result<(), TrainError> {
        let session: Self = world.share(None)?.expect("the first process has a session");
        let assist = |(_, config): &(String, C)| {
            let state = world.share(State::New)?;
            if state == State::Finished {
                return Ok(());
            }
            let device = on_this_machine(session.device, &**world);
            let experiment = Trained::<T>::among(config.clone(), &device.open()?, Arc::clone(world))?;
            // The folder is the first one's.
            let nowhere = Path::new("");
            if state == State::Started {
                trainer::resume(&experiment, nowhere, &mut ())?;
            } else {
                trainer::train(&experiment, nowhere, &RunInfo::new(&experiment, device), &mut ())?;
            }
            Ok(())
        };
        pool_among(&**world)?.install(|| session.runs.iter().try_for_each(assist))
    }

    /// As [`run`](Self::run), but each process of `world` trains runs of its own, in the same folder, which all of them see: for
    /// comparisons, which have many. In the first process how all of them ended; nothing in the others.
    ///
    /// # Errors
    ///
    /// When threads cannot be started, the session file of the folder is damaged, or another process is gone.
    pub fn spread<T: Task<Config = C>>(
        &self,
        folder: &Path,
        jobs: usize,
        world: &Arc<dyn Communicator>,
        bars: &ProgressBars,
    ) -> Result<Option<Ended<C>>, TrainError> {
        let alone = communicator::alone();
        if world.size() == 1 {
            return self.run::<T>(folder, jobs, &alone, bars).map(Some);
        }
        let with = |runs: Vec<(String, C)>| Self {
            runs,
            device: on_this_machine(self.device, &**world),
            ..self.clone()
        };
        let own = self.runs.iter().skip(world.rank()).step_by(world.size());
        let own = with(own.cloned().collect());
        let ended = own.run::<T>(folder, jobs, &alone, bars)?;
        let errors = own.runs.iter().zip(&ended).filter_map(|((name, _), ended)| {
            let error = ended.as_ref().err()?;
            Some((name.clone(), error.to_string()))
        });
        let errors: Vec<(String, String)> = errors.collect();
        let told = world.gather(serde_json::to_vec(&errors).expect("words are JSON"))?;
        if !world.is_first() {
            return Ok(None);
        }
        let mut failed = HashMap::new();
        for (rank, message) in told.iter().enumerate() {
            let errors: Vec<(String, String)> = serde_json::from_slice(message)
                .map_err(|error| TrainError::config(format!("process {rank}"), error.to_string()))?;
            failed.extend(errors.into_iter().map(|(name, error)| (name, (rank, error))));
        }
        // All others have finished: they are read.
        let finished = |(name, _): &&(String, C)| !failed.contains_key(name);
        let finished = with(self.runs.iter().filter(finished).cloned().collect());
        let mut read = finished.run::<T>(folder, jobs, &alone, bars)?.into_iter();
        let ended = self.runs.iter().map(|(name, _)| match failed.remove(name) {
            Some((rank, error)) => Err(TrainError::config(format!("process {rank}"), error)),
            None => read.next().expect("every other run is read"),
        });
        Ok(Some(ended.collect()))
    }
}

/// The device of this process: where the first has a CUDA device, each of the others of its machine has the next.
fn on_this_machine(device: DeviceSpec, world: &dyn Communicator) -> DeviceSpec {
    match device {
        DeviceSpec::Cuda(first) => DeviceSpec::Cuda(first + world.local_rank()),
        other => other,
    }
}

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    New,
    Started,
    Finished,
}

/// An error unless the run in `folder` is the one asked for.
fn same<C: Config>(folder: &Path, found: &C, wanted: &C) -> Result<(), TrainError> {
    // Runs of earlier versions are not pinned.
    let (found, wanted) = (found.clone().pinned(), wanted.clone().pinned());
    if found == wanted {
        return Ok(());
    }
    let message = format!(
        "holds a run of another configuration: {}; choose another --name",
        first_difference(&found, &wanted)
    );
    Err(TrainError::differs(folder, message))
}

/// Trains, continues, or reads one run.
fn one<T: Task>(
    name: &str,
    config: &T::Config,
    folder: &Path,
    device: DeviceSpec,
    world: &Arc<dyn Communicator>,
    bars: &ProgressBars,
) -> Result<Outcome<T::Config>, TrainError> {
    fs::create_dir_all(folder).map_err(TrainError::io(folder))?;
    let _lock = Lock::take(folder)?;
    let started = run::is_started(folder)?;
    if started {
        same(folder, &run::read_config(folder)?, config)?;
    }
    let results = run::read_results(folder)?.filter(|_| started);
    world.share(match &results {
        Some(_) => State::Finished,
        None if started => State::Started,
        None => State::New,
    })?;
    let results = match results {
        Some(results) => {
            bars.line(&format!("{name}: finished before"));
            for blemish in run::blemishes(folder) {
                bars.line(&format!("{name}: warning: {blemish}"));
            }
            results
        }
        None => {
            let device = on_this_machine(device, &**world);
            let experiment = Trained::<T>::among(config.clone(), &device.open()?, Arc::clone(world))?;
            let mut observers: Vec<Box<dyn Observer>> = vec![Box::new(bars.run(name))];
            match TensorBoard::new(folder) {
                Ok(board) => observers.push(Box::new(board)),
                Err(error) => bars.line(&format!("{name}: warning: {error}")),
            }
            if started {
                trainer::resume(&experiment, folder, &mut observers)?
            } else {
                let info = RunInfo::new(&experiment, device);
                trainer::train(&experiment, folder, &info, &mut observers)?
            }
        }
    };
    let breaking_share = run::breaking_share(folder).unwrap_or_else(|error| {
        bars.line(&format!("{name}: warning: {error}; its timings are left out"));
        f64::NAN
    });
    Ok(Outcome {
        name: name.to_owned(),
        folder: folder.to_owned(),
        config: config.clone(),
        data: run::read_info(folder)?
            .data
            .map_or(String::new(), |data| data.description),
        results,
        breaking_share,
    })
}

fn first_difference<C: Config>(found: &C, wanted: &C) -> String {
    let (found, wanted) = (to_toml(found), to_toml(wanted));
    let mut lines = found.lines().zip(wanted.lines());
    lines
        .find(|(a, b)| a != b)
        .map_or(String::new(), |(a, b)| format!("it has {a}, asked for is {b}"))
}

/// Continues one run that stands alone, or has been picked out of a session; the other processes of `world` [assist](Session::assist).
///
/// # Errors
///
/// Those of [`trainer::resume`].
pub fn resume_one<T: Task>(
    folder: &Path,
    device: DeviceSpec,
    world: &Arc<dyn Communicator>,
    bars: &ProgressBars,
) -> Result<Outcome<T::Config>, TrainError> {
    let (name, config): (String, T::Config) = (run::name(folder), run::read_config(folder)?);
    world.share(Some(Session {
        experiment: T::NAME.to_owned(),
        device,
        runs: vec![(name.clone(), config.clone())],
    }))?;
    pool_among(&**world)?.install(|| one::<T>(&name, &config, folder, device, world, bars))
}

/// The threads of one of several processes that share the cores of a machine, or of the only one.
fn pool_among(world: &dyn Communicator) -> Result<rayon::ThreadPool, TrainError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    pool((cores / world.local_size()).max(1))
}

/// Threads for the kernels of a run, the one that calls included; 0 means one per core.
fn pool(threads: usize) -> Result<rayon::ThreadPool, TrainError> {
    let built = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK)
        .build();
    built.map_err(|error| TrainError::config("threads", error.to_string()))
}

/// The runs in a folder: itself, or those of its session.
///
/// # Errors
///
/// When it is neither a run nor a session.
pub fn runs_in<T: Task>(folder: &Path) -> Result<Vec<PathBuf>, TrainError> {
    if run::is_started(folder)? {
        return Ok(vec![folder.to_owned()]);
    }
    if !run::session_file(folder).exists() {
        return Err(TrainError::missing(folder, "is no run and no session of runs"));
    }
    let session: Session<T::Config> = Session::read(folder)?;
    Ok(session.runs.iter().map(|(name, _)| folder.join(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::graph_autoencoder::GraphAutoencoderConfig;

    type Runs = Session<GraphAutoencoderConfig>;

    fn session(names: &[&str]) -> Runs {
        let run = |name: &&str| ((*name).to_owned(), GraphAutoencoderConfig::default().pinned());
        Session {
            experiment: "graph-autoencoder".to_owned(),
            device: DeviceSpec::Cpu,
            runs: names.iter().map(run).collect(),
        }
    }

    #[test]
    fn a_run_is_missing_if_a_later_one_of_the_session_has_been_started() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let missing = |names: &[&str]| -> Vec<String> {
            let of_session = session(names);
            of_session
                .missing(folder)
                .unwrap()
                .into_iter()
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(missing(&["a"]), [""; 0]);
        session(&["a", "b", "c"]).join(folder).unwrap();
        // Interrupted in the first run: the others wait for their turn.
        fs::create_dir(folder.join("a")).unwrap();
        assert_eq!(missing(&["a", "b", "c"]), [""; 0]);
        fs::create_dir(folder.join("b")).unwrap();
        fs::remove_dir(folder.join("a")).unwrap();
        assert_eq!(missing(&["a", "b", "c"]), ["a"]);
        assert_eq!(missing(&["b", "c"]), [""; 0]);
        // New runs come after those that are there, whoever asks for them.
        session(&["d", "a"]).join(folder).unwrap();
        let names: Vec<String> = Runs::read(folder)
            .unwrap()
            .runs
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        assert_eq!(missing(&["d", "a"]), ["a"]);
    }
}
