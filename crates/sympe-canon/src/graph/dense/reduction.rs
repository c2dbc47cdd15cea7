//! What needs no search: twins, and vertices that follow another one.
//!
//! In an equitable partition, two vertices of a cell are *twins* if they have the same neighbours besides each other;
//! any permutation of a class of twins is an automorphism, so that one of the class is kept and the others are set
//! aside. A cell whose only non-trivial joins are a perfect matching with another cell, or the complement of one,
//! *follows* that cell: where its vertices go is decided there. What is left can have twins and followers again;
//! trees, and molecules up to mirrored rings, vanish altogether.
//!
//! Each step closes layers of [`Layers`]: vertices set aside, each tied to one that is kept, by which labellings and
//! automorphisms extend. Invariant: a step sees cells, joins and the order of cells only, so that isomorphic graphs
//! get the same layers at the same positions. Looking for twins takes O(m) operations on words for `m` arcs between
//! open cells.

use super::super::layers::{Class, Layers};
use super::super::word::Word;
use super::counts::Rows;
use super::partition::Cells;

/// Arcs of all kinds; `rows[kind ^ flip]` holds the reverse arcs.
pub(super) struct Kinds<'a, W, const N: usize> {
    pub(super) rows: &'a [Rows<W, N>],
    /// 1 for directed graphs, whose kinds come in pairs; 0 otherwise.
    pub(super) flip: usize,
}

impl<W: Word, const N: usize> Kinds<'_, W, N> {
    /// The twins of `v`, itself included, among the vertices `among` of its cell: each neighbour of `v` in `live` is
    /// a neighbour of theirs, or is the twin itself, joined both ways. They have no other neighbours, because
    /// vertices of one cell have equally many.
    fn twins(&self, v: usize, among: W, live: W) -> W {
        let mut same = among;
        for (kind, rows) in self.rows.iter().enumerate() {
            let back = &self.rows[kind ^ self.flip];
            for u in (rows[v % N] & live).elements() {
                same = same & (back[u % N] | back[v % N] & W::bit(u));
                if same.rest().is_empty() {
                    return W::bit(v);
                }
            }
        }
        same
    }
}

/// Memory of a reduction.
#[derive(Default)]
pub(super) struct Scratch {
    classes: Vec<Class>,
    vertices: Vec<u32>,
}

/// Keeps one of each class of twins in all cells. Returns whether there were any twins, and the starts of cells that
/// were split, because classes of different sizes tell their vertices apart.
pub(super) fn collapse_twins<W: Word, const N: usize>(
    cells: &mut Cells<W, N>,
    kinds: &Kinds<'_, W, N>,
    layers: &mut Layers,
    scratch: &mut Scratch,
) -> (bool, W) {
    let live = cells.open_members();
    let (mut any, mut split) = (false, W::EMPTY);
    let before = layers.count();
    let Scratch { classes, vertices } = scratch;
    let mut found = [W::EMPTY; N];
    for start in cells.open.elements() {
        let mut rest = cells.members[start % N];
        let (mut count, mut all) = (0, rest);
        while !rest.is_empty() {
            let v = rest.first();
            let class = kinds.twins(v, rest, live);
            rest = rest.without(class);
            found[count % N] = class;
            count += 1;
            all = all.without(class.lowest());
        }
        if all.is_empty() {
            continue;
        }
        classes.clear();
        for class in &found[..count.min(N)] {
            let mut members = class.elements().map(|v| v as u32);
            let kept = members.next().unwrap_or_default();
            classes.push(layers.add_class(kept, members, before));
        }
        any = true;
        cells.set_aside(start);
        let mut starts = W::EMPTY;
        let mixed = layers.stack(start, classes, vertices, |at, vertices, kept| {
            if kept {
                cells.place(at, W::union(vertices.iter().map(|&v| W::bit(v as usize))));
                starts = starts | W::bit(at);
            }
        });
        if mixed {
            split = split | starts;
        }
    }
    (any, split)
}

/// Sets aside the cells that follow another one. Returns whether there were any.
pub(super) fn follow<W: Word, const N: usize>(
    cells: &mut Cells<W, N>,
    kinds: &Kinds<'_, W, N>,
    layers: &mut Layers,
) -> bool {
    let mut any = false;
    for start in cells.open.elements() {
        let Some((leader, kind, matched)) = only_join(cells, kinds.rows, start) else {
            continue;
        };
        let target = cells.members[leader % N];
        let from = layers.open();
        for v in cells.members[start % N].elements() {
            let joined = kinds.rows[kind][v % N] & target;
            let partner = if matched { joined } else { target ^ joined };
            layers.tie(partner.first() as u32, v as u32);
        }
        // If other kinds of arcs join the two cells non-trivially, too, they have to tie the same vertices together.
        let agrees = |&(partner, v): &(u32, u32)| {
            kinds.rows.iter().all(|rows| {
                let joined = rows[v as usize % N] & target;
                let partner = W::bit(partner as usize);
                joined.is_empty() || joined == target || joined == partner || joined == target ^ partner
            })
        };
        if !layers.ties_from(from).iter().all(agrees) {
            layers.abandon(from);
            continue;
        }
        layers.close(from, start, leader);
        cells.set_aside(start);
        any = true;
    }
    any
}

/// The only cell that the cell at `start` has a non-trivial join with, if it is of the same size and the join is a
/// perfect matching or the complement of one: its start, the kind of arcs, and whether the join is a matching.
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
            if !joined.splits(cell) {
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
