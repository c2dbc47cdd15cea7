//! Random graphs with and without symmetry: a shape, then colours, loops or directions on it.

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use std::fmt::{Display, Formatter};
use sympe_canon::graph::ColoredGraph;

/// What the edges look like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Erdős–Rényi of mean degree 2.5.
    Sparse,
    /// Erdős–Rényi of any density.
    Dense,
    Tree,
    Circulant,
    /// Copies of one small graph, with up to two edges between them.
    Copies,
    /// Random cubic.
    Cubic,
    /// Two graphs beside each other, the same one or not.
    Union,
    /// The complement of one of the others.
    Complement,
}

/// What is put on the edges and vertices.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dress {
    Plain,
    NodeColors,
    EdgeColors,
    Loops,
    Directed,
}

impl Shape {
    pub(crate) const ALL: [Self; 8] = [
        Self::Sparse,
        Self::Dense,
        Self::Tree,
        Self::Circulant,
        Self::Copies,
        Self::Cubic,
        Self::Union,
        Self::Complement,
    ];
}

impl Dress {
    pub(crate) const ALL: [Self; 5] = [
        Self::Plain,
        Self::NodeColors,
        Self::EdgeColors,
        Self::Loops,
        Self::Directed,
    ];

    /// A number of vertices: small ones mostly, because they are cheap and catch most mistakes. nauty's part of the
    /// work bounds the large ones.
    fn size(self, rng: &mut ChaCha8Rng) -> u32 {
        let (small, middle, large) = match self {
            Self::Directed => (8, 12, 24),
            Self::EdgeColors => (16, 24, 48),
            _ => (16, 40, 128),
        };
        let range = match rng.random_range(0..1000) {
            0..980 => 1..=small,
            980..999 => small + 1..=middle,
            _ => middle + 1..=large,
        };
        rng.random_range(range)
    }
}

impl Display for Shape {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sparse => "sparse random",
            Self::Dense => "random",
            Self::Tree => "tree",
            Self::Circulant => "circulant",
            Self::Copies => "copies of a part",
            Self::Cubic => "cubic",
            Self::Union => "union",
            Self::Complement => "complement",
        })
    }
}

impl Display for Dress {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::NodeColors => "node colours",
            Self::EdgeColors => "edge colours",
            Self::Loops => "loops",
            Self::Directed => "directed",
        })
    }
}

/// A graph as lists that can be changed. Reuses its memory.
#[derive(Clone, Default)]
pub(crate) struct Sketch {
    n: u32,
    directed: bool,
    colors: Vec<u32>,
    edges: Vec<(u32, u32, u32)>,
    /// Bit `u` of row `v` for the edge `u < v`, before it is dressed.
    rows: Vec<u128>,
}

impl Sketch {
    pub(crate) fn build(&self) -> ColoredGraph {
        ColoredGraph::from_colored_edges(self.n as usize, self.directed, self.edges.iter().copied())
            .and_then(|x| x.with_node_colors(self.colors.clone()))
            .expect("distinct edges between vertices")
    }

    /// Another graph.
    pub(crate) fn draw(&mut self, rng: &mut ChaCha8Rng) -> (Shape, Dress) {
        let shape = pick(&Shape::ALL, rng);
        let dress = pick(&Dress::ALL, rng);
        self.n = dress.size(rng);
        self.rows.clear();
        self.rows.resize(self.n as usize, 0);
        self.shape(shape, 0, self.n, rng);
        self.dress(dress, rng);
        (shape, dress)
    }

    fn join(&mut self, u: u32, v: u32) {
        if u != v {
            self.rows[u.max(v) as usize] |= 1 << u.min(v);
        }
    }

    /// Draws the edges between vertices `first..first + n`.
    fn shape(&mut self, shape: Shape, first: u32, n: u32, rng: &mut ChaCha8Rng) {
        let last = first + n;
        match shape {
            Shape::Sparse | Shape::Dense => {
                let p = if matches!(shape, Shape::Sparse) {
                    2.5 / f64::from(n.max(3))
                } else {
                    rng.random_range(0.05..0.95)
                };
                for v in first..last {
                    for u in first..v {
                        if rng.random_bool(p) {
                            self.join(u, v);
                        }
                    }
                }
            }
            Shape::Tree => (first + 1..last).for_each(|v| self.join(rng.random_range(first..v), v)),
            Shape::Circulant => {
                for step in 1..=n / 2 {
                    if rng.random_bool(0.3) {
                        (0..n).for_each(|v| self.join(first + v, first + (v + step) % n));
                    }
                }
            }
            Shape::Copies => {
                let part = rng.random_range(1..=n.min(8));
                for v in 0..part {
                    for u in 0..v {
                        if rng.random_bool(0.5) {
                            (first..=last - part)
                                .step_by(part as usize)
                                .for_each(|copy| self.join(copy + u, copy + v));
                        }
                    }
                }
                for _ in 0..rng.random_range(0..3) {
                    self.join(rng.random_range(first..last), rng.random_range(first..last));
                }
            }
            Shape::Cubic => self.cubic(first, n & !1, rng),
            Shape::Union => {
                let a = n / 2;
                let one = pick(&Shape::ALL[..6], rng);
                self.shape(one, first, a.max(1), rng);
                if rng.random() {
                    for v in first..first + a {
                        self.rows[(v + a) as usize] = self.rows[v as usize] << a;
                    }
                } else if n > 1 {
                    let other = if rng.random() {
                        one
                    } else {
                        pick(&Shape::ALL[..6], rng)
                    };
                    self.shape(other, first + a, n - a, rng);
                }
            }
            Shape::Complement => {
                self.shape(pick(&Shape::ALL[..7], rng), first, n, rng);
                for v in first..last {
                    self.rows[v as usize] ^= ((1 << v) - 1) & !((1 << first) - 1);
                }
            }
        }
    }

    /// A random cubic graph on an even number of vertices from `first` on, by pairing; none below four.
    fn cubic(&mut self, first: u32, n: u32, rng: &mut ChaCha8Rng) {
        if n < 4 {
            return;
        }
        let mut stubs: [u8; 3 * 128] = std::array::from_fn(|stub| (stub / 3) as u8);
        let stubs = &mut stubs[..3 * n as usize];
        loop {
            stubs.shuffle(rng);
            for pair in stubs.chunks_exact(2) {
                self.join(first + u32::from(pair[0]), first + u32::from(pair[1]));
            }
            let rows = &mut self.rows[first as usize..][..n as usize];
            if rows.iter().map(|row| row.count_ones()).sum::<u32>() == 3 * n / 2 {
                break;
            }
            rows.fill(0);
        }
    }

    fn dress(&mut self, dress: Dress, rng: &mut ChaCha8Rng) {
        let all = matches!(dress, Dress::Directed);
        let mut some = |own: bool, share: f64| own || (all && rng.random_bool(share));
        let edge_colors = some(matches!(dress, Dress::EdgeColors), 0.3);
        let loops = some(matches!(dress, Dress::Loops), 0.2);
        let node_colors = some(matches!(dress, Dress::NodeColors), 0.3) || rng.random_bool(0.1);
        let mut nodes = Palette::new(if node_colors { 3 } else { 1 }, rng);
        let mut edges = Palette::new(if edge_colors { 3 } else { 1 }, rng);
        let mut ways = Palette::new(3, rng);
        self.directed = all;
        self.colors.clear();
        self.colors.extend((0..self.n).map(|v| nodes.pick(v, rng)));
        self.edges.clear();
        for v in 0..self.n {
            let mut row = self.rows[v as usize];
            while row != 0 {
                let u = row.trailing_zeros();
                row &= row - 1;
                let color = edges.pick(v - u, rng);
                match if self.directed { ways.pick(v - u, rng) } else { 0 } {
                    0 => self.edges.push((u, v, color)),
                    1 => self.edges.push((v, u, color)),
                    _ => self
                        .edges
                        .extend([(u, v, color), (v, u, edges.pick(v - u + 1, rng))]),
                }
            }
        }
        if loops {
            let mut choice = Palette::new(2, rng);
            for v in 0..self.n {
                if choice.pick(v, rng) == 1 {
                    self.edges.push((v, v, edges.pick(v, rng)));
                }
            }
        }
    }

    /// A graph that looks like this one, built as `x`: two edges exchange their ends (degrees stay), an edge moves
    /// elsewhere, or two colours are exchanged. Often, where there is nothing to change, the same graph.
    pub(crate) fn vary(&self, x: &ColoredGraph, into: &mut Self, rng: &mut ChaCha8Rng) {
        into.clone_from(self);
        let any = |count: usize, rng: &mut ChaCha8Rng| rng.random_range(0..count.max(1));
        let (i, j) = (any(self.edges.len(), rng), any(self.edges.len(), rng));
        let fresh = |u: u32, v: u32| u != v && !x.has_edge(u, v);
        let kind = rng.random_range(0..4);
        match (kind, self.edges.get(i), self.edges.get(j)) {
            (0, Some(&(.., color)), Some(&(.., other))) if color != other => {
                into.edges[i].2 = other;
                into.edges[j].2 = color;
            }
            (1, ..) if self.colors.iter().any(|&color| color != self.colors[0]) => {
                let n = self.colors.len();
                into.colors.swap(any(n, rng), any(n, rng));
            }
            (0..=2, Some(&(a, b, color)), Some(&(c, d, other))) => {
                let same = !self.directed && (a.min(d), a.max(d)) == (c.min(b), c.max(b));
                if i != j && fresh(a, d) && fresh(c, b) && !same {
                    into.edges[i] = (a, d, color);
                    into.edges[j] = (c, b, other);
                }
            }
            (_, Some(&(.., color)), _) => {
                let (u, v) = (rng.random_range(0..self.n), rng.random_range(0..self.n));
                if fresh(u, v) {
                    into.edges[i] = (u, v, color);
                }
            }
            _ => {}
        }
    }
}

/// A choice among `count` colours: by position, so that symmetry survives, or at random.
struct Palette {
    count: u32,
    regular: bool,
}

impl Palette {
    fn new(count: u32, rng: &mut ChaCha8Rng) -> Self {
        let regular = rng.random();
        Self { count, regular }
    }

    fn pick(&mut self, position: u32, rng: &mut ChaCha8Rng) -> u32 {
        match self.count {
            1 => 0,
            count if self.regular => position % count,
            count => rng.random_range(0..count),
        }
    }
}

fn pick<T: Copy>(from: &[T], rng: &mut impl Rng) -> T {
    from[rng.random_range(0..from.len())]
}
