//! Places for the atoms of a molecule in the plane.

use super::layout::{Point, Targets, distance, layout, turned};
use sympe_data::molecule::Molecule;

/// Places for the atoms of a molecule, bonds about 1 long, plain hydrogens closer: the skeleton as [`layout`] does it, plain
/// hydrogens in the gaps around it.
pub(super) fn places(molecule: &Molecule) -> Vec<Point> {
    let n = molecule.len() as u32;
    let kept: Vec<u32> = (0..n).filter(|&v| !molecule.is_plain_hydrogen(v)).collect();
    let skeleton = molecule.without_hydrogens();
    let heavy = layout(skeleton.graph(), bond_lengths(&skeleton), true);
    let mut points = vec![[0.0; 2]; molecule.len()];
    for (&v, &place) in kept.iter().zip(&heavy) {
        points[v as usize] = place;
    }
    for &v in &kept {
        let (hydrogens, bonded): (Vec<u32>, Vec<u32>) = molecule
            .neighbors(v)
            .map(|(u, _)| u)
            .partition(|&u| molecule.is_plain_hydrogen(u));
        let center = points[v as usize];
        let directions = bonded.iter().map(|&u| {
            let place = points[u as usize];
            f64::atan2(place[1] - center[1], place[0] - center[0])
        });
        for (&u, angle) in hydrogens.iter().zip(gaps(directions.collect(), hydrogens.len())) {
            const LENGTH: f64 = 0.62;
            points[u as usize] = [center[0] + LENGTH * angle.cos(), center[1] + LENGTH * angle.sin()];
        }
    }
    make_room(molecule, &mut points);
    points
}

/// Turns hydrogens that lie on an atom or a bond to where there is most room.
fn make_room(molecule: &Molecule, points: &mut [Point]) {
    const ROOM: f64 = 0.33;
    const DIRECTIONS: usize = 48;
    let bonds: Vec<(u32, u32)> = molecule.bonds().map(|(u, v, _)| (u, v)).collect();
    let hydrogens = (0..molecule.len() as u32).filter(|&v| molecule.is_plain_hydrogen(v));
    for v in hydrogens {
        let center = molecule.graph().neighbors(v)[0];
        let room = |place: Point, points: &[Point]| {
            let atoms = (0..molecule.len() as u32)
                .filter(|&u| u != v)
                .map(|u| distance(place, points[u as usize]));
            let lines = bonds
                .iter()
                .filter(|&&(a, b)| a != v && b != v)
                .map(|&(a, b)| distance_to_segment(place, [points[a as usize], points[b as usize]]));
            atoms.chain(lines).fold(f64::INFINITY, f64::min)
        };
        let (origin, start) = (points[center as usize], points[v as usize]);
        if room(start, points) >= ROOM {
            continue;
        }
        let arm = [start[0] - origin[0], start[1] - origin[1]];
        let mut best = (room(start, points), start);
        for turn in 1..DIRECTIONS {
            let [x, y] = turned(arm, std::f64::consts::TAU * turn as f64 / DIRECTIONS as f64);
            let place = [origin[0] + x, origin[1] + y];
            let found = room(place, points);
            if found > best.0 + 1e-3 {
                best = (found, place);
            }
        }
        points[v as usize] = best.1;
    }
}

fn distance_to_segment(point: Point, [a, b]: [Point; 2]) -> f64 {
    let along = [b[0] - a[0], b[1] - a[1]];
    let square = (along[0] * along[0] + along[1] * along[1]).max(1e-12);
    let share = ((point[0] - a[0]) * along[0] + (point[1] - a[1]) * along[1]) / square;
    let share = share.clamp(0.0, 1.0);
    distance(point, [a[0] + share * along[0], a[1] + share * along[1]])
}

/// `count` directions as far as possible from each other and from those that are taken, in radians.
fn gaps(mut taken: Vec<f64>, count: usize) -> Vec<f64> {
    use std::f64::consts::TAU;
    taken.sort_by(f64::total_cmp);
    if taken.is_empty() {
        // The directions are as if there were a bond to the left: four hydrogens make a cross.
        return (0..count)
            .map(|place| TAU * (0.5 + place as f64 / count as f64))
            .collect();
    }
    let widths: Vec<f64> = (0..taken.len())
        .map(|index| match taken.get(index + 1) {
            Some(next) => next - taken[index],
            None => taken[0] + TAU - taken[index],
        })
        .collect();
    let mut counts = vec![0; taken.len()];
    for _ in 0..count {
        let room = |index: usize| widths[index] / f64::from(counts[index] + 1);
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
    let mut targets = Targets::new(molecule.graph());
    let is_linear = |v: usize| {
        let orders: Vec<u32> = molecule
            .neighbors(v as u32)
            .map(|(_, order)| order as u32)
            .collect();
        orders.len() == 2 && orders.iter().sum::<u32>() == 4
    };
    for u in 0..n {
        // Counts the straight atoms on a shortest path from u, its ends left out.
        let mut order: Vec<usize> = (0..n).filter(|&v| targets.steps(u, v) != u32::MAX).collect();
        order.sort_by_key(|&v| targets.steps(u, v));
        let mut straight = vec![0u32; n];
        for &v in &order {
            let steps = targets.steps(u, v);
            if steps < 2 {
                continue;
            }
            let before = molecule
                .neighbors(v as u32)
                .map(|(w, _)| w as usize)
                .find(|&w| targets.steps(u, w) == steps - 1)
                .expect("a shortest path has a last but one atom");
            straight[v] = straight[before] + u32::from(is_linear(before));
            if u < v {
                let zigzag = f64::hypot(f64::from(steps) * 3f64.sqrt() / 2.0, 0.5 * f64::from(steps % 2));
                // Straight chains pull a little more than their length: what is only nearly straight looks bent.
                let length = zigzag + 0.4 * f64::from(straight[v]);
                let weight = if steps == 2 { 1.0 } else { 0.6 } * length.powi(-2);
                targets.set(u, v, length, weight);
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
        let (size, turn) = (ring.len(), std::f64::consts::PI / ring.len() as f64);
        for i in 0..size {
            for j in i + 2..size {
                if j - i < size - 1 {
                    let chord = ((j - i) as f64 * turn).sin() / turn.sin();
                    targets.set(ring[i] as usize, ring[j] as usize, chord, 2.0 * chord.powi(-2));
                }
            }
        }
    }
    targets
}

/// A smallest ring through each bond that has one of up to nine atoms, every ring once, its atoms in order.
pub(super) fn rings(molecule: &Molecule) -> Vec<Vec<u32>> {
    let mut found: Vec<(Vec<u32>, Vec<u32>)> = Vec::new();
    for (start, end, _) in molecule.bonds() {
        // The search finds a shortest way from start to end other than the bond.
        let mut before = vec![None; molecule.len()];
        before[start as usize] = Some(start);
        let mut queue = vec![start];
        let mut next = 0;
        while next < queue.len() && before[end as usize].is_none() {
            let v = queue[next];
            next += 1;
            for (u, _) in molecule.neighbors(v) {
                if before[u as usize].is_none() && (v, u) != (start, end) {
                    before[u as usize] = Some(v);
                    queue.push(u);
                }
            }
        }
        let mut ring = vec![end];
        let mut v = end;
        while let Some(previous) = before[v as usize].filter(|&previous| previous != v) {
            ring.push(previous);
            v = previous;
        }
        let mut members = ring.clone();
        members.sort_unstable();
        if (3..=9).contains(&ring.len()) && found.iter().all(|(known, _)| *known != members) {
            found.push((members, ring));
        }
    }
    found.into_iter().map(|(_, ring)| ring).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sympe_data::molecule::smiles;

    #[test]
    fn bonds_are_equally_long_and_rings_regular() {
        for text in [
            "CCO",
            "CC(C)CC=O",
            "C1=CC=CC=C1",
            "CC#CC",
            "C1CCC1",
            "C1CC1",
            "C1=CC2=CC=CC=C2C=C1",
            "O=C=O",
        ] {
            let molecule = smiles::parse(text, 1).unwrap().without_hydrogens();
            let points = places(&molecule);
            for (u, v, _) in molecule.bonds() {
                let length = distance(points[u as usize], points[v as usize]);
                assert!(
                    (length - 1.0).abs() < 0.08,
                    "{text}: bond {u}-{v} is {length} long"
                );
            }
            for ring in rings(&molecule) {
                let across = 0.5 / (std::f64::consts::PI / ring.len() as f64).sin();
                let center = [0, 1].map(|axis| {
                    ring.iter().map(|&v| points[v as usize][axis]).sum::<f64>() / ring.len() as f64
                });
                for &v in &ring {
                    let radius = distance(points[v as usize], center);
                    assert!(
                        (radius - across).abs() < 0.08,
                        "{text}: {radius} in a ring of radius {across}"
                    );
                }
            }
        }
    }

    #[test]
    fn rings_by_size() {
        for (text, sizes) in [
            ("CCO", vec![]),
            ("C1=CC2=CC=CC=C2C=C1", vec![6, 6]),
            ("C1CC2CCC1C2", vec![5, 5]),
            ("C1CCCCCCCCC1", vec![]),
            ("C1C2CC1C2", vec![4, 4]),
        ] {
            let molecule = smiles::parse(text, 1).unwrap().without_hydrogens();
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
        use std::f64::consts::PI;
        let near = |one: &[f64], other: &[f64]| one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near(&gaps(vec![0.0], 3), &[PI / 2.0, PI, 3.0 * PI / 2.0]));
        assert!(near(&gaps(vec![PI / 2.0, -PI / 2.0], 2), &[0.0, PI]));
        assert_eq!(gaps(Vec::new(), 4).len(), 4);
        assert!(gaps(vec![1.0], 0).is_empty());
    }
}
