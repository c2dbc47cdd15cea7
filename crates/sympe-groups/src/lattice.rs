//! Wallpaper groups on a torus of square cells: p1, p2, pm, p2mm, p4, p4m, and their products with the spin flip.

use crate::{Action, FiniteSubgroup, Group, GroupError, PermutationRep, Subgroup, uniform_below};
use rand::Rng;
use std::fmt;
use std::str::FromStr;

/// A point operation: an element of the point group D4, as a signed permutation of the two axes.
///
/// `A·(i, j)` exchanges the coordinates if `swap`, then negates those marked in `negative`.
///
/// ```
/// use sympe_groups::lattice::PointOperation;
/// let quarter = PointOperation { swap: true, negative: [false, true] }; // (i, j) ↦ (j, −i)
/// assert_eq!(quarter.apply([1, 2]), [2, -1]);
/// assert_eq!(quarter.compose(quarter).apply([1, 2]), [-1, -2]);
/// assert_eq!(quarter.compose(quarter.inverse()), PointOperation::IDENTITY);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointOperation {
    /// Whether rows and columns change places.
    pub swap: bool,
    /// Which coordinates of the result are negated.
    pub negative: [bool; 2],
}

impl PointOperation {
    /// The neutral element.
    pub const IDENTITY: Self = Self {
        swap: false,
        negative: [false, false],
    };

    /// The eight elements, the identity first.
    #[must_use]
    pub fn all() -> [Self; 8] {
        std::array::from_fn(|index| Self {
            swap: index & 4 != 0,
            negative: [index & 2 != 0, index & 1 != 0],
        })
    }

    /// The position in [`all`](Self::all).
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.swap) * 4 + usize::from(self.negative[0]) * 2 + usize::from(self.negative[1])
    }

    /// `A·x`.
    #[must_use]
    pub fn apply(self, [i, j]: [i64; 2]) -> [i64; 2] {
        let [a, b] = if self.swap { [j, i] } else { [i, j] };
        [
            if self.negative[0] { -a } else { a },
            if self.negative[1] { -b } else { b },
        ]
    }

    /// `A·B`: `rhs` first.
    #[must_use]
    pub fn compose(self, rhs: Self) -> Self {
        let [a, b] = if self.swap {
            [rhs.negative[1], rhs.negative[0]]
        } else {
            rhs.negative
        };
        Self {
            swap: self.swap != rhs.swap,
            negative: [self.negative[0] != a, self.negative[1] != b],
        }
    }

    /// `A⁻¹`.
    #[must_use]
    pub fn inverse(self) -> Self {
        let [a, b] = self.negative;
        Self {
            swap: self.swap,
            negative: if self.swap { [b, a] } else { [a, b] },
        }
    }

    /// Whether it is a rotation: of determinant 1.
    #[must_use]
    pub fn is_rotation(self) -> bool {
        self.swap == (self.negative[0] != self.negative[1])
    }
}

crate::named! {
    /// A wallpaper group, by its point group; smaller ones first.
    ///
    /// ```
    /// use sympe_groups::lattice::Wallpaper;
    /// assert_eq!("p4m".parse::<Wallpaper>()?.points().len(), 8);
    /// assert_eq!(Wallpaper::P2mm.to_string(), "p2mm");
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    pub enum Wallpaper {
        /// Translations.
        P1 = "p1",
        /// Translations and half turns.
        P2 = "p2",
        /// Translations and the reflection of the rows, `i ↦ −i`.
        Pm = "pm",
        /// Translations, both reflections and half turns: the largest group of a torus that is not square.
        P2mm = "p2mm",
        /// Translations and quarter turns.
        P4 = "p4",
        /// Translations and all of D4.
        P4m = "p4m",
    }
}

impl Wallpaper {
    /// The elements of the point group, the identity first, in the order of [`PointOperation::all`].
    #[must_use]
    pub fn points(self) -> Vec<PointOperation> {
        PointOperation::all()
            .into_iter()
            .filter(|point| self.has(*point))
            .collect()
    }

    fn has(self, point: PointOperation) -> bool {
        let [rows, columns] = point.negative;
        match self {
            Self::P1 => point == PointOperation::IDENTITY,
            Self::P2 => !point.swap && rows == columns,
            Self::Pm => !point.swap && !columns,
            Self::P2mm => !point.swap,
            Self::P4 => point.is_rotation(),
            Self::P4m => true,
        }
    }

    /// Whether rows and columns can change places, so that the torus must be square.
    #[must_use]
    pub fn needs_square(self) -> bool {
        matches!(self, Self::P4 | Self::P4m)
    }
}

impl FromStr for Wallpaper {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let found = Self::ALL.into_iter().find(|group| group.name() == text);
        found.ok_or_else(|| GroupError::unknown(text, &Self::NAMES))
    }
}

/// An element `x ↦ A·x + t` of a wallpaper group on a torus, with or without a spin flip.
///
/// On sites the action is faithful only if the torus is large enough: on a 2 × 2 torus `i ↦ −i` moves no site. The
/// group counts such elements apart, and a stabilizer contains them.
///
/// As a [`PermutationRep`] it acts on the sites, `i·columns + j`, and the flip is its sign.
///
/// ```
/// use sympe_groups::lattice::{LatticeGroup, Wallpaper};
/// use sympe_groups::PermutationRep;
/// let group = LatticeGroup::new(Wallpaper::P1, 1, 3)?;
/// let mut step = group.identity();
/// step.shift = [0, 1];
/// assert_eq!(step.site([0, 2]), [0, 0]);
/// let mut index = [0; 3];
/// step.write_index(&mut index);
/// assert_eq!(index, [2, 0, 1]); // (g·x)_i = x[index[i]]
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LatticeElement {
    rows: u32,
    columns: u32,
    /// `A`.
    pub point: PointOperation,
    /// `t`, rows and columns.
    pub shift: [u32; 2],
    /// Whether spins change sign.
    pub flip: bool,
}

crate::named! {
    "reach of bonds"
    /// Which sites bonds join: two directions for each, which quarter turns exchange.
    ///
    /// ```
    /// use sympe_groups::lattice::Reach;
    /// assert_eq!(Reach::Diagonal.steps(), [[1, 1], [1, -1]]);
    /// ```
    pub enum Reach {
        /// The next row; the next column.
        Nearest = "nearest",
        /// The next row and column; the next row and the column before.
        Diagonal = "diagonal",
        /// The second row; the second column.
        Second = "second",
    }
}

impl Reach {
    /// Rows and columns from the site where a bond starts to the one that it leads to, for axis 0 and 1.
    #[must_use]
    pub fn steps(self) -> [[i64; 2]; 2] {
        match self {
            Self::Nearest => [[1, 0], [0, 1]],
            Self::Diagonal => [[1, 1], [1, -1]],
            Self::Second => [[2, 0], [0, 2]],
        }
    }
}

/// A bond of a torus: from `site` down (axis 0) or to the right (axis 1).
///
/// ```
/// use sympe_groups::lattice::{Bond, LatticeGroup, Wallpaper};
/// let group = LatticeGroup::new(Wallpaper::P2, 4, 4)?;
/// let half_turn = group.point_elements().nth(1).unwrap();
/// // The bond from (1, 1) down to (2, 1) goes to the bond from (2, 3) down to (3, 3).
/// assert_eq!(half_turn.bond(Bond { site: [1, 1], axis: 0 }), Bond { site: [2, 3], axis: 0 });
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bond {
    /// The site it starts from, row and column.
    pub site: [u32; 2],
    /// 0: to the next row; 1: to the next column; see [`Reach::steps`] for bonds that reach further.
    pub axis: usize,
}

impl LatticeElement {
    /// The element with the same point operation and flip, and this `t`, reduced to the torus.
    #[must_use]
    pub fn with_shift(self, [i, j]: [u32; 2]) -> Self {
        Self {
            shift: [i % self.rows, j % self.columns],
            ..self
        }
    }

    /// Where a site goes: `A·x + t`.
    #[must_use]
    pub fn site(&self, [i, j]: [u32; 2]) -> [u32; 2] {
        self.wrap(self.point.apply([i64::from(i), i64::from(j)]))
    }

    /// Where a bond between nearest sites goes. Its two ends go where they go as sites: a bond whose axis is reversed starts
    /// from the image of its other end.
    #[must_use]
    pub fn bond(&self, bond: Bond) -> Bond {
        self.bond_of(Reach::Nearest, bond)
    }

    /// Where a bond of any reach goes.
    ///
    /// ```
    /// use sympe_groups::lattice::{Bond, LatticeGroup, Reach, Wallpaper};
    /// let group = LatticeGroup::new(Wallpaper::Pm, 4, 4)?;
    /// let mirror = group.point_elements().nth(1).unwrap(); // rows upside down
    /// // From (1, 1) to (2, 2): its image joins (3, 1) and (2, 2), and starts in the upper row.
    /// assert_eq!(
    ///     mirror.bond_of(Reach::Diagonal, Bond { site: [1, 1], axis: 0 }),
    ///     Bond { site: [2, 2], axis: 1 }
    /// );
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    #[must_use]
    pub fn bond_of(&self, reach: Reach, bond: Bond) -> Bond {
        let steps = reach.steps();
        let [di, dj] = self.point.apply(steps[bond.axis]);
        let [i, j] = self
            .point
            .apply([i64::from(bond.site[0]), i64::from(bond.site[1])]);
        let forward = steps.iter().position(|step| *step == [di, dj]);
        let (axis, site) = match forward {
            Some(axis) => (axis, [i, j]),
            // The axis whose step is the negative: quarter turns keep the two of a reach, up to the sign.
            None => (usize::from(steps[1] == [-di, -dj]), [i + di, j + dj]),
        };
        Bond {
            site: self.wrap(site),
            axis,
        }
    }

    /// Where a plaquette goes: the square of four sites from `corner` to the next row and column, named by `corner`.
    ///
    /// ```
    /// use sympe_groups::lattice::{LatticeGroup, Wallpaper};
    /// let group = LatticeGroup::new(Wallpaper::P2, 4, 4)?;
    /// let half_turn = group.point_elements().nth(1).unwrap();
    /// // Rows 1 and 2 go to rows 3 and 2.
    /// assert_eq!(half_turn.plaquette([1, 1]), [2, 2]);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    #[must_use]
    pub fn plaquette(&self, [i, j]: [u32; 2]) -> [u32; 2] {
        let [a, b] = self.point.apply([i64::from(i), i64::from(j)]);
        let [rows, columns] = self.point.negative.map(i64::from);
        self.wrap([a - rows, b - columns])
    }

    fn wrap(&self, [i, j]: [i64; 2]) -> [u32; 2] {
        let wrap = |x: i64, shift: u32, size: u32| (x + i64::from(shift)).rem_euclid(i64::from(size)) as u32;
        [
            wrap(i, self.shift[0], self.rows),
            wrap(j, self.shift[1], self.columns),
        ]
    }

    /// The index of the action on bonds between nearest sites, `[axis, row, column]`: `index[b] = g⁻¹(b)`. The spin flip
    /// moves no bond.
    ///
    /// # Panics
    ///
    /// When `out` is not of length `2·rows·columns`.
    pub fn write_bond_index(&self, out: &mut [u32]) {
        self.write_bond_index_of(Reach::Nearest, out);
    }

    /// The index of the action on bonds of any reach, as [`write_bond_index`](Self::write_bond_index).
    ///
    /// # Panics
    ///
    /// When `out` is not of length `2·rows·columns`.
    pub fn write_bond_index_of(&self, reach: Reach, out: &mut [u32]) {
        let sites = (self.rows * self.columns) as usize;
        assert_eq!(out.len(), 2 * sites, "there are two bonds per site");
        let inverse = self.inverse();
        for (b, out) in out.iter_mut().enumerate() {
            let (axis, site) = (b / sites, (b % sites) as u32);
            let bond = Bond {
                site: [site / self.columns, site % self.columns],
                axis,
            };
            let from = inverse.bond_of(reach, bond);
            *out = from.axis as u32 * sites as u32 + from.site[0] * self.columns + from.site[1];
        }
    }

    /// The index of the regular action on functions on the group, `[point, row, column]`:
    /// `(g·f)(p, r) = f(g⁻¹·(p, r))`, points in the order of `points`, which must be closed under the element.
    ///
    /// # Panics
    ///
    /// When `out` is not of length `|points|·rows·columns`, or that exceeds the range of `u32`, or `points` is not closed.
    pub fn write_regular_index(&self, points: &[PointOperation], out: &mut [u32]) {
        let sites = (self.rows * self.columns) as usize;
        assert_eq!(out.len(), points.len() * sites, "one value per point and site");
        assert!(
            u32::try_from(out.len()).is_ok(),
            "{} values exceed the range of u32",
            out.len()
        );
        let inverse = self.inverse();
        for (p, (point, out)) in points.iter().zip(out.chunks_exact_mut(sites)).enumerate() {
            let from = inverse.point.compose(*point);
            let from = points.iter().position(|point| *point == from);
            let from =
                from.unwrap_or_else(|| panic!("points are not closed: point {p}")) as u32 * sites as u32;
            for (site, out) in out.iter_mut().enumerate() {
                let [i, j] = inverse.site([site as u32 / self.columns, site as u32 % self.columns]);
                *out = from + i * self.columns + j;
            }
        }
    }

    /// Rows and columns of the torus.
    #[must_use]
    pub fn shape(&self) -> [u32; 2] {
        [self.rows, self.columns]
    }
}

impl Group for LatticeElement {
    fn identity(&self) -> Self {
        Self {
            point: PointOperation::IDENTITY,
            shift: [0, 0],
            flip: false,
            ..*self
        }
    }

    fn inverse(&self) -> Self {
        let point = self.point.inverse();
        let turned = Self {
            point,
            shift: [0, 0],
            flip: self.flip,
            ..*self
        };
        let [i, j] = turned.site(self.shift);
        // The inverse maps x to A⁻¹x − A⁻¹t.
        Self {
            shift: [(self.rows - i) % self.rows, (self.columns - j) % self.columns],
            ..turned
        }
    }

    fn compose(&self, rhs: &Self) -> Self {
        assert_eq!(self.shape(), rhs.shape(), "elements of different tori");
        // The product maps x to A(Bx + s) + t.
        Self {
            point: self.point.compose(rhs.point),
            shift: self.site(rhs.shift),
            flip: self.flip != rhs.flip,
            ..*self
        }
    }
}

/// The map of rows and columns, and the flip: `(i, j) ↦ (j + 1, −i)`, `(i, j) ↦ (i, j), flipped`.
///
/// ```
/// use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
/// let group = LatticeGroup::new(Wallpaper::P4, 4, 4)?;
/// let quarter = group.point_elements().find(|g| g.point.swap).unwrap();
/// assert_eq!(quarter.with_shift([3, 0]).to_string(), "(i, j) ↦ (j + 3, −i)");
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
impl fmt::Display for LatticeElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = if self.point.swap { ["j", "i"] } else { ["i", "j"] };
        let coordinate = |axis: usize| {
            let sign = if self.point.negative[axis] { "−" } else { "" };
            match self.shift[axis] {
                0 => format!("{sign}{}", names[axis]),
                shift => format!("{sign}{} + {shift}", names[axis]),
            }
        };
        let flip = if self.flip { ", flipped" } else { "" };
        write!(f, "(i, j) ↦ ({}, {}){flip}", coordinate(0), coordinate(1))
    }
}

impl PermutationRep for LatticeElement {
    fn degree(&self) -> usize {
        (self.rows * self.columns) as usize
    }

    fn write_index(&self, out: &mut [u32]) {
        assert_eq!(out.len(), self.degree(), "one index per site");
        let inverse = self.inverse();
        for (site, out) in out.iter_mut().enumerate() {
            let [i, j] = inverse.site([site as u32 / self.columns, site as u32 % self.columns]);
            *out = i * self.columns + j;
        }
    }

    fn sign(&self) -> f32 {
        if self.flip { -1.0 } else { 1.0 }
    }
}

/// Moves values on sites, `(g·x)_{g(r)} = ±x_r`, row by row; the flip negates them. Panics when there is not one value per
/// site.
///
/// ```
/// use sympe_groups::lattice::{LatticeGroup, Wallpaper};
/// use sympe_groups::Action;
/// let group = LatticeGroup::new(Wallpaper::P1, 1, 3)?.with_spin_flip();
/// let mut step = group.identity().with_shift([0, 1]);
/// step.flip = true;
/// assert_eq!(step.act([1, 2, 3].as_slice()), [-3, -1, -2]);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
impl<T: Copy + std::ops::Neg<Output = T>> Action<[T]> for LatticeElement {
    fn act(&self, x: &[T]) -> Vec<T> {
        assert_eq!(x.len(), self.degree(), "one value per site");
        let mut index = vec![0; x.len()];
        self.write_index(&mut index);
        let sign = |value: T| if self.flip { -value } else { value };
        index.iter().map(|&i| sign(x[i as usize])).collect()
    }
}

/// A wallpaper group on a torus, with or without the spin flip: `p4m(8x8) x Z2`.
///
/// ```
/// use sympe_groups::lattice::LatticeGroup;
/// use sympe_groups::{FiniteSubgroup, Group};
///
/// let group: LatticeGroup = "p4m(8x8) x Z2".parse()?;
/// assert_eq!(group.order(), 8 * 64 * 2);
/// assert_eq!(group.to_string(), "p4m(8x8) x Z2");
/// let (a, b) = (group.elements().nth(100).unwrap(), group.elements().nth(7).unwrap());
/// assert_eq!(a.compose(&b).site([2, 3]), a.site(b.site([2, 3])));
/// assert!("p4(3x4)".parse::<LatticeGroup>().is_err()); // a quarter turn needs a square
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LatticeGroup {
    wallpaper: Wallpaper,
    identity: LatticeElement,
    with_flip: bool,
    points: Vec<PointOperation>,
    generators: Vec<LatticeElement>,
}

impl LatticeGroup {
    /// The group on a torus of `rows × columns` sites.
    ///
    /// # Errors
    ///
    /// When a size is 0, there are more than 2³¹ sites, or the group needs a square and the torus is none.
    pub fn new(wallpaper: Wallpaper, rows: u32, columns: u32) -> Result<Self, GroupError> {
        let fail = |reason: &str| GroupError::Name {
            text: format!("{wallpaper}({rows}x{columns})"),
            reason: reason.to_owned(),
        };
        if rows == 0 || columns == 0 {
            return Err(fail("a torus has at least one row and one column"));
        }
        if u64::from(rows) * u64::from(columns) > 1 << 31 {
            return Err(fail("a torus has at most 2³¹ sites"));
        }
        if wallpaper.needs_square() && rows != columns {
            return Err(fail("the group needs as many rows as columns"));
        }
        let identity = LatticeElement {
            rows,
            columns,
            point: PointOperation::IDENTITY,
            shift: [0, 0],
            flip: false,
        };
        let points = wallpaper.points();
        let mut generators = vec![
            LatticeElement {
                shift: [1 % rows, 0],
                ..identity
            },
            LatticeElement {
                shift: [0, 1 % columns],
                ..identity
            },
        ];
        generators.extend(
            points
                .iter()
                .skip(1)
                .map(|&point| LatticeElement { point, ..identity }),
        );
        Ok(Self {
            wallpaper,
            identity,
            with_flip: false,
            points,
            generators,
        })
    }

    /// The direct product with Z2, the spin flip.
    #[must_use]
    pub fn with_spin_flip(mut self) -> Self {
        if !self.with_flip {
            self.with_flip = true;
            self.generators.push(LatticeElement {
                flip: true,
                ..self.identity
            });
        }
        self
    }

    /// The wallpaper group.
    #[must_use]
    pub fn wallpaper(&self) -> Wallpaper {
        self.wallpaper
    }

    /// Whether the spin flip belongs to it.
    #[must_use]
    pub fn has_spin_flip(&self) -> bool {
        self.with_flip
    }

    /// Rows and columns of the torus.
    #[must_use]
    pub fn shape(&self) -> [u32; 2] {
        self.identity.shape()
    }

    /// The neutral element.
    #[must_use]
    pub fn identity(&self) -> LatticeElement {
        self.identity
    }

    /// The point group, the identity first.
    #[must_use]
    pub fn points(&self) -> &[PointOperation] {
        &self.points
    }

    /// The number of elements.
    #[must_use]
    pub fn order(&self) -> u64 {
        let [rows, columns] = self.shape();
        (self.points.len() << usize::from(self.with_flip)) as u64 * u64::from(rows) * u64::from(columns)
    }

    /// The cosets of the translations, the subgroup itself first.
    pub fn point_elements(&self) -> impl Iterator<Item = LatticeElement> + '_ {
        let flips = if self.with_flip {
            &[false, true][..]
        } else {
            &[false][..]
        };
        let element = |point: PointOperation, flip: bool| LatticeElement {
            point,
            flip,
            ..self.identity
        };
        flips
            .iter()
            .flat_map(move |&flip| self.points.iter().map(move |&point| element(point, flip)))
    }
}

impl Subgroup for LatticeGroup {
    type Element = LatticeElement;

    fn sample(&self, rng: &mut dyn Rng) -> LatticeElement {
        let [rows, columns] = self.shape();
        LatticeElement {
            point: self.points[uniform_below(self.points.len() as u32, rng) as usize],
            shift: [uniform_below(rows, rng), uniform_below(columns, rng)],
            flip: self.with_flip && uniform_below(2, rng) == 1,
            ..self.identity
        }
    }

    fn contains(&self, g: &LatticeElement) -> bool {
        g.shape() == self.shape() && self.wallpaper.has(g.point) && (self.with_flip || !g.flip)
    }

    fn ln_order(&self) -> f64 {
        (self.order() as f64).ln()
    }
}

impl FiniteSubgroup for LatticeGroup {
    fn generators(&self) -> &[LatticeElement] {
        &self.generators
    }

    fn elements(&self) -> Box<dyn Iterator<Item = LatticeElement> + '_> {
        let [rows, columns] = self.shape();
        Box::new(self.point_elements().flat_map(move |element| {
            (0..rows).flat_map(move |i| {
                (0..columns).map(move |j| LatticeElement {
                    shift: [i, j],
                    ..element
                })
            })
        }))
    }
}

impl fmt::Display for LatticeGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [rows, columns] = self.shape();
        let flip = if self.with_flip { " x Z2" } else { "" };
        write!(f, "{}({rows}x{columns}){flip}", self.wallpaper)
    }
}

impl FromStr for LatticeGroup {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let fail = || GroupError::Name {
            text: text.to_owned(),
            reason: "expected a name like 'p4m(8x8) x Z2'".to_owned(),
        };
        let (lattice, flip) = match text.strip_suffix(" x Z2") {
            Some(lattice) => (lattice, true),
            None => (text, false),
        };
        let (name, size) = lattice
            .strip_suffix(')')
            .and_then(|text| text.split_once('('))
            .ok_or_else(fail)?;
        let (rows, columns) = size.split_once('x').ok_or_else(fail)?;
        let size = |text: &str| text.parse::<u32>().map_err(|_| fail());
        let group = Self::new(name.parse()?, size(rows)?, size(columns)?)?;
        Ok(if flip { group.with_spin_flip() } else { group })
    }
}
