//! Wallpaper groups on tori: the laws of groups, actions and representations, and what bonds do.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::collections::HashSet;
use sympe_groups::lattice::{Bond, LatticeElement, LatticeGroup, PointOperation, Reach, Wallpaper};
use sympe_groups::laws::{
    check_finite_subgroup, check_group, check_permutation_rep, check_subgroup, check_uniform,
};
use sympe_groups::{FiniteSubgroup, Group, GroupError, Subgroup};

fn groups(largest: u32) -> Vec<LatticeGroup> {
    let mut groups = Vec::new();
    for wallpaper in Wallpaper::ALL {
        for rows in 1..=largest {
            for columns in 1..=largest {
                if let Ok(group) = LatticeGroup::new(wallpaper, rows, columns) {
                    groups.push(group.clone().with_spin_flip());
                    groups.push(group);
                }
            }
        }
    }
    groups
}

#[test]
fn point_operations_are_their_matrices() {
    let basis = [[1, 0], [0, 1], [2, -3]];
    for a in PointOperation::all() {
        assert_eq!(PointOperation::all()[a.index()], a);
        for b in PointOperation::all() {
            for x in basis {
                assert_eq!(a.compose(b).apply(x), a.apply(b.apply(x)));
                assert_eq!(a.inverse().apply(a.apply(x)), x);
            }
        }
        let ([a00, a10], [a01, a11]) = (a.apply([1, 0]), a.apply([0, 1]));
        assert_eq!(a.is_rotation(), a00 * a11 - a01 * a10 == 1);
    }
}

#[test]
fn the_laws_hold_on_every_small_torus() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for group in groups(3) {
        assert_eq!(group.elements().count() as u64, group.order(), "{group}");
        check_finite_subgroup(&group).unwrap();
        check_subgroup(&group, 20, &mut rng).unwrap();
        assert_eq!(group.to_string().parse::<LatticeGroup>().unwrap(), group);
    }
    for group in groups(5) {
        for _ in 0..30 {
            let [a, b, c] = [(); 3].map(|()| group.sample(&mut rng));
            check_group(&a, &b, &c).unwrap();
            check_permutation_rep(&a, &b).unwrap();
        }
    }
    check_uniform(
        &LatticeGroup::new(Wallpaper::P4m, 3, 3).unwrap().with_spin_flip(),
        20_000,
        &mut rng,
    )
    .unwrap();
}

/// The ends of a bond.
fn ends(reach: Reach, bond: Bond, [rows, columns]: [u32; 2]) -> [[u32; 2]; 2] {
    let [i, j] = bond.site;
    let other = match (reach, bond.axis) {
        (Reach::Nearest, 0) => [i + 1, j],
        (Reach::Nearest, _) => [i, j + 1],
        (Reach::Diagonal, 0) => [i + 1, j + 1],
        (Reach::Diagonal, _) => [i + 1, j + columns - 1],
        (Reach::Second, 0) => [i + 2, j],
        (Reach::Second, _) => [i, j + 2],
    };
    [bond.site, [other[0] % rows, other[1] % columns]]
}

/// All bonds of one reach.
fn bonds([rows, columns]: [u32; 2]) -> impl Iterator<Item = Bond> {
    let sites = (0..rows).flat_map(move |i| (0..columns).map(move |j| [i, j]));
    sites.flat_map(|site| [0, 1].map(|axis| Bond { site, axis }))
}

#[test]
fn bonds_go_where_their_ends_go_and_the_actions_compose() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for group in groups(5) {
        let shape @ [rows, columns] = group.shape();
        let sites = (rows * columns) as usize;
        let index = |g: &LatticeElement| {
            let mut regular = vec![0; group.points().len() * sites];
            g.write_regular_index(group.points(), &mut regular);
            let bonds = Reach::ALL.map(|reach| {
                let mut bonds = vec![0; 2 * sites];
                g.write_bond_index_of(reach, &mut bonds);
                bonds
            });
            let mut nearest = vec![0; 2 * sites];
            g.write_bond_index(&mut nearest);
            assert_eq!(nearest, bonds[0]);
            [bonds.to_vec(), vec![regular]].concat()
        };
        for _ in 0..20 {
            let (a, b) = (group.sample(&mut rng), group.sample(&mut rng));
            for reach in Reach::ALL {
                let mut images = HashSet::new();
                for bond in bonds(shape) {
                    let image = a.bond_of(reach, bond);
                    assert!(images.insert(image), "{group}: two bonds become one");
                    let mut expected = ends(reach, bond, shape).map(|site| a.site(site));
                    let mut got = ends(reach, image, shape);
                    expected.sort_unstable();
                    got.sort_unstable();
                    assert_eq!(got, expected, "{group}: {a:?} sends {bond:?} to {image:?}");
                    let in_turn = a.bond_of(reach, b.bond_of(reach, bond));
                    assert_eq!(a.compose(&b).bond_of(reach, bond), in_turn);
                    if reach == Reach::Nearest {
                        assert_eq!(a.bond(bond), image);
                    }
                }
            }
            // (a·b)⁻¹(i) = b⁻¹(a⁻¹(i)), on bonds and on the group itself.
            let (of_a, of_b, of_product) = (index(&a), index(&b), index(&a.compose(&b)));
            for ((of_a, of_b), of_product) in of_a.iter().zip(&of_b).zip(of_product) {
                let composed: Vec<u32> = of_a.iter().map(|&i| of_b[i as usize]).collect();
                assert_eq!(of_product, composed);
            }
        }
    }
}

#[test]
fn the_regular_action_is_left_multiplication() {
    let group = LatticeGroup::new(Wallpaper::P4m, 3, 3).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let position = |h: &LatticeElement| {
        let point = group.points().iter().position(|point| *point == h.point).unwrap();
        point * 9 + (h.shift[0] * 3 + h.shift[1]) as usize
    };
    for _ in 0..50 {
        let g = group.sample(&mut rng);
        let mut index = vec![0; 72];
        g.write_regular_index(group.points(), &mut index);
        for h in group.elements() {
            assert_eq!(index[position(&g.compose(&h))] as usize, position(&h));
        }
    }
}

#[test]
fn names_that_mean_no_group_are_errors() {
    let error = |text: &str| text.parse::<LatticeGroup>().unwrap_err().to_string();
    let errors = [
        "p4m",
        "p6m(3x3)",
        "p4(3x4)",
        "p1(0x4)",
        "p1(100000x100000)",
        "p1(axb)",
        "p1(3x3) x Z3",
    ]
    .map(error);
    insta::assert_snapshot!(errors.join("\n"), @r#"
    group "p4m": expected a name like 'p4m(8x8) x Z2'
    group "p6m": expected p1, p2, pm, p2mm, p4 or p4m
    group "p4(3x4)": the group needs as many rows as columns
    group "p1(0x4)": a torus has at least one row and one column
    group "p1(100000x100000)": a torus has at most 2³¹ sites
    group "p1(axb)": expected a name like 'p4m(8x8) x Z2'
    group "p1(3x3) x Z3": expected a name like 'p4m(8x8) x Z2'
    "#);
    assert!(matches!(
        "p4(3x4)".parse::<LatticeGroup>(),
        Err(GroupError::Name { .. })
    ));
}
