//! Distances of conformers: equal to those of listing all automorphisms, on small molecules; found at once on large ones.

mod common;

use common::conformers::{grown, hexagon, random};
use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sympe_canon::graph::SymmetrySearch;
use sympe_data::molecule::{Conformer, Fit, Hydrogens, Molecule, MoleculeFormat, smiles};
use sympe_data::{DataError, input::Input};
use sympe_groups::nalgebra::{Matrix3, Vector3};
use sympe_groups::{Action, Group, OrthogonalGroup, PermGroup, Permutation, Subgroup};

const SMALL: [&str; 14] = [
    "O",
    "C",
    "N",
    "CC",
    "CO",
    "C=C",
    "CC=O",
    "C1CC1",
    "CN",
    "OO",
    "CC(=O)[O-]",
    "O=[N+]([O-])C",
    "c1ccccc1",
    "OC(O)(O)O",
];

fn group_of(molecule: &Molecule) -> PermGroup {
    let graph = molecule.delocalized_graph(Hydrogens::Explicit);
    SymmetrySearch::default().run(&graph).unwrap().group().clone()
}

fn random_places(n: usize, rng: &mut ChaCha8Rng) -> Vec<[f64; 3]> {
    (0..n)
        .map(|_| std::array::from_fn(|_| rng.random_range(-2.0..2.0)))
        .collect()
}

/// The distance under one match, after the best rotation, mirror image included or not, if there is to be one.
fn distance(a: &[[f64; 3]], b: &[[f64; 3]], g: &Permutation, fit: Option<OrthogonalGroup<3>>) -> f64 {
    let n = a.len() as f64;
    let pairs = a
        .iter()
        .zip(g.images())
        .map(|(x, &image)| (Vector3::from(*x), Vector3::from(b[image as usize])));
    let pairs: Vec<(Vector3<f64>, Vector3<f64>)> = pairs.collect();
    let Some(group) = fit else {
        return (pairs.iter().map(|(x, y)| (x - y).norm_squared()).sum::<f64>() / n).sqrt();
    };
    let from = pairs.iter().map(|(x, _)| x).sum::<Vector3<f64>>() / n;
    let to = pairs.iter().map(|(_, y)| y).sum::<Vector3<f64>>() / n;
    let correlation: Matrix3<f64> = pairs.iter().map(|(x, y)| (y - to) * (x - from).transpose()).sum();
    let squares: f64 = pairs
        .iter()
        .map(|(x, y)| (x - from).norm_squared() + (y - to).norm_squared())
        .sum();
    let values = correlation.singular_values();
    let least = if group.is_special() && correlation.determinant() < 0.0 {
        -values[2]
    } else {
        values[2]
    };
    ((squares - 2.0 * (values[0] + values[1] + least)).max(0.0) / n).sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// Conformers with places at random, of one molecule with its atoms in two orders.
    #[test]
    fn it_is_the_least_over_all_automorphisms(which in 0..SMALL.len(), seed in any::<u64>(), mode in 0usize..3, likeness in 0usize..3) {
        let molecule = smiles::parse(SMALL[which], 1).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let superposed = [None, Some(OrthogonalGroup::special()), Some(OrthogonalGroup::full())][mode];
        let fit = Fit { superposed, any_bond: false };
        let n = molecule.len();
        let a = random_places(n, &mut rng);
        let noise = [0.05, 0.7, 10.0][likeness];
        let b: Vec<[f64; 3]> = a.iter().zip(random_places(n, &mut rng))
            .map(|(x, y)| std::array::from_fn(|axis| x[axis] + noise * y[axis])).collect();
        let order = Permutation::random(n, &mut rng);
        let other = Conformer::new("b", order.act(&molecule), order.act(&b[..])).unwrap();
        let found = Conformer::new("a", molecule.clone(), a.clone()).unwrap().compare(&other, &fit).unwrap();
        let group = group_of(&molecule);
        prop_assert_eq!(&found.automorphisms, &group.order().to_string());
        let least = group.elements().map(|g| distance(&a, &b, &g, superposed)).fold(f64::INFINITY, f64::min);
        prop_assert!((found.rmsd - least).abs() < 1e-6, "{}: {} is not {least}", SMALL[which], found.rmsd);
        // The match is an isomorphism, and attains the distance.
        prop_assert_eq!(found.permutation.act(&molecule.delocalized_graph(Hydrogens::Explicit)), other.molecule().delocalized_graph(Hydrogens::Explicit));
        let attained = distance(&a, other.places(), &found.permutation, superposed);
        prop_assert!((attained - found.rmsd).abs() < 1e-6);
        if let Some(motion) = &found.motion {
            let laid: Vec<[f64; 3]> = a.iter().map(|&x| motion.act(&Vector3::from(x)).into()).collect();
            prop_assert!((distance(&laid, other.places(), &found.permutation, None) - found.rmsd).abs() < 1e-6);
        }
        // The other way round it is the same.
        let back = other.compare(&Conformer::new("a", molecule, a).unwrap(), &fit).unwrap();
        prop_assert!((back.rmsd - found.rmsd).abs() < 1e-6);
    }
}

/// A molecule with 12·(3!·3!³)⁶ automorphisms, and a dendrimer; bonds turned at random, and atoms called differently.
#[test]
fn molecules_with_more_automorphisms_than_can_be_listed() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let branch = "C(C)(C)C";
    let crowded = smiles::parse(
        &format!("c1({branch})c({branch})c({branch})c({branch})c({branch})c1{branch}"),
        1,
    )
    .unwrap();
    let shell = "[Si](C)(C)C";
    let dendrimer = smiles::parse(
        &format!(
            "[Si]({0})({0})({0}){0}",
            format!("C[Si]({shell})({shell}){shell}")
        ),
        1,
    )
    .unwrap();
    let spread = smiles::parse(&format!("c1({branch})cc({branch})cc({branch})c1"), 1).unwrap();
    for molecule in [crowded, dendrimer, spread] {
        let group = group_of(&molecule);
        assert!(group.order().bits() > 33, "{}", group.order());
        let n = molecule.len();
        for superposed in [
            None,
            Some(OrthogonalGroup::special()),
            Some(OrthogonalGroup::full()),
        ] {
            let fit = Fit {
                superposed,
                any_bond: false,
            };
            let core = hexagon(&molecule);
            let places = grown(&molecule, &core, &mut random(&mut rng));
            let turn = OrthogonalGroup::<3>::special().sample(&mut rng);
            let noise = |x: f64, rng: &mut ChaCha8Rng| x + rng.random_range(-0.1..0.1);
            let moved: Vec<[f64; 3]> = places
                .iter()
                .map(|&place| {
                    let place = if superposed.is_some() {
                        turn.act(&Vector3::from(place))
                    } else {
                        place.into()
                    };
                    [0, 1, 2].map(|axis| noise(place[axis], &mut rng))
                })
                .collect();
            // Called differently: an automorphism, and any order.
            let order = Permutation::random(n, &mut rng).compose(&group.sample(&mut rng));
            let a = Conformer::new("a", molecule.clone(), places.clone()).unwrap();
            let b = Conformer::new("b", order.act(&molecule), order.act(&moved[..])).unwrap();
            let found = a.compare(&b, &fit).unwrap();
            // No worse than the match that is known; and not much better than the noise.
            let known = distance(&places, b.places(), &order, superposed);
            assert!(
                found.rmsd <= known + 1e-9 && found.rmsd > 0.05,
                "{} and {known}",
                found.rmsd
            );

            // Other torsions: no match that chance finds is better.
            let other = Conformer::new(
                "c",
                molecule.clone(),
                grown(&molecule, &core, &mut random(&mut rng)),
            )
            .unwrap();
            let found = a.compare(&other, &fit).unwrap();
            for _ in 0..200 {
                let g = found.permutation.compose(&group.sample(&mut rng));
                assert!(found.rmsd <= distance(&places, other.places(), &g, superposed) + 1e-9);
            }
            for swap in group.generators() {
                assert!(
                    found.rmsd
                        <= distance(
                            &places,
                            other.places(),
                            &found.permutation.compose(swap),
                            superposed
                        ) + 1e-9
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_compared_is_said() {
    let conformer = |name: &str, text: &str| {
        let molecule = smiles::parse(text, 1).unwrap();
        let places = (0..molecule.len())
            .map(|i| [i as f64, (i * i % 3) as f64, 0.0])
            .collect();
        Conformer::new(name, molecule, places).unwrap()
    };
    let error = conformer("ether", "COC")
        .compare(&conformer("ethanol", "CCO"), &Fit::default())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "ether (C2H6O) and ethanol (C2H6O) are not the same molecule: no match of atoms keeps elements, charges, kinds of bonds"
    );
    let acid = [conformer("a", "CC(=O)[O-]"), conformer("b", "CC(=O)[O-]")];
    let any = Fit {
        any_bond: true,
        ..Fit::default()
    };
    assert_eq!(
        acid[0].compare(&acid[1], &Fit::default()).unwrap().automorphisms,
        "6"
    );
    assert_eq!(acid[0].compare(&acid[1], &any).unwrap().automorphisms, "12");
    let bad = Conformer::new("x", smiles::parse("O", 1).unwrap(), vec![[0.0; 3]]).unwrap_err();
    assert_eq!(bad.to_string(), "'x': 1 places, expected one for each of 3 atoms");
    let nan = Conformer::new("n", smiles::parse("O", 1).unwrap(), vec![[f64::NAN; 3]; 3]).unwrap();
    let error = nan.compare(&nan, &Fit::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "n and n: coordinate 0 of point 0 is NaN, expected a finite number up to 1e300"
    );
    let none = Conformer::new("0", Molecule::new(Vec::new(), []).unwrap(), Vec::new()).unwrap();
    assert!(
        none.compare(&none, &Fit::default())
            .unwrap_err()
            .to_string()
            .contains("no points")
    );
    let input = Input::new("x.smi", std::io::Cursor::new("CCO\n")).unwrap();
    let error = Conformer::read(input, MoleculeFormat::Smiles).unwrap_err();
    assert!(
        matches!(error, DataError::File { .. }) && error.to_string().contains("no positions"),
        "{error}"
    );
}
