//! The folder of a run: what is in it, and how it is read back.
//!
//! Everything that is read back is checked by its checksum, and what is damaged or missing is named. Only the timings have
//! no checksum in common: each of their lines has its own, and what is wrong with them costs nothing else.

use crate::checkpoint::{self, Checkpoint};
use crate::config::Config;
use crate::error::first_line;
use crate::files::{hex, short, verify, write_atomic};
use crate::harness::Trained;
use crate::manifest::Manifest;
use crate::task::{DataInfo, Task};
use crate::{TrainError, config, manifest, number};
use candle_core::Device;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use sympe_nn::device::DeviceSpec;

/// Where a run comes from: what is needed to repeat it.
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
/// use sympe_train::{config::Layers, harness::Trained, run::RunInfo};
///
/// let mut layers = Layers::default();
/// layers.preset::<GraphAutoencoderConfig>("smoke")?;
/// let run = Trained::<GraphAutoencoder>::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let info = RunInfo::new(&run, DeviceSpec::Cpu);
/// assert_eq!((info.device, info.seed), ("cpu".into(), 0));
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The experiment.
    pub experiment: String,
    /// The version of this program.
    pub version: String,
    /// The commit of the source, where git knows it.
    pub git: Option<String>,
    /// Which data; none in runs of earlier versions.
    #[serde(default)]
    pub data: Option<DataInfo>,
    /// The device it was started on.
    pub device: String,
    /// The seed.
    pub seed: u64,
    /// The command line.
    pub command: Vec<String>,
    /// Operating system and processor architecture.
    pub platform: String,
    /// The file of the checksums of this run; none in runs of earlier versions, which have no such file.
    #[serde(default)]
    pub checksums: Option<String>,
}

impl RunInfo {
    /// The description of a run of this process.
    #[must_use]
    pub fn new<T: Task>(run: &Trained<T>, device: DeviceSpec) -> Self {
        let git = std::process::Command::new("git")
            .args(["rev-parse", "HEAD"])
            .output()
            .ok();
        let git = git
            .filter(|output| output.status.success())
            .and_then(|output| String::from_utf8(output.stdout).ok());
        Self {
            experiment: T::NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            git: git.map(|hash| hash.trim().to_owned()),
            data: Some(run.data().clone()),
            device: device.to_string(),
            seed: run.config().training().seed,
            command: std::env::args().collect(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            checksums: Some(manifest::NAME.to_owned()),
        }
    }
}

/// What a finished run found: bit for bit the same for every repetition.
///
/// ```
/// use sympe_train::run::read_results;
/// let folder = tempfile::tempdir().unwrap();
/// assert_eq!(read_results(folder.path())?, None); // nothing has finished here
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Epochs trained.
    pub epochs: u64,
    /// Optimizer steps made.
    pub steps: u64,
    /// Scalars in the model.
    pub parameters: usize,
    /// The epoch with the best validation metric.
    pub best_epoch: u64,
    /// That metric.
    #[serde(with = "number::float")]
    pub validation: f64,
    /// Metrics on the test set, with the weights of that epoch. They may be infinite or NaN.
    #[serde(with = "number::by_name")]
    pub test: BTreeMap<String, f64>,
    /// SHA-256 of the file of these weights; none in runs of earlier versions.
    #[serde(default)]
    pub weights_sha256: Option<String>,
}

/// The name of a run: that of its folder.
#[must_use]
pub fn name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or(folder.as_os_str())
        .to_string_lossy()
        .into_owned()
}

const CONFIG: &str = "config.toml";
const WEIGHTS: &str = "checkpoints/best/weights.safetensors";
const METRICS: &str = "metrics.jsonl";
const INFO: &str = "run.json";
const RESULTS: &str = "results.json";
/// What has a checksum in a finished run; the first two have one from the start.
const CHECKED: [&str; 5] = [CONFIG, INFO, WEIGHTS, METRICS, RESULTS];

/// The resolved configuration.
#[must_use]
pub fn config_file(folder: &Path) -> PathBuf {
    folder.join(CONFIG)
}

/// The runs of a folder that holds several.
#[must_use]
pub fn session_file(folder: &Path) -> PathBuf {
    folder.join("session.json")
}

/// The weights of the best epoch.
#[must_use]
pub fn weights_file(folder: &Path) -> PathBuf {
    folder.join(WEIGHTS)
}

/// One line per epoch; no wall-clock times, so that repetitions are equal byte for byte.
#[must_use]
pub fn metrics_file(folder: &Path) -> PathBuf {
    folder.join(METRICS)
}

/// One line per epoch: seconds, and how many of them symmetry breaking took.
#[must_use]
pub fn timing_file(folder: &Path) -> PathBuf {
    folder.join("timing.jsonl")
}

/// Where a run comes from.
#[must_use]
pub fn info_file(folder: &Path) -> PathBuf {
    folder.join(INFO)
}

/// What a finished run found.
#[must_use]
pub fn results_file(folder: &Path) -> PathBuf {
    folder.join(RESULTS)
}

/// The checksums of a run; none in runs of earlier versions.
fn checksums(folder: &Path) -> Result<Option<Manifest>, TrainError> {
    let found = Manifest::read(folder, &CHECKED)?;
    if found.is_none() {
        // Not `read_info`: it asks for the checksums.
        let info: Option<RunInfo> = std::fs::read(info_file(folder))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if info.is_some_and(|info| info.checksums.is_some()) {
            let message =
                "is missing: the run was made with checksums, and nothing shows that its files are whole";
            return Err(TrainError::missing(&manifest::file(folder), message));
        }
    }
    Ok(found)
}

/// The bytes of a file of a run, if their checksum is right or the run has none.
fn read_checked(folder: &Path, name: &str) -> Result<Vec<u8>, TrainError> {
    let path = folder.join(name);
    let bytes = std::fs::read(&path).map_err(TrainError::io(&path))?;
    if let Some(checksums) = checksums(folder)? {
        checksums.check(folder, name, &bytes)?;
    }
    Ok(bytes)
}

fn parse<V: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<V, TrainError> {
    serde_json::from_slice(bytes).map_err(|error| TrainError::damaged(path, error.to_string()))
}

/// Writes what a run has from its start, but not the configuration: checksums of that, and where it comes from.
pub(crate) fn write_start(folder: &Path, info: &RunInfo, config: &str) -> Result<(), TrainError> {
    let info = serde_json::to_vec_pretty(info).expect("run information is JSON");
    let mut checksums = Manifest::default();
    checksums.insert(INFO, hex(&info));
    checksums.insert(CONFIG, hex(config.as_bytes()));
    write_atomic(&info_file(folder), &info)?;
    checksums.write(folder)
}

/// Writes the results, after the checksums of all that belongs to them: `metrics_sha256` is that of the metrics as they were
/// written.
pub(crate) fn write_results(
    folder: &Path,
    results: &Results,
    metrics_sha256: String,
) -> Result<(), TrainError> {
    let bytes = serde_json::to_vec_pretty(results).expect("results are JSON");
    let mut checksums = checksums(folder)?.unwrap_or_default();
    for name in [CONFIG, INFO] {
        // A run of an earlier version gets its checksums when it ends.
        if !checksums.lists(name) {
            let path = folder.join(name);
            checksums.insert(name, hex(&std::fs::read(&path).map_err(TrainError::io(&path))?));
        }
    }
    if let Some(sha256) = &results.weights_sha256 {
        checksums.insert(WEIGHTS, sha256.clone());
    }
    checksums.insert(METRICS, metrics_sha256);
    checksums.insert(RESULTS, hex(&bytes));
    checksums.write(folder)?;
    Ok(write_atomic(&results_file(folder), &bytes)?)
}

/// Whether a run has been started in the folder.
///
/// # Errors
///
/// When something has been trained there, but its configuration is missing: it must not be trained again.
pub(crate) fn is_started(folder: &Path) -> Result<bool, TrainError> {
    let config = config_file(folder);
    if config.exists() {
        return Ok(true);
    }
    // A program that is killed while it starts leaves a first checkpoint and where the run comes from, nothing else.
    let traces = [
        METRICS,
        RESULTS,
        "timing.jsonl",
        "checkpoints/previous",
        "checkpoints/best",
    ];
    match traces.iter().find(|name| folder.join(name).exists()) {
        None => Ok(false),
        Some(trace) => {
            let message = format!(
                "is missing, but a run has been trained there ({trace}): put it back, or move the folder away"
            );
            Err(TrainError::missing(&config, message))
        }
    }
}

/// What is wrong with a finished run and does not change what it found: its best weights, its metrics by epoch, and
/// checkpoints that it does not need any more.
pub(crate) fn blemishes(folder: &Path) -> Vec<String> {
    let weights = read_checked(folder, WEIGHTS).err();
    let errors = (weights.into_iter())
        .chain(read_metrics(folder).err())
        .chain(Checkpoint::damage(&checkpoint::folder(folder)));
    errors
        .map(|error| format!("{error}; the results do not depend on it"))
        .collect()
}

/// The configuration of a run.
///
/// # Errors
///
/// When `folder` is no run, or its configuration is missing or damaged.
pub fn read_config<C: Config>(folder: &Path) -> Result<C, TrainError> {
    if !is_started(folder)? {
        return Err(TrainError::missing(folder, "is no run: it has no config.toml"));
    }
    let (path, bytes) = (config_file(folder), read_checked(folder, CONFIG)?);
    let text = String::from_utf8(bytes).map_err(|error| TrainError::damaged(&path, error.to_string()))?;
    config::recorded(&path.display().to_string(), &text)
}

/// A finished run's experiment, with its best weights.
///
/// # Errors
///
/// When `folder` is no run, the run has not finished, or its weights are damaged.
pub fn load<T: Task>(folder: &Path, device: &Device) -> Result<Trained<T>, TrainError> {
    let config = read_config(folder)?;
    let Some(results) = read_results(folder)? else {
        let unfinished = TrainError::Unfinished {
            path: folder.to_owned(),
        };
        return Err(lost_results(folder)?.unwrap_or(unfinished));
    };
    let run = Trained::<T>::new(config, device)?;
    check_data(folder, run.data())?;
    let path = weights_file(folder);
    let bytes = read_checked(folder, WEIGHTS)?;
    if let Some(expected) = results.weights_sha256 {
        verify(&path, &bytes, &hex(&bytes), &expected)?;
    }
    run.store()
        .load(&path)
        .map_err(|error| TrainError::damaged(&path, first_line(&error)))?;
    Ok(run)
}

/// Where a run comes from.
///
/// # Errors
///
/// When the file is missing or damaged.
pub fn read_info(folder: &Path) -> Result<RunInfo, TrainError> {
    parse(&info_file(folder), &read_checked(folder, INFO)?)
}

/// The name of the experiment of a run or session.
///
/// # Errors
///
/// When `folder` is neither, or its file is damaged.
pub fn experiment(folder: &Path) -> Result<String, TrainError> {
    #[derive(Deserialize)]
    struct Named {
        experiment: String,
    }
    if info_file(folder).exists() {
        return Ok(read_info(folder)?.experiment);
    }
    let path = session_file(folder);
    if !path.exists() {
        let message = "is no run and no session of runs: it has neither run.json nor session.json";
        return Err(TrainError::missing(folder, message));
    }
    let fields = manifest::read_sealed(&path)?;
    let named: Named = serde_json::from_value(fields.into())
        .map_err(|error| TrainError::damaged(&path, error.to_string()))?;
    Ok(named.experiment)
}

/// An error unless the data are those of the run.
pub(crate) fn check_data(folder: &Path, now: &DataInfo) -> Result<(), TrainError> {
    match read_info(folder)?.data {
        Some(then)
            if then.sha256 != now.sha256 || (then.classes.is_some() && then.classes != now.classes) =>
        {
            let describe =
                |data: &DataInfo| format!("{} (SHA-256 {})", data.description, short(&data.sha256));
            let message = format!(
                "the run was made with {}, but its configuration gives {} now",
                describe(&then),
                describe(now)
            );
            Err(TrainError::differs(folder, message))
        }
        _ => Ok(()),
    }
}

/// The results of a run, if it has finished.
///
/// # Errors
///
/// When the file is damaged.
pub fn read_results(folder: &Path) -> Result<Option<Results>, TrainError> {
    let path = results_file(folder);
    if !path.exists() {
        return Ok(None);
    }
    parse(&path, &read_checked(folder, RESULTS)?).map(Some)
}

/// If the results of a finished run are missing: an error that says so.
pub(crate) fn lost_results(folder: &Path) -> Result<Option<TrainError>, TrainError> {
    let path = results_file(folder);
    if path.exists() || !checksums(folder)?.is_some_and(|checksums| checksums.lists(RESULTS)) {
        return Ok(None);
    }
    let message = format!(
        "is missing, but the run had finished: --resume {} makes it again from the last checkpoint",
        folder.display()
    );
    Ok(Some(TrainError::missing(&path, message)))
}

/// An object of a file of JSON lines.
pub type JsonLine = serde_json::Map<String, serde_json::Value>;

/// The metrics of a run by epoch; none if there is no such file and no checksum of one.
///
/// # Errors
///
/// When the file is damaged, or missing in a finished run.
pub fn read_metrics(folder: &Path) -> Result<Vec<JsonLine>, TrainError> {
    let path = metrics_file(folder);
    if checksums(folder)?.is_some_and(|checksums| checksums.lists(METRICS)) {
        lines(&path, &read_checked(folder, METRICS)?)
    } else {
        read_lines(&path)
    }
}

/// The objects of a file of JSON lines; none if there is no such file. A last line without its end is left out: a
/// write was interrupted there.
///
/// # Errors
///
/// When a line is damaged.
pub fn read_lines<V: DeserializeOwned>(path: &Path) -> Result<Vec<V>, TrainError> {
    match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(TrainError::io(path)(error)),
        Ok(bytes) => lines(path, &bytes),
    }
}

fn lines<V: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<Vec<V>, TrainError> {
    let parse = |(index, line): (usize, &[u8])| {
        serde_json::from_slice(line)
            .map_err(|error| TrainError::damaged(path, format!("line {}: {error}", index + 1)))
    };
    let whole = &bytes[..whole_lines(bytes)];
    whole
        .split_inclusive(|&byte| byte == b'\n')
        .enumerate()
        .map(parse)
        .collect()
}

/// Bytes up to the end of the last line that has one.
pub(crate) fn whole_lines(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |end| end + 1)
}

/// A line of the timing file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Timing {
    pub(crate) epoch: u64,
    pub(crate) seconds: f64,
    pub(crate) breaking_seconds: f64,
    /// CRC-32C of the three above; none in runs of earlier versions.
    #[serde(default)]
    crc32c: Option<u32>,
}

impl Timing {
    pub(crate) fn new(epoch: u64, seconds: f64, breaking_seconds: f64) -> Self {
        let mut timing = Self {
            epoch,
            seconds,
            breaking_seconds,
            crc32c: None,
        };
        timing.crc32c = Some(timing.checksum());
        timing
    }

    fn checksum(&self) -> u32 {
        let words = [
            self.epoch,
            self.seconds.to_bits(),
            self.breaking_seconds.to_bits(),
        ];
        crc32c::crc32c(words.map(u64::to_le_bytes).as_flattened())
    }
}

/// Share of the training time that symmetry breaking took, over all epochs recorded.
///
/// # Errors
///
/// When the timing file is damaged, missing, or before its first line.
pub fn breaking_share(folder: &Path) -> Result<f64, TrainError> {
    let path = timing_file(folder);
    let bytes = std::fs::read(&path).map_err(TrainError::io(&path))?;
    if whole_lines(&bytes) < bytes.len() {
        // What a kill cuts off is removed when the run is continued.
        return Err(TrainError::damaged(&path, "its last line has no end"));
    }
    let lines: Vec<Timing> = lines(&path, &bytes)?;
    for (index, line) in lines.iter().enumerate() {
        if line.crc32c.is_some_and(|found| found != line.checksum()) {
            let message = format!("line {}: is damaged: its checksum is another", index + 1);
            return Err(TrainError::damaged(&path, message));
        }
    }
    let seconds: f64 = lines.iter().map(|line| line.seconds).sum();
    let breaking: f64 = lines.iter().map(|line| line.breaking_seconds).sum();
    if seconds > 0.0 {
        return Ok(breaking / seconds);
    }
    Err(TrainError::missing(&path, "holds no time of an epoch"))
}
