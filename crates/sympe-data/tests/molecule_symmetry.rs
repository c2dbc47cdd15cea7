//! Symmetries of molecules from files: known orders, brute force, and the same answer for every way to write a molecule.

use std::collections::BTreeSet;
use std::io::Cursor;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_data::DataError;
use sympe_data::formats::{Content, FileGraph, Graphs, VertexColors};
use sympe_data::input::Input;
use sympe_data::molecule::Hydrogens::{self, Explicit, Omitted};
use sympe_data::molecule::{BondOrder, Molecule, MoleculeFormat, SmallMolecules, sdf, smiles, xyz};

fn input(name: &str, text: &str) -> Input {
    Input::new(name, Cursor::new(text.to_owned().into_bytes())).unwrap()
}

/// The graphs of a text, in the format that its name or its content says, and what was passed over.
fn read(name: &str, text: &str, hydrogens: Hydrogens) -> (Vec<Result<FileGraph, DataError>>, Vec<String>) {
    let mut input = input(name, text);
    let Content::Molecules(format) = Content::of(&mut input).unwrap() else {
        panic!("{name} is no file of molecules");
    };
    let mut graphs = Graphs::of_molecules(input, format, hydrogens).unwrap();
    let read = graphs.by_ref().map(|record| record.read()).collect();
    (read, graphs.notes().iter().map(ToString::to_string).collect())
}

fn graph(name: &str, text: &str, hydrogens: Hydrogens) -> ColoredGraph {
    let (mut read, _) = read(name, text, hydrogens);
    assert_eq!(read.len(), 1, "{text}");
    read.remove(0).unwrap().graph
}

fn order(graph: &ColoredGraph) -> String {
    SymmetrySearch::default().run(graph).unwrap().order().to_string()
}

fn digest(graph: &ColoredGraph) -> String {
    SymmetrySearch::default().run(graph).unwrap().digest()
}

#[test]
fn known_orders() {
    for (smiles, all, heavy) in [
        ("CO", "6", "1"),
        ("C", "24", "1"),
        ("CC", "72", "2"),
        ("O", "2", "1"),
        ("c1ccccc1", "12", "12"),
        ("C1=CC=CC=C1", "12", "12"),
        ("Cc1ccccc1", "12", "2"),
        ("Cc1ccccc1C", "72", "2"),
        ("CC(C)(C)C", "31104", "24"),
        ("C1CCCCC1", "768", "12"),
        ("c1ccc2ccccc2c1", "4", "4"),
        ("c1ccccc1-c1ccccc1", "8", "8"),
        ("Cc1c(C)c(C)c(C)c(C)c1C", "559872", "12"),
        // Rectangles: the two structures of cyclobutadiene are different molecules.
        ("C1=CC=C1", "4", "4"),
        ("C1=CC2=CC=CC2=C1", "2", "2"),
        ("c1cc[nH]c1", "2", "2"),
        ("C1=COC=C1", "2", "2"),
        ("O=C=O", "2", "2"),
        ("FS(F)(F)(F)(F)F", "720", "720"),
        ("C12C3C4C1C5C2C3C45", "48", "48"),
        ("C1C2CC3CC1CC(C2)C3", "1536", "24"),
        ("CC(=O)[O-]", "6", "1"),
        ("C[N+](=O)[O-]", "6", "1"),
        ("CN(=O)=O", "6", "1"),
        ("[NH4+].[Cl-]", "24", "1"),
        ("CC.CC", "10368", "8"),
        ("[H][H]", "2", "2"),
    ] {
        assert_eq!(
            order(&graph("a.smi", smiles, Explicit)),
            all,
            "{smiles} with hydrogens"
        );
        assert_eq!(
            order(&graph("a.smi", smiles, Omitted)),
            heavy,
            "{smiles} without hydrogens"
        );
    }
}

/// The bonds of all structures that place the double bonds of a molecule elsewhere, with the same sum at each atom.
fn structures(molecule: &Molecule) -> BTreeSet<Vec<u32>> {
    fn place(
        bonds: &[(u32, u32, BondOrder)],
        free: &mut Vec<u32>,
        orders: &mut Vec<u32>,
        found: &mut BTreeSet<Vec<u32>>,
    ) {
        let Some(&(u, v, old)) = bonds.get(orders.len()) else {
            if free.iter().all(|&left| left == 0) {
                found.insert(orders.clone());
            }
            return;
        };
        let (u, v) = (u as usize, v as usize);
        // Double bonds move, triple bonds stay.
        let choices = if old == BondOrder::Triple { 3..=3 } else { 1..=2 };
        for order in choices {
            if free[u] >= order && free[v] >= order {
                (free[u], free[v]) = (free[u] - order, free[v] - order);
                orders.push(order);
                place(bonds, free, orders, found);
                orders.pop();
                (free[u], free[v]) = (free[u] + order, free[v] + order);
            }
        }
    }
    let bonds: Vec<_> = molecule.bonds().collect();
    let mut free: Vec<u32> = (0..molecule.len() as u32)
        .map(|v| molecule.bond_order_sum(v))
        .collect();
    let mut found = BTreeSet::new();
    place(&bonds, &mut free, &mut Vec::new(), &mut found);
    found
}

/// How many ways to exchange the heavy atoms take all structures to such structures, by trying each.
fn order_by_brute_force(molecule: &Molecule) -> u64 {
    let heavy = molecule.without_hydrogens();
    let n = heavy.len();
    let bonds: Vec<(u32, u32, BondOrder)> = heavy.bonds().collect();
    let structures = structures(&heavy);
    let hydrogens = |v: u32| molecule.graph().degree(v) - heavy.graph().degree(v);
    let place = |u: u32, v: u32| {
        bonds
            .iter()
            .position(|bond| (bond.0, bond.1) == (u.min(v), u.max(v)))
    };
    let keeps = |images: &[u32]| {
        let moved: Option<Vec<usize>> = bonds
            .iter()
            .map(|&(u, v, _)| place(images[u as usize], images[v as usize]))
            .collect();
        moved.is_some_and(|moved| {
            structures.iter().all(|orders| {
                let mut image = vec![0; orders.len()];
                orders
                    .iter()
                    .zip(&moved)
                    .for_each(|(&order, &to)| image[to] = order);
                structures.contains(&image)
            })
        })
    };
    let mut count = 0;
    let mut stack: Vec<Vec<u32>> = vec![Vec::new()];
    while let Some(images) = stack.pop() {
        if images.len() == n {
            count += u64::from(keeps(&images));
            continue;
        }
        let v = images.len() as u32;
        for image in 0..n as u32 {
            let is_like = heavy.atoms()[v as usize] == heavy.atoms()[image as usize]
                && hydrogens(v) == hydrogens(image)
                && (0..v).all(|u| {
                    heavy.graph().has_edge(u, v) == heavy.graph().has_edge(images[u as usize], image)
                });
            if is_like && !images.contains(&image) {
                stack.push([&images[..], &[image]].concat());
            }
        }
    }
    count
}

#[test]
fn orders_are_those_of_brute_force() {
    for smiles in [
        "Cc1ccccc1",
        "Oc1ccccc1O",
        "c1ccncc1",
        "c1cnccn1",
        "c1cc2ccc1CC2",
        "C=CC=CC=C",
        "C1=CC=CC=CC1",
        "CC(C)(C)C#N",
        "O=c1cc[nH]cc1",
        "c1ccsc1C",
        "FC(F)(F)C(F)(F)F",
        "C1CC2CC1C2",
        "[O-]S(=O)(=O)[O-]",
        "NCC(=O)O",
        "c1cc[n+]([O-])cc1",
    ] {
        let molecule = smiles::parse(smiles, 1).unwrap();
        let found = order(&graph("a.smi", smiles, Omitted));
        assert_eq!(found, order_by_brute_force(&molecule).to_string(), "{smiles}");
    }
}

#[test]
fn every_way_to_write_a_molecule_is_one_graph_and_one_canonical_text() {
    for ways in [
        &[
            "Cc1ccccc1",
            "CC1=CC=CC=C1",
            "CC1C=CC=CC=1",
            "c1ccccc1C",
            "[CH3]C1=CC=CC=C1",
        ][..],
        &["CC1=CC=CC=C1C", "CC1=C(C)C=CC=C1", "Cc1c(C)cccc1"],
        &["CN(=O)=O", "C[N+](=O)[O-]"],
        &["OCC", "C(O)C", "[H]OC([H])([H])C"],
        &["c1ccc2ccccc2c1", "C1=CC2=CC=CC=C2C=C1", "C1=CC=C2C=CC=CC2=C1"],
        &["[13CH3]O", "CO"],
    ] {
        for hydrogens in [Explicit, Omitted] {
            let graphs: Vec<ColoredGraph> = ways.iter().map(|way| graph("a.smi", way, hydrogens)).collect();
            let texts: Vec<String> = graphs
                .iter()
                .map(|graph| {
                    let form = SymmetrySearch::default().run(graph).unwrap().form().clone();
                    smiles::write(&Molecule::from_delocalized_graph(&form).unwrap())
                })
                .collect();
            assert!(
                graphs.iter().all(|graph| digest(graph) == digest(&graphs[0])),
                "{ways:?}"
            );
            assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
            let again = smiles::parse(&texts[0], 1).unwrap();
            assert_eq!(
                again.identity().unwrap(),
                smiles::parse(ways[0], 1).unwrap().identity().unwrap()
            );
        }
    }
    let differ = |one: &str, other: &str| {
        assert_ne!(
            digest(&graph("a.smi", one, Omitted)),
            digest(&graph("a.smi", other, Omitted)),
            "{one} {other}"
        );
    };
    differ("CC1=CC=C1", "CC1=CCC1");
    differ("C[CH2]", "CC");
    differ("[O-]C", "OC");
    // Localized double bonds: two molecules.
    differ("CC1=C(C)C=C1", "CC1=CC=C1C");
}

#[test]
fn graphs_of_molecules_are_molecules_again() {
    for molecule in SmallMolecules::new(5).unwrap().all(Explicit) {
        for hydrogens in [Explicit, Omitted] {
            let again = Molecule::from_delocalized_graph(&molecule.delocalized_graph(hydrogens)).unwrap();
            assert_eq!(
                again.identity().unwrap(),
                molecule.identity().unwrap(),
                "{}",
                smiles::write(&molecule)
            );
        }
    }
    let error =
        |graph: Result<ColoredGraph, _>| Molecule::from_delocalized_graph(&graph.unwrap()).unwrap_err();
    let carbon = vec![32 * 6 + 16; 3];
    let open = ColoredGraph::from_colored_edges(3, false, [(0, 1, 4), (1, 2, 4)]);
    let open = open.and_then(|graph| graph.with_node_colors(carbon));
    insta::assert_snapshot!(
        [
            error(ColoredGraph::from_edges(2, false, [(0, 1)])).to_string(),
            error(open).to_string(),
        ]
        .join("\n")
    );
}

#[test]
fn sdf_and_xyz_have_the_symmetry_of_their_smiles() {
    for text in ["CO", "Cc1ccccc1", "CC(C)(C)C", "C[NH3+]", "OC(=O)C=C"] {
        let molecule = smiles::parse(text, 1).unwrap();
        for hydrogens in [Explicit, Omitted] {
            let expected = digest(&graph("a.smi", text, hydrogens));
            for molecule in [molecule.clone(), molecule.without_hydrogens()] {
                let record = sdf::write(&molecule, "name").unwrap();
                assert_eq!(digest(&graph("a.sdf", &record, hydrogens)), expected, "{text}");
                // The content says it, whatever the name.
                assert_eq!(digest(&graph("a", &record, hydrogens)), expected, "{text}");
            }
        }
    }
    let methanol = "6\nmethanol\nC -0.05 0.66 0\nO -0.05 -0.76 0\nH -1.09 0.98 0\nH 0.87 -1.06 0\nH 0.44 1.07 0.89\nH 0.44 1.07 -0.89\n";
    assert_eq!(order(&graph("a.xyz", methanol, Explicit)), "6");
    assert_eq!(order(&graph("a", methanol, Omitted)), "1");
    // A frame has the atoms that it lists.
    let oxygen = "2\noxygen\nO 0 0 0\nO 0 0 1.21\n";
    assert_eq!(
        digest(&graph("a.xyz", oxygen, Explicit)),
        digest(&graph("a.smi", "O=O", Explicit))
    );
}

#[test]
fn streams_have_what_whole_texts_have() {
    let molecules = ["CO", "c1ccccc1", "C[N+](C)(C)C", "FC(F)F"].map(|text| smiles::parse(text, 1).unwrap());
    let sdf: String = molecules
        .iter()
        .map(|molecule| sdf::write(molecule, "").unwrap())
        .collect();
    let xyz = "2\ngdb 1\nC 0 0 0\nO 0 0 1.4\nfrequencies\nSMILES\nInChI\n\n1\n\nN 0 0 0\n";
    for (format, text) in [
        (MoleculeFormat::Smiles, "CO\n\nc1ccccc1 benzene\nC[N+](C)(C)C\n"),
        (MoleculeFormat::Smiles, "id,smiles\n1,CO\n2,CCO\n"),
        (MoleculeFormat::Sdf, sdf.as_str()),
        (MoleculeFormat::Sdf, sdf.trim_end().trim_end_matches('$')),
        (MoleculeFormat::Xyz, xyz),
    ] {
        let records = match format {
            MoleculeFormat::Xyz => xyz::parse(text),
            other => other.parse(text),
        };
        let whole: Vec<String> = records
            .good()
            .map(|molecule| digest(&molecule.normal_graph(Explicit)))
            .collect();
        let graphs = Graphs::of_molecules(input("a", text), format, Explicit).unwrap();
        let streamed: Vec<String> = graphs
            .map(|record| digest(&record.read().unwrap().graph))
            .collect();
        assert_eq!(streamed, whole, "{text}");
    }
}

#[test]
fn bad_records_are_named_and_the_others_are_read() {
    let shown = |name: &str, text: &str| {
        let (read, notes) = read(name, text, Explicit);
        let lines = read.into_iter().map(|record| match record {
            Ok(FileGraph { graph, names, .. }) => format!("{} {}", names.join(" "), order(&graph)),
            Err(error) => error.to_string(),
        });
        lines.chain(notes).collect::<Vec<_>>().join("\n")
    };
    let good = sdf::write(&smiles::parse("O", 1).unwrap(), "").unwrap();
    let radical = good.replace("M  END", "M  RAD  1   1   2\nM  END");
    insta::assert_snapshot!(
        [
            shown("a.smi", "CO\nC1CC\nNone\n\n[OH-] ion\nC[C@H](F)O\n[2H]O*\n"),
            shown("a.sdf", &format!("{good}\n\n\n  1  0  0\n$$$$\n{radical}")),
            shown(
                "a.xyz",
                "2\n\nC 0 0 0\nO 0 0 1.4\n2\n\nC 0 0 0\nO 0 0 x\n1\n\nN 0 0 0\nmore\n"
            ),
            shown("b.xyz", "3\n\nC 0 0 0\nO 0 0 1.4\n"),
            shown("c.xyz", "99999999999\n\nC 0 0 0\n"),
        ]
        .join("\n--\n")
    );
}

#[test]
fn molecules_have_no_other_colours_and_records_keep_their_lines() {
    let colors = VertexColors::read(input("colours", "1 2\n")).unwrap();
    let graphs = Graphs::of_molecules(input("a.smi", "CO\n"), MoleculeFormat::Smiles, Omitted).unwrap();
    let error = graphs
        .with_vertex_colors(colors)
        .next()
        .unwrap()
        .read()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "colours: line 1: colours for graph 1, whose vertices have colours, expected a graph without colours of vertices"
    );
    let (read, _) = read("a.smi", "CO methanol\n", Omitted);
    assert_eq!(read[0].as_ref().unwrap().record.as_deref(), Some("CO methanol"));
}
