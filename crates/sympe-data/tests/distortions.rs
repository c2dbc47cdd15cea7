//! What symmetric clouds turn into, against the symmetry that the search finds.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sympe_canon::points::{Coupling, EuclideanSymmetry, PointCloud, PointSearch, Tolerance};
use sympe_canon::{Canonicalizer, Exact, InversionKernel};
use sympe_data::Dataset;
use sympe_data::distortions::{Distortion, Distortions, Parent, Variants};
use sympe_groups::{Action, ChiSquare, ClosedSubgroup, Euclidean, FiniteSubgroup, Group, OrthogonalGroup};

/// The displacement moved by an isometry of the cloud: vectors turn, points go where the isometry takes them.
fn moved(sample: &Distortion, motion: &Euclidean<3>) -> Vec<[f64; 3]> {
    let places = sample.cloud.positions();
    let turned = motion.orthogonal().act(&sample.displacement[..]);
    let to = motion.act(places);
    let mut displacement = vec![[f64::NAN; 3]; places.len()];
    for (vector, place) in turned.into_iter().zip(to) {
        let distance = |other: &[f64; 3]| (0..3).map(|a| (other[a] - place[a]).powi(2)).sum::<f64>();
        let nearest = (0..places.len())
            .min_by(|&i, &j| distance(&places[i]).total_cmp(&distance(&places[j])))
            .unwrap();
        displacement[nearest] = vector;
    }
    displacement
}

#[test]
fn variants_are_the_orbit_of_the_displacement_under_the_stabilizer() {
    let symmetry = EuclideanSymmetry::new(OrthogonalGroup::full(), Tolerance::default());
    for parent in Parent::ALL {
        for sample in (0..6).map(|i| Distortions::new(parent, 6, 3).unwrap().get(i).unwrap()) {
            let stabilizer = symmetry.canonicalize(&sample.cloud).unwrap().stabilizer;
            let center = *stabilizer.center();
            let mut met = [false; 6];
            let Variants::Finite(variants) = &sample.variants else {
                assert!(matches!(stabilizer.group(), ClosedSubgroup::Axial(_)), "{parent}");
                continue;
            };
            let ClosedSubgroup::Finite(group) = stabilizer.group() else {
                panic!("{parent}: finite")
            };
            for element in group.elements() {
                let motion = Euclidean::about(center, element).unwrap();
                let nearest = sample.variants.nearest(&moved(&sample, &motion));
                assert!(nearest.distance < 1e-20, "{parent}: {nearest:?}");
                met[nearest.variant] = true;
            }
            assert_eq!(met.iter().filter(|met| **met).count(), variants.len(), "{parent}");
        }
    }
}

#[test]
fn draws_of_the_stabilizer_of_a_beam_reach_every_direction_of_its_circle() {
    let sample = Parent::Beam.draw(&mut ChaCha8Rng::seed_from_u64(1));
    let kernel = Exact(EuclideanSymmetry::new(
        OrthogonalGroup::full(),
        Tolerance::default(),
    ));
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let first = kernel.draw(&sample.cloud, &mut rng).unwrap();
    let mut eighths = [0u64; 8];
    for _ in 0..800 {
        let other = kernel.draw(&sample.cloud, &mut rng).unwrap();
        let nearest = sample
            .variants
            .nearest(&moved(&sample, &other.compose(&first.inverse())));
        assert!(nearest.distance < 1e-20, "{nearest:?}");
        let turns = nearest.angle / (2.0 * std::f64::consts::PI) + 0.5;
        eighths[((turns * 8.0) as usize).min(7)] += 1;
    }
    assert!(ChiSquare::uniform(&eighths).p_value() > 1e-3, "{eighths:?}");
}

#[test]
fn distortions_lose_the_symmetry_that_is_known() {
    let symbol = |cloud: &PointCloud<3>| PointSearch::default().run(cloud).unwrap().symbol().to_string();
    for (parent, before, after) in [
        (Parent::Square, "D4h", &["D2h"][..]),
        (Parent::Octahedron, "Oh", &["D4h"]),
        (Parent::Ammonia, "D3h", &["C3v"]),
        (Parent::Benzene, "D6h", &["C2v", "C2v", "D2h"]),
        (Parent::Beam, "Dinfh", &["C2v"]),
        (Parent::Ring, "D12h", &["D2h", "D3h"]),
    ] {
        for index in 0..12 {
            let sample = Distortions::new(parent, 12, 5).unwrap().get(index).unwrap();
            let condition = sample.conditions.iter().position(|x| *x == 1.0).unwrap_or(0);
            assert_eq!(symbol(&sample.cloud), before);
            assert_eq!(
                symbol(&sample.distorted().unwrap()),
                after[condition],
                "{parent} {condition}"
            );
        }
    }
}

#[test]
fn variants_come_equally_often_and_are_of_one_size() {
    let benzenes = Distortions::new(Parent::Benzene, 3000, 9).unwrap();
    let mut counts = [vec![0; 6], vec![0; 6], vec![0; 3]];
    for index in 0..benzenes.len() {
        let sample = benzenes.get(index).unwrap();
        let condition = sample.conditions.iter().position(|x| *x == 1.0).unwrap();
        let Variants::Finite(variants) = &sample.variants else {
            panic!("finite")
        };
        for variant in variants {
            let size: f64 = variant.iter().flatten().map(|x| x * x).sum();
            assert!((size - sample.variants.size()).abs() < 1e-12);
        }
        counts[condition][sample.variants.nearest(&sample.displacement).variant] += 1;
    }
    for counts in counts {
        assert!(ChiSquare::uniform(&counts).p_value() > 1e-3, "{counts:?}");
    }
    assert_eq!(Parent::Benzene.variants(2), Some(3));
    assert_eq!(Parent::Beam.variants(0), None);
    let error = Distortions::new(Parent::Beam, 0, 1).unwrap_err().to_string();
    assert_eq!(error, "number of distortions is 0, expected at least 1");
}

/// What a user does whose data say one right answer: its copies under the stabilizer, which know nothing of the pattern.
#[test]
fn the_nearest_variant_is_the_nearest_copy_under_the_stabilizer() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for parent in Parent::ALL {
        for _ in 0..4 {
            let sample = parent.draw(&mut rng);
            let symmetry = PointSearch::default().run(&sample.cloud).unwrap();
            let coupling = Coupling::new(&symmetry, OrthogonalGroup::full()).unwrap();
            let answer: Vec<[f64; 3]> = (sample.cloud.positions().iter())
                .map(|_| std::array::from_fn(|_| rng.random_range(-1.0..1.0)))
                .collect();
            let aligned = coupling.align(&sample.displacement, &answer).unwrap();
            let nearest = sample.variants.nearest(&answer);
            let scale = nearest.distance.max(1.0);
            assert!((aligned.loss - nearest.distance).abs() < 1e-9 * scale, "{parent}");
        }
    }
}
