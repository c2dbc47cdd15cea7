//! QM9: round trips of molecules, marginals, metrics. On a few molecules in the same form, and where a copy is at hand on
//! all of QM9, with every figure of the published set.

mod common;

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;
use sympe_canon::graph::ColoredGraph;
use sympe_data::molecule::metrics::{KnownMolecules, MoleculeMetrics, is_valid};
use sympe_data::molecule::{Element, Hydrogens, Marginals, Molecule, Qm9, SmallMolecules, sdf, smiles};
use sympe_data::published::Split;
use sympe_groups::{Action, Group};

const PARTS: [(Split, usize); 3] = [
    (Split::Train, 97_734),
    (Split::Validation, 20_042),
    (Split::Test, 13_055),
];

/// All molecules, hydrogens explicit, read once for all tests.
fn molecules() -> Option<&'static [Molecule]> {
    static MOLECULES: LazyLock<Option<Vec<Molecule>>> = LazyLock::new(|| {
        let qm9 = Qm9::read(&common::data("qm9")?).unwrap();
        assert_eq!(qm9.len(), 130_831);
        let mut all = Vec::new();
        for (split, count) in PARTS {
            let part = qm9.part(split, Hydrogens::Explicit).unwrap();
            assert_eq!(part.items().len(), count, "{split}");
            all.extend_from_slice(part.items());
        }
        Some(all)
    });
    MOLECULES.as_deref()
}

/// The molecules of a small set in the form of QM9, one of whose sixteen is dropped.
fn few_molecules() -> Vec<Molecule> {
    let qm9 = Qm9::read(&common::fixture("qm9")).unwrap();
    let parts = Split::ALL.map(|split| qm9.part(split, Hydrogens::Explicit).unwrap().items().to_vec());
    assert_eq!(parts.each_ref().map(Vec::len), [8, 4, 3]);
    parts.concat()
}

#[test]
fn marginals_and_histograms_are_those_of_the_published_set() {
    let Some(molecules) = molecules() else { return };
    let marginals = Marginals::of(molecules);
    assert_eq!(marginals.sizes.len() - 1, 29);
    let close = |got: &[f64], want: &[f64], digit: f64| {
        assert!(
            got.iter()
                .zip(want)
                .all(|(got, want)| (got - want).abs() <= 0.5 * digit),
            "{got:?}, expected {want:?}"
        );
    };
    // C, N, O, F, H.
    close(
        &marginals.element_shares(),
        &[0.35263, 0.05616, 0.07768, 0.00129, 0.51224],
        1.001e-5,
    );
    let bonds = marginals.bond_shares();
    close(&bonds[..2], &[0.881871, 0.109669], 1.001e-6);
    close(&bonds[2..], &[0.0066855, 0.0017738], 1.001e-7);
    let heavy: Vec<Molecule> = molecules.iter().map(Molecule::without_hydrogens).collect();
    let heavy = Marginals::of(&heavy);
    assert_eq!(heavy.sizes, [0, 3, 5, 9, 31, 127, 608, 3138, 17_879, 109_031]);
    assert_eq!(heavy.elements[Element::H as usize], 0);
}

#[test]
fn marginals_of_a_few_molecules() {
    let molecules = few_molecules();
    let heavy: Vec<Molecule> = molecules.iter().map(Molecule::without_hydrogens).collect();
    let marginals = Marginals::of(&heavy);
    assert_eq!(marginals.sizes, [0, 3, 5, 3, 2, 1, 1]);
    // C, N, O, F, H.
    assert_eq!(marginals.elements, [28, 4, 6, 3, 0]);
    // Benzene has three double bonds; acetone, formaldehyde and glycine one each; four molecules have a triple bond.
    assert_eq!(marginals.bonds[2..], [6, 4]);
}

/// The test part without hydrogens is the explicit one without them.
fn check_heavy_part(folder: &Path) {
    let qm9 = Qm9::read(folder).unwrap();
    let explicit = qm9.part(Split::Test, Hydrogens::Explicit).unwrap();
    let omitted = qm9.part(Split::Test, Hydrogens::Omitted).unwrap();
    for (explicit, omitted) in explicit.items().iter().zip(omitted.items()) {
        assert_eq!(explicit.without_hydrogens(), *omitted);
        assert_eq!(omitted.with_hydrogens(), *explicit);
    }
}

#[test]
fn the_heavy_part_is_the_explicit_part_without_hydrogens() {
    check_heavy_part(&common::fixture("qm9"));
    if let Some(folder) = common::data("qm9") {
        check_heavy_part(&folder);
    }
}

/// Molecules survive being written and read, and no two are the same. Returns how many have a symmetry, with and without
/// their hydrogens.
fn check_round_trips(molecules: &[Molecule], stride: usize) -> (usize, usize) {
    let (mut digests, mut texts) = (HashSet::new(), HashSet::new());
    let (mut symmetric, mut heavy_symmetric) = (0, 0);
    for (index, molecule) in molecules.iter().enumerate() {
        let symmetry = molecule.symmetry().unwrap();
        let digest = symmetry.digest();
        let back = smiles::parse(&smiles::write(molecule), 1).unwrap();
        assert_eq!(back.digest().unwrap(), digest, "{}", smiles::write(molecule));
        let canonical = symmetry.labelling().inverse().act(molecule);
        let text = smiles::write(&canonical);
        if index % stride == 0 {
            assert_eq!(smiles::write_canonical(molecule).unwrap(), text);
            assert_eq!(
                smiles::parse(&text, 1).unwrap().digest().unwrap(),
                digest,
                "{text}"
            );
            let record = sdf::write(molecule, "").unwrap();
            assert_eq!(
                sdf::parse(&record).molecules,
                [Some(molecule.clone())],
                "{record}"
            );
        }
        texts.insert(text);
        digests.insert(digest);
        symmetric += usize::from(!symmetry.generators().is_empty());
        let heavy = molecule.without_hydrogens();
        let has_generators = !heavy.symmetry().unwrap().generators().is_empty();
        assert_eq!(
            has_generators,
            has_symmetry(heavy.graph()),
            "{}",
            smiles::write(molecule)
        );
        heavy_symmetric += usize::from(has_generators);
    }
    // No molecule occurs twice, and canonical texts tell as many apart as canonical forms.
    assert_eq!((digests.len(), texts.len()), (molecules.len(), molecules.len()));
    (symmetric, heavy_symmetric)
}

#[test]
fn a_few_molecules_survive_smiles_and_sdf() {
    // All but hydrogen cyanide have hydrogens or arms to exchange; without hydrogens acetylene, ethane, cyclopropane,
    // acetone, benzene and fluoroform.
    assert_eq!(check_round_trips(&few_molecules(), 1), (14, 6));
}

#[test]
fn every_molecule_survives_smiles_and_sdf_and_most_have_interchangeable_atoms() {
    let Some(molecules) = molecules() else { return };
    // 96.5 % with hydrogens, 25.6 % without.
    assert_eq!(check_round_trips(molecules, 16), (126_234, 33_550));
}

/// The number of neutral molecules of up to five heavy atoms; all are in the exhaustive set.
fn count_small(molecules: &[Molecule]) -> usize {
    let set = SmallMolecules::new(5).unwrap();
    let known = KnownMolecules::new(&set.all(Hydrogens::Omitted).collect::<Vec<_>>()).unwrap();
    let heavy = molecules.iter().map(Molecule::without_hydrogens);
    let small: Vec<Molecule> = heavy
        .filter(|molecule| molecule.len() <= 5 && *molecule == molecule.without_charges())
        .collect();
    assert!(small.iter().all(|molecule| known.contains(molecule).unwrap()));
    small.len()
}

#[test]
fn small_neutral_molecules_are_in_the_exhaustive_set() {
    // All but glycine, which is charged, and benzene.
    assert_eq!(count_small(&few_molecules()), 13);
    if let Some(molecules) = molecules() {
        // None of them is charged.
        assert_eq!(count_small(molecules), 175);
    }
}

/// Whether a graph has an automorphism but the identity, by trying all bijections: the oracle.
fn has_symmetry(graph: &ColoredGraph) -> bool {
    fn extend(graph: &ColoredGraph, images: &mut Vec<u32>) -> bool {
        let v = images.len() as u32;
        if images.len() == graph.n() {
            return images.iter().zip(0..).any(|(&image, v)| image != v);
        }
        (0..graph.n() as u32).any(|image| {
            let fits = !images.contains(&image)
                && graph.node_color(v) == graph.node_color(image)
                && (0..v).all(|u| graph.edge_color(v, u) == graph.edge_color(image, images[u as usize]));
            if !fits {
                return false;
            }
            images.push(image);
            let found = extend(graph, images);
            images.pop();
            found
        })
    }
    extend(graph, &mut Vec::new())
}

/// The metrics of molecules as graphs without charges, which is what a diffusion model learns; those of `known` are. `twins` are
/// the molecules of the known part, and of all, that another row has in another Kekulé structure.
fn metrics_without_charges(
    molecules: &[Molecule],
    known: std::ops::Range<usize>,
    twins: [usize; 2],
) -> MoleculeMetrics {
    let blind: Vec<_> = molecules
        .iter()
        .map(|molecule| Some(molecule.without_charges()))
        .collect();
    let validation = &blind[known];
    let known = KnownMolecules::new(validation.iter().flatten()).unwrap();
    assert_eq!(known.len(), validation.len() - twins[0]);
    let metrics = MoleculeMetrics::of(&blind, &known).unwrap();
    // What is not new is the valid molecules of the known part.
    let valid_known = validation.iter().flatten().filter(|molecule| is_valid(molecule));
    let valid_known = KnownMolecules::new(valid_known).unwrap().len();
    assert_eq!(metrics.novel, metrics.unique - valid_known as u64);
    // With their charges all molecules are valid.
    assert!(molecules.iter().all(is_valid));
    assert_eq!(metrics.relaxed_validity(), 1.0);
    assert_eq!(metrics.valid - metrics.unique, twins[1] as u64);
    metrics
}

#[test]
fn metrics_of_a_few_molecules() {
    let metrics = metrics_without_charges(&few_molecules(), 8..12, [0, 0]);
    // Without charges the nitrogen of glycine has a bond too many, and one of its oxygens one too few.
    assert_eq!(
        (metrics.samples, metrics.valid, metrics.stable_molecules),
        (15, 14, 14)
    );
    assert_eq!(metrics.atoms - metrics.stable_atoms, 2);
}

#[test]
fn metrics_of_the_data_itself() {
    let Some(molecules) = molecules() else { return };
    // 87 pyrazines, pyridazines and triazines have two rows; RDKit's canonical SMILES find the same.
    let metrics = metrics_without_charges(molecules, PARTS[0].1..PARTS[0].1 + PARTS[1].1, [1, 87]);
    let percent = |share: f64| (1e4 * share).round() / 1e2;
    assert_eq!(percent(metrics.validity()), 99.66);
    assert_eq!(percent(metrics.atom_stability()), 99.96);
    assert_eq!(percent(metrics.molecule_stability()), 99.56);
}

#[test]
fn without_a_split_the_published_one_is_computed() {
    let Some(folder) = common::data("qm9") else { return };
    let copy = tempfile::tempdir().unwrap();
    for name in ["qm9.csv", "uncharacterized.txt"] {
        std::fs::copy(folder.join(name), copy.path().join(name)).unwrap();
    }
    let (computed, read) = (Qm9::read(copy.path()).unwrap(), Qm9::read(&folder).unwrap());
    for (split, count) in PARTS {
        let part = computed.part(split, Hydrogens::Omitted).unwrap();
        assert_eq!(part.items().len(), count);
        assert_eq!(
            part.items(),
            read.part(split, Hydrogens::Omitted).unwrap().items()
        );
    }
}

#[test]
fn an_sdf_file_is_read_where_there_is_no_table() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let molecules = ["CCO", "C", "[NH3+]CC([O-])=O"].map(|text| smiles::parse(text, 1).unwrap());
    let mut records = molecules
        .each_ref()
        .map(|molecule| sdf::write(molecule, "gdb").unwrap());
    // What is dropped may be wrong.
    records[1] = "\n\n\nno counts\n$$$$\n".to_owned();
    write("gdb9.sdf", &records.concat());
    write("uncharacterized.txt", &("\n".repeat(9) + "2 C\n"));
    write("split.txt", "t\nvx\ns\n");
    let qm9 = Qm9::read(folder.path()).unwrap();
    let part = |split, hydrogens| qm9.part(split, hydrogens).unwrap().items().to_vec();
    assert_eq!(part(Split::Train, Hydrogens::Explicit), molecules[..1]);
    assert_eq!(part(Split::Validation, Hydrogens::Explicit), []);
    assert_eq!(part(Split::Test, Hydrogens::Explicit), molecules[2..]);
    assert_eq!(
        part(Split::Test, Hydrogens::Omitted),
        [molecules[2].without_hydrogens()]
    );
    write("uncharacterized.txt", "");
    write("split.txt", "t\nv\ns\n");
    let error = Qm9::read(folder.path()).unwrap_err().to_string();
    let line = records[0].lines().count() + 4;
    assert!(error.contains(&format!("gdb9.sdf: line {line}: 'no'")), "{error}");
    write("qm9.csv", "smiles\nN\nN\nN\n");
    let ammonia = smiles::parse("N", 1).unwrap();
    let qm9 = Qm9::read(folder.path()).unwrap();
    assert_eq!(
        qm9.part(Split::Test, Hydrogens::Explicit).unwrap().items(),
        [ammonia]
    );
}

#[test]
fn files_that_do_not_fit_together_are_refused() {
    let header = "\n".repeat(9);
    let table = "smiles\nC\nN\n";
    for (table, dropped, split, message) in [
        (
            "C\nN\n",
            "",
            "t\nt\n",
            "qm9.csv: line 1: 'C', expected the header 'smiles'",
        ),
        (
            table,
            "3 N\n",
            "t\nt\n",
            "uncharacterized.txt: line 10: '3', expected a row from 1 to 2",
        ),
        (
            table,
            "",
            "t\n",
            "split.txt: line 2: 1 line, expected 2 lines, one per row of the molecules",
        ),
        (
            table,
            "",
            "t\nq\n",
            "split.txt: line 2: 'q', expected t, v or s, and x if the molecule is dropped",
        ),
        (
            table,
            "1 C\n",
            "t\nt\n",
            "split.txt: line 1: 't', expected an x, as the row is in uncharacterized.txt",
        ),
        (
            table,
            "",
            "t\ntx\n",
            "split.txt: line 2: 'tx', expected no x, as the row is not in uncharacterized.txt",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("qm9.csv", table);
        write("uncharacterized.txt", &(header.clone() + dropped));
        write("split.txt", split);
        let error = Qm9::read(folder.path()).unwrap_err().to_string();
        assert!(
            error.ends_with(message) && error.starts_with(folder.path().to_str().unwrap()),
            "{error}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let error = Qm9::read(folder.path()).unwrap_err().to_string();
    assert!(error.contains("qm9.csv"), "{error}");
    // A bad SMILES is found when its part is read.
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("qm9.csv", "smiles\nC\nC(\n");
    write("uncharacterized.txt", "");
    write("split.txt", "t\ns\n");
    let qm9 = Qm9::read(folder.path()).unwrap();
    assert!(qm9.part(Split::Train, Hydrogens::Explicit).is_ok());
    let error = qm9
        .part(Split::Test, Hydrogens::Explicit)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("qm9.csv: line 3: an open '(' at character 2"),
        "{error}"
    );
    // So is a molecule that no node class of a model could stand for.
    write("qm9.csv", "smiles\nC\nCCl\n");
    let qm9 = Qm9::read(folder.path()).unwrap();
    let error = qm9.part(Split::Test, Hydrogens::Omitted).unwrap_err().to_string();
    let message = "qm9.csv: element of a molecule of QM9 is Cl (of CH3Cl), expected C, N, O, F or H";
    assert!(error.ends_with(message), "{error}");
}
