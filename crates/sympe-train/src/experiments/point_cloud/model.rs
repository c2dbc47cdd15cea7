//! The network with its encoding or its frames, and its answers.

use super::config::PointCloudConfig;
use super::data::{Cloud, CloudBatch, CloudEntry, CloudHost};
use crate::TrainError;
use crate::breakers::{Encoders, Seen};
use crate::task::{Samples, Splits, evaluation_batches};
use candle_core::{Device, Tensor};
use std::sync::Arc;
use sympe_canon::points::Coupling;
use sympe_data::DataError;
use sympe_data::distortions::Distortion;
use sympe_nn::learned::{DrawModule, LearnedFrames};
use sympe_nn::models::{Adjoin, Backbone, CoordinateNet, PointInput, PointNet, PointOutput, in_frames};

/// A network that answers clouds with displacements of their points.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_data::distortions::Parent;
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiments::point_cloud::{Clouds, PointCloudConfig};
/// use sympe_train::harness::Trained;
///
/// let mut layers = Layers::default();
/// layers.preset::<PointCloudConfig>("smoke")?;
/// let run = Trained::<Clouds>::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let square = Parent::Square.draw(&mut ChaCha8Rng::seed_from_u64(0));
/// let answers = run.task().displacements(vec![square], 0)?;
/// assert_eq!(answers[0].len(), 4);
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub struct Clouds {
    pub(super) config: PointCloudConfig,
    pub(super) splits: Arc<Splits<Cloud>>,
    pub(super) host: CloudHost,
    pub(super) net: Net,
    pub(super) device: Device,
}

/// What makes answers of a batch.
pub(super) enum Net {
    /// Equivariant, with an encoding.
    Equivariant(PointNet, Encoders),
    /// In frames that the host draws.
    InFrames(CoordinateNet),
    /// In frames that are drawn from a learned law.
    InLearnedFrames(CoordinateNet, LearnedFrames),
}

/// Clouds per batch of an evaluation.
const EVALUATION_BATCH: usize = 64;

/// A displacement of each point.
pub(super) type Answer = Vec<[f64; 3]>;

impl Clouds {
    /// The network's output for a batch, `[B, N, 3]`.
    pub(super) fn output(&self, batch: &CloudBatch, train: bool) -> Result<Tensor, TrainError> {
        let (count, n, device) = (batch.len(), batch.n, &self.device);
        let tensor = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, device);
        let width = batch.features.len() / (count * n).max(1);
        let input = PointInput::new(
            tensor(&batch.positions, &[count, n, 3])?,
            tensor(&batch.features, &[count, n, width])?,
            tensor(&batch.mask, &[count, n])?,
        )?;
        let output: PointOutput = match &self.net {
            Net::Equivariant(net, encoders) => {
                let [encoding, _] = encoders.encode_in(&batch.drawn, &Seen::Points(input.clone()))?;
                let input = match &encoding {
                    Some(encoding) => input.adjoin(encoding)?,
                    None => input,
                };
                net.forward_t(&input, train)?
            }
            Net::InFrames(net) => {
                let frames = batch.weights.len() / count.max(1);
                let weights = tensor(&batch.weights, &[count, frames])?;
                let frames = tensor(&batch.frames, &[count, frames, 3, 3])?;
                in_frames(net, &input, &frames, &weights, train)?
            }
            Net::InLearnedFrames(net, draw) => {
                let noise = tensor(&batch.noise, &[count, n, draw.noise(), 3])?;
                let frames = draw.forward(&input, &noise)?.unsqueeze(1)?;
                let weights = Tensor::ones((count, 1), frames.dtype(), device)?;
                in_frames(net, &input, &frames, &weights, train)?
            }
        };
        Ok(output.vectors.squeeze(2)?)
    }

    /// The answers in an output `[B, N, 3]`, without padding.
    fn unpadded(output: &Tensor, batch: &CloudBatch) -> Result<Vec<Answer>, TrainError> {
        let rows = output.to_vec3::<f32>()?;
        let pairs = rows.iter().zip(&batch.entries);
        let answer = |(rows, entry): (&Vec<Vec<f32>>, &CloudEntry)| {
            let points = &rows[..entry.sample.centered.len()];
            points
                .iter()
                .map(|row| std::array::from_fn(|axis| f64::from(row[axis])))
                .collect()
        };
        Ok(pairs.map(answer).collect())
    }

    /// The squared distance of each answer of a batch to the nearest of the symmetric copies of the right one, in units of the size of
    /// that, `[B]`: the least loss over the stabilizer.
    ///
    /// What is nearest is found on the host and is constant: where it changes, two are equally near.
    pub(super) fn distances(&self, batch: &CloudBatch, train: bool) -> Result<Tensor, TrainError> {
        let output = self.output(batch, train)?;
        let answers = Self::unpadded(&output.detach(), batch)?;
        let (mut targets, mut units) = (Vec::new(), Vec::new());
        for (answer, entry) in answers.iter().zip(&batch.entries) {
            let nearest = self.nearest(entry, answer)?;
            targets.extend(nearest.iter().flatten().map(|x| *x as f32));
            targets.resize(targets.len() + 3 * (batch.n - nearest.len()), 0.0);
            units.push(entry.sample.distortion.variants.size().recip() as f32);
        }
        let targets = Tensor::from_vec(targets, output.shape(), &self.device)?;
        let units = Tensor::from_vec(units, batch.len(), &self.device)?;
        Ok(((output - targets)?.sqr()?.sum((1, 2))? * units)?)
    }

    /// Of the symmetric copies of the displacement, the one nearest to an answer. Where there is none, as an answer is not finite, the
    /// displacement.
    fn nearest(&self, entry: &CloudEntry, answer: &[[f64; 3]]) -> Result<Answer, DataError> {
        let (cloud, index) = (&*entry.sample, entry.index);
        let coupling = (self.host.draws.domain()).coupling(&cloud.centered, &entry.kept);
        let coupling = coupling.map_err(|source| DataError::Canon { index, source })?;
        let displacement = &cloud.distortion.displacement;
        Ok(match coupling.align(displacement, answer) {
            Ok(aligned) => Coupling::moved(&aligned.element, displacement),
            Err(_) => displacement.clone(),
        })
    }

    /// An answer to each entry, in order; draw number `draw`.
    pub(super) fn answers(&self, entries: &[CloudEntry], draw: u64) -> Result<Vec<Answer>, TrainError> {
        let host = CloudHost {
            training: false,
            ..self.host.clone()
        };
        let mut answers = Vec::new();
        let seed = self.config.training.seed;
        for batch in evaluation_batches(&host, entries, EVALUATION_BATCH, seed, draw)? {
            answers.extend(Self::unpadded(&self.output(&batch, false)?, &batch)?);
        }
        Ok(answers)
    }

    /// An answer for each cloud, a displacement `[N, 3]` of its points; draw number `draw`.
    ///
    /// # Errors
    ///
    /// When a cloud has other types or conditions than the model's parent; when it cannot be canonicalized.
    pub fn displacements(&self, clouds: Vec<Distortion>, draw: u64) -> Result<Vec<Vec<[f64; 3]>>, TrainError> {
        for (index, one) in clouds.iter().enumerate() {
            let kind = one.cloud.types().iter().copied().max().unwrap_or(0);
            if kind as usize >= self.host.types || one.conditions.len() != self.host.conditions {
                let message = format!(
                    "cloud {} has types to {kind} and {} conditions, expected types below {} and {} conditions",
                    index + 1,
                    one.conditions.len(),
                    self.host.types,
                    self.host.conditions
                );
                return Err(TrainError::config("the clouds do not fit the model", message));
            }
        }
        let samples = Samples::of(clouds.into_iter().map(Cloud::new));
        self.answers(samples.entries()?, draw)
    }
}
