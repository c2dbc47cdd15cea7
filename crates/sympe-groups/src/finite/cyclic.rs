//! Cyclic and dihedral groups.

use super::{FiniteGroup, Semidirect, SemidirectGroup};
use crate::{Action, Group, GroupError, PermutationRep};
use std::fmt;

/// An element of Zₙ, the integers modulo `n` under addition.
///
/// As a [`PermutationRep`] it is regular: it shifts `n` points on a circle.
///
/// ```
/// use sympe_groups::Group;
/// use sympe_groups::finite::Cyclic;
/// let nine = Cyclic::new(12, 9)?;
/// assert_eq!(nine.compose(&Cyclic::new(12, 5)?), Cyclic::new(12, 2)?);
/// assert_eq!(nine.inverse().to_string(), "3 mod 12");
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cyclic {
    order: u32,
    value: u32,
}

impl Cyclic {
    /// `value` modulo `order`.
    ///
    /// # Errors
    ///
    /// When the order is 0.
    pub fn new(order: u32, value: u32) -> Result<Self, GroupError> {
        if order == 0 {
            return Err(GroupError::Invalid {
                what: "cyclic group",
                reason: "of order 0, expected at least 1".to_owned(),
            });
        }
        Ok(Self {
            order,
            value: value % order,
        })
    }

    /// The order `n` of the group.
    #[must_use]
    pub fn modulus(&self) -> u32 {
        self.order
    }

    /// The integer in `0..n`.
    #[must_use]
    pub fn value(&self) -> u32 {
        self.value
    }

    fn of(self, value: u64) -> Self {
        Self {
            value: (value % u64::from(self.order)) as u32,
            ..self
        }
    }
}

impl Group for Cyclic {
    fn identity(&self) -> Self {
        self.of(0)
    }

    fn inverse(&self) -> Self {
        self.of(u64::from(self.order - self.value))
    }

    fn compose(&self, rhs: &Self) -> Self {
        assert_eq!(self.order, rhs.order, "elements of different cyclic groups");
        self.of(u64::from(self.value) + u64::from(rhs.value))
    }
}

impl PermutationRep for Cyclic {
    fn degree(&self) -> usize {
        self.order as usize
    }

    fn write_index(&self, out: &mut [u32]) {
        assert_eq!(out.len(), self.degree(), "index buffer of the wrong length");
        for (i, out) in (0u64..).zip(out) {
            *out = self.of(i + u64::from(self.inverse().value)).value;
        }
    }
}

impl fmt::Display for Cyclic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} mod {}", self.value, self.order)
    }
}

/// An element of the group of signs, +1 and −1 under multiplication.
///
/// It acts on [`Cyclic`] by the automorphism `x ↦ ±x`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// +1, the identity.
    #[default]
    Plus,
    /// −1.
    Minus,
}

impl Group for Sign {
    fn identity(&self) -> Self {
        Self::Plus
    }

    fn inverse(&self) -> Self {
        *self
    }

    fn compose(&self, rhs: &Self) -> Self {
        if self == rhs { Self::Plus } else { Self::Minus }
    }
}

impl Action<Cyclic> for Sign {
    fn act(&self, x: &Cyclic) -> Cyclic {
        match self {
            Self::Plus => *x,
            Self::Minus => x.inverse(),
        }
    }
}

/// An element of Dₙ, the symmetries of a polygon: its vertex `i` goes to `r + i` or `r − i`.
///
/// As a [`PermutationRep`] it moves the `n` vertices, which is faithful from `n = 3` on.
pub type Dihedral = Semidirect<Cyclic, Sign>;

impl PermutationRep for Dihedral {
    fn degree(&self) -> usize {
        self.normal.order as usize
    }

    fn write_index(&self, out: &mut [u32]) {
        assert_eq!(out.len(), self.degree(), "index buffer of the wrong length");
        let inverse = self.inverse();
        for (i, out) in (0u64..).zip(out) {
            let vertex = inverse.normal.of(i);
            *out = inverse.normal.compose(&inverse.top.act(&vertex)).value;
        }
    }
}

/// The cyclic group Zₙ.
///
/// ```
/// use sympe_groups::{FiniteSubgroup, finite::cyclic};
/// assert_eq!(cyclic(5)?.elements().map(|x| x.value()).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
///
/// # Errors
///
/// When `n` is 0, or more than 4096, beyond which lists of elements make no sense.
pub fn cyclic(n: u32) -> Result<FiniteGroup<Cyclic>, GroupError> {
    let one = Cyclic::new(n, 1)?;
    let generators = if n == 1 { Vec::new() } else { vec![one] };
    FiniteGroup::generated(one, generators, 4096)
}

/// The dihedral group Dₙ, of order `2n`.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_groups::{FiniteSubgroup, Group, Subgroup, finite::dihedral};
/// let pentagon = dihedral(5)?;
/// assert_eq!(pentagon.elements().filter(|g| g.compose(g) == g.identity()).count(), 1 + 5);
/// assert!(pentagon.contains(&pentagon.sample(&mut ChaCha8Rng::seed_from_u64(0))));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
///
/// # Errors
///
/// As [`cyclic`].
pub fn dihedral(n: u32) -> Result<SemidirectGroup<FiniteGroup<Cyclic>, FiniteGroup<Sign>>, GroupError> {
    let signs = FiniteGroup::generated(Sign::Plus, vec![Sign::Minus], 2)?;
    SemidirectGroup::new(cyclic(n)?, signs)
}
