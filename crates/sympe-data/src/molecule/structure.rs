//! Atoms, bonds, molecules.

use super::valence::hydrogens_to_add;
use crate::DataError;
use std::fmt;
use std::str::FromStr;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, GraphSymmetry, SymmetrySearch};
use sympe_groups::{Action, Group, Permutation};

/// The largest formal charge, of either sign: what the formats can say.
pub const MAX_CHARGE: i8 = 15;

/// A chemical element of QM9. The index `element as usize` orders node types: heavy atoms first, so that they are a
/// prefix of the types with hydrogens.
///
/// ```
/// use sympe_data::molecule::Element;
/// assert_eq!("N".parse::<Element>()?, Element::N);
/// assert_eq!((Element::N.to_string().as_str(), Element::N.atomic_number(), Element::N as usize), ("N", 7, 1));
/// assert_eq!("Cl".parse::<Element>().unwrap_err().to_string(), "unknown element 'Cl': expected one of C, N, O, F, H");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// Carbon.
    C,
    /// Nitrogen.
    N,
    /// Oxygen.
    O,
    /// Fluorine.
    F,
    /// Hydrogen.
    H,
}

impl Element {
    /// All elements, by index.
    pub const ALL: [Self; 5] = [Self::C, Self::N, Self::O, Self::F, Self::H];

    /// The number of protons.
    #[must_use]
    pub fn atomic_number(self) -> u32 {
        match self {
            Self::H => 1,
            Self::C => 6,
            Self::N => 7,
            Self::O => 8,
            Self::F => 9,
        }
    }

    /// The standard atomic weight in daltons, conventional values of IUPAC.
    #[must_use]
    pub fn atomic_weight(self) -> f64 {
        match self {
            Self::H => 1.008,
            Self::C => 12.011,
            Self::N => 14.007,
            Self::O => 15.999,
            Self::F => 18.998,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::C => "C",
            Self::N => "N",
            Self::O => "O",
            Self::F => "F",
            Self::H => "H",
        })
    }
}

impl FromStr for Element {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        match text {
            "C" => Ok(Self::C),
            "N" => Ok(Self::N),
            "O" => Ok(Self::O),
            "F" => Ok(Self::F),
            "H" => Ok(Self::H),
            _ => Err(DataError::UnknownName {
                what: "element",
                got: crate::formats::shorten(text),
                expected: "C, N, O, F, H",
            }),
        }
    }
}

/// The order of a bond; `order as u32` is 1, 2 or 3, and 0 stands for no bond where bonds are classes.
///
/// ```
/// use sympe_data::molecule::BondOrder;
/// assert_eq!(BondOrder::from_number(2), Some(BondOrder::Double));
/// assert_eq!(BondOrder::from_number(0), None);
/// assert_eq!(BondOrder::Triple as u32, 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BondOrder {
    /// One shared pair of electrons.
    Single = 1,
    /// Two.
    Double = 2,
    /// Three.
    Triple = 3,
}

impl BondOrder {
    /// All orders, increasing.
    pub const ALL: [Self; 3] = [Self::Single, Self::Double, Self::Triple];

    /// The order with this number, if it is 1, 2 or 3.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|&order| order as u32 == number)
    }
}

/// An atom: element and formal charge in elementary charges.
///
/// ```
/// use sympe_data::molecule::{Atom, Element};
/// assert_eq!(Atom::from(Element::O), Atom { element: Element::O, charge: 0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Atom {
    /// The element.
    pub element: Element,
    /// The formal charge, at most [`MAX_CHARGE`] in size.
    pub charge: i8,
}

impl From<Element> for Atom {
    fn from(element: Element) -> Self {
        Self { element, charge: 0 }
    }
}

impl Atom {
    /// The node colour: `32·(atomic number) + 16 + charge`, so that colours tell atoms apart and never change.
    fn color(self) -> u32 {
        32 * self.element.atomic_number() + (16 + i32::from(self.charge)) as u32
    }
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
            return Err(DataError::InvalidParameter {
                what: "formal charge",
                got: atom.charge.to_string(),
                expected: "a number from -15 to 15",
            });
        }
        let wrong = |got: String, expected| DataError::InvalidParameter {
            what: "bond",
            got,
            expected,
        };
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
    /// Different Kekulé structures of one aromatic system are different graphs, unless a symmetry exchanges them.
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
        let count = |element| self.atoms.iter().filter(|atom| atom.element == element).count();
        // Without carbon Hill's order is alphabetic throughout.
        let order = if count(Element::C) > 0 {
            [Element::C, Element::H, Element::F, Element::N, Element::O]
        } else {
            [Element::C, Element::F, Element::H, Element::N, Element::O]
        };
        let mut text = String::new();
        for element in order {
            match count(element) {
                0 => {}
                1 => text += &element.to_string(),
                several => text += &format!("{element}{several}"),
            }
        }
        let charge: i64 = self.atoms.iter().map(|atom| i64::from(atom.charge)).sum();
        push_charge(&mut text, charge);
        text
    }
}

/// Writes a charge as chemists do: nothing, `+`, `-`, `+2`, …
pub(super) fn push_charge(text: &mut String, charge: i64) {
    match charge {
        0 => {}
        1 => text.push('+'),
        -1 => text.push('-'),
        several => *text += &format!("{several:+}"),
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
