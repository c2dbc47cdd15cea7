//! Whether results depend on who else is in a batch.

use super::measure::max_difference;
use candle_core::{Result, Tensor};

/// The largest change of an output at real nodes when a batch is padded with `more` further nodes, and what the padding
/// holds is changed: zero for a model whose results do not depend on who else is in the batch.
///
/// `inputs`, `axes` and `out_axes` are as in [`equivariance_error`](super::equivariance_error). In the padded part, input `k` holds `fill[k]`: a
/// mask must be filled with zeros, and what the mask hides may be anything.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::check::padding_error;
/// let (x, mask) = (Tensor::new(&[[1f64, 3.0]], &Device::Cpu)?, Tensor::new(&[[1f64, 1.0]], &Device::Cpu)?);
/// let inputs = [x, mask];
/// let masked_mean = |x: &[Tensor]| {
///     let sum = (&x[0] * &x[1])?.sum_keepdim(1)?;
///     x[0].broadcast_sub(&sum.broadcast_div(&x[1].sum_keepdim(1)?)?)
/// };
/// assert_eq!(padding_error(masked_mean, &inputs, &[&[1], &[1]], &[1], &[7.0, 0.0], 2)?, 0.0);
/// let mean = |x: &[Tensor]| x[0].broadcast_sub(&x[0].mean_keepdim(1)?);
/// assert!(padding_error(mean, &inputs, &[&[1], &[1]], &[1], &[7.0, 0.0], 2)? > 0.5);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// Those of `f`, and shapes that do not fit.
pub fn padding_error(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    axes: &[&[usize]],
    out_axes: &[usize],
    fill: &[f64],
    more: usize,
) -> Result<f64> {
    let pad = |x: &Tensor, axis: usize, value: f64| {
        let mut shape = x.dims().to_vec();
        shape[axis] = more;
        let padding = Tensor::full(value, shape, x.device())?.to_dtype(x.dtype())?;
        Tensor::cat(&[x, &padding], axis)
    };
    let padded = inputs
        .iter()
        .zip(axes.iter().zip(fill))
        .map(|(x, (axes, &value))| axes.iter().try_fold(x.clone(), |x, &axis| pad(&x, axis, value)))
        .collect::<Result<Vec<_>>>()?;
    let output = f(inputs)?;
    let narrowed = out_axes
        .iter()
        .try_fold(f(&padded)?, |y, &axis| y.narrow(axis, 0, output.dim(axis)?))?;
    max_difference(&output, &narrowed)
}
