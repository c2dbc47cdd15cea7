//! Learned kernels (the `h_φ` of Lawrence et al. 2025): the host draws noise, a network on the device makes group elements of it.

use super::kernel::{LearnedKernel, WithEncodings};
use super::way::{Drawn, Facts, Takes, Way};
use crate::domain::{Domain, Graphs, HasField, HasGraph, Points, Torus};
use rand::{Rng, RngExt};
use std::sync::Arc;
use sympe_canon::CanonError;
use sympe_canon::points::PointCloud;
use sympe_nn::breaking::Breaker;
use sympe_nn::learned::{LearnedElements, LearnedFrames, LearnedRanks};
use sympe_nn::params::{Params, normal};

/// A learned object at a place drawn by a learned kernel.
#[derive(Debug)]
pub(super) struct Learned;

impl<D: Learnable> Way<D> for Learned {
    fn facts(&self) -> Facts {
        Facts {
            name: "learned",
            about: "A learned object at a place drawn by a learned kernel, from noise",
            takes: Takes::Noise,
        }
    }

    fn draw(
        &self,
        domain: &D,
        input: &D::Input,
        _: &D::Kept,
        rng: &mut dyn Rng,
    ) -> Result<Drawn, CanonError> {
        Ok(Drawn {
            features: domain.noise(input, rng),
            ..Drawn::default()
        })
    }

    fn kernel(&self, domain: &D, params: &Params<'_>) -> candle_core::Result<Option<WithEncodings>> {
        domain.kernel(params).map(Some)
    }
}

/// A domain whose kernel can be learned.
pub(super) trait Learnable: Domain {
    /// The noise for an input: as many numbers for all inputs of as many places, of a law that no element of the group changes.
    fn noise(&self, input: &Self::Input, rng: &mut dyn Rng) -> Vec<f32>;

    /// What makes group elements of it, with the encodings of places and of pairs that read these.
    fn kernel(&self, params: &Params<'_>) -> candle_core::Result<WithEncodings>;
}

impl Learnable for Graphs {
    /// A standard normal number per node.
    fn noise(&self, input: &dyn HasGraph, rng: &mut dyn Rng) -> Vec<f32> {
        (0..input.nodes()).map(|_| normal(rng) as f32).collect()
    }

    fn kernel(&self, params: &Params<'_>) -> candle_core::Result<WithEncodings> {
        let (config, channels) = self.learned();
        let ranks = LearnedRanks::new(self.n_max(), channels, config, &params.at("kernel"))?;
        Ok((
            LearnedKernel::Ranks(Arc::new(ranks)),
            self.encodings("learned", params)?,
        ))
    }
}

impl Learnable for Torus {
    /// A Gumbel number per element of the group.
    fn noise(&self, _: &dyn HasField, rng: &mut dyn Rng) -> Vec<f32> {
        let gumbel = |_| -(-(1.0 - rng.random::<f64>()).ln()).ln() as f32;
        (0..self.group().order()).map(gumbel).collect()
    }

    fn kernel(&self, params: &Params<'_>) -> candle_core::Result<WithEncodings> {
        let elements = LearnedElements::new(self.group(), self.learned(), &params.at("kernel"))?;
        let orbit = self.orbit(params)?;
        let breaker = Breaker::encoding("learned", Arc::new(orbit.clone()));
        Ok((
            LearnedKernel::Elements(Arc::new(elements), orbit),
            [breaker, Breaker::none()],
        ))
    }
}

impl Learnable for Points {
    /// As many isotropic normal vectors per point as the encoding has.
    fn noise(&self, cloud: &PointCloud<3>, rng: &mut dyn Rng) -> Vec<f32> {
        let count = self.places(cloud) * self.dim() * Self::COMPONENTS;
        (0..count).map(|_| normal(rng) as f32).collect()
    }

    fn kernel(&self, params: &Params<'_>) -> candle_core::Result<WithEncodings> {
        let (config, features) = self.learned();
        let frames = LearnedFrames::new(config, features, self.dim(), &params.at("kernel"))?;
        Ok((
            LearnedKernel::Frames(Arc::new(frames)),
            self.encodings("learned", params)?,
        ))
    }
}
