//! Metrics of generated molecules on cases counted by hand.

use sympe_data::molecule::metrics::{
    KnownMolecules, MoleculeMetrics, is_relaxed_valid, is_valid, stable_atoms,
};
use sympe_data::molecule::{Molecule, smiles};

fn parse(text: &str) -> Molecule {
    smiles::parse(text, 1).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn validity_by_case() {
    for (text, valid, relaxed) in [
        ("C", true, true),
        ("C=C=C", true, true),
        ("C#CC#N", true, true),
        ("[C]", true, true),
        ("[CH4]C", false, false),
        ("O=O=O", false, false),
        ("C[O]C", true, true),
        ("CO(C)C", false, true),
        ("CO(C)(C)C", false, false),
        ("C[N](C)(C)C", false, true),
        ("C[N](C)(C)(C)C", false, false),
        ("CN(=O)=O", true, true),
        ("ON(=O)=O", true, true),
        ("CN=N#N", true, true),
        ("C=N#N", true, true),
        // Five bonds of nitrogen without an oxygen or nitrogen that could take the charge.
        ("CN(=C)=C", false, false),
        ("CN(=N)=N", false, false),
        ("C[N](C)(C)=O", true, true),
        ("C=N(=O)(=O)", false, false),
        ("[H]C([H])([H])[H]", true, true),
        ("C[H]C", false, false),
        ("FF", true, true),
        ("CF=C", false, false),
        ("C[NH3+]", true, true),
        ("C[NH4+]", false, false),
        ("C[O-]", true, true),
        ("C[O-]C", false, false),
        ("[C-]#[N+]C", true, true),
        // Nitrogen of valence four, which no hydrogen fills up.
        ("C=N=O", false, true),
        ("O=N=N", false, true),
        ("CN(C)=O", false, true),
        ("CN(C)(C)C", false, true),
        ("CS(C)(=O)=O", true, true),
        ("CS(C)(C)(C)(C)(C)C", false, false),
        ("OP(O)(O)=O", true, true),
        ("F[P-](F)(F)(F)(F)F", true, true),
        ("C[Si](C)(C)Cl", true, true),
        ("ClC=Cl", false, false),
        ("[Cu](C)(C)(C)C", true, true),
        ("[O+](C)(C)C", true, true),
    ] {
        let molecule = parse(text);
        assert_eq!(
            (is_valid(&molecule), is_relaxed_valid(&molecule)),
            (valid, relaxed),
            "{text}"
        );
    }
    let empty = Molecule::new(Vec::new(), []).unwrap();
    assert!(!is_valid(&empty) && !is_relaxed_valid(&empty));
}

#[test]
fn stability_by_case() {
    for (text, stable, atoms) in [
        ("C", 5, 5),
        ("[CH3]", 3, 4),
        ("CN(=O)=O", 6, 7),
        ("[NH4+]", 4, 5),
        ("[H+]", 0, 1),
        ("[H][H]", 2, 2),
        ("FC#N", 3, 3),
    ] {
        let molecule = parse(text);
        assert_eq!(
            (stable_atoms(&molecule), molecule.len()),
            (stable, atoms),
            "{text}"
        );
    }
}

#[test]
fn shares_of_a_small_set() {
    let samples: Vec<Option<Molecule>> = [
        Some("CCO"),
        Some("OCC"),        // again
        Some("CCO.[H][H]"), // again: the largest fragment counts
        Some("C.CCO.C"),    // again
        Some("COC"),        // novel
        Some("[CH3]"),      // novel, not stable
        Some("CO(C)C"),     // not valid, but relaxed
        Some("CF=C"),       // not valid
        None,
        Some(""),
    ]
    .into_iter()
    .map(|text| {
        text.map(|text| {
            if text.is_empty() {
                Molecule::new(Vec::new(), []).unwrap()
            } else {
                parse(text)
            }
        })
    })
    .collect();
    let known = KnownMolecules::new(&[parse("C(O)C"), parse("CCO"), parse("N")]).unwrap();
    assert_eq!(known.len(), 2);
    let metrics = MoleculeMetrics::of(&samples, &known).unwrap();
    let expected = MoleculeMetrics {
        samples: 10,
        valid: 6,
        relaxed_valid: 7,
        unique: 3,
        novel: 2,
        atoms: 9 + 9 + 11 + 19 + 9 + 4 + 13 + 8,
        // Without the radical's carbon, the oxygen with three bonds, the fluorine with three.
        stable_atoms: 9 + 9 + 11 + 19 + 9 + 3 + 12 + 7,
        stable_molecules: 5,
    };
    assert_eq!(metrics, expected);
    let shares = [
        metrics.validity(),
        metrics.relaxed_validity(),
        metrics.uniqueness(),
        metrics.novelty(),
    ];
    assert_eq!(shares, [0.6, 0.7, 0.5, 2.0 / 3.0]);
    assert_eq!(
        (metrics.atom_stability(), metrics.molecule_stability()),
        (79.0 / 82.0, 0.5)
    );
}

#[test]
fn equal_largest_fragments_are_counted_whichever_comes_first() {
    let samples = ["CC.CO", "CO.CC"].map(|text| Some(parse(text).without_hydrogens()));
    let metrics = MoleculeMetrics::of(&samples, &KnownMolecules::default()).unwrap();
    assert_eq!((metrics.valid, metrics.unique), (2, 1));
}

#[test]
fn nothing_has_no_shares() {
    let metrics = MoleculeMetrics::of(&[None], &KnownMolecules::default()).unwrap();
    let shares = [
        metrics.validity(),
        metrics.uniqueness(),
        metrics.novelty(),
        metrics.atom_stability(),
        metrics.molecule_stability(),
    ];
    assert_eq!(shares, [0.0; 5]);
}

/// 10,000 SMILES of H, C, N, O, F, each with the verdict of RDKit 2026.09 (`MolFromSmiles` with its default sanitization, hydrogens
/// kept): molecules of QM9 and MOSES in all ways in which RDKit writes them, molecules with atoms and bonds changed, random
/// graphs with charges, and strings with one to three characters changed.
const VERDICTS: &str = include_str!("fixtures/rdkit_verdicts.tsv");

#[test]
fn validity_is_that_of_rdkit() {
    let (mut lines, mut differ) = (0, Vec::new());
    for line in VERDICTS.lines() {
        let (text, verdict) = line.split_once('\t').unwrap();
        lines += 1;
        let valid = smiles::parse(text, 1).is_ok_and(|molecule| is_valid(&molecule));
        if valid != (verdict == "1") {
            differ.push(text);
        }
    }
    assert_eq!(lines, 10_000);
    let mut known = [
        // Fragments that end within a branch, which are not supported.
        "Cc1nn(C)c2ncc(C(=O)N3CCOCC3C3.CC3)cc12",
        "C(#CC1=C.CCC1=O)C",
        "N1NC(C2C1=CC=CC=2)C(N1[O]C.N(C(=O)CCOC(C)C)CC1)=O",
        // A triple bond that opens an aromatic ring, a ring that opens with one bond and closes with another.
        "CCOC(=O)C(NC(C)=O)(Nc#1ccc(C)c(C)c1)C(F)(F)F",
        "C=2-C3-C-1-C(-C-31C(-C-2)-C)-O",
        // N-oxides with a hydrogen too many.
        "n1([H])c(c2n(C(C(C2([H])[H])([H])[H])([H])[H])1=O)",
        "O=C(c1ccc(-c2ccccc2)[nH]1=O)N1CCCn2ncnc21",
        // An aromatic bond outside rings, aromatic nitrogens of which RDKit keeps one hydrogen less or none.
        "[H]OC(C([H])([H]):N(C(N([H])[H])=N[H])(=O)[H])([H])[H]",
        "c1(c(n=[nH]1)N)NC",
        "CCOC(=O)C1(NC(=O)c2ccc[NH2+]c(-3cncn3)nc2)CCCC1",
    ];
    differ.sort_unstable();
    known.sort_unstable();
    assert_eq!(differ, known);
}
