//! Individualization–refinement search: a canonical labelling and a strong generating set of the automorphism group.
//!
//! The search tree has a node per sequence of individualized vertices; its leaves are labellings. The canonical leaf is
//! the largest by (trace, relabelled graph). Subtrees are cut when their trace is worse than the best and different
//! from the first path's, and when an automorphism found earlier maps an explored subtree onto them
//! (McKay, *Practical graph isomorphism*, 1981; McKay & Piperno 2014).

use super::super::ColoredGraph;
use super::super::found::Found;
use super::super::trace::{NoTrace, Trace, Traces, mix};
use super::partition::{Arcs, Partition};
use super::stabilizer::{Orbits, Stabilizer};
use super::surroundings::Surroundings;
use crate::CanonError;
use crate::relaxed::dense_ranks;
use std::cmp::Ordering;

/// Runs the search from `partition`, which must be equitable and is refined no coarser than loops and the colours of
/// vertices; `nodes` of the budget are spent already.
pub(super) fn search(
    graph: &ColoredGraph,
    arcs: &Arcs,
    mut partition: Partition,
    mut nodes: u64,
    budget: u64,
    found: &mut Found,
) -> Result<(), CanonError> {
    while let Some(finer) = Search::new(graph, arcs, partition, nodes, budget).run(found)? {
        partition = finer;
        nodes = found.nodes;
    }
    Ok(())
}

/// Fewer vertices of the first target cell are not looked at beforehand.
const SEVERAL: usize = 16;

/// So many of them are, before the first visit.
const MANY: usize = 5000;

/// How many arcs are looked at around each, at first and if that decides nothing.
const NEAR: usize = 256;
const FAR: usize = 16_384;

/// With so many visits ahead, below a node away from the first path, it pays to search the group found so far for
/// automorphisms that fix the path; …
const MANY_OFF_PATH: u64 = 48;

/// … with so many candidates even before the first visit, if those that fix the path to the parent are known.
const MANY_CANDIDATES_OFF_PATH: u64 = 16;

/// After so many candidates as great as the greatest, none greater is expected.
const MANY_TIES: usize = 8;

/// The search below a vertex off the first path is left for later after so many visits, and so many per level, at first; …
const EFFORT: u64 = 8;
const EFFORT_PER_LEVEL: u64 = 2;

/// … and after so many times as many when its turn comes again.
const MORE: u64 = 8;

/// Unless so many were spent on such vertices since the last automorphism.
const MOST_WASTE: u64 = 1024;

/// So many candidates at the root that have been postponed raise doubts whether they are alike.
const DOUBTFUL: usize = 4;

/// A node of the search tree on the current path.
struct Frame {
    /// Where its target cell's vertices begin in `candidates`.
    candidates: usize,
    /// The next one to try.
    next: usize,
    mark: usize,
    /// Visits before it.
    opened: u64,
    on_first_path: bool,
    like_first: bool,
    against_best: Ordering,
    /// The known automorphisms that fix the path, once they have been looked for.
    stabilizer: Option<Stabilizer<'static>>,
    /// They have pruned the candidates.
    pruned: bool,
}

struct Automorphism {
    images: Vec<u32>,
    /// The vertex is the least of its cycle.
    least_in_cycle: Vec<bool>,
}

struct Leaf {
    /// Vertices by position.
    lab: Vec<u32>,
    /// Positions by vertex.
    pos: Vec<u32>,
    path: Vec<u32>,
}

/// How the node of a child compares with that of the first and the best path at its level.
#[derive(Clone, Copy)]
struct Standing {
    like_first: bool,
    against_best: Ordering,
}

struct Search<'a> {
    graph: &'a ColoredGraph,
    arcs: &'a Arcs,
    partition: Partition,
    frames: Vec<Frame>,
    candidates: Vec<u32>,
    path: Vec<u32>,
    traces: Traces,
    /// Targets along the first and the best path.
    targets: Vec<(Option<u32>, Option<u32>)>,
    first: Option<Leaf>,
    best: Option<Leaf>,
    automorphisms: Vec<Automorphism>,
    /// Orbits of the automorphisms.
    orbits: Orbits,
    /// Roots of the orbits of candidates dealt with, at the deepest node on the first path that is open, and its level.
    done: Vec<bool>,
    done_roots: Vec<u32>,
    done_level: usize,
    /// There, the candidate at hand, unless an automorphism has mapped it to an earlier one; …
    current: Option<u32>,
    /// … those searched to the end; …
    complete: Vec<u32>,
    /// … and those that await it, because the search below them passed this number of visits, once and twice.
    postponed: [Vec<u32>; 2],
    /// How often the candidate at hand has been postponed.
    turn: usize,
    limit: u64,
    /// Visits before the candidate at hand, and those below postponed ones since the last automorphism.
    started: u64,
    wasted: u64,
    /// The best trace ends in no leaf yet.
    best_is_void: bool,
    comparer: Comparer,
    /// The vertices of the first target cell have been looked at, or are not going to be; …
    looked: bool,
    /// … what that led to: a partition to start again from.
    finer: Option<Partition>,
    nodes: u64,
    leaves: u64,
    budget: u64,
}

impl<'a> Search<'a> {
    fn new(graph: &'a ColoredGraph, arcs: &'a Arcs, partition: Partition, nodes: u64, budget: u64) -> Self {
        Self {
            graph,
            arcs,
            partition,
            frames: Vec::new(),
            candidates: Vec::new(),
            path: Vec::new(),
            traces: Traces::default(),
            targets: Vec::new(),
            first: None,
            best: None,
            automorphisms: Vec::new(),
            orbits: Orbits::new(graph.n()),
            done: vec![false; graph.n()],
            done_roots: Vec::new(),
            done_level: usize::MAX,
            current: None,
            complete: Vec::new(),
            postponed: Default::default(),
            turn: 0,
            limit: u64::MAX,
            started: 0,
            wasted: 0,
            best_is_void: false,
            comparer: Comparer::new(graph.n()),
            looked: false,
            finer: None,
            nodes,
            leaves: 0,
            budget,
        }
    }

    /// Searches all, or returns a finer partition to start again from.
    fn run(mut self, found: &mut Found) -> Result<Option<Partition>, CanonError> {
        self.partition.forget();
        self.descend(true, true, Ordering::Equal);
        while let Some(level) = self.frames.len().checked_sub(1) {
            if level == 0 && self.is_in_doubt() {
                self.look();
            }
            if self.finer.is_some() {
                found.nodes = self.nodes;
                return Ok(self.finer);
            }
            if self.nodes >= self.limit && !self.best_is_void && !self.frames[level].on_first_path {
                self.postpone();
                continue;
            }
            match self.next_candidate(level) {
                Some(v) => self.visit(level, v)?,
                None => {
                    let frame = self.frames.pop().expect("level exists");
                    self.candidates.truncate(frame.candidates);
                }
            }
        }
        let best = self.best.expect("the first path ends in a leaf");
        let base = self.first.expect("the first path ends in a leaf").path;
        found.order = best.lab;
        found.base = base;
        for automorphism in &self.automorphisms {
            found.push_generator(automorphism.moves());
        }
        found.nodes = self.nodes;
        Ok(None)
    }

    /// Whether candidates at the root have been left that no automorphism found so far maps to earlier ones.
    fn is_in_doubt(&self) -> bool {
        let [once, twice] = &self.postponed;
        !self.looked
            && self.done_level == 0
            && (self.current.is_some() || once.len() >= DOUBTFUL || !twice.is_empty())
    }

    /// Looks for differences among the candidates at the root that refinement does not see. If there are any, the search
    /// starts again from a partition that tells these apart: of a large random graph, nothing is left to search.
    ///
    /// Whether that is so depends on the isomorphism class of the graph only. It cannot be so if automorphisms map all
    /// candidates to the first: it is enough to look when this is in doubt.
    fn look(&mut self) {
        self.looked = true;
        let root = &self.frames[0];
        self.partition.undo(root.mark);
        let target = self.partition.cell_of(self.candidates[root.candidates]);
        let members = self.partition.members(target);
        let mut surroundings = Surroundings::new(self.arcs);
        let distances = if Surroundings::has_layers(self.arcs) {
            &[NEAR, FAR][..]
        } else {
            &[NEAR]
        };
        let keys = distances.iter().find_map(|&most_arcs| {
            let of = |&v| surroundings.of(v, most_arcs, self.arcs, &self.partition);
            let keys: Vec<u64> = members.iter().map(of).collect();
            keys.iter().any(|key| *key != keys[0]).then_some(keys)
        });
        let Some(keys) = keys else { return };
        let n = self.graph.n() as u32;
        let mut colors: Vec<(u32, u64)> = (0..n).map(|v| (self.partition.cell_of(v), 0)).collect();
        for (&v, key) in members.iter().zip(keys) {
            colors[v as usize].1 = key;
        }
        let (colors, _) = dense_ranks(colors.len(), |i, j| colors[i as usize].cmp(&colors[j as usize]));
        let mut finer = Partition::new(&colors);
        finer.refine(self.arcs, &mut NoTrace);
        self.finer = Some(finer);
    }

    /// The next vertex to search below.
    fn next_candidate(&mut self, level: usize) -> Option<u32> {
        let Some(first) = &self.first else {
            return self.next_untried(level);
        };
        if !self.frames[level].on_first_path {
            return self.next_untried(level);
        }
        let depth = first.path.len() as u64;
        if self.done_level != level {
            self.begin_level(level);
        }
        self.complete.extend(self.current.take());
        self.turn = 0;
        self.current = self.next_untried(level);
        while self.current.is_none() && self.turn < 2 {
            self.current = self.next_postponed();
            self.turn += 1;
        }
        let effort = EFFORT + EFFORT_PER_LEVEL * depth;
        self.limit = match (self.turn, self.wasted) {
            (0, 0..MOST_WASTE) => self.nodes + effort,
            (1, 0..MOST_WASTE) => self.nodes + MORE * effort,
            _ => u64::MAX,
        };
        self.started = self.nodes;
        self.current
    }

    /// Returns to the node on the first path at `level`, below which all is done.
    fn begin_level(&mut self, level: usize) {
        self.done_level = level;
        for root in self.done_roots.drain(..) {
            self.done[root as usize] = false;
        }
        let first = self.candidates[self.frames[level].candidates];
        let root = self.orbits.find(first);
        self.set_done(root);
        self.complete.clear();
        self.complete.push(first);
        self.current = None;
    }

    /// The next vertex of the target cell that no known automorphism maps to an earlier one.
    fn next_untried(&mut self, level: usize) -> Option<u32> {
        if !self.frames[level].on_first_path {
            return self.next_off_first_path(level);
        }
        while self.frames[level].next < self.candidates.len() {
            let v = self.candidates[self.frames[level].next];
            self.frames[level].next += 1;
            if self.first.is_none() {
                return Some(v);
            }
            // Every automorphism so far fixes the first path up to here: one vertex is needed of each orbit.
            let root = self.orbits.find(v);
            if !self.done[root as usize] {
                self.set_done(root);
                return Some(v);
            }
        }
        None
    }

    /// A vertex that was left for later, unless an automorphism found since maps it to one done with.
    fn next_postponed(&mut self) -> Option<u32> {
        while let Some(v) = self.postponed[self.turn].pop() {
            let root = self.orbits.find(v);
            let known = self.complete.iter().any(|&done| self.orbits.find(done) == root);
            if !known {
                return Some(v);
            }
        }
        None
    }

    /// Leaves the candidate at hand on the first path for later.
    fn postpone(&mut self) {
        let first_path = self.frames.partition_point(|frame| frame.on_first_path);
        self.candidates.truncate(self.frames[first_path].candidates);
        self.frames.truncate(first_path);
        self.postponed[self.turn].extend(self.current.take());
        self.wasted += self.nodes - self.started;
        self.limit = u64::MAX;
    }

    fn set_done(&mut self, root: u32) {
        self.done[root as usize] = true;
        self.done_roots.push(root);
    }

    fn next_off_first_path(&mut self, level: usize) -> Option<u32> {
        if self.stabilizer_pays(level) {
            self.prune_by_stabilizer(level);
        }
        let path = &self.path[..level];
        let frame = &mut self.frames[level];
        while frame.next < self.candidates.len() {
            let position = frame.next;
            let v = self.candidates[position];
            frame.next += 1;
            let redundant = position != frame.candidates
                && self.automorphisms.iter().any(|g| {
                    !g.least_in_cycle[v as usize] && path.iter().all(|&p| g.images[p as usize] == p)
                });
            if !redundant {
                return Some(v);
            }
        }
        None
    }

    /// Whether what is left below a node away from the first path seems to be worth the search for its stabilizer.
    fn stabilizer_pays(&self, level: usize) -> bool {
        let frame = &self.frames[level];
        let tried = (frame.next - frame.candidates) as u64;
        let left = (self.candidates.len() - frame.next) as u64;
        if frame.pruned || self.automorphisms.is_empty() || left < 2 {
            return false;
        }
        if frame.stabilizer.is_some() {
            return true;
        }
        let base = self.first.as_ref().map_or(0, |leaf| leaf.path.len());
        match tried {
            0 => {
                let parent = self.frames[level - 1].stabilizer.as_ref();
                left >= MANY_CANDIDATES_OFF_PATH && parent.is_some_and(|group| !group.is_trivial())
            }
            // The chain of stabilizers costs as many steps as the base has points, at least.
            _ => (self.nodes - frame.opened) * left >= (MANY_OFF_PATH + (base * base) as u64) * tried,
        }
    }

    /// Drops candidates that elements of the group found so far which fix the path map to others.
    fn prune_by_stabilizer(&mut self, level: usize) {
        let from = self.frames.partition_point(|frame| frame.on_first_path);
        for l in from..=level {
            if self.frames[l].stabilizer.is_some() {
                continue;
            }
            let point = self.path[l - 1];
            let stabilizer = if l == from {
                let known = self.automorphisms.iter().map(|g| &g.images[..]);
                Stabilizer::new(known).fixing(point, self.graph.n())
            } else {
                let parent = self.frames[l - 1].stabilizer.as_ref();
                parent.expect("made just before").fixing(point, self.graph.n())
            };
            self.frames[l].stabilizer = Some(stabilizer);
        }
        self.frames[level].pruned = true;
        let frame = &self.frames[level];
        let stabilizer = frame.stabilizer.as_ref().expect("made just before");
        if stabilizer.is_trivial() {
            return;
        }
        let orbit = stabilizer.orbits(self.graph.n());
        let mut seen = vec![false; self.graph.n()];
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
    }

    /// Goes to the child `v` of the node at `level`, as far as the trace allows; `None` if it is cut.
    fn enter(&mut self, level: usize, v: u32) -> Result<Option<Standing>, CanonError> {
        self.partition.undo(self.frames[level].mark);
        self.path.truncate(level);
        self.nodes += 1;
        if self.nodes > self.budget {
            return Err(CanonError::BudgetExhausted {
                nodes: self.budget,
                leaves: self.leaves,
                generators: self.automorphisms.len(),
                depth: self.frames.iter().filter(|frame| frame.on_first_path).count(),
                base: self.first.as_ref().map_or(level + 1, |leaf| leaf.path.len()),
            });
        }
        let record = self.first.is_none();
        let frame = &self.frames[level];
        let mut comparison = self
            .traces
            .compare(level, record, frame.like_first, frame.against_best);
        let start = self.partition.cell_of(v);
        let size = self.partition.members(start).len() as u64;
        self.path.push(v);
        if comparison.event(mix(u64::from(start), size)) {
            return Ok(None);
        }
        self.partition.individualize(v);
        let complete = self.partition.refine(self.arcs, &mut comparison);
        comparison.finish();
        let (like_first, against_best) = (comparison.like_first, comparison.against_best);
        let cut = !record && (!complete || (!like_first && against_best == Ordering::Less));
        Ok((!cut).then_some(Standing {
            like_first,
            against_best,
        }))
    }

    /// Individualizes `v` at `level`, refines, and opens the child node unless it is cut.
    fn visit(&mut self, level: usize, v: u32) -> Result<(), CanonError> {
        let Some(mut standing) = self.enter(level, v)? else {
            return Ok(());
        };
        let record = self.first.is_none();
        if level == 0 && !record && !standing.like_first && !self.looked {
            self.look();
            if self.finer.is_some() {
                return Ok(());
            }
            self.enter(level, v)?;
        }
        if standing.against_best == Ordering::Greater {
            let last = self.greatest(level, v)?;
            if let Some(greatest) = last {
                let again = self.enter(level, greatest)?;
                debug_assert!(again.is_some_and(|again| again.against_best == Ordering::Equal));
                standing.like_first = false;
            }
        }
        self.descend(record, standing.like_first, standing.against_best);
        Ok(())
    }

    /// The trace of `v`, which has been entered, is greater than the best at its level, so that all below the best is
    /// void. Before anything is searched below `v`, looks for the candidate of greatest trace: what is searched below
    /// others would be void too. Returns it, unless it is `v`, still entered. Others that are as great, or like the first path,
    /// remain candidates.
    fn greatest(&mut self, level: usize, v: u32) -> Result<Option<u32>, CanonError> {
        self.note_greater(level);
        let nodes = self.nodes;
        let (mut greatest, mut entered) = (v, true);
        let mut kept: Vec<(u32, bool)> = Vec::new();
        let mut ties = 0;
        while ties < MANY_TIES
            && let Some(u) = self.next_untried(level)
        {
            entered = false;
            let Some(standing) = self.enter(level, u)? else {
                continue;
            };
            match standing.against_best {
                Ordering::Greater => {
                    self.note_greater(level);
                    greatest = u;
                    kept.retain(|&(_, like_first)| like_first);
                    ties = 0;
                }
                _ => {
                    kept.push((u, standing.like_first));
                    ties += 1;
                }
            }
        }
        let next = self.frames[level].next;
        if self.frames[level].on_first_path {
            for &(u, _) in &kept {
                let root = self.orbits.find(u);
                self.done[root as usize] = false;
            }
        }
        self.candidates.splice(next..next, kept.iter().map(|&(u, _)| u));
        if self.frames[level].on_first_path {
            self.current = Some(greatest);
            self.limit = self.limit.saturating_add(self.nodes - nodes);
        }
        Ok((!entered).then_some(greatest))
    }

    /// A trace at `level` is greater than the best there.
    fn note_greater(&mut self, level: usize) {
        self.best_is_void = true;
        self.traces.void_below(level);
        // Its siblings compare with the new trace from now on; some leaf below will be the new best.
        for frame in &mut self.frames {
            frame.against_best = Ordering::Equal;
        }
    }

    /// Opens the node of the current partition: a leaf, or a frame with its target cell.
    fn descend(&mut self, on_first_path: bool, like_first: bool, against_best: Ordering) {
        if !on_first_path && self.try_shortcut(like_first, against_best) {
            return;
        }
        let Some(start) = self.target(on_first_path, like_first, against_best) else {
            self.leaf(like_first, against_best);
            return;
        };
        let from = self.candidates.len();
        self.candidates.extend_from_slice(self.partition.members(start));
        self.candidates[from..].sort_unstable();
        self.frames.push(Frame {
            candidates: from,
            next: from,
            mark: self.partition.mark(),
            opened: self.nodes,
            on_first_path,
            like_first,
            against_best,
            stabilizer: None,
            pruned: false,
        });
        if from == 0 && self.first.is_none() && self.frames.len() == 1 {
            self.looked = self.candidates.len() < SEVERAL;
            if self.candidates.len() >= MANY {
                self.look();
            }
        }
    }

    /// The target cell of the current node. Its trace determines the numbers of arcs between open cells, and so the target,
    /// if these numbers are small enough to be events themselves, which no other events are taken for: then it is looked up.
    fn target(&mut self, on_first_path: bool, like_first: bool, against_best: Ordering) -> Option<u32> {
        let level = self.frames.len();
        let known = match self.targets.get(level) {
            Some(targets) if self.arcs.small && like_first && !on_first_path => Some(targets.0),
            Some(targets) if self.arcs.small && against_best == Ordering::Equal && !on_first_path => {
                Some(targets.1)
            }
            _ => None,
        };
        let target = known.unwrap_or_else(|| self.partition.target(self.arcs));
        debug_assert_eq!(target, self.partition.target(self.arcs));
        if on_first_path {
            self.targets.push((target, target));
        } else {
            if self.targets.len() == level {
                self.targets.push((None, None));
            }
            if against_best != Ordering::Less {
                self.targets[level].1 = target;
            }
        }
        target
    }

    fn leaf(&mut self, like_first: bool, against_best: Ordering) {
        self.leaves += 1;
        let Some(first) = &self.first else {
            self.first = Some(self.here());
            self.best = Some(self.here());
            return;
        };
        if like_first && self.path.len() == first.path.len() {
            let images = mapping(&first.lab, &self.partition.lab);
            if self.comparer.is_automorphism(&images, self.graph, self.arcs) {
                let common = common_prefix(&first.path, &self.path);
                self.add(images, common);
                return;
            }
        }
        let best = self.best.as_ref().expect("set with the first leaf");
        if self.path == best.path {
            return; // Met before, below a vertex that was postponed.
        }
        let order = against_best.then(self.path.len().cmp(&best.path.len()));
        if order == Ordering::Equal {
            let images = mapping(&best.lab, &self.partition.lab);
            if self.comparer.is_automorphism(&images, self.graph, self.arcs) {
                let common = common_prefix(&best.path, &self.path);
                self.add(images, common);
                return;
            }
        }
        let form = |lab, pos| Relabelled {
            graph: self.graph,
            lab,
            pos,
        };
        let order = order.then_with(|| {
            let here = form(&self.partition.lab, &self.partition.pos);
            here.cmp(&form(&best.lab, &best.pos))
        });
        if order == Ordering::Greater {
            self.best = Some(self.here());
            self.best_is_void = false;
        }
    }

    /// The current node as a leaf.
    fn here(&self) -> Leaf {
        Leaf {
            lab: self.partition.lab.clone(),
            pos: self.partition.pos.clone(),
            path: self.path.clone(),
        }
    }

    /// Tries to complete the partial map from the node of the first or of the best path at this level to this one to an
    /// automorphism, without going down to a leaf.
    fn try_shortcut(&mut self, like_first: bool, against_best: Ordering) -> bool {
        let (Some(first), Some(best)) = (&self.first, &self.best) else {
            return false;
        };
        let mut found = None;
        if like_first {
            found = self.shortcut(first);
        }
        // Where the trace is greater, the best leaf is void.
        if found.is_none() && against_best == Ordering::Equal && best.path != first.path {
            found = self.shortcut(best);
        }
        let Some((images, common)) = found else {
            return false;
        };
        if !self.comparer.is_automorphism(&images, self.graph, self.arcs) {
            return false;
        }
        self.add(images, common);
        true
    }

    /// The partial map from the node on the path to `leaf` to this one, completed: cells hold mostly the same vertices,
    /// which stay; the others are matched in order.
    fn shortcut(&self, leaf: &Leaf) -> Option<(Vec<u32>, usize)> {
        let n = leaf.lab.len();
        let common = common_prefix(&leaf.path, &self.path);
        // Less and less often on the way down: a path takes less time than as many maps.
        if !(self.path.len() - common).is_power_of_two() {
            return None;
        }
        let mut images: Vec<u32> = (0..n as u32).collect();
        for start in self.partition.starts() {
            let members = self.partition.members(start);
            let range = start as usize..start as usize + members.len();
            if members.len() == 1 {
                images[leaf.lab[range.start] as usize] = members[0];
                continue;
            }
            // The leaf refines the node on its path, so its vertices at these positions are that node's cell.
            let old = &leaf.lab[range.clone()];
            let mut leaving: Vec<u32> = old
                .iter()
                .copied()
                .filter(|&v| self.partition.cell_of(v) != start)
                .collect();
            if leaving.is_empty() {
                continue;
            }
            let mut arriving: Vec<u32> = members
                .iter()
                .copied()
                .filter(|&v| !range.contains(&(leaf.pos[v as usize] as usize)))
                .collect();
            leaving.sort_unstable();
            arriving.sort_unstable();
            for (&from, &to) in leaving.iter().zip(&arriving) {
                images[from as usize] = to;
            }
        }
        Some((images, common))
    }

    /// Records an automorphism and returns to the node where the two paths part, `common` levels deep.
    fn add(&mut self, images: Vec<u32>, common: usize) {
        self.wasted = 0;
        let n = images.len();
        let mut least_in_cycle = vec![true; n];
        for v in 0..n as u32 {
            if !least_in_cycle[v as usize] {
                continue;
            }
            let mut u = images[v as usize];
            while u != v {
                least_in_cycle[u as usize] = false;
                u = images[u as usize];
            }
        }
        for v in 0..n as u32 {
            if let Some((root, other)) = self.orbits.unite(v, images[v as usize])
                && self.done[other as usize]
                && !self.done[root as usize]
            {
                self.set_done(root);
            }
        }
        self.automorphisms.push(Automorphism {
            images,
            least_in_cycle,
        });
        if self.frames[common].on_first_path {
            self.current = None;
        }
        if self.frames.len() > common + 1 {
            self.candidates.truncate(self.frames[common + 1].candidates);
            self.frames.truncate(common + 1);
        }
    }
}

impl Automorphism {
    fn moves(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let moves = (0u32..).zip(self.images.iter().copied());
        moves.filter(|&(v, image)| v != image)
    }
}

/// A graph relabelled by a leaf.
struct Relabelled<'a> {
    graph: &'a ColoredGraph,
    lab: &'a [u32],
    pos: &'a [u32],
}

impl Relabelled<'_> {
    /// Targets, as positions, and colours of the arcs from the vertex at a position.
    fn row(&self, position: usize, row: &mut Vec<(u32, u32)>) {
        let v = self.lab[position];
        let targets = self.graph.neighbors(v).iter().map(|&u| self.pos[u as usize]);
        row.clear();
        row.extend(targets.zip(self.graph.edge_colors_of(v).iter().copied()));
        row.sort_unstable();
    }

    /// Compares row by row.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for position in 0..self.lab.len() {
            self.row(position, &mut ours);
            other.row(position, &mut theirs);
            let order = ours.len().cmp(&theirs.len()).then_with(|| ours.cmp(&theirs));
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

/// Scratch to check automorphisms.
struct Comparer {
    /// Sums of the weights of arcs by target; zero between rows.
    sums: Vec<u64>,
    /// The last row, by number, with an arc to each vertex, where arcs have no weights.
    row: Vec<u64>,
    rows: u64,
    /// Whether the vertex is the image of one that moves; false between checks.
    hit: Vec<bool>,
}

impl Comparer {
    fn new(n: usize) -> Self {
        Self {
            sums: vec![0; n],
            row: vec![0; n],
            rows: 0,
            hit: vec![false; n],
        }
    }

    /// Whether the map, which must respect colours of vertices and loops, is an automorphism.
    fn is_automorphism(&mut self, images: &[u32], graph: &ColoredGraph, arcs: &Arcs) -> bool {
        let moved = || (0u32..).zip(images).filter(|&(v, &image)| v != image);
        let mut bijective = true;
        for (_, &image) in moved() {
            bijective &= !std::mem::replace(&mut self.hit[image as usize], true);
        }
        // Images of vertices that move must move.
        for (_, &image) in moved() {
            self.hit[image as usize] = false;
            bijective &= images[image as usize] != image;
        }
        if !bijective {
            return false;
        }
        if !arcs.exact {
            return graph.is_fixed_by(images);
        }
        // Arcs between vertices that stay, stay; all others are arcs of one that moves.
        if arcs.unit() {
            return moved().all(|(v, &image)| {
                self.rows += 1;
                for &u in arcs.targets_of(image) {
                    self.row[u as usize] = self.rows;
                }
                let mut targets = arcs.targets_of(v).iter().map(|&u| images[u as usize]);
                arcs.degree(v) == arcs.degree(image) && targets.all(|u| self.row[u as usize] == self.rows)
            });
        }
        moved().all(|(v, &image)| {
            if arcs.degree(v) != arcs.degree(image) {
                return false;
            }
            for (u, weight) in arcs.of(image) {
                self.sums[u as usize] += weight;
            }
            for (u, weight) in arcs.of(v) {
                let sum = &mut self.sums[images[u as usize] as usize];
                *sum = sum.wrapping_sub(weight);
            }
            let mut same = true;
            for &u in arcs.targets_of(image) {
                same &= std::mem::take(&mut self.sums[u as usize]) == 0;
            }
            for &u in arcs.targets_of(v) {
                same &= std::mem::take(&mut self.sums[images[u as usize] as usize]) == 0;
            }
            same
        })
    }
}

/// The permutation that maps `from[p]` to `to[p]` for every position `p`.
fn mapping(from: &[u32], to: &[u32]) -> Vec<u32> {
    let mut images = vec![0; from.len()];
    for (&v, &image) in from.iter().zip(to) {
        images[v as usize] = image;
    }
    images
}

fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

/// The arcs but loops, with a weight per (direction, colour). Weights are powers of `2^width`, so that sums count every kind
/// exactly, while the kinds fit into 64 bits; otherwise they are hashes.
pub(super) fn weighted_arcs(graph: &ColoredGraph) -> Arcs {
    let n = graph.n();
    let mut arcs = Arcs {
        starts: Vec::with_capacity(n + 1),
        targets: Vec::new(),
        weights: Vec::new(),
        exact: true,
        small: true,
    };
    arcs.starts.push(0);
    if !graph.is_directed() && graph.only_edge_color().is_some() {
        for v in 0..n as u32 {
            let neighbors = graph.neighbors(v);
            if graph.has_edge(v, v) {
                arcs.targets.extend(neighbors.iter().filter(|&&u| u != v));
            } else {
                arcs.targets.extend_from_slice(neighbors);
            }
            arcs.starts.push(arcs.targets.len() as u32);
        }
        return arcs;
    }
    let mut colors: Vec<u32> = graph.edges().map(|edge| edge.2).collect();
    colors.sort_unstable();
    colors.dedup();
    let directions = 1 + u64::from(graph.is_directed());
    let kinds = colors.len() as u64 * directions;
    let largest_degree = (0..n as u32)
        .map(|v| graph.degree(v).max(graph.in_neighbors(v).len()))
        .max()
        .unwrap_or(0);
    let width = u64::from(64 - (largest_degree as u64).leading_zeros());
    arcs.exact = kinds * width <= 64;
    arcs.small = kinds * width <= 32;
    let weight = |color: u32, inward: u64| {
        let kind = match colors.binary_search(&color) {
            Ok(index) => index as u64 * directions + inward,
            Err(_) => unreachable!("colours were collected from the edges"),
        };
        if arcs.exact {
            1 << (kind * width)
        } else {
            // By colour value, not index: the hash must not depend on which other colours occur. 39 bits plus one, so
            // that sums over 2²⁴ arcs do not overflow.
            (mix(u64::from(color), inward + 1) >> 25) + 1
        }
    };
    for v in 0..n as u32 {
        for (&u, &color) in graph.neighbors(v).iter().zip(graph.edge_colors_of(v)) {
            if u != v {
                arcs.targets.push(u);
                arcs.weights.push(weight(color, 0));
            }
        }
        if graph.is_directed() {
            for (&u, &color) in graph.in_neighbors(v).iter().zip(graph.in_edge_colors_of(v)) {
                if u != v {
                    arcs.targets.push(u);
                    arcs.weights.push(weight(color, 1));
                }
            }
        }
        arcs.starts.push(arcs.targets.len() as u32);
    }
    debug_assert_eq!(arcs.n(), n);
    arcs
}
