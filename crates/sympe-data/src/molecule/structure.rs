//! Molecules: labelled graphs of atoms and bonds.
//!
//! A molecule is its list of atoms and a coloured graph. Invariant: the colour of a node is that of its atom, the colour of
//! an edge the order of its bond; so canonical forms and symmetries are those of the graph, at its cost.

use super::atom::{Atom, BondOrder, Element, MAX_CHARGE, push_charge};
use super::valence::hydrogens_to_add;
use crate::DataError;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, GraphSymmetry, SymmetrySearch};
use sympe_groups::{Action, Group, Permutation};

/// Whether hydrogens are nodes of the graph.
///
/// ```
/// use sympe_data::molecule::{Hydrogens, SmallMolecules};
/// let first = |hydrogens| SmallMolecules::new(1).unwrap().all(hydrogens).next().unwrap().len();
/// assert_eq!((first(Hydrogens::Explicit), first(Hydrogens::Omitted)), (5, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hydrogens {
    /// They are atoms like any other.
    Explicit,
    /// They are left out: heavy atoms only.
    Omitted,
}

/// A molecule: atoms `0..len`, and at most one bond between any two of them. It need not be connected, nor obey any
/// valence.
///
/// Equality is equality of labelled graphs; [`digest`](Self::digest) is equal exactly for isomorphic molecules. A
/// [`Permutation`] acts by relabelling: atom `v` becomes `g(v)`.
///
/// ```
/// use sympe_data::molecule::{BondOrder, Element, Molecule};
/// let formaldehyde = Molecule::new(
///     [Element::C, Element::O].map(Into::into).to_vec(),
///     [(0, 1, BondOrder::Double)],
/// )?;
/// let all = formaldehyde.with_hydrogens();
/// assert_eq!((all.len(), all.formula().as_str()), (4, "CH2O"));
/// assert_eq!(all.without_hydrogens(), formaldehyde);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Molecule {
    atoms: Vec<Atom>,
    graph: ColoredGraph,
}

impl Molecule {
    /// A molecule from its atoms and bonds, each bond once, in either direction.
    ///
    /// # Errors
    ///
    /// When a bond names an atom that is not there, joins an atom to itself or is given twice, or a charge is larger than
    /// [`MAX_CHARGE`].
    pub fn new(
        atoms: Vec<Atom>,
        bonds: impl IntoIterator<Item = (u32, u32, BondOrder)>,
    ) -> Result<Self, DataError> {
        if let Some(atom) = atoms
            .iter()
            .find(|atom| atom.charge.unsigned_abs() > MAX_CHARGE as u8)
        {
            return Err(DataError::invalid(
                "formal charge",
                atom.charge,
                "a number from -15 to 15",
            ));
        }
        let wrong = |got: String, expected| DataError::invalid("bond", got, expected);
        let mut edges = Vec::new();
        for (u, v, order) in bonds {
            if u.max(v) as usize >= atoms.len() {
                let got = format!("{u}-{v} in a molecule of {} atoms", atoms.len());
                return Err(wrong(got, "atom numbers from 0 and below the number of atoms"));
            }
            if u == v {
                return Err(wrong(format!("{u}-{v}"), "two different atoms"));
            }
            edges.push((u, v, order as u32));
        }
        let colors = atoms.iter().map(|atom| atom.color()).collect();
        let graph = ColoredGraph::from_colored_edges(atoms.len(), false, edges)
            .and_then(|graph| graph.with_node_colors(colors))
            .map_err(|error| match error {
                CanonError::DuplicateEdge {
                    source_vertex,
                    target,
                } => wrong(
                    format!("{source_vertex}-{target} again"),
                    "each pair of atoms at most once",
                ),
                other => wrong(other.to_string(), "a simple graph"),
            })?;
        Ok(Self { atoms, graph })
    }

    /// The atoms.
    #[must_use]
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// Number of atoms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.atoms.len()
    }

    /// Whether there is no atom.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.atoms.is_empty()
    }

    /// Every bond once, `(u, v, order)` with `u < v`, in increasing order.
    pub fn bonds(&self) -> impl Iterator<Item = (u32, u32, BondOrder)> + '_ {
        self.graph.edges().map(|(u, v, color)| (u, v, order_of(color)))
    }

    /// Number of bonds.
    #[must_use]
    pub fn bond_count(&self) -> usize {
        self.graph.edge_count()
    }

    /// The order of the bond between two atoms, if there is one. O(log degree).
    ///
    /// # Panics
    ///
    /// When `u` is not an atom; the other accessors by atom do likewise.
    #[must_use]
    pub fn bond(&self, u: u32, v: u32) -> Option<BondOrder> {
        self.graph.edge_color(u, v).map(order_of)
    }

    /// The atoms bonded to `v`, increasing, with the order of the bond.
    pub fn neighbors(&self, v: u32) -> impl Iterator<Item = (u32, BondOrder)> + '_ {
        let orders = self.graph.edge_colors_of(v).iter();
        let neighbors = self.graph.neighbors(v).iter();
        neighbors.zip(orders).map(|(&u, &color)| (u, order_of(color)))
    }

    /// Sum of the orders of the bonds of `v`.
    #[must_use]
    pub fn bond_order_sum(&self, v: u32) -> u32 {
        self.graph.edge_colors_of(v).iter().sum()
    }

    /// The coloured graph: node colour `32·(atomic number) + 16 + charge`, edge colour 1, 2, 3 by bond order.
    #[must_use]
    pub fn graph(&self) -> &ColoredGraph {
        &self.graph
    }

    /// Canonical labelling, canonical form and automorphism group of [`graph`](Self::graph).
    ///
    /// # Errors
    ///
    /// [`CanonError::BudgetExhausted`], which no molecule is known to cause.
    pub fn symmetry(&self) -> Result<GraphSymmetry, CanonError> {
        SymmetrySearch::default().run(&self.graph)
    }

    /// The molecule with its atoms in canonical order: equal exactly for isomorphic molecules.
    ///
    /// # Errors
    ///
    /// As [`symmetry`](Self::symmetry).
    pub fn canonical(&self) -> Result<Self, CanonError> {
        Ok(self.symmetry()?.labelling().inverse().act(self))
    }

    /// SHA-256 of the canonical form, 64 hexadecimal digits: equal exactly for isomorphic molecules.
    ///
    /// Different Kekulé structures of one aromatic system are different graphs, unless a symmetry exchanges them;
    /// [`identity`](Self::identity) is equal for all of them.
    ///
    /// # Errors
    ///
    /// As [`symmetry`](Self::symmetry).
    pub fn digest(&self) -> Result<String, CanonError> {
        Ok(self.symmetry()?.digest())
    }

    /// Whether `v` is a hydrogen that [`without_hydrogens`](Self::without_hydrogens) removes: neutral, with one bond, a
    /// single bond to a heavy atom. Bridging hydrogens, protons and H₂ are not.
    #[must_use]
    pub fn is_plain_hydrogen(&self, v: u32) -> bool {
        self.atoms[v as usize] == Element::H.into()
            && matches!(self.graph.neighbors(v), &[u] if self.atoms[u as usize].element != Element::H)
            && self.bond_order_sum(v) == 1
    }

    /// The molecule with the missing hydrogens of every atom added at the end, by [`hydrogens_to_add`].
    #[must_use]
    pub fn with_hydrogens(&self) -> Self {
        let counts: Vec<u32> = (0..self.len() as u32)
            .map(|v| hydrogens_to_add(self.atoms[v as usize], self.bond_order_sum(v)))
            .collect();
        self.with_hydrogen_counts(&counts)
    }

    /// The molecule with `counts[v]` hydrogens more on atom `v`.
    pub(super) fn with_hydrogen_counts(&self, counts: &[u32]) -> Self {
        let mut atoms = self.atoms.clone();
        let mut bonds: Vec<_> = self.bonds().collect();
        for (v, &count) in counts.iter().enumerate() {
            for _ in 0..count {
                bonds.push((v as u32, atoms.len() as u32, BondOrder::Single));
                atoms.push(Element::H.into());
            }
        }
        Self::new(atoms, bonds).expect("bonds to new atoms")
    }

    /// The molecule without its plain hydrogens ([`is_plain_hydrogen`](Self::is_plain_hydrogen)). If these
    /// were as many on each atom as [`hydrogens_to_add`] says, [`with_hydrogens`](Self::with_hydrogens) restores the
    /// molecule, up to isomorphism.
    #[must_use]
    pub fn without_hydrogens(&self) -> Self {
        let kept: Vec<u32> = (0..self.len() as u32)
            .filter(|&v| !self.is_plain_hydrogen(v))
            .collect();
        self.induced(&kept)
    }

    /// The molecule with all formal charges set to 0, as graph models that know no charges see it.
    #[must_use]
    pub fn without_charges(&self) -> Self {
        let atoms = self.atoms.iter().map(|atom| atom.element.into()).collect();
        Self::new(atoms, self.bonds()).expect("the same bonds")
    }

    /// The connected components, by their least atom.
    #[must_use]
    pub fn fragments(&self) -> Vec<Self> {
        let mut seen = vec![false; self.len()];
        let mut fragments = Vec::new();
        for start in 0..self.len() as u32 {
            if seen[start as usize] {
                continue;
            }
            seen[start as usize] = true;
            let mut members = vec![start];
            let mut next = 0;
            while next < members.len() {
                for &u in self.graph.neighbors(members[next]) {
                    if !std::mem::replace(&mut seen[u as usize], true) {
                        members.push(u);
                    }
                }
                next += 1;
            }
            members.sort_unstable();
            fragments.push(self.induced(&members));
        }
        fragments
    }

    /// The atoms `kept`, which increase, and the bonds among them.
    fn induced(&self, kept: &[u32]) -> Self {
        let mut position = vec![None; self.len()];
        for (index, &v) in kept.iter().enumerate() {
            position[v as usize] = Some(index as u32);
        }
        let atoms = kept.iter().map(|&v| self.atoms[v as usize]).collect();
        let bonds = self
            .bonds()
            .filter_map(|(u, v, order)| Some((position[u as usize]?, position[v as usize]?, order)));
        Self::new(atoms, bonds).expect("a subset of the bonds")
    }

    /// The sum formula in Hill's order (carbon, hydrogen, then by letter), the total charge last: `C2H6O`, `H4N+`.
    #[must_use]
    pub fn formula(&self) -> String {
        let mut counts: Vec<(Element, usize)> = Vec::new();
        for atom in &self.atoms {
            match counts.iter_mut().find(|(element, _)| *element == atom.element) {
                Some((_, count)) => *count += 1,
                None => counts.push((atom.element, 1)),
            }
        }
        // Without carbon Hill's order is alphabetic throughout.
        let has_carbon = counts.iter().any(|(element, _)| *element == Element::C);
        let first = |element: Element| match element {
            Element::C => 0,
            Element::H if has_carbon => 1,
            _ => 2,
        };
        counts.sort_by_key(|(element, _)| (first(*element), element.symbol()));
        let mut text = String::new();
        for (element, count) in counts {
            match count {
                1 => text += element.symbol(),
                several => text += &format!("{element}{several}"),
            }
        }
        let charge: i64 = self.atoms.iter().map(|atom| i64::from(atom.charge)).sum();
        push_charge(&mut text, charge);
        text
    }
}

fn order_of(color: u32) -> BondOrder {
    BondOrder::from_number(color).expect("edge colours are bond orders")
}

impl Action<Molecule> for Permutation {
    /// Relabels: atom `v` becomes `g(v)`.
    ///
    /// # Panics
    ///
    /// When the degree is not the number of atoms.
    fn act(&self, molecule: &Molecule) -> Molecule {
        let graph = self.act(&molecule.graph);
        let inverse = self.inverse();
        let atoms = inverse.images().iter().map(|&v| molecule.atoms[v as usize]);
        Molecule {
            atoms: atoms.collect(),
            graph,
        }
    }
}
