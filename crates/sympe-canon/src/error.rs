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
