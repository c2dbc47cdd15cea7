//! What can go wrong when canonicalizing.

/// Why an input could not be canonicalized.
///
/// ```
/// use sympe_canon::{CanonError, graph::ColoredGraph};
/// let error = ColoredGraph::from_edges(3, false, [(0, 7)]).unwrap_err();
/// assert_eq!(error, CanonError::VertexOutOfRange { vertex: 7, n: 3 });
/// assert_eq!(error.to_string(), "edge names vertex 7, but the graph has vertices 0 to 2");
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonError {
    /// An edge ends outside the vertex set.
    #[error("edge names vertex {vertex}, but the graph has {}", vertices(*n))]
    VertexOutOfRange {
        /// The vertex named.
        vertex: u32,
        /// The number of vertices.
        n: usize,
    },
    /// The same edge was given twice.
    #[error("edge ({source_vertex}, {target}) is given twice; multiple edges are not supported")]
    DuplicateEdge {
        /// Its tail.
        source_vertex: u32,
        /// Its head.
        target: u32,
    },
    /// A list has the wrong length.
    #[error("{what} has {got} entries, expected {want}")]
    WrongLength {
        /// The list.
        what: &'static str,
        /// Its length.
        got: usize,
        /// The length it must have.
        want: usize,
    },
    /// A field on another torus than the group acts on.
    #[error("the field has {} × {} sites, expected {} × {}", got[0], got[1], want[0], want[1])]
    WrongShape {
        /// Its rows and columns.
        got: [u32; 2],
        /// Those of the torus.
        want: [u32; 2],
    },
    /// An adjacency matrix of an undirected graph is not symmetric.
    #[error(
        "the adjacency matrix of an undirected graph must be symmetric, but entry ({row}, {column}) differs from its mirror"
    )]
    NotSymmetric {
        /// Row of the offending entry.
        row: usize,
        /// Column of the offending entry.
        column: usize,
    },
    /// The input has more vertices than a method can handle.
    #[error("{n} vertices exceed the limit of {limit} of {what}")]
    TooLarge {
        /// The method.
        what: &'static str,
        /// Number of vertices.
        n: usize,
        /// The limit.
        limit: usize,
    },
    /// A group is listed that has more elements than may be.
    #[error("the group has e^{ln_order:.1} elements, expected at most {budget} (its budget) to be listed")]
    GroupTooLarge {
        /// Logarithm of its order.
        ln_order: f64,
        /// The most elements.
        budget: u64,
    },
    /// The search visited as many nodes as it was allowed to.
    #[error(
        "symmetry search stopped after {nodes} search-tree nodes (its budget): {leaves} leaves reached, \
         {generators} automorphisms found, the first {depth} of {base} base points still open"
    )]
    BudgetExhausted {
        /// Search-tree nodes visited.
        nodes: u64,
        /// Leaves reached.
        leaves: u64,
        /// Automorphisms found so far.
        generators: usize,
        /// Levels of the first path whose siblings were not exhausted.
        depth: usize,
        /// Length of the first path.
        base: usize,
    },
    /// Somebody stopped the search, as a limit of time does.
    #[error("symmetry search was stopped from outside after {nodes} steps")]
    Stopped {
        /// Of a graph, search-tree nodes visited; of a cloud, frames, and of a field, point operations looked at.
        nodes: u64,
    },
    /// A search for the best of many ended without having proved one to be it.
    #[error("{what} stopped after {steps} steps (its budget) without a proof that there is none better")]
    Undecided {
        /// What was looked for.
        what: &'static str,
        /// Steps taken.
        steps: u64,
    },
    /// A cloud without points.
    #[error("the cloud has no points, expected at least one")]
    NoPoints,
    /// A coordinate that is not a number, infinite, or so large that distances overflow.
    #[error("coordinate {axis} of point {point} is {value:e}, expected a finite number up to 1e300")]
    NotFinite {
        /// The point.
        point: usize,
        /// Which of its coordinates.
        axis: usize,
        /// The value.
        value: f64,
    },
    /// A tolerance that cannot be used, or not on this cloud.
    #[error("the tolerance {tolerance} {reason}")]
    Tolerance {
        /// The tolerance, relative to the radius where there is one.
        tolerance: f64,
        /// What is wrong with it.
        reason: String,
    },
    /// A numerical method failed.
    #[error("{what} failed: {detail}")]
    Numerical {
        /// The method.
        what: &'static str,
        /// What happened.
        detail: String,
    },
}

fn vertices(n: usize) -> String {
    match n {
        0 => "no vertices".into(),
        1 => "vertex 0 alone".into(),
        _ => format!("vertices 0 to {}", n - 1),
    }
}
