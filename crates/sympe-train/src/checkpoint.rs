//! Checkpoints that survive a kill at any moment.
//!
//! A checkpoint is a folder: weights, best weights, optimizer state (safetensors) and `state.json` with the progress and
//! a SHA-256 of each file. It is written under a temporary name, synced, and renamed; the one before stays as
//! `previous`, so that a damaged `last` costs one interval, not the run.

use crate::TrainError;
use crate::communicator::Communicator;
use crate::files::{hex, remove, sync_folder, verify, write_synced};
use crate::number;
use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// Named tensors.
pub(crate) type Tensors = HashMap<String, Tensor>;

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Progress {
    /// Optimizer steps made.
    pub(crate) step: u64,
    /// The epoch in progress, from 0.
    pub(crate) epoch: u64,
    /// The next batch of that epoch.
    pub(crate) batch: u64,
    /// Sum of the training losses of that epoch so far.
    #[serde(with = "number::float")]
    pub(crate) loss_sum: f64,
    /// The best epoch so far and its validation metric. It is NaN only in checkpoints of earlier versions.
    #[serde(with = "number::best")]
    pub(crate) best: Option<(u64, f64)>,
    /// Length of `metrics.jsonl` in bytes.
    pub(crate) metrics_bytes: u64,
    /// SHA-256 of these bytes; none in checkpoints of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metrics_sha256: Option<String>,
}

/// What a checkpoint holds.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    /// How far the run is.
    pub(crate) progress: Progress,
    /// The parameters.
    pub(crate) weights: Tensors,
    /// The parameters of the best epoch; empty before the first evaluation.
    pub(crate) best: Tensors,
    /// The optimizer's moments.
    pub(crate) optimizer: Tensors,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    progress: Progress,
    /// File name to SHA-256.
    sha256: BTreeMap<String, String>,
    /// SHA-256 of the two above; none in checkpoints of earlier versions.
    #[serde(default)]
    seal: Option<String>,
}

impl State {
    fn seal(&self) -> String {
        hex(&serde_json::to_vec(&(&self.progress, &self.sha256)).expect("a state is JSON"))
    }
}

const STATE: &str = "state.json";

impl Checkpoint {
    /// Writes the checkpoint as `folder/last`, keeping the one before as `folder/previous`.
    ///
    /// # Errors
    ///
    /// When a file cannot be written: the error names it, and earlier checkpoints are untouched.
    pub(crate) fn save(&self, folder: &Path) -> Result<(), TrainError> {
        let next = folder.join("next");
        remove(&next)?;
        fs::create_dir_all(&next).map_err(TrainError::io(&next))?;
        let mut sha256 = BTreeMap::new();
        for (name, tensors) in self.parts() {
            let bytes = serialize(tensors)?;
            write_synced(&next.join(name), &bytes)?;
            sha256.insert(name.to_owned(), hex(&bytes));
        }
        let mut state = State {
            progress: self.progress.clone(),
            sha256,
            seal: None,
        };
        state.seal = Some(state.seal());
        let json = serde_json::to_vec_pretty(&state).expect("a state is JSON");
        write_synced(&next.join(STATE), &json)?;
        sync_folder(&next)?;
        let (last, previous) = (folder.join("last"), folder.join("previous"));
        if last.exists() {
            remove(&previous)?;
            fs::rename(&last, &previous).map_err(TrainError::io(&last))?;
        }
        fs::rename(&next, &last).map_err(TrainError::io(&next))?;
        sync_folder(folder)
    }

    /// Sends it to all other processes.
    ///
    /// # Errors
    ///
    /// When one of them is gone.
    pub(crate) fn send(&self, world: &dyn Communicator) -> Result<(), TrainError> {
        if world.size() == 1 {
            return Ok(());
        }
        world.share(self.progress.clone())?;
        for (_, tensors) in self.parts() {
            world.broadcast(&mut serialize(tensors)?)?;
        }
        Ok(())
    }

    /// The one that the first process [sends](Self::send).
    ///
    /// # Errors
    ///
    /// When a process is gone.
    pub(crate) fn receive(world: &dyn Communicator) -> Result<Self, TrainError> {
        let progress = world.share(Progress::default())?;
        let tensors = || -> Result<Tensors, TrainError> {
            let mut bytes = Vec::new();
            world.broadcast(&mut bytes)?;
            Ok(candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)?)
        };
        Ok(Self {
            progress,
            weights: tensors()?,
            best: tensors()?,
            optimizer: tensors()?,
        })
    }

    fn parts(&self) -> [(&'static str, &Tensors); 3] {
        [
            ("weights.safetensors", &self.weights),
            ("best.safetensors", &self.best),
            ("optimizer.safetensors", &self.optimizer),
        ]
    }

    /// Reads the newest checkpoint of `folder` that is whole. Calls `warn` with what is wrong with those that are not.
    ///
    /// # Errors
    ///
    /// When none is whole; the message names all that were tried.
    pub(crate) fn load(folder: &Path, mut warn: impl FnMut(String)) -> Result<Self, TrainError> {
        let mut reasons = Vec::new();
        let last = folder.join("last");
        // Between the two renames of a save there is no `last`, but `next` is complete.
        for name in ["last", "next", "previous"] {
            let path = folder.join(name);
            if !path.exists() {
                continue;
            }
            match Self::read(&path) {
                Ok(checkpoint) => {
                    if name == "previous" && !last.exists() {
                        reasons.push(format!("{}: is missing", last.display()));
                    }
                    for reason in &reasons {
                        warn(format!("{reason}; continuing from {}", path.display()));
                    }
                    if name != "last" && last.exists() {
                        // Out of the way: the next save would make it `previous`, in place of the whole one.
                        let damaged = folder.join("damaged");
                        remove(&damaged)?;
                        fs::rename(&last, &damaged).map_err(TrainError::io(&last))?;
                    }
                    return Ok(checkpoint);
                }
                // An unfinished `next` is what a kill leaves behind: nothing to report.
                Err(_) if name == "next" => {}
                Err(error) => reasons.push(error.to_string()),
            }
        }
        let message = match reasons.len() {
            0 => "holds no checkpoint".to_owned(),
            _ => format!("holds no checkpoint that is whole: {}", reasons.join("; ")),
        };
        Err(TrainError::missing(folder, message))
    }

    /// What is wrong with the checkpoints that are in `folder`.
    pub(crate) fn damage(folder: &Path) -> Vec<TrainError> {
        let there = ["last", "previous"].map(|name| folder.join(name));
        let there = there.iter().filter(|path| path.exists());
        there.filter_map(|path| Self::read(path).err()).collect()
    }

    fn read(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join(STATE);
        let text = fs::read(&path).map_err(TrainError::io(&path))?;
        let state: State =
            serde_json::from_slice(&text).map_err(|error| TrainError::damaged(&path, error.to_string()))?;
        if let Some(expected) = &state.seal {
            verify(&path, &text, &state.seal(), expected)?;
        }
        let tensors = |name: &str| -> Result<Tensors, TrainError> {
            let path = folder.join(name);
            let bytes = fs::read(&path).map_err(TrainError::io(&path))?;
            let Some(expected) = state.sha256.get(name) else {
                return Err(TrainError::damaged(
                    &folder.join(STATE),
                    format!("has no checksum of {name}"),
                ));
            };
            verify(&path, &bytes, &hex(&bytes), expected)?;
            candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
                .map_err(|error| TrainError::damaged(&path, error.to_string()))
        };
        Ok(Self {
            weights: tensors("weights.safetensors")?,
            best: tensors("best.safetensors")?,
            optimizer: tensors("optimizer.safetensors")?,
            progress: state.progress,
        })
    }
}

/// Safetensors bytes, in order of names.
pub(crate) fn serialize(tensors: &Tensors) -> Result<Vec<u8>, TrainError> {
    let host = tensors
        .iter()
        .map(|(name, tensor)| Ok((name.clone(), tensor.to_device(&Device::Cpu)?)));
    let host = host.collect::<Result<BTreeMap<String, Tensor>, candle_core::Error>>()?;
    safetensors::serialize(&host, None).map_err(|error| candle_core::Error::from(error).into())
}

/// The folder of the checkpoints of a run.
#[must_use]
pub(crate) fn folder(run: &Path) -> PathBuf {
    run.join("checkpoints")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(step: u64) -> Checkpoint {
        let tensor = |value: f32| Tensor::new(&[value, 2.0], &Device::Cpu).unwrap();
        let tensors = |value: f32| Tensors::from([("w".to_owned(), tensor(value))]);
        let progress = Progress {
            step,
            best: Some((1, 0.1 + 0.2)),
            loss_sum: 1.0 / 3.0,
            ..Default::default()
        };
        Checkpoint {
            progress,
            weights: tensors(step as f32),
            best: Tensors::new(),
            optimizer: tensors(-1.0),
        }
    }

    #[test]
    fn a_checkpoint_round_trips_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        checkpoint(7).save(folder.path()).unwrap();
        let loaded = Checkpoint::load(folder.path(), |warning| panic!("{warning}")).unwrap();
        assert_eq!(loaded.progress, checkpoint(7).progress);
        assert_eq!(loaded.weights["w"].to_vec1::<f32>().unwrap(), [7.0, 2.0]);
        assert!(loaded.best.is_empty());
    }

    #[test]
    fn a_checkpoint_of_metrics_that_are_no_numbers_is_whole() {
        for (loss, metric) in [
            (f64::INFINITY, f64::INFINITY),
            (f64::NAN, f64::NEG_INFINITY),
            // As an earlier version wrote what was infinite.
            (1.0, f64::NAN),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut written = checkpoint(3);
            written.progress.loss_sum = loss;
            written.progress.best = Some((2, metric));
            written.save(folder.path()).unwrap();
            let read = Checkpoint::load(folder.path(), |warning| panic!("{warning}")).unwrap();
            let (epoch, found) = read.progress.best.unwrap();
            let bits = |value: f64| (value.is_nan(), value.to_bits() >> 63);
            assert_eq!(
                (epoch, bits(found), bits(read.progress.loss_sum)),
                (2, bits(metric), bits(loss))
            );
        }
    }

    #[test]
    fn damage_falls_back_to_the_one_before_and_says_so() {
        for damage in ["truncate", "flip", "remove", "state", "digit", "seal", "missing"] {
            let folder = tempfile::tempdir().unwrap();
            checkpoint(1).save(folder.path()).unwrap();
            checkpoint(2).save(folder.path()).unwrap();
            let file = folder.path().join("last/weights.safetensors");
            let mut bytes = fs::read(&file).unwrap();
            match damage {
                "truncate" => fs::write(&file, &bytes[..bytes.len() / 2]).unwrap(),
                "flip" => {
                    *bytes.last_mut().unwrap() ^= 1;
                    fs::write(&file, &bytes).unwrap();
                }
                "remove" => fs::remove_file(&file).unwrap(),
                "missing" => fs::remove_dir_all(folder.path().join("last")).unwrap(),
                damage => {
                    let file = folder.path().join("last/state.json");
                    let text = fs::read_to_string(&file).unwrap();
                    let text = match damage {
                        "state" => "{".to_owned(),
                        "digit" => text.replace("\"step\": 2", "\"step\": 3"),
                        _ => text.replace("\"seal\": \"", "\"seal\": \"ü"),
                    };
                    fs::write(file, text).unwrap();
                }
            }
            let mut warnings = Vec::new();
            let loaded = Checkpoint::load(folder.path(), |warning| warnings.push(warning)).unwrap();
            assert_eq!(loaded.progress.step, 1, "{damage}");
            assert_eq!(warnings.len(), 1, "{damage}");
            assert!(
                warnings[0].contains("last") && warnings[0].contains("continuing from"),
                "{}",
                warnings[0]
            );
        }
    }

    #[test]
    fn interrupted_saves_leave_something_to_load() {
        let folder = tempfile::tempdir().unwrap();
        checkpoint(1).save(folder.path()).unwrap();
        // Killed while writing: `next` is unfinished.
        fs::create_dir(folder.path().join("next")).unwrap();
        assert_eq!(
            Checkpoint::load(folder.path(), |w| panic!("{w}"))
                .unwrap()
                .progress
                .step,
            1
        );
        checkpoint(2).save(folder.path()).unwrap();
        // Killed between the two renames: there is no `last`, but `next` is whole.
        fs::rename(folder.path().join("last"), folder.path().join("next")).unwrap();
        assert_eq!(
            Checkpoint::load(folder.path(), |w| panic!("{w}"))
                .unwrap()
                .progress
                .step,
            2
        );
    }

    #[test]
    fn nothing_whole_is_an_error_that_names_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let message = Checkpoint::load(folder.path(), |_| ()).unwrap_err().to_string();
        assert!(message.ends_with("holds no checkpoint"), "{message}");
        checkpoint(1).save(folder.path()).unwrap();
        fs::write(folder.path().join("last/optimizer.safetensors"), "").unwrap();
        let message = Checkpoint::load(folder.path(), |_| ()).unwrap_err().to_string();
        assert!(
            message.contains("optimizer.safetensors") && message.contains("0 bytes"),
            "{message}"
        );
    }
}
