//! Fields on a torus of the triangular lattice.

use super::subgroup::LatticeSubgroup;
use super::words::{Rank, canonicalized, ranking, words};
use crate::graph::StopFlag;
use crate::{CanonError, Canonicalized, Canonicalizer};
use std::ops::Neg;
use sympe_groups::triangular::{TriangularElement, TriangularGroup};
use sympe_groups::{Action, PermutationRep};

/// A field on a torus of the triangular lattice: any number of channels on sites and on bonds.
///
/// Site channels are even or odd under the spin flip, bond channels are even. Bonds start at their site and lead by the
/// [`STEPS`](sympe_groups::triangular::STEPS): down, to the right, and along the diagonal.
///
/// ```
/// use sympe_canon::lattice::TriangularField;
/// use sympe_groups::Action;
/// use sympe_groups::triangular::TriangularGroup;
/// // Strong bonds along one of the three directions: a sixth of a turn takes them to the next.
/// let field = TriangularField::new(3).with_bonds([vec![5; 9], vec![1; 9], vec![1; 9]])?;
/// let group: TriangularGroup = "p6(3x3)".parse().unwrap();
/// let sixth = group.point_elements().nth(1).unwrap();
/// assert_eq!(sixth.act(&field), TriangularField::new(3).with_bonds([vec![1; 9], vec![1; 9], vec![5; 9]])?);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TriangularField<T> {
    side: u32,
    sites: Vec<(bool, Vec<T>)>,
    bonds: Vec<[Vec<T>; 3]>,
}

impl<T> TriangularField<T> {
    /// A field without channels, on `side × side` sites.
    #[must_use]
    pub fn new(side: u32) -> Self {
        Self {
            side,
            sites: Vec::new(),
            bonds: Vec::new(),
        }
    }

    fn check(&self, what: &'static str, values: &[T]) -> Result<(), CanonError> {
        let want = self.side as usize * self.side as usize;
        if values.len() != want {
            return Err(CanonError::WrongLength {
                what,
                got: values.len(),
                want,
            });
        }
        Ok(())
    }

    /// With one more channel of values on sites, row by row, that the spin flip leaves alone.
    ///
    /// # Errors
    ///
    /// When there is not one value per site.
    pub fn with_sites(mut self, values: Vec<T>) -> Result<Self, CanonError> {
        self.check("values on sites", &values)?;
        self.sites.push((false, values));
        Ok(self)
    }

    /// With one more channel of values on sites that the spin flip negates.
    ///
    /// # Errors
    ///
    /// When there is not one value per site.
    pub fn with_odd_sites(mut self, values: Vec<T>) -> Result<Self, CanonError> {
        self.check("values on sites", &values)?;
        self.sites.push((true, values));
        Ok(self)
    }

    /// With one more channel of values on bonds: one for each of the three steps from each site.
    ///
    /// # Errors
    ///
    /// When there are not three values per site.
    pub fn with_bonds(mut self, values: [Vec<T>; 3]) -> Result<Self, CanonError> {
        for values in &values {
            self.check("values on bonds", values)?;
        }
        self.bonds.push(values);
        Ok(self)
    }

    /// The number of rows, and of columns.
    #[must_use]
    pub fn side(&self) -> u32 {
        self.side
    }

    /// Site channels: whether odd, and the values.
    pub fn site_channels(&self) -> impl Iterator<Item = (bool, &[T])> {
        self.sites.iter().map(|(odd, values)| (*odd, values.as_slice()))
    }

    /// Bond channels: the values of each of the three steps.
    pub fn bond_channels(&self) -> impl Iterator<Item = &[Vec<T>; 3]> {
        self.bonds.iter()
    }

    /// All channels: those on sites, then those on bonds, a channel for each step.
    fn channels(&self) -> impl Iterator<Item = &Vec<T>> {
        let sites = self.sites.iter().map(|(_, values)| values);
        sites.chain(self.bonds.iter().flatten())
    }
}

/// Panics when the field lives on another torus.
impl<T: Copy + Neg<Output = T>> Action<TriangularField<T>> for TriangularElement {
    fn act(&self, field: &TriangularField<T>) -> TriangularField<T> {
        assert_eq!(self.side(), field.side, "the field lives on another torus");
        let n = self.degree();
        let (mut of_site, mut of_bond) = (vec![0; n], vec![0; 3 * n]);
        self.write_index(&mut of_site);
        self.write_bond_index(&mut of_bond);
        let sites = field.sites.iter().map(|(odd, values)| {
            let sign = |value: T| if *odd && self.flip { -value } else { value };
            (*odd, of_site.iter().map(|&i| sign(values[i as usize])).collect())
        });
        let bonds = field.bonds.iter().map(|steps| {
            let at = |&b: &u32| steps[b as usize / n][b as usize % n];
            std::array::from_fn(|step| of_bond[step * n..(step + 1) * n].iter().map(at).collect())
        });
        TriangularField {
            side: field.side,
            sites: sites.collect(),
            bonds: bonds.collect(),
        }
    }
}

/// The canonicalizer of fields under a [`TriangularGroup`]: exact on integers, in O(p·N log²N) time for N sites and p point
/// operations.
///
/// ```
/// use sympe_canon::Canonicalizer;
/// use sympe_canon::lattice::{TriangularField, TriangularSymmetry};
/// // The three sublattices of a triangular antiferromagnet, spins on them up, down and free.
/// let spins = (0..36).map(|site| (site / 6 + site % 6) % 3 - 1).collect();
/// let field = TriangularField::new(6).with_odd_sites(spins)?;
/// let found = TriangularSymmetry::new("p6m(6x6) x Z2".parse().unwrap()).canonicalize(&field)?;
/// assert_eq!(found.stabilizer.order(), 12 * 6 * 2);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TriangularSymmetry {
    group: TriangularGroup,
}

impl TriangularSymmetry {
    /// The canonicalizer under `group`.
    #[must_use]
    pub fn new(group: TriangularGroup) -> Self {
        Self { group }
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> &TriangularGroup {
        &self.group
    }
}

impl<T> Canonicalizer<TriangularField<T>> for TriangularSymmetry
where
    T: Copy + Ord + Neg<Output = T> + Send + Sync,
{
    type Stabilizer = LatticeSubgroup<TriangularElement>;

    fn canonicalize(
        &self,
        field: &TriangularField<T>,
    ) -> Result<Canonicalized<Self::Stabilizer>, CanonError> {
        let side = self.group.side();
        if field.side != side {
            return Err(CanonError::WrongShape {
                got: [field.side; 2],
                want: [side; 2],
            });
        }
        let ranks = ranking(field.channels().flatten());
        let ranked: TriangularField<Rank> = TriangularField {
            side,
            sites: field
                .sites
                .iter()
                .map(|(odd, values)| (*odd, ranks(values)))
                .collect(),
            bonds: field
                .bonds
                .iter()
                .map(|steps| steps.each_ref().map(&ranks))
                .collect(),
        };
        let elements: Vec<TriangularElement> = self.group.point_elements().collect();
        let image = |g: &TriangularElement| g.act(&ranked).channels().cloned().collect();
        let images: Vec<Vec<Vec<Rank>>> = elements.iter().map(image).collect();
        let words = words(&images, side as usize * side as usize);
        canonicalized(&elements, &words, &StopFlag::default())
    }
}
