//! How a graph enters the dense engine: rows of neighbours, and the partition to begin with.
//!
//! Invariants of a loaded engine: rows hold no loops, and in a directed graph every kind of arc is followed by its
//! reverse; vertices of one cell agree in colour, in loops, and in the number of arcs in each direction; cells come
//! in the order of these, which are isomorphism invariants; `active` holds cells enough to split by.
//!
//! O(n² + m) operations on words at most; for graphs that have [`Planes`], O(n) for each of them.

use super::super::colored_graph::ColoredGraph;
use super::super::loops::colors_with_loops;
use super::super::planes::{MOST_COLORS, Planes};
use super::super::word::Word;
use super::counts::Rows;
use super::engine::Engine;
use std::borrow::Cow;

/// Memory for what a graph is loaded by.
#[derive(Default)]
pub(super) struct Scratch {
    /// The colours of edges other than loops, increasing, of a graph without planes.
    edge_colors: Vec<u32>,
    /// Colour and degree of each vertex, and the vertex; sorted.
    keys: Vec<((u32, u16), u32)>,
}

impl Scratch {
    /// Lists the colours of edges other than loops, unless the graph has planes. False if they are too many for the
    /// engine.
    pub(super) fn collect_edge_colors(&mut self, graph: &ColoredGraph) -> bool {
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
                    // The colour met last is kept at the end, where the next arc looks first.
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
    /// Takes a graph in: rows of neighbours, and the partition by colour, loop and degree.
    pub(super) fn load(&mut self, graph: &ColoredGraph, colors: &[u32], scratch: &mut Scratch) {
        let n = graph.n();
        self.n = n;
        self.flip = usize::from(graph.is_directed());
        self.rows.clear();
        let looped = if let Some(planes) = graph.planes() {
            rows_of_planes(planes, &mut self.rows)
        } else {
            self.rows
                .resize(scratch.edge_colors.len() << self.flip, [W::EMPTY; N]);
            rows_of_lists(graph, &scratch.edge_colors, self.flip, &mut self.rows)
        };
        self.root.clear();
        self.active = W::EMPTY;
        // The number of arcs out, and 256 times the number of arcs in of a directed graph: neither exceeds 127.
        let mut degrees = [0u16; N];
        for (kind, rows) in self.rows.iter().enumerate() {
            for (degree, row) in degrees[..n].iter_mut().zip(rows) {
                *degree += (row.count() as u16) << (8 * (kind & self.flip));
            }
        }
        let colors = if looped {
            colors_with_loops(graph, colors)
        } else {
            Cow::Borrowed(colors)
        };
        let (any, every) = colors
            .iter()
            .fold((0, !0), |(any, every), &color| (any | color, every & color));
        if self.flip == 0 && any == every {
            self.place_degrees(&degrees[..n]);
        } else if self.flip == 0 && any < 1 << 7 {
            let mut keys = [0; N];
            for ((key, &color), &degree) in keys.iter_mut().zip(&*colors).zip(&degrees) {
                *key = (color << 8) as i16 | degree as i16;
            }
            self.place_keys(&keys);
        } else {
            let keys = &mut scratch.keys;
            keys.clear();
            keys.extend(
                (0u32..)
                    .zip(&*colors)
                    .zip(&degrees)
                    .map(|((v, &color), &degree)| ((color, degree), v)),
            );
            keys.sort_unstable();
            let mut at = 0;
            for class in keys.chunk_by(|a, b| a.0 == b.0) {
                at = self.place_class(at, class.iter().map(|key| key.1 as usize));
            }
        }
        // With one colour of edges, all vertices of a cell have as many neighbours altogether, so that their
        // neighbours in all cells but one say how many there are in this one.
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

    /// Makes the vertices of each key a cell to split by, in the order of keys. The start of a cell is the number of
    /// vertices of lesser keys: n² comparisons, many of them in one instruction, and no branch depends on the keys.
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
}

/// Appends the rows of a graph that has planes, without loops; colours that only loops have get no rows. Returns
/// whether there are loops.
fn rows_of_planes<W: Word, const N: usize>(planes: &Planes, rows: &mut Vec<Rows<W, N>>) -> bool {
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

/// Fills the rows of a graph that has no planes: rows by colour, without loops, and after each those of the reverse
/// arcs of a directed graph. Returns whether there are loops.
fn rows_of_lists<W: Word, const N: usize>(
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
