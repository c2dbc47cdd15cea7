//! The least element of an orbit as canonical form, under any finite group.

use crate::{CanonError, Canonicalized, Canonicalizer};
use std::borrow::Borrow;
use sympe_groups::finite::FiniteGroup;
use sympe_groups::{Action, FiniteSubgroup, Group};

/// The canonicalizer under a finite group whose form is the image with the least key.
///
/// It serves any action: permutations of words, matrices on vectors. Elements of an orbit whose keys are equal are taken for equal:
/// a key of numbers that are rounded makes it a form up to a tolerance, and its form jumps where a number lies between two
/// steps. The [`SymmetrySearch`](crate::graph::SymmetrySearch) and others are for groups that are too large to be listed.
///
/// # Complexity
///
/// As many images and keys as the group has elements, and the memory of the stabilizer.
///
/// ```
/// use sympe_canon::{Canonicalizer, OrbitMinimum};
/// use sympe_groups::{Action, FiniteSubgroup, Group, PermGroup, Permutation};
/// // Necklaces of six beads.
/// let turn = Permutation::parse("(0 1 2 3 4 5)", 6)?;
/// let necklace = OrbitMinimum::new(PermGroup::new(6, vec![turn])?, |beads: &Vec<u8>| beads.clone());
/// let found = necklace.canonicalize(&[2, 1, 7, 2, 1, 7][..])?;
/// assert_eq!(found.element.inverse().act(&[2, 1, 7, 2, 1, 7][..]), [1, 7, 2, 1, 7, 2]);
/// assert_eq!(found.stabilizer.elements().count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct OrbitMinimum<S, F> {
    group: S,
    key: F,
    /// Groups with more elements are refused.
    pub budget: u64,
}

impl<S: FiniteSubgroup, F> OrbitMinimum<S, F> {
    /// The canonicalizer under `group`, by a key of images, with a budget of a million elements.
    #[must_use]
    pub fn new(group: S, key: F) -> Self {
        Self {
            group,
            key,
            budget: 1_000_000,
        }
    }
}

impl<X, S, F, K> Canonicalizer<X> for OrbitMinimum<S, F>
where
    X: ToOwned + ?Sized,
    S: FiniteSubgroup,
    S::Element: Action<X>,
    F: Fn(&X::Owned) -> K + Send + Sync,
    K: Ord,
{
    type Stabilizer = FiniteGroup<S::Element>;

    fn canonicalize(&self, x: &X) -> Result<Canonicalized<FiniteGroup<S::Element>>, CanonError> {
        if self.group.ln_order() > (self.budget as f64).ln() + 1e-9 {
            return Err(CanonError::GroupTooLarge {
                ln_order: self.group.ln_order(),
                budget: self.budget,
            });
        }
        let mut least: Option<(K, Vec<S::Element>)> = None;
        for g in self.group.elements() {
            let key = (self.key)(&g.act(x.borrow()));
            match &mut least {
                Some((first, _)) if key > *first => {}
                Some((first, reaching)) if key == *first => reaching.push(g),
                _ => least = Some((key, vec![g])),
            }
        }
        let (_, reaching) = least.expect("a group has elements");
        // If g and g₀ both reach the form, g₀⁻¹·g fixes x.
        let element = reaching[0].inverse();
        let elements: Vec<S::Element> = reaching.iter().map(|g| element.compose(g)).collect();
        Ok(Canonicalized {
            element,
            stabilizer: FiniteGroup::from_closed(elements),
        })
    }
}
