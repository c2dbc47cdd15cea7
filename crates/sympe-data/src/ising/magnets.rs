//! Magnets of the literature whose ground-state energies are known: frustrated by their signs or by bonds that reach further.
//!
//! Each bond counts with `−J·σσ'`, so `J > 0` is ferromagnetic. No magnet has a field. Where ground states are more than one
//! orbit of the symmetries of the couplings, no draw from an inversion kernel alone reaches them all.

use super::Couplings;
use super::couplings::site_count;
use super::generators::draw;
use crate::dataset::item_stream;
use crate::{DataError, Dataset};
use rand::RngExt;
use sympe_groups::lattice::Reach;

/// A magnet and the energy of its ground states.
///
/// ```
/// use sympe_data::ising::{KnownMagnet, exact};
/// let villain = KnownMagnet::fully_frustrated([4, 4], 1.0, 1.0)?;
/// let states = exact::ground_states(&villain.couplings, 1000)?;
/// assert_eq!((villain.energy, states.len()), (-1.0, 272));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KnownMagnet {
    /// The couplings.
    pub couplings: Couplings,
    /// The energy of a ground state, per site.
    pub energy: f64,
}

/// Refuses sides that are no multiples of these, in which the ground states do not close around the torus.
fn check_sides(shape: [u32; 2], multiples: [u32; 2]) -> Result<usize, DataError> {
    let sites = site_count(shape)?;
    let fits = shape
        .iter()
        .zip(multiples)
        .all(|(side, of)| side.is_multiple_of(of));
    if !fits {
        let [rows, columns] = shape;
        return Err(DataError::invalid(
            "shape of the torus",
            format!("{rows} × {columns}"),
            match multiples {
                [1, 4] => "a multiple of 4 columns for this phase",
                [2, 4] => "an even number of rows and a multiple of 4 columns for this phase",
                _ => "even sides for this phase",
            },
        ));
    }
    Ok(sites)
}

impl KnownMagnet {
    /// Every plaquette is frustrated (Villain 1977): bonds down are `+down` in even and `−down` in odd columns, bonds to the
    /// right `right`.
    ///
    /// The energy is `−max(|down|, |right|)`: every plaquette has a bond that is not satisfied, two of them share one, and the weaker
    /// bonds suffice for that. For equal strengths the number of ground states grows with the number of
    /// sites (entropy 0.2916 per site: Catalan's constant over π).
    ///
    /// # Errors
    ///
    /// When a side is odd or 0, or a value is not finite.
    pub fn fully_frustrated(shape: [u32; 2], down: f32, right: f32) -> Result<Self, DataError> {
        let sites = check_sides(shape, [2, 2])?;
        let columns = shape[1] as usize;
        let alternating = |site: usize| {
            if (site % columns).is_multiple_of(2) {
                down
            } else {
                -down
            }
        };
        let none = vec![0.0; sites];
        Ok(Self {
            couplings: Couplings::new(
                shape,
                (0..sites).map(alternating).collect(),
                vec![right; sites],
                none,
            )?,
            energy: -f64::from(down.abs()).max(f64::from(right.abs())),
        })
    }

    /// Bonds `nearest` to nearest sites and `diagonal` to the next ones: the J1–J2 model.
    ///
    /// The energy is the least of `−2·nearest − 2·diagonal` (all parallel), `2·nearest − 2·diagonal` (checkerboard) and
    /// `2·diagonal` (rows or columns alternate): each is that of a single plaquette, and no plaquette can be lower.
    ///
    /// ```
    /// use sympe_data::ising::{KnownMagnet, exact};
    /// // Antiferromagnetic: beyond a half, four states with alternating rows or columns.
    /// let magnet = KnownMagnet::j1_j2([4, 4], -1.0, -0.75)?;
    /// assert_eq!((magnet.energy, exact::transfer(&magnet.couplings)?.energy), (-1.5, -1.5));
    /// assert_eq!(exact::ground_states(&magnet.couplings, 10)?.len(), 4);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the lowest pattern does not fit the sides, a side is 0, or a value is not finite.
    pub fn j1_j2(shape: [u32; 2], nearest: f32, diagonal: f32) -> Result<Self, DataError> {
        let [one, two] = [nearest, diagonal].map(f64::from);
        let parallel = -2.0 * one - 2.0 * two;
        let energy = parallel.min(2.0 * one - 2.0 * two).min(2.0 * two);
        let sites = check_sides(shape, if energy < parallel { [2, 2] } else { [1, 1] })?;
        let couplings = Couplings::uniform(shape, nearest, nearest, 0.0)?;
        let diagonals = [vec![diagonal; sites], vec![diagonal; sites]];
        Ok(Self {
            couplings: couplings.with_bonds(Reach::Diagonal, diagonals)?,
            energy,
        })
    }

    /// Bonds `nearest` to nearest sites and `dimer` along one diagonal of every fourth plaquette, so that each site ends one:
    /// the lattice of Shastry and Sutherland (1981).
    ///
    /// The energy is the lower of `−2·|nearest| − dimer/2`, all bonds to nearest sites satisfied, and `dimer/2`: antiferromagnetic
    /// dimers satisfied, each in one of its two states whatever the others do, `2^(sites/2)` in all.
    ///
    /// # Errors
    ///
    /// When a side is odd or 0, or a value is not finite.
    pub fn shastry_sutherland(shape: [u32; 2], nearest: f32, dimer: f32) -> Result<Self, DataError> {
        let sites = check_sides(shape, [2, 2])?;
        let columns = shape[1] as usize;
        // From even to odd rows and columns; from odd rows and even columns to even rows and odd columns.
        let at = |odd_row: bool| -> Vec<f32> {
            let here =
                |site: usize| (site / columns % 2 == 1) == odd_row && (site % columns).is_multiple_of(2);
            (0..sites)
                .map(|site| if here(site) { dimer } else { 0.0 })
                .collect()
        };
        let couplings = Couplings::uniform(shape, nearest, nearest, 0.0)?;
        let (strength, half) = (2.0 * f64::from(nearest.abs()), f64::from(dimer) / 2.0);
        Ok(Self {
            couplings: couplings.with_bonds(Reach::Diagonal, [at(false), at(true)])?,
            energy: (-strength - half).min(half),
        })
    }

    /// Bonds `nearest` to nearest sites, and to the second site to the right antiferromagnetic ones `κ` times as strong: the axial
    /// next-nearest-neighbour Ising model (Elliott 1961; Selke 1988).
    ///
    /// The energy is `(κ − 2)·|nearest|` for `κ ≤ ½` and `(−1 − κ)·|nearest|`, two columns of one sign after two of the
    /// other, beyond.
    ///
    /// ```
    /// use sympe_data::ising::{KnownMagnet, exact};
    /// let magnet = KnownMagnet::annni([3, 8], 1.0, 0.75)?;
    /// assert_eq!(magnet.energy, exact::transfer(&magnet.couplings)?.energy);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the lower pattern does not fit the sides, a side is 0, or a value is not finite.
    pub fn annni(shape: [u32; 2], nearest: f32, kappa: f32) -> Result<Self, DataError> {
        let multiples = match (kappa > 0.5, nearest < 0.0) {
            (false, false) => [1, 1],
            (false, true) => [2, 2],
            (true, false) => [1, 4],
            (true, true) => [2, 4],
        };
        let sites = check_sides(shape, multiples)?;
        let second = -kappa * nearest.abs();
        let couplings = Couplings::uniform(shape, nearest, nearest, 0.0)?;
        let (strength, axial) = (f64::from(nearest.abs()), f64::from(second));
        Ok(Self {
            couplings: couplings.with_bonds(Reach::Second, [vec![0.0; sites], vec![second; sites]])?,
            energy: (-2.0 * strength - axial).min(-strength + axial),
        })
    }
}

/// Fully frustrated magnets of one strength, `|J| ~ U(0.5, 1.5)`, the same for both directions: the antiferromagnetic lines are
/// rows or columns, even or odd ones, each as often. Item `i` depends on the seed and `i` only.
///
/// The energy per site is `−|J|`. There are many ground states, in many orbits of the symmetries: on 4 × 4 sites 272 in 25.
///
/// ```
/// use sympe_data::{Dataset, ising::{FullyFrustrated, exact}};
/// let couplings = FullyFrustrated::new(100, [4, 6], 0)?.get(7)?;
/// let strength = f64::from(couplings.down()[0].abs());
/// assert!((exact::transfer(&couplings)?.energy + strength).abs() < 1e-9);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FullyFrustrated {
    count: usize,
    shape: [u32; 2],
    seed: u64,
}

impl FullyFrustrated {
    /// `count` items.
    ///
    /// # Errors
    ///
    /// When a side is odd or 0.
    pub fn new(count: usize, shape: [u32; 2], seed: u64) -> Result<Self, DataError> {
        check_sides(shape, [2, 2])?;
        Ok(Self { count, shape, seed })
    }
}

impl Dataset for FullyFrustrated {
    type Item = Couplings;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<Couplings, DataError> {
        let mut rng = item_stream(self.seed, index, self.count)?;
        let strength = draw(&(0.5..=1.5), &mut rng);
        let (odd, turned) = (usize::from(rng.random::<bool>()), rng.random::<bool>());
        let (sites, columns) = (site_count(self.shape)?, self.shape[1] as usize);
        let line = |site: usize| if turned { site / columns } else { site % columns };
        let alternating = (0..sites).map(|site| {
            if (line(site) + odd).is_multiple_of(2) {
                strength
            } else {
                -strength
            }
        });
        let (alternating, equal) = (alternating.collect(), vec![strength; sites]);
        let [down, right] = if turned {
            [equal, alternating]
        } else {
            [alternating, equal]
        };
        Couplings::new(self.shape, down, right, vec![0.0; sites])
    }
}
