//! Vertex orders, and the kernels they make: relaxed ones (law 1) and smooth exact ones (laws 1 and 2).
//!
//! A canonical labelling is free to put vertices in any order that is the same for isomorphic graphs. For
//! *learning* the orders differ: when the order changes little as one edge changes, what a network learns on
//! one graph holds for its neighbours too. So the order is a part one can choose.
//!
//! # One equation
//!
//! A [`VertexOrder`] arranges the vertices of a graph `x` and breaks every tie by a permutation `t`:
//!
//! ```text
//! arrange(k·x, k·t) = k·arrange(x, t)        for every relabelling k        (joint equivariance)
//! ```
//!
//! Both kernels follow from it:
//!
//! * **relaxed**, `g̃ = arrange(x, t)` with `t` uniform on `S_n`: law 1, because `k·t` is uniform too. Every
//!   order *is* this kernel ([`InversionKernel`](crate::InversionKernel) is implemented for all orders). It needs no search.
//! * **exact**, `g̃ = arrange(x, t)` with `t = s·h` drawn from an exact kernel: then `g̃ = t·arrange(o(x),
//!   e)`, so `g̃⁻¹·x = arrange(o(x), e)⁻¹·o(x)` is one point per orbit: laws 1 and 2. [`SmoothExact`]
//!   evaluates the right-hand side: it sorts the canonical form, where every choice, even of a rounding
//!   error, is the same for isomorphic graphs. It is a [`Canonicalizer`](crate::Canonicalizer); the kernel is
//!   `Exact(SmoothExact::default())`.
//!
//! A draw maps canonical position `p` to vertex `g̃(p)`; the rank of vertex `i` is `g̃⁻¹(i)`.
//!
//! # The orders
//!
//! | order | compares, in turn | cost | moves | bits |
//! |---|---|---|---|---|
//! | [`Haar`] | nothing: all vertices tie | `n` | 1.0 | 46.0 |
//! | [`OrbitRanks`] | automorphism orbits, in canonical order | one search | 1.0 | 46.0 |
//! | [`RefinementOrder`] | colour, degree, then neighbours' ranks, in rounds | `rounds · m log n` | 0.8 | 45.2 |
//! | [`WalkOrder`] | colour, then the number of walks of length 1, 2, … | `steps · m` | 0.8 | 45.3 |
//! | [`BreadthFirstOrder`] | a lexicographic breadth-first visit, from a hub | `n (n + m)` | 0.9 | 39.6 |
//! | [`DepthFirstOrder`] | a lexicographic depth-first visit, from a hub | `n (n + m)` | 1.2 | 36.8 |
//! | the same, from a leaf | `n (n + m)` | 1.7 | 34.6 |
//! | [`SpectralOrder`] | Laplacian eigenvectors, Fiedler's first, signs by degrees | `n³` | 1.7 | 38.3 |
//!
//! [`ByColor`] puts a key of colours above any of them. [`Budgeted`] is exact where a search fits a budget, and one of these where it does
//! not.
//!
//! An order has two merits, which conflict. *Moves*: by how many places a vertex moves, on average, when one edge is
//! toggled. *Bits*: how uncertain the edges stay to someone who knows only how often each pair of positions is joined
//! (53.5 in an unordered graph). Both on random graphs G(12, 1/4), inside [`SmoothExact`]; with [`Haar`] that is the
//! plain canonical labelling, which sorts by degree. `examples/kernels.rs` measures them.

mod budgeted;
mod by_color;
mod haar;
mod orbits;
mod order;
mod refinement;
mod smooth;
mod spectral;
mod visits;
mod walks;

pub use budgeted::Budgeted;
pub use by_color::ByColor;
pub use haar::Haar;
pub use orbits::OrbitRanks;
pub use order::{VertexOrder, sort_by_ranks};
pub use refinement::{RefinementOrder, refinement_ranks};
pub use smooth::{SmoothExact, mean_displacement};
pub use spectral::{Signs, SpectralOrder};
pub use visits::{BreadthFirstOrder, DepthFirstOrder, Start};
pub use walks::{WalkOrder, walk_ranks};
