//! The edges of small graphs as sets of vertices, a machine word each.
//!
//! Data structure: for every colour of edges a *plane*, a word per vertex with its neighbours by edges of this
//! colour; a directed graph has two planes for a colour, of arcs out and of arcs in. All planes lie in one list.
//!
//! Invariants: colours are increasing, and each has an edge; bits from the number of vertices on are zero; planes of
//! different colours do not overlap; the plane of an undirected graph is symmetric, and the planes of arcs out and in
//! are transposes. Equal graphs have equal planes.
//!
//! Relabelling takes O(n log n) operations on words for each plane, most other questions O(1) for each colour.

use super::rows::{Lists, Rows};

/// The most vertices: the bits of a word.
pub(super) const MOST_VERTICES: usize = 64;

/// The most colours of edges, in planes and in the dense engine.
pub(super) const MOST_COLORS: usize = 8;

/// For each colour of edges and each vertex the set of its neighbours; for a directed graph the sets of those that
/// arcs go to and, after these, the sets of those that arcs come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Planes {
    /// The number of vertices.
    n: usize,
    /// The number of words of a colour: `n`, or twice as many.
    width: usize,
    /// The colours, increasing.
    colors: Vec<u32>,
    /// The planes of each colour, one after the other.
    words: Vec<u64>,
}

impl Planes {
    /// Planes from arcs `(source, target, colour)`, both directions of an undirected edge listed. `None` if there are
    /// too many vertices or colours, or two arcs from one vertex to another.
    pub(super) fn of_arcs(
        n: usize,
        directed: bool,
        arcs: impl Iterator<Item = (u32, u32, u32)> + Clone,
    ) -> Option<Self> {
        if n > MOST_VERTICES {
            return None;
        }
        let mut colors: Vec<u32> = Vec::new();
        for (_, _, color) in arcs.clone() {
            if let Err(position) = colors.binary_search(&color) {
                if colors.len() == MOST_COLORS {
                    return None;
                }
                colors.insert(position, color);
            }
        }
        let width = n << usize::from(directed);
        let mut words = vec![0; colors.len() * width];
        let mut joined = [0u64; MOST_VERTICES];
        for (source, target, color) in arcs {
            let all = &mut joined[source as usize];
            if *all >> target & 1 == 1 {
                return None;
            }
            *all |= 1 << target;
            let first = colors.binary_search(&color).ok()? * width;
            words[first + source as usize] |= 1 << target;
            if directed {
                words[first + n + target as usize] |= 1 << source;
            }
        }
        Some(Self {
            n,
            width,
            colors,
            words,
        })
    }

    /// The colours of edges, increasing, with their planes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u64])> + Clone {
        // Chunks would do, but take a division, which is long for a graph of a few vertices.
        let plane = |index: usize| &self.words[index * self.width..][..self.width];
        (0..)
            .zip(&self.colors)
            .map(move |(index, &color)| (color, plane(index)))
    }

    /// The planes of a colour one by one: that of arcs out, and that of arcs in for a directed graph.
    pub(super) fn each<'a>(&self, planes: &'a [u64]) -> impl DoubleEndedIterator<Item = &'a [u64]> + use<'a> {
        let (out, back) = planes.split_at(self.n);
        std::iter::once(out).chain((!back.is_empty()).then_some(back))
    }

    /// Panics when `v` is not a vertex.
    fn check(&self, v: u32) {
        assert!((v as usize) < self.n, "vertex {v} is outside 0..{}", self.n);
    }

    /// The number of neighbours that edges or arcs from `v` go to.
    pub(super) fn degree(&self, v: u32) -> usize {
        self.check(v);
        self.iter()
            .map(|(_, plane)| plane[v as usize].count_ones() as usize)
            .sum()
    }

    /// Whether any vertex is joined to itself.
    pub(super) fn have_loops(&self) -> bool {
        let mut out = self.iter().map(|(_, plane)| &plane[..self.n]);
        out.any(|plane| plane.iter().enumerate().any(|(v, word)| word >> v & 1 == 1))
    }

    /// Whether the invariants of this module hold.
    #[cfg(test)]
    pub(super) fn invariants_hold(&self) -> bool {
        let directed = self.width > self.n;
        let mut joined = vec![0u64; self.n];
        self.colors.is_sorted_by(|a, b| a < b)
            && self.words.len() == self.colors.len() * self.width
            && self.iter().all(|(_, words)| {
                let (out, back) = words.split_at(self.n);
                let back = if directed { back } else { out };
                let transposed = |u: usize, v: usize| (out[u] >> v & 1) == (back[v] >> u & 1);
                let disjoint = joined.iter().zip(out).all(|(all, word)| all & word == 0);
                joined.iter_mut().zip(out).for_each(|(all, word)| *all |= word);
                disjoint
                    && out.iter().any(|&word| word != 0)
                    && out
                        .iter()
                        .chain(back)
                        .all(|&word| self.n == 64 || word >> self.n == 0)
                    && (0..self.n).all(|u| (0..self.n).all(|v| transposed(u, v)))
            })
    }

    /// The colour of the edge from `u` to `v`, if there is one.
    pub(super) fn edge_color(&self, u: u32, v: u32) -> Option<u32> {
        self.check(u);
        self.iter()
            .find(|(_, plane)| (v as usize) < self.n && plane[u as usize] >> v & 1 == 1)
            .map(|(color, _)| color)
    }

    /// The edges `(u, v, colour)` in increasing order; those of an undirected graph once, `u ≤ v`.
    pub(super) fn edges(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        let is_directed = self.width > self.n;
        (0..self.n).flat_map(move |u| {
            let kept = if is_directed { u64::MAX } else { u64::MAX << u };
            let mut rest = kept & self.iter().fold(0, |all, (_, plane)| all | plane[u]);
            std::iter::from_fn(move || {
                let v = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                let (color, _) = self.iter().find(|(_, plane)| plane[u] >> v & 1 == 1)?;
                Some((u as u32, v, color))
            })
        })
    }

    /// The same edges as lists.
    pub(super) fn lists(&self, directed: bool) -> Lists {
        let list = |from: usize| {
            let mut rows = Rows::default();
            rows.starts.push(0);
            for v in from..from + self.n {
                let mut rest = self.iter().fold(0, |all, (_, plane)| all | plane[v]);
                while rest != 0 {
                    let u = rest.trailing_zeros();
                    rest &= rest - 1;
                    let color = self.iter().find(|(_, plane)| plane[v] >> u & 1 == 1);
                    rows.targets.push(u);
                    rows.colors.extend(color.map(|(color, _)| color));
                }
                rows.starts.push(rows.targets.len() as u32);
            }
            rows
        };
        Lists::new(list(0), if directed { list(self.n) } else { Rows::default() })
    }

    /// Puts these planes into `moved` with vertex `order[i]` as vertex `i`. O(n log n) operations on words per plane.
    pub(super) fn relabel(&self, order: &[u32], moved: &mut Self) {
        (moved.n, moved.width) = (self.n, self.width);
        moved.colors.clone_from(&self.colors);
        moved.words.clear();
        for (_, pair) in self.iter() {
            // The plane of arcs in becomes that of arcs out, and the other way round, because relabelling transposes.
            for plane in self.each(pair).rev() {
                match self.n {
                    0..=8 => relabel::<8, 1>(plane, order, &mut moved.words),
                    9..=16 => relabel::<16, 4>(plane, order, &mut moved.words),
                    17..=32 => relabel::<32, 16>(plane, order, &mut moved.words),
                    _ => relabel::<64, 64>(plane, order, &mut moved.words),
                }
            }
        }
    }

    /// Whether mapping each vertex to its image changes nothing.
    pub(super) fn are_fixed_by(&self, images: &[u32]) -> bool {
        let mut small = [0u8; MOST_VERTICES];
        for (small, &image) in small.iter_mut().zip(images) {
            *small = image as u8;
        }
        self.words.chunks_exact(self.n.max(1)).all(|plane| {
            let moved = plane.iter().zip(images);
            moved
                .into_iter()
                .all(|(&word, &image)| map(word, &small) == plane[image as usize])
        })
    }
}

/// Appends the rows of the matrix whose entry at `(i, j)` is that of `plane` at `(order[j], order[i])`: rows are
/// permuted, the matrix is transposed, and rows are permuted again. Rows have `SIDE` bits, and as many as fit lie in
/// each of `WORDS` words. The number of steps does not depend on the entries.
fn relabel<const SIDE: usize, const WORDS: usize>(plane: &[u64], order: &[u32], moved: &mut Vec<u64>) {
    let shift = |v: usize| SIDE * (v % (64 / SIDE));
    let word = |v: usize| v / (64 / SIDE) % WORDS;
    let mut square = [0; WORDS];
    for (i, &v) in order.iter().enumerate() {
        square[word(i)] |= plane[v as usize] << shift(i);
    }
    transpose::<SIDE, WORDS>(&mut square);
    let row = |v: u32| square[word(v as usize)] >> shift(v as usize) & (!0 >> (64 - SIDE));
    moved.extend(order.iter().map(|&v| row(v)));
}

/// Transposes a square of bits: for each power `j` of two, from the largest down, exchanges the two off-diagonal
/// quarters of all squares of side `2j` (Warren, *Hacker's Delight*, 7-3). Quarters are exchanged between words where
/// these hold different rows, and inside words where both rows are in one.
#[inline(always)]
fn transpose<const SIDE: usize, const WORDS: usize>(square: &mut [u64; WORDS]) {
    let mut side = SIDE / 2;
    // The columns whose number lacks the bit `side`.
    let mut low = !0 / ((1 << side) + 1);
    while side * SIDE >= 64 {
        let apart = side * SIDE / 64;
        for words in square.chunks_exact_mut(2 * apart) {
            let (above, below) = words.split_at_mut(apart);
            for (a, b) in above.iter_mut().zip(below) {
                let exchanged = (*a >> side ^ *b) & low;
                *a ^= exchanged << side;
                *b ^= exchanged;
            }
        }
        side /= 2;
        low ^= low << side;
    }
    while side > 0 {
        // The columns that have the bit `side`, in rows that lack it.
        let upper = !low & (!0 / ((1 << (side * SIDE)) + 1));
        let apart = side * (SIDE - 1);
        for word in &mut *square {
            let exchanged = (*word ^ *word >> apart) & upper;
            *word ^= exchanged ^ exchanged << apart;
        }
        side /= 2;
        low ^= low << side;
    }
}

/// The images of the elements of a set.
#[inline]
fn map(word: u64, images: &[u8; MOST_VERTICES]) -> u64 {
    let (mut rest, mut moved) = (word, 0);
    while rest != 0 {
        moved |= 1u64.wrapping_shl(u32::from(images[rest.trailing_zeros() as usize]));
        rest &= rest - 1;
    }
    moved
}
