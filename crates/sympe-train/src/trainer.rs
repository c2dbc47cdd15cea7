//! The training loop: steps, evaluation, checkpoints, exact resumption.

use crate::checkpoint::{self, Checkpoint, Progress, Tensors};
use crate::config::{Config, to_toml};
use crate::error::first_line;
use crate::files::{append_line, hex, remove, short, to_hex, truncate, write_atomic};
use crate::harness::Trained;
use crate::observe::{Event, Observer};
use crate::run::{JsonLine, Results, RunInfo, Timing};
use crate::task::{Part, Task};
use crate::{TrainError, number, run};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::time::Instant;
use sympe_nn::optim::Optimizer;

/// The draw number of the test metrics of a run; those of validation are epochs.
pub const TEST_DRAW: u64 = 1 << 32;

/// Trains in a new run folder.
///
/// # Errors
///
/// When the folder holds a run already, or what is left of one; those of [`resume`].
pub fn train<T: Task>(
    experiment: &Trained<T>,
    folder: &Path,
    info: &RunInfo,
    observer: &mut dyn Observer,
) -> Result<Results, TrainError> {
    let config = to_toml(experiment.config());
    let world = experiment.world();
    check_processes(experiment)?;
    if !world.is_first() {
        return Training::start(experiment, folder)?.run(observer);
    }
    if run::is_started(folder)? {
        return Err(TrainError::Exists {
            path: folder.to_owned(),
            what: "run",
        });
    }
    let checkpoints = checkpoint::folder(folder);
    // Of a program that was killed while it started.
    remove(&checkpoints)?;
    fs::create_dir_all(&checkpoints).map_err(TrainError::io(&checkpoints))?;
    run::write_start(folder, info, &config)?;
    let mut training = Training::start(experiment, folder)?;
    // The configuration comes last: a folder that has it has everything, and can be resumed.
    training.save()?;
    write_atomic(&run::config_file(folder), config.as_bytes())?;
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
    let world = experiment.world();
    check_processes(experiment)?;
    let mut training = Training::start(experiment, folder)?;
    if !world.is_first() {
        training.restore(Checkpoint::receive(world)?)?;
        return training.run(observer);
    }
    run::check_data(folder, experiment.data())?;
    if let Some(error) = run::lost_results(folder)? {
        let message = error.to_string();
        observer.observe(&Event::Warning { message: &message });
    }
    let checkpoint = Checkpoint::load(&checkpoint::folder(folder), |message| {
        observer.observe(&Event::Warning { message: &message });
    })?;
    checkpoint.send(world)?;
    training.restore(checkpoint)?;
    training.recall_metrics()?;
    training.run(observer)
}

/// An error unless all processes have the configuration and the data of the first.
fn check_processes<T: Task>(experiment: &Trained<T>) -> Result<(), TrainError> {
    let world = experiment.world();
    let own = (to_toml(experiment.config()), experiment.data().clone());
    let first = world.share(own.clone())?;
    if own == first {
        return Ok(());
    }
    let mut lines = own.0.lines().zip(first.0.lines());
    let message = match lines.find(|(own, first)| own != first) {
        Some((own, first)) => format!("has {own}, process 0 has {first}"),
        None => format!(
            "has {} (SHA-256 {}), process 0 has {} (SHA-256 {})",
            own.1.description,
            short(&own.1.sha256),
            first.1.description,
            short(&first.1.sha256)
        ),
    };
    Err(TrainError::config(format!("process {}", world.rank()), message))
}

/// A training in progress.
struct Training<'a, T: Task> {
    experiment: &'a Trained<T>,
    folder: &'a Path,
    optimizer: Optimizer,
    progress: Progress,
    best: Tensors,
    /// Of the bytes of the metrics.
    metrics: Sha256,
}

impl<'a, T: Task> Training<'a, T> {
    fn start(experiment: &'a Trained<T>, folder: &'a Path) -> Result<Self, TrainError> {
        let total = total_steps(experiment)?;
        let optimizer = Optimizer::new(experiment.store().vars(), *experiment.config().optimizer(), total)?;
        Ok(Self {
            experiment,
            folder,
            optimizer,
            progress: Progress::default(),
            best: Tensors::new(),
            metrics: Sha256::new(),
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
        Ok(())
    }

    /// Takes the files back to where they were at the checkpoint.
    fn recall_metrics(&mut self) -> Result<(), TrainError> {
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
        let mut recorded = fs::read(&path).map_err(TrainError::io(&path))?;
        recorded.truncate(wanted as usize);
        self.metrics.update(&recorded);
        let (found, expected) = (self.metrics_sha256(), &self.progress.metrics_sha256);
        if let Some(expected) = expected.as_ref().filter(|expected| **expected != found) {
            let message = format!(
                "is damaged: its first {wanted} bytes have SHA-256 {}, the checkpoint was made when it was {}",
                short(&found),
                short(expected)
            );
            return Err(TrainError::damaged(&path, message));
        }
        truncate(&path, wanted)
    }

    fn metrics_sha256(&self) -> String {
        to_hex(&self.metrics.clone().finalize())
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
        let steps = total_steps(self.experiment)?;
        observer.observe(&Event::Started {
            steps,
            step: self.progress.step,
        });
        while self.progress.epoch < epochs {
            self.epoch(observer)?;
        }
        // The others wait for what the first one finds.
        let world = self.experiment.world();
        let results = world.is_first().then(|| self.finish()).transpose()?;
        let results = world.share(results)?.expect("the first process has results");
        observer.observe(&Event::Finished { results: &results });
        Ok(results)
    }

    fn epoch(&mut self, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let experiment = self.experiment;
        let (start, breaking_before) = (Instant::now(), experiment.breaking_seconds());
        let epoch = self.progress.epoch;
        for batch in experiment.epoch(epoch, self.progress.batch) {
            let rate = self.optimizer.rate();
            let (loss, gradients) = experiment.gradients(&batch?, epoch, self.progress.batch)?;
            self.optimizer.step(&gradients)?;
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
                && experiment.world().is_first()
            {
                self.save()?;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let breaking = experiment.breaking_seconds() - breaking_before;
        if experiment.world().is_first() {
            self.conclude(Timing::new(epoch, seconds, breaking), observer)?;
        } else {
            self.next_epoch();
        }
        Ok(())
    }

    fn next_epoch(&mut self) {
        self.progress.epoch += 1;
        self.progress.batch = 0;
        self.progress.loss_sum = 0.0;
    }

    /// Evaluates and records an epoch that has come to its end.
    fn conclude(&mut self, timing: Timing, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let (experiment, epoch) = (self.experiment, self.progress.epoch);
        append_line(&run::timing_file(self.folder), &timing)?;

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
        if is_better(selected, self.progress.best) {
            self.progress.best = Some((epoch, selected));
            self.best = experiment.store().snapshot()?;
        }
        if let Some(kept) = kept {
            experiment.store().restore(&kept)?;
        }
        let train_loss = self.progress.loss_sum / self.progress.batch.max(1) as f64;
        let mut line = JsonLine::from_iter([
            ("epoch".to_owned(), json!(epoch)),
            ("step".to_owned(), json!(self.progress.step)),
            ("train_loss".to_owned(), number::json(train_loss)),
        ]);
        line.extend(
            metrics
                .iter()
                .map(|(name, value)| ((*name).to_owned(), number::json(*value))),
        );
        let written = append_line(&run::metrics_file(self.folder), &line)?;
        self.metrics.update(&written);
        self.progress.metrics_bytes += written.len() as u64;
        self.progress.metrics_sha256 = Some(self.metrics_sha256());
        self.next_epoch();
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
            let message = "no epoch has a validation metric that is a number: there are no best weights";
            return Err(TrainError::missing(self.folder, message));
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
        run::write_results(self.folder, &results, self.metrics_sha256())?;
        Ok(results)
    }
}

/// Optimizer steps of the whole training.
///
/// # Errors
///
/// When they cannot be counted.
pub(crate) fn total_steps<T: Task>(experiment: &Trained<T>) -> Result<u64, TrainError> {
    let (epochs, batches) = (
        experiment.config().training().epochs,
        experiment.batches_per_epoch(),
    );
    epochs.checked_mul(batches).ok_or_else(|| {
        let message = format!("{epochs} epochs of {batches} batches, expected less than 2⁶⁴ steps");
        TrainError::config("training.epochs", message)
    })
}

/// Whether a validation metric is better than the best one so far. NaN never is; anything else is better than NaN.
fn is_better(metric: f64, best: Option<(u64, f64)>) -> bool {
    !metric.is_nan() && best.is_none_or(|(_, best)| metric < best || best.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_metric_is_a_number_and_the_least() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        for (metrics, expected) in [
            (&[2.0, 1.0, 3.0][..], Some(1)),
            (&[nan, 1.0, nan], Some(1)),
            (&[nan, inf, nan], Some(1)),
            (&[inf, inf, 5.0], Some(2)),
            (&[1.0, nan, 1.0], Some(0)),
            (&[0.0, -inf, nan], Some(1)),
            (&[nan, nan], None),
        ] {
            let mut best = None;
            for (epoch, &metric) in metrics.iter().enumerate() {
                if is_better(metric, best) {
                    best = Some((epoch as u64, metric));
                }
            }
            assert_eq!(
                best.map(|(epoch, _)| epoch),
                expected.map(|epoch: usize| epoch as u64),
                "{metrics:?}"
            );
        }
        // Earlier versions wrote infinite ones so that they are read as NaN.
        assert!(is_better(inf, Some((0, nan))) && !is_better(nan, Some((0, nan))));
    }
}
