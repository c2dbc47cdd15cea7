//! Ordered partitions of few vertices, a word per cell, and their equitable refinement.
//!
//! Everything observable here depends on the isomorphism class only, never on how vertices are numbered.

use super::super::trace::Trace;
use super::super::word::Word;

/// Neighbours by vertex, for one kind of arc (a colour and a direction).
pub(super) type Rows<W, const N: usize> = [W; N];

/// An ordered partition. A cell is named by the position of its first vertex.
#[derive(Clone, Copy)]
pub(super) struct Cells<W, const N: usize> {
    /// The vertices of the cell that starts here; empty where none does.
    pub(super) members: [W; N],
    sizes: [u8; N],
    /// Starts of the cells that refinement and search have to deal with: of several vertices, and not set aside.
    pub(super) open: W,
}

/// Scratch of a refinement: what splitters tell of the vertices of a cell, by their number of neighbours.
pub(super) struct Fragments<W, const N: usize> {
    now: [(u8, W); N],
    next: [(u8, W); N],
    /// Cells that a vertex is joined to.
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
    /// Splits a cell by the numbers that `counts` hold of its vertices, bit by bit: a list by increasing number.
    #[inline(always)]
    fn of(&mut self, cell: W, counts: &[W]) -> &[(u8, W)] {
        let (mut now, mut next) = (&mut self.now, &mut self.next);
        // Mostly the numbers are equal.
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
                // Both are written; the place of an empty one is taken by the next. Without branches that depend on them.
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

/// What a refinement did, to be done again from another vertex.
#[derive(Default)]
pub(super) struct Script {
    /// Of the parts of a cell, the first comes last.
    parts: Vec<Part>,
    /// What is known of the next parts.
    next: Part,
}

/// The vertices of a cell with a number of neighbours in the splitter become the cell at `start`.
#[derive(Clone, Copy, Default)]
struct Part {
    /// Whether neighbours are counted anew.
    anew: bool,
    kind: u8,
    splitter: u8,
    cell: u8,
    number: u8,
    start: u8,
}

impl Script {
    pub(super) fn clear(&mut self) {
        self.parts.clear();
    }

    /// Splits the same cells by the same splitters, into parts of the same numbers of neighbours. If an automorphism maps
    /// the cells that the script began with to these, it maps those that it ended with to what they become.
    pub(super) fn replay<W: Word, const N: usize>(&self, kinds: &[Rows<W, N>], cells: &mut [W; N]) {
        let mut counts = Counts::default();
        for part in &self.parts {
            if part.anew {
                counts = Counts::of(&kinds[part.kind as usize], cells[part.splitter as usize % N]);
            }
            let mut members = cells[part.cell as usize % N];
            for (bit, &count) in counts.bits().iter().enumerate() {
                members = members
                    & if part.number >> bit & 1 == 1 {
                        count
                    } else {
                        !count
                    };
            }
            // The first part, which comes last, takes the place of the cell.
            cells[part.start as usize % N] = members;
        }
    }
}

/// Is told what a refinement does.
pub(super) trait Scribe {
    fn turn_to(&mut self, _splitter: usize, _kind: usize) {}
    fn split(&mut self, _cell: usize, _parts: impl Iterator<Item = (u8, usize)>) {}
}

/// Writes nothing.
pub(super) struct NoScript;

impl Scribe for NoScript {}

impl Scribe for Script {
    fn turn_to(&mut self, splitter: usize, kind: usize) {
        self.next = Part {
            anew: true,
            kind: kind as u8,
            splitter: splitter as u8,
            ..self.next
        };
    }

    fn split(&mut self, cell: usize, parts: impl Iterator<Item = (u8, usize)>) {
        let from = self.parts.len();
        self.parts.extend(parts.map(|(number, start)| Part {
            anew: false,
            cell: cell as u8,
            number,
            start: start as u8,
            ..self.next
        }));
        self.parts[from..].reverse();
        self.parts[from].anew = std::mem::take(&mut self.next.anew);
    }
}

/// The numbers of neighbours of all vertices at once: bit `b` of the number of `v` is bit `v` of word `b`.
#[derive(Clone, Copy)]
struct Counts<W> {
    words: [W; COUNT_BITS],
    used: usize,
}

impl<W: Word> Default for Counts<W> {
    fn default() -> Self {
        Self {
            words: [W::EMPTY; COUNT_BITS],
            used: 1,
        }
    }
}

impl<W: Word> Counts<W> {
    /// Of the neighbours in `splitter`.
    #[inline(always)]
    fn of<const N: usize>(rows: &Rows<W, N>, splitter: W) -> Self {
        let mut counts = Self::default();
        let (mut added, mut full) = (0usize, 2usize);
        for v in splitter.elements() {
            added += 1;
            if added == full {
                counts.used += 1;
                full *= 2;
            }
            let mut carry = rows[v % N];
            for count in &mut counts.words[..counts.used] {
                let next = *count & carry;
                *count = *count ^ carry;
                carry = next;
            }
        }
        counts
    }

    #[inline(always)]
    fn bits(&self) -> &[W] {
        &self.words[..self.used]
    }
}

/// Bits of the largest number of neighbours.
const COUNT_BITS: usize = 8;

/// One step of a cheap hash. Its values only order and tell apart, they never prove.
#[inline(always)]
pub(super) fn stir(hash: u64, value: usize) -> u64 {
    (hash ^ value as u64)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
}

impl<W: Word, const N: usize> Cells<W, N> {
    pub(super) fn empty() -> Self {
        Self {
            members: [W::EMPTY; N],
            sizes: [0; N],
            open: W::EMPTY,
        }
    }

    /// The start of the largest cell, the first among equals.
    pub(super) fn largest(&self) -> usize {
        // In one number, for the comparison not to branch.
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
        let members = |start: usize| self.members[start % N];
        self.open
            .elements()
            .fold(W::EMPTY, |all, start| all | members(start))
    }

    /// The positions of all open cells.
    pub(super) fn open_positions(&self) -> W {
        let positions =
            |start: usize| (start..start + self.size(start)).fold(W::EMPTY, |all, p| all | W::bit(p));
        self.open
            .elements()
            .fold(W::EMPTY, |all, start| all | positions(start))
    }

    /// Sets the cell at `start` aside: its vertices no longer count.
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

    /// Splits a cell in two. Returns the size of the second part.
    #[inline(always)]
    fn split(&mut self, start: usize, front: W, back: W, active: &mut W) -> usize {
        let back_size = back.count();
        let front_size = self.size(start) - back_size;
        let next = (start + front_size) % N;
        self.members[start % N] = front;
        self.members[next] = back;
        self.sizes[start % N] = front_size as u8;
        self.sizes[next] = back_size as u8;
        // No branch depends on sizes: they are hard to predict.
        self.open = self.open.without(W::bit_if(start, front_size == 1)) | W::bit_if(next, back_size > 1);
        // One part suffices, the smaller, unless the whole still waits (Hopcroft).
        let later = active.has(start) | (back_size <= front_size);
        *active = *active | W::bit_if(start, !later) | W::bit_if(next, later);
        back_size
    }

    /// Refines until equitable or discrete, or until the trace asks to stop; returns whether it ran to its end.
    /// `active` holds the cells to split by.
    pub(super) fn refine<T: Trace>(
        &mut self,
        kinds: &[Rows<W, N>],
        mut active: W,
        fragments: &mut Fragments<W, N>,
        trace: &mut T,
        scribe: &mut impl Scribe,
    ) -> bool {
        while !active.is_empty() && !self.open.is_empty() {
            // Single vertices first: they are cheap.
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

    #[inline(always)]
    fn split_by_one(
        &mut self,
        row: W,
        active: &mut W,
        fragments: &mut Fragments<W, N>,
        scribe: &mut impl Scribe,
        heeded: bool,
    ) -> u64 {
        // Those concerned are found first: the branch that would skip the others is hard to predict, too. Cells that are
        // joined as wholes concern the trace only.
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
        let touched = counts.iter().fold(W::EMPTY, |all, &count| all | count);
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

    /// The cell to individualize next: the open cell joined non-trivially to most open cells, the first among equals.
    pub(super) fn target(&self, kinds: &[Rows<W, N>]) -> Option<usize> {
        let first = self.open.first();
        if self.open.rest().is_empty() {
            return (first < N).then_some(first);
        }
        let live = self.open_members();
        let (mut best, mut most) = (first, 0);
        for start in self.open.elements() {
            let v = self.members[start % N].first();
            // A neighbour and another vertex are needed for each join.
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
}
