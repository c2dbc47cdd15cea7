//! A data set that needs no file: every small molecular graph, by exhaustive augmentation and canonical forms.

use super::{Atom, BondOrder, Element, Hydrogens, Molecule, max_valence};
use crate::published::Split;
use crate::{DataError, InMemory};
use std::collections::HashSet;

/// All connected molecular graphs of neutral C, N, O, F with full valences (C 4, N 3, O 2, F 1; hydrogens fill what bonds
/// leave open) and bonds up to triple, with at most so many heavy atoms: what valence allows, stable compounds or not.
///
/// Found by exhaustive augmentation: every connected graph has a vertex whose removal leaves it connected, so the graphs
/// of `n` heavy atoms are those of `n − 1` with one atom more, bonded in every way that valences permit. Canonical forms
/// reject what was there before. Atoms are in canonical order, molecules ordered by size and form; the part of a molecule
/// depends on its digest only, so that it is the same in sets of different sizes.
///
/// | heavy atoms | 1 | 2 | 3 | 4 | 5 | 6 | 7 |
/// |---|---|---|---|---|---|---|---|
/// | molecules | 4 | 19 | 94 | 621 | 4715 | 42 087 | 417 923 |
/// | up to here | 4 | 23 | 117 | 738 | 5453 | 47 540 | 465 463 |
/// | time | | | | 10 ms | 0.1 s | 1.5 s | 20 s |
///
/// ```
/// use sympe_data::molecule::{Hydrogens, SmallMolecules, smiles};
/// use sympe_data::published::Split;
/// let set = SmallMolecules::new(2)?;
/// let heavy = set.part(Split::Train, Hydrogens::Omitted);
/// let (train, all) = (heavy.items().len(), set.len());
/// let one: Vec<String> = set.all(Hydrogens::Explicit).take(4).map(|molecule| molecule.formula()).collect();
/// assert_eq!(one, ["CH4", "H3N", "H2O", "FH"]);
/// assert!(train < all);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SmallMolecules {
    /// Heavy atoms, in canonical order.
    molecules: Vec<(Molecule, Split)>,
}

impl SmallMolecules {
    /// The largest number of heavy atoms.
    pub const MAX_HEAVY_ATOMS: usize = 7;

    const ELEMENTS: [Element; 4] = [Element::C, Element::N, Element::O, Element::F];

    /// The molecules of 1 to `heavy_atoms` heavy atoms. Time and memory grow with their number, see the table.
    ///
    /// # Errors
    ///
    /// When `heavy_atoms` is not between 1 and [`MAX_HEAVY_ATOMS`](Self::MAX_HEAVY_ATOMS).
    pub fn new(heavy_atoms: usize) -> Result<Self, DataError> {
        if !(1..=Self::MAX_HEAVY_ATOMS).contains(&heavy_atoms) {
            return Err(DataError::invalid(
                "number of heavy atoms",
                heavy_atoms,
                "a number from 1 to 7",
            ));
        }
        let mut molecules = Vec::new();
        let mut largest = vec![Molecule::new(Vec::new(), []).expect("the empty molecule")];
        for _ in 0..heavy_atoms {
            largest = augment(&largest, molecules.len())?;
            for molecule in &largest {
                let split = split_of(molecule, molecules.len())?;
                molecules.push((molecule.clone(), split));
            }
        }
        Ok(Self { molecules })
    }

    /// Number of molecules.
    #[must_use]
    pub fn len(&self) -> usize {
        self.molecules.len()
    }

    /// Whether there are none; never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.molecules.is_empty()
    }

    /// All molecules, by size and form.
    pub fn all(&self, hydrogens: Hydrogens) -> impl Iterator<Item = Molecule> + '_ {
        self.molecules
            .iter()
            .map(move |(molecule, _)| present(molecule, hydrogens))
    }

    /// The molecules of a part, in the same order: 8 of 10 to train, 1 to validate, 1 to test, on average.
    #[must_use]
    pub fn part(&self, split: Split, hydrogens: Hydrogens) -> InMemory<Molecule> {
        let part = self.molecules.iter().filter(|(_, part)| *part == split);
        InMemory::new(part.map(|(molecule, _)| present(molecule, hydrogens)).collect())
    }
}

fn present(heavy: &Molecule, hydrogens: Hydrogens) -> Molecule {
    match hydrogens {
        Hydrogens::Explicit => heavy.with_hydrogens(),
        Hydrogens::Omitted => heavy.clone(),
    }
}

/// The part of a molecule, from the first 32 bits of its digest.
fn split_of(molecule: &Molecule, index: usize) -> Result<Split, DataError> {
    let digest = molecule
        .digest()
        .map_err(|source| DataError::Canon { index, source })?;
    let number = u32::from_str_radix(&digest[..8], 16).expect("digests are hexadecimal");
    Ok(match number % 10 {
        0 => Split::Validation,
        1 => Split::Test,
        _ => Split::Train,
    })
}

/// The canonical forms of all molecules that have one atom more than those given, sorted. `index` is for errors.
fn augment(smaller: &[Molecule], index: usize) -> Result<Vec<Molecule>, DataError> {
    let mut found = HashSet::new();
    for molecule in smaller {
        let n = molecule.len();
        let free: Vec<u32> = (0..n as u32)
            .map(|v| max_valence(molecule.atoms()[v as usize]) - molecule.bond_order_sum(v))
            .collect();
        for element in SmallMolecules::ELEMENTS {
            let atom = Atom::from(element);
            let mut atoms = molecule.atoms().to_vec();
            atoms.push(atom);
            let mut attachments = Vec::new();
            attach(&free, max_valence(atom), &mut Vec::new(), &mut attachments);
            for orders in attachments {
                // The first atom has nothing to be bonded to; the others must be.
                if n > 0 && orders.iter().all(Option::is_none) {
                    continue;
                }
                let new = (0..n as u32)
                    .zip(&orders)
                    .filter_map(|(v, &order)| Some((v, n as u32, order?)));
                let larger = Molecule::new(atoms.clone(), molecule.bonds().chain(new))?;
                let form = larger
                    .canonical()
                    .map_err(|source| DataError::Canon { index, source })?;
                found.insert(form);
            }
        }
    }
    let mut sorted: Vec<Molecule> = found.into_iter().collect();
    sorted.sort_by_cached_key(|molecule| (molecule.atoms().to_vec(), molecule.bonds().collect::<Vec<_>>()));
    Ok(sorted)
}

/// All ways to bond a new atom of valence `left` to atoms with these free valences, after the bonds in `orders`.
fn attach(
    free: &[u32],
    left: u32,
    orders: &mut Vec<Option<BondOrder>>,
    found: &mut Vec<Vec<Option<BondOrder>>>,
) {
    let Some(&room) = free.get(orders.len()) else {
        found.push(orders.clone());
        return;
    };
    for order in 0..=room.min(left).min(3) {
        orders.push(BondOrder::from_number(order));
        attach(free, left - order, orders, found);
        orders.pop();
    }
}
