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

use crate::{CanonError, Canonicalized, Canonicalizer};
use rand::Rng;
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Reach};
use sympe_groups::{Action, FiniteSubgroup, Group, PermutationRep, Subgroup, uniform_below};

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
}

impl<T> Canonicalizer<LatticeField<T>> for LatticeSymmetry
where
    T: Copy + Ord + std::ops::Neg<Output = T> + Send + Sync,
{
    type Stabilizer = LatticeSubgroup;

    fn canonicalize(&self, field: &LatticeField<T>) -> Result<Canonicalized<LatticeSubgroup>, CanonError> {
        let [rows, columns] = self.group.shape();
        if field.shape != [rows, columns] {
            return Err(CanonError::WrongShape {
                got: field.shape,
                want: [rows, columns],
            });
        }
        let elements: Vec<LatticeElement> = self.group.point_elements().collect();
        let ranked = field.ranked();
        let words = words(elements.iter().map(|g| g.act(&ranked)));
        let (rows_of, columns_of) = (rows as usize, columns as usize);
        let mut least: Vec<u32> = Vec::new();
        let mut found: Vec<(LatticeElement, Vec<[u32; 2]>)> = Vec::new();
        for (point, word) in elements.iter().zip(&words) {
            let starts = least_translates(word, rows_of, columns_of);
            let image = translate(word, rows_of, columns_of, starts[0]);
            if found.is_empty() || image < least {
                least = image;
                found = vec![(*point, starts)];
            } else if image == least {
                found.push((*point, starts));
            }
        }
        // A shift by −s moves the translate that starts at site s to the origin.
        let to_form = |point: &LatticeElement, [i, j]: [u32; 2]| point.with_shift([rows - i, columns - j]);
        let (point, starts) = &found[0];
        let first = to_form(point, starts[0]);
        let translations = Translations::new(self.group.shape(), starts);
        // If g and g₀ both reach the form, g₀⁻¹·g fixes the field. Elements that reach it with one point part differ
        // by translations that fix the field.
        let translations = translations.conjugated(&first);
        let representatives = found
            .iter()
            .map(|(point, starts)| first.inverse().compose(&to_form(point, starts[0])))
            .collect();
        let stabilizer = LatticeSubgroup::new(translations, representatives);
        Ok(Canonicalized {
            element: first.inverse(),
            stabilizer,
        })
    }
}

/// The rank of a value among all values and their negatives, and the rank of its negative.
#[derive(Clone, Copy)]
struct Rank(u32, u32);

impl std::ops::Neg for Rank {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.1, self.0)
    }
}

impl<T: Copy + Ord + std::ops::Neg<Output = T>> LatticeField<T> {
    /// The field with ranks in place of values, which compare as these do, and faster.
    fn ranked(&self) -> LatticeField<Rank> {
        let values = self
            .sites
            .iter()
            .map(|(_, values)| values)
            .chain(self.bonds.iter().flat_map(|(_, axes)| axes))
            .flatten();
        let mut sorted: Vec<T> = values.flat_map(|&value| [value, -value]).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let rank = |value: T| sorted.partition_point(|other| *other < value) as u32;
        let ranks = |values: &Vec<T>| {
            values
                .iter()
                .map(|&value| Rank(rank(value), rank(-value)))
                .collect::<Vec<_>>()
        };
        LatticeField {
            shape: self.shape,
            sites: self
                .sites
                .iter()
                .map(|(odd, values)| (*odd, ranks(values)))
                .collect(),
            bonds: (self.bonds.iter())
                .map(|(reach, axes)| (*reach, axes.each_ref().map(ranks)))
                .collect(),
        }
    }
}

/// Each field as one letter per site, which stands for the values of all channels there: letters are equal, in the
/// same or in different fields, where all values are.
fn words(fields: impl Iterator<Item = LatticeField<Rank>>) -> Vec<Vec<u32>> {
    let fields: Vec<LatticeField<Rank>> = fields.collect();
    let sites = fields
        .first()
        .map_or(0, |field| field.shape[0] as usize * field.shape[1] as usize);
    let channels = |field: &LatticeField<Rank>| -> Vec<Vec<u32>> {
        let sites = field.sites.iter().map(|(_, values)| values);
        sites
            .chain(field.bonds.iter().flat_map(|(_, axes)| axes))
            .map(|values| values.iter().map(|rank| rank.0).collect())
            .collect()
    };
    let channels: Vec<Vec<Vec<u32>>> = fields.iter().map(channels).collect();
    let count = channels.first().map_or(0, Vec::len);
    let mut letters = vec![0; fields.len() * sites];
    let mut keyed = Vec::with_capacity(letters.len());
    for channel in 0..count {
        let values = channels.iter().flat_map(|of_field| &of_field[channel]);
        keyed.clear();
        keyed.extend(
            letters
                .iter()
                .zip(values)
                .zip(0..)
                .map(|((&letter, &value), index)| (key(letter, value), index)),
        );
        rank(&mut keyed, &mut letters);
    }
    letters.chunks_exact(sites.max(1)).map(<[u32]>::to_vec).collect()
}

/// Two ranks as one number that compares by the first, then by the second.
fn key(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// Writes the dense rank of each key to its place in `ranks`; returns how many different keys there are.
fn rank(keyed: &mut [(u64, u32)], ranks: &mut [u32]) -> u32 {
    keyed.sort_unstable();
    let mut classes = 0;
    for index in 0..keyed.len() {
        classes += u32::from(index == 0 || keyed[index].0 != keyed[index - 1].0);
        ranks[keyed[index].1 as usize] = classes - 1;
    }
    classes
}

/// The starts of the translates that are lexicographically least, read row by row, in increasing order. O(N log²N).
fn least_translates(word: &[u32], rows: usize, columns: usize) -> Vec<[u32; 2]> {
    let mut ranks = word.to_vec();
    // After a doubling, ranks compare twice as many columns, and then likewise rows. Doubling beyond the size of the
    // torus compares some letters twice, which changes nothing.
    double(&mut ranks, columns, |site, length| {
        site / columns * columns + (site % columns + length) % columns
    });
    double(&mut ranks, rows, |site, length| {
        (site + length * columns) % (rows * columns)
    });
    let least = ranks.iter().min().copied().unwrap_or(0);
    let start = |site: usize| [(site / columns) as u32, (site % columns) as u32];
    (0..ranks.len())
        .filter(|&site| ranks[site] == least)
        .map(start)
        .collect()
}

/// Replaces ranks of single letters by ranks of words of at least `size` letters; `next(site, k)` is the site `k`
/// letters on.
fn double(ranks: &mut [u32], size: usize, next: impl Fn(usize, usize) -> usize) {
    let mut keyed = Vec::with_capacity(ranks.len());
    let (mut length, mut before) = (1, 0);
    while length < size {
        keyed.clear();
        keyed.extend((0..ranks.len()).map(|site| (key(ranks[site], ranks[next(site, length)]), site as u32)));
        let classes = rank(&mut keyed, ranks);
        // As many classes as before mean that longer words tell no more apart.
        if classes == before || classes as usize == ranks.len() {
            return;
        }
        before = classes;
        length *= 2;
    }
}

/// The translate of a word that starts at a site.
fn translate(word: &[u32], rows: usize, columns: usize, [i, j]: [u32; 2]) -> Vec<u32> {
    let at = |r: usize, c: usize| word[(r + i as usize) % rows * columns + (c + j as usize) % columns];
    (0..rows)
        .flat_map(|r| (0..columns).map(move |c| (r, c)))
        .map(|(r, c)| at(r, c))
        .collect()
}

/// A subgroup of the translations: all `a·(row, column) + b·(0, step)`, in Hermite normal form. `row` divides the
/// number of rows, `step` the number of columns, and `column` is less than `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Translations {
    shape: [u32; 2],
    /// The least number of rows of a member that has any; the number of all rows if none has.
    row: u32,
    /// The columns of that member, modulo `step`.
    column: u32,
    /// The least number of columns of a member without rows; the number of all columns if there is none.
    step: u32,
}

impl Translations {
    /// The subgroup whose coset `starts` is.
    fn new(shape @ [rows, columns]: [u32; 2], starts: &[[u32; 2]]) -> Self {
        let [i, j] = starts[0];
        let differences: Vec<[u32; 2]> = starts
            .iter()
            .map(|[a, b]| [(a + rows - i) % rows, (b + columns - j) % columns])
            .collect();
        Self::from_members(shape, &differences)
    }

    /// The subgroup with these members, which are all of them.
    fn from_members(shape @ [rows, columns]: [u32; 2], members: &[[u32; 2]]) -> Self {
        let steps = members.iter().filter(|[a, b]| *a == 0 && *b > 0).map(|[_, b]| *b);
        let step = steps.min().unwrap_or(columns);
        let [row, column] = members
            .iter()
            .filter(|[a, _]| *a > 0)
            .min()
            .copied()
            .unwrap_or([rows, 0]);
        Self {
            shape,
            row,
            column: column % step,
            step,
        }
    }

    /// The number of members.
    fn order(&self) -> u64 {
        u64::from(self.shape[0] / self.row) * u64::from(self.shape[1] / self.step)
    }

    /// The member `a·(row, column) + b·(0, step)`.
    fn get(&self, a: u32, b: u32) -> [u32; 2] {
        let [rows, columns] = self.shape.map(u64::from);
        let row = u64::from(a) * u64::from(self.row) % rows;
        let column = (u64::from(a) * u64::from(self.column) + u64::from(b) * u64::from(self.step)) % columns;
        [row as u32, column as u32]
    }

    fn iter(self) -> impl Iterator<Item = [u32; 2]> {
        let (down, right) = (self.shape[0] / self.row, self.shape[1] / self.step);
        (0..down).flat_map(move |a| (0..right).map(move |b| self.get(a, b)))
    }

    fn contains(&self, [i, j]: [u32; 2]) -> bool {
        if i % self.row != 0 {
            return false;
        }
        let [_, along] = self.get(i / self.row, 0);
        (j + self.shape[1] - along).is_multiple_of(self.step)
    }

    /// `g⁻¹·T·g`.
    fn conjugated(&self, g: &LatticeElement) -> Self {
        let turn = g.inverse().with_shift([0, 0]);
        let generators = [
            self.get(1 % (self.shape[0] / self.row), 0),
            self.get(0, 1 % (self.shape[1] / self.step)),
        ];
        let [a, b] = generators.map(|shift| turn.site(shift));
        // All members are listed from two generators: there are at most as many as sites.
        let [rows, columns] = self.shape;
        let mut seen = vec![false; rows as usize * columns as usize];
        let (mut members, mut next) = (vec![[0, 0]], 0);
        seen[0] = true;
        while next < members.len() {
            let [i, j] = members[next];
            next += 1;
            for [di, dj] in [a, b] {
                let member = [(i + di) % rows, (j + dj) % columns];
                let index = member[0] as usize * columns as usize + member[1] as usize;
                if !std::mem::replace(&mut seen[index], true) {
                    members.push(member);
                }
            }
        }
        Self::from_members(self.shape, &members)
    }
}

/// A subgroup of a [`LatticeGroup`]: a sublattice of translations, and one representative for each combination of
/// point operation and flip that occurs. What [`LatticeSymmetry`] finds.
#[derive(Clone, Debug, PartialEq)]
pub struct LatticeSubgroup {
    translations: Translations,
    representatives: Vec<LatticeElement>,
    generators: Vec<LatticeElement>,
}

impl LatticeSubgroup {
    fn new(translations: Translations, mut representatives: Vec<LatticeElement>) -> Self {
        representatives.sort_by_key(|g| (g.flip, g.point));
        let identity = representatives[0].identity();
        representatives[0] = identity;
        let steps = [[translations.row, translations.column], [0, translations.step]];
        let mut generators: Vec<LatticeElement> = steps.map(|shift| identity.with_shift(shift)).to_vec();
        generators.extend(&representatives[1..]);
        generators.retain(|g| *g != identity);
        Self {
            translations,
            representatives,
            generators,
        }
    }

    /// The number of elements, those that move no site included.
    #[must_use]
    pub fn order(&self) -> u64 {
        self.translations.order() * self.representatives.len() as u64
    }

    /// An element followed by a translation.
    fn shifted(&self, g: &LatticeElement, [i, j]: [u32; 2]) -> LatticeElement {
        g.with_shift([g.shift[0] + i, g.shift[1] + j])
    }
}

impl Subgroup for LatticeSubgroup {
    type Element = LatticeElement;

    fn sample(&self, rng: &mut dyn Rng) -> LatticeElement {
        let representative =
            self.representatives[uniform_below(self.representatives.len() as u32, rng) as usize];
        let Translations {
            shape: [rows, columns],
            row,
            step,
            ..
        } = self.translations;
        let translation = self
            .translations
            .get(uniform_below(rows / row, rng), uniform_below(columns / step, rng));
        self.shifted(&representative, translation)
    }

    fn contains(&self, g: &LatticeElement) -> bool {
        let [rows, columns] = self.translations.shape;
        let same = |r: &&LatticeElement| r.point == g.point && r.flip == g.flip && r.shape() == g.shape();
        self.representatives.iter().find(same).is_some_and(|r| {
            let difference = [
                (g.shift[0] + rows - r.shift[0]) % rows,
                (g.shift[1] + columns - r.shift[1]) % columns,
            ];
            self.translations.contains(difference)
        })
    }

    fn ln_order(&self) -> f64 {
        (self.order() as f64).ln()
    }
}

impl FiniteSubgroup for LatticeSubgroup {
    fn generators(&self) -> &[LatticeElement] {
        &self.generators
    }

    fn elements(&self) -> Box<dyn Iterator<Item = LatticeElement> + '_> {
        let of = move |g: &LatticeElement| {
            let g = *g;
            self.translations.iter().map(move |shift| self.shifted(&g, shift))
        };
        Box::new(self.representatives.iter().flat_map(of))
    }
}
