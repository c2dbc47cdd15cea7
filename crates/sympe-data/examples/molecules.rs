//! From SMILES to symmetry and back, and the metrics of a "generator" that repeats, invents and fails.

use sympe_data::molecule::metrics::{KnownMolecules, MoleculeMetrics};
use sympe_data::molecule::{Hydrogens, Marginals, SmallMolecules, smiles};
use sympe_data::published::Split;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for text in ["CCO", "C1=CC=CC=C1", "[NH3+]CC([O-])=O", "C12C3C4C1C5C2C3C45"] {
        let molecule = smiles::parse(text, 1)?;
        println!(
            "{text}: {}, {} atoms, {} automorphisms ({} of the heavy atoms), canonical {}",
            molecule.formula(),
            molecule.len(),
            molecule.symmetry()?.order(),
            molecule.without_hydrogens().symmetry()?.order(),
            smiles::write_canonical(&molecule)?
        );
    }

    // All molecules of up to four heavy atoms, found by canonical forms.
    let set = SmallMolecules::new(4)?;
    let train = set.part(Split::Train, Hydrogens::Explicit);
    let marginals = Marginals::of(train.items());
    println!("{} of {} molecules to train on", train.items().len(), set.len());
    println!("elements C, N, O, F, H: {:.3?}", marginals.element_shares());
    println!(
        "bonds none, single, double, triple: {:.3?}",
        marginals.bond_shares()
    );

    let samples = smiles::parse_lines("CCO\nOCC\nC#CC#CC#C\nFC=F=C\nNone\nC1CC\n");
    for error in &samples.errors {
        println!("{error}");
    }
    let metrics = MoleculeMetrics::of(&samples.molecules, &KnownMolecules::new(train.items())?)?;
    println!("{metrics:?}");
    // Ethanol twice and a triyne; the fluorine with three bonds, nothing, and the open ring are invalid.
    assert_eq!((metrics.validity(), metrics.uniqueness()), (3.0 / 6.0, 2.0 / 3.0));
    Ok(())
}
