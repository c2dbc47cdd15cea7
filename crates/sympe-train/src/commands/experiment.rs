//! An experiment as the command line sees it: a task without its type.

use super::evaluate::EvaluateArgs;
use super::sample::SampleArgs;
use super::train::TrainArgs;
use super::{compare, evaluate, sample, train};
use crate::TrainError;
use crate::communicator::Communicator;
use crate::config::{Config, Preset};
use crate::harness;
use crate::task::Task;
use clap::{ArgMatches, Command};
use std::fmt;
use std::io::Write;
use std::sync::Arc;

type Run<A> = fn(&A, &mut dyn Write) -> Result<(), TrainError>;
/// A command that several processes do together.
type RunAmong<A> = fn(&A, &Arc<dyn Communicator>, &mut dyn Write) -> Result<(), TrainError>;

/// A [`Task`] that can be named on the command line.
///
/// ```
/// use sympe_train::commands::Experiment;
/// use sympe_train::experiments::ising::Ising;
/// let ising = Experiment::of::<Ising>();
/// assert_eq!(ising.name(), "ising");
/// assert!(ising.presets().iter().any(|(name, ..)| *name == "smoke"));
/// ```
pub struct Experiment {
    name: &'static str,
    about: &'static str,
    presets: fn() -> &'static [Preset],
    pub(super) generates: bool,
    check: fn(&str) -> Result<(), TrainError>,
    pub(super) compare_command: fn() -> Command,
    pub(super) train: RunAmong<TrainArgs>,
    pub(super) compare: RunAmong<ArgMatches>,
    pub(super) evaluate: Run<EvaluateArgs>,
    pub(super) sample: Run<SampleArgs>,
}

impl Experiment {
    /// The experiment of this task.
    #[must_use]
    pub const fn of<T: Task>() -> Self {
        Self {
            name: T::NAME,
            about: T::ABOUT,
            presets: T::Config::presets,
            generates: T::GENERATES,
            check: harness::check::<T>,
            compare_command: compare::command::<T>,
            train: train::train::<T>,
            compare: compare::compare::<T>,
            evaluate: evaluate::evaluate::<T>,
            sample: sample::sample::<T>,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it does, in a few words.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// Its presets: name, what it is for, and its TOML.
    #[must_use]
    pub fn presets(&self) -> &'static [Preset] {
        (self.presets)()
    }

    /// Checks the [laws of its task](Task) on one of its presets.
    ///
    /// # Errors
    ///
    /// The law that does not hold.
    pub fn check(&self, preset: &str) -> Result<(), TrainError> {
        (self.check)(preset)
    }
}

impl fmt::Debug for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Experiment").field(&self.name).finish()
    }
}
