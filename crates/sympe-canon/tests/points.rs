//! Point clouds: known groups, laws of their kernels, bad input.

mod common;

use common::clouds::{
    Matrix, golden, groups, of_elements, of_orbits, orbit, polyhedron, random_place, rings,
};
use common::data;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::f64::consts::PI;
use sympe_canon::CanonError;
use sympe_canon::points::{PointCloud, PointSearch, Tolerance};
use sympe_groups::nalgebra::{Rotation3, Vector3};
use sympe_groups::{ClosedSubgroup, Group, OrthogonalGroup, Rosette};

/// Turned, reflected or not, moved, its points in another order and each displaced by at most `noise` along each axis.
fn disguised(cloud: &PointCloud<3>, noise: f64, rng: &mut ChaCha8Rng) -> PointCloud<3> {
    let axis = random_place(rng);
    let turn = Rotation3::from_scaled_axis(axis);
    let sign = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
    let shift = random_place(rng);
    let mut order: Vec<usize> = (0..cloud.len()).collect();
    for i in (1..order.len()).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
    let place = |&i: &usize| {
        let noise = Vector3::from_fn(|_, _| noise * rng.random_range(-1.0..1.0));
        (turn * Vector3::from(cloud.positions()[i]) * sign + shift + noise).into()
    };
    let positions = order.iter().map(place).collect();
    PointCloud::new(positions, order.iter().map(|&i| cloud.types()[i]).collect()).unwrap()
}

fn check(name: &str, order: Option<u64>, proper: Option<u64>, cloud: &PointCloud<3>, tolerance: Tolerance) {
    let symmetry = PointSearch::within(tolerance).run(cloud).unwrap();
    let found = (
        symmetry.symbol().to_string(),
        symmetry.order(),
        symmetry.proper_order(),
    );
    assert_eq!(
        found,
        (name.to_owned(), order, proper),
        "{tolerance:?}, {cloud:?}"
    );
}

/// Checks a cloud as it is, and in disguise with and without noise below the tolerance.
fn check_disguised(
    name: &str,
    order: Option<u64>,
    proper: Option<u64>,
    cloud: &PointCloud<3>,
    rng: &mut ChaCha8Rng,
) {
    check(name, order, proper, cloud, Tolerance::default());
    check(
        name,
        order,
        proper,
        &disguised(cloud, 0.0, rng),
        Tolerance::Relative(1e-9),
    );
    check(
        name,
        order,
        proper,
        &disguised(cloud, 1e-5, rng),
        Tolerance::Absolute(2e-4),
    );
}

fn orders(group: &[Matrix]) -> (Option<u64>, Option<u64>) {
    let proper = group.iter().filter(|g| g.determinant() > 0.0).count();
    (Some(group.len() as u64), Some(proper as u64))
}

#[test]
fn generic_orbits_of_all_groups() {
    let mut rng = ChaCha8Rng::seed_from_u64(15);
    let mut clouds = 0;
    for (name, group) in groups() {
        // The group of a two-fold rotoreflection, of a half turn and a mirror across it, and so on, have one name each.
        let name = match name.as_str() {
            "S2" => "Ci",
            "D1h" => "C2v",
            name => name,
        };
        let (order, proper) = orders(&group);
        // Four orbits, each of its type: fewer may lie in a plane.
        let places: Vec<Vector3<f64>> = (0..4).map(|_| random_place(&mut rng)).collect();
        let cloud = of_orbits(&group, &places);
        check_disguised(name, order, proper, &cloud, &mut rng);
        // The same of one type, with points at the centre and, of two types, along all axes of coordinates.
        let mut positions = cloud.positions().to_vec();
        let mut types = vec![0; cloud.len()];
        positions.push([0.0; 3]);
        types.push(1);
        for axis in [Vector3::x(), Vector3::z()] {
            for image in orbit(&group, axis * 2.5) {
                positions.push(image.into());
                types.push(2);
            }
        }
        check_disguised(
            name,
            order,
            proper,
            &PointCloud::new(positions, types).unwrap(),
            &mut rng,
        );
        clouds += 2;
    }
    assert!(clouds >= 150, "{clouds} clouds");
}

/// Carbons of buckminsterfullerene, with two lengths of bonds.
fn fullerene() -> PointCloud<3> {
    polyhedron("Ih", [0.0, 1.0, 3.0 * golden() + 0.1])
}

#[test]
fn polyhedra() {
    let mut rng = ChaCha8Rng::seed_from_u64(16);
    let g = golden();
    let solids: [(&str, &str, [f64; 3], usize); 15] = [
        ("tetrahedron", "Td", [1.0, 1.0, 1.0], 4),
        ("truncated tetrahedron", "Td", [1.0, 1.0, 3.0], 12),
        ("octahedron", "Oh", [1.0, 0.0, 0.0], 6),
        ("cube", "Oh", [1.0, 1.0, 1.0], 8),
        ("cuboctahedron", "Oh", [1.0, 1.0, 0.0], 12),
        ("truncated octahedron", "Oh", [0.0, 1.0, 2.0], 24),
        ("truncated cube", "Oh", [1.0, 2.4142, 2.4142], 24),
        ("truncated cuboctahedron", "Oh", [1.0, 2.4142, 3.8284], 48),
        ("snub cube", "O", [1.0, 0.5437, 1.8393], 24),
        ("pyritohedral icosahedron", "Th", [0.0, 1.0, 1.7], 12),
        ("icosahedron", "Ih", [0.0, 1.0, g], 12),
        ("dodecahedron", "Ih", [1.0, 1.0, 1.0], 20),
        ("icosidodecahedron", "Ih", [0.0, 0.0, 1.0], 30),
        ("fullerene", "Ih", [0.0, 1.0, 3.0 * g], 60),
        ("chiral hexecontahedron", "I", [0.3, 0.5, 1.1], 60),
    ];
    for (solid, name, place, corners) in solids {
        let cloud = polyhedron(name, place);
        assert_eq!(cloud.len(), corners, "{solid}");
        let (_, elements) = groups().into_iter().find(|(group, _)| group == name).unwrap();
        let (order, proper) = orders(&elements);
        check_disguised(name, order, proper, &cloud, &mut rng);
    }
    for n in 3..=12 {
        let (order, turned) = (u64::from(n), PI / f64::from(n));
        let mut family = |name: String, order: u64, proper: u64, list: &[(u32, f64, f64, f64)]| {
            let cloud = PointCloud::of_one_type(rings(list)).unwrap();
            check_disguised(&name, Some(order), Some(proper), &cloud, &mut rng);
        };
        family(format!("D{n}h"), 4 * order, 2 * order, &[(n, 1.0, 0.0, 0.0)]);
        family(
            format!("D{n}h"),
            4 * order,
            2 * order,
            &[(n, 1.0, 0.7, 0.0), (n, 1.0, -0.7, 0.0)],
        );
        family(
            format!("D{n}d"),
            4 * order,
            2 * order,
            &[(n, 1.0, 0.8, 0.0), (n, 1.0, -0.8, turned)],
        );
        family(
            format!("D{n}"),
            2 * order,
            2 * order,
            &[(n, 1.0, 0.7, 0.0), (n, 1.0, -0.7, 0.3 * turned)],
        );
        family(
            format!("C{n}v"),
            2 * order,
            order,
            &[(n, 1.0, 0.0, 0.0), (1, 0.0, 1.7, 0.0)],
        );
        family(
            format!("D{n}h"),
            4 * order,
            2 * order,
            &[(n, 1.0, 0.0, 0.0), (1, 0.0, 1.7, 0.0), (1, 0.0, -1.7, 0.0)],
        );
    }
}

#[test]
fn molecules() {
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    let (c, h, o) = (6, 1, 8);
    let ring = |n: u32, radius: f64, z: f64, start: f64, kind: u32| {
        rings(&[(n, radius, z, start)])
            .into_iter()
            .map(move |place| (kind, place))
            .collect::<Vec<_>>()
    };
    let together = |parts: &[Vec<(u32, [f64; 3])>]| parts.concat();
    let axis = |atoms: &[(u32, f64)]| {
        atoms
            .iter()
            .map(|&(kind, z)| (kind, [0.0, 0.0, z]))
            .collect::<Vec<_>>()
    };
    let crown = together(&[ring(4, 2.3, 0.5, 0.0, 16), ring(4, 2.3, -0.5, PI / 4.0, 16)]);
    // Molecule, symbol, orders, atoms.
    type Known = (&'static str, &'static str, u64, u64, Vec<(u32, [f64; 3])>);
    let finite: Vec<Known> = vec![
        (
            "water",
            "C2v",
            4,
            2,
            vec![
                (o, [0.0, 0.0, 0.12]),
                (h, [0.0, 0.76, -0.47]),
                (h, [0.0, -0.76, -0.47]),
            ],
        ),
        (
            "heavy water with one light hydrogen",
            "Cs",
            2,
            1,
            vec![
                (o, [0.0, 0.0, 0.12]),
                (2, [0.0, 0.76, -0.47]),
                (h, [0.0, -0.76, -0.47]),
            ],
        ),
        (
            "hydrogen peroxide",
            "C2",
            2,
            2,
            vec![
                (o, [0.0, 0.7, -0.05]),
                (o, [0.0, -0.7, -0.05]),
                (h, [0.8, 0.9, 0.4]),
                (h, [-0.8, -0.9, 0.4]),
            ],
        ),
        (
            "ammonia",
            "C3v",
            6,
            3,
            together(&[axis(&[(7, 0.12)]), ring(3, 0.94, -0.27, 0.0, h)]),
        ),
        (
            "boron trifluoride",
            "D3h",
            12,
            6,
            together(&[axis(&[(5, 0.0)]), ring(3, 1.31, 0.0, 0.0, 9)]),
        ),
        (
            "boric acid",
            "C3h",
            6,
            3,
            together(&[
                axis(&[(5, 0.0)]),
                ring(3, 1.37, 0.0, 0.0, o),
                ring(3, 1.9, 0.0, 0.5, h),
            ]),
        ),
        (
            "ethane, staggered",
            "D3d",
            12,
            6,
            together(&[
                axis(&[(c, 0.77), (c, -0.77)]),
                ring(3, 1.02, 1.16, 0.0, h),
                ring(3, 1.02, -1.16, PI / 3.0, h),
            ]),
        ),
        (
            "ethane, eclipsed",
            "D3h",
            12,
            6,
            together(&[
                axis(&[(c, 0.77), (c, -0.77)]),
                ring(3, 1.02, 1.16, 0.0, h),
                ring(3, 1.02, -1.16, 0.0, h),
            ]),
        ),
        (
            "ethane, between",
            "D3",
            6,
            6,
            together(&[
                axis(&[(c, 0.77), (c, -0.77)]),
                ring(3, 1.02, 1.16, 0.0, h),
                ring(3, 1.02, -1.16, 0.3, h),
            ]),
        ),
        (
            "allene",
            "D2d",
            8,
            4,
            together(&[
                axis(&[(c, 0.0), (c, 1.31), (c, -1.31)]),
                ring(2, 0.93, 1.87, 0.0, h),
                ring(2, 0.93, -1.87, PI / 2.0, h),
            ]),
        ),
        (
            "ethylene",
            "D2h",
            8,
            4,
            together(&[
                axis(&[(c, 0.67), (c, -0.67)]),
                ring(2, 0.92, 1.23, 0.0, h),
                ring(2, 0.92, -1.23, 0.0, h),
            ]),
        ),
        (
            "benzene",
            "D6h",
            24,
            12,
            together(&[ring(6, 1.39, 0.0, 0.0, c), ring(6, 2.48, 0.0, 0.0, h)]),
        ),
        (
            "cyclohexane, chair",
            "D3d",
            12,
            6,
            together(&[
                ring(3, 1.45, 0.25, 0.0, c),
                ring(3, 1.45, -0.25, PI / 3.0, c),
                ring(3, 1.45, 1.35, 0.0, h),
                ring(3, 1.45, -1.35, PI / 3.0, h),
                ring(3, 2.5, -0.1, 0.0, h),
                ring(3, 2.5, 0.1, PI / 3.0, h),
            ]),
        ),
        ("sulphur, a crown", "D4d", 16, 8, crown),
        (
            "ferrocene, staggered",
            "D5d",
            20,
            10,
            together(&[
                axis(&[(26, 0.0)]),
                ring(5, 1.2, 1.65, 0.0, c),
                ring(5, 1.2, -1.65, PI / 5.0, c),
            ]),
        ),
        (
            "ferrocene, eclipsed",
            "D5h",
            20,
            10,
            together(&[
                axis(&[(26, 0.0)]),
                ring(5, 1.2, 1.65, 0.0, c),
                ring(5, 1.2, -1.65, 0.0, c),
            ]),
        ),
        (
            "sulphur hexafluoride",
            "Oh",
            48,
            24,
            together(&[
                axis(&[(16, 0.0), (9, 1.56), (9, -1.56)]),
                ring(4, 1.56, 0.0, 0.0, 9),
            ]),
        ),
        (
            "sulphur chloride pentafluoride",
            "C4v",
            8,
            4,
            together(&[
                axis(&[(16, 0.0), (17, 2.05), (9, -1.56)]),
                ring(4, 1.56, 0.0, 0.0, 9),
            ]),
        ),
        (
            "bromochlorofluoromethane",
            "C1",
            1,
            1,
            vec![
                (c, [0.0; 3]),
                (h, [0.6, 0.6, 0.6]),
                (9, [-0.8, -0.8, 0.8]),
                (17, [1.0, -1.0, -1.0]),
                (35, [-1.1, 1.1, -1.1]),
            ],
        ),
        (
            "methane",
            "Td",
            24,
            12,
            vec![
                (c, [0.0; 3]),
                (h, [0.6, 0.6, 0.6]),
                (h, [-0.6, -0.6, 0.6]),
                (h, [0.6, -0.6, -0.6]),
                (h, [-0.6, 0.6, -0.6]),
            ],
        ),
        (
            "chloromethane",
            "C3v",
            6,
            3,
            vec![
                (c, [0.0; 3]),
                (17, [1.0, 1.0, 1.0]),
                (h, [-0.6, -0.6, 0.6]),
                (h, [0.6, -0.6, -0.6]),
                (h, [-0.6, 0.6, -0.6]),
            ],
        ),
        (
            "dichloromethane",
            "C2v",
            4,
            2,
            vec![
                (c, [0.0; 3]),
                (17, [1.0, 1.0, 1.0]),
                (17, [-1.0, -1.0, 1.0]),
                (h, [0.6, -0.6, -0.6]),
                (h, [-0.6, 0.6, -0.6]),
            ],
        ),
    ];
    for (molecule, name, order, proper, atoms) in finite {
        println!("{molecule}");
        check_disguised(name, Some(order), Some(proper), &of_elements(&atoms), &mut rng);
    }
    check_disguised("Ih", Some(120), Some(60), &fullerene(), &mut rng);
    for (name, atoms) in [
        ("Kh", axis(&[(2, 0.0)])),
        ("Dinfh", axis(&[(1, 0.37), (1, -0.37)])),
        ("Dinfh", axis(&[(o, 1.16), (c, 0.0), (o, -1.16)])),
        ("Cinfv", axis(&[(c, 0.0), (o, 1.13)])),
        ("Cinfv", axis(&[(h, -1.07), (c, 0.0), (7, 1.16)])),
        ("Dinfh", axis(&[(h, -1.66), (c, -0.6), (c, 0.6), (h, 1.66)])),
    ] {
        check_disguised(name, None, None, &of_elements(&atoms), &mut rng);
    }
}

/// Isometries that are not the identity on the points: by brute force over all pairs of images.
#[test]
fn brute_force() {
    let mut rng = ChaCha8Rng::seed_from_u64(18);
    for trial in 0..300 {
        // Few places on a small grid: many symmetries, and many coincidences of distances.
        let n = 1 + trial % 7;
        let side = if trial % 2 == 0 { 2 } else { 3 };
        let mut places: Vec<[f64; 3]> = Vec::new();
        while places.len() < n {
            let place = [(); 3].map(|()| f64::from(rng.random_range(0..side)));
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let types: Vec<u32> = (0..n).map(|_| rng.random_range(0..2)).collect();
        let distance = |i: usize, j: usize| (Vector3::from(places[i]) - Vector3::from(places[j])).norm();
        // Permutations that keep types and distances are those of isometries.
        let mut count = 0u64;
        let mut images = Vec::new();
        fn extend(
            n: usize,
            images: &mut Vec<usize>,
            fits: &dyn Fn(&[usize], usize) -> bool,
            count: &mut u64,
        ) {
            if images.len() == n {
                *count += 1;
                return;
            }
            for image in 0..n {
                if !images.contains(&image) && fits(images, image) {
                    images.push(image);
                    extend(n, images, fits, count);
                    images.pop();
                }
            }
        }
        let fits = |images: &[usize], image: usize| {
            let point = images.len();
            types[point] == types[image]
                && images
                    .iter()
                    .enumerate()
                    .all(|(i, &j)| (distance(i, point) - distance(j, image)).abs() < 1e-9)
        };
        extend(n, &mut images, &fits, &mut count);
        let cloud = PointCloud::new(places.clone(), types.clone()).unwrap();
        let symmetry = PointSearch::default().run(&cloud).unwrap();
        assert_eq!(symmetry.permutations().order(), count.into(), "{cloud:?}");
        if let Some(order) = symmetry.order() {
            // In a plane, every permutation is that of two isometries.
            assert_eq!(
                order,
                if symmetry.rank() == 2 { 2 * count } else { count },
                "{cloud:?}"
            );
        }
    }
}

#[test]
fn all_scales_and_bad_input() {
    let water = [[0.0, 0.0, 0.12], [0.0, 0.76, -0.47], [0.0, -0.76, -0.47]];
    for exponent in [-300, -12, -6, 0, 6, 12, 300] {
        let scale = 10f64.powi(exponent);
        let cloud = PointCloud::new(
            water.map(|place| place.map(|x| scale * x)).to_vec(),
            vec![8, 1, 1],
        )
        .unwrap();
        check("C2v", Some(4), Some(2), &cloud, Tolerance::default());
    }
    // Far from the origin digits are lost, and the tolerance follows.
    let far = water.map(|place| place.map(|x| x + 1e9));
    check(
        "C2v",
        Some(4),
        Some(2),
        &PointCloud::new(far.to_vec(), vec![8, 1, 1]).unwrap(),
        Tolerance::Relative(1e-12),
    );
    // Points of one place: one site, if their types differ or not.
    let twice = PointCloud::new(vec![[1.0, 2.0, 3.0]; 3], vec![1, 1, 2]).unwrap();
    check("Kh", None, None, &twice, Tolerance::default());
    assert_eq!(
        PointSearch::default().run(&twice).unwrap().permutations().order(),
        2u32.into()
    );
    let message = |cloud: Result<PointCloud<3>, CanonError>| cloud.unwrap_err().to_string();
    assert_eq!(
        message(PointCloud::new(vec![], vec![])),
        "the cloud has no points, expected at least one"
    );
    assert_eq!(
        message(PointCloud::new(vec![[0.0; 3]], vec![])),
        "types of points has 0 entries, expected 1"
    );
    let infinite = PointCloud::new(vec![[0.0, f64::INFINITY, 0.0]], vec![1]);
    assert_eq!(
        message(infinite),
        "coordinate 1 of point 0 is inf, expected a finite number up to 1e300"
    );
    for tolerance in [-1.0, f64::NAN, f64::INFINITY] {
        let error = PointSearch::within(Tolerance::Relative(tolerance))
            .run(&twice)
            .unwrap_err();
        assert!(error.to_string().contains("expected a finite number"), "{error}");
    }
    let chain = PointCloud::of_one_type((0..10).map(|k| [f64::from(k), 0.0, 0.0]).collect()).unwrap();
    let error = PointSearch::within(Tolerance::Absolute(1.5))
        .run(&chain)
        .unwrap_err();
    assert!(error.to_string().contains("joins points"), "{error}");
}

#[test]
fn isometries_are_a_group() {
    // Noise as large as the tolerance: some isometries are within it, and what is found is a group nevertheless.
    let mut rng = ChaCha8Rng::seed_from_u64(24);
    let mut orders = std::collections::BTreeSet::new();
    for cloud in [
        polyhedron("Oh", [1.0, 1.0, 1.0]),
        polyhedron("Ih", [0.0, 1.0, golden()]),
    ] {
        for _ in 0..100 {
            let noisy = disguised(&cloud, 0.02, &mut rng);
            let symmetry = PointSearch::within(Tolerance::Absolute(0.04))
                .run(&noisy)
                .unwrap();
            let stabilizer = symmetry.stabilizer(OrthogonalGroup::full());
            let ClosedSubgroup::Finite(group) = stabilizer else {
                panic!("{stabilizer:?} is infinite")
            };
            let elements = group.as_slice();
            orders.insert(elements.len());
            assert!(
                elements
                    .iter()
                    .all(|g| elements.iter().all(|h| elements.contains(&g.compose(h))))
            );
            assert!(symmetry.residual() <= 0.04 && symmetry.tolerance() <= 0.04 + 1e-12);
            assert_eq!(symmetry.permutations().order(), elements.len().into());
            // The means have the symmetry exactly.
            let exact = PointSearch::within(Tolerance::Relative(1e-12))
                .run(&symmetry.symmetrized())
                .unwrap();
            assert!(exact.order() >= symmetry.order());
        }
    }
    assert!(orders.len() > 3, "{orders:?}");
}

struct Known {
    name: String,
    positions: Vec<Vec<f64>>,
    types: Vec<u32>,
    schoenflies: Option<String>,
    orders: [Option<u64>; 2],
    has_proper_order: bool,
    noise: Option<f64>,
}

fn published(path: &std::path::Path) -> Vec<Known> {
    let value: serde_json::Value = serde_json::from_str(&data::read(path)).unwrap();
    let float = |x: &serde_json::Value| x.as_f64().unwrap();
    let of = |case: &serde_json::Value| Known {
        name: case["name"].as_str().unwrap().to_owned(),
        positions: (case["positions"].as_array().unwrap().iter())
            .map(|place| place.as_array().unwrap().iter().map(float).collect())
            .collect(),
        types: case["types"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| kind.as_u64().unwrap() as u32)
            .collect(),
        schoenflies: case
            .get("schoenflies")
            .and_then(|name| name.as_str())
            .map(str::to_owned),
        orders: ["order", "proper_order"].map(|key| case.get(key).and_then(serde_json::Value::as_u64)),
        has_proper_order: case.get("proper_order").is_some(),
        noise: case.get("noise_sigma").and_then(serde_json::Value::as_f64),
    };
    value["cases"].as_array().unwrap().iter().map(of).collect()
}

fn cloud_of<const D: usize>(known: &Known) -> PointCloud<D> {
    let positions = known
        .positions
        .iter()
        .map(|place| std::array::from_fn(|axis| place[axis]));
    PointCloud::new(positions.collect(), known.types.clone()).unwrap()
}

fn is_known(known: &Known, tolerance: Tolerance) -> bool {
    let symmetry = PointSearch::within(tolerance).run(&cloud_of::<3>(known)).unwrap();
    symmetry.order() == known.orders[0]
        && (!known.has_proper_order || symmetry.proper_order() == known.orders[1])
        && known
            .schoenflies
            .as_ref()
            .is_none_or(|name| name.parse() == Ok(symmetry.symbol()))
}

#[test]
fn published_clouds() {
    let Some(folder) = data::folder() else { return };
    let (space, plane) = (
        published(&folder.join("pointclouds3d.json")),
        published(&folder.join("pointclouds2d.json")),
    );
    for tolerance in [1e-12, 1e-9, 1e-6, 1e-3, 2e-3] {
        let tolerance = Tolerance::Relative(tolerance);
        for known in space.iter().filter(|known| known.noise.is_none()) {
            assert!(is_known(known, tolerance), "{}, {tolerance:?}", known.name);
        }
        for known in &plane {
            let symmetry = PointSearch::within(tolerance).run(&cloud_of::<2>(known)).unwrap();
            let mirrors = known.orders[0] != known.orders[1];
            let group = Rosette::new(mirrors, known.orders[1].map(|order| order as u32)).unwrap();
            assert_eq!(
                (symmetry.symbol(), symmetry.order()),
                (group, known.orders[0]),
                "{}",
                known.name
            );
        }
    }
    // Displaced points: the symmetry is there at eight standard deviations, and none is at a fiftieth of one.
    for known in &space {
        let Some(noise) = known.noise else { continue };
        assert!(
            is_known(known, Tolerance::Absolute(8.0 * noise)),
            "{}",
            known.name
        );
        let exact = Known {
            orders: [Some(1), Some(1)],
            schoenflies: Some("C1".to_owned()),
            ..bare(known)
        };
        assert!(
            is_known(&exact, Tolerance::Absolute(noise / 50.0)),
            "{}",
            known.name
        );
    }
}

fn bare(known: &Known) -> Known {
    Known {
        name: known.name.clone(),
        positions: known.positions.clone(),
        types: known.types.clone(),
        schoenflies: None,
        ..*known
    }
}
