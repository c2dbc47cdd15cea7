//! Checks that you can run on models of your own, in your own tests: is it equivariant, what does Curie's principle
//! force, does the law of its draws hold, does every parameter learn, and does any of that get lost in training?
//!
//! A model is any function from tensors to tensors. A [`Check`] holds it with its inputs, the group elements to try, and an
//! [action](crate::action) for every input and output:
//!
//! ```
//! use candle_core::{D, Device, Tensor};
//! use sympe_groups::PermGroup;
//! use sympe_nn::action::Permuted;
//! use sympe_nn::check::Check;
//!
//! let x = Tensor::new(&[[1f64, 2.5, 4.25]], &Device::Cpu)?;
//! let centred = |x: &[Tensor]| x[0].broadcast_sub(&x[0].mean_keepdim(D::Minus1)?);
//! let (group, nodes) = (PermGroup::symmetric(3), Permuted::dim(1));
//! Check::new("centred", group.elements(), centred).input(&x, &nodes).output(&nodes).ensure_equivariant()?;
//!
//! // A layer that singles out the first node is found, and named.
//! let first = |x: &[Tensor]| x[0].broadcast_sub(&x[0].narrow(1, 0, 1)?);
//! let check = Check::new("minus the first", group.elements(), first).input(&x, &nodes).output(&nodes);
//! let message = check.ensure_equivariant().unwrap_err().to_string();
//! assert!(message.starts_with("equivariance of 'minus the first' fails: 3.2e0"), "{message}");
//! # Ok::<(), candle_core::Error>(())
//! ```
//!
//! | law | of | by |
//! |---|---|---|
//! | `f(g·x) = g·f(x)`; with draws among the inputs, joint equivariance | a model, an encoding | [`Check::equivariance`] |
//! | `s·f(x) = f(x)` for `s·x = x`: outputs that are forced equal | a model, an input | [`Check::curie`] |
//! | `g⁻¹·f(g·x, draw(g·x))` and `f(x, draw(x))` have one law | a draw with the model behind it | [`Check::distribution`] |
//! | symmetrization lowers the risk by its distance | a model, a finite group, an invariant law | [`Check::symmetrization`] |
//! | every parameter has a gradient that is not zero | a loss | [`Gradients::of`], [`gradient_error`] |
//! | equivariance holds in training | a model | [`Growth`] |
//! | padding changes nothing | a model on batches | [`padding_error`] |
//!
//! Each gives a [`Finding`] with what rounding explains beside what was found; a [`Report`] collects them, over numeric types and sizes
//! ([`Report::over`]), prints a table, and is `Serialize`. Nothing here panics: [`Finding::ensure`] and [`Report::ensure`] give errors
//! that name the law, the model and a witness.

mod curie;
mod distribution;
mod equivariance;
mod gradients;
mod growth;
mod measure;
mod padding;
mod report;
mod symmetrization;

pub use crate::action::permute;
pub use curie::{Curie, ForcedOrbit, orbit_spread};
pub use equivariance::{Check, Outputs, equivariance_error, lattice_equivariance_error};
pub use gradients::{Coverage, Gradients, gradient_error, uncovered_parameters};
pub use growth::{Growth, GrowthPoint};
pub use measure::max_difference;
pub use padding::padding_error;
pub use report::{Bound, Finding, Law, Report};
pub use symmetrization::SymmetrizationRisks;
