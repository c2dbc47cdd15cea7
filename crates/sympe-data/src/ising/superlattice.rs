//! Couplings that repeat after a cell and that some spins satisfy: structured magnets whose ground states are known.

use super::Couplings;
use super::couplings::site_count;
use super::generators::{check_range, draw};
use crate::dataset::item_stream;
use crate::{DataError, Dataset};
use rand::RngExt;
use std::ops::RangeInclusive;

sympe_groups::named! {
    serde "pattern of a superlattice"
    /// The spins `ξ` that the couplings of a [`Superlattice`] favour, for cells of `k × k` sites.
    ///
    /// ```
    /// use sympe_data::ising::Pattern;
    /// assert!(Pattern::Plaquettes.fits([8, 8], 2) && Pattern::Mattis.fits([6, 9], 3));
    /// assert!(!Pattern::Plaquettes.fits([6, 6], 2)); // three squares to a side
    /// ```
    #[derive(Default)]
    pub enum Pattern {
        /// Squares of `k × k` parallel spins, like a checkerboard.
        ///
        /// Plaquettes are ferromagnetic, bonds between them antiferromagnetic.
        #[default]
        Plaquettes = "plaquettes",
        /// Stripes of `k` rows or, as often, of `k` columns.
        ///
        /// For `k = 2` the bonds of one direction alternate in sign.
        Stripes = "stripes",
        /// Diagonal stripes of `k` sites; for `k = 2` the couplings are checkered.
        ///
        /// Then the sign of both bonds alternates from site to site.
        Diagonal = "diagonal",
        /// A random cell of `k × k` spins, repeated (Mattis 1976).
        Mattis = "mattis",
    }
}

impl Pattern {
    /// Sites after which `ξ` repeats, along rows and along columns.
    #[must_use]
    pub fn period(self, cell: u32) -> u64 {
        match self {
            Self::Mattis => u64::from(cell),
            Self::Plaquettes | Self::Stripes | Self::Diagonal => 2 * u64::from(cell),
        }
    }

    /// Whether cells of this size fit a torus: both sides are multiples of the [`period`](Self::period).
    #[must_use]
    pub fn fits(self, shape: [u32; 2], cell: u32) -> bool {
        let period = self.period(cell);
        period > 0 && shape.iter().all(|&side| u64::from(side).is_multiple_of(period))
    }
}

/// Superlattices: `J_ij = |J|·ξ_i·ξ_j` with spins `ξ` that repeat after a cell, no field, `|J_down| ~ U(0.5, 1.5)` and
/// `|J_right|/|J_down| ~ U(0.5, 1.5)` each drawn once per item, the cell at a uniformly random place. Item `i` depends on
/// the seed and `i` only.
///
/// The spins `ξ` satisfy every bond (no loop is frustrated), so `±ξ` are the ground states, and their energy per site is
/// `−|J_down| − |J_right|`. The couplings repeat after `k` sites, so that the index of their stabilizer in p4m grows with
/// the cell: up to `8k²` for random cells, where it is 1 or 2 for uniform couplings.
///
/// ```
/// use sympe_data::{Dataset, ising::{Pattern, Superlattice, exact}};
/// let data = Superlattice::new(1000, [8, 8], Pattern::Plaquettes, 2, 0)?;
/// let (couplings, spins) = (data.get(7)?, data.spins(7)?);
/// let strength = f64::from(couplings.down()[0].abs()) + f64::from(couplings.right()[0].abs());
/// assert!((couplings.energy(&spins) + strength).abs() < 1e-12);
/// let states = exact::ground_states(&couplings, 2)?;
/// assert!(states.len() == 2 && states.contains(&spins));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Superlattice {
    count: usize,
    shape: [u32; 2],
    pattern: Pattern,
    cell: u32,
    down: RangeInclusive<f32>,
    ratio: RangeInclusive<f32>,
    seed: u64,
}

impl Superlattice {
    /// `count` items with cells of `cell × cell` sites.
    ///
    /// # Errors
    ///
    /// When a side is 0, or cells of this size do not [fit](Pattern::fits).
    pub fn new(
        count: usize,
        shape: [u32; 2],
        pattern: Pattern,
        cell: u32,
        seed: u64,
    ) -> Result<Self, DataError> {
        site_count(shape)?;
        if !pattern.fits(shape, cell) {
            let [rows, columns] = shape;
            return Err(DataError::invalid(
                "cell of a superlattice",
                format!("{cell} ({pattern}) on {rows} × {columns} sites"),
                "at least 1, both sides multiples of it for mattis, of twice it for others",
            ));
        }
        Ok(Self {
            count,
            shape,
            pattern,
            cell,
            down: 0.5..=1.5,
            ratio: 0.5..=1.5,
            seed,
        })
    }

    /// These couplings with other ranges of `|J_down|` and of `|J_right|/|J_down|`.
    ///
    /// # Errors
    ///
    /// When a range is empty, not finite, or has negative numbers.
    pub fn with_strength(
        mut self,
        down: RangeInclusive<f32>,
        ratio: RangeInclusive<f32>,
    ) -> Result<Self, DataError> {
        for (what, range) in [
            ("range of |J_down|", &down),
            ("range of |J_right|/|J_down|", &ratio),
        ] {
            check_range(what, range)?;
            if *range.start() < 0.0 {
                return Err(DataError::invalid(
                    what,
                    format!("{range:?}"),
                    "no negative numbers",
                ));
            }
        }
        (self.down, self.ratio) = (down, ratio);
        Ok(self)
    }

    /// `ξ` of an item, row by row.
    ///
    /// # Errors
    ///
    /// When `index` is out of range.
    pub fn spins(&self, index: usize) -> Result<Vec<i8>, DataError> {
        Ok(self.item(index)?.0)
    }

    /// `ξ`, `|J_down|` and `|J_right|`.
    fn item(&self, index: usize) -> Result<(Vec<i8>, f32, f32), DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let down = draw(&self.down, &mut rng);
        let right = down * draw(&self.ratio, &mut rng);
        let ([rows, columns], k) = (self.shape.map(u64::from), u64::from(self.cell));
        let period = self.pattern.period(self.cell);
        let (di, dj) = (rng.random_range(0..period), rng.random_range(0..period));
        let cell: Vec<bool> = match self.pattern {
            Pattern::Mattis => (0..k * k).map(|_| rng.random()).collect(),
            _ => Vec::new(),
        };
        let turned = self.pattern == Pattern::Stripes && rng.random();
        let up = |i: u64, j: u64| match self.pattern {
            Pattern::Plaquettes => (i / k + j / k).is_multiple_of(2),
            Pattern::Stripes => (if turned { j } else { i } / k).is_multiple_of(2),
            Pattern::Diagonal => ((i + j) / k).is_multiple_of(2),
            Pattern::Mattis => cell[(i % k * k + j % k) as usize],
        };
        let sites = (0..rows).flat_map(|i| (0..columns).map(move |j| (i + di, j + dj)));
        let spins = sites.map(|(i, j)| if up(i, j) { 1 } else { -1 }).collect();
        Ok((spins, down, right))
    }
}

impl Dataset for Superlattice {
    type Item = Couplings;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<Couplings, DataError> {
        let (spins, down, right) = self.item(index)?;
        Couplings::mattis(self.shape, &spins, down, right)
    }
}
