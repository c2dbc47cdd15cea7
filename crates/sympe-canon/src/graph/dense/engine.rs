//! The course of a graph through the dense engine: refinement, reduction, surroundings, parts, searches.

use super::super::budget::Budget;
use super::super::found::Found;
use super::super::layers::Layers;
use super::super::trace::NoTrace;
use super::super::word::Word;
use super::counts::Rows;
use super::partition::Cells;
use super::parts::Parts;
use super::reduction::{Kinds, Scratch, collapse_twins, follow};
use super::script::NoScript;
use super::search::Search;
use crate::CanonError;

/// Cells of fewer vertices are searched without a look at the surroundings of their vertices, which would take longer.
const FEW: usize = 6;

/// A graph of at most `N` vertices, and the memory for all that happens to it.
pub(super) struct Engine<W, const N: usize> {
    /// The number of vertices.
    pub(super) n: usize,
    /// Neighbours by kind of arc. The kinds of a directed graph come in pairs: arcs of a colour, and their reverses.
    pub(super) rows: Vec<Rows<W, N>>,
    /// 1 for a directed graph, 0 otherwise: `rows[kind ^ flip]` are the reverses of `rows[kind]`.
    pub(super) flip: usize,
    /// The partition at the root of the search tree.
    pub(super) root: Cells<W, N>,
    /// Starts of the cells that the root has to be split by.
    pub(super) active: W,
    layers: Layers,
    scratch: Scratch,
    parts: Parts<W, N>,
    search: Search<W, N>,
    /// Base points found by the searches, part by part.
    base: Vec<u8>,
    /// Canonical positions by vertex, of the vertices that have not been set aside.
    positions: [u32; N],
    /// Runs of equal parts, as ranges of the list of parts.
    runs: Vec<(usize, usize)>,
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
            search: Search::default(),
            base: Vec::new(),
            positions: [0; N],
            runs: Vec::new(),
        }
    }
}

impl<W: Word, const N: usize> Engine<W, N> {
    /// Finds canonical order and group of the graph that has been loaded; `nodes` of the budget are spent already.
    pub(super) fn run(&mut self, nodes: u64, budget: &Budget) -> Result<(), CanonError> {
        self.search.begin(nodes, budget);
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
            // The positions of single vertices are final, those of open cells are overwritten later, and empty places
            // change nothing. A branch would depend on the graph and be hard to predict.
            let place = &mut self.positions[members.first() % N];
            let kept = u32::from(members.is_empty()).wrapping_neg();
            *place = *place & kept | position & !kept;
        }
        if self.root.open.is_empty() {
            return Ok(());
        }
        debug_assert!(self.root.invariants_hold() && self.root.is_equitable(&self.rows));
        let all = self.root.open_members();
        let part = self.parts.part_of_least(all);
        if part == all {
            let positions = self.root.open_positions();
            self.search.run(&self.rows, self.root, all, positions)?;
            self.base.extend_from_slice(self.search.base());
            let order = self.search.order();
            for position in positions.elements() {
                self.positions[order[position % N] as usize % N] = position as u32;
            }
            return Ok(());
        }
        self.search_parts(all, part)
    }

    /// Searches the part `first` of the vertices `all`, then the others, and puts them together.
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
            self.search.run(&self.rows, cells, part, W::below(at))?;
            self.search.make_best_form(&self.rows);
            // A part that needs no base gets a base point all the same, some vertex: it tells equal parts apart.
            let (order, base) = (&self.search.order()[..at], self.search.base());
            let base = if base.is_empty() { &order[..1] } else { base };
            self.parts
                .push(&self.root, part, base, order, self.search.best_form());
            rest = rest.without(part);
            if rest.is_empty() {
                break;
            }
            part = self.parts.part_of_least(rest);
        }
        self.join_parts();
        Ok(())
    }

    /// Positions, base and runs of equal parts, from the parts sorted by form: parts fill the cells of the root in
    /// this order.
    fn join_parts(&mut self) {
        self.parts.sort();
        let mut filled = [0; N];
        for (index, part) in self.parts.list.iter().enumerate() {
            // In this order of the base the generators are strong: exchanges of parts that fix the base points of a
            // part fix the part as a whole, its own group is generated strongly, and later parts follow.
            self.base.extend_from_slice(self.parts.base(part));
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

    /// Refines the root by the cells that start at `active`.
    fn refine_root(&mut self, active: W) {
        self.root.refine(
            &self.rows,
            active,
            &mut self.search.fragments,
            &mut NoTrace,
            &mut NoScript,
        );
    }

    /// Sets twins and followers aside until there are none.
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

    /// Splits the largest cell by the surroundings of its vertices, and refines. Returns whether these differ. Only
    /// one cell is looked at: refinement carries what it tells to the others.
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

    /// Makes a class a cell to split by, at position `at`, and returns the position after it.
    pub(super) fn place_class(&mut self, at: usize, class: impl Iterator<Item = usize>) -> usize {
        self.active = self.active | W::bit(at);
        self.root.place(at, W::union(class.map(W::bit)))
    }

    /// Adds order and group to `found`, which is empty.
    pub(super) fn report(&mut self, found: &mut Found) {
        for &(first, end) in &self.runs {
            let run = &self.parts.list[first..end];
            let points = run.iter().flat_map(|part| self.parts.order(part));
            found
                .parts
                .push_class(self.parts.order(&run[0]).len(), points.map(|&v| u32::from(v)));
        }
        found.base.extend(self.base.iter().map(|&v| u32::from(v)));
        for images in self.search.generators() {
            found.push_images(&images[..self.n]);
        }
        found.nodes = self.search.nodes();
        found.complete(&mut self.positions[..self.n], &mut self.layers);
    }
}
