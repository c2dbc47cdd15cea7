//! Checkers of the laws of inversion kernels, for the kernels of this crate and for yours.
//!
//! | checker | law | kind |
//! |---|---|---|
//! | [`check_inversion`] | 2: `g̃⁻¹·x` is one point per orbit, bit for bit | every draw |
//! | [`check_kernel_equivariance`] | 1: `k·coset(x) = coset(k·x)` | exact, as sets |
//! | [`check_order`] | 1, for orders: `arrange(k·x, k·t) = k·arrange(x, t)` | exact |
//! | [`check_law_equivariance`] | 1: `k·draw(x)` and `draw(k·x)` have one law | statistical, two samples |
//! | [`check_uniformity`] | draws are uniform on the coset | statistical; the support exactly |
//!
//! A broken law is an error that names a witness. The statistical checkers return the test, and the caller
//! chooses the significance: with a fixed seed the outcome is deterministic.
//!
//! ```
//! use rand::{SeedableRng, rngs::ChaCha8Rng};
//! use sympe_canon::check::{check_inversion, check_kernel_equivariance, check_uniformity, coset};
//! use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
//! use sympe_canon::{Canonicalizer, Exact};
//! use sympe_groups::Permutation;
//!
//! let square = ColoredGraph::from_edges(4, false, [(0, 1), (1, 2), (2, 3), (3, 0)])?;
//! let k = Permutation::parse("(0 1)", 4)?;
//! let search = SymmetrySearch::default();
//! let mut rng = ChaCha8Rng::seed_from_u64(0);
//!
//! assert_eq!(check_kernel_equivariance(&search, &square, &k)?, 8);
//! check_inversion(&Exact(search.clone()), &square, &[k], 100, &mut rng)?;
//! let coset = coset(&search.canonicalize(&square)?);
//! assert!(check_uniformity(&Exact(search), &square, &coset, 1000, &mut rng)?.p_value() > 0.001);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use sympe_groups::ChiSquare;

use crate::graph::ColoredGraph;
use crate::relaxed::VertexOrder;
use crate::{CanonError, Canonicalized, Canonicalizer, InversionKernel};
use rand::Rng;
use std::borrow::Borrow;
use std::fmt::Debug;
use sympe_groups::{Action, FiniteSubgroup, Group, Permutation, Subgroup};

/// A law that does not hold, with a witness; or a kernel that failed to draw.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::check::{LawViolation, check_inversion};
/// use sympe_canon::{graph::ColoredGraph, relaxed::Haar};
///
/// // Random permutations do not invert.
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// let violation = check_inversion(&Haar, &path, &[], 50, &mut ChaCha8Rng::seed_from_u64(0)).unwrap_err();
/// assert!(matches!(violation, LawViolation::Inversion { .. }));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LawViolation {
    /// Law 2: two draws carry one orbit to different points.
    #[error("inversion fails: g⁻¹·x is {got} for the draw g = {draw} at k·x, k = {relabelling}; want {want}")]
    Inversion {
        /// The relabelling `k` of the input.
        relabelling: String,
        /// The draw at `k·x`.
        draw: String,
        /// The point this draw gives.
        got: String,
        /// The point the first draw gave.
        want: String,
    },
    /// An element drawn that is not in the support.
    #[error("draw {index} is {draw}, which lies outside the support of {support} elements")]
    OutsideSupport {
        /// Which draw it was.
        index: usize,
        /// The element drawn.
        draw: String,
        /// The number of elements of the support.
        support: usize,
    },
    /// Law 1 for a canonicalizer: the cosets are different sets.
    #[error("k·coset(x) ≠ coset(k·x) for k = {relabelling}: {witness}")]
    Coset {
        /// The relabelling `k`.
        relabelling: String,
        /// An element in only one of the sets, or the two sizes.
        witness: String,
    },
    /// Joint equivariance of an order.
    #[error("arrange(k·x, k·t) = {got} ≠ {want} = k·arrange(x, t) for k = {relabelling}, t = {ties}")]
    Order {
        /// The relabelling `k`.
        relabelling: String,
        /// The tie-breaking permutation `t`.
        ties: String,
        /// `arrange(k·x, k·t)`.
        got: String,
        /// `k·arrange(x, t)`.
        want: String,
    },
    /// The kernel itself returned an error.
    #[error(transparent)]
    Canon(#[from] CanonError),
}

/// The support of an inversion kernel, element by element: the coset `Stab(x)·h`.
///
/// ```
/// use sympe_canon::{Canonicalizer, check::coset, graph::{ColoredGraph, SymmetrySearch}};
///
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// assert_eq!(coset(&SymmetrySearch::default().canonicalize(&path)?).len(), 2);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[must_use]
pub fn coset<S: FiniteSubgroup>(canonicalized: &Canonicalized<S>) -> Vec<S::Element> {
    canonicalized
        .stabilizer
        .elements()
        .map(|s| s.compose(&canonicalized.element))
        .collect()
}

/// Law 2: for `x` and each `k·x`, `draws` draws all satisfy `g̃⁻¹·(k·x) = o`, one and the same point,
/// exactly. Returns that point, `o(x)`.
///
/// # Errors
///
/// [`LawViolation::Inversion`] with the first draw that gives another point; [`LawViolation::Canon`].
///
/// # Panics
///
/// When `draws` is 0.
pub fn check_inversion<K, X>(
    kernel: &K,
    x: &X,
    relabellings: &[K::Group],
    draws: usize,
    rng: &mut dyn Rng,
) -> Result<X::Owned, LawViolation>
where
    K: InversionKernel<X>,
    K::Group: Action<X>,
    X: ToOwned + ?Sized,
    X::Owned: PartialEq + Debug,
{
    assert!(draws > 0, "no draws, nothing to check");
    let first = kernel.draw(x, rng)?;
    let want = first.inverse().act(x);
    for k in std::iter::once(&first.identity()).chain(relabellings) {
        let relabelled = k.act(x);
        for _ in 0..draws {
            let draw = kernel.draw(relabelled.borrow(), rng)?;
            let got = draw.inverse().act(relabelled.borrow());
            if got != want {
                return Err(LawViolation::Inversion {
                    relabelling: format!("{k:?}"),
                    draw: format!("{draw:?}"),
                    got: format!("{got:?}"),
                    want: format!("{want:?}"),
                });
            }
        }
    }
    Ok(want)
}

/// Law 1, exactly: `k·coset(x)` and `coset(k·x)` are the same set. Returns the number of elements.
///
/// # Errors
///
/// [`LawViolation::Coset`] with an element of only one set; [`LawViolation::Canon`].
///
/// # Complexity
///
/// Enumerates both stabilizers and does one membership test per element: for small orders.
pub fn check_kernel_equivariance<C, X>(
    canonicalizer: &C,
    x: &X,
    k: &<C::Stabilizer as Subgroup>::Element,
) -> Result<usize, LawViolation>
where
    C: Canonicalizer<X>,
    C::Stabilizer: FiniteSubgroup,
    <C::Stabilizer as Subgroup>::Element: Action<X>,
    X: ToOwned + ?Sized,
{
    let at_x = canonicalizer.canonicalize(x)?;
    let at_kx = canonicalizer.canonicalize(k.act(x).borrow())?;
    let violation = |witness| LawViolation::Coset {
        relabelling: format!("{k:?}"),
        witness,
    };
    let sizes = (
        at_x.stabilizer.elements().count(),
        at_kx.stabilizer.elements().count(),
    );
    if sizes.0 != sizes.1 {
        return Err(violation(format!(
            "the sets have {} and {} elements",
            sizes.0, sizes.1
        )));
    }
    // Sets of one size: k·g ∈ Stab(k·x)·h' for every g ∈ coset(x) makes them equal.
    let inverse = at_kx.element.inverse();
    for element in coset(&at_x) {
        let moved = k.compose(&element);
        if !at_kx.stabilizer.contains(&moved.compose(&inverse)) {
            return Err(violation(format!("{moved:?} is in the former only")));
        }
    }
    Ok(sizes.0)
}

/// Joint equivariance of an order, exactly: `arrange(k·x, k·t) = k·arrange(x, t)`. It implies law 1 of the
/// order's relaxed kernel.
///
/// # Errors
///
/// [`LawViolation::Order`] with both sides; [`LawViolation::Canon`].
///
/// ```
/// use sympe_canon::{check::check_order, graph::ColoredGraph, relaxed::RefinementOrder};
/// use sympe_groups::Permutation;
///
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// let (k, ties) = (Permutation::parse("(0 1 2)", 3)?, Permutation::identity(3));
/// check_order(&RefinementOrder::default(), &path, &k, &ties)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_order<O: VertexOrder>(
    order: &O,
    graph: &ColoredGraph,
    k: &Permutation,
    ties: &Permutation,
) -> Result<(), LawViolation> {
    let got = order.arrange(&k.act(graph), &k.compose(ties))?;
    let want = k.compose(&order.arrange(graph, ties)?);
    if got == want {
        return Ok(());
    }
    Err(LawViolation::Order {
        relabelling: k.to_string(),
        ties: ties.to_string(),
        got: got.to_string(),
        want: want.to_string(),
    })
}

/// Law 1 by two samples: `draws` draws of `k·draw(x)` against as many of `draw(k·x)`, over the outcomes seen.
///
/// For kernels without a coset to compare, on inputs with few outcomes (`n! ≪ draws`).
///
/// # Errors
///
/// [`LawViolation::Canon`].
pub fn check_law_equivariance<K, X>(
    kernel: &K,
    x: &X,
    k: &K::Group,
    draws: usize,
    rng: &mut dyn Rng,
) -> Result<ChiSquare, LawViolation>
where
    K: InversionKernel<X>,
    K::Group: Action<X>,
    X: ToOwned + ?Sized,
{
    let relabelled = k.act(x);
    let mut outcomes: Vec<K::Group> = Vec::new();
    let mut counts: Vec<[u64; 2]> = Vec::new();
    for _ in 0..draws {
        let pair = [
            k.compose(&kernel.draw(x, rng)?),
            kernel.draw(relabelled.borrow(), rng)?,
        ];
        for (sample, outcome) in pair.into_iter().enumerate() {
            let cell = outcomes
                .iter()
                .position(|seen| *seen == outcome)
                .unwrap_or_else(|| {
                    outcomes.push(outcome);
                    counts.push([0, 0]);
                    counts.len() - 1
                });
            counts[cell][sample] += 1;
        }
    }
    Ok(ChiSquare::two_samples(&counts))
}

/// Draws of a kernel at `x` against the uniform law on `support`, usually [`coset`] of `x`.
///
/// Choose `draws` at least five times the size of the support.
///
/// # Errors
///
/// [`LawViolation::OutsideSupport`] with the first draw that is not in `support`; [`LawViolation::Canon`].
pub fn check_uniformity<K, X>(
    kernel: &K,
    x: &X,
    support: &[K::Group],
    draws: usize,
    rng: &mut dyn Rng,
) -> Result<ChiSquare, LawViolation>
where
    K: InversionKernel<X>,
    X: ?Sized,
{
    let mut counts = vec![0; support.len()];
    for index in 0..draws {
        let draw = kernel.draw(x, rng)?;
        let Some(cell) = support.iter().position(|element| *element == draw) else {
            return Err(LawViolation::OutsideSupport {
                index,
                draw: format!("{draw:?}"),
                support: support.len(),
            });
        };
        counts[cell] += 1;
    }
    Ok(ChiSquare::uniform(&counts))
}
