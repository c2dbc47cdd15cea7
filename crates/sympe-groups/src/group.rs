//! The algebra every other crate speaks: groups, actions, subgroups. Laws are written as equations; `laws`
//! (feature `laws`) checks them.

use rand::Rng;
use std::fmt::Debug;

/// An element of a group, with the operations of that group.
///
/// The interface is element-centric because the degree of a permutation varies from sample to sample.
///
/// # Laws
///
/// `a·(b·c) = (a·b)·c`, `e·a = a = a·e`, `a·a⁻¹ = e = a⁻¹·a`, where `e = a.identity()`.
///
/// # Panics
///
/// [`compose`](Group::compose) may panic when the operands live in different groups (degrees differ).
///
/// ```
/// use sympe_groups::Group;
///
/// // A group of one's own: integers modulo 12, turning a clock.
/// #[derive(Clone, Debug, PartialEq)]
/// struct Hours(u32);
///
/// impl Group for Hours {
///     fn identity(&self) -> Self {
///         Hours(0)
///     }
///     fn inverse(&self) -> Self {
///         Hours((12 - self.0) % 12)
///     }
///     fn compose(&self, rhs: &Self) -> Self {
///         Hours((self.0 + rhs.0) % 12)
///     }
/// }
///
/// assert_eq!(Hours(9).compose(&Hours(9).inverse()), Hours(0));
/// ```
pub trait Group: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The neutral element of the group `self` lives in.
    #[must_use]
    fn identity(&self) -> Self;
    /// The inverse `g⁻¹`.
    #[must_use]
    fn inverse(&self) -> Self;
    /// The product `self·rhs`; `rhs` acts first: `a.compose(&b).act(x) == a.act(&b.act(x))`.
    #[must_use]
    fn compose(&self, rhs: &Self) -> Self;
}

/// A left action of a group on points of type `X`.
///
/// # Laws
///
/// `e·x = x` and `(a·b)·x = a·(b·x)`.
///
/// ```
/// use sympe_groups::{Action, Group, Permutation};
/// let (a, b) = (Permutation::parse("(0 1 2)", 3)?, Permutation::parse("(0 1)", 3)?);
/// let x = ["x", "y", "z"];
/// assert_eq!(a.compose(&b).act(&x[..]), a.act(&b.act(&x[..])[..]));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
pub trait Action<X: ToOwned + ?Sized>: Group {
    /// The image `g·x`.
    #[must_use]
    fn act(&self, x: &X) -> X::Owned;
}

/// A subgroup from which Haar-distributed elements can be drawn: what a stabilizer must be able to do.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_groups::{PermGroup, Subgroup};
/// fn draw<S: Subgroup>(of: &S) -> S::Element {
///     of.sample(&mut ChaCha8Rng::seed_from_u64(0))
/// }
/// let group = PermGroup::symmetric(4);
/// assert!(Subgroup::contains(&group, &draw(&group)));
/// assert!((group.ln_order() - 24f64.ln()).abs() < 1e-12);
/// ```
pub trait Subgroup: Send + Sync {
    /// The elements of the ambient group.
    type Element: Group;
    /// An exactly Haar-distributed (for finite groups: uniform) element.
    fn sample(&self, rng: &mut dyn Rng) -> Self::Element;
    /// A draw `s·h` from the coset `S·h` of `h`, `s` as from [`sample`](Self::sample): exactly uniform on the coset.
    ///
    /// ```
    /// # use rand::{SeedableRng, rngs::ChaCha8Rng};
    /// # use sympe_groups::{Group, PermGroup, Permutation, Subgroup};
    /// let pair = PermGroup::new(4, vec![Permutation::parse("(0 1)", 4)?])?;
    /// let h = Permutation::parse("(0 1 2 3)", 4)?;
    /// let g = pair.sample_coset(&h, &mut ChaCha8Rng::seed_from_u64(0));
    /// assert!(g == h || g.to_string() == "(1 2 3)");
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`Group::compose`].
    fn sample_coset(&self, h: &Self::Element, rng: &mut dyn Rng) -> Self::Element {
        self.sample(rng).compose(h)
    }
    /// Whether `g` belongs to the subgroup.
    fn contains(&self, g: &Self::Element) -> bool;
    /// Natural logarithm of the order; `+∞` for infinite groups. A float, because 64! overflows `u128`.
    fn ln_order(&self) -> f64;
}

/// A subgroup with finitely many elements.
///
/// ```
/// use sympe_groups::{FiniteSubgroup, PermGroup};
/// fn order<S: FiniteSubgroup>(of: &S) -> usize {
///     of.elements().count()
/// }
/// assert_eq!(order(&PermGroup::symmetric(3)), 6);
/// ```
pub trait FiniteSubgroup: Subgroup {
    /// Elements that generate the subgroup; empty for the trivial one.
    fn generators(&self) -> &[Self::Element];
    /// Every element exactly once, the identity first. Only sensible for small orders.
    fn elements(&self) -> Box<dyn Iterator<Item = Self::Element> + '_>;
}
