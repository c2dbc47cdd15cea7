//! Clouds to batches: draws, frames, noise.

use super::config::{CloudDataConfig, Method};
use crate::TrainError;
use crate::breakers::{Drawn, DrawnBatch, Draws};
use crate::domain::{Domain, Points};
use crate::task::{Entry, Part, Sample, Samples, Splits, collect, part_seed};
use rand::Rng;
use std::sync::Arc;
use sympe_canon::points::{PointCloud, WeightedFrames};
use sympe_canon::CanonError;
use sympe_data::distortions::{Distortion, Distortions};
use sympe_data::{Collate, DataError, Transform};
use sympe_groups::nalgebra::SVector;
use sympe_groups::{Action, Euclidean, Group, MatrixRep, Orthogonal, OrthogonalGroup};
use sympe_nn::params::normal;

/// A cloud about its centroid, with what may become of it.
#[derive(Debug)]
pub struct Cloud {
    pub(super) distortion: Distortion,
    /// The cloud about its centroid.
    pub(super) centered: PointCloud<3>,
}

impl Cloud {
    /// Of a cloud anywhere.
    ///
    /// # Panics
    ///
    /// When coordinates are so large that their mean is not finite.
    #[must_use]
    pub fn new(distortion: Distortion) -> Self {
        let positions = distortion.cloud.positions();
        let mean = |axis: usize| {
            positions.iter().map(|place| place[axis]).sum::<f64>() / positions.len() as f64
        };
        let shift = SVector::from(std::array::from_fn::<f64, 3, _>(|axis| -mean(axis)));
        let motion = Euclidean::new(Orthogonal::default(), shift).expect("the mean of finite places");
        Self {
            centered: motion.act(&distortion.cloud),
            distortion,
        }
    }

    /// The cloud and its distortions.
    #[must_use]
    pub fn distortion(&self) -> &Distortion {
        &self.distortion
    }
}

impl Sample for Cloud {
    fn write_bytes(&self, bytes: &mut Vec<u8>) {
        let Distortion {
            cloud,
            conditions,
            displacement,
            ..
        } = &self.distortion;
        bytes.extend((cloud.len() as u64).to_le_bytes());
        bytes.extend(cloud.types().iter().flat_map(|kind| kind.to_le_bytes()));
        let vectors = cloud.positions().iter().chain(displacement).flatten();
        bytes.extend(vectors.chain(conditions).flat_map(|value| value.to_le_bytes()));
    }
}

/// A cloud, and what a run keeps of it.
pub(super) type CloudEntry = Arc<Entry<Cloud, <Points as Domain>::Kept>>;
/// Clouds to train or to evaluate on.
pub(super) type CloudSamples = Samples<Cloud, <Points as Domain>::Kept>;

/// The three parts of the data.
pub(super) fn load(config: &CloudDataConfig) -> Result<Splits<Cloud>, TrainError> {
    let part = |part: Part, count: usize| -> Result<Vec<Cloud>, DataError> {
        let distortions = Distortions::new(config.parent, count, part_seed(config.seed, part))?;
        Ok(collect(&distortions)?.into_iter().map(Cloud::new).collect())
    };
    Splits::new(
        format!("distortions: {}", config.parent),
        [
            part(Part::Train, config.train)?,
            part(Part::Validation, config.held_out)?,
            part(Part::Test, config.held_out)?,
        ],
    )
}

/// A cloud with what was drawn for it.
#[derive(Debug)]
pub struct DrawnCloud {
    entry: CloudEntry,
    drawn: Drawn,
    /// Weights, and frames that the network reads coordinates in.
    frames: Vec<(f64, Orthogonal<3>)>,
    /// `[N, D, 3]`, of which a network makes a frame.
    noise: Vec<f32>,
}

/// The host half: draws for clouds, and puts those of a batch side by side.
#[derive(Clone, Debug)]
pub struct CloudHost {
    pub(super) draws: Draws<Points>,
    /// Which frames coordinates are read in.
    pub(super) method: Method,
    /// The number of types, after which conditions follow.
    pub(super) types: usize,
    /// The number of conditions.
    pub(super) conditions: usize,
    /// Whether frames are those of training.
    pub(super) training: bool,
}

impl CloudHost {
    fn frames(&self, entry: &CloudEntry, rng: &mut dyn Rng) -> Result<Vec<(f64, Orthogonal<3>)>, CanonError> {
        let (points, cloud, kept) = (self.draws.domain(), &entry.sample.centered, &entry.kept);
        let one = |frame| vec![(1.0, frame)];
        Ok(match self.method {
            Method::Equivariant | Method::Symmetrisation => Vec::new(),
            Method::Canonicalized => one(points.draw(cloud, kept, rng)?),
            // A cloud turned by g⁻¹ with its answer, and the answer turned back: the loss is the same.
            Method::Augmentation if self.training => one(points.haar(cloud, rng)),
            Method::Augmentation => one(Orthogonal::default()),
            Method::FrameAveraging => {
                let coset = points.coset(cloud, kept)?;
                let weight = 1.0 / coset.len() as f64;
                coset.into_iter().map(|frame| (weight, frame)).collect()
            }
            Method::WeightedFrames => {
                let frames = WeightedFrames::new(OrthogonalGroup::full()).frames(cloud);
                let canonicalized = points.canonicalized(cloud, kept)?;
                if canonicalized.stabilizer.order().is_some() {
                    return Ok(frames);
                }
                // What a cloud on a line leaves open: frames are stable only with its symmetries, on average.
                let inverse = canonicalized.element.inverse();
                let coset = points.coset(cloud, kept)?;
                let weight = 1.0 / coset.len() as f64;
                let symmetries = coset.iter().map(|g| g.compose(&inverse));
                symmetries
                    .flat_map(|s| {
                        let moved = frames.iter().map(move |(share, g)| (weight * share, s.compose(g)));
                        moved.collect::<Vec<_>>()
                    })
                    .collect()
            }
        })
    }
}

impl Transform<CloudEntry> for CloudHost {
    type Out = DrawnCloud;

    fn apply(&self, entry: CloudEntry, rng: &mut dyn Rng) -> Result<DrawnCloud, DataError> {
        let (cloud, index) = (&entry.sample.centered, entry.index);
        let drawn = self.draws.draw(index, cloud, &entry.kept, rng)?;
        let frames = self
            .frames(&entry, rng)
            .map_err(|source| DataError::Canon { index, source })?;
        let count = match self.method {
            Method::Symmetrisation => 3 * self.draws.domain().dim() * cloud.len(),
            _ => 0,
        };
        let noise = (0..count).map(|_| normal(rng) as f32).collect();
        Ok(DrawnCloud {
            entry,
            drawn,
            frames,
            noise,
        })
    }
}

/// A batch on the host, padded to `n` points.
#[derive(Clone, Debug, Default)]
pub struct CloudBatch {
    pub(super) entries: Vec<CloudEntry>,
    pub(super) n: usize,
    /// `[B, n, 3]`, about the centroid of each cloud.
    pub(super) positions: Vec<f32>,
    /// `[B, n, S]`: types as one-hot numbers, then conditions.
    pub(super) features: Vec<f32>,
    /// `[B, n]`
    pub(super) mask: Vec<f32>,
    /// What breaks symmetry.
    pub(super) drawn: DrawnBatch,
    /// `[B, M, 3, 3]` and `[B, M]`, weight 0 in padding; empty without frames.
    pub(super) frames: Vec<f32>,
    pub(super) weights: Vec<f32>,
    /// `[B, n, D, 3]`, or empty.
    pub(super) noise: Vec<f32>,
}

impl CloudBatch {
    /// Number of clouds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Collate<DrawnCloud> for CloudHost {
    type Batch = CloudBatch;

    fn collate(&self, items: Vec<DrawnCloud>) -> Result<CloudBatch, DataError> {
        let sizes = items.iter().map(|item| item.entry.sample.centered.len());
        let n = sizes.max().unwrap_or(0);
        let frames = items.iter().map(|item| item.frames.len()).max().unwrap_or(0);
        let width = self.types + self.conditions;
        let mut batch = CloudBatch {
            n,
            drawn: self.draws.pad(n, items.iter().map(|item| &item.drawn)),
            ..CloudBatch::default()
        };
        for item in items {
            let (cloud, conditions) = (&item.entry.sample.centered, &item.entry.sample.distortion.conditions);
            let padding = n - cloud.len();
            batch.mask.extend((0..n).map(|i| f32::from(u8::from(i < cloud.len()))));
            let positions = cloud.positions().iter().flatten();
            batch.positions.extend(positions.map(|x| *x as f32));
            batch.positions.resize(batch.positions.len() + 3 * padding, 0.0);
            for &kind in cloud.types() {
                let one_hot = (0..self.types).map(|other| f32::from(u8::from(other == kind as usize)));
                batch.features.extend(one_hot);
                batch.features.extend(conditions.iter().map(|x| *x as f32));
            }
            batch.features.resize(batch.features.len() + width * padding, 0.0);
            for (weight, frame) in &item.frames {
                batch.weights.push(*weight as f32);
                let first = batch.frames.len();
                batch.frames.resize(first + 9, 0.0);
                frame.write_matrix(&mut batch.frames[first..]);
            }
            let missing = frames - item.frames.len();
            batch.weights.resize(batch.weights.len() + missing, 0.0);
            batch.frames.resize(batch.frames.len() + 9 * missing, 0.0);
            batch.noise.extend(&item.noise);
            let per_point = item.noise.len() / cloud.len();
            batch.noise.resize(batch.noise.len() + per_point * padding, 0.0);
            batch.entries.push(item.entry);
        }
        Ok(batch)
    }
}
