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

    pub(super) fn of(&self, v: u32) -> impl Iterator<Item = (u32, u64)> + '_ {
        let range = self.range(v);
        self.targets[range.clone()]
            .iter()
            .copied()
            .zip(self.weights[range].iter().copied())
    }

    pub(super) fn targets_of(&self, v: u32) -> &[u32] {
        &self.targets[self.range(v)]
    }
}

/// The event of a part of a cell, by its start, and its sum: small sums can be read from it.
fn sum_event(start: u32, sum: u64) -> u64 {
    u64::from(start) << 32 ^ sum
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
    /// How many vertices at the end of each cell have a sum.
    touched: Vec<u32>,
    touched_cells: Vec<u32>,
    splitter: Vec<u32>,
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
            touched: vec![0; n],
            touched_cells: Vec::new(),
            splitter: Vec::new(),
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

    /// A mark for [`undo`](Self::undo).
    pub(super) fn mark(&self) -> usize {
        self.splits.len()
    }

    /// Merges back every split made after `mark`.
    pub(super) fn undo(&mut self, mark: usize) {
        while self.splits.len() > mark {
            let (new, from) = self.splits.pop().expect("longer than mark");
            for position in new..new + self.len[new as usize] {
                self.cell[self.lab[position as usize] as usize] = from;
            }
            self.len[from as usize] += self.len[new as usize];
            self.len[new as usize] = 0;
            self.cells -= 1;
        }
    }

    /// Makes the tail of cell `from`, beginning at `new`, a cell of its own.
    fn split(&mut self, from: u32, new: u32) {
        let end = from + self.len[from as usize];
        self.len[new as usize] = end - new;
        self.len[from as usize] = new - from;
        for position in new..end {
            self.cell[self.lab[position as usize] as usize] = new;
        }
        self.cells += 1;
        self.splits.push((new, from));
    }

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
            let splitter = self.queue[head];
            head += 1;
            self.queued[splitter as usize] = false;
            if !self.split_by(splitter, arcs, trace) {
                finished = false;
                break;
            }
        }
        for &start in &self.queue[head..] {
            self.queued[start as usize] = false;
        }
        self.queue.clear();
        finished && !trace.event(self.cells as u64)
    }

    /// Splits every cell by the sums of weights from `splitter`.
    fn split_by(&mut self, splitter: u32, arcs: &Arcs, trace: &mut impl Trace) -> bool {
        let mut singletons = 0u64;
        // A copy: vertices of the splitter may be moved within it.
        let mut members = std::mem::take(&mut self.splitter);
        members.clear();
        members.extend_from_slice(self.members(splitter));
        for &w in &members {
            for (u, weight) in arcs.of(w) {
                let cell = self.cell[u as usize];
                if self.len[cell as usize] == 1 {
                    singletons = singletons.wrapping_add(mix(u64::from(cell), weight));
                    continue;
                }
                if self.sum[u as usize] == 0 {
                    // Gather them at the end of their cell.
                    let touched = &mut self.touched[cell as usize];
                    if *touched == 0 {
                        self.touched_cells.push(cell);
                    }
                    *touched += 1;
                    let position = cell + self.len[cell as usize] - *touched;
                    self.swap_to(u, position);
                }
                // Weights are positive and their sums do not overflow, so zero means untouched.
                self.sum[u as usize] += weight;
            }
        }
        self.splitter = members;
        let mut proceed = !trace.event(mix(u64::from(splitter), singletons));
        let mut cells = std::mem::take(&mut self.touched_cells);
        cells.sort_unstable();
        for &cell in &cells {
            let touched = std::mem::take(&mut self.touched[cell as usize]);
            let end = cell + self.len[cell as usize];
            if proceed {
                proceed = self.split_cell(cell, end - touched, trace);
            }
            for position in end - touched..end {
                self.sum[self.lab[position as usize] as usize] = 0;
            }
        }
        cells.clear();
        self.touched_cells = cells;
        proceed
    }

    /// Splits one cell, whose vertices from `boundary` on have a sum.
    fn split_cell(&mut self, cell: u32, boundary: u32, trace: &mut impl Trace) -> bool {
        let len = self.len[cell as usize];
        let touched = boundary as usize..(cell + len) as usize;
        let first = self.sum[self.lab[touched.start] as usize];
        let uniform = self.lab[touched.clone()]
            .iter()
            .all(|&v| self.sum[v as usize] == first);
        if uniform && boundary == cell {
            return !trace.event(sum_event(cell, first));
        }
        if !uniform {
            self.lab[touched.clone()].sort_unstable_by_key(|&v| self.sum[v as usize]);
            for position in touched {
                self.pos[self.lab[position] as usize] = position as u32;
            }
        }
        // Fragments: the untouched part, if any, then runs of equal sums.
        let was_queued = self.queued[cell as usize];
        let mut from = cell;
        let (mut largest, mut largest_len) = (cell, boundary - cell);
        let mut starts = [0u32; 2];
        let mut fragments = 0;
        let mut more = Vec::new();
        let mut run = boundary;
        let mut proceed = true;
        while run < cell + len {
            let value = self.sum[self.lab[run as usize] as usize];
            let mut end = run + 1;
            while end < cell + len && self.sum[self.lab[end as usize] as usize] == value {
                end += 1;
            }
            if run > from {
                self.split(from, run);
                if fragments < starts.len() {
                    starts[fragments] = run;
                } else {
                    more.push(run);
                }
                fragments += 1;
                from = run;
            }
            if end - run > largest_len {
                (largest, largest_len) = (run, end - run);
            }
            proceed = !trace.event(sum_event(run, value)) && proceed;
            run = end;
        }
        // All fragments but the largest suffice, unless the cell still waits in the queue (Hopcroft).
        let skip = if was_queued { cell } else { largest };
        if skip != cell {
            self.enqueue(cell);
        }
        let inline = &starts[..fragments.min(starts.len())];
        for &start in inline.iter().chain(&more) {
            if was_queued || start != skip {
                self.enqueue(start);
            }
        }
        proceed
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
            if joins > best_joins {
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
        arcs.weights = vec![1; arcs.targets.len()];
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
