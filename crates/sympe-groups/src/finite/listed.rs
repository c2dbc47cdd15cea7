//! Finite groups as lists of their elements.

use crate::{FiniteSubgroup, Group, GroupError, Subgroup, uniform_below};
use rand::Rng;

/// A finite group of any elements, as the list of them, in the order in which products of generators reach them.
///
/// For groups of hundreds of elements: elements are found by comparison. Permutations have
/// [`PermGroup`](crate::PermGroup), orthogonal matrices [`MatrixGroup`](crate::MatrixGroup).
///
/// ```
/// use sympe_groups::finite::{Cyclic, FiniteGroup};
/// use sympe_groups::{FiniteSubgroup, Subgroup};
/// // In the group of pairs modulo 6, (2, 3) generates six elements.
/// let pair = |a, b| Ok::<_, sympe_groups::GroupError>((Cyclic::new(6, a)?, Cyclic::new(6, b)?));
/// let diagonal = FiniteGroup::generated(pair(0, 0)?, vec![pair(2, 3)?], 100)?;
/// assert_eq!(diagonal.elements().count(), 6);
/// assert!(diagonal.contains(&pair(4, 0)?) && !diagonal.contains(&pair(1, 0)?));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FiniteGroup<G> {
    generators: Vec<G>,
    elements: Vec<G>,
}

impl<G: Group> FiniteGroup<G> {
    /// All products of the generators, of which there may be `cap` at most; `element` is any element of the ambient group, and
    /// says what the identity is. `O(order² · generators)`.
    ///
    /// # Errors
    ///
    /// When there are more than `cap` elements.
    ///
    /// # Panics
    ///
    /// As [`Group::compose`].
    pub fn generated(element: G, generators: Vec<G>, cap: usize) -> Result<Self, GroupError> {
        let mut elements = vec![element.identity()];
        let mut next = 0;
        while next < elements.len() {
            for generator in &generators {
                let product = generator.compose(&elements[next]);
                if elements.contains(&product) {
                    continue;
                }
                if elements.len() >= cap {
                    return Err(GroupError::Invalid {
                        what: "generated group",
                        reason: format!("more than {cap} elements"),
                    });
                }
                elements.push(product);
            }
            next += 1;
        }
        Ok(Self { generators, elements })
    }

    /// The group whose elements these are, the identity first. Nobody checks that they are closed under products; all of them count
    /// as generators.
    ///
    /// ```
    /// use sympe_groups::finite::{Cyclic, FiniteGroup};
    /// let even: Result<Vec<Cyclic>, _> = (0..3).map(|k| Cyclic::new(6, 2 * k)).collect();
    /// assert_eq!(FiniteGroup::from_closed(even?).order(), 3);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    #[must_use]
    pub fn from_closed(elements: Vec<G>) -> Self {
        let generators = elements[1..].to_vec();
        Self { generators, elements }
    }

    /// The number of elements.
    #[must_use]
    pub fn order(&self) -> usize {
        self.elements.len()
    }
}

impl<G: Group> Subgroup for FiniteGroup<G> {
    type Element = G;

    fn sample(&self, rng: &mut dyn Rng) -> G {
        self.elements[uniform_below(self.order() as u32, rng) as usize].clone()
    }

    fn contains(&self, g: &G) -> bool {
        self.elements.contains(g)
    }

    fn ln_order(&self) -> f64 {
        (self.order() as f64).ln()
    }
}

impl<G: Group> FiniteSubgroup for FiniteGroup<G> {
    fn generators(&self) -> &[G] {
        &self.generators
    }

    fn elements(&self) -> Box<dyn Iterator<Item = G> + '_> {
        Box::new(self.elements.iter().cloned())
    }
}
