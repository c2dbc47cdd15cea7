//! A learned kernel of graphs: nodes are ranked by the scores of a small network.

use super::{
    DrawModule, GraphView, LearnedConfig, check_noise, ranks, soft_ranks, weights_of_ranks,
    weights_of_soft_ranks,
};
use crate::layers::{GnnLayer, Linear};
use crate::ops;
use crate::params::{Init, Params};
use candle_core::{Result, Tensor};

/// A learned kernel of `S_n`: message passing on the graph, its channels and a standard normal number `z_i` per node gives scores
/// `s_i = gain·f(x, z)_i + z_i`, and node `i` gets the rank of its score.
///
/// Without `f`, at parameters zero, the draw is uniform. A network that separates the scores of nodes by more than the noise orders them as a
/// canonical labelling does; nodes that an automorphism exchanges are told apart by noise alone, in `f` (which may look at the noise of
/// the others, and so draw neighbours one after the other) and in the sum. Noise `[B, N]`; weights are those of
/// [`soft_ranks`](super::soft_ranks) between two rows of the table. O(n²) per graph and layer.
///
/// See [`DrawModule`] for an example.
#[derive(Clone, Debug)]
pub struct LearnedRanks {
    layers: Vec<GnnLayer>,
    output: Linear,
    rows: usize,
    channels: [usize; 2],
    config: LearnedConfig,
}

impl LearnedRanks {
    /// For graphs of up to `n_max` nodes with so many channels of nodes and attributes of pairs (at least one).
    ///
    /// # Errors
    ///
    /// When the options are out of range, or the names are taken.
    pub fn new(
        n_max: usize,
        channels: [usize; 2],
        config: LearnedConfig,
        params: &Params<'_>,
    ) -> Result<Self> {
        config.check()?;
        let ([nodes, pairs], LearnedConfig { hidden, layers, .. }) = (channels, config);
        if pairs == 0 {
            candle_core::bail!(
                "a learned kernel of graphs without attributes of pairs, expected at least one"
            );
        }
        let width = |layer: usize| if layer == 0 { 1 + nodes } else { hidden };
        let layer =
            |k: usize| GnnLayer::with_attributes(width(k), pairs, hidden, k > 0, &params.at("layers").at(k));
        Ok(Self {
            layers: (0..layers).map(layer).collect::<Result<_>>()?,
            // A bias would be the same for all nodes.
            output: Linear::without_bias(width(layers), 1, Init::FanIn(width(layers)), &params.at("score"))?,
            rows: n_max,
            channels,
            config,
        })
    }

    /// The scores `[B, N]`; meaningless in padding.
    ///
    /// # Errors
    ///
    /// When the graphs have other channels or more nodes than those promised to [`new`](Self::new), or the noise is not of their shape.
    pub fn scores(&self, input: &GraphView, noise: &Tensor) -> Result<Tensor> {
        check_noise(noise, input.mask.dims())?;
        let n = input.mask.dim(1)?;
        if input.channels() != self.channels || n > self.rows {
            candle_core::bail!(
                "graphs of {n} nodes with channels {:?}, the learned kernel expects at most {} nodes and channels {:?}",
                input.channels(),
                self.rows,
                self.channels
            );
        }
        let own = noise.unsqueeze(2)?;
        let mut h = match &input.nodes {
            Some(nodes) => Tensor::cat(&[&own, nodes], 2)?,
            None => own,
        };
        let pairs = ops::distinct_pairs(&input.mask)?;
        for layer in &self.layers {
            h = layer.forward(&h, &input.pairs, &pairs)?;
        }
        (self.output.forward(&h)?.squeeze(2)? * self.config.gain)? + noise
    }
}

impl DrawModule for LearnedRanks {
    type Input = GraphView;

    /// Ranks `[B, N]`.
    fn draw(&self, input: &GraphView, noise: &Tensor) -> Result<Tensor> {
        ranks(&self.scores(input, noise)?, noise, &input.mask, self.rows)
    }

    /// Weights `[B, N, n_max]`, zero in padding.
    fn forward(&self, input: &GraphView, noise: &Tensor) -> Result<Tensor> {
        let (scores, mask) = (self.scores(input, noise)?, &input.mask);
        let soft = soft_ranks(&scores, mask, self.config.temperature)?;
        let soft = weights_of_soft_ranks(&soft, mask, self.rows)?;
        self.config.relaxation.of(soft, || {
            weights_of_ranks(&ranks(&scores, noise, mask, self.rows)?, self.rows, mask.dtype())
        })
    }
}
