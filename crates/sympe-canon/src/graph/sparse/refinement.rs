//! Equitable refinement by a worklist of splitters.
//!
//! A splitter is a cell; it splits every cell by the sums of weights of arcs from the splitter to its vertices. Parts
//! of a cell become cells in the order of sums, untouched vertices first, and are splitters in turn, all but the
//! largest one (Hopcroft 1971). Small splitters come first. When the queue is empty, the partition is equitable:
//! vertices of one cell have the same sum into every cell.
//!
//! Cost: a splitter takes time in the arcs of its vertices and a sort of what they touch, so that a refinement takes
//! O((n + m) log n) and a sort; individualization and refinement of one vertex cost what changes.
//!
//! The trace gets an event for each splitter and one for each part, in an order that does not depend on how vertices
//! are numbered.

use super::super::hash::mix;
use super::super::trace::Trace;
use super::arcs::Arcs;
use super::partition::{Partition, Touched, swap};

/// How many cells of the queue are looked at for the smallest one.
const LOOK_AHEAD: usize = 16;

/// Sums are sorted by counting if they differ by less than this.
const COUNTED: u64 = 64;

/// So few vertices are sorted by comparison, even if their sums differ little.
const FEW_VERTICES: usize = 8;

/// So few cells are sorted by insertion.
const FEW: usize = 8;

/// Where a splitter has so many arcs for each vertex of the graph, its targets are looked for among all vertices, not listed as they
/// come.
const MANY_TARGETS: usize = 2;

/// More cells are sorted by comparison if there is less than one in so many positions.
const SPARSE: usize = 128;

/// The last bit of a set of sums stands for all sums from here on.
const LARGE_SUM: u64 = 63;

/// The bit that distinguishes all other events of a refinement from those of parts, so that neither are taken for the
/// other.
const NO_PART: u64 = 1 << 63;

/// The event of a part of a cell, by its start and its sum: a bijection where sums are less than 2³².
///
/// The canonical leaf is the one of greatest trace. The event of a splitter, which tells how many parts it splits
/// off, comes first and is greater for more parts, because the finer the partition the less is left to search. Beyond
/// that the order of events is a hash, so that it does not prefer what is special.
fn part_event(start: u32, sum: u64) -> u64 {
    // Every step is a bijection of the numbers of 63 bits.
    let mut x = (u64::from(start) << 32 ^ sum).wrapping_mul(0x9E37_79B9_7F4A_7C15) & !NO_PART;
    x ^= x >> 32;
    x.wrapping_mul(0xD6E8_FEB8_6659_FD93) & !NO_PART
}

/// The event of a splitter, by the number of parts that it splits off and a hash of the arcs from it.
fn split_event(parts: u32, hash: u64) -> u64 {
    NO_PART | u64::from(parts.min(0x7FFF)) << 48 | hash >> 16
}

/// Sorts a short list, without a call.
#[inline(always)]
fn insertion_sort(list: &mut [u32]) {
    for end in 1..list.len() {
        let item = list[end];
        let mut at = end;
        while at > 0 && list[at - 1] > item {
            list[at] = list[at - 1];
            at -= 1;
        }
        list[at] = item;
    }
}

impl Partition {
    /// Splits by the cells of the queue until the partition is equitable or discrete, or until the trace asks to
    /// stop. Returns whether it ran to its end; the queue is empty in any case.
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

    /// Moves the smallest of the next few cells of the queue to its head: small splitters cost little, and split as
    /// much.
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

    /// Splits every cell by the arcs from the only vertex of the splitter, where all weights are one. Returns whether
    /// to proceed.
    // Inlined into one function, the loops of all splitters leave each other too few registers.
    #[inline(never)]
    fn split_by_vertex(&mut self, splitter: u32, arcs: &Arcs, trace: &mut impl Trace) -> bool {
        let mut hash = u64::from(splitter);
        let mut cells = std::mem::take(&mut self.scratch.touched_cells);
        let mut parts = 0;
        // Slices of one length, which the loop keeps in registers.
        let n = self.lab.len();
        let (lab, pos) = (&mut self.lab[..n], &mut self.pos[..n]);
        let (cell_of, len_of, touched_of) = (&self.cell[..n], &self.len[..n], &mut self.scratch.touched[..n]);
        let hashes = &self.scratch.hashes[..n];
        for &u in arcs.targets_of(lab[splitter as usize]) {
            let cell = cell_of[u as usize];
            let len = len_of[cell as usize];
            if len == 1 {
                hash = hash.wrapping_add(hashes[cell as usize]);
                continue;
            }
            // Vertices that are touched are gathered at the end of their cell.
            let touched = &mut touched_of[cell as usize].count;
            if *touched == 0 {
                cells.push(cell);
                parts += 1;
            }
            *touched += 1;
            parts -= u32::from(*touched == len);
            swap(lab, pos, u, cell + len - *touched);
        }
        let mut proceed = !trace.event(split_event(parts, hash));
        self.sort(&mut cells);
        for &cell in &cells {
            let touched = std::mem::take(&mut self.scratch.touched[cell as usize].count);
            if proceed {
                let boundary = cell + self.len[cell as usize] - touched;
                if boundary > cell {
                    self.split_in_two(cell, boundary);
                }
                proceed = !trace.event(part_event(boundary, 1));
            }
        }
        cells.clear();
        self.scratch.touched_cells = cells;
        proceed
    }

    /// Splits every cell by the sums of weights from the splitter; all weights are one if `UNIT`. Returns whether to
    /// proceed.
    #[inline(never)]
    fn split_by<const UNIT: bool>(&mut self, splitter: u32, arcs: &Arcs, trace: &mut impl Trace) -> bool {
        let mut list = std::mem::take(&mut self.scratch.list);
        let touched = self.add_sums::<UNIT>(splitter, arcs, &mut list);
        let vertices = &list[..touched];
        let mut cells = std::mem::take(&mut self.scratch.touched_cells);
        let hash = self.touch_cells(vertices, &mut cells);
        let mut parts = 0;
        for &cell in &cells {
            let touched = &self.scratch.touched[cell as usize];
            parts += touched.sums.count_ones() - u32::from(touched.count == self.len[cell as usize]);
        }
        let mut proceed = !trace.event(split_event(parts, u64::from(splitter).wrapping_add(hash)));
        if proceed && parts > 0 {
            self.gather(vertices);
        }
        self.sort(&mut cells);
        for &cell in &cells {
            let touched = std::mem::take(&mut self.scratch.touched[cell as usize]);
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
        for &u in vertices {
            self.scratch.sum[u as usize] = 0;
        }
        cells.clear();
        (self.scratch.touched_cells, self.scratch.list) = (cells, list);
        proceed
    }

    /// Adds up the weights of arcs from a splitter by target, and lists the targets. Returns their number.
    fn add_sums<const UNIT: bool>(&mut self, splitter: u32, arcs: &Arcs, list: &mut [u32]) -> usize {
        let members = splitter as usize..(splitter + self.len(splitter)) as usize;
        let sums = &mut self.scratch.sum[..self.lab.len()];
        let mut end = 0;
        if UNIT && members.len() == sums.len() {
            // All vertices split by their degrees.
            for (u, sum) in (0u32..).zip(sums) {
                *sum = arcs.degree(u) as u64;
                list[end] = u;
                end += usize::from(*sum > 0);
            }
            return end;
        }
        let arcs_out = members.len() * arcs.degree(self.lab[members.start]);
        if UNIT && members.len() > 1 && arcs_out >= MANY_TARGETS * sums.len() {
            for &w in &self.lab[members] {
                arcs.targets_of(w).iter().for_each(|&u| sums[u as usize] += 1);
            }
            for (u, &sum) in (0u32..).zip(&*sums) {
                list[end] = u;
                end += usize::from(sum > 0);
            }
            return end;
        }
        // A vertex is written at the end of the list each time, and stays there if it is a new one: there is no branch
        // that could be mispredicted. Each is listed once, so that the end is never beyond the last place.
        for &w in &self.lab[members] {
            // Weights are positive and their sums do not overflow, so that a sum of zero means untouched.
            let mut touch = |u: u32, weight: u64| {
                let sum = &mut sums[u as usize];
                list[end] = u;
                end += usize::from(*sum == 0);
                *sum += weight;
            };
            if UNIT {
                arcs.targets_of(w).iter().for_each(|&u| touch(u, 1));
            } else {
                arcs.of(w).for_each(|(u, weight)| touch(u, weight));
            }
        }
        end
    }

    /// Notes what is known of the cells of several vertices that have sums, and lists them. Returns a hash of all sums.
    fn touch_cells(&mut self, vertices: &[u32], cells: &mut Vec<u32>) -> u64 {
        let n = self.lab.len();
        let (cell_of, len_of) = (&self.cell[..n], &self.len[..n]);
        let (sums, touched_of) = (&self.scratch.sum[..n], &mut self.scratch.touched[..n]);
        let mut hash = 0u64;
        for &u in vertices {
            let cell = cell_of[u as usize];
            let sum = sums[u as usize];
            hash = hash.wrapping_add(mix(u64::from(cell), sum));
            if len_of[cell as usize] == 1 {
                continue;
            }
            let touched = &mut touched_of[cell as usize];
            if touched.count == 0 {
                cells.push(cell);
            }
            touched.count += 1;
            touched.sums |= 1 << sum.min(LARGE_SUM);
        }
        hash
    }

    /// Moves the vertices that have sums to the end of their cell, where the cell is touched in part.
    fn gather(&mut self, vertices: &[u32]) {
        let n = self.lab.len();
        let (lab, pos) = (&mut self.lab[..n], &mut self.pos[..n]);
        let (cell_of, len_of, touched_of) = (&self.cell[..n], &self.len[..n], &mut self.scratch.touched[..n]);
        for &u in vertices {
            let cell = cell_of[u as usize];
            let len = len_of[cell as usize];
            let touched = &mut touched_of[cell as usize];
            if touched.count < len && len > 1 {
                touched.gathered += 1;
                swap(lab, pos, u, cell + len - touched.gathered);
            }
        }
    }

    /// Sorts distinct starts of cells; if they are many, by a pass over the set of all positions.
    #[inline]
    fn sort(&mut self, cells: &mut Vec<u32>) {
        match &mut cells[..] {
            [] | [_] => {}
            [a, b] if *a > *b => std::mem::swap(a, b),
            [_, _] => {}
            few if few.len() <= FEW => insertion_sort(few),
            _ => self.sort_several(cells),
        }
    }

    /// The same for more than [`FEW`].
    fn sort_several(&mut self, cells: &mut Vec<u32>) {
        if cells.len() * SPARSE < self.lab.len() {
            cells.sort_unstable();
            return;
        }
        for &cell in &*cells {
            self.scratch.set[cell as usize / 64] |= 1 << (cell % 64);
        }
        cells.clear();
        for (base, word) in (0u32..).step_by(64).zip(&mut self.scratch.set) {
            let mut left = std::mem::take(word);
            while left != 0 {
                cells.push(base + left.trailing_zeros());
                left &= left - 1;
            }
        }
    }

    /// Splits one cell, whose touched vertices are at its end. Returns whether to proceed.
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
        // The parts are the untouched vertices, if any, and then runs of equal sums.
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
        // To split by all parts but the largest is enough, unless the whole cell still waits in the queue (Hopcroft
        // 1971).
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
        self.scratch.sum[self.lab[position as usize] as usize]
    }

    /// Splits a cell at `boundary`, and queues what has to be split by.
    #[inline]
    fn split_in_two(&mut self, cell: u32, boundary: u32) {
        let touched = cell + self.len(cell) - boundary;
        self.split(cell, boundary);
        // To split by the smaller part is enough, unless the whole cell still waits in the queue (Hopcroft 1971).
        let whole_waits = self.queued[cell as usize] || boundary - cell >= touched;
        self.enqueue(if whole_waits { boundary } else { cell });
    }

    /// Sorts the vertices at `positions` by their sums, which are between `least` and `greatest`.
    fn sort_by_sum(&mut self, positions: std::ops::Range<usize>, least: u64, greatest: u64) {
        let keys = &mut self.scratch.keys;
        keys.clear();
        keys.extend(
            self.lab[positions.clone()]
                .iter()
                .map(|&v| (self.scratch.sum[v as usize], v)),
        );
        let range = greatest - least;
        if range < COUNTED && keys.len() > FEW_VERTICES {
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
}

#[cfg(test)]
mod tests {
    use super::super::super::colored_graph::ColoredGraph;
    use super::super::super::trace::NoTrace;
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

    #[test]
    fn refinement_finds_the_mirror_pairs_of_a_path_and_undo_restores() {
        let path = ColoredGraph::from_edges(5, false, (1..5).map(|v| (v - 1, v))).unwrap();
        let arcs = Arcs::of_graph(&path);
        let cells = |partition: &Partition| -> Vec<Vec<u32>> {
            let sorted = |start| {
                let mut members = partition.members(start).to_vec();
                members.sort_unstable();
                members
            };
            partition.starts().map(sorted).collect()
        };
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

    /// A trace that asks to stop at an event.
    struct StopAt(usize);

    impl Trace for StopAt {
        fn event(&mut self, _: u64) -> bool {
            self.0 = self.0.saturating_sub(1);
            self.0 == 0
        }
    }

    #[test]
    fn refinements_keep_the_invariants_and_end_equitable() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        for round in 0..200u32 {
            let (n, directed) = (rng.random_range(1..80u32), round % 2 == 0);
            let colors = [1, 2, 50][round as usize % 3];
            let mut edges = std::collections::BTreeMap::new();
            for _ in 0..n * rng.random_range(1..6) {
                let (u, v) = (rng.random_range(0..n), rng.random_range(0..n));
                let pair = if directed { (u, v) } else { (u.min(v), u.max(v)) };
                edges.insert(pair, rng.random_range(0..colors));
            }
            let edges = edges.into_iter().map(|((u, v), color)| (u, v, color));
            let graph = ColoredGraph::from_colored_edges(n as usize, directed, edges).unwrap();
            let arcs = Arcs::of_graph(&graph);
            let mut partition = Partition::new(&vec![0; n as usize]);
            assert!(partition.refine(&arcs, &mut NoTrace));
            loop {
                assert!(partition.invariants_hold() && partition.is_equitable(&arcs));
                let Some(target) = partition.target(&arcs) else {
                    break;
                };
                let v = partition.members(target)[0];
                let mark = partition.mark();
                partition.individualize(v);
                if !partition.refine(&arcs, &mut StopAt(rng.random_range(1..9))) {
                    assert!(partition.invariants_hold());
                    partition.undo(mark);
                    assert!(partition.invariants_hold() && partition.is_equitable(&arcs));
                    partition.individualize(v);
                    partition.refine(&arcs, &mut NoTrace);
                }
            }
            assert!(partition.is_discrete());
        }
    }
}
