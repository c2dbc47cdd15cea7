//! The values of CPU tensors as slices, and memory for intermediate results.

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor};
use std::cell::RefCell;

/// Whether the fused path applies.
pub(super) fn fused(tensor: &Tensor) -> bool {
    tensor.device().is_cpu() && tensor.dtype() == DType::F32
}

/// The values of a contiguous CPU storage.
pub(super) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => candle_core::bail!(
            "fused operations need contiguous tensors, got strides {:?}",
            layout.stride()
        ),
    }
}

/// Calls `f` with the values of CPU tensors, made contiguous where they are not.
pub(super) fn with_values<const N: usize, R>(
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

/// Consecutive parts of a vector, of the given lengths.
///
/// # Panics
///
/// When the vector is shorter than their sum.
pub(super) fn split<const N: usize>(mut values: &[f32], lengths: [usize; N]) -> [&[f32]; N] {
    lengths.map(|length| {
        let (part, rest) = values.split_at(length);
        values = rest;
        part
    })
}

/// As [`split`], to write to.
pub(super) fn split_mut<const N: usize>(mut values: &mut [f32], lengths: [usize; N]) -> [&mut [f32]; N] {
    lengths.map(|length| {
        let (part, rest) = std::mem::take(&mut values).split_at_mut(length);
        values = rest;
        part
    })
}

thread_local! {
    /// Scratch of the thread, reused between calls: fresh memory costs a page fault per 4 KiB.
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Calls `f` with `len` floats of arbitrary content.
pub(super) fn with_scratch<R>(len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_what_is_left_is_left_out() {
        let mut values = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(split(&values, [1, 0, 2]), [&[1.0][..], &[], &[2.0, 3.0]]);
        let [_, last] = split_mut(&mut values, [3, 1]);
        last[0] = 7.0;
        assert_eq!(values, [1.0, 2.0, 3.0, 7.0]);
    }

    #[test]
    fn scratch_nests() {
        with_scratch(2, |outer| {
            outer.fill(1.0);
            with_scratch(3, |inner| inner.fill(2.0));
            assert_eq!(outer, [1.0; 2]);
        });
    }
}
