//! What a refinement reports while it runs, compared with earlier runs event by event.

use std::cmp::Ordering;

/// One round of a 64-bit mixer; traces and hashed weights use it.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let mut x = (a ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x2545_F491_4F6C_DD1D);
    x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^ (x >> 29)
}

/// What the refinement reports its events to; `true` asks it to stop.
pub(super) trait Trace {
    /// Whether events make a difference.
    const HEEDS: bool = true;

    fn event(&mut self, value: u64) -> bool;
}

/// Records nothing and never stops.
pub(super) struct NoTrace;

impl Trace for NoTrace {
    const HEEDS: bool = false;

    #[inline(always)]
    fn event(&mut self, _: u64) -> bool {
        false
    }
}

/// Events of one level of a search tree, along the first path and along the best path.
#[derive(Default)]
struct LevelTrace {
    first: Vec<u64>,
    best: Vec<u64>,
    /// They are the same.
    same: bool,
}

/// The traces of a search, level by level.
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

    /// A comparison for a child of a node at `level`, of which is known how it compares. The first path records.
    pub(super) fn compare(
        &mut self,
        level: usize,
        record: bool,
        like_first: bool,
        against_best: Ordering,
    ) -> Comparison<'_> {
        if self.0.len() == level {
            self.0.push(LevelTrace::default());
        }
        let level = &mut self.0[level];
        if record {
            level.same = true;
        } else if against_best == Ordering::Greater {
            level.best.clear();
            level.same = false;
        }
        let equal = against_best == Ordering::Equal;
        Comparison {
            plain: !record && equal && (!like_first || level.same),
            level,
            record,
            cursor: 0,
            like_first,
            against_best,
        }
    }

    /// Notes a new best path through `level`: what the old one recorded further down is void.
    pub(super) fn void_below(&mut self, level: usize) {
        for deeper in &mut self.0[level + 1..] {
            deeper.best.clear();
            deeper.same = false;
        }
    }
}

/// Compares the events of a refinement with those of the first and of the best path, as they happen.
pub(super) struct Comparison<'a> {
    level: &'a mut LevelTrace,
    /// The first path itself: record, do not compare.
    record: bool,
    /// The trace agrees with the best so far, and an event that agrees with it leaves everything else as it is.
    plain: bool,
    cursor: usize,
    /// All events so far, at this level and above, agree with the first path.
    pub(super) like_first: bool,
    /// How the events so far compare with the best path.
    pub(super) against_best: Ordering,
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
            self.level.best.push(value);
            return false;
        }
        self.like_first = self.like_first && self.level.first.get(index) == Some(&value);
        match self.against_best {
            Ordering::Equal => {
                let best = self.level.best.get(index);
                self.against_best = best.map_or(Ordering::Greater, |best| value.cmp(best));
                if self.against_best == Ordering::Greater {
                    self.level.best.truncate(index);
                    self.level.best.push(value);
                    self.level.same = false;
                }
            }
            Ordering::Greater => self.level.best.push(value),
            Ordering::Less => {}
        }
        !self.like_first && self.against_best == Ordering::Less
    }

    /// Closes the level: a trace that ends early is smaller.
    pub(super) fn finish(&mut self) {
        self.like_first = self.like_first && (self.record || self.cursor == self.level.first.len());
        if self.against_best == Ordering::Equal && self.cursor < self.level.best.len() {
            self.against_best = Ordering::Less;
        }
    }
}
