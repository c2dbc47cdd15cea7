//! Fused CPU operations with their own backward passes, each beside a plain-tensor fallback.
//!
//! Every function takes the fused path for `f32` tensors on the CPU and the [`fallback`] everywhere else (CUDA, Metal,
//! `f64`); the two are held equal, values and gradients, by tests. Results do not depend on the number of threads: work
//! is cut into tasks of fixed sizes, whose sums are added in order.
//!
//! A fused operation is there because plain tensors pass over memory once per step, keep every intermediate result for
//! the backward pass, and add up gradients of biases entry by entry; `benches/step.rs` measures training steps against
//! PyTorch.

mod activation;
mod arguments;
mod attention_query;
mod bce;
mod cross_entropy;
mod distance;
mod dropout;
mod edge_attention;
pub mod fallback;
mod linear;
mod masks;
mod matrix;
mod pair_message;
mod periodic_conv;
mod residual;
mod statistics;
mod storage;
mod symmetric;
mod vector;
mod vectorize;
mod winograd;

pub use activation::{relu, silu};
pub use arguments::{
    Coordinates, EdgeAttention, EdgeAttentionOutput, FeedForward, Norm, PairMessage, PairMessageOutput,
};
pub use bce::bce_with_logits_sum;
pub use cross_entropy::cross_entropy_sum;
pub use distance::distance_logits;
pub use dropout::Dropout;
pub use edge_attention::edge_attention;
pub use linear::linear;
pub(crate) use masks::{distinct_pairs, one_hot, pairs};
pub use pair_message::pair_message;
pub use periodic_conv::{ConvMethod, periodic_conv};
pub use residual::{feed_forward, residual_norm};
pub use statistics::pooled_statistics;
pub use symmetric::symmetric_part;
