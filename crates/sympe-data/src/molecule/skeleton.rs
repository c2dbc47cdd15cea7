//! Heavy atoms with what medicinal chemistry asks of them: hydrogens, rings, aromaticity. Scaffolds, fragments and fingerprints are
//! read off it.
//!
//! Invariant: it depends on the molecule only, not on its Kekulé structure, on whether its hydrogens are atoms, or on how charges of
//! nitro groups are written.

use super::Element;
use super::atom::{Atom, BondOrder};
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};

/// What tells graphs apart: the first half of the digest of the canonical form. Two of 10¹⁰ different ones share it with a
/// probability of 10⁻¹⁹.
pub(super) type Key = u128;

/// A heavy atom.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) atom: Atom,
    /// Hydrogens on it, those included that its valence lacks.
    pub(super) hydrogens: u32,
    pub(super) is_in_ring: bool,
    pub(super) is_aromatic: bool,
    /// The bonded heavy atoms, and the places of the bonds.
    pub(super) neighbors: Vec<(u32, u32)>,
}

impl Site {
    pub(super) fn is(&self, element: Element) -> bool {
        self.atom.element == element
    }
}

/// A bond of heavy atoms.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) ends: (u32, u32),
    pub(super) order: BondOrder,
    pub(super) is_in_ring: bool,
    /// By the electrons of its rings.
    pub(super) is_aromatic: bool,
    /// Double in one Kekulé structure and single in another.
    pub(super) is_delocalized: bool,
}

impl Link {
    /// The colour of an edge: as in [`Molecule::delocalized_graph`](super::Molecule::delocalized_graph).
    pub(super) fn color(&self) -> u32 {
        if self.is_delocalized {
            super::normal::DELOCALIZED
        } else {
            self.order as u32
        }
    }

    /// Whether it is a single bond, and not one of an aromatic ring.
    pub(super) fn is_single(&self) -> bool {
        self.order == BondOrder::Single && !self.is_aromatic
    }

    /// Whether it is a double bond, and not one of an aromatic ring.
    pub(super) fn is_double(&self) -> bool {
        self.order == BondOrder::Double && !self.is_aromatic
    }
}

/// The heavy atoms and their bonds.
#[derive(Clone, Debug)]
pub(super) struct Skeleton {
    pub(super) sites: Vec<Site>,
    pub(super) links: Vec<Link>,
}

impl Skeleton {
    /// The bonded heavy atoms, with the bonds.
    pub(super) fn around(&self, v: u32) -> impl Iterator<Item = (u32, &Site, &Link)> + '_ {
        let neighbors = self.sites[v as usize].neighbors.iter();
        neighbors.map(|&(u, bond)| (u, &self.sites[u as usize], &self.links[bond as usize]))
    }

    /// The sum of the orders of the bonds to heavy atoms.
    pub(super) fn order_sum(&self, v: u32) -> u32 {
        self.around(v).map(|(_, _, link)| link.order as u32).sum()
    }
}

/// The key of a graph of atoms with hydrogens, numbered from 0, and coloured bonds.
pub(super) fn key(
    colors: Vec<u32>,
    bonds: impl IntoIterator<Item = (u32, u32, u32)>,
) -> Result<Key, CanonError> {
    let graph = ColoredGraph::from_colored_edges(colors.len(), false, bonds)?.with_node_colors(colors)?;
    let digest = SymmetrySearch::default().run(&graph)?.digest_bytes();
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    Ok(Key::from_be_bytes(half))
}

/// The colour of an atom with hydrogens: as in [`Molecule::delocalized_graph`](super::Molecule::delocalized_graph).
pub(super) fn color(atom: Atom, hydrogens: u32) -> u32 {
    atom.color() + super::normal::HYDROGEN * hydrogens
}
