//! Wallpaper groups on a torus of the triangular lattice: p1, p2, p3, p3m1, p31m, p6, p6m, and their products with the spin
//! flip.
//!
//! Sites are `(i, j)`, rows and columns of a square that is bent: the steps down `(1, 0)` and to the right `(0, 1)` make an
//! angle of 120°, and the diagonal `(1, 1)` between them is as long as they are. These three are the bonds of a site, the other
//! three belong to its neighbours.

use crate::{Action, FiniteSubgroup, Group, GroupError, PermutationRep, Subgroup, uniform_below};
use rand::Rng;
use std::{fmt, str::FromStr};

/// An element of the point group D6 of the triangular lattice: a reflection if `reflected`, then `sixths` of a turn.
///
/// The reflection exchanges rows and columns, and keeps the diagonal; a sixth of a turn takes the step down to the
/// diagonal, and this to the step to the right.
///
/// ```
/// use sympe_groups::triangular::HexagonalOperation;
/// let sixth = HexagonalOperation::rotation(1);
/// assert_eq!([[1, 0], [1, 1], [0, 1]].map(|step| sixth.apply(step)), [[1, 1], [0, 1], [-1, 0]]);
/// assert_eq!(sixth.compose(HexagonalOperation::rotation(5)), HexagonalOperation::IDENTITY);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HexagonalOperation {
    reflected: bool,
    sixths: u8,
}

impl HexagonalOperation {
    /// The neutral element.
    pub const IDENTITY: Self = Self::rotation(0);

    /// The rotation by so many sixths of a turn.
    #[must_use]
    pub const fn rotation(sixths: u32) -> Self {
        Self {
            reflected: false,
            sixths: (sixths % 6) as u8,
        }
    }

    /// The exchange of rows and columns, followed by so many sixths of a turn.
    #[must_use]
    pub const fn reflection(sixths: u32) -> Self {
        Self {
            reflected: true,
            ..Self::rotation(sixths)
        }
    }

    /// The twelve elements, rotations first, the identity before them.
    #[must_use]
    pub fn all() -> [Self; 12] {
        std::array::from_fn(|index| Self {
            reflected: index >= 6,
            ..Self::rotation(index as u32)
        })
    }

    /// The position in [`all`](Self::all).
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.reflected) * 6 + usize::from(self.sixths)
    }

    /// `A·x`.
    #[must_use]
    pub fn apply(self, [i, j]: [i64; 2]) -> [i64; 2] {
        let x = if self.reflected { [j, i] } else { [i, j] };
        (0..self.sixths).fold(x, |[i, j], _| [i - j, i])
    }

    /// `A·B`: `rhs` first.
    #[must_use]
    pub fn compose(self, rhs: Self) -> Self {
        let sixths = if self.reflected {
            6 - rhs.sixths
        } else {
            rhs.sixths
        };
        Self {
            reflected: self.reflected != rhs.reflected,
            sixths: (self.sixths + sixths) % 6,
        }
    }

    /// `A⁻¹`.
    #[must_use]
    pub fn inverse(self) -> Self {
        if self.reflected {
            return self;
        }
        Self::rotation(6 - u32::from(self.sixths))
    }

    /// Whether it is a rotation: of determinant 1.
    #[must_use]
    pub fn is_rotation(self) -> bool {
        !self.reflected
    }
}

crate::named! {
    /// A wallpaper group of the triangular lattice, by its point group.
    ///
    /// ```
    /// use sympe_groups::triangular::TriangularWallpaper;
    /// assert_eq!("p6m".parse::<TriangularWallpaper>()?.points().len(), 12);
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    pub enum TriangularWallpaper {
        /// Translations.
        P1 = "p1",
        /// Translations and half turns.
        P2 = "p2",
        /// Translations and thirds of a turn.
        P3 = "p3",
        /// As p3, with mirrors across the bonds.
        P3m1 = "p3m1",
        /// As p3, with mirrors along the bonds.
        P31m = "p31m",
        /// Translations and sixths of a turn.
        P6 = "p6",
        /// Translations and all of D6.
        P6m = "p6m",
    }
}

impl TriangularWallpaper {
    /// The elements of the point group, the identity first, in the order of [`HexagonalOperation::all`].
    #[must_use]
    pub fn points(self) -> Vec<HexagonalOperation> {
        HexagonalOperation::all()
            .into_iter()
            .filter(|point| self.has(*point))
            .collect()
    }

    fn has(self, HexagonalOperation { reflected, sixths }: HexagonalOperation) -> bool {
        let even = sixths.is_multiple_of(2);
        match self {
            Self::P1 => !reflected && sixths == 0,
            Self::P2 => !reflected && sixths.is_multiple_of(3),
            Self::P3 => !reflected && even,
            // The exchange of rows and columns keeps the diagonal bond.
            Self::P3m1 => even != reflected,
            Self::P31m => even,
            Self::P6 => !reflected,
            Self::P6m => true,
        }
    }
}

impl FromStr for TriangularWallpaper {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let found = Self::ALL.into_iter().find(|group| group.name() == text);
        found.ok_or_else(|| GroupError::unknown(text, &Self::NAMES))
    }
}

/// From a site to the other ends of its bonds: down, to the right, and along the diagonal between them.
pub const STEPS: [[i64; 2]; 3] = [[1, 0], [0, 1], [1, 1]];

/// A bond of a torus: from `site` by a step of [`STEPS`].
///
/// ```
/// use sympe_groups::triangular::{TriangularBond, TriangularGroup, TriangularWallpaper};
/// let group = TriangularGroup::new(TriangularWallpaper::P6, 4)?;
/// let sixth = group.point_elements().nth(1).unwrap();
/// // The bond from (1, 0) to the right, to (1, 1), becomes the one from (1, 1) to (0, 1), which starts there.
/// let bond = TriangularBond { site: [1, 0], axis: 1 };
/// assert_eq!(sixth.bond(bond), TriangularBond { site: [0, 1], axis: 0 });
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TriangularBond {
    /// The site it starts from, row and column.
    pub site: [u32; 2],
    /// The index of its step.
    pub axis: usize,
}

/// An element `x ↦ A·x + t` of a wallpaper group of the triangular lattice on a torus of `side × side` sites, with or without
/// a spin flip.
///
/// As a [`PermutationRep`] it acts on the sites, `i·side + j`, and the flip is its sign. On small tori the action on sites is not
/// faithful; the group counts elements that move nothing apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TriangularElement {
    side: u32,
    /// `A`.
    pub point: HexagonalOperation,
    /// `t`, rows and columns.
    pub shift: [u32; 2],
    /// Whether spins change sign.
    pub flip: bool,
}

impl TriangularElement {
    /// The element with the same point operation and flip, and this `t`, reduced to the torus.
    #[must_use]
    pub fn with_shift(self, shift: [u32; 2]) -> Self {
        Self {
            shift: shift.map(|x| x % self.side),
            ..self
        }
    }

    /// The number of rows, and of columns.
    #[must_use]
    pub fn side(&self) -> u32 {
        self.side
    }

    /// Where a site goes: `A·x + t`.
    #[must_use]
    pub fn site(&self, site: [u32; 2]) -> [u32; 2] {
        self.wrap(self.point.apply(site.map(i64::from)))
    }

    /// Where a bond goes. Its two ends go where they go as sites: a bond whose step is reversed starts from the image of its
    /// other end.
    #[must_use]
    pub fn bond(&self, bond: TriangularBond) -> TriangularBond {
        let [i, j] = self.point.apply(bond.site.map(i64::from));
        let [di, dj] = self.point.apply(STEPS[bond.axis]);
        let (axis, site) = match STEPS.iter().position(|step| *step == [di, dj]) {
            Some(axis) => (axis, [i, j]),
            None => {
                let reversed = STEPS.iter().position(|step| *step == [-di, -dj]);
                (
                    reversed.expect("point operations permute the six steps"),
                    [i + di, j + dj],
                )
            }
        };
        TriangularBond {
            site: self.wrap(site),
            axis,
        }
    }

    fn wrap(&self, [i, j]: [i64; 2]) -> [u32; 2] {
        let wrap = |x: i64, shift: u32| (x + i64::from(shift)).rem_euclid(i64::from(self.side)) as u32;
        [wrap(i, self.shift[0]), wrap(j, self.shift[1])]
    }

    /// The index of the action on bonds, `[axis, row, column]`: `index[b] = g⁻¹(b)`. The spin flip moves no bond.
    ///
    /// # Panics
    ///
    /// When `out` is not of length `3·side²`.
    pub fn write_bond_index(&self, out: &mut [u32]) {
        let sites = self.degree();
        assert_eq!(out.len(), 3 * sites, "there are three bonds per site");
        let inverse = self.inverse();
        for (b, out) in out.iter_mut().enumerate() {
            let (axis, site) = (b / sites, (b % sites) as u32);
            let from = inverse.bond(TriangularBond {
                site: [site / self.side, site % self.side],
                axis,
            });
            *out = from.axis as u32 * sites as u32 + from.site[0] * self.side + from.site[1];
        }
    }
}

impl Group for TriangularElement {
    fn identity(&self) -> Self {
        Self {
            point: HexagonalOperation::IDENTITY,
            shift: [0, 0],
            flip: false,
            ..*self
        }
    }

    fn inverse(&self) -> Self {
        let turned = Self {
            point: self.point.inverse(),
            shift: [0, 0],
            ..*self
        };
        // The inverse maps x to A⁻¹x − A⁻¹t.
        turned.with_shift(turned.site(self.shift).map(|x| self.side - x))
    }

    fn compose(&self, rhs: &Self) -> Self {
        assert_eq!(self.side, rhs.side, "elements of different tori");
        // The product maps x to A(Bx + s) + t.
        Self {
            point: self.point.compose(rhs.point),
            shift: self.site(rhs.shift),
            flip: self.flip != rhs.flip,
            ..*self
        }
    }
}

/// The map of rows and columns, and the flip: `(i, j) ↦ (i − j + 1, i)`, `(i, j) ↦ (i, j), flipped`.
impl fmt::Display for TriangularElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (down, right) = (self.point.apply([1, 0]), self.point.apply([0, 1]));
        let coordinate = |axis: usize| {
            let form = match (down[axis], right[axis]) {
                (1, 0) => "i",
                (-1, 0) => "−i",
                (0, 1) => "j",
                (0, -1) => "−j",
                (1, _) => "i − j",
                _ => "j − i",
            };
            match self.shift[axis] {
                0 => form.to_owned(),
                shift => format!("{form} + {shift}"),
            }
        };
        let flip = if self.flip { ", flipped" } else { "" };
        write!(f, "(i, j) ↦ ({}, {}){flip}", coordinate(0), coordinate(1))
    }
}

impl PermutationRep for TriangularElement {
    fn degree(&self) -> usize {
        self.side as usize * self.side as usize
    }

    fn write_index(&self, out: &mut [u32]) {
        assert_eq!(out.len(), self.degree(), "one index per site");
        let inverse = self.inverse();
        for (site, out) in (0u32..).zip(out) {
            let [i, j] = inverse.site([site / self.side, site % self.side]);
            *out = i * self.side + j;
        }
    }

    fn sign(&self) -> f32 {
        if self.flip { -1.0 } else { 1.0 }
    }
}

/// Moves values on sites, `(g·x)_{g(r)} = ±x_r`, row by row; the flip negates them. Panics when there is not one value per
/// site.
impl<T: Copy + std::ops::Neg<Output = T>> Action<[T]> for TriangularElement {
    fn act(&self, x: &[T]) -> Vec<T> {
        let mut index = vec![0; x.len()];
        self.write_index(&mut index);
        let sign = |value: T| if self.flip { -value } else { value };
        index.iter().map(|&i| sign(x[i as usize])).collect()
    }
}

/// A wallpaper group of the triangular lattice on a torus of `side × side` sites, with or without the spin flip:
/// `p6m(6x6) x Z2`.
///
/// ```
/// use sympe_groups::triangular::TriangularGroup;
/// use sympe_groups::{FiniteSubgroup, PermutationRep};
/// let group: TriangularGroup = "p6m(6x6)".parse()?;
/// assert_eq!(group.order(), 12 * 36);
///
/// // Around a site, twelve elements stay; its six neighbours are one orbit.
/// let about: Vec<_> = group.elements().filter(|g| g.site([0, 0]) == [0, 0]).collect();
/// assert_eq!(about.len(), 12);
/// let mut neighbors: Vec<_> = about.iter().map(|g| g.site([0, 1])).collect();
/// neighbors.sort_unstable();
/// neighbors.dedup();
/// assert_eq!(neighbors, [[0, 1], [0, 5], [1, 0], [1, 1], [5, 0], [5, 5]]);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TriangularGroup {
    wallpaper: TriangularWallpaper,
    identity: TriangularElement,
    with_flip: bool,
    generators: Vec<TriangularElement>,
}

impl TriangularGroup {
    /// The group on a torus of `side × side` sites.
    ///
    /// # Errors
    ///
    /// When the side is 0, or there are more than 2³⁰ sites.
    pub fn new(wallpaper: TriangularWallpaper, side: u32) -> Result<Self, GroupError> {
        if side == 0 || side > 1 << 15 {
            return Err(GroupError::Name {
                text: format!("{wallpaper}({side}x{side})"),
                reason: "a torus of the triangular lattice has a side of 1 to 32768".to_owned(),
            });
        }
        let identity = TriangularElement {
            side,
            point: HexagonalOperation::IDENTITY,
            shift: [0, 0],
            flip: false,
        };
        let steps = [[1, 0], [0, 1]].map(|step| identity.with_shift(step));
        let points = wallpaper.points().into_iter().skip(1);
        let points = points.map(|point| TriangularElement { point, ..identity });
        Ok(Self {
            wallpaper,
            identity,
            with_flip: false,
            generators: steps.into_iter().chain(points).collect(),
        })
    }

    /// The direct product with Z2, the spin flip.
    #[must_use]
    pub fn with_spin_flip(mut self) -> Self {
        if !self.with_flip {
            self.with_flip = true;
            self.generators.push(TriangularElement {
                flip: true,
                ..self.identity
            });
        }
        self
    }

    /// The wallpaper group.
    #[must_use]
    pub fn wallpaper(&self) -> TriangularWallpaper {
        self.wallpaper
    }

    /// Whether the spin flip belongs to it.
    #[must_use]
    pub fn has_spin_flip(&self) -> bool {
        self.with_flip
    }

    /// The number of rows, and of columns.
    #[must_use]
    pub fn side(&self) -> u32 {
        self.identity.side
    }

    /// The number of elements.
    #[must_use]
    pub fn order(&self) -> u64 {
        let points = self.wallpaper.points().len() as u64;
        (points << u32::from(self.with_flip)) * u64::from(self.side()).pow(2)
    }

    /// The cosets of the translations, the subgroup itself first.
    pub fn point_elements(&self) -> impl Iterator<Item = TriangularElement> + '_ {
        let flips = [false, true].into_iter().take(1 + usize::from(self.with_flip));
        let points = self.wallpaper.points();
        flips.flat_map(move |flip| {
            let of = |point: &HexagonalOperation| TriangularElement {
                point: *point,
                flip,
                ..self.identity
            };
            points.iter().map(of).collect::<Vec<_>>()
        })
    }
}

impl Subgroup for TriangularGroup {
    type Element = TriangularElement;

    fn sample(&self, rng: &mut dyn Rng) -> TriangularElement {
        let points = self.wallpaper.points();
        TriangularElement {
            point: points[uniform_below(points.len() as u32, rng) as usize],
            shift: [(); 2].map(|()| uniform_below(self.side(), rng)),
            flip: self.with_flip && uniform_below(2, rng) == 1,
            ..self.identity
        }
    }

    fn contains(&self, g: &TriangularElement) -> bool {
        g.side == self.side() && self.wallpaper.has(g.point) && (self.with_flip || !g.flip)
    }

    fn ln_order(&self) -> f64 {
        (self.order() as f64).ln()
    }
}

impl FiniteSubgroup for TriangularGroup {
    fn generators(&self) -> &[TriangularElement] {
        &self.generators
    }

    fn elements(&self) -> Box<dyn Iterator<Item = TriangularElement> + '_> {
        let side = self.side();
        let shifts = move || (0..side).flat_map(move |i| (0..side).map(move |j| [i, j]));
        let translates = move |g: TriangularElement| shifts().map(move |shift| g.with_shift(shift));
        Box::new(self.point_elements().flat_map(translates))
    }
}

impl fmt::Display for TriangularGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (side, flip) = (self.side(), if self.with_flip { " x Z2" } else { "" });
        write!(f, "{}({side}x{side}){flip}", self.wallpaper)
    }
}

impl FromStr for TriangularGroup {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let fail = |reason: &str| GroupError::Name {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let malformed = || fail("expected a name like 'p6m(6x6) x Z2'");
        let (lattice, flip) = match text.strip_suffix(" x Z2") {
            Some(lattice) => (lattice, true),
            None => (text, false),
        };
        let named = lattice.strip_suffix(')').and_then(|text| text.split_once('('));
        let (name, size) = named.ok_or_else(malformed)?;
        let (rows, columns) = size.split_once('x').ok_or_else(malformed)?;
        let size = |text: &str| text.parse::<u32>().map_err(|_| malformed());
        let (rows, columns) = (size(rows)?, size(columns)?);
        if rows != columns {
            return Err(fail(
                "a torus of the triangular lattice has as many rows as columns",
            ));
        }
        let group = Self::new(name.parse()?, rows)?;
        Ok(if flip { group.with_spin_flip() } else { group })
    }
}
