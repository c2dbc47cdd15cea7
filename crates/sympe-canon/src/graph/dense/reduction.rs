//! What needs no search: twins, and vertices that follow another one.
//!
//! In an equitable partition, two vertices of a cell are *twins* if they have the same neighbours besides each other;
//! any permutation of a class of twins is an automorphism, so one of them is kept. A cell whose only non-trivial joins
//! are a perfect matching with another cell *follows* that one: where its vertices go is decided there. What is left
//! can have twins and followers again; trees, and molecules up to mirrored rings, vanish altogether.
//!
//! Each step leaves a layer: vertices set aside, each tied to one that is kept. Labellings and automorphisms of what is
//! kept extend to the layers, last one first.

use super::partition::{Cells, Rows};
use super::word::Word;
use std::ops::Range;

/// Vertices set aside.
pub(super) struct Layer {
    /// The first of their positions.
    start: usize,
    /// The first position of the vertices that they are tied to.
    leaders: usize,
    /// Where their ties are in [`Reduction::ties`].
    ties: Range<usize>,
}

/// The layers of a graph, in the order of their making, and the symmetric factors of its group.
#[derive(Default)]
pub(super) struct Reduction {
    layers: Vec<Layer>,
    /// A vertex kept and the one set aside that goes with it.
    ties: Vec<(u8, u8)>,
    /// Classes of twins, one after the other.
    pub(super) twins: Vec<u8>,
    /// Ends of the classes in `twins`, and the number of layers made before.
    pub(super) classes: Vec<(usize, usize)>,
    /// Scratch: the classes of one cell.
    found: Vec<(u8, u8)>,
}

/// Arcs of all kinds; `rows[kind ^ flip]` holds the reverse arcs.
pub(super) struct Kinds<'a, W, const N: usize> {
    pub(super) rows: &'a [Rows<W, N>],
    /// 1 for directed graphs, whose kinds come in pairs; 0 otherwise.
    pub(super) flip: usize,
}

impl<W: Word, const N: usize> Kinds<'_, W, N> {
    /// Of the vertices `among`, those with the same neighbours in `live` as `v` and not joined to it, itself included.
    fn apart(&self, v: usize, among: W, live: W) -> W {
        let mut same = among;
        for (kind, rows) in self.rows.iter().enumerate() {
            let back = &self.rows[kind ^ self.flip];
            for u in (rows[v % N] & live).elements() {
                same = same & back[u % N];
                if same.rest().is_empty() {
                    return W::bit(v);
                }
            }
        }
        same
    }

    /// As [`apart`](Self::apart), for those joined to `v` both ways by arcs of one kind; `v` is included.
    fn joined(&self, v: usize, among: W, live: W) -> W {
        for (joint, rows) in self.rows.iter().enumerate().step_by(1 + self.flip) {
            let mut same = among & rows[v % N] & self.rows[joint ^ self.flip][v % N];
            for (kind, rows) in self.rows.iter().enumerate() {
                let closed = kind | self.flip == joint | self.flip;
                let back = &self.rows[kind ^ self.flip];
                for u in (rows[v % N] & live).elements() {
                    if same.is_empty() {
                        break;
                    }
                    let own = if closed { W::bit(u) } else { W::EMPTY };
                    same = same & (back[u % N] | own);
                }
            }
            if !same.is_empty() {
                return same | W::bit(v);
            }
        }
        W::bit(v)
    }
}

impl Reduction {
    pub(super) fn clear(&mut self) {
        self.layers.clear();
        self.ties.clear();
        self.twins.clear();
        self.classes.clear();
    }

    /// Collapses twins in all cells. Returns whether there were any, and the cells that were split by it: classes of
    /// different sizes tell their members apart.
    pub(super) fn collapse_twins<W: Word, const N: usize>(
        &mut self,
        cells: &mut Cells<W, N>,
        kinds: &Kinds<'_, W, N>,
    ) -> (bool, W) {
        let live = cells.open_members();
        let (mut any, mut split) = (false, W::EMPTY);
        let layers = self.layers.len();
        for start in cells.open.elements() {
            let cell = cells.members[start % N];
            let (mut rest, mut largest) = (cell, 1);
            let from = self.twins.len();
            self.found.clear();
            while !rest.is_empty() {
                let v = rest.first();
                let mut class = kinds.apart(v, rest, live);
                if class.rest().is_empty() {
                    class = kinds.joined(v, rest, live);
                }
                rest = rest.without(class);
                let size = class.count();
                largest = largest.max(size);
                self.found.push((size as u8, v as u8));
                if size > 1 {
                    self.twins.extend(class.elements().map(|v| v as u8));
                    self.classes.push((self.twins.len(), layers));
                }
            }
            if largest == 1 {
                continue;
            }
            any = true;
            self.stack(cells, start, from, &mut split);
        }
        (any, split)
    }

    /// Replaces a cell by the first members of its classes, smaller classes first, and sets the others aside.
    fn stack<W: Word, const N: usize>(
        &mut self,
        cells: &mut Cells<W, N>,
        start: usize,
        from: usize,
        split: &mut W,
    ) {
        self.found.sort_unstable();
        let mixed = self.found.first().map(|class| class.0) != self.found.last().map(|class| class.0);
        cells.set_aside(start);
        let mut at = start;
        for group in self.found.chunk_by(|a, b| a.0 == b.0) {
            let (size, count) = (group[0].0 as usize, group.len());
            let kept = group
                .iter()
                .fold(W::EMPTY, |all, &(_, v)| all | W::bit(v as usize));
            cells.place(at, kept);
            for layer in 1..size {
                let first = self.ties.len();
                // A class is a run of `twins` that begins with the member kept.
                let mut position = from;
                while position < self.twins.len() {
                    let leader = self.twins[position];
                    let length = self.class_length(position);
                    if length == size {
                        self.ties.push((leader, self.twins[position + layer]));
                    }
                    position += length;
                }
                self.layers.push(Layer {
                    start: at + layer * count,
                    leaders: at,
                    ties: first..self.ties.len(),
                });
            }
            if mixed {
                *split = *split | W::bit(at);
            }
            at += size * count;
        }
    }

    /// The length of the class that begins at `position` in `twins`.
    fn class_length(&self, position: usize) -> usize {
        let index = self.classes.partition_point(|class| class.0 <= position);
        self.classes[index].0 - position
    }

    /// Sets cells aside that follow another one. Returns whether there were any.
    pub(super) fn follow<W: Word, const N: usize>(
        &mut self,
        cells: &mut Cells<W, N>,
        kinds: &Kinds<'_, W, N>,
    ) -> bool {
        let mut any = false;
        for start in cells.open.elements() {
            let Some((leader, kind, matched)) = only_join(cells, kinds.rows, start) else {
                continue;
            };
            let target = cells.members[leader % N];
            let partner = |v: usize, kind: usize| {
                let joined = kinds.rows[kind][v % N] & target;
                if matched { joined } else { target ^ joined }
            };
            let members = cells.members[start % N];
            let first = self.ties.len();
            for v in members.elements() {
                let partner = partner(v, kind);
                self.ties.push((partner.first() as u8, v as u8));
            }
            // Of the other kinds, those joined to the same cell must say the same.
            let agrees = |&(partner, v): &(u8, u8)| {
                kinds.rows.iter().all(|rows| {
                    let joined = rows[v as usize % N] & target;
                    let partner = W::bit(partner as usize);
                    joined.is_empty() || joined == target || joined == partner || joined == target ^ partner
                })
            };
            if !self.ties[first..].iter().all(agrees) {
                self.ties.truncate(first);
                continue;
            }
            self.layers.push(Layer {
                start,
                leaders: leader,
                ties: first..self.ties.len(),
            });
            cells.set_aside(start);
            any = true;
        }
        any
    }

    /// Extends a permutation of what is kept once `layers` layers are made to all vertices.
    pub(super) fn extend_images<const N: usize>(&self, layers: usize, images: &mut [u8; N]) {
        let mut tied = [0; N];
        for layer in self.layers[..layers].iter().rev() {
            let ties = &self.ties[layer.ties.clone()];
            for &(leader, v) in ties {
                tied[leader as usize % N] = v;
            }
            for &(leader, v) in ties {
                images[v as usize % N] = tied[images[leader as usize % N] as usize % N];
            }
        }
    }

    /// Extends positions of what is kept to all vertices.
    pub(super) fn extend_positions<const N: usize>(&self, positions: &mut [u8; N]) {
        for layer in self.layers.iter().rev() {
            for &(leader, v) in &self.ties[layer.ties.clone()] {
                let offset = positions[leader as usize % N] as usize - layer.leaders;
                positions[v as usize % N] = (layer.start + offset) as u8;
            }
        }
    }

    /// All layers made.
    pub(super) fn layers(&self) -> usize {
        self.layers.len()
    }
}

/// The one cell, of the same size, that the cell at `start` has a non-trivial join with, if the join is a perfect
/// matching or the complement of one: its start, the kind of arcs, and whether it is a matching.
fn only_join<W: Word, const N: usize>(
    cells: &Cells<W, N>,
    kinds: &[Rows<W, N>],
    start: usize,
) -> Option<(usize, usize, bool)> {
    let members = cells.members[start % N];
    let v = members.first();
    let mut only: Option<(usize, usize, bool)> = None;
    for (kind, rows) in kinds.iter().enumerate() {
        for other in cells.open.elements() {
            let cell = cells.members[other % N];
            let joined = rows[v % N] & cell;
            if joined.is_empty() || joined == cell {
                continue;
            }
            if other == start {
                if joined == cell ^ W::bit(v) {
                    continue;
                }
                return None;
            }
            match only {
                Some((known, _, _)) if known != other => return None,
                Some(_) => {}
                None => {
                    let matched = joined.rest().is_empty();
                    let unmatched = (cell ^ joined).rest().is_empty();
                    if cells.size(other) != cells.size(start) || !(matched || unmatched) {
                        return None;
                    }
                    only = Some((other, kind, matched));
                }
            }
        }
    }
    only
}
