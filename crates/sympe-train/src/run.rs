//! The folder of a run: what is in it, and how it is read back.

use crate::TrainError;
use crate::config::{Config, Layers};
use crate::experiment::Experiment;
use candle_core::Device;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use sympe_nn::device::DeviceSpec;

/// Where a run comes from: what is needed to repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The experiment.
    pub experiment: String,
    /// The version of this program.
    pub version: String,
    /// The commit of the source, where git knows it.
    pub git: Option<String>,
    /// The device.
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
    pub fn new(experiment: &str, device: DeviceSpec, seed: u64) -> Self {
        let git = std::process::Command::new("git")
            .args(["rev-parse", "HEAD"])
            .output()
            .ok();
        let git = git
            .filter(|output| output.status.success())
            .and_then(|output| String::from_utf8(output.stdout).ok());
        Self {
            experiment: experiment.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            git: git.map(|hash| hash.trim().to_owned()),
            device: device.to_string(),
            seed,
            command: std::env::args().collect(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// What a finished run found: bit for bit the same for every repetition.
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
        return Err(TrainError::damaged(folder, "is no run: it has no config.toml"));
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
pub fn load<E: Experiment>(folder: &Path, device: &Device) -> Result<E, TrainError> {
    let config = read_config(folder)?;
    if read_results(folder)?.is_none() {
        let message = format!("has not finished: continue it with --resume {}", folder.display());
        return Err(TrainError::damaged(folder, message));
    }
    let experiment = E::new(config, device)?;
    let path = weights_file(folder);
    let message = |error: candle_core::Error| error.to_string().lines().next().unwrap_or_default().to_owned();
    experiment
        .store()
        .load(&path)
        .map_err(|error| TrainError::damaged(&path, message(error)))?;
    Ok(experiment)
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

/// The objects of a file of JSON lines; none if there is no such file.
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
    text.lines().enumerate().map(parse).collect()
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
