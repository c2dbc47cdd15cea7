//! What the tests of every experiment need.
#![allow(dead_code, reason = "no file of tests needs all of it")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use sympe_nn::device::DeviceSpec;
use sympe_train::commands::Cli;
use sympe_train::config::{Config, Layers};
use sympe_train::experiments::ALL;
use sympe_train::harness::Trained;
use sympe_train::observe::{Event, Observer};
use sympe_train::run::RunInfo;
use sympe_train::task::Task;
use sympe_train::{TrainError, trainer};

/// A file or folder of the published data sets: below the folder that `SYMPE_DATA` names, or else below `shared/data` beside
/// the workspace. Where it is absent, the test says so and does without; with `SYMPE_REQUIRE_DATA=1` it fails.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = std::env::var_os("SYMPE_DATA")
        .map_or_else(beside, PathBuf::from)
        .join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("SYMPE_REQUIRE_DATA").is_some_and(|value| value == "1");
    assert!(
        !required,
        "{} is not there, and SYMPE_REQUIRE_DATA is 1",
        path.display()
    );
    println!("skipped: {} is not there", path.display());
    None
}

/// The smoke preset with some options.
pub(crate) fn config<C: Config>(sets: &[&str]) -> C {
    layers::<C>(sets).unwrap()
}

/// What is wrong with an option of the smoke preset.
pub(crate) fn config_error<C: Config>(set: &str) -> String {
    match layers::<C>(&[set]) {
        Ok(_) => panic!("{set} is accepted"),
        Err(error) => error.to_string(),
    }
}

fn layers<C: Config>(sets: &[&str]) -> Result<C, TrainError> {
    let mut layers = Layers::default();
    layers.preset::<C>("smoke")?;
    for set in sets {
        layers.set(set)?;
    }
    layers.resolve()
}

pub(crate) fn experiment<T: Task>(config: T::Config) -> Trained<T> {
    Trained::new(config, &DeviceSpec::Cpu.open().unwrap()).unwrap()
}

/// The configuration of a row of the comparison.
pub(crate) fn row<T: Task>(name: &str, base: &T::Config) -> T::Config {
    let axes = T::axes();
    let row = axes
        .iter()
        .flat_map(|axis| &axis.rows)
        .find(|row| row.name == name);
    row.unwrap_or_else(|| panic!("no row {name}")).of(base)
}

/// A command line and its output.
pub(crate) fn run(arguments: &[&str]) -> (String, Result<(), TrainError>) {
    let mut output = Vec::new();
    let all = ["sympe-train"].iter().chain(arguments);
    let result = Cli::parse_from(ALL, all).run(&mut output);
    (String::from_utf8(output).unwrap(), result)
}

/// Stops before a step, by a panic.
pub(crate) struct Stop(pub(crate) u64);

impl Observer for Stop {
    fn observe(&mut self, event: &Event<'_>) {
        if let Event::Step { step, .. } = event {
            assert!(*step < self.0, "stopped");
        }
    }
}

/// Stopped at a step and resumed, with and without threads that prepare batches, a run has the results and the weights of
/// an uninterrupted one.
pub(crate) fn resumes_to_the_uninterrupted_run<T: Task>(sets: &[&str], stops: &[u64]) {
    let with = |threads: &str| experiment::<T>(config(&[sets, &[threads]].concat()));
    let whole = tempfile::tempdir().unwrap();
    let first = with("training.loader-threads=2");
    let info = RunInfo::new(&first, DeviceSpec::Cpu);
    let results = trainer::train(&first, whole.path(), &info, &mut ()).unwrap();
    let weights = |folder: &Path| std::fs::read(folder.join("checkpoints/best/weights.safetensors")).unwrap();
    for &stop in stops {
        let broken = tempfile::tempdir().unwrap();
        let start = || {
            let second = with("training.loader-threads=0");
            trainer::train(&second, broken.path(), &info, &mut Stop(stop))
        };
        assert!(catch_unwind(AssertUnwindSafe(start)).is_err());
        let third = with("training.loader-threads=0");
        assert_eq!(trainer::resume(&third, broken.path(), &mut ()).unwrap(), results);
        assert_eq!(weights(broken.path()), weights(whole.path()));
    }
}
