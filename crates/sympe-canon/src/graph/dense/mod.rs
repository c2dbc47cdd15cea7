//! The search on graphs of at most 128 vertices and few colours of edges: sets of vertices are machine words.

mod partition;
mod parts;
mod reduction;
mod search;

use super::ColoredGraph;
use super::found::Found;
use super::planes::{MOST_COLORS, Planes};
use super::word::Word;
use crate::CanonError;
use partition::Rows;
use search::Engine;
use std::cell::RefCell;

/// Workspaces by the number of vertices that fit.
#[derive(Default)]
struct Workspace {
    upto16: Engine<u32, 16>,
    upto32: Box<Engine<u32, 32>>,
    upto64: Box<Engine<u64, 64>>,
    upto128: Box<Engine<u128, 128>>,
    scratch: Scratch,
}

/// Scratch of putting a graph in.
#[derive(Default)]
struct Scratch {
    edge_colors: Vec<u32>,
    /// Colour, loop and degree of each vertex, and the vertex, sorted.
    keys: Vec<((u32, u64), u32)>,
}

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// Searches the graph, its vertices coloured by `colors`, if it is for this engine; `nodes` of the budget are spent
/// already. `None` if it is not.
pub(super) fn search(
    graph: &ColoredGraph,
    colors: &[u32],
    nodes: u64,
    budget: u64,
    found: &mut Found,
) -> Option<Result<(), CanonError>> {
    let n = graph.n();
    if n > 128 {
        return None;
    }
    WORKSPACE.with_borrow_mut(|workspace| {
        let scratch = &mut workspace.scratch;
        if !scratch.collect_edge_colors(graph) {
            return None;
        }
        found.clear();
        Some(match n {
            0..=16 => workspace
                .upto16
                .search_graph(graph, colors, scratch, nodes, budget, found),
            17..=32 => workspace
                .upto32
                .search_graph(graph, colors, scratch, nodes, budget, found),
            33..=64 => workspace
                .upto64
                .search_graph(graph, colors, scratch, nodes, budget, found),
            _ => workspace
                .upto128
                .search_graph(graph, colors, scratch, nodes, budget, found),
        })
    })
}

impl Scratch {
    /// Lists the colours that edges other than loops have, unless the graph has planes; false if they are too many.
    fn collect_edge_colors(&mut self, graph: &ColoredGraph) -> bool {
        self.edge_colors.clear();
        if graph.planes().is_some() {
            return true;
        }
        if let Some(color) = graph.only_edge_color() {
            self.edge_colors.push(color);
            return true;
        }
        for v in 0..graph.n() as u32 {
            for (&u, &color) in graph.neighbors(v).iter().zip(graph.edge_colors_of(v)) {
                if u == v || self.edge_colors.last() == Some(&color) {
                    continue;
                }
                match self.edge_colors.iter().position(|&known| known == color) {
                    // The last one met is looked at first.
                    Some(index) => {
                        let last = self.edge_colors.len() - 1;
                        self.edge_colors.swap(index, last);
                    }
                    None if self.edge_colors.len() == MOST_COLORS => return false,
                    None => self.edge_colors.push(color),
                }
            }
        }
        self.edge_colors.sort_unstable();
        true
    }
}

impl<W: Word, const N: usize> Engine<W, N> {
    fn search_graph(
        &mut self,
        graph: &ColoredGraph,
        colors: &[u32],
        scratch: &mut Scratch,
        nodes: u64,
        budget: u64,
        found: &mut Found,
    ) -> Result<(), CanonError> {
        self.put(graph, colors, scratch);
        self.run(nodes, budget)?;
        self.report(found);
        Ok(())
    }

    /// Puts the graph in: rows of neighbours, and the partition by colour, loop and degree.
    fn put(&mut self, graph: &ColoredGraph, colors: &[u32], scratch: &mut Scratch) {
        let n = graph.n();
        self.n = n;
        self.flip = usize::from(graph.is_directed());
        self.rows.clear();
        let looped = if let Some(planes) = graph.planes() {
            put_planes(planes, &mut self.rows)
        } else {
            self.rows
                .resize(scratch.edge_colors.len() << self.flip, [W::EMPTY; N]);
            put_lists(graph, &scratch.edge_colors, self.flip, &mut self.rows)
        };
        self.root.clear();
        self.active = W::EMPTY;
        // Arcs out, and 256 times the arcs in, if directed.
        let mut degrees = [0u16; N];
        for (kind, rows) in self.rows.iter().enumerate() {
            for (degree, row) in degrees[..n].iter_mut().zip(rows) {
                *degree += (row.count() as u16) << (8 * (kind & self.flip));
            }
        }
        let (any, every) = colors
            .iter()
            .fold((0, !0), |(any, every), &color| (any | color, every & color));
        let plain = !looped && !graph.is_directed();
        if plain && any == every {
            self.place_degrees(&degrees[..n]);
        } else if plain && any < 1 << 7 {
            let mut keys = [0; N];
            for ((key, &color), &degree) in keys.iter_mut().zip(colors).zip(&degrees) {
                *key = (color << 8) as i16 | degree as i16;
            }
            self.place_keys(&keys);
        } else {
            let keys = &mut scratch.keys;
            keys.clear();
            keys.extend((0..n as u32).map(|v| {
                let own = looped.then(|| graph.edge_color(v, v).map_or(0, |color| u64::from(color) + 1));
                let degree = u64::from(degrees[v as usize % N]);
                ((colors[v as usize], own.unwrap_or_default() << 16 | degree), v)
            }));
            keys.sort_unstable();
            let mut at = 0;
            for class in keys.chunk_by(|a, b| a.0 == b.0) {
                at = self.place_class(at, class.iter().map(|key| key.1 as usize));
            }
        }
        // Degrees say how many neighbours there are of each kind if there is one colour; then one class follows from the
        // others.
        if self.rows.len() <= 1 << self.flip && n > 0 {
            self.active = self.active.without(W::bit(self.root.largest()));
        }
    }

    /// Makes the vertices of each degree a cell to split by, in the order of degrees.
    fn place_degrees(&mut self, degrees: &[u16]) {
        let mut by_degree = [W::EMPTY; N];
        let mut met = W::EMPTY;
        for (v, &degree) in degrees.iter().enumerate() {
            let degree = degree as usize % N;
            by_degree[degree] = by_degree[degree] | W::bit(v);
            met = met | W::bit(degree);
        }
        let mut at = 0;
        for degree in met.elements() {
            self.active = self.active | W::bit(at);
            at = self.root.place(at, by_degree[degree % N]);
        }
    }

    /// Makes the vertices of each key a cell to split by, in the order of keys. A cell starts after the vertices of lesser
    /// keys, which are counted: n² comparisons, many at once, and no branch depends on the keys.
    fn place_keys(&mut self, keys: &[i16; N]) {
        let mut starts = [0u16; N];
        let some = self.n.next_multiple_of(16).min(N);
        for &key in &keys[..self.n] {
            for (start, &other) in starts[..some].iter_mut().zip(&keys[..some]) {
                *start += u16::from(key < other);
            }
        }
        for (v, &start) in starts[..self.n].iter().enumerate() {
            self.active = self.active | W::bit(start as usize % N);
            self.root.add(start as usize, v);
        }
    }

    /// Makes a class a cell to split by, and returns the position after it.
    pub(super) fn place_class(&mut self, at: usize, class: impl Iterator<Item = usize>) -> usize {
        self.active = self.active | W::bit(at);
        self.root
            .place(at, class.fold(W::EMPTY, |all, v| all | W::bit(v)))
    }
}

/// Puts in the rows of a graph that has planes, those of colours that only loops have left out. Returns whether it has
/// loops, which are left out.
fn put_planes<W: Word, const N: usize>(planes: &Planes, rows: &mut Vec<Rows<W, N>>) -> bool {
    let mut loops = 0;
    for (_, pair) in planes.iter() {
        let from = rows.len();
        let mut all = W::EMPTY;
        for plane in planes.each(pair) {
            let mut put = [W::EMPTY; N];
            for (v, (put, &word)) in put.iter_mut().zip(plane).enumerate() {
                let own = word & 1 << v;
                loops |= own;
                *put = W::of(word ^ own);
                all = all | *put;
            }
            rows.push(put);
        }
        if all.is_empty() {
            rows.truncate(from);
        }
    }
    loops != 0
}

/// As [`put_planes`], for a graph that has none: rows by colour, and those of the reverse arcs after each of a directed
/// graph.
fn put_lists<W: Word, const N: usize>(
    graph: &ColoredGraph,
    edge_colors: &[u32],
    flip: usize,
    rows: &mut [Rows<W, N>],
) -> bool {
    let mut looped = false;
    for v in 0..graph.n() {
        let colors = graph.edge_colors_of(v as u32);
        for (&u, color) in graph.neighbors(v as u32).iter().zip(colors) {
            let u = u as usize;
            if u == v {
                looped = true;
                continue;
            }
            let Ok(kind) = edge_colors.binary_search(color) else {
                unreachable!("the colours of all edges were collected")
            };
            let row = &mut rows[kind << flip][v % N];
            *row = *row | W::bit(u);
            if flip == 1 {
                let row = &mut rows[kind << 1 | 1][u % N];
                *row = *row | W::bit(v);
            }
        }
    }
    looped
}
