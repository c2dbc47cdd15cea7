//! Aromatic bonds: from marks in a file to double bonds, and from double bonds to what does not depend on their choice.
//!
//! Double bonds of a Kekulé structure are a perfect matching of the atoms that need one. Invariant of the second half: a bond is
//! delocalized if it is double in some Kekulé structures and single in others, so that the set of such bonds is the same
//! for all structures of a molecule, and with it the graph in which they have a colour of their own.

use super::valence::allowed_valences;
use super::{Atom, BondOrder, Element, Molecule, hydrogens_to_add};
use petgraph::algo::{bridges, maximum_matching};
use petgraph::graph::{NodeIndex, UnGraph};
use petgraph::visit::EdgeRef;
use std::collections::{BTreeMap, BTreeSet};

/// An atom as a file gives it.
pub(super) struct Marked {
    pub(super) atom: Atom,
    pub(super) is_aromatic: bool,
    /// Hydrogens of its own, besides those that are atoms; `None` if they follow from its valence.
    pub(super) hydrogens: Option<u32>,
}

/// A bond as a file gives it; `None` is aromatic.
pub(super) type MarkedBond = (u32, u32, Option<BondOrder>);

/// The bonds of a Kekulé structure, and the hydrogens of each atom.
type Kekule = (Vec<(u32, u32, BondOrder)>, Vec<u32>);

/// Single and double bonds for aromatic ones, and the hydrogens of each atom.
///
/// An atom takes a double bond if its valence has room for it, by the rule of RDKit's `markDbondCands`; all that do must be
/// matched. Rings in which none does, as c1(=O)n(C)c(=O)n(C)c(=O)n1C, are their own Kekulé structure. Aromatic bonds that
/// are not in a ring are single, as between the rings of `c1ccccc1c1ccccc1`. Atoms of rings with an aromatic bond are aromatic
/// whether they are marked or not, as in `C1:C:C:C:C:C:1`, and a nitrogen that is marked without an aromatic bond has no more
/// hydrogens than there is room for, as in `C[nH]1CCC1`: both as RDKit has it.
///
/// # Errors
///
/// The first atom, from 0, that is aromatic outside a ring or has no partner, and which of the two.
pub(super) fn kekulize(atoms: &[Marked], bonds: &[MarkedBond]) -> Result<Kekule, (u32, &'static str)> {
    let bonded = Bonded::of_each(atoms.len(), bonds);
    let hydrogens: Vec<u32> = atoms
        .iter()
        .zip(&bonded)
        .map(|(atom, &bonded)| hydrogens_of(atom, bonded))
        .collect();
    let single = |&(u, v, order): &MarkedBond| (u, v, order.unwrap_or(BondOrder::Single));
    if atoms.iter().all(|atom| !atom.is_aromatic) && bonds.iter().all(|bond| bond.2.is_some()) {
        return Ok((bonds.iter().map(single).collect(), hydrogens));
    }
    let bridges = bridges_of(bonds.iter().map(|&(u, v, _)| (u, v)));
    let in_ring = |bond: &&MarkedBond| !bridges.contains(&(bond.0, bond.1));
    let mut is_in_ring = vec![false; atoms.len()];
    for &(u, v, _) in bonds.iter().filter(in_ring) {
        (is_in_ring[u as usize], is_in_ring[v as usize]) = (true, true);
    }
    if let Some(v) = (0..atoms.len()).find(|&v| atoms[v].is_aromatic && !is_in_ring[v]) {
        return Err((v as u32, "an aromatic atom outside rings"));
    }
    let mut is_aromatic: Vec<bool> = atoms.iter().map(|atom| atom.is_aromatic).collect();
    for &(u, v, _) in bonds.iter().filter(|bond| bond.2.is_none()) {
        for end in [u as usize, v as usize] {
            is_aromatic[end] |= is_in_ring[end];
        }
    }
    let takes: Vec<bool> = (0..atoms.len())
        .map(|v| is_aromatic[v] && takes_double_bond(&atoms[v], bonded[v].with(hydrogens[v])))
        .collect();
    let candidates = bonds
        .iter()
        .filter(in_ring)
        .filter(|&&(u, v, order)| order.is_none() && takes[u as usize] && takes[v as usize]);
    let candidates: Vec<(u32, u32)> = candidates.map(|&(u, v, _)| (u, v)).collect();
    let mut mates = vec![None; atoms.len()];
    for system in components(&candidates) {
        for (u, v) in matching(&system) {
            (mates[u as usize], mates[v as usize]) = (Some(v), Some(u));
        }
    }
    if let Some(v) = (0..atoms.len()).find(|&v| takes[v] && mates[v].is_none()) {
        return Err((v as u32, "an aromatic atom without a place for its double bond"));
    }
    let order = |&(u, v, order): &MarkedBond| match order {
        None if mates[u as usize] == Some(v) => (u, v, BondOrder::Double),
        order => single(&(u, v, order)),
    };
    Ok((bonds.iter().map(order).collect(), hydrogens))
}

/// What the bonds of an atom amount to.
#[derive(Clone, Copy, Default)]
struct Bonded {
    degree: u32,
    /// Sum of bond orders, aromatic bonds being single.
    single: u32,
    /// Twice the sum of bond orders, aromatic bonds being 3/2.
    doubled: u32,
}

impl Bonded {
    fn of_each(atoms: usize, bonds: &[MarkedBond]) -> Vec<Self> {
        let mut all = vec![Self::default(); atoms];
        for &(u, v, order) in bonds {
            for end in [u, v] {
                let bonded = &mut all[end as usize];
                bonded.degree += 1;
                bonded.single += order.map_or(1, |order| order as u32);
                bonded.doubled += order.map_or(3, |order| 2 * order as u32);
            }
        }
        all
    }

    /// Whether a bond is aromatic.
    fn is_aromatic(self) -> bool {
        self.doubled > 2 * self.single
    }

    /// With so many hydrogens more.
    fn with(self, hydrogens: u32) -> Self {
        Self {
            degree: self.degree + hydrogens,
            single: self.single + hydrogens,
            doubled: self.doubled + 2 * hydrogens,
        }
    }
}

/// The hydrogens of an atom, besides those that are atoms.
fn hydrogens_of(marked: &Marked, bonded: Bonded) -> u32 {
    let sum = bonded.doubled.div_ceil(2);
    match marked.hydrogens {
        Some(count) if marked.is_aromatic && marked.atom == Element::N.into() && !bonded.is_aromatic() => {
            count.min(hydrogens_to_add(marked.atom, bonded.single))
        }
        Some(count) => count,
        // An aromatic atom beyond its least valence has a lone pair in the ring, and no hydrogen.
        None if marked.is_aromatic => {
            let least = allowed_valences(marked.atom).first().copied().unwrap_or(0);
            least.saturating_sub(sum)
        }
        None => hydrogens_to_add(marked.atom, sum),
    }
}

/// Whether an aromatic atom, its hydrogens among its bonds, takes one double bond of its ring.
fn takes_double_bond(marked: &Marked, bonded: Bonded) -> bool {
    let allowed = allowed_valences(marked.atom);
    let Some(&least) = allowed.first() else {
        return false;
    };
    // The total valence as RDKit has it: aromatic bonds may count up to 3/2 too much, as in c1cccn1C.
    let mut total = bonded.doubled.div_ceil(2);
    if bonded.doubled > 2 * least {
        let below = allowed
            .iter()
            .copied()
            .take_while(|&valence| 2 * valence <= bonded.doubled)
            .last();
        let below = below.unwrap_or(least);
        if bonded.doubled - 2 * below <= 3 {
            total = below;
        }
    }
    let valence = allowed.iter().copied().find(|&valence| total <= valence);
    let valence = valence.or(allowed.last().copied()).unwrap_or(least);
    // An atom in brackets may be a radical with room for two.
    bonded.degree < valence
        && (valence == bonded.single + 1 || (marked.hydrogens.is_some() && valence == bonded.single + 2))
}

/// A maximum matching of a graph given by its edges.
pub(super) fn matching(edges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    // Vertices are numbered anew, so that the cost is that of this part of a molecule.
    let vertices: Vec<u32> = vertices_of(edges).into_iter().collect();
    let place = |v: u32| vertices.binary_search(&v).expect("a vertex of the edges") as u32;
    let graph = UnGraph::<(), (), u32>::from_edges(edges.iter().map(|&(u, v)| (place(u), place(v))));
    let matching = maximum_matching(&graph);
    let ends = |(u, v): (NodeIndex<u32>, NodeIndex<u32>)| (vertices[u.index()], vertices[v.index()]);
    matching.edges().map(ends).collect()
}

/// Which of some delocalized bonds, lesser atom first, are double in one Kekulé structure: each of their atoms has one of them.
///
/// # Errors
///
/// An atom for which there is none left.
pub(crate) fn place_double_bonds(delocalized: &[(u32, u32)]) -> Result<BTreeSet<(u32, u32)>, u32> {
    let doubles = matching(delocalized);
    let mut free = vertices_of(delocalized);
    for (u, v) in &doubles {
        free.remove(u);
        free.remove(v);
    }
    match free.first() {
        Some(&v) => Err(v),
        None => Ok(doubles.into_iter().map(|(u, v)| (u.min(v), u.max(v))).collect()),
    }
}

/// The ends of edges.
fn vertices_of(edges: &[(u32, u32)]) -> BTreeSet<u32> {
    edges.iter().flat_map(|&(u, v)| [u, v]).collect()
}

/// The edges whose removal disconnects their ends.
pub(super) fn bridges_of(edges: impl IntoIterator<Item = (u32, u32)>) -> BTreeSet<(u32, u32)> {
    let graph = UnGraph::<(), (), u32>::from_edges(edges);
    let ends = |bridge: petgraph::graph::EdgeReference<'_, (), u32>| {
        let (u, v) = (bridge.source().index() as u32, bridge.target().index() as u32);
        [(u, v), (v, u)]
    };
    bridges(&graph).flat_map(ends).collect()
}

/// The bonds, lesser atom first, that are double in some Kekulé structures of the molecule and single in others: those on a
/// cycle of alternating double and single bonds through atoms with one double bond and no triple one.
///
/// A ring of 4, 8, 12, … atoms by itself is no exception of resonance but of Hückel's rule: its structures are different
/// molecules, as the dimethylcyclobutadienes, and its bonds are left out. So are no others: fused systems count by their
/// structures, whatever their electrons.
///
/// One matching per bond in question, on the ring system it belongs to.
pub(crate) fn delocalized(molecule: &Molecule) -> BTreeSet<(u32, u32)> {
    let mut mates = mates(molecule);
    let mut bonds: Vec<(u32, u32)> = molecule
        .bonds()
        .map(|(u, v, _)| (u, v))
        .filter(|&(u, v)| mates.contains_key(&u) && mates.contains_key(&v))
        .collect();
    // No alternating cycle has a bridge; the atoms of a double one are matched in all structures.
    loop {
        let bridges = bridges_of(bonds.iter().copied());
        if bridges.is_empty() {
            break;
        }
        for (u, v) in &bridges {
            if mates.get(u) == Some(v) {
                mates.remove(u);
                mates.remove(v);
            }
        }
        bonds.retain(|bond| {
            !bridges.contains(bond) && mates.contains_key(&bond.0) && mates.contains_key(&bond.1)
        });
    }
    let mut found = BTreeSet::new();
    for system in components(&bonds) {
        alternating(&system, &mates, &mut found);
    }
    for ring in components(&found.iter().copied().collect::<Vec<_>>()) {
        // As many bonds as atoms are a single ring.
        if ring.len() == vertices_of(&ring).len() && ring.len() % 4 == 0 {
            for bond in &ring {
                found.remove(bond);
            }
        }
    }
    found
}

/// The partner by a double bond of every atom with exactly one, and no triple bond, whose partner is such an atom, too.
fn mates(molecule: &Molecule) -> BTreeMap<u32, u32> {
    let partner = |v: u32| {
        let mut doubles = molecule
            .neighbors(v)
            .filter(|&(_, order)| order == BondOrder::Double);
        let first = doubles.next()?.0;
        let only =
            doubles.next().is_none() && molecule.neighbors(v).all(|(_, order)| order != BondOrder::Triple);
        only.then_some(first)
    };
    (0..molecule.len() as u32)
        .filter_map(|v| {
            let mate = partner(v)?;
            (partner(mate) == Some(v)).then_some((v, mate))
        })
        .collect()
}

/// Adds the bonds of a system that some perfect matchings have and others have not; `mates` is one of them.
fn alternating(system: &[(u32, u32)], mates: &BTreeMap<u32, u32>, found: &mut BTreeSet<(u32, u32)>) {
    let atoms = vertices_of(system).len();
    for &(u, v) in system {
        if mates[&u] == v || found.contains(&(u, v)) {
            continue;
        }
        let touches = |&(a, b): &(u32, u32)| [a, b].iter().any(|&end| end == u || end == v);
        let rest: Vec<(u32, u32)> = system.iter().copied().filter(|bond| !touches(bond)).collect();
        let other = matching(&rest);
        if 2 * (other.len() + 1) < atoms {
            continue;
        }
        let other = other.into_iter().map(|(a, b)| (a.min(b), a.max(b)));
        let other: BTreeSet<(u32, u32)> = other.chain([(u, v)]).collect();
        // Where two structures differ, bonds alternate.
        found.extend(
            system
                .iter()
                .filter(|&&(a, b)| (mates[&a] == b) != other.contains(&(a, b))),
        );
    }
}

/// The connected components of bonds.
fn components(bonds: &[(u32, u32)]) -> Vec<Vec<(u32, u32)>> {
    let atoms = bonds
        .iter()
        .map(|&(u, v)| u.max(v) as usize + 1)
        .max()
        .unwrap_or(0);
    let mut union = petgraph::unionfind::UnionFind::<u32>::new(atoms);
    for &(u, v) in bonds {
        union.union(u, v);
    }
    let mut components: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
    for &(u, v) in bonds {
        components.entry(union.find(u)).or_default().push((u, v));
    }
    components.into_values().collect()
}
