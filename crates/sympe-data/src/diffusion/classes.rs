//! Molecules as graphs with classes, and back: which elements and which bonds the classes stand for.

use super::CategoricalGraph;
use crate::DataError;
use crate::molecule::{BondOrder, Element, Molecule, delocalized, place_double_bonds};
use std::borrow::Cow;
use sympe_groups::UnknownName;

/// The class of a delocalized bond; 1 to 3 are the orders.
const DELOCALIZED: u8 = 4;

sympe_groups::named! {
    serde "classes of bonds"
    /// What the classes of edges stand for.
    ///
    /// ```
    /// use sympe_data::diffusion::BondClasses;
    /// assert_eq!((BondClasses::Kekule.count(), BondClasses::Delocalized.count()), (4, 5));
    /// ```
    #[derive(Default)]
    pub enum BondClasses {
        /// Single, double and triple bonds: rings are Kekulé structures.
        #[default]
        Kekule = "kekule",
        /// Beside these, bonds that are double in some Kekulé structures of a molecule and single in others.
        Delocalized = "delocalized",
    }
}

impl BondClasses {
    /// The names of the classes.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Kekule => &["none", "single", "double", "triple"],
            Self::Delocalized => &["none", "single", "double", "triple", "delocalized"],
        }
    }

    /// How many classes of edges there are, no bond included.
    #[must_use]
    pub const fn count(self) -> usize {
        self.names().len()
    }

    /// What a bond of this class counts in the valence of its atoms.
    fn order(class: u8) -> f64 {
        if class == DELOCALIZED {
            1.5
        } else {
            f64::from(class)
        }
    }
}

/// Elements and bonds by class, as molecules become graphs to diffuse and graphs molecules. The class of a node is the place of its
/// element; that of an edge is 0 for no bond, the order of the bond, or 4 for a delocalized one. Formal charges are lost.
///
/// A bond is delocalized where double and single bonds can change places along a cycle, as in benzene
/// ([`Molecule::delocalized_graph`]). All Kekulé structures of a molecule are one graph then, and a graph says what the molecule is.
/// It is not the mark `aromatic` of other programs: pyrrole, furan and thiophene have one Kekulé structure, so no hydrogen
/// of a ring is in doubt where hydrogens are left out.
///
/// ```
/// use sympe_data::diffusion::{BondClasses, MoleculeClasses};
/// use sympe_data::molecule::{Element, smiles};
/// let graph = MoleculeClasses::QM9.encode(&smiles::parse("C=O", 1)?)?;
/// assert_eq!(graph.nodes(), [0, 2, 4, 4]); // C, O, H, H
/// assert_eq!((graph.edge(1, 0), graph.edge(0, 3), graph.edge(2, 3)), (2, 1, 0));
///
/// // A set of molecules has classes of its own; the two structures of chlorotoluene are one graph.
/// let molecules = ["Clc1ccccc1C", "CC1=C(Cl)C=CC=C1"].map(|text| smiles::parse(text, 1).unwrap().without_hydrogens());
/// let classes = MoleculeClasses::found(&molecules, BondClasses::Delocalized);
/// assert_eq!(classes.elements(), [Element::C, Element::Cl]);
/// let benzenoid = classes.encode(&molecules[0])?;
/// assert_eq!(benzenoid.edges().iter().filter(|&&class| class == 4).count(), 2 * 6);
/// let again = classes.decode(&benzenoid)?.expect("double bonds alternate");
/// assert_eq!(again.with_hydrogens().identity()?, smiles::parse("Clc1ccccc1C", 1)?.identity()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoleculeClasses {
    elements: Cow<'static, [Element]>,
    bonds: BondClasses,
}

impl MoleculeClasses {
    /// Those of QM9 with hydrogens: C, N, O, F, H; Kekulé structures.
    pub const QM9: Self = Self {
        elements: Cow::Borrowed(&Element::QM9),
        bonds: BondClasses::Kekule,
    };

    /// All elements, so that it can be found out which ones there are.
    #[must_use]
    pub fn all(bonds: BondClasses) -> Self {
        Self {
            elements: Cow::Borrowed(&Element::ALL),
            bonds,
        }
    }

    /// These elements.
    ///
    /// # Errors
    ///
    /// When one is given twice.
    pub fn new(elements: Vec<Element>, bonds: BondClasses) -> Result<Self, DataError> {
        if let Some(i) = (1..elements.len()).find(|&i| elements[..i].contains(&elements[i])) {
            return Err(DataError::invalid(
                "classes of nodes",
                format!("{} twice", elements[i]),
                "different elements",
            ));
        }
        Ok(Self {
            elements: elements.into(),
            bonds,
        })
    }

    /// The elements of some molecules, in the order of [`Element`]. Where hydrogens are atoms, all elements of QM9 are
    /// there, found or not: the class of hydrogen is always 4, which kernels that put hydrogens last go by.
    #[must_use]
    pub fn found<'a>(molecules: impl IntoIterator<Item = &'a Molecule>, bonds: BondClasses) -> Self {
        let atoms = molecules.into_iter().flat_map(Molecule::atoms);
        let mut is_found = [false; Element::ALL.len()];
        atoms.for_each(|atom| is_found[atom.element as usize] = true);
        Self::of(is_found, bonds)
    }

    /// The classes that some graphs need whose nodes have these ones in such numbers, and the new class by the old one, as
    /// [`found`](Self::found) has it.
    ///
    /// # Errors
    ///
    /// When a class stands for no element.
    pub fn narrowed_to(&self, node_counts: &[u64]) -> Result<(Self, Vec<u8>), DataError> {
        let mut is_found = [false; Element::ALL.len()];
        for (class, _) in node_counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let element = self.elements.get(class).ok_or_else(|| {
                DataError::invalid(
                    "node class",
                    format!("{class} where there are {}", self.elements.len()),
                    "an element",
                )
            })?;
            is_found[*element as usize] = true;
        }
        let narrowed = Self::of(is_found, self.bonds);
        let class = |element: &Element| narrowed.class(*element).unwrap_or_default();
        let renumbered = self.elements.iter().map(class).collect();
        Ok((narrowed, renumbered))
    }

    /// The classes that the graphs of some parts need whose classes are these ones, as [`found`](Self::found) has it; the graphs get
    /// them.
    ///
    /// # Errors
    ///
    /// When a class of a graph stands for no element or bond.
    pub fn narrowed(&self, parts: &mut [Vec<CategoricalGraph>]) -> Result<Self, DataError> {
        let mut counts = vec![0; self.elements.len()];
        for graph in parts.iter().flatten() {
            self.check(graph)?;
            graph
                .nodes()
                .iter()
                .for_each(|&class| counts[usize::from(class)] += 1);
        }
        let (narrowed, renumbered) = self.narrowed_to(&counts)?;
        parts
            .iter_mut()
            .flatten()
            .for_each(|graph| graph.renumber_nodes(&renumbered));
        Ok(narrowed)
    }

    fn of(mut is_found: [bool; Element::ALL.len()], bonds: BondClasses) -> Self {
        if is_found[Element::H as usize] {
            Element::QM9
                .iter()
                .for_each(|&element| is_found[element as usize] = true);
        }
        let elements = Element::ALL
            .into_iter()
            .filter(|&element| is_found[element as usize]);
        Self {
            elements: elements.collect(),
            bonds,
        }
    }

    /// The elements, by class.
    #[must_use]
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// What the classes of edges stand for.
    #[must_use]
    pub fn bonds(&self) -> BondClasses {
        self.bonds
    }

    /// The names of the classes of nodes and of edges, for files.
    ///
    /// ```
    /// use sympe_data::diffusion::MoleculeClasses;
    /// let names = MoleculeClasses::QM9.names();
    /// assert_eq!(names[1], ["none", "single", "double", "triple"]);
    /// assert_eq!(MoleculeClasses::from_names(&names)?, MoleculeClasses::QM9);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[must_use]
    pub fn names(&self) -> [Vec<String>; 2] {
        let elements = self.elements.iter().map(ToString::to_string);
        [
            elements.collect(),
            self.bonds.names().iter().map(|&name| name.to_owned()).collect(),
        ]
    }

    /// The classes of these [`names`](Self::names).
    ///
    /// # Errors
    ///
    /// When one means nothing, or classes are missing.
    pub fn from_names([nodes, edges]: &[Vec<String>; 2]) -> Result<Self, DataError> {
        let bonds = BondClasses::ALL.into_iter().find(|bonds| edges == bonds.names());
        let bonds = bonds.ok_or_else(|| {
            DataError::invalid(
                "classes of edges",
                edges.join(", "),
                "no bond, the three orders, perhaps delocalized bonds",
            )
        })?;
        Self::new(
            nodes.iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
            bonds,
        )
    }

    /// Numbers of classes of nodes and of edges.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.elements.len(), self.bonds.count())
    }

    /// The class of an element.
    fn class(&self, element: Element) -> Option<u8> {
        let place = self.elements.iter().position(|&known| known == element)?;
        u8::try_from(place).ok()
    }

    /// The graph of a molecule. O(n²), and for delocalized bonds a matching per bond that may be one.
    ///
    /// # Errors
    ///
    /// When an element has no class.
    pub fn encode(&self, molecule: &Molecule) -> Result<CategoricalGraph, DataError> {
        let node = |v: usize| {
            let element = molecule.atoms()[v].element;
            self.class(element).ok_or_else(|| UnknownName {
                what: "element",
                text: element.symbol().to_owned(),
                names: self.elements.iter().map(|known| known.symbol()).collect(),
            })
        };
        let nodes = (0..molecule.len()).map(node).collect::<Result<_, _>>()?;
        let mut graph = CategoricalGraph::without_edges(nodes);
        for (u, v, order) in molecule.bonds() {
            graph.set_edge(u as usize, v as usize, order as u8);
        }
        if self.bonds == BondClasses::Delocalized {
            for (u, v) in delocalized(molecule) {
                graph.set_edge(u as usize, v as usize, DELOCALIZED);
            }
        }
        Ok(graph)
    }

    /// The molecule of neutral atoms that the classes stand for: possibly disconnected, of any valences, as the metrics of generated
    /// molecules take it. `None` where delocalized bonds cannot alternate.
    ///
    /// # Errors
    ///
    /// When a class stands for no element or bond.
    pub fn decode(&self, graph: &CategoricalGraph) -> Result<Option<Molecule>, DataError> {
        self.check(graph)?;
        let bonded = || graph.pairs().map(|(i, j)| (i as u32, j as u32, graph.edge(i, j)));
        let open: Vec<(u32, u32)> = bonded()
            .filter(|&(_, _, class)| class == DELOCALIZED)
            .map(|(i, j, _)| (i, j))
            .collect();
        let Ok(doubles) = place_double_bonds(&open) else {
            return Ok(None);
        };
        let bonds = bonded().filter_map(|(i, j, class)| {
            let order = match class {
                DELOCALIZED if doubles.contains(&(i, j)) => Some(BondOrder::Double),
                DELOCALIZED => Some(BondOrder::Single),
                order => BondOrder::from_number(u32::from(order)),
            };
            Some((i, j, order?))
        });
        let atoms = graph
            .nodes()
            .iter()
            .map(|&class| self.elements[usize::from(class)].into());
        Molecule::new(atoms.collect(), bonds).map(Some)
    }

    /// The atoms of a graph and which of them are bonded, by single bonds: what can be drawn where [`decode`](Self::decode) finds no
    /// molecule.
    ///
    /// # Errors
    ///
    /// When a class stands for no element or bond.
    pub fn skeleton(&self, graph: &CategoricalGraph) -> Result<Molecule, DataError> {
        self.check(graph)?;
        let bonds = graph.pairs().filter(|&(i, j)| graph.edge(i, j) > 0);
        let bonds = bonds.map(|(i, j)| (i as u32, j as u32, BondOrder::Single));
        let atoms = graph
            .nodes()
            .iter()
            .map(|&class| self.elements[usize::from(class)].into());
        Molecule::new(atoms.collect(), bonds)
    }

    /// The sums of the orders of bonds of each node, delocalized ones counting 3/2, and its element.
    ///
    /// # Errors
    ///
    /// When a class stands for no element or bond.
    pub(super) fn valences(&self, graph: &CategoricalGraph) -> Result<Vec<(Element, f64)>, DataError> {
        self.check(graph)?;
        let of_node = |i: usize| {
            let row = &graph.edges()[i * graph.n()..][..graph.n()];
            let element = self.elements[usize::from(graph.nodes()[i])];
            (element, row.iter().map(|&class| BondClasses::order(class)).sum())
        };
        Ok((0..graph.n()).map(of_node).collect())
    }

    /// Refuses classes that stand for no element or bond.
    fn check(&self, graph: &CategoricalGraph) -> Result<(), DataError> {
        let (nodes, edges) = self.counts();
        graph.check_classes(nodes, edges)
    }
}
