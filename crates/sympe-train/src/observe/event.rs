//! Events of a run, and who listens.

use crate::run::Results;

/// What happens in a run.
///
/// ```
/// use sympe_train::observe::Event;
/// let event = Event::Warning { message: "the disk is nearly full" };
/// assert!(format!("{event:?}").contains("nearly full"));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Training starts, or continues at `step`.
    Started {
        /// Steps in all.
        steps: u64,
        /// Steps made already.
        step: u64,
    },
    /// An optimizer step was made.
    Step {
        /// The epoch, from 0.
        epoch: u64,
        /// Steps made.
        step: u64,
        /// Loss of the batch.
        loss: f64,
        /// The learning rate.
        rate: f64,
    },
    /// An epoch was finished and evaluated.
    Epoch {
        /// The epoch, from 0.
        epoch: u64,
        /// Steps made.
        step: u64,
        /// Mean training loss.
        train_loss: f64,
        /// Validation metrics.
        metrics: &'a [(&'static str, f64)],
    },
    /// Something a user should know.
    Warning {
        /// What.
        message: &'a str,
    },
    /// The run is complete.
    Finished {
        /// What it found.
        results: &'a Results,
    },
}

/// Listens to a run. An observer never stops it: it deals with its own errors.
///
/// ```
/// use sympe_train::observe::{Event, Observer};
/// struct Losses(Vec<f64>);
/// impl Observer for Losses {
///     fn observe(&mut self, event: &Event<'_>) {
///         if let Event::Step { loss, .. } = event {
///             self.0.push(*loss);
///         }
///     }
/// }
/// let mut losses = Losses(Vec::new());
/// losses.observe(&Event::Step { epoch: 0, step: 1, loss: 0.5, rate: 1e-3 });
/// assert_eq!(losses.0, [0.5]);
/// ```
pub trait Observer {
    /// Takes note of an event.
    fn observe(&mut self, event: &Event<'_>);
}

/// Several observers as one.
impl Observer for Vec<Box<dyn Observer + '_>> {
    fn observe(&mut self, event: &Event<'_>) {
        for observer in self {
            observer.observe(event);
        }
    }
}

/// Listens to nothing.
impl Observer for () {
    fn observe(&mut self, _: &Event<'_>) {}
}
