//! The elements of the finite point groups in their standard settings.

use super::{Family, PointGroup};
use crate::{MatrixGroup, Orthogonal};
use nalgebra::{Matrix3, Vector3};
use std::f64::consts::{FRAC_PI_4, TAU};

/// Half of the golden ratio, and half of its inverse: with 0, 1/2 and 1 these are the entries of the icosahedral groups.
const HALF_GOLDEN: f64 = 0.809_016_994_374_947_5;
const HALF_INVERSE: f64 = 0.309_016_994_374_947_45;

/// The elements of a finite group; generators first state the setting.
pub(super) fn finite(group: PointGroup) -> MatrixGroup<3> {
    match group.fold() {
        Some(n) => axial(group.family, n),
        None => match group.family {
            Family::I => MatrixGroup::trusted(icosahedral_generators().to_vec(), icosahedral()),
            Family::Ih => {
                let rotations = icosahedral();
                let improper = rotations.iter().map(|g| Orthogonal::near(-g.matrix()));
                let generators = icosahedral_generators()
                    .into_iter()
                    .chain([Orthogonal::inversion()]);
                MatrixGroup::trusted(
                    generators.collect(),
                    rotations.iter().copied().chain(improper).collect(),
                )
            }
            family => cubic(family),
        },
    }
}

/// Cosine and sine of `k/n` of a full turn. What is symmetric is so exactly: quarter turns, and images of one another in the
/// axes and diagonals.
pub(super) fn circle(k: u32, n: u32) -> (f64, f64) {
    // In eighths of a turn, of which the last is `rest/n`.
    let eighths = 8 * u64::from(k % n);
    let (octant, rest) = (eighths / u64::from(n), eighths % u64::from(n));
    let rest = if octant % 2 == 1 {
        u64::from(n) - rest
    } else {
        rest
    };
    let angle = rest as f64 / f64::from(n) * FRAC_PI_4;
    let (cosine, sine) = (angle.cos(), angle.sin());
    match octant {
        0 => (cosine, sine),
        1 => (sine, cosine),
        2 => (-sine, cosine),
        3 => (-cosine, sine),
        4 => (-cosine, -sine),
        5 => (-sine, -cosine),
        6 => (sine, -cosine),
        _ => (cosine, -sine),
    }
}

/// `k/n` of a turn about z, after the exchange of y and −y if `mirrored`; then z and −z are exchanged if `reversed`.
fn about_z(k: u32, n: u32, mirrored: bool, reversed: bool) -> Orthogonal<3> {
    let (cosine, sine) = circle(k, n);
    let sign = if mirrored { -1.0 } else { 1.0 };
    let z = if reversed { -1.0 } else { 1.0 };
    let (x, y) = ([cosine, sine, 0.0], [-sine * sign, cosine * sign, 0.0]);
    Orthogonal::near(Matrix3::from([x, y, [0.0, 0.0, z]]))
}

fn axial(family: Family, n: u32) -> MatrixGroup<3> {
    // Rotoreflections reverse the axis at odd multiples of half the angle.
    let half = matches!(family, Family::S2n | Family::Dnd);
    let turns = if half { 2 * n } else { n };
    let both: &[bool] = &[false, true];
    let one: &[bool] = &[false];
    let mirrors = if matches!(family, Family::Cn | Family::Cnh | Family::S2n) {
        one
    } else {
        both
    };
    let reversals = if matches!(family, Family::Cnh | Family::Dnh) {
        both
    } else {
        one
    };
    // A half turn about x is the exchange of y and −y and of z and −z.
    let half_turns = matches!(family, Family::Dn | Family::Dnd);
    let mut elements = Vec::new();
    for &reversed in reversals {
        for &mirrored in mirrors {
            for k in 0..turns {
                let reversed = reversed ^ (mirrored && half_turns) ^ (half && k % 2 == 1);
                elements.push(about_z(k, turns, mirrored, reversed));
            }
        }
    }
    let mut generators = vec![about_z(1, turns, false, half)];
    if mirrors.len() > 1 {
        generators.push(about_z(0, 1, true, half_turns));
    }
    if reversals.len() > 1 {
        generators.push(about_z(0, 1, false, true));
    }
    generators.retain(|g| *g != Orthogonal::default());
    MatrixGroup::trusted(generators, elements)
}

/// The signed permutation of the axes that sends axis `i` to axis `images[i]`, with the signs of the bits of `negative`.
fn signed(images: [usize; 3], negative: usize) -> Orthogonal<3> {
    let mut matrix = Matrix3::zeros();
    for (i, image) in images.into_iter().enumerate() {
        matrix[(image, i)] = if negative >> i & 1 == 1 { -1.0 } else { 1.0 };
    }
    Orthogonal::near(matrix)
}

/// Even permutations of the axes first, each with an even number of negative signs in T.
fn cubic(family: Family) -> MatrixGroup<3> {
    const IMAGES: [[usize; 3]; 6] = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [1, 0, 2], [0, 2, 1], [2, 1, 0]];
    let mut elements = Vec::new();
    for (i, images) in IMAGES.into_iter().enumerate() {
        for negative in 0..8usize {
            let (odd_images, odd_signs) = (i >= 3, negative.count_ones() % 2 == 1);
            let belongs = match family {
                Family::T => !odd_images && !odd_signs,
                Family::Td => !odd_signs,
                Family::Th => !odd_images,
                Family::O => odd_images == odd_signs,
                _ => true,
            };
            if belongs {
                elements.push(signed(images, negative));
            }
        }
    }
    let third = signed([1, 2, 0], 0);
    let about_z = match family {
        Family::T | Family::Th => signed([0, 1, 2], 0b011),
        // A quarter turn about z, and a rotoreflection by the same angle.
        Family::O | Family::Oh => signed([1, 0, 2], 0b010),
        _ => signed([1, 0, 2], 0b110),
    };
    let mut generators = vec![about_z, third];
    if matches!(family, Family::Th | Family::Oh) {
        generators.push(Orthogonal::inversion());
    }
    MatrixGroup::trusted(generators, elements)
}

/// A half turn about z, a third of a turn about a diagonal, a fifth about `(0, 1, φ)`.
fn icosahedral_generators() -> [Orthogonal<3>; 3] {
    let fifth = Orthogonal::rotation_about(Vector3::new(0.0, HALF_INVERSE, 0.5), TAU / 5.0);
    let fifth = fifth.expect("the axis is not zero");
    [signed([0, 1, 2], 0b011), signed([1, 2, 0], 0), snapped(&fifth)]
}

fn icosahedral() -> Vec<Orthogonal<3>> {
    let group = MatrixGroup::generated(icosahedral_generators().to_vec(), 60);
    let group = group.expect("there are 60 rotations of an icosahedron");
    group.as_slice().iter().map(snapped).collect()
}

/// The element whose entries are the nearest ones that occur in an icosahedral group.
fn snapped(g: &Orthogonal<3>) -> Orthogonal<3> {
    const ENTRIES: [f64; 5] = [0.0, HALF_INVERSE, 0.5, HALF_GOLDEN, 1.0];
    let nearest = |entry: f64| {
        let off = |candidate: &f64| (candidate - entry.abs()).abs();
        let best = ENTRIES.into_iter().min_by(|a, b| off(a).total_cmp(&off(b)));
        best.unwrap_or(entry).copysign(entry)
    };
    Orthogonal::near(g.matrix().map(nearest))
}
