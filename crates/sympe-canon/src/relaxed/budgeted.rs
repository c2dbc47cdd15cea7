//! Exact draws where a search fits a budget, relaxed ones where it does not.

use crate::graph::ColoredGraph;
use crate::{CanonError, Canonicalizer, InversionKernel};
use rand::Rng;
use sympe_groups::{Action, Group, Permutation, Subgroup};

/// The exact kernel of a canonicalizer whose search has a budget, and another kernel for graphs that exceed it: no graph of a data set
/// stops a run, or takes longer than the rest together.
///
/// How many nodes a search visits depends on how the vertices are numbered, so "this graph exceeds the budget" is no property of the
/// graph, and a kernel that went by it would not obey law 1. Here the vertices are numbered uniformly at random before each
/// search. The probability `p(x)` of an exact draw is then the same for isomorphic graphs, and the kernel
///
/// ```text
/// κ(· | x) = p(x)·κ_exact(· | x) + (1 − p(x))·κ_relaxed(· | x)
/// ```
///
/// obeys law 1 as both of its parts do. Law 2 holds where `p(x) = 1`. Nothing is kept between draws: each one searches.
///
/// ```
/// # use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::InversionKernel;
/// use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
/// use sympe_canon::relaxed::{Budgeted, RefinementOrder};
///
/// // Petersen's graph.
/// let edges = (0..5).flat_map(|v| [(v, (v + 1) % 5), (v, v + 5), (v + 5, (v + 2) % 5 + 5)]);
/// let graph = ColoredGraph::from_edges(10, false, edges)?;
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let within = |budget| Budgeted { exact: SymmetrySearch { budget }, relaxed: RefinementOrder::default() };
/// assert!(within(100).draw_within(&graph, &mut rng)?.1.is_none());
/// // One node is not enough, and the error says so; the draw is one of refinement.
/// let (draw, exceeded) = within(1).draw_within(&graph, &mut rng)?;
/// assert!(draw.degree() == 10 && exceeded.is_some());
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budgeted<C, K> {
    /// The canonicalizer, whose search has the budget.
    pub exact: C,
    /// The kernel of graphs that exceed it.
    pub relaxed: K,
}

impl<C, K, S> Budgeted<C, K>
where
    C: Canonicalizer<ColoredGraph, Stabilizer = S>,
    K: InversionKernel<ColoredGraph, Group = Permutation>,
    S: Subgroup<Element = Permutation>,
{
    /// A draw; with it the error of the search if the draw is relaxed.
    ///
    /// # Errors
    ///
    /// Other errors of the canonicalizer than [`CanonError::BudgetExhausted`], and those of the relaxed kernel.
    pub fn draw_within(
        &self,
        graph: &ColoredGraph,
        rng: &mut dyn Rng,
    ) -> Result<(Permutation, Option<CanonError>), CanonError> {
        let numbering = Permutation::random(graph.n(), rng);
        match self.exact.canonicalize(&numbering.act(graph)) {
            Ok(found) => Ok((numbering.inverse().compose(&found.sample(rng)), None)),
            Err(error @ CanonError::BudgetExhausted { .. }) => {
                Ok((self.relaxed.draw(graph, rng)?, Some(error)))
            }
            Err(error) => Err(error),
        }
    }
}

impl<C, K, S> InversionKernel<ColoredGraph> for Budgeted<C, K>
where
    C: Canonicalizer<ColoredGraph, Stabilizer = S>,
    K: InversionKernel<ColoredGraph, Group = Permutation>,
    S: Subgroup<Element = Permutation>,
{
    type Group = Permutation;

    fn draw(&self, graph: &ColoredGraph, rng: &mut dyn Rng) -> Result<Permutation, CanonError> {
        Ok(self.draw_within(graph, rng)?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exact;
    use crate::check::check_inversion;
    use crate::graph::SymmetrySearch;
    use crate::relaxed::RefinementOrder;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;
    use sympe_groups::ChiSquare;

    fn within(budget: u64) -> Budgeted<SymmetrySearch, RefinementOrder> {
        Budgeted {
            exact: SymmetrySearch { budget },
            relaxed: RefinementOrder::default(),
        }
    }

    /// Strongly regular graphs of 16 vertices, which refinement leaves whole: the rook's and Shrikhande's.
    fn graphs() -> [ColoredGraph; 2] {
        let pairs = || (0..16u32).flat_map(|a| (0..a).map(move |b| (b, a)));
        let rook = pairs().filter(|(b, a)| a / 4 == b / 4 || a % 4 == b % 4);
        let steps = [(0, 1), (0, 3), (1, 0), (3, 0), (1, 1), (3, 3)];
        let shrikhande =
            pairs().filter(|(b, a)| steps.contains(&((a / 4 + 4 - b / 4) % 4, (a % 4 + 4 - b % 4) % 4)));
        [
            ColoredGraph::from_edges(16, false, rook).unwrap(),
            ColoredGraph::from_edges(16, false, shrikhande).unwrap(),
        ]
    }

    #[test]
    fn a_budget_that_suffices_is_the_exact_kernel_and_none_is_the_other() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        for graph in graphs() {
            let k = Permutation::random(graph.n(), &mut rng);
            check_inversion(&within(1000), &graph, &[k], 50, &mut rng).unwrap();
            let exact = Exact(SymmetrySearch::default()).draw(&graph, &mut rng).unwrap();
            let drawn = within(1000).draw(&graph, &mut rng).unwrap();
            assert_eq!(drawn.inverse().act(&graph), exact.inverse().act(&graph));
            let relaxed = (0..200).filter(|_| within(0).draw_within(&graph, &mut rng).unwrap().1.is_some());
            assert_eq!(relaxed.count(), 200);
        }
    }

    /// With budgets between, some numberings exceed them and others do not, and still the law moves with the graph: how often draws
    /// are exact, and at which rank a vertex is.
    #[test]
    fn whether_a_draw_is_exact_does_not_depend_on_how_a_graph_is_numbered() {
        const DRAWS: usize = 6000;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let [_, graph] = graphs();
        let share = |budget, graph: &ColoredGraph, rng: &mut ChaCha8Rng| {
            let exact = (0..DRAWS).filter(|_| within(budget).draw_within(graph, rng).unwrap().1.is_none());
            exact.count() as f64 / DRAWS as f64
        };
        let shares: Vec<f64> = (0..20).map(|budget| share(budget, &graph, &mut rng)).collect();
        let mixed: Vec<usize> = (0..20)
            .filter(|&budget| (0.05..0.95).contains(&shares[budget]))
            .collect();
        assert!(
            !mixed.is_empty(),
            "no budget that only some numberings exceed: {shares:?}"
        );
        // One numbering alone either exceeds it or does not, so without others the law would not move with the graph.
        for budget in mixed.into_iter().take(2) {
            let k = Permutation::random(16, &mut rng);
            let moved = k.act(&graph);
            let there = share(budget as u64, &moved, &mut rng);
            assert!(
                (shares[budget] - there).abs() < 0.05,
                "{budget}: {}, {there}",
                shares[budget]
            );
            let kernel = within(budget as u64);
            let mut ranks = vec![[0, 0]; 16];
            for _ in 0..DRAWS {
                ranks[kernel.draw(&graph, &mut rng).unwrap().inverse().apply(3) as usize][0] += 1;
                ranks[kernel.draw(&moved, &mut rng).unwrap().inverse().apply(k.apply(3)) as usize][1] += 1;
            }
            assert!(
                ChiSquare::two_samples(&ranks).p_value() > 1e-3,
                "{budget}: {ranks:?}"
            );
        }
    }
}
