//! What a vertex sees near it: a cheap invariant that tells vertices apart where refinement sees no difference yet.

use super::super::trace::mix;
use super::partition::{Arcs, Partition};

/// Scratch of breadth-first visits, and pairs if the graph is dense.
pub(super) struct Surroundings {
    pairs: Option<Pairs>,
    /// The last visit that met the vertex, and its distance there.
    met: Vec<(u32, u32)>,
    visit: u32,
    queue: Vec<u32>,
}

impl Surroundings {
    pub(super) fn new(arcs: &Arcs) -> Self {
        Self {
            pairs: Pairs::new(arcs),
            met: vec![(0, 0); arcs.n()],
            visit: 0,
            queue: Vec::new(),
        }
    }

    /// Whether distant layers may tell anything: not those of a dense graph, which has few.
    pub(super) fn has_layers(arcs: &Arcs) -> bool {
        !is_dense(arcs)
    }

    /// A hash of what is near `v`, which does not depend on how vertices are numbered: its layers, while their vertices have
    /// at most `most_arcs` arcs together, and its pairs.
    pub(super) fn of(&mut self, v: u32, most_arcs: usize, arcs: &Arcs, partition: &Partition) -> u64 {
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

/// So many words of rows are looked at around a vertex.
const MOST_WORDS: usize = 1 << 16;

/// The rows of a graph of arcs without weights as sets of bits.
struct Pairs {
    words: usize,
    bits: Vec<u64>,
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

    /// A hash of the pairs of `v` and a neighbour: the neighbour's cell, how many neighbours they share, and how many edges
    /// there are between these. In strongly regular graphs, where neither refinement nor layers tell anything, the last
    /// is the least number that does.
    ///
    /// Edges are counted while that takes little.
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
    arcs.targets.len() >= DENSE * arcs.n()
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
