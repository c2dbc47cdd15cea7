//! MOSES: its parts and their histograms, molecules as graphs with classes and back, on a few molecules and, where a copy is at
//! hand, on all of it.

mod common;

use std::fs;
use std::path::Path;
use sympe_data::diffusion::{BondClasses, CategoricalGraph, Limit, MoleculeClasses, NodeCounts};
use sympe_data::molecule::{Element, Moses, smiles};
use sympe_data::published::Split;

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn files_are_plain_or_packed_and_faults_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let missing = |name: &str| {
        let error = Moses::open(folder).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    };
    missing("train.csv");
    write(folder, "train.csv", "SMILES\nCCO\nc1ccccc1Br\n");
    missing("test.csv");
    write(folder, "test.csv", "SMILES\r\nCS\r\n");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, b"SMILES\nCCl\nC1CC\n").unwrap();
    fs::write(folder.join("test_scaffolds.csv.gz"), packed.finish().unwrap()).unwrap();
    let moses = Moses::open(folder).unwrap();
    let formulas = |split| moses.map(split, |molecule| Ok(molecule.formula()));
    assert_eq!(formulas(Split::Train).unwrap(), ["C2H6O", "C6H5Br"]);
    assert_eq!(formulas(Split::Validation).unwrap(), ["CH4S"]);
    let error = formulas(Split::Test).unwrap_err().to_string();
    assert!(
        error.contains("test_scaffolds.csv.gz: line 3: an open ring"),
        "{error}"
    );
    write(folder, "train.csv", "smiles,id\nCCO,1\n");
    let error = formulas(Split::Train).unwrap_err().to_string();
    assert!(
        error.ends_with("train.csv: line 1: 'smiles,id', expected the header 'SMILES'"),
        "{error}"
    );
}

/// A molecule comes back from its graph, whatever its Kekulé structure, and all structures are one graph where bonds delocalize.
#[test]
fn delocalized_bonds_are_one_class_for_all_structures() {
    // Two structures each, atoms in the same order; those of azulene have no delocalized bond between its rings.
    for (one, other, delocalized) in [
        ("CC1=CC=CC=C1C", "CC1=C(C)C=CC=C1", 6),
        ("C1=CC=C2C=CC=CC2=C1", "C1=CC2=C(C=C1)C=CC=C2", 11),
        ("C1=CC2=CC=CC=CC2=C1", "C1=CC=C2C=CC=C2C=C1", 10),
        ("C1=CNC=C1", "C1=CNC=C1", 0),
    ] {
        let molecules = [one, other].map(|text| smiles::parse(text, 1).unwrap().without_hydrogens());
        let classes = MoleculeClasses::found(&molecules, BondClasses::Delocalized);
        let graphs = molecules
            .each_ref()
            .map(|molecule| classes.encode(molecule).unwrap());
        let forms = graphs.each_ref().map(|graph| {
            let symmetry = sympe_canon::graph::SymmetrySearch::default()
                .run(&graph.to_colored_graph())
                .unwrap();
            symmetry.digest()
        });
        assert_eq!(forms[0], forms[1], "{one}");
        for (graph, molecule) in graphs.iter().zip(&molecules) {
            assert_eq!(
                graph.edges().iter().filter(|&&class| class == 4).count(),
                2 * delocalized,
                "{one}"
            );
            let again = classes.decode(graph).unwrap().unwrap();
            assert_eq!(again.identity().unwrap(), molecule.identity().unwrap(), "{one}");
            // A Kekulé structure is taken as it is.
            let kekule = MoleculeClasses::found(&molecules, BondClasses::Kekule);
            assert_eq!(
                kekule.decode(&kekule.encode(molecule).unwrap()).unwrap().as_ref(),
                Some(molecule)
            );
        }
    }
    let classes = MoleculeClasses::new(vec![Element::C], BondClasses::Delocalized).unwrap();
    let ring = |n: usize| {
        let is_bond = |i: usize, j: usize| (i + 1) % n == j || (j + 1) % n == i;
        let edges = (0..n * n)
            .map(|k| if is_bond(k / n, k % n) { 4 } else { 0 })
            .collect();
        CategoricalGraph::new(vec![0; n], edges).unwrap()
    };
    let benzene = classes.decode(&ring(6)).unwrap().unwrap();
    assert_eq!(
        benzene.with_hydrogens().identity().unwrap(),
        smiles::parse("c1ccccc1", 1).unwrap().identity().unwrap()
    );
    assert_eq!(classes.decode(&ring(5)).unwrap(), None);
    assert_eq!(classes.skeleton(&ring(5)).unwrap().bond_count(), 5);
}

#[test]
fn classes_are_those_that_are_found_and_hydrogen_keeps_its_own() {
    let parse = |text: &str| smiles::parse(text, 1).unwrap();
    let found = |texts: &[&str]| {
        let molecules: Vec<_> = texts.iter().map(|text| parse(text)).collect();
        MoleculeClasses::found(&molecules, BondClasses::Kekule)
            .elements()
            .to_vec()
    };
    use Element::{Br, C, F, H, N, O, S};
    assert_eq!(found(&["CBr", "S"]), [C, N, O, F, H, S, Br]);
    let heavy = parse("CBr").without_hydrogens();
    let classes = MoleculeClasses::found([&heavy], BondClasses::Kekule);
    assert_eq!(classes.elements(), [C, Br]);
    let error = classes
        .encode(&parse("CO").without_hydrogens())
        .unwrap_err()
        .to_string();
    assert_eq!(error, "unknown element 'O': expected one of C, Br");
    // The same by way of graphs of all elements.
    let every = MoleculeClasses::all(BondClasses::Kekule);
    let mut parts = [vec![every.encode(&heavy).unwrap()], Vec::new()];
    assert_eq!(every.narrowed(&mut parts).unwrap(), classes);
    assert_eq!(parts[0][0], classes.encode(&heavy).unwrap());
    let doubled = MoleculeClasses::new(vec![C, C], BondClasses::Kekule)
        .unwrap_err()
        .to_string();
    assert_eq!(
        doubled,
        "classes of nodes is C twice, expected different elements"
    );
    let mut names = classes.names();
    names[1].pop();
    assert!(
        MoleculeClasses::from_names(&names)
            .unwrap_err()
            .to_string()
            .starts_with("classes of edges is none, single")
    );
    names[0][0] = "Xx".to_owned();
    names[1].push("triple".to_owned());
    assert!(
        MoleculeClasses::from_names(&names)
            .unwrap_err()
            .to_string()
            .starts_with("unknown element 'Xx'")
    );
}

/// Numbers of molecules, elements and sizes are those that are published; every molecule comes back from its graph.
#[test]
fn all_of_it() {
    let Some(folder) = common::data("moses") else {
        return;
    };
    let moses = Moses::open(&folder).unwrap();
    let every = MoleculeClasses::all(BondClasses::Delocalized);
    // Of the training set every sixteenth, for the time that it takes; of the other two all.
    let train = fs::read(folder.join("train.csv.gz")).unwrap();
    let text = sympe_data::input::Input::new("train.csv.gz", std::io::Cursor::new(train))
        .unwrap()
        .read_to_text()
        .unwrap();
    assert_eq!(text.lines().count() - 1, 1_584_663);
    let some: Vec<&str> = text.lines().skip(1).step_by(16).collect();
    let small = tempfile::tempdir().unwrap();
    for name in Moses::FILES {
        write(small.path(), name, &format!("SMILES\n{}\n", some.join("\n")));
    }
    let few = Moses::open(small.path()).unwrap();
    let graphs = |moses: &Moses, split| {
        let encode = |molecule: sympe_data::molecule::Molecule| {
            assert!(molecule.atoms().iter().all(|atom| atom.charge == 0));
            let graph = every.encode(&molecule.without_hydrogens())?;
            let again = every.decode(&graph)?.expect("a molecule").with_hydrogens();
            assert_eq!(again.formula(), molecule.formula());
            if molecule.len().is_multiple_of(8) {
                assert_eq!(again.identity().unwrap(), molecule.identity().unwrap());
            }
            Ok(graph)
        };
        moses.map(split, encode).unwrap()
    };
    let mut parts = [
        graphs(&few, Split::Train),
        graphs(&moses, Split::Validation),
        graphs(&moses, Split::Test),
    ];
    assert_eq!([parts[1].len(), parts[2].len()], [176_074, 176_225]);
    let classes = every.narrowed(&mut parts).unwrap();
    use Element::{Br, C, Cl, F, N, O, S};
    assert_eq!(classes.elements(), [C, N, O, F, S, Cl, Br]);
    // As published with the models (DiGress): shares of molecules by number of atoms, of 21 to 25.
    let counts = NodeCounts::of(&parts[0]).unwrap();
    let total: u64 = counts.counts().iter().sum();
    for (n, published) in [
        (20, 0.1223),
        (21, 0.1281),
        (22, 0.1446),
        (23, 0.1506),
        (24, 0.1437),
    ] {
        let share = counts.counts()[n] as f64 / total as f64;
        assert!(
            (share - published).abs() < 0.004,
            "{n}: {share}, published {published}"
        );
    }
    let (nodes, edges) = classes.counts();
    let limit = Limit::marginal(&parts[0], nodes, edges).unwrap();
    // Shares of C, N, O, F, S, Cl, Br and of no bond: what is published beside them counts aromatic bonds otherwise.
    let close = |got: &[f64], want: &[f64]| {
        assert!(
            got.iter().zip(want).all(|(got, want)| (got - want).abs() < 0.002),
            "{got:?}, expected {want:?}"
        );
    };
    close(
        limit.nodes(),
        &[0.7223, 0.1366, 0.1036, 0.0142, 0.0164, 0.0054, 0.0015],
    );
    close(&limit.edges()[..1], &[0.8974]);
}
