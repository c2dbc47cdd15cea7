//! Bemis–Murcko scaffolds: the rings of a molecule and what links them.

use super::Molecule;
use super::skeleton::{self, Key, Skeleton};
use super::valence::hydrogens_to_add;
use petgraph::unionfind::UnionFind;
use sympe_canon::CanonError;

/// Rings that a scaffold has at least in the benchmark MOSES, which counts no others.
pub(super) const LEAST_RINGS: usize = 2;

impl Molecule {
    /// The Bemis–Murcko scaffold: rings, chains between rings, and atoms that a double bond joins to either. What is cut off is
    /// replaced by hydrogens. `None` for a molecule without rings.
    ///
    /// It has all its hydrogens, after the heavy atoms, whether the molecule lists its own or not; charges of nitro groups and their
    /// likes are put in first ([`with_separated_charges`](Self::with_separated_charges)). O(atoms) but for the search of rings.
    ///
    /// Source: Bemis, Murcko, *The properties of known drugs. 1. Molecular frameworks*, 1996; atoms with double bonds stay as in
    /// `MurckoScaffold.GetScaffoldForMol` of RDKit, whose verdicts it shares.
    ///
    /// ```
    /// use sympe_data::molecule::smiles;
    /// let scaffold = |text| smiles::parse(text, 1).unwrap().scaffold();
    /// // The carbonyl group of the ring stays, methyl and the acid do not.
    /// let identity = scaffold("CC1CC(=O)N(CC(=O)O)C1").unwrap().identity()?;
    /// assert_eq!(identity, smiles::parse("O=C1CCCN1", 1)?.identity()?);
    /// assert_eq!(scaffold("CCO"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn scaffold(&self) -> Option<Self> {
        let skeleton = Skeleton::of(self);
        let part = Part::of(&skeleton);
        if part.rings == 0 {
            return None;
        }
        let atoms = part.members.iter().map(|&v| skeleton.sites[v as usize].atom);
        let bonds = part.links(&skeleton).map(|(u, v, link)| (u, v, link.order));
        let heavy = Self::new(atoms.collect(), bonds).expect("a part of a molecule");
        Some(heavy.with_hydrogen_counts(&part.hydrogens))
    }
}

/// The key of the scaffold, if it has as many rings as count in the benchmark.
pub(super) fn key(skeleton: &Skeleton) -> Result<Option<Key>, CanonError> {
    let part = Part::of(skeleton);
    if part.rings < LEAST_RINGS {
        return Ok(None);
    }
    let members = part.members.iter().zip(&part.hydrogens);
    let colors = members.map(|(&v, &hydrogens)| skeleton::color(skeleton.sites[v as usize].atom, hydrogens));
    let bonds = part.links(skeleton).map(|(u, v, link)| (u, v, link.color()));
    skeleton::key(colors.collect(), bonds).map(Some)
}

/// The part of a molecule that is its scaffold.
struct Part {
    /// Its heavy atoms, increasing.
    members: Vec<u32>,
    /// Their hydrogens.
    hydrogens: Vec<u32>,
    /// The place of each heavy atom of the molecule among the members.
    places: Vec<Option<u32>>,
    /// Independent rings.
    rings: usize,
}

impl Part {
    fn of(skeleton: &Skeleton) -> Self {
        let core = core(skeleton);
        let is_kept = |v: u32| {
            core[v as usize]
                || skeleton
                    .around(v)
                    .any(|(u, _, link)| core[u as usize] && link.is_double())
        };
        let members: Vec<u32> = (0..skeleton.sites.len() as u32).filter(|&v| is_kept(v)).collect();
        let mut places = vec![None; skeleton.sites.len()];
        for (place, &v) in (0..).zip(&members) {
            places[v as usize] = Some(place);
        }
        let mut part = Self {
            hydrogens: Vec::with_capacity(members.len()),
            members,
            places,
            rings: 0,
        };
        for &v in &part.members {
            let site = &skeleton.sites[v as usize];
            let kept = || {
                skeleton
                    .around(v)
                    .filter(|(u, ..)| part.places[*u as usize].is_some())
            };
            let sum = kept().map(|(_, _, link)| link.order as u32).sum();
            part.hydrogens.push(if kept().count() == site.neighbors.len() {
                site.hydrogens
            } else {
                hydrogens_to_add(site.atom, sum)
            });
        }
        let mut union = UnionFind::<u32>::new(part.members.len());
        part.rings = part
            .links(skeleton)
            .filter(|&(u, v, _)| !union.union(u, v))
            .count();
        part
    }

    /// The bonds among the members.
    fn links<'a>(&self, skeleton: &'a Skeleton) -> impl Iterator<Item = (u32, u32, &'a skeleton::Link)> {
        skeleton.links.iter().filter_map(|link| {
            let (u, v) = link.ends;
            Some((self.places[u as usize]?, self.places[v as usize]?, link))
        })
    }
}

/// Which heavy atoms are in rings or between them: what is left when ends of chains are removed again and again.
fn core(skeleton: &Skeleton) -> Vec<bool> {
    let mut degrees: Vec<usize> = skeleton.sites.iter().map(|site| site.neighbors.len()).collect();
    let mut is_left = vec![true; degrees.len()];
    let mut ends: Vec<u32> = (0..degrees.len() as u32)
        .filter(|&v| degrees[v as usize] <= 1)
        .collect();
    while let Some(end) = ends.pop() {
        is_left[end as usize] = false;
        for &(u, _) in &skeleton.sites[end as usize].neighbors {
            degrees[u as usize] -= 1;
            if degrees[u as usize] == 1 {
                ends.push(u);
            }
        }
    }
    is_left
}
