//! Closed subgroups of O(d) in any orientation: finite ones, those about an axis of infinite order, SO(d) and O(d).

use super::{Family, Fold, PointGroup};
use crate::orthogonal::{basis_from, unit};
use crate::{Action, GroupError, MatrixGroup, Orthogonal, OrthogonalGroup, Subgroup, uniform_below};
use nalgebra::{SVector, Vector3};
use rand::Rng;

/// A closed subgroup of O(3) whose axis has infinite order, about any axis: the symmetries of a molecule whose atoms lie on
/// a line, and of cones, cylinders and what turns about them.
///
/// | family | what keeps | example |
/// |---|---|---|
/// | Cn | the axis and its sense, and the sense of turning | a cone that turns |
/// | Cnv | the axis and its sense | a cone, CO |
/// | Cnh | the axis, and the sense of turning as seen from a fixed point of it | a cylinder that turns |
/// | Dn | the axis, and orientation | a twisted cylinder |
/// | Dnh | the axis | a cylinder, CO₂ |
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_groups::nalgebra::Vector3;
/// use sympe_groups::{Action, AxialGroup, Family, Subgroup};
/// let axis = Vector3::new(1.0, 1.0, 0.0);
/// let cone = AxialGroup::new(Family::Cnv, axis)?;
/// let g = cone.sample(&mut ChaCha8Rng::seed_from_u64(0));
/// assert!((g.act(&axis) - axis).norm() < 1e-12);
/// assert_eq!(cone.symbol().to_string(), "Cinfv");
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AxialGroup<const D: usize> {
    family: Family,
    /// The unit vector along the axis.
    axis: SVector<f64, D>,
}

impl<const D: usize> AxialGroup<D> {
    /// The group of a family about an axis of any positive length. It does not depend on the sense of the axis.
    ///
    /// # Errors
    ///
    /// When the axis is zero or not finite, `D` is not 3, or no group of the family has an axis of infinite order.
    pub fn new(family: Family, axis: SVector<f64, D>) -> Result<Self, GroupError> {
        if D != 3 {
            return Err(GroupError::Name {
                text: family.to_string(),
                reason: format!("it turns about an axis of space, not of {D} dimensions"),
            });
        }
        if !family.is_axial() {
            return Err(GroupError::Name {
                text: family.to_string(),
                reason: "it has no distinguished axis".to_owned(),
            });
        }
        let of_infinite_order = PointGroup::new(family, None)?;
        Ok(Self {
            family: of_infinite_order.family(),
            axis: unit("axis", axis)?,
        })
    }
}

impl AxialGroup<3> {
    /// The group about z.
    pub(super) fn standard(family: Family) -> Self {
        Self {
            family,
            axis: Vector3::z(),
        }
    }
}

impl<const D: usize> AxialGroup<D> {
    /// The symbol.
    #[must_use]
    pub fn symbol(&self) -> PointGroup {
        PointGroup {
            family: self.family,
            fold: Fold::Infinite,
        }
    }

    /// The unit vector along the axis.
    #[must_use]
    pub fn axis(&self) -> &SVector<f64, D> {
        &self.axis
    }

    /// Whether it has elements that reverse the axis or not, and reverse the sense of turning about it or not.
    fn has(&self, reversed: bool, mirrored: bool) -> bool {
        match self.family {
            Family::Cn => !reversed && !mirrored,
            Family::Cnv => !reversed,
            Family::Cnh => !mirrored,
            Family::Dn => reversed == mirrored,
            _ => true,
        }
    }
}

impl<const D: usize> Subgroup for AxialGroup<D> {
    type Element = Orthogonal<D>;

    fn sample(&self, rng: &mut dyn Rng) -> Orthogonal<D> {
        let (reversed, mirrored) = loop {
            let bits = uniform_below(4, rng);
            if self.has(bits & 1 == 1, bits & 2 == 2) {
                break (bits & 1 == 1, bits & 2 == 2);
            }
        };
        // Both bases begin with the axis, so that what leads from one to the other keeps it; across it the law is that of
        // Haar, because the law of either basis is.
        let [from, mut to] = [(); 2].map(|()| basis_from(Some(&self.axis), rng));
        if Orthogonal::near(from).is_proper() != (Orthogonal::near(to).is_proper() != mirrored) {
            to.column_mut(D - 1).neg_mut();
        }
        if reversed {
            to.column_mut(0).neg_mut();
        }
        Orthogonal::near(to * from.transpose())
    }

    fn contains(&self, g: &Orthogonal<D>) -> bool {
        let image = g.act(&self.axis);
        let reversed = image.dot(&self.axis) < 0.0;
        let expected = if reversed { -self.axis } else { self.axis };
        // The determinant is that across the axis times that along it.
        (image - expected).amax() <= Orthogonal::<D>::TOLERANCE
            && self.has(reversed, g.is_proper() == reversed)
    }

    fn ln_order(&self) -> f64 {
        f64::INFINITY
    }
}

/// Equality as sets of elements: the sense of the axis means nothing.
impl<const D: usize> PartialEq for AxialGroup<D> {
    fn eq(&self, other: &Self) -> bool {
        let same = |axis: SVector<f64, D>| (axis - other.axis).amax() <= Orthogonal::<D>::TOLERANCE;
        self.family == other.family && (same(self.axis) || same(-self.axis))
    }
}

/// A closed subgroup of O(d), `D` being 2 or 3, in one orientation: what the symmetries of a cloud of points about its centre
/// are.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_groups::{OrthogonalGroup, PointGroup, Subgroup};
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let turn = OrthogonalGroup::<3>::full().sample(&mut rng);
/// for name in ["C3v", "Dinfh", "Kh"] {
///     let turned = name.parse::<PointGroup>()?.group().conjugated(&turn);
///     assert!(turned.contains(&turned.sample(&mut rng)));
/// }
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum ClosedSubgroup<const D: usize> {
    /// Finitely many elements.
    Finite(MatrixGroup<D>),
    /// All turns about an axis, in space.
    Axial(AxialGroup<D>),
    /// SO(d) or O(d).
    Full(OrthogonalGroup<D>),
}

impl<const D: usize> ClosedSubgroup<D> {
    /// The number of elements; `None` where it is infinite.
    #[must_use]
    pub fn order(&self) -> Option<u64> {
        match self {
            Self::Finite(group) => Some(group.order() as u64),
            Self::Axial(_) | Self::Full(_) => None,
        }
    }

    /// The subgroup of proper elements.
    #[must_use]
    pub fn proper(&self) -> Self {
        match self {
            Self::Finite(group) => Self::Finite(group.proper()),
            Self::Axial(group) => Self::Axial(AxialGroup {
                family: group.symbol().proper().family(),
                ..*group
            }),
            Self::Full(_) => Self::Full(OrthogonalGroup::special()),
        }
    }

    /// The conjugate group of all `g·s·g⁻¹`.
    #[must_use]
    pub fn conjugated(&self, g: &Orthogonal<D>) -> Self {
        match self {
            Self::Finite(group) => Self::Finite(group.conjugated(g)),
            Self::Axial(group) => Self::Axial(AxialGroup {
                axis: g.act(&group.axis),
                ..*group
            }),
            Self::Full(group) => Self::Full(*group),
        }
    }
}

impl<const D: usize> Subgroup for ClosedSubgroup<D> {
    type Element = Orthogonal<D>;

    fn sample(&self, rng: &mut dyn Rng) -> Orthogonal<D> {
        match self {
            Self::Finite(group) => group.sample(rng),
            Self::Axial(group) => group.sample(rng),
            Self::Full(group) => group.sample(rng),
        }
    }

    fn contains(&self, g: &Orthogonal<D>) -> bool {
        match self {
            Self::Finite(group) => group.contains(g),
            Self::Axial(group) => group.contains(g),
            Self::Full(group) => group.contains(g),
        }
    }

    fn ln_order(&self) -> f64 {
        match self {
            Self::Finite(group) => group.ln_order(),
            Self::Axial(group) => group.ln_order(),
            Self::Full(group) => group.ln_order(),
        }
    }
}
