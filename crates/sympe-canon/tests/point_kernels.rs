//! The laws of inversion kernels of point clouds.

mod common;

use common::clouds::{groups, of_elements, of_orbits, polyhedron, random_place, rings};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::f64::consts::PI;
use sympe_canon::check::{ChiSquare, check_uniformity};
use sympe_canon::points::{
    EuclideanSymmetry, OrthogonalSymmetry, PointCloud, PointSearch, PrincipalAxes, RelabelledSymmetry,
    Tolerance, WeightedFrames,
};
use sympe_canon::{Canonicalizer, Exact, InversionKernel};
use sympe_groups::laws::check_subgroup;
use sympe_groups::nalgebra::Vector3;
use sympe_groups::{
    Action, ClosedSubgroup, Euclidean, Group, Orthogonal, OrthogonalGroup, Permutation, Subgroup,
};

fn elements(group: &ClosedSubgroup<3>) -> &[Orthogonal<3>] {
    match group {
        ClosedSubgroup::Finite(group) => group.as_slice(),
        _ => panic!("{group:?} is infinite"),
    }
}

/// Whether the same points are there, in any order.
fn is_same_set<const D: usize>(a: &PointCloud<D>, b: &PointCloud<D>, tolerance: f64) -> bool {
    let mut left: Vec<usize> = (0..b.len()).collect();
    a.len() == b.len()
        && a.positions().iter().zip(a.types()).all(|(place, kind)| {
            let is_near = |&j: &usize| {
                b.types()[j] == *kind
                    && place
                        .iter()
                        .zip(&b.positions()[j])
                        .all(|(x, y)| (x - y).abs() <= tolerance)
            };
            let found = left.iter().position(is_near);
            found.map(|index| left.swap_remove(index)).is_some()
        })
}

fn clouds_with_groups() -> Vec<PointCloud<3>> {
    let mut rng = ChaCha8Rng::seed_from_u64(19);
    let mut clouds: Vec<PointCloud<3>> = groups()
        .iter()
        .filter(|(_, group)| group.len() <= 24)
        .map(|(_, group)| {
            let places: Vec<Vector3<f64>> = (0..3).map(|_| random_place(&mut rng)).collect();
            of_orbits(group, &places)
        })
        .collect();
    clouds.push(polyhedron("Oh", [1.0, 0.0, 0.0]));
    clouds.push(PointCloud::of_one_type(rings(&[(5, 1.0, 0.0, 0.0)])).unwrap());
    clouds
}

#[test]
fn cosets_move_with_the_cloud() {
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    for group in [OrthogonalGroup::<3>::full(), OrthogonalGroup::special()] {
        let symmetry = OrthogonalSymmetry::new(group, Tolerance::default());
        for cloud in clouds_with_groups() {
            let k = group.sample(&mut rng);
            let coset = |cloud: &PointCloud<3>| {
                let found = symmetry.canonicalize(cloud).unwrap();
                let form = found.element.inverse().act(cloud);
                let elements = elements(&found.stabilizer);
                (
                    elements
                        .iter()
                        .map(|s| s.compose(&found.element))
                        .collect::<Vec<_>>(),
                    form,
                )
            };
            let ((at_x, form), (at_kx, other)) = (coset(&cloud), coset(&k.act(&cloud)));
            assert_eq!(at_x.len(), at_kx.len());
            // Elements are equal when all entries agree to 10⁻⁹.
            assert!(at_x.iter().all(|g| at_kx.contains(&k.compose(g))), "{cloud:?}");
            assert!(
                at_x.iter()
                    .all(|g| group.contains(g) && is_same_set(&g.inverse().act(&cloud), &form, 1e-9))
            );
            assert!(is_same_set(&form, &other, 1e-9));
        }
    }
}

#[test]
fn motions_and_lists() {
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    for group in [OrthogonalGroup::<3>::full(), OrthogonalGroup::special()] {
        let moved = EuclideanSymmetry::new(group, Tolerance::default());
        let listed = RelabelledSymmetry::new(group, Tolerance::default());
        let mut clouds = clouds_with_groups();
        clouds.push(of_elements(&[(6, [0.0, 0.0, 0.0]), (8, [0.0, 0.0, 1.1])]));
        clouds.push(of_elements(&[
            (1, [0.0, 0.0, 0.3]),
            (1, [0.0, 0.0, -0.3]),
            (2, [0.0; 3]),
            (2, [0.0; 3]),
        ]));
        clouds.push(of_elements(&[(1, [0.0; 3])]));
        for cloud in clouds {
            let step = Euclidean::new(group.sample(&mut rng), random_place(&mut rng)).unwrap();
            let form = |cloud: &PointCloud<3>, rng: &mut ChaCha8Rng| {
                let found = moved.canonicalize(cloud).unwrap();
                let g = found.sample(rng);
                assert!(group.contains(g.orthogonal()));
                assert!(found.stabilizer.contains(&g.compose(&found.element.inverse())));
                g.inverse().act(cloud)
            };
            let other = step.act(&cloud);
            assert!(
                is_same_set(&form(&cloud, &mut rng), &form(&other, &mut rng), 1e-9),
                "{cloud:?}"
            );
            check_subgroup(&moved.canonicalize(&cloud).unwrap().stabilizer, 5, &mut rng).unwrap();

            let k = (Permutation::random(cloud.len(), &mut rng), group.sample(&mut rng));
            let form = |cloud: &PointCloud<3>, rng: &mut ChaCha8Rng| {
                let found = listed.canonicalize(cloud).unwrap();
                check_subgroup(&found.stabilizer, 5, rng).unwrap();
                found.sample(rng).inverse().act(cloud)
            };
            let (a, b) = (form(&cloud, &mut rng), form(&k.act(&cloud), &mut rng));
            assert_eq!(a.types(), b.types());
            let coordinates = a.positions().iter().flatten().zip(b.positions().iter().flatten());
            assert!(
                coordinates.into_iter().all(|(x, y)| (x - y).abs() < 1e-9),
                "{cloud:?}"
            );
        }
    }
}

#[test]
fn draws_are_uniform() {
    let mut rng = ChaCha8Rng::seed_from_u64(22);
    for group in [OrthogonalGroup::<3>::full(), OrthogonalGroup::special()] {
        let symmetry = OrthogonalSymmetry::new(group, Tolerance::default());
        for cloud in [
            polyhedron("Oh", [1.0, 0.0, 0.0]),
            PointCloud::of_one_type(rings(&[(6, 1.0, 0.0, 0.0)])).unwrap(),
        ] {
            let found = symmetry.canonicalize(&cloud).unwrap();
            let coset: Vec<Orthogonal<3>> = elements(&found.stabilizer)
                .iter()
                .map(|s| s.compose(&found.element))
                .collect();
            let test =
                check_uniformity(&Exact(symmetry), &cloud, &coset, 100 * coset.len(), &mut rng).unwrap();
            assert!(test.p_value() > 1e-4, "{test:?}");
        }
    }
    // Lists with two points of one place and type: twice as many elements.
    let cloud = of_elements(&[
        (1, [0.0; 3]),
        (1, [0.0; 3]),
        (2, [1.0, 0.0, 0.0]),
        (2, [-1.0, 0.3, 0.0]),
        (3, [0.0, -0.3, 0.2]),
        (3, [0.0, 0.0, -0.2]),
    ]);
    let listed = RelabelledSymmetry::new(OrthogonalGroup::full(), Tolerance::default());
    assert!((listed.canonicalize(&cloud).unwrap().stabilizer.ln_order() - 2f64.ln()).abs() < 1e-12);
    let kernel = Exact(listed);
    let mut counts = [0u64; 2];
    let first = kernel.draw(&cloud, &mut rng).unwrap();
    for _ in 0..1000 {
        counts[usize::from(kernel.draw(&cloud, &mut rng).unwrap() == first)] += 1;
    }
    assert!(ChiSquare::uniform(&counts).p_value() > 1e-4, "{counts:?}");
}

#[test]
fn axial_draws() {
    // The angle about the axis is uniform, and the axis is turned round every other time.
    let cloud = of_elements(&[(8, [0.0, 0.0, 1.16]), (6, [0.0; 3]), (8, [0.0, 0.0, -1.16])]);
    let mut rng = ChaCha8Rng::seed_from_u64(23);
    for group in [OrthogonalGroup::<3>::full(), OrthogonalGroup::special()] {
        let stabilizer = PointSearch::default().run(&cloud).unwrap().stabilizer(group);
        let mut counts = [0u64; 32];
        for _ in 0..3200 {
            let g = stabilizer.sample(&mut rng);
            assert!(group.contains(&g) && stabilizer.contains(&g));
            let image = g.act(&Vector3::x());
            let sector = ((image.y.atan2(image.x) + PI) / (2.0 * PI) * 16.0)
                .floor()
                .min(15.0) as usize;
            counts[sector + if g.act(&Vector3::z()).z > 0.0 { 16 } else { 0 }] += 1;
        }
        assert!(ChiSquare::uniform(&counts).p_value() > 1e-4, "{counts:?}");
        let tilted = Orthogonal::reflection(Vector3::new(0.1, 0.0, 1.0)).unwrap();
        assert!(!stabilizer.contains(&tilted));
    }
}

#[test]
fn principal_axes_move_with_the_cloud() {
    let mut rng = ChaCha8Rng::seed_from_u64(25);
    for (group, states) in [(OrthogonalGroup::<3>::full(), 8), (OrthogonalGroup::special(), 4)] {
        let kernel = PrincipalAxes::new(group, 1e-6);
        let cloud = PointCloud::of_one_type((0..7).map(|_| random_place(&mut rng).into()).collect()).unwrap();
        assert!((kernel.entropy(&cloud).unwrap().unwrap() - f64::from(states).ln()).abs() < 1e-12);
        let k = group.sample(&mut rng);
        let moved = k.act(&cloud);
        let mut support: Vec<Orthogonal<3>> = Vec::new();
        for _ in 0..200 {
            let g = kernel.draw(&cloud, &mut rng).unwrap();
            if !support.contains(&g) {
                support.push(g);
            }
        }
        assert_eq!(support.len(), states as usize);
        let support: Vec<Orthogonal<3>> = support.iter().map(|g| k.compose(g)).collect();
        let test = check_uniformity(&kernel, &moved, &support, 800, &mut rng).unwrap();
        assert!(test.p_value() > 1e-4, "{test:?}");
    }
    // Equal moments: what is drawn is uniform in the space that they share, however the cloud is turned.
    let kernel = PrincipalAxes::new(OrthogonalGroup::<3>::full(), 1e-6);
    let octahedron = polyhedron("Oh", [1.0, 0.0, 0.0]);
    let tilted = OrthogonalGroup::full().sample(&mut rng).act(&octahedron);
    for cloud in [octahedron, tilted] {
        assert_eq!(kernel.entropy(&cloud).unwrap(), None);
        let mut counts = [0u64; 20];
        for _ in 0..2000 {
            // By Archimedes, each coordinate of a uniform point of the sphere is uniform.
            let z = kernel.draw(&cloud, &mut rng).unwrap().act(&Vector3::x()).z;
            counts[((z + 1.0) * 10.0).floor().clamp(0.0, 19.0) as usize] += 1;
        }
        assert!(ChiSquare::uniform(&counts).p_value() > 1e-4, "{counts:?}");
    }
    let prism = PointCloud::of_one_type(rings(&[(4, 1.0, 2.0, 0.2), (4, 1.0, -2.0, 0.2)])).unwrap();
    let mut counts = [0u64; 20];
    for _ in 0..2000 {
        let g = kernel.draw(&prism, &mut rng).unwrap();
        assert!((g.act(&Vector3::x()).z.abs() - 1.0).abs() < 1e-9);
        let second = g.act(&Vector3::y());
        counts[((second.y.atan2(second.x) + PI) / (2.0 * PI) * 20.0)
            .floor()
            .clamp(0.0, 19.0) as usize] += 1;
    }
    assert!(ChiSquare::uniform(&counts).p_value() > 1e-4, "{counts:?}");
}

#[test]
fn weighted_frames_move_with_the_cloud() {
    let mut rng = ChaCha8Rng::seed_from_u64(26);
    for group in [OrthogonalGroup::<3>::full(), OrthogonalGroup::special()] {
        let weighted = WeightedFrames::new(group);
        let cloud = PointCloud::of_one_type((0..5).map(|_| random_place(&mut rng).into()).collect()).unwrap();
        let k = group.sample(&mut rng);
        let (frames, moved) = (weighted.frames(&cloud), weighted.frames(&k.act(&cloud)));
        assert!((frames.iter().map(|(weight, _)| weight).sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(frames.len(), moved.len());
        for (weight, frame) in &frames {
            let image = k.compose(frame);
            assert!(
                moved
                    .iter()
                    .any(|(other, g)| (weight - other).abs() < 1e-9 && *g == image)
            );
        }
        // Draws come as often as the weights say.
        let mut counts = vec![0u64; frames.len()];
        for _ in 0..4000 {
            let g = weighted.draw(&cloud, &mut rng).unwrap();
            counts[frames.iter().position(|(_, frame)| *frame == g).unwrap()] += 1;
        }
        let expected: f64 = (frames.iter().zip(&counts))
            .map(|((weight, _), count)| (*count as f64 - 4000.0 * weight).powi(2) / (4000.0 * weight))
            .sum();
        let freedom = frames.len() as f64 - 1.0;
        // Normal approximation of chi-square: five standard deviations.
        assert!(
            (expected - freedom).abs() < 5.0 * (2.0 * freedom).sqrt(),
            "{expected}, {freedom}"
        );
    }
}

/// No canonical form is continuous; averages over weighted frames are.
#[test]
fn canonical_forms_jump_and_weighted_averages_do_not() {
    // A point moves along a line; a form of what is seen from a frame is asked at each step.
    let cloud = |t: f64| {
        PointCloud::of_one_type(vec![
            [1.0, 0.1, 0.0],
            [-0.6, 0.8, 0.2],
            [0.1, -0.7, 0.9],
            [t, 0.3 - t, -0.5],
        ])
        .unwrap()
    };
    let seen = |cloud: &PointCloud<3>| {
        cloud
            .positions()
            .iter()
            .map(|[x, y, z]| x.powi(3) + x * y + 0.3 * y * z)
            .sum()
    };
    let canonical = OrthogonalSymmetry::new(OrthogonalGroup::full(), Tolerance::default());
    let weighted = WeightedFrames::new(OrthogonalGroup::full());
    let at_form = |t: f64| -> f64 {
        let cloud = cloud(t);
        seen(
            &canonical
                .canonicalize(&cloud)
                .unwrap()
                .element
                .inverse()
                .act(&cloud),
        )
    };
    let average = |t: f64| weighted.average(&cloud(t), seen);
    let largest_step = |f: &dyn Fn(f64) -> f64, steps: i32| {
        let values: Vec<f64> = (-steps..=steps)
            .map(|i| f(1.5 * f64::from(i) / f64::from(steps)))
            .collect();
        values
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0, f64::max)
    };
    // Where a function is continuous, steps of a tenth of the size are a tenth as high; a jump stays.
    let [jump, finer] = [1000, 10_000].map(|steps| largest_step(&at_form, steps));
    assert!(jump > 0.3 && finer > 0.3, "{jump}, {finer}");
    let [coarse, fine] = [1000, 10_000].map(|steps| largest_step(&average, steps));
    assert!(coarse < 0.05 && fine < 0.2 * coarse, "{coarse}, {fine}");
    // Through a cloud on a line, too, where frames are not unique.
    let bent = |t: f64| {
        let cloud =
            PointCloud::of_one_type(vec![[1.0, 0.0, 0.0], [-0.4, t, 0.0], [-0.6, 0.0, t * t]]).unwrap();
        weighted.average(&cloud, seen)
    };
    let [coarse, fine] = [100, 1000].map(|steps| largest_step(&bent, steps));
    assert!(fine < 0.2 * coarse, "{coarse}, {fine}");
}
