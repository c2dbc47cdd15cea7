//! The same operations in plain tensors: for CUDA, Metal and `f64`, and as the reference of the fused ones.

use super::{PairMessage, PairMessageOutput};
use candle_core::{D, Result, Tensor};

/// See [`silu`](super::silu).
///
/// # Errors
///
/// Candle's device errors.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    x.silu()
}

/// See [`relu`](super::relu).
///
/// # Errors
///
/// Candle's device errors.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    x.relu()
}

/// See [`periodic_conv`](super::periodic_conv). Needs O(B·I·k·l·h·w) memory.
///
/// Gathered columns and a matrix product rather than Candle's convolution, whose gradient by the filter is wrong on
/// Metal.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn periodic_conv(
    x: &Tensor,
    filter: &Tensor,
    bias: Option<&Tensor>,
    origin: [usize; 2],
) -> Result<Tensor> {
    let (batch, inputs, h, w) = x.dims4()?;
    let (outputs, _, k, l) = filter.dims4()?;
    let mut index = Vec::with_capacity(k * l * h * w);
    for (p, q) in (0..k).flat_map(|p| (0..l).map(move |q| (p, q))) {
        let (down, right) = (p + h - origin[0] % h, q + w - origin[1] % w);
        for (i, j) in (0..h).flat_map(|i| (0..w).map(move |j| (i, j))) {
            index.push(((i + down) % h * w + (j + right) % w) as u32);
        }
    }
    let index = Tensor::from_vec(index, k * l * h * w, x.device())?;
    let depth = inputs * k * l;
    let columns = x
        .reshape((batch, inputs, h * w))?
        .index_select(&index, 2)?
        .reshape((batch, depth, h * w))?;
    let y = filter.reshape((outputs, depth))?.broadcast_matmul(&columns)?;
    let y = match bias {
        Some(bias) => y.broadcast_add(&bias.reshape((1, outputs, 1))?)?,
        None => y,
    };
    y.reshape((batch, outputs, h, w))
}

/// See [`linear`](super::linear).
///
/// # Errors
///
/// When the shapes do not fit.
pub fn linear(x: &Tensor, w: &Tensor, b: Option<&Tensor>) -> Result<Tensor> {
    let (outputs, inputs) = w.dims2()?;
    let mut dims = x.dims().to_vec();
    let rows = x.elem_count() / inputs;
    if let Some(last) = dims.last_mut() {
        *last = outputs;
    }
    let y = x.reshape((rows, inputs))?.matmul(&w.t()?.contiguous()?)?;
    let y = match b {
        Some(b) => y.broadcast_add(b)?,
        None => y,
    };
    y.reshape(dims)
}

/// See [`bce_with_logits_sum`](super::bce_with_logits_sum).
///
/// # Errors
///
/// When the shapes do not fit.
pub fn bce_with_logits_sum(logits: &Tensor, targets: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let softplus = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    let loss = ((logits.relu()? - (logits * targets)?)? + softplus)?;
    (loss * weight)?.sum_all()
}

/// See [`distance_logits`](super::distance_logits).
///
/// # Errors
///
/// When the shapes do not fit.
pub fn distance_logits(z: &Tensor, w: &Tensor, b: &Tensor) -> Result<Tensor> {
    let squares = differences(z)?.sqr()?;
    squares
        .broadcast_mul(w)?
        .sum(D::Minus1)?
        .broadcast_add(&b.reshape((1, 1, 1))?)
}

/// `x_i − x_j`, `[B, N, N, K]`.
fn differences(x: &Tensor) -> Result<Tensor> {
    x.unsqueeze(2)?.broadcast_sub(&x.unsqueeze(1)?)
}

/// See [`pair_message`](super::pair_message). Needs O(B·N²·H) memory.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn pair_message(input: &PairMessage<'_>) -> Result<PairMessageOutput> {
    let hidden = input.projected.dim(2)? / 2;
    let receive = input.projected.narrow(2, 0, hidden)?.unsqueeze(2)?;
    let send = input.projected.narrow(2, hidden, hidden)?.unsqueeze(1)?;
    let mut u = receive.broadcast_add(&send)?;
    if let Some((attribute, w)) = input.attribute {
        u = (u + attribute.unsqueeze(3)?.broadcast_mul(w)?)?;
    }
    let difference = input.coordinates.map(|c| differences(c.x)).transpose()?;
    if let (Some(c), Some(difference)) = (input.coordinates, &difference) {
        u = (u + difference.sqr()?.sum_keepdim(3)?.broadcast_mul(c.w_distance)?)?;
    }
    let m = linear(&u.silu()?, input.w2, Some(input.b2))?.silu()?;
    let messages = m.broadcast_mul(&input.pair_weight.unsqueeze(3)?)?.sum(2)?;
    let (Some(c), Some(difference)) = (input.coordinates, difference) else {
        return Ok(PairMessageOutput {
            messages,
            displacement: None,
        });
    };
    let phi = linear(
        &linear(&m, c.w3, Some(c.b3))?.silu()?,
        &c.w4.reshape((1, hidden))?,
        None,
    )?;
    let active = input.pair_weight.ne(0.0)?.to_dtype(phi.dtype())?;
    let count = active.sum_keepdim(2)?.maximum(1.0)?;
    let steps = difference.broadcast_mul(&phi)?.clamp(-c.clamp, c.clamp)?;
    let displacement = steps
        .broadcast_mul(&active.unsqueeze(3)?)?
        .sum(2)?
        .broadcast_div(&count)?;
    Ok(PairMessageOutput {
        messages,
        displacement: Some(displacement),
    })
}
