//! From scores to ranks: by sorting, and relaxed.

use candle_core::{DType, Result, Tensor};

/// Ranks `[B, N]` (`u32`) of the nodes of each graph by their `scores` `[B, N]`, least first; `padding` where the `mask` `[B, N]` is 0.
///
/// Nodes of equal score are ranked by `noise` `[B, N]`, whose law no relabelling changes, and so at random; those of equal
/// noise, too, by their index. O(n²) per graph, on the device.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::learned::ranks;
/// let tensor = |values: [f32; 4]| Tensor::new(&[values], &Device::Cpu);
/// let (scores, mask) = (tensor([2.0, 1.0, 2.0, 0.0])?, tensor([1.0, 1.0, 1.0, 0.0])?);
/// let found = ranks(&scores, &tensor([0.5, 0.0, -0.5, 0.0])?, &mask, 8)?;
/// assert_eq!(found.to_vec2::<u32>()?, [[2, 0, 1, 8]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the shapes differ.
pub fn ranks(scores: &Tensor, noise: &Tensor, mask: &Tensor, padding: usize) -> Result<Tensor> {
    let (batch, n) = scores.dims2()?;
    let device = scores.device();
    // [B, N, N]: whether node j (last) comes before node i.
    let compare = |values: &Tensor| -> Result<[Tensor; 2]> {
        let (own, other) = (values.unsqueeze(2)?, values.unsqueeze(1)?);
        Ok([other.broadcast_lt(&own)?, other.broadcast_eq(&own)?])
    };
    let ([less, equal], [quieter, as_loud]) = (compare(scores)?, compare(noise)?);
    let places = Tensor::arange(0, n as u32, device)?;
    let earlier = (places.unsqueeze(0)?).broadcast_lt(&places.unsqueeze(1)?)?;
    let tied = (quieter + as_loud.broadcast_mul(&earlier.unsqueeze(0)?)?)?;
    let before = (less + (equal * tied)?)?.to_dtype(DType::U32)?;
    let real = mask.ne(0.0)?;
    let counted = before.broadcast_mul(&real.to_dtype(DType::U32)?.unsqueeze(1)?)?;
    let padding = Tensor::full(padding as u32, (batch, n), device)?;
    real.where_cond(&counted.sum(2)?, &padding)
}

/// Ranks that move smoothly with the `scores` `[B, N]`: `r_i = Σ_{j ≠ i} σ((s_i − s_j)/τ)` over the real nodes, from 0 to `n − 1`, in
/// padding 0 (Qin, Liu & Li 2010). For `τ → 0` they are [`ranks`] where no scores are equal. O(n²) per graph.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::learned::soft_ranks;
/// let scores = Tensor::new(&[[0f32, 3.0, 3.0, 9.0]], &Device::Cpu)?;
/// let mask = Tensor::new(&[[1f32, 1.0, 1.0, 0.0]], &Device::Cpu)?;
/// assert_eq!(soft_ranks(&scores, &mask, 0.01)?.to_vec2::<f32>()?, [[0.0, 1.5, 1.5, 0.0]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the shapes differ.
pub fn soft_ranks(scores: &Tensor, mask: &Tensor, temperature: f64) -> Result<Tensor> {
    // σ(x) = ½(1 + tanh(x/2)), and a node beside itself has tanh 0.
    let scaled = (scores * (0.5 / temperature))?;
    let ahead = scaled
        .unsqueeze(2)?
        .broadcast_sub(&scaled.unsqueeze(1)?)?
        .tanh()?;
    let won = ahead.broadcast_mul(&mask.unsqueeze(1)?)?.sum(2)?;
    let others = (mask.sum_keepdim(1)? - 1.0)?;
    (won.broadcast_add(&others)? * 0.5)? * mask
}

/// Weights `[B, N, rows]` that are 1 at the ranks `[B, N]` (`u32`) and 0 elsewhere, of type `dtype`; all 0 where the rank is `rows` or more.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::learned::weights_of_ranks;
/// let ranks = Tensor::new(&[[1u32, 0, 2]], &Device::Cpu)?;
/// let weights = weights_of_ranks(&ranks, 2, DType::F32)?.get(0)?;
/// assert_eq!(weights.to_vec2::<f32>()?, [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the ranks are no `u32`.
pub fn weights_of_ranks(ranks: &Tensor, rows: usize, dtype: DType) -> Result<Tensor> {
    let row = Tensor::arange(0, rows as u32, ranks.device())?.reshape((1, 1, rows))?;
    ranks.unsqueeze(2)?.broadcast_eq(&row)?.to_dtype(dtype)
}

/// Weights `[B, N, rows]` of the two ranks beside each soft rank `[B, N]`, which is their mean: a table read with them is interpolated.
/// Zero where the `mask` `[B, N]` is 0.
///
/// A rank that is whole counts as the lower one of its interval, the last as the upper one: where the slope jumps, it is that of one side.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::learned::weights_of_soft_ranks;
/// let (ranks, mask) = (Tensor::new(&[[0.25f32, 1.0]], &Device::Cpu)?, Tensor::new(&[[1f32, 1.0]], &Device::Cpu)?);
/// let weights = weights_of_soft_ranks(&ranks, &mask, 3)?.get(0)?;
/// assert_eq!(weights.to_vec2::<f32>()?, [[0.75, 0.25, 0.0], [0.0, 1.0, 0.0]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the shapes differ.
pub fn weights_of_soft_ranks(ranks: &Tensor, mask: &Tensor, rows: usize) -> Result<Tensor> {
    let last_but_one = (mask.sum_keepdim(1)? - 2.0)?.relu()?;
    let lower = ranks.detach().floor()?.relu()?.broadcast_minimum(&last_but_one)?;
    let share = ((ranks - &lower)? * mask)?.unsqueeze(2)?;
    let at = |rank: &Tensor| weights_of_ranks(&rank.to_dtype(DType::U32)?, rows, ranks.dtype());
    let lower_weights = at(&lower)?.broadcast_mul(&mask.unsqueeze(2)?)?;
    let step = (at(&(&lower + 1.0)?)? - &lower_weights)?;
    lower_weights + step.broadcast_mul(&share)?
}
