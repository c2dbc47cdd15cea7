//! Molecules: round trips through SMILES and SDF, valences, arbitrary text, and errors that say what is wrong and where.

use proptest::prelude::*;
use sympe_data::molecule::{Atom, BondOrder, Element, Molecule, Records, max_valence, sdf, smiles};
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
                    element: Element::ALL[element],
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
            let nitrogen_of_valence_5 = atom == Element::N.into() && (4..=5).contains(&before);
            let expected = if nitrogen_of_valence_5 { 5 } else { max_valence(atom).max(before) };
            prop_assert_eq!(after, expected, "{:?} with {}", atom, before);
        }
        if (0..).zip(full.atoms()).all(|(v, &atom)| full.bond_order_sum(v) <= max_valence(atom)) {
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
        for name in ["samples.smi", "samples.SDF"] {
            let file = folder.path().join(name);
            std::fs::write(&file, &bytes).unwrap();
            for error in sympe_data::molecule::read(&file).unwrap().errors {
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
        let Records { molecules, errors } = sdf::parse(&characters.into_iter().collect::<String>());
        prop_assert_eq!(errors.len(), molecules.iter().filter(|molecule| molecule.is_none()).count());
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
        (H, 1, 0),
        (H, -1, 0),
        (C, 15, 0),
        (C, -15, 0),
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
        "c1ccccc1",
        "C:C",
        "Cl",
        "CBr",
        "CS",
        "C[Si]",
        "C[13C]",
        "C[C@H](F)O",
        "F/C=C/F",
        "[CH3:1]",
        "[C",
        "[]",
        "[C+16]",
        "[C++2]",
        "[C+H]",
        "[HH]",
        "[nH]",
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
    line 1: nothing at the end of '', expected an atom
    line 1: an open '(' at character 2 of 'C(', expected a ')' after it
    line 1: ')' at character 2 of 'C)', expected a '(' before it
    line 1: ')' at character 3 of 'C()', expected an atom at the end of the branch
    line 1: an open '(' at character 2 of 'C(C', expected a ')' after it
    line 1: an open ring at character 2 of 'C1CC', expected the same ring number once more
    line 1: nothing at the end of 'C=', expected an atom
    line 1: bond '=' at character 1 of '=C', expected an atom before the bond
    line 1: bond '=' at character 3 of 'C==C', expected an atom before the bond
    line 1: '.' at character 3 of 'C..C', expected an atom before it
    line 1: nothing at the end of 'C.', expected an atom
    line 1: a ring closure at character 1 of '1CC1', expected an atom before it
    line 1: a ring closure at character 3 of 'C11', expected a ring between two atoms that have no bond yet
    line 1: a ring closure at character 7 of 'C12CC12', expected a ring between two atoms that have no bond yet
    line 1: a ring closure at character 4 of 'C1C1', expected a ring between two atoms that have no bond yet
    line 1: a ring closure at character 7 of 'C=1CC#1', expected the same bond as where the ring opens
    line 1: a ring closure at character 2 of 'C%1', expected two digits or '(number)' after '%'
    line 1: a ring closure at character 2 of 'C%(12', expected two digits or '(number)' after '%'
    line 1: a ring closure at character 2 of 'C%(99999999999)', expected two digits or '(number)' after '%'
    line 1: aromatic atom 'c' at character 1 of 'c1ccccc1', expected a Kekulé structure, as C1=CC=CC=C1
    line 1: aromatic bond ':' at character 2 of 'C:C', expected a Kekulé structure, as C1=CC=CC=C1
    line 1: element 'Cl' at character 1 of 'Cl', expected one of C, N, O, F, H
    line 1: element 'B' at character 2 of 'CBr', expected one of C, N, O, F, H
    line 1: element 'S' at character 2 of 'CS', expected one of C, N, O, F, H
    line 1: bracket atom '[Si]' at character 2 of 'C[Si]', expected a bracket atom of C, N, O, F or H, as [NH3+]
    line 1: bracket atom '[13C]' at character 2 of 'C[13C]', expected no isotopes
    line 1: bracket atom '[C@H]' at character 2 of 'C[C@H](F)O', expected no stereochemistry
    line 1: stereo mark '/' at character 2 of 'F/C=C/F', expected no stereochemistry
    line 1: bracket atom '[CH3:1]' at character 1 of '[CH3:1]', expected no atom class
    line 1: an open '[' at character 1 of '[C', expected a ']' after it
    line 1: bracket atom '[]' at character 1 of '[]', expected a bracket atom of C, N, O, F or H, as [NH3+]
    line 1: bracket atom '[C+16]' at character 1 of '[C+16]', expected a charge from -15 to 15
    line 1: bracket atom '[C++2]' at character 1 of '[C++2]', expected a bracket atom of C, N, O, F or H, as [NH3+]
    line 1: bracket atom '[C+H]' at character 1 of '[C+H]', expected a bracket atom of C, N, O, F or H, as [NH3+]
    line 1: bracket atom '[HH]' at character 1 of '[HH]', expected hydrogen alone, as [H]
    line 1: bracket atom '[nH]' at character 1 of '[nH]', expected a Kekulé structure, as C1=CC=CC=C1
    line 1: ' ' at character 2 of 'C C', expected C, N, O, F, a bracket atom, a bond, a branch or a ring closure
    line 1: 'H' at character 1 of 'H', expected brackets around hydrogen, as [H]
    line 1: 'é' at character 1 of 'é', expected C, N, O, F, a bracket atom, a bond, a branch or a ring closure
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
        ("V2000", "V3000"),
        ("  5  4", "  5  x"),
        ("  5  4", "  5999"),
        ("  5  4", " -5  4"),
        ("1.7862", "1.78.2"),
        (" C   0", " Si  0"),
        (" O   0  5", " O   1  5"),
        (" O   0  5", " O   0  9"),
        ("  3  4  1", "  3  6  1"),
        ("  3  4  1", "  3  3  1"),
        ("  3  4  1", "  2  1  1"),
        ("  3  4  1", "  3  4  4"),
        ("M  END", "M  CHG  9   1   1"),
        ("M  END", "M  CHG  1   7   1"),
        ("M  END", "M  CHG  1   1  16"),
        ("M  END", "M  ISO  1   1  13"),
        ("M  END", "M  EDN"),
    ];
    let mut text = String::new();
    for (from, to) in damages {
        assert!(GLYCINE.contains(from), "{from}");
        text += &GLYCINE.replacen(from, to, 1);
        text += GLYCINE;
    }
    let records = sdf::parse(&text);
    assert_eq!(records.molecules.len(), 2 * damages.len());
    assert_eq!(records.good().count(), damages.len());
    let errors: Vec<String> = records.errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    line 4: a V3000 connection table, expected V2000
    line 40: 'x' in columns 4 to 6, expected a counts line 'aaabbb … V2000' after three header lines
    line 86: 'M' in columns 1 to 3, expected a bond 'first second type'
    line 112: ' -5  4  0     0  0              1 V2000', expected a counts line 'aaabbb … V2000' after three header lines
    line 149: coordinate '-1.78.2', expected three numbers in columns 1 to 30, then the element
    line 186: element 'Si', expected one of C, N, O, F, H in columns 32 to 34
    line 224: mass difference 1, expected no isotopes
    line 260: charge code 9, expected a charge code from 0 to 7
    line 300: atom 6 of a bond, expected an atom from 1 to 5
    line 336: a bond of atom 3 with itself, expected two atoms
    line 372: bond 2 1 again, expected each bond once
    line 408: bond type 4, expected 1, 2 or 3 (aromatic bonds as a Kekulé structure)
    line 446: 9 pairs, expected 1 to 8 pairs of atom and charge
    line 482: atom 7, expected an atom from 1 to 5
    line 518: charge 16, expected a charge from -15 to 15
    line 554: 'M  ISO', expected no isotopes
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
