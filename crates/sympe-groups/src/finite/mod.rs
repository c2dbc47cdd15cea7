//! Finite groups of one's own making: elements that multiply, and the groups to draw from.
//!
//! | elements | group | constructor |
//! |---|---|---|
//! | any [`Group`](crate::Group) | [`FiniteGroup`] | [`FiniteGroup::generated`] |
//! | [`Cyclic`] | Zₙ | [`cyclic`] |
//! | [`Dihedral`] | Dₙ | [`dihedral`] |
//! | pairs | A × B | [`Product`] |
//! | [`Power`] | Aⁿ | [`PowerGroup`] |
//! | [`Semidirect`] | N ⋊ H, `H` acting on `N` by automorphisms | [`SemidirectGroup`] |
//! | [`Wreath`] | A ≀ P, `P` a permutation group | [`wreath`] |
//! | [`SignedPermutation`] | Bₙ, the hyperoctahedral group | [`hyperoctahedral`] |
//!
//! Constructions nest. As permutation groups, with order and membership at any size, some are also
//! [`PermGroup::cyclic`](crate::PermGroup::cyclic), [`dihedral`](crate::PermGroup::dihedral),
//! [`alternating`](crate::PermGroup::alternating), [`product`](crate::PermGroup::product) and
//! [`wreath`](crate::PermGroup::wreath).

mod cyclic;
mod listed;
mod product;
mod semidirect;
mod signed;

pub use cyclic::{Cyclic, Dihedral, Sign, cyclic, dihedral};
pub use listed::FiniteGroup;
pub use product::{Power, PowerGroup, Product};
pub use semidirect::{Semidirect, SemidirectGroup, Wreath, wreath};
pub use signed::{SignedPermutation, hyperoctahedral};
