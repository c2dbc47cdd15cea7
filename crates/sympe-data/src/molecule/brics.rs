//! Fragments of a molecule by the rules of BRICS: what is left when bonds are cut that a chemist could make.
//!
//! Atoms are told apart by sixteen environments, and rules say between which of them a bond is cut (Degen, Wegscheid-Gerlach,
//! Zaliani, Rarey, *On the art of compiling and using "drug-like" chemical fragment spaces*, 2008). Environments, rules and their
//! order are those of `FragmentOnBRICSBonds` of RDKit, which counts the amides of environment 2 to environment 5, and whose
//! aromatic rings are meant ([`fragments`] says where they differ).

use super::skeleton::{self, Key, Link, Site, Skeleton};
use super::{BondOrder, Element, Molecule};
use sympe_canon::CanonError;

/// Pairs of environments between which bonds are cut: single ones, and double ones of 7. Of several rules for a bond the last counts.
const RULES: [(u8, u8); 46] = [
    (1, 3),
    (1, 5),
    (1, 10),
    (3, 4),
    (3, 13),
    (3, 14),
    (3, 15),
    (3, 16),
    (4, 5),
    (4, 11),
    (5, 12),
    (5, 14),
    (5, 16),
    (5, 13),
    (5, 15),
    (6, 13),
    (6, 14),
    (6, 15),
    (6, 16),
    (7, 7),
    (8, 9),
    (8, 10),
    (8, 13),
    (8, 14),
    (8, 15),
    (8, 16),
    (9, 13),
    (9, 14),
    (9, 15),
    (9, 16),
    (10, 13),
    (10, 14),
    (10, 15),
    (10, 16),
    (11, 13),
    (11, 14),
    (11, 15),
    (11, 16),
    (13, 14),
    (13, 15),
    (13, 16),
    (14, 14),
    (14, 15),
    (14, 16),
    (15, 16),
    (16, 16),
];

/// Where a fragment was bonded to another one.
///
/// ```
/// use sympe_data::molecule::{BondOrder, brics, smiles};
/// let ethyl = &brics::fragments(&smiles::parse("CCOC", 1)?)[0];
/// // Its bond to oxygen, at environment 4; that of the methyl group is not cut.
/// assert_eq!(ethyl.attachments(), [brics::Attachment { atom: 1, environment: 4, order: BondOrder::Single }]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The atom of the fragment.
    pub atom: u32,
    /// Its environment, from 1 to 16.
    pub environment: u8,
    /// The order of the bond that was cut.
    pub order: BondOrder,
}

/// A connected part of a molecule between cut bonds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    molecule: Molecule,
    attachments: Vec<Attachment>,
}

impl Fragment {
    /// Its atoms: heavy ones, then their hydrogens. Atoms at attachments lack a bond.
    #[must_use]
    pub fn molecule(&self) -> &Molecule {
        &self.molecule
    }

    /// The bonds that were cut, in the order of their atoms.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    /// The fragment with an atom, of the element that `cap` gives for the environment, at each attachment: fragments are the
    /// same if they have the same [`identity`](Molecule::identity) with caps of different elements, that are not in the molecule.
    ///
    /// ```
    /// use sympe_data::molecule::{Element, brics, smiles};
    /// let fragments = brics::fragments(&smiles::parse("CC(=O)Nc1ccccc1", 1)?);
    /// // With hydrogen instead, a set of building blocks: acetaldehyde, ammonia, benzene.
    /// let formulas: Vec<String> = fragments.iter().map(|fragment| fragment.with_caps(|_| Element::H).formula()).collect();
    /// assert_eq!(formulas, ["C2H4O", "H3N", "C6H6"]);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[must_use]
    pub fn with_caps(&self, cap: impl Fn(u8) -> Element) -> Molecule {
        let mut atoms = self.molecule.atoms().to_vec();
        let mut bonds: Vec<_> = self.molecule.bonds().collect();
        for attachment in &self.attachments {
            bonds.push((attachment.atom, atoms.len() as u32, attachment.order));
            atoms.push(cap(attachment.environment).into());
        }
        Molecule::new(atoms, bonds).expect("bonds to new atoms")
    }
}

/// The fragments of a molecule, by their least atom; the molecule itself where no bond is cut.
///
/// Fragments are those of RDKit but for two things: rings are aromatic by relevant cycles, where RDKit has a symmetrized smallest set of smallest
/// rings; and where both ends of a bond have both environments of a rule, which end is which does not depend on the numbers of
/// atoms: both are called by the rule's first. Radicals have the hydrogens that they lack. O(atoms) but for the search of rings.
///
/// ```
/// use sympe_data::molecule::{brics, smiles};
/// let fragments = brics::fragments(&smiles::parse("CCOc1ccccc1", 1)?);
/// let environments = |fragment: &brics::Fragment| fragment.attachments().iter().map(|at| at.environment).collect::<Vec<_>>();
/// assert_eq!(fragments.iter().map(environments).collect::<Vec<_>>(), [vec![4], vec![3, 3], vec![16]]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[must_use]
pub fn fragments(molecule: &Molecule) -> Vec<Fragment> {
    let skeleton = Skeleton::of(molecule);
    let pieces = pieces(&skeleton);
    let fragment = |piece: &Piece| {
        let sites = || piece.members.iter().map(|&v| &skeleton.sites[v as usize]);
        let bonds = piece
            .bonds
            .iter()
            .map(|&(u, v, bond)| (u, v, skeleton.links[bond as usize].order));
        let heavy =
            Molecule::new(sites().map(|site| site.atom).collect(), bonds).expect("a part of a molecule");
        let hydrogens: Vec<u32> = sites().map(|site| site.hydrogens).collect();
        Fragment {
            molecule: heavy.with_hydrogen_counts(&hydrogens),
            attachments: piece.attachments.clone(),
        }
    };
    pieces.iter().map(fragment).collect()
}

/// The keys of the fragments.
pub(super) fn keys(skeleton: &Skeleton) -> Result<Vec<Key>, CanonError> {
    let key = |piece: &Piece| {
        let sites = piece.members.iter().map(|&v| &skeleton.sites[v as usize]);
        let mut colors: Vec<u32> = sites
            .map(|site| skeleton::color(site.atom, site.hydrogens))
            .collect();
        let bonds = piece.bonds.iter();
        let mut bonds: Vec<(u32, u32, u32)> = bonds
            .map(|&(u, v, bond)| (u, v, skeleton.links[bond as usize].color()))
            .collect();
        for attachment in &piece.attachments {
            bonds.push((attachment.atom, colors.len() as u32, attachment.order as u32));
            // Below the colours of all atoms.
            colors.push(u32::from(attachment.environment));
        }
        skeleton::key(colors, bonds)
    };
    pieces(skeleton).iter().map(key).collect()
}

/// A fragment by its atoms.
#[derive(Default)]
struct Piece {
    members: Vec<u32>,
    /// Ends as places among the members, and the place of the bond in the molecule.
    bonds: Vec<(u32, u32, u32)>,
    attachments: Vec<Attachment>,
}

fn pieces(skeleton: &Skeleton) -> Vec<Piece> {
    let environments: Vec<u32> = (0..skeleton.sites.len() as u32)
        .map(|v| environments(skeleton, v))
        .collect();
    let cuts: Vec<Option<(u8, u8)>> = skeleton
        .links
        .iter()
        .map(|link| cut(link, &environments))
        .collect();
    let mut places: Vec<Option<u32>> = vec![None; skeleton.sites.len()];
    let mut pieces = Vec::new();
    for start in 0..skeleton.sites.len() as u32 {
        if places[start as usize].is_some() {
            continue;
        }
        let mut members = vec![start];
        places[start as usize] = Some(0);
        let mut next = 0;
        while let Some(&v) = members.get(next) {
            next += 1;
            for &(u, bond) in &skeleton.sites[v as usize].neighbors {
                if cuts[bond as usize].is_none() && places[u as usize].is_none() {
                    places[u as usize] = Some(0);
                    members.push(u);
                }
            }
        }
        members.sort_unstable();
        for (place, &v) in (0..).zip(&members) {
            places[v as usize] = Some(place);
        }
        let mut piece = Piece::default();
        for (place, &v) in (0..).zip(&members) {
            for &(u, bond) in &skeleton.sites[v as usize].neighbors {
                let link = &skeleton.links[bond as usize];
                match cuts[bond as usize] {
                    None if v < u => piece
                        .bonds
                        .extend(places[u as usize].map(|other| (place, other, bond))),
                    None => {}
                    Some((first, second)) => piece.attachments.push(Attachment {
                        atom: place,
                        environment: if link.ends.0 == v { first } else { second },
                        order: link.order,
                    }),
                }
            }
        }
        piece.members = members;
        pieces.push(piece);
    }
    pieces
}

/// The environments by which a bond is cut, if it is: that of its first end, that of its second.
fn cut(link: &Link, environments: &[u32]) -> Option<(u8, u8)> {
    if link.is_in_ring {
        return None;
    }
    let [first, second] = [link.ends.0, link.ends.1].map(|end| environments[end as usize]);
    let has = |end: u32, environment: u8| end & (1 << environment) != 0;
    let mut rules = RULES.iter().rev();
    rules.find_map(|&(one, other)| {
        let fits = if one == 7 {
            link.is_double()
        } else {
            link.is_single()
        };
        let along = has(first, one) && has(second, other);
        let against = has(first, other) && has(second, one);
        match (fits, along, against) {
            (true, true, true) => Some((one, one)),
            (true, true, false) => Some((one, other)),
            (true, false, true) => Some((other, one)),
            _ => None,
        }
    })
}

/// The environments of an atom, a bit for each.
fn environments(skeleton: &Skeleton, v: u32) -> u32 {
    let site = &skeleton.sites[v as usize];
    let view = View { skeleton, v, site };
    let found: &[(u8, bool)] = match (site.atom.element, site.is_aromatic) {
        (Element::C, false) => &view.carbon(),
        (Element::C, true) => &view.aromatic_carbon(),
        (Element::N, false) => &view.nitrogen(),
        (Element::N, true) => &[(9, site.atom.charge == 0 && view.count(is_aromatic_cnos) >= 2)],
        (Element::O, false) => &[(
            3,
            site.neighbors.len() == 2 && view.any(is_chain_bond_to(&[Element::C, Element::H])),
        )],
        (Element::S, false) => &view.sulfur(),
        _ => &[],
    };
    let holds = found.iter().filter(|(_, holds)| *holds);
    holds.map(|&(environment, _)| 1 << environment).sum()
}

/// An atom and what is around it.
struct View<'a> {
    skeleton: &'a Skeleton,
    v: u32,
    site: &'a Site,
}

impl View<'_> {
    /// The number of bonds that are so.
    fn count(&self, test: impl Fn(&Site, &Link) -> bool) -> usize {
        self.skeleton
            .around(self.v)
            .filter(|(_, site, link)| test(site, link))
            .count()
    }

    fn any(&self, test: impl Fn(&Site, &Link) -> bool) -> bool {
        self.skeleton
            .around(self.v)
            .any(|(_, site, link)| test(site, link))
    }

    /// Environments of carbon outside aromatic rings.
    fn carbon(&self) -> [(u8, bool); 7] {
        use Element::{C, N, O, S};
        let degree = self.site.neighbors.len();
        let is_in_chain = !self.site.is_in_ring;
        let is_carbonyl = degree == 3 && self.any(is_oxo);
        let in_ring = |elements: &'static [Element]| {
            move |site: &Site, link: &Link| {
                link.is_single()
                    && link.is_in_ring
                    && !site.is_aromatic
                    && elements.contains(&site.atom.element)
            }
        };
        let to_carbon = |site: &Site, link: &Link| link.is_single() && site.is(C);
        [
            (
                1,
                is_carbonyl
                    && self.any(|site, link| {
                        (link.is_single() || link.is_aromatic) && [C, N, O].contains(&site.atom.element)
                    }),
            ),
            (
                4,
                degree != 1 && !self.any(|_, link| link.is_double()) && self.any(is_chain_bond_to(&[C])),
            ),
            (
                6,
                is_carbonyl && is_in_chain && self.any(is_chain_bond_to(&[C, N, O])),
            ),
            (7, (degree == 2 || degree == 3) && self.any(to_carbon)),
            (
                8,
                is_in_chain && degree != 1 && !self.any(|_, link| !link.is_single()),
            ),
            (
                13,
                self.any(in_ring(&[N, O, S])) && self.count(in_ring(&[C, N, O, S])) >= 2,
            ),
            (15, self.count(in_ring(&[C])) >= 2),
        ]
    }

    fn aromatic_carbon(&self) -> [(u8, bool); 2] {
        let hetero = |site: &Site, link: &Link| is_aromatic_cnos(site, link) && !site.is(Element::C);
        let carbon = |site: &Site, link: &Link| is_aromatic_cnos(site, link) && site.is(Element::C);
        [
            (14, self.any(hetero) && self.count(is_aromatic_cnos) >= 2),
            (16, self.count(carbon) >= 2),
        ]
    }

    /// Environments of nitrogen outside aromatic rings.
    fn nitrogen(&self) -> [(u8, bool); 2] {
        use Element::{C, H, N, O, S};
        let is_amine = self.site.neighbors.len() != 1
            && !self.any(|_, link| link.is_double())
            && !self.any(|site, link| link.is_single() && ![C, S, H].contains(&site.atom.element));
        let is_lactam = self.skeleton.around(self.v).any(|(u, site, link)| {
            let is_carbonyl = || self.skeleton.around(u).any(|(_, site, link)| is_oxo(site, link));
            link.is_in_ring && site.is(C) && !site.is_aromatic && is_carbonyl()
        });
        let in_ring = |site: &Site, link: &Link| {
            link.is_in_ring && !site.is_aromatic && [C, N, O, S].contains(&site.atom.element)
        };
        [
            (5, is_amine && !is_lactam),
            (10, is_lactam && self.count(in_ring) >= 2),
        ]
    }

    fn sulfur(&self) -> [(u8, bool); 2] {
        let degree = self.site.neighbors.len();
        let to_carbon =
            |site: &Site, link: &Link| (link.is_single() || link.is_aromatic) && site.is(Element::C);
        [
            (11, degree == 2 && self.any(is_chain_bond_to(&[Element::C]))),
            (12, degree == 4 && self.count(is_oxo) >= 2 && self.any(to_carbon)),
        ]
    }
}

/// Whether it is the bond to the oxygen of a carbonyl or sulfonyl group.
fn is_oxo(site: &Site, link: &Link) -> bool {
    link.is_double() && site.is(Element::O) && !site.is_aromatic
}

/// Whether it is an aromatic bond to aromatic C, N, O or S.
fn is_aromatic_cnos(site: &Site, link: &Link) -> bool {
    use Element::{C, N, O, S};
    link.is_aromatic && site.is_aromatic && [C, N, O, S].contains(&site.atom.element)
}

/// Whether it is a single bond outside rings to one of these elements.
fn is_chain_bond_to(elements: &'static [Element]) -> impl Fn(&Site, &Link) -> bool {
    move |site, link| link.is_single() && !link.is_in_ring && elements.contains(&site.atom.element)
}
