//! Point groups: orders, closure, classes against the tables of characters, names both ways, settings, and draws.

use nalgebra::Vector3;
use proptest::prelude::*;
use rand::{SeedableRng, rngs::ChaCha8Rng};
use std::collections::{BTreeMap, HashSet};
use std::f64::consts::TAU;
use sympe_groups::laws::{check_finite_subgroup, check_subgroup, check_uniform};
use sympe_groups::{
    Action, AxialGroup, ClosedSubgroup, Family, FiniteSubgroup, Group, MatrixGroup, Orthogonal,
    OrthogonalGroup, PointGroup, Rosette, Subgroup, nalgebra,
};

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn named(name: &str) -> PointGroup {
    name.parse().unwrap()
}

/// All groups whose axis has finite order to `largest`, and those without a distinguished axis that are finite.
fn finite_groups(largest: u32) -> HashSet<PointGroup> {
    let mut groups = HashSet::new();
    for family in Family::ALL {
        if family.is_axial() {
            groups.extend((1..=largest).map(|n| PointGroup::new(family, Some(n)).unwrap()));
        } else {
            groups.insert(PointGroup::new(family, None).unwrap());
        }
    }
    groups.retain(|group| group.is_finite());
    groups
}

fn infinite_groups() -> Vec<PointGroup> {
    ["Cinf", "Cinfv", "Cinfh", "Dinf", "Dinfh", "K", "Kh"]
        .map(named)
        .to_vec()
}

#[test]
fn the_finite_groups_are_groups_of_their_order() {
    for symbol in finite_groups(12) {
        let group = symbol.matrix_group().unwrap();
        assert_eq!(Some(group.order() as u64), symbol.order(), "{symbol}");
        check_finite_subgroup(&group).unwrap();
        // Closed, to rounding.
        for a in group.as_slice() {
            for b in group.as_slice() {
                let product = a.compose(b);
                let found = group.as_slice()[group.position(&product).unwrap()];
                assert!(
                    (found.matrix() - product.matrix()).amax() < 1e-15 * 4.0,
                    "{symbol}: {product}"
                );
            }
        }
        let proper = group.proper();
        assert_eq!(Some(proper.order() as u64), symbol.proper_order(), "{symbol}");
        // The setting of the proper subgroup is the standard one, if not that of a group with two names.
        if symbol.proper().fold() == symbol.fold() {
            assert_eq!(proper, symbol.proper().matrix_group().unwrap(), "{symbol}");
        }
        assert_eq!(symbol.is_chiral(), proper == group, "{symbol}");
    }
}

/// The number of classes, as it stands in tables of characters.
#[test]
fn classes_are_those_of_the_tables() {
    let tables = "C1 1, Cs 2, Ci 2, C2 2, C3 3, C4 4, C5 5, C6 6, C7 7, C8 8, \
                  D2 4, D3 3, D4 5, D5 4, D6 6, C2v 4, C3v 3, C4v 5, C5v 4, C6v 6, \
                  C2h 4, C3h 6, C4h 8, C5h 10, C6h 12, D2h 8, D3h 6, D4h 10, D5h 8, D6h 12, D8h 14, \
                  D2d 5, D3d 6, D4d 7, D5d 8, D6d 9, S4 4, S6 6, S8 8, \
                  T 4, Th 8, Td 5, O 5, Oh 10, I 5, Ih 10";
    for entry in tables.split(", ") {
        let (name, count) = entry.split_once(' ').unwrap();
        let group = named(name).matrix_group().unwrap();
        let classes = group.classes();
        assert_eq!(classes.len(), count.parse::<usize>().unwrap(), "{name}");
        // A partition into classes: traces are equal in one, and sizes divide the order.
        assert_eq!(classes.iter().map(Vec::len).sum::<usize>(), group.order());
        assert_eq!(classes[0], [0]);
        for class in classes {
            let traces = class.iter().map(|&i| group.as_slice()[i].trace());
            assert!(
                traces
                    .clone()
                    .all(|trace| (trace - traces.clone().next().unwrap()).abs() < 1e-12)
            );
            assert_eq!(group.order() % class.len(), 0);
        }
    }
}

#[test]
fn the_crystallographic_ones_have_both_names() {
    let names = "C1 1, Ci -1, C2 2, Cs m, C2h 2/m, D2 222, C2v mm2, D2h mmm, C4 4, S4 -4, C4h 4/m, D4 422, C4v 4mm, \
                 D2d -42m, D4h 4/mmm, C3 3, S6 -3, D3 32, C3v 3m, D3d -3m, C6 6, C3h -6, C6h 6/m, D6 622, C6v 6mm, \
                 D3h -6m2, D6h 6/mmm, T 23, Th m-3, O 432, Td -43m, Oh m-3m";
    let listed: Vec<String> = PointGroup::crystallographic()
        .map(|group| format!("{group} {}", group.hermann_mauguin()))
        .to_vec();
    assert_eq!(listed.join(", "), names);
    // They are those with a lattice: every element has an integer trace.
    for symbol in finite_groups(12) {
        let integer = |g: &Orthogonal<3>| (g.trace() - g.trace().round()).abs() < 1e-9;
        let all = symbol.matrix_group().unwrap().as_slice().iter().all(integer);
        assert_eq!(all, symbol.is_crystallographic(), "{symbol}");
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    let mut groups: Vec<PointGroup> = finite_groups(1000).into_iter().collect();
    groups.extend(infinite_groups());
    let mut names = HashSet::new();
    for group in groups {
        for name in [group.schoenflies(), group.hermann_mauguin(), format!("{group:#}")] {
            assert_eq!(name.parse::<PointGroup>().unwrap(), group, "{name}");
        }
        assert!(names.insert(group.schoenflies()) && names.insert(group.hermann_mauguin()));
        if group.fold().is_none_or(|n| n < 5) {
            let apart: String = group.hermann_mauguin().chars().flat_map(|c| [c, ' ']).collect();
            let apart = apart.replace("- ", "-").replace("/ ", "/").replace(" /", "/");
            assert_eq!(apart.parse::<PointGroup>().unwrap(), group, "{apart}");
        }
    }
    let same = [
        ("C1h", "Cs"),
        ("C1v", "Cs"),
        ("S1", "Cs"),
        ("S2", "Ci"),
        ("S3", "C3h"),
        ("D1", "C2"),
        ("D1d", "C2h"),
        ("D1h", "C2v"),
        ("C_{3v}", "C3v"),
        ("D_2d", "D2d"),
        ("C∞v", "Cinfv"),
        ("3/m", "C3h"),
        ("5/m", "C5h"),
        ("-10", "C5h"),
        ("-10m2", "D5h"),
        ("-10 m 2", "D5h"),
        ("-5m", "D5d"),
        ("-82m", "D4d"),
        ("-8 2 m", "D4d"),
        ("-122m", "D6d"),
        ("-12 2 m", "D6d"),
        ("-12 m 2", "D6d"),
        ("10 2 2", "D10"),
        ("102 2", "D10"),
        ("12/mmm", "D12h"),
        ("12/m 2/m 2/m", "D12h"),
        ("11 2", "D11"),
        ("112", "C112"),
        ("7m", "C7v"),
        ("8mm", "C8v"),
        ("-62m", "D3h"),
        ("-4m2", "D2d"),
        ("2mm", "C2v"),
        ("4/m 2/m 2/m", "D4h"),
        ("2/m 2/m 2/m", "D2h"),
        ("-3 2/m", "D3d"),
        ("4/m -3 2/m", "Oh"),
        ("m3m", "Oh"),
        ("532", "I"),
        ("-53m", "Ih"),
        ("∞∞m", "Kh"),
        ("inf/mm", "Dinfh"),
        ("−6m2", "D3h"),
        ("-14", "C7h"),
        ("-7", "S14"),
    ];
    for (alias, name) in same {
        assert_eq!(alias.parse::<PointGroup>().unwrap(), named(name), "{alias}");
    }
    for nothing in [
        "",
        "C",
        "C0",
        "D0h",
        "Sinf",
        "Dinfd",
        "S",
        "Q3",
        "C3x",
        "T3",
        "c3v",
        "C-1",
        "C99999999999",
        "3m2",
        "5mm",
        "4m",
        "-6mm",
        "0",
        "-0",
        "/m",
        "(4)",
        "6/mm2",
        "C3v ",
        "mmmm",
        "é",
        "Cé",
    ] {
        if nothing == "C3v " {
            assert_eq!(nothing.parse::<PointGroup>().unwrap(), named("C3v"));
        } else {
            assert!(nothing.parse::<PointGroup>().is_err(), "{nothing}");
        }
    }
    let errors = [
        "D3x".parse::<PointGroup>().unwrap_err(),
        PointGroup::new(Family::Cn, Some(0)).unwrap_err(),
        PointGroup::new(Family::S2n, None).unwrap_err(),
        PointGroup::new(Family::Td, Some(3)).unwrap_err(),
        AxialGroup::new(Family::Oh, Vector3::x()).unwrap_err(),
        AxialGroup::new(Family::Dnd, Vector3::x()).unwrap_err(),
        AxialGroup::new(Family::Dnh, Vector3::zeros()).unwrap_err(),
        "D".parse::<Rosette>().unwrap_err(),
        Rosette::new(true, Some(100_000)).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @r#"
    group "D3x": expected a Schoenflies symbol like 'D3h', 'S6', 'Td', 'Cinfv', or a Hermann–Mauguin one like '-6m2', '4/mmm', '-12 2 m'
    group "Cn": an axis of order 0, expected 1 to 65536
    group "S2n": a rotoreflection has finite order
    group "Td": there is no axis whose order could be 3
    group "Oh": it has no distinguished axis
    group "Dnd": a rotoreflection has finite order
    axis: [0.0, 0.0, 0.0] has no direction
    group "D": expected a point group of the plane, like 'D4', '4mm', 'C3', 'SO(2)'
    group "Dn": rotations of order 100000, expected 1 to 65536
    "#);
}

/// How many elements there are of each kind: the trace and whether it is proper tell the angle.
fn kinds(group: &MatrixGroup<3>) -> BTreeMap<(bool, i64), usize> {
    let mut kinds = BTreeMap::new();
    for g in group.as_slice() {
        *kinds
            .entry((g.is_proper(), (g.trace() * 1e6).round() as i64))
            .or_default() += 1;
    }
    kinds
}

#[test]
fn rotations_and_mirrors_are_as_many_as_they_should_be() {
    // Of D_nd two-fold axes and mirror planes do not meet; D_nh has planes through its two-fold axes, and one across.
    let count = |name: &str, proper: bool, trace: i64| {
        let kinds = kinds(&named(name).matrix_group().unwrap());
        kinds.get(&(proper, trace * 1_000_000)).copied().unwrap_or(0)
    };
    let [half_turns, mirrors, inversions] = [(true, -1), (false, 1), (false, -3)];
    let table = [
        ("D3h", 3, 4, 0),
        ("D3d", 3, 3, 1),
        ("D4h", 5, 5, 1),
        ("D4d", 5, 4, 0),
        ("D2d", 3, 2, 0),
        ("C5v", 0, 5, 0),
        ("C4h", 1, 1, 1),
        ("S4", 1, 0, 0),
        ("S6", 0, 0, 1),
        ("T", 3, 0, 0),
        ("Td", 3, 6, 0),
        ("Th", 3, 3, 1),
        ("O", 9, 0, 0),
        ("Oh", 9, 9, 1),
        ("I", 15, 0, 0),
        ("Ih", 15, 15, 1),
    ];
    for (name, twofold, planes, center) in table {
        let got = [half_turns, mirrors, inversions].map(|(proper, trace)| count(name, proper, trace));
        assert_eq!(got, [twofold, planes, center], "{name}");
    }
}

#[test]
fn isomorphic_groups_have_equally_many_elements_of_each_order() {
    let orders = |name: &str| {
        let group = named(name).matrix_group().unwrap();
        let order = |start: usize| {
            let (mut power, mut order) = (start, 1);
            while power != 0 {
                (power, order) = (group.product(start, power), order + 1);
            }
            order
        };
        let mut orders: Vec<u32> = (0..group.order()).map(order).collect();
        orders.sort_unstable();
        orders
    };
    for (a, b) in [
        ("C3v", "D3"),
        ("S8", "C8"),
        ("D4d", "D8"),
        ("D3h", "D6"),
        ("D3d", "D6"),
        ("Td", "O"),
        ("C3h", "C6"),
        ("S6", "C6"),
        ("D2h", "D2h"),
        ("D5d", "D5h"),
    ] {
        assert_eq!(orders(a), orders(b), "{a} and {b}");
    }
    for (a, b) in [("C4", "D2"), ("C6", "D3"), ("T", "D6"), ("Th", "O"), ("D12", "O")] {
        assert_ne!(orders(a), orders(b), "{a} and {b}");
    }
}

/// By how much each element moves a list of points as a set.
fn keeps(g: &Orthogonal<3>, points: &[Vector3<f64>]) -> bool {
    let near = |x: &Vector3<f64>| points.iter().any(|y| (x - y).norm() < 1e-9);
    g.act(points).iter().all(near)
}

#[test]
fn the_settings_are_the_stated_ones() {
    let golden = (1.0 + 5f64.sqrt()) / 2.0;
    let cyclic = |x: f64, y: f64, z: f64| {
        [
            Vector3::new(x, y, z),
            Vector3::new(y, z, x),
            Vector3::new(z, x, y),
        ]
    };
    let sign = |bits: usize, i: usize| if bits >> i & 1 == 1 { -1.0 } else { 1.0 };
    let icosahedron: Vec<_> = (0..4)
        .flat_map(|bits| cyclic(0.0, sign(bits, 0), sign(bits, 1) * golden))
        .collect();
    let cube: Vec<_> = (0..8)
        .map(|bits| Vector3::from_fn(|i, _| sign(bits, i)))
        .collect();
    let tetrahedron: Vec<_> = cube.iter().copied().filter(|x| x.product() > 0.0).collect();
    for (points, names) in [
        (&icosahedron, ["Ih", "I"]),
        (&cube, ["Oh", "O"]),
        (&tetrahedron, ["Td", "T"]),
    ] {
        for name in names {
            assert!(
                named(name)
                    .matrix_group()
                    .unwrap()
                    .as_slice()
                    .iter()
                    .all(|g| keeps(g, points)),
                "{name}"
            );
        }
    }
    let half_turn = Orthogonal::rotation_about(Vector3::x(), TAU / 2.0).unwrap();
    let plane = Orthogonal::reflection(Vector3::y()).unwrap();
    let across = Orthogonal::reflection(Vector3::z()).unwrap();
    for n in 2..20u32 {
        let has = |name: &str, g: &Orthogonal<3>| {
            named(&name.replace('n', &n.to_string()))
                .matrix_group()
                .unwrap()
                .contains(g)
        };
        let turn = Orthogonal::rotation_about(Vector3::z(), TAU / f64::from(n)).unwrap();
        let improper = Orthogonal::rotation_about(Vector3::z(), TAU / f64::from(2 * n))
            .unwrap()
            .compose(&across);
        for name in ["Cn", "Cnv", "Cnh", "Dn", "Dnh", "Dnd"] {
            assert!(has(name, &turn));
        }
        assert!(has("Cnv", &plane) && has("Cnh", &across) && has("Dnh", &plane) && has("Dnh", &across));
        assert!(
            has("Dn", &half_turn)
                && has("Dnh", &half_turn)
                && has("Dnd", &half_turn)
                && has("Dnd", &improper)
        );
        let rotoreflections = named(&format!("S{}", 2 * n)).matrix_group().unwrap();
        assert!(rotoreflections.contains(&improper) && rotoreflections.contains(&turn));
    }
}

#[test]
fn rosettes_are_what_their_names_say() {
    for mirrors in [false, true] {
        for n in 1..40 {
            let symbol = Rosette::new(mirrors, Some(n)).unwrap();
            let group = symbol.matrix_group().unwrap();
            assert_eq!(Some(group.order() as u64), symbol.order());
            let classes = match (mirrors, n % 2) {
                (false, _) => n,
                (true, 1) => n.div_ceil(2) + 1,
                (true, _) => n / 2 + 3,
            };
            assert_eq!(group.classes().len(), classes as usize, "{symbol}");
            if n < 9 {
                check_finite_subgroup(&group).unwrap();
            }
            assert_eq!(group.proper(), symbol.proper().matrix_group().unwrap());
            for name in [symbol.to_string(), symbol.hermann_mauguin()] {
                assert_eq!(name.parse::<Rosette>().unwrap(), symbol, "{name}");
            }
        }
        let all = Rosette::new(mirrors, None).unwrap();
        check_subgroup(&all.group(), 10, &mut rng(1)).unwrap();
        for name in [all.to_string(), format!("{all:#}"), all.hermann_mauguin()] {
            assert_eq!(name.parse::<Rosette>().unwrap(), all);
        }
    }
    assert_eq!("6 m m".parse::<Rosette>().unwrap().to_string(), "D6");
    for nothing in ["", "D", "3mm", "4m", "C0", "C3v", "mm", "é"] {
        assert!(nothing.parse::<Rosette>().is_err(), "{nothing}");
    }
}

#[test]
fn axial_and_spherical_groups_draw_by_haar() {
    let mut rng = rng(3);
    for symbol in infinite_groups() {
        let turn = OrthogonalGroup::<3>::full().sample(&mut rng);
        let group = symbol.group().conjugated(&turn);
        check_subgroup(&group, 20, &mut rng).unwrap();
        check_subgroup(&group.proper(), 20, &mut rng).unwrap();
        assert_eq!(group.proper(), symbol.proper().group().conjugated(&turn));
        let other = OrthogonalGroup::<3>::full().sample(&mut rng);
        let all = symbol == named("Kh") || symbol == named("K") && other.is_proper();
        assert_eq!(group.contains(&other), all, "{symbol}");
    }
}

/// Components come equally often, and angles about the axis are uniform in each.
#[test]
fn axial_draws_are_uniform() {
    let mut rng = rng(4);
    for (name, components) in [("Cinf", 1), ("Cinfv", 2), ("Cinfh", 2), ("Dinf", 2), ("Dinfh", 4)] {
        let ClosedSubgroup::Axial(group) = named(name).group() else {
            panic!("{name} is axial")
        };
        const DRAWS: u64 = 8000;
        let mut counts: BTreeMap<(bool, bool), Vec<u64>> = BTreeMap::new();
        for _ in 0..DRAWS {
            let g = group.sample(&mut rng);
            let (reversed, angle) = (
                g.matrix()[(2, 2)] < 0.0,
                g.matrix()[(1, 0)].atan2(g.matrix()[(0, 0)]),
            );
            let sector = ((angle / TAU + 0.5) * 16.0).floor().clamp(0.0, 15.0) as usize;
            counts
                .entry((reversed, g.is_proper()))
                .or_insert_with(|| vec![0; 16])[sector] += 1;
        }
        assert_eq!(counts.len(), components, "{name}");
        let all: Vec<u64> = counts.into_values().flatten().collect();
        assert!(
            sympe_groups::ChiSquare::uniform(&all).p_value() > 1e-6,
            "{name}: {all:?}"
        );
    }
    check_uniform(&named("D3h").matrix_group().unwrap(), 2000, &mut rng).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_orientation_generates_the_same_group(seed: u64, index in 0..200usize) {
        let mut rng = rng(seed);
        let mut groups: Vec<PointGroup> = finite_groups(8).into_iter().collect();
        groups.sort_unstable();
        let symbol = groups[index % groups.len()];
        let turn = OrthogonalGroup::<3>::full().sample(&mut rng);
        let group = symbol.matrix_group().unwrap();
        let turned = group.conjugated(&turn);
        let order = group.order();
        let generated = MatrixGroup::generated(turned.generators().to_vec(), order).unwrap();
        prop_assert_eq!(&generated, &turned);
        prop_assert_eq!(generated.classes().len(), group.classes().len());
        let mut shuffled = turned.as_slice().to_vec();
        shuffled.rotate_left(order / 2);
        let listed = MatrixGroup::from_elements(shuffled.clone()).unwrap();
        prop_assert_eq!(&listed, &turned);
        check_finite_subgroup(&listed)?;
        if order > 1 {
            prop_assert!(MatrixGroup::generated(turned.generators().to_vec(), order - 1).is_err());
            shuffled.pop();
            prop_assert!(order == 2 || MatrixGroup::from_elements(shuffled).is_err());
        }
    }

    #[test]
    fn disturbed_elements_are_made_exact(seed: u64, index in 0..200usize, noise in 0.0..0.01f64) {
        let mut rng = rng(seed);
        let mut groups: Vec<PointGroup> = finite_groups(6).into_iter().collect();
        groups.sort_unstable();
        let group = groups[index % groups.len()].matrix_group().unwrap();
        let group = group.conjugated(&OrthogonalGroup::<3>::full().sample(&mut rng));
        let mut disturb = |g: &Orthogonal<3>, noise: f64| {
            let by = OrthogonalGroup::<3>::full().sample(&mut rng).matrix().column(0) * noise;
            Orthogonal::exp(by).unwrap().compose(g)
        };
        let rough: Vec<_> = group.as_slice().iter().map(|g| disturb(g, noise)).collect();
        let fitted = MatrixGroup::fitted(rough, |i, j| group.product(i, j)).unwrap();
        check_finite_subgroup(&fitted)?;
        for (fitted, true_one) in fitted.as_slice().iter().zip(group.as_slice()) {
            prop_assert!((fitted.matrix() - true_one.matrix()).amax() <= 3.0 * noise);
        }
        let slightly: Vec<_> = group.generators().iter().map(|g| disturb(g, 1e-8)).collect();
        let generated = MatrixGroup::generated(slightly, group.order()).unwrap();
        prop_assert_eq!(generated.order(), group.order());
        check_finite_subgroup(&generated)?;
    }
}

#[test]
fn lists_that_are_no_group_are_errors() {
    let turn = |angle: f64| Orthogonal::<2>::rotation(angle * TAU).unwrap();
    let thirds = [0.0, 1.0 / 3.0, 2.0 / 3.0].map(turn);
    let errors = [
        MatrixGroup::from_elements(vec![thirds[0], thirds[1]]).unwrap_err(),
        MatrixGroup::from_elements(vec![thirds[1], thirds[2]]).unwrap_err(),
        MatrixGroup::from_elements(vec![thirds[0], thirds[1], thirds[1]]).unwrap_err(),
        MatrixGroup::from_elements(vec![turn(0.0), turn(0.25), turn(0.3)]).unwrap_err(),
        MatrixGroup::<2>::from_elements(Vec::new()).unwrap_err(),
        MatrixGroup::fitted(thirds.to_vec(), |i, j| (i + 2 * j) % 3).unwrap_err(),
        MatrixGroup::fitted(vec![turn(0.0), turn(0.1)], |i, j| (i + j) % 2).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @r"
    list of group elements: the 2 elements are not closed under products
    list of group elements: the identity is missing
    list of group elements: 3 elements, of which 2 are different
    list of group elements: the 3 elements are not closed under products
    list of group elements: the identity is missing
    fitted group: the first element is not the identity of the products
    list of group elements: 2 elements, of which 1 are different
    ");
}
