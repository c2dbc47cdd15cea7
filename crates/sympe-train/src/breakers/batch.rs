//! Batches of what was drawn, and the encoders that make channels of them.

use super::breaking::{Breakable, Breaking, Draws};
use super::kernel::{LearnedKernel, Seen};
use super::way::{Drawn, Takes};
use crate::clock::Clock;
use crate::domain::{Domain, Graphs, Points, Torus};
use candle_core::{Device, Tensor};
use sympe_nn::breaking::{Breaker, Draw};
use sympe_nn::encoding::PlacesIn;
use sympe_nn::params::Params;

/// What was drawn for a batch, on the host.
#[derive(Clone, Debug, Default)]
pub struct DrawnBatch {
    /// `[B, N]`: for each place that of the learned object, the largest number of nodes in padding; empty unless group
    /// elements are drawn.
    pub places: Vec<u32>,
    /// `[B, 3, 3]`: the matrices of elements that move vectors; empty unless such are drawn.
    pub matrices: Vec<f32>,
    /// Channels of places in the layout of the domain, or noise for a learned kernel, zero in padding; empty unless one of them is drawn.
    pub features: Vec<f32>,
    /// `[B, N, N, E]`, zero in padding; empty unless channels of pairs are drawn.
    pub pairs: Vec<f32>,
    /// Shapes of places, features and pairs.
    shapes: [Vec<usize>; 3],
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
        let takes = self.way().takes();
        // A number per node is noise enough for a learned kernel.
        let width = if takes == Takes::Noise { 1 } else { domain.dim() };
        let (count, dims) = (items.len(), [width, domain.pair_dim()]);
        let features = match takes {
            Takes::Noise => vec![count, n],
            _ => vec![count, n, width],
        };
        let mut batch = DrawnBatch {
            shapes: [vec![count, n], features, vec![count, n, n, dims[1]]],
            ..DrawnBatch::default()
        };
        match takes {
            Takes::Nothing => {}
            Takes::Noise => batch.features = vec![0.0; count * n],
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

impl Draws<Torus> {
    /// What was drawn for the fields of a batch, side by side.
    #[must_use]
    pub fn stack<'a>(&self, items: impl ExactSizeIterator<Item = &'a Drawn>) -> DrawnBatch {
        let [h, w] = self.domain().group().shape().map(|side| side as usize);
        let features = match self.way().takes() {
            Takes::Noise => vec![items.len(), self.domain().group().order() as usize],
            _ => vec![items.len(), self.domain().dim(), h, w],
        };
        let mut batch = DrawnBatch {
            shapes: [vec![items.len(), h * w], features, Vec::new()],
            ..DrawnBatch::default()
        };
        for drawn in items {
            batch.places.extend(&drawn.places);
            batch.features.extend(&drawn.features);
        }
        batch
    }
}

impl Draws<Points> {
    /// Pads what was drawn for the clouds of a batch, with their sizes, to `n` points.
    ///
    /// # Panics
    ///
    /// When a cloud has more than `n` points.
    #[must_use]
    pub fn pad<'a>(&self, n: usize, items: impl ExactSizeIterator<Item = &'a Drawn>) -> DrawnBatch {
        let (count, dim) = (items.len(), self.domain().dim());
        let mut batch = DrawnBatch {
            shapes: [Vec::new(), vec![count, n, dim, 3], Vec::new()],
            ..DrawnBatch::default()
        };
        if matches!(self.way().takes(), Takes::Features { .. } | Takes::Noise) {
            batch.features = vec![0.0; count * n * dim * 3];
        }
        for (b, drawn) in items.enumerate() {
            batch.matrices.extend(&drawn.matrix);
            fill(&mut batch.features, b * n * dim * 3, &drawn.features);
        }
        batch
    }
}

/// The device half of a way of breaking symmetry: makes channels of what was drawn.
#[derive(Clone, Debug)]
pub struct Encoders {
    /// Where draws are made on the device.
    kernel: Option<LearnedKernel>,
    /// Of places and of pairs of places.
    breakers: [Breaker; 2],
    device: Device,
    clock: Clock,
}

impl Encoders {
    /// Channels of places and of pairs of places; 0 where nothing is added.
    #[must_use]
    pub fn dims(&self) -> [usize; 2] {
        [self.breakers[0].dim(), self.breakers[1].dim()]
    }

    /// Where channels are made.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether draws are made on the device, by a learned kernel, which has to see the input.
    #[must_use]
    pub fn draw_on_device(&self) -> bool {
        self.kernel.is_some()
    }

    /// The channels of places and of pairs of places to adjoin to the input; `None` where nothing is added.
    ///
    /// # Errors
    ///
    /// When something else was drawn than this way of breaking takes, or something has to see the input
    /// ([`encode_in`](Self::encode_in)).
    pub fn encode(&self, batch: &DrawnBatch) -> candle_core::Result<[Option<Tensor>; 2]> {
        self.encode_in(batch, &Seen::Nothing)
    }

    /// The same for inputs that encodings and learned kernels may see.
    ///
    /// # Errors
    ///
    /// When something else was drawn than this way of breaking takes, or for inputs of another size.
    pub fn encode_in(&self, batch: &DrawnBatch, seen: &Seen) -> candle_core::Result<[Option<Tensor>; 2]> {
        Ok(self.encode_with_signs(batch, seen)?.0)
    }

    /// The same with the signs `[B]` of what was drawn on the device, if the group has any; those of the host's draws are in the batch.
    ///
    /// # Errors
    ///
    /// As [`encode_in`](Self::encode_in).
    pub fn encode_with_signs(
        &self,
        batch: &DrawnBatch,
        seen: &Seen,
    ) -> candle_core::Result<([Option<Tensor>; 2], Option<Tensor>)> {
        self.clock.time(|| self.channels(batch, seen))
    }

    fn channels(
        &self,
        batch: &DrawnBatch,
        seen: &Seen,
    ) -> candle_core::Result<([Option<Tensor>; 2], Option<Tensor>)> {
        let [places, features, pairs] = &batch.shapes;
        let [of_places, of_pairs] = &self.breakers;
        let (places, signs) = match &self.kernel {
            Some(kernel) => {
                let noise = Tensor::from_slice(&batch.features, &features[..], &self.device)?;
                kernel.weights(&noise, seen)?
            }
            None if !batch.matrices.is_empty() => {
                let shape = (batch.matrices.len() / 9, 3, 3);
                let matrices = Tensor::from_slice(&batch.matrices, shape, &self.device)?;
                return Ok(([of_places.encode(&Draw::Matrices(matrices))?, None], None));
            }
            None if batch.places.is_empty() => {
                let draw = |values: &[f32], shape: &[usize]| -> candle_core::Result<Draw> {
                    Ok(if values.is_empty() {
                        Draw::None
                    } else {
                        Draw::Features(Tensor::from_slice(values, shape, &self.device)?)
                    })
                };
                let of_places = of_places.encode(&draw(&batch.features, features)?)?;
                let of_pairs = of_pairs.encode(&draw(&batch.pairs, pairs)?)?;
                return Ok(([of_places, of_pairs], None));
            }
            None => (
                Tensor::from_slice(&batch.places, &places[..], &self.device)?,
                None,
            ),
        };
        let draw = |breaker: &Breaker| match seen.adjacency() {
            Some(adjacency) if breaker.sees_input() => Draw::PlacesIn(PlacesIn {
                places: places.clone(),
                adjacency: adjacency.clone(),
            }),
            _ => Draw::Places(places.clone()),
        };
        let pairs = match of_pairs.dim() {
            0 => Draw::None,
            _ => draw(of_pairs),
        };
        Ok((
            [of_places.encode(&draw(of_places))?, of_pairs.encode(&pairs)?],
            signs,
        ))
    }
}

impl<D: Breakable> Breaking<D> {
    /// The two halves of this way of breaking in a domain: what the loader's threads draw with, and what the network
    /// encodes with. Learned objects become parameters at `params`; the time that both take counts on `clock`.
    ///
    /// # Errors
    ///
    /// When a parameter name is taken.
    pub fn start(
        self,
        domain: D,
        params: &Params<'_>,
        clock: &Clock,
    ) -> candle_core::Result<(Draws<D>, Encoders)> {
        let (kernel, breakers) = self.device_half(&domain, params)?;
        let encoders = Encoders {
            kernel,
            breakers,
            device: params.device().clone(),
            clock: clock.clone(),
        };
        Ok((Draws::new(domain, self, clock), encoders))
    }
}
