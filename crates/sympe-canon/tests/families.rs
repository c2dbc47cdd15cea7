//! Families with automorphism groups known in closed form, look-alikes that must separate, relabellings that must not.

mod common;

use common::families::{
    bipartite, complement, complete, cycle, frucht, graph, hypercube, kneser, named, paley, random_colored,
    rook, shrikhande, union,
};
use num_bigint::BigUint;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, GraphSymmetry, SymmetrySearch};
use sympe_groups::{Action, PermGroup, Permutation};

fn search(graph: &ColoredGraph) -> GraphSymmetry {
    SymmetrySearch::default().run(graph).unwrap()
}

fn factorial(n: u32) -> BigUint {
    (1..=n).map(BigUint::from).product()
}

#[test]
fn orders_of_families_are_those_of_the_literature() {
    let power = |base: u32, exponent: u32| BigUint::from(base).pow(exponent);
    let mut families: Vec<(String, ColoredGraph, BigUint)> = vec![
        ("Petersen".into(), kneser(5, 2), factorial(5)),
        ("Frucht".into(), frucht(), 1u32.into()),
        ("Shrikhande".into(), shrikhande(), 192u32.into()),
        (
            "three Petersen graphs".into(),
            union(&vec![kneser(5, 2); 3]),
            factorial(5).pow(3) * factorial(3),
        ),
        (
            "two triangles and three squares".into(),
            union(&[cycle(3), cycle(4), cycle(3), cycle(4), cycle(4)]),
            power(6, 2) * 2u32 * power(8, 3) * 6u32,
        ),
        (
            "fifty edges and fifty points".into(),
            union(&[vec![complete(2); 50], vec![complete(1); 50]].concat()),
            power(2, 50) * factorial(50) * factorial(50),
        ),
    ];
    for n in 3..30 {
        families.push((format!("C{n}"), cycle(n), (2 * n).into()));
    }
    for n in [1, 2, 5, 60] {
        families.push((format!("K{n}"), complete(n), factorial(n)));
        families.push((format!("empty {n}"), graph(n, |_, _| false), factorial(n)));
    }
    for (a, b) in [(1, 5), (2, 3), (4, 4), (7, 20)] {
        let swap: u32 = if a == b { 2 } else { 1 };
        families.push((
            format!("K{a},{b}"),
            bipartite(a, b),
            factorial(a) * factorial(b) * swap,
        ));
    }
    for d in 2..=8 {
        families.push((format!("Q{d}"), hypercube(d), power(2, d) * factorial(d)));
    }
    for (rows, columns) in [(2, 3), (3, 3), (4, 4), (3, 5), (7, 7)] {
        let swap: u32 = if rows == columns { 2 } else { 1 };
        let order = factorial(rows) * factorial(columns) * swap;
        families.push((format!("rook {rows}×{columns}"), rook(rows, columns), order));
    }
    for q in [5u32, 13, 17, 29, 37, 61, 101] {
        families.push((format!("Paley {q}"), paley(q), (q * (q - 1) / 2).into()));
    }
    for (n, k) in [(6, 2), (7, 2), (7, 3), (8, 3), (9, 4)] {
        families.push((format!("Kneser {n},{k}"), kneser(n, k), factorial(n)));
    }
    for (name, graph, expected) in families {
        let symmetry = search(&graph);
        assert_eq!(symmetry.order(), expected, "{name}");
        for generator in symmetry.generators() {
            assert_eq!(
                generator.act(&graph),
                graph,
                "{name}: {generator} is no automorphism"
            );
        }
    }
}

/// Closed forms, and figures on which several programs agree.
#[test]
fn named_graphs_are_the_right_ones() {
    let power = |base: u32, exponent: u32| BigUint::from(base).pow(exponent);
    let expected: Vec<(&str, usize, BigUint)> = vec![
        ("grid_20x20", 400, 8u32.into()),
        ("torus_16x16", 256, 2048u32.into()),
        ("torus_16x16_marked", 256, 8u32.into()),
        ("torus3_10", 1000, 48_000u32.into()),
        ("tritorus_12", 144, 1728u32.into()),
        ("honeytorus_25", 1250, 7500u32.into()),
        ("Q9", 512, power(2, 9) * factorial(9)),
        ("H_4_3", 81, power(6, 4) * 24u32),
        ("kneser_11_4", 330, factorial(11)),
        ("johnson_10_3", 120, factorial(10)),
        ("paley_149", 149, 11_026u32.into()),
        ("hoffman_singleton", 50, 252_000u32.into()),
        ("chang_2", 28, 96u32.into()),
        ("schlaefli", 27, 51_840u32.into()),
        ("gq_w5", 156, 9_360_000u32.into()),
        ("pg2_11", 266, (2 * 1331 * 1330 * 120u32).into()),
        ("pg2_16", 546, BigUint::from(34_217_164_800u64)),
        ("ag2_11", 253, 1_597_200u32.into()),
        ("hadamard_paley_44", 176, 158_928u32.into()),
        ("latin_cyclic_16", 256, 12_288u32.into()),
        ("binary_tree_8", 511, power(2, 255)),
        ("gnp_1000_0.01", 1000, 1u32.into()),
        ("co_20xpetersen", 200, power(120, 20) * factorial(20)),
        ("5xshrikhande_5xrook", 160, power(192 * 1152, 5) * power(120, 2)),
        ("cfi_40_t1", 280, power(2, 21)),
        ("cfi_colored_80", 560, power(2, 41)),
    ];
    let all = named();
    for (name, n, order) in expected {
        let family = all.iter().find(|family| family.name == name).expect(name);
        let graph = (family.build)();
        assert_eq!(graph.n(), n, "{name}");
        assert_eq!(search(&graph).order(), order, "{name}");
    }
}

#[test]
fn look_alikes_have_different_forms() {
    let pairs = [
        ("hexagon, two triangles", cycle(6), union(&[cycle(3), cycle(3)])),
        ("rook 4×4, Shrikhande", rook(4, 4), shrikhande()),
        (
            "K3,3, prism",
            bipartite(3, 3),
            graph(6, |u, v| u / 3 == v / 3 || v - u == 3),
        ),
        ("decagon, two pentagons", cycle(10), union(&[cycle(5), cycle(5)])),
        ("Petersen, pentagonal prism", kneser(5, 2), {
            graph(10, |u, v| {
                if u / 5 == v / 5 {
                    matches!(v - u, 1 | 4)
                } else {
                    v - u == 5
                }
            })
        }),
        ("Q4, rook's complement of degree 4", hypercube(4), {
            let steps = [(0, 1), (0, 3), (1, 0), (3, 0)];
            union(&[graph(16, |u, v| {
                steps.contains(&((v / 4 + 4 - u / 4) % 4, (v % 4 + 4 - u % 4) % 4))
            })])
        }),
    ];
    for (index, (name, a, b)) in pairs.iter().enumerate() {
        assert_eq!(
            (a.n(), a.edge_count()),
            (b.n(), b.edge_count()),
            "{name} do not look alike"
        );
        // The last pair is the same graph in two descriptions: the 4-cube is the 4 × 4 torus.
        let same = index + 1 == pairs.len();
        assert_eq!(search(a).digest() == search(b).digest(), same, "{name}");
        assert_eq!(search(a).form() == search(b).form(), same, "{name}");
    }
}

#[test]
fn colours_and_directions_are_part_of_the_form() {
    let plain = cycle(4);
    let node = plain.clone().with_node_colors(vec![1, 0, 0, 0]).unwrap();
    let opposite = plain.clone().with_node_colors(vec![0, 0, 1, 0]).unwrap();
    let edge =
        ColoredGraph::from_colored_edges(4, false, [(0, 1, 1), (1, 2, 0), (2, 3, 0), (3, 0, 0)]).unwrap();
    let directed = ColoredGraph::from_edges(4, true, [(0, 1), (1, 2), (2, 3), (3, 0)]).unwrap();
    let digests = [&plain, &node, &edge, &directed].map(|graph| search(graph).digest());
    for (i, a) in digests.iter().enumerate() {
        assert!(
            digests[..i].iter().all(|b| a != b),
            "digest {i} is that of another graph"
        );
    }
    assert_eq!(search(&opposite).digest(), search(&node).digest());
    // The names of colours count: 7 is not 1.
    let renamed = plain.with_node_colors(vec![7, 0, 0, 0]).unwrap();
    assert_ne!(search(&renamed).digest(), search(&node).digest());
    assert_eq!(
        [&node, &edge, &directed].map(|graph| search(graph).order().to_string()),
        ["2", "2", "4"]
    );
}

#[test]
fn a_budget_ends_the_search_with_a_report() {
    let error = SymmetrySearch { budget: 20 }.run(&rook(9, 9)).unwrap_err();
    assert!(
        matches!(error, CanonError::BudgetExhausted { nodes: 20, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("20"), "{error}");
    assert!(SymmetrySearch { budget: 20 }.run(&frucht()).is_ok());
}

#[test]
fn unions_and_joins_of_equal_parts_have_wreath_products_as_groups() {
    let power = |base: u32, exponent: u32| BigUint::from(base).pow(exponent);
    let cases = [
        // Rigid parts that refinement does not tell from each other.
        (union(&vec![frucht(); 50]), factorial(50)),
        (
            union(&[vec![shrikhande(); 5], vec![rook(4, 4); 5]].concat()),
            power(192, 5) * power(1152, 5) * factorial(5) * factorial(5),
        ),
        // Two levels of parts, and small ones beside.
        (
            union(&[vec![complement(&union(&vec![frucht(); 3])); 2], vec![cycle(5); 2]].concat()),
            factorial(3).pow(2) * 2u32 * power(10, 2) * 2u32,
        ),
    ];
    for (graph, order) in cases {
        for graph in [complement(&graph), graph] {
            let symmetry = search(&graph);
            assert_eq!(symmetry.order(), order);
            assert!(symmetry.generators().iter().all(|g| graph.has_automorphism(g)));
            // The trusted generators are strong: Schreier–Sims finds no more.
            let proved = PermGroup::new(graph.n(), symmetry.generators().to_vec()).unwrap();
            assert_eq!(proved.order(), order);
            let k = Permutation::random(graph.n(), &mut ChaCha8Rng::seed_from_u64(4));
            assert_eq!(search(&k.act(&graph)).form(), symmetry.form());
        }
    }
}

#[test]
fn parts_with_colours_keep_the_form_sorted_and_share_one_budget() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let many = union(&[vec![frucht(); 4], vec![kneser(5, 2); 2]].concat());
    let colors = (0..many.n()).map(|v| (v % 12 / 7) as u32).collect();
    let many = many.with_node_colors(colors).unwrap();
    let symmetry = search(&many);
    assert!(symmetry.form().node_colors().is_sorted());
    assert_eq!(symmetry.labelling().act(symmetry.form()), many);
    for _ in 0..10 {
        let moved = Permutation::random(many.n(), &mut rng).act(&many);
        assert_eq!(search(&moved).form(), symmetry.form());
    }
    let plain = union(&vec![kneser(5, 2); 20]);
    assert!(SymmetrySearch { budget: 30 }.run(&kneser(5, 2)).is_ok());
    let error = SymmetrySearch { budget: 30 }.run(&plain).unwrap_err();
    assert!(
        matches!(error, CanonError::BudgetExhausted { nodes: 30, .. }),
        "{error:?}"
    );
}

#[test]
fn hard_graphs_of_a_few_hundred_vertices_have_known_groups_and_one_form() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for (name, order) in [
        ("latin_random_16", 1u32),
        ("latin_random_20", 1),
        ("hall_plane_9", 311_040),
        ("hadamard_paley_44", 158_928),
    ] {
        let family = named().into_iter().find(|family| family.name == name);
        let graph = (family.expect("a named family").build)();
        let symmetry = search(&graph);
        assert_eq!(symmetry.order(), order.into(), "{name}");
        assert!(symmetry.generators().iter().all(|g| graph.has_automorphism(g)));
        for _ in 0..3 {
            let k = Permutation::random(graph.n(), &mut rng);
            assert_eq!(search(&k.act(&graph)).form(), symmetry.form(), "{name}");
        }
    }
}

#[test]
fn a_star_with_many_leaves_needs_little_memory() {
    let leaves = 20_000;
    let star = ColoredGraph::from_edges(leaves + 1, false, (1..=leaves as u32).map(|v| (0, v))).unwrap();
    let symmetry = search(&star);
    assert_eq!(symmetry.order(), factorial(leaves as u32));
    assert_eq!(symmetry.generators().len(), 2);
    let draw = symmetry.group().sample(&mut ChaCha8Rng::seed_from_u64(5));
    assert!(star.has_automorphism(&draw) && symmetry.group().contains(&draw));
}

#[test]
fn large_and_deep_graphs_need_no_deep_stack() {
    let run = || {
        assert_eq!(search(&complete(1000)).order(), factorial(1000));
        let many = union(&vec![cycle(5); 200]);
        assert_eq!(
            search(&many).order(),
            BigUint::from(10u32).pow(200) * factorial(200)
        );
        assert_eq!(search(&cycle(2000)).order(), 4000u32.into());
        let path = graph(3000, |u, v| v - u == 1);
        assert_eq!(search(&path).order(), 2u32.into());
    };
    let thread = std::thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(run)
        .unwrap();
    thread.join().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn relabelled_graphs_have_the_same_form_and_conjugate_groups(n in 1u32..40, seed in any::<u64>()) {
        let graph = random_colored(n, seed);
        let symmetry = search(&graph);
        prop_assert_eq!(&symmetry.labelling().act(symmetry.form()), &graph);
        for generator in symmetry.generators() {
            prop_assert_eq!(&generator.act(&graph), &graph);
        }
        let k = Permutation::random(n as usize, &mut ChaCha8Rng::seed_from_u64(!seed));
        let moved = search(&k.act(&graph));
        prop_assert_eq!(moved.form(), symmetry.form());
        prop_assert_eq!(moved.digest(), symmetry.digest());
        prop_assert_eq!(moved.order(), symmetry.order());
        let mut orbits: Vec<Vec<u32>> =
            symmetry.orbits().iter().map(|orbit| orbit.iter().map(|&v| k.apply(v)).collect()).collect();
        orbits.iter_mut().for_each(|orbit| orbit.sort_unstable());
        orbits.sort();
        prop_assert_eq!(moved.orbits(), orbits);
    }
}
