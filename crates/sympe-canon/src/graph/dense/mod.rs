//! The dense engine: graphs of at most 128 vertices and 8 colours of edges, sets of vertices as machine words.
//!
//! Data structures: a set of vertices is a [`Word`](super::word::Word), a row of neighbours for each vertex and each
//! kind of arc is one too ([`counts::Rows`]), and an ordered partition is a word per cell ([`partition::Cells`]), so
//! small that every node of the search tree on the current path keeps its own. Nothing is ever undone, and nothing is
//! allocated once the workspace of the thread is warm.
//!
//! The way of a graph: [`load`] makes rows and the partition by colours, loops and degrees; [`engine`] refines it,
//! sets aside what needs no search ([`reduction`]), tells the vertices of the largest cell apart by their
//! surroundings, and divides what is left into parts that do not concern each other ([`parts`]);
//! [`search`](mod@search) searches each part.
//!
//! Invariants: every decision depends on the isomorphism class of the graph only, or affects how fast a result is
//! found and not which: positions, traces and hashes are never functions of the numbering of vertices.
//!
//! Cost: a refinement takes a few operations on words for each splitter and open cell; the search tree is exponential
//! in the worst case, which the budget bounds.

mod counts;
mod engine;
mod load;
mod partition;
mod parts;
mod reduction;
mod script;
mod search;
mod workspace;

pub(super) use workspace::search;
