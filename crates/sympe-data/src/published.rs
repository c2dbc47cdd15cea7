//! The graphs of published comparisons.
//!
//! Those of Satorras et al. were drawn from published seeds and are drawn again here, bit for bit the same: nothing is
//! downloaded. [`GENERATED`] lists them as files, with the checksums that prove it. The benchmarks of graph generation were
//! published as files, and are read from a folder.

use crate::formats::{self, Format, bits};
use crate::mersenne_twister::MersenneTwister;
use crate::random_graphs::from_pairs;
use crate::{DataError, InMemory};
use std::path::Path;
use sympe_canon::graph::ColoredGraph;

sympe_groups::named! {
    "part of a data set"
    /// A part of a data set.
    ///
    /// ```
    /// use sympe_data::published::Split;
    /// assert_eq!(Split::Validation.to_string(), "val");
    /// ```
    pub enum Split {
        /// What is trained on.
        Train = "train",
        /// What decides when to stop.
        Validation = "val",
        /// What is reported.
        Test = "test",
    }
}

impl Split {
    /// The seed of this part, and its number of graphs (Satorras et al. 2021).
    fn recipe(self) -> (u32, usize) {
        match self {
            Self::Train => (0, 5000),
            Self::Validation => (1, 500),
            Self::Test => (2, 500),
        }
    }
}

/// The Erdős–Rényi graphs of Satorras et al. (*E(n) equivariant graph neural networks*, 2021): 5000/500/500 graphs
/// `G(n, ¼)`, as many of each size n from 7 to 16. A few milliseconds for all.
///
/// They were drawn by CPython, seeded by 0, 1 and 2: in each round a graph of every size in turn, whose pairs `u < v` are
/// adjacent, in the order of rows, where `random()` is below ¼; at last the list is shuffled.
///
/// ```
/// use sympe_data::published::{Split, erdos_renyi};
/// let graphs = erdos_renyi(Split::Test);
/// assert_eq!((graphs.items().len(), graphs.items()[0].n()), (500, 15));
/// ```
#[must_use]
pub fn erdos_renyi(split: Split) -> InMemory<ColoredGraph> {
    let (seed, count) = split.recipe();
    draw_erdos_renyi(seed, count, 0.25)
}

/// The 100 graphs `G(n, ⅕)`, sizes and order as in [`erdos_renyi`], seeded by 3, that Satorras et al. train, validate and
/// test on alike.
///
/// ```
/// assert_eq!(sympe_data::published::erdos_renyi_overfit().items().len(), 100);
/// ```
#[must_use]
pub fn erdos_renyi_overfit() -> InMemory<ColoredGraph> {
    draw_erdos_renyi(3, 100, 0.2)
}

fn draw_erdos_renyi(seed: u32, count: usize, p: f64) -> InMemory<ColoredGraph> {
    let mut stream = MersenneTwister::cpython(seed);
    let sizes = (7..=16).cycle().take(count);
    let mut graphs: Vec<_> = sizes.map(|n| from_pairs(n, |_, _| stream.float() < p)).collect();
    stream.shuffle(&mut graphs);
    InMemory::new(graphs)
}

/// The sizes of a community.
const COMMUNITY_SIZES: [u32; 5] = [6, 7, 8, 9, 10];

/// The community graphs of Satorras et al.: two graphs `G(c, 0.7)`, c from 6 to 10, each pair across adjacent with
/// probability 0.01, and if none is, the first vertices of both. 5000/500/500 graphs; a few milliseconds for all.
///
/// Sizes and pairs across were drawn by NumPy, seeded by 0, 1 and 2. The inner graphs were drawn by CPython, seeded anew
/// by 0 for the first and by 1 for the second, so that there are only 25 pairs of them, and most test graphs are
/// training graphs too: [`Community`](crate::random_graphs::Community) draws them fresh.
///
/// ```
/// use sympe_data::published::{Split, community};
/// let graphs = community(Split::Test);
/// assert!(graphs.items().iter().all(|graph| (12..=20).contains(&graph.n())));
/// ```
#[must_use]
pub fn community(split: Split) -> InMemory<ColoredGraph> {
    let (seed, count) = split.recipe();
    let mut stream = MersenneTwister::numpy(seed);
    // Every inner graph is connected, so that the communities are the two components.
    let inner = [0, 1].map(|seed| {
        COMMUNITY_SIZES.map(|n| {
            let mut stream = MersenneTwister::cpython(seed);
            from_pairs(n, |_, _| stream.float() < 0.7)
        })
    });
    let graph = |_| {
        let [first, second] = inner.each_ref().map(|graphs| &graphs[stream.below(5) as usize]);
        let (c, n) = (first.n() as u32, (first.n() + second.n()) as u32);
        let mut across = Vec::new();
        for u in 0..c {
            across.extend((c..n).filter(|_| stream.float() < 0.01).map(|v| (u, v)));
        }
        if across.is_empty() {
            across.push((0, c));
        }
        let within = first.edges().map(|(u, v, _)| (u, v));
        let others = second.edges().map(|(u, v, _)| (c + u, c + v));
        let edges = within.chain(others).chain(across);
        ColoredGraph::from_edges(n as usize, false, edges).expect("distinct pairs of vertices")
    };
    InMemory::new((0..count).map(graph).collect())
}

/// A file of graphs that are drawn from published seeds.
///
/// ```
/// use sympe_data::published::GENERATED;
/// let file = &GENERATED[3];
/// assert_eq!((file.name, file.text().lines().count()), ("egnn_er020_overfit.txt", 100));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GeneratedFile {
    /// Its name.
    pub name: &'static str,
    /// The SHA-256 of its [text](Self::text), in hexadecimal.
    pub sha256: &'static str,
    graphs: fn() -> InMemory<ColoredGraph>,
}

/// All of them.
pub const GENERATED: [GeneratedFile; 5] = [
    GeneratedFile {
        name: "egnn_er025_train.txt",
        sha256: "e510b34a25360354c1136834643bf3e3651bab025403829fd242da50756e63c7",
        graphs: || erdos_renyi(Split::Train),
    },
    GeneratedFile {
        name: "egnn_er025_val.txt",
        sha256: "3c43c1d40dd57dbc766c6fd0aafa82394abb4f7703fd3819d3a933fd23a020e1",
        graphs: || erdos_renyi(Split::Validation),
    },
    GeneratedFile {
        name: "egnn_er025_test.txt",
        sha256: "7ff8b5ae6b6f9de3dd600506cd8b0822d0b3c60a1d9008e40bef0f57f5aa6803",
        graphs: || erdos_renyi(Split::Test),
    },
    GeneratedFile {
        name: "egnn_er020_overfit.txt",
        sha256: "cdd4c9e1f9be48b0f3e6e33da41a1c8b81131037159640c63366d756d318d99c",
        graphs: erdos_renyi_overfit,
    },
    GeneratedFile {
        name: "egnn_community_test.txt",
        sha256: "1cf9044b48c8215f749233b6df9fc57e0dcce538de204e9e48c08168dafc591c",
        graphs: || community(Split::Test),
    },
];

impl GeneratedFile {
    /// The graphs, drawn anew.
    #[must_use]
    pub fn graphs(&self) -> InMemory<ColoredGraph> {
        (self.graphs)()
    }

    /// The content of the file: a graph per line, in [`bits`].
    #[must_use]
    pub fn text(&self) -> String {
        let graphs = self.graphs();
        graphs
            .items()
            .iter()
            .map(|graph| bits::write(graph) + "\n")
            .collect()
    }
}

/// Graphs in the place of [`erdos_renyi`], from a folder that has them as `egnn_er025_{train,val,test}.txt`.
///
/// # Errors
///
/// When the file cannot be read; the error names it.
pub fn read_erdos_renyi(folder: &Path, split: Split) -> Result<InMemory<ColoredGraph>, DataError> {
    let path = folder.join(format!("egnn_er025_{split}.txt"));
    Ok(InMemory::new(formats::read(&path, Some(Format::Bits))?.0))
}

sympe_groups::named! {
    "benchmark"
    /// A benchmark of graph generation.
    pub enum Benchmark {
        /// Delaunay triangulations of 64 points ([`Planar`](crate::random_graphs::Planar)).
        Planar = "planar",
        /// Stochastic block models ([`StochasticBlockModel`](crate::random_graphs::StochasticBlockModel)).
        StochasticBlockModel = "sbm",
        /// Trees of 64 vertices ([`Tree`](crate::random_graphs::Tree)).
        Tree = "tree",
    }
}

/// The graphs of a generation benchmark as published by Bergmeister et al. (2024): `{planar,sbm,tree}_{train,val,test}.txt`
/// in `folder`, 128/32/40 graphs.
///
/// ```
/// use sympe_data::published::{Benchmark, Split, benchmark};
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// std::fs::write(folder.join("tree_val.txt"), "3 2 0-1 1-2\n")?;
/// let trees = benchmark(folder, Benchmark::Tree, Split::Validation)?;
/// assert_eq!(trees.items()[0].edge_count(), 2);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the file cannot be read; the error names it.
pub fn benchmark(
    folder: &Path,
    benchmark: Benchmark,
    split: Split,
) -> Result<InMemory<ColoredGraph>, DataError> {
    let path = folder.join(format!("{benchmark}_{split}.txt"));
    Ok(InMemory::new(formats::read(&path, Some(Format::EdgeList))?.0))
}
