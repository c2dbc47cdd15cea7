//! Fused CPU operations with their own backward passes, each beside a plain-tensor fallback.
//!
//! Every function takes the fused path for `f32` tensors on the CPU and the [`fallback`] everywhere else (CUDA, Metal,
//! `f64`); the two are held equal, values and gradients, by tests. Results do not depend on the number of threads.

mod activation;
mod bce;
mod cross_entropy;
mod distance;
mod dropout;
mod edge_attention;
pub mod fallback;
mod kernel;
mod linear;
mod pair_message;
mod periodic_conv;
mod residual;
mod statistics;
mod symmetric;
mod winograd;

pub use activation::{relu, silu};
pub use bce::bce_with_logits_sum;
pub use cross_entropy::cross_entropy_sum;
pub use distance::distance_logits;
pub use dropout::Dropout;
pub use edge_attention::{EdgeAttention, EdgeAttentionOutput, edge_attention};
pub use linear::linear;
pub use pair_message::{Coordinates, PairMessage, PairMessageOutput, pair_message};
pub use periodic_conv::{ConvMethod, periodic_conv};
pub use residual::{FeedForward, Norm, feed_forward, residual_norm};
pub use statistics::pooled_statistics;
pub use symmetric::symmetric_part;

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor};
use std::cell::RefCell;

/// `[B, N, N]`, 1 for ordered pairs of real nodes, from a mask `[B, N]`; a node makes a pair with itself.
pub(crate) fn pairs(mask: &Tensor) -> Result<Tensor> {
    mask.unsqueeze(2)?.broadcast_mul(&mask.unsqueeze(1)?)
}

/// [`pairs`] of distinct nodes.
pub(crate) fn distinct_pairs(mask: &Tensor) -> Result<Tensor> {
    let apart = Tensor::eye(mask.dim(1)?, mask.dtype(), mask.device())?.affine(-1.0, 1.0)?;
    pairs(mask)?.broadcast_mul(&apart)
}

/// Whether the fused path applies.
fn fused(tensor: &Tensor) -> bool {
    tensor.device().is_cpu() && tensor.dtype() == DType::F32
}

/// The values of a contiguous CPU storage.
fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => candle_core::bail!(
            "fused operations need contiguous tensors, got strides {:?}",
            layout.stride()
        ),
    }
}

/// Calls `f` with the values of CPU tensors, made contiguous where they are not.
fn with_values<const N: usize, R>(
    tensors: [&Tensor; N],
    f: impl FnOnce([&[f32]; N]) -> Result<R>,
) -> Result<R> {
    let contiguous = tensors.map(Tensor::contiguous);
    let mut owned = Vec::with_capacity(N);
    for tensor in contiguous {
        owned.push(tensor?);
    }
    let guards: Vec<_> = owned.iter().map(Tensor::storage_and_layout).collect();
    let mut values: [&[f32]; N] = [&[]; N];
    for (value, (storage, layout)) in values.iter_mut().zip(&guards) {
        match &**storage {
            Storage::Cpu(cpu) => *value = slice(cpu, layout)?,
            _ => candle_core::bail!("fused operations run on the CPU"),
        }
    }
    f(values)
}

thread_local! {
    /// Scratch of the thread, reused between calls: fresh memory costs a page fault per 4 KiB.
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Calls `f` with `len` floats of arbitrary content.
fn with_scratch<R>(len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    SCRATCH.with(|scratch| {
        let mut buffer = scratch.take();
        if buffer.len() < len {
            buffer.resize(len, 0.0);
        }
        let result = f(&mut buffer[..len]);
        scratch.replace(buffer);
        result
    })
}
