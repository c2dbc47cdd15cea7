//! Names of point groups from their elements, by counting.
//!
//! A group of rotations is known by its order and its sharpest rotation. One with improper elements g is known by its rotations P
//! and by those among its elements with all g replaced by −g, which are rotations, too (Weyl, *Symmetry*, 1952): if −1 is an
//! element, these are P again, or else a group P′ in which P is one half.

use nalgebra::Matrix3;
use std::f64::consts::TAU;
use sympe_groups::{Family, PointGroup};

/// A finite group of rotations.
#[derive(Clone, Copy, PartialEq)]
enum Rotations {
    Cyclic(u32),
    Dihedral(u32),
    Tetrahedral,
    Octahedral,
    Icosahedral,
}

/// The symbol of a finite group of orthogonal matrices.
pub(super) fn point_group(elements: &[Matrix3<f64>]) -> PointGroup {
    let (proper, improper): (Vec<&Matrix3<f64>>, Vec<&Matrix3<f64>>) =
        elements.iter().partition(|g| g.determinant() > 0.0);
    let sharpest = proper.iter().map(|g| fold(g.trace())).max().unwrap_or(1);
    let rotations = Rotations::new(proper.len() as u32, sharpest);
    let has_inversion = improper.iter().any(|g| g.trace() < -3.0 + 1e-6);
    let (family, n) = if improper.is_empty() {
        rotations.alone()
    } else if has_inversion {
        rotations.with_inversion()
    } else {
        let turned = improper.iter().map(|g| fold(-g.trace())).max().unwrap_or(1);
        Rotations::new(elements.len() as u32, turned.max(sharpest)).halved(rotations)
    };
    PointGroup::new(family, n).expect("the family of a finite group")
}

impl Rotations {
    /// The group of an order whose sharpest rotation is one of `fold` in a full turn.
    fn new(order: u32, fold: u32) -> Self {
        match (order, fold) {
            (12, 3) => Self::Tetrahedral,
            (24, 4) => Self::Octahedral,
            (60, 5) => Self::Icosahedral,
            _ if order == fold => Self::Cyclic(order),
            _ => Self::Dihedral(order / 2),
        }
    }

    /// The family of the group itself, and the order of its axis.
    fn alone(self) -> (Family, Option<u32>) {
        match self {
            Self::Cyclic(n) => (Family::Cn, Some(n)),
            Self::Dihedral(n) => (Family::Dn, Some(n)),
            Self::Tetrahedral => (Family::T, None),
            Self::Octahedral => (Family::O, None),
            Self::Icosahedral => (Family::I, None),
        }
    }

    /// Of P and −P.
    fn with_inversion(self) -> (Family, Option<u32>) {
        match self {
            Self::Cyclic(n) if n % 2 == 1 => (Family::S2n, Some(n)),
            Self::Cyclic(n) => (Family::Cnh, Some(n)),
            Self::Dihedral(n) if n % 2 == 1 => (Family::Dnd, Some(n)),
            Self::Dihedral(n) => (Family::Dnh, Some(n)),
            Self::Tetrahedral => (Family::Th, None),
            Self::Octahedral => (Family::Oh, None),
            Self::Icosahedral => (Family::Ih, None),
        }
    }

    /// Of P and −g for the g of P′, this group, that are not in P.
    fn halved(self, rotations: Self) -> (Family, Option<u32>) {
        match (self, rotations) {
            (Self::Cyclic(_), Self::Cyclic(n)) if n % 2 == 1 => (Family::Cnh, Some(n)),
            (Self::Cyclic(_), Self::Cyclic(n)) => (Family::S2n, Some(n)),
            (_, Self::Cyclic(n)) => (Family::Cnv, Some(n)),
            (_, Self::Dihedral(n)) if n % 2 == 1 => (Family::Dnh, Some(n)),
            (_, Self::Dihedral(n)) => (Family::Dnd, Some(n)),
            // Of the groups of regular solids only the octahedral one has such a half.
            _ => (Family::Td, None),
        }
    }
}

/// How many times a rotation with this trace fits into a full turn: of the least rotation about an axis, how many-fold it is.
fn fold(trace: f64) -> u32 {
    let angle = ((trace - 1.0) / 2.0).clamp(-1.0, 1.0).acos();
    // Rounding leaves an angle of 10⁻⁸ of the identity.
    if angle < 1e-6 {
        1
    } else {
        (TAU / angle).round() as u32
    }
}
