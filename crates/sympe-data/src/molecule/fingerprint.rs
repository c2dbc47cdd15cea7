//! Circular fingerprints: which neighbourhoods of atoms a molecule has, as bits, and how alike two molecules are.

use super::Molecule;
use super::skeleton::{Link, Skeleton};
use std::collections::HashSet;

/// Bits of a fingerprint.
const BITS: usize = 1024;

/// Bonds from the middle of a neighbourhood to its rim.
const RADIUS: u32 = 2;

/// The neighbourhoods of up to two bonds around each atom of a molecule, hashed to 1024 bits: the Morgan fingerprint (ECFP4) of
/// Rogers and Hahn, *Extended-connectivity fingerprints*, 2010.
///
/// An atom counts by its element, charge, hydrogens, bonds and whether it is in a ring, a bond by its order or as aromatic, and
/// neighbourhoods of the same bonds count once. Bits are those of `GetMorganFingerprintAsBitVect` of RDKit: with another hash, figures
/// of sets of molecules differ by some 0.003, since frequent neighbourhoods may share a bit or not. They differ where radicals count
/// as saturated, for isotopes, and for delocalized rings that have too many electrons to be aromatic, as those of pentalene, whose bonds are
/// alike here.
///
/// ```
/// use sympe_data::molecule::{Fingerprint, smiles};
/// let of = |text| Fingerprint::of(&smiles::parse(text, 1).unwrap());
/// assert_eq!(of("CCO").similarity(&of("OCC")), 1.0);
/// // Propanol has 8 neighbourhoods and butanol 11, of which they share 3 of single atoms and 4 of radius 1.
/// assert_eq!((of("CCCO").count(), of("CCCCO").count()), (8, 11));
/// assert_eq!(of("CCCO").similarity(&of("CCCCO")), 7.0 / 12.0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    words: [u64; BITS / 64],
    count: u32,
}

impl Fingerprint {
    /// The fingerprint of a molecule. O(atoms·bonds/64) but for the search of rings.
    #[must_use]
    pub fn of(molecule: &Molecule) -> Self {
        Self::of_skeleton(&Skeleton::of(molecule))
    }

    pub(super) fn of_skeleton(skeleton: &Skeleton) -> Self {
        let mut words = [0; BITS / 64];
        for hash in neighborhoods(skeleton) {
            let bit = hash as usize % BITS;
            words[bit / 64] |= 1 << (bit % 64);
        }
        let count = words.iter().map(|word: &u64| word.count_ones()).sum();
        Self { words, count }
    }

    /// The bits that are set, increasing.
    pub fn bits(&self) -> impl Iterator<Item = usize> + '_ {
        (0..BITS).filter(|bit| self.words[bit / 64] & (1 << (bit % 64)) != 0)
    }

    /// Number of bits that are set.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Tanimoto similarity: bits that both have per bits that one has; 1 if neither has any.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> f64 {
        let shared = self.shared(other);
        let either = self.count + other.count - shared;
        if either == 0 {
            1.0
        } else {
            f64::from(shared) / f64::from(either)
        }
    }

    fn shared(&self, other: &Self) -> u32 {
        let words = self.words.iter().zip(&other.words);
        words.map(|(one, other)| (one & other).count_ones()).sum()
    }

    /// The similarity to the most similar of others; `None` if there are none. Some 12 ns each.
    #[must_use]
    pub fn nearest(&self, others: &[Self]) -> Option<f64> {
        // The largest fraction, compared without dividing.
        let mut best: Option<(u32, u32)> = None;
        for other in others {
            let shared = self.shared(other);
            let either = self.count + other.count - shared;
            let (shared, either) = if either == 0 { (1, 1) } else { (shared, either) };
            if best.is_none_or(|(most, of)| shared * of > most * either) {
                best = Some((shared, either));
            }
        }
        best.map(|(shared, either)| f64::from(shared) / f64::from(either))
    }
}

/// Adds a number to a hash as the function `hash_combine` of the Boost libraries does, in 32 bits.
fn mix(hash: u32, value: u32) -> u32 {
    let shifted = (hash << 6).wrapping_add(hash >> 2);
    hash ^ value.wrapping_add(0x9e37_79b9).wrapping_add(shifted)
}

/// The hashes of all different neighbourhoods.
fn neighborhoods(skeleton: &Skeleton) -> Vec<u32> {
    let mut hashes: Vec<u32> = (0..skeleton.sites.len() as u32)
        .map(|v| atom_hash(skeleton, v))
        .collect();
    let mut found = hashes.clone();
    let words = skeleton.links.len().div_ceil(64);
    let mut bonds = vec![vec![0u64; words]; hashes.len()];
    let mut met: HashSet<Vec<u64>> = HashSet::new();
    for layer in 0..RADIUS {
        let mut wider = bonds.clone();
        let mut next = Vec::with_capacity(hashes.len());
        for (v, wider) in (0..).zip(&mut wider) {
            let mut around: Vec<(u32, u32)> = Vec::with_capacity(4);
            for &(u, bond) in &skeleton.sites[v as usize].neighbors {
                wider[bond as usize / 64] |= 1 << (bond % 64);
                for (word, other) in wider.iter_mut().zip(&bonds[u as usize]) {
                    *word |= other;
                }
                let link = &skeleton.links[bond as usize];
                around.push((bond_number(link), hashes[u as usize]));
            }
            around.sort_unstable();
            let start = mix(layer, hashes[v as usize]);
            next.push(
                around
                    .iter()
                    .fold(start, |hash, &(bond, other)| mix(hash, mix(mix(0, bond), other))),
            );
        }
        hashes = next;
        bonds = wider;
        // Of several atoms with one neighbourhood the least hash counts, so that it does not matter how they are numbered.
        let mut order: Vec<usize> = (0..hashes.len())
            .filter(|&v| !skeleton.sites[v].neighbors.is_empty())
            .collect();
        order.sort_unstable_by_key(|&v| hashes[v]);
        for v in order {
            if !met.contains(&bonds[v]) {
                met.insert(bonds[v].clone());
                found.push(hashes[v]);
            }
        }
    }
    found
}

/// A bond as a number. What is delocalized is so in every Kekulé structure, even where electrons are too many to be aromatic.
fn bond_number(link: &Link) -> u32 {
    if link.is_aromatic || link.is_delocalized {
        12
    } else {
        link.order as u32
    }
}

/// What an atom is by itself.
fn atom_hash(skeleton: &Skeleton, v: u32) -> u32 {
    let site = &skeleton.sites[v as usize];
    let parts = [
        site.atom.element.atomic_number(),
        site.neighbors.len() as u32 + site.hydrogens,
        site.hydrogens,
        i32::from(site.atom.charge) as u32,
        // Of an isotope, what its weight differs by.
        0,
    ];
    let hash = parts.into_iter().fold(0, mix);
    if site.is_in_ring { mix(hash, 1) } else { hash }
}
