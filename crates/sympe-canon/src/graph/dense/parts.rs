//! Parts that do not concern each other: each is searched by itself, and equal ones are exchanged.
//!
//! Two vertices concern each other if the join of their cells is neither empty nor full and they are joined, or, where
//! more than half of the pairs are, they are not. Permutations that preserve cells preserve this graph together with
//! the given one, so its components take the place of those of the graph, of its complement, and of mixtures.

use super::super::word::Word;
use super::partition::{Cells, Rows, stir};
use std::ops::Range;

/// A part whose search is done: ranges of what [`Parts`] holds.
#[derive(Clone, Copy)]
pub(super) struct Part {
    signature: (usize, usize),
    form: (usize, usize),
    vertices: (usize, usize),
    path: (usize, usize),
}

/// The parts of a graph.
pub(super) struct Parts<W, const N: usize> {
    pub(super) list: Vec<Part>,
    /// Of each part: a start of a cell of the whole and the number of its vertices there, in turn.
    signatures: Vec<u8>,
    /// Its relabelled rows.
    forms: Vec<W>,
    /// Its vertices in canonical order, cell by cell; then its base.
    vertices: Vec<u8>,
    /// Whom each vertex concerns.
    concerns: [W; N],
}

/// Layers around a vertex are looked at until there are more vertices than this.
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
                    // Vertices of one cell have as many neighbours in another.
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

    /// A hash of the layers around `v` in the graph of concerns: how many vertices each has, how many of them concern others
    /// of the layer, and how many concern an odd number of the layer before. It does not depend on how vertices are numbered.
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

    /// Adds a part: its signature, from the cells of the whole; the rest from the search.
    pub(super) fn push(&mut self, cells: &Cells<W, N>, part: W, path: &[u8], order: &[u8], form: &[W]) {
        let from = (self.signatures.len(), self.forms.len(), self.vertices.len());
        for start in cells.open.elements() {
            let count = (cells.members[start % N] & part).count();
            if count > 0 {
                self.signatures.extend([start as u8, count as u8]);
            }
        }
        self.forms.extend_from_slice(form);
        self.vertices.extend_from_slice(order);
        let path_from = self.vertices.len();
        self.vertices.extend_from_slice(path);
        self.list.push(Part {
            signature: (from.0, self.signatures.len()),
            form: (from.1, self.forms.len()),
            vertices: (from.2, path_from),
            path: (path_from, self.vertices.len()),
        });
    }

    /// Sorts the parts by signature and form.
    pub(super) fn sort(&mut self) {
        let mut list = std::mem::take(&mut self.list);
        list.sort_by(|a, b| self.key(a).cmp(&self.key(b)));
        self.list = list;
    }

    fn key(&self, part: &Part) -> (&[u8], &[W]) {
        (
            &self.signatures[range(part.signature)],
            &self.forms[range(part.form)],
        )
    }

    pub(super) fn order(&self, part: &Part) -> &[u8] {
        &self.vertices[range(part.vertices)]
    }

    pub(super) fn path(&self, part: &Part) -> &[u8] {
        &self.vertices[range(part.path)]
    }

    pub(super) fn equal(&self, a: &Part, b: &Part) -> bool {
        self.key(a) == self.key(b)
    }

    /// Starts of cells of the whole, each as often as the part has vertices there.
    pub(super) fn starts<'a>(&'a self, part: &Part) -> impl Iterator<Item = usize> + use<'a, W, N> {
        let (from, to) = part.signature;
        self.signatures[from..to]
            .chunks_exact(2)
            .flat_map(|pair| std::iter::repeat_n(pair[0] as usize, pair[1] as usize))
    }
}
