//! One call, one value: canonical labelling, canonical form and automorphism group of a graph.

use super::ColoredGraph;
use super::dense;
use super::parts::search_parts;
use super::search::Found;
use super::twins::Twins;
use crate::relaxed::dense_ranks;
use crate::{CanonError, Canonicalized, Canonicalizer};
use num_bigint::BigUint;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use sympe_groups::{PermGroup, Permutation};

/// Version of the canonical form: changes whenever any form does, because forms are stored and compared as keys.
const FORM_VERSION: u32 = 3;

/// The search for canonical forms and automorphism groups of coloured graphs.
///
/// Twins are factored out first, then the connected components of the graph or of its complement are taken one by one;
/// an individualization–refinement search does the rest (McKay & Piperno, *Practical graph isomorphism II*, 2014). The result is exact, deterministic and the same on every platform.
/// Time is near linear for graphs that colour refinement resolves and exponential in the worst case; the budget turns
/// the worst case into an error.
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
        let (labelling, group) = self.solve(graph)?;
        Ok(GraphSymmetry {
            form: graph.moved_back(&labelling),
            labelling,
            group,
        })
    }

    /// As [`run`](Self::run), but in the form vertices are sorted by `ranks` first and by colour second.
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
        let keys: Vec<(u32, u32)> = ranks
            .iter()
            .copied()
            .zip(graph.node_colors().iter().copied())
            .collect();
        let recolored = graph.clone().with_node_colors(ranks_of(&keys))?;
        let (labelling, group) = self.solve(&recolored)?;
        Ok(GraphSymmetry {
            form: graph.moved_back(&labelling),
            labelling,
            group,
        })
    }

    /// Labelling `h` (canonical position → vertex) and automorphism group.
    fn solve(&self, graph: &ColoredGraph) -> Result<(Permutation, PermGroup), CanonError> {
        let n = graph.n();
        if let Some(solved) = dense::solve(graph, graph.node_colors(), self.budget) {
            return solved;
        }
        let twins = Twins::find(graph);
        if twins.classes.len() == n {
            let found = search_parts(graph, 0, self.budget)?;
            let generators = found.generators.into_iter().map(bijection).collect();
            let group = PermGroup::from_strong_generators(n, found.base, generators);
            return Ok((bijection(found.labelling), group));
        }
        let found = search_quotient(graph, &twins, self.budget)?;
        Ok(expand(n, &twins, &found))
    }
}

/// The search on one vertex per twin class, coloured by everything that tells classes apart.
fn search_quotient(graph: &ColoredGraph, twins: &Twins, budget: u64) -> Result<Found, CanonError> {
    let mut class_of = vec![u32::MAX; graph.n()];
    for (index, members) in twins.classes.iter().enumerate() {
        class_of[members[0] as usize] = index as u32;
    }
    let keys: Vec<_> = twins
        .classes
        .iter()
        .map(|members| {
            let v = members[0];
            let inner = members.get(1).and_then(|&u| graph.edge_color(v, u));
            // The colour first: the form stays sorted by it.
            (graph.node_color(v), members.len(), inner, graph.edge_color(v, v))
        })
        .collect();
    let colors = ranks_of(&keys);
    let edges = graph.edges().filter_map(|(u, v, color)| {
        let (u, v) = (class_of[u as usize], class_of[v as usize]);
        (u != u32::MAX && v != u32::MAX).then_some((u, v, color))
    });
    let quotient = ColoredGraph::from_colored_edges(twins.classes.len(), graph.is_directed(), edges)?
        .with_node_colors(colors)?;
    search_parts(&quotient, 0, budget)
}

/// Labelling and group of the graph, from those of its quotient by twins.
fn expand(n: usize, twins: &Twins, found: &Found) -> (Permutation, PermGroup) {
    let classes = &twins.classes;
    let labelling: Vec<u32> = found
        .labelling
        .iter()
        .flat_map(|&class| classes[class as usize].iter().copied())
        .collect();
    let mut generators = Vec::new();
    for generator in &found.generators {
        let mut images = vec![0; n];
        for (class, &image) in generator.iter().enumerate() {
            for (&v, &w) in classes[class].iter().zip(&classes[image as usize]) {
                images[v as usize] = w;
            }
        }
        generators.push(bijection(images));
    }
    // Members map in order, so an element that fixes a class fixes its members.
    let base = found.base.iter().map(|&class| classes[class as usize][0]);
    let group = PermGroup::with_symmetric_blocks(n, base.collect(), generators, classes.clone());
    (bijection(labelling), group)
}

fn bijection(images: Vec<u32>) -> Permutation {
    Permutation::from_images(images).expect("labellings and automorphisms are bijections")
}

/// The position of each key among the distinct keys.
fn ranks_of<K: Ord>(keys: &[K]) -> Vec<u32> {
    dense_ranks(keys.len(), |i, j| keys[i as usize].cmp(&keys[j as usize])).0
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
        let form = &self.form;
        let mut hasher = Sha256::new();
        let mut put = |value: u32| hasher.update(value.to_le_bytes());
        put(FORM_VERSION);
        put(form.n() as u32);
        put(u32::from(form.is_directed()));
        form.node_colors().iter().for_each(|&color| put(color));
        put(form.edge_count() as u32);
        for (u, v, color) in form.edges() {
            put(u);
            put(v);
            put(color);
        }
        hasher
            .finalize()
            .iter()
            .fold(String::with_capacity(64), |mut text, byte| {
                write!(text, "{byte:02x}").expect("writing to a string cannot fail");
                text
            })
    }
}

impl Canonicalizer<ColoredGraph> for SymmetrySearch {
    type Stabilizer = PermGroup;

    fn canonicalize(&self, graph: &ColoredGraph) -> Result<Canonicalized<PermGroup>, CanonError> {
        let (element, stabilizer) = self.solve(graph)?;
        Ok(Canonicalized { element, stabilizer })
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
