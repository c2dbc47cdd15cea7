//! An experiment of your own, outside the workspace's: give each of eight numbers a place of its own in their order. Equal
//! numbers are interchangeable, so an equivariant network gives them one place together, unless their symmetry is broken.
//! `cargo run --release --bin your-own-experiment -- train`; likewise `compare sorting`, `evaluate RUN`, `train --resume RUN`.

use candle_core::{D, Result as Candle, Tensor};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use std::{process::ExitCode, sync::Arc};
use sympe_canon::graph::ColoredGraph;
use sympe_data::key::{Purpose, stream};
use sympe_data::{Collate, DataError, Transform};
use sympe_nn::{layers::Mlp, optim::OptimizerConfig};
use sympe_train::breakers::{Breaking, Drawn, DrawnBatch, Draws, Encoders};
use sympe_train::comparison::{Axis, Column};
use sympe_train::config::{Config, Preset, TrainingConfig};
use sympe_train::domain::{Graphs, KeptGraph, Kernel};
use sympe_train::task::{
    Entry, Loss, Metrics, Part, Samples, Setup, Splits, Task, evaluation_batches, part_seed,
};
use sympe_train::{TrainError, commands};

const N: usize = 8;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    breaking: Breaking<Graphs>,
    training: TrainingConfig,
    optimizer: OptimizerConfig,
}

impl Config for Options {
    fn presets() -> &'static [Preset] {
        const QUICK: Preset = (
            "quick",
            "seconds",
            "training.epochs = 40\noptimizer.learning-rate = 5e-3",
        );
        const SMOKE: Preset = ("smoke", "less", "training.epochs = 2");
        &[QUICK, SMOKE]
    }
    fn training(&self) -> &TrainingConfig {
        &self.training
    }
    fn optimizer(&self) -> &OptimizerConfig {
        &self.optimizer
    }
}

/// Numbers are the colours of a graph without edges, so that equal ones are interchangeable. Draws, and puts them together.
#[derive(Clone)]
struct Host(Draws<Graphs>);
type Item = Arc<Entry<ColoredGraph, KeptGraph>>;
type Batch = (Vec<f32>, DrawnBatch);

impl Transform<Item> for Host {
    type Out = (Item, Drawn);
    fn apply(&self, item: Item, rng: &mut dyn Rng) -> Result<(Item, Drawn), DataError> {
        let drawn = (self.0).draw(item.index, &*item.sample, &item.kept, rng)?;
        Ok((item, drawn))
    }
}

impl Collate<(Item, Drawn)> for Host {
    type Batch = Batch;
    fn collate(&self, items: Vec<(Item, Drawn)>) -> Result<Batch, DataError> {
        let colors = items.iter().flat_map(|(item, _)| item.sample.node_colors());
        let numbers = colors.map(|color| *color as f32).collect();
        Ok((numbers, self.0.pad(N, items.iter().map(|(_, drawn)| (N, drawn)))))
    }
}

/// A network on sets: the same map for every number, given the mean of what another map makes of all.
struct Sorting(Host, Encoders, [Mlp; 2]);

impl Sorting {
    /// How far `[B, N]` the answers lie from 0, 1, …, in the order of the numbers, and of the answers among equal numbers.
    fn distances(&self, (numbers, drawn): &Batch) -> Candle<Tensor> {
        let Self(_, encoders, [all, each]) = self;
        let x = Tensor::from_slice(numbers, (numbers.len() / N, N, 1), encoders.device())?;
        let input = match &encoders.encode(drawn)?[0] {
            Some(encoding) => Tensor::cat(&[&x, encoding], D::Minus1)?,
            None => x.clone(),
        };
        let context = all.forward(&input)?.mean_keepdim(1)?.repeat((1, N, 1))?;
        let answers = each.forward(&Tensor::cat(&[&input, &context], D::Minus1)?)?;
        let order = ((x * 1e3)? + &answers)?.squeeze(2)?.arg_sort_last_dim(true)?;
        let places = Tensor::arange(0f32, N as f32, encoders.device())?;
        answers.squeeze(2)?.gather(&order, 1)?.broadcast_sub(&places)
    }
}

impl Task for Sorting {
    const NAME: &'static str = "sorting";
    const ABOUT: &'static str = "Give every number a place of its own, equal ones included";
    const COLUMNS: &'static [Column] = &[Column::new("error", "squared error", 4)];
    type Config = Options;
    type Sample = ColoredGraph;
    type Kept = KeptGraph;
    type Host = Host;

    fn splits(_: &Options) -> Result<Splits<ColoredGraph>, TrainError> {
        let graph = |part, i| -> Result<ColoredGraph, TrainError> {
            let numbers: [u32; N] = stream(part_seed(1, part), 0, i, Purpose::Generate).random();
            Ok(ColoredGraph::from_edges(N, false, [])?.with_node_colors(numbers.map(|x| x % 4).into())?)
        };
        let part = |part, count| (0..count).map(|i| graph(part, i)).collect::<Result<Vec<_>, _>>();
        let parts = [(Part::Train, 512), (Part::Validation, 128), (Part::Test, 256)];
        let [train, validation, test] = parts.map(|(one, count)| part(one, count));
        Splits::new("eight numbers from 0 to 3", [train?, validation?, test?])
    }

    fn new(setup: Setup<'_, Self>) -> Result<Self, TrainError> {
        let (params, graphs) = (&setup.params, Graphs::new(N, Kernel::Exact).with_channels(4, 0));
        let (draws, encoders) = (setup.config.breaking).start(graphs, &params.at("breaking"), setup.clock)?;
        let all = Mlp::new(1 + encoders.dims()[0], 32, 8, &params.at("all"))?;
        let each = Mlp::new(9 + encoders.dims()[0], 32, 1, &params.at("each"))?;
        Ok(Self(Host(draws), encoders, [all, each]))
    }

    fn host(&self) -> &Host {
        &self.0
    }

    fn loss(&self, batch: &Batch, _: u64) -> Result<Loss, TrainError> {
        Ok(self.distances(batch)?.sqr()?.mean_all()?.into())
    }

    fn judge(&self, samples: &Samples<ColoredGraph, KeptGraph>, draw: u64) -> Result<Metrics, TrainError> {
        let mut sum = 0.0;
        for batch in evaluation_batches(&self.0, samples.entries()?, 64, 0, draw)? {
            sum += f64::from(
                self.distances(&batch)?
                    .sqr()?
                    .mean(1)?
                    .sum_all()?
                    .to_scalar::<f32>()?,
            );
        }
        Ok(vec![("error", sum / samples.len() as f64)])
    }

    fn axes() -> Vec<Axis<Options>> {
        let axis = Breaking::axis(|o: &Options| o.breaking, |o, way| o.breaking = way);
        vec![axis.with_default(&["none", "noise", "uniform", "sympe"])]
    }
}

fn main() -> ExitCode {
    let experiments = const { &[commands::Experiment::of::<Sorting>()] };
    commands::main("your-own-experiment", experiments)
}
