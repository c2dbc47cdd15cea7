//! What needs no search, for the sparse engine: twins and followers, as in the dense engine, by worklist.
//!
//! In an equitable partition, two vertices of a cell are *twins* if they have the same neighbours besides each other;
//! one of each class is kept. A cell whose only non-trivial joins are a perfect matching with another cell *follows* it.
//! Trees vanish; of sparse random graphs, all but the core remains rarely.

use super::super::layers::{Class, Layers};
use super::super::trace::{NoTrace, mix};
use super::partition::{Arcs, Partition};

/// Sets aside what needs no search. The partition must be equitable, and is again; vertices set aside, and those that
/// are alone in their cells, are singletons. O((n + m) log n) or so.
pub(super) fn reduce(arcs: &Arcs, partition: &mut Partition) -> Layers {
    let mut reducer = Reducer {
        arcs,
        layers: Layers::default(),
        joins: Joins::new(arcs.n()),
        next: partition.open_cells().collect(),
        found: Vec::new(),
        keys: Vec::new(),
        marks: Default::default(),
        classes: Vec::new(),
        vertices: Vec::new(),
    };
    while !reducer.next.is_empty() {
        let mut batch = std::mem::take(&mut reducer.next);
        // By position, so that the layers of isomorphic graphs are made in the same order.
        batch.sort_unstable();
        batch.dedup();
        let mut split = false;
        for &start in &batch {
            if partition.len(start) > 1 {
                split |= reducer.collapse(start, partition);
            }
        }
        if split {
            partition.refine(arcs, &mut NoTrace);
            reducer.next = partition.open_cells().collect();
            continue;
        }
        for &start in &batch {
            if partition.len(start) > 1 {
                reducer.follow(start, partition);
            }
        }
    }
    reducer.layers
}

/// How a vertex is joined to a cell of the partition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// To all others there by arcs of one kind.
    Full,
    /// To more than half of them by arcs of one kind.
    Most,
    Other,
}

/// Scratch that sorts the arcs of a vertex by cell.
pub(super) struct Joins {
    count: Vec<u32>,
    weight: Vec<u64>,
    uniform: Vec<bool>,
    touched: Vec<u32>,
}

impl Joins {
    pub(super) fn new(n: usize) -> Self {
        Self {
            count: vec![0; n],
            weight: vec![0; n],
            uniform: vec![false; n],
            touched: Vec::new(),
        }
    }

    /// The open cells that `v` has arcs to, and how it is joined to them.
    pub(super) fn of(&mut self, v: u32, arcs: &Arcs, partition: &Partition, found: &mut Vec<(u32, Join)>) {
        for (u, weight) in arcs.of(v) {
            let cell = partition.cell_of(u);
            if partition.len(cell) == 1 {
                continue;
            }
            let cell = cell as usize;
            if self.count[cell] == 0 {
                self.touched.push(cell as u32);
                self.weight[cell] = weight;
                self.uniform[cell] = true;
            }
            self.count[cell] += 1;
            self.uniform[cell] &= self.weight[cell] == weight;
        }
        found.clear();
        for cell in self.touched.drain(..) {
            let count = std::mem::take(&mut self.count[cell as usize]);
            let others = partition.len(cell) - u32::from(partition.cell_of(v) == cell);
            let join = match self.uniform[cell as usize] {
                true if count == others => Join::Full,
                true if 2 * count > partition.len(cell) => Join::Most,
                _ => Join::Other,
            };
            found.push((cell, join));
        }
    }
}

struct Reducer<'a> {
    arcs: &'a Arcs,
    layers: Layers,
    joins: Joins,
    /// Cells to look at in the next round.
    next: Vec<u32>,
    found: Vec<(u32, Join)>,
    keys: Vec<(u64, u32)>,
    /// Which hashes of keys there are, and which more than once.
    marks: [Vec<u64>; 2],
    classes: Vec<Class>,
    vertices: Vec<u32>,
}

impl Reducer<'_> {
    /// Arcs of `v` to other vertices in open cells.
    fn live_arcs<'a>(&'a self, v: u32, partition: &'a Partition) -> impl Iterator<Item = (u32, u64)> + 'a {
        self.arcs
            .of(v)
            .filter(|&(u, _)| partition.len(partition.cell_of(u)) > 1)
    }

    /// Whether two vertices of a cell have the same arcs besides those to each other, and the same to each other.
    fn are_twins(&self, v: u32, w: u32, partition: &Partition) -> bool {
        let others = |v: u32, w: u32| self.live_arcs(v, partition).filter(move |&(u, _)| u != w);
        let between = |v: u32, w: u32| {
            self.arcs
                .of(v)
                .filter(move |&(u, _)| u == w)
                .map(|(_, weight)| weight)
        };
        others(v, w).eq(others(w, v)) && between(v, w).eq(between(w, v))
    }

    /// Keeps one of each class of twins of a cell. Returns whether that splits the cell.
    fn collapse(&mut self, start: u32, partition: &mut Partition) -> bool {
        self.hash_neighbourhoods(start, partition);
        let before = self.layers.count();
        let mut classes = std::mem::take(&mut self.classes);
        classes.clear();
        let mut twins = Vec::new();
        let keys = std::mem::take(&mut self.keys);
        for group in keys.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            let mut rest: Vec<u32> = group.iter().map(|key| key.1).collect();
            while let Some((&kept, others)) = rest.split_first() {
                let (same, apart): (Vec<u32>, Vec<u32>) =
                    others.iter().partition(|&&v| self.are_twins(kept, v, partition));
                if !same.is_empty() {
                    twins.push(kept);
                    twins.extend_from_slice(&same);
                    classes.push(self.layers.add_class(kept, same.into_iter(), before));
                }
                rest = apart;
            }
        }
        self.keys = keys;
        let split = !classes.is_empty() && {
            twins.sort_unstable();
            for &v in partition.members(start) {
                if twins.binary_search(&v).is_err() {
                    classes.push(self.layers.add_class(v, std::iter::empty(), before));
                }
            }
            self.replace(start, &mut classes, partition)
        };
        self.classes = classes;
        split
    }

    /// Lists the vertices of a cell by hashes of their neighbourhoods, open and closed. Those of twins are equal; twins
    /// of a directed graph that are joined are not looked for.
    fn hash_neighbourhoods(&mut self, start: u32, partition: &Partition) {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        let mut inner: Vec<u64> = Vec::new();
        for &v in partition.members(start) {
            let mut open = 0u64;
            inner.clear();
            for (u, weight) in self.live_arcs(v, partition) {
                open = open.wrapping_add(mix(u64::from(u), weight));
                if partition.cell_of(u) == start && !inner.contains(&weight) {
                    inner.push(weight);
                }
            }
            keys.push((open, v));
            for &weight in &inner {
                let closed = open.wrapping_add(mix(u64::from(v), weight));
                keys.push((mix(closed, weight), v));
            }
        }
        self.keep_repeated(&mut keys);
        keys.sort_unstable();
        self.keys = keys;
    }

    /// Leaves out most keys that are there once: sorting takes longer.
    fn keep_repeated(&mut self, keys: &mut Vec<(u64, u32)>) {
        let bits = (8 * keys.len()).next_power_of_two().max(64);
        let [once, again] = &mut self.marks;
        for marks in [&mut *once, &mut *again] {
            marks.clear();
            marks.resize(bits / 64, 0u64);
        }
        let place = |key: u64| ((key >> 6) as usize % (bits / 64), 1 << (key % 64));
        for &(key, _) in &*keys {
            let (word, bit) = place(key);
            again[word] |= once[word] & bit;
            once[word] |= bit;
        }
        keys.retain(|&(key, _)| {
            let (word, bit) = place(key);
            again[word] & bit != 0
        });
    }

    /// Replaces a cell by the first members of its classes, and marks what that concerns. Returns whether classes
    /// differ in size.
    fn replace(&mut self, start: u32, classes: &mut [Class], partition: &mut Partition) -> bool {
        let mut cells = Vec::new();
        partition.dissolve(start);
        let lay = |at: usize, vertices: &[u32], kept: bool| {
            partition.lay(at as u32, vertices, kept);
            if kept {
                cells.push(at as u32);
            }
        };
        let split = self
            .layers
            .stack(start as usize, classes, &mut self.vertices, lay);
        for cell in cells {
            if split {
                partition.enqueue(cell);
            }
            self.next.push(cell);
            let any = partition.members(cell)[0];
            for (u, _) in self.arcs.of(any) {
                let other = partition.cell_of(u);
                if partition.len(other) > 1 {
                    self.next.push(other);
                }
            }
        }
        split
    }

    /// Sets the cell aside if it follows another one.
    fn follow(&mut self, start: u32, partition: &mut Partition) {
        let v = partition.members(start)[0];
        let mut found = std::mem::take(&mut self.found);
        self.joins.of(v, self.arcs, partition, &mut found);
        let mut open = found.iter().filter(|(_, join)| *join != Join::Full);
        let leader = match (open.next(), open.next()) {
            (Some(&(leader, _)), None) => Some(leader),
            _ => None,
        };
        self.found = found;
        let Some(leader) =
            leader.filter(|&leader| leader != start && partition.len(leader) == partition.len(start))
        else {
            return;
        };
        let from = self.layers.open();
        for &v in partition.members(start) {
            let mut partners = self
                .arcs
                .of(v)
                .map(|arc| arc.0)
                .filter(|&u| partition.cell_of(u) == leader);
            let Some(partner) = partners.next().filter(|&first| partners.all(|u| u == first)) else {
                self.layers.abandon(from);
                return;
            };
            self.layers.tie(partner, v);
        }
        self.layers.close(from, start as usize, leader as usize);
        partition.scatter(start);
        self.next.push(leader);
    }
}
