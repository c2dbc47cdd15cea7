//! The coupling of vector fields over stabilizers of clouds: the least loss of all, on any point group.

mod common;

use common::clouds::{groups, of_elements, of_orbits, polyhedron, random_place, rings};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sympe_canon::CanonError;
use sympe_canon::points::{Coupling, PointCloud, PointSearch};
use sympe_groups::nalgebra::Vector3;
use sympe_groups::{ClosedSubgroup, FiniteSubgroup, Group, OrthogonalGroup, Subgroup};

fn field<const D: usize>(n: usize, scale: f64, rng: &mut ChaCha8Rng) -> Vec<[f64; D]> {
    (0..n)
        .map(|_| std::array::from_fn(|_| scale * rng.random_range(-1.0..1.0)))
        .collect()
}

fn loss<const D: usize>(a: &[[f64; D]], b: &[[f64; D]]) -> f64 {
    a.iter()
        .flatten()
        .zip(b.iter().flatten())
        .map(|(x, y)| (x - y).powi(2))
        .sum()
}

fn coupling<const D: usize>(cloud: &PointCloud<D>, group: OrthogonalGroup<D>) -> Coupling<D> {
    Coupling::new(&PointSearch::default().run(cloud).unwrap(), group).unwrap()
}

/// Two atoms apart, one of them three in one; points on a line, alike from both ends or not; points of one place.
fn infinite() -> Vec<PointCloud<3>> {
    vec![
        of_elements(&[(6, [0.1, 0.2, 0.3]), (8, [0.4, 1.2, -0.3])]),
        of_elements(&[(8, [0.0, 0.0, -1.1]), (6, [0.0; 3]), (8, [0.0, 0.0, 1.1])]),
        of_elements(&[
            (1, [1.0, 1.0, 0.0]),
            (1, [1.0, 1.0, 0.0]),
            (1, [-1.0, -1.0, 0.0]),
            (1, [-1.0, -1.0, 0.0]),
            (2, [0.0; 3]),
        ]),
        of_elements(&[(6, [0.0, 0.0, 0.0])]),
        of_elements(&[(6, [1.0; 3]), (6, [1.0; 3]), (6, [1.0; 3]), (7, [1.0; 3])]),
    ]
}

#[test]
fn no_element_of_a_finite_group_leaves_less() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut clouds: Vec<PointCloud<3>> = (groups().iter().filter(|(_, group)| group.len() <= 24))
        .map(|(_, group)| of_orbits(group, &[(); 3].map(|()| random_place(&mut rng))))
        .collect();
    clouds.push(polyhedron("Oh", [1.0, 0.0, 0.0]));
    clouds.push(PointCloud::of_one_type(rings(&[(6, 1.0, 0.0, 0.0)])).unwrap());
    // Places with two and with three points of a type.
    clouds.push(of_elements(&[
        (1, [1.0, 0.0, 0.0]),
        (1, [1.0, 0.0, 0.0]),
        (2, [0.0, 1.0, 0.0]),
        (2, [0.0, 1.0, 0.0]),
        (2, [0.0, 1.0, 0.0]),
        (3, [0.0, 0.0, 1.0]),
    ]));
    clouds.push(of_elements(&[
        (1, [1.0, 0.0, 0.0]),
        (1, [-1.0, 0.0, 0.0]),
        (2, [0.0, 1.0, 0.0]),
        (1, [1.0, 0.0, 0.0]),
        (1, [-1.0, 0.0, 0.0]),
    ]));
    for cloud in &clouds {
        for group in [OrthogonalGroup::full(), OrthogonalGroup::special()] {
            let coupling = coupling(cloud, group);
            let ClosedSubgroup::Finite(isometries) = coupling.stabilizer().isometries() else {
                panic!("{cloud:?}")
            };
            let (answer, guess) = (
                field(cloud.len(), 1.0, &mut rng),
                field(cloud.len(), 1.0, &mut rng),
            );
            let found = coupling.align(&answer, &guess).unwrap();
            assert!(coupling.stabilizer().contains(&found.element));
            let moved = loss(&guess, &Coupling::moved(&found.element, &answer));
            assert!(
                (moved - found.loss).abs() < 1e-12,
                "{moved} is not {}",
                found.loss
            );
            // All elements: isometries, and of points that coincide every exchange, drawn until all of the few have come.
            let order = coupling.stabilizer().ln_order().exp().round() as usize;
            assert!(order >= isometries.elements().count());
            let draws = (0..20 * order)
                .map(|_| coupling.stabilizer().sample(&mut rng))
                .collect::<Vec<_>>();
            let least = draws
                .iter()
                .map(|s| loss(&guess, &Coupling::moved(s, &answer)))
                .fold(f64::INFINITY, f64::min);
            // The chance that the best of n is not among 20·n draws is e⁻²⁰.
            assert!(
                (found.loss - least).abs() < 1e-9,
                "{cloud:?}: {} is not {least}",
                found.loss
            );
        }
    }
}

#[test]
fn of_infinitely_many_elements_none_leaves_less() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for cloud in infinite() {
        for group in [OrthogonalGroup::full(), OrthogonalGroup::special()] {
            let coupling = coupling(&cloud, group);
            for _ in 0..20 {
                let (answer, guess) = (
                    field(cloud.len(), 1.0, &mut rng),
                    field(cloud.len(), 1.0, &mut rng),
                );
                let found = coupling.align(&answer, &guess).unwrap();
                assert!(coupling.stabilizer().contains(&found.element), "{cloud:?}");
                assert!((loss(&guess, &Coupling::moved(&found.element, &answer)) - found.loss).abs() < 1e-12);
                let draws = (0..2000).map(|_| coupling.stabilizer().sample(&mut rng));
                let least = draws
                    .map(|s| loss(&guess, &Coupling::moved(&s, &answer)))
                    .fold(f64::INFINITY, f64::min);
                assert!(
                    found.loss <= least + 1e-12,
                    "{cloud:?}: {} is more than {least}",
                    found.loss
                );
            }
        }
    }
}

/// Whatever symmetric copy the guess is, it is found, to rounding; and moving the answer within its orbit changes no loss.
#[test]
fn copies_are_found_on_any_scale() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut clouds = infinite();
    clouds.push(polyhedron("Ih", [0.0, 1.0, (1.0 + 5f64.sqrt()) / 2.0]));
    clouds.push(PointCloud::of_one_type(rings(&[(3, 1.0, 0.0, 0.5), (3, 0.5, 0.3, -0.5)])).unwrap());
    for cloud in &clouds {
        let coupling = coupling(cloud, OrthogonalGroup::full());
        for scale in [1e-150, 1e-12, 1.0, 1e12, 1e150] {
            let answer = field(cloud.len(), scale, &mut rng);
            let s = coupling.stabilizer().sample(&mut rng);
            let copy = Coupling::moved(&s, &answer);
            let found = coupling.align(&answer, &copy).unwrap();
            assert!(
                found.loss <= 1e-18 * scale * scale,
                "{cloud:?}, {scale}: {}",
                found.loss
            );
            let guess = field(cloud.len(), scale, &mut rng);
            let [a, b] = [&answer, &copy].map(|answer| coupling.align(answer, &guess).unwrap().loss);
            assert!((a - b).abs() <= 1e-9 * scale * scale, "{cloud:?}: {a} and {b}");
        }
        let zero = vec![[0.0; 3]; cloud.len()];
        assert_eq!(coupling.align(&zero, &zero).unwrap().loss, 0.0);
    }
}

#[test]
fn in_the_plane() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let place = |k: usize, n: usize| {
        let (sin, cos) = (k as f64 / n as f64 * std::f64::consts::TAU).sin_cos();
        [cos, sin]
    };
    let clouds = [
        (0..5).map(|k| place(k, 5)).collect::<Vec<[f64; 2]>>(),
        vec![[2.0, 1.0]],
        vec![[2.0, 1.0]; 3],
        vec![[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]],
    ];
    for positions in clouds {
        let cloud = PointCloud::of_one_type(positions).unwrap();
        for group in [OrthogonalGroup::full(), OrthogonalGroup::special()] {
            let coupling = coupling(&cloud, group);
            let (answer, guess) = (
                field(cloud.len(), 1.0, &mut rng),
                field(cloud.len(), 1.0, &mut rng),
            );
            let found = coupling.align(&answer, &guess).unwrap();
            let draws = (0..5000).map(|_| coupling.stabilizer().sample(&mut rng));
            let least = draws
                .map(|s| loss(&guess, &Coupling::moved(&s, &answer)))
                .fold(f64::INFINITY, f64::min);
            assert!(
                found.loss <= least + 1e-12 && least - found.loss < 1e-2,
                "{cloud:?}: {} and {least}",
                found.loss
            );
            assert!(coupling.stabilizer().contains(&found.element));
        }
    }
}

#[test]
fn what_cannot_be_aligned_is_said() {
    let pair = of_elements(&[(6, [0.0; 3]), (8, [0.0, 0.0, 1.1])]);
    let found = coupling(&pair, OrthogonalGroup::full());
    let error = found.align(&[[0.0; 3]], &[[0.0; 3]; 2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer at points has 1 entries, expected 2"
    );
    let error = found
        .align(&[[0.0; 3]; 2], &[[0.0; 3], [0.0, f64::NAN, 0.0]])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "coordinate 1 of point 1 is NaN, expected a finite number up to 1e300"
    );
    let heap = PointCloud::of_one_type(vec![Vector3::zeros().into(); 12]).unwrap();
    let symmetry = PointSearch::default().run(&heap).unwrap();
    let error = Coupling::new(&symmetry, OrthogonalGroup::full()).unwrap_err();
    assert!(matches!(error, CanonError::GroupTooLarge { .. }), "{error}");
    let s = found.align(&[[0.0; 3]; 2], &[[0.0; 3]; 2]).unwrap().element;
    assert_eq!(s.compose(&s.inverse()), s.identity());
}
