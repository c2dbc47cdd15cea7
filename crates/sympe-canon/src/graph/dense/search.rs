//! Individualization–refinement on words: the canonical leaf of a part, and a strong generating set of its group.
//!
//! The search tree has a node for each sequence of individualized vertices; its leaves are labellings. The canonical
//! leaf is the greatest by (trace, relabelled rows), and the first among equals (McKay & Piperno 2014). Only the
//! nodes of the current path are kept, each with its own partition.
//!
//! Invariants:
//!
//! * Two leaves of equal traces and equal relabelled rows are images of each other under an automorphism, and only
//!   such leaves are: traces alone never prove anything.
//! * Orbit pruning: as long as the current path follows the first one, every automorphism known maps the first path to
//!   itself up to the current node. Of the candidates there, one in each orbit of the known group is needed.
//! * Away from the first path, a known automorphism prunes where it fixes every vertex of the current path.
//! * The automorphisms found are strong generators relative to the first path: those that fix its first `k` vertices
//!   generate the pointwise stabilizer of these.

use super::super::budget::Budget;
use super::super::trace::{Standing, Trace, Traces};
use super::super::word::Word;
use super::counts::Rows;
use super::partition::{Cells, Fragments};
use super::script::{NoScript, Script};
use crate::CanonError;
use std::cmp::Ordering;

/// How many replays of the first path may fail before they are given up.
const REPLAYS: u32 = 2;

/// A node of the search tree on the current path.
#[derive(Clone, Copy)]
struct Level<W, const N: usize> {
    cells: Cells<W, N>,
    /// The start of the target cell.
    target: usize,
    /// The vertices of the target cell that have been neither visited nor pruned.
    untried: W,
    /// The vertices individualized on the way here.
    prefix: W,
    on_first_path: bool,
    standing: Standing,
    /// The number of automorphisms that `untried` has been pruned with, away from the first path.
    pruned: usize,
}

impl<W: Word, const N: usize> Level<W, N> {
    fn new(cells: Cells<W, N>) -> Self {
        Self {
            cells,
            target: 0,
            untried: W::EMPTY,
            prefix: W::EMPTY,
            on_first_path: true,
            standing: Standing::ON_BOTH,
            pruned: 0,
        }
    }
}

struct Automorphism<W, const N: usize> {
    images: [u8; N],
    /// The vertices that stay.
    fixed: W,
    /// The least vertex of each cycle; empty until it is needed.
    least: W,
}

impl<W: Word, const N: usize> Automorphism<W, N> {
    /// The least vertex of each cycle in `live`.
    fn least_of_cycles(&mut self, live: W) -> W {
        if self.least.is_empty() {
            let mut rest = live;
            while !rest.is_empty() {
                self.least = self.least | rest.lowest();
                let mut v = rest.first();
                while rest.has(v) {
                    rest = rest.without(W::bit(v));
                    v = self.images[v % N] as usize;
                }
            }
        }
        self.least
    }
}

/// A path to a leaf, and the labelling there.
struct Leaf<const N: usize> {
    /// The vertices individualized, and their number.
    path: [u8; N],
    length: usize,
    /// Vertices by position.
    order: [u8; N],
}

impl<const N: usize> Default for Leaf<N> {
    fn default() -> Self {
        Self {
            path: [0; N],
            length: 0,
            order: [0; N],
        }
    }
}

/// The search, part after part of one graph. Automorphisms and orbits are those of all parts searched so far.
pub(super) struct Search<W, const N: usize> {
    pub(super) fragments: Fragments<W, N>,
    /// The nodes on the current path, and the depth of the deepest one that is open.
    levels: Vec<Level<W, N>>,
    depth: usize,
    path: [u8; N],
    traces: Traces,
    /// The vertices of the part, and their positions.
    live: W,
    live_positions: W,
    /// Target cells along the first path, and the refinements from each of its nodes to the next.
    first_targets: [u8; N],
    first_scripts: Vec<Script>,
    /// How many replays of the first path may fail yet; a replay that finds an automorphism earns more.
    replays: u32,
    found_first: bool,
    first: Leaf<N>,
    best: Leaf<N>,
    /// The rows relabelled by `best`; empty until they are compared with others.
    best_form: Vec<W>,
    /// Memory for the rows relabelled by another leaf.
    form: Vec<W>,
    automorphisms: Vec<Automorphism<W, N>>,
    /// How many of them were found in parts before this one.
    earlier: usize,
    /// The least vertex of the orbit of each under the automorphisms.
    orbits: [u8; N],
    nodes: u64,
    leaves: u64,
    budget: Budget,
}

impl<W: Word, const N: usize> Default for Search<W, N> {
    fn default() -> Self {
        Self {
            fragments: Fragments::default(),
            levels: Vec::new(),
            depth: 0,
            path: [0; N],
            traces: Traces::default(),
            live: W::EMPTY,
            live_positions: W::EMPTY,
            first_targets: [0; N],
            first_scripts: Vec::new(),
            replays: 0,
            found_first: false,
            first: Leaf::default(),
            best: Leaf::default(),
            best_form: Vec::new(),
            form: Vec::new(),
            automorphisms: Vec::new(),
            earlier: 0,
            orbits: [0; N],
            nodes: 0,
            leaves: 0,
            budget: Budget::default(),
        }
    }
}

/// The identity as a list of images.
fn identity<const N: usize>() -> [u8; N] {
    std::array::from_fn(|i| i as u8)
}

/// Vertices by position, in a discrete partition.
fn leaf_order<W: Word, const N: usize>(cells: &Cells<W, N>, positions: W) -> [u8; N] {
    let mut order = [0; N];
    for position in positions.elements() {
        order[position % N] = cells.members[position % N].first() as u8;
    }
    order
}

impl<W: Word, const N: usize> Search<W, N> {
    /// Forgets the last graph; `nodes` of the budget are spent already.
    pub(super) fn begin(&mut self, nodes: u64, budget: &Budget) {
        (self.nodes, self.leaves) = (nodes, 0);
        self.budget.clone_from(budget);
        self.automorphisms.clear();
        self.orbits = identity();
    }

    /// Search-tree nodes visited, those spent before included.
    pub(super) fn nodes(&self) -> u64 {
        self.nodes
    }

    /// Images under the automorphisms found, in all parts.
    pub(super) fn generators(&self) -> impl Iterator<Item = &[u8; N]> {
        self.automorphisms.iter().map(|automorphism| &automorphism.images)
    }

    /// The first path of the last part: a base of its group.
    pub(super) fn base(&self) -> &[u8] {
        &self.first.path[..self.first.length]
    }

    /// The canonical order of the last part: vertices by position.
    pub(super) fn order(&self) -> &[u8; N] {
        &self.best.order
    }

    /// The rows of the last part in canonical order; [`make_best_form`](Self::make_best_form) makes them.
    pub(super) fn best_form(&self) -> &[W] {
        &self.best_form
    }

    /// Searches for the canonical leaf below `cells`, an equitable partition of the vertices `live` to `positions`.
    pub(super) fn run(
        &mut self,
        kinds: &[Rows<W, N>],
        cells: Cells<W, N>,
        live: W,
        positions: W,
    ) -> Result<(), CanonError> {
        self.live = live;
        self.live_positions = positions;
        self.earlier = self.automorphisms.len();
        self.found_first = false;
        self.replays = REPLAYS;
        self.first.length = 0;
        self.best_form.clear();
        if cells.open.is_empty() {
            self.best.order = leaf_order(&cells, positions);
            return Ok(());
        }
        self.traces.clear();
        if self.levels.is_empty() {
            self.levels.push(Level::new(cells));
        } else {
            self.levels[0] = Level::new(cells);
        }
        self.depth = 0;
        self.descend(kinds);
        loop {
            let depth = self.depth;
            match self.next_candidate() {
                Some(v) => self.visit(kinds, v)?,
                None if depth == 0 => return Ok(()),
                None => self.depth -= 1,
            }
        }
    }

    /// The next vertex of the target cell that no known automorphism maps to an earlier one.
    fn next_candidate(&mut self) -> Option<usize> {
        let level = &mut self.levels[self.depth];
        let cell = level.cells.members[level.target % N];
        if level.untried != cell {
            if level.on_first_path {
                // Orbit pruning: every automorphism so far fixes the first path up to here, so that a vertex is needed
                // only as the least of its orbit.
                for v in level.untried.elements() {
                    let root = self.orbits[v % N] as usize;
                    if root != v && cell.has(root) {
                        level.untried = level.untried.without(W::bit(v));
                    } else {
                        break;
                    }
                }
            } else {
                for automorphism in &mut self.automorphisms[level.pruned..] {
                    if level.prefix.without(automorphism.fixed).is_empty() {
                        level.untried = level.untried & automorphism.least_of_cycles(self.live);
                    }
                }
                level.pruned = self.automorphisms.len();
            }
        }
        if level.untried.is_empty() {
            return None;
        }
        let v = level.untried.first();
        level.untried = level.untried.rest();
        Some(v)
    }

    /// Counts a node. An error when the budget is spent or the search stopped.
    fn spend(&mut self) -> Result<(), CanonError> {
        self.nodes += 1;
        if self.nodes > self.budget.nodes {
            return Err(CanonError::BudgetExhausted {
                nodes: self.budget.nodes,
                leaves: self.leaves,
                generators: self.automorphisms.len(),
                depth: self.levels[..=self.depth]
                    .iter()
                    .filter(|level| level.on_first_path)
                    .count(),
                base: if self.found_first {
                    self.first.length
                } else {
                    self.depth + 1
                },
            });
        }
        self.budget.check_stop(self.nodes)
    }

    /// Individualizes `v`, refines, and opens the child node unless its trace cuts it.
    fn visit(&mut self, kinds: &[Rows<W, N>], v: usize) -> Result<(), CanonError> {
        self.spend()?;
        let depth = self.depth;
        if self.found_first && self.levels[depth].on_first_path && self.replay(kinds, v) {
            return Ok(());
        }
        self.path[depth % N] = v as u8;
        if self.levels.len() == depth + 1 {
            self.levels.push(Level::new(Cells::empty()));
        }
        let record = !self.found_first;
        if record && self.first_scripts.len() == depth {
            self.first_scripts.push(Script::default());
        }
        let (above, below) = self.levels.split_at_mut(depth + 1);
        let (parent, child) = (&above[depth], &mut below[0]);
        let mut comparison = self.traces.compare(depth, record, parent.standing);
        let target = parent.target;
        child.cells = parent.cells;
        child.cells.individualize(target, v);
        child.prefix = parent.prefix | W::bit(v);
        let cut = comparison.event((target << 8 | parent.cells.size(target)) as u64);
        let active = W::bit(target);
        let (fragments, trace) = (&mut self.fragments, &mut comparison);
        let complete = if record {
            let script = &mut self.first_scripts[depth];
            script.clear();
            child.cells.refine(kinds, active, fragments, trace, script)
        } else {
            !cut && child.cells.refine(kinds, active, fragments, trace, &mut NoScript)
        };
        let standing = comparison.finish();
        if !record && (!complete || standing.is_cut()) {
            return Ok(());
        }
        child.on_first_path = record;
        child.standing = standing;
        if standing.against_best == Ordering::Greater {
            self.traces.void_below(depth);
            // The siblings of the nodes above compare with the new trace from now on: some leaf below will be the new
            // best.
            for level in above {
                level.standing.against_best = Ordering::Equal;
            }
        }
        self.depth += 1;
        self.descend(kinds);
        Ok(())
    }

    /// Looks for an automorphism that maps the first path, from the current depth on, to a path through `v`, by
    /// replaying the scripts of the first path without a look at traces. If there is one, a replay need not find it,
    /// because the vertices individualized below `v` are the first of their cells; if it finds one, the map has been
    /// checked.
    fn replay(&mut self, kinds: &[Rows<W, N>], v: usize) -> bool {
        if self.replays == 0 {
            return false;
        }
        self.replays -= 1;
        let depth = self.depth;
        let mut cells = self.levels[depth].cells.members;
        let mut v = W::bit(v);
        for (&target, script) in self.first_targets[depth..self.first.length]
            .iter()
            .zip(&self.first_scripts[depth..])
        {
            let target = target as usize;
            if v.is_empty() {
                v = cells[target % N].lowest();
            }
            cells[(target + 1) % N] = cells[target % N].without(v);
            cells[target % N] = v;
            script.replay(kinds, &mut cells);
            v = W::EMPTY;
        }
        let mut images = identity();
        let mut reached = W::EMPTY;
        for position in self.live_positions.elements() {
            let image = cells[position % N].lowest();
            images[self.first.order[position % N] as usize % N] = image.first() as u8;
            reached = reached | image;
        }
        if reached != self.live || !self.is_automorphism(kinds, &images) {
            return false;
        }
        self.replays += 2;
        self.add(images, depth);
        true
    }

    /// Looks at the node at the current depth: a leaf is dealt with at once, another node gets its target cell.
    fn descend(&mut self, kinds: &[Rows<W, N>]) {
        let depth = self.depth;
        let level = &mut self.levels[depth];
        match level.cells.target(kinds) {
            Some(target) => {
                if level.on_first_path {
                    self.first_targets[depth] = target as u8;
                }
                level.target = target;
                level.untried = level.cells.members[target % N];
                level.pruned = self.earlier;
            }
            None => {
                self.depth -= 1;
                self.leaf(kinds);
            }
        }
    }

    /// Deals with the leaf one level below the current depth: the first one, an image of the first or of the best
    /// one, a new best one, or one to forget.
    fn leaf(&mut self, kinds: &[Rows<W, N>]) {
        self.leaves += 1;
        let length = self.depth + 1;
        let leaf = &self.levels[length];
        let Standing {
            like_first,
            against_best,
        } = leaf.standing;
        let order = leaf_order(&leaf.cells, self.live_positions);
        if !self.found_first {
            self.found_first = true;
            for leaf in [&mut self.first, &mut self.best] {
                leaf.path = self.path;
                leaf.length = length;
                leaf.order = order;
            }
            return;
        }
        if like_first && length == self.first.length {
            let images = self.mapping(&self.first.order, &order);
            if self.is_automorphism(kinds, &images) {
                let common = self.common_prefix(&self.first.path);
                self.add(images, common);
                return;
            }
        }
        let compared = against_best.then(length.cmp(&self.best.length));
        if compared == Ordering::Less {
            return;
        }
        self.make_best_form(kinds);
        let mut form = std::mem::take(&mut self.form);
        self.relabel(kinds, &order, &mut form);
        self.form = form;
        match compared.then_with(|| self.form.cmp(&self.best_form)) {
            Ordering::Less => {}
            Ordering::Greater => {
                self.best.path = self.path;
                self.best.length = length;
                self.best.order = order;
                std::mem::swap(&mut self.form, &mut self.best_form);
            }
            Ordering::Equal => {
                // The relabelled rows are equal, so that the map between the leaves is an automorphism.
                let images = self.mapping(&self.best.order, &order);
                let common = self.common_prefix(&self.best.path);
                self.add(images, common);
            }
        }
    }

    /// Makes the rows in the order of the best leaf, unless they are there.
    pub(super) fn make_best_form(&mut self, kinds: &[Rows<W, N>]) {
        if self.best_form.is_empty() {
            let mut form = std::mem::take(&mut self.best_form);
            self.relabel(kinds, &self.best.order, &mut form);
            self.best_form = form;
        }
    }

    /// Whether a permutation that maps cells of the root to themselves is an automorphism.
    fn is_automorphism(&self, kinds: &[Rows<W, N>], images: &[u8; N]) -> bool {
        // Arcs of vertices that stay to others that stay need no look, and each other arc has an end that moves, at
        // which it is met, or its reverse is. Vertices of one cell have as many neighbours, so that one inclusion is
        // enough.
        self.live.elements().all(|v| {
            let image = images[v % N] as usize;
            image == v
                || kinds.iter().all(|rows| {
                    let row = rows[image % N];
                    (rows[v % N] & self.live)
                        .elements()
                        .all(|u| row.has(images[u % N] as usize))
                })
        })
    }

    /// The map from one labelling to another: the vertex at a position goes to the vertex at the same position.
    fn mapping(&self, from: &[u8; N], to: &[u8; N]) -> [u8; N] {
        let mut images = identity();
        for position in self.live_positions.elements() {
            images[from[position % N] as usize % N] = to[position % N];
        }
        images
    }

    /// How many vertices the current path shares with another one.
    fn common_prefix(&self, other: &[u8; N]) -> usize {
        self.path.iter().zip(other).take_while(|(a, b)| a == b).count()
    }

    /// The rows of the part by position, with neighbours as positions.
    fn relabel(&self, kinds: &[Rows<W, N>], order: &[u8; N], form: &mut Vec<W>) {
        form.clear();
        let mut position = [0u8; N];
        for p in self.live_positions.elements() {
            position[order[p % N] as usize % N] = p as u8;
        }
        for p in self.live_positions.elements() {
            for rows in kinds {
                let row = rows[order[p % N] as usize % N] & self.live;
                form.push(W::union(row.elements().map(|u| W::bit(position[u % N] as usize))));
            }
        }
    }

    /// Records an automorphism, and returns to the node where the two paths part, `common` vertices deep: all that is
    /// left below it is the image of what has been searched.
    fn add(&mut self, images: [u8; N], common: usize) {
        let mut fixed = W::EMPTY;
        for v in self.live.elements() {
            let image = images[v % N] as usize;
            fixed = fixed | W::bit_if(v, image == v);
            let (a, b) = (self.orbits[v % N], self.orbits[image % N]);
            if a != b {
                let (least, other) = (a.min(b), a.max(b));
                for orbit in &mut self.orbits {
                    *orbit = if *orbit == other { least } else { *orbit };
                }
            }
        }
        self.automorphisms.push(Automorphism {
            images,
            fixed,
            least: W::EMPTY,
        });
        self.depth = self.depth.min(common);
    }
}
