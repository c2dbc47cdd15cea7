//! Break the symmetry of an equivariant network's input: learned encodings `g̃·v`, the layers that take them, and
//! what it takes to train them on [Candle](candle_core).
//!
//! ```
//! use candle_core::{DType, Device, Tensor};
//! use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding};
//! use sympe_nn::models::{Adjoin, Autoencoder, AutoencoderConfig, GraphInput, Network};
//! use sympe_nn::params::ParamStore;
//!
//! // No equivariant network can tell two connected nodes apart.
//! let edge = Tensor::new(&[[[0f32, 1.0], [1.0, 0.0]]], &Device::Cpu)?;
//! let input = GraphInput::new(edge, Tensor::ones((1, 2), DType::F32, &Device::Cpu)?)?;
//!
//! // A draw from the inversion kernel says which is which.
//! let store = ParamStore::new(0, DType::F32, &Device::Cpu);
//! let table = TableEncoding::new(16, 8, TableConfig::default(), &store.root())?;
//! let encoding = table.encode(&Tensor::new(&[[1u32, 0]], &Device::Cpu)?)?;
//!
//! let config = AutoencoderConfig { network: Network::Gnn, ..Default::default() };
//! let model = Autoencoder::new(config, table.dim(), &store.root())?;
//! let z = model.embed(&input.adjoin(&encoding)?)?.get(0)?.to_vec2::<f32>()?;
//! assert_ne!(z[0], z[1]);
//! # Ok::<(), candle_core::Error>(())
//! ```
//!
//! # Nouns
//!
//! * [`encoding`]: the learned `v` and its transform `g̃·v`; [`breaking`]: one interface for it and for its rivals.
//! * [`learned`]: kernels that are trained, which draw on the device from noise.
//! * [`layers`] and [`models`]: equivariant networks on dense padded batches `[B, N, F]`, masks 1 = real.
//! * [`ops`]: fused CPU operations with their own backward, each beside a plain-tensor fallback.
//! * [`params`], [`optim`]: seeded parameters, optimizers with serializable state; [`check`]: checks for your models.
//!
//! # Not here
//!
//! Graphs, data sets and canonicalization: draws arrive as index tensors, from `sympe-canon` or from anywhere else.
//!
//! # Errors
//!
//! Functions on tensors return Candle's [`Error`](candle_core::Error), so that they mix with Candle's own under `?`;
//! what this crate checks itself is its message, which names the operation, what it got and what it expected. Only
//! opening a device has an enum of its own, [`DeviceError`](device::DeviceError), because programs tell its cases
//! apart.
//!
//! # Features
//!
//! `cuda`, `cudnn`, `metal`, `accelerate`, `mkl` forward Candle's of the same name. By default the crate is pure Rust.
//!
//! # References
//!
//! * Lawrence, Portilheiro, Zhang & Kaba, *Improving Equivariant Networks with Probabilistic Symmetry Breaking*, ICLR
//!   2025.
//! * Satorras, Hoogeboom & Welling, *E(n) Equivariant Graph Neural Networks*, ICML 2021.
//! * Vignac et al., *DiGress: Discrete Denoising Diffusion for Graph Generation*, ICLR 2023.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod breaking;
pub mod check;
pub mod device;
pub mod encoding;
pub mod layers;
pub mod learned;
pub mod models;
pub mod ops;
pub mod optim;
pub mod params;
