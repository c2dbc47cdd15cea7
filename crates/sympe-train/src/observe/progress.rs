//! Progress on standard error: bars on a terminal, plain lines elsewhere.

use super::event::{Event, Observer};
use indicatif::ProgressBar;
use std::time::Duration;
use sympe_inspect::terminal::{Bars, note};

/// Progress of any number of runs side by side.
///
/// ```
/// use sympe_train::observe::{Event, Observer, ProgressBars};
/// let bars = ProgressBars::new();
/// let mut run = bars.run("first run");
/// run.observe(&Event::Started { steps: 10, step: 0 });
/// ```
#[derive(Clone, Debug, Default)]
pub struct ProgressBars {
    bars: Bars,
}

impl ProgressBars {
    /// Bars if standard error is a terminal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The observer of a run.
    #[must_use]
    pub fn run(&self, name: &str) -> impl Observer + Send + use<> {
        Progress {
            name: name.to_owned(),
            bars: self.bars.clone(),
            bar: None,
            loss: 0.0,
            steps: 0,
        }
    }

    /// Prints a line on standard error, above the bars.
    ///
    /// Of warnings, which are lines `warning: …` or `NAME: warning: …`, the first three of each kind are printed; how many
    /// more there were is said at the end.
    pub fn line(&self, text: &str) {
        self.bars.line(text);
    }
}

struct Progress {
    name: String,
    bars: Bars,
    bar: Option<ProgressBar>,
    /// The training loss, smoothed exponentially.
    loss: f64,
    steps: u64,
}

impl Observer for Progress {
    fn observe(&mut self, event: &Event<'_>) {
        match *event {
            Event::Started { steps, step } => {
                self.steps = steps;
                let style = "{prefix} {bar:30} {pos}/{len} steps, {per_sec}, {eta} left, {msg}";
                if let Some(bar) = self.bars.add(style, &self.name, step, steps) {
                    bar.enable_steady_tick(Duration::from_millis(500));
                    self.bar = Some(bar);
                } else if step > 0 {
                    note(format_args!(
                        "{}: continuing at step {step} of {steps}",
                        self.name
                    ));
                } else {
                    note(format_args!("{}: {steps} steps", self.name));
                }
            }
            Event::Step { loss, step, .. } => {
                self.loss = if self.loss == 0.0 {
                    loss
                } else {
                    0.99 * self.loss + 0.01 * loss
                };
                if let Some(bar) = &self.bar {
                    bar.set_position(step);
                    if step % 20 == 0 {
                        bar.set_message(format!("loss {:.3}", self.loss));
                    }
                }
            }
            Event::Epoch {
                epoch,
                step,
                train_loss,
                metrics,
            } => {
                if self.bar.is_none() {
                    let metrics: Vec<String> = metrics
                        .iter()
                        .map(|(name, value)| format!("{name} {value:.4}"))
                        .collect();
                    let (name, steps) = (&self.name, self.steps);
                    note(format_args!(
                        "{name}: epoch {}, step {step}/{steps}, train_loss {train_loss:.4}, {}",
                        epoch + 1,
                        metrics.join(", ")
                    ));
                }
            }
            Event::Warning { message } => self.bars.line(&format!("{}: warning: {message}", self.name)),
            Event::Finished { results } => {
                let metrics: Vec<String> = results
                    .test
                    .iter()
                    .map(|(name, value)| format!("{name} {value:.4}"))
                    .collect();
                let text = format!("test {} (epoch {})", metrics.join(", "), results.best_epoch + 1);
                match &self.bar {
                    Some(bar) => bar.finish_with_message(text),
                    None => note(format_args!("{}: {text}", self.name)),
                }
            }
        }
    }
}
