//! Places for the atoms of a molecule in the plane.

use crate::layout::{Point, Targets, layout};
use std::f64::consts::{PI, TAU};
use sympe_data::molecule::Molecule;

/// Places for the atoms of a molecule, bonds about 1 long, plain hydrogens closer: the skeleton as [`layout`] does it, plain
/// hydrogens in the gaps around it.
pub(crate) fn places(molecule: &Molecule) -> Vec<Point> {
    const LENGTH: f64 = 0.62;
    let is_plain = |&v: &u32| molecule.is_plain_hydrogen(v);
    let kept: Vec<u32> = (0..molecule.len() as u32).filter(|v| !is_plain(v)).collect();
    let skeleton = molecule.without_hydrogens();
    let heavy = layout(skeleton.graph(), bond_lengths(&skeleton), true);
    let mut points = vec![Point::default(); molecule.len()];
    for (&v, &place) in kept.iter().zip(&heavy) {
        points[v as usize] = place;
    }
    for &v in &kept {
        let neighbors = molecule.neighbors(v).map(|(u, _)| u);
        let (hydrogens, bonded): (Vec<u32>, Vec<u32>) = neighbors.partition(is_plain);
        let center = points[v as usize];
        let angle = |&u: &u32| (points[u as usize] - center).arg();
        let taken = bonded.iter().map(angle).collect();
        for (&u, angle) in hydrogens.iter().zip(gaps(taken, hydrogens.len())) {
            points[u as usize] = center + Point::from_polar(LENGTH, angle);
        }
    }
    make_room(molecule, &mut points);
    points
}

/// Turns hydrogens that lie on an atom or a bond to where there is most room.
fn make_room(molecule: &Molecule, points: &mut [Point]) {
    const ROOM: f64 = 0.33;
    const DIRECTIONS: usize = 48;
    for v in (0..molecule.len()).filter(|&v| molecule.is_plain_hydrogen(v as u32)) {
        let room = |place: Point| {
            let atoms = (0..points.len()).filter(|&u| u != v);
            let atoms = atoms.map(|u| (place - points[u]).norm());
            let bonds = molecule.bonds().map(|(a, b, _)| [a as usize, b as usize]);
            let others = bonds.filter(|bond| !bond.contains(&v));
            let lines = others.map(|bond| distance_to_segment(place, bond.map(|end| points[end])));
            atoms.chain(lines).fold(f64::INFINITY, f64::min)
        };
        let origin = points[molecule.graph().neighbors(v as u32)[0] as usize];
        let arm = points[v] - origin;
        let mut best = (room(points[v]), points[v]);
        if best.0 < ROOM {
            for turn in 1..DIRECTIONS {
                let place = origin + arm * Point::cis(TAU * turn as f64 / DIRECTIONS as f64);
                if room(place) > best.0 + 1e-3 {
                    best = (room(place), place);
                }
            }
        }
        points[v] = best.1;
    }
}

fn distance_to_segment(point: Point, [a, b]: [Point; 2]) -> f64 {
    let along = b - a;
    let share = ((point - a) * along.conj()).re / along.norm_sqr().max(1e-12);
    (point - a - along * share.clamp(0.0, 1.0)).norm()
}

/// `count` directions as far as possible from each other and from those that are taken, in radians.
fn gaps(mut taken: Vec<f64>, count: usize) -> Vec<f64> {
    taken.sort_by(f64::total_cmp);
    let Some(&first) = taken.first() else {
        // The directions are as if there were a bond to the left: four hydrogens make a cross.
        let angle = |place| TAU * (0.5 + place as f64 / count as f64);
        return (0..count).map(angle).collect();
    };
    let ends = taken[1..].iter().copied().chain([first + TAU]);
    let widths: Vec<f64> = taken.iter().zip(ends).map(|(start, end)| end - start).collect();
    let mut counts = vec![0; taken.len()];
    for _ in 0..count {
        let room = |index: usize| widths[index] / f64::from(counts[index] + 1);
        // Gaps that differ by rounding alone are equal: the first wins.
        let mut widest = 0;
        for index in 1..counts.len() {
            if room(index) > room(widest) + 1e-6 {
                widest = index;
            }
        }
        counts[widest] += 1;
    }
    let inside = |index: usize| {
        let (start, step) = (taken[index], widths[index] / f64::from(counts[index] + 1));
        (1..=counts[index]).map(move |place| start + step * f64::from(place))
    };
    (0..counts.len()).flat_map(inside).collect()
}

/// Distances of atoms, in bonds: chains zigzag by 120°, are straight at triple and cumulated double bonds, and rings are
/// regular.
fn bond_lengths(molecule: &Molecule) -> Targets {
    let n = molecule.len();
    let paths = Targets::new(molecule.graph());
    let mut targets = paths.clone();
    let is_linear = |v: usize| {
        let orders = molecule.neighbors(v as u32).map(|(_, order)| order as u32);
        matches!(orders.collect::<Vec<_>>().as_slice(), [one, other] if one + other == 4)
    };
    for u in 0..n {
        // Counts the straight atoms on a shortest path from u, its ends left out.
        let is_farther = |&v: &usize| (2.0..f64::INFINITY).contains(&paths.length(u, v));
        let mut order: Vec<usize> = (0..n).filter(is_farther).collect();
        order.sort_by(|&v, &w| paths.length(u, v).total_cmp(&paths.length(u, w)));
        let mut straight = vec![0u32; n];
        for &v in &order {
            let steps = paths.length(u, v);
            let mut neighbors = molecule.neighbors(v as u32).map(|(w, _)| w as usize);
            let before = neighbors
                .find(|&w| paths.length(u, w) < steps)
                .expect("a shortest path has a last but one atom");
            straight[v] = straight[before] + u32::from(is_linear(before));
            if u < v {
                let zigzag = f64::hypot(steps * 3f64.sqrt() / 2.0, 0.5 * (steps % 2.0));
                // Straight chains pull a little more than their length: what is only nearly straight looks bent.
                let length = zigzag + 0.4 * f64::from(straight[v]);
                let weight = if steps == 2.0 { 1.0 } else { 0.6 };
                targets.set(u, v, length, weight * length.powi(-2));
            }
        }
    }
    for (u, v, _) in molecule.bonds() {
        targets.set(u as usize, v as usize, 1.0, 4.0);
    }
    // Smaller rings are stiffer: they come last.
    let mut rings = rings(molecule);
    rings.sort_by_key(|ring| std::cmp::Reverse(ring.len()));
    for ring in &rings {
        let (size, turn) = (ring.len(), PI / ring.len() as f64);
        for i in 0..size {
            // Neither neighbours in the ring nor its last atom with the first.
            for j in i + 2..size.min(size - 1 + i) {
                let chord = ((j - i) as f64 * turn).sin() / turn.sin();
                targets.set(ring[i] as usize, ring[j] as usize, chord, 2.0 * chord.powi(-2));
            }
        }
    }
    targets
}

/// A smallest ring through each bond that has one of up to nine atoms, every ring once, its atoms in order.
pub(crate) fn rings(molecule: &Molecule) -> Vec<Vec<u32>> {
    let mut rings: Vec<Vec<u32>> = Vec::new();
    for (start, end, _) in molecule.bonds() {
        // The search finds a shortest way from start to end other than the bond.
        let mut before = vec![None; molecule.len()];
        before[start as usize] = Some(start);
        let mut queue = vec![start];
        let mut next = 0;
        while let Some(&v) = queue.get(next) {
            next += 1;
            for (u, _) in molecule.neighbors(v) {
                if before[u as usize].is_none() && (v, u) != (start, end) {
                    before[u as usize] = Some(v);
                    queue.push(u);
                }
            }
        }
        let step = |&v: &u32| before[v as usize].filter(|&previous| previous != v);
        let ring: Vec<u32> = std::iter::successors(Some(end), step).collect();
        let is_ring = |known: &Vec<u32>| known.len() == ring.len() && ring.iter().all(|v| known.contains(v));
        if (3..=9).contains(&ring.len()) && !rings.iter().any(is_ring) {
            rings.push(ring);
        }
    }
    rings
}

#[cfg(test)]
mod tests {
    use super::*;
    use sympe_data::molecule::smiles;

    fn skeleton(text: &str) -> Molecule {
        smiles::parse(text, 1).unwrap().without_hydrogens()
    }

    #[test]
    fn bonds_are_equally_long_and_rings_regular() {
        let texts = "CCO CC(C)CC=O C1=CC=CC=C1 CC#CC C1CCC1 C1CC1 C1=CC2=CC=CC=C2C=C1 O=C=O";
        for text in texts.split(' ') {
            let molecule = skeleton(text);
            let points = places(&molecule);
            for (u, v, _) in molecule.bonds() {
                let length = (points[u as usize] - points[v as usize]).norm();
                assert!((length - 1.0).abs() < 0.08, "{text}: {u}-{v} is {length}");
            }
            for ring in rings(&molecule) {
                let across = 0.5 / (PI / ring.len() as f64).sin();
                let center = ring.iter().map(|&v| points[v as usize]).sum::<Point>() / ring.len() as f64;
                for &v in &ring {
                    let radius = (points[v as usize] - center).norm();
                    assert!((radius - across).abs() < 0.08, "{text}: {radius}, not {across}");
                }
            }
        }
    }

    #[test]
    fn rings_by_size() {
        for (text, sizes) in [
            ("CCO", &[][..]),
            ("C1=CC2=CC=CC=C2C=C1", &[6, 6]),
            ("C1CC2CCC1C2", &[5, 5]),
            ("C1CCCCCCCCC1", &[]),
            ("C1C2CC1C2", &[4, 4]),
        ] {
            let molecule = skeleton(text);
            let found = rings(&molecule);
            assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{text}");
            for ring in found {
                let bonded = |i: usize| molecule.bond(ring[i], ring[(i + 1) % ring.len()]).is_some();
                assert!((0..ring.len()).all(bonded), "{text}: {ring:?}");
            }
        }
    }

    #[test]
    fn gaps_are_shared() {
        let near = |one: &[f64], other: &[f64]| one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near(&gaps(vec![0.0], 3), &[PI / 2.0, PI, 3.0 * PI / 2.0]));
        assert!(near(&gaps(vec![PI / 2.0, -PI / 2.0], 2), &[0.0, PI]));
        assert_eq!([gaps(Vec::new(), 4).len(), gaps(vec![1.0], 0).len()], [4, 0]);
    }
}
