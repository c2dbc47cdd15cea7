//! Molecules: round trips through SMILES and SDF, valences, arbitrary text, and errors that say what is wrong and where.

use proptest::prelude::*;
use sympe_data::molecule::{
    Atom, BondOrder, Element, Hydrogens, Molecule, Records, max_valence, sdf, smiles, xyz,
};
use sympe_groups::{Action, Permutation};

fn parse(text: &str) -> Molecule {
    smiles::parse(text, 1).unwrap_or_else(|error| panic!("{error}"))
}

/// Any molecule of up to `n` atoms, chemistry or not: every pair bonded or not, any small charge.
fn molecule(n: usize) -> impl Strategy<Value = Molecule> {
    (0..=n).prop_flat_map(|n| {
        let pairs: Vec<(u32, u32)> = (0..n as u32).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
        let orders = proptest::collection::vec(prop_oneof![4 => 0u32..1, 1 => 1u32..4], pairs.len());
        let charge = prop_oneof![5 => 0i8..1, 1 => -15i8..=15];
        let atoms = proptest::collection::vec((0usize..5, charge), n);
        (atoms, orders).prop_map(move |(atoms, orders)| {
            let atoms = atoms
                .into_iter()
                .map(|(element, charge)| Atom {
                    element: Element::QM9[element],
                    charge,
                })
                .collect();
            let bonds = pairs
                .iter()
                .zip(orders)
                .filter_map(|(&(u, v), order)| Some((u, v, BondOrder::from_number(order)?)));
            Molecule::new(atoms, bonds).unwrap()
        })
    })
}

/// A molecule and a relabelling of it.
fn relabelled(n: usize) -> impl Strategy<Value = (Molecule, Molecule)> {
    molecule(n).prop_flat_map(|molecule| {
        let identity: Vec<u32> = (0..molecule.len() as u32).collect();
        Just(identity).prop_shuffle().prop_map(move |images| {
            let moved = Permutation::from_images(images).unwrap().act(&molecule);
            (molecule.clone(), moved)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn smiles_read_back_as_an_isomorphic_molecule(original in molecule(12)) {
        prop_assume!(!original.is_empty());
        let text = smiles::write(&original);
        let back = smiles::parse(&text, 1).unwrap();
        prop_assert_eq!(back.digest()?, original.digest()?, "{}", text);
    }

    #[test]
    fn canonical_smiles_are_equal_exactly_for_isomorphic_molecules(
        (one, other) in relabelled(9), third in molecule(4), fourth in molecule(4)
    ) {
        prop_assert_eq!(smiles::write_canonical(&one)?, smiles::write_canonical(&other)?);
        prop_assert_eq!(one.canonical()?, other.canonical()?);
        prop_assert_eq!(one.digest()?, other.digest()?);
        prop_assert_eq!(one.formula(), other.formula());
        let same_text = smiles::write_canonical(&third)? == smiles::write_canonical(&fourth)?;
        prop_assert_eq!(same_text, third.digest()? == fourth.digest()?);
    }

    #[test]
    fn sdf_reads_back_as_the_same_molecules(molecules in proptest::collection::vec(molecule(12), 1..4)) {
        let text: String = molecules.iter().map(|m| sdf::write(m, "a name").unwrap()).collect();
        let records = sdf::parse(&text);
        prop_assert!(records.errors.is_empty(), "{:?}", records.errors);
        prop_assert_eq!(records.molecules, molecules.into_iter().map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn hydrogens_are_added_up_to_a_valence_and_once(heavy in molecule(8)) {
        let full = heavy.with_hydrogens();
        prop_assert_eq!(&full.with_hydrogens(), &full);
        for (v, &atom) in (0..).zip(heavy.atoms()) {
            let (before, after) = (heavy.bond_order_sum(v), full.bond_order_sum(v));
            prop_assert!((before..=max_valence(atom).max(before)).contains(&after), "{:?} with {}", atom, before);
            if atom.charge == 0 {
                prop_assert_eq!(after, max_valence(atom).max(before), "{:?} with {}", atom, before);
            }
        }
        // Highly charged atoms follow elements of several valences.
        let fits = |(v, &atom): (u32, &Atom)| {
            full.bond_order_sum(v) <= max_valence(atom) && atom.charge.abs() <= 1
        };
        if (0..).zip(full.atoms()).all(fits) {
            prop_assert_eq!(full.without_hydrogens().with_hydrogens().digest()?, full.digest()?);
        }
    }

    #[test]
    fn fragments_partition_the_molecule(whole in molecule(10)) {
        let fragments = whole.fragments();
        prop_assert_eq!(fragments.iter().map(Molecule::len).sum::<usize>(), whole.len());
        prop_assert_eq!(fragments.iter().map(Molecule::bond_count).sum::<usize>(), whole.bond_count());
        prop_assert!(fragments.iter().all(|fragment| fragment.fragments().len() == 1));
        // The text of the whole is the texts of its fragments: put together, they are isomorphic to it.
        let texts: Vec<String> = fragments.iter().map(smiles::write).collect();
        if !whole.is_empty() {
            prop_assert_eq!(parse(&texts.join(".")).digest()?, whole.digest()?);
        }
    }

    #[test]
    fn arbitrary_bytes_are_molecules_or_errors(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["samples.smi", "samples.SDF", "samples.xyz"] {
            let file = folder.path().join(name);
            std::fs::write(&file, &bytes).unwrap();
            // A control-Z in the middle is refused as a whole.
            let errors = match sympe_data::molecule::read(&file) {
                Ok(records) => records.errors,
                Err(error) => vec![error],
            };
            for error in errors {
                prop_assert!(error.to_string().starts_with(file.to_str().unwrap()), "{}", error);
            }
        }
    }

    #[test]
    fn arbitrary_texts_of_smiles_characters_are_molecules_or_errors(
        text in r"([CNOF]|[CNOF]|=|#|-|\(|\)|[1-3]|%1[0-2]|%\(123\)|\.|\[[CNOFH]H?[0-4]?[+-]?[0-9]?\]|c|/|@|\[|\])([CNOF]|[CNOF]|=|\(|\)|[1-3]){0,12}"
    ) {
        if let Ok(molecule) = smiles::parse(&text, 1) {
            prop_assert_eq!(parse(&smiles::write(&molecule)).digest()?, molecule.digest()?);
        }
    }

    #[test]
    fn damaged_sdf_is_molecules_or_errors(
        original in molecule(6), at in any::<proptest::sample::Index>(), byte in "[ 0129.CMN\n$é-]{1,3}"
    ) {
        let mut characters: Vec<char> = sdf::write(&original, "").unwrap().chars().collect();
        let at = at.index(characters.len());
        characters.splice(at..=at, byte.chars());
        let records = sdf::parse(&characters.into_iter().collect::<String>());
        let none = records.molecules.iter().filter(|molecule| molecule.is_none()).count();
        prop_assert_eq!(records.errors.len() - records.unsupported(), none);
    }
}

#[test]
fn molecules_known_by_heart() {
    for (text, formula, bonds, automorphisms) in [
        ("C", "CH4", 4, "24"),
        ("C#N", "CHN", 2, "1"),
        ("CN(=O)=O", "CH3NO2", 6, "12"),
        ("CN=N#N", "CH3N3", 6, "6"),
        ("C1=CC=CC=C1", "C6H6", 12, "6"),
        ("C12C3C4C1C5C2C3C45", "C8H8", 20, "48"),
        ("C%10CC%10", "C3H6", 9, "48"),
        ("[NH3+]CC([O-])=O", "C2H5NO2", 9, "12"),
        ("[NH4+]", "H4N+", 4, "24"),
        ("[C-]#[N+]C", "C2H3N", 5, "6"),
        ("[H][H]", "H2", 1, "2"),
        ("[H+].[O-2]", "HO-", 0, "1"),
        ("FC(F)(F)F", "CF4", 4, "24"),
        ("[CH3].[CH3]", "C2H6", 6, "72"),
        ("CS(=O)(=O)Cl", "CH3ClO2S", 7, "12"),
        ("[Na+].[Cl-]", "ClNa", 0, "1"),
        ("OB(O)c1ccc(Br)cc1", "C6H6BBrO2", 16, "2"),
    ] {
        let molecule = parse(text);
        assert_eq!(molecule.formula(), formula, "{text}");
        assert_eq!(molecule.bond_count(), bonds, "{text}");
        assert_eq!(
            molecule.symmetry().unwrap().order().to_string(),
            automorphisms,
            "{text}"
        );
        let canonical = smiles::write_canonical(&molecule).unwrap();
        assert_eq!(
            parse(&canonical).digest().unwrap(),
            molecule.digest().unwrap(),
            "{text} → {canonical}"
        );
    }
    // One graph each, written differently.
    for texts in [
        &[
            "C1CC1",
            "C-1CC1",
            "C1CC-1",
            "C%01CC%01",
            "C0CC0",
            "C%(7)CC7",
            "[CH2]1[CH2][CH2]1",
        ][..],
        &["C=1CC1", "C1CC=1", "C=1CC=1", "C1=CC1"],
        &["CC(C)(C)O", "OC(C)(C)C", "C(C)(C)(C)O", "CC(O)(C)C"],
        &["[C-]", "[C-1]", "[CH0-]"],
        &["[O--]", "[O-2]"],
        &["C(=O)C.N", "N.CC=O"],
    ] {
        let digests: Vec<String> = texts.iter().map(|text| parse(text).digest().unwrap()).collect();
        assert!(digests.iter().all(|digest| *digest == digests[0]), "{texts:?}");
    }
}

#[test]
fn hydrogens_that_are_not_plain_stay() {
    for text in ["[H][H]", "[H+]", "C[H]C", "C=[H]"] {
        let molecule = parse(text);
        let heavy = molecule.without_hydrogens();
        let left = heavy
            .atoms()
            .iter()
            .filter(|atom| atom.element == Element::H)
            .count();
        assert!(left > 0, "{text}");
        assert_eq!(
            parse(&smiles::write(&molecule)).digest().unwrap(),
            molecule.digest().unwrap(),
            "{text}"
        );
    }
    // Ten hydrogens on one atom: nine fit in a bracket, the tenth is written.
    let bonds = (1..11).map(|v| (0, v, BondOrder::Single));
    let mut atoms = vec![Element::H.into(); 11];
    atoms[0] = Element::C.into();
    let crowded = Molecule::new(atoms, bonds).unwrap();
    assert_eq!(smiles::write(&crowded), "[CH9][H]");
    assert_eq!(parse("[CH9][H]").digest().unwrap(), crowded.digest().unwrap());
}

#[test]
fn charged_atoms_have_the_valence_of_their_electron_count() {
    use Element::{C, F, H, N, O};
    for (element, charge, valence) in [
        (C, 1, 3),
        (C, -1, 3),
        (N, 1, 4),
        (N, -1, 2),
        (O, 1, 3),
        (O, -1, 1),
        (O, 2, 4),
        (F, 1, 2),
        (F, -1, 0),
        // A proton has no rule in RDKit, a hydride may bridge.
        (H, 1, u32::MAX),
        (H, -1, 2),
        (C, -4, 0),
        (Element::S, 0, 6),
        (Element::S, 1, 5),
        (Element::P, -1, 6),
        (Element::B, -1, 4),
        (Element::Zn, 2, u32::MAX),
    ] {
        assert_eq!(
            max_valence(Atom { element, charge }),
            valence,
            "{element}{charge:+}"
        );
    }
}

#[test]
fn long_chains_and_deep_branches_and_many_rings_do_not_overflow() {
    let chain = parse(&"C".repeat(100_000));
    assert_eq!(chain.len(), 300_002);
    assert_eq!(smiles::write(&chain).len(), 100_000);
    let deep = parse(&("C(".repeat(50_000) + "C" + &")".repeat(50_000)));
    assert_eq!(deep.without_hydrogens().bond_count(), 50_000);
    // All pairs of 30 atoms: more than 99 rings are open at a time.
    let pairs = (0..30).flat_map(|v| (0..v).map(move |u| (u, v, BondOrder::Single)));
    let complete = Molecule::new(vec![Element::C.into(); 30], pairs).unwrap();
    let text = smiles::write(&complete);
    assert!(text.contains("%(100)"), "{text}");
    assert_eq!(parse(&text), complete);
}

#[test]
fn errors_name_character_value_and_expectation() {
    let texts = [
        "",
        "C(",
        "C)",
        "C()",
        "C(C",
        "C1CC",
        "C=",
        "=C",
        "C==C",
        "C..C",
        "C.",
        "1CC1",
        "C11",
        "C12CC12",
        "C1C1",
        "C=1CC#1",
        "C%1",
        "C%(12",
        "C%(99999999999)",
        "c1cccc1",
        "cC",
        "C:",
        "CSi",
        "C[Xy]",
        "C(C-)=O",
        "C*",
        "C$C",
        "N->[Cu]",
        "[C",
        "[]",
        "[C+16]",
        "[C++2]",
        "[C+H]",
        "[nH",
        "C C",
        "H",
        "é",
        "C(1CC1)",
    ];
    let errors: Vec<String> = texts
        .iter()
        .map(|text| smiles::parse(text, 1).expect_err(text).to_string())
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    line 1: nothing at the end of '', expected an element
    line 1: an open '(' at character 2 of 'C(', expected a ')' after it
    line 1: ')' at character 2 of 'C)', expected a '(' and an atom before it
    line 1: a branch without an atom at character 2 of 'C()', expected an atom in the branch
    line 1: an open '(' at character 3 of 'C(C', expected a ')' after it
    line 1: an open ring at character 4 of 'C1CC', expected the same ring number once more
    line 1: a bond at character 2 of 'C=', expected an atom before and after it
    line 1: a bond at character 1 of '=C', expected an atom before and after it
    line 1: a bond at character 2 of 'C==C', expected an atom before and after it
    line 1: '.' at character 2 of 'C..C', expected an atom before and after it
    line 1: '.' at character 2 of 'C.', expected an atom before and after it
    line 1: a ring number at character 1 of '1CC1', expected a digit, or two digits or '(number)' after '%', between two atoms without a bond
    line 1: a ring number at character 3 of 'C11', expected a digit, or two digits or '(number)' after '%', between two atoms without a bond
    line 1: a ring number at character 7 of 'C12CC12', expected a digit, or two digits or '(number)' after '%', between two atoms without a bond
    line 1: a ring number at character 4 of 'C1C1', expected a digit, or two digits or '(number)' after '%', between two atoms without a bond
    line 1: a ring closure at character 7 of 'C=1CC#1', expected the same bond as where the ring opens
    line 1: a ring number at character 2 of 'C%1', expected a digit, or two digits or '(number)' after '%', between two atoms without a bond
    line 1: a ring number at character 2 of 'C%(12', expected a digit, or two digits or '(number)' after '%', between two atoms without a bond
    line 1: a ring number at character 2 of 'C%(99999999999)', expected a digit, or two digits or '(number)' after '%', between two atoms without a bond
    line 1: an aromatic atom without a place for its double bond (C, atom 2 of 'c1cccc1'), expected rings of alternating single and double bonds
    line 1: an aromatic atom outside rings (C, atom 1 of 'cC'), expected rings of alternating single and double bonds
    line 1: a bond at character 2 of 'C:', expected an atom before and after it
    line 1: 'i' at character 3 of 'CSi', expected an aromatic B, C, N, O, P, S, As, Se or Te
    line 1: '[X' at character 2 of 'C[Xy]', expected an element
    line 1: bond '-' at character 4 of 'C(C-)=O', expected an atom after it
    line 1: any atom, '*' at character 2 of 'C*', expected an element
    line 1: a quadruple bond in 'C$C', expected bonds up to triple
    line 1: '>' at character 3 of 'N->[Cu]', expected an atom, a bond, a branch or a ring closure
    line 1: an open '[' at character 1 of '[C', expected a ']' after it
    line 1: '[]' at character 1 of '[]', expected an element
    line 1: a charge at character 1 of '[C+16]', expected a charge from -15 to 15
    line 1: an open '[' at character 1 of '[C++2]', expected a ']' after it
    line 1: an open '[' at character 1 of '[C+H]', expected a ']' after it
    line 1: an open '[' at character 1 of '[nH', expected a ']' after it
    line 1: ' ' at character 2 of 'C C', expected an atom, a bond, a branch or a ring closure
    line 1: 'H' at character 1 of 'H', expected brackets around all elements but B, C, N, O, P, S, F, Cl, Br, I
    line 1: 'é' at character 1 of 'é', expected an atom, a bond, a branch or a ring closure
    line 1: a ring closure at character 3 of 'C(1CC1)', expected an atom before it
    ");
}

#[test]
fn bad_lines_of_smiles_are_listed_and_good_ones_kept() {
    let records = smiles::parse_lines("CCO ethanol\n\nNone\nC1\n  N\t7\n");
    let formulas: Vec<Option<String>> = records
        .molecules
        .iter()
        .map(|molecule| molecule.as_ref().map(Molecule::formula))
        .collect();
    assert_eq!(
        formulas,
        [Some("C2H6O".to_owned()), None, None, Some("H3N".to_owned())]
    );
    let errors: Vec<String> = records.errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        ["line 4: an open ring at character 2 of 'C1', expected the same ring number once more"]
    );
}

/// Glycine's zwitterion as a drawing program writes it: no hydrogens, charges in the atom block.
const GLYCINE: &str = "glycine
  -draw-
A comment
  5  4  0     0  0              1 V2000
   -1.7862    0.4125    0.0000 N   0  3  0  0  0  0
   -1.0717   -0.0000    0.0000 C   0  0
   -0.3572    0.4125    0.0000 C
    0.3572    0.0000    0.0000 O   0  5
   -0.3572    1.2375    0.0000 O   0  0  0  0  0  0
  1  2  1  0     0  0
  2  3  1  0
  3  4  1
  3  5  2  0     0  0
M  END
> <name>
glycine

$$$$
";

#[test]
fn sdf_of_other_programs_is_read() {
    let zwitterion = parse("[NH3+]CC([O-])=O");
    let read = |text: &str| {
        let records = sdf::parse(text);
        assert!(records.errors.is_empty(), "{:?}", records.errors);
        records
            .molecules
            .into_iter()
            .map(Option::unwrap)
            .collect::<Vec<_>>()
    };
    let molecules = read(GLYCINE);
    assert_eq!(
        molecules[0].with_hydrogens().digest().unwrap(),
        zwitterion.digest().unwrap()
    );
    // M  CHG supersedes the atom block altogether, M  RAD too.
    let only_nitrogen = GLYCINE.replace("M  END", "M  CHG  1   1   1\nM  END");
    let charges = |molecule: &Molecule| {
        molecule
            .atoms()
            .iter()
            .map(|atom| atom.charge)
            .collect::<Vec<_>>()
    };
    assert_eq!(charges(&read(&only_nitrogen)[0]), [1, 0, 0, 0, 0]);
    let radical = GLYCINE.replace("M  END", "M  RAD  1   2   2\nM  END");
    assert_eq!(charges(&read(&radical)[0]), [0; 5]);
    // Carriage returns, no delimiter at the end, an empty molecule.
    assert_eq!(read(&GLYCINE.replace('\n', "\r\n")), molecules);
    assert_eq!(read(GLYCINE.trim_end().trim_end_matches('$')), molecules);
    assert!(read("\n\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n")[0].is_empty());
}

#[test]
fn bad_sdf_records_are_listed_and_good_ones_kept() {
    let damages = [
        ("  1 V2000", "  1 V3000"),
        ("  5  4", "  5  x"),
        ("  5  4", "  5999"),
        ("  5  4", " -5  4"),
        ("1.7862", "1.78.2"),
        (" C   0", " Xy  0"),
        (" C   0", " R#  0"),
        (" O   0  5", " O   0  9"),
        ("  3  4  1", "  3  6  1"),
        ("  3  4  1", "  3  3  1"),
        ("  3  4  1", "  2  1  1"),
        ("  3  4  1", "  3  4  8"),
        ("M  END", "M  CHG  9   1   1"),
        ("M  END", "M  CHG  1   7   1"),
        ("M  END", "M  CHG  1   1  16"),
        ("  3  4  1", "  3  4  4"),
        ("M  END", "M  EDN"),
    ];
    let mut text = String::new();
    for (from, to) in damages {
        assert!(GLYCINE.contains(from), "{from}");
        text += &GLYCINE.replacen(from, to, 1);
        text += GLYCINE;
    }
    let records = sdf::parse(&text);
    assert_eq!(records.molecules.len() + records.unsupported(), 2 * damages.len());
    assert_eq!(records.good().count(), damages.len());
    let errors: Vec<String> = records.errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    line 5: '   -1.7862    0.4125    0.0000 N   0 …', expected 'M  V30 …' or 'M  END'
    line 40: 'x' in columns 4 to 6, expected a counts line 'aaabbb … V2000' after three header lines
    line 86: 'M' in columns 1 to 3, expected a bond 'first second type'
    line 112: ' -5  4  0     0  0              1 V2000', expected a counts line 'aaabbb … V2000' after three header lines
    line 149: coordinate '-1.78.2', expected three numbers in columns 1 to 30, then the element
    line 186: element 'Xy', expected the symbol of an element
    line 222: element 'R#', expected the symbol of an element
    line 260: charge code 9, expected a charge code from 0 to 7
    line 300: atom 6 of a bond, expected an atom from 1 to 5
    line 336: a bond of atom 3 with itself, expected two atoms
    line 372: bond 2 1 again, expected each bond once
    line 408: bond type 8, expected 1, 2, 3 or 4: single, double, triple or aromatic
    line 446: 9 pairs, expected 1 to 8 pairs of atom and charge
    line 482: atom 7, expected an atom from 1 to 5
    line 518: charge 16, expected a charge from -15 to 15
    line 544: an aromatic atom outside rings (atom 3), expected aromatic bonds in rings of alternating single and double bonds
    line 594: the end of the record, expected 'M  END'
    ");
}

#[test]
fn molecules_that_cannot_be_are_refused() {
    let carbon = |n| vec![Atom::from(Element::C); n];
    let errors = [
        Molecule::new(carbon(2), [(0, 2, BondOrder::Single)]).unwrap_err(),
        Molecule::new(carbon(2), [(1, 1, BondOrder::Single)]).unwrap_err(),
        Molecule::new(carbon(2), [(0, 1, BondOrder::Single), (1, 0, BondOrder::Double)]).unwrap_err(),
        Molecule::new(
            vec![Atom {
                element: Element::N,
                charge: 16,
            }],
            [],
        )
        .unwrap_err(),
        sdf::write(&Molecule::new(carbon(1000), []).unwrap(), "").unwrap_err(),
        sdf::write(&Molecule::new(carbon(1), []).unwrap(), "two\nlines").unwrap_err(),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @r#"
    bond is 0-2 in a molecule of 2 atoms, expected atom numbers from 0 and below the number of atoms
    bond is 1-1, expected two different atoms
    bond is 0-1 again, expected each pair of atoms at most once
    formal charge is 16, expected a number from -15 to 15
    number of atoms to write as V2000 is 1000, expected at most 999
    name of an SDF record is "two\nlines", expected one line that is not $$$$
    "#);
}

/// The molecules of a text of one SMILES a line, all good.
fn lines(text: &str) -> Vec<Molecule> {
    let records = smiles::parse_lines(text);
    assert!(records.errors.is_empty(), "{:?}", records.errors);
    records.molecules.into_iter().flatten().collect()
}

fn formulas(records: &Records) -> Vec<String> {
    records.good().map(Molecule::formula).collect()
}

#[test]
fn aromatic_smiles_are_the_molecules_of_their_kekule_forms() {
    for (aromatic, kekule) in [
        ("c1ccccc1", "C1=CC=CC=C1"),
        ("Cc1ccco1", "CC1=CC=CO1"),
        ("c1cc[nH]c1", "C1=CNC=C1"),
        ("c1ccncc1", "C1=CC=NC=C1"),
        ("Cn1ccnc1", "CN1C=CN=C1"),
        ("c1ccc2ccccc2c1", "C1=CC=C2C=CC=CC2=C1"),
        ("c1ccc2cccc2cc1", "C1=CC=C2C=CC=C2C=C1"),
        ("c1ccccc1c1ccccc1", "C1=CC=CC=C1C2=CC=CC=C2"),
        ("[cH-]1cccc1", "[CH-]1C=CC=C1"),
        ("[cH+]1cccccc1", "[CH+]1C=CC=CC=C1"),
        ("c1cc[o+]cc1", "C1=CC=[O+]C=C1"),
        ("O=c1cc[nH]cc1", "O=C1C=CNC=C1"),
        ("c1(=O)n(C)c(=O)n(C)c(=O)n1C", "C1(=O)N(C)C(=O)N(C)C(=O)N1C"),
        (
            "c1(=O)n(C)c(=O)n(C)c(=O)n1Cc1ccccc1",
            "C1(=O)N(C)C(=O)N(C)C(=O)N1CC2=CC=CC=C2",
        ),
        ("c1ccsc1", "C1=CSC=C1"),
        ("c1cc[se]c1", "C1=C[Se]C=C1"),
        ("c1ccpcc1", "C1=CC=PC=C1"),
        ("b1ccccc1", "B1=CC=CC=C1"),
        ("c1ccn2ccnc2c1", "C1=CC=CN2C1=NC=C2"),
        // Bonds that are aromatic between atoms that are not marked, atoms that are marked without such a bond.
        ("C1:C:C:C:C:C:1", "C1=CC=CC=C1"),
        ("c1cc:[C-]cc1", "C1=CC=[C-]C=C1"),
        ("C1CN:CC1", "C1CN=CC1"),
        ("C[nH]1CCC1", "CN1CCC1"),
        ("C1=[nH]CC1", "C1=NCC1"),
        ("C1C[nH]CC1", "C1CNCC1"),
    ] {
        let [one, other] = [aromatic, kekule].map(|text| parse(text).identity().unwrap());
        assert_eq!(one, other, "{aromatic} {kekule}");
    }
}

#[test]
fn one_molecule_has_one_identity_and_others_have_others() {
    for (one, other) in [
        ("CC1=CC=CC=C1C", "CC1=C(C)C=CC=C1"),
        ("CC1=CC2=CC=CC=C2C=C1C", "CC1=C(C)C=C2C=CC=CC2=C1"),
        ("CC1=CC=NC=N1", "CC1=NC=NC=C1"),
        ("C[N+](=O)[O-]", "CN(=O)=O"),
        ("CN=N#N", "CN=[N+]=[N-]"),
        ("OCl(=O)(=O)=O", "O[Cl+3]([O-])([O-])[O-]"),
        ("CC1=CC=C2C=CC=C2C=C1", "CC1=CC=C2C=CC=C2C=C1"),
    ] {
        let [one, other] = [one, other].map(|text| (text, parse(text).identity().unwrap()));
        assert_eq!(one.1, other.1, "{} {}", one.0, other.0);
    }
    let different = [
        "CC1=CC=CC=C1C",
        "CC1=CC=CC(C)=C1",
        // Rings of 4 and of 8 are not aromatic: bonds that change places make another molecule.
        "CC1=CC=C1C",
        "CC1=C(C)C=C1",
        "CC1=CC=CC=CC=C1C",
        "CC1=C(C)C=CC=CC=C1",
        // Tautomers.
        "O=C1C=CC=CN1",
        "OC1=CC=CC=N1",
        "C[N+](=O)[O-]",
        "CN=O",
    ];
    let identities: std::collections::HashSet<String> = different
        .iter()
        .map(|text| parse(text).identity().unwrap())
        .collect();
    assert_eq!(identities.len(), different.len());
}

#[test]
fn tables_headers_names_and_extensions_are_read() {
    for text in [
        "Smiles\nCCO\nC\n",
        "SMILES Name\nCCO ethanol\nC methane\n",
        "id,smiles,mass\n1,CCO,46\n2,C,16\n",
        "\ncanonical_smiles\tx\n\"CCO\"\t1\nC\t2\n",
        "CCO |c:1,t:4|\nC |$;;$| methane\n",
    ] {
        let molecules = lines(text);
        let formulas: Vec<String> = molecules.iter().map(Molecule::formula).collect();
        assert_eq!(formulas, ["C2H6O", "CH4"], "{text}");
    }
}

#[test]
fn what_molecules_do_not_have_is_dropped_and_counted() {
    let records = smiles::parse_lines("C[C@H](F)O\nF/C=C/F\n[13CH4]\n[2H]O[2H]\n[CH3:1]O\nC\n");
    assert_eq!(
        formulas(&records),
        ["C2H5FO", "C2H2F2", "CH4", "H2O", "CH4O", "CH4"]
    );
    assert_eq!(
        records.dropped.to_string(),
        "stereo marks of 2 molecules, isotopes of 2 molecules, atom classes of 1 molecule"
    );
    assert!(smiles::parse_lines("C\n").dropped.is_empty());
}

/// Phenol as V3000, with a line that is continued and an atom block numbered as one likes.
const PHENOL_V3000: &str = "phenol
  a program

  0  0  0     0  0            999 V3000
M  V30 BEGIN CTAB
M  V30 COUNTS 7 7 0 0 0
M  V30 BEGIN ATOM
M  V30 10 C 0 0 0 0
M  V30 11 C 1 0 0 0
M  V30 12 C 2 0 0 0
M  V30 13 C 3 0 0 0
M  V30 14 C 4 0 0 -
M  V30 0
M  V30 15 C 5 0 0 0
M  V30 99 O 6 0 0 0 CHG=-1
M  V30 END ATOM
M  V30 BEGIN BOND
M  V30 1 4 10 11
M  V30 2 4 11 12
M  V30 3 4 12 13
M  V30 4 4 13 14
M  V30 5 4 14 15
M  V30 6 4 15 10
M  V30 7 1 10 99
M  V30 END BOND
M  V30 END CTAB
M  END
";

#[test]
fn v3000_is_read() {
    let phenolate = parse("[O-]c1ccccc1").without_hydrogens();
    let records = sdf::parse(&(PHENOL_V3000.to_owned() + "$$$$\n" + GLYCINE));
    assert!(records.errors.is_empty(), "{:?}", records.errors);
    let identities: Vec<String> = records
        .good()
        .map(|molecule| molecule.identity().unwrap())
        .collect();
    assert_eq!(
        (identities.len(), &identities[0]),
        (2, &phenolate.identity().unwrap())
    );
    let damages = [
        ("COUNTS 7 7", "COUNTS 8 7"),
        ("7 1 10 99", "7 1 10 98"),
        ("7 1 10 99", "7 10 10 99"),
        ("11 C 1", "10 C 1"),
        ("11 C 1", "11 Xy 1"),
        ("CHG=-1", "CHG=x"),
        ("M  V30 COUNTS 7 7 0 0 0\n", ""),
        ("M  V30 0\n", "0\n"),
        ("M  END", ""),
    ];
    let errors: Vec<String> = damages
        .iter()
        .map(|(from, to)| {
            assert!(PHENOL_V3000.contains(from), "{from}");
            let records = sdf::parse(&PHENOL_V3000.replacen(from, to, 1));
            assert_eq!(records.errors.len(), 1, "{from}");
            records.errors[0].to_string()
        })
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    line 6: 7 atoms and 7 bonds in the table, expected 8 and 7, as COUNTS says
    line 24: atom 98 of a bond, expected an atom of the table
    line 24: bond type 10, expected 1, 2, 3 or 4: single, double, triple or aromatic
    line 9: atom 10 again, expected each atom once
    line 9: element 'Xy', expected the symbol of an element
    line 15: 'x' in '99 O 6 0 0 0 CHG=x', expected a number
    line 5: no counts, expected a line 'M  V30 COUNTS atoms bonds …'
    line 13: '0', expected 'M  V30' and the rest of the line before
    line 28: the end of the record, expected 'M  V30 …' or 'M  END'
    ");
}

#[test]
fn bonds_of_aromatic_rings_may_stand_with_the_larger_atom_first() {
    for bonds in [
        "  1  2  4\n  2  3  4\n  3  4  4\n  4  5  4\n  6  5  4\n  6  1  4\n",
        "  6  5  4\n  6  1  4\n  2  1  4\n  3  2  4\n  4  3  4\n  5  4  4\n",
    ] {
        let atoms = "    0.0000    0.0000    0.0000 C   0  0\n".repeat(6);
        let text = format!("benzene\n\n\n  6  6  0  0  0  0  0  0  0  0999 V2000\n{atoms}{bonds}M  END\n");
        let benzene = sdf::parse(&text).molecules.remove(0).unwrap();
        assert_eq!(
            benzene.identity().unwrap(),
            parse("c1ccccc1").without_hydrogens().identity().unwrap()
        );
    }
}

#[test]
fn atoms_of_xyz_in_one_place_are_refused() {
    let text = format!("3000\n\n{}", "C 0 0 0\n".repeat(3000));
    assert_eq!(
        xyz::parse(&text).errors[0].to_string(),
        "line 28: more than 24 atoms at the distance of a bond, expected atoms as far apart as in a molecule"
    );
}

#[test]
fn xyz_gives_the_molecules_of_its_distances() {
    // Ethyne, formaldehyde, hydrogen cyanide, water, methane as models have them.
    for (smiles, atoms) in [
        ("C#C", "C 0 0 0.60\nC 0 0 -0.60\nH 0 0 1.66\nH 0 0 -1.66"),
        ("C=O", "C 0 0 0\nO 0 0 1.21\nH 0.94 0 -0.59\nH -0.94 0 -0.59"),
        ("C#N", "6 0 0 0\n7 0 0 1.16\n1 0 0 -1.07"),
        ("O", "O 0 0 0.12 0.1 0.2\nH 0 0.76 -0.48 0 0\nh 0 -0.76 -0.48 0 0"),
        (
            "C",
            "C 0 0 0\nH .63 .63 .63\nH -.63 -.63 .63\nH -.63 .63 -.63\nH 6.3*^-1 -.63 -.63",
        ),
        ("Cl", "Cl 0 0 0\nH 0 0 1.27"),
        ("O=C=O", "C 0.0 0.0 0.0\nO 0.0 0.0 1.16\nO 0.0 0.0 -1.16"),
        ("[He].[He]", "He 0 0 0\nHe 0 0 3"),
    ] {
        let text = format!("{}\na comment\n{atoms}\n", atoms.lines().count());
        let records = xyz::parse(&text);
        assert!(records.errors.is_empty(), "{:?}", records.errors);
        let found = records.molecules[0].as_ref().unwrap().identity().unwrap();
        assert_eq!(found, parse(smiles).identity().unwrap(), "{smiles}");
        let two = xyz::parse(&(text.clone() + &text));
        assert_eq!(two.good().count(), 2);
    }
    // Benzene: all bonds of one length.
    let mut benzene = "12\nbenzene\n".to_owned();
    for k in 0..6 {
        let (sin, cos) = (f64::from(k) * std::f64::consts::FRAC_PI_3).sin_cos();
        for (symbol, radius) in [("C", 1.39), ("H", 2.48)] {
            benzene += &format!("{symbol} {:.5} {:.5} 0\n", radius * cos, radius * sin);
        }
    }
    let found = xyz::parse(&benzene).molecules[0]
        .as_ref()
        .unwrap()
        .identity()
        .unwrap();
    assert_eq!(found, parse("c1ccccc1").identity().unwrap());
    for (text, error) in [
        (
            "3\nc\nC 0 0 0\n",
            "line 4: the end of the file, expected an atom 'symbol x y z'",
        ),
        (
            "1\nc\nXy 0 0 0\n",
            "line 3: 'Xy 0 0 0', expected an atom 'symbol x y z'",
        ),
        (
            "1\nc\nC 0 0\n",
            "line 3: 'C 0 0', expected an atom 'symbol x y z'",
        ),
        ("one\n", "line 1: 'one', expected the number of atoms of a frame"),
    ] {
        assert_eq!(xyz::parse(text).errors[0].to_string(), error);
    }
}

/// A set of heavy atoms in which no bond is written twice.
fn rings() -> impl Strategy<Value = (usize, Vec<(u32, u32)>)> {
    (4usize..11).prop_flat_map(|n| {
        let chords = proptest::collection::vec((0..n as u32, 0..n as u32), 0..3);
        chords.prop_map(move |chords| {
            let ring = (0..n as u32).map(|v| (v, (v + 1) % n as u32));
            let mut bonds: Vec<(u32, u32)> = ring
                .chain(chords)
                .filter(|(u, v)| u != v)
                .map(|(u, v)| (u.min(v), u.max(v)))
                .collect();
            bonds.sort_unstable();
            bonds.dedup();
            (n, bonds)
        })
    })
}

/// All ways to choose disjoint bonds that meet all atoms.
fn perfect_matchings(n: usize, bonds: &[(u32, u32)]) -> Vec<Vec<(u32, u32)>> {
    fn extend(
        free: &mut [bool],
        bonds: &[(u32, u32)],
        chosen: &mut Vec<(u32, u32)>,
        found: &mut Vec<Vec<(u32, u32)>>,
    ) {
        let Some(v) = free.iter().position(|&free| free) else {
            found.push(chosen.clone());
            return;
        };
        for &(a, b) in bonds {
            if a as usize == v && free[b as usize] {
                (free[a as usize], free[b as usize]) = (false, false);
                chosen.push((a, b));
                extend(free, bonds, chosen, found);
                chosen.pop();
                (free[a as usize], free[b as usize]) = (true, true);
            }
        }
    }
    let mut found = Vec::new();
    extend(&mut vec![true; n], bonds, &mut Vec::new(), &mut found);
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_delocalized_graph_is_that_of_all_kekule_structures((n, bonds) in rings()) {
        let structures = perfect_matchings(n, &bonds);
        let graphs: Vec<_> = structures.iter().map(|double| {
            let order = |bond: &(u32, u32)| if double.contains(bond) { BondOrder::Double } else { BondOrder::Single };
            let bonds = bonds.iter().map(|bond| (bond.0, bond.1, order(bond)));
            Molecule::new(vec![Element::C.into(); n], bonds).unwrap().delocalized_graph(Hydrogens::Explicit)
        }).collect();
        // A single ring of 4 or 8 keeps its structures apart.
        let is_single_ring = |graph: &sympe_canon::graph::ColoredGraph| graph.edges().all(|(_, _, color)| color != 4);
        if let [first, rest @ ..] = &graphs[..] {
            for (double, graph) in structures.iter().zip(&graphs) {
                for (u, v, color) in graph.edges() {
                    let is_double = double.contains(&(u, v));
                    let varies = structures.iter().any(|other| other.contains(&(u, v)) != is_double);
                    prop_assert!(color != 4 || varies);
                    prop_assert_eq!(color == 4, varies && !is_single_ring(graph), "{:?}", bonds);
                }
            }
            if !is_single_ring(first) {
                prop_assert!(rest.iter().all(|graph| graph == first));
            }
        }
    }
}
