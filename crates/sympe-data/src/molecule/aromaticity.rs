//! Aromatic bonds by the electrons of rings and of fused rings: what environments of atoms in chemistry mean by "aromatic".
//!
//! The model is that of RDKit (*The RDKit Book*, "The RDKit Aromaticity Model"): an atom gives the electrons that its valence leaves for π
//! bonds, none to a ring from which an exocyclic double bond to a more electronegative atom draws it; a ring, or the outline of up
//! to six fused rings of at most 24 atoms, is aromatic with 4n + 2 of them. It is wider than [`Molecule::delocalized_graph`](super::Molecule::delocalized_graph):
//! furan and pyridone are aromatic, and each has one Kekulé structure. Rings are relevant cycles, where RDKit has a symmetrized
//! smallest set; radicals count as saturated.

use super::Element;
use super::atom::BondOrder;
use super::rings::Cycle;
use super::skeleton::Skeleton;
use super::valence::allowed_valences;
use std::collections::BTreeSet;

/// Fused rings that are looked at together.
const MOST_FUSED: usize = 6;

/// Sets of fused rings that are looked at: far more than any drug has, as many as a sheet of graphene can cost.
const MOST_SETS: usize = 20_000;

/// Marks the aromatic atoms and bonds, of which there are none before.
pub(super) fn mark(skeleton: &mut Skeleton, cycles: &[Cycle]) {
    let mut electrons: Vec<Option<u32>> = vec![None; skeleton.sites.len()];
    for (v, electrons) in (0..).zip(&mut electrons) {
        if skeleton.sites[v as usize].is_in_ring {
            *electrons = electrons_of(skeleton, v);
        }
    }
    let are_known = |cycle: &&Cycle| cycle.atoms.iter().all(|&v| electrons[v as usize].is_some());
    let rings: Vec<&Cycle> = cycles.iter().filter(are_known).collect();
    let fused: Vec<Vec<usize>> = rings
        .iter()
        .map(|ring| {
            let shares = |other: &&Cycle| other.bonds.iter().any(|bond| ring.bonds.contains(bond));
            (0..rings.len())
                .filter(|&other| rings[other] != *ring && shares(&rings[other]))
                .collect()
        })
        .collect();
    let mut is_done = vec![false; rings.len()];
    for start in 0..rings.len() {
        if is_done[start] {
            continue;
        }
        let mut system = vec![start];
        is_done[start] = true;
        let mut next = 0;
        while let Some(&ring) = system.get(next) {
            next += 1;
            for &other in &fused[ring] {
                if !std::mem::replace(&mut is_done[other], true) {
                    system.push(other);
                }
            }
        }
        mark_system(skeleton, &rings, &fused, &system, &electrons);
    }
}

/// The electrons that an atom of a ring gives to it, if it can be aromatic.
fn electrons_of(skeleton: &Skeleton, v: u32) -> Option<u32> {
    let site = &skeleton.sites[v as usize];
    let element = site.atom.element;
    let number = element.atomic_number();
    let default = *allowed_valences(element.into()).first()?;
    let total = skeleton.order_sum(v) + site.hydrogens;
    let of_charged = allowed_valences(site.atom).first().copied().unwrap_or(0);
    let is_heavy = number > 18 && element != Element::Se && element != Element::Te;
    let multiple = || {
        skeleton
            .around(v)
            .filter(|(_, _, link)| link.order != BondOrder::Single)
    };
    if default <= 1 || is_heavy || total > of_charged || multiple().count() > 1 {
        return None;
    }
    let degree = site.neighbors.len() as u32 + site.hydrogens;
    if degree > 3 {
        return None;
    }
    let pairs = i64::from(outer_electrons(element)?) - i64::from(default) - i64::from(site.atom.charge);
    let mut count = i64::from(default) - i64::from(degree) + pairs.max(0);
    if multiple().any(|(_, _, link)| link.order == BondOrder::Triple) {
        count = count.min(1);
    }
    let outside = multiple().find(|(_, _, link)| !link.is_in_ring);
    let is_drawn = outside.is_some_and(|(_, other, _)| draws(other.atom.element, element));
    match count {
        ..0 => None,
        0 if outside.is_some() => Some(0),
        0 => multiple().next().map(|_| 1),
        1 if outside.is_some() => Some(u32::from(!is_drawn)),
        1 if multiple().next().is_some() => Some(1),
        // The tropylium ion and its likes.
        1 => (site.atom.charge == 1).then_some(0),
        more if (more - i64::from(is_drawn)) % 2 == 1 => Some(1),
        _ => Some(2),
    }
}

/// Electrons in the outer shell of a main-group element of the first periods, and of Se and Te.
fn outer_electrons(element: Element) -> Option<u32> {
    match element.atomic_number() {
        number @ 3..=10 => Some(number - 2),
        number @ 11..=18 => Some(number - 10),
        34 | 52 => Some(6),
        1 => Some(1),
        2 => Some(2),
        _ => None,
    }
}

/// Whether an element draws electrons from another one: by its column, then by its row.
fn draws(element: Element, from: Element) -> bool {
    // Halogens and the like below the table have no double bonds.
    let rank = |element: Element| {
        let outer = outer_electrons(element).unwrap_or(0);
        (outer, std::cmp::Reverse(element.atomic_number()))
    };
    rank(element) > rank(from)
}

/// Marks what is aromatic in a system of fused rings: first by single rings, then by two together, and so on while a bond is left.
fn mark_system(
    skeleton: &mut Skeleton,
    rings: &[&Cycle],
    fused: &[Vec<usize>],
    system: &[usize],
    electrons: &[Option<u32>],
) {
    let all: BTreeSet<u32> = system
        .iter()
        .flat_map(|&ring| &rings[ring].bonds)
        .copied()
        .collect();
    let mut sets: BTreeSet<Vec<usize>> = system.iter().map(|&ring| vec![ring]).collect();
    for size in 1..=MOST_FUSED.min(system.len()) {
        for set in &sets {
            if is_aromatic(rings, set, electrons) {
                mark_set(skeleton, rings, set);
            }
        }
        let is_left = all.iter().any(|&bond| !skeleton.links[bond as usize].is_aromatic);
        if !is_left || size == MOST_FUSED || sets.len() > MOST_SETS {
            return;
        }
        let mut larger = BTreeSet::new();
        for set in &sets {
            let beside = set.iter().flat_map(|&ring| &fused[ring]);
            for &ring in beside.filter(|ring| !set.contains(ring)) {
                let mut set = [&set[..], &[ring]].concat();
                set.sort_unstable();
                larger.insert(set);
            }
        }
        sets = larger;
    }
}

/// How many rings of a set each of their atoms is in, or each of their bonds.
fn memberships<'a>(
    rings: &'a [&Cycle],
    set: &[usize],
    part: impl Fn(&'a Cycle) -> &'a [u32],
) -> Vec<(u32, u32)> {
    let mut all: Vec<u32> = set.iter().flat_map(|&ring| part(rings[ring])).copied().collect();
    all.sort_unstable();
    let runs = all.chunk_by(|one, other| one == other);
    runs.map(|run| (run[0], run.len() as u32)).collect()
}

/// Hückel's rule. An atom that three of the rings share is inside, and not on the way around.
fn is_aromatic(rings: &[&Cycle], set: &[usize], electrons: &[Option<u32>]) -> bool {
    let atoms = memberships(rings, set, |ring| &ring.atoms);
    let outline = atoms.iter().filter(|&&(_, count)| count <= 2);
    let sum: u32 = outline.filter_map(|&(v, _)| electrons[v as usize]).sum();
    sum % 4 == 2
}

/// Atoms of the rings are aromatic, and bonds that one of them has: those between two are inside.
fn mark_set(skeleton: &mut Skeleton, rings: &[&Cycle], set: &[usize]) {
    for (v, _) in memberships(rings, set, |ring| &ring.atoms) {
        skeleton.sites[v as usize].is_aromatic = true;
    }
    for (bond, count) in memberships(rings, set, |ring| &ring.bonds) {
        if count == 1 {
            skeleton.links[bond as usize].is_aromatic = true;
        }
    }
}
