//! The autoencoder as an experiment.

use super::comparison;
use super::config::GraphAutoencoderConfig;
use super::data::{self, GraphBatch, GraphSamples, PadGraphs};
use super::metrics::BySymmetry;
use super::model::{GraphAutoencoder, fit, misfit};
use crate::TrainError;
use crate::comparison::{Axis, Column};
use crate::domain::{Graphs, KeptGraph};
use crate::report::{Block, matrices};
use crate::task::{Loss, Metrics, Part, Setup, Splits, Task};
use std::path::Path;
use std::sync::Arc;
use sympe_canon::graph::ColoredGraph;
use sympe_data::formats::Format;
use sympe_data::molecule::{Element, Molecule};
use sympe_inspect::terminal::{read_graphs, read_molecules};
use sympe_nn::models::{Autoencoder, Channels};

impl Task for GraphAutoencoder {
    const NAME: &'static str = "graph-autoencoder";
    const ABOUT: &'static str = "Compress a graph into node embeddings and rebuild it";
    const COLUMNS: &'static [Column] = &[
        Column::new("cross_entropy", "test cross-entropy", 3),
        Column::new("wrong_nodes_percent", "wrong nodes, %", 4),
        Column::new("wrong_pairs_percent", "wrong pairs, %", 4),
        Column::new("bce", "test BCE", 3),
        Column::new("error_percent", "% error", 4),
        Column::new("f1", "F1", 4),
        Column::new("exact_percent", "exact graphs, %", 1),
    ];
    type Config = GraphAutoencoderConfig;
    type Sample = ColoredGraph;
    type Kept = KeptGraph;
    type Host = PadGraphs;

    fn splits(config: &GraphAutoencoderConfig) -> Result<Splits<ColoredGraph>, TrainError> {
        let (parts, description) = data::load(&config.data)?;
        for (part, graphs) in Part::ALL.into_iter().zip(&parts) {
            let origin = format!("{} data", part.adjective());
            fit(graphs, usize::MAX, config.data.kind.classes()).map_err(|fault| TrainError::config(origin, fault))?;
        }
        Splits::new(description, parts)
    }

    /// A model for graphs as large as those of the data.
    fn new(setup: Setup<'_, Self>) -> Result<Self, TrainError> {
        let (config, params) = (setup.config, &setup.params);
        let (breaking, classes) = (config.breaking, config.data.kind.classes());
        let sizes = setup.splits.all().map(|graph| Ok(graph?.n()));
        let n_max = sizes.collect::<Result<Vec<_>, TrainError>>()?.into_iter().max().unwrap_or(0);
        let graphs = Graphs::new(n_max, breaking.kernel)
            .with_channels(config.encoding_dim(), config.pair_dim())
            .with_table(breaking.table)
            .with_encoding(config.encoding())
            .with_learned(breaking.learned, classes.map_or([0, 1], |[nodes, pairs]| [nodes, pairs - 1]))
            .with_distinguished(breaking.distinguished);
        let (draws, encoders) = (breaking.kind).start(graphs, &params.at("breaking"), setup.clock)?;
        let [nodes, pairs] = encoders.dims();
        let channels = Channels { nodes, pairs, classes };
        Ok(Self {
            splits: Arc::clone(setup.splits),
            seed: config.training.seed,
            host: PadGraphs {
                draws,
                classes: classes.is_some(),
            },
            model: Autoencoder::with_channels(config.model, channels, params)?,
            encoders,
            device: params.device().clone(),
            classes,
        })
    }

    fn host(&self) -> &PadGraphs {
        &self.host
    }

    fn loss(&self, batch: &GraphBatch, _: u64) -> Result<Loss, TrainError> {
        let input = self.encoded(batch)?;
        let loss = match self.classes {
            Some(_) => self.model.class_loss(&input, &self.model.class_logits(&input)?)?,
            None => self.model.loss(&input, &self.model.logits(&input)?)?,
        };
        Ok((loss / batch.sizes.len() as f64)?.into())
    }

    fn judge(&self, samples: &GraphSamples, draw: u64) -> Result<Metrics, TrainError> {
        Ok(self.reconstruction(samples, draw)?.named())
    }

    fn axes() -> Vec<Axis<GraphAutoencoderConfig>> {
        comparison::axes()
    }

    fn tuned() -> Option<Axis<GraphAutoencoderConfig>> {
        Some(comparison::scale())
    }

    fn read(&self, file: &Path, format: Option<Format>) -> Result<Vec<ColoredGraph>, TrainError> {
        let graphs = match (self.classes, format) {
            // Hydrogens are nodes, as in the data.
            (Some(_), None) => {
                let molecules = read_molecules(file, &Element::QM9)?;
                let molecules = molecules.iter().map(Molecule::with_hydrogens);
                molecules.map(|molecule| data::with_classes(&molecule)).collect()
            }
            (Some(_), Some(format)) => {
                let message = "is a format of graphs, expected a file of molecules (SMILES lines or SDF)";
                return Err(TrainError::config(format!("--format {format}"), message));
            }
            (None, format) => read_graphs(file, format)?,
        };
        fit(&graphs, self.n_max(), self.classes).map_err(misfit)?;
        Ok(graphs)
    }

    fn figures(runs: &[(String, &Self)]) -> Result<Vec<Block>, TrainError> {
        const COUNT: usize = 6;
        let pictures = runs
            .iter()
            .map(|(name, run)| Ok((name.clone(), run.pictures(COUNT)?)));
        let pictures = pictures.collect::<Result<Vec<_>, TrainError>>()?;
        let caption = "Test graphs: input, then for each run its reconstruction and the difference. Black is an \
                       edge; in differences, blue is missing and orange is too much.";
        Ok(vec![Block::Figure(
            "matrices".into(),
            caption.into(),
            matrices(&pictures),
        )])
    }

    fn details(rows: &[(String, Vec<&Self>)]) -> Result<Vec<Block>, TrainError> {
        let exact = rows.iter().map(|(name, runs)| {
            let exact = runs.iter().map(|run| run.exact());
            Ok((name.clone(), exact.collect::<Result<_, TrainError>>()?))
        });
        let exact = exact.collect::<Result<Vec<_>, TrainError>>()?;
        let Some(first) = rows.iter().find_map(|(_, runs)| runs.first()) else {
            return Ok(Vec::new());
        };
        let test = first.splits.part(Part::Test).iter().collect::<Result<Vec<_>, _>>()?;
        let test = test.iter().map(Arc::as_ref);
        let text = "Test graphs rebuilt without any wrong entry, in percent, by the number of their automorphisms:";
        let found = BySymmetry::new(test, &exact)?;
        let caption = "Test graphs rebuilt without any wrong entry, %, by the number of their automorphisms, over all runs of a \
                       setting";
        Ok(vec![
            Block::Text(text.into()),
            Block::Table(found.table()),
            Block::Figure("exact-by-automorphisms".into(), caption.into(), found.picture()),
            Block::Listing("exact-by-automorphisms.jsonl".into(), found.json()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use crate::config::Layers;
    use crate::harness::Trained;

    #[test]
    fn canonicalizations_of_held_out_graphs_are_kept_between_evaluations() {
        let mut layers = Layers::default();
        layers.preset::<GraphAutoencoderConfig>("smoke").unwrap();
        let run = Trained::<GraphAutoencoder>::new(layers.resolve().unwrap(), &Device::Cpu).unwrap();
        let validation = run.part(Part::Validation);
        let kept = || (validation.entries().unwrap().iter()).all(|entry| entry.kept.is_canonicalized());
        assert!(!kept());
        run.evaluate(validation, 0).unwrap();
        assert!(kept());
    }
}
