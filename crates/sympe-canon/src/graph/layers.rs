//! What reductions set aside, and how it comes back.
//!
//! A reduction sets vertices aside, each *tied* to one that is kept: a twin to the representative of its class, a
//! follower to its leader. The vertices set aside at once, from one cell, are a *layer*. Where a vertex goes,
//! everything tied to it goes: the vertex and what hangs on it, directly or not, is its *bundle*.
//!
//! Invariants: a vertex is set aside once at most, and is kept in all layers before; the vertices of a layer fill
//! consecutive positions, in the order of the positions of the vertices that they are tied to; bundles of vertices of
//! one cell have the same shape, and are listed in the same order. Everything here is linear in the vertices set
//! aside.

use std::ops::Range;
use sympe_groups::Bundles;

/// Vertices set aside at once.
struct Layer {
    /// Their first position.
    start: u32,
    /// The first position of the vertices that they are tied to.
    leaders: u32,
    /// Their ties.
    ties: Range<usize>,
}

/// A class of twins in a cell, or a vertex without twins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    /// The number of its vertices.
    pub(super) size: u32,
    /// Where its vertices begin in [`Layers::twins`].
    twins: usize,
    /// The vertex that is kept.
    kept: u32,
}

/// The layers of a graph in the order of their making, and the classes of twins.
#[derive(Default)]
pub(super) struct Layers {
    layers: Vec<Layer>,
    /// A vertex kept, and the one set aside that is tied to it.
    ties: Vec<(u32, u32)>,
    /// Classes of twins, one after the other, the vertex kept first.
    twins: Vec<u32>,
    /// For each class its end in `twins`, and the number of layers made before.
    classes: Vec<(usize, usize)>,
    /// By vertex, where the vertices tied to it begin in `tied`.
    starts: Vec<u32>,
    /// Vertices tied to others, with the indices of their layers, in the order of layers.
    tied: Vec<(u32, u32)>,
    /// Memory for a walk through ties, and for a class of bundles.
    stack: Vec<u32>,
    points: Vec<u32>,
}

impl Layers {
    /// Forgets everything; memory is kept.
    pub(super) fn clear(&mut self) {
        self.layers.clear();
        self.ties.clear();
        self.twins.clear();
        self.classes.clear();
    }

    /// Whether nothing has been set aside.
    pub(super) fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Where the ties of the next layer will begin.
    pub(super) fn open(&self) -> usize {
        self.ties.len()
    }

    /// Ties `v` to `leader`, in the layer that is closed next.
    pub(super) fn tie(&mut self, leader: u32, v: u32) {
        self.ties.push((leader, v));
    }

    /// The ties of the layer not yet closed, which began at `from`.
    pub(super) fn ties_from(&self, from: usize) -> &[(u32, u32)] {
        &self.ties[from..]
    }

    /// Forgets the ties of the layer not yet closed.
    pub(super) fn abandon(&mut self, from: usize) {
        self.ties.truncate(from);
    }

    /// Closes the layer of the ties from `from` on: its vertices have the positions from `start` on, and those that
    /// they are tied to the positions from `leaders` on.
    pub(super) fn close(&mut self, from: usize, start: usize, leaders: usize) {
        self.layers.push(Layer {
            start: start as u32,
            leaders: leaders as u32,
            ties: from..self.ties.len(),
        });
    }

    /// The number of layers closed.
    pub(super) fn count(&self) -> usize {
        self.layers.len()
    }

    /// Adds a class of twins, `kept` and perhaps others, whose bundles consist of what the first `layers` layers tied
    /// to them.
    pub(super) fn add_class(&mut self, kept: u32, others: impl Iterator<Item = u32>, layers: usize) -> Class {
        let twins = self.twins.len();
        self.twins.push(kept);
        self.twins.extend(others);
        let size = self.twins.len() - twins;
        if size == 1 {
            self.twins.pop();
        } else {
            self.classes.push((self.twins.len(), layers));
        }
        Class {
            size: size as u32,
            twins,
            kept,
        }
    }

    /// Lays out a cell whose classes of twins are known, smaller classes first: for each size the vertices kept, and
    /// then a layer for each of the other places in a class. `lay` is told a position, the vertices from there on,
    /// and whether they are kept. Returns whether classes differ in size, so that the cell is split.
    pub(super) fn stack(
        &mut self,
        start: usize,
        classes: &mut [Class],
        vertices: &mut Vec<u32>,
        mut lay: impl FnMut(usize, &[u32], bool),
    ) -> bool {
        classes.sort_unstable();
        let mut at = start;
        for group in classes.chunk_by(|a, b| a.size == b.size) {
            vertices.clear();
            vertices.extend(group.iter().map(|class| class.kept));
            lay(at, vertices, true);
            let (leaders, count) = (at, group.len());
            at += count;
            for layer in 1..group[0].size as usize {
                let from = self.ties.len();
                vertices.clear();
                for class in group {
                    let v = self.twins[class.twins + layer];
                    self.ties.push((class.kept, v));
                    vertices.push(v);
                }
                lay(at, vertices, false);
                self.close(from, at, leaders);
                at += count;
            }
        }
        classes[0].size != classes[classes.len() - 1].size
    }

    /// Extends the positions of vertices kept to all vertices, last layer first.
    pub(super) fn extend_positions(&self, positions: &mut [u32]) {
        for layer in self.layers.iter().rev() {
            for &(leader, v) in &self.ties[layer.ties.clone()] {
                positions[v as usize] = layer.start + positions[leader as usize] - layer.leaders;
            }
        }
    }

    /// Prepares [`bundle`](Self::bundle), for vertices `0..n`.
    pub(super) fn link(&mut self, n: usize) {
        self.starts.clear();
        self.tied.clear();
        self.starts.resize(n + 1, 0);
        for &(leader, _) in &self.ties {
            self.starts[leader as usize] += 1;
        }
        let mut end = 0;
        for start in &mut self.starts {
            end += *start;
            *start = end;
        }
        self.tied.resize(self.ties.len(), (0, 0));
        // The lists are filled from their ends, last layer first, so that they are in the order of layers.
        for (index, layer) in self.layers.iter().enumerate().rev() {
            for &(leader, v) in self.ties[layer.ties.clone()].iter().rev() {
                let start = &mut self.starts[leader as usize];
                *start -= 1;
                self.tied[*start as usize] = (v, index as u32);
            }
        }
    }

    /// Appends the bundle of `v`, as far as the first `layers` layers make it. [`link`](Self::link) comes before.
    pub(super) fn bundle(&mut self, v: u32, layers: usize, bundle: &mut Vec<u32>) {
        bundle.push(v);
        let Self {
            starts, tied, stack, ..
        } = self;
        let list = |v: u32| &tied[starts[v as usize] as usize..starts[v as usize + 1] as usize];
        let own = list(v);
        if own.is_empty() {
            return;
        }
        let made = own.partition_point(|tie| (tie.1 as usize) < layers);
        stack.extend(own[..made].iter().map(|tie| tie.0));
        while let Some(u) = stack.pop() {
            bundle.push(u);
            stack.extend(list(u).iter().map(|tie| tie.0));
        }
    }

    /// Whether nothing hangs on twins, because all classes were made before any layer.
    pub(super) fn are_flat(&self) -> bool {
        self.classes.iter().all(|class| class.1 == 0)
    }

    /// The classes of twins, which the group permutes at will, where nothing hangs on twins.
    pub(super) fn flat_factors(&self, bundles: &mut Bundles) {
        let mut from = 0;
        for &(end, _) in &self.classes {
            bundles.push_class(1, self.twins[from..end].iter().copied());
            from = end;
        }
    }

    /// The classes of twins as bundles that the group permutes at will. Classes made last come first, because they
    /// move the others as wholes.
    pub(super) fn symmetric_factors(&mut self, bundles: &mut Bundles) {
        let mut points = std::mem::take(&mut self.points);
        for index in (0..self.classes.len()).rev() {
            let (end, layers) = self.classes[index];
            let start = index.checked_sub(1).map_or(0, |before| self.classes[before].0);
            points.clear();
            let mut width = 0;
            for twin in start..end {
                self.bundle(self.twins[twin], layers, &mut points);
                width = if width == 0 { points.len() } else { width };
            }
            bundles.push_class(width, points.iter().copied());
        }
        self.points = points;
    }
}
