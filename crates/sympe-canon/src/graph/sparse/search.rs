//! Individualization–refinement search on sparse graphs: the canonical leaf, and a strong generating set of the group.
//!
//! The search tree has a node for each sequence of individualized vertices; its leaves are labellings. The canonical
//! leaf is the greatest by (trace, length, relabelled graph), and the first among equals (McKay, *Practical graph
//! isomorphism*, 1981; McKay & Piperno 2014). There is one partition, which is split on the way down and undone on
//! the way up.
//!
//! What makes the result right is here and in [`leaf`](super::leaf), [`automorphism`](super::automorphism),
//! [`pruning`](super::pruning), [`path`](super::path) and [`surroundings`](super::surroundings). What makes it fast
//! is in [`schedule`](super::schedule), which can be changed without changing any form.
//!
//! Invariants:
//!
//! * A node is cut if its trace differs from the first path's and is less than the best one, or if an automorphism
//!   maps it to a node that has been searched. Nothing else is left out.
//! * `best` is the greatest leaf so far, unless `best_is_void`: then a greater trace has been met, and some leaf
//!   below the current node becomes the new best.
//! * Every automorphism recorded has been checked against the graph.
//! * Automorphisms found from a node of the first path fix the path up to there, so that all together they are strong
//!   generators relative to the first path, which is the base.

use super::super::budget::Budget;
use super::super::colored_graph::ColoredGraph;
use super::super::found::Found;
use super::super::hash::mix;
use super::super::trace::{Standing, Trace, Traces};
use super::arcs::Arcs;
use super::automorphism::{Automorphism, Checker};
use super::leaf::Leaf;
use super::partition::Partition;
use super::path::Path;
use super::pruning::OrbitPruning;
use super::schedule::{Ahead, MANY_TIES, Schedule};
use super::surroundings::{Look, split_by_surroundings};
use super::target::Targets;
use crate::CanonError;
use std::cmp::Ordering;

/// Finds canonical order and group from `partition`, which must be equitable, and no coarser than colours of vertices
/// and loops; `nodes` of the budget are spent already.
pub(super) fn search(
    graph: &ColoredGraph,
    arcs: &Arcs,
    mut partition: Partition,
    mut nodes: u64,
    budget: &Budget,
    found: &mut Found,
) -> Result<(), CanonError> {
    debug_assert!(partition.invariants_hold() && partition.is_equitable(arcs));
    while let Some(finer) = Search::new(graph, arcs, partition, nodes, budget).run(found)? {
        partition = finer;
        nodes = found.nodes;
    }
    Ok(())
}

/// A search that runs.
struct Search<'a> {
    graph: &'a ColoredGraph,
    arcs: &'a Arcs,
    /// The partition of the node that is being visited.
    partition: Partition,
    path: Path,
    traces: Traces,
    targets: Targets,
    first: Option<Leaf>,
    best: Option<Leaf>,
    /// The best trace ends in no leaf yet.
    best_is_void: bool,
    automorphisms: Vec<Automorphism>,
    checker: Checker,
    /// The identity, as images.
    identity: Vec<u32>,
    pruning: OrbitPruning,
    schedule: Schedule,
    root: Root,
    nodes: u64,
    leaves: u64,
    budget: &'a Budget,
}

/// The state of the first target cell, which may be split by the surroundings of its vertices.
enum Root {
    /// Its vertices have not been looked at.
    Open,
    /// They are not going to be looked at, or they are alike.
    Settled,
    /// They differ: the search starts again from this partition.
    Finer(Box<Partition>),
}

impl<'a> Search<'a> {
    fn new(
        graph: &'a ColoredGraph,
        arcs: &'a Arcs,
        partition: Partition,
        nodes: u64,
        budget: &'a Budget,
    ) -> Self {
        Self {
            graph,
            arcs,
            partition,
            path: Path::default(),
            traces: Traces::default(),
            targets: Targets::default(),
            first: None,
            best: None,
            best_is_void: false,
            automorphisms: Vec::new(),
            checker: Checker::new(graph.n()),
            identity: (0..graph.n() as u32).collect(),
            pruning: OrbitPruning::new(graph.n()),
            schedule: Schedule::new(),
            root: Root::Open,
            nodes,
            leaves: 0,
            budget,
        }
    }

    /// Searches all, or returns a finer partition to start again from.
    fn run(mut self, found: &mut Found) -> Result<Option<Partition>, CanonError> {
        self.partition.forget();
        self.descend(true, Standing::ON_BOTH);
        while let Some(level) = self.path.level() {
            if level == 0 && self.is_in_doubt() {
                self.look();
            }
            if let Root::Finer(partition) = self.root {
                found.nodes = self.nodes;
                return Ok(Some(*partition));
            }
            if self.schedule.is_over(self.nodes)
                && !self.best_is_void
                && !self.path.frames[level].on_first_path
            {
                self.path.close_below(self.path.on_first_path());
                self.schedule.postpone(self.nodes);
                continue;
            }
            match self.next_candidate(level) {
                Some(v) => self.visit(level, v)?,
                None => self.path.close(),
            }
        }
        let best = self.best.expect("the first path ends in a leaf");
        let first = self.first.expect("the first path ends in a leaf");
        found.order = best.into_order_and_path().0;
        found.base = first.into_order_and_path().1;
        for automorphism in &self.automorphisms {
            found.push_generator(automorphism.moves());
        }
        found.nodes = self.nodes;
        Ok(None)
    }

    /// Whether candidates at the root have been left that no automorphism found so far maps to earlier ones, so that
    /// a look at the surroundings may tell them apart. Where automorphisms map all candidates to the first, a look
    /// would be in vain.
    fn is_in_doubt(&self) -> bool {
        matches!(self.root, Root::Open) && self.pruning.level() == 0 && self.schedule.has_doubts()
    }

    /// Splits the first target cell by the surroundings of its vertices. If these differ, the search starts again
    /// from the finer partition: of a large random graph, nothing is left to search then. Whether that is so depends
    /// on the isomorphism class of the graph only.
    fn look(&mut self) {
        let root = &self.path.frames[0];
        self.partition.undo(root.mark);
        let target = self.partition.cell_of(self.path.candidates[root.candidates]);
        self.root = match split_by_surroundings(self.arcs, &self.partition, target) {
            Some(finer) => Root::Finer(Box::new(finer)),
            None => Root::Settled,
        };
    }

    /// The next vertex to search below, of the target cell of the node at `level`.
    fn next_candidate(&mut self, level: usize) -> Option<u32> {
        let base = match &self.first {
            Some(first) if self.path.frames[level].on_first_path => first.path().len() as u64,
            _ => return self.next_untried(level),
        };
        if self.pruning.level() != level {
            let first = self.path.candidates[self.path.frames[level].candidates];
            self.pruning.begin_level(level, first);
            self.schedule.begin_level(first);
        }
        self.schedule.complete_current();
        let untried = self.next_untried(level);
        self.schedule.choose(untried, &mut self.pruning, self.nodes, base)
    }

    /// The next vertex of the target cell that no known automorphism maps to an earlier one.
    fn next_untried(&mut self, level: usize) -> Option<u32> {
        if !self.path.frames[level].on_first_path {
            if self.stabilizer_pays(level) {
                let n = self.graph.n();
                self.path.prune_by_stabilizer(level, &self.automorphisms, n);
            }
            return self.path.next_unpruned(level, &self.automorphisms);
        }
        while let Some(v) = self.path.next(level) {
            if self.first.is_none() || self.pruning.take(v) {
                return Some(v);
            }
        }
        None
    }

    /// Whether what is left below the node at `level`, away from the first path, seems to be worth a search for the
    /// stabilizer of the path.
    fn stabilizer_pays(&self, level: usize) -> bool {
        let frame = &self.path.frames[level];
        let left = self.path.candidates.len() - frame.next;
        if frame.pruned || self.automorphisms.is_empty() || left < 2 {
            return false;
        }
        if frame.stabilizer.is_some() {
            return true;
        }
        let parent = self.path.frames[level - 1].stabilizer.as_ref();
        let ahead = Ahead {
            tried: (frame.next - frame.candidates) as u64,
            left: left as u64,
            visits: self.nodes - frame.opened,
            parent_is_fixed: parent.is_some_and(|group| !group.is_trivial()),
            base: self.first.as_ref().map_or(0, |leaf| leaf.path().len() as u64),
        };
        ahead.is_worth_a_stabilizer()
    }

    /// Counts a node. An error when the budget is spent or the search stopped.
    fn spend(&mut self, level: usize) -> Result<(), CanonError> {
        self.nodes += 1;
        if self.nodes > self.budget.nodes {
            return Err(CanonError::BudgetExhausted {
                nodes: self.budget.nodes,
                leaves: self.leaves,
                generators: self.automorphisms.len(),
                depth: self.path.on_first_path(),
                base: self.first.as_ref().map_or(level + 1, |leaf| leaf.path().len()),
            });
        }
        self.budget.check_stop(self.nodes)
    }

    /// Goes to the child `v` of the node at `level`: individualizes and refines, as far as the trace allows. `None`
    /// if the child is cut.
    fn enter(&mut self, level: usize, v: u32) -> Result<Option<Standing>, CanonError> {
        self.partition.undo(self.path.frames[level].mark);
        self.path.vertices.truncate(level);
        self.spend(level)?;
        let record = self.first.is_none();
        let standing = self.path.frames[level].standing;
        let mut comparison = self.traces.compare(level, record, standing);
        let start = self.partition.cell_of(v);
        let size = self.partition.len(start);
        self.path.vertices.push(v);
        if comparison.event(mix(u64::from(start), u64::from(size))) {
            return Ok(None);
        }
        self.partition.individualize(v);
        let complete = self.partition.refine(self.arcs, &mut comparison);
        let standing = comparison.finish();
        let cut = !record && (!complete || standing.is_cut());
        Ok((!cut).then_some(standing))
    }

    /// Goes to the child `v` of the node at `level`, and opens it unless it is cut.
    fn visit(&mut self, level: usize, v: u32) -> Result<(), CanonError> {
        let Some(mut standing) = self.enter(level, v)? else {
            return Ok(());
        };
        let record = self.first.is_none();
        if level == 0 && !record && !standing.like_first && matches!(self.root, Root::Open) {
            self.look();
            if matches!(self.root, Root::Finer(_)) {
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
        self.descend(record, standing);
        Ok(())
    }

    /// The trace of `v`, which has been entered, is greater than the best at its level, so that all below the best
    /// path is void. Before anything is searched below `v`, looks for the candidate of greatest trace, because what
    /// is searched below others would be void, too. Returns it, unless it is `v`, still entered. Other candidates
    /// that are as great, or like the first path, remain candidates.
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
        let on_first_path = self.path.frames[level].on_first_path;
        if on_first_path {
            kept.iter().for_each(|&(u, _)| self.pruning.give_back(u));
        }
        self.path.retry(level, kept.iter().map(|&(u, _)| u));
        if on_first_path {
            self.schedule.replace(greatest, self.nodes - nodes);
        }
        Ok((!entered).then_some(greatest))
    }

    /// The trace of a child of the node at `level` is greater than the best there.
    fn note_greater(&mut self, level: usize) {
        self.best_is_void = true;
        self.traces.void_below(level);
        // The siblings of all open nodes compare with the new trace from now on: some leaf below will be the new best.
        for frame in &mut self.path.frames {
            frame.standing.against_best = Ordering::Equal;
        }
    }

    /// Opens the node of the current partition: a leaf is dealt with at once, another node gets candidates.
    fn descend(&mut self, on_first_path: bool, standing: Standing) {
        if !on_first_path && self.guess(standing) {
            return;
        }
        let level = self.path.frames.len();
        let target = self
            .targets
            .of(level, on_first_path, standing, &mut self.partition, self.arcs);
        let Some(start) = target else {
            self.leaf(standing);
            return;
        };
        let members = self.partition.members(start);
        let mark = self.partition.mark();
        self.path.open(members, mark, self.nodes, on_first_path, standing);
        if level == 0 {
            match Look::at(members.len()) {
                Look::Never => self.root = Root::Settled,
                Look::Now => self.look(),
                Look::WhenInDoubt => {}
            }
        }
    }

    /// Deals with a leaf, where the partition is discrete: the first one, an image of the first or of the best one, a
    /// new best one, or one to forget.
    fn leaf(&mut self, standing: Standing) {
        self.leaves += 1;
        let here = |search: &Self| Leaf::new(&search.partition, &search.path.vertices);
        let (Some(first), Some(best)) = (&self.first, &self.best) else {
            self.first = Some(here(self));
            self.best = Some(here(self));
            return;
        };
        let path = &self.path.vertices;
        if standing.like_first && path.len() == first.path().len() {
            let images = first.map_to(&self.partition);
            if self.checker.is_automorphism(&images, self.graph, self.arcs) {
                let common = first.common_prefix(path);
                self.add(images, common);
                return;
            }
        }
        // The best leaf may be met again, below a candidate that was postponed.
        if path == best.path() {
            return;
        }
        let order = standing.against_best.then(path.len().cmp(&best.path().len()));
        if order == Ordering::Equal {
            let images = best.map_to(&self.partition);
            if self.checker.is_automorphism(&images, self.graph, self.arcs) {
                let common = best.common_prefix(path);
                self.add(images, common);
                return;
            }
        }
        if order.then_with(|| best.cmp_form_at(&self.partition, self.graph)) == Ordering::Greater {
            self.best = Some(here(self));
            self.best_is_void = false;
        }
    }

    /// Tries to complete the partial map from the node on the first or on the best path at this level to the current
    /// one to an automorphism, without going down to a leaf. Returns whether there is one, which is recorded.
    fn guess(&mut self, standing: Standing) -> bool {
        let (Some(first), Some(best)) = (&self.first, &self.best) else {
            return false;
        };
        let path = &self.path.vertices;
        let from = |leaf: &Leaf| {
            let images = leaf.guess(&self.partition, path, &self.identity)?;
            Some((images, leaf.common_prefix(path)))
        };
        let mut found = None;
        if standing.like_first {
            found = from(first);
        }
        // Where the trace is greater, the best leaf is void.
        if found.is_none() && standing.against_best == Ordering::Equal && best.path() != first.path() {
            found = from(best);
        }
        let Some((images, common)) = found else {
            return false;
        };
        if !self.checker.is_automorphism(&images, self.graph, self.arcs) {
            return false;
        }
        self.add(images, common);
        true
    }

    /// Records an automorphism, and returns to the node where the two paths part, `common` levels deep: all that is
    /// left below its child is the image of what has been searched.
    fn add(&mut self, images: Vec<u32>, common: usize) {
        self.pruning.join(&images);
        self.automorphisms.push(Automorphism::new(images));
        self.schedule
            .note_automorphism(self.path.frames[common].on_first_path);
        self.path.close_below(common + 1);
    }
}
