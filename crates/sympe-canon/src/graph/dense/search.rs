//! Individualization–refinement on words: the search of the sparse engine, with sets of vertices as words and
//! nothing allocated once the workspace is warm.

use super::super::found::Found;
use super::super::layers::Layers;
use super::super::trace::{NoTrace, Trace, Traces};
use super::super::word::Word;
use super::partition::{Cells, Fragments, NoScript, Rows, Script};
use super::parts::Parts;
use super::reduction::{Kinds, Scratch, collapse_twins, follow};
use crate::CanonError;
use std::cmp::Ordering;

/// Cells of fewer vertices are searched without a look at what surrounds these.
const FEW: usize = 6;

/// How often in vain the refinements of the first path are replayed.
const REPLAYS: u32 = 2;

/// A node of the search tree on the current path.
#[derive(Clone, Copy)]
struct Level<W, const N: usize> {
    cells: Cells<W, N>,
    target: usize,
    /// The vertices of the target cell not yet tried.
    untried: W,
    /// The vertices individualized on the way here.
    prefix: W,
    on_first_path: bool,
    like_first: bool,
    against_best: Ordering,
    /// Automorphisms that `untried` has been pruned with, away from the first path.
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
            like_first: true,
            against_best: Ordering::Equal,
            pruned: 0,
        }
    }
}

struct Automorphism<W, const N: usize> {
    images: [u8; N],
    fixed: W,
    /// The least vertex of each cycle, once somebody has asked.
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

/// A path and the position of every vertex at its end.
struct Leaf<const N: usize> {
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

/// A graph of at most `N` vertices, and everything that its search needs.
pub(super) struct Engine<W, const N: usize> {
    pub(super) n: usize,
    pub(super) rows: Vec<Rows<W, N>>,
    pub(super) flip: usize,
    pub(super) root: Cells<W, N>,
    /// Cells to split by at the root.
    pub(super) active: W,
    layers: Layers,
    scratch: Scratch,
    parts: Parts<W, N>,
    fragments: Fragments<W, N>,
    levels: Vec<Level<W, N>>,
    /// Target cells along the first path, and the refinements from each node to the next.
    first_targets: [u8; N],
    first_scripts: Vec<Script>,
    /// How often the scripts may be replayed yet: while that finds automorphisms.
    replays: u32,
    traces: Traces,
    path: [u8; N],
    found_first: bool,
    first: Leaf<N>,
    best: Leaf<N>,
    /// The graph relabelled by `best`; empty until it is first compared with another leaf.
    best_form: Vec<W>,
    form: Vec<W>,
    automorphisms: Vec<Automorphism<W, N>>,
    /// How many of them were found in parts before this one.
    earlier: usize,
    /// What the search adds to the base, part by part.
    base: Vec<u8>,
    /// Canonical positions; of what is set aside, in the end.
    positions: [u32; N],
    /// Runs of equal parts, as ranges of the list of parts.
    runs: Vec<(usize, usize)>,
    /// The least vertex of the orbit of each.
    orbits: [u8; N],
    /// What the search acts on: vertices of cells open at the root, …
    live: W,
    /// … and their positions.
    live_positions: W,
    nodes: u64,
    leaves: u64,
    budget: u64,
    depth: usize,
}

impl<W: Word, const N: usize> Default for Engine<W, N> {
    fn default() -> Self {
        Self {
            n: 0,
            rows: Vec::new(),
            flip: 0,
            root: Cells::empty(),
            active: W::EMPTY,
            layers: Layers::default(),
            scratch: Scratch::default(),
            parts: Parts::default(),
            fragments: Fragments::default(),
            levels: Vec::new(),
            first_targets: [0; N],
            first_scripts: Vec::new(),
            replays: 0,
            traces: Traces::default(),
            path: [0; N],
            found_first: false,
            first: Leaf::default(),
            best: Leaf::default(),
            best_form: Vec::new(),
            form: Vec::new(),
            automorphisms: Vec::new(),
            earlier: 0,
            base: Vec::new(),
            positions: [0; N],
            runs: Vec::new(),
            orbits: [0; N],
            live: W::EMPTY,
            live_positions: W::EMPTY,
            nodes: 0,
            leaves: 0,
            budget: 0,
            depth: 0,
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

impl<W: Word, const N: usize> Engine<W, N> {
    /// Runs the search on the graph that has been put in; `nodes` of the budget are spent already.
    pub(super) fn run(&mut self, nodes: u64, budget: u64) -> Result<(), CanonError> {
        (self.nodes, self.leaves, self.budget) = (nodes, 0, budget);
        self.automorphisms.clear();
        self.base.clear();
        self.runs.clear();
        self.layers.clear();
        self.refine_root(self.active);
        if !self.root.open.is_empty() {
            self.reduce();
            self.parts.find_concerns(&self.root, &self.rows);
            if self.split_by_surroundings() && !self.root.open.is_empty() {
                self.reduce();
                self.parts.find_concerns(&self.root, &self.rows);
            }
        }
        for (position, members) in (0u32..).zip(&self.root.members[..self.n]) {
            // Without a branch: it would depend on the graph.
            let place = &mut self.positions[members.first() % N];
            let kept = u32::from(members.is_empty()).wrapping_neg();
            *place = *place & kept | position & !kept;
        }
        if self.root.open.is_empty() {
            return Ok(());
        }
        self.orbits = identity();
        let all = self.root.open_members();
        let part = self.parts.part_of_least(all);
        if part == all {
            self.search(self.root, all, self.root.open_positions())?;
            self.base.extend_from_slice(&self.first.path[..self.first.length]);
            for position in self.live_positions.elements() {
                self.positions[self.best.order[position % N] as usize % N] = position as u32;
            }
            return Ok(());
        }
        self.search_parts(all, part)
    }

    /// Searches part by part, and exchanges equal parts.
    fn search_parts(&mut self, all: W, first: W) -> Result<(), CanonError> {
        self.parts.clear();
        let (mut rest, mut part) = (all, first);
        loop {
            let mut cells = Cells::empty();
            let mut at = 0;
            for start in self.root.open.elements() {
                let members = self.root.members[start % N] & part;
                if !members.is_empty() {
                    at = cells.place(at, members);
                }
            }
            self.search(cells, part, W::below(at))?;
            self.make_best_form();
            // Some vertex, where no base is needed inside: it tells equal parts apart.
            let path = match self.first.length {
                0 => &self.best.order[..1],
                length => &self.first.path[..length],
            };
            self.parts
                .push(&self.root, part, path, &self.best.order[..at], &self.best_form);
            rest = rest.without(part);
            if rest.is_empty() {
                break;
            }
            part = self.parts.part_of_least(rest);
        }
        self.join_parts();
        Ok(())
    }

    fn join_parts(&mut self) {
        self.parts.sort();
        let mut filled = [0; N];
        for (index, part) in self.parts.list.iter().enumerate() {
            // In this order the generators stay strong: those that fix the base points of a part fix it as a whole,
            // and act on it as its own group; the exchanges that remain are those of later parts.
            self.base.extend_from_slice(self.parts.path(part));
            let order = self.parts.order(part);
            for (&v, start) in order.iter().zip(self.parts.starts(part)) {
                self.positions[v as usize % N] = start as u32 + filled[start % N];
                filled[start % N] += 1;
            }
            match self.runs.last_mut() {
                Some((first, end)) if self.parts.equal(&self.parts.list[*first], part) => *end = index + 1,
                _ => self.runs.push((index, index + 1)),
            }
        }
    }

    fn refine_root(&mut self, active: W) {
        self.root.refine(
            &self.rows,
            active,
            &mut self.fragments,
            &mut NoTrace,
            &mut NoScript,
        );
    }

    fn reduce(&mut self) {
        loop {
            let kinds = Kinds {
                rows: &self.rows,
                flip: self.flip,
            };
            let (twins, split) = collapse_twins(&mut self.root, &kinds, &mut self.layers, &mut self.scratch);
            if !split.is_empty() {
                self.refine_root(split);
            }
            let kinds = Kinds {
                rows: &self.rows,
                flip: self.flip,
            };
            let followers = follow(&mut self.root, &kinds, &mut self.layers);
            if self.root.open.is_empty() || !(twins || followers) {
                return;
            }
        }
    }

    /// Splits the largest cell by what surrounds its vertices, and refines. Returns whether that told any apart.
    fn split_by_surroundings(&mut self) -> bool {
        let start = self.root.largest();
        let size = self.root.size(start);
        if size < FEW {
            return false;
        }
        let mut keys = [(0u64, 0u8); N];
        for (key, v) in keys.iter_mut().zip(self.root.members[start % N].elements()) {
            *key = (self.parts.surroundings(v), v as u8);
        }
        let keys = &mut keys[..size];
        if keys.iter().all(|key| key.0 == keys[0].0) {
            return false;
        }
        keys.sort_unstable();
        self.root.set_aside(start);
        self.active = W::EMPTY;
        let mut at = start;
        for class in keys.chunk_by(|a, b| a.0 == b.0) {
            at = self.place_class(at, class.iter().map(|key| key.1 as usize));
        }
        self.refine_root(self.active);
        true
    }

    /// Searches for the best leaf below `cells`, an equitable partition of the vertices `live`.
    fn search(&mut self, cells: Cells<W, N>, live: W, positions: W) -> Result<(), CanonError> {
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
        self.descend();
        loop {
            let depth = self.depth;
            match self.next_candidate() {
                Some(v) => self.visit(v)?,
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
                // Every automorphism so far fixes the first path up to here: a vertex is needed only as the least of
                // its orbit.
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

    /// Individualizes `v`, refines, and opens the child node unless it is cut.
    fn visit(&mut self, v: usize) -> Result<(), CanonError> {
        self.nodes += 1;
        let depth = self.depth;
        if self.nodes > self.budget {
            return Err(CanonError::BudgetExhausted {
                nodes: self.budget,
                leaves: self.leaves,
                generators: self.automorphisms.len(),
                depth: self.levels[..=depth]
                    .iter()
                    .filter(|level| level.on_first_path)
                    .count(),
                base: if self.found_first {
                    self.first.length
                } else {
                    depth + 1
                },
            });
        }
        if self.found_first && self.levels[depth].on_first_path && self.replay(v) {
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
        let mut comparison = self
            .traces
            .compare(depth, record, parent.like_first, parent.against_best);
        let target = parent.target;
        child.cells = parent.cells;
        child.cells.individualize(target, v);
        child.prefix = parent.prefix | W::bit(v);
        let cut = comparison.event((target << 8 | parent.cells.size(target)) as u64);
        let (rows, active) = (&self.rows, W::bit(target));
        let (fragments, trace) = (&mut self.fragments, &mut comparison);
        let complete = if record {
            let script = &mut self.first_scripts[depth];
            script.clear();
            child.cells.refine(rows, active, fragments, trace, script)
        } else {
            !cut && child.cells.refine(rows, active, fragments, trace, &mut NoScript)
        };
        comparison.finish();
        let (like_first, against_best) = (comparison.like_first, comparison.against_best);
        if !record && (!complete || (!like_first && against_best == Ordering::Less)) {
            return Ok(());
        }
        child.on_first_path = record;
        child.like_first = like_first;
        child.against_best = against_best;
        if against_best == Ordering::Greater {
            self.traces.void_below(depth);
            // Its siblings compare with the new trace from now on; some leaf below will be the new best.
            for level in above {
                level.against_best = Ordering::Equal;
            }
        }
        self.depth += 1;
        self.descend();
        Ok(())
    }

    /// Looks for an automorphism that maps the first path, from the current depth on, to a path through `v`: does with `v`
    /// what was done on the first path, without a look at what else the refinements tell.
    fn replay(&mut self, v: usize) -> bool {
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
            script.replay(&self.rows, &mut cells);
            v = W::EMPTY;
        }
        let mut images = identity();
        let mut reached = W::EMPTY;
        for position in self.live_positions.elements() {
            let image = cells[position % N].lowest();
            images[self.first.order[position % N] as usize % N] = image.first() as u8;
            reached = reached | image;
        }
        if reached != self.live || !self.is_automorphism(&images) {
            return false;
        }
        self.replays += 2;
        self.add(images, depth);
        true
    }

    /// Looks at the node at the current depth: a leaf is done with at once, another node gets its target cell.
    fn descend(&mut self) {
        let depth = self.depth;
        let level = &mut self.levels[depth];
        match level.cells.target(&self.rows) {
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
                self.leaf();
            }
        }
    }

    /// Handles the leaf one level below the current depth.
    fn leaf(&mut self) {
        self.leaves += 1;
        let length = self.depth + 1;
        let leaf = &self.levels[length];
        let (like_first, against_best) = (leaf.like_first, leaf.against_best);
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
            if self.is_automorphism(&images) {
                let common = self.common_prefix(&self.first.path);
                self.add(images, common);
                return;
            }
        }
        let compared = against_best.then(length.cmp(&self.best.length));
        if compared == Ordering::Less {
            return;
        }
        self.make_best_form();
        let mut form = std::mem::take(&mut self.form);
        self.relabel(&order, &mut form);
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
                // Equal relabelled graphs: the map between the leaves is an automorphism by construction.
                let images = self.mapping(&self.best.order, &order);
                let common = self.common_prefix(&self.best.path);
                self.add(images, common);
            }
        }
    }

    fn make_best_form(&mut self) {
        if self.best_form.is_empty() {
            let mut form = std::mem::take(&mut self.best_form);
            self.relabel(&self.best.order, &mut form);
            self.best_form = form;
        }
    }

    /// Whether a permutation that maps cells of the root to themselves is an automorphism.
    fn is_automorphism(&self, images: &[u8; N]) -> bool {
        // Pairs of vertices that both stay need no look, and of the others one moves. Numbers of neighbours agree within a cell.
        self.live.elements().all(|v| {
            let image = images[v % N] as usize;
            image == v
                || self.rows.iter().all(|rows| {
                    let row = rows[image % N];
                    (rows[v % N] & self.live)
                        .elements()
                        .all(|u| row.has(images[u % N] as usize))
                })
        })
    }

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

    /// Rows by position, neighbours as positions, of what the search acts on.
    fn relabel(&self, order: &[u8; N], form: &mut Vec<W>) {
        form.clear();
        let mut position = [0u8; N];
        for p in self.live_positions.elements() {
            position[order[p % N] as usize % N] = p as u8;
        }
        for p in self.live_positions.elements() {
            for rows in &self.rows {
                let row = rows[order[p % N] as usize % N] & self.live;
                form.push(
                    row.elements()
                        .fold(W::EMPTY, |all, u| all | W::bit(position[u % N] as usize)),
                );
            }
        }
    }

    /// Records an automorphism and returns to the node where the two paths part, `common` vertices deep.
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

    /// Adds what the search has found to `found`, which is empty.
    pub(super) fn report(&mut self, found: &mut Found) {
        for &(first, end) in &self.runs {
            let run = &self.parts.list[first..end];
            let points = run.iter().flat_map(|part| self.parts.order(part));
            found
                .parts
                .push_class(self.parts.order(&run[0]).len(), points.map(|&v| u32::from(v)));
        }
        found.base.extend(self.base.iter().map(|&v| u32::from(v)));
        for automorphism in &self.automorphisms {
            found.push_images(&automorphism.images[..self.n]);
        }
        found.nodes = self.nodes;
        found.complete(&mut self.positions[..self.n], &mut self.layers);
    }
}
