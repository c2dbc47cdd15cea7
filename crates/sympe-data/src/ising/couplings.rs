//! Couplings on a torus, the energies of spins under them, and how symmetries of the lattice move them.
//!
//! Three lists hold one finite number per site, row by row: the bond down, the bond to the right, the field. Where there are
//! bonds that reach further, two more lists hold those of each reach. Energies are sums in 64-bit floats, linear in the number of
//! sites.

use crate::DataError;
use crate::error::count;
use crate::formats::lattice::Finite;
use sympe_canon::lattice::LatticeField;
use sympe_groups::lattice::{LatticeElement, Reach};
use sympe_groups::{Action, PermutationRep};

/// The couplings of an Ising model on a torus: `J_down(r)`, `J_right(r)` and the field `h(r)`, row by row, all finite; and
/// those of bonds that reach further, if there are any.
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
    /// Bonds to others than nearest sites, each reach once, in order; none where all of them are 0.
    further: Vec<(Reach, [Vec<f32>; 2])>,
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

pub(super) fn too_many(limit: usize) -> DataError {
    DataError::invalid(
        "number of ground states",
        format!("more than {limit}"),
        "no more than the limit given",
    )
}

/// Refuses all but one finite value per site.
fn check_values(shape: [u32; 2], what: &'static str, values: &[f32]) -> Result<(), DataError> {
    let fail = |got: String, expected: &'static str| Err(DataError::invalid(what, got, expected));
    if values.len() != site_count(shape)? {
        let [rows, columns] = shape;
        let found = count(values.len(), ["value", "values"]);
        return fail(
            format!("{found} on {rows} × {columns} sites"),
            "one value per site",
        );
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(site) => fail(format!("{} at site {site}", values[site]), "finite values"),
        None => Ok(()),
    }
}

impl Couplings {
    /// Couplings from one value per site each: bonds down, bonds to the right, field.
    ///
    /// # Errors
    ///
    /// When a side is 0, a list has not one value per site, or a value is not finite.
    pub fn new(shape: [u32; 2], down: Vec<f32>, right: Vec<f32>, field: Vec<f32>) -> Result<Self, DataError> {
        site_count(shape)?;
        let lists = [("J_down", &down), ("J_right", &right), ("h", &field)];
        for (what, values) in lists {
            check_values(shape, what, values)?;
        }
        Ok(Self {
            shape,
            down,
            right,
            field,
            further: Vec::new(),
        })
    }

    /// These couplings with other bonds of some reach: for each of its two [steps](Reach::steps) one value per site.
    ///
    /// ```
    /// use sympe_data::ising::Couplings;
    /// use sympe_groups::lattice::Reach;
    /// // Antiferromagnetic bonds to nearest sites and along both diagonals: rows or columns alternate.
    /// let couplings = Couplings::uniform([2, 2], -1.0, -1.0, 0.0)?;
    /// let couplings = couplings.with_bonds(Reach::Diagonal, [vec![-0.75; 4], vec![-0.75; 4]])?;
    /// assert_eq!(couplings.energy(&[1, 1, -1, -1]), -1.5);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a list has not one value per site, or a value is not finite.
    pub fn with_bonds(mut self, reach: Reach, values: [Vec<f32>; 2]) -> Result<Self, DataError> {
        let what = match reach {
            Reach::Nearest => ["J_down", "J_right"],
            Reach::Diagonal => ["J down and right", "J down and left"],
            Reach::Second => ["J two down", "J two right"],
        };
        for (what, values) in what.into_iter().zip(&values) {
            check_values(self.shape, what, values)?;
        }
        if reach == Reach::Nearest {
            [self.down, self.right] = values;
            return Ok(self);
        }
        self.further.retain(|(known, _)| *known != reach);
        if values.iter().flatten().any(|value| *value != 0.0) {
            self.further.push((reach, values));
            self.further.sort_by_key(|(reach, _)| *reach as usize);
        }
        Ok(self)
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

    /// Mattis couplings without field: `J_ij = J·ξ_i·ξ_j`, `J` the one of the direction. Of positive `J` the ground states
    /// are `±ξ`.
    ///
    /// ```
    /// use sympe_data::ising::{Couplings, exact};
    /// let spins = [1, 1, -1, 1, -1, -1];
    /// let couplings = Couplings::mattis([2, 3], &spins, 0.5, 2.0)?;
    /// assert_eq!(couplings.energy(&spins), -2.5);
    /// assert!(exact::enumerate(&couplings, 2)?.contains(&spins.to_vec()));
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a side is 0, there is not one spin `±1` per site, or a value is not finite.
    pub fn mattis(shape: [u32; 2], spins: &[i8], down: f32, right: f32) -> Result<Self, DataError> {
        let sites = site_count(shape)?;
        let fail = |got: String| {
            Err(DataError::invalid(
                "spins of Mattis couplings",
                got,
                "±1 per site",
            ))
        };
        if spins.len() != sites {
            let [rows, columns] = shape;
            let found = count(spins.len(), ["value", "values"]);
            return fail(format!("{found} on {rows} × {columns} sites"));
        }
        if let Some(site) = spins.iter().position(|spin| spin.abs() != 1) {
            return fail(format!("{} at site {site}", spins[site]));
        }
        let mut couplings = Self::uniform(shape, down, right, 0.0)?;
        let product = |site: usize, other: usize| f32::from(spins[site]) * f32::from(spins[other]);
        let of_bonds = |next: &dyn Fn(&Self, usize) -> usize| -> Vec<f32> {
            (0..sites)
                .map(|site| product(site, next(&couplings, site)))
                .collect()
        };
        let signs = [of_bonds(&Self::below), of_bonds(&Self::beside)];
        for (values, signs) in [&mut couplings.down, &mut couplings.right].into_iter().zip(signs) {
            values
                .iter_mut()
                .zip(signs)
                .for_each(|(value, sign)| *value *= sign);
        }
        Ok(couplings)
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

    /// The bonds of a reach, one per site for each of its [steps](Reach::steps); `None` where all are 0, but for those to
    /// nearest sites, which are `[J_down, J_right]`.
    #[must_use]
    pub fn bonds(&self, reach: Reach) -> Option<[&[f32]; 2]> {
        if reach == Reach::Nearest {
            return Some([&self.down, &self.right]);
        }
        let known = self.further.iter().find(|(known, _)| *known == reach);
        known.map(|(_, [first, second])| [first.as_slice(), second.as_slice()])
    }

    /// Whether there are bonds to others than nearest sites.
    #[must_use]
    pub fn reaches_further(&self) -> bool {
        !self.further.is_empty()
    }

    /// The bonds to others than nearest sites: rows and columns they lead, and a value per site.
    pub(super) fn further(&self) -> impl Iterator<Item = ([i64; 2], &[f32])> {
        let of_reach = self
            .further
            .iter()
            .flat_map(|(reach, values)| reach.steps().into_iter().zip(values));
        of_reach.map(|(step, values)| (step, values.as_slice()))
    }

    /// The site so many rows and columns from `site`.
    pub(super) fn moved(&self, site: usize, [di, dj]: [i64; 2]) -> usize {
        let [rows, columns] = self.shape.map(i64::from);
        let (i, j) = (site as i64 / columns + di, site as i64 % columns + dj);
        (i.rem_euclid(rows) * columns + j.rem_euclid(columns)) as usize
    }

    /// `[J_down, J_right, h]` if each is the same everywhere and no bonds reach further.
    #[must_use]
    pub fn as_uniform(&self) -> Option<[f32; 3]> {
        if self.reaches_further() {
            return None;
        }
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

    /// The bonds of each site to other sites that are not 0: coupling, other end. O(sites).
    pub(super) fn bonds_by_site(&self) -> Vec<Vec<(f32, usize)>> {
        let mut bonds = vec![Vec::new(); self.sites()];
        for site in 0..self.sites() {
            let from_here = [
                (self.down[site], self.below(site)),
                (self.right[site], self.beside(site)),
            ];
            let further = (self.further()).map(|(step, values)| (values[site], self.moved(site, step)));
            let all = from_here.into_iter().chain(further);
            for (coupling, other) in all.filter(|&(j, other)| j != 0.0 && other != site) {
                bonds[site].push((coupling, other));
                bonds[other].push((coupling, site));
            }
        }
        bonds
    }

    /// The root mean square over the sites of `(J_down, J_right, h)` and of what reaches further; 0 if all are 0. Energies are proportional to it,
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
        let further = self.further().flat_map(|(_, values)| values);
        let values = self
            .down
            .iter()
            .chain(&self.right)
            .chain(&self.field)
            .chain(further);
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
                let further = (self.further())
                    .map(|(step, values)| f64::from(values[site]) * spin(self.moved(site, step)));
                spin(site) * (bonds + f64::from(self.field[site]) + further.sum::<f64>())
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
        let further = self.further().flat_map(|(step, values)| {
            let from = self.moved(site, step.map(|part| -part));
            [(values[site], self.moved(site, step)), (values[from], from)]
        });
        let others = bonds
            .into_iter()
            .chain(further)
            .filter(|(_, other)| *other != site);
        let sum: f64 = others
            .map(|(coupling, other)| f64::from(coupling) * f64::from(spins[other]))
            .sum();
        f64::from(self.field[site]) + sum
    }

    /// The couplings as a field to canonicalize: one channel on bonds of each reach there is, one odd channel on sites.
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
        let bonds = [(Reach::Nearest, [self.down.clone(), self.right.clone()])];
        let mut bonds = bonds.into_iter().chain(self.further.iter().cloned());
        let empty = LatticeField::new(self.shape[0], self.shape[1]);
        bonds
            .try_fold(empty, |field, (reach, values)| field.with_bonds_of(reach, values))
            .and_then(|field| field.with_odd_sites(self.field.clone()))
            .expect("one value per site")
    }

    /// Spins with their energy.
    pub(super) fn ground_state(&self, spins: Vec<i8>) -> GroundState {
        let energy = self.energy(&spins);
        GroundState { spins, energy }
    }
}

/// The couplings of a field read from a file: bonds to nearest sites, perhaps some that reach further, and one channel on
/// sites or none, which is then zero.
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
        let narrow =
            |values: &[Finite]| -> Vec<f32> { values.iter().map(|&value| f64::from(value) as f32).collect() };
        let bonds: Vec<_> = field.bond_channels().collect();
        let sites: Vec<_> = field.site_channels().collect();
        let of_reach = |reach| bonds.iter().filter(|(known, _)| *known == reach).count();
        let each_once = Reach::ALL.into_iter().all(|reach| of_reach(reach) <= 1);
        if of_reach(Reach::Nearest) != 1 || !each_once || sites.len() > 1 {
            return Err(DataError::InvalidParameter {
                what: "kind of field",
                got: format!(
                    "{} channels on bonds and {} on sites",
                    2 * bonds.len(),
                    sites.len()
                ),
                expected: "couplings: bonds down and to the right, and at most one channel on sites",
            });
        }
        let external = match sites.first() {
            Some((_, values)) => narrow(values),
            None => vec![0.0; site_count(field.shape())?],
        };
        let none = vec![0.0; external.len()];
        let empty = Self::new(field.shape(), none.clone(), none, external)?;
        (bonds.into_iter()).try_fold(empty, |couplings, (reach, values)| {
            couplings.with_bonds(reach, values.map(narrow))
        })
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
        let mut moved = |reach: Reach, [first, second]: [&[f32]; 2]| -> [Vec<f32>; 2] {
            self.write_bond_index_of(reach, &mut index);
            let bond = |&b: &u32| match b as usize {
                b if b < n => first[b],
                b => second[b - n],
            };
            [&index[..n], &index[n..]].map(|index| index.iter().map(bond).collect())
        };
        let [down, right] = moved(Reach::Nearest, [&couplings.down, &couplings.right]);
        let further = (couplings.further.iter())
            .map(|(reach, [first, second])| (*reach, moved(*reach, [first, second])))
            .collect();
        Couplings {
            shape: couplings.shape,
            down,
            right,
            field: self.act(couplings.field.as_slice()),
            further,
        }
    }
}
