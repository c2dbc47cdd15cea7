//! Experiments on probabilistic symmetry breaking: trained, resumed, compared, reported.
//!
//! ```
//! use sympe_nn::device::DeviceSpec;
//! use sympe_train::config::Layers;
//! use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
//! use sympe_train::harness::Trained;
//! use sympe_train::run::RunInfo;
//! use sympe_train::trainer;
//!
//! let mut layers = Layers::default();
//! layers.preset::<GraphAutoencoderConfig>("smoke")?;
//! layers.set("breaking.kernel=exact-refinement")?;
//! let run = Trained::<GraphAutoencoder>::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
//!
//! let folder = tempfile::tempdir().unwrap();
//! let info = RunInfo::new(&run, DeviceSpec::Cpu);
//! let results = trainer::train(&run, folder.path(), &info, &mut ())?;
//! assert!(results.test["bce"] < 150.0);
//! // Killed at any moment, a run continues from its folder, bit for bit.
//! assert_eq!(trainer::resume(&run, folder.path(), &mut ())?, results);
//! # Ok::<(), sympe_train::TrainError>(())
//! ```
//!
//! # The nouns
//!
//! * A [`Task`](task::Task) is what an experiment is: data, network, loss, judgement, figures. Those of the paper are in
//!   [`experiments`]; yours can be in a crate of your own (`examples/your-own-experiment`).
//! * The [`harness`] makes a [`Trained`](harness::Trained) of a task and a configuration: loader, parameters, evaluation.
//! * A [`domain`] says what symmetry is broken of; [`breakers`] are the ways of breaking it, by name.
//! * A [`comparison`] varies a configuration along axes of rows.
//! * The [`trainer`] steps, evaluates and writes checkpoints into the folder of a [`run`]; a [`session`] trains several
//!   runs side by side.
//! * [`config::Layers`] make a configuration of defaults, a preset, a file and `--set key=value`.
//! * A [`Communicator`](communicator::Communicator) is one of several processes that train together.
//! * An [`Observer`](observe::Observer) watches: progress bars, TensorBoard. A [`report`] shows it afterwards.
//! * [`datasets`] are downloaded, verified and found again.
//! * [`commands`] is the command line: `train`, `compare`, `evaluate`, `sample`, `symmetry`, `data`.
//!
//! # Not here
//!
//! Groups, canonical forms, layers, file formats, reports and what files hold: they are in crates of their own and know nothing
//! of training. [`report`] and [`datasets`] are those of sympe-report and sympe-inspect.
//!
//! # Features
//!
//! `cuda`, `cudnn`, `metal`, `accelerate`, `mkl` forward those of Candle; `mpi` trains in several processes, which `mpirun` starts.
//!
//! # References
//!
//! Lawrence et al., *Improving equivariant networks with probabilistic symmetry breaking*, ICLR 2025;
//! Satorras et al., *E(n) equivariant graph neural networks*, ICML 2021 (the autoencoder).

#![forbid(unsafe_code)]

pub mod breakers;
mod checkpoint;
pub mod clock;
pub mod commands;
pub mod communicator;
pub mod comparison;
pub mod config;
pub mod domain;
mod error;
pub mod experiments;
mod files;
pub mod harness;
mod lock;
mod loss;
mod manifest;
mod number;
pub mod observe;
pub mod run;
mod samples;
pub mod session;
pub mod task;
pub mod trainer;

pub use error::TrainError;
pub use sympe_inspect::datasets;
pub use sympe_report as report;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
