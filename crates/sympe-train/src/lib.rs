//! Experiments on probabilistic symmetry breaking: trained, resumed, compared, reported.
//!
//! ```
//! use sympe_nn::device::DeviceSpec;
//! use sympe_train::config::Layers;
//! use sympe_train::experiment::Experiment;
//! use sympe_train::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
//! use sympe_train::run::RunInfo;
//! use sympe_train::trainer;
//!
//! let mut layers = Layers::default();
//! layers.preset::<GraphAutoencoderConfig>("smoke")?;
//! layers.set("breaking.kernel=exact-refinement")?;
//! let experiment = GraphAutoencoder::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
//!
//! let folder = tempfile::tempdir().unwrap();
//! let info = RunInfo::new(&experiment, DeviceSpec::Cpu);
//! let results = trainer::train(&experiment, folder.path(), &info, &mut ())?;
//! assert!(results.test["bce"] < 150.0);
//! // Killed at any moment, a run continues from its folder, bit for bit.
//! assert_eq!(trainer::resume(&experiment, folder.path(), &mut ())?, results);
//! # Ok::<(), sympe_train::TrainError>(())
//! ```
//!
//! # The nouns
//!
//! * An [`Experiment`](experiment::Experiment) is data, model, loss and metrics: [`graph_autoencoder`], [`graph_diffusion`], [`ising`]. A
//!   [`Comparison`](experiment::Comparison) is what `compare` varies in it.
//! * The [`trainer`] steps, evaluates and writes [`checkpoint`]s into the folder of a [`run`].
//! * [`config::Layers`] make a configuration of defaults, a preset, a file and `--set key=value`.
//! * A [`session`] trains several runs side by side: what `train` and `compare` do.
//! * An [`Observer`](observe::Observer) watches: progress bars, TensorBoard. A [`report`] shows it afterwards.
//! * [`datasets`] are downloaded, verified and found again.
//! * [`commands`] is the command line: `train`, `compare`, `evaluate`, `symmetry`, `data`.
//!
//! # Not here
//!
//! Groups, canonical forms, layers and file formats: they are in crates of their own and know nothing of training.
//!
//! # Features
//!
//! `cuda`, `cudnn`, `metal`, `accelerate`, `mkl` forward those of Candle.
//!
//! # References
//!
//! Lawrence et al., *Improving equivariant networks with probabilistic symmetry breaking*, ICLR 2025;
//! Satorras et al., *E(n) equivariant graph neural networks*, ICML 2021 (the autoencoder).

#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod commands;
pub mod config;
pub mod datasets;
mod error;
pub mod experiment;
pub mod graph_autoencoder;
pub mod graph_diffusion;
pub mod ising;
pub mod kernel;
pub mod metrics;
pub mod observe;
pub mod report;
pub mod run;
pub mod session;
pub mod trainer;

pub use error::TrainError;
