//! Random couplings as data sets: item `i` is drawn from its own stream, so it depends on the seed and `i` only, and
//! costs O(sites).

use super::Couplings;
use super::couplings::site_count;
use crate::dataset::item_stream;
use crate::{DataError, Dataset};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use std::ops::RangeInclusive;

pub(super) fn check_range(what: &'static str, range: &RangeInclusive<f32>) -> Result<(), DataError> {
    // The width must be finite too, or drawing from the range overflows.
    let fine = range.start() <= range.end() && (range.end() - range.start()).is_finite();
    fine.then_some(()).ok_or_else(|| {
        let expected = "from a finite number to one that is not smaller";
        DataError::invalid(what, format!("{range:?}"), expected)
    })
}

pub(super) fn draw(range: &RangeInclusive<f32>, rng: &mut dyn Rng) -> f32 {
    rng.random_range(range.clone())
}

/// Uniform couplings, the three numbers drawn independently and uniformly. Item `i` depends on the seed and `i` only.
///
/// A quarter turn of the couplings exchanges `J_down` and `J_right`; it is made here on tori that are not square as well.
///
/// ```
/// use sympe_data::{Dataset, ising::Uniform};
/// let data = Uniform::published(100_000, [8, 8], 0)?;
/// let [down, right, field] = data.get(99_999)?.as_uniform().unwrap();
/// assert!((down == 1.0 || right == 1.0) && (0.0..=2.0).contains(&field));
///
/// let without_field = Uniform::wide(10, [4, 4], 0)?.with_field(0.0..=0.0)?;
/// assert_eq!(without_field.get(0)?.field(), [0.0; 16]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Uniform {
    count: usize,
    shape: [u32; 2],
    down: RangeInclusive<f32>,
    right: RangeInclusive<f32>,
    field: RangeInclusive<f32>,
    turn: bool,
    seed: u64,
}

impl Uniform {
    /// `count` items of the published law: `J_right = 1`, `J_down ~ U(−3, 3)`, `h ~ U(0, 2)`, then turned by 90° with
    /// probability ½ (the task of the paper on symmetry breaking by inversion kernels).
    ///
    /// # Errors
    ///
    /// When a side is 0.
    pub fn published(count: usize, shape: [u32; 2], seed: u64) -> Result<Self, DataError> {
        Ok(Self::with_bonds(count, shape, -3.0..=3.0, 1.0..=1.0, seed)?.with_turn(true))
    }

    /// `count` items of the wide law, which has an antiferromagnet too: `J_down, J_right ~ U(−3, 3)`, `h ~ U(0, 2)`.
    ///
    /// # Errors
    ///
    /// When a side is 0.
    pub fn wide(count: usize, shape: [u32; 2], seed: u64) -> Result<Self, DataError> {
        Self::with_bonds(count, shape, -3.0..=3.0, -3.0..=3.0, seed)
    }

    /// `count` items with these ranges of `J_down` and `J_right`, `h ~ U(0, 2)`, not turned.
    ///
    /// # Errors
    ///
    /// When a side is 0, or a range is empty or not finite.
    pub fn with_bonds(
        count: usize,
        shape: [u32; 2],
        down: RangeInclusive<f32>,
        right: RangeInclusive<f32>,
        seed: u64,
    ) -> Result<Self, DataError> {
        site_count(shape)?;
        check_range("range of J_down", &down)?;
        check_range("range of J_right", &right)?;
        Ok(Self {
            count,
            shape,
            down,
            right,
            field: 0.0..=2.0,
            turn: false,
            seed,
        })
    }

    /// These couplings with another range of `h`: `0.0..=0.0` for none, `-2.0..=2.0` for both signs.
    ///
    /// # Errors
    ///
    /// When the range is empty or not finite.
    pub fn with_field(mut self, field: RangeInclusive<f32>) -> Result<Self, DataError> {
        check_range("range of h", &field)?;
        self.field = field;
        Ok(self)
    }

    /// These couplings, with or without a turn by 90° with probability ½.
    #[must_use]
    pub fn with_turn(mut self, turn: bool) -> Self {
        self.turn = turn;
        self
    }

    /// `[J_down, J_right, h]` of an item, without the lists of [`Couplings`].
    ///
    /// # Errors
    ///
    /// When `index` is out of range.
    pub fn values(&self, index: usize) -> Result<[f32; 3], DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let down = draw(&self.down, &mut rng);
        let right = draw(&self.right, &mut rng);
        let field = draw(&self.field, &mut rng);
        if self.turn && rng.random() {
            return Ok([right, down, field]);
        }
        Ok([down, right, field])
    }
}

impl Dataset for Uniform {
    type Item = Couplings;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<Couplings, DataError> {
        let [down, right, field] = self.values(index)?;
        Couplings::uniform(self.shape, down, right, field)
    }
}

/// How disordered bonds are drawn, independently.
///
/// ```
/// use sympe_data::{Dataset, ising::{BondLaw, Disordered}};
/// let data = Disordered::new(10, [4, 4], 0)?.with_bonds(BondLaw::Range(-1.0..=1.0))?;
/// assert!(data.get(0)?.down().iter().all(|coupling| coupling.abs() <= 1.0));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum BondLaw {
    /// `N(0, 1)`: the Edwards–Anderson spin glass.
    Gaussian,
    /// `±1` with equal probability, which has many ground states.
    PlusMinus,
    /// Uniform on a range.
    Range(RangeInclusive<f32>),
}

/// Disordered couplings, a number for each bond and site. Item `i` depends on the seed and `i` only.
///
/// Bonds are `N(0, 1)` unless said otherwise, the law for which ground-state energies are best known (−1.3148 per site
/// for a large torus without a field: Campbell, Hartmann & Katzgraber 2004); `h ~ U(−1, 1)`.
///
/// ```
/// use sympe_data::{Dataset, ising::Disordered};
/// let data = Disordered::new(10, [16, 16], 0)?.with_field(0.0..=0.0)?;
/// let couplings = data.get(7)?;
/// assert_eq!((couplings.shape(), couplings.as_uniform()), ([16, 16], None));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Disordered {
    count: usize,
    shape: [u32; 2],
    bonds: BondLaw,
    field: RangeInclusive<f32>,
    seed: u64,
}

impl Disordered {
    /// `count` items with bonds from `N(0, 1)` and `h ~ U(−1, 1)`.
    ///
    /// # Errors
    ///
    /// When a side is 0.
    pub fn new(count: usize, shape: [u32; 2], seed: u64) -> Result<Self, DataError> {
        site_count(shape)?;
        Ok(Self {
            count,
            shape,
            bonds: BondLaw::Gaussian,
            field: -1.0..=1.0,
            seed,
        })
    }

    /// These couplings with another law of bonds.
    ///
    /// # Errors
    ///
    /// When its range is empty or not finite.
    pub fn with_bonds(mut self, bonds: BondLaw) -> Result<Self, DataError> {
        if let BondLaw::Range(range) = &bonds {
            check_range("range of J", range)?;
        }
        self.bonds = bonds;
        Ok(self)
    }

    /// These couplings with another range of `h`: `0.0..=0.0` for none.
    ///
    /// # Errors
    ///
    /// When the range is empty or not finite.
    pub fn with_field(mut self, field: RangeInclusive<f32>) -> Result<Self, DataError> {
        check_range("range of h", &field)?;
        self.field = field;
        Ok(self)
    }
}

impl Dataset for Disordered {
    type Item = Couplings;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<Couplings, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let sites = site_count(self.shape)?;
        let mut bonds = || -> Vec<f32> {
            let bond = |_| match &self.bonds {
                BondLaw::Gaussian => StandardNormal.sample(&mut rng),
                BondLaw::PlusMinus => {
                    if rng.random() {
                        1.0
                    } else {
                        -1.0
                    }
                }
                BondLaw::Range(range) => draw(range, &mut rng),
            };
            (0..sites).map(bond).collect()
        };
        let (down, right) = (bonds(), bonds());
        let field = (0..sites).map(|_| draw(&self.field, &mut rng)).collect();
        Couplings::new(self.shape, down, right, field)
    }
}
