//! Canonical forms by listing a group, under permutations and under matrices.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sympe_canon::check::{check_inversion, check_kernel_equivariance, check_uniformity, coset};
use sympe_canon::{CanonError, Canonicalizer, Exact, OrbitMinimum};
use sympe_groups::laws::check_finite_subgroup;
use sympe_groups::nalgebra::Vector3;
use sympe_groups::{Action, Group, PermGroup, Permutation, PointGroup, Subgroup};

#[test]
fn words_under_permutations() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let generators = ["(0 1 2 3 4 5)", "(1 5)(2 4)"].map(|text| Permutation::parse(text, 6).unwrap());
    let dihedral = PermGroup::new(6, generators.to_vec()).unwrap();
    let canonicalizer = OrbitMinimum::new(dihedral.clone(), Vec::<u8>::clone);
    for _ in 0..200 {
        let word: Vec<u8> = (0..6).map(|_| rng.random_range(0..2)).collect();
        let word = &word[..];
        let k = dihedral.sample(&mut rng);
        let found = canonicalizer.canonicalize(word).unwrap();
        check_finite_subgroup(&found.stabilizer).unwrap();
        check_kernel_equivariance(&canonicalizer, word, &k).unwrap();
        let form = check_inversion(&Exact(canonicalizer.clone()), word, &[k], 10, &mut rng).unwrap();
        assert_eq!(Some(form), dihedral.elements().map(|g| g.act(word)).min());
        let support = coset(&found);
        let test = check_uniformity(&Exact(canonicalizer.clone()), word, &support, 240, &mut rng).unwrap();
        assert!(test.p_value() > 1e-6, "{test:?}");
    }
}

#[test]
fn vectors_under_matrices() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let group = "Oh".parse::<PointGroup>().unwrap().matrix_group().unwrap();
    // An irrational step, so that no coordinate lies between two.
    let key = |v: &Vector3<f64>| -> [i64; 3] { v.map(|x| (x / 0.000_618_034).round() as i64).into() };
    let canonicalizer = OrbitMinimum::new(group.clone(), key);
    for (place, order) in [
        (Vector3::new(0.3, 0.5, 0.9), 1),
        (Vector3::new(0.3, 0.3, 0.9), 2),
        (Vector3::new(0.0, 0.0, 1.0), 8),
        (Vector3::new(1.0, 1.0, 1.0), 6),
        (Vector3::zeros(), 48),
    ] {
        let k = group.sample(&mut rng);
        let found = canonicalizer.canonicalize(&place).unwrap();
        assert!((found.stabilizer.ln_order() - f64::from(order).ln()).abs() < 1e-12);
        assert_eq!(
            check_kernel_equivariance(&canonicalizer, &place, &k).unwrap(),
            order as usize
        );
        let forms = [place, k.act(&place)].map(|x| {
            let drawn = canonicalizer.canonicalize(&x).unwrap().sample(&mut rng);
            drawn.inverse().act(&x)
        });
        assert!((forms[0] - forms[1]).norm() < 1e-12);
    }
}

#[test]
fn groups_that_are_too_large_are_refused() {
    let error = OrbitMinimum::new(PermGroup::symmetric(20), Vec::<u8>::clone)
        .canonicalize(&[0; 20][..])
        .unwrap_err();
    assert!(matches!(error, CanonError::GroupTooLarge { .. }), "{error}");
}
