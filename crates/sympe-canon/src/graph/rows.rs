//! The edges of graphs as compressed sparse rows.
//!
//! Invariants: `starts` has an entry per vertex and one more, and is empty for rows that are not kept; targets are
//! increasing in every row; colours lie beside their targets. An undirected edge is in the rows of both ends.
//! Building takes O(m log m) at most, relabelling O(n + m) without a sort, because targets are met in increasing order when
//! seen from the other end.

use crate::CanonError;

/// Compressed sparse rows, each sorted by target.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rows {
    /// Where the row of each vertex begins; its end is the next one's beginning.
    pub(super) starts: Vec<u32>,
    pub(super) targets: Vec<u32>,
    pub(super) colors: Vec<u32>,
}

/// The rows of a graph, by source and by target.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Lists {
    /// The rows by source.
    pub(super) out: Rows,
    /// The rows by target; empty for undirected graphs, whose `out` holds both directions.
    pub(super) incoming: Rows,
    /// The colour of all edges, loops included, if there is only one, as in most graphs: they are quicker to handle
    /// then.
    pub(super) only_color: Option<u32>,
    /// Whether any vertex is joined to itself.
    pub(super) has_loops: bool,
}

/// Which arcs an edge `(u, v)` stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From `u` to `v`.
    Forth,
    /// From `v` to `u`.
    Back,
    /// Both, of a loop one.
    Both,
}

impl Rows {
    /// Rows from `(source, target, colour)` in any order, each once; of edges, the arcs of both directions. O(n + m) in the order
    /// of sources, and O(m log m) otherwise.
    pub(super) fn new(n: usize, edges: &[(u32, u32, u32)], direction: Direction) -> Result<Self, CanonError> {
        let arcs = edges.iter().flat_map(|&(u, v, color)| {
            let forth = direction != Direction::Back;
            let back = direction == Direction::Back || direction == Direction::Both && u != v;
            let forth = forth.then_some((u, v, color));
            forth.into_iter().chain(back.then_some((v, u, color)))
        });
        let mut starts = vec![0; n + 1];
        for (source, ..) in arcs.clone() {
            starts[source as usize + 1] += 1;
        }
        for v in 0..n {
            starts[v + 1] += starts[v];
        }
        let count = starts[n] as usize;
        let (mut targets, mut colors) = (vec![0; count], vec![0; count]);
        with_scratch(n, |fill| {
            fill.copy_from_slice(&starts[..n]);
            for (source, target, color) in arcs {
                let fill = &mut fill[source as usize];
                (targets[*fill as usize], colors[*fill as usize]) = (target, color);
                *fill += 1;
            }
        });
        let mut rows = Self {
            starts,
            targets,
            colors,
        };
        let mut row: Vec<(u32, u32)> = Vec::new();
        for v in 0..n as u32 {
            let range = rows.range(v);
            let (targets, colors) = (&mut rows.targets[range.clone()], &mut rows.colors[range]);
            if !targets.is_sorted() {
                row.clear();
                row.extend(targets.iter().copied().zip(colors.iter().copied()));
                row.sort_unstable();
                for (place, &(target, color)) in row.iter().enumerate() {
                    (targets[place], colors[place]) = (target, color);
                }
            }
            if let Some(pair) = targets.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(CanonError::DuplicateEdge {
                    source_vertex: v,
                    target: pair[0],
                });
            }
        }
        Ok(rows)
    }

    /// Puts these rows into `moved`, where vertex `v` becomes `images[v]`. `reverse` are the rows of the reverse
    /// arcs: they are passed in the order of new targets, so that every new row comes out sorted.
    fn relabel(
        &self,
        reverse: &Self,
        images: &[u32],
        inverse: &[u32],
        only_color: Option<u32>,
        moved: &mut Self,
    ) {
        let Self {
            starts,
            targets,
            colors,
        } = moved;
        starts.clear();
        targets.clear();
        colors.clear();
        if self.starts.is_empty() {
            return;
        }
        with_scratch(inverse.len(), |fill| {
            let mut end = 0;
            starts.reserve(inverse.len() + 1);
            starts.push(0);
            for (fill, &v) in fill.iter_mut().zip(inverse) {
                *fill = end;
                end += self.starts[v as usize + 1] - self.starts[v as usize];
                starts.push(end);
            }
            targets.resize(end as usize, 0);
            colors.resize(end as usize, only_color.unwrap_or_default());
            for (target, &v) in (0u32..).zip(inverse) {
                let row = reverse.range(v);
                if only_color.is_some() {
                    for &u in &reverse.targets[row] {
                        let fill = &mut fill[images[u as usize] as usize];
                        targets[*fill as usize] = target;
                        *fill += 1;
                    }
                    continue;
                }
                for (&u, &color) in reverse.targets[row.clone()].iter().zip(&reverse.colors[row]) {
                    let fill = &mut fill[images[u as usize] as usize];
                    targets[*fill as usize] = target;
                    colors[*fill as usize] = color;
                    *fill += 1;
                }
            }
        });
    }

    /// Whether the invariants of this module hold, for a graph of `n` vertices.
    #[cfg(test)]
    pub(super) fn invariants_hold(&self, n: usize) -> bool {
        if self.starts.is_empty() {
            return self.targets.is_empty() && self.colors.is_empty();
        }
        self.starts.len() == n + 1
            && self.starts.is_sorted()
            && self.starts[n] as usize == self.targets.len()
            && self.targets.len() == self.colors.len()
            && (0..n as u32).all(|v| self.targets[self.range(v)].is_sorted_by(|a, b| a < b))
    }

    /// The colour of all arcs, if there is only one.
    fn only_color(&self) -> Option<u32> {
        let (&first, rest) = self.colors.split_first()?;
        rest.iter().all(|&color| color == first).then_some(first)
    }

    /// The arcs from `v` to vertices that `local` gives a number other than `u32::MAX`: these numbers, and the
    /// colours.
    pub(super) fn local_arcs(&self, v: u32, local: &[u32]) -> impl Iterator<Item = (u32, u32)> {
        self.range(v)
            .map(|index| (local[self.targets[index] as usize], self.colors[index]))
            .filter(|arc| arc.0 != u32::MAX)
    }

    /// Where the row of `v` lies.
    #[inline]
    pub(super) fn range(&self, v: u32) -> std::ops::Range<usize> {
        self.starts[v as usize] as usize..self.starts[v as usize + 1] as usize
    }
}

impl Lists {
    /// From rows by source and by target. O(m) at most.
    pub(super) fn new(out: Rows, incoming: Rows) -> Self {
        let n = out.starts.len().saturating_sub(1) as u32;
        Self {
            only_color: out.only_color(),
            has_loops: (0..n).any(|v| out.targets[out.range(v)].binary_search(&v).is_ok()),
            out,
            incoming,
        }
    }

    /// Puts these rows into `moved` with vertex `order[i]` as vertex `i`.
    pub(super) fn relabel(&self, directed: bool, order: &[u32], moved: &mut Self) {
        moved.only_color = self.only_color;
        moved.has_loops = self.has_loops;
        with_scratch(order.len(), |images| {
            for (i, &v) in (0u32..).zip(order) {
                images[v as usize] = i;
            }
            let incoming = if directed { &self.incoming } else { &self.out };
            self.out
                .relabel(incoming, images, order, self.only_color, &mut moved.out);
            self.incoming
                .relabel(&self.out, images, order, self.only_color, &mut moved.incoming);
        });
    }
}

/// Calls `use_it` with `len` zeros, from the stack if they are few.
fn with_scratch<R>(len: usize, use_it: impl FnOnce(&mut [u32]) -> R) -> R {
    if len <= 128 {
        use_it(&mut [0; 128][..len])
    } else {
        use_it(&mut vec![0; len])
    }
}
