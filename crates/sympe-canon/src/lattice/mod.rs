//! Canonical form, stabilizer and inversion kernel of fields on a torus.
//!
//! A field becomes a *word*: one letter per site, which stands for all channels of the site and of its bonds. Of the
//! translates of a word the least is found by ranking all of them at once, first along rows, then down the columns,
//! where the length compared doubles each time (Karp, Miller & Rosenberg 1972). That is done for the image of the
//! field under each point operation and spin flip; the least of these images is the canonical form, and the elements
//! that reach it are a coset of the stabilizer.
//!
//! Invariants: letters of all images are ranked together, so that images compare as words do; the translations among
//! the stabilizer are a sublattice, held in Hermite normal form; the representatives of a [`LatticeSubgroup`] differ in
//! point operation or flip, and the first one is the identity.
//!
//! Cost: O(p·N log²N) for N sites and p point operations, as every doubling sorts N ranks.

mod subgroup;
mod triangular;
mod words;

pub use subgroup::LatticeSubgroup;
pub use triangular::{TriangularField, TriangularSymmetry};

use crate::graph::StopFlag;
use crate::{CanonError, Canonicalized, Canonicalizer};
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Reach};
use sympe_groups::{Action, PermutationRep};
use words::{Rank, canonicalized, ranking, words};

/// A field on a torus: any number of channels on sites and on bonds.
///
/// A site channel is *even* or *odd* under the spin flip (couplings to spins are odd, everything else is even); bond
/// channels are even. Bonds start at their site and lead to the next row (`down`) or to the next column (`right`), or
/// further, by the steps of their [`Reach`].
///
/// ```
/// use sympe_canon::lattice::LatticeField;
/// use sympe_groups::Action;
/// use sympe_groups::lattice::LatticeGroup;
///
/// // Uniform couplings: strong to the right, weak down. A quarter turn exchanges them.
/// let field = LatticeField::new(2, 2).with_bonds(vec![1; 4], vec![5; 4])?;
/// let group: LatticeGroup = "p4(2x2)".parse().unwrap();
/// let quarter_turn = group.point_elements().find(|g| g.point.swap).unwrap();
/// assert_eq!(quarter_turn.act(&field), LatticeField::new(2, 2).with_bonds(vec![5; 4], vec![1; 4])?);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LatticeField<T> {
    shape: [u32; 2],
    sites: Vec<(bool, Vec<T>)>,
    bonds: Vec<(Reach, [Vec<T>; 2])>,
}

impl<T> LatticeField<T> {
    /// A field without channels.
    #[must_use]
    pub fn new(rows: u32, columns: u32) -> Self {
        Self {
            shape: [rows, columns],
            sites: Vec::new(),
            bonds: Vec::new(),
        }
    }

    fn check(&self, what: &'static str, values: &[T]) -> Result<(), CanonError> {
        let want = self.shape[0] as usize * self.shape[1] as usize;
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

    /// With one more channel of values on bonds: down from each site, and to the right of each site.
    ///
    /// # Errors
    ///
    /// When there is not one value of each kind per site.
    pub fn with_bonds(mut self, down: Vec<T>, right: Vec<T>) -> Result<Self, CanonError> {
        self.check("values on bonds down", &down)?;
        self.check("values on bonds to the right", &right)?;
        self.bonds.push((Reach::Nearest, [down, right]));
        Ok(self)
    }

    /// With one more channel of values on bonds of some reach: one for each of its [steps](Reach::steps) from each site.
    ///
    /// ```
    /// use sympe_canon::Canonicalizer;
    /// use sympe_canon::lattice::{LatticeField, LatticeSymmetry};
    /// use sympe_groups::lattice::Reach;
    /// // The triangular lattice as a square one with one diagonal: of p4m, what keeps the diagonal is left.
    /// let field = LatticeField::new(4, 4).with_bonds(vec![1; 16], vec![1; 16])?;
    /// let field = field.with_bonds_of(Reach::Diagonal, [vec![1; 16], vec![0; 16]])?;
    /// let symmetry = LatticeSymmetry::new("p4m(4x4)".parse().unwrap());
    /// assert_eq!(symmetry.canonicalize(&field)?.stabilizer.order(), 4 * 16);
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there are not two values per site.
    pub fn with_bonds_of(mut self, reach: Reach, values: [Vec<T>; 2]) -> Result<Self, CanonError> {
        for values in &values {
            self.check("values on bonds", values)?;
        }
        self.bonds.push((reach, values));
        Ok(self)
    }

    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> [u32; 2] {
        self.shape
    }

    /// Site channels: whether odd, and the values.
    pub fn site_channels(&self) -> impl Iterator<Item = (bool, &[T])> {
        self.sites.iter().map(|(odd, values)| (*odd, values.as_slice()))
    }

    /// Bond channels: their reach, and the values of each of its steps, which are `[down, right]` for nearest sites.
    pub fn bond_channels(&self) -> impl Iterator<Item = (Reach, [&[T]; 2])> {
        let channels = self.bonds.iter();
        channels.map(|(reach, [first, second])| (*reach, [first.as_slice(), second.as_slice()]))
    }
}

impl<T: Copy + Into<f64>> LatticeField<T> {
    /// The nearest multiples of `tolerance`: fields whose values agree to well within it become equal. Values within
    /// rounding of the middle between two multiples may go either way; choose a tolerance far from the noise.
    ///
    /// ```
    /// use sympe_canon::lattice::LatticeField;
    /// let field = LatticeField::new(1, 3).with_sites(vec![0.9999, 1.0001, -2.0])?;
    /// let rounded = LatticeField::new(1, 3).with_sites(vec![100, 100, -200])?;
    /// assert_eq!(field.quantized(0.01)?, rounded);
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the tolerance is not positive and finite, or a value, divided by it, is not a number an `i64` can hold.
    pub fn quantized(&self, tolerance: f64) -> Result<LatticeField<i64>, CanonError> {
        let fail = |detail: String| CanonError::Numerical {
            what: "quantization of a field",
            detail,
        };
        if !(tolerance > 0.0 && tolerance.is_finite()) {
            return Err(fail(format!(
                "the tolerance is {tolerance}, expected a positive finite number"
            )));
        }
        let of = |value: &T| {
            let value: f64 = (*value).into();
            let multiple = (value / tolerance).round();
            if multiple.abs() < 9e18 {
                Ok(multiple as i64)
            } else {
                Err(fail(format!(
                    "value {value}; values must be finite and below 9·10¹⁸ times the tolerance {tolerance}"
                )))
            }
        };
        let quantize = |values: &[T]| values.iter().map(of).collect::<Result<Vec<_>, _>>();
        Ok(LatticeField {
            shape: self.shape,
            sites: self
                .sites
                .iter()
                .map(|(odd, values)| Ok((*odd, quantize(values)?)))
                .collect::<Result<_, _>>()?,
            bonds: (self.bonds.iter())
                .map(|(reach, [first, second])| Ok((*reach, [quantize(first)?, quantize(second)?])))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl<T> Action<LatticeField<T>> for LatticeElement
where
    T: Copy + std::ops::Neg<Output = T>,
{
    fn act(&self, field: &LatticeField<T>) -> LatticeField<T> {
        assert_eq!(self.shape(), field.shape, "the field lives on another torus");
        let n = self.degree();
        let mut of_site = vec![0; n];
        self.write_index(&mut of_site);
        let pick = |values: &[T], odd: bool| {
            let sign = |value: T| if odd && self.flip { -value } else { value };
            of_site.iter().map(|&i| sign(values[i as usize])).collect()
        };
        let mut of_bond = vec![0; 2 * n];
        let bonds = field.bonds.iter().map(|(reach, axes)| {
            self.write_bond_index_of(*reach, &mut of_bond);
            let at = |&b: &u32| axes[b as usize / n][b as usize % n];
            let axes = [
                of_bond[..n].iter().map(at).collect(),
                of_bond[n..].iter().map(at).collect(),
            ];
            (*reach, axes)
        });
        LatticeField {
            shape: field.shape,
            sites: field
                .sites
                .iter()
                .map(|(odd, values)| (*odd, pick(values, *odd)))
                .collect(),
            bonds: bonds.collect(),
        }
    }
}

/// The canonicalizer of fields under a [`LatticeGroup`].
///
/// Exact on integers, which is what the stabilizer of a field of floats needs as well: quantize first, see
/// [`LatticeField::quantized`]. O(p·N log²N) time for N sites and p point operations.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::lattice::{LatticeField, LatticeSymmetry};
/// use sympe_canon::{Canonicalizer, InversionKernel};
/// use sympe_groups::{Action, Group};
///
/// let checkerboard = (0..16).map(|site| i64::from((site / 4 + site % 4) % 2)).collect();
/// let field = LatticeField::new(4, 4).with_sites(checkerboard)?;
/// let symmetry = LatticeSymmetry::new("p4m(4x4)".parse().unwrap());
/// let canonicalized = symmetry.canonicalize(&field)?;
/// assert_eq!(canonicalized.stabilizer.order(), 64);
///
/// let g = canonicalized.sample(&mut ChaCha8Rng::seed_from_u64(0));
/// let form = canonicalized.element.inverse().act(&field);
/// assert_eq!(g.inverse().act(&field), form);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LatticeSymmetry {
    group: LatticeGroup,
}

impl LatticeSymmetry {
    /// The canonicalizer under `group`.
    #[must_use]
    pub fn new(group: LatticeGroup) -> Self {
        Self { group }
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> &LatticeGroup {
        &self.group
    }

    /// [`canonicalize`](Canonicalizer::canonicalize) for as long as nobody [stops](StopFlag::stop) it, which is seen at the next
    /// point operation of the group: a field of 1024 by 1024 sites takes ten seconds, each of the eight operations one.
    ///
    /// ```
    /// use sympe_canon::graph::StopFlag;
    /// use sympe_canon::lattice::{LatticeField, LatticeSymmetry};
    /// let symmetry = LatticeSymmetry::new("p4m(2x2)".parse().unwrap());
    /// let (field, stop) = (LatticeField::new(2, 2).with_sites(vec![0, 0, 0, 1])?, StopFlag::default());
    /// assert_eq!(symmetry.canonicalize_until(&field, &stop)?.stabilizer.order(), 8);
    /// stop.stop(); // as a rule from a thread that watches the clock
    /// assert!(symmetry.canonicalize_until(&field, &stop).is_err());
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the field lives on another torus; [`CanonError::Stopped`].
    pub fn canonicalize_until<T: Copy + Ord + std::ops::Neg<Output = T>>(
        &self,
        field: &LatticeField<T>,
        stop: &StopFlag,
    ) -> Result<Canonicalized<LatticeSubgroup>, CanonError> {
        let [rows, columns] = self.group.shape();
        if field.shape != [rows, columns] {
            return Err(CanonError::WrongShape {
                got: field.shape,
                want: [rows, columns],
            });
        }
        let elements: Vec<LatticeElement> = self.group.point_elements().collect();
        let ranked = field.ranked();
        let images: Vec<_> = elements.iter().map(|g| g.act(&ranked).into_channels()).collect();
        let words = words(&images, rows as usize * columns as usize);
        canonicalized(&elements, &words, stop)
    }
}

impl<T> Canonicalizer<LatticeField<T>> for LatticeSymmetry
where
    T: Copy + Ord + std::ops::Neg<Output = T> + Send + Sync,
{
    type Stabilizer = LatticeSubgroup;

    fn canonicalize(&self, field: &LatticeField<T>) -> Result<Canonicalized<LatticeSubgroup>, CanonError> {
        self.canonicalize_until(field, &StopFlag::default())
    }
}

impl<T: Copy + Ord + std::ops::Neg<Output = T>> LatticeField<T> {
    /// The field with ranks in place of values.
    fn ranked(&self) -> LatticeField<Rank> {
        let sites = self.sites.iter().map(|(_, values)| values);
        let ranks = ranking(
            sites
                .chain(self.bonds.iter().flat_map(|(_, axes)| axes))
                .flatten(),
        );
        LatticeField {
            shape: self.shape,
            sites: self
                .sites
                .iter()
                .map(|(odd, values)| (*odd, ranks(values)))
                .collect(),
            bonds: (self.bonds.iter())
                .map(|(reach, axes)| (*reach, axes.each_ref().map(&ranks)))
                .collect(),
        }
    }
}

impl LatticeField<Rank> {
    /// All channels: those on sites, then those on bonds, a channel for each axis.
    fn into_channels(self) -> Vec<Vec<Rank>> {
        let sites = self.sites.into_iter().map(|(_, values)| values);
        sites
            .chain(self.bonds.into_iter().flat_map(|(_, axes)| axes))
            .collect()
    }
}
