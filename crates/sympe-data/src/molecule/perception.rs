//! From a molecule to its heavy atoms, their rings and aromatic bonds.

use super::Molecule;
use super::aromaticity;
use super::kekule::{bridges_of, delocalized};
use super::rings::relevant_cycles;
use super::skeleton::{Link, Site, Skeleton};
use super::valence::hydrogens_to_add;

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
}
