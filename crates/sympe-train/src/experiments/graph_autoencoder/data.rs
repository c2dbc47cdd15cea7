//! Graphs to batches: draws, features, padding.

use super::config::{GraphData, GraphDataConfig};
use crate::TrainError;
use crate::breakers::{Drawn, DrawnBatch, Draws};
use crate::domain::{Graphs, KeptGraph};
use crate::task::{Entry, Part, Samples, collect, part_seed};
use rand::Rng;
use std::sync::Arc;
use sympe_canon::graph::ColoredGraph;
use sympe_data::published::{self, Split};
use sympe_data::random_graphs::{Community, ErdosRenyi};
use sympe_data::{Collate, DataError, Dataset, Transform};

/// The three parts of the data, and what they are in words.
pub(super) fn load(config: &GraphDataConfig) -> Result<([Vec<ColoredGraph>; 3], &'static str), TrainError> {
    let or = |count: usize, default: usize| if count == 0 { default } else { count };
    let counts = [
        or(config.train, 5000),
        or(config.held_out, 500),
        or(config.held_out, 500),
    ];
    let parts = |make: &dyn Fn(usize, u64) -> Result<Vec<ColoredGraph>, DataError>| {
        let mut parts = [const { Vec::new() }; 3];
        for ((graphs, part), count) in parts.iter_mut().zip(Part::ALL).zip(counts) {
            *graphs = make(count, part_seed(config.seed, part))?;
        }
        Ok::<_, DataError>(parts)
    };
    Ok(match config.kind {
        // Pinned: `Auto` is one of the others.
        GraphData::Auto | GraphData::Published => {
            let mut parts = [const { Vec::new() }; 3];
            let limits = [config.train, config.held_out, config.held_out];
            let splits = [Split::Train, Split::Validation, Split::Test];
            for ((graphs, split), limit) in parts.iter_mut().zip(splits).zip(limits) {
                let all = if config.folder.as_os_str().is_empty() {
                    published::erdos_renyi(split)
                } else {
                    published::read_erdos_renyi(&config.folder, split)?
                };
                let limit = if limit == 0 { all.len() } else { limit };
                *graphs = all.items().iter().take(limit).cloned().collect();
            }
            (parts, "published Erdős–Rényi graphs, 7 to 16 nodes, p = 1/4")
        }
        GraphData::Generated => (
            parts(&|count, seed| collect(&ErdosRenyi::new(count, 7..=16, 0.25, seed)?))?,
            "generated Erdős–Rényi graphs, 7 to 16 nodes, p = 1/4",
        ),
        GraphData::Community => (
            parts(&|count, seed| collect(&Community::new(count, seed)))?,
            "generated community graphs, 12 to 20 nodes",
        ),
        GraphData::Overfit => {
            let seed = part_seed(config.seed, Part::Train);
            let graphs = collect(&ErdosRenyi::new(or(config.train, 100), 7..=16, 0.2, seed)?)?;
            (
                [graphs.clone(), graphs.clone(), graphs],
                "the same Erdős–Rényi graphs for training and test, p = 1/5",
            )
        }
    })
}

/// A graph, and what a run keeps of it.
pub(super) type GraphEntry = Arc<Entry<ColoredGraph, KeptGraph>>;
/// Graphs to train or to evaluate on.
pub(super) type GraphSamples = Samples<ColoredGraph, KeptGraph>;

/// A graph with what was drawn for it.
#[derive(Debug)]
pub struct DrawnGraph {
    entry: GraphEntry,
    drawn: Drawn,
}

/// The host half: draws for a graph, and pads the graphs of a batch to the largest of them.
#[derive(Clone, Debug)]
pub struct PadGraphs {
    pub(super) draws: Draws<Graphs>,
}

impl Transform<GraphEntry> for PadGraphs {
    type Out = DrawnGraph;

    fn apply(
        &self,
        entry: GraphEntry,
        rng: &mut dyn Rng,
    ) -> Result<DrawnGraph, DataError> {
        let drawn = (self.draws).draw(entry.index, &*entry.sample, &entry.kept, rng)?;
        Ok(DrawnGraph { entry, drawn })
    }
}

/// A padded batch on the host.
#[derive(Clone, Debug, Default)]
pub struct GraphBatch {
    /// Number of nodes of each graph.
    pub sizes: Vec<usize>,
    /// Nodes after padding.
    pub n: usize,
    /// `[B, N, N]`.
    pub(crate) adjacency: Vec<f32>,
    /// `[B, N]`.
    pub(crate) mask: Vec<f32>,
    /// What breaks symmetry.
    pub(crate) drawn: DrawnBatch,
}

impl Collate<DrawnGraph> for PadGraphs {
    type Batch = GraphBatch;

    fn collate(&self, items: Vec<DrawnGraph>) -> Result<GraphBatch, DataError> {
        // At least one row, padding if need be: there are no tensors without.
        let n = items
            .iter()
            .map(|item| item.entry.sample.n())
            .max()
            .unwrap_or(0)
            .max(1);
        let count = items.len();
        let mut batch = GraphBatch {
            sizes: items.iter().map(|item| item.entry.sample.n()).collect(),
            n,
            adjacency: vec![0.0; count * n * n],
            mask: vec![0.0; count * n],
            drawn: (self.draws).pad(n, items.iter().map(|item| (item.entry.sample.n(), &item.drawn))),
        };
        for (b, item) in items.iter().enumerate() {
            let size = item.entry.sample.n();
            batch.mask[b * n..][..size].fill(1.0);
            for (u, v, _) in item.entry.sample.edges() {
                let (u, v) = (u as usize, v as usize);
                batch.adjacency[(b * n + u) * n + v] = 1.0;
                batch.adjacency[(b * n + v) * n + u] = 1.0;
            }
        }
        Ok(batch)
    }
}
