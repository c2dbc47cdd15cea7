//! Wallpaper groups of the triangular lattice: laws, the geometry of point operations, and what bonds do.

use rand::{SeedableRng, rngs::ChaCha8Rng};
use std::collections::HashSet;
use sympe_groups::laws::{
    check_action, check_finite_subgroup, check_group, check_permutation_rep, check_subgroup, check_uniform,
};
use sympe_groups::triangular::{
    HexagonalOperation, STEPS, TriangularBond, TriangularElement, TriangularGroup, TriangularWallpaper,
};
use sympe_groups::{FiniteSubgroup, Group, Orthogonal, Rosette, Subgroup};

fn groups(largest: u32) -> Vec<TriangularGroup> {
    let sides = (1..=largest).flat_map(|side| TriangularWallpaper::ALL.map(|wallpaper| (wallpaper, side)));
    let groups = sides.map(|(wallpaper, side)| TriangularGroup::new(wallpaper, side).unwrap());
    groups
        .flat_map(|group| [group.clone(), group.with_spin_flip()])
        .collect()
}

#[test]
fn point_operations_are_isometries_of_the_lattice() {
    // The steps down and to the right make an angle of 120°.
    let place = |[i, j]: [i64; 2]| [i as f64 - j as f64 / 2.0, j as f64 * 0.75f64.sqrt()];
    let hexagon = Rosette::new(true, Some(6)).unwrap().matrix_group().unwrap();
    let mut matrices = HashSet::new();
    for a in HexagonalOperation::all() {
        assert_eq!(HexagonalOperation::all()[a.index()], a);
        assert!(matrices.insert([a.apply([1, 0]), a.apply([0, 1])]));
        // The matrix in the plane, from the images of two steps.
        let (x, y) = (place(a.apply([1, 0])), place(a.apply([1, 2])));
        let matrix = Orthogonal::from_rows([[x[0], y[0] / 3f64.sqrt()], [x[1], y[1] / 3f64.sqrt()]]).unwrap();
        assert!(hexagon.contains(&matrix), "{a:?}: {matrix}");
        assert_eq!(matrix.is_proper(), a.is_rotation());
        for b in HexagonalOperation::all() {
            for x in [[1, 0], [0, 1], [2, -3]] {
                assert_eq!(a.compose(b).apply(x), a.apply(b.apply(x)));
                assert_eq!(a.inverse().apply(a.apply(x)), x);
            }
        }
    }
    // Mirrors of p31m keep a bond each, those of p3m1 do not.
    let kept = |wallpaper: TriangularWallpaper| {
        let mirrors = wallpaper
            .points()
            .into_iter()
            .filter(|point| !point.is_rotation());
        mirrors
            .map(|point| STEPS.iter().filter(|step| point.apply(**step) == **step).count())
            .sum::<usize>()
    };
    assert_eq!(
        (kept(TriangularWallpaper::P31m), kept(TriangularWallpaper::P3m1)),
        (3, 0)
    );
    assert_eq!(
        TriangularWallpaper::ALL.map(|group| group.points().len()),
        [1, 2, 3, 6, 6, 6, 12]
    );
}

#[test]
fn the_laws_hold_on_every_small_torus() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for group in groups(3) {
        assert_eq!(group.elements().count() as u64, group.order(), "{group}");
        check_finite_subgroup(&group).unwrap();
        check_subgroup(&group, 20, &mut rng).unwrap();
        assert_eq!(group.to_string().parse::<TriangularGroup>().unwrap(), group);
    }
    for group in groups(6) {
        let values: Vec<i32> = (1..=(group.side() * group.side()) as i32).collect();
        for _ in 0..20 {
            let [a, b, c] = [(); 3].map(|()| group.sample(&mut rng));
            check_group(&a, &b, &c).unwrap();
            check_permutation_rep(&a, &b).unwrap();
            check_action(&a, &b, &values[..]).unwrap();
        }
    }
    check_uniform(
        &"p6m(3x3) x Z2".parse::<TriangularGroup>().unwrap(),
        10_000,
        &mut rng,
    )
    .unwrap();
}

#[test]
fn bonds_go_where_their_ends_go_and_the_action_composes() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for group in groups(5) {
        let side = group.side();
        let ends = |bond: TriangularBond| {
            let [di, dj] = STEPS[bond.axis].map(|d| d as u32);
            [
                bond.site,
                [(bond.site[0] + di) % side, (bond.site[1] + dj) % side],
            ]
        };
        let index = |g: &TriangularElement| {
            let mut index = vec![0; 3 * (side * side) as usize];
            g.write_bond_index(&mut index);
            index
        };
        for _ in 0..10 {
            let (a, b) = (group.sample(&mut rng), group.sample(&mut rng));
            let sites = (0..side).flat_map(|i| (0..side).map(move |j| [i, j]));
            let mut images = HashSet::new();
            for bond in sites.flat_map(|site| [0, 1, 2].map(|axis| TriangularBond { site, axis })) {
                let image = a.bond(bond);
                assert!(images.insert(image), "{group}: two bonds become one");
                let (mut expected, mut got) = (ends(bond).map(|site| a.site(site)), ends(image));
                expected.sort_unstable();
                got.sort_unstable();
                assert_eq!(got, expected, "{group}: {a} sends {bond:?} to {image:?}");
                assert_eq!(a.compose(&b).bond(bond), a.bond(b.bond(bond)));
            }
            let composed: Vec<u32> = index(&a).iter().map(|&i| index(&b)[i as usize]).collect();
            assert_eq!(index(&a.compose(&b)), composed);
        }
    }
}

#[test]
fn names_of_elements_and_names_that_mean_no_group() {
    let group: TriangularGroup = "p6m(4x4) x Z2".parse().unwrap();
    let shown: Vec<String> = group
        .point_elements()
        .map(|g| g.with_shift([3, 0]).to_string())
        .collect();
    insta::assert_snapshot!(shown[..13].join("\n"), @r"
    (i, j) ↦ (i + 3, j)
    (i, j) ↦ (i − j + 3, i)
    (i, j) ↦ (−j + 3, i − j)
    (i, j) ↦ (−i + 3, −j)
    (i, j) ↦ (j − i + 3, −i)
    (i, j) ↦ (j + 3, j − i)
    (i, j) ↦ (j + 3, i)
    (i, j) ↦ (j − i + 3, j)
    (i, j) ↦ (−i + 3, j − i)
    (i, j) ↦ (−j + 3, −i)
    (i, j) ↦ (i − j + 3, −j)
    (i, j) ↦ (i + 3, i − j)
    (i, j) ↦ (i + 3, j), flipped
    ");
    let error = |text: &str| text.parse::<TriangularGroup>().unwrap_err().to_string();
    let errors = [
        "p6m",
        "p4m(3x3)",
        "p6(3x4)",
        "p6(0x0)",
        "p6(40000x40000)",
        "p6(axb)",
    ]
    .map(error);
    insta::assert_snapshot!(errors.join("\n"), @r#"
    group "p6m": expected a name like 'p6m(6x6) x Z2'
    group "p4m": expected p1, p2, p3, p3m1, p31m, p6 or p6m
    group "p6(3x4)": a torus of the triangular lattice has as many rows as columns
    group "p6(0x0)": a torus of the triangular lattice has a side of 1 to 32768
    group "p6(40000x40000)": a torus of the triangular lattice has a side of 1 to 32768
    group "p6(axb)": expected a name like 'p6m(6x6) x Z2'
    "#);
}
