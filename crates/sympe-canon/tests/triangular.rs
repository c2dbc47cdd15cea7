//! Fields on a torus of the triangular lattice, against brute force over the whole group.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use std::collections::{BTreeSet, HashMap};
use sympe_canon::check::{check_inversion, check_kernel_equivariance, check_uniformity, coset};
use sympe_canon::lattice::{TriangularField, TriangularSymmetry};
use sympe_canon::{CanonError, Canonicalizer, Exact};
use sympe_groups::laws::{check_action, check_finite_subgroup};
use sympe_groups::triangular::{TriangularElement, TriangularGroup, TriangularWallpaper};
use sympe_groups::{Action, FiniteSubgroup, Group, Subgroup};

type Field = TriangularField<i64>;

/// The form and the order of the stabilizer, which must be the one of brute force.
fn check(group: &TriangularGroup, field: &Field) -> (Field, u64) {
    let found = TriangularSymmetry::new(group.clone())
        .canonicalize(field)
        .unwrap();
    let stabilizer: BTreeSet<TriangularElement> =
        group.elements().filter(|g| g.act(field) == *field).collect();
    let elements: Vec<TriangularElement> = found.stabilizer.elements().collect();
    assert_eq!(elements.len(), stabilizer.len(), "{group}: {field:?}");
    assert_eq!(
        elements.iter().copied().collect::<BTreeSet<_>>(),
        stabilizer,
        "{group}: {field:?}"
    );
    assert_eq!(found.stabilizer.order(), stabilizer.len() as u64);
    assert!(elements.iter().all(|g| found.stabilizer.contains(g)));
    (found.element.inverse().act(field), elements.len() as u64)
}

#[test]
fn every_small_field_has_one_form_per_orbit_and_the_right_stabilizer() {
    for wallpaper in TriangularWallpaper::ALL {
        for (side, states) in [(1, 5), (2, 3), (3, 2)] {
            let group = TriangularGroup::new(wallpaper, side).unwrap();
            let (sites, mut burnside) = (side * side, 0);
            let mut forms = HashMap::<Field, (u64, u64)>::new();
            for code in 0..u64::pow(states, sites) {
                let value = |site| (code / states.pow(site) % states) as i64;
                let field = TriangularField::new(side)
                    .with_sites((0..sites).map(value).collect())
                    .unwrap();
                let (form, order) = check(&group, &field);
                let (size, of_form) = forms.entry(form).or_insert((0, order));
                assert_eq!(*of_form, order);
                *size += 1;
                burnside += order;
            }
            // Burnside's lemma: as many orbits as fixed points per element.
            assert_eq!(forms.len() as u64 * group.order(), burnside, "{group}");
            // Orbit–stabilizer, for each orbit.
            for (form, (size, order)) in forms {
                assert_eq!(size * order, group.order(), "{group}: {form:?}");
            }
        }
    }
}

/// Couplings on bonds, an odd field and an even one; few values in patterns, so that symmetries are likely.
fn random(side: u32, rng: &mut ChaCha8Rng) -> Field {
    let sites = side * side;
    let mut values = || -> Vec<i64> {
        let modulus = rng.random_range(1..=3u32);
        let (a, b) = (rng.random_range(0..modulus), rng.random_range(0..modulus));
        let pattern: Vec<i64> = (0..modulus).map(|_| rng.random_range(-1..=1)).collect();
        let at = |site: u32| pattern[((a * (site / side) + b * (site % side)) % modulus) as usize];
        let mut values: Vec<i64> = (0..sites).map(at).collect();
        if rng.random_bool(0.2) {
            values[rng.random_range(0..sites) as usize] += 1;
        }
        values
    };
    let field = TriangularField::new(side).with_odd_sites(values()).unwrap();
    let field = field.with_sites(values()).unwrap();
    let bonds = values();
    let uniform = vec![1; sites as usize];
    match rng.random_range(0..3) {
        0 => field,
        1 => field.with_bonds([uniform.clone(), uniform, bonds]).unwrap(),
        _ => field.with_bonds([bonds.clone(), bonds.clone(), bonds]).unwrap(),
    }
}

#[test]
fn fields_with_bonds_and_spin_flips_agree_with_brute_force() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for side in 1..=6 {
        for wallpaper in TriangularWallpaper::ALL {
            let group = TriangularGroup::new(wallpaper, side).unwrap();
            for group in [group.clone(), group.with_spin_flip()] {
                for _ in 0..12 {
                    let field = random(side, &mut rng);
                    let form = check(&group, &field);
                    for _ in 0..4 {
                        let (k, l) = (group.sample(&mut rng), group.sample(&mut rng));
                        check_action(&k, &l, &field).unwrap();
                        assert_eq!(check(&group, &k.act(&field)), form, "{group}: {k}");
                    }
                }
            }
        }
    }
}

#[test]
fn draws_invert_and_are_uniform() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let symmetry = TriangularSymmetry::new("p6m(3x3) x Z2".parse().unwrap());
    let three = (0..9).map(|site| (site / 3 + site % 3) % 3 - 1).collect();
    let stripes = TriangularField::new(3).with_odd_sites(vec![0; 9]).unwrap();
    let stripes = stripes
        .with_bonds([vec![1; 9], vec![-1; 9], vec![-1; 9]])
        .unwrap();
    for field in [TriangularField::new(3).with_odd_sites(three).unwrap(), stripes] {
        let found = symmetry.canonicalize(&field).unwrap();
        check_finite_subgroup(&found.stabilizer).unwrap();
        let relabellings: Vec<TriangularElement> =
            (0..20).map(|_| symmetry.group().sample(&mut rng)).collect();
        let kernel = Exact(symmetry.clone());
        let form = check_inversion(&kernel, &field, &relabellings, 50, &mut rng).unwrap();
        assert_eq!(form, found.element.inverse().act(&field));
        for k in &relabellings {
            check_kernel_equivariance(&symmetry, &field, k).unwrap();
        }
        let chi_square = check_uniformity(&kernel, &field, &coset(&found), 4000, &mut rng).unwrap();
        assert!(chi_square.p_value() > 0.01, "{chi_square:?}");
    }
    let error = symmetry
        .canonicalize(&TriangularField::<i64>::new(4))
        .unwrap_err();
    assert_eq!(
        error,
        CanonError::WrongShape {
            got: [4, 4],
            want: [3, 3]
        }
    );
}
