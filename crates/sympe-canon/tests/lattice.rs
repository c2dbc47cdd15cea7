//! Fields on a torus, against brute force over the whole group.

mod common;

use common::data;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use sympe_canon::check::{check_inversion, check_kernel_equivariance, check_uniformity, coset};
use sympe_canon::lattice::{LatticeField, LatticeSymmetry};
use sympe_canon::{Canonicalizer, Exact};
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Reach, Wallpaper};
use sympe_groups::laws::{check_action, check_finite_subgroup};
use sympe_groups::{Action, FiniteSubgroup, Group, Subgroup};

type Field = LatticeField<i64>;

/// The form, and whether coset and stabilizer are those of brute force.
fn check(group: &LatticeGroup, field: &Field) -> Field {
    let found = LatticeSymmetry::new(group.clone()).canonicalize(field).unwrap();
    let form = found.element.inverse().act(field);
    let stabilizer: BTreeSet<LatticeElement> = group.elements().filter(|g| g.act(field) == *field).collect();
    let elements: Vec<LatticeElement> = found.stabilizer.elements().collect();
    assert_eq!(elements.len(), stabilizer.len(), "{group}: {field:?}");
    assert_eq!(
        elements.iter().copied().collect::<BTreeSet<_>>(),
        stabilizer,
        "{group}: {field:?}"
    );
    assert_eq!(found.stabilizer.order(), stabilizer.len() as u64);
    assert!(elements.iter().all(|g| found.stabilizer.contains(g)));
    form
}

/// Every field of one site channel with `states` values.
fn all_fields(rows: u32, columns: u32, states: u64) -> impl Iterator<Item = Field> {
    let sites = rows * columns;
    (0..states.pow(sites)).map(move |code| {
        let values = (0..sites)
            .map(|site| (code / states.pow(site) % states) as i64)
            .collect();
        LatticeField::new(rows, columns).with_sites(values).unwrap()
    })
}

#[test]
fn every_small_field_has_one_form_per_orbit_and_the_right_stabilizer() {
    let cases = [
        (Wallpaper::P4m, 2, 2, 3),
        (Wallpaper::P4m, 3, 3, 2),
        (Wallpaper::P4, 3, 3, 2),
        (Wallpaper::P2mm, 2, 4, 2),
        (Wallpaper::P2, 3, 2, 3),
        (Wallpaper::Pm, 2, 3, 3),
        (Wallpaper::P1, 1, 6, 3),
    ];
    for (wallpaper, rows, columns, states) in cases {
        let group = LatticeGroup::new(wallpaper, rows, columns).unwrap();
        let (mut forms, mut burnside) = (HashMap::<Field, u64>::new(), 0);
        for field in all_fields(rows, columns, states) {
            let form = check(&group, &field);
            *forms.entry(form).or_default() += 1;
            burnside += group.elements().filter(|g| g.act(&field) == field).count() as u64;
        }
        // Burnside's lemma: as many orbits as fixed points per element.
        assert_eq!(forms.len() as u64 * group.order(), burnside, "{group}");
        // Orbit–stabilizer, for each orbit.
        for (form, size) in forms {
            let stabilizer = group.elements().filter(|g| g.act(&form) == form).count() as u64;
            assert_eq!(size * stabilizer, group.order(), "{group}: {form:?}");
        }
    }
}

/// Couplings on bonds, an odd field and an even one; few values, so that symmetries are likely.
fn random(rows: u32, columns: u32, rng: &mut ChaCha8Rng) -> Field {
    let sites = (rows * columns) as usize;
    let period = rng.random_range(1..=3usize);
    let mut values = |count: i64| -> Vec<i64> {
        let pattern: Vec<i64> = (0..period).map(|_| rng.random_range(-count..=count)).collect();
        let mut values: Vec<i64> = (0..sites)
            .map(|site| pattern[site % columns as usize % period])
            .collect();
        if rng.random_bool(0.3) {
            values[rng.random_range(0..sites)] += 1;
        }
        values
    };
    let (odd, even) = (values(1), values(1));
    let odd = if rng.random_bool(0.5) { vec![0; sites] } else { odd };
    let uniform = |value| vec![value; sites];
    let field = LatticeField::new(rows, columns)
        .with_odd_sites(odd)
        .unwrap()
        .with_sites(even)
        .unwrap();
    let (down, right) = if rng.random_bool(0.5) {
        (
            uniform(rng.random_range(-1..=1)),
            uniform(rng.random_range(-1..=1)),
        )
    } else {
        (
            (0..sites).map(|_| rng.random_range(0..2)).collect(),
            (0..sites).map(|_| rng.random_range(0..2)).collect(),
        )
    };
    let field = field.with_bonds(down, right).unwrap();
    // Bonds that reach further, in one of three fields.
    let reach = Reach::ALL[rng.random_range(0..Reach::ALL.len())];
    let stripes = (0..sites).map(|site| (site % period) as i64 % 2).collect();
    let further = [uniform(rng.random_range(-1..=1)), stripes];
    if reach == Reach::Nearest {
        field
    } else {
        field.with_bonds_of(reach, further).unwrap()
    }
}

#[test]
fn fields_with_bonds_and_spin_flips_agree_with_brute_force() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (rows, columns) in [
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 4),
        (5, 5),
        (6, 6),
        (2, 3),
        (4, 6),
        (1, 5),
    ] {
        for wallpaper in Wallpaper::ALL {
            let Ok(group) = LatticeGroup::new(wallpaper, rows, columns) else {
                continue;
            };
            for group in [group.clone(), group.with_spin_flip()] {
                for _ in 0..15 {
                    let field = random(rows, columns, &mut rng);
                    let form = check(&group, &field);
                    for _ in 0..5 {
                        let (k, l) = (group.sample(&mut rng), group.sample(&mut rng));
                        check_action(&k, &l, &field).unwrap();
                        assert_eq!(check(&group, &k.act(&field)), form, "{group}: {k:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn draws_invert_and_are_uniform() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let group: LatticeGroup = "p4m(4x4) x Z2".parse().unwrap();
    let uniform = LatticeField::new(4, 4)
        .with_odd_sites(vec![0; 16])
        .unwrap()
        .with_bonds(vec![1; 16], vec![-1; 16])
        .unwrap();
    let stripes = LatticeField::new(4, 4)
        .with_sites((0..16).map(|site| site / 4 % 2).collect())
        .unwrap();
    let symmetry = LatticeSymmetry::new(group);
    for field in [uniform, stripes] {
        let found = symmetry.canonicalize(&field).unwrap();
        check_finite_subgroup(&found.stabilizer).unwrap();
        let relabellings: Vec<LatticeElement> = (0..20).map(|_| symmetry.group().sample(&mut rng)).collect();
        let kernel = Exact(symmetry.clone());
        let form = check_inversion(&kernel, &field, &relabellings, 50, &mut rng).unwrap();
        assert_eq!(form, found.element.inverse().act(&field));
        for k in &relabellings {
            check_kernel_equivariance(&symmetry, &field, k).unwrap();
        }
        let chi_square = check_uniformity(&kernel, &field, &coset(&found), 10_000, &mut rng).unwrap();
        assert!(chi_square.p_value() > 0.01, "{chi_square:?}");
    }
}

#[test]
fn a_large_field_is_no_trouble() {
    let (rows, columns) = (256, 256);
    let sites = (rows * columns) as usize;
    let symmetry = LatticeSymmetry::new(LatticeGroup::new(Wallpaper::P4m, rows, columns).unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let spins: Vec<i64> = (0..sites).map(|_| rng.random_range(0..2)).collect();
    let cases = [
        (spins, 1),
        (vec![1; sites], 8 * sites as u64),
        ((0..sites as i64).map(|s| s / 256 % 2).collect(), 131_072),
    ];
    for (values, order) in cases {
        let field = LatticeField::new(rows, columns).with_sites(values).unwrap();
        assert_eq!(symmetry.canonicalize(&field).unwrap().stabilizer.order(), order);
    }
}

#[test]
fn floats_are_symmetric_within_the_tolerance() {
    let noisy: Vec<f32> = (0..16)
        .map(|site| (site % 2) as f32 + 1e-4 * ((site * 7 % 5) as f32 - 2.0))
        .collect();
    let field = LatticeField::new(4, 4).with_sites(noisy).unwrap();
    let symmetry = LatticeSymmetry::new("p1(4x4)".parse().unwrap());
    let order = |tolerance| {
        symmetry
            .canonicalize(&field.quantized(tolerance).unwrap())
            .unwrap()
            .stabilizer
            .order()
    };
    assert_eq!((order(0.1), order(1e-5)), (8, 1));
    let error = LatticeField::new(1, 1)
        .with_sites(vec![f32::NAN])
        .unwrap()
        .quantized(0.1)
        .unwrap_err();
    assert!(error.to_string().contains("value NaN"), "{error}");
    for tolerance in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        let field = LatticeField::new(1, 1).with_sites(vec![1.0f64]).unwrap();
        let error = field.quantized(tolerance).unwrap_err().to_string();
        assert!(
            error.contains(&format!("the tolerance is {tolerance}")),
            "{error}"
        );
    }
    let error = LatticeField::new(2, 2).with_sites(vec![0; 3]).unwrap_err();
    assert_eq!(error.to_string(), "values on sites has 3 entries, expected 4");
    // Also where the numbers of sites are equal.
    for (shape, expected) in [
        ([3, 3], "the field has 3 × 3 sites, expected 4 × 4"),
        ([2, 8], "the field has 2 × 8 sites, expected 4 × 4"),
        ([8, 2], "the field has 8 × 2 sites, expected 4 × 4"),
        ([1, 16], "the field has 1 × 16 sites, expected 4 × 4"),
    ] {
        let sites = vec![0i64; (shape[0] * shape[1]) as usize];
        let wrong = LatticeField::new(shape[0], shape[1]).with_sites(sites).unwrap();
        assert_eq!(symmetry.canonicalize(&wrong).unwrap_err().to_string(), expected);
    }
}

/// Checks the fields of a folder against the orders of their stabilizers; returns the number of orders.
fn fields_agree_with_their_stabilizers(folder: &Path) -> usize {
    let data: serde_json::Value = serde_json::from_str(&data::read(&folder.join("lattices.json"))).unwrap();
    let mut seen = 0;
    for case in data["cases"].as_array().unwrap() {
        let values = |key: &str| -> Vec<i64> {
            case[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|value| value.as_i64().unwrap())
                .collect()
        };
        let [rows, columns] = [0, 1].map(|axis| case["shape"][axis].as_u64().unwrap() as u32);
        let field = LatticeField::new(rows, columns);
        let field = match case["field"].as_str().unwrap() {
            "node" => field.with_sites(values("values")).unwrap(),
            // h leads to the next column, v to the next row.
            _ => field.with_bonds(values("v"), values("h")).unwrap(),
        };
        for (name, order) in case["stab"].as_object().unwrap() {
            let group = LatticeGroup::new(name.parse().unwrap(), rows, columns).unwrap();
            let stabilizer = LatticeSymmetry::new(group)
                .canonicalize(&field)
                .unwrap()
                .stabilizer;
            assert_eq!(
                stabilizer.order(),
                order.as_u64().unwrap(),
                "{} under {name}",
                case["name"]
            );
            seen += 1;
        }
    }
    seen
}

#[test]
fn fields_have_stabilizers_of_known_orders() {
    assert_eq!(fields_agree_with_their_stabilizers(&data::fixtures()), 35);
    if let Some(folder) = data::folder() {
        let seen = fields_agree_with_their_stabilizers(&folder);
        assert!(seen > 100, "{seen} cases only");
    }
}
