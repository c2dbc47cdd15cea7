//! Ordered partitions of the vertices, their equitable refinement, and undoing it.
//!
//! Everything observable here — cell positions, the order in which cells split, the trace — depends on the isomorphism
//! class of (graph, individualized vertices) only, never on how vertices are numbered.

use super::super::trace::{Trace, mix};

/// Arcs as the refinement sees them: both directions of a directed graph, each with a weight that stands for its
/// (direction, colour). Sums of weights over a cell identify the multiset of arcs into it.
pub(super) struct Arcs {
    pub(super) starts: Vec<u32>,
    pub(super) targets: Vec<u32>,
    /// Empty if all are one.
    pub(super) weights: Vec<u64>,
    /// Sums of weights are exact counts, not hashes: true unless there are very many colours and degrees.
    pub(super) exact: bool,
    /// They are, and they are less than 2³²: true unless there are many colours.
    pub(super) small: bool,
}

impl Arcs {
    pub(super) fn n(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn degree(&self, v: u32) -> usize {
        self.range(v).len()
    }

    fn range(&self, v: u32) -> std::ops::Range<usize> {
        self.starts[v as usize] as usize..self.starts[v as usize + 1] as usize
    }

    /// Whether all weights are one: true for undirected graphs of one colour of edges.
    pub(super) fn unit(&self) -> bool {
        self.weights.is_empty()
    }

    pub(super) fn of(&self, v: u32) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.range(v)
            .map(|index| (self.targets[index], self.weights.get(index).copied().unwrap_or(1)))
    }

    pub(super) fn targets_of(&self, v: u32) -> &[u32] {
        &self.targets[self.range(v)]
    }
}

/// So many cells of the queue are looked at for the smallest.
const LOOK_AHEAD: usize = 16;

/// Sums are sorted by counting if they differ by less than this.
const COUNTED: u64 = 64;

/// So few cells, or one in so many positions, are sorted by comparison.
const FEW: usize = 4;
const SPARSE: usize = 128;

/// Sums from here on share a bit.
const LARGE_SUM: u64 = 63;

/// Set in all events of a refinement but those of parts, so that no other event can be taken for one.
const NO_PART: u64 = 1 << 63;

/// The event of a part of a cell, by its start, and its sum: those of small sums are different.
///
/// The search looks for the greatest trace. Before these events it is told how many parts a splitter splits off: it does
/// well to prefer many, because the finer the partition, the less is left to search. Beyond that the order is
/// arbitrary, so that it does not prefer what is special.
fn part_event(start: u32, sum: u64) -> u64 {
    // Every step is a bijection of the numbers of 63 bits.
    let mut x = (u64::from(start) << 32 ^ sum).wrapping_mul(0x9E37_79B9_7F4A_7C15) & !NO_PART;
    x ^= x >> 32;
    x.wrapping_mul(0xD6E8_FEB8_6659_FD93) & !NO_PART
}

/// The vertices of a cell that have a sum.
#[derive(Clone, Default)]
struct Touched {
    count: u32,
    /// How many of them are at the end of the cell already.
    gathered: u32,
    /// The set of their sums, as bits; from [`LARGE_SUM`] on they share one.
    sums: u64,
}

/// The event of a splitter, by the number of parts that it splits off, and a hash of the arcs from it.
fn split_event(parts: u32, hash: u64) -> u64 {
    NO_PART | u64::from(parts.min(0x7FFF)) << 48 | hash >> 16
}

/// An ordered partition. A cell is named by the position of its first vertex.
pub(super) struct Partition {
    /// Vertices by position.
    pub(super) lab: Vec<u32>,
    /// Positions by vertex.
    pub(super) pos: Vec<u32>,
    /// Start of the cell of each vertex.
    cell: Vec<u32>,
    /// Length of the cell that starts here.
    len: Vec<u32>,
    cells: usize,
    /// Splits made, newest last: (start of the new cell, start of the cell it was split from).
    splits: Vec<(u32, u32)>,
    queue: Vec<u32>,
    queued: Vec<bool>,
    // Scratch of one splitter; empty or zero between splitters.
    sum: Vec<u64>,
    touched: Vec<Touched>,
    touched_cells: Vec<u32>,
    touched_vertices: Vec<u32>,
    /// A set of positions.
    set: Vec<u64>,
    keys: Vec<(u64, u32)>,
}

impl Partition {
    /// The partition into classes of equal `color`, in increasing order of colour.
    pub(super) fn new(colors: &[u32]) -> Self {
        let n = colors.len();
        let mut lab: Vec<u32> = (0..n as u32).collect();
        lab.sort_unstable_by_key(|&v| (colors[v as usize], v));
        let mut partition = Self {
            pos: vec![0; n],
            cell: vec![0; n],
            len: vec![0; n],
            cells: 0,
            splits: Vec::new(),
            queue: Vec::new(),
            queued: vec![false; n],
            sum: vec![0; n],
            touched: vec![Touched::default(); n],
            touched_cells: Vec::new(),
            touched_vertices: Vec::new(),
            set: vec![0; n.div_ceil(64)],
            keys: Vec::new(),
            lab,
        };
        let mut start = 0;
        for position in 0..n {
            let v = partition.lab[position] as usize;
            if colors[v] != colors[partition.lab[start] as usize] {
                start = position;
            }
            if position == start {
                partition.cells += 1;
                partition.enqueue(start as u32);
            }
            partition.pos[v] = position as u32;
            partition.cell[v] = start as u32;
            partition.len[start] += 1;
        }
        partition
    }

    pub(super) fn is_discrete(&self) -> bool {
        self.cells == self.lab.len()
    }

    /// Start of the cell of `v`.
    pub(super) fn cell_of(&self, v: u32) -> u32 {
        self.cell[v as usize]
    }

    /// The vertices of the cell that starts at `start`.
    pub(super) fn members(&self, start: u32) -> &[u32] {
        &self.lab[start as usize..(start + self.len[start as usize]) as usize]
    }

    /// Starts of all cells, in order.
    pub(super) fn starts(&self) -> impl Iterator<Item = u32> + '_ {
        let mut next = 0;
        std::iter::from_fn(move || {
            let start = next;
            if start as usize >= self.lab.len() {
                return None;
            }
            next = start + self.len[start as usize];
            Some(start)
        })
    }

    /// The number of vertices of the cell that starts at `start`.
    pub(super) fn len(&self, start: u32) -> u32 {
        self.len[start as usize]
    }

    /// Starts of the cells of several vertices, in order.
    pub(super) fn open_cells(&self) -> impl Iterator<Item = u32> + '_ {
        self.starts().filter(|&start| self.len(start) > 1)
    }

    /// Takes a cell away; its vertices have to be [laid](Self::lay) out anew.
    pub(super) fn dissolve(&mut self, start: u32) {
        self.len[start as usize] = 0;
        self.cells -= 1;
    }

    /// Puts `vertices` at the positions from `at` on, as a cell or each by itself.
    pub(super) fn lay(&mut self, at: u32, vertices: &[u32], together: bool) {
        for (position, &v) in (at..).zip(vertices) {
            self.lab[position as usize] = v;
            self.pos[v as usize] = position;
            self.cell[v as usize] = if together { at } else { position };
            self.len[position as usize] = u32::from(!together);
        }
        if together {
            self.len[at as usize] = vertices.len() as u32;
        }
        self.cells += if together { 1 } else { vertices.len() };
    }

    /// Makes each vertex of a cell a cell of its own.
    pub(super) fn scatter(&mut self, start: u32) {
        let len = self.len(start);
        for position in start..start + len {
            self.cell[self.lab[position as usize] as usize] = position;
            self.len[position as usize] = 1;
        }
        self.cells += len as usize - 1;
    }

    pub(super) fn enqueue(&mut self, start: u32) {
        if !self.queued[start as usize] {
            self.queued[start as usize] = true;
            self.queue.push(start);
        }
    }

    /// Forgets the splits made so far, and that any cell needs to be split by.
    pub(super) fn forget(&mut self) {
        self.splits.clear();
        for start in self.queue.drain(..) {
            self.queued[start as usize] = false;
        }
    }

    /// A mark for [`undo`](Self::undo).
    pub(super) fn mark(&self) -> usize {
        self.splits.len()
    }

    /// Merges back every split made after `mark`.
    pub(super) fn undo(&mut self, mark: usize) {
        while self.splits.len() > mark {
            let (new, from) = self.splits.pop().expect("longer than mark");
            let end = new + self.len[new as usize];
            for &v in &self.lab[new as usize..end as usize] {
                self.cell[v as usize] = from;
            }
            self.len[from as usize] += self.len[new as usize];
            self.len[new as usize] = 0;
            self.cells -= 1;
        }
    }

    /// Makes the tail of cell `from`, beginning at `new`, a cell of its own.
    #[inline]
    fn split(&mut self, from: u32, new: u32) {
        let end = from + self.len[from as usize];
        self.len[new as usize] = end - new;
        self.len[from as usize] = new - from;
        for &v in &self.lab[new as usize..end as usize] {
            self.cell[v as usize] = new;
        }
        self.cells += 1;
        self.splits.push((new, from));
    }

    #[inline]
    fn swap_to(&mut self, v: u32, position: u32) {
        let old = self.pos[v as usize];
        let other = self.lab[position as usize];
        self.lab.swap(old as usize, position as usize);
        self.pos[v as usize] = position;
        self.pos[other as usize] = old;
    }

    /// Splits `v` off as a singleton at the end of its cell, in constant time, and queues it.
    pub(super) fn individualize(&mut self, v: u32) {
        let start = self.cell_of(v);
        let end = start + self.len(start) - 1;
        self.swap_to(v, end);
        self.split(start, end);
        self.enqueue(end);
    }

    /// Refines until equitable or discrete, or until the trace asks to stop; returns whether it ran to its end.
    pub(super) fn refine(&mut self, arcs: &Arcs, trace: &mut impl Trace) -> bool {
        let mut head = 0;
        let mut finished = true;
        while head < self.queue.len() && !self.is_discrete() {
            self.smallest_first(head);
            let splitter = self.queue[head];
            head += 1;
            self.queued[splitter as usize] = false;
            let proceed = match (arcs.unit(), self.len(splitter)) {
                (true, 1) => self.split_by_vertex(splitter, arcs, trace),
                (true, _) => self.split_by::<true>(splitter, arcs, trace),
                (false, _) => self.split_by::<false>(splitter, arcs, trace),
            };
            if !proceed {
                finished = false;
                break;
            }
        }
        for &start in &self.queue[head..] {
            self.queued[start as usize] = false;
        }
        self.queue.clear();
        finished && !trace.event(self.cells as u64 | NO_PART)
    }

    /// Moves the smallest of the next few cells of the queue to its head: small cells cost little, and split as much.
    #[inline]
    fn smallest_first(&mut self, head: usize) {
        let (mut best, mut least) = (head, self.len(self.queue[head]));
        if least == 1 {
            return;
        }
        let end = self.queue.len().min(head + LOOK_AHEAD);
        for index in head + 1..end {
            if least == 1 {
                break;
            }
            let len = self.len(self.queue[index]);
            if len < least {
                (best, least) = (index, len);
            }
        }
        self.queue.swap(head, best);
    }

    /// Splits every cell by the arcs from a vertex, in a graph of arcs of weight one.
    fn split_by_vertex(&mut self, splitter: u32, arcs: &Arcs, trace: &mut impl Trace) -> bool {
        let mut hash = u64::from(splitter);
        let mut cells = std::mem::take(&mut self.touched_cells);
        let mut parts = 0;
        for &u in arcs.targets_of(self.lab[splitter as usize]) {
            let cell = self.cell[u as usize];
            let len = self.len[cell as usize];
            if len == 1 {
                hash = hash.wrapping_add(mix(u64::from(cell), 1));
                continue;
            }
            // Gather them at the end of their cell.
            let touched = &mut self.touched[cell as usize].count;
            if *touched == 0 {
                cells.push(cell);
                parts += 1;
            }
            *touched += 1;
            parts -= u32::from(*touched == len);
            let position = cell + len - *touched;
            self.swap_to(u, position);
        }
        let mut proceed = !trace.event(split_event(parts, hash));
        self.sort(&mut cells);
        for &cell in &cells {
            let touched = std::mem::take(&mut self.touched[cell as usize].count);
            if proceed {
                let boundary = cell + self.len[cell as usize] - touched;
                if boundary > cell {
                    self.split_in_two(cell, boundary);
                }
                proceed = !trace.event(part_event(boundary, 1));
            }
        }
        cells.clear();
        self.touched_cells = cells;
        proceed
    }

    /// Splits every cell by the sums of weights from `splitter`; all weights are one if `UNIT`.
    fn split_by<const UNIT: bool>(&mut self, splitter: u32, arcs: &Arcs, trace: &mut impl Trace) -> bool {
        let mut vertices = std::mem::take(&mut self.touched_vertices);
        let members = splitter as usize..(splitter + self.len(splitter)) as usize;
        for &w in &self.lab[members] {
            // Weights are positive and their sums do not overflow, so zero means untouched.
            let mut touch = |u: u32, weight: u64| {
                let sum = &mut self.sum[u as usize];
                if *sum == 0 {
                    vertices.push(u);
                }
                *sum += weight;
            };
            if UNIT {
                arcs.targets_of(w).iter().for_each(|&u| touch(u, 1));
            } else {
                arcs.of(w).for_each(|(u, weight)| touch(u, weight));
            }
        }
        let mut hash = u64::from(splitter);
        let mut cells = std::mem::take(&mut self.touched_cells);
        for &u in &vertices {
            let cell = self.cell[u as usize];
            let sum = self.sum[u as usize];
            hash = hash.wrapping_add(mix(u64::from(cell), sum));
            if self.len[cell as usize] == 1 {
                continue;
            }
            let touched = &mut self.touched[cell as usize];
            if touched.count == 0 {
                cells.push(cell);
            }
            touched.count += 1;
            touched.sums |= 1 << sum.min(LARGE_SUM);
        }
        let mut parts = 0;
        for &cell in &cells {
            let touched = &self.touched[cell as usize];
            parts += touched.sums.count_ones() - u32::from(touched.count == self.len[cell as usize]);
        }
        let mut proceed = !trace.event(split_event(parts, hash));
        if proceed && parts > 0 {
            // Gather those of cells touched in part at the end of their cells.
            for &u in &vertices {
                let cell = self.cell[u as usize];
                let len = self.len[cell as usize];
                let touched = &mut self.touched[cell as usize];
                if touched.count < len && len > 1 {
                    touched.gathered += 1;
                    let position = cell + len - touched.gathered;
                    self.swap_to(u, position);
                }
            }
        }
        self.sort(&mut cells);
        for &cell in &cells {
            let touched = std::mem::take(&mut self.touched[cell as usize]);
            if !proceed {
                continue;
            }
            let whole = touched.count == self.len[cell as usize];
            proceed = if whole && touched.sums.is_power_of_two() && touched.sums != 1 << LARGE_SUM {
                !trace.event(part_event(cell, touched.sums.trailing_zeros().into()))
            } else {
                self.split_cell(cell, &touched, trace)
            };
        }
        for &u in &vertices {
            self.sum[u as usize] = 0;
        }
        cells.clear();
        vertices.clear();
        (self.touched_cells, self.touched_vertices) = (cells, vertices);
        proceed
    }

    /// Sorts distinct starts of cells, by a pass over the set of all positions if they are many.
    fn sort(&mut self, cells: &mut Vec<u32>) {
        if cells.len() <= FEW || cells.len() * SPARSE < self.lab.len() {
            cells.sort_unstable();
            return;
        }
        for &cell in &*cells {
            self.set[cell as usize / 64] |= 1 << (cell % 64);
        }
        cells.clear();
        for (base, word) in (0u32..).step_by(64).zip(&mut self.set) {
            let mut left = std::mem::take(word);
            while left != 0 {
                cells.push(base + left.trailing_zeros());
                left &= left - 1;
            }
        }
    }

    /// Splits one cell, whose touched vertices are at its end.
    fn split_cell(&mut self, cell: u32, touched: &Touched, trace: &mut impl Trace) -> bool {
        let end = cell + self.len[cell as usize];
        let boundary = end - touched.count;
        let first = self.sum_at(boundary);
        let (mut least, mut greatest) = (
            u64::from(touched.sums.trailing_zeros()),
            u64::from(touched.sums.ilog2()),
        );
        if greatest == LARGE_SUM {
            (least, greatest) = (first, first);
            for position in boundary..end {
                least = least.min(self.sum_at(position));
                greatest = greatest.max(self.sum_at(position));
            }
        }
        if least == greatest {
            if boundary > cell {
                self.split_in_two(cell, boundary);
            }
            return !trace.event(part_event(boundary, first));
        }
        self.sort_by_sum(boundary as usize..end as usize, least, greatest);
        // Parts: the untouched one, if any, then runs of equal sums.
        let was_queued = self.queued[cell as usize];
        let mut from = cell;
        let (mut largest, mut largest_len) = (cell, boundary - cell);
        let mut run = boundary;
        let before = self.splits.len();
        let mut proceed = true;
        while run < end {
            let value = self.sum_at(run);
            let mut next = run + 1;
            while next < end && self.sum_at(next) == value {
                next += 1;
            }
            if run > from {
                self.split(from, run);
                from = run;
            }
            if next - run > largest_len {
                (largest, largest_len) = (run, next - run);
            }
            proceed = !trace.event(part_event(run, value)) && proceed;
            run = next;
        }
        // All parts but the largest suffice, unless the cell still waits in the queue (Hopcroft).
        let skip = if was_queued { cell } else { largest };
        if skip != cell {
            self.enqueue(cell);
        }
        for index in before..self.splits.len() {
            let start = self.splits[index].0;
            if start != skip {
                self.enqueue(start);
            }
        }
        proceed
    }

    /// The sum of the vertex at a position.
    fn sum_at(&self, position: u32) -> u64 {
        self.sum[self.lab[position as usize] as usize]
    }

    /// Splits a cell at `boundary`, and queues what is needed.
    #[inline]
    fn split_in_two(&mut self, cell: u32, boundary: u32) {
        self.split(cell, boundary);
        // The smaller half suffices, unless the cell still waits in the queue (Hopcroft).
        if self.queued[cell as usize] || self.len(cell) >= self.len(boundary) {
            self.enqueue(boundary);
        } else {
            self.enqueue(cell);
        }
    }

    /// Sorts the vertices at `positions` by their sums, which are between `least` and `greatest`.
    fn sort_by_sum(&mut self, positions: std::ops::Range<usize>, least: u64, greatest: u64) {
        let keys = &mut self.keys;
        keys.clear();
        keys.extend(
            self.lab[positions.clone()]
                .iter()
                .map(|&v| (self.sum[v as usize], v)),
        );
        let range = greatest - least;
        if range < COUNTED && keys.len() > 8 {
            let mut ends = [0u32; COUNTED as usize];
            for key in &*keys {
                ends[(key.0 - least) as usize] += 1;
            }
            let mut end = positions.start as u32;
            for count in &mut ends[..=range as usize] {
                end += *count;
                *count = end;
            }
            for &(sum, v) in &*keys {
                let end = &mut ends[(sum - least) as usize];
                *end -= 1;
                self.lab[*end as usize] = v;
                self.pos[v as usize] = *end;
            }
            return;
        }
        keys.sort_unstable();
        for (position, &(_, v)) in positions.zip(&*keys) {
            self.lab[position] = v;
            self.pos[v as usize] = position as u32;
        }
    }

    /// The cell to individualize next: the non-singleton cell joined non-trivially to most non-singleton cells, the
    /// first among equals; with hashed weights the first largest. `None` if discrete.
    pub(super) fn target(&mut self, arcs: &Arcs) -> Option<u32> {
        if self.is_discrete() {
            return None;
        }
        let open: Vec<u32> = self.open_cells().collect();
        if open.len() == 1 {
            return Some(open[0]);
        }
        if !arcs.exact {
            return open
                .into_iter()
                .max_by_key(|&start| (self.len[start as usize], std::cmp::Reverse(start)));
        }
        let mut best = open[0];
        let mut best_joins = 0;
        for start in open {
            // In an equitable partition any member stands for the cell.
            let v = self.lab[start as usize];
            for &u in arcs.targets_of(v) {
                let cell = self.cell[u as usize];
                if self.len[cell as usize] > 1 {
                    if self.sum[cell as usize] == 0 {
                        self.touched_cells.push(cell);
                    }
                    self.sum[cell as usize] += 1;
                }
            }
            let mut joins = 0;
            while let Some(cell) = self.touched_cells.pop() {
                let hits = std::mem::take(&mut self.sum[cell as usize]);
                if hits < u64::from(self.len[cell as usize]) {
                    joins += 1;
                }
            }
            if joins > best_joins || joins == best_joins && self.len(start) < self.len(best) {
                (best, best_joins) = (start, joins);
            }
        }
        Some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::trace::NoTrace;
    use super::*;

    fn path(n: u32) -> Arcs {
        let mut arcs = Arcs {
            starts: vec![0],
            targets: vec![],
            weights: vec![],
            exact: true,
            small: true,
        };
        for v in 0..n {
            arcs.targets.extend((v > 0).then(|| v - 1));
            arcs.targets.extend((v + 1 < n).then_some(v + 1));
            arcs.starts.push(arcs.targets.len() as u32);
        }
        arcs
    }

    fn cells(partition: &Partition) -> Vec<Vec<u32>> {
        let sorted = |start| {
            let mut members = partition.members(start).to_vec();
            members.sort_unstable();
            members
        };
        partition.starts().map(sorted).collect()
    }

    #[test]
    fn refinement_finds_the_mirror_pairs_of_a_path_and_undo_restores() {
        let arcs = path(5);
        let mut partition = Partition::new(&[0; 5]);
        assert!(partition.refine(&arcs, &mut NoTrace));
        let mut found = cells(&partition);
        found.sort();
        assert_eq!(found, [vec![0, 4], vec![1, 3], vec![2]]);
        let before = cells(&partition);
        let mark = partition.mark();
        partition.individualize(4);
        assert!(partition.refine(&arcs, &mut NoTrace));
        assert!(partition.is_discrete());
        partition.undo(mark);
        assert_eq!(cells(&partition), before);
    }

    #[test]
    fn cells_are_ordered_by_colour() {
        let partition = Partition::new(&[7, 3, 7, 5]);
        assert_eq!(cells(&partition), [vec![1], vec![3], vec![0, 2]]);
    }
}
