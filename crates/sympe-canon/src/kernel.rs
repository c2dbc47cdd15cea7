//! Canonicalizers and inversion kernels: the two traits of the method.

use crate::CanonError;
use rand::Rng;
use sympe_groups::{Group, Subgroup};

/// What canonicalizing `x` yields: one element `h` with `h·o(x) = x`, and the stabilizer `Stab(x)`.
///
/// The pair describes the coset `{ g : g·o(x) = x } = Stab(x)·h`, the support of the inversion kernel
/// (Lawrence et al. 2025, section 3).
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
        self.stabilizer.sample(rng).compose(&self.element)
    }
}

/// The deterministic half of an inversion kernel. A static data set calls it once per input and keeps the result.
///
/// # Laws
///
/// `o(x) = h⁻¹·x` depends on the orbit of `x` only, and `stabilizer` is all of `Stab(x)`.
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
pub trait InversionKernel<X: ?Sized>: Send + Sync {
    /// The group drawn from.
    type Group: Group;
    /// One draw `g̃ ~ κ(· | x)`.
    ///
    /// # Errors
    ///
    /// As [`Canonicalizer::canonicalize`].
    fn draw(&self, x: &X, rng: &mut dyn Rng) -> Result<Self::Group, CanonError>;
}

/// The inversion kernel of a canonicalizer: uniform on `Stab(x)·h`. Laws 1 and 2 hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exact<C>(pub C);

impl<X: ?Sized, C: Canonicalizer<X>> InversionKernel<X> for Exact<C> {
    type Group = <C::Stabilizer as Subgroup>::Element;

    fn draw(&self, x: &X, rng: &mut dyn Rng) -> Result<Self::Group, CanonError> {
        Ok(self.0.canonicalize(x)?.sample(rng))
    }
}
