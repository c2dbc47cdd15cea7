//! Parents at their own size and place, with all their variants.

use super::{Variants, Vector};
use std::f64::consts::PI;

/// Lengths of the bonds of benzene and its chlorides, in Å: C–C, C–H, C–Cl.
const CC: f64 = 1.39;
const CH: f64 = 1.09;
const CCL: f64 = 1.74;
/// Points of a ring.
const RING: usize = 12;
/// Points of a beam.
const BEAM: usize = 9;

/// A parent at its own size and place, with all its variants.
pub(super) struct Pattern {
    pub(super) positions: Vec<Vector>,
    pub(super) types: Vec<u32>,
    pub(super) variants: Variants,
}

/// Points on a circle of this radius in the plane of the first two axes.
fn circle(count: usize, radius: f64) -> impl Iterator<Item = Vector> {
    (0..count).map(move |i| {
        let angle = 2.0 * PI * i as f64 / count as f64;
        [radius * angle.cos(), radius * angle.sin(), 0.0]
    })
}

/// A vector along an axis.
fn along(axis: usize, length: f64) -> Vector {
    std::array::from_fn(|i| if i == axis { length } else { 0.0 })
}

/// One displacement of all positions for each of `choices`.
fn finite<C>(
    positions: &[Vector],
    choices: impl IntoIterator<Item = C>,
    displaced: impl Fn(&C, usize, &Vector) -> Vector,
) -> Variants {
    let variant = |choice: C| {
        let points = positions.iter().enumerate();
        points.map(|(i, place)| displaced(&choice, i, place)).collect()
    };
    Variants::Finite(choices.into_iter().map(variant).collect())
}

impl Pattern {
    pub(super) fn square() -> Self {
        let corners = [[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]];
        let positions = corners.map(|[x, y]| [x, y, 0.0]).to_vec();
        Self {
            variants: finite(&positions, [0.3, -0.3], |by, _, [x, y, _]| [by * x, -by * y, 0.0]),
            types: vec![0; 4],
            positions,
        }
    }

    pub(super) fn octahedron() -> Self {
        let corners = (0..3).flat_map(|axis| [1.0, -1.0].map(|sign| along(axis, sign)));
        let positions: Vec<Vector> = std::iter::once([0.0; 3]).chain(corners).collect();
        Self {
            // Twice as far along one axis as back along the others: the volume stays, to first order.
            variants: finite(&positions, 0..3, |axis, _, place| {
                std::array::from_fn(|i| place[i] * if i == *axis { 0.3 } else { -0.15 })
            }),
            types: vec![0, 1, 1, 1, 1, 1, 1],
            positions,
        }
    }

    pub(super) fn ammonia() -> Self {
        let positions: Vec<Vector> = std::iter::once([0.0; 3]).chain(circle(3, 1.0)).collect();
        Self {
            // The centroid of the four stays.
            variants: finite(&positions, [1.0, -1.0], |sign, atom, _| {
                along(2, sign * if atom == 0 { 0.3 } else { -0.1 })
            }),
            types: vec![0, 1, 1, 1],
            positions,
        }
    }

    /// Of the two chlorines one is so many atoms after the other.
    pub(super) fn benzene(apart: usize) -> Self {
        let positions: Vec<Vector> = circle(6, CC).chain(circle(6, CC + CH)).collect();
        let outward: Vec<Vector> = circle(6, CCL - CH).collect();
        // Opposite pairs are met from both ends.
        let count = if apart == 3 { 3 } else { 6 };
        let is_chlorine = |first: usize, atom: usize| atom == 6 + first || atom == 6 + (first + apart) % 6;
        Self {
            variants: finite(&positions, 0..count, |first, atom, _| {
                if is_chlorine(*first, atom) {
                    outward[atom - 6]
                } else {
                    [0.0; 3]
                }
            }),
            types: (0..12).map(|atom| u32::from(atom >= 6)).collect(),
            positions,
        }
    }

    pub(super) fn beam() -> Self {
        let part = |i: usize| i as f64 / (BEAM - 1) as f64;
        // The first mode of Euler's beam with hinged ends.
        let bent = |axis: usize| {
            (0..BEAM)
                .map(|i| along(axis, 0.4 * (PI * part(i)).sin()))
                .collect()
        };
        Self {
            positions: (0..BEAM).map(|i| along(2, 2.0 * part(i) - 1.0)).collect(),
            types: vec![0; BEAM],
            variants: Variants::Circle([0, 1].map(bent)),
        }
    }

    pub(super) fn ring(waves: usize) -> Self {
        let positions: Vec<Vector> = circle(RING, 1.0).collect();
        let height = |from_crest: usize| 0.3 * (2.0 * PI * (waves * from_crest) as f64 / RING as f64).cos();
        Self {
            variants: finite(&positions, 0..RING / waves, |crest, i, place| {
                place.map(|x| x * height(i + RING - crest))
            }),
            types: vec![0; RING],
            positions,
        }
    }
}
