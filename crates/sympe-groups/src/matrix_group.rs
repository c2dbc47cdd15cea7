//! Finite groups of orthogonal matrices, element by element.
//!
//! Elements are found again by a *key*, one number per matrix: equal elements have keys in the same cell of a grid or in two
//! neighbouring ones, whatever rounding did to them.

use crate::{FiniteSubgroup, Group, GroupError, Orthogonal, Subgroup, UnionFind, uniform_below};
use nalgebra::SMatrix;
use rand::Rng;
use std::{collections::HashMap, fmt};

/// A finite subgroup of O(d), as the list of its elements.
///
/// # Tolerance
///
/// Matrices whose entries differ by at most [`TOLERANCE`](Self::TOLERANCE) are taken for the same element. Inexact input
/// is made exact: from elements that multiply as they should to within the tolerance, or by a table, the nearest true
/// representation is computed.
///
/// ```
/// use std::f64::consts::TAU;
/// use sympe_groups::nalgebra::Vector3;
/// use sympe_groups::{FiniteSubgroup, MatrixGroup, Orthogonal, Subgroup};
///
/// // The rotations of a cube: a quarter turn about a face, a third of a turn about a corner.
/// let quarter = Orthogonal::rotation_about(Vector3::z(), TAU / 4.0)?;
/// let third = Orthogonal::rotation_about(Vector3::new(1.0, 1.0, 1.0), TAU / 3.0)?;
/// let cube = MatrixGroup::generated(vec![quarter, third], 100)?;
/// assert_eq!(cube.order(), 24);
/// assert_eq!(cube.classes().iter().map(Vec::len).collect::<Vec<_>>(), [1, 6, 8, 3, 6]);
/// assert!(!cube.contains(&Orthogonal::inversion()));
///
/// // One radian is not a fraction of a turn.
/// let error = MatrixGroup::generated(vec![Orthogonal::<2>::rotation(1.0)?], 1000).unwrap_err();
/// assert_eq!(error.to_string(), "generated group: more than 1000 elements");
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone)]
pub struct MatrixGroup<const D: usize> {
    generators: Vec<Orthogonal<D>>,
    /// The identity first.
    elements: Vec<Orthogonal<D>>,
    index: Index<D>,
}

/// A representation is made exact where its products are off by more than this, which is well above rounding.
const INEXACT: f64 = 1e-12;

/// Each round squares the error; this is more than enough from the largest that converges.
const ROUNDS: usize = 8;

impl<const D: usize> MatrixGroup<D> {
    /// Entries of the same element differ by at most this.
    pub const TOLERANCE: f64 = 1e-6;

    /// All products of the generators, of which there may be `cap` at most. The group is trivial without generators.
    ///
    /// Elements are listed by the least number of generators that give them. `O(order · generators)` products, and
    /// `O(order²)` where the generators are inexact.
    ///
    /// # Errors
    ///
    /// When there are more than `cap` elements, as there are in an infinite group.
    pub fn generated(generators: Vec<Orthogonal<D>>, cap: usize) -> Result<Self, GroupError> {
        let mut group = Self {
            elements: Vec::new(),
            index: Index::default(),
            generators,
        };
        group.push(Orthogonal::default());
        let (mut next, mut error) = (0, 0.0f64);
        while next < group.elements.len() {
            for at in 0..group.generators.len() {
                let product = group.generators[at].compose(&group.elements[next]);
                match group.position(&product) {
                    Some(found) => error = error.max(distance(&product, &group.elements[found])),
                    None if group.elements.len() >= cap => {
                        return Err(invalid("generated group", format!("more than {cap} elements")));
                    }
                    None => group.push(product),
                }
            }
            next += 1;
        }
        if error > INEXACT {
            group = group.exact()?;
        }
        Ok(group)
    }

    /// The group whose elements these are, in any order, the identity among them.
    ///
    /// `O(n·log n)` products, and `O(n²)` where the elements are inexact.
    ///
    /// # Errors
    ///
    /// When the list is not closed under products, an element occurs twice, or the identity is missing.
    pub fn from_elements(elements: Vec<Orthogonal<D>>) -> Result<Self, GroupError> {
        let group = Self::closed(elements)?;
        if group.error() > INEXACT {
            return group.exact();
        }
        Ok(group)
    }

    /// As [`from_elements`](Self::from_elements), with the elements as they are.
    fn closed(elements: Vec<Orthogonal<D>>) -> Result<Self, GroupError> {
        let fail = |reason: String| invalid("list of group elements", reason);
        let group = Self::listed(elements);
        let count = group.elements.len();
        let distinct: usize = group.index.cells.values().map(Vec::len).sum();
        if count != distinct {
            return Err(fail(format!(
                "{count} elements, of which {distinct} are different"
            )));
        }
        if group.position(&Orthogonal::default()) != Some(0) {
            return Err(fail("the identity is missing".to_owned()));
        }
        // Each generator that is added at least doubles what is generated.
        let mut generators = Vec::new();
        let mut generated = Self::generated(Vec::new(), 1)?;
        for element in &group.elements {
            if !generated.contains(element) {
                generators.push(*element);
                let grown = Self::generated(generators.clone(), count);
                generated =
                    grown.map_err(|_| fail(format!("the {count} elements are not closed under products")))?;
            }
        }
        let outside = generated.elements.iter().find(|g| group.position(g).is_none());
        if let Some(outside) = outside {
            return Err(fail(format!(
                "the product {outside} of elements is not among the {count}"
            )));
        }
        Ok(Self { generators, ..group })
    }

    /// The group nearest to inexact elements, the identity first, whose products are known: `product(i, j)` is the
    /// position of element `i` times element `j`. So are fitted symmetries of points made a group: the permutations of the
    /// points are the table.
    ///
    /// Each round replaces an element `g` by the average of `(g·h)·h⁻¹` over all `h`, which squares the error (Grove, Karcher
    /// and Ruh, *Math. Ann.* 211, 1974): `O(n²)` products a round.
    ///
    /// ```
    /// use std::f64::consts::TAU;
    /// use sympe_groups::{MatrixGroup, Orthogonal};
    /// let rough = [0.0, 1.001, 2.002].map(|k| Orthogonal::<2>::rotation(k * TAU / 3.0).unwrap());
    /// let thirds = MatrixGroup::fitted(rough.to_vec(), |i, j| (i + j) % 3)?;
    /// assert_eq!(thirds.as_slice()[1], Orthogonal::<2>::rotation(TAU / 3.0)?);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no group with these products near the elements.
    ///
    /// # Panics
    ///
    /// When a product is no position.
    pub fn fitted(
        elements: Vec<Orthogonal<D>>,
        product: impl Fn(usize, usize) -> usize,
    ) -> Result<Self, GroupError> {
        let fail = |reason: String| invalid("fitted group", reason);
        let n = elements.len();
        if n == 0 || (0..n).any(|i| product(0, i) != i || product(i, 0) != i) {
            return Err(fail(
                "the first element is not the identity of the products".to_owned(),
            ));
        }
        let mut elements = elements;
        let mut error = table_error(&elements, &product);
        for _ in 0..ROUNDS {
            if error <= INEXACT {
                break;
            }
            let averaged = (0..n).map(|g| {
                let terms =
                    (0..n).map(|h| elements[product(g, h)].matrix() * elements[h].matrix().transpose());
                let sum: SMatrix<f64, D, D> = terms.fold(SMatrix::zeros(), |sum, term| sum + term);
                nearest(sum / n as f64)
            });
            let averaged: Option<Vec<_>> = averaged.collect();
            elements = averaged
                .ok_or_else(|| fail("the elements are far from any with these products".to_owned()))?;
            error = table_error(&elements, &product);
        }
        // What is left is rounding.
        if error > 1e3 * INEXACT {
            return Err(fail(format!(
                "products are off by {error:.1e}, which averaging does not cure"
            )));
        }
        Self::closed(elements)
    }

    /// The elements, the identity first.
    #[must_use]
    pub fn as_slice(&self) -> &[Orthogonal<D>] {
        &self.elements
    }

    /// The number of elements.
    #[must_use]
    pub fn order(&self) -> usize {
        self.elements.len()
    }

    /// The position of an element in [`as_slice`](Self::as_slice).
    #[must_use]
    pub fn position(&self, g: &Orthogonal<D>) -> Option<usize> {
        self.index.find(g, &self.elements)
    }

    /// The position of the product of the elements at `i` and `j`.
    ///
    /// # Panics
    ///
    /// When there are no such elements.
    #[must_use]
    pub fn product(&self, i: usize, j: usize) -> usize {
        let product = self.elements[i].compose(&self.elements[j]);
        self.position(&product).expect("a group is closed under products")
    }

    /// The conjugacy classes, as positions of their elements in increasing order; classes by their first element, so that of
    /// the identity comes first. `O(order · generators)` products.
    #[must_use]
    pub fn classes(&self) -> Vec<Vec<usize>> {
        let mut classes = UnionFind::new(self.order());
        for generator in &self.generators {
            let inverse = generator.inverse();
            for (i, element) in self.elements.iter().enumerate() {
                let conjugate = generator.compose(element).compose(&inverse);
                let conjugate = self
                    .position(&conjugate)
                    .expect("a group is closed under products");
                classes.join(i as u32, conjugate as u32);
            }
        }
        let mut of: HashMap<u32, usize> = HashMap::new();
        let mut listed: Vec<Vec<usize>> = Vec::new();
        for (i, representative) in classes.into_representatives().into_iter().enumerate() {
            let class = *of.entry(representative).or_insert(listed.len());
            if class == listed.len() {
                listed.push(Vec::new());
            }
            listed[class].push(i);
        }
        listed
    }

    /// The subgroup of proper elements: of index 1 or 2.
    #[must_use]
    pub fn proper(&self) -> Self {
        let proper = self.elements.iter().filter(|g| g.is_proper()).copied();
        Self::from_elements(proper.collect()).expect("products of proper elements are proper")
    }

    /// The conjugate group of all `g·s·g⁻¹`: the symmetries of what has been turned by `g`.
    #[must_use]
    pub fn conjugated(&self, g: &Orthogonal<D>) -> Self {
        let inverse = g.inverse();
        let of = |s: &Orthogonal<D>| g.compose(s).compose(&inverse);
        let conjugate = Self::listed(self.elements.iter().map(of).collect());
        Self {
            generators: self.generators.iter().map(of).collect(),
            ..conjugate
        }
    }

    /// Elements that are closed under products, and generators of them.
    pub(crate) fn trusted(generators: Vec<Orthogonal<D>>, elements: Vec<Orthogonal<D>>) -> Self {
        Self {
            generators,
            ..Self::listed(elements)
        }
    }

    /// A list of elements, the identity moved to the front; repeated ones are not indexed.
    fn listed(mut elements: Vec<Orthogonal<D>>) -> Self {
        let near = |g: &Orthogonal<D>| distance(g, &Orthogonal::default()) <= Self::TOLERANCE;
        if let Some(identity) = elements.iter().position(near) {
            elements[..=identity].rotate_right(1);
            elements[0] = Orthogonal::default();
        }
        let mut index = Index::default();
        for (i, element) in elements.iter().enumerate() {
            if index.find(element, &elements).is_none() {
                index.insert(element, i);
            }
        }
        Self {
            generators: Vec::new(),
            elements,
            index,
        }
    }

    fn push(&mut self, element: Orthogonal<D>) {
        self.index.insert(&element, self.elements.len());
        self.elements.push(element);
    }

    /// The same group with elements whose products are right up to rounding.
    fn exact(&self) -> Result<Self, GroupError> {
        let generators = self
            .generators
            .iter()
            .map(|g| self.position(g))
            .collect::<Option<Vec<_>>>();
        let generators = generators.expect("generators are elements");
        let fitted = Self::fitted(self.elements.clone(), |i, j| self.product(i, j))?;
        let generators = generators.into_iter().map(|i| fitted.elements[i]).collect();
        Ok(Self { generators, ..fitted })
    }

    /// By how much products with generators miss the elements that they should be.
    fn error(&self) -> f64 {
        let products = (self.generators.iter()).flat_map(|g| self.elements.iter().map(|h| g.compose(h)));
        let error = |product: Orthogonal<D>| {
            let found = self.position(&product).expect("a group is closed under products");
            distance(&product, &self.elements[found])
        };
        products.map(error).fold(0.0, f64::max)
    }
}

fn invalid(what: &'static str, reason: String) -> GroupError {
    GroupError::Invalid { what, reason }
}

/// The largest difference of entries.
fn distance<const D: usize>(a: &Orthogonal<D>, b: &Orthogonal<D>) -> f64 {
    (a.matrix() - b.matrix()).amax()
}

/// By how much the products of the table miss the elements that they should be.
fn table_error<const D: usize>(elements: &[Orthogonal<D>], product: impl Fn(usize, usize) -> usize) -> f64 {
    let pairs = (0..elements.len()).flat_map(|i| (0..elements.len()).map(move |j| (i, j)));
    pairs
        .map(|(i, j)| distance(&elements[i].compose(&elements[j]), &elements[product(i, j)]))
        .fold(0.0, f64::max)
}

/// The orthogonal matrix nearest to one that is not far from any.
fn nearest<const D: usize>(mut matrix: SMatrix<f64, D, D>) -> Option<Orthogonal<D>> {
    let identity = SMatrix::<f64, D, D>::identity();
    for _ in 0..ROUNDS {
        matrix = matrix * (identity * 3.0 - matrix.tr_mul(&matrix)) * 0.5;
    }
    Orthogonal::new(matrix).ok()
}

/// Where elements with a given key are.
#[derive(Clone)]
struct Index<const D: usize> {
    cells: HashMap<i64, Vec<u32>>,
    weights: SMatrix<f64, D, D>,
    /// The keys of equal elements differ by at most this.
    reach: f64,
}

impl<const D: usize> Default for Index<D> {
    fn default() -> Self {
        // Square roots of different primes, by Euler's polynomial: no small integers make them sum to zero, so that the
        // matrices of the usual groups have different keys.
        let weights = SMatrix::<f64, D, D>::from_fn(|row, column| {
            let i = (row * D + column) as f64;
            (i * i + i + 41.0).sqrt()
        });
        Self {
            cells: HashMap::new(),
            reach: weights.sum() * MatrixGroup::<D>::TOLERANCE,
            weights,
        }
    }
}

impl<const D: usize> Index<D> {
    /// The cell of a key that is shifted by some reaches.
    fn cell(&self, g: &Orthogonal<D>, reaches: f64) -> i64 {
        let key = self.weights.dot(g.matrix());
        ((key / self.reach + reaches) / 4.0).floor() as i64
    }

    fn insert(&mut self, g: &Orthogonal<D>, position: usize) {
        let cell = self.cell(g, 0.0);
        self.cells.entry(cell).or_default().push(position as u32);
    }

    fn find(&self, g: &Orthogonal<D>, elements: &[Orthogonal<D>]) -> Option<usize> {
        let (low, high) = (self.cell(g, -1.0), self.cell(g, 1.0));
        (low..=high).find_map(|cell| {
            let mut positions = self.cells.get(&cell)?.iter().map(|&i| i as usize);
            positions.find(|&i| distance(&elements[i], g) <= MatrixGroup::<D>::TOLERANCE)
        })
    }
}

impl<const D: usize> Subgroup for MatrixGroup<D> {
    type Element = Orthogonal<D>;

    fn sample(&self, rng: &mut dyn Rng) -> Orthogonal<D> {
        self.elements[uniform_below(self.order() as u32, rng) as usize]
    }

    fn contains(&self, g: &Orthogonal<D>) -> bool {
        self.position(g).is_some()
    }

    fn ln_order(&self) -> f64 {
        (self.order() as f64).ln()
    }
}

impl<const D: usize> FiniteSubgroup for MatrixGroup<D> {
    fn generators(&self) -> &[Orthogonal<D>] {
        &self.generators
    }

    fn elements(&self) -> Box<dyn Iterator<Item = Orthogonal<D>> + '_> {
        Box::new(self.elements.iter().copied())
    }
}

/// Equality as sets of elements.
impl<const D: usize> PartialEq for MatrixGroup<D> {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order() && self.elements.iter().all(|g| other.contains(g))
    }
}

impl<const D: usize> fmt::Debug for MatrixGroup<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MatrixGroup(dimension {D}, order {}, generators ",
            self.order()
        )?;
        f.debug_list().entries(&self.generators).finish()?;
        f.write_str(")")
    }
}
