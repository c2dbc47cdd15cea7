//! Orbit counts of graphlets: in how many connected induced subgraphs of up to four vertices each vertex plays each part.

use super::check_simple;
use crate::DataError;
use sympe_canon::graph::ColoredGraph;

/// Number of orbits of the graphlets of two to four vertices.
pub const ORBITS: usize = 15;

/// How often each vertex occurs in each orbit, numbered as by Pržulj (*Biological network comparison using graphlet degree
/// distribution*, 2007): 0 edge; path of three: 1 end, 2 middle; 3 triangle; path of four: 4 end, 5 inside; claw: 6 leaf,
/// 7 centre; 8 four-cycle; triangle with a tail: 9 end of the tail, 10 far from it, 11 where it starts; four-cycle with
/// a chord: 12 off the chord, 13 on it; 14 complete graph of four.
///
/// Every connected induced subgraph is visited once (Wernicke, *Efficient detection of network motifs*, 2006): O(n d³) for
/// degrees up to d. Colours are ignored.
///
/// ```
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_data::graph_metrics::orbit_counts;
/// let claw = ColoredGraph::from_edges(4, false, [(0, 1), (0, 2), (0, 3)])?;
/// let counts = orbit_counts(&claw)?;
/// // The centre ends three edges, is the middle of three paths, and the centre of one claw.
/// assert_eq!(counts[0], [3, 0, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
/// assert_eq!(counts[1], [1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When the graph is directed or has self-loops.
pub fn orbit_counts(graph: &ColoredGraph) -> Result<Vec<[u64; ORBITS]>, DataError> {
    check_simple(graph)?;
    let n = graph.n();
    let mut counter = Counter {
        graph,
        counts: vec![[0; ORBITS]; n],
        near: vec![0; n],
    };
    for root in 0..n as u32 {
        let extension = counter.enter(root, root);
        counter.extend(&mut vec![root], extension);
        counter.leave(root);
    }
    Ok(counter.counts)
}

/// The counts, and the connected subgraph that is being visited.
///
/// Invariant: `near` belongs to the members entered and not left; the extension of a subgraph are the vertices beyond its
/// root, which is its least vertex, that may still join it. So each connected subgraph is reached exactly once.
struct Counter<'a> {
    graph: &'a ColoredGraph,
    counts: Vec<[u64; ORBITS]>,
    /// How many members of the subgraph are the vertex or its neighbours.
    near: Vec<u32>,
}

impl Counter<'_> {
    /// Takes `v` into the subgraph; its neighbours beyond `root` that are near no other member.
    fn enter(&mut self, v: u32, root: u32) -> Vec<u32> {
        let neighbors = self.graph.neighbors(v);
        let exclusive = neighbors
            .iter()
            .copied()
            .filter(|&u| u > root && self.near[u as usize] == 0)
            .collect();
        self.near[v as usize] += 1;
        neighbors.iter().for_each(|&u| self.near[u as usize] += 1);
        exclusive
    }

    fn leave(&mut self, v: u32) {
        self.near[v as usize] -= 1;
        let neighbors = self.graph.neighbors(v);
        neighbors.iter().for_each(|&u| self.near[u as usize] -= 1);
    }

    /// Counts all connected subgraphs that extend `members` by vertices of `extension` and their exclusive neighbours.
    fn extend(&mut self, members: &mut Vec<u32>, mut extension: Vec<u32>) {
        self.count(members);
        if members.len() == 4 {
            return;
        }
        while let Some(v) = extension.pop() {
            let exclusive = self.enter(v, members[0]);
            let mut next = extension.clone();
            next.extend(exclusive);
            members.push(v);
            self.extend(members, next);
            members.pop();
            self.leave(v);
        }
    }

    /// The graphlet and the orbits follow from the degrees within the subgraph.
    fn count(&mut self, members: &[u32]) {
        let mut degrees = [0; 4];
        for (i, &u) in members.iter().enumerate() {
            for (j, &v) in members.iter().enumerate().skip(i + 1) {
                if self.graph.has_edge(u, v) {
                    degrees[i] += 1;
                    degrees[j] += 1;
                }
            }
        }
        let twice_edges: usize = degrees.iter().sum();
        for (&v, &degree) in members.iter().zip(&degrees) {
            let orbit = match (members.len(), twice_edges / 2, degree) {
                (2, _, _) => 0,
                (3, 2, 1) => 1,
                (3, 2, 2) => 2,
                (3, 3, _) => 3,
                (4, 3, _) if degrees.contains(&3) => 5 + degree.div_ceil(2),
                (4, 3, 1) => 4,
                (4, 3, 2) => 5,
                (4, 4, 1) => 9,
                (4, 4, 2) if degrees.contains(&3) => 10,
                (4, 4, 2) => 8,
                (4, 4, 3) => 11,
                (4, 5, 2) => 12,
                (4, 5, 3) => 13,
                (4, 6, _) => 14,
                // A single vertex is no graphlet.
                _ => continue,
            };
            self.counts[v as usize][orbit] += 1;
        }
    }
}
