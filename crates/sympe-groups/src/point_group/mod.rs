//! Point groups of space and of the plane: symbols, and the groups that they stand for.
//!
//! | type | what |
//! |---|---|
//! | [`PointGroup`] | a class of closed subgroups of O(3), by its symbol: `D3h`, `-6m2`, `Dinfh` |
//! | [`Rosette`] | likewise of O(2): `C4`, `4mm` |
//! | [`ClosedSubgroup`] | one such group in one orientation: finite, axial or all of SO(d) or O(d) |
//! | [`AxialGroup`] | those with an axis of infinite order |
//!
//! # Settings
//!
//! A symbol stands for a group in a standard setting:
//!
//! * the axis of highest order is z, and the mirror plane of Cₛ is across it;
//! * in C_nv and D_nh, one of the mirror planes that contain z contains x; in D_n, D_nh and D_nd, one of the two-fold axes across z
//!   is x;
//! * cubic groups have three-fold axes along the diagonals of the cube, and their four-fold or two-fold ones along x, y and z;
//! * so do icosahedral groups, with two-fold axes along x, y and z and a five-fold one along `(0, 1, φ)`, φ the golden ratio.

mod axial;
mod elements;
mod hermann_mauguin;
mod rosette;
mod schoenflies;

pub use axial::{AxialGroup, ClosedSubgroup};
pub use rosette::Rosette;

use crate::{GroupError, MatrixGroup, OrthogonalGroup, names::shorten};
use std::{fmt, str::FromStr};

crate::named! {
    "family of point groups"
    /// The families of point groups, by the Schoenflies symbol. The axial ones have a parameter, the order `n` of the axis.
    #[derive(PartialOrd, Ord)]
    pub enum Family {
        /// Rotations about one axis.
        Cn = "Cn",
        /// Rotations about one axis, and mirror planes that contain it.
        Cnv = "Cnv",
        /// Rotations about one axis, and the mirror plane across it.
        Cnh = "Cnh",
        /// Powers of a rotoreflection by half the angle of the rotations.
        S2n = "S2n",
        /// Rotations about one axis, and half turns about axes across it.
        Dn = "Dn",
        /// As Dn, with the mirror plane across the axis.
        Dnh = "Dnh",
        /// As Dn, with mirror planes that contain the axis, between those of the half turns.
        Dnd = "Dnd",
        /// Rotations of a tetrahedron.
        T = "T",
        /// All symmetries of a tetrahedron.
        Td = "Td",
        /// Rotations of a tetrahedron, and the inversion.
        Th = "Th",
        /// Rotations of a cube.
        O = "O",
        /// All symmetries of a cube.
        Oh = "Oh",
        /// Rotations of an icosahedron.
        I = "I",
        /// All symmetries of an icosahedron.
        Ih = "Ih",
        /// All rotations of space.
        K = "K",
        /// All rotations and rotoreflections of space.
        Kh = "Kh",
    }
}

impl Family {
    /// Whether its groups have one distinguished axis, whose order is a parameter.
    #[must_use]
    pub fn is_axial(self) -> bool {
        self <= Self::Dnd
    }
}

/// A point group of space, up to its orientation: a conjugacy class of closed subgroups of O(3).
///
/// Groups that have two names are held by one: `C1h` is `Cs`, `S2` is `Ci`, `D1` is `C2`, `D1h` is `C2v`, `D1d` is `C2h`.
///
/// # Names
///
/// [`Display`](fmt::Display) writes the Schoenflies symbol, in ASCII; with the flag `#`, infinite order is written `∞`.
/// [`hermann_mauguin`](Self::hermann_mauguin) writes the short symbol of the *International Tables*. Either is parsed.
///
/// ```
/// use sympe_groups::{PointGroup, Subgroup};
/// let ammonia: PointGroup = "C3v".parse()?;
/// assert_eq!((ammonia.order(), ammonia.proper_order()), (Some(6), Some(3)));
/// assert_eq!(ammonia.hermann_mauguin(), "3m");
/// assert_eq!("-12 2 m".parse::<PointGroup>()?.to_string(), "D6d");
/// assert_eq!(format!("{:#}", "∞/mm".parse::<PointGroup>()?), "D∞h");
///
/// let buckyball = "Ih".parse::<PointGroup>()?.matrix_group().unwrap();
/// assert_eq!((buckyball.order(), buckyball.classes().len()), (120, 10));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PointGroup {
    family: Family,
    fold: Fold,
}

/// The order of the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Fold {
    /// There is no distinguished axis.
    None,
    Finite(u32),
    Infinite,
}

impl Fold {
    fn finite(self) -> Option<u32> {
        match self {
            Self::Finite(n) => Some(n),
            Self::None | Self::Infinite => None,
        }
    }
}

/// A larger order of an axis is taken for a mistake.
const MAX_FOLD: u32 = 1 << 16;

impl PointGroup {
    /// The group of an axial family with an axis of order `n`, or of infinite order where `n` is `None`; of any other family
    /// its only group, where `n` must be `None`.
    ///
    /// ```
    /// use sympe_groups::{Family, PointGroup};
    /// assert_eq!(PointGroup::new(Family::S2n, Some(2))?.to_string(), "S4");
    /// assert_eq!(PointGroup::new(Family::Cnv, Some(1))?.to_string(), "Cs");
    /// assert_eq!(PointGroup::new(Family::Cnv, None)?.to_string(), "Cinfv");
    /// assert_eq!(PointGroup::new(Family::Td, None)?.to_string(), "Td");
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When `n` is 0 or more than 65536, or there is no such group.
    pub fn new(family: Family, n: Option<u32>) -> Result<Self, GroupError> {
        let fail = |reason: String| GroupError::Name {
            text: family.to_string(),
            reason,
        };
        if !family.is_axial() {
            return match n {
                None => Ok(Self {
                    family,
                    fold: Fold::None,
                }),
                Some(n) => Err(fail(format!("there is no axis whose order could be {n}"))),
            };
        }
        let (family, fold) = match (family, n) {
            (_, Some(n)) if n == 0 || n > MAX_FOLD => {
                return Err(fail(format!("an axis of order {n}, expected 1 to {MAX_FOLD}")));
            }
            (Family::S2n | Family::Dnd, None) => {
                return Err(fail("a rotoreflection has finite order".to_owned()));
            }
            (Family::Cnv, Some(1)) => (Family::Cnh, Fold::Finite(1)),
            (Family::Dn, Some(1)) => (Family::Cn, Fold::Finite(2)),
            (Family::Dnh, Some(1)) => (Family::Cnv, Fold::Finite(2)),
            (Family::Dnd, Some(1)) => (Family::Cnh, Fold::Finite(2)),
            (family, Some(n)) => (family, Fold::Finite(n)),
            (family, None) => (family, Fold::Infinite),
        };
        Ok(Self { family, fold })
    }

    /// The 32 groups that crystals can have, in the order of the *International Tables*.
    ///
    /// ```
    /// # use sympe_groups::PointGroup;
    /// let groups = PointGroup::crystallographic();
    /// assert_eq!(groups.map(|group| group.order().unwrap()).iter().max(), Some(&48));
    /// assert!(!"C5".parse::<PointGroup>()?.is_crystallographic());
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    #[must_use]
    pub fn crystallographic() -> [Self; 32] {
        use Family::{Cn, Cnh, Cnv, Dn, Dnd, Dnh, O, Oh, S2n, T, Td, Th};
        const AXIAL: [(Family, u32); 27] = [
            (Cn, 1),
            (S2n, 1),
            (Cn, 2),
            (Cnh, 1),
            (Cnh, 2),
            (Dn, 2),
            (Cnv, 2),
            (Dnh, 2),
            (Cn, 4),
            (S2n, 2),
            (Cnh, 4),
            (Dn, 4),
            (Cnv, 4),
            (Dnd, 2),
            (Dnh, 4),
            (Cn, 3),
            (S2n, 3),
            (Dn, 3),
            (Cnv, 3),
            (Dnd, 3),
            (Cn, 6),
            (Cnh, 3),
            (Cnh, 6),
            (Dn, 6),
            (Cnv, 6),
            (Dnh, 3),
            (Dnh, 6),
        ];
        const CUBIC: [Family; 5] = [T, Th, O, Td, Oh];
        std::array::from_fn(|i| match AXIAL.get(i) {
            Some(&(family, n)) => Self {
                family,
                fold: Fold::Finite(n),
            },
            None => Self {
                family: CUBIC[i - AXIAL.len()],
                fold: Fold::None,
            },
        })
    }

    /// Whether a crystal can have it: whether it permutes the points of some lattice.
    #[must_use]
    pub fn is_crystallographic(self) -> bool {
        Self::crystallographic().contains(&self)
    }

    /// The family.
    #[must_use]
    pub fn family(self) -> Family {
        self.family
    }

    /// The `n` of the symbol, the order of the rotations about the axis; `None` where it is infinite, or there is no
    /// distinguished axis.
    #[must_use]
    pub fn fold(self) -> Option<u32> {
        self.fold.finite()
    }

    /// Whether it has finitely many elements.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.order().is_some()
    }

    /// Whether all elements are rotations: whether what has it as its group differs from its mirror image.
    #[must_use]
    pub fn is_chiral(self) -> bool {
        use Family::{Cn, Dn, I, K, O, T};
        matches!(self.family, Cn | Dn | T | O | I | K)
    }

    /// The number of elements; `None` where it is infinite.
    #[must_use]
    pub fn order(self) -> Option<u64> {
        Some(self.proper_order()? << u32::from(!self.is_chiral()))
    }

    /// The number of rotations; `None` where it is infinite.
    #[must_use]
    pub fn proper_order(self) -> Option<u64> {
        use Family::{Cn, Cnh, Cnv, Dn, Dnd, Dnh, I, Ih, K, Kh, O, Oh, S2n, T, Td, Th};
        match self.family {
            Cn | Cnv | Cnh | S2n => self.fold().map(u64::from),
            Dn | Dnh | Dnd => self.fold().map(|n| 2 * u64::from(n)),
            T | Td | Th => Some(12),
            O | Oh => Some(24),
            I | Ih => Some(60),
            K | Kh => None,
        }
    }

    /// The group of its rotations.
    ///
    /// ```
    /// # use sympe_groups::PointGroup;
    /// assert_eq!("D3h".parse::<PointGroup>()?.proper().to_string(), "D3");
    /// assert_eq!("Cinfv".parse::<PointGroup>()?.proper().to_string(), "Cinf");
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    #[must_use]
    pub fn proper(self) -> Self {
        use Family::{Cn, Cnh, Cnv, Dn, Dnd, Dnh, I, Ih, K, Kh, O, Oh, S2n, T, Td, Th};
        let family = match self.family {
            Cn | Cnv | Cnh | S2n => Cn,
            Dn | Dnh | Dnd => Dn,
            T | Td | Th => T,
            O | Oh => O,
            I | Ih => I,
            K | Kh => K,
        };
        Self { family, ..self }
    }

    /// The Schoenflies symbol: that of [`Display`](fmt::Display).
    #[must_use]
    pub fn schoenflies(self) -> String {
        self.to_string()
    }

    /// The group in its [standard setting](crate::point_group#settings).
    ///
    /// ```
    /// use rand::{SeedableRng, rngs::ChaCha8Rng};
    /// use sympe_groups::{PointGroup, Subgroup};
    /// let carbon_dioxide = "Dinfh".parse::<PointGroup>()?.group();
    /// let g = carbon_dioxide.sample(&mut ChaCha8Rng::seed_from_u64(0));
    /// assert_eq!(g.matrix()[(2, 2)].abs(), 1.0); // the axis stays where it is, or is reversed
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    #[must_use]
    pub fn group(self) -> ClosedSubgroup<3> {
        match (self.fold, self.family) {
            (Fold::Infinite, family) => ClosedSubgroup::Axial(AxialGroup::standard(family)),
            (_, Family::K) => ClosedSubgroup::Full(OrthogonalGroup::special()),
            (_, Family::Kh) => ClosedSubgroup::Full(OrthogonalGroup::full()),
            _ => ClosedSubgroup::Finite(elements::finite(self)),
        }
    }

    /// The finite group in its [standard setting](crate::point_group#settings), its elements exact up to rounding; `None`
    /// for the infinite ones.
    #[must_use]
    pub fn matrix_group(self) -> Option<MatrixGroup<3>> {
        match self.group() {
            ClosedSubgroup::Finite(group) => Some(group),
            ClosedSubgroup::Axial(_) | ClosedSubgroup::Full(_) => None,
        }
    }

    /// The short Hermann–Mauguin symbol, by the rules of the *International Tables* for any order of the axis (chapter 3.2 of
    /// volume A, 2016).
    ///
    /// The parts stand apart where a number has more than one digit: `-12 2 m`. Such a number alone that could be read as
    /// several parts is put in parentheses: `(32)` is C₃₂, `32` is D₃.
    ///
    /// ```
    /// # use sympe_groups::PointGroup;
    /// let names = ["C2v", "D5h", "S8", "Oh", "I", "C32"].map(|name| name.parse::<PointGroup>().unwrap().hermann_mauguin());
    /// assert_eq!(names, ["mm2", "-10 m 2", "-8", "m-3m", "235", "(32)"]);
    /// ```
    #[must_use]
    pub fn hermann_mauguin(self) -> String {
        hermann_mauguin::name(self)
    }
}

impl fmt::Display for PointGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&schoenflies::name(*self, if f.alternate() { "∞" } else { "inf" }))
    }
}

/// From a Schoenflies or a Hermann–Mauguin symbol.
impl FromStr for PointGroup {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let found = schoenflies::parse(text).or_else(|| hermann_mauguin::parse(text));
        found.ok_or_else(|| GroupError::Name {
            text: shorten(text),
            reason: "expected a Schoenflies symbol like 'D3h', 'S6', 'Td', 'Cinfv', or a Hermann–Mauguin one like '-6m2', \
                     '4/mmm', '-12 2 m'"
                .to_owned(),
        })
    }
}
