//! Ordered partitions of the vertices, how they are split, and undoing it.
//!
//! A cell is named by its start, the position of its first vertex. The vertices of a cell lie side by side in `lab`,
//! in any order; `pos` is its inverse. Splitting a cell off takes time in the size of the new cell, and undoing it as
//! much, because only the starts of its vertices change: nothing is moved back.
//!
//! Invariants ([`Partition::invariants_hold`]):
//!
//! * `lab` and `pos` are inverse permutations;
//! * the cells cover all positions one after the other; `len` is zero at positions where no cell starts;
//! * `cell` holds the start of each vertex's cell, `cells` the number of cells;
//! * `queued` marks the cells in `queue`, and all scratch is zero or empty, between refinements.
//!
//! Everything observable, from the positions of cells and the order in which they split to the trace, depends on the
//! isomorphism class of (graph, individualized vertices) only, never on how vertices are numbered. The order of
//! vertices inside a cell does depend on it, and must not be observed.

use super::super::hash::mix;
use super::arcs::Arcs;

/// An ordered partition, with what a refinement needs.
pub(super) struct Partition {
    /// Vertices by position.
    pub(super) lab: Vec<u32>,
    /// Positions by vertex.
    pub(super) pos: Vec<u32>,
    /// Start of the cell of each vertex.
    pub(super) cell: Vec<u32>,
    /// The number of vertices of the cell that starts here.
    pub(super) len: Vec<u32>,
    /// The number of cells.
    pub(super) cells: usize,
    /// Splits that can be undone, newest last: the start of the new cell, and of the cell that it was split from.
    pub(super) splits: Vec<(u32, u32)>,
    /// Starts of the cells to split by, and whether a cell is among them.
    pub(super) queue: Vec<u32>,
    pub(super) queued: Vec<bool>,
    pub(super) scratch: Scratch,
}

/// Memory of one splitter; zero or empty between splitters.
#[derive(Default)]
pub(super) struct Scratch {
    /// By vertex, the sum of the weights of arcs from the splitter; by start, the number of arcs of a vertex into the
    /// cell.
    pub(super) sum: Vec<u64>,
    /// By start, what is known of the vertices of a cell that have a sum.
    pub(super) touched: Vec<Touched>,
    /// The cells that have one.
    pub(super) touched_cells: Vec<u32>,
    /// Places for a list of the vertices that have a sum, one more than there are vertices. What they hold means nothing.
    pub(super) list: Vec<u32>,
    /// The hash of one arc of weight one to each number: to the cell that starts at a position, or to a vertex.
    pub(super) hashes: Vec<u64>,
    /// A set of positions.
    pub(super) set: Vec<u64>,
    /// Sums and vertices to sort.
    pub(super) keys: Vec<(u64, u32)>,
}

/// The vertices of a cell that have a sum.
#[derive(Clone, Default)]
pub(super) struct Touched {
    pub(super) count: u32,
    /// How many of them have been moved to the end of the cell already.
    pub(super) gathered: u32,
    /// The set of their sums, as bits; large sums share the last one.
    pub(super) sums: u64,
}

impl Partition {
    /// The partition into classes of equal colour, in increasing order of colours; all cells are queued. O(n log n).
    pub(super) fn new(colors: &[u32]) -> Self {
        let n = colors.len();
        let mut lab: Vec<u32> = (0..n as u32).collect();
        if !colors.is_sorted() {
            // Words of a colour and a vertex are sorted faster than vertices by their colours.
            let keys = colors
                .iter()
                .zip(0u64..)
                .map(|(&color, v)| u64::from(color) << 32 | v);
            let mut keys: Vec<u64> = keys.collect();
            keys.sort_unstable();
            lab.iter_mut().zip(&keys).for_each(|(v, &key)| *v = key as u32);
        }
        let mut partition = Self {
            pos: vec![0; n],
            cell: vec![0; n],
            len: vec![0; n],
            cells: 0,
            splits: Vec::with_capacity(n),
            queue: Vec::with_capacity(n),
            queued: vec![false; n],
            scratch: Scratch {
                sum: vec![0; n],
                touched: vec![Touched::default(); n],
                list: vec![0; n + 1],
                hashes: (0..n as u64).map(|number| mix(number, 1)).collect(),
                set: vec![0; n.div_ceil(64)],
                ..Scratch::default()
            },
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

    /// Whether every vertex is alone in its cell.
    #[inline]
    pub(super) fn is_discrete(&self) -> bool {
        self.cells == self.lab.len()
    }

    /// Start of the cell of `v`.
    #[inline]
    pub(super) fn cell_of(&self, v: u32) -> u32 {
        self.cell[v as usize]
    }

    /// The vertices of the cell that starts at `start`.
    #[inline]
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
    #[inline]
    pub(super) fn len(&self, start: u32) -> u32 {
        self.len[start as usize]
    }

    /// Starts of the cells of several vertices, in order.
    pub(super) fn open_cells(&self) -> impl Iterator<Item = u32> + '_ {
        self.starts().filter(|&start| self.len(start) > 1)
    }

    /// Takes a cell away. Its positions hold no cells until vertices have been [laid](Self::lay) there anew.
    pub(super) fn dissolve(&mut self, start: u32) {
        self.len[start as usize] = 0;
        self.cells -= 1;
    }

    /// Puts `vertices` at the positions from `at` on, as one cell or each in a cell of its own.
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

    /// Queues a cell to split by.
    #[inline]
    pub(super) fn enqueue(&mut self, start: u32) {
        if !self.queued[start as usize] {
            self.queued[start as usize] = true;
            self.queue.push(start);
        }
    }

    /// Forgets the splits made so far, which can no longer be undone, and empties the queue.
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

    /// Makes the tail of the cell at `from`, beginning at `new`, a cell of its own.
    #[inline]
    pub(super) fn split(&mut self, from: u32, new: u32) {
        let len = &mut self.len[from as usize];
        let size = *len - (new - from);
        *len = new - from;
        self.len[new as usize] = size;
        for &v in &self.lab[new as usize..][..size as usize] {
            self.cell[v as usize] = new;
        }
        self.cells += 1;
        self.splits.push((new, from));
    }

    /// Splits `v` off at the end of its cell, and queues it. O(1).
    pub(super) fn individualize(&mut self, v: u32) {
        let start = self.cell_of(v);
        let end = start + self.len(start) - 1;
        swap(&mut self.lab, &mut self.pos, v, end);
        self.split(start, end);
        self.enqueue(end);
    }

    /// Whether the invariants of this module hold. O(n).
    pub(super) fn invariants_hold(&self) -> bool {
        let n = self.lab.len();
        let inverse = self
            .lab
            .iter()
            .enumerate()
            .all(|(position, &v)| self.pos[v as usize] as usize == position);
        let (mut position, mut cells) = (0, 0);
        while position < n {
            let len = self.len[position] as usize;
            if len == 0 || position + len > n {
                return false;
            }
            let members = &self.lab[position..position + len];
            let inside = &self.len[position + 1..position + len];
            if members.iter().any(|&v| self.cell_of(v) as usize != position)
                || inside.iter().any(|&len| len > 0)
            {
                return false;
            }
            (position, cells) = (position + len, cells + 1);
        }
        let queued = self.queued.iter().filter(|&&queued| queued).count();
        inverse
            && cells == self.cells
            && queued == self.queue.len()
            && self.queue.iter().all(|&start| self.queued[start as usize])
            && self.scratch.is_clean()
    }

    /// Whether all vertices of a cell have the same sum of weights into every cell. O(n + m log m), for tests.
    pub(super) fn is_equitable(&self, arcs: &Arcs) -> bool {
        let profile = |v: u32| {
            let mut sums = std::collections::BTreeMap::<u32, u64>::new();
            for (u, weight) in arcs.of(v) {
                *sums.entry(self.cell_of(u)).or_default() += weight;
            }
            sums
        };
        self.open_cells().all(|start| {
            let members = self.members(start);
            let first = profile(members[0]);
            members[1..].iter().all(|&v| profile(v) == first)
        })
    }
}

/// Exchanges `v` with the vertex at a position.
#[inline(always)]
pub(super) fn swap(lab: &mut [u32], pos: &mut [u32], v: u32, position: u32) {
    let old = pos[v as usize];
    let other = lab[position as usize];
    lab[old as usize] = other;
    lab[position as usize] = v;
    pos[other as usize] = old;
    pos[v as usize] = position;
}

impl Scratch {
    fn is_clean(&self) -> bool {
        self.sum.iter().all(|&sum| sum == 0)
            && self.touched.iter().all(|touched| touched.count == 0)
            && self.set.iter().all(|&word| word == 0)
            && self.touched_cells.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

    #[test]
    fn cells_are_ordered_by_colour() {
        let partition = Partition::new(&[7, 3, 7, 5]);
        assert!(partition.invariants_hold());
        let cells: Vec<&[u32]> = partition.starts().map(|start| partition.members(start)).collect();
        assert_eq!(cells, [&[1][..], &[3], &[0, 2]]);
    }

    #[test]
    fn splits_and_layouts_keep_the_invariants_and_are_undone() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..200 {
            let n = rng.random_range(1..30u32);
            let colors: Vec<u32> = (0..n).map(|_| rng.random_range(0..4)).collect();
            let mut partition = Partition::new(&colors);
            partition.forget();
            let before = partition.cell.clone();
            let mark = partition.mark();
            while let Some(start) = partition.open_cells().last() {
                let members = partition.members(start);
                let v = members[rng.random_range(0..members.len())];
                partition.individualize(v);
                assert_eq!(partition.cell_of(v), start + partition.len(start));
                assert!(partition.invariants_hold());
            }
            assert!(partition.is_discrete());
            partition.undo(mark);
            assert!(partition.invariants_hold());
            assert_eq!(partition.cell, before);
            let Some(start) = partition.open_cells().next() else {
                continue;
            };
            let members = partition.members(start).to_vec();
            partition.dissolve(start);
            partition.lay(start, &members[1..], true);
            partition.lay(start + members.len() as u32 - 1, &members[..1], false);
            assert!(partition.invariants_hold());
            partition.scatter(start);
            assert!(partition.invariants_hold() && partition.len(start) == 1);
        }
    }
}
