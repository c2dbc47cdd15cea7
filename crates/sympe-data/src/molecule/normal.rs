//! The normal form of a molecule: one graph for all ways to write its charges and double bonds.

use super::kekule::{delocalized, place_double_bonds};
use super::{Atom, BondOrder, Element, Hydrogens, Molecule};
use crate::DataError;
use std::collections::BTreeMap;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};

/// The colour of an edge that stands for a delocalized bond; 1 to 3 are the bond orders.
pub(super) const DELOCALIZED: u32 = 4;

/// The colours that [`Atom::color`] may have are below: multiples of it count hydrogens.
pub(super) const HYDROGEN: u32 = 1 << 12;

impl Molecule {
    /// The molecule with the charges that its groups are written without: neutral nitrogen of valence 5 as [N+](=O)[O-] and
    /// =[N+]=[N-], P(=O)(=C) as [P+]([O-])(=C), chlorates and their likes as [Cl+3]([O-])([O-])[O-].
    ///
    /// Source: the function `cleanUp` of RDKit's sanitization.
    ///
    /// ```
    /// use sympe_data::molecule::smiles;
    /// let nitro = smiles::parse("CN(=O)=O", 1)?;
    /// assert_eq!(nitro.with_separated_charges().digest()?, smiles::parse("C[N+](=O)[O-]", 1)?.digest()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_separated_charges(&self) -> Self {
        let mut charges: Vec<i8> = self.atoms().iter().map(|atom| atom.charge).collect();
        let mut orders: BTreeMap<(u32, u32), BondOrder> = BTreeMap::new();
        for v in 0..self.len() as u32 {
            if charges[v as usize] != 0 {
                continue;
            }
            for (u, order) in self.double_bonds_to_separate(v) {
                orders.insert((u.min(v), u.max(v)), order);
                charges[v as usize] += 1;
                charges[u as usize] -= 1;
            }
        }
        if orders.is_empty() {
            return self.clone();
        }
        let atoms = self.atoms().iter().zip(charges);
        let atoms = atoms.map(|(&atom, charge)| Atom { charge, ..atom }).collect();
        let bonds = self
            .bonds()
            .map(|(u, v, order)| (u, v, orders.get(&(u, v)).copied().unwrap_or(order)));
        Self::new(atoms, bonds).expect("the same bonds, of other orders")
    }

    /// The neighbours of a neutral atom that take an electron of it, and the orders that their bonds are left with.
    fn double_bonds_to_separate(&self, v: u32) -> Vec<(u32, BondOrder)> {
        let is = |u: u32, element: Element| self.atoms()[u as usize] == element.into();
        let oxides = || {
            self.neighbors(v)
                .filter(|&(u, order)| is(u, Element::O) && order == BondOrder::Double)
        };
        let single = |(u, _): (u32, BondOrder)| (u, BondOrder::Single);
        let sum = self.bond_order_sum(v);
        match self.atoms()[v as usize].element {
            Element::N if sum == 5 => {
                let azide = |&(u, order): &(u32, BondOrder)| is(u, Element::N) && order == BondOrder::Triple;
                let azide = || self.neighbors(v).find(azide).map(|(u, _)| (u, BondOrder::Double));
                oxides().next().map(single).or_else(azide).into_iter().collect()
            }
            Element::P if sum == 5 && self.graph().degree(v) == 3 => {
                let to_carbon = self.neighbors(v).any(|(u, order)| {
                    let element = self.atoms()[u as usize].element;
                    order == BondOrder::Double
                        && (element == Element::C || element == Element::N)
                        && self.graph().degree(u) >= 2
                });
                oxides().take(usize::from(to_carbon)).map(single).collect()
            }
            Element::Cl | Element::Br | Element::I if matches!(sum, 3 | 5 | 7) => {
                let only_oxygen = self
                    .neighbors(v)
                    .all(|(u, _)| self.atoms()[u as usize].element == Element::O);
                if only_oxygen {
                    oxides().map(single).collect()
                } else {
                    Vec::new()
                }
            }
            _ => Vec::new(),
        }
    }

    /// The graph of the molecule in which delocalized bonds have a colour of their own, 4: the same for all Kekulé structures.
    /// Node colours are those of [`graph`](Self::graph). Where hydrogens are omitted, plain ones are no nodes
    /// ([`without_hydrogens`](Self::without_hydrogens)), and the colour of an atom counts them.
    ///
    /// A bond is delocalized if double and single bonds can change places along a cycle that has it; cycles of 4, 8, … bonds
    /// by themselves are not aromatic and stay as they are. Furan and its likes have one structure, and no such bonds.
    ///
    /// ```
    /// use sympe_canon::graph::SymmetrySearch;
    /// use sympe_data::molecule::{Hydrogens, smiles};
    /// let o_xylene = smiles::parse("CC1=CC=CC=C1C", 1)?;
    /// // As it is written, one of the two structures: its double bonds hide no symmetry here.
    /// let heavy = o_xylene.delocalized_graph(Hydrogens::Omitted);
    /// assert_eq!(SymmetrySearch::default().run(&heavy)?.order().to_string(), "2");
    /// let benzene = smiles::parse("c1ccccc1", 1)?;
    /// assert_eq!(benzene.symmetry()?.order().to_string(), "6");
    /// let all = benzene.delocalized_graph(Hydrogens::Explicit);
    /// assert_eq!(SymmetrySearch::default().run(&all)?.order().to_string(), "12");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn delocalized_graph(&self, hydrogens: Hydrogens) -> ColoredGraph {
        let delocalized = delocalized(self);
        let is_kept: Vec<bool> = (0..self.len() as u32)
            .map(|v| hydrogens == Hydrogens::Explicit || !self.is_plain_hydrogen(v))
            .collect();
        let mut places = vec![0; self.len()];
        let mut colors = Vec::new();
        for v in (0..self.len()).filter(|&v| is_kept[v]) {
            places[v] = colors.len() as u32;
            let omitted = self
                .graph()
                .neighbors(v as u32)
                .iter()
                .filter(|&&u| !is_kept[u as usize])
                .count();
            colors.push(self.graph().node_colors()[v] + HYDROGEN * omitted as u32);
        }
        let edges = self
            .bonds()
            .filter(|&(u, v, _)| is_kept[u as usize] && is_kept[v as usize]);
        let edges = edges.map(|(u, v, order)| {
            let color = if delocalized.contains(&(u, v)) {
                DELOCALIZED
            } else {
                order as u32
            };
            (places[u as usize], places[v as usize], color)
        });
        ColoredGraph::from_colored_edges(colors.len(), false, edges)
            .and_then(|graph| graph.with_node_colors(colors))
            .expect("a part of a simple graph")
    }

    /// The graph of what the molecule is, however it is written: [`delocalized_graph`](Self::delocalized_graph) of
    /// [`with_separated_charges`](Self::with_separated_charges). Isomorphic exactly for the same molecule.
    ///
    /// ```
    /// use sympe_canon::graph::SymmetrySearch;
    /// use sympe_data::molecule::{Hydrogens, smiles};
    /// let neopentane = smiles::parse("CC(C)(C)C", 1)?.normal_graph(Hydrogens::Explicit);
    /// // Four methyl groups, three hydrogens in each: 4!·3!⁴.
    /// assert_eq!(SymmetrySearch::default().run(&neopentane)?.order().to_string(), "31104");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn normal_graph(&self, hydrogens: Hydrogens) -> ColoredGraph {
        self.with_separated_charges().delocalized_graph(hydrogens)
    }

    /// A molecule whose [`delocalized_graph`](Self::delocalized_graph) this is, with double bonds for delocalized ones and with the
    /// hydrogens that colours count, which follow the other atoms.
    ///
    /// ```
    /// use sympe_data::molecule::{Hydrogens, Molecule, smiles};
    /// let toluene = smiles::parse("Cc1ccccc1", 1)?;
    /// let again = Molecule::from_delocalized_graph(&toluene.delocalized_graph(Hydrogens::Omitted))?;
    /// assert_eq!(again.identity()?, toluene.identity()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a colour stands for no atom or no bond, or the double bonds have no place.
    pub fn from_delocalized_graph(graph: &ColoredGraph) -> Result<Self, DataError> {
        let wrong = |got: String, expected| DataError::invalid("graph of a molecule", got, expected);
        let atom = |&color: &u32| {
            let color_of_atom = color % HYDROGEN;
            let element = Element::from_atomic_number(color_of_atom / 32);
            let charge = (color_of_atom % 32) as i8 - 16;
            let element = element.filter(|_| charge > -16 && !graph.is_directed());
            let fail = || {
                wrong(
                    format!("one with a node of colour {color}"),
                    "an undirected graph of atoms",
                )
            };
            Ok(Atom {
                element: element.ok_or_else(fail)?,
                charge,
            })
        };
        let atoms = graph
            .node_colors()
            .iter()
            .map(atom)
            .collect::<Result<Vec<_>, DataError>>()?;
        let counts: Vec<u32> = graph.node_colors().iter().map(|color| color / HYDROGEN).collect();
        let is_delocalized = |&(_, _, color): &(u32, u32, u32)| color == DELOCALIZED;
        let open: Vec<(u32, u32)> = graph
            .edges()
            .filter(is_delocalized)
            .map(|(u, v, _)| (u, v))
            .collect();
        let doubles = place_double_bonds(&open).map_err(|v| {
            let got = format!("one without a double bond for node {v}");
            wrong(got, "delocalized bonds that alternate")
        })?;
        let mut bonds = Vec::with_capacity(graph.edge_count());
        for (u, v, color) in graph.edges() {
            let order = match color {
                DELOCALIZED if doubles.contains(&(u, v)) => Some(BondOrder::Double),
                DELOCALIZED => Some(BondOrder::Single),
                _ => BondOrder::from_number(color),
            };
            let fail = || {
                wrong(
                    format!("one with an edge of colour {color}"),
                    "colours of edges from 1 to 4",
                )
            };
            bonds.push((u, v, order.ok_or_else(fail)?));
        }
        Ok(Self::new(atoms, bonds)?.with_hydrogen_counts(&counts))
    }

    /// SHA-256, 64 hexadecimal digits, equal exactly for the same molecule, however its double bonds are placed
    /// ([`delocalized_graph`](Self::delocalized_graph)) and its charges written
    /// ([`with_separated_charges`](Self::with_separated_charges)). Tautomers differ, and molecules with and without their
    /// hydrogens.
    ///
    /// ```
    /// use sympe_data::molecule::smiles;
    /// let [one, other] = ["CC1=CC=CC=C1C", "CC1=C(C)C=CC=C1"].map(|text| smiles::parse(text, 1).unwrap());
    /// assert!(one.digest()? != other.digest()? && one.identity()? == other.identity()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`symmetry`](Self::symmetry).
    pub fn identity(&self) -> Result<String, CanonError> {
        let graph = self.normal_graph(Hydrogens::Explicit);
        Ok(SymmetrySearch::default().run(&graph)?.digest())
    }
}
