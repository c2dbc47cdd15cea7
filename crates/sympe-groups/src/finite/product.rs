//! Direct products and powers.

use crate::{Action, FiniteSubgroup, Group, Permutation, Subgroup};
use rand::Rng;
use std::sync::OnceLock;

/// The direct product, component by component.
///
/// ```
/// use sympe_groups::finite::{Cyclic, Sign};
/// use sympe_groups::Group;
/// let g = (Cyclic::new(3, 2)?, Sign::Minus);
/// assert_eq!(g.compose(&g), (Cyclic::new(3, 1)?, Sign::Plus));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
impl<A: Group, B: Group> Group for (A, B) {
    fn identity(&self) -> Self {
        (self.0.identity(), self.1.identity())
    }

    fn inverse(&self) -> Self {
        (self.0.inverse(), self.1.inverse())
    }

    fn compose(&self, rhs: &Self) -> Self {
        (self.0.compose(&rhs.0), self.1.compose(&rhs.1))
    }
}

/// The direct product of two groups; its elements are pairs.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_groups::finite::{Product, cyclic};
/// use sympe_groups::{OrthogonalGroup, PermGroup, Subgroup};
/// // What keeps a cloud of points whose order means nothing.
/// let group = Product::new(PermGroup::symmetric(8), OrthogonalGroup::<3>::full());
/// let (order, turn) = group.sample(&mut ChaCha8Rng::seed_from_u64(0));
/// assert!(group.contains(&(order, turn)));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Product<S: Subgroup, T: Subgroup> {
    first: S,
    second: T,
    generators: OnceLock<Vec<(S::Element, T::Element)>>,
}

impl<S: Subgroup, T: Subgroup> Product<S, T> {
    /// `first × second`.
    #[must_use]
    pub fn new(first: S, second: T) -> Self {
        Self {
            first,
            second,
            generators: OnceLock::new(),
        }
    }

    /// The factors.
    #[must_use]
    pub fn factors(&self) -> (&S, &T) {
        (&self.first, &self.second)
    }
}

impl<S: Subgroup, T: Subgroup> Subgroup for Product<S, T> {
    type Element = (S::Element, T::Element);

    fn sample(&self, rng: &mut dyn Rng) -> Self::Element {
        (self.first.sample(rng), self.second.sample(rng))
    }

    fn contains(&self, (a, b): &Self::Element) -> bool {
        self.first.contains(a) && self.second.contains(b)
    }

    fn ln_order(&self) -> f64 {
        self.first.ln_order() + self.second.ln_order()
    }
}

impl<S: FiniteSubgroup, T: FiniteSubgroup> FiniteSubgroup for Product<S, T> {
    fn generators(&self) -> &[Self::Element] {
        self.generators.get_or_init(|| {
            let identities = self.first.elements().next().zip(self.second.elements().next());
            let (e, f) = identities.expect("every group has an identity");
            let first = self.first.generators().iter().map(|a| (a.clone(), f.clone()));
            first
                .chain(self.second.generators().iter().map(|b| (e.clone(), b.clone())))
                .collect()
        })
    }

    fn elements(&self) -> Box<dyn Iterator<Item = Self::Element> + '_> {
        let beside = |a: S::Element| self.second.elements().map(move |b| (a.clone(), b));
        Box::new(self.first.elements().flat_map(beside))
    }
}

/// An element of the power Aⁿ: `n` elements that are multiplied place by place.
///
/// A permutation acts by moving contents, `(h·a)_{h(j)} = a_j`, which is an automorphism.
///
/// ```
/// use sympe_groups::finite::{Power, Sign::{Minus, Plus}};
/// use sympe_groups::{Action, Permutation};
/// let signs = Power(vec![Minus, Plus, Plus]);
/// assert_eq!(Permutation::parse("(0 1 2)", 3)?.act(&signs), Power(vec![Plus, Minus, Plus]));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Power<A>(pub Vec<A>);

impl<A: Group> Group for Power<A> {
    fn identity(&self) -> Self {
        Self(self.0.iter().map(Group::identity).collect())
    }

    fn inverse(&self) -> Self {
        Self(self.0.iter().map(Group::inverse).collect())
    }

    fn compose(&self, rhs: &Self) -> Self {
        assert_eq!(self.0.len(), rhs.0.len(), "elements of different powers");
        Self(self.0.iter().zip(&rhs.0).map(|(a, b)| a.compose(b)).collect())
    }
}

impl<A: Group> Action<Power<A>> for Permutation {
    fn act(&self, x: &Power<A>) -> Power<A> {
        Power(self.act(&x.0[..]))
    }
}

/// The power Sⁿ of a group, an independent element at each place.
///
/// ```
/// use sympe_groups::FiniteSubgroup;
/// use sympe_groups::finite::{PowerGroup, cyclic};
/// assert_eq!(PowerGroup::new(cyclic(3)?, 4).elements().count(), 81);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PowerGroup<S: Subgroup> {
    base: S,
    places: usize,
    generators: OnceLock<Vec<Power<S::Element>>>,
}

impl<S: Subgroup> PowerGroup<S> {
    /// `base` to the power `places`.
    #[must_use]
    pub fn new(base: S, places: usize) -> Self {
        Self {
            base,
            places,
            generators: OnceLock::new(),
        }
    }
}

impl<S: Subgroup> Subgroup for PowerGroup<S> {
    type Element = Power<S::Element>;

    fn sample(&self, rng: &mut dyn Rng) -> Self::Element {
        Power((0..self.places).map(|_| self.base.sample(rng)).collect())
    }

    fn contains(&self, g: &Self::Element) -> bool {
        g.0.len() == self.places && g.0.iter().all(|a| self.base.contains(a))
    }

    fn ln_order(&self) -> f64 {
        // Not 0 times infinity.
        if self.places == 0 {
            0.0
        } else {
            self.places as f64 * self.base.ln_order()
        }
    }
}

impl<S: FiniteSubgroup> FiniteSubgroup for PowerGroup<S> {
    fn generators(&self) -> &[Self::Element] {
        self.generators.get_or_init(|| {
            let identity = self.base.elements().next().expect("every group has an identity");
            let at = |place: usize, a: &S::Element| {
                let mut places = vec![identity.clone(); self.places];
                places[place] = a.clone();
                Power(places)
            };
            let places = 0..self.places;
            places
                .flat_map(|place| self.base.generators().iter().map(move |a| (place, a)))
                .map(|(place, a)| at(place, a))
                .collect()
        })
    }

    fn elements(&self) -> Box<dyn Iterator<Item = Self::Element> + '_> {
        // One place more at a time; the last varies fastest.
        let mut elements: Box<dyn Iterator<Item = Vec<S::Element>> + '_> =
            Box::new(std::iter::once(Vec::new()));
        for _ in 0..self.places {
            let longer = move |begun: Vec<S::Element>| {
                self.base.elements().map(move |a| {
                    let mut places = begun.clone();
                    places.push(a);
                    places
                })
            };
            elements = Box::new(elements.flat_map(longer));
        }
        Box::new(elements.map(Power))
    }
}
