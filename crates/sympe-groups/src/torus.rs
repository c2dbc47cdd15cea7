//! What elements of wallpaper groups have in common, whatever the lattice.

use crate::PermutationRep;
use crate::lattice::LatticeElement;
use crate::triangular::TriangularElement;

/// An element `x ↦ A·x + t` of a wallpaper group on a torus of sites in rows and columns, with or without a spin flip.
///
/// Translations are a normal subgroup, and what differs by one of them is a coset.
///
/// ```
/// use sympe_groups::torus::TorusElement;
/// use sympe_groups::triangular::TriangularGroup;
/// use sympe_groups::{Group, Subgroup};
/// let group: TriangularGroup = "p6(3x3)".parse()?;
/// let sixth = group.point_elements().nth(1).unwrap();
/// let elsewhere = sixth.with_shift([1, 2]);
/// assert_eq!(sixth.coset(), elsewhere.coset());
/// assert_eq!(TorusElement::shift(&elsewhere.compose(&sixth.inverse())), [1, 2]);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
pub trait TorusElement: PermutationRep + Copy {
    /// Rows and columns of the torus.
    fn shape(&self) -> [u32; 2];
    /// `t`, rows and columns.
    fn shift(&self) -> [u32; 2];
    /// The element with the same point operation and flip, and this `t`, reduced to the torus.
    #[must_use]
    fn with_shift(self, shift: [u32; 2]) -> Self;
    /// Where a site goes: `A·x + t`.
    fn site(&self, site: [u32; 2]) -> [u32; 2];
    /// The flip and the position of `A` among the point operations, that of the identity first: equal for elements that differ
    /// by a translation.
    fn coset(&self) -> (bool, usize);
}

impl TorusElement for LatticeElement {
    fn shape(&self) -> [u32; 2] {
        LatticeElement::shape(self)
    }

    fn shift(&self) -> [u32; 2] {
        self.shift
    }

    fn with_shift(self, shift: [u32; 2]) -> Self {
        LatticeElement::with_shift(self, shift)
    }

    fn site(&self, site: [u32; 2]) -> [u32; 2] {
        LatticeElement::site(self, site)
    }

    fn coset(&self) -> (bool, usize) {
        (self.flip, self.point.index())
    }
}

impl TorusElement for TriangularElement {
    fn shape(&self) -> [u32; 2] {
        [self.side(); 2]
    }

    fn shift(&self) -> [u32; 2] {
        self.shift
    }

    fn with_shift(self, shift: [u32; 2]) -> Self {
        TriangularElement::with_shift(self, shift)
    }

    fn site(&self, site: [u32; 2]) -> [u32; 2] {
        TriangularElement::site(self, site)
    }

    fn coset(&self) -> (bool, usize) {
        (self.flip, self.point.index())
    }
}
