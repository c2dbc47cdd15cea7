//! Distortions as an experiment.

use super::comparison;
use super::config::{Method, PointCloudConfig};
use super::coverage::is_reached;
use super::data::{self, Cloud, CloudBatch, CloudHost, CloudSamples};
use super::figures;
use super::model::{Clouds, Net};
use crate::TrainError;
use crate::comparison::{Axis, Column};
use crate::domain::{Domain, Points};
use crate::report::Block;
use crate::task::{Loss, Metrics, Setup, Splits, Task};
use std::sync::Arc;
use sympe_data::distortions::Variants;
use sympe_nn::learned::LearnedFrames;
use sympe_nn::models::{CoordinateNet, PointChannels, PointNet};

/// The least loss of an answer that has the symmetry of the cloud: that of the mean of all distortions.
fn symmetric_loss(variants: &Variants) -> f64 {
    let mean: f64 = variants.mean().iter().flatten().map(|x| x * x).sum();
    1.0 - mean / variants.size()
}

impl Task for Clouds {
    const NAME: &'static str = "point-cloud";
    const ABOUT: &'static str = "Distort symmetric clouds of points, in all ways equally often";
    const COLUMNS: &'static [Column] = &[
        Column::new("loss", "loss", 4),
        Column::new("symmetric_loss", "symmetric loss", 4),
        Column::new("reached_percent", "reached, %", 1),
        Column::new("members_percent", "members, %", 1),
        Column::new("coverage_p", "coverage p", 3),
    ];
    type Config = PointCloudConfig;
    type Sample = Cloud;
    type Kept = <Points as Domain>::Kept;
    type Host = CloudHost;

    fn splits(config: &PointCloudConfig) -> Result<Splits<Cloud>, TrainError> {
        data::load(&config.data)
    }

    fn new(setup: Setup<'_, Self>) -> Result<Self, TrainError> {
        let (config, params) = (setup.config, &setup.params);
        let (model, breaking, parent) = (config.model, config.breaking, config.data.parent);
        let (types, conditions) = (parent.types(), parent.conditions());
        let sizes = model.frames.sizes(model.equivariant);
        let points = Points::new(breaking.dim, breaking.scale).with_learned(sizes, types + conditions);
        let (draws, encoders) = (breaking.kind).start(points, &params.at("breaking"), setup.clock)?;
        let channels = PointChannels {
            features: types + conditions,
            vectors: encoders.dims()[0],
            vector_outputs: 1,
            scalar_outputs: 0,
        };
        let at = params.at("net");
        let net = match model.method {
            Method::Equivariant => {
                Net::Equivariant(PointNet::new(model.equivariant, channels, &at)?, encoders)
            }
            Method::Symmetrisation => {
                let draw = LearnedFrames::new(sizes, channels.features, breaking.dim, &params.at("frames"))?;
                Net::InLearnedFrames(CoordinateNet::new(model.coordinates, channels, &at)?, draw)
            }
            _ => Net::InFrames(CoordinateNet::new(model.coordinates, channels, &at)?),
        };
        Ok(Self {
            splits: Arc::clone(setup.splits),
            host: CloudHost {
                draws,
                method: model.method,
                types,
                conditions,
                training: true,
            },
            net,
            device: params.device().clone(),
            config: config.clone(),
        })
    }

    fn host(&self) -> &CloudHost {
        &self.host
    }

    fn loss(&self, batch: &CloudBatch, _: u64) -> Result<Loss, TrainError> {
        Ok(self.distances(batch, true)?.mean_all()?.into())
    }

    fn judge(&self, samples: &CloudSamples, draw: u64) -> Result<Metrics, TrainError> {
        let errors = self.errors(samples, draw)?;
        let count = samples.len().max(1) as f64;
        let symmetric: f64 = samples.samples()?.map(|cloud| symmetric_loss(&cloud.distortion.variants)).sum();
        let reached = errors.iter().filter(|error| is_reached(**error)).count();
        let mut metrics = vec![
            ("loss", errors.iter().sum::<f64>() / count),
            ("symmetric_loss", symmetric / count),
            ("reached_percent", 100.0 * reached as f64 / count),
        ];
        if samples.are_test() {
            let coverage = self.coverage(samples, draw)?;
            metrics.push(("members_percent", 100.0 * coverage.members));
            metrics.push(("coverage_p", coverage.p));
        }
        Ok(metrics)
    }

    fn axes() -> Vec<Axis<PointCloudConfig>> {
        comparison::axes()
    }

    fn tuned() -> Option<Axis<PointCloudConfig>> {
        Some(comparison::scale())
    }

    fn figures(runs: &[(String, &Self)]) -> Result<Vec<Block>, TrainError> {
        figures::figures(runs)
    }
}
