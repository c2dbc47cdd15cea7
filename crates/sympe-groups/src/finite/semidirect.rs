//! Semidirect and wreath products.

use super::{Power, PowerGroup};
use crate::{Action, FiniteSubgroup, Group, GroupError, PermGroup, Permutation, PermutationRep, Subgroup};
use rand::Rng;
use std::sync::OnceLock;

/// An element `n·h` of a semidirect product N ⋊ H, in which `h·n·h⁻¹` is what the action of `h` makes of `n`:
/// `(n·h)(m·k) = n·(h·m)·hk`.
///
/// # Laws
///
/// `H` must act on `N` by automorphisms: `h·(a·b) = (h·a)·(h·b)`.
///
/// ```
/// use sympe_groups::Group;
/// use sympe_groups::finite::{Cyclic, Semidirect, Sign};
/// // A square: turned by a quarter, and turned over.
/// let turn = Semidirect { normal: Cyclic::new(4, 1)?, top: Sign::Plus };
/// let over = Semidirect { normal: Cyclic::new(4, 0)?, top: Sign::Minus };
/// assert_eq!(over.compose(&turn).compose(&over), turn.inverse());
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Semidirect<N, H> {
    /// `n`, of the normal subgroup.
    pub normal: N,
    /// `h`, which acts first where both do.
    pub top: H,
}

impl<N, H> Group for Semidirect<N, H>
where
    N: Group,
    H: Action<N>,
{
    fn identity(&self) -> Self {
        Self {
            normal: self.normal.identity(),
            top: self.top.identity(),
        }
    }

    fn inverse(&self) -> Self {
        let top = self.top.inverse();
        Self {
            normal: top.act(&self.normal.inverse()),
            top,
        }
    }

    fn compose(&self, rhs: &Self) -> Self {
        Self {
            normal: self.normal.compose(&self.top.act(&rhs.normal)),
            top: self.top.compose(&rhs.top),
        }
    }
}

/// An element of a wreath product A ≀ P: an element of `A` at each place, and a permutation of the places.
///
/// Of permutations it acts on points, `places × degree`, row by row: `(j, p) ↦ (h(j), a_{h(j)}(p))`.
pub type Wreath<A> = Semidirect<Power<A>, Permutation>;

impl PermutationRep for Wreath<Permutation> {
    fn degree(&self) -> usize {
        self.normal.0.iter().map(Permutation::degree).sum()
    }

    fn write_index(&self, out: &mut [u32]) {
        assert_eq!(out.len(), self.degree(), "index buffer of the wrong length");
        let places = self.top.inverse();
        let mut at = 0;
        for (j, inner) in (0u32..).zip(&self.normal.0) {
            let width = inner.degree();
            let row = &mut out[at..at + width];
            inner.write_index(row);
            row.iter_mut().for_each(|p| *p += places.apply(j) * width as u32);
            at += width;
        }
    }
}

/// A semidirect product of subgroups of `N` and `H`.
///
/// ```
/// use sympe_groups::finite::{FiniteGroup, SemidirectGroup, Sign, cyclic};
/// use sympe_groups::{FiniteSubgroup, Subgroup};
/// let signs = FiniteGroup::generated(Sign::Plus, vec![Sign::Minus], 2)?;
/// let hexagon = SemidirectGroup::new(cyclic(6)?, signs)?;
/// assert_eq!(hexagon.elements().count(), 12);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SemidirectGroup<S: Subgroup, T: Subgroup> {
    normal: S,
    top: T,
    generators: OnceLock<Vec<Semidirect<S::Element, T::Element>>>,
}

impl<S: FiniteSubgroup, T: FiniteSubgroup> SemidirectGroup<S, T>
where
    T::Element: Action<S::Element>,
{
    /// `normal ⋊ top`.
    ///
    /// # Errors
    ///
    /// When `top` does not map `normal` to itself.
    pub fn new(normal: S, top: T) -> Result<Self, GroupError> {
        for h in top.generators() {
            if let Some(n) = normal.generators().iter().find(|n| !normal.contains(&h.act(n))) {
                return Err(GroupError::Invalid {
                    what: "semidirect product",
                    reason: format!("{h:?} maps {n:?} of the normal subgroup out of it"),
                });
            }
        }
        Ok(Self::trusted(normal, top))
    }
}

impl<S: Subgroup, T: Subgroup> SemidirectGroup<S, T> {
    fn trusted(normal: S, top: T) -> Self {
        Self {
            normal,
            top,
            generators: OnceLock::new(),
        }
    }

    /// The normal subgroup, and the one that acts on it.
    #[must_use]
    pub fn factors(&self) -> (&S, &T) {
        (&self.normal, &self.top)
    }
}

/// The wreath product `base ≀ places`: independent elements of `base` at each place, and a permutation of the places from
/// `places`.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_groups::finite::{cyclic, wreath};
/// use sympe_groups::{OrthogonalGroup, PermGroup, Subgroup};
/// // Five rigid bodies that each may turn, and that may be exchanged.
/// let bodies = wreath(OrthogonalGroup::<3>::special(), PermGroup::symmetric(5));
/// let g = bodies.sample(&mut ChaCha8Rng::seed_from_u64(0));
/// assert!(bodies.contains(&g) && g.normal.0.len() == 5);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[must_use]
pub fn wreath<S: Subgroup>(base: S, places: PermGroup) -> SemidirectGroup<PowerGroup<S>, PermGroup> {
    SemidirectGroup::trusted(PowerGroup::new(base, places.degree()), places)
}

impl<S: Subgroup, T: Subgroup> Subgroup for SemidirectGroup<S, T>
where
    T::Element: Action<S::Element>,
{
    type Element = Semidirect<S::Element, T::Element>;

    fn sample(&self, rng: &mut dyn Rng) -> Self::Element {
        Semidirect {
            normal: self.normal.sample(rng),
            top: self.top.sample(rng),
        }
    }

    fn contains(&self, g: &Self::Element) -> bool {
        self.normal.contains(&g.normal) && self.top.contains(&g.top)
    }

    fn ln_order(&self) -> f64 {
        self.normal.ln_order() + self.top.ln_order()
    }
}

impl<S: FiniteSubgroup, T: FiniteSubgroup> FiniteSubgroup for SemidirectGroup<S, T>
where
    T::Element: Action<S::Element>,
{
    fn generators(&self) -> &[Self::Element] {
        self.generators.get_or_init(|| {
            let identities = self.normal.elements().next().zip(self.top.elements().next());
            let (e, f) = identities.expect("every group has an identity");
            let of = |normal: &S::Element, top: &T::Element| Semidirect {
                normal: normal.clone(),
                top: top.clone(),
            };
            let normal = self.normal.generators().iter().map(|n| of(n, &f));
            normal
                .chain(self.top.generators().iter().map(|h| of(&e, h)))
                .collect()
        })
    }

    fn elements(&self) -> Box<dyn Iterator<Item = Self::Element> + '_> {
        let with = |normal: S::Element| {
            self.top.elements().map(move |top| Semidirect {
                normal: normal.clone(),
                top,
            })
        };
        Box::new(self.normal.elements().flat_map(with))
    }
}
