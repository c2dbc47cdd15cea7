//! Parts that do not concern each other, and how vertices are joined to cells.
//!
//! Two vertices *concern* each other if the join of their cells is neither empty nor full and they are joined, or,
//! where more than half of the pairs are joined, they are not. The components of this relation take the place of the
//! components of the graph, of its complement, and of mixtures of both: permutations that preserve cells preserve it.
//!
//! The partition must be equitable, so that one vertex of a cell speaks for its joins.

use super::arcs::Arcs;
use super::partition::Partition;

/// How a vertex is joined to a cell of the partition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// To all others there, by arcs of one weight.
    Full,
    /// To more than half of them, by arcs of one weight.
    Most,
    /// In any other way.
    Other,
}

/// Memory to sort the arcs of a vertex by cell; zero or empty between calls.
pub(super) struct Joins {
    /// By start of a cell, the number of arcs there, the weight of the first, and whether all have this weight.
    count: Vec<u32>,
    weight: Vec<u64>,
    uniform: Vec<bool>,
    /// The cells with an arc.
    touched: Vec<u32>,
}

impl Joins {
    /// For graphs of `n` vertices.
    pub(super) fn new(n: usize) -> Self {
        Self {
            count: vec![0; n],
            weight: vec![0; n],
            uniform: vec![false; n],
            touched: Vec::new(),
        }
    }

    /// Lists in `found` the open cells that `v` has arcs to, and how it is joined to them. O(degree).
    pub(super) fn of(&mut self, v: u32, arcs: &Arcs, partition: &Partition, found: &mut Vec<(u32, Join)>) {
        for (u, weight) in arcs.of(v) {
            let cell = partition.cell_of(u);
            if partition.len(cell) == 1 {
                continue;
            }
            let cell = cell as usize;
            if self.count[cell] == 0 {
                self.touched.push(cell as u32);
                self.weight[cell] = weight;
                self.uniform[cell] = true;
            }
            self.count[cell] += 1;
            self.uniform[cell] &= self.weight[cell] == weight;
        }
        found.clear();
        for cell in self.touched.drain(..) {
            let count = std::mem::take(&mut self.count[cell as usize]);
            let others = partition.len(cell) - u32::from(partition.cell_of(v) == cell);
            let join = match self.uniform[cell as usize] {
                true if count == others => Join::Full,
                true if 2 * count > partition.len(cell) => Join::Most,
                _ => Join::Other,
            };
            found.push((cell, join));
        }
    }
}

/// How vertices are joined to cells, found once per cell.
struct JoinsByCell {
    joins: Joins,
    found: Vec<(u32, Join)>,
    /// The joins of the cells met so far, side by side, and by start of a cell where its own lie.
    listed: Vec<(u32, Join)>,
    range_of: Vec<Option<(u32, u32)>>,
    /// By start of a cell met so far, whether all its joins are [`Join::Other`], as in most sparse graphs.
    plain: Vec<bool>,
    /// By start of a cell, how the vertices of the cell that is shown are joined to it. What it holds for others means nothing.
    join_of: Vec<Join>,
    shown: u32,
}

/// The open cells that a vertex has arcs to, and how it is joined to each.
struct Shown<'a> {
    listed: &'a [(u32, Join)],
    /// The same by start of the cell.
    join_of: &'a [Join],
}

impl JoinsByCell {
    /// For graphs of `n` vertices.
    fn new(n: usize) -> Self {
        Self {
            joins: Joins::new(n),
            found: Vec::new(),
            listed: Vec::new(),
            range_of: vec![None; n],
            plain: vec![false; n],
            join_of: vec![Join::Other; n],
            shown: u32::MAX,
        }
    }

    /// The joins of `v`, or `None` if all are [`Join::Other`].
    fn show(&mut self, v: u32, arcs: &Arcs, partition: &Partition) -> Option<Shown<'_>> {
        let own = partition.cell_of(v);
        let Self {
            joins,
            found,
            listed,
            plain,
            ..
        } = self;
        let (from, to) = *self.range_of[own as usize].get_or_insert_with(|| {
            joins.of(v, arcs, partition, found);
            let from = listed.len() as u32;
            listed.extend_from_slice(found);
            plain[own as usize] = found.iter().all(|(_, join)| *join == Join::Other);
            (from, listed.len() as u32)
        });
        if plain[own as usize] {
            return None;
        }
        let listed = &self.listed[from as usize..to as usize];
        if self.shown != own {
            for &(cell, join) in listed {
                self.join_of[cell as usize] = join;
            }
            self.shown = own;
        }
        Some(Shown {
            listed,
            join_of: &self.join_of,
        })
    }
}

/// The vertices of open cells, part by part: each part sorted, parts by their least vertex. O(n + m), and less where few vertices
/// lead to all others.
pub(super) fn parts(arcs: &Arcs, partition: &Partition) -> Vec<Vec<u32>> {
    if partition.is_discrete() {
        return Vec::new();
    }
    let n = arcs.n();
    // Where a cell starts, the vertices of it that may not have been met, as many as `waiting_len` says.
    let mut waiting = partition.lab.clone();
    let mut waiting_len: Vec<u32> = (0..n as u32).map(|start| partition.len(start)).collect();
    let mut joins_of = JoinsByCell::new(n);
    // Vertices that have been met, and those that are alone in their cells.
    let mut seen: Vec<bool> = partition
        .cell
        .iter()
        .map(|&cell| partition.len(cell) == 1)
        .collect();
    let mut joined_to = vec![u32::MAX; n];
    let mut parts = Vec::new();
    let mut part: Vec<u32> = Vec::new();
    let mut left = seen.iter().filter(|&&seen| !seen).count();
    for root in 0..n as u32 {
        if seen[root as usize] {
            continue;
        }
        seen[root as usize] = true;
        part.clear();
        part.push(root);
        let mut head = 0;
        while head < part.len() && part.len() < left {
            let v = part[head];
            head += 1;
            let Some(Shown { listed, join_of }) = joins_of.show(v, arcs, partition) else {
                for &u in arcs.targets_of(v) {
                    if !std::mem::replace(&mut seen[u as usize], true) {
                        part.push(u);
                    }
                }
                continue;
            };
            for &u in arcs.targets_of(v) {
                let cell = partition.cell_of(u);
                if partition.len(cell) == 1 {
                    continue;
                }
                if join_of[cell as usize] == Join::Most {
                    joined_to[u as usize] = v;
                } else if join_of[cell as usize] == Join::Other
                    && !std::mem::replace(&mut seen[u as usize], true)
                {
                    part.push(u);
                }
            }
            for &(cell, _) in listed.iter().filter(|(_, join)| *join == Join::Most) {
                // Vertices that stay are neighbours of `v`, so that every step is paid for by an arc or by a vertex
                // met.
                let mut stay = cell;
                for position in cell..cell + waiting_len[cell as usize] {
                    let u = waiting[position as usize];
                    if seen[u as usize] {
                        continue;
                    }
                    if joined_to[u as usize] == v {
                        waiting[stay as usize] = u;
                        stay += 1;
                    } else {
                        seen[u as usize] = true;
                        part.push(u);
                    }
                }
                waiting_len[cell as usize] = stay - cell;
            }
        }
        left -= part.len();
        part.sort_unstable();
        parts.push(part.clone());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::super::colored_graph::ColoredGraph;
    use super::super::super::trace::NoTrace;
    use super::*;

    fn parts_of(n: usize, edges: impl IntoIterator<Item = (u32, u32)>) -> Vec<Vec<u32>> {
        let graph = ColoredGraph::from_edges(n, false, edges).unwrap();
        let arcs = Arcs::of_graph(&graph);
        let mut partition = Partition::new(graph.node_colors());
        partition.refine(&arcs, &mut NoTrace);
        parts(&arcs, &partition)
    }

    #[test]
    fn parts_are_those_of_the_graph_of_its_complement_and_of_mixtures() {
        // Two five-cycles, and their complement.
        let joined = |u: u32, v: u32| u / 5 == v / 5 && [1, 4].contains(&((v + 5 - u) % 5));
        let edges = |n: u32, joined: fn(u32, u32) -> bool| {
            (0..n).flat_map(move |v| (0..v).map(move |u| (u, v)).filter(move |&(u, v)| joined(u, v)))
        };
        let two = [(0..5).collect::<Vec<u32>>(), (5..10).collect()];
        assert_eq!(parts_of(10, edges(10, joined)), two);
        assert_eq!(
            parts_of(
                10,
                edges(10, |u, v| !(u / 5 == v / 5
                    && [1, 4].contains(&((v + 5 - u) % 5))))
            ),
            two
        );
        // A cycle whose vertices are all joined to all of another one is a part nevertheless, told apart by a leaf
        // each.
        let leaves = (0..5).map(|v| (v, v + 10));
        let mixed = edges(10, |u, v| u / 5 != v / 5 || [1, 4].contains(&((v + 5 - u) % 5))).chain(leaves);
        let found = parts_of(15, mixed);
        assert_eq!(
            found,
            [(0..5).chain(10..15).collect::<Vec<u32>>(), (5..10).collect()]
        );
    }
}
