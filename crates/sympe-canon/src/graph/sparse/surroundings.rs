//! What a vertex sees near it: a cheap invariant that tells vertices apart where refinement sees no difference yet.

use super::super::trace::mix;
use super::partition::{Arcs, Partition};

/// Scratch of breadth-first visits.
pub(super) struct Surroundings {
    /// The last visit that met the vertex, and its distance there.
    met: Vec<(u32, u32)>,
    visit: u32,
    queue: Vec<u32>,
}

impl Surroundings {
    pub(super) fn new(n: usize) -> Self {
        Self {
            met: vec![(0, 0); n],
            visit: 0,
            queue: Vec::new(),
        }
    }

    /// A hash of the layers around `v`: their cells, the arcs inside them and from each to the next. It does not depend on
    /// how vertices are numbered.
    ///
    /// Layers are added while their vertices have at most `most_arcs` arcs together.
    pub(super) fn of(&mut self, v: u32, most_arcs: usize, arcs: &Arcs, partition: &Partition) -> u64 {
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
