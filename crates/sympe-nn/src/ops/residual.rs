//! Residual connections with layer norm after them, alone and around a perceptron.

use super::{Dropout, fallback};
use candle_core::{Result, Tensor};

/// Layer norm of the last dimension, `[…, D]`: `(x − mean)/√(variance + ε)·gain + bias` (Ba et al. 2016).
#[derive(Clone, Copy, Debug)]
pub struct Norm<'a> {
    /// `[D]`.
    pub gain: &'a Tensor,
    /// `[D]`.
    pub bias: &'a Tensor,
    /// Added to the variance.
    pub epsilon: f64,
}

/// A perceptron with one hidden layer of ReLUs, with dropout after each of its layers, and the norm after it.
#[derive(Clone, Copy, Debug)]
pub struct FeedForward<'a> {
    /// `[H, D]` and `[H]`.
    pub first: (&'a Tensor, &'a Tensor),
    /// `[D, H]` and `[D]`.
    pub second: (&'a Tensor, &'a Tensor),
    /// After the residual connection.
    pub norm: Norm<'a>,
    /// On the hidden layer and on the output.
    pub dropout: [Option<Dropout>; 2],
}

impl Norm<'_> {
    fn fits(&self, width: usize) -> bool {
        self.gain.dims() == [width] && self.bias.dims() == [width]
    }
}

/// `norm(x + dropout(delta))`, `[…, D]`. `rows`, of the shape of `x` without its last dimension, is 1 for rows that
/// count; others come out zero.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn residual_norm(
    x: &Tensor,
    delta: &Tensor,
    norm: &Norm<'_>,
    rows: Option<&Tensor>,
    dropout: Option<Dropout>,
) -> Result<Tensor> {
    let width = check_rows("residual_norm", x, rows)?;
    if delta.dims() != x.dims() || !norm.fits(width) {
        candle_core::bail!(
            "residual_norm: delta {:?} and a norm of {:?} do not fit x {:?}",
            delta.dims(),
            norm.gain.dims(),
            x.dims()
        );
    }
    fallback::residual_norm(x, delta, norm, rows, dropout)
}

/// `norm(x + perceptron(x))`, `[…, D]`; `rows` as in [`residual_norm`].
///
/// # Errors
///
/// When the shapes do not fit.
pub fn feed_forward(x: &Tensor, block: &FeedForward<'_>, rows: Option<&Tensor>) -> Result<Tensor> {
    let width = check_rows("feed_forward", x, rows)?;
    let hidden = block.first.1.elem_count();
    if block.first.0.dims() != [hidden, width]
        || block.second.0.dims() != [width, hidden]
        || block.second.1.dims() != [width]
        || !block.norm.fits(width)
    {
        candle_core::bail!(
            "feed_forward: layers {:?} and {:?} and a norm of {:?} do not fit x {:?}",
            block.first.0.dims(),
            block.second.0.dims(),
            block.norm.gain.dims(),
            x.dims()
        );
    }
    fallback::feed_forward(x, block, rows)
}

/// The last dimension of `x`.
fn check_rows(name: &str, x: &Tensor, rows: Option<&Tensor>) -> Result<usize> {
    match (x.dims().split_last(), rows) {
        (Some((&width, leading)), rows) if width > 0 && rows.is_none_or(|rows| rows.dims() == leading) => {
            Ok(width)
        }
        _ => candle_core::bail!(
            "{name}: rows {:?} do not fit x {:?}",
            rows.map(Tensor::dims),
            x.dims()
        ),
    }
}
