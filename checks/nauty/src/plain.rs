//! Reduction of any coloured graph to what nauty understands: an undirected graph without loops, colours on vertices
//! alone.

use sympe_canon::graph::ColoredGraph;

/// What tells vertices of a [`Plain`] graph apart: layer, node colour, colour of the loop plus one.
pub(crate) type Color = [u32; 3];

/// An undirected graph without loops, with ordered classes of vertices. Vertex `v` of the graph it came from is vertex
/// `v` here, automorphism groups and isomorphism are the same.
///
/// Loops become colours. An edge of colour `c` becomes edges in those layers `i` for which bit `i` of `c + 1` is set
/// (nauty's manual, "edge-coloured graphs"): `(u, i) ~ (v, i)` with `(v, 0) ~ (v, i)` if undirected;
/// `(u, out i) ~ (v, in i)` with `v ~ (v, out i)`, `v ~ (v, in i)` if directed. Layers have colours of their own, so
/// the edges of the graph and those between copies of a vertex cannot be confused.
#[derive(Default)]
pub(crate) struct Plain {
    pub(crate) colors: Vec<Color>,
    pub(crate) edges: Vec<(u32, u32)>,
}

impl Plain {
    pub(crate) fn new(x: &ColoredGraph) -> Self {
        let mut plain = Self::default();
        plain.fill(x);
        plain
    }

    /// [`new`](Self::new) into the memory of an old one.
    pub(crate) fn fill(&mut self, x: &ColoredGraph) {
        let n = x.n() as u32;
        self.edges.clear();
        self.colors.clear();
        for v in 0..n {
            self.colors.push([0, x.node_color(v), 0]);
        }
        let mut greatest = 0;
        for (u, v, color) in x.edges() {
            if u == v {
                self.colors[v as usize][2] = color + 1;
            } else {
                greatest = greatest.max(color);
            }
        }
        let bits = u32::BITS - (greatest + 1).leading_zeros();
        let copies = if x.is_directed() { 1 + 2 * bits } else { bits };
        for layer in 1..copies {
            for v in 0..n {
                self.colors.push([layer, 0, 0]);
                self.edges.push((v, layer * n + v));
            }
        }
        for (u, v, color) in x.edges().filter(|(u, v, _)| u != v) {
            for bit in (0..bits).filter(|bit| (color + 1) >> bit & 1 == 1) {
                let (tail, head) = if x.is_directed() {
                    (1 + 2 * bit, 2 + 2 * bit)
                } else {
                    (bit, bit)
                };
                self.edges.push((tail * n + u, head * n + v));
            }
        }
    }

    pub(crate) fn n(&self) -> usize {
        self.colors.len()
    }
}
