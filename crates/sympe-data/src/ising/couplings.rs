//! Couplings on a torus, the energies of spins under them, and how symmetries of the lattice move them.
//!
//! Three lists hold one finite number per site, row by row: the bond down, the bond to the right, the field. Energies are
//! sums in 64-bit floats, linear in the number of sites.

use crate::DataError;
use crate::error::count;
use crate::formats::lattice::Finite;
use sympe_canon::lattice::LatticeField;
use sympe_groups::lattice::LatticeElement;
use sympe_groups::{Action, PermutationRep};

/// The couplings of an Ising model on a torus: `J_down(r)`, `J_right(r)` and the field `h(r)`, row by row, all finite.
///
/// ```
/// use sympe_data::ising::Couplings;
/// // Ferromagnetic to the right, antiferromagnetic down.
/// let couplings = Couplings::uniform([2, 4], -0.5, 1.0, 0.0)?;
/// let rows_alternate = [1, 1, 1, 1, -1, -1, -1, -1];
/// assert_eq!(couplings.energy(&rows_alternate), -1.5);
/// assert_eq!(couplings.energy_of_real(&[0.0; 8]), 0.0);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Couplings {
    shape: [u32; 2],
    down: Vec<f32>,
    right: Vec<f32>,
    field: Vec<f32>,
}

/// Spins and their energy.
///
/// ```
/// use sympe_data::ising::{Couplings, exact};
/// let ground = exact::transfer(&Couplings::uniform([3, 3], 1.0, 1.0, 0.5)?)?;
/// assert_eq!((ground.energy, ground.spins), (-2.5, vec![1; 9]));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GroundState {
    /// `±1`, row by row.
    pub spins: Vec<i8>,
    /// Energy per site.
    pub energy: f64,
}

/// The number of sites of a torus.
pub(super) fn site_count([rows, columns]: [u32; 2]) -> Result<usize, DataError> {
    let sites = u64::from(rows) * u64::from(columns);
    if sites == 0 || sites >= 1 << 31 {
        return Err(DataError::invalid(
            "shape of a torus",
            format!("{rows} × {columns}"),
            "at least one row and one column, and less than 2³¹ sites",
        ));
    }
    Ok(sites as usize)
}

impl Couplings {
    /// Couplings from one value per site each: bonds down, bonds to the right, field.
    ///
    /// # Errors
    ///
    /// When a side is 0, a list has not one value per site, or a value is not finite.
    pub fn new(shape: [u32; 2], down: Vec<f32>, right: Vec<f32>, field: Vec<f32>) -> Result<Self, DataError> {
        let sites = site_count(shape)?;
        let lists = [("J_down", &down), ("J_right", &right), ("h", &field)];
        for (what, values) in lists {
            let fail = |got: String, expected: &'static str| DataError::invalid(what, got, expected);
            if values.len() != sites {
                let [rows, columns] = shape;
                let got = format!(
                    "{} on {rows} × {columns} sites",
                    count(values.len(), ["value", "values"])
                );
                return Err(fail(got, "one value per site"));
            }
            if let Some(site) = values.iter().position(|value| !value.is_finite()) {
                return Err(fail(format!("{} at site {site}", values[site]), "finite values"));
            }
        }
        Ok(Self {
            shape,
            down,
            right,
            field,
        })
    }

    /// The same couplings everywhere.
    ///
    /// # Errors
    ///
    /// When a side is 0 or a value is not finite.
    pub fn uniform(shape: [u32; 2], down: f32, right: f32, field: f32) -> Result<Self, DataError> {
        let sites = site_count(shape)?;
        let [down, right, field] = [down, right, field].map(|value| vec![value; sites]);
        Self::new(shape, down, right, field)
    }

    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> [u32; 2] {
        self.shape
    }

    /// Number of sites.
    #[must_use]
    pub fn sites(&self) -> usize {
        self.field.len()
    }

    /// `J_down`, one per site, row by row.
    #[must_use]
    pub fn down(&self) -> &[f32] {
        &self.down
    }

    /// `J_right`, one per site.
    #[must_use]
    pub fn right(&self) -> &[f32] {
        &self.right
    }

    /// `h`, one per site.
    #[must_use]
    pub fn field(&self) -> &[f32] {
        &self.field
    }

    /// `[J_down, J_right, h]` if each is the same everywhere.
    #[must_use]
    pub fn as_uniform(&self) -> Option<[f32; 3]> {
        let lists = [&self.down, &self.right, &self.field];
        let same = |values: &Vec<f32>| values.iter().all(|value| *value == values[0]);
        lists
            .iter()
            .all(|values| same(values))
            .then(|| lists.map(|values| values[0]))
    }

    /// The site that the bond down from `site` leads to.
    pub(super) fn below(&self, site: usize) -> usize {
        let next = site + self.shape[1] as usize;
        if next < self.sites() {
            next
        } else {
            next - self.sites()
        }
    }

    /// The site that the bond to the right of `site` leads to.
    pub(super) fn beside(&self, site: usize) -> usize {
        let columns = self.shape[1] as usize;
        if (site + 1).is_multiple_of(columns) {
            site + 1 - columns
        } else {
            site + 1
        }
    }

    /// The root mean square over the sites of `(J_down, J_right, h)`; 0 if all are 0. Energies are proportional to it,
    /// ground states do not depend on it. O(sites).
    ///
    /// ```
    /// let couplings = sympe_data::ising::Couplings::uniform([4, 4], 2.0, -3.0, 6.0)?;
    /// assert_eq!(couplings.scale(), 7.0);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[must_use]
    pub fn scale(&self) -> f64 {
        let square = |value: &f32| f64::from(*value) * f64::from(*value);
        let values = self.down.iter().chain(&self.right).chain(&self.field);
        (values.map(square).sum::<f64>() / self.sites() as f64).sqrt()
    }

    /// `H(σ)` per site. O(sites).
    ///
    /// # Panics
    ///
    /// When there is not one spin per site.
    #[must_use]
    pub fn energy(&self, spins: &[i8]) -> f64 {
        self.energy_of(spins)
    }

    /// `H(σ)` per site, for real spins, usually in [−1, 1]. Being linear in each spin (where no side is 1), it is least at
    /// a configuration of ±1.
    ///
    /// # Panics
    ///
    /// When there is not one spin per site.
    #[must_use]
    pub fn energy_of_real(&self, spins: &[f32]) -> f64 {
        self.energy_of(spins)
    }

    fn energy_of<T: Copy + Into<f64>>(&self, spins: &[T]) -> f64 {
        assert_eq!(spins.len(), self.sites(), "one spin per site");
        let spin = |site: usize| -> f64 { spins[site].into() };
        let sum: f64 = (0..spins.len())
            .map(|site| {
                let bonds = f64::from(self.down[site]) * spin(self.below(site))
                    + f64::from(self.right[site]) * spin(self.beside(site));
                spin(site) * (bonds + f64::from(self.field[site]))
            })
            .sum();
        // Not −sum: the energy of no couplings is 0, not −0.
        (0.0 - sum) / spins.len() as f64
    }

    /// `h(r) + Σ J·σ` over the neighbours of `site`: flipping its spin changes the energy of the whole torus by
    /// `2·σ_r` times this. A bond from a site to itself does not count.
    ///
    /// # Panics
    ///
    /// When there is not one spin per site, or no such site.
    #[must_use]
    pub fn local_field(&self, spins: &[i8], site: usize) -> f64 {
        assert_eq!(spins.len(), self.sites(), "one spin per site");
        let [rows, columns] = self.shape.map(|side| side as usize);
        let (row, column) = (site / columns, site % columns);
        let above = (row + rows - 1) % rows * columns + column;
        let before = row * columns + (column + columns - 1) % columns;
        let bonds = [
            (self.down[site], self.below(site)),
            (self.down[above], above),
            (self.right[site], self.beside(site)),
            (self.right[before], before),
        ];
        let others = bonds.into_iter().filter(|(_, other)| *other != site);
        let sum: f64 = others
            .map(|(coupling, other)| f64::from(coupling) * f64::from(spins[other]))
            .sum();
        f64::from(self.field[site]) + sum
    }

    /// The couplings as a field to canonicalize: one channel on bonds, one odd channel on sites.
    ///
    /// ```
    /// use sympe_canon::Canonicalizer;
    /// use sympe_canon::lattice::LatticeSymmetry;
    /// use sympe_data::ising::Couplings;
    /// let field = Couplings::uniform([4, 4], 1.0, 1.0, 0.5)?.to_lattice_field().quantized(1e-6).unwrap();
    /// let symmetry = LatticeSymmetry::new("p4m(4x4) x Z2".parse().unwrap());
    /// // All of p4m, but not the flip: there is a field.
    /// assert_eq!(symmetry.canonicalize(&field).unwrap().stabilizer.order(), 128);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[must_use]
    pub fn to_lattice_field(&self) -> LatticeField<f32> {
        LatticeField::new(self.shape[0], self.shape[1])
            .with_bonds(self.down.clone(), self.right.clone())
            .and_then(|field| field.with_odd_sites(self.field.clone()))
            .expect("one value per site")
    }

    /// Spins with their energy.
    pub(super) fn ground_state(&self, spins: Vec<i8>) -> GroundState {
        let energy = self.energy(&spins);
        GroundState { spins, energy }
    }
}

/// The couplings of a field read from a file: bonds, and one channel on sites or none, which is then zero.
///
/// ```
/// use sympe_data::formats::lattice::json;
/// use sympe_data::ising::Couplings;
/// let text = r#"{"name": "pair", "field": "bond", "shape": [1, 2], "h": [1, -1], "v": [0.5, 0.5]}"#;
/// let couplings = Couplings::try_from(&json::parse(text)?[0].field)?;
/// assert_eq!((couplings.right(), couplings.down()), (&[1.0, -1.0][..], &[0.5, 0.5][..]));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
impl TryFrom<&LatticeField<Finite>> for Couplings {
    type Error = DataError;

    fn try_from(field: &LatticeField<Finite>) -> Result<Self, DataError> {
        let narrow = |values: &[Finite]| values.iter().map(|&value| f64::from(value) as f32).collect();
        let bonds: Vec<_> = field.bond_channels().collect();
        let sites: Vec<_> = field.site_channels().collect();
        let ([[down, right]], [] | [_]) = (&bonds[..], &sites[..]) else {
            return Err(DataError::InvalidParameter {
                what: "kind of field",
                got: format!(
                    "{} channels on bonds and {} on sites",
                    2 * bonds.len(),
                    sites.len()
                ),
                expected: "couplings: bonds down and to the right, and at most one channel on sites",
            });
        };
        let external = match sites.first() {
            Some((_, values)) => narrow(values),
            None => vec![0.0; down.len()],
        };
        Self::new(field.shape(), narrow(down), narrow(right), external)
    }
}

/// Moves bonds with their ends; the flip negates the field. Panics on another torus.
impl Action<Couplings> for LatticeElement {
    fn act(&self, couplings: &Couplings) -> Couplings {
        assert_eq!(
            self.shape(),
            couplings.shape,
            "the couplings live on another torus"
        );
        let n = self.degree();
        let mut index = vec![0; 2 * n];
        self.write_bond_index(&mut index);
        let bond = |&b: &u32| match b as usize {
            b if b < n => couplings.down[b],
            b => couplings.right[b - n],
        };
        Couplings {
            shape: couplings.shape,
            down: index[..n].iter().map(bond).collect(),
            right: index[n..].iter().map(bond).collect(),
            field: self.act(couplings.field.as_slice()),
        }
    }
}
