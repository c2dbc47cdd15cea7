//! Drawings: snapshots, and that nothing lies on anything else.

use sympe_canon::graph::ColoredGraph;
use sympe_data::molecule::{Hydrogens, Molecule, SmallMolecules, smiles};
use sympe_train::report::{graphs, molecules};

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
    // All molecules of up to four heavy atoms as graphs: rings, cages, chains, stars.
    let set = SmallMolecules::new(4).unwrap();
    let items: Vec<(String, ColoredGraph)> = set
        .all(Hydrogens::Explicit)
        .map(|one| (String::new(), one.graph().clone()))
        .collect();
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
