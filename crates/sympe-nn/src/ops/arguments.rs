//! What the operations on many tensors take and give: the fused ones and their fallbacks alike.

use super::dropout::Dropout;
use candle_core::Tensor;

/// The coordinate half of an EGNN message.
#[derive(Clone, Copy, Debug)]
pub struct Coordinates<'a> {
    /// Coordinates `[B, N, K]`.
    pub x: &'a Tensor,
    /// Weight of the squared distance in the first layer, `[H]`.
    pub w_distance: &'a Tensor,
    /// Second-to-last layer of the coordinate network, `[H, H]`.
    pub w3: &'a Tensor,
    /// Its bias, `[H]`.
    pub b3: &'a Tensor,
    /// Last layer of the coordinate network, `[H]`, without bias.
    pub w4: &'a Tensor,
    /// Bound on each entry of each displacement.
    pub clamp: f64,
}

/// What the messages are computed from. Receiver `i`, sender `j`:
///
/// ```text
/// u_ij = receive_i + send_j + Σ_a attribute_ija·w_attribute_a + ‖x_i − x_j‖²·w_distance
/// m_ij = silu(W2·silu(u_ij) + b2)
/// messages_i     = Σ_j pair_weight_ij·m_ij
/// displacement_i = mean_j clamp((x_i − x_j)·(w4·silu(W3·m_ij + b3)))      over pairs with weight ≠ 0
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PairMessage<'a> {
    /// `[receive | send]`, `[B, N, 2H]`: the first layer applied to receivers and senders apart.
    pub projected: &'a Tensor,
    /// `[B, N, N]`, constant. Pairs of weight 0 (padding, diagonal) are skipped altogether.
    pub pair_weight: &'a Tensor,
    /// Edge attributes `[B, N, N, A]`, constant, and their weights in the first layer, `[A, H]`; or one attribute, `[B, N, N]`
    /// and `[H]`.
    pub attribute: Option<(&'a Tensor, &'a Tensor)>,
    /// Present in EGNN layers.
    pub coordinates: Option<Coordinates<'a>>,
    /// Second layer, `[H, H]`.
    pub w2: &'a Tensor,
    /// Its bias, `[H]`.
    pub b2: &'a Tensor,
}

/// Sums of messages, and mean displacements where there are coordinates.
#[derive(Clone, Debug)]
pub struct PairMessageOutput {
    /// `[B, N, H]`.
    pub messages: Tensor,
    /// `[B, N, K]`.
    pub displacement: Option<Tensor>,
}

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
