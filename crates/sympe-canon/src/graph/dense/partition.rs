//! Ordered partitions of at most 128 vertices, and their equitable refinement.
//!
//! A cell is a word, the set of its vertices, and is named by its start: the position of its first vertex in the
//! order of cells. The order of vertices inside a cell is left open.
//!
//! Invariants, which [`Cells::invariants_hold`] checks:
//!
//! * cells do not overlap, and each has as many vertices as its size says;
//! * between the start of a cell and its end no other cell starts;
//! * the open cells are those of several vertices. A cell that has been set aside is empty, and its positions hold
//!   nothing.
//!
//! Everything observable, from the positions of cells to the events of the trace, depends on the isomorphism class of
//! (graph, individualized vertices) only, never on how vertices are numbered. Refinement ends with an equitable
//! partition: the vertices of a cell have equally many neighbours of each kind in every cell
//! ([`Cells::is_equitable`]).
//!
//! A splitter of `s` vertices costs O(s log s) operations on words to count, and O(1) for each part of each open cell.

use super::super::hash::stir;
use super::super::trace::Trace;
use super::super::word::Word;
use super::counts::{Counts, Rows};
use super::script::Scribe;

/// An ordered partition.
#[derive(Clone, Copy)]
pub(super) struct Cells<W, const N: usize> {
    /// The vertices of the cell that starts here; empty where none does.
    pub(super) members: [W; N],
    /// The number of vertices of the cell that starts here.
    sizes: [u8; N],
    /// Starts of the open cells: those of several vertices, which refinement and search have to deal with.
    pub(super) open: W,
}

/// Scratch of a refinement.
pub(super) struct Fragments<W, const N: usize> {
    /// The parts of a cell with their numbers of neighbours in the splitter, after some bits of these.
    now: [(u8, W); N],
    /// The same after one bit more.
    next: [(u8, W); N],
    /// Starts of the cells that a splitter of one vertex is joined to.
    concerned: [u8; N],
}

impl<W: Word, const N: usize> Default for Fragments<W, N> {
    fn default() -> Self {
        Self {
            now: [(0, W::EMPTY); N],
            next: [(0, W::EMPTY); N],
            concerned: [0; N],
        }
    }
}

impl<W: Word, const N: usize> Fragments<W, N> {
    /// The parts of a cell by increasing number of neighbours: the cell is split by one bit of the numbers after the
    /// other, highest first.
    #[inline(always)]
    fn of(&mut self, cell: W, counts: &[W]) -> &[(u8, W)] {
        let (mut now, mut next) = (&mut self.now, &mut self.next);
        // In most cells all vertices have one number, which is read off without a split.
        let (mut number, mut mixed) = (0, false);
        for &count in counts.iter().rev() {
            let high = cell & count;
            number = number * 2 + u8::from(!high.is_empty());
            mixed |= !high.is_empty() & (high != cell);
        }
        if !mixed {
            now[0] = (number, cell);
            return &now[..1];
        }
        now[0] = (0, cell);
        let mut found = 1;
        for &count in counts.iter().rev() {
            let mut at = 0;
            for &(number, members) in &now[..found] {
                // Both halves are written, and an empty one is overwritten by the next: no branch depends on which are
                // empty, which would be hard to predict.
                let (low, high) = (members.without(count), members & count);
                for (number, members) in [(number * 2, low), (number * 2 + 1, high)] {
                    if let Some(place) = next.get_mut(at) {
                        *place = (number, members);
                    }
                    at += usize::from(!members.is_empty());
                }
            }
            found = at;
            std::mem::swap(&mut now, &mut next);
        }
        &now[..found]
    }
}

impl<W: Word, const N: usize> Cells<W, N> {
    pub(super) fn empty() -> Self {
        Self {
            members: [W::EMPTY; N],
            sizes: [0; N],
            open: W::EMPTY,
        }
    }

    /// The start of the largest open cell, the first among equals; 0 if none is open.
    pub(super) fn largest(&self) -> usize {
        // Size and start in one number: the maximum is found without branches.
        let by_size = |start: usize| self.size(start) << 8 | (0xff - start);
        0xff - self.open.elements().map(by_size).fold(0xff, usize::max) % 0x100
    }

    pub(super) fn clear(&mut self) {
        *self = Self::empty();
    }

    /// Puts a cell at `start` and returns the position after it.
    #[inline]
    pub(super) fn place(&mut self, start: usize, members: W) -> usize {
        let size = members.count();
        self.members[start % N] = members;
        self.sizes[start % N] = size as u8;
        self.open = self.open | W::bit_if(start, size > 1);
        start + size
    }

    /// Adds a vertex to the cell at `start`.
    #[inline]
    pub(super) fn add(&mut self, start: usize, v: usize) {
        let start = start % N;
        self.members[start] = self.members[start] | W::bit(v);
        self.sizes[start] += 1;
        self.open = self.open | W::bit_if(start, self.sizes[start] > 1);
    }

    #[inline]
    pub(super) fn size(&self, start: usize) -> usize {
        self.sizes[start % N] as usize
    }

    /// The vertices of all open cells.
    pub(super) fn open_members(&self) -> W {
        W::union(self.open.elements().map(|start| self.members[start % N]))
    }

    /// The positions of all open cells.
    pub(super) fn open_positions(&self) -> W {
        let positions = |start: usize| W::union((start..start + self.size(start)).map(W::bit));
        W::union(self.open.elements().map(positions))
    }

    /// Sets the cell at `start` aside: refinement and search no longer see its vertices.
    pub(super) fn set_aside(&mut self, start: usize) {
        self.open = self.open.without(W::bit(start));
        self.members[start % N] = W::EMPTY;
        self.sizes[start % N] = 0;
    }

    /// Splits the vertex `v` off in front of its cell.
    pub(super) fn individualize(&mut self, start: usize, v: usize) {
        let rest = self.members[start % N].without(W::bit(v));
        self.open = self.open.without(W::bit(start));
        self.place(start, W::bit(v));
        self.place(start + 1, rest);
    }

    /// Splits a cell in two, `back` at its end, and puts what has to be split by into `active`. Returns the size of
    /// `back`.
    #[inline(always)]
    fn split(&mut self, start: usize, front: W, back: W, active: &mut W) -> usize {
        let back_size = back.count();
        let front_size = self.size(start) - back_size;
        let next = (start + front_size) % N;
        self.members[start % N] = front;
        self.members[next] = back;
        self.sizes[start % N] = front_size as u8;
        self.sizes[next] = back_size as u8;
        // Sizes are hard to predict, so that no branch depends on them.
        self.open = self.open.without(W::bit_if(start, front_size == 1)) | W::bit_if(next, back_size > 1);
        // To split by one of the two parts is enough, and the smaller one costs less, unless the whole cell still
        // waits to be split by: then both have to be (Hopcroft 1971).
        let later = active.has(start) | (back_size <= front_size);
        *active = *active | W::bit_if(start, !later) | W::bit_if(next, later);
        back_size
    }

    /// Splits cells by numbers of neighbours in the cells of `active`, and in parts of cells as they are formed,
    /// until the partition is equitable or no cell is open, or until the trace asks to stop. Returns whether it ran
    /// to its end.
    ///
    /// Equitable if it was so before, but for splits by the cells of `active`.
    pub(super) fn refine<T: Trace>(
        &mut self,
        kinds: &[Rows<W, N>],
        mut active: W,
        fragments: &mut Fragments<W, N>,
        trace: &mut T,
        scribe: &mut impl Scribe,
    ) -> bool {
        while !active.is_empty() && !self.open.is_empty() {
            // Splitters of one vertex come first: they are cheap, and tell as much as others.
            let single = active.without(self.open);
            let splitter = if single.is_empty() { active } else { single }.first() % N;
            active = active.without(W::bit(splitter));
            let members = self.members[splitter];
            for (kind, rows) in kinds.iter().enumerate() {
                scribe.turn_to(splitter, kind);
                let hash = if members.rest().is_empty() {
                    let row = rows[members.first() % N];
                    self.split_by_one(row, &mut active, fragments, scribe, T::HEEDS)
                } else {
                    self.split_by_many(rows, members, &mut active, fragments, scribe)
                };
                if trace.event(stir(hash, splitter)) {
                    return false;
                }
            }
        }
        !trace.event(self.open.digest())
    }

    /// Splits every open cell by adjacency to a single vertex, whose neighbours are `row`. Returns a hash of what
    /// happened.
    #[inline(always)]
    fn split_by_one(
        &mut self,
        row: W,
        active: &mut W,
        fragments: &mut Fragments<W, N>,
        scribe: &mut impl Scribe,
        heeded: bool,
    ) -> u64 {
        // The cells concerned are listed first, because a branch that skips the others is hard to predict. A cell
        // whose vertices are all joined is not split, and concerns the trace only.
        let mut concerned = 0;
        for start in self.open.elements() {
            let (cell, joined) = (self.members[start % N], self.members[start % N] & row);
            fragments.concerned[concerned % N] = start as u8;
            let concerns = if heeded {
                !joined.is_empty()
            } else {
                joined.splits(cell)
            };
            concerned += usize::from(concerns);
        }
        let mut hash = 0;
        for &start in &fragments.concerned[..concerned.min(N)] {
            let start = start as usize % N;
            let cell = self.members[start];
            let joined = cell & row;
            let size = if heeded && joined == cell {
                0
            } else {
                let size = self.split(start, cell ^ joined, joined, active);
                scribe.split(start, [(0, start), (1, start + self.size(start))].into_iter());
                size
            };
            hash = stir(hash, start << 8 | size);
        }
        hash
    }

    /// Splits every open cell by numbers of neighbours in `splitter`. Returns a hash of what happened.
    #[inline(always)]
    fn split_by_many(
        &mut self,
        rows: &Rows<W, N>,
        splitter: W,
        active: &mut W,
        fragments: &mut Fragments<W, N>,
        scribe: &mut impl Scribe,
    ) -> u64 {
        let counts = Counts::of(rows, splitter);
        let counts = counts.bits();
        let touched = W::union(counts.iter().copied());
        let mut hash = 0;
        for start in self.open.elements() {
            let cell = self.members[start % N];
            if (cell & touched).is_empty() {
                continue;
            }
            hash = stir(hash, start);
            let parts = fragments.of(cell, counts);
            if let [(number, _)] = parts {
                hash = stir(hash, *number as usize);
                continue;
            }
            let waits = active.has(start);
            self.open = self.open.without(W::bit(start));
            let (mut at, mut largest, mut largest_size) = (start, start, 0);
            for &(number, members) in parts {
                let next = self.place(at, members);
                *active = *active | W::bit(at);
                hash = stir(hash, (number as usize) << 8 | (next - at));
                if next - at > largest_size {
                    (largest, largest_size) = (at, next - at);
                }
                at = next;
            }
            // All parts but the largest are enough, unless the whole cell waits to be split by (Hopcroft 1971).
            if !waits {
                *active = active.without(W::bit(largest));
            }
            let mut next = start;
            scribe.split(
                start,
                parts.iter().map(|&(number, members)| {
                    let at = next;
                    next += members.count();
                    (number, at)
                }),
            );
        }
        hash
    }

    /// The target cell: the open cell that is joined non-trivially to most open cells, the first among equals; `None`
    /// if no cell is open. The partition must be equitable, so that one vertex of a cell speaks for all.
    pub(super) fn target(&self, kinds: &[Rows<W, N>]) -> Option<usize> {
        let first = self.open.first();
        if self.open.rest().is_empty() {
            return (first < N).then_some(first);
        }
        let live = self.open_members();
        let (mut best, mut most) = (first, 0);
        for start in self.open.elements() {
            let v = self.members[start % N].first();
            // Every non-trivial join takes a neighbour and a vertex that is none: an upper bound on their number,
            // which spares most cells the count.
            let neighbours = |rows: &Rows<W, N>| (rows[v % N] & live).count();
            let at_most = |rows| neighbours(rows).min(live.count() - neighbours(rows));
            if kinds.iter().map(at_most).sum::<usize>() <= most {
                continue;
            }
            let mut joins = 0;
            for rows in kinds {
                let row = rows[v % N];
                for other in self.open.elements() {
                    let cell = self.members[other % N];
                    let joined = row & cell;
                    joins += usize::from(joined.splits(cell));
                }
            }
            if joins > most {
                (best, most) = (start, joins);
            }
        }
        Some(best)
    }

    /// Whether cells are disjoint, of their sizes, apart from each other, and open where of several vertices.
    pub(super) fn invariants_hold(&self) -> bool {
        let (mut seen, mut end) = (W::EMPTY, 0);
        (0..N).all(|start| {
            let members = self.members[start];
            let sound = self.size(start) == members.count()
                && (members & seen).is_empty()
                && (members.is_empty() || start >= end)
                && self.open.has(start) == (members.count() > 1);
            seen = seen | members;
            end = end.max(start + members.count());
            sound && end <= N
        })
    }

    /// Whether the vertices of each open cell have as many neighbours of each kind in every cell.
    pub(super) fn is_equitable(&self, kinds: &[Rows<W, N>]) -> bool {
        self.open.elements().all(|start| {
            let members = self.members[start % N];
            self.members.iter().all(|&other| {
                let neighbours = |v: usize, rows: &Rows<W, N>| (rows[v % N] & other).count();
                let first = members.first();
                kinds.iter().all(|rows| {
                    let mut vertices = members.elements();
                    vertices.all(|v| neighbours(v, rows) == neighbours(first, rows))
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::trace::NoTrace;
    use super::super::script::NoScript;
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

    #[test]
    fn refinement_keeps_the_invariants_and_ends_equitable() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut fragments = Fragments::default();
        for round in 0..500 {
            let n = rng.random_range(2..=32);
            let mut rows = [[0u32; 32]; 2];
            for v in 0..n {
                for u in 0..v {
                    let kind = rng.random_range(0..4);
                    if kind < 2 {
                        rows[kind][u] |= 1 << v;
                        rows[kind][v] |= 1 << u;
                    }
                }
            }
            let kinds = &rows[..1 + round % 2];
            let mut cells = Cells::<u32, 32>::empty();
            assert_eq!(cells.place(0, Word::below(n)), n);
            cells.refine(kinds, 1, &mut fragments, &mut NoTrace, &mut NoScript);
            loop {
                assert!(cells.invariants_hold() && cells.is_equitable(kinds));
                let Some(target) = cells.target(kinds) else { break };
                assert!(cells.size(target) > 1 && cells.size(cells.largest()) >= cells.size(target));
                let v = cells.members[target].elements().last().unwrap();
                cells.individualize(target, v);
                assert!(cells.invariants_hold());
                cells.refine(kinds, 1 << target, &mut fragments, &mut NoTrace, &mut NoScript);
            }
            assert!(cells.open.is_empty() && cells.members[..n].iter().all(|cell| cell.count() == 1));
        }
    }
}
