//! What needs no search, for the sparse engine: twins and followers, by a worklist of cells.
//!
//! In an equitable partition, two vertices of a cell are *twins* if they have the same arcs besides those to each
//! other, and the same to each other; one of each class of twins is kept. A cell whose only non-trivial joins are a
//! perfect matching with another cell *follows* that cell. Of trees nothing is left, and of sparse random graphs
//! rarely more than the core.
//!
//! Invariants: the partition is equitable between rounds; vertices that have been set aside, and vertices that are
//! alone in their cells, are cells of one vertex; cells are looked at by position, so that the layers of isomorphic
//! graphs are made in the same order. A round takes time in the arcs of the cells it looks at, and a cell is looked
//! at again only if one that it is joined to has changed.

use super::super::hash::mix;
use super::super::layers::{Class, Layers};
use super::super::trace::NoTrace;
use super::arcs::Arcs;
use super::partition::Partition;
use super::parts::{Join, Joins};

/// Sets aside what needs no search. The partition must be equitable, and is again. O((n + m) log n) for most graphs.
pub(super) fn reduce(arcs: &Arcs, partition: &mut Partition) -> Layers {
    if partition.is_discrete() {
        return Layers::default();
    }
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
        alike: Alike::default(),
    };
    while !reducer.next.is_empty() {
        let mut batch = std::mem::take(&mut reducer.next);
        // In the order of positions, so that the layers of isomorphic graphs are made in the same order.
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
    debug_assert!(partition.invariants_hold());
    reducer.layers
}

/// A reduction that runs, and its memory.
struct Reducer<'a> {
    arcs: &'a Arcs,
    layers: Layers,
    joins: Joins,
    /// Cells to look at in the next round.
    next: Vec<u32>,
    /// How a vertex is joined to cells.
    found: Vec<(u32, Join)>,
    /// Hashes of neighbourhoods, and their vertices.
    keys: Vec<(u64, u32)>,
    /// Hashes of keys met, and met more than once, as sets of bits.
    marks: [Vec<u64>; 2],
    classes: Vec<Class>,
    vertices: Vec<u32>,
    alike: Alike,
}

/// Memory for vertices whose neighbourhoods have equal hashes.
#[derive(Default)]
struct Alike {
    /// Those whose class is not known.
    rest: Vec<u32>,
    /// The twins of the first of them, and the others.
    same: Vec<u32>,
    apart: Vec<u32>,
    /// All that have twins.
    twins: Vec<u32>,
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
        let mut alike = std::mem::take(&mut self.alike);
        let Alike {
            rest,
            same,
            apart,
            twins,
        } = &mut alike;
        classes.clear();
        twins.clear();
        let keys = std::mem::take(&mut self.keys);
        for group in keys.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            rest.clear();
            rest.extend(group.iter().map(|key| key.1));
            while let Some((&kept, others)) = rest.split_first() {
                same.clear();
                apart.clear();
                for &v in others {
                    let list = if self.are_twins(kept, v, partition) {
                        &mut *same
                    } else {
                        &mut *apart
                    };
                    list.push(v);
                }
                if !same.is_empty() {
                    twins.push(kept);
                    twins.extend_from_slice(same);
                    classes.push(self.layers.add_class(kept, same.iter().copied(), before));
                }
                std::mem::swap(rest, apart);
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
        (self.classes, self.alike) = (classes, alike);
        split
    }

    /// Lists the vertices of a cell by hashes of their neighbourhoods, without themselves and with, because twins
    /// have equal ones. Twins of a directed graph that are joined to each other are not looked for.
    fn hash_neighbourhoods(&mut self, start: u32, partition: &Partition) {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        if self.arcs.unit() {
            self.push_unit_keys(start, partition, &mut keys);
        } else {
            self.push_keys(start, partition, &mut keys);
        }
        self.keep_repeated(&mut keys);
        keys.sort_unstable();
        self.keys = keys;
    }

    /// Appends the hashes of the neighbourhoods in a cell, where arcs have weights.
    fn push_keys(&self, start: u32, partition: &Partition, keys: &mut Vec<(u64, u32)>) {
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
    }

    /// The same keys where all weights are one, with the hashes looked up.
    fn push_unit_keys(&self, start: u32, partition: &Partition, keys: &mut Vec<(u64, u32)>) {
        let hashes = &partition.scratch.hashes;
        for &v in partition.members(start) {
            let (mut open, mut joined) = (0u64, false);
            for &u in self.arcs.targets_of(v) {
                let cell = partition.cell_of(u);
                if partition.len(cell) > 1 {
                    open = open.wrapping_add(hashes[u as usize]);
                    joined |= cell == start;
                }
            }
            keys.push((open, v));
            if joined {
                let closed = open.wrapping_add(hashes[v as usize]);
                keys.push((mix(closed, 1), v));
            }
        }
    }

    /// Leaves out most keys that are there once, which takes less time than sorting them.
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

    /// Replaces a cell by the vertices kept of its classes, and notes the cells to look at again. Returns whether
    /// classes differ in size.
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

    /// Sets the cell aside if it follows another one, and notes that one to be looked at again.
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
