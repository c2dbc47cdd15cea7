//! The current path of the search, with the candidates at each of its nodes.
//!
//! Data structures: a stack of frames, one for each open node, and one list of candidates for all of them: those of a
//! frame begin where it says and end where the next frame's begin.
//!
//! Invariants ([`Path::invariants_hold`]): the candidates of frames are consecutive, `next` points into a frame's own
//! or to their end; the frames on the first path come first; a frame's candidates are vertices of its target cell
//! that have not been pruned, in the order in which they are tried.

use super::super::trace::Standing;
use super::automorphism::Automorphism;
use super::stabilizer::Stabilizer;

/// An open node.
pub(super) struct Frame {
    /// Where its candidates begin.
    pub(super) candidates: usize,
    /// The next candidate to try.
    pub(super) next: usize,
    /// What undoes the partition to that of the node.
    pub(super) mark: usize,
    /// The number of nodes visited before this one.
    pub(super) opened: u64,
    pub(super) on_first_path: bool,
    pub(super) standing: Standing,
    /// The known automorphisms that fix the path, once they have been looked for.
    pub(super) stabilizer: Option<Stabilizer<'static>>,
    /// The candidates have been pruned by them.
    pub(super) pruned: bool,
}

#[derive(Default)]
pub(super) struct Path {
    pub(super) frames: Vec<Frame>,
    pub(super) candidates: Vec<u32>,
    /// The vertices individualized: one for each frame but the last, and that of the child being visited.
    pub(super) vertices: Vec<u32>,
}

impl Path {
    /// The deepest open level.
    pub(super) fn level(&self) -> Option<usize> {
        self.frames.len().checked_sub(1)
    }

    /// Opens a node whose target cell has these vertices. They are tried in increasing order.
    pub(super) fn open(
        &mut self,
        target_cell: &[u32],
        mark: usize,
        opened: u64,
        on_first_path: bool,
        standing: Standing,
    ) {
        let from = self.candidates.len();
        self.candidates.extend_from_slice(target_cell);
        self.candidates[from..].sort_unstable();
        self.frames.push(Frame {
            candidates: from,
            next: from,
            mark,
            opened,
            on_first_path,
            standing,
            stabilizer: None,
            pruned: false,
        });
        debug_assert!(self.invariants_hold());
    }

    /// Closes the deepest node.
    pub(super) fn close(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.candidates.truncate(frame.candidates);
        }
    }

    /// Closes all nodes but the first `levels`.
    pub(super) fn close_below(&mut self, levels: usize) {
        if self.frames.len() > levels {
            self.candidates.truncate(self.frames[levels].candidates);
            self.frames.truncate(levels);
        }
    }

    /// The number of frames on the first path.
    pub(super) fn on_first_path(&self) -> usize {
        self.frames.partition_point(|frame| frame.on_first_path)
    }

    /// The next candidate of the deepest node, at `level`, in order.
    pub(super) fn next(&mut self, level: usize) -> Option<u32> {
        let frame = &mut self.frames[level];
        let v = *self.candidates.get(frame.next)?;
        frame.next += 1;
        Some(v)
    }

    /// The next candidate of the deepest node, at `level` and away from the first path, that none of these
    /// automorphisms maps to a lesser one with the path fixed. The first candidate is the least of them, and needs no
    /// look.
    pub(super) fn next_unpruned(&mut self, level: usize, automorphisms: &[Automorphism]) -> Option<u32> {
        let path = &self.vertices[..level];
        let frame = &mut self.frames[level];
        while frame.next < self.candidates.len() {
            let position = frame.next;
            let v = self.candidates[position];
            frame.next += 1;
            let redundant = position != frame.candidates && automorphisms.iter().any(|g| g.prunes(v, path));
            if !redundant {
                return Some(v);
            }
        }
        None
    }

    /// Puts candidates of the deepest node, at `level`, in front of those that have not been tried.
    pub(super) fn retry(&mut self, level: usize, candidates: impl Iterator<Item = u32>) {
        let next = self.frames[level].next;
        self.candidates.splice(next..next, candidates);
    }

    /// Drops untried candidates of the deepest node, at `level` and away from the first path, that elements of the
    /// group known so far which fix the path map to others. Stabilizers on the way are made where they are missing.
    pub(super) fn prune_by_stabilizer(&mut self, level: usize, automorphisms: &[Automorphism], n: usize) {
        let from = self.on_first_path();
        for l in from..=level {
            if self.frames[l].stabilizer.is_some() {
                continue;
            }
            let point = self.vertices[l - 1];
            let stabilizer = if l == from {
                let known = automorphisms.iter().map(Automorphism::images);
                Stabilizer::new(known).fixing(point, n)
            } else {
                let parent = self.frames[l - 1].stabilizer.as_ref();
                parent.expect("made just before").fixing(point, n)
            };
            self.frames[l].stabilizer = Some(stabilizer);
        }
        self.frames[level].pruned = true;
        let frame = &self.frames[level];
        let stabilizer = frame.stabilizer.as_ref().expect("made just before");
        if stabilizer.is_trivial() {
            return;
        }
        let orbit = stabilizer.orbits(n);
        let mut seen = vec![false; n];
        let mut kept = frame.next;
        for position in frame.candidates..self.candidates.len() {
            let v = self.candidates[position];
            let known = std::mem::replace(&mut seen[orbit[v as usize] as usize], true);
            if position >= frame.next && !known {
                self.candidates[kept] = v;
                kept += 1;
            }
        }
        self.candidates.truncate(kept);
        debug_assert!(self.invariants_hold());
    }

    /// Whether the invariants of this module hold, but for what candidates are. O(depth).
    pub(super) fn invariants_hold(&self) -> bool {
        let ends = self.frames.iter().skip(1).map(|frame| frame.candidates);
        let ends = ends.chain([self.candidates.len()]);
        let first = self.on_first_path();
        self.frames
            .iter()
            .zip(ends)
            .all(|(frame, end)| frame.candidates <= frame.next && frame.next <= end)
            && self.frames[first..].iter().all(|frame| !frame.on_first_path)
    }
}
