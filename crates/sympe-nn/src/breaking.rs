//! One interface for every way of breaking symmetry, so that comparisons differ in nothing else.
//!
//! The host draws; a [`Breaker`] makes channels of the [`Draw`]: through any [`PositionalEncoding`] of a group element,
//! or as they are where the host has drawn the channels themselves. Which ways there are is not known here.

use crate::encoding::{PlacesIn, PositionalEncoding};
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// What the host drew for one batch.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::breaking::{Breaker, Draw};
///
/// let noise = Breaker::features("noise", 2, 2);
/// let features = Tensor::zeros((1, 3, 2), DType::F32, &Device::Cpu)?;
/// assert!(noise.encode(&Draw::Features(features))?.is_some());
/// assert!(noise.encode(&Draw::None).is_err());
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Draw {
    /// Nothing.
    None,
    /// Channels: `[B, N, D]` on graphs, zero in padded rows; `[B, N, N, D]` of pairs; `[B, D, h, w]` on lattices;
    /// `[B, N, D, 3]` of vectors of space.
    Features(Tensor),
    /// Places `[B, N]` (`u32`) in the learned object: `g̃⁻¹(i)` for each node or site, and `n_max` for padding.
    Places(Tensor),
    /// Matrices `[B, 3, 3]` of orthogonal `g̃`.
    Matrices(Tensor),
    /// Places with the graphs they were drawn for, for encodings that see those.
    PlacesIn(PlacesIn),
}

/// The device half of a way of breaking symmetry: it turns a [`Draw`] into channels, `[B, N, D]` on graphs,
/// `[B, N, N, D]` of pairs of nodes, `[B, D, h, w]` on lattices, vectors `[B, D, 3]` or `[B, N, D, 3]` on clouds of points.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use std::sync::Arc;
/// use sympe_nn::breaking::{Breaker, Draw};
/// use sympe_nn::encoding::{TableConfig, TableEncoding};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let table = TableEncoding::new(16, 8, TableConfig::default(), &store.root())?;
/// let breaker = Breaker::encoding("sympe", Arc::new(table));
/// let ranks = Tensor::new(&[[1u32, 2, 0]], &Device::Cpu)?;
/// assert_eq!(breaker.encode(&Draw::Places(ranks))?.unwrap().dims(), [1, 3, 8]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Breaker {
    /// Of the way of breaking, for errors.
    name: &'static str,
    takes: Takes,
}

#[derive(Clone, Debug)]
enum Takes {
    Nothing,
    Features { dim: usize, channel_axis: usize },
    Places(Arc<dyn PositionalEncoding<Draw = Tensor>>),
    PlacesIn(Arc<dyn PositionalEncoding<Draw = PlacesIn>>),
}

impl Breaker {
    /// Nothing is added; Curie's principle binds.
    #[must_use]
    pub fn none() -> Self {
        Self {
            name: "none",
            takes: Takes::Nothing,
        }
    }

    /// The host draws the channels themselves: `dim` of them, along dimension `channel_axis`.
    #[must_use]
    pub fn features(name: &'static str, dim: usize, channel_axis: usize) -> Self {
        Self {
            name,
            takes: Takes::Features { dim, channel_axis },
        }
    }

    /// The host draws group elements `g̃`, and the channels are `g̃·v`.
    #[must_use]
    pub fn encoding(name: &'static str, encoding: Arc<dyn PositionalEncoding<Draw = Tensor>>) -> Self {
        Self {
            name,
            takes: Takes::Places(encoding),
        }
    }

    /// The host draws group elements `g̃`, and the channels are those of an encoding `e(x, g̃)` that sees the graph.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use std::sync::Arc;
    /// use sympe_nn::breaking::{Breaker, Draw};
    /// use sympe_nn::encoding::{PlacesIn, SmoothedEncoding};
    /// use sympe_nn::params::ParamStore;
    ///
    /// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    /// let smoothed = Breaker::seeing("sympe", Arc::new(SmoothedEncoding::new(16, 8, 1.0, &store.root())?));
    /// let (places, adjacency) = (Tensor::new(&[[1u32, 0]], &Device::Cpu)?, Tensor::zeros((1, 2, 2), DType::F32, &Device::Cpu)?);
    /// assert!(smoothed.encode(&Draw::Places(places.clone())).is_err());
    /// let draw = Draw::PlacesIn(PlacesIn { places, adjacency });
    /// assert_eq!(smoothed.encode(&draw)?.unwrap().dims(), [1, 2, 8]);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    #[must_use]
    pub fn seeing(name: &'static str, encoding: Arc<dyn PositionalEncoding<Draw = PlacesIn>>) -> Self {
        Self {
            name,
            takes: Takes::PlacesIn(encoding),
        }
    }

    /// Whether the encoding sees the input: it takes [`Draw::PlacesIn`] then.
    #[must_use]
    pub fn sees_input(&self) -> bool {
        matches!(self.takes, Takes::PlacesIn(_))
    }

    /// Channels of the encoding; 0 where nothing is added.
    #[must_use]
    pub fn dim(&self) -> usize {
        match &self.takes {
            Takes::Nothing => 0,
            Takes::Features { dim, .. } => *dim,
            Takes::Places(encoding) => encoding.dim(),
            Takes::PlacesIn(encoding) => encoding.dim(),
        }
    }

    /// The channels to adjoin to the input, or `None` where nothing is broken.
    ///
    /// # Errors
    ///
    /// When the draw is not of the kind, or of the width, that this breaker takes.
    pub fn encode(&self, draw: &Draw) -> Result<Option<Tensor>> {
        match (draw, &self.takes) {
            (Draw::None, Takes::Nothing) => Ok(None),
            (Draw::Places(elements) | Draw::Matrices(elements), Takes::Places(encoding)) => {
                Ok(Some(encoding.encode(elements)?))
            }
            (Draw::PlacesIn(draw), Takes::PlacesIn(encoding)) => Ok(Some(encoding.encode(draw)?)),
            (Draw::Features(features), Takes::Features { dim, channel_axis })
                if features.dims().get(*channel_axis) == Some(dim) =>
            {
                Ok(Some(features.clone()))
            }
            _ => {
                let kind = match draw {
                    Draw::None => "nothing".to_owned(),
                    Draw::Features(features) => format!("features {:?}", features.dims()),
                    Draw::Places(places) => format!("places {:?} without their graphs", places.dims()),
                    Draw::Matrices(matrices) => format!("matrices {:?}", matrices.dims()),
                    Draw::PlacesIn(draw) => format!("places {:?} in graphs", draw.places.dims()),
                };
                let (name, dim) = (self.name, self.dim());
                candle_core::bail!("breaking '{name}' with {dim} channels cannot use {kind}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn a_breaker_rejects_draws_of_another_kind() {
        let noise = Breaker::features("noise", 3, 2);
        let narrow = Tensor::zeros((1, 4, 2), DType::F32, &Device::Cpu).unwrap();
        for draw in [Draw::None, Draw::Features(narrow)] {
            let message = noise.encode(&draw).unwrap_err().to_string();
            assert!(
                message.starts_with("breaking 'noise' with 3 channels"),
                "{message}"
            );
            assert!(!matches!(draw, Draw::Features(_)) || Breaker::none().encode(&draw).is_err());
        }
    }
}
