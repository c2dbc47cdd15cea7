//! The training loop: steps, evaluation, checkpoints, exact resumption.

use crate::checkpoint::{self, Checkpoint, Progress, Tensors};
use crate::config::{Config, to_toml};
use crate::error::first_line;
use crate::files::{hex, write_atomic};
use crate::harness::Trained;
use crate::observe::{Event, Observer};
use crate::run::{Results, RunInfo};
use crate::task::{Part, Task};
use crate::{TrainError, run};
use serde_json::{Map, Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use sympe_nn::optim::Optimizer;

/// Draw numbers of evaluations, apart from those of validation, which are epochs.
const TEST_DRAW: u64 = 1 << 32;

/// Trains in a new run folder.
///
/// # Errors
///
/// When the folder holds a run already; those of [`resume`].
pub fn train<T: Task>(
    experiment: &Trained<T>,
    folder: &Path,
    info: &RunInfo,
    observer: &mut dyn Observer,
) -> Result<Results, TrainError> {
    let config = run::config_file(folder);
    if config.exists() {
        return Err(TrainError::Exists {
            path: folder.to_owned(),
            what: "run",
        });
    }
    let checkpoints = checkpoint::folder(folder);
    fs::create_dir_all(&checkpoints).map_err(TrainError::io(&checkpoints))?;
    let info = serde_json::to_vec_pretty(info).expect("run information is JSON");
    write_atomic(&run::info_file(folder), &info)?;
    let mut training = Training::start(experiment, folder)?;
    // The configuration comes last: a folder that has it has everything, and can be resumed.
    training.save()?;
    write_atomic(&config, to_toml(experiment.config()).as_bytes())?;
    training.run(observer)
}

/// Continues the run in `folder` from its last whole checkpoint: weights and metrics will be those of a run that was
/// never interrupted, bit for bit on the CPU.
///
/// # Errors
///
/// When the data are not those of the run; when no checkpoint is whole or fits the model; when a step yields a gradient that is not finite; I/O errors.
pub fn resume<T: Task>(
    experiment: &Trained<T>,
    folder: &Path,
    observer: &mut dyn Observer,
) -> Result<Results, TrainError> {
    run::check_data(folder, experiment.data())?;
    let checkpoint = Checkpoint::load(&checkpoint::folder(folder), |message| {
        observer.observe(&Event::Warning { message: &message });
    })?;
    let mut training = Training::start(experiment, folder)?;
    training.restore(checkpoint)?;
    training.run(observer)
}

/// A training in progress.
struct Training<'a, T: Task> {
    experiment: &'a Trained<T>,
    folder: &'a Path,
    optimizer: Optimizer,
    progress: Progress,
    best: Tensors,
}

impl<'a, T: Task> Training<'a, T> {
    fn start(experiment: &'a Trained<T>, folder: &'a Path) -> Result<Self, TrainError> {
        let total = experiment.config().training().epochs * experiment.batches_per_epoch();
        let optimizer = Optimizer::new(experiment.store().vars(), *experiment.config().optimizer(), total)?;
        Ok(Self {
            experiment,
            folder,
            optimizer,
            progress: Progress::default(),
            best: Tensors::new(),
        })
    }

    fn restore(&mut self, checkpoint: Checkpoint) -> Result<(), TrainError> {
        let damaged = |error: candle_core::Error| {
            let message = format!("does not fit the model: {}", first_line(&error));
            TrainError::damaged(&checkpoint::folder(self.folder), message)
        };
        self.experiment
            .store()
            .restore(&checkpoint.weights)
            .map_err(damaged)?;
        self.optimizer
            .restore(&checkpoint.optimizer, checkpoint.progress.step)
            .map_err(damaged)?;
        self.best = checkpoint.best;
        self.progress = checkpoint.progress;
        // A write that was interrupted must not become the start of the next line.
        let timing = run::timing_file(self.folder);
        if timing.exists() {
            let bytes = fs::read(&timing).map_err(TrainError::io(&timing))?;
            truncate(&timing, run::whole_lines(&bytes) as u64)?;
        }
        // What was recorded after the checkpoint will be recorded again.
        let path = run::metrics_file(self.folder);
        let wanted = self.progress.metrics_bytes;
        if wanted == 0 && !path.exists() {
            return Ok(());
        }
        let length = fs::metadata(&path).map_err(TrainError::io(&path))?.len();
        if length < wanted {
            let message = format!("has {length} bytes, but the checkpoint was made when it had {wanted}");
            return Err(TrainError::damaged(&path, message));
        }
        truncate(&path, wanted)
    }

    fn save(&self) -> Result<(), TrainError> {
        Checkpoint {
            progress: self.progress.clone(),
            weights: self.experiment.store().snapshot()?,
            best: self.best.clone(),
            optimizer: self.optimizer.state()?,
        }
        .save(&checkpoint::folder(self.folder))
    }

    fn run(&mut self, observer: &mut dyn Observer) -> Result<Results, TrainError> {
        let epochs = self.experiment.config().training().epochs;
        let steps = epochs * self.experiment.batches_per_epoch();
        observer.observe(&Event::Started {
            steps,
            step: self.progress.step,
        });
        while self.progress.epoch < epochs {
            self.epoch(observer)?;
        }
        let results = self.finish()?;
        observer.observe(&Event::Finished { results: &results });
        Ok(results)
    }

    fn epoch(&mut self, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let experiment = self.experiment;
        let (start, breaking_before) = (Instant::now(), experiment.breaking_seconds());
        let epoch = self.progress.epoch;
        for batch in experiment.epoch(epoch, self.progress.batch) {
            let rate = self.optimizer.rate();
            let loss = experiment.loss(&batch?, epoch)?;
            self.optimizer.step(&loss.backward()?)?;
            let loss = f64::from(loss.to_scalar::<f32>()?);
            self.progress.loss_sum += loss;
            self.progress.batch += 1;
            self.progress.step = self.optimizer.steps();
            observer.observe(&Event::Step {
                epoch,
                step: self.progress.step,
                loss,
                rate,
            });
            let at_end = self.progress.batch == experiment.batches_per_epoch();
            if self
                .progress
                .step
                .is_multiple_of(experiment.config().training().checkpoint_every)
                && !at_end
            {
                self.save()?;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let breaking = experiment.breaking_seconds() - breaking_before;
        append(
            &run::timing_file(self.folder),
            &json!({"epoch": epoch, "seconds": seconds, "breaking_seconds": breaking}),
        )?;

        // Where the weights are averaged, the average is what is evaluated and kept.
        let kept = match self.optimizer.averages() {
            Some(averages) => {
                let kept = experiment.store().snapshot()?;
                experiment.store().restore(&averages)?;
                Some(kept)
            }
            None => None,
        };
        let metrics = experiment.evaluate(experiment.part(Part::Validation), epoch)?;
        let (_, selected) = metrics[0];
        if self.progress.best.is_none_or(|(_, best)| selected < best) {
            self.progress.best = Some((epoch, selected));
            self.best = experiment.store().snapshot()?;
        }
        if let Some(kept) = kept {
            experiment.store().restore(&kept)?;
        }
        let train_loss = self.progress.loss_sum / self.progress.batch.max(1) as f64;
        let mut line = Map::from_iter([
            ("epoch".to_owned(), json!(epoch)),
            ("step".to_owned(), json!(self.progress.step)),
            ("train_loss".to_owned(), json!(train_loss)),
        ]);
        line.extend(
            metrics
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value))),
        );
        self.progress.metrics_bytes = append(&run::metrics_file(self.folder), &Value::Object(line))?;
        self.progress.epoch += 1;
        self.progress.batch = 0;
        self.progress.loss_sum = 0.0;
        self.save()?;
        observer.observe(&Event::Epoch {
            epoch,
            step: self.progress.step,
            train_loss,
            metrics: &metrics,
        });
        Ok(())
    }

    /// Evaluates the best weights on the test set. They stay in the model; the last ones are in the last checkpoint.
    fn finish(&mut self) -> Result<Results, TrainError> {
        let experiment = self.experiment;
        let Some((best_epoch, validation)) = self.progress.best else {
            return Err(TrainError::missing(self.folder, "no epoch was evaluated"));
        };
        experiment.store().restore(&self.best)?;
        let path = run::weights_file(self.folder);
        let best = path.parent().unwrap_or(self.folder);
        fs::create_dir_all(best).map_err(TrainError::io(best))?;
        let weights = checkpoint::serialize(&self.best)?;
        write_atomic(&path, &weights)?;
        let test = experiment.evaluate(experiment.part(Part::Test), TEST_DRAW)?;
        let results = Results {
            epochs: self.progress.epoch,
            steps: self.progress.step,
            parameters: experiment.store().count(),
            best_epoch,
            validation,
            test: test
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            weights_sha256: Some(hex(&weights)),
        };
        write_atomic(
            &run::results_file(self.folder),
            &serde_json::to_vec_pretty(&results).expect("results are JSON"),
        )?;
        Ok(results)
    }
}

fn truncate(path: &Path, length: u64) -> Result<(), TrainError> {
    OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.set_len(length).and_then(|()| file.sync_all()))
        .map_err(TrainError::io(path))
}

/// Appends a line of JSON and waits until it is on the disk; returns the length of the file.
fn append(path: &Path, line: &Value) -> Result<u64, TrainError> {
    let write = || {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    };
    write().map_err(TrainError::io(path))
}
