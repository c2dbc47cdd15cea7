//! Graphs to batches: draws, features, padding.

use super::config::{GraphData, GraphDataConfig};
use crate::TrainError;
use crate::breakers::{Drawn, DrawnBatch, Draws};
use crate::datasets;
use crate::domain::{Graphs, KeptGraph};
use crate::task::{Entry, Part, Samples, collect, part_seed};
use rand::Rng;
use std::sync::Arc;
use sympe_canon::graph::ColoredGraph;
use sympe_data::diffusion::MoleculeClasses;
use sympe_data::molecule::{Hydrogens, Molecule};
use sympe_data::published::{self, Split};
use sympe_data::random_graphs::{Cograph, Community, ErdosRenyi, Regular, Tree};
use sympe_data::{Collate, DataError, Dataset, Transform};

/// The three parts of the data, and what they are in words.
pub(super) fn load(config: &GraphDataConfig) -> Result<([Vec<ColoredGraph>; 3], String), TrainError> {
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
    let sizes = config.kind.least_nodes().map_or(0..=0, |least| least..=config.max_nodes);
    let within = format!("{} to {} nodes", sizes.start(), sizes.end());
    Ok(match config.kind {
        // Pinned: `Auto` is one of the others.
        GraphData::Auto | GraphData::Published => {
            let mut parts = [const { Vec::new() }; 3];
            let limits = [config.train, config.held_out, config.held_out];
            for ((graphs, split), limit) in parts.iter_mut().zip(SPLITS).zip(limits) {
                let all = if config.folder.as_os_str().is_empty() {
                    published::erdos_renyi(split)
                } else {
                    published::read_erdos_renyi(&config.folder, split)?
                };
                let limit = if limit == 0 { all.len() } else { limit };
                *graphs = all.items().iter().take(limit).cloned().collect();
            }
            (
                parts,
                "published Erdős–Rényi graphs, 7 to 16 nodes, p = 1/4".to_owned(),
            )
        }
        GraphData::Generated => (
            parts(&|count, seed| collect(&ErdosRenyi::new(count, sizes.clone(), 0.25, seed)?))?,
            format!("generated Erdős–Rényi graphs, {within}, p = 1/4"),
        ),
        GraphData::Community => (
            parts(&|count, seed| collect(&Community::new(count, seed)))?,
            "generated community graphs, 12 to 20 nodes".to_owned(),
        ),
        GraphData::Overfit => {
            let seed = part_seed(config.seed, Part::Train);
            let graphs = collect(&ErdosRenyi::new(or(config.train, 100), 7..=16, 0.2, seed)?)?;
            (
                [graphs.clone(), graphs.clone(), graphs],
                "the same Erdős–Rényi graphs for training and test, p = 1/5".to_owned(),
            )
        }
        GraphData::Molecules => (
            molecules(config, counts, bare)?,
            "molecular graphs of QM9, hydrogens explicit, elements and bond orders left out".to_owned(),
        ),
        GraphData::MoleculesWithClasses => (
            molecules(config, counts, with_classes)?,
            "molecular graphs of QM9, hydrogens explicit, with elements and bond orders (Kekulé)".to_owned(),
        ),
        GraphData::Cographs => (
            parts(&|count, seed| collect(&Cograph::new(count, sizes.clone(), seed)?))?,
            format!("random cographs, {within}"),
        ),
        GraphData::Trees => (
            parts(&|count, seed| collect(&Tree::of_sizes(count, sizes.clone(), seed)?))?,
            format!("uniform trees, {within}"),
        ),
        GraphData::Regular => (
            parts(&|count, seed| collect(&Regular::new(count, sizes.clone(), seed)?))?,
            format!("uniform regular graphs of degree 3 or 4, {within}"),
        ),
    })
}

/// The parts of published data, in the order of [`Part`].
const SPLITS: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

/// Graphs of molecules, spread evenly over the parts of QM9: those are in the order of their sizes.
fn molecules(
    config: &GraphDataConfig,
    counts: [usize; 3],
    graph: fn(&Molecule) -> ColoredGraph,
) -> Result<[Vec<ColoredGraph>; 3], TrainError> {
    let all = datasets::qm9(&config.folder)?;
    let mut parts = [const { Vec::new() }; 3];
    for ((graphs, split), count) in parts.iter_mut().zip(SPLITS).zip(counts) {
        let molecules = all.part(split, Hydrogens::Explicit)?;
        let (molecules, available) = (molecules.items(), molecules.len());
        let count = count.min(available);
        *graphs = (0..count)
            .map(|index| graph(&molecules[index * available / count]))
            .collect();
    }
    Ok(parts)
}

/// Which atoms are bonded, and nothing else.
fn bare(molecule: &Molecule) -> ColoredGraph {
    let bonds = molecule.bonds().map(|(u, v, _)| (u, v));
    ColoredGraph::from_edges(molecule.len(), false, bonds).expect("two atoms have at most one bond")
}

/// The graph whose colours are the classes, those of edges counted from the single bond as 0: what kernels canonicalize. A Kekulé
/// structure is taken as it is, so the stabilizer is that of the structure, whose bonds are what is rebuilt. Charges are left
/// out, as in graph diffusion.
pub(super) fn with_classes(molecule: &Molecule) -> ColoredGraph {
    MoleculeClasses::QM9.encode(molecule).expect("the elements of QM9").to_colored_graph()
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
    /// Whether the colours of graphs are classes for the network to see.
    pub(super) classes: bool,
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
    /// Classes of nodes `[B, N]` and of pairs `[B, N, N]`; empty for bare graphs.
    pub(crate) classes: [Vec<u32>; 2],
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
            classes: match self.classes {
                true => [vec![0; count * n], vec![0; count * n * n]],
                false => Default::default(),
            },
        };
        for (b, item) in items.iter().enumerate() {
            let size = item.entry.sample.n();
            batch.mask[b * n..][..size].fill(1.0);
            if self.classes {
                batch.classes[0][b * n..][..size].copy_from_slice(item.entry.sample.node_colors());
            }
            for (u, v, color) in item.entry.sample.edges() {
                let (u, v) = (u as usize, v as usize);
                for pair in [(b * n + u) * n + v, (b * n + v) * n + u] {
                    batch.adjacency[pair] = 1.0;
                    if self.classes {
                        batch.classes[1][pair] = color + 1;
                    }
                }
            }
        }
        Ok(batch)
    }
}
