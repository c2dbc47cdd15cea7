//! The schedule: what is searched first, what waits, and what is worth its time.
//!
//! Nothing here decides which form is canonical or what the group is. Every candidate that orbit pruning leaves is
//! searched to the end sooner or later; the schedule puts those off whose subtrees take long, because automorphisms
//! found meanwhile may prune them. All thresholds are numbers of visited nodes, so that the course of a search is the
//! same on every machine.
//!
//! A candidate at a node of the first path has up to three turns. In the first it may visit a few nodes, in the
//! second [`MORE`] times as many, in the third as many as it takes. Whatever is below it is searched again from its
//! beginning each time.
//!
//! Invariants: `current`, `complete` and the lists of `postponed` hold disjoint sets of candidates of one node; the
//! limit binds in the first two turns only, so that the search ends.

use super::pruning::OrbitPruning;

/// The nodes that a candidate on the first path may visit in its first turn.
const EFFORT: u64 = 8;

/// The nodes that it may visit, besides, for each level of the first path.
const EFFORT_PER_LEVEL: u64 = 2;

/// How many times as many it may visit in its second turn.
const MORE: u64 = 8;

/// Nothing is postponed after so many visits below candidates that were, since the last automorphism.
const MOST_WASTE: u64 = 1024;

/// So many candidates that have been postponed at the root raise doubts whether they are alike.
const DOUBTFUL: usize = 4;

/// After so many candidates as great as the greatest, none greater is expected.
pub(super) const MANY_TIES: usize = 8;

/// So many visits ahead, below a node away from the first path, are worth a search for the stabilizer of the path.
const MANY_OFF_PATH: u64 = 48;

/// So many candidates are worth it before the first visit, if the stabilizer of the path to the parent is known.
const MANY_CANDIDATES_OFF_PATH: u64 = 16;

/// What is left below a node away from the first path.
pub(super) struct Ahead {
    /// Candidates tried, and candidates left.
    pub(super) tried: u64,
    pub(super) left: u64,
    /// Nodes visited below the node so far.
    pub(super) visits: u64,
    /// Whether elements are known that fix the path to the parent.
    pub(super) parent_is_fixed: bool,
    /// The length of the first path.
    pub(super) base: u64,
}

impl Ahead {
    /// Whether it seems to be worth a search for the stabilizer of the path.
    pub(super) fn is_worth_a_stabilizer(&self) -> bool {
        match self.tried {
            0 => self.left >= MANY_CANDIDATES_OFF_PATH && self.parent_is_fixed,
            // The chain of stabilizers has as many steps as the base has points, at least.
            tried => self.visits * self.left >= (MANY_OFF_PATH + self.base * self.base) * tried,
        }
    }
}

/// The candidates at the deepest node of the first path that is open.
pub(super) struct Schedule {
    /// The candidate at hand, unless an automorphism has mapped it to an earlier one.
    current: Option<u32>,
    /// The candidates that have been searched to the end.
    complete: Vec<u32>,
    /// The candidates postponed once, and twice.
    postponed: [Vec<u32>; 2],
    /// How often the candidate at hand has been postponed.
    turn: usize,
    /// The number of visited nodes at which the candidate at hand is postponed.
    limit: u64,
    /// The number of nodes visited before the candidate at hand.
    started: u64,
    /// The number of nodes visited below postponed candidates since the last automorphism.
    wasted: u64,
}

impl Schedule {
    pub(super) fn new() -> Self {
        Self {
            current: None,
            complete: Vec::new(),
            postponed: Default::default(),
            turn: 0,
            limit: u64::MAX,
            started: 0,
            wasted: 0,
        }
    }

    /// Returns to a node on the first path, all of whose subtree at `first` has been searched.
    pub(super) fn begin_level(&mut self, first: u32) {
        debug_assert!(self.postponed.iter().all(Vec::is_empty));
        self.complete.clear();
        self.complete.push(first);
        self.current = None;
    }

    /// The candidate at hand has been searched to the end, or an automorphism maps it to one that has been.
    pub(super) fn complete_current(&mut self) {
        self.complete.extend(self.current.take());
    }

    /// The next candidate: `untried`, if there is one, and otherwise one that was postponed. `nodes` have been
    /// visited, and the first path has `base` vertices.
    pub(super) fn choose(
        &mut self,
        untried: Option<u32>,
        pruning: &mut OrbitPruning,
        nodes: u64,
        base: u64,
    ) -> Option<u32> {
        self.turn = 0;
        self.current = untried;
        while self.current.is_none() && self.turn < 2 {
            self.current = self.next_postponed(pruning);
            self.turn += 1;
        }
        let effort = EFFORT + EFFORT_PER_LEVEL * base;
        self.limit = match (self.turn, self.wasted) {
            (0, 0..MOST_WASTE) => nodes + effort,
            (1, 0..MOST_WASTE) => nodes + MORE * effort,
            _ => u64::MAX,
        };
        self.started = nodes;
        self.current
    }

    /// A candidate postponed, unless an automorphism found since maps it to one that has been searched to the end.
    fn next_postponed(&mut self, pruning: &mut OrbitPruning) -> Option<u32> {
        while let Some(v) = self.postponed[self.turn].pop() {
            if !pruning.is_like_one_of(v, &self.complete) {
                return Some(v);
            }
        }
        None
    }

    /// Whether the candidate at hand has had its turn, after `nodes` visits.
    pub(super) fn is_over(&self, nodes: u64) -> bool {
        nodes >= self.limit
    }

    /// Leaves the candidate at hand for later.
    pub(super) fn postpone(&mut self, nodes: u64) {
        self.postponed[self.turn].extend(self.current.take());
        self.wasted += nodes - self.started;
        self.limit = u64::MAX;
    }

    /// Takes `candidate` in place of the one at hand, after `visits` that do not count.
    pub(super) fn replace(&mut self, candidate: u32, visits: u64) {
        self.current = Some(candidate);
        self.limit = self.limit.saturating_add(visits);
    }

    /// An automorphism has been found. If `settles` says so, it maps the candidate at hand to an earlier one.
    pub(super) fn note_automorphism(&mut self, settles: bool) {
        self.wasted = 0;
        if settles {
            self.current = None;
        }
    }

    /// Whether the candidates at hand, completed and postponed are different ones.
    #[cfg(test)]
    fn invariants_hold(&self) -> bool {
        let all = self
            .current
            .iter()
            .chain(&self.complete)
            .chain(self.postponed.iter().flatten());
        let mut all: Vec<u32> = all.copied().collect();
        all.sort_unstable();
        all.is_sorted_by(|a, b| a < b)
    }

    /// Whether candidates have been left that no automorphism found so far maps to earlier ones.
    pub(super) fn has_doubts(&self) -> bool {
        let [once, twice] = &self.postponed;
        self.current.is_some() || once.len() >= DOUBTFUL || !twice.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_has_two_limited_turns_and_one_without_limit() {
        let mut pruning = OrbitPruning::new(4);
        let mut schedule = Schedule::new();
        pruning.begin_level(0, 0);
        schedule.begin_level(0);
        assert_eq!(schedule.choose(Some(2), &mut pruning, 10, 3), Some(2));
        assert!(!schedule.is_over(10 + EFFORT) && schedule.is_over(10 + EFFORT + 3 * EFFORT_PER_LEVEL));
        schedule.postpone(30);
        assert_eq!(schedule.choose(Some(3), &mut pruning, 30, 3), Some(3));
        assert!(schedule.invariants_hold());
        schedule.complete_current();
        assert_eq!(schedule.choose(None, &mut pruning, 40, 3), Some(2));
        assert!(schedule.invariants_hold());
        assert!(!schedule.is_over(100) && schedule.is_over(1000));
        schedule.postpone(1000);
        assert!(schedule.has_doubts());
        assert_eq!(schedule.choose(None, &mut pruning, 1000, 3), Some(2));
        assert!(!schedule.is_over(u64::MAX - 1));
        schedule.complete_current();
        assert_eq!(schedule.choose(None, &mut pruning, 2000, 3), None);
        assert!(schedule.invariants_hold());
    }

    #[test]
    fn postponed_candidates_are_dropped_once_an_automorphism_explains_them() {
        let mut pruning = OrbitPruning::new(4);
        let mut schedule = Schedule::new();
        pruning.begin_level(0, 0);
        schedule.begin_level(0);
        schedule.choose(Some(2), &mut pruning, 0, 1);
        schedule.postpone(20);
        pruning.join(&[2, 1, 0, 3]);
        schedule.note_automorphism(false);
        assert_eq!(schedule.choose(None, &mut pruning, 20, 1), None);
    }
}
