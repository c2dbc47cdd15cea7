//! Canonicalizers and inversion kernels: the two traits of the method.

use crate::error::CanonError;
use rand::{Rng, RngExt};
use std::cmp::Ordering;
use sympe_groups::{FiniteSubgroup, Group, Subgroup};

/// What canonicalizing `x` yields: one element `h` with `h·o(x) = x`, and the stabilizer `Stab(x)`.
///
/// The pair describes the coset `{ g : g·o(x) = x } = Stab(x)·h`, the support of the inversion kernel
/// (Lawrence et al. 2025, section 3).
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::Canonicalizer;
/// use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
/// use sympe_groups::{Action, Group};
///
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// let canonicalized = SymmetrySearch::default().canonicalize(&path)?;
/// let draw = canonicalized.sample(&mut ChaCha8Rng::seed_from_u64(0));
/// assert_eq!(draw.inverse().act(&path), canonicalized.element.inverse().act(&path));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Canonicalized<S: Subgroup> {
    /// `h`, with `h·o(x) = x`.
    pub element: S::Element,
    /// `Stab(x)`.
    pub stabilizer: S,
}

impl<S: Subgroup> Canonicalized<S> {
    /// A draw `g̃ = s·h`, `s ~ Haar(Stab(x))`: exactly uniform on the coset `Stab(x)·h`.
    ///
    /// The order matters: `h·s` with `s ∈ Stab(x)` does not satisfy `g̃·o(x) = x`.
    pub fn sample(&self, rng: &mut dyn Rng) -> S::Element {
        self.stabilizer.sample_coset(&self.element, rng)
    }
}

/// An element of a coset that was not drawn uniformly, and how far its law is from the uniform one.
///
/// ```
/// use sympe_canon::Coupled;
/// let certain = Coupled { element: 'a', divergence: 6f64.ln() }; // the only one of six
/// assert!(certain.divergence > 1.79);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Coupled<G> {
    /// `g̃`.
    pub element: G,
    /// `KL(q ‖ κ)` in nats, or a bound of it: `q` is the law of `g̃`, `κ` the uniform one on the coset.
    pub divergence: f64,
}

impl<S: FiniteSubgroup> Canonicalized<S> {
    /// The least element of the coset `Stab(x)·h` by an order of elements, uniformly among equal ones: a draw coupled to
    /// whatever the order looks at, for example an answer `y` that is to be as alike as can be after `g̃⁻¹·y`.
    ///
    /// All of a coset of up to `limit` elements is looked at; the law `q` is then uniform on the least ones, and its divergence
    /// `ln |Stab(x)|` less the logarithm of their number. Of a larger one `limit` uniform draws are: none of its elements is then
    /// more than `limit` times as likely as in a uniform draw, so the divergence is at most `ln limit`, which is what is returned.
    ///
    /// If the order of `k·g̃` for a moved answer `k·y` is that of `g̃` for `y`, the law is equivariant, and its mean over all
    /// answers in the shares that they have given `x` is the uniform one: these shares are invariant under `Stab(x)`. O(`limit`)
    /// comparisons.
    ///
    /// ```
    /// use rand::{SeedableRng, rngs::ChaCha8Rng};
    /// use sympe_canon::Canonicalizer;
    /// use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
    /// use sympe_groups::{Action, Group};
    ///
    /// // Three vertices without an edge, and an answer that names one of them.
    /// let empty = ColoredGraph::from_edges(3, false, [])?;
    /// let coset = SymmetrySearch::default().canonicalize(&empty)?;
    /// let answer = [false, true, false];
    /// let at_ranks = |g: &sympe_groups::Permutation| g.inverse().act(&answer[..]);
    /// let mut rng = ChaCha8Rng::seed_from_u64(0);
    /// let drawn = coset.sample_least(100, |g, k| at_ranks(g).cmp(&at_ranks(k)), &mut rng);
    /// assert_eq!(at_ranks(&drawn.element), [false, false, true]);
    /// assert!((drawn.divergence - (6f64 / 2.0).ln()).abs() < 1e-12); // two of six have it last
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When `limit` is 0.
    pub fn sample_least(
        &self,
        limit: usize,
        compare: impl Fn(&S::Element, &S::Element) -> Ordering,
        rng: &mut dyn Rng,
    ) -> Coupled<S::Element> {
        assert!(limit > 0, "no element to look at");
        // Orders are integers, and neighbours below 2⁵² are further apart than rounding.
        let is_small = self.stabilizer.ln_order() < (limit as f64 + 0.5).ln();
        let candidates: Vec<S::Element> = match is_small {
            true => self
                .stabilizer
                .elements()
                .map(|s| s.compose(&self.element))
                .collect(),
            false => (0..limit).map(|_| self.sample(rng)).collect(),
        };
        let mut least: Vec<&S::Element> = Vec::new();
        for candidate in &candidates {
            match least
                .first()
                .map_or(Ordering::Less, |best| compare(candidate, best))
            {
                Ordering::Less => least = vec![candidate],
                Ordering::Equal => least.push(candidate),
                Ordering::Greater => {}
            }
        }
        let ln = |count: usize| (count as f64).ln();
        Coupled {
            element: least[rng.random_range(0..least.len())].clone(),
            divergence: ln(candidates.len()) - if is_small { ln(least.len()) } else { 0.0 },
        }
    }
}

/// The deterministic half of an inversion kernel. A static data set calls it once per input and keeps the result.
///
/// # Laws
///
/// `o(x) = h⁻¹·x` depends on the orbit of `x` only, and `stabilizer` is all of `Stab(x)`.
///
/// ```
/// use sympe_canon::{CanonError, Canonicalized, Canonicalizer};
/// use sympe_groups::{Action, Group, PermGroup, Permutation};
///
/// /// Sorts a list without repetitions: nothing is left to draw.
/// struct Sort;
///
/// impl Canonicalizer<[u8]> for Sort {
///     type Stabilizer = PermGroup;
///
///     fn canonicalize(&self, x: &[u8]) -> Result<Canonicalized<PermGroup>, CanonError> {
///         let mut order: Vec<u32> = (0..x.len() as u32).collect();
///         order.sort_by_key(|&i| x[i as usize]);
///         let element = Permutation::from_images(order).expect("every index once");
///         Ok(Canonicalized { element, stabilizer: PermGroup::trivial(x.len()) })
///     }
/// }
///
/// let x = [30, 10, 20];
/// let h = Sort.canonicalize(&x)?.element;
/// assert_eq!(h.inverse().act(&x[..]), [10, 20, 30]);
/// # Ok::<(), CanonError>(())
/// ```
pub trait Canonicalizer<X: ?Sized>: Send + Sync {
    /// The type of `Stab(x)`.
    type Stabilizer: Subgroup;
    /// Canonicalizes `x`.
    ///
    /// # Errors
    ///
    /// When `x` is outside the domain, or a search budget is exhausted.
    fn canonicalize(&self, x: &X) -> Result<Canonicalized<Self::Stabilizer>, CanonError>;
}

/// A conditional law of group elements given an input.
///
/// # Laws
///
/// 1. *equivariance*: `draw(k·x)` has the law of `k·draw(x)`, for every `k`;
/// 2. *inversion* ([`Exact`] and other kernels that say so): `draw(x)⁻¹·x` is one fixed point per orbit.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
/// use sympe_canon::relaxed::Haar;
/// use sympe_canon::{CanonError, Exact, InversionKernel};
/// use sympe_groups::Permutation;
///
/// fn draws(kernel: &dyn InversionKernel<ColoredGraph, Group = Permutation>) -> Result<usize, CanonError> {
///     let graph = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
///     let mut rng = ChaCha8Rng::seed_from_u64(0);
///     let mut seen: Vec<Permutation> = (0..100).map(|_| kernel.draw(&graph, &mut rng)).collect::<Result<_, _>>()?;
///     seen.sort();
///     seen.dedup();
///     Ok(seen.len())
/// }
/// assert_eq!(draws(&Exact(SymmetrySearch::default()))?, 2); // the two ends
/// assert_eq!(draws(&Haar)?, 6);
/// # Ok::<(), CanonError>(())
/// ```
pub trait InversionKernel<X: ?Sized>: Send + Sync {
    /// The group drawn from.
    type Group: Group;
    /// One draw `g̃ ~ κ(· | x)`.
    ///
    /// # Errors
    ///
    /// As [`Canonicalizer::canonicalize`].
    fn draw(&self, x: &X, rng: &mut dyn Rng) -> Result<Self::Group, CanonError>;

    /// The entropy `H(κ(· | x))` in nats, for a finite group; `None`, the default, where it has no closed form. By law 1
    /// it is at least `ln |Stab(x)|`, which is that of [`Exact`].
    ///
    /// `ln |G| − H` is what a draw tells of `x`: the divergence of its law from the uniform one. A likelihood that is
    /// given the draw leaves it out.
    ///
    /// ```
    /// use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
    /// use sympe_canon::relaxed::{DepthFirstOrder, Haar, RefinementOrder};
    /// use sympe_canon::{Exact, InversionKernel};
    ///
    /// // A path of four: a reflection; and two classes of two for refinement.
    /// let path = ColoredGraph::from_edges(4, false, [(0, 1), (1, 2), (2, 3)])?;
    /// let near = |entropy: Option<f64>, states: f64| (entropy.unwrap() - states.ln()).abs() < 1e-12;
    /// assert!(near(Exact(SymmetrySearch::default()).entropy(&path)?, 2.0));
    /// assert!(near(RefinementOrder::default().entropy(&path)?, 4.0));
    /// assert!(near(Haar.entropy(&path)?, 24.0));
    /// assert_eq!(DepthFirstOrder::default().entropy(&path)?, None);
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Canonicalizer::canonicalize`].
    fn entropy(&self, _: &X) -> Result<Option<f64>, CanonError> {
        Ok(None)
    }
}

/// The inversion kernel of a canonicalizer: uniform on `Stab(x)·h`. Laws 1 and 2 hold.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
/// use sympe_canon::{Exact, InversionKernel};
/// use sympe_groups::{Action, Group};
///
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// let (kernel, mut rng) = (Exact(SymmetrySearch::default()), ChaCha8Rng::seed_from_u64(0));
/// let [a, b] = [kernel.draw(&path, &mut rng)?, kernel.draw(&path, &mut rng)?];
/// assert_eq!(a.inverse().act(&path), b.inverse().act(&path));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exact<C>(pub C);

impl<X: ?Sized, C: Canonicalizer<X>> InversionKernel<X> for Exact<C> {
    type Group = <C::Stabilizer as Subgroup>::Element;

    fn draw(&self, x: &X, rng: &mut dyn Rng) -> Result<Self::Group, CanonError> {
        Ok(self.0.canonicalize(x)?.sample(rng))
    }

    fn entropy(&self, x: &X) -> Result<Option<f64>, CanonError> {
        Ok(Some(self.0.canonicalize(x)?.stabilizer.ln_order()))
    }
}
