//! Target cells: which cell the next vertex is individualized in.
//!
//! Invariant: the target is a function of the isomorphism class of (graph, individualized vertices). Nodes of equal
//! traces have equal numbers of arcs between their cells, so that the target of the first and of the best path at a
//! level is known for every node that has the same trace; [`Targets`] keeps these.

use super::super::trace::Standing;
use super::arcs::Arcs;
use super::partition::Partition;
use std::cmp::Ordering;

impl Partition {
    /// The target cell: the open cell joined non-trivially to most open cells; the smallest, and then the first among
    /// equals. Where weights are hashes, it is the largest open cell, the first among equals. `None` if the partition
    /// is discrete. The partition must be equitable. O(m) in the worst case.
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
            // The partition is equitable, so that one vertex of the cell speaks for all.
            let v = self.lab[start as usize];
            // A cell is joined to no more cells than one of its vertices has arcs.
            let most_joins = arcs.degree(v);
            if most_joins < best_joins || most_joins == best_joins && self.len(start) >= self.len(best) {
                continue;
            }
            for &u in arcs.targets_of(v) {
                let cell = self.cell[u as usize];
                if self.len[cell as usize] > 1 {
                    if self.scratch.sum[cell as usize] == 0 {
                        self.scratch.touched_cells.push(cell);
                    }
                    self.scratch.sum[cell as usize] += 1;
                }
            }
            let mut joins = 0;
            while let Some(cell) = self.scratch.touched_cells.pop() {
                let hits = std::mem::take(&mut self.scratch.sum[cell as usize]);
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

/// The target cells on the first and on the best path, level by level.
#[derive(Default)]
pub(super) struct Targets(Vec<(Option<u32>, Option<u32>)>);

impl Targets {
    /// The target cell of the node with this partition at `level`, `None` for a leaf; keeps it. It is looked up where
    /// the trace determines it: where sums are so small that events are not hashes of them.
    pub(super) fn of(
        &mut self,
        level: usize,
        on_first_path: bool,
        standing: Standing,
        partition: &mut Partition,
        arcs: &Arcs,
    ) -> Option<u32> {
        let known = match self.0.get(level) {
            Some(targets) if arcs.small && standing.like_first && !on_first_path => Some(targets.0),
            Some(targets) if arcs.small && standing.against_best == Ordering::Equal && !on_first_path => {
                Some(targets.1)
            }
            _ => None,
        };
        let target = known.unwrap_or_else(|| partition.target(arcs));
        debug_assert_eq!(target, partition.target(arcs));
        if on_first_path {
            self.0.push((target, target));
        } else {
            if self.0.len() == level {
                self.0.push((None, None));
            }
            if standing.against_best != Ordering::Less {
                self.0[level].1 = target;
            }
        }
        target
    }
}
