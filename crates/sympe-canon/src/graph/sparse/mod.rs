//! The sparse engine: graphs of any size, in memory linear in vertices and edges.
//!
//! Data structures: rows of arcs with weights ([`arcs`]), one ordered partition that is split and undone
//! ([`partition`]), and a worklist of splitters ([`refinement`]).
//!
//! The way of a graph: [`solve`](mod@solve) refines it, sets aside what needs no search ([`reduction`]), divides what
//! is left into parts that do not concern each other ([`parts`]), and has each searched: small parts by the dense
//! engine, others by [`search`]. Equal parts are exchanged by automorphisms, so that the search never meets the `k!`
//! orders of `k` equal parts.
//!
//! Invariants: positions, traces and hashes depend on the isomorphism class of the graph only; what depends on the
//! numbering of vertices decides how fast a result is found, not which.
//!
//! Cost: near linear where refinement and reduction leave little, exponential in the worst case, which the budget
//! bounds.

mod arcs;
mod automorphism;
mod leaf;
mod partition;
mod parts;
mod path;
mod pruning;
mod reduction;
mod refinement;
mod schedule;
mod search;
mod solve;
mod stabilizer;
mod surroundings;
mod target;
#[cfg(test)]
mod tests;

pub(super) use solve::solve;
