//! The folder of a run: what is in it, and how it is read back.

use crate::TrainError;
use crate::config::{Config, Layers};
use crate::error::first_line;
use crate::files::{hex, short, verify};
use crate::harness::Trained;
use crate::task::{DataInfo, Task};
use candle_core::Device;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    pub validation: f64,
    /// Metrics on the test set, with the weights of that epoch.
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

/// The resolved configuration.
#[must_use]
pub fn config_file(folder: &Path) -> PathBuf {
    folder.join("config.toml")
}

/// The runs of a folder that holds several.
#[must_use]
pub fn session_file(folder: &Path) -> PathBuf {
    folder.join("session.json")
}

/// The weights of the best epoch.
#[must_use]
pub fn weights_file(folder: &Path) -> PathBuf {
    folder.join("checkpoints/best/weights.safetensors")
}

/// One line per epoch; no wall-clock times, so that repetitions are equal byte for byte.
#[must_use]
pub fn metrics_file(folder: &Path) -> PathBuf {
    folder.join("metrics.jsonl")
}

/// One line per epoch: seconds, and how many of them symmetry breaking took.
#[must_use]
pub fn timing_file(folder: &Path) -> PathBuf {
    folder.join("timing.jsonl")
}

/// Where a run comes from.
#[must_use]
pub fn info_file(folder: &Path) -> PathBuf {
    folder.join("run.json")
}

/// What a finished run found.
#[must_use]
pub fn results_file(folder: &Path) -> PathBuf {
    folder.join("results.json")
}

/// The configuration of a run.
///
/// # Errors
///
/// When `folder` is no run, or its configuration is damaged.
pub fn read_config<C: Config>(folder: &Path) -> Result<C, TrainError> {
    let path = config_file(folder);
    if !path.exists() {
        return Err(TrainError::missing(folder, "is no run: it has no config.toml"));
    }
    let mut layers = Layers::default();
    layers.file(&path)?;
    layers.resolve()
}

/// A finished run's experiment, with its best weights.
///
/// # Errors
///
/// When `folder` is no run, the run has not finished, or its weights are damaged.
pub fn load<T: Task>(folder: &Path, device: &Device) -> Result<Trained<T>, TrainError> {
    let config = read_config(folder)?;
    let Some(results) = read_results(folder)? else {
        return Err(TrainError::Unfinished {
            path: folder.to_owned(),
        });
    };
    let run = Trained::<T>::new(config, device)?;
    check_data(folder, run.data())?;
    let path = weights_file(folder);
    if let Some(expected) = results.weights_sha256 {
        let bytes = std::fs::read(&path).map_err(TrainError::io(&path))?;
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
    let path = info_file(folder);
    let bytes = std::fs::read(&path).map_err(TrainError::io(&path))?;
    serde_json::from_slice(&bytes).map_err(|error| TrainError::damaged(&path, error.to_string()))
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
    let files = [info_file(folder), session_file(folder)];
    let Some(path) = files.iter().find(|path| path.exists()) else {
        let message = "is no run and no session of runs: it has neither run.json nor session.json";
        return Err(TrainError::missing(folder, message));
    };
    let bytes = std::fs::read(path).map_err(TrainError::io(path))?;
    let named: Named =
        serde_json::from_slice(&bytes).map_err(|error| TrainError::damaged(path, error.to_string()))?;
    Ok(named.experiment)
}

/// An error unless the data are those of the run.
pub(crate) fn check_data(folder: &Path, now: &DataInfo) -> Result<(), TrainError> {
    match read_info(folder)?.data {
        Some(then) if then.sha256 != now.sha256 => {
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
    match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TrainError::Io { path, source }),
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| TrainError::damaged(&path, error.to_string())),
    }
}

/// The objects of a file of JSON lines; none if there is no such file. A last line without its end is left out: a
/// write was interrupted there.
///
/// # Errors
///
/// When a line is damaged.
pub fn read_lines(path: &Path) -> Result<Vec<serde_json::Map<String, serde_json::Value>>, TrainError> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(TrainError::Io {
                path: path.to_owned(),
                source,
            });
        }
        Ok(text) => text,
    };
    let parse = |(index, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|error| TrainError::damaged(path, format!("line {}: {error}", index + 1)))
    };
    text[..whole_lines(text.as_bytes())]
        .lines()
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

/// Share of the training time that symmetry breaking took, over all epochs recorded; `None` before the first.
///
/// # Errors
///
/// When the timing file is damaged.
pub fn breaking_share(folder: &Path) -> Result<Option<f64>, TrainError> {
    let lines = read_lines(&timing_file(folder))?;
    let sum = |key: &str| {
        lines
            .iter()
            .filter_map(|line| line.get(key)?.as_f64())
            .sum::<f64>()
    };
    let seconds = sum("seconds");
    Ok((seconds > 0.0).then(|| sum("breaking_seconds") / seconds))
}
