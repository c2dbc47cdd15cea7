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
pub trait Action<X: ToOwned + ?Sized>: Group {
    /// The image `g·x`.
    #[must_use]
    fn act(&self, x: &X) -> X::Owned;
}

/// A subgroup from which Haar-distributed elements can be drawn: what a stabilizer must be able to do.
pub trait Subgroup: Send + Sync {
    /// The elements of the ambient group.
    type Element: Group;
    /// An exactly Haar-distributed (for finite groups: uniform) element.
    fn sample(&self, rng: &mut dyn Rng) -> Self::Element;
    /// Whether `g` belongs to the subgroup.
    fn contains(&self, g: &Self::Element) -> bool;
    /// Natural logarithm of the order; `+∞` for infinite groups. A float, because 64! overflows `u128`.
    fn ln_order(&self) -> f64;
}

/// A subgroup with finitely many elements.
pub trait FiniteSubgroup: Subgroup {
    /// Elements that generate the subgroup; empty for the trivial one.
    fn generators(&self) -> &[Self::Element];
    /// Every element exactly once, the identity first. Only sensible for small orders.
    fn elements(&self) -> Box<dyn Iterator<Item = Self::Element> + '_>;
}
