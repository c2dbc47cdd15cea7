//! Heavy atoms with what medicinal chemistry asks of them: hydrogens, rings, aromaticity. Scaffolds, fragments and fingerprints are
//! read off it.
//!
//! Invariant: it depends on the molecule only, not on its Kekulé structure, on whether its hydrogens are atoms, or on how charges of
//! nitro groups are written.

use super::aromaticity;
use super::atom::{Atom, BondOrder};
use super::kekule::{bridges_of, delocalized};
use super::rings::relevant_cycles;
use super::valence::hydrogens_to_add;
use super::{Element, Molecule};
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
    /// By the electrons of its rings ([`aromaticity`]).
    pub(super) is_aromatic: bool,
    /// Double in one Kekulé structure and single in another.
    pub(super) is_delocalized: bool,
}

impl Link {
    /// The colour of an edge: as in [`Molecule::delocalized_graph`].
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
    pub(super) fn of(molecule: &Molecule) -> Self {
        let molecule = molecule.with_separated_charges();
        let is_plain: Vec<bool> = (0..molecule.len() as u32)
            .map(|v| molecule.is_plain_hydrogen(v))
            .collect();
        let mut places = vec![0; molecule.len()];
        let mut sites = Vec::new();
        for v in (0..molecule.len()).filter(|&v| !is_plain[v]) {
            places[v] = sites.len() as u32;
            let (atom, node) = (molecule.atoms()[v], v as u32);
            let neighbors = molecule.graph().neighbors(node).iter();
            let plain = neighbors.filter(|&&u| is_plain[u as usize]).count() as u32;
            sites.push(Site {
                atom,
                hydrogens: plain + hydrogens_to_add(atom, molecule.bond_order_sum(node)),
                is_in_ring: false,
                is_aromatic: false,
                neighbors: Vec::new(),
            });
        }
        let delocalized = delocalized(&molecule);
        let bonds = molecule
            .bonds()
            .filter(|&(u, v, _)| !is_plain[u as usize] && !is_plain[v as usize]);
        let links = bonds.map(|(u, v, order)| Link {
            ends: (places[u as usize], places[v as usize]),
            order,
            is_in_ring: false,
            is_aromatic: false,
            is_delocalized: delocalized.contains(&(u, v)),
        });
        let links = links.collect();
        let mut skeleton = Self { sites, links };
        skeleton.perceive();
        skeleton
    }

    /// Finds neighbours, rings and aromatic bonds.
    fn perceive(&mut self) {
        let bridges = bridges_of(self.links.iter().map(|link| link.ends));
        for (place, link) in (0..).zip(&mut self.links) {
            let (u, v) = link.ends;
            link.is_in_ring = !bridges.contains(&(u, v));
            for (end, other) in [(u, v), (v, u)] {
                let site = &mut self.sites[end as usize];
                site.neighbors.push((other, place));
                site.is_in_ring |= link.is_in_ring;
            }
        }
        let in_rings: Vec<Vec<(u32, u32)>> = self
            .sites
            .iter()
            .map(|site| {
                let neighbors = site.neighbors.iter().copied();
                neighbors
                    .filter(|&(_, bond)| self.links[bond as usize].is_in_ring)
                    .collect()
            })
            .collect();
        let cycles = relevant_cycles(&in_rings, self.links.len());
        aromaticity::mark(self, &cycles);
    }

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

/// The colour of an atom with hydrogens: as in [`Molecule::delocalized_graph`].
pub(super) fn color(atom: Atom, hydrogens: u32) -> u32 {
    atom.color() + super::normal::HYDROGEN * hydrogens
}
