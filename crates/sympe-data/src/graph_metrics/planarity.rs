//! Planarity by the left-right criterion (Brandes, *The left-right planarity test*, 2009; after de Fraysseix and
//! Rosenstiehl).
//!
//! Depth-first search orients the graph into tree edges and back edges. The graph is planar exactly if its back edges can
//! be put on two sides, left and right of the tree, such that conflicting ones are on different sides and those that must
//! stay together are on the same. The constraints of the subtree above an edge are kept as a stack of pairs of intervals of
//! back edges. Names are those of the paper.

use super::check_simple;
use crate::DataError;
use sympe_canon::graph::ColoredGraph;

/// Whether a graph can be drawn in the plane without crossings. O(n + m log m). Colours are ignored.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_data::graph_metrics::is_planar;
/// let complete = |n: u32| ColoredGraph::from_edges(n as usize, false, (0..n).flat_map(|v| (0..v).map(move |u| (u, v))));
/// assert!(is_planar(&complete(4)?)?);
/// assert!(!is_planar(&complete(5)?)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When the graph is directed or has self-loops.
pub fn is_planar(graph: &ColoredGraph) -> Result<bool, DataError> {
    check_simple(graph)?;
    let (n, m) = (graph.n(), graph.edge_count());
    // Euler's bound; it also keeps the search small.
    if n > 2 && m > 3 * n - 6 {
        return Ok(false);
    }
    let mut search = Search::orient(graph);
    Ok((0..n).all(|root| search.parent[root].is_some() || search.test(root as u32)))
}

/// An oriented edge, by index.
type Edge = usize;

/// The back edges of one side with consecutive return points: from the lowest to the highest.
#[derive(Clone, Copy, Default)]
struct Interval {
    low: Option<Edge>,
    high: Option<Edge>,
}

impl Interval {
    fn is_empty(self) -> bool {
        self.low.is_none() && self.high.is_none()
    }
}

/// Two intervals that must be on different sides.
#[derive(Clone, Copy, Default)]
struct ConflictPair {
    left: Interval,
    right: Interval,
}

impl ConflictPair {
    fn swap(&mut self) {
        std::mem::swap(&mut self.left, &mut self.right);
    }
}

/// Both searches.
///
/// Edges are numbered as they are met, and oriented as the search walks: tree edges away from the root, back edges towards
/// it. `stack` holds the constraints between the return edges of the edges done so far, those of lower return points below;
/// what an edge has added lies from `bottom` of the edge on.
struct Search {
    /// Depth in the search tree.
    height: Vec<u32>,
    /// The tree edge to each vertex.
    parent: Vec<Option<Edge>>,
    /// Outgoing edges of each vertex, by nesting depth.
    outgoing: Vec<Vec<Edge>>,
    source: Vec<u32>,
    target: Vec<u32>,
    /// The lowest height that the edge, or an edge of the subtree above it, returns to; the next to lowest.
    lowpt: Vec<u32>,
    lowpt2: Vec<u32>,
    /// The next lower back edge of the same interval.
    next: Vec<Option<Edge>>,
    /// The back edge that returns lowest.
    lowpt_edge: Vec<Edge>,
    /// Size of the stack when the edge was reached.
    bottom: Vec<usize>,
    stack: Vec<ConflictPair>,
}

impl Search {
    /// The first search: orientation, low points, nesting order.
    fn orient(graph: &ColoredGraph) -> Self {
        const UNSEEN: u32 = u32::MAX;
        let (n, m) = (graph.n(), graph.edge_count());
        let mut search = Self {
            height: vec![UNSEEN; n],
            parent: vec![None; n],
            outgoing: vec![Vec::new(); n],
            source: Vec::with_capacity(m),
            target: Vec::with_capacity(m),
            lowpt: Vec::with_capacity(m),
            lowpt2: Vec::with_capacity(m),
            next: vec![None; m],
            lowpt_edge: (0..m).collect(),
            bottom: vec![0; m],
            stack: Vec::new(),
        };
        let mut nesting = vec![0; m];
        for root in 0..n as u32 {
            if search.height[root as usize] != UNSEEN {
                continue;
            }
            search.height[root as usize] = 0;
            let mut path = vec![(root, graph.neighbors(root).iter())];
            while let Some((v, neighbors)) = path.last_mut() {
                let v = *v;
                let height = search.height[v as usize];
                let Some(&w) = neighbors.next() else {
                    path.pop();
                    // The subtree above the tree edge to v is known.
                    if let Some(edge) = search.parent[v as usize] {
                        search.finish(edge, &mut nesting);
                    }
                    continue;
                };
                let seen = search.height[w as usize];
                let parent = search.parent[v as usize].map(|edge| search.source[edge]);
                // The edge to the parent, and to a descendant that has made it its back edge.
                if Some(w) == parent || (seen != UNSEEN && seen > height) {
                    continue;
                }
                let edge = search.source.len();
                search.source.push(v);
                search.target.push(w);
                search.outgoing[v as usize].push(edge);
                search.lowpt2.push(height);
                if seen == UNSEEN {
                    search.lowpt.push(height);
                    search.parent[w as usize] = Some(edge);
                    search.height[w as usize] = height + 1;
                    path.push((w, graph.neighbors(w).iter()));
                } else {
                    search.lowpt.push(seen);
                    search.finish(edge, &mut nesting);
                }
            }
        }
        for edges in &mut search.outgoing {
            edges.sort_by_key(|&edge| nesting[edge]);
        }
        search
    }

    /// Sets the nesting depth of a finished edge, and the low points of the tree edge below it.
    fn finish(&mut self, edge: Edge, nesting: &mut [u32]) {
        let v = self.source[edge] as usize;
        let chordal = self.lowpt2[edge] < self.height[v];
        nesting[edge] = 2 * self.lowpt[edge] + u32::from(chordal);
        let Some(below) = self.parent[v] else {
            return;
        };
        let (low, low2) = (self.lowpt[edge], self.lowpt2[edge]);
        if low < self.lowpt[below] {
            self.lowpt2[below] = self.lowpt[below].min(low2);
            self.lowpt[below] = low;
        } else if low > self.lowpt[below] {
            self.lowpt2[below] = self.lowpt2[below].min(low);
        } else {
            self.lowpt2[below] = self.lowpt2[below].min(low2);
        }
    }

    /// The second search, from a root: whether the constraints of its component can be met.
    fn test(&mut self, root: u32) -> bool {
        // Vertex and position among its outgoing edges.
        let mut path = vec![(root, 0)];
        while let Some((v, position)) = path.last_mut() {
            let v = *v as usize;
            let Some(&edge) = self.outgoing[v].get(*position) else {
                path.pop();
                if let Some(parent) = self.parent[v] {
                    self.remove_back_edges(parent);
                    // The edge to v is done, and its return edges join those of its siblings.
                    if !self.integrate(parent) {
                        return false;
                    }
                }
                continue;
            };
            *position += 1;
            self.bottom[edge] = self.stack.len();
            let w = self.target[edge];
            if self.parent[w as usize] == Some(edge) {
                path.push((w, 0));
            } else {
                let alone = Interval {
                    low: Some(edge),
                    high: Some(edge),
                };
                self.stack.push(ConflictPair {
                    left: Interval::default(),
                    right: alone,
                });
                if !self.integrate(edge) {
                    return false;
                }
            }
        }
        true
    }

    /// Adds the constraints between the return edges of `edge` and those of the edges before it at the same vertex.
    fn integrate(&mut self, edge: Edge) -> bool {
        let v = self.source[edge] as usize;
        if self.lowpt[edge] >= self.height[v] {
            return true;
        }
        // A root has height 0, below which nothing returns.
        let Some(below) = self.parent[v] else {
            return true;
        };
        if self.outgoing[v][0] == edge {
            self.lowpt_edge[below] = self.lowpt_edge[edge];
            return true;
        }
        self.add_constraints(edge, below)
    }

    fn is_conflicting(&self, interval: Interval, edge: Edge) -> bool {
        interval
            .high
            .is_some_and(|high| self.lowpt[high] > self.lowpt[edge])
    }

    /// Puts `upper`, whose return edges are the next higher, before `interval`, which lies lower.
    fn append(&mut self, upper: &mut Interval, interval: Interval) {
        match upper.low {
            None => upper.high = interval.high,
            Some(low) => self.next[low] = interval.high,
        }
        upper.low = interval.low;
    }

    /// Algorithm 4 of the paper.
    fn add_constraints(&mut self, edge: Edge, below: Edge) -> bool {
        let mut merged = ConflictPair::default();
        // The return edges of `edge` must be on one side.
        for mut pair in self.stack.split_off(self.bottom[edge]).into_iter().rev() {
            if !pair.left.is_empty() {
                pair.swap();
            }
            if !pair.left.is_empty() {
                return false;
            }
            let Some(low) = pair.right.low else {
                continue;
            };
            if self.lowpt[low] > self.lowpt[below] {
                self.append(&mut merged.right, pair.right);
            } else {
                self.next[low] = Some(self.lowpt_edge[below]);
            }
        }
        // Conflicting return edges of earlier edges go to the other side.
        while let Some(&top) = self.stack.last() {
            if !self.is_conflicting(top.left, edge) && !self.is_conflicting(top.right, edge) {
                break;
            }
            let mut pair = top;
            self.stack.pop();
            if self.is_conflicting(pair.right, edge) {
                pair.swap();
            }
            if self.is_conflicting(pair.right, edge) {
                return false;
            }
            if !pair.right.is_empty() {
                self.append(&mut merged.right, pair.right);
            }
            self.append(&mut merged.left, pair.left);
        }
        if !merged.left.is_empty() || !merged.right.is_empty() {
            self.stack.push(merged);
        }
        true
    }

    /// Drops the back edges that end at the source of a tree edge whose subtree is done (algorithm 5 of the paper).
    fn remove_back_edges(&mut self, edge: Edge) {
        let u = self.source[edge];
        while let Some(top) = self.stack.last() {
            let lows = [top.left.low, top.right.low].into_iter().flatten();
            if lows.map(|low| self.lowpt[low]).min() != Some(self.height[u as usize]) {
                break;
            }
            self.stack.pop();
        }
        if let Some(mut pair) = self.stack.pop() {
            self.trim(&mut pair.left, pair.right.low, u);
            self.trim(&mut pair.right, pair.left.low, u);
            self.stack.push(pair);
        }
        if self.lowpt[edge] < self.height[u as usize] {
            // Of the return edges left, the highest stands for the tree edge.
            let top = self.stack.last().copied().unwrap_or_default();
            self.next[edge] = match (top.left.high, top.right.high) {
                (Some(left), Some(right)) if self.lowpt[left] > self.lowpt[right] => Some(left),
                (left, None) => left,
                (_, right) => right,
            };
        }
    }

    /// Drops the back edges of an interval that end at `u`; one that empties is tied to the other side.
    fn trim(&mut self, interval: &mut Interval, other_low: Option<Edge>, u: u32) {
        while let Some(high) = interval.high.filter(|&high| self.target[high] == u) {
            interval.high = self.next[high];
        }
        if interval.high.is_none()
            && let Some(low) = interval.low.take()
        {
            self.next[low] = other_low;
        }
    }
}
