//! Drawings: snapshots, and that nothing lies on anything else.

use std::path::{Path, PathBuf};
use sympe_canon::graph::ColoredGraph;
use sympe_data::molecule::{Atom, Element, Hydrogens, Molecule, Qm9, SmallMolecules, smiles};
use sympe_data::published::Split;
use sympe_report::{Curve, curves, graphs, molecules};

fn parse(text: &str) -> (String, Molecule) {
    (text.to_owned(), smiles::parse(text, 1).unwrap())
}

/// The values of attributes, in order.
fn numbers<'a>(svg: &'a str, element: &'a str, names: [&'a str; 2]) -> Vec<[f64; 2]> {
    let start = format!("<{element} ");
    svg.split(start.as_str())
        .skip(1)
        .map(|rest| {
            names.map(|name| {
                let value = rest.split(&format!("{name}=\"")).nth(1).expect("the attribute");
                value.split('"').next().unwrap().parse().unwrap()
            })
        })
        .collect()
}

#[test]
fn molecules_look_like_this() {
    let items = ["CC(=O)[O-]", "C1=COC=C1", "[NH3+]C", "C#N"].map(parse);
    insta::assert_snapshot!(molecules(&items, 2));
}

#[test]
fn graphs_look_like_this() {
    let graph = |n, edges: &[(u32, u32)]| ColoredGraph::from_edges(n, false, edges.iter().copied()).unwrap();
    let items = [
        ("path & <edge>".to_owned(), graph(5, &[(0, 1), (1, 2), (3, 4)])),
        ("nothing".to_owned(), graph(0, &[])),
        (
            "K4".to_owned(),
            graph(4, &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
        ),
    ];
    insta::assert_snapshot!(graphs(&items, 3));
}

/// A figure of these curves, and the vertices of the last, `x` to the right and `y` downwards.
fn drawn(all: &[&[f64]]) -> (String, Vec<[f64; 2]>) {
    let curve = |(index, values): (usize, &&[f64])| Curve {
        name: format!("run {index}"),
        points: (1..).zip(values.iter().copied()).collect(),
    };
    let svg = curves("loss", &all.iter().enumerate().map(curve).collect::<Vec<_>>());
    let line = svg.rsplit("<polyline ").next().unwrap();
    let points = line
        .split("points=\"")
        .nth(1)
        .map_or("", |text| text.split('"').next().unwrap());
    let place = |text: &str| {
        let (x, y) = text.split_once(',').unwrap();
        [x, y].map(|value| value.parse().unwrap())
    };
    let places = points.split_whitespace().map(place).collect();
    (svg, places)
}

/// The least and the greatest height of the ticks on the vertical axis, which are at its ends.
const HEIGHTS: [f64; 2] = [36.0, 276.0];

#[test]
fn one_value_is_a_dot_and_constant_curves_are_inside_the_figure() {
    for constant in [0.0, 3.0, -2.0, 1e-12] {
        assert_eq!(
            drawn(&[&[constant]]).0.matches("<circle").count(),
            1,
            "{constant}"
        );
        let (svg, curve) = drawn(&[&[constant; 3]]);
        assert!(curve.len() == 3 && !svg.contains("<circle"), "{constant}");
        assert!(
            curve
                .iter()
                .all(|[_, y]| (HEIGHTS[0] + 1.0..HEIGHTS[1] - 1.0).contains(y)),
            "{constant}"
        );
    }
    assert!(drawn(&[]).0.starts_with("<svg") && drawn(&[&[f64::NAN]]).0.starts_with("<svg"));
}

#[test]
fn zeros_are_at_the_lower_edge_of_a_logarithmic_axis() {
    let [first, second, zero, last] = drawn(&[&[100.0, 1.0, 0.0, 10.0]]).1.try_into().unwrap();
    assert!((zero[1] - HEIGHTS[1]).abs() <= 1.0, "{zero:?}");
    // Equal ratios are equal distances.
    assert!(second[1] > last[1] && last[1] > first[1]);
    assert!((second[1] - 2.0 * last[1] + first[1]).abs() <= 2.0);
    assert_eq!(drawn(&[&[-1.0, 0.0, 100.0]]).1.len(), 3);
}

#[test]
fn names_are_beside_the_curves_and_ticks_whole_epochs_and_round_values() {
    // Ends are close, and one curve has none.
    let ends: Vec<[f64; 2]> = (0..30)
        .map(|end| [-1.0, if end == 7 { f64::NAN } else { f64::from(end / 9) }])
        .collect();
    let (svg, _) = drawn(&ends.iter().map(<[f64; 2]>::as_slice).collect::<Vec<_>>());
    let texts: Vec<&str> = svg
        .split("<text ")
        .skip(1)
        .map(|text| text.split(['\n', '<']).nth(1).unwrap())
        .collect();
    let places = numbers(&svg, "text", ["x", "y"]);
    let mut heights = Vec::new();
    let mut ticks = Vec::new();
    for (text, [x, y]) in texts.into_iter().zip(places) {
        // The curves end 416 pixels to the right.
        match text.strip_prefix("run ") {
            Some(_) if x > 416.0 => heights.push(y),
            Some(name) => panic!("{name} is at {x}"),
            None => ticks.push(text),
        }
    }
    heights.sort_by(f64::total_cmp);
    assert!(
        heights.len() == 30 && heights.windows(2).all(|pair| pair[1] - pair[0] >= 15.0),
        "{heights:?}"
    );
    let heights = ["-1", "-0.5", "0", "0.5", "1", "1.5", "2", "2.5", "3"];
    assert_eq!(ticks, [&["loss", "epoch"], &heights[..], &["1", "2"]].concat());
}

#[test]
fn every_atom_and_bond_is_drawn_once() {
    // Letters: two of oxygen, one of nitrogen, five of hydrogen. Lines: 9 bonds, one of them double.
    let svg = molecules(&[parse("NCC(=O)O")], 1);
    assert_eq!(
        ["N", "O", "H"].map(|letter| svg.matches(&format!(">{letter}<")).count()),
        [1, 2, 5]
    );
    assert_eq!(svg.matches("<line").count(), 10);
    // Without hydrogens, a carbon without bonds is a letter.
    let methane = (
        "methane".to_owned(),
        smiles::parse("C", 1).unwrap().without_hydrogens(),
    );
    assert!(molecules(&[methane], 1).contains(">C<"));
    assert!(molecules(&[], 3).starts_with("<svg"));
    assert!(molecules(&[("none".into(), Molecule::new(Vec::new(), []).unwrap())], 0).contains(">none<"));
}

#[test]
fn no_two_vertices_of_small_graphs_are_at_one_place() {
    // All molecules of up to four heavy atoms as graphs: rings, cages, chains, stars; and a graph of four components.
    let set = SmallMolecules::new(4).unwrap();
    let mut items: Vec<(String, ColoredGraph)> = set
        .all(Hydrogens::Explicit)
        .map(|one| (String::new(), one.graph().clone()))
        .collect();
    let parts = [(0, 1), (1, 2), (2, 0), (3, 4), (5, 6), (6, 7)];
    items.push((String::new(), ColoredGraph::from_edges(9, false, parts).unwrap()));
    for item in &items {
        let places = numbers(&graphs(std::slice::from_ref(item), 1), "circle", ["cx", "cy"]);
        assert_eq!(places.len(), item.1.n());
        for (index, one) in places.iter().enumerate() {
            assert!(one.iter().all(|value| (0.0..=170.0).contains(value)), "{one:?}");
            for other in &places[..index] {
                let apart = f64::hypot(one[0] - other[0], one[1] - other[1]);
                assert!(apart > 3.0, "{:?}: {apart}", item.1);
            }
        }
    }
}

/// The least distance of two atoms in a drawing, and of two that are no plain hydrogens, in bonds.
fn least_distances(molecule: &Molecule) -> [f64; 2] {
    /// The size of the letter of an atom other than a plain hydrogen, in bonds.
    const LETTER: f64 = 0.46;
    // Nitrogen has a letter where carbon has none, and charges are texts of their own.
    let letter = |atom: &Atom| match atom.element {
        Element::C => Element::N.into(),
        other => other.into(),
    };
    let letters = molecule.atoms().iter().map(letter).collect();
    let lettered = Molecule::new(letters, molecule.bonds()).unwrap();
    let svg = molecules(&[(String::new(), lettered.clone())], 1);
    let places = numbers(&svg, "text", ["x", "y"]);
    let sizes = numbers(&svg, "text", ["font-size", "font-size"]);
    // The caption is the last text.
    assert_eq!(places.len(), molecule.len() + 1);
    let is_plain = |v: usize| lettered.is_plain_hydrogen(v as u32);
    let scale = (0..molecule.len())
        .find(|&v| !is_plain(v))
        .map_or(1.0, |v| sizes[v][0] / LETTER);
    let mut least = [f64::INFINITY; 2];
    for u in 0..molecule.len() {
        for v in 0..u {
            // Letters hang lower the larger they are.
            let height = |v: usize| places[v][1] - 0.36 * sizes[v][0];
            let apart = f64::hypot(places[u][0] - places[v][0], height(u) - height(v)) / scale;
            least[0] = least[0].min(apart);
            if !is_plain(u) && !is_plain(v) {
                least[1] = least[1].min(apart);
            }
        }
    }
    least
}

/// The published data sets: `SYMPE_DATA`, or `../shared/data` beside the workspace. Where they are not, the test is skipped, or
/// fails with `SYMPE_REQUIRE_DATA=1`.
fn published_qm9() -> Option<Qm9> {
    let folder = std::env::var_os("SYMPE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    match Qm9::read(&folder.join("qm9")) {
        Ok(qm9) => Some(qm9),
        Err(error) if std::env::var_os("SYMPE_REQUIRE_DATA").is_some_and(|value| value == "1") => {
            panic!("SYMPE_REQUIRE_DATA=1: {error}")
        }
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

fn have_room_for_letters<'a>(all: impl IntoIterator<Item = &'a Molecule>) {
    for molecule in all {
        let [any, heavy] = least_distances(molecule);
        assert!(
            heavy > 0.45 && any > 0.22,
            "{}: {heavy}, {any}",
            smiles::write(molecule)
        );
    }
}

#[test]
fn atoms_of_small_molecules_have_room_for_their_letters() {
    let small: Vec<Molecule> = SmallMolecules::new(4).unwrap().all(Hydrogens::Explicit).collect();
    have_room_for_letters(&small);
}

#[test]
fn atoms_of_published_molecules_have_room_for_their_letters() {
    if let Some(qm9) = published_qm9() {
        // Some of the test part: mostly rings, many cages.
        let part = qm9.part(Split::Test, Hydrogens::Explicit).unwrap();
        have_room_for_letters(part.items().iter().step_by(31));
    }
}
