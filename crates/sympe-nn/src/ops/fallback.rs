//! The same operations in plain tensors: for CUDA, Metal and `f64`, and as the reference of the fused ones.

use super::arguments::{
    EdgeAttention, EdgeAttentionOutput, FeedForward, Norm, PairMessage, PairMessageOutput,
};
use super::dropout::Dropout;
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
        let term = match w.rank() {
            1 => attribute.unsqueeze(3)?.broadcast_mul(w)?,
            _ => linear(attribute, &w.t()?.contiguous()?, None)?,
        };
        u = (u + term)?;
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

/// See [`cross_entropy_sum`](super::cross_entropy_sum).
///
/// # Errors
///
/// When the shapes do not fit.
pub fn cross_entropy_sum(logits: &Tensor, targets: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let largest = logits.max_keepdim(D::Minus1)?.detach();
    let shifted = logits.broadcast_sub(&largest)?;
    let total = shifted.exp()?.sum(D::Minus1)?.log()?;
    let target = shifted.gather(&targets.unsqueeze(D::Minus1)?.contiguous()?, D::Minus1)?;
    ((total - target.squeeze(D::Minus1)?)? * weight)?.sum_all()
}

/// See [`symmetric_part`](super::symmetric_part).
///
/// # Errors
///
/// When the shapes do not fit.
pub fn symmetric_part(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let sum = (x + x.transpose(1, 2)?)?;
    sum.broadcast_mul(&(weight * 0.5)?.unsqueeze(3)?)
}

/// See [`pooled_statistics`](super::pooled_statistics).
///
/// # Errors
///
/// When the shapes do not fit.
pub fn pooled_statistics(x: &Tensor, rows: &Tensor, epsilon: f64) -> Result<Tensor> {
    let x = x.flatten(1, x.rank() - 2)?;
    let counts = rows.flatten_from(1)?.unsqueeze(2)?;
    let number = counts.sum_keepdim(1)?;
    let some = number.minimum(1.0)?;
    let mean = x
        .broadcast_mul(&counts)?
        .sum_keepdim(1)?
        .broadcast_div(&number.maximum(1.0)?)?;
    let squares = x.broadcast_sub(&mean)?.broadcast_mul(&counts)?.sqr()?;
    let variance = squares
        .sum_keepdim(1)?
        .broadcast_div(&(&number - 1.0)?.maximum(1.0)?)?;
    let deviation = (variance + epsilon)?.sqrt()?;
    let minimum = extremum(&x.neg()?, &counts)?.neg()?;
    let statistics = Tensor::cat(&[mean, minimum, extremum(&x, &counts)?, deviation], 2)?;
    statistics.broadcast_mul(&some)?.squeeze(1)
}

/// The maximum over dimension 1 of the rows with `counts` 1, as the mean of all that attain it: they share its
/// gradient, which Candle's maximum gives to each of them in full.
fn extremum(x: &Tensor, counts: &Tensor) -> Result<Tensor> {
    let hidden = ((counts - 1.0)? * 1e30)?;
    let maximum = x.detach().broadcast_add(&hidden)?.max_keepdim(1)?;
    let attains = x.detach().broadcast_eq(&maximum)?.to_dtype(x.dtype())?;
    let attains = attains.broadcast_mul(counts)?;
    (x * &attains)?
        .sum_keepdim(1)?
        .broadcast_div(&attains.sum_keepdim(1)?.maximum(1.0)?)
}

/// See [`residual_norm`](super::residual_norm).
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
    let x = (x + drop_out(delta, dropout)?)?;
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    let y = centred
        .broadcast_div(&(variance + norm.epsilon)?.sqrt()?)?
        .broadcast_mul(norm.gain)?
        .broadcast_add(norm.bias)?;
    match rows {
        Some(rows) => y.broadcast_mul(&rows.unsqueeze(D::Minus1)?),
        None => Ok(y),
    }
}

fn drop_out(x: &Tensor, dropout: Option<Dropout>) -> Result<Tensor> {
    dropout.map_or_else(|| Ok(x.clone()), |dropout| dropout.apply(x))
}

/// See [`feed_forward`](super::feed_forward).
///
/// # Errors
///
/// When the shapes do not fit.
pub fn feed_forward(x: &Tensor, block: &FeedForward<'_>, rows: Option<&Tensor>) -> Result<Tensor> {
    let [inner, outer] = block.dropout;
    let hidden = linear(x, block.first.0, Some(block.first.1))?.relu()?;
    let delta = linear(&drop_out(&hidden, inner)?, block.second.0, Some(block.second.1))?;
    residual_norm(x, &delta, &block.norm, rows, outer)
}

/// See [`edge_attention`](super::edge_attention). Needs O(B·N²·D) memory.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn edge_attention(input: &EdgeAttention<'_>) -> Result<EdgeAttentionOutput> {
    let width = input.qkv.dim(2)? / 3;
    let part = |k: usize| input.qkv.narrow(2, k * width, width);
    // [B, 1, 1, D], to modulate pairs
    let global = |k: usize| {
        input
            .globals
            .narrow(1, k * width, width)?
            .unsqueeze(1)?
            .unsqueeze(1)
    };
    let film = linear(input.edges, input.film.0, Some(input.film.1))?;
    let product = part(0)?.unsqueeze(2)?.broadcast_mul(&part(1)?.unsqueeze(1)?)?;
    let y = ((product * input.scale)? * (film.narrow(3, 0, width)? + 1.0)?)?;
    let y = (y + film.narrow(3, width, width)?)?;
    let mixed = y
        .broadcast_mul(&(global(0)? + 1.0)?)?
        .broadcast_add(&global(1)?)?;
    let mask = input.mask.detach();
    let (queries, keys) = (mask.unsqueeze(2)?, mask.unsqueeze(1)?);
    let pairs = queries.broadcast_mul(&keys)?.unsqueeze(3)?;
    let edges = linear(&mixed, input.output.0, Some(input.output.1))?.broadcast_mul(&pairs)?;
    let y = y.broadcast_add(&((keys.unsqueeze(3)? - 1.0)? * 1e9)?)?;
    let weights = y.broadcast_sub(&y.max_keepdim(2)?.detach())?.exp()?;
    let weights = weights.broadcast_div(&weights.sum_keepdim(2)?)?;
    let nodes = weights.broadcast_mul(&part(2)?.unsqueeze(1)?)?.sum(2)?;
    let nodes = nodes
        .broadcast_mul(&(global(2)?.squeeze(1)? + 1.0)?)?
        .broadcast_add(&global(3)?.squeeze(1)?)?
        .broadcast_mul(&queries)?;
    Ok(EdgeAttentionOutput { edges, nodes })
}
