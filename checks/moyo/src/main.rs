//! Point groups beside those of moyo, a finder of the symmetries of crystals: each molecule stands alone in a large cell of a lattice
//! that has its rotations, so that the crystal has the point group of the molecule, in all 32 crystal classes.

#[path = "../../../crates/sympe-canon/tests/common/clouds.rs"]
#[allow(dead_code, reason = "the tests have more")]
mod clouds;

use clouds::{groups, of_orbits, random_place};
use moyo::MoyoDataset;
use moyo::base::{Cell, Lattice};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::collections::BTreeSet;
use sympe_canon::points::{PointCloud, PointSearch, Tolerance};
use sympe_groups::nalgebra::{Matrix3, Vector3};

/// The side of the cell; molecules have a radius of at most four.
const SIDE: f64 = 30.0;
/// How far an image may be off.
const TOLERANCE: f64 = 1e-3;

/// The last space group of each crystal class, and the class after Hermann and Mauguin (*International Tables* A).
const CLASSES: [(i32, &str); 32] = [
    (1, "1"),
    (2, "-1"),
    (5, "2"),
    (9, "m"),
    (15, "2/m"),
    (24, "222"),
    (46, "mm2"),
    (74, "mmm"),
    (80, "4"),
    (82, "-4"),
    (88, "4/m"),
    (98, "422"),
    (110, "4mm"),
    (122, "-42m"),
    (142, "4/mmm"),
    (146, "3"),
    (148, "-3"),
    (155, "32"),
    (161, "3m"),
    (167, "-3m"),
    (173, "6"),
    (174, "-6"),
    (176, "6/m"),
    (182, "622"),
    (186, "6mm"),
    (190, "-6m2"),
    (194, "6/mmm"),
    (199, "23"),
    (206, "m-3"),
    (214, "432"),
    (220, "-43m"),
    (230, "m-3m"),
];

/// The class and the number of operations that moyo finds; the lattice vectors are columns.
fn of_crystal(cloud: &PointCloud<3>, lattice: &Matrix3<f64>) -> (&'static str, usize) {
    let inverse = lattice.try_inverse().unwrap();
    let places = cloud
        .positions()
        .iter()
        .map(|&place| inverse * Vector3::from(place));
    let kinds = cloud.types().iter().map(|&kind| kind as i32);
    // moyo takes lattice vectors as rows.
    let cell = Cell::new(
        Lattice::new(lattice.transpose()),
        places.collect(),
        kinds.collect(),
    );
    let dataset = MoyoDataset::with_default(&cell, TOLERANCE).unwrap();
    let (_, class) = CLASSES
        .into_iter()
        .find(|&(last, _)| dataset.number <= last)
        .unwrap();
    (class, dataset.operations.len())
}

fn main() {
    let cubic = Matrix3::identity() * SIDE;
    let hexagonal = Matrix3::from_columns(&[
        Vector3::new(SIDE, 0.0, 0.0),
        Vector3::new(-SIDE / 2.0, SIDE * 0.75f64.sqrt(), 0.0),
        Vector3::new(0.0, 0.0, SIDE),
    ]);
    let mut rng = ChaCha8Rng::seed_from_u64(32);
    let (mut met, mut compared) = (BTreeSet::new(), 0);
    for (name, group) in groups() {
        // Lattices that the group keeps.
        let keeps = |lattice: &&Matrix3<f64>| {
            let inverse = lattice.try_inverse().unwrap();
            group.iter().all(|g| {
                let integers = inverse * g * **lattice;
                integers.iter().all(|entry| (entry - entry.round()).abs() < 1e-6)
            })
        };
        for lattice in [&cubic, &hexagonal].into_iter().filter(keeps) {
            for orbits in 1..=4 {
                let places: Vec<Vector3<f64>> = (0..orbits).map(|_| random_place(&mut rng)).collect();
                let cloud = of_orbits(&group, &places);
                let found = PointSearch::within(Tolerance::Absolute(TOLERANCE))
                    .run(&cloud)
                    .unwrap();
                let Some(order) = found.order() else { continue };
                let (class, operations) = of_crystal(&cloud, lattice);
                // Few points may have more symmetries than the group, and of those the lattice keeps a part.
                if order as usize != group.len() {
                    assert!(operations <= order as usize, "{name}");
                    continue;
                }
                assert_eq!(
                    order as usize,
                    operations,
                    "{name}, {orbits} orbits: {} and {class}",
                    found.symbol()
                );
                assert_eq!(
                    found.symbol().hermann_mauguin(),
                    class,
                    "{name}, {orbits} orbits: {}",
                    found.symbol()
                );
                met.insert(class);
                compared += 1;
            }
        }
    }
    assert_eq!(met.len(), 32, "{met:?}");
    println!(
        "{compared} molecules in {} crystal classes: symbols and orders agree",
        met.len()
    );
}
