//! Magnets with structure: ground states that are known, against enumeration and the transfer matrix.

use proptest::prelude::*;
use std::collections::HashSet;
use sympe_canon::Canonicalizer;
use sympe_canon::lattice::LatticeSymmetry;
use sympe_data::formats::lattice::json;
use sympe_data::ising::{
    Annealer, Couplings, FullyFrustrated, KnownMagnet, Pattern, Superlattice, Uniform, exact,
};
use sympe_data::{DataError, Dataset};
use sympe_groups::lattice::{LatticeGroup, Reach, Wallpaper};
use sympe_groups::laws::check_action;
use sympe_groups::{Action, FiniteSubgroup};

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * (1.0 + a.abs())
}

fn negated(spins: &[i8]) -> Vec<i8> {
    spins.iter().map(|spin| -spin).collect()
}

/// `[G : Stab(x)]`.
fn index(group: &str, couplings: &Couplings) -> u64 {
    let symmetry = LatticeSymmetry::new(group.parse().unwrap());
    let field = couplings.to_lattice_field().quantized(1e-6).unwrap();
    symmetry.group().order() / symmetry.canonicalize(&field).unwrap().stabilizer.order()
}

fn superlattice(count: usize, side: u32, pattern: Pattern, cell: u32) -> Superlattice {
    Superlattice::new(count, [side, side], pattern, cell, 5).unwrap()
}

#[test]
fn a_superlattice_has_two_ground_states_and_its_strength_as_energy() {
    let mut seen = HashSet::new();
    for pattern in Pattern::ALL {
        for (side, cell) in [(4, 1), (4, 2), (4, 4), (8, 1), (8, 2), (8, 4), (8, 8)] {
            if !pattern.fits([side, side], cell) {
                assert!(Superlattice::new(1, [side, side], pattern, cell, 0).is_err());
                continue;
            }
            let data = superlattice(6, side, pattern, cell);
            for index in 0..data.len() {
                let (couplings, spins) = (data.get(index).unwrap(), data.spins(index).unwrap());
                let energy = -f64::from(couplings.down()[0].abs()) - f64::from(couplings.right()[0].abs());
                let mut expected = vec![spins.clone(), negated(&spins)];
                expected.sort_unstable();
                if side == 4 {
                    assert_eq!(exact::enumerate(&couplings, 2).unwrap(), expected);
                }
                let found = exact::unfrustrated_states(&couplings, 2).unwrap().unwrap();
                assert_eq!(found, expected);
                let ground = exact::unfrustrated(&couplings).unwrap();
                assert!(close(ground.energy, energy) && expected.contains(&ground.spins));
                if index == 0 {
                    assert!(close(exact::transfer(&couplings).unwrap().energy, energy));
                }
                seen.insert((pattern, cell));
            }
        }
    }
    assert_eq!(seen.len(), 3 + 3 + 3 + 4);
}

#[test]
fn the_index_of_the_stabilizer_grows_with_the_cell() {
    let indices = |pattern, cell| -> HashSet<u64> {
        let data = superlattice(20, 8, pattern, cell);
        (0..data.len())
            .map(|i| index("p4m(8x8) x Z2", &data.get(i).unwrap()))
            .collect()
    };
    // Cells of k × k sites at a corner of which four plaquettes meet: k² places, and two directions.
    for (cell, expected) in [(1, 2), (2, 8), (4, 32)] {
        assert_eq!(indices(Pattern::Plaquettes, cell), HashSet::from([expected]));
    }
    for (cell, expected) in [(2, 4), (4, 8)] {
        assert_eq!(indices(Pattern::Stripes, cell), HashSet::from([expected]));
    }
    assert_eq!(indices(Pattern::Diagonal, 2), HashSet::from([8]));
    assert_eq!(indices(Pattern::Mattis, 2), HashSet::from([2, 8]));
    assert!(indices(Pattern::Mattis, 4).contains(&128));
    assert!(indices(Pattern::Mattis, 8).contains(&512));
    // Without a direction of its own, the quarter turn is a symmetry, too.
    let equal = |pattern, cell| {
        let data = superlattice(1, 4, pattern, cell)
            .with_strength(1.0..=1.0, 1.0..=1.0)
            .unwrap();
        index("p4m(4x4)", &data.get(0).unwrap())
    };
    assert_eq!(equal(Pattern::Plaquettes, 2), 4);
    // One of four spins flipped.
    let rows = [[1, 1, 1, 1], [1, -1, 1, -1]].concat().repeat(2);
    assert_eq!(
        index("p4m(4x4)", &Couplings::mattis([4, 4], &rows, 1.0, 1.0).unwrap()),
        4
    );
}

#[test]
fn cells_lie_anywhere_and_items_depend_on_seed_and_index_only() {
    let data = superlattice(400, 8, Pattern::Plaquettes, 2);
    let places: HashSet<Vec<i8>> = (0..data.len()).map(|i| data.spins(i).unwrap()).collect();
    // Four rows and four columns to begin in, of which half are the other half flipped.
    assert_eq!(places.len(), 8);
    let stripes = superlattice(400, 8, Pattern::Stripes, 2);
    let rows = (0..400).filter(|&i| {
        let couplings = stripes.get(i).unwrap();
        couplings.right().iter().all(|value| *value > 0.0)
    });
    let rows = rows.count();
    assert!((140..=260).contains(&rows), "{rows} of 400 along the rows");
    let get = |count, seed, index| {
        Superlattice::new(count, [4, 8], Pattern::Mattis, 4, seed)
            .unwrap()
            .get(index)
            .unwrap()
    };
    assert_eq!(get(100, 1, 7), get(8, 1, 7));
    assert_ne!(get(100, 1, 7), get(100, 1, 8));
    assert_ne!(get(100, 1, 7), get(100, 2, 7));
    let ratio = |couplings: Couplings| couplings.right()[0].abs() / couplings.down()[0].abs();
    let ratios: Vec<f32> = (0..400).map(|i| ratio(data.get(i).unwrap())).collect();
    assert!(ratios.iter().all(|ratio| (0.5..=1.5001).contains(ratio)));
    let mean = ratios.iter().sum::<f32>() / 400.0;
    // Five standard deviations of the mean of 400 uniform numbers.
    assert!((mean - 1.0).abs() < 5.0 * 0.29 / 20.0, "{mean}");
}

/// Signs and zeros: about half of these couplings are unfrustrated on tori this small.
fn signs() -> impl Strategy<Value = Couplings> {
    let shapes = vec![[1u32, 4], [2, 3], [3, 3], [3, 4], [4, 3], [2, 2], [1, 1], [2, 1]];
    proptest::sample::select(shapes).prop_flat_map(|shape| {
        let sites = (shape[0] * shape[1]) as usize;
        let spins = proptest::collection::vec(prop_oneof![Just(-1i8), Just(1)], sites);
        let kept = |share: f64| proptest::collection::vec(proptest::bool::weighted(share), sites);
        (
            spins,
            kept(0.6),
            kept(0.6),
            kept(0.15),
            0usize..2 * sites,
            proptest::bool::ANY,
        )
            .prop_map(move |(spins, down, right, field, odd, frustrate)| {
                let whole = Couplings::mattis(shape, &spins, 1.0, 2.0).unwrap();
                let keep = |values: &[f32], kept: &[bool]| -> Vec<f32> {
                    values
                        .iter()
                        .zip(kept)
                        .map(|(value, kept)| if *kept { *value } else { 0.0 })
                        .collect()
                };
                let (mut down, mut right) = (keep(whole.down(), &down), keep(whole.right(), &right));
                let spins: Vec<f32> = spins.iter().map(|&spin| f32::from(spin)).collect();
                if frustrate {
                    let bond = if odd < sites {
                        &mut down[odd]
                    } else {
                        &mut right[odd - sites]
                    };
                    *bond = -*bond;
                }
                Couplings::new(shape, down, right, keep(&spins, &field)).unwrap()
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn unfrustrated_ground_states_are_those_of_enumeration(couplings in signs()) {
        let expected = exact::enumerate(&couplings, 1 << 12).unwrap();
        let energy = couplings.energy(&expected[0]);
        match exact::unfrustrated_states(&couplings, 1 << 12).unwrap() {
            Some(states) => {
                prop_assert_eq!(&states, &expected);
                prop_assert_eq!(exact::unfrustrated(&couplings).unwrap().energy, energy);
            }
            None => {
                prop_assert_eq!(exact::unfrustrated(&couplings), None);
                // Some bond is not satisfied, or two between the same sites cancel each other; neither on its own site.
                let [rows, columns] = couplings.shape();
                let strength = |values: &[f32], own: bool| -> f64 {
                    let of_bond = |value: &f32| if own { f64::from(*value) } else { f64::from(value.abs()) };
                    values.iter().map(of_bond).sum()
                };
                let most = strength(couplings.down(), rows == 1)
                    + strength(couplings.right(), columns == 1)
                    + strength(couplings.field(), false);
                prop_assert!(energy * expected[0].len() as f64 > 0.5 - most, "{energy}, {most}");
            }
        }
        prop_assert_eq!(exact::ground_states(&couplings, 1 << 12).unwrap(), expected);
    }
}

#[test]
fn uniform_couplings_have_the_same_ground_states_by_every_way() {
    let data = Uniform::wide(60, [4, 4], 2)
        .unwrap()
        .with_field(0.0..=0.0)
        .unwrap();
    for i in 0..data.len() {
        let couplings = data.get(i).unwrap();
        let expected = exact::enumerate(&couplings, 10).unwrap();
        assert_eq!(exact::ground_states(&couplings, 10).unwrap(), expected);
        assert_eq!(
            exact::unfrustrated_states(&couplings, 10).unwrap().unwrap(),
            expected
        );
    }
}

#[test]
fn errors_name_value_and_expectation() {
    fn error<T: std::fmt::Debug>(result: Result<T, DataError>) -> String {
        result.unwrap_err().to_string()
    }
    let data = superlattice(1, 8, Pattern::Plaquettes, 2);
    let errors = [
        error(Superlattice::new(1, [8, 8], Pattern::Plaquettes, 3, 0)),
        error(Superlattice::new(1, [8, 8], Pattern::Mattis, 0, 0)),
        error(Superlattice::new(1, [0, 8], Pattern::Mattis, 1, 0)),
        error(data.clone().with_strength(-1.0..=1.0, 1.0..=1.0)),
        error(data.clone().with_strength(1.0..=1.0, f32::NAN..=1.0)),
        error(data.get(1)),
        error(Couplings::mattis([2, 2], &[1, 1, 1], 1.0, 1.0)),
        error(Couplings::mattis([2, 2], &[1, 0, 1, 1], 1.0, 1.0)),
        error(Couplings::mattis([2, 2], &[1; 4], f32::NAN, 1.0)),
        error(exact::unfrustrated_states(
            &Couplings::uniform([16, 16], 0.0, 0.0, 0.0).unwrap(),
            1 << 20,
        )),
        error(exact::ground_states(
            &Couplings::uniform([5, 5], -1.0, -1.0, 0.0).unwrap(),
            10,
        )),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r"
    cell of a superlattice is 3 (plaquettes) on 8 × 8 sites, expected at least 1, both sides multiples of it for mattis, of twice it for others
    cell of a superlattice is 0 (mattis) on 8 × 8 sites, expected at least 1, both sides multiples of it for mattis, of twice it for others
    shape of a torus is 0 × 8, expected at least one row and one column, and less than 2³¹ sites
    range of |J_down| is -1.0..=1.0, expected no negative numbers
    range of |J_right|/|J_down| is NaN..=1.0, expected from a finite number to one that is not smaller
    item 1 of a data set of 1
    spins of Mattis couplings is 3 values on 2 × 2 sites, expected ±1 per site
    spins of Mattis couplings is 0 at site 1, expected ±1 per site
    J_down is NaN at site 0, expected finite values
    number of ground states is more than 1048576, expected no more than the limit given
    number of sites to enumerate is 25, expected at most 24; see `transfer` and `Annealer` for more
    ");
}

/// Couplings of every reach there is, with numbers that differ everywhere.
fn of_every_reach(shape: [u32; 2]) -> Couplings {
    let sites = (shape[0] * shape[1]) as usize;
    let values = |from: usize| {
        (0..sites)
            .map(|site| ((from + 7 * site) % 23) as f32 - 11.0)
            .collect()
    };
    Couplings::new(shape, values(1), values(2), values(3))
        .and_then(|couplings| couplings.with_bonds(Reach::Diagonal, [values(4), values(5)]))
        .and_then(|couplings| couplings.with_bonds(Reach::Second, [values(6), values(8)]))
        .unwrap()
}

/// H by its definition, with coordinates.
fn energy_by_definition(couplings: &Couplings, spins: &[i8]) -> f64 {
    let [rows, columns] = couplings.shape().map(i64::from);
    let at =
        |i: i64, j: i64| f64::from(spins[(i.rem_euclid(rows) * columns + j.rem_euclid(columns)) as usize]);
    let steps = [
        (Reach::Nearest, [[1, 0], [0, 1]]),
        (Reach::Diagonal, [[1, 1], [1, -1]]),
        (Reach::Second, [[2, 0], [0, 2]]),
    ];
    let mut energy = 0.0;
    for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
        let site = (i * columns + j) as usize;
        energy -= f64::from(couplings.field()[site]) * at(i, j);
        for (reach, steps) in steps {
            for (values, [di, dj]) in couplings.bonds(reach).into_iter().flatten().zip(steps) {
                energy -= f64::from(values[site]) * at(i, j) * at(i + di, j + dj);
            }
        }
    }
    energy / (rows * columns) as f64
}

const SHAPES: [[u32; 2]; 8] = [[1, 1], [1, 4], [2, 2], [2, 3], [3, 3], [4, 3], [4, 4], [5, 5]];

#[test]
fn every_symmetry_keeps_the_energy_of_bonds_of_every_reach() {
    for shape @ [rows, columns] in SHAPES {
        let couplings = of_every_reach(shape);
        let spins: Vec<i8> = (0..couplings.sites())
            .map(|site| if site * 5 % 7 < 3 { 1 } else { -1 })
            .collect();
        let energy = couplings.energy(&spins);
        assert!(
            close(energy, energy_by_definition(&couplings, &spins)),
            "{shape:?}"
        );
        let wallpaper = if rows == columns {
            Wallpaper::P4m
        } else {
            Wallpaper::P2mm
        };
        let group = LatticeGroup::new(wallpaper, rows, columns)
            .unwrap()
            .with_spin_flip();
        for g in group.elements() {
            let moved = g.act(&couplings);
            assert!(
                close(moved.energy(&g.act(spins.as_slice())), energy),
                "{shape:?}: {g}"
            );
            assert_eq!(
                moved.to_lattice_field(),
                g.act(&couplings.to_lattice_field()),
                "{g}"
            );
        }
        let (a, b) = (group.elements().nth(1).unwrap(), group.elements().last().unwrap());
        check_action(&a, &b, &couplings).unwrap();
        for site in 0..spins.len() {
            let mut flipped = spins.clone();
            flipped[site] = -flipped[site];
            let rise = (couplings.energy(&flipped) - energy) * spins.len() as f64;
            let expected = 2.0 * f64::from(spins[site]) * couplings.local_field(&spins, site);
            assert!((rise - expected).abs() < 1e-9, "{shape:?}, site {site}");
        }
    }
}

/// Small numbers, so that there are ties; in every third case bonds of one reach only.
fn of_some_reach() -> impl Strategy<Value = Couplings> {
    let shapes = vec![
        [1u32, 1],
        [1, 2],
        [3, 1],
        [2, 2],
        [2, 3],
        [3, 3],
        [3, 4],
        [4, 3],
        [2, 5],
        [6, 2],
    ];
    (proptest::sample::select(shapes), 0..4usize).prop_flat_map(|(shape, kind)| {
        let sites = (shape[0] * shape[1]) as usize;
        let values = || proptest::collection::vec((-2i8..=2).prop_map(f32::from), sites);
        let field = prop_oneof![Just(vec![0.0; sites]), values()];
        let further = proptest::collection::vec(values(), 3);
        (values(), values(), field, further).prop_map(move |(down, right, field, further)| {
            let [one, two, three]: [Vec<f32>; 3] = further.try_into().unwrap();
            let none = vec![0.0; sites];
            let nearest = Couplings::new(shape, down, right, field).unwrap();
            let with = |couplings: Couplings, reach, values| couplings.with_bonds(reach, values).unwrap();
            match kind {
                0 => with(nearest, Reach::Diagonal, [one, two]),
                1 => with(nearest, Reach::Second, [one, none]),
                2 => with(nearest, Reach::Second, [none, one]),
                _ => {
                    let diagonal = with(nearest, Reach::Diagonal, [one, two]);
                    with(diagonal, Reach::Second, [none, three])
                }
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn transfer_and_enumeration_agree_where_bonds_reach_further(couplings in of_some_reach()) {
        let states = exact::enumerate(&couplings, 1 << 12).unwrap();
        let ground = exact::transfer(&couplings).unwrap();
        prop_assert!(states.contains(&ground.spins), "{:?}", ground);
        prop_assert_eq!(couplings.energy(&ground.spins), ground.energy);
        for code in 0..1u32 << couplings.sites() {
            let spins: Vec<i8> = (0..couplings.sites()).map(|site| 1 - 2 * (code >> site & 1) as i8).collect();
            prop_assert!(couplings.energy(&spins) >= ground.energy - 1e-12);
        }
        if let Some(satisfying) = exact::unfrustrated_states(&couplings, 1 << 12).unwrap() {
            prop_assert_eq!(satisfying, states);
        }
    }
}

/// The ground states of a magnet by enumeration, after the check that they have the energy said; and how many orbits of its
/// symmetries in p4m × Z2, or p2mm × Z2, they are.
fn enumerated(magnet: &KnownMagnet) -> (usize, usize) {
    let couplings = &magnet.couplings;
    let states = exact::enumerate(couplings, 1 << 16).unwrap();
    assert!(close(couplings.energy(&states[0]), magnet.energy), "{magnet:?}");
    let [rows, columns] = couplings.shape();
    let wallpaper = if rows == columns {
        Wallpaper::P4m
    } else {
        Wallpaper::P2mm
    };
    let group = LatticeGroup::new(wallpaper, rows, columns)
        .unwrap()
        .with_spin_flip();
    let field = couplings.to_lattice_field().quantized(1e-6).unwrap();
    let stabilizer = LatticeSymmetry::new(group)
        .canonicalize(&field)
        .unwrap()
        .stabilizer;
    let mut left: HashSet<Vec<i8>> = states.iter().cloned().collect();
    let mut orbits = 0;
    for state in &states {
        if left.contains(state) {
            orbits += 1;
            for g in stabilizer.elements() {
                left.remove(&g.act(state.as_slice()));
            }
        }
    }
    (states.len(), orbits)
}

#[test]
fn known_magnets_have_their_ground_states_by_enumeration() {
    let counts = |magnet: Result<KnownMagnet, DataError>| enumerated(&magnet.unwrap());
    // Villain's fully frustrated lattice: 25 orbits, so an exact draw without noise reaches at most 32 of 272 states.
    assert_eq!(counts(KnownMagnet::fully_frustrated([4, 4], 1.0, 1.0)), (272, 25));
    // Two checkerboards; two ferromagnets; four states whose rows or columns alternate.
    assert_eq!(counts(KnownMagnet::j1_j2([4, 4], -1.0, -0.25)), (2, 1));
    assert_eq!(counts(KnownMagnet::j1_j2([3, 4], 1.0, 0.25)), (2, 1));
    assert_eq!(counts(KnownMagnet::j1_j2([4, 4], -1.0, -0.75)), (4, 1));
    // Dimers decide, and each is free.
    assert_eq!(
        counts(KnownMagnet::shastry_sutherland([4, 4], -1.0, -1.0)),
        (2, 1)
    );
    assert_eq!(
        counts(KnownMagnet::shastry_sutherland([4, 4], -1.0, -3.0)),
        (256, 11)
    );
    assert_eq!(
        counts(KnownMagnet::shastry_sutherland([2, 4], 1.0, -3.0)).0,
        1 << 4
    );
    // Axial bonds: ferromagnet, then two columns up and two down; in between a tie of many.
    assert_eq!(counts(KnownMagnet::annni([2, 8], 1.0, 0.25)), (2, 1));
    assert_eq!(counts(KnownMagnet::annni([2, 8], 1.0, 0.75)), (4, 1));
    assert_eq!(counts(KnownMagnet::annni([2, 8], 1.0, 0.5)).0, 46);
    assert_eq!(counts(KnownMagnet::annni([2, 8], -1.0, 0.75)).0, 4);
}

#[test]
fn known_magnets_have_their_energies_by_the_transfer_matrix() {
    let check = |magnet: Result<KnownMagnet, DataError>| {
        let magnet = magnet.unwrap();
        let found = exact::transfer(&magnet.couplings).unwrap().energy;
        assert!(close(found, magnet.energy), "{found}: {magnet:?}");
    };
    for shape in [[2, 2], [2, 4], [4, 2], [4, 4], [6, 4], [6, 6]] {
        for strength in [-1.5, -0.5, 0.25, 1.0] {
            check(KnownMagnet::fully_frustrated(shape, strength, 1.0));
            check(KnownMagnet::fully_frustrated(shape, 1.0, strength));
            check(KnownMagnet::j1_j2(shape, -1.0, strength));
            check(KnownMagnet::j1_j2(shape, 1.0, strength));
            check(KnownMagnet::shastry_sutherland(shape, -1.0, 2.0 * strength));
            check(KnownMagnet::shastry_sutherland(shape, 1.0, 2.0 * strength));
        }
    }
    for (shape, kappas) in [([3, 8], [-0.5, 0.25, 0.5, 0.75]), ([6, 4], [-0.5, 0.0, 0.6, 2.0])] {
        for kappa in kappas {
            check(KnownMagnet::annni(shape, 1.5, kappa));
        }
    }
    check(KnownMagnet::annni([4, 4], -1.0, 0.75));
}

#[test]
fn fully_frustrated_items_frustrate_every_plaquette_and_lie_anywhere() {
    let data = FullyFrustrated::new(64, [4, 4], 3).unwrap();
    let mut seen = HashSet::new();
    for i in 0..data.len() {
        let couplings = data.get(i).unwrap();
        let (down, right) = (couplings.down(), couplings.right());
        for site in 0..16 {
            let (row, column) = (site / 4, site % 4);
            let beside = row * 4 + (column + 1) % 4;
            let below = (row + 1) % 4 * 4 + column;
            assert!(down[site] * right[site] * down[beside] * right[below] < 0.0);
        }
        assert_eq!(exact::unfrustrated(&couplings), None);
        assert!(close(
            exact::transfer(&couplings).unwrap().energy,
            -f64::from(down[0].abs())
        ));
        assert_eq!(index("p4m(4x4) x Z2", &couplings), 4);
        seen.insert(
            down.iter()
                .chain(right)
                .map(|value| *value > 0.0)
                .collect::<Vec<bool>>(),
        );
    }
    assert_eq!(seen.len(), 4);
}

#[test]
fn the_triangular_antiferromagnet_is_a_square_lattice_with_one_diagonal() {
    // Each triangle has a bond that is not satisfied: −1 per site. As many ground states as the literature counts.
    for (shape, count) in [([3u32, 3u32], 42), ([4, 4], 42)] {
        let sites = (shape[0] * shape[1]) as usize;
        let couplings = Couplings::uniform(shape, -1.0, -1.0, 0.0).unwrap();
        let couplings = couplings
            .with_bonds(Reach::Diagonal, [vec![-1.0; sites], vec![0.0; sites]])
            .unwrap();
        let states = exact::enumerate(&couplings, 1000).unwrap();
        assert_eq!((couplings.energy(&states[0]), states.len()), (-1.0, count));
    }
}

#[test]
fn couplings_of_every_reach_go_through_files() {
    let couplings = of_every_reach([3, 4]);
    let list = |values: &[f32]| format!("{values:?}");
    let bonds = |reach| couplings.bonds(reach).unwrap().map(list);
    let ([v, h], [falling, rising], [v2, h2]) = (
        bonds(Reach::Nearest),
        bonds(Reach::Diagonal),
        bonds(Reach::Second),
    );
    let text = format!(
        r#"{{"field": "bond", "shape": [3, 4], "v": {v}, "h": {h}, "falling": {falling}, "rising": {rising}, "v2": {v2}, "h2": {h2}}}"#
    );
    let read = Couplings::try_from(&json::parse(&text).unwrap()[0].field).unwrap();
    for reach in Reach::ALL {
        assert_eq!(read.bonds(reach), couplings.bonds(reach));
    }
    // Where all bonds of a reach are 0, there are none.
    let none = couplings
        .with_bonds(Reach::Diagonal, [vec![0.0; 12], vec![0.0; 12]])
        .unwrap();
    assert_eq!(none.bonds(Reach::Diagonal), None);
    let none = none
        .with_bonds(Reach::Second, [vec![0.0; 12], vec![0.0; 12]])
        .unwrap();
    assert!(!none.reaches_further());
}

#[test]
fn what_reaches_too_far_is_an_error_that_says_so() {
    fn error<T: std::fmt::Debug>(result: Result<T, DataError>) -> String {
        result.unwrap_err().to_string()
    }
    let wide = KnownMagnet::j1_j2([10, 10], -1.0, -0.75).unwrap().couplings;
    let errors = [
        error(exact::transfer(&of_every_reach([4, 4]))),
        error(exact::transfer(&wide)),
        error(Annealer::default().run(&wide)),
        error(wide.ground_energy()),
        error(
            wide.clone()
                .with_bonds(Reach::Second, [vec![0.0; 100], vec![0.0; 99]]),
        ),
        error(KnownMagnet::j1_j2([3, 4], -1.0, -0.75)),
        error(KnownMagnet::annni([4, 6], 1.0, 0.75)),
        error(KnownMagnet::annni([3, 8], -1.0, 0.75)),
        error(KnownMagnet::fully_frustrated([4, 0], 1.0, 1.0)),
        error(KnownMagnet::fully_frustrated([4, 4], f32::NAN, 1.0)),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r"
    bonds to the second site is both down and to the right, expected one direction for the transfer matrix; see `enumerate`
    side of the torus along the rows of the transfer matrix is 10, expected at most 8 where bonds reach further
    reach of the annealer's couplings is further than nearest sites, expected bonds to nearest sites only; see `exact` for others
    kind of couplings is disordered, expected uniform ones for a ground state in closed form; see `exact` and `Annealer` for others
    J two right is 99 values on 10 × 10 sites, expected one value per site
    shape of the torus is 3 × 4, expected even sides for this phase
    shape of the torus is 4 × 6, expected a multiple of 4 columns for this phase
    shape of the torus is 3 × 8, expected an even number of rows and a multiple of 4 columns for this phase
    shape of a torus is 4 × 0, expected at least one row and one column, and less than 2³¹ sites
    J_down is NaN at site 0, expected finite values
    ");
}
