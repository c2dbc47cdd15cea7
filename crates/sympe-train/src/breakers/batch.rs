//! What was drawn for the graphs of a batch, padded to one size.

use super::breaking::Draws;
use super::way::{Drawn, Takes};
use crate::domain::{Domain, Graphs};
use candle_core::{Device, Tensor};
use sympe_nn::breaking::Draw;

/// What was drawn for a batch of graphs, on the host.
#[derive(Clone, Debug, Default)]
pub struct DrawnBatch {
    /// `[B, N]`, the largest number of nodes in padding; empty unless group elements are drawn.
    pub places: Vec<u32>,
    /// `[B, N, D]`, zero in padding; empty unless channels are drawn.
    pub features: Vec<f32>,
    /// `[B, N, N, E]`, zero in padding; empty unless channels of pairs are drawn.
    pub pairs: Vec<f32>,
    /// `B` and `N`.
    shape: [usize; 2],
    /// `D` and `E`.
    dims: [usize; 2],
}

impl Draws<Graphs> {
    /// Pads what was drawn for the graphs of a batch, with their sizes, to `n` nodes.
    ///
    /// # Panics
    ///
    /// When a graph has more than `n` nodes, or something else was drawn than this way of breaking draws.
    #[must_use]
    pub fn pad<'a>(&self, n: usize, items: impl ExactSizeIterator<Item = (usize, &'a Drawn)>) -> DrawnBatch {
        let domain = self.domain();
        let (count, dims) = (items.len(), [domain.dim(), domain.pair_dim()]);
        let mut batch = DrawnBatch {
            shape: [count, n],
            dims,
            ..DrawnBatch::default()
        };
        match self.way().takes() {
            Takes::Nothing => {}
            Takes::Elements { .. } => batch.places = vec![domain.n_max() as u32; count * n],
            Takes::Features { pairs } => {
                batch.features = vec![0.0; count * n * dims[0]];
                batch.pairs = vec![0.0; if pairs { count * n * n * dims[1] } else { 0 }];
            }
        }
        for (b, (size, drawn)) in items.enumerate() {
            fill(&mut batch.places, b * n, &drawn.places);
            fill(&mut batch.features, b * n * dims[0], &drawn.features);
            let width = size * dims[1];
            for (i, row) in drawn.pairs.chunks(width.max(1)).enumerate() {
                fill(&mut batch.pairs, (b * n + i) * n * dims[1], row);
            }
        }
        batch
    }
}

/// Writes values from position `at` on; where nothing was drawn there is no room either.
fn fill<X: Copy>(into: &mut [X], at: usize, values: &[X]) {
    if values.is_empty() {
        return;
    }
    into[at..at + values.len()].copy_from_slice(values);
}

impl DrawnBatch {
    /// What the encoders of nodes and of pairs take.
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn draws(&self, device: &Device) -> candle_core::Result<[Draw; 2]> {
        let ([count, n], [dim, pair_dim]) = (self.shape, self.dims);
        if !self.places.is_empty() {
            let places = Draw::Places(Tensor::from_slice(&self.places, (count, n), device)?);
            let pairs = if pair_dim > 0 { places.clone() } else { Draw::None };
            return Ok([places, pairs]);
        }
        let features = |values: &[f32], shape: &[usize]| -> candle_core::Result<Draw> {
            Ok(if values.is_empty() {
                Draw::None
            } else {
                Draw::Features(Tensor::from_slice(values, shape, device)?)
            })
        };
        Ok([
            features(&self.features, &[count, n, dim])?,
            features(&self.pairs, &[count, n, n, pair_dim])?,
        ])
    }
}
