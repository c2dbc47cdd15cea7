//! Clouds whose point groups are known by construction.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f64::consts::PI;
use sympe_canon::points::PointCloud;
use sympe_groups::nalgebra::{Matrix3, Rotation3, Vector3};

pub(crate) type Matrix = Matrix3<f64>;

pub(crate) fn turn(angle: f64) -> Matrix {
    let (sin, cos) = angle.sin_cos();
    Matrix::new(cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0)
}

pub(crate) fn diagonal(x: f64, y: f64, z: f64) -> Matrix {
    Matrix::from_diagonal(&Vector3::new(x, y, z))
}

/// All products of generators.
pub(crate) fn generated(generators: &[Matrix]) -> Vec<Matrix> {
    let mut elements = vec![Matrix::identity()];
    let mut next = 0;
    while next < elements.len() {
        for g in generators {
            let product = g * elements[next];
            if elements.iter().all(|h| (h - product).amax() > 1e-6) {
                elements.push(product);
            }
        }
        next += 1;
    }
    elements
}

/// Point groups by name, with the principal axis along z and a mirror or a two-fold axis along x.
pub(crate) fn groups() -> Vec<(String, Vec<Matrix>)> {
    let (horizontal, vertical, half) = (
        diagonal(1.0, 1.0, -1.0),
        diagonal(1.0, -1.0, 1.0),
        diagonal(1.0, -1.0, -1.0),
    );
    let inversion = -Matrix::identity();
    let mut list = vec![
        ("C1".to_owned(), vec![]),
        ("Ci".to_owned(), vec![inversion]),
        ("Cs".to_owned(), vec![horizontal]),
    ];
    for n in 2..=12 {
        let about = turn(2.0 * PI / f64::from(n));
        let finer = turn(PI / f64::from(n)) * horizontal;
        list.push((format!("C{n}"), vec![about]));
        list.push((format!("C{n}v"), vec![about, vertical]));
        list.push((format!("C{n}h"), vec![about, horizontal]));
        list.push((format!("D{n}"), vec![about, half]));
        list.push((format!("D{n}h"), vec![about, half, horizontal]));
        list.push((format!("D{n}d"), vec![half, finer]));
        list.push((format!("S{}", 2 * n), vec![finer]));
    }
    let third = Matrix::new(0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0);
    let quarter = turn(PI / 2.0);
    // A five-fold axis through the corner (0, 1, φ) of an icosahedron.
    let golden = (1.0 + 5f64.sqrt()) / 2.0;
    let axis = Vector3::new(0.0, 1.0, golden).normalize();
    let fifth = *Rotation3::from_scaled_axis(axis * (2.0 * PI / 5.0)).matrix();
    let two = diagonal(-1.0, -1.0, 1.0);
    for (name, generators) in [
        ("T", vec![third, two]),
        ("Td", vec![third, two, quarter * horizontal]),
        ("Th", vec![third, two, inversion]),
        ("O", vec![third, quarter]),
        ("Oh", vec![third, quarter, inversion]),
        ("I", vec![third, two, fifth]),
        ("Ih", vec![third, two, fifth, inversion]),
    ] {
        list.push((name.to_owned(), generators));
    }
    list.into_iter()
        .map(|(name, generators)| (name, generated(&generators)))
        .collect()
}

/// The different images of a place.
pub(crate) fn orbit(group: &[Matrix], place: Vector3<f64>) -> Vec<Vector3<f64>> {
    let mut places: Vec<Vector3<f64>> = Vec::new();
    for g in group {
        let image = g * place;
        if places.iter().all(|other| (other - image).norm() > 1e-6) {
            places.push(image);
        }
    }
    places
}

pub(crate) fn random_place(rng: &mut ChaCha8Rng) -> Vector3<f64> {
    Vector3::from_fn(|_, _| rng.random_range(-2.0..2.0))
}

/// A cloud of orbits, each of a type of its own.
pub(crate) fn of_orbits(group: &[Matrix], places: &[Vector3<f64>]) -> PointCloud<3> {
    let (mut positions, mut types) = (Vec::new(), Vec::new());
    for (kind, place) in (0..).zip(places) {
        for image in orbit(group, *place) {
            positions.push(image.into());
            types.push(kind);
        }
    }
    PointCloud::new(positions, types).unwrap()
}

/// The golden ratio.
pub(crate) fn golden() -> f64 {
    (1.0 + 5f64.sqrt()) / 2.0
}

/// The orbit of a place under the last group of that name.
pub(crate) fn polyhedron(group: &str, place: [f64; 3]) -> PointCloud<3> {
    let (_, elements) = groups().into_iter().find(|(name, _)| name == group).unwrap();
    of_orbits(&elements, &[place.into()])
}

pub(crate) fn rings(rings: &[(u32, f64, f64, f64)]) -> Vec<[f64; 3]> {
    let ring = |&(n, radius, z, start): &(u32, f64, f64, f64)| {
        (0..n).map(move |k| {
            let angle = start + 2.0 * PI * f64::from(k) / f64::from(n);
            [radius * angle.cos(), radius * angle.sin(), z]
        })
    };
    rings.iter().flat_map(ring).collect()
}

pub(crate) fn of_elements(atoms: &[(u32, [f64; 3])]) -> PointCloud<3> {
    let (types, positions) = atoms.iter().copied().unzip();
    PointCloud::new(positions, types).unwrap()
}
