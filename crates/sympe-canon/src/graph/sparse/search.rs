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
use super::surroundings::Surroundings;
use crate::CanonError;
use crate::relaxed::dense_ranks;
use std::cmp::Ordering;

/// Runs the search on the partition of `graph` by `colors`; `nodes` of the budget are spent already.
pub(super) fn search(
    graph: &ColoredGraph,
    arcs: &Arcs,
    colors: &[u32],
    nodes: u64,
    budget: u64,
    found: &mut Found,
) -> Result<(), CanonError> {
    Search::new(graph, arcs, colors, nodes, budget).run(found)
}

/// After this many visits below the root it pays to look at all candidates at once.
const MANY_VISITS: usize = 16;

/// With this many candidates below the root it pays even before the first visit.
const MANY_CANDIDATES: usize = 5000;

/// How many arcs the trace looks at around a vertex below the root, at first and if that decides nothing.
const NEAR: usize = 512;
const FAR: usize = 16_384;

/// A node of the search tree on the current path.
struct Frame {
    /// Where its target cell's vertices begin in `candidates`.
    candidates: usize,
    /// The next one to try.
    next: usize,
    mark: usize,
    on_first_path: bool,
    like_first: bool,
    against_best: Ordering,
}

struct Automorphism {
    images: Vec<u32>,
    /// The vertex is the least of its cycle.
    least_in_cycle: Vec<bool>,
}

struct Leaf {
    /// Vertices by position.
    lab: Vec<u32>,
    path: Vec<u32>,
}

struct Search<'a> {
    graph: &'a ColoredGraph,
    arcs: &'a Arcs,
    partition: Partition,
    frames: Vec<Frame>,
    candidates: Vec<u32>,
    path: Vec<u32>,
    traces: Traces,
    first: Option<Leaf>,
    best: Option<Leaf>,
    /// The graph relabelled by `best`, made when it is first compared with another leaf.
    best_form: Option<Vec<u32>>,
    automorphisms: Vec<Automorphism>,
    orbits: Vec<u32>,
    surroundings: Surroundings,
    /// Visits below the root.
    first_visits: usize,
    nodes: u64,
    leaves: u64,
    budget: u64,
}

impl<'a> Search<'a> {
    fn new(graph: &'a ColoredGraph, arcs: &'a Arcs, colors: &[u32], nodes: u64, budget: u64) -> Self {
        Self {
            graph,
            arcs,
            partition: Partition::new(colors),
            frames: Vec::new(),
            candidates: Vec::new(),
            path: Vec::new(),
            traces: Traces::default(),
            first: None,
            best: None,
            best_form: None,
            automorphisms: Vec::new(),
            orbits: (0..graph.n() as u32).collect(),
            surroundings: Surroundings::new(graph.n()),
            first_visits: 0,
            nodes,
            leaves: 0,
            budget,
        }
    }

    fn run(mut self, found: &mut Found) -> Result<(), CanonError> {
        self.partition.refine(self.arcs, &mut NoTrace);
        self.descend(true, true, Ordering::Equal);
        while let Some(level) = self.frames.len().checked_sub(1) {
            self.partition.undo(self.frames[level].mark);
            self.path.truncate(level);
            if level == 0 {
                self.first_visits += 1;
                if self.first_visits == MANY_VISITS {
                    self.drop_candidates();
                }
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
            let moves = (0u32..).zip(automorphism.images.iter().copied());
            found.push_generator(moves.filter(|&(v, image)| v != image));
        }
        found.nodes = self.nodes;
        Ok(())
    }

    /// Keeps the candidates at the root whose surroundings are rarest. Isomorphic graphs keep corresponding ones, so the
    /// best leaf below these will do; and automorphisms keep them. Of a large random graph few are left, often one.
    fn keep_rarest(&mut self) {
        let of = |&v: &u32| (self.surroundings.of(v, NEAR, self.arcs, &self.partition), v);
        let mut keys: Vec<(u64, u32)> = self.candidates.iter().map(of).collect();
        keys.sort_unstable();
        let classes = keys.chunk_by(|a, b| a.0 == b.0);
        // The first, the one of least hash, among equals.
        let rarest = classes.min_by_key(|class| class.len()).unwrap_or_default();
        self.candidates.clear();
        self.candidates.extend(rarest.iter().map(|key| key.1));
    }

    /// Drops candidates at the root that lead neither to the best leaf nor to an automorphism. The root must be the node
    /// at hand.
    ///
    /// The trace begins with the surroundings of the vertex, so only those whose surroundings are greatest lead to the best
    /// leaf. Automorphisms map the first candidate to those that refinement does not tell apart from it, given everyone's
    /// surroundings: of a large random graph, none.
    fn drop_candidates(&mut self) {
        let Some(first) = &self.first else { return };
        let first = first.path[0];
        let target = self.partition.cell_of(first);
        let mut keys: Vec<(u32, u64)> = (0..self.graph.n() as u32)
            .map(|v| (self.partition.cell_of(v), 0))
            .collect();
        for &v in self.partition.members(target) {
            keys[v as usize].1 = self.surroundings.of(v, NEAR, self.arcs, &self.partition);
        }
        let greatest = self.candidates.iter().map(|&v| keys[v as usize].1).max();
        let (colors, _) = dense_ranks(keys.len(), |i, j| keys[i as usize].cmp(&keys[j as usize]));
        let mut told_apart = Partition::new(&colors);
        told_apart.refine(self.arcs, &mut NoTrace);
        let class = told_apart.cell_of(first);
        let next = self.frames[0].next;
        let kept: Vec<u32> = self.candidates[next..]
            .iter()
            .copied()
            .filter(|&v| Some(keys[v as usize].1) == greatest || told_apart.cell_of(v) == class)
            .collect();
        self.candidates.truncate(next);
        self.candidates.extend(kept);
    }

    /// The next vertex of the target cell that no known automorphism maps to an earlier one.
    fn next_candidate(&mut self, level: usize) -> Option<u32> {
        let end = self
            .frames
            .get(level + 1)
            .map_or(self.candidates.len(), |next| next.candidates);
        loop {
            let frame = &mut self.frames[level];
            if frame.next == end {
                return None;
            }
            let position = frame.next;
            let v = self.candidates[position];
            frame.next += 1;
            if position == frame.candidates {
                return Some(v);
            }
            let redundant = if frame.on_first_path {
                // Every automorphism so far fixes the first path up to here, and candidates increase: v is needed
                // only as the least of its orbit.
                let start = frame.candidates;
                let root = self.find(v);
                root != v && self.candidates[start..position].binary_search(&root).is_ok()
            } else {
                let path = &self.path[..level];
                self.automorphisms
                    .iter()
                    .any(|g| !g.least_in_cycle[v as usize] && path.iter().all(|&p| g.images[p as usize] == p))
            };
            if !redundant {
                return Some(v);
            }
        }
    }

    /// Individualizes `v` at `level`, refines, and opens the child node unless it is cut.
    fn visit(&mut self, level: usize, v: u32) -> Result<(), CanonError> {
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
        let mut cut = comparison.event(mix(u64::from(start), size));
        for most_arcs in [NEAR, FAR] {
            if level == 0 && !cut {
                cut = comparison.event(self.surroundings.of(v, most_arcs, self.arcs, &self.partition));
            }
        }
        if cut {
            return Ok(());
        }
        self.partition.individualize(v);
        let complete = self.partition.refine(self.arcs, &mut comparison);
        comparison.finish();
        let (like_first, against_best) = (comparison.like_first, comparison.against_best);
        if !record && (!complete || (!like_first && against_best == Ordering::Less)) {
            return Ok(());
        }
        if against_best == Ordering::Greater {
            self.traces.void_below(level);
            // Its siblings compare with the new trace from now on; some leaf below will be the new best.
            for frame in &mut self.frames {
                frame.against_best = Ordering::Equal;
            }
        }
        self.descend(record, like_first, against_best);
        Ok(())
    }

    /// Opens the node of the current partition: a leaf, or a frame with its target cell.
    fn descend(&mut self, on_first_path: bool, like_first: bool, against_best: Ordering) {
        if !on_first_path && like_first && self.try_shortcut() {
            return;
        }
        let Some(start) = self.partition.target(self.arcs) else {
            self.leaf(like_first, against_best);
            return;
        };
        let from = self.candidates.len();
        self.candidates.extend_from_slice(self.partition.members(start));
        if self.frames.is_empty() && self.candidates.len() >= MANY_CANDIDATES {
            self.keep_rarest();
        }
        self.candidates[from..].sort_unstable();
        self.frames.push(Frame {
            candidates: from,
            next: from,
            mark: self.partition.mark(),
            on_first_path,
            like_first,
            against_best,
        });
    }

    fn leaf(&mut self, like_first: bool, against_best: Ordering) {
        self.leaves += 1;
        let Some(first) = &self.first else {
            let leaf = |lab: &[u32], path: &[u32]| Leaf {
                lab: lab.to_vec(),
                path: path.to_vec(),
            };
            self.first = Some(leaf(&self.partition.lab, &self.path));
            self.best = Some(leaf(&self.partition.lab, &self.path));
            return;
        };
        if like_first && self.path.len() == first.path.len() {
            let images = mapping(&first.lab, &self.partition.lab);
            if self.graph.is_fixed_by(&images) {
                let common = common_prefix(&first.path, &self.path);
                self.add(images, common);
                return;
            }
        }
        let best = self.best.as_ref().expect("set with the first leaf");
        let order = against_best.then(self.path.len().cmp(&best.path.len()));
        if order == Ordering::Less {
            return;
        }
        let form = self.relabelled(&self.partition.lab, &self.partition.pos);
        let best_form = self.best_form.take().unwrap_or_else(|| {
            let mut pos = vec![0; best.lab.len()];
            for (position, &v) in best.lab.iter().enumerate() {
                pos[v as usize] = position as u32;
            }
            self.relabelled(&best.lab, &pos)
        });
        let order = order.then_with(|| form.cmp(&best_form));
        self.best_form = Some(best_form);
        match order {
            Ordering::Less => {}
            Ordering::Greater => {
                self.best = Some(Leaf {
                    lab: self.partition.lab.clone(),
                    path: self.path.clone(),
                });
                self.best_form = Some(form);
            }
            Ordering::Equal => {
                // Equal relabelled graphs: the map between the leaves is an automorphism by construction.
                let best = self.best.as_ref().expect("set with the first leaf");
                let images = mapping(&best.lab, &self.partition.lab);
                let common = common_prefix(&best.path, &self.path);
                self.add(images, common);
            }
        }
    }

    /// Tries to complete the partial map "first path's node → this node" to an automorphism without going down to a
    /// leaf: cells hold mostly the same vertices, which stay; the others are matched in order.
    fn try_shortcut(&mut self) -> bool {
        let Some(first) = &self.first else { return false };
        let n = first.lab.len();
        let mut images: Vec<u32> = (0..n as u32).collect();
        for start in self.partition.starts() {
            let members = self.partition.members(start);
            let range = start as usize..start as usize + members.len();
            if members.len() == 1 {
                images[first.lab[range.start] as usize] = members[0];
                continue;
            }
            // The first leaf refines the first path's node, so its vertices at these positions are that node's cell.
            let old = &first.lab[range];
            let mut leaving: Vec<u32> = old
                .iter()
                .copied()
                .filter(|&v| self.partition.cell_of(v) != start)
                .collect();
            if leaving.is_empty() {
                continue;
            }
            let mut sorted_old = old.to_vec();
            sorted_old.sort_unstable();
            let mut arriving: Vec<u32> = members
                .iter()
                .copied()
                .filter(|v| sorted_old.binary_search(v).is_err())
                .collect();
            leaving.sort_unstable();
            arriving.sort_unstable();
            for (&from, &to) in leaving.iter().zip(&arriving) {
                images[from as usize] = to;
            }
        }
        if !self.graph.is_fixed_by(&images) {
            return false;
        }
        let common = common_prefix(&first.path, &self.path);
        self.add(images, common);
        true
    }

    /// Records an automorphism and returns to the node where the two paths part, `common` levels deep.
    fn add(&mut self, images: Vec<u32>, common: usize) {
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
            let (a, b) = (self.find(v), self.find(images[v as usize]));
            self.orbits[a.max(b) as usize] = a.min(b);
        }
        self.automorphisms.push(Automorphism {
            images,
            least_in_cycle,
        });
        if self.frames.len() > common + 1 {
            self.candidates.truncate(self.frames[common + 1].candidates);
            self.frames.truncate(common + 1);
        }
    }

    fn find(&mut self, mut v: u32) -> u32 {
        while self.orbits[v as usize] != v {
            self.orbits[v as usize] = self.orbits[self.orbits[v as usize] as usize];
            v = self.orbits[v as usize];
        }
        v
    }

    /// The adjacency lists by position, targets as positions: equal lists mean equal relabelled graphs, given equal
    /// initial colours.
    fn relabelled(&self, lab: &[u32], pos: &[u32]) -> Vec<u32> {
        let mut form = Vec::with_capacity(self.arcs.targets.len() + lab.len());
        let mut row: Vec<(u32, u32)> = Vec::new();
        for &v in lab {
            row.clear();
            row.extend(
                self.graph
                    .neighbors(v)
                    .iter()
                    .map(|&u| pos[u as usize])
                    .zip(self.graph.edge_colors_of(v).iter().copied()),
            );
            row.sort_unstable();
            form.push(row.len() as u32);
            for &(target, color) in &row {
                form.push(target);
                form.push(color);
            }
        }
        form
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
        starts: vec![0; n + 1],
        targets: Vec::new(),
        weights: Vec::new(),
        exact: true,
    };
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
        arcs.starts[v as usize + 1] = arcs.targets.len() as u32;
    }
    debug_assert_eq!(arcs.n(), n);
    arcs
}
