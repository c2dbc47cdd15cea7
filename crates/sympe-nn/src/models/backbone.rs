//! What models have in common.

use candle_core::{Result, Tensor};

/// An equivariant network `f`.
pub trait Backbone {
    /// What it takes.
    type Input;
    /// What it gives.
    type Output;
    /// `f(x)`; `train` switches what differs between training and evaluation, such as dropout.
    ///
    /// # Errors
    ///
    /// When the input has the wrong shape.
    fn forward_t(&self, input: &Self::Input, train: bool) -> Result<Self::Output>;
}

/// Inputs that take an encoding as further channels: `x ⊕ g̃·v`.
pub trait Adjoin: Sized {
    /// The input with the channels appended: `[B, N, D]` for graphs, `[B, D, h, w]` for lattices.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    fn adjoin(&self, encoding: &Tensor) -> Result<Self>;
}
