//! Traces: the node invariants of the search tree, compared event by event while a refinement runs.
//!
//! The trace of a node lists what the refinements on the path to it did, as a sequence of events. An event is a
//! function of the isomorphism class of (graph, individualized vertices), so nodes that an automorphism maps to each
//! other have equal traces, and a comparison of traces may prune the search tree (McKay & Piperno 2014, section 2.4).
//!
//! [`Traces`] keeps, level by level, the trace of the first path and that of the best path: the greatest trace met so
//! far, where a trace that ends early is smaller. A [`Comparison`] compares one refinement with both as it runs, and
//! asks it to stop as soon as the node can neither contain an automorphism to the first leaf nor a canonical leaf.
//!
//! Invariants: below a level that has just become greater than the best path, nothing is recorded for the best path; a
//! level marked `same` holds equal traces for both paths. An event costs O(1).

use std::cmp::Ordering;

/// What a refinement reports its events to.
pub(super) trait Trace {
    /// Whether events make a difference to anybody.
    const HEEDS: bool = true;

    /// Takes the next event; `true` asks the refinement to stop.
    fn event(&mut self, value: u64) -> bool;
}

/// A trace that records nothing and stops no refinement.
pub(super) struct NoTrace;

impl Trace for NoTrace {
    const HEEDS: bool = false;

    #[inline(always)]
    fn event(&mut self, _: u64) -> bool {
        false
    }
}

/// How the trace of a node compares with those of the first and of the best path at its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The trace is that of the first path, so that an automorphism may map the first leaf to one below the node.
    pub(super) like_first: bool,
    /// How the trace compares with that of the best path.
    pub(super) against_best: Ordering,
}

impl Standing {
    /// That of a node on both paths.
    pub(super) const ON_BOTH: Self = Self {
        like_first: true,
        against_best: Ordering::Equal,
    };

    /// Whether nothing below the node is needed: no image of the first leaf, and no leaf as great as the best.
    #[inline]
    pub(super) fn is_cut(self) -> bool {
        !self.like_first && self.against_best == Ordering::Less
    }
}

/// The events of one level of the search tree, along the first path and along the best path.
#[derive(Default)]
struct LevelTrace {
    first: Vec<u64>,
    best: Vec<u64>,
    /// Both lists are equal.
    same: bool,
}

/// The traces of the first and of the best path, level by level.
#[derive(Default)]
pub(super) struct Traces(Vec<LevelTrace>);

impl Traces {
    /// Forgets everything, for another search; memory is kept.
    pub(super) fn clear(&mut self) {
        for level in &mut self.0 {
            level.first.clear();
            level.best.clear();
        }
    }

    /// A comparison for a child of a node at `level` of this standing. With `record` the child is on the first path,
    /// and its events are kept as both traces.
    pub(super) fn compare(&mut self, level: usize, record: bool, standing: Standing) -> Comparison<'_> {
        if self.0.len() == level {
            self.0.push(LevelTrace::default());
        }
        let level = &mut self.0[level];
        if record {
            level.same = true;
        } else if standing.against_best == Ordering::Greater {
            level.best.clear();
            level.same = false;
        }
        let equal = standing.against_best == Ordering::Equal;
        Comparison {
            plain: !record && equal && (!standing.like_first || level.same),
            level,
            record,
            cursor: 0,
            standing,
        }
    }

    /// Drops what the former best path recorded below `level`, because a new best path branches off there.
    pub(super) fn void_below(&mut self, level: usize) {
        for deeper in &mut self.0[level + 1..] {
            deeper.best.clear();
            deeper.same = false;
        }
    }

    /// Whether every level marked so holds equal traces, and no level below one without a best trace has one.
    #[cfg(test)]
    fn invariants_hold(&self) -> bool {
        let void = self.0.iter().position(|level| level.best.is_empty());
        let below = void.map_or(&[][..], |level| &self.0[level..]);
        self.0
            .iter()
            .all(|level| !level.same || level.first == level.best)
            && below.iter().all(|level| level.best.is_empty())
    }
}

/// Compares the events of a refinement with those of the first and of the best path, as they happen.
pub(super) struct Comparison<'a> {
    level: &'a mut LevelTrace,
    /// The refinement is on the first path: its events are recorded, there is nothing to compare with.
    record: bool,
    /// An event that agrees with the best path's leaves everything but the cursor as it is: so far the events agree
    /// with the best path, and the first path either has been left or has the same events.
    plain: bool,
    /// The number of events so far.
    cursor: usize,
    /// How all events so far, at this level and above, compare.
    standing: Standing,
}

impl Trace for Comparison<'_> {
    #[inline(always)]
    fn event(&mut self, value: u64) -> bool {
        if self.plain && self.level.best.get(self.cursor) == Some(&value) {
            self.cursor += 1;
            return false;
        }
        self.compare(value)
    }
}

impl Comparison<'_> {
    fn compare(&mut self, value: u64) -> bool {
        self.plain = false;
        let index = self.cursor;
        self.cursor += 1;
        if self.record {
            self.level.first.push(value);
            return false;
        }
        let Standing {
            like_first,
            against_best,
        } = &mut self.standing;
        *like_first = *like_first && self.level.first.get(index) == Some(&value);
        match *against_best {
            Ordering::Equal => {
                let best = self.level.best.get(index);
                *against_best = best.map_or(Ordering::Greater, |best| value.cmp(best));
                if *against_best == Ordering::Greater {
                    self.level.best.truncate(index);
                    self.level.best.push(value);
                    self.level.same = false;
                }
            }
            Ordering::Greater => self.level.best.push(value),
            Ordering::Less => {}
        }
        self.standing.is_cut()
    }

    /// Closes the level, and tells the standing of the child. A trace that is a proper prefix of another one differs
    /// from it, and is smaller.
    pub(super) fn finish(self) -> Standing {
        if self.record {
            // The first path is the best one so far.
            self.level.best.clone_from(&self.level.first);
        }
        let Standing {
            like_first,
            against_best,
        } = self.standing;
        let ends_early = against_best == Ordering::Equal && self.cursor < self.level.best.len();
        Standing {
            like_first: like_first && (self.record || self.cursor == self.level.first.len()),
            against_best: if ends_early { Ordering::Less } else { against_best },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports `events`, until asked to stop, for a child of a node at `level` on both paths. Tells whether it was
    /// asked.
    fn compared(traces: &mut Traces, level: usize, record: bool, events: &[u64]) -> (bool, bool, Ordering) {
        let mut comparison = traces.compare(level, record, Standing::ON_BOTH);
        let stopped = events.iter().any(|&event| comparison.event(event));
        let found = comparison.finish();
        assert!(traces.invariants_hold());
        (stopped, found.like_first, found.against_best)
    }

    #[test]
    fn the_greatest_trace_is_kept_and_a_prefix_is_smaller() {
        let mut traces = Traces::default();
        let on_both = (false, true, Ordering::Equal);
        assert_eq!(compared(&mut traces, 0, true, &[5, 3]), on_both);
        assert_eq!(compared(&mut traces, 1, true, &[8]), on_both);
        assert_eq!(compared(&mut traces, 0, false, &[5, 3]), on_both);
        assert_eq!(
            compared(&mut traces, 0, false, &[5]),
            (false, false, Ordering::Less)
        );
        // A smaller event stops the refinement: neither the first path nor the best one can be reached.
        assert_eq!(
            compared(&mut traces, 0, false, &[5, 2, 9]),
            (true, false, Ordering::Less)
        );
        let mut comparison = traces.compare(0, false, Standing::ON_BOTH);
        assert!(![5, 4, 1].into_iter().any(|event| comparison.event(event)));
        let greater = comparison.finish();
        assert_eq!(
            (greater.like_first, greater.against_best),
            (false, Ordering::Greater)
        );
        traces.void_below(0);
        assert!(traces.invariants_hold());
        assert_eq!(
            compared(&mut traces, 0, false, &[5, 4, 1]),
            (false, false, Ordering::Equal)
        );
        assert_eq!(
            compared(&mut traces, 0, false, &[5, 3]),
            (false, true, Ordering::Less)
        );
    }
}
