//! Attention between all pairs of nodes, per channel and modulated by the edges: the inner loop of the graph
//! transformer.

use super::fallback;
use candle_core::{Result, Tensor};

/// What the attention is computed from. Query `i`, key `j`, all products per channel, with `D` channels:
///
/// ```text
/// [mul | add]_ij = W_film·edge_ij + b_film
/// y_ij    = scale·q_i·k_j·(1 + mul_ij) + add_ij
/// edges'  = W_out·(y_ij·(1 + edge mul) + edge add) + b_out
/// nodes'  = (Σ_j softmax_j(y_ij)·v_j)·(1 + node mul) + node add
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EdgeAttention<'a> {
    /// `[B, N, N, F]`.
    pub edges: &'a Tensor,
    /// `[q | k | v]`, `[B, N, 3D]`.
    pub qkv: &'a Tensor,
    /// `[edge mul | edge add | node mul | node add]`, `[B, 4D]`.
    pub globals: &'a Tensor,
    /// How edges modulate: `[2D, F]` and `[2D]`.
    pub film: (&'a Tensor, &'a Tensor),
    /// The map to new edges: `[O, D]` and `[O]`.
    pub output: (&'a Tensor, &'a Tensor),
    /// `[B, N]`, 1 for real nodes, constant. Pairs with others are skipped altogether.
    pub mask: &'a Tensor,
    /// Factor on `q·k`.
    pub scale: f64,
}

/// New features of pairs and nodes, zero in padding.
#[derive(Clone, Debug)]
pub struct EdgeAttentionOutput {
    /// `[B, N, N, O]`.
    pub edges: Tensor,
    /// `[B, N, D]`.
    pub nodes: Tensor,
}

/// The attention of a batch (Vignac et al. 2023, the node-edge block of DiGress). O(B·N²·D·(F + O)) time; the fused path
/// needs O(B·N²·(F + O) + B·N·D) memory, forward and backward, because it recomputes the scores instead of storing
/// them.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn edge_attention(input: &EdgeAttention<'_>) -> Result<EdgeAttentionOutput> {
    let (batch, n, columns, features) = input.edges.dims4()?;
    let width = input.film.1.elem_count() / 2;
    let outputs = input.output.1.elem_count();
    if columns != n
        || input.qkv.dims() != [batch, n, 3 * width]
        || input.globals.dims() != [batch, 4 * width]
        || input.film.0.dims() != [2 * width, features]
        || input.output.0.dims() != [outputs, width]
        || input.mask.dims() != [batch, n]
    {
        candle_core::bail!(
            "edge_attention: edges {:?}, qkv {:?}, globals {:?}, film {:?}, output {:?}, mask {:?} do not fit together",
            input.edges.dims(),
            input.qkv.dims(),
            input.globals.dims(),
            input.film.0.dims(),
            input.output.0.dims(),
            input.mask.dims()
        );
    }
    fallback::edge_attention(input)
}
