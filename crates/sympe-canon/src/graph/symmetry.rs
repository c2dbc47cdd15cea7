//! One call, one value: canonical labelling, canonical form and automorphism group of a graph.

use super::budget::{Budget, StopFlag};
use super::colored_graph::ColoredGraph;
use super::found::Found;
use super::{dense, sparse};
use crate::ranks::dense_ranks;
use crate::{CanonError, Canonicalized, Canonicalizer};
use num_bigint::BigUint;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::fmt::Write;
use sympe_groups::{PermGroup, Permutation};

/// Version of the canonical form: changes whenever any form does, because forms are stored and compared as keys.
const FORM_VERSION: u32 = 5;

/// The search for canonical forms and automorphism groups of coloured graphs.
///
/// Colour refinement comes first; then twins, and vertices that follow another one, are set aside, and what is left
/// is taken part by part: an individualization–refinement search does the rest (McKay & Piperno, *Practical graph
/// isomorphism II*, 2014). Graphs to 128 vertices with few colours of edges are sets of machine words, others sparse
/// rows. The result is exact, deterministic and the same on every platform. Time is near linear for graphs that
/// colour refinement resolves and exponential in the worst case; the budget turns the worst case into an error.
///
/// ```
/// use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
///
/// let square = ColoredGraph::from_edges(4, false, [(0, 1), (1, 2), (2, 3), (3, 0)])?;
/// let symmetry = SymmetrySearch::default().run(&square)?;
/// assert_eq!(symmetry.order().to_string(), "8");
/// assert_eq!(symmetry.orbits(), [[0, 1, 2, 3]]);
///
/// let other = ColoredGraph::from_edges(4, false, [(0, 2), (2, 1), (1, 3), (3, 0)])?;
/// assert_eq!(symmetry.form(), SymmetrySearch::default().run(&other)?.form());
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymmetrySearch {
    /// Search-tree nodes that may be visited before the search gives up with [`CanonError::BudgetExhausted`].
    pub budget: u64,
}

impl Default for SymmetrySearch {
    /// Ten million nodes: seconds to minutes, depending on the graph.
    fn default() -> Self {
        Self { budget: 10_000_000 }
    }
}

/// Canonical labelling, canonical form and automorphism group of one graph.
///
/// See [`SymmetrySearch`] for an example.
#[derive(Clone, Debug)]
pub struct GraphSymmetry {
    labelling: Permutation,
    form: ColoredGraph,
    group: PermGroup,
}

impl SymmetrySearch {
    /// Canonicalizes `graph`. In the form, vertices are sorted by colour.
    ///
    /// # Errors
    ///
    /// [`CanonError::BudgetExhausted`].
    pub fn run(&self, graph: &ColoredGraph) -> Result<GraphSymmetry, CanonError> {
        let mut symmetry = GraphSymmetry::default();
        self.run_into(graph, &mut symmetry)?;
        Ok(symmetry)
    }

    /// Canonicalizes `graph` into an earlier result, whose memory is reused. After an error the result is that of no
    /// graph.
    ///
    /// ```
    /// # use sympe_canon::graph::{ColoredGraph, GraphSymmetry, SymmetrySearch};
    /// let paths = (2..9).map(|n| ColoredGraph::from_edges(n, false, (1..n as u32).map(|v| (v - 1, v))));
    /// let paths = paths.collect::<Result<Vec<_>, _>>()?;
    /// let (search, mut symmetry) = (SymmetrySearch::default(), GraphSymmetry::default());
    /// for path in &paths {
    ///     search.run_into(path, &mut symmetry)?;
    ///     assert_eq!(symmetry.order(), 2u32.into());
    /// }
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_into(&self, graph: &ColoredGraph, symmetry: &mut GraphSymmetry) -> Result<(), CanonError> {
        self.solve(graph, None, symmetry)?;
        graph.move_back(&symmetry.labelling, &mut symmetry.form);
        Ok(())
    }

    /// [`run_into`](Self::run_into) for as long as nobody [stops](StopFlag::stop) it, which is seen at the next node of the
    /// search tree.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); [`CanonError::Stopped`]. A graph that needs no search is done all the same.
    pub fn run_into_until(
        &self,
        graph: &ColoredGraph,
        symmetry: &mut GraphSymmetry,
        stop: &StopFlag,
    ) -> Result<(), CanonError> {
        self.solve(graph, Some(stop), symmetry)?;
        graph.move_back(&symmetry.labelling, &mut symmetry.form);
        Ok(())
    }

    /// [`run`](Self::run) on many graphs, on all threads of the rayon pool: results in the order of the graphs.
    ///
    /// ```
    /// # use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
    /// let cycle = |n: u32| ColoredGraph::from_edges(n as usize, false, (0..n).map(|v| (v, (v + 1) % n)));
    /// let cycles = (3..100).map(cycle).collect::<Result<Vec<_>, _>>()?;
    /// for (n, symmetry) in (3u32..).zip(SymmetrySearch::default().run_batch(&cycles)) {
    ///     assert_eq!(symmetry?.order(), (2 * n).into());
    /// }
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    #[must_use]
    pub fn run_batch(&self, graphs: &[ColoredGraph]) -> Vec<Result<GraphSymmetry, CanonError>> {
        graphs
            .par_iter()
            .with_min_len(64)
            .map(|graph| self.run(graph))
            .collect()
    }

    /// Canonicalizes `graph` so that in the form vertices are sorted by `ranks` first and by colour second.
    ///
    /// If `ranks` are invariant (`ranks(k·x)[k(i)] == ranks(x)[i]`), forms of isomorphic graphs agree and the group is
    /// the automorphism group; otherwise it is the subgroup that preserves the ranks.
    ///
    /// # Errors
    ///
    /// [`CanonError::BudgetExhausted`]; [`CanonError::WrongLength`] unless there is one rank per vertex.
    pub fn run_ranked(&self, graph: &ColoredGraph, ranks: &[u32]) -> Result<GraphSymmetry, CanonError> {
        if ranks.len() != graph.n() {
            return Err(CanonError::WrongLength {
                what: "ranks",
                got: ranks.len(),
                want: graph.n(),
            });
        }
        let key = |v: u32| (ranks[v as usize], graph.node_color(v));
        let (colors, _) = dense_ranks(graph.n(), |u, v| key(u).cmp(&key(v)));
        let recolored = graph.clone().with_node_colors(colors)?;
        let mut symmetry = GraphSymmetry::default();
        self.solve(&recolored, None, &mut symmetry)?;
        graph.move_back(&symmetry.labelling, &mut symmetry.form);
        Ok(symmetry)
    }

    /// Finds labelling and group, by the dense engine if it takes the graph.
    fn solve(
        &self,
        graph: &ColoredGraph,
        stop: Option<&StopFlag>,
        symmetry: &mut GraphSymmetry,
    ) -> Result<(), CanonError> {
        let budget = Budget {
            nodes: self.budget,
            stop: stop.cloned(),
        };
        FOUND.with_borrow_mut(|found| {
            if let Some(done) = dense::search(graph, graph.node_colors(), 0, &budget, found) {
                done?;
            } else {
                found.clear();
                sparse::solve(graph, &budget, found)?;
            }
            let mut order =
                std::mem::replace(&mut symmetry.labelling, Permutation::identity(0)).into_images();
            std::mem::swap(&mut order, &mut found.order);
            symmetry.labelling = Permutation::from_images_unchecked(order);
            found.group_into(graph.n(), &mut symmetry.group);
            Ok(())
        })
    }
}

thread_local! {
    /// Memory of searches, for each thread.
    static FOUND: RefCell<Found> = RefCell::default();
}

/// The symmetry of the graph without vertices.
impl Default for GraphSymmetry {
    fn default() -> Self {
        Self {
            labelling: Permutation::identity(0),
            form: ColoredGraph::empty(),
            group: PermGroup::trivial(0),
        }
    }
}

impl GraphSymmetry {
    /// The canonical labelling `h`: `h·form = x`. It maps canonical positions to vertices.
    #[must_use]
    pub fn labelling(&self) -> &Permutation {
        &self.labelling
    }

    /// The canonical form `o(x) = h⁻¹·x`: equal exactly for isomorphic graphs.
    #[must_use]
    pub fn form(&self) -> &ColoredGraph {
        &self.form
    }

    /// The automorphism group `Stab(x)`.
    #[must_use]
    pub fn group(&self) -> &PermGroup {
        &self.group
    }

    /// The orbits of the automorphism group on vertices: each sorted, by least vertex.
    #[must_use]
    pub fn orbits(&self) -> Vec<Vec<u32>> {
        self.group.orbits()
    }

    /// The exact order of the automorphism group.
    #[must_use]
    pub fn order(&self) -> BigUint {
        self.group.order()
    }

    /// Generators of the automorphism group.
    #[must_use]
    pub fn generators(&self) -> &[Permutation] {
        self.group.generators()
    }

    /// SHA-256 of the canonical form as 64 hexadecimal digits: equal exactly for isomorphic graphs.
    ///
    /// Hashed are, as little-endian `u32`: the form's version, `n`, direction, node colours, the number of edges, and
    /// the edges `(u, v, colour)` in increasing order.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.digest_bytes() {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        }
        text
    }

    /// The [`digest`](Self::digest) as bytes: for keys in binary columns.
    ///
    /// ```
    /// # use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
    /// let edge = SymmetrySearch::default().run(&ColoredGraph::from_edges(2, false, [(0, 1)])?)?;
    /// assert_eq!(format!("{:02x}", edge.digest_bytes()[0]), edge.digest()[..2]);
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    #[must_use]
    pub fn digest_bytes(&self) -> [u8; 32] {
        let form = &self.form;
        let mut words = vec![FORM_VERSION, form.n() as u32, u32::from(form.is_directed())];
        words.extend(form.node_colors());
        let count = words.len();
        words.push(0);
        words.extend(form.edges().flat_map(|(u, v, color)| [u, v, color]));
        words[count] = ((words.len() - count - 1) / 3) as u32;
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        Sha256::digest(bytes).into()
    }
}

impl Canonicalizer<ColoredGraph> for SymmetrySearch {
    type Stabilizer = PermGroup;

    fn canonicalize(&self, graph: &ColoredGraph) -> Result<Canonicalized<PermGroup>, CanonError> {
        // The form is not made: the stabilizer and one element are all that a caller gets.
        let mut symmetry = GraphSymmetry::default();
        self.solve(graph, None, &mut symmetry)?;
        Ok(symmetry.into())
    }
}

impl From<GraphSymmetry> for Canonicalized<PermGroup> {
    fn from(symmetry: GraphSymmetry) -> Self {
        Self {
            element: symmetry.labelling,
            stabilizer: symmetry.group,
        }
    }
}
