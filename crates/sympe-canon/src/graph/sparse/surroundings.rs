//! The surroundings of a vertex: a vertex invariant that tells vertices apart where refinement sees no difference.
//!
//! In sparse graphs it is a hash of breadth-first layers; in dense graphs, whose layers are few, a hash of the pairs
//! of the vertex and each neighbour, by their common neighbours and the edges among these. Invariant: it depends on
//! the isomorphism class of (graph, partition, vertex) only, so that a partition split by it is as good a root as
//! before.
//!
//! The thresholds of this module are part of the definition of the canonical form: changing one changes forms, except
//! for [`MANY`], which decides when to look and not whether.
//!
//! A vertex takes time in the arcs looked at, which are bounded, and for pairs O(degree · n / 64) and more, which is
//! bounded as well.

use super::super::hash::mix;
use super::super::trace::NoTrace;
use super::arcs::Arcs;
use super::partition::Partition;
use crate::ranks::dense_ranks;

/// First target cells of fewer vertices are not split by their surroundings.
const SEVERAL: usize = 16;

/// First target cells of so many vertices are split before the first visit.
const MANY: usize = 5000;

/// How many arcs are looked at around each vertex at first.
const NEAR: usize = 256;

/// How many are, if that tells no vertices apart.
const FAR: usize = 16_384;

/// Whether and when a first target cell of so many vertices is split by their surroundings.
pub(super) enum Look {
    Never,
    Now,
    WhenInDoubt,
}

impl Look {
    /// For a first target cell of `size` vertices.
    pub(super) fn at(size: usize) -> Self {
        match size {
            0..SEVERAL => Self::Never,
            SEVERAL..MANY => Self::WhenInDoubt,
            _ => Self::Now,
        }
    }
}

/// The partition with the cell at `target` split by the surroundings of its vertices, and refined; `None` if these
/// are all alike. `partition` must be equitable.
pub(super) fn split_by_surroundings(arcs: &Arcs, partition: &Partition, target: u32) -> Option<Partition> {
    let members = partition.members(target);
    let mut surroundings = Surroundings::new(arcs);
    let distances = if Surroundings::has_layers(arcs) {
        &[NEAR, FAR][..]
    } else {
        &[NEAR]
    };
    let keys = distances.iter().find_map(|&most_arcs| {
        let of = |&v| surroundings.of(v, most_arcs, arcs, partition);
        let keys: Vec<u64> = members.iter().map(of).collect();
        keys.iter().any(|key| *key != keys[0]).then_some(keys)
    })?;
    let mut colors: Vec<(u32, u64)> = (0..arcs.n() as u32).map(|v| (partition.cell_of(v), 0)).collect();
    for (&v, key) in members.iter().zip(keys) {
        colors[v as usize].1 = key;
    }
    let (colors, _) = dense_ranks(colors.len(), |i, j| colors[i as usize].cmp(&colors[j as usize]));
    let mut finer = Partition::new(&colors);
    finer.refine(arcs, &mut NoTrace);
    Some(finer)
}

/// Memory of breadth-first visits, and pairs if the graph is dense.
struct Surroundings {
    pairs: Option<Pairs>,
    /// The last visit that met the vertex, and its distance there.
    met: Vec<(u32, u32)>,
    visit: u32,
    queue: Vec<u32>,
}

impl Surroundings {
    fn new(arcs: &Arcs) -> Self {
        Self {
            pairs: Pairs::new(arcs),
            met: vec![(0, 0); arcs.n()],
            visit: 0,
            queue: Vec::new(),
        }
    }

    /// Whether distant layers may tell vertices apart. Dense graphs have none.
    fn has_layers(arcs: &Arcs) -> bool {
        !is_dense(arcs)
    }

    /// A hash of the layers around `v`, as long as their vertices have at most `most_arcs` arcs together, and of its
    /// pairs.
    fn of(&mut self, v: u32, most_arcs: usize, arcs: &Arcs, partition: &Partition) -> u64 {
        let layers = self.layers(v, most_arcs, arcs, partition);
        let pairs = self.pairs.as_mut();
        pairs.map_or(layers, |pairs| mix(layers, pairs.of(v, arcs, partition)))
    }

    /// A hash of the layers around `v`: their cells, the arcs inside them and from each to the next.
    fn layers(&mut self, v: u32, most_arcs: usize, arcs: &Arcs, partition: &Partition) -> u64 {
        self.visit += 1;
        let visit = self.visit;
        self.queue.clear();
        self.queue.push(v);
        self.met[v as usize] = (visit, 0);
        let (mut hash, mut from, mut distance, mut seen) = (0, 0, 0, 0);
        let mut next = arcs.degree(v);
        while from < self.queue.len() && seen + next <= most_arcs {
            seen += next;
            next = 0;
            let end = self.queue.len();
            let mut layer = 0u64;
            for index in from..end {
                for (u, weight) in arcs.of(self.queue[index]) {
                    let met = &mut self.met[u as usize];
                    if met.0 != visit {
                        *met = (visit, distance + 1);
                        self.queue.push(u);
                        next += arcs.degree(u);
                        layer = layer.wrapping_add(mix(u64::from(partition.cell_of(u)), 0));
                    }
                    if met.1 >= distance {
                        layer = layer.wrapping_add(mix(weight, 1 + u64::from(met.1 - distance)));
                    }
                }
            }
            hash = mix(hash ^ layer, (self.queue.len() - end) as u64);
            (from, distance) = (end, distance + 1);
        }
        hash
    }
}

/// Graphs of more vertices have no [`Pairs`]: their rows of bits take too much memory.
const MOST_VERTICES: usize = 2048;

/// Graphs of at least this mean degree are dense.
const DENSE: usize = 16;

/// Edges among common neighbours are counted if that takes at most so many words of rows at a vertex.
const MOST_WORDS: usize = 1 << 16;

/// The rows of a graph of arcs without weights as sets of bits.
struct Pairs {
    /// The words of a row.
    words: usize,
    bits: Vec<u64>,
    /// Memory for the common neighbours of a pair.
    common: Vec<u64>,
}

impl Pairs {
    /// `None` if the graph is sparse, large, bipartite, or has arcs of several kinds.
    fn new(arcs: &Arcs) -> Option<Self> {
        let n = arcs.n();
        if !arcs.unit() || n > MOST_VERTICES || !is_dense(arcs) || is_bipartite(arcs) {
            return None;
        }
        let words = n.div_ceil(64);
        let mut bits = vec![0; n * words];
        for (v, row) in (0u32..).zip(bits.chunks_exact_mut(words)) {
            for &u in arcs.targets_of(v) {
                row[u as usize / 64] |= 1 << (u % 64);
            }
        }
        Some(Self {
            words,
            bits,
            common: vec![0; words],
        })
    }

    fn row(&self, v: u32) -> &[u64] {
        &self.bits[v as usize * self.words..][..self.words]
    }

    /// A hash of the pairs of `v` and a neighbour: the neighbour's cell, how many neighbours they share, and how many
    /// edges there are among these, where counting them takes little. In strongly regular graphs neither refinement
    /// nor layers nor the number of common neighbours tell anything; the number of edges is the least that does.
    fn of(&mut self, v: u32, arcs: &Arcs, partition: &Partition) -> u64 {
        let shared = |u: u32| {
            let rows = self.row(v).iter().zip(self.row(u));
            rows.map(|(a, b)| (a & b).count_ones()).sum::<u32>()
        };
        let neighbors = arcs.targets_of(v);
        let paths: usize = neighbors.iter().map(|&u| shared(u) as usize).sum();
        let count_edges = paths * self.words <= MOST_WORDS;
        let mut hash = paths as u64;
        for &u in neighbors {
            let mut common = std::mem::take(&mut self.common);
            let rows = self.row(v).iter().zip(self.row(u));
            common.iter_mut().zip(rows).for_each(|(to, (a, b))| *to = a & b);
            let shared: u32 = common.iter().map(|word| word.count_ones()).sum();
            let mut ends = 0;
            if count_edges {
                for (word, &set) in common.iter().enumerate() {
                    let mut left = set;
                    while left != 0 {
                        let w = word as u32 * 64 + left.trailing_zeros();
                        left &= left - 1;
                        let row = self.row(w).iter().zip(&common);
                        ends += row.map(|(a, b)| (a & b).count_ones()).sum::<u32>();
                    }
                }
            }
            self.common = common;
            let numbers = u64::from(shared) << 32 | u64::from(ends);
            hash = u64::wrapping_add(hash, mix(u64::from(partition.cell_of(u)), mix(numbers, 1)));
        }
        hash
    }
}

fn is_dense(arcs: &Arcs) -> bool {
    arcs.count() >= DENSE * arcs.n()
}

fn is_bipartite(arcs: &Arcs) -> bool {
    let mut side = vec![0u8; arcs.n()];
    let mut waiting = Vec::new();
    for root in 0..arcs.n() as u32 {
        if side[root as usize] == 0 {
            side[root as usize] = 1;
            waiting.push(root);
        }
        while let Some(v) = waiting.pop() {
            for &u in arcs.targets_of(v) {
                if side[u as usize] == side[v as usize] {
                    return false;
                }
                if side[u as usize] == 0 {
                    side[u as usize] = 3 - side[v as usize];
                    waiting.push(u);
                }
            }
        }
    }
    true
}
