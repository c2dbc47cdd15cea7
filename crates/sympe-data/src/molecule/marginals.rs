//! How often elements, bonds and sizes occur in a set of molecules.

use super::{BondOrder, Element, Molecule};

/// Counts of elements, of bond classes of atom pairs, and of sizes: what the noise of a discrete diffusion model and
/// the number of nodes of its samples are drawn from (Vignac et al., *DiGress*, 2023, section 4).
///
/// ```
/// use sympe_data::molecule::{Marginals, smiles};
/// let water = smiles::parse("O", 1)?;
/// let marginals = Marginals::of([&water]);
/// assert_eq!(marginals.elements, [0, 0, 1, 0, 2]);
/// // Of the three pairs of atoms, two have a single bond.
/// assert_eq!(marginals.bonds, [1, 2, 0, 0]);
/// assert_eq!(marginals.sizes, [0, 0, 0, 1]);
/// assert_eq!(marginals.element_shares()[4], 2.0 / 3.0);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marginals {
    /// Atoms of each element, by [`Element`] index.
    pub elements: [u64; Element::QM9.len()],
    /// Unordered pairs of distinct atoms: without a bond, then by bond order.
    pub bonds: [u64; BondOrder::ALL.len() + 1],
    /// Molecules by number of atoms.
    pub sizes: Vec<u64>,
}

impl Marginals {
    /// The counts over some molecules. O(atoms + bonds).
    #[must_use]
    pub fn of<'a>(molecules: impl IntoIterator<Item = &'a Molecule>) -> Self {
        let mut marginals = Self::default();
        for molecule in molecules {
            let n = molecule.len();
            for atom in molecule.atoms() {
                marginals.elements[atom.element as usize] += 1;
            }
            for (_, _, order) in molecule.bonds() {
                marginals.bonds[order as usize] += 1;
            }
            marginals.bonds[0] += (n * n.saturating_sub(1) / 2 - molecule.bond_count()) as u64;
            if marginals.sizes.len() <= n {
                marginals.sizes.resize(n + 1, 0);
            }
            marginals.sizes[n] += 1;
        }
        marginals
    }

    /// The distribution of elements; zeros without atoms.
    #[must_use]
    pub fn element_shares(&self) -> [f64; Element::QM9.len()] {
        let total = self.elements.iter().sum();
        self.elements.map(|count| share(count, total))
    }

    /// The distribution of bond classes, no bond first; zeros without pairs.
    #[must_use]
    pub fn bond_shares(&self) -> [f64; BondOrder::ALL.len() + 1] {
        let total = self.bonds.iter().sum();
        self.bonds.map(|count| share(count, total))
    }

    /// The distribution of the number of atoms, from 0; empty without molecules.
    #[must_use]
    pub fn size_shares(&self) -> Vec<f64> {
        let total = self.sizes.iter().sum();
        self.sizes.iter().map(|&count| share(count, total)).collect()
    }
}

/// A part of a total; 0 of nothing.
pub(super) fn share(count: u64, total: u64) -> f64 {
    if total == 0 {
        0.0
    } else {
        count as f64 / total as f64
    }
}
