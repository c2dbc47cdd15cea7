//! Parts that do not concern each other: each is searched by itself, and equal ones are exchanged.
//!
//! Two vertices *concern* each other if the join of their cells is neither empty nor full and they are joined, or,
//! where more than half of the pairs are joined, they are not. Permutations that preserve cells preserve this
//! relation together with the graph, so that its components take the place of the components of the graph, of its
//! complement, and of mixtures of both.
//!
//! Data structures: the relation is a row of bits per vertex; a part that has been searched is four ranges of shared
//! lists. Invariant: parts with equal keys, which are signature and form, are isomorphic by the map between their
//! canonical orders; a part occurs once. Finding the relation takes O(c²·k) operations for `c` open cells and `k`
//! kinds of arcs, and O(n·c·k) where joins are non-trivial.

use super::super::hash::stir;
use super::super::word::Word;
use super::counts::Rows;
use super::partition::Cells;
use std::ops::Range;

/// A part whose search is done: ranges of the lists of [`Parts`].
#[derive(Clone, Copy)]
pub(super) struct Part {
    signature: (usize, usize),
    form: (usize, usize),
    vertices: (usize, usize),
    base: (usize, usize),
}

/// The parts of a graph.
pub(super) struct Parts<W, const N: usize> {
    pub(super) list: Vec<Part>,
    /// Of each part, in turn: the start of a cell of the root, and the number of its vertices there.
    signatures: Vec<u8>,
    /// Of each part, its rows in canonical order.
    forms: Vec<W>,
    /// Of each part, its vertices in canonical order, and then its base.
    vertices: Vec<u8>,
    /// Whom each vertex concerns.
    concerns: [W; N],
}

/// The layers around a vertex are looked at until they have more vertices than this.
const NEAR: usize = 10;

fn range((from, to): (usize, usize)) -> Range<usize> {
    from..to
}

impl<W: Word, const N: usize> Default for Parts<W, N> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            signatures: Vec::new(),
            forms: Vec::new(),
            vertices: Vec::new(),
            concerns: [W::EMPTY; N],
        }
    }
}

impl<W: Word, const N: usize> Parts<W, N> {
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.signatures.clear();
        self.forms.clear();
        self.vertices.clear();
    }

    /// Finds out whom each vertex of an open cell concerns. The partition must be equitable.
    pub(super) fn find_concerns(&mut self, cells: &Cells<W, N>, kinds: &[Rows<W, N>]) {
        for start in cells.open.elements() {
            let members = cells.members[start % N];
            for v in members.elements() {
                self.concerns[v % N] = W::EMPTY;
            }
            let first = members.first() % N;
            for rows in kinds {
                for other in cells.open.elements() {
                    let cell = cells.members[other % N];
                    let joined = rows[first] & cell;
                    if !joined.splits(cell) {
                        continue;
                    }
                    // The partition is equitable, so that the first vertex of a cell speaks for all.
                    let mostly = joined.count() * 2 > cells.size(other);
                    let flip = if mostly { cell } else { W::EMPTY };
                    for v in members.elements() {
                        let concerned = (rows[v % N] & cell ^ flip).without(W::bit(v));
                        self.concerns[v % N] = self.concerns[v % N] | concerned;
                    }
                }
            }
        }
    }

    /// A vertex invariant: a hash of the breadth-first layers around `v` in the relation of concern. Of each layer it
    /// takes the number of vertices, how many of the layer before concern others of their own layer, and how many
    /// vertices concern an odd number of the layer before.
    pub(super) fn surroundings(&self, v: usize) -> u64 {
        let (mut layer, mut seen) = (W::bit(v), W::bit(v));
        let (mut hash, mut visited) = (0, 1);
        while !layer.is_empty() && visited <= NEAR {
            let (mut met, mut odd) = (W::EMPTY, W::EMPTY);
            for u in layer.elements() {
                let concerns = self.concerns[u % N];
                odd = odd ^ concerns;
                met = met | concerns;
            }
            let inner = (met & layer).count();
            layer = met.without(seen);
            let size = layer.count();
            hash = stir(hash, inner << 16 | (odd & layer).count() << 8 | size);
            visited += size;
            seen = seen | met;
        }
        hash
    }

    /// The part of the least of these vertices.
    pub(super) fn part_of_least(&self, among: W) -> W {
        let mut part = among.lowest();
        let mut waiting = part;
        while !waiting.is_empty() {
            let found = self.concerns[waiting.first() % N].without(part);
            waiting = waiting.rest() | found;
            part = part | found;
        }
        part
    }

    /// Adds the part with the vertices `part`: its signature comes from the cells of the root, the rest from its
    /// search.
    pub(super) fn push(&mut self, cells: &Cells<W, N>, part: W, base: &[u8], order: &[u8], form: &[W]) {
        let from = (self.signatures.len(), self.forms.len(), self.vertices.len());
        for start in cells.open.elements() {
            let count = (cells.members[start % N] & part).count();
            if count > 0 {
                self.signatures.extend([start as u8, count as u8]);
            }
        }
        self.forms.extend_from_slice(form);
        self.vertices.extend_from_slice(order);
        let base_from = self.vertices.len();
        self.vertices.extend_from_slice(base);
        self.list.push(Part {
            signature: (from.0, self.signatures.len()),
            form: (from.1, self.forms.len()),
            vertices: (from.2, base_from),
            base: (base_from, self.vertices.len()),
        });
    }

    /// Sorts the parts by signature and form.
    pub(super) fn sort(&mut self) {
        let mut list = std::mem::take(&mut self.list);
        list.sort_by(|a, b| self.key(a).cmp(&self.key(b)));
        self.list = list;
    }

    /// What parts are sorted and compared by.
    fn key(&self, part: &Part) -> (&[u8], &[W]) {
        (
            &self.signatures[range(part.signature)],
            &self.forms[range(part.form)],
        )
    }

    /// The vertices in canonical order.
    pub(super) fn order(&self, part: &Part) -> &[u8] {
        &self.vertices[range(part.vertices)]
    }

    /// A base of the group.
    pub(super) fn base(&self, part: &Part) -> &[u8] {
        &self.vertices[range(part.base)]
    }

    /// Whether two parts are isomorphic by the map between their orders.
    pub(super) fn equal(&self, a: &Part, b: &Part) -> bool {
        self.key(a) == self.key(b)
    }

    /// Starts of cells of the root, each as often as the part has vertices there.
    pub(super) fn starts<'a>(&'a self, part: &Part) -> impl Iterator<Item = usize> + use<'a, W, N> {
        let (from, to) = part.signature;
        self.signatures[from..to]
            .chunks_exact(2)
            .flat_map(|pair| std::iter::repeat_n(pair[0] as usize, pair[1] as usize))
    }
}
